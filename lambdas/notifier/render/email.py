"""The e-mail: what happens, to which models and where, what it means, what to do, where to look."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from notifier.health_event import Concern
from notifier.model import NO_DATES, Kind, Phase
from notifier.render.consequences import (
    CONSEQUENCES,
    FIND_CALLERS,
    errors_section,
    extended_access_ahead,
    steps_to_move,
)
from notifier.render.entries import capital, entry_line, models_text, omitted
from notifier.render.health import health_sections, where_it_is
from notifier.render.layout import bullets, fill, numbered, quoted, section
from notifier.render.migration import plan_section
from notifier.render.sentences import LAPSES_AFTER_DAYS, news_of
from notifier.render.words import (
    PHASE_WORDS,
    count_text,
    day_text,
    gap_text,
    plain,
    regions_text,
    time_text,
)
from notifier.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from notifier.model import Alert, ModelEntry
    from notifier.usage import Gap

# Nobody reads on; the document for machines goes as far as the message can.
MOST_LISTED = 100
_LISTED_GAPS = 10
_POLICY_PAGE = "https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle-legacy.html"


class Place(NamedTuple):
    """Where this notifier runs: what a reader needs to find its tables."""

    account_id: str
    region: str
    models_table: str
    partition: str = "aws"


def email_text(alert: Alert, models: Sequence[ModelEntry], place: Place, alert_id: str) -> str:
    """Write the e-mail about the first `models` of an alert; the rest is given as a count."""
    sections = [*_sections(alert, models[:MOST_LISTED], place), _footer(alert, place, alert_id)]
    return "\n\n".join([fill(alert.reason), *sections]) + "\n"


def _sections(alert: Alert, models: Sequence[ModelEntry], place: Place) -> Iterator[str]:
    match alert.kind:
        case Kind.BASELINE:
            yield from _baseline(alert, models, place)
        case Kind.COVERAGE_DEGRADED | Kind.COVERAGE_RESTORED:
            yield from _coverage(alert)
        case Kind.HEALTH_EVENT:
            yield from health_sections(alert, models)
            yield section("WHERE TO LOOK", _look_at_event(alert, models, place))
        case Kind.TEST:
            yield from _test(alert, place)
        case _:
            yield section("WHICH MODELS", models_text(alert, models))
            yield from _meaning(alert)
            if alert.kind is Kind.ENTERED_LEGACY:
                yield from plan_section(alert)
            yield section("WHAT TO DO", numbered(_advice(alert)))
            yield section("WHERE TO LOOK", _look(place, models))


def _meaning(alert: Alert) -> Iterator[str]:
    if alert.kind is Kind.MODEL_ADDED:
        yield section("WHAT IT MEANS", bullets(["The model can be called from now on."]))
        return
    phases = _phases_to_explain(alert)
    points = [point for phase in phases for point in CONSEQUENCES[phase].meaning]
    if Phase.LEGACY in phases:
        points += extended_access_ahead(alert)
    if alert.kind is Kind.MODEL_WITHDRAWN:
        points = list(_WITHDRAWN)
    elif alert.kind is Kind.INACTIVITY_RISK:
        points = list(_IDLE)
    elif len(phases) > 1:
        points.insert(0, "The models are in different phases; what follows covers all of them.")
    yield section(_meaning_title(alert), bullets(points))
    yield from errors_section(phases)


def _phases_to_explain(alert: Alert) -> list[Phase]:
    """Explain the phase that the models are in or, for a reminder, the one that is coming."""
    if alert.kind is Kind.DEADLINE and alert.milestone is not None:
        return [Phase(alert.milestone.value)]
    order = list(Phase)
    return sorted({entry.phase for entry in alert.models}, key=order.index)


def _meaning_title(alert: Alert) -> str:
    if alert.kind is Kind.DEADLINE and alert.milestone_date is not None:
        return f"WHAT IT MEANS FROM {day_text(alert.milestone_date)} ON"
    return "WHAT IT MEANS"


_IDLE = (
    (
        f"A model that is Legacy stays open only to those who use it. AWS documents that access "
        f"may lapse after {LAPSES_AFTER_DAYS} days without a call; the error text says 30."
    ),
    "A job that runs seldom may find the model closed at its next run.",
)


_WITHDRAWN = (
    (
        "AWS no longer lists the model, and asking for it by name was refused too. No end-of-life "
        "date that AWS stated had been reached."
    ),
    (
        "Every request fails, unless you have a private arrangement with AWS. Nothing moves to "
        "another model by itself."
    ),
)


def _advice(alert: Alert) -> list[str]:
    match alert.kind:
        case Kind.END_OF_LIFE_REACHED | Kind.MODEL_WITHDRAWN:
            return [
                (
                    "Move whatever still calls it to another model now: its calls fail, if not yet "
                    "then soon."
                ),
                FIND_CALLERS,
                "If you count on a private arrangement, ask your AWS account team.",
            ]
        case Kind.RETURNED_TO_ACTIVE:
            if any(e.phase is not Phase.ACTIVE or e.dates != NO_DATES for e in alert.models):
                return ["Keep your migration plans: what is stated above still stands."]
            return ["Nothing at once. Check your migration plans: this model is no longer leaving."]
        case Kind.MODEL_ADDED:
            return ["Nothing. If it could succeed a model you use, try it."]
        case Kind.INACTIVITY_RISK:
            return _ADVICE_WHEN_IDLE
        case _:
            return steps_to_move(alert)


_ADVICE_WHEN_IDLE = [
    "If you still need the model, call it now, as it was called before: a call ends the spell.",
    "Better, move what calls it so seldom to another model before its next run.",
    "If nobody needs it any more, do nothing: you are told once for each spell.",
]


def _look(place: Place, models: Sequence[ModelEntry]) -> str:
    model_id = plain(models[0].model_id, 256) if models else "MODEL_ID"
    key = '{":m":{"S":"' + model_id.replace("'", "") + '"}}'
    return "\n".join(
        [
            "  What is tracked of the model (AWS CLI):",
            f"    aws dynamodb query --region {place.region} \\",
            f"      --table-name {place.models_table} \\",
            "      --key-condition-expression 'model_id = :m' \\",
            f"      --expression-attribute-values '{key}'",
            f"  AWS's policy and dates: {_POLICY_PAGE}",
        ]
    )


def _look_at_event(alert: Alert, models: Sequence[ModelEntry], place: Place) -> str:
    event = news_of(alert).event
    where = where_it_is(event, place.partition)
    if event.concern is Concern.OPERATIONAL_ISSUE and not alert.models:
        return where
    tracked = _look(place, models) if alert.models else _look_upcoming(place)
    return f"{where}\n{tracked}"


def _test(alert: Alert, place: Place) -> Iterator[str]:
    yield section(
        "WHAT THIS SHOWS",
        bullets(
            [
                (
                    "This message came the whole way that an alert takes: the poll function in "
                    f"AWS account {place.account_id}, {place.region}, put it into the outbox (the "
                    "alerts table), and the alerts topic brought it to you."
                ),
                "Other subscribers of the alerts topic, and the event bus, got it as well.",
            ]
        ),
    )
    yield section(
        "WHAT A REAL ALERT LOOKS LIKE (a sample: there is no such model)", _sample(alert, place)
    )
    yield section(
        "WHAT TO DO",
        numbered(
            [
                (
                    "Nothing. If somebody who should have got this did not, see whether the "
                    "subscription to the alerts topic was confirmed."
                )
            ]
        ),
    )
    yield section("WHERE TO LOOK", _look_upcoming(place))


def _sample(alert: Alert, place: Place) -> str:
    """Show how an alert begins, in the form of a quotation so that nobody takes it for one."""
    end = alert.occurred_at.date() + timedelta(_SAMPLE_DAYS)
    return quoted(
        "\n".join(
            [
                f"[warning] Sample Model 1: end of life in {_SAMPLE_DAYS} days ({end.isoformat()})",
                "",
                f"Sample Model 1 reaches end of life in {_SAMPLE_DAYS} days ({day_text(end)}).",
                f"It is in use in {place.region}: every request fails from then on. What calls",
                "it, the likely successor and a plan would follow.",
            ]
        )
    )


_SAMPLE_DAYS = 60


def _baseline(alert: Alert, models: Sequence[ModelEntry], place: Place) -> Iterator[str]:
    coverage = alert.coverage
    if coverage.here:
        yield section("NEWLY COVERED", fill(regions_text(coverage.here), "  "))
    counts = [
        f"  {capital(PHASE_WORDS[phase]):<18}{coverage.tracked.get(phase, 0):>6,}"
        for phase in Phase
    ]
    yield section("MODELS BY PHASE (the furthest in any Region)", "\n".join(counts))
    if alert.models:
        today = alert.occurred_at.date()
        lines = "\n".join(entry_line(entry, today, why_unknown=False) for entry in models)
        yield section("ALREADY DATED OR PAST ACTIVE, SOONEST FIRST", lines + omitted(alert, models))
    else:
        yield "No model has a date or is past Active."
    if coverage.regions:
        missing = [f"{region} ({_failure_words(why)})" for region, why in coverage.regions]
        yield section("REGIONS NOT COVERED (tried again every day)", bullets(missing))
    if coverage.gaps:
        yield section("WHETHER YOU USE A MODEL IS NOT FULLY KNOWN", _unread(coverage.gaps))
    yield section("WHAT COMES NEXT", bullets(_PROMISES[1:] if coverage.here else _PROMISES))
    yield section("WHERE TO LOOK", _look_upcoming(place))


def _unread(gaps: Sequence[Gap]) -> str:
    shown = [gap_text(gap) for gap in gaps[:_LISTED_GAPS]]
    left_out = len(gaps) - len(shown)
    more = [f"and {count_text(left_out, 'more reason')}"] if left_out else []
    meaning = "What cannot be excluded counts as used: you are told of it at once."
    return bullets([*shown, *more, meaning])


_PROMISES = (
    (
        "This message is sent once. From now on you hear of every change of state or date, and get "
        "reminders before each date."
    ),
    (
        "Models served only through the bedrock-mantle endpoint are not in the list that AWS's "
        "ListFoundationModels gives, and so are not watched."
    ),
)


def _look_upcoming(place: Place) -> str:
    return "\n".join(
        [
            "  What ends next (AWS CLI):",
            f"    aws dynamodb query --region {place.region} \\",
            f"      --table-name {place.models_table} --index-name upcoming \\",
            "      --key-condition-expression 'horizon = :h' \\",
            '      --expression-attribute-values \'{":h":{"S":"dated"}}\'',
            f"  AWS's policy and dates: {_POLICY_PAGE}",
        ]
    )


def _coverage(alert: Alert) -> Iterator[str]:
    since = {member.region: parse_time(member.token) for member in alert.members}
    if alert.kind is Kind.COVERAGE_RESTORED:
        lines = [f"{region}: silent from {_moment_text(when)}" for region, when in since.items()]
        yield section("WHICH REGIONS", bullets(lines))
        yield section(
            "WHAT IT MEANS",
            bullets(["Changes that came in the meantime are told as they are found, from now on."]),
        )
        return
    lines = [
        f"{region}: {_failure_words(why)}, since {_moment_text(since[region])}"
        for region, why in alert.coverage.regions
    ]
    yield section("WHICH REGIONS", bullets(lines))
    yield section(
        "WHAT IT MEANS",
        bullets(
            [
                (
                    "The models known there keep their last state. Reminders by date go on, but a "
                    "change of state or date would not be noticed."
                ),
                "Nothing is concluded from the silence: no model is called gone because of it.",
            ]
        ),
    )
    yield section(
        "WHAT TO DO",
        numbered(
            [
                (
                    "Check that service control policies and the function's role allow "
                    "bedrock:ListFoundationModels there, and that the Region is enabled."
                ),
                "If you have left the Region, take it out of the setting `regions`.",
            ]
        ),
    )


def _moment_text(moment: datetime) -> str:
    return f"{moment:%a} {time_text(moment)}"


_FAILURES = {
    "EmptyAnswer": "the answer lists no models",
    "ImplausibleAnswer": "the answer lacks too many known models to be believed",
    "UnexpectedAnswer": "the answer was not in the documented form",
}


def _failure_words(name: str) -> str:
    return _FAILURES.get(name, plain(name) or "no answer")


def _footer(alert: Alert, place: Place, alert_id: str) -> str:
    return "\n".join(
        [
            "--",
            f"Bedrock lifecycle notifier in AWS account {place.account_id}, {place.region}",
            (
                f"{alert.kind}, severity {alert.severity}, decided {time_text(alert.occurred_at)}, "
                f"alert {alert_id}"
            ),
        ]
    )
