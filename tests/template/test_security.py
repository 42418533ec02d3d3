"""Who may come near what the stacks make: nobody from outside, in any of the variants.

What our own roles may do is asserted in test_stack.py, action by action.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from infra.stack_name import STACK_NAME
from tests.template.stacks import (
    VARIANTS,
    allowed,
    every,
    listed,
    properties,
    resources,
    text,
    variant,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS: Final = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
LOG_GROUPS: Final = "arn:aws:logs:us-east-1:<AWS::AccountId>:log-group:*"
OWNER: Final = {"AWS": "arn:aws:iam::<AWS::AccountId>:root"}
# None of these can be reached from outside the account without a policy, and the only ones that
# have any are looked at below. What is new here has to be thought about: a bucket, a URL, an API.
KNOWN_TYPES: Final = {
    "AWS::Chatbot::MicrosoftTeamsChannelConfiguration",
    "AWS::Chatbot::SlackChannelConfiguration",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::DynamoDB::GlobalTable",
    "AWS::Events::Rule",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::Notifications::ChannelAssociation",
    "AWS::Notifications::EventRule",
    "AWS::Notifications::ManagedNotificationAdditionalChannelAssociation",
    "AWS::Notifications::NotificationConfiguration",
    "AWS::Notifications::NotificationHub",
    "AWS::NotificationsContacts::EmailContact",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
    "Custom::FirstSignOfLife",
}
# What a resource is given as its policy, by the name that CloudFormation has for it.
POLICIES: Final = ("KeyPolicy", "PolicyDocument", "ResourcePolicy", "Policy")
# Who may take a role, and on what condition. Lambda and Amazon Q take those that they were given:
# to give one takes iam:PassRole, which no role of ours has.
TRUSTED: Final = {
    "PollerRole": ("lambda.amazonaws.com", None),
    "HealthRole": ("lambda.amazonaws.com", None),
    "MonitoringFirstSignRole": ("lambda.amazonaws.com", None),
    "DashboardRole": ("lambda.amazonaws.com", None),
    "ChatRole": ("chatbot.amazonaws.com", None),
    "PollerScheduleRole": ("scheduler.amazonaws.com", OURS),
    "Role": ("events.amazonaws.com", OURS),
}


def parts(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every resource of every stack of a variant, with its logical id."""
    for template in every(name).values():
        yield from template["Resources"].items()


def on_resources(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each statement of a policy on a resource (not on a role), with whose it is."""
    for id_, part in parts(name):
        if part["Type"].startswith("AWS::IAM::"):
            continue
        for field in POLICIES:
            document = part.get("Properties", {}).get(field)
            for statement in (document or {}).get("Statement", ()):
                yield id_[:-8], statement


@pytest.mark.parametrize("name", VARIANTS)
def test_nothing_is_made_that_nobody_has_thought_about(name: str) -> None:
    """No function URL, no permission on a function, no bucket, no policy on a bus or a table."""
    assert {part["Type"] for _, part in parts(name)} <= KNOWN_TYPES
    for table in resources(name, "AWS::DynamoDB::GlobalTable").values():
        (replica,) = table["Properties"]["Replicas"]
        assert "ResourcePolicy" not in replica


@pytest.mark.parametrize("name", VARIANTS)
def test_policies_on_resources_let_in_two_services_for_this_account_and_nobody_else(
    name: str,
) -> None:
    """Beside those on the key, which are listed whole below."""
    let_in = {
        (whose, text(statement["Principal"]["Service"]), statement["Action"], _condition(statement))
        for whose, statement in on_resources(name)
        if statement["Effect"] == "Allow" and whose != "Key"
    }
    assert let_in == {
        (
            "TopicsOperationsPolicy",
            "cloudwatch.amazonaws.com",
            "sns:Publish",
            "StringEquals aws:SourceAccount <AWS::AccountId>",
        ),
        *(
            (
                f"Health{queue}Policy",
                "events.amazonaws.com",
                "sqs:SendMessage",
                "ArnEquals aws:SourceArn <HealthRule>",
            )
            for queue in ("Queue", "DeadLetters")
        ),
    }


def _condition(statement: dict[str, Any]) -> str:
    ((operator, keys),) = statement["Condition"].items()
    ((key, value),) = keys.items()
    return f"{operator} {key} {text(value)}"


@pytest.mark.parametrize("name", VARIANTS)
def test_roles_are_taken_by_the_services_that_they_are_for(name: str) -> None:
    trusted = {
        id_[:-8]: (
            text(statement["Principal"]["Service"]),
            statement.get("Condition"),
        )
        for id_, part in parts(name)
        if part["Type"] == "AWS::IAM::Role"
        for statement in part["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    }
    assert trusted
    assert trusted == {role: TRUSTED[role] for role in trusted}


@pytest.mark.parametrize("name", VARIANTS)
def test_plain_text_is_refused_by_whoever_takes_messages(name: str) -> None:
    """For everybody, and for every action by which a message comes in."""
    refused = {
        (whose, action, text(target))
        for whose, statement in on_resources(name)
        if statement["Effect"] == "Deny"
        and statement["Principal"] in ("*", {"AWS": "*"})
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        for action in listed(statement["Action"])
        for target in listed(statement["Resource"])
    }
    for type_, action in (("AWS::SNS::Topic", "sns:Publish"), ("AWS::SQS::Queue", "sqs:*")):
        made = {id_[:-8] for id_ in resources(name, type_)}
        assert {(f"{id_}Policy", action, f"<{id_}>") for id_ in made} <= refused


@pytest.mark.parametrize("name", ["created key", "everything"])
def test_the_key_is_used_by_whom_the_account_lets_and_by_three_services(name: str) -> None:
    policy = properties(name, "AWS::KMS::Key", "Key")["KeyPolicy"]["Statement"]
    write = ["kms:Decrypt", "kms:GenerateDataKey*"]

    assert [
        (
            {kind: text(whom) for kind, whom in statement["Principal"].items()},
            statement["Action"],
            _condition(statement) if "Condition" in statement else None,
        )
        for statement in policy
    ] == [
        # IAM of the account decides, as with any key by default; our roles are given five actions.
        (OWNER, "kms:*", None),
        # Without a condition: whether CloudWatch sends one to KMS is not documented. Whose alarms
        # reach the topic is decided by the topic's policy.
        ({"Service": "cloudwatch.amazonaws.com"}, write, None),
        (
            {"Service": "logs.us-east-1.amazonaws.com"},
            [
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:Encrypt",
                "kms:GenerateDataKey*",
                "kms:ReEncrypt*",
            ],
            f"ArnLike kms:EncryptionContext:aws:logs:arn {LOG_GROUPS}",
        ),
        (
            {"Service": "events.amazonaws.com"},
            write,
            "StringEquals aws:SourceAccount <AWS::AccountId>",
        ),
    ]
    assert all(statement["Effect"] == "Allow" for statement in policy)


@pytest.mark.parametrize("name", ["all else", "everything"])
def test_the_function_behind_the_dashboard_reads_two_tables_and_changes_nothing(name: str) -> None:
    """Its own log apart. What it draws can be asked for by whoever may invoke it, so it must be."""
    may = allowed(name, "DashboardRole")
    logging = {
        ("logs:CreateLogStream", "<DashboardLogs>"),
        ("logs:PutLogEvents", "<DashboardLogs>"),
    }

    assert logging <= may
    assert {action for action, _ in may - logging} <= {
        "dynamodb:Scan",
        "kms:Decrypt",
        "kms:DescribeKey",
    }
    assert {target for action, target in may if action == "dynamodb:Scan"} == {
        "<StateAlerts>",
        "<StateModels>",
    }


@pytest.mark.parametrize("name", VARIANTS)
def test_no_role_may_change_rights_call_a_model_or_do_everything(name: str) -> None:
    for id_ in resources(name, "AWS::IAM::Role"):
        for action, _ in allowed(name, id_):
            service, _, verb = action.partition(":")
            assert service not in {"iam", "sts", "s3", "cloudformation", "secretsmanager"}
            assert not verb.startswith(("Invoke", "Converse", "Create", "Delete")) or action in {
                "lambda:InvokeFunction",
                "logs:CreateLogStream",
                "sqs:DeleteMessage",
            }
            assert "*" not in action or action in {"kms:GenerateDataKey*", "kms:ReEncrypt*"}


@pytest.mark.parametrize("name", VARIANTS)
def test_no_template_carries_a_secret(name: str) -> None:
    """Variables of functions and outputs are for everybody to read who may describe a stack."""
    template = variant(name, STACK_NAME)
    assert not template.get("Parameters", {}).keys() - {"BootstrapVersion"}
    for function in resources(name, "AWS::Lambda::Function").values():
        names = function["Properties"].get("Environment", {}).get("Variables", {}).keys()
        assert not [one for one in names if {"SECRET", "PASSWORD", "TOKEN"} & set(one.split("_"))]
