"""Which files of a folder are looked through: those that somebody may have written."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from bedrock_lifecycle.errors import CommandError
from bedrock_lifecycle.source_tree import LeftOut, SourceFile, read_tree

GIT: Final = shutil.which("git") or "git"


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


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false")
    subprocess.run([GIT, "-C", str(folder), *who, *words], check=True, capture_output=True)


def forget_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")


@pytest.fixture(params=["git", "no git"])
def with_or_without_git(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads the rules, they mean the same."""
    if request.param == "no git":
        request.getfixturevalue("tree")
        forget_git(monkeypatch)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    make(folder, a="x", src__b="x", src__deep__c="x", build__d="x")
    git(folder, "init", "--quiet")
    return folder


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
        pytest.param({"dot_gitignore": "*\n!*/\n!c"}, ["src/deep/c"], id="only what is named"),
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
        pytest.param(
            {"dot_git__info__exclude": "a", "dot_gitignore": "!a"},
            ["a", "build/d", "src/b", "src/deep/c"],
            id="the files beat the clone",
        ),
        pytest.param(
            {"dot_gitignore": "src/\n!src/b"}, ["a", "build/d"], id="nothing out of a folder"
        ),
        pytest.param(
            {"dot_gitignore": "src/**/c\n# a\n\\#"}, ["a", "build/d", "src/b"], id="any depth"
        ),
        pytest.param(
            {"dot_gitignore": "!\n\\\n[z-a]\nb"},
            ["a", "build/d", "src/deep/c"],
            id="lines that are no rules",
        ),
    ],
)
@pytest.mark.usefixtures("with_or_without_git")
def test_what_git_ignores_is_left_out(tree: Path, rules: dict[str, str], files: list[str]) -> None:
    make(tree, **rules)

    assert [one for one in read(tree) if "gitignore" not in one] == files


@pytest.mark.usefixtures("with_or_without_git")
def test_rules_of_folders_above_hold_down_here_as_far_as_the_work_tree_goes(tree: Path) -> None:
    make(tree.parent, dot_gitignore="b")
    make(tree, dot_gitignore="deep/", src__no="x", dot_git__info__exclude="no")

    assert read(tree / "src") == ["b"]


def test_what_git_tracks_is_read_although_a_rule_names_it(tree: Path) -> None:
    git(tree, "add", "a")
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


def test_a_file_that_two_branches_changed_is_read_once(tree: Path) -> None:
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message", "one")
    git(tree, "branch", "other")
    make(tree, a="y")
    git(tree, "commit", "--quiet", "--all", "--message", "two")
    git(tree, "switch", "--quiet", "other")
    make(tree, a="z")
    git(tree, "commit", "--quiet", "--all", "--message", "three")
    with pytest.raises(subprocess.CalledProcessError):
        git(tree, "merge", "-")

    assert read(tree) == ["a", "build/d", "src/b", "src/deep/c"]


def test_what_was_deleted_but_is_still_tracked_is_no_news(tree: Path) -> None:
    git(tree, "add", "a")
    (tree / "a").unlink()

    assert [type(one) for one in read_tree(tree)] == [SourceFile] * 3


@pytest.mark.usefixtures("with_or_without_git")
def test_repositories_within_are_read_too(tree: Path) -> None:
    for inner in ("clone", "module"):
        make(tree / inner, e="x", f="x", dot_gitignore="f")
        git(tree / inner, "init", "--quiet")
    git(tree / "module", "add", "e")
    git(tree / "module", "commit", "--quiet", "--message", "one")
    git(tree, "-c", "advice.addEmbeddedRepo=false", "add", "module")

    found = [one for one in read(tree) if one.endswith(("e", "f"))]

    assert found == ["clone/.gitignore", "clone/e", "module/.gitignore", "module/e"]


def test_a_folder_that_has_become_a_link_is_not_followed(tree: Path) -> None:
    git(tree, "add", "src")
    outside = tree.parent / "outside"
    (tree / "src").rename(outside)
    (tree / "src").symlink_to(outside)

    assert read(tree) == ["a", "build/d"]


def test_a_program_that_a_repository_names_is_not_run(tree: Path) -> None:
    program = tree.parent / "program"
    program.write_text(f"#!/bin/sh\ntouch {tree.parent}/ran\n")
    program.chmod(0o755)
    git(tree, "config", "core.fsmonitor", str(program))

    assert read(tree) == ["a", "build/d", "src/b", "src/deep/c"]
    assert not (tree.parent / "ran").exists()


def test_somebody_may_leave_out_more(tree: Path) -> None:
    assert read(tree, "deep", "*.md", "/build") == ["a", "src/b"]


@pytest.mark.parametrize("pattern", ["!", "[z-a]", "\\"])
def test_what_is_no_pattern_is_an_error_of_one_line(tree: Path, pattern: str) -> None:
    with pytest.raises(CommandError, match="no pattern"):
        read(tree, "ok", pattern)


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


@pytest.mark.usefixtures("with_or_without_git")
def test_what_may_not_be_read_is_told_and_blocks_nothing(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_bytes = Path.read_bytes

    def refuse_one(path: Path) -> bytes:
        if path.name == "b":
            raise PermissionError(13, "Permission denied")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse_one)  # the superuser may read everything

    found = list(read_tree(tree))

    left_out = [(Path(one.path).name, one.why) for one in found if isinstance(one, LeftOut)]
    assert left_out == [("b", "Permission denied")]
    assert len(found) == 4


def test_a_folder_that_may_not_be_listed_is_told_and_blocks_nothing(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def refuse_one(path: str) -> object:
        if str(path).endswith("src"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse_one)
    forget_git(monkeypatch)

    found = list(read_tree(tree))

    left_out = [(Path(one.path).name, one.why) for one in found if isinstance(one, LeftOut)]
    assert left_out == [("src", "Permission denied")]
    assert [Path(one.path).name for one in found if isinstance(one, SourceFile)] == ["a", "d"]


def test_what_git_could_not_look_at_is_told(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree.parent / "bin").mkdir()
    warning = tree.parent / "bin" / "git"
    warning.write_text(f'#!/bin/sh\necho "warning: could not open x/" >&2\nexec {GIT} "$@"\n')
    warning.chmod(0o755)
    monkeypatch.setenv("PATH", str(warning.parent), prepend=os.pathsep)

    found = list(read_tree(tree))

    left_out = [one.why for one in found if isinstance(one, LeftOut)]
    assert left_out == ["warning: could not open x/"]
    assert len(found) == 5


def test_the_mark_at_the_beginning_of_a_file_is_no_character_of_its_first_line(tree: Path) -> None:
    (tree / "a").write_bytes(b"\xef\xbb\xbfx")

    texts = [one.text for one in read_tree(tree) if isinstance(one, SourceFile)]

    assert texts == ["x"] * 4
