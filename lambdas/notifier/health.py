"""The function behind the queue of AWS Health events: each is told as it comes.

An event that cannot be read, or cannot be told, fails alone: it is delivered again, and ends in
the dead-letter queue.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from boto3 import Session

from notifier.health_receive import Receiver
from notifier.settings import Environment
from notifier.sources.health_push import page_of
from notifier.wiring import Outlets, account_of, lease, outlets

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()

_ARN_LENGTH = 300


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Take a batch of SQS messages, each an EventBridge event of AWS Health.

    Gives `batchItemFailures`, the messages that SQS is to deliver again.
    """
    clock = datetime.now(UTC).replace(microsecond=0)
    environment = Environment.read()
    receiver = Receiver(
        _outlets(environment, *account_of(context)), environment.settings, lease(context, clock)
    )
    # Several failures are no other case than one: each is reported for itself.
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(event, _record_handler(receiver, clock), processor, context)


def _record_handler(receiver: Receiver, clock: datetime) -> Callable[[SQSRecord], None]:
    def receive(record: SQSRecord) -> None:
        try:
            page = page_of(json.loads(record.body))
            came_of_it = receiver.receive(page, sent_at(record, clock))
        except Exception:
            # Powertools only reports the message as failed; the log must say why.
            logger.exception("health event failed", sqs_message_id=record.message_id)
            raise
        arn = page.event.arn[:_ARN_LENGTH]
        logger.info("health event", arn=arn, page=page.number, came_of_it=came_of_it)

    return receive


def sent_at(record: SQSRecord, clock: datetime) -> datetime:
    """Give when EventBridge put the event into the queue, or the clock's time if nobody says.

    It is to the queue what the scheduled time is to a poll: the same delivery again is the same.
    """
    try:
        milliseconds = int(record.attributes.sent_timestamp)
        return datetime.fromtimestamp(milliseconds // 1000, UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return clock


@cache
def _outlets(environment: Environment, partition: str, account_id: str) -> Outlets:
    return outlets(Session(), environment, partition, account_id)
