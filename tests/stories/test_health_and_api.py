"""Whatever AWS Health and the Bedrock API say, in whatever order: people know what is stated."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifier.health_event import Entity, HealthEvent
from notifier.health_receive import DeliveryFailedError
from tests.world import EAST, World, model

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.contract

A = "acme.alpha-1-v1:0"
BEGIN = date(2026, 10, 1)
MILESTONES = ("legacy", "extended_access", "end_of_life")
# Some pass while the story goes on, so that phases change as well.
LEGACY = st.sampled_from([None, "2026-10-03", "2026-12-01"])
EXTENDED = st.sampled_from([None, "2026-10-06", "2027-01-08"])
END = st.sampled_from([None, "2027-04-08", "2027-05-01"])


@dataclass(frozen=True)
class ApiSays:
    """What the API lists of the model from now on."""

    status: str
    legacy: str | None
    extended_access: str | None
    end_of_life: str | None


@dataclass(frozen=True)
class HealthSays:
    """A new version of an event: the day it gives, which of two events, and if it is closed."""

    end_of_life: str | None
    text: str
    which: int
    closed: bool


API = st.builds(ApiSays, st.sampled_from(["ACTIVE", "LEGACY"]), LEGACY, EXTENDED, END)
HEALTH = st.builds(
    HealthSays,
    END,
    st.sampled_from(["", "Extended access begins 2027-01-08.", "It enters Legacy 2026-12-01."]),
    st.integers(0, 1),
    st.booleans(),
)


@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.lists(st.one_of(API, HEALTH), min_size=1, max_size=6), st.integers(0, 3))
def test_after_every_poll_the_last_words_about_a_model_are_what_is_true(
    new_world: Callable[[], World], says: list[ApiSays | HealthSays], down: int
) -> None:
    world = new_world()
    world.regions[EAST] = [model(A, name="Alpha 1"), model("acme.beta-1-v1:0", name="Beta 1")]
    world.poll(f"{BEGIN}T10:00:00Z")
    for number, one in enumerate(says):
        today = BEGIN + timedelta(days=number + 1)
        # Once the topic does not answer; what was to be said then must not be forgotten.
        world.topic.down = number == down
        if isinstance(one, HealthSays):
            _push(world, one, today)
        else:
            listed = model(
                A,
                one.status,
                legacy=one.legacy,
                extended_access=one.extended_access,
                end_of_life=one.end_of_life,
                name="Alpha 1",
            )
            world.regions[EAST] = [listed, world.regions[EAST][1]]  # type: ignore[index]
        world.poll(f"{today}T10:00:00Z")
        if world.topic.down:
            world.topic.down = False
            world.poll(f"{today}T11:00:00Z")
            world.poll(f"{today}T12:00:00Z")
        _everything_is_known(world, today)

    ids = [told["alert_id"] for told in world.topic.accepted]
    assert len(ids) == len(set(ids))


def _push(world: World, said: HealthSays, today: date) -> None:
    moment = datetime.combine(today, time(9), UTC)
    end = date.fromisoformat(said.end_of_life) if said.end_of_life else None
    event = HealthEvent(
        account="123456789012",
        arn=f"event-{said.which}",
        service="BEDROCK",
        type_code="AWS_BEDROCK_PLANNED_LIFECYCLE_EVENT",
        category="scheduledChange",
        status="closed" if said.closed else "upcoming",
        region=EAST,
        updated_at=moment,
        start_at=datetime.combine(end, time(7), UTC) if end else None,
        description=said.text,
        language="en_US",
        entities=(Entity(A, "PENDING"),),
    )
    # It fails while the topic is down, unless the same was said before and this is no news.
    with suppress(DeliveryFailedError) if world.topic.down else nullcontext():
        world.push(f"{today}T09:00:00Z", event)


def _everything_is_known(world: World, today: date) -> None:
    """Check each date that the API states and that is still ahead against the last words of it."""
    last_words: dict[str, set[str | None]] = {name: {None} for name in MILESTONES}
    phases = {"ACTIVE"}
    for told in world.topic.accepted:
        for entry in told["models"]:
            if entry["model_id"] == A:
                phases = {entry["phase"]}
                for name in MILESTONES:
                    stated = {entry["dates"][name]}
                    if told["health_event"]:
                        # What an event does not give, another may have given before.
                        stated |= {told["health_event"]["dates"][name]} - {None} or last_words[name]
                    last_words[name] = stated
                if told["health_event"] and told["health_event"]["dates"]["end_of_life"]:
                    phases.add("LEGACY")
    row = world.row(A)
    for name in MILESTONES:
        day = row.get(f"{name}_at", "")[:10] or None
        assert day in last_words[name] or (day and day <= today.isoformat()), (
            name,
            [told["reason"] for told in world.topic.accepted],
        )
    assert row["phase"] in phases
