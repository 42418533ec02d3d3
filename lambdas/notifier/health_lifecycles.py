"""What the Health API's list of lifecycles adds to rows: AWS's own recommendation, and its dates.

Whether Bedrock's models are in that list is not documented; where they are not, nothing changes.
https://docs.aws.amazon.com/health/latest/APIReference/API_DescribeServiceLifecycle.html
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from notifier.affected import Names
from notifier.health_dates import milestone_named
from notifier.health_event import BEDROCK
from notifier.model import NO_DATES, Dates, Milestone
from notifier.render.words import plain
from notifier.successor import AWS_HEALTH, Successor, differences

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from notifier.health_event import ServiceLifecycle
    from notifier.model import TrackedModel

_ID_LENGTH = 256


def with_lifecycles(
    rows: Sequence[TrackedModel], lifecycles: Iterable[ServiceLifecycle]
) -> tuple[TrackedModel, ...]:
    """Give the rows with what AWS Health says of them.

    A model on its way out gets the successor that AWS recommends in place of a likely one.
    `by_health` are dates of events and lifecycles that differ from the Bedrock API's.
    """
    said, recommended = _by_model(rows, lifecycles)
    return tuple(
        _informed(row, said.get(row.model_id), recommended.get(row.model_id))
        if row.announced or row.model_id in said
        else row
        for row in rows
    )


def _by_model(
    rows: Sequence[TrackedModel], lifecycles: Iterable[ServiceLifecycle]
) -> tuple[dict[str, ServiceLifecycle], dict[str, Successor]]:
    """Give the lifecycle of each model that has one, and its successor if AWS recommends any."""
    of_bedrock = [one for one in lifecycles if one.service == BEDROCK]
    if not of_bedrock:
        return {}, {}
    names = Names(rows)
    of_model: defaultdict[str, list[TrackedModel]] = defaultdict(list)
    for row in rows:
        of_model[row.model_id].append(row)
    said: dict[str, ServiceLifecycle] = {}
    for one in of_bedrock:
        ids = names.in_text(one.version) or names.in_text(one.title)
        said |= dict.fromkeys(ids, one)
    recommended = {
        model_id: _recommended(of_model[model_id], one, names, of_model)
        for model_id, one in said.items()
        if one.recommended
    }
    return said, recommended


def _recommended(
    rows: Sequence[TrackedModel],
    lifecycle: ServiceLifecycle,
    names: Names,
    of_model: Mapping[str, Sequence[TrackedModel]],
) -> Successor:
    found = names.in_text(lifecycle.recommended)
    if len(found) != 1:  # Not tracked here, or not one model: AWS's word as it is.
        named = plain(lifecycle.recommended, _ID_LENGTH)
        return Successor(named, named, AWS_HEALTH)
    (model_id,) = found
    theirs = of_model[model_id]
    name = plain(theirs[0].name) or plain(model_id)
    return Successor(model_id, name, AWS_HEALTH, differences(rows, model_id, theirs))


def _informed(
    row: TrackedModel, lifecycle: ServiceLifecycle | None, recommended: Successor | None
) -> TrackedModel:
    dates = _lifecycle_dates(lifecycle, row.region) if lifecycle else {}
    said = row.announced
    # Once the API has moved on, and people were told so, it is the one that is newer.
    if said and (said.seq == row.told.seq or said.stated == row.dates):
        dates |= dict(said.dates.stated())
    differing = {m: day for m, day in dates.items() if day != row.dates.of(m)}
    by_health = Dates(*(differing.get(m) for m in Milestone)) if differing else NO_DATES
    successor = recommended if row.successor and recommended else row.successor
    return replace(row, by_health=by_health, successor=successor)


def _lifecycle_dates(lifecycle: ServiceLifecycle, region: str) -> dict[Milestone, date]:
    found: dict[Milestone, date] = {}
    for one in lifecycle.dates:
        milestone = milestone_named(one.type) or milestone_named(one.description)
        if milestone is not None and (not one.regions or region in one.regions):
            found.setdefault(milestone, one.day)
    return found
