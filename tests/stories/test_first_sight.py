"""The first poll, Regions that join later, and models that are new."""

from __future__ import annotations

from notifier.settings import Settings
from tests.world import EAST, EUROPE, THROTTLED, WEST, World, kinds, model

OLD = model("acme.old-v1:0", "LEGACY", legacy="2026-07-01", end_of_life="2027-01-08")
DATED = model("acme.dated-v1:0", end_of_life="2026-12-01")
NEW = model("acme.new-v1:0")


def test_the_first_poll_says_one_baseline_and_names_dated_models_and_uncovered_regions(
    world: World,
) -> None:
    world.regions.update({EAST: [OLD, NEW, DATED], WEST: [NEW], EUROPE: THROTTLED})

    told = world.poll("2026-10-01")

    assert kinds(told) == ["BASELINE"]
    assert [entry["model_id"] for entry in told[0]["models"]] == ["acme.dated-v1:0", OLD.model_id]
    assert told[0]["severity"] == "info"
    assert "eu-west-1 (ThrottlingException)" in told[0]["text"]
    assert "Now watching 3 models in 2 Regions, 1 of them past Active." in told[0]["text"]


def test_a_quiet_second_poll_says_nothing_and_writes_no_row(world: World) -> None:
    world.regions.update({EAST: [OLD, NEW]})
    world.poll("2026-10-01")

    assert world.poll("2026-10-01T11:00:00Z") == []
    assert world.summary is not None
    assert world.summary.rows_written == 0
    assert world.summary.outcome == "completed"


def test_the_baseline_waits_for_a_subscriber_and_says_what_is_true_by_then(world: World) -> None:
    world.topic.heard = False
    world.regions[EAST] = [OLD, NEW]
    assert world.poll("2026-10-01") == []
    entered = model(NEW.model_id, "LEGACY", end_of_life="2027-04-08")
    world.regions[EAST] = [OLD, entered]
    assert world.poll("2026-10-01T11:00:00Z") == []

    world.topic.heard = True
    told = world.poll("2026-10-01T12:00:00Z")

    assert kinds(told) == ["BASELINE"]
    assert [entry["model_id"] for entry in told[0]["models"]] == [OLD.model_id, NEW.model_id]
    assert world.poll("2026-10-01T13:00:00Z") == []


def test_a_baseline_that_waits_for_a_day_is_counted_as_a_delivery_failure(world: World) -> None:
    world.topic.heard = False
    world.regions[EAST] = [OLD]
    world.poll("2026-10-01T10:00:00Z")
    assert world.summary is not None
    assert world.summary.delivery_failures == 0

    world.poll("2026-10-02T10:00:00Z")

    assert world.summary.delivery_failures == 1
    assert world.summary.reasons_to_fail == []


def test_a_first_poll_without_any_answer_says_nothing_fails_and_asks_again(world: World) -> None:
    world.regions.update({EAST: THROTTLED, WEST: THROTTLED})

    assert world.poll("2026-10-01") == []
    assert world.summary is not None
    assert world.summary.reasons_to_fail == ["no Region gave a usable answer"]
    world.poll("2026-10-01T11:00:00Z")
    assert world.bedrock.asked.count(("ListFoundationModels", EAST)) == 2


def test_a_region_covered_later_gives_a_small_baseline_of_its_own(world: World) -> None:
    world.regions.update({EAST: [OLD, NEW], WEST: THROTTLED})
    world.poll("2026-10-01")
    world.regions[WEST] = [OLD, NEW]

    told = world.poll("2026-10-02")

    assert kinds(told) == ["BASELINE"]
    assert told[0]["models"][0]["regions"] == [WEST]
    assert world.poll("2026-10-03") == []


def test_a_region_covered_later_with_nothing_dated_is_silence(world: World) -> None:
    world.regions.update({EAST: [OLD, NEW], WEST: THROTTLED})
    world.poll("2026-10-01")
    world.regions[WEST] = [NEW]

    assert world.poll("2026-10-02") == []
    assert world.row(NEW.model_id, WEST)["phase"] == "ACTIVE"


def test_a_region_never_covered_is_tried_once_a_day_and_never_degraded(world: World) -> None:
    world.regions.update({EAST: [NEW], WEST: THROTTLED})
    for hour in range(48):
        assert world.poll(f"2026-10-{1 + hour // 24:02}T{hour % 24:02}:00:00Z") == [] or hour == 0

    assert world.bedrock.asked.count(("ListFoundationModels", WEST)) == 2
    assert world.bedrock.asked.count(("ListFoundationModels", EAST)) == 48
    assert kinds(world.topic.accepted) == ["BASELINE"]


def test_a_new_active_model_is_silence_by_default(world: World) -> None:
    world.regions[EAST] = [OLD]
    world.poll("2026-10-01")
    world.regions[EAST] = [OLD, NEW]

    assert world.poll("2026-10-02") == []


def test_new_models_are_announced_once_when_asked_for_and_only_when_new_everywhere(
    world: World,
) -> None:
    world.settings = Settings(announce_new_models=True)
    world.regions.update({EAST: [OLD], WEST: [OLD]})
    world.poll("2026-10-01")
    world.regions[EAST] = [OLD, NEW]

    assert kinds(world.poll("2026-10-02")) == ["MODEL_ADDED"]
    world.regions[WEST] = [OLD, NEW]
    assert world.poll("2026-10-03") == []
    assert world.poll("2026-10-04") == []


def test_a_row_first_seen_in_a_covered_region_counts_as_coming_from_active(world: World) -> None:
    world.regions[EAST] = [NEW]
    world.poll("2026-10-01")
    world.regions[EAST] = [NEW, OLD, DATED]

    told = world.poll("2026-10-02")

    assert sorted(kinds(told)) == ["DATES_CHANGED", "ENTERED_LEGACY"]
    assert {d["direction"] for d in told} == {"announced", None}


def test_the_regions_setting_restricts_what_is_asked(world: World) -> None:
    world.settings = Settings(regions=(EAST,))
    world.regions.update({EAST: [NEW], WEST: [OLD]})
    world.poll("2026-10-01")

    assert {region for _, region in world.bedrock.asked} == {EAST}


def test_which_regions_are_enabled_is_asked_once_a_day(world: World) -> None:
    world.regions[EAST] = [NEW]
    world.poll("2026-10-01T10:00:00Z")
    world.regions[WEST] = [NEW]

    world.bedrock.asked.clear()
    world.poll("2026-10-02T09:00:00Z")
    assert {region for _, region in world.bedrock.asked} == {EAST}

    world.poll("2026-10-02T10:00:00Z")
    assert {region for _, region in world.bedrock.asked} == {EAST, WEST}


def test_when_regions_cannot_be_listed_at_first_all_that_are_offered_are_asked(
    world: World,
) -> None:
    world.regions.update({EAST: [NEW], WEST: [NEW]})
    world.bedrock.listing_regions_fails = True

    assert kinds(world.poll("2026-10-01")) == ["BASELINE"]

    assert {EAST, WEST} < {region for _, region in world.bedrock.asked}


def test_that_regions_could_not_be_listed_is_not_remembered(world: World) -> None:
    world.regions[EAST] = [NEW]
    world.poll("2026-10-01T10:00:00Z")
    world.regions[WEST] = [NEW]
    world.bedrock.listing_regions_fails = True
    world.poll("2026-10-02T10:00:00Z")
    world.bedrock.listing_regions_fails = False
    world.regions["eu-west-1"] = [NEW]

    world.bedrock.asked.clear()
    world.poll("2026-10-02T11:00:00Z")

    assert ("ListFoundationModels", "eu-west-1") in world.bedrock.asked


def test_when_regions_cannot_be_listed_the_covered_ones_are_polled_all_the_same(
    world: World,
) -> None:
    world.regions.update({EAST: [NEW], WEST: [NEW]})
    world.poll("2026-10-01")
    world.bedrock.listing_regions_fails = True
    world.regions[WEST] = [NEW, OLD]

    assert kinds(world.poll("2026-10-02")) == ["ENTERED_LEGACY"]
    assert world.summary is not None
    assert world.summary.warnings
    assert world.summary.reasons_to_fail == []
