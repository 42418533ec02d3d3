"""The EventBridge events in which AWS delivers a Health event, and how they come out of a queue.

Format: https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final

from local_aws.emulator import ACCOUNT_ID
from local_aws.fake_health import FakeHealthEvent
from local_aws.paging import PAGE

_LANGUAGE: Final = "en_US"
_QUEUE_REGION: Final = "us-east-1"


def as_eventbridge(  # noqa: PLR0913 (each has its default)
    event: FakeHealthEvent,
    *,
    delivered_in: str,
    account: str = ACCOUNT_ID,
    backup: bool = False,
    page_size: int = PAGE,
    communication_id: str | None = None,
    time: datetime | None = None,
) -> list[dict[str, Any]]:
    """Give an event as a rule in one Region gets it: an EventBridge event for each page.

    The Region of the event and the backup Region get the same but for `region`, `backupEvent` and
    the id. Without a `communication_id` each version of the event is a communication of its own.
    """
    pages = [
        event.entities[first : first + page_size]
        for first in range(0, max(len(event.entities), 1), page_size)
    ]
    communication = communication_id or _communication(event)
    return [
        {
            "version": "0",
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{communication}/{number}/{delivered_in}")),
            "detail-type": "AWS Health Event",
            "source": "aws.health",
            "account": account,
            "time": (time or event.updated).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": delivered_in,
            "resources": [value for value, _ in entities],
            "detail": {
                **_common(event),
                "communicationId": f"{communication}-{number}",
                "affectedAccount": account,
                "affectedEntities": [
                    {
                        "entityValue": value,
                        "lastUpdatedTime": _rfc822(event.updated),
                        "status": status,
                    }
                    for value, status in entities
                ],
                "page": str(number),
                "totalPages": str(len(pages)),
                "backupEvent": "true" if backup else "false",
            },
        }
        for number, entities in enumerate(pages, start=1)
    ]


def sqs_record(delivery: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """Give an event as Lambda receives it from the queue of the health function."""
    body = json.dumps(delivery)
    sent = str(int(at.timestamp() * 1000))
    return {
        "messageId": str(uuid.uuid4()),
        "receiptHandle": "handle",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": sent,
            "SenderId": "events.amazonaws.com",
            "ApproximateFirstReceiveTimestamp": sent,
        },
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{_QUEUE_REGION}:{ACCOUNT_ID}:health",
        "awsRegion": _QUEUE_REGION,
    }


def _common(event: FakeHealthEvent) -> dict[str, object]:
    """Give what all pages say; what is not known is left out."""
    description = {"language": _LANGUAGE, "latestDescription": event.description}
    said = {
        "eventArn": event.arn,
        "service": event.service,
        "eventTypeCode": event.type_code,
        "eventTypeCategory": event.category,
        "eventScopeCode": event.scope,
        "startTime": _rfc822(event.start),
        "endTime": _rfc822(event.end),
        "lastUpdatedTime": _rfc822(event.updated),
        "statusCode": event.status,
        "eventRegion": event.region,
        "eventDescription": [description],
        "eventMetadata": dict(event.metadata),
        "personas": [*event.personas],
        "actionability": event.actionability,
    }
    return {name: value for name, value in said.items() if value}


def _communication(event: FakeHealthEvent) -> str:
    version = f"{event.arn} {event.updated.isoformat()}"
    return hashlib.sha256(version.encode()).hexdigest()[:40]


def _rfc822(moment: datetime | None) -> str | None:
    return format_datetime(moment.astimezone(UTC), usegmt=True) if moment else None
