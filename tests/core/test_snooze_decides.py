"""What a snooze or a resolve holds back, what comes through it, and what calls put an end to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from notifier.model import (
    Announced,
    Decision,
    Deferral,
    Deferred,
    Facts,
    Kind,
    Phase,
    RowKey,
    Severity,
    TrackedModel,
    Why,
)
from notifier.scope import Scope
from notifier.snooze import Snooze, Snoozes
from tests.core.cases import (
    DYING,
    EAST,
    END_ON,
    EXTENDED,
    EXTENDED_ON,
    KNOWN,
    LEGACY_ON,
    POLICY,
    SONNET,
    SONNET_DATES,
    WEST,
    at,
    called,
    dates,
    decision_on,
    deferred,
    judge_rows,
    lifecycle,
    row,
    told,
)

if TYPE_CHECKING:
    from notifier.decide import Policy

SAID = at("2026-10-20")
SNOOZED = Snooze(SONNET, EAST, "ann", "we know", SAID, until=date(2027, 4, 1))
RESOLVED = Snooze(SONNET, EAST, "ann", "moved off it", SAID)
EVERYWHERE = replace(SNOOZED, region=None)

ENDED = told(Phase.END_OF_LIFE, SONNET_DATES, on=END_ON)
EARLIER = lifecycle("LEGACY", LEGACY_ON, EXTENDED_ON, "2027-04-07")
LATER = lifecycle("LEGACY", LEGACY_ON, EXTENDED_ON, "2027-07-01")
FIRST_DATES = lifecycle("LEGACY", LEGACY_ON, None, END_ON)
TOLD_UNDATED = told(Phase.LEGACY, dates(LEGACY_ON), on=LEGACY_ON)


def by(*said: Snooze) -> Policy:
    return replace(POLICY, snoozes=Snoozes(said))


def living(
    life: object = DYING, now: str = "2026-10-25", known: object = KNOWN, **given: object
) -> TrackedModel:
    """Give a model that entered Legacy, of which people know, and that may have called since."""
    return row(life=life, now=now, told=known, in_use=True, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("said", [SNOOZED, EVERYWHERE, RESOLVED], ids=["here", "all", "resolved"])
@pytest.mark.parametrize(
    ("one", "now", "comes"),
    [
        pytest.param(living(), "2026-12-09", None, id="a reminder is held back"),
        pytest.param(living(LATER), "2026-10-25", Why.SNOOZED, id="a later end is held back"),
        pytest.param(
            living(FIRST_DATES, known=TOLD_UNDATED),
            "2026-10-25",
            Why.SNOOZED,
            id="a first date takes nothing from what they knew",
        ),
        pytest.param(
            living(now="2027-01-08"),
            "2027-01-08",
            Why.SNOOZED,
            id="the begin of extended access is held back",
        ),
        pytest.param(
            living(EARLIER), "2026-10-25", Kind.DATES_CHANGED, id="an earlier end comes through"
        ),
        pytest.param(
            living(lifecycle("LEGACY", LEGACY_ON, "2027-01-07", END_ON)),
            "2026-10-25",
            Kind.DATES_CHANGED,
            id="so does an earlier begin of extended access",
        ),
        pytest.param(
            living(gone=True), "2026-10-25", Kind.MODEL_WITHDRAWN, id="a withdrawal comes through"
        ),
        pytest.param(
            replace(
                living(FIRST_DATES, known=TOLD_UNDATED),
                announced=Announced(
                    dates(end_of_life="2027-05-01"), dates(LEGACY_ON), SAID.date(), 1
                ),
            ),
            "2026-10-25",
            Kind.DATES_CHANGED,
            id="an end before the one that AWS Health told comes through",
        ),
        pytest.param(
            living(use=called("2026-10-10", known_on="2026-10-20")),
            "2026-10-20",
            None,
            id="an idle spell is held back",
        ),
    ],
)
def test_what_is_held_back(
    said: Snooze, one: TrackedModel, now: str, comes: Kind | Why | None
) -> None:
    verdict = judge_rows([one], now, by(said))

    told_now = [decision.kind for decision in verdict.decisions]
    left = [deferral.deferred.reason for deferral in verdict.deferrals]
    assert told_now == ([comes] if isinstance(comes, Kind) else [])
    assert left == ([comes] if isinstance(comes, Why) else [])
    assert [decision.snooze for decision in verdict.decisions] == [said] * len(told_now)
    assert verdict.adoptions == ()


def test_an_end_comes_through_a_resolve_that_has_no_end_itself() -> None:
    found = decision_on(living(now=END_ON, known=EXTENDED), END_ON, by(RESOLVED))

    assert found is not None
    assert (found.kind, found.snooze) == (Kind.END_OF_LIFE_REACHED, RESOLVED)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(replace(SNOOZED, until=date(2026, 12, 9)), id="a snooze that ends today"),
        pytest.param(replace(SNOOZED, region=WEST), id="one of another Region"),
        pytest.param(replace(SNOOZED, model_id="acme.other"), id="one of another model"),
        pytest.param(replace(RESOLVED, reopened_at=at("2026-11-01")), id="a resolve opened again"),
    ],
)
def test_what_holds_nothing_back(said: Snooze) -> None:
    found = decision_on(living(), "2026-12-09", by(said))

    assert found is not None
    assert (found.kind, found.snooze) == (Kind.DEADLINE, None)


def test_what_was_said_of_the_region_goes_before_what_was_said_of_all() -> None:
    found = decision_on(living(EARLIER), "2026-10-25", by(EVERYWHERE, SNOOZED))

    assert found is not None
    assert found.snooze == SNOOZED


CALLED = called("2026-10-24", known_on="2026-10-25")


def test_calls_on_a_later_day_open_what_was_resolved_again() -> None:
    one = living(use=CALLED)

    found = decision_on(one, "2026-10-25", by(RESOLVED))

    assert found == Decision(
        row=one,
        kind=Kind.REOPENED,
        severity=Severity.WARNING,
        reason="called since it was resolved at 2026-10-20T10:00:00+00:00",
        previous=one.facts,
        snooze=RESOLVED,
        opens=(RESOLVED,),
    )


@pytest.mark.parametrize(
    ("one", "now", "said"),
    [
        pytest.param(
            living(use=called("2026-10-20")), "2026-10-25", RESOLVED, id="calls of the same day"
        ),
        pytest.param(living(use=None), "2026-10-25", RESOLVED, id="unless nothing was read"),
        pytest.param(living(use=CALLED), "2026-10-25", SNOOZED, id="or it is only snoozed"),
    ],
)
def test_nothing_is_opened_by(one: TrackedModel, now: str, said: Snooze) -> None:
    assert judge_rows([one], now, by(said)) == judge_rows([], now)


def test_all_that_the_calls_prove_wrong_is_opened_at_once() -> None:
    everywhere = replace(RESOLVED, region=None)

    found = decision_on(living(use=CALLED), "2026-10-25", by(RESOLVED, everywhere))

    assert found is not None
    assert found.opens == (RESOLVED, everywhere)


def test_a_snooze_of_the_region_keeps_a_resolve_of_all_closed() -> None:
    everywhere = replace(RESOLVED, region=None)

    assert decision_on(living(use=CALLED), "2026-10-25", by(SNOOZED, everywhere)) is None


@pytest.mark.parametrize(
    ("now", "severity"),
    [("2027-03-24", Severity.WARNING), ("2027-03-25", Severity.CRITICAL)],
    ids=["with 15 days left", "with 14 days left and a reminder due"],
)
def test_how_loud_it_is_that_a_model_was_called_again(now: str, severity: Severity) -> None:
    one = living(now=now, known=EXTENDED, use=called(now))

    found = decision_on(one, now, by(RESOLVED))

    assert found is not None
    assert (found.kind, found.severity) == (Kind.REOPENED, severity)


def test_news_of_a_model_called_again_goes_first_and_says_that_it_was_resolved() -> None:
    found = decision_on(living(LATER, use=CALLED), "2026-10-25", by(RESOLVED))

    assert found is not None
    assert (found.kind, found.snooze, found.opens) == (Kind.DATES_CHANGED, RESOLVED, ())


def test_such_news_is_as_loud_as_the_reminder_that_is_due_with_it() -> None:
    known = told(Phase.EXTENDED_ACCESS, dates(LEGACY_ON, EXTENDED_ON, "2027-04-01"))
    one = living(now="2027-03-30", known=known, use=called("2027-03-29"))

    found = decision_on(one, "2027-03-30", by(RESOLVED))

    assert found is not None
    assert (found.kind, found.severity) == (Kind.DATES_CHANGED, Severity.CRITICAL)


WAITING = deferred(Facts(Phase.LEGACY, dates(LEGACY_ON, EXTENDED_ON, "2027-07-01")), "2026-10-21")


@pytest.mark.parametrize(
    ("waits_for", "in_use", "left_for"),
    [
        pytest.param(Why.SNOOZED, True, None, id="what waits goes on waiting"),
        pytest.param(
            Why.SNOOZED, False, Why.NOT_IN_USE, id="used no more, it is told on first use"
        ),
        pytest.param(Why.NOT_IN_USE, False, None, id="unused, a snooze takes nothing from that"),
        pytest.param(Why.NOT_IN_USE, True, None, id="nor when it is used and snoozed"),
    ],
)
def test_why_something_waits(
    waits_for: Why,
    in_use: bool,  # noqa: FBT001 (a column of the table)
    left_for: Why | None,
) -> None:
    waiting = replace(WAITING, reason=waits_for)
    one = replace(living(LATER), in_use=in_use, deferred=waiting)

    verdict = judge_rows([one], "2026-10-25", by(SNOOZED))

    expected = Deferral(RowKey(SONNET, EAST), replace(waiting, reason=left_for or waits_for))
    assert verdict.deferrals == ((expected,) if left_for else ())
    assert verdict.decisions == ()


@pytest.mark.parametrize(
    ("listed", "kind"),
    [(False, Kind.DATES_CHANGED), (True, None)],
    ids=["no digest has said it", "a digest has said it"],
)
def test_once_the_snooze_is_over_what_was_held_back_is_told(
    listed: bool,  # noqa: FBT001 (a column of the table)
    kind: Kind | None,
) -> None:
    waiting = Deferred(WAITING.facts, Kind.DATES_CHANGED, WAITING.on, Why.SNOOZED)
    one = living(LATER)
    one = replace(one, digested=waiting) if listed else replace(one, deferred=waiting)

    found = decision_on(one, "2026-10-25", by())

    assert (found.kind if found else None) is kind


def test_a_row_waits_while_an_alert_that_opens_it_again_is_not_out() -> None:
    one = living(LATER, use=CALLED)

    verdict = judge_rows([one], "2026-10-25", by(RESOLVED), spoken_for={RESOLVED.key})

    assert verdict == judge_rows([], "2026-10-25")


def test_an_active_model_that_was_resolved_and_is_called_is_opened_again() -> None:
    one = row(in_use=True, use=CALLED)

    found = decision_on(one, "2026-10-25", by(RESOLVED))

    assert found is not None
    assert found.kind is Kind.REOPENED


def test_what_is_ignored_is_not_opened_again() -> None:
    ignoring = replace(by(RESOLVED), scope=Scope(ignore=(SONNET,)))

    assert decision_on(living(use=CALLED), "2026-10-25", ignoring) is None
