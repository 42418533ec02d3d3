"""The scheduled function: one poll of every Region's model lifecycles."""

from __future__ import annotations

# Before anything else: see there.
from notifier import garbage

# isort: split
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from notifier import pipeline
from notifier.delivery import audiences
from notifier.errors import PollFailedError
from notifier.sample import send_sample
from notifier.settings import Environment
from notifier.sources.bedrock import Bedrock, lenient_session
from notifier.sources.health_api import HealthApi
from notifier.sources.quotas import Quotas
from notifier.sources.usage import Usage
from notifier.times import parse_time
from notifier.wiring import account_of, lease, outlets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from notifier.settings import Settings
    from notifier.snapshot import Lease
    from notifier.summary import Summary

logger = Logger()
metrics = Metrics()

# What `make test-alert` puts into the event in place of a time.
_SAMPLE = "test_alert"
# What `bedrock-lifecycle poll --dry-run` adds.
_DRY_RUN = "dry_run"
# What the digest's schedule puts there: its own scheduled time.
_DIGEST = "digest"


class InvalidEventError(ValueError):
    """The event's time is not one: the poll must not guess when it is."""


@logger.inject_lambda_context
@metrics.log_metrics
@garbage.put_off()
def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Poll once. The event is `{"time": "2026-11-20T08:00:00Z"}`; without a time it is now.

    The event `{"test_alert": "<token>"}` sends a sample instead, once for each token; the event
    `{"digest": "2026-11-23T09:00:00Z"}` tells the digest that is due then. With `"dry_run": true`
    nothing is written or sent, and the answer names what would be told.

    Gives the poll's summary. Raises InvalidEventError, PollInProgressError, PollFailedError,
    AwsError: each makes Lambda retry and, in the end, hand the event to the failure queue.
    """
    clock = datetime.now(UTC).replace(microsecond=0)
    now = poll_time(event, clock)
    environment = Environment.read()
    rehearse = event.get(_DRY_RUN) is True
    edges = _edges(environment, *account_of(context), rehearse=rehearse)
    if _SAMPLE in event:
        return _send_sample(event, edges, environment.settings, lease(context, clock), clock)
    run = pipeline.digest if _DIGEST in event else pipeline.poll
    summary = run(now, lease(context, clock), edges, environment.settings)
    if rehearse:
        return summary.document()
    return _report(summary, environment.settings)


def poll_time(event: Mapping[str, Any], clock: datetime) -> datetime:
    """Give the time that the schedule passed, or the clock's when it passed none."""
    if not isinstance(event, dict):
        raise InvalidEventError(f"the event {event!r} is no object with a time")
    name = _DIGEST if _DIGEST in event else "time"
    if name not in event:
        return clock
    given = event[name]
    try:
        # To the second, as times are stored: the same event again must be the same poll.
        return parse_time(given).replace(microsecond=0)
    except (TypeError, ValueError, OverflowError) as error:
        message = (
            f"the event's time {given!r} is not a time with a zone, such as 2026-11-20T08:00:00Z"
        )
        raise InvalidEventError(message) from error


@cache
def _edges(
    environment: Environment, partition: str, account_id: str, *, rehearse: bool
) -> pipeline.Edges:
    # One for all of them: each reads botocore's data anew.
    session = lenient_session()
    shared = outlets(session, environment, partition, account_id, rehearse=rehearse)
    return pipeline.Edges(
        bedrock=Bedrock(session),
        usage=Usage(session),
        quotas=Quotas(session),
        health_api=HealthApi(session, account_id, partition),
        **shared._asdict(),
    )


def _send_sample(
    event: Mapping[str, Any],
    edges: pipeline.Edges,
    settings: Settings,
    its_lease: Lease,
    clock: datetime,
) -> dict[str, Any]:
    answer = send_sample(
        token=str(event[_SAMPLE]),
        ledger=edges.ledger,
        topics=audiences(edges.topic, edges.chat, has_email=settings.has_email),
        delivery=edges.delivery,
        place=edges.place,
        lease=its_lease,
        now=clock,
    )
    logger.info("test alert", answer=answer)
    return answer


def _report(summary: Summary, settings: Settings) -> dict[str, Any]:
    """Log and measure the whole result, then fail where something did."""
    document = summary.document()
    # Every custom metric is billed: these two only where something shows them.
    if settings.user_notifications and summary.days_to_next_end_of_life is not None:
        days = summary.days_to_next_end_of_life
        metrics.add_metric("DaysToNextEndOfLife", MetricUnit.NoUnit, days)
    if settings.dashboard and summary.regions:
        failing = len(summary.covered_regions_failing)
        metrics.add_metric("CoveredRegionsFailing", MetricUnit.Count, failing)
    metrics.add_metric("DeliveryFailures", MetricUnit.Count, summary.delivery_failures)
    if summary.outcome == "completed":
        metrics.add_metric("PollsCompleted", MetricUnit.Count, 1)
    if summary.reasons_to_fail:
        logger.error("poll failed", poll=document)
        raise PollFailedError("; ".join(summary.reasons_to_fail)[:1_000])
    logger.info("poll", poll=document)
    return document
