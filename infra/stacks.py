"""Every stack of the app, for the settings and the main stack's Region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Environment

from infra import side_stacks
from infra.health_forwarder import HealthForwarderStack
from infra.stack import NotifierStack
from infra.user_notifications import UserNotificationsStack

if TYPE_CHECKING:
    from aws_cdk import App, Stack

    from infra.config import Settings


def add_stacks(app: App, *, settings: Settings, region: str) -> dict[str, Stack]:
    """Add the main stack, which comes first, and those beside it; return them by name."""
    main = NotifierStack(app, settings=settings, env=Environment(region=region))
    stacks: dict[str, Stack] = {main.stack_name: main}
    for side in side_stacks.wanted(settings, region):
        if side == side_stacks.USER_NOTIFICATIONS:
            stack: Stack = UserNotificationsStack(app, settings=settings, main_region=region)
        else:
            stack = HealthForwarderStack(app, side.name, region=side.region, main_region=region)
        # What is forwarded needs somewhere to go, and a channel must exist to be sent to.
        stack.add_stack_dependency(main)
        stacks[side.name] = stack
    return stacks
