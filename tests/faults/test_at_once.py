"""Two polls and ten deliveries of Health events at once, over DynamoDB, round after round."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from notifier import pipeline
from notifier.errors import AwsError
from notifier.health_event import Entity, HealthEvent, Page
from notifier.health_receive import DeliveryFailedError, Receiver
from notifier.snapshot import PollInProgressError
from notifier.wiring import Outlets
from tests.health_events import health_event
from tests.world import EAST, PLACE, World, model

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.contract

ROUNDS: Final = 400 if os.environ.get("PROOF") else 15
START: Final = datetime(2026, 10, 1, 10, tzinfo=UTC)
A, B = "acme.alpha-v1:0", "acme.beta-v1:0"
# As often as SQS delivers a message before it is given up.
DELIVERIES: Final = 5


def test_each_alert_is_told_once_and_every_row_is_whole(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    world.regions[EAST] = [model(A), model(B)]
    _poll(world, START)
    for number in range(1, ROUNDS + 1):
        now = START + timedelta(days=number)
        end = (now + timedelta(days=300)).date().isoformat()
        world.regions[EAST] = [
            model(one, "LEGACY", legacy="2026-09-01", end_of_life=end) for one in (A, B)
        ]

        with ThreadPoolExecutor(12) as pool:
            polls = [pool.submit(_poll, world, now) for _ in range(2)]
            pushes = [pool.submit(_deliver, world, page, now) for page in _pages(number, now)]
            for one in (*polls, *pushes):
                one.result()
        _poll(world, now + timedelta(hours=1))

        _see_that_all_is_whole(world, number, end)
    record_property("rounds", ROUNDS)
    record_property("messages on each channel", len(world.topic.accepted))


def _pages(number: int, now: datetime) -> list[Page]:
    """Give ten deliveries: one event six times, another twice, and one of two pages."""

    def event(name: str, *models: str) -> HealthEvent:
        return health_event(
            arn=f"arn:aws:health:{EAST}::event/BEDROCK/X/{name}-{number}",
            updated_at=now,
            start_at=now + timedelta(days=200),
            entities=tuple(Entity(one, "PENDING") for one in models),
        )

    paged = event("paged", A)
    return [
        *[Page(event("often", A), "often")] * 6,
        *[Page(event("twice", B), "twice")] * 2,
        Page(paged, "paged", 1, 2),
        Page(paged, "paged", 2, 2),
    ]


def _poll(world: World, now: datetime) -> None:
    for _ in range(DELIVERIES):
        try:
            pipeline.poll(now, world.lease(), world.edges(), world.settings)
        except PollInProgressError:
            continue  # Lambda tries again.
        return


def _deliver(world: World, page: Page, now: datetime) -> None:
    outlets = Outlets(
        world.snapshot,
        world.memory,
        world.ledger,
        world.topic,  # type: ignore[arg-type]
        None,
        world.delivery,
        PLACE,
    )
    for delivery in range(1, DELIVERIES + 1):
        try:
            Receiver(outlets, world.settings, world.lease()).receive(page, now)
        except (AwsError, DeliveryFailedError):
            if delivery == DELIVERIES:
                raise
        else:
            return


def _see_that_all_is_whole(world: World, number: int, end: str) -> None:
    for channel in (world.topic, world.bus):
        told = Counter(document["alert_id"] for document in channel.accepted)
        assert max(told.values()) == 1, (number, channel.name)
    same = [{one["alert_id"] for one in by.accepted} for by in (world.topic, world.bus)]
    assert same[0] == same[1], number
    events = Counter(
        document["health_event"]["event_arn"].rpartition("/")[2]
        for document in world.topic.accepted
        if document["kind"] == "HEALTH_EVENT"
    )
    assert {name: events[f"{name}-{number}"] for name in ("often", "twice", "paged")} == {
        "often": 1,
        "twice": 1,
        "paged": 1,
    }
    for model_id in (A, B):
        row = world.row(model_id)
        assert row["told"]["phase"] == row["phase"] == "LEGACY"
        assert row["told"]["end_of_life"] == end
    assert world.ledger.unsettled() == ((), ())
