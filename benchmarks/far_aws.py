"""An AWS on this machine that is as far away as one says, and counts what is asked of it.

Bedrock and AWS Health answer from fakes, DynamoDB is AWS's own DynamoDB Local, the rest is the
emulator's. What travels is counted where it arrives, so nothing of the product is changed for it.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from local_aws.dynamodb_local import DynamoDBLocal
from local_aws.emulator import ACCOUNT_ID, ADMINISTRATOR, Emulator, administrator_client
from local_aws.fake_bedrock import FakeBedrock, FoundationModel, raw
from local_aws.fake_health import FakeHealth
from local_aws.fake_service_quotas import FakeServiceQuotas
from local_aws.forwarding import Request, Response, Server, forward
from local_aws.gateway import CannedAnswer, Gateway
from local_aws.tables import create_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REGION = "us-east-1"
_READS = {"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"}
# What is listed of an account that has nothing of it.
_EMPTY = {
    "ListCustomModels": "modelSummaries",
    "ListCustomModelDeployments": "modelDeploymentSummaries",
    "ListInferenceProfiles": "inferenceProfileSummaries",
    "ListModelInvocationJobs": "invocationJobSummaries",
    "ListPromptRouters": "promptRouterSummaries",
    "ListProvisionedModelThroughputs": "provisionedModelSummaries",
}
_EMPTY_OF_AGENTS = {
    "POST /agents/": "agentSummaries",
    "POST /knowledgebases/": "knowledgeBaseSummaries",
    "GET /flows/": "flowSummaries",
    "GET /prompts/": "promptSummaries",
}


@dataclass
class Counted:
    """What one invocation asked: calls by operation, bytes of bodies, DynamoDB's units.

    Of the items written, `row_writes` are rows of models, `other_writes` all else.
    """

    calls: dict[str, int] = field(default_factory=dict)
    bytes_sent: int = 0
    bytes_received: int = 0
    read_units: float = 0.0
    write_units: float = 0.0
    row_writes: int = 0
    other_writes: int = 0

    @property
    def total_calls(self) -> int:
        """All calls together."""
        return sum(self.calls.values())


class MeteredDynamoDB(Server):
    """The way to DynamoDB Local, which asks it on the way what each call consumes.

    It is counted afterwards: a poll that had to wait for the counting would be slower than it is.
    """

    def __init__(self, upstream: str) -> None:
        """Take DynamoDB Local's endpoint."""
        super().__init__()
        self._upstream = upstream
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Count from zero again."""
        with self._lock:
            self._passed: list[tuple[str, dict[str, Any], bytes]] = []

    def answer(self, request: Request) -> Response | None:
        """Pass it on, with the wish to be told what it consumed."""
        action = request.header("x-amz-target").rpartition(".")[2]
        body = json.loads(request.body) | {"ReturnConsumedCapacity": "TOTAL"}
        headers = tuple(
            (name, value) for name, value in request.headers if name.lower() != "content-length"
        )
        asked = Request(
            method=request.method,
            path=request.path,
            headers=headers,
            body=json.dumps(body).encode(),
        )
        response = forward(asked, self._upstream)
        if response is not None:
            with self._lock:
                self._passed.append((action, body, response.body))
        return response

    def counted(self) -> Counted:
        """Count what was passed on since; bytes are counted where all servers count them."""
        found = Counted()
        calls: Counter[str] = Counter()
        for action, asked, answered in self._passed:
            calls[f"dynamodb {action}"] += 1
            units = _units(json.loads(answered or b"{}"))
            subjects = list(_written(action, asked))
            rows = sum(_is_row(subject) for subject in subjects)
            if action in _READS:
                found.read_units += units
            else:
                # In a transaction each item costs twice what it costs alone:
                # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
                # DynamoDB Local says less.
                least = 2 * len(subjects) if action.startswith("Transact") else 0
                found.write_units += max(units, least)
            found.row_writes += rows
            found.other_writes += len(subjects) - rows
        found.calls = dict(calls)
        return found


def _units(answer: Mapping[str, Any]) -> float:
    consumed = answer.get("ConsumedCapacity", [])
    parts = consumed if isinstance(consumed, list) else [consumed]
    return float(sum(one["CapacityUnits"] for one in parts))


def _written(action: str, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the keys, or the items, that a call writes."""
    match action:
        case "PutItem":
            yield asked["Item"]
        case "UpdateItem" | "DeleteItem":
            yield asked["Key"]
        case "TransactWriteItems":
            for one in asked["TransactItems"]:
                for change in one.values():
                    yield change.get("Item") or change["Key"]
        case "BatchWriteItem":
            for requests in asked["RequestItems"].values():
                for one in requests:
                    for change in one.values():
                        yield change.get("Item") or change["Key"]


def _is_row(item: Mapping[str, Any]) -> bool:
    return "model_id" in item and not item["model_id"]["S"].startswith("#")


class FarAws:
    """One account. `bedrock`, `health` and `gateway` set the scene."""

    def __init__(  # noqa: PLR0913 (its parts, each given by name)
        self,
        *,
        bedrock: FakeBedrock,
        health: FakeHealth,
        quotas: FakeServiceQuotas,
        gateway: Gateway,
        dynamodb: MeteredDynamoDB,
        template: Mapping[str, Any],
        endpoints: Mapping[str, str],
    ) -> None:
        """Make the topic that people listen to."""
        self.bedrock = bedrock
        self.health = health
        self.gateway = gateway
        self.dynamodb = dynamodb
        self._quotas = quotas
        self._template = template
        self._endpoints = endpoints
        self._accounts = 0
        self._tables: dict[str, str] = {}
        self._topic = self._make_topic()

    def new_account(self) -> None:
        """Begin with empty tables."""
        self._accounts += 1
        client = administrator_client("dynamodb", self.dynamodb.endpoint_url, region=REGION)
        for name in self._tables.values():
            client.delete_table(TableName=name)
        self._tables = create_tables(client, self._template, prefix=f"n{self._accounts}-")

    def set_latency(self, seconds: float) -> None:
        """Put the Regions, and all but our own tables, as far away as this for each call."""
        self.bedrock.latency_seconds = self.gateway.latency_seconds = seconds
        self.health.latency_seconds = self._quotas.latency_seconds = seconds

    def set_catalog(self, regions: list[str], models: list[FoundationModel]) -> None:
        """Let these Regions list these models, and no other be enabled."""
        for region in regions:
            self.bedrock.set_catalog(region, models)
            for operation, name in _EMPTY.items():
                nothing = raw(json.dumps({name: []}).encode())
                self.bedrock.misbehave(region, nothing, operation=operation)
        listed = {"Regions": [{"RegionName": one, "RegionOptStatus": "ENABLED"} for one in regions]}
        answer = CannedAnswer(json.dumps(listed).encode(), "application/json")
        self.gateway.clear()
        self.gateway.inject("account", "*", answer, times=None)
        for path, name in _EMPTY_OF_AGENTS.items():
            empty = CannedAnswer(json.dumps({name: []}).encode(), "application/json")
            self.gateway.inject("bedrock", path, empty, times=None)

    def environment(self, settings: Mapping[str, object]) -> dict[str, str]:
        """Give what a function is told here."""
        return {
            **ADMINISTRATOR,
            **self._endpoints,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "MODELS_TABLE": self._tables["ModelsTableName"],
            "ALERTS_TABLE": self._tables["AlertsTableName"],
            "ALERTS_TOPIC_ARN": self._topic,
            "EVENT_BUS": "default",
            "SETTINGS": json.dumps(settings),
            "POWERTOOLS_SERVICE_NAME": "poll",
            "POWERTOOLS_METRICS_NAMESPACE": "BedrockLifecycleNotifier",
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }

    def forget(self) -> None:
        """Count from zero again."""
        self.bedrock.forget_calls()
        self.health.forget_calls()
        self.gateway.forget()
        self.dynamodb.forget()
        for server in self._servers:
            server.forget_traffic()

    def counted(self) -> Counted:
        """Give what was asked since."""
        of_tables = self.dynamodb.counted()
        calls: Counter[str] = Counter(of_tables.calls)
        for (operation, _), count in self.bedrock.all_calls().items():
            calls[f"bedrock {operation}"] += count
        for operation, count in self.health.all_calls().items():
            calls[f"health {operation}"] += count
        for (service, action), count in self.gateway.all_calls().items():
            calls[f"{service} {action}"] += count
        return replace(
            of_tables,
            calls=dict(sorted(calls.items())),
            bytes_sent=sum(server.bytes_in for server in self._servers),
            bytes_received=sum(server.bytes_out for server in self._servers),
        )

    @property
    def _servers(self) -> tuple[Server, ...]:
        return (self.bedrock, self.health, self._quotas, self.gateway, self.dynamodb)

    def _make_topic(self) -> str:
        sns = administrator_client("sns", self.gateway.endpoint_url, region=REGION)
        topic: str = sns.create_topic(Name="alerts")["TopicArn"]
        queue = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:listener"
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
        return topic


@contextmanager
def far_aws(template: Mapping[str, Any]) -> Iterator[FarAws]:
    """Start it all; the tables are those of a synthesised stack."""
    with ExitStack() as stack:
        bedrock = stack.enter_context(FakeBedrock())
        quotas = stack.enter_context(FakeServiceQuotas())
        health = stack.enter_context(FakeHealth())
        gateway = stack.enter_context(Gateway())
        emulator = stack.enter_context(Emulator(enforce_iam=False))
        gateway.forward_to(emulator.endpoint_url)
        local = stack.enter_context(DynamoDBLocal())
        dynamodb = stack.enter_context(MeteredDynamoDB(local.endpoint_url))
        yield FarAws(
            bedrock=bedrock,
            health=health,
            quotas=quotas,
            gateway=gateway,
            dynamodb=dynamodb,
            template=template,
            endpoints={
                "AWS_ENDPOINT_URL": gateway.endpoint_url,
                "AWS_ENDPOINT_URL_BEDROCK": bedrock.endpoint_url,
                "AWS_ENDPOINT_URL_SERVICE_QUOTAS": quotas.endpoint_url,
                "AWS_ENDPOINT_URL_HEALTH": health.endpoint_url,
                "AWS_ENDPOINT_URL_DYNAMODB": dynamodb.endpoint_url,
            },
        )
