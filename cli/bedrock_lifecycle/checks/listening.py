"""Checks of who hears: what waits to be told, and who is subscribed to what."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from bedrock_lifecycle.checks.finding import advice, ok, problem
from notifier.errors import aws_call
from notifier.render.words import count_text, listing, moment_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from bedrock_lifecycle.checks.finding import Commands, Finding
    from bedrock_lifecycle.checks.site import Site
    from notifier.ledger import Record
    from notifier.snapshot import State

FIRST_MESSAGE: Final = "first message"
ALERTS: Final = "alerts"
SUBSCRIPTIONS: Final = "subscriptions"

ALERTS_TOPIC: Final = "AlertsTopicArn"
OPERATIONS_TOPIC: Final = "OperationsTopicArn"
CHAT_TOPIC: Final = "ChatTopicArn"

_TOO_LONG: Final = timedelta(hours=1)
_EMAIL: Final = frozenset({"email", "email-json"})
_SHOWN: Final = 5


class Subscription(NamedTuple):
    """One subscription to a topic; `arn` is a word instead while it waits or is gone."""

    protocol: str
    endpoint: str
    arn: str

    @property
    def is_pending(self) -> bool:
        """Whether somebody has still to confirm it: `PendingConfirmation`."""
        return "pending" in self.arn.lower()

    @property
    def is_confirmed(self) -> bool:
        """Whether messages go there."""
        return self.arn.startswith("arn:")

    @property
    def is_email(self) -> bool:
        """Whether a person reads it in a mailbox."""
        return self.protocol in _EMAIL


class Topic(NamedTuple):
    """A topic with what is subscribed to it; `carries` says what its messages are."""

    arn: str
    carries: str
    subscriptions: tuple[Subscription, ...]

    @property
    def confirmed(self) -> list[Subscription]:
        """Those that hear."""
        return [one for one in self.subscriptions if one.is_confirmed]

    def mailboxes(self) -> set[str]:
        """Give the addresses that are subscribed, confirmed or not."""
        return {
            one.endpoint.lower()
            for one in self.subscriptions
            if one.is_email and (one.is_confirmed or one.is_pending)
        }


def first_message(site: Site) -> Iterator[Finding]:
    """Look whether the first message has been told."""
    yield first_message_finding(site.state, site.commands)


def first_message_finding(state: State, commands: Commands) -> Finding:
    """Judge whether anything can have been told yet: changes are, after the first message."""
    if state.baseline_told_at is not None:
        return ok(FIRST_MESSAGE, f"told on {moment_text(state.baseline_told_at)}")
    if state.last_completed_at is None:
        return advice(
            FIRST_MESSAGE, "comes with the first completed poll", "poll now", commands.ours("poll")
        )
    return problem(
        FIRST_MESSAGE,
        "waits until somebody can hear it, and so do all others",
        "confirm a subscription (see below), then poll",
        commands.ours("poll"),
    )


def alerts(site: Site) -> Iterator[Finding]:
    """Look for alerts that were decided and have not got out."""
    waiting, unreadable = site.ledger.unsettled()
    yield alerts_finding(waiting, unreadable, site.now, site.commands)


def alerts_finding(
    waiting: Sequence[Record], unreadable: Collection[str], now: datetime, commands: Commands
) -> Finding:
    """Judge what waits in the outbox: each poll tries again, so an hour is too long.

    What is renewed by each poll until somebody hears it is no alert that was lost.
    """
    late = [
        one for one in waiting if now - one.decided_at > _TOO_LONG and not one.waits_to_be_renewed
    ]
    if not late and not unreadable:
        return ok(ALERTS, "none is left undelivered")
    subjects = [f"“{one.notification.document['subject']}”" for one in late[:_SHOWN]]
    subjects += [f"{name}, which nobody can read" for name in sorted(unreadable)[:_SHOWN]]
    since = f" since {moment_text(min(one.decided_at for one in late))}" if late else ""
    count = count_text(len(late) + len(unreadable), "alert")
    return problem(
        ALERTS,
        f"{count} undelivered{since}: {', '.join(subjects)}",
        "try again, and read what goes wrong",
        commands.ours("poll"),
    )


def subscriptions(site: Site) -> Iterator[Finding]:
    """Look who is subscribed to the alerts and to the alarms."""
    alerts = topic(site, ALERTS_TOPIC, "alerts")
    operations = topic(site, OPERATIONS_TOPIC, "alarms about the notifier itself")
    # With chat alone, nobody is meant to be subscribed to the alerts topic.
    others_hear = CHAT_TOPIC in site.deployment.outputs and not site.settings.has_email
    yield from topic_findings(alerts, site.commands, may_be_empty=others_hear)
    yield from topic_findings(operations, site.commands)
    yield from lopsided_findings(alerts, operations, site.commands)


def topic(site: Site, output: str, carries: str) -> Topic:
    """Read what is subscribed to the topic that a stack output names. Raises AwsError."""
    arn = site.deployment.output(output)
    pages = site.client("sns").get_paginator("list_subscriptions_by_topic")
    with aws_call("sns:ListSubscriptionsByTopic"):
        found = tuple(
            Subscription(one["Protocol"], one["Endpoint"], one["SubscriptionArn"])
            for page in pages.paginate(TopicArn=arn)
            for one in page["Subscriptions"]
        )
    return Topic(arn, carries, found)


def topic_findings(
    topic: Topic, commands: Commands, *, may_be_empty: bool = False
) -> Iterator[Finding]:
    """Judge who hears a topic: those who have not confirmed do not."""
    pending = [one for one in topic.subscriptions if one.is_pending]
    for one in pending:
        yield _pending(topic, one, commands)
    if topic.confirmed:
        yield ok(SUBSCRIPTIONS, f"{topic.carries} reach {_named(topic.confirmed)}")
    elif may_be_empty:
        yield ok(SUBSCRIPTIONS, f"{topic.carries} reach no mailbox: chat was chosen alone")
    elif not pending:
        yield problem(
            SUBSCRIPTIONS,
            f"{topic.carries} reach nobody: nothing is subscribed",
            "subscribe an address (yours), and open the link that arrives there",
            _subscribe(topic, "email", "you@example.com", commands),
        )


def _pending(topic: Topic, one: Subscription, commands: Commands) -> Finding:
    """Name who has not confirmed.

    AWS says that the link holds for three days, and elsewhere that what is not confirmed is
    removed after 48 hours.
    """
    alone = "" if topic.confirmed else ", and nobody else hears them"
    return problem(
        SUBSCRIPTIONS,
        f"{one.endpoint} has not confirmed, so {topic.carries} do not arrive there{alone}",
        "open the link in the e-mail of AWS Notifications, or give it to the first of these; it "
        "holds for two to three days, and the second sends another",
        commands.ours("confirm", "LINK"),
        _subscribe(topic, one.protocol, one.endpoint, commands),
    )


def _subscribe(topic: Topic, protocol: str, endpoint: str, commands: Commands) -> str:
    return commands.aws(
        "sns",
        "subscribe",
        "--topic-arn",
        topic.arn,
        "--protocol",
        protocol,
        "--notification-endpoint",
        endpoint,
    )


def _named(confirmed: Collection[Subscription]) -> str:
    """Name mailboxes, and count what else listens."""
    mailboxes = sorted(one.endpoint for one in confirmed if one.is_email)
    named = mailboxes[:_SHOWN]
    left_out = len(mailboxes) - len(named)
    named += [f"{left_out} more addresses"] if left_out else []
    other = len(confirmed) - len(mailboxes)
    what = "other subscriber" if mailboxes else "subscriber that is no mailbox"
    return listing([*named, *([count_text(other, what)] if other else [])])


def lopsided_findings(alerts: Topic, operations: Topic, commands: Commands) -> Iterator[Finding]:
    """Name addresses that hear of models and not of the notifier's own troubles, or the reverse."""
    for one, other in ((alerts, operations), (operations, alerts)):
        for address in sorted(one.mailboxes() - other.mailboxes()):
            yield advice(
                SUBSCRIPTIONS,
                f"{address} is subscribed to {one.carries} but not to {other.carries}",
                "subscribe it to these as well",
                _subscribe(other, "email", address, commands),
            )
