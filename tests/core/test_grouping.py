"""From decisions about rows to alerts for people, and the identity of an alert."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from notifier.coverage import coverage_news
from notifier.grouping import (
    alert_id,
    baseline,
    coverage_alert,
    entries,
    group,
    grouping_date,
)
from notifier.model import (
    Alert,
    Dates,
    Decision,
    Direction,
    Facts,
    Kind,
    Milestone,
    Phase,
    RegionState,
    Severity,
)
from notifier.render.document import notification
from tests.core.cases import (
    DYING,
    EAST,
    END_ON,
    EUROPE,
    EXTENDED,
    EXTENDED_ON,
    LEGACY_ON,
    PLACE,
    SONNET,
    SONNET_DATES,
    WEST,
    at,
    dates,
    day,
    judge_rows,
    lifecycle,
    row,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notifier.model import TrackedModel

NOW = at("2026-10-20")
OPUS = "anthropic.claude-opus-4-1-20250805-v1:0"


def alerts(rows: Iterable[TrackedModel], now: str = "2026-10-20") -> tuple[Alert, ...]:
    """Give the alerts of one poll."""
    return group(judge_rows(rows, now).decisions, at(now))


@pytest.mark.parametrize(
    ("stated", "milestone", "expected"),
    [
        pytest.param(SONNET_DATES, Milestone.END_OF_LIFE, END_ON, id="the end of life"),
        pytest.param(
            dates("2027-06-01", None, END_ON),
            Milestone.END_OF_LIFE,
            END_ON,
            id="the end of life, though another date is later",
        ),
        pytest.param(
            dates(LEGACY_ON, EXTENDED_ON),
            Milestone.EXTENDED_ACCESS,
            EXTENDED_ON,
            id="else the latest stated date",
        ),
        pytest.param(
            dates(EXTENDED_ON, LEGACY_ON), Milestone.LEGACY, EXTENDED_ON, id="whichever it is"
        ),
        pytest.param(
            dates(LEGACY_ON, LEGACY_ON),
            Milestone.EXTENDED_ACCESS,
            LEGACY_ON,
            id="of two on one day the later in life",
        ),
        pytest.param(dates(), None, None, id="none without dates"),
    ],
)
def test_the_grouping_date(
    stated: Dates, milestone: Milestone | None, expected: str | None
) -> None:
    assert grouping_date(stated) == (milestone, day(expected))


def test_one_model_in_three_regions_is_one_alert_with_one_entry() -> None:
    (alert,) = alerts(row(region=region, life=DYING) for region in (WEST, EUROPE, EAST))

    (entry,) = alert.models
    assert entry.regions == (EUROPE, EAST, WEST)
    assert (alert.kind, alert.milestone, alert.milestone_date, alert.days_left) == (
        Kind.ENTERED_LEGACY,
        Milestone.END_OF_LIFE,
        day(END_ON),
        170,
    )
    assert {key for key, _ in alert.told} == {(SONNET, WEST), (SONNET, EUROPE), (SONNET, EAST)}


def test_two_models_that_end_on_the_same_day_are_one_alert() -> None:
    (alert,) = alerts([row(life=DYING), row(OPUS, life=DYING, name="Claude Opus 4.1")])

    assert [entry.name for entry in alert.models] == ["Claude Opus 4.1", "Claude Sonnet 4.5"]


def test_a_return_to_active_and_to_the_list_are_one_alert() -> None:
    gone = told(Phase.END_OF_LIFE, SONNET_DATES, gone=True)

    (alert,) = alerts([row(told=told(Phase.LEGACY, SONNET_DATES)), row(OPUS, told=gone)])

    assert alert.kind is Kind.RETURNED_TO_ACTIVE
    assert {entry.model_id: entry.listed_again for entry in alert.models} == {
        SONNET: False,
        OPUS: True,
    }


@pytest.mark.parametrize(
    ("other", "now"),
    [
        pytest.param(
            row(OPUS, life=lifecycle("LEGACY", LEGACY_ON, EXTENDED_ON, "2027-05-08")),
            "2026-10-20",
            id="another end of life",
        ),
        pytest.param(row(OPUS, told=told(Phase.LEGACY, SONNET_DATES)), "2026-10-20", id="a kind"),
    ],
)
def test_what_does_not_belong_together_is_told_apart(other: TrackedModel, now: str) -> None:
    found = alerts([row(life=DYING, now=now), other], now)

    assert len(found) == 2


def test_reminders_of_one_date_and_rung_are_one_alert_and_of_other_rungs_are_not() -> None:
    now = "2027-03-25"
    mine = row(life=DYING, now=now, told=EXTENDED)
    same = row(OPUS, life=DYING, now=now, told=EXTENDED)
    later = row(
        "acme.a",
        life=lifecycle("LEGACY", end_of_life="2027-05-20"),
        now=now,
        told=told(Phase.LEGACY, dates(None, None, "2027-05-20")),
    )

    found = alerts([mine, same, later], now)

    assert [(alert.rung, len(alert.models)) for alert in found] == [(14, 2), (60, 1)]


def test_a_reminder_states_the_date_of_its_own_milestone() -> None:
    now = "2027-01-01"

    (alert,) = alerts([row(life=DYING, now=now, told=told(Phase.LEGACY, SONNET_DATES))], now)

    assert (alert.milestone, alert.milestone_date, alert.days_left) == (
        Milestone.EXTENDED_ACCESS,
        day(EXTENDED_ON),
        7,
    )
    assert alert.grouping_date == day(END_ON)


def test_dates_moved_in_different_directions_to_one_day_are_told_apart() -> None:
    sooner = row(life=DYING, told=told(Phase.LEGACY, dates(LEGACY_ON, EXTENDED_ON, "2027-06-01")))
    later = row(
        OPUS, life=DYING, told=told(Phase.LEGACY, dates(LEGACY_ON, EXTENDED_ON, "2027-03-01"))
    )

    found = alerts([later, sooner])

    assert [alert.direction for alert in found] == [Direction.EARLIER, Direction.LATER]


def test_models_in_use_come_first_then_by_name() -> None:
    rows = [
        row("acme.a", life=DYING, name="Alpha", in_use=False),
        row("acme.d", life=DYING, name="Delta", in_use=True),
        row("acme.c", life=DYING, name="Charlie", in_use=None),
        row("acme.b", life=DYING, name="Bravo", in_use=False),
    ]
    decisions = [_decided(one) for one in rows]

    assert [entry.name for entry in entries(decisions)] == ["Charlie", "Delta", "Alpha", "Bravo"]


def _decided(one: TrackedModel, before: Facts | None = None) -> Decision:
    return Decision(one, Kind.ENTERED_LEGACY, Severity.WARNING, "", before or Facts())


@pytest.mark.parametrize(
    ("uses", "merged"),
    [
        pytest.param((False, True, None), True, id="in use in any Region"),
        pytest.param((False, None), None, id="unknown in one and unused elsewhere"),
        pytest.param((False, False), False, id="unused everywhere"),
        pytest.param((None, None), None, id="unknown everywhere"),
    ],
)
def test_use_is_merged_over_regions(
    uses: tuple[bool | None, ...],
    merged: bool | None,  # noqa: FBT001 (a column of the table)
) -> None:
    rows = [row(region=f"region-{n}", life=DYING, in_use=use) for n, use in enumerate(uses)]

    (entry,) = entries(_decided(one) for one in rows)

    assert entry.in_use is merged


def test_one_model_with_different_dates_has_an_entry_for_each() -> None:
    moved = lifecycle("LEGACY", "2026-11-01", EXTENDED_ON, END_ON)

    found = entries([_decided(row(life=DYING)), _decided(row(region=WEST, life=moved))])

    assert sorted((entry.dates.legacy, entry.regions) for entry in found) == [
        (day(LEGACY_ON), (EAST,)),
        (day("2026-11-01"), (WEST,)),
    ]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        pytest.param([SONNET_DATES], SONNET_DATES, id="those told before"),
        pytest.param([dates()], None, id="none where there were none"),
        pytest.param([SONNET_DATES, dates(LEGACY_ON)], None, id="none where Regions disagree"),
        pytest.param([dates(LEGACY_ON, EXTENDED_ON, "2027-03-01")], None, id="none if unchanged"),
    ],
)
def test_previous_dates(before: list[Dates], expected: Dates | None) -> None:
    life = lifecycle("LEGACY", LEGACY_ON, EXTENDED_ON, "2027-03-01")
    decisions = [
        _decided(row(region=f"region-{n}", life=life), Facts(Phase.LEGACY, stated))
        for n, stated in enumerate(before)
    ]

    (entry,) = entries(decisions)

    assert entry.previous_dates == expected


def test_the_ids_that_said_so_are_named() -> None:
    one = row(life=DYING, reported_by=(f"{SONNET}:200k",))
    other = row(region=WEST, life=DYING, reported_by=(f"{SONNET}:28k", SONNET))

    (entry,) = entries([_decided(one), _decided(other)])

    assert entry.reported_by == (SONNET, f"{SONNET}:200k", f"{SONNET}:28k")


def test_the_loudest_and_soonest_alert_goes_first() -> None:
    now = "2027-03-01"
    rows = [
        row("acme.a", life=lifecycle("LEGACY", end_of_life="2027-12-01"), now=now),
        row("acme.b", life=lifecycle("LEGACY", end_of_life="2027-09-01"), now=now),
        row("acme.c", life=lifecycle("LEGACY", end_of_life="2027-03-01"), now=now),
    ]

    assert [alert.models[0].model_id for alert in alerts(rows, now)] == [
        "acme.c",
        "acme.b",
        "acme.a",
    ]


def test_an_alert_has_the_severity_of_its_loudest_model() -> None:
    loud, quiet = _decided(row(life=DYING)), _decided(row(region=WEST, life=DYING))

    (alert,) = group([replace(quiet, severity=Severity.INFO), loud], NOW)

    assert alert.severity is Severity.WARNING


# Identity


def ids(rows: Iterable[TrackedModel]) -> list[str]:
    return [alert_id(alert) for alert in alerts(rows)]


def test_the_order_of_rows_changes_neither_identity_nor_words() -> None:
    rows = [
        row(life=DYING),
        row(region=WEST, life=DYING),
        row(OPUS, life=DYING),
        row("acme.same", life=DYING, name="Same"),
        row("acme.other", life=DYING, name="Same"),
    ]
    said = set()
    for order in permutations(rows):
        (alert,) = alerts(order)
        said.add(notification(alert, PLACE).as_json())

    assert len(said) == 1


def test_entries_of_one_model_with_different_dates_have_one_order() -> None:
    decisions = [
        _decided(row(life=DYING)),
        _decided(row(region=WEST, life=lifecycle("LEGACY", "2026-11-01", EXTENDED_ON, END_ON))),
    ]

    assert entries(decisions) == entries(reversed(decisions))


def test_the_identity_is_stable_when_more_rows_come_than_one_alert_holds() -> None:
    rows = [row(f"acme.model-{number}", life=DYING) for number in range(2_001)]

    found = ids(rows)

    assert len(found) == 2
    assert sorted(found) == sorted(ids(reversed(rows)))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(row(life=DYING, told=told(seq=2)), id="what was told has moved"),
        pytest.param(row(region=WEST, life=DYING), id="another Region"),
        pytest.param(row(OPUS, life=DYING), id="another model"),
        pytest.param(
            row(life=lifecycle("LEGACY", LEGACY_ON, EXTENDED_ON, "2027-04-09")), id="another date"
        ),
        pytest.param(row(life=lifecycle("ACTIVE", end_of_life=END_ON)), id="another kind"),
    ],
)
def test_other_news_has_another_identity(other: TrackedModel) -> None:
    assert ids([row(life=DYING)]) != ids([other])


def test_another_rung_has_another_identity() -> None:
    (one,) = alerts([row(life=DYING, now="2027-03-25", told=EXTENDED)], "2027-03-25")
    (other,) = alerts([row(life=DYING, now="2027-04-01", told=EXTENDED)], "2027-04-01")

    assert alert_id(one) != alert_id(other)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"in_use": True}, id="its use"),
        pytest.param({"name": "Another name"}, id="its name"),
        pytest.param({"reported_by": (f"{SONNET}:200k",)}, id="the ids that said so"),
    ],
)
def test_the_identity_does_not_change_with(changed: dict[str, object]) -> None:
    one = row(life=DYING)

    assert ids([one]) == ids([replace(one, **changed)])  # type: ignore[arg-type]


def test_the_identity_does_not_change_with_the_hour_of_the_poll() -> None:
    one = row(life=DYING)
    first, later = (
        group(judge_rows([one], when).decisions, when) for when in (NOW, NOW + timedelta(hours=3))
    )

    assert alert_id(first[0]) == alert_id(later[0])


# First messages and coverage

STATES = (
    RegionState(EAST, covered_since=NOW),
    RegionState(WEST, covered_since=NOW),
    RegionState("af-south-1", failure="AccessDeniedException"),
)
SIGHT = (
    row(life=DYING),
    row(region=WEST, life=lifecycle()),
    row("acme.late", life=lifecycle("LEGACY", end_of_life="2027-09-01"), name="Late"),
    row("acme.soon", life=lifecycle("ACTIVE", "2026-11-01"), name="Soon"),
    row("acme.undated", life=lifecycle("LEGACY"), name="Undated"),
    row("acme.ended", life=lifecycle("LEGACY", end_of_life="2026-10-01"), name="Ended"),
    row("acme.calm", name="Calm"),
)


def test_the_baseline_counts_models_by_their_furthest_phase() -> None:
    coverage = baseline(SIGHT, STATES, NOW).coverage

    assert coverage.tracked == {"ACTIVE": 2, "LEGACY": 3, "EXTENDED_ACCESS": 0, "END_OF_LIFE": 1}
    assert (coverage.models, coverage.covered) == (6, 2)
    assert coverage.regions == (("af-south-1", "AccessDeniedException"),)


def test_the_baseline_lists_what_is_dated_or_past_active_soonest_first() -> None:
    alert = baseline(SIGHT, STATES, NOW)

    assert [entry.name for entry in alert.models] == [
        "Soon",
        "Claude Sonnet 4.5",
        "Late",
        "Ended",
        "Undated",
    ]
    assert alert.severity is Severity.INFO


def test_the_baseline_is_the_same_alert_however_often_it_is_renewed() -> None:
    first = baseline(SIGHT[:2], STATES, NOW)
    renewed = baseline(SIGHT, STATES, NOW + timedelta(days=3))

    assert alert_id(first) == alert_id(renewed)


def test_the_baseline_of_a_region_covered_later_is_another_alert_without_the_uncovered() -> None:
    later = baseline(SIGHT[:1], STATES, NOW, here=(EAST,))

    assert alert_id(later) != alert_id(baseline(SIGHT, STATES, NOW))
    assert alert_id(later) != alert_id(baseline(SIGHT[:1], STATES, NOW, here=(WEST,)))
    assert later.coverage.regions == ()


def test_the_order_of_rows_does_not_change_the_baseline() -> None:
    twins = [row(f"acme.twin-{n}", life=DYING, name="Twin") for n in range(3)]

    assert baseline(twins, STATES, NOW).models == baseline(twins[::-1], STATES, NOW).models


def test_coverage_that_breaks_is_a_warning_and_its_return_is_not() -> None:
    failing = RegionState(EAST, NOW - timedelta(days=9), NOW - timedelta(days=1), "Throttling")
    back = RegionState(EAST, NOW - timedelta(days=9), told_failing_since=NOW - timedelta(days=1))

    found = [
        coverage_alert(news, NOW)
        for one in (failing, back)
        for news in coverage_news([one], (), NOW)
    ]

    assert [(alert.kind, alert.severity) for alert in found] == [
        (Kind.COVERAGE_DEGRADED, Severity.WARNING),
        (Kind.COVERAGE_RESTORED, Severity.INFO),
    ]
    assert alert_id(found[0]) != alert_id(found[1])
