"""Run a command that ends when the one who started it does, however that one ends.

Started as a script of its own (`python leash.py <scratch folder> <command …>`), it waits
for the end of its standard input. That end comes also when the parent is killed and runs no
clean-up, so neither a process of the command's group nor the scratch folder is left behind.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time

GRACE_SECONDS = 5.0


def main(scratch: str, *command: str) -> None:
    """Run the command, then end its whole process group and remove the scratch folder."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)  # noqa: S603 the caller's own command
    over = threading.Event()
    threading.Thread(target=_set_at_end_of_input, args=(over,), daemon=True).start()
    while child.poll() is None and not over.wait(timeout=0.1):
        pass
    _signal_group(child.pid, signal.SIGTERM)
    _wait(child)
    # For those of its children that did not care.
    _signal_group(child.pid, signal.SIGKILL)
    if over.is_set():
        # Otherwise the parent still lives, and wants to show the log that lies there.
        shutil.rmtree(scratch, ignore_errors=True)


def _set_at_end_of_input(over: threading.Event) -> None:
    # Not through sys.stdin, whose lock would be held by this thread when the program ends.
    while os.read(0, 1024):
        pass
    over.set()


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return


def _wait(child: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + GRACE_SECONDS
    while child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
