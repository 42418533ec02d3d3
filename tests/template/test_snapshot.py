"""The whole template, so that no change to it goes unseen.

After an intended change: UPDATE_SNAPSHOT=1 make test ARGS=tests/template/test_snapshot.py
"""

import json
import os
import re
from pathlib import Path
from typing import Final

from tests.template.stacks import variant

SNAPSHOT: Final = Path(__file__).with_name("template.snapshot.json")


def test_the_template_is_the_one_that_was_reviewed() -> None:
    template = _without_hashes(json.dumps(variant("default"), indent=1, sort_keys=True)) + "\n"
    if os.environ.get("UPDATE_SNAPSHOT"):
        SNAPSHOT.write_text(template, encoding="utf-8")

    assert template == SNAPSHOT.read_text(encoding="utf-8")


def _without_hashes(template: str) -> str:
    """Drop the asset's hash, which changes with every line of the functions' code."""
    return re.sub(r"\b[0-9a-f]{64}\.zip", "ASSET.zip", template)
