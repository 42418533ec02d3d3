"""The dashboard's widgets as they look in an account in which much is going on, and in none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from notifier.grouping import entries_of
from notifier.ledger import LoggedAlert, NamedModel
from notifier.model import RegionState
from notifier.render import widgets
from notifier.snooze import Snoozes, snoozed
from notifier.successor import with_successors
from notifier.usage import Gap, Source
from tests.core.cases import at
from tests.timeline_rows import TODAY, some_rows

if TYPE_CHECKING:
    from notifier.render.timeline import Theme

NOW: Final = at(f"{TODAY}T20:00:00Z")
POLLED: Final = NOW - timedelta(minutes=40)
_REGIONS: Final = (
    *("us-east-1", "us-west-2", "eu-central-1", "eu-west-1", "eu-west-3"),
    *("ap-northeast-1", "ap-south-1", "ap-southeast-2", "sa-east-1", "us-gov-west-1"),
)
_ALERTS: Final = (
    ("DEADLINE", "critical", "Claude Sonnet 4: end of life in 7 days (2026-12-05)"),
    ("DATES_CHANGED", "critical", "Claude Sonnet 4.5: end of life moved earlier, to 2027-04-08"),
    ("ENTERED_LEGACY", "warning", "Claude Sonnet 4.5: now Legacy, end of life in 182 days"),
    ("COVERAGE_DEGRADED", "warning", "Amazon Bedrock in eu-west-1 has not answered for a day"),
    ("HEALTH_EVENT", "warning", "AWS Health: Llama 3.3 70B Instruct reaches its end of life"),
    ("DIGEST", "info", "Digest: 3 models entered Legacy, 12 dates in the next 90 days"),
)


def sample_widgets(theme: Theme, *, width: int, models: int = 40) -> dict[str, str]:
    """Give each widget by its name, the timeline in that width."""
    rows = with_successors(some_rows(models))
    entries = entries_of(rows, _snoozes(), TODAY)
    return {
        "timeline": widgets.timeline(rows, POLLED, now=NOW, width=width, theme=theme),
        "deadlines": widgets.deadlines(entries, POLLED, now=NOW, theme=theme),
        "alerts": widgets.alerts(_log(), now=NOW, theme=theme),
        "coverage": widgets.coverage(_seen(), now=NOW, theme=theme),
    }


def empty_widgets(theme: Theme) -> dict[str, str]:
    """Give each widget where there is nothing to show, or nothing can be shown."""
    old = NOW - timedelta(days=3)
    unreadable = "Nothing can be shown, because the tables could not be read."
    return {
        "timeline": widgets.timeline((), None, now=NOW, width=1200, theme=theme),
        "deadlines": widgets.deadlines((), old, now=NOW, theme=theme),
        "alerts": widgets.alerts((), now=NOW, theme=theme),
        "coverage": widgets.coverage(widgets.Seen((), None), now=NOW, theme=theme),
        "notice": widgets.notice(unreadable, theme=theme),
    }


def _snoozes() -> Snoozes:
    ids = {row.model_id for row in some_rows(40)}
    until = TODAY + timedelta(days=30)
    return Snoozes(snoozed(one, until=until, by="jane", why="migrating", now=NOW) for one in ids)


def _log() -> list[LoggedAlert]:
    found = [
        LoggedAlert(
            alert_id=f"a{number}",
            kind=kind,
            severity=severity,
            subject=f"[{severity}] {subject}",
            decided_at=NOW - timedelta(hours=17 * number + 2),
            sent_at=NOW - timedelta(hours=17 * number + 2) if number else None,
            is_waiting=number in {0, 2},
            channels={"sns": NOW, "eventbridge": NOW} if number else {},
            models=(NamedModel("acme.a-v1:0", "A"),) * (number % 3),
        )
        for number, (kind, severity, subject) in enumerate(_ALERTS)
    ]
    withdrawn = replace(found[-1], alert_id="w", sent_at=None, channels={})
    return [*found, withdrawn]


def _seen() -> widgets.Seen:
    states = {one: RegionState(one, covered_since=NOW - timedelta(days=58)) for one in _REGIONS}
    states["eu-west-1"] = replace(
        states["eu-west-1"],
        failing_since=NOW - timedelta(hours=30),
        failure="ThrottlingException",
    )
    since, tried = NOW - timedelta(days=40), NOW - timedelta(hours=5)
    states["ap-south-1"] = RegionState("ap-south-1", None, since, "AccessDeniedException", tried)
    return widgets.Seen(
        regions=tuple(states.values()),
        polled_at=POLLED,
        gaps=tuple(Gap(one, Source.AGENTS, "AccessDeniedException") for one in _REGIONS[:2]),
        health_api="SubscriptionRequiredException",
        unheard=True,
        unreadable=2,
    )
