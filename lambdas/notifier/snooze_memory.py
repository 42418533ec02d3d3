"""What people said of models, as bookkeeping items of the models table.

They are written by the command line, and may be written by hand: `docs/notifications.md`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from notifier.snooze import EVERY_REGION, SNOOZE_SUBJECT, Snooze, SnoozeError
from notifier.times import iso_time, parse_time

if TYPE_CHECKING:
    from notifier.table import Item, Table

_KEPT_AFTER_ITS_END = timedelta(days=30)
SNOOZED, RESOLVED = "snoozed", "resolved"


class SnoozeMemory:
    """The models table as far as people write to it."""

    def __init__(self, table: Table) -> None:
        """Take the models table."""
        self._table = table

    def put(self, said: Snooze) -> None:
        """Write it, in place of what was said of the same model and Region before.

        Raises SnoozeError when no such model is tracked there, AwsError when the table refuses.
        """
        # What begins with # is bookkeeping, and no model.
        found = [] if said.model_id.startswith("#") else self._table.query(said.model_id)
        tracked = {item["region"] for item in found}
        if not tracked or (said.region is not None and said.region not in tracked):
            where = f" in {said.region}" if said.region else ""
            message = (
                f"{said.model_id} is not tracked{where}; give a model_id and a region of the "
                "models table"
            )
            raise SnoozeError(message)
        self._table.put(snooze_item(said))

    def remove(self, model_id: str, region: str | None = None) -> None:
        """Take back what was said of a model in one Region, or in all; nothing said is no error."""
        key = Snooze(model_id, region, "", "", datetime.min.replace(tzinfo=UTC)).key
        self._table.delete(key._asdict())


def snooze_item(said: Snooze) -> Item:
    """Give the item. One that ends goes by itself, a month after."""
    ends = datetime.combine(said.until, time(), UTC) if said.until else None
    item = {
        **said.key._asdict(),
        "state": SNOOZED if said.until else RESOLVED,
        "said_by": said.by,
        "why": said.why,
        "said_at": iso_time(said.at),
        "until": said.until.isoformat() if said.until else None,
        "reopened_at": iso_time(said.reopened_at) if said.reopened_at else None,
        "expires_at": int((ends + _KEPT_AFTER_ITS_END).timestamp()) if ends else None,
    }
    return {name: value for name, value in item.items() if value is not None}


def snooze_from_item(item: Item) -> Snooze:
    """Read what `snooze_item` gave, or somebody's hand.

    Raises KeyError, TypeError or ValueError where that cannot be done.
    """
    state, until = item["state"], item.get("until")
    if state not in {SNOOZED, RESOLVED} or (state == SNOOZED) != (until is not None):
        message = f"state {state!r} with until {until!r}"
        raise ValueError(message)
    region = item["region"]
    return Snooze(
        model_id=item["model_id"].removeprefix(SNOOZE_SUBJECT),
        region=None if region == EVERY_REGION else region,
        by=str(item.get("said_by", "")),
        why=str(item.get("why", "")),
        at=parse_time(item["said_at"]),
        until=None if until is None else date.fromisoformat(until),
        reopened_at=parse_time(item["reopened_at"]) if "reopened_at" in item else None,
    )
