"""`python -m infra.template [KEY=VALUE …]`: print the CloudFormation template.

Needs no credentials, makes no AWS call and builds no asset.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aws_cdk import App, Environment
from aws_cdk.assertions import Template

from infra.config import SettingError, load, refuse_unknown
from infra.stack import NotifierStack

if TYPE_CHECKING:
    from collections.abc import Mapping

_CDK_JSON: Final = Path(__file__).resolve().parent.parent / "cdk.json"


def stack_without_asset(settings: Mapping[str, object], region: str = "us-east-1") -> NotifierStack:
    """Return the stack with these settings over `cdk.json`, its asset left unbuilt."""
    context = {**json.loads(_CDK_JSON.read_text(encoding="utf-8"))["context"], **settings}
    app = App(context={**context, "aws:cdk:bundling-stacks": []})
    return NotifierStack(app, settings=load(context), env=Environment(region=region))


def template(settings: Mapping[str, object]) -> dict[str, Any]:
    """Return the template that these settings give."""
    return dict(Template.from_stack(stack_without_asset(settings)).to_json())


def main(arguments: list[str]) -> None:
    """Print the template for the settings on the command line."""
    settings = dict(argument.partition("=")[::2] for argument in arguments)
    try:
        refuse_unknown(settings)
        print(json.dumps(template(settings), indent=1, sort_keys=True))  # noqa: T201
    except SettingError as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    main(sys.argv[1:])
