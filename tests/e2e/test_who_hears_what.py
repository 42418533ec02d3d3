"""Filters, digest, snoozes and the chat on one deployed stack: who hears what, when, and once.

Every story begins on a Monday after all that came before it is over.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import pytest

from infra.routing import Subscriber, subscribers
from local_aws.cloud import local_cloud
from local_aws.emulator import ACCOUNT_ID, PROJECT
from local_aws.fake_bedrock import INTERNAL_ERROR, FoundationModel
from local_aws.fake_health import FakeHealthEvent, event_arn
from local_aws.gateway import UNAVAILABLE, Refusal
from local_aws.health_deliveries import as_eventbridge
from tests.e2e.conftest import EAST, EUROPE, KEEPERS, WEST, Stage
from tests.e2e.person import Person

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from local_aws.cloud import LocalCloud, Notification

pytestmark = pytest.mark.e2e

REGIONS = (EAST, WEST, EUROPE)
# In a year and more, every date of a story has passed, and nothing that was called is in use.
BETWEEN_STORIES: Final = timedelta(weeks=58)
DENIED = Refusal(403, "AccessDeniedException", "with an explicit deny in a policy")
PUT_ITEM: Final = re.compile(r"""aws dynamodb put-item .*? --item '({.*?})'""", re.DOTALL)
SETTINGS: Final = {
    "emails": "you@example.com,"
    "ml-team@example.com:severity=critical,warning;provider=Anthropic,"
    "managers@example.com:kind=DIGEST,BASELINE",
    "slack_workspace_id": "T0123ABCD",
    "slack_channel_id": "C0123ABCD",
    "watch": "watched.*",
    # Not the others, which this Bedrock has no word of: every poll of a new day would ask them.
    "regions": f"{EAST},{WEST},{EUROPE}",
}
ROUTES: Final = {
    "ml team": "severity=critical,warning;provider=anthropic",
    "managers": "kind=DIGEST,BASELINE",
    "those with an end ahead": "in_use=true;milestone=END_OF_LIFE",
}
# The same in the words of this test, which must not ask the code what it means.
LETS_THROUGH: Final[Mapping[str, Mapping[str, set[str]]]] = {
    "ml team": {"severity": {"critical", "warning"}, "provider": {"anthropic"}},
    "managers": {"kind": {"DIGEST", "BASELINE"}},
    "those with an end ahead": {"in_use": {"true"}, "milestone": {"END_OF_LIFE"}},
}


def model(model_id: str, name: str, provider: str = "Acme") -> FoundationModel:
    return FoundationModel(id=model_id, name=name, provider=provider)


class HeardStage(Stage):
    """The stage with a queue for each route, and one that hears what the chat hears."""

    def __init__(self, cloud: LocalCloud) -> None:
        """Subscribe the queues, let every Region list the keepers, and begin on a Monday."""
        super().__init__(cloud)
        self.monday = datetime(2030, 1, 7, tzinfo=UTC)
        self.queues = {
            name: cloud.subscribe_queue("AlertsTopicArn", _subscriber(route).filter_policy)
            for name, route in ROUTES.items()
        }
        self._chat_queue = cloud.subscribe_queue("ChatTopicArn")
        self._listed: dict[str, dict[str, FoundationModel]] = {region: {} for region in REGIONS}
        self.lists(*KEEPERS, regions=REGIONS)

    def lists(self, *models: FoundationModel, regions: Iterable[str] = (EAST,)) -> None:
        """Let Regions list these models, in place of what they were."""
        for region in regions:
            self._listed[region] |= {one.id: one for one in models}
            self.cloud.bedrock.set_catalog(region, list(self._listed[region].values()))

    def drops(self, one: FoundationModel, region: str = EAST) -> None:
        """Let a Region list a model no more."""
        del self._listed[region][one.id]
        self.lists(regions=(region,))

    def ends(
        self, one: FoundationModel, day: int, *regions: str, name: str | None = None
    ) -> FoundationModel:
        """Let a model be Legacy from now on, with its end of life on a day of the story."""
        dying = FoundationModel(
            id=one.id,
            name=name or one.name,
            provider=one.provider,
            status="LEGACY",
            end_of_life=self.at(day, 8),
        )
        self.lists(dying, regions=regions or (EAST,))
        return dying

    def is_called(self, one: FoundationModel, first: int, last: int, region: str = EAST) -> None:
        """Let the account call a model from one day of the story to another, too often to idle."""
        for day in (*range(first, last, 5), last):
            on = self.at(day).date()
            self.cloud.account.invoked(region, one.id, on, invocations=3)

    def at(self, day: int, hour: int = 10, minute: int = 0) -> datetime:
        """Give a time of the story, whose day 0 is a Monday."""
        return self.monday + timedelta(days=day, hours=hour, minutes=minute)

    def poll_at(self, day: int, hour: int = 10, minute: int = 0) -> list[Notification]:
        """Poll, and give what the alerts topic has told."""
        answer = self.cloud.poll(self.at(day, hour, minute))
        assert answer.function_error is None, answer.log_tail
        return self.told()

    def digest_at(self, day: int) -> list[Notification]:
        """Tell the digest of nine o'clock, and give what the alerts topic has told."""
        answer = self.cloud.digest(self.at(day, 9))
        assert answer.function_error is None, answer.log_tail
        return self.told()

    def chat(self) -> list[dict[str, Any]]:
        """Take what the chat topic has told."""
        return [one.document for one in self.cloud.taken_from(self._chat_queue)]

    def says(self, said: int, one: FoundationModel, day: int, **given: str) -> None:
        """Write the documentation's item number `said` about a model, on a day of the story."""
        text = (PROJECT / "docs" / "notifications.md").read_text(encoding="utf-8")
        item = json.loads(PUT_ITEM.findall(text)[said])
        ours = {"model_id": f"#snooze#{one.id}", "said_at": f"{self.at(day):%Y-%m-%dT%H:%M:%SZ}"}
        item |= {name: {"S": value} for name, value in (ours | given).items()}
        table = self.cloud.outputs["ModelsTableName"]
        self.cloud.client("dynamodb").put_item(TableName=table, Item=item)

    def row(self, one: FoundationModel, region: str = EAST) -> dict[str, Any]:
        """Give the tracked model."""
        rows = {(row["model_id"], row["region"]): row for row in self.cloud.table_rows()}
        return rows[one.id, region]

    def begins(self) -> None:
        """Go on to another Monday, and leave nothing to be said after nine o'clock."""
        self.monday += BETWEEN_STORIES
        self.poll_at(0, 8)
        self.digest_at(0)
        self.forget()

    def forget(self) -> None:
        """Take what has arrived anywhere, and look at none of it."""
        self.cloud.gateway.forget()
        self.told()
        self.chat()
        for queue in self.queues.values():
            self.cloud.taken_from(queue)


SNOOZED, RESOLVED = 0, 1


def _subscriber(route: str) -> Subscriber:
    entries = subscribers(f"queue@example.com:{route}")
    assert isinstance(entries, tuple)
    (one,) = entries
    assert isinstance(one, Subscriber)
    return one


@pytest.fixture(scope="module")
def deployed() -> Iterator[HeardStage]:
    """Deploy the stack with filters and a chat channel, with IAM enforced."""
    with local_cloud(SETTINGS, enforce_iam=True) as cloud:
        stage = HeardStage(cloud)
        assert kinds(stage.poll_at(0, 6)) == ["BASELINE"]
        yield stage


@pytest.fixture
def stage(deployed: HeardStage) -> Iterator[HeardStage]:
    """Give the stage on a Monday, with nothing left to say."""
    deployed.begins()
    yield deployed
    deployed.cloud.gateway.clear()


def kinds(told: Iterable[Notification]) -> list[str]:
    return [one.document["kind"] for one in told]


def ids(told: Iterable[Notification]) -> list[str]:
    return sorted(one.document["alert_id"] for one in told)


def chat_ids(documents: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted(one["id"] for one in documents)


def models_of(one: Notification) -> set[str]:
    return {entry["model_id"] for entry in one.document["models"]}


def named(one: Notification) -> str:
    """Name an alert by its kind and, where it is about few models, by these."""
    names = sorted(entry["name"] for entry in one.document["models"])
    return " ".join([one.document["kind"], *(names if len(names) <= 2 else [])])


# Routing


def test_the_deployed_subscriptions_have_the_filters_that_were_set(deployed: HeardStage) -> None:
    policies = {
        topic: {
            one["Endpoint"]: json.loads(one.get("FilterPolicy") or "null")
            for one in deployed.cloud.subscriptions(topic)
            if one["Protocol"] == "email"
        }
        for topic in ("AlertsTopicArn", "OperationsTopicArn")
    }

    assert policies == {
        "AlertsTopicArn": {
            "you@example.com": None,
            "ml-team@example.com": {
                "severity": ["critical", "warning"],
                "provider": [{"equals-ignore-case": "Anthropic"}],
            },
            "managers@example.com": {"kind": ["DIGEST", "BASELINE"]},
        },
        "OperationsTopicArn": {
            "you@example.com": None,
            "ml-team@example.com": None,
            "managers@example.com": None,
        },
    }


@dataclass(frozen=True)
class Wave:
    """What was told in a week, and what of it each queue heard."""

    told: list[Notification]
    heard: dict[str, list[Notification]]
    chat: list[dict[str, Any]]


@pytest.fixture(scope="module")
def wave(deployed: HeardStage) -> Wave:
    """Let everything happen within a week that can be told."""
    stage = deployed
    stage.begins()
    opus, sonnet, haiku, claude, watched, unused = (
        model(model_id, name, "Anthropic")
        for model_id, name in (
            ("anthropic.opus-v1:0", "Opus"),
            ("anthropic.sonnet-v1:0", "Sonnet"),
            ("anthropic.haiku-v1:0", "Haiku"),
            ("anthropic.claude-v1:0", "Claude"),
            ("watched.anthropic-v1:0", "Watched"),
            ("anthropic.unused-v1:0", "Unused"),
        )
    )
    llama, old = model("meta.llama-v1:0", "Llama", "Meta"), model("meta.old-v1:0", "Old", "Meta")
    command, embed = (
        model("cohere.command-v1:0", "Command", "Cohere"),
        model("cohere.embed-v1:0", "Embed", "Cohere"),
    )
    stage.lists(opus, haiku, claude, watched, unused, llama, old, command, embed)
    stage.lists(sonnet, regions=(EUROPE,))
    for used in (opus, haiku, claude, llama, old, command, embed):
        stage.is_called(used, -10, 10)
    stage.ends(haiku, 20)
    stage.ends(old, 6)
    stage.ends(watched, 7)
    stage.poll_at(1)
    stage.forget()

    cloud = stage.cloud
    stage.ends(opus, 180)
    stage.ends(llama, 180)
    stage.ends(embed, 200)
    stage.ends(unused, 180)
    stage.ends(sonnet, 190, EUROPE)
    stage.drops(command)
    cloud.gateway.inject("bedrock", "POST /agents/", DENIED, times=None, region=EUROPE)
    told = stage.poll_at(6)
    told += stage.poll_at(6, 11)  # Only now is Command called gone.
    cloud.bedrock.misbehave(EUROPE, INTERNAL_ERROR)
    told += stage.poll_at(6, 12)
    cloud.push_health(as_eventbridge(_event(stage, claude), delivered_in=EAST), stage.at(6, 13))
    cloud.invoke(cloud.outputs["PollFunctionName"], json.dumps({"test_alert": "mixed wave"}))
    told += stage.poll_at(7, 13)
    cloud.bedrock.behave(EUROPE)
    told += stage.poll_at(7, 14)
    cloud.gateway.clear()
    told += stage.digest_at(7)
    heard = {name: cloud.taken_from(queue) for name, queue in stage.queues.items()}
    return Wave(told, heard, stage.chat())


def _event(stage: HeardStage, one: FoundationModel) -> FakeHealthEvent:
    code = "AWS_BEDROCK_PLANNED_LIFECYCLE_EVENT"
    return FakeHealthEvent(
        arn=event_arn(EAST, "BEDROCK", code, "claude"),
        type_code=code,
        category="scheduledChange",
        status="upcoming",
        region=EAST,
        updated=stage.at(6, 12, 30),
        start=stage.at(150, 7),
        description="A model that you have used in the past 30 days will be retired.",
        entities=((one.id, "PENDING"),),
    )


def test_a_mixed_wave_arrives_at_each_queue_exactly_as_its_filter_says(wave: Wave) -> None:
    assert {name: ids(those) for name, those in wave.heard.items()} == {
        name: ids(one for one in wave.told if _lets_through(wanted, one.attributes))
        for name, wanted in LETS_THROUGH.items()
    }


def test_who_hears_which_alert_of_a_mixed_wave(wave: Wave) -> None:
    everything = [
        "COVERAGE_DEGRADED",
        "COVERAGE_RESTORED",
        "DEADLINE Haiku",
        "DEADLINE Watched",
        "DIGEST",
        "END_OF_LIFE_REACHED Old",
        "END_OF_LIFE_REACHED Watched",
        "ENTERED_LEGACY Embed",
        "ENTERED_LEGACY Llama Opus",
        "ENTERED_LEGACY Sonnet",
        "HEALTH_EVENT Claude",
        "MODEL_WITHDRAWN Command",
        "TEST",
    ]

    assert sorted(map(named, wave.told)) == everything
    assert {name: sorted(map(named, those)) for name, those in wave.heard.items()} == {
        # Of Anthropic's, all but Watched: it is not in use, so nothing about it is a warning.
        "ml team": [
            "DEADLINE Haiku",
            "ENTERED_LEGACY Llama Opus",
            "ENTERED_LEGACY Sonnet",
            "HEALTH_EVENT Claude",
        ],
        "managers": ["DIGEST"],
        # Of Sonnet it is not known whether it is in use.
        "those with an end ahead": [
            "DEADLINE Haiku",
            "END_OF_LIFE_REACHED Old",
            "ENTERED_LEGACY Embed",
            "ENTERED_LEGACY Llama Opus",
            "HEALTH_EVENT Claude",
            "MODEL_WITHDRAWN Command",
        ],
    }


def _lets_through(wanted: Mapping[str, set[str]], attributes: Mapping[str, str]) -> bool:
    """Say whether of every key any value is wanted; the case of providers does not matter."""
    has = {key: {value} for key, value in attributes.items() if key != "provider"}
    if "provider" in attributes:
        has["provider"] = {one.lower() for one in json.loads(attributes["provider"])}
    return all(values & has.get(key, set()) for key, values in wanted.items())


# Chat


def test_the_chat_hears_every_alert_once_in_documents_that_it_shows(wave: Wave) -> None:
    assert chat_ids(wave.chat) == ids(wave.told)
    for document in wave.chat:
        assert _refused(document) == []


def test_what_is_told_of_models_that_end_on_one_date_is_one_thread(wave: Wave) -> None:
    dates = {one.document["alert_id"]: one.document["milestone_date"] for one in wave.told}

    threads = {one["id"]: one["metadata"].get("threadId") for one in wave.chat}

    assert threads == {
        alert_id: f"bedrock-lifecycle-{ACCOUNT_ID}-{day}" if day else None
        for alert_id, day in dates.items()
    }


def _refused(document: Mapping[str, Any]) -> list[str]:
    """Name what Amazon Q Developer would not take, by the lengths that it documents."""
    content = document["content"]
    lengths = [
        ("title", 250, [content["title"]]),
        ("description", 8_000, [content["description"]]),
        ("nextSteps", 350, content.get("nextSteps", [])),
        ("keywords", 75, content.get("keywords", [])),
    ]
    found = [
        f"{name} of {len(text)}"
        for name, most, texts in lengths
        for text in texts
        if not 0 < len(text.encode("utf-16-le")) // 2 <= most
    ]
    known = {"version": "1.0", "source": "custom"}
    found += [name for name, value in known.items() if document.get(name) != value]
    return found + [name for name in document if name not in {*known, "id", "content", "metadata"}]


def test_sixty_models_that_enter_legacy_on_three_dates_are_three_messages_everywhere(
    stage: HeardStage,
) -> None:
    sixty = [model(f"watched.wave-{n:02}-v1:0", f"Wave {n:02}") for n in range(60)]
    stage.lists(*sixty, regions=(EAST, WEST))
    stage.poll_at(1)
    for number, one in enumerate(sixty):
        stage.ends(one, 180 + number % 3, EAST, WEST)

    told = stage.poll_at(2)

    assert sorted((one.document["milestone_date"], models_of(one)) for one in told) == [
        (f"{stage.at(180 + n):%Y-%m-%d}", {one.id for one in sixty[n::3]}) for n in range(3)
    ]
    chat = stage.chat()
    assert chat_ids(chat) == ids(told)
    assert len({one["metadata"]["threadId"] for one in chat}) == 3
    for document in chat:
        assert _refused(document) == []
    descriptions = "".join(one["content"]["description"] for one in chat)
    assert [one.id for one in sixty if descriptions.count(f"`{one.id}`") != 1] == []


def test_while_the_chat_topic_is_refused_others_hear_and_the_chat_hears_later_once(
    stage: HeardStage,
) -> None:
    cloud = stage.cloud
    one = model("acme.chat-down-v1:0", "Chat Down")
    stage.lists(one)
    stage.is_called(one, 0, 10)
    stage.poll_at(1)
    stage.ends(one, 180)
    topic = quote(cloud.outputs["ChatTopicArn"], safe="").encode()
    cloud.gateway.inject("sns", "Publish", UNAVAILABLE, times=None, containing=topic)

    answer = cloud.poll(stage.at(2))

    told = stage.told()
    assert kinds(told) == ["ENTERED_LEGACY"]
    assert stage.chat() == []
    assert answer.function_error is not None
    assert stage.row(one)["told"]["end_of_life"] == f"{stage.at(180):%Y-%m-%d}"
    cloud.gateway.clear()

    assert stage.poll_at(2, 11) == []
    assert chat_ids(stage.chat()) == ids(told)
    assert stage.poll_at(2, 12) == []
    assert stage.chat() == []


# Digest


def test_one_digest_covers_a_week_in_which_sns_was_down_for_a_day(stage: HeardStage) -> None:
    used_before, used_during, unused_before, unused_during, unused_after, added = (
        model(f"acme.{name.lower().replace(' ', '-')}-v1:0", name)
        for name in (
            "Used Before",
            "Used During",
            "Unused Before",
            "Unused During",
            "Unused After",
            "Added",
        )
    )
    stage.lists(used_before, used_during, unused_before, unused_during, unused_after)
    for one in (used_before, used_during):
        stage.is_called(one, -5, 20)
    stage.poll_at(0)
    stage.cloud.digest(stage.at(0, 11))
    stage.forget()

    stage.ends(used_before, 180)
    stage.ends(unused_before, 181)
    week = stage.poll_at(2)
    assert kinds(week) == ["ENTERED_LEGACY"]
    assert stage.poll_at(4) == []
    with stage.cloud.sns_outage():
        stage.ends(unused_during, 183)
        assert stage.poll_at(7, 8) == []
        assert stage.cloud.digest(stage.at(7, 9)).function_error is not None
        stage.ends(used_during, 182)
        stage.lists(added)
        assert stage.cloud.poll(stage.at(7, 20)).function_error is not None
    assert stage.told() == []

    after = stage.poll_at(8, 8)

    assert kinds(after) == ["ENTERED_LEGACY", "DIGEST"]
    assert models_of(after[0]) == {used_during.id}
    digest = after[1].document
    spoken_of = (used_before, used_during, unused_before, unused_during, added)
    assert models_of(after[1]) == {one.id for one in spoken_of}
    told_before, left_out = digest["text"].split("not told until now: not in use here")
    assert used_before.id in told_before
    assert used_during.id in told_before
    left_out, new = left_out.split("MODELS ADDED")
    assert unused_before.id in left_out
    assert unused_during.id in left_out
    assert added.id in new
    for one in (unused_before, unused_during):
        assert "deferred" not in stage.row(one)
        assert stage.row(one)["digested"]["kind"] == "ENTERED_LEGACY"

    # The next one has its own week to tell, and nothing of this.
    stage.ends(unused_after, 184)
    assert stage.poll_at(9) == []
    (later,) = stage.digest_at(14)
    assert models_of(later) == {unused_after.id}
    assert chat_ids(stage.chat()) == ids([*week, *after, later])
    assert len(stage.cloud.emails()) == len([*week, *after, later])
    assert {row["state"] for row in stage.cloud.alerts()} == {"settled"}


# Snooze


def test_what_is_snoozed_is_held_back_across_polls_and_only_the_tightest_rung_comes_after(
    stage: HeardStage,
) -> None:
    one = model("acme.snoozed-v1:0", "Snoozed")
    stage.lists(one)
    stage.is_called(one, 0, 90)
    stage.poll_at(1)
    stage.ends(one, 110)
    assert kinds(stage.poll_at(2)) == ["ENTERED_LEGACY"]
    stage.says(SNOOZED, one, 3, until=f"{stage.at(80):%Y-%m-%d}")

    assert stage.poll_at(50) == []  # 60 days are left.
    (digest,) = stage.digest_at(56)
    assert "60-day reminder is held back" in " ".join(digest.document["text"].split())
    stage.ends(one, 100)
    (earlier,) = stage.poll_at(57)
    assert (earlier.document["kind"], earlier.document["direction"]) == ("DATES_CHANGED", "earlier")
    assert "jane" in earlier.document["text"]
    assert stage.poll_at(70) == []  # 30 days are left.
    assert stage.poll_at(79) == []

    (after,) = stage.poll_at(80)

    assert (after.document["kind"], after.document["days_left"]) == ("DEADLINE", 20)
    assert stage.poll_at(81) == []
    assert kinds(stage.poll_at(86)) == ["DEADLINE"]  # 14 days are left.


def test_a_resolved_model_that_is_called_again_is_opened_once_and_reminders_go_on(
    stage: HeardStage,
) -> None:
    one = model("acme.resolved-v1:0", "Resolved")
    stage.lists(one)
    stage.is_called(one, 0, 4)
    stage.poll_at(1)
    stage.ends(one, 80)
    assert kinds(stage.poll_at(2)) == ["ENTERED_LEGACY"]
    stage.says(RESOLVED, one, 5, region=EAST)

    assert stage.poll_at(20) == []  # 60 days are left, and nobody has called for two weeks.
    stage.is_called(one, 30, 30)
    opened = stage.poll_at(31)

    assert kinds(opened) == ["REOPENED"]
    assert models_of(opened[0]) == {one.id}
    stage.is_called(one, 31, 78)
    assert stage.poll_at(32) == []
    assert [(a.document["kind"], a.document["days_left"]) for a in stage.poll_at(50)] == [
        ("DEADLINE", 30)
    ]
    in_chat = [document["metadata"]["eventType"] for document in stage.chat()]
    assert in_chat == ["ENTERED_LEGACY", "REOPENED", "DEADLINE"]


# Is anybody listening?


def test_that_nobody_is_subscribed_is_counted_and_is_said_in_the_chat(stage: HeardStage) -> None:
    with stage.cloud.nobody_subscribed("AlertsTopicArn"):
        answer = stage.cloud.poll(stage.at(1))
        digest = stage.cloud.digest(stage.at(7, 9))
        sample = Person(stage.cloud, "jane", "look", "operate").runs("test-alert").stderr

    assert answer.payload["unheard"] == ["sns"]
    assert '"DeliveryFailures":[1.0]' in answer.log_tail  # What the alarm looks at.
    assert digest.function_error is None, digest.log_tail
    assert digest.payload["unheard"] == ["sns"]
    assert "nobody has confirmed a subscription to the alerts topic" in sample
    said, shown = stage.chat()
    assert [said["metadata"]["eventType"], shown["metadata"]["eventType"]] == ["DIGEST", "TEST"]
    assert (
        "Nobody has a confirmed subscription to the alerts topic"
        in (said["content"]["description"])
    )
    stage.lists(model("acme.heard-again-v1:0", "Heard Again"))
    again = stage.cloud.poll(stage.at(8))
    assert again.payload["nobody_subscribed"] is False
    assert kinds(stage.digest_at(14)) == ["DIGEST"]
