"""The whole product deployed on this machine: Bedrock, the emulator, the stack and a subscriber.

It knows how to let time pass and how to look, and nothing about what ought to be seen.
"""

import base64
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config

from infra.deploy import deploy
from local_aws.account_use import AccountUse
from local_aws.emulator import ACCOUNT_ID, ADMINISTRATOR, Emulator, administrator_client
from local_aws.fake_bedrock import FakeBedrock
from local_aws.fake_health import FakeHealth
from local_aws.fake_service_quotas import FakeServiceQuotas
from local_aws.gateway import UNAVAILABLE, Fault, Gateway
from local_aws.health_deliveries import sqs_record

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

REGION: Final = "us-east-1"

SCHEDULED_TIME: Final = "<aws.scheduler.scheduled-time>"
"""What EventBridge Scheduler replaces in a schedule's input. The emulator does not."""

_INVOCATION_SECONDS: Final = 170
_MOST_NOTIFICATIONS: Final = 1000


@dataclass(frozen=True)
class PollAnswer:
    """What the deployed function answered."""

    status: int
    function_error: str | None
    payload: Any
    log_tail: str


@dataclass(frozen=True)
class Notification:
    """A message as an SQS subscriber of the alerts topic receives it, or one of the chat topic.

    The latter has a custom notification for a document, no attributes and no subject.
    """

    document: dict[str, Any]
    attributes: dict[str, str]
    subject: str


@dataclass(frozen=True)
class Email:
    """A message as an e-mail subscriber of the alerts topic would receive it."""

    subject: str
    text: str


class LocalCloud:
    """A deployed stack. `outputs` are the stack's, `account` is whoever else works there.

    `bedrock`, `quotas`, `health` and `gateway` are for setting the scene, and for mischief.
    """

    def __init__(  # noqa: PLR0913 (its parts, each given by name)
        self,
        *,
        bedrock: FakeBedrock,
        quotas: FakeServiceQuotas,
        health: FakeHealth,
        gateway: Gateway,
        emulator: Emulator,
        outputs: Mapping[str, str],
    ) -> None:
        """Subscribe a queue to the alerts topic, and take the schedules over."""
        self.bedrock = bedrock
        self.quotas = quotas
        self.health = health
        self.gateway = gateway
        self.emulator = emulator
        self.outputs = outputs
        self.account = AccountUse(lambda service, region: self.client(service, region=region))
        self._queue_url = self.subscribe_queue("AlertsTopicArn")
        self._targets = self._take_over_schedules()

    def client(self, service: str, *, region: str = REGION, attempts: int = 3) -> Any:  # noqa: ANN401 whichever client
        """Give an administrator's client of any service."""
        return administrator_client(
            service,
            self.gateway.endpoint_url,
            region=region,
            config=Config(
                connect_timeout=5,
                read_timeout=_INVOCATION_SECONDS,
                retries={"total_max_attempts": attempts},
            ),
        )

    def poll(self, at: datetime | str) -> PollAnswer:
        """Invoke what the schedule of polls invokes, with what it would send at that time."""
        if isinstance(at, datetime):
            self.bedrock.set_time(at)
        return self._on_schedule("time", at)

    def digest(self, at: datetime | str) -> PollAnswer:
        """Invoke what the schedule of digests invokes, with what it would send at that time."""
        return self._on_schedule("digest", at)

    def _on_schedule(self, name: str, at: datetime | str) -> PollAnswer:
        scheduled = at if isinstance(at, str) else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        target = self._targets[name]
        return self.invoke(target["Arn"], target["Input"].replace(SCHEDULED_TIME, scheduled))

    def push_health(self, deliveries: Sequence[Mapping[str, Any]], at: datetime) -> PollAnswer:
        """Invoke the health function with events of AWS Health that were sent at that time.

        They must match the deployed rule. The emulator accepts none from an `aws.*` source, and
        its queue knows no time but the wall clock's.
        """
        for delivery in deliveries:
            if not self.is_routed(delivery):
                message = f"The deployed rule does not match {delivery}"
                raise LookupError(message)
        messages = {"Records": [sqs_record(delivery, at) for delivery in deliveries]}
        return self.invoke(self.outputs["HealthFunctionName"], json.dumps(messages))

    def queue_health(self, bodies: Iterable[str]) -> None:
        """Put messages into the queue that the deployed rule sends to; Lambda takes them there."""
        sqs = self.client("sqs")
        for body in bodies:
            sqs.send_message(QueueUrl=self.health_queue_url, MessageBody=body)

    def is_routed(self, delivery: Mapping[str, Any]) -> bool:
        """Say whether the deployed rule matches an event."""
        answer = self.client("events").test_event_pattern(
            EventPattern=self._health_rule["EventPattern"], Event=json.dumps(delivery)
        )
        return bool(answer["Result"])

    @property
    def health_queue_url(self) -> str:
        """The queue that the deployed rule sends to."""
        events, sqs = self.client("events"), self.client("sqs")
        (target,) = events.list_targets_by_rule(Rule=self._health_rule["Name"])["Targets"]
        return str(sqs.get_queue_url(QueueName=target["Arn"].rpartition(":")[2])["QueueUrl"])

    @property
    def _health_rule(self) -> dict[str, Any]:
        rules = self.client("events").list_rules()["Rules"]
        (rule,) = [one for one in rules if "aws.health" in one.get("EventPattern", "")]
        return dict(rule)

    def invoke(self, function: str, payload: str) -> PollAnswer:
        """Invoke a function once and wait for its answer."""
        # Once: a second attempt would be a second invocation.
        answer = self.client("lambda", attempts=1).invoke(
            FunctionName=function,
            LogType="Tail",
            Payload=payload.encode(),
        )
        body = answer["Payload"].read()
        return PollAnswer(
            status=answer["StatusCode"],
            function_error=answer.get("FunctionError"),
            payload=json.loads(body) if body else None,
            log_tail=base64.b64decode(answer.get("LogResult", "")).decode(errors="replace"),
        )

    def notifications(self) -> list[Notification]:
        """Take everything that has arrived at the subscribed queue, in order of arrival."""
        return self.taken_from(self._queue_url)

    def subscribe_queue(
        self, topic: str, filter_policy: Mapping[str, Sequence[object]] | None = None
    ) -> str:
        """Subscribe another queue to the topic that a stack output names; give its URL."""
        return _subscribed_queue(
            self.client("sqs"), self.client("sns"), self.outputs[topic], filter_policy
        )

    def taken_from(self, queue_url: str) -> list[Notification]:
        """Take everything that has arrived at a queue, in order of arrival."""
        sqs = self.client("sqs")
        taken: list[Notification] = []
        while len(taken) < _MOST_NOTIFICATIONS and (messages := _receive(sqs, queue_url)):
            taken.extend(_notification(message) for message in messages)
        return taken

    def subscriptions(self, topic: str) -> list[dict[str, str]]:
        """Give the attributes of every subscription to the topic that a stack output names."""
        sns = self.client("sns")
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(
            TopicArn=self.outputs[topic]
        )
        return [
            {
                **sns.get_subscription_attributes(SubscriptionArn=one["SubscriptionArn"])[
                    "Attributes"
                ],
                "SubscriptionArn": one["SubscriptionArn"],
                "Protocol": one["Protocol"],
                "Endpoint": one["Endpoint"],
            }
            for page in pages
            for one in page["Subscriptions"]
        ]

    @contextmanager
    def nobody_subscribed(self, topic: str) -> Iterator[None]:
        """Let the topic have no subscription for as long as the context lasts."""
        sns, taken_away = self.client("sns"), self.subscriptions(topic)
        for one in taken_away:
            sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])
        yield
        for one in taken_away:
            policy = {"FilterPolicy": one["FilterPolicy"]} if one.get("FilterPolicy") else {}
            sns.subscribe(
                TopicArn=self.outputs[topic],
                Protocol=one["Protocol"],
                Endpoint=one["Endpoint"],
                Attributes=policy,
            )

    def forget(self) -> None:
        """Be an account in which nothing was ever polled: no item, message, fault or catalog."""
        self.bedrock.forget()
        self.health.forget()
        self.gateway.clear()
        self._delete("ModelsTableName", self.items("ModelsTableName"), "model_id", "region")
        self._delete("AlertsTableName", self.items("AlertsTableName"), "alert_id")
        sqs = self.client("sqs")
        for page in sqs.get_paginator("list_queues").paginate():
            for url in page.get("QueueUrls", []):
                sqs.purge_queue(QueueUrl=url)
        self.gateway.forget()

    def forget_models(self, which: Callable[[str], bool]) -> None:
        """Take out of the Models table all rows of the models with such ids."""
        rows = [row for row in self.table_rows() if which(row["model_id"])]
        self._delete("ModelsTableName", rows, "model_id", "region")

    def _delete(self, output: str, items: Iterable[dict[str, Any]], *key: str) -> None:
        requests = [
            {"DeleteRequest": {"Key": {name: {"S": item[name]} for name in key}}} for item in items
        ]
        for first in range(0, len(requests), 25):
            chunk = {self.outputs[output]: requests[first : first + 25]}
            self.client("dynamodb").batch_write_item(RequestItems=chunk)

    def table_rows(self) -> list[dict[str, Any]]:
        """Give the tracked models, without the bookkeeping items."""
        return [row for row in self.items("ModelsTableName") if not row["model_id"].startswith("#")]

    def bookkeeping(self) -> list[dict[str, Any]]:
        """Give the items of the Models table that are no models."""
        return [row for row in self.items("ModelsTableName") if row["model_id"].startswith("#")]

    def alerts(self) -> list[dict[str, Any]]:
        """Give the alerts of the Alerts table, without the pointer items of its index."""
        return [row for row in self.items("AlertsTableName") if "#" not in row["alert_id"]]

    def items(self, output: str) -> list[dict[str, Any]]:
        """Give every item of the table that a stack output names."""
        pages = (
            self.client("dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=self.outputs[output],
                ConsistentRead=True,
            )
        )
        read = TypeDeserializer().deserialize
        return [
            {name: read(value) for name, value in item.items()}
            for page in pages
            for item in page["Items"]
        ]

    def emails(self) -> list[Email]:
        """Give everything that the alerts topic accepted, as e-mail subscribers receive it."""
        topic = self.outputs["AlertsTopicArn"]
        return [
            Email(publish.subject, publish.message_for("email"))
            for publish in self.gateway.publishes()
            if publish.accepted and publish.topic_arn == topic
        ]

    def sns_outage(self, fault: Fault = UNAVAILABLE) -> AbstractContextManager[None]:
        """Let every call to SNS go wrong for as long as the context lasts."""
        return self.gateway.outage("sns", fault)

    def _take_over_schedules(self) -> dict[str, dict[str, str]]:
        """Give the targets of the schedules that invoke the poll function, by what they send."""
        scheduler = self.client("scheduler")
        function = f":function:{self.outputs['PollFunctionName']}"
        targets: dict[str, dict[str, str]] = {}
        for page in scheduler.get_paginator("list_schedules").paginate():
            for listed in page["Schedules"]:
                if not listed["Target"]["Arn"].endswith(function):
                    continue
                schedule = scheduler.get_schedule(
                    Name=listed["Name"], GroupName=listed["GroupName"]
                )
                _disable(scheduler, schedule)
                (name,) = json.loads(schedule["Target"]["Input"])
                targets[name] = schedule["Target"]
        return targets


def _disable(scheduler: Any, schedule: Mapping[str, Any]) -> None:  # noqa: ANN401 no stubs
    """Stop a schedule.

    Left enabled, the emulator would invoke it by the wall clock in the midst of a story, and with
    the placeholder unsubstituted.
    """
    scheduler.update_schedule(
        Name=schedule["Name"],
        GroupName=schedule["GroupName"],
        ScheduleExpression=schedule["ScheduleExpression"],
        FlexibleTimeWindow=schedule["FlexibleTimeWindow"],
        Target=schedule["Target"],
        State="DISABLED",
    )


def _say_nothing(_: str) -> None:
    pass


@contextmanager
def local_cloud(
    settings: Mapping[str, str],
    *,
    enforce_iam: bool = True,
    function_environment: Mapping[str, str] | None = None,
    say: Callable[[str], None] = _say_nothing,
) -> Iterator[LocalCloud]:
    """Start everything, deploy the stack as an account would get it, and clean up after.

    Bedrock lists nothing anywhere until told; every Region then looks disabled.
    """
    with ExitStack() as stack:
        bedrock = stack.enter_context(FakeBedrock())
        quotas = stack.enter_context(FakeServiceQuotas())
        health = stack.enter_context(FakeHealth())
        gateway = stack.enter_context(Gateway())
        # The deployed functions inherit these, so the template needs no word about emulators.
        inherited = {
            "AWS_ENDPOINT_URL": gateway.endpoint_url,
            "AWS_ENDPOINT_URL_BEDROCK": bedrock.endpoint_url,
            "AWS_ENDPOINT_URL_SERVICE_QUOTAS": quotas.endpoint_url,
            "AWS_ENDPOINT_URL_HEALTH": health.endpoint_url,
            **(function_environment or {}),
        }
        emulator = stack.enter_context(Emulator(enforce_iam=enforce_iam, environment=inherited))
        gateway.forward_to(emulator.endpoint_url)
        bedrock.forward_to(gateway.endpoint_url)
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="deploy-"))
        outputs = deploy(
            settings,
            environment=_deployer(gateway.endpoint_url, scratch),
            say=say,
            quiet=True,
            # The first poll is the story's to make, at a time of its own.
            first_poll=False,
        )
        yield LocalCloud(
            bedrock=bedrock,
            quotas=quotas,
            health=health,
            gateway=gateway,
            emulator=emulator,
            outputs=outputs,
        )


def _deployer(endpoint_url: str, scratch: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return (
        own
        | ADMINISTRATOR
        | {
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            # The CDK's command line leaves temporary folders behind; here they go with this one.
            "TMPDIR": scratch,
            "CDK_DEFAULT_ACCOUNT": ACCOUNT_ID,
            "CDK_DEFAULT_REGION": REGION,
        }
    )


def _subscribed_queue(
    sqs: "SQSClient",
    sns: Any,  # noqa: ANN401 no stubs
    topic_arn: str,
    filter_policy: Mapping[str, Sequence[object]] | None,
) -> str:
    queue_url = sqs.create_queue(QueueName=f"subscriber-{time.time_ns()}")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    queue_arn = attributes["Attributes"]["QueueArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
            },
        ],
    }
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": json.dumps(policy)})
    filtered = {"FilterPolicy": json.dumps(filter_policy)} if filter_policy else {}
    sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn, Attributes=filtered)
    return queue_url


def _receive(sqs: "SQSClient", queue_url: str) -> "list[MessageTypeDef]":
    answer = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
    messages = answer.get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
    return messages


def _notification(message: "MessageTypeDef") -> Notification:
    envelope = json.loads(message["Body"])
    attributes = envelope.get("MessageAttributes", {})
    return Notification(
        document=json.loads(envelope["Message"]),
        attributes={name: attribute["Value"] for name, attribute in attributes.items()},
        subject=envelope.get("Subject", ""),
    )
