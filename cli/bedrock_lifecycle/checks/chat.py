"""Checks of the chat: whether a channel reads the chat topic.

https://docs.aws.amazon.com/chatbot/latest/APIReference/Welcome.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bedrock_lifecycle.checks.finding import DEPLOY, advice, ok, problem
from bedrock_lifecycle.checks.listening import CHAT_TOPIC, OPERATIONS_TOPIC, topic
from notifier.errors import aws_call
from notifier.render.words import listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bedrock_lifecycle.checks.finding import Finding
    from bedrock_lifecycle.checks.listening import Topic
    from bedrock_lifecycle.checks.site import Site

CHAT_TOPIC_CHECK: Final = "chat topic"
CHAT_CHANNEL: Final = "chat channel"

# Where the API is. The console is in the first only; which Region's answer has a configuration
# that CloudFormation made is not documented, so the others are asked where the first has it not.
_REGIONS: Final = ("us-east-2", "us-west-2", "eu-west-1", "ap-southeast-1")
_CONSOLE: Final = "in the console of Amazon Q Developer in chat applications"


class _Kind(NamedTuple):
    """How channels of one kind are listed: the call, and the names in its answer."""

    action: str
    operation: str
    entries: str
    name: str


_KINDS: Final = (
    _Kind(
        "chatbot:DescribeSlackChannelConfigurations",
        "describe_slack_channel_configurations",
        "SlackChannelConfigurations",
        "SlackChannelName",
    ),
    _Kind(
        "chatbot:ListMicrosoftTeamsChannelConfigurations",
        "list_microsoft_teams_channel_configurations",
        "TeamChannelConfigurations",
        "ChannelName",
    ),
)


class Channel(NamedTuple):
    """A channel that reads some topics; `state` is empty where the API does not say."""

    name: str
    topics: tuple[str, ...]
    state: str = ""
    why: str = ""


def chat_topic(site: Site) -> Iterator[Finding]:
    """Look whether a channel is subscribed to the chat topic, if there is one."""
    if CHAT_TOPIC in site.deployment.outputs:
        yield chat_topic_finding(topic(site, CHAT_TOPIC, "alerts"))


def chat_topic_finding(chat: Topic) -> Finding:
    """Judge the subscriptions of the chat topic: Amazon Q Developer has one of its own, by HTTPS.

    A queue does not count, as nobody reads its documents.
    """
    if any(one.protocol == "https" for one in chat.confirmed):
        return ok(CHAT_TOPIC_CHECK, "a channel is subscribed")
    return problem(
        CHAT_TOPIC_CHECK,
        "no channel is subscribed, so no alert is shown in the chat",
        f"{_CONSOLE}, edit the channel, choose the topic {chat.arn} (if it stands there, remove it "
        "and save first) and save",
    )


def chat_channel(site: Site) -> Iterator[Finding]:
    """Look which channels read the topics, if there is a chat topic."""
    if CHAT_TOPIC in site.deployment.outputs:
        chat = site.deployment.output(CHAT_TOPIC)
        operations = site.deployment.output(OPERATIONS_TOPIC)
        yield from channel_findings(_channels(site, chat), chat, operations)


def _channels(site: Site, chat: str) -> list[Channel]:
    for region in _REGIONS:
        found = [one for kind in _KINDS for one in _listed(site, region, kind)]
        if any(chat in one.topics for one in found):
            return found
    return []


def _listed(site: Site, region: str, kind: _Kind) -> Iterator[Channel]:
    pages = site.client("chatbot", region).get_paginator(kind.operation)
    with aws_call(kind.action):
        found: list[dict[str, Any]] = [
            one for page in pages.paginate() for one in page.get(kind.entries, [])
        ]
    for one in found:
        yield Channel(
            one.get(kind.name) or one.get("ConfigurationName") or one["ChatConfigurationArn"],
            tuple(one.get("SnsTopicArns", ())),
            one.get("State", ""),
            one.get("StateReason", ""),
        )


def channel_findings(channels: Sequence[Channel], chat: str, operations: str) -> Iterator[Finding]:
    """Judge the channels of the account: one must read the chat topic, and be enabled."""
    readers = [one for one in channels if chat in one.topics]
    if not readers:
        yield problem(
            CHAT_CHANNEL,
            "no channel of the account reads the chat topic",
            f"authorise the workspace or tenant {_CONSOLE}, then deploy again",
            DEPLOY,
        )
    for one in readers:
        if one.state == "DISABLED":
            yield problem(
                CHAT_CHANNEL,
                f"{one.name} is disabled: {one.why or 'no reason given'}",
                f"enable it {_CONSOLE}, after what the reason says",
            )
        elif operations not in one.topics:
            yield advice(
                CHAT_CHANNEL,
                f"{one.name} reads alerts but no alarms about the notifier itself",
                f"{_CONSOLE}, edit the channel and add the topic {operations}",
            )
    well = [one.name for one in readers if one.state != "DISABLED" and operations in one.topics]
    if well:
        yield ok(CHAT_CHANNEL, f"{listing(well)} reads alerts and alarms")
