"""How text is laid out in an e-mail: sections, points and steps within a width."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WIDTH = 76
# Words this long are no ids or addresses, which must stay whole; some scripts have no spaces.
_ENDLESS = re.compile(r"[^\x00-\x7f]{36}(?=[^\x00-\x7f])|\S{300}(?=\S)")


def section(title: str, body: str) -> str:
    """Give a titled part."""
    return f"{title}\n{body}"


def fill(text: str, indent: str = "", first: str | None = None) -> str:
    """Wrap a paragraph; `first` stands before its first line, `indent` before the others."""
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def field(name: str, value: str, indent: int = 4) -> str:
    """Give a named value; the values of several stand below each other."""
    first = f"{' ' * indent}{name:<18}"
    return fill(value, " " * len(first), first)


def quoted(text: str) -> str:
    """Set other people's words apart from ours: no line of them can pass for one of ours."""
    lines = (_ENDLESS.sub(r"\g<0> ", line) for line in text.split("\n"))
    return "\n".join(fill(line, "  | ") or "  |" for line in lines)


def bullets(points: Iterable[str]) -> str:
    """Give a list without order."""
    return "\n".join(fill(point, "    ", "  - ") for point in points)


def numbered(steps: Iterable[str]) -> str:
    """Give a list in order."""
    return "\n".join(fill(step, "     ", f"  {n}. ") for n, step in enumerate(steps, 1))


def cut(texts: Sequence[str], most: int) -> str:
    """Join texts on one line; many are cut, with a count."""
    left_out = len(texts) - most
    shown = "; ".join(texts[:most])
    return f"{shown}; and {left_out:,} more" if left_out > 0 else shown
