"""What is new about a row: its facts as observed against its facts as told."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from notifier.lifecycle import STATUS_ACTIVE
from notifier.model import Dates, Direction, Facts, Kind, Milestone, Phase

if TYPE_CHECKING:
    from datetime import date

    from notifier.model import TrackedModel

_LIVING_AFTER_ACTIVE = frozenset({Phase.LEGACY, Phase.EXTENDED_ACCESS})
# The date that hurts most is compared first, and gives the change its direction.
_BY_WEIGHT = (Milestone.END_OF_LIFE, Milestone.EXTENDED_ACCESS, Milestone.LEGACY)


class Change(NamedTuple):
    """One thing that is new about a row, in the order of precedence of `Kind`."""

    kind: Kind
    reason: str
    direction: Direction | None = None


def changes(row: TrackedModel, today: date) -> tuple[Change, ...]:
    """Give everything about the row that differs from what was told, most important first."""
    before, after = row.told.facts, row.facts
    if before == after:
        return ()
    phase = _phase_change(before, after, row.lifecycle.status, today)
    dates = _dates_change(before.dates, after.dates)
    return tuple(change for change in (phase, dates) if change is not None)


def _phase_change(before: Facts, after: Facts, status: str, today: date) -> Change | None:
    if after.phase is Phase.END_OF_LIFE:
        return _end(after, today) if before.phase is not Phase.END_OF_LIFE else None
    if before.gone:
        return Change(Kind.RETURNED_TO_ACTIVE, f"listed again, {after.phase}")
    if before.phase is Phase.ACTIVE and after.phase in _LIVING_AFTER_ACTIVE:
        return Change(Kind.ENTERED_LEGACY, f"told ACTIVE, now {after.phase}")
    if before.phase is Phase.LEGACY and after.phase is Phase.EXTENDED_ACCESS:
        return Change(Kind.EXTENDED_ACCESS_STARTED, "extended-access date in effect")
    # A status that nobody knows yet says nothing about a way back.
    if before.phase is not Phase.ACTIVE and after.phase is Phase.ACTIVE and status == STATUS_ACTIVE:
        return Change(Kind.RETURNED_TO_ACTIVE, f"told {before.phase}, now ACTIVE")
    return None


def _end(after: Facts, today: date) -> Change:
    end_of_life = after.dates.end_of_life
    if after.gone and not (end_of_life and end_of_life <= today):
        return Change(Kind.MODEL_WITHDRAWN, "confirmed absent before any end-of-life date")
    why = "confirmed absent" if after.gone else "end-of-life date in effect"
    return Change(Kind.END_OF_LIFE_REACHED, why)


def _dates_change(before: Dates, after: Dates) -> Change | None:
    milestone = changed_milestone(before, after)
    if milestone is None:
        return None
    direction = _direction(before.of(milestone), after.of(milestone))
    return Change(Kind.DATES_CHANGED, f"{milestone} date {direction}", direction)


def changed_milestone(before: Dates, after: Dates) -> Milestone | None:
    """Give the weightiest milestone whose date differs."""
    return next((m for m in _BY_WEIGHT if before.of(m) != after.of(m)), None)


def _direction(old: date | None, new: date | None) -> Direction:
    if old is None:
        return Direction.ANNOUNCED
    if new is None:
        return Direction.REMOVED
    return Direction.EARLIER if new < old else Direction.LATER


def end_of_life_moved_earlier(before: Dates, after: Dates) -> bool:
    """Say whether a stated end-of-life date is now nearer: less time than people were told."""
    old, new = before.end_of_life, after.end_of_life
    return old is not None and new is not None and new < old
