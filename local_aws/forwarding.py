"""HTTP servers that take a request whole, and may pass it on as it came."""

import http.client
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Final, Self, cast
from urllib.parse import urlsplit

from local_aws.loopback import LoopbackServer

_UPSTREAM_SECONDS: Final = 180.0
"""As long as the longest thing asked of the emulator: a synchronous invocation of a function."""

# Headers of one connection, not of the request; and Expect, which was answered here.
_HOP_BY_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "expect"})


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as it came. `path` has the query, encoded as it was signed."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """Give a header's value, or nothing; the name is in lower case."""
        return {key.lower(): value for key, value in self.headers}.get(name, "")


@dataclass(frozen=True)
class Response:
    """What is answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Server(ABC):
    """A server on a free port; nothing is answered before its context is entered."""

    latency_seconds = 0.0
    """How long each answer takes on its way, as if AWS were as far away as it is."""

    def __init__(self) -> None:
        """Bind the port, so that the address can be told before anything is answered."""
        self._server = LoopbackServer(_Handler)
        self._server.context = self
        self._traffic = threading.Lock()
        self.bytes_in = self.bytes_out = 0

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
        """What AWS_ENDPOINT_URL, or that of one service, must say."""
        return self._server.endpoint_url

    def count(self, request: Request, response: Response) -> None:
        """Count the bytes of two bodies."""
        with self._traffic:
            self.bytes_in += len(request.body)
            self.bytes_out += len(response.body)

    def forget_traffic(self) -> None:
        """Count from zero again."""
        with self._traffic:
            self.bytes_in = self.bytes_out = 0

    @abstractmethod
    def answer(self, request: Request) -> Response | None:
        """Answer a request, or give None to drop the connection."""


def forward(request: Request, endpoint_url: str) -> Response | None:
    """Ask another server the same, in the caller's name; None when it does not answer."""
    connection = http.client.HTTPConnection(
        urlsplit(endpoint_url).netloc, timeout=_UPSTREAM_SECONDS
    )
    try:
        # Sent as it came, the signed Host included: the emulator checks signatures.
        connection.putrequest(
            request.method, request.path, skip_host=True, skip_accept_encoding=True
        )
        for name, value in _forwarded_headers(request):
            connection.putheader(name, value)
        connection.endheaders(request.body or None)
        answer = connection.getresponse()
        return Response(answer.status, tuple(answer.getheaders()), answer.read())
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _forwarded_headers(request: Request) -> Iterator[tuple[str, str]]:
    for name, value in request.headers:
        if name.lower() not in _HOP_BY_HOP | {"content-length", "x-forwarded-proto"}:
            yield name, value
    # What the emulator takes aws:SecureTransport from.
    yield "X-Forwarded-Proto", "https"
    if request.body or request.method in {"POST", "PUT", "PATCH"}:
        yield "Content-Length", str(len(request.body))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one packet: sent apart, they wait 40 ms for each other's acknowledgement.
    wbufsize = -1
    # And what does not fit into one must not wait either.
    disable_nagle_algorithm = True
    timeout = 300

    def _do(self) -> None:
        request = Request(
            method=self.command,
            path=self.path,
            headers=tuple(self.headers.items()),
            body=self._body(),
        )
        server = cast("Server", cast("LoopbackServer", self.server).context)
        time.sleep(server.latency_seconds)
        response = server.answer(request)
        if response is None:
            self.close_connection = True
            return
        server.count(request, response)
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

    def _send(self, response: Response) -> None:
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


def _content_length(method: str, response: Response) -> str:
    if method == "HEAD":
        named = {name.lower(): value for name, value in response.headers}
        return named.get("content-length", "0")
    return str(len(response.body))
