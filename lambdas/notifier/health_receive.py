"""One AWS Health event as it is pushed: a page, the pages it waits for, the alert, the delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifier.health_event import merged
from notifier.health_intake import Intake, Known
from notifier.health_news import Silence
from notifier.scope import Scope
from notifier.settings import AlertOn

if TYPE_CHECKING:
    from datetime import datetime

    from notifier.health_event import HealthEvent, Page
    from notifier.ledger import Record
    from notifier.settings import Settings
    from notifier.snapshot import Lease, State
    from notifier.wiring import Outlets

WAITING_FOR_PAGES = "waiting for its other pages"
PAGE_SETTLED = "a page that came before"
WAITING_FOR_BASELINE = "waiting for the first message about the account"


class DeliveryFailedError(Exception):
    """A channel did not take the alert; it lies in the outbox, and a poll tries again."""


class Receiver:
    """Receives the events of one invocation; the tables are read once for all of them."""

    def __init__(self, edges: Outlets, settings: Settings, lease: Lease) -> None:
        """Take the edges of this invocation."""
        self._edges = edges
        self._settings = settings
        self._lease = lease
        scope = Scope(settings.alert_on is AlertOn.ALL, settings.watch, settings.ignore)
        self._intake = Intake(edges.memory, edges.ledger, edges.place, settings, scope)
        self._state: State | None = None
        self._known: Known | None = None

    def receive(self, page: Page, now: datetime) -> str:
        """Receive one page; give what came of it, in words for the log.

        Raises AwsError when our own tables refuse, DeliveryFailedError when a channel does.
        """
        memory = self._edges.memory
        if self._read().baseline_told_at is None:
            # Until the first message there may be nobody who hears; then a poll tells it.
            memory.put_page(page, now)
            return WAITING_FOR_BASELINE
        if page.of == 1:
            return self._take(page.event, now)
        if not memory.put_page(page, now):
            return PAGE_SETTLED
        pages = memory.pages(page)
        if not pages:
            return WAITING_FOR_PAGES
        came_of_it = self._take(merged(pages), now)
        memory.settle_pages(pages)
        return came_of_it

    def _take(self, event: HealthEvent, now: datetime) -> str:
        taken = self._intake.take(event, self._all_known(), now)
        if isinstance(taken, Silence):
            return taken.value
        self._known = self._all_known().having_told(taken)
        return self._tell(taken, now)

    def _tell(self, alert: Record, now: datetime) -> str:
        (outcome,) = self._edges.delivery.deliver([alert], self._lease, now, {})
        if outcome.errors:
            raise DeliveryFailedError("; ".join(str(error) for error in outcome.errors))
        return f"told as {alert.alert_id}"

    def _read(self) -> State:
        if self._state is None:
            self._state = self._edges.snapshot.read()
        return self._state

    def _all_known(self) -> Known:
        if self._known is None:
            state = self._read()
            watched = self._settings.regions
            self._known = Known(
                [row for row in state.rows if watched == "all" or row.region in watched],
                state.usage,
                state.health.api.lifecycles,
                self._edges.place.partition,
            )
        return self._known
