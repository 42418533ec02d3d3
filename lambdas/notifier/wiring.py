"""What the functions share of their surroundings: tables, channels, where they run, their lease."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

import boto3
from botocore.config import Config

from notifier.delivery import AlertsTopic, ChatTopic, Delivery, EventBus
from notifier.health_memory import HealthMemory
from notifier.ledger import Ledger
from notifier.rehearsal import Rehearsal, unwritten
from notifier.render.email import Place
from notifier.snapshot import Lease, Snapshot
from notifier.table import Table

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from boto3 import Session

    from notifier.settings import Environment, ReadingEnvironment

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


class Outlets(NamedTuple):
    """The tables and the channels, and where the function runs."""

    snapshot: Snapshot
    memory: HealthMemory
    ledger: Ledger
    topic: AlertsTopic
    chat: ChatTopic | None
    delivery: Delivery
    place: Place


def outlets(
    session: Session,
    environment: Environment,
    partition: str,
    account_id: str,
    *,
    rehearse: bool = False,
) -> Outlets:
    """Let the session make the clients of the tables and channels; makes no call.

    With those to `rehearse` nothing is written and nothing sent.
    """
    tables = session.resource("dynamodb", config=_TABLE_CALLS).meta.client
    if rehearse:
        tables = unwritten(tables)
    delivery = Rehearsal if rehearse else Delivery
    models = Table(tables, environment.models_table)
    snapshot = Snapshot(models)
    ledger = Ledger(Table(tables, environment.alerts_table))
    # Most polls have nothing to tell, and a client costs more than all that is decided.
    sns = cache(partial(session.client, "sns", config=_PUBLISH_CALLS))
    events = cache(partial(session.client, "events", config=_PUBLISH_CALLS))
    topic = AlertsTopic(sns, environment.alerts_topic_arn)
    chat = ChatTopic(sns, environment.chat_topic_arn) if environment.chat_topic_arn else None
    bus = EventBus(events, environment.event_bus)
    return Outlets(
        snapshot=snapshot,
        memory=HealthMemory(models),
        ledger=ledger,
        topic=topic,
        chat=chat,
        delivery=delivery(ledger, snapshot, (topic, chat, bus) if chat else (topic, bus)),
        place=Place(
            account_id,
            environment.aws_region,
            environment.models_table,
            partition,
            environment.alerts_topic_arn,
        ),
    )


class Reading(NamedTuple):
    """The tables, for a function that writes nothing."""

    snapshot: Snapshot
    ledger: Ledger


def reading(environment: ReadingEnvironment) -> Reading:
    """Make the client of the tables; makes no call."""
    tables = boto3.resource("dynamodb", config=_TABLE_CALLS).meta.client
    return Reading(
        Snapshot(Table(tables, environment.models_table)),
        Ledger(Table(tables, environment.alerts_table)),
    )


def lease(context: LambdaContext, clock: datetime) -> Lease:
    """Give the lease of this invocation: until after it can possibly run."""
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    return Lease(context.aws_request_id, uuid4().hex, clock, clock + left + _LEASE_MARGIN)


def account_of(context: LambdaContext) -> tuple[str, str]:
    """Give the partition and the account that the function runs in."""
    _, partition, _, _, account_id, *_ = context.invoked_function_arn.split(":")
    return partition, account_id
