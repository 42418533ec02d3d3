"""How wide text will be where nothing wraps it, and how it is cut to fit.

Nobody knows which font a reader has. The widths are those of DejaVu Sans, the widest of the usual
ones, so that a text takes less room than is kept for it, hardly ever more.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# In parts of the font's size.
_WIDTHS = {
    char: width
    for chars, width in {
        "ijl'": 0.28,
        "I .,:;|/\\·": 0.34,
        "frt()[]!-": 0.42,
        'J"_*?sz`': 0.56,
        "cFLkvxyT": 0.61,
        "abdeghnopqu0123456789": 0.64,
        "ABEPRSVXYZ": 0.73,
        "wCDGHKNOQU&": 0.84,
    }.items()
    for char in chars
}
_OTHER_ASCII = 1.02
_OTHER = 1.25
_EAST_ASIAN_WIDE = 1.3
_HEAVIER = 0.09
_ELLIPSIS = "…"
_MARKS_IN_A_ROW = 2
_HEADS_SHARE = 2


class Lettering(NamedTuple):
    """A way of writing: the CSS class that it has, its size in pixels and whether it is bold."""

    css: str
    size: float
    is_bold: bool = False

    def width(self, text: str) -> float:
        """Give the pixels that a line of text takes at most."""
        heavier = _HEAVIER if self.is_bold else 0
        return sum(_em(char) + heavier for char in text) * self.size

    def fit(self, text: str, room: float) -> str:
        """Cut a line of text to the room there is, with an ellipsis where it is cut."""
        if self.width(text) <= room:
            return text
        room -= self.width(_ELLIPSIS)
        kept = ""
        for char in text:
            room -= self.width(char)
            if room < 0:
                break
            kept += char
        return kept.rstrip() + _ELLIPSIS

    def fit_ends(self, text: str, room: float) -> str:
        """Cut a name in its middle: what tells it from others, a version, stands at its end."""
        if self.width(text) <= room:
            return text
        room -= self.width(_ELLIPSIS)
        head, tail = 0, len(text)
        while head < tail:
            is_heads_turn = head < _HEADS_SHARE * (len(text) - tail + 1)
            room -= self.width(text[head] if is_heads_turn else text[tail - 1])
            if room < 0:
                break
            head, tail = (head + 1, tail) if is_heads_turn else (head, tail - 1)
        return f"{text[:head].rstrip()}{_ELLIPSIS}{text[tail:].lstrip()}"

    def first_to_fit(self, texts: Sequence[str], room: float) -> str:
        """Give the first text that fits; if none does, the last one, cut."""
        fitting = (text for text in texts if self.width(text) <= room)
        return next(fitting, self.fit(texts[-1], room))

    def wrap(self, text: str, room: float) -> list[str]:
        """Break text into lines between its words."""
        lines = [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".lstrip()
            if lines[-1] and self.width(longer) > room:
                lines.append(word)
            else:
                lines[-1] = longer
        return [self.fit(line, room) for line in lines]


def flat(text: str) -> str:
    """Leave out marks that pile up on one character and would reach into other lines."""
    return "".join(_without_piles(unicodedata.normalize("NFC", text)))


def _without_piles(text: str) -> Iterator[str]:
    marks = 0
    for char in text:
        marks = marks + 1 if _takes_no_room(char) else 0
        if marks <= _MARKS_IN_A_ROW:
            yield char


@cache
def _em(char: str) -> float:
    if char in _WIDTHS:
        return _WIDTHS[char]
    if char.isascii() or char == _ELLIPSIS:
        return _OTHER_ASCII
    if _takes_no_room(char):
        return 0
    if unicodedata.east_asian_width(char) in "WF":
        return _EAST_ASIAN_WIDE
    parts = unicodedata.normalize("NFKD", char)
    # One character may stand for a whole phrase; an accented letter is as wide as its letter.
    return _OTHER if parts == char else sum(_em(part) for part in parts)


def _takes_no_room(char: str) -> bool:
    return unicodedata.category(char) in {"Mn", "Me"}
