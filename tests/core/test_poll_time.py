"""Where "now" comes from: the event's time, the clock only when there is none."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.poll import InvalidEventError, poll_time
from notifier.times import NaiveTimeError, iso_time, parse_time
from tests.core.cases import at

CLOCK = at("2026-11-20T12:34:56Z")


@pytest.mark.parametrize(
    ("event", "now"),
    [
        pytest.param({"time": "2026-11-20T08:00:00Z"}, "2026-11-20T08:00:00Z", id="the schedule's"),
        pytest.param(
            {"time": "2026-11-20T09:00:00+01:00"}, "2026-11-20T08:00:00Z", id="with an offset"
        ),
        pytest.param(
            {"time": "2026-11-20T08:00:00.123Z"}, "2026-11-20T08:00:00Z", id="with a fraction"
        ),
        pytest.param({}, "2026-11-20T12:34:56Z", id="the clock's when there is none"),
        pytest.param({"source": "me"}, "2026-11-20T12:34:56Z", id="the clock's beside other keys"),
    ],
)
def test_the_time_of_a_poll(event: dict[str, Any], now: str) -> None:
    assert iso_time(poll_time(event, CLOCK)) == now


@pytest.mark.parametrize(
    "time",
    [
        pytest.param("2026-11-20T08:00:00", id="a naive time"),
        pytest.param("2026-11-20", id="a date"),
        pytest.param("<aws.scheduler.scheduled-time>", id="the placeholder left unsubstituted"),
        pytest.param("", id="empty text"),
        pytest.param("tomorrow", id="a word"),
        pytest.param(None, id="null"),
        pytest.param(1_795_161_600, id="a number"),
        pytest.param(True, id="a boolean"),
        pytest.param(["2026-11-20T08:00:00Z"], id="a list"),
        pytest.param({"$date": "2026-11-20T08:00:00Z"}, id="an object"),
        pytest.param("2026-02-30T08:00:00Z", id="a day that does not exist"),
        pytest.param("0001-01-01T00:00:00+05:00", id="a time before all time in UTC"),
    ],
)
def test_a_time_that_is_none_is_an_error_and_never_a_guess(time: object) -> None:
    with pytest.raises(InvalidEventError, match="2026-11-20T08:00:00Z"):
        poll_time({"time": time}, CLOCK)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(None, id="null"),
        pytest.param([], id="a list"),
        pytest.param("time", id="text"),
        pytest.param(5, id="a number"),
    ],
)
def test_an_event_that_is_no_object_is_refused_as_such(event: Any) -> None:  # noqa: ANN401 (anything)
    with pytest.raises(InvalidEventError):
        poll_time(event, CLOCK)


def test_what_was_written_can_be_read() -> None:
    assert parse_time(iso_time(CLOCK)) == CLOCK


def test_a_naive_time_is_never_written() -> None:
    with pytest.raises(NaiveTimeError):
        iso_time(CLOCK.replace(tzinfo=None))
