"""What an account uses: what was read of each Region, and what is remembered of it.

Every source is read on its own. One that fails keeps what was known of it and leaves a gap:
behind a gap nothing can be said to be unused.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date

    from notifier.model import TrackedModel


class Source(StrEnum):
    """What is read in each Region, in the words of AWS's own documentation."""

    INVOCATIONS = "invocations"
    SYSTEM_PROFILES = "system-defined inference profiles"
    APPLICATION_PROFILES = "application inference profiles"
    PROVISIONED_THROUGHPUT = "provisioned throughput"
    CUSTOM_MODELS = "custom models"
    CUSTOM_MODEL_DEPLOYMENTS = "custom model deployments"
    PROMPT_ROUTERS = "prompt routers"
    BATCH_JOBS = "batch inference jobs"
    AGENTS = "agents"
    PROMPTS = "prompts"
    FLOWS = "flows"
    KNOWLEDGE_BASES = "knowledge bases"


class Calls(NamedTuple):
    """What CloudWatch counted under one `ModelId` in one Region, by UTC days.

    `model_id` is what was invoked, as it was given: an id or an ARN of anything that can be.
    `invocations_14d` counts today and the 13 days before it; tokens are the mean of the whole
    days since the first call seen, 29 at most.
    """

    model_id: str
    last_on: date
    invocations_14d: int
    input_tokens_per_day: int = 0
    output_tokens_per_day: int = 0


class Resource(NamedTuple):
    """Something that names models: the account's own, or offered to it by AWS.

    `models` are ids or ARNs as they stand in it. `id` is by what else it may itself be invoked.
    `depends` says that it is the account's and needs its models; if not, it only helps to
    resolve what was invoked. `stamp` is its `updatedAt` where its models had to be read one by
    one: with the same stamp they need not be read again.
    """

    arn: str
    name: str
    models: tuple[str, ...]
    id: str = ""
    depends: bool = True
    stamp: str = ""


class ReadFailure(NamedTuple):
    """Why a source could not be read in full. `permanent`: trying again soon cannot help.

    `since` is the first day of an unbroken run of failures, once it is remembered.
    """

    code: str
    detail: str = ""
    permanent: bool = False
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What one source of one Region gave; with a `failure` it is what was read before it.

    `looked_back` are the ids of which CloudWatch was asked how long they have not been invoked.
    """

    resources: tuple[Resource, ...] = ()
    calls: tuple[Calls, ...] = ()
    failure: ReadFailure | None = None
    looked_back: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ReadingRequest:
    """What to read of a Region.

    `known` are resources by id whose details need not be read again while their stamp is the
    same. `look_back` are ids to ask CloudWatch about `look_back_days` back, whether or not they
    were invoked lately, as are ids found in this reading; but none of those in `looked_back`.
    """

    region: str
    sources: frozenset[Source]
    known: Mapping[Source, Mapping[str, Resource]] = field(default_factory=dict)
    look_back: tuple[str, ...] = ()
    look_back_days: int = 100
    looked_back: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RegionUsage:
    """What is remembered of one Region: each source as last read, and the day of that.

    `whole` are the sources that were read in full at least once; `counted_on` is the last day
    on which the calls were. CloudWatch was asked about `looked_back`, as far back as
    `looked_back_days`.
    """

    region: str
    read_on: date | None = None
    readings: Mapping[Source, Reading] = field(default_factory=dict)
    whole: frozenset[Source] = frozenset()
    counted_on: date | None = None
    looked_back: frozenset[str] = frozenset()
    looked_back_days: int = 0

    @property
    def failures(self) -> dict[Source, ReadFailure]:
        """The sources that could not be read in full."""
        return {
            source: reading.failure
            for source, reading in self.readings.items()
            if reading.failure is not None
        }


# CloudWatch keeps daily figures for 455 days; nobody can set `used_within_days` to more.
_CALLS_KEPT = timedelta(days=455)
# ListMetrics shows what was invoked in two weeks: after a longer pause calls may have been missed.
_SEEN_WITHOUT_LOOKING_BACK = timedelta(days=13)
_NO_ENDPOINT = "EndpointConnectionError"

INVOKABLE = frozenset(
    {
        Source.SYSTEM_PROFILES,
        Source.APPLICATION_PROFILES,
        Source.PROVISIONED_THROUGHPUT,
        Source.CUSTOM_MODEL_DEPLOYMENTS,
    }
)
"""Sources of what may itself be invoked, and so is counted by CloudWatch under its own id."""


def listed_ids(rows: Iterable[TrackedModel], regions: Iterable[str]) -> dict[str, list[str]]:
    """Give the ids by which the models of these Regions can be called, context variants too."""
    ids: dict[str, list[str]] = {region: [] for region in regions}
    for row in rows:
        if row.region in ids:
            variants = (f"{row.model_id}:{one}" for one in row.capabilities.variants)
            ids[row.region] += [row.model_id, *variants]
    return ids


def requests(
    regions: Iterable[str],
    remembered: Mapping[str, RegionUsage],
    listed: Mapping[str, Collection[str]],
    look_back_days: int,
    today: date,
) -> tuple[ReadingRequest, ...]:
    """Say what to read: everything once a day, and again what failed and may do better now.

    `listed` are the ids known in each Region. CloudWatch is asked once about each of them for
    the days before, because a quarterly job leaves no trace in what is listed lately; and about
    all of them again after a pause in which calls may have been missed.
    """
    asked = []
    for region in regions:
        before = remembered.get(region, RegionUsage(region))
        sources = _sources_to_read(before, today)
        if sources:
            done = _looked_back(before, look_back_days, today)
            known = {
                source: {one.id: one for one in reading.resources if one.stamp}
                for source, reading in before.readings.items()
            }
            wanted = _may_have_been_invoked(before, listed) - done
            asked.append(
                ReadingRequest(region, sources, known, tuple(sorted(wanted)), look_back_days, done)
            )
    return tuple(asked)


def _looked_back(before: RegionUsage, days: int, today: date) -> frozenset[str]:
    """Give the ids that need not be asked about again."""
    since = before.counted_on
    missed = since is None or today - since > _SEEN_WITHOUT_LOOKING_BACK
    return frozenset() if missed or before.looked_back_days < days else before.looked_back


def _sources_to_read(before: RegionUsage, today: date) -> frozenset[Source]:
    if before.read_on is None or before.read_on < today:
        return frozenset(Source)
    # No such host is more often an API that a Region does not have than a passing trouble.
    again = {
        source
        for source, failure in before.failures.items()
        if not failure.permanent and failure.code != _NO_ENDPOINT
    }
    again |= set(Source) - before.readings.keys()
    if again & INVOKABLE:
        # What is listed only now may have been invoked long ago.
        again.add(Source.INVOCATIONS)
    return frozenset(again)


def _may_have_been_invoked(
    before: RegionUsage, listed: Mapping[str, Collection[str]]
) -> frozenset[str]:
    named = {
        name
        for source in INVOKABLE & before.readings.keys()
        for resource in before.readings[source].resources
        for name in (resource.arn, resource.id)
        if name
    }
    return frozenset({*listed.get(before.region, ()), *named})


def remember(
    before: RegionUsage | None,
    request: ReadingRequest,
    fresh: Mapping[Source, Reading],
    today: date,
) -> RegionUsage:
    """Put what was read beside what was known: a source that failed takes nothing away."""
    before = before or RegionUsage(request.region)
    readings = dict(before.readings)
    for source, reading in fresh.items():
        readings[source] = _merged(before.readings.get(source, Reading()), reading, today)
    named = {one.model_id for one in readings.get(Source.INVOCATIONS, Reading()).calls}
    named |= {name for one in readings.values() for of in one.resources for name in of.models}
    for source, reading in fresh.items():
        gone = _gone_but_named(before.readings.get(source, Reading()), reading, named)
        readings[source] = replace(readings[source], resources=(*readings[source].resources, *gone))
    invoked = fresh.get(Source.INVOCATIONS, Reading(failure=_NOT_ASKED))
    counted = invoked.failure is None
    return RegionUsage(
        region=request.region,
        read_on=today,
        readings=readings,
        whole=before.whole | {source for source, one in fresh.items() if one.failure is None},
        counted_on=today if counted else before.counted_on,
        looked_back=request.looked_back | invoked.looked_back,
        looked_back_days=request.look_back_days,
    )


_NOT_ASKED = ReadFailure("not asked")


def _merged(before: Reading, fresh: Reading, today: date) -> Reading:
    calls = {one.model_id: one for one in fresh.calls}
    for old in before.calls:
        new = calls.get(old.model_id)
        if new is not None:
            calls[old.model_id] = new._replace(last_on=max(old.last_on, new.last_on))
        elif fresh.failure is not None:
            calls[old.model_id] = old
        elif today - old.last_on <= _CALLS_KEPT:
            # Not listed any more: no call in two weeks. When the last one was is still true.
            calls[old.model_id] = Calls(old.model_id, old.last_on, 0)
    resources, failure = fresh.resources, fresh.failure
    if failure is not None:
        read = {one.arn for one in fresh.resources}
        resources += tuple(one for one in before.resources if one.arn not in read)
        since = before.failure.since if before.failure else None
        failure = failure._replace(since=since or today)
    return Reading(resources, tuple(sorted(calls.values())), failure)


def _gone_but_named(
    before: Reading, fresh: Reading, named: Collection[str]
) -> tuple[Resource, ...]:
    """Keep what was deleted but is still called or named: else nobody could say what it was.

    AWS takes a profile away with its last model, and an agent goes on naming it.
    """
    if fresh.failure is not None:
        return ()
    listed = {one.arn for one in fresh.resources}
    return tuple(
        one._replace(depends=False)
        for one in before.resources
        if one.arn not in listed and (one.arn in named or (one.id and one.id in named))
    )


class CallsFrom(NamedTuple):
    """Calls, and the Region they were made in: a profile may have sent them on to others."""

    region: str
    calls: Calls


class UsedBy(NamedTuple):
    """A resource of the account that depends on a model."""

    source: Source
    name: str
    arn: str
    region: str


class Gap(NamedTuple):
    """Why use cannot be excluded: something in a Region that could not be read or understood.

    `lasting` is False for what failed today for the first time and may pass by itself.
    """

    region: str
    source: Source
    why: str
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class Use:
    """The evidence about one tracked model.

    `known_on` is the day up to which all its calls are known; None behind a gap.
    """

    calls: tuple[CallsFrom, ...] = ()
    used_by: tuple[UsedBy, ...] = ()
    gaps: tuple[Gap, ...] = ()
    known_on: date | None = None

    @property
    def last_invoked_on(self) -> date | None:
        """The UTC day of the last call."""
        return max((one.calls.last_on for one in self.calls), default=None)

    @property
    def tokens_per_day(self) -> tuple[int, int]:
        """Tokens in and out, as the mean of the whole days since the first call seen."""
        calls = [one.calls for one in self.calls]
        return (
            sum(one.input_tokens_per_day for one in calls),
            sum(one.output_tokens_per_day for one in calls),
        )

    @property
    def invocations_14d(self) -> int | None:
        """The calls of 14 days; None where some may be hidden by a gap."""
        if self.known_on is None:
            return None
        return sum(one.calls.invocations_14d for one in self.calls)


def merged_use(uses: Iterable[Use | None]) -> Use | None:
    """Put the evidence about several rows together; a call that serves many is one call."""
    known = [use for use in uses if use is not None]
    if not known:
        return None
    read = [use.known_on for use in known if use.known_on is not None]
    return Use(
        tuple(sorted({one for use in known for one in use.calls})),
        tuple(sorted({one for use in known for one in use.used_by})),
        tuple(dict.fromkeys(gap for use in known for gap in use.gaps)),
        min(read) if len(read) == len(known) else None,
    )


def in_use(use: Use | None, within_days: int, today: date) -> bool | None:
    """Say whether a model is used: called within so many days, or named by a resource.

    None where a gap leaves it open. Nothing that was read is ever outweighed by a gap.
    """
    if use is None:
        return None
    last = use.last_invoked_on
    if use.used_by or (last is not None and (today - last).days <= within_days):
        return True
    return None if use.gaps else False
