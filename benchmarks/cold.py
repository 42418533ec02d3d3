"""Cold starts: how big the asset is, and what importing each function from it takes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore

from infra.asset import build as build_asset
from infra.asset import target_named

_RUNS = 5
_IMPORTS = 12
_HEAVIEST = 8
_IMPORT = """
import sys, time
began = time.process_time()
__import__(sys.argv[1])
print(time.process_time() - began)
"""
FUNCTIONS = ("notifier.poll", "notifier.health", "notifier.dashboard")
# Of the same version: what the functions carry and what is installed here are locked together.
_ALL_SERVICES = Path(botocore.__file__).parent / "data"


@dataclass(frozen=True)
class Assets:
    """The asset as it is deployed from this Python, and as it would be otherwise.

    `plain` has no bytecode; `whole` has all of botocore's data on services.
    """

    compiled: Path
    plain: Path
    whole: Path

    @property
    def kinds(self) -> dict[str, Path]:
        """Each folder by its name here."""
        return {"compiled": self.compiled, "plain": self.plain, "whole": self.whole}


def build(scratch: Path) -> Assets:
    """Build the asset, and copies that differ in one thing each."""
    found = Assets(scratch / "compiled", scratch / "plain", scratch / "whole")
    build_asset(target_named("host"), found.compiled)
    shutil.copytree(
        found.compiled, found.plain, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
    )
    shutil.copytree(found.compiled, found.whole)
    shutil.copytree(_ALL_SERVICES, found.whole / "botocore" / "data", dirs_exist_ok=True)
    return found


def starts(assets: Assets) -> dict[str, Any]:
    """Give CPU seconds of importing each function from each asset, the best of twelve.

    In turn, as this machine is faster at one time than at another.
    """
    every = [(kind, function) for kind in assets.kinds for function in FUNCTIONS]
    rounds = [
        {(kind, function): _import(function, assets.kinds[kind]) for kind, function in every}
        for _ in range(_IMPORTS)
    ]
    seconds = {
        kind: {function: min(one[kind, function] for one in rounds) for function in FUNCTIONS}
        for kind in assets.kinds
    }
    return {"import_cpu": seconds, "heaviest": _heaviest(assets.compiled)}


def _environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_REGION": "us-east-1",
        "POWERTOOLS_METRICS_NAMESPACE": "bench",
    }


def _import(function: str, folder: Path) -> float:
    done = subprocess.run(  # noqa: S603 ourselves, and no shell
        [sys.executable, "-S", "-P", "-c", _IMPORT, function],
        env=_environment(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    return round(float(done.stdout), 3)


def _heaviest(folder: Path) -> list[tuple[str, float]]:
    """Give the modules that take longest by themselves, in milliseconds."""
    done = subprocess.run(  # noqa: S603 ourselves, and no shell
        [sys.executable, "-S", "-P", "-X", "importtime", "-c", f"import {FUNCTIONS[0]}"],
        env=_environment(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    lines = re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)", done.stderr)
    ranked = sorted(((int(own) / 1000, name) for own, name in lines), reverse=True)
    return [(name, round(own, 1)) for own, name in ranked[:_HEAVIEST]]


def sizes(assets: Assets) -> dict[str, Any]:
    """Give MB unzipped and zipped of each, and of the parts of the one that is deployed.

    Also the CPU seconds that it takes to unpack each, the best of five.
    """
    found: dict[str, Any] = {kind: _sizes(folder) for kind, folder in assets.kinds.items()}
    parts = {part.name: _bytes(part) / 1e6 for part in assets.compiled.iterdir()}
    largest = sorted(parts.items(), key=lambda part: -part[1])[:_HEAVIEST]
    found["largest"] = [(name, round(size, 1)) for name, size in largest]
    return found


def _sizes(folder: Path) -> dict[str, float]:
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                archive.write(path, path.relative_to(folder))
        zipped = file.tell()
        unpacked = min(_unpacked_in(zipfile.ZipFile(file)) for _ in range(_RUNS))
    return {
        "unzipped_mb": round(_bytes(folder) / 1e6, 1),
        "zipped_mb": round(zipped / 1e6, 1),
        "unpack_cpu": round(unpacked, 2),
    }


def _unpacked_in(archive: zipfile.ZipFile) -> float:
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        archive.extractall(folder)
        return time.process_time() - began


def _bytes(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())
