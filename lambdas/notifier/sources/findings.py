"""What the reading of one source of one Region gathers: what it found, and what went wrong.

Nothing that goes wrong here reaches the caller as an exception: it becomes a gap beside the rest.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from notifier.errors import AwsError, aws_call
from notifier.usage import ReadFailure, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from threading import Event

    from botocore.client import BaseClient

    from notifier.usage import Calls, Resource

_DETAIL_LENGTH = 300
_ARN_LENGTH = 2048

OUT_OF_TIME: Final = ReadFailure("OutOfTime", "Not finished within the time given")


@dataclass(frozen=True, slots=True)
class Findings:
    """Filled by the threads that read a source; whoever waits for them may look at any time.

    They only append, so that what is there is whole. `stop` tells them to make no further call:
    nobody waits for it any more.
    """

    stop: Event
    resources: list[Resource] = field(default_factory=list)
    calls: list[Calls] = field(default_factory=list)
    looked_back: list[str] = field(default_factory=list)
    failures: list[ReadFailure] = field(default_factory=list)

    @contextmanager
    def attempt(self, action: str) -> Iterator[None]:
        """Keep whatever goes wrong inside as a failure, and go on after it."""
        try:
            with answered(action):
                yield
        except AwsError as error:
            self.failures.append(_failure(error))

    def reading(self, *, finished: bool) -> Reading:
        """Give what is there now."""
        failures = [*self.failures]
        if not finished:
            failures.append(OUT_OF_TIME)
        # In one order, and once each: a listing may show an entry on two pages.
        resources = tuple(sorted({*self.resources}))
        looked_back = frozenset(tuple(self.looked_back))
        return Reading(resources, tuple(self.calls), _told_by(failures), looked_back)


@contextmanager
def answered(action: str) -> Iterator[None]:
    """Map whatever goes wrong inside to AwsError, an answer that is not as documented included."""
    try:
        with aws_call(action):
            yield
    except AwsError:
        raise
    except Exception as error:
        # Botocore's parsers raise anything for malformed bodies, and we for other shapes.
        detail = f"{type(error).__name__}: {error}"
        raise AwsError(action, "UnexpectedAnswer", detail, permanent=False) from error


def pages(
    client: BaseClient, operation: str, stop: Event, **asked: object
) -> Iterator[Mapping[str, Any]]:
    """Give the pages of a listing, one call each, until there are no more or it is to stop."""
    for page in client.get_paginator(operation).paginate(**asked):
        yield page
        if stop.is_set():
            return


def text(said: Mapping[str, Any], name: str) -> str:
    """Give an id or ARN out of an answer.

    Raises ValueError when there is none that could be stored and compared.
    """
    value = said[name]
    if not isinstance(value, str) or not value.strip() or len(value) > _ARN_LENGTH:
        raise ValueError(f"{name} is {value!r}")
    value.encode()
    return value


def _told_by(failures: list[ReadFailure]) -> ReadFailure | None:
    """Give the failure that stands for all: one that may pass, if there is one."""
    if not failures:
        return None
    told = next((failure for failure in failures if not failure.permanent), failures[0])
    if len(failures) == 1:
        return told
    return told._replace(detail=f"{told.detail} (and {len(failures) - 1} more)")


def _failure(error: AwsError) -> ReadFailure:
    # An answer may be quoted in it: of any length, and with lone surrogates.
    detail = f"{error.action}: {error.message}"[:_DETAIL_LENGTH]
    return ReadFailure(error.code, detail.encode("utf-8", "replace").decode(), error.permanent)
