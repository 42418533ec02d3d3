"""What must hold for every catalog and every sequence of polls.

A life is played poll by poll through the pure parts: judge, observe, decide, group. What was
decided counts as told at once, as it is when the alerts topic accepts it.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from hypothesis import given, note
from hypothesis import strategies as st

from notifier.coverage import judge, to_confirm
from notifier.decide import Verdict, told_after
from notifier.grouping import alert_id, group
from notifier.lifecycle import fold, phase_at
from notifier.model import (
    PHASE_ORDER,
    Catalog,
    Confirmation,
    Dates,
    Decision,
    Facts,
    Failure,
    Kind,
    Lifecycle,
    ListedModel,
    Milestone,
    Phase,
    Presence,
    RegionState,
    RowKey,
    TrackedModel,
)
from notifier.observe import observe
from notifier.render.document import notification
from notifier.scope import Scope
from notifier.snooze import Snooze, Snoozes
from tests.core.cases import EAST, LADDERS, PLACE, POLICY, WEST, at, judge_rows, lifecycle, row

if TYPE_CHECKING:
    from notifier.decide import Policy

ORIGIN = date(2027, 1, 1)
START = at("2026-09-01T00:30:00Z")
BASE = "acme.model-v1:0"
ANCHOR = "acme.anchor-v1:0"  # keeps every answer from being empty

days = st.integers(-40, 160).map(lambda n: ORIGIN + timedelta(n))
some_day = st.none() | days
dates = st.builds(Dates, some_day, some_day, some_day)
statuses = st.sampled_from(["ACTIVE", "LEGACY", "LEGACY", "DEPRECATED"])


@dataclass(frozen=True)
class Step:
    """One poll: how long after the last one, and what the Region says by then."""

    after: timedelta
    status: str
    dates: Dates
    hour: int = 7


gaps = st.sampled_from([1, 1, 5, 23, 24, 24, 24 * 6, 24 * 13, 24 * 40]).map(
    lambda h: timedelta(hours=h)
)
steps = st.builds(Step, gaps, statuses, dates)


@st.composite
def lives(draw: st.DrawFn, min_size: int = 1) -> list[Step]:
    """Draw polls in which facts often stay as they are and sometimes come back."""
    seen = draw(st.lists(st.tuples(statuses, dates), min_size=1, max_size=3))
    count = draw(st.integers(min_size, 25))
    return [
        Step(draw(gaps), *draw(st.sampled_from(seen)), draw(st.integers(0, 23)))
        for _ in range(count)
    ]


def lifecycle_of(step: Step) -> Lifecycle:
    """Give what the API says at a step."""
    stated = [None if day is None else day.isoformat() for day in step.dates]
    return lifecycle(step.status, *stated, hour=step.hour)


COVERED = RegionState(EAST, covered_since=START)


@dataclass
class Account:
    """An account that polls: its rows, its Region, and everything that was decided."""

    policy: Policy = POLICY
    in_use: bool | None = None
    now: datetime = START
    state: RegionState = COVERED
    rows: tuple[TrackedModel, ...] = ()
    decided: list[tuple[datetime, Decision]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def poll(self, step: Step) -> Verdict:
        """Poll once, with one model that says what the step says."""
        anchor = ListedModel(ANCHOR, "Anchor", "Acme", lifecycle())
        listed = ListedModel(BASE, "Model", "Acme", lifecycle_of(step))
        return self.hear(Catalog(EAST, (listed, anchor)), step.after)

    def hear(self, answer: Catalog | Failure, after: timedelta, *, gone: bool = True) -> Verdict:
        """Poll once; what GetFoundationModel is asked about is gone, or unclear."""
        self.now += after
        judged = judge(self.state, answer, {r.model_id: r for r in self.rows}, self.now)
        self.state = judged.state
        presence = Presence.GONE if gone else Presence.UNKNOWN
        asked = to_confirm({EAST: judged}, self.rows, self.now)
        said = {one.key: Confirmation(presence) for one in asked}
        seen = observe(self.rows, {EAST: judged}, said, {}, self.now)
        self.rows = tuple(replace(one, in_use=self.in_use) for one in seen.rows)
        verdict = judge_rows(self.rows, self.now, self.policy)
        self.decided += [(self.now, decision) for decision in verdict.decisions]
        self.ids += [alert_id(alert) for alert in group(verdict.decisions, self.now)]
        self.rows = tuple(self._told(one, verdict) for one in self.rows)
        return verdict

    def _told(self, one: TrackedModel, verdict: Verdict) -> TrackedModel:
        for decision in verdict.decisions:
            if decision.row.key == one.key:
                told = told_after(one, decision.kind, self.now)
                return replace(one, told=told, deferred=None, digested=None)
        for deferral in verdict.deferrals:
            if deferral.key == one.key:
                return replace(one, deferred=deferral.deferred)
        return one

    def digest(self) -> None:
        """Let a digest list everything that waits."""
        self.rows = tuple(
            replace(one, digested=one.deferred or one.digested, deferred=None) for one in self.rows
        )

    @property
    def row(self) -> TrackedModel:
        """The one row that the steps speak of."""
        return next(one for one in self.rows if one.model_id == BASE)

    def outline(self) -> list[tuple[object, ...]]:
        """Give everything decided, as far as people would notice."""
        return [
            (when, d.row.key, d.kind, d.severity, d.milestone, d.rung, d.direction, d.reason)
            for when, d in self.decided
        ]


def due_rungs(one: TrackedModel, now: datetime) -> list[tuple[Milestone, date, int]]:
    """Give the tightest due rung of every milestone ahead, worked out from the contract's words."""
    found = []
    for milestone, day in one.dates.stated():
        if PHASE_ORDER[milestone] <= PHASE_ORDER[one.phase] or day <= now.date():
            continue
        due = [
            rung
            for rung in LADDERS.rungs[milestone]
            if datetime.combine(day - timedelta(days=rung), time(9), now.tzinfo) <= now
        ]
        if due:
            found.append((milestone, day, min(due)))
    return found


def covered(
    rung: int, milestone: Milestone, day: date, said: list[tuple[datetime, Decision]]
) -> bool:
    """Say whether an earlier message stated the date closely enough, in the contract's words."""
    for when, decision in said:
        if decision.row.dates.of(milestone) != day:
            continue
        left = (day - when.date()).days
        if rung >= left or (rung > 14 and left - rung <= 7):
            return True
    return False


@given(lives(), st.sampled_from([True, None]))
def test_the_tightest_due_rung_is_never_missed(life: list[Step], in_use: bool | None) -> None:  # noqa: FBT001 (drawn)
    account = Account(in_use=in_use)
    for step in life:
        account.poll(step)
        for milestone, day, rung in due_rungs(account.row, account.now):
            note(f"{account.now} {milestone} {day} {rung}")
            assert covered(rung, milestone, day, account.decided)


@given(lives(min_size=5))
def test_a_rung_is_told_at_most_once_and_never_after_what_covers_it(life: list[Step]) -> None:
    account = Account()
    for step in life:
        before = list(account.decided)
        account.poll(step)
        for _, decision in account.decided[len(before) :]:
            if decision.kind is Kind.DEADLINE:
                assert decision.milestone is not None
                assert decision.rung is not None
                day = decision.row.dates.of(decision.milestone)
                assert day is not None
                assert not covered(decision.rung, decision.milestone, day, before)

    reminders = [d for _, d in account.decided if d.kind is Kind.DEADLINE and d.milestone]
    rungs = Counter((d.milestone, d.row.dates.of(d.milestone), d.rung) for d in reminders)  # type: ignore[arg-type]
    dated = Counter((d.milestone, d.row.dates.of(d.milestone)) for d in reminders)  # type: ignore[arg-type]
    assert all(count == 1 for count in rungs.values())
    assert all(count <= len(LADDERS.rungs[m]) for (m, _), count in dated.items() if m)


@given(days, st.lists(gaps, min_size=1, max_size=60))
def test_a_reminder_never_comes_before_its_hour_or_on_the_day_itself(
    end: date, pauses: list[timedelta]
) -> None:
    account = Account()
    for pause in pauses:
        account.poll(Step(pause, "LEGACY", Dates(end_of_life=end)))

    for when, decision in account.decided:
        if decision.rung is not None:
            assert when >= datetime.combine(end - timedelta(decision.rung), time(9), when.tzinfo)
            assert when.date() < end


@given(lives())
def test_nothing_is_said_when_nothing_changed_and_no_reminder_is_due(life: list[Step]) -> None:
    account = Account()
    for step in life:
        told = {one.key: one.told for one in account.rows}
        said = list(account.decided)
        verdict = account.poll(step)
        for decision in verdict.decisions:
            before = told.get(decision.row.key)
            is_news = before is None or before.facts != decision.row.facts
            untold = [
                rung
                for rung in due_rungs(decision.row, account.now)
                if not covered(rung[2], rung[0], rung[1], said)
            ]
            assert is_news or untold


@given(lives())
def test_a_second_poll_at_once_says_nothing(life: list[Step]) -> None:
    account = Account()
    for step in life:
        account.poll(step)
        rows = account.rows

        again = account.poll(replace(step, after=timedelta()))

        assert again == Verdict()
        assert account.rows == rows


@given(lives(min_size=3), st.lists(st.integers(0, 23), min_size=25, max_size=25))
def test_hours_of_jitter_never_change_anything_decided(life: list[Step], hours: list[int]) -> None:
    steady, jittery = Account(), Account()
    for step, hour in zip(life, hours, strict=False):
        steady.poll(replace(step, hour=7))
        jittery.poll(replace(step, hour=hour))

    assert jittery.outline() == steady.outline()
    assert jittery.ids == steady.ids


@given(lives(min_size=2), st.data())
def test_a_failed_region_changes_no_row_beyond_its_phase_by_date(
    life: list[Step], data: st.DataObject
) -> None:
    account = Account()
    for step in life:
        account.poll(step)
    before, pause = account.rows, data.draw(gaps)
    answers: list[Catalog | Failure] = [Failure("ThrottlingException"), Catalog(EAST, ())]
    answer = data.draw(st.sampled_from(answers))

    account.hear(answer, pause)

    for one in before:
        after = next(row for row in account.rows if row.key == one.key)
        assert replace(
            after, phase=one.phase, last_changed_at=one.last_changed_at, told=one.told
        ) == replace(one, deferred=after.deferred)
        assert after.phase is phase_at(one.lifecycle, account.now, gone=one.gone_at is not None)


@given(lives(min_size=1), st.lists(st.booleans(), min_size=1, max_size=12))
def test_a_model_is_gone_only_after_two_good_answers_without_it(
    life: list[Step], good: list[bool]
) -> None:
    account = Account()
    for step in life:
        account.poll(step)
    was_told = account.row.told.facts
    anchor = Catalog(EAST, (ListedModel(ANCHOR, "Anchor", "Acme", lifecycle()),))

    lacked = 0
    for is_good in good:
        account.hear(anchor if is_good else Failure("Timeout"), timedelta(hours=1))
        lacked += is_good
        assert (account.row.gone_at is None) or lacked >= 2

    gone = [d for _, d in account.decided if d.row.gone_at is not None]
    assert len(gone) <= 1
    if was_told.phase is Phase.END_OF_LIFE:
        assert gone == []


@given(lives(min_size=1), st.integers(1, 8))
def test_while_nobody_can_say_a_missing_model_is_never_called_gone(
    life: list[Step], polls: int
) -> None:
    account = Account()
    for step in life:
        account.poll(step)
    anchor = Catalog(EAST, (ListedModel(ANCHOR, "Anchor", "Acme", lifecycle()),))

    for _ in range(polls):
        account.hear(anchor, timedelta(hours=1), gone=False)

    # Unless its end was told: then its absence is no news, and nobody needs to confirm it.
    assert account.row.gone_at is None or account.row.told.facts.phase is Phase.END_OF_LIFE
    assert not any(d.kind is Kind.MODEL_WITHDRAWN for _, d in account.decided)


@given(lives(min_size=4))
def test_no_two_alerts_of_a_life_share_an_identity(life: list[Step]) -> None:
    account = Account()
    for step in life + life:
        account.poll(step)

    assert len(account.ids) == len(set(account.ids))


@given(st.tuples(statuses, dates), st.tuples(statuses, dates))
def test_facts_that_come_back_are_news_with_another_identity(
    one: tuple[str, Dates], other: tuple[str, Dates]
) -> None:
    account = Account()
    for status, stated in (one, other, one, other):
        account.poll(Step(timedelta(hours=1), status, stated))

    assert len(account.ids) == len(set(account.ids))


models = st.sampled_from(["acme.a", "acme.b", "acme.c"])
regions = st.sampled_from([EAST, WEST, "eu-west-1", "ap-south-1"])
moments = st.integers(0, 24 * 250).map(lambda hours: START + timedelta(hours=hours))


@st.composite
def snapshots(draw: st.DrawFn) -> tuple[list[TrackedModel], datetime]:
    """Draw rows of several models and Regions, some told about, some not."""
    now = draw(moments)
    keys = draw(st.lists(st.tuples(models, regions), unique=True, max_size=12))
    shared = draw(st.lists(st.builds(Step, gaps, statuses, dates), min_size=1, max_size=3))
    rows = []
    for model_id, region in keys:
        life = lifecycle_of(draw(st.sampled_from(shared)))
        one = row(
            model_id, region, life=life, now=now, in_use=draw(st.sampled_from([True, False, None]))
        )
        if draw(st.booleans()):
            earlier = now - draw(gaps)
            was = replace(one, lifecycle=lifecycle_of(draw(st.sampled_from(shared))))
            was = replace(was, phase=phase_at(was.lifecycle, earlier))
            kind = draw(st.sampled_from([Kind.ENTERED_LEGACY, Kind.DATES_CHANGED, Kind.DEADLINE]))
            one = replace(one, told=told_after(was, kind, earlier))
        rows.append(one)
    return rows, now


@given(snapshots(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_neither_decisions_nor_alerts(
    snapshot: tuple[list[TrackedModel], datetime], random: object
) -> None:
    rows, now = snapshot
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = judge_rows(rows, now), judge_rows(shuffled, now)

    assert {d.row.key: d for d in first.decisions} == {d.row.key: d for d in second.decisions}
    alerts, again = group(first.decisions, now), group(second.decisions, now)
    assert sorted(map(alert_id, alerts)) == sorted(map(alert_id, again))
    assert {alert_id(a): notification(a, PLACE).as_json() for a in alerts} == {
        alert_id(a): notification(a, PLACE).as_json() for a in again
    }


@given(snapshots())
def test_a_row_is_in_at_most_one_outcome_and_in_exactly_one_alert_if_it_is_told(
    snapshot: tuple[list[TrackedModel], datetime],
) -> None:
    rows, now = snapshot
    verdict = judge_rows(rows, now)

    outcomes = [
        *(d.row.key for d in verdict.decisions),
        *(d.key for d in verdict.deferrals),
        *(a.key for a in verdict.adoptions),
    ]
    assert len(outcomes) == len(set(outcomes))
    told = [key for alert in group(verdict.decisions, now) for key, _ in alert.told]
    assert sorted(told) == sorted(d.row.key for d in verdict.decisions)


@given(snapshots(), st.sets(models))
def test_ignored_rows_never_have_an_outcome(
    snapshot: tuple[list[TrackedModel], datetime], ignored: set[str]
) -> None:
    rows, now = snapshot
    scope = Scope(everything=True, watch=("*",), ignore=tuple(sorted(ignored)))

    verdict = judge_rows(rows, now, replace(POLICY, scope=scope, scope_before=scope))

    keys = {d.row.key for d in verdict.decisions} | {d.key for d in verdict.deferrals}
    assert not any(key.model_id in ignored for key in keys)
    assert verdict.adoptions == ()


@given(snapshots(), st.sets(st.integers(0, 11)))
def test_what_is_spoken_for_is_silent_and_silences_no_other(
    snapshot: tuple[list[TrackedModel], datetime], chosen: set[int]
) -> None:
    rows, now = snapshot
    busy: set[RowKey] = {one.key for number, one in enumerate(rows) if number in chosen}

    free = judge_rows(rows, now)
    held = judge_rows(rows, now, spoken_for=busy)

    assert {d.row.key for d in held.decisions} == {d.row.key for d in free.decisions} - busy


@given(snapshots())
def test_deciding_again_decides_the_same(snapshot: tuple[list[TrackedModel], datetime]) -> None:
    rows, now = snapshot

    assert judge_rows(rows, now) == judge_rows(tuple(rows), now)


@given(
    st.lists(st.tuples(st.sampled_from(["LEGACY", "ACTIVE"]), dates), min_size=1, max_size=5),
    st.randoms(use_true_random=False),
    moments,
)
def test_the_order_of_a_catalog_changes_nothing(
    records: list[tuple[str, Dates]], random: object, now: datetime
) -> None:
    listed = [
        ListedModel(
            f"{BASE}:{n}k" if n else BASE, "Model", "Acme", lifecycle_of(Step(timedelta(), *said))
        )
        for n, said in enumerate(records)
    ]
    shuffled = list(listed)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert fold(listed, (), now) == fold(shuffled, (), now)


@given(
    st.lists(st.text(max_size=400), min_size=1, max_size=12),
    st.integers(1, 150),
    st.text(max_size=300),
)
def test_an_alert_always_fits_and_its_subject_is_always_one(
    names: list[str], times: int, provider: str
) -> None:
    rows = [
        row(f"acme.model-{n}", life=lifecycle("LEGACY"), name=name, provider=provider)
        for n, name in enumerate(names * times)
    ]

    for alert in group(judge_rows(rows, "2026-10-20").decisions, at("2026-10-20")):
        found = notification(alert, PLACE)
        message = found.sns_message()
        attributes = json.dumps(found.sns_attributes(), ensure_ascii=False)
        assert len(message.encode()) + len(attributes.encode()) <= 256 * 1024
        assert 0 < len(found.document["subject"]) < 100
        assert found.document["subject"].isascii()
        assert found.document["subject"].isprintable()
        assert json.loads(json.loads(message)["default"]) == dict(found.document)


FOR_EVER = Snoozes([Snooze(BASE, None, "jane", "known", START, date(2099, 1, 1))])


@given(lives(min_size=3), st.sets(st.integers(0, 24)))
def test_whoever_snoozes_a_model_still_hears_of_its_end_and_of_less_time(
    life: list[Step], mondays: set[int]
) -> None:
    account = Account(policy=replace(POLICY, snoozes=FOR_EVER), in_use=True)
    for number, step in enumerate(life):
        if number in mondays:
            account.digest()
        account.poll(step)

        one = account.row
        heard = one.digested.facts if one.digested else one.told.facts
        true, said = one.dates.end_of_life, heard.dates.end_of_life
        note(f"{account.now} {one.facts} heard {heard}")
        assert one.phase is not Phase.END_OF_LIFE or heard.phase is Phase.END_OF_LIFE
        assert not (true and said and true < said)
    assert not any(decision.rung for _, decision in account.decided)


@given(lives(min_size=3), st.sets(st.integers(0, 24)), st.booleans())
def test_what_waits_and_what_a_digest_has_said_is_all_that_people_do_not_know(
    life: list[Step],
    mondays: set[int],
    in_use: bool,  # noqa: FBT001 (drawn)
) -> None:
    snoozes = FOR_EVER if in_use else Snoozes()
    account = Account(policy=replace(POLICY, snoozes=snoozes), in_use=in_use)
    for number, step in enumerate(life):
        account.poll(step)
        if number in mondays:
            account.digest()
        one = account.row
        known = one.set_aside.facts if one.set_aside else one.told.facts
        note(f"{account.now} {one.facts} told {one.told.facts} set aside {one.set_aside}")
        assert (known.dates, known.phase) == (one.dates, one.phase) or _is_no_way_back(known, step)


def _is_no_way_back(known: Facts, step: Step) -> bool:
    """Say whether a phase cannot be taken back: the API's word is none that we know."""
    return known.phase is not Phase.ACTIVE and step.status == "DEPRECATED"
