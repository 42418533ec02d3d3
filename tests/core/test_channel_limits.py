"""Whatever an alert is about, every channel's document fits, and what is cut is counted."""

from __future__ import annotations

import json
import re
import string
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.digest import Digest, FailingRegion, HeldBack, News
from notifier.health_event import Entity, HealthNews
from notifier.model import (
    Alert,
    Coverage,
    Dates,
    Direction,
    Kind,
    Member,
    Milestone,
    ModelEntry,
    Phase,
    Severity,
    Why,
)
from notifier.render.document import Notification, notification
from notifier.render.markup import code, units
from notifier.render.sentences import reason
from notifier.snooze import Snooze
from notifier.successor import Successor
from notifier.times import iso_time
from notifier.usage import Calls, CallsFrom, Gap, Source, Use, UsedBy
from tests.core.cases import EAST, PLACE, at
from tests.core.health_alerts import event

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = at("2026-11-23T09:00:00Z")
_REGIONS = [
    f"{area}-{side}-{n}"
    for area in ("us", "eu", "ap")
    for side in ("east", "west")
    for n in range(1, 6)
]

_hostile = st.sampled_from(
    ["<!channel>", "`", "*_~", "🚀" * 40, "n\u0303" * 60, "[x](y)", "N" * 400, "", ":a:", "<" * 90]
)
words = st.one_of(_hostile, st.text(st.characters(codec="utf-8"), max_size=120))
model_ids = st.text(string.ascii_lowercase + string.digits + ".-:", min_size=1, max_size=140).map(
    lambda text: f"acme.{text}v1:0"
)
days = st.one_of(st.none(), st.dates(date(2025, 1, 1), date(2028, 12, 31)))
all_dates = st.builds(Dates, days, days, days)
regions = st.lists(st.sampled_from(_REGIONS), min_size=1, max_size=30, unique=True).map(tuple)
calls = st.builds(
    lambda text, count: CallsFrom(EAST, Calls(text, date(2026, 11, 1), count, 1, 1)),
    words,
    st.integers(0, 9_999),
)
gaps = st.builds(Gap, st.just(EAST), st.just(Source.AGENTS), words)
resources = st.builds(UsedBy, st.just(Source.AGENTS), words, words, st.just(EAST))
uses = st.builds(
    Use,
    calls=st.lists(calls, max_size=2).map(tuple),
    used_by=st.lists(resources, max_size=8).map(tuple),
    gaps=st.lists(gaps, max_size=3).map(tuple),
)
snoozes = st.builds(
    Snooze,
    model_ids,
    st.none(),
    words,
    words,
    st.just(at("2026-11-01")),
    st.sampled_from([None, date(2026, 11, 28)]),
)
entries = st.builds(
    ModelEntry,
    model_id=model_ids,
    name=words.map(lambda text: text or "Model"),
    provider=words,
    phase=st.sampled_from(Phase),
    regions=regions,
    dates=all_dates,
    previous_dates=st.none() | all_dates,
    in_use=st.sampled_from([True, False, None]),
    reported_by=st.lists(model_ids, max_size=3).map(tuple),
    changed=st.none() | st.sampled_from(Milestone),
    use=st.none() | uses,
    successor=st.none() | st.builds(Successor, model_ids, words, words, st.just(())),
    idle_days=st.just((12,)),
    by_health=all_dates,
    snooze=st.none() | snoozes,
)


@st.composite
def models(draw: st.DrawFn) -> tuple[ModelEntry, ...]:
    """Draw up to hundreds of models: a few that differ, each under many ids; in use first."""
    drawn = draw(st.lists(entries, min_size=1, max_size=5))
    times = draw(st.sampled_from([1, 1, 3, 20, 120]))
    many = [replace(one, model_id=f"{one.model_id}.{n}") for n in range(times) for one in drawn]
    return tuple(sorted(many, key=lambda entry: entry.in_use is False))


health_events = st.builds(
    HealthNews,
    event=st.builds(
        event,
        description=st.one_of(words, words.map(lambda text: f"{text}\n" * 300)),
        type_code=words,
        arn=words,
        status=st.sampled_from(["open", "closed"]),
        missing_pages=st.sampled_from([(), (2, 3)]),
    ),
    dates=all_dates,
    changes=st.lists(words, max_size=12).map(tuple),
    is_update=st.booleans(),
    other_entities=st.lists(st.builds(Entity, words, words), max_size=12).map(tuple),
)


@st.composite
def digests(draw: st.DrawFn, about: Sequence[ModelEntry]) -> Digest:
    """Draw a digest that names the models in several of its sections."""
    kinds = st.sampled_from([Kind.ENTERED_LEGACY, Kind.DEADLINE, Kind.REOPENED])
    return Digest(
        since=at("2026-11-16T08:00:00Z"),
        until=at("2026-11-23T08:00:00Z"),
        told=tuple(News(draw(kinds), tuple(about)) for _ in range(draw(st.integers(0, 8)))),
        left_out=tuple(News(draw(kinds), tuple(about), why) for why in Why),
        announced=tuple(about[:30]),
        upcoming=tuple(about),
        added=tuple(about[:9]),
        held_back=tuple(
            HeldBack(said, draw(words), None, ends_soon=True)
            for said in draw(st.lists(snoozes, max_size=9))
        ),
        failing=tuple(FailingRegion(one, NOW, draw(words)) for one in draw(regions)),
        not_covered=tuple((one, draw(words)) for one in draw(regions)),
        gaps=tuple(Gap(one, Source.AGENTS, draw(words)) for one in draw(regions)),
        health_api=draw(words),
        unheard=("sns", "chat"),
    )


_WITHOUT_MODELS = {Kind.COVERAGE_DEGRADED, Kind.COVERAGE_RESTORED, Kind.TEST}


@st.composite
def alerts(draw: st.DrawFn) -> Alert:
    """Draw an alert of any kind, about anything."""
    kind = draw(st.sampled_from(Kind))
    about = () if kind in _WITHOUT_MODELS else draw(models())
    failing = draw(regions)
    alert = Alert(
        kind=kind,
        severity=draw(st.sampled_from(Severity)),
        reason="",
        occurred_at=NOW,
        models=about,
        members=tuple(Member("#region", one, iso_time(NOW)) for one in failing),
        direction=draw(st.none() | st.sampled_from(Direction)),
        milestone=draw(st.none() | st.sampled_from(Milestone)),
        milestone_date=draw(days),
        days_left=draw(st.integers(1, 120)),
        grouping_date=draw(days),
        coverage=Coverage(
            regions=tuple((one, draw(words)) for one in failing), covered=3, models=len(about)
        ),
        health=draw(health_events) if kind is Kind.HEALTH_EVENT else None,
        digest=draw(digests(about)) if kind is Kind.DIGEST else None,
    )
    return replace(alert, reason=reason(alert))


@settings(max_examples=120)
@given(alerts())
def test_every_channels_document_is_within_its_limits(alert: Alert) -> None:
    made = notification(alert, PLACE)

    _check_sns(made)
    _check_chat(made)
    if alert.models and alert.kind is not Kind.DIGEST:
        _check_models_in_json(made, alert.models)
        _check_models_in_chat(made, alert.models)


def _check_sns(made: Notification) -> None:
    message, subject = made.sns_message(), made.document["subject"]
    attributes = json.dumps(made.sns_attributes(), ensure_ascii=False)
    assert len(message.encode()) + len(attributes.encode()) + len(subject) <= 256 * 1024
    assert 0 < len(subject) < 100
    assert all(" " <= char <= "~" for char in subject)


def _check_chat(made: Notification) -> None:
    content: dict[str, Any] = made.chat["content"]
    assert 0 < units(content["title"]) <= 250
    assert 0 < units(content["description"]) <= 8_000
    assert all(0 < units(step) <= 350 for step in content.get("nextSteps", []))
    assert all(0 < units(word) <= 75 for word in content["keywords"])
    # Nothing is documented of these: they are kept short.
    assert len(content.get("nextSteps", [])) <= 8
    assert len(content["keywords"]) <= 8
    assert all(0 < units(made.chat["metadata"][name]) <= 250 for name in ("summary", "eventType"))
    assert len(made.chat_message().encode()) <= 64 * 1024
    # Markup is whole: each line has both ends of what it emphasises or shows as code.
    for line in content["description"].split("\n"):
        assert line.count("`") % 2 == 0
        assert line.count("*") % 2 == 0


def _check_models_in_json(made: Notification, models: Sequence[ModelEntry]) -> None:
    named = [entry["model_id"] for entry in made.document["models"]]
    assert named == [entry.model_id for entry in models[: len(named)]]
    assert made.document["models_omitted"] == len(models) - len(named)


_MORE_MODELS = re.compile(r"^- and ([\d,]+) more models?: the table", re.MULTILINE)


def _check_models_in_chat(made: Notification, models: Sequence[ModelEntry]) -> None:
    """See that the models are named from the first on, in use before others, the rest counted."""
    description = made.chat["content"]["description"]
    lines = [line for line in description.split("\n") if line.startswith("- *")]
    shown = len(lines)
    for line, entry in zip(lines, models, strict=False):
        assert code(entry.model_id) in line
    more = _MORE_MODELS.search(description)
    assert shown + int(more[1].replace(",", "") if more else 0) == len(models)
    assert shown >= min(3, len(models))
    if more is None:
        assert all(code(entry.model_id) in description for entry in models if entry.in_use)


@settings(max_examples=40)
@given(models().flatmap(lambda about: st.tuples(st.just(about), digests(about))))
def test_a_digest_names_what_is_in_use_before_what_is_not(
    drawn: tuple[tuple[ModelEntry, ...], Digest],
) -> None:
    about, digest = drawn
    alert = Alert(
        Kind.DIGEST, Severity.INFO, "", NOW, about, (Member("#digest", "", ""),), digest=digest
    )
    made = notification(replace(alert, reason=reason(alert)), PLACE)

    _check_chat(made)
    description = made.chat["content"]["description"]
    _, _, rest = description.partition("*Coming in the next 90 days*\n")
    listed = rest.partition("\n\n")[0].split("\n")
    lines = [line for line in listed if line.startswith("- *")]
    for line, entry in zip(lines, about, strict=False):
        assert code(entry.model_id) in line
    more = _MORE_MODELS.search("\n".join(listed))
    assert len(lines) + int(more[1].replace(",", "") if more else 0) == len(about)


def test_what_finds_no_room_in_a_chat_leaves_its_title_and_the_models_stay() -> None:
    name, long_id = "N" * 400, f"acme.{'x' * 130}-v1:0"
    one = ModelEntry(long_id, name, name, Phase.LEGACY, (EAST,), Dates(), None, in_use=True)
    about = tuple(replace(one, model_id=f"{long_id}.{n}") for n in range(3))
    said = Snooze(long_id, None, name, name, NOW, date(2026, 11, 28))
    digest = Digest(
        since=NOW,
        until=NOW,
        told=tuple(News(kind, about) for kind in (Kind.DEADLINE, Kind.REOPENED)),
        left_out=tuple(News(Kind.ENTERED_LEGACY, about, why) for why in Why),
        added=about,
        upcoming=about,
        held_back=(HeldBack(said, name, None, ends_soon=True),) * 6,
        failing=tuple(FailingRegion(one, NOW, name) for one in _REGIONS),
        health_api=name,
    )
    alert = Alert(
        Kind.DIGEST, Severity.INFO, name, NOW, about, (Member("#", "", ""),), digest=digest
    )
    made = notification(alert, PLACE)

    _check_chat(made)
    description = made.chat["content"]["description"]
    assert "*Reminders held back*\n- left out for want of room" in description
    for entry in about:
        assert f"{code(entry.model_id)}: " in description
