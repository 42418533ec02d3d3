"""`make demo`: deploy the real stack to an emulator, play the story, show what people get.

Exits with 0 when everything happened as the story has it, else with 1.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from demo.screen import Screen, console
from demo.story import SETTINGS, STORY, Heard, Step, act, differences, set_up_account
from local_aws.cloud import LocalCloud, local_cloud
from local_aws.leashed_process import LocalServerError

if TYPE_CHECKING:
    from local_aws.cloud import Email, Notification


def main() -> int:
    """Play the story; give the exit code."""
    began = time.monotonic()
    screen = Screen(console())
    screen.opening()
    try:
        with local_cloud(SETTINGS, say=screen.progress) as cloud:
            screen.progress("Letting the account use four models")
            set_up_account(cloud)
            as_told, heard = _play(cloud, screen)
            today = STORY[-1].time.date()
            rows = cloud.table_rows()
            screen.table(rows, today)
            screen.timeline(rows, today)
    except LocalServerError as error:
        sys.exit(str(error))
    screen.closing(as_told=as_told, heard=heard, seconds=time.monotonic() - began)
    return 0 if as_told else 1


def _play(cloud: LocalCloud, screen: Screen) -> tuple[bool, int]:
    """Play every step; say whether all was as told, and how many notifications were heard."""
    as_told, heard = True, 0
    chat = cloud.subscribe_queue("ChatTopicArn")
    for number, step in enumerate(STORY, 1):
        screen.step(number, len(STORY), step)
        notifications, function_error = _poll(cloud, screen, step, chat)
        waits = _left_to_the_digest(cloud)
        screen.waits(waits)
        heard_now = [_heard(one) for one in notifications]
        found = differences(step, heard_now, {row["name"] for row in waits}, function_error)
        screen.difference(found)
        as_told = as_told and not found
        heard += len(notifications)
    return as_told, heard


def _poll(
    cloud: LocalCloud, screen: Screen, step: Step, chat: str
) -> tuple[list[Notification], str | None]:
    mailed_before = len(cloud.emails())
    answer = act(cloud, step)
    screen.answered(answer)
    notifications = cloud.notifications()
    mails: list[Email] = cloud.emails()[mailed_before:]
    screen.heard(notifications, mails, [one.document for one in cloud.taken_from(chat)])
    return notifications, answer.function_error


def _left_to_the_digest(cloud: LocalCloud) -> list[dict[str, Any]]:
    return [row for row in cloud.table_rows() if "deferred" in row]


def _heard(notification: Notification) -> Heard:
    document = notification.document
    names = tuple(model["name"] for model in document["models"])
    return Heard(document["kind"], names, document["severity"], document["days_left"])


if __name__ == "__main__":
    sys.exit(main())
