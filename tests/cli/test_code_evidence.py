"""What is true of what code names, and what a build and a code host make of it."""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from bedrock_lifecycle.code_evidence import CodeScan, Level, Question, Verdict, scan_code
from bedrock_lifecycle.sarif import message, sarif
from notifier.usage import Reading, RegionUsage, Resource, Source
from tests.core.cases import DYING, EAST, EUROPE, SONNET, WEST, lifecycle, row

if TYPE_CHECKING:
    from pathlib import Path

    from notifier.model import TrackedModel

TODAY = date(2026, 10, 20)
NOVA, ENDED = "amazon.nova-pro-v1:0", "meta.llama3-2-1b-instruct-v1:0"
SOON = lifecycle("LEGACY", "2026-05-01", None, "2026-11-20")
ROWS = (
    row(SONNET, EAST, life=DYING, now="2026-10-20"),
    row(SONNET, WEST, life=SOON, now="2026-10-20"),
    row(NOVA, EAST, name="Nova Pro", provider="Amazon"),
    row(ENDED, EAST, life=lifecycle("LEGACY", None, None, "2026-10-01"), now="2026-10-20"),
)
PROFILE = Resource(
    f"arn:aws:bedrock:{EAST}:123456789012:inference-profile/us.{SONNET}",
    "US",
    (f"arn:aws:bedrock:{EAST}::foundation-model/{SONNET}",),
    f"us.{SONNET}",
    depends=False,
)
USAGE = {EAST: RegionUsage(EAST, readings={Source.SYSTEM_PROFILES: Reading((PROFILE,))})}


def scan(
    folder: Path,
    text: str,
    *,
    fail_within: int = 90,
    complete: bool = True,
    rows: tuple[TrackedModel, ...] = ROWS,
) -> CodeScan:
    (folder / "app.py").write_text(text)
    asked = Question(rows, USAGE, "aws", TODAY, fail_within, complete)
    return scan_code([folder], asked)


@pytest.mark.parametrize(
    ("text", "verdict", "level", "regions"),
    [
        pytest.param(ENDED, Verdict.ENDED, Level.ERROR, (EAST,), id="it has ended"),
        pytest.param(
            SONNET,
            Verdict.ENDS_SOON,
            Level.ERROR,
            (WEST,),
            id="an id: the Region where it ends first",
        ),
        pytest.param(
            f"us.{SONNET}",
            Verdict.ON_THE_WAY_OUT,
            Level.WARNING,
            (EAST,),
            id="a profile: where it leads to",
        ),
        pytest.param(
            f"eu.{SONNET}",
            Verdict.ENDS_SOON,
            Level.ERROR,
            (WEST,),
            id="a profile that is not listed: its model anywhere",
        ),
        pytest.param(
            f"arn:aws:bedrock:{EAST}::foundation-model/{SONNET}",
            Verdict.ON_THE_WAY_OUT,
            Level.WARNING,
            (EAST,),
            id="an ARN: its Region",
        ),
        pytest.param(NOVA, Verdict.ACTIVE, Level.NONE, (EAST,), id="an active model"),
        pytest.param(
            "anthropic.claude-v2:1", Verdict.NOT_LISTED, Level.ERROR, (), id="listed nowhere"
        ),
        pytest.param(
            f"arn:aws:bedrock:{EAST}::foundation-model/anthropic.claude-v1",
            Verdict.NOT_LISTED,
            Level.ERROR,
            (),
            id="an ARN of what is listed nowhere",
        ),
        pytest.param(
            f"arn:aws:bedrock:::foundation-model/{SONNET}",
            Verdict.ENDS_SOON,
            Level.ERROR,
            (WEST,),
            id="an ARN without a Region: any",
        ),
        pytest.param(
            "arn:aws:bedrock:::foundation-model/anthropic.claude-v1",
            Verdict.NOT_LISTED,
            Level.ERROR,
            (),
            id="an ARN without a Region, listed nowhere",
        ),
        pytest.param(
            f"arn:aws:bedrock:{WEST}::foundation-model/{NOVA}",
            Verdict.NOT_LISTED_THERE,
            Level.WARNING,
            (WEST,),
            id="an ARN of a Region that does not list what others do",
        ),
        pytest.param(
            f"arn:aws:bedrock:{EUROPE}::foundation-model/{NOVA}",
            Verdict.UNKNOWN,
            Level.NONE,
            (),
            id="an ARN of a Region that did not answer",
        ),
        pytest.param(
            f"arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/{NOVA}",
            Verdict.UNKNOWN,
            Level.NONE,
            (),
            id="an ARN of another partition",
        ),
        pytest.param(
            f"arn:aws-us-gov:bedrock:{EAST}::foundation-model/anthropic.claude-v1",
            Verdict.UNKNOWN,
            Level.NONE,
            (),
            id="whatever Region it says",
        ),
        pytest.param(
            f"eu.{SONNET}:300k",
            Verdict.ENDS_SOON,
            Level.ERROR,
            (WEST,),
            id="a profile that is not listed, of a variant",
        ),
        pytest.param(
            "arn:aws:bedrock:us-east-1:210987654321:application-inference-profile/x1",
            Verdict.UNKNOWN,
            Level.NONE,
            (),
            id="another account's profile",
        ),
    ],
)
def test_what_is_named_is_judged(
    tmp_path: Path, text: str, verdict: Verdict, level: Level, regions: tuple[str, ...]
) -> None:
    (found,) = scan(tmp_path, f"x = '{text}'").named

    assert (found.verdict, found.level, found.regions) == (verdict, level, regions)


def test_how_soon_is_soon_is_for_the_caller_to_say(tmp_path: Path) -> None:
    (within,) = scan(tmp_path, SONNET, fail_within=31).named
    (not_yet,) = scan(tmp_path, SONNET, fail_within=30).named

    assert (within.verdict, not_yet.verdict) == (Verdict.ENDS_SOON, Verdict.ON_THE_WAY_OUT)


def test_that_nothing_lists_an_id_is_said_only_when_every_region_was_heard(tmp_path: Path) -> None:
    found = scan(tmp_path, "anthropic.claude-v2", complete=False)

    assert [one.verdict for one in found.named] == [Verdict.UNKNOWN]
    assert not found.is_failing


def test_a_region_that_answered_is_believed_whatever_others_did(tmp_path: Path) -> None:
    arn = f"arn:aws:bedrock:{WEST}::foundation-model/anthropic.claude-v1"

    (found,) = scan(tmp_path, arn, complete=False).named

    assert (found.verdict, found.regions) == (Verdict.NOT_LISTED_THERE, (WEST,))


def test_what_ends_first_counts_though_another_region_is_further_on(tmp_path: Path) -> None:
    further = lifecycle("LEGACY", "2026-01-01", "2026-05-01", "2027-12-01")
    rows = (
        row(SONNET, EAST, life=further, now="2026-10-20"),
        row(SONNET, WEST, life=SOON, now="2026-10-20"),
    )

    (found,) = scan(tmp_path, SONNET, rows=rows).named

    assert (found.verdict, found.regions) == (Verdict.ENDS_SOON, (WEST,))


def test_each_place_of_one_id_is_its_own(tmp_path: Path) -> None:
    found = scan(tmp_path, f"{NOVA}\n{ENDED} {NOVA}")

    places = [(one.mention.line, one.mention.column) for one in found.named]
    assert places == [(1, 1), (2, 1), (2, 2 + len(ENDED))]


def test_a_model_that_somebody_ignores_fails_no_build(tmp_path: Path) -> None:
    found = scan(tmp_path, f"{ENDED}\nanthropic.claude-v2\n{NOVA}")

    kept = found.without(lambda model_id: model_id != NOVA)

    assert found.is_failing
    assert [one.model_id for one in kept.named] == [NOVA]
    assert not kept.is_failing


def test_findings_are_what_somebody_has_to_change_the_worst_first(tmp_path: Path) -> None:
    found = scan(tmp_path, f"{NOVA}\nus.{SONNET}\n{ENDED}")

    assert [one.mention.line for one in found.findings] == [3, 2]
    assert found.files == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            ENDED,
            (
                "Claude Sonnet 4.5 is past its end of life; end of life Thu 2026-10-01 (19 days "
                "ago); in us-east-1."
            ),
        ),
        (NOVA, "Nova Pro is Active; in us-east-1."),
        (
            "anthropic.claude-v2",
            (
                "anthropic.claude-v2 is listed in no Region that answered: retired, misspelt, or "
                "served by bedrock-mantle alone."
            ),
        ),
        (
            f"arn:aws:bedrock:{WEST}::foundation-model/{NOVA}",
            (
                f"arn:aws:bedrock:{WEST}::foundation-model/{NOVA} is not listed in us-west-2: "
                "retired or not offered there, or misspelt."
            ),
        ),
    ],
)
def test_a_place_says_what_is_wrong_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    (found,) = scan(tmp_path, text).named

    assert message(found, TODAY) == said


# SARIF: the parts that GitHub requires, as its documentation names them


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Text(Strict):
    text: str = Field(min_length=1, max_length=1024)


class Rule(Strict):
    id: str = Field(max_length=255)
    name: str = Field(max_length=255)
    shortDescription: Text  # noqa: N815 as SARIF has it
    fullDescription: Text  # noqa: N815
    helpUri: str = Field(pattern="^https://")  # noqa: N815
    help: Text
    properties: dict[str, list[str]]


class Driver(Strict):
    name: str
    semanticVersion: str  # noqa: N815
    informationUri: str  # noqa: N815
    rules: list[Rule]


class Tool(Strict):
    driver: Driver


class FromRoot(Strict):
    # Neither a path from the root of all, nor a colon: it would be a scheme.
    uri: str = Field(pattern=r"^[A-Za-z0-9._~%-][A-Za-z0-9._~/%-]*$")
    uriBaseId: Literal["%SRCROOT%"]  # noqa: N815


class Elsewhere(Strict):
    uri: str = Field(pattern=r"^file:///[A-Za-z0-9._~/%-]+$")


class Place(Strict):
    startLine: int = Field(ge=1)  # noqa: N815
    startColumn: int = Field(ge=1)  # noqa: N815
    endColumn: int = Field(ge=2)  # noqa: N815


class Physical(Strict):
    artifactLocation: FromRoot | Elsewhere  # noqa: N815
    region: Place


class Location(Strict):
    physicalLocation: Physical  # noqa: N815


class Result(Strict):
    ruleId: str  # noqa: N815
    ruleIndex: int  # noqa: N815
    level: str = Field(pattern="^(error|warning|note)$")
    message: Text
    locations: list[Location] = Field(min_length=1, max_length=1)
    partialFingerprints: dict[str, str] = Field(min_length=1)  # noqa: N815


class Run(Strict):
    tool: Tool
    columnKind: str  # noqa: N815
    results: list[Result]


class Log(Strict):
    schema_: str = Field(alias="$schema")
    version: str = Field(pattern=r"^2\.1\.0$")
    runs: list[Run] = Field(min_length=1, max_length=1)


def results(document: dict[str, Any]) -> list[Result]:
    (run,) = Log.model_validate(document).runs
    for one in run.results:
        assert run.tool.driver.rules[one.ruleIndex].id == one.ruleId
    return run.results


def test_every_finding_is_a_result_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = scan(tmp_path, f"{NOVA}\nx = '{ENDED}'\nus.{SONNET} anthropic.claude-v2")

    made = results(sarif(found.findings, TODAY, "1.2.3"))

    assert [(one.ruleId, one.level) for one in made] == [
        ("bedrock-model-ended", "error"),
        ("bedrock-model-not-listed", "error"),
        ("bedrock-model-on-the-way-out", "warning"),
    ]
    place = made[0].locations[0].physicalLocation
    assert (place.region.startLine, place.region.startColumn) == (2, 6)
    assert place.region.endColumn == 6 + len(ENDED)
    assert place.artifactLocation == FromRoot(uri="app.py", uriBaseId="%SRCROOT%")


def test_paths_are_encoded_and_hostile_text_stays_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / os.fsdecode(b'x:a b#"%\xe9')
    folder.mkdir()
    hostile = row(ENDED, EAST, name='"><script>\u202e\x00', life=SOON, now="2026-10-20")
    found = scan(folder, ENDED, rows=(hostile,))

    (one,) = results(sarif(found.findings, TODAY, "1"))

    place = one.locations[0].physicalLocation.artifactLocation
    assert place == FromRoot(uri="x%3Aa%20b%23%22%25%E9/app.py", uriBaseId="%SRCROOT%")
    assert "\u202e" not in one.message.text


def test_a_file_outside_of_where_the_command_runs_is_named_whole(tmp_path: Path) -> None:
    (one,) = results(sarif(scan(tmp_path, ENDED).findings, TODAY, "1"))

    place = one.locations[0].physicalLocation.artifactLocation
    assert place == Elsewhere(uri=(tmp_path / "app.py").as_uri())


def test_a_line_that_moves_is_the_same_finding_and_a_second_one_is_another(tmp_path: Path) -> None:
    def fingerprints(text: str) -> list[str]:
        found = scan(tmp_path, text)
        made = results(sarif(found.findings, TODAY, "1"))
        return [one.partialFingerprints["bedrockModelMention/v1"] for one in made]

    before, moved = fingerprints(f"{ENDED}\n{ENDED}"), fingerprints(f"\n\n{ENDED}\n\n{ENDED}")

    assert before == moved
    assert len(set(before)) == 2


def test_there_are_no_more_results_than_github_takes_and_the_worst_are_among_them(
    tmp_path: Path,
) -> None:
    worst, other = scan(tmp_path, f"us.{SONNET}\n{ENDED}").findings

    made = sarif([worst, *[other] * 25_000], TODAY, "1")["runs"][0]["results"]

    assert len(made) == 25_000
    assert made[0]["level"] == "error"


def test_nothing_found_is_an_empty_but_valid_log() -> None:
    assert results(sarif((), TODAY, "1")) == []


def test_a_model_that_ends_everywhere_on_one_day_names_every_region(tmp_path: Path) -> None:
    regions = (EAST, WEST, EUROPE)
    rows = tuple(row(SONNET, one, life=DYING, now="2026-10-20") for one in regions)

    (found,) = scan(tmp_path, SONNET, rows=rows).named

    assert found.regions == tuple(sorted(regions))
