"""From what was known and what the Regions answered to what is now observed of every row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from notifier.lifecycle import Reported, phase_at, settle_jitter
from notifier.model import (
    UNKNOWN_STATUS,
    Confirmation,
    Lifecycle,
    Phase,
    Presence,
    RowKey,
    Told,
    TrackedModel,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from notifier.coverage import Judged


@dataclass(frozen=True, slots=True)
class Observation:
    """Every row as of this poll; `first_seen` are those that no earlier poll knew."""

    rows: tuple[TrackedModel, ...]
    first_seen: frozenset[RowKey]

    def without(self, keys: Collection[RowKey]) -> Observation:
        """Give the same, without rows of which nothing may be said."""
        if not keys:
            return self
        rows = tuple(row for row in self.rows if row.key not in keys)
        return Observation(rows, self.first_seen.difference(keys))


def observe(
    rows: Iterable[TrackedModel],
    judged: Mapping[str, Judged],
    confirmations: Mapping[RowKey, Confirmation],
    told_unseen: Mapping[RowKey, Told],
    now: datetime,
) -> Observation:
    """Bring every row up to date; rows of Regions without a good answer only grow older.

    A row seen for the first time may have been told already (`told_unseen`), by a poll that died
    before it could write what it saw.
    """
    after: list[TrackedModel] = []
    known: set[RowKey] = set()
    for row in rows:
        known.add(row.key)
        after.append(_observe_row(row, judged.get(row.region), confirmations.get(row.key), now))
    fresh = [
        _first_sight(RowKey(model_id, region), reported, told_unseen, now)
        for region, answer in judged.items()
        for model_id, reported in (answer.reported or {}).items()
        if RowKey(model_id, region) not in known
    ]
    return Observation((*after, *fresh), frozenset(row.key for row in fresh))


def _observe_row(
    row: TrackedModel, region: Judged | None, confirmation: Confirmation | None, now: datetime
) -> TrackedModel:
    if region is None or region.reported is None:
        return _dated(row, row, now)
    reported = region.reported.get(row.model_id)
    if reported is not None:
        return _dated(row, _present(row, reported), now)
    absent = replace(row, missing_since=row.missing_since or region.absent_since)
    # Its end was told, so nobody needs to ask about it the second time it is missing.
    told_end = row.told.facts.phase is Phase.END_OF_LIFE and row.missing_since is not None
    if told_end or (confirmation and confirmation.presence is Presence.GONE):
        absent = replace(absent, gone_at=row.gone_at or now)
    elif confirmation and confirmation.model and confirmation.model.lifecycle:
        lifecycle = confirmation.model.lifecycle
        settled = settle_jitter(row.lifecycle, lifecycle, confirmation.model.not_understood)
        absent = replace(absent, lifecycle=settled)
    return _dated(row, absent, now)


def _present(row: TrackedModel, reported: Reported) -> TrackedModel:
    lifecycle = row.lifecycle
    if reported.lifecycle is not None:
        lifecycle = settle_jitter(lifecycle, reported.lifecycle, reported.not_understood)
    same = (
        lifecycle == row.lifecycle
        and reported.name == row.name
        and reported.provider == row.provider
        and reported.reported_by == row.reported_by
        and reported.not_understood == row.not_understood
        and reported.capabilities == row.capabilities
        and row.missing_since is None
        and row.gone_at is None
    )
    if same:
        return row
    return replace(
        row,
        name=reported.name,
        provider=reported.provider,
        lifecycle=lifecycle,
        reported_by=reported.reported_by,
        not_understood=reported.not_understood,
        capabilities=reported.capabilities,
        missing_since=None,
        gone_at=None,
    )


def _dated(before: TrackedModel, after: TrackedModel, now: datetime) -> TrackedModel:
    """Settle the phase by date, and note when anything that matters has changed."""
    phase = phase_at(after.lifecycle, now, gone=after.gone_at is not None)
    if phase is not after.phase:
        after = replace(after, phase=phase)
    if after.deferred is not None and after.deferred.facts != after.facts:
        after = replace(after, deferred=None)  # What waits for the digest is no longer true.
    if after is before:
        return before
    changed = after.facts != before.facts or after.lifecycle.status != before.lifecycle.status
    return replace(after, last_changed_at=now) if changed else after


def _first_sight(
    key: RowKey, reported: Reported, told_unseen: Mapping[RowKey, Told], now: datetime
) -> TrackedModel:
    lifecycle = reported.lifecycle or Lifecycle(UNKNOWN_STATUS)
    return TrackedModel(
        model_id=key.model_id,
        region=key.region,
        name=reported.name,
        provider=reported.provider,
        lifecycle=lifecycle,
        phase=phase_at(lifecycle, now),
        reported_by=reported.reported_by,
        first_seen_at=now,
        last_changed_at=now,
        not_understood=reported.not_understood,
        capabilities=reported.capabilities,
        told=told_unseen.get(key, Told()),
    )
