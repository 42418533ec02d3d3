"""Checks of the customer-managed key, if there is one: that it works, and lets in who needs it."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from bedrock_lifecycle.checks.finding import ok, problem
from bedrock_lifecycle.checks.listening import OPERATIONS_TOPIC
from notifier.errors import aws_call
from notifier.render.words import listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bedrock_lifecycle.checks.finding import Commands, Finding
    from bedrock_lifecycle.checks.site import Site

KEY: Final = "encryption key"

_READ_AND_WRITE: Final = ("kms:Decrypt", "kms:GenerateDataKey")
_LOGS: Final = (
    *_READ_AND_WRITE,
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


def key(site: Site) -> Iterator[Finding]:
    """Look at the key under which the operations topic is: it has none but a customer-managed one.

    Its policy matters where it is not the stack's own, which nobody else writes.
    """
    arn = site.deployment.output(OPERATIONS_TOPIC)
    with aws_call("sns:GetTopicAttributes"):
        told = site.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    if not (key_id := told.get("KmsMasterKeyId")):
        return
    kms = site.client("kms")
    with aws_call("kms:DescribeKey"):
        described = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    yield key_finding(described["Arn"], described["KeyState"], site.commands)
    if described["KeyId"] in site.names("AWS::KMS::Key"):
        return
    with aws_call("kms:GetKeyPolicy"):
        policy = kms.get_key_policy(KeyId=described["Arn"], PolicyName="default")["Policy"]
    account = site.account.caller.account_id
    yield from policy_findings(described["Arn"], json.loads(policy), account, site.commands)


def key_finding(arn: str, state: str, commands: Commands) -> Finding:
    """Judge the state of the key: without it nothing can be read or told."""
    if state == "Enabled":
        return ok(KEY, f"{arn} is enabled")
    steps = [commands.aws("kms", "enable-key", "--key-id", arn)]
    if state == "PendingDeletion":
        steps.insert(0, commands.aws("kms", "cancel-key-deletion", "--key-id", arn))
    detail = f"{arn} is {state}, so tables, topics and queues cannot be used"
    return problem(KEY, detail, "enable it", *steps)


def needed(region: str) -> dict[str, tuple[str, ...]]:
    """Give what each AWS service that uses the key in its own name must be allowed."""
    return {
        "cloudwatch.amazonaws.com": _READ_AND_WRITE,
        f"logs.{region}.amazonaws.com": _LOGS,
        "events.amazonaws.com": _READ_AND_WRITE,
    }


def policy_findings(
    arn: str, policy: Mapping[str, Any], account: str, commands: Commands
) -> Iterator[Finding]:
    """Judge a key's policy by whom it allows what. Conditions and denials are not weighed."""
    lacking = {
        service: [action for action in actions if not _allows(policy, service, action)]
        for service, actions in needed(arn.split(":")[3]).items()
    }
    lacking["this account's roles"] = [
        action for action in _READ_AND_WRITE if not _allows(policy, account, action)
    ]
    missing = {who: actions for who, actions in lacking.items() if actions}
    if not missing:
        yield ok(KEY, "its policy lets in who needs it")
    for who, actions in missing.items():
        yield problem(
            KEY,
            f"its policy does not let {who} do {listing(actions)}",
            "add the statements that a deployment prints for this key",
            commands.aws(
                "kms",
                "put-key-policy",
                "--key-id",
                arn,
                "--policy-name",
                "default",
                "--policy",
                "file://policy.json",
            ),
        )


def _allows(policy: Mapping[str, Any], who: str, action: str) -> bool:
    return any(
        statement.get("Effect") == "Allow"
        and _names(statement.get("Principal"), who)
        and any(_matches(action, one) for one in _texts(statement.get("Action")))
        for statement in _items(policy.get("Statement"))
    )


def _matches(action: str, pattern: str) -> bool:
    # IAM knows no character classes, and takes an action's name in any case.
    return fnmatchcase(action.lower(), pattern.lower().replace("[", "[[]"))


def _names(principal: object, who: str) -> bool:
    """Say whether a statement is about a service, or about an account in any of its forms."""
    if isinstance(principal, dict):
        named = [one for value in principal.values() for one in _texts(value)]
    else:
        named = _texts(principal)
    return any(one == "*" or who in one.split(":") for one in named)


def _texts(value: object) -> list[str]:
    return [value] if isinstance(value, str) else [str(one) for one in _items(value)]


def _items(value: object) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]
