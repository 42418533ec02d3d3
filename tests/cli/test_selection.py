"""Which models a person means: by name, and by what narrows a list."""

from __future__ import annotations

from datetime import date

import pytest

from bedrock_lifecycle.errors import CommandError
from bedrock_lifecycle.selection import Selection, model_named, used_first
from notifier.grouping import entries_of
from notifier.model import Phase
from notifier.snooze import Snoozes
from tests.core.cases import DYING, EAST, EUROPE, SONNET, lifecycle, row

NAMES = {
    SONNET: "Claude Sonnet 4.5",
    "anthropic.claude-sonnet-4-6": "Claude Sonnet 4.6",
    "anthropic.claude-sonnet-4-20250514-v1:0": "Claude Sonnet 4",
    "amazon.nova-pro-v1:0": "Nova Pro",
    "amazon.nova-premier-v1:0": "Nova Premier",
    "meta.llama3-3-70b-instruct-v1:0": "Llama 3.3 70B Instruct",
}


@pytest.mark.parametrize(
    ("asked", "model_id"),
    [
        pytest.param(SONNET, SONNET, id="the id"),
        pytest.param(
            "claude sonnet 4",
            "anthropic.claude-sonnet-4-20250514-v1:0",
            id="a name that begins others",
        ),
        pytest.param("Nova Pro", "amazon.nova-pro-v1:0", id="a name"),
        pytest.param("LLAMA", "meta.llama3-3-70b-instruct-v1:0", id="a part, in capitals"),
        pytest.param("sonnet 4.5", SONNET, id="words of a name"),
        pytest.param(
            "anthropic 20250514", "anthropic.claude-sonnet-4-20250514-v1:0", id="words of an id"
        ),
        pytest.param(f"us.{SONNET}", SONNET, id="an inference profile"),
        pytest.param(f"arn:aws:bedrock:us-east-1::foundation-model/{SONNET}", SONNET, id="an ARN"),
        pytest.param("amazon.nova-pro-v1:0:24k", "amazon.nova-pro-v1:0", id="a context variant"),
        pytest.param("  nova premier ", "amazon.nova-premier-v1:0", id="with spaces around it"),
    ],
)
def test_a_model_is_known_by(asked: str, model_id: str) -> None:
    assert model_named(asked, NAMES) == model_id


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param(
            "nova",
            ["any of 2 models", "Nova Pro [amazon.nova-pro-v1:0]", "Nova Premier"],
            id="a part of two",
        ),
        pytest.param(
            "gpt", ["no tracked model is called 'gpt'", "bedrock-lifecycle models"], id="nobody"
        ),
        pytest.param("  ", ["no tracked model"], id="nothing"),
        pytest.param("\x1b[31mred", ["no tracked model"], id="a colour"),
    ],
)
def test_nobody_is_guessed(asked: str, said: list[str]) -> None:
    with pytest.raises(CommandError) as refused:
        model_named(asked, NAMES)

    assert all(part in str(refused.value) for part in said)
    assert "\x1b" not in str(refused.value)


def test_of_very_many_candidates_some_are_named_and_all_counted() -> None:
    with pytest.raises(CommandError, match="any of 40 models") as refused:
        model_named("model", {f"acme.model-{n}": f"Model {n}" for n in range(40)})

    assert str(refused.value).endswith("and 28 more")


TODAY = date(2026, 10, 20)


@pytest.mark.parametrize(
    ("selection", "matches"),
    [
        pytest.param(Selection(), True, id="nothing narrows"),
        pytest.param(Selection(in_use=True), True, id="unknown use is use"),
        pytest.param(
            Selection(phases={Phase.LEGACY, Phase.END_OF_LIFE}), True, id="one of its phases"
        ),
        pytest.param(Selection(phases={Phase.ACTIVE}), False, id="another phase"),
        pytest.param(Selection(regions={EAST}), True, id="its Region"),
        pytest.param(Selection(regions={EUROPE}), False, id="another Region"),
        pytest.param(Selection(provider="anthro"), True, id="a part of its provider"),
        pytest.param(Selection(provider="meta"), False, id="another provider"),
        pytest.param(Selection(within_days=80), True, id="a date on the last day"),
        pytest.param(Selection(within_days=79), False, id="a date a day later"),
    ],
)
def test_a_legacy_model_is_listed(selection: Selection, *, matches: bool) -> None:
    assert selection.matches(row(life=DYING, now="2026-10-20"), TODAY) is matches


def test_a_date_that_is_past_does_not_come() -> None:
    ended = row(life=lifecycle("LEGACY", None, None, "2026-10-19"))

    assert not Selection(within_days=10_000).matches(ended, TODAY)


def test_those_in_use_come_first_then_what_comes_next_then_the_name() -> None:
    soon, late = lifecycle("LEGACY", None, None, "2026-11-01"), DYING
    rows = [
        row("acme.a", in_use=False, life=soon, name="A"),
        row("acme.b", in_use=None, life=late, name="B"),
        row("acme.c", in_use=True, life=late, name="C"),
        row("acme.d", in_use=True, life=soon, name="D"),
        row("acme.e", in_use=True, name="E"),
        row("acme.f", in_use=True, name="F"),
    ]

    ordered = used_first(entries_of(rows, Snoozes(), TODAY), TODAY)

    assert "".join(one.name for one in ordered) == "DCEFBA"
