"""Templates and their parts, each variant synthesised once."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from infra.template import template

Resource = dict[str, Any]

KEY_ARN: Final = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
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
    ),
}


@cache
def variant(name: str) -> dict[str, Any]:
    """Return the whole template of a variant."""
    return template(dict(VARIANTS[name]))


def resources(name: str, type_: str) -> dict[str, Resource]:
    """Return the resources of one type, by logical id."""
    found: dict[str, Resource] = variant(name)["Resources"]
    return {id_: part for id_, part in found.items() if part["Type"] == type_}


def resource(name: str, type_: str, begins: str) -> Resource:
    """Return the one resource of that type whose logical id begins so."""
    (found,) = (part for id_, part in resources(name, type_).items() if id_.startswith(begins))
    return found


def properties(name: str, type_: str, begins: str) -> dict[str, Any]:
    """Return the properties of that one resource."""
    found: dict[str, Any] = resource(name, type_, begins)["Properties"]
    return found


def allowed(name: str, role: str) -> set[tuple[str, str]]:
    """Return what a role may do: (action, resource as a readable text)."""
    document = properties(name, "AWS::IAM::Policy", role)["PolicyDocument"]
    return {
        (action, text(target))
        for statement in document["Statement"]
        for action in listed(statement["Action"])
        for target in listed(statement["Resource"])
    }


def text(value: Any) -> str:  # noqa: ANN401 - a template's value: text or an intrinsic function
    """Write `Ref` and `GetAtt` as <logical id> without its hash, and joins as one text."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), "Arn"]}:
            return f"<{name if '::' in name else name[:-8]}>"
        case {"Fn::Join": [str(glue), list(parts)]}:
            return glue.join(map(text, parts))
    return str(value)


def listed(value: Any) -> list[Any]:  # noqa: ANN401 - templates write one-element lists bare
    """Return a list also where the template has a single value."""
    return value if isinstance(value, list) else [value]
