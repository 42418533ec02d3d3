"""When a deployed alarm would speak: CloudWatch's rule, as AWS documents it.

The emulator makes no metrics of what functions log, measures neither functions nor queues, and
knows nothing of missing data. So the alarm is read as it was deployed, and judged here.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import operator
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from local_aws.cloud import LocalCloud

LOOKS_BACK: Final = 2
"""How many periods CloudWatch looks back for real data beyond those that it needs.

AWS says only that the number depends on the period; in its example it is two for three periods.
"""

_BREACHES: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
}
_STATISTICS: Final[Mapping[str, Callable[[list[float]], float]]] = {"Sum": sum, "Maximum": max}


class Metric(NamedTuple):
    """What CloudWatch knows a metric by."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]


class Metrics:
    """The data points that CloudWatch would have."""

    def __init__(self) -> None:
        """Begin with none."""
        self._values: dict[Metric, dict[datetime, float]] = defaultdict(dict)

    def put(self, metric: Metric, at: datetime, value: float) -> None:
        """Take a value of that time."""
        self._values[metric][at] = value

    def between(self, metric: Metric, start: datetime, end: datetime) -> list[float]:
        """Give the values from a time on and before another."""
        return [value for at, value in self._values[metric].items() if start <= at < end]


@dataclass(frozen=True)
class Alarm:
    """An alarm as it was deployed."""

    metric: Metric
    period: timedelta
    periods: int
    threshold: float
    comparison: str
    statistic: str
    missing: str
    actions: tuple[str, ...]
    description: str

    def speaks(self, points: Sequence[float | None]) -> bool:
        """Say whether it is in ALARM after these points, the latest last; None is a missing one.

        The points are the evaluation range. Real ones are taken before any that is missing: only
        as many are filled in as the alarm then still needs.
        """
        if self.missing not in {"breaching", "notBreaching"}:
            raise NotImplementedError(self.missing)
        breaches = _BREACHES[self.comparison]
        real = [point for point in points if point is not None][-self.periods :]
        filled = self.periods - len(real)
        breaching = sum(breaches(point, self.threshold) for point in real)
        breaching += filled if self.missing == "breaching" else 0
        return breaching == self.periods

    def is_on(self, metrics: Metrics, at: datetime, looks_back: int = LOOKS_BACK) -> bool:
        """Say whether it is in ALARM at a time."""
        ends = [at - number * self.period for number in range(self.periods + looks_back)]
        points = [self._point(metrics, end) for end in reversed(ends)]
        return self.speaks(points)

    def first_on(
        self, metrics: Metrics, since: datetime, until: datetime, looks_back: int = LOOKS_BACK
    ) -> datetime | None:
        """Give the end of the first period after `since` at which it is in ALARM."""
        at = since + self.period
        while at <= until:
            if self.is_on(metrics, at, looks_back):
                return at
            at += self.period
        return None

    def _point(self, metrics: Metrics, end: datetime) -> float | None:
        values = metrics.between(self.metric, end - self.period, end)
        return _STATISTICS[self.statistic](values) if values else None


def deployed_alarm(cloud: LocalCloud, name: str) -> Alarm:
    """Read an alarm of the deployed stack."""
    alarms = cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]
    (found,) = [one for one in alarms if f"-Monitoring{name}" in one["AlarmName"]]
    return _alarm(found)


def _alarm(found: Mapping[str, Any]) -> Alarm:
    # Neither is set, and each would change the rule.
    assert found.get("DatapointsToAlarm", found["EvaluationPeriods"]) == found["EvaluationPeriods"]
    assert found["ActionsEnabled"]
    return Alarm(
        metric=Metric(
            found["Namespace"],
            found["MetricName"],
            frozenset((one["Name"], one["Value"]) for one in found["Dimensions"]),
        ),
        period=timedelta(seconds=found["Period"]),
        periods=found["EvaluationPeriods"],
        threshold=found["Threshold"],
        comparison=found["ComparisonOperator"],
        statistic=found["Statistic"],
        missing=found["TreatMissingData"],
        actions=tuple(found["AlarmActions"]),
        description=found["AlarmDescription"],
    )
