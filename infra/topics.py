"""The SNS topics: alerts about models, the same for chat, and alarms about this system itself."""

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

    from infra.routing import Subscriber


class Topics(Construct):
    """The topics; every address is subscribed to alerts, by its filter, and to operations.

    `told` are those that the functions publish to. `chat` is one of them where a chat channel is
    to read it: its messages are documents that only Amazon Q Developer turns into text.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        key: kms.IKey | None,
        subscribers: Sequence[Subscriber],
        chat: bool,
    ) -> None:
        """Make the topics and subscribe the addresses; each must then be confirmed by a person."""
        super().__init__(scope, id_)
        # Only our own functions publish to these two, and only they need the key: SNS decrypts
        # what it delivers.
        topic_key = key or _aws_managed_key(self)
        name = "Bedrock Lifecycle Notifier"
        self.alerts = self._topic("Alerts", name, topic_key)
        self.chat = self._topic("Chat", f"{name} chat", topic_key) if chat else None
        self.told = (self.alerts, self.chat) if self.chat else (self.alerts,)
        self.operations = self._operations(key)
        for subscriber in subscribers:
            email = subscriptions.EmailSubscription(subscriber.address)
            _filter(self.alerts.add_subscription(email), subscriber)
            self.operations.add_subscription(email)

    def _topic(self, id_: str, display_name: str, key: kms.IKey | None) -> sns.Topic:
        return sns.Topic(self, id_, display_name=display_name, enforce_ssl=True, master_key=key)

    def _operations(self, key: kms.IKey | None) -> sns.Topic:
        """Make the topic that CloudWatch alarms publish to.

        CloudWatch cannot use the AWS-managed key of SNS, whose policy nobody can change: alarms
        would vanish. So this topic has a key only when there is a customer-managed one.
        """
        topic = self._topic("Operations", "Bedrock Lifecycle Notifier operations", key)
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


def _filter(subscription: sns.Subscription, subscriber: Subscriber) -> None:
    """Set the filter policy, of which CDK's own filters cannot say everything.

    On the subscription that CDK makes, and not on one of our own in its place: in an upgrade that
    would be another resource, which CloudFormation subscribes before it unsubscribes the old one.
    """
    child = subscription.node.default_child
    if not isinstance(child, sns.CfnSubscription):
        raise TypeError(child)
    child.filter_policy = subscriber.filter_policy


def _aws_managed_key(scope: Construct) -> kms.IKey:
    return kms.Alias.from_alias_name(scope, "AwsManagedKey", "alias/aws/sns")
