"""`deadlines`: what comes, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from bedrock_lifecycle import output, tracked
from bedrock_lifecycle.access import Access  # noqa: TC001 read from the signature
from bedrock_lifecycle.cells import (
    InUse,
    milestone_text,
    name_and_id,
    use_text,
    where_text,
)
from bedrock_lifecycle.output import PHASE_STYLES, AsCsv, AsJson, console
from notifier.render.words import count_text, day_text
from notifier.upcoming import upcoming

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from rich.table import Table

    from notifier.upcoming import Deadline


_COLUMNS: Final = (
    "date",
    "days_left",
    "milestone",
    "source",
    "model_id",
    "name",
    "provider",
    "regions",
    "phase",
    "in_use",
    "invocations_14d",
    "replacement",
)


def deadlines(
    *,
    access: Access,
    days: Annotated[int, typer.Option(metavar="DAYS", min=0, help="How far to look ahead.")] = 90,
    in_use: InUse = False,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List what comes: dates at which models get dearer, close to newcomers or end.

    Models in use come first, then what comes soonest. Of dates that only AWS Health gives the list
    says so.
    """
    known = tracked.read(access)
    rows = [row for row in known.rows if not in_use or row.in_use is not False]
    found = upcoming(known.entries(rows), days, known.today)
    if as_json:
        output.print_json([_item(one, known.today) for one in found])
    elif as_csv:
        output.print_csv(_COLUMNS, [_item(one, known.today) for one in found])
    else:
        console().print(_table(found, days, known.today))
        output.say(known.as_of())


def _table(found: Sequence[Deadline], days: int, today: date) -> Table | Text:
    if not found:
        return Text(f"Nothing comes in the next {days} days.")
    return output.table(
        f"{count_text(len(found), 'date')} in the next {days} days",
        ("Date", "Left", "What", "Model", "In use", "Regions"),
        [_line(one, today) for one in found],
    )


def _line(one: Deadline, today: date) -> tuple[str | Text, ...]:
    style = PHASE_STYLES[one.milestone] if one.entry.in_use is not False else ""
    return (
        Text(day_text(one.day)),
        Text(count_text((one.day - today).days, "day"), style=style),
        Text(milestone_text(one), style=style),
        name_and_id(one.entry),
        use_text(one.entry),
        where_text(one.entry),
    )


def _item(one: Deadline, today: date) -> dict[str, Any]:
    entry = one.entry
    return {
        "date": one.day,
        "days_left": (one.day - today).days,
        "milestone": one.milestone.value,
        "source": "AWS Health" if one.by_health else "Bedrock API",
        "model_id": entry.model_id,
        "name": entry.name,
        "provider": entry.provider,
        "regions": list(entry.regions),
        "phase": entry.phase.value,
        "in_use": entry.in_use,
        "invocations_14d": entry.use.invocations_14d if entry.use else None,
        "replacement": entry.successor.model_id if entry.successor else None,
    }
