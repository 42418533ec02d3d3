"""AWS Health through the deployed stack: rule, queue, function, API, topic; IAM is enforced."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from local_aws.fake_health import FakeHealthEvent, event_arn
from local_aws.health_deliveries import as_eventbridge
from tests.e2e.conftest import EAST, KEEPERS, WEST, Stage
from tests.e2e.person import Person
from tests.e2e.queues import dead_letters, eventually, impatient_queue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_aws.cloud import Notification, PollAnswer

pytestmark = pytest.mark.e2e

CODE = "AWS_BEDROCK_PLANNED_LIFECYCLE_EVENT"
EVENTS, DELIVERIES, UPDATED = 40, 200, 12


@pytest.fixture
def at_noon(stage: Stage) -> Iterator[Stage]:
    """Give the stage with nothing in AWS Health, and leave none behind."""
    stage.poll()
    stage.told()
    yield stage
    stage.cloud.health.unsubscribe()


def event(stage: Stage, name: str, number: int = 0, pages: int = 1) -> FakeHealthEvent:
    """Give an event that was updated some hours ago; its entities are keepers, and others."""
    others = [f"arn:aws:bedrock:{EAST}:123456789012:agent/{n:05}" for n in range(100 * pages - 1)]
    return FakeHealthEvent(
        arn=event_arn(EAST, "BEDROCK", CODE, name),
        type_code=CODE,
        category="scheduledChange",
        status="upcoming",
        region=EAST,
        updated=stage.now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=5),
        start=stage.in_days(90 + number),
        description="A model that you have used in the past 30 days will be retired.",
        entities=tuple((one, "PENDING") for one in (KEEPERS[number % 12].id, *others)),
    )


def versions_of(event: FakeHealthEvent) -> tuple[FakeHealthEvent, FakeHealthEvent]:
    """Give an event and its update: an hour later, its date two weeks further."""
    assert event.start is not None
    later, moved = event.updated + timedelta(hours=1), event.start + timedelta(days=14)
    return event, replace(event, updated=later, start=moved)


def refusals(answer: PollAnswer) -> list[str]:
    """Give the messages that a batch has failed for."""
    assert answer.function_error is None, answer.log_tail
    return [one["itemIdentifier"] for one in answer.payload["batchItemFailures"]]


def test_two_hundred_deliveries_of_forty_events_are_forty_messages_and_the_updates(
    at_noon: Stage,
) -> None:
    """In any order, twice, from two Regions, on pages, pushed and polled in turn."""
    stage, random = at_noon, Random(4)  # noqa: S311 an order, no secret
    stage.cloud.health.subscribe()
    stage.poll(hours=25)  # Until then the notifier has no reason to ask again.
    # Every tenth event has three pages, and each page of it is a delivery.
    many = [event(stage, f"many{n}", n, pages=3 if n % 10 == 0 else 1) for n in range(EVENTS)]
    updates = [versions_of(one)[1] for one in many[:UPDATED]]
    current = {one.arn: one for one in (*many, *updates)}
    firsts = [page for one in many for page in as_eventbridge(one, delivered_in=EAST)]
    backup = [page for one in many for page in as_eventbridge(one, delivered_in=WEST, backup=True)]
    seconds = [page for one in updates for page in as_eventbridge(one, delivered_in=EAST)]
    # Versions keep their order, as they were hours apart; within each, all is shuffled.
    repeated = random.choices(firsts, k=DELIVERIES - len(firsts) - len(backup) - 2 * len(seconds))
    before = [*firsts, *backup, *repeated]
    after = [*seconds, *seconds]
    assert len(before) + len(after) == DELIVERIES
    random.shuffle(before)
    random.shuffle(after)

    polled = random.sample(many, 15)
    for one in polled:
        stage.cloud.health.put_event(one)
    told = _deliver(stage, before[:60]) + _poll(stage) + _deliver(stage, before[60:])
    told += _poll(stage)
    for one in updates[: UPDATED // 2]:
        stage.cloud.health.put_event(one)
    told += _poll(stage) + _deliver(stage, after) + _poll(stage)
    # What comes late, again and out of order adds nothing.
    told += _deliver(stage, random.sample(before, 20))

    health_events = [message.document["health_event"] for message in told]
    said = Counter((health["event_arn"], health["update"]) for health in health_events)
    assert said == {
        **{(one.arn, False): 1 for one in many},
        **{(one.arn, True): 1 for one in updates},
    }
    for message in told:
        health = message.document["health_event"]
        last = current[health["event_arn"]]
        assert health["missing_pages"] == 0
        assert health["entities_total"] == len(last.entities)
        assert len(message.document["models"]) == 1
        if health["update"]:
            (change,) = health["changes"]
            assert "moved later" in change
    assert stage.told() == []


def _deliver(stage: Stage, deliveries: list[dict[str, Any]]) -> list[Notification]:
    """Hand deliveries to the deployed function, ten at a time, as the queue does."""
    for first in range(0, len(deliveries), 10):
        sent_at = stage.now + timedelta(minutes=1)
        answer = stage.cloud.push_health(deliveries[first : first + 10], sent_at)
        assert refusals(answer) == []
    return stage.told()


def _poll(stage: Stage) -> list[Notification]:
    """Poll ten minutes later: not so late that a page is no longer waited for."""
    stage.now += timedelta(minutes=10)
    answer = stage.poll(hours=0)
    assert answer.function_error is None, answer.log_tail
    assert answer.payload["health_api"] == "answers"
    return stage.told()


def test_an_event_comes_from_the_queue_and_arrives_as_an_email(at_noon: Stage) -> None:
    (delivery,) = as_eventbridge(event(at_noon, "queued", 1), delivered_in=EAST)

    at_noon.cloud.queue_health([json.dumps(delivery)])

    (told,) = eventually(at_noon.told)
    assert told.document["kind"] == "HEALTH_EVENT"
    assert told.attributes["kind"] == "HEALTH_EVENT"
    email = at_noon.cloud.emails()[-1]
    assert email.subject == told.subject
    assert "AWS Health" in email.text
    assert KEEPERS[1].name in email.text


def test_what_is_no_health_event_ends_in_the_dead_letter_queue_and_blocks_no_other(
    at_noon: Stage,
) -> None:
    cloud = at_noon.cloud
    (good,) = as_eventbridge(event(at_noon, "good", 2), delivered_in=EAST)
    bad = json.dumps({"detail": {"eventArn": 7}})

    answer = cloud.push_health([good], at_noon.now)
    assert refusals(answer) == []
    assert len(at_noon.told()) == 1
    with impatient_queue(cloud):
        cloud.queue_health([bad])
        (dead,) = eventually(lambda: dead_letters(cloud))

    assert dead == bad
    assert at_noon.told() == []


def test_one_bad_message_of_a_batch_fails_alone_and_the_log_says_why(at_noon: Stage) -> None:
    (good,) = as_eventbridge(event(at_noon, "beside", 3), delivered_in=EAST)
    (broken,) = as_eventbridge(event(at_noon, "broken", 4), delivered_in=EAST)
    del broken["detail"]["eventArn"]

    answer = at_noon.cloud.push_health([broken, good], at_noon.now)

    assert len(refusals(answer)) == 1
    assert "eventArn" in answer.log_tail
    (told,) = at_noon.told()
    assert told.document["health_event"]["event_arn"].endswith("beside")


def test_the_rule_takes_bedrock_and_no_other_service(at_noon: Stage) -> None:
    (delivery,) = as_eventbridge(event(at_noon, "routed"), delivered_in=EAST)
    other = {**delivery, "detail": {**delivery["detail"], "service": "EC2"}}
    elsewhere = {**delivery, "source": "my.health"}

    routed = [at_noon.cloud.is_routed(one) for one in (delivery, other, elsewhere)]

    assert routed == [True, False, False]


def test_while_sns_is_down_the_event_is_kept_and_the_next_poll_tells_it(at_noon: Stage) -> None:
    (delivery,) = as_eventbridge(event(at_noon, "kept", 5), delivered_in=EAST)
    with at_noon.cloud.sns_outage():
        answer = at_noon.cloud.push_health([delivery], at_noon.now)
    assert len(refusals(answer)) == 1
    assert at_noon.told() == []

    again = at_noon.cloud.push_health([delivery], at_noon.now)
    at_noon.poll()

    assert refusals(again) == []
    assert [one.document["kind"] for one in at_noon.told()] == ["HEALTH_EVENT"]


def test_without_a_support_plan_nothing_is_wrong_and_the_api_is_asked_once_a_day(
    at_noon: Stage,
) -> None:
    # A day has passed since the plan was ended, so that it shows.
    answers = [at_noon.poll(hours=25), at_noon.poll()]
    asked = at_noon.cloud.health.calls("DescribeEvents")
    at_noon.poll()

    assert [one.function_error for one in answers] == [None, None]
    assert answers[0].payload["health_api"] == "SubscriptionRequiredException"
    assert at_noon.cloud.health.calls("DescribeEvents") == asked
    assert at_noon.cloud.health.signing_regions() == {"us-east-1"}


def test_a_test_alert_goes_the_whole_way(at_noon: Stage) -> None:
    cloud = at_noon.cloud

    said = Person(cloud, "jane", "look", "operate").runs("test-alert").stderr

    (told,) = at_noon.told()
    assert told.document["alert_id"] in said
    assert (told.document["kind"], told.document["severity"]) == ("TEST", "info")
    assert told.subject.startswith("[info] TEST")
    assert "TEST" in cloud.emails()[-1].text
    at_noon.poll()
    assert at_noon.told() == []


def test_the_same_test_alert_again_sends_nothing(at_noon: Stage) -> None:
    function = at_noon.cloud.outputs["PollFunctionName"]

    answers = [at_noon.cloud.invoke(function, '{"test_alert": "first"}') for _ in range(2)]

    assert [one.document["kind"] for one in at_noon.told()] == ["TEST"]
    assert [(one.payload["told"], one.payload["unheard"]) for one in answers] == [(True, [])] * 2


def test_a_test_alert_that_does_not_get_out_says_so(at_noon: Stage) -> None:
    function = at_noon.cloud.outputs["PollFunctionName"]
    with at_noon.cloud.sns_outage():
        answer = at_noon.cloud.invoke(function, '{"test_alert": "down"}')

    assert answer.function_error is not None
    assert "sns:Publish" in answer.payload["errorMessage"]
    at_noon.poll()
    assert [one.document["kind"] for one in at_noon.told()] == ["TEST"]
