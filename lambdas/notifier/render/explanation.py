"""What an alert means for those who use its models, and what to do: one place for every view.

What AWS says of the phases stands in `consequences`; here it is chosen for one alert.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from notifier.health_event import Concern
from notifier.model import NO_DATES, Kind, Phase
from notifier.render.consequences import (
    CONSEQUENCES,
    FIND_CALLERS,
    errors_of,
    extended_access_ahead,
    steps_to_move,
)
from notifier.render.digest import digest_of
from notifier.render.sentences import LAPSES_AFTER_DAYS, news_of
from notifier.render.words import day_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from notifier.digest import Digest
    from notifier.health_event import HealthEvent
    from notifier.model import Alert, ModelEntry
    from notifier.render.email import Place


class Explanation(NamedTuple):
    """What an alert means: sentences of ours, without a word from outside.

    `title` stands above the `points`, which hold from the date `since` on, if there is one.
    `errors` are AWS's own words. `steps` are what to do, in order.
    """

    title: str
    points: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    since: date | None = None


_MEANS = "What it means"
# How a digest names the topic that people subscribe to.
ALERTS_TOPIC = "sns"


def explain(alert: Alert, place: Place) -> Explanation:
    """Say what an alert means and what to do about it."""
    match alert.kind:
        case Kind.BASELINE:
            points = _PROMISES[1:] if alert.coverage.here else _PROMISES
            return Explanation("What comes next", points)
        case Kind.COVERAGE_DEGRADED:
            return Explanation(_MEANS, _SILENT, steps=_WHEN_SILENT)
        case Kind.COVERAGE_RESTORED:
            return Explanation(_MEANS, _ANSWERING)
        case Kind.HEALTH_EVENT:
            return _of_event(alert, news_of(alert).event)
        case Kind.DIGEST:
            return Explanation(_MEANS, steps=tuple(_after_digest(digest_of(alert), place)))
        case Kind.TEST:
            return Explanation("What this shows", _what_a_test_shows(place), steps=_AFTER_A_TEST)
        case Kind.MODEL_ADDED:
            return Explanation(_MEANS, _NEW, steps=_WHEN_NEW)
        case _:
            return _of_models(alert)


def _of_models(alert: Alert) -> Explanation:
    phases = _phases_to_explain(alert)
    is_reminder = alert.kind is Kind.DEADLINE
    return Explanation(
        title=_MEANS,
        points=tuple(_points(alert, phases)),
        errors=errors_of(phases),
        steps=tuple(_steps(alert)),
        since=alert.milestone_date if is_reminder else None,
    )


def _phases_to_explain(alert: Alert) -> list[Phase]:
    """Explain the phase that the models are in or, for a reminder, the one that is coming."""
    if alert.kind is Kind.DEADLINE and alert.milestone is not None:
        return [Phase(alert.milestone.value)]
    order = list(Phase)
    return sorted({entry.phase for entry in alert.models}, key=order.index)


def _points(alert: Alert, phases: Sequence[Phase]) -> Iterator[str]:
    if alert.kind is Kind.MODEL_WITHDRAWN:
        yield from _WITHDRAWN
        return
    if alert.kind is Kind.INACTIVITY_RISK:
        yield from _IDLE
        return
    if alert.kind is Kind.REOPENED:
        yield from _REOPENED
    if len(phases) > 1:
        yield "The models are in different phases; what follows covers all of them."
    for phase in phases:
        yield from CONSEQUENCES[phase].meaning
    if Phase.LEGACY in phases:
        yield from extended_access_ahead(alert)


def _steps(alert: Alert) -> Sequence[str]:
    match alert.kind:
        case Kind.END_OF_LIFE_REACHED | Kind.MODEL_WITHDRAWN:
            return _WHEN_GONE
        case Kind.RETURNED_TO_ACTIVE:
            if any(e.phase is not Phase.ACTIVE or e.dates != NO_DATES for e in alert.models):
                return ["Keep your migration plans: what is stated above still stands."]
            return ["Nothing at once. Check your migration plans: this model is no longer leaving."]
        case Kind.INACTIVITY_RISK:
            return _WHEN_IDLE
        case Kind.REOPENED:
            _, *others = steps_to_move(alert)
            return [*_WHEN_REOPENED, *others]
        case _:
            return steps_to_move(alert)


_IDLE = (
    (
        f"A model that is Legacy stays open only to those who use it. AWS documents that access "
        f"may lapse after {LAPSES_AFTER_DAYS} days without a call; the error text says 30."
    ),
    "A job that runs seldom may find the model closed at its next run.",
)
_WHEN_IDLE = (
    "If you still need the model, call it now, as it was called before: a call ends the spell.",
    "Better, move what calls it so seldom to another model before its next run.",
    "If nobody needs it any more, do nothing: you are told once for each spell.",
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
_WHEN_GONE = (
    "Move whatever still calls it to another model now: its calls fail, if not yet then soon.",
    FIND_CALLERS,
    "If you count on a private arrangement, ask your AWS account team.",
)
_REOPENED = (
    (
        "Somebody resolved the model, that is, said that nobody needs it any more; but calls have "
        "been counted on a day after that."
    ),
    (
        "So the resolve is over: reminders of its dates are on again. You are told of these calls "
        "once."
    ),
)
_WHEN_REOPENED = (
    FIND_CALLERS,
    (
        "If these calls are a mistake, stop them. Once nothing calls the model any more, resolve "
        "it again: what was said before holds no longer."
    ),
)
_NEW = ("The model can be called from now on.",)
_WHEN_NEW = ("Nothing. If it could succeed a model you use, try it.",)
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
_SILENT = (
    (
        "The models known there keep their last state. Reminders by date go on, but a change of "
        "state or date would not be noticed."
    ),
    "Nothing is concluded from the silence: no model is called gone because of it.",
)
_WHEN_SILENT = (
    (
        "Check that service control policies and the function's role allow "
        "bedrock:ListFoundationModels there, and that the Region is enabled."
    ),
    "If you have left the Region, take it out of the setting `regions`.",
)
_ANSWERING = ("Changes that came in the meantime are told as they are found, from now on.",)


def _what_a_test_shows(place: Place) -> tuple[str, ...]:
    return (
        (
            "This message came the whole way that an alert takes: the poll function in AWS account "
            f"{place.account_id}, {place.region}, put it into the outbox (the alerts table), and "
            "an SNS topic brought it to you."
        ),
        "All other subscribers, every chat channel and the event bus got it as well.",
    )


_AFTER_A_TEST = (
    (
        "Nothing. If somebody who should have got this did not, see whether the subscription to "
        "the alerts topic was confirmed."
    ),
)


def _after_digest(digest: Digest, place: Place) -> Iterator[str]:
    if ALERTS_TOPIC in digest.unheard:
        yield (
            "Subscribe somebody, who then confirms within 48 hours: aws sns subscribe --region "
            f"{place.region} --topic-arn {place.alerts_topic} --protocol email "
            "--notification-endpoint ADDRESS"
        )
    if any(entry.in_use for entry in digest.upcoming):
        yield (
            "See that each model in use that has a date ahead has somebody who moves what calls it."
        )
    if any(one.ends_soon for one in digest.held_back):
        yield "Snooze again what has to wait longer; otherwise its reminders come back."


def _of_event(alert: Alert, event: HealthEvent) -> Explanation:
    """Say what the announced milestone means, or why no consequence can be named."""
    phases: list[Phase] = []
    points: tuple[str, ...]
    if event.is_closed:
        points = _CLOSED
    elif _is_operational(alert, event):
        points = _OPERATIONAL
    elif not alert.models:
        points = _NAMES_NO_MODEL
    else:
        phases = _phases_announced(alert)
        points = tuple(_milestones_meaning(alert, phases))
    return Explanation(_MEANS, points, errors_of(phases), tuple(_event_steps(alert, event)))


def _is_operational(alert: Alert, event: HealthEvent) -> bool:
    return event.concern is Concern.OPERATIONAL_ISSUE and alert.milestone is None


def _phases_announced(alert: Alert) -> list[Phase]:
    """Give the phases that the models are in or come to by what is announced, but not Active."""
    found = {entry.phase for entry in alert.models}
    if alert.milestone is not None:
        before = {Phase.LEGACY} if Phase.ACTIVE in found else set()
        found |= {Phase(alert.milestone.value), *before}
    return [phase for phase in Phase if phase in found - {Phase.ACTIVE}]


def _milestones_meaning(alert: Alert, phases: Sequence[Phase]) -> Iterator[str]:
    if alert.milestone is None:
        yield _NO_MILESTONE
    for phase in phases:
        announced = alert.milestone is not None and phase.value == alert.milestone.value
        day = alert.milestone_date if announced else None
        when = f" ({day_text(day)})" if day else ""
        for point in CONSEQUENCES[phase].meaning:
            yield f"{_DURING[phase]}{when}: {point[0].lower()}{point[1:]}"
        if phase is Phase.LEGACY and Phase.EXTENDED_ACCESS not in phases:
            yield from extended_access_ahead(alert)


_DURING = {
    Phase.LEGACY: "While Legacy",
    Phase.EXTENDED_ACCESS: "In public extended access",
    Phase.END_OF_LIFE: "At the end of life",
}
_CLOSED = (
    (
        "AWS says no more about this event: what it announced has happened or was called off, or "
        "nothing is left for you to do. Which of these it is, only AWS's words can say."
    ),
    (
        "It changes no state and no date of a model. These are watched in the Bedrock API as "
        "before, and reminders of the dates that it gives go on."
    ),
)
_OPERATIONAL = (
    (
        "It is about how the service runs, and not about the lifecycle of a model: it announces no "
        "end of life and no other milestone."
    ),
)
_NAMES_NO_MODEL = (
    (
        "It names no model that is tracked here, so its consequences for this account cannot be "
        "told. AWS's words and what it lists as affected are all there is."
    ),
)
_NO_MILESTONE = (
    "No milestone with a date could be read from the event: AWS's words say what it is about."
)


def _event_steps(alert: Alert, event: HealthEvent) -> list[str]:
    if event.is_closed:
        return [
            (
                "Nothing because of this alone. Keep your migration plans, unless AWS says that "
                "the model stays."
            )
        ]
    if _is_operational(alert, event):
        return [
            (
                "If calls fail or are slow now, this may be why: follow the event in the AWS "
                "Health Dashboard."
            )
        ]
    steps = [_READ_FIRST] if event.description.strip() else []
    if any(_disagrees(entry) for entry in alert.models):
        steps.append(
            "AWS Health and the Bedrock API give different dates: plan by the earlier one until "
            "they agree."
        )
    return [*steps, *(steps_to_move(alert) if alert.models else [_IF_YOU_USE_IT, FIND_CALLERS])]


_READ_FIRST = "Read AWS's words above: they may ask for more than is said here."
_IF_YOU_USE_IT = (
    "See whether you use what it speaks of. What is no model of Amazon Bedrock, or served only "
    "through the bedrock-mantle endpoint, is not tracked here, and you will not be reminded of it."
)


def _disagrees(entry: ModelEntry) -> bool:
    stated = ((entry.dates.of(milestone), day) for milestone, day in entry.by_health.stated())
    return any(by_api is not None and by_api != day for by_api, day in stated)
