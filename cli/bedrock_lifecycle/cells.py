"""What stands in the cells of the tables, for models of one phase and the same dates. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from bedrock_lifecycle.output import PHASE_STYLES
from notifier.model import Milestone, Phase
from notifier.render.words import (
    MILESTONE_WORDS,
    PHASE_WORDS,
    count_text,
    days_text,
    plain,
    regions_text,
)
from notifier.upcoming import next_of
from notifier.usage import Use

if TYPE_CHECKING:
    from datetime import date

    from notifier.model import ModelEntry
    from notifier.upcoming import Deadline

_ID_LENGTH: Final = 256

InUse = Annotated[
    bool, typer.Option("--in-use", help="Only models in use, or of which that is not known.")
]


# Columns are narrow: "public" is left to the e-mails.
_PHASES: Final = {
    **PHASE_WORDS,
    Phase.EXTENDED_ACCESS: "extended access",
    Phase.END_OF_LIFE: "ended",
}
_MILESTONES: Final = {**MILESTONE_WORDS, Milestone.EXTENDED_ACCESS: "extended access"}


def phase_text(entry: ModelEntry) -> Text:
    """Name the phase, in its colour."""
    return Text(_PHASES[entry.phase], style=PHASE_STYLES[entry.phase])


def milestone_text(one: Deadline) -> str:
    """Name a milestone to come, and who says so where that is not the Bedrock API."""
    return _MILESTONES[one.milestone] + ("\nsays AWS Health" if one.by_health else "")


def name_and_id(entry: ModelEntry) -> Text:
    """Give a model's name with its id below it."""
    shown = Text(entry.name, style="bold" if entry.in_use is not False else "")
    return shown.append(f"\n{plain(entry.model_id, _ID_LENGTH)}", style="not bold dim")


def next_text(entry: ModelEntry, today: date) -> str:
    """Say what comes next, and when; of a model that has ended, when that was."""
    if entry.phase is Phase.END_OF_LIFE:
        end = entry.dates.end_of_life
        return f"{end}\n{days_text((end - today).days)}" if end else "gone"
    ahead = next_of(entry, today)
    if ahead is None:
        return "-"
    return f"{milestone_text(ahead)}\n{ahead.day}, {count_text((ahead.day - today).days, 'day')}"


def use_text(entry: ModelEntry) -> str:
    """Say in few words whether a model is used."""
    if entry.in_use is not True:
        return "not known" if entry.in_use is None else "no"
    calls = entry.use.invocations_14d if entry.use else None
    return f"yes\n{count_text(calls, 'call')}" if calls else "yes"


def where_text(entry: ModelEntry) -> str:
    """Name the Regions, those it is used from first."""
    return regions_text(entry.regions, _used_from(entry))


def _used_from(entry: ModelEntry) -> frozenset[str]:
    use = entry.use or Use()
    return frozenset({one.region for one in use.calls} | {one.region for one in use.used_by})
