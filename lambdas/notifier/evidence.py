"""From what was read of an account to which tracked models it uses, and by what.

What was invoked is resolved through what the API lists (inference profiles, provisioned
throughput, custom models, ...), never by the look of an id.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from notifier.lifecycle import base_model_id
from notifier.model import RowKey
from notifier.usage import (
    CallsFrom,
    Gap,
    ReadFailure,
    Reading,
    RegionUsage,
    Resource,
    Source,
    Use,
    UsedBy,
    in_use,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from notifier.model import TrackedModel

_ARN_PARTS = 6
_FOUNDATION_MODEL = "foundation-model/"
# These are invoked like models, and stand on none that Bedrock retires.
_STAND_ALONE = ("imported-model/", "marketplace-model-endpoint/")


class Resolved(NamedTuple):
    """The rows that an id stands for; `complete` is False when some of it is not known."""

    rows: frozenset[RowKey]
    complete: bool = True


_NOT_READ = ReadFailure("not read yet")
_UNREAD = Reading(failure=_NOT_READ)
_UNKNOWN = Resolved(frozenset(), complete=False)
_NO_ROW = Resolved(frozenset())


class _Arn(NamedTuple):
    partition: str
    service: str
    region: str
    resource: str


def _arn(text: str) -> _Arn | None:
    parts = text.split(":", _ARN_PARTS - 1)
    if len(parts) != _ARN_PARTS or parts[0] != "arn":
        return None
    return _Arn(parts[1], parts[2], parts[3], parts[5])


@dataclass(slots=True)
class _Found:
    """What is known of one row so far."""

    calls: list[CallsFrom]
    used_by: list[UsedBy]
    gaps: list[Gap]

    @property
    def is_nothing(self) -> bool:
        """Whether nobody uses the row, and nothing hides a use: true of nearly every row."""
        return not (self.calls or self.used_by or self.gaps)


def uses(
    rows: Iterable[TrackedModel],
    usage: Mapping[str, RegionUsage],
    partition: str,
    within_days: int,
    today: date,
) -> dict[RowKey, Use]:
    """Give the evidence about every row, from what is remembered of the Regions.

    A call that cannot be resolved, and was made within so many days, leaves open whether any
    model in its Region's reach is used.
    """
    keys = [row.key for row in rows]
    resolver = Resolver(keys, usage, partition)
    found = {key: _Found([], [], []) for key in keys}
    for region, known in usage.items():
        gaps = [
            *_failures(known, today),
            *_note_calls(found, resolver, known, within_days, today),
            *_note_resources(found, resolver, known),
        ]
        if gaps:
            for key in resolver.reach(region):
                found[key].gaps += gaps
    read_on = min((one.read_on for one in usage.values() if one.read_on), default=None)
    unused = Use(known_on=read_on)
    return {
        key: unused if one.is_nothing and key.region in usage else _use(key, one, usage, read_on)
        for key, one in found.items()
    }


def _use(key: RowKey, found: _Found, usage: Mapping[str, RegionUsage], read_on: date | None) -> Use:
    if key.region not in usage:
        found.gaps.append(Gap(key.region, Source.INVOCATIONS, _NOT_READ.code))
    calls_known = all(gap.source is not Source.INVOCATIONS for gap in found.gaps)
    return Use(
        tuple(sorted(found.calls)),
        tuple(sorted(found.used_by)),
        tuple(found.gaps),
        read_on if calls_known else None,
    )


def _failures(known: RegionUsage, today: date) -> Iterator[Gap]:
    for source in Source:
        failure = known.readings.get(source, _UNREAD).failure
        if failure is not None:
            lasting = failure.permanent or (failure.since is not None and failure.since < today)
            yield Gap(known.region, source, failure.code, lasting)


def _note_calls(
    found: Mapping[RowKey, _Found],
    resolver: Resolver,
    known: RegionUsage,
    within_days: int,
    today: date,
) -> Iterator[Gap]:
    for calls in known.readings.get(Source.INVOCATIONS, Reading()).calls:
        resolved = resolver.resolve(calls.model_id, known.region)
        for key in resolved.rows:
            found[key].calls.append(CallsFrom(known.region, calls))
        if not resolved.complete and (today - calls.last_on).days <= within_days:
            why = f"{calls.model_id} was invoked and is not known to be any model"
            yield Gap(known.region, Source.INVOCATIONS, why)


def _note_resources(
    found: Mapping[RowKey, _Found], resolver: Resolver, known: RegionUsage
) -> Iterator[Gap]:
    for source, reading in known.readings.items():
        for resource in reading.resources:
            if not resource.depends:
                continue
            resolved = resolver.resolve_resource(resource, known.region)
            used_by = UsedBy(source, resource.name, resource.arn, known.region)
            for key in resolved.rows:
                found[key].used_by.append(used_by)
            if not resolved.complete:
                yield Gap(known.region, source, f"{resource.name} names a model not known here")
            elif source is Source.AGENTS and not resource.models:
                yield Gap(known.region, source, f"{resource.name} names no model")


class Resolver:
    """Tells which rows an id or ARN stands for, when it is used in a Region."""

    def __init__(
        self, rows: Iterable[RowKey], usage: Mapping[str, RegionUsage], partition: str
    ) -> None:
        """Take the tracked rows, what was read of each Region, and the account's partition."""
        self._usage = usage
        self._partition = partition
        self._ids: defaultdict[str, set[str]] = defaultdict(set)
        self._regions: defaultdict[str, set[str]] = defaultdict(set)
        for key in rows:
            self._ids[key.region].add(key.model_id)
            self._regions[key.model_id].add(key.region)
        self._resources: dict[str, dict[str, Resource]] = {}

    def resolve(self, name: str, region: str, _seen: frozenset[str] = frozenset()) -> Resolved:
        """Resolve an id or ARN as it is used in a Region."""
        if name.startswith("arn:"):
            return self._resolve_arn(name, region, _seen)
        model = self._model(name, region)
        if model.complete:
            return model
        resource = self._named(region).get(name)
        return self.resolve_resource(resource, region, _seen) if resource else _UNKNOWN

    def resolve_resource(
        self, resource: Resource, region: str, _seen: frozenset[str] = frozenset()
    ) -> Resolved:
        """Resolve everything that a resource names."""
        if resource.arn in _seen:
            return _NO_ROW
        seen = _seen | {resource.arn}
        parts = [self.resolve(name, region, seen) for name in resource.models]
        return Resolved(
            frozenset(key for part in parts for key in part.rows),
            all(part.complete for part in parts),
        )

    def resource(self, name: str, region: str) -> Resource | None:
        """Give what is listed in a Region under an id or ARN."""
        return self._named(region).get(name)

    def reach(self, region: str) -> Iterator[RowKey]:
        """Yield every row that a call made in a Region can end at."""
        known = self._usage[region]
        profiles = known.readings.get(Source.SYSTEM_PROFILES)
        if profiles is None or Source.SYSTEM_PROFILES not in known.whole:
            # A profile that nobody could list may lead anywhere.
            yield from (RowKey(id_, of) for id_, regions in self._regions.items() for of in regions)
            return
        here = {RowKey(model_id, region) for model_id in self._ids[region]}
        through = (self.resolve_resource(profile, region) for profile in profiles.resources)
        yield from here.union(*(resolved.rows for resolved in through))

    def _resolve_arn(self, name: str, region: str, seen: frozenset[str]) -> Resolved:
        arn = _arn(name)
        if arn is None or arn.partition != self._partition:
            return _UNKNOWN
        if arn.service != "bedrock" or arn.resource.startswith(_STAND_ALONE):
            return _NO_ROW
        if arn.resource.startswith(_FOUNDATION_MODEL):
            return self._foundation_model(arn)
        named = self._named(arn.region or region)
        # A version may follow an ARN that is listed without one (prompts).
        _, _, last = arn.resource.rpartition("/")
        resource = named.get(name) or named.get(name.rpartition(":")[0]) or named.get(last)
        return self.resolve_resource(resource, arn.region or region, seen) if resource else _UNKNOWN

    def _foundation_model(self, arn: _Arn) -> Resolved:
        model_id = arn.resource.removeprefix(_FOUNDATION_MODEL)
        if arn.region:
            return self._model(model_id, arn.region)
        # A global profile's ARN without a Region stands for all of them.
        regions = self._regions.get(base_model_id(model_id, self._regions), ())
        rows = frozenset(RowKey(base_model_id(model_id, self._ids[one]), one) for one in regions)
        return Resolved(rows, bool(rows))

    def _model(self, model_id: str, region: str) -> Resolved:
        base = base_model_id(model_id, self._ids[region])
        if base in self._ids[region]:
            return Resolved(frozenset({RowKey(base, region)}))
        # Known elsewhere: it is clear what it is, and that it is not tracked in this Region.
        known = base_model_id(model_id, self._regions) in self._regions
        return _NO_ROW if known else _UNKNOWN

    def _named(self, region: str) -> dict[str, Resource]:
        if region not in self._resources:
            readings = self._usage[region].readings.values() if region in self._usage else ()
            listed = [one for reading in readings for one in reading.resources]
            by_id = {one.id: one for one in listed if one.id}
            self._resources[region] = by_id | {one.arn: one for one in listed}
        return self._resources[region]


def with_use(
    rows: Iterable[TrackedModel],
    found: Mapping[RowKey, Use],
    within_days: int,
    today: date,
) -> tuple[TrackedModel, ...]:
    """Give the rows with the evidence about them; a row without any is of unknown use."""
    used = []
    for row in rows:
        use = found.get(row.key)
        used.append(replace(row, use=use, in_use=in_use(use, within_days, today)))
    return tuple(used)
