"""AWS Health events, pushed and polled: each told once, tied to its models, ahead of the API."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from notifier.errors import AwsError
from notifier.health_event import Entity, HealthEvent, LifecycleDate, Page, ServiceLifecycle
from notifier.health_memory import event_name
from notifier.health_news import HealthEvents, Remembered
from notifier.settings import Settings
from tests.health_events import health_event
from tests.world import EAST, EUROPE, WEST, World, at, kinds, model

if TYPE_CHECKING:
    from notifier.model import ListedModel

pytestmark = pytest.mark.contract

A, B, C = "acme.alpha-1-v1:0", "acme.beta-1-v1:0", "acme.alpha-2-v1:0"
END = "2027-04-08"


def event(arn: str = "one", updated: str = "2026-10-07T08:00:00Z", **given: Any) -> HealthEvent:  # noqa: ANN401 any field
    """Give an event that announces the end of life of A on 2027-04-08, in us-east-1."""
    fields = {
        "arn": f"arn:aws:health:us-east-1::event/BEDROCK/AWS_BEDROCK_PLANNED_LIFECYCLE_EVENT/{arn}",
        "scope": "ACCOUNT_SPECIFIC",
        "description": "A model that you have used in the past 30 days is being retired.",
        "language": "en_US",
        "entities": (Entity(A, "PENDING"),),
    }
    return health_event(updated_at=at(updated), **{**fields, **given})


def becomes(world: World, alpha: ListedModel, region: str = EAST) -> None:
    """Let a Region list A like this, beside the other two."""
    world.regions[region] = [alpha, model(B, name="Beta 1"), model(C, name="Alpha 2")]


@pytest.fixture
def watched(world: World) -> World:
    """Give a world in which three models are tracked in two Regions and the baseline is told."""
    for region in (EAST, WEST):
        becomes(world, model(A, name="Alpha 1"), region)
    world.poll("2026-10-01")
    return world


def test_an_announcement_is_told_at_once_and_the_api_that_says_the_same_repeats_nothing(
    watched: World,
) -> None:
    (told,) = watched.push("2026-10-07", event())

    assert told["kind"] == "HEALTH_EVENT"
    assert told["severity"] == "warning"
    assert (told["milestone"], told["milestone_date"]) == ("END_OF_LIFE", END)
    assert told["days_left"] == 183
    (entry,) = told["models"]
    assert (entry["model_id"], entry["regions"]) == (A, [EAST])
    assert entry["replacement"] == C
    assert told["health_event"]["dates"]["end_of_life"] == END

    becomes(watched, model(A, "LEGACY", legacy="2026-10-08", end_of_life=END))

    assert watched.poll("2026-10-08") == []
    assert watched.row(A)["told"]["end_of_life"] == END
    assert watched.row(A)["told"]["phase"] == "LEGACY"


def test_a_date_of_the_api_that_differs_is_told_with_both(watched: World) -> None:
    watched.push("2026-10-07", event())
    becomes(watched, model(A, "LEGACY", legacy="2026-10-08", end_of_life="2027-05-01"))

    (told,) = watched.poll("2026-10-08")

    assert told["kind"] == "ENTERED_LEGACY"
    assert told["models"][0]["dates"]["end_of_life"] == "2027-05-01"
    assert END in told["text"]
    assert "AWS Health" in told["text"]


def test_what_health_did_not_say_is_told_when_the_api_says_it(watched: World) -> None:
    watched.push("2026-10-07", event())
    becomes(
        watched,
        model(A, "LEGACY", legacy="2026-10-08", extended_access="2027-01-08", end_of_life=END),
    )

    assert kinds(watched.poll("2026-10-08")) == ["ENTERED_LEGACY"]


def test_a_date_that_comes_back_after_another_was_told_is_news_again(watched: World) -> None:
    watched.push("2026-10-07", event())
    becomes(watched, model(A, end_of_life=END))
    assert watched.poll("2026-10-08") == []
    becomes(watched, model(A, end_of_life="2027-05-01"))
    assert kinds(watched.poll("2026-10-09")) == ["DATES_CHANGED"]
    becomes(watched, model(A, end_of_life=END))

    assert kinds(watched.poll("2026-10-10")) == ["DATES_CHANGED"]


def test_another_region_of_the_announced_model_waits_for_the_digest(watched: World) -> None:
    watched.push("2026-10-07", event())
    for region in (EAST, WEST):
        becomes(watched, model(A, "LEGACY", legacy="2026-10-08", end_of_life=END), region)

    assert watched.poll("2026-10-08") == []
    assert watched.row(A, WEST)["deferred"]["kind"] == "ENTERED_LEGACY"


def test_a_reminder_soon_after_a_health_message_is_left_out(watched: World) -> None:
    watched.push("2026-12-03", event())  # 126 days before
    becomes(watched, model(A, "LEGACY", legacy="2026-12-04", end_of_life=END))

    assert watched.poll("2026-12-04") == []
    assert watched.poll("2026-12-10") == []
    assert kinds(watched.poll("2027-02-07")) == ["DEADLINE"]


def test_reminders_count_from_the_day_health_spoke_and_not_from_the_api_that_follows(
    watched: World,
) -> None:
    watched.push("2026-12-01", event())
    becomes(watched, model(A, "LEGACY", legacy="2026-12-04", end_of_life=END))

    assert watched.poll("2027-02-06T10:00:00Z") == []
    (told,) = watched.poll("2027-02-06T11:00:00Z")
    assert (told["kind"], told["days_left"]) == ("DEADLINE", 61)


def test_as_long_as_the_api_gives_no_date_that_of_health_counts_down(watched: World) -> None:
    """The API has been months late."""
    watched.push("2026-10-07", event())
    heard: dict[str, list[str]] = {}
    for when in (
        "2026-12-08",
        "2026-12-09",
        "2026-12-10",
        "2027-02-07",
        "2027-02-08",
        "2027-03-25",
    ):
        told = watched.poll(when)
        heard[when] = [f"{one['kind']} {one['severity']} {one['days_left']}" for one in told]
        for one in told:
            assert one["milestone_date"] == END
            assert one["models"][0]["dates"]["end_of_life"] is None
            assert "so says AWS Health" in one["reason"]
            assert one["reason"] in " ".join(one["text"].split())

    assert heard == {
        "2026-12-08": [],
        "2026-12-09": ["DEADLINE warning 120"],
        "2026-12-10": [],
        "2027-02-07": ["DEADLINE warning 60"],
        "2027-02-08": [],
        "2027-03-25": ["DEADLINE critical 14"],
    }
    becomes(watched, model(A, "LEGACY", legacy="2026-10-08", end_of_life=END))
    assert watched.poll("2027-03-26") == []
    assert kinds(watched.poll("2027-04-01")) == ["DEADLINE"]


def test_legacy_without_an_end_is_told_and_the_end_that_health_gave_counts_down(
    watched: World,
) -> None:
    watched.push("2026-10-07", event())
    becomes(watched, model(A, "LEGACY", legacy="2026-10-08"))
    assert kinds(watched.poll("2026-10-08")) == ["ENTERED_LEGACY"]

    assert kinds(watched.poll("2026-12-09")) == ["DEADLINE"]
    becomes(watched, model(A, "LEGACY", legacy="2026-10-08", end_of_life=END))
    assert watched.poll("2026-12-10") == []


def test_of_two_announced_dates_the_one_that_the_api_lacks_still_counts_down(
    watched: World,
) -> None:
    text = "The model enters Legacy on October 8, 2026 and reaches end of life on April 8, 2027."
    watched.push("2026-10-07", event(description=text))
    becomes(watched, model(A, "LEGACY", legacy="2026-10-08"))
    assert watched.poll("2026-10-08") == []

    assert kinds(watched.poll("2026-12-09")) == ["DEADLINE"]


def test_a_date_that_the_api_gave_and_took_back_counts_down_no_more(watched: World) -> None:
    watched.push("2026-10-07", event())
    becomes(watched, model(A, end_of_life=END))
    assert watched.poll("2026-10-08") == []
    becomes(watched, model(A))
    assert kinds(watched.poll("2026-10-09")) == ["DATES_CHANGED"]

    assert watched.poll("2026-12-09") == []


@pytest.mark.parametrize(
    "change",
    [
        {"status": "closed"},
        {"start_at": None},
        {"category": "issue", "type_code": "AWS_BEDROCK_OPERATIONAL_ISSUE", "description": "New."},
    ],
    ids=["closed", "without its date", "another kind of event"],
)
def test_a_date_that_health_takes_back_counts_down_no_more_and_is_news_from_the_api(
    watched: World, change: dict[str, Any]
) -> None:
    watched.settings = Settings(health_events=HealthEvents.ALL)
    watched.push("2026-10-07", event())
    assert len(watched.push("2026-10-08", event(updated="2026-10-08T08:00:00Z", **change))) == 1

    assert watched.poll("2026-12-09") == []
    becomes(watched, model(A, end_of_life=END))
    assert kinds(watched.poll("2026-12-10")) == ["DATES_CHANGED"]


def test_a_date_that_moves_counts_down_to_the_new_one(watched: World) -> None:
    watched.push("2026-10-07", event())
    later = datetime(2027, 5, 1, 7, tzinfo=UTC)
    watched.push("2026-10-08", event(updated="2026-10-08T08:00:00Z", start_at=later))

    assert watched.poll("2026-12-09") == []
    (told,) = watched.poll("2027-01-01")
    assert (told["kind"], told["milestone_date"]) == ("DEADLINE", "2027-05-01")


def test_a_date_that_the_api_has_overtaken_is_mentioned_no_more(watched: World) -> None:
    watched.push("2026-10-07", event())
    becomes(watched, model(A, "LEGACY", legacy="2026-10-08", end_of_life="2027-05-01"))
    (entered,) = watched.poll("2026-10-08")
    assert "AWS Health says" in entered["text"]
    becomes(watched, model(A, "LEGACY", legacy="2026-10-08", end_of_life="2027-06-01"))
    watched.poll("2026-10-09")

    (reminder,) = watched.poll("2027-02-01")
    assert reminder["kind"] == "DEADLINE"
    assert "AWS Health" not in reminder["text"]


def test_a_model_whose_end_is_announced_succeeds_no_other(watched: World) -> None:
    watched.push("2026-10-07", event(entities=(Entity(C),)))
    becomes(watched, model(A, "LEGACY", legacy="2026-10-08", end_of_life=END))

    (told,) = watched.poll("2026-10-08")
    assert told["models"][0]["replacement"] != C


def test_both_in_one_poll_while_the_topic_is_down_are_one_message_later(watched: World) -> None:
    watched.topic.down = True
    watched.health.has(event())
    becomes(watched, model(A, "LEGACY", legacy="2026-10-08", end_of_life=END))
    watched.poll("2026-10-08T10:00:00Z")
    assert "told" not in watched.row(A)
    watched.topic.down = False

    assert kinds(watched.poll("2026-10-08T11:00:00Z")) == ["HEALTH_EVENT"]
    assert watched.poll("2026-10-08T12:00:00Z") == []


def test_two_events_of_one_poll_know_of_each_other(watched: World) -> None:
    notice = event("two", type_code="AWS_BEDROCK_NEWS", category="accountNotification")
    watched.health.has(event(), notice)
    assert len(watched.poll("2026-10-07")) == 2
    becomes(watched, model(A, "LEGACY", legacy="2026-10-08", end_of_life=END))

    assert watched.poll("2026-10-08") == []


def test_a_reminder_does_not_follow_on_the_day_of_a_health_message(watched: World) -> None:
    becomes(watched, model(A, "LEGACY", legacy="2026-10-02", end_of_life=END))
    watched.poll("2026-10-02")
    watched.push("2027-02-07T08:30:00Z", event(updated="2027-02-07T08:00:00Z"))

    assert watched.poll("2027-02-07") == []


@pytest.mark.parametrize("again", ["pushed", "polled", "from another Region", "on two pages"])
def test_the_same_event_is_told_once(watched: World, again: str) -> None:
    watched.push("2026-10-07", event())

    match again:
        case "pushed" | "from another Region":
            assert watched.push("2026-10-07T11:00:00Z", event()) == []
        case "polled":
            watched.health.has(event())
            assert watched.poll("2026-10-08") == []
            assert watched.poll("2026-10-09") == []
            assert watched.health.asked.count(f"details {event().arn}") == 0
        case _:
            one, two = replace(event(), entities=None), event()
            pages = Page(one, "c", 2, 2), Page(two, "c", 1, 2)
            assert watched.push("2026-10-07T11:00:00Z", *pages) == []


def test_what_only_the_api_has_is_told_by_the_poll(watched: World) -> None:
    watched.health.has(event())

    assert kinds(watched.poll("2026-10-08")) == ["HEALTH_EVENT"]
    assert watched.poll("2026-10-09") == []
    assert watched.push("2026-10-09", event()) == []


def test_health_and_the_api_in_one_poll_are_one_message(watched: World) -> None:
    watched.health.has(event())
    becomes(watched, model(A, "LEGACY", legacy="2026-10-08", end_of_life=END))

    assert kinds(watched.poll("2026-10-08")) == ["HEALTH_EVENT"]
    assert watched.poll("2026-10-09") == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"start_at": datetime(2027, 5, 1, 7, tzinfo=UTC)}, "moved later, to Sat 2027-05-01"),
        ({"status": "closed"}, "AWS has closed the event"),
        ({"description": "Another text."}, "the text has changed"),
        (
            {"entities": (Entity(A, "PENDING"), Entity(B, "PENDING"))},
            f"1 more affected resource: {B}",
        ),
        ({"entities": (Entity(A, "RESOLVED"),)}, f"1 resource now RESOLVED: {A}"),
    ],
)
def test_a_new_version_is_an_update_and_says_what_has_changed(
    watched: World, change: dict[str, Any], words: str
) -> None:
    watched.push("2026-10-07", event())
    newer = event(updated="2026-10-08T08:00:00Z", **change)

    (told,) = watched.push("2026-10-08", newer)

    assert told["health_event"]["update"] is True
    (said,) = told["health_event"]["changes"]
    assert words in said
    assert watched.push("2026-10-08", newer, event()) == []
    assert watched.came_of_it == ["told already", "older than what was told"]


def test_an_event_that_returns_to_an_earlier_state_is_news_again(watched: World) -> None:
    for day, status in ((7, "open"), (8, "closed"), (9, "open"), (10, "closed")):
        version = event(updated=f"2026-10-{day:02}T08:00:00Z", status=status)
        assert kinds(watched.push(f"2026-10-{day:02}", version)) == ["HEALTH_EVENT"]


def test_pages_make_one_event_in_whatever_order_they_come(watched: World) -> None:
    parts = [replace(event(), entities=(Entity(one),)) for one in (A, B, C)]
    pages = [Page(part, "c", number, 3) for number, part in enumerate(parts, 1)]

    assert watched.push("2026-10-07", pages[2]) == []
    assert watched.push("2026-10-07", pages[0], pages[2]) == []
    (told,) = watched.push("2026-10-07", pages[1])

    assert [one["model_id"] for one in told["models"]] == [A, C, B]
    assert watched.push("2026-10-07", *pages) == []
    assert watched.poll("2026-10-08") == []


def test_a_missing_page_holds_an_event_back_for_one_poll_at_most(watched: World) -> None:
    pages = [
        Page(replace(event(), entities=(Entity(one),)), "c", n, 3) for n, one in ((1, A), (3, B))
    ]
    watched.push("2026-10-07T09:59:00Z", *pages)

    assert watched.poll("2026-10-07T10:00:00Z") == []
    (told,) = watched.poll("2026-10-07T11:00:00Z")

    assert told["health_event"]["missing_pages"] == 1
    assert watched.poll("2026-10-07T12:00:00Z") == []

    late = Page(replace(event(), entities=(Entity(C),)), "c", 2, 3)
    (update,) = watched.push("2026-10-07T12:30:00Z", late)
    assert update["health_event"]["changes"] == [f"1 more affected resource: {C}"]
    assert watched.push("2026-10-07T12:40:00Z", late, *pages) == []


def test_a_late_page_while_another_is_still_missing_takes_nothing_back(watched: World) -> None:
    values = ("x", A, B, C)
    pages = [
        Page(replace(event(), entities=(Entity(one),)), "c", number, 4)
        for number, one in enumerate(values, 1)
    ]
    watched.push("2026-10-07T09:00:00Z", pages[0], pages[1])
    assert kinds(watched.poll("2026-10-07T10:00:00Z")) == ["HEALTH_EVENT"]

    watched.push("2026-10-07T10:10:00Z", pages[2])
    (third,) = watched.poll("2026-10-07T11:00:00Z")
    (fourth,) = watched.push("2026-10-07T11:10:00Z", pages[3])

    assert third["health_event"]["changes"] == [f"1 more affected resource: {B}"]
    assert fourth["health_event"]["changes"] == [f"1 more affected resource: {C}"]


def test_an_event_of_which_only_the_time_moves_is_asked_for_once(watched: World) -> None:
    watched.health.has(event())
    watched.poll("2026-10-08")
    watched.health.has(event(updated="2026-10-08T12:00:00Z"))
    for day in (9, 10, 11):
        assert watched.poll(f"2026-10-{day:02}") == []

    assert watched.health.asked.count(f"details {event().arn}") == 2


def test_an_event_without_a_date_takes_back_no_other_date(watched: World) -> None:
    notice = event("two", type_code="AWS_BEDROCK_NEWS", category="accountNotification")
    assert len(watched.push("2026-10-07", event(), notice)) == 2
    becomes(watched, model(A, "LEGACY", legacy="2026-10-08", end_of_life=END))

    assert watched.poll("2026-10-08") == []


def test_a_date_that_was_overtaken_is_not_kept_by_another_event(watched: World) -> None:
    watched.push("2026-10-07", event())
    becomes(watched, model(A, end_of_life="2027-05-01"))
    assert kinds(watched.poll("2026-10-08")) == ["DATES_CHANGED"]
    notice = event("two", type_code="AWS_BEDROCK_NEWS", category="accountNotification")
    watched.push("2026-10-09", notice)
    becomes(watched, model(A, end_of_life=END))

    assert kinds(watched.poll("2026-10-10")) == ["DATES_CHANGED"]


def test_the_next_end_of_a_model_that_is_not_ignored_is_counted(watched: World) -> None:
    becomes(watched, model(A, "LEGACY", legacy="2026-10-02", end_of_life=END))
    watched.poll("2026-10-08")
    assert watched.summary is not None
    assert watched.summary.days_to_next_end_of_life == 182
    watched.settings = Settings(ignore=("*alpha-1*",))
    watched.poll("2026-10-09")

    assert watched.summary.days_to_next_end_of_life is None


def test_ten_thousand_entities_over_a_hundred_pages_of_which_one_is_late(watched: World) -> None:
    """In any order; the models stand on a page in the middle."""
    values = [f"arn:aws:bedrock:us-east-1:123456789012:agent/{n:05}" for n in range(9_999)]
    values.insert(5_000, A)
    pages = [
        Page(
            replace(event(), entities=tuple(map(Entity, values[n : n + 100]))),
            "c",
            n // 100 + 1,
            100,
        )
        for n in range(0, 10_000, 100)
    ]
    late = pages.pop(17)
    Random(1).shuffle(pages)  # noqa: S311 an order, no secret

    assert watched.push("2026-10-07T10:01:00Z", *pages) == []
    (told,) = watched.poll("2026-10-07T11:00:00Z")
    assert [one["model_id"] for one in told["models"]] == [A]
    assert told["health_event"]["entities_total"] == 9_900
    assert told["health_event"]["missing_pages"] == 1
    (update,) = watched.push("2026-10-07T11:01:00Z", late)
    assert update["health_event"]["changes"] == ["10,000 affected resources now, 9,900 before"]
    assert watched.push("2026-10-07T11:02:00Z", *pages, late) == []
    assert watched.poll("2026-10-07T12:00:00Z") == []


def test_a_model_that_an_update_leaves_out_is_no_longer_announced(watched: World) -> None:
    watched.push("2026-10-07", event(entities=(Entity(A), Entity(C))))
    (told,) = watched.push(
        "2026-10-08", event(updated="2026-10-08T08:00:00Z", entities=(Entity(C),))
    )
    assert f"it no longer concerns {A}" in told["health_event"]["changes"]
    becomes(watched, model(A, "LEGACY", legacy="2026-10-09", end_of_life=END))

    assert kinds(watched.poll("2026-10-09")) == ["ENTERED_LEGACY"]


def test_an_update_from_a_side_without_entities_is_about_the_same_models(watched: World) -> None:
    watched.push("2026-10-07", event())
    later = datetime(2027, 5, 1, 7, tzinfo=UTC)
    newer = event(updated="2026-10-08T08:00:00Z", entities=None, start_at=later)

    (told,) = watched.push("2026-10-08", newer)
    assert [one["model_id"] for one in told["models"]] == [A]
    becomes(watched, model(A, end_of_life="2027-05-01"))
    assert watched.poll("2026-10-09") == []


def test_what_was_not_told_of_an_ignored_model_is_not_taken_for_told(watched: World) -> None:
    watched.settings = Settings(ignore=("*alpha-1*",))
    watched.push("2026-10-07", event(entities=(Entity(A), Entity(B))))

    assert "announced" not in watched.row(A)
    assert "announced" in watched.row(B)


def test_a_model_that_is_listed_again_is_told_although_health_gave_its_date(
    watched: World,
) -> None:
    others = watched.regions[EAST]
    assert isinstance(others, list)
    watched.regions[EAST] = others[1:]
    watched.poll("2026-10-02")
    assert kinds(watched.poll("2026-10-03")) == ["MODEL_WITHDRAWN"]
    watched.push("2026-10-04", event())
    becomes(watched, model(A, end_of_life=END))

    assert kinds(watched.poll("2026-10-05")) == ["RETURNED_TO_ACTIVE"]


def test_what_only_reports_progress_takes_the_place_of_no_reminder(watched: World) -> None:
    """AWS updates planned lifecycle events as resources are moved, every day if need be."""
    becomes(watched, model(A, "LEGACY", legacy="2026-10-02", end_of_life=END))
    watched.poll("2026-10-02")
    values = [Entity(A, "PENDING"), *(Entity(f"r{n}", "PENDING") for n in range(30))]
    watched.push("2026-10-03", event(updated="2026-10-03T08:00:00Z", entities=tuple(values)))
    critical = []
    for days_left in range(20, 0, -1):
        day = (datetime(2027, 4, 8, tzinfo=UTC) - timedelta(days=days_left)).date()
        values[days_left] = Entity(f"r{days_left}", "RESOLVED")
        progress = event(updated=f"{day}T08:00:00Z", entities=tuple(values))
        (told,) = watched.push(f"{day}T08:30:00Z", progress)
        assert told["health_event"]["update"] is True
        critical += [one["days_left"] for one in watched.poll(f"{day}T10:00:00Z")]

    assert critical == [20, 14, 7, 3, 1]


def test_regions_that_cut_a_communication_differently_lose_no_entity(watched: World) -> None:
    def page(number: int, of: int, *values: str) -> Page:
        return Page(replace(event(), entities=tuple(map(Entity, values))), "c", number, of)

    east = page(1, 3, A), page(2, 3, B), page(3, 3, C)
    west = page(1, 2, A, B), page(2, 2, C)
    told = watched.push("2026-10-07", east[0], west[1], west[0], east[1], east[2])

    assert [one["model_id"] for one in told[0]["models"]] == [A, C, B]
    assert len(told) == 1


def test_an_event_that_breaks_something_stops_no_other_alert(
    watched: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, recall = event("broken"), watched.memory.recall

    def recall_or_break(one: HealthEvent) -> Remembered:
        if one.arn == broken.arn:
            raise ValueError("what nobody thought of")
        return recall(one)

    monkeypatch.setattr(watched.memory, "recall", recall_or_break)
    watched.health.has(broken, event("two", entities=(Entity(C),)))
    becomes(watched, model(A, "LEGACY", legacy="2026-10-08", end_of_life=END))

    told = kinds(watched.poll("2026-10-08"))

    assert sorted(told) == ["ENTERED_LEGACY", "HEALTH_EVENT"]
    assert watched.summary is not None
    assert watched.summary.outcome == "completed"
    (reason,) = watched.summary.reasons_to_fail
    assert "what nobody thought of" in reason


def test_what_is_remembered_in_a_form_nobody_can_read_is_told_again_and_blocks_nothing(
    watched: World,
) -> None:
    watched.health.has(event())
    watched.poll("2026-10-07")
    key = {"model_id": "#health", "region": event_name("123456789012", event().arn)}
    watched.client.update_item(
        TableName=watched.tables["ModelsTableName"],
        Key=key,
        UpdateExpression="SET version = :nothing",
        ExpressionAttributeValues={":nothing": b"?"},
    )

    assert kinds(watched.poll("2026-10-08")) == ["HEALTH_EVENT"]
    assert watched.poll("2026-10-09") == []


def test_a_text_that_changes_is_an_update_in_whatever_language_it_was_known(
    watched: World,
) -> None:
    french = event(description="Un modèle s'en va.", language="fr_FR")
    watched.push("2026-10-07", french)
    assert watched.push("2026-10-07", event(description="A model goes.", language="en")) == []
    newer = event(updated="2026-10-08T12:00:00Z", description="It goes later.", language="en")
    watched.health.has(newer)

    (told,) = watched.poll("2026-10-09")
    assert told["health_event"]["changes"] == ["the text has changed"]
    german = event(updated="2026-10-10T12:00:00Z", description="Es geht.", language="de_DE")
    (told,) = watched.push("2026-10-10", german)
    assert "another language" in told["health_event"]["changes"][0]


@pytest.mark.parametrize(
    "other",
    [
        {"status": "open"},
        {"status": "UPCOMING"},
        {"end_at": datetime(2027, 4, 9, tzinfo=UTC)},
        {"description": "", "language": ""},
    ],
    ids=["another living status", "in capitals", "an end", "no text"],
)
def test_the_same_version_from_a_side_that_gives_more_or_less_is_told_once(
    watched: World, other: dict[str, Any]
) -> None:
    for first, second in ((event(), event(**other)), (event("two", **other), event("two"))):
        assert len(watched.push("2026-10-07", first)) == 1
        assert watched.push("2026-10-07", second, first, second) == []


@pytest.mark.parametrize("lacking", [{"start_at": None}, {"entities": None}, {"description": ""}])
def test_what_a_side_lacks_is_taken_back_with_the_event_all_the_same(
    watched: World, lacking: dict[str, Any]
) -> None:
    watched.push("2026-10-07", event())
    assert watched.push("2026-10-07T11:00:00Z", event(**lacking)) == []
    closed = event(updated="2026-10-08T08:00:00Z", status="closed")
    assert len(watched.push("2026-10-08", closed)) == 1

    assert watched.poll("2026-12-09") == []


def test_a_date_that_only_the_other_side_gives_is_told_and_counts_down(watched: World) -> None:
    watched.push("2026-10-07", event(start_at=None))
    (told,) = watched.push("2026-10-07T11:00:00Z", event())

    assert "date is now given" in told["health_event"]["changes"][0]
    assert kinds(watched.poll("2026-12-09")) == ["DEADLINE"]


def test_an_event_that_was_told_is_told_as_closed_when_the_api_first_answers(
    watched: World,
) -> None:
    watched.push("2026-10-07", event())
    watched.health.has(event(updated="2026-10-08T08:00:00Z", status="closed"))

    (told,) = watched.poll("2026-10-09")
    assert told["health_event"]["description"] == event().description
    assert watched.poll("2026-12-09") == []


def test_progress_after_a_reminder_takes_the_place_of_none(watched: World) -> None:
    becomes(watched, model(A, "LEGACY", legacy="2026-10-02", end_of_life=END))
    watched.poll("2026-10-02")
    before, after = (
        event(updated=f"{day}T08:00:00Z", entities=(Entity(A), Entity("r", status)))
        for day, status in (("2026-10-03", "PENDING"), ("2027-04-01", "RESOLVED"))
    )
    watched.push("2026-10-03", before)
    assert kinds(watched.poll("2027-03-25")) == ["DEADLINE"]
    watched.push("2027-04-01T08:30:00Z", after)

    assert kinds(watched.poll("2027-04-01T10:00:00Z")) == ["DEADLINE"]


def test_two_versions_of_one_second_are_told_once_each_however_often_they_come(
    watched: World,
) -> None:
    one, other = event(), event(description="Otherwise.")

    assert len(watched.push("2026-10-07", one, other, one, other)) == 2


def test_a_model_nobody_uses_is_told_again_when_it_is_used(watched: World) -> None:
    watched.account.readable = True
    watched.poll("2026-10-06")
    watched.push("2026-10-07", event())
    becomes(watched, model(A, "LEGACY", legacy="2026-10-08", end_of_life=END))
    assert watched.poll("2026-10-08") == []
    watched.account.invoked(EAST, A, "2026-11-20")

    assert kinds(watched.poll("2026-11-20")) == ["NOW_IN_USE"]


def test_an_event_of_another_account_is_told_as_such_and_says_nothing_about_this_one(
    watched: World,
) -> None:
    (told,) = watched.push("2026-10-07", event(account="999999999999"))

    assert "999999999999" in told["reason"]
    assert "announced" not in watched.row(A)
    becomes(watched, model(A, "LEGACY", legacy="2026-10-08", end_of_life=END))
    assert kinds(watched.poll("2026-10-08")) == ["ENTERED_LEGACY"]


def test_who_wants_all_events_from_now_on_does_not_hear_of_closed_issues(watched: World) -> None:
    issue: dict[str, Any] = {"type_code": "AWS_BEDROCK_OPERATIONAL_ISSUE", "category": "issue"}
    old = [event(f"old{n}", status="closed", **issue) for n in range(3)]
    watched.health.has(*old, event("now", status="open", **issue))
    watched.poll("2026-10-02")
    watched.settings = Settings(health_events=HealthEvents.ALL)

    (told,) = watched.poll("2026-10-03")
    assert told["health_event"]["event_arn"].endswith("now")
    watched.health.has(event("new", status="closed", **issue))
    assert len(watched.poll("2026-10-04")) == 1


def test_what_came_before_the_first_message_is_told_as_of_the_day_it_is_told(world: World) -> None:
    world.topic.heard = False
    world.push("2026-10-01", event())  # No model is tracked yet.
    world.regions[EAST] = [model(A, name="Alpha 1")]
    world.poll("2026-10-02")
    world.topic.heard = True
    world.poll("2026-11-03")

    (told,) = world.poll("2026-11-04")
    assert told["days_left"] == 155
    assert [one["model_id"] for one in told["models"]] == [A]


def test_entities_with_absurd_statuses_are_told(watched: World) -> None:
    absurd = tuple(Entity(f"e{n}", f"{n}" * 300) for n in range(2_000))
    assert len(watched.push("2026-10-07", event(entities=absurd))) == 1
    other = tuple(Entity(f"e{n}", f"{n + 1}" * 300) for n in range(2_000))
    (told,) = watched.push("2026-10-08", event(updated="2026-10-08T08:00:00Z", entities=other))

    assert len(told["health_event"]["changes"]) == 5


def test_a_model_that_is_no_longer_ignored_is_new_and_no_update(watched: World) -> None:
    watched.settings = Settings(ignore=("*alpha-1*",))
    assert watched.push("2026-10-07", event()) == []
    newer = event(updated="2026-10-08T08:00:00Z", entities=(Entity(A), Entity(B)))

    (told,) = watched.push("2026-10-08", newer)
    assert told["health_event"]["update"] is False


def test_rows_of_regions_that_are_watched_no_longer_are_left_alone(watched: World) -> None:
    watched.settings = Settings(regions=(WEST,))

    (told,) = watched.push("2026-10-07", event())
    assert told["models"][0]["regions"] == [WEST]


def test_an_operational_issue_is_told_only_to_those_who_want_all(watched: World) -> None:
    issue = event(type_code="AWS_BEDROCK_OPERATIONAL_ISSUE", category="issue", status="open")

    assert watched.push("2026-10-07", issue) == []
    watched.settings = Settings(health_events=HealthEvents.ALL)
    (told,) = watched.push("2026-10-07", issue)

    assert told["severity"] == "info"


@pytest.mark.parametrize(
    ("given", "severity"),
    [
        ({"category": "accountNotification", "type_code": "AWS_BEDROCK_NEWS"}, "warning"),
        (
            {"category": "accountNotification", "type_code": "AWS_BEDROCK_NEWS", "entities": None},
            "info",
        ),
        ({"category": "whatever", "type_code": "SOMETHING_NEW", "entities": None}, "warning"),
        ({"category": "issue", "type_code": "AWS_BEDROCK_MODEL_DEPRECATION"}, "warning"),
    ],
    ids=[
        "an account notification about a model",
        "an account notification about none",
        "what nobody knows",
        "a deprecation filed as an issue",
    ],
)
def test_other_kinds_of_events_are_told(
    watched: World, given: dict[str, Any], severity: str
) -> None:
    (told,) = watched.push("2026-10-07", event(**given))

    assert told["severity"] == severity


def test_another_service_is_nobodys_business(watched: World) -> None:
    assert watched.push("2026-10-07", event(service="EC2")) == []
    assert watched.came_of_it == ["not about Bedrock"]


def test_ignored_models_are_not_told_of(watched: World) -> None:
    watched.settings = Settings(ignore=("*alpha-1*",))

    assert watched.push("2026-10-07", event()) == []
    both = event("two", entities=(Entity(A), Entity(B)))
    (told,) = watched.push("2026-10-07", both)
    assert [one["model_id"] for one in told["models"]] == [B]


def test_an_account_without_a_plan_is_asked_once_a_day_and_nothing_is_wrong(
    watched: World,
) -> None:
    for hour in range(48):
        watched.poll(f"2026-10-{2 + hour // 24:02}T{hour % 24:02}:30:00Z")
        assert watched.summary is not None
        assert watched.summary.reasons_to_fail == []
        assert watched.summary.warnings == []
        assert watched.summary.health_api == "SubscriptionRequiredException"

    assert watched.health.asked == ["events", "events"]


def test_a_plan_bought_later_is_found_and_old_closed_events_stay_quiet(watched: World) -> None:
    watched.poll("2026-10-02")
    watched.health.has(event(), event("two", status="closed"))

    assert watched.poll("2026-10-02T12:00:00Z") == []
    (told,) = watched.poll("2026-10-03T12:00:00Z")
    assert told["health_event"]["event_arn"] == event().arn
    assert watched.poll("2026-10-04T12:00:00Z") == []


def test_a_closed_event_that_could_not_be_read_at_first_stays_quiet_and_an_open_one_is_told(
    watched: World,
) -> None:
    closed, opened = event(status="closed"), event("two")
    watched.health.has(closed, opened)
    watched.health.broken = {closed.arn, opened.arn}
    assert watched.poll("2026-10-02T10:00:00Z") == []
    assert watched.summary is not None
    assert len(watched.summary.warnings) == 1
    assert watched.summary.reasons_to_fail == []
    watched.health.broken = set()

    (told,) = watched.poll("2026-10-02T11:00:00Z")
    assert told["health_event"]["event_arn"] == opened.arn
    watched.health.has(event("three", status="closed"))
    (told,) = watched.poll("2026-10-02T12:00:00Z")
    assert told["health_event"]["event_arn"] == event("three").arn


def test_one_event_that_cannot_be_read_holds_up_no_other_and_is_asked_for_again(
    watched: World,
) -> None:
    watched.health.has(event(), event("two"))
    watched.health.broken = {event().arn}
    assert len(watched.poll("2026-10-02T10:00:00Z")) == 1
    watched.health.broken = set()

    assert len(watched.poll("2026-10-02T11:00:00Z")) == 1


def test_a_status_that_changes_without_a_new_time_is_noticed(watched: World) -> None:
    watched.health.has(event())
    watched.poll("2026-10-08")
    watched.health.has(event(status="closed"))

    (told,) = watched.poll("2026-10-09")
    assert told["health_event"]["changes"] == ["AWS has closed the event"]


def test_a_throttled_api_is_asked_at_the_next_poll_and_warned_of_once(watched: World) -> None:
    watched.health.failing = AwsError("health:DescribeEvents", "Throttling", "", permanent=False)
    watched.poll("2026-10-02T10:00:00Z")
    assert watched.summary is not None
    assert len(watched.summary.warnings) == 1
    watched.poll("2026-10-02T11:00:00Z")
    assert watched.summary.warnings == []
    watched.health.failing = None
    watched.health.has(event())

    assert kinds(watched.poll("2026-10-02T12:00:00Z")) == ["HEALTH_EVENT"]


def test_before_the_first_message_an_event_waits_and_then_is_told(world: World) -> None:
    world.topic.heard = False
    world.regions[EAST] = [model(A, name="Alpha 1")]
    assert world.push("2026-10-01", event()) == []
    assert world.poll("2026-10-01") == []
    assert world.poll("2026-10-02") == []
    world.topic.heard = True

    assert kinds(world.poll("2026-10-03")) == ["BASELINE"]
    assert kinds(world.poll("2026-10-04")) == ["HEALTH_EVENT"]


def test_the_first_poll_asks_nothing_of_the_health_api(world: World) -> None:
    world.health.has(event())
    world.regions[EAST] = [model(A, name="Alpha 1")]

    assert kinds(world.poll("2026-10-01")) == ["BASELINE"]
    assert kinds(world.poll("2026-10-02")) == ["HEALTH_EVENT"]


def test_while_the_topic_is_down_the_announcement_is_kept_and_the_api_waits_for_it(
    watched: World,
) -> None:
    watched.topic.down = True
    watched.health.has(event())
    assert watched.poll("2026-10-08T10:00:00Z") == []
    becomes(watched, model(A, "LEGACY", legacy="2026-10-08", end_of_life=END))
    assert watched.poll("2026-10-08T11:00:00Z") == []
    watched.topic.down = False

    assert kinds(watched.poll("2026-10-08T12:00:00Z")) == ["HEALTH_EVENT"]
    assert watched.poll("2026-10-08T13:00:00Z") == []


def test_aws_own_recommendation_replaces_the_likely_successor(watched: World) -> None:
    watched.health.subscribed = True
    watched.health.lifecycles = (
        ServiceLifecycle(
            "BEDROCK",
            A,
            "Alpha 1",
            "Beta 1",
            (LifecycleDate("END_OF_LIFE", at("2027-06-01").date()),),
        ),
    )
    watched.poll("2026-10-02")
    becomes(watched, model(A, "LEGACY", legacy="2026-10-03", end_of_life=END))

    (told,) = watched.poll("2026-10-03")

    entry = told["models"][0]
    assert (entry["replacement"], entry["replacement_source"]) == (B, "AWS Health")
    assert "our guess" not in told["text"]
    assert "2027-06-01" in told["text"]
    row = watched.row(A)
    assert (row["replacement"], row["replacement_source"]) == (B, "AWS Health")


def test_the_table_tells_which_alerts_were_about_a_model(watched: World) -> None:
    (told,) = watched.push("2026-10-07", event())

    pointers = [item for item in watched.items("Alerts") if item["alert_id"].endswith(f"#{A}")]
    assert [item["kind"] for item in pointers] == ["HEALTH_EVENT"]
    assert pointers[0]["alert_id"] == f"{told['alert_id']}#{A}"


def test_an_event_of_a_region_where_the_model_is_not_tracked_means_it_everywhere(
    watched: World,
) -> None:
    (told,) = watched.push("2026-10-07", event(region=EUROPE))

    assert told["models"][0]["regions"] == [EAST, WEST]
    assert watched.row(A, EAST)["announced"] == watched.row(A, WEST)["announced"]


def test_the_fractions_of_a_second_that_only_the_api_gives_are_no_change(watched: World) -> None:
    watched.push("2026-10-07", event())
    start = datetime(2027, 4, 8, 7, 0, 0, 532_000, tzinfo=UTC)
    watched.health.has(event(updated="2026-10-07T08:00:01Z", start_at=start))

    assert watched.poll("2026-10-08") == []
