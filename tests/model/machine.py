"""A life drawn at random, played through the real pipeline and compared with the oracle."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from notifier import pipeline
from notifier.settings import AlertOn, Settings
from notifier.snapshot import PollInProgressError
from notifier.usage import Resource, Source
from tests.model.oracle import Account, Oracle, Poll, Row, Said, Wish
from tests.world import EAST, EUROPE, THROTTLED, WEST, World, model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notifier.model import ListedModel

REGIONS = (EAST, WEST, EUROPE)
MODELS = tuple(f"acme.{name}-1-v1:0" for name in ("alpha", "beta", "gamma", "delta"))
# A Region that lists half of what it has must be seen to lie: at least five ids are missing then.
ALWAYS = tuple(f"acme.always-{number}-v1:0" for number in range(5))
START = datetime(2026, 10, 1, 10, tzinfo=UTC)

ids, regions = st.sampled_from(MODELS), st.sampled_from(REGIONS)
some_regions = st.sets(regions, min_size=1)
starts = st.sampled_from([-40, -1, 0, 1, 6, 8, 20, 35, 100])
lengths = st.sampled_from([None, 0, 1, 12, 31, 70, 130])
statuses = st.sampled_from(["ACTIVE", "LEGACY"])
pauses = st.sampled_from([1, 3, 6, 7, 23, 24, 25, 48, 96, 168, 240, 337, 600, 800])


def listed(model_id: str, said: Said) -> ListedModel:
    """Word what the API says as a catalog entry."""
    legacy, extended, end = (day.isoformat() if day else None for day in said.dates)
    return model(model_id, said.status, legacy=legacy, extended_access=extended, end_of_life=end)


class Lives(RuleBasedStateMachine):
    """Regions, models, use, settings and channels change; polls come, repeat and overlap."""

    world_of: ClassVar[Callable[[], World]]
    steps: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        """Start in an empty world."""
        super().__init__()
        self.world = type(self).world_of()
        self.oracle = Oracle()
        self.now = START
        self.completed: datetime | None = None
        self.said: dict[Row, Said] = {}
        self.still: dict[str, Said] = {}
        self.answering: dict[str, str] = dict.fromkeys(REGIONS, "well")
        # Who is named by the agents of a Region; None where nobody may read them.
        self.naming: dict[str, frozenset[str] | None] = dict.fromkeys(REGIONS)
        self.account = Account()
        for region in REGIONS:
            self.world.account.has(region, Source.AGENTS)
            self.world.account.fails(region, Source.AGENTS)
        self.on_topic = self.on_bus = 0
        self.decided: dict[str, dict[str, Any]] = {}

    @initialize(present=st.sets(st.tuples(ids, regions)), late=st.sets(regions, max_size=2))
    def begins(self, present: set[Row], late: set[str]) -> None:
        """Let some Regions be covered by a first poll, and others fail for now."""
        self.said = {row: Said() for row in present}
        for region in late:
            self.answering[region] = "fails"
        self._poll(START)

    # --- what the Regions say

    @rule(
        model_id=ids, where=some_regions, status=statuses, start=starts, more=lengths, end=lengths
    )
    def lifecycle_changes(  # noqa: PLR0913, PLR0917 hypothesis gives each by its name
        self,
        model_id: str,
        where: set[str],
        status: str,
        start: int,
        more: int | None,
        end: int | None,
    ) -> None:
        self.count("lifecycle changes")
        first = self.now.date() + timedelta(days=start)
        extended = None if more is None else first + timedelta(days=more)
        last = None if end is None else (extended or first) + timedelta(days=end)
        for region in where:
            self.said[model_id, region] = Said(status, (first, extended, last))

    @rule(model_id=ids, where=some_regions, status=statuses, end=starts)
    def end_moves(self, model_id: str, where: set[str], status: str, end: int) -> None:
        self.count("end moves")
        for region in where:
            legacy, extended, _ = self.said.get((model_id, region), Said()).dates
            last = self.now.date() + timedelta(days=abs(end) + 1)
            if max(filter(None, (legacy, extended)), default=last) > last:
                legacy = extended = None
            self.said[model_id, region] = Said(status, (legacy, extended, last))

    @rule(model_id=ids, where=some_regions, status=statuses)
    def dates_vanish(self, model_id: str, where: set[str], status: str) -> None:
        self.count("dates vanish")
        for region in where:
            self.said[model_id, region] = Said(status)

    @rule(model_id=ids, where=some_regions, sure=st.sampled_from(["gone", "unclear", "present"]))
    def model_vanishes(self, model_id: str, where: set[str], sure: str) -> None:
        self.count("model vanishes")
        self.still.pop(model_id, None)
        self.world.bedrock.unclear.discard(model_id)
        if sure == "unclear":
            self.world.bedrock.unclear.add(model_id)
        for region in where:
            last = self.said.pop((model_id, region), Said())
            if sure == "present":
                self.still[model_id] = last

    @rule(region=regions, how=st.sampled_from(["well", "well", "fails", "empty", "half"]))
    def region_answers(self, region: str, how: str) -> None:
        self.count(f"region answers: {how}")
        self.answering[region] = how

    # --- what the account does

    @rule(where=regions, used=st.sets(ids), how=st.sampled_from(["read", "read", "denied"]))
    def use_changes(self, where: str, used: set[str], how: str) -> None:
        self.count(f"use {how}")
        agents = [
            Resource(f"arn:aws:bedrock:{where}:123456789012:agent/{n}", f"bot-{n}", (one,), f"A{n}")
            for n, one in enumerate(sorted(used))
        ]
        self.world.account.has(where, Source.AGENTS, *agents)
        self.world.account.fails(where, Source.AGENTS, None)
        self.naming[where] = frozenset(used)
        if how == "denied":
            self.world.account.fails(where, Source.AGENTS)
            self.naming[where] = None

    @rule(
        everything=st.booleans(),
        watch=st.sets(ids, max_size=1),
        ignore=st.sets(ids, max_size=1),
        hour=st.sampled_from([0, 9, 9, 17]),
        rungs=st.sampled_from([(120, 60, 30, 14, 7, 3, 1), (45, 10, 2)]),
    )
    def settings_change(
        self,
        *,
        everything: bool,
        watch: set[str],
        ignore: set[str],
        hour: int,
        rungs: tuple[int, ...],
    ) -> None:
        self.count("settings change")
        self.world.settings = Settings(
            alert_on=AlertOn.ALL if everything else AlertOn.USED,
            watch=tuple(watch),
            ignore=tuple(ignore),
            reminder_hour_utc=hour,
            reminders_end_of_life=rungs,
        )

    @rule(topic=st.booleans(), bus=st.booleans())
    def channels_refuse(self, *, topic: bool, bus: bool) -> None:
        self.count("channels refuse")
        self.world.topic.down, self.world.bus.down = topic, bus

    @rule()
    def channels_recover(self) -> None:
        self.count("channels recover")
        self.world.topic.down = self.world.bus.down = False

    # --- polls

    @rule(hours=pauses, minutes=st.sampled_from([0, 0, 0, 1, 59]))
    def time_passes_and_a_poll_comes(self, hours: int, minutes: int) -> None:
        self.count("poll")
        self.now += timedelta(hours=hours, minutes=minutes)
        self._poll(self.now)

    @rule(hours=st.sampled_from([1, 24]), times=st.integers(2, 4))
    def polls_follow_each_other(self, hours: int, times: int) -> None:
        for _ in range(times):
            self.count("poll in a row")
            self.now += timedelta(hours=hours)
            self._poll(self.now)

    @precondition(lambda self: self.completed == self.now)
    @rule(back=st.sampled_from([0, 0, 1, 30, 2000]))
    def an_old_poll_comes_again(self, back: int) -> None:
        self.count("old poll")
        before = self._rows()
        pipeline.poll(
            self.now - timedelta(hours=back),
            self.world.lease(),
            self.world.edges(),
            self.world.settings,
        )
        self._finish(self.now - timedelta(hours=back))
        # A2: it finishes what is unsettled, which moves what is told, and changes nothing else.
        after = self._rows()
        moved = {row for row, one in after.items() if one.get("told") != before[row].get("told")}
        assert _untold(before, moved) == _untold(after, moved)

    @rule(hours=pauses)
    def two_polls_overlap(self, hours: int) -> None:
        self.count("overlap")
        self.now += timedelta(hours=hours)
        self._poll(self.now, at_once=2)

    def count(self, name: str) -> None:
        """Count a step that was run."""
        type(self).steps[name] += 1

    # --- one poll, and what must hold after it

    def _answers(self) -> dict[str, dict[str, Said] | None]:
        answers: dict[str, dict[str, Said] | None] = {}
        for region, how in self.answering.items():
            every = {one: Said() for one in ALWAYS}
            mine = {one: said for (one, where), said in self.said.items() if where == region}
            answers[region] = {"well": every | mine, "half": mine, "empty": {}, "fails": None}[how]
        return answers

    def _poll(self, when: datetime, at_once: int = 1) -> None:
        answers, bedrock = self._answers(), self.world.bedrock
        for region, answer in answers.items():
            bedrock.answers[region] = (
                THROTTLED if answer is None else [listed(one, said) for one, said in answer.items()]
            )
        bedrock.still_there = {one: listed(one, said) for one, said in self.still.items()}
        bedrock.asked.clear()
        asked: dict[str, Said | str] = {**self.still, **dict.fromkeys(bedrock.unclear, "unclear")}
        note(f"--- poll at {when}, answers {self.answering}, {self.said}")
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(self._run, [when] * at_once))
        heard = {region for name, region in bedrock.asked if name == "ListFoundationModels"}
        covered = {name for name, one in self.oracle.regions.items() if one.covered}
        assert covered <= heard, "rule 4: a covered Region is asked at every poll"
        answers = {region: one for region, one in answers.items() if region in heard}
        rows = self._rows()
        use = self._use(when, rows)
        poll = Poll(when, answers, asked, use, self._wish())
        self._finish(when, poll=poll)
        if self.oracle.answered:
            self.completed = when
        self._rows_agree(rows, when)

    def _use(self, when: datetime, rows: dict[Row, dict[str, Any]]) -> dict[Row, bool | None]:
        """Follow what was read of the account; the table must say of each row what comes of it."""
        for request in self.world.account.reads:
            if Source.AGENTS in request.sources:
                self.account.read(request.region, when.date(), self.naming[request.region])
        self.world.account.reads.clear()
        use = self.account.of(rows)
        shown = {row: one.get("in_use") for row, one in rows.items()}
        assert shown == use, "rule 6: use is what was read, or unknown"
        read_today = {
            region for region, one in self.account.readings.items() if one.read_on == when.date()
        }
        covered = {region for _, region in rows}
        assert covered <= read_today, "each covered Region's use is read every day"
        return use

    def _run(self, when: datetime) -> None:
        try:
            pipeline.poll(when, self.world.lease(), self.world.edges(), self.world.settings)
        except PollInProgressError:
            note("found another running")

    def _wish(self) -> Wish:
        chosen = self.world.settings
        return Wish(
            str(chosen.alert_on.value),
            chosen.watch,
            chosen.ignore,
            chosen.reminder_hour_utc,
            (
                chosen.reminders_legacy,
                chosen.reminders_extended_access,
                chosen.reminders_end_of_life,
            ),
        )

    def _finish(self, when: datetime, poll: Poll | None = None) -> None:  # noqa: C901 one look at all that came of a poll
        accepted = self.world.topic.accepted[self.on_topic :]
        self.on_topic = len(self.world.topic.accepted)
        for document in accepted:
            if document["alert_id"] in self.decided:
                self.oracle.accept(document["alert_id"], when)
                assert document == self.decided[document["alert_id"]]
        new = {one["alert_id"]: one for one in (*accepted, *self.world.bus.accepted[self.on_bus :])}
        self.on_bus = len(self.world.bus.accepted)
        if self.world.topic.down:
            new |= {one["alert_id"]: one for one in self._pending()} | new
        new = {ident: one for ident, one in new.items() if ident not in self.decided}
        self.decided |= new
        for one in new.values():
            note(f"decided {one['kind']} {one['severity']} {one['reason']}")
        if poll is None:
            assert not new, "A2: a poll that is not later decides nothing"
        else:
            self.oracle.observe(poll)
            self.oracle.judge(poll, list(new.values()))
        for document in accepted:
            if document["alert_id"] in new:
                self.oracle.accept(document["alert_id"], when)
        if not self.world.topic.down:
            assert not self.oracle.held, f"A4: nothing lost, but {self.oracle.held}"
        if not (self.world.topic.down or self.world.bus.down):
            assert self.world.ledger.unsettled() == ((), ())
        for channel in (self.world.topic, self.world.bus):
            told = [one["alert_id"] for one in channel.accepted]
            assert len(told) == len(set(told)), "A4: once per channel"

    def _pending(self) -> Iterator[dict[str, Any]]:
        """Read what is decided and waits, from the outbox."""
        for item in self.world.items("Alerts"):
            if item.get("state") == "pending":
                yield _document(item)

    def _rows(self) -> dict[Row, dict[str, Any]]:
        return {
            (str(one["model_id"]), str(one["region"])): one
            for one in self.world.items("Models")
            if not str(one["model_id"]).startswith("#")
        }

    def _rows_agree(self, rows: dict[Row, dict[str, Any]], when: datetime) -> None:
        """A5: the table says what is true."""
        assert rows.keys() == self.oracle.seen.keys()
        for row, item in rows.items():
            facts = self.oracle.facts(row, when)
            names = ("legacy_at", "extended_access_at", "end_of_life_at")
            dates = tuple(_day(item.get(name)) for name in names)
            assert (item["phase"], dates) == (facts.phase, facts.dates), f"{row} at {when}"


def _untold(rows: dict[Row, dict[str, Any]], moved: set[Row]) -> dict[Row, dict[str, Any]]:
    """Leave out of rows that were told what telling touches: what waited for a digest is heard."""
    touched = {"told", "deferred", "digested"}
    return {
        row: {k: v for k, v in one.items() if row not in moved or k not in touched}
        for row, one in rows.items()
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def _document(item: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(zlib.decompress(bytes(item["payload"])))["document"]
    return document
