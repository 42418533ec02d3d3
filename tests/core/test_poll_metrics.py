"""What a poll measures: every metric by another name is billed each month."""

from __future__ import annotations

import json

import pytest

from notifier import poll
from notifier.model import RegionState
from notifier.settings import Settings
from notifier.summary import Summary
from tests.core.cases import EAST, at


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        pytest.param(Settings(), {"DeliveryFailures", "PollsCompleted"}, id="by default"),
        pytest.param(
            Settings(dashboard=True),
            {"DeliveryFailures", "PollsCompleted", "CoveredRegionsFailing"},
            id="for the dashboard's graph",
        ),
        pytest.param(
            Settings(user_notifications=True),
            {"DeliveryFailures", "PollsCompleted", "DaysToNextEndOfLife"},
            id="for the alarm on deadlines",
        ),
    ],
)
def test_a_poll_measures_what_an_alarm_or_a_graph_needs(
    settings: Settings,
    names: set[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = at("2026-10-20")
    summary = Summary(
        now, regions=(RegionState(EAST, covered_since=now),), days_to_next_end_of_life=30
    )
    # Whatever the environment says, of which a test has none.
    monkeypatch.setattr(poll.metrics.provider, "namespace", "notifier")

    @poll.metrics.log_metrics
    def report(_: object, __: object) -> None:
        poll._report(summary, settings)  # noqa: SLF001 what is measured is not its answer

    report({}, None)

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (measured,) = [line for line in lines if "_aws" in line]
    (directive,) = measured["_aws"]["CloudWatchMetrics"]
    assert {one["Name"] for one in directive["Metrics"]} == names
