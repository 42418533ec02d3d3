"""What an AWS Health event itself says, in an e-mail: AWS's own words, and its data.

Where to find an event: https://docs.aws.amazon.com/health/latest/ug/getting-started-health-dashboard.html
and https://docs.aws.amazon.com/cli/latest/reference/health/describe-event-details.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifier.render.layout import bullets, field, fill, quoted, section
from notifier.render.words import count_text, day_text, paragraphs, plain, time_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from notifier.health_event import Entity, HealthEvent, HealthNews

# With these bounds an e-mail stays far below what SNS carries, whatever AWS sends.
_DESCRIPTION_LENGTH = 4_000
_CUT_HERE = "\n… cut here; the whole text is in AWS Health"
_CHANGES = 8
_CHANGE_LENGTH = 300
_ENTITIES = 20
_ENTITY_LENGTH = 200
_ARN_LENGTH = 400
DASHBOARD = "https://health.aws.amazon.com/health/home"
# The Region whose endpoint answers for all of a partition.
_API_REGIONS = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1"}


def changes_said(news: HealthNews) -> list[str]:
    """Give what an update changes, as phrases; very many are cut, with a count."""
    shown = [plain(change, _CHANGE_LENGTH) for change in news.changes[:_CHANGES]]
    left_out = len(news.changes) - len(shown)
    return [*shown, f"and {count_text(left_out, 'more change')}"] if left_out else shown


def event_sections(news: HealthNews) -> Iterator[str]:
    """Give what stands above the models: what has changed, AWS's words, and the event's data."""
    if news.changes:
        yield section("WHAT CHANGED", bullets(changes_said(news)))
    said = paragraphs(news.event.description, _DESCRIPTION_LENGTH, _CUT_HERE)
    if said:
        yield section(f"WHAT AWS SAYS{_in_language(news.event.language)}", quoted(said))
    lines = [field(name, value, 2) for name, value in event_data(news) if value]
    yield section("THE EVENT", "\n".join(lines))


def _in_language(language: str) -> str:
    if not language or language.lower().startswith("en"):
        return ""
    return f" (in {plain(language, 20)}; it gives no English text)"


def event_data(news: HealthNews) -> Iterator[tuple[str, str]]:
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


def other_sections(news: HealthNews) -> Iterator[str]:
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


def where_it_is(event: HealthEvent, partition: str) -> str:
    """Say where the event itself can be read."""
    dashboard = f": {DASHBOARD}" if partition == "aws" else " of the AWS console"
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
