"""The chat message: a custom notification of Amazon Q Developer in chat applications.

https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html gives the fields and the
lengths of title, description, next steps and keywords. It gives none for `id`, `threadId`,
`summary` and the context, nor how many steps and keywords there may be, nor what a character is:
these are kept short here, and every length holds in UTF-16 units as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notifier.model import Kind, Phase, Severity
from notifier.render.chat_digest import digest_after, digest_before
from notifier.render.digest import digest_of
from notifier.render.email import POLICY_PAGE, coverage_lines, sample_lines, unread_lines
from notifier.render.entries import capital, entry_facts
from notifier.render.explanation import explain
from notifier.render.health import DASHBOARD, changes_said, event_data
from notifier.render.layout import cut
from notifier.render.markup import code, inert, points, quoted, shorten, strong, titled, units
from notifier.render.sentences import news_of, subject
from notifier.render.words import (
    MILESTONE_WORDS,
    PHASE_WORDS,
    count_text,
    dated,
    day_text,
    failure_text,
    moment_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from notifier.health_event import Entity
    from notifier.model import Alert, ModelEntry
    from notifier.render.email import Place
    from notifier.render.explanation import Explanation

Document = dict[str, Any]

TITLE_LENGTH = 250
DESCRIPTION_LENGTH = 8_000
STEP_LENGTH = 350
KEYWORD_LENGTH = 75
# From here on: our choice, documented nowhere.
SUMMARY_LENGTH = 250
_STEPS = 8
_KEYWORDS = 8
_PROVIDERS_NAMED = 3
_IN_FULL = 10
_UNUSED_IN_DIGEST = 10
_VARIANTS = 2
_ROOM_FOR_MODELS = 3_000
_APART = 2
_LISTED = 8
_REASON_LENGTH = 700
_FACTS_LENGTH = 900
_SAID_LENGTH = 300
_CHANGE_LENGTH = 200
_QUOTE_LENGTH = 1_500
_ARN_LENGTH = 400
_ENTITY_LENGTH = 200
_CUT_HERE = "\n… cut here; the e-mail and AWS Health say more"

_EMOJI = {Severity.CRITICAL: "🚨", Severity.WARNING: "⚠️", Severity.INFO: "ℹ️"}  # noqa: RUF001 (the letter is the sign)
_IN_CODE = frozenset({"Type", "ARN"})


def chat_document(alert: Alert, place: Place, alert_id: str) -> Document:
    """Write the custom notification about an alert."""
    said = explain(alert, place)
    content = {
        "textType": "client-markdown",
        "title": _title(alert.severity, subject(alert)),
        "description": _description(alert, said, place, alert_id),
        "nextSteps": [shorten(step, STEP_LENGTH) for step in said.steps[:_STEPS]],
        "keywords": _keywords(alert),
    }
    metadata = {
        "threadId": _thread(alert, place),
        "summary": shorten(inert(alert.reason, _REASON_LENGTH), SUMMARY_LENGTH),
        "eventType": alert.kind.value,
        "additionalContext": {
            "AccountId": place.account_id,
            "Region": place.region,
            "AlertId": alert_id,
            "Severity": alert.severity.value,
            "ModelsTable": place.models_table,
        },
    }
    return _document(alert_id, content, metadata)


def _document(identity: str, content: Document, metadata: Document) -> Document:
    """Put the parts together, without those that are empty."""
    return {
        "version": "1.0",
        "source": "custom",
        "id": identity,
        "content": {name: value for name, value in content.items() if value},
        "metadata": {name: value for name, value in metadata.items() if value},
    }


def _title(severity: Severity, subject_line: str) -> str:
    words = subject_line.removeprefix(f"[{severity}] ")
    return shorten(f"{_EMOJI[severity]} {inert(words, TITLE_LENGTH)}", TITLE_LENGTH)


def _thread(alert: Alert, place: Place) -> str | None:
    """Name the thread of a date: all that is said of models that end on it stands together."""
    is_event = alert.kind is Kind.HEALTH_EVENT
    day = alert.milestone_date if is_event else alert.grouping_date
    return f"bedrock-lifecycle-{place.account_id}-{day.isoformat()}" if day else None


def _keywords(alert: Alert) -> list[str]:
    uses = {entry.in_use for entry in alert.models}
    use = "in use" if True in uses else "use not known" if None in uses else "not in use"
    providers = list(dict.fromkeys(inert(entry.provider) for entry in alert.models))
    words = [
        alert.severity.value,
        alert.kind.value,
        MILESTONE_WORDS[alert.milestone] if alert.milestone else "",
        use if uses else "",
        *providers[:_PROVIDERS_NAMED],
    ]
    return [shorten(word, KEYWORD_LENGTH) for word in words if word][:_KEYWORDS]


def _description(alert: Alert, said: Explanation, place: Place, alert_id: str) -> str:
    """Write the text; of the models, as many as there is room for beside the rest."""
    today = alert.occurred_at.date()
    reason = shorten(inert(alert.reason, _REASON_LENGTH), _REASON_LENGTH)
    footer = list(_footer(alert, place, alert_id))
    title, models, most = _models(alert)
    room = DESCRIPTION_LENGTH - _length([reason, *footer])
    reserved = min(_ROOM_FOR_MODELS, units(_in_full(title, models, today))) if models else 0
    before = _within(_before(alert, place), room - reserved)
    after = _within([*_after(alert), *_meaning(said)], room - reserved - _length(before))
    room -= _length([*before, *after])
    listed = [_listed(title, models, today, most, room - _APART)] if models else []
    return "\n\n".join([reason, *before, *listed, *after, *footer])


def _length(blocks: Sequence[str]) -> int:
    return sum(units(block) + _APART for block in blocks)


def _within(blocks: Iterable[str], room: int) -> list[str]:
    """Give the blocks; of one that finds no room its title stays."""
    found = []
    for block in blocks:
        shown = block
        if units(block) + _APART > room:
            title, _, _ = block.partition("\n")
            shown = f"{title}\n- left out for want of room"
        found.append(shown)
        room -= units(shown) + _APART
    return found


def _models(alert: Alert) -> tuple[str, Sequence[ModelEntry], int]:
    """Give a title, the models below it, and how many to list at most."""
    match alert.kind:
        case Kind.BASELINE:
            title, models = "Already dated or past Active, soonest first", alert.models
        case Kind.DIGEST:
            upcoming = digest_of(alert).upcoming
            used = sum(entry.in_use is not False for entry in upcoming)
            return "Coming in the next 90 days", upcoming, used + _UNUSED_IN_DIGEST
        case _:
            title, models = "Which models", alert.models
    return title, models, len(models)


def _in_full(title: str, models: Sequence[ModelEntry], today: date) -> str:
    return titled(title, [_full_line(entry, today) for entry in models[:_IN_FULL]])


def _listed(title: str, models: Sequence[ModelEntry], today: date, most: int, room: int) -> str:
    """List models in full while they are few, else in short, else the first that fit."""
    full = _in_full(title, models, today)
    if len(models) <= _IN_FULL and units(full) <= room:
        return full
    lines = [_short_line(entry, today) for entry in models[:most]]
    if most >= len(models) and units(titled(title, lines)) <= room:
        return titled(title, lines)
    room -= units(titled(title, [_more(len(models))]))
    count = 0
    while count < len(lines) and units(lines[count]) < room:
        room -= units(lines[count]) + 1
        count += 1
    return titled(title, [*lines[:count], _more(len(models) - count)])


def _more(count: int) -> str:
    return f"- and {count_text(count, 'more model')}: the table named below has them all"


def _full_line(entry: ModelEntry, today: date) -> str:
    provider = inert(entry.provider)
    parts = [
        f"- {strong(inert(entry.name))}",
        f"({provider})" if provider else "",
        code(entry.model_id),
        _said_of(entry),
    ]
    facts = [*entry_facts(entry, today), *_use(entry)]
    head = " ".join(part for part in parts if part)
    return f"{head}: {inert('; '.join(facts), _FACTS_LENGTH)}"


def _said_of(entry: ModelEntry) -> str:
    """Name the ids that said so, where the model's own id did not."""
    if entry.model_id in entry.reported_by or not entry.reported_by:
        return ""
    return f"(said of {cut([code(one) for one in entry.reported_by], _VARIANTS)})"


def _use(entry: ModelEntry) -> Iterator[str]:
    """Say of the use what a line leaves out."""
    if entry.in_use is False:
        yield "not in use here"
    elif entry.in_use is None and not (entry.use and entry.use.gaps):
        yield "use not known"


_SHORT_USE = {True: "in use here", False: "not in use here", None: "use not known"}


def _short_line(entry: ModelEntry, today: date) -> str:
    end = entry.dates.end_of_life or entry.by_health.end_of_life
    ends = f"end of life {dated(end, today)}" if end else "no end-of-life date"
    facts = [ends, _SHORT_USE[entry.in_use]]
    if entry.phase is not Phase.END_OF_LIFE:
        facts.insert(0, PHASE_WORDS[entry.phase])
    return f"- {strong(inert(entry.name))} {code(entry.model_id)}: {'; '.join(facts)}"


def _before(alert: Alert, place: Place) -> Iterator[str]:
    """Give what stands above the models."""
    match alert.kind:
        case Kind.HEALTH_EVENT:
            yield from _event(alert)
        case Kind.BASELINE:
            tracked = alert.coverage.tracked
            counts = [
                f"{capital(PHASE_WORDS[phase])}: {tracked.get(phase, 0):,}" for phase in Phase
            ]
            yield titled("Models by phase (the furthest in any Region)", points(counts))
        case Kind.COVERAGE_DEGRADED | Kind.COVERAGE_RESTORED:
            yield titled("Which Regions", _points(coverage_lines(alert)))
        case Kind.DIGEST:
            yield from digest_before(alert)
        case Kind.TEST:
            sample = "\n".join(sample_lines(alert, place))
            yield f"{strong('What a real alert looks like')}\n{quoted(sample, _QUOTE_LENGTH, '')}"
        case _:
            return


def _points(lines: Sequence[str]) -> list[str]:
    """Give lines that hold text from outside; many are cut, with a count."""
    shown = [inert(line, _SAID_LENGTH) for line in lines[:_LISTED]]
    left_out = len(lines) - len(shown)
    return points([*shown, f"and {left_out:,} more"] if left_out else shown)


def _event(alert: Alert) -> Iterator[str]:
    """Give what an event says: what has changed, AWS's words, and its data."""
    news = news_of(alert)
    if news.changes:
        changes = [inert(change, _CHANGE_LENGTH) for change in changes_said(news)]
        yield titled("What changed", points(changes))
    if news.event.description.strip():
        said = quoted(news.event.description, _QUOTE_LENGTH, _CUT_HERE)
        yield f"{strong('What AWS says')}\n{said}"
    data = [
        f"{name}: {code(value, _ARN_LENGTH) if name in _IN_CODE else inert(value)}"
        for name, value in event_data(news)
        if value
    ]
    yield titled("The event", ["; ".join(data)])


def _after(alert: Alert) -> Iterator[str]:
    """Give what stands below the models."""
    coverage = alert.coverage
    if alert.kind is Kind.DIGEST:
        yield from digest_after(alert)
    if alert.kind is Kind.HEALTH_EVENT:
        news = news_of(alert)
        if news.other_entities:
            yield titled("Affected, not tracked here", points(_entities(news.other_entities)))
        missing = len(news.event.missing_pages)
        if missing:
            yield (
                f"{count_text(missing, 'page')} of the event not arrived yet: the list of what is "
                "affected may be incomplete."
            )
    if alert.kind is Kind.BASELINE and coverage.regions:
        missing_regions = [f"{region} ({failure_text(why)})" for region, why in coverage.regions]
        yield titled("Regions not covered (tried again every day)", _points(missing_regions))
    if alert.kind is Kind.BASELINE and coverage.gaps:
        yield titled(
            "Whether you use a model is not fully known", _points(unread_lines(coverage.gaps))
        )


def _entities(entities: Sequence[Entity]) -> Iterator[str]:
    for entity in entities[:_LISTED]:
        status = inert(entity.status, _LISTED * 5)
        yield code(entity.value, _ENTITY_LENGTH) + (f" ({status})" if status else "")
    left_out = len(entities) - _LISTED
    if left_out > 0:
        yield f"and {left_out:,} more"


def _meaning(said: Explanation) -> Iterator[str]:
    if said.points:
        since = f" from {day_text(said.since)} on" if said.since else ""
        yield titled(f"{said.title}{since}", points(said.points))
    if said.errors:
        yield titled("The errors you would see", points(code(e, 300) for e in said.errors))


def _footer(alert: Alert, place: Place, alert_id: str) -> Iterator[str]:
    """Say where to look, and from where and when this comes."""
    lines = [
        (
            f"Every model and date: DynamoDB table {code(place.models_table)}, what ends next in "
            f"its index {code('upcoming')}."
        )
    ]
    if alert.kind is Kind.HEALTH_EVENT and place.partition == "aws":
        lines.append(f"The event: {DASHBOARD}")
    lines.append(f"AWS's policy and dates: {POLICY_PAGE}")
    yield titled("Where to look", points(lines))
    yield (
        f"AWS account {inert(place.account_id)}, {inert(place.region)}. Decided "
        f"{moment_text(alert.occurred_at)}; dates are UTC. Alert {code(alert_id)}"
    )


def plain_chat(document: Mapping[str, Any]) -> Document:
    """Write a custom notification about an alert of which only its document is left.

    An alert that an earlier version decided has no words for the chat.
    """
    severity = Severity(document["severity"])
    reason = shorten(inert(document["reason"], _REASON_LENGTH), _REASON_LENGTH)
    ids = [code(entry["model_id"]) for entry in document["models"]]
    left_out = len(ids) - _IN_FULL + int(document["models_omitted"])
    lines = points(ids[:_IN_FULL]) + ([_more(left_out)] if left_out > 0 else [])
    blocks = [
        reason,
        *([titled("Which models", lines)] if ids else []),
        f"AWS account {inert(document['account_id'])}. Alert {code(document['alert_id'])}",
    ]
    content = {
        "textType": "client-markdown",
        "title": _title(severity, document["subject"]),
        "description": "\n\n".join(blocks),
        "keywords": [severity.value, inert(document["kind"])],
    }
    metadata = {
        "summary": shorten(reason, SUMMARY_LENGTH),
        "eventType": document["kind"],
        "additionalContext": {
            "AccountId": document["account_id"],
            "AlertId": document["alert_id"],
            "Severity": severity.value,
        },
    }
    return _document(document["alert_id"], content, metadata)
