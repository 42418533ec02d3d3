"""`models`: what is tracked."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bedrock_lifecycle import output, tracked
from bedrock_lifecycle.access import Access  # noqa: TC001 read from the signature
from bedrock_lifecycle.cells import (
    InUse,
    name_and_id,
    next_text,
    phase_text,
    use_text,
    where_text,
)
from bedrock_lifecycle.output import AsCsv, AsJson, console
from bedrock_lifecycle.selection import Selection, used_first
from notifier.model import Phase
from notifier.render.words import count_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from rich.text import Text

    from bedrock_lifecycle.tracked import Tracked
    from notifier.model import ModelEntry, TrackedModel

ROW_COLUMNS: Final = (
    "model_id",
    "region",
    "name",
    "provider",
    "status",
    "phase",
    "start_of_life_at",
    "legacy_at",
    "extended_access_at",
    "end_of_life_at",
    "next_milestone",
    "next_milestone_at",
    "in_use",
    "invocations_14d",
    "last_invoked_on",
    "used_by",
    "replacement",
    "replacement_source",
    "first_seen_at",
    "last_changed_at",
    "missing_since",
)
"""The attributes of a row that `--csv` gives, in this order; `--json` gives all there are."""


class PhaseName(StrEnum):
    """A phase as it is written on a command line."""

    ACTIVE = "active"
    LEGACY = "legacy"
    EXTENDED_ACCESS = "extended-access"
    END_OF_LIFE = "end-of-life"

    @property
    def phase(self) -> Phase:
        """The phase itself."""
        return Phase[self.name]


def models(  # noqa: PLR0913 each is a way to narrow the list
    *,
    access: Access,
    in_use: InUse = False,
    phase: Annotated[
        list[PhaseName] | None,
        typer.Option(help="Only models in this phase; may be repeated.", case_sensitive=False),
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(
            help="Only models of this Region; may be repeated. (The stack's own Region is said "
            "before the command, or by AWS_REGION.)"
        ),
    ] = None,
    provider: Annotated[
        str, typer.Option(help="Only models of this provider, or a part of it.")
    ] = "",
    within: Annotated[
        int | None,
        typer.Option(metavar="DAYS", min=0, help="Only models with a date in so many days."),
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List the tracked models: those in use first, then by what comes next.

    The table has a line for each model whose Regions agree; --json and --csv have one for each
    model and Region, with the attributes of the models table.
    """
    known = tracked.read(access)
    wanted = Selection(
        in_use=in_use,
        phases={one.phase for one in phase or ()},
        regions=set(region or ()),
        provider=provider,
        within_days=within,
    )
    rows = [row for row in known.rows if wanted.matches(row, known.today)]
    if as_json or as_csv:
        print_rows(known, rows, as_json=as_json)
        return
    found = used_first(known.entries(rows), known.today)
    console().print(
        output.table(
            f"{count_text(len({one.model_id for one in found}), 'model')}",
            ("Model", "Phase", "Next", "In use", "Regions"),
            [_line(entry, known.today) for entry in found],
        )
    )
    output.say(known.as_of())


def print_rows(known: Tracked, rows: Iterable[TrackedModel], *, as_json: bool) -> None:
    """Print rows as they stand in the table, as JSON or CSV."""
    items = sorted(
        (known.item(row) for row in rows), key=lambda one: (one["model_id"], one["region"])
    )
    if as_json:
        output.print_json(items)
    else:
        output.print_csv(ROW_COLUMNS, items)


def _line(entry: ModelEntry, today: date) -> tuple[str | Text, ...]:
    return (
        name_and_id(entry),
        phase_text(entry),
        next_text(entry, today),
        use_text(entry),
        where_text(entry),
    )
