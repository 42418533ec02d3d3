"""The text files of a folder that somebody may have written: what git ignores is left out."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from pathspec import GitIgnoreSpec

from bedrock_lifecycle.errors import CommandError
from notifier.render.words import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_MOST_BYTES: Final = 1_048_576
_LOOKED_AT_BYTES: Final = 8_192
_GIT: Final = ".git"
# The weakest first, as git weighs them.
_RULES: Final = (".git/info/exclude", ".gitignore")


class SourceFile(NamedTuple):
    """A text file; bytes that are no UTF-8 are replaced. `path` is as it is shown to people."""

    path: str
    text: str


class LeftOut(NamedTuple):
    """A file or folder that was not read, and why."""

    path: str
    why: str


def read_tree(folder: Path, exclude: Sequence[str] = ()) -> Iterator[SourceFile | LeftOut]:
    """Yield every text file below a folder, or the one file; links are not followed.

    `exclude` are patterns as in a `.gitignore` of the folder. What is too large, is no text or
    cannot be read is yielded as left out. Raises CommandError for a pattern that is none.
    """
    root = folder.resolve()
    excluded = _excluded(exclude)
    for one in [root] if root.is_file() else _files(root):
        if isinstance(one, LeftOut):
            yield one
        elif not excluded.match_file(one.relative_to(root)) and (read := _read(one)):
            yield read


def _excluded(patterns: Sequence[str]) -> GitIgnoreSpec:
    for one in patterns:
        if _spec([one]) is None:
            raise CommandError(f"--exclude {plain(one)}: this is no pattern as .gitignore has them")
    return GitIgnoreSpec.from_lines(patterns)


def _files(root: Path) -> Iterator[Path | LeftOut]:
    listed = _listed_by_git(root)
    yield from _walk(root) if listed is None else listed


def _listed_by_git(root: Path) -> list[Path | LeftOut] | None:
    """Give what git tracks or would track; None where the folder is in no work tree, or no git."""
    git = shutil.which("git")
    if git is None:
        return None
    # A repository may name a program that git is to ask what has changed: not for us.
    quiet = ("-c", "core.fsmonitor=false")
    listing = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    done = subprocess.run(  # noqa: S603 no shell, and no word of anybody's but the folder
        [git, *quiet, "-C", str(root), *listing], capture_output=True, check=False
    )
    if done.returncode:
        return None
    names = {os.fsdecode(name) for name in done.stdout.split(b"\0") if name}
    warned = done.stderr.decode("utf-8", "replace").splitlines()
    return [
        *(one for name in sorted(names) for one in _files_at(root / name)),
        *(LeftOut(_shown(root), line) for line in warned),
    ]


def _files_at(path: Path) -> Iterator[Path | LeftOut]:
    """Look into what git lists as one entry: a submodule, or a clone within the work tree."""
    if not stat.S_ISDIR(_mode(path)):
        yield path
    elif _mode(path / _GIT):
        yield from _files(path)


def _walk(root: Path) -> Iterator[Path | LeftOut]:
    """Yield the files of a folder but for what the rules name, with those of folders above."""
    rules = _rules_above(root)
    closed: list[OSError] = []
    for name, folders, files in os.walk(root, onerror=closed.append):
        folder = Path(name)
        rules |= _rules_of(folder)
        folders[:] = sorted(
            one for one in folders if one != _GIT and not _is_out(folder / one, rules, _of_folder)
        )
        paths = (folder / one for one in sorted(files) if one != _GIT)
        yield from (path for path in paths if not _is_out(path, rules, _of_file))
    yield from (LeftOut(_shown(Path(one.filename)), _reason(one)) for one in closed)


def _rules_above(root: Path) -> dict[Path, GitIgnoreSpec]:
    """Read the rules of the folders above, up to the one that is a work tree."""
    upwards = [root, *root.parents]
    top = next((n for n, one in enumerate(upwards) if _mode(one / _GIT)), 0)
    return {at: spec for one in upwards[1 : top + 1] for at, spec in _rules_of(one).items()}


def _rules_of(folder: Path) -> dict[Path, GitIgnoreSpec]:
    """Read a folder's rules; a line that is none is passed over, as git does."""
    paths = [path for name in _RULES if stat.S_ISREG(_mode(path := folder / name))]
    lines = [line for path in paths for line in _lines(path) if _spec([line])]
    return {folder: GitIgnoreSpec.from_lines(lines)} if lines else {}


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []  # More is read then, never less.


def _spec(lines: Iterable[str]) -> GitIgnoreSpec | None:
    try:
        return GitIgnoreSpec.from_lines(lines)
    except (ValueError, re.error):
        return None


def _is_out(
    path: Path,
    rules: Mapping[Path, GitIgnoreSpec],
    ask: Callable[[GitIgnoreSpec, str], bool | None],
) -> bool:
    """Ask the nearest rules first: the first that say anything decide."""
    for folder in path.parents:
        if folder in rules:
            said = ask(rules[folder], path.relative_to(folder).as_posix())
            if said is not None:
                return said
    return False


def _of_file(rules: GitIgnoreSpec, path: str) -> bool | None:
    return rules.check_file(path).include


def _of_folder(rules: GitIgnoreSpec, path: str) -> bool | None:
    """Give the last word: to `check_file` a folder is what lies in it, so that `!*/` says naught.

    Where a pattern speaks of a folder above, more is looked into than git would, never less.
    """
    said = [
        one.include
        for one in rules.patterns
        if one.include is not None and one.match_file(f"{path}/")
    ]
    return said[-1] if said else None


def _mode(path: Path) -> int:
    """Give what a path is, links being links; 0 where that cannot be told."""
    try:
        return path.lstat().st_mode
    except OSError:
        return 0


def _read(path: Path) -> SourceFile | LeftOut | None:
    """Read a file; None for what is no file, or has been deleted, or is reached over a link."""
    shown = _shown(path)
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or path.resolve() != path:
            return None
        if status.st_size > _MOST_BYTES:
            return LeftOut(shown, "larger than 1 MiB")
        contents = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        return LeftOut(shown, _reason(error))
    if b"\0" in contents[:_LOOKED_AT_BYTES]:
        return LeftOut(shown, "no text")
    return SourceFile(shown, contents.decode("utf-8-sig", "replace"))


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _shown(path: Path) -> str:
    """Give a path as seen from where the command runs, or whole where it is elsewhere."""
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()
