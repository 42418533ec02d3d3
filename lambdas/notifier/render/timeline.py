"""The timeline as one SVG picture that needs nothing from elsewhere: no font, script or id.

It is a pile of blocks, each drawn from its own upper left corner. A wide picture has three
columns: what, when, and what comes next; in a narrow one a bar stands below its words.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

from notifier.model import Milestone, Phase
from notifier.render.lettering import first_to_fit, fit, flat, text_width, wrap
from notifier.render.timeline_axis import Axis, axis_over
from notifier.render.timeline_bars import ENDED_SHOWN_DAYS, Section, timeline_of
from notifier.render.timeline_style import Theme, stylesheet
from notifier.render.timeline_words import milestone_texts, next_is_soon, next_texts, title
from notifier.render.words import PHASE_WORDS, count_text, plain, regions_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from notifier.model import TrackedModel
    from notifier.render.timeline_bars import Bar, Mark, Model, Stretch, Timeline

__all__ = ["Theme", "timeline_sheets", "timeline_svg"]

_NARROW_BELOW = 640
_SHEET_HEIGHT = 1000
_REGION_NOTES = {Section.PERHAPS: " (not all use could be read)"}

# Sizes of text, and where its two lines stand in a row.
_BIG, _NORMAL, _SMALL = 15.0, 13.0, 11.5
_FIRST_LINE, _SECOND_LINE = 18, 34
_GAP = 20
_BAR_HEIGHT, _RADIUS, _MARK_RADIUS = 14, 4, 6.5
_LEAD_IN = 22
"""How far a line of dashes leads into a bar whose beginning nobody knows."""

_CLASSES = {
    Phase.ACTIVE: "active",
    Phase.LEGACY: "legacy",
    Phase.EXTENDED_ACCESS: "extended",
    Milestone.END_OF_LIFE: "end",
}


class _Block(NamedTuple):
    """A part of the picture, as high as it is."""

    height: float
    svg: str


class _Column(NamedTuple):
    left: float
    width: float

    @property
    def right(self) -> float:
        return self.left + self.width


class _Frame(NamedTuple):
    """What every block is drawn in."""

    page: _Column
    labels: _Column
    ahead: _Column
    axis: Axis
    today: date
    is_narrow: bool

    @property
    def middle(self) -> int:
        """Where the bar of a row stands."""
        return 52 if self.is_narrow else 24

    @property
    def row_height(self) -> int:
        return 68 if self.is_narrow else 48


def timeline_svg(
    rows: Iterable[TrackedModel], *, today: date, width: int = 1200, theme: Theme = Theme.AUTO
) -> str:
    """Draw all rows in one picture; below 640 pixels it is laid out for a narrow screen."""
    timeline = timeline_of(rows, today)
    frame = _frame(timeline, today, width)
    return _picture(_stack(_sheets(timeline, frame, _SHEET_HEIGHT)), frame, theme)


def timeline_sheets(
    rows: Iterable[TrackedModel],
    *,
    today: date,
    width: int = 1200,
    theme: Theme = Theme.AUTO,
    height: int = _SHEET_HEIGHT,
) -> tuple[str, ...]:
    """Draw all rows in pictures of about that height, to stand below one another without a gap.

    Each has its own calendar, so that a page of paper can end after any of them.
    """
    timeline = timeline_of(rows, today)
    frame = _frame(timeline, today, width)
    return tuple(_picture(one, frame, theme) for one in _sheets(timeline, frame, height))


# Layout


def _frame(timeline: Timeline, today: date, width: int) -> _Frame:
    """Divide the width into columns."""
    is_narrow = width < _NARROW_BELOW
    margin = 12 if is_narrow else 24
    page = _Column(margin, width - 2 * margin)
    if is_narrow:
        ahead_width = round(page.width * 0.46)
        labels = _Column(margin, page.width - ahead_width - _GAP / 2)
        plot = page
    else:
        labels = _Column(margin, min(max(round(width * 0.24), 190), 290))
        ahead_width = min(max(round(width * 0.18), 170), 216)
        plot_width = page.width - labels.width - ahead_width - 2 * _GAP
        plot = _Column(labels.right + _GAP, plot_width)
    ahead = _Column(page.right - ahead_width, ahead_width)
    axis = axis_over(timeline.days(), today, plot.left, plot.right)
    return _Frame(page, labels, ahead, axis, today, is_narrow)


def _sheets(timeline: Timeline, frame: _Frame, limit: float) -> list[_Block]:
    """Spread the models over sheets that are at most so high, each with a calendar on top."""
    if not timeline.sections:
        return [_stack([_space(12), _nothing(timeline, frame), _space(20)])]
    sheets = [[_space(16), _legend(frame)]]
    calendar = _calendar(frame)
    for section, models in timeline.sections.items():
        opening = [_heading(section, len(models), frame), calendar]
        for model in models:
            blocks = [*opening, _model(model, frame)]
            if len(sheets[-1]) > 1 and _height(sheets[-1]) + _height(blocks) > limit:
                sheets.append([_space(4), *([] if opening else [calendar])])
            sheets[-1] += blocks
            opening = []
    sheets[-1] += [*_left_out(timeline, frame), _space(16)]
    return [_stack(blocks) for blocks in sheets]


def _stack(blocks: Iterable[_Block]) -> _Block:
    """Put blocks below one another."""
    top, parts = 0.0, []
    for block in blocks:
        parts.append(f'<g transform="translate(0 {top:g})">{block.svg}</g>' if block.svg else "")
        top += block.height
    return _Block(top, "".join(parts))


def _height(blocks: Iterable[_Block]) -> float:
    return sum(block.height for block in blocks)


def _space(height: float) -> _Block:
    return _Block(height, "")


def _picture(block: _Block, frame: _Frame, theme: Theme) -> str:
    width, height = frame.page.right + frame.page.left, block.height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bl-timeline bl-{theme}" role="group" '
        f'aria-label="Timeline of Amazon Bedrock models as of {frame.today}" '
        f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}">'
        f"<style>{stylesheet(theme)}</style>"
        f'<rect class="bl-ground" width="{width:g}" height="{height:g}"/>{block.svg}</svg>'
    )


# Headings, calendar and legend


def _heading(section: Section, count: int, frame: _Frame) -> _Block:
    name = _text(frame.page.left, 34, section, "bl-heading", _BIG)
    after = frame.page.left + text_width(section, _BIG, bold=True) + 10
    note = count_text(count, "model") + _REGION_NOTES.get(section, "")
    said = fit(note, _SMALL, frame.page.right - after)
    return _Block(46, name + _text(after, 34, said, "bl-muted", _SMALL))


def _calendar(frame: _Frame) -> _Block:
    axis, parts = frame.axis, frame.axis.parts()
    height = 56 if parts else 42
    labels = [
        *((tick, 34, "bl-year-label", _SMALL) for tick in axis.years()),
        *((tick, 49, "bl-muted", 10.5) for tick in parts),
    ]
    texts = (
        _text(tick.left + 4, y, tick.label, style, size)
        for tick, y, style, size in labels
        if text_width(tick.label, size, bold=True) + 6 <= tick.right - tick.left
    )
    return _Block(height, _grid(frame, 22, height) + "".join(texts) + _today_flag(frame))


def _today_flag(frame: _Frame) -> str:
    """Write today's date above its line, moved inwards where it would leave the chart."""
    axis, text = frame.axis, f"today {frame.today}"
    half = text_width(text, 10.5, bold=True) / 2 + 6
    x = min(max(axis.x(frame.today), axis.left + half), axis.right - half)
    flag = f'<rect class="bl-today-flag" x="{x - half:g}" y="1" width="{2 * half:g}" '
    return (
        f'{flag}height="17" rx="{_RADIUS}"/>{_today_line(frame, 18, 22)}'
        f"{_text(x, 13.5, text, 'bl-today-label', 10.5, 'middle')}"
    )


def _today_line(frame: _Frame, top: float, bottom: float) -> str:
    return f'<path class="bl-today" d="M{frame.axis.x(frame.today):g} {top:g}V{bottom:g}"/>'


def _grid(frame: _Frame, top: float, bottom: float) -> str:
    """Draw the lines of the calendar, the beginnings of years over those of their parts."""
    kinds = (("bl-grid", frame.axis.parts()), ("bl-year", frame.axis.years()))
    lines = (
        (style, "".join(f"M{tick.left:g} {top:g}V{bottom:g}" for tick in ticks))
        for style, ticks in kinds
    )
    return "".join(f'<path class="{style}" d="{path}"/>' for style, path in lines if path)


def _legend(frame: _Frame) -> _Block:
    """Explain colours and shapes, in as many lines as they need."""
    x, y, parts = frame.page.left, 12.0, []
    for drawn, width, words in _legend_entries():
        whole = width + 6 + text_width(words, _SMALL)
        if x + whole > frame.page.right and x > frame.page.left:
            x, y = frame.page.left, y + 22
        parts.append(f'<g transform="translate({x:g} {y:g})">{drawn}</g>')
        parts.append(_text(x + width + 6, y + 4, words, "bl-muted", _SMALL))
        x += whole + 18
    return _Block(y + 14, "".join(parts))


def _legend_entries() -> Iterator[tuple[str, float, str]]:
    """Yield what is drawn, from its left end on its middle, how wide it is, and what it means."""
    for phase in (Phase.ACTIVE, Phase.LEGACY, Phase.EXTENDED_ACCESS):
        yield _filled(phase, 0, 26, 0, rounded=(True, True)), 26, PHASE_WORDS[phase]
    for milestone, words in (
        (Milestone.LEGACY, "Legacy date"),
        (Milestone.EXTENDED_ACCESS, "extended-access date"),
        (Milestone.END_OF_LIFE, "end of life"),
    ):
        yield _shape(milestone, 7, 0, by_health=False), 14, words
    yield _shape(Milestone.END_OF_LIFE, 7, 0, by_health=True), 14, "date by AWS Health alone"
    yield _dashes(Phase.ACTIVE, 0, 22, 0) + _edge(27, 0, 1), 30, "no date known"


def _left_out(timeline: Timeline, frame: _Frame) -> list[_Block]:
    if not timeline.left_out:
        return []
    note = (
        f"Not shown: {count_text(timeline.left_out, 'model')} that ended more than "
        f"{ENDED_SHOWN_DAYS} days ago, in all Regions or some, and not known to be in use."
    )
    lines = wrap(note, _SMALL, frame.page.width)
    texts = (
        _text(frame.page.left, 24 + 17 * number, line, "bl-muted", _SMALL)
        for number, line in enumerate(lines)
    )
    return [_Block(14 + 17 * len(lines), "".join(texts))]


def _nothing(timeline: Timeline, frame: _Frame) -> _Block:
    """Say why there is nothing to see."""
    why = "All models have ended." if timeline.left_out else "No models are tracked yet."
    texts = (
        _text(frame.page.left, 30, "Nothing to show", "bl-heading", _BIG),
        _text(frame.page.left, 52, why, "bl-muted", _NORMAL),
    )
    return _stack([_Block(60, "".join(texts)), *_left_out(timeline, frame)])


# Models and their bars


def _model(model: Model, frame: _Frame) -> _Block:
    rows = [_row(model, bar, frame, is_first=bar is model.bars[0]) for bar in model.bars]
    left, right = frame.page.left, frame.page.right
    rule = f'<path class="bl-rule" d="M{left:g} 0H{right:g}"/>'
    stacked = _stack(rows)
    return _Block(stacked.height, stacked.svg + rule)


def _row(model: Model, bar: Bar, frame: _Frame, *, is_first: bool) -> _Block:
    height, middle = frame.row_height, frame.middle
    top = middle - 14 if frame.is_narrow else 0
    bottom = middle + 16 if frame.is_narrow else height
    return _Block(
        height,
        f'<g class="bl-row" role="img"><title>{_safe(title(model, bar, frame.today))}</title>'
        f'<rect class="bl-hit" x="{frame.page.left - 8:g}" y="1" '
        f'width="{frame.page.width + 16:g}" height="{height - 2:g}" rx="{_RADIUS}"/>'
        f"{_grid(frame, top, bottom)}{_words(model, bar, frame, is_first=is_first)}"
        f"{''.join(_stretch(one, frame) for one in bar.stretches)}"
        f"{_today_line(frame, top, bottom)}{_marks(bar, frame)}</g>",
    )


def _words(model: Model, bar: Bar, frame: _Frame, *, is_first: bool) -> str:
    """Write the name and the Regions on the left, and what comes next on the right."""
    labels, ahead, today = frame.labels, frame.ahead, frame.today
    regions = fit(regions_text(bar.regions, bar.used_in), _SMALL, labels.width)
    soon = first_to_fit(next_texts(bar, today), _NORMAL, ahead.width, bold=True)
    style = "bl-soon" if next_is_soon(bar, today) else "bl-next"
    milestone = first_to_fit(milestone_texts(bar, today), _SMALL, ahead.width)
    x, anchor = (ahead.right, "end") if frame.is_narrow else (ahead.left, "start")
    texts = [
        _text(labels.left, _SECOND_LINE, regions, "bl-muted", _SMALL),
        _text(x, _FIRST_LINE, soon, style, _NORMAL, anchor),
        _text(x, _SECOND_LINE, milestone, "bl-muted", _SMALL, anchor),
    ]
    if is_first:
        name = fit(flat(model.label), _NORMAL, labels.width, bold=True)
        texts.append(_text(labels.left, _FIRST_LINE, name, "bl-name", _NORMAL))
    return "".join(texts)


def _stretch(stretch: Stretch, frame: _Frame) -> str:
    """Draw the days of one phase: what lies beyond the axis, or is not known, looks open."""
    axis, today, y = frame.axis, frame.today, frame.middle
    start, end = stretch.start or axis.start, stretch.end or axis.end
    if end <= axis.start or start >= axis.end:
        return _edge(axis.left + 4, y, -1) if end <= axis.start else _edge(axis.right - 4, y, 1)
    left, right = axis.x(start), axis.x(end)
    parts = []
    if stretch.start is None:
        solid = min(left + _LEAD_IN, right)
        parts.append(_dashes(stretch.phase, left, solid, y))
        left = solid
    if stretch.end is None:
        solid = max(left, axis.x(today))
        parts += [_dashes(stretch.phase, solid, right - 5, y), _edge(right - 2, y, 1)]
        right = min(right, solid)
    cut_left = stretch.start is not None and start < axis.start
    cut_right = stretch.end is not None and end > axis.end
    if right > left:
        rounded = (stretch.phase is Phase.ACTIVE and not cut_left, stretch.end is not None)
        parts.append(_filled(stretch.phase, left, right, y, rounded=rounded))
        parts += [_cut(left + 6, y, -1)] if cut_left else []
        parts += [_cut(right - 6, y, 1)] if cut_right else []
    return "".join(parts)


def _marks(bar: Bar, frame: _Frame) -> str:
    return "".join(
        _shape(mark.milestone, frame.axis.x(mark.day), frame.middle, by_health=mark.by_health)
        for mark in bar.marks
        if frame.axis.shows(mark.day)
    )


# Shapes


def _filled(
    phase: Phase, left: float, right: float, y: float, *, rounded: tuple[bool, bool]
) -> str:
    """Draw a bar that is known from end to end; a stripe tells phases apart without colour."""
    half, width = _BAR_HEIGHT / 2, max(right - left, 2)
    near, far = (min(_RADIUS, width / 2) if is_round else 0 for is_round in rounded)
    path = (
        f"M{left + near:g} {y - half:g}H{left + width - far:g}q{far:g} 0 {far:g} {far:g}"
        f"V{y + half - far:g}q0 {far:g} {-far:g} {far:g}H{left + near:g}"
        f"q{-near:g} 0 {-near:g} {-near:g}V{y - half + near:g}q0 {-near:g} {near:g} {-near:g}Z"
    )
    bar = f'<path class="bl-bar bl-{_CLASSES[phase]}" d="{path}"/>'
    if phase is Phase.ACTIVE:
        return bar
    stripe = f"bl-stripe bl-stripe-{_CLASSES[phase]}"
    return f'{bar}<path class="{stripe}" d="M{left:g} {y:g}h{width:g}"/>'


def _dashes(phase: Phase, left: float, right: float, y: float) -> str:
    return (
        f'<path class="bl-open bl-open-{_CLASSES[phase]}" d="M{left:g} {y:g}H{right:g}"/>'
        if right > left
        else ""
    )


def _edge(x: float, y: float, way: int) -> str:
    """Point to what lies beyond the chart, to the right (1) or to the left (-1)."""
    return f'<path class="bl-edge" d="M{x - 3 * way:g} {y - 4:g}l{4 * way} 4l{-4 * way} 4"/>'


def _cut(x: float, y: float, way: int) -> str:
    """Cut a notch into a bar that goes on beyond the chart."""
    return f'<path class="bl-cut" d="M{x - 2 * way:g} {y - 3.5:g}l{3.5 * way:g} 3.5l{-3.5 * way:g} 3.5"/>'


def _shape(milestone: Milestone, x: float, y: float, *, by_health: bool) -> str:
    """Draw a milestone: a triangle, a diamond or a square, hollow where the API does not say so."""
    size = _MARK_RADIUS
    outlines = {
        Milestone.LEGACY: (
            "legacy",
            f"M{x - size:g} {y - size + 1:g}h{2 * size:g}l{-size:g} {2 * size - 1:g}Z",
        ),
        Milestone.EXTENDED_ACCESS: (
            "extended",
            f"M{x:g} {y - size - 1:g}l{size + 1:g} {size + 1:g}l{-size - 1:g} {size + 1:g}l{-size - 1:g} {-size - 1:g}Z",
        ),
        Milestone.END_OF_LIFE: (
            "end",
            f"M{x - size + 1:g} {y - size + 1:g}h{2 * size - 2:g}v{2 * size - 2:g}h{2 - 2 * size:g}Z",
        ),
    }
    kind, outline = outlines[milestone]
    health = " bl-mark-health" if by_health else ""
    return f'<path class="bl-mark bl-mark-{kind}{health}" d="{outline}"/>'


def _text(  # noqa: PLR0913 (a text has a place, words and a look)
    x: float, y: float, text: str, style: str, size: float, anchor: str = "start"
) -> str:
    at = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return (
        f'<text class="{style}" x="{x:g}" y="{y:g}" font-size="{size:g}"{at}>{_safe(text)}</text>'
    )


def _safe(text: str) -> str:
    return escape(text)
