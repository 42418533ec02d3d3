"""A table that is an older copy of itself, or empty: what was told is not told again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.world import EAST, WEST, World, dying, kinds, model

pytestmark = pytest.mark.contract

A, B = "acme.alpha-v1:0", "acme.beta-v1:0"
KEYS = {"Models": ("model_id", "region"), "Alerts": ("alert_id",)}


@dataclass
class Backup:
    """What a table held at a time."""

    world: World
    table: str
    items: list[dict[str, Any]]

    @classmethod
    def of(cls, world: World, table: str) -> Backup:
        """Take it now."""
        return cls(world, table, world.items(table))

    def restore(self) -> None:
        """Make the table what it was."""
        empty(self.world, self.table)
        for item in self.items:
            self.world.client.put_item(
                TableName=self.world.tables[f"{self.table}TableName"], Item=item
            )


def empty(world: World, table: str) -> None:
    for item in world.items(table):
        key = {name: item[name] for name in KEYS[table]}
        world.client.delete_item(TableName=world.tables[f"{table}TableName"], Key=key)


@pytest.fixture
def lived(world: World) -> World:
    """Give a world in which two models were told on different days, and one was reminded of."""
    world.regions.update({EAST: [model(A), model(B)], WEST: [model(A)]})
    world.poll("2026-10-01")
    return world


def live_on(world: World) -> list[str]:
    """Let both models die, each on a day of its own, and be reminded of."""
    told = []
    world.regions.update({EAST: [dying(A), model(B)], WEST: [dying(A)]})
    told += world.poll("2026-10-08")
    world.regions[EAST] = [dying(A), dying(B, "2027-06-01")]
    told += world.poll("2026-10-20")
    told += world.poll("2026-12-10")
    return kinds(told)


def test_an_older_models_table_catches_up_from_the_alerts_without_a_word(lived: World) -> None:
    backup = Backup.of(lived, "Models")
    assert live_on(lived) == ["ENTERED_LEGACY", "ENTERED_LEGACY", "DEADLINE"]
    before = {row: lived.row(*row)["told"] for row in ((A, EAST), (A, WEST), (B, EAST))}
    backup.restore()

    said = [lived.poll(f"2026-12-10T{hour}:00:00Z") for hour in (11, 12, 13)]

    assert said == [[], [], []]
    for (model_id, region), told in before.items():
        now = lived.row(model_id, region)["told"]
        assert (now["phase"], now["end_of_life"]) == (told["phase"], told["end_of_life"])
    assert lived.ledger.unsettled() == ((), ())


def test_after_that_news_and_reminders_go_on(lived: World) -> None:
    backup = Backup.of(lived, "Models")
    live_on(lived)
    backup.restore()
    lived.poll("2026-12-10T11:00:00Z")
    lived.poll("2026-12-10T12:00:00Z")

    reminders = [(one["kind"], one["days_left"]) for one in lived.poll("2027-02-08")]
    assert reminders == [("DEADLINE", 59), ("DEADLINE", 113)]
    lived.regions[EAST] = [dying(A, "2027-03-01"), dying(B, "2027-06-01")]
    lived.regions[WEST] = [dying(A, "2027-03-01")]
    assert "DATES_CHANGED" in kinds(lived.poll("2027-02-09"))


def test_both_tables_from_the_same_time_tell_once_more_what_came_after_it(lived: World) -> None:
    backups = [Backup.of(lived, table) for table in KEYS]
    live_on(lived)
    for backup in backups:
        backup.restore()

    assert kinds(lived.poll("2026-12-10T11:00:00Z")) == ["ENTERED_LEGACY", "ENTERED_LEGACY"]
    assert lived.poll("2026-12-10T12:00:00Z") == []


def test_whoever_empties_the_models_table_gets_a_new_baseline_and_no_old_news(
    lived: World,
) -> None:
    live_on(lived)
    empty(lived, "Models")

    (told,) = lived.poll("2026-12-10T11:00:00Z")

    assert told["kind"] == "BASELINE"
    assert [one["model_id"] for one in told["models"]] == [A, B]
    assert lived.poll("2026-12-10T12:00:00Z") == []
    lived.regions[EAST] = [dying(A, "2027-03-01"), dying(B, "2027-06-01")]
    assert kinds(lived.poll("2026-12-11")) == ["DATES_CHANGED"]


def test_whoever_empties_the_alerts_table_hears_nothing_twice(lived: World) -> None:
    live_on(lived)
    empty(lived, "Alerts")

    assert lived.poll("2026-12-10T11:00:00Z") == []
    assert lived.summary is not None
    assert lived.summary.outcome == "completed"


def test_a_baseline_that_waits_and_is_about_other_regions_by_now_leaves_nothing_behind(
    world: World,
) -> None:
    world.topic.heard = False
    world.regions.update({EAST: [model(A)], WEST: [model(A)]})
    world.poll("2026-10-01")
    empty(world, "Models")
    world.poll("2026-10-02")
    world.topic.heard = True

    assert kinds(world.poll("2026-10-03")) == ["BASELINE"]
    assert world.ledger.unsettled() == ((), ())


def test_an_alert_that_nobody_can_read_is_said_and_blocks_no_other(lived: World) -> None:
    backup = Backup.of(lived, "Models")
    live_on(lived)
    backup.restore()
    (about_b,) = (one for one in lived.topic.accepted if one["milestone_date"] == "2027-06-01")
    lived.client.update_item(
        TableName=lived.tables["AlertsTableName"],
        Key={"alert_id": about_b["alert_id"]},
        UpdateExpression="SET payload = :p",
        ExpressionAttributeValues={":p": b"of another version"},
    )

    assert lived.poll("2026-12-10T11:00:00Z") == []

    assert lived.row(A)["told"]["phase"] == "LEGACY"
    assert lived.summary is not None
    assert lived.summary.delivery_failures == 1
    assert "UnreadableAlert" in lived.summary.reasons_to_fail[0]
