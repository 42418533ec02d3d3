"""What is remembered of AWS Health, over DynamoDB Local: written once, by whoever comes first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from notifier.affected import Affected
from notifier.errors import ConditionFailedError
from notifier.health_event import Entity, HealthEvent, LifecycleDate, Page, ServiceLifecycle
from notifier.health_memory import ApiState, event_name
from notifier.health_news import Remembered, version_of
from notifier.health_poll import overdue
from notifier.model import RowKey
from tests.health_events import health_event
from tests.world import EAST, World, at, model

pytestmark = pytest.mark.contract

NOON = datetime(2026, 10, 7, 12, tzinfo=UTC)


def event(**given: Any) -> HealthEvent:  # noqa: ANN401 any field
    """Give an event in which every field has something."""
    fields = {
        "arn": "arn",
        "updated_at": NOON,
        "description": "Words \u202e and a lone surrogate: \ud800.",
        "language": "en_US",
        "entities": (Entity("a", "PENDING"), Entity("b")),
        "missing_pages": (2,),
    }
    return health_event(**{**fields, **given})


@pytest.mark.parametrize(
    "given",
    [
        event(),
        event(entities=None, start_at=None, missing_pages=()),
        event(entities=tuple(Entity(f"entity-{n}" * 20) for n in range(10_000))),
        event(arn="a" * 1_600, description="x" * 100_000),
    ],
    ids=["a usual one", "a bare one", "one with ten thousand entities", "a long one"],
)
def test_a_version_is_read_as_it_was_written(world: World, given: HealthEvent) -> None:
    version = version_of(given, Affected(frozenset({RowKey("acme.a", EAST)})))

    world.memory.keep(given, Remembered(), version)

    assert world.memory.recall(given) == Remembered(1, version)
    state = world.snapshot.read()
    assert state.health.events == {event_name(given.account, given.arn): Remembered(1, version)}
    assert state.rows == ()


def test_who_comes_second_with_old_knowledge_is_refused(world: World) -> None:
    first, second = event(), event(status="open")
    world.memory.keep(first, Remembered(), version_of(first, Affected()))

    with pytest.raises(ConditionFailedError):
        world.memory.keep(second, Remembered(), version_of(second, Affected()))

    world.memory.keep(second, world.memory.recall(second), version_of(second, Affected()))
    assert world.memory.recall(second).seq == 2
    with pytest.raises(ConditionFailedError):
        world.memory.keep(first, Remembered(1), version_of(first, Affected()))


def test_pages_are_read_once_all_are_there_and_settled_ones_wait_no_longer(world: World) -> None:
    pages = [Page(event(), "c", number, 3) for number in (3, 1, 2)]
    other = Page(event(), "another communication", 1, 2)
    assert all(world.memory.put_page(page, NOON) for page in (*pages[:2], other, pages[0]))
    assert world.memory.pages(pages[0]) == ()
    kept = world.snapshot.read().health.pages
    assert len(kept) == 3
    assert all(one.page in (*pages, other) and one.waits for one in kept)
    assert {one.arrived_at for one in kept} == {NOON}

    assert world.memory.put_page(pages[2], NOON)
    assert world.memory.pages(pages[0]) == (pages[1], pages[2], pages[0])
    world.memory.settle_pages(pages)

    kept = world.snapshot.read().health.pages
    assert [one.page for one in kept if one.waits] == [other]
    assert len(kept) == 4
    later = NOON + timedelta(days=1)
    assert overdue(kept, NOON, later) == [[other]]
    assert not world.memory.put_page(pages[0], NOON)


def test_the_state_of_the_api_is_read_as_it_was_written(world: World) -> None:
    answers = ApiState(
        first_read_at=NOON,
        lifecycles=(
            ServiceLifecycle(
                "BEDROCK",
                "acme.a-v1:0",
                "A",
                "acme.b-v1:0",
                (LifecycleDate("END_OF_LIFE", date(2027, 4, 8), (EAST,), "words"),),
            ),
        ),
        lifecycles_on=NOON.date(),
    )
    refuses = ApiState("SubscriptionRequiredException", permanent=True, failing_since=NOON)
    for state in (answers, refuses, replace(refuses, tried_at=NOON), ApiState()):
        assert world.memory.note_api(state) == []
        assert world.snapshot.read().health.api == state


@pytest.mark.parametrize("seed", range(4))
def test_many_at_once_tell_each_event_once(world: World, seed: int) -> None:
    world.regions[EAST] = [model("acme.a-1-v1:0")]
    world.poll("2026-10-01")
    one_by_one = event(entities=(Entity("acme.a-1-v1:0"),), missing_pages=())
    events = [replace(one_by_one, arn=f"event-{n}") for n in range(6)]
    deliveries: list[HealthEvent | Page] = [*events, *events, *events]
    deliveries += [
        Page(replace(one, entities=entities), "c", number, 2)
        for one in events[:2]
        for number, entities in ((1, one.entities), (2, None))
    ]
    Random(seed).shuffle(deliveries)  # noqa: S311 an order, no secret

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: world.push("2026-10-08", one), deliveries))
    world.poll("2026-10-09")

    told = [one["health_event"]["event_arn"] for one in world.topic.accepted[1:]]
    assert sorted(told) == sorted(one.arn for one in events)


def test_versions_at_once_are_told_at_most_once_each_and_the_newest_stays(world: World) -> None:
    world.regions[EAST] = [model("acme.a-1-v1:0")]
    world.poll("2026-10-01")
    versions = [
        event(status=f"s{n}", updated_at=NOON + timedelta(hours=n), missing_pages=())
        for n in range(5)
    ]

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda one: world.push("2026-10-08", one), versions))

    told = [one["health_event"]["status"] for one in world.topic.accepted[1:]]
    assert len(told) == len(set(told))
    assert "s4" in told
    newest = world.memory.recall(versions[-1]).version
    assert newest is not None
    assert newest.status == "s4"


def test_an_alert_that_outlived_the_memory_of_it_is_not_told_again(world: World) -> None:
    """As after a restore of the models table from a backup."""
    world.regions[EAST] = [model("acme.a-1-v1:0")]
    world.poll("2026-10-01")
    world.push("2026-10-07", event(missing_pages=()))
    key = {"model_id": "#health", "region": event_name("123456789012", "arn")}
    world.client.delete_item(TableName=world.tables["ModelsTableName"], Key=key)

    assert world.push("2026-10-08", event(missing_pages=())) == []
    assert world.came_of_it == ["told already"]
    assert world.memory.recall(event()).seq == 1


def test_a_page_is_forgotten_by_itself_and_an_event_after_its_alerts(world: World) -> None:
    world.memory.put_page(Page(event(), "c", 1, 2), NOON)
    world.memory.keep(event(), Remembered(), version_of(event(), Affected()))

    expiry = {item["model_id"].split("#")[1]: item["expires_at"] for item in world.items("Models")}
    assert expiry["health-page"] == (NOON + timedelta(days=400)).timestamp()
    assert expiry["health"] == (NOON + timedelta(days=400)).timestamp()
    assert at("2026-10-07T12:00:00Z") == NOON
