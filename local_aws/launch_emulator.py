"""MiniStack with a longer memory and a place for chat channels: a script for its own Python.

MiniStack forgets CloudWatch's figures once they are 14 days old by the wall clock. CloudWatch
keeps daily ones for 455 days, and what is played here has a date of its own, whatever the wall
clock says; so here they are kept as long as it runs.

MiniStack knows no Amazon Q Developer in chat applications, and refuses a whole template for it. A
channel configuration only reads topics: here it exists and does nothing, and all else of a stack
with a chat is deployed as anywhere.
"""

import math
import os
import sys
from typing import Any

from ministack.app import main  # type: ignore[import-not-found]
from ministack.services import cloudwatch  # type: ignore[import-not-found]
from ministack.services.cloudformation import provisioners  # type: ignore[import-not-found]

CHANNELS = {
    "AWS::Chatbot::SlackChannelConfiguration": "slack-channel",
    "AWS::Chatbot::MicrosoftTeamsChannelConfiguration": "microsoft-teams-channel",
}


def channel_handlers(kind: str) -> dict[str, Any]:
    """Give what makes and deletes a channel of this kind: nothing but an ARN."""

    def create(_: str, properties: dict[str, Any], __: str) -> tuple[str, dict[str, str]]:
        name, account = properties["ConfigurationName"], os.environ["MINISTACK_ACCOUNT_ID"]
        arn = f"arn:aws:chatbot::{account}:chat-configuration/{kind}/{name}"
        return arn, {"Arn": arn}

    def delete(_: str, __: dict[str, Any]) -> None:
        pass

    return {"create": create, "delete": delete}


if __name__ == "__main__":
    if not hasattr(cloudwatch, "TWO_WEEKS_SECONDS"):
        sys.exit("This MiniStack forgets CloudWatch's figures by another name than the one known.")
    if not hasattr(provisioners, "_RESOURCE_HANDLERS"):
        sys.exit("This MiniStack keeps its resource types under another name than the one known.")
    cloudwatch.TWO_WEEKS_SECONDS = math.inf
    for resource_type, kind_of_channel in CHANNELS.items():
        provisioners._RESOURCE_HANDLERS.setdefault(resource_type, channel_handlers(kind_of_channel))  # noqa: SLF001
    sys.exit(main())
