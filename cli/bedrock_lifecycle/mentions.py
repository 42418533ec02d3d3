"""Where a text names Bedrock models: ids, inference-profile ids and ARNs. Pure.

What counts as an id is what the account's API has listed. Beside that, only what has the shape of
a model id of a provider that is listed: an id that has been retired is listed nowhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

from notifier.lifecycle import base_model_id
from notifier.usage import INVOKABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from notifier.model import TrackedModel
    from notifier.usage import RegionUsage

# Whole tokens only, in which a colon may be written as in a URL. The quantifiers do not overlap,
# so that a long line costs no more than its length.
_ARN: Final = r"arn:aws[a-z-]*:bedrock:[a-z0-9-]*:[0-9]*:[a-z-]+/[A-Za-z0-9._:/+-]+"
_ID: Final = r"[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)+(?:(?::|%3[aA])[a-z0-9]+)*"
_TOKEN: Final = re.compile(rf"(?<![A-Za-z0-9_.@-])(?:{_ARN}|{_ID})(?![A-Za-z0-9_])")
_AFTER: Final = ".:/-+"

# A version behind a hyphen, with or without a revision: no host, module or file ends like this.
_RETIRED: Final = re.compile(
    r"(?:[a-z]{2,8}(?:-[a-z]{2,4})?\.)?(?P<provider>[a-z0-9]+)\.[a-z0-9.-]*[a-z0-9]"
    r"(?:-v[0-9]+(?::[0-9]+(?::[0-9a-z]+)?)?|:[0-9]+(?::[0-9a-z]+)?)"
)
_OF_MODELS: Final = re.compile(
    r"arn:[^:]+:bedrock:[^:]*:[^:]*:(?:foundation-model|inference-profile|"
    r"application-inference-profile|provisioned-model|custom-model|custom-model-deployment|"
    r"prompt-router|default-prompt-router)/"
)


class Mention(NamedTuple):
    """One place: lines and columns count from 1, `end_column` is behind the last character."""

    path: str
    line: int
    column: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The ids that are listed, and the providers of listed models as their ids begin."""

    ids: frozenset[str]
    models: frozenset[str]
    providers: frozenset[str]

    def named_by(self, token: str) -> str | None:
        """Give the part of a token that names a model, listed or retired: all, or its beginning.

        Behind an id there may be a colon that is none of its own, as in `key:value`.
        """
        while token:
            if self._knows(token):
                return token
            token = token.rpartition(":")[0]
        return None

    def _knows(self, token: str) -> bool:
        if token in self.ids or base_model_id(token, self.models) in self.models:
            return True
        if _OF_MODELS.match(token):
            return True
        shape = _RETIRED.fullmatch(token)
        return shape is not None and shape["provider"] in self.providers


def vocabulary(rows: Iterable[TrackedModel], usage: Mapping[str, RegionUsage]) -> Vocabulary:
    """Gather what is listed: models, and what of the account and of AWS stands for models."""
    models = frozenset(row.model_id for row in rows)
    listed = [
        resource
        for known in usage.values()
        for source in INVOKABLE & known.readings.keys()
        for resource in known.readings[source].resources
    ]
    named = {name for one in listed for name in (one.id, one.arn) if name}
    return Vocabulary(
        ids=models | named,
        models=models,
        providers=frozenset(one.partition(".")[0] for one in models),
    )


def mentions(path: str, text: str, known: Vocabulary) -> Iterator[Mention]:
    """Yield each place in a text that names a model, in order."""
    for number, line in enumerate(text.splitlines(), 1):
        for found in _TOKEN.finditer(line):
            written = found.group().rstrip(_AFTER)
            named = known.named_by(unquote(written))
            if named is not None:
                begin = found.start() + 1
                # A colon that was written as in a URL takes two characters more.
                length = len(named) + 2 * written.count("%", 0, len(named) + 2)
                yield Mention(path, number, begin, begin + length, named)
