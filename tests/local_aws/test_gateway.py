"""The proxy in front of the emulator: what passes through it, what it records, how it fails."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Final, cast

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from local_aws import gateway as faults
from local_aws.gateway import CannedAnswer, Gateway, Publish, Refusal
from local_aws.loopback import LoopbackServer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient

TOPIC: Final = "arn:aws:sns:us-east-1:123456789012:alerts"
ACCEPTED: Final = (
    b"<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>"
)


class Upstream:
    """Stands for the emulator: accepts everything and remembers the headers."""

    def __init__(self) -> None:
        """Begin with no requests."""
        self.requests: list[dict[str, str]] = []
        self.lock = threading.Lock()


class UpstreamHandler(BaseHTTPRequestHandler):
    """Answers for it."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Accept."""
        upstream = cast("Upstream", cast("LoopbackServer", self.server).context)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with upstream.lock:
            upstream.requests.append(dict(self.headers) | {"body": body.decode()})
        answer = b"{}" if "X-Amz-Target" in self.headers else ACCEPTED
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def gateway(upstream: Upstream) -> Iterator[Gateway]:
    server = LoopbackServer(UpstreamHandler)
    server.context = upstream
    server.start()
    with Gateway() as running:
        running.forward_to(server.endpoint_url)
        yield running
    server.stop()


def client(service: str, gateway: Gateway, attempts: int = 1, region: str = "us-east-1") -> Any:  # noqa: ANN401 whichever client
    return boto3.client(  # type: ignore[call-overload]
        service,
        region_name=region,
        endpoint_url=gateway.endpoint_url,
        config=Config(read_timeout=5, retries={"total_max_attempts": attempts}),
    )


@pytest.fixture
def sns(gateway: Gateway) -> "SNSClient":
    return cast("SNSClient", client("sns", gateway))


@pytest.fixture
def dynamodb(gateway: Gateway) -> "DynamoDBClient":
    return cast("DynamoDBClient", client("dynamodb", gateway))


def publish(sns: "SNSClient") -> None:
    sns.publish(
        TopicArn=TOPIC,
        Subject="Soon & sure",
        MessageStructure="json",
        Message=json.dumps({"default": '{"kind": "TEST"}', "email": "Good morning,\nü"}),
        MessageAttributes={
            "kind": {"DataType": "String", "StringValue": "TEST"},
            "provider": {"DataType": "String.Array", "StringValue": '["Example"]'},
        },
    )


def test_upstream_sees_a_secure_connection_and_the_signed_host(
    gateway: Gateway, sns: "SNSClient", upstream: Upstream
) -> None:
    publish(sns)

    (request,) = upstream.requests
    assert request["X-Forwarded-Proto"] == "https"
    assert request["Host"] == gateway.endpoint_url.removeprefix("http://")


def test_a_publish_is_recorded_as_each_protocol_gets_it(gateway: Gateway, sns: "SNSClient") -> None:
    publish(sns)

    (recorded,) = gateway.publishes()
    assert recorded == Publish(
        topic_arn=TOPIC,
        subject="Soon & sure",
        messages={"default": '{"kind": "TEST"}', "email": "Good morning,\nü"},
        attributes={"kind": "TEST", "provider": '["Example"]'},
        accepted=True,
    )
    assert recorded.message_for("email") == "Good morning,\nü"
    assert recorded.message_for("sqs") == '{"kind": "TEST"}'


def test_a_failure_is_retried_by_botocore_because_it_is_xml(
    gateway: Gateway, upstream: Upstream
) -> None:
    gateway.inject("sns", "Publish", faults.INTERNAL_FAILURE)

    publish(client("sns", gateway, attempts=2))

    assert [recorded.accepted for recorded in gateway.publishes()] == [False, True]
    assert len(upstream.requests) == 1


def test_it_fails_as_often_as_told(gateway: Gateway, sns: "SNSClient") -> None:
    gateway.inject("sns", "Publish", faults.INTERNAL_FAILURE, times=2)

    for _ in range(2):
        with pytest.raises(ClientError, match="InternalFailure"):
            publish(sns)
    publish(sns)


def test_a_refusal_has_the_named_code(gateway: Gateway, sns: "SNSClient") -> None:
    gateway.inject("sns", "Publish", Refusal(403, "AuthorizationError", "No <entry>"))

    with pytest.raises(ClientError, match="No <entry>") as refused:
        publish(sns)

    assert refused.value.response["Error"]["Code"] == "AuthorizationError"


def test_a_refusal_of_a_json_service_has_the_named_code(
    gateway: Gateway, dynamodb: "DynamoDBClient"
) -> None:
    gateway.inject("dynamodb", "GetItem", Refusal(400, "ProvisionedThroughputExceededException"))

    with pytest.raises(dynamodb.exceptions.ProvisionedThroughputExceededException):
        dynamodb.get_item(TableName="models", Key={"model_id": {"S": "a"}})


def test_a_dropped_call_never_reaches_the_service(
    gateway: Gateway, sns: "SNSClient", upstream: Upstream
) -> None:
    gateway.inject("sns", "Publish", faults.DROPPED)

    with pytest.raises(ConnectionClosedError):
        publish(sns)

    assert upstream.requests == []
    assert [recorded.accepted for recorded in gateway.publishes()] == [False]


def test_a_lost_response_was_accepted_all_the_same(
    gateway: Gateway, sns: "SNSClient", upstream: Upstream
) -> None:
    gateway.inject("sns", "Publish", faults.RESPONSE_LOST)

    with pytest.raises(ConnectionClosedError):
        publish(sns)

    assert len(upstream.requests) == 1
    assert [recorded.accepted for recorded in gateway.publishes()] == [True]


def test_an_outage_ends_with_its_context_and_spares_other_services(
    gateway: Gateway, sns: "SNSClient", dynamodb: "DynamoDBClient"
) -> None:
    with gateway.outage("sns"):
        for _ in range(3):
            with pytest.raises(ClientError, match="ServiceUnavailable"):
                publish(sns)
        dynamodb.get_item(TableName="models", Key={"model_id": {"S": "a"}})
    publish(sns)

    assert gateway.calls("sns", "Publish") == 4
    assert gateway.calls("dynamodb", "GetItem") == 1


def test_a_fault_can_be_narrowed_to_what_a_request_contains(
    gateway: Gateway, dynamodb: "DynamoDBClient"
) -> None:
    gateway.inject("dynamodb", faults.ANY, faults.DROPPED, times=None, containing=b'"alerts"')

    dynamodb.get_item(TableName="models", Key={"model_id": {"S": "a"}})
    with pytest.raises(ConnectionClosedError):
        dynamodb.get_item(TableName="alerts", Key={"alert_id": {"S": "a"}})
    gateway.clear()
    dynamodb.get_item(TableName="alerts", Key={"alert_id": {"S": "a"}})


def test_a_fault_can_be_narrowed_to_a_region(gateway: Gateway) -> None:
    east, west = (client("sns", gateway, region=region) for region in ("us-east-1", "us-west-2"))
    gateway.inject("sns", "Publish", faults.INTERNAL_FAILURE, region="us-west-2")

    publish(east)
    with pytest.raises(ClientError, match="InternalFailure"):
        publish(west)
    publish(west)

    assert gateway.calls("sns", "Publish") == 3
    assert gateway.calls("sns", "Publish", region="us-west-2") == 2


def test_an_outage_can_be_narrowed_to_a_region(gateway: Gateway) -> None:
    east, west = (client("sns", gateway, region=region) for region in ("us-east-1", "us-west-2"))

    with gateway.outage("sns", region="us-west-2"):
        publish(east)
        with pytest.raises(ClientError, match="ServiceUnavailable"):
            publish(west)
    publish(west)


def test_an_action_may_be_a_pattern(gateway: Gateway) -> None:
    bedrock = client("bedrock", gateway)
    gateway.inject("bedrock", "* /custom-models/*", faults.UNAVAILABLE, times=None)

    for name in ("one", "two"):
        with pytest.raises(ClientError, match="ServiceUnavailable"):
            bedrock.get_custom_model(modelIdentifier=name)

    assert gateway.calls("bedrock", "GET /custom-models/*") == 2
    assert gateway.calls("bedrock", "GET /custom-models") == 0


def test_an_answer_can_be_put_into_a_services_mouth(gateway: Gateway, sns: "SNSClient") -> None:
    pending = (
        b"<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes><entry>"
        b"<key>SubscriptionsPending</key><value>1</value>"
        b"</entry></Attributes></GetTopicAttributesResult></GetTopicAttributesResponse>"
    )
    gateway.inject("sns", "GetTopicAttributes", CannedAnswer(pending))

    attributes = sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]

    assert attributes == {"SubscriptionsPending": "1"}
