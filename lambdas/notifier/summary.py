"""What one poll did: its answer, its log line and its metrics."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from notifier.lifecycle import KNOWN_STATUSES
from notifier.model import Catalog, Failure
from notifier.times import iso_time

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from notifier.delivery import Outcome
    from notifier.errors import AwsError
    from notifier.health_event import HealthEvent
    from notifier.health_poll import ApiReading
    from notifier.model import Confirmation, RegionState, RowKey, TrackedModel
    from notifier.usage import RegionUsage

_USE_WORDS = {True: "used", False: "unused", None: "unknown"}


@dataclass(slots=True)
class Summary:
    """Filled while the poll goes on. `is_blind`: no Region gave an answer to believe.

    `in_use` counts the rows; `usage_read` counts the Regions read in this poll, `usage_failing`
    names the Regions where a source failed when it was last read. `health_api` is why AWS Health's
    API gave no answer, or that it answers. `days_to_next_end_of_life` is of the models in use.

    `unheard` names the topics that nobody is subscribed to although there is something to say;
    `waits_in_vain`: the first message waits for somebody for too long.
    """

    now: datetime
    outcome: str = "completed"
    regions: tuple[RegionState, ...] = ()
    tracked: int = 0
    rows_written: int = 0
    deferred: int = 0
    not_understood: int = 0
    in_use: dict[str, int] = field(default_factory=dict)
    usage_read: int = 0
    usage_failing: dict[str, list[str]] = field(default_factory=dict)
    health_api: str = "not asked"
    days_to_next_end_of_life: int | None = None
    failures: dict[str, str] = field(default_factory=dict)
    confirmed: dict[str, str] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    waiting: str | None = None
    unheard: tuple[str, ...] = ()
    waits_in_vain: bool = False
    is_blind: bool = False
    warnings: list[str] = field(default_factory=list)
    unreadable: int = 0
    table_errors: list[str] = field(default_factory=list)
    event_errors: list[str] = field(default_factory=list)

    def note_answers(
        self,
        answers: Mapping[str, Catalog | Failure],
        confirmations: Mapping[RowKey, Confirmation],
    ) -> None:
        """Keep what the Regions said that is not seen from the rows."""
        for region, answer in answers.items():
            match answer:
                case Catalog():
                    self.not_understood += answer.skipped
                case Failure():
                    self.failures[region] = f"{answer.name}: {answer.detail}"[:300]
        for key, confirmation in confirmations.items():
            self.confirmed[f"{key.model_id} {key.region}"] = confirmation.presence.value

    def note_observed(
        self, rows: Iterable[TrackedModel], regions: Iterable[RegionState], written: int
    ) -> None:
        """Count the rows, and what of them cannot be understood."""
        rows = tuple(rows)
        self.tracked = len(rows)
        self.rows_written = written
        self.in_use = dict(Counter(_USE_WORDS[row.in_use] for row in rows))
        self.regions = tuple(regions)
        self.not_understood += sum(
            bool(row.not_understood) or row.lifecycle.status not in KNOWN_STATUSES for row in rows
        )

    def note_next_end(self, rows: Iterable[TrackedModel]) -> None:
        """Keep when the next of these models ends that is used; unknown counts as used."""
        today = self.now.date()
        ends = [row.dates.end_of_life for row in rows if row.in_use is not False]
        ahead = [(day - today).days for day in ends if day is not None and day >= today]
        self.days_to_next_end_of_life = min(ahead, default=None)

    def note_usage(
        self, before: Mapping[str, RegionUsage], now: Mapping[str, RegionUsage], read: int
    ) -> None:
        """Keep what cannot be read of the account's use; what newly fails is said once."""
        self.usage_read = read
        for region, usage in now.items():
            known = before[region].failures if region in before else {}
            for source, failure in usage.failures.items():
                self.usage_failing.setdefault(source.value, []).append(region)
                if source not in known:
                    what = f"{source} in {region}: {failure.code}: {failure.detail}"
                    self.warnings.append(f"use cannot be read, {what}"[:300])

    def note_health(self, reading: ApiReading) -> None:
        """Keep whether the Health API answers; what newly fails is said once."""
        self.health_api = reading.state.failure or "answers"
        self.not_understood += reading.skipped
        for error in reading.errors:
            self.note_warning(error)

    def note_event_error(self, event: HealthEvent, error: Exception) -> None:
        """Keep that one event could not be told: it makes the invocation fail, not the poll."""
        self.event_errors.append(f"AWS Health event {event.arn}: {error!r}"[:500])

    def note_warning(self, error: AwsError) -> None:
        """Keep what went wrong without any harm to what is told."""
        self.warnings.append(str(error))

    def note_table_errors(self, errors: Iterable[AwsError]) -> None:
        """Keep what our own tables refused: it makes the poll fail in the end."""
        self.table_errors.extend(str(error) for error in errors)

    @property
    def is_unheard(self) -> bool:
        """Whether somebody who should hear of this does not."""
        return bool(self.unheard) or self.waits_in_vain

    def note_unreadable(self, what: str, items: Collection[str], *, untold: int) -> None:
        """Note items that cannot be read; of the `untold` among them nothing is told until then."""
        self.unreadable += untold
        self.warnings += [f"unreadable {what} {one}" for one in items]

    @property
    def delivery_failures(self) -> int:
        """Alerts that a channel did not take in this run, and what keeps others from being told.

        That is the silence of no subscriber, and items of which nobody can say what they mean.
        """
        refused = sum(bool(outcome.errors) for outcome in self.outcomes)
        return refused + self.is_unheard + self.unreadable

    @property
    def covered_regions_failing(self) -> dict[str, str | None]:
        """Covered Regions without a good answer, and why."""
        return {s.region: s.failure for s in self.regions if s.covered_since and s.failing_since}

    @property
    def reasons_to_fail(self) -> list[str]:
        """Why the invocation must fail after all was done that could be; empty when it need not."""
        reasons = ["no Region gave a usable answer"] if self.is_blind else []
        reasons += self.table_errors + self.event_errors
        reasons += [str(error) for outcome in self.outcomes for error in outcome.errors]
        return reasons

    def document(self) -> dict[str, Any]:
        """Give the summary as JSON types."""
        return {
            "outcome": self.outcome,
            "time": iso_time(self.now),
            "regions_covered": sum(s.covered_since is not None for s in self.regions),
            "regions_failing": self.covered_regions_failing,
            "regions_not_covered": {
                s.region: s.failure for s in self.regions if not s.covered_since
            },
            "failures": self.failures,
            "tracked": self.tracked,
            "rows_written": self.rows_written,
            "alerts": [_alert_line(outcome) for outcome in self.outcomes],
            "waiting": self.waiting,
            "deferred": self.deferred,
            "in_use": self.in_use,
            "usage_read": self.usage_read,
            "usage_failing": self.usage_failing,
            "health_api": self.health_api,
            "confirmed": self.confirmed,
            "not_understood": self.not_understood,
            "nobody_subscribed": self.is_unheard,
            "unheard": list(self.unheard),
            "warnings": self.warnings,
            "errors": self.reasons_to_fail,
        }


def _alert_line(outcome: Outcome) -> dict[str, Any]:
    document = outcome.record.notification.document
    return {
        "alert_id": document["alert_id"],
        "kind": document["kind"],
        "severity": document["severity"],
        "reason": document["reason"],
        "told": outcome.told,
    }
