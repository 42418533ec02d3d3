"""The SNS topics: alerts about models, and alarms about this system itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Sequence


class Topics(Construct):
    """Both topics; every address is subscribed to both."""

    def __init__(
        self, scope: Construct, id_: str, *, key: kms.IKey | None, emails: Sequence[str]
    ) -> None:
        """Make the topics and subscribe the addresses; each must then be confirmed by a person."""
        super().__init__(scope, id_)
        self.alerts = sns.Topic(
            self,
            "Alerts",
            display_name="Bedrock Lifecycle Notifier",
            enforce_ssl=True,
            master_key=key or _aws_managed_key(self),
        )
        self.operations = self._operations(key)
        for email in emails:
            self.alerts.add_subscription(subscriptions.EmailSubscription(email))
            self.operations.add_subscription(subscriptions.EmailSubscription(email))

    def _operations(self, key: kms.IKey | None) -> sns.Topic:
        """Make the topic that CloudWatch alarms publish to.

        CloudWatch cannot use the AWS-managed key of SNS, whose policy nobody can change: alarms
        would vanish. So this topic has a key only when there is a customer-managed one.
        """
        topic = sns.Topic(
            self,
            "Operations",
            display_name="Bedrock Lifecycle Notifier operations",
            enforce_ssl=True,
            master_key=key,
        )
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsOfThisAccount",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        return topic


def _aws_managed_key(scope: Construct) -> kms.IKey:
    return kms.Alias.from_alias_name(scope, "AwsManagedKey", "alias/aws/sns")
