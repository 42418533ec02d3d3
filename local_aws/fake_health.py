"""The Health API over HTTP: events and service lifecycles of the caller's choice.

At first the account has no support plan with that API, as most have not. It speaks the one of the
service's protocols that boto3 chooses, AWS JSON 1.1.
"""

import base64
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from local_aws.emulator import ACCOUNT_ID
from local_aws.fake_bedrock import Answer, Misbehaviour, Silence, refusal
from local_aws.forwarding import Request, Response, Server
from local_aws.paging import PAGE, page
from local_aws.sigv4 import credential_scope

EVENTS: Final = "DescribeEvents"
DETAILS: Final = "DescribeEventDetails"
ENTITIES: Final = "DescribeAffectedEntities"
LIFECYCLES: Final = "DescribeServiceLifecycle"

_TARGET: Final = re.compile(r"AWSHealth_20160804\.(\w+)")
_JSON: Final = "application/x-amz-json-1.1"
_ARN: Final = re.compile(r"arn:aws(-[a-z]+(-[a-z]+)?)?:health:[^:]*:[^:]*:event(?:/[\w-]+){3}")
_ARNS_PER_CALL: Final = 10
_LIFECYCLES_PER_PAGE: Final = 20

NO_SUPPORT_PLAN: Final = refusal(
    400,
    "SubscriptionRequiredException",
    "This account's support plan does not include the AWS Health API.",
)
_UNSIGNED: Final = refusal(
    403, "MissingAuthenticationTokenException", "Missing Authentication Token"
)
_UNKNOWN_OPERATION: Final = refusal(
    400, "UnknownOperationException", "Not an operation of this fake"
)
_BAD_TOKEN: Final = refusal(400, "InvalidPaginationToken", "The nextToken is not valid.")
_BAD_LOCALE: Final = refusal(400, "UnsupportedLocale", "Only English is supported.")


@dataclass(frozen=True, kw_only=True)
class FakeHealthEvent:
    """An event about the account. `entities` are pairs of value and status.

    With `details_fail` DescribeEventDetails puts the event into its `failedSet` under this name;
    with `entities_fail` DescribeAffectedEntities is refused under this name.
    """

    arn: str
    type_code: str
    category: str
    status: str
    region: str
    updated: datetime
    start: datetime | None = None
    end: datetime | None = None
    scope: str = "ACCOUNT_SPECIFIC"
    description: str = ""
    entities: tuple[tuple[str, str], ...] = ()
    service: str = "BEDROCK"
    actionability: str | None = None
    personas: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    details_fail: str | None = None
    entities_fail: str | None = None

    def summary(self) -> dict[str, object]:
        """Give the `Event`."""
        said = {
            "arn": self.arn,
            "service": self.service,
            "eventTypeCode": self.type_code,
            "eventTypeCategory": self.category,
            "region": self.region,
            "startTime": _seconds(self.start),
            "endTime": _seconds(self.end),
            "lastUpdatedTime": _seconds(self.updated),
            "statusCode": self.status,
            "eventScopeCode": self.scope,
            "actionability": self.actionability,
            "personas": self.personas,
        }
        return {name: value for name, value in said.items() if value}

    def details(self) -> dict[str, object]:
        """Give the `EventDetails`."""
        metadata = {"eventMetadata": dict(self.metadata)} if self.metadata else {}
        description = {"latestDescription": self.description}
        return {"event": self.summary(), "eventDescription": description, **metadata}

    def affected(self) -> list[dict[str, object]]:
        """Give the list of `AffectedEntity`."""
        return [
            {
                "entityArn": f"arn:aws:health:{self.region}:{ACCOUNT_ID}:entity/{number}",
                "eventArn": self.arn,
                "entityValue": value,
                "awsAccountId": ACCOUNT_ID,
                "lastUpdatedTime": _seconds(self.updated),
                "statusCode": status,
            }
            for number, (value, status) in enumerate(self.entities, start=1)
        ]


def event_arn(region: str, service: str, type_code: str, name: str) -> str:
    """Give an event's ARN as AWS forms it; events of one code differ in the name."""
    return f"arn:aws:health:{region}::event/{service}/{type_code}/{type_code}_{name}"


@dataclass(frozen=True, kw_only=True)
class FakeLifecycleEvent:
    """A dated step in the life of a version of a service."""

    type: str
    date: datetime | None
    regions: tuple[str, ...] = ()
    description: str = ""

    def shown(self) -> dict[str, object]:
        """Give the `LifecycleEvent`."""
        said = {
            "lifecycleEventType": self.type,
            "date": _seconds(self.date),
            "regions": self.regions,
            "description": self.description,
        }
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, kw_only=True)
class FakeServiceLifecycle:
    """A version of a service, with what is to become of it."""

    version: str
    title: str
    recommended: str = ""
    events: tuple[FakeLifecycleEvent, ...] = ()
    service: str = "BEDROCK"

    def shown(self) -> dict[str, object]:
        """Give the `ServiceLifecycle`."""
        said = {
            "service": self.service,
            "version": self.version,
            "title": self.title,
            "recommendedVersion": self.recommended,
            "lifecycleEvents": [event.shown() for event in self.events],
        }
        return {name: value for name, value in said.items() if value}


class FakeHealth(Server):
    """The server. Everything may be set at any time, from any thread."""

    def __init__(self) -> None:
        """Bind a free port; nothing is answered before the context is entered."""
        super().__init__()
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Be as at first: know of nothing, for an account without a support plan."""
        with self._lock:
            self._subscribed = False
            self._events: dict[str, FakeHealthEvent] = {}
            self._lifecycles: tuple[FakeServiceLifecycle, ...] = ()
            self._misbehaviours: dict[str, Misbehaviour] = {}
            self._calls: Counter[str] = Counter()
            self._regions: set[str] = set()

    def subscribe(self) -> None:
        """Give the account a support plan with the Health API."""
        with self._lock:
            self._subscribed = True

    def unsubscribe(self) -> None:
        """Take it away: every call is answered SubscriptionRequiredException."""
        with self._lock:
            self._subscribed = False

    def put_event(self, event: FakeHealthEvent) -> None:
        """Add an event, or replace the one with its ARN."""
        with self._lock:
            self._events[event.arn] = event

    def remove_event(self, arn: str) -> None:
        """Forget an event, as AWS does after 90 days; one that is not there is no error."""
        with self._lock:
            self._events.pop(arn, None)

    def set_service_lifecycles(self, lifecycles: Iterable[FakeServiceLifecycle]) -> None:
        """Replace what is said of the lifecycles of services; at first there is nothing."""
        with self._lock:
            self._lifecycles = tuple(lifecycles)

    def misbehave(self, operation: str, how: Misbehaviour) -> None:
        """Answer every call of an operation like this, until told to behave."""
        if operation not in _OPERATIONS:
            message = f"This fake has no operation {operation!r}"
            raise ValueError(message)
        with self._lock:
            self._misbehaviours[operation] = how

    def behave(self, operation: str) -> None:
        """Answer from the events again."""
        with self._lock:
            self._misbehaviours.pop(operation, None)

    def calls(self, operation: str) -> int:
        """Count the calls that arrived, whatever they were answered."""
        with self._lock:
            return self._calls[operation]

    def all_calls(self) -> dict[str, int]:
        """Count the calls that arrived, by operation."""
        with self._lock:
            return dict(self._calls)

    def forget_calls(self) -> None:
        """Count from zero again."""
        with self._lock:
            self._calls.clear()

    def signing_regions(self) -> frozenset[str]:
        """Name the Regions that the calls were signed for."""
        with self._lock:
            return frozenset(self._regions)

    def answer(self, request: Request) -> Response | None:
        """Answer a request, or give None to drop the connection."""
        scope = credential_scope(request.header("authorization"))
        if scope is None:
            return _UNSIGNED.response()
        target = _TARGET.fullmatch(request.header("x-amz-target"))
        operation = target[1] if target else ""
        with self._lock:
            self._calls[operation] += 1
            self._regions.add(scope.region)
            told = self._misbehaviours.get(operation)
            subscribed = self._subscribed
            events, lifecycles = tuple(self._events.values()), self._lifecycles
        match told:
            case Silence():
                told.wait()
                return None
            case Answer():
                return told.response()
        if operation not in _OPERATIONS:
            return _UNKNOWN_OPERATION.response()
        if not subscribed:
            return NO_SUPPORT_PLAN.response()
        try:
            given = _OPERATIONS[operation](
                _Call(operation, json.loads(request.body), events, lifecycles)
            )
        except _RefusedError as refused:
            return refused.answer.response()
        return Answer(HTTPStatus.OK, json.dumps(given).encode(), content_type=_JSON).response()


@dataclass(frozen=True)
class _Call:
    operation: str
    asked: Mapping[str, Any]
    events: Sequence[FakeHealthEvent]
    lifecycles: Sequence[FakeServiceLifecycle]

    def filter(self, *known: str) -> Mapping[str, Any]:
        """Give the filter, if it has no other entries than these."""
        given: Mapping[str, Any] = self.asked.get("filter") or {}
        if given.keys() - set(known):
            raise _RefusedError(_invalid("This fake does not know such filters"))
        return given

    def paged(self, name: str, entries: Sequence[object], most: int = PAGE) -> dict[str, object]:
        """Give the page that is asked for, under a name, and the token of the next."""
        size = self.asked.get("maxResults", most)
        if not 1 <= size <= most:
            raise _RefusedError(_invalid(f"maxResults must be between 1 and {most}"))
        shown, following = page(entries, self._position(), size)
        token = {"nextToken": _token(self.operation, following)} if following else {}
        return {name: shown, **token}

    def require_english(self) -> None:
        if self.asked.get("locale", "en") != "en":
            raise _RefusedError(_BAD_LOCALE)

    def _position(self) -> str | None:
        token = self.asked.get("nextToken")
        if token is None:
            return None
        try:
            operation, position = base64.urlsafe_b64decode(token).decode().split(":")
        except ValueError:
            raise _RefusedError(_BAD_TOKEN) from None
        if operation != self.operation or not position.isdecimal():
            raise _RefusedError(_BAD_TOKEN)
        return position


class _RefusedError(Exception):
    """A call is answered with an error."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def _events(call: _Call) -> dict[str, object]:
    call.require_english()
    wanted = call.filter("services", "eventArns")
    services, arns = wanted.get("services"), wanted.get("eventArns")
    newest_first = sorted(call.events, key=lambda event: event.updated, reverse=True)
    found = [
        event.summary()
        for event in newest_first
        if (services is None or event.service in services) and (arns is None or event.arn in arns)
    ]
    return call.paged("events", found)


def _details(call: _Call) -> dict[str, object]:
    call.require_english()
    present = {event.arn: event for event in call.events}
    successful: list[object] = []
    failed: list[object] = []
    for arn in _arns(call.asked):
        event = present.get(arn)
        # What AWS calls an event that it does not have is not documented.
        error = event.details_fail if event else "EventNotFound"
        if event and not error:
            successful.append(event.details())
        else:
            failed.append({"eventArn": arn, "errorName": error, "errorMessage": "Not available."})
    return {"successfulSet": successful, "failedSet": failed}


def _entities(call: _Call) -> dict[str, object]:
    call.require_english()
    arns = _arns(call.filter("eventArns"))
    wanted = [event for event in call.events if event.arn in arns]
    for event in wanted:
        if event.entities_fail:
            raise _RefusedError(refusal(400, event.entities_fail, "Not available."))
    return call.paged("entities", [entity for event in wanted for entity in event.affected()])


def _service_lifecycles(call: _Call) -> dict[str, object]:
    service = call.filter("service").get("service")
    found = [one.shown() for one in call.lifecycles if service in {None, one.service}]
    return call.paged("serviceLifecycles", found, _LIFECYCLES_PER_PAGE)


_Operation: TypeAlias = Callable[[_Call], dict[str, object]]
_OPERATIONS: Final[Mapping[str, _Operation]] = {
    EVENTS: _events,
    DETAILS: _details,
    ENTITIES: _entities,
    LIFECYCLES: _service_lifecycles,
}


def _arns(asked: Mapping[str, Any]) -> Sequence[str]:
    """Give the ARNs of a call that must name one to ten; one that is not as it should spoils it."""
    arns: list[str] = asked.get("eventArns", [])
    if not 1 <= len(arns) <= _ARNS_PER_CALL:
        raise _RefusedError(_invalid("Between 1 and 10 eventArns must be given"))
    if not all(map(_ARN.fullmatch, arns)):
        raise _RefusedError(_invalid("An eventArn does not have the form of one"))
    return arns


def _invalid(message: str) -> Answer:
    return refusal(400, "ValidationException", message)


def _token(operation: str, position: str) -> str:
    return base64.urlsafe_b64encode(f"{operation}:{position}".encode()).decode()


def _seconds(moment: datetime | None) -> float | None:
    return moment.astimezone(UTC).timestamp() if moment else None
