"""From the outbox to people: send, mark the channel, move `told`, settle. In this order.

A crash between two steps repeats at most the step it interrupted; only a crash between a
channel's acceptance and our mark of it can send a message twice, and only on that channel.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from notifier.errors import AwsError, aws_call
from notifier.model import Kind, RowKey
from notifier.snooze import SNOOZE_SUBJECT
from notifier.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sns import SNSClient

    from notifier.ledger import Ledger, Record
    from notifier.model import Member
    from notifier.render.document import Notification
    from notifier.snapshot import Lease, Snapshot

# SNS disables an e-mail subscription that gets more than ten messages a second; Amazon Q Developer
# drops what exceeds ten a second.
_SECONDS_BETWEEN_PUBLISHES = 0.2
# A channel other than the alerts topic is tried from the record for so long, then given up.
_OTHER_CHANNELS_TRIED_FOR = timedelta(hours=24)
_EVENT_SOURCE = "bedrock-lifecycle-notifier"
_DETAIL_TYPE = "Bedrock Model Lifecycle Alert"


class Channel(Protocol):
    """Somewhere an alert is sent. `tells` is true for the one whose acceptance makes it told."""

    name: str
    tells: bool

    def send(self, notification: Notification) -> None:
        """Send, once, without retries. Raises AwsError."""


class _Topic:
    """An SNS topic of ours: messages leave it at a pace that its subscribers can follow."""

    def __init__(
        self,
        client: Callable[[], SNSClient],
        topic_arn: str,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take what gives a client, asked for only where there is something to tell.

        It must not retry: a lost response would double the message.
        """
        self._client = client
        self._topic_arn = topic_arn
        self._pause = pause
        self._published = False

    def _publish(self, **message: Any) -> None:  # noqa: ANN401 the parameters of Publish
        """Publish, a moment after the publish before."""
        if self._published:
            self._pause(_SECONDS_BETWEEN_PUBLISHES)
        self._published = True
        with aws_call("sns:Publish"):
            self._client().publish(TopicArn=self._topic_arn, **message)

    def is_heard(self) -> bool:
        """Say whether any subscription is confirmed. Raises AwsError."""
        with aws_call("sns:GetTopicAttributes"):
            answer = self._client().get_topic_attributes(TopicArn=self._topic_arn)
        return int(answer["Attributes"].get("SubscriptionsConfirmed", "0")) > 0


class AlertsTopic(_Topic):
    """The SNS topic that people and their tools subscribe to."""

    name = "sns"
    tells = True

    def send(self, notification: Notification) -> None:
        """Publish text for people and the alert document for everything else."""
        self._publish(
            Subject=notification.document["subject"],
            Message=notification.sns_message(),
            MessageStructure="json",
            MessageAttributes=notification.sns_attributes(),
        )


class ChatTopic(_Topic):
    """The SNS topic that Amazon Q Developer in chat applications reads for Slack and Teams."""

    name = "chat"
    tells = False

    def send(self, notification: Notification) -> None:
        """Publish a custom notification: a chat channel shows nothing else."""
        self._publish(Message=notification.chat_message())


def audiences(
    topic: AlertsTopic, chat: ChatTopic | None, *, has_email: bool
) -> tuple[AlertsTopic | ChatTopic, ...]:
    """Give the topics that somebody was subscribed to, or that were set up for somebody.

    `has_email` says so of the alerts topic, which is also meant where there is no other.
    """
    if chat is None:
        return (topic,)
    return (topic, chat) if has_email else (chat,)


class EventBus:
    """The EventBridge bus that the account's own automation listens on."""

    name = "eventbridge"
    tells = False

    def __init__(self, client: Callable[[], EventBridgeClient], bus: str) -> None:
        """Take what gives a client that does not retry, and the bus's name or ARN."""
        self._client = client
        self._bus = bus

    def send(self, notification: Notification) -> None:
        """Put one event; a refused entry comes back in a 200 and is an error all the same."""
        with aws_call("events:PutEvents"):
            answer = self._client().put_events(
                Entries=[
                    {
                        "Source": _EVENT_SOURCE,
                        "DetailType": _DETAIL_TYPE,
                        "Detail": notification.as_json(),
                        "EventBusName": self._bus,
                    }
                ]
            )
        if answer["FailedEntryCount"]:
            entry = answer["Entries"][0]
            code, text = entry.get("ErrorCode", "Unknown"), entry.get("ErrorMessage", "")
            action = "events:PutEvents"
            raise AwsError(action, code, text, permanent=code == "MalformedDetail")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one alert in this run."""

    record: Record
    told: bool = False
    in_flight: bool = False
    errors: tuple[AwsError, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """Everything that turns a record of the outbox into a told alert."""

    ledger: Ledger
    snapshot: Snapshot
    channels: Sequence[Channel] = field(default_factory=tuple)

    def deliver(
        self, records: Iterable[Record], lease: Lease, now: datetime, down: dict[str, AwsError]
    ) -> list[Outcome]:
        """Finish every record; one that fails holds up no other.

        `down` are the channels that have given no answer in this run. They are left alone for the
        rest of it: waiting for each alert anew would use up the run's time.
        """
        return [self._deliver(record, lease, now, down) for record in records]

    def _deliver(
        self, record: Record, lease: Lease, now: datetime, down: dict[str, AwsError]
    ) -> Outcome:
        try:
            if not self.ledger.claim(record.alert_id, lease.holder, lease.clock, lease.until):
                return self._left_alone(record, now)
            # Read again: what another run did before our claim is done.
            current = self.ledger.get(record.alert_id)
            if current is None:
                return Outcome(record, told=True)
            return self._send_and_record(current, lease, now, down)
        except AwsError as error:
            errors = (error, *self._give_back(record, lease))
            return Outcome(record, told=record.is_settled, errors=errors)

    def _left_alone(self, record: Record, now: datetime) -> Outcome:
        """Another invocation is at it, or it was told: then that is remembered, not told again.

        It was forgotten where the models table is an older copy of itself.
        """
        before = self.ledger.told(record.alert_id)
        if before is None:
            return Outcome(record, told=record.is_settled, in_flight=True)
        errors = self._remember(before, now)
        return Outcome(record, told=not errors, in_flight=True, errors=tuple(errors))

    def _give_back(self, record: Record, lease: Lease) -> tuple[AwsError, ...]:
        """Release the claim after a failure, so that the next run need not wait for it."""
        try:
            self.ledger.release(record.alert_id, lease.holder)
        except AwsError as error:
            return (error,)
        return ()

    def _send_and_record(
        self, record: Record, lease: Lease, now: datetime, down: dict[str, AwsError]
    ) -> Outcome:
        errors = self._send(record, now, down)
        accepted = not any(channel.tells for channel, _ in errors)
        failed = [error for _, error in errors]
        if accepted and not record.is_settled:
            failed += self._move_told(record, now)
        told = record.is_settled or (accepted and len(failed) == len(errors))
        others_done = not errors or now - record.decided_at >= _OTHER_CHANNELS_TRIED_FOR
        if told:
            self.ledger.settle(record.alert_id, finished=others_done)
        if not (told and others_done):
            self.ledger.release(record.alert_id, lease.holder)
        return Outcome(record, told=told, errors=tuple(failed))

    def _send(
        self, record: Record, now: datetime, down: dict[str, AwsError]
    ) -> list[tuple[Channel, AwsError]]:
        """Send to each channel that has not taken the alert; give those that refused.

        A digest that the alerts topic refuses is kept from the others: until it is accepted its
        words are made anew, and all channels are to get the same.
        """
        errors: list[tuple[Channel, AwsError]] = []
        for channel in self.channels:
            if channel.name in record.channels:
                continue
            if record.kind is Kind.DIGEST and any(refused.tells for refused, _ in errors):
                break
            if channel.name in down:
                errors.append((channel, down[channel.name]))
                continue
            try:
                channel.send(record.notification)
            except AwsError as error:
                errors.append((channel, error))
                if not error.permanent:
                    down[channel.name] = error
            else:
                self.ledger.mark(record.alert_id, channel.name, now, accepted=channel.tells)
        return errors

    def _move_told(self, record: Record, now: datetime) -> list[AwsError]:
        """Record what was told, and point to it."""
        errors = self._remember(record, now)
        if not errors:
            self.ledger.point(record, now)
        return errors

    def _remember(self, record: Record, now: datetime) -> list[AwsError]:
        """Record what was told: of rows, of Regions or of the account."""
        errors = self.snapshot.move_told(record.told)
        errors += self.snapshot.note_announced(record.announced)
        errors += self.snapshot.move_digested(record.digested)
        if errors:
            return errors
        for member in record.members:
            self._note_member(record, member)
        if record.is_first_baseline():
            self.snapshot.note_baseline_told(now)
        return []

    def _note_member(self, record: Record, member: Member) -> None:
        """Record that something was told which is no row."""
        match record.kind:
            case Kind.COVERAGE_DEGRADED:
                self.snapshot.note_region_told(member.region, member.token)
            case Kind.COVERAGE_RESTORED:
                self.snapshot.note_region_told(member.region, None)
            case Kind.DIGEST:
                due_at = parse_time(member.token)
                self.snapshot.note_digest_done(due_at, record.covers_until or record.decided_at)
            case Kind.REOPENED if member.subject.startswith(SNOOZE_SUBJECT):
                key = RowKey(member.subject, member.region)
                self.snapshot.note_reopened(key, record.decided_at)
            case _:
                pass
