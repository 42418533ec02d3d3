"""What people have said of a model: that they know (snoozed), or that they are off it (resolved).

Both hold back what only repeats itself. An end, a withdrawal and a date that moves earlier always
come through, and calls to a resolved model open it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from notifier.model import RowKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime

    from notifier.model import TrackedModel

SNOOZE_SUBJECT = "#snooze#"
EVERY_REGION = "*"
_LONGEST_TEXT = 200
_LONGEST = timedelta(days=366)


class SnoozeError(ValueError):
    """Something that cannot be snoozed or resolved. Its text is one line, with what to give."""


@dataclass(frozen=True, slots=True)
class Snooze:
    """What somebody said of a model: who, why and when, in one Region or (None) in all.

    Snoozed `until` a UTC date, from which on reminders come again. Without a date the model is
    resolved: nobody is to call it any more. `reopened_at` is when people were told of calls that
    prove otherwise; who resolves it again after that is believed again.
    """

    model_id: str
    region: str | None
    by: str
    why: str
    at: datetime
    until: date | None = None
    reopened_at: datetime | None = None

    @property
    def key(self) -> RowKey:
        """The key of its bookkeeping item."""
        return RowKey(f"{SNOOZE_SUBJECT}{self.model_id}", self.region or EVERY_REGION)

    @property
    def is_resolved(self) -> bool:
        """Whether the model is said to be needed no more, and not only known."""
        return self.until is None

    def holds(self, today: date) -> bool:
        """Say whether it still holds anything back."""
        if self.until is not None:
            return today < self.until
        return self.reopened_at is None or self.reopened_at < self.at


def snoozed(  # noqa: PLR0913 (what somebody has to say, each part by its name)
    model_id: str,
    *,
    until: date,
    by: str,
    why: str,
    now: datetime,
    region: str | None = None,
) -> Snooze:
    """Make the snooze of a model until a date. Raises SnoozeError for what makes no sense."""
    today = now.date()
    if not today < until <= today + _LONGEST:
        message = (
            f"until {until} is not accepted; give a date after today ({today}, UTC) and within "
            f"{_LONGEST.days} days"
        )
        raise SnoozeError(message)
    return Snooze(model_id, region, _text("by", by), _text("why", why), now, until)


def resolved(
    model_id: str, *, by: str, why: str, now: datetime, region: str | None = None
) -> Snooze:
    """Make the note that nobody needs a model any more. Raises SnoozeError without who and why."""
    return Snooze(model_id, region, _text("by", by), _text("why", why), now)


def _text(name: str, given: str) -> str:
    text = " ".join(given.split())
    if not text or len(text) > _LONGEST_TEXT:
        message = f"{name} is not accepted; give 1 to {_LONGEST_TEXT} characters"
        raise SnoozeError(message)
    return text


class Snoozes:
    """All that was said, by model and Region."""

    def __init__(self, said: Iterable[Snooze] = ()) -> None:
        """Take what was said; of two about the same model and Region the later one holds."""
        ordered = sorted(said, key=lambda one: one.at)
        self._by_key = {one.key: one for one in ordered}

    def __iter__(self) -> Iterator[Snooze]:
        """Give each, by model and Region."""
        return iter([self._by_key[key] for key in sorted(self._by_key)])

    def of(self, row: TrackedModel, today: date) -> Snooze | None:
        """Give what holds for a row: what was said of its Region before what was said of all."""
        return next(iter(self.all_of(row, today)), None)

    def all_of(self, row: TrackedModel, today: date) -> tuple[Snooze, ...]:
        """Give all that holds for a row, what was said of its own Region first."""
        if not self._by_key:
            return ()
        subject = f"{SNOOZE_SUBJECT}{row.model_id}"
        found = (self._by_key.get(RowKey(subject, one)) for one in (row.region, EVERY_REGION))
        return tuple(said for said in found if said is not None and said.holds(today))


def is_called_again(row: TrackedModel, said: Snooze) -> bool:
    """Say whether a resolved model was called on a day after it was resolved.

    Calls are counted by UTC days: those of the same day may have come before.
    """
    if not said.is_resolved or row.use is None or row.use.last_invoked_on is None:
        return False
    return row.use.last_invoked_on > said.at.date()
