"""`confirm`: confirm an e-mail subscription so that only credentials can end it."""

from __future__ import annotations

import re
from typing import Annotated, Final
from urllib.parse import parse_qs, urlsplit

import typer

from bedrock_lifecycle.access import CALLS, Access
from bedrock_lifecycle.deployment import find
from bedrock_lifecycle.errors import CommandError
from bedrock_lifecycle.output import say
from notifier.errors import aws_call

_HOST: Final = re.compile(r"sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")
_TOPICS: Final = ("AlertsTopicArn", "OperationsTopicArn")


def confirm(
    link: Annotated[
        str, typer.Argument(help="The link of the e-mail from AWS Notifications, in quotes.")
    ],
    *,
    access: Access,
) -> None:
    """Confirm an e-mail subscription, so that it takes credentials to unsubscribe.

    Whoever opens the link confirms as well, but then the unsubscribe link at the end of each
    message works for everybody, also for a mail scanner that follows it. The link is not opened:
    its topic must be one of the stack's, and AWS is asked with your credentials.
    """
    topic, token = parsed(link)
    deployment = find(access)
    ours = {name: deployment.outputs[name] for name in _TOPICS if name in deployment.outputs}
    if topic not in ours.values():
        raise CommandError(
            f"the link is about {topic}, which is no topic of the stack {deployment.stack_name}; "
            "is it the right e-mail, and the right --profile and --region?"
        )
    client = deployment.session.client("sns", config=CALLS)
    with aws_call("sns:ConfirmSubscription"):
        client.confirm_subscription(TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")
    what = "alerts" if topic == ours.get("AlertsTopicArn") else "alarms about the notifier itself"
    say(f"Confirmed: {what} arrive, and it takes credentials to unsubscribe.")


def parsed(link: str) -> tuple[str, str]:
    """Give the topic's ARN and the token of a confirmation link. Raises CommandError."""
    parts = urlsplit(link.strip())
    asked = parse_qs(parts.query)
    topic, token = asked.get("TopicArn", [""])[0], asked.get("Token", [""])[0]
    ours = parts.scheme == "https" and parts.hostname and _HOST.fullmatch(parts.hostname)
    if not (ours and topic.startswith("arn:") and token):
        raise CommandError(
            "this is no link of an SNS confirmation; copy the address behind Confirm subscription, "
            "which begins with https://sns. and has TopicArn and Token, and put it in quotes"
        )
    return topic, token
