"""Bedrock's control plane over HTTP, with a catalog of the caller's choice per Region.

It exists because what the product must survive cannot be had from Bedrock on demand: a
model that enters Legacy today, a Region that answers nonsense, a call that never returns.
It knows what the emulator does not: the catalog, the inference profiles that AWS defines over it,
and deployments of custom models. All else is the emulator's to answer, and so is who may call.
The Region of a call is the one it was signed for, as in AWS.
"""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from types import TracebackType
from typing import Final, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

import botocore.session

from local_aws.emulator import ACCOUNT_ID
from local_aws.forwarding import Request, Response, Server, forward
from local_aws.paging import page
from local_aws.sigv4 import credential_scope

LIST: Final = "ListFoundationModels"
GET: Final = "GetFoundationModel"
LIST_PROFILES: Final = "ListInferenceProfiles"
GET_PROFILE: Final = "GetInferenceProfile"
LIST_DEPLOYMENTS: Final = "ListCustomModelDeployments"

HANG_SECONDS: Final = 60.0
"""Longest time an answer is withheld, so that a forgotten release cannot stall a test run."""

_LONG_AGO: Final = "2025-01-01T00:00:00Z"

Timestamp: TypeAlias = datetime | str
"""A string is sent as it stands, so that absurd dates can be served too."""


@dataclass(frozen=True, kw_only=True)
class FoundationModel:
    """A model as ListFoundationModels shows it. `status=None` leaves `modelLifecycle` out."""

    id: str
    name: str
    provider: str
    status: str | None = "ACTIVE"
    start_of_life: Timestamp | None = None
    legacy: Timestamp | None = None
    extended_access: Timestamp | None = None
    end_of_life: Timestamp | None = None
    input_modalities: tuple[str, ...] = ("TEXT",)
    output_modalities: tuple[str, ...] = ("TEXT",)
    streaming: bool = True
    customizations: tuple[str, ...] = ()
    inference_types: tuple[str, ...] = ("ON_DEMAND",)
    extra: Mapping[str, object] = field(default_factory=dict)
    """More response fields, or other values for the usual ones."""

    def summary(self, region: str) -> dict[str, object]:
        """Give the `FoundationModelSummary` (which has all that the Details have)."""
        lifecycle = {} if self.status is None else {"modelLifecycle": self._lifecycle()}
        return {
            "modelArn": model_arn(region, self.id),
            "modelId": self.id,
            "modelName": self.name,
            "providerName": self.provider,
            "inputModalities": self.input_modalities,
            "outputModalities": self.output_modalities,
            "responseStreamingSupported": self.streaming,
            "customizationsSupported": self.customizations,
            "inferenceTypesSupported": self.inference_types,
            **lifecycle,
            **self.extra,
        }

    def _lifecycle(self) -> dict[str, str | None]:
        times = {
            "startOfLifeTime": self.start_of_life,
            "legacyTime": self.legacy,
            "publicExtendedAccessTime": self.extended_access,
            "endOfLifeTime": self.end_of_life,
        }
        shown = {name: _iso8601(time) for name, time in times.items() if time is not None}
        return {"status": self.status, **shown}


def model_arn(region: str, model_id: str) -> str:
    """Give a foundation model's ARN; those of global profiles have an empty Region."""
    return f"arn:aws:bedrock:{region}::foundation-model/{model_id}"


@dataclass(frozen=True)
class SystemProfile:
    """An inference profile that AWS defines: `us.…`, `eu.…`, `global.…`."""

    id: str
    name: str
    models: tuple[str, ...]
    """The ARNs of the model in each Region that a call may be sent on to."""

    def summary(self, region: str) -> dict[str, object]:
        """Give the `InferenceProfileSummary` (GetInferenceProfile says the same)."""
        return {
            "inferenceProfileName": self.name,
            "createdAt": _LONG_AGO,
            "updatedAt": _LONG_AGO,
            "inferenceProfileArn": self.arn(region),
            "models": [{"modelArn": arn} for arn in self.models],
            "inferenceProfileId": self.id,
            "status": "ACTIVE",
            "type": "SYSTEM_DEFINED",
        }

    def arn(self, region: str) -> str:
        """Give its ARN in a Region that it can be called from."""
        return f"arn:aws:bedrock:{region}:{ACCOUNT_ID}:inference-profile/{self.id}"


@dataclass(frozen=True)
class CustomModelDeployment:
    """A custom model that can be called on demand."""

    id: str
    name: str
    model: str
    """The custom model's ARN."""
    status: str = "Active"

    def summary(self, region: str) -> dict[str, object]:
        """Give the `CustomModelDeploymentSummary`."""
        return {
            "customModelDeploymentArn": self.arn(region),
            "customModelDeploymentName": self.name,
            "modelArn": self.model,
            "createdAt": _LONG_AGO,
            "lastUpdatedAt": _LONG_AGO,
            "status": self.status,
        }

    def arn(self, region: str) -> str:
        """Give its ARN, which is also what it is called by."""
        return f"arn:aws:bedrock:{region}:{ACCOUNT_ID}:custom-model-deployment/{self.id}"


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, whatever stands in it."""

    status: int
    body: bytes
    error_type: str | None = None
    content_type: str = "application/json"

    def response(self) -> Response:
        """Give it as it is sent."""
        error = (("x-amzn-ErrorType", self.error_type),) if self.error_type else ()
        return Response(self.status, (("Content-Type", self.content_type), *error), self.body)


@dataclass(frozen=True)
class Silence:
    """An answer that does not come until released; then the connection closes without one."""

    seconds: float = HANG_SECONDS
    released: threading.Event = field(default_factory=threading.Event, compare=False)

    def wait(self) -> None:
        """Wait until it is released, or long enough."""
        self.released.wait(min(self.seconds, HANG_SECONDS))


Misbehaviour: TypeAlias = Answer | Silence


def refusal(status: int, error_type: str, message: str) -> Answer:
    """Give an error in the form that botocore turns into a ClientError with this code."""
    # REST services name the code in a header, the others in the body.
    body = {"__type": error_type, "message": message}
    return Answer(status, json.dumps(body).encode(), error_type)


def raw(body: bytes, status: int = HTTPStatus.OK) -> Answer:
    """Give a body of the caller's choice."""
    return Answer(status, body)


INTERNAL_ERROR: Final = refusal(500, "InternalServerException", "The server had an internal error.")
THROTTLED: Final = refusal(429, "ThrottlingException", "Too many requests, please wait.")
ACCESS_DENIED: Final = refusal(
    403,
    "AccessDeniedException",
    "User is not authorized to perform this action with an explicit deny in a policy",
)
REGION_DISABLED: Final = refusal(
    403,
    "UnrecognizedClientException",
    "The security token included in the request is invalid.",
)
NOT_JSON: Final = Answer(200, b"<html><body>Bad gateway</body></html>", content_type="text/html")
WITHOUT_MODEL_SUMMARIES: Final = raw(b'{"unexpected": true}')
EMPTY_LIST: Final = raw(b'{"modelSummaries": []}')
END_OF_LIFE: Final = refusal(
    404,
    "ResourceNotFoundException",
    "This model version has reached the end of its life. "
    "Please refer to the AWS documentation for more details.",
)
INVALID_IDENTIFIER: Final = refusal(
    400,
    "ValidationException",
    "The provided model identifier is invalid.",
)
_UNSIGNED: Final = refusal(
    403, "MissingAuthenticationTokenException", "Missing Authentication Token"
)
_UNKNOWN_OPERATION: Final = refusal(
    404, "UnknownOperationException", "Not an operation of this fake"
)
_NO_FILTERS: Final = refusal(400, "ValidationException", "This fake does not know such filters")
_NO_SUCH_PROFILE: Final = refusal(
    404, "ResourceNotFoundException", "The requested resource does not exist."
)

# What only says that the emulator has another catalog; all else it answers is about the call.
_NO_VERDICT: Final = frozenset({200, 400, 404})


@dataclass(frozen=True)
class _Region:
    listed: Answer
    present: dict[str, FoundationModel]
    remembered: dict[str, FoundationModel]


@dataclass(frozen=True, kw_only=True)
class _Call:
    operation: str
    region: str
    identifier: str
    """The first thing that its path names, if it names any."""
    query: Mapping[str, str]


class FakeBedrock(Server):
    """The server. Everything may be set at any time, from any thread."""

    def __init__(self) -> None:
        """Bind a free port; nothing is answered before the context is entered."""
        super().__init__()
        self._lock = threading.Lock()
        self._silences: list[Silence] = []
        self._upstream: str | None = None
        self.forget()
        # Now, for when 31 Regions are asked at once, each thread would read them for itself.
        _operations()

    def forget(self) -> None:
        """Be as at first: list nothing anywhere, and behave."""
        self.release()
        with self._lock:
            self._regions: dict[str, _Region] = {}
            self._profiles: dict[str, tuple[SystemProfile, ...]] = {}
            self._deployments: dict[str, tuple[CustomModelDeployment, ...]] = {}
            self._misbehaviours: dict[tuple[str, str], Misbehaviour] = {}
            self._details: dict[tuple[str, str], Misbehaviour] = {}
            self._calls: Counter[tuple[str, str]] = Counter()
            self._now: datetime | None = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let go of every withheld answer and stop."""
        self.release()
        super().__exit__(kind, error, traceback)

    def set_catalog(self, region: str, models: Iterable[FoundationModel]) -> None:
        """Replace what a Region lists. Models that were listed before are remembered."""
        catalog = list(models)
        # Serialised here, not per call: ten thousand models must not make a poll slow.
        body = json.dumps({"modelSummaries": [model.summary(region) for model in catalog]})
        present = {model.id: model for model in catalog}
        with self._lock:
            known = self._regions.get(region)
            remembered = (known.remembered if known else {}) | present
            self._regions[region] = _Region(raw(body.encode()), present, remembered)

    def set_catalogs(self, catalogs: Mapping[str, Iterable[FoundationModel]]) -> None:
        """Replace what several Regions list."""
        for region, models in catalogs.items():
            self.set_catalog(region, models)

    def set_system_profiles(self, region: str, profiles: Iterable[SystemProfile]) -> None:
        """Replace the inference profiles that AWS defines in a Region; at first there are none."""
        with self._lock:
            self._profiles[region] = tuple(profiles)

    def set_custom_model_deployments(
        self, region: str, deployments: Iterable[CustomModelDeployment]
    ) -> None:
        """Replace the deployments of custom models in a Region; at first there are none."""
        with self._lock:
            self._deployments[region] = tuple(deployments)

    def forward_to(self, endpoint_url: str) -> None:
        """Name the emulator that answers what this does not, and decides who may call.

        Only Regions with a catalog are forwarded: the others look disabled.
        """
        self._upstream = endpoint_url

    def set_time(self, now: datetime | None) -> None:
        """Set the time that ends of life are compared with. None is the clock's."""
        with self._lock:
            self._now = now

    def misbehave(self, region: str, how: Misbehaviour, *, operation: str = LIST) -> None:
        """Answer every call of an operation in a Region like this, until told to behave.

        Any operation of Bedrock's control plane, by its name, forwarded or not.
        """
        if operation not in _operations():
            message = f"Bedrock's control plane has no operation {operation!r}"
            raise ValueError(message)
        with self._lock:
            self._misbehaviours[operation, region] = how

    def misbehave_for_model(self, region: str, model_id: str, how: Misbehaviour) -> None:
        """Answer GetFoundationModel for one model like this, until told to behave."""
        with self._lock:
            self._details[region, model_id] = how

    def behave(self, region: str) -> None:
        """Answer from the catalog again."""
        with self._lock:
            for key in [key for key in self._misbehaviours if key[1] == region]:
                del self._misbehaviours[key]
            for key in [key for key in self._details if key[0] == region]:
                del self._details[key]

    def release(self) -> None:
        """End every answer that is being withheld."""
        with self._lock:
            withheld, self._silences = self._silences, []
        for silence in withheld:
            silence.released.set()

    def calls(self, operation: str, region: str) -> int:
        """Count the calls that arrived, whatever they were answered."""
        with self._lock:
            return self._calls[operation, region]

    def all_calls(self) -> dict[tuple[str, str], int]:
        """Count the calls that arrived, by (operation, Region)."""
        with self._lock:
            return dict(self._calls)

    def forget_calls(self) -> None:
        """Count from zero again."""
        with self._lock:
            self._calls.clear()

    def answer(self, request: Request) -> Response | None:
        """Answer a request, or give None to drop the connection."""
        scope = credential_scope(request.header("authorization"))
        if scope is None:
            return _UNSIGNED.response()
        call = _call(request, scope.region)
        with self._lock:
            self._calls[call.operation, call.region] += 1
            told, own = self._told(call), self._own(call)
        match told:
            case Silence():
                told.wait()
                return None
            case Answer():
                return told.response()
        if own is REGION_DISABLED or self._upstream is None:
            return (own or _UNKNOWN_OPERATION).response()
        theirs = forward(request, self._upstream)
        if theirs is None or theirs.status not in _NO_VERDICT:
            return theirs
        if own is None:
            return _only_applications(theirs) if call.operation == LIST_PROFILES else theirs
        return own.response()

    def _told(self, call: _Call) -> Misbehaviour | None:
        how = self._misbehaviours.get((call.operation, call.region))
        if call.operation == GET:
            how = self._details.get((call.region, call.identifier)) or how
        return self._noted(how) if how else None

    def _own(self, call: _Call) -> Answer | None:
        """Give what this fake knows; None when only the emulator can."""
        region = self._regions.get(call.region)
        if region is None:
            return REGION_DISABLED
        match call.operation:
            case "ListFoundationModels":
                return _NO_FILTERS if call.query else region.listed
            case "GetFoundationModel":
                return self._model(region, call)
            case "ListInferenceProfiles":
                return self._listed_profiles(call)
            case "GetInferenceProfile":
                return self._profile(call)
            case "ListCustomModelDeployments":
                deployments = self._deployments.get(call.region, ())
                summaries = [deployment.summary(call.region) for deployment in deployments]
                return _listed("modelDeploymentSummaries", summaries, call.query)
        return None

    def _model(self, region: _Region, call: _Call) -> Answer:
        if present := region.present.get(call.identifier):
            return _json({"modelDetails": present.summary(call.region)})
        former = region.remembered.get(call.identifier)
        ended = former is not None and _has_passed(former.end_of_life, self._now)
        return END_OF_LIFE if ended else INVALID_IDENTIFIER

    def _listed_profiles(self, call: _Call) -> Answer | None:
        query = dict(call.query)
        match query.pop("type", None):
            case "APPLICATION":
                return None
            case "SYSTEM_DEFINED":
                profiles = self._profiles.get(call.region, ())
                summaries = [profile.summary(call.region) for profile in profiles]
                return _listed("inferenceProfileSummaries", summaries, query)
        return _NO_FILTERS

    def _profile(self, call: _Call) -> Answer | None:
        kind, _, name = call.identifier.rpartition("/")
        if "." not in name or kind.endswith("application-inference-profile"):
            return None
        for profile in self._profiles.get(call.region, ()):
            if call.identifier in {profile.id, profile.arn(call.region)}:
                return _json(profile.summary(call.region))
        return _NO_SUCH_PROFILE

    def _noted(self, how: Misbehaviour) -> Misbehaviour:
        if not isinstance(how, Silence):
            return how
        # An event for each call: what was released once is withheld again the next time.
        silence = replace(how, released=threading.Event())
        self._silences.append(silence)
        return silence


def _call(request: Request, region: str) -> _Call:
    parts = urlsplit(request.path)
    operation, identifier = _operation(request.method, parts.path)
    return _Call(
        operation=operation,
        region=region,
        identifier=identifier,
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
    )


def _operation(method: str, path: str) -> tuple[str, str]:
    """Give the operation, and what the path names; one that is unknown is `GET /path`."""
    for name, (its_method, its_path) in _operations().items():
        if method == its_method and (found := its_path.fullmatch(path)):
            return name, unquote(found[1]) if found.groups() else ""
    return f"{method} {path}", ""


@cache
def _operations() -> Mapping[str, tuple[str, re.Pattern[str]]]:
    """Give the method and the path of every operation that botocore knows of Bedrock."""
    model = botocore.session.get_session().get_service_model("bedrock")
    requests = {name: model.operation_model(name).http for name in model.operation_names}
    return {
        name: (http["method"], re.compile(re.sub(r"\{\w+\}", "([^/]+)", http["requestUri"])))
        for name, http in requests.items()
    }


def _only_applications(theirs: Response) -> Response:
    """Leave out the profiles of the emulator's own catalog: it filters by another name than AWS."""
    if theirs.status != HTTPStatus.OK:
        return theirs
    listed = json.loads(theirs.body)
    profiles = listed["inferenceProfileSummaries"]
    listed["inferenceProfileSummaries"] = [one for one in profiles if one["type"] == "APPLICATION"]
    return replace(theirs, body=json.dumps(listed).encode())


def _listed(name: str, summaries: list[dict[str, object]], query: Mapping[str, str]) -> Answer:
    if query.keys() - {"maxResults", "nextToken"}:
        return _NO_FILTERS
    shown, token = page(summaries, query.get("nextToken"), int(query.get("maxResults", 0)))
    return _json({name: shown} | ({"nextToken": token} if token else {}))


def _json(body: object) -> Answer:
    return raw(json.dumps(body).encode())


def _iso8601(time: Timestamp) -> str:
    if isinstance(time, str):
        return time
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _has_passed(time: Timestamp | None, now: datetime | None) -> bool:
    return isinstance(time, datetime) and time <= (now or datetime.now(UTC))
