"""The e-mail: what happens, to which models and where, what it means, what to do, where to look.

Consequences are AWS's own statements
(https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle-legacy.html).
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, NamedTuple

from notifier.lifecycle import KNOWN_STATUSES
from notifier.model import NO_DATES, PHASE_ORDER, Kind, Milestone, Phase
from notifier.render.words import (
    MILESTONE_WORDS,
    PHASE_WORDS,
    count_text,
    dated,
    day_text,
    listing,
    plain,
    regions_text,
    time_text,
)
from notifier.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, datetime

    from notifier.model import Alert, ModelEntry

_WIDTH = 76
_IN_FULL = 10
# Nobody reads on; the document for machines goes as far as the message can.
_LISTED = 100
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
    return "\n\n".join([_fill(alert.reason), *sections]) + "\n"


def _sections(alert: Alert, models: Sequence[ModelEntry], place: Place) -> Iterator[str]:
    match alert.kind:
        case Kind.BASELINE:
            yield from _baseline(alert, models, place)
        case Kind.COVERAGE_DEGRADED | Kind.COVERAGE_RESTORED:
            yield from _coverage(alert)
        case _:
            yield _section("WHICH MODELS", _models(alert, models))
            yield from _meaning(alert)
            yield _section("WHAT TO DO", _steps(_advice(alert)))
            yield _section("WHERE TO LOOK", _look(place, models))


def _section(title: str, body: str) -> str:
    return f"{title}\n{body}"


def _fill(text: str, indent: str = "", first: str | None = None) -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _points(points: Iterable[str]) -> str:
    return "\n".join(_fill(point, "    ", "  - ") for point in points)


def _steps(steps: Iterable[str]) -> str:
    return "\n".join(_fill(step, "     ", f"  {n}. ") for n, step in enumerate(steps, 1))


def _models(alert: Alert, models: Sequence[ModelEntry]) -> str:
    today = alert.occurred_at.date()
    if len(alert.models) <= _IN_FULL:
        blocks = [_block(entry, today) for entry in models]
        text = "\n\n".join(blocks)
    else:
        text = "\n".join(_line(entry, today) for entry in models)
    return text + _omitted(alert, models)


def _omitted(alert: Alert, models: Sequence[ModelEntry]) -> str:
    left_out = len(alert.models) - len(models)
    if not left_out:
        return ""
    return f"\n  ... and {count_text(left_out, 'more model')}: the table named below has them all"


def _block(entry: ModelEntry, today: date) -> str:
    lines = [f"  {entry.name} ({entry.provider})", _field("Model id", plain(entry.model_id, 256))]
    variants = _variants(entry)
    if variants:
        lines.append(_field("Said of", ", ".join(variants)))
    lines.append(_field("Regions", regions_text(entry.regions)))
    lines.append(_field("Phase", _phase_text(entry, today)))
    if entry.status and entry.status not in KNOWN_STATUSES:
        lines.append(_field("Status, as given", f"{plain(entry.status)} (not known to us)"))
    for milestone, text in _date_texts(entry, today):
        lines.append(_field(_capital(MILESTONE_WORDS[milestone]), text))
    lines.append(_field("In use here", _use(entry.in_use)))
    return "\n".join(lines)


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
        yield milestone, text + (f", was {old.isoformat()}" if old and old != day else "")


def _capital(words: str) -> str:
    return {"public extended access": "Extended access"}.get(words, words[0].upper() + words[1:])


def _field(name: str, value: str) -> str:
    return _fill(value, " " * 22, f"    {name:<18}")


def _use(in_use: bool | None) -> str:  # noqa: FBT001 (a value to show, not a switch)
    return {True: "yes", False: "no", None: "not known"}[in_use]


def _line(entry: ModelEntry, today: date) -> str:
    variants = _variants(entry)
    said = f" (said of {', '.join(variants)})" if variants else ""
    texts = dict(_date_texts(entry, today))
    stated = [
        f"{MILESTONE_WORDS[milestone]} {text}"
        for milestone, text in texts.items()
        if not _is_said_by_phase(entry, milestone)
    ]
    if Milestone.END_OF_LIFE not in texts:
        stated.append("no end-of-life date")
    return _fill(
        f"{entry.name} [{plain(entry.model_id, 256)}]{said}: {PHASE_WORDS[entry.phase]}; "
        f"{'; '.join(stated)}; {regions_text(entry.regions)}",
        "    ",
        "  - ",
    )


def _is_said_by_phase(entry: ModelEntry, milestone: Milestone) -> bool:
    """Say whether a short line can leave the date out: it has passed, and has not moved."""
    before = entry.previous_dates or entry.dates
    return (
        milestone is not Milestone.END_OF_LIFE
        and PHASE_ORDER[milestone] <= PHASE_ORDER[entry.phase]
        and before.of(milestone) == entry.dates.of(milestone)
    )


def _meaning(alert: Alert) -> Iterator[str]:
    if alert.kind is Kind.MODEL_ADDED:
        yield _section("WHAT IT MEANS", _points(["The model can be called from now on."]))
        return
    phases = _phases_to_explain(alert)
    points = [point for phase in phases for point in CONSEQUENCES[phase].meaning]
    if Phase.LEGACY in phases:
        points += _extended_access_ahead(alert)
    if alert.kind is Kind.MODEL_WITHDRAWN:
        points = list(_WITHDRAWN)
    elif len(phases) > 1:
        points.insert(0, "The models are in different phases; what follows covers all of them.")
    yield _section(_meaning_title(alert), _points(points))
    errors = list(dict.fromkeys(e for phase in phases for e in CONSEQUENCES[phase].errors))
    if errors:
        yield _section(
            "THE ERRORS YOU WOULD SEE", "\n".join(_fill(e, "    ", "  > ") for e in errors)
        )


def _extended_access_ahead(alert: Alert) -> list[str]:
    """Say when it gets dearer; Amazon's own models, and those after 2026-09-07, never do."""
    ahead = {entry.dates.extended_access for entry in alert.models if entry.phase in _BEFORE_IT}
    dates = sorted(day for day in ahead if day is not None)
    if dates:
        begins = listing([day_text(day) for day in dates[:3]])
        return [f"Public extended access begins {begins}, at a price set by the model provider."]
    if all(entry.dates.end_of_life is None for entry in alert.models):
        return ["Public extended access, at a price set by the model provider, may come first."]
    return []


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
        case _:
            return [
                _FIND_CALLERS,
                (
                    f"Choose a successor ({_MODELS_PAGE}), test your prompts on it, and change "
                    "over in good time."
                ),
                (
                    "Cross-Region inference profiles (us., eu., global. ...) never show Legacy: "
                    "treat a profile of this model as the model itself."
                ),
            ]


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
        yield _section("NEWLY COVERED", _fill(regions_text(coverage.here), "  "))
    counts = [
        f"  {_capital(PHASE_WORDS[phase]):<18}{coverage.tracked.get(phase, 0):>6,}"
        for phase in Phase
    ]
    yield _section("MODELS BY PHASE (the furthest in any Region)", "\n".join(counts))
    if alert.models:
        today = alert.occurred_at.date()
        lines = "\n".join(_line(entry, today) for entry in models)
        yield _section(
            "ALREADY DATED OR PAST ACTIVE, SOONEST FIRST", lines + _omitted(alert, models)
        )
    else:
        yield "No model has a date or is past Active."
    if coverage.regions:
        missing = [f"{region} ({_failure_words(why)})" for region, why in coverage.regions]
        yield _section("REGIONS NOT COVERED (tried again every day)", _points(missing))
    yield _section("WHAT COMES NEXT", _points(_PROMISES[1:] if coverage.here else _PROMISES))
    yield _section("WHERE TO LOOK", _look_upcoming(place))


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
        yield _section("WHICH REGIONS", _points(lines))
        yield _section(
            "WHAT IT MEANS",
            _points(["Changes that came in the meantime are told as they are found, from now on."]),
        )
        return
    lines = [
        f"{region}: {_failure_words(why)}, since {_moment_text(since[region])}"
        for region, why in alert.coverage.regions
    ]
    yield _section("WHICH REGIONS", _points(lines))
    yield _section(
        "WHAT IT MEANS",
        _points(
            [
                (
                    "The models known there keep their last state. Reminders by date go on, but a "
                    "change of state or date would not be noticed."
                ),
                "Nothing is concluded from the silence: no model is called gone because of it.",
            ]
        ),
    )
    yield _section(
        "WHAT TO DO",
        _steps(
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
