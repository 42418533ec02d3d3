"""`bedrock-lifecycle`: the commands, and what becomes of their errors."""

from __future__ import annotations

import gc
import inspect
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer
from rich.markup import escape

from bedrock_lifecycle import VERSION
from bedrock_lifecycle.access import (
    STACK_NAME,
    Access,
    Profile,
    Region,
    StackName,
    moment,
    with_access,
)
from bedrock_lifecycle.alerts import alerts
from bedrock_lifecycle.confirm import confirm
from bedrock_lifecycle.deadlines import deadlines
from bedrock_lifecycle.doctor import doctor
from bedrock_lifecycle.errors import CommandError, explained
from bedrock_lifecycle.files import calendar, timeline
from bedrock_lifecycle.invocation import poll, send_test_alert
from bedrock_lifecycle.models import models
from bedrock_lifecycle.output import say
from bedrock_lifecycle.scan import scan
from bedrock_lifecycle.show import show
from bedrock_lifecycle.snoozes import resolve, snooze, unsnooze
from notifier.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_HELP = (
    "Which Amazon Bedrock models this account uses, which of them are on their way out, and what "
    "was told about them.\n\n"
    "[bold]bedrock-lifecycle scan[/bold] needs nothing but read-only credentials. Most other "
    "commands ask the stack that make deploy made; [bold]bedrock-lifecycle doctor[/bold] says what "
    "is wrong with it."
)

app = typer.Typer(
    help=_HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(*, wanted: bool) -> None:
    if wanted:
        print(VERSION)  # noqa: T201 a command line talks
        raise typer.Exit


@app.callback()
def options(  # noqa: PLR0913 what every command has in common
    ctx: typer.Context,
    *,
    profile: Profile = None,
    region: Region = None,
    stack_name: StackName = None,
    now: Annotated[str | None, typer.Option(envvar="BEDROCK_LIFECYCLE_NOW", hidden=True)] = None,
    version: Annotated[  # noqa: ARG001 its callback has done the work
        bool,
        typer.Option(
            "--version",
            callback=lambda wanted: _print_version(wanted=wanted),
            is_eager=True,
            help="Print the version and exit.",
        ),
    ] = False,
) -> None:
    """Take the options that may stand before a command."""
    # Only here: no option, before or after the command's name, may lose to the environment.
    given = (region, os.environ.get("AWS_REGION"), os.environ.get("AWS_DEFAULT_REGION"))
    chosen = next(filter(None, given), None)
    ctx.obj = Access(moment(now), profile, chosen, stack_name or STACK_NAME)


def _folded(command: Callable[..., None]) -> str:
    """Give a docstring as paragraphs: its line breaks are ours, not those of a terminal."""
    paragraphs = inspect.cleandoc(command.__doc__ or "").split("\n\n")
    return "\n\n".join(" ".join(one.split()) for one in paragraphs)


_COMMANDS: Final[Mapping[str, Mapping[str, Callable[..., None]]]] = {
    "Without a deployment": {"scan": scan},
    "Look": {"models": models, "show": show, "deadlines": deadlines, "alerts": alerts},
    "Say what you know": {"snooze": snooze, "resolve": resolve, "unsnooze": unsnooze},
    "Take away": {"timeline": timeline, "calendar": calendar},
    "Operate": {
        "poll": poll,
        "test-alert": send_test_alert,
        "confirm": confirm,
        "doctor": doctor,
    },
}

EXAMPLES: Final[Mapping[str, tuple[str, ...]]] = {
    "scan": (
        "scan --fail-within 60",
        "scan --path . --format sarif > bedrock-lifecycle.sarif",
        "scan --regions us-east-1,eu-west-1 --ignore 'stability.*' --json",
    ),
    "models": ("models --in-use", "--region us-east-1 models --region eu-west-1 --phase legacy"),
    "show": ("show sonnet-4-5", 'show "nova pro" --json'),
    "deadlines": ("deadlines --days 180 --in-use", "deadlines --csv > deadlines.csv"),
    "alerts": ("alerts --since 7d", "alerts --model sonnet-4-5"),
    "snooze": (
        'snooze sonnet-4-5 --until 2027-01-15 --why "waiting for the new prompts"',
        'snooze sonnet-4-5 --days 14 --in us-west-2 --why "moves next week"',
    ),
    "resolve": ('resolve "command r" --why "migrated to Command A"',),
    "timeline": ("timeline --out what-ends-when.html", "timeline --in-use --out used.svg"),
    "calendar": ("calendar --out models.ics",),
    "poll": ("poll --dry-run",),
    "confirm": ("confirm 'https://sns.us-east-1.amazonaws.com/confirmation.html?TopicArn=...'",),
}
"""How each command is used, without the name of the program."""


def _epilog(name: str) -> str | None:
    """Show how a command is used."""
    lines = [f"  bedrock-lifecycle {one}" for one in EXAMPLES.get(name, ())]
    # Each its own paragraph, or the help would join them.
    return "\n\n".join(["Examples:", *map(escape, lines)]) if lines else None


for _panel, _commands in _COMMANDS.items():
    for _name, _command in _commands.items():
        app.command(_name, help=_folded(_command), epilog=_epilog(_name), rich_help_panel=_panel)(
            with_access(_command)
        )


def main() -> None:
    """Run a command; what goes wrong is one line on standard error, and exit code 1."""
    # A command is over before there is much to collect, and a scan of 31 Regions makes so many
    # objects that looking through them again and again takes a tenth of its time.
    gc.disable()
    try:
        app()
    except CommandError as error:
        _fail(str(error))
    except AwsError as error:
        _fail(explained(error))
    finally:
        gc.enable()  # Whoever called this may go on.


def run() -> NoReturn:
    """Run a command as a process of its own, and end with it.

    At once: freeing a hundred clients takes some tenths of a second, and a call that hangs in a
    thread would be waited for. Nothing is left to do but to hand over what was printed.
    """
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    else:
        code = 0
    with suppress(BrokenPipeError):  # Whoever reads may have read enough.
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def _fail(reason: str) -> None:
    say(f"Error: {reason}")
    sys.exit(1)
