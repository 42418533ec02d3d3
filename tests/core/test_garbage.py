"""Garbage is collected between two invocations."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref

import pytest

from notifier import garbage

_MORE_THAN_PYTHON_LETS_BE = 10_000
# What puts it off needs some modules of Python's own first.
_IMPORT = """
import contextlib, functools, gc, typing
before = gc.get_stats()
import notifier.poll
after = gc.get_stats()
made = sum(two["collections"] - one["collections"] for one, two in zip(before, after))
print(made, "collections", end="")
"""


class Knot:
    """Something that only a look for cycles can free."""

    def __init__(self) -> None:
        """Hold on to itself."""
        self.itself = self


def make_garbage() -> list[weakref.ref[Knot]]:
    return [weakref.ref(Knot()) for _ in range(_MORE_THAN_PYTHON_LETS_BE)]


def left_of(made: list[weakref.ref[Knot]]) -> int:
    return sum(one() is not None for one in made)


def test_nothing_is_collected_while_the_poll_function_is_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT], capture_output=True, text=True, check=True
    )

    assert done.stdout == "0 collections"


def test_nothing_is_collected_in_the_midst_of_an_invocation() -> None:
    with garbage.put_off():
        made = make_garbage()
        assert left_of(made) == len(made)


def test_what_an_invocation_leaves_is_collected_when_it_is_over() -> None:
    for _ in range(3):
        with garbage.put_off():
            made = make_garbage()
        # Whatever comes next in a process makes some objects.
        afterwards = [[number] for number in range(_MORE_THAN_PYTHON_LETS_BE)]
        assert afterwards
        assert left_of(made) == 0


def test_an_invocation_that_fails_leaves_collection_as_it_found_it() -> None:
    with pytest.raises(LookupError), garbage.put_off():
        raise LookupError
    assert gc.isenabled()
