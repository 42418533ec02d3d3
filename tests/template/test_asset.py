"""The asset, really built: for Lambda, and for this machine's Python."""

import gzip
import json
import os
import re
import subprocess
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import botocore
import pytest

from infra import asset as module
from infra import botocore_data
from infra.asset import build, target_named
from infra.botocore_data import CALLED, only
from infra.template import template

BOTOCORE: Final = Path(botocore.__file__).parent
PROJECT: Final = Path(__file__).resolve().parents[2]
LAMBDAS: Final = PROJECT / "lambdas"
LIST: Final = PROJECT / "docs" / "asset.txt"
_DATES: Final = """
import json, sys
sys.path[:0] = [sys.argv[1]]
import botocore.session
client = botocore.session.get_session().create_client("bedrock", region_name="us-east-1")
shapes = client.meta.service_model
members = shapes.shape_for("FoundationModelLifecycle").members
print(json.dumps({"from": botocore.__file__, "members": list(members)}))
"""
_OPERATIONS: Final = """
import json, sys
sys.path[:0] = [sys.argv[1]]
import botocore.session
session = botocore.session.get_session()
print(json.dumps({
    name: sorted(session.get_service_model(name).operation_names) for name in sys.argv[2:]
}))
"""
_ENDPOINTS: Final = """
import json, sys
sys.path[:0] = [sys.argv[1]]
import botocore.session
session = botocore.session.get_session()
found = {}
for service in sys.argv[2:]:
    regions = {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions(service, partition)
    }
    found[service] = {}
    for region in sorted(regions):
        made = session.create_client(service, region_name=region).meta
        signature = made.config.signature_version
        found[service][region] = [made.endpoint_url, made.region_name, signature]
print(json.dumps(found))
"""

# The compiler is asked for nothing that lies in the asset.
_COMPILED: Final = """
import importlib._bootstrap_external as loading, json, sys
sys.path[:0] = [sys.argv[1]]
compiled = []
compile_source = loading.SourceLoader.source_to_code
def noted(self, data, path, *rest, **options):
    compiled.append(path)
    return compile_source(self, data, path, *rest, **options)
loading.SourceLoader.source_to_code = noted
import notifier.poll, notifier.health, notifier.dashboard
print(json.dumps([path for path in compiled if path.startswith(sys.argv[1])]))
"""


@pytest.fixture(scope="module")
def host_asset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("host")
    build(target_named("host"), folder)
    return folder


@pytest.fixture(scope="module")
def lambda_asset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lambda")
    build(target_named("lambda"), folder)
    return folder


@pytest.fixture(params=["host_asset", "lambda_asset"])
def asset(request: pytest.FixtureRequest) -> Path:
    built: Path = request.getfixturevalue(request.param)
    return built


def test_the_bundled_sdk_knows_the_lifecycle_dates(asset: Path) -> None:
    """An older botocore drops them without a word, and no alert would ever be sent."""
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", _DATES, str(asset)],
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)

    assert answer["from"].startswith(str(asset))
    assert {"endOfLifeTime", "legacyTime", "publicExtendedAccessTime", "startOfLifeTime"} <= set(
        answer["members"]
    )


def test_what_is_in_it_is_what_the_documentation_lists_and_the_lock_file_allows(
    asset: Path,
) -> None:
    listed = sorted(LIST.read_text().splitlines())
    built = sorted(f"{one.name}=={one.version}".replace("_", "-") for one in bundled(asset))

    assert built == listed
    assert sorted(re.findall(r"^[^\s#]+==\S+", module._LOCKED.read_text(), re.MULTILINE)) == listed  # noqa: SLF001


def test_of_botocores_400_services_it_holds_the_operations_that_are_called(asset: Path) -> None:
    """What is not in it is not fetched, nor unpacked, at a cold start."""
    data = asset / "botocore" / "data"
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", _OPERATIONS, str(asset), *CALLED],
        capture_output=True,
        text=True,
        check=True,
    )

    assert {path.name for path in data.iterdir() if path.is_dir()} == CALLED.keys()
    assert json.loads(done.stdout) == {name: sorted(called) for name, called in CALLED.items()}


@pytest.mark.parametrize("service", CALLED)
def test_what_it_says_of_them_is_what_botocore_says(asset: Path, service: str) -> None:
    """Every shape that they speak of, as it was; no other."""
    whole = _description(BOTOCORE / "data", service)
    held = _description(asset / "botocore" / "data", service)

    assert held["operations"].items() <= whole["operations"].items()
    assert held["shapes"].items() <= whole["shapes"].items()
    assert {**whole, "operations": held["operations"], "shapes": held["shapes"]} == held
    named = set(re.findall(r'"shape": "(\w+)"', json.dumps([held["operations"], held["shapes"]])))
    assert named == held["shapes"].keys()


def test_it_knows_the_endpoints_of_the_services_as_botocore_does(asset: Path) -> None:
    done = [
        subprocess.run(
            [sys.executable, "-I", "-B", "-c", _ENDPOINTS, str(folder), *CALLED],
            capture_output=True,
            text=True,
            check=True,
        )
        for folder in (asset, BOTOCORE.parent)
    ]
    held, whole = (json.loads(one.stdout) for one in done)

    assert held == whole
    assert set(held) == CALLED.keys()
    assert "us-gov-west-1" in held["bedrock"]
    assert (asset / "botocore" / "data" / "endpoints.json").stat().st_size < 100_000


def test_the_same_goes_in_whenever_it_is_built(asset: Path) -> None:
    """The format has a time in it, from its fifth byte to its eighth."""
    descriptions = list((asset / "botocore" / "data").glob("*/*/service-2.json.gz"))

    assert {file.read_bytes()[4:8] for file in descriptions} == {bytes(4)}


def test_a_shape_stays_however_deep_it_lies_and_one_that_holds_itself_ends() -> None:
    description = {
        "version": "2.0",
        "operations": {
            "Get": {"output": {"shape": "Answer"}, "errors": [{"shape": "Denied"}]},
            "Put": {"input": {"shape": "Wish"}},
        },
        "shapes": {
            "Answer": {"type": "structure", "members": {"shape": {"shape": "Tree"}}},
            "Denied": {"type": "structure", "members": {}},
            "Leaf": {"type": "string"},
            "Tree": {"type": "map", "key": {"shape": "Leaf"}, "value": {"shape": "Tree"}},
            "Wish": {"type": "structure", "members": {"of": {"shape": "Leaf"}}},
        },
    }

    kept = only(description, {"Get"})

    assert kept["version"] == "2.0"
    assert list(kept["operations"]) == ["Get"]
    assert list(kept["shapes"]) == ["Answer", "Denied", "Leaf", "Tree"]


def test_what_is_called_and_botocore_does_not_know_fails_the_build() -> None:
    with pytest.raises(KeyError, match="Gte"):
        only({"operations": {"Get": {}}, "shapes": {}}, {"Gte"})


def _description(data: Path, service: str) -> dict[str, Any]:
    newest = max((data / service).glob("*/service-2.json.gz"))
    found: dict[str, Any] = json.loads(gzip.decompress(newest.read_bytes()))
    return found


def test_nothing_else_is_in_it_than_these_and_our_package(asset: Path) -> None:
    known = {file.parts[0] for one in bundled(asset) for file in one.files or ()}
    # What a distribution calls a script, pip puts elsewhere than its record says.
    ours = {"notifier", "bin", "__pycache__"}
    assert {path.name for path in asset.iterdir()} <= known | ours
    assert {path.name for path in (asset / "bin").iterdir()} - {"__pycache__"} == {"jp.py"}


def test_of_ours_it_holds_the_code_and_nothing_else(asset: Path) -> None:
    """No test, document, credential, hidden file, nor what this machine left there."""
    assert files(asset / "notifier") == files(LAMBDAS / "notifier")


def test_what_somebody_left_beside_the_code_stays_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "lambdas" / "notifier"
    left = (".env", ".aws/credentials", "notes.md", "poll.py~", "__pycache__/poll.py", "key.pem")
    for name in ("poll.py", "render/words.py", *left):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("SECRET = 1\n")
    monkeypatch.setattr(module, "_LAMBDAS", tmp_path / "lambdas")
    monkeypatch.setattr(module, "_install_dependencies", lambda *_: None)

    build(target_named("lambda"), tmp_path / "asset")

    assert files(tmp_path / "asset").keys() == {"notifier/poll.py", "notifier/render/words.py"}


def test_bytecode_goes_in_where_it_can_be_made_and_nothing_is_compiled_at_a_cold_start(
    host_asset: Path, lambda_asset: Path
) -> None:
    """Whatever times the files are given, as an asset gives all of them one."""
    for file in host_asset.rglob("*.py"):
        os.utime(file, (0, 0))
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", _COMPILED, str(host_asset)],
        capture_output=True,
        text=True,
        check=True,
        env={"AWS_DEFAULT_REGION": "us-east-1", "POWERTOOLS_METRICS_NAMESPACE": "n"},
    )
    answer = json.loads(done.stdout)

    assert answer == []
    # Nobody's folder stands in what others run.
    for compiled in host_asset.rglob("*.pyc"):
        assert str(host_asset).encode() not in compiled.read_bytes()
        assert str(PROJECT).encode() not in compiled.read_bytes()
    if not target_named("lambda").is_compiled:
        assert list(lambda_asset.rglob("*.pyc")) == []


def test_what_is_compiled_is_compiled_for_lambda(lambda_asset: Path) -> None:
    compiled = {path.name for path in lambda_asset.rglob("*.so")}
    assert compiled == {"_pydantic_core.cpython-314-aarch64-linux-gnu.so"}


def bundled(asset: Path) -> list[Distribution]:
    return list(distributions(path=[str(asset)]))


def test_another_build_takes_the_same_dependencies_until_they_are_locked_anew(
    host_asset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise LookupError("dependencies were installed")

    monkeypatch.setattr(module, "_install_dependencies", refused)
    build(target_named("host"), tmp_path / "again")
    assert files(tmp_path / "again") == files(host_asset)

    locked = tmp_path / "requirements.txt"
    locked.write_text(module._LOCKED.read_text() + "six\n")  # noqa: SLF001
    monkeypatch.setattr(module, "_LOCKED", locked)
    with pytest.raises(LookupError):
        build(target_named("host"), tmp_path / "anew")


def test_what_an_account_gets_is_always_installed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[Path] = []
    monkeypatch.setattr(module, "_install_dependencies", lambda _, folder: installed.append(folder))

    build(target_named("lambda"), tmp_path)

    assert installed == [tmp_path]


def files(folder: Path, *, bytecode: bool = False) -> dict[str, int]:
    """Give the size of every file below a folder, by its path; importing leaves bytecode there."""
    return {
        str(file.relative_to(folder)): file.stat().st_size
        for file in folder.rglob("*")
        if file.is_file() and (bytecode or file.suffix != ".pyc")
    }


def test_a_build_for_one_target_is_never_taken_for_another() -> None:
    assert target_named("lambda").label.startswith("python3.14 arm64")
    assert target_named("host").label != target_named("lambda").label


@pytest.mark.parametrize("builder", [module, botocore_data])
def test_what_is_put_together_in_another_way_is_never_taken_for_what_was_before(
    builder: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account and an emulator keep each build under its hash."""
    before, again = assets_of(template({})), assets_of(template({}))
    changed = tmp_path / "changed.py"
    changed.write_text(Path(str(builder.__file__)).read_text() + "\n# another way\n")
    monkeypatch.setattr(builder, "__file__", str(changed))

    after = assets_of(template({}))

    assert before == again
    assert before
    assert not before & after


def assets_of(made: dict[str, Any]) -> set[str]:
    functions = (
        one["Properties"] for one in made["Resources"].values() if "Code" in one["Properties"]
    )
    return {one["Code"]["S3Key"] for one in functions if "S3Key" in one["Code"]}
