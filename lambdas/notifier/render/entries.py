"""How a model is shown in an e-mail: in full, or in one line where there are many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifier.lifecycle import KNOWN_STATUSES
from notifier.model import PHASE_ORDER, Milestone, Phase
from notifier.render.layout import cut, field, fill
from notifier.render.words import (
    MILESTONE_WORDS,
    PHASE_WORDS,
    amount_text,
    count_text,
    dated,
    day_text,
    gap_text,
    listing,
    plain,
    regions_text,
    used_by_texts,
)
from notifier.successor import AWS_HEALTH
from notifier.usage import Use

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from notifier.model import Alert, ModelEntry
    from notifier.snooze import Snooze
    from notifier.successor import Successor

_IN_FULL = 10
_CALLED_AS = 4
_RESOURCES = 6
_GAPS = 2
_SAID_LENGTH = 200


def models_text(alert: Alert, models: Sequence[ModelEntry]) -> str:
    """Show the first `models` of an alert, in full while they are few."""
    today = alert.occurred_at.date()
    if len(alert.models) <= _IN_FULL:
        blocks = [entry_block(entry, today) for entry in models]
        text = "\n\n".join(blocks)
    else:
        text = "\n".join(entry_line(entry, today) for entry in models)
    return text + omitted(alert, models)


def omitted(alert: Alert, models: Sequence[ModelEntry]) -> str:
    """Count what is not shown."""
    left_out = len(alert.models) - len(models)
    return f"\n{left_out_text(left_out)}" if left_out else ""


def left_out_text(count: int) -> str:
    """Say how many models are not shown, and where they are."""
    return f"  ... and {count_text(count, 'more model')}: the table named below has them all"


def entry_block(entry: ModelEntry, today: date) -> str:
    """Show a model in full: a line for each thing that is known of it."""
    lines = [f"  {entry.name} ({entry.provider})", field("Model id", plain(entry.model_id, 256))]
    variants = _variants(entry)
    if variants:
        lines.append(field("Said of", ", ".join(variants)))
    lines.append(field("Regions", _every_region(entry)))
    lines.append(field("Phase", _phase_text(entry, today)))
    if entry.status and entry.status not in KNOWN_STATUSES:
        lines.append(field("Status, as given", f"{plain(entry.status)} (not known to us)"))
    for milestone, text in _date_texts(entry, today):
        lines.append(field(capital(MILESTONE_WORDS[milestone]), text))
    for number, text in enumerate(_health_texts(entry, today)):
        lines.append(field("" if number else "AWS Health says", text))
    if entry.snooze is not None:
        name = "Resolved" if entry.snooze.is_resolved else "Snoozed"
        lines.append(field(name, _snoozed_text(entry, entry.snooze, today)))
    lines += [field(name, text) for name, text in _use_texts(entry, today)]
    lines += [field(name, text) for name, text in _successor_texts(entry)]
    return "\n".join(lines)


def _every_region(entry: ModelEntry) -> str:
    """Name all Regions, those it is used from first; they are marked where not all are."""
    used = _used_from(entry)
    ordered = sorted(entry.regions, key=lambda region: region not in used)
    if used >= set(entry.regions):
        return listing(ordered)
    return listing(
        [f"{region} (used from here)" if region in used else region for region in ordered]
    )


def _used_from(entry: ModelEntry) -> frozenset[str]:
    """Give the Regions in which it was called or something names it, as far as that is known."""
    use = entry.use or Use()
    called = {one.region for one in use.calls}
    return frozenset(called | {one.region for one in use.used_by})


def _snoozed_text(entry: ModelEntry, said: Snooze, today: date) -> str:
    """Say who put reminders off and why; after the end of life there are none to hold back."""
    text = snooze_text(said, today)
    if said.is_resolved or not said.holds(today) or entry.phase is Phase.END_OF_LIFE:
        return text
    return f"{text}; reminders are held back until then"


def snooze_text(said: Snooze, today: date) -> str:
    """Say until when, by whom, where and why: `until Thu 2027-01-07 (in 20 days) by jane: ...`."""
    where = f", in {plain(said.region)} only" if said.region else ""
    by, why = plain(said.by, _SAID_LENGTH), plain(said.why, _SAID_LENGTH)
    if said.until is None:
        return f"by {by} on {dated(said.at.date(), today)}{where}: {why}"
    return f"until {dated(said.until, today)} by {by}{where}: {why}"


def _use_texts(entry: ModelEntry, today: date) -> Iterator[tuple[str, str]]:
    """Give what is known of the use of a model, and what it is known from."""
    use = entry.use or Use()
    yield "In use here", _in_use_text(entry, use, today)
    if entry.in_use is False:
        return
    called = [f"{plain(one.calls.model_id, 300)} in {one.region}" for one in use.calls]
    if called:
        yield "Called as", cut(called, _CALLED_AS)
    tokens_in, tokens_out = use.tokens_per_day
    if tokens_in or tokens_out:
        amounts = f"about {amount_text(tokens_in)} in, {amount_text(tokens_out)} out"
        yield "Tokens a day", amounts
    for number, text in enumerate(used_by_texts(use.used_by, _RESOURCES)):
        yield "" if number else "Used by", text


def _in_use_text(entry: ModelEntry, use: Use, today: date) -> str:
    last = use.last_invoked_on
    ago = f"the last on {dated(last, today)}" if last else ""
    if entry.in_use is None:
        because = [gap_text(gap) for gap in use.gaps]
        return f"not known: {cut(because, _GAPS)}" if because else "not known"
    if entry.in_use is False:
        return "no"
    calls = use.invocations_14d
    if calls is None:
        seen = f"; {ago.replace('the last on', 'the last call seen was on')}" if last else ""
        return f"yes, but its calls cannot be counted now{seen}"
    if calls:
        return f"yes: {count_text(calls, 'call')} in 14 days, {ago}"
    if last:
        return f"yes: no call in 14 days, {ago}"
    return "yes: named by what stands below, and not called lately"


def is_recommended(found: Successor | None) -> bool:
    """Say whether a successor is AWS's own word, and not our guess."""
    return found is not None and found.model_id is not None and found.source == AWS_HEALTH


def _successor_texts(entry: ModelEntry) -> Iterator[tuple[str, str]]:
    """Name the successor, and a guess never as AWS's word."""
    found = entry.successor
    if found is None:
        return
    if found.model_id is None:
        yield "Likely successor", f"none found: {plain(found.source, 300)}"
        return
    name = f"{plain(found.name)} [{plain(found.model_id, 256)}]"
    if is_recommended(found):
        yield "Successor", f"{name}: recommended by AWS Health"
    else:
        yield "Likely successor", f"{name}: {plain(found.source, 300)} (our guess, not AWS's word)"
    if found.differences:
        yield "It differs", "; ".join(plain(one, 300) for one in found.differences)
    for line in entry.capacity:
        yield "Its quotas", plain(line, 600)


def _phase_text(entry: ModelEntry, today: date) -> str:
    """Name the phase; a model that is gone before its date has not reached its end of life."""
    end = entry.dates.end_of_life
    if entry.phase is Phase.END_OF_LIFE and (end is None or end > today):
        return "gone (no longer listed)"
    return PHASE_WORDS[entry.phase]


def _variants(entry: ModelEntry) -> list[str]:
    """Give the ids that said so, where the model's own id did not."""
    if entry.model_id in entry.reported_by:
        return []
    return [plain(id_, 256) for id_ in entry.reported_by]


def _date_texts(entry: ModelEntry, today: date) -> Iterator[tuple[Milestone, str]]:
    """Give every date that is stated, or was until now, in words."""
    before = entry.previous_dates
    for milestone in Milestone:
        day, old = entry.dates.of(milestone), before.of(milestone) if before else None
        if day is None and old is None:
            continue
        text = dated(day, today) if day else "no longer stated"
        yield milestone, text + (f", was {day_text(old)}" if old and old != day else "")


def _health_texts(entry: ModelEntry, today: date) -> Iterator[str]:
    """Give the dates that AWS Health states otherwise than the Bedrock API, which stands above."""
    for milestone, day in _by_health(entry):
        stated = entry.dates.of(milestone) is not None
        api = "above says otherwise" if stated else "does not show it yet"
        yield f"{MILESTONE_WORDS[milestone]} {dated(day, today)}; the Bedrock API {api}"


def _by_health(entry: ModelEntry) -> Iterator[tuple[Milestone, date]]:
    for milestone, day in entry.by_health.stated():
        if day != entry.dates.of(milestone):
            yield milestone, day


def capital(words: str) -> str:
    """Begin a line with the name of a phase or milestone."""
    return {"public extended access": "Extended access"}.get(words, words[0].upper() + words[1:])


def entry_line(entry: ModelEntry, today: date, *, why_unknown: bool = True) -> str:
    """Show a model in one line; why its use is not known may be said elsewhere."""
    facts = "; ".join(entry_facts(entry, today, why_unknown=why_unknown))
    name = f"{entry.name} [{plain(entry.model_id, 256)}]{_said_of(entry)}"
    return fill(f"{name}: {facts}", "    ", "  - ")


def _said_of(entry: ModelEntry) -> str:
    """Name the ids that said so, where the model's own id did not."""
    variants = _variants(entry)
    return f" (said of {', '.join(variants)})" if variants else ""


def entry_facts(entry: ModelEntry, today: date, *, why_unknown: bool = True) -> list[str]:
    """Give what a line says of a model: phase, dates, use, successor, snooze, Regions."""
    texts = dict(_date_texts(entry, today))
    stated = [
        f"{MILESTONE_WORDS[milestone]} {text}"
        for milestone, text in texts.items()
        if not _is_said_by_phase(entry, milestone)
    ]
    if Milestone.END_OF_LIFE not in texts:
        stated.append("no end-of-life date")
    stated += [
        f"AWS Health says {MILESTONE_WORDS[milestone]} {dated(day, today)}"
        for milestone, day in _by_health(entry)
    ]
    stated += _short_use(entry, why_unknown=why_unknown)
    if entry.snooze is not None:
        stated.append(_short_snooze(entry.snooze, today))
    where = regions_text(entry.regions, _used_from(entry))
    return [PHASE_WORDS[entry.phase], *stated, where]


def _short_snooze(said: Snooze, today: date) -> str:
    by = plain(said.by, _SAID_LENGTH)
    if said.until is None:
        return f"resolved by {by} on {dated(said.at.date(), today)}"
    return f"snoozed until {dated(said.until, today)} by {by}"


def _short_use(entry: ModelEntry, *, why_unknown: bool) -> list[str]:
    """Give the use and the successor of one model among many, as far as they are known."""
    use = entry.use or Use()
    said = []
    if entry.in_use:
        calls = use.invocations_14d
        said.append(
            f"in use here ({count_text(calls, 'call')} in 14 days)" if calls else "in use here"
        )
    elif entry.in_use is None and use.gaps and why_unknown:
        said.append(f"use not known ({_cut_gaps(use)})")
    if entry.successor and entry.successor.model_id and entry.in_use is not False:
        by_aws = is_recommended(entry.successor)
        whose = "AWS Health recommends" if by_aws else "likely successor"
        said.append(f"{whose} {plain(entry.successor.name)}")
    return said


def _cut_gaps(use: Use) -> str:
    return cut([gap_text(gap) for gap in use.gaps], 1)


def _is_said_by_phase(entry: ModelEntry, milestone: Milestone) -> bool:
    """Say whether a short line can leave the date out: it has passed, and has not moved."""
    before = entry.previous_dates or entry.dates
    return (
        milestone is not Milestone.END_OF_LIFE
        and PHASE_ORDER[milestone] <= PHASE_ORDER[entry.phase]
        and before.of(milestone) == entry.dates.of(milestone)
    )
