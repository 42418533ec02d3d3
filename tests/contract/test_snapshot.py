"""The models table over DynamoDB Local: what is written, what is kept, who may write it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3
import pytest

from notifier.model import (
    Dates,
    Deferred,
    Doubt,
    Facts,
    Kind,
    Lifecycle,
    Phase,
    RegionState,
    RowKey,
    Told,
    TrackedModel,
)
from notifier.snapshot import EnabledRegions, Lease, PollInProgressError, Progress, Snapshot
from notifier.table import Table, Update

pytestmark = pytest.mark.contract

NOW = datetime(2026, 10, 8, 9, tzinfo=UTC)
END = datetime(2027, 4, 8, 7, tzinfo=UTC)


@pytest.fixture
def snapshot(models: Table) -> Snapshot:
    """Give a snapshot of an empty table."""
    return Snapshot(models)


def row(model_id: str = "acme.a-v1:0", region: str = "us-east-1", **given: Any) -> TrackedModel:  # noqa: ANN401 (any field of the row)
    """Give a Legacy row that ends on 2027-04-08."""
    fields: dict[str, Any] = {
        "name": "A",
        "provider": "Acme",
        "lifecycle": Lifecycle("LEGACY", None, NOW, None, END),
        "phase": Phase.LEGACY,
        "reported_by": (model_id,),
        "first_seen_at": NOW,
        "last_changed_at": NOW,
    }
    return TrackedModel(model_id=model_id, region=region, **{**fields, **given})


def lease(holder: str, *, clock: datetime = NOW, seconds: int = 135) -> Lease:
    """Give a lease taken at `clock`."""
    request_id, _, attempt = holder.partition("/")
    return Lease(request_id, attempt, clock, clock + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(row(), id="a Legacy row"),
        pytest.param(
            row(lifecycle=Lifecycle("ACTIVE"), phase=Phase.ACTIVE), id="an active row without dates"
        ),
        pytest.param(
            row(missing_since=NOW, gone_at=NOW, phase=Phase.END_OF_LIFE), id="a row that is gone"
        ),
        pytest.param(
            row(reported_by=("acme.a-v1:0:8k",), not_understood={"legacy_at": "1970"}),
            id="a row a variant spoke for, with a date nobody understands",
        ),
        pytest.param(
            row(
                deferred=Deferred(
                    Facts(Phase.LEGACY, Dates(None, None, END.date()), gone=True),
                    Kind.ENTERED_LEGACY,
                    date(2026, 10, 8),
                    "told lately",
                )
            ),
            id="a row whose news waits for the digest",
        ),
        pytest.param(row(name="<b>\u202e名前</b>\n"), id="a row with a hostile name"),
    ],
)
def test_a_row_is_read_as_it_was_written(snapshot: Snapshot, written: TrackedModel) -> None:
    assert snapshot.write_rows([written], {}, NOW) == (1, [])

    state = snapshot.read()

    assert state.rows == (written,)
    assert snapshot.write_rows(state.rows, state.stored, NOW) == (0, [])


def test_only_what_differs_is_written_and_what_vanished_is_removed(
    snapshot: Snapshot, models: Table
) -> None:
    snapshot.write_rows([row(missing_since=NOW)], {}, NOW)
    key = {"model_id": "acme.a-v1:0", "region": "us-east-1"}
    models.update(key, {"name": "changed by somebody else", "in_use": True})
    state = snapshot.read()
    (before,) = state.rows

    snapshot.write_rows([row(name=before.name, in_use=True)], state.stored, NOW)

    item = models.get(key)
    assert item is not None
    assert "missing_since" not in item
    assert item["name"] == "changed by somebody else"
    assert item["in_use"] is True


def test_an_ended_row_leaves_the_index_of_what_is_to_come(
    snapshot: Snapshot, models: Table
) -> None:
    snapshot.write_rows([row(), row("acme.b-v1:0")], {}, NOW)
    assert len(models.query_index("upcoming", "horizon", "dated")) == 2
    state = snapshot.read()

    ended = row(phase=Phase.END_OF_LIFE)
    snapshot.write_rows([ended], state.stored, END + timedelta(hours=2))

    upcoming = models.query_index("upcoming", "horizon", "dated")
    assert [item["model_id"] for item in upcoming] == ["acme.b-v1:0"]


def test_five_hundred_rows_are_written_and_read_whole(snapshot: Snapshot) -> None:
    """More than a megabyte, so that a scan has several pages."""
    rows = [row(f"acme.model-{n:03}-v1:0", name="n" * 3_000) for n in range(500)]

    assert snapshot.write_rows(rows, {}, NOW) == (500, [])

    assert {r.model_id for r in snapshot.read().rows} == {r.model_id for r in rows}


def test_told_moves_once_however_often_it_is_tried(snapshot: Snapshot) -> None:
    snapshot.write_rows([row()], {}, NOW)
    key = RowKey("acme.a-v1:0", "us-east-1")
    first = Told(1, Facts(Phase.LEGACY), NOW.date(), {Kind.ENTERED_LEGACY: NOW})
    second = Told(2, Facts(Phase.END_OF_LIFE), NOW.date(), {Kind.END_OF_LIFE_REACHED: NOW})

    for moves in ([first], [first], [second], [first], [second]):
        assert snapshot.move_told([(key, told) for told in moves]) == []

    assert snapshot.read().rows[0].told == second


def test_what_was_told_of_a_row_never_written_is_remembered(snapshot: Snapshot) -> None:
    key = RowKey("acme.a-v1:0", "us-east-1")
    told = Told(1, Facts(Phase.LEGACY), NOW.date(), {})

    snapshot.move_told([(key, told)])

    state = snapshot.read()
    assert state.rows == ()
    assert state.told_unseen == {key: told}


def test_many_moves_with_some_already_made_are_all_made(snapshot: Snapshot) -> None:
    keys = [RowKey(f"acme.model-{n:03}-v1:0", "us-east-1") for n in range(150)]
    snapshot.write_rows([row(key.model_id) for key in keys], {}, NOW)
    told = Told(1, Facts(Phase.LEGACY), NOW.date(), {})
    snapshot.move_told([(key, told) for key in keys[:40]])

    assert snapshot.move_told([(key, told) for key in keys]) == []

    assert [r.told.seq for r in snapshot.read().rows] == [1] * 150


def test_one_item_that_cannot_be_written_holds_up_no_other(models: Table) -> None:
    def update(n: int, value: str) -> Update:
        return Update({"model_id": f"acme.{n}", "region": "us-east-1"}, {"name": value})

    updates = [update(1, "small"), update(2, "x" * 500_000), update(3, "small")]

    (error,) = models.update_all(updates)

    assert error.code == "ValidationException"
    assert {item["model_id"] for item in models.scan()} == {"acme.1", "acme.3"}


def test_a_region_is_read_as_it_was_written_and_telling_is_kept_apart(snapshot: Snapshot) -> None:
    failing = RegionState(
        "us-east-1",
        covered_since=NOW,
        failing_since=NOW,
        failure="ThrottlingException",
        doubt=Doubt("abc", NOW, NOW, 2),
    )
    assert snapshot.write_regions({}, [failing]) == []
    snapshot.note_region_told("us-east-1", "2026-10-08T09:00:00Z")

    told = snapshot.read().regions["us-east-1"]
    assert told.told_failing_since == NOW

    recovered = RegionState("us-east-1", covered_since=NOW)
    snapshot.write_regions({"us-east-1": told}, [recovered])
    assert snapshot.read().regions["us-east-1"] == RegionState(
        "us-east-1", covered_since=NOW, told_failing_since=NOW
    )


def test_the_lease_is_held_by_one_and_says_for_which_poll(snapshot: Snapshot) -> None:
    snapshot.acquire(lease("first"), NOW)

    with pytest.raises(PollInProgressError) as caught:
        snapshot.acquire(lease("second"), NOW + timedelta(hours=1))

    assert caught.value.now == NOW
    assert not caught.value.is_ours


def test_a_second_delivery_of_the_same_event_does_not_get_the_lease_but_learns_whose_it_is(
    snapshot: Snapshot,
) -> None:
    snapshot.acquire(lease("request/1"), NOW)

    with pytest.raises(PollInProgressError) as caught:
        snapshot.acquire(lease("request/2"), NOW)

    assert caught.value.is_ours


def test_who_holds_the_lease_is_known_even_when_it_is_given_back_at_once(
    dynamodb_local: str, tables: dict[str, str], snapshot: Snapshot
) -> None:
    client = boto3.resource("dynamodb", endpoint_url=dynamodb_local).meta.client
    holder, second = lease("first"), Snapshot(Table(client, tables["ModelsTableName"]))
    snapshot.acquire(holder, NOW)
    client.meta.events.register(
        "after-call.dynamodb.UpdateItem", lambda **_: snapshot.release(holder)
    )

    with pytest.raises(PollInProgressError) as caught:
        second.acquire(lease("second"), NOW)

    assert caught.value.now == NOW


@pytest.mark.parametrize(
    ("holder", "later"),
    [("first", 0), ("second", 136)],
    ids=["its holder, when its first answer was lost", "anybody once it has expired"],
)
def test_the_lease_is_taken_over_by(snapshot: Snapshot, holder: str, later: int) -> None:
    snapshot.acquire(lease("first"), NOW)

    snapshot.acquire(lease(holder, clock=NOW + timedelta(seconds=later)), NOW)

    with pytest.raises(PollInProgressError):
        snapshot.acquire(lease("third", clock=NOW + timedelta(seconds=later + 1)), NOW)


def test_a_late_release_does_not_free_the_lease_of_another(snapshot: Snapshot) -> None:
    late, new = lease("late"), lease("new", clock=NOW + timedelta(seconds=200))
    snapshot.acquire(late, NOW)
    snapshot.acquire(new, NOW)

    snapshot.release(late)

    with pytest.raises(PollInProgressError):
        snapshot.acquire(lease("third", clock=NOW + timedelta(seconds=201)), NOW)
    snapshot.release(new)
    snapshot.acquire(lease("third", clock=NOW + timedelta(seconds=201)), NOW)


def test_progress_and_scope_are_remembered(snapshot: Snapshot) -> None:
    scope = {"alert_on": "used", "watch": ["a*"], "ignore": []}
    snapshot.complete(NOW, scope, unheard=True)
    snapshot.note_baseline_told(NOW)

    state = snapshot.read()

    assert (state.last_completed_at, state.baseline_told_at) == (NOW, NOW)
    assert state.scope == scope
    assert state.unheard
    assert state.rows == ()


def test_what_regions_are_asked_by_is_read_without_the_rows(snapshot: Snapshot) -> None:
    assert snapshot.progress() == Progress()
    covered = RegionState("us-east-1", covered_since=NOW)
    denied = RegionState("sa-east-1", failing_since=NOW, failure="AccessDenied", tried_at=NOW)
    enabled = EnabledRegions(("sa-east-1", "us-east-1"), NOW)
    snapshot.write_rows([row()], {}, NOW)
    snapshot.write_regions({}, [covered, denied])
    snapshot.complete(NOW, {}, unheard=False, enabled=enabled)

    regions = {"us-east-1": covered, "sa-east-1": denied}
    assert snapshot.progress() == Progress(NOW, enabled, regions)
    assert snapshot.read().regions == regions


def test_a_row_nobody_can_read_is_named_and_holds_up_no_other(
    snapshot: Snapshot, models: Table
) -> None:
    snapshot.write_rows([row()], {}, NOW)
    models.put({"model_id": "acme.broken", "region": "us-east-1", "status": "a note"})

    state = snapshot.read()

    assert [r.model_id for r in state.rows] == ["acme.a-v1:0"]
    assert state.unreadable == ("acme.broken us-east-1: KeyError('phase')",)


def test_items_of_others_in_the_bookkeeping_are_left_alone(
    snapshot: Snapshot, models: Table
) -> None:
    models.put({"model_id": "#snooze#acme.a-v1:0", "region": "*", "until": "2027-01-01"})

    assert snapshot.read().rows == ()
