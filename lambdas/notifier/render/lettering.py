"""How wide text will be where nothing wraps it, and how it is cut to fit.

Nobody knows which font a reader has. The widths are those of DejaVu Sans, the widest of the usual
ones, so that a text takes less room than is kept for it, hardly ever more.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# In parts of the font's size.
_WIDTHS = {
    **dict.fromkeys("ijl|'", 0.36),
    **dict.fromkeys(" .,:;!·", 0.41),
    **dict.fromkeys('frt()[]-/\\"`I', 0.47),
    **dict.fromkeys("_*?sczJ", 0.56),
    **dict.fromkeys("wABCEFHKLNPRSTUVXYZ", 0.82),
    **dict.fromkeys("mMW@%DGOQ&…+<=>#^~", 1.0),
}
_OTHER_ASCII = 0.65
_OTHER = 1.1
_EAST_ASIAN_WIDE = 1.3
_BOLD = 1.13
_ELLIPSIS = "…"
_MARKS_IN_A_ROW = 2


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Give the pixels that a line of text takes at most."""
    return sum(_em(char) for char in text) * size * (_BOLD if bold else 1)


def fit(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """Cut a line of text to the room there is, with an ellipsis where it is cut."""
    if text_width(text, size, bold=bold) <= room:
        return text
    room -= text_width(_ELLIPSIS, size, bold=bold)
    kept = 0
    for kept, char in enumerate(text):  # noqa: B007 (where it stops is what is asked)
        room -= text_width(char, size, bold=bold)
        if room < 0:
            break
    return text[:kept].rstrip() + _ELLIPSIS


def first_to_fit(texts: Sequence[str], size: float, room: float, *, bold: bool = False) -> str:
    """Give the first text that fits; if none does, the last one, cut."""
    fitting = (text for text in texts if text_width(text, size, bold=bold) <= room)
    return next(fitting, fit(texts[-1], size, room, bold=bold))


def wrap(text: str, size: float, room: float) -> list[str]:
    """Break text into lines between its words."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and text_width(longer, size) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return [fit(line, size, room) for line in lines]


def flat(text: str) -> str:
    """Leave out marks that pile up on one character and would reach into other lines."""
    return "".join(_without_piles(unicodedata.normalize("NFC", text)))


def _without_piles(text: str) -> Iterator[str]:
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char) in {"Mn", "Me"} else 0
        if marks <= _MARKS_IN_A_ROW:
            yield char


@cache
def _em(char: str) -> float:
    if char in _WIDTHS:
        return _WIDTHS[char]
    if char.isascii():
        return _OTHER_ASCII
    if unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    if unicodedata.east_asian_width(char) in "WF":
        return _EAST_ASIAN_WIDE
    parts = unicodedata.normalize("NFKD", char)
    # A ligature may stand for a whole phrase; an accented letter is as wide as its letter.
    return _OTHER if parts == char else sum(_em(part) for part in parts)
