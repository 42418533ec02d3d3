"""What the stack means: who may do what, what is encrypted, what is retried, what alarms."""

import json
from importlib.metadata import version
from typing import Any

import pytest

from infra.config import Settings
from infra.stack_name import STACK_NAME
from infra.template import templates
from notifier import dashboard
from notifier.settings import ScopeSettings
from notifier.settings import Settings as FunctionSettings
from tests.template.stacks import (
    BUS_ARN,
    KEY_ARN,
    TEAM,
    TENANT,
    VARIANTS,
    allowed,
    listed,
    properties,
    resource,
    resources,
    statements,
    text,
    variant,
)

KEY_ACTIONS = {
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:ReEncrypt*",
}
READING_USE = {
    ("bedrock:GetAgent", "arn:aws:bedrock:*:<AWS::AccountId>:agent/*"),
    ("bedrock:GetFlow", "arn:aws:bedrock:*:<AWS::AccountId>:flow/*"),
    ("bedrock:GetKnowledgeBase", "arn:aws:bedrock:*:<AWS::AccountId>:knowledge-base/*"),
    ("bedrock:GetPrompt", "arn:aws:bedrock:*:<AWS::AccountId>:prompt/*"),
    ("bedrock:ListAgents", "*"),
    ("bedrock:ListCustomModelDeployments", "*"),
    ("bedrock:ListCustomModels", "*"),
    ("bedrock:ListFlows", "*"),
    ("bedrock:ListInferenceProfiles", "*"),
    ("bedrock:ListKnowledgeBases", "*"),
    ("bedrock:ListModelInvocationJobs", "*"),
    ("bedrock:ListPromptRouters", "*"),
    ("bedrock:ListPrompts", "*"),
    ("bedrock:ListProvisionedModelThroughputs", "*"),
    ("cloudwatch:GetMetricData", "*"),
    ("cloudwatch:ListMetrics", "*"),
    ("servicequotas:ListServiceQuotas", "*"),
}
ASKING_HEALTH = {
    ("health:DescribeAffectedEntities", "arn:aws:health:*::event/*"),
    ("health:DescribeAffectedEntities", "arn:aws:health:*::event/BEDROCK/*"),
    ("health:DescribeEventDetails", "arn:aws:health:*::event/*"),
    ("health:DescribeEventDetails", "arn:aws:health:*::event/BEDROCK/*"),
    ("health:DescribeEvents", "*"),
    ("health:DescribeServiceLifecycle", "*"),
}
TELLING = {
    ("dynamodb:BatchWriteItem", "<StateAlerts>"),
    ("dynamodb:GetItem", "<StateAlerts>"),
    ("dynamodb:PutItem", "<StateAlerts>"),
    ("dynamodb:UpdateItem", "<StateAlerts>"),
    ("events:PutEvents", "arn:aws:events:us-east-1:<AWS::AccountId>:event-bus/default"),
    ("sns:Publish", "<TopicsAlerts>"),
}
HEALTH_MAY = TELLING | {
    ("dynamodb:GetItem", "<StateModels>"),
    ("dynamodb:Query", "<StateModels>"),
    ("dynamodb:Scan", "<StateModels>"),
    ("dynamodb:UpdateItem", "<StateModels>"),
    ("logs:CreateLogStream", "<HealthLogs>"),
    ("logs:PutLogEvents", "<HealthLogs>"),
    ("sqs:DeleteMessage", "<HealthQueue>"),
    ("sqs:GetQueueAttributes", "<HealthQueue>"),
    ("sqs:ReceiveMessage", "<HealthQueue>"),
}
FUNCTIONS = ("Poller", "Health")
POLL_MAY = (
    READING_USE
    | ASKING_HEALTH
    | TELLING
    | {
        ("account:ListRegions", "arn:aws:account::<AWS::AccountId>:account"),
        ("bedrock:GetFoundationModel", "arn:aws:bedrock:*::foundation-model/*"),
        ("bedrock:ListFoundationModels", "*"),
        ("dynamodb:GetItem", "<StateModels>"),
        ("dynamodb:Query", "<StateAlerts>/index/unsettled"),
        ("dynamodb:Query", "<StateModels>"),
        ("dynamodb:Scan", "<StateModels>"),
        ("dynamodb:UpdateItem", "<StateModels>"),
        ("logs:CreateLogStream", "<PollerLogs>"),
        ("logs:PutLogEvents", "<PollerLogs>"),
        ("sns:GetTopicAttributes", "<TopicsAlerts>"),
        ("sqs:SendMessage", "<PollerFailures>"),
    }
)
CHAT = {("sns:Publish", "<TopicsChat>")}
WITH_CHAT = sorted(name for name, given in VARIANTS.items() if "slack_channel_id" in dict(given))
WITHOUT_CHAT = sorted(VARIANTS.keys() - set(WITH_CHAT))
WITHOUT_DASHBOARD = sorted(
    name for name, given in VARIANTS.items() if "dashboard" not in dict(given)
)
SCHEDULE_MAY = {
    ("lambda:InvokeFunction", "<PollerFunction>"),
    ("lambda:InvokeFunction", "<PollerFunction>:*"),
    ("sqs:SendMessage", "<PollerFailures>"),
}


class TestPermissions:
    def test_the_poll_may_do_what_it_needs_and_nothing_else(self) -> None:
        assert allowed("default", "PollerRole") == POLL_MAY

    def test_without_reading_use_it_may_read_nothing_of_it(self) -> None:
        assert allowed("all else", "PollerRole").isdisjoint(READING_USE)

    def test_the_health_function_may_tell_and_nothing_else(self) -> None:
        assert allowed("default", "HealthRole") == HEALTH_MAY

    @pytest.mark.parametrize("name", VARIANTS)
    def test_the_health_function_asks_no_service_about_models_use_or_health(
        self, name: str
    ) -> None:
        services = {action.partition(":")[0] for action, _ in allowed(name, "HealthRole")}
        assert services <= {"dynamodb", "events", "kms", "logs", "sns", "sqs"}

    def test_of_health_the_poll_may_read_what_is_about_bedrock(self) -> None:
        """By the documented ARN, or, for one of an older form, by the service of the event."""
        conditions = {
            text(target): statement.get("Condition")
            for statement in statements("default", "PollerRole")
            for target in listed(statement["Resource"])
            if "health:DescribeEventDetails" in statement["Action"]
        }
        assert conditions == {
            "arn:aws:health:*::event/BEDROCK/*": None,
            "arn:aws:health:*::event/*": {"StringEquals": {"health:service": "BEDROCK"}},
        }

    def test_with_a_chat_channel_the_functions_tell_it_too_and_nothing_more(self) -> None:
        asked = {("sns:GetTopicAttributes", "<TopicsChat>")}
        assert allowed("chat alone", "PollerRole") == POLL_MAY | CHAT | asked
        assert allowed("chat alone", "HealthRole") == HEALTH_MAY | CHAT

    def test_the_schedule_may_start_the_poll_and_keep_what_it_could_not_start(self) -> None:
        assert allowed("default", "PollerScheduleRole") == SCHEDULE_MAY

    def test_the_first_sign_of_life_may_only_write_our_metrics(self) -> None:
        assert allowed("default", "MonitoringFirstSignRole") == {
            ("cloudwatch:GetMetricStatistics", "*"),
            ("cloudwatch:PutMetricData", "*"),
            ("logs:CreateLogStream", "<MonitoringFirstSignLogs>"),
            ("logs:PutLogEvents", "<MonitoringFirstSignLogs>"),
        }
        (writing,) = (
            statement
            for statement in statements("default", "MonitoringFirstSignRole")
            if statement["Action"] == "cloudwatch:PutMetricData"
        )
        assert writing["Condition"] == {
            "StringEquals": {"cloudwatch:namespace": "BedrockLifecycleNotifier"}
        }

    @pytest.mark.parametrize("function", FUNCTIONS)
    def test_events_may_only_be_put_on_the_chosen_bus(self, function: str) -> None:
        buses = {
            target
            for action, target in allowed("all else", f"{function}Role")
            if action == "events:PutEvents"
        }
        assert buses == {BUS_ARN}

    @pytest.mark.parametrize(("name", "key"), [("created key", "<Key>"), ("imported key", KEY_ARN)])
    def test_a_key_adds_its_use_to_the_roles_and_nothing_more(self, name: str, key: str) -> None:
        use = {(action, key) for action in KEY_ACTIONS}

        assert allowed(name, "PollerRole") == POLL_MAY | use
        assert allowed(name, "HealthRole") == HEALTH_MAY | use
        # Without it Scheduler could not write to its encrypted dead-letter queue.
        assert allowed(name, "PollerScheduleRole") == SCHEDULE_MAY | use

    @pytest.mark.parametrize("name", VARIANTS)
    def test_no_role_has_a_managed_policy(self, name: str) -> None:
        for role in resources(name, "AWS::IAM::Role").values():
            assert "ManagedPolicyArns" not in role["Properties"]


class TestEncryption:
    def test_by_default_everything_is_encrypted_with_keys_that_aws_manages(self) -> None:
        for table in resources("default", "AWS::DynamoDB::GlobalTable").values():
            assert table["Properties"]["SSESpecification"] == {
                "SSEEnabled": True,
                "SSEType": "KMS",
            }
        for queue in resources("default", "AWS::SQS::Queue").values():
            assert queue["Properties"]["SqsManagedSseEnabled"] is True
        alerts = properties("default", "AWS::SNS::Topic", "TopicsAlerts")
        assert text(alerts["KmsMasterKeyId"]).endswith(":alias/aws/sns")

    def test_the_chat_topic_has_the_key_of_the_alerts_topic(self) -> None:
        for name, key in (("chat alone", "alias/aws/sns"), ("everything", "<Key>")):
            keys = {
                text(properties(name, "AWS::SNS::Topic", f"Topics{topic}")["KmsMasterKeyId"])
                for topic in ("Alerts", "Chat")
            }
            assert len(keys) == 1
            assert keys.pop().endswith(key)

    def test_alarms_can_publish_because_their_topic_has_no_key_they_could_not_use(self) -> None:
        operations = properties("default", "AWS::SNS::Topic", "TopicsOperations")
        assert "KmsMasterKeyId" not in operations

    @pytest.mark.parametrize(("name", "key"), [("created key", "<Key>"), ("imported key", KEY_ARN)])
    def test_one_customer_managed_key_covers_everything(self, name: str, key: str) -> None:
        for table in resources(name, "AWS::DynamoDB::GlobalTable").values():
            (replica,) = table["Properties"]["Replicas"]
            assert text(replica["SSESpecification"]["KMSMasterKeyId"]) == key
        for type_, field in {
            "AWS::SNS::Topic": "KmsMasterKeyId",
            "AWS::SQS::Queue": "KmsMasterKeyId",
            "AWS::Logs::LogGroup": "KmsKeyId",
        }.items():
            found = [part["Properties"][field] for part in resources(name, type_).values()]
            assert {text(value) for value in found} == {key}
        for each in FUNCTIONS:
            function = properties(name, "AWS::Lambda::Function", f"{each}Function")
            assert text(function["KmsKeyArn"]) == key

    def test_a_created_key_rotates_and_lets_alarms_logs_and_events_use_it(self) -> None:
        key = properties("created key", "AWS::KMS::Key", "Key")
        by_service = {
            text(statement["Principal"].get("Service")): statement
            for statement in key["KeyPolicy"]["Statement"]
        }

        assert key["EnableKeyRotation"] is True
        assert set(by_service["cloudwatch.amazonaws.com"]["Action"]) == {
            "kms:Decrypt",
            "kms:GenerateDataKey*",
        }
        assert text(
            by_service["logs.us-east-1.amazonaws.com"]["Condition"]["ArnLike"][
                "kms:EncryptionContext:aws:logs:arn"
            ]
        ) == ("arn:aws:logs:us-east-1:<AWS::AccountId>:log-group:*")
        # Without it EventBridge can neither fill the encrypted queue nor keep what it cannot send.
        events = by_service["events.amazonaws.com"]
        assert set(events["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}
        assert events["Condition"] == {
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        }
        assert resource("created key", "AWS::KMS::Key", "Key")["DeletionPolicy"] == "Retain"

    def test_an_imported_key_is_left_alone(self) -> None:
        assert not resources("imported key", "AWS::KMS::Key")

    @pytest.mark.parametrize("name", VARIANTS)
    def test_topics_and_queues_refuse_what_does_not_come_over_tls(self, name: str) -> None:
        for policy_type, target_type, field in (
            ("AWS::SNS::TopicPolicy", "AWS::SNS::Topic", "Topics"),
            ("AWS::SQS::QueuePolicy", "AWS::SQS::Queue", "Queues"),
        ):
            guarded = {
                policy["Properties"][field][0]["Ref"]
                for policy in resources(name, policy_type).values()
                if any(map(_denies_plain_text, policy["Properties"]["PolicyDocument"]["Statement"]))
            }
            assert guarded == set(resources(name, target_type))


def _denies_plain_text(statement: dict[str, Any]) -> bool:
    return (
        statement["Effect"] == "Deny"
        and statement["Principal"] in ("*", {"AWS": "*"})
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    )


class TestTables:
    def test_the_models_table_is_keyed_by_model_and_region(self) -> None:
        table = properties("default", "AWS::DynamoDB::GlobalTable", "StateModels")

        assert _key(table) == ["model_id HASH", "region RANGE"]
        assert _indexes(table) == {
            "upcoming": (["horizon HASH", "end_of_life_at RANGE"], "ALL"),
        }
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}

    def test_the_alerts_table_is_outbox_and_log(self) -> None:
        table = properties("default", "AWS::DynamoDB::GlobalTable", "StateAlerts")

        assert _key(table) == ["alert_id HASH"]
        assert _indexes(table) == {
            "by_model": (["model_id HASH", "sent_at RANGE"], "ALL"),
            "unsettled": (["unsettled HASH", "decided_at RANGE"], "KEYS_ONLY"),
        }
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}

    @pytest.mark.parametrize(
        ("name", "kept", "policy"), [("default", True, "Retain"), ("all else", False, "Delete")]
    )
    def test_data_is_kept_unless_told_otherwise(self, name: str, kept: bool, policy: str) -> None:  # noqa: FBT001 - a column of the case table
        tables = resources(name, "AWS::DynamoDB::GlobalTable").values()
        assert len(tables) == 2
        for table in tables:
            (replica,) = table["Properties"]["Replicas"]
            assert replica["DeletionProtectionEnabled"] is kept
            assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == policy

    @pytest.mark.parametrize("name", VARIANTS)
    def test_tables_are_paid_by_request_and_recoverable(self, name: str) -> None:
        for table in resources(name, "AWS::DynamoDB::GlobalTable").values():
            (replica,) = table["Properties"]["Replicas"]
            assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
            assert replica["PointInTimeRecoverySpecification"] == {
                "PointInTimeRecoveryEnabled": True
            }


def _key(part: dict[str, Any]) -> list[str]:
    return [f"{key['AttributeName']} {key['KeyType']}" for key in part["KeySchema"]]


def _indexes(table: dict[str, Any]) -> dict[str, tuple[list[str], str]]:
    return {
        index["IndexName"]: (_key(index), index["Projection"]["ProjectionType"])
        for index in table["GlobalSecondaryIndexes"]
    }


class TestFunctions:
    @pytest.mark.parametrize(
        ("function", "handler"),
        [("Poller", "notifier.poll.handler"), ("Health", "notifier.health.handler")],
    )
    def test_each_is_what_its_code_was_built_for(self, function: str, handler: str) -> None:
        made = properties("default", "AWS::Lambda::Function", f"{function}Function")

        assert made["Handler"] == handler
        assert made["Runtime"] == "python3.14"
        assert made["Architectures"] == ["arm64"]
        assert made["Timeout"] == 120
        assert made["MemorySize"] == 256
        assert "ReservedConcurrentExecutions" not in made  # small accounts have ten in all

    @pytest.mark.parametrize(("function", "service"), [("Poller", "poll"), ("Health", "health")])
    def test_each_is_told_where_its_parts_are(self, function: str, service: str) -> None:
        variables = _variables("default", function)
        variables.pop("SETTINGS")
        assert {name: text(value) for name, value in variables.items()} == {
            "MODELS_TABLE": "<StateModels>",
            "ALERTS_TABLE": "<StateAlerts>",
            "ALERTS_TOPIC_ARN": "<TopicsAlerts>",
            "EVENT_BUS": "default",
            "POWERTOOLS_SERVICE_NAME": service,
            "POWERTOOLS_METRICS_NAMESPACE": "BedrockLifecycleNotifier",
            "POWERTOOLS_LOG_LEVEL": "INFO",
            "VERSION": version("bedrock-lifecycle-notifier"),
        }
        assert _variables("all else", function)["EVENT_BUS"] == BUS_ARN
        chat = _variables("chat alone", function)
        assert text(chat["CHAT_TOPIC_ARN"]) == "<TopicsChat>"
        assert chat.keys() - variables.keys() == {"CHAT_TOPIC_ARN", "SETTINGS"}

    @pytest.mark.parametrize("function", FUNCTIONS)
    @pytest.mark.parametrize("name", VARIANTS)
    def test_each_understands_the_settings_it_is_given(self, name: str, function: str) -> None:
        given = json.loads(_variables(name, function)["SETTINGS"])
        understood = FunctionSettings.model_validate(given).model_dump(mode="json")

        assert {key: understood[key] for key in given} == given
        assert set(given) == set(FunctionSettings.model_fields)

    @pytest.mark.parametrize("function", FUNCTIONS)
    def test_settings_reach_each(self, function: str) -> None:
        given = json.loads(_variables("all else", function)["SETTINGS"])

        assert given["regions"] == ["us-east-1", "eu-west-1"]
        assert given["poll_rate_minutes"] == 1440
        assert given["reminders_legacy"] == [90, 7]
        given = json.loads(_variables("everything", function)["SETTINGS"])
        assert given["health_events"] == "all"
        assert given["user_notifications"] is True
        assert given["has_email"] is True
        assert json.loads(_variables("chat alone", function)["SETTINGS"])["has_email"] is False

    def test_logs_do_not_pile_up(self) -> None:
        groups = resources("default", "AWS::Logs::LogGroup")
        assert len(groups) == 3
        for group in groups.values():
            assert group["Properties"]["RetentionInDays"] == 90


def _variables(name: str, function: str) -> dict[str, Any]:
    made = properties(name, "AWS::Lambda::Function", f"{function}Function")
    variables: dict[str, Any] = made["Environment"]["Variables"]
    return dict(variables)


class TestPoll:
    def test_the_schedule_passes_its_own_time(self) -> None:
        schedule = properties("default", "AWS::Scheduler::Schedule", "PollerSchedule")

        assert json.loads(schedule["Target"]["Input"]) == {"time": "<aws.scheduler.scheduled-time>"}
        assert text(schedule["Target"]["Arn"]) == "<PollerFunction>"
        assert schedule["ScheduleExpression"] == "rate(1 hour)"
        assert schedule["State"] == "ENABLED"
        assert "StartDate" not in schedule  # so that it begins at once

    def test_the_schedule_tries_again_and_keeps_what_it_could_not_deliver(self) -> None:
        target = properties("default", "AWS::Scheduler::Schedule", "PollerSchedule")["Target"]

        assert target["RetryPolicy"] == {
            "MaximumEventAgeInSeconds": 3600,
            "MaximumRetryAttempts": 10,
        }
        assert text(target["DeadLetterConfig"]["Arn"]) == "<PollerFailures>"

    @pytest.mark.parametrize("name", sorted(VARIANTS))
    def test_the_first_poll_waits_until_its_failure_would_be_caught(self, name: str) -> None:
        for schedule in resources(name, "AWS::Scheduler::Schedule").values():
            assert any(id_.startswith("PollerOnFailure") for id_ in schedule["DependsOn"])

    def test_only_this_account_s_schedules_may_take_the_role(self) -> None:
        role = properties("default", "AWS::IAM::Role", "PollerScheduleRole")
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        }

    @pytest.mark.parametrize(("name", "seconds"), [("default", 3600), ("all else", 21600)])
    def test_a_poll_that_failed_for_good_lands_in_a_queue(self, name: str, seconds: int) -> None:
        config = properties(name, "AWS::Lambda::EventInvokeConfig", "Poller")

        destination = config["DestinationConfig"]["OnFailure"]["Destination"]
        assert text(destination) == "<PollerFailures>"
        assert config["MaximumRetryAttempts"] == 2
        assert config["MaximumEventAgeInSeconds"] == seconds


class TestDigest:
    def test_the_schedule_tells_the_digest_of_its_own_time(self) -> None:
        schedule = properties("default", "AWS::Scheduler::Schedule", "PollerDigestSchedule")

        assert schedule["ScheduleExpression"] == "cron(0 9 ? * MON *)"
        assert schedule["ScheduleExpressionTimezone"] == "Etc/UTC"
        assert schedule["State"] == "ENABLED"
        assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
        assert json.loads(schedule["Target"]["Input"]) == {
            "digest": "<aws.scheduler.scheduled-time>"
        }
        assert text(schedule["Target"]["Arn"]) == "<PollerFunction>"
        assert text(schedule["Target"]["RoleArn"]) == "<PollerScheduleRole>"

    def test_it_is_tried_for_a_day_and_then_kept(self) -> None:
        schedule = properties("default", "AWS::Scheduler::Schedule", "PollerDigestSchedule")

        assert schedule["Target"]["RetryPolicy"] == {
            "MaximumEventAgeInSeconds": 86400,
            "MaximumRetryAttempts": 10,
        }
        assert text(schedule["Target"]["DeadLetterConfig"]["Arn"]) == "<PollerFailures>"

    def test_it_comes_when_it_is_wanted(self) -> None:
        made = templates({"emails": "a@b.co", "digest_cron": "cron(30 7 L * ? *)"})[STACK_NAME]
        expressions = {
            part["Properties"]["ScheduleExpression"]
            for part in made["Resources"].values()
            if part["Type"] == "AWS::Scheduler::Schedule"
        }
        assert expressions == {"rate(1 hour)", "cron(30 7 L * ? *)"}

    def test_without_one_only_polls_are_scheduled(self) -> None:
        assert len(resources("default", "AWS::Scheduler::Schedule")) == 2
        (only,) = resources("all else", "AWS::Scheduler::Schedule").values()
        assert json.loads(only["Properties"]["Target"]["Input"]).keys() == {"time"}


class TestHealth:
    def test_the_rule_takes_everything_that_health_says_about_bedrock(self) -> None:
        rule = properties("default", "AWS::Events::Rule", "HealthRule")

        assert rule["EventPattern"] == {
            "source": ["aws.health"],
            "detail-type": ["AWS Health Event"],
            "detail": {"service": ["BEDROCK"]},
        }
        assert rule["State"] == "ENABLED"
        assert "EventBusName" not in rule  # AWS's own events come to the default bus alone

    @pytest.mark.parametrize("name", VARIANTS)
    def test_an_event_waits_in_a_queue_and_what_cannot_be_sent_is_kept(self, name: str) -> None:
        (target,) = properties(name, "AWS::Events::Rule", "HealthRule")["Targets"]

        assert text(target["Arn"]) == "<HealthQueue>"
        assert text(target["DeadLetterConfig"]["Arn"]) == "<HealthDeadLetters>"
        assert not target.keys() - {"Arn", "Id", "DeadLetterConfig"}  # the body is the event

    @pytest.mark.parametrize("name", VARIANTS)
    @pytest.mark.parametrize("queue", ["HealthQueue", "HealthDeadLetters"])
    def test_this_rule_and_nobody_else_may_fill_the_queues(self, name: str, queue: str) -> None:
        policy = properties(name, "AWS::SQS::QueuePolicy", f"{queue}Policy")
        (statement,) = (
            statement
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Allow"
        )
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert statement["Action"] == "sqs:SendMessage"
        assert text(statement["Resource"]) == f"<{queue}>"
        (source,) = statement["Condition"]["ArnEquals"].values()
        assert list(statement["Condition"]["ArnEquals"]) == ["aws:SourceArn"]
        assert text(source) == "<HealthRule>"

    def test_the_queue_outlasts_retries_and_the_dead_letters_outlast_the_queue(self) -> None:
        function = properties("default", "AWS::Lambda::Function", "HealthFunction")
        queue = properties("default", "AWS::SQS::Queue", "HealthQueue")
        dead_letters = properties("default", "AWS::SQS::Queue", "HealthDeadLetters")

        assert queue["VisibilityTimeout"] == 6 * function["Timeout"]
        assert text(queue["RedrivePolicy"]["deadLetterTargetArn"]) == "<HealthDeadLetters>"
        assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
        assert queue["MessageRetentionPeriod"] == 7 * 86400
        assert dead_letters["MessageRetentionPeriod"] == 14 * 86400

    def test_a_burst_is_taken_in_small_batches_of_which_only_failures_return(self) -> None:
        mapping = properties("default", "AWS::Lambda::EventSourceMapping", "Health")

        assert text(mapping["EventSourceArn"]) == "<HealthQueue>"
        assert text(mapping["FunctionName"]) == "<HealthFunction>"
        assert mapping["BatchSize"] == 10
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}

    def test_the_mapping_waits_for_the_permission_that_lambda_checks(self) -> None:
        mapping = resource("default", "AWS::Lambda::EventSourceMapping", "Health")
        assert any(id_.startswith("HealthRoleDefaultPolicy") for id_ in mapping["DependsOn"])


class TestTopics:
    def test_every_address_hears_alerts_and_alarms(self) -> None:
        subscriptions = resources("default", "AWS::SNS::Subscription").values()
        assert {
            (part["Properties"]["Endpoint"], text(part["Properties"]["TopicArn"]))
            for part in subscriptions
        } == {
            (address, topic)
            for address in ("ops@example.com", "ml@example.com")
            for topic in ("<TopicsAlerts>", "<TopicsOperations>")
        }

    def test_each_address_hears_of_alerts_what_its_filter_says(self) -> None:
        assert _filters("everything", "<TopicsAlerts>") == {
            "ops@example.com": None,
            "ml@example.com": {
                "severity": ["critical", "warning"],
                "provider": [{"equals-ignore-case": "Anthropic"}],
            },
        }

    def test_every_address_hears_of_every_alarm(self) -> None:
        assert _filters("everything", "<TopicsOperations>") == {
            "ops@example.com": None,
            "ml@example.com": None,
        }

    def test_a_filter_that_comes_later_changes_the_subscription_that_is_there(self) -> None:
        """Another one would be made first, which SNS takes for the same, and then unsubscribed."""
        before, after = (
            {
                id_
                for id_, part in templates({"emails": emails})[STACK_NAME]["Resources"].items()
                if part["Type"] == "AWS::SNS::Subscription"
            }
            for emails in ("a@b.co", "a@b.co:severity=critical")
        )
        assert before == after

    @pytest.mark.parametrize("name", WITHOUT_CHAT)
    def test_without_a_chat_channel_there_is_no_chat_topic(self, name: str) -> None:
        assert len(resources(name, "AWS::SNS::Topic")) == 2
        assert "ChatTopicArn" not in variant(name)["Outputs"]

    @pytest.mark.parametrize("name", WITH_CHAT)
    def test_only_this_account_may_use_the_chat_topic(self, name: str) -> None:
        """As on the alerts topic: nothing is allowed beyond what IAM allows our roles."""
        policy = properties(name, "AWS::SNS::TopicPolicy", "TopicsChat")
        assert [statement["Effect"] for statement in policy["PolicyDocument"]["Statement"]] == [
            "Deny"
        ]

    @pytest.mark.parametrize("name", VARIANTS)
    def test_alarms_of_this_account_and_no_other_may_publish(self, name: str) -> None:
        policy = properties(name, "AWS::SNS::TopicPolicy", "TopicsOperations")
        (statement,) = (
            statement
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Allow"
        )
        assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert statement["Action"] == "sns:Publish"
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        }


def _filters(name: str, topic: str) -> dict[str, Any]:
    parts = [part["Properties"] for part in resources(name, "AWS::SNS::Subscription").values()]
    return {
        part["Endpoint"]: part.get("FilterPolicy")
        for part in parts
        if text(part["TopicArn"]) == topic
    }


class TestAlarms:
    @pytest.mark.parametrize(
        ("alarm", "metric", "comparison", "periods", "missing"),
        [
            (
                "PollFailed",
                "ApproximateNumberOfMessagesVisible",
                "GreaterThanOrEqualToThreshold",
                1,
                "notBreaching",
            ),
            (
                "AlertsUndelivered",
                "DeliveryFailures",
                "GreaterThanOrEqualToThreshold",
                3,
                "notBreaching",
            ),
            ("PollsStopped", "PollsCompleted", "LessThanThreshold", 3, "breaching"),
            (
                "HealthFailed",
                "ApproximateNumberOfMessagesVisible",
                "GreaterThanOrEqualToThreshold",
                1,
                "notBreaching",
            ),
            (
                "HealthDelayed",
                "ApproximateAgeOfOldestMessage",
                "GreaterThanOrEqualToThreshold",
                1,
                "notBreaching",
            ),
        ],
    )
    def test_each_alarm_publishes_to_the_operations_topic(
        self, alarm: str, metric: str, comparison: str, periods: int, missing: str
    ) -> None:
        found = properties("default", "AWS::CloudWatch::Alarm", f"Monitoring{alarm}")

        assert found["MetricName"] == metric
        assert found["ComparisonOperator"] == comparison
        assert found["Threshold"] == (7200 if alarm == "HealthDelayed" else 1)
        assert found["EvaluationPeriods"] == periods
        assert found["TreatMissingData"] == missing
        assert [text(action) for action in found["AlarmActions"]] == ["<TopicsOperations>"]

    @pytest.mark.parametrize(
        ("alarm", "watched"),
        [
            ("PollFailed", "<PollerFailures>"),
            ("HealthFailed", "<HealthDeadLetters>"),
            ("HealthDelayed", "<HealthQueue>"),
        ],
    )
    def test_each_alarm_watches_its_own_part(self, alarm: str, watched: str) -> None:
        found = properties("default", "AWS::CloudWatch::Alarm", f"Monitoring{alarm}")
        (dimension,) = found["Dimensions"]
        assert text(dimension["Value"]) == watched

    def test_there_is_no_other_alarm_as_each_is_billed(self) -> None:
        assert len(resources("default", "AWS::CloudWatch::Alarm")) == 5

    def test_the_alarm_on_failed_events_says_how_to_have_them_tried_again(self) -> None:
        found = properties("default", "AWS::CloudWatch::Alarm", "MonitoringHealthFailed")

        assert text(found["AlarmDescription"]).endswith(
            "aws sqs start-message-move-task --source-arn <HealthDeadLetters> "
            "--destination-arn <HealthQueue>"
        )

    def test_an_event_that_fails_again_and_again_is_gone_before_it_counts_as_delayed(self) -> None:
        queue = properties("default", "AWS::SQS::Queue", "HealthQueue")
        delayed = properties("default", "AWS::CloudWatch::Alarm", "MonitoringHealthDelayed")

        attempts = queue["RedrivePolicy"]["maxReceiveCount"]
        assert attempts * queue["VisibilityTimeout"] < delayed["Threshold"]

    def test_deadlines_change_an_alarm_for_user_notifications_and_tell_nobody_else(self) -> None:
        alarm = properties("everything", "AWS::CloudWatch::Alarm", "MonitoringDeadline")

        assert alarm["Namespace"] == "BedrockLifecycleNotifier"
        assert alarm["MetricName"] == "DaysToNextEndOfLife"
        assert alarm["Dimensions"] == [{"Name": "service", "Value": "poll"}]
        assert alarm["Statistic"] == "Minimum"
        assert alarm["ComparisonOperator"] == "LessThanOrEqualToThreshold"
        assert alarm["Threshold"] == 30
        assert alarm["Period"] == 86400  # as long as the longest time between two polls
        assert alarm["TreatMissingData"] == "notBreaching"
        assert "AlarmActions" not in alarm

    @pytest.mark.parametrize(("name", "minutes"), [("default", 60), ("all else", 1440)])
    def test_silence_is_three_times_the_poll_rate(self, name: str, minutes: int) -> None:
        alarm = properties(name, "AWS::CloudWatch::Alarm", "MonitoringPollsStopped")

        assert alarm["Period"] * alarm["EvaluationPeriods"] == 3 * minutes * 60
        # CloudWatch refuses more: seven days, or one day for periods under an hour.
        assert alarm["Period"] * alarm["EvaluationPeriods"] <= 7 * 86400

    def test_a_new_stack_has_a_sign_of_life_before_the_alarm_on_silence_exists(self) -> None:
        alarm = resource("default", "AWS::CloudWatch::Alarm", "MonitoringPollsStopped")
        (sign,) = resources("default", "Custom::FirstSignOfLife").items()
        watched = alarm["Properties"]

        assert sign[0] in alarm["DependsOn"]
        assert sign[1]["Properties"]["Namespace"] == watched["Namespace"]
        assert sign[1]["Properties"]["MetricName"] == watched["MetricName"]
        assert watched["Dimensions"] == [
            {"Name": "service", "Value": sign[1]["Properties"]["Service"]}
        ]

    def test_new_subscriptions_have_three_hours_to_be_confirmed(self) -> None:
        alarm = properties("default", "AWS::CloudWatch::Alarm", "MonitoringAlertsUndelivered")
        assert alarm["Period"] * alarm["EvaluationPeriods"] >= 3 * 3600


SLACK = "AWS::Chatbot::SlackChannelConfiguration"
TEAMS = "AWS::Chatbot::MicrosoftTeamsChannelConfiguration"
CHANNELS = (SLACK, TEAMS)


class TestChat:
    def test_the_channel_is_the_one_that_was_given(self) -> None:
        slack = properties("everything", SLACK, "ChatSlack")

        assert slack["SlackWorkspaceId"] == "T0123ABCD"
        assert slack["SlackChannelId"] == "C0123ABCD"

    def test_the_team_is_the_one_that_was_given(self) -> None:
        teams = properties("everything", TEAMS, "ChatTeams")

        assert teams["TeamId"] == TEAM
        assert teams["TeamsTenantId"] == TENANT
        assert teams["TeamsChannelId"] == "19%3a0a1b2c3d4e5f%40thread.tacv2"

    def test_two_channels_have_two_names(self) -> None:
        names = {properties("everything", type_, "Chat")["ConfigurationName"] for type_ in CHANNELS}
        assert len(names) == 2

    @pytest.mark.parametrize("type_", CHANNELS)
    def test_a_channel_hears_alerts_and_alarms(self, type_: str) -> None:
        channel = properties("everything", type_, "Chat")
        assert [text(topic) for topic in channel["SnsTopicArns"]] == [
            "<TopicsChat>",
            "<TopicsOperations>",
        ]

    def test_a_channel_that_was_not_asked_for_is_not_there(self) -> None:
        assert len(resources("chat alone", SLACK)) == 1
        assert not resources("chat alone", TEAMS)

    @pytest.mark.parametrize("type_", CHANNELS)
    def test_nothing_can_be_done_from_it(self, type_: str) -> None:
        """Without a guardrail AWS would take AdministratorAccess."""
        channel = properties("everything", type_, "Chat")
        guardrail = properties("everything", "AWS::IAM::ManagedPolicy", "ChatGuardrail")

        assert [text(policy) for policy in channel["GuardrailPolicies"]] == ["<ChatGuardrail>"]
        assert guardrail["PolicyDocument"]["Statement"] == [
            {"Effect": "Deny", "Action": "*", "Resource": "*"}
        ]
        assert text(channel["IamRoleArn"]) == "<ChatRole>"
        assert statements("everything", "ChatRole") == []
        role = properties("everything", "AWS::IAM::Role", "ChatRole")
        assert not {"ManagedPolicyArns", "Policies"} & role.keys()
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "chatbot.amazonaws.com"}


DASHBOARD_MAY = {
    ("dynamodb:Scan", "<StateAlerts>"),
    ("dynamodb:Scan", "<StateModels>"),
    ("logs:CreateLogStream", "<DashboardLogs>"),
    ("logs:PutLogEvents", "<DashboardLogs>"),
}


class TestDashboard:
    @pytest.mark.parametrize("name", WITHOUT_DASHBOARD)
    def test_nothing_of_it_is_there_unless_it_was_asked_for(self, name: str) -> None:
        made = variant(name)

        assert not [id_ for id_ in made["Resources"] if id_.startswith("Dashboard")]
        assert "DashboardUrl" not in made["Outputs"]
        assert not resources(name, "AWS::CloudWatch::Dashboard")

    def test_its_function_may_read_the_two_tables_and_nothing_else(self) -> None:
        assert allowed("all else", "DashboardRole") == DASHBOARD_MAY

    def test_with_a_key_it_may_decrypt_and_not_encrypt(self) -> None:
        reading = {("kms:Decrypt", "<Key>"), ("kms:DescribeKey", "<Key>")}

        assert allowed("everything", "DashboardRole") == DASHBOARD_MAY | reading
        function = properties("everything", "AWS::Lambda::Function", "DashboardFunction")
        assert text(function["KmsKeyArn"]) == "<Key>"
        log = properties("everything", "AWS::Logs::LogGroup", "DashboardLogs")
        assert text(log["KmsKeyId"]) == "<Key>"

    def test_its_function_is_told_where_the_tables_are_and_what_concerns_the_account(self) -> None:
        function = properties("all else", "AWS::Lambda::Function", "DashboardFunction")
        variables = dict(function["Environment"]["Variables"])
        settings = json.loads(variables.pop("SETTINGS"))

        assert function["Handler"] == "notifier.dashboard.handler"
        assert function["MemorySize"] >= 1769  # a whole vCPU
        assert {name: text(value) for name, value in variables.items()} == {
            "MODELS_TABLE": "<StateModels>",
            "ALERTS_TABLE": "<StateAlerts>",
            "POWERTOOLS_SERVICE_NAME": "dashboard",
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }
        assert settings.keys() == ScopeSettings.model_fields.keys()
        assert ScopeSettings.model_validate(settings).usage is False

    def test_each_widget_that_the_function_draws_is_on_it_once(self) -> None:
        custom = [one["properties"] for one in _widgets("all else") if one["type"] == "custom"]

        assert {one["endpoint"] for one in custom} == {"<DashboardFunction>"}
        drawn = [one["params"]["widget"] for one in custom]
        assert sorted(drawn) == sorted(dashboard.WIDGETS)

    @pytest.mark.parametrize("name", ["all else", "everything"])
    def test_every_alarm_of_the_stack_is_on_it(self, name: str) -> None:
        (alarms,) = [one["properties"] for one in _widgets(name) if one["type"] == "alarm"]
        made = {f"<{id_[:-8]}>" for id_ in resources(name, "AWS::CloudWatch::Alarm")}

        assert set(alarms["alarms"]) == made

    def test_its_graphs_show_metrics_that_exist_anyway(self) -> None:
        shown = {
            (*metric[:2], metric[3])
            for widget in _widgets("all else")
            if widget["type"] == "metric"
            for metric in widget["properties"]["metrics"]
        }
        own = "BedrockLifecycleNotifier"
        queued = "ApproximateNumberOfMessagesVisible"
        assert shown == {
            (own, "PollsCompleted", "poll"),
            (own, "CoveredRegionsFailing", "poll"),
            (own, "DeliveryFailures", "poll"),
            ("AWS/Lambda", "Errors", "<PollerFunction>"),
            ("AWS/Lambda", "Errors", "<HealthFunction>"),
            ("AWS/Lambda", "Duration", "<PollerFunction>"),
            ("AWS/Lambda", "Duration", "<HealthFunction>"),
            ("AWS/SQS", queued, "<PollerFailures>"),
            ("AWS/SQS", queued, "<HealthDeadLetters>"),
        }

    def test_widgets_fill_the_grid_and_do_not_cover_each_other(self) -> None:
        taken = [
            (x, y)
            for one in _widgets("all else")
            for x in range(one["x"], one["x"] + one["width"])
            for y in range(one["y"], one["y"] + one["height"])
        ]
        assert len(taken) == len(set(taken))
        assert len(taken) == 24 * (1 + max(y for _, y in taken))
        assert max(x for x, _ in taken) == 23

    @pytest.mark.parametrize(
        ("region", "console"),
        [
            ("eu-west-1", "console.aws.amazon.com"),
            ("us-gov-west-1", "console.amazonaws-us-gov.com"),
            ("cn-north-1", "console.amazonaws.cn"),
            ("eusc-de-east-1", "console.amazonaws-eusc.eu"),
        ],
    )
    def test_the_output_leads_to_it(self, region: str, console: str) -> None:
        made = templates({"dashboard": "true"}, region)[STACK_NAME]

        assert text(made["Outputs"]["DashboardUrl"]["Value"]) == (
            f"https://{region}.{console}/cloudwatch/home?region={region}"
            "#dashboards/dashboard/<DashboardPage>"
        )

    def test_where_the_console_is_not_known_no_output_leads_astray(self) -> None:
        made = templates({"dashboard": "true"}, "us-iso-east-1")[STACK_NAME]

        assert "DashboardUrl" not in made["Outputs"]
        assert "AWS::CloudWatch::Dashboard" in {one["Type"] for one in made["Resources"].values()}


def _widgets(name: str) -> list[dict[str, Any]]:
    page = properties(name, "AWS::CloudWatch::Dashboard", "DashboardPage")
    body: dict[str, Any] = json.loads(text(page["DashboardBody"]))
    return list(body["widgets"])


class TestWhole:
    def test_the_outputs_are_those_of_the_contract(self) -> None:
        outputs = {
            name: text(part["Value"]) for name, part in variant("default")["Outputs"].items()
        }
        assert outputs == {
            "ModelsTableName": "<StateModels>",
            "AlertsTableName": "<StateAlerts>",
            "AlertsTopicArn": "<TopicsAlerts>",
            "OperationsTopicArn": "<TopicsOperations>",
            "PollFunctionName": "<PollerFunction>",
            "HealthFunctionName": "<HealthFunction>",
        }

    def test_with_a_chat_channel_its_topic_is_one_of_them(self) -> None:
        outputs = variant("chat alone")["Outputs"]

        assert outputs.keys() - variant("default")["Outputs"].keys() == {"ChatTopicArn"}
        assert text(outputs["ChatTopicArn"]["Value"]) == "<TopicsChat>"

    @pytest.mark.parametrize("name", VARIANTS)
    def test_nothing_has_a_name_that_could_already_be_taken(self, name: str) -> None:
        kinds = ("Table", "Topic", "Queue", "Function", "Role", "Alarm", "Dashboard")
        named = {f"{kind}Name" for kind in kinds}
        for id_, part in variant(name)["Resources"].items():
            # These two say which function they belong to.
            if part["Type"] not in {
                "AWS::Lambda::EventInvokeConfig",
                "AWS::Lambda::EventSourceMapping",
            }:
                assert not named & part.get("Properties", {}).keys(), id_

    @pytest.mark.parametrize("name", WITHOUT_CHAT)
    def test_what_was_not_asked_for_is_not_there(self, name: str) -> None:
        types = {part["Type"] for part in variant(name)["Resources"].values()}

        assert not {type_ for type_ in types if "Chatbot" in type_ or "Notifications" in type_}
        assert "AWS::IAM::ManagedPolicy" not in types
        alarms = resources(name, "AWS::CloudWatch::Alarm")
        assert not any(id_.startswith("MonitoringDeadline") for id_ in alarms)

    def test_defaults_in_cdk_json_are_the_defaults_of_the_settings(self) -> None:
        defaults = Settings()
        assert listed(defaults.regions) == ["all"]
        given = json.loads(_variables("default", "Poller")["SETTINGS"])
        assert given.pop("has_email") is True
        assert given == defaults.model_dump(mode="json", include=set(FunctionSettings.model_fields))
