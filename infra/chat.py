"""The Slack channel, as Amazon Q Developer in chat applications knows it."""

from __future__ import annotations

from typing import Final

from aws_cdk import aws_chatbot as chatbot
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.stack_name import STACK_NAME

CONFIGURATION_NAME: Final = STACK_NAME
"""Fixed, so that the channel's ARN can be written down in a stack of another Region."""


def channel_arn(partition: str, account: str) -> str:
    """Compose the ARN of the channel, which belongs to no Region."""
    channel = f"chat-configuration/slack-channel/{CONFIGURATION_NAME}"
    return f"arn:{partition}:chatbot::{account}:{channel}"


class Chat(Construct):
    """A channel in which messages are read and nothing in the account can be done.

    Whoever is in the channel may also give commands there, with the rights of the channel's role
    as far as the guardrail lets them through. The role has none; the guardrail, which otherwise
    is AdministratorAccess, refuses everything, whatever somebody attaches to the role later.
    """

    def __init__(self, scope: Construct, id_: str, *, workspace_id: str, channel_id: str) -> None:
        """Make the channel. The workspace must have been authorised once, in the console."""
        super().__init__(scope, id_)
        role = iam.Role(
            self,
            "Role",
            description="May do nothing: the channel is for reading",
            assumed_by=iam.ServicePrincipal("chatbot.amazonaws.com"),
        )
        guardrail = iam.ManagedPolicy(
            self,
            "Guardrail",
            description="Refuses every command given in the channel",
            statements=[
                iam.PolicyStatement(effect=iam.Effect.DENY, actions=["*"], resources=["*"])
            ],
        )
        chatbot.CfnSlackChannelConfiguration(
            self,
            "Slack",
            configuration_name=CONFIGURATION_NAME,
            slack_workspace_id=workspace_id,
            slack_channel_id=channel_id,
            iam_role_arn=role.role_arn,
            guardrail_policies=[guardrail.managed_policy_arn],
        )
