"""The story: what happens in the catalog, when the schedule polls, and what people must hear.

Models and dates are real but for the one date that moves, which is invented and says so.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from demo.catalog import MODELS, Model, catalog_at
from local_aws.fake_bedrock import INTERNAL_ERROR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local_aws.cloud import LocalCloud

MARENGO: Final = "twelvelabs.marengo-embed-2-7-v1:0"
MOVED_END: Final = date(2026, 11, 20)
FAILING_REGION: Final = "eu-west-1"


@dataclass(frozen=True)
class Heard:
    """A notification as the story has it: kind, models by name, severity and days left."""

    kind: str
    models: tuple[str, ...]
    severity: str
    days_left: int | None


@dataclass(frozen=True)
class Step:
    """One poll of the story. `mischief` is what goes wrong while it runs."""

    at: str
    title: str
    told: str
    hears: tuple[Heard, ...] = ()
    models: tuple[Model, ...] = MODELS
    mischief: Callable[[LocalCloud], AbstractContextManager[object]] = lambda _: nullcontext()
    fails: bool = False

    @property
    def time(self) -> datetime:
        """The scheduled time."""
        return datetime.fromisoformat(self.at)


@contextmanager
def _a_region_fails(cloud: LocalCloud) -> Iterator[None]:
    cloud.bedrock.misbehave(FAILING_REGION, INTERNAL_ERROR)
    yield
    cloud.bedrock.behave(FAILING_REGION)


def _sns_is_down(cloud: LocalCloud) -> AbstractContextManager[object]:
    return cloud.sns_outage()


_MOVED: Final = tuple(
    replace(model, end_of_life=MOVED_END) if model.id == MARENGO else model for model in MODELS
)
_JAMBAS: Final = ("Jamba 1.5 Large", "Jamba 1.5 Mini")
_OUTAGE_HEARD: Final = (
    Heard("DEADLINE", _JAMBAS, "critical", 14),
    Heard("DEADLINE", ("Claude Opus 4.1",), "warning", 57),
)

STORY: Final = (
    Step(
        "2026-10-01T09:00:00Z",
        "The first poll",
        "Nothing is known yet, so nothing is news: one message says what is watched from now on, "
        "and which models already have dates.",
        (
            Heard(
                "BASELINE",
                (
                    "Claude Sonnet 4",
                    *_JAMBAS,
                    "Marengo Embed v2.7",
                    "Claude Opus 4.1",
                ),
                "info",
                None,
            ),
        ),
    ),
    Step(
        "2026-10-01T10:00:00Z",
        "An hour later",
        "Nothing has changed in any Region. Nobody is told anything, and no row is written.",
    ),
    Step(
        "2026-10-07T09:00:00Z",
        "A reminder is due",
        "Claude Sonnet 4 has seven days left.",
        (Heard("DEADLINE", ("Claude Sonnet 4",), "critical", 7),),
    ),
    Step(
        "2026-10-08T08:00:00Z",
        "Claude Sonnet 4.5 enters Legacy, and Claude Opus 4.1 gets dearer",
        "Bedrock now lists Sonnet 4.5 as LEGACY with all its dates; the extended-access date of "
        "Opus 4.1 has come. Six Regions say so, people hear each once.",
        (
            Heard("EXTENDED_ACCESS_STARTED", ("Claude Opus 4.1",), "warning", 92),
            Heard("ENTERED_LEGACY", ("Claude Sonnet 4.5",), "warning", 182),
        ),
    ),
    Step(
        "2026-10-09T09:00:00Z",
        f"{FAILING_REGION} answers with errors",
        "A Region that does not answer is unknown, not empty: no model is called gone.",
        mischief=_a_region_fails,
    ),
    Step(
        "2026-10-09T10:00:00Z",
        f"{FAILING_REGION} answers again",
        "All its models are still there. Nothing false was said, so nothing needs to be undone.",
    ),
    Step(
        "2026-10-14T08:00:00Z",
        "Claude Sonnet 4 reaches its end of life",
        "The date of the last milestone has come. (The reminders at three days and one day fell "
        "between the polls that this story shows.)",
        (Heard("END_OF_LIFE_REACHED", ("Claude Sonnet 4",), "critical", 0),),
    ),
    Step(
        "2026-10-15T09:00:00Z",
        "Claude Sonnet 4 disappears from every Region's list",
        "Its end was told yesterday; its absence is no second message.",
    ),
    Step(
        "2026-10-27T09:00:00Z",
        "Thirty days before the end of Jamba 1.5",
        "Two models share the date and the reminder, so they share the message.",
        (Heard("DEADLINE", _JAMBAS, "warning", 30),),
    ),
    Step(
        "2026-10-28T09:00:00Z",
        "An end-of-life date moves EARLIER (this one is invented)",
        f"Marengo Embed v2.7 was to end on 2026-11-30; Bedrock now says {MOVED_END}.",
        (Heard("DATES_CHANGED", ("Marengo Embed v2.7",), "critical", 23),),
        models=_MOVED,
    ),
    Step(
        "2026-11-12T09:00:00Z",
        "SNS is down while alerts are due",
        "Three reminders are decided and put into the outbox; not one can be published. The "
        "invocation fails, so that the alarm and Lambda's retries see it.",
        models=_MOVED,
        mischief=_sns_is_down,
        fails=True,
    ),
    Step(
        "2026-11-12T10:00:00Z",
        "SNS is back",
        "What was decided during the outage is told now: nothing was lost.",
        (
            Heard("DEADLINE", ("Marengo Embed v2.7",), "critical", 8),
            *_OUTAGE_HEARD,
        ),
        models=_MOVED,
    ),
    Step(
        "2026-11-12T10:00:00Z",
        "The same invocation arrives a second time",
        "EventBridge Scheduler delivers at least once. People hear once.",
        models=_MOVED,
    ),
    Step(
        "2026-11-19T09:00:00Z",
        "Seven days before the end of Jamba 1.5",
        "And one day before the end of Marengo Embed v2.7.",
        (
            Heard("DEADLINE", ("Marengo Embed v2.7",), "critical", 1),
            Heard("DEADLINE", _JAMBAS, "critical", 7),
        ),
        models=_MOVED,
    ),
)


def set_stage(cloud: LocalCloud, step: Step) -> None:
    """Let Bedrock list what it lists at the step's time."""
    cloud.bedrock.set_catalogs(catalog_at(step.time.date(), step.models))


def differences(step: Step, heard: list[Heard], function_error: str | None) -> list[str]:
    """Say in which way what happened is not what the story has; empty when all is as told."""
    found = []
    if bool(function_error) != step.fails:
        found.append(f"the function {'failed' if function_error else 'did not fail'}")
    missing = [one for one in step.hears if one not in heard]
    surplus = [one for one in heard if one not in step.hears]
    found += [f"not heard: {one}" for one in missing]
    found += [f"heard, and not in the story: {one}" for one in surplus]
    if not missing and not surplus and len(heard) != len(step.hears):
        found.append("something was heard twice")
    return found
