"""When Python looks for garbage in cycles: between invocations, not in the midst of one.

A poll of 31 Regions makes millions of objects, nearly all of which die by themselves. Looking
through them again and again took a quarter of its CPU, and a tenth of that of importing it, of
which all stays (see docs/performance.md). So to import this is to put it off, until the first
invocation is over; a function imports this before anything else.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

gc.disable()


@cache
def _set_apart_what_was_imported() -> None:
    """Once, before the first invocation: it stays for as long as the process."""
    gc.freeze()


@contextmanager
def put_off() -> Iterator[None]:
    """Collect nothing until this invocation is over; then at once what it leaves, and only that.

    All that it made is young until then, so Python looks through it as soon as it may.
    """
    _set_apart_what_was_imported()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
