"""The doctor at the bed of a deployed stack, healthy and ill, with just the rights it asks for.

What the emulator lacks is said by the gateway before it: contacts, and addresses that wait.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from demo.broken import ADDRESS, DENIED_REGION, break_five_things, make_healthy
from infra.side_stacks import forwarder
from infra.template import templates
from local_aws.cloud import LocalCloud, local_cloud
from local_aws.fake_bedrock import FoundationModel
from local_aws.gateway import Refusal
from tests.e2e.conftest import EAST, EUROPE, WEST
from tests.e2e.person import POLICIES, Person

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.e2e

START: Final = datetime(2026, 10, 1, 10, tzinfo=UTC)
# Nothing of these is deployed here, or the gateway answers in IAM's place.
NOT_TRIED: Final = ("account", "chatbot", "kms", "notifications", "notifications-contacts")
KEEPERS: Final = tuple(
    FoundationModel(id=f"acme.keeper-{n:02}-v1:0", name=f"Keeper {n}", provider="Acme")
    for n in range(12)
)


class Ward:
    """The deployed stack, the time, and the doctor, who may do what the documented policy says."""

    def __init__(self, cloud: LocalCloud) -> None:
        """Let every Region list the keepers, and poll twice."""
        self.cloud = cloud
        self.now = START
        self.doctor = Person(cloud, "doctor", "doctor")
        self.listed = [*KEEPERS]
        for region in (EAST, WEST, EUROPE):
            cloud.bedrock.set_catalog(region, KEEPERS)
        for _ in range(2):
            self.polls()

    def polls(self, hours: int = 1) -> None:
        """Poll as the schedule does, some hours after the poll before."""
        self.now += timedelta(hours=hours)
        self.cloud.poll(self.now)

    @contextmanager
    def undelivered(self, name: str) -> Iterator[None]:
        """Let an alert about a model that is watched wait for as long as the context lasts."""
        end = self.now + timedelta(days=300)
        dying = FoundationModel(
            id=f"dying.{name}-v1:0", name=name, provider="A", status="LEGACY", end_of_life=end
        )
        self.listed.append(dying)
        self.cloud.bedrock.set_catalog(EAST, self.listed)
        with self.cloud.sns_outage():
            self.polls()
        yield
        self.polls()

    def examined(
        self, *, well: bool, minutes: int = 10, by: Person | None = None
    ) -> list[dict[str, Any]]:
        """Let the doctor look some minutes after the last poll; give the findings."""
        at = (self.now + timedelta(minutes=minutes)).isoformat()
        said = (by or self.doctor).runs(
            "doctor", "--json", expect=0 if well else 1, BEDROCK_LIFECYCLE_NOW=at
        )
        document: dict[str, Any] = json.loads(said.stdout)
        assert document["all_is_well"] is well
        found: list[dict[str, Any]] = document["findings"]
        return found


def wrong(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Give the problems by check; each is there once, and says what mends it."""
    problems = [one for one in found if one["state"] in {"problem", "skipped"}]
    assert all(one["mend"] for one in problems)
    named = {one["check"]: one for one in problems}
    assert len(named) == len(problems), problems
    return named


def advised(found: list[dict[str, Any]]) -> set[str]:
    return {one["check"] for one in found if one["state"] == "advice"}


@pytest.fixture(scope="module")
def ward() -> Iterator[Ward]:
    """Deploy once for this file, with IAM enforced."""
    settings = {"emails": ADDRESS, "regions": f"{EAST},{WEST},{EUROPE}", "watch": "dying.*"}
    with local_cloud(settings, enforce_iam=True) as cloud:
        yield Ward(cloud)


@pytest.fixture(autouse=True)
def healthy(ward: Ward) -> Iterator[None]:
    """Begin each test in good health."""
    make_healthy(ward.cloud)
    yield
    ward.cloud.bedrock.behave(DENIED_REGION)


def test_all_is_well_and_the_documented_policy_is_enough(ward: Ward) -> None:
    found = ward.examined(well=True)

    assert advised(found) == {"Health forwarders"}  # an emulator gets the main stack alone
    assert len({one["check"] for one in found if one["state"] == "ok"}) >= 16
    shown = ward.doctor.starts("doctor", BEDROCK_LIFECYCLE_NOW=ward.now.isoformat())
    assert shown.stdout.splitlines()[-1] == "All is well; 1 piece of advice."
    assert shown.stderr.strip() == "Checking the set-up …"


def test_every_right_of_the_policy_is_needed_and_missed_by_name(ward: Ward) -> None:
    policy = json.loads((POLICIES / "doctor.json").read_text())
    actions = {action for one in policy["Statement"] for action in one["Action"]}
    lacking = Person(ward.cloud, "lacking")
    # With an alert that waits there is more to be read.
    with ward.undelivered("One"):
        for missing in sorted(one for one in actions if one.split(":")[0] not in NOT_TRIED):
            ward.cloud.client("iam").put_user_policy(
                UserName=lacking.name,
                PolicyName="some",
                PolicyDocument=json.dumps(_without(missing, policy)),
            )
            found = ward.examined(well=False, minutes=61, by=lacking)

            skipped = [one for one in found if one["state"] == "skipped"]
            assert skipped, missing
            assert {one["mend"].split(";")[0] for one in skipped} == {f"allow {missing}"}


def _without(action: str, policy: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **policy,
        "Statement": [
            {**one, "Action": [other for other in one["Action"] if other != action]}
            for one in policy["Statement"]
        ],
    }


def test_whoever_may_do_nothing_is_told_where_to_begin(ward: Ward) -> None:
    found = ward.examined(well=False, by=Person(ward.cloud, "nobody"))

    assert found[0]["check"] == "stack"
    assert found[0]["mend"].startswith("allow cloudformation:DescribeStacks")
    assert {one["check"] for one in found} == {
        *("stack", "credentials", "date fields", "CDK bootstrap", "alternate contacts")
    }


def test_where_no_stack_is_that_is_said_and_the_account_is_looked_at(ward: Ward) -> None:
    shown = " ".join(ward.doctor.runs("doctor", "--region", WEST, expect=1).stdout.split())

    where = "in account 123456789012 in us-west-2"
    assert f"there is no stack BedrockLifecycleNotifier {where}" in shown
    assert "make deploy EMAIL=you@example.com" in shown
    assert "alternate contacts operations, security and billing have theirs" in shown
    assert "polls" not in shown


def test_somebody_elses_stack_is_not_taken_for_ours(ward: Ward) -> None:
    shown = ward.doctor.runs("doctor", "--stack-name", "CDKToolkit", expect=1).stdout
    assert "but is none of Bedrock Lifecycle Notifier" in " ".join(shown.split())


def test_five_things_that_are_broken_are_each_named_with_what_mends_them(ward: Ward) -> None:
    ward.now += timedelta(hours=1)
    break_five_things(ward.cloud, ward.now)

    found = ward.examined(well=False)

    off = [one for one in found if one["check"] == "schedules"]
    assert len(off) == 2
    assert all("is DISABLED" in one["detail"] and "Enable" in one["mend"] for one in off)
    problems = wrong([one for one in found if one["check"] != "schedules"])
    assert problems.keys() == {"subscriptions", "dead letters", "Regions"}
    assert f"{ADDRESS} has not confirmed" in problems["subscriptions"]["detail"]
    assert problems["subscriptions"]["commands"][0].startswith("bedrock-lifecycle confirm LINK")
    assert "1 message in" in problems["dead letters"]["detail"]
    assert "start-message-move-task" in problems["dead letters"]["commands"][1]
    assert problems["Regions"]["detail"].startswith(f"{DENIED_REGION}: no usable answer")
    assert "do bedrock:ListFoundationModels in eu-west-1" in problems["Regions"]["mend"]
    assert advised(found) == {"Health forwarders", "alternate contacts"}
    contacts = next(one for one in found if one["check"] == "alternate contacts")
    assert len(contacts["commands"]) == 3

    _take_dead_letter(ward, problems["dead letters"]["commands"][0])
    ward.cloud.bedrock.behave(DENIED_REGION)
    ward.polls()
    make_healthy(ward.cloud)
    ward.examined(well=True)


def _take_dead_letter(ward: Ward, command: str) -> None:
    """Take the message out of the queue that the doctor's own command names."""
    url = command.split("--queue-url ")[1].split(maxsplit=1)[0]
    sqs = ward.cloud.client("sqs")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_a_message_that_was_read_and_not_deleted_is_still_seen(ward: Ward) -> None:
    sqs = ward.cloud.client("sqs")
    url = _queue_named(ward, "PollerFailures")
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]

    problems = wrong(ward.examined(well=False))

    assert problems.keys() == {"dead letters"}
    assert "purge-queue" in problems["dead letters"]["commands"][1]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def _queue_named(ward: Ward, part: str) -> str:
    urls: list[str] = ward.cloud.client("sqs").list_queues()["QueueUrls"]
    (url,) = [one for one in urls if part in one]
    return url


def test_polls_that_stopped_are_late_after_three_hours(ward: Ward) -> None:
    assert wrong(ward.examined(well=False, minutes=181)).keys() == {"polls"}
    ward.examined(well=True, minutes=180)


def test_use_that_is_denied_is_mended_at_the_role_of_the_function(ward: Ward) -> None:
    denied = Refusal(403, "AccessDeniedException", "with an explicit deny in a policy")
    ward.cloud.gateway.inject("bedrock", "POST /agents/", denied, region=EUROPE, times=None)
    ward.polls(hours=24)

    problems = wrong(ward.examined(well=False))

    assert problems.keys() == {"use of models"}
    assert "agents in eu-west-1 could not be read" in problems["use of models"]["detail"]
    assert "PollerRole" in problems["use of models"]["mend"]
    assert "do bedrock:ListAgents in eu-west-1" in problems["use of models"]["mend"]
    make_healthy(ward.cloud)
    ward.polls(hours=24)
    ward.examined(well=True)


def test_an_alert_that_sns_refuses_is_undelivered_an_hour_later(ward: Ward) -> None:
    with ward.undelivered("Sonnet"):
        ward.examined(well=True)
        problems = wrong(ward.examined(well=False, minutes=61))

    assert problems.keys() == {"alerts"}
    assert "1 alert undelivered since" in problems["alerts"]["detail"]
    assert "Sonnet" in problems["alerts"]["detail"]
    ward.examined(well=True, minutes=61)


def test_an_older_stack_is_advised_to_be_upgraded(ward: Ward) -> None:
    with _told(ward, {"VERSION": "0.0.9"}):
        found = ward.examined(well=True)

        (version,) = [one for one in found if one["check"] == "version"]
        assert version["state"] == "advice"
        assert version["detail"].startswith("the stack is 0.0.9, this command line ")
        assert version["commands"] == ["git pull", "make deploy"]


def test_settings_that_this_version_cannot_read_block_no_other_check(ward: Ward) -> None:
    with _told(ward, {"SETTINGS": '{"of": "another version"}'}):
        found = ward.examined(well=False)

    assert {one["check"] for one in found if one["state"] == "skipped"} == {
        *("polls", "Regions", "use of models", "User Notifications")
    }
    assert len([one for one in found if one["state"] == "ok"]) > 8


@contextmanager
def _told(ward: Ward, changed: Mapping[str, str]) -> Iterator[None]:
    """Let the poll function be told something else for as long as the context lasts."""
    client, name = ward.cloud.client("lambda"), ward.cloud.outputs["PollFunctionName"]
    before = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    client.update_function_configuration(
        FunctionName=name, Environment={"Variables": {**before, **changed}}
    )
    yield
    client.update_function_configuration(FunctionName=name, Environment={"Variables": before})


def test_an_alarm_and_one_that_may_not_speak_are_named(ward: Ward) -> None:
    cloudwatch = ward.cloud.client("cloudwatch")
    names = [one["AlarmName"] for one in cloudwatch.describe_alarms()["MetricAlarms"]]
    (stopped,) = [name for name in names if "PollsStopped" in name]
    cloudwatch.set_alarm_state(AlarmName=stopped, StateValue="ALARM", StateReason="no data")
    cloudwatch.disable_alarm_actions(AlarmNames=[stopped])

    found = [one for one in ward.examined(well=False) if one["check"] == "alarms"]

    in_alarm, mute = found
    assert f"{stopped} is in alarm since" in in_alarm["detail"]
    assert in_alarm["detail"].endswith(": no data")
    assert "no poll was completed" in in_alarm["mend"]
    assert mute["commands"] == [
        f"aws cloudwatch enable-alarm-actions --alarm-names {stopped} --region us-east-1"
    ]
    cloudwatch.set_alarm_state(AlarmName=stopped, StateValue="OK", StateReason="data")
    cloudwatch.enable_alarm_actions(AlarmNames=[stopped])


def test_what_keeps_health_events_away_is_named(ward: Ward) -> None:
    events, functions = ward.cloud.client("events"), ward.cloud.client("lambda")
    (rule,) = events.list_rules(NamePrefix="BedrockLifecycleNotifier-Health")["Rules"]
    (mapping,) = functions.list_event_source_mappings()["EventSourceMappings"]
    events.disable_rule(Name=rule["Name"])
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)

    found = [one for one in ward.examined(well=False) if one["check"] == "Health events"]

    assert [one["state"] for one in found] == ["problem", "problem"]
    rule_on, mapping_on = (one["commands"] for one in found)
    assert rule_on == [f"aws events enable-rule --name {rule['Name']} --region us-east-1"]
    enabled = f"aws lambda update-event-source-mapping --uuid {mapping['UUID']} --enabled"
    assert mapping_on == [f"{enabled} --region us-east-1"]
    events.enable_rule(Name=rule["Name"])
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def test_who_left_one_topic_or_both_is_seen(ward: Ward) -> None:
    with ward.cloud.nobody_subscribed("OperationsTopicArn"):
        found = ward.examined(well=False)
        assert "reach nobody" in wrong(found)["subscriptions"]["detail"]
        assert advised(found) == {"Health forwarders", "subscriptions"}
    ward.examined(well=True)


def test_a_forwarder_is_looked_at_in_its_own_region(ward: Ward) -> None:
    side = forwarder(WEST)
    template = json.dumps(templates({"emails": ADDRESS})[side.name])
    client = ward.cloud.client("cloudformation", region=WEST)
    client.create_stack(StackName=side.name, TemplateBody=template, Capabilities=["CAPABILITY_IAM"])
    client.get_waiter("stack_create_complete").wait(StackName=side.name)
    assert advised(ward.examined(well=True)) == set()

    events = ward.cloud.client("events", region=WEST)
    (rule,) = events.list_rules(NamePrefix=side.name)["Rules"]
    events.disable_rule(Name=rule["Name"])
    (found,) = wrong(ward.examined(well=False)).values()
    assert found["check"] == "Health forwarders"
    assert found["commands"] == [f"aws events enable-rule --name {rule['Name']} --region us-west-2"]
    client.delete_stack(StackName=side.name)
