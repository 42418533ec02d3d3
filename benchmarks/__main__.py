"""`make bench`: what it takes to run the notifier, measured on this machine over loopback.

Each invocation is a fresh process that sees nothing but the asset, as on Lambda; a fake AWS answers
from as far away as one says, and counts. Seconds are this machine's; calls, units and bytes are
what AWS would see. Nothing here is a test: no figure makes it fail.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from benchmarks import cold, core, report
from benchmarks.far_aws import far_aws
from benchmarks.measured import Measured, Stage
from infra.config import bedrock_regions
from infra.template import template
from local_aws.fake_bedrock import FoundationModel
from local_aws.fake_health import FakeHealthEvent
from local_aws.health_deliveries import as_eventbridge, sqs_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.far_aws import FarAws

_REGIONS = [one for one in bedrock_regions() if "gov" not in one and "eusc" not in one][:31]
_COMMAND = Path(sys.executable).with_name("bedrock-lifecycle")
_START = datetime(2026, 10, 1, 9, tzinfo=UTC)
# Everybody is told of everything, so that a busy poll has something to tell.
_SETTINGS: dict[str, object] = {"alert_on": "all"}
_RUNS = 3
_CHANGES = 60
_DELIVERIES, _EVENTS, _BATCH = 1000, 20, 10


def main(
    regions: Annotated[str, typer.Option(help="Numbers of Regions, separated by commas.")] = (
        "1,8,31"
    ),
    models: Annotated[str, typer.Option(help="Numbers of models in each Region.")] = "50,150,1500",
    latencies: Annotated[str, typer.Option(help="Milliseconds to a Region, and back.")] = (
        "0,100,300"
    ),
    out: Annotated[Path, typer.Option("--json", help="Where the figures go.")] = Path(
        "benchmarks.json"
    ),
    *,
    docs: Annotated[
        bool, typer.Option("--docs", help="Put the tables into docs/performance.md.")
    ] = False,
) -> None:
    """Measure polls, bursts, widgets, scans and cold starts, and what a month costs."""
    console = Console(width=None if Console().is_terminal else 120)
    sizes = [(int(r), int(m)) for m in models.split(",") for r in regions.split(",")]
    waits = [int(one) / 1000 for one in latencies.split(",")]
    with tempfile.TemporaryDirectory(prefix="bench-asset-") as scratch:
        console.print("… building the asset", style="dim")
        assets = cold.build(Path(scratch))
        found: dict[str, Any] = {"machine": _machine(), "core": core.decide_seconds()}
        console.print("… cold starts", style="dim")
        found["cold"] = cold.starts(assets)
        found["asset"] = cold.sizes(assets)
        found["measured"] = []
        with far_aws(template({"emails": "you@example.com"})) as aws:
            for size in sizes:
                for one in _polls(aws, assets.compiled, *size, waits):
                    console.print(
                        f"… {one.scenario}, {one.regions} Regions of {one.models} models, "
                        f"{one.latency * 1000:.0f} ms: {one.wall} s, {one.cpu} s of CPU",
                        style="dim",
                    )
                    found["measured"].append(one)
            for one in changes(aws, assets.compiled):
                console.print(f"… {one.scenario}: {one.wall} s", style="dim")
                found["measured"].append(one)
            for one in _others(aws, assets.compiled):
                console.print(f"… {one.scenario}: {one.wall} s", style="dim")
                found["measured"].append(one)
    for table in report.tables(found):
        console.print(table)
    plain = {**found, "measured": [asdict(one) for one in found["measured"]]}
    out.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    console.print(f"The figures are in {out}.", style="dim")
    if docs:
        report.fill_in(found)


def _machine() -> str:
    model = "a CPU that does not say its name"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return f"{os.cpu_count()} cores of {model}, Python {platform.python_version()}"


def _models(number: int, ending: int = 0) -> list[FoundationModel]:
    """Give a catalog, of whose first ones, as many as are `ending`, an end is stated."""
    listed = []
    for n in range(number):
        one = FoundationModel(id=f"acme.model-{n:04}-v1:0", name=f"Model {n}", provider="Acme")
        if n < ending:
            one = replace(one, status="LEGACY", end_of_life=_START + timedelta(days=200 + n % 5))
        listed.append(one)
    return listed


def _event(at: datetime) -> dict[str, str]:
    return {"time": at.strftime("%Y-%m-%dT%H:%M:%SZ")}


def _polls(
    aws: FarAws, asset: Path, regions: int, models: int, waits: list[float]
) -> Iterator[Measured]:
    """Measure the life of one account: its first poll, quiet ones, a new day, a busy one."""
    aws.new_account()
    aws.set_latency(0)
    aws.set_catalog(_REGIONS[:regions], _models(models))
    hours = count()

    def later(*, day: bool = False) -> dict[str, str]:
        return _event(_START + timedelta(hours=next(hours), days=int(day)))

    near = Stage(aws, asset, regions, models)
    poll = "notifier.poll"
    yield near.invoke("first poll", poll, [later()], _SETTINGS)
    # It asks AWS Health once a day, which the next poll is the first to do.
    near.invoke("warm", poll, [later()], _SETTINGS)
    for latency in waits:
        aws.set_latency(latency)
        far = replace(near, latency=latency)
        events = [later() for _ in range(_RUNS)]
        yield far.invoke("quiet poll", poll, events, _SETTINGS, runs_of_one=True)
    aws.set_latency(0)
    yield near.invoke("new day, reads use", poll, [later(day=True)], _SETTINGS)
    aws.set_catalog(_REGIONS[:regions], _models(models, _CHANGES // regions or 1))
    yield near.invoke("busy poll", poll, [later(day=True)], _SETTINGS)


def changes(aws: FarAws, asset: Path) -> Iterator[Measured]:
    """Measure polls that find more and more changes, on an account of 8 Regions x 150 models."""
    regions, models = 8, 150
    aws.new_account()
    aws.set_latency(0)
    aws.set_catalog(_REGIONS[:regions], _models(models))
    stage = Stage(aws, asset, regions, models)
    stage.invoke("first poll", "notifier.poll", [_event(_START)], _SETTINGS)
    ending = 0
    for hour, more in enumerate((1, 8, 64), start=1):
        ending += more
        aws.set_catalog(_REGIONS[:regions], _models(models, ending))
        event = _event(_START + timedelta(hours=hour))
        yield stage.invoke(f"{more * regions} changes", "notifier.poll", [event], _SETTINGS)


def _others(aws: FarAws, asset: Path) -> Iterator[Measured]:
    """Measure the other functions and the command on an account of 20 Regions x 50 models."""
    regions, models = 20, 50
    aws.new_account()
    aws.set_catalog(_REGIONS[:regions], _models(models, models))
    stage = Stage(aws, asset, regions, models)
    now = datetime.now(UTC).replace(microsecond=0)
    stage.invoke("first poll", "notifier.poll", [_event(now)], _SETTINGS)
    for widget in ("timeline", "deadlines", "coverage", "alerts"):
        shown = {"widget": widget, "widgetContext": {"width": 1200, "theme": "light"}}
        yield stage.invoke(
            f"widget, {widget}", "notifier.dashboard", [shown] * _RUNS, {}, runs_of_one=True
        )
    yield stage.invoke("1,000 Health deliveries", "notifier.health", _deliveries(now), _SETTINGS)
    aws.set_catalog(_REGIONS, _models(models))
    aws.set_latency(0.2)
    yield _scan(replace(stage, regions=len(_REGIONS), latency=0.2))
    aws.set_latency(0)


def _deliveries(now: datetime) -> list[dict[str, Any]]:
    events = [
        FakeHealthEvent(
            arn=f"arn:aws:health:us-east-1::event/BEDROCK/AWS_BEDROCK_PLANNED/{n}",
            type_code="AWS_BEDROCK_PLANNED_LIFECYCLE_EVENT",
            category="scheduledChange",
            status="upcoming",
            region="us-east-1",
            updated=now,
            start=now + timedelta(days=60),
            description=f"acme.model-{n:04}-v1:0 reaches its end of life.",
        )
        for n in range(_EVENTS)
    ]
    records = [
        sqs_record(delivery, now)
        for n in range(_DELIVERIES)
        for delivery in as_eventbridge(events[n % _EVENTS], delivered_in="us-east-1")
    ]
    return [
        {"Records": records[start : start + _BATCH]} for start in range(0, len(records), _BATCH)
    ]


def _scan(stage: Stage) -> Measured:
    """Run the installed command as somebody does who has deployed nothing."""
    environment = stage.aws.environment({}) | {
        "PATH": os.environ["PATH"],
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    walls = []
    for _ in range(_RUNS):
        stage.aws.forget()
        began = time.perf_counter()
        done = subprocess.run(  # noqa: S603 our own command, and no shell
            [str(_COMMAND), "scan", "--json"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        walls.append(time.perf_counter() - began)
        if not done.stdout:
            raise RuntimeError(done.stderr)
    return Measured(
        "scan, whole process",
        stage.regions,
        stage.models,
        stage.latency,
        0,
        0,
        round(min(walls), 2),
        0,
        0,
        stage.aws.counted(),
    )


if __name__ == "__main__":
    typer.run(main)
