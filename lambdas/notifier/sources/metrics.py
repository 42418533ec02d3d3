"""What was invoked, and how much: CloudWatch's metrics of the namespace AWS/Bedrock.

Metrics: https://docs.aws.amazon.com/bedrock/latest/userguide/monitoring-runtime-metrics.html
API: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from notifier.errors import AwsError
from notifier.sources.findings import pages, text
from notifier.usage import Calls

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from threading import Event

    from botocore.client import BaseClient

    from notifier.sources.findings import Findings

INVOCATIONS: Final = "Invocations"
INPUT_TOKENS: Final = "InputTokenCount"
OUTPUT_TOKENS: Final = "OutputTokenCount"

_NAMESPACE = "AWS/Bedrock"
_MODEL_ID = "ModelId"
_LIST = "cloudwatch:ListMetrics"
_GET = "cloudwatch:GetMetricData"

_QUERIES_PER_CALL = 500
_DIMENSION_LENGTH = 1024
_DAYS = 30
_RECENT_DAYS = 14
_COMPLETE = "Complete"
_FORBIDDEN = "Forbidden"


class Span(NamedTuple):
    """What time is asked about: from `start` until just before `end`, summed by `period`."""

    start: datetime
    end: datetime
    period: timedelta

    @classmethod
    def days(cls, number: int, now: datetime) -> Span:
        """Give so many UTC days, of which the one that `now` is in is the last."""
        first = now.astimezone(UTC).date() - timedelta(days=number - 1)
        # From midnight on, so that each sum is that of a UTC day.
        return cls(datetime.combine(first, time(), UTC), now, timedelta(days=1))


Dimensions: TypeAlias = tuple[tuple[str, str], ...]


class Series(NamedTuple):
    """One metric of one model under one set of dimensions."""

    metric: str
    dimensions: Dimensions

    @classmethod
    def of(cls, metric: str, model_id: str) -> Series:
        """Give the series that Bedrock keeps for a model as such."""
        return cls(metric, ((_MODEL_ID, model_id),))


@dataclass(slots=True)
class Answer:
    """What was counted of one series; `status` is CloudWatch's last word on it."""

    points: dict[datetime, float] = field(default_factory=dict)
    status: str = "Missing"
    messages: list[str] = field(default_factory=list)


def read_calls(client: BaseClient, findings: Findings, now: datetime) -> None:
    """Count the calls and tokens of the last 30 days of whatever was invoked in the last 14."""
    sets: defaultdict[str, set[Dimensions]] = defaultdict(set)
    with findings.attempt(_LIST):
        asked = {"Namespace": _NAMESPACE, "MetricName": INVOCATIONS}
        for page in pages(client, "list_metrics", findings.stop, **asked):
            for metric in page["Metrics"]:
                with findings.attempt(_LIST):
                    dimensions = {one["Name"]: one["Value"] for one in metric["Dimensions"]}
                    if _MODEL_ID in dimensions:
                        model_id = text(dimensions, _MODEL_ID)
                        sets[model_id].add(tuple(sorted(dimensions.items())))
    wanted = {
        model_id: [
            Series(metric, dimensions)
            for metric in (INVOCATIONS, INPUT_TOKENS, OUTPUT_TOKENS)
            for dimensions in _without_overlap(model_id, found)
        ]
        for model_id, found in sorted(sets.items())
    }
    for _, calls in _count(client, findings, wanted, Span.days(_DAYS, now)):
        if calls:
            findings.calls.append(calls)


def look_back(
    client: BaseClient, findings: Findings, ids: Iterable[str], days: int, now: datetime
) -> None:
    """Find when these were last invoked, and note of which of them that is known now.

    What was counted lately is asked about like the rest, so that it is noted like the rest; but
    its last call is known already, and more of it. Tokens are not asked about.
    """
    counted = {calls.model_id for calls in findings.calls}
    wanted = {
        model_id: [Series.of(INVOCATIONS, model_id)]
        for model_id in sorted(set(ids))
        if is_countable(model_id)
    }
    for model_id, calls in _count(client, findings, wanted, Span.days(days, now)):
        if calls and model_id not in counted:
            findings.calls.append(calls)
        findings.looked_back.append(model_id)


def answers(client: BaseClient, wanted: Sequence[Series], span: Span, stop: Event) -> list[Answer]:
    """Ask for series, 500 at most; give an answer each.

    Raises whatever botocore does, and anything at all for an answer that is not as documented.
    """
    found = [Answer() for _ in wanted]
    asked = {
        "MetricDataQueries": [
            _query(number, series, span.period) for number, series in enumerate(wanted)
        ],
        "StartTime": span.start,
        "EndTime": span.end,
    }
    for page in pages(client, "get_metric_data", stop, **asked):
        for result in page["MetricDataResults"]:
            answer = found[int(result["Id"].removeprefix("q"))]
            answer.status = result["StatusCode"]
            answer.messages += [f"{one['Value']}" for one in result.get("Messages") or ()]
            moments, values = result.get("Timestamps") or (), result.get("Values") or ()
            for moment, value in zip(moments, values, strict=True):
                answer.points[moment.astimezone(UTC)] = value
    return found


def require_whole(action: str, given: Iterable[Answer]) -> None:
    """Raise AwsError unless all that was asked for was given, and is numbers."""
    for answer in given:
        if answer.status != _COMPLETE:
            detail = "; ".join(answer.messages) or "the data were not given in full"
            permanent = answer.status == _FORBIDDEN
            raise AwsError(action, answer.status, detail, permanent=permanent)
        if not all(isfinite(value) for value in answer.points.values()):
            raise AwsError(action, "UnexpectedAnswer", "not a finite number", permanent=False)


def is_countable(model_id: str) -> bool:
    """Say whether CloudWatch could keep anything under this: one that it refuses fails them all."""
    return (
        model_id.isascii()
        and model_id.isprintable()
        and bool(model_id.strip())
        and len(model_id) <= _DIMENSION_LENGTH
    )


def _count(
    client: BaseClient, findings: Findings, wanted: Mapping[str, Sequence[Series]], span: Span
) -> Iterator[tuple[str, Calls | None]]:
    """Give what was counted of each model, or None where nothing was; none that is not whole."""
    for chunk in _chunks(wanted):
        if findings.stop.is_set():
            return
        with findings.attempt(_GET):
            series = [one for model_id in chunk for one in wanted[model_id]]
            given = iter(answers(client, series, span, findings.stop))
            for model_id in chunk:
                own = {one: next(given) for one in wanted[model_id]}
                with findings.attempt(_GET):
                    require_whole(_GET, own.values())
                    yield model_id, _calls(model_id, own, span)


def _chunks(wanted: Mapping[str, Sequence[Series]]) -> Iterator[list[str]]:
    """Share models out to calls, each whole in one: what was read is then whole by model."""
    chunk: list[str] = []
    size = 0
    for model_id, series in wanted.items():
        if chunk and size + len(series) > _QUERIES_PER_CALL:
            yield chunk
            chunk, size = [], 0
        chunk.append(model_id)
        size += len(series)
    if chunk:
        yield chunk


def _calls(model_id: str, given: Mapping[Series, Answer], span: Span) -> Calls | None:
    """Sum up what was counted of one model, or give None where nothing was."""
    today = span.end.astimezone(UTC).date()
    invoked = _by_day(given, INVOCATIONS, today)
    if not invoked:
        return None
    since = today - timedelta(days=_RECENT_DAYS - 1)
    return Calls(
        model_id,
        last_on=max(invoked),
        invocations_14d=round(sum(count for day, count in invoked.items() if day >= since)),
        input_tokens_per_day=_a_day(_by_day(given, INPUT_TOKENS, today), min(invoked), today),
        output_tokens_per_day=_a_day(_by_day(given, OUTPUT_TOKENS, today), min(invoked), today),
    )


def _a_day(amounts: Mapping[date, float], first: date, today: date) -> int:
    """Give the mean of the days since the first call; today, which is not over, only if alone."""
    until = today if first < today else today + timedelta(days=1)
    return round(sum(n for day, n in amounts.items() if day < until) / (until - first).days)


def _by_day(given: Mapping[Series, Answer], metric: str, today: date) -> dict[date, float]:
    """Sum a metric over its sets of dimensions, by days that had any."""
    days: defaultdict[date, float] = defaultdict(float)
    for series, answer in given.items():
        if series.metric == metric:
            for moment, value in answer.points.items():
                days[moment.date()] += value
    # A sum from tomorrow is no evidence of anything.
    return {day: value for day, value in days.items() if value > 0 and day <= today}


def _without_overlap(model_id: str, sets: Iterable[Dimensions]) -> list[Dimensions]:
    """Give the sets to be summed: under the model alone, what is under more is counted as well."""
    alone = ((_MODEL_ID, model_id),)
    return [alone] if alone in sets else sorted(sets)


def _query(number: int, series: Series, period: timedelta) -> Mapping[str, Any]:
    return {
        # By number: it must match ^[a-z][a-zA-Z0-9_]*$, which ids of models do not.
        "Id": f"q{number}",
        "MetricStat": {
            "Metric": {
                "Namespace": _NAMESPACE,
                "MetricName": series.metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in series.dimensions],
            },
            "Period": int(period.total_seconds()),
            "Stat": "Sum",
        },
    }
