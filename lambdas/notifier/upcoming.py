"""What comes next: the milestones that are still ahead of models."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from notifier.model import PHASE_ORDER, Milestone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from notifier.model import ModelEntry


class Deadline(NamedTuple):
    """A milestone to come. `by_health`: only AWS Health gives its date."""

    day: date
    milestone: Milestone
    entry: ModelEntry
    by_health: bool = False


def upcoming(entries: Iterable[ModelEntry], days: int, today: date) -> tuple[Deadline, ...]:
    """Give what brings another phase within so many days: of models in use first, then by date."""
    found = [
        one
        for entry in entries
        for one in _ahead(entry)
        if today <= one.day <= today + timedelta(days)
    ]
    return tuple(sorted(found, key=_in_use_first))


def next_of(entry: ModelEntry, today: date) -> Deadline | None:
    """Give the nearest milestone that is still to come."""
    coming = (one for one in _ahead(entry) if one.day >= today)
    return min(coming, default=None, key=lambda one: one.day)


def _ahead(entry: ModelEntry) -> Iterator[Deadline]:
    for milestone in Milestone:
        stated = entry.dates.of(milestone)
        day = stated or entry.by_health.of(milestone)
        if day is not None and PHASE_ORDER[milestone] > PHASE_ORDER[entry.phase]:
            yield Deadline(day, milestone, entry, by_health=stated is None)


def _in_use_first(one: Deadline) -> tuple[bool, date, str, str, int]:
    entry = one.entry
    unused = entry.in_use is False
    return (unused, one.day, entry.name, entry.model_id, PHASE_ORDER[one.milestone])
