"""`poll --dry-run`: what would be told is said, nobody hears it, and nothing is left behind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from notifier import pipeline
from notifier.health_memory import HealthMemory
from notifier.ledger import Ledger
from notifier.rehearsal import Rehearsal, unwritten
from notifier.snapshot import Snapshot
from notifier.table import Table
from tests.world import EAST, WEST, at, kinds, model

if TYPE_CHECKING:
    from notifier.summary import Summary
    from tests.world import World


def rehearse(world: World, when: str) -> Summary:
    """Poll as the deployed function does for a dry run: over tables that take no write."""
    client = unwritten(world.client)
    models = Table(client, world.tables["ModelsTableName"])
    snapshot, ledger = Snapshot(models), Ledger(Table(client, world.tables["AlertsTableName"]))
    edges = replace(
        world.edges(),
        snapshot=snapshot,
        memory=HealthMemory(models),
        ledger=ledger,
        delivery=Rehearsal(ledger, snapshot, ()),
    )
    return pipeline.poll(at(when), world.lease(), edges, world.settings)


def would_tell(summary: Summary) -> list[str]:
    return [one["kind"] for one in summary.document()["alerts"]]


@pytest.fixture
def settled(world: World) -> World:
    world.regions[EAST] = [model("acme.a-v1:0"), model("acme.b-v1:0")]
    world.regions[WEST] = [model("acme.a-v1:0")]
    assert kinds(world.poll("2026-10-01")) == ["BASELINE"]
    return world


def test_what_would_be_told_is_told_by_the_next_poll_as_if_nobody_had_asked(
    settled: World,
) -> None:
    legacy = model("acme.a-v1:0", "LEGACY", legacy="2026-10-02", end_of_life="2027-04-02")
    settled.regions[EAST] = [legacy, model("acme.b-v1:0")]
    before = settled.items("Models"), settled.items("Alerts")

    first = rehearse(settled, "2026-10-02")
    second = rehearse(settled, "2026-10-02")

    assert would_tell(first) == would_tell(second) == ["ENTERED_LEGACY"]
    assert (settled.items("Models"), settled.items("Alerts")) == before
    assert len(settled.topic.accepted) == 1  # the first message of the account, and nothing since
    assert kinds(settled.poll("2026-10-02")) == ["ENTERED_LEGACY"]


def test_what_waits_in_the_outbox_would_be_told_too_and_goes_on_waiting(settled: World) -> None:
    settled.topic.down = True
    dated = model("acme.b-v1:0", end_of_life="2027-04-02")
    settled.regions[EAST] = [model("acme.a-v1:0"), dated]
    settled.poll("2026-10-02")

    summary = rehearse(settled, "2026-10-02T11:00:00Z")

    assert would_tell(summary) == ["DATES_CHANGED"]
    settled.topic.down = False
    assert kinds(settled.poll("2026-10-02T12:00:00Z")) == ["DATES_CHANGED"]


def test_the_first_message_is_rehearsed_before_anything_was_ever_polled(world: World) -> None:
    world.regions[EAST] = [model("acme.a-v1:0")]

    assert would_tell(rehearse(world, "2026-10-01")) == ["BASELINE"]
    assert world.items("Models") == world.items("Alerts") == []


def test_a_rehearsal_neither_waits_for_a_poll_nor_holds_one_up(settled: World) -> None:
    lease = settled.lease()
    settled.snapshot.acquire(lease, at("2026-10-02"))

    assert rehearse(settled, "2026-10-02").outcome == "completed"

    settled.snapshot.release(lease)
    assert settled.poll("2026-10-02") == []
    assert settled.summary is not None
    assert settled.summary.outcome == "completed"
