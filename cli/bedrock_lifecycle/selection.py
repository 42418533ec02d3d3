"""Which tracked models a person means, and in which order they are shown. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from bedrock_lifecycle.errors import CommandError
from notifier.model import Phase
from notifier.render.words import plain
from notifier.upcoming import next_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from notifier.model import Dates, ModelEntry, TrackedModel

_MOST_CANDIDATES = 12


@dataclass(frozen=True, slots=True)
class Selection:
    """What to look for; what is empty does not narrow. Unknown use counts as use."""

    in_use: bool = False
    phases: Collection[Phase] = ()
    regions: Collection[str] = ()
    provider: str = ""
    within_days: int | None = None

    def matches(self, row: TrackedModel, today: date) -> bool:
        """Say whether a row is looked for."""
        return (
            (not self.in_use or row.in_use is not False)
            and (not self.phases or row.phase in self.phases)
            and (not self.regions or row.region in self.regions)
            and self.provider.casefold() in row.provider.casefold()
            and (self.within_days is None or _comes(row.known_dates, self.within_days, today))
        )


def _comes(dates: Dates, days: int, today: date) -> bool:
    return any(today <= day <= today + timedelta(days) for _, day in dates.stated())


def used_first(entries: Iterable[ModelEntry], today: date) -> list[ModelEntry]:
    """Order by use, then by what comes next, then by name.

    What is used although it has ended comes before all: its requests fail now.
    """

    def order(entry: ModelEntry) -> tuple[int, bool, date, str, str]:
        ahead = next_of(entry, today)
        use = {True: 0, None: 1, False: 2}[entry.in_use]
        fails = entry.phase is Phase.END_OF_LIFE and entry.in_use is not False
        return (use, not fails, ahead.day if ahead else date.max, entry.name, entry.model_id)

    return sorted(entries, key=order)


def model_named(part: str, names: Mapping[str, str]) -> str:
    """Give the one model id that somebody means by an id, a name or any part of either.

    `names` are the names by model id. An inference-profile id or ARN that holds an id means that
    model. Raises CommandError where none is meant, or one of several.
    """
    asked = part.strip()
    if asked in names:
        return asked
    wanted = asked.casefold()
    for found in (_called(wanted, names), _held(wanted, names), _with_all_words(wanted, names)):
        if len(found) == 1:
            return found[0]
        if found:
            raise CommandError(_ambiguous(part, found, names))
    raise CommandError(
        f"no tracked model is called {plain(part)!r}; bedrock-lifecycle models lists those that are"
    )


def _called(wanted: str, names: Mapping[str, str]) -> list[str]:
    return [one for one, name in names.items() if wanted in {name.casefold(), one.casefold()}]


def _held(wanted: str, names: Mapping[str, str]) -> list[str]:
    """Give the longest id within what was asked for, such as `us.anthropic...` or an ARN."""
    held = [one for one in names if one.casefold() in wanted]
    return [max(held, key=len)] if held else []


def _with_all_words(wanted: str, names: Mapping[str, str]) -> list[str]:
    words = wanted.split()
    return [
        one
        for one, name in names.items()
        if words and all(word in f"{one} {name}".casefold() for word in words)
    ]


def _ambiguous(part: str, found: Sequence[str], names: Mapping[str, str]) -> str:
    shown = [f"{plain(names[one])} [{plain(one, 256)}]" for one in sorted(found)[:_MOST_CANDIDATES]]
    more = f"\n  and {len(found) - len(shown)} more" if len(found) > len(shown) else ""
    lines = "".join(f"\n  {one}" for one in shown)
    return (
        f"{plain(part)!r} may be any of {len(found)} models; say more of one of them:{lines}{more}"
    )
