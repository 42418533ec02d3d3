"""Whatever changes and whatever fails in between: each digest says what no other has said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.world import EAST, RecordingChannel, World, model

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.contract

A, B = "acme.alpha-1-v1:0", "acme.beta-1-v1:0"
MONDAY = date(2026, 10, 5)
# Further away than what comes soon, and never the same twice in a row.
ENDS = st.sampled_from([None, "2027-09-08", "2027-10-08", "2027-11-08"])


@dataclass(frozen=True)
class Week:
    """What the API lists of B in a week, on which days SNS and the chat fail, and what repeats."""

    end_of_life: str | None
    topic_down: frozenset[int]
    chat_down: frozenset[int]
    digest_again: bool


DAYS = st.frozensets(st.sampled_from([0, 2, 4]))
# A channel other than the alerts topic is given up after a day.
MONDAYS = st.frozensets(st.just(0))
WEEKS = st.lists(st.builds(Week, ENDS, DAYS, MONDAYS, st.booleans()), min_size=1, max_size=4)


@settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(WEEKS)
def test_every_digest_says_what_is_new_since_the_last_one_and_the_last_one_what_is_true(
    new_world: Callable[[], World], weeks: list[Week]
) -> None:
    world = new_world()
    world.chat = RecordingChannel("chat", tells=False)
    world.account.readable = True
    world.regions[EAST] = [model(A), model(B)]
    world.poll(f"{MONDAY}T08:00:00Z")

    for number, week in enumerate(weeks):
        _live(world, week, MONDAY + timedelta(weeks=number))
    world.topic.down = world.chat.down = False
    end = MONDAY + timedelta(weeks=len(weeks))
    world.poll(f"{end}T08:00:00Z")
    world.digest(f"{end}T09:00:00Z")
    world.poll(f"{end}T10:00:00Z")

    digests = [one for one in world.topic.accepted if one["kind"] == "DIGEST"]
    said = [_dates_of_b(one) for one in digests]
    assert world.ledger.unsettled() == ((), ())
    # No digest repeats the one before, and people know what is true in the end.
    assert all(one != before for before, one in zip([None, *said], said, strict=False))
    assert (said[-1] if said else None) == weeks[-1].end_of_life
    # Every channel got each of them once, in the same words.
    assert [one for one in world.chat.accepted if one["kind"] == "DIGEST"] == digests
    assert [one for one in world.bus.accepted if one["kind"] == "DIGEST"] == digests


def _live(world: World, week: Week, monday: date) -> None:
    """Poll on some days of a week, with its digest on Monday."""
    assert world.chat is not None
    listed = model(B, end_of_life=week.end_of_life, legacy="2027-08-08")
    world.regions[EAST] = [model(A), listed if week.end_of_life else model(B)]
    for day in (0, 2, 4):
        world.topic.down = day in week.topic_down
        world.chat.down = day in week.chat_down
        today = monday + timedelta(days=day)
        if day == 0:
            world.digest(f"{today}T09:00:00Z")
            if week.digest_again:
                world.digest(f"{today}T09:00:00Z")
        world.poll(f"{today}T10:00:00Z")


def _dates_of_b(digest: dict[str, Any]) -> str | None:
    (entry,) = [one for one in digest["models"] if one["model_id"] == B]
    end: str | None = entry["dates"]["end_of_life"]
    return end
