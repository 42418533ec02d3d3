"""The way to a successor as dates, for those who hear for the first time that a model will end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifier.model import Dates, Milestone
from notifier.plan import migration_plan
from notifier.render.layout import fill, section
from notifier.render.words import day_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifier.model import Alert, ModelEntry
    from notifier.plan import Step


def plan_section(alert: Alert) -> Iterator[str]:
    """Give the plan for the first model of an alert; nothing while no end of life is known."""
    if not alert.models:
        return
    first, today = alert.models[0], alert.occurred_at.date()
    dates = _dates(first)
    plan = migration_plan(dates, today)
    if not plan:
        return
    alike = all(_dates(entry) == dates for entry in alert.models)
    whose = "" if alike else f" FOR {first.name} (others have other dates)"
    lines = [(step.start, _step_text(step)) for step in plan]
    for milestone, what in _ON_THE_WAY.items():
        day = dates.of(milestone)
        if day is not None and day > today:
            lines.append((day, f"  {day_text(day)}: {what}"))
    ordered = [text for _, text in sorted(lines, key=lambda line: line[0])]
    title = f"A PLAN{whose}, WORKED BACK FROM THE END OF LIFE"
    yield section(title, "\n".join(ordered))


def _dates(entry: ModelEntry) -> Dates:
    """Give the dates to plan by: the earlier where AWS Health and the Bedrock API disagree."""
    both = zip(entry.dates, entry.by_health, strict=True)
    return Dates(*(min((day for day in days if day), default=None) for days in both))


def _step_text(step: Step) -> str:
    when = f"  {day_text(step.start)} to {day_text(step.end)}: {step.phase}"
    return f"{when}\n{fill(step.work, '    ')}"


_ON_THE_WAY = {
    Milestone.EXTENDED_ACCESS: "PUBLIC EXTENDED ACCESS, each call may cost more",
    Milestone.END_OF_LIFE: "END OF LIFE, every request fails",
}
