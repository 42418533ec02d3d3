"""Which stacks stand beside the main one, and where; apart from them so that jsii need not start.

Each belongs to one setting, holds no data and can come and go without the main stack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from infra.config import partition_of
from infra.stack_name import STACK_NAME

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

    from infra.account import Account
    from infra.config import Settings

USER_NOTIFICATIONS_REGION: Final = "us-east-1"
"""The only Region in which CloudFormation knows User Notifications."""

HUB_ID: Final = "Hub"
"""The logical id of the notification hub in the stack for User Notifications."""

# Every Region's events also go to us-west-2, those of us-west-2 to us-east-1, and those of no
# Region arrive in us-east-1. So it is in the `aws` partition; the others have their own pairs.
_HEALTH_REGIONS: Final = ("us-west-2", "us-east-1")


class SideStackError(RuntimeError):
    """A side stack could not be made or removed. Its text is one line."""


@dataclass(frozen=True)
class SideStack:
    """A stack beside the main one. `without` is the setting that leaves it out."""

    name: str
    region: str
    without: str


def forwarder(region: str) -> SideStack:
    """Name the stack that forwards Health events from that Region."""
    return SideStack(f"{STACK_NAME}-HealthForwarder-{region}", region, "health_forwarder=false")


USER_NOTIFICATIONS: Final = SideStack(
    f"{STACK_NAME}-UserNotifications", USER_NOTIFICATIONS_REGION, "user_notifications=false"
)


def wanted(settings: Settings, region: str) -> tuple[SideStack, ...]:
    """Return the side stacks of a main stack in that Region."""
    forwarders = tuple(
        forwarder(source)
        for source in _HEALTH_REGIONS
        if settings.health_forwarder and partition_of(region) == "aws" and source != region
    )
    return forwarders + ((USER_NOTIFICATIONS,) if settings.user_notifications else ())


def possible(region: str) -> tuple[SideStack, ...]:
    """Return every side stack that any settings could have made, in that Region's partition."""
    if partition_of(region) != "aws":
        return ()
    return (*map(forwarder, _HEALTH_REGIONS), USER_NOTIFICATIONS)


def is_there(account: Account, side: SideStack) -> bool:
    """Whether the stack exists. Raises SideStackError when that cannot be told."""
    try:
        _client(account, side).describe_stacks(StackName=side.name)
    except (BotoCoreError, ClientError) as error:
        # A Region in which nothing may be asked holds none of ours.
        if "does not exist" in str(error) or "AccessDenied" in str(error):
            return False
        reason = " ".join(str(error).split())
        message = f"cannot see whether {side.name} is in {side.region}: {reason}"
        raise SideStackError(message) from error
    return True


def remove(account: Account, side: SideStack) -> None:
    """Delete the stack and wait until it is gone. Raises SideStackError."""
    client = _client(account, side)
    try:
        client.delete_stack(StackName=side.name)
        waiter = client.get_waiter("stack_delete_complete")
        waiter.wait(StackName=side.name, WaiterConfig={"Delay": 3, "MaxAttempts": 100})
    except (BotoCoreError, ClientError) as error:
        reason = " ".join(str(error).split())
        message = f"{side.name} could not be removed from {side.region}: {reason}"
        raise SideStackError(message) from error


def hub_of(account: Account) -> str | None:
    """Return the Region of the notification hub that the stack made, which outlives it."""
    try:
        answer = _client(account, USER_NOTIFICATIONS).describe_stack_resource(
            StackName=USER_NOTIFICATIONS.name, LogicalResourceId=HUB_ID
        )
    except (BotoCoreError, ClientError):
        return None
    return answer["StackResourceDetail"].get("PhysicalResourceId")


def _client(account: Account, side: SideStack) -> CloudFormationClient:
    return account.session.client(
        "cloudformation", region_name=side.region, endpoint_url=account.endpoint
    )
