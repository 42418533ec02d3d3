"""Phases, context variants and jitter: what a catalog means at a time."""

from __future__ import annotations

import pytest

from notifier.lifecycle import (
    Reported,
    base_model_id,
    fold,
    next_milestone,
    phase_at,
    settle_jitter,
)
from notifier.model import Capabilities, Lifecycle, ListedModel, Milestone, Phase
from tests.core.cases import (
    DYING,
    END_ON,
    EXTENDED_ON,
    LEGACY_ON,
    at,
    lifecycle,
    listed,
    unreadable,
)


@pytest.mark.parametrize(
    ("life", "now", "gone", "phase"),
    [
        pytest.param(
            lifecycle(),
            "2026-10-20",
            False,
            Phase.ACTIVE,
            id="without dates an ACTIVE model is active",
        ),
        pytest.param(
            lifecycle("LEGACY"),
            "2026-10-20",
            False,
            Phase.LEGACY,
            id="the status LEGACY is enough without any date",
        ),
        pytest.param(
            lifecycle("LEGACY", "2026-12-01"),
            "2026-10-20",
            False,
            Phase.LEGACY,
            id="the status LEGACY holds before its date",
        ),
        pytest.param(
            lifecycle("ACTIVE", LEGACY_ON),
            "2026-10-08T07:59:59Z",
            False,
            Phase.ACTIVE,
            id="a second before 08:00Z the legacy date is not in effect",
        ),
        pytest.param(
            lifecycle("ACTIVE", LEGACY_ON),
            "2026-10-08T08:00:00Z",
            False,
            Phase.LEGACY,
            id="at 08:00Z the legacy date is in effect though the status is still ACTIVE",
        ),
        pytest.param(
            DYING,
            "2027-01-08T07:59:59Z",
            False,
            Phase.LEGACY,
            id="a second before 08:00Z extended access has not begun",
        ),
        pytest.param(
            DYING,
            "2027-01-08T08:00:00Z",
            False,
            Phase.EXTENDED_ACCESS,
            id="at 08:00Z extended access begins though the API says 07:00Z",
        ),
        pytest.param(
            DYING,
            "2027-04-08T07:30:00Z",
            False,
            Phase.EXTENDED_ACCESS,
            id="the API's own hour of the end has passed and 08:00Z has not",
        ),
        pytest.param(
            DYING,
            "2027-04-08T08:00:00Z",
            False,
            Phase.END_OF_LIFE,
            id="at 08:00Z of its date the life ends",
        ),
        pytest.param(
            lifecycle("ACTIVE", None, EXTENDED_ON),
            "2027-01-09",
            False,
            Phase.EXTENDED_ACCESS,
            id="extended access by date beats the status ACTIVE",
        ),
        pytest.param(
            lifecycle("ACTIVE", "2027-05-08", None, END_ON),
            "2027-04-09",
            False,
            Phase.END_OF_LIFE,
            id="an end of life before the legacy date is still the end",
        ),
        pytest.param(
            lifecycle("LEGACY", LEGACY_ON, "2026-12-01", "2026-11-01"),
            "2026-12-02",
            False,
            Phase.END_OF_LIFE,
            id="end of life is asked before extended access",
        ),
        pytest.param(
            lifecycle("DEPRECATED"),
            "2026-10-20",
            False,
            Phase.ACTIVE,
            id="a status nobody knows says nothing by itself",
        ),
        pytest.param(
            lifecycle("DEPRECATED", LEGACY_ON),
            "2026-10-20",
            False,
            Phase.LEGACY,
            id="beside a status nobody knows the dates still count",
        ),
        pytest.param(
            lifecycle("legacy"),
            "2026-10-20",
            False,
            Phase.ACTIVE,
            id="another spelling of a status is a status nobody knows",
        ),
        pytest.param(
            DYING,
            "2026-10-20",
            True,
            Phase.END_OF_LIFE,
            id="confirmed absence is the end whatever the date",
        ),
        pytest.param(
            lifecycle(),
            "2026-10-20",
            True,
            Phase.END_OF_LIFE,
            id="confirmed absence is the end without any date",
        ),
    ],
)
def test_the_phase_at_a_time(life: Lifecycle, now: str, gone: bool, phase: Phase) -> None:  # noqa: FBT001 (a column of the table)
    assert phase_at(life, at(now), gone=gone) is phase


@pytest.mark.parametrize("hour", [0, 7, 8, 23])
def test_the_hour_of_a_date_decides_nothing(hour: int) -> None:
    life = lifecycle("LEGACY", LEGACY_ON, EXTENDED_ON, END_ON, hour=hour)

    assert phase_at(life, at("2027-04-08T07:59:59Z")) is Phase.EXTENDED_ACCESS
    assert phase_at(life, at("2027-04-08T08:00:00Z")) is Phase.END_OF_LIFE


@pytest.mark.parametrize(
    ("life", "now", "expected"),
    [
        pytest.param(DYING, "2026-10-20", Milestone.EXTENDED_ACCESS, id="the nearest one ahead"),
        pytest.param(
            DYING,
            "2027-01-08T07:59:59Z",
            Milestone.EXTENDED_ACCESS,
            id="on its day, until 08:00Z, it is still ahead",
        ),
        pytest.param(DYING, "2027-01-09", Milestone.END_OF_LIFE, id="then the end"),
        pytest.param(DYING, "2027-04-08", None, id="after the end nothing is ahead"),
        pytest.param(lifecycle(), "2026-10-20", None, id="without dates nothing is ahead"),
        pytest.param(
            lifecycle("LEGACY", "2026-12-01", None, END_ON),
            "2026-10-20",
            Milestone.END_OF_LIFE,
            id="a model that is Legacy already does not enter Legacy again",
        ),
    ],
)
def test_the_next_milestone(life: Lifecycle, now: str, expected: Milestone | None) -> None:
    moment = at(now)

    assert next_milestone(life, phase_at(life, moment), moment) is expected


COHERE, TITAN = "cohere.embed-english-v3", "amazon.titan-embed-text-v1"
PREMIER = "amazon.nova-premier-v1:0"
V8K = f"{PREMIER}:8k"


@pytest.mark.parametrize(
    ("model_id", "known", "base"),
    [
        pytest.param(PREMIER, {PREMIER}, PREMIER, id="a model belongs to itself"),
        pytest.param(
            f"{PREMIER}:8k", {PREMIER}, PREMIER, id="a variant belongs to the model beside it"
        ),
        pytest.param(
            f"{PREMIER}:mm", set(), PREMIER, id="a lone variant belongs to its id less one segment"
        ),
        pytest.param(
            f"{COHERE}:0:512",
            {COHERE},
            COHERE,
            id="a variant belongs to a model without any version segment",
        ),
        pytest.param(
            f"{COHERE}:0:512",
            set(),
            f"{COHERE}:0",
            id="without that model the variant only loses its third segment",
        ),
        pytest.param(
            f"{TITAN}:2:8k",
            {TITAN, f"{TITAN}:2"},
            f"{TITAN}:2",
            id="of two candidates the longer id wins",
        ),
        pytest.param(
            f"{TITAN}:2:8k", {TITAN}, TITAN, id="the shorter one serves where it is alone"
        ),
        pytest.param(
            f"{TITAN}:2:8k",
            set(),
            f"{TITAN}:2",
            id="of another version the third segment is dropped too",
        ),
        pytest.param(
            f"{COHERE}:0",
            {COHERE},
            f"{COHERE}:0",
            id="an id of two segments is a version and not a variant",
        ),
        pytest.param(COHERE, {f"{COHERE}:0"}, COHERE, id="a shorter id is no variant of a longer"),
        pytest.param(
            f"{PREMIER}:8k",
            {"amazon.nova-premier-v", "amazon.nova"},
            PREMIER,
            id="only whole segments are taken away",
        ),
    ],
)
def test_the_base_model_of_an_id(model_id: str, known: set[str], base: str) -> None:
    assert base_model_id(model_id, known | {model_id}) == base


NOW = at("2026-10-20")
EARLY = lifecycle("LEGACY", LEGACY_ON, None, "2027-03-01")
LATE = lifecycle("LEGACY", LEGACY_ON, None, "2027-06-01")
UNDATED = lifecycle("LEGACY")
EXTENDED = lifecycle("LEGACY", "2026-01-01", "2026-06-01", "2027-12-01")


@pytest.mark.parametrize(
    ("models", "life", "reported_by"),
    [
        pytest.param(
            [listed(PREMIER), listed(f"{PREMIER}:8k", EARLY)],
            EARLY,
            (f"{PREMIER}:8k",),
            id="a Legacy variant speaks for an active base",
        ),
        pytest.param(
            [listed(PREMIER, EARLY), listed(f"{PREMIER}:8k")],
            EARLY,
            (PREMIER,),
            id="a Legacy base is not softened by an active variant",
        ),
        pytest.param(
            [listed(PREMIER, EARLY), listed(f"{PREMIER}:8k", EXTENDED)],
            EXTENDED,
            (f"{PREMIER}:8k",),
            id="the later phase wins though its end of life is further away",
        ),
        pytest.param(
            [listed(PREMIER, LATE), listed(f"{PREMIER}:8k", EARLY)],
            EARLY,
            (f"{PREMIER}:8k",),
            id="of the same phase the earlier end of life wins",
        ),
        pytest.param(
            [listed(PREMIER, UNDATED), listed(f"{PREMIER}:8k", LATE)],
            LATE,
            (f"{PREMIER}:8k",),
            id="any end of life is more urgent than none",
        ),
        pytest.param(
            [listed(PREMIER, lifecycle("LEGACY", None, None, "2027-03-01")), listed(V8K, EARLY)],
            EARLY,
            (V8K,),
            id="of two that end on one day the one that says more wins",
        ),
        pytest.param(
            [listed(f"{PREMIER}:mm", EARLY), listed(PREMIER), listed(f"{PREMIER}:8k", EARLY)],
            EARLY,
            (f"{PREMIER}:8k", f"{PREMIER}:mm"),
            id="every id that said so is named",
        ),
        pytest.param(
            [unreadable(PREMIER), listed(f"{PREMIER}:8k", LATE)],
            LATE,
            (f"{PREMIER}:8k",),
            id="a record without a lifecycle says nothing beside one that has it",
        ),
        pytest.param(
            [unreadable(PREMIER), unreadable(f"{PREMIER}:8k")],
            None,
            (PREMIER,),
            id="with no lifecycle at all the model is there and unknown",
        ),
        pytest.param(
            [listed(PREMIER), listed(PREMIER, EARLY)],
            EARLY,
            (PREMIER,),
            id="an id listed twice is one model in its most urgent state",
        ),
    ],
)
def test_one_record_for_a_model_and_its_variants(
    models: list[ListedModel], life: Lifecycle | None, reported_by: tuple[str, ...]
) -> None:
    (base, reported), *others = fold(models, (), NOW).items()

    assert not others
    assert (base, reported.lifecycle, reported.reported_by) == (PREMIER, life, reported_by)


def test_a_model_of_which_no_record_can_be_read_is_there_with_all_else_that_is_known() -> None:
    can = Capabilities(("TEXT",))
    models = [unreadable(PREMIER)._replace(capabilities=can), unreadable(V8K)]

    assert fold(models, (), NOW)[PREMIER] == Reported(
        name=f"Model {PREMIER}",
        provider="Acme",
        lifecycle=None,
        reported_by=(PREMIER,),
        not_understood={},
        capabilities=can._replace(variants=("8k",)),
    )


OTHER_START = lifecycle("LEGACY", "2026-10-01", None, "2027-03-01")


@pytest.mark.parametrize(
    "models",
    [
        pytest.param([listed(PREMIER, EARLY), listed(V8K, OTHER_START)], id="the model's own wins"),
        pytest.param(
            [listed(V8K, EARLY), listed(f"{PREMIER}:mm", OTHER_START)], id="the first by its id"
        ),
    ],
)
def test_between_records_that_are_as_urgent(models: list[ListedModel]) -> None:
    for order in (models, models[::-1]):
        assert fold(order, (), NOW)[PREMIER].lifecycle == EARLY


def test_an_id_listed_twice_with_dates_as_urgent_is_the_same_in_either_order() -> None:
    models = [listed(PREMIER, EARLY), listed(PREMIER, OTHER_START)]

    assert fold(models, (), NOW) == fold(models[::-1], (), NOW)


def test_the_name_is_the_models_own_and_not_that_of_a_variant() -> None:
    variant, base = (
        listed(f"{PREMIER}:8k", EARLY, name="Premier 8k"),
        listed(PREMIER, name="Premier"),
    )

    assert fold([variant, base], (), NOW)[PREMIER].name == "Premier"


@pytest.mark.parametrize(
    ("variant", "tracked"),
    [
        pytest.param(f"{PREMIER}:8k", PREMIER, id="of a versioned model"),
        pytest.param(f"{COHERE}:0:512", COHERE, id="of a model without a version segment"),
        pytest.param(f"{TITAN}:2:8k", TITAN, id="of another version"),
    ],
)
def test_a_variant_keeps_its_tracked_base_present_after_the_base_left_the_catalog(
    variant: str, tracked: str
) -> None:
    reported = fold([listed(variant)], {tracked}, NOW)

    assert list(reported) == [tracked]
    assert reported[tracked].reported_by == (variant,)


def test_the_order_of_a_catalog_decides_nothing() -> None:
    one = listed(f"{PREMIER}:8k", lifecycle("LEGACY", "2026-10-01", None, END_ON))
    other = listed(f"{PREMIER}:mm", lifecycle("LEGACY", "2026-10-09", None, END_ON))

    assert fold([one, other], (), NOW) == fold([other, one], (), NOW)


@pytest.mark.parametrize(
    ("before", "after", "not_understood", "settled"),
    [
        pytest.param(
            lifecycle("LEGACY", end_of_life=END_ON, hour=7),
            lifecycle("LEGACY", end_of_life=END_ON, hour=8),
            (),
            lifecycle("LEGACY", end_of_life=END_ON, hour=7),
            id="another hour of the same day changes nothing",
        ),
        pytest.param(
            lifecycle("LEGACY", end_of_life=END_ON, hour=7),
            lifecycle("LEGACY", end_of_life="2027-05-08", hour=8),
            (),
            lifecycle("LEGACY", end_of_life="2027-05-08", hour=8),
            id="another day is taken over with its hour",
        ),
        pytest.param(
            lifecycle("LEGACY", end_of_life=END_ON),
            lifecycle("LEGACY"),
            (),
            lifecycle("LEGACY"),
            id="a date that is gone is gone",
        ),
        pytest.param(
            lifecycle("LEGACY", end_of_life=END_ON),
            lifecycle("LEGACY"),
            ("end_of_life_at",),
            lifecycle("LEGACY", end_of_life=END_ON),
            id="a date that cannot be read leaves the known one in place",
        ),
        pytest.param(
            lifecycle("LEGACY", LEGACY_ON, end_of_life=END_ON),
            lifecycle("LEGACY"),
            ("end_of_life_at",),
            lifecycle("LEGACY", end_of_life=END_ON),
            id="an unreadable date protects no other",
        ),
        pytest.param(
            lifecycle("ACTIVE", LEGACY_ON),
            lifecycle("LEGACY", LEGACY_ON),
            (),
            lifecycle("LEGACY", LEGACY_ON),
            id="the status is always the new one",
        ),
    ],
)
def test_jitter_is_settled(
    before: Lifecycle, after: Lifecycle, not_understood: tuple[str, ...], settled: Lifecycle
) -> None:
    assert settle_jitter(before, after, not_understood) == settled


def able(model_id: str, capabilities: Capabilities) -> ListedModel:
    return listed(model_id)._replace(capabilities=capabilities)


def test_what_a_model_can_do_is_what_it_and_its_variants_can() -> None:
    base = Capabilities(("TEXT",), ("TEXT",), ("INFERENCE_PROFILE",), streaming=True)
    variant = Capabilities(("TEXT",), ("TEXT",), ("PROVISIONED",), ("FINE_TUNING",), streaming=True)

    found = fold([able(PREMIER, base), able(f"{PREMIER}:8k", variant)], (), NOW)

    assert found[PREMIER].capabilities == Capabilities(
        ("TEXT",),
        ("TEXT",),
        ("INFERENCE_PROFILE", "PROVISIONED"),
        ("FINE_TUNING",),
        streaming=True,
        variants=("8k",),
    )


def test_a_variant_that_is_left_alone_is_still_known_for_one() -> None:
    can = Capabilities(("TEXT",), ("TEXT",), ("PROVISIONED",), ("FINE_TUNING",), streaming=True)

    found = fold([able(f"{PREMIER}:8k", can)], {PREMIER}, NOW)

    assert found[PREMIER].capabilities == can._replace(variants=("8k",))
