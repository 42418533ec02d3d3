"""The audit of the lock files: when it fails, and that silence is no good news."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

PROJECT: Final = Path(__file__).resolve().parents[2]
KNOWN: Final = {"name": "six", "version": "1.17.0", "vulns": []}
UNKNOWN: Final = {"name": "boto3", "skip_reason": "Dependency not found on PyPI"}
VULNERABLE: Final = {
    "name": "jinja2",
    "version": "2.4.1",
    "vulns": [
        {"id": "PYSEC-2014-8", "aliases": ["CVE-2014-1402"], "fix_versions": ["2.7.2"]},
        {"id": "PYSEC-2099-1", "aliases": [], "fix_versions": []},
    ],
}
# In the place of pip-audit, which would ask a service: says what the file that it is given holds.
STAND_IN: Final = """
import json, pathlib, sys
said = json.loads(pathlib.Path(sys.argv[-1]).read_text())
print(said["report"])
print(said["words"], file=sys.stderr)
sys.exit(said["code"])
"""
FOUND_LINES: Final = [
    "VULNERABLE jinja2 2.4.1: PYSEC-2014-8 CVE-2014-1402, fixed in 2.7.2",
    "VULNERABLE jinja2 2.4.1: PYSEC-2099-1, fixed in no version",
]
SILENT: Final = "NOT AUDITED: the vulnerability service did not answer about"


def report(*entries: dict[str, Any], code: int = 0) -> dict[str, Any]:
    return {"report": json.dumps({"dependencies": entries}), "words": "No known", "code": code}


def death(words: str) -> dict[str, Any]:
    return {"report": "", "words": f"Traceback\n{words}", "code": 1}


OFFLINE: Final = death("requests.exceptions.ConnectionError: Failed to resolve")


@pytest.mark.parametrize(
    ("said", "code", "lines"),
    [
        pytest.param(
            [report(KNOWN)], 0, ["audited: no vulnerability is known of 1 package"], id="clean"
        ),
        pytest.param(
            [report(KNOWN), report(VULNERABLE, code=1)],
            1,
            [*FOUND_LINES, "audited: no vulnerability is known of 1 package"],
            id="a finding in one of the files",
        ),
        pytest.param(
            [report(UNKNOWN)], 3, [f"{SILENT} 1 package (boto3)"], id="asked, and not answered"
        ),
        pytest.param([OFFLINE], 3, [f"{SILENT} 1 lock file"], id="no network"),
        pytest.param(
            [OFFLINE, report(VULNERABLE, UNKNOWN, code=1)],
            1,
            [*FOUND_LINES, f"{SILENT} 1 lock file and 1 package (boto3)"],
            id="a finding before the network went",
        ),
        pytest.param(
            [death("ERROR:pip_audit._cli:requirement six does not contain a hash")],
            1,
            ["NOT AUDITED 0.txt: ERROR:pip_audit._cli:requirement six does not contain a hash"],
            id="a file that is not locked is a failure and no want of a network",
        ),
    ],
)
def test_it_fails_for_what_it_found_and_tells_silence_from_good_news(
    said: list[dict[str, Any]], code: int, lines: list[str], tmp_path: Path
) -> None:
    assert audited(said, tmp_path) == (code, lines)
    # Where a network may be missing, silence is said and does not fail; all else fails as before.
    assert audited(said, tmp_path, "--or-go-on") == (0 if code == 3 else code, lines)


def audited(said: list[dict[str, Any]], folder: Path, *options: str) -> tuple[int, list[str]]:
    (folder / "pip_audit.py").write_text(STAND_IN)
    locks = [f"{number}.txt" for number in range(len(said))]
    for lock, words in zip(locks, said, strict=True):
        (folder / lock).write_text(json.dumps(words))
    done = subprocess.run(
        [sys.executable, "-m", "infra.audit", *options, *locks],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{PROJECT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()
