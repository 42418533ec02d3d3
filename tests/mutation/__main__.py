"""`python -m tests.mutation [--only PATTERN …]`: break the decisions and the outbox, many times.

mutmut changes one thing at a time and runs the tests that reach it. It wants the package at the top
of a project, so it works on a copy. What the tests stand on is made once, and not for each change.
Prints the score, and what survived as differences; exits with 1 below the score that is promised.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.template import template
from local_aws.dynamodb_local import DynamoDBLocal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROJECT: Final = Path(__file__).resolve().parents[2]
PROMISED: Final = 90.0
BROKEN: Final = (
    "changes",
    "coverage",
    "deadlines",
    "decide",
    "delivery",
    "ledger",
    "lifecycle",
    "observe",
    "scope",
)
# What says most about these modules in the least time: each change that nothing notices waits for
# all of them. The stories and whatever only draws are left out.
TRIED: Final = (
    "tests/contract/test_delivery.py",
    "tests/contract/test_ledger.py",
    "tests/core/test_changes.py",
    "tests/core/test_coverage.py",
    "tests/core/test_deadlines.py",
    "tests/core/test_decide.py",
    "tests/core/test_grouping.py",
    "tests/core/test_health_decides.py",
    "tests/core/test_health_news.py",
    "tests/core/test_lifecycle.py",
    "tests/core/test_observe.py",
    "tests/core/test_properties.py",
    "tests/core/test_snooze_decides.py",
    "tests/core/test_use_decides.py",
    "tests/sources/test_channels.py",
)
_COPIED: Final = ["app.py", "cdk.json", "cli", "demo", "docs", "infra", "lambdas", "local_aws"]
_PYTEST: Final = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "default"]
_MUTMUT: Final = (sys.executable, "-m", "mutmut")
# How a run of the tests ended, by the exit code that mutmut keeps; whatever else comes of a change
# is not known to have been noticed. One that never ends was: its tests were stopped for it.
_ENDS: Final[dict[int | None, str]] = {
    **dict.fromkeys((1, 3), "killed"),
    **dict.fromkeys((-24, 24, 36, 152, 255), "timed out"),
    None: "not run",
    0: "survived",
    33: "reached by no test",
}
_NOTICED: Final = ("killed", "timed out")


@dataclass(frozen=True)
class Score:
    """How each mutant ended, by its name."""

    ends: Mapping[str, str]

    @property
    def percent(self) -> float:
        """Those that were noticed, of all that there are."""
        noticed = sum(end in _NOTICED for end in self.ends.values())
        return 100 * noticed / max(1, len(self.ends))

    def of_those_run(self) -> Score:
        """Leave out what was not asked for."""
        return Score({name: end for name, end in self.ends.items() if end != "not run"})

    def unnoticed(self) -> list[str]:
        """Name those that were not noticed."""
        return sorted(name for name, end in self.ends.items() if end not in _NOTICED)


def main() -> int:
    """Copy, break, run and count."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], metavar="PATTERN", help="names of mutants")
    parser.add_argument("--children", type=int, default=os.cpu_count(), help="processes at once")
    parser.add_argument("--into", type=Path, help="where to keep the copy, to look at or go on")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, DynamoDBLocal() as dynamodb:
        folder = given.into or Path(scratch) / "project"
        _copy(folder)
        made_once = folder / "template.json"
        made_once.write_text(json.dumps(template({})), encoding="utf-8")
        made = {
            "RUNNING_DYNAMODB_LOCAL": dynamodb.endpoint_url,
            "SYNTHESISED_TEMPLATE": str(made_once),
            "HYPOTHESIS_PROFILE": "mutants",
        }
        command = [*_MUTMUT, "run", "--max-children", str(given.children), *given.only]
        subprocess.run(command, cwd=folder, env=os.environ | made, check=False)
        score = score_of(folder)
        return _report(folder, score.of_those_run() if given.only else score)


def score_of(folder: Path) -> Score:
    """Read what mutmut has kept of its runs in a copy."""
    return Score(dict(_ends(folder)))


def _copy(folder: Path) -> None:
    """Lay the project out as mutmut wants it."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=PROJECT, check=True, capture_output=True, text=True)
    for name in filter(None, names.stdout.split("\0")):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    shutil.copytree(folder / "lambdas" / "notifier", folder / "notifier", dirs_exist_ok=True)
    shutil.rmtree(folder / "lambdas" / "notifier")
    settings = folder / "pyproject.toml"
    text = settings.read_text(encoding="utf-8").replace(
        'pythonpath = [".", "cli", "lambdas"]', 'pythonpath = [".", "cli"]'
    )
    settings.write_text(f"{text}\n{_settings()}", encoding="utf-8")


def _settings() -> str:
    values = {
        "source_paths": ["notifier"],
        "only_mutate": [f"notifier/{name}.py" for name in BROKEN],
        "also_copy": _COPIED,
        "pytest_add_cli_args": _PYTEST,
        "pytest_add_cli_args_test_selection": list(TRIED),
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    return "\n".join(["[tool.mutmut]", "use_git_change_detection = false", *lines, ""])


def _ends(folder: Path) -> Iterator[tuple[str, str]]:
    """Read how each mutant ended."""
    for kept in sorted((folder / "mutants" / "notifier").glob("*.meta")):
        found: dict[str, int | None] = json.loads(kept.read_text(encoding="utf-8"))[
            "exit_code_by_key"
        ]
        for name, code in found.items():
            yield name, _ENDS.get(code, f"ended with {code}")


def _report(folder: Path, score: Score) -> int:
    for name in (one for one in score.unnoticed() if score.ends[one] != "not run"):
        print(f"\n{name}: {score.ends[name]}")  # noqa: T201
        shown = [*_MUTMUT, "show", name]
        subprocess.run(shown, cwd=folder, check=False)
    counted = Counter(score.ends.values())
    print(f"\n{len(score.ends)} mutants:", ", ".join(f"{n} {end}" for end, n in counted.items()))  # noqa: T201
    print(f"score {score.percent:.1f} %, {PROMISED:.0f} % are promised")  # noqa: T201
    return 0 if score.percent >= PROMISED else 1


if __name__ == "__main__":
    sys.exit(main())
