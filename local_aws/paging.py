"""Answers in pages, as AWS gives them."""

from collections.abc import Sequence
from typing import Final, TypeVar

PAGE: Final = 100
"""Entries in a page when the caller does not say, and the most that may be asked for."""

_Item = TypeVar("_Item")


def page(
    items: Sequence[_Item], token: str | None, size: int | None
) -> tuple[Sequence[_Item], str | None]:
    """Give the page that a token names, or the first, and the token of the next one."""
    begin = int(token or 0)
    end = begin + min(size or PAGE, PAGE)
    return items[begin:end], str(end) if end < len(items) else None
