"""What a digest says: what changed, what comes, and what the notifier itself cannot see.

Pure: rows and `now` in, one alert out, or none where there is nothing to say.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from notifier.decide import due_reminder
from notifier.grouping import DIGEST_SUBJECT, entries
from notifier.model import (
    PHASE_ORDER,
    UPCOMING_DAYS,
    Alert,
    Decision,
    Facts,
    Kind,
    Member,
    Severity,
    Why,
)
from notifier.render.sentences import reason
from notifier.render.words import plain
from notifier.scope import Scope
from notifier.snooze import Snoozes
from notifier.times import iso_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from notifier.deadlines import Due, Ladders
    from notifier.model import Dates, ModelEntry, Phase, RegionState, TrackedModel
    from notifier.snooze import Snooze
    from notifier.usage import Gap

# Until a day after the next weekly digest, so that no end falls between two of them.
_ENDS_SOON_DAYS = 8
# As for an alert of its own: one poll without an answer is no news of a week.
_FAILS_FOR = timedelta(hours=24)
_TRIED_WITHIN = timedelta(days=2)
_NOT_RECAPPED = frozenset({Kind.BASELINE, Kind.MODEL_ADDED})


class News(NamedTuple):
    """What was told in the window, or left to the digest: one kind, and the models it is about.

    `why` is why it was left to the digest; None where an alert has told it.
    """

    kind: Kind
    models: tuple[ModelEntry, ...]
    why: Why | None = None


class HeldBack(NamedTuple):
    """A snooze, the names of the models it is about, and the reminder that it holds back now."""

    snooze: Snooze
    name: str
    reminder: Due | None
    ends_soon: bool


class FailingRegion(NamedTuple):
    """A covered Region that gives no answer, since when and why."""

    region: str
    since: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Digest:
    """Everything a digest says about the time after `since`, up to the poll of `until`.

    `told` was told by alerts of its own, `left_out` is said here for the first time. `upcoming`
    are models with a date within UPCOMING_DAYS, in use first, then the soonest. `not_covered` are
    Regions that never answered, and why. `gaps` are what could not be read of the account's use.
    `health_api` is why AWS Health's API gives no answer, None where it does. `unheard` names the
    topics (`sns`, `chat`) that nobody is subscribed to.
    """

    since: datetime
    until: datetime
    told: tuple[News, ...] = ()
    left_out: tuple[News, ...] = ()
    announced: tuple[ModelEntry, ...] = ()
    upcoming: tuple[ModelEntry, ...] = ()
    added: tuple[ModelEntry, ...] = ()
    held_back: tuple[HeldBack, ...] = ()
    failing: tuple[FailingRegion, ...] = ()
    not_covered: tuple[tuple[str, str], ...] = ()
    gaps: tuple[Gap, ...] = ()
    health_api: str | None = None
    unheard: tuple[str, ...] = ()

    @property
    def is_worth_sending(self) -> bool:
        """Whether there is anything to say; what merely stays as it was is none."""
        return any(
            (
                self.told,
                self.left_out,
                self.announced,
                self.upcoming,
                self.added,
                self.held_back,
                any(self.until - one.since >= _FAILS_FOR for one in self.failing),
                self.unheard,
            )
        )


@dataclass(frozen=True, slots=True)
class Known:
    """What a digest is made of: the watched rows that are not ignored, and what stands beside."""

    rows: Sequence[TrackedModel]
    regions: Mapping[str, RegionState]
    ladders: Ladders
    scope: Scope = field(default_factory=Scope)
    snoozes: Snoozes = field(default_factory=Snoozes)
    health_api: str | None = None
    unheard: tuple[str, ...] = ()


def digest_alert(
    known: Known, *, since: datetime, until: datetime, due_at: datetime, now: datetime
) -> Alert | None:
    """Make the digest that is due since `due_at`, about the time after `since`; or say nothing."""
    found = _Found(known, since, until, now)
    digest = found.digest()
    if not digest.is_worth_sending:
        return None
    alert = Alert(
        kind=Kind.DIGEST,
        severity=Severity.INFO,
        reason="",
        occurred_at=now,
        models=found.named(),
        members=(Member(DIGEST_SUBJECT, "", iso_time(due_at)),),
        digest=digest,
        digested=tuple((row.key, row.deferred) for row in known.rows if row.deferred is not None),
    )
    return replace(alert, reason=reason(alert))


class _Found:
    """The rows of each part of a digest."""

    def __init__(self, known: Known, since: datetime, until: datetime, now: datetime) -> None:
        self._known = known
        self._since = since
        self._until = until
        self._now = now
        self._today = now.date()
        self.told = self._told()
        self.left_out = self._left_out()
        self.announced = [row for row in known.rows if self._is_announced(row)]
        self.upcoming = [row for row in known.rows if _next(row, self._today) is not None]
        self.added = self._added()
        self.silenced = self._silenced()

    def digest(self) -> Digest:
        """Put the parts into words' reach."""
        known = self._known
        return Digest(
            since=self._since,
            until=self._until,
            told=tuple(News(kind, self.entries(rows, kind)) for kind, rows in self.told.items()),
            left_out=tuple(
                News(kind, self.entries(rows, kind, changed=True), why)
                for (kind, why), rows in self.left_out.items()
            ),
            announced=self.entries(self.announced, Kind.HEALTH_EVENT),
            upcoming=self._soonest_first(self.entries(self.upcoming, Kind.DEADLINE)),
            added=self.entries(self.added, Kind.MODEL_ADDED),
            held_back=tuple(self._held_back()),
            failing=_failing(known.regions.values()),
            not_covered=tuple(
                sorted(
                    (state.region, state.failure or "")
                    for state in known.regions.values()
                    if state.covered_since is None and self._is_still_tried(state)
                )
            ),
            gaps=tuple(sorted({gap for row in known.rows if row.use for gap in row.use.gaps})),
            health_api=known.health_api,
            unheard=known.unheard,
        )

    def _is_still_tried(self, state: RegionState) -> bool:
        """Say whether it is one of the account's Regions still: such are tried every day."""
        return state.tried_at is not None and self._until - state.tried_at < _TRIED_WITHIN

    def named(self) -> tuple[ModelEntry, ...]:
        """Give every model that any part names, once, with all its Regions that are meant."""
        groups = [self.upcoming, self.announced, self.added]
        groups += [*self.told.values(), *self.left_out.values(), *self.silenced.values()]
        rows = {row.key: row for rows in groups for row in rows}
        return self._soonest_first(self.entries(rows.values(), Kind.DIGEST))

    def entries(
        self, rows: Iterable[TrackedModel], kind: Kind, *, changed: bool = False
    ) -> tuple[ModelEntry, ...]:
        """Merge rows to entries; for those that have `changed`, what was heard stands beside."""
        listed = []
        for row in rows:
            heard = row.digested.facts if row.digested else row.told.facts
            before = heard if changed else row.facts
            said = self._known.snoozes.of(row, self._today)
            listed.append(Decision(row, kind, Severity.INFO, "digest", before, snooze=said))
        return entries(listed)

    def _told(self) -> dict[Kind, list[TrackedModel]]:
        found: defaultdict[Kind, list[TrackedModel]] = defaultdict(list)
        for row in self._known.rows:
            for kind, when in row.told.kinds.items():
                if self._since < when <= self._until and kind not in _NOT_RECAPPED:
                    found[Kind(kind)].append(row)
        return {kind: found[kind] for kind in Kind if kind in found}

    def _left_out(self) -> dict[tuple[Kind, Why], list[TrackedModel]]:
        """Give what waits and no digest has said; some only wait for another reason by now."""
        found: defaultdict[tuple[Kind, Why], list[TrackedModel]] = defaultdict(list)
        for row in self._known.rows:
            if row.deferred is not None and not row.is_listed:
                found[row.deferred.kind, Why(row.deferred.reason)].append(row)
        ordered = [(kind, why) for kind in Kind for why in Why]
        return {key: found[key] for key in ordered if key in found}

    def _is_announced(self, row: TrackedModel) -> bool:
        """Say whether AWS Health announced its dates, on one of the days that are over."""
        said = row.announced
        return said is not None and self._since.date() <= said.on < self._until.date()

    def _added(self) -> list[TrackedModel]:
        """Give the models that no Region had before; what a newly covered Region has is not new.

        One that is dated or past Active from the start is told or left out for that. A poll that
        has not come to its end is spoken of by the next digest.
        """
        rows = self._known.rows
        old = {row.model_id for row in rows if row.first_seen_at <= self._since}
        return [
            row
            for row in rows
            if row.model_id not in old
            and row.first_seen_at <= self._until
            and row.facts == Facts()
            and self._came_after_coverage(row)
        ]

    def _came_after_coverage(self, row: TrackedModel) -> bool:
        state = self._known.regions.get(row.region)
        covered_since = state.covered_since if state else None
        return covered_since is not None and row.first_seen_at > covered_since

    def _silenced(self) -> dict[Snooze, list[TrackedModel]]:
        """Give the rows that would be told at once if nobody had said anything of them."""
        found: defaultdict[Snooze, list[TrackedModel]] = defaultdict(list)
        for row in self._known.rows:
            said = self._known.snoozes.of(row, self._today)
            if said is not None and self._known.scope.includes(row):
                found[said].append(row)
        return {said: found[said] for said in self._known.snoozes if self._is_told(said, found)}

    def _is_told(self, said: Snooze, rows: Mapping[Snooze, Sequence[TrackedModel]]) -> bool:
        if said not in rows:
            return False
        return self._reminder(rows[said]) is not None or self._ends_soon(said)

    def _held_back(self) -> Iterator[HeldBack]:
        for said, rows in self.silenced.items():
            name = plain(rows[0].name) or plain(rows[0].model_id)
            yield HeldBack(said, name, self._reminder(rows), self._ends_soon(said))

    def _reminder(self, rows: Iterable[TrackedModel]) -> Due | None:
        due = [due_reminder(row, self._known.ladders, self._now) for row in rows]
        return min((one for one in due if one is not None), default=None)

    def _ends_soon(self, said: Snooze) -> bool:
        return said.until is not None and (said.until - self._today).days <= _ENDS_SOON_DAYS

    def _soonest_first(self, found: Iterable[ModelEntry]) -> tuple[ModelEntry, ...]:
        """Order entries: in use first, then by their next date, whoever states it."""

        def order(entry: ModelEntry) -> tuple[bool, date, str]:
            days = (_next_of(dates, entry.phase, self._today) for dates in _stated(entry))
            soonest = min((day for day in days if day), default=date.max)
            return (entry.in_use is False, soonest, entry.name)

        return tuple(sorted(found, key=order))


def _stated(entry: ModelEntry) -> tuple[Dates, Dates]:
    return (entry.dates, entry.by_health)


def _next(row: TrackedModel, today: date) -> date | None:
    return _next_of(row.known_dates, row.phase, today)


def _next_of(dates: Dates, phase: Phase, today: date) -> date | None:
    """Give the next date within reach that brings another phase."""
    ahead = [
        day
        for milestone, day in dates.stated()
        if PHASE_ORDER[milestone] > PHASE_ORDER[phase] and 0 < (day - today).days <= UPCOMING_DAYS
    ]
    return min(ahead, default=None)


def _failing(states: Iterable[RegionState]) -> tuple[FailingRegion, ...]:
    return tuple(
        FailingRegion(state.region, state.failing_since, state.failure or "")
        for state in sorted(states, key=lambda state: state.region)
        if state.covered_since is not None and state.failing_since is not None
    )
