"""What is told as a model passes through its life, poll after poll."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.world import EAST, EUROPE, THROTTLED, WEST, World, kinds, model

if TYPE_CHECKING:
    from notifier.model import ListedModel

SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"
LEGACY, EXTENDED, END = "2026-10-08", "2027-01-08", "2027-04-08"


def sonnet(status: str = "LEGACY", **dates: Any) -> ListedModel:  # noqa: ANN401 (dates, and an hour)
    """Give Claude Sonnet 4.5 with the dates AWS has stated for it."""
    stated = {"legacy": LEGACY, "extended_access": EXTENDED, "end_of_life": END}
    return model(SONNET, status, name="Claude Sonnet 4.5", **(stated | dates))


def active() -> ListedModel:
    """Give Claude Sonnet 4.5 before anything was said about it."""
    return model(SONNET, name="Claude Sonnet 4.5")


@pytest.fixture
def watched(world: World) -> World:
    """Give a world that has told its baseline, with one active model in two Regions."""
    world.regions.update({EAST: [active()], WEST: [active()]})
    world.poll("2026-10-01")
    return world


def both(world: World, entry: ListedModel) -> None:
    """Let both Regions list the model like this."""
    world.regions.update({EAST: [entry], WEST: [entry]})


def test_a_whole_life_is_told_step_by_step_and_each_step_once(watched: World) -> None:
    told: list[tuple[str, str, int | None]] = []
    both(watched, sonnet())
    days = [
        "2026-10-08",  # enters Legacy
        "2026-10-09",
        "2026-12-09",  # 30 days before extended access
        "2026-12-10",
        "2027-01-01",  # 7 days before it
        "2027-01-08",  # it begins
        "2027-02-07",  # 60 days before the end
        "2027-03-09",  # 30
        "2027-03-25",  # 14
        "2027-04-01",  # 7
        "2027-04-05",  # 3
        "2027-04-07",  # 1
        "2027-04-08",  # the end
        "2027-04-09",
    ]
    for day in days:
        told += [(day, d["kind"], d["days_left"]) for d in watched.poll(day)]
    watched.regions.update({EAST: [active_other()], WEST: [active_other()]})
    for day in ("2027-04-10", "2027-04-11", "2027-04-12"):
        told += [(day, d["kind"], d["days_left"]) for d in watched.poll(day)]

    assert told == [
        ("2026-10-08", "ENTERED_LEGACY", 182),
        ("2026-12-09", "DEADLINE", 30),
        ("2027-01-01", "DEADLINE", 7),
        ("2027-01-08", "EXTENDED_ACCESS_STARTED", 90),
        ("2027-02-07", "DEADLINE", 60),
        ("2027-03-09", "DEADLINE", 30),
        ("2027-03-25", "DEADLINE", 14),
        ("2027-04-01", "DEADLINE", 7),
        ("2027-04-05", "DEADLINE", 3),
        ("2027-04-07", "DEADLINE", 1),
        ("2027-04-08", "END_OF_LIFE_REACHED", 0),
    ]
    # Nobody needs to ask Bedrock about a model whose end was told.
    assert all(operation == "ListFoundationModels" for operation, _ in watched.bedrock.asked)


def active_other() -> ListedModel:
    """Give a model that keeps a Region's answer from being empty."""
    return model("acme.other-v1:0")


def test_both_regions_are_one_notification_and_the_document_is_the_contracts(
    watched: World,
) -> None:
    both(watched, sonnet())

    (told,) = watched.poll("2026-10-08")

    assert told["models"] == [
        {
            "model_id": SONNET,
            "name": "Claude Sonnet 4.5",
            "provider": "Anthropic",
            "phase": "LEGACY",
            "regions": [EAST, WEST],
            "dates": {"legacy": LEGACY, "extended_access": EXTENDED, "end_of_life": END},
            "previous_dates": None,
            "in_use": None,
            "invocations_14d": None,
            "used_by": [],
            "replacement": None,
            "replacement_source": None,
        }
    ]
    assert told["severity"] == "warning"
    assert (told["milestone"], told["milestone_date"]) == ("END_OF_LIFE", END)
    assert told["reason"] == (
        "Claude Sonnet 4.5 has entered Legacy (today); end of life in 182 days (Thu 2027-04-08)."
    )


def test_the_row_says_what_a_query_needs(watched: World) -> None:
    both(watched, sonnet())
    watched.poll("2026-10-08")

    row = watched.row(SONNET)

    assert row["phase"] == row["status"] == "LEGACY"
    assert row["next_milestone"] == "EXTENDED_ACCESS"
    assert row["next_milestone_at"] == row["extended_access_at"] == "2027-01-08T08:00:00Z"
    assert row["end_of_life_at"] == "2027-04-08T08:00:00Z"
    assert row["horizon"] == "dated"
    assert row["told"]["seq"] == 1
    assert row["last_changed_at"] == "2026-10-08T10:00:00Z"
    assert "in_use" not in row


def test_an_api_that_runs_late_still_gives_one_alert_worded_for_the_phase_reached(
    watched: World,
) -> None:
    both(watched, sonnet())

    (told,) = watched.poll("2027-02-20")

    assert told["kind"] == "ENTERED_LEGACY"
    assert told["models"][0]["phase"] == "EXTENDED_ACCESS"
    assert "public extended access (since Fri 2027-01-08)" in told["reason"]
    assert watched.poll("2027-02-21") == []  # the rung of 60 is told with it


def test_dates_before_the_status_are_news_and_the_status_by_date_is_too(watched: World) -> None:
    both(watched, sonnet("ACTIVE"))
    (told,) = watched.poll("2026-10-07T02:04:00Z")
    assert (told["kind"], told["direction"]) == ("DATES_CHANGED", "announced")

    (told,) = watched.poll("2026-10-08T08:00:00Z")
    assert told["kind"] == "ENTERED_LEGACY"
    both(watched, sonnet())
    assert watched.poll("2026-10-09") == []


def test_hours_that_jitter_say_and_write_nothing(watched: World) -> None:
    both(watched, sonnet())
    watched.poll("2026-10-08")

    both(watched, sonnet(hour=7))

    assert watched.poll("2026-10-09") == []
    assert watched.summary is not None
    assert watched.summary.rows_written == 0


def test_an_end_that_moves_earlier_is_critical_and_starts_its_ladder_anew(
    watched: World,
) -> None:
    both(watched, sonnet())
    watched.poll("2026-10-08")
    both(watched, sonnet(extended_access=None, end_of_life="2026-12-10"))

    (told,) = watched.poll("2026-10-20")

    assert (told["kind"], told["direction"]) == ("DATES_CHANGED", "earlier")
    assert told["severity"] == "critical"
    assert told["models"][0]["previous_dates"]["end_of_life"] == END
    assert "moved earlier to Thu 2026-12-10 (in 51 days), from Thu 2027-04-08" in told["reason"]
    assert kinds(watched.poll("2026-11-10")) == ["DEADLINE"]


def test_an_end_that_moves_later_or_vanishes_is_a_warning(watched: World) -> None:
    both(watched, sonnet())
    watched.poll("2026-10-08")
    both(watched, sonnet(end_of_life="2027-06-08"))
    (later,) = watched.poll("2026-10-20")
    both(watched, sonnet(end_of_life=None))
    (removed,) = watched.poll("2026-10-21")

    assert [later["direction"], removed["direction"]] == ["later", "removed"]
    assert [later["severity"], removed["severity"]] == ["warning", "warning"]


def test_a_fact_that_comes_back_is_news_again(watched: World) -> None:
    legacy = model(SONNET, "LEGACY")
    seen = []
    for day, entry in (
        ("2026-10-02", legacy),
        ("2026-10-03", active()),
        ("2026-10-04", legacy),
        ("2026-10-05", active()),
    ):
        both(watched, entry)
        seen += watched.poll(day)

    assert kinds(seen) == [
        "ENTERED_LEGACY",
        "RETURNED_TO_ACTIVE",
        "ENTERED_LEGACY",
        "RETURNED_TO_ACTIVE",
    ]
    assert len({document["alert_id"] for document in seen}) == 4


def test_an_unknown_status_is_kept_counted_and_says_nothing(watched: World) -> None:
    both(watched, model(SONNET, "LEGACY"))
    watched.poll("2026-10-02")
    both(watched, model(SONNET, "SUNSET"))

    assert watched.poll("2026-10-03") == []
    assert watched.row(SONNET)["status"] == "SUNSET"
    assert watched.summary is not None
    assert watched.summary.not_understood == 2


def test_a_straggling_region_goes_to_the_digest(watched: World) -> None:
    watched.regions[EAST] = [sonnet()]
    watched.poll("2026-10-08")
    watched.regions[WEST] = [sonnet()]

    assert watched.poll("2026-10-12") == []
    assert watched.row(SONNET, WEST)["deferred"]["kind"] == "ENTERED_LEGACY"
    assert watched.poll("2026-10-30") == []  # and stays there when the fortnight is over
    (told,) = watched.poll("2026-12-09")  # reminders are for all Regions again
    assert told["models"][0]["regions"] == [EAST, WEST]
    assert "deferred" not in watched.row(SONNET, WEST)


def test_a_region_that_follows_after_a_fortnight_is_told(watched: World) -> None:
    watched.regions[EAST] = [sonnet()]
    watched.poll("2026-10-08")
    watched.regions[WEST] = [sonnet()]

    assert kinds(watched.poll("2026-10-23")) == ["ENTERED_LEGACY"]


def test_reminders_go_out_at_their_hour_and_everything_else_at_once(watched: World) -> None:
    both(watched, sonnet())
    assert kinds(watched.poll("2026-10-08T02:00:00Z")) == ["ENTERED_LEGACY"]

    assert watched.poll("2026-12-09T08:59:00Z") == []
    assert kinds(watched.poll("2026-12-09T09:00:00Z")) == ["DEADLINE"]


def test_after_a_long_silence_only_the_tightest_rung_is_sent(watched: World) -> None:
    both(watched, sonnet())
    watched.poll("2026-10-08")

    told = watched.poll("2027-03-26")  # 13 days left; extended access has begun meanwhile
    assert kinds(told) == ["EXTENDED_ACCESS_STARTED"]
    assert told[0]["severity"] == "critical"
    assert watched.poll("2027-03-27") == []
    assert [d["days_left"] for d in watched.poll("2027-04-01")] == [7]


def test_reminders_and_phases_go_on_while_a_region_fails(watched: World) -> None:
    both(watched, sonnet())
    watched.poll("2026-10-08")
    watched.regions.update({EAST: THROTTLED, EUROPE: [active_other()]})

    watched.poll("2026-12-08")
    (told,) = [d for d in watched.poll("2026-12-09") if d["kind"] == "DEADLINE"]

    assert told["models"][0]["regions"] == [EAST, WEST]


def test_a_variant_ahead_of_its_base_is_named(watched: World) -> None:
    variant = model(f"{SONNET}:200k", "LEGACY")
    watched.regions[EAST] = [active(), variant]

    (told,) = watched.poll("2026-10-02")

    assert told["models"][0]["model_id"] == SONNET
    assert f"{SONNET}:200k" in told["text"]
    watched.regions[EAST] = [active()]
    assert kinds(watched.poll("2026-10-03")) == ["RETURNED_TO_ACTIVE"]


def test_variants_that_leave_say_nothing_while_the_model_stays(watched: World) -> None:
    watched.regions[EAST] = [active(), model(f"{SONNET}:200k")]
    watched.poll("2026-10-02")
    watched.regions[EAST] = [model(f"{SONNET}:200k")]
    assert watched.poll("2026-10-03") == []
    watched.regions[EAST] = [active()]
    assert watched.poll("2026-10-04") == []
    assert watched.poll("2026-10-05") == []
