"""The likely successor of a model that is being retired, found in the live catalog alone.

No Bedrock API names a replacement, and a table typed by hand would be out of date within weeks. So
this compares what the catalog says of the models: their provider, the words of their ids, their
modalities, how they are invoked, and since when they exist
(https://docs.aws.amazon.com/bedrock/latest/APIReference/API_FoundationModelSummary.html).

What may be named at all:

- Only a model of the same provider: across providers nothing in the catalog tells a near model
  from a far one.
- Only one that nothing is retiring: in no Region anything but ACTIVE, nor with any date ahead.
- Only where it gives all outputs and takes at least one of the inputs.
- Of another family only one that came later, takes every input, and streams exactly if the old
  one does (by modalities alone, a reranker is a text model); and only if no third family has one
  as well. To choose between families would be a guess.

Of those the first counts that loses fewest inputs, as today's requests could not be sent
otherwise; then, where Regions are known to be used, the one in most of them, as a model cannot be
called where it is not; then family, then the words that name the model within its family, and
among those with the same words that it came later. Where use is not known, Regions come after
these: which of them matter is not known either. Then the ways of invoking it, streaming, and the
date of its launch. The id decides between a few equals, which are then named; among many it would
be a guess.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from notifier.lifecycle import STATUS_ACTIVE
from notifier.model import NO_DATES, Phase
from notifier.render.words import listing, names_text, plain, regions_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from notifier.model import Capabilities, TrackedModel

_LETTERS = re.compile(r"[^\W\d_]+")
_WORD_BEFORE_DIGITS = re.compile(r"([^\W\d_]{2,})\d")
_SIZE = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:x\d+)?b(?![^\W_])")
_ON_DEMAND, _PROFILE, _PROVISIONED = "ON_DEMAND", "INFERENCE_PROFILE", "PROVISIONED"
_WAYS_TO_CALL = frozenset({_ON_DEMAND, _PROFILE})
_DATES_AHEAD = frozenset({"legacy_at", "extended_access_at", "end_of_life_at"})
_MOST_EQUALS = 2
_VALUES_SHOWN = 5


AWS_HEALTH = "AWS Health"
"""The `source` of a successor that AWS itself recommends."""


class Successor(NamedTuple):
    """A candidate to move to, or the reason why there is none.

    `source` says how it was found, so that nobody takes a guess for AWS's own word; without a
    candidate (`model_id` None, `name` empty) it says why. `differences` are short phrases about
    what the candidate lacks or does otherwise.
    """

    model_id: str | None
    name: str
    source: str
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Abilities:
    """Capabilities as sets; one object for all that are equal, so that it can be a key cheaply."""

    inputs: frozenset[str]
    outputs: frozenset[str]
    ways: frozenset[str]
    customizations: frozenset[str]
    variants: frozenset[str]
    streaming: bool | None


class _Naming(NamedTuple):
    """What the id of a model says: `claude-3-7-sonnet` is {claude, sonnet}, of the family claude.

    `size` is the number of parameters where the id has it, such as `70b`.
    """

    family: str
    words: frozenset[str]
    size: str


class _Model(NamedTuple):
    """A model over its Regions: `offers` holds what it can do in each where it is listed."""

    model_id: str
    name: str
    naming: _Naming
    launched: date | None
    offers: Mapping[str, _Abilities]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Every model that may be named as a successor, by provider. Made once for all questions."""

    by_provider: Mapping[str, Sequence[_Model]]
    abilities: dict[Capabilities, _Abilities]


class _Match(NamedTuple):
    """A candidate seen from a dying model. `regions` are those of the dying one where it fits.

    `kin`: of the same family; `apart`: the number of words that only one of the two has.
    """

    model: _Model
    kin: bool
    apart: int
    regions: tuple[str, ...]
    pairs: frozenset[tuple[_Abilities, _Abilities]]


class _Choice(NamedTuple):
    """The candidates that count, and the nearest of them, which nothing in the catalog tells apart.

    `torn` says that they are too many, or too far from each other, for one to be named.
    """

    matches: Sequence[_Match] = ()
    nearest: Sequence[_Match] = ()
    torn: bool = False


def candidates(rows: Iterable[TrackedModel]) -> Candidates:
    """Find the models that may be named, among all rows of a poll."""
    live: defaultdict[str, list[TrackedModel]] = defaultdict(list)
    retiring: set[str] = set()
    for row in rows:
        if _is_retiring(row):
            retiring.add(row.model_id)
        elif row.missing_since is None and row.gone_at is None:
            live[row.model_id].append(row)
    abilities: dict[Capabilities, _Abilities] = {}
    by_provider: defaultdict[str, list[_Model]] = defaultdict(list)
    for model_id, found in live.items():
        if model_id not in retiring:
            by_provider[_provider_key(found[0])].append(_model(model_id, found, abilities))
    return Candidates(dict(by_provider), abilities)


def successor(model_id: str, rows: Sequence[TrackedModel], among: Candidates) -> Successor:
    """Name the likely successor of a model from its rows; `among` may hold the model itself."""
    used, proven = _rows_that_count(rows)
    if not used:
        return Successor(None, "", "nothing is known of the model")
    dying = _model(model_id, used, among.abilities)
    peers = [
        other
        for other in among.by_provider.get(_provider_key(used[0]), ())
        if other.model_id != model_id
    ]
    choice = _choose(dying, peers, proven=proven)
    if choice.torn or not choice.nearest:
        return Successor(None, "", _why_none(dying, used[0], peers, choice))
    best = choice.nearest[0]
    return Successor(
        best.model.model_id,
        _name(best.model),
        _source(dying, choice),
        tuple(_differences(dying, best)),
    )


def _name(model: _Model) -> str:
    return plain(model.name) or plain(model.model_id)


def _names(models: Iterable[_Model]) -> str:
    return names_text(sorted({_name(model) for model in models}))


def with_successors(rows: Iterable[TrackedModel]) -> tuple[TrackedModel, ...]:
    """Give the rows, those of models on their way out with the likely successor."""
    rows = tuple(rows)
    leaving: defaultdict[str, list[TrackedModel]] = defaultdict(list)
    for row in rows:
        if _is_leaving(row):
            leaving[row.model_id].append(row)
    if not leaving:
        return rows
    among = candidates(rows)
    found = {model_id: successor(model_id, of, among) for model_id, of in leaving.items()}
    keys = {row.key for of in leaving.values() for row in of}
    return tuple(
        replace(row, successor=found[row.model_id]) if row.key in keys else row for row in rows
    )


def differences(
    rows: Sequence[TrackedModel], other_id: str, other: Iterable[TrackedModel]
) -> tuple[str, ...]:
    """Say what a given model lacks, or does otherwise, than the one that these rows are of."""
    used, _ = _rows_that_count(rows)
    abilities: dict[Capabilities, _Abilities] = {}
    theirs = [row for row in other if row.gone_at is None]
    if not used or not theirs:
        return ()
    dying = _model(used[0].model_id, used, abilities)
    model = _model(other_id, theirs, abilities)
    kin = dying.naming.family == model.naming.family
    apart = len(dying.naming.words ^ model.naming.words) if kin else 0
    regions = tuple(region for region in dying.offers if region in model.offers)
    pairs = frozenset((dying.offers[region], model.offers[region]) for region in regions)
    return tuple(_differences(dying, _Match(model, kin, apart, regions, pairs)))


def _is_leaving(row: TrackedModel) -> bool:
    dying = row.phase is not Phase.ACTIVE or row.dates.end_of_life is not None
    return dying or _is_announced(row)


def _is_announced(row: TrackedModel) -> bool:
    """Say whether AWS Health has given a date that the Bedrock API may not show yet."""
    return row.announced is not None and row.announced.dates != NO_DATES


def _is_retiring(row: TrackedModel) -> bool:
    """Say whether a row shows its model on its way out: then it is no place to go, anywhere."""
    if row.dates != NO_DATES or _is_announced(row):
        return True
    if row.not_understood and not _DATES_AHEAD.isdisjoint(row.not_understood):
        return True
    # One that was withdrawn from a Region, without ever a date, is only absent there.
    active = row.phase is Phase.ACTIVE and row.lifecycle.status == STATUS_ACTIVE
    return not active and row.gone_at is None


def _rows_that_count(rows: Sequence[TrackedModel]) -> tuple[Sequence[TrackedModel], bool]:
    """Give the rows of the Regions that the account uses, and whether the use is proven."""
    proven = [row for row in rows if row.in_use]
    return proven or [row for row in rows if row.in_use is None] or rows, bool(proven)


def _model(
    model_id: str, rows: Sequence[TrackedModel], known: dict[Capabilities, _Abilities]
) -> _Model:
    first = rows[0]
    launches = {row.lifecycle.start_of_life_at for row in rows}
    offers: dict[str, _Abilities] = {}
    before = None
    for row in rows:
        if before is None or row.capabilities != before:  # Most often the same in all Regions.
            before, abilities = row.capabilities, _abilities(row.capabilities, known)
        offers[row.region] = abilities
    return _Model(
        model_id,
        first.name,
        _naming(model_id, first.name, first.provider),
        min((moment.date() for moment in launches if moment), default=None),
        offers,
    )


def _abilities(can: Capabilities, known: dict[Capabilities, _Abilities]) -> _Abilities:
    found = known.get(can)
    if found is None:
        found = known[can] = _Abilities(
            frozenset(can.inputs),
            frozenset(can.outputs),
            frozenset(can.inference_types),
            frozenset(can.customizations),
            frozenset(can.variants),
            can.streaming,
        )
    return found


def _provider_key(row: TrackedModel) -> str:
    """Fold a provider's name; without one, its part of the id stands for it."""
    provider = row.provider or row.model_id.partition(".")[0]
    return "".join(char for char in provider.casefold() if char.isalnum())


def _naming(model_id: str, name: str, provider: str) -> _Naming:
    """Read the words of a model's id; only where it has none, of its name.

    Ids are the steadier of the two, and set the provider apart: `mistral.mistral-large-…` is a
    family that the provider's name would hide, and "Amazon Nova …" is not the family Amazon.
    """
    before, _, rest = model_id.casefold().partition(":")[0].partition(".")
    text = rest or before
    words = list(_words(text))
    if not words:
        providers = set(_words(f"{provider.casefold()} {before}"))
        words = [word for word in _words(name.casefold()) if word not in providers]
    size = _SIZE.search(text)
    return _Naming(words[0] if words else "", frozenset(words), size[0] if size else "")


def _words(text: str) -> Iterator[str]:
    """Yield the words of a name without versions and sizes: `llama3-1-405b-instruct` has two."""
    for token in re.split(r"[\W_]+", text.replace("+", " plus ")):
        if _LETTERS.fullmatch(token):
            yield token
        elif found := _WORD_BEFORE_DIGITS.match(token):
            yield found[1]


def _is_same_model(model_id: str, other: str) -> bool:
    """Say whether an id is a variant of the model, or a version of it (`…-v1:0`) not later."""
    if model_id.startswith(f"{other}:") or other.startswith(f"{model_id}:"):
        return True
    (stem, version), (other_stem, other_version) = _version(model_id), _version(other)
    return stem == other_stem and other_version <= version


def _version(model_id: str) -> tuple[str, tuple[int, int]]:
    """Take the version off an id: `…-v1:0` is version 1, revision 0. Without one it is 0."""
    before, found, after = model_id.rpartition(":")
    stem, revision = (before, int(after)) if found and after.isdecimal() else (model_id, 0)
    before, found, after = stem.rpartition("-v")
    return (
        (before, (int(after), revision)) if found and after.isdecimal() else (stem, (0, revision))
    )


def _choose(dying: _Model, peers: Iterable[_Model], *, proven: bool) -> _Choice:
    """Pick the nearest among the other models of the provider."""
    matches = [
        match
        for other in peers
        if not _is_same_model(dying.model_id, other.model_id)
        and (match := _match(dying, other)) is not None
    ]
    kin = [match for match in matches if match.kin]
    if len({match.model.naming.family for match in matches if not match.kin}) > 1:
        if not kin:
            return _Choice(matches, matches, torn=True)
        matches = kin
    if not matches:
        return _Choice()
    ranks = [_rank(dying, match, proven=proven) for match in matches]
    least = min(ranks)
    nearest = [match for match, rank in zip(matches, ranks, strict=True) if rank == least]
    nearest.sort(key=lambda match: match.model.model_id)
    most = _MOST_EQUALS if nearest[0].kin else 0
    return _Choice(matches, nearest, torn=len(nearest) - 1 > most)


def _match(dying: _Model, other: _Model) -> _Match | None:
    """Compare a candidate with the dying model; None where it fits in none of its Regions."""
    kin = dying.naming.family == other.naming.family
    if not kin and not _came_later(other, dying):
        return None
    apart = len(dying.naming.words ^ other.naming.words) if kin else 0
    regions = tuple(
        region
        for region, needs in dying.offers.items()
        if (offers := other.offers.get(region)) is not None
        and _fits(needs, offers, kin=kin, alike=kin and not apart)
    )
    if not regions:
        return None
    pairs = frozenset((dying.offers[region], other.offers[region]) for region in regions)
    return _Match(other, kin, apart, regions, pairs)


def _fits(needs: _Abilities, offers: _Abilities, *, kin: bool, alike: bool) -> bool:
    """Say whether a model may be named in a Region, by what both can do there."""
    if not needs.outputs:
        return alike  # Nothing but the name to go by.
    if not needs.outputs <= offers.outputs:
        return False
    if kin:
        return not needs.inputs or not needs.inputs.isdisjoint(offers.inputs)
    unsure = needs.streaming is None or offers.streaming is None
    streams_alike = unsure or needs.streaming is offers.streaming
    return bool(needs.inputs) and needs.inputs <= offers.inputs and streams_alike


def _rank(dying: _Model, match: _Match, *, proven: bool) -> tuple[int, ...]:
    """Order matches, the best first; equal ranks mean that nothing in the catalog decides."""
    absent = len(dying.offers) - len(match.regions)
    return (
        max(len(needs.inputs - offers.inputs) for needs, offers in match.pairs),
        absent if proven else 0,
        not match.kin,
        match.apart,
        # A sibling of the same day must not win because it is still called the old way.
        not (match.apart or _came_later(match.model, dying)),
        absent,
        max(len((needs.ways - offers.ways) & _WAYS_TO_CALL) for needs, offers in match.pairs),
        any(_loses_streaming(needs, offers) for needs, offers in match.pairs),
        -_day_of_launch(match.model),
    )


def _came_later(model: _Model, dying: _Model) -> bool:
    """Say whether a model is known to have been launched after another."""
    both = model.launched is not None and dying.launched is not None
    return both and _day_of_launch(model) > _day_of_launch(dying)


def _day_of_launch(model: _Model) -> int:
    """Give the day of a launch as a number; one that is not known counts as the oldest."""
    return model.launched.toordinal() if model.launched else 0


def _loses_streaming(needs: _Abilities, offers: _Abilities) -> bool:
    return needs.streaming is True and offers.streaming is False


def _source(dying: _Model, choice: _Choice) -> str:
    """Say how a candidate was found: the newest only if no other that is as near is newer."""
    best, *equals = choice.nearest
    newest = all(
        _day_of_launch(match.model) <= _day_of_launch(best.model)
        for match in choice.matches
        if match.kin is best.kin and (best.apart or not match.apart)
    )
    relation = "same family" if best.kin else "same provider, another family"
    parts = [f"{relation}, {'newest' if newest else 'nearest'} active"]
    if not all(can.outputs for can in dying.offers.values()):
        parts.append("by its name alone")
    if equals:
        parts.append(f"as near: {_names(match.model for match in equals)}")
    return "; ".join(parts)


def _differences(dying: _Model, best: _Match) -> Iterator[str]:
    """Say what a candidate lacks or does otherwise, the weightiest first."""
    absent = sorted(dying.offers.keys() - set(best.regions))
    if absent:
        yield f"not in {regions_text(absent)}"
    if not best.kin:
        yield "a different family"
    elif best.apart:
        yield "a different model of the family"
    sizes = best.model.naming.size, dying.naming.size
    if all(sizes) and sizes[0] != sizes[1]:
        yield f"{sizes[0][:-1]}B instead of {sizes[1][:-1]}B"
    yield from _losses(dying, best)
    if variants := _variants(dying) - _variants(best.model):
        yield f"no context variant {_values(variants)}"
    if dying.launched and best.model.launched and best.model.launched < dying.launched:
        yield f"launched earlier ({best.model.launched.isoformat()})"


def _variants(model: _Model) -> frozenset[str]:
    return frozenset[str]().union(*(can.variants for can in model.offers.values()))


def _losses(dying: _Model, best: _Match) -> Iterator[str]:
    """Compare what both can do; where that is not the same in all Regions, name those."""
    where: defaultdict[str, list[str]] = defaultdict(list)
    for region in best.regions:
        for phrase in _lost(dying.offers[region], best.model.offers[region]):
            where[phrase].append(region)
    for phrase, regions in where.items():
        everywhere = len(regions) == len(best.regions)
        yield phrase if everywhere else f"{phrase} in {regions_text(sorted(regions))}"


def _lost(needs: _Abilities, offers: _Abilities) -> Iterator[str]:
    """Say what is lost between two models in one Region."""
    if not needs.outputs:
        yield "not compared: what the old model can do is not known"
        return
    if not needs.inputs:
        yield "inputs not compared: those of the old model are not known"
    if gap := needs.inputs - offers.inputs:
        yield f"no {_values(gap)} input"
    if _loses_streaming(needs, offers):
        yield "no streaming"
    yield from _lost_ways(needs.ways, offers.ways)
    if gap := needs.customizations - offers.customizations:
        yield f"no {_values(gap)}"


def _lost_ways(needs: frozenset[str], offers: frozenset[str]) -> Iterator[str]:
    """Say how a model can no longer be invoked; types that are not known here by their names."""
    lost = needs - offers
    if _ON_DEMAND in lost:
        yield "only through an inference profile" if _PROFILE in offers else "not on demand"
    if _PROFILE in lost:
        yield "only on demand" if _ON_DEMAND in offers else "not through an inference profile"
    if _PROVISIONED in lost:
        yield "no provisioned throughput"
    if other := lost - _WAYS_TO_CALL - {_PROVISIONED}:
        yield f"no {_values(other)} inference"


def _values(values: Iterable[str]) -> str:
    """Write values of the API's enums as words: `FINE_TUNING` is fine-tuning."""
    words = [plain(value).lower().replace("_", " ") for value in sorted(values)]
    words = [word.replace("fine tuning", "fine-tuning") for word in words]
    if len(words) > _VALUES_SHOWN:
        words[_VALUES_SHOWN - 1 :] = [f"{len(words) - _VALUES_SHOWN + 1} more"]
    return listing(words)


def _why_none(dying: _Model, row: TrackedModel, peers: Iterable[_Model], choice: _Choice) -> str:
    """Say why there is no candidate, and that another provider's would be no more than a guess."""
    provider = plain(row.provider) or plain(row.model_id.partition(".")[0])
    if choice.torn:
        names = _names(match.model for match in choice.nearest)
        return f"{names} of {provider} are equally near: to name one of them would be a guess"
    outputs = frozenset[str]().union(*(can.outputs for can in dying.offers.values()))
    if not outputs:
        return f"what it can do is not known, and no other model of {provider} is named alike"
    what = f"Active with {_values(outputs)} output in {_any_of(sorted(dying.offers))}"
    here = [other for other in peers if _gives(other, outputs, dying.offers)]
    if not here:
        reason = f"no other model of {provider} is {what}"
    elif all(_is_same_model(dying.model_id, other.model_id) for other in here):
        reason = f"only earlier versions of it are {what}"
    else:
        reason = f"nothing else of {provider} that is {what} is near enough ({_names(here)})"
    return f"{reason}; another provider's would be a guess"


def _gives(model: _Model, outputs: frozenset[str], regions: Iterable[str]) -> bool:
    """Say whether a model gives those outputs in any of the Regions."""
    found = (model.offers.get(region) for region in regions)
    return any(can is not None and outputs <= can.outputs for can in found)


def _any_of(regions: Sequence[str]) -> str:
    """Name Regions as alternatives: `us-east-1 or us-west-2`."""
    text = regions_text(regions)
    before, found, last = text.rpartition(" and ")
    return f"{before} or {last}" if found and last in regions else text
