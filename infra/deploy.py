"""`python -m infra.deploy`: deploy or upgrade the stacks in the account the credentials name.

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

from infra import cdk_cli, routing, side_stacks
from infra.account import Account, AccountError, identify
from infra.config import SettingError, Settings, load, refuse_in_region, refuse_unknown
from infra.stack_name import STACK_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from infra.side_stacks import SideStack

_PROJECT: Final = Path(__file__).resolve().parent.parent
_REMEMBERED: Final = _PROJECT / ".deploy.json"
_BOOTSTRAP_STACK: Final = "CDKToolkit"
_POLL_TIMEOUT_SECONDS: Final = 150
_SHOWN_OF_REASON: Final = 600
_ABOUT_USER_NOTIFICATIONS: Final = (
    "     A third e-mail is from AWS User Notifications: its link must be opened while signed in",
    "     to this account.",
)


class DeployError(RuntimeError):
    """The deployment cannot go ahead. Its text is one line."""


class SideStacksError(DeployError):
    """The main stack stands, and something beside it does not. One line for each."""

    def __init__(self, reasons: Sequence[str], outputs: Mapping[str, str]) -> None:
        """Keep the outputs, which are as good as without the failure."""
        self.outputs = dict(outputs)
        super().__init__("\n".join(reasons))


def deploy(  # noqa: PLR0913 - what is deployed, where, and how much is said of it
    settings: Mapping[str, object],
    *,
    environment: Mapping[str, str],
    say: Callable[[str], None] = print,
    quiet: bool = False,
    first_poll: bool = True,
    beside: bool | None = None,
) -> dict[str, str]:
    """Deploy the main stack, then those beside it, and return the main stack's outputs, by name.

    `settings` override `cdk.json`. `quiet` keeps the CDK's own output back unless it fails;
    `first_poll` polls once as soon as the stack stands. The stacks beside it are left alone when
    `beside` is false, which is so by default on an emulator: it forwards nothing between Regions.

    Raises SettingError before anything else happens, DeployError when nobody would hear an alert,
    AccountError, and CdkError; SideStacksError when all is done that could be.
    """
    checked = _checked(settings)
    _refuse_without_channel(checked)
    account = identify(environment)
    refuse_in_region(checked, account.region)
    outputs = _deploy_main(
        settings, account, environment, say=say, quiet=quiet, first_poll=first_poll
    )
    if not account.is_emulator if beside is None else beside:
        reasons = _settle_beside(settings, checked, account, environment, say=say)
        if reasons:
            raise SideStacksError(reasons, outputs)
    return outputs


def _deploy_main(  # noqa: PLR0913 - the same as above
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
            [*_deploy_command(STACK_NAME), "--outputs-file", str(file)],
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


def _deploy_command(name: str) -> list[str]:
    # Exclusively, because a stack beside the main one depends on it and would bring it along.
    return ["deploy", name, "--exclusively", "--require-approval", "never"]


def _settle_beside(
    settings: Mapping[str, object],
    checked: Settings,
    account: Account,
    environment: Mapping[str, str],
    *,
    say: Callable[[str], None],
) -> list[str]:
    """Make the stacks that stand beside the main one, remove those that no longer should.

    Return a line for each that fails: a Region that is denied, or a hub that is missing, takes
    nothing from what stands already. Removing matters most where the main stack has moved to:
    two forwarders towards each other would send an event back and forth for ever.
    """
    wanted = side_stacks.wanted(checked, account.region)
    reasons = []
    for side in side_stacks.possible(account.region):
        if side in wanted:
            continue
        try:
            if side_stacks.is_there(account, side):
                say(f"Removing {side.name} from {side.region} …")
                side_stacks.remove(account, side)
        except side_stacks.SideStackError as error:
            reasons.append(str(error))
    for side in wanted:
        say(f"Deploying {side.name} to {side.region}: about half a minute …")
        try:
            cdk_cli.run(
                _deploy_command(side.name),
                account=account,
                settings=settings,
                environment=environment,
                quiet=True,
            )
        except cdk_cli.CdkError as error:
            reasons.append(_reason_and_fix(side, str(error)))
    return reasons


def _reason_and_fix(side: SideStack, told: str) -> str:
    """Make one line of what the CDK printed, and say how to do without the stack."""
    lines = [" ".join(line.split()) for line in told.splitlines() if line.strip()]
    telling = [line for line in lines if "failed" in line.lower() or "error" in line.lower()]
    reason = (telling or lines)[-1][:_SHOWN_OF_REASON]
    hub = (
        " A hub must exist before: name one to make with --set notification_hub_region=REGION,"
        " or, if it exists, none."
        if side == side_stacks.USER_NOTIFICATIONS
        else ""
    )
    return (
        f"The notifier stands, but {side.name} could not be deployed to {side.region}: {reason}."
        f"{hub} To go without it: --set {side.without}"
    )


def _checked(settings: Mapping[str, object]) -> Settings:
    refuse_unknown(settings)
    return load({**_cdk_json_context(), **settings})


def _cdk_json_context() -> dict[str, object]:
    document: dict[str, Any] = json.loads((_PROJECT / "cdk.json").read_text(encoding="utf-8"))
    context: dict[str, object] = document["context"]
    return context


def _refuse_without_channel(settings: Settings) -> None:
    if not settings.has_channel:
        message = (
            "nobody would hear an alert: give at least one address, EMAIL=you@example.com, or a "
            "channel in Slack or Microsoft Teams"
        )
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
        refuse_in_region(checked, account.region)
        if not (parsed.yes or account.is_emulator or _agreed(account, settings)):
            return 1
        outputs = _deploy_main(
            settings, account, os.environ, say=_say, quiet=False, first_poll=True
        )
        # What stands is remembered, whatever comes of the rest.
        _remember(account, settings)
        reasons = _settle_beside(settings, checked, account, os.environ, say=_say)
    except (SettingError, DeployError, AccountError, cdk_cli.CdkError) as reason:
        _say(str(reason), to=sys.stderr)
        return 1
    _say(_report(account, checked, outputs))
    for line in reasons:
        _say(line, to=sys.stderr)
    return 1 if reasons else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    parser.add_argument(
        "--email",
        action="append",
        default=[],
        help="who hears, such as you@example.com or with a filter "
        "ml@example.com:severity=critical,warning;provider=Anthropic; may be repeated. Replaces "
        "the addresses of earlier deployments, with their filters",
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
    for email in parsed.email:
        # Alone it would become another value of the filter before it.
        if "@" not in email.partition(":")[0]:
            raise SettingError("--email", email, routing.ACCEPTED)
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
            *_first_step(settings),
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


def _first_step(settings: Settings) -> list[str]:
    addresses = ", ".join(subscriber.address for subscriber in settings.emails)
    if not addresses:
        return [
            "  1. Invite @Amazon Q to the chat channel, and send a message there: make test-alert.",
        ]
    return [
        f"  1. Confirm the subscriptions of {addresses}: each address gets",
        "     two e-mails, one for alerts and one for operations, with a link in each. Until",
        "     the link is opened nothing arrives; the first alert waits for it.",
        *(_ABOUT_USER_NOTIFICATIONS if settings.user_notifications else ()),
        *(["     Invite @Amazon Q to the chat channel."] if settings.has_chat else []),
    ]


def _say(text: str, to: Any = None) -> None:  # noqa: ANN401 - a stream, as print takes it
    print(text, file=to or sys.stdout, flush=True)


if __name__ == "__main__":
    sys.exit(main())
