"""The decision core alone: every row judged, and nothing to tell."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from notifier import garbage
from notifier.deadlines import Ladders
from notifier.decide import Newcomers, Policy, decide
from notifier.model import Dates, Facts, Lifecycle, Milestone, Phase, Told, TrackedModel
from notifier.scope import Scope

ROWS = 50_000
_RUNS = 3


def decide_seconds() -> dict[str, float]:
    """Decide about 50,000 rows of which one in ten has a date; seconds, the best of three."""
    now = datetime(2026, 10, 1, 10, tzinfo=UTC)
    rows = [_row(n, now) for n in range(ROWS)]
    scope = Scope(everything=False, watch=(), ignore=())
    ladders = Ladders(
        {
            Milestone.END_OF_LIFE: (120, 60, 30, 14, 7, 3, 1),
            Milestone.EXTENDED_ACCESS: (30, 7),
            Milestone.LEGACY: (30, 7),
        },
        9,
    )
    policy = Policy(scope=scope, scope_before=scope, ladders=ladders)
    seconds = []
    for _ in range(_RUNS):
        with garbage.put_off():  # as in a poll
            began = time.perf_counter()
            verdict = decide(rows, set(), Newcomers(frozenset(), frozenset()), policy, now)
            seconds.append(time.perf_counter() - began)
        if verdict.decisions:
            raise RuntimeError(verdict.decisions[0])
    return {"rows": ROWS, "seconds": round(min(seconds), 3)}


def _row(n: int, now: datetime) -> TrackedModel:
    ends = now + timedelta(days=300) if n % 10 == 0 else None
    lifecycle = Lifecycle("LEGACY" if ends else "ACTIVE", None, None, None, ends)
    facts = Facts(
        Phase.LEGACY if ends else Phase.ACTIVE, Dates(None, None, ends.date() if ends else None)
    )
    return TrackedModel(
        model_id=f"acme.model-{n % 1_700}",
        region=f"region-{n // 1_700}",
        name=f"Model {n % 1_700}",
        provider="Acme",
        lifecycle=lifecycle,
        phase=facts.phase,
        reported_by=(f"acme.model-{n % 1_700}",),
        first_seen_at=now,
        last_changed_at=now,
        told=Told(seq=1, facts=facts, on=now.date()),
    )
