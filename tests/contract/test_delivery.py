"""From the outbox to the channels over DynamoDB Local: what each step leaves, done or refused."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from notifier.delivery import Delivery, Outcome
from notifier.errors import AwsError
from notifier.ledger import Ledger
from notifier.model import (
    Announced,
    Dates,
    Deferred,
    Facts,
    Kind,
    Member,
    Phase,
    RowKey,
    Told,
    Why,
)
from notifier.snapshot import DigestState, Lease, Snapshot
from notifier.table import Table
from tests.contract.test_ledger import NOW, SOON, alert

if TYPE_CHECKING:
    from notifier.ledger import Record
    from notifier.render.document import Notification

pytestmark = pytest.mark.contract

MINE = Lease("me", "1", NOW, SOON)
OTHERS = Lease("other", "1", NOW, SOON)
ROW = RowKey("acme.model-0-v1:0", "us-east-1")
NO_ANSWER = AwsError("x:Send", "EndpointConnectionError", "no answer", permanent=False)
REFUSED = AwsError("x:Send", "InvalidParameter", "never", permanent=True)


@dataclass
class Channel:
    """Somewhere that keeps what it accepted, or fails."""

    name: str
    tells: bool = False
    failing: AwsError | None = None
    accepted: list[str] = field(default_factory=list)
    tried: int = 0

    def send(self, notification: Notification) -> None:
        """Accept, or fail."""
        self.tried += 1
        if self.failing is not None:
            raise self.failing
        self.accepted.append(notification.alert_id)


@dataclass
class Post:
    """A delivery over real tables, with channels to break. `gone` tables refuse everything."""

    ledger: Ledger
    snapshot: Snapshot
    sns: Channel
    bus: Channel

    def deliver(
        self, *records: Record, now: timedelta = timedelta(), snapshot: Snapshot | None = None
    ) -> list[Outcome]:
        """Deliver, some time later."""
        delivery = Delivery(self.ledger, snapshot or self.snapshot, (self.sns, self.bus))
        return delivery.deliver(records, MINE, NOW + now, {})

    def told_of(self, row: RowKey = ROW) -> Told | None:
        """Give what a row that nobody has observed yet was told."""
        return self.snapshot.read().told_unseen.get(row)


@pytest.fixture
def gone(dynamodb_local: str) -> Table:
    """Give a table that is not there."""
    return Table(boto3.resource("dynamodb", endpoint_url=dynamodb_local).meta.client, "gone")


@pytest.fixture
def post(models: Table, alerts: Table) -> Post:
    """Give a delivery in which nothing fails."""
    channels = Channel("sns", tells=True), Channel("eventbridge")
    return Post(Ledger(alerts), Snapshot(models), *channels)


def put(post: Post, alert_id: str = "a1", **given: Any) -> Record:  # noqa: ANN401 (any field of the record)
    """Put an alert about one model into the outbox."""
    new = alert(alert_id, models=1, **given)
    assert post.ledger.put(new)
    return new


def can_be_claimed(post: Post, alert_id: str = "a1") -> bool:
    return post.ledger.claim(alert_id, "next", NOW, SOON)


def test_an_alert_that_all_take_is_told_settled_and_pointed_to(post: Post, alerts: Table) -> None:
    new = put(post)

    assert post.deliver(new) == [Outcome(new, told=True)]

    assert (post.sns.accepted, post.bus.accepted) == (["a1"], ["a1"])
    item = alerts.get({"alert_id": "a1"})
    assert item is not None
    assert (item["state"], item["sent_at"]) == ("settled", "2026-10-08T09:00:00Z")
    assert item["channels"] == dict.fromkeys(("sns", "eventbridge"), "2026-10-08T09:00:00Z")
    assert "claimed_by" not in item
    assert post.told_of() == dict(new.told)[ROW]
    assert post.ledger.about(ROW.model_id) == {"a1"}
    assert post.ledger.about("acme.model-1-v1:0") == frozenset()


def test_one_that_another_invocation_is_sending_is_left_to_it(post: Post) -> None:
    new = put(post)
    assert post.ledger.claim("a1", OTHERS.holder, NOW, SOON)

    assert post.deliver(new) == [Outcome(new, told=False, in_flight=True)]

    assert post.sns.tried == 0
    assert post.told_of() is None


def test_a_told_one_whose_last_channel_another_invocation_tries_is_told(post: Post) -> None:
    put(post)
    post.bus.failing = NO_ANSWER
    post.deliver(alert(models=1))
    ((left,), _) = post.ledger.unsettled()
    assert post.ledger.claim("a1", OTHERS.holder, NOW, SOON)

    assert post.deliver(left) == [Outcome(left, told=True, in_flight=True)]


def test_one_that_was_told_is_remembered_and_not_sent(post: Post) -> None:
    """The models table may be an older copy of itself."""
    new = put(post)
    told = replace(new, told=((ROW, Told(1, Facts(Phase.LEGACY), NOW.date(), {})),))
    post.ledger.mark("a1", "sns", NOW, accepted=True)
    post.ledger.settle("a1", finished=True)

    assert post.deliver(told) == [Outcome(told, told=True, in_flight=True)]

    assert post.sns.tried == 0
    assert post.told_of() == dict(new.told)[ROW]  # as it was put, not as it came


def test_one_that_was_told_and_cannot_be_remembered_is_not_told(post: Post, gone: Table) -> None:
    new = put(post)
    post.ledger.mark("a1", "sns", NOW, accepted=True)
    post.ledger.settle("a1", finished=True)

    (outcome,) = post.deliver(new, snapshot=Snapshot(gone))

    assert (outcome.record, outcome.told, outcome.in_flight) == (new, False, True)
    assert {error.code for error in outcome.errors} == {"ResourceNotFoundException"}


def test_one_of_a_first_message_told_before_is_remembered_as_of_now(post: Post) -> None:
    first = put(post, kind=Kind.BASELINE, members=(Member("#baseline", "", ""),))
    post.ledger.mark("a1", "sns", NOW, accepted=True)
    post.ledger.settle("a1", finished=True)

    post.deliver(first, now=timedelta(hours=5))

    assert post.snapshot.read().baseline_told_at == NOW + timedelta(hours=5)


def test_while_the_topic_fails_nothing_is_told_and_the_next_run_may_try_at_once(
    post: Post,
) -> None:
    new = put(post)
    post.sns.failing = NO_ANSWER

    assert post.deliver(new) == [Outcome(new, told=False, errors=(NO_ANSWER,))]

    assert post.bus.accepted == ["a1"]
    assert post.told_of() is None
    ((left,), _) = post.ledger.unsettled()
    assert not left.is_settled
    assert left.channels == {"eventbridge": NOW}
    assert can_be_claimed(post)


def test_a_channel_that_has_it_is_left_alone_and_the_next_is_tried(post: Post) -> None:
    new = put(post)
    post.bus.failing = NO_ANSWER
    post.deliver(new)
    post.bus.failing = None

    (outcome,) = post.deliver(new)

    assert (outcome.told, outcome.errors) == (True, ())
    assert (post.sns.accepted, post.bus.accepted) == (["a1"], ["a1"])


def test_where_one_channel_gives_no_answer_the_others_are_tried_for_each_alert(
    post: Post,
) -> None:
    records = [put(post, "a1"), put(post, "a2")]
    post.sns.failing = NO_ANSWER

    post.deliver(*records)

    assert (post.sns.tried, post.bus.accepted) == (1, ["a1", "a2"])


def test_the_first_message_is_remembered_as_of_when_it_was_told(post: Post) -> None:
    first = put(post, kind=Kind.BASELINE, members=(Member("#baseline", "", ""),))

    post.deliver(first, now=timedelta(hours=5))

    assert post.snapshot.read().baseline_told_at == NOW + timedelta(hours=5)


def test_a_message_about_a_further_region_is_not_the_first_one(post: Post) -> None:
    post.deliver(put(post, kind=Kind.BASELINE, members=(Member("#baseline", "us-east-1", ""),)))

    assert post.snapshot.read().baseline_told_at is None


def test_that_a_resolved_model_is_called_is_remembered_as_of_its_decision(
    post: Post, models: Table
) -> None:
    subject = "#snooze#acme.a"
    models.put({"model_id": subject, "region": "*", "by": "ann"})
    members = (Member(subject, "*", "2026-10-01"), Member("acme.a", "us-east-1", "3"))

    post.deliver(put(post, kind=Kind.REOPENED, members=members), now=timedelta(hours=5))

    item = models.get({"model_id": subject, "region": "*"})
    assert item is not None
    assert item["reopened_at"] == "2026-10-08T09:00:00Z"


def test_a_second_try_asks_only_the_channel_that_has_not_taken_it(post: Post) -> None:
    new = put(post)
    post.sns.failing = NO_ANSWER
    post.deliver(new)
    post.sns.failing = None

    (outcome,) = post.deliver(new)

    assert (outcome.told, outcome.errors) == (True, ())
    assert (post.sns.accepted, post.bus.accepted) == (["a1"], ["a1"])
    assert post.ledger.unsettled() == ((), ())


@pytest.mark.parametrize(
    ("after", "is_over"),
    [(timedelta(hours=23, minutes=59), False), (timedelta(hours=24), True)],
    ids=["up to a day", "and no longer"],
)
def test_another_channel_never_holds_back_what_is_told_and_is_tried_for_a_day(
    post: Post, after: timedelta, *, is_over: bool
) -> None:
    new = put(post)
    post.bus.failing = NO_ANSWER

    assert post.deliver(new, now=after) == [Outcome(new, told=True, errors=(NO_ANSWER,))]

    assert post.told_of() is not None
    assert (post.ledger.unsettled() == ((), ())) is is_over
    assert can_be_claimed(post) is not is_over


def test_while_the_models_table_fails_it_is_not_told_and_is_not_sent_again(
    post: Post, gone: Table
) -> None:
    new = put(post)

    (outcome,) = post.deliver(new, snapshot=Snapshot(gone))

    assert not outcome.told
    assert outcome.errors
    assert post.ledger.about(ROW.model_id) == frozenset()
    (again,) = post.deliver(new)
    assert (again.told, again.errors) == (True, ())
    assert (post.sns.accepted, post.bus.accepted) == (["a1"], ["a1"])


def test_while_the_alerts_table_fails_nothing_is_sent_and_the_claim_is_given_back(
    post: Post, gone: Table
) -> None:
    new = alert(models=1)
    delivery = Delivery(Ledger(gone), post.snapshot, (post.sns, post.bus))

    (outcome,) = delivery.deliver([new], MINE, NOW, {})

    assert (outcome.record, outcome.told, outcome.in_flight) == (new, False, False)
    # The claim, and the attempt to give it back.
    assert [error.code for error in outcome.errors] == ["ResourceNotFoundException"] * 2
    assert post.sns.tried == 0


def test_one_that_a_channel_took_and_that_could_not_be_marked_may_be_claimed_at_once(
    post: Post, alerts: Table
) -> None:
    class Unmarked(Ledger):
        def mark(self, *_: object, **__: object) -> None:
            raise NO_ANSWER

    new = put(post)
    delivery = Delivery(Unmarked(alerts), post.snapshot, (post.sns, post.bus))

    assert delivery.deliver([new], MINE, NOW, {}) == [Outcome(new, errors=(NO_ANSWER,))]

    assert post.told_of() is None
    assert can_be_claimed(post)


def test_a_told_one_stays_told_while_the_alerts_table_fails(post: Post, gone: Table) -> None:
    told = replace(alert(models=1), is_settled=True)
    delivery = Delivery(Ledger(gone), post.snapshot, (post.sns, post.bus))

    (outcome,) = delivery.deliver([told], MINE, NOW, {})

    assert outcome.told


def test_one_that_another_run_has_finished_before_our_claim_is_told(
    post: Post, alerts: Table
) -> None:
    class Overtaken(Ledger):
        def claim(self, alert_id: str, *_: object) -> bool:
            self.settle(alert_id, finished=True)
            return True

    new = put(post)
    delivery = Delivery(Overtaken(alerts), post.snapshot, (post.sns, post.bus))

    assert delivery.deliver([new], MINE, NOW, {}) == [Outcome(new, told=True)]

    assert post.sns.tried == 0


def test_one_that_is_finished_is_told_and_sent_to_nobody(post: Post) -> None:
    """As another run leaves it between our reading of the outbox and our claim."""
    new = put(post)
    post.deliver(new)

    assert post.deliver(new) == [Outcome(new, told=True, in_flight=True)]

    assert post.sns.accepted == ["a1"]


@pytest.mark.parametrize(
    ("failure", "tried"),
    [(NO_ANSWER, 1), (REFUSED, 2)],
    ids=["one that gives no answer is left alone", "one that refuses an alert may take the next"],
)
def test_after_a_failure_other_alerts_of_the_run(post: Post, failure: AwsError, tried: int) -> None:
    records = [put(post, "a1"), put(post, "a2")]
    post.bus.failing = failure

    outcomes = post.deliver(*records)

    assert [outcome.errors for outcome in outcomes] == [(failure,), (failure,)]
    assert [outcome.told for outcome in outcomes] == [True, True]
    assert post.bus.tried == tried


def test_a_digest_that_the_topic_refuses_is_kept_from_the_others(post: Post) -> None:
    """Its words are made anew until it is accepted, and all are to read the same."""
    digest = put(post, kind=Kind.DIGEST, members=(Member("#digest", "", "2026-10-12T09:00:00Z"),))
    post.sns.failing = REFUSED

    post.deliver(digest)
    assert post.bus.tried == 0
    post.sns.failing = None
    post.deliver(digest)

    assert (post.sns.accepted, post.bus.accepted) == (["a1"], ["a1"])


def test_a_digest_that_another_channel_refuses_is_tried_there_again(post: Post) -> None:
    digest = put(post, kind=Kind.DIGEST, members=(Member("#digest", "", "2026-10-12T09:00:00Z"),))
    post.bus.failing = REFUSED

    post.deliver(digest)

    assert post.sns.accepted == ["a1"]
    ((left,), _) = post.ledger.unsettled()
    assert left.channels == {"sns": NOW}


def test_that_coverage_was_lost_is_remembered_until_it_is_told_that_it_is_back(post: Post) -> None:
    since = "2026-10-07T09:00:00Z"
    region = (Member("#region", "eu-west-1", since),)
    post.deliver(put(post, "a1", kind=Kind.COVERAGE_DEGRADED, told=(), members=region))
    lost = post.snapshot.read().regions["eu-west-1"].told_failing_since
    post.deliver(put(post, "a2", kind=Kind.COVERAGE_RESTORED, told=(), members=region))

    assert lost == NOW - timedelta(days=1)
    assert post.snapshot.read().regions["eu-west-1"].told_failing_since is None


def test_a_told_digest_is_done_up_to_where_it_speaks_and_what_it_lists_was_listed(
    post: Post,
) -> None:
    post.deliver(put(post, "a0"))
    waiting = Deferred(Facts(Phase.LEGACY), Kind.ENTERED_LEGACY, NOW.date(), Why.NOT_IN_USE)
    first, second = (Member("#digest", "", f"2026-10-{day}T09:00:00Z") for day in ("08", "15"))
    given = {"kind": Kind.DIGEST, "told": ()}
    later = NOW + timedelta(days=7)
    until = NOW - timedelta(hours=1)

    post.snapshot.note_digest_due(NOW)
    listed = {"digested": ((ROW, waiting),), "covers_until": until}
    post.deliver(put(post, "a1", members=(first,), **listed, **given))
    assert post.snapshot.digest_state() == DigestState(due_at=None, covered_until=until)
    post.snapshot.note_digest_due(later)
    # One without that, as an older version put it, speaks up to its own decision.
    post.deliver(put(post, "a2", members=(second,), decided_at=later, **given))
    assert post.snapshot.digest_state() == DigestState(due_at=None, covered_until=later)

    assert post.ledger.about(ROW.model_id) == {"a0", "a1"}


def test_what_aws_health_said_of_a_row_is_pointed_to_as_well(post: Post) -> None:
    said = Announced(Dates(None, None, NOW.date()), Dates(None, None, None), NOW.date(), 0)
    event = put(post, kind=Kind.HEALTH_EVENT, told=(), announced=((ROW, said),))

    (outcome,) = post.deliver(event)

    assert outcome.told
    assert post.ledger.about(ROW.model_id) == {"a1"}
