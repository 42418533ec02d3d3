"""The alerts table over DynamoDB Local: an outbox that neither loses nor doubles."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notifier.digest import Digest
from notifier.errors import AwsError, ConditionFailedError
from notifier.ledger import Ledger, LoggedAlert, NamedModel, Record, record
from notifier.model import (
    Alert,
    Announced,
    Dates,
    Deferred,
    Facts,
    Kind,
    Member,
    Phase,
    RowKey,
    Severity,
    Told,
    Why,
)
from notifier.render.document import Notification
from notifier.table import Table, Update

pytestmark = pytest.mark.contract

NOW = datetime(2026, 10, 8, 9, tzinfo=UTC)
SOON = NOW + timedelta(seconds=135)


@pytest.fixture
def ledger(alerts: Table) -> Ledger:
    """Give a ledger over an empty table."""
    return Ledger(alerts)


def alert(alert_id: str = "a1", text: str = "text", models: int = 2, **given: Any) -> Record:  # noqa: ANN401 (any field of the record)
    """Give an alert about some models in two Regions."""
    ids = [f"acme.model-{n}-v1:0" for n in range(models)]
    document = {
        "alert_id": alert_id,
        "kind": given.get("kind", Kind.ENTERED_LEGACY),
        "severity": given.pop("severity", "warning"),
        "account_id": "123456789012",
        "milestone": "END_OF_LIFE",
        "milestone_date": "2027-04-08",
        "days_left": 182,
        "reason": "because",
        "subject": "subject",
        "text": text,
        "models": [
            {"model_id": id_, "name": id_[5:12], "in_use": None, "regions": ["us-east-1"]}
            for id_ in ids
        ],
        "models_omitted": given.pop("models_omitted", 0),
    }
    told = Told(1, Facts(Phase.LEGACY), NOW.date(), {Kind.ENTERED_LEGACY: NOW})
    fields: dict[str, Any] = {
        "kind": Kind.ENTERED_LEGACY,
        "decided_at": NOW,
        "told": tuple((RowKey(i, r), told) for i in ids for r in ("us-east-1", "us-west-2")),
        "members": tuple(Member(id_, "us-east-1", "0") for id_ in ids),
    }
    return Record(notification=Notification(document), **{**fields, **given})


def test_an_alert_is_read_exactly_as_it_was_put(ledger: Ledger) -> None:
    said = Announced(Dates(None, None, NOW.date()), Dates(NOW.date()), NOW.date(), 3)
    put = alert(
        text="naïve 名前 \U0001f600 <b>", announced=((RowKey("acme.a", "us-east-1"), said),)
    )
    put = replace(put, notification=replace(put.notification, chat={"content": "in the chat"}))

    assert ledger.put(put)

    assert ledger.unsettled() == ((put,), ())


def test_what_people_look_up_in_the_table_stands_in_attributes_of_its_own(
    ledger: Ledger, alerts: Table
) -> None:
    ledger.put(alert(models=1))

    item = alerts.get({"alert_id": "a1"})

    assert item is not None
    assert len(bytes(item.pop("payload"))) > 0
    assert item == {
        "alert_id": "a1",
        "state": "pending",
        "unsettled": "yes",
        "kind": "ENTERED_LEGACY",
        "severity": "warning",
        "milestone": "END_OF_LIFE",
        "milestone_date": "2027-04-08",
        "days_left": 182,
        "subject": "subject",
        "text": "text",
        "reason": "because",
        "models": [
            {
                "model_id": "acme.model-0-v1:0",
                "name": "model-0",
                "in_use": None,
                "regions": ["us-east-1"],
            }
        ],
        "models_omitted": 0,
        "decided_at": "2026-10-08T09:00:00Z",
        "channels": {},
        "expires_at": int((NOW + timedelta(days=400)).timestamp()),
    }


def test_rows_that_were_told_different_things_are_read_so(ledger: Ledger) -> None:
    facts = (Facts(Phase.LEGACY), Facts(Phase.EXTENDED_ACCESS), Facts(Phase.LEGACY))
    told = tuple(
        (RowKey(f"acme.{n}", "us-east-1"), Told(n % 2, one, NOW.date(), {}))
        for n, one in enumerate(facts)
    )
    put = alert(told=told, channels={"eventbridge": SOON})

    ledger.put(put)

    ((found,), _) = ledger.unsettled()
    assert dict(found.told) == dict(told)
    assert found.channels == {"eventbridge": SOON}


def test_the_same_alert_is_put_once_and_keeps_its_first_words(ledger: Ledger) -> None:
    ledger.put(alert(text="first"))

    assert not ledger.put(alert(text="second"))

    ((only,), _) = ledger.unsettled()
    assert only.notification.document["text"] == "first"


def test_thousands_of_rows_fit_into_one_item(ledger: Ledger) -> None:
    put = alert(models=1_000)

    assert ledger.put(put)

    assert ledger.unsettled()[0][0].told == put.told


def test_a_claim_keeps_others_out_until_it_expires_or_is_given_back(
    ledger: Ledger, alerts: Table
) -> None:
    ledger.put(alert())
    assert ledger.claim("a1", "first", NOW, SOON)
    assert not ledger.claim("a1", "second", NOW, SOON)
    assert ledger.claim("a1", "first", NOW, SOON)  # a retried call finds its own claim
    assert ledger.claim("a1", "second", SOON + timedelta(seconds=1), SOON + timedelta(hours=1))

    ledger.release("a1", "first")  # late, and no longer its own
    assert not ledger.claim("a1", "third", SOON + timedelta(seconds=2), SOON)
    ledger.release("a1", "second")
    assert ledger.claim("a1", "third", SOON + timedelta(seconds=2), SOON)
    ledger.release("a1", "third")
    item = alerts.get({"alert_id": "a1"})
    assert item is not None
    assert not {"claimed_by", "claimed_until"} & set(item)


def test_marks_and_settling_leave_nothing_to_do_and_a_full_record(
    ledger: Ledger, alerts: Table
) -> None:
    ledger.put(alert())
    ledger.claim("a1", "me", NOW, SOON)
    ledger.mark("a1", "sns", NOW, accepted=True)
    ledger.mark("a1", "eventbridge", NOW, accepted=False)
    ledger.point(alert(), NOW)
    ledger.settle("a1", finished=True)

    assert ledger.unsettled() == ((), ())
    assert ledger.get("a1") is None
    assert not ledger.claim("a1", "me", NOW, SOON)
    item = alerts.get({"alert_id": "a1"})
    assert item is not None
    assert item["state"] == "settled"
    assert item["sent_at"] == "2026-10-08T09:00:00Z"
    assert set(item["channels"]) == {"sns", "eventbridge"}
    assert not {"unsettled", "claimed_by", "claimed_until"} & set(item)
    pointers = alerts.query_index("by_model", "model_id", "acme.model-1-v1:0")
    assert pointers == [
        {
            "alert_id": "a1#acme.model-1-v1:0",
            "model_id": "acme.model-1-v1:0",
            "sent_at": "2026-10-08T09:00:00Z",
            "kind": "ENTERED_LEGACY",
            "expires_at": int((NOW + timedelta(days=400)).timestamp()),
        }
    ]


def test_a_told_alert_with_a_channel_left_stays_to_be_finished(ledger: Ledger) -> None:
    ledger.put(alert())
    ledger.mark("a1", "sns", NOW, accepted=True)

    ledger.settle("a1", finished=False)

    ((left,), _) = ledger.unsettled()
    assert left.is_settled
    assert left.channels == {"sns": NOW}
    assert left.speaks_for() == set()


def test_unsettled_alerts_come_oldest_first(ledger: Ledger) -> None:
    for n in (3, 1, 2):
        ledger.put(alert(f"a{n}", decided_at=NOW + timedelta(hours=n)))

    assert [one.alert_id for one in ledger.unsettled()[0]] == ["a1", "a2", "a3"]


def test_of_one_age_the_loudest_comes_first(ledger: Ledger) -> None:
    for severity in ("warning", "info", "critical"):
        ledger.put(alert(severity, severity=severity))

    order = [one.alert_id for one in ledger.unsettled()[0]]
    assert order == ["critical", "warning", "info"]


def test_the_log_reads_alerts_of_before_any_were_left_out(ledger: Ledger, alerts: Table) -> None:
    ledger.put(alert())
    alerts.update({"alert_id": "a1"}, {"models_omitted": None})

    assert [one.models_omitted for one in ledger.recent()] == [0]


def test_an_alert_nobody_can_read_is_named_and_holds_up_no_other(
    ledger: Ledger, alerts: Table
) -> None:
    ids = [f"a{n}" for n in range(8)]
    for alert_id in ids:
        ledger.put(alert(alert_id))
    for alert_id in ids[::2]:
        alerts.update({"alert_id": alert_id}, {"payload": b"garbage"})

    readable, unreadable = ledger.unsettled()

    assert sorted(one.alert_id for one in readable) == ids[1::2]
    assert sorted(unreadable) == ids[::2]


def test_a_waiting_alert_is_renewed_until_its_sending_begins(ledger: Ledger) -> None:
    assert ledger.renew(alert(text="first"), NOW)
    assert ledger.renew(alert(text="second"), NOW)
    ledger.claim("a1", "sender", NOW, SOON)
    assert not ledger.renew(alert(text="third"), NOW)
    assert ledger.renew(alert(text="fourth"), SOON + timedelta(seconds=1))
    ledger.mark("a1", "sns", NOW, accepted=True)
    assert not ledger.renew(alert(text="fifth"), SOON + timedelta(hours=1))

    ((only,), _) = ledger.unsettled()
    assert only.notification.document["text"] == "fourth"


def test_an_alert_of_before_there_was_a_chat_has_words_for_it_and_is_the_same(
    ledger: Ledger, alerts: Table
) -> None:
    ledger.put(alert())
    item = alerts.get({"alert_id": "a1"})
    assert item is not None
    payload = json.loads(zlib.decompress(bytes(item["payload"])))
    for newer in ("chat", "announced", "digested", "covers_until"):
        del payload[newer]
    alerts.put(item | {"payload": zlib.compress(json.dumps(payload).encode())})

    ((old,), _) = ledger.unsettled()

    assert old == alert()
    assert "because" in old.notification.chat_message()


def test_what_was_told_is_read_and_what_still_has_something_to_do_is_not(ledger: Ledger) -> None:
    for alert_id in ("waiting", "half told", "withdrawn", "told"):
        ledger.put(alert(alert_id))
    for alert_id in ("half told", "told"):
        ledger.mark(alert_id, "sns", SOON, accepted=True)
        ledger.settle(alert_id, finished=alert_id == "told")
    ledger.withdraw("withdrawn", NOW)

    told = alert("told", channels={"sns": SOON}, is_settled=True)
    assert ledger.told("told") == told
    for other in ("waiting", "half told", "withdrawn", "never put"):
        assert ledger.told(other) is None


def test_a_told_alert_that_nobody_can_read_is_an_error_that_names_it(
    ledger: Ledger, alerts: Table
) -> None:
    ledger.put(alert())
    ledger.mark("a1", "sns", NOW, accepted=True)
    ledger.settle("a1", finished=True)
    alerts.update({"alert_id": "a1"}, {"payload": b"garbage"})

    with pytest.raises(AwsError, match="dynamodb:GetItem: UnreadableAlert: a1: error") as caught:
        ledger.told("a1")

    assert caught.value.action == "dynamodb:GetItem"
    assert caught.value.code == "UnreadableAlert"
    assert caught.value.permanent


def test_what_was_told_about_a_model_is_found_by_it(ledger: Ledger) -> None:
    for alert_id in ("a1", "a2"):
        ledger.point(alert(alert_id), NOW)
    ledger.point(alert("a3", models=1), NOW)

    assert ledger.about("acme.model-1-v1:0") == {"a1", "a2"}
    assert ledger.about("acme.model-0-v1:0") == {"a1", "a2", "a3"}
    assert ledger.about("acme.model") == frozenset()


def test_an_alert_is_withdrawn_unless_its_sending_has_begun(ledger: Ledger, alerts: Table) -> None:
    for alert_id in ("untouched", "claimed", "sent"):
        ledger.put(alert(alert_id))
    ledger.claim("claimed", "sender", NOW, SOON)
    ledger.mark("sent", "sns", NOW, accepted=True)

    assert ledger.withdraw("untouched", NOW)
    assert not ledger.withdraw("claimed", NOW)
    item = alerts.get({"alert_id": "untouched"})
    assert item is not None
    assert item["state"] == "settled"
    assert "unsettled" not in item
    assert not ledger.withdraw("sent", SOON + timedelta(hours=1))
    assert ledger.withdraw("claimed", SOON + timedelta(seconds=1))  # whoever it was has died

    assert [one.alert_id for one in ledger.unsettled()[0]] == ["sent"]


def test_an_alert_speaks_for_its_rows_and_its_subjects_until_it_is_told() -> None:
    row, other = RowKey("acme.a", "us-east-1"), RowKey("acme.b", "us-west-2")
    said = Announced(Dates(None, None, None), Dates(None, None, None), NOW.date(), 0)
    told = ((row, Told(1, Facts(), NOW.date(), {})),)
    members = (Member("#region", "eu-west-1", "since"),)

    one = alert(told=told, announced=((other, said),), members=members)

    assert one.speaks_for() == {row, other, RowKey("#region", "eu-west-1")}
    assert replace(one, is_settled=True).speaks_for() == set()


@pytest.mark.parametrize(
    ("kind", "members", "is_first"),
    [
        pytest.param(Kind.BASELINE, [("#baseline", "")], True, id="about the account"),
        pytest.param(Kind.BASELINE, [("#baseline", "us-east-1")], False, id="about a Region"),
        pytest.param(Kind.BASELINE, [("#baseline", ""), ("x", "")], False, id="about more"),
        pytest.param(Kind.DIGEST, [("#baseline", "")], False, id="another kind"),
    ],
)
def test_which_alert_is_the_first_message(
    kind: Kind,
    members: list[tuple[str, str]],
    is_first: bool,  # noqa: FBT001 (a column of the table)
) -> None:
    one = alert(kind=kind, members=tuple(Member(*of, "since") for of in members))

    assert one.is_first_baseline() is is_first
    assert one.waits_to_be_renewed is (is_first or kind is Kind.DIGEST)
    assert not replace(one, channels={"sns": NOW}).waits_to_be_renewed


def test_the_record_of_an_alert_has_all_that_was_decided() -> None:
    key = RowKey("acme.a", "us-east-1")
    told = ((key, Told(1, Facts(Phase.LEGACY), NOW.date(), {})),)
    said = ((key, Announced(Dates(None, None, NOW.date()), Dates(), NOW.date(), 0)),)
    listed = ((key, Deferred(Facts(), Kind.ENTERED_LEGACY, NOW.date(), Why.STRAGGLER)),)
    decided = Alert(
        kind=Kind.DIGEST,
        severity=Severity.INFO,
        reason="because",
        occurred_at=SOON,
        models=(),
        members=(Member("#digest", "", "token"),),
        told=told,
        announced=said,
        digest=Digest(since=NOW - timedelta(days=7), until=NOW),
        digested=listed,
    )
    words = alert().notification

    assert record(decided, words) == Record(
        notification=words,
        kind=Kind.DIGEST,
        decided_at=SOON,
        told=told,
        members=(Member("#digest", "", "token"),),
        announced=said,
        digested=listed,
        covers_until=NOW,
    )
    assert record(replace(decided, digest=None), words).covers_until is None


def test_an_alert_and_what_is_remembered_are_put_together_or_not_at_all(
    ledger: Ledger, models: Table
) -> None:
    key = {"model_id": "#health", "region": "one"}

    def change(version: int) -> Update:
        before = "attribute_not_exists(version)" if version == 1 else "version = :before"
        values = {} if version == 1 else {":before": version - 1}
        return Update(key, {"version": version}, before, values)

    ledger.put_with(alert("a1"), models, change(1))
    with pytest.raises(ConditionFailedError):
        ledger.put_with(alert("a1"), models, change(2))
    with pytest.raises(ConditionFailedError):
        ledger.put_with(alert("a2"), models, change(1))

    assert ledger.unsettled() == ((alert("a1"),), ())
    assert models.get(key) == key | {"version": 1}


def test_a_digest_is_read_exactly_as_it_was_put(ledger: Ledger) -> None:
    waiting = Deferred(Facts(Phase.LEGACY), Kind.ENTERED_LEGACY, NOW.date(), Why.NOT_IN_USE)
    put = alert(
        kind=Kind.DIGEST,
        told=(),
        members=(Member("#digest", "", "2026-10-12T09:00:00Z"),),
        digested=((RowKey("acme.model-1-v1:0", "us-east-1"), waiting),),
        covers_until=NOW,
    )

    assert ledger.put(put)

    assert ledger.unsettled() == ((put,), ())


def test_the_log_says_of_each_alert_what_became_of_it(ledger: Ledger) -> None:
    told = alert("told", models=1, models_omitted=3)
    waiting, withdrawn = (alert(id_, models=1) for id_ in ("waiting", "withdrawn"))
    for put in (told, waiting, withdrawn):
        ledger.put(put)
    ledger.mark("told", "sns", SOON, accepted=True)
    ledger.point(told, SOON)
    ledger.settle("told", finished=True)
    ledger.withdraw("withdrawn", NOW)

    log = {one.alert_id: one for one in ledger.recent()}

    assert log["told"] == LoggedAlert(
        alert_id="told",
        kind="ENTERED_LEGACY",
        severity="warning",
        subject="subject",
        decided_at=NOW,
        sent_at=SOON,
        is_waiting=False,
        channels={"sns": SOON},
        models=(NamedModel("acme.model-0-v1:0", "model-0"),),
        models_omitted=3,
    )
    assert {id_: (one.is_waiting, one.was_withdrawn) for id_, one in log.items()} == {
        "told": (False, False),
        "waiting": (True, False),
        "withdrawn": (False, True),
    }


def test_the_log_begins_with_the_newest_and_ends_where_it_was_asked_to(ledger: Ledger) -> None:
    for n in (3, 1, 2):
        ledger.put(alert(f"a{n}", decided_at=NOW + timedelta(hours=n)))

    assert [one.alert_id for one in ledger.recent()] == ["a3", "a2", "a1"]
    since = NOW + timedelta(hours=2)
    assert [one.alert_id for one in ledger.recent(since)] == ["a3", "a2"]


def test_an_alert_that_one_channel_still_lacks_is_told_and_waiting(ledger: Ledger) -> None:
    ledger.put(alert())
    ledger.mark("a1", "sns", NOW, accepted=True)
    ledger.settle("a1", finished=False)

    (one,) = ledger.recent()

    assert one.sent_at == NOW
    assert one.is_waiting
    assert not one.was_withdrawn


def test_a_log_of_several_pages_is_read_to_its_end_without_what_was_sent(ledger: Ledger) -> None:
    """DynamoDB gives a page for each megabyte that it has read, whatever it returns of it."""
    long = "long " * 40_000
    for n in range(8):
        ledger.put(alert(f"a{n}", text=long))

    log = ledger.recent()

    assert len(log) == 8
    assert long[:100] not in repr(log)
