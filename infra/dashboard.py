"""The CloudWatch dashboard: what ends when, who was told, and how the notifier itself fares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra import functions, keys
from infra.config import partition_of
from infra.functions import allow
from infra.monitoring import (
    COVERED_REGIONS_FAILING,
    DELIVERY_FAILURES,
    POLLS_COMPLETED,
    poll_metric,
)

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_sqs as sqs

    from infra.asset import Target
    from infra.config import Settings
    from infra.health import Health
    from infra.monitoring import Monitoring
    from infra.poller import Poller
    from infra.state import State

_SERVICE: Final = "dashboard"
# A whole vCPU: most of the time goes into reading items and drawing, and somebody waits for it.
_MEMORY_MB: Final = 1769
# Of the 24 columns that a dashboard has; a row is about as high as a line of text three times.
_WHOLE, _HALF, _THIRD = 24, 12, 8
_TIMELINE_ROWS, _TABLE_ROWS, _GRAPH_ROWS = 14, 9, 6
# Each Region has its own. Only those of the first are listed by AWS:
# https://docs.aws.amazon.com/general/latest/gr/mgmt-console.html
_CONSOLES: Final = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-eusc": "console.amazonaws-eusc.eu",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


class Dashboard(Construct):
    """The dashboard, and the function behind those widgets that show what is in the tables.

    The function reads both tables and can do nothing else. Whoever looks invokes it with rights
    of their own.
    """

    def __init__(  # noqa: PLR0913 - what it shows, each given by name
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        state: State,
        poller: Poller,
        health: Health,
        monitoring: Monitoring,
        key: kms.IKey | None,
        code: lambda_.Code,
        target: Target,
    ) -> None:
        """Make the function and lay the dashboard out."""
        super().__init__(scope, id_)
        log = functions.log_group(self, key)
        self.function = functions.function(
            self,
            description="Draws the widgets of the dashboard from the tables, which it only reads",
            handler="notifier.dashboard.handler",
            role=self._role(log, state, key),
            log=log,
            variables=functions.reading_variables(_SERVICE, settings=settings, state=state),
            key=key,
            code=code,
            target=target,
            memory_mb=_MEMORY_MB,
        )
        self._rate = Duration.minutes(settings.poll_rate_minutes)
        self._page = cloudwatch.Dashboard(self, "Page", default_interval=Duration.days(7))
        self._page.add_widgets(
            self._custom("timeline", "Bedrock models: what ends when", _WHOLE, _TIMELINE_ROWS)
        )
        self._page.add_widgets(
            self._custom("deadlines", "Next deadlines", _HALF, _TABLE_ROWS),
            self._custom("alerts", "Recent alerts", _HALF, _TABLE_ROWS),
        )
        self._page.add_widgets(
            self._custom("coverage", "Coverage", _HALF, _TABLE_ROWS),
            cloudwatch.AlarmStatusWidget(
                title="Alarms of the notifier",
                alarms=monitoring.alarms,
                width=_HALF,
                height=_TABLE_ROWS,
            ),
        )
        self._page.add_widgets(*self._poll_graphs())
        self._page.add_widgets(*self._function_graphs(poller, health))

    @property
    def url(self) -> str | None:
        """Where the dashboard is in the console; None in a partition whose console is not known."""
        region = Stack.of(self).region
        console = _CONSOLES.get(partition_of(region))
        if console is None:
            return None
        home = f"https://{region}.{console}/cloudwatch/home?region={region}"
        return f"{home}#dashboards/dashboard/{self._page.dashboard_name}"

    def _role(self, log: logs.LogGroup, state: State, key: kms.IKey | None) -> iam.Role:
        role = functions.role(self, log)
        for table in (state.models, state.alerts):
            allow(role, ["dynamodb:Scan"], table.table_arn)
        keys.grant_reading(key, role)
        return role

    def _custom(self, widget: str, title: str, width: int, height: int) -> cloudwatch.CustomWidget:
        return cloudwatch.CustomWidget(
            function_arn=self.function.function_arn,
            title=title,
            params={"widget": widget},
            width=width,
            height=height,
            # What is shown is what is true now, whatever time the graphs beside it are about.
            update_on_time_range_change=False,
        )

    def _poll_graphs(self) -> list[cloudwatch.IWidget]:
        """Show the poll's own metrics, one point for each poll."""
        completed = poll_metric(POLLS_COMPLETED, self._rate)
        failing = poll_metric(COVERED_REGIONS_FAILING, self._rate, statistic="Maximum")
        undelivered = poll_metric(DELIVERY_FAILURES, self._rate)
        return [
            _graph("Polls completed", completed),
            _graph("Covered Regions that do not answer", failing),
            _graph("Alerts not delivered", undelivered),
        ]

    def _function_graphs(self, poller: Poller, health: Health) -> list[cloudwatch.IWidget]:
        made = {"Poll": poller.function, "AWS Health": health.function}
        queues = {
            "Failed polls": poller.failures,
            "Failed Health events": health.dead_letters,
        }
        return [
            _graph("Errors of the functions", *(_errors(*one) for one in made.items())),
            _graph("Duration of the functions", *(_duration(*one) for one in made.items())),
            _graph("Dead letters", *(_messages(*one) for one in queues.items())),
        ]


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=_THIRD, height=_GRAPH_ROWS)


def _errors(label: str, function: lambda_.Function) -> cloudwatch.Metric:
    return function.metric_errors(label=label, statistic="Sum")


def _duration(label: str, function: lambda_.Function) -> cloudwatch.Metric:
    return function.metric_duration(label=label, statistic="Maximum")


def _messages(label: str, queue: sqs.Queue) -> cloudwatch.Metric:
    return queue.metric_approximate_number_of_messages_visible(label=label, statistic="Maximum")
