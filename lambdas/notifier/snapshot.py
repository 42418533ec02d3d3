"""The models table: what was observed of every tracked model, and what was told about it.

Rows are updated, never put whole: observation and telling are different writers, and each
touches only its own attributes. Items whose `model_id` starts with `#` are bookkeeping.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from notifier.coverage import REGION_SUBJECT
from notifier.errors import AwsError, ConditionFailedError
from notifier.health_memory import HealthState, health_state
from notifier.lifecycle import next_milestone
from notifier.model import (
    Announced,
    Capabilities,
    Dates,
    Deferred,
    Doubt,
    Facts,
    Kind,
    Lifecycle,
    Phase,
    RegionState,
    RowKey,
    Told,
    TrackedModel,
)
from notifier.plan import migration_plan, plan_lines
from notifier.render.words import used_by_texts
from notifier.snooze import SNOOZE_SUBJECT, Snooze, Snoozes
from notifier.snooze_memory import snooze_from_item
from notifier.table import Update
from notifier.times import iso_time, parse_time
from notifier.usage_memory import usage_from_item, usage_item

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from notifier.table import Item, Table
    from notifier.usage import RegionUsage, Use

_POLL_KEY = {"model_id": "#poll", "region": "#"}
_DIGEST_KEY = {"model_id": "#digest", "region": "#"}
_USAGE_SUBJECT = "#usage"
_SCOPE_OF_USE = ("usage", "used_within_days")
_RESOURCES_PER_ROW = 50
_REMEMBERED = 4096
_NOTHING_TOLD = Told()
_TIMES = ("start_of_life_at", "legacy_at", "extended_access_at", "end_of_life_at")
_OBSERVED = (
    "name",
    "provider",
    "status",
    "phase",
    *_TIMES,
    "next_milestone",
    "next_milestone_at",
    "reported_by",
    "not_understood",
    "first_seen_at",
    "last_changed_at",
    "missing_since",
    "gone_at",
    "deferred",
    "horizon",
    "capabilities",
    "in_use",
    "invocations_14d",
    "last_invoked_on",
    "used_by",
    "replacement",
    "replacement_source",
    "replacement_differences",
    "plan",
)
_REGION_ATTRIBUTES = (
    "covered_since",
    "failing_since",
    "failure",
    "tried_at",
    "doubt",
    "told_failing_since",
)


@dataclass(frozen=True, slots=True)
class Lease:
    """Who polls, and until when by the wall clock: two polls at once would both decide.

    Lambda gives a retry, and may give a second delivery, the request id of the first; `attempt`
    tells them apart.
    """

    request_id: str
    attempt: str
    clock: datetime
    until: datetime

    @property
    def holder(self) -> str:
        """The one invocation that holds it."""
        return f"{self.request_id}/{self.attempt}"


class PollInProgressError(Exception):
    """Another invocation holds the lease; its poll is as of `now`, if that can be read.

    `is_ours` says that it has our request id: it may be a dead attempt that we are the retry of.
    """

    def __init__(self, now: datetime | None, *, is_ours: bool) -> None:
        """Keep the time of the poll that is under way."""
        super().__init__(f"another poll is running, as of {iso_time(now) if now else 'unknown'}")
        self.now = now
        self.is_ours = is_ours


class EnabledRegions(NamedTuple):
    """The Regions that were enabled when the account was last asked."""

    names: tuple[str, ...]
    asked_at: datetime


class DigestState(NamedTuple):
    """Since when a digest is due, and up to which poll the last one told.

    `due_at` stays until that digest is told: one that comes late speaks of all the time since.
    """

    due_at: datetime | None = None
    covered_until: datetime | None = None


class Progress(NamedTuple):
    """How far the last poll came, and what it knew of the Regions: by this the next ones are asked.

    Only whoever holds the lease writes any of it that matters for that.
    """

    last_completed_at: datetime | None = None
    enabled: EnabledRegions | None = None
    regions: Mapping[str, RegionState] = {}


@dataclass(frozen=True, slots=True)
class State:
    """Everything remembered at the start of a poll; `scope` is the one of the poll before.

    `unheard` says that nobody was subscribed then; `unreadable` names items that nobody can read,
    and `illegible` those of them that are rows: another version may know more than this one.
    `told_unseen` are rows that were told but never written: a poll died in between.
    """

    rows: tuple[TrackedModel, ...] = ()
    told_unseen: Mapping[RowKey, Told] = field(default_factory=dict)
    regions: Mapping[str, RegionState] = field(default_factory=dict)
    last_completed_at: datetime | None = None
    baseline_told_at: datetime | None = None
    scope: Mapping[str, Any] | None = None
    unheard: bool = False
    unreadable: tuple[str, ...] = ()
    illegible: frozenset[RowKey] = frozenset()
    usage: Mapping[str, RegionUsage] = field(default_factory=dict)
    health: HealthState = field(default_factory=HealthState)
    snoozes: Snoozes = field(default_factory=Snoozes)
    digest: DigestState = field(default_factory=DigestState)
    stored: Mapping[RowKey, Item] = field(default_factory=dict)


class Snapshot:
    """The models table as the notifier's memory."""

    def __init__(self, table: Table) -> None:
        """Take the models table."""
        self._table = table

    # The poll's lease and its progress

    def acquire(self, lease: Lease, now: datetime) -> None:
        """Take the lease for the poll as of `now`, or take over an expired one.

        Raises PollInProgressError while another invocation holds it.
        """
        taken = {
            "lease_holder": lease.holder,
            "lease_until": iso_time(lease.until),
            "lease_for": iso_time(now),
        }
        other = self._table.take(
            _POLL_KEY,
            taken,
            condition="attribute_not_exists(lease_until) OR lease_until < :clock "
            "OR lease_holder = :holder",
            values={":clock": iso_time(lease.clock), ":holder": lease.holder},
        )
        if other is not None:
            holder = str(other.get("lease_holder", "")).partition("/")[0]
            raise PollInProgressError(_time(other, "lease_for"), is_ours=holder == lease.request_id)

    def release(self, lease: Lease) -> None:
        """Give the lease back, unless it has expired and is held by another by now."""
        try:
            self._table.update(
                _POLL_KEY,
                {"lease_holder": None, "lease_until": None, "lease_for": None},
                condition="lease_holder = :holder",
                values={":holder": lease.holder},
            )
        except ConditionFailedError:
            return  # Held by another: nothing of ours is left to give back.

    def complete(
        self,
        now: datetime,
        scope: Mapping[str, Any],
        *,
        unheard: bool,
        enabled: EnabledRegions | None = None,
    ) -> None:
        """Note that the poll of that time has done all it had to, and if nobody is subscribed.

        Also which Regions are enabled, as far as the account was asked.
        """
        # Versions before the reading of use refuse a scope with more in it than these.
        use = {name: scope[name] for name in _SCOPE_OF_USE if name in scope}
        done = {
            "last_completed_at": iso_time(now),
            "scope": {name: value for name, value in scope.items() if name not in use},
            "scope_of_use": use,
            "unheard": unheard or None,
            "enabled_regions": list(enabled.names) if enabled else None,
            "regions_asked_at": iso_time(enabled.asked_at) if enabled else None,
        }
        self._table.update(_POLL_KEY, done)

    def note_baseline_told(self, now: datetime) -> None:
        """End the time of first sight: from now on, changes are told one by one.

        A digest that was due in the meantime has nothing to say that this message does not.
        """
        self._table.update(_POLL_KEY, {"baseline_told_at": iso_time(now)})
        with suppress(ConditionFailedError):
            self._table.update(_DIGEST_KEY, {"due_at": None}, "attribute_exists(due_at)")

    # The digest's progress

    def note_digest_due(self, at: datetime) -> None:
        """Note that a digest is due since that time, unless one was due before or covers it."""
        try:
            self._table.update(
                _DIGEST_KEY,
                {"due_at": iso_time(at)},
                condition="attribute_not_exists(due_at) AND "
                "(attribute_not_exists(told_for) OR told_for < :at)",
                values={":at": iso_time(at)},
            )
        except ConditionFailedError:
            return  # The digest that is due will speak of this time too, or has done so.

    def digest_state(self) -> DigestState:
        """Read how far the digest is, consistently."""
        return _digest_state(self._table.get(_DIGEST_KEY) or {})

    def note_digest_done(self, due_at: datetime, covered_until: datetime) -> None:
        """Note that the digest due at that time was told, or had nothing to say."""
        done = {
            "due_at": None,
            "told_for": iso_time(due_at),
            "covered_until": iso_time(covered_until),
        }
        try:
            self._table.update(
                _DIGEST_KEY, done, condition="due_at = :due", values={":due": iso_time(due_at)}
            )
        except ConditionFailedError:
            return  # Noted by an earlier try.

    def move_digested(self, digested: Iterable[tuple[RowKey, Deferred]]) -> list[AwsError]:
        """Note which waiting news a digest has listed; what has changed since goes on waiting."""
        errors = self._table.update_all(
            [
                Update(
                    key._asdict(),
                    {"digested": deferred_item(one), "deferred": None},
                    condition="#deferred = :listed",
                    values={":listed": deferred_item(one)},
                    names={"#deferred": "deferred"},
                )
                for key, one in digested
            ]
        )
        return [error for error in errors if not isinstance(error, ConditionFailedError)]

    # Reading

    def progress(self) -> Progress:
        """Read, consistently, the little by which a poll knows whether and whom to ask."""
        poll = self._table.get(_POLL_KEY) or {}
        regions = self._table.query(REGION_SUBJECT)
        return Progress(
            last_completed_at=_time(poll, "last_completed_at"),
            enabled=_enabled_regions(poll),
            regions={item["region"]: _region_state(item) for item in regions},
        )

    def read(self) -> State:
        """Read the whole table, consistently."""
        items = list(self._table.scan())
        rows, stored, illegible = _rows(item for item in items if "status" in item)
        told_unseen = {
            RowKey(item["model_id"], item["region"]): told_from_item(item["told"])
            for item in items
            if "told" in item and "status" not in item
        }
        kept = [item for item in items if item["model_id"].startswith("#")]
        poll = _only(kept, _POLL_KEY)
        snoozes, not_understood = _snoozes(kept)
        return State(
            rows=rows,
            told_unseen=told_unseen,
            regions={
                item["region"]: _region_state(item)
                for item in kept
                if item["model_id"] == REGION_SUBJECT
            },
            last_completed_at=_time(poll, "last_completed_at"),
            baseline_told_at=_time(poll, "baseline_told_at"),
            scope={**poll["scope"], **poll.get("scope_of_use", {})} if "scope" in poll else None,
            unheard=bool(poll.get("unheard")),
            unreadable=(*illegible.values(), *not_understood),
            illegible=frozenset(illegible),
            usage={
                item["region"]: usage_from_item(item)
                for item in kept
                if item["model_id"] == _USAGE_SUBJECT
            },
            health=health_state(kept),
            snoozes=snoozes,
            digest=_digest_state(_only(kept, _DIGEST_KEY)),
            stored=stored,
        )

    # Writing what was observed

    def write_rows(
        self, rows: Iterable[TrackedModel], stored: Mapping[RowKey, Item], now: datetime
    ) -> tuple[int, list[AwsError]]:
        """Update the rows that differ from what is stored: how many, and what failed."""
        writes = []
        for row in rows:
            changes = _difference(stored.get(row.key, {}), _observed(row, now), _OBSERVED)
            if changes:
                writes.append(Update(row.key._asdict(), changes))
        errors = self._table.update_all(writes)
        return len(writes) - len(errors), errors

    def write_regions(
        self, before: Mapping[str, RegionState], after: Iterable[RegionState]
    ) -> list[AwsError]:
        """Update the Regions that changed; give what failed."""
        writes = []
        for state in after:
            old = before.get(state.region, RegionState(state.region))
            changes = _difference(_region_item(old), _region_item(state), _REGION_ATTRIBUTES)
            # What was told of a Region is moved by telling, not by observing.
            changes.pop("told_failing_since", None)
            if changes:
                key = {"model_id": REGION_SUBJECT, "region": state.region}
                writes.append(Update(key, changes))
        return self._table.update_all(writes)

    def write_usage(self, usage: Iterable[RegionUsage]) -> list[AwsError]:
        """Keep what was read of what the account uses in each Region; give what failed."""
        return self._table.update_all(
            [
                Update({"model_id": _USAGE_SUBJECT, "region": one.region}, usage_item(one))
                for one in usage
            ]
        )

    # Writing what was told

    def move_told(
        self,
        told: Iterable[tuple[RowKey, Told]],
        left: Mapping[RowKey, Deferred] | None = None,
    ) -> list[AwsError]:
        """Move `told` of each row, once: a row already moved, by an earlier try, is left alone.

        Of rows for which something is `left`, that goes on waiting for the digest.
        """
        waiting = left or {}
        errors = self._table.update_all(
            [_told_move(key, after, waiting.get(key)) for key, after in told]
        )
        return [error for error in errors if not isinstance(error, ConditionFailedError)]

    def note_announced(self, announced: Iterable[tuple[RowKey, Announced]]) -> list[AwsError]:
        """Note what was told of rows from AWS Health, as far as they exist; give what failed."""
        errors = self._table.update_all(
            [
                Update(
                    key._asdict(), {"announced": announced_item(one)}, "attribute_exists(model_id)"
                )
                for key, one in announced
            ]
        )
        return [error for error in errors if not isinstance(error, ConditionFailedError)]

    def note_reopened(self, key: RowKey, decided_at: datetime) -> None:
        """Note that calls were told of a model that was resolved before that time."""
        try:
            self._table.update(
                key._asdict(),
                {"reopened_at": iso_time(decided_at)},
                condition="attribute_exists(model_id)",
            )
        except ConditionFailedError:
            return  # Taken back in the meantime.

    def note_region_told(self, region: str, failing_since: str | None) -> None:
        """Note which failure (since when) of a Region was announced; None once its end was."""
        key = {"model_id": REGION_SUBJECT, "region": region}
        self._table.update(key, {"told_failing_since": failing_since})


def _told_move(key: RowKey, told: Told, left: Deferred | None) -> Update:
    before = told.seq - 1
    return Update(
        key._asdict(),
        {
            "told": told_item(told),
            "deferred": deferred_item(left) if left else None,
            "digested": None,
        },
        condition="told.seq = :before" if before else "attribute_not_exists(told)",
        values={":before": before} if before else {},
    )


def _difference(before: Item, after: Item, attributes: Iterable[str]) -> Item:
    """Give what is to be set, or to be removed where None, for `after` to be what is stored.

    `after` has no other attributes than these.
    """
    # Of nearly every row this is all there is to find.
    if after.items() <= before.items() and (before.keys() - after.keys()).isdisjoint(attributes):
        return {}
    return {name: after.get(name) for name in attributes if before.get(name) != after.get(name)}


# Items, as they stand in the table


def _rows(
    items: Iterable[Item],
) -> tuple[tuple[TrackedModel, ...], dict[RowKey, Item], dict[RowKey, str]]:
    """Read the rows of models; those that nobody can read are named and hold up no other."""
    rows: list[TrackedModel] = []
    stored: dict[RowKey, Item] = {}
    unreadable: dict[RowKey, str] = {}
    for item in items:
        if item["model_id"].startswith("#"):
            continue
        try:
            row = _row(item)
        except (KeyError, TypeError, ValueError) as error:
            key = RowKey(item["model_id"], item["region"])
            unreadable[key] = f"{key.model_id} {key.region}: {error!r}"
            continue
        rows.append(row)
        stored[row.key] = item
    return tuple(rows), stored, unreadable


def _snoozes(items: Iterable[Item]) -> tuple[Snoozes, tuple[str, ...]]:
    """Read what people said. They may write it by hand: what cannot be read holds nothing back."""
    said: list[Snooze] = []
    unreadable: list[str] = []
    for item in items:
        if not item["model_id"].startswith(SNOOZE_SUBJECT):
            continue
        try:
            said.append(snooze_from_item(item))
        except (KeyError, TypeError, ValueError) as error:
            unreadable.append(f"{item['model_id']} {item['region']}: {error!r}")
    return Snoozes(said), tuple(unreadable)


def _only(items: Iterable[Item], key: Mapping[str, str]) -> Item:
    """Give the one item of that subject, empty where there is none."""
    return next((item for item in items if item["model_id"] == key["model_id"]), {})


def _observed(row: TrackedModel, now: datetime) -> Item:
    return {
        "name": row.name,
        "provider": row.provider,
        **_lifecycle_item(row.lifecycle, row.phase, now),
        **_present(
            {
                "reported_by": None
                if row.reported_by == (row.model_id,)
                else list(row.reported_by),
                "not_understood": dict(row.not_understood) or None,
                "first_seen_at": _iso(row.first_seen_at),
                "last_changed_at": _iso(row.last_changed_at),
                "missing_since": _iso(row.missing_since),
                "gone_at": _iso(row.gone_at),
                "deferred": deferred_item(row.deferred) if row.deferred else None,
                "capabilities": _capabilities_item(row.capabilities),
                "in_use": row.in_use,
            }
        ),
        **_use_item(row.use),
        **_successor_item(row),
    }


def _present(item: Item) -> Item:
    """Give what is known of it."""
    return {name: value for name, value in item.items() if value is not None}


# Most Regions say of a model what the others say, so these are few.
@lru_cache(_REMEMBERED)
def _lifecycle_item(lifecycle: Lifecycle, phase: Phase, now: datetime) -> Item:
    upcoming = next_milestone(lifecycle, phase, now)
    times = dict(zip(_TIMES, lifecycle[1:], strict=True))
    upcoming_at = times[f"{upcoming.lower()}_at"] if upcoming else None
    ending = lifecycle.end_of_life_at is not None and phase is not Phase.END_OF_LIFE
    return _present(
        {
            "status": lifecycle.status,
            "phase": phase.value,
            **{name: _iso(moment) for name, moment in times.items()},
            "next_milestone": upcoming.value if upcoming else None,
            "next_milestone_at": _iso(upcoming_at),
            "horizon": "dated" if ending else None,
        }
    )


def _row(item: Item) -> TrackedModel:
    return TrackedModel(
        model_id=item["model_id"],
        region=item["region"],
        name=item.get("name", ""),
        provider=item.get("provider", ""),
        lifecycle=Lifecycle(item["status"], *(_time(item, name) for name in _TIMES)),
        phase=Phase(item["phase"]),
        reported_by=tuple(item.get("reported_by") or (item["model_id"],)),
        first_seen_at=parse_time(item["first_seen_at"]),
        last_changed_at=parse_time(item["last_changed_at"]),
        missing_since=_time(item, "missing_since"),
        gone_at=_time(item, "gone_at"),
        not_understood=item.get("not_understood", {}),
        in_use=item.get("in_use"),
        told=told_from_item(item["told"]) if "told" in item else _NOTHING_TOLD,
        deferred=deferred_from_item(item["deferred"]) if "deferred" in item else None,
        digested=deferred_from_item(item["digested"]) if "digested" in item else None,
        announced=announced_from_item(item["announced"]) if "announced" in item else None,
        capabilities=_capabilities(item.get("capabilities", {})),
    )


@lru_cache(_REMEMBERED)
def _use_item(use: Use | None) -> Item:
    if use is None:
        return {}
    last = use.last_invoked_on
    return _present(
        {
            "invocations_14d": use.invocations_14d,
            "last_invoked_on": last.isoformat() if last else None,
            "used_by": list(used_by_texts(use.used_by, _RESOURCES_PER_ROW)) or None,
        }
    )


def _successor_item(row: TrackedModel) -> Item:
    """Give what to move to and how, for a model on its way out."""
    if row.successor is None:
        return {}
    found = row.successor.model_id
    steps = migration_plan(row.dates, row.last_changed_at.date())
    return _present(
        {
            "replacement": found,
            "replacement_source": row.successor.source if found else None,
            "replacement_differences": list(row.successor.differences) or None,
            "plan": list(plan_lines(steps)) or None,
        }
    )


@lru_cache(_REMEMBERED)
def _capabilities_item(capabilities: Capabilities) -> Item | None:
    parts = capabilities._asdict().items()
    known = {name: list(part) if isinstance(part, tuple) else part for name, part in parts}
    return {name: part for name, part in known.items() if part not in (None, [])} or None


def _capabilities(item: Item) -> Capabilities:
    known = {name: item[name] for name in Capabilities._fields if name in item}
    streaming = known.pop("streaming", None)
    return Capabilities(**{name: tuple(part) for name, part in known.items()}, streaming=streaming)


def told_item(told: Told) -> Item:
    """Give the `told` attribute; it names only what is known."""
    return {
        "seq": told.seq,
        **_facts_item(told.facts),
        **({"on": told.on.isoformat()} if told.on else {}),
        "kinds": {kind: iso_time(when) for kind, when in told.kinds.items()},
        **({"idle_since": told.idle_since.isoformat()} if told.idle_since else {}),
    }


def told_from_item(item: Item) -> Told:
    """Read what `told_item` gave."""
    return Told(
        seq=int(item["seq"]),
        facts=_facts(item),
        on=_date(item, "on"),
        kinds={kind: parse_time(when) for kind, when in item.get("kinds", {}).items()},
        idle_since=_date(item, "idle_since"),
    )


def _facts_item(facts: Facts) -> Item:
    gone = {"gone": True} if facts.gone else {}
    return {"phase": facts.phase.value, **_dates_item(facts.dates), **gone}


def _facts(item: Item) -> Facts:
    return Facts(Phase(item["phase"]), _dates(item), gone=bool(item.get("gone", False)))


def _dates_item(dates: Dates) -> Item:
    return {name: day.isoformat() for name, day in dates._asdict().items() if day}


def _dates(item: Item) -> Dates:
    return Dates(*(_date(item, name) for name in Dates._fields))


def announced_item(announced: Announced) -> Item:
    """Give the `announced` attribute."""
    return {
        "dates": _dates_item(announced.dates),
        "stated": _dates_item(announced.stated),
        "on": announced.on.isoformat(),
        "seq": announced.seq,
    }


def announced_from_item(item: Item) -> Announced:
    """Read what `announced_item` gave."""
    return Announced(
        _dates(item["dates"]),
        _dates(item["stated"]),
        date.fromisoformat(item["on"]),
        int(item["seq"]),
    )


def deferred_item(deferred: Deferred) -> Item:
    """Give the `deferred` and the `digested` attribute."""
    return {
        **_facts_item(deferred.facts),
        "kind": deferred.kind.value,
        "on": deferred.on.isoformat(),
        "reason": deferred.reason,
    }


def deferred_from_item(item: Item) -> Deferred:
    """Read what `deferred_item` gave."""
    return Deferred(
        _facts(item), Kind(item["kind"]), date.fromisoformat(item["on"]), item["reason"]
    )


def _enabled_regions(poll: Item) -> EnabledRegions | None:
    asked_at, names = _time(poll, "regions_asked_at"), poll.get("enabled_regions")
    return EnabledRegions(tuple(names), asked_at) if asked_at and names else None


def _digest_state(item: Item) -> DigestState:
    return DigestState(_time(item, "due_at"), _time(item, "covered_until"))


def _region_item(state: RegionState) -> Item:
    doubt = state.doubt
    return {
        "covered_since": _iso(state.covered_since),
        "failing_since": _iso(state.failing_since),
        "failure": state.failure,
        "tried_at": _iso(state.tried_at),
        "doubt": {
            "fingerprint": doubt.fingerprint,
            "first_at": iso_time(doubt.first_at),
            "last_at": iso_time(doubt.last_at),
            "polls": doubt.polls,
        }
        if doubt
        else None,
        "told_failing_since": _iso(state.told_failing_since),
    }


def _region_state(item: Item) -> RegionState:
    doubt = item.get("doubt")
    return RegionState(
        region=item["region"],
        covered_since=_time(item, "covered_since"),
        failing_since=_time(item, "failing_since"),
        failure=item.get("failure"),
        tried_at=_time(item, "tried_at"),
        doubt=Doubt(
            doubt["fingerprint"],
            parse_time(doubt["first_at"]),
            parse_time(doubt["last_at"]),
            int(doubt["polls"]),
        )
        if doubt
        else None,
        told_failing_since=_time(item, "told_failing_since"),
    )


def _iso(moment: datetime | None) -> str | None:
    return iso_time(moment) if moment else None


def _time(item: Mapping[str, Any], name: str) -> datetime | None:
    text = item.get(name)
    return parse_time(text) if text else None


def _date(item: Mapping[str, Any], name: str) -> date | None:
    text = item.get(name)
    return date.fromisoformat(text) if text else None
