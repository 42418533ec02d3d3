"""The poll: its function, its role, its schedule, and the queues where failures land."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from aws_cdk import (
    Acknowledgment,
    ArnFormat,
    Duration,
    RemovalPolicy,
    Stack,
    Token,
    Validations,
)
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import keys
from infra.state import UNSETTLED_INDEX

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

    from infra.asset import Target
    from infra.config import Settings
    from infra.state import State
    from infra.topics import Topics

METRICS_NAMESPACE: Final = "BedrockLifecycleNotifier"
SERVICE: Final = "poll"

# What the function needs to know of the settings; the rest is the stack's business.
_FUNCTION_SETTINGS: Final = (
    "regions",
    "poll_rate_minutes",
    "reminder_hour_utc",
    "alert_on",
    "usage",
    "used_within_days",
    "inactivity_days",
    "watch",
    "ignore",
    "announce_new_models",
    "reminders_end_of_life",
    "reminders_extended_access",
    "reminders_legacy",
)
_LISTINGS_OF_USE: Final = (
    "bedrock:ListAgents",
    "bedrock:ListCustomModelDeployments",
    "bedrock:ListCustomModels",
    "bedrock:ListFlows",
    "bedrock:ListInferenceProfiles",
    "bedrock:ListKnowledgeBases",
    "bedrock:ListModelInvocationJobs",
    "bedrock:ListPromptRouters",
    "bedrock:ListPrompts",
    "bedrock:ListProvisionedModelThroughputs",
    "cloudwatch:GetMetricData",
    "cloudwatch:ListMetrics",
    "servicequotas:ListServiceQuotas",
)
_DETAILS_OF_USE: Final = {
    "agent": "bedrock:GetAgent",
    "flow": "bedrock:GetFlow",
    "knowledge-base": "bedrock:GetKnowledgeBase",
    "prompt": "bedrock:GetPrompt",
}
_LONGEST_LAMBDA_EVENT_AGE: Final = Duration.hours(6)


class Poller(Construct):
    """Everything that makes a poll happen, and that catches one which does not."""

    def __init__(  # noqa: PLR0913 - what the poll is made of, each given by name
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        state: State,
        topics: Topics,
        key: kms.IKey | None,
        code: lambda_.Code,
        target: Target,
    ) -> None:
        """Make the function and start its schedule."""
        super().__init__(scope, id_)
        self._settings = settings
        self._key = key
        self._log_group = logs.LogGroup(
            self,
            "Logs",
            retention=logs.RetentionDays.THREE_MONTHS,
            encryption_key=key,
            # The tables are the record; logs are for looking into the last weeks.
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.failures = self._queue("Failures")
        self.dead_letters = self._queue("DeadLetters")
        role = self._role(state, topics)
        self.function = self._function(role, state, topics, code, target)
        on_failure = self._send_failures_to_queue(role)
        # The first poll starts with the schedule, so what catches its failure comes before.
        self._schedule().node.add_dependency(on_failure)

    def _queue(self, id_: str) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            id_,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            encryption=sqs.QueueEncryption.KMS if self._key else sqs.QueueEncryption.SQS_MANAGED,
            encryption_master_key=self._key,
        )
        Validations.of(queue).acknowledge(
            Acknowledgment(
                id="AwsSolutions-SQS3",
                reason="It is itself where undeliverable messages end; an alarm watches it.",
            )
        )
        return queue

    def _role(self, state: State, topics: Topics) -> iam.Role:
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self._log_group.grant_write(role)
        self._allow_reading_catalogs(role)
        if self._settings.usage:
            self._allow_reading_use(role)
        _allow(
            role,
            ["dynamodb:GetItem", "dynamodb:Scan", "dynamodb:UpdateItem"],
            state.models.table_arn,
        )
        _allow(
            role,
            [
                "dynamodb:BatchWriteItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
            ],
            state.alerts.table_arn,
        )
        _allow(role, ["dynamodb:Query"], f"{state.alerts.table_arn}/index/{UNSETTLED_INDEX}")
        _allow(role, ["sns:GetTopicAttributes", "sns:Publish"], topics.alerts.topic_arn)
        _allow(role, ["events:PutEvents"], self._event_bus_arn())
        _allow(role, ["sqs:SendMessage"], self.failures.queue_arn)
        keys.grant_use(self._key, role)
        self._acknowledge_wildcards(role)
        return role

    def _allow_reading_catalogs(self, role: iam.Role) -> None:
        stack = Stack.of(self)
        # Bedrock offers no resource to restrict ListFoundationModels to.
        _allow(role, ["bedrock:ListFoundationModels"], "*")
        # Any model in any Region: which ones exist is what the poll finds out.
        models = f"arn:{stack.partition}:bedrock:*::foundation-model/*"
        _allow(role, ["bedrock:GetFoundationModel"], models)
        _allow(
            role,
            ["account:ListRegions"],
            stack.format_arn(service="account", region="", resource="account"),
        )

    def _allow_reading_use(self, role: iam.Role) -> None:
        """Allow what tells which models the account uses: names and counts, no content."""
        # None of these supports a resource: each lists what there is.
        _allow(role, list(_LISTINGS_OF_USE), "*")
        for resource, action in _DETAILS_OF_USE.items():
            _allow(role, [action], self._any_of(resource))

    def _any_of(self, resource: str) -> str:
        """Any of this account, in any Region: which ones exist is what the listing tells."""
        return Stack.of(self).format_arn(
            service="bedrock", region="*", resource=resource, resource_name="*"
        )

    def _event_bus_arn(self) -> str:
        return self._settings.event_bus_arn or Stack.of(self).format_arn(
            service="events",
            resource="event-bus",
            resource_name="default",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )

    def _acknowledge_wildcards(self, role: iam.Role) -> None:
        reasons = {
            "*": "None of the actions that list supports a resource.",
            f"arn:{Stack.of(self).partition}:bedrock:*::foundation-model/*": (
                "The poll confirms the absence of any model in any Region."
            ),
        }
        if self._settings.usage:
            why = "Every resource that may name a model is read, in any Region."
            # An account that is not known yet stands in the rule's id under its own name.
            account = Stack.of(self).account
            named = "<AWS::AccountId>" if Token.is_unresolved(account) else account
            reasons |= {
                self._any_of(resource).replace(account, named): why for resource in _DETAILS_OF_USE
            }
        Validations.of(role).acknowledge(
            *(
                Acknowledgment(id=f"AwsSolutions-IAM5[Resource::{resource}]", reason=reason)
                for resource, reason in reasons.items()
            )
        )

    def _function(
        self, role: iam.Role, state: State, topics: Topics, code: lambda_.Code, target: Target
    ) -> lambda_.Function:
        return lambda_.Function(
            self,
            "Function",
            description="Reads the Bedrock catalogs and tells what changed",
            handler="notifier.poll.handler",
            code=code,
            runtime=target.runtime,
            architecture=target.architecture,
            timeout=Duration.minutes(2),
            memory_size=256,
            role=role,
            log_group=self._log_group,
            environment_encryption=self._key,
            environment={
                "MODELS_TABLE": state.models.table_name,
                "ALERTS_TABLE": state.alerts.table_name,
                "ALERTS_TOPIC_ARN": topics.alerts.topic_arn,
                "EVENT_BUS": self._settings.event_bus_arn or "default",
                "SETTINGS": self._function_settings(),
                "POWERTOOLS_SERVICE_NAME": SERVICE,
                "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
                "POWERTOOLS_LOG_LEVEL": "INFO",
            },
        )

    def _function_settings(self) -> str:
        chosen = self._settings.model_dump(mode="json", include=set(_FUNCTION_SETTINGS))
        return json.dumps(chosen, sort_keys=True)

    def _send_failures_to_queue(self, role: iam.Role) -> lambda_.CfnEventInvokeConfig:
        """Keep a poll that failed for good.

        Scheduler hands the event over and is done, so its dead-letter queue never sees an error
        of the function. CDK's `on_failure` would grant two more actions than are needed.
        """
        config = lambda_.CfnEventInvokeConfig(
            self,
            "OnFailure",
            function_name=self.function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=2,
            maximum_event_age_in_seconds=min(
                self._rate.to_seconds(), _LONGEST_LAMBDA_EVENT_AGE.to_seconds()
            ),
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(
                    destination=self.failures.queue_arn
                )
            ),
        )
        # Lambda checks that the role may send when the destination is set.
        config.node.add_dependency(role)
        return config

    @property
    def _cfn_function(self) -> lambda_.CfnFunction:
        child = self.function.node.default_child
        if not isinstance(child, lambda_.CfnFunction):
            raise TypeError(child)
        return child

    @property
    def _rate(self) -> Duration:
        return Duration.minutes(self._settings.poll_rate_minutes)

    def _schedule(self) -> scheduler.Schedule:
        """Poll at the chosen rate, first at once: a rate without a start date begins right away."""
        stack = Stack.of(self)
        role = iam.Role(
            self,
            "ScheduleRole",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
            ),
        )
        # Also for its dead letters Scheduler acts as this role, so the role needs the key.
        _allow(role, ["sqs:SendMessage"], self.dead_letters.queue_arn)
        keys.grant_use(self._key, role)
        function_id = stack.resolve(self._cfn_function.logical_id)
        Validations.of(role).acknowledge(
            Acknowledgment(
                id=f"AwsSolutions-IAM5[Resource::<{function_id}.Arn>:*]",
                reason="CDK's schedule target also allows the versions of this one function.",
            )
        )
        return scheduler.Schedule(
            self,
            "Schedule",
            description="Polls the Bedrock catalogs",
            schedule=scheduler.ScheduleExpression.rate(self._rate),
            target=targets.LambdaInvoke(
                self.function,
                input=scheduler.ScheduleTargetInput.from_object(
                    {"time": scheduler.ContextAttribute.scheduled_time}
                ),
                role=role,
                dead_letter_queue=self.dead_letters,
                retry_attempts=10,
                # What could not be delivered by then has been overtaken by the next poll.
                max_event_age=self._rate,
            ),
        )


def _allow(role: iam.Role, actions: list[str], resource: str) -> None:
    """Grant exactly these actions on exactly this resource."""
    iam.Grant.add_to_principal(grantee=role, actions=actions, resource_arns=[resource])
