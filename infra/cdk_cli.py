"""The locked CDK command line, run by the node that comes with the Python environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.account import Account

_PROJECT: Final = Path(__file__).resolve().parent.parent
# At the version that package.json names, by the hash in package-lock.json: it gets to see
# credentials that may do anything. npm's `latest` cannot read what this aws-cdk-lib writes.
_CLI: Final = _PROJECT / ".tools" / "node_modules" / "aws-cdk" / "bin" / "cdk"
# Where the CDK keeps what it builds; `make clean` removes it.
_KEPT: Final = _PROJECT / "cdk.out"
_LINES_SHOWN_OF_A_FAILURE: Final = 40


class CdkError(RuntimeError):
    """The CDK command line failed. Its text holds the end of what the CLI printed, if hidden."""


def run(
    arguments: Sequence[str],
    *,
    account: Account,
    settings: Mapping[str, object],
    environment: Mapping[str, str],
    quiet: bool,
) -> None:
    """Run one CDK command on the app, with the settings as context. Raises CdkError."""
    with tempfile.TemporaryDirectory(prefix="cdk-out-") as private:
        output = _KEPT
        if account.is_emulator:
            # The CLI locks its output; deployments to several must not wait for each other.
            output = Path(private)
            _share_packages(output)
        app = [
            *("--app", f'"{sys.executable}" app.py', "--output", str(output)),
            *(part for pair in _context(settings, account) for part in ("--context", pair)),
        ]
        _run([*arguments, *app], account, environment, quiet=quiet, folder=_PROJECT)


def _share_packages(output: Path) -> None:
    """Let the CLI find what it zipped for another emulator; it names each by what is inside."""
    packages = _KEPT / ".cache"
    packages.mkdir(parents=True, exist_ok=True)
    (output / packages.name).symlink_to(packages)


def bootstrap(account: Account, environment: Mapping[str, str], *, quiet: bool) -> None:
    """Make what the CDK needs in the account. Raises CdkError."""
    arguments = ["bootstrap", f"aws://{account.id}/{account.region}"]
    # Away from `cdk.json`, which would make the CLI synthesise an app that it has no use for.
    with tempfile.TemporaryDirectory(prefix="cdk-bootstrap-") as folder:
        _run(arguments, account, environment, quiet=quiet, folder=Path(folder))


def _run(
    arguments: Sequence[str],
    account: Account,
    environment: Mapping[str, str],
    *,
    quiet: bool,
    folder: Path,
) -> None:
    if not _CLI.exists():
        raise CdkError(f"{_CLI} is missing. Fix: make .tools/.cdk")
    with tempfile.TemporaryDirectory(prefix="cdk-home-") as home:
        done = subprocess.run(  # noqa: S603 - no shell; the CLI is locked, settings are validated
            ["node", str(_CLI), *arguments, "--no-notices", "--no-version-reporting"],  # noqa: S607 - from our own PATH
            check=False,
            cwd=folder,
            env=_environment(environment, account, home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
            text=True,
        )
    if done.returncode:
        shown = (done.stdout or "").strip().splitlines()[-_LINES_SHOWN_OF_A_FAILURE:]
        message = "\n".join([f"cdk {arguments[0]} failed (exit code {done.returncode})", *shown])
        raise CdkError(message)


def _context(settings: Mapping[str, object], account: Account) -> list[str]:
    wanted = dict(settings)
    if account.is_emulator:
        wanted["asset_target"] = "host"
    return [
        f"{key}={value if isinstance(value, str) else json.dumps(value)}"
        for key, value in wanted.items()
    ]


def _environment(environment: Mapping[str, str], account: Account, home: str) -> dict[str, str]:
    """Return the caller's environment, with which the CLI finds node and the same account."""
    here = str(Path(sys.executable).parent)
    added = {
        "PATH": os.pathsep.join([here, environment.get("PATH", os.defpath)]),
        "AWS_REGION": account.region,
        "AWS_DEFAULT_REGION": account.region,
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }
    if account.is_emulator:
        # The CLI remembers which account an access key belongs to. What it learns from an
        # emulator must not be believed when the same key is used elsewhere, nor the reverse.
        added["CDK_HOME"] = home
    return {**environment, **added}
