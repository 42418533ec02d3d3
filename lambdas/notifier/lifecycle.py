"""What a model's dates and status mean at a time, and which listed ids are one model.

Rules: https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle-legacy.html
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, NamedTuple

from notifier.model import (
    PHASE_ORDER,
    Capabilities,
    Lifecycle,
    ListedModel,
    Milestone,
    Phase,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

# AWS gives times between 07:00Z and 08:00Z of the day (it follows Pacific midnight); at 08:00Z a
# milestone is in effect in either case.
EFFECTIVE_AT = time(8, tzinfo=UTC)
STATUS_ACTIVE = "ACTIVE"
STATUS_LEGACY = "LEGACY"
KNOWN_STATUSES = frozenset({STATUS_ACTIVE, STATUS_LEGACY})
_VARIANT_SEGMENTS = 3


def in_effect(day: date | None, now: datetime) -> bool:
    """Say whether a milestone of that date has taken effect."""
    return day is not None and now >= datetime.combine(day, EFFECTIVE_AT)


def phase_at(lifecycle: Lifecycle, now: datetime, *, gone: bool = False) -> Phase:
    """Give the phase that is true at `now`; `gone` says that absence was confirmed."""
    dates = lifecycle.dates
    if gone or in_effect(dates.end_of_life, now):
        return Phase.END_OF_LIFE
    if in_effect(dates.extended_access, now):
        return Phase.EXTENDED_ACCESS
    if lifecycle.status == STATUS_LEGACY or in_effect(dates.legacy, now):
        return Phase.LEGACY
    return Phase.ACTIVE


def next_milestone(lifecycle: Lifecycle, phase: Phase, now: datetime) -> Milestone | None:
    """Give the nearest milestone that is still to come for a model in this phase."""
    ahead = [
        (day, PHASE_ORDER[milestone], milestone)
        for milestone, day in lifecycle.dates.stated()
        if PHASE_ORDER[milestone] > PHASE_ORDER[phase] and not in_effect(day, now)
    ]
    return min(ahead)[2] if ahead else None


def settle_jitter(before: Lifecycle, after: Lifecycle, unreadable: Collection[str]) -> Lifecycle:
    """Keep the time already known where the date is the same, or where the new one is unreadable.

    `unreadable` names the fields of `after` that held a value nobody can understand: unknown is
    not empty, so it must not look as if AWS had withdrawn a date.
    """
    if after == before:
        return before

    def steady(name: str, old: datetime | None, new: datetime | None) -> datetime | None:
        same_day = old is not None and new is not None and old.date() == new.date()
        return old if same_day or (new is None and name in unreadable) else new

    return Lifecycle(
        after.status,
        *(
            steady(name, old, new)
            for name, old, new in zip(Lifecycle._fields[1:], before[1:], after[1:], strict=True)
        ),
    )


def base_model_id(model_id: str, known: Collection[str]) -> str:
    """Give the id of the model that a context variant such as `…-v1:0:8k` belongs to.

    `known` are the ids of the same catalog, and of the rows already tracked in that Region: a
    variant that outlives its base in a catalog still belongs to it.
    """
    segments = model_id.split(":")
    if len(segments) < _VARIANT_SEGMENTS:
        return model_id
    for length in range(len(segments) - 1, 0, -1):
        candidate = ":".join(segments[:length])
        if candidate in known:
            return candidate
    return ":".join(segments[:2])


class Reported(NamedTuple):
    """What a catalog says of one base model: the most urgent of its records, and who said it.

    `lifecycle` is None when no record of the model could be read.
    """

    name: str
    provider: str
    lifecycle: Lifecycle | None
    reported_by: tuple[str, ...]
    not_understood: dict[str, str]
    capabilities: Capabilities = Capabilities()


def fold(
    models: Iterable[ListedModel], tracked: Collection[str], now: datetime
) -> dict[str, Reported]:
    """Fold a catalog's context variants into their base models, one record for each."""
    models = tuple(models)
    known = {model.model_id for model in models} | set(tracked)
    families: defaultdict[str, list[ListedModel]] = defaultdict(list)
    for model in models:
        families[base_model_id(model.model_id, known)].append(model)
    return {base: _report(base, family, now) for base, family in families.items()}


def _report(base: str, family: list[ListedModel], now: datetime) -> Reported:
    named = min(family, key=lambda model: (model.model_id != base, model.model_id))
    can = _capabilities(base, named.capabilities, family)
    readable = [model for model in family if model.lifecycle is not None]
    if not readable:
        return Reported(named.name, named.provider, None, (named.model_id,), {}, can)
    if len(readable) == 1:
        record = readable[0]
        ids: tuple[str, ...] = (record.model_id,)
    else:
        # Between equals, the order in which they are listed must not matter.
        record = min(
            readable,
            key=lambda m: (_urgency(m, now), m.model_id != base, m.model_id, str(m.lifecycle)),
        )
        most = _urgency(record, now)
        ids = tuple(sorted({m.model_id for m in readable if _urgency(m, now) == most}))
    unread = dict(record.not_understood)
    return Reported(named.name, named.provider, record.lifecycle, ids, unread, can)


def _capabilities(base: str, own: Capabilities, family: Sequence[ListedModel]) -> Capabilities:
    """Give what a model can do: fine-tuning and throughput may stand at a variant alone."""
    if len(family) == 1 and family[0].model_id == base:
        return own
    all_of_them = [model.capabilities for model in family]
    variants = {model.model_id.removeprefix(base).lstrip(":") for model in family}
    return own._replace(
        inference_types=tuple(sorted({one for can in all_of_them for one in can.inference_types})),
        customizations=tuple(sorted({one for can in all_of_them for one in can.customizations})),
        variants=tuple(sorted(variants - {""})),
    )


def _urgency(model: ListedModel, now: datetime) -> tuple[int, date, int]:
    """Order records by phase, then by earliest end of life; None stands behind any date."""
    assert model.lifecycle is not None  # noqa: S101 (narrowing for mypy: callers pass readable records)
    dates = model.lifecycle.dates
    phase = phase_at(model.lifecycle, now)
    return (
        -PHASE_ORDER[phase],
        dates.end_of_life or date.max,
        -sum(day is not None for day in dates),
    )
