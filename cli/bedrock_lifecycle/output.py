"""What a command prints: tables for people, JSON and CSV for everything else.

Results go to standard output, progress and errors to the other stream, so that a pipe gets only
results. Rich honours NO_COLOR and leaves colours out of what is no terminal.
"""

from __future__ import annotations

import csv
import json
import sys
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from notifier.render.words import plain
from notifier.times import iso_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_LONGEST_CELL: Final = 4_000
_FORMULA: Final = ("=", "+", "-", "@")
_PIPED_WIDTH: Final = 130

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")]

PHASE_STYLES: Final = {
    "ACTIVE": "green",
    "LEGACY": "yellow",
    "EXTENDED_ACCESS": "magenta",
    "END_OF_LIFE": "red",
}
# Ids and dates are to be copied, so they stay whole; these columns give way.
_FOLDED: Final = frozenset({"Regions", "Move to", "Subject", "What is wrong"})

SEVERITY_STYLES: Final = {"critical": "bold red", "warning": "yellow", "info": "cyan"}


def console(*, stderr: bool = False) -> Console:
    """Give a console as wide as the terminal, or as a page when piped."""
    probe = Console(stderr=stderr)
    if probe.is_terminal:
        return Console(stderr=stderr, highlight=False)
    return Console(stderr=stderr, highlight=False, width=_PIPED_WIDTH, soft_wrap=False)


def say(text: str) -> None:
    """Tell a person something that is no result."""
    console(stderr=True).print(Text(text), soft_wrap=True)


def print_json(document: object) -> None:
    """Print a document; everything in it is plain data, or a time, date or number of DynamoDB."""
    # `print` and not Rich: not a character of it may be wrapped or coloured. In ASCII, because a
    # name may hold what a terminal obeys.
    print(json.dumps(document, indent=2, default=_plain_json))  # noqa: T201


def print_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Print rows under a heading; lists are joined by spaces, and what is absent is empty.

    What a spreadsheet would take for a formula is marked as text.
    """
    writer = csv.DictWriter(sys.stdout, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(row.get(name)) for name in columns})


def table(title: str, headings: Sequence[str], lines: Iterable[Sequence[str | Text]]) -> Table:
    """Make a table; text is taken as it is, without Rich's markup."""
    made = Table(
        title=Text(title), title_justify="left", title_style="bold", box=None, pad_edge=False
    )
    for heading in headings:
        folds = heading in _FOLDED
        made.add_column(Text(heading), header_style="bold", overflow="fold", no_wrap=not folds)
    for line in lines:
        made.add_row(*(Text(one) if isinstance(one, str) else one for one in line))
    return made


@contextmanager
def progress(text: str, *, slow: bool = False) -> Iterator[None]:
    """Show that something is under way for as long as the context lasts.

    What is not `slow` takes a second or two, and says nothing where nobody watches.
    """
    with _under_way(text, total=None, told=slow):
        yield


@contextmanager
def steps(text: str, total: int) -> Iterator[Progress]:
    """Show how far something is; on no terminal one line says what is being waited for."""
    with _under_way(text, total=total, told=True) as shown:
        yield shown


@contextmanager
def _under_way(text: str, *, total: int | None, told: bool) -> Iterator[Progress]:
    err = console(stderr=True)
    if told and not err.is_terminal:
        say(f"{text} …")
    columns = [SpinnerColumn(), TextColumn("{task.description}")]
    if total is not None:
        columns += [BarColumn(bar_width=24), MofNCompleteColumn()]
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as shown:
        shown.add_task(text, total=total)
        yield shown


def _cell(value: object) -> object:
    if isinstance(value, list | tuple):
        return _cell(" ".join(map(str, value)))
    if isinstance(value, str):
        text = plain(value, _LONGEST_CELL)
        return f"'{text}" if text.startswith(_FORMULA) else text
    if isinstance(value, bool):
        return str(value).lower()
    return _plain_json(value) if isinstance(value, Decimal | date) else value


def _plain_json(value: object) -> object:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime():
            return iso_time(value)
        case date():
            return value.isoformat()
        case set() | frozenset():
            return sorted(value)
    message = f"{value!r} is no plain data"
    raise TypeError(message)
