"""Tables that another version of the notifier has written: an older one, or a newer one."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from notifier.settings import AlertOn, Settings
from tests.world import EAST, EUROPE, THROTTLED, WEST, World, dying, kinds, model

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.contract

A, B = "acme.alpha-v1:0", "acme.beta-v1:0"


@pytest.fixture
def lived(world: World) -> World:
    """Give a world in which one model was told to be Legacy, and the other is as ever."""
    world.regions.update({EAST: [model(A), model(B)], WEST: [model(B)]})
    world.poll("2026-10-01")
    world.regions[EAST] = [dying(A), model(B)]
    assert kinds(world.poll("2026-10-08")) == ["ENTERED_LEGACY"]
    return world


def write(world: World, key: dict[str, str], **values: Any) -> None:  # noqa: ANN401 any attribute
    """Write attributes as a newer version might; two underscores lead into a map."""
    for path, value in values.items():
        names = {f"#{n}": part for n, part in enumerate(path.split("__"))}
        world.client.update_item(
            TableName=world.tables["ModelsTableName"],
            Key=key,
            UpdateExpression=f"SET {'.'.join(names)} = :v",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={":v": value},
        )


ROW = {"model_id": A, "region": EAST}
NEWER: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    ("a row has an attribute more", ROW, {"carbon": "12 g"}),
    ("a row is in a phase that is not known yet", ROW, {"phase": "SUNSET"}),
    ("what was told has a field more", ROW, {"told__tone": "calm"}),
    (
        "a kind was told that is not known yet",
        ROW,
        {"told__kinds__PRICE_CHANGED": "2026-10-08T10:00:00Z"},
    ),
    ("a phase was told that is not known yet", ROW, {"told__phase": "SUNSET"}),
    (
        "what was deferred has another reason",
        ROW,
        {
            "deferred": {
                "phase": "LEGACY",
                "kind": "PRICE_CHANGED",
                "on": "2026-10-08",
                "reason": "other",
            }
        },
    ),
    ("the scope has a setting more", {"model_id": "#poll", "region": "#"}, {"scope__mood": "good"}),
    (
        "the scope of use has a setting more",
        {"model_id": "#poll", "region": "#"},
        {"scope_of_use__mood": "good"},
    ),
    ("a Region has a field more", {"model_id": "#region", "region": EAST}, {"mood": "good"}),
    (
        "there is bookkeeping of another kind",
        {"model_id": "#mood", "region": "#"},
        {"mood": "good"},
    ),
]


@pytest.mark.parametrize(
    ("key", "values"), [case[1:] for case in NEWER], ids=[case[0] for case in NEWER]
)
def test_what_a_newer_version_has_written_is_no_news_and_blocks_nothing(
    lived: World, key: dict[str, str], values: dict[str, Any]
) -> None:
    write(lived, key, **values)

    assert lived.poll("2026-10-09") == []
    lived.regions[EAST] = [dying(A), dying(B)]
    (told,) = lived.poll("2026-10-10")
    assert [one["model_id"] for one in told["models"]] == [B]
    assert told["kind"] == "ENTERED_LEGACY"


def test_a_row_that_cannot_be_read_is_left_alone_and_is_said_to_the_alarm(lived: World) -> None:
    write(lived, ROW, told__phase="SUNSET")
    lived.regions[EAST] = [dying(A, "2027-01-01"), model(B)]

    assert lived.poll("2026-10-10") == []

    assert lived.summary is not None
    assert lived.summary.delivery_failures == 1
    assert lived.summary.outcome == "completed"
    assert lived.row(A)["told"]["phase"] == "SUNSET"
    write(lived, ROW, told__phase="LEGACY")
    assert kinds(lived.poll("2026-10-11")) == ["DATES_CHANGED"]


def test_a_model_whose_row_cannot_be_read_is_not_new_anywhere(lived: World) -> None:
    lived.settings = Settings(announce_new_models=True)
    write(lived, ROW, told__phase="SUNSET")
    lived.regions[WEST] = [model(A), model(B)]

    assert lived.poll("2026-10-10") == []


@pytest.mark.parametrize("alert_on", [AlertOn.USED, AlertOn.ALL])
def test_a_scope_with_a_value_that_is_not_known_yet_is_taken_over_quietly(
    lived: World, alert_on: AlertOn
) -> None:
    write(lived, {"model_id": "#poll", "region": "#"}, scope__alert_on="some")
    lived.settings = Settings(alert_on=alert_on)

    assert lived.poll("2026-10-09") == []


def test_what_a_newer_version_added_to_a_row_is_kept(lived: World) -> None:
    write(lived, ROW, carbon="12 g", told__tone="calm")
    lived.regions[EAST] = [dying(A, "2027-03-01"), model(B)]

    assert kinds(lived.poll("2026-10-10")) == ["DATES_CHANGED"]
    assert lived.row(A)["carbon"] == "12 g"


# Both tables as the version of 2026-11-21 left them: it read no use, no Health events, and had no
# chat and no digest. Of its three Regions one is silent; the last alert is pending, as SNS refused
# it, and the bus, which refused for hours, still waits for two.
OLDER: Final = Path(__file__).with_name("golden") / "before-use-was-read.json"
C, EXTENDED = "acme.gamma-v1:0", "2027-01-08"


def _binary(item: dict[str, Any]) -> dict[str, Any]:
    """Give an item as DynamoDB takes it: what is binary stands in the file as base64."""
    return {
        name: {"B": base64.b64decode(value["B"])} if "B" in value else value
        for name, value in item.items()
    }


@pytest.fixture
def upgraded(world: World, dynamodb: DynamoDBClient) -> World:
    """Give the tables of the older version to this one, and Regions that say what they said."""
    for table, items in json.loads(OLDER.read_text(encoding="utf-8")).items():
        for item in items:
            dynamodb.put_item(TableName=world.tables[f"{table}TableName"], Item=_binary(item))
    world.regions.update(
        {
            EAST: [dying(A, "2027-03-01", EXTENDED), model(B), dying(C, "2026-12-09", EXTENDED)],
            WEST: [dying(A, "2027-03-01", EXTENDED), dying(B, "2027-04-08", EXTENDED)],
            EUROPE: THROTTLED,
        }
    )
    return world


def test_an_upgrade_finishes_what_the_older_version_began_and_repeats_nothing(
    upgraded: World,
) -> None:
    told = upgraded.poll("2026-10-10T15:00:00Z")

    assert [(one["kind"], [m["model_id"] for m in one["models"]]) for one in told] == [
        ("ENTERED_LEGACY", [B])
    ]
    assert kinds(upgraded.bus.accepted) == ["DATES_CHANGED", "DEADLINE", "ENTERED_LEGACY"]
    assert upgraded.ledger.unsettled() == ((), ())
    assert upgraded.snapshot.read().unreadable == ()
    assert upgraded.poll("2026-10-10T16:00:00Z") == []
    assert upgraded.poll("2026-10-11") == []


def test_after_an_upgrade_news_goes_on_from_what_the_older_version_told(upgraded: World) -> None:
    upgraded.poll("2026-10-10T15:00:00Z")
    upgraded.regions[EAST] = [
        dying(A, "2027-02-01", EXTENDED),
        model(B),
        dying(C, "2026-12-09", EXTENDED),
    ]
    upgraded.regions[EUROPE] = [model(B)]

    told = upgraded.poll("2026-10-11")

    assert sorted(kinds(told)) == ["COVERAGE_RESTORED", "DATES_CHANGED"]
    (changed,) = (one for one in told if one["kind"] == "DATES_CHANGED")
    assert changed["direction"] == "earlier"
    assert changed["models"][0]["previous_dates"]["end_of_life"] == "2027-03-01"
