"""A small world in which polls happen: Regions that answer as told, and channels that record.

The pipeline, the snapshot, the outbox and the words are the real ones, over real tables. Only
Bedrock and the two channels are stood in for, at the seams where the network begins.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3

from notifier import pipeline
from notifier.capacity import Peak, Quota
from notifier.delivery import Delivery
from notifier.errors import AwsError
from notifier.health_event import HealthEvent, Page, ServiceLifecycle
from notifier.health_memory import HealthMemory
from notifier.health_receive import Receiver
from notifier.ledger import Ledger
from notifier.model import (
    Catalog,
    Confirmation,
    Failure,
    Lifecycle,
    ListedModel,
    Presence,
    RowKey,
    TrackedModel,
)
from notifier.render.email import Place
from notifier.settings import Settings
from notifier.snapshot import Lease, Snapshot
from notifier.snooze_memory import SnoozeMemory
from notifier.sources.health_api import Detailed, Listed
from notifier.table import Table
from notifier.times import parse_time
from notifier.usage import INVOKABLE, Calls, ReadFailure, Reading, ReadingRequest, Resource, Source
from notifier.wiring import Outlets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from notifier.render.document import Notification
    from notifier.summary import Summary

PLACE = Place("123456789012", "us-east-1", "models")
EAST, WEST, EUROPE = "us-east-1", "us-west-2", "eu-west-1"
LEASE_SECONDS = 135
_TWO_WEEKS = 14
THROTTLED = Failure("ThrottlingException", "Too many requests")


def at(text: str) -> datetime:
    """Read a day (`2026-10-01`, taken as 10:00Z, after the reminder hour) or a time."""
    if "T" in text:
        return parse_time(text)
    return datetime.combine(date.fromisoformat(text), time(10), tzinfo=UTC)


def model(  # noqa: PLR0913 (a model's dates, each by its name)
    model_id: str,
    status: str = "ACTIVE",
    *,
    legacy: str | None = None,
    extended_access: str | None = None,
    end_of_life: str | None = None,
    name: str | None = None,
    hour: int = 8,
) -> ListedModel:
    """Make a catalog entry; dates are days, given at `hour` UTC as the API does."""

    def moment(day: str | None) -> datetime | None:
        if day is None:
            return None
        return datetime.combine(date.fromisoformat(day), time(hour), tzinfo=UTC)

    lifecycle = Lifecycle(
        status, None, moment(legacy), moment(extended_access), moment(end_of_life)
    )
    provider = model_id.partition(".")[0].title()
    return ListedModel(model_id, name or model_id.rpartition(".")[2], provider, lifecycle)


def dying(
    model_id: str, end_of_life: str = "2027-04-08", extended_access: str | None = None
) -> ListedModel:
    """Make the entry of a model that entered Legacy on 2026-10-08."""
    return model(
        model_id,
        "LEGACY",
        legacy="2026-10-08",
        extended_access=extended_access,
        end_of_life=end_of_life,
    )


DENIED = ReadFailure("AccessDeniedException", "not allowed", permanent=True)


@dataclass
class Account:
    """What the account of this world uses, as the readers of its parts would give it.

    Each Region is one that may not be read until something is said of it. CloudWatch shows what
    was invoked in two weeks, and older calls only to those who ask about an id.
    """

    calls: dict[str, list[Calls]] = field(default_factory=dict)
    resources: dict[str, dict[Source, list[Resource]]] = field(default_factory=dict)
    failing: dict[tuple[str, Source], ReadFailure] = field(default_factory=dict)
    readable: bool = False
    reads: list[ReadingRequest] = field(default_factory=list)

    def invoked(
        self,
        region: str,
        model_id: str,
        last_on: str,
        *,
        invocations_14d: int = 100,
        tokens: tuple[int, int] = (0, 0),
    ) -> None:
        """Let CloudWatch have counted calls; what was said of the id before is forgotten."""
        others = [one for one in self.calls.get(region, []) if one.model_id != model_id]
        new = Calls(model_id, date.fromisoformat(last_on), invocations_14d, *tokens)
        self.calls[region] = [*others, new]
        self.readable = True

    def has(self, region: str, source: Source, *resources: Resource) -> None:
        """Let a Region list these resources."""
        self.resources.setdefault(region, {})[source] = list(resources)
        self.readable = True

    def fails(self, region: str, source: Source, failure: ReadFailure | None = DENIED) -> None:
        """Let a source fail, or with None answer again."""
        self.failing.pop((region, source), None)
        if failure is not None:
            self.failing[region, source] = failure

    def read(
        self, requests: Sequence[ReadingRequest], now: datetime, seconds: float
    ) -> dict[str, dict[Source, Reading]]:
        """Answer as the account is."""
        assert seconds > 0
        self.reads.extend(requests)
        return {
            one.region: {source: self._reading(one, source, now.date()) for source in one.sources}
            for one in requests
        }

    def _reading(self, request: ReadingRequest, source: Source, today: date) -> Reading:
        if not self.readable:
            return Reading(failure=DENIED)
        failure = self.failing.get((request.region, source))
        if failure is not None:
            return Reading(failure=failure)
        if source is Source.INVOCATIONS:
            return self._calls(request, today)
        return Reading(self._listed(request.region, source))

    def _listed(self, region: str, source: Source) -> tuple[Resource, ...]:
        failing = (region, source) in self.failing
        return () if failing else tuple(self.resources.get(region, {}).get(source, ()))

    def _calls(self, request: ReadingRequest, today: date) -> Reading:
        found = {
            name
            for source in INVOKABLE
            for one in self._listed(request.region, source)
            for name in (one.id, one.arn)
        }
        asked = (found | set(request.look_back)) - request.looked_back
        shown = [
            one
            for one in self.calls.get(request.region, ())
            if (today - one.last_on).days < _TWO_WEEKS
            or (one.model_id in asked and (today - one.last_on).days < request.look_back_days)
        ]
        return Reading(calls=tuple(shown), looked_back=frozenset(asked))


@dataclass
class AccountQuotas:
    """Service Quotas in this world: by Region; a Region of which nothing is said is denied."""

    by_region: dict[str, list[Quota]] = field(default_factory=dict)
    busiest: Peak = field(default_factory=lambda: Peak(0, 0))
    asked: list[str] = field(default_factory=list)

    def prepare(self, regions: Iterable[str]) -> None:
        """Make no clients: there are none."""

    def applied(self, region: str) -> tuple[Quota, ...]:
        """Give the quotas of a Region."""
        self.asked.append(region)
        if region not in self.by_region:
            action, code = "servicequotas:ListServiceQuotas", "AccessDeniedException"
            raise AwsError(action, code, "not allowed", permanent=True)
        return tuple(self.by_region[region])

    def peak(self, region: str, model_ids: Sequence[str], now: datetime) -> Peak:
        """Give the busiest minutes."""
        assert region
        assert model_ids
        assert now.tzinfo is not None
        return self.busiest


@dataclass
class AccountHealth:
    """The Health API in this world: without a support plan until it is `subscribed`.

    Of `broken` events, by their ARNs, it gives no details.
    """

    subscribed: bool = False
    listed: dict[str, HealthEvent] = field(default_factory=dict)
    lifecycles: tuple[ServiceLifecycle, ...] = ()
    failing: AwsError | None = None
    broken: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def has(self, *events: HealthEvent) -> None:
        """Let the API list these events, in place of earlier versions of them."""
        self.subscribed = True
        self.listed |= {event.arn: event for event in events}

    def events(self) -> Listed:
        """List what there is, without descriptions and entities."""
        self.asked.append("events")
        if self.failing is not None:
            raise self.failing
        if not self.subscribed:
            action, code = "health:DescribeEvents", "SubscriptionRequiredException"
            raise AwsError(action, code, "no support plan", permanent=True)
        bare = [replace(one, description="", entities=None) for one in self.listed.values()]
        return Listed(tuple(bare), 0)

    def details(self, events: Sequence[HealthEvent]) -> Detailed:
        """Give these events whole."""
        self.asked += [f"details {event.arn}" for event in events]
        errors = [
            AwsError("health:DescribeEventDetails", "InternalError", event.arn, permanent=False)
            for event in events
            if event.arn in self.broken
        ]
        whole = [self.listed[event.arn] for event in events if event.arn not in self.broken]
        return Detailed(tuple(whole), tuple(errors))

    def service_lifecycles(self) -> tuple[ServiceLifecycle, ...]:
        """Give what DescribeServiceLifecycle would."""
        self.asked.append("lifecycles")
        return self.lifecycles


@dataclass
class Regions:
    """Bedrock in this world: each Region's models, or the failure it answers with.

    `disowned` are models that GetFoundationModel calls gone, `unclear` those it cannot say of;
    by default it tells the truth of the catalog.
    """

    answers: dict[str, list[ListedModel] | Failure] = field(default_factory=dict)
    still_there: dict[str, ListedModel] = field(default_factory=dict)
    unclear: set[str] = field(default_factory=set)
    listing_regions_fails: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)

    def enabled_regions(self, home: str) -> tuple[str, ...]:
        """Give the Regions of this world."""
        if self.listing_regions_fails:
            action, code = "account:ListRegions", "AccessDeniedException"
            raise AwsError(action, code, f"not allowed from {home}", permanent=True)
        return tuple(sorted(self.answers))

    def offered_regions(self, home: str) -> tuple[str, ...]:
        """Give every Region of this world, and one that is not enabled."""
        return (*sorted(self.answers), f"not-enabled-near-{home}")

    def catalogs(self, regions: Iterable[str]) -> dict[str, Catalog | Failure]:
        """Answer as told."""
        return {region: self._catalog(region) for region in regions}

    def _catalog(self, region: str) -> Catalog | Failure:
        self.asked.append(("ListFoundationModels", region))
        answer = self.answers.get(region, Failure("UnrecognizedClientException"))
        return answer if isinstance(answer, Failure) else Catalog(region, tuple(answer))

    def confirm(self, rows: Iterable[TrackedModel]) -> dict[RowKey, Confirmation]:
        """Say which absent rows are gone."""
        return {row.key: self._confirm(row) for row in rows}

    def _confirm(self, row: TrackedModel) -> Confirmation:
        self.asked.append((row.model_id, row.region))
        if row.model_id in self.unclear:
            return Confirmation(Presence.UNKNOWN)
        if row.model_id in self.still_there:
            return Confirmation(Presence.PRESENT, self.still_there[row.model_id])
        return Confirmation(Presence.GONE)


@dataclass
class RecordingChannel:
    """A channel that keeps what it accepted, and refuses while it is `down`."""

    name: str
    tells: bool
    heard: bool = True
    down: bool = False
    accepted: list[dict[str, Any]] = field(default_factory=list)
    tried: int = 0

    def send(self, notification: Notification) -> None:
        """Accept, or refuse."""
        self.tried += self.down
        if self.down:
            action, code = f"{self.name}:send", "EndpointConnectionError"
            raise AwsError(action, code, "no answer", permanent=False)
        self.accepted.append(dict(notification.document))

    def is_heard(self) -> bool:
        """Say whether anybody is subscribed."""
        return self.heard


class World:
    """Polls in a row over one pair of tables."""

    def __init__(
        self, client: DynamoDBClient, tables: dict[str, str], settings: Settings | None = None
    ) -> None:
        """Start with empty tables, one Region without models, and a subscriber."""
        self.client = client
        self.tables = tables
        self.settings = settings or Settings()
        self.bedrock = Regions()
        self.account = Account()
        self.quotas = AccountQuotas()
        self.health = AccountHealth()
        self.topic = RecordingChannel("sns", tells=True)
        self.chat: RecordingChannel | None = None
        self.bus = RecordingChannel("eventbridge", tells=False)
        self.snapshot = Snapshot(Table(client, tables["ModelsTableName"]))
        self.memory = HealthMemory(Table(client, tables["ModelsTableName"]))
        self.snoozes = SnoozeMemory(Table(client, tables["ModelsTableName"]))
        self.ledger = Ledger(Table(client, tables["AlertsTableName"]))
        self.summary: Summary | None = None
        self.came_of_it: list[str] = []

    @property
    def regions(self) -> dict[str, list[ListedModel] | Failure]:
        """What each Region answers."""
        return self.bedrock.answers

    def edges(self) -> pipeline.Edges:
        """Give the pipeline its edges in this world."""
        return pipeline.Edges(
            bedrock=self.bedrock,  # type: ignore[arg-type]
            usage=self.account,  # type: ignore[arg-type]
            quotas=self.quotas,  # type: ignore[arg-type]
            health_api=self.health,  # type: ignore[arg-type]
            memory=self.memory,
            snapshot=self.snapshot,
            ledger=self.ledger,
            topic=self.topic,  # type: ignore[arg-type]
            chat=self.chat,  # type: ignore[arg-type]
            delivery=self.delivery,
            place=PLACE,
        )

    @property
    def delivery(self) -> Delivery:
        """Give every channel there is."""
        channels = (self.topic, self.chat, self.bus) if self.chat else (self.topic, self.bus)
        return Delivery(self.ledger, self.snapshot, channels)

    def poll(self, when: str) -> list[dict[str, Any]]:
        """Poll as of a day or time; give the documents the alerts topic accepted in it."""
        before = len(self.topic.accepted)
        self.summary = pipeline.poll(at(when), self.lease(), self.edges(), self.settings)
        return self.topic.accepted[before:]

    def digest(self, when: str) -> list[dict[str, Any]]:
        """Let a digest become due; give the documents the alerts topic accepted in that run."""
        before = len(self.topic.accepted)
        self.summary = pipeline.digest(at(when), self.lease(), self.edges(), self.settings)
        return self.topic.accepted[before:]

    def push(self, when: str, *pages: Page | HealthEvent) -> list[dict[str, Any]]:
        """Deliver pages to the health function; give what the alerts topic accepted of them."""
        before = len(self.topic.accepted)
        outlets = Outlets(
            snapshot=self.snapshot,
            memory=self.memory,
            ledger=self.ledger,
            topic=self.topic,  # type: ignore[arg-type]
            chat=self.chat,  # type: ignore[arg-type]
            delivery=self.delivery,
            place=PLACE,
        )
        receiver = Receiver(outlets, self.settings, self.lease())
        self.came_of_it = [
            receiver.receive(one if isinstance(one, Page) else Page(one, "one"), at(when))
            for one in pages
        ]
        return self.topic.accepted[before:]

    def lease(self) -> Lease:
        """Give a lease of a new invocation, by this machine's clock."""
        clock = datetime.now(UTC)
        return Lease(str(uuid4()), "1", clock, clock + timedelta(seconds=LEASE_SECONDS))

    def row(self, model_id: str, region: str = EAST) -> dict[str, Any]:
        """Read one tracked model as a user of the table would."""
        key = {"model_id": model_id, "region": region}
        answer = self.client.get_item(TableName=self.tables["ModelsTableName"], Key=key)
        return dict(answer.get("Item", {}))

    def items(self, table: str) -> list[dict[str, Any]]:
        """Read a whole table, `Models` or `Alerts`, with a client that the product never saw."""
        name = self.tables[f"{table}TableName"]
        client = _own_client(self.client.meta.endpoint_url)
        pages = client.get_paginator("scan").paginate(TableName=name)
        return [dict(item) for page in pages for item in page["Items"]]


@cache
def _own_client(endpoint_url: str) -> DynamoDBClient:
    return boto3.resource("dynamodb", endpoint_url=endpoint_url).meta.client


def kinds(documents: Iterable[dict[str, Any]]) -> list[str]:
    """Give the kinds of what was told, in order."""
    return [document["kind"] for document in documents]
