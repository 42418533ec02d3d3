"""What people said of a model over several polls: held back, let through, ended, opened again."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from notifier.health_event import Entity
from notifier.settings import Settings
from notifier.snooze import Snooze, SnoozeError, resolved, snoozed
from tests.health_events import health_event
from tests.world import EAST, WEST, World, at, kinds, model

if TYPE_CHECKING:
    from notifier.model import ListedModel

A, B = "acme.alpha-v1:0", "acme.beta-v1:0"
LEGACY, END = "2026-10-08", "2027-04-08"


def dying(model_id: str = A, **given: Any) -> ListedModel:  # noqa: ANN401 (dates)
    """Give a Legacy model with an end-of-life date."""
    stated = {"legacy": LEGACY, "end_of_life": END, "name": "Alpha"}
    return model(model_id, "LEGACY", **(stated | given))


@pytest.fixture
def account(world: World) -> World:
    """Give a world in which a used model has entered Legacy in two Regions, and that was told."""
    for region in (EAST, WEST):
        world.regions[region] = [model(A), model(B)]
        world.account.invoked(region, A, "2026-10-01")
    world.poll("2026-10-01")
    both(world, dying())
    assert kinds(world.poll("2026-10-08")) == ["ENTERED_LEGACY"]
    return world


def both(world: World, entry: ListedModel) -> None:
    for region in (EAST, WEST):
        world.regions[region] = [entry, model(B)]


def snooze(world: World, until: str, on: str = "2026-11-01", region: str | None = None) -> None:
    given = snoozed(
        A,
        until=date.fromisoformat(until),
        by="jane",
        why="new prompts are in test",
        now=at(on),
        region=region,
    )
    world.snoozes.put(given)


def resolve(world: World, on: str, region: str | None = None) -> None:
    world.snoozes.put(resolved(A, by="jane", why="moved to Beta", now=at(on), region=region))


def used_daily(world: World, on: str, regions: tuple[str, ...] = (EAST, WEST)) -> None:
    for region in regions:
        world.account.invoked(region, A, on)


def poll(world: World, on: str) -> list[dict[str, Any]]:
    """Poll on a day until which the model is called."""
    used_daily(world, on)
    return world.poll(on)


def test_reminders_are_not_sent_while_it_is_snoozed_and_only_the_tightest_after(
    account: World,
) -> None:
    snooze(account, until="2027-03-20")

    assert poll(account, "2026-12-09") == []  # 120 days
    assert poll(account, "2027-02-07") == []  # 60
    assert poll(account, "2027-03-09") == []  # 30
    assert poll(account, "2027-03-19") == []
    after = poll(account, "2027-03-20")

    assert [(d["kind"], d["days_left"]) for d in after] == [("DEADLINE", 19)]
    assert sorted(after[0]["models"][0]["regions"]) == [EAST, WEST]
    assert poll(account, "2027-03-21") == []
    assert kinds(poll(account, "2027-03-25")) == ["DEADLINE"]  # 14


def test_a_snooze_in_one_region_leaves_the_others_alone(account: World) -> None:
    snooze(account, until="2027-03-20", region=WEST)

    assert [d["models"][0]["regions"] for d in poll(account, "2026-12-09")] == [[EAST]]


def test_what_was_said_of_a_region_goes_before_what_was_said_of_all(account: World) -> None:
    snooze(account, until="2027-03-20")
    snooze(account, until="2026-12-01", region=EAST)

    # The word about the Region alone has ended, that about all Regions has not.
    assert poll(account, "2026-12-09") == []


@pytest.mark.parametrize("given", ["snoozed", "resolved"])
def test_an_earlier_end_comes_through_and_says_that_reminders_are_held_back(
    account: World, given: str
) -> None:
    if given == "snoozed":
        snooze(account, until="2027-02-01")
    else:
        account.account.calls.clear()
        resolve(account, "2026-11-01")
    both(account, dying(end_of_life="2027-03-01"))

    told = account.poll("2026-11-02")

    assert [(d["kind"], d["direction"]) for d in told] == [("DATES_CHANGED", "earlier")]
    assert "jane" in told[0]["text"]


def test_an_earlier_date_of_any_milestone_comes_through(account: World) -> None:
    both(account, dying(extended_access="2027-01-08"))
    assert kinds(poll(account, "2026-10-20")) == ["DATES_CHANGED"]
    snooze(account, until="2027-02-01")
    both(account, dying(extended_access="2026-12-08"))

    told = poll(account, "2026-11-02")

    assert [(d["kind"], d["direction"]) for d in told] == [("DATES_CHANGED", "earlier")]


def test_the_end_comes_through(account: World) -> None:
    snooze(account, until="2027-05-01", on="2026-11-01")

    assert kinds(poll(account, "2027-04-08")) == ["END_OF_LIFE_REACHED"]


def test_a_withdrawal_comes_through(account: World) -> None:
    snooze(account, until="2027-05-01")
    for region in (EAST, WEST):
        account.regions[region] = [model(B)]
    assert poll(account, "2026-11-02") == []

    assert kinds(poll(account, "2026-11-03")) == ["MODEL_WITHDRAWN"]


def test_a_later_date_waits_for_the_digest_and_is_not_told_again_after_the_snooze(
    account: World,
) -> None:
    snooze(account, until="2026-12-20")
    both(account, dying(end_of_life="2027-06-08"))
    assert poll(account, "2026-11-02") == []
    assert account.row(A)["deferred"]["reason"] == "snoozed"

    digest = account.digest("2026-11-09")[0]

    assert digest["kind"] == "DIGEST"
    assert "2027-06-08" in digest["text"]
    assert account.row(A)["digested"]["end_of_life"] == "2027-06-08"
    assert poll(account, "2026-12-20") == []
    assert [(d["kind"], d["days_left"]) for d in poll(account, "2027-02-08")] == [("DEADLINE", 120)]


def test_what_no_digest_has_said_is_told_when_the_snooze_ends(account: World) -> None:
    snooze(account, until="2026-12-20")
    both(account, dying(end_of_life="2027-06-08"))
    assert poll(account, "2026-11-02") == []

    after = poll(account, "2026-12-20")

    assert [(d["kind"], d["direction"]) for d in after] == [("DATES_CHANGED", "later")]
    assert poll(account, "2026-12-21") == []


def test_extended_access_that_begins_while_it_is_snoozed_waits_for_the_digest(
    account: World,
) -> None:
    both(account, dying(extended_access="2027-01-08"))
    assert kinds(poll(account, "2026-10-20")) == ["DATES_CHANGED"]
    snooze(account, until="2027-02-01")

    assert poll(account, "2027-01-08") == []
    assert account.row(A)["deferred"]["kind"] == "EXTENDED_ACCESS_STARTED"


def test_an_idle_spell_is_not_told_while_it_is_snoozed(account: World) -> None:
    snooze(account, until="2026-12-01")

    assert account.poll("2026-11-10") == []


def test_a_resolved_model_is_silent_while_nobody_calls_it(account: World) -> None:
    used_daily(account, "2026-10-31")
    resolve(account, "2026-10-31T18:00:00Z")

    for day in ("2026-11-01", "2026-12-09", "2027-02-07", "2027-03-09", "2027-04-07"):
        assert account.poll(day) == []


def test_the_end_of_a_resolved_model_is_told_while_it_may_be_in_use(account: World) -> None:
    account.settings = Settings(used_within_days=200)
    used_daily(account, "2026-10-31")
    resolve(account, "2026-10-31T18:00:00Z")

    assert account.poll("2026-11-01") == []

    # That nobody calls it is only what somebody said.
    assert kinds(account.poll("2027-04-08")) == ["END_OF_LIFE_REACHED"]


def test_calls_to_a_resolved_model_open_it_again_once_and_its_reminders_go_on(
    account: World,
) -> None:
    used_daily(account, "2026-10-31")
    resolve(account, "2026-10-31T18:00:00Z")
    assert account.poll("2026-11-20") == []

    used_daily(account, "2026-12-01", (WEST,))
    opened = account.poll("2026-12-01")

    assert kinds(opened) == ["REOPENED"]
    assert opened[0]["severity"] == "warning"
    assert opened[0]["models"][0]["regions"] == [WEST]
    assert opened[0]["milestone_date"] == END
    assert "jane" in opened[0]["text"]
    used_daily(account, "2026-12-03")
    assert account.poll("2026-12-03") == []
    assert kinds(poll(account, "2026-12-09")) == ["DEADLINE"]


def test_calls_on_the_day_of_resolving_may_have_come_before(account: World) -> None:
    used_daily(account, "2026-11-01")
    resolve(account, "2026-11-01T08:00:00Z")

    assert account.poll("2026-11-01T20:00:00Z") == []
    assert account.poll("2026-11-02") == []


def test_what_is_resolved_again_is_believed_again(account: World) -> None:
    resolve(account, "2026-11-01")
    assert kinds(poll(account, "2026-11-02")) == ["REOPENED"]
    resolve(account, "2026-11-03T12:00:00Z")
    used_daily(account, "2026-11-03")

    assert account.poll("2026-11-04") == []
    assert kinds(poll(account, "2026-11-10")) == ["REOPENED"]
    assert poll(account, "2026-11-11") == []


def test_one_model_opened_again_while_sns_is_down_is_told_once(account: World) -> None:
    resolve(account, "2026-11-01")
    account.topic.down = True
    used_daily(account, "2026-11-02", (EAST,))
    account.poll("2026-11-02")
    used_daily(account, "2026-11-03", (WEST,))
    account.poll("2026-11-03")
    account.topic.down = False

    assert kinds(account.poll("2026-11-04")) == ["REOPENED"]
    assert account.poll("2026-11-05") == []


def test_a_resolved_model_that_ends_earlier_and_is_called_again_is_told_both(
    account: World,
) -> None:
    resolve(account, "2026-11-01")
    both(account, dying(end_of_life="2027-03-01"))

    assert kinds(poll(account, "2026-11-02")) == ["DATES_CHANGED"]
    assert kinds(poll(account, "2026-11-03")) == ["REOPENED"]
    assert poll(account, "2026-11-04") == []


def test_what_aws_health_says_comes_through(account: World) -> None:
    snooze(account, until="2027-03-20")
    said = health_event(
        updated_at=at("2026-11-05"),
        start_at=at("2027-03-01T08:00:00Z"),
        entities=(Entity(A, "PENDING"),),
    )

    (told,) = account.push("2026-11-05", said)

    assert told["kind"] == "HEALTH_EVENT"
    assert [one["model_id"] for one in told["models"]] == [A]


def test_taking_a_snooze_back_ends_it(account: World) -> None:
    snooze(account, until="2027-03-20")
    assert poll(account, "2026-12-09") == []

    account.snoozes.remove(A)

    assert kinds(poll(account, "2026-12-10")) == ["DEADLINE"]


def test_a_snooze_that_nobody_can_read_holds_nothing_back_and_is_said(account: World) -> None:
    account.client.put_item(
        TableName=account.tables["ModelsTableName"],
        Item={"model_id": f"#snooze#{A}", "region": "*", "state": "snoozed", "until": "soon"},
    )

    assert kinds(poll(account, "2026-12-09")) == ["DEADLINE"]
    assert account.summary is not None
    assert any("#snooze#" in warning for warning in account.summary.warnings)


def test_who_ignores_a_model_is_not_told_that_it_is_called_again(account: World) -> None:
    resolve(account, "2026-11-01")
    account.settings = Settings(ignore=("acme.alpha*",))

    assert poll(account, "2026-11-10") == []


@pytest.mark.parametrize(
    ("until", "by", "why", "said"),
    [
        ("2026-11-01", "jane", "tests", "give a date after today (2026-11-01, UTC)"),
        ("2027-12-01", "jane", "tests", "within 366 days"),
        ("2026-12-01", " ", "tests", "by is not accepted"),
        ("2026-12-01", "jane", "x" * 201, "why is not accepted"),
    ],
)
def test_a_snooze_without_sense_is_refused(until: str, by: str, why: str, said: str) -> None:
    day = date.fromisoformat(until)

    with pytest.raises(SnoozeError) as refusal:
        snoozed(A, until=day, by=by, why=why, now=at("2026-11-01"))

    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("model_id", "region"), [("acme.gamma-v1:0", None), (A, "eu-west-1")], ids=["model", "Region"]
)
def test_only_what_is_tracked_can_be_snoozed(
    account: World, model_id: str, region: str | None
) -> None:
    said = Snooze(model_id, region, "jane", "tests", at("2026-11-01"), date(2026, 12, 1))

    with pytest.raises(SnoozeError, match="is not tracked"):
        account.snoozes.put(said)


@pytest.mark.parametrize(
    "said",
    [
        Snooze(A, None, "jane", "tests", at("2026-11-01"), date(2026, 12, 1)),
        Snooze(A, EAST, "jane", "moved", at("2026-11-01")),
        Snooze(A, None, "jane", "moved", at("2026-11-01"), None, at("2026-11-05")),
    ],
    ids=["snoozed everywhere", "resolved in a Region", "opened again"],
)
def test_what_was_said_is_read_as_it_was_written(account: World, said: Snooze) -> None:
    account.snoozes.put(said)

    assert list(account.snapshot.read().snoozes) == [said]


def test_a_model_that_comes_into_use_while_it_is_snoozed_is_told_after_it(account: World) -> None:
    for region in (EAST, WEST):
        account.regions[region] = [dying(), dying(B)]
    assert poll(account, "2026-11-01") == []
    assert kinds(account.digest("2026-11-02")) == ["DIGEST"]
    given = snoozed(B, until=date(2026, 12, 1), by="jane", why="a trial", now=at("2026-11-02"))
    account.snoozes.put(given)
    account.account.invoked(EAST, B, "2026-11-10")
    assert poll(account, "2026-11-10") == []

    assert kinds(poll(account, "2026-12-01")) == ["NOW_IN_USE"]


@pytest.mark.parametrize("end", ["2027-05-08", None], ids=["ends later", "has no end any more"])
def test_an_earlier_date_comes_through_whatever_becomes_of_the_others(
    account: World, end: str | None
) -> None:
    both(account, dying(extended_access="2027-01-08"))
    assert kinds(poll(account, "2026-10-20")) == ["DATES_CHANGED"]
    snooze(account, until="2027-02-01")
    both(account, dying(extended_access="2026-12-08", end_of_life=end))

    assert kinds(poll(account, "2026-11-02")) == ["DATES_CHANGED"]


def test_an_end_that_is_earlier_than_aws_health_said_comes_through(world: World) -> None:
    world.regions[EAST] = [model(A), model(B)]
    world.account.invoked(EAST, A, "2026-10-01")
    world.poll("2026-10-01")
    event = health_event(
        start_at=at("2027-04-08"), entities=(Entity(A),), description="It ends on 2027-04-08."
    )
    assert kinds(world.push("2026-10-02", event)) == ["HEALTH_EVENT"]
    snooze(world, until="2027-02-01", on="2026-10-03")
    world.regions[EAST] = [dying(end_of_life="2027-02-10"), model(B)]

    assert kinds(poll(world, "2026-10-08"))[:1] == ["ENTERED_LEGACY"]


@pytest.mark.parametrize(
    "item",
    [
        {"state": "snoozed", "until": "", "said_at": "2026-11-01T00:00:00Z"},
        {"state": "resolved", "said_at": "0001-01-01T00:00:00+14:00"},
        {"state": "resolved", "said_at": "2026-11-01T00:00:00Z", "reopened_at": "later"},
        {"state": ["resolved"], "said_at": "2026-11-01T00:00:00Z"},
        {"state": "snoozed", "until": 20270101, "said_at": "2026-11-01T00:00:00Z"},
    ],
    ids=["empty day", "out of the calendar", "no time", "a list", "a number"],
)
def test_what_somebody_wrote_wrongly_holds_nothing_back_and_stops_nothing(
    account: World, item: dict[str, Any]
) -> None:
    account.client.put_item(
        TableName=account.tables["ModelsTableName"],
        Item={"model_id": f"#snooze#{A}", "region": "*", **item},
    )

    assert kinds(poll(account, "2026-12-09")) == ["DEADLINE"]


def test_what_was_resolved_once_is_opened_once_whatever_its_dates_in_each_region(
    account: World,
) -> None:
    account.regions[WEST] = [dying(end_of_life="2027-05-08"), model(B)]
    poll(account, "2026-10-20")
    resolve(account, "2026-11-01")

    (opened,) = poll(account, "2026-11-02")

    assert (opened["kind"], opened["milestone_date"]) == ("REOPENED", END)
    assert len(opened["models"]) == 2


def test_calls_open_all_that_was_resolved_of_them_at_once(account: World) -> None:
    resolve(account, "2026-11-01")
    resolve(account, "2026-11-01", region=EAST)

    assert kinds(poll(account, "2026-11-02")) == ["REOPENED"]
    assert poll(account, "2026-11-03") == []


def test_a_resolved_model_that_is_active_again_is_opened_by_calls_as_well(account: World) -> None:
    both(account, model(A, name="Alpha"))
    assert kinds(poll(account, "2026-10-20")) == ["RETURNED_TO_ACTIVE"]
    resolve(account, "2026-11-01")

    assert kinds(poll(account, "2026-11-02")) == ["REOPENED"]
    assert poll(account, "2026-11-03") == []


def test_news_of_a_resolved_model_that_is_called_goes_before_the_calls(account: World) -> None:
    resolve(account, "2026-11-01")
    both(account, dying(end_of_life="2027-06-08"))

    assert [(d["kind"], d["direction"]) for d in poll(account, "2026-11-02")] == [
        ("DATES_CHANGED", "later")
    ]
    assert kinds(poll(account, "2026-11-03")) == ["REOPENED"]


def test_bookkeeping_is_no_model_to_snooze(account: World) -> None:
    said = Snooze("#region", None, "jane", "tests", at("2026-11-01"), date(2026, 12, 1))

    with pytest.raises(SnoozeError, match="is not tracked"):
        account.snoozes.put(said)
