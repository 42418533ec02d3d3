"""The poll: its function, its role, its schedules, and the queues where failures land."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import (
    Acknowledgment,
    CfnResource,
    Duration,
    Stack,
    TimeZone,
    Token,
    Validations,
)
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from infra import functions, keys
from infra.functions import allow
from infra.state import UNSETTLED_INDEX

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs

    from infra.asset import Target
    from infra.config import Settings
    from infra.state import State
    from infra.topics import Topics

SERVICE: Final = "poll"

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
_DETAILS_OF_HEALTH: Final = ("health:DescribeAffectedEntities", "health:DescribeEventDetails")
_DETAILS_OF_USE: Final = {
    "agent": "bedrock:GetAgent",
    "flow": "bedrock:GetFlow",
    "knowledge-base": "bedrock:GetKnowledgeBase",
    "prompt": "bedrock:GetPrompt",
}
_LONGEST_LAMBDA_EVENT_AGE: Final = Duration.hours(6)
# As long as Scheduler keeps trying at all: a digest is still wanted hours later.
_LONGEST_SCHEDULE_EVENT_AGE: Final = Duration.days(1)


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
        """Make the function and start its schedules."""
        super().__init__(scope, id_)
        self._settings = settings
        self._key = key
        log = functions.log_group(self, key)
        self.failures = functions.dead_letters(self, "Failures", key=key)
        role = self._role(log, state, topics)
        self.function = functions.function(
            self,
            description="Reads the Bedrock catalogs and tells what changed",
            handler="notifier.poll.handler",
            role=role,
            log=log,
            variables=functions.variables(SERVICE, settings=settings, state=state, topics=topics),
            key=key,
            code=code,
            target=target,
        )
        on_failure = self._send_failures_to_queue(role)
        # The first poll starts with the schedule, so what catches its failure comes before.
        for schedule in self._schedules():
            schedule.node.add_dependency(on_failure)

    def _role(self, log: logs.LogGroup, state: State, topics: Topics) -> iam.Role:
        role = functions.role(self, log)
        self._allow_reading_catalogs(role)
        self._allow_asking_health(role)
        if self._settings.usage:
            self._allow_reading_use(role)
        allow(
            role,
            ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem"],
            state.models.table_arn,
        )
        allow(role, ["dynamodb:Query"], f"{state.alerts.table_arn}/index/{UNSETTLED_INDEX}")
        functions.allow_telling(role, settings=self._settings, state=state, topics=topics)
        # Whether anybody is subscribed.
        for topic in topics.told:
            allow(role, ["sns:GetTopicAttributes"], topic.topic_arn)
        allow(role, ["sqs:SendMessage"], self.failures.queue_arn)
        keys.grant_use(self._key, role)
        self._acknowledge_wildcards(role)
        return role

    def _allow_reading_catalogs(self, role: iam.Role) -> None:
        stack = Stack.of(self)
        # Bedrock offers no resource to restrict ListFoundationModels to.
        allow(role, ["bedrock:ListFoundationModels"], "*")
        # Any model in any Region: which ones exist is what the poll finds out.
        models = f"arn:{stack.partition}:bedrock:*::foundation-model/*"
        allow(role, ["bedrock:GetFoundationModel"], models)
        allow(
            role,
            ["account:ListRegions"],
            stack.format_arn(service="account", region="", resource="account"),
        )

    def _allow_asking_health(self, role: iam.Role) -> None:
        """Allow what AWS Health tells an account that has a support plan.

        The listing supports no resource. The details are held to Bedrock's events: by the ARN as
        it is documented now, and, as events are around that still have an older ARN without the
        service in it, by the service that Health itself names.
        """
        allow(role, ["health:DescribeEvents"], "*")
        allow(role, _DETAILS_OF_HEALTH, self._health_event("BEDROCK/*"))
        allow(
            role,
            _DETAILS_OF_HEALTH,
            self._health_event("*"),
            conditions={"StringEquals": {"health:service": "BEDROCK"}},
        )
        self._allow_asking_service_lifecycles(role)

    def _allow_asking_service_lifecycles(self, role: iam.Role) -> None:
        """Allow an action that is younger than the reference of what IAM knows.

        In a policy of its own, so that the linter, which takes it for a misspelt one, goes on
        checking the names of all others.
        """
        policy = iam.Policy(
            role,  # a part of the role, so that what waits for the role waits for this too
            "ServiceLifecycles",
            roles=[role],
            statements=[
                iam.PolicyStatement(actions=["health:DescribeServiceLifecycle"], resources=["*"])
            ],
        )
        child = policy.node.default_child
        if not isinstance(child, CfnResource):
            raise TypeError(child)
        child.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3037"]}})
        Validations.of(policy).acknowledge(
            Acknowledgment(
                id="AwsSolutions-IAM5[Resource::*]",
                reason="It lists services and their versions, which are no resources.",
            )
        )

    def _health_event(self, pattern: str) -> str:
        return f"arn:{Stack.of(self).partition}:health:*::event/{pattern}"

    def _allow_reading_use(self, role: iam.Role) -> None:
        """Allow what tells which models the account uses: names and counts, no content."""
        # None of these supports a resource: each lists what there is.
        allow(role, list(_LISTINGS_OF_USE), "*")
        for resource, action in _DETAILS_OF_USE.items():
            allow(role, [action], self._any_of(resource))

    def _any_of(self, resource: str) -> str:
        """Any of this account, in any Region: which ones exist is what the listing tells."""
        return Stack.of(self).format_arn(
            service="bedrock", region="*", resource=resource, resource_name="*"
        )

    def _acknowledge_wildcards(self, role: iam.Role) -> None:
        reasons = {
            "*": "None of the actions that list supports a resource.",
            f"arn:{Stack.of(self).partition}:bedrock:*::foundation-model/*": (
                "The poll confirms the absence of any model in any Region."
            ),
            self._health_event("BEDROCK/*"): "Any event about Bedrock: the listing tells which.",
            self._health_event("*"): "Held by a condition to events about Bedrock.",
        }
        if self._settings.usage:
            why = "Every resource that may name a model is read, in any Region."
            # An account that is not known yet stands in the rule's id under its own name.
            account = Stack.of(self).account
            named = "<AWS::AccountId>" if Token.is_unresolved(account) else account
            reasons |= {
                self._any_of(resource).replace(account, named): why for resource in _DETAILS_OF_USE
            }
        functions.acknowledge_wildcards(role, reasons)

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

    def _schedules(self) -> list[scheduler.Schedule]:
        """Poll at the chosen rate, first at once, and tell the digest when it is due.

        A rate without a start date begins right away.
        """
        role = self._schedule_role()
        poll = self._schedule(
            "Schedule",
            role,
            description="Polls the Bedrock catalogs",
            expression=scheduler.ScheduleExpression.rate(self._rate),
            event="time",
            # What could not be delivered by then has been overtaken by the next poll.
            max_event_age=self._rate,
        )
        if not self._settings.digest_cron:
            return [poll]
        digest = self._schedule(
            "DigestSchedule",
            role,
            description="Tells the digest of the Bedrock Lifecycle Notifier",
            expression=scheduler.ScheduleExpression.expression(
                self._settings.digest_cron, TimeZone.ETC_UTC
            ),
            event="digest",
            max_event_age=_LONGEST_SCHEDULE_EVENT_AGE,
        )
        return [poll, digest]

    def _schedule_role(self) -> iam.Role:
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
        allow(role, ["sqs:SendMessage"], self.failures.queue_arn)
        keys.grant_use(self._key, role)
        function_id = stack.resolve(self._cfn_function.logical_id)
        Validations.of(role).acknowledge(
            Acknowledgment(
                id=f"AwsSolutions-IAM5[Resource::<{function_id}.Arn>:*]",
                reason="CDK's schedule target also allows the versions of this one function.",
            )
        )
        return role

    def _schedule(  # noqa: PLR0913 - a schedule is these things
        self,
        id_: str,
        role: iam.Role,
        *,
        description: str,
        expression: scheduler.ScheduleExpression,
        event: str,
        max_event_age: Duration,
    ) -> scheduler.Schedule:
        """Invoke the function with its scheduled time under the name `event`."""
        return scheduler.Schedule(
            self,
            id_,
            description=description,
            schedule=expression,
            target=targets.LambdaInvoke(
                self.function,
                input=scheduler.ScheduleTargetInput.from_object(
                    {event: scheduler.ContextAttribute.scheduled_time}
                ),
                role=role,
                dead_letter_queue=self.failures,
                retry_attempts=10,
                max_event_age=max_event_age,
            ),
        )
