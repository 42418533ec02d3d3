"""What is new about a row: its facts as observed against its facts as told."""

from __future__ import annotations

import pytest

from notifier.changes import changes, end_of_life_moved_earlier
from notifier.model import Dates, Direction, Kind, Phase, TrackedModel
from tests.core.cases import (
    DYING,
    END_ON,
    EXTENDED_ON,
    LEGACY_ON,
    SONNET_DATES,
    at,
    dates,
    lifecycle,
    row,
    told,
)

NEWS = tuple[tuple[Kind, Direction | None], ...]


def news(one: TrackedModel, now: str) -> NEWS:
    """Give the kinds and directions of everything new."""
    return tuple((change.kind, change.direction) for change in changes(one, at(now).date()))


KNOWN = told(Phase.LEGACY, SONNET_DATES)
ENDED = told(Phase.END_OF_LIFE, SONNET_DATES)
GONE = told(Phase.END_OF_LIFE, SONNET_DATES, gone=True)


@pytest.mark.parametrize(
    ("one", "now", "reason"),
    [
        pytest.param(
            row(life=DYING, now="2027-04-08", told=KNOWN),
            "2027-04-08",
            "end-of-life date in effect",
            id="by its date",
        ),
        pytest.param(
            row(life=DYING, now="2027-04-08T00:30:00Z", gone=True, told=KNOWN),
            "2027-04-08",
            "confirmed absent",
            id="by its absence on that day",
        ),
        pytest.param(
            row(life=DYING, now="2027-04-07", gone=True, told=KNOWN),
            "2027-04-07",
            "confirmed absent before any end-of-life date",
            id="by its absence before",
        ),
    ],
)
def test_an_end_says_how_it_is_known(one: TrackedModel, now: str, reason: str) -> None:
    (change,) = changes(one, at(now).date())

    assert change.reason == reason


@pytest.mark.parametrize(
    ("one", "now", "expected"),
    [
        pytest.param(row(), "2026-10-20", (), id="an active model without dates is no news"),
        pytest.param(row(life=DYING, told=KNOWN), "2026-10-20", (), id="what was told is no news"),
        pytest.param(
            row(life=lifecycle("DEPRECATED")), "2026-10-20", (), id="an unknown status is no news"
        ),
        pytest.param(
            row(life=lifecycle("LEGACY")),
            "2026-10-20",
            ((Kind.ENTERED_LEGACY, None),),
            id="Legacy without dates",
        ),
        pytest.param(
            row(life=DYING),
            "2026-10-20",
            ((Kind.ENTERED_LEGACY, None), (Kind.DATES_CHANGED, Direction.ANNOUNCED)),
            id="Legacy with dates is both, Legacy first",
        ),
        pytest.param(
            row(life=DYING, now="2027-02-01"),
            "2027-02-01",
            ((Kind.ENTERED_LEGACY, None), (Kind.DATES_CHANGED, Direction.ANNOUNCED)),
            id="straight into extended access is still the entry into Legacy",
        ),
        pytest.param(
            row(life=DYING, now="2027-02-01", told=KNOWN),
            "2027-02-01",
            ((Kind.EXTENDED_ACCESS_STARTED, None),),
            id="extended access after Legacy",
        ),
        pytest.param(
            row(life=DYING, now="2027-04-08", told=KNOWN),
            "2027-04-08",
            ((Kind.END_OF_LIFE_REACHED, None),),
            id="the end by its date",
        ),
        pytest.param(
            row(life=DYING, now="2027-04-09", gone=True, told=KNOWN),
            "2027-04-09",
            ((Kind.END_OF_LIFE_REACHED, None),),
            id="gone after its date is the announced end",
        ),
        pytest.param(
            row(life=DYING, now="2027-04-08T00:30:00Z", gone=True, told=KNOWN),
            "2027-04-08T00:30:00Z",
            ((Kind.END_OF_LIFE_REACHED, None),),
            id="gone in the first hours of its date is the announced end",
        ),
        pytest.param(
            row(life=DYING, now="2027-04-07", gone=True, told=KNOWN),
            "2027-04-07",
            ((Kind.MODEL_WITHDRAWN, None),),
            id="gone a day before its date is a withdrawal",
        ),
        pytest.param(
            row(gone=True),
            "2026-10-20",
            ((Kind.MODEL_WITHDRAWN, None),),
            id="gone without any date is a withdrawal",
        ),
        pytest.param(
            row(life=DYING, now="2027-04-10", gone=True, told=ENDED),
            "2027-04-10",
            (),
            id="a model told to have ended is not told to be gone",
        ),
        pytest.param(
            row(life=lifecycle(), told=KNOWN),
            "2026-10-20",
            ((Kind.RETURNED_TO_ACTIVE, None), (Kind.DATES_CHANGED, Direction.REMOVED)),
            id="back to active, with the dates withdrawn",
        ),
        pytest.param(
            row(life=lifecycle("ACTIVE", "2027-10-08"), told=told(Phase.LEGACY, dates(LEGACY_ON))),
            "2026-10-20",
            ((Kind.RETURNED_TO_ACTIVE, None), (Kind.DATES_CHANGED, Direction.LATER)),
            id="back to active with Legacy put off",
        ),
        pytest.param(
            row(life=lifecycle("DEPRECATED"), told=told(Phase.LEGACY)),
            "2026-10-20",
            (),
            id="an unknown status never claims a return",
        ),
        pytest.param(
            row(life=lifecycle("UNKNOWN"), told=KNOWN),
            "2026-10-20",
            ((Kind.DATES_CHANGED, Direction.REMOVED),),
            id="beside an unknown status withdrawn dates are told as just that",
        ),
        pytest.param(
            row(life=lifecycle(), told=GONE),
            "2026-10-20",
            ((Kind.RETURNED_TO_ACTIVE, None), (Kind.DATES_CHANGED, Direction.REMOVED)),
            id="listed again and active",
        ),
        pytest.param(
            row(life=DYING, told=GONE),
            "2026-10-20",
            ((Kind.RETURNED_TO_ACTIVE, None),),
            id="listed again is told even when the model is Legacy",
        ),
        pytest.param(
            row(life=DYING, now="2027-04-20", told=GONE),
            "2027-04-20",
            (),
            id="listed again after its end of life: it has ended all the same",
        ),
        pytest.param(
            row(life=lifecycle("DEPRECATED"), told=told(Phase.END_OF_LIFE, gone=True)),
            "2026-10-20",
            ((Kind.RETURNED_TO_ACTIVE, None),),
            id="listed again whatever its status",
        ),
        pytest.param(
            row(
                life=lifecycle("LEGACY", LEGACY_ON, "2027-03-08", END_ON),
                told=told(Phase.EXTENDED_ACCESS, SONNET_DATES),
            ),
            "2027-02-01",
            ((Kind.DATES_CHANGED, Direction.LATER),),
            id="extended access put off again is a change of dates",
        ),
        pytest.param(
            row(
                life=lifecycle("LEGACY", LEGACY_ON, EXTENDED_ON, "2027-08-08"),
                now="2027-04-10",
                told=ENDED,
            ),
            "2027-04-10",
            ((Kind.DATES_CHANGED, Direction.LATER),),
            id="an end that was told and is put off is a change of dates",
        ),
    ],
)
def test_what_is_new(one: TrackedModel, now: str, expected: NEWS) -> None:
    assert news(one, now) == expected


A, B = "2027-04-08", "2027-05-08"


@pytest.mark.parametrize(
    ("before", "after", "direction"),
    [
        pytest.param((None, None, None), (None, None, A), Direction.ANNOUNCED, id="a first date"),
        pytest.param((None, None, B), (None, None, A), Direction.EARLIER, id="moved earlier"),
        pytest.param((None, None, A), (None, None, B), Direction.LATER, id="moved later"),
        pytest.param((None, None, A), (None, None, None), Direction.REMOVED, id="withdrawn"),
        pytest.param((None, A, None), (None, B, None), Direction.LATER, id="extended access moved"),
        pytest.param((B, None, None), (A, None, None), Direction.EARLIER, id="Legacy moved"),
        pytest.param(
            (A, A, B),
            (B, B, A),
            Direction.EARLIER,
            id="of several the end of life gives the direction",
        ),
        pytest.param(
            (A, None, B),
            (B, A, B),
            Direction.ANNOUNCED,
            id="before Legacy, extended access gives the direction",
        ),
    ],
)
def test_the_direction_of_changed_dates(
    before: tuple[str | None, ...], after: tuple[str | None, ...], direction: Direction
) -> None:
    one = row(life=lifecycle("ACTIVE", *after), told=told(Phase.ACTIVE, dates(*before)))

    assert news(one, "2026-10-20") == ((Kind.DATES_CHANGED, direction),)


@pytest.mark.parametrize("status", ["ACTIVE", "LEGACY", "DEPRECATED", ""])
def test_dates_are_news_whatever_the_status(status: str) -> None:
    known = told(Phase.LEGACY if status == "LEGACY" else Phase.ACTIVE)

    found = news(row(life=lifecycle(status, end_of_life=END_ON), told=known), "2026-10-20")

    assert found == ((Kind.DATES_CHANGED, Direction.ANNOUNCED),)


def test_an_appearing_start_of_life_is_no_news() -> None:
    life = lifecycle()._replace(start_of_life_at=at("2025-01-01"))

    assert news(row(life=life), "2026-10-20") == ()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(dates(None, None, B), dates(None, None, A), True, id="less time than told"),
        pytest.param(dates(None, None, A), dates(None, None, B), False, id="more time"),
        pytest.param(dates(), dates(None, None, A), False, id="a first date moves nothing"),
        pytest.param(dates(None, None, A), dates(), False, id="a withdrawn date is not earlier"),
        pytest.param(dates(B, B, A), dates(A, A, A), False, id="only the end of life counts"),
    ],
)
def test_an_end_of_life_moved_earlier(before: Dates, after: Dates, expected: bool) -> None:  # noqa: FBT001 (a column of the table)
    assert end_of_life_moved_earlier(before, after) is expected
