"""Any words after `bedrock-lifecycle`: an answer or one line, and never a traceback."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.main import get_command

from bedrock_lifecycle.app import EXAMPLES, app, main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Nothing listens there: whatever would ask AWS says at once that it cannot.
NOWHERE: Final = "http://127.0.0.1:9"


def _words() -> Iterator[str]:
    """Give every command and option there is, and what the examples say after them."""
    group = get_command(app)
    for command in [group, *group.commands.values()]:  # type: ignore[attr-defined]
        yield command.name or ""
        for parameter in command.params:
            yield from parameter.opts
    for examples in EXAMPLES.values():
        for example in examples:
            yield from shlex.split(example)


KNOWN: Final = sorted({word for word in _words() if word not in {"confirm", ">", "--help"}})
words = st.lists(st.sampled_from(KNOWN) | st.text(max_size=12), max_size=7)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in an empty folder, away from every AWS."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOWHERE)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words)
def test_any_words_end_in_an_answer_or_in_one_line(
    capsys: pytest.CaptureFixture[str], given_words: list[str]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["bedrock-lifecycle", *given_words])
        ended: int | str | None = 0
        try:
            main()
        except SystemExit as end:
            ended = end.code
    assert ended in {None, 0, 1, 2}
    said = capsys.readouterr()
    assert "Traceback" not in said.err + said.out
