"""What pip and npm install, by the lock files: all at one version and known by its hashes."""

import json
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Final

import boto3
import pytest

from infra import asset, cdk_cli
from infra.account import Account

PROJECT: Final = Path(__file__).resolve().parents[2]
ASSET: Final = "lambdas/requirements"
EVERYTHING: Final = "requirements"
LOCKS: Final = (
    EVERYTHING,
    "requirements-deploy",
    "requirements-emulator",
    "requirements-audit",
    "requirements-mutants",
    ASSET,
)
ENTRY: Final = re.compile(
    r"(?P<name>[a-z0-9-]+)==(?P<version>[a-z0-9.]+)(?P<marker> ; [^\\]+)?"
    r"(?: +--hash=sha256:[0-9a-f]{64})+"
)


def entries(lock: str) -> list[re.Match[str]]:
    """Return each entry of a lock file; one that is not as it has to be fails the test."""
    written = re.sub(r" *#.*", "", (PROJECT / f"{lock}.txt").read_text()).replace("\\\n", " ")
    lines = [line.strip() for line in written.splitlines() if line.strip()]
    found = [ENTRY.fullmatch(line) for line in lines]
    assert None not in found, lines[found.index(None)]
    return [one for one in found if one]


def locked(lock: str) -> set[tuple[str, str]]:
    return {(one["name"], one["version"]) for one in entries(lock)}


def pinned(lock: str) -> set[tuple[str, str]]:
    """Return what a person wrote, with what it includes."""
    found: set[tuple[str, str]] = set()
    for line in (PROJECT / f"{lock}.in").read_text().splitlines():
        if line.startswith("-r "):
            found |= pinned(line.removeprefix("-r ").removesuffix(".in"))
        elif line.partition("#")[0].strip():
            name, _, version = line.partition("#")[0].strip().partition("==")
            found.add((name, version))
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_entry_has_one_version_and_hashes_and_no_index_is_named(lock: str) -> None:
    assert entries(lock)


@pytest.mark.parametrize("lock", LOCKS)
def test_what_is_pinned_is_what_is_locked(lock: str) -> None:
    """After a change of a pin, `make lock` was run."""
    assert pinned(lock) <= locked(lock)


@pytest.mark.parametrize("lock", ["requirements-deploy", ASSET])
def test_whoever_develops_has_what_is_deployed_with_and_what_is_deployed(lock: str) -> None:
    assert locked(lock) <= locked(EVERYTHING)


def test_mutants_meet_the_versions_that_are_tested() -> None:
    assert locked(EVERYTHING) <= locked("requirements-mutants")


def test_what_the_functions_run_on_does_not_depend_on_where_they_were_built() -> None:
    """Pip asks markers of the Python that it runs on, not of the one that it installs for."""
    assert [one["name"] for one in entries(ASSET) if one["marker"]] == []


def test_a_file_that_is_not_what_was_locked_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    wheel = tmp_path / "six-1.17.0-py2.py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as made:
        made.writestr("six.py", "print('taken over')\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setattr(asset, "_LOCKED", _only("six", tmp_path))

    with pytest.raises(subprocess.CalledProcessError):
        asset.build(asset.target_named("lambda"), tmp_path / "asset")

    assert "DO NOT MATCH THE HASHES" in capfd.readouterr().err
    assert not (tmp_path / "asset" / "six.py").exists()


def _only(name: str, folder: Path) -> Path:
    """Write a lock file with that one entry of the asset's."""
    (entry,) = (one for one in entries(ASSET) if one["name"] == name)
    file = folder / "only.txt"
    file.write_text(entry[0] + "\n")
    return file


def test_what_comes_from_npm_is_locked_too() -> None:
    wanted = json.loads((PROJECT / "package.json").read_text())
    packages = json.loads((PROJECT / "package-lock.json").read_text())["packages"]
    ours = packages.pop("")

    for kind in ("dependencies", "devDependencies"):
        assert ours[kind] == wanted[kind]
        for name, version in wanted[kind].items():
            assert packages[f"node_modules/{name}"]["version"] == version
    for package in packages.values():
        assert package["integrity"].startswith("sha512-")
        assert "resolved" not in package  # which would name an index


def test_without_the_locked_command_line_of_the_cdk_nothing_is_deployed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And none is fetched in its place."""
    monkeypatch.setattr(cdk_cli, "_CLI", tmp_path / "cdk")
    account = Account("123456789012", "us-east-1", endpoint=None, session=boto3.Session())

    with pytest.raises(cdk_cli.CdkError, match=r"cdk is missing. Fix: make .tools/.cdk"):
        cdk_cli.bootstrap(account, {}, quiet=True)
