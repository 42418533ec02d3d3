"""The asset, really built (for this machine's Python)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from infra.asset import build, target_named

_DATES: Final = """
import json, sys
sys.path[:0] = [sys.argv[1]]
import botocore.session
client = botocore.session.get_session().create_client("bedrock", region_name="us-east-1")
shapes = client.meta.service_model
members = shapes.shape_for("FoundationModelLifecycle").members
print(json.dumps({"from": botocore.__file__, "members": list(members)}))
"""


@pytest.fixture(scope="module")
def asset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asset")
    build(target_named("host"), folder)
    return folder


def test_the_bundled_sdk_knows_the_lifecycle_dates(asset: Path) -> None:
    """An older botocore drops them without a word, and no alert would ever be sent."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", _DATES, str(asset)], capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout)

    assert answer["from"].startswith(str(asset))
    assert {"endOfLifeTime", "legacyTime", "publicExtendedAccessTime", "startOfLifeTime"} <= set(
        answer["members"]
    )


def test_the_package_is_in_it_without_what_this_machine_left_there(asset: Path) -> None:
    assert (asset / "notifier" / "settings.py").exists()
    assert not list((asset / "notifier").rglob("__pycache__"))
    assert not list((asset / "notifier").rglob("*.pyc"))


def test_a_build_for_one_target_is_never_taken_for_another() -> None:
    assert target_named("lambda").label == "python3.14 arm64"
    assert target_named("host").label != target_named("lambda").label
