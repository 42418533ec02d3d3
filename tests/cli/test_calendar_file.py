"""The calendar: what a calendar program reads out of it, and what happens when it reads again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from icalendar import Calendar

from bedrock_lifecycle.calendar_file import REMINDERS, calendar
from notifier.model import Dates, Milestone
from notifier.successor import Successor
from tests.core.cases import DYING, EAST, EUROPE, SONNET, WEST, at, called, lifecycle, row

if TYPE_CHECKING:
    from notifier.model import TrackedModel

ACCOUNT = "123456789012"
NOW = at("2026-10-20")


class Diary:
    """A calendar program: of two events with one UID it keeps the later version."""

    def __init__(self) -> None:
        """Begin without any event."""
        self.events: dict[str, Any] = {}

    def read(self, contents: bytes) -> Diary:
        for event in Calendar.from_ical(contents).walk("VEVENT"):
            known = self.events.get(str(event["UID"]))
            if known is None or event.decoded("SEQUENCE") >= known.decoded("SEQUENCE"):
                self.events[str(event["UID"])] = event
        return self

    @property
    def dates(self) -> dict[str, list[date]]:
        """Every date by the text that stands there."""
        found: dict[str, list[date]] = {}
        for event in self.events.values():
            found.setdefault(str(event["SUMMARY"]), []).append(event.decoded("DTSTART"))
        return {text: sorted(days) for text, days in found.items()}


def read(*rows: TrackedModel, now: datetime = NOW) -> Diary:
    return Diary().read(calendar(rows, ACCOUNT, now))


def test_each_milestone_of_a_model_in_use_is_a_whole_day() -> None:
    diary = read(*(row(region=one, life=DYING, in_use=True) for one in (EAST, WEST)))

    assert diary.dates == {
        "Claude Sonnet 4.5: Legacy (Amazon Bedrock)": [date(2026, 10, 8)],
        "Claude Sonnet 4.5: public extended access (Amazon Bedrock)": [date(2027, 1, 8)],
        "Claude Sonnet 4.5: end of life (Amazon Bedrock)": [date(2027, 4, 8)],
    }
    for event in diary.events.values():
        assert event.decoded("DTEND") - event.decoded("DTSTART") == timedelta(days=1)
        assert event["TRANSP"] == "TRANSPARENT"


@pytest.mark.parametrize(
    ("in_use", "events"),
    [
        pytest.param(True, 3, id="a model in use is in it"),
        pytest.param(None, 3, id="unknown use counts as use"),
        pytest.param(False, 0, id="a model that nobody uses is not"),
    ],
)
def test_who_uses_what(*, in_use: bool | None, events: int) -> None:
    assert len(read(row(life=DYING, in_use=in_use)).events) == events


def test_it_reminds_in_the_morning_of_days_before() -> None:
    diary = read(row(life=DYING, in_use=True))

    (end,) = [one for one in diary.events.values() if "end of life" in str(one["SUMMARY"])]
    alarms = end.walk("VALARM")
    midnight = datetime(2027, 4, 8)  # noqa: DTZ001 a whole day is in nobody's time zone
    rings = sorted(midnight + alarm.decoded("TRIGGER") for alarm in alarms)

    assert [(one.date() - date(2027, 4, 8)).days for one in rings] == [-60, -30, -14, -7, -1]
    assert {one.hour for one in rings} == {9}
    assert str(alarms[-1]["DESCRIPTION"]) == "Claude Sonnet 4.5: end of life tomorrow"


def test_imported_again_a_moved_date_moves_and_no_event_is_left_behind() -> None:
    diary = read(*(row(region=one, life=DYING, in_use=True) for one in (EAST, WEST)))
    moved = lifecycle("LEGACY", "2026-10-08", "2027-01-08", "2027-03-01")

    later = calendar(
        [row(region=one, life=moved, in_use=True) for one in (EAST, WEST)],
        ACCOUNT,
        NOW + timedelta(days=3),
    )
    diary.read(later)

    assert diary.dates["Claude Sonnet 4.5: end of life (Amazon Bedrock)"] == [date(2027, 3, 1)]
    assert len(diary.events) == 3


def test_imported_in_the_wrong_order_the_later_export_stays() -> None:
    moved = lifecycle("LEGACY", "2026-10-08", "2027-01-08", "2027-03-01")
    early = calendar([row(life=DYING, in_use=True)], ACCOUNT, NOW)
    late = calendar([row(life=moved, in_use=True)], ACCOUNT, NOW + timedelta(minutes=1))

    assert Diary().read(late).read(early).dates == Diary().read(late).dates


def test_a_region_with_another_date_has_an_event_of_its_own_and_the_first_keeps_its_name() -> None:
    alone = read(row(region=EAST, life=DYING, in_use=True))
    other = lifecycle("LEGACY", "2026-10-08", "2027-01-08", "2027-09-01")

    both = read(
        row(region=EAST, life=DYING, in_use=True), row(region=EUROPE, life=other, in_use=True)
    )

    ends = both.dates["Claude Sonnet 4.5: end of life (Amazon Bedrock)"]
    assert ends == [date(2027, 4, 8), date(2027, 9, 1)]
    assert set(alone.events) < set(both.events)
    texts = {
        str(one["DESCRIPTION"]).split("Regions: ")[1].split("\n")[0] for one in both.events.values()
    }
    assert texts == {f"{EUROPE} and {EAST}", EAST, EUROPE}


def test_a_date_that_only_aws_health_gives_is_in_it_and_says_so() -> None:
    announced = replace(row(in_use=True), by_health=Dates(end_of_life=date(2027, 2, 15)))

    (event,) = read(announced).events.values()

    assert event.decoded("DTSTART") == date(2027, 2, 15)
    assert "So says AWS Health" in str(event["DESCRIPTION"])


def test_two_accounts_in_one_calendar_do_not_take_each_others_place() -> None:
    mine = calendar([row(life=DYING, in_use=True)], ACCOUNT, NOW)
    theirs = calendar([row(life=DYING, in_use=True)], "210987654321", NOW)

    assert len(Diary().read(mine).read(theirs).events) == 6


def test_it_says_what_it_means_who_calls_and_where_to_go() -> None:
    found = Successor("anthropic.claude-sonnet-4-6", "Claude Sonnet 4.6", "same family")
    used = row(
        life=DYING, in_use=True, use=called("2026-10-19", invocations_14d=18_234), successor=found
    )

    (end,) = [one for one in read(used).events.values() if "end of life" in str(one["SUMMARY"])]

    text = str(end["DESCRIPTION"])
    assert "every request fails" in text
    assert f"Model id: {SONNET}" in text
    assert "In use: yes, 18,234 calls in 14 days" in text
    assert "Successor: Claude Sonnet 4.6 (same family)" in text


HOSTILE = "X\r\nEND:VEVENT\r\nBEGIN:VALARM; , \\ \x00\u202e" + "w" * 500


def test_hostile_names_stay_text_within_their_event() -> None:
    hostile = row("acme." + HOSTILE, life=DYING, in_use=True, name=HOSTILE)

    contents = calendar([hostile], ACCOUNT, NOW)

    events = Calendar.from_ical(contents).walk("VEVENT")
    assert len(events) == 3
    assert [len(one.walk("VALARM")) for one in events] == [
        len(REMINDERS[milestone]) for milestone in Milestone
    ]
    assert all(len(line) <= 75 for line in contents.split(b"\r\n"))
    assert "\u202e" not in contents.decode()


def test_the_same_export_twice_is_the_same_to_the_byte() -> None:
    rows = [row(region=one, life=DYING, in_use=True) for one in (EAST, WEST)]

    assert calendar(rows, ACCOUNT, NOW) == calendar(rows[::-1], ACCOUNT, NOW)
