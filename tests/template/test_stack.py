"""What the stack means: who may do what, what is encrypted, what is retried, what alarms."""

import json
from typing import Any

import pytest

from infra.config import Settings
from notifier.settings import Settings as FunctionSettings
from tests.template.stacks import (
    BUS_ARN,
    KEY_ARN,
    VARIANTS,
    allowed,
    listed,
    properties,
    resource,
    resources,
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
POLL_MAY = READING_USE | {
    ("account:ListRegions", "arn:aws:account::<AWS::AccountId>:account"),
    ("bedrock:GetFoundationModel", "arn:aws:bedrock:*::foundation-model/*"),
    ("bedrock:ListFoundationModels", "*"),
    ("dynamodb:BatchWriteItem", "<StateAlerts>"),
    ("dynamodb:GetItem", "<StateAlerts>"),
    ("dynamodb:GetItem", "<StateModels>"),
    ("dynamodb:PutItem", "<StateAlerts>"),
    ("dynamodb:Query", "<StateAlerts>/index/unsettled"),
    ("dynamodb:Scan", "<StateModels>"),
    ("dynamodb:UpdateItem", "<StateAlerts>"),
    ("dynamodb:UpdateItem", "<StateModels>"),
    ("events:PutEvents", "arn:aws:events:us-east-1:<AWS::AccountId>:event-bus/default"),
    ("logs:CreateLogStream", "<PollerLogs>"),
    ("logs:PutLogEvents", "<PollerLogs>"),
    ("sns:GetTopicAttributes", "<TopicsAlerts>"),
    ("sns:Publish", "<TopicsAlerts>"),
    ("sqs:SendMessage", "<PollerFailures>"),
}
SCHEDULE_MAY = {
    ("lambda:InvokeFunction", "<PollerFunction>"),
    ("lambda:InvokeFunction", "<PollerFunction>:*"),
    ("sqs:SendMessage", "<PollerDeadLetters>"),
}


class TestPermissions:
    def test_the_poll_may_do_what_it_needs_and_nothing_else(self) -> None:
        assert allowed("default", "PollerRoleDefaultPolicy") == POLL_MAY

    def test_without_reading_use_it_may_read_nothing_of_it(self) -> None:
        assert allowed("all else", "PollerRoleDefaultPolicy").isdisjoint(READING_USE)

    def test_the_schedule_may_start_the_poll_and_keep_what_it_could_not_start(self) -> None:
        assert allowed("default", "PollerScheduleRoleDefaultPolicy") == SCHEDULE_MAY

    def test_the_first_sign_of_life_may_only_write_our_metrics(self) -> None:
        assert allowed("default", "MonitoringFirstSignRoleDefaultPolicy") == {
            ("cloudwatch:GetMetricStatistics", "*"),
            ("cloudwatch:PutMetricData", "*"),
            ("logs:CreateLogStream", "<MonitoringFirstSignLogs>"),
            ("logs:PutLogEvents", "<MonitoringFirstSignLogs>"),
        }
        policy = properties("default", "AWS::IAM::Policy", "MonitoringFirstSignRole")
        (writing,) = (
            statement
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Action"] == "cloudwatch:PutMetricData"
        )
        assert writing["Condition"] == {
            "StringEquals": {"cloudwatch:namespace": "BedrockLifecycleNotifier"}
        }

    def test_events_may_only_be_put_on_the_chosen_bus(self) -> None:
        buses = {
            target
            for action, target in allowed("all else", "PollerRoleDefaultPolicy")
            if action == "events:PutEvents"
        }
        assert buses == {BUS_ARN}

    @pytest.mark.parametrize(("name", "key"), [("created key", "<Key>"), ("imported key", KEY_ARN)])
    def test_a_key_adds_its_use_to_the_roles_and_nothing_more(self, name: str, key: str) -> None:
        use = {(action, key) for action in KEY_ACTIONS}

        assert allowed(name, "PollerRoleDefaultPolicy") == POLL_MAY | use
        # Without it Scheduler could not write to its encrypted dead-letter queue.
        assert allowed(name, "PollerScheduleRoleDefaultPolicy") == SCHEDULE_MAY | use

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
        function = properties(name, "AWS::Lambda::Function", "PollerFunction")
        assert text(function["KmsKeyArn"]) == key

    def test_a_created_key_rotates_and_lets_alarms_and_logs_use_it(self) -> None:
        key = properties("created key", "AWS::KMS::Key", "Key")
        statements = {
            text(statement["Principal"].get("Service")): statement
            for statement in key["KeyPolicy"]["Statement"]
        }

        assert key["EnableKeyRotation"] is True
        assert set(statements["cloudwatch.amazonaws.com"]["Action"]) == {
            "kms:Decrypt",
            "kms:GenerateDataKey*",
        }
        assert text(
            statements["logs.us-east-1.amazonaws.com"]["Condition"]["ArnLike"][
                "kms:EncryptionContext:aws:logs:arn"
            ]
        ) == ("arn:aws:logs:us-east-1:<AWS::AccountId>:log-group:*")
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


class TestPoll:
    def test_the_function_is_what_its_code_was_built_for(self) -> None:
        function = properties("default", "AWS::Lambda::Function", "PollerFunction")

        assert function["Handler"] == "notifier.poll.handler"
        assert function["Runtime"] == "python3.14"
        assert function["Architectures"] == ["arm64"]
        assert function["Timeout"] == 120
        assert function["MemorySize"] == 256
        assert "ReservedConcurrentExecutions" not in function  # small accounts have ten in all

    def test_the_function_is_told_where_its_parts_are(self) -> None:
        variables = _variables("default")
        variables.pop("SETTINGS")
        assert {name: text(value) for name, value in variables.items()} == {
            "MODELS_TABLE": "<StateModels>",
            "ALERTS_TABLE": "<StateAlerts>",
            "ALERTS_TOPIC_ARN": "<TopicsAlerts>",
            "EVENT_BUS": "default",
            "POWERTOOLS_SERVICE_NAME": "poll",
            "POWERTOOLS_METRICS_NAMESPACE": "BedrockLifecycleNotifier",
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }
        assert _variables("all else")["EVENT_BUS"] == BUS_ARN

    @pytest.mark.parametrize("name", VARIANTS)
    def test_the_function_understands_the_settings_it_is_given(self, name: str) -> None:
        given = json.loads(_variables(name)["SETTINGS"])
        understood = FunctionSettings.model_validate(given).model_dump(mode="json")

        assert {key: understood[key] for key in given} == given
        assert set(given) == set(FunctionSettings.model_fields)

    def test_settings_reach_the_function(self) -> None:
        given = json.loads(_variables("all else")["SETTINGS"])

        assert given["regions"] == ["us-east-1", "eu-west-1"]
        assert given["poll_rate_minutes"] == 1440
        assert given["reminders_legacy"] == [90, 7]

    def test_the_schedule_passes_its_own_time(self) -> None:
        schedule = properties("default", "AWS::Scheduler::Schedule", "Poller")

        assert json.loads(schedule["Target"]["Input"]) == {"time": "<aws.scheduler.scheduled-time>"}
        assert text(schedule["Target"]["Arn"]) == "<PollerFunction>"
        assert schedule["ScheduleExpression"] == "rate(1 hour)"
        assert schedule["State"] == "ENABLED"
        assert "StartDate" not in schedule  # so that it begins at once

    def test_the_schedule_tries_again_and_keeps_what_it_could_not_deliver(self) -> None:
        target = properties("default", "AWS::Scheduler::Schedule", "Poller")["Target"]

        assert target["RetryPolicy"] == {
            "MaximumEventAgeInSeconds": 3600,
            "MaximumRetryAttempts": 10,
        }
        assert text(target["DeadLetterConfig"]["Arn"]) == "<PollerDeadLetters>"

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

    def test_logs_do_not_pile_up(self) -> None:
        for group in resources("default", "AWS::Logs::LogGroup").values():
            assert group["Properties"]["RetentionInDays"] == 90


def _variables(name: str) -> dict[str, Any]:
    function = properties(name, "AWS::Lambda::Function", "PollerFunction")
    variables: dict[str, Any] = function["Environment"]["Variables"]
    return dict(variables)


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


class TestAlarms:
    @pytest.mark.parametrize(
        ("alarm", "metric", "comparison", "periods", "missing"),
        [
            ("PollErrors", "Errors", "GreaterThanOrEqualToThreshold", 1, "notBreaching"),
            (
                "PollFailed",
                "ApproximateNumberOfMessagesVisible",
                "GreaterThanOrEqualToThreshold",
                1,
                "notBreaching",
            ),
            (
                "ScheduleUndelivered",
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
        ],
    )
    def test_each_alarm_publishes_to_the_operations_topic(
        self, alarm: str, metric: str, comparison: str, periods: int, missing: str
    ) -> None:
        found = properties("default", "AWS::CloudWatch::Alarm", f"Monitoring{alarm}")

        assert found["MetricName"] == metric
        assert found["ComparisonOperator"] == comparison
        assert found["Threshold"] == 1
        assert found["EvaluationPeriods"] == periods
        assert found["TreatMissingData"] == missing
        assert [text(action) for action in found["AlarmActions"]] == ["<TopicsOperations>"]

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
        }

    @pytest.mark.parametrize("name", VARIANTS)
    def test_nothing_has_a_name_that_could_already_be_taken(self, name: str) -> None:
        named = {"TableName", "TopicName", "QueueName", "FunctionName", "RoleName", "AlarmName"}
        for id_, part in variant(name)["Resources"].items():
            if part["Type"] != "AWS::Lambda::EventInvokeConfig":  # names its function
                assert not named & part.get("Properties", {}).keys(), id_

    def test_defaults_in_cdk_json_are_the_defaults_of_the_settings(self) -> None:
        defaults = Settings()
        assert listed(defaults.regions) == ["all"]
        assert json.loads(_variables("default")["SETTINGS"]) == defaults.model_dump(
            mode="json", include=set(FunctionSettings.model_fields)
        )
