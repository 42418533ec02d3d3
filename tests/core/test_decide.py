"""What is told at once, what waits for the digest, and how loudly it is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from notifier.decide import Newcomers, Policy, is_worth_a_baseline, told_after
from notifier.model import (
    Adoption,
    Announced,
    Deferral,
    Deferred,
    Direction,
    Facts,
    Kind,
    Milestone,
    Phase,
    Severity,
    Why,
)
from notifier.scope import Scope
from tests.core.cases import (
    DYING,
    EAST,
    END_ON,
    EUROPE,
    EXTENDED,
    EXTENDED_ON,
    KNOWN,
    LEGACY_ON,
    POLICY,
    SONNET,
    SONNET_DATES,
    WEST,
    at,
    dates,
    decision_on,
    deferred,
    judge_rows,
    lifecycle,
    row,
    told,
)

if TYPE_CHECKING:
    from notifier.model import Decision, TrackedModel


def kind_of(found: Decision | None) -> Kind | None:
    return None if found is None else found.kind


@pytest.mark.parametrize(
    ("one", "now", "kind"),
    [
        pytest.param(row(), "2026-10-20", None, id="nothing new is silence"),
        pytest.param(
            row(life=DYING, now="2027-04-08", told=told(Phase.LEGACY, dates(LEGACY_ON))),
            "2027-04-08",
            Kind.END_OF_LIFE_REACHED,
            id="the end goes before its new date",
        ),
        pytest.param(
            row(gone=True, told=told(Phase.ACTIVE, SONNET_DATES, on=LEGACY_ON)),
            "2026-10-20",
            Kind.MODEL_WITHDRAWN,
            id="withdrawal goes before removed dates",
        ),
        pytest.param(
            row(life=DYING, now="2026-12-30"),
            "2026-12-30",
            Kind.ENTERED_LEGACY,
            id="entering Legacy goes before its dates and a due reminder",
        ),
        pytest.param(
            row(
                life=lifecycle("LEGACY", LEGACY_ON, EXTENDED_ON, "2027-05-08"),
                now="2027-01-08",
                told=KNOWN,
            ),
            "2027-01-08",
            Kind.EXTENDED_ACCESS_STARTED,
            id="extended access goes before a moved date",
        ),
        pytest.param(
            row(told=KNOWN),
            "2026-10-20",
            Kind.RETURNED_TO_ACTIVE,
            id="the return goes before the withdrawn dates",
        ),
        pytest.param(
            row(
                life=lifecycle("LEGACY", LEGACY_ON, EXTENDED_ON, "2027-04-15"),
                now="2027-04-12",
                told=EXTENDED,
            ),
            "2027-04-12",
            Kind.DATES_CHANGED,
            id="a moved date goes before the reminder due for it",
        ),
        pytest.param(
            row(life=DYING, now="2027-04-01", told=EXTENDED),
            "2027-04-01",
            Kind.DEADLINE,
            id="a due reminder alone is a deadline",
        ),
    ],
)
def test_one_alert_for_a_row_the_first_that_applies(
    one: TrackedModel, now: str, kind: Kind | None
) -> None:
    assert kind_of(decision_on(one, now)) is kind


def test_a_decision_states_everything_that_changed_and_why() -> None:
    found = decision_on(row(life=DYING), "2026-10-20")

    assert found is not None
    assert found.reason == "told ACTIVE, now LEGACY; END_OF_LIFE date announced"
    assert found.previous == Facts()
    assert (found.direction, found.milestone, found.rung) == (None, None, None)


def test_only_changed_dates_have_a_direction() -> None:
    moved = lifecycle("LEGACY", LEGACY_ON, EXTENDED_ON, "2027-03-01")

    found = decision_on(row(life=moved, told=KNOWN), "2026-10-20")

    assert found is not None
    assert found.direction is Direction.EARLIER


def test_a_deadline_names_its_milestone_and_rung() -> None:
    found = decision_on(row(life=DYING, now="2027-02-07", told=EXTENDED), "2027-02-07")

    assert found is not None
    assert (found.milestone, found.rung) == (Milestone.END_OF_LIFE, 60)
    assert found.reason == "END_OF_LIFE in 60 days, rung 60"


EARLIER = lifecycle("LEGACY", LEGACY_ON, EXTENDED_ON, "2027-03-01")
LATER = lifecycle("LEGACY", LEGACY_ON, EXTENDED_ON, "2027-07-01")


@pytest.mark.parametrize(
    ("one", "now", "severity"),
    [
        pytest.param(
            row(life=DYING, now="2027-04-08", told=EXTENDED),
            "2027-04-08",
            Severity.CRITICAL,
            id="the end of life",
        ),
        pytest.param(row(gone=True), "2026-10-20", Severity.CRITICAL, id="a withdrawal"),
        pytest.param(
            row(life=DYING, now="2027-03-25", told=EXTENDED),
            "2027-03-25",
            Severity.CRITICAL,
            id="an end of life in 14 days",
        ),
        pytest.param(
            row(life=DYING, now="2027-04-07", told=EXTENDED),
            "2027-04-07",
            Severity.CRITICAL,
            id="an end of life tomorrow",
        ),
        pytest.param(
            row(life=DYING, now="2027-03-24", told=told(Phase.EXTENDED_ACCESS, SONNET_DATES)),
            "2027-03-24",
            Severity.WARNING,
            id="an end of life in 15 days",
        ),
        pytest.param(
            row(life=DYING, now="2027-01-01", told=KNOWN),
            "2027-01-01",
            Severity.WARNING,
            id="extended access in 7 days",
        ),
        pytest.param(
            row(life=EARLIER, told=KNOWN),
            "2026-10-20",
            Severity.CRITICAL,
            id="an end of life moved earlier",
        ),
        pytest.param(
            row(life=LATER, told=KNOWN),
            "2026-10-20",
            Severity.WARNING,
            id="an end of life moved later",
        ),
        pytest.param(
            row(life=lifecycle("LEGACY", LEGACY_ON, "2026-12-08", END_ON), told=KNOWN),
            "2026-10-20",
            Severity.WARNING,
            id="extended access moved earlier",
        ),
        pytest.param(row(life=DYING), "2026-10-20", Severity.WARNING, id="entering Legacy"),
        pytest.param(
            row(life=DYING, now="2027-01-08", told=KNOWN),
            "2027-01-08",
            Severity.WARNING,
            id="extended access begins",
        ),
        pytest.param(row(told=KNOWN), "2026-10-20", Severity.WARNING, id="a return"),
        pytest.param(
            row(life=lifecycle("ACTIVE", end_of_life=END_ON)),
            "2026-10-20",
            Severity.WARNING,
            id="a first date",
        ),
        pytest.param(
            row(life=DYING, now="2027-03-30"),
            "2027-03-30",
            Severity.CRITICAL,
            id="entering Legacy, noticed nine days before the end",
        ),
        pytest.param(
            row(life=EARLIER, now="2027-01-08", told=KNOWN),
            "2027-01-08",
            Severity.CRITICAL,
            id="extended access together with an end of life moved earlier",
        ),
        pytest.param(
            row(
                life=lifecycle("LEGACY", LEGACY_ON, "2027-04-02", END_ON),
                now="2027-04-01",
                told=told(Phase.LEGACY, dates(LEGACY_ON, "2027-04-02", END_ON)),
            ),
            "2027-04-01",
            Severity.CRITICAL,
            id="extended access tomorrow and the end of life a week from now",
        ),
    ],
)
class TestSeverity:
    """Every row of the table once in use, once not, once with unknown use."""

    @pytest.mark.parametrize("in_use", [True, None])
    def test_of_a_model_in_use_or_of_unknown_use(
        self,
        one: TrackedModel,
        now: str,
        severity: Severity,
        in_use: bool | None,  # noqa: FBT001 (a column of the table)
    ) -> None:
        found = decision_on(replace(one, in_use=in_use), now)

        assert found is not None
        assert found.severity is severity

    def test_of_a_model_not_in_use_is_info(
        self,
        one: TrackedModel,
        now: str,
        severity: Severity,  # noqa: ARG002 (the table's, for models in use)
    ) -> None:
        everything = replace(
            POLICY, scope=Scope(everything=True), scope_before=Scope(everything=True)
        )

        found = decision_on(replace(one, in_use=False), now, everything)

        assert found is not None
        assert found.severity is Severity.INFO


def scoped(scope: Scope, before: Scope | None = None) -> Policy:
    return replace(POLICY, scope=scope, scope_before=before or scope)


@pytest.mark.parametrize(
    ("scope", "in_use", "alerted"),
    [
        pytest.param(Scope(), True, True, id="used models are alerted"),
        pytest.param(Scope(), None, True, id="unknown use counts as use"),
        pytest.param(Scope(), False, False, id="unused models wait for the digest"),
        pytest.param(Scope(everything=True), False, True, id="with alert_on=all they do not"),
        pytest.param(Scope(watch=("anthropic.*",)), False, True, id="watched models are alerted"),
        pytest.param(Scope(watch=("cohere.*",)), False, False, id="others' watching is no help"),
        pytest.param(Scope(watch=("ANTHROPIC.*",)), False, False, id="globs mind the case"),
        pytest.param(Scope(ignore=("anthropic.*",)), True, False, id="ignored, though in use"),
        pytest.param(Scope(ignore=("cohere.*",)), True, True, id="others are ignored"),
        pytest.param(
            Scope(everything=True, ignore=(SONNET,)), True, False, id="ignored with alert_on=all"
        ),
        pytest.param(
            Scope(watch=("*",), ignore=("*sonnet*",)), True, False, id="ignore beats watch"
        ),
    ],
)
def test_the_scope(scope: Scope, in_use: bool | None, alerted: bool) -> None:  # noqa: FBT001 (columns of the table)
    one = row(life=DYING, in_use=in_use)

    verdict = judge_rows([one], "2026-10-20", scoped(scope))

    assert bool(verdict.decisions) is alerted
    assert not verdict.adoptions
    # What is ignored is not even for the digest.
    assert bool(verdict.deferrals) is (not alerted and not scope.ignores(one))


def test_news_about_an_unused_model_is_left_to_the_digest_with_its_facts() -> None:
    one = row(life=DYING, in_use=False)

    (deferral,) = judge_rows([one], "2026-10-20").deferrals

    assert isinstance(deferral, Deferral)
    assert deferral.key == one.key
    assert (deferral.deferred.facts, deferral.deferred.kind, deferral.deferred.on) == (
        Facts(Phase.LEGACY, SONNET_DATES),
        Kind.ENTERED_LEGACY,
        at("2026-10-20").date(),
    )


def test_the_same_news_is_deferred_only_once() -> None:
    one = row(life=DYING, in_use=False)
    (deferral,) = judge_rows([one], "2026-10-20").deferrals

    again = judge_rows([replace(one, deferred=deferral.deferred)], "2026-10-21")

    assert again == judge_rows([], "2026-10-21")


def test_further_news_is_deferred_again() -> None:
    left = deferred(Facts(Phase.LEGACY, SONNET_DATES), LEGACY_ON)

    (again,) = judge_rows([row(life=EARLIER, in_use=False, deferred=left)], "2026-10-20").deferrals

    assert again.deferred.facts.dates.end_of_life == at("2027-03-01").date()


def test_an_unused_model_is_not_reminded_of() -> None:
    verdict = judge_rows([row(life=DYING, told=KNOWN, in_use=False)], "2026-12-09")

    assert verdict == judge_rows([], "2026-12-09")


@pytest.mark.parametrize(
    ("before", "now_scope", "in_use"),
    [
        pytest.param(Scope(), Scope(everything=True), False, id="alert_on became all"),
        pytest.param(Scope(), Scope(watch=("anthropic.*",)), False, id="it is watched now"),
        pytest.param(Scope(ignore=("*",)), Scope(), None, id="it is ignored no more"),
    ],
)
def test_a_change_of_settings_takes_rows_over_quietly(
    before: Scope,
    now_scope: Scope,
    in_use: bool | None,  # noqa: FBT001 (a column of the table)
) -> None:
    one = row(life=DYING, told=told(seq=4), in_use=in_use)

    verdict = judge_rows([one], "2026-10-20", scoped(now_scope, before))

    (adoption,) = verdict.adoptions
    assert not verdict.decisions
    assert not verdict.deferrals
    assert isinstance(adoption, Adoption)
    assert adoption.key == one.key
    assert adoption.told.facts == Facts(Phase.LEGACY, SONNET_DATES)
    assert adoption.told.seq == 5
    # Nobody has heard of it: that is for the digest.
    assert adoption.deferred == Deferred(
        one.facts, Kind.ENTERED_LEGACY, at("2026-10-20").date(), Why.SETTINGS
    )
    after = replace(one, told=adoption.told)
    assert decision_on(after, "2026-10-20", scoped(now_scope)) is None


def test_what_a_digest_has_said_is_not_left_to_another_by_a_change_of_settings() -> None:
    listed = deferred(Facts(Phase.LEGACY, SONNET_DATES), LEGACY_ON, why=Why.NOT_IN_USE)
    one = replace(row(life=DYING, in_use=False), digested=listed)

    (adoption,) = judge_rows([one], "2026-10-20", scoped(Scope(everything=True), Scope())).adoptions

    assert adoption.deferred is None


def test_a_reminder_that_is_due_when_settings_change_leaves_nothing_to_the_digest() -> None:
    one = row(life=DYING, told=KNOWN, in_use=False)

    (adoption,) = judge_rows([one], "2026-12-09", scoped(Scope(everything=True), Scope())).adoptions

    assert adoption.deferred is None
    assert adoption.told.on == at("2026-12-09").date()


def test_a_change_of_settings_keeps_the_dates_that_only_aws_health_gives() -> None:
    said = Announced(dates(None, None, END_ON), dates(LEGACY_ON), at("2026-10-17").date(), 0)
    one = replace(row(life=lifecycle("LEGACY", LEGACY_ON), in_use=False), announced=said)

    (adoption,) = judge_rows([one], "2026-10-20", scoped(Scope(everything=True), Scope())).adoptions

    assert adoption.announced == Announced(
        dates(None, None, END_ON), dates(LEGACY_ON), at("2026-10-17").date(), 1
    )


def test_beginning_to_use_a_model_is_no_change_of_settings() -> None:
    verdict = judge_rows([row(life=DYING, in_use=True)], "2026-10-20", scoped(Scope()))

    assert [decision.kind for decision in verdict.decisions] == [Kind.ENTERED_LEGACY]


def told_in(region: str, kind: Kind, on: str, now: str, stated: str = END_ON) -> TrackedModel:
    """Give the same model in another Region, where that was told on that day."""
    life = lifecycle("LEGACY", LEGACY_ON, EXTENDED_ON, stated)
    return row(
        region=region,
        life=life,
        now=now,
        told=told(Phase.LEGACY, life.dates, on=on, kinds={kind: at(on)}),
    )


@pytest.mark.parametrize(
    ("sibling", "now", "in_use", "alerted"),
    [
        pytest.param(
            told_in(WEST, Kind.ENTERED_LEGACY, "2026-10-08", "2026-10-10"),
            "2026-10-10",
            None,
            False,
            id="told two days ago for another Region",
        ),
        pytest.param(
            told_in(WEST, Kind.ENTERED_LEGACY, "2026-10-08", "2026-10-22"),
            "2026-10-22",
            None,
            False,
            id="told exactly 14 days ago",
        ),
        pytest.param(
            told_in(WEST, Kind.ENTERED_LEGACY, "2026-10-08", "2026-10-22"),
            "2026-10-22T10:00:01Z",
            None,
            True,
            id="told longer than 14 days ago",
        ),
        pytest.param(
            told_in(WEST, Kind.ENTERED_LEGACY, "2026-10-08", "2026-10-10", "2027-05-08"),
            "2026-10-10",
            None,
            True,
            id="told with other dates",
        ),
        pytest.param(
            told_in(WEST, Kind.DATES_CHANGED, "2026-10-08", "2026-10-10"),
            "2026-10-10",
            None,
            True,
            id="another kind of news was told",
        ),
        pytest.param(
            told_in(WEST, Kind.ENTERED_LEGACY, "2026-10-08", "2026-10-10"),
            "2026-10-10",
            True,
            True,
            id="use is proven in the further Region",
        ),
        pytest.param(
            row(
                "anthropic.claude-opus-4-1-20250805-v1:0",
                WEST,
                life=DYING,
                told=told(
                    Phase.LEGACY, SONNET_DATES, kinds={Kind.ENTERED_LEGACY: at("2026-10-08")}
                ),
            ),
            "2026-10-10",
            None,
            True,
            id="another model was told with the same dates",
        ),
    ],
)
def test_stragglers(
    sibling: TrackedModel,
    now: str,
    in_use: bool | None,  # noqa: FBT001 (a column of the table)
    alerted: bool,  # noqa: FBT001 (a column of the table)
) -> None:
    late = row(region=EAST, life=DYING, now=now, in_use=in_use)

    verdict = judge_rows([sibling, late], now)

    assert [d.row.key for d in verdict.decisions] == ([late.key] if alerted else [])
    left = [(d.key, d.deferred.on, d.deferred.reason) for d in verdict.deferrals]
    assert left == ([] if alerted else [(late.key, at(now).date(), Why.STRAGGLER)])


def test_that_a_row_was_told_the_same_itself_does_not_hide_its_siblings() -> None:
    now = "2026-10-20"
    when = at("2026-10-10")
    kinds = {str(Kind.DATES_CHANGED): when}
    known = told(Phase.LEGACY, SONNET_DATES, kinds=kinds)
    sibling = row(region=WEST, life=DYING, now=now, told=known)
    moved = told(Phase.LEGACY, dates(LEGACY_ON), kinds=kinds)
    late = row(region=EAST, life=DYING, now=now, told=moved)

    for order in ([late, sibling], [sibling, late]):
        assert [d.key for d in judge_rows(order, now).deferrals] == [late.key]


def test_a_row_is_no_straggler_of_itself() -> None:
    back = told(Phase.ACTIVE, kinds={Kind.RETURNED_TO_ACTIVE: at("2026-10-19")})

    assert kind_of(decision_on(row(life=lifecycle("LEGACY"), told=back), "2026-10-20")) is (
        Kind.ENTERED_LEGACY
    )


def test_a_straggler_left_to_the_digest_is_reminded_like_its_siblings() -> None:
    now, facts = "2027-04-01", Facts(Phase.EXTENDED_ACCESS, SONNET_DATES)
    sibling = row(
        region=WEST,
        life=DYING,
        now=now,
        told=told(
            Phase.EXTENDED_ACCESS,
            SONNET_DATES,
            on="2027-03-27",
            kinds={Kind.ENTERED_LEGACY: at("2027-03-27")},
        ),
    )
    straggler = row(region=EAST, life=DYING, now=now, deferred=deferred(facts, "2027-03-28"))

    verdict = judge_rows([sibling, straggler], now)

    assert sorted((d.row.region, d.kind, d.rung) for d in verdict.decisions) == [
        (EAST, Kind.DEADLINE, 7),
        (WEST, Kind.DEADLINE, 7),
    ]


def test_one_row_that_has_to_wait_holds_up_no_other() -> None:
    one, other = row(life=DYING), row(NOVA, life=DYING)

    verdict = judge_rows([one, other], "2026-10-20", spoken_for={one.key})

    assert [d.row.key for d in verdict.decisions] == [other.key]


def test_rows_of_an_unsettled_alert_say_nothing_new() -> None:
    one, other = row(life=DYING), row(region=WEST, life=DYING)

    verdict = judge_rows([one, other], "2026-10-20", spoken_for=[one.key])

    assert [decision.row.key for decision in verdict.decisions] == [other.key]


NOVA = "amazon.nova-3-pro-v1:0"


@pytest.mark.parametrize(
    ("one", "announce", "known_ids", "expected"),
    [
        pytest.param(row(NOVA), True, set(), Kind.MODEL_ADDED, id="new everywhere"),
        pytest.param(row(NOVA), False, set(), None, id="silent unless the setting asks for it"),
        pytest.param(row(NOVA), True, {NOVA}, None, id="known in another Region"),
        pytest.param(
            row(NOVA, in_use=False),
            True,
            set(),
            Kind.MODEL_ADDED,
            id="nobody can use it yet, and it is announced all the same",
        ),
        pytest.param(
            row(NOVA, life=lifecycle("LEGACY")),
            True,
            set(),
            Kind.ENTERED_LEGACY,
            id="first seen as Legacy",
        ),
        pytest.param(
            row(NOVA, life=lifecycle("ACTIVE", end_of_life=END_ON)),
            True,
            set(),
            Kind.DATES_CHANGED,
            id="first seen with a date",
        ),
        pytest.param(
            row(NOVA, life=lifecycle("LEGACY")),
            False,
            {NOVA},
            Kind.ENTERED_LEGACY,
            id="first seen as Legacy in a further Region",
        ),
    ],
)
def test_rows_first_seen_in_a_covered_region(
    one: TrackedModel,
    announce: bool,  # noqa: FBT001 (a column of the table)
    known_ids: set[str],
    expected: Kind | None,
) -> None:
    policy = replace(POLICY, announce_new_models=announce)
    newcomers = Newcomers(frozenset({one.key}), known_ids)

    verdict = judge_rows([one], "2026-10-20", policy, newcomers=newcomers)

    assert [d.kind for d in verdict.decisions] == ([] if expected is None else [expected])
    assert not verdict.deferrals
    assert not verdict.adoptions


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(row(NOVA, told=told()), id="that was told"),
        pytest.param(row(NOVA, deferred=deferred(Facts(), LEGACY_ON)), id="that waits"),
    ],
)
def test_a_new_row_is_not_announced_as_new_of_a_model(one: TrackedModel) -> None:
    policy = replace(POLICY, announce_new_models=True)

    assert not judge_rows([one], "2026-10-20", policy, newcomers=Newcomers({one.key})).decisions


def test_an_ignored_new_model_is_not_announced() -> None:
    one = row(NOVA)
    policy = replace(scoped(Scope(ignore=("amazon.*",))), announce_new_models=True)

    verdict = judge_rows([one], "2026-10-20", policy, newcomers=Newcomers({one.key}))

    assert not verdict.decisions


def test_a_model_known_before_is_not_announced_as_new() -> None:
    policy = replace(POLICY, announce_new_models=True)

    assert not judge_rows([row(NOVA)], "2026-10-20", policy).decisions


def test_after_a_message_its_news_is_told() -> None:
    one = row(life=DYING)
    found = decision_on(one, "2026-10-20")
    assert found is not None

    after = told_after(one, found.kind, at("2026-10-20"))

    assert (after.seq, after.facts, after.on) == (1, one.facts, at("2026-10-20").date())
    assert decision_on(replace(one, told=after), "2026-10-20") is None


def test_what_was_told_of_the_same_dates_is_remembered_and_new_dates_begin_anew() -> None:
    first = replace(
        row(life=DYING), told=told_after(row(life=DYING), Kind.ENTERED_LEGACY, at(LEGACY_ON))
    )

    reminded = told_after(first, Kind.DEADLINE, at("2026-12-09"))
    moved = told_after(
        replace(first, lifecycle=LATER, told=reminded), Kind.DATES_CHANGED, at("2026-12-20")
    )

    assert reminded.kinds == {Kind.ENTERED_LEGACY: at(LEGACY_ON), Kind.DEADLINE: at("2026-12-09")}
    assert moved.kinds == {Kind.DATES_CHANGED: at("2026-12-20")}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(row(), False, id="active without dates"),
        pytest.param(row(life=lifecycle("DEPRECATED")), False, id="a status nobody knows"),
        pytest.param(row(life=lifecycle("LEGACY")), True, id="Legacy without dates"),
        pytest.param(row(life=lifecycle("ACTIVE", LEGACY_ON)), True, id="a date alone"),
    ],
)
def test_what_a_baseline_lists(one: TrackedModel, expected: bool) -> None:  # noqa: FBT001 (a column of the table)
    assert is_worth_a_baseline(one) is expected


def test_a_flap_is_told_each_time_and_a_second_region_follows_its_last_state() -> None:
    one, now = row(life=lifecycle("LEGACY")), at("2026-10-20")
    said = []
    for _ in range(2):
        for life in (lifecycle("LEGACY"), lifecycle()):
            phase = Phase.LEGACY if life.status == "LEGACY" else Phase.ACTIVE
            one = replace(one, lifecycle=life, phase=phase)
            found = decision_on(one, now)
            assert found is not None
            said.append(found.kind)
            one = replace(one, told=told_after(one, found.kind, now))
            now += timedelta(hours=1)

    assert said == [Kind.ENTERED_LEGACY, Kind.RETURNED_TO_ACTIVE] * 2
    late = row(region=EUROPE, life=lifecycle("LEGACY"))
    assert kind_of(decision_on(late, now, POLICY, one)) is Kind.ENTERED_LEGACY
