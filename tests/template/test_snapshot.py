"""The whole templates, so that no change to them goes unseen.

After an intended change: UPDATE_SNAPSHOT=1 make test ARGS=tests/template/test_snapshot.py
"""

import json
import os
import re
from pathlib import Path
from typing import Final

import pytest

from infra.stack_name import STACK_NAME
from tests.template.stacks import FORWARDER, USER_NOTIFICATIONS, every

HERE: Final = Path(__file__).parent


@pytest.mark.parametrize(
    ("file", "variant", "stacks"),
    [
        pytest.param("template.snapshot.json", "default", [STACK_NAME], id="main stack"),
        pytest.param(
            "side_stacks.snapshot.json",
            "everything",
            [FORWARDER, USER_NOTIFICATIONS],
            id="stacks beside it",
        ),
    ],
)
def test_the_template_is_the_one_that_was_reviewed(
    file: str, variant: str, stacks: list[str]
) -> None:
    made = {name: every(variant)[name] for name in stacks}
    shown = made.get(STACK_NAME, made)
    template = _lasting(json.dumps(shown, indent=1, sort_keys=True)) + "\n"
    if os.environ.get("UPDATE_SNAPSHOT"):
        (HERE / file).write_text(template, encoding="utf-8")

    assert template == (HERE / file).read_text(encoding="utf-8")


def _lasting(template: str) -> str:
    """Drop what changes with every line of the functions' code, or with every release."""
    unhashed = re.sub(r"\b[0-9a-f]{64}\.zip", "ASSET.zip", template)
    return re.sub(r'"VERSION": "\d[\w.]*"', '"VERSION": "N"', unhashed)
