"""The alerts table: outbox and log in one.

An alert is put here before it is sent and settled after it was told, so that a crash anywhere
leaves either nothing to do or something to finish. `payload` holds exactly what is sent; the
other attributes are for people who query the table.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from notifier.errors import AwsError, ConditionFailedError
from notifier.grouping import BASELINE_SUBJECT
from notifier.model import SEVERITY_ORDER, Kind, Member, RowKey, Told
from notifier.render.document import Notification
from notifier.snapshot import (
    announced_from_item,
    announced_item,
    deferred_from_item,
    deferred_item,
    told_from_item,
    told_item,
)
from notifier.times import iso_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from notifier.model import Alert, Announced, Deferred
    from notifier.table import Item, Table, Update

_KEPT = timedelta(days=400)
_UNSETTLED_INDEX = "unsettled"
PENDING, SETTLED = "pending", "settled"
_NOT_BEGUN = (
    "size(channels) = :none AND (attribute_not_exists(claimed_until) OR claimed_until < :clock)"
)
# What is read for people who look; never the payload, which is larger than all of these.
_LOGGED = (
    "alert_id",
    "kind",
    "severity",
    "subject",
    "decided_at",
    "sent_at",
    "unsettled",
    "channels",
    "models",
    "models_omitted",
)
# What reading an item of a shape that is not known can end in.
_UNREADABLE = (KeyError, TypeError, ValueError, zlib.error)
_NO_POINTER = "attribute_not_exists(model_id)"


@dataclass(frozen=True, slots=True)
class Record:
    """One alert of the outbox: what to send, what it is about, and which channels have it.

    A digest has what it lists of rows (`digested`), and the poll up to which it speaks.
    """

    notification: Notification
    kind: Kind
    decided_at: datetime
    told: tuple[tuple[RowKey, Told], ...]
    members: tuple[Member, ...]
    announced: tuple[tuple[RowKey, Announced], ...] = ()
    digested: tuple[tuple[RowKey, Deferred], ...] = ()
    covers_until: datetime | None = None
    channels: Mapping[str, datetime] = field(default_factory=dict)
    is_settled: bool = False

    @property
    def alert_id(self) -> str:
        """The alert's identity, and its key."""
        return self.notification.alert_id

    def speaks_for(self) -> set[RowKey]:
        """Give the rows, and the Regions' bookkeeping rows, that must wait until it is told."""
        if self.is_settled:
            return set()
        rows = {key for key, _ in (*self.told, *self.announced)}
        return rows | {RowKey(m.subject, m.region) for m in self.members}

    @property
    def waits_to_be_renewed(self) -> bool:
        """Whether its words are made anew until they are sent: nobody has begun to send them."""
        is_renewed = self.is_first_baseline() or self.kind is Kind.DIGEST
        return is_renewed and not self.channels

    def is_first_baseline(self) -> bool:
        """Say whether this is the account's first message, after which changes are told."""
        of_account = (BASELINE_SUBJECT, "")
        about = [(member.subject, member.region) for member in self.members]
        return self.kind is Kind.BASELINE and about == [of_account]


class NamedModel(NamedTuple):
    """A model that an alert is about."""

    model_id: str
    name: str


@dataclass(frozen=True, slots=True)
class LoggedAlert:
    """One alert as people look at it afterwards, in the words of the table.

    `sent_at` is when it counted as told, None before that. `is_waiting` says that a channel is
    still to get it. `channels` are those that have it, each with when.
    """

    alert_id: str
    kind: str
    severity: str
    subject: str
    decided_at: datetime
    sent_at: datetime | None
    is_waiting: bool
    channels: Mapping[str, datetime]
    models: tuple[NamedModel, ...]
    models_omitted: int = 0

    @property
    def was_withdrawn(self) -> bool:
        """Whether it was never sent and will not be: it ceased to be true before."""
        return self.sent_at is None and not self.is_waiting


def record(alert: Alert, notification: Notification) -> Record:
    """Make the record of an alert that was just decided."""
    return Record(
        notification,
        alert.kind,
        alert.occurred_at,
        alert.told,
        alert.members,
        alert.announced,
        alert.digested,
        alert.digest.until if alert.digest else None,
    )


class Ledger:
    """The alerts table as outbox and log."""

    def __init__(self, table: Table) -> None:
        """Take the alerts table."""
        self._table = table

    def put(self, new: Record) -> bool:
        """Put a pending alert; False when this very alert is there already, told or not."""
        return self._put(new, "attribute_not_exists(alert_id)", {})

    def put_with(self, new: Record, other: Table, update: Update) -> None:
        """Put a pending alert together with a change of what is remembered: both, or neither.

        Raises ConditionFailedError when the alert is there already or the other has moved on.
        """
        self._table.put_with(_item(new), "attribute_not_exists(alert_id)", other, update)

    def renew(self, new: Record, clock: datetime) -> bool:
        """Put an alert or replace its words, as long as nobody has begun to send it."""
        condition = f"attribute_not_exists(alert_id) OR (#state = :pending AND {_NOT_BEGUN})"
        values = {":pending": PENDING, ":none": 0, ":clock": iso_time(clock)}
        return self._put(new, condition, values)

    def withdraw(self, alert_id: str, clock: datetime) -> bool:
        """Settle an alert unsent, as long as nobody has begun to send it: it is true no longer."""
        changes = {"state": SETTLED, "unsettled": None}
        values = {":none": 0, ":clock": iso_time(clock)}
        return self._update(alert_id, changes, _NOT_BEGUN, values)

    def _put(self, new: Record, condition: str, values: Mapping[str, Any]) -> bool:
        names = {"#state": "state"} if values else None
        try:
            self._table.put(_item(new), condition, names, values)
        except ConditionFailedError:
            return False
        return True

    def unsettled(self) -> tuple[tuple[Record, ...], tuple[str, ...]]:
        """Read every alert that still has something to do, oldest and then loudest first.

        Beside them come the ids of those that nobody can read: they must hold up no other.
        """
        found: list[Record] = []
        unreadable: list[str] = []
        for item in self._table.query_index(_UNSETTLED_INDEX, "unsettled", "yes"):
            alert_id = str(item["alert_id"])
            try:
                record = self.get(alert_id)
            except _UNREADABLE:
                unreadable.append(alert_id)
                continue
            if record is not None:
                found.append(record)
        return tuple(sorted(found, key=_oldest_and_loudest)), tuple(unreadable)

    def get(self, alert_id: str) -> Record | None:
        """Read one alert consistently; None when there is none, or nothing is left to do."""
        item = self._table.get({"alert_id": alert_id})
        return _record(item) if item and "unsettled" in item else None

    def told(self, alert_id: str) -> Record | None:
        """Read an alert that was told and needs nothing more; None for any other.

        Raises AwsError for one that another version has written and nobody here can read.
        """
        item = self._table.get({"alert_id": alert_id})
        if item is None or "unsettled" in item or "sent_at" not in item:
            return None
        try:
            return _record(item)
        except _UNREADABLE as error:
            message = f"{alert_id}: {error!r}"
            raise AwsError(
                "dynamodb:GetItem", "UnreadableAlert", message, permanent=True
            ) from error

    def recent(self, since: datetime | None = None) -> tuple[LoggedAlert, ...]:
        """Read what was decided since then, or all that is kept; the newest first.

        Reads the whole table: an alert is found by its id and by its models, but not by its time.
        """
        where, values = _NO_POINTER, {}
        if since is not None:
            where, values = f"{where} AND decided_at >= :since", {":since": iso_time(since)}
        found = [_logged(item) for item in self._table.scan(_LOGGED, where, values)]
        return tuple(sorted(found, key=lambda one: (one.decided_at, one.alert_id), reverse=True))

    def about(self, model_id: str) -> frozenset[str]:
        """Give the ids of the alerts that were told about a model."""
        pointers = self._table.query_index("by_model", "model_id", model_id)
        return frozenset(str(one["alert_id"]).partition("#")[0] for one in pointers)

    def claim(self, alert_id: str, holder: str, clock: datetime, until: datetime) -> bool:
        """Claim an alert for sending; False while another invocation is at it."""
        return self._update(
            alert_id,
            {"claimed_by": holder, "claimed_until": iso_time(until)},
            "attribute_exists(unsettled) AND (attribute_not_exists(claimed_until) "
            "OR claimed_until < :clock OR claimed_by = :holder)",
            {":clock": iso_time(clock), ":holder": holder},
        )

    def release(self, alert_id: str, holder: str) -> None:
        """Give a claim back, so that the next run need not wait for it to expire."""
        self._update(
            alert_id,
            {"claimed_by": None, "claimed_until": None},
            "claimed_by = :holder",
            {":holder": holder},
        )

    def mark(self, alert_id: str, channel: str, now: datetime, *, accepted: bool) -> None:
        """Record that a channel has taken the alert; `accepted` when that makes it told."""
        changes = {f"channels.{channel}": iso_time(now)}
        if accepted:
            changes["sent_at"] = iso_time(now)
        self._table.update({"alert_id": alert_id}, changes)

    def point(self, alert: Record, now: datetime) -> None:
        """Leave a pointer for each model, for the question what was told about it."""
        spoken_of = (*alert.told, *alert.announced, *alert.digested)
        ids = sorted({key.model_id for key, _ in spoken_of})
        self._table.put_all([_pointer(alert, model_id, now) for model_id in ids])

    def settle(self, alert_id: str, *, finished: bool) -> None:
        """Note that the alert is told; `finished` when no channel is left to try either."""
        changes: Item = {"state": SETTLED}
        if finished:
            changes |= {"unsettled": None, "claimed_by": None, "claimed_until": None}
        self._update(alert_id, changes)

    def _update(
        self,
        alert_id: str,
        changes: Mapping[str, Any],
        condition: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> bool:
        try:
            self._table.update({"alert_id": alert_id}, changes, condition, values)
        except ConditionFailedError:
            return False
        return True


def _oldest_and_loudest(alert: Record) -> tuple[datetime, int]:
    severity = str(alert.notification.document["severity"])
    return (alert.decided_at, -SEVERITY_ORDER[severity])


def _expiry(decided_at: datetime) -> int:
    return int((decided_at + _KEPT).timestamp())


def _item(new: Record) -> Item:
    document = new.notification.document
    shown = ("kind", "severity", "milestone", "milestone_date", "days_left", "subject", "text")
    item: Item = {
        "alert_id": new.alert_id,
        "state": PENDING,
        "unsettled": "yes",
        **{name: document[name] for name in shown},
        "reason": document["reason"],
        "models": document["models"],
        "models_omitted": document["models_omitted"],
        "decided_at": iso_time(new.decided_at),
        "channels": {channel: iso_time(when) for channel, when in new.channels.items()},
        "expires_at": _expiry(new.decided_at),
        "payload": _pack(new),
    }
    return {name: value for name, value in item.items() if value is not None}


def _pointer(alert: Record, model_id: str, now: datetime) -> Item:
    return {
        "alert_id": f"{alert.alert_id}#{model_id}",
        "model_id": model_id,
        "sent_at": iso_time(now),
        "kind": alert.kind.value,
        "expires_at": _expiry(alert.decided_at),
    }


def _pack(new: Record) -> bytes:
    """Compress what must survive exactly: thousands of rows have to fit into one item."""
    payload = {
        "document": new.notification.document,
        "told": _by_what_was_told(new.told),
        "members": [list(member) for member in new.members],
        "announced": [[*key, announced_item(one)] for key, one in new.announced],
        "digested": [[*key, deferred_item(one)] for key, one in new.digested],
        "covers_until": iso_time(new.covers_until) if new.covers_until else None,
        "chat": new.notification.chat,
    }
    return zlib.compress(json.dumps(payload, separators=(",", ":")).encode())


def _by_what_was_told(moves: Iterable[tuple[RowKey, Told]]) -> list[Any]:
    """Give each distinct `told` once, with its models and their Regions: most rows share one."""
    groups: dict[str, tuple[Item, dict[str, list[str]]]] = {}
    for key, told in moves:
        item = told_item(told)
        _, models = groups.setdefault(json.dumps(item, sort_keys=True), (item, {}))
        models.setdefault(key.model_id, []).append(key.region)
    return list(groups.values())


def _record(item: Item) -> Record:
    payload = json.loads(zlib.decompress(bytes(item["payload"])))
    covers_until = payload.get("covers_until")
    return Record(
        # Alerts from before there was a chat have no words for it.
        notification=Notification(payload["document"], payload.get("chat", {})),
        kind=Kind(item["kind"]),
        decided_at=parse_time(item["decided_at"]),
        told=tuple(_told_moves(payload["told"])),
        members=tuple(Member(*member) for member in payload["members"]),
        announced=tuple(
            (RowKey(model_id, region), announced_from_item(one))
            # Alerts from before there were any have none.
            for model_id, region, one in payload.get("announced", ())
        ),
        digested=tuple(
            (RowKey(model_id, region), deferred_from_item(one))
            for model_id, region, one in payload.get("digested", ())
        ),
        covers_until=parse_time(covers_until) if covers_until else None,
        channels={name: parse_time(when) for name, when in item["channels"].items()},
        is_settled=item["state"] == SETTLED,
    )


def _logged(item: Item) -> LoggedAlert:
    sent_at = item.get("sent_at")
    return LoggedAlert(
        alert_id=item["alert_id"],
        kind=item["kind"],
        severity=item["severity"],
        subject=item["subject"],
        decided_at=parse_time(item["decided_at"]),
        sent_at=parse_time(sent_at) if sent_at else None,
        is_waiting="unsettled" in item,
        channels={name: parse_time(when) for name, when in item["channels"].items()},
        models=tuple(NamedModel(one["model_id"], one["name"]) for one in item["models"]),
        models_omitted=int(item.get("models_omitted", 0)),
    )


def _told_moves(groups: Iterable[list[Any]]) -> Iterable[tuple[RowKey, Told]]:
    for item, models in groups:
        told = told_from_item(item)
        for model_id, regions in models.items():
            for region in regions:
                yield RowKey(model_id, region), told
