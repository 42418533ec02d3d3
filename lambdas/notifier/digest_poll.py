"""The digest's part of a run: is one due, and what does it say as of now.

A digest that is due stays so until it was told. Each run makes its words anew, like those of the
first BASELINE, so that one which could not be sent speaks of the time since as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifier.digest import Known, digest_alert
from notifier.enrich import enriched
from notifier.ledger import record
from notifier.render.document import notification

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from notifier.deadlines import Ladders
    from notifier.ledger import Ledger, Record
    from notifier.render.email import Place
    from notifier.scope import Scope
    from notifier.settings import Settings
    from notifier.snapshot import Snapshot, State


def due_digest(  # noqa: PLR0913 (what a digest is made of, each by its name)
    *,
    snapshot: Snapshot,
    ledger: Ledger,
    place: Place,
    settings: Settings,
    scope: Scope,
    ladders: Ladders,
    unheard: Callable[[], tuple[str, ...]],
    now: datetime,
    clock: datetime,
) -> Record | None:
    """Put the digest that is due into the outbox, or its new words; None where there is none.

    One that has nothing to say, or nothing any more, counts as told. Raises AwsError when our own
    tables refuse.
    """
    due_at = snapshot.digest_state().due_at
    if due_at is None:
        return None
    state = snapshot.read()
    since = state.digest.covered_until or state.baseline_told_at
    until = state.last_completed_at
    if state.baseline_told_at is None or since is None or until is None:
        return None
    alert = digest_alert(
        _known(state, settings, scope, ladders, place, unheard(), now),
        since=since,
        until=until,
        due_at=due_at,
        now=now,
    )
    if alert is None:
        snapshot.note_digest_done(due_at, until)
        return None
    new = record(alert, notification(alert, place))
    if not ledger.renew(new, clock) and ledger.get(new.alert_id) is None:
        # Settled by somebody who did not note it. What it may not have said, the next one says.
        snapshot.note_digest_done(due_at, since)
        return None
    return new


def _known(  # noqa: PLR0913, PLR0917 (as above)
    state: State,
    settings: Settings,
    scope: Scope,
    ladders: Ladders,
    place: Place,
    unheard: tuple[str, ...],
    now: datetime,
) -> Known:
    watched = settings.regions
    regions = {
        name: one for name, one in state.regions.items() if watched == "all" or name in watched
    }
    rows = enriched(
        [row for row in state.rows if row.region in regions],
        usage=state.usage if settings.usage else {},
        lifecycles=state.health.api.lifecycles,
        settings=settings,
        partition=place.partition,
        today=now.date(),
    )
    return Known(
        rows=[row for row in rows if not scope.ignores(row)],
        regions=regions,
        ladders=ladders,
        scope=scope,
        snoozes=state.snoozes,
        health_api=state.health.api.failure,
        unheard=unheard,
    )
