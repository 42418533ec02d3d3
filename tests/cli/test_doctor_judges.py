"""What the doctor thinks of what it finds, case by case. Nothing is asked here."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from aws_cdk import App, Stack

from bedrock_lifecycle.checks import (
    chat,
    contacts,
    credentials,
    failures,
    health,
    key,
    listening,
    polls,
    stack,
    user_notifications,
)
from bedrock_lifecycle.checks.finding import Commands, Finding, State
from bedrock_lifecycle.checks.listening import Subscription, Topic
from bedrock_lifecycle.checks.stack import Standing
from infra import keys, side_stacks
from infra.config import load
from notifier.health_memory import ApiState
from notifier.ledger import Record
from notifier.model import Kind, Member, RegionState
from notifier.render.document import Notification
from notifier.snapshot import State as Memory
from notifier.usage import ReadFailure, Reading, RegionUsage, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
REGION: Final = "eu-central-1"
COMMANDS: Final = Commands(REGION)
POLLER: Final = polls.Poller("poll-role", "aws logs tail /poll")
OK, PROBLEM, ADVICE = State.OK, State.PROBLEM, State.ADVICE
EAST, WEST = "us-east-1", "us-west-2"


def told(findings: Iterable[Finding]) -> list[tuple[State, str]]:
    """Give what was found; whatever is not well must say what mends it."""
    found = list(findings)
    assert all(one.mend for one in found if one.state is not OK)
    assert not any(one.mend or one.commands for one in found if one.state is OK)
    return [(one.state, one.detail) for one in found]


def states(findings: Iterable[Finding]) -> list[State]:
    return [state for state, _ in told(findings)]


def judged(finding: Finding) -> State:
    (state,) = states([finding])
    return state


# How commands are written


def test_commands_name_region_profile_and_a_stack_of_another_name() -> None:
    there = Commands(REGION, "work", "Other")

    assert there.aws("sns", "list-topics") == (
        "aws sns list-topics --region eu-central-1 --profile work"
    )
    assert there.aws("kms", "list-keys", region=EAST).endswith("--region us-east-1 --profile work")
    assert there.ours("poll").endswith("--stack-name Other")
    assert COMMANDS.ours("poll") == "bedrock-lifecycle poll --region eu-central-1"


def test_what_comes_from_aws_is_one_word_of_a_command_whatever_it_is() -> None:
    hostile = "$(touch gone)'; `id` \"&& rm"
    assert shlex.split(COMMANDS.aws("sns", "subscribe", hostile))[3] == hostile


# Access


def test_a_region_without_bedrock_is_mentioned() -> None:
    known = frozenset({REGION, EAST})
    assert judged(credentials.region_finding(REGION, known, "arn:me")) is OK
    assert judged(credentials.region_finding("eu-isoe-9", known, "arn:me")) is ADVICE


def test_a_botocore_that_drops_dates_is_named_with_what_it_drops() -> None:
    all_of_them = {"status", "legacyTime", "publicExtendedAccessTime", "endOfLifeTime"}
    assert judged(credentials.date_fields_finding(all_of_them, "1.44.5")) is OK

    old = credentials.date_fields_finding({"status", "legacyTime"}, "1.42.40")
    assert judged(old) is PROBLEM
    assert "publicExtendedAccessTime, endOfLifeTime" in old.detail
    assert "pip install --upgrade 'boto3>=1.42.60'" in old.commands


# Stack


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("CREATE_COMPLETE", OK),
        ("UPDATE_COMPLETE", OK),
        ("IMPORT_COMPLETE", OK),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", ADVICE),
        ("UPDATE_IN_PROGRESS", ADVICE),
        ("UPDATE_ROLLBACK_COMPLETE", PROBLEM),
        ("ROLLBACK_COMPLETE", PROBLEM),
        ("ROLLBACK_FAILED", PROBLEM),
        ("CREATE_FAILED", PROBLEM),
        ("DELETE_FAILED", PROBLEM),
    ],
)
def test_a_stack_is_well_when_it_is_what_it_was_last_meant_to_be(status: str, state: State) -> None:
    found = stack.stack_finding("stack", "Mine", REGION, status, COMMANDS)

    assert judged(found) is state
    assert status in found.detail
    if state is PROBLEM:
        assert found.commands[-1] == "make deploy"


@pytest.mark.parametrize(
    ("deployed", "mine", "state", "command"),
    [
        pytest.param("0.2.0", "0.2.0", OK, "", id="the same"),
        pytest.param("0.2.0", "0.10.0", ADVICE, "make deploy", id="an older stack"),
        pytest.param("0.10.0", "0.2.0", ADVICE, "pipx install --force .", id="a newer stack"),
        pytest.param(None, "0.2.0", ADVICE, "make deploy", id="a stack that does not say"),
        pytest.param("1.0rc1", "0.2.0", ADVICE, "make deploy", id="versions not to be compared"),
    ],
)
def test_another_version_is_advice(
    deployed: str | None, mine: str, state: State, command: str
) -> None:
    found = stack.version_finding(deployed, mine)

    assert judged(found) is state
    assert (found.commands or ("",))[-1] == command


@pytest.mark.parametrize(
    ("found", "state"),
    [
        pytest.param(None, ADVICE, id="none"),
        pytest.param(Standing("UPDATE_COMPLETE", {"BootstrapVersion": "33"}), OK, id="new"),
        pytest.param(Standing("UPDATE_COMPLETE", {"BootstrapVersion": "5"}), ADVICE, id="old"),
        pytest.param(Standing("CREATE_COMPLETE", {}), OK, id="without a version"),
        pytest.param(Standing("ROLLBACK_COMPLETE", {}), ADVICE, id="rolled back"),
        pytest.param(Standing("ROLLBACK_FAILED", {}), ADVICE, id="failed"),
    ],
)
def test_bootstrapping_matters_for_the_next_upgrade_only(
    found: Standing | None, state: State
) -> None:
    assert judged(stack.bootstrap_finding(found, REGION)) is state


# Encryption key


def _policy(**allowed: list[str]) -> dict[str, Any]:
    services = {"cloudwatch": "cloudwatch", "logs": f"logs.{REGION}", "events": "events"}
    statements: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Principal": {"Service": f"{services[name]}.amazonaws.com"},
            "Action": actions,
            "Resource": "*",
        }
        for name, actions in allowed.items()
        if name in services
    ]
    statements.append(
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": allowed.get("account", ["kms:*"]),
            "Resource": "*",
        }
    )
    return {"Version": "2012-10-17", "Statement": statements}


_KEY_ARN: Final = f"arn:aws:kms:{REGION}:123456789012:key/0000"
_RW: Final = ["kms:Decrypt", "kms:GenerateDataKey*"]
_LOGS: Final = ["kms:*crypt*", "kms:GenerateDataKey*", "kms:Describe*"]


@pytest.mark.parametrize(
    ("policy", "lacking"),
    [
        pytest.param(_policy(cloudwatch=_RW, events=_RW, logs=_LOGS), [], id="all by patterns"),
        pytest.param(
            _policy(cloudwatch=["KMS:*"], events=["*"], logs=["kms:*"]), [], id="all by wildcards"
        ),
        pytest.param(
            _policy(cloudwatch=["kms:Decrypt"], events=_RW, logs=_LOGS),
            ["cloudwatch.amazonaws.com do kms:GenerateDataKey"],
            id="one action missing",
        ),
        pytest.param(
            _policy(cloudwatch=_RW, events=_RW),
            [f"logs.{REGION}.amazonaws.com do kms:Decrypt"],
            id="one service missing",
        ),
        pytest.param(
            _policy(cloudwatch=_RW, events=_RW, logs=_LOGS, account=["kms:List*"]),
            ["this account's roles do kms:Decrypt and kms:GenerateDataKey"],
            id="the account may not grant",
        ),
        pytest.param(
            {
                "Statement": {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "kms:*",
                    "Resource": "*",
                }
            },
            ["cloudwatch", "logs", "events", "this account's roles"],
            id="a statement that denies allows nothing",
        ),
        pytest.param(
            {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:*"}},
            [],
            id="everybody, in one statement",
        ),
    ],
)
def test_a_key_lets_in_who_needs_it_or_is_named_with_what_it_lacks(
    policy: Mapping[str, Any], lacking: list[str]
) -> None:
    found = list(key.policy_findings(_KEY_ARN, policy, "123456789012", COMMANDS))

    assert states(found) == ([PROBLEM] * len(lacking) or [OK])
    for one, words in zip(found, lacking, strict=False):
        assert words in one.detail


def test_the_statements_that_a_deployment_asks_for_are_what_is_looked_for() -> None:
    """Neither more nor less: each of them alone taken away is missed."""
    asked = [one.to_json() for one in keys.service_statements("aws", REGION, "123456789012")]
    statements = Stack(App(), "Any").resolve(asked)
    whole = {"Statement": [*statements, *_policy()["Statement"]]}
    assert states(key.policy_findings(_KEY_ARN, whole, "123456789012", COMMANDS)) == [OK]

    for index in range(len(statements)):
        rest = [*statements[:index], *statements[index + 1 :], *_policy()["Statement"]]
        cut = key.policy_findings(_KEY_ARN, {"Statement": rest}, "123456789012", COMMANDS)
        assert states(cut) == [PROBLEM]


@pytest.mark.parametrize(
    ("state", "commands"),
    [
        ("Enabled", []),
        ("Disabled", ["enable-key"]),
        ("PendingDeletion", ["cancel-key-deletion", "enable-key"]),
    ],
)
def test_a_key_that_is_not_enabled_is_a_problem(state: str, commands: list[str]) -> None:
    found = key.key_finding(_KEY_ARN, state, COMMANDS)

    assert judged(found) is (PROBLEM if commands else OK)
    assert [shlex.split(one)[2] for one in found.commands] == commands


# Polls


def _schedule(state: str) -> dict[str, str]:
    return {"State": state, "ScheduleExpression": "rate(1 hour)"}


@pytest.mark.parametrize(
    ("schedules", "expected"),
    [
        pytest.param({}, [PROBLEM], id="none"),
        pytest.param({"a": _schedule("ENABLED"), "b": _schedule("ENABLED")}, [OK], id="on"),
        pytest.param({"a": _schedule("ENABLED"), "b": _schedule("DISABLED")}, [PROBLEM], id="off"),
    ],
)
def test_a_schedule_that_is_off_is_a_problem(
    schedules: Mapping[str, Mapping[str, str]], expected: list[State]
) -> None:
    assert states(polls.schedule_findings(schedules)) == expected


@pytest.mark.parametrize(
    ("completed", "minutes", "state"),
    [
        pytest.param(None, 60, PROBLEM, id="never"),
        pytest.param(NOW - 3 * HOUR, 60, OK, id="just three rates ago"),
        pytest.param(NOW - 3 * HOUR - timedelta(seconds=1), 60, PROBLEM, id="longer"),
        pytest.param(NOW - 3 * HOUR - timedelta(seconds=1), 1440, OK, id="longer, but daily"),
        pytest.param(NOW - timedelta(minutes=16), 5, PROBLEM, id="every five minutes"),
    ],
)
def test_polls_are_late_after_three_of_their_rates(
    completed: datetime | None, minutes: int, state: State
) -> None:
    rate = timedelta(minutes=minutes)
    assert judged(polls.poll_finding(completed, rate, NOW, POLLER.log, COMMANDS)) is state


def _covered(region: str, failure: str | None = None, hours: int = 0) -> RegionState:
    since = NOW - hours * HOUR if failure else None
    return RegionState(region, NOW - 900 * HOUR, failing_since=since, failure=failure)


_NEVER: Final = RegionState(WEST, failing_since=NOW, failure="UnrecognizedClientException")


@pytest.mark.parametrize(
    ("regions", "expected"),
    [
        pytest.param([_covered(EAST)], [(OK, "1 Region answered")], id="all answer"),
        pytest.param(
            [_covered(EAST), _covered(REGION, "ReadTimeoutError", 23)],
            [(ADVICE, f"{REGION}: no usable answer"), (OK, "1 Region")],
            id="fails since less than a day",
        ),
        pytest.param(
            [_covered(EAST, "ReadTimeoutError", 24)],
            [(PROBLEM, "2026-11-19 12:00 UTC (ReadTimeoutError)")],
            id="fails for a day",
        ),
        pytest.param(
            [_covered(EAST, "AccessDeniedException", 1), _covered(REGION, "EmptyAnswer", 1)],
            [(PROBLEM, EAST), (ADVICE, "lists no models")],
            id="denied since an hour",
        ),
        pytest.param(
            [_covered(REGION, "Throttling", 1), _covered(EAST, "Throttling", 30)],
            [(PROBLEM, f"{REGION} and {EAST}: no usable answer since Thu 2026-11-19 06:00")],
            id="several alike are one finding, since the first",
        ),
        pytest.param(
            [_covered(EAST), _NEVER],
            [(OK, "1 Region"), (ADVICE, f"{WEST} (UnrecognizedClientException)")],
            id="one never covered",
        ),
        pytest.param([_NEVER], [(PROBLEM, "never covered")], id="none covered at all"),
        pytest.param([], [], id="never polled"),
    ],
)
def test_a_region_is_a_problem_when_it_does_not_come_back_by_itself(
    regions: list[RegionState], expected: list[tuple[State, str]]
) -> None:
    found = told(polls.region_findings(regions, NOW, POLLER))

    assert [state for state, _ in found] == [state for state, _ in expected]
    for (_, detail), (_, words) in zip(found, expected, strict=True):
        assert words in detail


def test_a_denied_region_is_mended_at_the_role_of_the_function() -> None:
    (found,) = polls.region_findings([_covered(EAST, "AccessDeniedException")], NOW, POLLER)
    assert "the role poll-role do bedrock:ListFoundationModels in us-east-1" in found.mend


def _usage(region: str, *failed: tuple[Source, ReadFailure]) -> RegionUsage:
    readings = {source: Reading(failure=failure) for source, failure in failed}
    return RegionUsage(region, read_on=NOW.date(), readings=readings)


def _denied(call: str, words: str = "explicit deny") -> ReadFailure:
    return ReadFailure("AccessDeniedException", f"{call}: {words}", permanent=True)


_THROTTLED: Final = ReadFailure("ThrottlingException", "bedrock:ListFlows: slow down")


def test_use_that_nobody_may_read_is_one_finding_for_each_missing_action() -> None:
    named = "User: arn is not authorized to perform: bedrock:GetAgent on resource: x"
    found = list(
        polls.use_findings(
            [
                _usage(EAST, (Source.AGENTS, _denied("bedrock:ListAgents", named))),
                _usage(WEST, (Source.AGENTS, _denied("bedrock:ListAgents"))),
                _usage(
                    REGION,
                    (Source.AGENTS, _denied("bedrock:ListAgents")),
                    (Source.FLOWS, _THROTTLED),
                ),
            ],
            POLLER,
            is_read=True,
        )
    )

    assert states(found) == [PROBLEM, PROBLEM, ADVICE]
    assert "do bedrock:GetAgent in us-east-1" in found[0].mend
    assert "do bedrock:ListAgents in eu-central-1 and us-west-2" in found[1].mend
    assert "flows in eu-central-1" in found[2].detail


@pytest.mark.parametrize(
    ("usage", "setting", "expected"),
    [
        pytest.param([_usage(EAST)], "usage=true", [(OK, "is read in 1 Region")], id="all read"),
        pytest.param([RegionUsage(EAST)], "usage=true", [(OK, "not been read yet")], id="not yet"),
        pytest.param(
            [_usage(EAST, (Source.AGENTS, _denied("bedrock:ListAgents")))],
            "usage=false",
            [(OK, "is not read (usage=false)")],
            id="nobody wants it read",
        ),
        pytest.param(
            [_usage(EAST, (Source.FLOWS, ReadFailure("UnexpectedAnswer", "x: y")))],
            "usage=true",
            [(ADVICE, "UnexpectedAnswer")],
            id="odd, and may pass",
        ),
        pytest.param(
            [_usage(EAST, (Source.FLOWS, ReadFailure("TooManyToRemember", "", permanent=True)))],
            "usage=true",
            [(PROBLEM, "TooManyToRemember")],
            id="will not pass",
        ),
    ],
)
def test_use_is_judged_by_what_passes(
    usage: list[RegionUsage], setting: str, expected: list[tuple[State, str]]
) -> None:
    found = told(polls.use_findings(usage, POLLER, is_read=setting == "usage=true"))

    assert [state for state, _ in found] == [state for state, _ in expected]
    assert all(words in detail for (_, detail), (_, words) in zip(found, expected, strict=True))


# Who hears


@pytest.mark.parametrize(
    ("memory", "state"),
    [
        pytest.param(Memory(), ADVICE, id="nothing polled"),
        pytest.param(Memory(last_completed_at=NOW), PROBLEM, id="polled, and nobody heard"),
        pytest.param(Memory(last_completed_at=NOW, baseline_told_at=NOW), OK, id="told"),
    ],
)
def test_the_first_message_must_not_wait_for_ever(memory: Memory, state: State) -> None:
    assert judged(listening.first_message_finding(memory, COMMANDS)) is state


def _waiting(
    minutes: int, kind: Kind = Kind.DEADLINE, channels: Mapping[str, datetime] | None = None
) -> Record:
    members = (Member("m", EAST, "0"),)
    notification = Notification({"alert_id": "a", "subject": f"{kind} of Sonnet"})
    decided = NOW - timedelta(minutes=minutes)
    return Record(notification, kind, decided, (), members, channels=channels or {})


@pytest.mark.parametrize(
    ("waiting", "unreadable", "words"),
    [
        pytest.param([], [], "", id="none"),
        pytest.param([_waiting(60)], [], "", id="an hour old"),
        pytest.param([_waiting(61)], [], "1 alert undelivered since", id="older"),
        pytest.param(
            [_waiting(61), _waiting(90)],
            [],
            "2 alerts undelivered since Fri 2026-11-20 10:30",
            id="several, since the first",
        ),
        pytest.param([_waiting(900, Kind.DIGEST)], [], "", id="a digest that polls renew"),
        pytest.param(
            [_waiting(900, Kind.DIGEST, {"sns": NOW})],
            [],
            "“DIGEST of Sonnet”",
            id="a digest that one channel has",
        ),
        pytest.param([], ["abc"], "abc, which nobody can read", id="one that cannot be read"),
    ],
)
def test_an_alert_that_waits_for_more_than_an_hour_is_a_problem(
    waiting: list[Record], unreadable: list[str], words: str
) -> None:
    found = listening.alerts_finding(waiting, unreadable, NOW, COMMANDS)

    assert judged(found) is (PROBLEM if words else OK)
    assert words in found.detail


TOPIC: Final = f"arn:aws:sns:{REGION}:123456789012:alerts"


def _topic(*subscriptions: tuple[str, str, str], carries: str = "alerts") -> Topic:
    return Topic(TOPIC, carries, tuple(Subscription(*one) for one in subscriptions))


def _email(address: str, arn: str = f"{TOPIC}:1") -> tuple[str, str, str]:
    return "email", address, arn


PENDING: Final = "PendingConfirmation"
QUEUE: Final = ("sqs", "arn:aws:sqs:x:1:q", f"{TOPIC}:2")


@pytest.mark.parametrize(
    ("topic", "channels", "expected"),
    [
        pytest.param(
            _topic(_email("b@x.org"), _email("a@x.org"), QUEUE),
            "e-mail",
            [(OK, "alerts reach a@x.org, b@x.org and 1 other subscriber")],
            id="all confirmed",
        ),
        pytest.param(
            _topic(_email("a@x.org", PENDING), _email("b@x.org")),
            "e-mail",
            [(PROBLEM, "a@x.org has not confirmed"), (OK, "reach b@x.org")],
            id="one pending",
        ),
        pytest.param(
            _topic(_email("a@x.org", "pending confirmation")),
            "chat alone",
            [(PROBLEM, "nobody else hears them"), (OK, "chat was chosen alone")],
            id="pending in another spelling, beside a chat",
        ),
        pytest.param(
            _topic(_email("a@x.org", PENDING)),
            "e-mail",
            [(PROBLEM, "nobody else hears them")],
            id="the only one pending",
        ),
        pytest.param(
            _topic(_email("a@x.org", "Deleted")),
            "e-mail",
            [(PROBLEM, "reach nobody")],
            id="the only one is gone",
        ),
        pytest.param(_topic(), "e-mail", [(PROBLEM, "reach nobody")], id="none"),
        pytest.param(
            _topic(), "chat alone", [(OK, "chat was chosen alone")], id="none, and chat alone"
        ),
        pytest.param(
            _topic(QUEUE), "e-mail", [(OK, "1 subscriber that is no mailbox")], id="a queue alone"
        ),
    ],
)
def test_who_has_not_confirmed_hears_nothing(
    topic: Topic, channels: str, expected: list[tuple[State, str]]
) -> None:
    alone = channels == "chat alone"
    found = told(listening.topic_findings(topic, COMMANDS, may_be_empty=alone))

    assert [state for state, _ in found] == [state for state, _ in expected]
    assert all(words in detail for (_, detail), (_, words) in zip(found, expected, strict=True))


def test_a_pending_address_can_be_sent_another_link() -> None:
    (found,) = listening.topic_findings(_topic(_email("a@x.org", PENDING)), COMMANDS)

    assert shlex.split(found.commands[-1]) == [
        *("aws", "sns", "subscribe", "--topic-arn", TOPIC, "--protocol", "email"),
        *("--notification-endpoint", "a@x.org", "--region", REGION),
    ]


def test_an_address_on_one_topic_only_is_mentioned_with_the_other_topic() -> None:
    alerts = _topic(_email("Both@x.org"), _email("models@x.org"), QUEUE)
    operations = _topic(_email("both@x.org", PENDING), _email("ops@x.org"), carries="alarms")
    found = told(listening.lopsided_findings(alerts, operations, COMMANDS))

    assert found == [
        (ADVICE, "models@x.org is subscribed to alerts but not to alarms"),
        (ADVICE, "ops@x.org is subscribed to alarms but not to alerts"),
    ]


@pytest.mark.parametrize(
    ("subscription", "state"),
    [
        (("https", "https://chat", f"{TOPIC}:3"), OK),
        (("https", "https://chat", PENDING), PROBLEM),
        (QUEUE, PROBLEM),
    ],
)
def test_only_a_channel_counts_as_a_reader_of_the_chat_topic(
    subscription: tuple[str, str, str], state: State
) -> None:
    assert judged(chat.chat_topic_finding(_topic(subscription))) is state


CHAT, OPERATIONS = f"{TOPIC}-chat", f"{TOPIC}-operations"


@pytest.mark.parametrize(
    ("channels", "expected"),
    [
        pytest.param([], [(PROBLEM, "no channel")], id="none"),
        pytest.param(
            [chat.Channel("other", (OPERATIONS,))], [(PROBLEM, "no channel")], id="another's"
        ),
        pytest.param(
            [chat.Channel("dev", (CHAT, OPERATIONS), "ENABLED"), chat.Channel("x", ())],
            [(OK, "dev reads alerts and alarms")],
            id="ours",
        ),
        pytest.param(
            [chat.Channel("dev", (CHAT, OPERATIONS))], [(OK, "dev")], id="of unknown state"
        ),
        pytest.param(
            [chat.Channel("dev", (CHAT, OPERATIONS), "DISABLED", "archived")],
            [(PROBLEM, "dev is disabled: archived")],
            id="disabled",
        ),
        pytest.param([chat.Channel("dev", (CHAT,))], [(ADVICE, "no alarms")], id="without alarms"),
    ],
)
def test_a_channel_must_read_the_chat_topic_and_be_enabled(
    channels: list[chat.Channel], expected: list[tuple[State, str]]
) -> None:
    found = told(chat.channel_findings(channels, CHAT, OPERATIONS))

    assert [state for state, _ in found] == [state for state, _ in expected]
    assert all(words in detail for (_, detail), (_, words) in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("hubs", "state"),
    [
        ([], PROBLEM),
        ([user_notifications.Hub(EAST, "REGISTERING")], PROBLEM),
        ([user_notifications.Hub(EAST, "INACTIVE"), user_notifications.Hub(WEST, "ACTIVE")], OK),
    ],
)
def test_one_hub_must_be_active(hubs: list[user_notifications.Hub], state: State) -> None:
    assert judged(user_notifications.hub_finding(hubs)) is state


def test_an_address_that_nobody_activated_can_be_sent_another_code() -> None:
    arn = "arn:aws:notifications-contacts::123456789012:emailcontact/a"
    found = list(
        user_notifications.contact_findings(
            [
                user_notifications.Contact(arn, "a@x.org", "inactive"),
                user_notifications.Contact(arn, "b@x.org", "active"),
            ],
            COMMANDS,
        )
    )

    assert told(found)[0][1].startswith("a@x.org is inactive")
    assert states(found) == [PROBLEM, OK]
    assert found[0].commands == (
        f"aws notificationscontacts send-activation-code --arn {arn} --region us-east-1",
    )


def test_without_its_stack_nothing_of_user_notifications_can_arrive() -> None:
    missing = user_notifications.stack_finding_or_none(None, COMMANDS)
    there = user_notifications.stack_finding_or_none(Standing("CREATE_COMPLETE", {}), COMMANDS)
    assert (judged(missing), judged(there)) == (PROBLEM, OK)


# AWS Health


def test_stacks_beside_the_main_one_have_the_names_and_places_that_are_deployed() -> None:
    every = load({"emails": "you@example.com", "user_notifications": "true"})
    ours = {(health.forwarder_name(one), one) for one in health.FORWARDED_FROM}
    ours.add((user_notifications.NAME, user_notifications.REGION))

    assert ours == {(one.name, one.region) for one in side_stacks.wanted(every, REGION)}


@pytest.mark.parametrize(("state", "expected"), [("ENABLED", OK), ("DISABLED", PROBLEM)])
def test_a_rule_that_is_off_catches_nothing(state: str, expected: State) -> None:
    (found,) = health.rule_findings("rules", {"r": state}, COMMANDS, WEST)

    assert judged(found) is expected
    if expected is PROBLEM:
        assert found.commands == (f"aws events enable-rule --name r --region {WEST}",)


def test_without_a_rule_nothing_is_caught() -> None:
    assert states(health.rule_findings("rules", {}, COMMANDS)) == [PROBLEM]


@pytest.mark.parametrize(
    ("mappings", "expected"),
    [
        ({}, PROBLEM),
        ({"u": "Enabled"}, OK),
        ({"u": "Updating"}, OK),
        ({"u": "Disabled"}, PROBLEM),
        ({"u": "Disabling"}, PROBLEM),
    ],
)
def test_events_must_be_fetched_from_their_queue(mappings: dict[str, str], expected: State) -> None:
    assert states(health.mapping_findings(mappings, COMMANDS)) == [expected]


@pytest.mark.parametrize(
    ("found", "main", "expected"),
    [
        pytest.param(health.Forwarder(WEST, None, {}), EAST, [ADVICE], id="not there"),
        pytest.param(
            health.Forwarder(WEST, "CREATE_COMPLETE", {"r": "ENABLED"}), EAST, [OK], id="well"
        ),
        pytest.param(
            health.Forwarder(WEST, "UPDATE_COMPLETE", {"r": "DISABLED"}), EAST, [PROBLEM], id="off"
        ),
        pytest.param(
            health.Forwarder(WEST, "ROLLBACK_COMPLETE", {}), EAST, [PROBLEM], id="not whole"
        ),
        pytest.param(health.Forwarder(EAST, None, {}), EAST, [], id="none beside the main stack"),
        pytest.param(
            health.Forwarder(EAST, "CREATE_COMPLETE", {"r": "ENABLED"}),
            EAST,
            [PROBLEM],
            id="of another main stack",
        ),
    ],
)
def test_forwarders_stand_where_the_main_stack_is_not(
    found: health.Forwarder, main: str, expected: list[State]
) -> None:
    assert states(health.forwarder_findings(found, main, COMMANDS)) == expected


def _api(failure: str, hours: int) -> ApiState:
    return ApiState(failure=failure, failing_since=NOW - hours * HOUR)


@pytest.mark.parametrize(
    ("state", "expected", "words"),
    [
        pytest.param(ApiState(), OK, "not been asked", id="not asked"),
        pytest.param(ApiState(first_read_at=NOW), OK, "answers", id="answers"),
        pytest.param(
            _api("SubscriptionRequiredException", 900), OK, "support plan", id="no support plan"
        ),
        pytest.param(_api("AccessDeniedException", 1), PROBLEM, "Denied", id="denied"),
        pytest.param(_api("ThrottlingException", 1), ADVICE, "Throttling", id="for an hour"),
        pytest.param(_api("ThrottlingException", 24), PROBLEM, "Throttling", id="for a day"),
    ],
)
def test_the_health_api_may_be_missing_but_not_denied(
    state: ApiState, expected: State, words: str
) -> None:
    found = health.api_finding(state, NOW, POLLER)

    assert judged(found) is expected
    assert words in found.detail


# Failures


def _queue(name: str, messages: int, ends_in: str | None = None) -> failures.Queue:
    arn = f"arn:aws:sqs:{REGION}:123456789012:{name}"
    end = f"arn:aws:sqs:{REGION}:123456789012:{ends_in}" if ends_in else None
    return failures.Queue(f"https://sqs/{name}", arn, messages, end)


def test_only_queues_in_which_messages_end_are_looked_into() -> None:
    queues = [_queue("events", 7, "dead"), _queue("dead", 0), _queue("failed", 0)]
    assert told(failures.dead_letter_findings(queues, COMMANDS)) == [(OK, "none in 2 queues")]


def test_dead_letters_go_back_to_where_they_came_from_if_they_came_from_a_queue() -> None:
    queues = [_queue("events", 0, "dead"), _queue("dead", 2), _queue("failed", 1)]
    from_queue, other = failures.dead_letter_findings(queues, COMMANDS)

    assert (from_queue.detail, other.detail) == ("2 messages in dead", "1 message in failed")
    assert "start-message-move-task" in from_queue.commands[1]
    assert from_queue.commands[1].split("--destination-arn ")[1].startswith(queues[0].arn)
    assert "purge-queue --queue-url https://sqs/failed" in other.commands[1]


def _alarm(state: str, *, has_actions: bool = True, may_act: bool = True) -> failures.Alarm:
    return failures.Alarm("A", state, NOW, "crossed", "look there", has_actions, may_act)


@pytest.mark.parametrize(
    ("alarms", "expected"),
    [
        pytest.param([], [(PROBLEM, "has none")], id="none"),
        pytest.param([_alarm("OK"), _alarm("OK")], [(OK, "none of 2 is in alarm")], id="calm"),
        pytest.param(
            [_alarm("OK"), _alarm("INSUFFICIENT_DATA")],
            [(OK, "none of 2 is in alarm, 1 without enough data yet")],
            id="young",
        ),
        pytest.param(
            [_alarm("ALARM"), _alarm("OK")],
            [(PROBLEM, "A is in alarm since Fri 2026-11-20 12:00 UTC: crossed")],
            id="in alarm",
        ),
        pytest.param(
            [_alarm("ALARM", has_actions=False)],
            [(ADVICE, "is in alarm")],
            id="about a model's end",
        ),
        pytest.param(
            [_alarm("OK", may_act=False)], [(PROBLEM, "disabled"), (OK, "none of 1")], id="mute"
        ),
        pytest.param(
            [_alarm("OK", has_actions=False, may_act=False)],
            [(OK, "none of 1")],
            id="mute, with nothing to say",
        ),
    ],
)
def test_alarms_must_be_calm_and_may_speak(
    alarms: list[failures.Alarm], expected: list[tuple[State, str]]
) -> None:
    found = told(failures.alarm_findings(alarms, COMMANDS))

    assert [state for state, _ in found] == [state for state, _ in expected]
    assert all(words in detail for (_, detail), (_, words) in zip(found, expected, strict=True))


# AWS's own notices


def test_each_missing_contact_is_one_command() -> None:
    (found,) = contacts.contact_findings(["SECURITY"], COMMANDS)

    assert judged(found) is ADVICE
    assert "none for operations and billing" in found.detail
    kinds = [shlex.split(one)[4] for one in found.commands]
    assert kinds == ["OPERATIONS", "BILLING"]


def test_an_account_with_all_contacts_is_well() -> None:
    assert states(contacts.contact_findings(["OPERATIONS", "SECURITY", "BILLING"], COMMANDS)) == [
        OK
    ]
