"""The worst days, deployed: what fails, who hears of it and when, and that nothing is lost.

Each test is a row of the table in docs/reliability.md.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from local_aws import fake_bedrock
from local_aws.fake_bedrock import FoundationModel, Silence
from local_aws.fake_health import FakeHealthEvent, event_arn
from local_aws.gateway import Refusal
from local_aws.health_deliveries import as_eventbridge
from tests.e2e.alarms import LOOKS_BACK, Metric, Metrics, deployed_alarm
from tests.e2e.conftest import EAST, EUROPE, KEEPERS, WEST, Stage, legacy
from tests.e2e.queues import dead_letters, eventually, impatient_queue, queue_url, received

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from local_aws.cloud import LocalCloud, Notification, PollAnswer
    from local_aws.forwarding import Request, Response

pytestmark = pytest.mark.e2e

HOME: Final = "us-east-2"
REGIONS: Final = (EAST, WEST, EUROPE, HOME)
WRITES: Final = ("BatchWriteItem", "PutItem", "TransactWriteItems", "UpdateItem")
THROTTLED: Final = Refusal(400, "ProvisionedThroughputExceededException")
DENIED: Final = Refusal(400, "AccessDeniedException")
HOUR: Final = timedelta(hours=1)
LONG_AGO: Final = "2026-01-01T00:00:00Z"


class WatchedStage(Stage):
    """The stage, with the data points that CloudWatch would have of it."""

    def __init__(self, cloud: LocalCloud) -> None:
        """Begin with no data."""
        super().__init__(cloud)
        self.extra = {region: [] for region in REGIONS}
        self.metrics = Metrics()

    def poll(self, *, hours: int = 1) -> PollAnswer:
        """Poll, and measure it."""
        answer = super().poll(hours=hours)
        self.measure(answer, self.now)
        return answer

    def measure(self, answer: PollAnswer, at: datetime) -> None:
        """Take what the poll has logged as metrics."""
        for metric, value in _logged(answer.log_tail):
            self.metrics.put(metric, at, value)

    def measure_queue(self, arn: str) -> None:
        """Take how many messages SQS counts in a queue now."""
        url = queue_url(self.cloud, arn)
        name = ("QueueName", arn.rpartition(":")[2])
        visible = Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", frozenset({name}))
        self.metrics.put(visible, self.now, len(received(self.cloud, url)))

    def alarm_after(self, name: str, since: datetime, *, looks_back: int = LOOKS_BACK) -> timedelta:
        """Give how long after `since` an alarm speaks to the operations topic."""
        alarm = deployed_alarm(self.cloud, name)
        assert alarm.actions == (self.cloud.outputs["OperationsTopicArn"],)
        first = alarm.first_on(self.metrics, since, since + timedelta(days=2), looks_back)
        assert first is not None, f"{name} says nothing"
        return first - since

    def is_on(self, name: str) -> bool:
        """Say whether an alarm is in ALARM at the end of the hour."""
        return deployed_alarm(self.cloud, name).is_on(self.metrics, self.now + HOUR)

    def begin(self) -> None:
        """Let every Region answer, and count from here."""
        for region in REGIONS:
            self.cloud.bedrock.behave(region)
            self.put_on(region)
        self.poll(hours=24)
        self.told()
        self.cloud.gateway.forget()

    def end(self) -> None:
        """Leave nothing over for the next test: no fault, and no model that comes to its end."""
        self.cloud.bedrock.release()
        self.cloud.gateway.clear()
        keepers = {keeper.id for keeper in KEEPERS}
        self.cloud.forget_models(lambda model_id: model_id not in keepers)
        self.extra = {region: [] for region in REGIONS}


def _logged(log: str) -> Iterator[tuple[Metric, float]]:
    """Read the metrics in a log, in CloudWatch's embedded metric format."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith('{"_aws"')]
    for line in lines:
        for directive in line["_aws"]["CloudWatchMetrics"]:
            (names,) = directive["Dimensions"]
            dimensions = frozenset((name, line[name]) for name in names)
            for one in directive["Metrics"]:
                metric = Metric(directive["Namespace"], one["Name"], dimensions)
                yield metric, sum(line[one["Name"]])


@pytest.fixture(scope="module")
def settled_stage(cloud: LocalCloud) -> WatchedStage:
    """Give a stack that has told its baseline about four Regions."""
    stage = WatchedStage(cloud)
    for region in REGIONS:
        stage.put_on(region)
    assert stage.poll().function_error is None
    assert kinds(stage.told()) == ["BASELINE"]
    return stage


@pytest.fixture
def stage(settled_stage: WatchedStage) -> Iterator[WatchedStage]:
    """Give the stage a day later, with nothing but keepers in every Region."""
    settled_stage.begin()
    yield settled_stage
    settled_stage.end()


def kinds(told: Sequence[Notification]) -> list[str]:
    return [one.document["kind"] for one in told]


def said(told: Sequence[Notification]) -> list[tuple[str, str]]:
    """Give the kind and the first model of each message."""
    return [(one.document["kind"], one.document["models"][0]["model_id"]) for one in told]


def assert_each_channel_has_each_once(stage: WatchedStage, told: Sequence[Notification]) -> None:
    """See that topic and bus were sent exactly these, and that nothing is left to do."""
    published = [one for one in stage.cloud.gateway.publishes() if one.accepted]
    assert len({one.document["alert_id"] for one in told}) == len(told) == len(published)
    assert stage.cloud.gateway.calls("events", "PutEvents") == len(told)
    assert {row["state"] for row in stage.cloud.alerts()} == {"settled"}


def test_sns_refuses_for_a_day_and_then_tells_what_was_due_once_and_in_order(
    stage: WatchedStage,
) -> None:
    reminded = legacy("acme.sns-reminded-v1:0", stage.in_days(15))
    stage.put_on(EAST, reminded)
    stage.poll()
    assert kinds(stage.told()) == ["ENTERED_LEGACY"]
    stage.cloud.gateway.forget()
    first = legacy("acme.sns-first-v1:0", stage.in_days(300))
    second = legacy("acme.sns-second-v1:0", stage.in_days(301))
    began, failures = stage.now + HOUR, _failure_queue(stage.cloud)

    with stage.cloud.sns_outage():
        stage.put_on(EAST, first)
        answers = [stage.poll()]
        # As Scheduler starts it; Lambda tries it three times.
        _hand_over(stage)
        assert eventually(lambda: received(stage.cloud, queue_url(stage.cloud, failures)))
        stage.measure_queue(failures)
        answers.append(stage.poll())
        stage.put_on(WEST, second)
        # Hourly at first, and at last past the hour of reminders of the next day.
        answers += [stage.poll(), stage.poll(hours=18)]
    assert stage.told() == []
    assert all("sns:Publish" in answer.payload["errorMessage"] for answer in answers)

    stage.cloud.client("sqs").purge_queue(QueueUrl=queue_url(stage.cloud, failures))

    # Whoever is subscribed to operations knows within five minutes, and after three hours why.
    assert stage.alarm_after("PollFailed", began) == timedelta(minutes=5)
    assert stage.alarm_after("AlertsUndelivered", began) == 3 * HOUR
    assert not stage.is_on("PollsStopped")
    assert stage.poll(hours=5).function_error is None
    assert stage.now - began > timedelta(days=1)
    told = stage.told()
    assert said(told) == [
        ("ENTERED_LEGACY", first.id),
        ("ENTERED_LEGACY", second.id),
        ("DEADLINE", reminded.id),
    ]
    stage.poll()
    assert stage.told() == []
    assert_each_channel_has_each_once(stage, told)


def test_a_throttled_table_stops_polls_and_the_first_one_after_it_tells_everything(
    stage: WatchedStage,
) -> None:
    news = legacy("acme.throttled-v1:0", stage.in_days(300))
    stage.put_on(EAST, news)
    began, rows = stage.now + HOUR, stage.cloud.table_rows()
    asked = stage.cloud.bedrock.all_calls()
    table = stage.cloud.outputs["ModelsTableName"].encode()
    for action in WRITES:
        stage.cloud.gateway.inject("dynamodb", action, THROTTLED, times=None, containing=table)

    # At once, as each waits for the table by the wall clock.
    times = [stage.now + n * HOUR for n in (1, 2)]
    with ThreadPoolExecutor(len(times)) as pool:
        answers = list(pool.map(stage.cloud.poll, times))
    for at, answer in zip(times, answers, strict=True):
        stage.measure(answer, at)
    stage.now = times[-1]

    reason = "dynamodb:UpdateItem: ProvisionedThroughputExceededException"
    assert all(reason in answer.payload["errorMessage"] for answer in answers)
    assert stage.cloud.gateway.calls("dynamodb", "UpdateItem") == 6 * len(times)
    assert stage.cloud.bedrock.all_calls() == asked
    assert stage.told() == []
    assert stage.cloud.table_rows() == rows
    assert stage.alarm_after("PollsStopped", began, looks_back=0) == 3 * HOUR
    stage.cloud.gateway.clear()
    assert stage.poll().function_error is None
    told = stage.told()
    assert said(told) == [("ENTERED_LEGACY", news.id)]
    stage.poll()
    assert stage.told() == []
    assert_each_channel_has_each_once(stage, told)


def test_three_regions_gone_for_a_day_and_a_half_are_one_message_and_one_when_they_are_back(
    stage: WatchedStage,
) -> None:
    reminded = legacy("acme.gone-reminded-v1:0", stage.in_days(15))
    ending = legacy("acme.gone-ending-v1:0", stage.in_days(1))
    elsewhere = FoundationModel(id="acme.gone-elsewhere-v1:0", name="Elsewhere", provider="Acme")
    for region in (EAST, WEST, EUROPE):
        stage.put_on(region, reminded, ending, elsewhere)
    stage.poll()
    stage.told()
    stage.cloud.gateway.forget()
    known = {(row["model_id"], row["region"]) for row in stage.cloud.table_rows()}

    stage.cloud.bedrock.misbehave(EAST, fake_bedrock.THROTTLED)
    stage.cloud.bedrock.misbehave(WEST, Silence(seconds=0))
    stage.cloud.bedrock.misbehave(EUROPE, fake_bedrock.INTERNAL_ERROR)
    answers = [stage.poll()]
    assert stage.told() == []
    # By date goes on what by observation cannot; then a day is full.
    answers.append(stage.poll(hours=23))
    by_date = stage.told()
    answers.append(stage.poll())
    degraded = stage.told()
    answers.append(stage.poll(hours=11))
    assert stage.told() == []

    assert [one.function_error for one in answers] == [None] * 4
    assert all(set(one.payload["regions_failing"]) == {EAST, WEST, EUROPE} for one in answers)
    assert Counter(said(by_date)) == {
        ("DEADLINE", reminded.id): 1,
        ("END_OF_LIFE_REACHED", ending.id): 1,
    }
    assert kinds(degraded) == ["COVERAGE_DEGRADED"]
    rows = stage.cloud.table_rows()
    assert {(row["model_id"], row["region"]) for row in rows} == known
    assert not any("missing_since" in row for row in rows)
    for region in (EAST, WEST, EUROPE):
        stage.cloud.bedrock.behave(region)
        assert region in degraded[0].document["text"]

    stage.poll()
    restored = stage.told()
    assert kinds(restored) == ["COVERAGE_RESTORED"]
    stage.poll()
    stage.poll(hours=24)
    assert stage.told() == []
    assert_each_channel_has_each_once(stage, [*by_date, *degraded, *restored])


def test_a_schedule_that_is_disabled_makes_the_alarm_on_silence_speak_in_time(
    stage: WatchedStage,
) -> None:
    reminded = legacy("acme.disabled-reminded-v1:0", stage.in_days(34))
    stage.put_on(EAST, reminded)
    for _ in range(3):
        assert stage.poll().function_error is None
    assert kinds(stage.told()) == ["ENTERED_LEGACY"]
    stage.cloud.gateway.forget()
    # While polls come hourly it is silent, also after one that was missed.
    assert not stage.is_on("PollsStopped")
    stage.poll(hours=2)
    assert not stage.is_on("PollsStopped")

    # No poll, and so no data, for the better part of a month.
    missed = stage.now + HOUR
    news = legacy("acme.disabled-news-v1:0", stage.in_days(300))
    stage.put_on(EAST, news)

    assert stage.alarm_after("PollsStopped", missed, looks_back=0) == 3 * HOUR
    assert stage.alarm_after("PollsStopped", missed) == (3 + LOOKS_BACK) * HOUR
    stage.poll(hours=27 * 24)
    told = stage.told()
    # Of the rungs that were passed over only the tightest is sent.
    assert Counter(said(told)) == {("ENTERED_LEGACY", news.id): 1, ("DEADLINE", reminded.id): 1}
    (deadline,) = [one.document for one in told if one.document["kind"] == "DEADLINE"]
    assert deadline["days_left"] <= 7
    stage.poll()
    stage.poll()
    assert stage.told() == []
    assert not stage.is_on("PollsStopped")
    assert_each_channel_has_each_once(stage, told)


def test_a_poison_event_ends_among_the_dead_letters_and_the_documented_command_brings_it_back(
    stage: WatchedStage,
) -> None:
    cloud = stage.cloud
    poison, logged = json.dumps({"detail": {"eventArn": 7}}), _health_log(cloud)
    good, unlucky = _delivery(stage, "beside-poison"), _delivery(stage, "unlucky")

    with impatient_queue(cloud):
        cloud.queue_health([poison, good])
        assert eventually(lambda: dead_letters(cloud)) == [poison]
    # They may have come in two batches.
    beside = eventually(stage.told)
    assert [_event_of(one) for one in beside] == ["beside-poison"]
    assert "eventArn" in _health_log(cloud).removeprefix(logged)

    table = cloud.outputs["ModelsTableName"].encode()
    cloud.gateway.inject("dynamodb", "Scan", DENIED, times=None, containing=table)
    with impatient_queue(cloud):
        cloud.queue_health([unlucky])
        dead = eventually(lambda: dead_letters(cloud)[1:])
    assert dead == [unlucky]
    assert stage.told() == []
    assert "dynamodb:Scan: AccessDeniedException" in _health_log(cloud)
    alarm = deployed_alarm(cloud, "HealthFailed")
    command = re.search(
        r"aws sqs start-message-move-task --source-arn (\S+) --destination-arn (\S+)$",
        alarm.description,
    )
    assert command
    source, destination = command.groups()
    stage.measure_queue(source)
    assert stage.alarm_after("HealthFailed", stage.now) == timedelta(minutes=5)

    # The cause of one is gone, and nothing will make an event of the other.
    cloud.gateway.clear()
    with impatient_queue(cloud):
        assert _moved(cloud, source, destination) == 2
        told = eventually(stage.told)
        assert eventually(lambda: dead_letters(cloud)) == [poison]
    assert [_event_of(one) for one in told] == ["unlucky"]
    cloud.client("sqs").purge_queue(QueueUrl=queue_url(cloud, source))
    assert dead_letters(cloud) == []
    stage.poll()
    assert stage.told() == []
    assert_each_channel_has_each_once(stage, [*beside, *told])


def _delivery(stage: WatchedStage, name: str) -> str:
    event = FakeHealthEvent(
        arn=event_arn(EAST, "BEDROCK", "AWS_BEDROCK_PLANNED_LIFECYCLE_EVENT", name),
        type_code="AWS_BEDROCK_PLANNED_LIFECYCLE_EVENT",
        category="scheduledChange",
        status="upcoming",
        region=EAST,
        updated=stage.now - 5 * HOUR,
        start=stage.in_days(300),
        description="A model that you have used in the past 30 days will be retired.",
        entities=(("acme.unknown-v1:0", "PENDING"),),
    )
    (delivery,) = as_eventbridge(event, delivered_in=EAST)
    return json.dumps(delivery)


def _event_of(told: Notification) -> str:
    arn: str = told.document["health_event"]["event_arn"]
    return arn.rpartition("_")[2].rpartition("/")[2]


def _health_log(cloud: LocalCloud) -> str:
    """Give what the health function has logged."""
    logs = cloud.client("logs")
    groups = [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]]
    (group,) = [name for name in groups if "HealthLogs" in name]
    events = logs.filter_log_events(logGroupName=group)["events"]
    return "\n".join(event["message"] for event in events)


def _moved(cloud: LocalCloud, source: str, destination: str) -> int:
    """Do what StartMessageMoveTask does, which the emulator does not know; count the messages.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
    """
    sqs = cloud.client("sqs")
    messages = received(cloud, queue_url(cloud, source))
    for one in messages:
        sqs.send_message(QueueUrl=queue_url(cloud, destination), MessageBody=one["Body"])
        sqs.delete_message(QueueUrl=queue_url(cloud, source), ReceiptHandle=one["ReceiptHandle"])
    return len(messages)


class Moment(NamedTuple):
    """When the function dies: while it waits for a call, which is done or not."""

    action: str
    words: str = ""
    done: bool = False

    def has_come(self, request: Request) -> bool:
        """Say whether this is the call."""
        action = request.header("x-amz-target").rpartition(".")[2] or request.body.decode()
        return self.action in action and self.words.encode() in request.body


@contextmanager
def memory_runs_out(stage: WatchedStage, *moments: Moment) -> Iterator[list[bool]]:
    """Kill the poll function at the first of these moments, its next attempt at the next.

    The emulator gives each attempt a request id of its own, where Lambda repeats the first, by
    which an attempt knows that it comes after a dead one. So what it held by lease is let run out
    at once, as it is on AWS when Lambda comes for the last time.
    """
    gateway, left, killed = stage.cloud.gateway, list(moments), list[bool]()
    answer = gateway.answer

    def until_it_dies(request: Request) -> Response | None:
        if not left or not left[0].has_come(request):
            return answer(request)
        if left.pop(0).done:
            answer(request)
        _let_leases_run_out(stage.cloud)
        function = stage.cloud.outputs["PollFunctionName"]
        killed.append(stage.cloud.emulator.kill_function(function) > 0)
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gateway, "answer", until_it_dies)
        yield killed


def _let_leases_run_out(cloud: LocalCloud) -> None:
    alerts, models = cloud.outputs["AlertsTableName"], cloud.outputs["ModelsTableName"]
    _put_back(cloud, models, {"model_id": "#poll", "region": "#"}, "lease_until")
    for row in cloud.alerts():
        if "claimed_until" in row:
            _put_back(cloud, alerts, {"alert_id": row["alert_id"]}, "claimed_until")


def _put_back(cloud: LocalCloud, table: str, key: dict[str, str], attribute: str) -> None:
    """Let a time that stands in an item be a past one."""
    cloud.client("dynamodb").update_item(
        TableName=table,
        Key={name: {"S": value} for name, value in key.items()},
        UpdateExpression=f"SET {attribute} = :past",
        ExpressionAttributeValues={":past": {"S": LONG_AGO}},
    )


def _start(stage: WatchedStage) -> str:
    """Start a poll an hour later, as Scheduler does, which waits for no answer; give its event."""
    stage.now += HOUR
    stage.cloud.bedrock.set_time(stage.now)
    return _hand_over(stage)


def _hand_over(stage: WatchedStage) -> str:
    """Hand the event of this time to Lambda, which may be for another time; give it."""
    event = json.dumps({"time": f"{stage.now:%Y-%m-%dT%H:%M:%SZ}"})
    stage.cloud.client("lambda").invoke(
        FunctionName=stage.cloud.outputs["PollFunctionName"],
        InvocationType="Event",
        Payload=event.encode(),
    )
    return event


def _completed(stage: WatchedStage) -> list[Any]:
    """Give the item that says so once the poll of this time is complete and its lease is back."""
    at = f"{stage.now:%Y-%m-%dT%H:%M:%SZ}"
    return [
        item
        for item in stage.cloud.bookkeeping()
        if item.get("last_completed_at") == at and "lease_until" not in item
    ]


def test_a_poll_that_runs_out_of_memory_is_finished_by_the_next_attempt_of_lambda(
    stage: WatchedStage,
) -> None:
    ids = [f"acme.memory-{number}-v1:0" for number in range(3)]
    stage.put_on(EAST, *(legacy(one, stage.in_days(300 + n)) for n, one in enumerate(ids)))
    accepted = Moment("Action=Publish", "acme.memory-1", done=True)

    with memory_runs_out(stage, accepted) as killed:
        _start(stage)
        assert eventually(lambda: _completed(stage))

    assert killed == [True]
    told = stage.told()
    # Only what SNS had accepted when there was nobody left to record it.
    assert Counter(said(told)) == {
        ("ENTERED_LEGACY", ids[0]): 1,
        ("ENTERED_LEGACY", ids[1]): 2,
        ("ENTERED_LEGACY", ids[2]): 1,
    }
    assert len({one.document["alert_id"] for one in told}) == 3
    assert stage.cloud.gateway.calls("events", "PutEvents") == 3
    stage.poll()
    assert stage.told() == []
    assert {row["state"] for row in stage.cloud.alerts()} == {"settled"}


def test_a_poll_that_dies_at_every_attempt_lies_in_its_queue_and_the_next_one_tells_all(
    stage: WatchedStage,
) -> None:
    cloud = stage.cloud
    ids = [f"acme.dies-{number}-v1:0" for number in range(2)]
    stage.put_on(EAST, *(legacy(one, stage.in_days(300 + n)) for n, one in enumerate(ids)))
    failures = _failure_queue(cloud)
    moments = (
        Moment("Query"),
        Moment("Action=Publish", "acme.dies-1"),
        Moment("Action=Publish", "acme.dies-1"),
    )

    with memory_runs_out(stage, *moments) as killed:
        event = _start(stage)
        (failed,) = eventually(lambda: received(cloud, queue_url(cloud, failures)))

    assert killed == [True] * 3
    assert json.loads(failed["Body"])["requestPayload"] == json.loads(event)
    stage.measure_queue(failures)
    assert stage.alarm_after("PollFailed", stage.now) == timedelta(minutes=5)
    # The message is there to be seen, and can be deleted: the next poll does its work.
    cloud.client("sqs").purge_queue(QueueUrl=queue_url(cloud, failures))
    assert stage.poll().function_error is None
    told = stage.told()
    assert said(told) == [("ENTERED_LEGACY", one) for one in ids]
    stage.poll()
    assert stage.told() == []
    assert_each_channel_has_each_once(stage, told)


def _failure_queue(cloud: LocalCloud) -> str:
    """Give the ARN of where Lambda puts a poll that failed for good."""
    config = cloud.client("lambda").get_function_event_invoke_config(
        FunctionName=cloud.outputs["PollFunctionName"], Qualifier="$LATEST"
    )
    arn: str = config["DestinationConfig"]["OnFailure"]["Destination"]
    return arn
