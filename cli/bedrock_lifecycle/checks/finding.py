"""What a check has found, and how the commands that mend it are written."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bedrock_lifecycle.access import STACK_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable


class State(StrEnum):
    """What is to be thought of a finding.

    A problem is mended; advice may be taken. What was skipped could not be seen, and so may be a
    problem.
    """

    OK = "ok"
    PROBLEM = "problem"
    ADVICE = "advice"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check has found: `detail` says what is so, `mend` what to do about it.

    `commands` do it, in this order. All are one line each, with names as they came from AWS:
    whoever shows them makes them harmless.
    """

    check: str
    state: State
    detail: str
    mend: str = ""
    commands: tuple[str, ...] = ()


def ok(check: str, detail: str) -> Finding:
    """Say that something is as it should be."""
    return Finding(check, State.OK, detail)


def problem(check: str, detail: str, mend: str, *commands: str) -> Finding:
    """Say that something is wrong, and what mends it."""
    return Finding(check, State.PROBLEM, detail, mend, commands)


def advice(check: str, detail: str, mend: str, *commands: str) -> Finding:
    """Say that something could be better, and how."""
    return Finding(check, State.ADVICE, detail, mend, commands)


def skipped(check: str, why: str, mend: str) -> Finding:
    """Say that something could not be seen, and what would let it be seen."""
    return Finding(check, State.SKIPPED, f"could not be checked: {why}", mend)


def is_all_well(findings: Iterable[Finding]) -> bool:
    """Say whether everything was seen and nothing is wrong; advice is not wrong."""
    return not any(one.state in {State.PROBLEM, State.SKIPPED} for one in findings)


DEPLOY: Final = "make deploy"
"""What mends everything that the stack is made of."""


@dataclass(frozen=True, slots=True)
class Commands:
    """How commands are written for this Region, profile and stack: ready to be copied.

    Words come from AWS as well, so each is quoted for the shell.
    """

    region: str
    profile: str | None = None
    stack_name: str = STACK_NAME

    def aws(self, *words: str, region: str | None = None) -> str:
        """Write a command of the AWS CLI, for the stack's Region or another one."""
        return shlex.join(["aws", *words, *self._where(region or self.region)])

    def ours(self, *words: str) -> str:
        """Write a command of this command line."""
        stack = [] if self.stack_name == STACK_NAME else ["--stack-name", self.stack_name]
        return shlex.join(["bedrock-lifecycle", *words, *self._where(self.region), *stack])

    def _where(self, region: str) -> list[str]:
        profile = ["--profile", self.profile] if self.profile else []
        return ["--region", region, *profile]
