"""The customer-managed key, when one is wanted: made here, or an existing one brought along."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from aws_cdk import Acknowledgment, Annotations, RemovalPolicy, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

# What our roles do with the key, through the services that keep their data under it.
_ENCRYPT: Final = ("kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")
_DECRYPT: Final = ("kms:Decrypt", "kms:DescribeKey")


def customer_managed_key(scope: Construct, setting: str, *, retain: bool) -> kms.IKey | None:
    """Return the key that `kms_key` asks for: none, a new one, or the one with that ARN."""
    if not setting:
        return None
    if setting == "create":
        return _new_key(scope, retain=retain)
    _tell_needed_statements(scope, setting)
    return kms.Key.from_key_arn(scope, "Key", setting)


def grant_use(key: kms.IKey | None, role: iam.Role) -> None:
    """Let a role of ours write to and read from what is encrypted under the key, if there is one.

    Exact actions, because CDK's `grant_*` methods also write to the policy of a key of our own,
    which then names the role and ties the two into a circle.
    """
    if key is None:
        return
    _grant(key, role, [*_DECRYPT, *_ENCRYPT])
    Validations.of(role).acknowledge(
        *(
            Acknowledgment(
                id=f"AwsSolutions-IAM5[Action::{action}]",
                reason="The form in which KMS documents the action: it stands for its variants.",
            )
            for action in _ENCRYPT
            if action.endswith("*")
        )
    )


def grant_reading(key: kms.IKey | None, role: iam.Role) -> None:
    """Let a role of ours read what is encrypted under the key, if there is one, and no more."""
    if key is not None:
        _grant(key, role, _DECRYPT)


def _grant(key: kms.IKey, role: iam.Role, actions: Sequence[str]) -> None:
    iam.Grant.add_to_principal(grantee=role, actions=list(actions), resource_arns=[key.key_arn])


def service_statements(partition: str, region: str, account: str) -> list[iam.PolicyStatement]:
    """Return what the key's policy must say for AWS services that use it in their own name."""
    alarms = iam.PolicyStatement(
        sid="AlarmsPublishToEncryptedTopics",
        principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions=["kms:Decrypt", "kms:GenerateDataKey*"],
        # In a key's policy `*` is the key itself. Whose alarms may publish is decided by the
        # topic's policy, which names the account.
        resources=["*"],
    )
    logs = iam.PolicyStatement(
        sid="LogGroupsOfThisAccount",
        principals=[iam.ServicePrincipal(f"logs.{region}.amazonaws.com")],
        actions=[*_DECRYPT, *_ENCRYPT],
        resources=["*"],
        conditions={
            "ArnLike": {
                "kms:EncryptionContext:aws:logs:arn": (
                    f"arn:{partition}:logs:{region}:{account}:log-group:*"
                )
            }
        },
    )
    events = iam.PolicyStatement(
        sid="EventsReachEncryptedQueues",
        principals=[iam.ServicePrincipal("events.amazonaws.com")],
        actions=["kms:Decrypt", "kms:GenerateDataKey*"],
        resources=["*"],
        conditions={"StringEquals": {"aws:SourceAccount": account}},
    )
    return [alarms, logs, events]


def _new_key(scope: Construct, *, retain: bool) -> kms.Key:
    key = kms.Key(
        scope,
        "Key",
        description="Bedrock Lifecycle Notifier: tables, topics, queues and logs",
        enable_key_rotation=True,
        # A key outlives the data that is kept under it.
        removal_policy=RemovalPolicy.RETAIN if retain else RemovalPolicy.DESTROY,
    )
    stack = Stack.of(scope)
    for statement in service_statements(stack.partition, stack.region, stack.account):
        key.add_to_resource_policy(statement)
    return key


def _tell_needed_statements(scope: Construct, arn: str) -> None:
    """Print what the imported key's policy needs: a stack cannot change a key it does not own."""
    _, partition, _, region, account, _ = arn.split(":")
    # Until the stack resolves them, the services' names are tokens of the CDK.
    statements = Stack.of(scope).resolve(
        [statement.to_json() for statement in service_statements(partition, region, account)]
    )
    Annotations.of(scope).add_info(
        f"The policy of {arn} must let IAM policies of account {account} grant its use (the "
        "statement that a new key has by default) and must also hold these statements:\n"
        + json.dumps(statements, indent=2)
    )
