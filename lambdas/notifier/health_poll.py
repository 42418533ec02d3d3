"""What a poll does about AWS Health: ask its API, if the account has it, and end what waits.

Without a support plan the API answers SubscriptionRequiredException, which is a normal state:
https://docs.aws.amazon.com/health/latest/ug/health-api.html. It is asked again once a day.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from notifier.errors import AwsError
from notifier.health_event import STATUS_CLOSED, Concern
from notifier.health_memory import ApiState, event_name
from notifier.health_news import HealthEvents, is_wanted
from notifier.times import iso_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from notifier.health_event import HealthEvent, Page, ServiceLifecycle
    from notifier.health_memory import HealthState, KeptPage
    from notifier.health_news import Remembered
    from notifier.sources.health_api import HealthApi

NO_PLAN = "SubscriptionRequiredException"
_ASK_AGAIN_AFTER = timedelta(hours=24)
# More at once are no news of an hour; the rest is asked about at the next poll.
_EVENTS_PER_POLL = 50
# Pages of one communication come within minutes. One that came right before a poll may wait for
# the next, and none for longer.
_PAGES_WAIT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class ApiReading:
    """What the Health API gave in one poll: events that are new or have changed, whole.

    `over` are those that were closed before anybody looked, as they are listed. `state` is what is
    to be remembered of the API; `skipped` counts unusable entries.
    """

    state: ApiState
    events: tuple[HealthEvent, ...] = ()
    over: tuple[HealthEvent, ...] = ()
    errors: tuple[AwsError, ...] = ()
    skipped: int = 0


def read_api(
    api: HealthApi, before: HealthState, wanted: HealthEvents, now: datetime
) -> ApiReading:
    """Ask the Health API for what it has to say that is not known yet."""
    state = before.api
    if not _is_due(state, now):
        return ApiReading(state)
    try:
        listed = api.events()
    except AwsError as error:
        return ApiReading(_failed(state, error, now), errors=_worth_a_word(state, error))
    is_first = state.first_read_at is None
    # Kinds of events that were not wanted before are seen for the first time as well.
    unseen = frozenset(Concern) if is_first else _newly_wanted(state, wanted)
    new = [one for one in listed.events if _is_new(one, wanted, before.events)]
    over = [
        one
        for one in new
        if one.is_closed
        and one.concern in unseen
        and event_name(one.account, one.arn) not in before.events
    ]
    details = api.details(_some([one for one in new if one not in over], now))
    lifecycles, errors = _lifecycles(api, state, now)
    answered = ApiState(
        first_read_at=state.first_read_at or now,
        lifecycles=lifecycles,
        lifecycles_on=now.date(),
        wanted=wanted.value,
    )
    return ApiReading(
        answered, details.events, tuple(over), (*details.errors, *errors), listed.skipped
    )


def _newly_wanted(state: ApiState, wanted: HealthEvents) -> frozenset[Concern]:
    is_more = wanted is HealthEvents.ALL and state.wanted != wanted.value
    return frozenset({Concern.OPERATIONAL_ISSUE}) if is_more else frozenset()


def _some(events: Sequence[HealthEvent], now: datetime) -> Sequence[HealthEvent]:
    """Give as many as one poll asks about, each hour others, so that none blocks the rest."""
    if len(events) <= _EVENTS_PER_POLL:
        return events
    first = int(now.timestamp()) // 3_600 * _EVENTS_PER_POLL % len(events)
    return [*events[first:], *events[:first]][:_EVENTS_PER_POLL]


def _is_due(state: ApiState, now: datetime) -> bool:
    return state.tried_at is None or now - state.tried_at >= _ASK_AGAIN_AFTER


def _failed(state: ApiState, error: AwsError, now: datetime) -> ApiState:
    return replace(
        state,
        failure=error.code,
        permanent=error.permanent,
        failing_since=state.failing_since or now,
        tried_at=now if error.permanent else None,
    )


def _worth_a_word(state: ApiState, error: AwsError) -> tuple[AwsError, ...]:
    """Leave out what is normal, and what was said when it began."""
    return () if error.code in {NO_PLAN, state.failure} else (error,)


def _is_new(event: HealthEvent, wanted: HealthEvents, known: Mapping[str, Remembered]) -> bool:
    if is_wanted(event, wanted) is not None:
        return False
    before = known.get(event_name(event.account, event.arn))
    if before is None or before.version is None:
        return True
    version = before.version
    moved = iso_time(event.updated_at) > iso_time(version.updated_at)
    return moved or version.is_partial or event.is_closed != (version.status == STATUS_CLOSED)


def _lifecycles(
    api: HealthApi, state: ApiState, now: datetime
) -> tuple[tuple[ServiceLifecycle, ...], tuple[AwsError, ...]]:
    if state.lifecycles_on == now.date():
        return state.lifecycles, ()
    try:
        return api.service_lifecycles(), ()
    except AwsError as error:
        return state.lifecycles, (error,)


def overdue(
    kept: Iterable[KeptPage], last_poll: datetime | None, now: datetime
) -> list[list[Page]]:
    """Give the communications of which a page has waited long enough for one that is missing.

    Each with all of its pages, those told before included: what was told must not look lost.
    """
    communications: defaultdict[tuple[str, str, str, int], list[KeptPage]] = defaultdict(list)
    for one in kept:
        page = one.page
        communications[page.event.account, page.event.arn, page.communication, page.of].append(one)
    return [
        [one.page for one in pages]
        for pages in communications.values()
        if any(one.waits and _is_overdue(one.arrived_at, last_poll, now) for one in pages)
        # All there, and left by a function that died or that waited for the first message.
        or (len(pages) == pages[0].page.of and any(one.waits for one in pages))
    ]


def _is_overdue(arrived_at: datetime, last_poll: datetime | None, now: datetime) -> bool:
    seen_by_a_poll = last_poll is not None and arrived_at <= last_poll
    return seen_by_a_poll or now - arrived_at >= _PAGES_WAIT
