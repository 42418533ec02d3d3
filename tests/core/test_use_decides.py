"""What use does to decisions: who is told at once, idle spells, and no harm by a failed read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.decide import told_after
from notifier.evidence import uses, with_use
from notifier.model import Kind, Phase, Severity, TrackedModel, Why
from notifier.usage import (
    Calls,
    Gap,
    ReadFailure,
    Reading,
    RegionUsage,
    Resource,
    Source,
    Use,
    UsedBy,
)
from tests.core.cases import (
    DYING,
    EAST,
    LEGACY_ON,
    SONNET,
    SONNET_DATES,
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
    from notifier.model import Lifecycle, Told

TOLD = told(Phase.LEGACY, SONNET_DATES, on=LEGACY_ON)
UNDATED = lifecycle("LEGACY")
TOLD_UNDATED = told(Phase.LEGACY, on=LEGACY_ON)
NEVER_CALLED = Use(
    used_by=(UsedBy(Source.AGENTS, "helper", "arn:aws:bedrock:::agent/A", EAST),),
    known_on=date(2026, 10, 20),
)


@pytest.mark.parametrize(
    ("use", "kind"),
    [
        pytest.param(called("2026-10-10", known_on="2026-10-19"), None, id="nine days are few"),
        pytest.param(
            called("2026-10-10", known_on="2026-10-20"), Kind.INACTIVITY_RISK, id="ten are many"
        ),
        pytest.param(
            called("2026-07-20", known_on="2026-10-20"), Kind.INACTIVITY_RISK, id="ninety as well"
        ),
        pytest.param(
            replace(called("2026-10-01"), known_on=None), None, id="calls may be hidden by a gap"
        ),
        pytest.param(NEVER_CALLED, None, id="never called"),
        pytest.param(None, None, id="nothing was ever read"),
    ],
)
def test_when_a_model_counts_as_idle(use: Use | None, kind: Kind | None) -> None:
    one = row(life=DYING, told=TOLD, in_use=True, use=use)

    found = decision_on(one, "2026-10-20")

    assert (found.kind if found else None) is kind


@pytest.mark.parametrize(
    ("one", "is_told"),
    [
        pytest.param(row(life=DYING, told=TOLD, in_use=True), True, id="a Legacy model"),
        pytest.param(
            row(life=UNDATED, told=TOLD_UNDATED, in_use=True), True, id="one without any date"
        ),
        pytest.param(
            row(
                life=DYING,
                now="2027-02-01",
                told=told(Phase.EXTENDED_ACCESS, SONNET_DATES, on="2027-02-01"),
                in_use=True,
            ),
            True,
            id="one in extended access",
        ),
        pytest.param(row(in_use=True), False, id="but no active one"),
        pytest.param(row(life=DYING, told=TOLD, in_use=False), False, id="nor one not in use"),
        pytest.param(row(life=DYING, told=TOLD, in_use=None), False, id="nor of unknown use"),
        pytest.param(
            row(
                life=DYING,
                told=replace(TOLD, idle_since=date(2026, 9, 1)),
                in_use=True,
            ),
            False,
            id="nor one whose spell was told",
        ),
        pytest.param(
            row(
                life=DYING,
                told=replace(TOLD, idle_since=date(2026, 8, 1)),
                in_use=True,
            ),
            True,
            id="unless it was called since",
        ),
    ],
)
def test_which_idle_models_are_told(one: TrackedModel, is_told: bool) -> None:  # noqa: FBT001 (a value of the case)
    idle = replace(one, use=called("2026-09-01", known_on="2026-10-20"))
    now = "2027-02-01" if one.phase is Phase.EXTENDED_ACCESS else "2026-10-20"

    found = decision_on(idle, now)

    assert (found is not None) is is_told
    if found is not None:
        assert found.kind is Kind.INACTIVITY_RISK
        assert found.severity is Severity.WARNING


def test_an_idle_spell_says_how_long_it_is() -> None:
    one = row(life=DYING, told=TOLD, in_use=True, use=called("2026-10-01", known_on="2026-10-20"))

    found = decision_on(one, "2026-10-20")

    assert found is not None
    assert (found.idle_days, found.reason) == (19, "no call for 19 days")
    assert found.previous == TOLD.facts


def test_a_reminder_comes_before_an_idle_spell() -> None:
    one = row(life=DYING, told=TOLD, in_use=True, use=called("2026-09-01", known_on="2026-12-09"))

    found = decision_on(one, "2026-12-09")

    assert found is not None
    assert found.kind is Kind.DEADLINE


PASSING = Gap(EAST, Source.AGENTS, "ThrottlingException", lasting=False)
LASTING = PASSING._replace(lasting=True)


@pytest.mark.parametrize(
    ("gaps", "is_told"),
    [((PASSING,), False), ((LASTING,), True), ((PASSING, LASTING), True)],
    ids=["that may pass holds what waited", "that lasts does not", "and one that lasts is enough"],
)
def test_a_failure(gaps: tuple[Gap, ...], is_told: bool) -> None:  # noqa: FBT001 (a value of the case)
    one = replace(waiting(Why.NOT_IN_USE, in_use=None), use=Use(gaps=gaps))

    found = decision_on(one, "2026-10-20")

    assert (found is not None) is is_told


def test_a_failure_that_may_pass_holds_no_news_back() -> None:
    one = row(life=DYING, in_use=None, use=Use(gaps=(PASSING,)))

    found = decision_on(one, "2026-10-20")

    assert found is not None
    assert found.kind is Kind.ENTERED_LEGACY


def test_a_model_that_is_gone_is_not_told_because_its_use_is_unknown() -> None:
    before = row(life=DYING, gone=True, in_use=None)
    one = replace(before, deferred=deferred(before.facts, LEGACY_ON, why=Why.NOT_IN_USE))

    assert decision_on(one, "2026-10-20") is None


def test_a_straggler_that_was_not_in_use_waits_as_a_straggler_from_now_on() -> None:
    elsewhere = row(
        region="us-west-2",
        life=DYING,
        told=told(
            Phase.LEGACY, SONNET_DATES, on=LEGACY_ON, kinds={Kind.NOW_IN_USE: at("2026-10-10")}
        ),
    )
    verdict = judge_rows([waiting(Why.NOT_IN_USE, in_use=None), elsewhere], "2026-10-11")

    assert [one.deferred.reason for one in verdict.deferrals] == [Why.STRAGGLER]
    assert verdict.decisions == ()


def test_evidence_that_shrinks_makes_no_new_spell_of_an_old_one() -> None:
    spell = replace(TOLD, idle_since=date(2026, 10, 8))
    one = row(life=DYING, told=spell, in_use=True, use=called("2026-09-30", known_on="2026-10-25"))

    assert decision_on(one, "2026-10-25") is None


@pytest.mark.parametrize(
    ("kind", "since"),
    [(Kind.INACTIVITY_RISK, date(2026, 10, 8)), (Kind.DEADLINE, date(2026, 9, 1))],
    ids=["a message about a spell is noted", "any other leaves the last one noted"],
)
def test_which_spell_was_told(kind: Kind, since: date) -> None:
    one = row(
        life=DYING,
        told=replace(TOLD, idle_since=date(2026, 9, 1)),
        in_use=True,
        use=called("2026-10-08", known_on="2026-10-20"),
    )

    assert told_after(one, kind, at("2026-10-20")).idle_since == since


def test_a_dated_model_that_is_still_active_may_be_idle() -> None:
    life = lifecycle("ACTIVE", "2027-03-01", None, "2027-09-01")
    one = row(
        life=life,
        told=told(Phase.ACTIVE, dates("2027-03-01", None, "2027-09-01"), on="2026-10-01"),
        in_use=True,
        use=called("2026-09-01", known_on="2026-10-20"),
    )

    assert decision_on(one, "2026-10-20") is None


def waiting(why: Why, in_use: bool | None) -> TrackedModel:  # noqa: FBT001 (as the field is)
    facts = row(life=DYING).facts
    return row(life=DYING, in_use=in_use, deferred=deferred(facts, LEGACY_ON, why=why))


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (waiting(Why.NOT_IN_USE, in_use=False), None),
        (waiting(Why.NOT_IN_USE, in_use=None), Kind.NOW_IN_USE),
        (waiting(Why.NOT_IN_USE, in_use=True), Kind.NOW_IN_USE),
        (waiting(Why.STRAGGLER, in_use=None), None),
        (waiting(Why.STRAGGLER, in_use=True), Kind.NOW_IN_USE),
    ],
    ids=[
        "an unused model goes on waiting",
        "whose use can no longer be excluded is told",
        "that is used now is told",
        "a straggler of unknown use goes on waiting",
        "a straggler that is used now is told",
    ],
)
def test_when_what_waits_for_the_digest_is_told_after_all(
    one: TrackedModel, kind: Kind | None
) -> None:
    found = decision_on(one, "2026-10-20")

    assert (found.kind if found else None) is kind


def test_news_about_what_waits_is_told_as_what_it_is() -> None:
    before = waiting(Why.NOT_IN_USE, in_use=True)
    later = replace(before, lifecycle=lifecycle("LEGACY", LEGACY_ON, None, "2027-05-01"))

    found = decision_on(later, "2026-10-20")

    assert found is not None
    assert found.kind is Kind.ENTERED_LEGACY


# No failed read may keep back what a good one would have told

# Since yesterday: what fails for the first time may hold back what waited, for a day.
OLD = ReadFailure("ThrottlingException", since=date(2026, 1, 1))
ARN = f"arn:aws:bedrock:{EAST}::foundation-model/{SONNET}"
PROFILE = Resource("arn:p", "profile", (ARN,), f"us.{SONNET}", depends=False)
lives = st.sampled_from([lifecycle(), DYING, UNDATED, lifecycle("ACTIVE", "2026-12-01")])
tolds = st.sampled_from([None, TOLD, TOLD_UNDATED, told(Phase.LEGACY, on="2026-09-01", seq=4)])
invoked = st.lists(
    st.tuples(st.sampled_from([SONNET, f"us.{SONNET}", "ip-1"]), st.integers(0, 120)),
    max_size=2,
    unique_by=lambda pair: pair[0],
)


def regions_usage(
    calls: list[tuple[str, int]], agents: list[str], failing: set[Source], today: date
) -> dict[str, RegionUsage]:
    listed = {
        Source.SYSTEM_PROFILES: (PROFILE,),
        Source.APPLICATION_PROFILES: (Resource("arn:ip", "mine", (ARN,), "ip-1", depends=False),),
        Source.AGENTS: tuple(Resource(f"arn:{n}", "a", (one,)) for n, one in enumerate(agents)),
    }
    found = {source: Reading(listed.get(source, ())) for source in Source}
    found[Source.INVOCATIONS] = Reading(
        calls=tuple(
            Calls(name, date.fromordinal(today.toordinal() - ago), 1) for name, ago in calls
        )
    )
    found |= {source: Reading(failure=OLD) for source in failing}
    return {EAST: RegionUsage(EAST, today, found, frozenset(Source) - failing)}


@dataclass(frozen=True)
class Case:
    """A model, what was told of it, what uses it, and what of that cannot be read."""

    life: Lifecycle
    told: Told | None
    waits: bool
    calls: list[tuple[str, int]]
    agents: list[str]
    failing: set[Source]
    now: str

    def decided(self, failing: set[Source]) -> set[Kind]:
        """Give the kinds that are told when these sources fail."""
        now = at(self.now)
        one = row(life=self.life, now=now, told=self.told)
        if self.waits:
            one = replace(one, deferred=deferred(one.facts, LEGACY_ON, why=Why.NOT_IN_USE))
        usage = regions_usage(self.calls, self.agents, failing, now.date())
        rows = with_use([one], uses([one], usage, "aws", 100, now.date()), 100, now.date())
        return {decision.kind for decision in judge_rows(rows, now).decisions}


cases = st.builds(
    Case,
    life=lives,
    told=tolds,
    waits=st.booleans(),
    calls=invoked,
    agents=st.lists(st.sampled_from([SONNET, f"us.{SONNET}", "ip-1"]), max_size=1),
    failing=st.sets(st.sampled_from(list(Source))),
    now=st.sampled_from(["2026-10-20", "2026-12-09", "2027-01-08", "2027-04-01", "2027-04-08"]),
)


@given(cases)
def test_no_combination_of_failed_reads_keeps_back_an_alert(case: Case) -> None:
    """All alerts about the lifecycle. Idleness is another matter: it cannot be seen unread."""
    good, bad = case.decided(set()), case.decided(case.failing)

    assert good - {Kind.INACTIVITY_RISK} <= bad


def test_a_gap_is_part_of_the_evidence() -> None:
    usage = regions_usage([], [], {Source.FLOWS}, date(2026, 10, 20))

    (found,) = uses([row()], usage, "aws", 100, date(2026, 10, 20)).values()

    assert found.gaps == (Gap(EAST, Source.FLOWS, "ThrottlingException"),)
    today = regions_usage([], [], set(), date(2026, 10, 20))[EAST]
    first = replace(
        today,
        readings={
            **today.readings,
            Source.FLOWS: Reading(failure=OLD._replace(since=date(2026, 10, 20))),
        },
    )
    (passing,) = uses([row()], {EAST: first}, "aws", 100, date(2026, 10, 20)).values()
    assert not passing.gaps[0].lasting
