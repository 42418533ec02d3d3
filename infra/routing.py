"""Who hears which alerts: e-mail addresses, and the filters of their subscriptions.

An entry is an address, or an address with a filter:
`ml-team@example.com:severity=critical,warning;provider=Anthropic`. The keys are the message
attributes that every alert is published with. Several values of a key are any of them, several
keys are all of them: https://docs.aws.amazon.com/sns/latest/dg/and-or-logic.html.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import combinations, product
from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple

from infra.refusal import RefusedValueError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ACCEPTED: Final = (
    "e-mail addresses separated by commas, each alone or with a filter, such as "
    "ml@example.com:severity=critical,warning;provider=Anthropic"
)

# Printable ASCII: a space of no width, which comes along when text is copied, is in no address.
_ADDRESS: Final = re.compile(r"(?=[!-~]+$)[^@,:;<>()'\"]+@[^@,:;=<>()'\".]+(\.[^@,:;=<>()'\".]+)+")
_LONGEST_ADDRESS: Final = 254
# https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html. Of keys it
# allows five, which is as many as there are.
_MOST_COMBINATIONS: Final = 150

_SEVERITIES: Final = ("info", "warning", "critical")
_MILESTONES: Final = ("LEGACY", "EXTENDED_ACCESS", "END_OF_LIFE")
_USES: Final = ("true", "false", "unknown")
_PROVIDER: Final = "provider"

Clause = tuple[str, tuple[str, ...]]


class _Possible(NamedTuple):
    """What one kind of alert can be published with.

    `moods` are severities, each with what `in_use` can then be; a milestone of None stands for an
    alert without one. `providers` says whether it can be about models at all.
    """

    moods: Mapping[str, Sequence[str]]
    milestones: Sequence[str | None]
    providers: bool


# Of a model that is not used nothing is urgent; `decide` says so of every row.
_OF_A_ROW: Final = {
    "info": ("false",),
    "warning": ("true", "unknown"),
    "critical": ("true", "unknown"),
}
_END: Final = {"info": ("false",), "critical": ("true", "unknown")}
_CALM: Final = {"info": ("false",), "warning": ("true", "unknown")}
_ANY_OR_NONE: Final = (*_MILESTONES, None)

_POSSIBLE: Final[Mapping[str, _Possible]] = {
    "END_OF_LIFE_REACHED": _Possible(_END, ("END_OF_LIFE",), providers=True),
    "MODEL_WITHDRAWN": _Possible(_END, _MILESTONES, providers=True),
    "ENTERED_LEGACY": _Possible(_OF_A_ROW, _MILESTONES, providers=True),
    "EXTENDED_ACCESS_STARTED": _Possible(_OF_A_ROW, _MILESTONES, providers=True),
    "RETURNED_TO_ACTIVE": _Possible(_OF_A_ROW, _ANY_OR_NONE, providers=True),
    "DATES_CHANGED": _Possible(_OF_A_ROW, _ANY_OR_NONE, providers=True),
    "NOW_IN_USE": _Possible(_OF_A_ROW, _ANY_OR_NONE, providers=True),
    "DEADLINE": _Possible(_OF_A_ROW, _MILESTONES, providers=True),
    "INACTIVITY_RISK": _Possible({"warning": ("true",)}, _ANY_OR_NONE, providers=True),
    "REOPENED": _Possible(_OF_A_ROW, _ANY_OR_NONE, providers=True),
    "HEALTH_EVENT": _Possible({"info": _USES, "warning": _USES}, _ANY_OR_NONE, providers=True),
    "MODEL_ADDED": _Possible(_CALM, (None,), providers=True),
    "BASELINE": _Possible({"info": _USES}, (None,), providers=True),
    "COVERAGE_DEGRADED": _Possible({"warning": ("unknown",)}, (None,), providers=False),
    "COVERAGE_RESTORED": _Possible({"info": ("unknown",)}, (None,), providers=False),
    "DIGEST": _Possible({"info": _USES}, (None,), providers=True),
    "TEST": _Possible({"info": ("unknown",)}, (None,), providers=False),
}

VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": tuple(_POSSIBLE),
    "severity": _SEVERITIES,
    "in_use": _USES,
    "milestone": _MILESTONES,
}
"""What each key can be; `provider`, the fifth key, can be anything."""

_KEYS: Final = (*VALUES, _PROVIDER)


def _shapes() -> tuple[Mapping[str, str], ...]:
    """Return the attributes of every alert that can be; any provider stands for all of them."""
    made: list[Mapping[str, str]] = []
    for kind, possible in _POSSIBLE.items():
        moods = [(severity, use) for severity, uses in possible.moods.items() for use in uses]
        for (severity, in_use), milestone in product(moods, possible.milestones):
            shape = {"kind": kind, "severity": severity, "in_use": in_use}
            shape |= {"milestone": milestone} if milestone else {}
            made.append(shape | ({_PROVIDER: ""} if possible.providers else {}))
    return tuple(made)


_SHAPES: Final = _shapes()


@dataclass(frozen=True, slots=True)
class Subscriber:
    """An address, and what it wants to hear: everything where there are no clauses."""

    address: str
    clauses: tuple[Clause, ...] = ()

    def __str__(self) -> str:
        """Write it as it is given in the settings."""
        written = ";".join(f"{key}={','.join(values)}" for key, values in self.clauses)
        return f"{self.address}:{written}" if written else self.address

    @property
    def filter_policy(self) -> dict[str, list[object]] | None:
        """The filter policy of the subscription, None for everything.

        Nobody remembers whether it is Meta or META, so the case of providers does not matter:
        https://docs.aws.amazon.com/sns/latest/dg/string-value-matching.html.
        """
        return {key: _conditions(key, values) for key, values in self.clauses} or None

    def hears_the_same_as(self, other: Subscriber) -> bool:
        """Whether both filters let the same alerts through, however they are written."""
        return _meaning(self.clauses) == _meaning(other.clauses)


def _conditions(key: str, values: Iterable[str]) -> list[object]:
    if key == _PROVIDER:
        return [{"equals-ignore-case": value} for value in values]
    return list(values)


def _meaning(clauses: Iterable[Clause]) -> dict[str, frozenset[str]]:
    return {key: frozenset(value.lower() for value in values) for key, values in clauses}


def subscribers(given: object) -> object:
    """Read entries from a list, or from text as it comes from a command line.

    In text, entries are separated by commas, as the values of a filter are: a part without `@`
    belongs to the entry before it. Raises RefusedValueError; leaves to others what is neither.
    """
    entries = _entries(given) if isinstance(given, str) else given
    if not isinstance(entries, list | tuple):
        return given
    known: dict[str, Subscriber] = {}
    for entry in entries:
        one = entry if isinstance(entry, Subscriber) else _subscriber(entry)
        same = known.setdefault(one.address.lower(), one)
        if not same.hears_the_same_as(one):
            # SNS would take the second for the first, and leave its filter as it is.
            why = f"{same} is given as well, and SNS has one subscription for each address"
            raise RefusedValueError(str(one), "one entry for each address", why)
    return tuple(known.values())


def _entries(text: str) -> object:
    if text.lstrip().startswith("["):
        return json.loads(text)
    entries: list[str] = []
    for part in map(str.strip, text.split(",")):
        is_in_filter = bool(entries) and ":" in entries[-1]
        if "@" not in part and entries and (part or is_in_filter):
            entries[-1] += f",{part}"
        elif part:
            entries.append(part)
    return entries


def _subscriber(entry: object) -> Subscriber:
    if not isinstance(entry, str):
        raise RefusedValueError(entry, ACCEPTED)
    address, colon, filter_ = (part.strip() for part in entry.partition(":"))
    if not _ADDRESS.fullmatch(address) or len(address) > _LONGEST_ADDRESS:
        raise RefusedValueError(entry, ACCEPTED)
    clauses = tuple(_clause(entry, text) for text in filter_.split(";")) if colon else ()
    keys = [key for key, _ in clauses]
    for key in keys:
        if keys.count(key) > 1:
            accepted = f"all of its values at once, such as {key}=a,b"
            raise RefusedValueError(entry, accepted, f"{key} stands there twice")
    _refuse_too_many(entry, clauses)
    _refuse_never_matching(entry, clauses)
    return Subscriber(address, clauses)


def _clause(entry: str, text: str) -> Clause:
    key, _, listed = (part.strip() for part in text.partition("="))
    if key not in _KEYS:
        accepted = f"key=value, where the key is one of {', '.join(_KEYS)}"
        raise RefusedValueError(entry, accepted, f'"{key}" is no key of a filter')
    values = tuple(dict.fromkeys(value.strip() for value in listed.split(",")))
    for value in values:
        if key in VALUES and value not in VALUES[key]:
            accepted = f"any of {', '.join(VALUES[key])}"
            raise RefusedValueError(entry, accepted, f'{key} cannot be "{value}"')
        if set("\"'") & set(value):
            raise RefusedValueError(entry, f"{key}=Anthropic, without quotes", f"{key} has quotes")
        if not value:
            raise RefusedValueError(
                entry, f"{key}=Anthropic, for example", f"{key} has an empty value"
            )
    return key, values


def _refuse_too_many(entry: str, clauses: Sequence[Clause]) -> None:
    count = prod(len(values) for _, values in clauses)
    if count > _MOST_COMBINATIONS:
        why = f"its values make {count} combinations and SNS takes {_MOST_COMBINATIONS}"
        raise RefusedValueError(
            entry, "fewer values, or leave out a key of which all are listed", why
        )


def _refuse_never_matching(entry: str, clauses: Sequence[Clause]) -> None:
    """Refuse a filter that no alert can match, and name the clauses that rule each other out."""
    ordered = sorted(clauses, key=lambda clause: _KEYS.index(clause[0]))
    for size in range(2, len(ordered) + 1):
        for some in combinations(ordered, size):
            if not any(_admits(shape, some) for shape in _SHAPES):
                raise RefusedValueError(entry, "a filter that an alert can match", _why_never(some))


def _admits(shape: Mapping[str, str], clauses: Iterable[Clause]) -> bool:
    return all(
        key in shape and (key == _PROVIDER or shape[key] in values) for key, values in clauses
    )


def _why_never(clauses: Sequence[Clause]) -> str:
    *given, (key, _) = clauses
    left = {shape.get(key) for shape in _SHAPES if _admits(shape, given)}
    named = [value for value in VALUES.get(key, ()) if value in left]
    said = " and ".join(f"{name}={','.join(values)}" for name, values in given)
    only = f"{key} is {' or '.join(named)}" if named else f"there is no {key}"
    return f"it can never match, as with {said} {only}"
