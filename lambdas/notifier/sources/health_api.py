"""AWS Health events, asked for; only accounts with a support plan that has it may.

API: https://docs.aws.amazon.com/health/latest/APIReference/API_DescribeEvents.html. An account
without such a plan is answered SubscriptionRequiredException.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from threading import Event
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.config import Config
from pydantic import BaseModel, ConfigDict, Field

from notifier.errors import TIMEOUTS, AwsError, may_pass
from notifier.health_event import BEDROCK, Entity, HealthEvent, LifecycleDate, ServiceLifecycle
from notifier.sources.findings import answered, pages
from notifier.sources.health_values import (
    Identifier,
    Text,
    TimeOrNone,
    description_of,
    entities_of,
    region_of,
    text_of,
    time_or_none,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from boto3 import Session

_CALLS = Config(
    connect_timeout=3,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 2},
)
# Health answers for all Regions of a partition, but not in all of them: elsewhere there is no such
# host. https://docs.aws.amazon.com/general/latest/gr/awshealth.html
_REGIONS: Final = {
    "aws": "us-east-1",
    "aws-cn": "cn-northwest-1",
    "aws-us-gov": "us-gov-west-1",
}
_LIST: Final = "health:DescribeEvents"
_DETAILS: Final = "health:DescribeEventDetails"
_ENTITIES: Final = "health:DescribeAffectedEntities"
_LIFECYCLES: Final = "health:DescribeServiceLifecycle"

_LOCALE: Final = "en"
_PAGE: Final = {"PaginationConfig": {"PageSize": 100}}
_LIFECYCLE_PAGE: Final = {"PaginationConfig": {"PageSize": 20}}
_EVENTS_PER_CALL = 10


class Listed(NamedTuple):
    """The events of the last 90 days, and how many more there were that could not be read."""

    events: tuple[HealthEvent, ...]
    skipped: int = 0


class Detailed(NamedTuple):
    """Events with what is said of them, and why others of those asked for are not among them."""

    events: tuple[HealthEvent, ...]
    errors: tuple[AwsError, ...] = ()


class HealthApi:
    """The Health API of the partition. Its client is made with the first call, and kept.

    Not to be called first from several threads at once: a session must not make clients in them.
    """

    def __init__(self, session: Session, account_id: str, partition: str) -> None:
        """Take the session that makes the client, and the account and partition it is for."""
        self._session = session
        self._account_id = account_id
        self._partition = partition

    def events(self) -> Listed:
        """List the events about Bedrock, without description and entities; the newest first.

        Raises AwsError.
        """
        read: list[HealthEvent] = []
        skipped = 0
        with answered(_LIST):
            asked = {"filter": {"services": [BEDROCK]}, **_PAGE}
            for page in pages(self._client, "describe_events", Event(), **asked):
                for entry in page["events"]:
                    try:
                        read.append(self._event(entry))
                    except ValueError:
                        skipped += 1
        return Listed(tuple(read), skipped)

    def details(self, events: Sequence[HealthEvent]) -> Detailed:
        """Ask for the descriptions and entities of events, as they are now.

        What goes wrong with one costs that one; it is left out. Once the API does not answer in
        time nothing more is asked: alerts wait for this.
        """
        arns = tuple(dict.fromkeys(event.arn for event in events))
        described: list[HealthEvent] = []
        errors: list[AwsError] = []
        for first in range(0, len(arns), _EVENTS_PER_CALL):
            some = self._described(arns[first : first + _EVENTS_PER_CALL])
            described += some.events
            errors += some.errors
            if _hangs(errors):
                break
        whole: list[HealthEvent] = []
        for event in described:
            if _hangs(errors):
                break
            try:
                whole.append(replace(event, entities=self._entities(event.arn)))
            except AwsError as error:
                errors.append(error)
        return Detailed(tuple(whole), tuple(errors))

    def service_lifecycles(self) -> tuple[ServiceLifecycle, ...]:
        """List what AWS says of the lifecycle of Bedrock's versions.

        Raises AwsError.
        """
        with answered(_LIFECYCLES):
            asked = {"filter": {"service": BEDROCK}, **_LIFECYCLE_PAGE}
            listed = pages(self._client, "describe_service_lifecycle", Event(), **asked)
            entries = [entry for page in listed for entry in page["serviceLifecycles"]]
            read = [_lifecycle(entry) for entry in entries if entry]
        return tuple(one for one in read if one.service == BEDROCK)

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 (no stubs)
        region = _REGIONS.get(self._partition)
        if region is None:
            message = f"No Health API is known in the partition {self._partition}"
            raise AwsError("health", "UnknownEndpoint", message, permanent=True)
        return self._session.client("health", region_name=region, config=_CALLS)

    def _described(self, arns: Sequence[str]) -> Detailed:
        """Ask for up to ten descriptions at once, and for each alone when one spoils the call."""
        try:
            with answered(_DETAILS):
                answer = self._client.describe_event_details(eventArns=[*arns], locale=_LOCALE)
                return self._read(arns, answer)
        except AwsError as error:
            if error.code != "ValidationException" or len(arns) == 1:
                return Detailed((), (error,))
        alone = [self._described([arn]) for arn in arns]
        return Detailed(
            tuple(event for one in alone for event in one.events),
            tuple(error for one in alone for error in one.errors),
        )

    def _read(self, arns: Sequence[str], answer: Mapping[str, Any]) -> Detailed:
        if not answer.keys() & {"successfulSet", "failedSet"}:
            raise ValueError("the answer tells of neither success nor failure")
        given: dict[str, HealthEvent] = {}
        for entry in answer.get("successfulSet", ()):
            try:
                event = self._event_with_details(entry)
            except ValueError:
                continue  # And so nothing is said about it.
            given[event.arn] = event
        failures = dict(_failure(item) for item in answer.get("failedSet", ()) if item)
        errors = (failures.get(arn, _unanswered(arn)) for arn in arns if arn not in given)
        return Detailed(tuple(given[arn] for arn in arns if arn in given), tuple(errors))

    def _entities(self, arn: str) -> tuple[Entity, ...] | None:
        asked = {"filter": {"eventArns": [arn]}, "locale": _LOCALE, **_PAGE}
        with answered(_ENTITIES):
            listed = pages(self._client, "describe_affected_entities", Event(), **asked)
            entries = [entry for page in listed for entry in page["entities"] if entry]
            return entities_of((one.get("entityValue"), one.get("statusCode")) for one in entries)

    def _event_with_details(self, entry: object) -> HealthEvent:
        said = _Details.model_validate(entry)
        description = description_of((said.description or {}).get("latestDescription"))
        return replace(
            self._event(said.event),
            description=description,
            language=_LOCALE if description else "",
        )

    def _event(self, entry: object) -> HealthEvent:
        """Read an Event. Raises ValueError."""
        said = _Event.model_validate(entry)
        updated_at = said.updated_at or said.start_at
        if updated_at is None:
            raise ValueError("no time that can be read")
        return HealthEvent(
            account=self._account_id,
            arn=said.arn,
            # What was asked for, where it is not said.
            service=(said.service or BEDROCK).upper(),
            type_code=said.type_code,
            category=said.category,
            status=said.status,
            region=said.region or region_of(said.arn),
            updated_at=updated_at,
            start_at=said.start_at,
            end_at=said.end_at,
            scope=said.scope,
            actionability=said.actionability,
        )


def _hangs(errors: Iterable[AwsError]) -> bool:
    return any(error.code in TIMEOUTS for error in errors)


def _failure(item: Mapping[str, Any]) -> tuple[str, AwsError]:
    arn, code = text_of(item.get("eventArn")), text_of(item.get("errorName")) or "Unknown"
    message = f"{arn}: {text_of(item.get('errorMessage'))}"
    return arn, AwsError(_DETAILS, code, message, permanent=not may_pass(code))


def _unanswered(arn: str) -> AwsError:
    message = f"{arn}: nothing that can be read was said about it"
    return AwsError(_DETAILS, "UnexpectedAnswer", message, permanent=False)


def _lifecycle(entry: Mapping[str, Any]) -> ServiceLifecycle:
    return ServiceLifecycle(
        service=text_of(entry.get("service")).upper(),
        version=text_of(entry.get("version")),
        title=text_of(entry.get("title")),
        recommended=text_of(entry.get("recommendedVersion")),
        dates=tuple(_dates(entry.get("lifecycleEvents", ()))),
    )


def _dates(entries: Iterable[Mapping[str, Any] | None]) -> Iterator[LifecycleDate]:
    """Give the entries that have a date."""
    for entry in entries:
        if entry and (moment := time_or_none(entry.get("date"))):
            yield LifecycleDate(
                type=text_of(entry.get("lifecycleEventType")),
                day=moment.date(),
                regions=tuple(filter(None, map(text_of, entry.get("regions", ())))),
                description=description_of(entry.get("description")),
            )


class _Event(BaseModel):
    """The part of Event that we read; all else is let by."""

    model_config = ConfigDict(extra="ignore", defer_build=True)

    arn: Identifier
    type_code: Identifier = Field(alias="eventTypeCode")
    service: Text = ""
    category: Text = Field(default="", alias="eventTypeCategory")
    scope: Text = Field(default="", alias="eventScopeCode")
    status: Text = Field(default="", alias="statusCode")
    region: Text = ""
    actionability: Text = ""
    start_at: TimeOrNone = Field(default=None, alias="startTime")
    end_at: TimeOrNone = Field(default=None, alias="endTime")
    updated_at: TimeOrNone = Field(default=None, alias="lastUpdatedTime")


class _Details(BaseModel):
    """The part of EventDetails that we read."""

    model_config = ConfigDict(extra="ignore", defer_build=True)

    event: object
    description: dict[str, Any] | None = Field(default=None, alias="eventDescription")
