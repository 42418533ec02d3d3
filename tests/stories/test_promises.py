"""Nothing lost, nothing twice, one bad item blocks nothing: outages, repeats, races, settings."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from notifier import pipeline
from notifier.errors import AwsError
from notifier.settings import AlertOn, Settings
from notifier.snapshot import Lease, PollInProgressError
from tests.world import EAST, THROTTLED, WEST, World, at, kinds, model

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notifier.model import Catalog, Failure, ListedModel
    from notifier.snapshot import State

A, B = "acme.alpha-v1:0", "acme.beta-v1:0"


def legacy(model_id: str, end_of_life: str = "2027-04-08") -> ListedModel:
    """Give a Legacy model with an end-of-life date."""
    return model(model_id, "LEGACY", legacy="2026-10-08", end_of_life=end_of_life)


@pytest.fixture
def watched(world: World) -> World:
    """Give a world that has told its baseline about two active models."""
    world.regions[EAST] = [model(A), model(B)]
    world.poll("2026-10-01")
    return world


def test_an_alert_decided_during_an_outage_is_told_after_it_once(watched: World) -> None:
    watched.regions[EAST] = [legacy(A), model(B)]
    watched.topic.down = True
    assert watched.poll("2026-10-08T10:00:00Z") == []
    assert watched.summary is not None
    assert watched.summary.reasons_to_fail
    assert watched.summary.delivery_failures == 1
    assert "told" not in watched.row(A)
    assert watched.poll("2026-10-08T11:00:00Z") == []

    watched.topic.down = False

    assert kinds(watched.poll("2026-10-08T12:00:00Z")) == ["ENTERED_LEGACY"]
    assert watched.poll("2026-10-08T13:00:00Z") == []
    assert len(watched.bus.accepted) == 2  # the bus had it from the first poll on, once


def test_what_happens_during_an_outage_is_told_after_what_was_decided_before(
    watched: World,
) -> None:
    watched.topic.down = True
    watched.regions[EAST] = [legacy(A), model(B)]
    watched.poll("2026-10-08")
    watched.regions[EAST] = [legacy(A, "2027-02-01"), legacy(B)]
    watched.poll("2026-10-09")
    watched.topic.down = False

    first = watched.poll("2026-10-10")
    assert kinds(first) == ["ENTERED_LEGACY", "ENTERED_LEGACY", "DATES_CHANGED"]
    assert first[0]["models"][0]["dates"]["end_of_life"] == "2027-04-08"
    assert (first[2]["direction"], first[2]["milestone_date"]) == ("earlier", "2027-02-01")
    assert watched.poll("2026-10-11") == []


def test_the_same_time_delivered_again_only_finishes_what_is_unsettled(watched: World) -> None:
    watched.regions[EAST] = [legacy(A), model(B)]
    watched.topic.down = True
    watched.poll("2026-10-08")
    watched.topic.down = False
    watched.regions[EAST] = [legacy(A), legacy(B)]
    watched.bedrock.asked.clear()

    assert kinds(watched.poll("2026-10-08")) == ["ENTERED_LEGACY"]
    assert watched.summary is not None
    assert watched.summary.outcome == "already completed"
    assert watched.bedrock.asked == []
    assert watched.row(B)["phase"] == "ACTIVE"


def test_the_table_is_read_while_the_regions_are_asked(
    watched: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Who comes first waits for the other; alone it would wait in vain.
    both = Barrier(2)
    read, ask = watched.snapshot.read, watched.bedrock.catalogs

    def reading() -> State:
        both.wait(10)
        return read()

    def asking(regions: Iterable[str]) -> dict[str, Catalog | Failure]:
        both.wait(10)
        return ask(regions)

    monkeypatch.setattr(watched.snapshot, "read", reading)
    monkeypatch.setattr(watched.bedrock, "catalogs", asking)
    watched.regions[EAST] = [legacy(A), model(B)]

    assert kinds(watched.poll("2026-10-08")) == ["ENTERED_LEGACY"]


def test_a_poll_that_cannot_read_the_table_fails_and_the_next_tells_what_it_would_have(
    watched: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With rows taken for none, every model would look new."""
    watched.regions[EAST] = [legacy(A), model(B)]

    def unreadable() -> State:
        action, code = "dynamodb:Scan", "ProvisionedThroughputExceededException"
        raise AwsError(action, code, "slow down", permanent=False)

    with monkeypatch.context() as patch:
        patch.setattr(watched.snapshot, "read", unreadable)
        with pytest.raises(AwsError, match="dynamodb:Scan"):
            watched.poll("2026-10-08T10:00:00Z")

    assert kinds(watched.topic.accepted) == ["BASELINE"]
    assert watched.row(A)["phase"] == "ACTIVE"
    assert kinds(watched.poll("2026-10-08T11:00:00Z")) == ["ENTERED_LEGACY"]


def test_an_older_time_changes_nothing(watched: World) -> None:
    watched.poll("2026-10-08")
    watched.regions[EAST] = [legacy(A), legacy(B)]

    assert watched.poll("2026-10-07") == []
    assert watched.row(A)["phase"] == "ACTIVE"


def test_another_channel_is_tried_for_a_day_and_never_holds_told_back(watched: World) -> None:
    watched.bus.down = True
    watched.regions[EAST] = [legacy(A), model(B)]
    assert kinds(watched.poll("2026-10-08T10:00:00Z")) == ["ENTERED_LEGACY"]
    assert watched.row(A)["told"]["phase"] == "LEGACY"
    assert watched.summary is not None
    assert watched.summary.delivery_failures == 1

    assert watched.poll("2026-10-09T09:00:00Z") == []
    watched.bus.down = False
    assert watched.poll("2026-10-09T09:30:00Z") == []
    assert kinds(watched.bus.accepted) == ["BASELINE", "ENTERED_LEGACY"]


def test_another_channel_is_given_up_after_a_day(watched: World) -> None:
    watched.bus.down = True
    watched.regions[EAST] = [legacy(A), model(B)]
    watched.poll("2026-10-08T10:00:00Z")
    watched.poll("2026-10-09T10:00:00Z")
    watched.bus.down = False
    watched.poll("2026-10-09T11:00:00Z")

    assert kinds(watched.bus.accepted) == ["BASELINE"]
    assert watched.ledger.unsettled() == ((), ())


def test_two_polls_at_once_tell_once(watched: World) -> None:
    for day in range(8, 14):
        watched.regions[EAST] = [legacy(A, f"2027-04-{day:02}"), legacy(B, f"2027-05-{day:02}")]
        with ThreadPoolExecutor(2) as pool:
            polls = [pool.submit(_poll, watched, f"2026-10-{day:02}") for _ in range(2)]
            for one in polls:
                one.result()
        watched.poll(f"2026-10-{day:02}T11:00:00Z")

    told = [(d["alert_id"], d["milestone_date"]) for d in watched.topic.accepted[1:]]
    assert len(told) == len(set(told)) == 12
    assert watched.topic.accepted == watched.bus.accepted


def _poll(world: World, when: str) -> None:
    pipeline.poll(at(when), world.lease(), world.edges(), world.settings)


def test_a_later_poll_that_finds_another_running_fails_so_that_it_is_retried(
    watched: World,
) -> None:
    watched.snapshot.acquire(watched.lease(), at("2026-10-08"))

    with pytest.raises(PollInProgressError):
        watched.poll("2026-10-08T11:00:00Z")
    assert watched.poll("2026-10-08") == []
    assert watched.summary is not None
    assert watched.summary.outcome == "already running"


def test_a_retry_that_finds_its_own_dead_attempt_fails_so_that_it_comes_again(
    watched: World,
) -> None:
    dead = watched.lease()
    watched.snapshot.acquire(dead, at("2026-10-08"))
    retry = replace(dead, attempt="2")

    with pytest.raises(PollInProgressError):
        pipeline.poll(at("2026-10-08"), retry, watched.edges(), watched.settings)


def test_an_alert_leaves_a_readable_record_and_a_pointer_for_its_model(watched: World) -> None:
    watched.regions[EAST] = [legacy(A), model(B)]
    (told,) = watched.poll("2026-10-08")

    (record,) = [i for i in watched.items("Alerts") if i["alert_id"] == told["alert_id"]]
    assert record["state"] == "settled"
    assert record["channels"] == {
        "sns": "2026-10-08T10:00:00Z",
        "eventbridge": "2026-10-08T10:00:00Z",
    }
    assert record["models"] == told["models"]
    assert record["text"] == told["text"]
    pointer = watched.client.query(
        TableName=watched.tables["AlertsTableName"],
        IndexName="by_model",
        KeyConditionExpression="model_id = :m",
        ExpressionAttributeValues={":m": A},
    )["Items"]
    assert [str(item["alert_id"]) for item in pointer] == [f"{told['alert_id']}#{A}"]
    assert int(record["expires_at"]) - at("2026-10-08").timestamp() == 400 * 86_400


def test_ignored_models_are_never_told_and_stay_quiet_when_no_longer_ignored(
    watched: World,
) -> None:
    watched.settings = Settings(ignore=("acme.*",), watch=("acme.*",))
    watched.poll("2026-10-02")
    watched.regions[EAST] = [legacy(A), model(B)]
    assert watched.poll("2026-10-08") == []

    watched.settings = Settings()

    assert watched.poll("2026-10-09") == []
    assert watched.row(A)["told"]["phase"] == "LEGACY"
    watched.regions[EAST] = [legacy(A, "2027-02-01"), model(B)]
    assert kinds(watched.poll("2026-10-10")) == ["DATES_CHANGED"]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (Settings(), []),
        (Settings(watch=("acme.*",)), ["ENTERED_LEGACY"]),
        (Settings(alert_on=AlertOn.ALL), ["ENTERED_LEGACY"]),
        (Settings(alert_on=AlertOn.ALL, ignore=("*alpha*",)), []),
    ],
    ids=[
        "a row not in use waits for the digest",
        "unless it is watched",
        "or everything is wanted",
        "and ignore beats all",
    ],
)
def test_scope(world: World, settings: Settings, told: list[str]) -> None:
    world.settings = settings
    world.regions[EAST] = [model(A), model(B)]
    world.account.readable = True
    world.poll("2026-10-01")
    world.regions[EAST] = [legacy(A), model(B)]

    assert kinds(world.poll("2026-10-08")) == told
    assert world.poll("2026-10-09") == []


def test_while_nobody_is_subscribed_every_poll_says_so_to_the_alarm(watched: World) -> None:
    watched.poll("2026-10-07")
    watched.topic.heard = False
    failures = []
    for hour in range(5):
        watched.poll(f"2026-10-08T{hour:02}:00:00Z")
        assert watched.summary is not None
        failures.append(watched.summary.delivery_failures)
    watched.topic.heard = True
    watched.poll("2026-10-08T05:00:00Z")

    assert failures == [1, 1, 1, 1, 1]
    assert watched.summary is not None
    assert watched.summary.delivery_failures == 0


def test_a_baseline_that_one_channel_has_is_not_put_anew(world: World) -> None:
    world.regions[EAST] = [legacy(A)]
    world.topic.down = True
    for hour in range(3):
        world.poll(f"2026-10-01T{hour:02}:00:00Z")
    world.topic.down = False
    world.poll("2026-10-01T03:00:00Z")

    assert kinds(world.bus.accepted) == kinds(world.topic.accepted) == ["BASELINE"]


def test_one_event_delivered_twice_at_once_is_told_once(watched: World) -> None:
    """Lambda may deliver an event twice, under one request id."""
    watched.regions[EAST] = [legacy(A), model(B)]
    first = watched.lease()
    leases = [first, replace(first, attempt="2")]

    def poll(lease: Lease) -> str:
        try:
            summary = pipeline.poll(at("2026-10-08"), lease, watched.edges(), watched.settings)
        except PollInProgressError:
            return "to be retried"
        return summary.outcome

    with ThreadPoolExecutor(2) as pool:
        outcomes = set(pool.map(poll, leases))

    assert "completed" in outcomes
    assert kinds(watched.topic.accepted) == ["BASELINE", "ENTERED_LEGACY"]


def test_a_channel_that_is_down_is_left_alone_for_the_rest_of_the_run(watched: World) -> None:
    watched.bus.down = True
    watched.regions[EAST] = [legacy(A, "2027-04-08"), legacy(B, "2027-05-08")]

    assert len(watched.poll("2026-10-08")) == 2

    assert watched.bus.tried == 1
    watched.bus.down = False
    watched.poll("2026-10-09")
    assert len(watched.bus.accepted) == 3


def test_news_that_went_back_is_news_again_even_if_it_once_waited_for_the_digest(
    world: World,
) -> None:
    undated = model(A, "LEGACY")
    world.regions.update({EAST: [model(A)], WEST: [model(A)]})
    world.poll("2026-10-01")
    world.regions[EAST] = [undated]
    world.poll("2026-10-02")
    world.regions[WEST] = [undated]
    assert world.poll("2026-10-03") == []
    world.regions[WEST] = [model(A)]
    assert world.poll("2026-10-04") == []
    world.regions[WEST] = [undated]

    assert kinds(world.poll("2026-12-20")) == ["ENTERED_LEGACY"]


def test_dates_that_changed_differently_are_not_told_as_one(watched: World) -> None:
    def dated(model_id: str, extended_access: str, end_of_life: str) -> ListedModel:
        return model(model_id, "LEGACY", extended_access=extended_access, end_of_life=end_of_life)

    watched.regions[EAST] = [
        dated(A, "2027-01-08", "2027-05-08"),
        dated(B, "2027-01-08", "2027-04-08"),
    ]
    watched.poll("2026-10-08")
    watched.regions[EAST] = [
        dated(A, "2027-01-08", "2027-04-08"),
        dated(B, "2027-01-05", "2027-04-08"),
    ]

    (told,) = watched.poll("2026-10-09")

    assert told["reason"] == "Some dates of alpha-v1:0 and beta-v1:0 have moved earlier."


def test_a_region_no_longer_watched_grows_older_and_starts_afresh(world: World) -> None:
    leaving = legacy(A, "2026-11-01")
    world.regions.update({EAST: [model(B)], WEST: [leaving, model(B)]})
    world.poll("2026-10-01")
    world.regions[WEST] = THROTTLED
    world.poll("2026-10-02T00:00:00Z")
    world.settings = Settings(regions=(EAST,))
    world.poll("2026-10-02T12:00:00Z")
    assert world.summary is not None
    assert world.summary.covered_regions_failing == {}
    assert world.poll("2026-11-02") == []
    assert "horizon" not in world.row(A, WEST)

    world.settings = Settings()

    assert "COVERAGE_DEGRADED" not in kinds(world.poll("2026-11-03"))


def test_alerts_nobody_hears_are_counted(watched: World) -> None:
    watched.topic.heard = False
    watched.regions[EAST] = [legacy(A), model(B)]

    assert kinds(watched.poll("2026-10-08")) == ["ENTERED_LEGACY"]
    assert watched.summary is not None
    assert watched.summary.delivery_failures == 1


def test_what_the_outbox_did_not_take_is_not_tried_in_vain_and_is_told_by_the_next_poll(
    watched: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call to a table that throttles takes a quarter of a minute, of the two there are."""
    watched.regions[EAST] = [legacy(A, "2027-04-08"), legacy(B, "2027-05-08")]
    table, put = watched.ledger._table, type(watched.ledger._table).put  # noqa: SLF001

    def throttled_for_b(item: dict[str, Any], *rest: Any) -> None:  # noqa: ANN401
        if item["milestone_date"] == "2027-05-08":
            code = "ProvisionedThroughputExceededException"
            raise AwsError("dynamodb:PutItem", code, "", permanent=False)
        put(table, item, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(table, "put", throttled_for_b)
        assert [one["milestone_date"] for one in watched.poll("2026-10-08")] == ["2027-04-08"]
    assert watched.summary is not None
    assert [one.record.alert_id for one in watched.summary.outcomes] == [
        watched.topic.accepted[-1]["alert_id"]
    ]

    told = watched.poll("2026-10-08T10:00:00Z")
    assert [one["milestone_date"] for one in told] == ["2027-05-08"]
