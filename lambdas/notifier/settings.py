"""The environment of the functions, read once at cold start and nowhere else."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from notifier.health_news import HealthEvents

if TYPE_CHECKING:
    from collections.abc import Mapping

Rung = Annotated[int, Field(ge=1, le=3650)]


class AlertOn(StrEnum):
    """Which rows are alerted at once; the others wait for the digest."""

    USED = "used"
    ALL = "all"


class ScopeSettings(BaseModel):
    """What decides whether a row concerns this account. `watch` and `ignore` are globs on ids.

    Without `usage` nothing is read of what the account uses, and use stays unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    alert_on: AlertOn = AlertOn.USED
    watch: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    usage: bool = True
    used_within_days: int = Field(default=100, ge=1, le=455)

    @classmethod
    def remembered(cls, scope: Mapping[str, Any]) -> ScopeSettings | None:
        """Read the scope of the poll before; None where there is none that can be understood.

        Another version of the notifier may have written it, with more in it.
        """
        try:
            known = {name: value for name, value in scope.items() if name in cls.model_fields}
            return cls.model_validate(known) if scope else None
        except ValidationError:
            return None


class Settings(ScopeSettings):
    """What the user chose, as far as the functions need it.

    `has_email` says that people were subscribed to the alerts topic: then nobody there is a fault.
    """

    regions: Literal["all"] | tuple[str, ...] = "all"
    poll_rate_minutes: int = Field(default=60, ge=5, le=1440)
    reminder_hour_utc: int = Field(default=9, ge=0, le=23)
    inactivity_days: int = Field(default=10, ge=1, le=30)
    announce_new_models: bool = False
    health_events: HealthEvents = HealthEvents.LIFECYCLE
    user_notifications: bool = False
    dashboard: bool = False
    has_email: bool = True
    reminders_end_of_life: tuple[Rung, ...] = (120, 60, 30, 14, 7, 3, 1)
    reminders_extended_access: tuple[Rung, ...] = (30, 7)
    reminders_legacy: tuple[Rung, ...] = (30, 7)

    @property
    def scope(self) -> ScopeSettings:
        """The part whose change re-scopes rows."""
        return ScopeSettings(**{name: getattr(self, name) for name in ScopeSettings.model_fields})


class MissingVariableError(RuntimeError):
    """The function was deployed without a variable it needs."""


class ReadingEnvironment(BaseModel):
    """What a function is told that only reads the tables."""

    model_config = ConfigDict(frozen=True)

    models_table: str
    alerts_table: str
    settings: ScopeSettings

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> ReadingEnvironment:
        """Read and validate the environment; raises as `Environment.read` does."""
        try:
            return cls(
                models_table=variables["MODELS_TABLE"],
                alerts_table=variables["ALERTS_TABLE"],
                settings=ScopeSettings.model_validate_json(variables["SETTINGS"]),
            )
        except KeyError as missing:
            message = f"environment variable {missing} is not set"
            raise MissingVariableError(message) from missing


class Environment(BaseModel):
    """Where the function's parts are: names and ARNs that the stack gives it.

    There is a chat topic only where Slack or Microsoft Teams was set.
    """

    model_config = ConfigDict(frozen=True)

    models_table: str
    alerts_table: str
    alerts_topic_arn: str
    chat_topic_arn: str | None = None
    event_bus: str
    aws_region: str
    settings: Settings

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> Environment:
        """Read and validate the environment.

        Raises MissingVariableError for a missing name, pydantic.ValidationError for bad settings.
        """
        try:
            return cls(
                models_table=variables["MODELS_TABLE"],
                alerts_table=variables["ALERTS_TABLE"],
                alerts_topic_arn=variables["ALERTS_TOPIC_ARN"],
                chat_topic_arn=variables.get("CHAT_TOPIC_ARN"),
                event_bus=variables["EVENT_BUS"],
                aws_region=variables["AWS_REGION"],
                settings=Settings.model_validate_json(variables["SETTINGS"]),
            )
        except KeyError as missing:
            message = f"environment variable {missing} is not set"
            raise MissingVariableError(message) from missing
