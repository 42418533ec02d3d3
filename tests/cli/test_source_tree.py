"""Which files of a folder are looked through: those that somebody may have written."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bedrock_lifecycle.source_tree import LeftOut, SourceFile, read_tree


def make(folder: Path, **files: str) -> None:
    """Write files; `__` in a name stands for a slash, and `dot_` for a dot."""
    for name, text in files.items():
        path = folder / name.replace("dot_", ".").replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def read(folder: Path, *exclude: str) -> list[str]:
    found = read_tree(folder, exclude)
    return [
        Path(one.path).resolve().relative_to(folder.resolve()).as_posix()
        for one in found
        if isinstance(one, SourceFile)
    ]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)  # noqa: S607 from PATH
    make(tmp_path, a="x", src__b="x", src__deep__c="x", build__d="x")
    return tmp_path


def test_every_file_is_read_but_those_of_git_itself(tree: Path) -> None:
    assert read(tree) == ["a", "build/d", "src/b", "src/deep/c"]


@pytest.mark.parametrize(
    ("rules", "files"),
    [
        pytest.param({"dot_gitignore": "build/"}, ["a", "src/b", "src/deep/c"], id="a folder"),
        pytest.param(
            {"dot_gitignore": "b\n"}, ["a", "build/d", "src/deep/c"], id="a name anywhere"
        ),
        pytest.param(
            {"dot_gitignore": "/b\n"},
            ["a", "build/d", "src/b", "src/deep/c"],
            id="a name at the root only",
        ),
        pytest.param({"dot_gitignore": "*\n!src/\n!src/b"}, ["src/b"], id="taken in again"),
        pytest.param(
            {"src__dot_gitignore": "deep"}, ["a", "build/d", "src/b"], id="rules further in"
        ),
        pytest.param(
            {"dot_gitignore": "c", "src__deep__dot_gitignore": "!c"},
            ["a", "build/d", "src/b", "src/deep/c"],
            id="the nearest rules decide",
        ),
        pytest.param(
            {"dot_git__info__exclude": "src"}, ["a", "build/d"], id="rules of this clone alone"
        ),
    ],
)
def test_what_git_ignores_is_left_out(tree: Path, rules: dict[str, str], files: list[str]) -> None:
    make(tree, **rules)

    assert [one for one in read(tree) if "gitignore" not in one] == files


def test_rules_of_folders_above_hold_down_here_as_far_as_the_work_tree_goes(tree: Path) -> None:
    make(tree.parent, dot_gitignore="b")
    make(tree, dot_gitignore="deep/")

    assert read(tree / "src") == ["b"]


def test_what_git_tracks_is_read_although_a_rule_names_it(tree: Path) -> None:
    subprocess.run(["git", "-C", str(tree), "add", "a"], check=True)  # noqa: S607
    make(tree, dot_gitignore="a\nb")

    assert read(tree) == [".gitignore", "a", "build/d", "src/deep/c"]


@pytest.mark.parametrize(
    ("rules", "files"),
    [
        pytest.param({"dot_gitignore": "build/\nb"}, ["a", "src/deep/c"], id="of the folder"),
        pytest.param({"src__dot_gitignore": "/deep"}, ["a", "build/d", "src/b"], id="further in"),
        pytest.param(
            {"dot_gitignore": "c", "src__deep__dot_gitignore": "!c"},
            ["a", "build/d", "src/b", "src/deep/c"],
            id="the nearest decide",
        ),
    ],
)
def test_without_a_work_tree_the_rules_of_the_files_hold(
    tmp_path: Path, rules: dict[str, str], files: list[str]
) -> None:
    make(tmp_path, a="x", src__b="x", src__deep__c="x", build__d="x", dot_git__x="x", **rules)

    assert [one for one in read(tmp_path) if "gitignore" not in one] == files


def test_somebody_may_leave_out_more(tree: Path) -> None:
    assert read(tree, "deep", "*.md", "/build") == ["a", "src/b"]


def test_one_file_may_be_named(tree: Path) -> None:
    (found,) = read_tree(tree / "src" / "b")

    assert isinstance(found, SourceFile)
    assert found.text == "x"


def test_what_is_no_text_too_large_or_closed_is_told_and_blocks_nothing(tree: Path) -> None:
    (tree / "binary").write_bytes(b"abc\0def")
    (tree / "large").write_bytes(b"x" * 1_048_577)
    (tree / "latin").write_bytes("caf\xe9 anthropic.claude-v2".encode("latin-1"))
    (tree / "link").symlink_to(tree / "a")
    (tree / "loop").symlink_to(tree)
    os.mkfifo(tree / "pipe")

    found = list(read_tree(tree))

    left_out = {Path(one.path).name: one.why for one in found if isinstance(one, LeftOut)}
    assert left_out == {"binary": "no text", "large": "larger than 1 MiB"}
    texts = {Path(one.path).name: one.text for one in found if isinstance(one, SourceFile)}
    assert texts["latin"].endswith("anthropic.claude-v2")
    assert not texts.keys() & {"link", "loop", "pipe"}
