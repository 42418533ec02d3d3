"""How text is laid out in an e-mail: sections, points and steps within a width."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WIDTH = 76


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
