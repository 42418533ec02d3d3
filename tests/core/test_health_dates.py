"""The dates that an event gives: by its start, or by its text where that is clear."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.health_dates import announced_dates, milestone_named
from notifier.model import NO_DATES, Dates, Milestone
from tests.health_events import health_event

if TYPE_CHECKING:
    from notifier.health_event import HealthEvent

LEGACY, EXTENDED, END = date(2026, 10, 8), date(2027, 1, 8), date(2027, 4, 8)


def event(description: str = "", **given: Any) -> HealthEvent:  # noqa: ANN401 any field
    """Give an event with a text."""
    return health_event(description=description, **given)


PUBLISHED = datetime(2026, 10, 7, tzinfo=UTC)
NOTICE = {"type_code": "AWS_BEDROCK_NEWS", "category": "accountNotification"}


@pytest.mark.parametrize(
    ("given_event", "dates"),
    [
        pytest.param(event(), Dates(end_of_life=END), id="a planned change is the end of life"),
        pytest.param(
            event("The model enters Legacy on April 8, 2027."),
            Dates(legacy=END),
            id="unless its text calls that date something else",
        ),
        pytest.param(
            event("Public extended access begins on 2027-04-08."),
            Dates(extended_access=END),
            id="such as extended access",
        ),
        pytest.param(
            event(start_at=PUBLISHED), NO_DATES, id="what starts when it is published plans nothing"
        ),
        pytest.param(event(start_at=None), NO_DATES, id="no start, no date"),
        pytest.param(
            event(**NOTICE), NO_DATES, id="the start of a notification is that of the notification"
        ),
        pytest.param(
            event("It reaches end of life on April 8, 2027.", **NOTICE),
            Dates(end_of_life=END),
            id="but its text may give the date",
        ),
        pytest.param(
            event("It reaches End-of-Life (EOL) on 8 Apr 2027.", **NOTICE),
            Dates(end_of_life=END),
            id="with the day first",
        ),
        pytest.param(
            event("On Apr. 8th, 2027 the model will be retired.", **NOTICE),
            Dates(end_of_life=END),
            id="with the date before the word",
        ),
        pytest.param(
            event(
                "It enters Legacy on October 8, 2026, extended access begins on January 8, 2027 "
                "and end of life is April 8, 2027.",
                **NOTICE,
            ),
            Dates(LEGACY, EXTENDED, END),
            id="each date belongs to the milestone named before it",
        ),
        pytest.param(
            event("The Legacy model X reaches end of life on 2027-04-08.", **NOTICE),
            Dates(end_of_life=END),
            id="the word that stands nearest before it",
        ),
        pytest.param(
            event("End of life: 2027-04-08.\nEnd of life: 2027-05-08.", **NOTICE),
            NO_DATES,
            id="a text that contradicts itself says nothing",
        ),
        pytest.param(
            event("End of life: 2027-04-08. Again: end of life 2027-04-08.", **NOTICE),
            Dates(end_of_life=END),
            id="one that repeats itself says it once",
        ),
        pytest.param(
            event("Call us before 2027-04-08. End of life comes later.", **NOTICE),
            NO_DATES,
            id="a date in another sentence is some other date",
        ),
        pytest.param(
            event("End of life on 2099-04-08, or 1999-04-08.", **NOTICE),
            NO_DATES,
            id="absurd years are no dates",
        ),
        pytest.param(
            event("End of life on 2027-02-30.", **NOTICE), NO_DATES, id="nor is a 30 February"
        ),
        pytest.param(
            event("It was Legacy since 2026-10-08."),
            Dates(LEGACY, None, END),
            id="start and text add to each other",
        ),
        pytest.param(
            event("End of life is on 2027-05-08."),
            Dates(end_of_life=date(2027, 5, 8)),
            id="the text is plainer than the start",
        ),
        pytest.param(
            event(
                "Scheduled maintenance of your Provisioned Throughput. No action is required.",
                type_code="AWS_BEDROCK_MAINTENANCE_SCHEDULED",
            ),
            NO_DATES,
            id="a scheduled change that is no lifecycle event ends no model",
        ),
        pytest.param(
            event("It reaches end of life on 2027-04-08.", type_code="AWS_BEDROCK_CHANGE"),
            Dates(end_of_life=END),
            id="unless its text says so",
        ),
        pytest.param(
            event("It will be moved to the Legacy state on the start date of this event."),
            Dates(legacy=END),
            id="the start may be that of Legacy",
        ),
        pytest.param(
            event("Public extended access starts on the start date of this event."),
            Dates(extended_access=END),
            id="or of extended access",
        ),
        pytest.param(
            event(
                "The model will remain in Legacy state until April 8, 2027, after which requests "
                "will fail."
            ),
            Dates(end_of_life=END),
            id="until is the end of a time and not its beginning",
        ),
        pytest.param(
            event(
                "Starting October 8, 2026 you can no longer create Provisioned Throughput. The "
                "model will be removed on April 8, 2027.",
                **NOTICE,
            ),
            NO_DATES,
            id="what can no longer be made has not ended",
        ),
        pytest.param(
            event("During extended access until April 8, 2027 it costs more.", **NOTICE),
            NO_DATES,
            id="nor does extended access begin when it ends",
        ),
        pytest.param(
            event("The model will not reach end of life before April 8, 2027.", **NOTICE),
            NO_DATES,
            id="a bound is no date",
        ),
        pytest.param(
            event("We notify you of the EOL date by April 8, 2027.", **NOTICE),
            NO_DATES,
            id="nor is a promise",
        ),
        pytest.param(event(status="Closed"), NO_DATES, id="what is closed announces nothing"),
        pytest.param(
            event(category="new", type_code="AWS_BEDROCK_MODEL_EOL"),
            Dates(end_of_life=END),
            id="a code that speaks of lifecycle plans too, whatever its category",
        ),
    ],
)
def test_the_dates_of(given_event: HealthEvent, dates: Dates) -> None:
    assert announced_dates(given_event) == dates


def test_of_several_models_only_the_one_date_of_the_event_can_be_told() -> None:
    apart = event("Alpha ends: end of life on April 8, 2027. Beta enters Legacy on 2027-01-08.")

    assert announced_dates(event(), models=2) == Dates(end_of_life=END)
    assert announced_dates(event("End of life is on 2027-04-08."), models=2).end_of_life == END
    assert announced_dates(apart, models=2) == NO_DATES


@given(st.text())
def test_any_text_can_be_searched(text: str) -> None:
    announced_dates(event(text))


@pytest.mark.parametrize(
    ("text", "milestone"),
    [
        ("END_OF_LIFE", Milestone.END_OF_LIFE),
        ("end-of-life", Milestone.END_OF_LIFE),
        ("LEGACY", Milestone.LEGACY),
        ("PUBLIC_EXTENDED_ACCESS", Milestone.EXTENDED_ACCESS),
        ("END_OF_STANDARD_SUPPORT", None),
        ("LEGACY until END_OF_LIFE", None),
        ("", None),
    ],
)
def test_the_milestone_that_a_code_names(text: str, milestone: Milestone | None) -> None:
    assert milestone_named(text) is milestone
