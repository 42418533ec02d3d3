"""From what the Regions answered to what is now true of every row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from notifier.coverage import Judged, judge
from notifier.lifecycle import Reported
from notifier.model import (
    Capabilities,
    Confirmation,
    Facts,
    Failure,
    Lifecycle,
    Phase,
    Presence,
    RegionState,
    RowKey,
    TrackedModel,
)
from notifier.observe import observe
from tests.core.cases import (
    DYING,
    EAST,
    END_ON,
    LEGACY_ON,
    SONNET,
    SONNET_DATES,
    WEST,
    at,
    lifecycle,
    listed,
    row,
    told,
)

if TYPE_CHECKING:
    from datetime import datetime

NOW = at("2026-10-20")
COVERED = RegionState(EAST, covered_since=at("2026-10-01"))
FAILED = judge(COVERED, Failure("InternalServerException"), {}, NOW)


def reported(life: Lifecycle | None, **not_understood: str) -> Reported:
    """Give what a catalog says of the one model."""
    return Reported("Claude Sonnet 4.5", "Anthropic", life, (SONNET,), not_understood)


def after(
    one: TrackedModel,
    said: Reported | None,
    confirmation: Confirmation | None = None,
    *,
    now: str = "2026-10-20",
) -> TrackedModel:
    """Give the row after a good answer that said this of it, or lacked it."""
    answer = {} if said is None else {one.model_id: said}
    judged = {EAST: Judged(COVERED, answer, at(now))}
    confirmations = {} if confirmation is None else {one.key: confirmation}
    (found,) = observe([one], judged, confirmations, {}, at(now)).rows
    return found


def test_what_is_listed_as_before_is_the_very_same_row() -> None:
    one = row(life=DYING)

    assert after(one, reported(DYING)) is one


def test_another_hour_of_the_same_days_changes_nothing() -> None:
    one = row(life=DYING)
    jittered = lifecycle("LEGACY", *(str(day) for day in SONNET_DATES), hour=8)

    assert after(one, reported(jittered)) is one


def test_a_listed_row_is_what_the_answer_says_of_it() -> None:
    said = Reported(
        "Sonnet, new",
        "Anthropic PBC",
        DYING,
        (f"{SONNET}:8k",),
        {"legacy_at": "soon"},
        Capabilities(("TEXT",)),
    )
    one = row(life=DYING, missing_since="2026-10-19")

    assert after(one, said) == replace(
        one,
        name="Sonnet, new",
        provider="Anthropic PBC",
        reported_by=(f"{SONNET}:8k",),
        not_understood={"legacy_at": "soon"},
        capabilities=Capabilities(("TEXT",)),
        missing_since=None,
    )


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(reported(DYING)._replace(name="Sonnet"), id="its name"),
        pytest.param(reported(DYING)._replace(provider="A"), id="its provider"),
        pytest.param(reported(DYING)._replace(reported_by=("other",)), id="who said so"),
        pytest.param(reported(DYING, legacy_at="soon"), id="what is not understood"),
        pytest.param(
            reported(DYING)._replace(capabilities=Capabilities(("TEXT",))), id="what it can do"
        ),
    ],
)
def test_a_row_of_which_only_this_is_new_is_brought_up_to_date(said: Reported) -> None:
    one = row(life=DYING)

    found = after(one, said)

    assert found != one
    assert found.last_changed_at == one.last_changed_at  # nothing that matters


def test_a_status_that_changed_is_noted_with_its_time() -> None:
    found = after(row(), reported(lifecycle("LEGACY")))

    assert (found.phase, found.last_changed_at) == (Phase.LEGACY, NOW)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(reported(None), id="its lifecycle is missing from the answer"),
        pytest.param(
            reported(
                Lifecycle("LEGACY", None, *DYING[2:4], None),
                end_of_life_at="soon",
            ),
            id="its end of life cannot be read",
        ),
    ],
)
def test_what_cannot_be_read_takes_nothing_back(said: Reported) -> None:
    one = row(life=DYING, told=told(Phase.LEGACY, SONNET_DATES))

    assert after(one, said).facts == one.facts


def test_a_row_missing_for_the_first_time_only_gets_a_note_of_it() -> None:
    one = row(life=DYING)

    found = after(one, None)

    assert found == replace(one, missing_since=NOW)


@pytest.mark.parametrize(
    ("confirmation", "gone"),
    [
        pytest.param(Confirmation(Presence.GONE), True, id="confirmed"),
        pytest.param(Confirmation(Presence.UNKNOWN), False, id="nobody could say"),
        pytest.param(Confirmation(Presence.PRESENT, listed(SONNET, DYING)), False, id="it answers"),
        pytest.param(None, False, id="it was not asked"),
    ],
)
def test_a_row_missing_again_is_gone_only_when_that_is_confirmed(
    confirmation: Confirmation | None,
    gone: bool,  # noqa: FBT001 (a column of the table)
) -> None:
    found = after(row(life=DYING, missing_since="2026-10-19"), None, confirmation)

    assert found.facts == (
        Facts(Phase.END_OF_LIFE, SONNET_DATES, gone=True)
        if gone
        else Facts(Phase.LEGACY, SONNET_DATES)
    )
    assert found.missing_since == at("2026-10-19")


def test_a_missing_row_that_answers_by_name_has_the_lifecycle_of_that_answer() -> None:
    moved = lifecycle("LEGACY", LEGACY_ON, None, "2027-05-08")
    answer = Confirmation(Presence.PRESENT, listed(SONNET, moved))

    assert after(row(life=DYING, missing_since="2026-10-19"), None, answer).dates == moved.dates


def test_a_gone_row_that_is_listed_again_is_there_again() -> None:
    gone = row(life=DYING, gone=True, told=told(Phase.END_OF_LIFE, SONNET_DATES, gone=True))

    found = after(gone, reported(DYING))

    assert (found.gone_at, found.missing_since, found.phase) == (None, None, Phase.LEGACY)


def test_a_gone_row_stays_gone_without_being_asked_again() -> None:
    gone = row(life=DYING, gone=True, told=told(Phase.END_OF_LIFE, SONNET_DATES, gone=True))

    assert after(gone, None) == gone


@pytest.mark.parametrize(
    ("missing_since", "gone"),
    [(None, None), ("2026-10-19", NOW)],
    ids=["once is not enough", "twice is, and nobody is asked"],
)
def test_a_model_told_to_have_ended_is_gone_when_it_is_missing(
    missing_since: str | None, gone: datetime | None
) -> None:
    ended = row(life=DYING, missing_since=missing_since, told=told(Phase.END_OF_LIFE, SONNET_DATES))

    assert after(ended, None).gone_at == gone


def test_a_failed_region_freezes_its_rows_and_time_goes_on() -> None:
    one = row(life=DYING, missing_since="2026-10-19")

    (frozen,) = observe([one], {EAST: FAILED}, {}, {}, NOW).rows
    (older,) = observe([one], {EAST: FAILED}, {}, {}, at(END_ON)).rows

    assert frozen is one
    assert older == replace(one, phase=Phase.END_OF_LIFE, last_changed_at=at(END_ON))


def test_one_regions_answer_says_nothing_of_another() -> None:
    there = row(region=WEST, life=DYING)

    (found,) = observe([there], {EAST: Judged(COVERED, {}, NOW)}, {}, {}, NOW).rows

    assert found is there


def test_rows_nobody_knew_are_first_seen_now() -> None:
    seen = observe([], {EAST: Judged(COVERED, {SONNET: reported(DYING)}, NOW)}, {}, {}, NOW)

    (found,) = seen.rows
    assert seen.first_seen == {found.key}
    assert (found.first_seen_at, found.last_changed_at) == (NOW, NOW)
    assert (found.phase, found.told.seq) == (Phase.LEGACY, 0)


def test_a_row_first_seen_has_all_that_the_answer_says() -> None:
    said = reported(DYING, legacy_at="soon")._replace(capabilities=Capabilities(("TEXT",)))

    (found,) = observe([], {EAST: Judged(COVERED, {SONNET: said}, NOW)}, {}, {}, NOW).rows

    assert (found.name, found.provider) == ("Claude Sonnet 4.5", "Anthropic")
    assert found.reported_by == (SONNET,)
    assert found.not_understood == {"legacy_at": "soon"}
    assert found.capabilities == Capabilities(("TEXT",))


def test_rows_of_which_nothing_may_be_said_are_left_out() -> None:
    answer = {EAST: Judged(COVERED, {SONNET: reported(DYING), "other": reported(DYING)}, NOW)}
    seen = observe([row("third")], answer, {}, {}, NOW)

    less = seen.without({RowKey(SONNET, EAST)})

    assert [one.model_id for one in less.rows] == ["third", "other"]
    assert less.first_seen == {RowKey("other", EAST)}
    assert seen.without(()) is seen


def test_a_model_first_seen_without_a_lifecycle_has_an_unknown_status() -> None:
    seen = observe([], {EAST: Judged(COVERED, {SONNET: reported(None)}, NOW)}, {}, {}, NOW)

    (found,) = seen.rows
    assert (found.lifecycle.status, found.phase, found.dates) == (
        "UNKNOWN",
        Phase.ACTIVE,
        (None,) * 3,
    )


def test_a_row_told_before_it_could_be_written_is_first_seen_with_what_was_told() -> None:
    known = told(Phase.LEGACY, SONNET_DATES, on="2026-10-20")
    answer = {EAST: Judged(COVERED, {SONNET: reported(DYING)}, NOW)}

    (found,) = observe([], answer, {}, {row().key: known}, NOW).rows

    assert found.told == known
