"""A loopback proxy in front of the emulator.

It does three things that the emulator does not: it says that the connection was secure, so
that TLS-only policies can be met; it records every SNS Publish, so that e-mail texts can be
read; and it fails on demand.
"""

import http.client
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Final, Self, TypeAlias, cast
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from local_aws.loopback import LoopbackServer
from local_aws.sigv4 import credential_scope

ANY: Final = "*"

_UPSTREAM_SECONDS: Final = 180.0
"""As long as the longest thing asked of the emulator: a synchronous invocation of a function."""

# Headers of one connection, not of the request; and Expect, which was answered here.
_HOP_BY_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "expect"})


@dataclass(frozen=True)
class Refusal:
    """The service is not asked; it answers this error."""

    status: int
    code: str
    message: str = "Told to refuse"


class ConnectionFault(Enum):
    """What can happen to a connection."""

    DROPPED = auto()
    """The service is not asked and nothing is answered."""
    RESPONSE_LOST = auto()
    """The service does what was asked, and its answer does not arrive."""


@dataclass(frozen=True)
class CannedAnswer:
    """The service is not asked; it answers this body with status 200."""

    body: bytes
    content_type: str = "text/xml"


Fault: TypeAlias = Refusal | ConnectionFault | CannedAnswer

INTERNAL_FAILURE: Final = Refusal(500, "InternalFailure")
UNAVAILABLE: Final = Refusal(503, "ServiceUnavailable")
DROPPED: Final = ConnectionFault.DROPPED
RESPONSE_LOST: Final = ConnectionFault.RESPONSE_LOST


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request as this proxy understands it. `action` of a REST service is `GET /path`."""

    service: str
    region: str
    action: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Publish:
    """One SNS Publish."""

    topic_arn: str
    subject: str
    messages: dict[str, str]
    """Per protocol, with `default`."""
    attributes: dict[str, str]
    accepted: bool
    """Whether SNS accepted it, even if the answer was then lost."""

    def message_for(self, protocol: str) -> str:
        """Give what a subscriber of this protocol receives."""
        return self.messages.get(protocol, self.messages["default"])


@dataclass
class _Injection:
    service: str
    action: str
    fault: Fault
    left: int | None
    containing: bytes

    def applies_to(self, call: Call) -> bool:
        return (
            self.left != 0
            and self.service in {ANY, call.service}
            and self.action in {ANY, call.action}
            and self.containing in call.body
        )


@dataclass(frozen=True)
class _Response:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Gateway:
    """The proxy. Faults may be set at any time, from any thread."""

    def __init__(self) -> None:
        """Bind a free port, so that the emulator's functions can be told of it beforehand."""
        self._lock = threading.Lock()
        self._injections: list[_Injection] = []
        self._publishes: list[Publish] = []
        self._calls: Counter[tuple[str, str]] = Counter()
        self._upstream = ""
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
        """Stop."""
        self._server.stop()

    @property
    def endpoint_url(self) -> str:
        """What AWS_ENDPOINT_URL must say."""
        return self._server.endpoint_url

    def forward_to(self, endpoint_url: str) -> None:
        """Name the emulator that does the work."""
        self._upstream = urlsplit(endpoint_url).netloc

    def inject(
        self,
        service: str,
        action: str,
        fault: Fault,
        *,
        times: int | None = 1,
        containing: bytes = b"",
    ) -> None:
        """Let calls go wrong: so many times, or with None until cleared.

        `service` is the signing name (`sns`, `dynamodb`, `events`, …); either name may be ANY.
        `containing` narrows it to requests with these bytes in their body.
        """
        with self._lock:
            self._injections.append(_Injection(service, action, fault, times, containing))

    def clear(self) -> None:
        """Let everything work again."""
        with self._lock:
            self._injections.clear()

    @contextmanager
    def outage(self, service: str, fault: Fault = UNAVAILABLE) -> Iterator[None]:
        """Let every call to a service go wrong for as long as the context lasts."""
        injection = _Injection(service, ANY, fault, None, b"")
        with self._lock:
            self._injections.append(injection)
        try:
            yield
        finally:
            with self._lock:
                injection.left = 0

    def publishes(self) -> list[Publish]:
        """Give every SNS Publish so far, in order."""
        with self._lock:
            return list(self._publishes)

    def calls(self, service: str, action: str) -> int:
        """Count the calls that arrived, whatever they were answered."""
        with self._lock:
            return self._calls[service, action]

    def forget(self) -> None:
        """Forget the calls and the publishes so far."""
        with self._lock:
            self._calls.clear()
            self._publishes.clear()

    def _handle(self, call: Call) -> _Response | None:
        """Answer a call, or give None to drop the connection."""
        match fault := self._fault_for(call):
            case None | ConnectionFault.RESPONSE_LOST:
                response = self._ask_upstream(call)
                self._record(call, accepted=response is not None and response.status < 300)  # noqa: PLR2004 the 2xx
                return None if fault else response
            case ConnectionFault.DROPPED:
                response = None
            case Refusal():
                response = _error(call, fault)
            case CannedAnswer(body, content_type):
                response = _Response(200, (("Content-Type", content_type),), body)
        self._record(call, accepted=False)
        return response

    def _fault_for(self, call: Call) -> Fault | None:
        with self._lock:
            self._calls[call.service, call.action] += 1
            for injection in self._injections:
                if injection.applies_to(call):
                    if injection.left is not None:
                        injection.left -= 1
                    return injection.fault
        return None

    def _ask_upstream(self, call: Call) -> _Response | None:
        connection = http.client.HTTPConnection(self._upstream, timeout=_UPSTREAM_SECONDS)
        try:
            # Sent as it came, the signed Host included: the emulator checks signatures.
            connection.putrequest(call.method, call.path, skip_host=True, skip_accept_encoding=True)
            for name, value in _forwarded(call):
                connection.putheader(name, value)
            connection.endheaders(call.body or None)
            answer = connection.getresponse()
            return _Response(answer.status, tuple(answer.getheaders()), answer.read())
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def _record(self, call: Call, *, accepted: bool) -> None:
        if (call.service, call.action) != ("sns", "Publish"):
            return
        publish = _publish(call.body, accepted=accepted)
        with self._lock:
            self._publishes.append(publish)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one packet: sent apart, they wait 40 ms for each other's acknowledgement.
    wbufsize = -1
    timeout = 300

    def _do(self) -> None:
        call = _call(self.command, self.path, self.headers.items(), self._body())
        gateway = cast("Gateway", cast("LoopbackServer", self.server).context)
        response = gateway._handle(call)  # noqa: SLF001 its own server
        if response is None:
            self.close_connection = True
            return
        self._send(response)

    # The names by which http.server finds a method.
    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _do  # noqa: N815

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            """Trailers are part of the transfer, not of the request."""

    def _send(self, response: _Response) -> None:
        self.send_response_only(response.status)
        for name, value in response.headers:
            if name.lower() not in _HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", _content_length(self.command, response))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the caller's output is the test's or the demo's."""


def _call(method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> Call:
    named = {name.lower(): value for name, value in headers}
    scope = credential_scope(named.get("authorization"))
    return Call(
        service=scope.service if scope else "",
        region=scope.region if scope else "",
        action=_action(method, path, named, body),
        method=method,
        path=path,
        headers=tuple(headers),
        body=body,
    )


def _action(method: str, path: str, headers: dict[str, str], body: bytes) -> str:
    if target := headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    if _is_form(headers) and (action := _form(body).get("Action")):
        return action
    return f"{method} {urlsplit(path).path}"


def _is_form(headers: dict[str, str]) -> bool:
    return headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


def _form(body: bytes) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(body.decode(), True).items()}  # noqa: FBT003


def _forwarded(call: Call) -> Iterator[tuple[str, str]]:
    for name, value in call.headers:
        if name.lower() not in _HOP_BY_HOP | {"content-length", "x-forwarded-proto"}:
            yield name, value
    # What the emulator takes aws:SecureTransport from.
    yield "X-Forwarded-Proto", "https"
    if call.body or call.method in {"POST", "PUT", "PATCH"}:
        yield "Content-Length", str(len(call.body))


def _content_length(method: str, response: _Response) -> str:
    if method == "HEAD":
        named = {name.lower(): value for name, value in response.headers}
        return named.get("content-length", "0")
    return str(len(response.body))


def _publish(body: bytes, *, accepted: bool) -> Publish:
    form = _form(body)
    message = form.get("Message", "")
    structured = form.get("MessageStructure") == "json"
    return Publish(
        topic_arn=form.get("TopicArn", ""),
        subject=form.get("Subject", ""),
        messages=json.loads(message) if structured else {"default": message},
        attributes=dict(_attributes(form)),
        accepted=accepted,
    )


def _attributes(form: dict[str, str]) -> Iterator[tuple[str, str]]:
    number = 1
    while name := form.get(f"MessageAttributes.entry.{number}.Name"):
        yield name, form.get(f"MessageAttributes.entry.{number}.Value.StringValue", "")
        number += 1


def _error(call: Call, refusal: Refusal) -> _Response:
    if _is_form({name.lower(): value for name, value in call.headers}):
        return _xml_error(refusal)
    body = json.dumps({"__type": refusal.code, "message": refusal.message}).encode()
    headers = (("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-ErrorType", refusal.code))
    return _Response(refusal.status, headers, body)


def _xml_error(refusal: Refusal) -> _Response:
    # XML it must be: on a 5xx with another body botocore reports a parse error instead.
    kind = "Sender" if refusal.status < 500 else "Receiver"  # noqa: PLR2004 the 5xx
    body = (
        "<ErrorResponse><Error>"
        f"<Type>{kind}</Type><Code>{escape(refusal.code)}</Code>"
        f"<Message>{escape(refusal.message)}</Message>"
        "</Error><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
    )
    return _Response(refusal.status, (("Content-Type", "text/xml"),), body.encode())
