"""Start a local server, wait until it answers, and leave nothing of it behind."""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 10.0
_LOG_TAIL: Final = 4000
_LEASH: Final = Path(__file__).with_name("leash.py")


class LocalServerError(RuntimeError):
    """A local server cannot be started. The message says why and what to do."""


class LeashedProcess:
    """A server process with its children, a scratch folder and a log."""

    def __init__(self, name: str) -> None:
        """Make the scratch folder; the server's log and temporary files go there."""
        self.name = name
        self.scratch = Path(tempfile.mkdtemp(prefix=f"{name}-"))
        self._log = self.scratch / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        is_ready: Callable[[], bool],
    ) -> None:
        """Start the command and wait until it is ready, or stop it and say what it printed."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 the caller's own command
                [sys.executable, "-I", str(_LEASH), str(self.scratch), *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.scratch,
                env=dict(environment),
                # A group of its own: Ctrl-C reaches the caller only, which then stops this.
                start_new_session=True,
            )
        try:
            self._wait_until(is_ready, self._process)
        except BaseException:
            self.stop()
            raise

    def log(self) -> str:
        """Give the end of what the server has printed."""
        if not self._log.exists():
            return ""
        return self._log.read_text(errors="replace")[-_LOG_TAIL:]

    def descendants(self) -> dict[int, str]:
        """Give the processes that the server has started and theirs, by id, with their commands."""
        if self._process is None:
            return {}
        listed = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="],  # noqa: S607 wherever the machine has it
            capture_output=True,
            text=True,
            check=True,
        )
        fields = [line.split(None, 2) for line in listed.stdout.splitlines()]
        commands = {int(pid): command for pid, _, *rest in fields for command in rest}
        parents = {int(pid): int(parent) for pid, parent, *_ in fields}
        return {
            pid: command
            for pid, command in commands.items()
            if self._process.pid in _ancestors(pid, parents)
        }

    def stop(self) -> None:
        """End the process with its children, and remove its files. May be called twice."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=STOP_SECONDS)
        shutil.rmtree(self.scratch, ignore_errors=True)

    def _wait_until(self, is_ready: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                message = f"{self.name} ended while starting:\n{self.log()}"
                raise LocalServerError(message)
            if is_ready():
                return
            time.sleep(0.05)
        message = f"{self.name} did not answer within {START_SECONDS:.0f} s:\n{self.log()}"
        raise LocalServerError(message)


def _ancestors(pid: int, parents: Mapping[int, int]) -> Iterator[int]:
    while (pid := parents.get(pid, 0)) > 0:
        yield pid
