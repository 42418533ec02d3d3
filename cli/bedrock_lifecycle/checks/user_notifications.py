"""Checks of AWS User Notifications: its stack, its hub, and who has not activated their address.

https://docs.aws.amazon.com/notifications/latest/APIReference/Welcome.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from bedrock_lifecycle.access import STACK_NAME
from bedrock_lifecycle.checks.finding import DEPLOY, ok, problem
from bedrock_lifecycle.checks.stack import is_good, stack_finding, standing
from notifier.errors import aws_call
from notifier.render.words import listing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from bedrock_lifecycle.checks.finding import Commands, Finding
    from bedrock_lifecycle.checks.site import Site
    from bedrock_lifecycle.checks.stack import Standing

USER_NOTIFICATIONS: Final = "User Notifications"
NAME: Final = f"{STACK_NAME}-UserNotifications"
REGION: Final = "us-east-1"
"""Where the service is administered, and the only Region in which CloudFormation knows it."""

_WITH_HUB: Final = f"{DEPLOY} ARGS='--set notification_hub_region=REGION'"


class Hub(NamedTuple):
    """A Region in which notifications are kept, and its status: `ACTIVE`, for example."""

    region: str
    status: str


class Contact(NamedTuple):
    """An address, which is `active` once somebody has opened the link that AWS sent."""

    arn: str
    address: str
    status: str


def user_notifications(site: Site) -> Iterator[Finding]:
    """Look at the stack, the hubs and the addresses, if User Notifications are wanted."""
    if not site.settings.user_notifications:
        return
    stands = standing(site.account.clients, NAME, REGION)
    yield stack_finding_or_none(stands, site.commands)
    yield hub_finding(_hubs(site))
    if stands is not None and is_good(stands.status):
        kind = "AWS::NotificationsContacts::EmailContact"
        ours = {one.name for one in site.resources_of(NAME, REGION) if one.kind == kind}
        contacts = [one for one in _contacts(site) if one.arn in ours]
        yield from contact_findings(contacts, site.commands)


def _hubs(site: Site) -> list[Hub]:
    pages = site.client("notifications", REGION).get_paginator("list_notification_hubs")
    with aws_call("notifications:ListNotificationHubs"):
        return [
            Hub(one["notificationHubRegion"], one["statusSummary"]["status"])
            for page in pages.paginate()
            for one in page["notificationHubs"]
        ]


def _contacts(site: Site) -> list[Contact]:
    pages = site.client("notificationscontacts", REGION).get_paginator("list_email_contacts")
    with aws_call("notifications-contacts:ListEmailContacts"):
        return [
            Contact(one["arn"], one["address"], one["status"])
            for page in pages.paginate()
            for one in page["emailContacts"]
        ]


def stack_finding_or_none(stands: Standing | None, commands: Commands) -> Finding:
    """Judge the stack, which user_notifications=true asks for."""
    if stands is not None:
        return stack_finding(USER_NOTIFICATIONS, NAME, REGION, stands.status, commands)
    return problem(
        USER_NOTIFICATIONS,
        f"there is no {NAME} in {REGION}, though user_notifications=true",
        "deploy again, and read why not; where no hub exists, name a Region for one",
        DEPLOY,
        _WITH_HUB,
    )


def hub_finding(hubs: Collection[Hub]) -> Finding:
    """Judge the hubs: one must be active for anything to arrive."""
    active = [one.region for one in hubs if one.status == "ACTIVE"]
    if active:
        return ok(USER_NOTIFICATIONS, f"the hub in {listing(active)} is active")
    others = listing([f"the one in {one.region} is {one.status}" for one in hubs])
    return problem(
        USER_NOTIFICATIONS,
        f"no notification hub is active{f': {others}' if others else ''}",
        "name a Region for one, or register one in the console of AWS User Notifications",
        _WITH_HUB,
    )


def contact_findings(contacts: Collection[Contact], commands: Commands) -> Iterator[Finding]:
    """Judge our addresses: nothing goes to one that nobody has activated."""
    for one in contacts:
        if one.status != "active":
            yield problem(
                USER_NOTIFICATIONS,
                f"{one.address} is {one.status}: nobody has opened the link that AWS sent",
                "open it while signed in to this account, within 12 hours; this sends another",
                commands.aws(
                    "notificationscontacts",
                    "send-activation-code",
                    "--arn",
                    one.arn,
                    region=REGION,
                ),
            )
    active = [one.address for one in contacts if one.status == "active"]
    if active:
        yield ok(USER_NOTIFICATIONS, f"{listing(active)} active")
