"""The chat channels, as Amazon Q Developer in chat applications knows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aws_cdk import aws_chatbot as chatbot
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.stack_name import STACK_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_sns as sns

    from infra.config import Settings


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel. Its `name` is fixed, so that a stack of another Region can write its ARN."""

    id: str
    kind: str
    name: str

    def arn(self, partition: str, account: str) -> str:
        """Compose the ARN of the channel, which belongs to no Region."""
        return f"arn:{partition}:chatbot::{account}:chat-configuration/{self.kind}/{self.name}"


SLACK: Final = Channel("Slack", "slack-channel", STACK_NAME)
# Whether two channels of different kinds may share a name is not documented.
TEAMS: Final = Channel("Teams", "microsoft-teams-channel", f"{STACK_NAME}-Teams")


def channels(settings: Settings) -> tuple[Channel, ...]:
    """Return the channels that the settings ask for."""
    slack = (SLACK,) if settings.slack_channel_id else ()
    return (*slack, TEAMS) if settings.teams_channel_id else slack


class Chat(Construct):
    """Channels in which messages are read and nothing in the account can be done.

    Whoever is in a channel may also give commands there, with the rights of the channel's role
    as far as the guardrail lets them through. The role has none; the guardrail, which otherwise
    is AdministratorAccess, refuses everything, whatever somebody attaches to the role later.
    """

    def __init__(
        self, scope: Construct, id_: str, *, settings: Settings, topics: Sequence[sns.ITopic]
    ) -> None:
        """Make the channels and let them hear the topics.

        The workspace or the team must have been authorised once, in the console.
        """
        super().__init__(scope, id_)
        self._topics = [topic.topic_arn for topic in topics]
        self._role = iam.Role(
            self,
            "Role",
            description="May do nothing: the channel is for reading",
            assumed_by=iam.ServicePrincipal("chatbot.amazonaws.com"),
        )
        self._guardrail = iam.ManagedPolicy(
            self,
            "Guardrail",
            description="Refuses every command given in the channel",
            statements=[
                iam.PolicyStatement(effect=iam.Effect.DENY, actions=["*"], resources=["*"])
            ],
        )
        if settings.slack_channel_id:
            self._slack(settings)
        if settings.teams_channel_id:
            self._teams(settings)

    def _slack(self, settings: Settings) -> None:
        chatbot.CfnSlackChannelConfiguration(
            self,
            SLACK.id,
            configuration_name=SLACK.name,
            slack_workspace_id=settings.slack_workspace_id,
            slack_channel_id=settings.slack_channel_id,
            iam_role_arn=self._role.role_arn,
            guardrail_policies=[self._guardrail.managed_policy_arn],
            sns_topic_arns=self._topics,
        )

    def _teams(self, settings: Settings) -> None:
        chatbot.CfnMicrosoftTeamsChannelConfiguration(
            self,
            TEAMS.id,
            configuration_name=TEAMS.name,
            team_id=settings.teams_team_id,
            teams_channel_id=settings.teams_channel_id,
            teams_tenant_id=settings.teams_tenant_id,
            iam_role_arn=self._role.role_arn,
            guardrail_policies=[self._guardrail.managed_policy_arn],
            sns_topic_arns=self._topics,
        )
