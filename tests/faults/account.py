"""An account in which everything is asked and told, and the real functions that run in it.

The entry points are those that Lambda calls, with the clients that they make for themselves.
DynamoDB is AWS's own; the rest of AWS answers in this process.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from email.message import Message
from enum import Enum
from http import HTTPStatus
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from local_aws.fake_bedrock import refusal
from local_aws.forwarding import Response
from local_aws.gateway import publish_in
from notifier import health, poll
from notifier.times import iso_time
from tests.faults.wire import ProcessKilledError, Sent, Strike, Wire
from tests.sources.scripted_aws import Raw, ScriptedAws, asked_in, paged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from local_aws.fake_bedrock import FakeBedrock, FoundationModel
    from local_aws.fake_health import FakeHealth, FakeHealthEvent

ACCOUNT_ID: Final = "123456789012"
EAST, WEST, EUROPE = "us-east-1", "us-west-2", "eu-west-1"
ALERTS_TOPIC: Final = f"arn:aws:sns:{EAST}:{ACCOUNT_ID}:alerts"
CHAT_TOPIC: Final = f"arn:aws:sns:{EAST}:{ACCOUNT_ID}:chat"
THROTTLED: Final = refusal(HTTPStatus.TOO_MANY_REQUESTS, "ThrottlingException", "Too many requests")
SNS, CHAT, BUS = "sns", "chat", "eventbridge"
CALLS_A_DAY: Final = 100

MODELS, ALERTS = "models", "alerts"

_KEYS: Final = {MODELS: ("model_id", "region"), ALERTS: ("alert_id",)}
_FUNCTION: Final = f"arn:aws:lambda:{EAST}:{ACCOUNT_ID}:function:notifier"
# Lambda tries an asynchronous invocation three times, and SQS delivers a message three times.
_ATTEMPTS: Final = 3
_LONG_AGO: Final = "2020-01-01T00:00:00Z"
_CLAIMS: Final = ("lease_until", "claimed_until")
_OF_BEDROCK: Final = {
    "bedrock:ListFoundationModels",
    "bedrock:GetFoundationModel",
}
_XML: Final = (("Content-Type", "text/xml"),)
_JSON: Final = (("Content-Type", "application/json"),)

Items = dict[str, dict[tuple[str, ...], dict[str, Any]]]


@dataclass(frozen=True)
class Heard:
    """One message that a channel accepted. `identity` tells it from any other that differs."""

    channel: str
    identity: str
    document: Mapping[str, Any]


class Function(Enum):
    """What an event is for. Polls come again by themselves; nothing repeats the others."""

    POLL = "poll"
    DIGEST = "digest"
    HEALTH = "health"


@dataclass(frozen=True)
class Scene:
    """What AWS has to say at a time, and the event that invokes a function then."""

    at: datetime
    catalogs: Mapping[str, Sequence[FoundationModel] | None]
    """None for a Region that gives no answer."""
    event: Mapping[str, Any]
    invokes: Function
    invoked: frozenset[str] = frozenset()
    health: tuple[FakeHealthEvent, ...] = ()


class Account:
    """The functions' surroundings, and what came out of them: what each channel `heard`."""

    def __init__(
        self,
        bedrock: FakeBedrock,
        aws_health: FakeHealth,
        others: ScriptedAws,
        dynamodb: DynamoDBClient,
        tables: Mapping[str, str],
    ) -> None:
        """Take what answers in AWS's place, and the tables."""
        self._bedrock = bedrock
        self._health = aws_health
        self._others = others
        self._dynamodb = dynamodb
        self.tables = {MODELS: tables["ModelsTableName"], ALERTS: tables["AlertsTableName"]}
        self._known_to_health: set[str] = set()
        self.heard: list[Heard] = []
        self.last_error: Exception | None = None
        self.wire = Wire(self._answer)
        self._regions = [{"RegionName": one} for one in (EAST, WEST, EUROPE)]
        aws_health.subscribe()

    def set(self, scene: Scene) -> None:
        """Let AWS say what it says in this scene."""
        for region, models in scene.catalogs.items():
            self._bedrock.behave(region)
            if models is None:
                self._bedrock.misbehave(region, THROTTLED)
            else:
                self._bedrock.set_catalog(region, models)
        self._bedrock.set_time(scene.at)
        for event in scene.health:
            self._health.put_event(event)
        for arn in self._known_to_health - {event.arn for event in scene.health}:
            self._health.remove_event(arn)
        self._known_to_health = {event.arn for event in scene.health}
        metrics = self._others.metrics
        metrics.points.clear()
        for model_id in scene.invoked:
            day_before = scene.at - timedelta(days=1)
            metrics.count("Invocations", day_before, CALLS_A_DAY, ModelId=model_id)
        # As listed at the time of the scene: what is left to itself goes by today's date.
        self._others.on("ListMetrics", paged("Metrics", _metrics(scene.invoked), 500, "NextToken"))

    def invoke(self, scene: Scene, strike: Strike | None = None) -> int:
        """Invoke a function as often as AWS would; give the attempts it took, or 0 for none.

        What goes wrong for good does so in each attempt; what goes wrong once, in the first.
        """
        request_id = str(uuid4())
        for attempt in range(1, _ATTEMPTS + 1):
            strikes = strike if attempt == 1 or (strike and strike.for_good) else None
            if self._run(scene, request_id, strikes):
                return attempt
        return 0

    def _run(self, scene: Scene, request_id: str, strike: Strike | None) -> bool:
        context: Any = SimpleNamespace(
            function_name="notifier",
            memory_limit_in_mb=512,
            invoked_function_arn=_FUNCTION,
            aws_request_id=request_id,
            get_remaining_time_in_millis=lambda: 120_000,
        )
        try:
            with self.wire.process(strike):
                if scene.invokes is Function.HEALTH:
                    return not health.handler(dict(scene.event), context)["batchItemFailures"]
                poll.handler(scene.event, context)
                return True
        except ProcessKilledError:
            # Nobody comes before the dead one's claims have expired.
            self.expire_claims()
            return False
        except Exception as error:  # noqa: BLE001 what makes Lambda try again, whatever it is
            self.last_error = error
            return False

    # The tables

    def items(self) -> Items:
        """Read both tables."""
        scan = self._dynamodb.get_paginator("scan").paginate
        return {
            table: {
                tuple(item[part]["S"] for part in _KEYS[table]): item
                for page in scan(TableName=name)
                for item in page["Items"]
            }
            for table, name in self.tables.items()
        }

    def restore(self, items: Items) -> None:
        """Make both tables what they were."""
        for table, before in self.items().items():
            wanted = items[table]
            puts = [one for key, one in wanted.items() if before.get(key) != one]
            requests: list[Any] = [{"PutRequest": {"Item": one}} for one in puts]
            for gone in before.keys() - wanted.keys():
                key = dict(zip(_KEYS[table], ({"S": part} for part in gone), strict=True))
                requests.append({"DeleteRequest": {"Key": key}})
            for first in range(0, len(requests), 25):
                chunk = requests[first : first + 25]
                self._dynamodb.batch_write_item(RequestItems={self.tables[table]: chunk})

    def expire_claims(self) -> None:
        """Do what time does to the claims of whoever can no longer give them back."""
        items = self.items()
        for table in items.values():
            for key, item in table.items():
                past = {name: {"S": _LONG_AGO} for name in _CLAIMS if name in item}
                table[key] = item | past
        self.restore(items)

    # AWS

    def _answer(self, sent: Sent) -> Response | None:
        action, request = sent.place.action, sent.request
        if action.startswith("dynamodb:"):
            return None
        if action.startswith("health:"):
            return self._health.answer(request)
        if action in _OF_BEDROCK:
            return self._bedrock.answer(request)
        match action:
            case "sns:Publish":
                return self._accept_publish(request.body)
            case "sns:GetTopicAttributes":
                return _xml("GetTopicAttributes", _attributes(confirmed=1))
            case "events:PutEvents":
                return self._accept_event(request.body)
            case "account:ListRegions":
                return Response(200, _JSON, json.dumps({"Regions": self._regions}).encode())
        headers = Message()
        for name, value in request.headers:
            headers[name] = value
        raw = self._others.answer(asked_in(request.method, request.path, headers, request.body))
        if raw is None:
            raise AssertionError(action)
        return _as_response(raw)

    def _accept_publish(self, body: bytes) -> Response:
        publish = publish_in(body, accepted=True)
        if publish.topic_arn == ALERTS_TOPIC:
            document = json.loads(publish.messages["default"])
            self.heard.append(Heard(SNS, document["alert_id"], document))
        else:
            text = publish.messages["default"]
            document = json.loads(text)
            self.heard.append(Heard(CHAT, document["id"], document))
        return _xml("Publish", f"<MessageId>{uuid4()}</MessageId>")

    def _accept_event(self, body: bytes) -> Response:
        (entry,) = json.loads(body)["Entries"]
        document = json.loads(entry["Detail"])
        self.heard.append(Heard(BUS, document["alert_id"], document))
        answer = {"FailedEntryCount": 0, "Entries": [{"EventId": str(uuid4())}]}
        return Response(200, _JSON, json.dumps(answer).encode())


def environment(tables: Mapping[str, str], dynamodb_url: str) -> dict[str, str]:
    """Give what the stack tells its functions, and where DynamoDB is."""
    return {
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb_url,
        "AWS_REGION": EAST,
        "MODELS_TABLE": tables["ModelsTableName"],
        "ALERTS_TABLE": tables["AlertsTableName"],
        "ALERTS_TOPIC_ARN": ALERTS_TOPIC,
        "CHAT_TOPIC_ARN": CHAT_TOPIC,
        "EVENT_BUS": "default",
        "SETTINGS": "{}",
        "POWERTOOLS_METRICS_NAMESPACE": "notifier",
        "POWERTOOLS_SERVICE_NAME": "notifier",
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    }


def poll_event(at: datetime) -> dict[str, str]:
    """Give what the schedule sends."""
    return {"time": iso_time(at)}


def repeated(heard: Iterable[Heard]) -> dict[tuple[str, str], int]:
    """Count what a channel accepted more than once."""
    counts = Counter((one.channel, one.identity) for one in heard)
    return {name: count for name, count in counts.items() if count > 1}


def _metrics(invoked: Iterable[str]) -> list[Any]:
    return [
        {
            "Namespace": "AWS/Bedrock",
            "MetricName": "Invocations",
            "Dimensions": [{"Name": "ModelId", "Value": one}],
        }
        for one in sorted(invoked)
    ]


def _attributes(*, confirmed: int) -> str:
    return (
        "<Attributes><entry><key>SubscriptionsConfirmed</key>"
        f"<value>{confirmed}</value></entry></Attributes>"
    )


def _xml(operation: str, result: str) -> Response:
    body = (
        f'<{operation}Response xmlns="http://sns.amazonaws.com/doc/2010-03-31/">'
        f"<{operation}Result>{result}</{operation}Result></{operation}Response>"
    )
    return Response(200, _XML, body.encode())


def _as_response(raw: Raw) -> Response:
    errors = (("x-amzn-ErrorType", raw.error_type),) if raw.error_type else ()
    return Response(raw.status, (("Content-Type", raw.content_type), *errors), raw.body)
