"""The story: what happens in the catalog, when the schedule polls, and what people must hear.

Models and dates are real but for two, which are invented and say so: the date that moves, and the
day on which AWS Health announces the end of Llama 3.3, in words that are invented as well.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from demo.catalog import MODELS, REGIONS, Model, catalog_at, profiles_at
from local_aws.fake_bedrock import INTERNAL_ERROR, model_arn
from local_aws.fake_health import FakeHealthEvent, event_arn
from local_aws.fake_service_quotas import ServiceQuota
from local_aws.gateway import Refusal
from local_aws.health_deliveries import as_eventbridge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local_aws.cloud import LocalCloud, PollAnswer

SETTINGS: Final = {
    "emails": "you@example.com",
    "regions": ",".join(REGIONS),
    # The channel does nothing here; what it would read is taken from its topic.
    "slack_workspace_id": "T0123ABCD",
    "slack_channel_id": "C0123ABCD",
}
HOME: Final = "us-east-1"
SONNET: Final = "anthropic.claude-sonnet-4-5-20250929-v1:0"
SONNET_4: Final = "anthropic.claude-sonnet-4-20250514-v1:0"
OPUS: Final = "anthropic.claude-opus-4-1-20250805-v1:0"
JAMBA_MINI: Final = "ai21.jamba-1-5-mini-v1:0"
LLAMA: Final = "meta.llama3-3-70b-instruct-v1:0"
LLAMA_NAME: Final = "Llama 3.3 70B Instruct"
LLAMA_REGIONS: Final = ("us-east-1", "us-east-2", "us-west-2")
FIRST_CALL: Final = date(2026, 9, 15)
LAST_CALL_OF_OPUS: Final = date(2026, 10, 5)
MARENGO: Final = "twelvelabs.marengo-embed-2-7-v1:0"
MOVED_END: Final = date(2026, 11, 20)
FAILING_REGION: Final = "eu-west-1"


@dataclass(frozen=True)
class Heard:
    """A notification as the story has it: kind, models by name, severity and days left."""

    kind: str
    models: tuple[str, ...]
    severity: str
    days_left: int | None


@dataclass(frozen=True)
class Step:
    """One poll of the story, a `digest`, or a `health` event. `mischief` happens meanwhile.

    `waits` names the models whose news must be left to the digest after it.
    """

    at: str
    title: str
    told: str
    hears: tuple[Heard, ...] = ()
    waits: tuple[str, ...] = ()
    models: tuple[Model, ...] = MODELS
    health: FakeHealthEvent | None = None
    digest: bool = False
    mischief: Callable[[LocalCloud], AbstractContextManager[object]] = lambda _: nullcontext()
    fails: bool = False

    @property
    def time(self) -> datetime:
        """The scheduled time."""
        return datetime.fromisoformat(self.at)


@contextmanager
def _a_region_fails(cloud: LocalCloud) -> Iterator[None]:
    cloud.bedrock.misbehave(FAILING_REGION, INTERNAL_ERROR)
    yield
    cloud.bedrock.behave(FAILING_REGION)


@contextmanager
def _agents_may_not_be_listed(cloud: LocalCloud) -> Iterator[None]:
    denied = Refusal(403, "AccessDeniedException", "with an explicit deny in a policy")
    cloud.gateway.inject("bedrock", "POST /agents/", denied, times=None, region=HOME)
    yield
    cloud.gateway.clear()


@contextmanager
def _somebody_begins_to_call(cloud: LocalCloud) -> Iterator[None]:
    cloud.account.invoked(HOME, JAMBA_MINI, date(2026, 11, 18), invocations=25)
    yield


@contextmanager
def _somebody_snoozes_sonnet_4(cloud: LocalCloud) -> Iterator[None]:
    """Write what `docs/notifications.md` says, as somebody would by hand."""
    item = {
        "model_id": f"#snooze#{SONNET_4}",
        "region": "*",
        "state": "snoozed",
        "until": "2026-10-31",
        "said_by": "jane@example.com",
        "why": "the bot moves to Sonnet 4.6 tonight",
        "said_at": "2026-10-11T08:30:00Z",
    }
    cloud.client("dynamodb").put_item(
        TableName=cloud.outputs["ModelsTableName"],
        Item={name: {"S": value} for name, value in item.items()},
    )
    yield


def _sns_is_down(cloud: LocalCloud) -> AbstractContextManager[object]:
    return cloud.sns_outage()


def set_up_account(cloud: LocalCloud) -> None:
    """Let the account depend on four models, each in its own way, and on no other."""
    for day in range(66):
        on = FIRST_CALL + timedelta(days=day)
        # A poll does not see what lies ahead of it: it asks CloudWatch up to its own time.
        cloud.account.invoked(
            HOME,
            f"us.{SONNET}",
            on,
            invocations=1_300,
            input_tokens=910_000,
            output_tokens=260_000,
            minutes=20,
        )
        cloud.account.invoked(
            HOME, LLAMA, on, invocations=60, input_tokens=48_000, output_tokens=12_000
        )
        if on <= LAST_CALL_OF_OPUS:
            cloud.account.invoked(
                HOME, f"us.{OPUS}", on, invocations=40, input_tokens=52_000, output_tokens=9_000
            )
    cloud.account.create_agent("us-west-2", "support-bot", f"us.{SONNET_4}")
    quota = "Cross-region model inference tokens per minute for Anthropic Claude Sonnet 5"
    cloud.quotas.set_quotas(HOME, [ServiceQuota(code="L-DEMO", name=quota, value=2_000_000)])


def _announcement() -> FakeHealthEvent:
    """Give what AWS Health sends to the account a day before the API says the same."""
    code = "AWS_BEDROCK_PLANNED_LIFECYCLE_EVENT"
    return FakeHealthEvent(
        arn=event_arn(HOME, "BEDROCK", code, "llama33"),
        type_code=code,
        category="scheduledChange",
        status="upcoming",
        region=HOME,
        updated=datetime(2026, 10, 20, 15, tzinfo=UTC),
        start=datetime(2027, 3, 30, 7, tzinfo=UTC),
        actionability="ACTION_REQUIRED",
        description=(
            "You have used Llama 3.3 70B Instruct on Amazon Bedrock in the past 30 days.\n\n"
            "The model enters Legacy on October 21, 2026 and reaches its end of life on March 30, "
            "2027. After that date requests to it fail."
        ),
        entities=tuple((model_arn(region, LLAMA), "PENDING") for region in LLAMA_REGIONS),
    )


_MOVED: Final = tuple(
    replace(model, end_of_life=MOVED_END) if model.id == MARENGO else model for model in MODELS
)
_JAMBAS: Final = ("Jamba 1.5 Large", "Jamba 1.5 Mini")

STORY: Final = (
    Step(
        "2026-10-01T09:00:00Z",
        "The first poll",
        "Nothing is known yet, so nothing is news: one message says what is watched from now on, "
        "and which models already have dates. What the account uses is read as well: Sonnet 4.5 "
        "and Opus 4.1 are called through US profiles, an agent in us-west-2 names Sonnet 4.",
        (
            Heard(
                "BASELINE",
                (
                    "Claude Sonnet 4",
                    "Claude Opus 4.1",
                    *_JAMBAS,
                    "Marengo Embed v2.7",
                ),
                "info",
                None,
            ),
        ),
    ),
    Step(
        "2026-10-01T10:00:00Z",
        "An hour later",
        "Nothing has changed in any Region. Nobody is told anything, no row is written, and what "
        "is used is not asked again before tomorrow.",
    ),
    Step(
        "2026-10-07T09:00:00Z",
        "A reminder is due",
        "Claude Sonnet 4 has seven days left, and an agent needs it.",
        (Heard("DEADLINE", ("Claude Sonnet 4",), "critical", 7),),
    ),
    Step(
        "2026-10-08T08:00:00Z",
        "Claude Sonnet 4.5 enters Legacy, and Claude Opus 4.1 gets dearer",
        "Bedrock now lists Sonnet 4.5 as LEGACY with all its dates; the extended-access date of "
        "Opus 4.1 has come. The message says what calls it, how much, where to go next, by when, "
        "and whether the successor's quota is enough. Regions that only others use are left to "
        "the digest.",
        (
            Heard("EXTENDED_ACCESS_STARTED", ("Claude Opus 4.1",), "warning", 92),
            Heard("ENTERED_LEGACY", ("Claude Sonnet 4.5",), "warning", 182),
        ),
        waits=("Claude Sonnet 4.5",),
    ),
    Step(
        "2026-10-09T09:00:00Z",
        f"{FAILING_REGION} answers with errors",
        "A Region that does not answer is unknown, not empty: no model is called gone.",
        waits=("Claude Sonnet 4.5",),
        mischief=_a_region_fails,
    ),
    Step(
        "2026-10-09T10:00:00Z",
        f"{FAILING_REGION} answers again",
        "All its models are still there. Nothing false was said, so nothing needs to be undone.",
        waits=("Claude Sonnet 4.5",),
    ),
    Step(
        "2026-10-11T09:00:00Z",
        "Claude Sonnet 4 has three days left, and somebody has snoozed it",
        "Who moves it tonight needs no reminder: it is held back, and the digest will list it.",
        waits=("Claude Sonnet 4.5",),
        mischief=_somebody_snoozes_sonnet_4,
    ),
    Step(
        "2026-10-12T09:00:00Z",
        "Monday: the weekly digest",
        "One message for all that can wait: what comes, what changed where nobody here is "
        "concerned, and the reminder that the snooze holds back. It asks Bedrock nothing.",
        (
            Heard(
                "DIGEST",
                (
                    "Claude Sonnet 4",
                    "Claude Opus 4.1",
                    "Claude Sonnet 4.5",
                    *_JAMBAS,
                    "Marengo Embed v2.7",
                ),
                "info",
                None,
            ),
        ),
        digest=True,
    ),
    Step(
        "2026-10-14T08:00:00Z",
        "Claude Sonnet 4 reaches its end of life",
        "The date of the last milestone has come. An end comes through every snooze.",
        (Heard("END_OF_LIFE_REACHED", ("Claude Sonnet 4",), "critical", 0),),
        waits=("Claude Sonnet 4",),
    ),
    Step(
        "2026-10-15T09:00:00Z",
        "Claude Opus 4.1 has not been called for ten days",
        "A Legacy model stays open only to those who call it. (Claude Sonnet 4 has disappeared "
        "from every list; its end was told yesterday, so its absence is no second message.)",
        (Heard("INACTIVITY_RISK", ("Claude Opus 4.1",), "warning", 85),),
        waits=("Claude Sonnet 4",),
    ),
    Step(
        "2026-10-20T15:00:00Z",
        "AWS Health announces the end of Llama 3.3 (day and words are invented)",
        "It is the first to say so: the Bedrock API still lists the model as active and without "
        "dates. EventBridge brings the event, the message goes out at once.",
        (Heard("HEALTH_EVENT", (LLAMA_NAME,), "warning", 161),),
        waits=("Claude Sonnet 4",),
        health=_announcement(),
    ),
    Step(
        "2026-10-20T15:05:00Z",
        "The same event arrives from its backup Region",
        "AWS delivers at least once, and to two Regions. People hear once.",
        waits=("Claude Sonnet 4",),
        health=_announcement(),
    ),
    Step(
        "2026-10-21T09:00:00Z",
        "A day later the Bedrock API says the same",
        "Llama 3.3 is listed as LEGACY, with the date that AWS Health gave. That is no news: the "
        "table knows it, and one message was enough. Regions where nobody here calls it are left "
        "to the digest.",
        waits=("Claude Sonnet 4", LLAMA_NAME),
    ),
    Step(
        "2026-10-27T09:00:00Z",
        "Thirty days before the end of Jamba 1.5",
        "Nobody in this account uses it, so nobody is reminded.",
        waits=("Claude Sonnet 4", LLAMA_NAME),
    ),
    Step(
        "2026-10-28T09:00:00Z",
        "An end-of-life date moves EARLIER (this one is invented)",
        f"Marengo Embed v2.7 was to end on 2026-11-30; Bedrock now says {MOVED_END}. Nobody here "
        "uses it: the news waits for the digest.",
        waits=("Claude Sonnet 4", LLAMA_NAME, "Marengo Embed v2.7"),
        models=_MOVED,
    ),
    Step(
        "2026-11-05T09:00:00Z",
        f"Somebody denies the notifier to list agents in {HOME}",
        "An agent there might name any model, so use is unknown where it was excluded, and "
        "unknown counts as used: what waited is told, and a reminder that was nobody's is sent.",
        (
            Heard("NOW_IN_USE", ("Marengo Embed v2.7",), "critical", 15),
            Heard("DEADLINE", _JAMBAS, "warning", 21),
        ),
        waits=("Claude Sonnet 4", LLAMA_NAME, "Marengo Embed v2.7"),
        models=_MOVED,
        mischief=_agents_may_not_be_listed,
    ),
    Step(
        "2026-11-12T09:00:00Z",
        "SNS is down while an alert is due",
        "The list can be read again. A reminder is decided and put into the outbox; it cannot be "
        "published. The invocation fails, so that the alarm and Lambda's retries see it.",
        waits=("Claude Sonnet 4", LLAMA_NAME, "Marengo Embed v2.7"),
        models=_MOVED,
        mischief=_sns_is_down,
        fails=True,
    ),
    Step(
        "2026-11-12T10:00:00Z",
        "SNS is back",
        "What was decided during the outage is told now: nothing was lost.",
        (Heard("DEADLINE", ("Claude Opus 4.1",), "warning", 57),),
        waits=("Claude Sonnet 4", LLAMA_NAME, "Marengo Embed v2.7"),
        models=_MOVED,
    ),
    Step(
        "2026-11-12T10:00:00Z",
        "The same invocation arrives a second time",
        "EventBridge Scheduler delivers at least once. People hear once.",
        waits=("Claude Sonnet 4", LLAMA_NAME, "Marengo Embed v2.7"),
        models=_MOVED,
    ),
    Step(
        "2026-11-19T09:00:00Z",
        "Somebody has begun to call Jamba 1.5 Mini, seven days before its end",
        "The reminder that nobody needed is sent at once, to those who need it now. Its sister "
        "Jamba 1.5 Large is still nobody's.",
        (Heard("DEADLINE", ("Jamba 1.5 Mini",), "critical", 7),),
        waits=("Claude Sonnet 4", LLAMA_NAME, "Marengo Embed v2.7"),
        models=_MOVED,
        mischief=_somebody_begins_to_call,
    ),
)


def act(cloud: LocalCloud, step: Step) -> PollAnswer:
    """Let a step happen."""
    set_stage(cloud, step)
    with step.mischief(cloud):
        if step.digest:
            return cloud.digest(step.time)
        if step.health is None:
            return cloud.poll(step.time)
        # EventBridge brings what AWS Health says, by the deployed rule.
        deliveries = as_eventbridge(step.health, delivered_in=HOME)
        return cloud.push_health(deliveries, step.time)


def set_stage(cloud: LocalCloud, step: Step) -> None:
    """Let Bedrock list what it lists at the step's time."""
    day = step.time.date()
    cloud.bedrock.set_catalogs(catalog_at(day, step.models))
    for region, profiles in profiles_at(day, step.models).items():
        cloud.bedrock.set_system_profiles(region, profiles)


def differences(
    step: Step, heard: list[Heard], waits: set[str], function_error: str | None
) -> list[str]:
    """Say in which way what happened is not what the story has; empty when all is as told."""
    found = []
    if waits != set(step.waits):
        found.append(f"left to the digest: {sorted(waits)}, not {sorted(step.waits)}")
    if bool(function_error) != step.fails:
        found.append(f"the function {'failed' if function_error else 'did not fail'}")
    missing = [one for one in step.hears if one not in heard]
    surplus = [one for one in heard if one not in step.hears]
    found += [f"not heard: {one}" for one in missing]
    found += [f"heard, and not in the story: {one}" for one in surplus]
    if not missing and not surplus and len(heard) != len(step.hears):
        found.append("something was heard twice")
    return found
