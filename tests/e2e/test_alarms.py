"""The reading of CloudWatch's rule gives what AWS's own examples of it give."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.e2e.alarms import Alarm, Metric

ALWAYS = frozenset({"breaching", "notBreaching"})
IF_MISSING_IS_BAD = frozenset({"breaching"})
NEVER = frozenset[str]()


def alarm(missing: str) -> Alarm:
    return Alarm(
        metric=Metric("Acme", "Failures", frozenset()),
        period=timedelta(hours=1),
        periods=3,
        threshold=1,
        comparison="GreaterThanOrEqualToThreshold",
        statistic="Sum",
        missing=missing,
        actions=(),
        description="",
    )


@pytest.mark.parametrize(
    ("points", "in_alarm"),
    [
        # Of the page, where all of three must breach: 0 is within the threshold, X beyond it.
        ("0 - X - X", NEVER),
        ("0 - - - -", NEVER),
        ("- - - - -", IF_MISSING_IS_BAD),
        ("0 X X - X", ALWAYS),
        ("- - X - -", IF_MISSING_IS_BAD),
        # Not on it: nothing is filled in where there is enough, however old.
        ("0 0 0 - -", NEVER),
        ("X X X - -", ALWAYS),
        ("0 X X X X", ALWAYS),
        ("X X X X 0", NEVER),
    ],
)
def test_missing_points_are_filled_in_as_aws_shows_it(
    points: str, in_alarm: frozenset[str]
) -> None:
    read = [{"0": 0.0, "X": 1.0, "-": None}[point] for point in points.split()]

    assert {one for one in ALWAYS if alarm(one).speaks(read)} == in_alarm
