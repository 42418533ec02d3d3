"""What the code of somebody calls: each place that names a model, with what is true of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from bedrock_lifecycle.mentions import mentions, vocabulary
from bedrock_lifecycle.source_tree import LeftOut, SourceFile, read_tree
from notifier.evidence import Resolver
from notifier.lifecycle import base_model_id
from notifier.model import NO_DATES, PHASE_ORDER, Phase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from bedrock_lifecycle.mentions import Mention
    from notifier.model import TrackedModel
    from notifier.usage import RegionUsage


class Level(StrEnum):
    """How bad it is, in the words of SARIF."""

    ERROR = "error"
    WARNING = "warning"
    NONE = "none"


class Verdict(StrEnum):
    """What is true of a model that is named in code."""

    ENDED = "ended"
    ENDS_SOON = "ends soon"
    ON_THE_WAY_OUT = "on the way out"
    NOT_LISTED = "not listed"
    NOT_LISTED_THERE = "not listed there"
    UNKNOWN = "unknown"
    ACTIVE = "active"


_LEVELS = {
    Verdict.ENDED: Level.ERROR,
    Verdict.ENDS_SOON: Level.ERROR,
    Verdict.NOT_LISTED: Level.ERROR,
    # A policy may name every Region that a profile leads to, whether or not it offers the model.
    Verdict.NOT_LISTED_THERE: Level.WARNING,
    Verdict.ON_THE_WAY_OUT: Level.WARNING,
    Verdict.UNKNOWN: Level.NONE,
    Verdict.ACTIVE: Level.NONE,
}


class Named(NamedTuple):
    """A place, and what it comes to. `worst` is the row that ends first, where any is meant.

    `regions` are those of which that is true.
    """

    mention: Mention
    verdict: Verdict
    worst: TrackedModel | None = None
    regions: tuple[str, ...] = ()

    @property
    def model_id(self) -> str:
        """The model's id, or what is written there where it stands for none that is listed."""
        return self.worst.model_id if self.worst else self.mention.text

    @property
    def level(self) -> Level:
        """How bad it is."""
        return _LEVELS[self.verdict]


@dataclass(frozen=True, slots=True)
class CodeScan:
    """Every place that names a model, how many files were read, and which were not."""

    named: tuple[Named, ...]
    files: int
    left_out: tuple[LeftOut, ...]

    @property
    def findings(self) -> tuple[Named, ...]:
        """The places that somebody has to change, the worst first."""
        found = [one for one in self.named if one.level is not Level.NONE]
        return tuple(sorted(found, key=lambda one: one.level is not Level.ERROR))

    def without(self, ignored: Callable[[str], bool]) -> CodeScan:
        """Leave out the models that somebody does not want to hear of, by id."""
        kept = [one for one in self.named if not ignored(one.model_id)]
        return replace(self, named=tuple(kept))

    @property
    def is_failing(self) -> bool:
        """Whether a build should fail."""
        return any(one.level is Level.ERROR for one in self.named)


@dataclass(frozen=True, slots=True)
class Question:
    """What a place is judged by. `complete`: every Region answered, and so did its profiles."""

    rows: Sequence[TrackedModel]
    usage: Mapping[str, RegionUsage]
    partition: str
    today: date
    fail_within: int
    complete: bool


def scan_code(folders: Iterable[Path], question: Question, exclude: Sequence[str] = ()) -> CodeScan:
    """Look through the files below these folders."""
    known, judge = vocabulary(question.rows, question.usage), _Judge(question)
    named: list[Named] = []
    left_out: list[LeftOut] = []
    files = 0
    for one in (one for folder in folders for one in read_tree(folder, exclude)):
        match one:
            case LeftOut():
                left_out.append(one)
            case SourceFile(path, text):
                files += 1
                named += [judge.of(mention) for mention in mentions(path, text, known)]
    return CodeScan(tuple(named), files, tuple(left_out))


class _Judge:
    """Tells what is true of what is named; each id is resolved once."""

    def __init__(self, question: Question) -> None:
        self._asked = question
        self._rows = {row.key: row for row in question.rows}
        self._resolver = Resolver(self._rows, question.usage, question.partition)
        self._regions = sorted({row.region for row in question.rows})
        self._models = {row.model_id for row in question.rows}
        self._judged: dict[str, Named] = {}

    def of(self, mention: Mention) -> Named:
        """Judge one place."""
        if mention.text not in self._judged:
            self._judged[mention.text] = self._judge(mention)
        return self._judged[mention.text]._replace(mention=mention)

    def _judge(self, mention: Mention) -> Named:
        rows = self._rows_of(mention.text)
        if rows:
            worst = min(rows, key=_urgency)
            alike = [row.region for row in rows if _urgency(row)[:-1] == _urgency(worst)[:-1]]
            return Named(mention, self._verdict(worst), worst, tuple(sorted(alike)))
        if mention.text.startswith("arn:"):
            return self._unlisted_arn(mention)
        return Named(mention, self._nowhere)

    def _rows_of(self, text: str) -> list[TrackedModel]:
        """Resolve as the account's calls are, in every Region from which it may be called."""
        keys = {
            key for region in self._regions for key in self._resolver.resolve(text, region).rows
        }
        if not keys:
            # A profile that no Region lists is a way to its model all the same.
            behind = base_model_id(text.partition(".")[2], self._models)
            keys = {key for key in self._rows if key.model_id == behind}
        return [self._rows[key] for key in keys]

    @property
    def _nowhere(self) -> Verdict:
        """Say that nothing lists it only where every Region was heard."""
        return Verdict.NOT_LISTED if self._asked.complete else Verdict.UNKNOWN

    def _unlisted_arn(self, mention: Mention) -> Named:
        """Speak of the Region that an ARN names, if it answered; of models, and not of others'."""
        _, partition, _, region, _, resource = mention.text.split(":", 5)
        kind, _, model_id = resource.partition("/")
        if partition != self._asked.partition or kind != "foundation-model":
            return Named(mention, Verdict.UNKNOWN)
        if not region:
            return Named(mention, self._nowhere)
        if region not in self._regions:
            return Named(mention, Verdict.UNKNOWN)
        elsewhere = base_model_id(model_id, self._models) in self._models
        if self._asked.complete and not elsewhere:
            return Named(mention, Verdict.NOT_LISTED)
        return Named(mention, Verdict.NOT_LISTED_THERE, regions=(region,))

    def _verdict(self, row: TrackedModel) -> Verdict:
        if row.phase is Phase.END_OF_LIFE:
            return Verdict.ENDED
        end = row.dates.end_of_life
        if end is not None and (end - self._asked.today).days <= self._asked.fail_within:
            return Verdict.ENDS_SOON
        dying = row.phase is not Phase.ACTIVE or row.dates != NO_DATES
        return Verdict.ON_THE_WAY_OUT if dying else Verdict.ACTIVE


def _urgency(row: TrackedModel) -> tuple[bool, date, int, str]:
    """Order by what stops answering first: a date counts for more than a phase without one."""
    end = row.dates.end_of_life or date.max
    return (row.phase is not Phase.END_OF_LIFE, end, -PHASE_ORDER[row.phase], row.region)
