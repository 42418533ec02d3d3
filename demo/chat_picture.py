"""A chat notification as a picture (SVG), much as a chat client shows it; for the documentation.

The look is ours: how Slack and Teams draw a custom notification is theirs to change. Every line is
wrapped here by estimated widths, so that the picture is the same wherever it is made.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_WIDTH = 800
_LEFT = 72
_RIGHT = _WIDTH - 28
_LINE = 21
_GAP = 9
_SIZE = 14
_TITLE_SIZE = 16
_SANS = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
_MONO = "Menlo, Consolas, 'Liberation Mono', 'DejaVu Sans Mono', monospace"
_COLOURS = {"critical": "#d1242f", "warning": "#d4880f", "info": "#2d72d2"}
_RUNS = re.compile(r"`[^`]*`|\*[^*]+\*|[^`*]+|[`*]")
_WORDS = re.compile(r"\S+|\s+")
# Shares of the font's size: narrow, wide and other characters of a sans-serif font.
_NARROW, _BROAD, _CAPITAL, _OTHER, _MONOSPACED, _IDEOGRAPH = 0.33, 0.92, 0.72, 0.6, 0.61, 1.05


class _Run(NamedTuple):
    """Text of one style: `plain`, `bold` or `code`."""

    text: str
    style: str = "plain"


_STYLES = {
    "plain": "",
    "bold": ' font-weight="700"',
    "code": f' font-family="{_MONO}" font-size="12.5" fill="#a8324e"',
}


def picture(document: Mapping[str, Any]) -> str:
    """Draw a custom notification."""
    content, metadata = document["content"], document["metadata"]
    colour = _COLOURS[metadata["additionalContext"]["Severity"]]
    _, _, title = content["title"].partition(" ")
    page = _Page()
    page.y += 4
    page.write([_Run(title, "bold")], indent=28, size=_TITLE_SIZE)
    page.y += 4
    for line in content["description"].split("\n"):
        _write_line(page, line)
    steps = content.get("nextSteps", [])
    if steps:
        page.y += _GAP
        page.write([_Run("Next steps", "bold")])
        for number, step in enumerate(steps, 1):
            page.write(list(_runs(step)), indent=22, mark=f"{number}.")
    page.y += _GAP
    _write_keywords(page, content["keywords"])
    thread = metadata.get("threadId")
    page.note(f"In the thread {thread}" if thread else "Not in a thread")
    return _frame(page, content["title"], colour, metadata["additionalContext"]["Severity"])


def _write_line(page: _Page, line: str) -> None:
    if not line:
        page.y += _GAP
    elif line.startswith(">"):
        top = page.y
        page.write(list(_runs(line[1:].strip() or " ")), indent=18, colour="#55585f")
        page.draw(
            f'<rect x="{_LEFT}" y="{top - 15}" width="4" height="{page.y - top}" fill="#c9ccd1"/>'
        )
    elif line.startswith("- "):
        page.write(list(_runs(line[2:])), indent=18, mark="•")
    else:
        page.write(list(_runs(line)))


def _runs(text: str) -> Iterator[_Run]:
    for part in _RUNS.findall(text):
        if len(part) > 1 and part[0] == part[-1] == "`":
            yield _Run(part[1:-1], "code")
        elif len(part) > 1 and part[0] == part[-1] == "*":
            yield _Run(part[1:-1], "bold")
        else:
            yield _Run(part)


@dataclass
class _Page:
    """What is drawn so far, and where the next line stands."""

    y: int = 76
    parts: list[str] = field(default_factory=list)

    def draw(self, part: str) -> None:
        self.parts.append(part)

    def write(
        self,
        runs: list[_Run],
        *,
        indent: int = 0,
        mark: str = "",
        size: int = _SIZE,
        colour: str = "#1d1c1d",
    ) -> None:
        """Write a paragraph; its lines are indented, and a mark stands before the first."""
        if mark:
            self._text(_LEFT, [_Run(mark)], size, colour)
        for line in _wrapped(runs, _RIGHT - _LEFT - indent, size):
            self._text(_LEFT + indent, line, size, colour)
            self.y += _LINE

    def _text(self, x: int, runs: Iterable[_Run], size: int, colour: str) -> None:
        spans = "".join(
            f"<tspan{_STYLES[run.style]}>{escape(run.text)}</tspan>" for run in runs if run.text
        )
        self.draw(
            f'<text x="{x}" y="{self.y}" font-size="{size}" fill="{colour}" '
            f'xml:space="preserve">{spans}</text>'
        )

    def note(self, text: str) -> None:
        """Write what the client shows beside a message."""
        self._text(_LEFT, [_Run(text)], 12, "#6b6e75")
        self.y += _LINE


def _wrapped(runs: list[_Run], width: int, size: int) -> Iterator[list[_Run]]:
    """Break runs into lines between words; a word that is wider than a line is broken too."""
    line: list[_Run] = []
    used = 0.0
    for run in runs:
        for word in _pieces(run, width, size):
            needed = _width(word, run.style, size)
            if line and used + needed > width and not word.isspace():
                yield _joined(line)
                line, used = [], 0.0
            if line or not word.isspace():
                line.append(_Run(word, run.style))
                used += needed
    yield _joined(line)


def _pieces(run: _Run, width: int, size: int) -> Iterator[str]:
    for word in _WORDS.findall(run.text):
        rest = word
        while _width(rest, run.style, size) > width:
            count = max(1, int(len(rest) * width / _width(rest, run.style, size)) - 1)
            yield rest[:count]
            rest = rest[count:]
        yield rest


def _joined(line: list[_Run]) -> list[_Run]:
    """Put words of one style together."""
    found: list[_Run] = []
    for run in line:
        if found and found[-1].style == run.style:
            found[-1] = _Run(found[-1].text + run.text, run.style)
        else:
            found.append(run)
    return found


def _width(text: str, style: str, size: int) -> float:
    if style == "code":
        return len(text) * 12.5 * _MONOSPACED
    share = sum(_share(char) for char in text)
    return share * size * (1.06 if style == "bold" else 1.0)


def _share(char: str) -> float:
    if unicodedata.east_asian_width(char) in "WF":
        return _IDEOGRAPH
    if char in " .,:;'|!()[]/ijlftrI-":
        return _NARROW + (0.06 if char in " -tr()" else 0.0)
    if char in "mwMW@%":
        return _BROAD
    return _CAPITAL if char.isupper() else _OTHER


def _write_keywords(page: _Page, keywords: list[str]) -> None:
    """Write the keywords as pills, as many on a line as fit."""
    x = _LEFT
    for word in keywords:
        width = int(_width(word, "plain", 12)) + 20
        if x + width > _RIGHT and x > _LEFT:
            x, page.y = _LEFT, page.y + 28
        page.draw(
            f'<rect x="{x}" y="{page.y - 15}" width="{width}" height="21" rx="10" fill="#eceef1"/>'
            f'<text x="{x + width // 2}" y="{page.y}" font-size="12" fill="#3c3f45" '
            f'text-anchor="middle">{escape(word)}</text>'
        )
        x += width + 8
    page.y += 32


def _frame(page: _Page, title: str, colour: str, severity: str) -> str:
    height = page.y + 4
    return "\n".join(
        [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
                f'viewBox="0 0 {_WIDTH} {height}" role="img" font-family="{_SANS}">'
            ),
            f"<title>{escape(title)}</title>",
            (
                f'<rect x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1}" rx="8" '
                'fill="#ffffff" stroke="#dcdfe4"/>'
            ),
            '<rect x="16" y="16" width="32" height="32" rx="7" fill="#5a3fd6"/>',
            (
                '<text x="32" y="38" font-size="17" font-weight="700" fill="#ffffff" '
                'text-anchor="middle">Q</text>'
            ),
            '<text x="58" y="30" font-size="15" font-weight="700" fill="#1d1c1d">Amazon Q</text>',
            '<rect x="146" y="18" width="32" height="16" rx="3" fill="#eceef1"/>',
            (
                '<text x="162" y="30" font-size="10" font-weight="700" fill="#6b6e75" '
                'text-anchor="middle">APP</text>'
            ),
            f'<rect x="58" y="58" width="4" height="{height - 76}" rx="2" fill="{colour}"/>',
            _sign(severity, colour),
            *page.parts,
            "</svg>\n",
        ]
    )


def _sign(severity: str, colour: str) -> str:
    """Draw what the title's emoji shows: fonts for those differ, or are missing."""
    x, y = _LEFT + 9, 74
    if severity == "info":
        shape, letter = f'<circle cx="{x}" cy="{y}" r="9" fill="{colour}"/>', "i"
    elif severity == "warning":
        shape = f'<path d="M{x - 10} {y + 8} L{x} {y - 10} L{x + 10} {y + 8} Z" fill="{colour}"/>'
        letter = "!"
    else:
        shape = (
            f'<path d="M{x - 8} {y + 8} v-8 a8 8 0 0 1 16 0 v8 Z M{x - 11} {y + 8} h22 v3 h-22 Z" '
            f'fill="{colour}"/>'
        )
        letter = "!"
    return (
        f'{shape}<text x="{x}" y="{y + 5}" font-size="13" font-weight="700" fill="#ffffff" '
        f'text-anchor="middle">{letter}</text>'
    )
