"""The e-mail about an AWS Health event: AWS's own words, its data, what it means, what to do.

Where to find an event: https://docs.aws.amazon.com/health/latest/ug/getting-started-health-dashboard.html
and https://docs.aws.amazon.com/cli/latest/reference/health/describe-event-details.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifier.health_event import Concern
from notifier.model import Phase
from notifier.render.consequences import (
    CONSEQUENCES,
    FIND_CALLERS,
    errors_section,
    extended_access_ahead,
    steps_to_move,
)
from notifier.render.entries import models_text
from notifier.render.layout import bullets, field, fill, numbered, quoted, section
from notifier.render.migration import plan_section
from notifier.render.sentences import news_of
from notifier.render.words import count_text, day_text, paragraphs, plain, time_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from notifier.health_event import Entity, HealthEvent, HealthNews
    from notifier.model import Alert, ModelEntry

# With these bounds an e-mail stays far below what SNS carries, whatever AWS sends.
_DESCRIPTION_LENGTH = 4_000
_CUT_HERE = "\n… cut here; the whole text is in AWS Health"
_CHANGES = 8
_CHANGE_LENGTH = 300
_ENTITIES = 20
_ENTITY_LENGTH = 200
_ARN_LENGTH = 400
_DASHBOARD = "https://health.aws.amazon.com/health/home"
# The Region whose endpoint answers for all of a partition.
_API_REGIONS = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1"}


def changes_said(news: HealthNews) -> list[str]:
    """Give what an update changes, as phrases; very many are cut, with a count."""
    shown = [plain(change, _CHANGE_LENGTH) for change in news.changes[:_CHANGES]]
    left_out = len(news.changes) - len(shown)
    return [*shown, f"and {count_text(left_out, 'more change')}"] if left_out else shown


def health_sections(alert: Alert, models: Sequence[ModelEntry]) -> Iterator[str]:
    """Write what an event says, what it is about, what it means and what to do."""
    news = news_of(alert)
    yield from _event(news)
    if alert.models:
        yield section("WHICH MODELS", models_text(alert, models))
    yield from _others(news)
    yield from _meaning(alert, news.event)
    if news.dates.end_of_life and not (news.is_update or news.event.is_closed):
        yield from plan_section(alert)
    yield section("WHAT TO DO", numbered(_advice(alert, news.event)))


def _event(news: HealthNews) -> Iterator[str]:
    """Give what stands above the models: what has changed, AWS's words, and the event's data."""
    if news.changes:
        yield section("WHAT CHANGED", bullets(changes_said(news)))
    said = paragraphs(news.event.description, _DESCRIPTION_LENGTH, _CUT_HERE)
    if said:
        yield section(f"WHAT AWS SAYS{_in_language(news.event.language)}", quoted(said))
    lines = [field(name, value, 2) for name, value in _data(news) if value]
    yield section("THE EVENT", "\n".join(lines))


def _in_language(language: str) -> str:
    if not language or language.lower().startswith("en"):
        return ""
    return f" (in {plain(language, 20)}; it gives no English text)"


def _data(news: HealthNews) -> Iterator[tuple[str, str]]:
    """Give what the event says of itself; what it does not say is empty."""
    event = news.event
    yield "Account", plain(news.other_account)
    yield "Type", plain(event.type_code)
    yield "Kind", event.concern
    yield "Status", plain(event.status)
    yield "Region", plain(event.region)
    yield "Start", _moment(event.start_at)
    yield "End", _moment(event.end_at)
    yield "Last updated", _moment(event.updated_at)
    yield "Actionability", plain(event.actionability).lower().replace("_", " ")
    yield "ARN", plain(event.arn, _ARN_LENGTH)


def _moment(moment: datetime | None) -> str:
    return f"{day_text(moment.date())} {time_text(moment)[11:]}" if moment else ""


def _others(news: HealthNews) -> Iterator[str]:
    """Give what stands below the models: what else is affected, and what has not arrived."""
    if news.other_entities:
        yield section("AFFECTED, NOT TRACKED HERE", _entities(news.other_entities))
    missing = len(news.event.missing_pages)
    if missing:
        has = "has" if missing == 1 else "have"
        yield fill(
            f"{missing:,} of the event's pages {has} not arrived: the list of what is affected may "
            "be incomplete."
        )


def _entities(entities: Sequence[Entity]) -> str:
    shown = [_entity(entity) for entity in entities[:_ENTITIES]]
    left_out = len(entities) - len(shown)
    return bullets([*shown, f"and {left_out:,} more"] if left_out else shown)


def _entity(entity: Entity) -> str:
    value = plain(entity.value, _ENTITY_LENGTH) or "(nothing that can be shown)"
    status = plain(entity.status, 40)
    return f"{value} ({status})" if status else value


def _meaning(alert: Alert, event: HealthEvent) -> Iterator[str]:
    """Say what the announced milestone means, or why no consequence can be named."""
    phases: list[Phase] = []
    if event.is_closed:
        points = list(_CLOSED)
    elif _is_operational(alert, event):
        points = [_OPERATIONAL]
    elif not alert.models:
        points = [_NAMES_NO_MODEL]
    else:
        phases = _phases_announced(alert)
        points = list(_milestones_meaning(alert, phases))
    yield section("WHAT IT MEANS", bullets(points))
    yield from errors_section(phases)


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
    "It is about how the service runs, and not about the lifecycle of a model: it announces no end "
    "of life and no other milestone."
)
_NAMES_NO_MODEL = (
    "It names no model that is tracked here, so its consequences for this account cannot be told. "
    "AWS's words and what it lists as affected are all there is."
)
_NO_MILESTONE = (
    "No milestone with a date could be read from the event: AWS's words say what it is about."
)


def _advice(alert: Alert, event: HealthEvent) -> list[str]:
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


def where_it_is(event: HealthEvent, partition: str) -> str:
    """Say where the event itself can be read."""
    dashboard = f": {_DASHBOARD}" if partition == "aws" else " of the AWS console"
    lines = [f"  The event, in the AWS Health Dashboard{dashboard}"]
    arn = plain(event.arn, _ARN_LENGTH).replace("'", "")
    region = _API_REGIONS.get(partition)
    if arn and region:
        lines += [
            "  The event (AWS CLI; it needs a support plan that includes the AWS Health API):",
            f"    aws health describe-event-details --region {region} \\",
            f"      --event-arns '{arn}'",
        ]
    return "\n".join(lines)
