"""What the account may use of Bedrock in a Region, and the most it did use lately.

API: https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config

from notifier.capacity import Peak, Quota
from notifier.sources.findings import answered, pages
from notifier.sources.metrics import (
    INPUT_TOKENS,
    INVOCATIONS,
    OUTPUT_TOKENS,
    Answer,
    Series,
    Span,
    answers,
    is_countable,
    require_whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from boto3 import Session
    from botocore.client import BaseClient

_CALLS = Config(
    connect_timeout=3,
    read_timeout=8,
    retries={"mode": "standard", "total_max_attempts": 3},
)
_SERVICE_CODE = "bedrock"
_PAGE: Final = {"PaginationConfig": {"PageSize": 100}}
_LIST = "servicequotas:ListServiceQuotas"
_GET = "cloudwatch:GetMetricData"

_DAYS = 7
_MINUTE = timedelta(minutes=1)
# A week has 10,080 minutes, and an answer at most 100,800 points.
_SERIES_PER_CALL = 9


class Quotas:
    """Service Quotas and CloudWatch in many Regions. Not for several threads at once."""

    def __init__(self, session: Session) -> None:
        """Take the session that makes the clients."""
        self._session = session
        self._quotas: dict[str, BaseClient] = {}
        self._metrics: dict[str, BaseClient] = {}

    def applied(self, region: str) -> tuple[Quota, ...]:
        """Give the quotas that apply to the account; AWS lists none whose value it does not know.

        Raises AwsError.
        """
        client = self._quotas.get(region)
        if client is None:
            client = self._session.client("service-quotas", region_name=region, config=_CALLS)
            self._quotas[region] = client
        with answered(_LIST):
            asked = {"ServiceCode": _SERVICE_CODE, **_PAGE}
            listed = pages(client, "list_service_quotas", Event(), **asked)
            return tuple(_quota(entry) for page in listed for entry in page["Quotas"])

    def peak(self, region: str, model_ids: Sequence[str], now: datetime) -> Peak:
        """Give the busiest minutes of the last seven days, summed over ids of the same model.

        Raises AwsError.
        """
        client = self._metrics.get(region)
        if client is None:
            client = self._session.client("cloudwatch", region_name=region, config=_CALLS)
            self._metrics[region] = client
        ids = sorted({model_id for model_id in model_ids if is_countable(model_id)})
        metrics = (INVOCATIONS, INPUT_TOKENS, OUTPUT_TOKENS)
        wanted = [Series.of(metric, model_id) for model_id in ids for metric in metrics]
        start = now.replace(second=0, microsecond=0) - timedelta(days=_DAYS)
        span = Span(start, now, _MINUTE)
        given: dict[Series, Answer] = {}
        with answered(_GET):
            for first in range(0, len(wanted), _SERIES_PER_CALL):
                chunk = wanted[first : first + _SERIES_PER_CALL]
                given |= zip(chunk, answers(client, chunk, span, Event()), strict=True)
            require_whole(_GET, given.values())
            return Peak(
                _busiest(given, {INVOCATIONS}), _busiest(given, {INPUT_TOKENS, OUTPUT_TOKENS})
            )


def _quota(entry: Mapping[str, Any]) -> Quota:
    return Quota(str(entry["QuotaName"]), float(entry["Value"]))


def _busiest(given: Mapping[Series, Answer], metrics: Iterable[str]) -> int:
    minutes: defaultdict[datetime, float] = defaultdict(float)
    for series, answer in given.items():
        if series.metric in metrics:
            for minute, count in answer.points.items():
                minutes[minute] += count
    return round(max(minutes.values(), default=0))
