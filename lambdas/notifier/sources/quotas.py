"""What the account may use of Bedrock in a Region, and the most it did use lately.

API: https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any, Final, NamedTuple

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

# Once, and not for long: alerts wait for this, and can do without it.
_CALLS = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 1},
)
_SERVICE_CODE = "bedrock"
_PAGE: Final = {"PaginationConfig": {"PageSize": 100}}
_LIST = "servicequotas:ListServiceQuotas"
_GET = "cloudwatch:GetMetricData"

_DAYS = 7
_MINUTE = timedelta(minutes=1)
# A week has 10,080 minutes, and an answer at most 100,800 points.
_SERIES_PER_CALL = 9


class _Clients(NamedTuple):
    """The clients of one Region."""

    quotas: BaseClient
    metrics: BaseClient


class Quotas:
    """Service Quotas and CloudWatch in many Regions: their clients are made once and kept."""

    def __init__(self, session: Session) -> None:
        """Take the session that makes the clients."""
        self._session = session
        self._clients: dict[str, _Clients] = {}

    def prepare(self, regions: Iterable[str]) -> None:
        """Make the clients of Regions that several threads are to ask about.

        A session must not make them in several threads; for one thread this is not needed.
        """
        for region in regions:
            if region not in self._clients:
                client = partial(self._session.client, region_name=region, config=_CALLS)
                self._clients[region] = _Clients(client("service-quotas"), client("cloudwatch"))

    def applied(self, region: str) -> tuple[Quota, ...]:
        """Give the quotas that apply to the account; AWS lists none whose value it does not know.

        Raises AwsError.
        """
        self.prepare([region])
        with answered(_LIST):
            asked = {"ServiceCode": _SERVICE_CODE, **_PAGE}
            client = self._clients[region].quotas
            listed = pages(client, "list_service_quotas", Event(), **asked)
            return tuple(_quota(entry) for page in listed for entry in page["Quotas"])

    def peak(self, region: str, model_ids: Sequence[str], now: datetime) -> Peak:
        """Give the busiest minutes of the last seven days, summed over ids of the same model.

        Raises AwsError.
        """
        self.prepare([region])
        client = self._clients[region].metrics
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
