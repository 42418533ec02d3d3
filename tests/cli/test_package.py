"""The command line by itself: built as pipx builds it, and run where the CDK is not."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import pytest

PROJECT: Final = Path(__file__).resolve().parents[2]
ELSEWHERE: Final = (
    "aws_cdk",
    "constructs",
    "jsii",
    "infra",
    "demo",
    "local_aws",
    "aws_lambda_powertools",
)
PROGRAM: Final = """
import sys
class Elsewhere:
    def find_spec(self, name, *_):
        if name.partition('.')[0] in {elsewhere}:
            raise ImportError(name + ' is not part of the command line')
sys.meta_path.insert(0, Elsewhere())
sys.path[:] = [{wheel!r}] + [one for one in sys.path if one != {project!r} and 'lambdas' not in one]
sys.argv[0] = 'bedrock-lifecycle'
from bedrock_lifecycle.app import main
main()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, and unpack it."""
    folder = tmp_path_factory.mktemp("wheel")
    build = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    subprocess.run(
        [sys.executable, *build, "--wheel-dir", str(folder), str(PROJECT)],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def run(wheel: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(elsewhere=set(ELSEWHERE), wheel=str(wheel), project=str(PROJECT))
    environment = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
    }
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=wheel,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_wheel_holds_the_command_line_and_the_core_and_nothing_else(wheel: Path) -> None:
    assert {one.name for one in wheel.iterdir() if not one.name.endswith(".dist-info")} == {
        "bedrock_lifecycle",
        "notifier",
    }
    assert list(wheel.rglob("*.pyc")) == []


def test_every_command_explains_itself_without_the_cdk(wheel: Path) -> None:
    listed = run(wheel, "--help")
    helped = run(wheel, "scan", "--help")

    assert listed.returncode == helped.returncode == 0, listed.stderr + helped.stderr
    assert "Exit codes" in helped.stdout


def test_a_scan_gets_as_far_as_asking_aws_without_the_cdk(wheel: Path) -> None:
    done = run(wheel, "scan")

    assert done.returncode == 1
    assert "no answer to sts:GetCallerIdentity" in done.stderr
