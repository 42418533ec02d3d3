"""The values that everything else speaks of: frozen, without I/O and without a clock.

Times are timezone-aware and in UTC; dates are UTC calendar dates. The vocabulary is AWS's own
(https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle.html).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

    from notifier.digest import Digest
    from notifier.health_event import HealthNews
    from notifier.snooze import Snooze
    from notifier.successor import Successor
    from notifier.usage import Gap, Use


class Phase(StrEnum):
    """What is true of a model at a time; members stand in the order in which life passes."""

    ACTIVE = "ACTIVE"
    LEGACY = "LEGACY"
    EXTENDED_ACCESS = "EXTENDED_ACCESS"
    END_OF_LIFE = "END_OF_LIFE"


class Milestone(StrEnum):
    """A dated point in a model's life. Each is named after the phase that begins there."""

    LEGACY = "LEGACY"
    EXTENDED_ACCESS = "EXTENDED_ACCESS"
    END_OF_LIFE = "END_OF_LIFE"


PHASE_ORDER: dict[str, int] = {phase: order for order, phase in enumerate(Phase)}
"""Phases, and the milestones that share their names, from first to last."""


class Kind(StrEnum):
    """What an alert is about. The order of the row kinds is their precedence within one poll."""

    END_OF_LIFE_REACHED = "END_OF_LIFE_REACHED"
    MODEL_WITHDRAWN = "MODEL_WITHDRAWN"
    ENTERED_LEGACY = "ENTERED_LEGACY"
    EXTENDED_ACCESS_STARTED = "EXTENDED_ACCESS_STARTED"
    RETURNED_TO_ACTIVE = "RETURNED_TO_ACTIVE"
    DATES_CHANGED = "DATES_CHANGED"
    NOW_IN_USE = "NOW_IN_USE"
    DEADLINE = "DEADLINE"
    INACTIVITY_RISK = "INACTIVITY_RISK"
    REOPENED = "REOPENED"
    HEALTH_EVENT = "HEALTH_EVENT"
    MODEL_ADDED = "MODEL_ADDED"
    BASELINE = "BASELINE"
    COVERAGE_DEGRADED = "COVERAGE_DEGRADED"
    COVERAGE_RESTORED = "COVERAGE_RESTORED"
    DIGEST = "DIGEST"
    TEST = "TEST"


class Direction(StrEnum):
    """How a stated date differs from what was told before."""

    ANNOUNCED = "announced"
    EARLIER = "earlier"
    LATER = "later"
    REMOVED = "removed"


class Severity(StrEnum):
    """How loudly an alert speaks, from the quietest to the loudest."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


SEVERITY_ORDER: dict[str, int] = {severity: order for order, severity in enumerate(Severity)}


class Dates(NamedTuple):
    """The calendar dates (UTC) of the milestones; None where AWS has not stated one."""

    legacy: date | None = None
    extended_access: date | None = None
    end_of_life: date | None = None

    def of(self, milestone: Milestone) -> date | None:
        """Give the date of one milestone."""
        return self[_MILESTONES.index(milestone)]

    def stated(self) -> Iterator[tuple[Milestone, date]]:
        """Yield the milestones that have a date, in the order in which life passes."""
        for milestone, day in zip(_MILESTONES, self, strict=True):
            if day is not None:
                yield milestone, day


_MILESTONES = tuple(Milestone)
NO_DATES = Dates()
UNKNOWN_STATUS = "UNKNOWN"


class Lifecycle(NamedTuple):
    """`modelLifecycle` of the Bedrock API: the status as it was said, and times as they came."""

    status: str
    start_of_life_at: datetime | None = None
    legacy_at: datetime | None = None
    extended_access_at: datetime | None = None
    end_of_life_at: datetime | None = None

    @property
    def dates(self) -> Dates:
        """The times as calendar dates: the API's hours jitter and mean nothing."""
        return Dates(
            self.legacy_at.date() if self.legacy_at else None,
            self.extended_access_at.date() if self.extended_access_at else None,
            self.end_of_life_at.date() if self.end_of_life_at else None,
        )


UPCOMING_DAYS = 90
"""How far ahead a digest looks."""


class Capabilities(NamedTuple):
    """What a model can do, in the API's own words (they exceed its enums); each part is sorted.

    `streaming` is None where the API does not say. `variants` are the context variants that are
    listed beside the model, such as `8k`.
    """

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    inference_types: tuple[str, ...] = ()
    customizations: tuple[str, ...] = ()
    streaming: bool | None = None
    variants: tuple[str, ...] = ()


NO_CAPABILITIES = Capabilities()


class ListedModel(NamedTuple):
    """One entry of a catalog. `lifecycle` is None where the API gave none that can be read.

    `not_understood` holds lifecycle fields whose values are no plausible time, as text.
    """

    model_id: str
    name: str
    provider: str
    lifecycle: Lifecycle | None
    not_understood: Mapping[str, str] = {}
    capabilities: Capabilities = NO_CAPABILITIES


class Facts(NamedTuple):
    """All about a row that is worth telling; two equal facts are no news."""

    phase: Phase = Phase.ACTIVE
    dates: Dates = NO_DATES
    gone: bool = False


class RowKey(NamedTuple):
    """Names a tracked model: lifecycle truth is per Region."""

    model_id: str
    region: str


@dataclass(frozen=True, slots=True)
class Told:
    """What was announced about a row, and accepted.

    `seq` rises whenever this moves. `on` is the UTC date of the last message: it stated all of
    the row's dates, so it decides which reminders are told. `kinds` holds when each kind was
    told about the present dates; `idle_since` the last call before the idle spell that was told.
    A row nobody has spoken of counts as active and without dates.
    """

    seq: int = 0
    facts: Facts = field(default_factory=Facts)
    on: date | None = None
    kinds: Mapping[str, datetime] = field(default_factory=dict)
    idle_since: date | None = None


class Announced(NamedTuple):
    """What people were told about a row from AWS Health, which may be ahead of the Bedrock API.

    `dates` are those that Health gave, `stated` those of the API that stood beside them, `on` is
    the UTC date of the words. `seq` is that of `Told` then: once it rises, this has been overtaken.
    """

    dates: Dates
    stated: Dates
    on: date
    seq: int


class Why(StrEnum):
    """Why news about a row is not told at once but left to the digest."""

    NOT_IN_USE = "not in use"
    STRAGGLER = "told lately for other Regions"
    SNOOZED = "snoozed"
    SETTINGS = "left out by earlier settings"


@dataclass(frozen=True, slots=True)
class Deferred:
    """News about a row that waits for the digest instead of an alert of its own."""

    facts: Facts
    kind: Kind
    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class TrackedModel:
    """One (model, Region) as last observed, beside what was told about it.

    `reported_by` are the listed ids that the record came from (a context variant may be ahead of
    its base). `missing_since` is when a good answer first lacked the row; `gone_at` when that was
    confirmed. `in_use` is None while use is unknown; `use` is the evidence for it. `successor` is
    there once the model is on its way out. `announced` is what was last told of it from AWS
    Health; `by_health` are the dates that Health gives where they differ from the API's.
    `deferred` is news that waits for the digest, `digested` what only a digest has said.
    """

    model_id: str
    region: str
    name: str
    provider: str
    lifecycle: Lifecycle
    phase: Phase
    reported_by: tuple[str, ...]
    first_seen_at: datetime
    last_changed_at: datetime
    missing_since: datetime | None = None
    gone_at: datetime | None = None
    not_understood: Mapping[str, str] = field(default_factory=dict)
    in_use: bool | None = None
    told: Told = field(default_factory=Told)
    deferred: Deferred | None = None
    digested: Deferred | None = None
    capabilities: Capabilities = NO_CAPABILITIES
    use: Use | None = None
    successor: Successor | None = None
    announced: Announced | None = None
    by_health: Dates = NO_DATES
    dates: Dates = field(init=False)

    def __post_init__(self) -> None:
        """Keep the dates beside the times: every decision reads them."""
        object.__setattr__(self, "dates", self.lifecycle.dates)

    @property
    def key(self) -> RowKey:
        """The row's key in the models table."""
        return RowKey(self.model_id, self.region)

    @property
    def known_dates(self) -> Dates:
        """The Bedrock API's dates and, where it gives none, those that AWS Health gave."""
        said = self.announced
        if said is None or said.seq != self.told.seq:
            return self.dates
        return Dates(*(mine or its for mine, its in zip(self.dates, said.dates, strict=True)))

    @property
    def set_aside(self) -> Deferred | None:
        """What was last left to the digest, whether or not one has listed it yet."""
        return self.deferred or self.digested

    @property
    def is_listed(self) -> bool:
        """Whether a digest has said what is true of the row now."""
        return self.digested is not None and self.digested.facts == self.facts

    @property
    def facts(self) -> Facts:
        """What there is to tell about the row."""
        return Facts(self.phase, self.dates, self.gone_at is not None)


@dataclass(frozen=True, slots=True)
class Doubt:
    """An implausible answer that may become true by being repeated."""

    fingerprint: str
    first_at: datetime
    last_at: datetime
    polls: int


@dataclass(frozen=True, slots=True)
class RegionState:
    """What is remembered of a Region. It is covered from its first good answer on.

    `told_failing_since` is the failure that COVERAGE_DEGRADED announced, until RESTORED is told.
    """

    region: str
    covered_since: datetime | None = None
    failing_since: datetime | None = None
    failure: str | None = None
    tried_at: datetime | None = None
    doubt: Doubt | None = None
    told_failing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a Region gave no answer that can be used: a short name, and the words behind it."""

    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Catalog:
    """What ListFoundationModels answered for one Region; `skipped` counts unusable entries."""

    region: str
    models: tuple[ListedModel, ...]
    skipped: int = 0


class Presence(StrEnum):
    """What GetFoundationModel says of a model that the catalog lacks."""

    GONE = "gone"
    PRESENT = "present"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The answer about one absent row; `model` is there only when it is present."""

    presence: Presence
    model: ListedModel | None = None
    detail: str = ""


class Member(NamedTuple):
    """One thing an alert speaks of: `token` makes it distinct from earlier news about it.

    For a row the token is `told.seq` before the alert, or the last call before an idle spell; for
    a Region, the time it began to fail.
    """

    subject: str
    region: str
    token: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One row has something to say: what, why, how loudly, and what it will then have said.

    `snooze` is what somebody said of the model and this comes through, `opens` what it puts an
    end to: the broadest of these comes last.
    """

    row: TrackedModel
    kind: Kind
    severity: Severity
    reason: str
    previous: Facts
    direction: Direction | None = None
    milestone: Milestone | None = None
    rung: int | None = None
    idle_days: int | None = None
    snooze: Snooze | None = None
    opens: tuple[Snooze, ...] = ()


@dataclass(frozen=True, slots=True)
class Deferral:
    """One row has something to say that can wait for the digest."""

    key: RowKey
    deferred: Deferred


@dataclass(frozen=True, slots=True)
class Adoption:
    """One row's facts count as told, unsaid: its news would be none to those who hear it.

    It came into scope by a change of settings, or AWS Health had said the same before. `announced`
    is what stays of what Health said, `deferred` what a digest is still to say.
    """

    key: RowKey
    told: Told
    announced: Announced | None = None
    deferred: Deferred | None = None


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One (model, phase, dates) of an alert, over all the Regions where that holds.

    `changed` is the weightiest milestone whose date differs from what was told, if all agree.
    `use` is the evidence from all its Regions; `capacity` says what the successor's quotas allow;
    `idle_days` are the spells without a call, each once: Regions may have their own. `by_health`
    are the dates that AWS Health gives, where they differ from those of the Bedrock API.
    `snooze` is what somebody said of the model, in one of its Regions at least.
    """

    model_id: str
    name: str
    provider: str
    phase: Phase
    regions: tuple[str, ...]
    dates: Dates
    previous_dates: Dates | None
    in_use: bool | None
    reported_by: tuple[str, ...] = ()
    listed_again: bool = False
    changed: Milestone | None = None
    status: str = ""
    use: Use | None = None
    successor: Successor | None = None
    capacity: tuple[str, ...] = ()
    idle_days: tuple[int, ...] = ()
    by_health: Dates = NO_DATES
    snooze: Snooze | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """The Regions an alert speaks of: name and why (empty for Regions that answer).

    A BASELINE also counts: `models` by their most advanced phase in `tracked`, in so many
    `covered` Regions; `here` names the Regions of a BASELINE that is not the account's first.
    `gaps` are what could not be read of what the account uses.
    """

    regions: tuple[tuple[str, str], ...] = ()
    covered: int = 0
    models: int = 0
    tracked: Mapping[str, int] = field(default_factory=dict)
    here: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """One notification, decided but not yet put into words.

    `told` pairs every row it speaks of with what will have been told once it is accepted;
    `members` give it its identity. A HEALTH_EVENT has its `health`, and leaves what AWS Health
    said of the rows' dates (`announced`) beside what is told of them. A DIGEST has its `digest`
    and moves no `told`: what it lists of each row is `digested`.
    """

    kind: Kind
    severity: Severity
    reason: str
    occurred_at: datetime
    models: tuple[ModelEntry, ...]
    members: tuple[Member, ...]
    told: tuple[tuple[RowKey, Told], ...] = ()
    direction: Direction | None = None
    milestone: Milestone | None = None
    milestone_date: date | None = None
    days_left: int | None = None
    grouping_date: date | None = None
    rung: int | None = None
    coverage: Coverage = field(default_factory=Coverage)
    health: HealthNews | None = None
    announced: tuple[tuple[RowKey, Announced], ...] = ()
    digest: Digest | None = None
    digested: tuple[tuple[RowKey, Deferred], ...] = ()
