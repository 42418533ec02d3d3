"""A server that is started here ends with whoever started it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from local_aws.leashed_process import LeashedProcess, LocalServerError

# Starts a child of its own, writes both process ids down, and never ends by itself.
SERVER: Final = """
import os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path(sys.argv[1]).write_text(f"{os.getpid()} {child.pid}")
time.sleep(60)
"""

PARENT: Final = """
import sys, time
from pathlib import Path
from local_aws.leashed_process import LeashedProcess
server = LeashedProcess("test-server")
server.start(sys.argv[2:], environment={}, is_ready=Path(sys.argv[1]).exists)
print(server.scratch, flush=True)
time.sleep(60)
"""


@pytest.fixture
def pids(tmp_path: Path) -> Path:
    return tmp_path / "pids"


def test_stopping_ends_the_server_its_children_and_its_files(pids: Path) -> None:
    server = LeashedProcess("test-server")
    server.start(_server(pids), environment={}, is_ready=lambda: _has_text(pids))
    running = _pids(pids)
    assert all(_is_running(pid) for pid in running)

    server.stop()

    _wait_until(lambda: not any(_is_running(pid) for pid in running))
    assert not server.scratch.exists()


def test_its_processes_are_known_with_their_whole_commands_on_however_narrow_a_terminal(
    pids: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    server = LeashedProcess("test-server")
    assert server.descendants() == {}
    server.start(_server(pids), environment={}, is_ready=lambda: _has_text(pids))

    found = server.descendants()

    assert set(found) == set(_pids(pids))
    assert sum(command.endswith(str(pids)) for command in found.values()) == 1
    server.stop()
    assert server.descendants() == {}


def test_it_ends_also_when_its_parent_is_killed(pids: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(pids), *_server(pids)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent.parent.parent,
        text=True,
    )
    assert parent.stdout
    with parent.stdout:
        scratch = Path(parent.stdout.readline().strip())
    running = _pids(pids)

    parent.send_signal(signal.SIGKILL)
    parent.wait(timeout=5)

    _wait_until(lambda: not any(_is_running(pid) for pid in running))
    _wait_until(lambda: not scratch.exists())


def test_a_server_that_ends_while_starting_shows_what_it_printed() -> None:
    server = LeashedProcess("test-server")

    with pytest.raises(LocalServerError, match="out of order"):
        server.start(
            [sys.executable, "-c", "print('out of order')"],
            environment={},
            is_ready=lambda: False,
        )

    assert not server.scratch.exists()


def _server(pids: Path) -> list[str]:
    return [sys.executable, "-c", SERVER, str(pids)]


def _has_text(pids: Path) -> bool:
    return pids.exists() and bool(pids.read_text())


def _pids(pids: Path) -> list[int]:
    return [int(pid) for pid in pids.read_text().split()]


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # An orphan that nobody waited for yet is not running either.
    return "Z" not in _state(pid)


def _state(pid: int) -> str:
    shown = subprocess.run(
        ["ps", "-o", "state=", "-p", str(pid)],  # noqa: S607 found on PATH
        capture_output=True,
        text=True,
        check=False,
        timeout=5,
    )
    return shown.stdout.strip() or "Z"


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
