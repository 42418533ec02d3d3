"""AWS Health events as EventBridge delivers them.

Format: https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html. What
AWS's own examples leave out may be missing here; what nobody could work with is an error.
"""

from __future__ import annotations

import re
from reprlib import Repr
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from notifier.health_event import HealthEvent, Page
from notifier.sources.health_values import (
    Identifier,
    Text,
    TimeOrNone,
    description_of,
    entities_of,
    region_of,
    text_of,
)
from notifier.times import iso_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from notifier.health_event import Entity

_PAGES = 10_000

_ENGLISH_OF_AWS = "en_US"

# What is quoted of an event that cannot be read, and the most that is said about it.
_QUOTE = Repr()
_QUOTE.maxlevel = 2
_QUOTE.maxstring = _QUOTE.maxother = _QUOTE.maxlong = 80
_REASON_LENGTH = 300
# Clearer than pydantic's own words.
_REASONS: Final = {
    "missing": "missing",
    "model_type": "not an object",
    "string_pattern_mismatch": "empty",
    "too_long": "too long",
}


class MalformedHealthEventError(ValueError):
    """An event does not have the documented shape; the text is one line and safe to log."""


def page_of(event: object) -> Page:
    """Read one EventBridge event, parsed from JSON: a page of a communication about an event.

    Raises MalformedHealthEventError.
    """
    try:
        return _page(_Envelope.model_validate(event))
    except ValidationError as error:
        raise MalformedHealthEventError(_what_is_wrong(error)) from None


def _page(envelope: _Envelope) -> Page:
    detail = envelope.detail
    updated_at = detail.updated_at or envelope.time or detail.start_at
    account = detail.account.strip() or envelope.account.strip()
    if updated_at is None:
        raise MalformedHealthEventError(_told("no time that can be read"))
    if not account:
        raise MalformedHealthEventError(_told("no account"))
    description, language = _description(detail.descriptions)
    event = HealthEvent(
        account=account,
        arn=detail.arn,
        service=detail.service.upper(),
        type_code=detail.type_code,
        category=detail.category,
        status=detail.status,
        region=detail.region or region_of(detail.arn) or envelope.region,
        updated_at=updated_at,
        start_at=detail.start_at,
        end_at=detail.end_at,
        scope=detail.scope,
        description=description,
        language=language,
        entities=_entities(detail.entities) or _entities(envelope.resources),
        actionability=detail.actionability,
    )
    return Page(event, _communication(detail, updated_at), detail.page, detail.pages)


def _communication(detail: _Detail, updated_at: datetime) -> str:
    """Give what the pages of a communication have in common: its id ends in the page's number."""
    if not detail.communication:
        return f"{detail.arn}@{iso_time(updated_at)}"
    return detail.communication.removesuffix(f"-{detail.page}") or detail.communication


def _description(said: Sequence[object]) -> tuple[str, str]:
    """Give the description in English if there is one, else the first, and its language."""
    texts = [
        (text, text_of(entry.get("language")))
        for entry in said
        if isinstance(entry, dict) and (text := description_of(entry.get("latestDescription")))
    ]
    # Stable: of several equally good ones, the first.
    return min(texts, key=lambda text: _foreignness(text[1]), default=("", ""))


def _foreignness(language: str) -> int:
    if language == _ENGLISH_OF_AWS:
        return 0
    return 1 if re.match(r"en\b|en_", language, re.IGNORECASE) else 2


def _entities(said: Sequence[object]) -> tuple[Entity, ...] | None:
    """Read affected entities, or the resources that EventBridge names beside an event."""
    named = (one if isinstance(one, dict) else {"entityValue": one} for one in said)
    return entities_of((one.get("entityValue"), one.get("status")) for one in named)


def _what_is_wrong(error: ValidationError) -> str:
    first, *others = error.errors(include_url=False)
    where = ".".join(map(str, first["loc"])) or "event"
    if first["type"] in _REASONS:
        what = _REASONS[first["type"]]
    elif first["type"] == "value_error":
        what = first["msg"].removeprefix("Value error, ")
    else:
        what = f"{first['msg']}, not {_QUOTE.repr(first['input'])}"
    more = f" (and {len(others)} more)" if others else ""
    return _told(f"{where}: {what}{more}")


def _told(reason: str) -> str:
    return f"Not a Health event as AWS documents it: {reason}"[:_REASON_LENGTH]


def _absent_is_one(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("not a number")  # noqa: TRY004 (pydantic maps ValueError only)
    return 1 if value is None else value


def _absent_is_empty(kind: type[list[object] | dict[str, object]]) -> BeforeValidator:
    return BeforeValidator(lambda value: kind() if value in (None, "", [], {}) else value)


_PageNumber = Annotated[int, BeforeValidator(_absent_is_one), Field(ge=1, le=_PAGES)]
_List = Annotated[list[object], _absent_is_empty(list)]


class _Detail(BaseModel):
    """The part of `detail` that we read; all else is let by."""

    model_config = ConfigDict(extra="ignore")

    arn: Identifier = Field(alias="eventArn")
    service: Identifier
    type_code: Identifier = Field(alias="eventTypeCode")
    category: Text = Field(default="", alias="eventTypeCategory")
    scope: Text = Field(default="", alias="eventScopeCode")
    status: Text = Field(default="", alias="statusCode")
    region: Text = Field(default="", alias="eventRegion")
    account: Text = Field(default="", alias="affectedAccount")
    actionability: Text = ""
    communication: Text = Field(default="", alias="communicationId")
    start_at: TimeOrNone = Field(default=None, alias="startTime")
    end_at: TimeOrNone = Field(default=None, alias="endTime")
    updated_at: TimeOrNone = Field(default=None, alias="lastUpdatedTime")
    descriptions: _List = Field(default=[], alias="eventDescription")
    entities: _List = Field(default=[], alias="affectedEntities")
    page: _PageNumber = 1
    pages: _PageNumber = Field(default=1, alias="totalPages")

    @model_validator(mode="after")
    def _page_exists(self) -> _Detail:
        if self.page > self.pages:
            raise ValueError(f"page {self.page} of {self.pages}")
        return self


class _Envelope(BaseModel):
    """The part of an EventBridge event that we read."""

    model_config = ConfigDict(extra="ignore")

    detail: _Detail
    account: Text = ""
    region: Text = ""
    time: TimeOrNone = None
    resources: _List = []
