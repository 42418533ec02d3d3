"""What to tell of an AWS Health event: each version once, an update with what has changed.

The Health API has no communication id, so a version is known by its content. An event seen from
one side may lack what the other gives (entities, a page, the English text); that is no change.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from notifier.health_event import BEDROCK, Concern
from notifier.render.words import count_text, day_text, listing, plain
from notifier.times import iso_time

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from notifier.affected import Affected
    from notifier.health_event import Entity, HealthEvent

# Enough for any event seen, and no more than a few KB.
_ENTITIES_REMEMBERED = 2_000
_NAMED_IN_CHANGES = 5
_ENTITY_LENGTH = 120
_LANGUAGE = 2
_STATUS_LENGTH = 40
_STATUSES_NAMED = 5
_TWINS = 10
# Which of the two an event has that lies ahead, EventBridge and the API need not agree on.
_LIVE = frozenset({"open", "upcoming"})


class HealthEvents(StrEnum):
    """Which events are told: those about lifecycle, changes and the account, or all."""

    LIFECYCLE = "lifecycle"
    ALL = "all"


class Version(NamedTuple):
    """What is remembered of a version of an event, to see what the next one changes.

    `texts` are hashes of the description by language. `entities` are short hashes with a status
    each; None where the version named none, and empty where there were too many, of which only the
    number and one hash of all are kept. `models` are the tracked models it concerned, `dates` the
    ISO dates that it gave for them. `twins` are the contents seen with this same time, `is_told`
    says that people have heard of the event.
    """

    updated_at: datetime
    status: str
    start_at: datetime | None
    end_at: datetime | None
    texts: Mapping[str, str]
    entities: Mapping[str, str] | None
    entity_count: int
    entity_hash: str
    models: frozenset[str] = frozenset()
    is_partial: bool = False
    dates: tuple[str | None, ...] = ()
    twins: tuple[str, ...] = ()
    is_told: bool = False


class Remembered(NamedTuple):
    """The last known version of an event, if there was any; `seq` rises whenever that moves."""

    seq: int = 0
    version: Version | None = None


class Silence(StrEnum):
    """Why nothing is said of an event."""

    OTHER_SERVICE = "not about Bedrock"
    OPERATIONAL_ISSUE = "an operational issue, which the settings leave out"
    SAME = "told already"
    OLDER = "older than what was told"
    IGNORED = "only about ignored models"
    CLOSED_BEFORE = "closed before the notifier first looked"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from an event: news, with what it changes, or silence and why.

    `remember` is the version to keep in either case, if any.
    """

    silence: Silence | None = None
    changes: tuple[str, ...] = ()
    remember: Version | None = None


def is_wanted(event: HealthEvent, wanted: HealthEvents) -> Silence | None:
    """Say why an event of this kind is left out, or nothing: what is not known is worth telling."""
    if event.service != BEDROCK:
        return Silence.OTHER_SERVICE
    if event.concern is Concern.OPERATIONAL_ISSUE and wanted is not HealthEvents.ALL:
        return Silence.OPERATIONAL_ISSUE
    return None


def verdict(
    event: HealthEvent,
    before: Remembered,
    found: Affected,
    *,
    is_ignored: bool = False,
    is_first_look: bool = False,
) -> Verdict:
    """Decide about an event, wanted as such, from what was told of it before.

    `found` is what it concerns; `is_ignored` says that nobody wants to hear of any of that,
    `is_first_look` that events of this kind are seen for the first time.
    """
    seen, known = version_of(event, found), before.version
    if known is None:
        if is_ignored:
            return Verdict(Silence.IGNORED, remember=seen)
        if is_first_look and event.is_closed:
            return Verdict(Silence.CLOSED_BEFORE, remember=seen)
        return Verdict(remember=seen._replace(is_told=True))
    if seen.updated_at < known.updated_at:
        return Verdict(Silence.OLDER)
    is_twin = seen.updated_at == known.updated_at
    if is_twin and seen.twins[0] in known.twins:
        return Verdict(Silence.SAME)
    whole = _completed(seen, known, is_twin=is_twin)
    changes = tuple(_changes(event, known, whole))
    if not changes:
        return Verdict(Silence.SAME, remember=whole)
    if is_ignored:
        return Verdict(Silence.IGNORED, remember=whole)
    return Verdict(changes=changes if known.is_told else (), remember=whole._replace(is_told=True))


def version_of(event: HealthEvent, found: Affected) -> Version:
    """Give what is to be remembered of an event."""
    hashed = None if event.entities is None else _hashed(event.entities)
    few = hashed is not None and len(hashed) <= _ENTITIES_REMEMBERED
    text = " ".join(event.description.split())
    return Version(
        updated_at=event.updated_at.replace(microsecond=0),
        status=event.status.casefold()[:_STATUS_LENGTH],
        start_at=_to_the_second(event.start_at),
        end_at=_to_the_second(event.end_at),
        texts={event.language[:_LANGUAGE].lower(): _hash(text)} if text else {},
        entities=hashed if few or hashed is None else {},
        entity_count=len(hashed or ()),
        entity_hash=_hash_of_all(hashed or {}),
        models=found.models,
        is_partial=bool(event.missing_pages),
        dates=tuple(day.isoformat() if day else None for day in found.dates),
        twins=(event.content_hash(),),
    )


def _to_the_second(moment: datetime | None) -> datetime | None:
    """Leave out what only the Health API gives."""
    return moment.replace(microsecond=0) if moment else None


def _hashed(entities: Collection[Entity]) -> dict[str, str]:
    return {_hash(entity.value): entity.status[:_STATUS_LENGTH] for entity in entities}


def _hash_of_all(entities: Mapping[str, str]) -> str:
    return _hash(repr(sorted(entities.items())))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _completed(seen: Version, known: Version, *, is_twin: bool) -> Version:
    """Keep what was known where this version says nothing about it.

    A twin is the same version, seen from a side that may give less of it, or more.
    """
    seen = seen._replace(
        status=seen.status or known.status,
        texts={**known.texts, **seen.texts},
        is_told=known.is_told,
    )
    if is_twin:
        both_live = {seen.status, known.status} == _LIVE
        seen = seen._replace(
            status=known.status if both_live else seen.status,
            start_at=seen.start_at or known.start_at,
            end_at=seen.end_at or known.end_at,
            dates=tuple(new or old for new, old in zip_longest(seen.dates, known.dates)),
            twins=(*known.twins, *seen.twins)[-_TWINS:],
        )
    if seen.entities is None or (seen.is_partial and not known.is_partial):
        seen = _with_entities(seen, known, known.entities)
    elif seen.is_partial and known.entities and seen.entities:
        # What a page that is missing lists has not gone.
        seen = _with_entities(seen, known, {**known.entities, **seen.entities})
    return seen


def _with_entities(seen: Version, known: Version, all_: Mapping[str, str] | None) -> Version:
    same = all_ is known.entities
    return seen._replace(
        entities=all_,
        entity_count=known.entity_count if same else len(all_ or ()),
        entity_hash=known.entity_hash if same else _hash_of_all(all_ or {}),
        models=seen.models | known.models,
        is_partial=known.is_partial if same else True,
    )


def _changes(event: HealthEvent, known: Version, seen: Version) -> Iterator[str]:
    if seen.status != known.status:
        yield _status_change(event, known.status)
    is_twin = seen.updated_at == known.updated_at
    dates = ("date" if event.is_planned else "start", "end")
    befores, afters = (known.start_at, known.end_at), (seen.start_at, seen.end_at)
    for name, before, after in zip(dates, befores, afters, strict=True):
        if before != after and not (is_twin and before is None):
            yield _date_change(name, before, after)
    if any(known.texts.get(language, text) != text for language, text in seen.texts.items()):
        yield "the text has changed"
    elif not is_twin and known.texts and seen.texts.keys() - known.texts.keys():
        yield "its text is given in another language, and may have changed"
    yield from _entity_changes(event, known, seen)
    if is_twin and any(new and not old for new, old in zip_longest(seen.dates, known.dates)):
        yield "a date is now given for what it concerns"


def _status_change(event: HealthEvent, before: str) -> str:
    if event.is_closed:
        return "AWS has closed the event"
    now, was = (plain(status) or "not given" for status in (event.status, before))
    return f"its status is now {now}, was {was}"


def _date_change(name: str, before: datetime | None, after: datetime | None) -> str:
    if before is None or after is None:
        moment = before or after
        said = f" ({day_text(moment.date())})" if moment else ""
        return f"its {name} is {'no longer given' if after is None else 'now given'}{said}"
    if before.date() != after.date():
        earlier = "earlier" if after < before else "later"
        days = f"to {day_text(after.date())}, from {day_text(before.date())}"
        return f"its {name} has moved {earlier}, {days}"
    return f"its {name} is now {iso_time(after)}, was {iso_time(before)}"


def _entity_changes(event: HealthEvent, known: Version, seen: Version) -> Iterator[str]:
    if seen.entity_hash == known.entity_hash:
        return
    new_models, gone = seen.models - known.models, known.models - seen.models
    if known.entities is None and seen.updated_at == known.updated_at and not new_models:
        return  # The same version from a side that gives more of it.
    if gone:
        yield f"it no longer concerns {_named(gone)}"
    if not known.entities or not seen.entities:
        now = count_text(seen.entity_count, "affected resource")
        yield f"{now} now, {known.entity_count:,} before"
        return
    values = {_hash(entity.value): entity.value for entity in event.entities or ()}
    added = [values[key] for key in seen.entities if key not in known.entities]
    if added:
        yield f"{count_text(len(added), 'more affected resource')}: {_named(added)}"
    left = len(known.entities.keys() - seen.entities.keys())
    if left:
        yield f"{count_text(left, 'resource')} no longer affected"
    yield from _status_changes(known.entities, seen.entities, values)


def _status_changes(
    before: Mapping[str, str], after: Mapping[str, str], values: Mapping[str, str]
) -> Iterator[str]:
    for status in sorted(set(after.values()))[:_STATUSES_NAMED]:
        moved = [
            values[key]
            for key, now in after.items()
            if now == status and key in before and before[key] != now
        ]
        if moved:
            now = plain(status) or "without status"
            yield f"{count_text(len(moved), 'resource')} now {now}: {_named(moved)}"


def _named(values: Collection[str]) -> str:
    shown = [plain(value, _ENTITY_LENGTH) for value in sorted(values)[:_NAMED_IN_CHANGES]]
    left_out = len(values) - len(shown)
    return listing([*shown, f"{left_out:,} more"] if left_out else shown)
