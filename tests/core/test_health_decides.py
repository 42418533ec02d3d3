"""What AWS Health has said before the Bedrock API is no news; everything else still is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notifier.model import Announced, Dates, Kind, Phase, TrackedModel
from tests.core.cases import EAST, WEST, dates, day, decision_on, judge_rows, lifecycle, row, told

NOW = "2026-10-20"
BEGUN, EXTENDED, END = "2026-10-19", "2027-01-08", "2027-04-08"
ENDS = dates(None, None, END)


def announced(one: TrackedModel, said: Dates = ENDS, *, seq: int | None = None) -> TrackedModel:
    """Let AWS Health have said this of a row three days ago."""
    on = day("2026-10-17")
    assert on is not None
    known = one.told.seq if seq is None else seq
    return replace(one, announced=Announced(said, one.told.facts.dates, on, known))


LEGACY = row(life=lifecycle("LEGACY", BEGUN, None, END), now=NOW)
DATED = row(life=lifecycle("ACTIVE", None, None, END), now=NOW)


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(announced(LEGACY), id="Legacy, with the end that was announced"),
        pytest.param(announced(DATED), id="the end that was announced, and no more"),
        pytest.param(
            announced(
                row(life=lifecycle("LEGACY", BEGUN, EXTENDED, END), now=NOW),
                dates(None, EXTENDED, END),
            ),
            id="two dates that were announced",
        ),
        pytest.param(
            announced(
                row(
                    life=lifecycle("LEGACY", BEGUN, None, END),
                    now=NOW,
                    told=told(Phase.LEGACY, dates(BEGUN, None, "2027-03-01"), on="2026-10-01"),
                )
            ),
            id="an end that has moved later, as announced",
        ),
        pytest.param(announced(replace(LEGACY, in_use=True)), id="of a model in use"),
        pytest.param(
            announced(row(life=lifecycle("LEGACY", NOW, None, END), now=NOW)),
            id="a Legacy date of today is not ahead any more",
        ),
    ],
)
def test_what_was_announced_counts_as_told_since_then(one: TrackedModel) -> None:
    verdict = judge_rows([one], NOW)

    assert (verdict.decisions, verdict.deferrals) == ((), ())
    (adoption,) = verdict.adoptions
    assert adoption.told.facts == one.facts
    assert adoption.told.seq == one.told.seq + 1
    assert adoption.told.on == day("2026-10-17")


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        pytest.param(
            announced(row(life=lifecycle("LEGACY", BEGUN, None, "2027-05-01"), now=NOW)),
            Kind.ENTERED_LEGACY,
            id="another end",
        ),
        pytest.param(
            announced(row(life=lifecycle("LEGACY", BEGUN), now=NOW)),
            Kind.ENTERED_LEGACY,
            id="Legacy without the end",
        ),
        pytest.param(
            announced(row(life=lifecycle("LEGACY", BEGUN, EXTENDED, END), now=NOW)),
            Kind.ENTERED_LEGACY,
            id="an extended access that nobody announced",
        ),
        pytest.param(
            announced(row(life=lifecycle("ACTIVE", "2026-12-01", None, END), now=NOW)),
            Kind.DATES_CHANGED,
            id="a Legacy date ahead that nobody announced",
        ),
        pytest.param(
            announced(
                row(
                    life=lifecycle("ACTIVE", None, None, END),
                    now=NOW,
                    told=told(Phase.ACTIVE, dates("2026-12-01", None, None), on="2026-10-01"),
                )
            ),
            Kind.DATES_CHANGED,
            id="a date that is stated no longer",
        ),
        pytest.param(
            announced(
                row(life=lifecycle("LEGACY", "2026-07-08", "2026-10-18", END), now=NOW),
                dates(None, "2026-10-18", END),
            ),
            Kind.ENTERED_LEGACY,
            id="extended access that has begun",
        ),
        pytest.param(
            announced(
                row(life=lifecycle("LEGACY", BEGUN, None, "2026-10-20"), now=NOW),
                dates(None, None, "2026-10-20"),
            ),
            Kind.END_OF_LIFE_REACHED,
            id="the end itself",
        ),
        pytest.param(
            announced(
                row(
                    life=lifecycle("LEGACY", BEGUN, None, END),
                    now=NOW,
                    told=told(Phase.LEGACY, dates(BEGUN, None, "2027-05-01"), on="2026-10-01"),
                )
            ),
            Kind.DATES_CHANGED,
            id="an end that has moved earlier, which is critical",
        ),
        pytest.param(
            announced(LEGACY, dates("2026-12-01", None, END)),
            Kind.ENTERED_LEGACY,
            id="Legacy before the day that was announced",
        ),
        pytest.param(
            announced(
                row(
                    life=lifecycle("ACTIVE", None, None, END),
                    now=NOW,
                    told=told(Phase.END_OF_LIFE, on="2026-10-01", gone=True),
                )
            ),
            Kind.RETURNED_TO_ACTIVE,
            id="a model that is listed again",
        ),
        pytest.param(
            announced(
                row(
                    life=lifecycle("ACTIVE", None, None, END),
                    now=NOW,
                    told=told(Phase.LEGACY, on="2026-10-01"),
                )
            ),
            Kind.RETURNED_TO_ACTIVE,
            id="a model that is Active again",
        ),
        pytest.param(
            announced(row(life=lifecycle("ACTIVE"), now=NOW, gone=True)),
            Kind.MODEL_WITHDRAWN,
            id="a model that is gone",
        ),
        pytest.param(
            announced(LEGACY, seq=7), Kind.ENTERED_LEGACY, id="what was overtaken by other words"
        ),
        pytest.param(
            announced(LEGACY, Dates()), Kind.ENTERED_LEGACY, id="a message that gave no date"
        ),
    ],
)
def test_what_was_not_announced_is_told(one: TrackedModel, kind: Kind) -> None:
    decision = decision_on(one, NOW)

    assert decision is not None
    assert decision.kind is kind


def test_a_model_nobody_uses_waits_for_the_digest_and_is_told_when_it_is_used() -> None:
    unused = announced(replace(LEGACY, in_use=False))

    (deferral,) = judge_rows([unused], NOW).deferrals
    begun = replace(unused, in_use=True, deferred=deferral.deferred)

    assert [one.kind for one in judge_rows([begun], NOW).decisions] == [Kind.NOW_IN_USE]


def test_another_region_hears_of_it_in_the_digest_unless_it_is_used_there() -> None:
    here = announced(row(region=EAST, now=NOW))
    there = replace(LEGACY, region=WEST)

    verdict = judge_rows([here, there], NOW)
    assert [one.key.region for one in verdict.deferrals] == [WEST]
    used = judge_rows([here, replace(there, in_use=True)], NOW)
    assert [one.kind for one in used.decisions] == [Kind.ENTERED_LEGACY]


def test_a_return_to_active_elsewhere_is_no_repetition() -> None:
    here = announced(row(region=EAST, now=NOW))
    there = row(
        region=WEST,
        life=lifecycle("ACTIVE", None, None, END),
        now=NOW,
        told=told(Phase.LEGACY, dates(BEGUN, None, None), on="2026-10-01"),
    )

    decided = [one.kind for one in judge_rows([here, there], NOW).decisions]
    assert decided == [Kind.RETURNED_TO_ACTIVE]
