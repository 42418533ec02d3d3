"""`python -m infra.audit [--or-go-on] LOCK …`: ask for vulnerabilities of what is locked.

pip-audit asks PyPI about every entry that this Python would install. That it found nothing is
believed only where it was answered: of a package that the service does not know it says the same,
and where nothing answers it dies. Exits with 1 for a finding, and with 3 where something was not
answered, unless it may go on.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FOUND: Final = 1
NOT_ASKED: Final = 3
_NAMED: Final = 5
# How pip-audit's last words begin, or the exception that it dies of, where no service answers.
_UNREACHABLE: Final = (
    "ConnectionError",
    "ProxyError",
    "SSLError",
    "Timeout",
    "your network may be",
)


class AuditError(RuntimeError):
    """A lock file could not be audited, and not for want of a service. Its text is one line."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of the entries of a lock file: each with its version, findings with their id.

    `unasked` are the names of those about which nothing was answered.
    """

    clean: frozenset[str]
    unasked: frozenset[str]
    findings: frozenset[str]

    @classmethod
    def of(cls, report: str) -> Answer:
        """Read what pip-audit reports as JSON."""
        entries = json.loads(report)["dependencies"]
        return cls(
            clean=frozenset(map(_entry, (one for one in entries if one.get("vulns") == []))),
            unasked=frozenset(one["name"] for one in entries if "vulns" not in one),
            findings=frozenset(
                f"{_entry(one)}: {' '.join([vulnerability['id'], *vulnerability['aliases']])}, "
                f"fixed in {', '.join(vulnerability['fix_versions']) or 'no version'}"
                for one in entries
                for vulnerability in one.get("vulns", ())
            ),
        )


def _entry(dependency: dict[str, str]) -> str:
    return f"{dependency['name']} {dependency['version']}"


def verdict(answers: Iterable[Answer | None], *, may_go_on: bool) -> tuple[int, list[str]]:
    """Return the exit code and the lines that say why. None is a file about which none came."""
    given = list(answers)
    known = [answer for answer in given if answer]
    findings = sorted(set().union(*(answer.findings for answer in known)))
    clean = len(set().union(*(answer.clean for answer in known)))
    unanswered = _unanswered(given)
    lines = [f"VULNERABLE {finding}" for finding in findings]
    if unanswered:
        lines.append(f"NOT AUDITED: the vulnerability service did not answer about {unanswered}")
    if clean:
        lines.append(f"audited: no vulnerability is known of {_count(clean, 'package')}")
    if findings:
        return FOUND, lines
    return NOT_ASKED if unanswered and not may_go_on else 0, lines


def _unanswered(given: Sequence[Answer | None]) -> str:
    files = given.count(None)
    names = sorted(set().union(*(answer.unasked for answer in given if answer)))
    some = ", ".join(names[:_NAMED]) + (" …" if names[_NAMED:] else "")
    parts = [_count(files, "lock file")] if files else []
    return " and ".join([*parts, f"{_count(len(names), 'package')} ({some})"] if names else parts)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def ask(lock: str) -> Answer | None:
    """Ask about one lock file; None where no service answers. Raises AuditError."""
    done = subprocess.run(  # noqa: S603 - no shell, and the file is the caller's
        [
            *(sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"),
            # Nothing is resolved or installed, and an entry without a hash is an error.
            *("--disable-pip", "--require-hashes", "--requirement", lock),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.stdout.strip():
        return Answer.of(done.stdout)
    words = done.stderr.strip().splitlines() or ["pip-audit said nothing"]
    if any(word in words[-1] for word in _UNREACHABLE):
        return None
    raise AuditError(f"{lock}: {words[-1]}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask about the lock files at once, and print what is known."""
    parser = argparse.ArgumentParser(prog="python -m infra.audit", description=__doc__)
    parser.add_argument("--or-go-on", action="store_true", help="no failure where nothing answers")
    parser.add_argument("locks", nargs="+", metavar="LOCK")
    parsed = parser.parse_args(arguments)
    try:
        with ThreadPoolExecutor() as threads:
            answers = list(threads.map(ask, parsed.locks))
    except AuditError as error:
        print(f"NOT AUDITED {error}")  # noqa: T201
        return FOUND
    code, lines = verdict(answers, may_go_on=parsed.or_go_on)
    print("\n".join(lines))  # noqa: T201
    return code


if __name__ == "__main__":
    sys.exit(main())
