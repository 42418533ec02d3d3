"""The dates that an AWS Health event gives for a model's milestones.

A planned lifecycle event starts on the date of the change, which is the end of life unless the
text says that a model enters something else:
https://docs.aws.amazon.com/health/latest/ug/aws-health-planned-lifecycle-events.html. Any other
date only the text tells. It counts where the text names a milestone beside it and does not
contradict itself; what remains is quoted and not interpreted. A closed event announces nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING

from notifier.health_event import Concern
from notifier.model import NO_DATES, Dates, Milestone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifier.health_event import HealthEvent

# Where AWS's texts are long, what matters stands at the beginning.
SEARCHED = 20_000
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"),
            ("february", "feb"),
            ("march", "mar"),
            ("april", "apr"),
            ("may",),
            ("june", "jun"),
            ("july", "jul"),
            ("august", "aug"),
            ("september", "sept", "sep"),
            ("october", "oct"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}
_MONTH = "|".join(_MONTHS)
_DATE = re.compile(
    r"(?<!\d)(?:(?P<y1>\d{4})-(?P<m1>\d{1,2})-(?P<d1>\d{1,2})"
    rf"|\b(?P<m2>{_MONTH})\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y2>\d{{4}})"
    rf"|(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<m3>{_MONTH})\.?,?\s+(?P<y3>\d{{4}}))(?!\d)",
    re.IGNORECASE,
)
_MILESTONE_WORDS = {
    Milestone.END_OF_LIFE: r"end[ -]of[ -]life|\bEOL\b|\bretir\w+|\bdiscontinu\w+"
    r"|no longer be (?:available|supported|accessible)",
    Milestone.EXTENDED_ACCESS: r"extended[ -]access",
    Milestone.LEGACY: r"\blegacy\b",
}
_WORDS = re.compile(
    "|".join(f"(?P<{milestone}>{words})" for milestone, words in _MILESTONE_WORDS.items()),
    re.IGNORECASE,
)
_BEGINS = re.compile(
    r"\b(?:enter|mov|transition|becom|begin|start)\w*\b[^.\n]{0,60}?"
    r"(?:(?P<legacy>\blegacy\b)|extended[ -]access)|extended[ -]access (?:begin|start)",
    re.IGNORECASE,
)
_ENDS = re.compile(_MILESTONE_WORDS[Milestone.END_OF_LIFE], re.IGNORECASE)
# A date behind one of these is no day on which something happens.
_BOUND = re.compile(
    r"\b(?:until|till|through|before|by|prior to|after|not|than|between)\b[^.;]{0,12}$",
    re.IGNORECASE,
)
# Not after an abbreviated month: `Apr. 8, 2027`.
SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?!\d)|\n+")
_PLAUSIBLE_BEFORE = timedelta(days=3 * 365)
_PLAUSIBLE_AFTER = timedelta(days=10 * 365)


def announced_dates(event: HealthEvent, models: int = 1) -> Dates:
    """Give the date of each milestone, as far as the event can be understood.

    `models` are the tracked models it concerns. Of several, a text with more than the one date of
    the event does not tell which is whose.
    """
    if event.is_closed:
        return NO_DATES
    planned = _planned(event)
    said = _said_in_text(event)
    if models > 1:
        return NO_DATES if said.items() - planned.items() else _dates(planned)
    start = event.starts_on
    return _dates(said if start in said.values() else planned | said)


def _planned(event: HealthEvent) -> dict[Milestone, date]:
    """Give the day on which a lifecycle event starts; others start when they are published."""
    day = event.starts_on
    if day is None or event.concern is not Concern.LIFECYCLE or day <= event.updated_at.date():
        return {}
    begins = _BEGINS.search(event.description[:SEARCHED])
    if begins and not _ENDS.search(event.description[:SEARCHED]):
        return {Milestone.LEGACY if begins["legacy"] else Milestone.EXTENDED_ACCESS: day}
    return {Milestone.END_OF_LIFE: day}


def milestone_named(text: str) -> Milestone | None:
    """Give the one milestone that a short text or a code names."""
    named = {str(found.lastgroup) for found in _WORDS.finditer(text.replace("_", " "))}
    return Milestone(named.pop()) if len(named) == 1 else None


def _dates(found: dict[Milestone, date]) -> Dates:
    return Dates(*(found.get(milestone) for milestone in Milestone)) if found else NO_DATES


def _said_in_text(event: HealthEvent) -> dict[Milestone, date]:
    """Give the milestones that have exactly one date in the description."""
    today = event.updated_at.date()
    found: defaultdict[Milestone, set[date]] = defaultdict(set)
    for sentence in SENTENCE_END.split(event.description[:SEARCHED]):
        for milestone, day in _pairs(sentence):
            if today - _PLAUSIBLE_BEFORE <= day <= today + _PLAUSIBLE_AFTER:
                found[milestone].add(day)
    return {milestone: days.pop() for milestone, days in found.items() if len(days) == 1}


def _pairs(sentence: str) -> Iterator[tuple[Milestone, date]]:
    """Pair each date with the milestone named last before it, or first in the sentence."""
    words = [
        (found.start(), Milestone(str(found.lastgroup))) for found in _WORDS.finditer(sentence)
    ]
    if not words:
        return
    for found in _DATE.finditer(sentence):
        day = _day(found)
        if day is not None and not _BOUND.search(sentence[: found.start()]):
            before = [milestone for start, milestone in words if start < found.start()]
            yield (before[-1] if before else words[0][1]), day


def _day(found: re.Match[str]) -> date | None:
    parts = found.groupdict()
    year, month, day = (
        next(value for name in "123" if (value := parts[f"{part}{name}"])) for part in "ymd"
    )
    number = int(month) if month.isdigit() else _MONTHS[month.lower()]
    try:
        return date(int(year), number, int(day))
    except ValueError:
        return None
