"""The code that the functions run: our package and its locked dependencies, built without Docker.

boto3 is bundled because the copy in Lambda's runtime may be too old to know the lifecycle dates,
and an old botocore drops unknown fields without a word. Of botocore's descriptions of AWS only what
is called goes in.
"""

from __future__ import annotations

import compileall
import hashlib
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Final, Literal

import jsii
from aws_cdk import BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_

from infra import botocore_data

_PROJECT: Final = Path(__file__).resolve().parent.parent
_LAMBDAS: Final = _PROJECT / "lambdas"
# Made by `make lock`: everything that goes in, at one version and with the hashes of its files.
_LOCKED: Final = _LAMBDAS / "requirements.txt"
# Where the CDK keeps what it builds for an account; `make clean` removes it.
_KEPT: Final = _PROJECT / "cdk.out"
_NOT_CODE: Final = ("**/__pycache__", "**/*.pyc", "**/.*_cache")


@dataclass(frozen=True)
class Target:
    """What a function runs on, and how pip is told to install for it.

    `reuses_dependencies` where they may be those of an earlier build.
    """

    runtime: lambda_.Runtime
    architecture: lambda_.Architecture
    pip_arguments: tuple[str, ...]
    reuses_dependencies: bool

    @property
    def is_compiled(self) -> bool:
        """Whether bytecode goes in: no Python can make that of another version.

        A function may not write where its code is, so without it every cold start compiles all
        that it imports anew, which takes three times as long as the rest (docs/performance.md).
        """
        return self.runtime.name == f"python{sys.version_info.major}.{sys.version_info.minor}"

    @property
    def label(self) -> str:
        """A text that differs whenever the built files would."""
        compiled = " compiled" if self.is_compiled else ""
        return f"{self.runtime.name} {self.architecture.name}{compiled}"


def target_named(name: Literal["lambda", "host"]) -> Target:
    """`lambda` is what AWS runs; `host` is this machine's Python, for a local emulator."""
    return _lambda_target() if name == "lambda" else _host_target()


def _lambda_target() -> Target:
    arguments = ("--platform", "manylinux2014_aarch64", "--python-version", "3.14")
    return Target(
        lambda_.Runtime.PYTHON_3_14,
        lambda_.Architecture.ARM_64,
        arguments,
        reuses_dependencies=False,
    )


def _host_target() -> Target:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    arm = platform.machine() in {"aarch64", "arm64"}
    return Target(
        lambda_.Runtime(version, lambda_.RuntimeFamily.PYTHON, supports_inline_code=True),
        lambda_.Architecture.ARM_64 if arm else lambda_.Architecture.X86_64,
        (),
        # Every deployment to an emulator has an output of its own, where the CDK finds none of
        # what it built before; pip takes longer than all the rest of the build.
        reuses_dependencies=True,
    )


def functions_code(target: Target) -> lambda_.Code:
    """Build the asset that all functions share, for the target."""
    return lambda_.Code.from_asset(
        str(_LAMBDAS),
        exclude=list(_NOT_CODE),
        bundling=BundlingOptions(
            # Never pulled: the local bundling below always succeeds or raises.
            image=DockerImage.from_registry("unused"),
            local=_PipBundling(target),
            # The asset's hash covers these options but not the local bundler; without the target
            # here a build for one machine would be reused for another, and without these files
            # one that was put together in another way.
            environment={"TARGET": target.label, "BUILT_BY": _built_by()},
        ),
    )


@jsii.implements(ILocalBundling)
class _PipBundling:
    """Fills the asset's folder with pip and a copy of the package."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def try_bundle(self, output_dir: str, *_: object, **__: object) -> bool:
        """Build into the folder. Raises CalledProcessError with pip's words when pip fails."""
        build(self._target, Path(output_dir))
        return True


def build(target: Target, folder: Path) -> None:
    """Install the locked dependencies and copy the package into the folder.

    Raises CalledProcessError.
    """
    if target.reuses_dependencies:
        shutil.copytree(_kept_dependencies(target), folder, dirs_exist_ok=True)
    else:
        _install_dependencies(target, folder)
    shutil.copytree(_LAMBDAS / "notifier", folder / "notifier", ignore=_not_code)
    if target.is_compiled:
        _compile(folder, "notifier")


def _not_code(folder: str, names: list[str]) -> list[str]:
    """Name what is no Python of ours: caches, and whatever a person or an editor left there."""
    return [
        name
        for name in names
        if not (name.endswith(".py") or (name.isidentifier() and Path(folder, name).is_dir()))
        or name == "__pycache__"
    ]


def _kept_dependencies(target: Target) -> Path:
    """Give a folder with the dependencies, installed anew only when what is locked changes."""
    installed_for = f"{target.label}\n{sys.version}\n{_built_by()}\n".encode()
    installed_for += _LOCKED.read_bytes()
    kept = _KEPT / f"dependencies.{_sha256(installed_for)}"
    if not kept.exists():
        _KEPT.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="dependencies-", dir=_KEPT) as scratch:
            fresh = Path(scratch) / "fresh"
            _install_dependencies(target, fresh)
            _move_unless_there(fresh, kept)
    return kept


def _built_by() -> str:
    """Give a text that differs whenever an asset is put together in another way."""
    return _sha256(Path(__file__).read_bytes() + Path(botocore_data.__file__).read_bytes())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _move_unless_there(fresh: Path, kept: Path) -> None:
    """Make it appear whole; where another build was faster, that one's is as good."""
    try:
        fresh.rename(kept)
    except OSError:
        if not kept.exists():
            raise


def _install_dependencies(target: Target, folder: Path) -> None:
    subprocess.run(  # noqa: S603 - no shell, arguments are ours
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            # What is not the same to the byte fails the build. Wheels only, as none is built from
            # source for another machine, and no build tool that nobody locked runs on this one.
            *("--require-hashes", "--only-binary=:all:", "--requirement", str(_LOCKED)),
            *("--target", str(folder)),
            # By ourselves, for pip ties bytecode to the time of a file, and to this machine.
            *("--no-compile", *target.pip_arguments),
        ],
        check=True,
    )
    botocore_data.keep_what_is_called(folder / "botocore" / "data")
    if target.is_compiled:
        _compile(folder)


def _compile(folder: Path, part: str = "") -> None:
    """Put the bytecode of a part beside it, to be taken for good whatever the files' times are.

    The CDK gives every file in an asset the same time. What bytecode says of where it comes from
    is where Lambda puts it, and not a folder of whoever deploys.
    """
    compileall.compile_dir(
        folder / part,
        quiet=2,
        stripdir=str(folder),
        prependdir="/var/task",
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )
