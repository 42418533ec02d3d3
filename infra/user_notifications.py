"""AWS User Notifications: Health's own events and our alarms, without a function in between."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from aws_cdk import Aws, Environment, LegacyStackSynthesizer, RemovalPolicy, Stack
from aws_cdk import aws_notifications as notifications
from aws_cdk import aws_notificationscontacts as contacts
from constructs import Construct

from infra import chat
from infra.health import PATTERN
from infra.side_stacks import HUB_ID, USER_NOTIFICATIONS
from infra.stack_name import STACK_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.config import Settings

# The sub-categories of Health events that AWS mails to the root address. Which of them Bedrock's
# notices belong to is not documented. `Issue`, the fourth, holds what is mailed to nobody.
_MAILED_TO_ROOT: Final = ("Operations", "Security", "Billing")


class UserNotificationsStack(Stack):
    """Carries events that AWS services emit; our own alerts cannot travel this way."""

    def __init__(self, scope: Construct, *, settings: Settings, main_region: str) -> None:
        """Send to the addresses, to the chat channels if there are any, and to the console."""
        super().__init__(
            scope,
            USER_NOTIFICATIONS.name,
            env=Environment(region=USER_NOTIFICATIONS.region),
            # Needs nothing of a bootstrapped Region, as in the forwarders. Without a bucket there,
            # a template must also be short.
            synthesizer=LegacyStackSynthesizer(),
            suppress_template_indentation=True,
            description="Health events and alarms of the Bedrock Lifecycle Notifier, by AWS itself",
        )
        configuration = self._configuration(settings.notification_hub_region)
        self._rule(
            "Health",
            configuration,
            source="aws.health",
            event_type="AWS Health Event",
            regions=health_regions(settings, main_region),
            pattern={"detail": PATTERN["detail"]},
        )
        self._rule(
            "Alarms",
            configuration,
            source="aws.cloudwatch",
            event_type="CloudWatch Alarm State Change",
            regions=[main_region],
            # CloudFormation begins the name of an alarm with that of its stack. Only alarms, as
            # on the operations topic: every new alarm also changes its state once, to OK.
            pattern={
                "detail": {
                    "alarmName": [{"prefix": f"{STACK_NAME}-"}],
                    "state": {"value": ["ALARM"]},
                }
            },
        )
        # Without their filters: those are about the attributes of our own alerts.
        for email in (subscriber.address for subscriber in settings.emails):
            _Channel(self, email, arn=self._contact(email), configuration=configuration)
        for channel in chat.channels(settings):
            arn = channel.arn(self.partition, Aws.ACCOUNT_ID)
            _Channel(self, channel.id, arn=arn, configuration=configuration)

    def _configuration(self, hub_region: str) -> notifications.CfnNotificationConfiguration:
        configuration = notifications.CfnNotificationConfiguration(
            self,
            "Configuration",
            name=STACK_NAME,
            description="AWS Health events about Amazon Bedrock, and alarms of the notifier",
            # One event comes from two Regions and in several pages. Five minutes gather them
            # without making anybody wait; NONE would say everything as often as it comes.
            aggregation_duration="SHORT",
        )
        if hub_region:
            hub = notifications.CfnNotificationHub(self, HUB_ID, region=hub_region)
            # It is a setting of the account, and the last one cannot be removed.
            hub.apply_removal_policy(RemovalPolicy.RETAIN)
            configuration.add_resource_dependency(hub)
        return configuration

    def _rule(  # noqa: PLR0913 - a rule is these things
        self,
        id_: str,
        configuration: notifications.CfnNotificationConfiguration,
        *,
        source: str,
        event_type: str,
        regions: Sequence[str],
        pattern: Mapping[str, object],
    ) -> None:
        notifications.CfnEventRule(
            self,
            id_,
            notification_configuration_arn=configuration.attr_arn,
            source=source,
            event_type=event_type,
            regions=list(regions),
            event_pattern=json.dumps(pattern, sort_keys=True),
        )

    def _contact(self, email: str) -> str:
        """Make a contact, and return its ARN. AWS then asks the recipient to activate it."""
        contact = contacts.CfnEmailContact(
            # A place of its own, or addresses that differ in a dot only would be one resource.
            Construct(self, f"{email} contact"),
            "Contact",
            email_address=email,
            # The characters that the name of a contact may have, and as many of them.
            name=re.sub(r"[^A-Za-z0-9_.~-]", "-", email)[:64],
        )
        return contact.attr_arn


class _Channel(Construct):
    """Sends what our rules match, and what AWS mails to the root address, to one channel."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        arn: str,
        configuration: notifications.CfnNotificationConfiguration,
    ) -> None:
        """Associate the channel with that ARN."""
        super().__init__(scope, id_)
        notifications.CfnChannelAssociation(
            self,
            "Ours",
            arn=arn,
            notification_configuration_arn=configuration.attr_arn,
        )
        partition = Stack.of(self).partition
        managed = f"arn:{partition}:notifications::{Aws.ACCOUNT_ID}"
        for category in _MAILED_TO_ROOT:
            notifications.CfnManagedNotificationAdditionalChannelAssociation(
                self,
                category,
                channel_arn=arn,
                managed_notification_configuration_arn=(
                    f"{managed}:managed-notification-configuration/category/AWS-Health/"
                    f"sub-category/{category}"
                ),
            )


def health_regions(settings: Settings, main_region: str) -> list[str]:
    """Return the Regions whose Health events are sent: the chosen ones, if any were chosen.

    For `all`, those that are surely enabled are enough: every Region's events also go to
    us-west-2, its own to us-east-1, and those of no Region to us-east-1. An opt-in Region that
    the account has not enabled could make the whole rule fail.
    """
    if isinstance(settings.regions, tuple):
        return list(settings.regions)
    return list(dict.fromkeys((main_region, "us-east-1", "us-west-2")))
