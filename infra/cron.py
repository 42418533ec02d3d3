"""Cron expressions as EventBridge Scheduler takes them, and whether one ever fires.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based. What is not
documented there (ranges that run backwards, `L` or `W` in a list) is refused: CloudFormation would
say so only after minutes, or the schedule would not be the one that was meant.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Final

from infra.refusal import RefusedValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ACCEPTED: Final = "six fields in UTC such as cron(0 9 ? * MON *), or nothing for no digest"

_FIELDS: Final = 6
_FRIDAY: Final = 5  # as `date.isoweekday` counts
_SATURDAY: Final = 7  # as Scheduler counts, from Sunday
_MONTHS: Final = (
    *("JAN", "FEB", "MAR", "APR", "MAY", "JUN"),
    *("JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
)
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_ITEM: Final = re.compile(
    r"(?:\*|(?P<first>\d{1,4}|[A-Z]{3})(?:-(?P<last>\d{1,4}|[A-Z]{3}))?)(?:/(?P<step>\d{1,4}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class _Field:
    """One of the six: its name, its range, and the names that its values have, from the first."""

    name: str
    first: int
    last: int
    names: tuple[str, ...] = ()
    may_step: bool = True

    def values(self, text: str) -> frozenset[int]:
        """Return what a list of values, ranges and steps stands for. Raises ValueError."""
        return frozenset(value for item in text.split(",") for value in self._item(item))

    def value(self, text: str) -> int:
        """Return the number that a number or a name stands for. Raises ValueError."""
        if text in self.names:
            return self.first + self.names.index(text)
        if not (text.isascii() and text.isdecimal() and self.first <= int(text) <= self.last):
            raise ValueError(f'the {self.name} "{text}" is not from {self.first} to {self.last}')
        return int(text)

    def _item(self, item: str) -> range:
        found = _ITEM.fullmatch(item)
        if found is None or (found["step"] and not self.may_step):
            raise ValueError(f'the {self.name} "{item}" cannot be read')
        first = self.value(found["first"]) if found["first"] else self.first
        # A step without an end, as in 1/10, goes on to the end of the field.
        is_open = not found["first"] or (found["step"] and not found["last"])
        last = self.last if is_open else self.value(found["last"] or found["first"])
        step = int(found["step"] or 1)
        if step == 0 or last < first:
            raise ValueError(f'the {self.name} "{item}" stands for nothing')
        return range(first, last + 1, step)


_MINUTES: Final = _Field("minute", 0, 59)
_HOURS: Final = _Field("hour", 0, 23)
_DAY_OF_MONTH: Final = _Field("day of the month", 1, 31)
_MONTH: Final = _Field("month", 1, 12, _MONTHS)
_DAY_OF_WEEK: Final = _Field("day of the week", 1, 7, _DAYS, may_step=False)
_YEARS: Final = _Field("year", 1970, 2199)


@dataclass(frozen=True, slots=True)
class Cron:
    """An expression that was understood. `text` is the expression, in the form of the examples."""

    text: str
    times: tuple[time, ...]
    is_day: Callable[[date], bool]
    months: frozenset[int]
    years: frozenset[int]

    def next_after(self, moment: datetime) -> datetime | None:
        """Return when it fires next, or None if it never does again."""
        for day in self._days(moment.date()):
            for at in self.times:
                if (fires := datetime.combine(day, at, UTC)) > moment:
                    return fires
        return None

    def _days(self, since: date) -> Iterator[date]:
        for year in sorted(self.years):
            for month in sorted(self.months):
                if (year, month) < (since.year, since.month):
                    continue
                days = (date(year, month, day + 1) for day in range(_length(year, month)))
                yield from filter(self.is_day, days)


def parse(text: str) -> Cron:
    """Read `cron(minutes hours day-of-month month day-of-week year)`. Raises RefusedValueError."""
    inner = re.fullmatch(r"cron\((.*)\)", text.strip())
    fields = inner[1].upper().split() if inner else []
    if len(fields) != _FIELDS:
        raise RefusedValueError(text, ACCEPTED)
    minutes, hours, day_of_month, months, day_of_week, years = fields
    try:
        return Cron(
            text=f"cron({' '.join(fields)})",
            times=tuple(
                time(hour, minute)
                for hour in sorted(_HOURS.values(hours))
                for minute in sorted(_MINUTES.values(minutes))
            ),
            is_day=_days_meant(day_of_month, day_of_week),
            months=_MONTH.values(months),
            years=_YEARS.values(years),
        )
    except ValueError as why:
        raise RefusedValueError(text, ACCEPTED, str(why)) from None


def refuse_if_never(cron: Cron, now: datetime) -> None:
    """Raise RefusedValueError for an expression that Scheduler would accept and never act on."""
    if cron.next_after(now) is not None:
        return
    ever = cron.next_after(datetime(_YEARS.first, 1, 1, tzinfo=UTC))
    why = "it never fires, as all its times are past" if ever else "it never fires: no such day"
    raise RefusedValueError(cron.text, ACCEPTED, why)


def _days_meant(day_of_month: str, day_of_week: str) -> Callable[[date], bool]:
    if (day_of_month == "?") == (day_of_week == "?"):
        raise ValueError("one of day of the month and day of the week must be ?, and not both")
    return _by_week(day_of_week) if day_of_month == "?" else _by_month(day_of_month)


def _by_month(text: str) -> Callable[[date], bool]:
    if text == "L":
        return lambda day: day.day == _length(day.year, day.month)
    if text == "LW":
        return lambda day: day == _nearest_weekday(day, _length(day.year, day.month))
    if text.endswith("W"):
        wanted = _DAY_OF_MONTH.value(text[:-1])
        return lambda day: day == _nearest_weekday(day, wanted)
    days = _DAY_OF_MONTH.values(text)
    return lambda day: day.day in days


def _by_week(text: str) -> Callable[[date], bool]:
    if text == "L":  # the last day of the week
        return lambda day: _day_of_week(day) == _SATURDAY
    if text.endswith("L"):
        last = _DAY_OF_WEEK.value(text[:-1])
        return lambda day: _day_of_week(day) == last and day.day + 7 > _length(day.year, day.month)
    if "#" in text:
        name, _, number = text.partition("#")
        wanted, which = _DAY_OF_WEEK.value(name), _Field("week", 1, 5).value(number)
        return lambda day: _day_of_week(day) == wanted and (day.day + 6) // 7 == which
    days = _DAY_OF_WEEK.values(text)
    return lambda day: _day_of_week(day) in days


def _nearest_weekday(month: date, wanted: int) -> date | None:
    """Return the day from Monday to Friday that is nearest to a day, within its month."""
    length = _length(month.year, month.month)
    if wanted > length:
        return None
    for distance in (0, -1, 1, -2, 2):
        if 1 <= wanted + distance <= length:
            day = month.replace(day=wanted + distance)
            if day.isoweekday() <= _FRIDAY:
                return day
    return None


def _day_of_week(day: date) -> int:
    return day.isoweekday() % 7 + 1


def _length(year: int, month: int) -> int:
    return monthrange(year, month)[1]
