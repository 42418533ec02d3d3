"""How the memory of a Region's use stands in the models table: one bookkeeping item each.

The item says in plain words when it was read and what could not be; the rest is compressed,
because an account may have thousands of prompts, and an item no more than 400 KB.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from notifier.usage import Calls, ReadFailure, Reading, RegionUsage, Resource, Source

if TYPE_CHECKING:
    from notifier.table import Item

# An item may have 400 KB, names of attributes and all.
_BYTES = 350_000
_TOO_MANY = ReadFailure("TooManyToRemember", permanent=True)


def usage_item(usage: RegionUsage) -> Item:
    """Give the attributes of the item: `read_on`, `failing` (source to reason), `readings`.

    Where that is more than an item can hold, the largest source is left out as not readable, and
    then the next: what nobody can remember must not look as if there were nothing.
    """
    packed = _packed(usage)
    if len(packed) > _BYTES:
        usage, packed = _cut_to_fit(usage, packed)
    return {
        "read_on": _day(usage.read_on),
        "failing": {s.value: failure.code for s, failure in usage.failures.items()} or None,
        "readings": packed,
    }


def _cut_to_fit(usage: RegionUsage, packed: bytes) -> tuple[RegionUsage, bytes]:
    for source in sorted(usage.readings, key=lambda one: -len(str(usage.readings[one]))):
        if len(packed) <= _BYTES:
            break
        usage = replace(
            usage,
            readings={**usage.readings, source: Reading(failure=_TOO_MANY)},
            whole=usage.whole - {source},
            # Calls that are forgotten must be looked for again.
            looked_back=frozenset() if source is Source.INVOCATIONS else usage.looked_back,
        )
        packed = _packed(usage)
    return usage, packed


def _packed(usage: RegionUsage) -> bytes:
    content = {
        "readings": {source.value: _reading(one) for source, one in usage.readings.items()},
        "whole": sorted(usage.whole),
        "counted_on": _day(usage.counted_on),
        "looked_back": sorted(usage.looked_back),
        "looked_back_days": usage.looked_back_days,
    }
    return zlib.compress(json.dumps(content, separators=(",", ":")).encode())


def usage_from_item(item: Item) -> RegionUsage:
    """Read what `usage_item` gave; what nobody can read is read anew, and not known until then."""
    region = item["region"]
    try:
        content = json.loads(zlib.decompress(bytes(item["readings"])))
        known = frozenset(Source)
        return RegionUsage(
            region=region,
            read_on=date.fromisoformat(item["read_on"]),
            readings={
                Source(s): _from_reading(one)
                for s, one in content["readings"].items()
                if s in known
            },
            whole=frozenset(Source(s) for s in content["whole"] if s in known),
            counted_on=_from_day(content["counted_on"]),
            looked_back=frozenset(content["looked_back"]),
            looked_back_days=content["looked_back_days"],
        )
    except (KeyError, TypeError, ValueError, zlib.error):
        return RegionUsage(region)


def _reading(reading: Reading) -> list[Any]:
    return [
        list(reading.resources),
        [[one.model_id, one.last_on.isoformat(), *one[2:]] for one in reading.calls],
        _failure(reading.failure) if reading.failure else None,
    ]


def _from_reading(packed: list[Any]) -> Reading:
    resources, calls, failure = packed
    return Reading(
        tuple(Resource(arn, name, tuple(models), *rest) for arn, name, models, *rest in resources),
        tuple(Calls(one, date.fromisoformat(last_on), *rest) for one, last_on, *rest in calls),
        _from_failure(failure) if failure else None,
    )


def _failure(failure: ReadFailure) -> list[Any]:
    return [failure.code, failure.detail, failure.permanent, _day(failure.since)]


def _from_failure(packed: list[Any]) -> ReadFailure:
    code, detail, permanent, since = packed
    return ReadFailure(code, detail, permanent, _from_day(since))


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _from_day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
