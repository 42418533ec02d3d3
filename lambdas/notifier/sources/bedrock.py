"""What Bedrock says: the catalog of every Region, and single models whose absence is in question.

API: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import botocore.session
from boto3 import Session
from botocore.config import Config
from botocore.utils import parse_timestamp
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from notifier.errors import AwsError, aws_call
from notifier.model import (
    UNKNOWN_STATUS,
    Capabilities,
    Catalog,
    Confirmation,
    Failure,
    Lifecycle,
    ListedModel,
    Presence,
    RowKey,
)
from notifier.sources.raw_lists import raw_list, read_raw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mypy_boto3_account.literals import RegionOptStatusType
    from mypy_boto3_bedrock import BedrockClient

    from notifier.model import TrackedModel

_WORKERS = 32
_SUMMARIES = "modelSummaries"
_LIFECYCLE = "modelLifecycle"
_UNEXPECTED = "UnexpectedAnswer"
_CALLS = Config(
    connect_timeout=3,
    read_timeout=8,
    retries={"mode": "standard", "total_max_attempts": 3},
)
_ENABLED: Final[list[RegionOptStatusType]] = ["ENABLED", "ENABLED_BY_DEFAULT"]

# Bedrock began in 2023; a year outside of this is no date but a mistake or a placeholder.
_FIRST_YEAR, _LAST_YEAR = 2020, 2099
_ID_BYTES = 512
_NAME_LENGTH = 256
_WORDS = 20

_LEGACY_AND_IDLE = "marked by provider as legacy"
_INVALID_IDENTIFIER = "model identifier is invalid"
_END_OF_LIFE = "end of its life"

_LIFECYCLE_FIELDS = {
    "start_of_life_at": "startOfLifeTime",
    "legacy_at": "legacyTime",
    "extended_access_at": "publicExtendedAccessTime",
    "end_of_life_at": "endOfLifeTime",
}


def lenient_session(profile: str | None = None, region: str | None = None) -> Session:
    """Give a session that hands on times it cannot parse as text instead of failing the answer.

    Raises botocore's ProfileNotFound.
    """
    core = botocore.session.get_session()
    core.get_component("response_parser_factory").set_parser_defaults(
        timestamp_parser=_timestamp_or_text
    )
    return Session(botocore_session=core, profile_name=profile, region_name=region)


def _timestamp_or_text(value: str | float) -> datetime | str:
    try:
        if isinstance(value, str):
            # Not as botocore does, which takes "May 2027" for a day in May, by today's date.
            return _utc_unless_said(datetime.fromisoformat(value))
        parsed: datetime = parse_timestamp(value)  # type: ignore[arg-type]
    except (ValueError, OverflowError, OSError, RuntimeError, TypeError):
        return str(value)
    return parsed


def _utc_unless_said(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@contextmanager
def _documented(action: str) -> Iterator[None]:
    """Map an answer that lacks what is documented to AwsError."""
    try:
        yield
    except (AttributeError, KeyError, TypeError) as error:
        detail = f"{type(error).__name__}: {error}"
        raise AwsError(action, _UNEXPECTED, detail, permanent=False) from error


class Bedrock:
    """Bedrock's control plane in many Regions: one client each, made once and kept."""

    def __init__(self, session: Session) -> None:
        """Take the session that makes the clients."""
        self._session = session
        self._clients: dict[str, BedrockClient] = {}

    def enabled_regions(self, home: str) -> tuple[str, ...]:
        """Give the enabled Regions of `home`'s partition that have Bedrock.

        Raises AwsError when the account cannot be asked.
        """
        partition = self._session.get_partition_for_region(home)
        offered = set(self._session.get_available_regions("bedrock", partition))
        with aws_call("account:ListRegions"), _documented("account:ListRegions"):
            client = self._session.client("account", config=_CALLS)
            pages = client.get_paginator("list_regions").paginate(RegionOptStatusContains=_ENABLED)
            enabled = {region["RegionName"] for page in pages for region in page["Regions"]}
        return tuple(sorted(enabled & offered))

    def offered_regions(self, home: str) -> tuple[str, ...]:
        """Give every Region of `home`'s partition that botocore knows to have Bedrock."""
        partition = self._session.get_partition_for_region(home)
        return tuple(sorted(self._session.get_available_regions("bedrock", partition)))

    def catalogs(
        self, regions: Iterable[str], meanwhile: Callable[[], None] | None = None
    ) -> dict[str, Catalog | Failure]:
        """Ask every Region at once; each gives its models or a named failure.

        What is to be done `meanwhile` is done in this thread while the answers are on their way.
        """
        # Most Regions say of a model what the others say.
        known: dict[str, ListedModel] = {}
        with ThreadPoolExecutor(_WORKERS) as pool:
            # The first ones answer while the clients of the last ones are still made.
            answers = {
                region: pool.submit(self._catalog, self._client(region), region, known)
                for region in regions
            }
            if meanwhile is not None:
                meanwhile()
            return {region: answer.result() for region, answer in answers.items()}

    def confirm(self, rows: Iterable[TrackedModel]) -> dict[RowKey, Confirmation]:
        """Ask for absent models one by one, under each id they were known by."""
        with ThreadPoolExecutor(_WORKERS) as pool:
            answers = {
                row.key: pool.submit(self._confirm, self._client(row.region), row) for row in rows
            }
            return {key: answer.result() for key, answer in answers.items()}

    def _client(self, region: str) -> BedrockClient:
        """Give a Region's client. A session must not make clients in several threads."""
        if region not in self._clients:
            client = self._session.client("bedrock", region_name=region, config=_CALLS)
            read_raw(client, "ListFoundationModels", _SUMMARIES)
            self._clients[region] = client
        return self._clients[region]

    def _catalog(
        self, client: BedrockClient, region: str, known: dict[str, ListedModel]
    ) -> Catalog | Failure:
        try:
            with aws_call("bedrock:ListFoundationModels"):
                answer = client.list_foundation_models()
        except AwsError as error:
            return Failure(error.code, error.message)
        except Exception as error:  # noqa: BLE001 (botocore's parsers raise anything for malformed bodies; one Region's answer must not end the poll, and its failure is reported)
            return Failure(_UNEXPECTED, f"{type(error).__name__}: {error}")
        return parse_catalog(region, answer, known)

    def _confirm(self, client: BedrockClient, row: TrackedModel) -> Confirmation:
        """Present if any of the row's ids is, gone if all are, unknown otherwise."""
        ids = dict.fromkeys((row.model_id, *row.reported_by))
        asked = [self._confirm_id(client, model_id) for model_id in ids]
        for presence in (Presence.PRESENT, Presence.UNKNOWN):
            for answer in asked:
                if answer.presence is presence:
                    return answer
        return asked[0]

    def _confirm_id(self, client: BedrockClient, model_id: str) -> Confirmation:
        try:
            with aws_call("bedrock:GetFoundationModel"):
                answer = client.get_foundation_model(modelIdentifier=model_id)
            model = _parse_model(answer["modelDetails"])
        except AwsError as error:
            presence = Presence.GONE if says_gone(error) else Presence.UNKNOWN
            return Confirmation(presence, detail=f"{error.code}: {error.message}")
        except Exception as error:  # noqa: BLE001 (as for the catalog: unknown, asked again)
            return Confirmation(Presence.UNKNOWN, detail=f"{type(error).__name__}: {error}")
        return Confirmation(Presence.PRESENT, model)


def says_gone(error: AwsError) -> bool:
    """Say whether an error of GetFoundationModel means that the model is no more.

    "Not found" with the words about an idle Legacy model means that access lapsed, not that the
    model is gone.
    """
    text = error.message.lower()
    if error.code == "ResourceNotFoundException":
        return _LEGACY_AND_IDLE not in text
    return error.code == "ValidationException" and (
        _INVALID_IDENTIFIER in text or _END_OF_LIFE in text
    )


def parse_catalog(
    region: str, answer: Mapping[str, Any], known: dict[str, ListedModel] | None = None
) -> Catalog | Failure:
    """Read an answer of ListFoundationModels; entries without a usable id are only counted.

    What is `known` from other answers is taken from there, and what is read is noted there.
    """
    found = raw_list(answer, _SUMMARIES)
    summaries = answer.get(_SUMMARIES) if found is None else found
    if not isinstance(summaries, list):
        # A 200 whose body is no JSON comes back like this, without any exception.
        return Failure(_UNEXPECTED, f"the answer has no {_SUMMARIES}")
    models: list[ListedModel] = []
    skipped = 0
    read = {} if known is None else known
    for summary in summaries:
        try:
            models.append(_parsed_once(summary, read))
        except ValidationError:
            skipped += 1
        except TypeError as error:
            return Failure(_UNEXPECTED, str(error))
    return Catalog(region, tuple(models), skipped)


def _parsed_once(summary: object, known: dict[str, ListedModel]) -> ListedModel:
    content = _documented_entry(summary)
    key = repr({name: value for name, value in content.items() if name != "modelArn"})
    if key not in known:
        known[key] = _parse_model(content)
    return known[key]


def _documented_entry(summary: object) -> dict[str, Any]:
    """Give an entry, or nothing for null.

    Raises TypeError for one that is none, or whose lifecycle is none: nothing must be concluded
    from an answer of another shape than the documented one.
    """
    entry = {} if summary is None else summary
    if not isinstance(entry, dict) or not isinstance(entry.get(_LIFECYCLE), dict | None):
        raise TypeError(f"an entry of {_SUMMARIES}, or its {_LIFECYCLE}, is no object")
    return entry


def _parse_model(summary: object) -> ListedModel:
    parsed = _Summary.model_validate(summary)
    times: dict[str, datetime | None] = {}
    not_understood: dict[str, str] = {}
    for name, field in _LIFECYCLE_FIELDS.items():
        value = (parsed.lifecycle or {}).get(field)
        times[name] = _plausible_time(value)
        if value is not None and times[name] is None:
            not_understood[name] = _text(value)
    lifecycle = None
    if parsed.lifecycle is not None:
        status = _text(parsed.lifecycle.get("status") or UNKNOWN_STATUS)
        lifecycle = Lifecycle(status, **times)
    return ListedModel(
        parsed.model_id,
        parsed.name,
        parsed.provider,
        lifecycle,
        not_understood,
        Capabilities(
            inputs=parsed.inputs,
            outputs=parsed.outputs,
            inference_types=parsed.inference_types,
            customizations=parsed.customizations,
            streaming=parsed.streaming,
        ),
    )


def _plausible_time(value: object) -> datetime | None:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        value = _timestamp_or_text(value)
    if not isinstance(value, datetime) or not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        return None
    return value.astimezone(UTC).replace(microsecond=0)


def _text(value: object) -> str:
    """Give text that can be stored: no lone surrogates, and of bounded length."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    return text[:_NAME_LENGTH].encode("utf-8", "replace").decode()


def _usable_id(value: object) -> object:
    """Refuse ids that no key can hold or that would collide with our bookkeeping (`#...`)."""
    if not isinstance(value, str) or not value.strip() or value.startswith("#"):
        raise ValueError("no usable model id")
    if len(value.encode("utf-8")) > _ID_BYTES:
        raise ValueError("model id too long")
    return value


def _mapping_or_none(value: object) -> object:
    return value if isinstance(value, dict) and value else None


def _words(value: object) -> object:
    """Give the strings of a list, sorted: order and repetition mean nothing. Else nothing."""
    if not isinstance(value, list):
        return ()
    return tuple(sorted({_text(word) for word in value if isinstance(word, str)})[:_WORDS])


def _bool_or_none(value: object) -> object:
    return value if isinstance(value, bool) else None


_Words = Annotated[tuple[str, ...], BeforeValidator(_words)]


class _Summary(BaseModel):
    """The part of FoundationModelSummary and -Details that we read; all else is let by."""

    model_config = ConfigDict(extra="ignore")

    model_id: Annotated[str, BeforeValidator(_usable_id)] = Field(alias="modelId")
    name: Annotated[str, BeforeValidator(_text)] = Field(default="", alias="modelName")
    provider: Annotated[str, BeforeValidator(_text)] = Field(default="", alias="providerName")
    lifecycle: Annotated[dict[str, Any] | None, BeforeValidator(_mapping_or_none)] = Field(
        default=None, alias=_LIFECYCLE
    )
    inputs: _Words = Field(default=(), alias="inputModalities")
    outputs: _Words = Field(default=(), alias="outputModalities")
    inference_types: _Words = Field(default=(), alias="inferenceTypesSupported")
    customizations: _Words = Field(default=(), alias="customizationsSupported")
    streaming: Annotated[bool | None, BeforeValidator(_bool_or_none)] = Field(
        default=None, alias="responseStreamingSupported"
    )
