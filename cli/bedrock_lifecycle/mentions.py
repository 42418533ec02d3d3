"""Where a text names Bedrock models: ids, inference-profile ids and ARNs. Pure.

What counts as an id is what the account's API has listed. Beside that, only what has the shape of
a model id of a provider that is listed: an id that has been retired is listed nowhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from notifier.lifecycle import base_model_id
from notifier.usage import INVOKABLE, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from notifier.model import TrackedModel
    from notifier.usage import RegionUsage

# Whole words only. A word may also begin behind an escape: in a string, or in a URL.
_BEGIN: Final = r"(?:(?<![A-Za-z0-9_@-])|(?<=\\[nrt])|(?<=\\u[0-9A-Fa-f]{4})|(?<=%[0-9A-Fa-f]{2}))"
_END: Final = r"(?![A-Za-z0-9_-])"
_COLON: Final = re.compile(r":|%3[aA]")
_WORDS: Final = r"[a-z0-9]+(?:[.-][a-z0-9]+)*"
# Colons are counted, because what is found is tried again without what stands behind each.
_ID_BEHIND_PROVIDER: Final = rf"\.{_WORDS}(?:(?:{_COLON.pattern})[a-z0-9]+){{0,3}}"
# Behind a backslash it would take the letter of the escape for its own: `\nglobal.amazon.nova-…`.
_GEOGRAPHY: Final = r"(?<!\\)[a-z]{2,8}(?:-[a-z]{2,4})?"
_ARN: Final = (
    r"arn:aws[a-z-]*:bedrock:[a-z0-9-]*:[0-9]*:(?:foundation-model|(?:application-)?"
    r"inference-profile|provisioned-model|custom-model(?:-deployment)?|(?:default-)?prompt-router)/"
    r"(?P<resource>(?>[A-Za-z0-9]+(?:[.:/-][A-Za-z0-9]+){0,40}))"
    # `"…/anthropic." + name` is no ARN yet.
    r"(?!\.[\"'`])"
)
# Ids that are one word are made by AWS, of twelve characters; a short one might be any word.
_SHORTEST_SINGLE: Final = 8

# A version behind a hyphen, with or without a revision; or a number with one. A dot stands only
# before a number (`glm-4.7`). No module, file or host, with a line or a port, looks like this.
_NAME: Final = r"[a-z0-9-]+(?:\.[0-9][a-z0-9-]*)*"
_VERSIONED: Final = re.compile(rf"{_NAME}-v[0-9]+(?:-[0-9]+)?(?:(?::[0-9]+){{1,2}}[a-z]*)?")
_NUMBERED: Final = re.compile(rf"{_NAME}-[0-9]+:[0-9]+")
# What stands behind a name that goes on: a wildcard of IAM, a placeholder, or the end of a string
# that has another added to it.
_OPEN: Final = re.compile(r"[.:/-]*(?:[*${\[]|<(?!/)|%(?![0-9A-Fa-f]{2}))|[:/]+[\"'`]")
_EMPHASIS: Final = "*"
_INSIDE: Final = re.compile(r"[A-Za-z0-9_)\]-]\.\Z")
_LONGEST_ID: Final = 256


class Mention(NamedTuple):
    """One place: lines and columns count from 1, `end_column` is behind the last character.

    `text` has its colons where they are written as in a URL.
    """

    path: str
    line: int
    column: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The ids that are listed, how ids begin, and the expression that finds what may be one.

    `providers` stand in front of models, `geographies` in front of these in AWS's own profiles.
    """

    ids: frozenset[str]
    models: frozenset[str]
    providers: frozenset[str]
    geographies: frozenset[str]
    expression: re.Pattern[str]

    def lists(self, name: str) -> bool:
        """Say whether an id, or the model behind a geography, is listed."""
        if name in self.ids or base_model_id(name, self.models) in self.models:
            return True
        return base_model_id(name.partition(".")[2], self.models) in self.models

    def named_in(self, found: re.Match[str]) -> int | None:
        """Give where the name that begins there ends; None where there is none.

        Behind a name there may be a colon that is none of its own, as in `key:value`.
        """
        if found["arn"]:
            return found.end() if self._is_listed_arn(found) or _is_whole(found) else None
        begin, colons = found.start(), _COLON.finditer(found.string, found.start(), found.end())
        ends = [found.end(), *reversed([colon.start() for colon in colons])]
        whole = _is_whole(found)
        for end in ends:
            name = _plain(found.string[begin:end])
            if self.lists(name) or (whole and self._looks_retired(name, _VERSIONED)):
                return end
        # Not before, because the number may be the value: `claude-haiku-4-5:3`.
        numbered = whole and self._looks_retired(_plain(found[0]), _NUMBERED)
        return found.end() if numbered else None

    def _is_listed_arn(self, found: re.Match[str]) -> bool:
        return found[0] in self.ids or self.lists(found["resource"])

    def _looks_retired(self, name: str, shape: re.Pattern[str]) -> bool:
        head, _, rest = name.partition(".")
        if head in self.geographies:
            head, _, rest = rest.partition(".")
        return (
            head in self.providers
            and len(rest) <= _LONGEST_ID
            and shape.fullmatch(rest) is not None
        )


def vocabulary(rows: Iterable[TrackedModel], usage: Mapping[str, RegionUsage]) -> Vocabulary:
    """Gather what is listed: models, and what of the account and of AWS stands for models."""
    models = frozenset(row.model_id for row in rows)
    named: set[str] = set()
    offered: set[str] = set()
    for known in usage.values():
        for source in INVOKABLE & known.readings.keys():
            resources = known.readings[source].resources
            named.update(name for one in resources for name in (one.id, one.arn) if name)
            if source is Source.SYSTEM_PROFILES:
                offered.update(one.id for one in resources if one.id.count(".") > 1)
    # `us.anthropic.claude-…`: the model of a profile need not be listed where we asked.
    behind = {one.split(".")[1] for one in offered}
    providers = frozenset(one.partition(".")[0] for one in models) | behind
    return Vocabulary(
        ids=models | named,
        models=models,
        providers=providers,
        geographies=frozenset(one.partition(".")[0] for one in offered),
        expression=_expression(
            providers, {one for one in named if one.isalnum() and len(one) >= _SHORTEST_SINGLE}
        ),
    )


def _expression(providers: Iterable[str], single: Iterable[str]) -> re.Pattern[str]:
    """Make what finds candidates: `single` are ids of one word, as AWS makes them for profiles.

    Atomic groups: what does not end like a word is not tried again in part, so that a long line
    costs no more than its length.
    """
    kinds = [rf"(?P<arn>{_ARN})"]
    if any_of := "|".join(map(re.escape, sorted(providers))):
        kinds.append(rf"(?:{_GEOGRAPHY}\.)?(?:{any_of}){_ID_BEHIND_PROVIDER}")
    if lengths := {len(one) for one in single}:
        kinds.append(rf"[A-Za-z0-9]{{{min(lengths)},{max(lengths)}}}")
    return re.compile(rf"{_BEGIN}(?>{'|'.join(kinds)}){_END}")


def mentions(path: str, text: str, known: Vocabulary) -> Iterator[Mention]:
    """Yield each place in a text that names a model, in order."""
    for number, line in enumerate(text.split("\n"), 1):
        for found in known.expression.finditer(line):
            end = known.named_in(found)
            if end is not None:
                begin = found.start()
                yield Mention(path, number, begin + 1, end + 1, _plain(line[begin:end]))


def _plain(written: str) -> str:
    return _COLON.sub(":", written)


def _is_whole(found: re.Match[str]) -> bool:
    """Say whether a name is all there: no part of a longer one, and none to be completed."""
    line, begin, end = found.string, found.start(), found.end()
    if line[begin - 1 : begin] == _EMPHASIS == line[end : end + 1]:
        return True
    return _INSIDE.search(line[max(begin - 2, 0) : begin]) is None and not _OPEN.match(line, end)
