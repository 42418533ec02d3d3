"""Every setting of the product: its name, its default and what it accepts.

Settings come as CDK context: strings from `-c key=value`, JSON types from `cdk.json`. They are
validated before anything is synthesised; `SettingError` is one line for a person to read.
"""

from __future__ import annotations

import difflib
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final, Literal

from botocore.session import Session
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from infra import cron, routing
from infra.refusal import RefusedValueError, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Context that belongs to the CDK (`aws:cdk:…`, `@aws-cdk/…`) or to a library is namespaced; our
# names never are, so a key with one of these characters cannot be a misspelt setting.
_NAMESPACE_MARKS: Final = frozenset(":/@.")


class SettingError(ValueError):
    """A setting that cannot be used. Its text is one line: key, value and what is accepted."""

    def __init__(self, key: str, value: object, accepted: str, why: str = "") -> None:
        """Keep the key beside the one-line reason."""
        self.key = key
        super().__init__(f"{key}: {RefusedValueError(value, accepted, why)}")


class UnknownSettingError(SettingError):
    """A name that is not a setting, though it looks like one."""

    def __init__(self, key: str, meant: str | None) -> None:
        """Name the setting that was probably meant, or all of them."""
        self.key = key
        names = ", ".join(name for name in Settings.model_fields if name != "asset_target")
        hint = f"did you mean {meant}?" if meant else f"the settings are {names}"
        ValueError.__init__(self, f"{key}: there is no such setting; {hint}")


class UselessSettingError(SettingError):
    """A setting that does nothing without another one."""

    def __init__(self, key: str, value: object, *needed: str) -> None:
        """Say what else to give."""
        self.key = key
        reason = f"{key}: {shown(value)} does nothing without {' and '.join(needed)}"
        together = "both" if len(needed) == 1 else "all of them"
        ValueError.__init__(self, f"{reason}; give {together}, or leave it out")


def _listed(value: object) -> object:
    """`a,b` and `["a", "b"]` as they arrive from a command line; anything else is left alone."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [part.strip() for part in value.split(",") if part.strip()]


def _listed_unless_all(value: object) -> object:
    return "all" if isinstance(value, str) and value.strip() == "all" else _listed(value)


def _not_a_bool(value: object) -> object:
    """Refuse `true` where a number is meant: Python would take it for 1."""
    if isinstance(value, bool):
        message = "a number is needed"
        raise ValueError(message)  # noqa: TRY004 - pydantic turns only ValueError into its error
    return value


def _without_repeats(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _loosest_first(days: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(set(days), reverse=True))


def _known_regions(regions: tuple[str, ...] | str) -> tuple[str, ...] | str:
    """Refuse a Region in which the pinned SDK knows no Bedrock: far more often a slip than new."""
    if isinstance(regions, str):
        return regions
    known = set(bedrock_regions())
    if not regions or not known.issuperset(regions):
        message = "not a Region with Bedrock"
        raise ValueError(message)
    return _without_repeats(regions)


def bedrock_regions() -> tuple[str, ...]:
    """Regions of all partitions in which the pinned botocore knows Bedrock. Makes no call."""
    session = Session()
    partitions = session.get_available_partitions()
    return tuple(
        region
        for partition in partitions
        for region in session.get_available_regions("bedrock", partition)
    )


def partition_of(region: str) -> str:
    """Return the partition that a Region is in, `aws` or a separate one. Makes no call."""
    partition: str = Session().get_partition_for_region(region)
    return partition


def _known_hub(region: str) -> str:
    """Refuse a slip; that the Region can hold a hub is for AWS to say."""
    if region and region not in Session().get_available_regions("events", "aws"):
        message = "not a Region"
        raise ValueError(message)
    return region


def _readable_cron(text: str) -> str:
    return cron.parse(text).text if text else ""


def _encoded(channel: str) -> str:
    """Take a channel id as Teams shows it; a link to the channel has it as AWS wants it."""
    encoded = channel.replace(":", "%3a").replace("@", "%40")
    if encoded and not re.fullmatch(_TEAMS_CHANNEL, encoded):
        raise ValueError("not the id of a channel")
    return encoded


Number = Annotated[int, BeforeValidator(_not_a_bool)]
Text = Annotated[str, StringConstraints(strip_whitespace=True)]
Globs = Annotated[
    tuple[Annotated[Text, Field(min_length=1)], ...],
    BeforeValidator(_listed),
    AfterValidator(_without_repeats),
]
Rungs = Annotated[
    tuple[Annotated[int, Field(ge=1, le=3650), BeforeValidator(_not_a_bool)], ...],
    BeforeValidator(_listed),
    AfterValidator(_loosest_first),
]
_RUNGS_ACCEPTED: Final = "days before the date, each from 1 to 3650, separated by commas"
_GLOBS_ACCEPTED: Final = "globs on model ids separated by commas, such as anthropic.*,*nova*"
_KEY_ARN: Final = r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+"
_BUS_ARN: Final = r"arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus/[A-Za-z0-9._/-]+"
# As CloudFormation takes them: AWS::Chatbot::MicrosoftTeamsChannelConfiguration.
_UUID: Final = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_TEAMS_CHANNEL: Final = r"[A-Za-z0-9_=+/.,-]+%3[aA][A-Za-z0-9_=+/.,-]+%40[A-Za-z0-9_=+/.,-]+"
_UUID_EXAMPLE: Final = "such as 12345678-90ab-cdef-1234-567890abcdef"

_SLACK: Final = ("slack_workspace_id", "slack_channel_id")
_TEAMS: Final = ("teams_team_id", "teams_channel_id", "teams_tenant_id")


class Settings(BaseModel):
    """All settings, validated. `description` of each field is what a refusal says is accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    emails: Annotated[tuple[routing.Subscriber, ...], BeforeValidator(routing.subscribers)] = Field(
        (), description=routing.ACCEPTED
    )
    regions: Annotated[
        Literal["all"] | tuple[Text, ...],
        BeforeValidator(_listed_unless_all),
        AfterValidator(_known_regions),
    ] = Field("all", description="all, or names of Regions with Bedrock separated by commas")
    poll_rate_minutes: Number = Field(
        60, ge=5, le=1440, description="a whole number of minutes from 5 to 1440"
    )
    reminder_hour_utc: Number = Field(9, ge=0, le=23, description="a whole hour from 0 to 23")
    alert_on: Literal["used", "all"] = Field("used", description="used or all")
    usage: bool = Field(default=True, description="true or false")
    used_within_days: Number = Field(
        100, ge=1, le=455, description="a whole number of days from 1 to 455"
    )
    inactivity_days: Number = Field(
        10, ge=1, le=30, description="a whole number of days from 1 to 30"
    )
    watch: Globs = Field((), description=_GLOBS_ACCEPTED)
    ignore: Globs = Field((), description=_GLOBS_ACCEPTED)
    announce_new_models: bool = Field(default=False, description="true or false")
    reminders_end_of_life: Rungs = Field((120, 60, 30, 14, 7, 3, 1), description=_RUNGS_ACCEPTED)
    reminders_extended_access: Rungs = Field((30, 7), description=_RUNGS_ACCEPTED)
    reminders_legacy: Rungs = Field((30, 7), description=_RUNGS_ACCEPTED)
    event_bus_arn: Text = Field(
        "",
        pattern=rf"^({_BUS_ARN})?$",
        description="the ARN of an event bus, or nothing for the account's default bus",
    )
    health_events: Literal["lifecycle", "all"] = Field("lifecycle", description="lifecycle or all")
    health_forwarder: bool = Field(default=True, description="true or false")
    user_notifications: bool = Field(default=False, description="true or false")
    notification_hub_region: Annotated[Text, AfterValidator(_known_hub)] = Field(
        "", description="a Region such as eu-west-1, or nothing if the account has a hub"
    )
    slack_workspace_id: Text = Field(
        "", pattern=r"^([0-9A-Z]{1,255})?$", description="a Slack workspace id such as T0123ABCD"
    )
    slack_channel_id: Text = Field(
        "", pattern=r"^([A-Za-z0-9]{1,255})?$", description="a Slack channel id such as C0123ABCD"
    )
    teams_team_id: Text = Field(
        "",
        pattern=rf"^({_UUID})?$",
        description=f"the id of a Microsoft Teams team, {_UUID_EXAMPLE}",
    )
    teams_channel_id: Annotated[Text, AfterValidator(_encoded)] = Field(
        "",
        description=(
            "the id of a Microsoft Teams channel, such as 19:0a1b2c3d4e5f@thread.tacv2, "
            "encoded as in the channel's link or not"
        ),
    )
    teams_tenant_id: Text = Field(
        "",
        pattern=rf"^({_UUID})?$",
        description=f"the id of a Microsoft Teams tenant, {_UUID_EXAMPLE}",
    )
    digest_cron: Annotated[Text, AfterValidator(_readable_cron)] = Field(
        "cron(0 9 ? * MON *)", description=cron.ACCEPTED
    )
    kms_key: Text = Field(
        "",
        pattern=rf"^(create|{_KEY_ARN})?$",
        description="create, the ARN of a KMS key (not of an alias), or nothing",
    )
    dashboard: bool = Field(default=False, description="true or false")
    retain_data: bool = Field(default=True, description="true or false")

    # Not for people: `infra.deploy` sets it to `host` when it deploys to an emulator, which runs
    # functions with this machine's Python instead of Lambda's.
    asset_target: Literal["lambda", "host"] = Field("lambda", description="lambda or host")

    @property
    def has_email(self) -> bool:
        """Whether anybody is subscribed to the alerts topic."""
        return bool(self.emails)

    @property
    def has_chat(self) -> bool:
        """Whether there is a channel in Slack or Microsoft Teams."""
        return bool(self.slack_channel_id or self.teams_channel_id)

    @property
    def has_channel(self) -> bool:
        """Whether anybody would hear an alert."""
        return self.has_email or self.has_chat


def load(context: Mapping[str, object], now: datetime | None = None) -> Settings:
    """Read the settings from CDK context, leaving alone what is not ours.

    `now`, by default the clock's, decides whether the digest's schedule has a future.

    Raises SettingError for the first value that is not accepted, for a name that looks like a
    misspelt setting, and for one without what it needs.
    """
    _refuse_misspelt(context)
    given = {key: context[key] for key in Settings.model_fields if context.get(key) is not None}
    settings = _validated(given)
    _refuse_useless(settings)
    if settings.digest_cron:
        try:
            cron.refuse_if_never(cron.parse(settings.digest_cron), now or datetime.now(UTC))
        except RefusedValueError as no:
            raise SettingError("digest_cron", no.value, no.accepted, no.why) from None
    return settings


def refuse_unknown(keys: Iterable[str]) -> None:
    """Raise SettingError for any name that is no setting: for names that can be nothing else."""
    for key in keys:
        if key not in Settings.model_fields:
            raise UnknownSettingError(key, _meant(key))


def refuse_in_region(settings: Settings, region: str) -> None:
    """Refuse what cannot be where the stack is to be.

    A key or a bus does not work across Regions; User Notifications and, by the ARNs that
    CloudFormation accepts for a chat channel, Amazon Q Developer are in the `aws` partition only.
    """
    for key in ("kms_key", "event_bus_arn"):
        arn = getattr(settings, key)
        if arn.startswith("arn:") and arn.split(":")[3] != region:
            raise SettingError(key, arn, f"one in {region}, the Region of the stack")
    if partition_of(region) == "aws":
        return
    if settings.user_notifications:
        key = "user_notifications"
        accepted = f"false: AWS User Notifications does not exist in the partition of {region}"
        raise SettingError(key, value=True, accepted=accepted)
    for key in (*_SLACK, *_TEAMS):
        if value := getattr(settings, key):
            accepted = f"nothing: there are no chat channels in the partition of {region}"
            raise SettingError(key, value, accepted)


def _validated(given: Mapping[str, object]) -> Settings:
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        # `from None`: the reader gets one line, and pydantic's text would repeat it at length.
        match first.get("ctx"):
            case {"error": RefusedValueError() as no}:
                raise SettingError(key, no.value, no.accepted, no.why) from None
        accepted = Settings.model_fields[key].description or "another value"
        raise SettingError(key, given[key], accepted) from None


def _refuse_misspelt(context: Mapping[str, object]) -> None:
    for key in context:
        if key in Settings.model_fields or _NAMESPACE_MARKS.intersection(key):
            continue
        if meant := _meant(key):
            raise UnknownSettingError(key, meant)


def _meant(key: str) -> str | None:
    """Name the setting that a misspelt name is close to, or one that it begins or extends."""
    plain = re.sub(r"[^a-z_]", "_", key.lower())
    close = difflib.get_close_matches(plain, Settings.model_fields, n=1, cutoff=0.7)
    if close:
        return close[0]
    shortest = 5  # "user" or "hub" may well be somebody's own context
    if len(plain) < shortest:
        return None
    names = (name for name in Settings.model_fields if name.startswith(plain))
    return next(names, None)


def _refuse_useless(settings: Settings) -> None:
    for together in (_SLACK, _TEAMS):
        missing = [key for key in together if not getattr(settings, key)]
        given = [key for key in together if key not in missing]
        if given and missing:
            raise UselessSettingError(given[0], getattr(settings, given[0]), *missing)
    hub = settings.notification_hub_region
    if hub and not settings.user_notifications:
        raise UselessSettingError("notification_hub_region", hub, "user_notifications=true")
