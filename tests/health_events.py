"""A Health event to begin with: of this account, about a planned change on 2027-04-08."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from notifier.health_event import HealthEvent


def health_event(**given: Any) -> HealthEvent:  # noqa: ANN401 any field
    """Give an event with these fields, and what an event must have for the others."""
    fields: dict[str, Any] = {
        "account": "123456789012",
        "arn": "arn:aws:health:us-east-1::event/BEDROCK/X/1",
        "service": "BEDROCK",
        "type_code": "AWS_BEDROCK_PLANNED_LIFECYCLE_EVENT",
        "category": "scheduledChange",
        "status": "upcoming",
        "region": "us-east-1",
        "updated_at": datetime(2026, 10, 7, tzinfo=UTC),
        "start_at": datetime(2027, 4, 8, 7, tzinfo=UTC),
    }
    return HealthEvent(**{**fields, **given})
