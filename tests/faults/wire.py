"""Every call to AWS of this process, where it would leave it.

Nothing is known here of what the product calls: a call is whatever botocore is about to send. So
a call that is new is met by every fault without a word about it anywhere.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

import botocore.endpoint
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError

import notifier
from local_aws.forwarding import Request, Response
from local_aws.gateway import Refusal, error_answer
from local_aws.sigv4 import credential_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.endpoint import Endpoint
    from botocore.model import OperationModel

_PRODUCT: Final = str(Path(notifier.__file__).parent)
# The names by which IAM knows services whose signatures say otherwise.
_IAM_PREFIXES: Final = {"monitoring": "cloudwatch"}


class ProcessKilledError(BaseException):
    """The process is gone: nothing of the product may catch it, and nothing more leaves it."""


class Fault(Enum):
    """What can happen to a call."""

    THROTTLED = "throttled"
    BROKEN = "answered by a 500"
    TIMED_OUT = "not answered, and never arrived"
    RESPONSE_LOST = "done, but its answer was lost"
    KILLED_BEFORE = "the process died just before"
    KILLED_AFTER = "the process died just after"

    @property
    def kills(self) -> bool:
        """Whether the process does not survive it."""
        return self in {Fault.KILLED_BEFORE, Fault.KILLED_AFTER}

    @property
    def happens_after(self) -> bool:
        """Whether AWS has done what was asked."""
        return self in {Fault.RESPONSE_LOST, Fault.KILLED_AFTER}


_REFUSALS: Final = {
    Fault.THROTTLED: Refusal(400, "ThrottlingException"),
    Fault.BROKEN: Refusal(500, "InternalFailure"),
}


class Place(NamedTuple):
    """Where in the product a call is made, what it asks for, and where it goes."""

    caller: str
    action: str
    region: str


@dataclass(frozen=True)
class Sent:
    """One call, as it was about to leave. `nth` counts those of the same place.

    `service` is botocore's name for it, which is not IAM's; `operation` is the API's.
    """

    place: Place
    nth: int
    service: str
    operation: str
    request: Request
    prepared: AWSPreparedRequest = field(repr=False)

    @property
    def name(self) -> tuple[Place, int]:
        """What makes it the same call in another run, whatever the order of threads."""
        return self.place, self.nth


@dataclass(frozen=True)
class Strike:
    """Which call goes wrong, and how: that one alone, or it and every later one of its place."""

    name: tuple[Place, int]
    fault: Fault
    for_good: bool = False

    def hits(self, sent: Sent) -> bool:
        """Say whether this is the call."""
        place, nth = self.name
        return sent.place == place and (sent.nth == nth or (self.for_good and sent.nth > nth))


class Wire:
    """What stands between botocore and the network."""

    def __init__(self, answer: Callable[[Sent], Response | None]) -> None:
        """Take what answers in AWS's place; where it gives None the call goes on to where it would.

        That is DynamoDB Local.
        """
        self._answer = answer
        self._lock = threading.Lock()
        self._under_way = threading.local()
        self._listening = False
        self._forward: Any = None
        self._strike: Strike | None = None
        self.struck = False
        self.sent: list[Sent] = []
        self._counts: Counter[Place] = Counter()
        self._dead = False

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Come between botocore and the network, and let nobody wait between two attempts."""
        endpoint: Any = botocore.endpoint.Endpoint
        respond = endpoint._do_get_response  # noqa: SLF001 the one place that knows the operation
        self._forward = endpoint._send  # noqa: SLF001 the last place before the network

        def noting_operation(
            this: Endpoint, request: object, operation: OperationModel, context: object
        ) -> object:
            self._under_way.operation = operation
            return respond(this, request, operation, context)

        def send(this: Endpoint, request: AWSPreparedRequest) -> object:
            if not self._listening:
                return self._forward(this, request)
            return self._pass(this, request, self._under_way.operation)

        patch.setattr(endpoint, "_do_get_response", noting_operation)
        patch.setattr(endpoint, "_send", send)
        patch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None))

    @contextmanager
    def process(self, strike: Strike | None = None) -> Iterator[None]:
        """Listen to one run of the product, in which a call may go wrong."""
        with self._lock:
            self._strike = strike
            self.sent, self._counts, self._dead = [], Counter(), False
        self._listening = True
        try:
            yield
        finally:
            self._listening = False

    def _pass(
        self, endpoint: Endpoint, prepared: AWSPreparedRequest, operation: OperationModel
    ) -> object:
        sent, fault = self._note(prepared, operation)
        if fault is Fault.KILLED_BEFORE:
            raise self._die()
        if fault is Fault.TIMED_OUT:
            raise ReadTimeoutError(endpoint_url=prepared.url)
        if fault in _REFUSALS:
            return _as_botocore(prepared, error_answer(sent.request, _REFUSALS[fault]))
        answer = self._answer(sent)
        given = (
            self._forward(endpoint, prepared) if answer is None else _as_botocore(prepared, answer)
        )
        if fault is Fault.KILLED_AFTER:
            raise self._die()
        if fault is Fault.RESPONSE_LOST:
            raise ReadTimeoutError(endpoint_url=prepared.url)
        return given

    def _note(
        self, prepared: AWSPreparedRequest, operation: OperationModel
    ) -> tuple[Sent, Fault | None]:
        request = _request(prepared)
        scope = credential_scope(request.header("authorization"))
        prefix = scope.service if scope else ""
        place = Place(
            _caller(),
            f"{_IAM_PREFIXES.get(prefix, prefix)}:{operation.name}",
            scope.region if scope else "",
        )
        with self._lock:
            if self._dead:
                raise ProcessKilledError
            self._counts[place] += 1
            service = str(operation.service_model.service_name)
            nth = self._counts[place]
            sent = Sent(place, nth, service, operation.name, request, prepared)
            self.sent.append(sent)
            if self._strike is None or not self._strike.hits(sent):
                return sent, None
            self.struck = True
            return sent, self._strike.fault

    def _die(self) -> ProcessKilledError:
        with self._lock:
            self._dead = True
        return ProcessKilledError()


def _caller() -> str:
    """Give the product's functions that led to a call in this thread, outermost first."""
    names = []
    frame = sys._getframe(1)  # noqa: SLF001 the stack of every call; inspect is far slower
    while frame := frame.f_back:  # type: ignore[assignment]
        code = frame.f_code
        if code.co_filename.startswith(_PRODUCT):
            names.append(f"{Path(code.co_filename).stem}.{code.co_name}")
    return " > ".join(reversed(names))


def _request(prepared: AWSPreparedRequest) -> Request:
    parts = urlsplit(str(prepared.url))
    body = prepared.body or b""
    return Request(
        method=str(prepared.method),
        path=f"{parts.path}?{parts.query}" if parts.query else parts.path,
        headers=tuple((name, _text(value)) for name, value in prepared.headers.items()),
        body=body if isinstance(body, bytes) else str(body).encode(),
    )


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


class _Body:
    """A body that was read already, as urllib3 would hand it over."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._body


def _as_botocore(prepared: AWSPreparedRequest, answer: Response) -> AWSResponse:
    headers: Any = {name.lower(): value for name, value in answer.headers}
    return AWSResponse(prepared.url, answer.status, headers, _Body(answer.body))
