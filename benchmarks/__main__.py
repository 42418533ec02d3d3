"""`make bench`: what the deployed function does in a poll, by Regions, and how long it takes.

Scenarios: the first poll (which reads what is used, and looks back), a quiet poll, and the first
poll of the next day (which reads what is used again); and a scan by the command line, with each
call as far away as AWS is. Everything is on this machine: times are
those of loopback and of an emulator, calls and rows are those of AWS.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from infra.config import bedrock_regions
from local_aws.cloud import local_cloud
from local_aws.emulator import ADMINISTRATOR
from local_aws.fake_bedrock import FoundationModel, SystemProfile, model_arn
from local_aws.forwarding import Request, Response, Server, forward
from local_aws.gateway import CannedAnswer

if TYPE_CHECKING:
    from local_aws.cloud import LocalCloud

_REGIONS = [region for region in bedrock_regions() if "gov" not in region and "eusc" not in region]
_COMMAND = Path(sys.executable).with_name("bedrock-lifecycle")
_START = datetime(2026, 10, 1, 9, tzinfo=UTC)
_PROFILES, _GLOBAL = 55, 5
_OF_ONE = re.compile(r"(?<=[a-z]/)[^/]+/$")
_USED = 5
_EMPTY = {
    "POST /agents/": "agentSummaries",
    "POST /knowledgebases/": "knowledgeBaseSummaries",
    "GET /flows/": "flowSummaries",
    "GET /prompts/": "promptSummaries",
    "GET /custom-models": "modelSummaries",
    "GET /model-invocation-jobs": "invocationJobSummaries",
    "GET /prompt-routers": "promptRouterSummaries",
    "GET /provisioned-model-throughputs": "provisionedModelSummaries",
}


@dataclass(frozen=True)
class Measured:
    """One poll: seconds from invocation to answer, AWS calls by operation, rows written."""

    scenario: str
    regions: int
    models: int
    seconds: float
    calls: dict[str, int]
    rows_written: int


def main(
    regions: Annotated[str, typer.Option(help="Numbers of Regions, separated by commas.")] = (
        "1,8,31"
    ),
    models: Annotated[int, typer.Option(help="Models in each Region.")] = 150,
    latency_ms: Annotated[
        int, typer.Option(help="How far away AWS is for a scan, in milliseconds a call.")
    ] = 200,
    out: Annotated[Path, typer.Option("--json", help="Where the figures go.")] = Path(
        "benchmarks.json"
    ),
) -> None:
    """Measure polls of the deployed function over a local AWS."""
    console = Console(width=None if Console().is_terminal else 120)
    found: list[Measured] = []
    for number in (int(part) for part in regions.split(",")):
        console.print(f"… {number} Regions of {models} models", style="dim")
        found += _measure(_REGIONS[:number], models)
        console.print(f"… a scan of {number} Regions, {latency_ms} ms away", style="dim")
        found.append(_scan(_REGIONS[:number], models, latency_ms / 1000))
    console.print(_table(found))
    out.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n", encoding="utf-8")
    console.print(f"The figures are in {out}.", style="dim")


def _measure(regions: list[str], models: int) -> list[Measured]:
    settings = {"emails": "you@example.com", "regions": ",".join(regions)}
    with local_cloud(settings) as cloud:
        _set_stage(cloud, regions, models)
        polls = {
            "first poll, reads use": _START,
            "quiet poll": _START + timedelta(hours=1),
            "next day, reads use": _START + timedelta(days=1),
        }
        return [_poll(cloud, name, at, len(regions), models) for name, at in polls.items()]


class _FarAway(Server):
    """The way to all that is not Bedrock, which has a way of its own: each call takes one of them.

    The gateway behind it answers Bedrock's fake as well, which must not take twice as long.
    """

    def __init__(self, upstream: str, latency: float) -> None:
        super().__init__()
        self._upstream = upstream
        self.latency_seconds = latency

    def answer(self, request: Request) -> Response | None:
        """Pass it on."""
        return forward(request, self._upstream)


def _scan(regions: list[str], models: int, latency: float) -> Measured:
    """Run the installed command as somebody does who has deployed nothing."""
    with (
        local_cloud({"emails": "you@example.com"}) as cloud,
        _FarAway(cloud.gateway.endpoint_url, latency) as elsewhere,
    ):
        _set_stage(cloud, regions, models)
        cloud.bedrock.set_time(_START)
        cloud.gateway.forget()
        cloud.bedrock.forget_calls()
        _answer_in_place_of_emulator(cloud)
        cloud.bedrock.latency_seconds = latency
        began = time.perf_counter()
        done = subprocess.run(  # noqa: S603 our own command, and no shell
            [str(_COMMAND), "scan", "--json"],
            env={
                **ADMINISTRATOR,
                "PATH": os.environ["PATH"],
                "AWS_REGION": regions[0],
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "AWS_ENDPOINT_URL": elsewhere.endpoint_url,
                "AWS_ENDPOINT_URL_BEDROCK": cloud.bedrock.endpoint_url,
                "BEDROCK_LIFECYCLE_NOW": _START.isoformat(),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - began
        if not done.stdout:
            raise RuntimeError(done.stderr)
        calls = _calls(cloud)
    return Measured("scan", len(regions), models, round(seconds, 2), calls, 0)


def _answer_in_place_of_emulator(cloud: LocalCloud) -> None:
    """Let listings that are empty come from the gateway: the emulator would be what is measured."""
    for path, name in _EMPTY.items():
        answer = CannedAnswer(json.dumps({name: []}).encode(), "application/json")
        cloud.gateway.inject("bedrock", path, answer, times=None)


def _set_stage(cloud: LocalCloud, regions: list[str], models: int) -> None:
    listed = [
        FoundationModel(id=f"acme.model-{n:04}-v1:0", name=f"Model {n}", provider="Acme")
        for n in range(models)
    ]
    for region in regions:
        cloud.bedrock.set_catalog(region, listed)
        arns = {
            # Most profiles lead to a few Regions, some to all.
            one.id: tuple(model_arn(of, one.id) for of in (regions if n < _GLOBAL else regions[:3]))
            for n, one in enumerate(listed)
        }
        cloud.bedrock.set_system_profiles(
            region,
            [
                SystemProfile(f"global.{one.id}", f"Global {one.name}", arns[one.id])
                for one in listed[:_PROFILES]
            ],
        )
    for one in listed[:_USED]:
        day = (_START - timedelta(days=1)).date()
        cloud.account.invoked(regions[0], f"global.{one.id}", day, invocations=100)
    cloud.account.create_agent(regions[0], "agent", listed[0].id)


def _poll(cloud: LocalCloud, name: str, at: datetime, regions: int, models: int) -> Measured:
    cloud.gateway.forget()
    cloud.bedrock.forget_calls()
    began = time.perf_counter()
    answer = cloud.poll(at)
    seconds = time.perf_counter() - began
    if answer.function_error:
        raise RuntimeError(answer.payload)
    calls = _calls(cloud)
    written = answer.payload["rows_written"]
    return Measured(name, regions, models, round(seconds, 2), calls, written)


def _calls(cloud: LocalCloud) -> dict[str, int]:
    calls = Counter[str]()
    for (operation, _), count in cloud.bedrock.all_calls().items():
        calls[operation] += count
    for (service, action), count in cloud.gateway.all_calls().items():
        if service != "lambda" and not _is_forwarded(service, action):
            # The ids of agents and their like are no operations of their own.
            calls[f"{service} {_OF_ONE.sub('*', action)}"] += count
    return dict(sorted(calls.items()))


def _is_forwarded(service: str, action: str) -> bool:
    """Say whether Bedrock's fake, which counts it too, passed the call on."""
    agents = ("/agents", "/prompts", "/flows", "/knowledgebases")
    return service == "bedrock" and not any(part in action for part in agents)


def _table(found: list[Measured]) -> Table:
    table = Table(title="Polls of the deployed function")
    for heading in ("scenario", "Regions", "models", "seconds", "rows written", "calls"):
        table.add_column(heading, overflow="fold")
    for one in found:
        calls = ", ".join(f"{count} {name}" for name, count in one.calls.items())
        table.add_row(
            one.scenario,
            str(one.regions),
            str(one.models),
            f"{one.seconds:.2f}",
            str(one.rows_written),
            f"{sum(one.calls.values())}: {calls}",
        )
    return table


if __name__ == "__main__":
    typer.run(main)
