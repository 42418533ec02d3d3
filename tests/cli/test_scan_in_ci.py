"""The workflow of the documentation: one that can be read, and runs what the command line knows."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any, Final

import pytest
import yaml  # type: ignore[import-untyped]
from typer.testing import CliRunner

from bedrock_lifecycle.app import app

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"


def workflow() -> dict[str, Any]:
    text = (DOCS / "bedrock-lifecycle-scan.yml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def test_it_asks_for_no_more_than_it_needs() -> None:
    assert workflow()["permissions"] == {
        "contents": "read",
        "id-token": "write",
        "security-events": "write",
    }


def test_its_command_is_one_that_the_command_line_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    (step,) = [one for one in workflow()["jobs"]["scan"]["steps"] if one.get("name") == "Scan"]
    words = shlex.split(step["run"])
    command = words[words.index("bedrock-lifecycle") + 1 : words.index(">")]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    result = CliRunner().invoke(app, command)

    # It gets as far as asking who we are: nothing about its options is amiss.
    assert "sts:GetCallerIdentity" in str(result.exception)
    assert CliRunner().invoke(app, [*command, "--no-such-option"]).exit_code == 2


@pytest.mark.parametrize("page", ["scan-in-ci.md", "command-line.md"])
def test_every_option_of_a_scan_that_a_page_names_exists(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    named = {
        option
        for option in ("--fail-within", "--path", "--exclude", "--ignore", "--format", "--regions")
        if option in text
    }

    helped = CliRunner().invoke(app, ["scan", "--help"], env={"COLUMNS": "200"}).output

    assert named
    assert all(option in helped for option in named)
