"""Which rows concern this account."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notifier.model import TrackedModel


@dataclass(frozen=True, slots=True)
class Scope:
    """Who is told at once: everybody, or what is used or watched; ignored rows never.

    `watch` and `ignore` are globs on the model id; `ignore` beats `watch`.
    """

    everything: bool = False
    watch: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def ignores(self, row: TrackedModel) -> bool:
        """Say whether nothing is ever told about the row."""
        return self.ignores_id(row.model_id)

    def ignores_id(self, model_id: str) -> bool:
        """Say whether nothing is ever told about a model of that id."""
        return bool(self.ignore) and _matches(model_id, self.ignore)

    def includes(self, row: TrackedModel) -> bool:
        """Say whether the row is told at once. Unknown use counts as use."""
        if self.ignores(row):
            return False
        return self.everything or row.in_use is not False or _matches(row.model_id, self.watch)


def _matches(model_id: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(model_id, glob) for glob in globs)
