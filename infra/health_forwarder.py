"""A stack in another Region: forwards what Health says there about Bedrock to the main stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws, Environment, LegacyStackSynthesizer, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam

from infra.health import PATTERN

if TYPE_CHECKING:
    from constructs import Construct


class HealthForwarderStack(Stack):
    """One rule, and the role with which it reaches the default bus of the main stack's Region.

    An event keeps its source on the way and so matches the main stack's rule, whose only target
    is a queue: what arrives there goes no further.
    """

    def __init__(self, scope: Construct, id_: str, *, region: str, main_region: str) -> None:
        """Forward from the one Region to the other."""
        super().__init__(
            scope,
            id_,
            env=Environment(region=region),
            # Needs nothing of a bootstrapped Region. `BootstraplessSynthesizer`, for all its name,
            # has CloudFormation act as a role that only bootstrapping makes.
            synthesizer=LegacyStackSynthesizer(),
            description=f"Forwards AWS Health events about Amazon Bedrock to {main_region}",
        )
        bus = f"arn:{self.partition}:events:{main_region}:{Aws.ACCOUNT_ID}:event-bus/default"
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "events.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            ),
        )
        grant = iam.Grant.add_to_principal(
            grantee=role, actions=["events:PutEvents"], resource_arns=[bus]
        )
        rule = events.CfnRule(
            self,
            "Rule",
            description=f"What AWS Health says about Amazon Bedrock, to {main_region}",
            event_pattern=PATTERN,
            state="ENABLED",
            # EventBridge tries for a day. A queue for what is left would lie where no alarm of
            # the main stack can see it; the Health API and the other Region's copy remain.
            targets=[events.CfnRule.TargetProperty(id="Bus", arn=bus, role_arn=role.role_arn)],
        )
        grant.apply_before(rule)
