"""`show`: all that is known of one model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from bedrock_lifecycle import output, tracked
from bedrock_lifecycle.access import Access  # noqa: TC001 read from the signature
from bedrock_lifecycle.alerts import logged_item, logged_line
from bedrock_lifecycle.models import print_rows
from bedrock_lifecycle.output import AsCsv, AsJson, console
from bedrock_lifecycle.selection import model_named, used_first
from notifier.plan import migration_plan
from notifier.render.entries import entry_block
from notifier.render.words import dated, day_text, time_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from bedrock_lifecycle.tracked import Tracked
    from notifier.ledger import LoggedAlert
    from notifier.model import ModelEntry, TrackedModel


def show(
    model: Annotated[
        str, typer.Argument(help="A model id or name, or any part that only one has.")
    ],
    *,
    access: Access,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show all that is known of a model.

    Its Regions, dates and who says so, use and the evidence for it, the likely successor and how it
    differs, a plan, who has snoozed it, and what was told about it, and when.
    """
    known = tracked.read(access)
    model_id = model_named(model, {row.model_id: row.name for row in known.rows})
    rows = [row for row in known.rows if row.model_id == model_id]
    told = _told(known, model_id)
    if as_csv:
        print_rows(known, rows, as_json=False)
    elif as_json:
        output.print_json(_document(known, rows, told))
    else:
        _print_model(known, rows, told)


def _told(known: Tracked, model_id: str) -> list[LoggedAlert]:
    with output.progress("Reading the alerts table"):
        ledger = known.deployment.ledger
        about = ledger.about(model_id)
        return [one for one in ledger.recent() if one.alert_id in about]


def _print_model(known: Tracked, rows: Sequence[TrackedModel], told: Sequence[LoggedAlert]) -> None:
    out, today = console(), known.today
    entries = used_first(known.entries(rows), today)
    for entry in entries:
        out.print(Text(entry_block(entry, today)), "", soft_wrap=True)
    for line in _more(rows, entries, today):
        out.print(Text(line), soft_wrap=True)
    out.print(Text("\nWhat was told", style="bold"))
    for one in told:
        out.print(Text(f"  {logged_line(one)}"), soft_wrap=True)
    if not told:
        out.print("  Nothing yet.")
    output.say(f"\nDates are the Bedrock API's where nothing else is said. {known.as_of()}.")


def _more(
    rows: Sequence[TrackedModel], entries: Sequence[ModelEntry], today: date
) -> Iterator[str]:
    """Give what an e-mail has elsewhere: launch, first sight, variants, what waits, the plan."""
    launched = min(
        (row.lifecycle.start_of_life_at for row in rows if row.lifecycle.start_of_life_at),
        default=None,
    )
    if launched:
        yield f"  Launched on Bedrock on {dated(launched.date(), today)}."
    first = min(row.first_seen_at for row in rows)
    yield (
        f"  Tracked since {dated(first.date(), today)}; last changed on "
        + dated(max(row.last_changed_at for row in rows).date(), today)
        + "."
    )
    for row in rows:
        if row.deferred:
            yield f"  {row.region}: news waits for the digest ({row.deferred.reason})."
        if row.missing_since:
            yield f"  {row.region}: missing from the list since {time_text(row.missing_since)}."
    steps = migration_plan(entries[0].dates, today)
    if steps and entries[0].successor is not None:
        yield "\nA plan, worked back from the end of life"
        yield from (
            f"  {day_text(one.start)} to {day_text(one.end)}  {one.phase}: {one.work}"
            for one in steps
        )


def _document(
    known: Tracked, rows: Sequence[TrackedModel], told: Sequence[LoggedAlert]
) -> dict[str, Any]:
    entries = known.entries(rows)
    first = entries[0]
    return {
        "model_id": first.model_id,
        "name": first.name,
        "provider": first.provider,
        "in_use": first.in_use,
        "regions": [
            known.item(row) | {"days_left": _days_left(row, known.today), "by_health": _stated(row)}
            for row in sorted(rows, key=lambda one: one.region)
        ],
        "use": _use_item(entries),
        "successor": _successor_item(first),
        "plan": [one._asdict() for one in migration_plan(first.dates, known.today)],
        "snoozes": [
            {
                "region": said.region,
                "by": said.by,
                "why": said.why,
                "at": said.at,
                "until": said.until,
            }
            for said in known.state.snoozes
            if said.model_id == first.model_id
        ],
        "alerts": [logged_item(one) for one in told],
    }


def _days_left(row: TrackedModel, today: date) -> int | None:
    end = row.known_dates.end_of_life
    return (end - today).days if end else None


def _stated(row: TrackedModel) -> dict[str, date]:
    return {milestone.value: day for milestone, day in row.by_health.stated()}


def _use_item(entries: Sequence[ModelEntry]) -> dict[str, Any]:
    uses = [entry.use for entry in entries if entry.use]
    return {
        "calls": [
            {"region": one.region, **one.calls._asdict()}
            for one in sorted({call for use in uses for call in use.calls})
        ],
        "used_by": [one._asdict() for one in sorted({by for use in uses for by in use.used_by})],
        "unknown_because": [
            one._asdict() for one in sorted({gap for use in uses for gap in use.gaps})
        ],
    }


def _successor_item(entry: ModelEntry) -> dict[str, Any] | None:
    found = entry.successor
    if found is None:
        return None
    return {
        "model_id": found.model_id,
        "name": found.name,
        "source": found.source,
        "differences": list(found.differences),
    }
