"""The e-mail: what happens, to which models and where, what it means, what to do, where to look.

Consequences are AWS's own statements
(https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle-legacy.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from notifier.model import NO_DATES, Kind, Milestone, Phase
from notifier.plan import migration_plan
from notifier.render.entries import capital, entry_line, models_text, omitted
from notifier.render.layout import bullets, fill, numbered, section
from notifier.render.sentences import LAPSES_AFTER_DAYS
from notifier.render.words import (
    PHASE_WORDS,
    amount_text,
    count_text,
    day_text,
    gap_text,
    listing,
    plain,
    regions_text,
    time_text,
)
from notifier.times import parse_time
from notifier.usage import merged_use

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from notifier.model import Alert, ModelEntry
    from notifier.plan import Step
    from notifier.usage import Gap

# Nobody reads on; the document for machines goes as far as the message can.
_LISTED = 100
_LISTED_GAPS = 10
_POLICY_PAGE = "https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle-legacy.html"
_MODELS_PAGE = "https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html"

_LEGACY_ERROR = (
    "ResourceNotFoundException: Access denied. This Model is marked by provider as Legacy and you "
    "have not been actively using the model in the last 30 days. Please upgrade to an active model "
    "on Amazon Bedrock"
)
_EXTENDED_ERROR = "ValidationException: Operation not allowed"
_END_OF_LIFE_ERROR = (
    "ResourceNotFoundException: This model version has reached the end of its life. Please refer "
    "to the AWS documentation for more details."
)
_REMOVED_ERROR = "ValidationException: The provided model identifier is invalid."


class Place(NamedTuple):
    """Where this notifier runs: what a reader needs to find its tables."""

    account_id: str
    region: str
    models_table: str
    partition: str = "aws"


class Consequences(NamedTuple):
    """What a phase means for those who use the model, and the errors they will see."""

    meaning: tuple[str, ...]
    errors: tuple[str, ...] = ()


CONSEQUENCES = {
    Phase.ACTIVE: Consequences(("It answers as before.",)),
    Phase.LEGACY: Consequences(
        (
            (
                "It keeps answering until its end of life, but only for those who already use it: "
                "access may lapse after 15 days without a call (the error text says 30)."
            ),
            "No new Provisioned Throughput and no new fine-tuning; what exists goes on.",
        ),
        (_LEGACY_ERROR,),
    ),
    Phase.EXTENDED_ACCESS: Consequences(
        (
            (
                "Every call now costs what the model provider asks for extended access: expect a "
                "higher price. Private pricing agreements and existing Provisioned Throughput keep "
                "their terms."
            ),
            (
                "Quota increases are generally refused, and access may lapse after 15 days without "
                "a call (an error text says 30)."
            ),
        ),
        (_EXTENDED_ERROR, _LEGACY_ERROR),
    ),
    Phase.END_OF_LIFE: Consequences(
        (
            (
                "Every request fails, on the date or soon after it, unless you have a private "
                "arrangement with AWS. Nothing moves to another model by itself."
            ),
        ),
        (_END_OF_LIFE_ERROR, _REMOVED_ERROR),
    ),
}


def email_text(alert: Alert, models: Sequence[ModelEntry], place: Place, alert_id: str) -> str:
    """Write the e-mail about the first `models` of an alert; the rest is given as a count."""
    sections = [*_sections(alert, models[:_LISTED], place), _footer(alert, place, alert_id)]
    return "\n\n".join([fill(alert.reason), *sections]) + "\n"


def _sections(alert: Alert, models: Sequence[ModelEntry], place: Place) -> Iterator[str]:
    match alert.kind:
        case Kind.BASELINE:
            yield from _baseline(alert, models, place)
        case Kind.COVERAGE_DEGRADED | Kind.COVERAGE_RESTORED:
            yield from _coverage(alert)
        case _:
            yield section("WHICH MODELS", models_text(alert, models))
            yield from _meaning(alert)
            yield from _plan(alert)
            yield section("WHAT TO DO", numbered(_advice(alert)))
            yield section("WHERE TO LOOK", _look(place, models))


def _meaning(alert: Alert) -> Iterator[str]:
    if alert.kind is Kind.MODEL_ADDED:
        yield section("WHAT IT MEANS", bullets(["The model can be called from now on."]))
        return
    phases = _phases_to_explain(alert)
    points = [point for phase in phases for point in CONSEQUENCES[phase].meaning]
    if Phase.LEGACY in phases:
        points += _extended_access_ahead(alert)
    if alert.kind is Kind.MODEL_WITHDRAWN:
        points = list(_WITHDRAWN)
    elif alert.kind is Kind.INACTIVITY_RISK:
        points = list(_IDLE)
    elif len(phases) > 1:
        points.insert(0, "The models are in different phases; what follows covers all of them.")
    yield section(_meaning_title(alert), bullets(points))
    errors = list(dict.fromkeys(e for phase in phases for e in CONSEQUENCES[phase].errors))
    if errors:
        yield section(
            "THE ERRORS YOU WOULD SEE", "\n".join(fill(e, "    ", "  > ") for e in errors)
        )


def _extended_access_ahead(alert: Alert) -> list[str]:
    """Say when it gets dearer; Amazon's own models, and those after 2026-09-07, never do."""
    ahead = {entry.dates.extended_access for entry in alert.models if entry.phase in _BEFORE_IT}
    dates = sorted(day for day in ahead if day is not None)
    if dates:
        begins = listing([day_text(day) for day in dates[:3]])
        return [
            f"Public extended access begins {begins}: {_dearer(alert)}.",
            (
                "Then quota increases are generally refused; private pricing agreements and "
                "existing Provisioned Throughput keep their terms."
            ),
        ]
    if all(entry.dates.end_of_life is None for entry in alert.models):
        return ["Public extended access, at a price set by the model provider, may come first."]
    return []


def _dearer(alert: Alert) -> str:
    """Say what will be billed at the higher price, which no API states."""
    use = merged_use(
        entry.use
        for entry in alert.models
        if entry.in_use and entry.dates.extended_access and entry.phase in _BEFORE_IT
    )
    tokens_in, tokens_out = use.tokens_per_day if use else (0, 0)
    if not tokens_in and not tokens_out:
        return "each call may cost more, at a price set by the model provider that no API states"
    return (
        f"at today's rate about {amount_text(tokens_in)} input and {amount_text(tokens_out)} "
        "output tokens a day at a higher price, set by the model provider and stated in no API"
    )


_BEFORE_IT = frozenset({Phase.ACTIVE, Phase.LEGACY})


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


def _plan(alert: Alert) -> Iterator[str]:
    """Give the way to a successor as dates, once: when the model enters Legacy."""
    if alert.kind is not Kind.ENTERED_LEGACY or not alert.models:
        return
    first, today = alert.models[0], alert.occurred_at.date()
    dates = first.dates
    plan = migration_plan(dates, today)
    if not plan:
        return
    alike = all(entry.dates == dates for entry in alert.models)
    whose = "" if alike else f" FOR {first.name} (others have other dates)"
    lines = [(step.start, _step_text(step)) for step in plan]
    for milestone, what in _ON_THE_WAY.items():
        day = dates.of(milestone)
        if day is not None and day > today:
            lines.append((day, f"  {day_text(day)}: {what}"))
    ordered = [text for _, text in sorted(lines, key=lambda line: line[0])]
    title = f"A PLAN{whose}, WORKED BACK FROM THE END OF LIFE"
    yield section(title, "\n".join(ordered))


def _step_text(step: Step) -> str:
    when = f"  {day_text(step.start)} to {day_text(step.end)}: {step.phase}"
    return f"{when}\n{fill(step.work, '    ')}"


_ON_THE_WAY = {
    Milestone.EXTENDED_ACCESS: "PUBLIC EXTENDED ACCESS, each call may cost more",
    Milestone.END_OF_LIFE: "END OF LIFE, every request fails",
}


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
                _FIND_CALLERS,
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
            return [
                _FIND_CALLERS,
                _choose(alert),
                (
                    "Cross-Region inference profiles (us., eu., global. ...) never show Legacy: "
                    "treat a profile of this model as the model itself."
                ),
            ]


_ADVICE_WHEN_IDLE = [
    "If you still need the model, call it now, as it was called before: a call ends the spell.",
    "Better, move what calls it so seldom to another model before its next run.",
    "If nobody needs it any more, do nothing: you are told once for each spell.",
]


def _choose(alert: Alert) -> str:
    named = any(entry.successor and entry.successor.model_id for entry in alert.models)
    start = "Begin with the likely successor named above, or choose another"
    choose = start if named else "Choose a successor"
    text = f"{choose} ({_MODELS_PAGE}), test your prompts on it, and change over in good time."
    quota_known = any(entry.capacity for entry in alert.models)
    return text if quota_known else f"{text} Request quota for it where you need more."


_FIND_CALLERS = (
    "Find who calls it: CloudWatch metrics AWS/Bedrock, Invocations by ModelId; CloudTrail events "
    "InvokeModel and Converse say which role."
)


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
