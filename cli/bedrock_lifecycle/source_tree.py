"""The text files of a folder that somebody may have written: what git ignores is left out."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from pathspec import GitIgnoreSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MOST_BYTES: Final = 1_048_576
_LOOKED_AT_BYTES: Final = 8_192
_GIT: Final = ".git"
_IGNORE: Final = ".gitignore"


class SourceFile(NamedTuple):
    """A text file; bytes that are no UTF-8 are replaced. `path` is as it is shown to people."""

    path: str
    text: str


class LeftOut(NamedTuple):
    """A file that was not read, and why."""

    path: str
    why: str


def read_tree(folder: Path, exclude: Sequence[str] = ()) -> Iterator[SourceFile | LeftOut]:
    """Yield every text file below a folder, or the one file, in order; links are not followed.

    `exclude` are patterns as in a `.gitignore` of the folder. What is too large, is no text or
    cannot be read is yielded as left out.
    """
    root = folder.resolve()
    if root.is_file():
        yield _read(root)
        return
    excluded = GitIgnoreSpec.from_lines(exclude)
    listed = _listed_by_git(root)
    for path in sorted(_walk(root) if listed is None else listed):
        if not excluded.match_file(path.relative_to(root)) and _is_plain_file(path):
            yield _read(path)


def _listed_by_git(root: Path) -> list[Path] | None:
    """Give what git tracks or would track; None where the folder is in no work tree, or no git."""
    git = shutil.which("git")
    if git is None:
        return None
    done = subprocess.run(  # noqa: S603 no shell, and no word of anybody's but the folder
        [git, "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        return None
    return [root / os.fsdecode(name) for name in done.stdout.split(b"\0") if name]


def _walk(root: Path) -> Iterator[Path]:
    """Yield the files of a folder of which git knows nothing, but for what `.gitignore`s name."""
    rules: dict[Path, GitIgnoreSpec] = {}
    for name, folders, files in os.walk(root):
        folder = Path(name)
        if _IGNORE in files:
            text = (folder / _IGNORE).read_text(encoding="utf-8", errors="replace")
            rules[folder] = GitIgnoreSpec.from_lines(text.splitlines())
        folders[:] = [
            one for one in folders if one != _GIT and not _is_out(folder / one, rules, "/")
        ]
        yield from (folder / one for one in files if not _is_out(folder / one, rules))


def _is_out(path: Path, rules: Mapping[Path, GitIgnoreSpec], mark: str = "") -> bool:
    """Ask the nearest rules first: the first that say anything decide."""
    for folder in path.parents:
        if folder in rules:
            said = rules[folder].check_file(f"{path.relative_to(folder).as_posix()}{mark}").include
            if said is not None:
                return said
    return False


def _is_plain_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _read(path: Path) -> SourceFile | LeftOut:
    shown = _shown(path)
    try:
        if path.stat().st_size > _MOST_BYTES:
            return LeftOut(shown, "larger than 1 MiB")
        contents = path.read_bytes()
    except OSError as error:
        return LeftOut(shown, error.strerror or type(error).__name__)
    if b"\0" in contents[:_LOOKED_AT_BYTES]:
        return LeftOut(shown, "no text")
    return SourceFile(shown, contents.decode("utf-8", "replace"))


def _shown(path: Path) -> str:
    """Give a path as seen from where the command runs, or whole where it is elsewhere."""
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()
