"""A loopback proxy in front of the emulator.

It does three things that the emulator does not: it says that the connection was secure, so
that TLS-only policies can be met; it records every SNS Publish, so that e-mail texts can be
read; and it fails on demand.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from fnmatch import fnmatchcase
from typing import Final, TypeAlias
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from local_aws.forwarding import Request, Response, Server, forward
from local_aws.sigv4 import credential_scope

ANY: Final = "*"


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
class Call(Request):
    """A request as this proxy understands it. `action` of a REST service is `GET /path`."""

    service: str
    region: str
    action: str


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
    region: str
    fault: Fault
    left: int | None
    containing: bytes

    def applies_to(self, call: Call) -> bool:
        return (
            self.left != 0
            and self.service in {ANY, call.service}
            and fnmatchcase(call.action, self.action)
            and self.region in {ANY, call.region}
            and self.containing in call.body
        )


class Gateway(Server):
    """The proxy. Faults may be set at any time, from any thread."""

    def __init__(self) -> None:
        """Bind a free port, so that the emulator's functions can be told of it beforehand."""
        super().__init__()
        self._lock = threading.Lock()
        self._injections: list[_Injection] = []
        self._publishes: list[Publish] = []
        self._calls: Counter[tuple[str, str, str]] = Counter()
        self._upstream = ""

    def forward_to(self, endpoint_url: str) -> None:
        """Name the emulator that does the work."""
        self._upstream = endpoint_url

    def inject(  # noqa: PLR0913 each narrows what goes wrong
        self,
        service: str,
        action: str,
        fault: Fault,
        *,
        region: str = ANY,
        times: int | None = 1,
        containing: bytes = b"",
    ) -> None:
        """Let calls go wrong: so many times, or with None until cleared.

        `service` is the signing name (`sns`, `dynamodb`, `monitoring`; `bedrock` for Bedrock's
        agents too); each name may be ANY, and an action a pattern (`GET /agents/*`).
        `containing` narrows it to requests with these bytes in their body.
        """
        injection = _Injection(service, action, region, fault, times, containing)
        with self._lock:
            self._injections.append(injection)

    def clear(self) -> None:
        """Let everything work again."""
        with self._lock:
            self._injections.clear()

    @contextmanager
    def outage(
        self, service: str, fault: Fault = UNAVAILABLE, *, region: str = ANY
    ) -> Iterator[None]:
        """Let every call to a service go wrong for as long as the context lasts."""
        injection = _Injection(service, ANY, region, fault, None, b"")
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

    def calls(self, service: str, action: str, *, region: str = ANY) -> int:
        """Count the calls that arrived, whatever they were answered; names as for `inject`."""
        with self._lock:
            return sum(
                count
                for (called, did, where), count in self._calls.items()
                if service in {ANY, called} and fnmatchcase(did, action) and region in {ANY, where}
            )

    def all_calls(self) -> dict[tuple[str, str], int]:
        """Count the calls that arrived, by (service, action)."""
        counted = Counter[tuple[str, str]]()
        with self._lock:
            for (service, action, _), count in self._calls.items():
                counted[service, action] += count
        return dict(counted)

    def forget(self) -> None:
        """Forget the calls and the publishes so far."""
        with self._lock:
            self._calls.clear()
            self._publishes.clear()

    def answer(self, request: Request) -> Response | None:
        """Answer a request, or give None to drop the connection."""
        call = _call(request)
        match fault := self._fault_for(call):
            case None | ConnectionFault.RESPONSE_LOST:
                response = forward(call, self._upstream)
                self._record(call, accepted=response is not None and response.status < 300)  # noqa: PLR2004 the 2xx
                return None if fault else response
            case ConnectionFault.DROPPED:
                response = None
            case Refusal():
                response = error_answer(call, fault)
            case CannedAnswer(body, content_type):
                response = Response(200, (("Content-Type", content_type),), body)
        self._record(call, accepted=False)
        return response

    def _fault_for(self, call: Call) -> Fault | None:
        with self._lock:
            self._calls[call.service, call.action, call.region] += 1
            for injection in self._injections:
                if injection.applies_to(call):
                    if injection.left is not None:
                        injection.left -= 1
                    return injection.fault
        return None

    def _record(self, call: Call, *, accepted: bool) -> None:
        if (call.service, call.action) != ("sns", "Publish"):
            return
        publish = publish_in(call.body, accepted=accepted)
        with self._lock:
            self._publishes.append(publish)


def _call(request: Request) -> Call:
    scope = credential_scope(request.header("authorization"))
    return Call(
        service=scope.service if scope else "",
        region=scope.region if scope else "",
        action=_action(request),
        method=request.method,
        path=request.path,
        headers=request.headers,
        body=request.body,
    )


def _action(request: Request) -> str:
    if target := request.header("x-amz-target"):
        return target.rpartition(".")[2]
    if _is_form(request) and (action := _form(request.body).get("Action")):
        return action
    return f"{request.method} {urlsplit(request.path).path}"


def _is_form(request: Request) -> bool:
    return request.header("content-type").startswith("application/x-www-form-urlencoded")


def _form(body: bytes) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(body.decode(), True).items()}  # noqa: FBT003


def publish_in(body: bytes, *, accepted: bool) -> Publish:
    """Read the body of a Publish request."""
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


def error_answer(call: Request, refusal: Refusal) -> Response:
    """Give the error as the service of that request would put it."""
    if _is_form(call):
        return _xml_error(refusal)
    body = json.dumps({"__type": refusal.code, "message": refusal.message}).encode()
    headers = (("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-ErrorType", refusal.code))
    return Response(refusal.status, headers, body)


def _xml_error(refusal: Refusal) -> Response:
    # XML it must be: on a 5xx with another body botocore reports a parse error instead.
    kind = "Sender" if refusal.status < 500 else "Receiver"  # noqa: PLR2004 the 5xx
    body = (
        "<ErrorResponse><Error>"
        f"<Type>{kind}</Type><Code>{escape(refusal.code)}</Code>"
        f"<Message>{escape(refusal.message)}</Message>"
        "</Error><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
    )
    return Response(refusal.status, (("Content-Type", "text/xml"),), body.encode())
