"""A plan for moving off a model, as dates worked back from its end of life.

The phases and their work follow what AWS advises, in our own words
(https://aws.amazon.com/blogs/machine-learning/understanding-amazon-bedrock-model-lifecycle/); the
lengths of notice are those of
https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle.html.

How the dates come about:

- The move is to be done the day before extended access begins if that leaves 45 days, the shortest
  notice that AWS gives for any model; from that date on each call may cost more. If not, it is to
  be done some days before the end of life: a fifth of the time there is, 30 days at most.
- With 60 days or more the phases follow each other. With less they overlap: one is begun before
  the last is done. Within a week there is no use in splitting: all is done at once.
- From the day after the move to the end of life the new model is watched. That is also the slack.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from notifier.render.words import listing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from notifier.model import Dates

_ENOUGH_DAYS = 45
_MOST_SLACK_DAYS = 30
_SLACK_SHARE = 5
_DAYS_TO_FOLLOW = 60
_DAYS_AT_ONCE = 7

# From where to where each phase reaches, in hundredths of the time until the move is done.
_Layout = tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]]
_FOLLOWING: _Layout = ((0, 20), (20, 35), (35, 65), (65, 100))
_OVERLAPPING: _Layout = ((0, 25), (10, 40), (25, 75), (55, 100))
_AT_ONCE: _Layout = ((0, 100), (0, 100), (0, 100), (0, 100))

ASSESSMENT, RESEARCH, TESTING = "assessment", "research", "testing"
MIGRATION, OPERATION = "migration", "operation"
_WORK = {
    ASSESSMENT: (
        "list what calls the model, and record today's traffic, latency, cost and quality as the"
        " baseline"
    ),
    RESEARCH: (
        "find out how the successor differs: abilities, Regions, API, limits; request its quotas"
    ),
    TESTING: (
        "compare both models side by side on real requests, then regression and edge cases,"
        " latency and tokens"
    ),
    MIGRATION: (
        "change model ids, prompts, response handling and token limits; move the traffic in"
        " stages, with a way back"
    ),
    OPERATION: (
        "watch errors, latency, cost and what users say, and see that nothing calls the old model"
    ),
}


class Step(NamedTuple):
    """One phase of a migration: its first and its last day (UTC), and what is to be done."""

    phase: str
    start: date
    end: date
    work: str


def migration_plan(dates: Dates, start: date) -> tuple[Step, ...]:
    """Plan from `start` to the end of life; nothing without one, or once its day has come.

    Steps begin and end in order, none lies outside of [start, end of life], and between two of
    them there is no gap.
    """
    end = dates.end_of_life
    if end is None or end <= start:
        return ()
    done = _last_day_of_move(dates.extended_access, start, end)
    days = (done - start).days + 1
    phases = (ASSESSMENT, RESEARCH, TESTING, MIGRATION)
    steps = [
        _step(phase, start, _part(days, first), _part(days, after))
        for phase, (first, after) in zip(phases, _layout(days), strict=True)
    ]
    operation = Step(OPERATION, done + timedelta(1), end, _WORK[OPERATION])
    return (*steps, operation)


def _last_day_of_move(extended_access: date | None, start: date, end: date) -> date:
    """Give the day by which nothing should call the model any more; never before `start`."""
    days = (end - start).days
    slack = max(1, min(days // _SLACK_SHARE, _MOST_SLACK_DAYS))
    done = end - timedelta(slack)
    if extended_access is not None and (extended_access - start).days >= _ENOUGH_DAYS:
        return min(done, extended_access - timedelta(1))
    return done


def _layout(days: int) -> _Layout:
    if days >= _DAYS_TO_FOLLOW:
        return _FOLLOWING
    return _OVERLAPPING if days > _DAYS_AT_ONCE else _AT_ONCE


def _part(days: int, hundredths: int) -> int:
    return -(-days * hundredths // 100)


def _step(phase: str, start: date, first: int, after: int) -> Step:
    """Make the step from day `first` to the day before day `after`, counted from `start`."""
    return Step(phase, start + timedelta(first), start + timedelta(after - 1), _WORK[phase])


def plan_lines(steps: Iterable[Step]) -> tuple[str, ...]:
    """Write a plan for a table row: `2026-10-08 to 2026-10-26: assessment`."""
    return tuple(
        f"{span}: {listing([step.phase for step in at_once])}"
        for span, at_once in groupby(steps, key=_span)
    )


def _span(step: Step) -> str:
    if step.start == step.end:
        return step.start.isoformat()
    return f"{step.start.isoformat()} to {step.end.isoformat()}"
