"""What a deployment prints about a key that somebody brings along."""

import json
from typing import Any

from aws_cdk.assertions import Annotations, Match

from infra.stack_name import STACK_NAME
from infra.template import stacks_without_asset
from tests.template.stacks import KEY_ARN, properties, text


def _printed() -> list[dict[str, Any]]:
    settings = {"emails": "you@example.com", "kms_key": KEY_ARN}
    stack = stacks_without_asset(settings)[STACK_NAME]
    whole = Match.string_like_regexp("must also hold these statements")
    (info,) = Annotations.from_stack(stack).find_info("*", whole)
    statements: list[dict[str, Any]] = json.loads(str(info.entry.data).partition("\n")[2])
    return statements


def test_the_statements_are_those_of_a_key_of_our_own_and_can_be_pasted() -> None:
    policy = properties("created key", "AWS::KMS::Key", "Key")["KeyPolicy"]
    own = {one["Sid"]: one for one in policy["Statement"] if "Sid" in one}

    printed = {one["Sid"]: one for one in _printed()}

    assert printed.keys() == own.keys()
    for name, statement in printed.items():
        (service,) = statement["Principal"].values()
        assert service.endswith(".amazonaws.com")
        assert service.split(".")[0] == text(own[name]["Principal"]["Service"]).split(".")[0]
        assert statement["Action"] == own[name]["Action"]
