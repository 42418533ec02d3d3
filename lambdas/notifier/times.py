"""Times as they are written down: ISO 8601 in UTC, to the second, with a `Z`."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

# A table holds the same few hundred times over and over.
_REMEMBERED: Final = 4096


class NaiveTimeError(ValueError):
    """A time without a zone: nobody can say when it is."""


def utc(moment: datetime) -> datetime:
    """Give the same moment in UTC. Raises NaiveTimeError for a time without a zone."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        message = f"the time {moment.isoformat()} has no zone"
        raise NaiveTimeError(message)
    return moment.astimezone(UTC)


@lru_cache(_REMEMBERED)
def iso_time(moment: datetime) -> str:
    """Write a time: `2027-04-08T07:00:00Z`."""
    return utc(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(_REMEMBERED)
def parse_time(text: str) -> datetime:
    """Read what `iso_time` wrote, or any ISO 8601 time that has a zone.

    Raises ValueError for what is none, also for one that in UTC falls out of the calendar.
    """
    try:
        return utc(datetime.fromisoformat(text))
    except OverflowError as error:
        message = f"the time {text} is out of the calendar"
        raise ValueError(message) from error
