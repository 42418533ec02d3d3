"""Alarms about this system itself, which publish to the operations topic; and one on deadlines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from aws_cdk import (
    Acknowledgment,
    CustomResource,
    Duration,
    RemovalPolicy,
    Validations,
)
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.functions import METRICS_NAMESPACE
from infra.poller import SERVICE

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns

    from infra.asset import Target
    from infra.health import Health
    from infra.poller import Poller

POLLS_COMPLETED: Final = "PollsCompleted"
DELIVERY_FAILURES: Final = "DeliveryFailures"
COVERED_REGIONS_FAILING: Final = "CoveredRegionsFailing"
_DAYS_TO_NEXT_END_OF_LIFE: Final = "DaysToNextEndOfLife"
_DEADLINE_DAYS: Final = 30
_FIRST_SIGN: Final = Path(__file__).with_name("first_sign_of_life.py")


class Monitoring(Construct):
    """Says so when polls stop or fail, a dead letter lies, or an alert reaches nobody.

    `alarms` are all that it made.
    """

    def __init__(  # noqa: PLR0913 - what is watched and who hears of it, each given by name
        self,
        scope: Construct,
        id_: str,
        *,
        poller: Poller,
        health: Health,
        poll_rate_minutes: int,
        deadline_alarm: bool,
        operations: sns.ITopic,
        key: kms.IKey | None,
        target: Target,
    ) -> None:
        """Make the alarms."""
        super().__init__(scope, id_)
        self.alarms: list[cloudwatch.Alarm] = []
        self._operations = operations
        self._rate = Duration.minutes(poll_rate_minutes)
        self._alarm_on_failed_polls(poller)
        self._alarm_on_failed_events(health)
        self._alarm_on_waiting_events(health)
        self._alarm_on_undelivered_alerts()
        if deadline_alarm:
            self._alarm_on_deadline()
        silence = self._alarm_on_silence()
        silence.node.add_dependency(
            FirstSignOfLife(self, "FirstSign", rate=self._rate, key=key, target=target)
        )

    def _alarm(  # noqa: PLR0913 - an alarm is these things
        self,
        id_: str,
        description: str,
        metric: cloudwatch.IMetric,
        *,
        threshold: float = 1,
        periods: int = 1,
        below: bool = False,
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> cloudwatch.Alarm:
        comparison = cloudwatch.ComparisonOperator
        alarm = cloudwatch.Alarm(
            self,
            id_,
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            comparison_operator=(
                comparison.LESS_THAN_THRESHOLD
                if below
                else comparison.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
            ),
            evaluation_periods=periods,
            treat_missing_data=missing,
        )
        alarm.add_alarm_action(actions.SnsAction(self._operations))
        self.alarms.append(alarm)
        return alarm

    def _alarm_on_failed_polls(self, poller: Poller) -> None:
        """Fire while a poll or a digest lies among the failures.

        An error that Lambda's two retries mend is no news: whoever gets up for it finds that all
        is well. SQS stops reporting a queue that nobody uses; an unused queue is an empty one.
        """
        self._alarm(
            "PollFailed",
            "Bedrock Lifecycle Notifier: a poll or a digest failed for good, or EventBridge "
            f"Scheduler could not start it. The message lies in {poller.failures.queue_name} for "
            "14 days; delete it when the cause is gone. The reason is in it, or in the log of "
            f"{poller.function.function_name}.",
            poller.failures.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(5), statistic="Maximum"
            ),
        )

    def _alarm_on_failed_events(self, health: Health) -> None:
        """Fire while an event lies among the dead letters, and say how to have it tried again.

        The destination is named because SQS cannot tell where a message came from that EventBridge
        put there.
        """
        dead_letters, queue = health.dead_letters, health.queue
        self._alarm(
            "HealthFailed",
            "Bedrock Lifecycle Notifier: an AWS Health event could not be handled. It lies in "
            f"{dead_letters.queue_name} until 14 days after it came; the reason is in the log of "
            f"{health.function.function_name}. When the cause is gone: aws sqs "
            f"start-message-move-task --source-arn {dead_letters.queue_arn} "
            f"--destination-arn {queue.queue_arn}",
            dead_letters.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(5), statistic="Maximum"
            ),
        )

    def _alarm_on_waiting_events(self, health: Health) -> None:
        """Fire when nobody fetches the events, which is no error and leaves no dead letter.

        An event that fails has had its five attempts after an hour and is gone from the queue.
        Only one that is not fetched, because the mapping is off or no invocation is free, gets
        older than two.
        """
        self._alarm(
            "HealthDelayed",
            "Bedrock Lifecycle Notifier: AWS Health events have been waiting in "
            f"{health.queue.queue_name} for two hours; {health.function.function_name} does not "
            "fetch them. Is its event source mapping enabled, and is there concurrency left?",
            health.queue.metric_approximate_age_of_oldest_message(
                period=Duration.minutes(5), statistic="Maximum"
            ),
            threshold=Duration.hours(2).to_seconds(),
        )

    def _alarm_on_deadline(self) -> None:
        """Be in alarm while a model in use has 30 days left, for those who watch alarms.

        One alarm for all models, at the rung where a reminder comes by default as well. It has no
        action: the operations topic is about this system, and User Notifications, the console and
        the mobile app see the change of state. A whole day is looked at, so that polls which are
        missed do not end the alarm and begin it again; no data means that no end is in sight.
        """
        alarm = cloudwatch.Alarm(
            self,
            "Deadline",
            alarm_description=(
                "Bedrock Lifecycle Notifier: an Amazon Bedrock model that this account uses "
                f"reaches its end of life in {_DEADLINE_DAYS} days or less. The alerts say which."
            ),
            metric=poll_metric(_DAYS_TO_NEXT_END_OF_LIFE, Duration.days(1), statistic="Minimum"),
            threshold=_DEADLINE_DAYS,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        self.alarms.append(alarm)

    def _alarm_on_undelivered_alerts(self) -> None:
        """Fire when alerts stay undelivered, or nobody is subscribed, for three polls in a row.

        At least three hours, in which the subscriptions of a new stack can be confirmed. A
        publish that fails makes its poll fail as well and so is told at once by that alarm. No
        data means that no delivery failed.
        """
        period = Duration.minutes(max(60, self._rate.to_minutes()))
        self._alarm(
            "AlertsUndelivered",
            "Bedrock Lifecycle Notifier: alerts do not get out, or nobody has confirmed a "
            "subscription to the alerts topic, or no chat channel listens to the chat topic.",
            poll_metric(DELIVERY_FAILURES, period),
            periods=3,
        )

    def _alarm_on_silence(self) -> cloudwatch.Alarm:
        """Fire when no poll was completed in three times the poll rate.

        Three periods of one poll rate each stay within what an alarm may span: a day for periods
        under an hour, seven days for longer ones. Before it calls data missing, CloudWatch looks
        a few periods further back for real data, so the alarm may come that much later.
        """
        return self._alarm(
            "PollsStopped",
            "Bedrock Lifecycle Notifier: no poll was completed in "
            f"{3 * self._rate.to_minutes()} minutes. Nothing is watched until polls run again.",
            poll_metric(POLLS_COMPLETED, self._rate),
            periods=3,
            below=True,
            missing=cloudwatch.TreatMissingData.BREACHING,
        )


class FirstSignOfLife(Construct):
    """Gives a new stack the data point that keeps its alarm on silence from firing at once.

    Nothing in CloudWatch can tell a metric that is new from one that has stopped, so the order of
    creation has to: data first, then the alarm. Running the first poll here instead would not do,
    as its metric travels through the logs and may show up only after the alarm has looked, and a
    poll that fails would roll the whole stack back.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        rate: Duration,
        key: kms.IKey | None,
        target: Target,
    ) -> None:
        """Write the data point during each deployment that makes it or changes the rate."""
        super().__init__(scope, id_)
        function = self._function(key, target)
        CustomResource(
            self,
            "Resource",
            resource_type="Custom::FirstSignOfLife",
            service_token=function.function_arn,
            service_timeout=Duration.minutes(5),
            properties={
                "Namespace": METRICS_NAMESPACE,
                "MetricName": POLLS_COMPLETED,
                "Service": SERVICE,
                # A shorter rate narrows the alarm's window and so needs a new sign.
                "PollRateMinutes": rate.to_minutes(),
            },
        )

    def _function(self, key: kms.IKey | None, target: Target) -> lambda_.Function:
        log_group = logs.LogGroup(
            self,
            "Logs",
            retention=logs.RetentionDays.THREE_MONTHS,
            encryption_key=key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        return lambda_.Function(
            self,
            "Function",
            description="Counts a deployment as the first sign of life of the polls",
            handler="index.handler",
            code=lambda_.Code.from_inline(_FIRST_SIGN.read_text(encoding="utf-8")),
            runtime=target.runtime,
            architecture=target.architecture,
            timeout=Duration.minutes(4),
            role=self._role(log_group),
            log_group=log_group,
        )

    def _role(self, log_group: logs.LogGroup) -> iam.Role:
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group.grant_write(role)
        # CloudWatch offers no resource for either action; writing can be held to our namespace.
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={"StringEquals": {"cloudwatch:namespace": METRICS_NAMESPACE}},
            )
        )
        role.add_to_principal_policy(
            iam.PolicyStatement(actions=["cloudwatch:GetMetricStatistics"], resources=["*"])
        )
        Validations.of(role).acknowledge(
            Acknowledgment(
                id="AwsSolutions-IAM5[Resource::*]",
                reason="CloudWatch metrics are no resources; writing is held to one namespace.",
            )
        )
        return role


def poll_metric(name: str, period: Duration, statistic: str = "Sum") -> cloudwatch.Metric:
    """One of the poll's own metrics; EMF gives each the dimension `service`."""
    return cloudwatch.Metric(
        namespace=METRICS_NAMESPACE,
        metric_name=name,
        dimensions_map={"service": SERVICE},
        statistic=statistic,
        period=period,
    )
