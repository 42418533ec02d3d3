"""The e-mail: what happens, to which models and where, what it means, what to do, where to look."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from notifier.health_event import Concern
from notifier.model import Kind, Phase
from notifier.render.digest import digest_sections
from notifier.render.entries import capital, entry_line, models_text, omitted
from notifier.render.explanation import explain
from notifier.render.health import event_sections, other_sections, where_it_is
from notifier.render.layout import bullets, fill, numbered, quoted, section
from notifier.render.migration import plan_section
from notifier.render.sentences import news_of
from notifier.render.words import (
    PHASE_WORDS,
    count_text,
    day_text,
    failure_text,
    gap_text,
    listing,
    moment_text,
    plain,
    time_text,
)
from notifier.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from notifier.model import Alert, ModelEntry
    from notifier.render.explanation import Explanation
    from notifier.usage import Gap

# Nobody reads on; the document for machines goes as far as the message can.
MOST_LISTED = 100
_LISTED_GAPS = 10
POLICY_PAGE = "https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle-legacy.html"


class Place(NamedTuple):
    """Where this notifier runs: what a reader needs to find its tables."""

    account_id: str
    region: str
    models_table: str
    partition: str = "aws"
    alerts_topic: str = "TOPIC_ARN"


def email_text(alert: Alert, models: Sequence[ModelEntry], place: Place, alert_id: str) -> str:
    """Write the e-mail about the first `models` of an alert; the rest is given as a count."""
    sections = [*_sections(alert, models[:MOST_LISTED], place), _footer(alert, place, alert_id)]
    return "\n\n".join([fill(alert.reason), *sections]) + "\n"


def _sections(alert: Alert, models: Sequence[ModelEntry], place: Place) -> Iterator[str]:
    match alert.kind:
        case Kind.BASELINE:
            yield from _baseline(alert, models, place)
        case Kind.COVERAGE_DEGRADED | Kind.COVERAGE_RESTORED:
            yield section("WHICH REGIONS", bullets(coverage_lines(alert)))
            yield from _explanation(explain(alert, place))
        case Kind.HEALTH_EVENT:
            yield from _health(alert, models, place)
        case Kind.DIGEST:
            yield from digest_sections(alert, models, place)
            yield section("WHERE TO LOOK", _look_upcoming(place))
        case Kind.TEST:
            yield from _test(alert, place)
        case _:
            plan = plan_section(alert) if alert.kind is Kind.ENTERED_LEGACY else ()
            yield section("WHICH MODELS", models_text(alert, models))
            yield from _explanation(explain(alert, place), plan)
            yield section("WHERE TO LOOK", _look(place, models))


def _explanation(said: Explanation, plan: Iterable[str] = ()) -> Iterator[str]:
    """Give what an alert means, the errors, the plan if there is one, and what to do."""
    if said.points:
        since = f" FROM {day_text(said.since)} ON" if said.since else ""
        yield section(said.title.upper() + since, bullets(said.points))
    if said.errors:
        errors = "\n".join(fill(error, "    ", "  > ") for error in said.errors)
        yield section("THE ERRORS YOU WOULD SEE", errors)
    yield from plan
    if said.steps:
        yield section("WHAT TO DO", numbered(said.steps))


def _health(alert: Alert, models: Sequence[ModelEntry], place: Place) -> Iterator[str]:
    """Write what an event says, what it is about, what it means and what to do."""
    news = news_of(alert)
    yield from event_sections(news)
    if alert.models:
        yield section("WHICH MODELS", models_text(alert, models))
    yield from other_sections(news)
    announces = news.dates.end_of_life and not (news.is_update or news.event.is_closed)
    yield from _explanation(explain(alert, place), plan_section(alert) if announces else ())
    yield section("WHERE TO LOOK", _look_at_event(alert, models, place))


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
            f"  AWS's policy and dates: {POLICY_PAGE}",
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
    said = explain(alert, place)
    yield from _explanation(said._replace(steps=()))
    yield section(
        "WHAT A REAL ALERT LOOKS LIKE (a sample: there is no such model)",
        quoted("\n".join(sample_lines(alert, place))),
    )
    yield from _explanation(said._replace(points=()))
    yield section("WHERE TO LOOK", _look_upcoming(place))


def sample_lines(alert: Alert, place: Place) -> list[str]:
    """Show how an alert begins; it is quoted, so that nobody takes it for one."""
    end = alert.occurred_at.date() + timedelta(_SAMPLE_DAYS)
    return [
        f"[warning] Sample Model 1: end of life in {_SAMPLE_DAYS} days ({end.isoformat()})",
        "",
        f"Sample Model 1 reaches end of life in {_SAMPLE_DAYS} days ({day_text(end)}).",
        f"It is in use in {place.region}: every request fails from then on. What calls",
        "it, the likely successor and a plan would follow.",
    ]


_SAMPLE_DAYS = 60


def _baseline(alert: Alert, models: Sequence[ModelEntry], place: Place) -> Iterator[str]:
    coverage = alert.coverage
    if coverage.here:
        yield section("NEWLY COVERED", fill(listing(coverage.here), "  "))
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
        missing = [f"{region} ({failure_text(why)})" for region, why in coverage.regions]
        yield section("REGIONS NOT COVERED (tried again every day)", bullets(missing))
    if coverage.gaps:
        yield section(
            "WHETHER YOU USE A MODEL IS NOT FULLY KNOWN", bullets(unread_lines(coverage.gaps))
        )
    yield from _explanation(explain(alert, place))
    yield section("WHERE TO LOOK", _look_upcoming(place))


def unread_lines(gaps: Sequence[Gap]) -> list[str]:
    """Say what could not be read of the account's use, and what follows from that."""
    shown = [gap_text(gap) for gap in gaps[:_LISTED_GAPS]]
    left_out = len(gaps) - len(shown)
    more = [f"and {count_text(left_out, 'more reason')}"] if left_out else []
    meaning = "What cannot be excluded counts as used: you are told of it at once."
    return [*shown, *more, meaning]


def _look_upcoming(place: Place) -> str:
    return "\n".join(
        [
            "  What ends next (AWS CLI):",
            f"    aws dynamodb query --region {place.region} \\",
            f"      --table-name {place.models_table} --index-name upcoming \\",
            "      --key-condition-expression 'horizon = :h' \\",
            '      --expression-attribute-values \'{":h":{"S":"dated"}}\'',
            f"  AWS's policy and dates: {POLICY_PAGE}",
        ]
    )


def coverage_lines(alert: Alert) -> list[str]:
    """Say of each Region since when it gave no answer and, while that goes on, why."""
    since = {member.region: parse_time(member.token) for member in alert.members}
    if alert.kind is Kind.COVERAGE_RESTORED:
        return [f"{region}: silent from {moment_text(when)}" for region, when in since.items()]
    return [
        f"{region}: {failure_text(why)}, since {moment_text(since[region])}"
        for region, why in alert.coverage.regions
    ]


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
