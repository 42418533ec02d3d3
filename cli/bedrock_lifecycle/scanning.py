"""One look at an account without any deployment: what Bedrock lists, and what the account uses.

It asks as the first poll does, with the same sources and the same judgement, and remembers nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bedrock_lifecycle.output import progress
from notifier.coverage import judge
from notifier.enrich import enriched
from notifier.errors import AwsError, may_pass
from notifier.grouping import entries_of
from notifier.model import Failure, RegionState
from notifier.observe import observe
from notifier.render.words import count_text
from notifier.snooze import Snoozes
from notifier.sources.bedrock import Bedrock
from notifier.sources.usage import Usage
from notifier.usage import Source, listed_ids, remember, requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

    from boto3 import Session

    from bedrock_lifecycle.access import Access, Caller
    from notifier.coverage import Judged
    from notifier.model import ModelEntry, TrackedModel
    from notifier.observe import Observation
    from notifier.settings import ScopeSettings
    from notifier.usage import RegionUsage

_USAGE_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was found. `rows` have the evidence of use; `failures` are Regions without an answer.

    `guessed` is why the account could not be asked for its Regions; then all that offer Bedrock
    were asked.
    """

    account_id: str
    rows: tuple[TrackedModel, ...]
    usage: Mapping[str, RegionUsage]
    answered: tuple[str, ...]
    failures: Mapping[str, Failure]
    partition: str
    today: date
    guessed: AwsError | None = None

    @property
    def unanswered(self) -> dict[str, Failure]:
        """The Regions that may hold models all the same: they did not refuse, they gave nothing."""
        return {name: one for name, one in self.failures.items() if not _is_refusal(one)}

    @property
    def closed(self) -> dict[str, Failure]:
        """The Regions that refused: by policy, or because they are not enabled."""
        return {name: one for name, one in self.failures.items() if _is_refusal(one)}

    @property
    def knows_profiles(self) -> bool:
        """Whether every Region that answered told AWS's own inference profiles."""
        return all(
            name in self.usage and Source.SYSTEM_PROFILES in self.usage[name].whole
            for name in self.answered
        )

    def without(self, ignored: Callable[[TrackedModel], bool]) -> Scanned:
        """Leave out the rows that somebody does not want to hear of."""
        return replace(self, rows=tuple(row for row in self.rows if not ignored(row)))

    def entries(self) -> tuple[ModelEntry, ...]:
        """Describe the rows: one entry per model, phase and dates."""
        return entries_of(self.rows, Snoozes(), self.today)


def _is_refusal(failure: Failure) -> bool:
    """Say whether a Region is closed to the account, by policy or because it is not enabled."""
    return not may_pass(failure.name) and failure.name not in _NOT_CLOSED


_NOT_CLOSED: Final = frozenset(
    {"EmptyAnswer", "EndpointConnectionError", "ImplausibleAnswer", "UnexpectedAnswer"}
)


def scan(
    access: Access, session: Session, regions: Sequence[str], settings: ScopeSettings
) -> Scanned:
    """Ask these Regions, or all that are enabled. Raises AwsError where nobody may ask at all."""
    now = access.now
    bedrock, usage_of, home = Bedrock(session), Usage(session), str(session.region_name)
    partition = session.get_partition_for_region(home)
    asked, guessed = (tuple(regions), None) if regions else _enabled(bedrock, home)
    with progress(f"Asking {count_text(len(asked), 'Region')} which models they have", slow=True):
        callers: list[Caller] = []

        def meanwhile() -> None:
            usage_of.prepare(asked)
            callers.append(access.caller(session))

        answers = bedrock.catalogs(asked, meanwhile)
    judged = {name: judge(RegionState(name), one, {}, now) for name, one in answers.items()}
    seen = observe((), judged, {}, {}, now)
    usage = _usage(usage_of, judged, seen, settings, now) if settings.usage else {}
    rows = enriched(
        seen.rows,
        usage=usage,
        lifecycles=(),
        settings=settings,
        partition=partition,
        today=now.date(),
    )
    return Scanned(
        account_id=callers[0].account_id,
        rows=rows,
        usage=usage,
        answered=tuple(sorted(name for name, one in judged.items() if one.reported is not None)),
        failures=dict(sorted(_failures(answers, judged).items())),
        partition=partition,
        today=now.date(),
        guessed=guessed,
    )


def _enabled(bedrock: Bedrock, home: str) -> tuple[tuple[str, ...], AwsError | None]:
    try:
        with progress("Asking which Regions are enabled"):
            return bedrock.enabled_regions(home), None
    except AwsError as error:
        return bedrock.offered_regions(home), error


def _usage(
    usage: Usage,
    judged: Mapping[str, Judged],
    seen: Observation,
    settings: ScopeSettings,
    now: datetime,
) -> dict[str, RegionUsage]:
    """Read what is used where models may be called: in Regions that answer, or may do so again."""
    regions = [
        name for name, one in judged.items() if one.reported or may_pass(one.state.failure or "")
    ]
    if not regions:
        return {}
    ids = listed_ids(seen.rows, regions)
    asked = requests(regions, {}, ids, settings.used_within_days, now.date())
    with progress(
        f"Reading what the account uses in {count_text(len(asked), 'Region')}", slow=True
    ):
        read = usage.read(asked, now, _USAGE_SECONDS)
    return {one.region: remember(None, one, read[one.region], now.date()) for one in asked}


def _failures(answers: Mapping[str, object], judged: Mapping[str, Judged]) -> dict[str, Failure]:
    return {
        name: answer if isinstance(answer, Failure) else Failure(judged[name].state.failure or "")
        for name, answer in answers.items()
        if judged[name].reported is None
    }
