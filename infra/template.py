"""`python -m infra.template [--into FOLDER] [KEY=VALUE …]`: print the main stack's template.

With a folder, every stack's template is written there, to `<stack>.template.json`. Needs no
credentials, makes no AWS call and builds no asset.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aws_cdk import App
from aws_cdk.assertions import Template

from infra.config import SettingError, load, refuse_in_region, refuse_unknown
from infra.stack_name import STACK_NAME
from infra.stacks import add_stacks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Stack

_CDK_JSON: Final = Path(__file__).resolve().parent.parent / "cdk.json"


def stacks_without_asset(
    settings: Mapping[str, object], region: str = "us-east-1"
) -> dict[str, Stack]:
    """Return every stack with these settings over `cdk.json`, the asset left unbuilt."""
    context = {**json.loads(_CDK_JSON.read_text(encoding="utf-8"))["context"], **settings}
    chosen = load(context)
    refuse_in_region(chosen, region)
    app = App(context={**context, "aws:cdk:bundling-stacks": []})
    return add_stacks(app, settings=chosen, region=region)


def templates(
    settings: Mapping[str, object], region: str = "us-east-1"
) -> dict[str, dict[str, Any]]:
    """Return the template of every stack that these settings give, by the stack's name."""
    return {
        name: dict(Template.from_stack(stack).to_json())
        for name, stack in stacks_without_asset(settings, region).items()
    }


def template(settings: Mapping[str, object]) -> dict[str, Any]:
    """Return the template of the main stack."""
    return templates(settings)[STACK_NAME]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the template for the settings on the command line, or write all of them."""
    parser = argparse.ArgumentParser(prog="python -m infra.template", description=__doc__)
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="write every stack's there")
    parser.add_argument("settings", nargs="*", metavar="KEY=VALUE")
    parsed = parser.parse_args(arguments)
    settings = dict(setting.partition("=")[::2] for setting in parsed.settings)
    try:
        refuse_unknown(settings)
        made = templates(settings)
    except SettingError as reason:
        sys.exit(str(reason))
    if parsed.into is None:
        print(_written(made[STACK_NAME]))  # noqa: T201
        return
    parsed.into.mkdir(parents=True, exist_ok=True)
    for name, document in made.items():
        file = parsed.into / f"{name}.template.json"
        file.write_text(_written(document) + "\n", encoding="utf-8")


def _written(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=1, sort_keys=True)


if __name__ == "__main__":
    main()
