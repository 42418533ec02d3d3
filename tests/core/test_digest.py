"""What a digest says and what it leaves out, and when there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from notifier.grouping import alert_id
from notifier.model import UPCOMING_DAYS, Announced, Facts, Kind, Phase, RegionState, Severity, Why
from tests.core.cases import (
    EAST,
    EUROPE,
    SONNET,
    WEST,
    at,
    dates,
    deferred,
    lifecycle,
    row,
    told,
)
from tests.core.digest_alerts import (
    NOW,
    SINCE,
    UNTIL,
    a_week,
    covered,
    digest,
    new,
    resolved_on,
    snoozed_until,
    uncovered,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from notifier.digest import Digest
    from notifier.model import Alert, TrackedModel

SOON = lifecycle("LEGACY", "2026-06-01", None, "2027-01-20")
FAR = lifecycle("LEGACY", "2026-06-01", None, "2027-06-01")
KNOWN_SOON = told(Phase.LEGACY, SOON.dates, on="2026-11-20")
KNOWN_FAR = told(Phase.LEGACY, FAR.dates, on="2026-11-20")


def told_at(*moments: str, kind: Kind = Kind.DATES_CHANGED) -> list[TrackedModel]:
    """Give models with a date far ahead that were told of at those times."""
    return [
        row(
            f"acme.m{number}-v1:0",
            life=FAR,
            now=NOW,
            told=told(Phase.LEGACY, FAR.dates, on="2026-11-20", kinds={kind: at(moment)}),
        )
        for number, moment in enumerate(moments)
    ]


def waiting(why: Why = Why.NOT_IN_USE, life: Any = FAR, **parts: Any) -> TrackedModel:  # noqa: ANN401 (parts of a row)
    """Give a model whose entry into Legacy was left to the digest."""
    left = deferred(Facts(Phase.LEGACY, life.dates), "2026-11-18", why=why)
    return row(life=life, now=NOW, deferred=left, **parts)


def announced_on(day: str) -> TrackedModel:
    said = dates(None, None, "2027-06-01")
    one = row(now=NOW, told=told())
    return replace(
        one, by_health=said, announced=Announced(said, dates(), at(day).date(), one.told.seq)
    )


def content(found: Alert | None) -> Digest:
    assert found is not None
    assert found.digest is not None
    return found.digest


def names(found: Alert | None, part: str) -> list[str]:
    """Give the ids of the models in one part of a digest, `()` where there is none."""
    if found is None:
        return []
    given = getattr(content(found), part)
    if part in {"told", "left_out"}:
        return [entry.model_id for news in given for entry in news.models]
    return [entry.model_id for entry in given]


EVERY_PART = (
    "told",
    "left_out",
    "announced",
    "upcoming",
    "added",
    "held_back",
    "failing",
    "unheard",
)


@pytest.mark.parametrize(
    ("make", "parts"),
    [
        pytest.param(lambda: digest([row()]), set(), id="a model of which nothing is said"),
        pytest.param(
            lambda: digest([row(life=FAR, now=NOW, told=KNOWN_FAR)]),
            set(),
            id="a date that was told long ago and is far ahead",
        ),
        pytest.param(
            lambda: digest(
                [row()],
                states=[covered(EAST), RegionState(WEST, failure="AccessDeniedException")],
                health_api="SubscriptionRequiredException",
            ),
            set(),
            id="a Region not covered and no support plan, as every week",
        ),
        pytest.param(
            lambda: digest(told_at("2026-11-18")), {"told"}, id="what an alert told this week"
        ),
        pytest.param(
            lambda: digest(told_at("2026-11-18", kind=Kind.BASELINE)),
            set(),
            id="what the first message listed",
        ),
        pytest.param(
            lambda: digest(told_at("2026-11-18", kind=Kind.MODEL_ADDED)),
            set(),
            id="a new model that was told of is listed as one that is new, if at all",
        ),
        pytest.param(lambda: digest([waiting()]), {"left_out"}, id="what was left to the digest"),
        pytest.param(
            lambda: digest([replace(waiting(), digested=waiting().deferred)]),
            set(),
            id="what waits for another reason now, and a digest has said",
        ),
        pytest.param(
            lambda: digest([replace(waiting(), deferred=None, digested=waiting().deferred)]),
            set(),
            id="what a digest has said",
        ),
        pytest.param(
            lambda: digest([announced_on("2026-11-18")]),
            {"announced"},
            id="what AWS Health announced this week",
        ),
        pytest.param(
            lambda: digest([row(life=SOON, now=NOW, told=KNOWN_SOON)]),
            {"upcoming"},
            id="an end within the time ahead, whoever was told of it",
        ),
        pytest.param(
            lambda: digest([row(life=SOON, now=NOW, told=KNOWN_SOON, gone=True)]),
            set(),
            id="an end that has come before its date",
        ),
        pytest.param(lambda: digest([new(row())]), {"added"}, id="a model first seen this week"),
        pytest.param(
            lambda: digest(
                [row()], states=[covered(EAST, failing_since="2026-11-20", why="Throttled")]
            ),
            {"failing"},
            id="a covered Region without an answer",
        ),
        pytest.param(lambda: digest(unheard=("chat",)), {"unheard"}, id="a topic nobody hears"),
    ],
)
def test_a_digest_has_what_there_is_to_say_and_nothing_else(
    make: Callable[[], Alert | None], parts: set[str]
) -> None:
    found = make()

    if found is None:
        assert not parts
    else:
        assert {part for part in EVERY_PART if getattr(content(found), part)} == parts


@pytest.mark.parametrize(
    ("moment", "is_said"),
    [
        pytest.param("2026-11-16T07:59:59Z", False, id="just before the window"),
        pytest.param(SINCE, False, id="in the last moment that the digest before was about"),
        pytest.param("2026-11-16T08:00:01Z", True, id="just after that"),
        pytest.param(UNTIL, True, id="in the last moment of this one"),
        pytest.param("2026-11-23T08:00:01Z", False, id="just after this one"),
    ],
)
def test_what_was_told_is_recapped_by_one_digest(moment: str, *, is_said: bool) -> None:
    assert names(digest(told_at(moment)), "told") == (["acme.m0-v1:0"] if is_said else [])


@pytest.mark.parametrize(
    ("day", "is_said"),
    [
        pytest.param("2026-11-15", False, id="the day before the window"),
        pytest.param("2026-11-16", True, id="its first day"),
        pytest.param("2026-11-22", True, id="its last whole day"),
        pytest.param("2026-11-23", False, id="a day that is not over: for the next digest"),
    ],
)
def test_announcements_are_recapped_by_whole_days(day: str, *, is_said: bool) -> None:
    assert names(digest([announced_on(day)]), "announced") == ([SONNET] if is_said else [])


@pytest.mark.parametrize(
    ("days", "is_listed"),
    [
        pytest.param(0, False, id="today"),
        pytest.param(1, True, id="tomorrow"),
        pytest.param(UPCOMING_DAYS, True, id="the last day of the time ahead"),
        pytest.param(UPCOMING_DAYS + 1, False, id="the day after it"),
    ],
)
def test_what_comes_is_listed_from_tomorrow_on(days: int, *, is_listed: bool) -> None:
    end = at(NOW).date().fromordinal(at(NOW).date().toordinal() + days).isoformat()
    life = lifecycle("LEGACY", "2026-06-01", None, end)
    early = "2026-11-01"  # Else the model would be past its end on that day.
    one = row(life=life, now=early, told=told(Phase.LEGACY, life.dates, on=early))

    assert names(digest([one]), "upcoming") == ([SONNET] if is_listed else [])


def test_what_comes_is_ordered_by_use_and_then_by_the_nearest_date() -> None:
    def ends(name: str, end: str, *, in_use: bool | None) -> TrackedModel:
        life = lifecycle("LEGACY", "2026-06-01", None, end)
        return row(
            name,
            life=life,
            now=NOW,
            in_use=in_use,
            name=name,
            told=told(Phase.LEGACY, life.dates, on="2026-11-20"),
        )

    rows = [
        ends("unused", "2026-12-01", in_use=False),
        ends("used late", "2027-02-01", in_use=True),
        ends("unknown", "2027-01-01", in_use=None),
        ends("used soon", "2026-12-20", in_use=True),
    ]

    assert names(digest(rows), "upcoming") == ["used soon", "unknown", "used late", "unused"]


def test_a_date_that_only_aws_health_gives_is_one_that_comes() -> None:
    said = dates(None, None, "2027-01-20")
    one = replace(
        row(now=NOW, told=told()),
        by_health=said,
        announced=Announced(said, dates(), at("2026-10-01").date(), 1),
    )

    assert names(digest([one]), "upcoming") == [SONNET]


@pytest.mark.parametrize(
    ("rows", "added"),
    [
        pytest.param([new(row(), SINCE)], [], id="seen when the window began"),
        pytest.param([new(row(), "2026-11-16T08:00:01Z")], [SONNET], id="seen just after that"),
        pytest.param(
            [row(), new(row(region=WEST))], [], id="new in one Region, and known in another"
        ),
        pytest.param(
            [new(row()), new(row(region=WEST), "2026-11-20")],
            [SONNET],
            id="new in two Regions, and one model",
        ),
    ],
)
def test_a_model_is_new_if_no_region_had_it(rows: list[TrackedModel], added: list[str]) -> None:
    assert names(digest(rows), "added") == added


def test_what_a_newly_covered_region_has_is_not_new() -> None:
    first_seen = at("2026-11-18")
    states = [covered(EAST), RegionState(WEST, covered_since=first_seen)]
    there = new(row("acme.there-v1:0", WEST), "2026-11-18")
    later = new(row("acme.later-v1:0", WEST), "2026-11-19")

    assert names(digest([row(), there, later], states=states), "added") == ["acme.later-v1:0"]


def test_what_was_left_out_stands_by_kind_and_reason_with_what_it_was_before() -> None:
    moved = row(
        "acme.moved-v1:0",
        life=FAR,
        now=NOW,
        told=told(Phase.LEGACY, dates("2026-06-01", None, "2027-05-01")),
        deferred=deferred(
            Facts(Phase.LEGACY, FAR.dates), "2026-11-18", Kind.DATES_CHANGED, Why.SNOOZED
        ),
    )
    rows = [moved, waiting(Why.STRAGGLER, region=WEST), waiting(model_id="acme.unused-v1:0")]

    found = content(digest(rows)).left_out

    assert [(news.kind, news.why, [e.model_id for e in news.models]) for news in found] == [
        (Kind.ENTERED_LEGACY, Why.NOT_IN_USE, ["acme.unused-v1:0"]),
        (Kind.ENTERED_LEGACY, Why.STRAGGLER, [SONNET]),
        (Kind.DATES_CHANGED, Why.SNOOZED, ["acme.moved-v1:0"]),
    ]
    assert [news.models[0].previous_dates for news in found] == [
        None,
        None,
        dates("2026-06-01", None, "2027-05-01"),
    ]


def test_what_was_left_out_differs_from_what_the_last_digest_said() -> None:
    listed = deferred(Facts(Phase.LEGACY, SOON.dates), "2026-11-10", why=Why.NOT_IN_USE)

    (news,) = content(digest([replace(waiting(), digested=listed)])).left_out

    assert news.models[0].previous_dates == SOON.dates


@pytest.mark.parametrize(
    ("snooze", "parts", "held"),
    [
        pytest.param(snoozed_until("2027-01-07"), {}, ["30"], id="snoozed, and a reminder is due"),
        pytest.param(
            snoozed_until("2027-01-07"), {"told_on": "2026-11-22"}, [], id="the reminder was told"
        ),
        pytest.param(
            snoozed_until("2026-12-01"),
            {"told_on": "2026-11-22"},
            ["ends soon"],
            id="about to end, with no reminder due",
        ),
        pytest.param(
            snoozed_until("2026-12-02"),
            {"told_on": "2026-11-22"},
            [],
            id="over after the next digest",
        ),
        pytest.param(
            snoozed_until("2026-12-01"), {}, ["30, ends soon"], id="about to end, with a reminder"
        ),
        pytest.param(snoozed_until("2026-11-23"), {}, [], id="over today"),
        pytest.param(
            snoozed_until("2027-01-07", region=WEST),
            {},
            [],
            id="of a Region in which nothing is due",
        ),
        pytest.param(
            snoozed_until("2027-01-07", region=EAST), {}, ["30"], id="of the Region of the reminder"
        ),
        pytest.param(resolved_on("2026-10-10"), {}, ["30"], id="resolved"),
        pytest.param(
            replace(resolved_on("2026-10-10"), reopened_at=at("2026-10-20")),
            {},
            [],
            id="resolved and opened again",
        ),
    ],
)
def test_reminders_that_are_held_back(
    snooze: Any,  # noqa: ANN401 (a snooze)
    parts: dict[str, str],
    held: list[str],
) -> None:
    life = lifecycle("LEGACY", "2026-06-01", None, "2026-12-20")
    on = parts.get("told_on", "2026-06-01")
    one = row(life=life, now=NOW, in_use=True, told=told(Phase.LEGACY, life.dates, on=on))

    found = content(digest([one], snoozes=[snooze])).held_back

    said = [
        ", ".join(
            [
                *([str(each.reminder.rung)] if each.reminder else []),
                *(["ends soon"] if each.ends_soon else []),
            ]
        )
        for each in found
    ]
    assert said == held


def test_of_several_regions_the_tightest_reminder_is_held_back() -> None:
    lives = {
        EAST: lifecycle("LEGACY", "2026-06-01", None, "2027-01-20"),
        WEST: lifecycle("LEGACY", "2026-06-01", None, "2026-12-20"),
    }
    rows = [
        row(region=region, life=life, now=NOW, told=told(Phase.LEGACY, life.dates, on="2026-06-01"))
        for region, life in lives.items()
    ]

    (held,) = content(digest(rows, snoozes=[snoozed_until("2027-01-07")])).held_back

    assert held.reminder is not None
    assert held.reminder.rung == 30
    assert held.reminder.day == at("2026-12-20").date()


def test_regions_are_told_apart_by_whether_they_ever_answered() -> None:
    states = [
        covered(WEST, failing_since="2026-11-20", why="Throttled"),
        uncovered("me-south-1", "Denied"),
        covered(EUROPE),
        uncovered("af-south-1"),
    ]

    found = content(digest([row(region=EUROPE)], states=states))

    assert [tuple(one) for one in found.failing] == [(WEST, at("2026-11-20"), "Throttled")]
    assert found.not_covered == (("af-south-1", ""), ("me-south-1", "Denied"))


def test_a_digest_names_each_model_once_and_those_in_use_first() -> None:
    found = a_week()

    ids = [entry.model_id for entry in found.models]
    uses = [entry.in_use is False for entry in found.models]
    assert len(ids) == len(set(ids)) == 6
    assert uses == sorted(uses)
    assert {*names(found, "upcoming"), *names(found, "left_out"), *names(found, "added")} <= {*ids}


def test_a_digest_moves_nothing_that_was_told_and_notes_what_it_lists() -> None:
    said, left = row(life=SOON, now=NOW, told=KNOWN_SOON), waiting(model_id="acme.b-v1:0")

    found = digest([said, left])

    assert found is not None
    assert (found.kind, found.severity) == (Kind.DIGEST, Severity.INFO)
    assert found.told == ()
    assert found.digested == ((left.key, left.deferred),)


def test_what_is_listed_already_but_waits_for_another_reason_is_noted_too() -> None:
    again = replace(waiting(), digested=waiting(Why.STRAGGLER).deferred)

    found = digest([again, new(row("acme.new-v1:0"))])

    assert found is not None
    assert names(found, "left_out") == []
    assert found.digested == ((again.key, again.deferred),)


def test_a_digest_is_named_after_the_moment_at_which_it_was_due_and_not_after_its_words() -> None:
    first = digest([waiting()])
    later = digest([waiting(), new(row("acme.new-v1:0"))], until="2026-11-23T08:30:00Z")
    next_week = digest([waiting()], now="2026-11-30T09:00:00Z")

    assert first is not None
    assert later is not None
    assert next_week is not None
    assert alert_id(first) == alert_id(later)
    assert alert_id(first) != alert_id(next_week)
