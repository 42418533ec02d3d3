"""The whole flow of a poll: gather, decide, deliver, record.

It first finishes what earlier runs left in the outbox. Then: ask the Regions while the snapshot is
read, judge and observe; once a day, read what the account uses; decide; put what is to be told into
the outbox; write what was observed; deliver; and note that the poll is complete. A crash anywhere
leaves something that the next run finishes or decides again to the same alert.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from notifier.coverage import (
    Judged,
    coverage_news,
    judge,
    regions_to_ask,
    to_confirm,
)
from notifier.deadlines import Ladders
from notifier.decide import Newcomers, Policy, Verdict, decide, is_worth_a_baseline
from notifier.delivery import audiences
from notifier.digest_poll import due_digest
from notifier.enrich import enriched
from notifier.errors import AwsError, may_pass
from notifier.evidence import uses, with_use
from notifier.grouping import BASELINE_SUBJECT, baseline, coverage_alert, group
from notifier.headroom import compare_quotas
from notifier.health_event import merged
from notifier.health_intake import Intake, Known
from notifier.health_news import Silence
from notifier.health_poll import overdue, read_api
from notifier.ledger import record
from notifier.model import (
    Alert,
    Catalog,
    Decision,
    Failure,
    Kind,
    Milestone,
    RegionState,
    RowKey,
    TrackedModel,
)
from notifier.observe import Observation, observe
from notifier.render.document import notification
from notifier.scope import Scope
from notifier.settings import AlertOn, ScopeSettings, Settings
from notifier.snapshot import EnabledRegions, PollInProgressError
from notifier.summary import Summary
from notifier.usage import listed_ids, remember, requests

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from notifier.delivery import AlertsTopic, ChatTopic, Delivery, Outcome
    from notifier.health_event import HealthEvent, Page, ServiceLifecycle
    from notifier.health_memory import HealthMemory
    from notifier.ledger import Ledger, Record
    from notifier.render.email import Place
    from notifier.snapshot import Lease, Progress, Snapshot, State
    from notifier.sources.bedrock import Bedrock
    from notifier.sources.health_api import HealthApi
    from notifier.sources.quotas import Quotas
    from notifier.sources.usage import Usage
    from notifier.usage import RegionUsage, Use

# More absences than this are no news of a day; the rest is asked about at the next poll.
_CONFIRMED_PER_POLL = 500
# A poll may take two minutes; reading what is used must leave most of them to the alerts.
_USAGE_SECONDS = 45
# Who enables a Region can wait for a day.
_REGIONS_KEPT_FOR = timedelta(days=1)
# People are given this long to confirm their subscription before the alarm says that nobody has.
_BASELINE_MAY_WAIT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Edges:
    """Everything with I/O that a poll needs, and where it runs."""

    bedrock: Bedrock
    usage: Usage
    quotas: Quotas
    health_api: HealthApi
    snapshot: Snapshot
    memory: HealthMemory
    ledger: Ledger
    topic: AlertsTopic
    chat: ChatTopic | None
    delivery: Delivery
    place: Place


def poll(now: datetime, lease: Lease, edges: Edges, settings: Settings) -> Summary:
    """Do one poll as of `now`, alone.

    What fails is collected in the summary. Raises PollInProgressError while another invocation
    polls as of an earlier time, and AwsError when the notifier's own tables cannot be used.
    """
    try:
        edges.snapshot.acquire(lease, now)
    except PollInProgressError as other:
        # A duplicate from the schedule has nothing to add. Under our own request id the holder may
        # be a dead attempt that we retry: fail, so that Lambda comes again when its lease is over.
        if other.is_ours or other.now is None or now > other.now:
            raise
        return Summary(now, outcome="already running")
    try:
        return _Poll(now, lease, edges, settings).run()
    finally:
        edges.snapshot.release(lease)


def digest(now: datetime, lease: Lease, edges: Edges, settings: Settings) -> Summary:
    """Tell the digest that is due as of `now`; nothing is observed and no Region asked.

    While a poll is under way it is left to that one, or to the next. Raises AwsError when the
    notifier's own tables cannot be used.
    """
    edges.snapshot.note_digest_due(now)
    try:
        edges.snapshot.acquire(lease, now)
    except PollInProgressError:
        return Summary(now, outcome="left to a poll")
    try:
        return _Poll(now, lease, edges, settings).run_digest()
    finally:
        edges.snapshot.release(lease)


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What is known after asking: the state before, each Region's verdict, every row as of now."""

    state: State
    watched: frozenset[str]
    judged: Mapping[str, Judged]
    seen: Observation
    usage: Mapping[str, RegionUsage]

    @property
    def regions(self) -> dict[str, RegionState]:
        """Every watched Region as of now."""
        now = {name: judged.state for name, judged in self.judged.items()}
        known = {**self.state.regions, **now}
        return {name: state for name, state in known.items() if name in self.watched}

    @property
    def rows(self) -> tuple[TrackedModel, ...]:
        """The rows of watched Regions; the others only grow older."""
        return tuple(row for row in self.seen.rows if row.region in self.watched)


class _Poll:
    """One poll: its inputs, and the summary that fills as it goes."""

    def __init__(self, now: datetime, lease: Lease, edges: Edges, settings: Settings) -> None:
        self._now = now
        self._lease = lease
        self._edges = edges
        self._settings = settings
        self._summary = Summary(now)
        self._down: dict[str, AwsError] = {}
        self._waiting: list[Record] = []
        self._enabled: EnabledRegions | None = None

    def run(self) -> Summary:
        """Gather, decide, deliver, record; then the digest, if one is due."""
        waiting = self._finish_earlier()
        progress = self._edges.snapshot.progress()
        last = progress.last_completed_at
        if last is not None and self._now <= last:
            self._summary.outcome = "already completed"
        else:
            self._observe_and_tell(progress, waiting)
        self._tell_digest()
        return self._summary

    def run_digest(self) -> Summary:
        """Finish what earlier runs left, and tell the digest."""
        self._summary.outcome = "digest"
        self._finish_earlier()
        self._tell_digest()
        return self._summary

    def _observe_and_tell(self, progress: Progress, waiting: Iterable[Record]) -> None:
        gathered = self._gather(progress)
        spoken_for = {key for one in waiting for key in one.speaks_for()}
        if gathered.state.baseline_told_at is None:
            self._tell_baseline(gathered)
        else:
            self._tell_changes(*self._tell_health(gathered, spoken_for))
        self._complete(gathered)

    def _finish_earlier(self) -> list[Record]:
        """Finish what earlier runs left; give what is still unsettled.

        The first BASELINE and a digest are left to be renewed, unless their sending had begun.
        """
        records, unreadable = self._edges.ledger.unsettled()
        self._summary.note_unreadable("alert", unreadable, untold=len(unreadable))
        self._waiting = [one for one in records if one.waits_to_be_renewed]
        ready = [one for one in records if not one.waits_to_be_renewed]
        outcomes = self._deliver(ready)
        return [outcome.record for outcome in outcomes if not outcome.told]

    # Gather

    def _gather(self, progress: Progress) -> _Gathered:
        enabled = self._enabled_regions(progress)
        watched = frozenset(enabled)
        answers, state = self._ask(regions_to_ask(enabled, progress.regions, self._now))
        rows = tuple(row for row in state.rows if row.region in watched)
        by_region: dict[str, dict[str, TrackedModel]] = {region: {} for region in answers}
        for row in rows:
            if row.region in by_region:
                by_region[row.region][row.model_id] = row
        judged = {
            region: judge(
                state.regions.get(region, RegionState(region)),
                answer,
                by_region[region],
                self._now,
            )
            for region, answer in answers.items()
        }
        absent = to_confirm(judged, rows, self._now)[:_CONFIRMED_PER_POLL]
        confirmations = self._edges.bedrock.confirm(absent)
        self._summary.note_answers(answers, confirmations)
        seen = observe(state.rows, judged, confirmations, state.told_unseen, self._now)
        # Taken for new, they would be told again, and what another version knows would be lost.
        seen = seen.without(state.illegible)
        self._summary.note_unreadable("row", state.unreadable, untold=len(state.illegible))
        regions = {**state.regions, **{name: one.state for name, one in judged.items()}}
        asked = sorted(name for name in watched if _may_be_called(regions.get(name)))
        usage = self._usage(state, asked, seen.rows)
        rows = self._with_evidence(seen.rows, usage, state.health.api.lifecycles)
        return _Gathered(state, watched, judged, replace(seen, rows=rows), usage)

    def _usage(
        self, state: State, regions: Sequence[str], rows: Iterable[TrackedModel]
    ) -> dict[str, RegionUsage]:
        """Give what is known of the account's use in these Regions; read it once a day."""
        if not self._settings.usage:
            return {}
        today = self._now.date()
        ids = listed_ids(rows, regions)
        asked = requests(regions, state.usage, ids, self._settings.used_within_days, today)
        answers = self._edges.usage.read(asked, self._now, _USAGE_SECONDS) if asked else {}
        fresh = {
            one.region: remember(state.usage.get(one.region), one, answers[one.region], today)
            for one in asked
        }
        self._summary.note_table_errors(self._edges.snapshot.write_usage(fresh.values()))
        remembered = {region: state.usage[region] for region in regions if region in state.usage}
        self._summary.note_usage(state.usage, remembered | fresh, len(fresh))
        return remembered | fresh

    def _with_evidence(
        self,
        rows: Sequence[TrackedModel],
        usage: Mapping[str, RegionUsage],
        lifecycles: Sequence[ServiceLifecycle],
    ) -> tuple[TrackedModel, ...]:
        return enriched(
            rows,
            usage=usage,
            lifecycles=lifecycles,
            settings=self._settings,
            partition=self._edges.place.partition,
            today=self._now.date(),
        )

    def _enabled_regions(self, progress: Progress) -> tuple[str, ...]:
        """Give the Regions to watch; a covered one stays watched when it is disabled."""
        if self._settings.regions != "all":
            return self._settings.regions
        covered = {s.region for s in progress.regions.values() if s.covered_since is not None}
        return tuple(sorted(covered.union(self._ask_for_regions(progress.enabled))))

    def _ask_for_regions(self, known: EnabledRegions | None) -> tuple[str, ...]:
        """Give the enabled Regions; the account is asked once a day, or until it answers."""
        bedrock, home = self._edges.bedrock, self._edges.place.region
        if known is not None and self._now - known.asked_at < _REGIONS_KEPT_FOR:
            self._enabled = known
            return known.names
        try:
            found = bedrock.enabled_regions(home)
        except AwsError as error:
            self._summary.note_warning(error)
            return bedrock.offered_regions(home)
        self._enabled = EnabledRegions(found, self._now)
        return found

    def _ask(self, regions: Iterable[str]) -> tuple[dict[str, Catalog | Failure], State]:
        """Ask the Regions, and read the whole table meanwhile: each of them is mostly waiting."""
        with ThreadPoolExecutor(1) as beside:
            reading = beside.submit(self._edges.snapshot.read)
            answers = self._edges.bedrock.catalogs(regions)
            return answers, reading.result()

    # Decide

    def _tell_baseline(self, gathered: _Gathered) -> None:
        """Renew the first message, and send it once somebody can hear it."""
        covered_since = [s.covered_since for s in gathered.regions.values() if s.covered_since]
        if not covered_since:
            self._write(gathered, gathered.seen.rows)
            return
        rows = [row for row in gathered.rows if not self._scope.ignores(row)]
        alert = baseline(rows, gathered.regions.values(), self._now)
        renewed = record(alert, notification(alert, self._edges.place))
        self._edges.ledger.renew(renewed, self._lease.clock)
        self._withdraw(Kind.BASELINE, unless=renewed)
        self._write(gathered, gathered.seen.rows)
        if any(self._heard().values()):
            self._deliver([renewed])
        else:
            self._summary.waiting = "BASELINE waits for a confirmed subscription"
            self._summary.waits_in_vain = self._now - min(covered_since) >= _BASELINE_MAY_WAIT

    def _tell_health(
        self, gathered: _Gathered, spoken_for: set[RowKey]
    ) -> tuple[_Gathered, set[RowKey]]:
        """Tell what AWS Health says, before what the Bedrock API may only repeat."""
        alerts = self._take_health(gathered)
        if not alerts:
            return gathered, spoken_for
        told = {one.record.alert_id for one in self._deliver(alerts) if one.told}
        said = {key: one for alert in alerts for key, one in alert.announced}
        rows = tuple(
            replace(row, announced=said.get(row.key, row.announced)) for row in gathered.seen.rows
        )
        untold = (alert for alert in alerts if alert.alert_id not in told)
        busy = spoken_for.union(*(alert.speaks_for() for alert in untold))
        return replace(gathered, seen=replace(gathered.seen, rows=rows)), busy

    def _take_health(self, gathered: _Gathered) -> list[Record]:
        """Put into the outbox what the Health API has to say, and what waited for other pages."""
        before, now = gathered.state.health, self._now
        reading = read_api(self._edges.health_api, before, self._settings.health_events, now)
        self._summary.note_health(reading)
        waiting = overdue(before.pages, gathered.state.last_completed_at, now)
        events: list[tuple[HealthEvent, Sequence[Page]]] = [
            (one, ()) for one in (*reading.events, *reading.over)
        ]
        left = sorted(waiting, key=lambda pages: pages[0].event.updated_at)
        events += [(merged(pages), pages) for pages in left]
        alerts: list[Record] = []
        if events:
            partition, lifecycles = self._edges.place.partition, reading.state.lifecycles
            known = Known(gathered.rows, gathered.usage, lifecycles, partition)
            for event, pages in events:
                taken = self._take(event, pages, known, is_first_look=event in reading.over)
                if taken is not None:
                    alerts.append(taken)
                    known = known.having_told(taken)
        if reading.state != before.api:
            self._summary.note_table_errors(self._edges.memory.note_api(reading.state))
        return alerts

    def _take(
        self, event: HealthEvent, pages: Sequence[Page], known: Known, *, is_first_look: bool
    ) -> Record | None:
        """Take one event; one that fails is asked for again, or waits on, and blocks no other."""
        edges = self._edges
        intake = Intake(edges.memory, edges.ledger, edges.place, self._settings, self._scope)
        try:
            taken = intake.take(event, known, self._now, is_first_look=is_first_look)
            edges.memory.settle_pages(pages)
        except AwsError as error:
            self._summary.note_table_errors([error])
            return None
        except Exception as error:  # noqa: BLE001 whatever it is, it must not stop the other alerts
            self._summary.note_event_error(event, error)
            return None
        return None if isinstance(taken, Silence) else taken

    def _tell_changes(self, gathered: _Gathered, spoken_for: Collection[RowKey]) -> None:
        """Decide about every row and Region, and tell it."""
        verdict, alerts = self._decide(gathered, spoken_for)
        records = [record(alert, notification(alert, self._edges.place)) for alert in alerts]
        saved = self._put(records)
        there = {one.alert_id for one in saved}
        unsaved = {key for one in records if one.alert_id not in there for key in one.speaks_for()}
        # What could not be put into the outbox must look unseen, to be decided again.
        deferred = {deferral.key: deferral.deferred for deferral in verdict.deferrals}
        rows = [
            replace(row, deferred=deferred[row.key]) if row.key in deferred else row
            for row in gathered.seen.rows
            if row.key not in unsaved
        ]
        self._write(gathered, rows, unsaved)
        adopted = [(adoption.key, adoption.told) for adoption in verdict.adoptions]
        kept = [(one.key, one.announced) for one in verdict.adoptions if one.announced]
        left = {one.key: one.deferred for one in verdict.adoptions if one.deferred}
        errors = self._edges.snapshot.move_told(adopted, left)
        errors += self._edges.snapshot.note_announced(kept)
        self._summary.note_table_errors(errors)
        self._summary.deferred = len(deferred)
        if records or gathered.state.unheard or self._is_first_of_day(gathered.state):
            self._note_unheard()
        self._deliver(saved)

    def _tell_digest(self) -> None:
        """Tell the digest that is due; one that waited and has nothing left to say is none."""
        try:
            new = due_digest(
                snapshot=self._edges.snapshot,
                ledger=self._edges.ledger,
                place=self._edges.place,
                settings=self._settings,
                scope=self._scope,
                ladders=self._ladders,
                unheard=self._note_unheard,
                now=self._now,
                clock=self._lease.clock,
            )
            self._withdraw(Kind.DIGEST, unless=new)
        except AwsError as error:
            self._summary.note_table_errors([error])
            return
        self._deliver([new] if new else [])

    def _withdraw(self, kind: Kind, *, unless: Record | None) -> None:
        """Withdraw what waited to be renewed and has become another alert, or none."""
        for one in self._waiting:
            if one.kind is kind and (unless is None or one.alert_id != unless.alert_id):
                self._edges.ledger.withdraw(one.alert_id, self._lease.clock)

    def _decide(
        self, gathered: _Gathered, spoken_for: Collection[RowKey]
    ) -> tuple[Verdict, list[Alert]]:
        rows, now = gathered.rows, self._now
        newly = {region for region, judged in gathered.judged.items() if judged.newly_covered}
        fresh = [row for row in rows if row.region in newly and not self._scope.ignores(row)]
        here = sorted(
            {
                row.region
                for row in fresh
                if is_worth_a_baseline(row) and row.told.seq == 0 and row.key not in spoken_for
            }
        )
        first_sights = [
            baseline(
                [row for row in fresh if row.region in here],
                gathered.regions.values(),
                now,
                here=tuple(here),
            )
        ]
        newcomers = Newcomers(
            rows=frozenset(key for key in gathered.seen.first_seen if key.region not in newly),
            known_ids=frozenset(
                key.model_id
                for key in (*(row.key for row in gathered.state.rows), *gathered.state.illegible)
            ),
        )
        silent = {*spoken_for, *(row.key for row in rows if row.region in newly)}
        verdict = decide(rows, silent, newcomers, self._policy(gathered), now)
        watched = (judged.state for judged in gathered.judged.values())
        news = coverage_news(watched, spoken_for, now)
        return verdict, [
            *(first_sights if here else ()),
            *group(verdict.decisions, now, self._capacities(gathered, verdict.decisions)),
            *(coverage_alert(one, now) for one in news),
        ]

    def _policy(self, gathered: _Gathered) -> Policy:
        chosen, scope = self._settings, gathered.state.scope
        before = ScopeSettings.remembered(scope or {}) or chosen.scope
        return Policy(
            scope=self._scope,
            scope_before=_scope(before),
            ladders=self._ladders,
            announce_new_models=chosen.announce_new_models,
            use_before=self._use_by_settings(before, gathered),
            inactivity_days=chosen.inactivity_days,
            snoozes=gathered.state.snoozes,
        )

    def _use_by_settings(
        self, before: ScopeSettings, gathered: _Gathered
    ) -> dict[RowKey, bool | None]:
        """Give what `in_use` would be by the settings before these, where it differs."""
        if (before.usage, before.used_within_days) == (
            self._settings.usage,
            self._settings.used_within_days,
        ):
            return {}
        today, within = self._now.date(), before.used_within_days
        found: Mapping[RowKey, Use] = {}
        if before.usage:
            known = gathered.usage or gathered.state.usage
            found = uses(gathered.rows, known, self._edges.place.partition, within, today)
        rows = with_use(gathered.rows, found, within, today)
        pairs = zip(rows, gathered.rows, strict=True)
        return {old.key: old.in_use for old, new in pairs if old.in_use is not new.in_use}

    def _capacities(
        self, gathered: _Gathered, decisions: Iterable[Decision]
    ) -> dict[str, tuple[str, ...]]:
        """Say, of each used model that enters Legacy, what its successor's quotas allow."""
        if not self._settings.usage:
            return {}
        entering = [
            decision.row
            for decision in decisions
            if decision.kind is Kind.ENTERED_LEGACY and decision.row.in_use
        ]
        rows = {row.key: row for row in gathered.rows}
        lines, errors = compare_quotas(entering, rows, self._edges.quotas, self._now)
        for error in errors:
            self._summary.note_warning(error)
        return lines

    @property
    def _scope(self) -> Scope:
        return _scope(self._settings)

    @property
    def _ladders(self) -> Ladders:
        chosen = self._settings
        return Ladders(
            {
                Milestone.END_OF_LIFE: chosen.reminders_end_of_life,
                Milestone.EXTENDED_ACCESS: chosen.reminders_extended_access,
                Milestone.LEGACY: chosen.reminders_legacy,
            },
            chosen.reminder_hour_utc,
        )

    # Deliver and record

    def _put(self, records: Iterable[Record]) -> list[Record]:
        """Put each alert into the outbox; give those that are there."""
        saved: list[Record] = []
        for one in records:
            try:
                self._edges.ledger.put(one)
            except AwsError as error:
                self._summary.note_table_errors([error])
            else:
                saved.append(one)
        return saved

    def _write(
        self,
        gathered: _Gathered,
        rows: Iterable[TrackedModel],
        unsaved: Collection[RowKey] = frozenset(),
    ) -> None:
        """Write what was observed, as far as it differs from what is stored."""
        snapshot, state = self._edges.snapshot, gathered.state
        written, errors = snapshot.write_rows(rows, state.stored, self._now)
        regions = [
            judged.state
            for region, judged in gathered.judged.items()
            if RowKey(BASELINE_SUBJECT, region) not in unsaved
        ]
        # Whatever a Region did before nobody watched it must not count when it is watched again.
        regions += [
            replace(old, failing_since=None, failure=None, doubt=None)
            for region, old in state.regions.items()
            if region not in gathered.watched
        ]
        errors += snapshot.write_regions(state.regions, regions)
        self._summary.note_table_errors(errors)
        self._summary.note_observed(gathered.rows, gathered.regions.values(), written)
        self._summary.note_next_end(row for row in gathered.rows if not self._scope.ignores(row))

    def _deliver(self, records: Sequence[Record]) -> list[Outcome]:
        outcomes = self._edges.delivery.deliver(records, self._lease, self._now, self._down)
        self._summary.outcomes.extend(outcomes)
        return outcomes

    def _audiences(self) -> tuple[AlertsTopic | ChatTopic, ...]:
        edges, has_email = self._edges, self._settings.has_email
        return audiences(edges.topic, edges.chat, has_email=has_email)

    def _heard(self) -> dict[str, bool | None]:
        """Say of each topic whether somebody is subscribed; None where that cannot be told."""
        heard: dict[str, bool | None] = {}
        for topic in self._audiences():
            try:
                heard[topic.name] = topic.is_heard()
            except AwsError as error:
                self._summary.note_warning(error)
                heard[topic.name] = None
        return heard

    def _note_unheard(self) -> tuple[str, ...]:
        """Count the topics of which nobody can say that they are heard; give those surely not."""
        heard = self._heard()
        self._summary.unheard = tuple(name for name, is_so in heard.items() if not is_so)
        return tuple(name for name, is_so in heard.items() if is_so is False)

    def _is_first_of_day(self, state: State) -> bool:
        last = state.last_completed_at
        return last is None or last.date() < self._now.date()

    def _complete(self, gathered: _Gathered) -> None:
        """Note the poll as complete, unless it must be tried again with the same time."""
        answered = any(judged.reported is not None for judged in gathered.judged.values())
        blind_so_far = not any(s.covered_since for s in gathered.regions.values())
        self._summary.is_blind = not answered and (bool(gathered.judged) or blind_so_far)
        if self._summary.is_blind or self._summary.table_errors:
            self._summary.outcome = "failed"
            return
        scope = self._settings.scope.model_dump(mode="json")
        self._edges.snapshot.complete(
            self._now, scope, unheard=self._summary.is_unheard, enabled=self._enabled
        )


def _may_be_called(state: RegionState | None) -> bool:
    """Say whether models may be called in a Region: it answers, or may do so at any time."""
    if state is None:
        return False
    return state.covered_since is not None or may_pass(state.failure or "")


def _scope(settings: ScopeSettings) -> Scope:
    return Scope(settings.alert_on is AlertOn.ALL, settings.watch, settings.ignore)
