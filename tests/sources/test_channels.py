"""What SNS and EventBridge are handed, and what their refusals become."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from notifier.delivery import AlertsTopic, ChatTopic, EventBus, audiences
from notifier.errors import AwsError
from notifier.grouping import sample_alert
from notifier.render.document import notification
from tests.world import PLACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_sqs import SQSClient

SAMPLE = notification(sample_alert("token", datetime(2026, 11, 20, 8, tzinfo=UTC)), PLACE)


@pytest.fixture
def queue() -> Iterator[str]:
    """Give the address of a queue."""
    with mock_aws():
        yield boto3.client("sqs").create_queue(QueueName="ours")["QueueUrl"]


@pytest.fixture
def topic_arn(queue: str) -> str:
    """Give a topic with the queue subscribed."""
    sns = boto3.client("sns")
    arn = sns.create_topic(Name="ours")["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=_arn_of(queue))
    return arn


def _arn_of(queue: str) -> str:
    sqs: SQSClient = boto3.client("sqs")
    return sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]


def _received(queue: str) -> list[dict[str, Any]]:
    answer = boto3.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    return [json.loads(one["Body"]) for one in answer.get("Messages", [])]


def test_a_queue_gets_the_alert_document_and_what_filters_look_at(
    queue: str, topic_arn: str
) -> None:
    AlertsTopic(lambda: boto3.client("sns"), topic_arn).send(SAMPLE)

    (one,) = _received(queue)
    assert one["TopicArn"] == topic_arn
    assert one["Subject"] == SAMPLE.document["subject"]
    assert json.loads(one["Message"]) == SAMPLE.document
    assert one["MessageAttributes"]["kind"] == {"Type": "String", "Value": "TEST"}


def test_chat_gets_a_custom_notification_and_nothing_beside_it(queue: str, topic_arn: str) -> None:
    ChatTopic(lambda: boto3.client("sns"), topic_arn).send(SAMPLE)

    (one,) = _received(queue)
    assert json.loads(one["Message"]) == SAMPLE.chat
    assert one["Message"] == SAMPLE.chat_message()
    assert "Subject" not in one


def test_between_two_messages_there_is_a_pause_and_before_the_first_there_is_none(
    queue: str, topic_arn: str
) -> None:
    pauses: list[float] = []
    topic = AlertsTopic(lambda: boto3.client("sns"), topic_arn, pauses.append)

    topic.send(SAMPLE)
    assert pauses == []
    topic.send(SAMPLE)
    topic.send(SAMPLE)

    assert pauses == [0.2, 0.2]  # five a second
    assert len(_received(queue)) == 3


@pytest.mark.parametrize(
    ("has_chat", "has_email", "meant"),
    [
        pytest.param(False, True, ["sns"], id="e-mail"),
        pytest.param(False, False, ["sns"], id="nobody, so it is the one to subscribe to"),
        pytest.param(True, True, ["sns", "chat"], id="e-mail and chat"),
        pytest.param(True, False, ["chat"], id="a chat alone"),
    ],
)
def test_which_topics_somebody_is_meant_to_hear(
    topic_arn: str,
    has_chat: bool,  # noqa: FBT001 (a column of the table)
    has_email: bool,  # noqa: FBT001 (a column of the table)
    meant: list[str],
) -> None:
    sns = boto3.client("sns")
    chat = ChatTopic(lambda: sns, topic_arn) if has_chat else None

    found = audiences(AlertsTopic(lambda: sns, topic_arn), chat, has_email=has_email)

    assert [one.name for one in found] == meant


def test_a_topic_that_is_not_there_is_an_error_that_stays(topic_arn: str) -> None:
    with pytest.raises(AwsError, match="sns:Publish: NotFound") as caught:
        AlertsTopic(lambda: boto3.client("sns"), f"{topic_arn}-gone").send(SAMPLE)
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("confirmed", "is_heard"),
    [
        ({"SubscriptionsConfirmed": "0"}, False),
        ({"SubscriptionsConfirmed": "1"}, True),
        ({"SubscriptionsConfirmed": "2"}, True),
        ({}, False),
    ],
)
def test_a_topic_is_heard_by_whoever_has_confirmed(
    confirmed: dict[str, str], *, is_heard: bool
) -> None:
    sns = boto3.client("sns")
    with Stubber(sns) as stub:
        stub.add_response(
            "get_topic_attributes",
            {"Attributes": {"SubscriptionsPending": "7"} | confirmed},
            {"TopicArn": "arn:aws:sns:us-east-1:123456789012:ours"},
        )
        topic = AlertsTopic(lambda: sns, "arn:aws:sns:us-east-1:123456789012:ours")
        assert topic.is_heard() is is_heard


def test_whether_a_topic_is_heard_may_be_refused() -> None:
    sns = boto3.client("sns")
    with Stubber(sns) as stub:
        stub.add_client_error("get_topic_attributes", "AuthorizationError", http_status_code=403)
        with pytest.raises(AwsError, match="sns:GetTopicAttributes: AuthorizationError"):
            AlertsTopic(lambda: sns, "arn:aws:sns:us-east-1:123456789012:ours").is_heard()


def test_the_bus_gets_one_event_with_the_contracts_source_and_the_document() -> None:
    events = boto3.client("events")
    with Stubber(events) as stub:
        expected = {
            "Source": "bedrock-lifecycle-notifier",
            "DetailType": "Bedrock Model Lifecycle Alert",
            "Detail": json.dumps(SAMPLE.document, ensure_ascii=False, separators=(",", ":")),
            "EventBusName": "ours",
        }
        good = {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}
        stub.add_response("put_events", good, {"Entries": [expected]})
        EventBus(lambda: events, "ours").send(SAMPLE)
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("entry", "text", "permanent"),
    [
        ({"ErrorCode": "MalformedDetail", "ErrorMessage": "no"}, "MalformedDetail: no", True),
        ({"ErrorCode": "ThrottlingException"}, "ThrottlingException: ", False),
        ({}, "Unknown: ", False),
    ],
    ids=["never to be taken", "another time", "it says nothing more"],
)
def test_an_entry_refused_in_a_good_answer_is_an_error(
    entry: dict[str, str], text: str, *, permanent: bool
) -> None:
    events = boto3.client("events")
    with Stubber(events) as stub:
        stub.add_response("put_events", {"FailedEntryCount": 1, "Entries": [entry]})
        with pytest.raises(AwsError) as caught:
            EventBus(lambda: events, "ours").send(SAMPLE)

    assert str(caught.value) == f"events:PutEvents: {text}"
    assert (caught.value.action, caught.value.permanent) == ("events:PutEvents", permanent)


def test_a_refused_call_to_the_bus_is_an_error() -> None:
    events = boto3.client("events")
    with Stubber(events) as stub:
        stub.add_client_error("put_events", "InternalException", http_status_code=500)
        with pytest.raises(AwsError, match="events:PutEvents: InternalException") as caught:
            EventBus(lambda: events, "ours").send(SAMPLE)
    assert not caught.value.permanent
