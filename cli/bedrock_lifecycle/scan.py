"""`scan`: what this account uses that is on its way out, without any deployment."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from pathlib import Path  # noqa: TC003 read from the signature
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bedrock_lifecycle import VERSION, output
from bedrock_lifecycle.access import Access  # noqa: TC001 read from the signature
from bedrock_lifecycle.code_evidence import Question, scan_code
from bedrock_lifecycle.errors import CommandError, explained, is_denied
from bedrock_lifecycle.output import AsJson, progress
from bedrock_lifecycle.sarif import sarif
from bedrock_lifecycle.scan_report import Shown, document, print_table
from bedrock_lifecycle.scanning import scan as scan_account
from bedrock_lifecycle.selection import used_first
from bedrock_lifecycle.verdict import exit_code
from notifier.errors import AwsError
from notifier.render.words import count_text
from notifier.scope import Scope
from notifier.settings import ScopeSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bedrock_lifecycle.code_evidence import CodeScan
    from bedrock_lifecycle.scanning import Scanned

_HOME: Final = "us-east-1"


class Format(StrEnum):
    """How a scan is printed."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"


def scan(  # noqa: PLR0913 each is a way to narrow or to widen the look
    *,
    access: Access,
    fail_within: Annotated[
        int,
        typer.Option(
            metavar="DAYS", min=0, help="Exit with 2 if something used ends within so many days."
        ),
    ] = 90,
    path: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            help="Also look for model ids in the files below this folder; may be repeated. What "
            "git ignores is left out.",
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help="Leave out these files, as a line of .gitignore would."),
    ] = None,
    regions: Annotated[
        str, typer.Option(help="Only these Regions, separated by commas; all enabled ones if not.")
    ] = "",
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Leave out these model ids.")
    ] = None,
    used_within: Annotated[
        int, typer.Option(metavar="DAYS", min=1, max=455, help="What counts as used.")
    ] = 100,
    all_models: Annotated[
        bool, typer.Option("--all", help="Also show models on their way out that nobody uses.")
    ] = False,
    form: Annotated[
        Format, typer.Option("--format", help="How to print it.", case_sensitive=False)
    ] = Format.TABLE,
    as_json: AsJson = False,
) -> None:
    """Show what this account uses that is on its way out. Needs no deployment.

    With read-only credentials it asks every enabled Region which models it lists, and which of them
    the account uses. What cannot be excluded to be used counts as used.

    Exit codes: 0 nothing that is used ends within --fail-within days, 2 something does, 1 an error,
    or a Region gave no answer and nothing was found in the others.
    """
    settings = ScopeSettings(ignore=tuple(ignore or ()), used_within_days=used_within)
    session = access.session(else_region=_HOME)
    found = scan_account(access, session, _names(regions), settings)
    if not found.answered:
        raise CommandError(_nothing_answered(found))
    ignored = Scope(ignore=settings.ignore)
    kept = found.without(ignored.ignores)
    entries = used_first(kept.entries(), kept.today)
    in_code = _look_through(path or (), exclude or (), found, fail_within, whole=not regions)
    if in_code is not None:
        in_code = in_code.without(ignored.ignores_id)
    code = exit_code(
        entries,
        fail_within,
        kept.today,
        found_in_code=in_code is not None and in_code.is_failing,
        is_whole=not kept.unanswered,
    )
    shown = Shown(kept, entries, fail_within, code, in_code)
    if form is Format.SARIF and not as_json:
        output.print_json(sarif(in_code.findings if in_code else (), kept.today, VERSION))
    elif as_json or form is Format.JSON:
        output.print_json(document(shown))
    else:
        print_table(shown, all_models=all_models)
    raise typer.Exit(code)


def _look_through(
    folders: Sequence[Path],
    exclude: Sequence[str],
    found: Scanned,
    fail_within: int,
    *,
    whole: bool,
) -> CodeScan | None:
    """Look through the code, if there is any to look through.

    That an id is listed nowhere can be said only if every Region was asked, and told its profiles.
    """
    if not folders:
        return None
    question = Question(
        rows=found.rows,
        usage=found.usage,
        partition=found.partition,
        today=found.today,
        fail_within=fail_within,
        complete=whole and not found.unanswered and found.knows_profiles,
    )
    with progress("Looking through the code", slow=True):
        return scan_code(folders, question, exclude)


def _names(regions: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in regions.split(",") if one.strip())


def _nothing_answered(found: Scanned) -> str:
    """Say in one line why there is nothing to show: what most Regions said.

    A permission that is missing comes first, because Regions that are not enabled are no news.
    """
    errors = [
        AwsError("bedrock:ListFoundationModels", one.name, one.detail, permanent=True)
        for one in found.failures.values()
    ]
    named = Counter(one.code for one in errors)
    told = max(errors, key=lambda one: (is_denied(one), named[one.code]))
    of = count_text(len(errors), "Region")
    return f"no Region gave a usable answer ({named[told.code]} of {of}): {explained(told)}"
