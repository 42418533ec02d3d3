"""The deployed queue of Health events, which works by the clock of the emulator."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from local_aws.cloud import LocalCloud

_VISIBILITY = "VisibilityTimeout"


def eventually(look: Callable[[], list[Any]], seconds: float = 40) -> list[Any]:
    """Look until there is something: the emulator polls queues by its own clock."""
    until = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < until:
        time.sleep(0.3)
    return found


@contextmanager
def impatient_queue(cloud: LocalCloud) -> Iterator[None]:
    """Let the queue hand a message out again at once, which it does after minutes as deployed."""
    sqs, url = cloud.client("sqs"), cloud.health_queue_url
    got = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[_VISIBILITY])
    sqs.set_queue_attributes(QueueUrl=url, Attributes={_VISIBILITY: "0"})
    try:
        yield
    finally:
        before = {_VISIBILITY: got["Attributes"][_VISIBILITY]}
        sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


def dead_letters(cloud: LocalCloud) -> list[str]:
    """Give what lies among the dead letters of the queue; it goes on lying there."""
    sqs = cloud.client("sqs")
    got = sqs.get_queue_attributes(
        QueueUrl=cloud.health_queue_url, AttributeNames=["RedrivePolicy"]
    )
    arn = json.loads(got["Attributes"]["RedrivePolicy"])["deadLetterTargetArn"]
    return [message["Body"] for message in received(cloud, queue_url(cloud, arn))]


def queue_url(cloud: LocalCloud, arn: str) -> str:
    """Give the URL of a queue."""
    sqs = cloud.client("sqs")
    return str(sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"])


def received(cloud: LocalCloud, url: str) -> list[MessageTypeDef]:
    """Give the messages of a queue, at most ten; they go on lying there."""
    sqs: SQSClient = cloud.client("sqs")
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return answer.get("Messages", [])
