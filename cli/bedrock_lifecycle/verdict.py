"""What a scan comes to: which models are on their way out, and whether that fails a build. Pure."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from notifier.model import NO_DATES, Phase

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from notifier.model import ModelEntry


class Exit(IntEnum):
    """The exit codes of a scan."""

    NONE = 0
    ERROR = 1
    FOUND = 2


def is_dying(entry: ModelEntry) -> bool:
    """Say whether a model is on its way out, or has a date at which it will be."""
    stated = (entry.dates, entry.by_health)
    return entry.phase is not Phase.ACTIVE or any(dates != NO_DATES for dates in stated)


def ends_within(entry: ModelEntry, days: int, today: date) -> bool:
    """Say whether a model has ended, or will within so many days; a day without a date is far."""
    if entry.phase is Phase.END_OF_LIFE:
        return True
    ends = (entry.dates.end_of_life, entry.by_health.end_of_life)
    return any(day is not None and (day - today).days <= days for day in ends)


def exit_code(
    entries: Iterable[ModelEntry],
    days: int,
    today: date,
    *,
    found_in_code: bool,
    is_whole: bool,
) -> Exit:
    """Give 2 where something that is used ends in time, unknown use being use.

    Where nothing was found, that can only be believed of a scan that `is_whole`.
    """
    used = (entry for entry in entries if entry.in_use is not False)
    if found_in_code or any(ends_within(entry, days, today) for entry in used):
        return Exit.FOUND
    return Exit.NONE if is_whole else Exit.ERROR
