"""Checks of what the stack itself reports as wrong: dead letters, and alarms."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bedrock_lifecycle.checks.finding import DEPLOY, advice, ok, problem
from notifier.errors import aws_call
from notifier.render.words import count_text, moment_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from bedrock_lifecycle.checks.finding import Commands, Finding
    from bedrock_lifecycle.checks.site import Site

DEAD_LETTERS: Final = "dead letters"
ALARMS: Final = "alarms"

_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_ALARMS_PER_CALL: Final = 100


class Queue(NamedTuple):
    """A queue with how many messages lie in it; `dead_letters` is the ARN of where its own end."""

    url: str
    arn: str
    messages: int
    dead_letters: str | None = None

    @property
    def name(self) -> str:
        """The last part of its ARN."""
        return self.arn.rpartition(":")[2]


def dead_letters(site: Site) -> Iterator[Finding]:
    """Look into every queue of the stack in which messages end."""
    queues = [_queue(site, url) for url in site.names("AWS::SQS::Queue")]
    yield from dead_letter_findings(queues, site.commands)


def _queue(site: Site, url: str) -> Queue:
    with aws_call("sqs:GetQueueAttributes"):
        told: Mapping[str, str] = site.client("sqs").get_queue_attributes(
            QueueUrl=url, AttributeNames=["QueueArn", "RedrivePolicy", *_COUNTS]
        )["Attributes"]
    redrive = json.loads(told.get("RedrivePolicy") or "{}")
    messages = sum(int(told.get(name, 0)) for name in _COUNTS)
    return Queue(url, told["QueueArn"], messages, redrive.get("deadLetterTargetArn"))


def dead_letter_findings(queues: Collection[Queue], commands: Commands) -> Iterator[Finding]:
    """Judge the queues in which messages end: those that hand none on to another."""
    sources = {one.dead_letters: one for one in queues if one.dead_letters}
    ends = [one for one in queues if not one.dead_letters]
    full = [one for one in ends if one.messages]
    for one in full:
        yield problem(
            DEAD_LETTERS,
            f"{count_text(one.messages, 'message')} in {one.name}",
            *_mend(one, sources.get(one.arn), commands),
        )
    if not full:
        yield ok(DEAD_LETTERS, f"none in {count_text(len(ends), 'queue')}")


def _mend(queue: Queue, source: Queue | None, commands: Commands) -> tuple[str, str, str]:
    look = commands.aws("sqs", "receive-message", "--queue-url", queue.url)
    if source is not None:
        again = commands.aws(
            "sqs",
            "start-message-move-task",
            "--source-arn",
            queue.arn,
            "--destination-arn",
            source.arn,
        )
        return "read what lies there, and when the cause is gone, have it tried again", look, again
    away = commands.aws("sqs", "purge-queue", "--queue-url", queue.url)
    return "read what lies there, and when the cause is gone, throw it away", look, away


class Alarm(NamedTuple):
    """An alarm as CloudWatch has it. `acts` says whether it is to tell anybody, and may."""

    name: str
    state: str
    since: datetime
    reason: str
    description: str
    has_actions: bool
    may_act: bool


def alarms(site: Site) -> Iterator[Finding]:
    """Look at the alarms of the stack."""
    names = site.names("AWS::CloudWatch::Alarm")
    found = [_alarm(one) for one in _described(site, names)]
    yield from alarm_findings(found, site.commands)


def _described(site: Site, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    for first in range(0, len(names), _ALARMS_PER_CALL):
        some = names[first : first + _ALARMS_PER_CALL]
        with aws_call("cloudwatch:DescribeAlarms"):
            told = site.client("cloudwatch").describe_alarms(
                AlarmNames=some, MaxRecords=_ALARMS_PER_CALL
            )
        yield from told["MetricAlarms"]


def _alarm(told: Mapping[str, Any]) -> Alarm:
    return Alarm(
        name=told["AlarmName"],
        state=told["StateValue"],
        since=told.get("StateTransitionedTimestamp") or told["StateUpdatedTimestamp"],
        reason=told.get("StateReason", ""),
        description=told.get("AlarmDescription", ""),
        has_actions=bool(told.get("AlarmActions")),
        may_act=told.get("ActionsEnabled", True),
    )


def alarm_findings(alarms: Collection[Alarm], commands: Commands) -> Iterator[Finding]:
    """Judge the alarms. One without actions is not about the notifier, but about a model's end."""
    if not alarms:
        yield problem(
            ALARMS, "the stack has none, so nothing says when it stops", "deploy again", DEPLOY
        )
        return
    for one in alarms:
        if one.state == "ALARM":
            yield _in_alarm(one, commands)
        if one.has_actions and not one.may_act:
            yield problem(
                ALARMS,
                f"{one.name} may tell nobody: its actions are disabled",
                "enable them",
                commands.aws("cloudwatch", "enable-alarm-actions", "--alarm-names", one.name),
            )
    if not any(one.state == "ALARM" for one in alarms):
        unsure = sum(one.state == "INSUFFICIENT_DATA" for one in alarms)
        but = f", {unsure} without enough data yet" if unsure else ""
        yield ok(ALARMS, f"none of {len(alarms)} is in alarm{but}")


def _in_alarm(alarm: Alarm, commands: Commands) -> Finding:
    detail = f"{alarm.name} is in alarm since {moment_text(alarm.since)}: {alarm.reason}"
    if alarm.has_actions:
        return problem(ALARMS, detail, alarm.description)
    return advice(ALARMS, detail, "see which models end", commands.ours("deadlines"))
