"""What a timeline is drawn with: bars, dashes, marks and letters, as SVG.

No shape refers to another by an id, so that several pictures can stand on one page.
"""

from __future__ import annotations

from html import escape
from itertools import chain, repeat
from typing import TYPE_CHECKING

from notifier.model import Milestone, Phase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notifier.render.lettering import Lettering

RADIUS = 4
_HALF_BAR = 7
_LEAST_BAR = 2
_PHASES = {Phase.ACTIVE: "active", Phase.LEGACY: "legacy", Phase.EXTENDED_ACCESS: "extended"}
# Around their middle: a triangle that points down, a diamond, a square.
_MARKS = {
    Milestone.LEGACY: ("legacy", "m-7-5.5h14l-7 12.5z"),
    Milestone.EXTENDED_ACCESS: ("extended", "m0-7.5l7.5 7.5l-7.5 7.5l-7.5-7.5z"),
    Milestone.END_OF_LIFE: ("end", "m-6-6h12v12h-12z"),
}


def bar(phase: Phase, left: float, right: float, y: float, *, rounded: tuple[bool, bool]) -> str:
    """Draw the days of a phase; a stripe tells phases apart where there is no colour."""
    if right <= left:
        return ""
    width = max(right - left, _LEAST_BAR)
    near, far = (min(RADIUS, width / 2) if is_round else 0 for is_round in rounded)
    top, bottom, end = y - _HALF_BAR, y + _HALF_BAR, left + width
    outline = (
        f"M{left + near:g} {top:g}H{end - far:g}Q{end:g} {top:g} {end:g} {top + far:g}"
        f"V{bottom - far:g}Q{end:g} {bottom:g} {end - far:g} {bottom:g}"
        f"H{left + near:g}Q{left:g} {bottom:g} {left:g} {bottom - near:g}"
        f"V{top + near:g}Q{left:g} {top:g} {left + near:g} {top:g}Z"
    )
    drawn = _path(f"bl-bar bl-{_PHASES[phase]}", outline)
    if phase is Phase.ACTIVE:
        return drawn
    return drawn + _path(f"bl-stripe bl-stripe-{_PHASES[phase]}", f"M{left:g} {y:g}H{end:g}")


def dashes(phase: Phase, left: float, right: float, y: float) -> str:
    """Draw days of a phase that nobody has dated."""
    if right <= left:
        return ""
    return _path(f"bl-open bl-open-{_PHASES[phase]}", f"M{left:g} {y:g}H{right:g}")


def arrow(x: float, y: float, way: int) -> str:
    """Point with its tip to what lies beyond the chart, to the right (1) or to the left (-1)."""
    return _path("bl-arrow", f"M{x - 4 * way:g} {y - 4:g}L{x:g} {y:g}L{x - 4 * way:g} {y + 4:g}")


def notch(x: float, y: float, way: int) -> str:
    """Cut an arrow into the end of a bar that goes on beyond the chart."""
    return arrow(x, y, way).replace("bl-arrow", "bl-notch")


def mark(milestone: Milestone, x: float, y: float, *, hollow: bool = False) -> str:
    """Draw a milestone around a point."""
    kind, outline = _MARKS[milestone]
    also = " bl-hollow" if hollow else ""
    return _path(f"bl-mark bl-mark-{kind}{also}", f"M{x:g} {y:g}{outline}")


def line(css: str, xs: list[float], top: float, bottom: float) -> str:
    """Draw lines from top to bottom."""
    return _path(css, "".join(f"M{x:g} {top:g}V{bottom:g}" for x in xs)) if xs else ""


def rule(left: float, right: float, y: float) -> str:
    """Draw a hairline from left to right."""
    return _path("bl-rule", f"M{left:g} {y:g}H{right:g}")


def box(css: str, left: float, top: float, width: float, height: float) -> str:
    """Draw a rectangle with round corners."""
    return (
        f'<rect class="{css}" x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}" '
        f'rx="{RADIUS}"/>'
    )


def text(words: str, lettering: Lettering, x: float, y: float, anchor: str = "start") -> str:
    """Write a line of text on its base line; it is not measured here."""
    at = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return (
        f'<text class="{lettering.css}" font-size="{lettering.size:g}" x="{x:g}" y="{y:g}"{at}>'
        f"{escape(words)}</text>"
    )


def pieces(of_line: Iterable[tuple[str, Lettering]], x: float, y: float) -> str:
    """Write a line in several letterings, each piece where the one before it ends."""
    spans = "".join(
        f'<tspan class="{lettering.css}" font-size="{lettering.size:g}" dx="{dx}">'
        f"{escape(words)}</tspan>"
        for (words, lettering), dx in zip(of_line, chain((0,), repeat(10)), strict=False)
    )
    return f'<text x="{x:g}" y="{y:g}">{spans}</text>'


def placed(drawn: str, x: float, y: float) -> str:
    """Move what is drawn around or from the origin."""
    return f'<g transform="translate({x:g} {y:g})">{drawn}</g>' if drawn else ""


def _path(css: str, outline: str) -> str:
    return f'<path class="{css}" d="{outline}"/>'
