"""The policies of the documentation fit what their holders are to reach, and nothing beside it."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import pytest

from infra.stack_name import STACK_NAME
from tests.template.stacks import variant

POLICIES: Final = Path(__file__).parents[2] / "docs" / "policies"
KINDS: Final = {
    "AWS::DynamoDB::GlobalTable": "dynamodb",
    "AWS::Lambda::Function": "lambda",
    "AWS::SNS::Topic": "sns",
}


def _fitted(resource: str) -> set[str]:
    """Give the parts of the stack whose names, as CloudFormation makes them, a pattern fits."""
    service, pattern = resource.split(":")[2], resource.rpartition(":")[2].rpartition("/")[2]
    return {
        id_
        for id_, part in variant("everything")["Resources"].items()
        if KINDS.get(part["Type"]) == service
        and fnmatchcase(f"{STACK_NAME}-{id_}-1A2B3C4D5E6F", pattern)
    }


@pytest.mark.parametrize(
    ("statement", "begins"),
    [
        ("SnoozeAndResolve", {"StateModels"}),
        ("PollAndSendASample", {"PollerFunction"}),
        ("ConfirmASubscription", {"TopicsAlerts", "TopicsChat", "TopicsOperations"}),
    ],
)
def test_who_operates_reaches_one_table_and_one_function(statement: str, begins: set[str]) -> None:
    """With the alerts table or the health function in reach, alerts could be forged."""
    document: dict[str, Any] = json.loads((POLICIES / "operate.json").read_text(encoding="utf-8"))
    (found,) = (one for one in document["Statement"] if one["Sid"] == statement)

    assert {id_[:-8] for id_ in _fitted(found["Resource"])} == begins
