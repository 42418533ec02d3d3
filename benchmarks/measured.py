"""What was measured of one invocation, or of one command, and how it is had."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.far_aws import Counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.far_aws import FarAws

_INVOCATION = Path(__file__).with_name("invocation.py")


@dataclass(frozen=True)
class Measured:
    """One invocation in a fresh process: seconds, MiB, and what it asked of AWS.

    `wall` and `cpu` are beyond the import, which is measured for itself. `regions` and `models`
    are what the account has, `latency` is seconds for each call to a Region.
    """

    scenario: str
    regions: int
    models: int
    latency: float
    import_wall: float
    import_cpu: float
    wall: float
    cpu: float
    peak_mib: float
    counted: Counted = field(default_factory=Counted)


@dataclass(frozen=True)
class Stage:
    """Where invocations are measured: an account of that size, and the asset that runs there."""

    aws: FarAws
    asset: Path
    regions: int
    models: int
    latency: float = 0.0

    def invoke(
        self,
        scenario: str,
        module: str,
        events: Sequence[Mapping[str, Any]],
        settings: Mapping[str, object],
        *,
        runs_of_one: bool = False,
    ) -> Measured:
        """Invoke a function once for each event in one fresh process; seconds are the sum.

        With `runs_of_one` an event is invoked on its own in as many processes, and the quickest
        counts: what else this machine does only makes it slower.
        """
        groups = [[event] for event in events] if runs_of_one else [list(events)]
        answers, counts = [], []
        for group in groups:
            self.aws.forget()
            answers.append(self._run(module, group, settings))
            counts.append(self.aws.counted())
        best = min(answers, key=lambda one: sum(call["cpu"] for call in one["calls"]))
        return Measured(
            scenario,
            self.regions,
            self.models,
            self.latency,
            best["import"]["wall"],
            best["import"]["cpu"],
            round(min(sum(call["wall"] for call in one["calls"]) for one in answers), 3),
            round(sum(call["cpu"] for call in best["calls"]), 3),
            max(one["peak_mib"] for one in answers),
            # Should one have asked more than the others, that one.
            max(counts, key=lambda one: one.total_calls),
        )

    def _run(
        self, module: str, events: Sequence[Mapping[str, Any]], settings: Mapping[str, object]
    ) -> dict[str, Any]:
        with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
            plan, result = Path(scratch, "plan.json"), Path(scratch, "result.json")
            plan.write_text(json.dumps({"module": module, "events": list(events)}))
            subprocess.run(  # noqa: S603 our own script, and no shell
                [sys.executable, "-S", "-P", str(_INVOCATION), str(plan), str(result)],
                env={
                    **self.aws.environment(settings),
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": str(self.asset),
                    # As where a function runs: nothing can be written there.
                    "PYTHONDONTWRITEBYTECODE": "1",
                },
                stdout=subprocess.DEVNULL,
                check=True,
            )
            found: dict[str, Any] = json.loads(result.read_text())
        if error := found.get("error"):
            raise RuntimeError(error)
        return found
