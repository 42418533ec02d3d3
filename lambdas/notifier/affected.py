"""Which tracked models an AWS Health event concerns.

How Bedrock names the entities of its lifecycle events is not documented: an id, an ARN, an
inference profile or a name will do, in the list of entities or, where that names none, in the text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifier.health_dates import SEARCHED, SENTENCE_END, announced_dates
from notifier.lifecycle import base_model_id
from notifier.model import NO_DATES, Dates, RowKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from notifier.evidence import Resolver
    from notifier.health_event import Entity, HealthEvent
    from notifier.model import TrackedModel

_TOKEN = re.compile(r"[A-Za-z0-9][\w.:/-]{0,300}")
# An id has a few segments; a token with many is no id, and takes long to look at.
_MOST_SEGMENTS = 8
_VALUE_LENGTH = 1_600
_SHORTEST_NAME = 5
# A sentence with one of these speaks of where to go, of what stays, or of what is not meant.
_OTHERWISE = re.compile(
    r"\b(?:recommend|replac|migrat|mov(?:e|ing)\b|transition|upgrad|switch|successor|instead"
    r"|alternativ|such as|newer|latest|not\b|remain|continu|unaffected"
    r"|(?<!no longer be )(?:available|support(?:s|ed)\b))",
    re.IGNORECASE,
)
_LIST_ITEM = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s")
# The account's own resources that only name a model: what happens to them need not happen to it.
_NAMING = re.compile(
    r":(?:agent|agent-alias|prompt|flow|knowledge-base|prompt-router|model-invocation-job)/"
)


@dataclass(frozen=True, slots=True)
class Affected:
    """The rows an event concerns, the entities that are none of them, and the dates it gives.

    The dates hold for all the rows. There are none where only the text names the models, and it
    does not leave alone that it means one.
    """

    rows: frozenset[RowKey] = frozenset()
    others: tuple[Entity, ...] = ()
    dates: Dates = NO_DATES

    @property
    def models(self) -> frozenset[str]:
        """The ids of the models."""
        return frozenset(key.model_id for key in self.rows)


def affected(event: HealthEvent, names: Names, resolver: Resolver) -> Affected:
    """Find the rows that the event's entities name or, if they name none, its text.

    A model counts in the event's Region, or everywhere when it is not tracked there.
    """
    found: set[RowKey] = set()
    others = []
    mentioned = names.in_text(event.description[:SEARCHED])
    for entity in event.entities or ():
        value = entity.value.strip()[:_VALUE_LENGTH]
        # Inference profiles and the like stand for models that their names need not tell.
        rows = resolver.resolve(value, event.region).rows or names.rows(
            names.in_text(value), event.region
        )
        listed = resolver.resource(value, event.region)
        if _NAMING.search(listed.arn if listed else value):
            rows = frozenset(key for key in rows if key.model_id in mentioned)
        found |= rows
        if not rows:
            others.append(entity)
    is_sure = bool(found)
    if not found:
        going = _named_as_going(event.description, names)
        is_sure = len(going) == 1 and going == mentioned
        found |= names.rows(going, event.region)
    rows = frozenset(found)
    dates = announced_dates(event, len({key.model_id for key in rows})) if is_sure else NO_DATES
    return Affected(rows, tuple(others), dates)


def _named_as_going(text: str, names: Names) -> frozenset[str]:
    """Give the models that a text names in sentences, or in the lists below them, about an end."""
    found: set[str] = set()
    otherwise = False
    for sentence in SENTENCE_END.split(text[:SEARCHED]):
        if not (otherwise and _LIST_ITEM.match(sentence)):
            otherwise = _OTHERWISE.search(sentence) is not None
        if not otherwise:
            found |= names.in_text(sentence)
    return frozenset(found)


class Names:
    """The tracked models by everything they are called. Made once for many questions."""

    def __init__(self, rows: Iterable[TrackedModel]) -> None:
        """Take all rows."""
        self._by_id: defaultdict[str, set[RowKey]] = defaultdict(set)
        self._by_name: defaultdict[str, set[str]] = defaultdict(set)
        for row in rows:
            self._by_id[row.model_id].add(row.key)
            if _is_distinctive(row.name):
                self._by_name[_folded(row.name)].add(row.model_id)
        self._names = _any_of(self._by_name)

    def in_text(self, text: str) -> frozenset[str]:
        """Give the ids of the models that a text names, by id or by name."""
        return frozenset({*self._ids_in(text), *self._names_in(text)})

    def rows(self, ids: Iterable[str], region: str) -> frozenset[RowKey]:
        """Give the rows of models in a Region; those of all Regions for a model not there."""
        found: set[RowKey] = set()
        for model_id in ids:
            known = self._by_id.get(model_id, set())
            here = RowKey(model_id, region)
            found |= {here} if here in known else known
        return frozenset(found)

    def _ids_in(self, text: str) -> Iterator[str]:
        for found in _TOKEN.finditer(text):
            token = found.group().rstrip(".:/-").rpartition("/")[2]
            if token.count(":") <= _MOST_SEGMENTS:
                yield from self._ids_of(token)

    def _ids_of(self, token: str) -> Iterator[str]:
        """Take a word for an id, or for one behind the prefix of an inference profile."""
        behind = token.partition(".")[2]
        for candidate in (token, behind) if behind else (token,):
            base = base_model_id(candidate, self._by_id)
            if base in self._by_id:
                yield base
                return

    def _names_in(self, text: str) -> Iterator[str]:
        if self._names is not None:
            for found in self._names.finditer(_folded(text)):
                yield from self._by_name[found.group()]


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _is_distinctive(name: str) -> bool:
    """Say whether a name means one model and no family: `Claude 3 Haiku`, but not `Claude`."""
    words = name.split()
    return len(name) >= _SHORTEST_NAME and (len(words) > 1 or any(char.isdigit() for char in name))


def _any_of(names: Mapping[str, object]) -> re.Pattern[str] | None:
    """Match any of the names as whole words, the longest first: `Opus 4` is not `Opus 4.1`."""
    if not names:
        return None
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    either = "|".join(re.escape(name) for name in longest_first)
    return re.compile(rf"(?<![\w.+-])(?:{either})(?![\w+-]|\.\w| v?\d)")
