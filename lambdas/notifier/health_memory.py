"""What the models table remembers of AWS Health: events, pages that wait for others, the API.

All of it is bookkeeping, in items whose `model_id` starts with `#health`. Events and pages expire
by themselves (`expires_at`).
"""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from notifier.health_event import Entity, HealthEvent, LifecycleDate, Page, ServiceLifecycle
from notifier.health_news import Remembered, Version
from notifier.table import Update
from notifier.times import iso_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from notifier.errors import AwsError
    from notifier.ledger import Ledger, Record
    from notifier.table import Item, Table

EVENT_SUBJECT = "#health"
PAGE_SUBJECT = "#health-page#"
API_SUBJECT = "#health-api"
_API_KEY = {"model_id": API_SUBJECT, "region": "#"}
# AWS shows events for 90 days; alerts, which say what was told, are kept for 400.
_EVENTS_KEPT = timedelta(days=400)
# Much longer than a page waits for others: what comes before anybody has confirmed a subscription
# waits here, and what is repeated by hand from a dead-letter queue must be known.
_PAGES_KEPT = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class ApiState:
    """What is remembered of the Health API.

    `failure` is why it gave no answer when it was last `tried_at`, since `failing_since`;
    `permanent` where that does not pass by itself, as without a support plan. `first_read_at` is
    when it answered for the first time. `lifecycles` are those of Bedrock, as
    of `lifecycles_on`. `wanted` was the setting `health_events` then.
    """

    failure: str | None = None
    permanent: bool = False
    failing_since: datetime | None = None
    tried_at: datetime | None = None
    first_read_at: datetime | None = None
    lifecycles: tuple[ServiceLifecycle, ...] = ()
    lifecycles_on: date | None = None
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page, and when EventBridge sent it; it `waits` until it was told with others or alone."""

    page: Page
    arrived_at: datetime
    waits: bool


@dataclass(frozen=True, slots=True)
class HealthState:
    """All that is remembered of AWS Health, as a poll reads it."""

    events: Mapping[str, Remembered] = field(default_factory=dict)
    pages: tuple[KeptPage, ...] = ()
    api: ApiState = field(default_factory=ApiState)


class HealthMemory:
    """The models table as the memory of AWS Health."""

    def __init__(self, table: Table) -> None:
        """Take the models table."""
        self._table = table

    def recall(self, event: HealthEvent) -> Remembered:
        """Read what is remembered of an event."""
        item = self._table.get(_event_key(event))
        return remembered_from_item(item) if item else Remembered()

    def keep(self, event: HealthEvent, before: Remembered, version: Version) -> None:
        """Remember a version of which nothing is told. Raises ConditionFailedError if it moved."""
        update = _event_update(event, before, version)
        self._table.update(update.key, update.changes, update.condition, update.values)

    def keep_and_put(
        self,
        event: HealthEvent,
        before: Remembered,
        version: Version,
        alert: Record,
        ledger: Ledger,
    ) -> None:
        """Remember a version and put its alert into the outbox: both or neither.

        Raises ConditionFailedError when another invocation has moved on since `before`.
        """
        ledger.put_with(alert, self._table, _event_update(event, before, version))

    # Pages

    def put_page(self, page: Page, clock: datetime) -> bool:
        """Keep a page until the others are there; False when it came before and is settled."""
        changes = {
            "arrived_at": iso_time(clock),
            "waiting": "yes",
            "page": _packed(_page_content(page)),
            "expires_at": int((clock + _PAGES_KEPT).timestamp()),
        }
        there = self._table.take(_page_key(page), changes, "attribute_not_exists(arrived_at)", {})
        return there is None or "waiting" in there

    def pages(self, page: Page) -> tuple[Page, ...]:
        """Read every page of the same communication; none as long as some have not arrived."""
        communication = _page_key(page)["model_id"]
        if self._table.count(communication) < page.of:
            return ()
        items = self._table.query(communication)
        return tuple(_kept_page(item).page for item in items)

    def settle_pages(self, pages: Iterable[Page]) -> None:
        """Note that pages wait no longer; they stay, to tell a repeated delivery from a new one."""
        for page in pages:
            self._table.update(_page_key(page), {"waiting": None})

    # The API

    def note_api(self, state: ApiState) -> list[AwsError]:
        """Remember how the Health API answered; give what failed."""
        return self._table.update_all([Update(_API_KEY, _api_item(state))])


def health_state(items: Iterable[Item]) -> HealthState:
    """Read the bookkeeping items of AWS Health. What nobody can read counts as not there."""
    events: dict[str, Remembered] = {}
    pages = []
    api = ApiState()
    for item in items:
        subject = item["model_id"]
        try:
            if subject == EVENT_SUBJECT:
                events[item["region"]] = remembered_from_item(item)
            elif subject == API_SUBJECT:
                api = _api_state(item)
            elif subject.startswith(PAGE_SUBJECT):
                pages.append(_kept_page(item))
        except (KeyError, TypeError, ValueError, zlib.error):
            continue
    return HealthState(events, tuple(pages), api)


def event_name(account: str, arn: str) -> str:
    """Name an event for the table: its ARN may be longer than a sort key."""
    return hashlib.sha256(f"{account} {arn}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _event_key(event: HealthEvent) -> dict[str, str]:
    return {"model_id": EVENT_SUBJECT, "region": event_name(event.account, event.arn)}


def _page_key(page: Page) -> dict[str, str]:
    # Regions may cut the same communication into pages differently.
    name = event_name(page.event.account, f"{page.event.arn} {page.communication} {page.of}")
    return {"model_id": f"{PAGE_SUBJECT}{name}", "region": f"{page.number:05}"}


def _event_update(event: HealthEvent, before: Remembered, version: Version) -> Update:
    changes = {
        "seq": before.seq + 1,
        "arn": event.arn,
        "updated_at": iso_time(version.updated_at),
        "version": _packed(_version_content(version)),
        "expires_at": int((version.updated_at + _EVENTS_KEPT).timestamp()),
    }
    if not before.seq:
        return Update(_event_key(event), changes, "attribute_not_exists(seq)")
    return Update(_event_key(event), changes, "seq = :before", {":before": before.seq})


def remembered_from_item(item: Item) -> Remembered:
    """Read what is remembered of an event; a version that nobody can read is none."""
    seq = int(item["seq"])
    try:
        content = _unpacked(item["version"])
        # What later versions of this program add is left alone.
        known = {name: content[name] for name in Version._fields if name in content}
        times = {name: _moment(content[name]) for name in ("start_at", "end_at")}
        version = Version(
            **{
                **known,
                **times,
                "updated_at": parse_time(content["updated_at"]),
                "models": frozenset(content["models"]),
                "dates": tuple(content["dates"]),
                "twins": tuple(content["twins"]),
            }
        )
    except (KeyError, TypeError, ValueError, zlib.error):
        return Remembered(seq)
    return Remembered(seq, version)


def _version_content(version: Version) -> dict[str, Any]:
    return version._asdict() | {
        "updated_at": iso_time(version.updated_at),
        "start_at": _iso(version.start_at),
        "end_at": _iso(version.end_at),
        "models": sorted(version.models),
    }


def _page_content(page: Page) -> dict[str, Any]:
    event = page.event
    given = {name: getattr(event, name) for name in HealthEvent.__dataclass_fields__}
    times = {name: _iso(given[name]) for name in ("updated_at", "start_at", "end_at")}
    return page._asdict() | {"event": given | times}


def _kept_page(item: Item) -> KeptPage:
    content = _unpacked(item["page"])
    given = content["event"]
    entities = given["entities"]
    event = HealthEvent(
        **{
            **given,
            **{name: _moment(given[name]) for name in ("start_at", "end_at")},
            "updated_at": parse_time(given["updated_at"]),
            "entities": None if entities is None else tuple(Entity(*one) for one in entities),
            "missing_pages": tuple(given["missing_pages"]),
        }
    )
    page = Page(event, content["communication"], content["number"], content["of"])
    return KeptPage(page, parse_time(item["arrived_at"]), "waiting" in item)


def _api_item(state: ApiState) -> Item:
    return {
        "failure": state.failure,
        "permanent": state.permanent or None,
        "failing_since": _iso(state.failing_since),
        "tried_at": _iso(state.tried_at),
        "first_read_at": _iso(state.first_read_at),
        "lifecycles": _packed([_lifecycle_content(one) for one in state.lifecycles])
        if state.lifecycles
        else None,
        "lifecycles_on": state.lifecycles_on.isoformat() if state.lifecycles_on else None,
        "wanted": state.wanted or None,
    }


def _api_state(item: Item) -> ApiState:
    known = _unpacked(item["lifecycles"]) if "lifecycles" in item else []
    read_on = item.get("lifecycles_on")
    return ApiState(
        failure=item.get("failure"),
        permanent=bool(item.get("permanent")),
        failing_since=_moment(item.get("failing_since")),
        tried_at=_moment(item.get("tried_at")),
        first_read_at=_moment(item.get("first_read_at")),
        lifecycles=tuple(_lifecycle(one) for one in known),
        lifecycles_on=date.fromisoformat(read_on) if read_on else None,
        wanted=item.get("wanted", ""),
    )


def _lifecycle_content(lifecycle: ServiceLifecycle) -> list[Any]:
    *names, dates = lifecycle
    return [*names, [[type_, day.isoformat(), *rest] for type_, day, *rest in dates]]


def _lifecycle(content: list[Any]) -> ServiceLifecycle:
    service, version, title, recommended, dates = content
    read = [
        LifecycleDate(type_, date.fromisoformat(day), tuple(regions), description)
        for type_, day, regions, description in dates
    ]
    return ServiceLifecycle(service, version, title, recommended, tuple(read))


def _packed(content: object) -> bytes:
    return zlib.compress(json.dumps(content, separators=(",", ":")).encode())


def _unpacked(packed: Any) -> Any:  # noqa: ANN401 JSON
    return json.loads(zlib.decompress(bytes(packed)))


def _iso(moment: datetime | None) -> str | None:
    return iso_time(moment) if moment else None


def _moment(text: str | None) -> datetime | None:
    return parse_time(text) if text else None
