"""Templates and their parts, each variant synthesised once."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from infra.stack_name import STACK_NAME
from infra.template import templates

Resource = dict[str, Any]

KEY_ARN: Final = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TEAM: Final = "12345678-90ab-cdef-1234-567890abcdef"
TENANT: Final = "fedcba09-8765-4321-fedc-ba0987654321"
BUS_ARN: Final = "arn:aws:events:us-east-1:123456789012:event-bus/models"
VARIANTS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "default": (("emails", "ops@example.com,ml@example.com"),),
    "created key": (("emails", "ops@example.com"), ("kms_key", "create")),
    "imported key": (("emails", "ops@example.com"), ("kms_key", KEY_ARN)),
    "all else": (
        ("poll_rate_minutes", "1440"),
        ("regions", "us-east-1,eu-west-1"),
        ("event_bus_arn", BUS_ARN),
        ("retain_data", "false"),
        ("reminders_legacy", "7,90"),
        ("usage", "false"),
        ("health_forwarder", "false"),
        ("digest_cron", ""),
        ("dashboard", "true"),
    ),
    "chat alone": (
        ("slack_workspace_id", "T0123ABCD"),
        ("slack_channel_id", "C0123ABCD"),
    ),
    "chat and dashboard": (
        ("emails", "ops@example.com"),
        ("slack_workspace_id", "T0123ABCD"),
        ("slack_channel_id", "C0123ABCD"),
        ("dashboard", "true"),
    ),
    "everything": (
        ("emails", "ops@example.com,ml@example.com:severity=critical,warning;provider=Anthropic"),
        ("kms_key", "create"),
        ("health_events", "all"),
        ("user_notifications", "true"),
        ("notification_hub_region", "eu-west-1"),
        ("slack_workspace_id", "T0123ABCD"),
        ("slack_channel_id", "C0123ABCD"),
        ("teams_team_id", TEAM),
        ("teams_channel_id", "19:0a1b2c3d4e5f@thread.tacv2"),
        ("teams_tenant_id", TENANT),
        ("dashboard", "true"),
    ),
}
FORWARDER: Final = f"{STACK_NAME}-HealthForwarder-us-west-2"
USER_NOTIFICATIONS: Final = f"{STACK_NAME}-UserNotifications"


@cache
def every(name: str, region: str = "us-east-1") -> dict[str, dict[str, Any]]:
    """Return the templates of all stacks of a variant, by the stack's name."""
    return templates(dict(VARIANTS[name]), region)


def variant(name: str, stack: str = STACK_NAME) -> dict[str, Any]:
    """Return the whole template of a variant's main stack, or of one beside it."""
    return every(name)[stack]


def resources(name: str, type_: str, stack: str = STACK_NAME) -> dict[str, Resource]:
    """Return the resources of one type, by logical id."""
    found: dict[str, Resource] = variant(name, stack)["Resources"]
    return {id_: part for id_, part in found.items() if part["Type"] == type_}


def resource(name: str, type_: str, begins: str, stack: str = STACK_NAME) -> Resource:
    """Return the one resource of that type whose logical id begins so."""
    every_one = resources(name, type_, stack)
    (found,) = (part for id_, part in every_one.items() if id_.startswith(begins))
    return found


def properties(name: str, type_: str, begins: str, stack: str = STACK_NAME) -> dict[str, Any]:
    """Return the properties of that one resource."""
    found: dict[str, Any] = resource(name, type_, begins, stack)["Properties"]
    return found


def allowed(name: str, role: str, stack: str = STACK_NAME) -> set[tuple[str, str]]:
    """Return what a role may do, by all its policies: (action, resource as a readable text)."""
    return {
        (action, text(target))
        for statement in statements(name, role, stack)
        for action in listed(statement["Action"])
        for target in listed(statement["Resource"])
    }


def statements(name: str, role: str, stack: str = STACK_NAME) -> list[dict[str, Any]]:
    """Return the statements of every policy of the role whose logical id begins so."""
    (id_,) = (each for each in resources(name, "AWS::IAM::Role", stack) if each.startswith(role))
    return [
        statement
        for policy in resources(name, "AWS::IAM::Policy", stack).values()
        if {"Ref": id_} in policy["Properties"]["Roles"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def text(value: Any) -> str:  # noqa: ANN401 - a template's value: text or an intrinsic function
    """Write `Ref` and `GetAtt` as <logical id> without its hash, and joins as one text."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), "Arn"]}:
            return f"<{name if '::' in name else name[:-8]}>"
        case {"Fn::GetAtt": [str(name), "QueueName"]}:
            return f"<{name[:-8]}>"
        case {"Fn::Join": [str(glue), list(parts)]}:
            return glue.join(map(text, parts))
    return str(value)


def listed(value: Any) -> list[Any]:  # noqa: ANN401 - templates write one-element lists bare
    """Return a list also where the template has a single value."""
    return value if isinstance(value, list) else [value]
