"""From decisions about rows to alerts for people: what belongs together is told together."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from notifier.changes import changed_milestone
from notifier.decide import announced_after, is_worth_a_baseline, told_after
from notifier.health_event import Concern
from notifier.model import (
    NO_DATES,
    PHASE_ORDER,
    SEVERITY_ORDER,
    Alert,
    Coverage,
    Dates,
    Decision,
    Direction,
    Kind,
    Member,
    Milestone,
    ModelEntry,
    Phase,
    RegionState,
    RowKey,
    Severity,
    TrackedModel,
)
from notifier.render.sentences import reason
from notifier.render.words import plain
from notifier.times import iso_time
from notifier.usage import merged_use

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from notifier.coverage import CoverageNews
    from notifier.health_event import HealthNews
    from notifier.snooze import Snoozes

# A real catalog has about 1,000 rows. The bound keeps one alert within one DynamoDB item however
# absurd an answer is; beyond it the same news goes out in several notifications.
_ROWS_PER_ALERT = 2_000
BASELINE_SUBJECT = "#baseline"
TEST_SUBJECT = "#test"
DIGEST_SUBJECT = "#digest"
_MILESTONE_OF_KIND = {
    Kind.ENTERED_LEGACY: Milestone.LEGACY,
    Kind.EXTENDED_ACCESS_STARTED: Milestone.EXTENDED_ACCESS,
    Kind.END_OF_LIFE_REACHED: Milestone.END_OF_LIFE,
    Kind.MODEL_WITHDRAWN: Milestone.END_OF_LIFE,
}


class _Group(NamedTuple):
    """What the rows of one notification have in common."""

    kind: Kind
    grouping_milestone: Milestone | None
    grouping_date: date | None
    rung: int | None
    milestone: Milestone | None
    milestone_date: date | None
    direction: Direction | None


def grouping_date(dates: Dates) -> tuple[Milestone | None, date | None]:
    """Give the end-of-life date, else the latest stated date, with its milestone."""
    if dates.end_of_life is not None:
        return Milestone.END_OF_LIFE, dates.end_of_life
    stated = [(day, milestone) for milestone, day in dates.stated()]
    if not stated:
        return None, None
    latest, last = max(stated, key=lambda pair: (pair[0], PHASE_ORDER[pair[1]]))
    return last, latest


def group(
    decisions: Iterable[Decision],
    now: datetime,
    capacities: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[Alert, ...]:
    """Turn decisions into alerts: same kind, grouping date and rung make one notification.

    `capacities` says, by model id, what the quotas of its successor allow.
    """
    groups: defaultdict[_Group, list[Decision]] = defaultdict(list)
    for leading, decision in _led(decisions):
        groups[_group_of(leading)].append(decision)
    said = capacities or {}
    alerts = [
        _alert(key, part, said, now) for key, found in groups.items() for part in _parts(found)
    ]
    return tuple(sorted(alerts, key=_loudest_and_soonest_first))


def _led(decisions: Iterable[Decision]) -> Iterator[tuple[Decision, Decision]]:
    """Give each decision after the one that names its group: itself, but for what is opened again.

    That is told once for each time somebody resolved it, under the date that comes first.
    """
    opened: defaultdict[RowKey, list[Decision]] = defaultdict(list)
    for decision in decisions:
        if decision.opens:
            opened[decision.opens[-1].key].append(decision)
        else:
            yield decision, decision
    for same in opened.values():
        first = min(same, key=_soonest)
        for decision in same:
            yield first, decision


def _soonest(decision: Decision) -> tuple[bool, date, RowKey]:
    _, day = grouping_date(decision.row.dates)
    return (day is None, day or date.max, decision.row.key)


def _parts(decisions: Iterable[Decision]) -> Iterator[Sequence[Decision]]:
    """Cut a group to what one alert can hold, always in the same way: its id depends on it."""
    ordered = sorted(decisions, key=lambda decision: decision.row.key)
    for start in range(0, len(ordered), _ROWS_PER_ALERT):
        yield ordered[start : start + _ROWS_PER_ALERT]


def _loudest_and_soonest_first(alert: Alert) -> tuple[int, str, str]:
    day = alert.milestone_date.isoformat() if alert.milestone_date else ""
    return (-SEVERITY_ORDER[alert.severity], day, alert.kind)


def _group_of(decision: Decision) -> _Group:
    dates = decision.row.dates
    grouping_milestone, day = grouping_date(dates)
    if decision.milestone is not None:  # a reminder names the milestone it reminds of
        grouping_milestone, day = grouping_date(decision.row.known_dates)
        named: Milestone | None = decision.milestone
        named_date = decision.row.known_dates.of(decision.milestone)
    else:
        named = grouping_milestone or _MILESTONE_OF_KIND.get(decision.kind)
        named_date = day
    return _Group(
        decision.kind,
        grouping_milestone,
        day,
        decision.rung,
        named,
        named_date,
        decision.direction,
    )


def _alert(
    key: _Group,
    decisions: Sequence[Decision],
    capacities: Mapping[str, tuple[str, ...]],
    now: datetime,
) -> Alert:
    day = key.milestone_date
    alert = Alert(
        kind=key.kind,
        severity=max((d.severity for d in decisions), key=SEVERITY_ORDER.__getitem__),
        reason="",
        occurred_at=now,
        models=tuple(
            replace(entry, capacity=capacities.get(entry.model_id, ()))
            for entry in entries(decisions)
        ),
        members=tuple(sorted({*map(_member, decisions), *_opened(decisions)})),
        told=tuple((d.row.key, told_after(d.row, d.kind, now)) for d in decisions),
        direction=key.direction,
        milestone=key.milestone,
        milestone_date=day,
        days_left=(day - now.date()).days if day else None,
        grouping_date=key.grouping_date,
        rung=key.rung,
        announced=tuple(
            (d.row.key, again)
            for d in decisions
            if (again := announced_after(d.row, now.date())) is not None
        ),
    )
    return replace(alert, reason=reason(alert))


def _member(decision: Decision) -> Member:
    row = decision.row
    if decision.kind is Kind.INACTIVITY_RISK and row.use is not None:
        return Member(row.model_id, row.region, str(row.use.last_invoked_on))
    return Member(row.model_id, row.region, str(row.told.seq))


def _opened(decisions: Iterable[Decision]) -> Iterator[Member]:
    """Give what is no longer resolved: it is part of the alert, which is told once for it."""
    for decision in decisions:
        for said in decision.opens:
            yield Member(*said.key, iso_time(said.at))


def entries(decisions: Iterable[Decision]) -> tuple[ModelEntry, ...]:
    """Merge rows to one entry per (model, phase, dates): in use first, then by name."""
    merged: defaultdict[tuple[str, Phase, Dates], list[Decision]] = defaultdict(list)
    for decision in decisions:
        row = decision.row
        merged[(row.model_id, row.phase, row.dates)].append(decision)
    found = [_entry(same) for same in merged.values()]
    return tuple(sorted(found, key=_in_use_first))


def entries_of(
    rows: Iterable[TrackedModel], snoozes: Snoozes, today: date
) -> tuple[ModelEntry, ...]:
    """Describe rows as they are, without any news of them; in the same order."""
    return entries(
        Decision(row, Kind.DIGEST, Severity.INFO, "", row.facts, snooze=snoozes.of(row, today))
        for row in rows
    )


def _in_use_first(entry: ModelEntry) -> tuple[bool, str, str, str, str]:
    in_use = entry.in_use is not False
    return (not in_use, entry.name, entry.model_id, entry.phase, str(entry.dates))


def _entry(decisions: Sequence[Decision]) -> ModelEntry:
    rows = [decision.row for decision in decisions]
    first = min(rows, key=lambda row: row.region)
    return ModelEntry(
        model_id=first.model_id,
        name=plain(first.name) or plain(first.model_id),
        provider=plain(first.provider) or "unknown provider",
        phase=first.phase,
        regions=tuple(sorted(row.region for row in rows)),
        dates=first.dates,
        previous_dates=_previous_dates(decisions),
        in_use=_merged_use(row.in_use for row in rows),
        reported_by=tuple(sorted({id_ for row in rows for id_ in row.reported_by})),
        listed_again=all(decision.previous.gone for decision in decisions),
        changed=_changed(decisions),
        status=first.lifecycle.status,
        use=merged_use(row.use for row in rows),
        successor=first.successor,
        by_health=_by_health(rows),
        idle_days=tuple(sorted({d.idle_days for d in decisions if d.idle_days is not None})),
        snooze=next((decision.snooze for decision in decisions if decision.snooze), None),
    )


def _by_health(rows: Sequence[TrackedModel]) -> Dates:
    """Give what AWS Health says otherwise; the earliest where it says so of several Regions."""
    said = zip(*(row.by_health for row in rows), strict=True)
    return Dates(*(min((day for day in days if day), default=None) for days in said))


def _previous_dates(decisions: Sequence[Decision]) -> Dates | None:
    """Give the dates told before, where they differ from the present ones and all rows agree."""
    before = {decision.previous.dates for decision in decisions}
    dates = before.pop()
    if before or dates in (NO_DATES, decisions[0].row.dates):
        return None
    return dates


def _changed(decisions: Sequence[Decision]) -> Milestone | None:
    found = {changed_milestone(d.previous.dates, d.row.dates) for d in decisions}
    return found.pop() if len(found) == 1 else None


def _merged_use(uses: Iterable[bool | None]) -> bool | None:
    """Any Region in use makes the model in use; else one unknown makes it unknown."""
    seen = set(uses)
    if True in seen:
        return True
    return None if None in seen else False


def baseline(
    rows: Iterable[TrackedModel],
    states: Iterable[RegionState],
    now: datetime,
    *,
    here: tuple[str, ...] = (),
) -> Alert:
    """Make the first message about the account, or about Regions (`here`) covered since.

    Its identity is since when what it is about is covered, and not its rows: it is renewed until
    somebody can hear it. A notifier that has forgotten everything makes another one.
    """
    rows = tuple(rows)
    states = tuple(states)
    listed = [
        Decision(row, Kind.BASELINE, Severity.INFO, "first sight", row.told.facts)
        for row in rows
        if is_worth_a_baseline(row)
    ]
    uncovered = [(s.region, s.failure or "") for s in states if s.covered_since is None]
    alert = Alert(
        kind=Kind.BASELINE,
        severity=Severity.INFO,
        reason="",
        occurred_at=now,
        models=_soonest_first(entries(listed), now),
        members=_covered(states, here),
        told=tuple((d.row.key, told_after(d.row, d.kind, now)) for d in listed),
        coverage=Coverage(
            regions=() if here else tuple(sorted(uncovered)),
            covered=len(here) or sum(state.covered_since is not None for state in states),
            models=len({row.model_id for row in rows}),
            tracked=_count_by_phase(rows),
            here=here,
            gaps=tuple(sorted({gap for row in rows if row.use for gap in row.use.gaps})),
        ),
    )
    return replace(alert, reason=reason(alert))


def _covered(states: Iterable[RegionState], here: tuple[str, ...]) -> tuple[Member, ...]:
    """Name the Regions that a baseline is about, or the account, with since when it is covered."""
    since = {s.region: iso_time(s.covered_since) for s in states if s.covered_since is not None}
    if here:
        return tuple(Member(BASELINE_SUBJECT, region, since.get(region, "")) for region in here)
    return (Member(BASELINE_SUBJECT, "", min(since.values(), default="")),)


def _soonest_first(models: Iterable[ModelEntry], now: datetime) -> tuple[ModelEntry, ...]:
    """Order by what ends next; what is past its last date, or has none, comes last."""
    today = now.date()

    def nearness(entry: ModelEntry) -> tuple[bool, bool, date, str]:
        _, day = grouping_date(entry.dates)
        over = day is None or day < today or entry.phase is Phase.END_OF_LIFE
        return (entry.in_use is False, over, day or today, entry.name)

    return tuple(sorted(models, key=nearness))


def _count_by_phase(rows: Iterable[TrackedModel]) -> dict[str, int]:
    """Count models, each in the most advanced phase it has in any Region."""
    furthest: dict[str, Phase] = {}
    for row in rows:
        known = furthest.get(row.model_id, Phase.ACTIVE)
        furthest[row.model_id] = max(known, row.phase, key=PHASE_ORDER.__getitem__)
    counts = dict.fromkeys((phase.value for phase in Phase), 0)
    for phase in furthest.values():
        counts[phase] += 1
    return counts


def coverage_alert(news: CoverageNews, now: datetime) -> Alert:
    """Make the alert about Regions that have stopped, or begun again, to answer."""
    degraded = news.kind is Kind.COVERAGE_DEGRADED
    alert = Alert(
        kind=news.kind,
        severity=Severity.WARNING if degraded else Severity.INFO,
        reason="",
        occurred_at=now,
        models=(),
        members=news.members,
        coverage=news.coverage,
    )
    return replace(alert, reason=reason(alert))


def health_alert(news: HealthNews, rows: Iterable[TrackedModel], seq: int, now: datetime) -> Alert:
    """Make the alert about an AWS Health event and the rows it concerns.

    `seq` is how often the event had moved before: content that comes back is news again.
    """
    concerned = tuple(rows)
    event = news.event
    named, day = grouping_date(news.dates)
    listed = [
        Decision(row, Kind.HEALTH_EVENT, Severity.WARNING, event.type_code, row.told.facts)
        for row in concerned
    ]
    alert = Alert(
        kind=Kind.HEALTH_EVENT,
        severity=Severity.WARNING if is_about_lifecycle(news, concerned) else Severity.INFO,
        reason="",
        occurred_at=now,
        models=entries(listed),
        members=(Member(event.account, event.arn, f"{event.content_hash()} {seq}"),),
        milestone=named,
        milestone_date=day,
        days_left=(day - now.date()).days if day else None,
        health=news,
    )
    return replace(alert, reason=reason(alert))


def is_about_lifecycle(news: HealthNews, rows: Collection[TrackedModel]) -> bool:
    """Say whether an event is about the life of models: by its kind, its dates or its models."""
    match news.event.concern:
        case Concern.OPERATIONAL_ISSUE:
            return False
        case Concern.ACCOUNT_NOTIFICATION:
            return bool(rows) or news.dates != NO_DATES
        case Concern.LIFECYCLE | Concern.SCHEDULED_CHANGE | Concern.OTHER:
            return True


def sample_alert(token: str, now: datetime) -> Alert:
    """Make the sample by which an operator sees that alerts arrive; `token` makes it distinct."""
    alert = Alert(
        kind=Kind.TEST,
        severity=Severity.INFO,
        reason="",
        occurred_at=now,
        models=(),
        members=(Member(TEST_SUBJECT, "", token),),
    )
    return replace(alert, reason=reason(alert))


def alert_id(alert: Alert) -> str:
    """Name an alert by what it says about what: the same decision made twice is one alert.

    `told.seq` in the members makes a fact that comes back (A, B, A) news again.
    """
    day = alert.grouping_date
    identity = [
        alert.kind,
        day.isoformat() if day else None,
        alert.rung,
        [list(member) for member in sorted(alert.members)],
    ]
    digest = hashlib.sha256(json.dumps(identity, ensure_ascii=True).encode())
    return digest.hexdigest()[:32]
