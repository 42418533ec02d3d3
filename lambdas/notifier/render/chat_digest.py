"""The digest in a chat: what stands above and below the models that have a date ahead.

The e-mail has the long form. Here each section keeps its most important lines, with a count of
those that it leaves out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifier.render.digest import (
    WHY_WORDS,
    attention_points,
    digest_of,
    held_back_facts,
    kind_words,
    unseen_points,
)
from notifier.render.markup import code, inert, points, strong, titled
from notifier.render.words import count_text, moment_text, regions_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from notifier.digest import Digest, HeldBack
    from notifier.model import Alert, ModelEntry

_LINES = 6
_NAMES = 2
_LINE_LENGTH = 300


def digest_before(alert: Alert) -> Iterator[str]:
    """Give what cannot wait: who does not hear, and which Regions are not heard."""
    urgent = attention_points(digest_of(alert), alert.occurred_at.date())
    if urgent:
        yield titled("Needs attention", points(_cut([inert(one, _LINE_LENGTH) for one in urgent])))


def digest_after(alert: Alert) -> Iterator[str]:
    """Give what changed, what is new, what is held back, and what cannot be seen."""
    digest = digest_of(alert)
    today = alert.occurred_at.date()
    held = sorted(digest.held_back, key=lambda one: not one.ends_soon)
    sections = {
        f"What changed since {moment_text(digest.since)}": list(_changes(digest)),
        "Models added": [f"{_model(one)}: {regions_text(one.regions)}" for one in digest.added],
        "Reminders held back": [f"{_held(one)}: {_facts(one, today)}" for one in held],
        "What cannot be seen": [inert(one, _LINE_LENGTH) for one in unseen_points(digest)],
    }
    for title, lines in sections.items():
        if lines:
            yield titled(title, points(_cut(lines)))


def _cut(lines: Sequence[str]) -> list[str]:
    left_out = len(lines) - _LINES
    more = [f"and {left_out:,} more: the e-mail has them"] if left_out > 0 else []
    return [*lines[:_LINES], *more]


def _changes(digest: Digest) -> Iterator[str]:
    for news in digest.told:
        yield f"{kind_words(news)}: {_models(news.models)}"
    for news in digest.left_out:
        why = WHY_WORDS[news.why] if news.why else ""
        yield f"{kind_words(news)}, not told until now ({why}): {_models(news.models)}"
    if digest.announced:
        yield f"Announced by AWS Health: {_models(digest.announced)}"


def _models(models: Sequence[ModelEntry]) -> str:
    """Name the first models, those in use before the others, and count the rest."""
    left_out = len(models) - _NAMES
    named = ", ".join(_model(one) for one in models[:_NAMES])
    return f"{named} and {count_text(left_out, 'more model')}" if left_out > 0 else named


def _model(entry: ModelEntry) -> str:
    return f"{strong(inert(entry.name, 60))} {code(entry.model_id)}"


def _held(one: HeldBack) -> str:
    return f"{strong(inert(one.name or 'A model', 60))} {code(one.snooze.model_id)}"


def _facts(one: HeldBack, today: date) -> str:
    return inert(held_back_facts(one, today), _LINE_LENGTH)
