"""What a timeline says in words: beside a bar what comes next, on hovering all that is known."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from notifier.lifecycle import KNOWN_STATUSES
from notifier.render.entries import capital
from notifier.render.words import (
    MILESTONE_DATES,
    MILESTONE_WORDS,
    PHASE_WORDS,
    count_text,
    dated,
    days_text,
    listing,
    plain,
    regions_text,
)
from notifier.usage import merged_use

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from notifier.render.timeline_bars import Bar, Model

_ID_LENGTH = 256
_URGENT_DAYS = 30


class Tone(StrEnum):
    """How loudly the distance to a milestone speaks."""

    URGENT = "urgent"
    NEXT = "next"
    QUIET = "quiet"


def tone(bar: Bar, today: date) -> Tone:
    """Speak up where a milestone is near, or the end is past, and the model may be in use."""
    mark = bar.next_mark(today)
    is_over = bar.ends_on is not None and bar.ends_on < today
    if mark is None or (is_over and not bar.may_be_used):
        return Tone.QUIET
    is_near = (mark.day - today).days <= _URGENT_DAYS
    return Tone.URGENT if is_near and bar.may_be_used else Tone.NEXT


def region_texts(bar: Bar) -> tuple[str, ...]:
    """Name the Regions, from the fullest wording to the shortest."""
    named = regions_text(bar.regions, bar.used_in)
    others = len(bar.regions) - 1
    if not others:
        return (named,)
    first = min(bar.regions, key=lambda region: region not in bar.used_in)
    return (named, f"{first} and {others} more", count_text(others + 1, "Region"))


def distance_texts(bar: Bar, today: date) -> tuple[str, ...]:
    """Say how far off the next milestone is, from the fullest wording to the shortest."""
    mark = bar.next_mark(today)
    if mark is None:
        return ("no end date",)
    days = days_text((mark.day - today).days)
    return (f"{days} · AWS Health", f"{days} · Health", days) if mark.by_health else (days,)


def milestone_texts(bar: Bar, today: date) -> tuple[str, ...]:
    """Name the next milestone with its date; without one, say what is true meanwhile."""
    mark = bar.next_mark(today)
    if mark is None:
        words = PHASE_WORDS[bar.phase]
        by = (f"{words} by {bar.since}",) if bar.since else ()
        return (_phase_text(bar), *by, words)
    words = "withdrawn" if bar.is_withdrawn else MILESTONE_WORDS[mark.milestone]
    return (f"{words} {mark.day}", f"{words.removeprefix('public ')} {mark.day}", f"{mark.day}")


def _phase_text(bar: Bar) -> str:
    words = PHASE_WORDS[bar.phase]
    if bar.since is not None:
        return f"{words} since {bar.since} or before"
    begun = next((one.start for one in bar.stretches if one.phase == bar.phase), None)
    return f"{words} since {begun}" if begun else words


def title(model: Model, bar: Bar, today: date) -> str:
    """Give all that is known of a bar, a line for each."""
    return "\n".join(_title_lines(model, bar, today))


def _title_lines(model: Model, bar: Bar, today: date) -> Iterator[str]:
    row = bar.rows[0]
    yield f"{model.name} · {model.provider}" if model.provider else model.name
    yield plain(model.model_id, _ID_LENGTH)
    yield ", ".join(bar.regions)
    yield f"Phase: {_phase_text(bar)}"
    if row.lifecycle.status not in KNOWN_STATUSES:
        yield f"Status, as AWS says: {plain(row.lifecycle.status)}"
    if bar.launches:
        others = ", later in other Regions" if len(bar.launches) > 1 else ""
        yield f"Launched: {dated(bar.launches[0], today)}{others}"
    yield from _date_lines(bar, today)
    yield from _use_lines(bar, today)


def _date_lines(bar: Bar, today: date) -> Iterator[str]:
    row = bar.rows[0]
    for milestone, day in row.dates.stated():
        yield f"{capital(MILESTONE_DATES[milestone])}: {dated(day, today)}"
    if row.dates.end_of_life is None:
        yield "The Bedrock API gives no end-of-life date"
    for mark in bar.marks:
        if mark.by_health:
            yield f"AWS Health says: {MILESTONE_WORDS[mark.milestone]} {dated(mark.day, today)}"
    if bar.is_withdrawn and bar.ends_on is not None:
        yield f"No longer listed: {dated(bar.ends_on, today)}"


def _use_lines(bar: Bar, today: date) -> Iterator[str]:
    uses = {row.in_use for row in bar.rows}
    if True in uses:
        everywhere = len(bar.used_in) == len(bar.rows)
        yield "In use" if everywhere else f"In use in {listing(bar.used_in)}"
    else:
        yield "Perhaps in use: not all could be read" if None in uses else "Not in use"
    use = merged_use(row.use for row in bar.rows)
    if use is None:
        return
    if use.invocations_14d is not None:
        yield f"{count_text(use.invocations_14d, 'call')} in 14 days"
    if use.last_invoked_on is not None:
        yield f"Last call: {dated(use.last_invoked_on, today)}"
    if use.used_by:
        yield f"Named by {count_text(len(use.used_by), 'resource')}"
