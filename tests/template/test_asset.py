"""The asset, really built (for this machine's Python)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from infra import asset as module
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


def test_another_build_takes_the_same_dependencies_until_they_are_pinned_anew(
    asset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise LookupError("dependencies were installed")

    monkeypatch.setattr(module, "_install_dependencies", refused)
    build(target_named("host"), tmp_path / "again")
    assert files(tmp_path / "again") == files(asset)

    pinned = tmp_path / "requirements.txt"
    pinned.write_text(module._REQUIREMENTS.read_text() + "six\n")  # noqa: SLF001
    monkeypatch.setattr(module, "_REQUIREMENTS", pinned)
    with pytest.raises(LookupError):
        build(target_named("host"), tmp_path / "anew")


def test_what_an_account_gets_is_always_installed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[Path] = []
    monkeypatch.setattr(module, "_install_dependencies", lambda _, folder: installed.append(folder))

    build(target_named("lambda"), tmp_path)

    assert installed == [tmp_path]


def files(folder: Path) -> dict[str, int]:
    """Give the size of every file below a folder, by its path; importing leaves bytecode there."""
    return {
        str(file.relative_to(folder)): file.stat().st_size
        for file in folder.rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }


def test_a_build_for_one_target_is_never_taken_for_another() -> None:
    assert target_named("lambda").label == "python3.14 arm64"
    assert target_named("host").label != target_named("lambda").label
