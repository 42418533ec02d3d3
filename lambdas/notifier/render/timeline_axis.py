"""The calendar that a timeline is drawn along: which days it spans, and where it has its lines."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

# In months before and after today. Beyond the most, bars are cut off: one absurd date must not
# press all the others together.
_LEAST_BACK, _MOST_BACK = 9, 48
_LEAST_AHEAD, _MOST_AHEAD = 9, 36
_A_QUARTER, _A_YEAR = 3, 12
_MONTH_WIDTH, _QUARTER_WIDTH = 32, 24


class Tick(NamedTuple):
    """A stretch of the calendar that has a label; both ends are pixels."""

    label: str
    left: float
    right: float


class Axis(NamedTuple):
    """The days from `start` up to, not including, `end`, and the pixels that they lie between."""

    start: date
    end: date
    left: float
    right: float

    def x(self, day: date) -> float:
        """Give where a day begins. What lies beyond an end is put at that end."""
        share = (day - self.start) / (self.end - self.start)
        return round(self.left + (self.right - self.left) * min(max(share, 0), 1), 1)

    def shows(self, day: date) -> bool:
        """Say whether a day lies between the ends."""
        return self.start <= day < self.end

    def years(self) -> list[Tick]:
        """Give the years, or what is seen of them."""
        return [Tick(f"{first.year}", *pixels) for first, *pixels in self._every(_A_YEAR)]

    def parts(self) -> list[Tick]:
        """Give the months; the quarters where months are too narrow for a label; or nothing."""
        month = (self.right - self.left) / (_month(self.end) - _month(self.start))
        if month >= _MONTH_WIDTH:
            return [Tick(f"{first:%b}", *pixels) for first, *pixels in self._every(1)]
        if month * _A_QUARTER >= _QUARTER_WIDTH:
            quarters = self._every(_A_QUARTER)
            return [Tick(f"Q{first.month // 3 + 1}", *pixels) for first, *pixels in quarters]
        return []

    def _every(self, months: int) -> list[tuple[date, float, float]]:
        """Give the stretches of so many months, from January on, as far as they are seen."""
        first = _month(self.start) // months * months
        stretches = []
        for month in range(first, _month(self.end), months):
            day = max(_first_of(month), self.start)
            stretches.append((day, self.x(day), self.x(_first_of(month + months))))
        return stretches


def axis_over(days: Iterable[date], today: date, left: float, right: float) -> Axis:
    """Give an axis over the days that are to be seen: whole quarters around today."""
    months = [_month(day) for day in days]
    now = _month(today)
    first = max(min([*months, now - _LEAST_BACK]), now - _MOST_BACK)
    last = min(max([*months, now + _LEAST_AHEAD]), now + _MOST_AHEAD)
    start = first // _A_QUARTER * _A_QUARTER
    end = (last // _A_QUARTER + 1) * _A_QUARTER
    return Axis(_first_of(start), _first_of(end), left, right)


def _month(day: date) -> int:
    """Count months from the beginning of the calendar."""
    return day.year * _A_YEAR + day.month - 1


def _first_of(month: int) -> date:
    return date(month // _A_YEAR, month % _A_YEAR + 1, 1)
