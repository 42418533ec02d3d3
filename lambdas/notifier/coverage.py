"""Which Regions to ask, and whether what they answer can be believed.

Unknown is not empty: a failed call, an empty answer or one that lacks much of what was there
must never look as if models had been retired.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from notifier.lifecycle import Reported, fold, in_effect
from notifier.model import (
    Catalog,
    Coverage,
    Doubt,
    Failure,
    Kind,
    Member,
    Phase,
    RegionState,
    RowKey,
    TrackedModel,
)
from notifier.times import iso_time

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

_IMPLAUSIBLE_SHARE = 0.3
_IMPLAUSIBLE_COUNT = 5
_BELIEVED_AFTER_POLLS = 3
_BELIEVED_AFTER = timedelta(hours=6)
_DEGRADED_AFTER = timedelta(hours=24)
_RETRY_UNCOVERED_AFTER = timedelta(hours=24)

REGION_SUBJECT = "#region"


@dataclass(frozen=True, slots=True)
class Judged:
    """One Region after its answer: what is remembered of it, and what its catalog says.

    `reported` is None when there is no answer to believe. Rows that it lacks are absent since
    `absent_since`: before `now` where an implausible answer was repeated until it was accepted.
    """

    state: RegionState
    reported: Mapping[str, Reported] | None
    absent_since: datetime
    newly_covered: bool = False


def regions_to_ask(
    enabled: Iterable[str], states: Mapping[str, RegionState], now: datetime
) -> tuple[str, ...]:
    """Give the Regions to poll: all that are enabled, those never covered only once a day.

    As long as no Region is covered, all are asked at every poll: there is nothing else to do.
    """
    found = [states.get(region, RegionState(region)) for region in enabled]
    blind = all(state.covered_since is None for state in found)
    return tuple(state.region for state in found if blind or _is_due(state, now))


def _is_due(state: RegionState, now: datetime) -> bool:
    if state.covered_since is not None or state.tried_at is None:
        return True
    return now - state.tried_at >= _RETRY_UNCOVERED_AFTER


def judge(
    state: RegionState,
    answer: Catalog | Failure,
    rows: Mapping[str, TrackedModel],
    now: datetime,
) -> Judged:
    """Judge one Region's answer against the rows known there (by model id)."""
    if isinstance(answer, Failure):
        return _failed(state, answer, now)
    reported = fold(answer.models, rows, now)
    missing = [row.model_id for row in rows.values() if _is_known(row, now)]
    known = len(missing)
    missing = [model_id for model_id in missing if model_id not in reported]
    failure = _implausible(reported, missing, known, covered=state.covered_since is not None)
    if failure is None:
        return _good(state, reported, now, absent_since=now)
    # All that is missing, whatever its date: an end of life in between is no other lie.
    listed = {row.model_id for row in rows.values() if row.missing_since is None}
    doubt = _doubt(state.doubt, listed - set(reported), now)
    believed = doubt.polls >= _BELIEVED_AFTER_POLLS and now - doubt.first_at >= _BELIEVED_AFTER
    if believed and missing:
        return _good(state, reported, now, absent_since=doubt.first_at)
    return _failed(replace(state, doubt=doubt), failure, now)


def _is_known(row: TrackedModel, now: datetime) -> bool:
    """Say whether the row was in the last good answer and has not reached its end of life."""
    present = row.missing_since is None and row.gone_at is None
    return present and not in_effect(row.dates.end_of_life, now)


def _implausible(
    reported: Collection[str], missing: Collection[str], known: int, *, covered: bool
) -> Failure | None:
    if not reported and (missing or not covered):
        return Failure("EmptyAnswer")
    if len(missing) >= _IMPLAUSIBLE_COUNT and len(missing) > _IMPLAUSIBLE_SHARE * known:
        return Failure("ImplausibleAnswer")
    return None


def _doubt(before: Doubt | None, missing: Iterable[str], now: datetime) -> Doubt:
    fingerprint = hashlib.sha256("\n".join(sorted(missing)).encode()).hexdigest()[:16]
    if before is None or before.fingerprint != fingerprint:
        return Doubt(fingerprint, first_at=now, last_at=now, polls=1)
    if now <= before.last_at:
        return before  # the same poll, retried
    return replace(before, last_at=now, polls=before.polls + 1)


def _good(
    state: RegionState, reported: Mapping[str, Reported], now: datetime, absent_since: datetime
) -> Judged:
    known = replace(
        state,
        covered_since=state.covered_since or now,
        failing_since=None,
        failure=None,
        tried_at=None,
        doubt=None,
    )
    return Judged(known, reported, absent_since, newly_covered=state.covered_since is None)


def _failed(state: RegionState, failure: Failure, now: datetime) -> Judged:
    failing = replace(
        state,
        failing_since=state.failing_since or now,
        failure=failure.name,
        tried_at=now if state.covered_since is None else None,
    )
    return Judged(failing, None, now)


def to_confirm(
    judged: Mapping[str, Judged], rows: Iterable[TrackedModel], now: datetime
) -> tuple[TrackedModel, ...]:
    """Give the rows whose absence was seen before and must now be confirmed one by one."""
    return tuple(row for row in rows if _needs_confirmation(row, judged.get(row.region), now))


def _needs_confirmation(row: TrackedModel, region: Judged | None, now: datetime) -> bool:
    if region is None or region.reported is None or row.model_id in region.reported:
        return False
    settled = (
        row.gone_at is not None
        or row.told.facts.phase is Phase.END_OF_LIFE
        or in_effect(row.dates.end_of_life, now)
    )
    return not settled and (row.missing_since or region.absent_since) < now


@dataclass(frozen=True, slots=True)
class CoverageNews:
    """Regions whose coverage broke or came back, with the members that identify the news."""

    kind: Kind
    coverage: Coverage
    members: tuple[Member, ...]


def coverage_news(
    states: Iterable[RegionState], busy: Collection[RowKey], now: datetime
) -> tuple[CoverageNews, ...]:
    """Give COVERAGE_DEGRADED and COVERAGE_RESTORED for Regions without an unsettled alert."""
    free = [s for s in states if s.covered_since and RowKey(REGION_SUBJECT, s.region) not in busy]
    degraded = [(s, s.failing_since) for s in free if s.failing_since and _is_degraded(s, now)]
    restored = [
        (s, s.told_failing_since)
        for s in free
        if s.told_failing_since is not None and s.failing_since is None
    ]
    both = ((Kind.COVERAGE_DEGRADED, degraded), (Kind.COVERAGE_RESTORED, restored))
    return tuple(_coverage_news(kind, found) for kind, found in both if found)


def _is_degraded(state: RegionState, now: datetime) -> bool:
    since = state.failing_since
    return since is not None and now - since >= _DEGRADED_AFTER and state.told_failing_since is None


def _coverage_news(
    kind: Kind, found: Iterable[tuple[RegionState, datetime | None]]
) -> CoverageNews:
    pairs = sorted(found, key=lambda pair: pair[0].region)
    return CoverageNews(
        kind,
        Coverage(tuple((state.region, state.failure or "") for state, _ in pairs)),
        tuple(
            Member(REGION_SUBJECT, state.region, iso_time(since) if since else "")
            for state, since in pairs
        ),
    )
