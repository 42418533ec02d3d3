"""An AWS Health event as the notifier sees it, whichever way it came, and what it is about.

The same event comes through EventBridge (from one Region or two, once or more often, on one page
or many) and through the Health API:
https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html. Which codes
Bedrock's lifecycle events have is not documented, so nothing here depends on a known one.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from notifier.model import NO_DATES, Dates
from notifier.times import iso_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

BEDROCK = "BEDROCK"
STATUS_CLOSED = "closed"
_SCHEDULED_CHANGE = "scheduledChange"
_ACCOUNT_NOTIFICATION = "accountNotification"
_OPERATIONAL = frozenset({"issue", "investigation"})
# Words of event codes. AWS documents only that planned lifecycle events are called
# AWS_{SERVICE}_PLANNED_LIFECYCLE_EVENT.
_LIFECYCLE_CODE = re.compile(
    r"LIFECYCLE|DEPRECAT|RETIRE|END_OF_(?:LIFE|SUPPORT|SERVICE)|(?:^|_)(?:EOL|LEGACY)(?:_|$)"
)


class Concern(StrEnum):
    """What kind of thing an event tells; `health_events` chooses among them."""

    LIFECYCLE = "planned lifecycle event"
    SCHEDULED_CHANGE = "scheduled change"
    ACCOUNT_NOTIFICATION = "account notification"
    OPERATIONAL_ISSUE = "operational issue"
    OTHER = "event of a kind not known to us"


class Entity(NamedTuple):
    """Something that an event says is affected, as AWS names it; `status` may be empty."""

    value: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class HealthEvent:
    """One version of one event of one account.

    Texts are as AWS gave them, empty where it gave none. `entities` is None where nothing was
    said of any. `language` is that of the description, such as `en_US`. `missing_pages` are those
    of its communication that have not arrived. `updated_at` orders versions.
    """

    account: str
    arn: str
    service: str
    type_code: str
    category: str
    status: str
    region: str
    updated_at: datetime
    start_at: datetime | None = None
    end_at: datetime | None = None
    scope: str = ""
    description: str = ""
    language: str = ""
    entities: tuple[Entity, ...] | None = None
    actionability: str = ""
    missing_pages: tuple[int, ...] = ()

    @property
    def concern(self) -> Concern:
        """What kind of thing it tells: by its code where that speaks of lifecycle, or category."""
        if _LIFECYCLE_CODE.search(self.type_code.upper()):
            return Concern.LIFECYCLE
        if self.category == _SCHEDULED_CHANGE:
            return Concern.SCHEDULED_CHANGE
        if self.category == _ACCOUNT_NOTIFICATION:
            return Concern.ACCOUNT_NOTIFICATION
        if self.category in _OPERATIONAL:
            return Concern.OPERATIONAL_ISSUE
        return Concern.OTHER

    @property
    def is_closed(self) -> bool:
        """Whether AWS has closed it."""
        return self.status.casefold() == STATUS_CLOSED

    @property
    def is_planned(self) -> bool:
        """Whether it starts on the day of what it announces."""
        return self.category == _SCHEDULED_CHANGE or self.concern is Concern.LIFECYCLE

    @property
    def starts_on(self) -> date | None:
        """The UTC day of what a planned change announces; None for an event of another kind.

        Other events start when they are published.
        """
        return self.start_at.date() if self.is_planned and self.start_at else None

    def content_hash(self) -> str:
        """Name the version by what it says: status, dates, description and entities."""
        content = [
            self.status,
            *(iso_time(moment) if moment else None for moment in (self.start_at, self.end_at)),
            " ".join(self.description.split()),
            sorted(self.entities or ()),
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


class Page(NamedTuple):
    """One page of a communication about an event; pages count from 1."""

    event: HealthEvent
    communication: str
    number: int = 1
    of: int = 1


def merged(pages: Sequence[Page]) -> HealthEvent:
    """Put the pages of one communication together, in whatever order they came.

    They tell the same and differ in their entities. A page that is not there is named.
    """
    by_number = {page.number: page for page in sorted(pages, key=lambda page: -page.number)}
    numbers = range(1, max(page.of for page in pages) + 1)
    first = by_number[min(by_number)].event
    said = [page.event.entities for _, page in sorted(by_number.items())]
    known = [entities for entities in said if entities is not None]
    entities = tuple(dict.fromkeys(one for some in known for one in some)) if known else None
    missing = tuple(number for number in numbers if number not in by_number)
    latest = max(page.event.updated_at for page in pages)
    return replace(first, entities=entities, missing_pages=missing, updated_at=latest)


@dataclass(frozen=True, slots=True)
class HealthNews:
    """What is told of an event: the event, and how it stands to what was told of it before.

    `dates` are those it gives for the milestones of the models it concerns. `changes` are phrases,
    for an update; an event told for the first time has none. `other_entities` are the affected
    entities that are no tracked model. `other_account` is whose event it is, if not this one's: the
    account that administers an organization's Health gets those of its members.
    """

    event: HealthEvent
    dates: Dates = NO_DATES
    is_update: bool = False
    changes: tuple[str, ...] = ()
    other_entities: tuple[Entity, ...] = ()
    other_account: str = ""


class LifecycleDate(NamedTuple):
    """A dated entry of DescribeServiceLifecycle; no `regions` means all of them."""

    type: str
    day: date
    regions: tuple[str, ...] = ()
    description: str = ""


class ServiceLifecycle(NamedTuple):
    """What the Health API's DescribeServiceLifecycle says of a version of a service.

    `recommended` is the version to move to, empty where AWS names none.
    https://docs.aws.amazon.com/health/latest/APIReference/API_DescribeServiceLifecycle.html
    """

    service: str
    version: str
    title: str
    recommended: str = ""
    dates: tuple[LifecycleDate, ...] = ()
