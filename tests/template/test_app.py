"""`app.py` as the CDK runs it: in a process of its own, with settings as context."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[2]

# Runs the app in a process in which every attempt to open a connection fails.
_OFFLINE: Final = """
import runpy, socket
def refuse(*_):
    raise AssertionError("a connection was opened")
socket.socket.connect = socket.socket.connect_ex = refuse
runpy.run_path("app.py", run_name="__main__")
"""


def _run(folder: Path, **context: object) -> subprocess.CompletedProcess[str]:
    document = {**_cdk_json(), **context, "aws:cdk:bundling-stacks": []}
    return subprocess.run(
        [sys.executable, "-c", _OFFLINE],
        cwd=PROJECT,
        env={
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],  # jsii unpacks its libraries there, once
            **dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), os.devnull),
            "CDK_OUTDIR": str(folder / "out"),
            "CDK_CONTEXT_JSON": json.dumps(document),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def _cdk_json() -> dict[str, object]:
    context: dict[str, object] = json.loads((PROJECT / "cdk.json").read_text())["context"]
    return context


def test_synthesises_without_credentials_and_without_a_connection(tmp_path: Path) -> None:
    done = _run(tmp_path)

    assert done.returncode == 0, done.stderr
    assert {file.name for file in (tmp_path / "out").glob("*.template.json")} == {
        "BedrockLifecycleNotifier.template.json",
        "BedrockLifecycleNotifier-HealthForwarder-us-west-2.template.json",
    }


def test_a_wrong_setting_stops_it_with_one_line_before_anything_is_synthesised(
    tmp_path: Path,
) -> None:
    done = _run(tmp_path, poll_rate_minutes="3")

    assert done.returncode == 1
    assert done.stderr.strip() == (
        'poll_rate_minutes: "3" is not accepted; give a whole number of minutes from 5 to 1440'
    )
    assert not list(tmp_path.glob("out/*.template.json"))


def test_what_an_imported_key_needs_is_printed(tmp_path: Path) -> None:
    arn = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    done = _run(tmp_path, kms_key=arn)
    assert done.returncode == 0, done.stderr

    stored = (tmp_path / "out").glob("*.json")
    told = "".join(file.read_text(encoding="utf-8") for file in stored)
    assert "cloudwatch.amazonaws.com" in told
    assert "events.amazonaws.com" in told
    assert "logs.us-east-1.amazonaws.com" in told
    assert "arn:aws:logs:us-east-1:123456789012:log-group:*" in told
