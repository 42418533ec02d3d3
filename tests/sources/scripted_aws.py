"""Bedrock, CloudWatch and Service Quotas over HTTP, answering what a test tells them to.

It exists for what the emulator does not do: several pages, old metrics, many Regions at once, and
answers that no service should give. Left alone, an account has nothing.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from local_aws.loopback import LoopbackServer
from local_aws.sigv4 import credential_scope

if TYPE_CHECKING:
    from types import TracebackType

_HANG_SECONDS: Final = 30.0
_JSON: Final = "application/json"

LISTINGS: Final = {
    "ListInferenceProfiles": ("GET /inference-profiles", "inferenceProfileSummaries"),
    "ListProvisionedModelThroughputs": (
        "GET /provisioned-model-throughputs",
        "provisionedModelSummaries",
    ),
    "ListCustomModels": ("GET /custom-models", "modelSummaries"),
    "ListCustomModelDeployments": (
        "GET /model-customization/custom-model-deployments",
        "modelDeploymentSummaries",
    ),
    "ListPromptRouters": ("GET /prompt-routers", "promptRouterSummaries"),
    "ListModelInvocationJobs": ("GET /model-invocation-jobs", "invocationJobSummaries"),
    "ListAgents": ("POST /agents/", "agentSummaries"),
    "ListPrompts": ("GET /prompts/", "promptSummaries"),
    "ListFlows": ("GET /flows/", "flowSummaries"),
    "ListKnowledgeBases": ("POST /knowledgebases/", "knowledgeBaseSummaries"),
}
"""Where each listing of Bedrock is asked for, and under what name it gives its entries."""

_DETAILS: Final = {
    "GetAgent": "GET /agents/",
    "GetPrompt": "GET /prompts/",
    "GetFlow": "GET /flows/",
    "GetKnowledgeBase": "GET /knowledgebases/",
}


@dataclass(frozen=True)
class Asked:
    """One call: `item` is what a Get names, `said` the query string or the decoded body."""

    action: str
    region: str
    said: Mapping[str, Any]
    item: str = ""


@dataclass(frozen=True)
class Raw:
    """An answer as it stands."""

    status: int
    body: bytes
    content_type: str = _JSON
    error_type: str | None = None


class Hang:
    """An answer that does not come before the test is over."""


Reply: TypeAlias = Mapping[str, Any] | Raw | Hang
Script: TypeAlias = Callable[[Asked], Reply]


def refusal(status: int, code: str, message: str = "No") -> Script:
    """Give an error in the form that botocore turns into a ClientError with this code."""
    body = json.dumps({"__type": code, "message": message}).encode()
    return always(Raw(status, body, error_type=code))


def always(reply: Reply) -> Script:
    """Give the same answer to every call."""
    return lambda _: reply


def listing(action: str, entries: list[Any], page: int = 1000) -> Script:
    """Give entries by pages, as many as are asked for but no more than `page`."""
    return paged(LISTINGS[action][1], entries, page)


def paged(name: str, entries: list[Any], page: int, token: str = "nextToken") -> Script:  # noqa: S107 a name
    """Give entries by pages under this name."""

    def answer(asked: Asked) -> Mapping[str, Any]:
        start = int(asked.said.get(token) or 0)
        size = min(page, int(asked.said.get("maxResults") or asked.said.get("MaxResults") or page))
        end = start + size
        more = {token: str(end)} if end < len(entries) else {}
        return {name: entries[start:end], **more}

    return answer


def each_waits(seconds: float, script: Script) -> Script:
    """Answer like this, but not so fast."""

    def answer(asked: Asked) -> Reply:
        time.sleep(seconds)
        return script(asked)

    return answer


@dataclass
class Metrics:
    """What CloudWatch counted, by metric and dimensions, in every Region alike."""

    points: dict[tuple[str, tuple[tuple[str, str], ...]], dict[datetime, float]] = field(
        default_factory=dict
    )
    metrics_per_page: int = 500
    points_per_page: int = 100_800

    def count(self, metric: str, at: datetime, value: float, **dimensions: str) -> None:
        """Add to what was counted."""
        key = metric, tuple(sorted(dimensions.items()))
        points = self.points.setdefault(key, {})
        points[at] = points.get(at, 0) + value

    def list_metrics(self, asked: Asked) -> Reply:
        """Answer ListMetrics; as CloudWatch, without what has no point in two weeks."""
        entries = [
            {
                "Namespace": "AWS/Bedrock",
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
            }
            for (metric, dimensions), points in self.points.items()
            if metric == asked.said["MetricName"]
            and max(points) > datetime.now(UTC) - timedelta(days=14)
        ]
        return paged("Metrics", entries, self.metrics_per_page, "NextToken")(asked)

    def get_metric_data(self, asked: Asked) -> Reply:
        """Answer GetMetricData: sums by period, cut into pages by points."""
        said = asked.said
        start, end = (datetime.fromtimestamp(said[at], UTC) for at in ("StartTime", "EndTime"))
        flat = [
            (query["Id"], *point)
            for query in said["MetricDataQueries"]
            for point in self._sums(query["MetricStat"], start, end) or [(None, 0.0)]
        ]
        first = int(said.get("NextToken") or 0)
        page = flat[first : first + self.points_per_page]
        left = {id_ for id_, *_ in flat[first + self.points_per_page :]}
        results = [
            {
                "Id": id_,
                "Label": id_,
                "Timestamps": [at.timestamp() for of, at, _ in page if of == id_ and at],
                "Values": [value for of, at, value in page if of == id_ and at],
                "StatusCode": "PartialData" if id_ in left else "Complete",
            }
            for id_ in dict.fromkeys(id_ for id_, *_ in page)
        ]
        more = {"NextToken": str(first + self.points_per_page)} if left else {}
        return {"MetricDataResults": results, **more}

    def _sums(
        self, stat: Mapping[str, Any], start: datetime, end: datetime
    ) -> list[tuple[datetime | None, float]]:
        metric = stat["Metric"]
        dimensions = tuple(sorted((one["Name"], one["Value"]) for one in metric["Dimensions"]))
        sums: dict[datetime | None, float] = {}
        for at, value in self.points.get((metric["MetricName"], dimensions), {}).items():
            if start <= at < end:
                period = timedelta(seconds=stat["Period"])
                bucket = start + (at - start) // period * period
                sums[bucket] = sums.get(bucket, 0) + value
        return list(sums.items())


class ScriptedAws:
    """The server. What it answers may be changed at any time."""

    def __init__(self) -> None:
        """Bind a free port."""
        self._lock = threading.Lock()
        self._released = threading.Event()
        self.reset()
        self._server = LoopbackServer(_Handler)
        self._server.context = self

    def reset(self) -> None:
        """Begin again with an account that has nothing, and let go of whoever still waits."""
        self._released.set()
        self._released = threading.Event()
        self.metrics = Metrics()
        self._asked: list[Asked] = []
        self._scripts: dict[tuple[str, str | None], Script] = {
            **{(action, None): listing(action, []) for action in LISTINGS},
            **{(action, None): refusal(404, "ResourceNotFoundException") for action in _DETAILS},
            ("ListMetrics", None): self.metrics.list_metrics,
            ("GetMetricData", None): self.metrics.get_metric_data,
            ("ListServiceQuotas", None): paged("Quotas", [], 100, "NextToken"),
        }

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
        """Let go of every answer that is withheld, and stop."""
        self._released.set()
        self._server.stop()

    @property
    def endpoint_url(self) -> str:
        """What AWS_ENDPOINT_URL must say."""
        return self._server.endpoint_url

    def on(self, action: str, script: Script, *, region: str | None = None) -> None:
        """Answer calls like this, in one Region or in all."""
        with self._lock:
            self._scripts[action, region] = script

    def asked(self, *actions: str) -> list[Asked]:
        """Give the calls so far, of these actions or of all."""
        with self._lock:
            return [asked for asked in self._asked if not actions or asked.action in actions]

    def counts(self) -> Counter[str]:
        """Count the calls so far by action."""
        return Counter(asked.action for asked in self.asked())

    def forget(self) -> None:
        """Forget the calls so far."""
        with self._lock:
            self._asked.clear()

    def answer(self, asked: Asked) -> Raw | None:
        """Answer one call; None to hang up."""
        with self._lock:
            self._asked.append(asked)
            scripts = self._scripts
            script = scripts.get((asked.action, asked.region)) or scripts.get((asked.action, None))
        if script is None:
            return Raw(404, b'{"message": "no such operation"}', error_type="UnknownOperation")
        match script(asked):
            case Hang():
                self._released.wait(_HANG_SECONDS)
                return None
            case Raw() as raw:
                return raw
            case reply:
                return Raw(200, json.dumps(reply).encode())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one packet: sent apart, they wait 40 ms for each other's acknowledgement.
    wbufsize = -1

    def do_GET(self) -> None:
        """Answer one call."""
        aws = cast("ScriptedAws", cast("LoopbackServer", self.server).context)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        raw = aws.answer(asked_in(self.command, self.path, self.headers, body))
        if raw is None:
            self.close_connection = True
            return
        self.send_response(raw.status)
        self.send_header("Content-Type", raw.content_type)
        self.send_header("Content-Length", str(len(raw.body)))
        if raw.error_type:
            self.send_header("x-amzn-ErrorType", raw.error_type)
        self.end_headers()
        self.wfile.write(raw.body)

    do_POST = do_GET  # noqa: N815 the name by which http.server finds it

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def asked_in(method: str, url: str, headers: Any, body: bytes) -> Asked:  # noqa: ANN401 http's own
    """Read what a request asks for."""
    scope = credential_scope(headers["Authorization"])
    region = scope.region if scope else ""
    parts = urlsplit(url)
    if target := headers["X-Amz-Target"]:
        return Asked(target.rpartition(".")[2], region, json.loads(body))
    if (headers["Content-Type"] or "").startswith("application/x-www-form-urlencoded"):
        form = dict(parse_qsl(body.decode()))
        return Asked(form.pop("Action"), region, form)
    said = {**dict(parse_qsl(parts.query)), **json.loads(body or b"{}")}
    called = f"{method} {parts.path}"
    for action, (where, _) in LISTINGS.items():
        if called == where:
            return Asked(action, region, said)
    for action, where in _DETAILS.items():
        if called.startswith(where):
            return Asked(action, region, said, item=unquote(called.removeprefix(where)).strip("/"))
    return Asked(called, region, said)
