"""`doctor`: check the set-up, and say how to mend each thing."""

from __future__ import annotations

from collections import Counter
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.text import Text

from bedrock_lifecycle import VERSION, output
from bedrock_lifecycle.access import Access  # noqa: TC001 read from the signature
from bedrock_lifecycle.checks.examination import GROUPS, examine
from bedrock_lifecycle.checks.finding import State, is_all_well
from bedrock_lifecycle.output import AsJson  # noqa: TC001 read from the signature
from notifier.render.words import count_text, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bedrock_lifecycle.checks.finding import Finding

_SHOWN: Final = 2000
_BEFORE_CHECK: Final = 5
_WIDEST: Final = 120
_MARKS: Final = {
    State.OK: ("✔", "ok", "green"),
    State.PROBLEM: ("✘", "XX", "bold red"),
    State.ADVICE: ("!", "!!", "yellow"),
    State.SKIPPED: ("?", "??", "bold magenta"),
}


def doctor(*, access: Access, as_json: AsJson = False) -> None:
    """Check the set-up, and say how to mend what is wrong.

    Exit codes: 0 everything was looked at and is well, though there may be advice; 1 something is
    wrong, or could not be looked at.
    """
    findings = examine(access)
    if as_json:
        output.print_json(document(findings))
    else:
        _print(findings)
    raise typer.Exit(0 if is_all_well(findings) else 1)


def document(findings: Sequence[Finding]) -> dict[str, Any]:
    """Give the findings as plain data."""
    return {
        "all_is_well": is_all_well(findings),
        "version": VERSION,
        "findings": [
            {
                "check": one.check,
                "state": str(one.state),
                "detail": one.detail,
                "mend": one.mend or None,
                "commands": one.commands,
            }
            for one in findings
        ],
    }


def _print(findings: Sequence[Finding]) -> None:
    out = output.console()
    width = min(out.width, _WIDEST)
    for line in lines(findings, width, marks=_can_mark(out.encoding)):
        # They are folded already; commands are to be copied, so they are not.
        out.print(line, soft_wrap=True)


def _can_mark(encoding: str) -> bool:
    return encoding.lower().replace("-", "") == "utf8"


def lines(findings: Sequence[Finding], width: int, *, marks: bool) -> Iterator[Text]:
    """Write the findings for a person: by group, each with its mend below it."""
    before = _BEFORE_CHECK + max((len(one.check) for one in findings), default=0) + 2
    for group, checks in GROUPS.items():
        found = [one for one in findings if one.check in checks]
        if found:
            yield Text(group, style="bold")
        for one in found:
            yield from _lines(one, before, width, marks=marks)
    yield Text(closing(findings), style="bold")


def _lines(finding: Finding, before: int, width: int, *, marks: bool) -> Iterator[Text]:
    sign, letters, style = _MARKS[finding.state]
    mark = f"  {sign if marks else letters:<2} "
    first, *rest = _folded(finding.detail, width - before)
    head = f"{finding.check:<{before - _BEFORE_CHECK}}"
    yield Text(mark, style=style).append(f"{head}{first}", style="default")
    yield from (Text(" " * before + line) for line in rest)
    arrow = "→ " if marks else "> "
    for index, line in enumerate(_folded(finding.mend, width - before - 2)):
        yield Text(" " * before + (arrow if index == 0 else "  ") + line)
    for command in finding.commands:
        yield Text(f"{' ' * before}  $ {plain(command, _SHOWN)}")


def _folded(text: str, width: int) -> list[str]:
    """Fold text from outside into lines, between words only: names are to be copied."""
    return wrap(plain(text, _SHOWN), max(width, 1), break_long_words=False, break_on_hyphens=False)


def closing(findings: Sequence[Finding]) -> str:
    """Sum up in one line."""
    counts = Counter(one.state for one in findings)
    said = [
        count_text(counts[State.PROBLEM], "problem") if counts[State.PROBLEM] else "",
        f"{counts[State.SKIPPED]} not checked" if counts[State.SKIPPED] else "",
        _pieces(counts[State.ADVICE]) if counts[State.ADVICE] else "",
    ]
    summed = ", ".join(one for one in said if one)
    if not is_all_well(findings):
        return f"{summed}."
    return f"All is well; {summed}." if summed else "All is well."


def _pieces(count: int) -> str:
    return f"{count_text(count, 'piece')} of advice"
