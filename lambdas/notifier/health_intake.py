"""An AWS Health event on its way in: match, compare with what was told, put into the outbox.

Push and poll both end here, so that an event is told once, whichever way it comes first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from notifier.affected import Affected, Names, affected
from notifier.enrich import enriched
from notifier.errors import AwsError, ConditionFailedError
from notifier.evidence import Resolver
from notifier.grouping import health_alert
from notifier.health_dates import announced_dates
from notifier.health_event import HealthNews
from notifier.health_news import Silence, Verdict, is_wanted, verdict
from notifier.ledger import record
from notifier.model import NO_DATES, Announced, Dates, Milestone
from notifier.render.document import notification

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from notifier.health_event import HealthEvent, ServiceLifecycle
    from notifier.health_memory import HealthMemory
    from notifier.health_news import Remembered
    from notifier.ledger import Ledger, Record
    from notifier.model import Alert, RowKey, TrackedModel
    from notifier.render.email import Place
    from notifier.scope import Scope
    from notifier.settings import Settings
    from notifier.usage import RegionUsage

# Others at work on the same event move it on at most once for each version of it.
_TRIES = 5
_CONFLICT = "TransactionConflict"


class Known:
    """What events are matched against: the tracked models, and what resolves their other names."""

    def __init__(
        self,
        rows: Sequence[TrackedModel],
        usage: Mapping[str, RegionUsage],
        lifecycles: Sequence[ServiceLifecycle],
        partition: str,
    ) -> None:
        """Take what the models table remembers."""
        self.rows = rows
        self.usage = usage
        self.lifecycles = lifecycles
        self.partition = partition
        self._names = Names(rows)
        self._resolver = Resolver([row.key for row in rows], usage, partition)

    def having_told(self, alert: Record) -> Known:
        """Give the same after an alert: what it announced counts for the next event."""
        said = dict(alert.announced)
        rows = [replace(row, announced=said.get(row.key, row.announced)) for row in self.rows]
        return Known(rows, self.usage, self.lifecycles, self.partition)

    def affected(self, event: HealthEvent) -> Affected:
        """Find the rows that an event concerns."""
        return affected(event, self._names, self._resolver)

    def affected_as_before(
        self, event: HealthEvent, found: Affected, before: Remembered
    ) -> Affected:
        """Keep what an event concerned where it comes from a side that gives no entities."""
        version = before.version
        if found.rows or event.entities is not None or version is None or not version.models:
            return found
        dates = announced_dates(event, len(version.models)) if any(version.dates) else NO_DATES
        return Affected(self._names.rows(version.models, event.region), found.others, dates)


@dataclass(frozen=True, slots=True)
class Intake:
    """Where events come in. What is told lies in the outbox when `take` has returned."""

    memory: HealthMemory
    ledger: Ledger
    place: Place
    settings: Settings
    scope: Scope

    def take(
        self, event: HealthEvent, known: Known, now: datetime, *, is_first_look: bool = False
    ) -> Record | Silence:
        """Take an event: give the alert to deliver, or why there is none.

        Raises AwsError when our own tables refuse.
        """
        if (left_out := is_wanted(event, self.settings.health_events)) is not None:
            return left_out
        named = known.affected(event)
        for _ in range(_TRIES):
            before = self.memory.recall(event)
            found = known.affected_as_before(event, named, before)
            decided = verdict(
                event,
                before,
                found,
                is_ignored=self._is_ignored(found, known),
                is_first_look=is_first_look,
            )
            try:
                return self._settle(event, found, known, before, decided, now)
            except AwsError as error:
                if not isinstance(error, ConditionFailedError) and error.code != _CONFLICT:
                    raise
        message = "others keep changing what is remembered of it"
        raise AwsError("dynamodb:TransactWriteItems", _CONFLICT, message, permanent=False)

    def _is_ignored(self, found: Affected, known: Known) -> bool:
        rows = [row for row in known.rows if row.key in found.rows]
        return bool(rows) and all(self.scope.ignores(row) for row in rows)

    def _settle(  # noqa: PLR0913, PLR0917 what was found, and what was decided about it
        self,
        event: HealthEvent,
        found: Affected,
        known: Known,
        before: Remembered,
        decided: Verdict,
        now: datetime,
    ) -> Record | Silence:
        if decided.silence is not None:
            if decided.remember is not None:
                self.memory.keep(event, before, decided.remember)
            return decided.silence
        alert = self._alert(event, found, known, before, decided, now)
        new = record(alert, notification(alert, self.place))
        version = decided.remember
        if version is None:
            raise AssertionError(decided)
        try:
            self.memory.keep_and_put(event, before, version, new, self.ledger)
        except ConditionFailedError:
            if self.memory.recall(event) != before:
                raise
            # The alert is there and the memory of it is not: a table was restored.
            self.memory.keep(event, before, version)
            return Silence.SAME
        return new

    def _alert(  # noqa: PLR0913, PLR0917 what was found, and what was decided about it
        self,
        event: HealthEvent,
        found: Affected,
        known: Known,
        before: Remembered,
        decided: Verdict,
        now: datetime,
    ) -> Alert:
        is_ours = event.account == self.place.account_id
        news = HealthNews(
            event,
            found.dates,
            is_update=bool(decided.changes),
            changes=decided.changes,
            other_entities=found.others,
            other_account="" if is_ours else event.account,
        )
        said: dict[RowKey, Announced] = {}
        if is_ours:  # An event of another account says nothing about this one's rows.
            spoken_of = [row for row in known.rows if not self.scope.ignores(row)]
            still = decided.remember.models if decided.remember else frozenset()
            said = _announced(spoken_of, found, before, still, now.date())
        alert = health_alert(news, self._rows(found, known, said, now.date()), before.seq, now)
        return replace(alert, announced=tuple(said.items()))

    def _rows(
        self, found: Affected, known: Known, said: Mapping[RowKey, Announced], today: date
    ) -> list[TrackedModel]:
        """Give the rows to speak of, with all that is known of them and what Health now says."""
        if not found.rows:
            return []
        informed = enriched(
            [replace(row, announced=said.get(row.key, row.announced)) for row in known.rows],
            usage=known.usage if self.settings.usage else {},
            lifecycles=known.lifecycles,
            settings=self.settings,
            partition=known.partition,
            today=today,
        )
        return [row for row in informed if row.key in found.rows and not self.scope.ignores(row)]


def _announced(
    rows: Iterable[TrackedModel],
    found: Affected,
    before: Remembered,
    still: Collection[str],
    today: date,
) -> dict[RowKey, Announced]:
    """Give what will have been told of rows from AWS Health.

    What another event gave stays. What this one gave before stays only as long as it still does,
    and `still` concerns the model.
    """
    version = before.version
    given_before = version.dates if version else ()
    left = version.models.difference(still) if version else frozenset()
    is_repeated = bool(version and version.is_told) and given_before == tuple(
        day.isoformat() if day else None for day in found.dates
    )
    said = {}
    for row in rows:
        if row.key in found.rows:
            said[row.key] = _said(row, found.dates, given_before, today, is_repeated=is_repeated)
        elif row.announced and row.model_id in left:
            said[row.key] = _said(row, NO_DATES, given_before, today, is_repeated=True)
    return said


def _said(
    row: TrackedModel,
    given: Dates,
    given_before: Collection[str | None],
    today: date,
    *,
    is_repeated: bool,
) -> Announced:
    earlier = row.announced if row.announced and row.announced.seq == row.told.seq else None
    kept = earlier.dates if earlier else NO_DATES
    merged = Dates(
        *(
            given.of(m) or (None if str(kept.of(m)) in given_before else kept.of(m))
            for m in Milestone
        )
    )
    if not is_repeated:
        return Announced(merged, row.dates, today, row.told.seq)
    # An update that moves no date is no reminder, and must not stand for one.
    on = earlier.on if earlier else row.told.on
    return Announced(merged, row.dates, on or today, row.told.seq)
