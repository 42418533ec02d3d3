"""The stack: one construct per capability, wired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Environment, Stack

from infra.asset import functions_code, target_named
from infra.chat import Chat
from infra.dashboard import Dashboard
from infra.health import Health
from infra.keys import customer_managed_key
from infra.monitoring import Monitoring
from infra.poller import Poller
from infra.stack_name import STACK_NAME
from infra.state import State
from infra.topics import Topics

if TYPE_CHECKING:
    from constructs import Construct

    from infra.config import Settings


class NotifierStack(Stack):
    """Everything that the account gets in the Region of its choice."""

    def __init__(
        self,
        scope: Construct,
        id_: str = STACK_NAME,
        *,
        settings: Settings,
        env: Environment | None = None,
    ) -> None:
        """Wire the parts."""
        super().__init__(
            scope,
            id_,
            env=env,
            description="Tells before an Amazon Bedrock model changes state or stops answering",
        )
        target = target_named(settings.asset_target)
        key = customer_managed_key(self, settings.kms_key, retain=settings.retain_data)
        state = State(self, "State", key=key, retain=settings.retain_data)
        topics = Topics(
            self, "Topics", key=key, subscribers=settings.emails, chat=settings.has_chat
        )
        code = functions_code(target)
        poller = Poller(
            self,
            "Poller",
            settings=settings,
            state=state,
            topics=topics,
            key=key,
            code=code,
            target=target,
        )
        health = Health(
            self,
            "Health",
            settings=settings,
            state=state,
            topics=topics,
            key=key,
            code=code,
            target=target,
        )
        monitoring = Monitoring(
            self,
            "Monitoring",
            poller=poller,
            health=health,
            poll_rate_minutes=settings.poll_rate_minutes,
            deadline_alarm=settings.user_notifications,
            operations=topics.operations,
            key=key,
            target=target,
        )
        if topics.chat:
            # Alarms too: with chat alone nobody else would hear that this system has stopped.
            heard = (topics.chat, topics.operations)
            Chat(self, "Chat", settings=settings, topics=heard)
        if settings.dashboard:
            dashboard = Dashboard(
                self,
                "Dashboard",
                settings=settings,
                state=state,
                poller=poller,
                health=health,
                monitoring=monitoring,
                key=key,
                code=code,
                target=target,
            )
            if dashboard.url:
                CfnOutput(self, "DashboardUrl", value=dashboard.url)
        self._outputs(state, topics, poller, health)

    def _outputs(self, state: State, topics: Topics, poller: Poller, health: Health) -> None:
        outputs = {
            "ModelsTableName": state.models.table_name,
            "AlertsTableName": state.alerts.table_name,
            "AlertsTopicArn": topics.alerts.topic_arn,
            "OperationsTopicArn": topics.operations.topic_arn,
            **({"ChatTopicArn": topics.chat.topic_arn} if topics.chat else {}),
            "PollFunctionName": poller.function.function_name,
            "HealthFunctionName": health.function.function_name,
        }
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
