"""Reminder ladders: when a rung is due, which one is sent, and when it is sent no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notifier.deadlines import Due, Ladders, Statement, is_told, reminder_due
from notifier.model import Dates, Milestone, Phase
from tests.core.cases import LADDERS, SONNET_DATES, at, dates

END = Milestone.END_OF_LIFE
ENDING = dates(end_of_life="2027-04-08")
BOTH = dates(None, "2027-01-08", "2027-04-08")


def due(
    stated: Dates,
    now: str,
    *statements: tuple[Dates, str],
    phase: Phase = Phase.LEGACY,
    ladders: Ladders = LADDERS,
) -> Due | None:
    """Give the reminder due after messages that stated such dates on such days."""
    said = [Statement(what, at(on).date()) for what, on in statements]
    return reminder_due(stated, phase, said, ladders, at(now))


def rung(
    stated: Dates, now: str, *statements: tuple[Dates, str], phase: Phase = Phase.LEGACY
) -> tuple[Milestone, int] | None:
    """Give the milestone and rung of the reminder due."""
    found = due(stated, now, *statements, phase=phase)
    return None if found is None else (found.milestone, found.rung)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param("2026-12-09T08:59:59Z", None, id="before the hour of its day it is not due"),
        pytest.param("2026-12-09T09:00:00Z", 120, id="at the hour it is due"),
        pytest.param("2026-12-20", 120, id="days later it is still due"),
        pytest.param("2027-02-07T08:59:59Z", 120, id="until the next rung's hour"),
        pytest.param("2027-02-07T09:00:00Z", 60, id="then the next rung is due alone"),
        pytest.param("2027-03-09", 30, id="30 days before"),
        pytest.param("2027-03-25", 14, id="14 days before"),
        pytest.param("2027-04-01", 7, id="7 days before"),
        pytest.param("2027-04-05", 3, id="3 days before"),
        pytest.param("2027-04-07T08:59:59Z", 3, id="on the eve before the hour: still three"),
        pytest.param("2027-04-07T23:59:59Z", 1, id="to the last second of the eve"),
        pytest.param("2027-04-08T00:00:00Z", None, id="on the day itself no reminder is due"),
        pytest.param("2027-04-08T07:59:59Z", None, id="nor before the milestone takes effect"),
        pytest.param("2027-04-20", None, id="nor after the date"),
    ],
)
def test_only_the_tightest_rung_due_of_an_end_of_life(now: str, expected: int | None) -> None:
    found = due(ENDING, now)

    assert (found.rung if found else None) == expected


def test_a_reminder_names_its_milestone_date_rung_and_days_left() -> None:
    assert due(ENDING, "2027-02-10") == Due(57, END, at("2027-04-08").date(), 60)


def test_the_hour_is_the_settings() -> None:
    late = replace(LADDERS, hour=23)

    assert due(ENDING, "2027-02-07T22:59:59Z", ladders=late) == due(ENDING, "2026-12-30")._replace(  # type: ignore[union-attr]
        days_left=60
    )
    assert due(ENDING, "2027-02-07T23:00:00Z", ladders=late).rung == 60  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("stated", "now", "said", "expected"),
    [
        pytest.param(
            ENDING,
            "2027-02-07",
            [(ENDING, "2027-02-07")],
            None,
            id="what was said today is not said again",
        ),
        pytest.param(
            ENDING,
            "2027-02-20",
            [(ENDING, "2027-02-07")],
            None,
            id="a rung that was said stays said",
        ),
        pytest.param(
            ENDING,
            "2027-03-09",
            [(ENDING, "2027-02-07")],
            (END, 30),
            id="the next rung is news",
        ),
        pytest.param(
            ENDING,
            "2027-03-10",
            [(ENDING, "2027-03-09")],
            None,
            id="the looser rungs count as said with the tighter one",
        ),
        pytest.param(
            ENDING,
            "2027-02-07",
            [(ENDING, "2027-01-30")],
            (END, 60),
            id="eight days before the loose rung a message does not cover it",
        ),
        pytest.param(
            ENDING,
            "2027-02-07",
            [(ENDING, "2027-01-31")],
            None,
            id="within seven days after a message a rung above 14 would only repeat it",
        ),
        pytest.param(
            ENDING,
            "2027-02-20",
            [(ENDING, "2027-01-31")],
            None,
            id="and it stays covered after the seven days",
        ),
        pytest.param(
            ENDING,
            "2027-03-25",
            [(ENDING, "2027-03-24")],
            (END, 14),
            id="rung 14 is sent even a day after a message",
        ),
        pytest.param(
            ENDING,
            "2027-04-07",
            [(ENDING, "2027-04-05")],
            (END, 1),
            id="the last rungs are sent days after each other",
        ),
        pytest.param(
            dates(end_of_life="2027-04-09"),
            "2027-04-06T10:00:00Z",
            [(ENDING, "2027-04-05")],
            (END, 3),
            id="a moved date starts its ladder anew",
        ),
        pytest.param(
            ENDING,
            "2027-02-20",
            [(dates(), "2027-02-19")],
            (END, 60),
            id="a message that did not state the date covers nothing",
        ),
        pytest.param(
            ENDING,
            "2027-02-20",
            [(ENDING, "2027-02-07"), (dates(end_of_life="2027-06-01"), "2027-02-10")],
            None,
            id="a date that moved away and came back is remembered",
        ),
        pytest.param(
            ENDING,
            "2026-12-09T09:00:00Z",
            [(ENDING, "2026-12-09T03:00:00Z")],
            None,
            id="a message on the morning of the rung's day covers it",
        ),
    ],
)
def test_what_was_said_is_not_due(
    stated: Dates, now: str, said: list[tuple[Dates, str]], expected: tuple[Milestone, int] | None
) -> None:
    assert rung(stated, now, *said) == expected


@pytest.mark.parametrize(
    ("days_left", "covered"),
    [
        pytest.param(37, True, id="seven days ahead of rung 30"),
        pytest.param(38, False, id="eight days ahead of it"),
        pytest.param(30, True, id="on its day"),
        pytest.param(12, True, id="closer than it"),
    ],
)
def test_a_message_covers_rung_30_from_a_week_before(days_left: int, covered: bool) -> None:  # noqa: FBT001 (a column of the table)
    end = at("2027-04-08").date()
    said = Statement(ENDING, end.fromordinal(end.toordinal() - days_left))

    assert is_told(30, END, end, [said]) is covered


@pytest.mark.parametrize("small", [14, 7, 3, 1])
def test_small_rungs_are_covered_only_by_messages_as_close_as_they_are(small: int) -> None:
    end = at("2027-04-08").date()
    day_before, same_day = (
        Statement(ENDING, end.fromordinal(end.toordinal() - days)) for days in (small + 1, small)
    )

    assert not is_told(small, END, end, [day_before])
    assert is_told(small, END, end, [same_day])


@pytest.mark.parametrize(
    ("stated", "now", "phase", "expected"),
    [
        pytest.param(
            BOTH,
            "2027-01-02",
            Phase.LEGACY,
            (Milestone.EXTENDED_ACCESS, 7),
            id="of two milestones due the nearest is named",
        ),
        pytest.param(
            BOTH,
            "2027-01-02",
            Phase.EXTENDED_ACCESS,
            (END, 120),
            id="a milestone whose phase has begun is not reminded of",
        ),
        pytest.param(
            dates("2026-11-01", None, "2027-04-08"),
            "2026-10-26",
            Phase.LEGACY,
            None,
            id="a model already Legacy is not told that it will be",
        ),
        pytest.param(
            dates("2026-11-01"),
            "2026-10-26",
            Phase.ACTIVE,
            (Milestone.LEGACY, 7),
            id="an active model is told that Legacy comes",
        ),
        pytest.param(
            SONNET_DATES, "2027-04-07", Phase.END_OF_LIFE, None, id="a dead model has no reminders"
        ),
        pytest.param(
            dates("2027-05-08", None, "2027-04-08"),
            "2027-04-07",
            Phase.ACTIVE,
            (END, 1),
            id="a Legacy date behind the end of life does not hide the end",
        ),
        pytest.param(dates(), "2027-04-07", Phase.LEGACY, None, id="without dates nothing is due"),
    ],
)
def test_the_phase_and_the_nearest_milestone(
    stated: Dates, now: str, phase: Phase, expected: tuple[Milestone, int] | None
) -> None:
    assert rung(stated, now, phase=phase) == expected


def test_a_ladder_without_rungs_reminds_of_nothing() -> None:
    none = Ladders(dict.fromkeys(Milestone, ()), 9)

    assert due(ENDING, "2027-04-07", ladders=none) is None


def test_the_order_in_which_rungs_were_written_does_not_matter() -> None:
    mixed = Ladders({**LADDERS.rungs, END: (1, 60, 7, 120, 3, 30, 14)}, 9)

    assert due(ENDING, "2027-04-03", ladders=mixed) == due(ENDING, "2027-04-03")


def test_a_rung_longer_than_the_calendar_is_no_trouble() -> None:
    absurd = Ladders({**LADDERS.rungs, END: (1_000_000_000,)}, 9)

    assert due(ENDING, "2027-04-03", ladders=absurd) is None
