"""Reminder ladders: which rung is due for a row, and whether it was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from notifier.model import PHASE_ORDER, Dates, Milestone, Phase

if TYPE_CHECKING:
    from collections.abc import Iterable

# A looser rung that follows soon after any message about the row would only repeat it.
_LOOSE_RUNG_ABOVE = 14
_REPEATS_WITHIN_DAYS = 7


@dataclass(frozen=True, slots=True)
class Ladders:
    """Days before each milestone at which to remind, and the hour (UTC) of those days."""

    rungs: dict[Milestone, tuple[int, ...]]
    hour: int


class Due(NamedTuple):
    """A reminder that is due; ordered by nearness."""

    days_left: int
    milestone: Milestone
    day: date
    rung: int


class Statement(NamedTuple):
    """A message about a row: the dates it stated, and the UTC date of its words."""

    dates: Dates
    on: date


def tightest_rung(ladders: Ladders, milestone: Milestone, day: date, now: datetime) -> int | None:
    """Give the smallest rung that is due for a milestone of that date, told or not.

    A rung is due from `hour` of the day that many days before the date, until days_left is 0.
    """
    if (day - now.date()).days <= 0:
        return None
    hour = time(ladders.hour, tzinfo=UTC)
    due = [
        rung
        for rung in ladders.rungs[milestone]
        if rung < day.toordinal() and now >= datetime.combine(day - timedelta(rung), hour)
    ]
    return min(due, default=None)


def is_told(rung: int, milestone: Milestone, day: date, statements: Iterable[Statement]) -> bool:
    """Say whether a message that stated this date has made the rung superfluous."""
    return any(
        _covers(rung, (day - statement.on).days)
        for statement in statements
        if statement.dates.of(milestone) == day
    )


def _covers(rung: int, days_left: int) -> bool:
    soon_after = rung > _LOOSE_RUNG_ABOVE and rung >= days_left - _REPEATS_WITHIN_DAYS
    return rung >= days_left or soon_after


def reminder_due(
    dates: Dates,
    phase: Phase,
    statements: Iterable[Statement],
    ladders: Ladders,
    now: datetime,
) -> Due | None:
    """Give the reminder that is due and untold for the nearest milestone ahead, if any."""
    statements = tuple(statements)
    today = now.date()
    due = []
    for milestone, day in dates.stated():
        if PHASE_ORDER[milestone] <= PHASE_ORDER[phase]:
            continue
        rung = tightest_rung(ladders, milestone, day, now)
        if rung is not None and not is_told(rung, milestone, day, statements):
            due.append(Due((day - today).days, milestone, day, rung))
    return min(due, default=None)
