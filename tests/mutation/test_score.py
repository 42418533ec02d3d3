"""What counts as noticed: only what a test has shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.mutation.__main__ import score_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("codes", "percent"),
    [
        pytest.param([1, 1, 3, 1], 100, id="a test fails, or pytest itself does"),
        pytest.param([1, -24, 1, 1], 100, id="the tests never end"),
        pytest.param([1, 0, 1, 1], 75, id="all pass"),
        pytest.param([1, 33, 1, 1], 75, id="no test gets there"),
        pytest.param([1, None, None, None], 25, id="the run was broken off"),
        pytest.param([1, 4, -11, 1], 50, id="pytest was called wrongly, the interpreter crashed"),
        pytest.param([], 0, id="nothing was broken"),
    ],
)
def test_the_score(tmp_path: Path, codes: list[int | None], percent: float) -> None:
    kept = tmp_path / "mutants" / "notifier" / "decide.py.meta"
    kept.parent.mkdir(parents=True)
    ends = {f"notifier.decide.x_{n}": code for n, code in enumerate(codes)}
    kept.write_text(json.dumps({"exit_code_by_key": ends}))

    score = score_of(tmp_path)

    assert score.percent == percent
    assert len(score.unnoticed()) == round(len(codes) * (100 - percent) / 100)
