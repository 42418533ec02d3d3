"""The values that AWS Health's events are made of, in whichever way they come."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BeforeValidator, Field

from notifier.health_event import Entity

if TYPE_CHECKING:
    from collections.abc import Iterable

# A year outside of this is no date but a mistake or a placeholder, as for those of models.
_FIRST_YEAR, _LAST_YEAR = 2020, 2099
# Seconds since 1970 have 10 digits until 2286; more are milliseconds.
_MILLISECONDS_FROM: Final = 10**11

# The longest text that the Health API's model allows but for descriptions: an ARN.
_TEXT_LENGTH = 1600
_DESCRIPTION_LENGTH = 200_000


def clean(value: object, length: int = _TEXT_LENGTH) -> object:
    """Make a text one that can be stored: no lone surrogates, of bounded length; null is none."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value[:length].encode("utf-8", "replace").decode()
    return value


def time_or_none(value: object) -> datetime | None:
    """Read a time to the second, in UTC: RFC 822, ISO 8601, or a number of seconds since 1970.

    One without a zone is taken for UTC. None for what cannot be read or cannot be meant.
    """
    try:
        moment = _parsed(value)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None
    return moment.replace(microsecond=0) if _FIRST_YEAR <= moment.year <= _LAST_YEAR else None


def _parsed(value: object) -> datetime:
    match value:
        case datetime():
            return value
        case int() | float() if not isinstance(value, bool):
            seconds = value / 1000 if value >= _MILLISECONDS_FROM else value
            return datetime.fromtimestamp(seconds, UTC)
        case str():
            try:
                return datetime.fromisoformat(value)
            except ValueError:
                # Does not mind a weekday that is not that of the date, as in AWS's examples.
                return parsedate_to_datetime(value)
    raise TypeError


def entities_of(named: Iterable[tuple[object, object]]) -> tuple[Entity, ...] | None:
    """Give each entity once, from (value, status); those without a value are none."""
    entities = (Entity(text_of(value), text_of(status)) for value, status in named)
    return tuple(dict.fromkeys(entity for entity in entities if entity.value.strip())) or None


def description_of(text: object) -> str:
    """Give a description of an event, or nothing where it is no text."""
    return text_of(text, _DESCRIPTION_LENGTH)


def text_of(value: object, length: int = _TEXT_LENGTH) -> str:
    """Give a text that can be stored, or nothing where it is none."""
    text = clean(value, length)
    return text if isinstance(text, str) else ""


def region_of(arn: str) -> str:
    """Give the Region in an event's ARN: `arn:partition:health:region::event/…`."""
    found = re.match(r"arn:[^:]*:health:([^:]*):", arn)
    return found[1] if found else ""


TimeOrNone = Annotated[datetime | None, BeforeValidator(time_or_none)]
Text = Annotated[str, BeforeValidator(clean)]
# Longer than AWS allows, an identifier is none: cut, it would be another's.
Identifier = Annotated[
    str,
    BeforeValidator(lambda value: clean(value, _TEXT_LENGTH + 1)),
    Field(max_length=_TEXT_LENGTH, pattern=r"\S"),
]
