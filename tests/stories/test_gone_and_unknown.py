"""Absence, failed Regions and implausible answers: nothing untrue is ever said."""

from __future__ import annotations

import pytest

from notifier.model import Failure
from tests.world import EAST, THROTTLED, WEST, World, at, kinds, model

MODELS = [model(f"acme.model-{n:02}-v1:0") for n in range(20)]
FIRST = MODELS[0]
GONE_FROM_LIST = MODELS[1:]


@pytest.fixture
def watched(world: World) -> World:
    """Give a world that has told its baseline about twenty active models in one Region."""
    world.regions[EAST] = list(MODELS)
    world.poll("2026-10-01T00:00:00Z")
    return world


def test_a_model_missing_once_and_back_again_is_silence(watched: World) -> None:
    watched.regions[EAST] = list(GONE_FROM_LIST)
    assert watched.poll("2026-10-01T01:00:00Z") == []
    assert watched.row(FIRST.model_id)["missing_since"] == "2026-10-01T01:00:00Z"
    watched.regions[EAST] = list(MODELS)

    assert watched.poll("2026-10-01T02:00:00Z") == []
    assert "missing_since" not in watched.row(FIRST.model_id)


def test_a_model_gone_twice_and_disowned_is_withdrawn_once(watched: World) -> None:
    watched.regions[EAST] = list(GONE_FROM_LIST)
    watched.poll("2026-10-01T01:00:00Z")

    (told,) = watched.poll("2026-10-01T02:00:00Z")

    assert (told["kind"], told["severity"]) == ("MODEL_WITHDRAWN", "critical")
    assert watched.row(FIRST.model_id)["phase"] == "END_OF_LIFE"
    assert watched.poll("2026-10-01T03:00:00Z") == []
    assert watched.bedrock.asked.count((FIRST.model_id, EAST)) == 1


def test_a_model_gone_on_its_last_day_has_reached_its_end_of_life(watched: World) -> None:
    ending = model(FIRST.model_id, "LEGACY", end_of_life="2026-10-10")
    watched.regions[EAST] = [ending, *GONE_FROM_LIST]
    watched.poll("2026-10-02")
    watched.regions[EAST] = list(GONE_FROM_LIST)
    watched.poll("2026-10-10T00:52:00Z")

    (told,) = watched.poll("2026-10-10T01:52:00Z")

    assert told["kind"] == "END_OF_LIFE_REACHED"
    assert watched.poll("2026-10-10T09:00:00Z") == []


def test_a_model_withdrawn_ahead_of_its_date_says_so(watched: World) -> None:
    ending = model(FIRST.model_id, "LEGACY", end_of_life="2026-12-10")
    watched.regions[EAST] = [ending, *GONE_FROM_LIST]
    watched.poll("2026-10-02")
    watched.regions[EAST] = list(GONE_FROM_LIST)
    watched.poll("2026-10-03")

    (told,) = watched.poll("2026-10-04")

    assert told["kind"] == "MODEL_WITHDRAWN"
    assert "before its end of life (Thu 2026-12-10)" in told["reason"]
    assert "horizon" not in watched.row(FIRST.model_id)
    assert watched.poll("2026-12-10") == []


def test_an_absence_nobody_can_confirm_is_asked_about_again(watched: World) -> None:
    watched.bedrock.unclear = {FIRST.model_id}
    watched.regions[EAST] = list(GONE_FROM_LIST)
    for hour in range(1, 5):
        assert watched.poll(f"2026-10-01T{hour:02}:00:00Z") == []
    assert watched.bedrock.asked.count((FIRST.model_id, EAST)) == 3

    watched.bedrock.unclear = set()
    assert kinds(watched.poll("2026-10-01T05:00:00Z")) == ["MODEL_WITHDRAWN"]


def test_a_model_the_list_lacks_but_bedrock_still_knows_keeps_its_lifecycle_current(
    watched: World,
) -> None:
    watched.bedrock.still_there[FIRST.model_id] = model(FIRST.model_id, "LEGACY")
    watched.regions[EAST] = list(GONE_FROM_LIST)
    watched.poll("2026-10-01T01:00:00Z")

    assert kinds(watched.poll("2026-10-01T02:00:00Z")) == ["ENTERED_LEGACY"]
    assert watched.poll("2026-10-01T03:00:00Z") == []


def test_a_withdrawn_model_that_is_listed_again_is_told_once(watched: World) -> None:
    watched.regions[EAST] = list(GONE_FROM_LIST)
    watched.poll("2026-10-01T01:00:00Z")
    watched.poll("2026-10-01T02:00:00Z")
    watched.regions[EAST] = list(MODELS)

    (told,) = watched.poll("2026-10-01T03:00:00Z")

    assert told["kind"] == "RETURNED_TO_ACTIVE"
    assert "is listed again" in told["reason"]
    assert watched.poll("2026-10-01T04:00:00Z") == []


def test_a_model_listed_again_after_its_told_end_has_returned(watched: World) -> None:
    ending = model(FIRST.model_id, "LEGACY", end_of_life="2026-10-10")
    watched.regions[EAST] = [ending, *GONE_FROM_LIST]
    watched.poll("2026-10-02")
    assert kinds(watched.poll("2026-10-10")) == ["END_OF_LIFE_REACHED"]
    watched.regions[EAST] = list(GONE_FROM_LIST)
    for day in ("2026-10-11", "2026-10-12", "2026-10-13"):
        assert watched.poll(day) == []
    watched.regions[EAST] = [
        model(FIRST.model_id, "LEGACY", end_of_life="2026-12-10"),
        *GONE_FROM_LIST,
    ]

    (told,) = watched.poll("2026-10-14")

    assert told["kind"] == "RETURNED_TO_ACTIVE"
    assert "is listed again in us-east-1; end of life in 57 days" in told["reason"]
    assert told["models"][0]["phase"] == "LEGACY"
    assert watched.poll("2026-10-15") == []


def test_an_end_put_off_while_the_model_is_still_listed_is_a_changed_date(watched: World) -> None:
    ending = model(FIRST.model_id, "LEGACY", end_of_life="2026-10-10")
    watched.regions[EAST] = [ending, *GONE_FROM_LIST]
    watched.poll("2026-10-02")
    watched.poll("2026-10-10")
    watched.regions[EAST] = [
        model(FIRST.model_id, "LEGACY", end_of_life="2026-12-10"),
        *GONE_FROM_LIST,
    ]

    (told,) = watched.poll("2026-10-11")

    assert (told["kind"], told["direction"]) == ("DATES_CHANGED", "later")


def test_a_failed_region_freezes_its_rows(watched: World) -> None:
    before = watched.row(FIRST.model_id)
    for name in ("ThrottlingException", "ReadTimeoutError", "AccessDeniedException"):
        watched.regions[EAST] = Failure(name)
        watched.regions[WEST] = list(MODELS)
        watched.poll(f"2026-10-01T0{len(watched.bedrock.asked)}:00:00Z")

    assert watched.row(FIRST.model_id) == before
    assert kinds(watched.topic.accepted) == ["BASELINE"]


def test_a_region_failing_for_a_day_is_told_once_and_so_is_its_return(world: World) -> None:
    world.regions.update({EAST: list(MODELS), WEST: list(MODELS)})
    world.poll("2026-10-01T00:00:00Z")
    world.regions[WEST] = THROTTLED
    told = [
        (f"{1 + hour // 24}T{hour % 24}", document["kind"], document["severity"])
        for hour in range(1, 60)
        for document in world.poll(f"2026-10-{1 + hour // 24:02}T{hour % 24:02}:00:00Z")
    ]
    world.regions[WEST] = list(MODELS)
    returned = world.poll("2026-10-04T00:00:00Z")

    assert told == [("2T1", "COVERAGE_DEGRADED", "warning")]
    assert kinds(returned) == ["COVERAGE_RESTORED"]
    assert returned[0]["severity"] == "info"
    assert "us-west-2" in returned[0]["reason"]
    assert world.poll("2026-10-04T01:00:00Z") == []


def test_a_region_that_fails_a_second_time_is_news_again(world: World) -> None:
    world.regions.update({EAST: list(MODELS), WEST: list(MODELS)})
    world.poll("2026-10-01T00:00:00Z")
    told = []
    for start in (2, 6):
        world.regions[WEST] = THROTTLED
        told += world.poll(f"2026-10-{start:02}T00:00:00Z")
        told += world.poll(f"2026-10-{start + 1:02}T00:00:00Z")
        world.regions[WEST] = list(MODELS)
        told += world.poll(f"2026-10-{start + 2:02}T00:00:00Z")

    assert kinds(told) == ["COVERAGE_DEGRADED", "COVERAGE_RESTORED"] * 2
    assert len({document["alert_id"] for document in told}) == 4


def test_a_poll_in_which_every_region_failed_fails_and_can_be_retried(watched: World) -> None:
    watched.regions[EAST] = THROTTLED

    watched.poll("2026-10-01T01:00:00Z")

    assert watched.summary is not None
    assert watched.summary.reasons_to_fail == ["no Region gave a usable answer"]
    watched.regions[EAST] = [model(FIRST.model_id, "LEGACY"), *GONE_FROM_LIST]
    assert kinds(watched.poll("2026-10-01T01:00:00Z")) == ["ENTERED_LEGACY"]


@pytest.mark.parametrize("left", [[], MODELS[:10]], ids=["empty", "half of it missing"])
def test_an_implausible_answer_changes_nothing(world: World, left: list[object]) -> None:
    world.regions.update({EAST: list(MODELS), WEST: list(MODELS)})
    world.poll("2026-10-01T00:00:00Z")
    world.regions[EAST] = left  # type: ignore[assignment]
    for hour in (1, 2):
        assert world.poll(f"2026-10-01T{hour:02}:00:00Z") == []
    world.regions[EAST] = list(MODELS)

    assert world.poll("2026-10-01T07:00:00Z") == []
    assert not any("missing_since" in row for row in world.items("Models"))
    assert [key for key, _ in world.bedrock.asked if key != "ListFoundationModels"] == []


def test_an_implausible_answer_is_believed_at_the_third_poll_six_hours_after_the_first(
    world: World,
) -> None:
    world.regions.update({EAST: list(MODELS), WEST: list(MODELS)})
    world.poll("2026-10-01T00:00:00Z")
    world.regions[EAST] = MODELS[:10]
    told = {}
    for hour in range(1, 10):
        told[hour] = kinds(world.poll(f"2026-10-01T{hour:02}:00:00Z"))

    assert {hour: said for hour, said in told.items() if said} == {7: ["MODEL_WITHDRAWN"]}
    assert len(world.topic.accepted[-1]["models"]) == 10


def test_a_believed_answer_still_asks_for_each_model(world: World) -> None:
    world.regions.update({EAST: list(MODELS), WEST: list(MODELS)})
    world.poll("2026-10-01T00:00:00Z")
    world.regions[EAST] = MODELS[:10]
    world.bedrock.still_there = {one.model_id: one for one in MODELS[10:]}
    for hour in range(1, 10):
        assert world.poll(f"2026-10-01T{hour:02}:00:00Z") == []

    assert at("2026-10-01T07:00:00Z") is not None
    assert world.bedrock.asked.count((MODELS[10].model_id, EAST)) == 3


def test_answers_that_lie_in_a_different_way_each_time_are_never_believed(world: World) -> None:
    world.regions.update({EAST: list(MODELS), WEST: list(MODELS)})
    world.poll("2026-10-01T00:00:00Z")
    for hour in range(1, 24):
        world.regions[EAST] = MODELS[hour % 10 : hour % 10 + 10]
        assert world.poll(f"2026-10-01T{hour:02}:00:00Z") == []
