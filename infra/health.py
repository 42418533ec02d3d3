"""AWS Health, pushed: the rule, the queue that absorbs bursts and pages, and the function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import functions, keys
from infra.functions import allow

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs

    from infra.asset import Target
    from infra.config import Settings
    from infra.state import State
    from infra.topics import Topics

# The service and nothing narrower: which codes Bedrock's events have is not documented, so what
# an event is about is decided in the function.
PATTERN: Final[dict[str, object]] = {
    "source": ["aws.health"],
    "detail-type": ["AWS Health Event"],
    "detail": {"service": ["BEDROCK"]},
}

_SERVICE: Final = "health"
_ATTEMPTS: Final = 5


class Health(Construct):
    """Everything that brings a Health event to people, and that keeps one which it cannot."""

    def __init__(  # noqa: PLR0913 - what it is made of, each given by name
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
        """Make the function, and send it what Health says about Bedrock in this Region."""
        super().__init__(scope, id_)
        self.dead_letters = functions.dead_letters(self, "DeadLetters", key=key)
        self.queue = functions.queue(
            self,
            "Queue",
            key=key,
            # Longer than any repair should take, and half of what a dead letter has: its time
            # counts from when the event came, so one that fails late still lies for a week.
            retention=Duration.days(7),
            # What Lambda asks for, so that a batch is not handed out again while it is retried.
            visibility_timeout=Duration.seconds(6 * functions.TIMEOUT.to_seconds()),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=_ATTEMPTS
            ),
        )
        log = functions.log_group(self, key)
        role = self._role(log, settings, state, topics, key)
        self.function = functions.function(
            self,
            description="Tells what AWS Health says about Bedrock",
            handler="notifier.health.handler",
            role=role,
            log=log,
            variables=functions.variables(_SERVICE, settings=settings, state=state, topics=topics),
            key=key,
            code=code,
            target=target,
        )
        self._feed(role)
        self._listen()

    def _role(
        self,
        log: logs.LogGroup,
        settings: Settings,
        state: State,
        topics: Topics,
        key: kms.IKey | None,
    ) -> iam.Role:
        role = functions.role(self, log)
        allow(
            role,
            ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem"],
            state.models.table_arn,
        )
        functions.allow_telling(role, settings=settings, state=state, topics=topics)
        allow(
            role,
            ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
            self.queue.queue_arn,
        )
        keys.grant_use(key, role)
        return role

    def _feed(self, role: iam.Role) -> None:
        """Hand the function what is in the queue; what it fails at comes back alone."""
        mapping = lambda_.EventSourceMapping(
            self,
            "Feed",
            target=self.function,
            event_source_arn=self.queue.queue_arn,
            batch_size=10,
            report_batch_item_failures=True,
            # The least that Lambda accepts. A burst waits in the queue, and leaves the polls and
            # everything else in a small account some of its ten concurrent invocations.
            max_concurrency=2,
        )
        # Lambda checks that the role may read when the mapping is made.
        mapping.node.add_dependency(role)

    def _listen(self) -> None:
        """Send the events to the queue.

        What EventBridge cannot deliver goes to the queue's own dead letters: the same body, and
        the one kind of queue from which SQS moves messages back. CDK's target for queues would
        grant more actions than are needed.
        """
        rule = events.CfnRule(
            self,
            "Rule",
            description="What AWS Health says about Amazon Bedrock",
            event_pattern=PATTERN,
            state="ENABLED",
            targets=[
                events.CfnRule.TargetProperty(
                    id="Queue",
                    arn=self.queue.queue_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(
                        arn=self.dead_letters.queue_arn
                    ),
                )
            ],
        )
        for queue in (self.queue, self.dead_letters):
            queue.add_to_resource_policy(
                iam.PolicyStatement(
                    sid="HealthEvents",
                    principals=[iam.ServicePrincipal("events.amazonaws.com")],
                    actions=["sqs:SendMessage"],
                    resources=[queue.queue_arn],
                    conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
                )
            )
