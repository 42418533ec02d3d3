"""What the doctor shows, and what its exit code says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from bedrock_lifecycle.checks.examination import GROUPS
from bedrock_lifecycle.checks.finding import (
    Finding,
    State,
    advice,
    is_all_well,
    ok,
    problem,
    skipped,
)
from bedrock_lifecycle.doctor import closing, document, lines

if TYPE_CHECKING:
    from collections.abc import Sequence

WELL: Final = ok("stack", "stands")
WRONG: Final = problem("polls", "stopped", "poll", "bedrock-lifecycle poll")
BETTER: Final = advice("version", "old", "upgrade", "git pull", "make deploy")
UNSEEN: Final = skipped("alarms", "access denied", "allow cloudwatch:DescribeAlarms")


def shown(*findings: Finding, marks: bool = True, width: int = 120) -> list[str]:
    return [line.plain for line in lines(findings, width, marks=marks)]


@pytest.mark.parametrize(
    ("findings", "closes", "all_is_well"),
    [
        pytest.param([WELL], "All is well.", "yes", id="all well"),
        pytest.param([WELL, BETTER], "All is well; 1 piece of advice.", "yes", id="advice"),
        pytest.param(
            [WRONG, BETTER, BETTER], "1 problem, 2 pieces of advice.", "no", id="a problem"
        ),
        pytest.param([WRONG, WRONG, WELL], "2 problems.", "no", id="problems"),
        pytest.param([WELL, UNSEEN], "1 not checked.", "no", id="something that was not seen"),
        pytest.param(
            [WRONG, UNSEEN, BETTER], "1 problem, 1 not checked, 1 piece of advice.", "no", id="all"
        ),
    ],
)
def test_one_line_sums_up_and_advice_leaves_all_well(
    findings: Sequence[Finding], closes: str, all_is_well: str
) -> None:
    assert closing(findings) == closes
    assert shown(*findings)[-1] == closes
    assert is_all_well(findings) is (all_is_well == "yes")
    assert document(findings)["all_is_well"] is (all_is_well == "yes")


def test_findings_stand_under_their_group_each_with_what_mends_it() -> None:
    assert shown(WRONG, WELL, BETTER, UNSEEN) == [
        "Stack",
        "  ✔  stack    stands",
        "  !  version  old",
        "              → upgrade",
        "                $ git pull",
        "                $ make deploy",
        "Polls",
        "  ✘  polls    stopped",
        "              → poll",
        "                $ bedrock-lifecycle poll",
        "Failures",
        "  ?  alarms   could not be checked: access denied",
        "              → allow cloudwatch:DescribeAlarms",
        "1 problem, 1 not checked, 1 piece of advice.",
    ]


def test_where_marks_cannot_be_shown_letters_stand_in_their_place() -> None:
    text = "\n".join(shown(WRONG, WELL, BETTER, UNSEEN, marks=False))

    text.encode("ascii")
    assert "  XX polls" in text
    assert "  ok stack" in text


def test_words_are_folded_and_commands_are_not() -> None:
    command = f"aws sns subscribe --topic-arn {'x' * 60}"
    found = problem("polls", "the last one is of yesterday", "do as it says below", command)

    assert shown(found, width=34) == [
        "Polls",
        "  ✘  polls  the last one is of",
        "            yesterday",
        "            → do as it says below",
        f"              $ {command}",
        "1 problem.",
    ]


def test_every_check_has_a_group_and_no_two_have_one_name() -> None:
    names = [name for group in GROUPS.values() for name in group]
    assert len(names) == len(set(names)) > 20


def test_what_comes_from_aws_takes_no_effect_on_a_terminal() -> None:
    hostile = "[red]x[/red]\x1b[31m\u202egnp\nsecond line\x07"
    found = problem("alarms", hostile, hostile, hostile)

    text = shown(found)

    assert len(text) == 5
    assert all(char.isprintable() for line in text for char in line)
    assert "[red]x[/red]" in text[1]


def test_a_program_gets_every_finding_whole() -> None:
    said = json.loads(json.dumps(document([WELL, BETTER])))

    assert said["findings"] == [
        {"check": "stack", "state": "ok", "detail": "stands", "mend": None, "commands": []},
        {
            "check": "version",
            "state": "advice",
            "detail": "old",
            "mend": "upgrade",
            "commands": ["git pull", "make deploy"],
        },
    ]


def test_states_are_told_apart_by_more_than_colour() -> None:
    marks = [shown(Finding("stack", state, "x"))[1].split()[0] for state in State]
    assert len(set(marks)) == len(State)
