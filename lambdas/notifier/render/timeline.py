"""The timeline as one SVG picture that needs nothing from elsewhere.

It is a pile of blocks, each drawn from its own upper left corner. A wide picture has three
columns: what, when, and what comes next; in a narrow one a bar stands below its words.
"""

from __future__ import annotations

from html import escape
from itertools import repeat
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from notifier.model import Milestone, Phase
from notifier.render.lettering import Lettering
from notifier.render.timeline_axis import Axis, axis_over
from notifier.render.timeline_bars import ENDED_SHOWN_DAYS, Section, timeline_of
from notifier.render.timeline_shapes import (
    arrow,
    bar,
    box,
    dashes,
    line,
    mark,
    notch,
    pieces,
    placed,
    rule,
    text,
)
from notifier.render.timeline_style import Theme, stylesheet
from notifier.render.timeline_words import (
    Tone,
    distance_texts,
    milestone_texts,
    region_texts,
    title,
    tone,
)
from notifier.render.words import count_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from notifier.model import TrackedModel
    from notifier.render.timeline_bars import Bar, Model, Stretch, Timeline

__all__ = ["Theme", "timeline_sheets", "timeline_svg"]

_NARROW_BELOW = 640
_SHEET_HEIGHT = 1000

_HEADING = Lettering("bl-heading", 15, is_bold=True)
_NAME = Lettering("bl-name", 13, is_bold=True)
_PLAIN = Lettering("bl-muted", 13)
_SMALL = Lettering("bl-muted", 11.5)
_YEAR = Lettering("bl-year-label", 11.5, is_bold=True)
_PART = Lettering("bl-muted", 10.5)
_TODAY = Lettering("bl-today-label", 10.5, is_bold=True)
_TONES = {
    Tone.URGENT: Lettering("bl-urgent", 13, is_bold=True),
    Tone.NEXT: _NAME,
    Tone.QUIET: _PLAIN,
}

_GAP = 20
_FIRST_LINE, _SECOND_LINE = 19, 36
_LEGEND_LINE = 22
_NOTE_LINE = 17
_LEAD_IN = 22
"""How far dashes lead into a bar whose beginning nobody knows."""

_LEGEND = (
    (bar(Phase.ACTIVE, 0, 24, 0, rounded=(True, True)), "Active"),
    (mark(Milestone.LEGACY, 12, 0), "Legacy date"),
    (bar(Phase.LEGACY, 0, 24, 0, rounded=(True, True)), "Legacy"),
    (mark(Milestone.EXTENDED_ACCESS, 12, 0), "Extended-access date"),
    (bar(Phase.EXTENDED_ACCESS, 0, 24, 0, rounded=(True, True)), "Extended access"),
    (mark(Milestone.END_OF_LIFE, 12, 0), "End of life"),
    (dashes(Phase.ACTIVE, 0, 18, 0) + arrow(24, 0, 1), "No date known"),
    (mark(Milestone.END_OF_LIFE, 12, 0, hollow=True), "Date by AWS Health"),
)
"""What is drawn and what it means: phases and their milestones in turn."""


class _Block(NamedTuple):
    """A part of the picture, as high as it is."""

    height: float
    svg: str = ""


class _Column(NamedTuple):
    left: float
    right: float

    @property
    def width(self) -> float:
        return self.right - self.left


class _Frame(NamedTuple):
    """What every block is drawn in: its columns, its calendar, and where a bar stands in a row."""

    page: _Column
    labels: _Column
    ahead: _Column
    axis: Axis
    today: date
    is_narrow: bool
    row_height: float
    middle: float


def timeline_svg(
    rows: Iterable[TrackedModel], *, today: date, width: int = 1200, theme: Theme = Theme.AUTO
) -> str:
    """Draw all rows in one picture; below 640 pixels it is laid out for a narrow screen."""
    timeline = timeline_of(rows, today)
    frame = _frame(timeline, today, width)
    whole = _stack(_sheets(timeline, frame, _SHEET_HEIGHT))
    return _picture(whole, frame, theme, _style(theme))


def timeline_sheets(
    rows: Iterable[TrackedModel],
    *,
    today: date,
    width: int = 1200,
    theme: Theme = Theme.AUTO,
    height: int = _SHEET_HEIGHT,
) -> tuple[str, ...]:
    """Draw all rows in pictures of about that height, to stand below one another on one page.

    Each has a calendar of its own, so that paper can end after any of them. The first brings the
    style for all.
    """
    timeline = timeline_of(rows, today)
    frame = _frame(timeline, today, width)
    sheets = _sheets(timeline, frame, height)
    styles = (_style(theme), *repeat("", len(sheets) - 1))
    return tuple(
        _picture(sheet, frame, theme, style) for sheet, style in zip(sheets, styles, strict=True)
    )


# Layout


def _frame(timeline: Timeline, today: date, width: int) -> _Frame:
    """Divide the width into columns."""
    days = timeline.days()
    if width < _NARROW_BELOW:
        page = _Column(12, width - 12)
        labels, ahead = _split(page, page.width * 0.54, page.width * 0.46 - _GAP / 2)
        axis = axis_over(days, today, *page)
        return _Frame(page, labels, ahead, axis, today, is_narrow=True, row_height=74, middle=56)
    page = _Column(24, width - 24)
    labels, ahead = _split(page, max(width * 0.24, 190), max(width * 0.18, 170))
    axis = axis_over(days, today, labels.right + _GAP, ahead.left - _GAP)
    return _Frame(page, labels, ahead, axis, today, is_narrow=False, row_height=50, middle=25)


def _split(page: _Column, left: float, right: float) -> tuple[_Column, _Column]:
    """Give columns of those widths at both sides of the page."""
    return (
        _Column(page.left, round(page.left + left)),
        _Column(round(page.right - right), page.right),
    )


def _sheets(timeline: Timeline, frame: _Frame, limit: float) -> list[_Block]:
    """Lay out every section over sheets that are about as high as the limit, or lower."""
    if not timeline.sections:
        return [_stack([_nothing(timeline, frame), *_left_out(timeline, frame), _Block(16)])]
    sheets: list[list[_Block]] = []
    for section, models in timeline.sections.items():
        blocks = [_model(model, frame) for model in models]
        first = len(sheets)
        sheets += [[_chart(part, frame)] for part in _even_parts(blocks, limit)]
        sheets[first].insert(0, _heading(section, len(models), frame))
    sheets[0].insert(0, _legend(frame))
    sheets[-1] += [*_left_out(timeline, frame), _Block(16)]
    return [_stack(blocks) for blocks in sheets]


def _even_parts(blocks: Sequence[_Block], limit: float) -> list[list[_Block]]:
    """Divide blocks into parts of about the same height, as few as the limit allows."""
    total = sum(block.height for block in blocks)
    enough = total / ceil(total / limit)
    parts: list[list[_Block]] = [[]]
    for block in blocks:
        if sum(one.height for one in parts[-1]) >= enough:
            parts.append([])
        parts[-1].append(block)
    return parts


def _stack(blocks: Iterable[_Block]) -> _Block:
    """Put blocks below one another."""
    height, parts = 0.0, []
    for block in blocks:
        parts.append(placed(block.svg, 0, height))
        height += block.height
    return _Block(height, "".join(parts))


def _picture(block: _Block, frame: _Frame, theme: Theme, style: str) -> str:
    width, height = f"{frame.page.right + frame.page.left:g}", f"{block.height:g}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bl-timeline bl-{theme}" role="group" '
        f'aria-label="Timeline of Amazon Bedrock models as of {frame.today}" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">{style}'
        f'<rect class="bl-ground" width="{width}" height="{height}"/>{block.svg}</svg>'
    )


def _style(theme: Theme) -> str:
    return f"<style>{stylesheet(theme)}</style>"


# What stands above and below the models


def _legend(frame: _Frame) -> _Block:
    """Explain colours and shapes: phases beside their milestones, or above them."""
    columns = 2 if frame.is_narrow else 4
    step = frame.page.width / 2 if frame.is_narrow else min(frame.page.width / 4, 190)
    parts = []
    for number, (drawn, words) in enumerate(_LEGEND):
        down, across = divmod(number, 2) if frame.is_narrow else divmod(number, 2)[::-1]
        x, y = frame.page.left + across * step, 28 + down * _LEGEND_LINE
        parts.append(placed(drawn, x, y) + text(words, _SMALL, x + 32, y + 4))
    return _Block(28 + len(_LEGEND) / columns * _LEGEND_LINE, "".join(parts))


def _heading(section: Section, count: int, frame: _Frame) -> _Block:
    counted = count_text(count, "model")
    unread = f"{counted}; use could not be read in full"
    notes = (unread, counted) if section is Section.PERHAPS else (counted,)
    note = _SMALL.first_to_fit(notes, frame.page.width - _HEADING.width(section) - 10)
    return _Block(46, pieces(((section, _HEADING), (note, _SMALL)), frame.page.left, 32))


def _chart(models: Sequence[_Block], frame: _Frame) -> _Block:
    """Put models under a calendar, whose lines run through them where no words stand in between."""
    chart = _stack([_calendar(frame), *models])
    bottom = _calendar_height(frame) if frame.is_narrow else chart.height
    return chart._replace(svg=_grid(frame, 24, bottom) + chart.svg)


def _calendar(frame: _Frame) -> _Block:
    parts = frame.axis.parts()
    labels = [*((tick, _YEAR, 36) for tick in frame.axis.years())]
    labels += [(tick, _PART, 51) for tick in parts]
    texts = (
        text(tick.label, lettering, tick.left + 4, y)
        for tick, lettering, y in labels
        if lettering.width(tick.label) + 5 <= tick.right - tick.left
    )
    return _Block(_calendar_height(frame), "".join(texts) + _today_flag(frame))


def _calendar_height(frame: _Frame) -> float:
    return 58 if frame.axis.parts() else 43


def _today_flag(frame: _Frame) -> str:
    """Write today's date above its line, moved inwards where it would leave the chart."""
    axis, words = frame.axis, f"today {frame.today}"
    half = _TODAY.width(words) / 2 + 6
    x = min(max(axis.x(frame.today), axis.left + half), axis.right - half)
    flag = box("bl-today-flag", x - half, 2, 2 * half, 18)
    return flag + text(words, _TODAY, x, 15, "middle")


def _today_line(frame: _Frame, top: float, bottom: float) -> str:
    return line("bl-today", [frame.axis.x(frame.today)], top, bottom)


def _grid(frame: _Frame, top: float, bottom: float) -> str:
    """Draw the lines of the calendar, the beginnings of years over those of their parts."""
    ends = frame.axis[2:]
    parts = [tick.left for tick in frame.axis.parts()]
    years = [tick.left for tick in frame.axis.years() if tick.left > ends[0]]
    return line("bl-grid", [*ends, *parts], top, bottom) + line("bl-year", years, top, bottom)


def _left_out(timeline: Timeline, frame: _Frame) -> list[_Block]:
    """Say what is not shown."""
    if not timeline.left_out:
        return []
    note = (
        f"Not shown: {count_text(timeline.left_out, 'model')} that ended more than "
        f"{ENDED_SHOWN_DAYS} days ago, in all Regions or some, and not known to be in use."
    )
    lines = _SMALL.wrap(note, frame.page.width)
    texts = (
        text(words, _SMALL, frame.page.left, 24 + _NOTE_LINE * number)
        for number, words in enumerate(lines)
    )
    return [_Block(12 + _NOTE_LINE * len(lines), "".join(texts))]


def _nothing(timeline: Timeline, frame: _Frame) -> _Block:
    """Say why there is nothing to see."""
    why = "All models have ended." if timeline.left_out else "No models are tracked yet."
    left = frame.page.left
    return _Block(60, text("Nothing to show", _HEADING, left, 34) + text(why, _PLAIN, left, 56))


# Models and their bars


def _model(model: Model, frame: _Frame) -> _Block:
    rows = (_row(model, one, frame, number) for number, one in enumerate(model.bars))
    stacked = _stack(rows)
    return stacked._replace(svg=stacked.svg + rule(*frame.page, 0))


def _row(model: Model, shown: Bar, frame: _Frame, number: int) -> _Block:
    height, middle = frame.row_height, frame.middle
    top, bottom = (middle - 14, height) if frame.is_narrow else (0, height)
    grid = _grid(frame, top, bottom) if frame.is_narrow else ""
    hover = box("bl-hit", frame.page.left - 8, 1, frame.page.width + 16, height - 2)
    return _Block(
        height,
        f'<g class="bl-row" role="img"><title>{escape(title(model, shown, frame.today))}</title>'
        f"{hover}{grid}{_label(model, shown, frame, number)}"
        f"{_ahead(shown, frame)}{_life(shown, frame)}"
        f"{_today_line(frame, top, bottom)}{_marks(shown, frame)}</g>",
    )


def _label(model: Model, shown: Bar, frame: _Frame, number: int) -> str:
    """Write the name at a model's first bar, and the Regions at every one."""
    left, _ = column = frame.labels
    regions = _SMALL.first_to_fit(region_texts(shown), column.width)
    if number > 0:
        below = _SECOND_LINE if frame.is_narrow else frame.middle + 4
        return text(regions, _SMALL, left, below)
    name = _NAME.fit_ends(model.label, column.width)
    return text(name, _NAME, left, _FIRST_LINE) + text(regions, _SMALL, left, _SECOND_LINE)


def _ahead(shown: Bar, frame: _Frame) -> str:
    """Write what comes next, and when."""
    column, today = frame.ahead, frame.today
    x, anchor = (column.right, "end") if frame.is_narrow else (column.left, "start")
    lettering = _TONES[tone(shown, today)]
    distance = lettering.first_to_fit(distance_texts(shown, today), column.width)
    milestone = _SMALL.first_to_fit(milestone_texts(shown, today), column.width)
    return text(distance, lettering, x, _FIRST_LINE, anchor) + text(
        milestone, _SMALL, x, _SECOND_LINE, anchor
    )


def _life(shown: Bar, frame: _Frame) -> str:
    """Draw the bar; an arrow, where all of it lies beyond the calendar."""
    axis, y = frame.axis, frame.middle
    if shown.ends_on is not None and shown.ends_on <= axis.start:
        return arrow(axis.left, y, -1)
    within = [one for one in shown.stretches if _is_within(one, axis)]
    if shown.stretches and not within:
        return arrow(axis.right, y, 1)
    return "".join(_stretch(one, frame) for one in within)


def _is_within(stretch: Stretch, axis: Axis) -> bool:
    _, start, end = stretch
    return (start is None or start < axis.end) and (end is None or end > axis.start)


def _stretch(stretch: Stretch, frame: _Frame) -> str:
    """Draw the days of one phase: dashes where no date is known, a notch where the chart ends."""
    phase, start, end = stretch
    axis, y = frame.axis, frame.middle
    left, right = axis.x(start or axis.start), axis.x(end or axis.end)
    known_left = left if start else min(left + _LEAD_IN, right)
    known_right = right if end else max(known_left, axis.x(frame.today))
    is_cut = (start is not None and start < axis.start, end is not None and end > axis.end)
    rounded = (phase is Phase.ACTIVE and not is_cut[0], end is not None and not is_cut[1])
    parts = [bar(phase, known_left, known_right, y, rounded=rounded)]
    parts += [notch(known_left + 5, y, -1)] if is_cut[0] else []
    parts += [notch(known_right - 5, y, 1)] if is_cut[1] else []
    if start is None:
        parts.append(dashes(phase, left, known_left, y))
    if end is None:
        parts += [dashes(phase, known_right, right - 6, y), arrow(right, y, 1)]
    return "".join(parts)


def _marks(shown: Bar, frame: _Frame) -> str:
    return "".join(
        mark(one.milestone, frame.axis.x(one.day), frame.middle, hollow=one.by_health)
        for one in shown.marks
        if frame.axis.shows(one.day)
    )
