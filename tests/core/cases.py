"""The values that the case tables of the core are written with: short to write, easy to read."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from notifier.deadlines import Ladders
from notifier.decide import Newcomers, Policy, Verdict, decide
from notifier.lifecycle import phase_at
from notifier.model import (
    Catalog,
    Dates,
    Deferred,
    Facts,
    Kind,
    Lifecycle,
    ListedModel,
    Milestone,
    Phase,
    Told,
    TrackedModel,
    Why,
)
from notifier.render.email import Place
from notifier.scope import Scope
from notifier.times import parse_time
from notifier.usage import Calls, CallsFrom, Use

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from notifier.model import Decision, RowKey
    from notifier.successor import Successor

SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"
EAST, WEST, EUROPE = "us-east-1", "us-west-2", "eu-west-1"
PLACE = Place(
    "123456789012",
    EAST,
    "BedrockLifecycle-Models",
    alerts_topic="arn:aws:sns:us-east-1:123456789012:BedrockLifecycle-Alerts",
)

LEGACY_ON, EXTENDED_ON, END_ON = "2026-10-08", "2027-01-08", "2027-04-08"

LADDERS = Ladders(
    {
        Milestone.END_OF_LIFE: (120, 60, 30, 14, 7, 3, 1),
        Milestone.EXTENDED_ACCESS: (30, 7),
        Milestone.LEGACY: (30, 7),
    },
    hour=9,
)
POLICY = Policy(scope=Scope(), scope_before=Scope(), ladders=LADDERS)


def at(text: str) -> datetime:
    """Read a day (`2026-10-01`, taken as 10:00Z, after the reminder hour) or a time."""
    if "T" in text:
        return parse_time(text)
    return datetime.combine(date.fromisoformat(text), time(10), tzinfo=UTC)


def day(text: str | None) -> date | None:
    """Read a day, if there is one."""
    return None if text is None else date.fromisoformat(text)


def dates(
    legacy: str | None = None, extended_access: str | None = None, end_of_life: str | None = None
) -> Dates:
    """Give calendar dates from text."""
    return Dates(day(legacy), day(extended_access), day(end_of_life))


SONNET_DATES = dates(LEGACY_ON, EXTENDED_ON, END_ON)


def lifecycle(
    status: str = "ACTIVE",
    legacy: str | None = None,
    extended_access: str | None = None,
    end_of_life: str | None = None,
    *,
    hour: int = 7,
) -> Lifecycle:
    """Give what the API says; the dates come at that hour, as the API's do."""

    def moment(text: str | None) -> datetime | None:
        found = day(text)
        return None if found is None else datetime.combine(found, time(hour), tzinfo=UTC)

    return Lifecycle(status, None, moment(legacy), moment(extended_access), moment(end_of_life))


DYING = lifecycle("LEGACY", LEGACY_ON, EXTENDED_ON, END_ON)


def listed(
    model_id: str = SONNET, life: Lifecycle | None = None, *, name: str | None = None
) -> ListedModel:
    """Give one entry of a catalog; by default an active model without dates."""
    life = lifecycle() if life is None else life
    return ListedModel(model_id, name or f"Model {model_id}", "Acme", life)


def unreadable(model_id: str) -> ListedModel:
    """Give an entry that came without a lifecycle."""
    return ListedModel(model_id, f"Model {model_id}", "Acme", None)


def catalog(*models: ListedModel, region: str = EAST) -> Catalog:
    """Give what a Region answered."""
    return Catalog(region, models)


def told(  # noqa: PLR0913 (what was told has as many parts)
    phase: Phase = Phase.ACTIVE,
    stated: Dates | None = None,
    *,
    on: str | None = None,
    seq: int = 1,
    kinds: Mapping[str, datetime] | None = None,
    gone: bool = False,
) -> Told:
    """Give what has been announced about a row."""
    facts = Facts(phase, stated or Dates(), gone)
    return Told(seq, facts, day(on), kinds or {})


KNOWN = told(Phase.LEGACY, SONNET_DATES, on=LEGACY_ON)
EXTENDED = told(Phase.EXTENDED_ACCESS, SONNET_DATES, on=EXTENDED_ON)


def row(  # noqa: PLR0913 (a row has as many parts)
    model_id: str = SONNET,
    region: str = EAST,
    *,
    life: Lifecycle | None = None,
    now: str | datetime = "2026-10-20",
    told: Told | None = None,
    in_use: bool | None = None,
    deferred: Deferred | None = None,
    gone: bool = False,
    missing_since: str | None = None,
    name: str = "Claude Sonnet 4.5",
    provider: str = "Anthropic",
    reported_by: tuple[str, ...] | None = None,
    use: Use | None = None,
    successor: Successor | None = None,
) -> TrackedModel:
    """Give a tracked model as it was observed at `now`; by default active, undated, untold."""
    life = lifecycle() if life is None else life
    moment = at(now) if isinstance(now, str) else now
    return TrackedModel(
        model_id=model_id,
        region=region,
        name=name,
        provider=provider,
        lifecycle=life,
        phase=phase_at(life, moment, gone=gone),
        reported_by=reported_by or (model_id,),
        first_seen_at=at("2026-01-01"),
        last_changed_at=at("2026-01-01"),
        missing_since=at(missing_since) if missing_since else (moment if gone else None),
        gone_at=moment if gone else None,
        in_use=in_use,
        told=told or Told(),
        deferred=deferred,
        use=use,
        successor=successor,
    )


def deferred(
    facts: Facts, on: str, kind: Kind = Kind.ENTERED_LEGACY, why: Why = Why.STRAGGLER
) -> Deferred:
    """Give news that was left to the digest."""
    return Deferred(facts, kind, date.fromisoformat(on), why)


def called(last_on: str, *, known_on: str | None = None, region: str = EAST, **counted: int) -> Use:
    """Give the evidence of calls; by default the last day is also the day it was read."""
    calls = Calls(SONNET, date.fromisoformat(last_on), counted.pop("invocations_14d", 7), **counted)
    known = date.fromisoformat(known_on or last_on)
    return Use((CallsFrom(region, calls),), known_on=known)


def judge_rows(
    rows: Iterable[TrackedModel],
    now: str | datetime,
    policy: Policy = POLICY,
    *,
    spoken_for: Collection[RowKey] = (),
    newcomers: Newcomers | None = None,
) -> Verdict:
    """Decide about rows as of a day or time."""
    moment = at(now) if isinstance(now, str) else now
    return decide(rows, spoken_for, newcomers or Newcomers(), policy, moment)


def decision_on(
    one: TrackedModel, now: str | datetime, policy: Policy = POLICY, *others: TrackedModel
) -> Decision | None:
    """Give the alert about one row, if there is one; `others` are rows beside it."""
    verdict = judge_rows((one, *others), now, policy)
    found = [decision for decision in verdict.decisions if decision.row.key == one.key]
    assert len(found) <= 1
    return found[0] if found else None
