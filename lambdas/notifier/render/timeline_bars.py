"""What a timeline shows: which models, in which order, and each as bars of dated stretches.

A model has one bar for all Regions in which the same is true of it. Its dates are those of the
Bedrock API and, where that gives none, those of AWS Health.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from notifier.model import PHASE_ORDER, Dates, Milestone, Phase
from notifier.render.lettering import flat
from notifier.render.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from notifier.model import TrackedModel

ENDED_SHOWN_DAYS = 90
"""How long a model that nobody is known to use stays in the picture after its end."""


class Section(StrEnum):
    """Where a model stands, by what is known of its use; members stand in order."""

    IN_USE = "In use here"
    PERHAPS = "Perhaps in use"
    NOT_IN_USE = "Not in use"


class Stretch(NamedTuple):
    """The days of one phase: from `start` up to `end`, None where no date is known."""

    phase: Phase
    start: date | None
    end: date | None


class Mark(NamedTuple):
    """A milestone on its day; `by_health` says that the day is AWS Health's and not the API's."""

    day: date
    milestone: Milestone
    by_health: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """One model over all Regions where the same is true of it.

    `since` is when a phase that no date explains was seen at the latest. `ends_on` is None while
    no end is known.
    """

    rows: tuple[TrackedModel, ...]
    stretches: tuple[Stretch, ...]
    marks: tuple[Mark, ...]
    launches: tuple[date, ...] = ()
    since: date | None = None
    ends_on: date | None = None

    @property
    def phase(self) -> Phase:
        """The phase that all its rows are in."""
        return self.rows[0].phase

    @property
    def regions(self) -> tuple[str, ...]:
        """The Regions, made safe to show."""
        return tuple(flat(plain(row.region)) for row in self.rows)

    @property
    def used_in(self) -> tuple[str, ...]:
        """The Regions in which use is proven."""
        return tuple(flat(plain(row.region)) for row in self.rows if row.in_use)

    @property
    def may_be_used(self) -> bool:
        """Whether use is proven or not excluded in one of its Regions."""
        return any(row.in_use is not False for row in self.rows)

    @property
    def is_withdrawn(self) -> bool:
        """Whether it went without a date, or before it."""
        row = self.rows[0]
        return row.gone_at is not None and self.ends_on != known_dates(row).end_of_life

    def next_mark(self, today: date) -> Mark | None:
        """Give the milestone that comes next; from the end on, the end."""
        if self.ends_on is not None and self.ends_on <= today:
            return next((mark for mark in reversed(self.marks) if mark.day == self.ends_on), None)
        return next((mark for mark in self.marks if mark.day >= today), None)


@dataclass(frozen=True, slots=True)
class Model:
    """One model with its bars; `label` is its name, or its id where others bear that name."""

    model_id: str
    name: str
    provider: str
    bars: tuple[Bar, ...]
    label: str = ""

    @property
    def ends_on(self) -> date:
        """The end that comes first."""
        return min(bar.ends_on or date.max for bar in self.bars)


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that is shown; `left_out` counts models that ended long ago in one Region at least."""

    sections: Mapping[Section, tuple[Model, ...]]
    left_out: int

    def bars(self) -> Iterator[Bar]:
        """Yield every bar."""
        for models in self.sections.values():
            for model in models:
                yield from model.bars

    def days(self) -> Iterator[date]:
        """Yield every day on which a stretch begins or ends, or that has a mark."""
        for bar in self.bars():
            ends = (day for stretch in bar.stretches for day in stretch[1:])
            yield from (day for day in ends if day is not None)
            yield from (mark.day for mark in bar.marks)


def timeline_of(rows: Iterable[TrackedModel], today: date) -> Timeline:
    """Choose and order what is shown: in-use models first, and what ends first before the rest."""
    shown: defaultdict[str, list[TrackedModel]] = defaultdict(list)
    left_out: set[str] = set()
    for row in sorted(rows, key=lambda row: row.key):
        if _ended_long_ago(row, today):
            left_out.add(row.model_id)
        else:
            shown[row.model_id].append(row)
    models = _labelled([_model(of_one, today) for of_one in shown.values()])
    models.sort(key=lambda model: (model.ends_on, model.label.casefold(), model.model_id))
    of_section: dict[Section, list[Model]] = {section: [] for section in Section}
    for model in models:
        of_section[_section(model)].append(model)
    return Timeline({of: tuple(found) for of, found in of_section.items() if found}, len(left_out))


def known_dates(row: TrackedModel) -> Dates:
    """Give the Bedrock API's dates and, where it gives none, those of AWS Health."""
    return Dates(*(mine or its for mine, its in zip(row.known_dates, row.by_health, strict=True)))


def _ended_long_ago(row: TrackedModel, today: date) -> bool:
    ends_on = _end(row, today)
    ended = ends_on is not None and (today - ends_on).days > ENDED_SHOWN_DAYS
    # Nobody can still call it: that its use could not be read keeps it no longer.
    return ended and row.in_use is not True


def _end(row: TrackedModel, today: date) -> date | None:
    """Give the day after which there is nothing to draw: the end of life, or when it was gone."""
    stated = known_dates(row).end_of_life
    reached = stated is not None and stated <= today
    if row.gone_at is None and (reached or row.phase is not Phase.END_OF_LIFE):
        return stated
    seen = (row.gone_at or row.last_changed_at).date()
    return min(stated or seen, seen)


def _labelled(models: Sequence[Model]) -> list[Model]:
    names = Counter(model.name for model in models)
    return [
        replace(model, label=flat(model.name if names[model.name] == 1 else plain(model.model_id)))
        for model in models
    ]


def _section(model: Model) -> Section:
    uses = {row.in_use for bar in model.bars for row in bar.rows}
    if True in uses:
        return Section.IN_USE
    return Section.PERHAPS if None in uses else Section.NOT_IN_USE


def _model(rows: Sequence[TrackedModel], today: date) -> Model:
    truths: defaultdict[tuple[object, ...], list[TrackedModel]] = defaultdict(list)
    for row in rows:
        truth = (row.phase, row.dates, known_dates(row), row.by_health, _end(row, today))
        truths[truth].append(row)
    bars = sorted((_bar(alike, today) for alike in truths.values()), key=_soonest_first)
    first = rows[0]
    name = plain(first.name) or plain(first.model_id)
    return Model(first.model_id, name, plain(first.provider), tuple(bars))


def _soonest_first(bar: Bar) -> tuple[date, int, tuple[str, ...]]:
    return (bar.ends_on or date.max, -PHASE_ORDER[bar.phase], bar.regions)


def _bar(rows: Sequence[TrackedModel], today: date) -> Bar:
    """Give the life of rows of which the same is true."""
    row = rows[0]
    dates, ends_on = known_dates(row), _end(row, today)
    begins = {Phase(milestone.value): day for milestone, day in dates.stated()}
    since = _since(rows, begins, today)
    if since is not None:
        begins[row.phase] = since
    if ends_on is not None:
        begins[Phase.END_OF_LIFE] = ends_on
    times = (one.lifecycle.start_of_life_at for one in rows)
    launches = tuple(sorted({time.date() for time in times if time}))
    stretches = tuple(_stretches(launches[0] if launches else None, begins))
    return Bar(tuple(rows), stretches, _marks(row, dates, ends_on), launches, since, ends_on)


def _since(rows: Sequence[TrackedModel], begins: Mapping[Phase, date], today: date) -> date | None:
    """Give the day by which all rows were seen in a phase whose date is unknown or still ahead."""
    phase = rows[0].phase
    if phase in {Phase.ACTIVE, Phase.END_OF_LIFE} or begins.get(phase, date.max) <= today:
        return None
    return min(max(row.last_changed_at.date() for row in rows), today)


def _stretches(launched_on: date | None, begins: Mapping[Phase, date]) -> Iterator[Stretch]:
    """Yield the phases that last a day at least: each until the first of the later ones begins."""
    for phase in (
        Phase.ACTIVE,
        *sorted(begins.keys() - {Phase.END_OF_LIFE}, key=list(Phase).index),
    ):
        start = begins.get(phase, launched_on)
        later = (day for other, day in begins.items() if PHASE_ORDER[other] > PHASE_ORDER[phase])
        end = min(later, default=None)
        if start is None or end is None or start < end:
            yield Stretch(phase, start, end)


def _marks(row: TrackedModel, dates: Dates, ends_on: date | None) -> tuple[Mark, ...]:
    """Give the milestones up to the end, with what AWS Health says otherwise."""
    marks = {Mark(day, of, by_health=row.dates.of(of) is None) for of, day in dates.stated()}
    marks |= {Mark(day, of, by_health=True) for of, day in row.by_health.stated()}
    if row.phase is Phase.END_OF_LIFE and ends_on is not None:
        marks = {mark for mark in marks if mark.day <= ends_on}
        if not any(mark.day == ends_on for mark in marks):
            marks.add(Mark(ends_on, Milestone.END_OF_LIFE))
    return tuple(sorted(marks, key=lambda mark: (mark.day, PHASE_ORDER[mark.milestone])))
