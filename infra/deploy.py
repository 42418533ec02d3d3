"""`python -m infra.deploy`: deploy or upgrade the stack in the account the credentials name.

An account and a local emulator take the same path; for an emulator only the asset differs.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra import cdk_cli
from infra.account import Account, AccountError, identify
from infra.config import (
    SettingError,
    Settings,
    load,
    refuse_other_region,
    refuse_unknown,
)
from infra.stack_name import STACK_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_PROJECT: Final = Path(__file__).resolve().parent.parent
_REMEMBERED: Final = _PROJECT / ".deploy.json"
_BOOTSTRAP_STACK: Final = "CDKToolkit"
_POLL_TIMEOUT_SECONDS: Final = 150
_SHOWN_OF_REASON: Final = 600


class DeployError(RuntimeError):
    """The deployment cannot go ahead. Its text is one line."""


def deploy(
    settings: Mapping[str, object],
    *,
    environment: Mapping[str, str],
    say: Callable[[str], None] = print,
    quiet: bool = False,
    first_poll: bool = True,
) -> dict[str, str]:
    """Deploy the stack and return its outputs, by name.

    `settings` override `cdk.json`. `quiet` keeps the CDK's own output back unless it fails;
    `first_poll` polls once as soon as the stack stands. Raises SettingError before anything else
    happens, DeployError when nobody would hear an alert, AccountError, and CdkError.
    """
    checked = _checked(settings)
    _refuse_without_channel(checked)
    account = identify(environment)
    refuse_other_region(checked, account.region)
    return _deploy(settings, account, environment, say=say, quiet=quiet, first_poll=first_poll)


def _deploy(  # noqa: PLR0913 - the same as above
    settings: Mapping[str, object],
    account: Account,
    environment: Mapping[str, str],
    *,
    say: Callable[[str], None],
    quiet: bool,
    first_poll: bool,
) -> dict[str, str]:
    if not _is_bootstrapped(account):
        takes = "ten seconds" if account.is_emulator else "a minute"
        say(f"Bootstrapping the CDK in {account}: once per account and Region, about {takes} …")
        cdk_cli.bootstrap(account, environment, quiet=quiet)
    takes = "half a minute" if account.is_emulator else "three minutes the first time"
    say(f"Deploying {STACK_NAME} to {account}: about {takes} …")
    with tempfile.TemporaryDirectory(prefix="cdk-outputs-") as folder:
        file = Path(folder) / "outputs.json"
        cdk_cli.run(
            ["deploy", STACK_NAME, "--require-approval", "never", "--outputs-file", str(file)],
            account=account,
            settings=settings,
            environment=environment,
            quiet=quiet,
        )
        outputs: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))[STACK_NAME]
    if first_poll:
        say("Polling for the first time: up to two minutes …")
        say(_first_poll(account, outputs["PollFunctionName"]))
    return outputs


def _checked(settings: Mapping[str, object]) -> Settings:
    refuse_unknown(settings)
    return load({**_cdk_json_context(), **settings})


def _cdk_json_context() -> dict[str, object]:
    document: dict[str, Any] = json.loads((_PROJECT / "cdk.json").read_text(encoding="utf-8"))
    context: dict[str, object] = document["context"]
    return context


def _refuse_without_channel(settings: Settings) -> None:
    if not settings.has_channel:
        message = "nobody would hear an alert: give at least one address, EMAIL=you@example.com"
        raise DeployError(message)


def _is_bootstrapped(account: Account) -> bool:
    client = account.session.client("cloudformation", endpoint_url=account.endpoint)
    try:
        stacks = client.describe_stacks(StackName=_BOOTSTRAP_STACK)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return False
        message = f"cannot see whether the CDK was bootstrapped: {error}"
        raise AccountError(message) from error
    # A bootstrap that failed half-way leaves a stack which only another bootstrap can mend.
    return any(stack["StackStatus"].endswith("E_COMPLETE") for stack in stacks)


def _first_poll(account: Account, function: str) -> str:
    """Poll now, so that a missing permission shows up now; returns a line about the result.

    The schedule also begins with its creation. Both may run at once: polls are built for that.
    """
    client = account.session.client(
        "lambda",
        endpoint_url=account.endpoint,
        config=Config(read_timeout=_POLL_TIMEOUT_SECONDS, retries={"total_max_attempts": 1}),
    )
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        answer = client.invoke(FunctionName=function, Payload=json.dumps({"time": now}).encode())
    except (BotoCoreError, ClientError) as error:
        return f"The stack stands, but the first poll could not be started: {error}"
    told: dict[str, Any] = json.loads(answer["Payload"].read() or b"{}")
    if "FunctionError" in answer:
        reason = str(told.get("errorMessage", told))[:_SHOWN_OF_REASON]
        return f"The stack stands, but the first poll failed: {reason}"
    return _in_words(told)


def _in_words(summary: Mapping[str, Any]) -> str:
    """Say what a poll found, from the summary that it answered."""
    if summary.get("outcome") != "completed":
        return f"First poll: {summary.get('outcome')}; the schedule's own first poll did the work."
    uncovered = len(summary["regions_not_covered"])
    waiting = f" {summary['waiting']}." if summary.get("waiting") else ""
    return (
        f"First poll: {summary['tracked']} (model, Region) rows tracked over "
        f"{summary['regions_covered']} Regions"
        f"{f', {uncovered} Regions not reachable' if uncovered else ''}.{waiting}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Deploy with settings from the command line over those that were given before."""
    parsed = _parser().parse_args(arguments)
    try:
        given = _given(parsed)
        _check_before_asking_for_the_account(given)
        account = identify(os.environ)
        settings = {**_remembered(account), **given}
        checked = _checked(settings)
        _refuse_without_channel(checked)
        refuse_other_region(checked, account.region)
        if not (parsed.yes or account.is_emulator or _agreed(account, settings)):
            return 1
        outputs = _deploy(settings, account, os.environ, say=_say, quiet=False, first_poll=True)
    except (SettingError, DeployError, AccountError, cdk_cli.CdkError) as reason:
        _say(str(reason), to=sys.stderr)
        return 1
    _remember(account, settings)
    _say(_report(account, checked, outputs))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    parser.add_argument(
        "--email",
        action="append",
        default=[],
        help="who hears; may be repeated. Replaces the addresses of earlier deployments",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting; may be repeated. Kept until it is given again",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask before deploying")
    return parser


def _given(parsed: argparse.Namespace) -> dict[str, str]:
    given: dict[str, str] = {}
    for pair in parsed.set:
        key, equals, value = pair.partition("=")
        if not equals:
            raise SettingError("--set", pair, "KEY=VALUE")
        given[key] = value
    if parsed.email:
        given["emails"] = ",".join(parsed.email)
    return given


def _check_before_asking_for_the_account(given: Mapping[str, str]) -> None:
    """Refuse what can be refused without credentials."""
    checked = _checked(given)
    if not _REMEMBERED.exists():
        _refuse_without_channel(checked)


def _agreed(account: Account, settings: Mapping[str, object]) -> bool:
    """Ask a person at a terminal; anything else has already decided by calling."""
    if not sys.stdin.isatty():
        return True
    _say(f"To {account}, with {json.dumps(settings)}")
    return input("Deploy? [Y/n] ").strip().lower() in {"", "y", "yes"}


def _memory() -> dict[str, dict[str, str]]:
    if not _REMEMBERED.exists():
        return {}
    memory: dict[str, dict[str, str]] = json.loads(_REMEMBERED.read_text(encoding="utf-8"))
    return memory


def _remembered(account: Account) -> dict[str, str]:
    """Return what earlier deployments to this place were given, which is to stay so."""
    return _memory().get(str(account), {})


def _remember(account: Account, settings: Mapping[str, object]) -> None:
    memory = {**_memory(), str(account): dict(settings)}
    _REMEMBERED.write_text(json.dumps(memory, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _report(account: Account, settings: Settings, outputs: Mapping[str, str]) -> str:
    width = max(map(len, outputs))
    query = f"aws dynamodb query --region {account.region} --table-name"
    return "\n".join(
        [
            "",
            f"Deployed to {account}.",
            *(f"  {name:<{width}}  {value}" for name, value in sorted(outputs.items())),
            "",
            "What to do next",
            f"  1. Confirm the subscriptions of {', '.join(settings.emails)}: each address gets",
            "     two e-mails, one for alerts and one for operations, with a link in each. Until",
            "     the link is opened nothing arrives; the first alert waits for it.",
            "  2. See what ends next:",
            f"     {query} {outputs['ModelsTableName']} \\",
            "       --index-name upcoming --key-condition-expression 'horizon = :h' \\",
            """       --expression-attribute-values '{":h": {"S": "dated"}}'""",
            "  3. See what you were told about a model:",
            f"     {query} {outputs['AlertsTableName']} \\",
            "       --index-name by_model --key-condition-expression 'model_id = :m' \\",
            """       --expression-attribute-values '{":m": {"S": "MODEL ID"}}'""",
        ]
    )


def _say(text: str, to: Any = None) -> None:  # noqa: ANN401 - a stream, as print takes it
    print(text, file=to or sys.stdout, flush=True)


if __name__ == "__main__":
    sys.exit(main())
