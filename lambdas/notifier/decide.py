"""What to tell: each row's news and reminders, weighed against scope, stragglers and severity.

Everything here is pure: values and `now` in, frozen values with a reason out.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from notifier.changes import Change, changes, end_of_life_moved_earlier
from notifier.deadlines import Due, Ladders, Statement, reminder_due
from notifier.model import (
    NO_DATES,
    Adoption,
    Announced,
    Dates,
    Decision,
    Deferral,
    Deferred,
    Facts,
    Kind,
    Phase,
    RowKey,
    Severity,
    Told,
    TrackedModel,
    Why,
)
from notifier.snooze import Snoozes, is_called_again

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from notifier.scope import Scope
    from notifier.snooze import Snooze

_STRAGGLER_WITHIN = timedelta(days=14)
_CRITICAL_DAYS = 14
_BEGINNINGS = frozenset({Kind.ENTERED_LEGACY, Kind.RETURNED_TO_ACTIVE})
_MAY_REPEAT_HEALTH = frozenset({Kind.ENTERED_LEGACY, Kind.DATES_CHANGED})
_MAY_BE_ANNOUNCED = frozenset({Phase.ACTIVE, Phase.LEGACY})
_MAY_LAPSE = frozenset({Phase.LEGACY, Phase.EXTENDED_ACCESS})
_CRITICAL_KINDS = frozenset({Kind.END_OF_LIFE_REACHED, Kind.MODEL_WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user chose, as far as decisions depend on it.

    `scope_before` is the scope of the previous poll: a row that comes into scope because the
    settings changed, and not because the account began to use it, is taken over quietly.
    `use_before` is what `in_use` would be by the previous settings, where it differs.
    `inactivity_days` without a call are told, once for each spell. `snoozes` are those that
    may hold something back.
    """

    scope: Scope
    scope_before: Scope
    ladders: Ladders
    announce_new_models: bool = False
    use_before: Mapping[RowKey, bool | None] = field(default_factory=dict)
    inactivity_days: int = 10
    snoozes: Snoozes = field(default_factory=Snoozes)

    def was_in_scope(self, row: TrackedModel) -> bool:
        """Say whether the previous settings would have had the row told at once."""
        if row.key in self.use_before:
            row = replace(row, in_use=self.use_before[row.key])
        return self.scope_before.includes(row)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one poll has to say, now, later, or never."""

    decisions: tuple[Decision, ...] = ()
    deferrals: tuple[Deferral, ...] = ()
    adoptions: tuple[Adoption, ...] = ()


@dataclass(frozen=True, slots=True)
class Newcomers:
    """Rows first seen in this poll, in Regions covered before, and ids known before it."""

    rows: Collection[RowKey] = frozenset()
    known_ids: Collection[str] = frozenset()

    def is_new_everywhere(self, row: TrackedModel) -> bool:
        """Say whether no Region had this model before, and nobody was told of it."""
        unheard = row.told.seq == 0 and row.set_aside is None
        return unheard and row.key in self.rows and row.model_id not in self.known_ids


def decide(
    rows: Iterable[TrackedModel],
    spoken_for: Collection[RowKey],
    newcomers: Newcomers,
    policy: Policy,
    now: datetime,
) -> Verdict:
    """Decide for every row on its own; at most one alert each.

    Rows that are `spoken_for` by an alert not yet settled say nothing new until it is.
    """
    rows, today = tuple(rows), now.date()
    siblings = _Siblings(rows)
    decisions: list[Decision] = []
    deferrals: list[Deferral] = []
    adoptions: list[Adoption] = []
    for row in rows:
        key = row.key
        if key in spoken_for:
            continue
        said = policy.snoozes.all_of(row, today)
        if _is_silent(row) and key not in newcomers.rows and not said:
            continue
        if any(one.key in spoken_for for one in said):
            continue  # An alert that opens it again is not out yet.
        outcome = _decide_row(row, siblings, newcomers, policy, now)
        match outcome:
            case Decision():
                decisions.append(outcome)
            case Deferral():
                deferrals.append(outcome)
            case Adoption():
                adoptions.append(outcome)
            case None:
                pass
    return Verdict(tuple(decisions), tuple(deferrals), tuple(adoptions))


def _is_silent(row: TrackedModel) -> bool:
    """Say, cheaply, that a row can have neither news nor reminders: most rows, at every poll."""
    active = row.phase is Phase.ACTIVE and row.announced is None
    settled = row.facts == row.told.facts and row.digested is None
    return active and row.dates == NO_DATES and settled


class _Matter(NamedTuple):
    """All that one row may have to say, and what somebody said of its model."""

    news: tuple[Change, ...]
    due: Due | None
    idle: int | None
    said: Snooze | None
    opens: tuple[Snooze, ...]

    @property
    def is_none(self) -> bool:
        return not (self.news or self.due or self.opens) and self.idle is None


def _decide_row(
    row: TrackedModel,
    siblings: _Siblings,
    newcomers: Newcomers,
    policy: Policy,
    now: datetime,
) -> Decision | Deferral | Adoption | None:
    today = now.date()
    if policy.scope.ignores(row):
        return None
    news = changes(row, today)
    if (told := _told_without_words(row, news, policy, now)) is not None:
        return Adoption(row.key, told, announced_after(row))
    row = _as_heard(row)
    news = changes(row, today)
    if not news and policy.announce_new_models and newcomers.is_new_everywhere(row):
        added = Change(Kind.MODEL_ADDED, "first seen in any Region")
        return _decision(row, (added,), None, today)
    all_said = policy.snoozes.all_of(row, today)
    said = all_said[0] if all_said else None
    matter = _Matter(
        news,
        due_reminder(row, policy.ladders, now),
        idle_days(row, policy.inactivity_days),
        said,
        _opened(row, all_said),
    )
    if matter.is_none:
        return None
    if not policy.scope.includes(row):
        return _defer(row, news, today, Why.NOT_IN_USE)
    if not policy.was_in_scope(row):
        return _taken_over(row, news, now)
    if said is not None and not _comes_through(row, news):
        return _held_back(row, matter, today)
    return _tell_or_wait(row, matter, siblings, now)


def _taken_over(row: TrackedModel, news: tuple[Change, ...], now: datetime) -> Adoption:
    """Take over, quietly, a row that other settings bring into scope.

    What nobody has heard of it stays for the digest.
    """
    left = None
    if news and not row.is_listed:
        left = Deferred(row.facts, news[0].kind, now.date(), Why.SETTINGS)
    return Adoption(row.key, told_after(row, None, now), announced_after(row), left)


def _opened(row: TrackedModel, all_said: Sequence[Snooze]) -> tuple[Snooze, ...]:
    """Give what calls to the row put an end to, if the first that holds is a resolve."""
    if not all_said or not is_called_again(row, all_said[0]):
        return ()
    return tuple(one for one in all_said if is_called_again(row, one))


def _held_back(row: TrackedModel, matter: _Matter, today: date) -> Decision | Deferral | None:
    """Leave to the digest what a snooze holds back; calls put an end to a resolve.

    News of such a row goes first, as of any other, and the calls are told by the next poll.
    """
    if not matter.opens:
        return _defer(row, matter.news, today, Why.SNOOZED)
    news = _news_beyond(row, matter.news)
    if news:
        decision = _decision(row, news, matter.due, today)
        return replace(decision, snooze=matter.said) if decision else None
    return _reopened(row, matter, today)


def _tell_or_wait(
    row: TrackedModel, matter: _Matter, siblings: _Siblings, now: datetime
) -> Decision | Deferral | None:
    news, today = _news_beyond(row, matter.news), now.date()
    if news and siblings.is_straggler(row, news[0].kind, now):
        return _defer(row, news, today, Why.STRAGGLER)
    if news or matter.due is not None:
        decision = _decision(row, news, matter.due, today)
        return replace(decision, snooze=matter.said) if decision else None
    return _idle(row, matter.idle)


def _comes_through(row: TrackedModel, news: tuple[Change, ...]) -> bool:
    """Say whether this is told whatever anybody said: an end, or less time than they knew of."""
    if any(change.kind in _CRITICAL_KINDS for change in news):
        return True
    known = row.told.facts.dates
    if row.announced is not None:
        known = Dates(*(a or b for a, b in zip(known, row.announced.dates, strict=True)))
    moved = ((day, known.of(milestone)) for milestone, day in row.dates.stated())
    return any(before is not None and day < before for day, before in moved)


def _reopened(row: TrackedModel, matter: _Matter, today: date) -> Decision:
    """Tell that a model that nobody was to call any more was called, and all that holds of it."""
    return Decision(
        row=row,
        kind=Kind.REOPENED,
        severity=_severity(row, (), matter.due, today),
        reason=f"called since it was resolved at {matter.opens[0].at.isoformat()}",
        previous=row.facts,
        snooze=matter.said,
        opens=matter.opens,
    )


def _is_said_by_health(row: TrackedModel, today: date) -> bool:
    """Say whether the Bedrock API only repeats what people were told from AWS Health.

    Once something else was told of the row, what Health said is no longer the last word.
    """
    said = row.announced
    return said is not None and said.seq == row.told.seq and _repeats(row, said.dates, today)


def _repeats(row: TrackedModel, said: Dates, today: date) -> bool:
    """Say whether every date that is new about a row, and still ahead, is one that was said."""
    before = row.told.facts.dates
    if row.phase not in _MAY_BE_ANNOUNCED or end_of_life_moved_earlier(before, row.dates):
        return False
    new = {m: day for m, day in row.dates.stated() if day != before.of(m)}
    repeated = {m for m, day in new.items() if day == said.of(m)}
    ahead = {m for m, day in new.items() if day > today}
    lost = any(row.dates.of(m) is None for m, _ in before.stated())
    otherwise = any(said.of(m) not in {None, day} for m, day in new.items())
    return bool(repeated) and ahead <= repeated and not (lost or otherwise)


def _told_without_words(
    row: TrackedModel, news: tuple[Change, ...], policy: Policy, now: datetime
) -> Told | None:
    """Give what counts as told where the facts are new to us, but not to anybody who listens.

    A model that nobody uses waits for the digest in any case, and is told when it is used.
    """
    if _has_left_after_its_end(row):
        return told_after(row, None, now)
    is_repetition = (
        bool(news)
        and row.set_aside is None
        and all(change.kind in _MAY_REPEAT_HEALTH for change in news)
        and policy.scope.includes(row)
        and _is_said_by_health(row, now.date())
    )
    if is_repetition and row.announced:
        # The day of those words decides which reminders are due.
        return replace(told_after(row, news[0].kind, now), on=row.announced.on)
    return None


def _as_heard(row: TrackedModel) -> TrackedModel:
    """Give the row as if alerts had told what only a digest has said, once that is true no longer.

    Whoever read it must hear what has become of it, and not what has changed since the last alert.
    """
    if row.digested is None or row.is_listed:
        return row
    return replace(row, told=replace(row.told, facts=row.digested.facts))


def _news_beyond(row: TrackedModel, news: tuple[Change, ...]) -> tuple[Change, ...]:
    """Give what is news beside what was left to the digest.

    That the row is used now, or that this cannot be excluded; or, after a snooze, what was held
    back and no digest has said.
    """
    waiting = row.set_aside
    if not news or waiting is None or waiting.facts != row.facts:
        return news
    if waiting.reason == Why.SNOOZED:
        return () if row.is_listed else news
    if row.in_use is True:
        return (Change(Kind.NOW_IN_USE, "in use since it was left to the digest"),)
    if waiting.reason == Why.NOT_IN_USE and row.gone_at is None and _lasts(row):
        return (Change(Kind.NOW_IN_USE, "use can no longer be excluded"),)
    return ()


def _lasts(row: TrackedModel) -> bool:
    """Say whether use is open for more than a passing failure.

    What waits for the digest is no news: it can wait for a second day as well. News goes out at
    once, whatever the failure.
    """
    return row.use is None or any(gap.lasting for gap in row.use.gaps)


def idle_days(row: TrackedModel, at_least: int) -> int | None:
    """Give the days for which a model on its way out was not called, if so many and not told.

    Access "may" lapse after 15 days without a call:
    https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle-legacy.html. Behind a
    gap in what was read nobody can say that there was no call.
    """
    if row.phase not in _MAY_LAPSE or row.in_use is not True or row.use is None:
        return None
    last, known_on = row.use.last_invoked_on, row.use.known_on
    if last is None or known_on is None:
        return None
    if row.told.idle_since is not None and last <= row.told.idle_since:
        return None
    days = (known_on - last).days
    return days if days >= at_least else None


def _idle(row: TrackedModel, idle: int | None) -> Decision | None:
    if idle is None:
        return None
    return Decision(
        row=row,
        kind=Kind.INACTIVITY_RISK,
        severity=Severity.WARNING,
        reason=f"no call for {idle} days",
        previous=row.told.facts,
        idle_days=idle,
    )


def _has_left_after_its_end(row: TrackedModel) -> bool:
    """Say whether a model whose end was told is now absent: no news, but its return would be."""
    told = row.told.facts
    return row.gone_at is not None and told.phase is Phase.END_OF_LIFE and not told.gone


def due_reminder(row: TrackedModel, ladders: Ladders, now: datetime) -> Due | None:
    """Give the reminder that is due for a row and was not told, whether or not it may go out."""
    statements = []
    if row.told.on is not None:
        statements.append(Statement(row.told.facts.dates, row.told.on))
    if row.set_aside is not None:
        statements.append(Statement(row.set_aside.facts.dates, row.set_aside.on))
    if row.announced is not None:
        statements += [Statement(d, row.announced.on) for d in row.announced[:2]]
    # The API may be months late: until it gives a date, that of AWS Health counts down.
    return reminder_due(row.known_dates, row.phase, statements, ladders, now)


def _defer(
    row: TrackedModel, news: tuple[Change, ...], today: date, reason: Why
) -> Deferral | None:
    """Leave news to the digest, once; reminders of such rows are the digest's own business."""
    if not news:
        return None
    waiting = row.set_aside
    if waiting is None or waiting.facts != row.facts:
        return Deferral(row.key, Deferred(row.facts, news[0].kind, today, reason))
    # What waits because nobody uses it is told on first use, also after a snooze.
    if waiting.reason != reason and reason is not Why.SNOOZED:
        return Deferral(row.key, replace(waiting, reason=reason))
    return None


def _decision(
    row: TrackedModel, news: tuple[Change, ...], due: Due | None, today: date
) -> Decision | None:
    severity = _severity(row, news, due, today)
    if news:
        first = news[0]
        direction = next((change.direction for change in news if change.direction), None)
        return Decision(
            row=row,
            kind=first.kind,
            severity=severity,
            reason="; ".join(change.reason for change in news),
            previous=row.told.facts,
            direction=direction if first.kind is Kind.DATES_CHANGED else None,
        )
    if due is None:
        return None
    return Decision(
        row=row,
        kind=Kind.DEADLINE,
        severity=severity,
        reason=f"{due.milestone} in {(due.day - today).days} days, rung {due.rung}",
        previous=row.told.facts,
        milestone=due.milestone,
        rung=due.rung,
    )


def _severity(row: TrackedModel, news: Iterable[Change], due: Due | None, today: date) -> Severity:
    if row.in_use is False:
        return Severity.INFO
    end = row.known_dates.end_of_life
    ends_soon = due is not None and end is not None and 0 < (end - today).days <= _CRITICAL_DAYS
    critical = (
        ends_soon
        or any(change.kind in _CRITICAL_KINDS for change in news)
        or end_of_life_moved_earlier(row.told.facts.dates, row.dates)
    )
    return Severity.CRITICAL if critical else Severity.WARNING


def told_after(row: TrackedModel, kind: Kind | None, now: datetime) -> Told:
    """Give what will have been told once a message of that kind about the row is accepted.

    What was said about the same dates before is kept, because it decides about stragglers. It
    ends where dates change, and where a stretch of life begins anew: what comes after that is
    news again, even if it was said before.
    """
    begins_anew = row.told.facts.dates != row.dates or kind in _BEGINNINGS
    kinds = {} if begins_anew else dict(row.told.kinds)
    if kind is not None:
        kinds[kind] = now
    idle_since = row.told.idle_since
    if kind is Kind.INACTIVITY_RISK and row.use is not None:
        idle_since = row.use.last_invoked_on
    return Told(row.told.seq + 1, row.facts, now.date(), kinds, idle_since)


def announced_after(row: TrackedModel, on: date | None = None) -> Announced | None:
    """Give what stays of AWS Health's dates once `told` moves on: those the API does not give.

    For what it gives it has the last word from now on. `on` is the day on which they were told
    again; without one the day stays.
    """
    said = row.announced
    if said is None or said.seq != row.told.seq:
        return None
    left = Dates(
        *(its if mine is None else None for mine, its in zip(row.dates, said.dates, strict=True))
    )
    if left == NO_DATES:
        return None
    return Announced(left, row.dates, on or said.on, said.seq + 1)


class _Siblings:
    """What was told of the same models in other Regions."""

    def __init__(self, rows: Iterable[TrackedModel]) -> None:
        self._told: defaultdict[str, list[TrackedModel]] = defaultdict(list)
        for row in rows:
            if row.told.kinds or row.announced:
                self._told[row.model_id].append(row)

    def is_straggler(self, row: TrackedModel, kind: Kind, now: datetime) -> bool:
        """Say whether people have lately heard this of other Regions, and nobody uses it here."""
        if row.in_use is True:
            return False
        return any(now - when <= _STRAGGLER_WITHIN for when in self._said_elsewhere(row, kind, now))

    def _said_elsewhere(self, row: TrackedModel, kind: Kind, now: datetime) -> Iterator[datetime]:
        for other in self._told.get(row.model_id, ()):
            if other.region == row.region:
                continue
            if other.told.facts.dates == row.dates and kind in other.told.kinds:
                yield other.told.kinds[kind]
            said = other.announced
            if said and kind in _MAY_REPEAT_HEALTH and _repeats(row, said.dates, now.date()):
                yield datetime.combine(said.on, time(), UTC)


def is_worth_a_baseline(row: TrackedModel) -> bool:
    """Say whether a first message lists the row: it has dates, or is past its active life."""
    return row.facts != Facts()
