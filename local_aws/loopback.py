"""A threaded HTTP server that only this machine can reach."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

HOST: Final = "127.0.0.1"


def free_port() -> int:
    """Find a port that nothing listens on now. Another process may still be faster."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class LoopbackServer(ThreadingHTTPServer):
    """One thread per connection, on a free port; `context` is what its handlers speak for."""

    daemon_threads = True
    # Every Region of a poll connects at once; the default backlog of 5 would drop some.
    request_queue_size = 128
    context: object = None

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        """Bind the port, so that the address is known before anything is answered."""
        super().__init__((HOST, 0), handler)
        # Threads of kept-alive connections are not waited for: their clients may never close.
        self.block_on_close = False
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def endpoint_url(self) -> str:
        """Give the address for a client."""
        return f"http://{HOST}:{self.server_port}"

    def start(self) -> None:
        """Answer from a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop accepting connections and free the port."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join(timeout=5)
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """Stay quiet when a client goes away mid-answer, which tests do on purpose."""
