"""One cold start of a function, measured inside of the process in which it happens.

Run as a file by a fresh interpreter that sees nothing but the asset: `invocation.py PLAN RESULT`.
The plan names the module and the events; the result has seconds of wall and CPU, and MiB.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
import time
import traceback
from pathlib import Path
from typing import Any
from uuid import uuid4

_ACCOUNT = "000000000000"
_TIMEOUT_MS = 120_000


class Context:
    """What Lambda hands over with an event."""

    function_name = "bench"
    function_version = "$LATEST"
    memory_limit_in_mb = 256
    invoked_function_arn = f"arn:aws:lambda:us-east-1:{_ACCOUNT}:function:bench"

    def __init__(self) -> None:
        """Make it that of another invocation."""
        self.aws_request_id = str(uuid4())

    def get_remaining_time_in_millis(self) -> int:
        """Give what is left, as if the invocation had just begun."""
        return _TIMEOUT_MS


def _seconds() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(began: tuple[float, float]) -> dict[str, float]:
    wall, cpu = _seconds()
    return {"wall": round(wall - began[0], 4), "cpu": round(cpu - began[1], 4)}


def _peak_mib() -> float:
    """Give this program's own peak: getrusage counts what its parent held when it forked, too."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return round(int(found[1]) / 1024, 1) if found else 0.0


def main(plan: Path, result: Path) -> None:
    """Import, invoke once for each event, and write down what each took."""
    chosen: dict[str, Any] = json.loads(plan.read_text(encoding="utf-8"))
    began = _seconds()
    module = importlib.import_module(chosen["module"])
    measured: dict[str, Any] = {"import": _since(began), "calls": [], "answers": []}
    for event in chosen["events"]:
        began = _seconds()
        try:
            answer = module.handler(event, Context())
        except Exception:  # noqa: BLE001 whatever it is, whoever measures must see it
            measured["error"] = traceback.format_exc()
            break
        measured["calls"].append(_since(began))
        measured["answers"].append(answer)
    measured["peak_mib"] = _peak_mib()
    measured["modules"] = len(sys.modules)
    result.write_text(json.dumps(measured, default=str), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
