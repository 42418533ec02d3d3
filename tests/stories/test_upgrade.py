"""Tables that another version of the notifier has written: an older one, or a newer one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from notifier.settings import AlertOn, Settings
from tests.world import EAST, WEST, World, kinds, model

if TYPE_CHECKING:
    from notifier.model import ListedModel

pytestmark = pytest.mark.contract

A, B = "acme.alpha-v1:0", "acme.beta-v1:0"


def dying(model_id: str, end_of_life: str = "2027-04-08") -> ListedModel:
    return model(model_id, "LEGACY", legacy="2026-10-08", end_of_life=end_of_life)


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
