"""Bedrock's two catalog operations over HTTP, one catalog per Region.

It exists because what the product must survive cannot be had from Bedrock on demand: a
model that enters Legacy today, a Region that answers nonsense, a call that never returns.
The Region of a call is the one it was signed for, as in AWS.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Final, Self, TypeAlias, cast
from urllib.parse import unquote, urlsplit

from local_aws.loopback import LoopbackServer
from local_aws.sigv4 import credential_scope

LIST: Final = "ListFoundationModels"
GET: Final = "GetFoundationModel"

HANG_SECONDS: Final = 60.0
"""Longest time an answer is withheld, so that a forgotten release cannot stall a test run."""

_PATH: Final = "/foundation-models"

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
    extra: Mapping[str, object] = field(default_factory=dict)
    """More response fields, or other values for the usual ones."""

    def summary(self, region: str) -> dict[str, object]:
        """Give the `FoundationModelSummary` (which has all that the Details have)."""
        lifecycle = {} if self.status is None else {"modelLifecycle": self._lifecycle()}
        return {
            "modelArn": f"arn:aws:bedrock:{region}::foundation-model/{self.id}",
            "modelId": self.id,
            "modelName": self.name,
            "providerName": self.provider,
            "inputModalities": ["TEXT"],
            "outputModalities": ["TEXT"],
            "responseStreamingSupported": True,
            "customizationsSupported": [],
            "inferenceTypesSupported": ["ON_DEMAND"],
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


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, whatever stands in it."""

    status: int
    body: bytes
    error_type: str | None = None
    content_type: str = "application/json"


@dataclass(frozen=True)
class Silence:
    """An answer that does not come until released; then the connection closes without one."""

    seconds: float = HANG_SECONDS
    released: threading.Event = field(default_factory=threading.Event, compare=False)


Misbehaviour: TypeAlias = Answer | Silence


def refusal(status: int, error_type: str, message: str) -> Answer:
    """Give an error in the form that botocore turns into a ClientError with this code."""
    return Answer(status, json.dumps({"message": message}).encode(), error_type)


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
_NO_FILTERS: Final = refusal(400, "ValidationException", "This fake does not know filters")


@dataclass
class _Region:
    listed: Answer
    present: dict[str, FoundationModel]
    remembered: dict[str, FoundationModel]


class FakeBedrock:
    """The server. Everything may be set at any time, from any thread."""

    def __init__(self) -> None:
        """Bind a free port; nothing is answered before the context is entered."""
        self._lock = threading.Lock()
        self._regions: dict[str, _Region] = {}
        self._misbehaviours: dict[tuple[str, str], Misbehaviour] = {}
        self._details: dict[tuple[str, str], Misbehaviour] = {}
        self._silences: list[Silence] = []
        self._calls: Counter[tuple[str, str]] = Counter()
        self._now: datetime | None = None
        self._server = LoopbackServer(_Handler)
        self._server.context = self

    def __enter__(self) -> Self:
        """Start to answer."""
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let go of every withheld answer and stop."""
        self.release()
        self._server.stop()

    @property
    def endpoint_url(self) -> str:
        """What AWS_ENDPOINT_URL_BEDROCK must say."""
        return self._server.endpoint_url

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

    def set_time(self, now: datetime | None) -> None:
        """Set the time that ends of life are compared with. None is the clock's."""
        with self._lock:
            self._now = now

    def misbehave(self, region: str, how: Misbehaviour, *, operation: str = LIST) -> None:
        """Answer every call of an operation in a Region like this, until told to behave."""
        with self._lock:
            self._misbehaviours[operation, region] = how

    def misbehave_for_model(self, region: str, model_id: str, how: Misbehaviour) -> None:
        """Answer GetFoundationModel for one model like this, until told to behave."""
        with self._lock:
            self._details[region, model_id] = how

    def behave(self, region: str) -> None:
        """Answer from the catalog again."""
        with self._lock:
            for operation in (LIST, GET):
                self._misbehaviours.pop((operation, region), None)
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

    def _answer(self, url: str, authorization: str | None) -> Misbehaviour:
        parts = urlsplit(url)
        operation, model_id = _operation(parts.path)
        scope = credential_scope(authorization)
        if scope is None:
            return _UNSIGNED
        with self._lock:
            self._calls[operation, scope.region] += 1
            if operation == LIST:
                return _NO_FILTERS if parts.query else self._list(scope.region)
            if operation == GET:
                return self._get(scope.region, model_id)
        return _UNKNOWN_OPERATION

    def _list(self, region: str) -> Misbehaviour:
        catalog = self._regions.get(region)
        truth = catalog.listed if catalog else REGION_DISABLED
        return self._noted(self._misbehaviours.get((LIST, region), truth))

    def _get(self, region: str, model_id: str) -> Misbehaviour:
        told = self._details.get((region, model_id)) or self._misbehaviours.get((GET, region))
        return self._noted(told or self._truth(region, model_id))

    def _truth(self, region: str, model_id: str) -> Answer:
        catalog = self._regions.get(region)
        if catalog is None:
            return REGION_DISABLED
        if present := catalog.present.get(model_id):
            return raw(json.dumps({"modelDetails": present.summary(region)}).encode())
        former = catalog.remembered.get(model_id)
        ended = former is not None and _has_passed(former.end_of_life, self._now)
        return END_OF_LIFE if ended else INVALID_IDENTIFIER

    def _noted(self, how: Misbehaviour) -> Misbehaviour:
        if not isinstance(how, Silence):
            return how
        # An event for each call: what was released once is withheld again the next time.
        silence = replace(how, released=threading.Event())
        self._silences.append(silence)
        return silence


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one packet: sent apart, they wait 40 ms for each other's acknowledgement.
    wbufsize = -1

    def do_GET(self) -> None:
        """Answer one call."""
        bedrock = cast("FakeBedrock", cast("LoopbackServer", self.server).context)
        match bedrock._answer(self.path, self.headers["Authorization"]):  # noqa: SLF001 its own server
            case Silence() as silence:
                silence.released.wait(min(silence.seconds, HANG_SECONDS))
                self.close_connection = True
            case Answer() as answer:
                self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        if answer.error_type:
            self.send_header("x-amzn-ErrorType", answer.error_type)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the caller's output is the test's or the demo's."""


def _operation(path: str) -> tuple[str, str]:
    if path == _PATH:
        return LIST, ""
    if path.startswith(f"{_PATH}/"):
        return GET, unquote(path.removeprefix(f"{_PATH}/"))
    return path, ""


def _iso8601(time: Timestamp) -> str:
    if isinstance(time, str):
        return time
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _has_passed(time: Timestamp | None, now: datetime | None) -> bool:
    return isinstance(time, datetime) and time <= (now or datetime.now(UTC))
