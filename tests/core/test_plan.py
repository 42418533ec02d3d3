"""Migration plans: dates worked back from the end of life, whatever time is left."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.model import Dates
from notifier.plan import migration_plan, plan_lines
from tests.core.cases import SONNET_DATES, dates, day

PHASES = ["assessment", "research", "testing", "migration", "operation"]


def lines(stated: Dates, start: str) -> list[str]:
    found = day(start)
    assert found is not None
    return list(plan_lines(migration_plan(stated, found)))


@pytest.mark.parametrize(
    ("stated", "start", "expected"),
    [
        pytest.param(
            SONNET_DATES,
            "2026-10-08",
            [
                "2026-10-08 to 2026-10-26: assessment",
                "2026-10-27 to 2026-11-09: research",
                "2026-11-10 to 2026-12-06: testing",
                "2026-12-07 to 2027-01-07: migration",
                "2027-01-08 to 2027-04-08: operation",
            ],
            id="with six months, the move is done the day before extended access begins",
        ),
        pytest.param(
            dates("2026-03-13", None, "2026-09-14"),
            "2026-03-13",
            [
                "2026-03-13 to 2026-04-13: assessment",
                "2026-04-14 to 2026-05-06: research",
                "2026-05-07 to 2026-06-22: testing",
                "2026-06-23 to 2026-08-15: migration",
                "2026-08-16 to 2026-09-14: operation",
            ],
            id="without extended access it is done 30 days before the end",
        ),
        pytest.param(
            dates("2026-10-01", None, "2026-11-15"),
            "2026-10-01",
            [
                "2026-10-01 to 2026-10-10: assessment",
                "2026-10-05 to 2026-10-15: research",
                "2026-10-11 to 2026-10-28: testing",
                "2026-10-22 to 2026-11-06: migration",
                "2026-11-07 to 2026-11-15: operation",
            ],
            id="with 45 days, the phases overlap and nine days are left",
        ),
        pytest.param(
            dates(end_of_life="2026-10-08"),
            "2026-10-01",
            [
                "2026-10-01 to 2026-10-07: assessment, research, testing and migration",
                "2026-10-08: operation",
            ],
            id="with a week, all is done at once",
        ),
        pytest.param(
            dates(end_of_life="2026-10-02"),
            "2026-10-01",
            [
                "2026-10-01: assessment, research, testing and migration",
                "2026-10-02: operation",
            ],
            id="with a day, all is done today",
        ),
        pytest.param(dates(end_of_life="2026-10-01"), "2026-10-01", [], id="not on the day itself"),
        pytest.param(dates(end_of_life="2026-09-30"), "2026-10-01", [], id="nor after it"),
        pytest.param(
            dates("2026-10-08", "2027-01-08"), "2026-10-01", [], id="nor without an end of life"
        ),
        pytest.param(Dates(), "2026-10-01", [], id="nor without any date"),
    ],
)
def test_the_plan_for_the_time_that_is_left(stated: Dates, start: str, expected: list[str]) -> None:
    assert lines(stated, start) == expected


@pytest.mark.parametrize(
    ("stated", "start", "move_ends"),
    [
        pytest.param(
            dates(None, "2026-11-15", "2027-04-08"),
            "2026-10-01",
            "2026-11-14",
            id="extended access 45 days ahead is the date to beat",
        ),
        pytest.param(
            dates(None, "2026-11-14", "2027-04-08"),
            "2026-10-01",
            "2027-03-09",
            id="44 days ahead it is too near, and the end of life counts",
        ),
        pytest.param(
            dates(None, "2026-09-01", "2027-04-08"),
            "2026-10-01",
            "2027-03-09",
            id="one that has begun is past beating",
        ),
        pytest.param(
            dates(None, "2027-04-05", "2027-04-08"),
            "2026-10-01",
            "2027-03-09",
            id="one just before the end leaves the slack as it is",
        ),
        pytest.param(
            dates(None, "2028-01-01", "2027-04-08"),
            "2026-10-01",
            "2027-03-09",
            id="one after the end counts for nothing",
        ),
    ],
)
def test_the_day_by_which_the_move_is_done(stated: Dates, start: str, move_ends: str) -> None:
    assert lines(stated, start)[3].split(":")[0].endswith(move_ends)


@pytest.mark.parametrize(
    ("work_days", "overlap"),
    [
        pytest.param(60, False, id="in 60 days the phases follow each other"),
        pytest.param(59, True, id="in 59 they overlap"),
        pytest.param(8, True, id="in 8 too, each with dates of its own"),
    ],
)
def test_phases_overlap_when_time_is_short(work_days: int, overlap: bool) -> None:  # noqa: FBT001 (a column of the table)
    start = date(2026, 10, 1)
    extended_access = start + timedelta(work_days)
    end = extended_access + timedelta(90)
    if work_days < 45:
        extended_access, end = end, start + timedelta(work_days)  # The last day is slack.

    steps = migration_plan(Dates(None, extended_access, end), start)
    moves = steps[:4]

    assert (moves[-1].end - start).days + 1 == work_days
    assert any(b.start <= a.end for a, b in pairwise(moves)) is overlap
    assert len({(step.start, step.end) for step in moves}) == len(moves)


def test_each_step_says_its_work() -> None:
    work = {step.phase: step.work for step in migration_plan(SONNET_DATES, date(2026, 10, 8))}

    assert list(work) == PHASES
    for phase, words in {
        "assessment": ["baseline", "what calls the model"],
        "research": ["differs", "quotas"],
        "testing": ["side by side", "regression", "edge cases"],
        "migration": ["model ids", "prompts", "response handling", "token", "stages", "way back"],
        "operation": ["watch"],
    }.items():
        assert [word for word in words if word not in work[phase]] == []


days = st.dates(date(2024, 1, 1), date(2030, 12, 31))
some_day = st.none() | days


@given(st.builds(Dates, some_day, some_day, days), days)
def test_every_plan_is_in_order_without_gaps_and_inside_its_window(
    stated: Dates, start: date
) -> None:
    steps = migration_plan(stated, start)

    assert stated.end_of_life is not None
    assert bool(steps) is (stated.end_of_life > start)
    assert steps == migration_plan(stated, start)
    if not steps:
        return
    assert [step.phase for step in steps] == PHASES
    assert steps[0].start == start
    assert steps[-1].end == stated.end_of_life
    for step in steps:
        assert step.start <= step.end
    for before, after in pairwise(steps):
        assert before.start <= after.start <= before.end + timedelta(1)
        assert before.end <= after.end
    assert steps[4].start == steps[3].end + timedelta(1)


@given(days, st.integers(45, 900), st.integers(2, 400))
def test_where_there_is_time_the_move_is_done_before_each_call_costs_more(
    start: date, until_extended_access: int, until_end: int
) -> None:
    extended_access = start + timedelta(until_extended_access)
    stated = Dates(None, extended_access, extended_access + timedelta(until_end))

    assert migration_plan(stated, start)[3].end < extended_access


@given(days, days)
def test_the_lines_of_a_plan_name_every_phase_once(end: date, start: date) -> None:
    text = "\n".join(plan_lines(migration_plan(Dates(None, None, end), start)))

    assert [text.count(phase) for phase in PHASES] == ([1] * 5 if end > start else [0] * 5)
