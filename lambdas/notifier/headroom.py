"""What the quotas of the successors allow, asked when a used model enters Legacy, and only then.

What cannot be asked or matched is said as a step of the plan, and stops nothing. Alerts wait for
this: so each Region is asked once, all at the same time, and none of them for long.
"""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, NamedTuple

from notifier.capacity import Capacity, capacity_line, match_quotas
from notifier.errors import AwsError
from notifier.sources.findings import answered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from notifier.capacity import Quota
    from notifier.model import RowKey, TrackedModel
    from notifier.sources.quotas import Quotas
    from notifier.successor import Successor

_ON_DEMAND = "ON_DEMAND"
# Who calls a model from more Regions than this looks the others up along the same lines.
_REGIONS = 3
_SECONDS = 10.0
_AT_ONCE = 8
_ACTION = "servicequotas:ListServiceQuotas"


class _Comparison(NamedTuple):
    """A model and its successor in a Region that the model is called from, by these ids."""

    model_id: str
    region: str
    invoked: tuple[str, ...]
    provider: str
    successor_id: str
    successor_name: str
    cross_region: bool


def compare_quotas(
    entering: Iterable[TrackedModel],
    rows: Mapping[RowKey, TrackedModel],
    quotas: Quotas,
    now: datetime,
) -> tuple[dict[str, tuple[str, ...]], list[AwsError]]:
    """Say by model id how its successor's quotas compare with its own busiest minute.

    Each Region that the model is called from is compared by itself; the errors are those of AWS,
    one of a Region at most. What is not known in time counts as not known.
    """
    comparisons = list(_comparisons(entering, rows))
    asking = _Asking(quotas, now)
    errors = asking.ask(comparisons) if comparisons else []
    lines: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
    for one in comparisons:
        capacity = asking.found.get(one, Capacity(cross_region=one.cross_region))
        lines[one.model_id] += (f"{one.region}: {capacity_line(one.successor_name, capacity)}",)
    return dict(lines), errors


def _comparisons(
    entering: Iterable[TrackedModel], rows: Mapping[RowKey, TrackedModel]
) -> Iterator[_Comparison]:
    """Give what is to be compared: of each model the first few Regions it is called from."""
    models: defaultdict[str, dict[str, _Comparison]] = defaultdict(dict)
    for row in entering:
        if row.successor is not None and row.successor.model_id is not None:
            for one in _of_row(row, row.successor, row.successor.model_id, rows):
                models[one.model_id].setdefault(one.region, one)
    for regions in models.values():
        yield from list(regions.values())[:_REGIONS]


def _of_row(
    row: TrackedModel, successor: Successor, successor_id: str, rows: Mapping[RowKey, TrackedModel]
) -> Iterator[_Comparison]:
    there = rows.get(row.key._replace(model_id=successor_id))
    types = there.capabilities.inference_types if there else ()
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for one in row.use.calls if row.use else ():
        ids[one.region].add(one.calls.model_id)
    for region, invoked in sorted(ids.items()):
        yield _Comparison(
            row.model_id,
            region,
            tuple(sorted(invoked)),
            row.provider,
            successor_id,
            successor.name,
            cross_region=_ON_DEMAND not in types,
        )


@dataclass
class _Asking:
    """The Regions that are being asked, each in a thread of its own, and what is known so far."""

    quotas: Quotas
    now: datetime
    found: dict[_Comparison, Capacity] = field(default_factory=dict)
    stop: Event = field(default_factory=Event)

    def ask(self, comparisons: Sequence[_Comparison]) -> list[AwsError]:
        """Compare for so long at most; give what went wrong, or was not done, by Region."""
        regions: defaultdict[str, list[_Comparison]] = defaultdict(list)
        for one in comparisons:
            regions[one.region].append(one)
        # Here, not when they are needed: a session must not make clients in several threads.
        self.quotas.prepare(regions)
        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            asked = {
                region: pool.submit(self._region, region, wanted)
                for region, wanted in regions.items()
            }
            finished = wait(asked.values(), timeout=_SECONDS).done
        finally:
            self.stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
        failures = (
            done.result() if done in finished else _out_of_time(region)
            for region, done in asked.items()
        )
        return [failure for failure in failures if failure is not None]

    def _region(self, region: str, wanted: Iterable[_Comparison]) -> AwsError | None:
        """Compare until something goes wrong: what failed once is not asked for again."""
        try:
            with answered(_ACTION):
                applied = self.quotas.applied(region)
                for one in wanted:
                    self.found[one] = _matched(one, applied)
                for one in wanted:
                    if self.stop.is_set():
                        break
                    if self.found[one].tokens_quota is not None:
                        peak = self.quotas.peak(region, one.invoked, self.now)
                        self.found[one] = self.found[one]._replace(peak=peak)
        except AwsError as error:
            return error
        return None


def _matched(one: _Comparison, applied: Iterable[Quota]) -> Capacity:
    return match_quotas(
        one.successor_name,
        one.provider,
        one.successor_id,
        applied,
        cross_region=one.cross_region,
    )


def _out_of_time(region: str) -> AwsError:
    detail = f"{region} did not answer within the {_SECONDS:.0f} seconds given"
    return AwsError(_ACTION, "OutOfTime", detail, permanent=False)
