"""Alerts about AWS Health events, as the tests of their words make them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from notifier.grouping import health_alert
from notifier.health_event import BEDROCK, HealthEvent, HealthNews
from notifier.model import NO_DATES, Dates, Lifecycle
from tests.core.cases import EAST, PLACE, at, dates, lifecycle, row

if TYPE_CHECKING:
    from notifier.health_event import Entity
    from notifier.model import Alert, TrackedModel
    from notifier.successor import Successor
    from notifier.usage import Use

PLANNED = "AWS_BEDROCK_PLANNED_LIFECYCLE_EVENT"
NOTIFICATION = "AWS_BEDROCK_ACCOUNT_NOTIFICATION"
ISSUE = "AWS_BEDROCK_OPERATIONAL_ISSUE"
NOW = "2026-10-08"
UNDATED = lifecycle()


def event(**parts: object) -> HealthEvent:
    """Give an event: by default a planned end of life on 2027-04-08, announced on 2026-10-07."""
    code = str(parts.get("type_code", PLANNED))
    first = HealthEvent(
        account=PLACE.account_id,
        arn=f"arn:aws:health:{EAST}::event/BEDROCK/{code}/{code}_0a1b2c3d",
        service=BEDROCK,
        type_code=code,
        category="scheduledChange",
        status="upcoming",
        region=EAST,
        updated_at=at("2026-10-07T16:20:00Z"),
        start_at=at("2027-04-08T07:00:00Z"),
        scope="ACCOUNT_SPECIFIC",
        language="en_US",
    )
    return replace(first, **parts)  # type: ignore[arg-type]


def concerned(  # noqa: PLR0913 (the parts of a row that matter here)
    by_health: Dates = NO_DATES,
    *,
    life: Lifecycle = UNDATED,
    now: str = NOW,
    region: str = EAST,
    name: str = "Claude Sonnet 4.5",
    use: Use | None = None,
    successor: Successor | None = None,
) -> TrackedModel:
    """Give a model in use of which AWS Health says other dates than the API."""
    one = row(
        region=region, life=life, now=now, name=name, in_use=True, use=use, successor=successor
    )
    return replace(one, by_health=by_health)


def alert_about(news: HealthNews, *rows: TrackedModel, on: str = NOW) -> Alert:
    """Give the alert about an event and the rows it concerns."""
    return health_alert(news, rows, 0, at(on))


def announcement(given: str = "2027-04-08", *, life: Lifecycle = UNDATED, on: str = NOW) -> Alert:
    """Give the news that a model ends on one date, where the API states others, or none."""
    said = dates(None, None, given)
    by_health = NO_DATES if life.dates.end_of_life == said.end_of_life else said
    return alert_about(
        HealthNews(event(), dates=said), concerned(by_health, life=life, now=on), on=on
    )


def about_nothing(one: HealthEvent, *others: Entity, is_update: bool = False) -> Alert:
    """Give the news of an event that concerns no tracked model."""
    return alert_about(HealthNews(one, is_update=is_update, other_entities=others))
