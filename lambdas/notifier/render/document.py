"""The alert document, and the notification that fits into what SNS carries."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from notifier.grouping import alert_id
from notifier.render.chat import chat_document, plain_chat
from notifier.render.email import MOST_LISTED, Place, email_text
from notifier.render.health import changes_said
from notifier.render.sentences import subject
from notifier.render.words import paragraphs, plain, used_by_texts
from notifier.times import iso_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from notifier.health_event import Entity, HealthNews
    from notifier.model import Alert, Dates, ModelEntry

SCHEMA_VERSION = "1"
# SNS carries 256 KiB with the message attributes; EventBridge carries no less for one entry.
_SNS_BYTES = 256 * 1024
_MARGIN_BYTES = 2 * 1024
_PROVIDERS_NAMED = 50
_RESOURCES_NAMED = 20
# The longest values that the Health API documents, and what an event may take before its models.
_ARN_LENGTH = 1_600
_ENTITY_LENGTH = 1_224
_DESCRIPTION_LENGTH = 8_000
_ENTITIES_NAMED = 100
_ENTITIES_BYTES = 64 * 1024

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Notification:
    """One alert in words, ready for every channel.

    `document` is the alert document (JSON types only); its `subject` and `text` are the e-mail.
    `chat` is the custom notification that a chat channel shows, empty where nobody wrote one.
    """

    document: Mapping[str, Any]
    chat: Mapping[str, Any] = field(default_factory=dict)

    @property
    def alert_id(self) -> str:
        """The alert's identity."""
        return str(self.document["alert_id"])

    def as_json(self) -> str:
        """Give the alert document as JSON."""
        return _json(self.document)

    def sns_message(self) -> str:
        """Give the body for `MessageStructure=json`: text for people, JSON for everything else."""
        return _json({"default": self.as_json(), "email": self.document["text"]})

    def chat_message(self) -> str:
        """Give the custom notification as JSON."""
        return _json(self.chat or plain_chat(self.document))

    def sns_attributes(self) -> dict[str, dict[str, str]]:
        """Give the message attributes that subscription filter policies can use."""
        document = self.document
        attributes = {
            name: {"DataType": "String", "StringValue": str(document[name])}
            for name in ("kind", "severity", "milestone")
            if document[name] is not None
        }
        attributes["in_use"] = {"DataType": "String", "StringValue": _use(document["models"])}
        providers = sorted({entry["provider"] for entry in document["models"]})
        if providers:
            named = json.dumps(providers[:_PROVIDERS_NAMED])
            attributes["provider"] = {"DataType": "String.Array", "StringValue": named}
        return attributes

    def size(self) -> int:
        """Give the bytes that SNS counts: message, attributes, and the subject for safety."""
        attributes = self.sns_attributes()
        counted = [self.sns_message(), str(self.document["subject"])]
        counted += [name + value for name, a in attributes.items() for value in a.values()]
        return sum(len(part.encode()) for part in counted)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _use(models: Sequence[Mapping[str, Any]]) -> str:
    uses = {entry["in_use"] for entry in models}
    if True in uses:
        return "true"
    return "false" if uses == {False} else "unknown"


def notification(alert: Alert, place: Place) -> Notification:
    """Put an alert into words, with as many of its models as SNS can carry.

    Models are cut from the end, where those not in use stand, and counted in `models_omitted`.
    What an AWS Health event says has bounds of its own that leave room for them.
    """
    models = [_model(entry) for entry in alert.models]
    document = _document(alert, place)
    count, listed = _how_many_fit(models, document), min(len(models), MOST_LISTED)
    while count < listed:
        # What the text says of each takes the room of the others.
        listed //= 2
        document["text"] = email_text(alert, alert.models[:listed], place, document["alert_id"])
        count = _how_many_fit(models, document)
    return Notification(
        document | {"models": models[:count], "models_omitted": len(models) - count},
        chat_document(alert, place, document["alert_id"]),
    )


def _how_many_fit(models: Sequence[Document], document: Document) -> int:
    """Count the models whose JSON fits, inside the message's own JSON, beside the rest."""
    room = _SNS_BYTES - _MARGIN_BYTES - Notification(document).size()
    for count, model in enumerate(models):
        room -= _nested_bytes(model) + len(model["provider"].encode()) * 2
        if room < 0:
            return count
    return len(models)


def _nested_bytes(value: object) -> int:
    """Count the bytes of JSON inside of JSON."""
    return len(_json(_json(value)).encode())


def _document(alert: Alert, place: Place) -> Document:
    """Give the alert document as it is with every model, but without their entries."""
    identity = alert_id(alert)
    day = alert.milestone_date
    return {
        "schema_version": SCHEMA_VERSION,
        "alert_id": identity,
        "kind": alert.kind.value,
        "severity": alert.severity.value,
        "account_id": place.account_id,
        "occurred_at": iso_time(alert.occurred_at),
        "direction": alert.direction.value if alert.direction else None,
        "milestone": alert.milestone.value if alert.milestone else None,
        "milestone_date": day.isoformat() if day else None,
        "days_left": alert.days_left,
        "reason": alert.reason,
        "models": [],
        "models_omitted": 0,
        "health_event": _health_event(alert.health) if alert.health else None,
        "subject": subject(alert),
        "text": email_text(alert, alert.models, place, identity),
    }


def _model(entry: ModelEntry) -> Document:
    successor = entry.successor
    found = successor if successor and successor.model_id else None
    return {
        "model_id": entry.model_id,
        "name": entry.name,
        "provider": entry.provider,
        "phase": entry.phase.value,
        "regions": list(entry.regions),
        "dates": _dates(entry.dates),
        "previous_dates": _dates(entry.previous_dates) if entry.previous_dates else None,
        "in_use": entry.in_use,
        "invocations_14d": entry.use.invocations_14d if entry.use else None,
        "used_by": list(used_by_texts(entry.use.used_by, _RESOURCES_NAMED)) if entry.use else [],
        "replacement": found.model_id if found else None,
        "replacement_source": found.source if found else None,
    }


def _health_event(news: HealthNews) -> Document:
    """Give what an AWS Health event says, made safe; null stands for what it does not say."""
    event = news.event
    entities = event.entities or ()
    return {
        "event_arn": plain(event.arn, _ARN_LENGTH),
        "account": plain(event.account),
        "event_type_code": plain(event.type_code) or None,
        "event_type_category": plain(event.category) or None,
        "concern": event.concern.value,
        "scope": plain(event.scope) or None,
        "status": plain(event.status) or None,
        "region": plain(event.region) or None,
        "start_time": _time(event.start_at),
        "end_time": _time(event.end_at),
        "last_updated_time": _time(event.updated_at),
        "description": paragraphs(event.description, _DESCRIPTION_LENGTH) or None,
        "entities": _entities(entities[:_ENTITIES_NAMED]),
        "entities_total": len(entities),
        "missing_pages": len(event.missing_pages),
        "actionability": plain(event.actionability) or None,
        "dates": _dates(news.dates),
        "update": news.is_update,
        "changes": changes_said(news),
    }


def _entities(entities: Sequence[Entity]) -> list[Document]:
    """Give as many of the entities as their share of the message can hold."""
    shown: list[Document] = []
    room = _ENTITIES_BYTES
    for entity in entities:
        one = {"value": plain(entity.value, _ENTITY_LENGTH), "status": plain(entity.status) or None}
        room -= _nested_bytes(one)
        if room < 0:
            break
        shown.append(one)
    return shown


def _time(moment: datetime | None) -> str | None:
    return iso_time(moment) if moment else None


def _dates(dates: Dates) -> dict[str, str | None]:
    return {name: day.isoformat() if day else None for name, day in dates._asdict().items()}
