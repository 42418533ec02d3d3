"""`python -m infra.deploy` up to the point where it needs an account (the rest is end to end)."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import boto3
import pytest

from infra import deploy
from infra.account import Account

PROJECT: Final = Path(__file__).resolve().parents[2]
ACCOUNT: Final = Account("123456789012", "us-east-1", None, boto3.Session())


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "deploy.json"
    monkeypatch.setattr(deploy, "_REMEMBERED", file)
    return file


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        pytest.param([], "nobody would hear an alert: give at least one address", id="no channel"),
        pytest.param(
            ["--email", "a@b.co", "--set", "poll_rate_minutes=3"],
            'poll_rate_minutes: "3" is not accepted; give a whole number of minutes from 5 to 1440',
            id="a wrong value",
        ),
        pytest.param(
            ["--email", "a@b.co", "--set", "owner=me"],
            "owner: there is no such setting; the settings are emails, regions",
            id="a name that is none",
        ),
        pytest.param(
            ["--email", "a@b.co", "--set", "kms_key"],
            '--set: "kms_key" is not accepted; give KEY=VALUE',
            id="no value",
        ),
    ],
)
def test_refused_in_one_line(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.main(arguments) == 1

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(line)
    assert told.err.count("\n") == 1


def test_without_credentials_it_says_so_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.deploy", "--email", "a@b.co"],
        cwd=PROJECT,
        env={
            "PATH": os.environ["PATH"],
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("no AWS credentials that work")
    assert done.stderr.count("\n") == 1


@pytest.mark.usefixtures("memory")
def test_an_upgrade_without_arguments_keeps_what_was_given() -> None:
    deploy._remember(ACCOUNT, {"emails": "a@b.co", "reminder_hour_utc": "7"})  # noqa: SLF001

    assert deploy._remembered(ACCOUNT) == {"emails": "a@b.co", "reminder_hour_utc": "7"}  # noqa: SLF001


@pytest.mark.usefixtures("memory")
def test_accounts_and_regions_are_remembered_apart() -> None:
    elsewhere = Account("123456789012", "eu-west-1", None, boto3.Session())
    deploy._remember(ACCOUNT, {"emails": "a@b.co"})  # noqa: SLF001
    deploy._remember(elsewhere, {"emails": "c@d.org"})  # noqa: SLF001

    assert deploy._remembered(ACCOUNT) == {"emails": "a@b.co"}  # noqa: SLF001
    assert deploy._remembered(elsewhere) == {"emails": "c@d.org"}  # noqa: SLF001


@pytest.mark.parametrize(
    ("endpoint", "emulator"),
    [
        (None, False),
        ("http://127.0.0.1:4566", True),
        ("http://localhost:4566", True),
        ("https://vpce-1.example.com", False),
    ],
)
def test_only_a_loopback_endpoint_is_an_emulator(endpoint: str | None, emulator: bool) -> None:  # noqa: FBT001 - a column of the case table
    assert Account("123456789012", "us-east-1", endpoint, boto3.Session()).is_emulator is emulator
