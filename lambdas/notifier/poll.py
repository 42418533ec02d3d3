"""The scheduled function: one poll of every Region's model lifecycles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config

from notifier import pipeline
from notifier.delivery import AlertsTopic, Delivery, EventBus
from notifier.errors import PollFailedError
from notifier.ledger import Ledger
from notifier.render.email import Place
from notifier.settings import Environment
from notifier.snapshot import Lease, Snapshot
from notifier.sources.bedrock import Bedrock, lenient_session
from notifier.sources.quotas import Quotas
from notifier.sources.usage import Usage
from notifier.table import Table
from notifier.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from notifier.summary import Summary

logger = Logger()
metrics = Metrics()

# A claim outlives the function that made it, so that nobody takes over from a live one.
_LEASE_MARGIN = timedelta(seconds=15)
_TABLE_CALLS = Config(
    connect_timeout=3,
    read_timeout=10,
    max_pool_connections=32,
    retries={"mode": "standard", "total_max_attempts": 6},
)
# The outbox is the retry of a publish: a retry in here could double a message whose first answer
# was lost.
_PUBLISH_CALLS = Config(
    connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 1}
)


class InvalidEventError(ValueError):
    """The event's time is not one: the poll must not guess when it is."""


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Poll once. The event is `{"time": "2026-11-20T08:00:00Z"}`; without a time it is now.

    Gives the poll's summary. Raises InvalidEventError, PollInProgressError, PollFailedError,
    AwsError: each makes Lambda retry and, in the end, hand the event to the failure queue.
    """
    clock = datetime.now(UTC).replace(microsecond=0)
    now = poll_time(event, clock)
    environment = Environment.read()
    summary = pipeline.poll(
        now,
        _lease(context, clock),
        _edges(environment, *context.invoked_function_arn.split(":")[1:5:3]),
        environment.settings,
    )
    return _report(summary)


def poll_time(event: Mapping[str, Any], clock: datetime) -> datetime:
    """Give the time that the schedule passed, or the clock's when it passed none."""
    if not isinstance(event, dict):
        raise InvalidEventError(f"the event {event!r} is no object with a time")
    if "time" not in event:
        return clock
    try:
        # To the second, as times are stored: the same event again must be the same poll.
        return parse_time(event["time"]).replace(microsecond=0)
    except (TypeError, ValueError, OverflowError) as error:
        message = (
            f"the event's time {event['time']!r} is not a time with a zone, "
            "such as 2026-11-20T08:00:00Z"
        )
        raise InvalidEventError(message) from error


def _lease(context: LambdaContext, clock: datetime) -> Lease:
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    return Lease(context.aws_request_id, uuid4().hex, clock, clock + left + _LEASE_MARGIN)


@cache
def _edges(environment: Environment, partition: str, account_id: str) -> pipeline.Edges:
    tables = boto3.resource("dynamodb", config=_TABLE_CALLS).meta.client
    snapshot = Snapshot(Table(tables, environment.models_table))
    ledger = Ledger(Table(tables, environment.alerts_table))
    topic = AlertsTopic(boto3.client("sns", config=_PUBLISH_CALLS), environment.alerts_topic_arn)
    bus = EventBus(boto3.client("events", config=_PUBLISH_CALLS), environment.event_bus)
    session = lenient_session()
    return pipeline.Edges(
        bedrock=Bedrock(session),
        usage=Usage(session),
        quotas=Quotas(session),
        snapshot=snapshot,
        ledger=ledger,
        topic=topic,
        delivery=Delivery(ledger, snapshot, (topic, bus)),
        place=Place(account_id, environment.aws_region, environment.models_table, partition),
    )


def _report(summary: Summary) -> dict[str, Any]:
    """Log and measure the whole result, then fail where something did."""
    document = summary.document()
    metrics.add_metric(
        "CoveredRegionsFailing", MetricUnit.Count, len(summary.covered_regions_failing)
    )
    metrics.add_metric("DeliveryFailures", MetricUnit.Count, summary.delivery_failures)
    if summary.outcome == "completed":
        metrics.add_metric("PollsCompleted", MetricUnit.Count, 1)
    if summary.reasons_to_fail:
        logger.error("poll failed", poll=document)
        raise PollFailedError("; ".join(summary.reasons_to_fail)[:1_000])
    logger.info("poll", poll=document)
    return document
