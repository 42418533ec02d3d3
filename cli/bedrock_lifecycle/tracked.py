"""What the deployed stack knows: every tracked model with the evidence about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bedrock_lifecycle.deployment import find
from bedrock_lifecycle.errors import CommandError
from bedrock_lifecycle.output import progress, say
from notifier.enrich import enriched
from notifier.grouping import entries_of
from notifier.render.words import moment_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from bedrock_lifecycle.access import Access
    from bedrock_lifecycle.deployment import Deployment
    from notifier.model import ModelEntry, TrackedModel
    from notifier.snapshot import State

# Polls come every few minutes to once a day; after this what is shown may no longer be true.
_OLD = timedelta(days=1, hours=1)


@dataclass(frozen=True, slots=True)
class Tracked:
    """The models table, read at once. `rows` have the evidence that the table keeps beside them."""

    deployment: Deployment
    state: State
    rows: tuple[TrackedModel, ...]
    now: datetime

    @property
    def today(self) -> date:
        """The UTC date from which days are counted."""
        return self.now.date()

    def entries(self, rows: Collection[TrackedModel]) -> tuple[ModelEntry, ...]:
        """Describe rows: one entry per model, phase and dates."""
        return entries_of(rows, self.state.snoozes, self.today)

    def item(self, row: TrackedModel) -> dict[str, Any]:
        """Give the row as it stands in the table."""
        return dict(self.state.stored[row.key])

    def as_of(self) -> str:
        """Say how old what is shown is."""
        polled = self.state.last_completed_at
        when = (
            f"poll of {moment_text(polled)}" if polled else "first poll, which is still under way"
        )
        return f"As of the {when}, stack {self.deployment.stack_name} in {self.deployment.region}"


def read(access: Access) -> Tracked:
    """Read what the stack tracks. Raises AwsError, CommandError."""
    with progress("Reading the models table"):
        deployment = find(access)
        state = deployment.snapshot.read()
        rows = enriched(
            state.rows,
            usage=state.usage if deployment.settings.usage else {},
            lifecycles=state.health.api.lifecycles,
            settings=deployment.settings,
            partition=access.partition(deployment.session),
            today=access.now.date(),
        )
    if not rows:
        raise CommandError(
            "nothing is tracked yet: no poll has been completed; poll now with "
            "bedrock-lifecycle poll, or see bedrock-lifecycle doctor"
        )
    _say_if_old(state, access.now)
    return Tracked(deployment, state, rows, access.now)


def _say_if_old(state: State, now: datetime) -> None:
    polled = state.last_completed_at
    if polled is not None and now - polled > _OLD:
        say(
            f"Warning: the last completed poll was on {moment_text(polled)}, "
            f"{(now - polled).days} days ago; see bedrock-lifecycle doctor"
        )
