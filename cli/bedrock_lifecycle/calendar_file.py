"""What ends when, as a calendar: one event per milestone of a model in use. Pure.

RFC 5545, https://www.rfc-editor.org/rfc/rfc5545. An event is told from others by its UID, which
holds the account, the model and the milestone, but no date: imported again it moves.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from icalendar import Alarm, Calendar, Event

from notifier.model import Milestone
from notifier.render.words import (
    MILESTONE_WORDS,
    PHASE_WORDS,
    count_text,
    day_text,
    listing,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from notifier.model import TrackedModel

Reminders = dict[Milestone, tuple[int, ...]]

REMINDERS: Final[Reminders] = {
    Milestone.LEGACY: (7,),
    Milestone.EXTENDED_ACCESS: (30, 7),
    Milestone.END_OF_LIFE: (60, 30, 14, 7, 1),
}
"""Days before each milestone at which a calendar reminds; calendars take few reminders each."""

_REMINDED_AT: Final = timedelta(hours=9)
_POLICY: Final = "https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle-legacy.html"
_MEANS: Final = {
    Milestone.LEGACY: "New customers can no longer use it, and who does not call it may lose it.",
    Milestone.EXTENDED_ACCESS: "From this day on each call may cost more.",
    Milestone.END_OF_LIFE: "From this day on, or soon after it, every request fails.",
}
_EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)


class _Occasion(NamedTuple):
    """A milestone of a model on one date, in the Regions where it is on that date."""

    milestone: Milestone
    day: date
    rows: tuple[TrackedModel, ...]


def calendar(
    rows: Iterable[TrackedModel],
    account_id: str,
    now: datetime,
    reminders: Mapping[Milestone, Sequence[int]] = REMINDERS,
) -> bytes:
    """Give the calendar of the models in use, or of unknown use, as the contents of a file.

    Where Regions have other dates than the first, each further date is an event of its own.
    """
    made = Calendar()
    made.add("prodid", "-//Bedrock Lifecycle Notifier//bedrock-lifecycle//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", f"Amazon Bedrock models, account {account_id}")
    used = sorted((row for row in rows if row.in_use is not False), key=lambda row: row.key)
    for _, same in groupby(used, key=lambda row: row.model_id):
        for occasion, number in _occasions(tuple(same)):
            made.add_component(_event(occasion, number, account_id, now, reminders))
    contents: bytes = made.to_ical()
    return contents


def _occasions(rows: Sequence[TrackedModel]) -> Iterator[tuple[_Occasion, int]]:
    """Yield each milestone of one model with its place among the dates that Regions have for it."""
    for milestone in Milestone:
        by_day: defaultdict[date, list[TrackedModel]] = defaultdict(list)
        for row in rows:
            day = row.dates.of(milestone) or row.by_health.of(milestone)
            if day is not None:
                by_day[day].append(row)
        for number, day in enumerate(sorted(by_day), 1):
            yield _Occasion(milestone, day, tuple(by_day[day])), number


def _event(
    occasion: _Occasion,
    number: int,
    account_id: str,
    now: datetime,
    reminders: Mapping[Milestone, Sequence[int]],
) -> Event:
    first, what = occasion.rows[0], MILESTONE_WORDS[occasion.milestone]
    name = plain(first.name) or plain(first.model_id)
    event = Event()
    event.add("uid", _uid(occasion, number, account_id))
    event.add("dtstamp", now)
    # Later exports win over what was imported before.
    event.add("sequence", int((now - _EPOCH) / timedelta(minutes=1)))
    event.add("summary", f"{name}: {what} (Amazon Bedrock)")
    event.add("description", _description(occasion, now))
    event.add("dtstart", occasion.day)
    event.add("dtend", occasion.day + timedelta(1))
    event.add("transp", "TRANSPARENT")
    event.add("categories", ["Amazon Bedrock", what])
    event.add("url", _POLICY)
    for days in reminders[occasion.milestone]:
        event.add_component(_alarm(f"{name}: {what} {_left(days)}", days))
    return event


def _uid(occasion: _Occasion, number: int, account_id: str) -> str:
    # Model ids may hold anything; a UID is one word.
    model_id = quote(occasion.rows[0].model_id, safe="")
    further = "" if number == 1 else f".{number}"
    return (
        f"{occasion.milestone.lower()}{further}.{model_id}.{account_id}@bedrock-lifecycle-notifier"
    )


def _alarm(text: str, days: int) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", _REMINDED_AT - timedelta(days))
    return alarm


def _left(days: int) -> str:
    return "tomorrow" if days == 1 else f"in {days} days"


def _description(occasion: _Occasion, now: datetime) -> str:
    first, milestone = occasion.rows[0], occasion.milestone
    regions = listing([row.region for row in occasion.rows])
    by_health = all(row.dates.of(milestone) is None for row in occasion.rows)
    lines = [
        _MEANS[milestone],
        f"Model id: {plain(first.model_id, 256)}",
        f"Regions: {regions}",
        f"Phase on {day_text(now.date())}: {PHASE_WORDS[first.phase]}",
        _use_line(occasion.rows),
    ]
    if by_health:
        lines.append("So says AWS Health; the Bedrock API does not show it yet.")
    found = first.successor
    if found is not None and found.model_id is not None:
        lines.append(f"Successor: {plain(found.name)} ({plain(found.source, 300)})")
    return "\n".join([*lines, f"More: bedrock-lifecycle show {plain(first.model_id, 256)}"])


def _use_line(rows: Sequence[TrackedModel]) -> str:
    if not any(row.in_use for row in rows):
        return "In use: not known"
    calls = {one for row in rows if row.use for one in row.use.calls}
    counted = sum(one.calls.invocations_14d for one in calls)
    return "In use: yes" + (f", {count_text(counted, 'call')} in 14 days" if counted else "")
