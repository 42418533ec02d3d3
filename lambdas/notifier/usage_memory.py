"""How the memory of a Region's use stands in the models table: one bookkeeping item each.

The item says in plain words when it was read and what could not be; the rest is compressed,
because an account may have thousands of prompts, and an item no more than 400 KB.
"""

from __future__ import annotations

import json
import zlib
from datetime import date
from typing import TYPE_CHECKING, Any

from notifier.usage import Calls, ReadFailure, Reading, RegionUsage, Resource, Source

if TYPE_CHECKING:
    from notifier.table import Item


def usage_item(usage: RegionUsage) -> Item:
    """Give the attributes of the item: `read_on`, `failing` (source to reason), `readings`."""
    readings = {source.value: _reading(one) for source, one in usage.readings.items()}
    packed = json.dumps([usage.looked_back, readings], separators=(",", ":"))
    return {
        "read_on": usage.read_on.isoformat() if usage.read_on else None,
        "failing": {s.value: failure.code for s, failure in usage.failures.items()} or None,
        "readings": zlib.compress(packed.encode()),
    }


def usage_from_item(item: Item) -> RegionUsage:
    """Read what `usage_item` gave; what nobody can read is read anew, and not known until then."""
    region = item["region"]
    try:
        looked_back, readings = json.loads(zlib.decompress(bytes(item["readings"])))
        known = frozenset(Source)
        return RegionUsage(
            region,
            date.fromisoformat(item["read_on"]),
            {Source(s): _from_reading(one) for s, one in readings.items() if s in known},
            looked_back,
        )
    except (KeyError, TypeError, ValueError, zlib.error):
        return RegionUsage(region)


def _reading(reading: Reading) -> list[Any]:
    return [
        list(reading.resources),
        [[one.model_id, one.last_on.isoformat(), *one[2:]] for one in reading.calls],
        reading.failure,
    ]


def _from_reading(packed: list[Any]) -> Reading:
    resources, calls, failure = packed
    return Reading(
        tuple(Resource(arn, name, tuple(models), *rest) for arn, name, models, *rest in resources),
        tuple(Calls(one, date.fromisoformat(last_on), *rest) for one, last_on, *rest in calls),
        ReadFailure(*failure) if failure else None,
    )
