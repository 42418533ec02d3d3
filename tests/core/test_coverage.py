"""Which Regions are asked, what of their answers is believed, and what is said about silence."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from notifier.coverage import Judged, coverage_news, judge, regions_to_ask, to_confirm
from notifier.model import Catalog, Failure, Kind, Member, Phase, RegionState, RowKey, TrackedModel
from tests.core.cases import (
    DYING,
    EAST,
    EUROPE,
    SONNET_DATES,
    WEST,
    at,
    catalog,
    lifecycle,
    listed,
    row,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

NOW = at("2026-10-20")
COVERED = RegionState(EAST, covered_since=at("2026-10-01"))
NEW = RegionState(EAST)
THROTTLED = Failure("ThrottlingException", "Too many requests")


def known(count: int) -> dict[str, TrackedModel]:
    """Give so many rows that the last good answer had."""
    rows = (row(f"acme.model-{number}") for number in range(count))
    return {one.model_id: one for one in rows}


def answer(rows: Mapping[str, TrackedModel], *, without: int = 0, first: int = 0) -> Catalog:
    """Give a catalog that lists the rows, without some from number `first` on."""
    ids = list(rows)
    missing = ids[first : first + without]
    return catalog(*(listed(model_id) for model_id in ids if model_id not in missing))


@pytest.mark.parametrize(
    ("models", "missing", "believed"),
    [
        pytest.param(20, 0, True, id="all are there"),
        pytest.param(20, 6, True, id="exactly 30 % are missing"),
        pytest.param(20, 7, False, id="more than 30 % are missing"),
        pytest.param(10, 4, True, id="four are missing, however large the share"),
        pytest.param(4, 3, True, id="three of four are missing"),
        pytest.param(10, 5, False, id="five of ten are missing"),
        pytest.param(17, 5, True, id="five of 17 are less than 30 %"),
        pytest.param(16, 5, False, id="five of 16 are more than 30 %"),
        pytest.param(3, 3, False, id="an empty answer, where little was known"),
        pytest.param(1, 1, False, id="an empty answer, where one model was known"),
        pytest.param(1_000, 300, True, id="300 of a thousand"),
        pytest.param(1_000, 301, False, id="301 of a thousand"),
    ],
)
def test_how_much_may_be_missing(models: int, missing: int, believed: bool) -> None:  # noqa: FBT001 (a column of the table)
    rows = known(models)

    judged = judge(COVERED, answer(rows, without=missing), rows, NOW)

    assert (judged.reported is not None) is believed
    assert (judged.state.failing_since is None) is believed


def test_an_answer_that_lacks_too_much_is_named_for_it() -> None:
    rows = known(20)

    judged = judge(COVERED, answer(rows, without=7), rows, NOW)

    assert judged.state.failure == "ImplausibleAnswer"


def test_a_covered_region_that_never_listed_anything_may_list_nothing() -> None:
    judged = judge(COVERED, catalog(), {}, NOW)

    assert judged.reported == {}
    assert judged.state == COVERED


def test_the_most_urgent_of_a_model_and_its_variants_is_so_at_the_time_of_the_poll() -> None:
    soon = lifecycle("LEGACY", "2026-10-01", None, "2026-12-01")
    extended = lifecycle("LEGACY", "2026-10-01", "2026-10-19", "2027-12-01")

    judged = judge(COVERED, catalog(listed("a.b", soon), listed("a.b:0:8k", extended)), {}, NOW)

    assert judged.reported is not None
    assert judged.reported["a.b"].lifecycle == extended


def test_models_past_their_end_of_life_are_not_missed() -> None:
    ended = lifecycle("LEGACY", end_of_life="2026-10-19")
    rows = known(10) | {f"acme.old-{n}": row(f"acme.old-{n}", life=ended) for n in range(10)}

    judged = judge(COVERED, answer(known(10)), rows, NOW)

    assert judged.reported is not None


def test_models_that_were_missing_before_are_not_missed_again() -> None:
    rows = known(10) | {
        f"acme.gone-{n}": row(f"acme.gone-{n}", missing_since="2026-10-18") for n in range(10)
    }

    judged = judge(COVERED, answer(known(10)), rows, NOW)

    assert judged.reported is not None


@pytest.mark.parametrize(
    ("found", "name"),
    [
        pytest.param(THROTTLED, "ThrottlingException", id="a failed call"),
        pytest.param(catalog(), "EmptyAnswer", id="an empty answer"),
    ],
)
def test_a_region_that_fails_keeps_its_coverage_and_says_since_when(
    found: Catalog | Failure, name: str
) -> None:
    rows = known(3)
    first = judge(COVERED, found, rows, NOW)
    second = judge(first.state, found, rows, NOW + timedelta(hours=1))

    for judged in (first, second):
        assert judged.reported is None
        assert judged.state.covered_since == COVERED.covered_since
        assert judged.state.tried_at is None  # it is asked at every poll all the same
        assert judged.state.failing_since == NOW
        assert judged.state.failure == name


def test_a_good_answer_ends_the_failure() -> None:
    rows = known(3)
    failing = judge(COVERED, THROTTLED, rows, NOW).state

    judged = judge(failing, answer(rows), rows, NOW + timedelta(hours=1))

    assert judged.state == COVERED
    assert not judged.newly_covered


def test_the_first_good_answer_covers_a_region() -> None:
    judged = judge(NEW, answer(known(2)), {}, NOW)

    assert judged.newly_covered
    assert judged.state.covered_since == NOW


def test_a_region_that_answers_at_last_is_asked_at_every_poll_from_then_on() -> None:
    tried = judge(NEW, THROTTLED, {}, NOW - timedelta(days=1)).state

    judged = judge(tried, answer(known(2)), {}, NOW)

    assert judged.state == RegionState(EAST, covered_since=NOW)


@pytest.mark.parametrize("found", [THROTTLED, catalog()], ids=["a failure", "an empty answer"])
def test_a_region_that_never_answered_is_not_covered_by(found: Catalog | Failure) -> None:
    judged = judge(NEW, found, {}, NOW)

    assert judged.state.covered_since is None
    assert judged.state.tried_at == NOW
    assert judged.reported is None


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("polls", "believed"),
    [
        pytest.param([(0, 7), (3, 7), (6, 7)], [False, False, True], id="third poll, six hours"),
        pytest.param(
            [(0, 7), (1, 7), (2, 7), (5, 7), (6, 7)],
            [False, False, False, False, True],
            id="the third poll is too soon, the first after six hours is not",
        ),
        pytest.param(
            [(0, 7), (24, 7), (48, 7)],
            [False, False, True],
            id="after six hours the second poll is still not enough",
        ),
        pytest.param(
            [(0, 7), (0, 7), (0, 7), (6, 7), (7, 7)],
            [False, False, False, False, True],
            id="a retried poll does not count twice",
        ),
        pytest.param(
            [(0, 7), (6, 7), (6, 7), (7, 7)],
            [False, False, False, True],
            id="nor does one that is retried after six hours",
        ),
        pytest.param(
            [(0, 7), (3, 8), (6, 8), (9, 8)],
            [False, False, False, True],
            id="another set of missing models begins anew",
        ),
        pytest.param(
            [(0, 20), (3, 20), (6, 20)],
            [False, False, True],
            id="an answer that stays empty is believed too",
        ),
    ],
)
def test_an_implausible_answer_is_believed_when_it_is_repeated(
    polls: list[tuple[int, int]], believed: list[bool]
) -> None:
    rows, state, found = known(20), COVERED, []
    for hours, missing in polls:
        judged = judge(state, answer(rows, without=missing), rows, NOW + hours * HOUR)
        state = judged.state
        found.append(judged.reported is not None)

    assert found == believed


def test_the_same_number_of_other_models_missing_begins_anew() -> None:
    rows, state = known(20), COVERED
    for hours, first in ((0, 0), (3, 0), (6, 1)):
        judged = judge(state, answer(rows, without=7, first=first), rows, NOW + hours * HOUR)
        state = judged.state

    assert judged.reported is None


def test_a_good_answer_in_between_ends_the_doubt() -> None:
    rows, state = known(20), COVERED
    for hours, missing in ((0, 7), (3, 7), (5, 0), (6, 7)):
        judged = judge(state, answer(rows, without=missing), rows, NOW + hours * HOUR)
        state = judged.state

    assert judged.reported is None


def test_a_failed_call_in_between_neither_counts_nor_ends_the_doubt() -> None:
    rows, state = known(20), COVERED
    for hours, found in (
        (0, answer(rows, without=7)),
        (3, answer(rows, without=7)),
        (6, THROTTLED),
        (7, answer(rows, without=7)),
    ):
        judged = judge(state, found, rows, NOW + hours * HOUR)
        state = judged.state

    assert judged.reported is not None
    assert judged.absent_since == NOW


def good() -> dict[str, Judged]:
    """Give a Region whose good answer of now lacks every row."""
    return {EAST: Judged(COVERED, {}, NOW)}


@pytest.mark.parametrize(
    ("one", "judged", "asked"),
    [
        pytest.param(row(), good(), False, id="missing for the first time"),
        pytest.param(row(missing_since="2026-10-19"), good(), True, id="missing again"),
        pytest.param(
            row(),
            {EAST: Judged(COVERED, {}, NOW - 6 * HOUR)},
            True,
            id="missing from an implausible answer that was repeated until believed",
        ),
        pytest.param(
            row(missing_since="2026-10-19"),
            {EAST: Judged(COVERED, None, NOW)},
            False,
            id="its Region has failed",
        ),
        pytest.param(row(missing_since="2026-10-19"), {}, False, id="its Region was not asked"),
        pytest.param(
            row(missing_since="2026-10-19", gone=True), good(), False, id="known to be gone"
        ),
        pytest.param(
            row(life=DYING, now="2027-04-09", missing_since="2026-10-18"),
            {EAST: Judged(COVERED, {}, at("2027-04-09"))},
            False,
            id="its end of life has passed",
        ),
    ],
)
def test_whose_absence_is_confirmed(
    one: TrackedModel,
    judged: dict[str, Judged],
    asked: bool,  # noqa: FBT001 (a column of the table)
) -> None:
    now = max([NOW, *(region.absent_since for region in judged.values())])

    assert to_confirm(judged, [one], now) == ((one,) if asked else ())


def test_a_row_told_to_have_ended_needs_no_call() -> None:
    one = row(missing_since="2026-10-19", told=told(Phase.END_OF_LIFE, SONNET_DATES))

    assert to_confirm(good(), [one], NOW) == ()


def state(
    region: str = EAST,
    *,
    covered_since: float | None = None,
    failing_since: float | None = None,
    tried_at: float | None = None,
    told_failing_since: float | None = None,
) -> RegionState:
    """Give a Region from how many hours ago things happened to it."""

    def ago(hours: float | None) -> datetime | None:
        return None if hours is None else NOW - timedelta(hours=hours)

    return RegionState(
        region,
        covered_since=ago(covered_since),
        failing_since=ago(failing_since),
        failure=None if failing_since is None else "Throttled",
        tried_at=ago(tried_at),
        told_failing_since=ago(told_failing_since),
    )


@pytest.mark.parametrize(
    ("states", "asked"),
    [
        pytest.param([], (EAST, WEST), id="at first all are asked"),
        pytest.param(
            [state(covered_since=99), state(WEST, tried_at=23)],
            (EAST,),
            id="one never covered rests after it was tried",
        ),
        pytest.param(
            [state(covered_since=99), state(WEST, tried_at=24)],
            (EAST, WEST),
            id="it is tried again after a day",
        ),
        pytest.param(
            [state(covered_since=99), state(WEST)],
            (EAST, WEST),
            id="one never tried is asked at once",
        ),
        pytest.param(
            [state(covered_since=99, failing_since=50, tried_at=1), state(WEST, covered_since=9)],
            (EAST, WEST),
            id="a covered one is asked at every poll, failing or not",
        ),
        pytest.param(
            [state(tried_at=1), state(WEST, tried_at=1)],
            (EAST, WEST),
            id="while none is covered all are asked at every poll",
        ),
    ],
)
def test_which_regions_are_asked(states: list[RegionState], asked: tuple[str, ...]) -> None:
    assert regions_to_ask([EAST, WEST], {s.region: s for s in states}, NOW) == asked


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        pytest.param(state(covered_since=99), None, id="a Region that answers is no news"),
        pytest.param(
            state(covered_since=99, failing_since=23.99), None, id="failing for less than a day"
        ),
        pytest.param(
            state(covered_since=99, failing_since=24),
            Kind.COVERAGE_DEGRADED,
            id="failing for a day",
        ),
        pytest.param(
            state(covered_since=99, failing_since=48, told_failing_since=48),
            None,
            id="told already",
        ),
        pytest.param(
            state(covered_since=99, told_failing_since=48),
            Kind.COVERAGE_RESTORED,
            id="answering again after it was told to fail",
        ),
        pytest.param(state(failing_since=999), None, id="a Region never covered is never degraded"),
    ],
)
def test_news_of_coverage(one: RegionState, kind: Kind | None) -> None:
    found = coverage_news([one], (), NOW)

    assert [news.kind for news in found] == ([] if kind is None else [kind])


def test_an_unsettled_alert_about_a_region_is_waited_for() -> None:
    failing = state(covered_since=99, failing_since=30)

    assert coverage_news([failing], [RowKey("#region", EAST)], NOW) == ()


def test_regions_that_break_together_are_one_message() -> None:
    states = [state(name, covered_since=99, failing_since=30) for name in (WEST, EAST, EUROPE)]

    (news,) = coverage_news(states, (), NOW)

    since = "2026-10-19T04:00:00Z"
    assert news.members == tuple(Member("#region", name, since) for name in (EUROPE, EAST, WEST))
    assert news.coverage.regions == tuple((name, "Throttled") for name in (EUROPE, EAST, WEST))


def test_a_region_that_is_back_has_no_failure_to_name() -> None:
    (news,) = coverage_news([state(covered_since=99, told_failing_since=30)], (), NOW)

    assert news.coverage.regions == ((EAST, ""),)
    assert news.members == (Member("#region", EAST, "2026-10-19T04:00:00Z"),)


def test_a_later_failure_of_the_same_region_has_another_identity() -> None:
    (first,) = coverage_news([state(covered_since=99, failing_since=30)], (), NOW)
    (second,) = coverage_news([state(covered_since=99, failing_since=25)], (), NOW)

    assert first.members != second.members
