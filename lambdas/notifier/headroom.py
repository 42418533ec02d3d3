"""What the quotas of the successors allow, asked when a used model enters Legacy, and only then.

What cannot be asked or matched is said as a step of the plan, and stops nothing.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from notifier.capacity import Capacity, capacity_line, match_quotas
from notifier.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from notifier.capacity import Quota
    from notifier.model import RowKey, TrackedModel
    from notifier.sources.quotas import Quotas

_ON_DEMAND = "ON_DEMAND"
# Who calls a model from more Regions than this looks the others up along the same lines.
_REGIONS = 3


def compare_quotas(
    entering: Iterable[TrackedModel],
    rows: Mapping[RowKey, TrackedModel],
    quotas: Quotas,
    now: datetime,
) -> tuple[dict[str, tuple[str, ...]], list[AwsError]]:
    """Say by model id how its successor's quotas compare with its own busiest minute.

    Each Region that the model is called from is compared by itself; the errors are those of AWS.
    """
    lines: dict[str, tuple[str, ...]] = {}
    errors: list[AwsError] = []
    known: dict[str, tuple[Quota, ...]] = {}
    for model_id, called in _called_from(entering).items():
        found = [
            _line(region, *what, rows, known, quotas, now, errors)
            for region, what in list(called.items())[:_REGIONS]
        ]
        lines[model_id] = tuple(found)
    return lines, errors


def _called_from(
    entering: Iterable[TrackedModel],
) -> dict[str, dict[str, tuple[TrackedModel, tuple[str, ...]]]]:
    """Give by model the Regions it is called from, each with a row and the ids invoked there."""
    models: defaultdict[str, dict[str, tuple[TrackedModel, tuple[str, ...]]]] = defaultdict(dict)
    for row in entering:
        if row.use is None or row.successor is None or row.successor.model_id is None:
            continue
        ids: defaultdict[str, set[str]] = defaultdict(set)
        for one in row.use.calls:
            ids[one.region].add(one.calls.model_id)
        for region, invoked in sorted(ids.items()):
            models[row.model_id].setdefault(region, (row, tuple(sorted(invoked))))
    return models


def _line(  # noqa: PLR0913, PLR0917 (one comparison, and where its errors go)
    region: str,
    row: TrackedModel,
    invoked: tuple[str, ...],
    rows: Mapping[RowKey, TrackedModel],
    known: dict[str, tuple[Quota, ...]],
    quotas: Quotas,
    now: datetime,
    errors: list[AwsError],
) -> str:
    successor = row.successor
    assert successor is not None  # noqa: S101 (narrowing for mypy: callers pass such rows)
    assert successor.model_id is not None  # noqa: S101 (as above)
    there = rows.get(row.key._replace(model_id=successor.model_id))
    types = there.capabilities.inference_types if there else ()
    capacity = Capacity(cross_region=_ON_DEMAND not in types)
    try:
        if region not in known:
            known[region] = quotas.applied(region)
        capacity = match_quotas(
            successor.name,
            row.provider,
            successor.model_id,
            known[region],
            cross_region=capacity.cross_region,
        )
        if capacity.tokens_quota is not None:
            capacity = capacity._replace(peak=quotas.peak(region, invoked, now))
    except AwsError as error:
        errors.append(error)
    return f"{region}: {capacity_line(successor.name, capacity)}"
