"""How use and successors are said: what is proven, what is not known, and nothing in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from notifier.grouping import group
from notifier.render.document import notification
from notifier.render.words import amount_text, used_by_texts
from notifier.successor import Successor
from notifier.usage import Calls, CallsFrom, Gap, Source, Use, UsedBy
from tests.core.cases import (
    DYING,
    EAST,
    LEGACY_ON,
    PLACE,
    SONNET,
    WEST,
    at,
    called,
    judge_rows,
    lifecycle,
    row,
)

if TYPE_CHECKING:
    from notifier.model import TrackedModel

SUCCESSOR = Successor("acme.next-v1:0", "Next", "same family, newest active", ("no streaming",))
DENIED = Gap(EAST, Source.AGENTS, "AccessDeniedException")
AGENT = UsedBy(Source.AGENTS, "helper", f"arn:aws:bedrock:{EAST}:123456789012:agent/A", EAST)


def text(*rows: TrackedModel, now: str = LEGACY_ON) -> str:
    """Give the e-mail about rows that enter Legacy together, on one line."""
    (alert,) = group(judge_rows(rows, now).decisions, at(now))
    return " ".join(str(notification(alert, PLACE).document["text"]).split())


def entering(model_id: str = SONNET, region: str = EAST, **parts: object) -> TrackedModel:
    return row(model_id, region, life=DYING, now=LEGACY_ON, **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("use", "in_use", "said"),
    [
        pytest.param(
            called("2026-10-07", known_on="2026-10-08"),
            True,
            "In use here yes: 7 calls in 14 days, the last on Wed 2026-10-07 (yesterday)",
            id="calls are counted",
        ),
        pytest.param(
            called("2026-09-01", known_on="2026-10-08", invocations_14d=0),
            True,
            "yes: no call in 14 days, the last on Tue 2026-09-01 (37 days ago)",
            id="a call long ago is dated",
        ),
        pytest.param(
            Use(used_by=(AGENT,), known_on=date(2026, 10, 8)),
            True,
            "yes: named by what stands below, and not called lately Used by agent helper in",
            id="a resource is named",
        ),
        pytest.param(
            Use(used_by=(AGENT,), gaps=(DENIED._replace(source=Source.INVOCATIONS),)),
            True,
            "yes, but its calls cannot be counted now Used by agent helper",
            id="nothing is said of calls that nobody could read",
        ),
        pytest.param(
            Use(gaps=(DENIED, DENIED._replace(region=WEST), DENIED._replace(region="eu-west-1"))),
            None,
            "not known: agents in us-east-1 (AccessDeniedException); agents in us-west-2 "
            "(AccessDeniedException); and 1 more",
            id="what is not known says why",
        ),
        pytest.param(None, None, "In use here not known Likely", id="or nothing, if unread"),
    ],
)
def test_use_in_words(use: Use | None, in_use: bool | None, said: str) -> None:  # noqa: FBT001 (a value of the case)
    assert said in text(entering(use=use, in_use=in_use, successor=SUCCESSOR))


def test_a_guessed_successor_is_never_awss_word_and_says_what_it_lacks() -> None:
    found = text(entering(in_use=True, successor=SUCCESSOR))

    assert "Next [acme.next-v1:0]: same family, newest active (our guess, not AWS's word)" in found
    assert "It differs no streaming" in found


def test_without_a_successor_the_reason_is_said() -> None:
    none = Successor(None, "", "no other model of Acme is Active with text output in us-east-1")

    assert f"Likely successor none found: {none.source}" in text(entering(successor=none))


def test_in_a_long_list_use_and_successor_are_still_there() -> None:
    use = called("2026-10-07", known_on="2026-10-08", invocations_14d=120)
    rows = [
        entering(f"acme.m{n:02}-v1:0", in_use=True, use=use, successor=SUCCESSOR) for n in range(11)
    ]
    unknown = entering("acme.unknown-v1:0", in_use=None, use=Use(gaps=(DENIED,)))

    found = text(*rows, unknown)

    assert found.count("in use here (120 calls in 14 days); likely successor Next") == 11
    assert "use not known (agents in us-east-1 (AccessDeniedException))" in found


def test_only_what_gets_dearer_is_counted_as_dearer() -> None:
    use = called("2026-10-07", input_tokens_per_day=1_000_000, output_tokens_per_day=20_000)
    dearer = entering(in_use=True, use=use)
    never = row(
        "amazon.nova-pro-v1:0",
        life=lifecycle("LEGACY", LEGACY_ON, None, "2027-04-08"),
        now=LEGACY_ON,
        in_use=True,
        use=called("2026-10-07", input_tokens_per_day=9_000_000),
    )

    found = text(dearer, never)

    assert "at today's rate about 1 million input and 20 thousand output tokens a day" in found


def test_a_plan_says_whose_it_is_where_dates_differ() -> None:
    other = row(
        "amazon.nova-pro-v1:0",
        life=lifecycle("LEGACY", LEGACY_ON, None, "2027-04-08"),
        now=LEGACY_ON,
        name="Nova Pro",
    )

    assert "A PLAN FOR Claude Sonnet 4.5 (others have other dates), WORKED" in text(
        entering(), other
    )
    assert "A PLAN, WORKED BACK" in text(entering(), entering(region=WEST))


def test_several_spells_are_told_by_the_longest() -> None:
    before = entering(in_use=True)
    known = replace(before.told, facts=before.facts, seq=1)
    rows = [
        replace(before, told=known, region=region, use=called(last, known_on="2026-10-20"))
        for region, last in ((EAST, "2026-10-08"), (WEST, "2026-08-31"))
    ]

    assert "has not been called for up to 50 days: access may have lapsed" in text(
        *rows, now="2026-10-20"
    )


HOSTILE = "<b>\u202e*_`x\r\n\x00[a](http://x)" + "y" * 500


def test_names_of_resources_do_no_harm() -> None:
    hostile = UsedBy(Source.AGENTS, HOSTILE, HOSTILE, EAST)
    use = Use(
        calls=(CallsFrom(EAST, Calls(HOSTILE, date(2026, 10, 7), 3)),),
        used_by=(hostile,),
        gaps=(Gap(EAST, Source.FLOWS, HOSTILE),),
        known_on=date(2026, 10, 8),
    )
    (alert,) = group(
        judge_rows([entering(in_use=True, use=use)], LEGACY_ON).decisions, at(LEGACY_ON)
    )
    document = notification(alert, PLACE).document

    for said in (str(document["text"]), *document["models"][0]["used_by"]):
        assert not {"\u202e", "\x00", "\r"} & set(said)
    assert "\n" not in document["models"][0]["used_by"][0]


def test_many_resources_are_cut_with_a_count() -> None:
    texts = used_by_texts([AGENT._replace(name=f"a{n}") for n in range(9)], 6)

    assert len(texts) == 7
    assert texts[-1] == "and 3 more resources"


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0"),
        (9_999, "9,999"),
        (10_000, "10 thousand"),
        (18_499, "18 thousand"),
        (1_000_000, "1 million"),
        (1_240_000, "1.2 million"),
        (310_000_000, "310 million"),
        (2_000_000_000, "2 billion"),
    ],
)
def test_large_amounts_are_said_roughly(count: int, said: str) -> None:
    assert amount_text(count) == said
