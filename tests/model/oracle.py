"""What the rules say must be told: written from the contract alone, slow and without the product.

Each function names its rule (A3 of the contract). Where the contract leaves something open, all
that it allows is allowed: a row has several possible memories, and what was told picks among them.
Nothing of the package `notifier` may be imported here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = tuple[str, str]  # model id, Region
Dates = tuple[date | None, date | None, date | None]
Mark = tuple[str, date, date]  # milestone, its date, the day on which a message stated it
MILESTONES = ("LEGACY", "EXTENDED_ACCESS", "END_OF_LIFE")
UNDATED: Dates = (None, None, None)
BEGINNINGS = ("ENTERED_LEGACY", "RETURNED_TO_ACTIVE")
LIVING_ON = ("LEGACY", "EXTENDED_ACCESS")
DAY = timedelta(days=1)
FORTNIGHT = timedelta(days=14)


@dataclass(frozen=True)
class Said:
    """What the API said of a model: its status, and three dates."""

    status: str = "ACTIVE"
    dates: Dates = UNDATED


@dataclass(frozen=True)
class Wish:
    """The settings that the rules speak of."""

    alert_on: str = "used"
    watch: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    reminder_hour: int = 9
    rungs: tuple[tuple[int, ...], ...] = ((30, 7), (30, 7), (120, 60, 30, 14, 7, 3, 1))


@dataclass(frozen=True)
class Poll:
    """One poll: what was answered in it. An answer is None where the call failed.

    `asked` says of an absent model what GetFoundationModel says: its lifecycle, `gone`, `unclear`.
    """

    now: datetime
    answers: dict[str, dict[str, Said] | None]
    asked: dict[str, Said | str]
    use: dict[Row, bool | None]
    wish: Wish


@dataclass
class Reading:
    """What was read of a Region's use: who is named, as of when, and whether it still can be."""

    read_on: date
    named: frozenset[str] = frozenset()
    failed: bool = False


class Account:
    """Rule 6 for use: named by what was read last, unused if all could be read, else unknown."""

    def __init__(self) -> None:
        """Begin before anything was read."""
        self.readings: dict[str, Reading] = {}

    def read(self, region: str, today: date, named: frozenset[str] | None) -> None:
        """Take in one reading, None where it was refused: that takes nothing away."""
        before = self.readings.get(region, Reading(today))
        kept = before.named if named is None else named
        self.readings[region] = Reading(today, kept, failed=named is None)

    def of(self, rows: Iterable[Row]) -> dict[Row, bool | None]:
        """Say of each row whether it is used."""
        rows = set(rows)
        tracked = {model_id for model_id, _ in rows}
        found: dict[Row, bool | None] = {}
        for model_id, region in rows:
            reading = self.readings.get(region)
            if reading and model_id in reading.named:
                found[model_id, region] = True
            elif reading is None or reading.failed or reading.named - tracked:
                # Something names a model that nobody lists: it may be any.
                found[model_id, region] = None
            else:
                found[model_id, region] = False
        return found


@dataclass(frozen=True)
class Facts:
    phase: str = "ACTIVE"
    dates: Dates = UNDATED
    gone: bool = False


@dataclass(frozen=True)
class Memory:
    """What people may know of a row. `left` is why its facts wait for the digest, `aside` which.

    `was_gone` is `yes`, `no` or `maybe`; `unheard` facts count as told by a change of settings.
    """

    told: Facts = field(default_factory=Facts)
    marks: frozenset[Mark] = frozenset()
    aside: Facts | None = None
    aside_on: date | None = None
    left: str = ""
    was_gone: str = "no"
    unheard: bool = False


@dataclass(frozen=True)
class Telling:
    """What an alert must say of a row; several severities or directions where it is open."""

    kind: str
    severities: frozenset[str]
    directions: frozenset[str | None] = frozenset({None})
    milestone: str | None = None
    milestone_date: date | None = None
    dates: Dates = UNDATED

    @property
    def grouping_date(self) -> date | None:
        """Rule 7: the end-of-life date, else the latest stated date."""
        return self.dates[2] or max((day for day in self.dates if day), default=None)


@dataclass(frozen=True)
class Option:
    """One thing that may be said of a row (or nothing), and what is remembered then."""

    telling: Telling | None
    memory: Memory


@dataclass
class Seen:
    """What was last observed of a row."""

    said: Said
    missed: int = 0
    gone: bool = False


@dataclass
class Region:
    """What is remembered of a Region."""

    covered: bool = False
    failing_since: datetime | None = None
    known: frozenset[str] = frozenset()
    lie: frozenset[str] | None = None
    lies: int = 0
    first_lie: datetime | None = None


def eight(day: date) -> datetime:
    """A1: a milestone takes effect at 08:00Z of its date."""
    return datetime.combine(day, time(8), tzinfo=UTC)


def facts_of(seen: Seen, now: datetime) -> Facts:
    """A1: the phase at a time is the first that holds."""
    legacy, extended, end = (day is not None and eight(day) <= now for day in seen.said.dates)
    if end or seen.gone:
        phase = "END_OF_LIFE"
    elif extended:
        phase = "EXTENDED_ACCESS"
    elif legacy or seen.said.status == "LEGACY":
        phase = "LEGACY"
    else:
        phase = "ACTIVE"
    return Facts(phase, seen.said.dates, seen.gone)


def in_scope(model_id: str, use: bool | None, wish: Wish) -> bool:  # noqa: FBT001 (a fact)
    """Rule 6: ignore beats watch, and unknown use counts as use."""
    if any(fnmatchcase(model_id, one) for one in wish.ignore):
        return False
    watched = any(fnmatchcase(model_id, one) for one in wish.watch)
    return wish.alert_on == "all" or watched or use is not False


def changes(memory: Memory, now: Facts, today: date) -> set[str | None]:
    """Rules 2 and 5: the first kind that applies; more than one where the contract is open."""
    told = memory.told
    if now.phase == "END_OF_LIFE" and told.phase != "END_OF_LIFE":
        end = now.dates[2]
        return {"END_OF_LIFE_REACHED" if end and end <= today else "MODEL_WITHDRAWN"}
    moved = "DATES_CHANGED" if now.dates != told.dates else None
    if now.gone:
        # Rule 5, "gets no second message", and rule 2, "dates that move are a change": both.
        return {None, moved}
    by_facts: str | None
    if told.phase == "ACTIVE" and now.phase in LIVING_ON:
        by_facts = "ENTERED_LEGACY"
    elif told.phase == "LEGACY" and now.phase == "EXTENDED_ACCESS":
        by_facts = "EXTENDED_ACCESS_STARTED"
    elif told.phase != "ACTIVE" and now.phase == "ACTIVE":
        by_facts = "RETURNED_TO_ACTIVE"
    else:
        by_facts = moved
    if told.phase == "END_OF_LIFE" and memory.was_gone != "no":
        # Rule 5, "listed again": open for a model whose date has passed all the same, and for one
        # that was missed only once after its told end.
        surely = memory.was_gone == "yes" and now.phase != "END_OF_LIFE"
        return {"RETURNED_TO_ACTIVE"} if surely else {"RETURNED_TO_ACTIVE", by_facts}
    return {by_facts}


def is_marked(marks: frozenset[Mark], milestone: str, day: date, rung: int) -> bool:
    """Rule 3: a message marks rungs >= its days left, and those above 14 in the week after it."""
    for of, its_day, said_on in marks:
        if (of, its_day) != (milestone, day):
            continue
        falls_due = day - rung * DAY
        within = rung > 14 and said_on <= falls_due <= said_on + 7 * DAY
        if rung >= (day - said_on).days or within:
            return True
    return False


def due(memory: Memory, now: Facts, when: datetime, wish: Wish) -> list[tuple[str, date]]:
    """Rule 3: milestones of which a rung is due and untold. A model that ended has none."""
    if now.phase == "END_OF_LIFE":
        return []
    found = []
    for milestone, day, rungs in zip(MILESTONES, now.dates, wish.rungs, strict=True):
        if day is None or day <= when.date():
            continue
        hour = time(wish.reminder_hour)
        reached = [
            rung
            for rung in rungs
            if datetime.combine(day - rung * DAY, hour, tzinfo=UTC) <= when
            and not is_marked(memory.marks, milestone, day, rung)
        ]
        if reached:
            found.append((milestone, day))
    return found


def directions(told: Dates, now: Dates) -> frozenset[str | None]:
    """Rule 2: how the dates differ. Which one names an alert about several is open."""
    found: set[str | None] = set()
    for before, after in zip(told, now, strict=True):
        if before == after:
            continue
        if before is None or after is None:
            found.add("announced" if before is None else "removed")
        else:
            found.add("earlier" if after < before else "later")
    return frozenset(found)


def severity(  # noqa: PLR0913, PLR0917 all that rule 9 weighs
    kind: str,
    memory: Memory,
    now: Facts,
    use: bool | None,  # noqa: FBT001 (a fact)
    reminders: list[tuple[str, date]],
    today: date,
) -> frozenset[str]:
    """Rule 9, the highest of all that the alert states (rule 2)."""
    if use is False:
        return frozenset({"info"})
    before, end = memory.told.dates[2], now.dates[2]
    earlier = before is not None and end is not None and end < before
    near = any(of == "END_OF_LIFE" and (day - today).days <= 14 for of, day in reminders)
    if kind in ("END_OF_LIFE_REACHED", "MODEL_WITHDRAWN") or near or earlier:
        return frozenset({"critical"})
    if reminders and end is not None and (end - today).days <= 14:
        # Open: whether a reminder of another milestone, which states all dates (rule 3), is one
        # of the end of life as well.
        return frozenset({"warning", "critical"})
    return frozenset({"warning"})


def after_telling(memory: Memory, now: Facts, today: date) -> Memory:
    """Rule 3 and A4: what an accepted message about a row leaves behind."""
    marks = memory.marks | _stated(now.dates, today)
    return Memory(now, marks, was_gone="yes" if now.gone else "no")


def _stated(dates: Dates, today: date) -> frozenset[Mark]:
    return frozenset((of, day, today) for of, day in zip(MILESTONES, dates, strict=True) if day)


def straggles(
    row: Row,
    kind: str,
    dates: Dates,
    log: list[tuple[Row, str, Dates, datetime, datetime]],
    now: datetime,
) -> set[bool]:
    """Rule 8: whether the same was told within 14 days for other Regions; both where open."""
    found: set[bool] = set()
    for (model_id, region), its_kind, its_dates, decided, accepted in log:
        if (model_id, its_kind, its_dates) != (row[0], kind, dates) or region == row[1]:
            continue
        ages = (now - decided, now - accepted)
        later = [one for one in log if one[0] == (model_id, region) and one[4] > accepted]
        if any(its_dates != one[2] or one[1] in BEGINNINGS for one in later):
            # Open: whether what was told there before its life took another turn still counts.
            found |= {True, False}
            continue
        # Open: whether the fortnight is of hours or of days, from decision or from acceptance.
        if max(ages) < FORTNIGHT:
            found |= {True}
        elif min(ages) < FORTNIGHT + DAY:
            found |= {True, False}
    # Open: a Region that was told the same itself is no "further" one.
    if any(
        (one[0], one[1], one[2]) == (row, kind, dates) and now - one[4] < FORTNIGHT + DAY
        for one in log
    ):
        found |= {False}
    return found or {False}


def _alike(one: Facts, other: Facts) -> bool:
    return (one.phase, one.dates) == (other.phase, other.dates)


def _gone_after_told_end(memory: Memory, word: str) -> Memory:
    if memory.told.phase != "END_OF_LIFE" or memory.was_gone == "yes":
        return memory
    return replace(memory, was_gone=word)


def rows_of(document: dict[str, Any]) -> list[Row]:
    """Give the rows that an alert document speaks of."""
    return [(one["model_id"], region) for one in document["models"] for region in one["regions"]]


def says(document: dict[str, Any], telling: Telling, today: date) -> bool:
    """Whether a document says of a row what it must."""
    if document["kind"] != telling.kind:
        return False
    if telling.kind == "DEADLINE":
        day = telling.milestone_date
        assert day is not None
        said = (document["milestone"], document["milestone_date"], document["days_left"])
        return said == (telling.milestone, day.isoformat(), (day - today).days)
    return True


def _dates_of(document: dict[str, Any], row: Row) -> Dates:
    (entry,) = [
        one for one in document["models"] if one["model_id"] == row[0] and row[1] in one["regions"]
    ]
    names = ("legacy", "extended_access", "end_of_life")
    texts = [entry["dates"][name] for name in names]
    first, second, third = (date.fromisoformat(text) if text else None for text in texts)
    return first, second, third


def _group_of(document: dict[str, Any], today: date) -> tuple[object, ...]:
    """Rule 7: same kind, grouping date and rung; of a BASELINE, the Regions that it is about."""
    rows = rows_of(document)
    if document["kind"] == "BASELINE":
        return ("BASELINE", frozenset(region for _, region in rows))
    day = Telling("", frozenset(), dates=_dates_of(document, rows[0])).grouping_date
    rung = document["milestone"], document["milestone_date"]
    which = rung if document["kind"] == "DEADLINE" else document["direction"]
    return (document["kind"], day, which, today)


class Oracle:
    """All that has happened, and the memories of each row that the contract allows for it."""

    def __init__(self) -> None:
        """Begin before the first poll."""
        self.regions: dict[str, Region] = {}
        self.seen: dict[Row, Seen] = {}
        self.memories: dict[Row, set[Memory]] = {}
        self.held: dict[str, dict[Row, tuple[Telling | None, set[Memory], datetime]]] = {}
        self.held_regions: dict[str, set[str]] = {}
        self.log: list[tuple[Row, str, Dates, datetime, datetime]] = []
        self.wishes: list[Wish] = []
        self.used: dict[Row, bool | None] = {}
        self.used_before: dict[Row, bool | None] = {}
        self.is_first = True
        self.joined: set[str] = set()
        self.degraded: set[tuple[str, datetime]] = set()
        self.told_degraded: set[str] = set()
        self.answered: set[str] = set()

    # --- what was observed

    def observe(self, poll: Poll) -> None:
        """Rules 1, 4 and 5: take in what the Regions answered; a failed one freezes its rows."""
        self.joined, self.answered = set(), set()
        for name, answer in poll.answers.items():
            region = self.regions.setdefault(name, Region())
            believed = self._believe(name, region, answer, poll.now)
            if believed == "no" or answer is None:
                region.failing_since = region.failing_since or poll.now
                continue
            self._take_in(name, region, answer, poll, at_once=believed == "by repetition")
        self.used_before, self.used = self.used, dict(poll.use)
        self.wishes.append(poll.wish)

    def _believe(
        self, name: str, region: Region, answer: dict[str, Said] | None, now: datetime
    ) -> str:
        """Rule 4: whether an answer is good; one that is implausible must be repeated."""
        if answer is None:
            return "no"
        known = {
            one
            for one in region.known
            if facts_of(self.seen[one, name], now).phase != MILESTONES[2]
        }
        missing = frozenset(known - answer.keys())
        many = len(missing) >= 5 and len(missing) > 0.3 * len(known)
        # Open: whether a Region that was believed to list nothing lies the next time.
        # "An implausible answer is accepted": so it is taken at its word until it lists something.
        if not many and (answer or (region.covered and not known)):
            region.lie, region.lies = None, 0
            return "yes"
        # "The same ids are missing": also when one of them has reached its end in between.
        absent = frozenset(region.known - answer.keys())
        if region.lie != absent:
            region.lie, region.lies, region.first_lie = absent, 0, now
        region.lies += 1
        assert region.first_lie is not None
        repeated = region.lies >= 3 and now - region.first_lie >= timedelta(hours=6)
        # Where nothing was ever listed no ids are missing, and nothing is covered by listing none.
        if repeated and missing:
            return "by repetition"
        return "no"

    def _take_in(
        self, name: str, region: Region, answer: dict[str, Said], poll: Poll, *, at_once: bool
    ) -> None:
        if not region.covered:
            self.joined.add(name)
        region.covered, region.failing_since = True, None
        region.known = frozenset(answer)
        self.answered.add(name)
        for model_id, said in answer.items():
            self.seen[model_id, name] = Seen(said)
        for row, seen in self.seen.items():
            if row[1] == name and row[0] not in answer:
                self._miss(row, seen, poll, at_once=at_once)

    def _miss(self, row: Row, seen: Seen, poll: Poll, *, at_once: bool) -> None:
        """Rule 5: gone must be seen twice, and is asked about at the second time."""
        seen.missed += 1
        ended = {one.told.phase == "END_OF_LIFE" for one in self.memories.get(row, set())}
        if True in ended:
            word = "yes" if seen.missed > 1 or at_once else "maybe"
            self._touch(row, lambda one: _gone_after_told_end(one, word))
        if seen.gone or not (seen.missed > 1 or at_once):
            return
        answer = "gone" if True in ended else poll.asked.get(row[0], "gone")
        if answer == "gone":
            seen.gone = True
        elif isinstance(answer, Said):
            seen.said = answer

    def _touch(self, row: Row, change: object) -> None:
        self.memories[row] = {change(one) for one in self.memories[row]}  # type: ignore[operator]
        for rows in self.held.values():
            if row in rows:
                telling, after, when = rows[row]
                rows[row] = (telling, {change(one) for one in after}, when)  # type: ignore[operator]

    def facts(self, row: Row, now: datetime) -> Facts:
        """Give what is true of a row now."""
        return facts_of(self.seen[row], now)

    # --- what must be told

    def options(self, poll: Poll) -> dict[Row, list[Option]]:
        """All that may be told of each row that no unsettled alert speaks for (A4)."""
        busy = {row for rows in self.held.values() for row in rows}
        found = {}
        for row in self.seen:
            if row not in self.memories:
                self.memories[row] = {Memory()}
            if row[1] not in self.joined and row not in busy:
                found[row] = [
                    option
                    for memory in self.memories[row]
                    for option in self._of_row(row, memory, poll)
                ]
        return found

    def _of_row(self, row: Row, memory: Memory, poll: Poll) -> list[Option]:
        now, use = self.facts(row, poll.now), poll.use.get(row)
        if not in_scope(row[0], use, poll.wish):
            waiting = self._left(memory, now, "scope", poll.now.date())
            # Open: whether a straggler that leaves the scope comes into it again (rules 6 and 8).
            again = replace(waiting, left="scope") if waiting.left else waiting
            return [Option(None, one) for one in {waiting, again}]
        options = self._news(row, memory, now, poll)
        # Open: whether it was in scope by what was read of it then, or by what is read now; of a
        # row that is new there is nothing else.
        came_by_wish = [
            in_scope(row[0], of, poll.wish) and not in_scope(row[0], of, wish)
            for of in (use, self.used_before.get(row, use))
            for wish in self.wishes[:-1]
        ]
        if any(came_by_wish):
            # Rule 6: "A change of settings re-scopes quietly". Open: what happens in that very
            # poll, and whether reminders that are due by then count as told.
            quiet = replace(memory, told=now, aside=None, aside_on=None, left="", unheard=True)
            options.append(Option(None, quiet))
            marked = after_telling(memory, now, poll.now.date())
            options.append(Option(None, replace(marked, unheard=True)))
        return options

    def _left(self, memory: Memory, now: Facts, why: str, today: date) -> Memory:
        """Rule 6: what waits for the digest, until it is true no more."""
        same = (now.phase, now.dates) == (memory.told.phase, memory.told.dates)
        if same and not memory.unheard:
            return replace(memory, aside=None, aside_on=None, left="")
        if memory.aside == now:
            return memory
        return replace(memory, aside=now, aside_on=today, left=why)

    def _news(self, row: Row, memory: Memory, now: Facts, poll: Poll) -> list[Option]:
        today, use = poll.now.date(), poll.use.get(row)
        options: list[Option] = []
        if memory.aside is not None and _alike(memory.aside, now):
            if memory.left == "scope" or use is True:
                # Rule 6: facts that were only digested, and now the row is in scope.
                options += self._tell(row, "NOW_IN_USE", memory, now, poll)
                if memory.unheard:
                    options += self._reminders(row, memory, now, poll)
            if use is not True and (memory.left != "scope" or now.gone):
                # Open: whether use that is unknown again can bring in a model that is gone.
                options += self._reminders(row, memory, now, poll)
            return options
        for kind in changes(memory, now, today):
            if kind is None:
                same = replace(memory, aside=None, aside_on=None, left="")
                options += self._reminders(row, same, now, poll)
            else:
                options += self._tell(row, kind, memory, now, poll)
        return options

    def _tell(self, row: Row, kind: str, memory: Memory, now: Facts, poll: Poll) -> list[Option]:
        use, options = poll.use.get(row), []
        late = straggles(row, kind, now.dates, self.log, poll.now) if use is not True else {False}
        if True in late:
            options.append(Option(None, self._left(memory, now, "straggler", poll.now.date())))
        if False in late:
            reminders = due(memory, now, poll.now, poll.wish)
            how = severity(kind, memory, now, use, reminders, poll.now.date())
            which = directions(memory.told.dates, now.dates)
            if kind != "DATES_CHANGED":
                which = frozenset({*which, None})
            telling = Telling(kind, how, which, dates=now.dates)
            options.append(Option(telling, after_telling(memory, now, poll.now.date())))
        return options

    def _reminders(self, row: Row, memory: Memory, now: Facts, poll: Poll) -> list[Option]:
        """Rule 3: of several milestones due, the nearest is named."""
        use = poll.use.get(row)
        reminders = due(memory, now, poll.now, poll.wish)
        # Open: rule 3 does not except a date of Legacy that the status has overtaken.
        open_ones = [one for one in reminders if one[0] == "LEGACY" and now.phase != "ACTIVE"]
        if memory.aside is not None and memory.aside_on is not None:
            # Open: whether what waits for the digest counts as stated on the day it was left to it.
            stated = _stated(memory.aside.dates, memory.aside_on)
            left = due(replace(memory, marks=memory.marks | stated), now, poll.now, poll.wish)
            open_ones += [one for one in reminders if one not in left]
        sure = [one for one in reminders if one not in open_ones]
        options = [] if sure else [Option(None, memory)]
        nearest = [min(day for _, day in group) for group in (sure, reminders) if group]
        # Open: which is named of two on one day.
        named = {one for one in reminders if one[1] in nearest}
        for milestone, day in named:
            how = severity("DEADLINE", memory, now, use, reminders, poll.now.date())
            telling = Telling("DEADLINE", how, frozenset({None}), milestone, day, now.dates)
            options.append(Option(telling, after_telling(memory, now, poll.now.date())))
        return options

    # --- coverage

    def coverage(self, now: datetime) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        """Rule 4: (kind, Region) that a day of failing, and its end, must give, and may."""
        must: set[tuple[str, str]] = set()
        may: set[tuple[str, str]] = set()
        for name, region in self.regions.items():
            since = region.failing_since
            if name in self.told_degraded and name in self.answered:
                must.add(("COVERAGE_RESTORED", name))
            long = since is not None and now - since >= DAY
            # Open: a Region that people still believe to fail: nobody could tell that it was back.
            if region.covered and since and long and (name, since) not in self.degraded:
                (may if name in self.told_degraded else must).add(("COVERAGE_DEGRADED", name))
        return must, must | may

    # --- what was told

    def judge(self, poll: Poll, documents: list[dict[str, Any]]) -> None:
        """Compare what one poll decided with what it must have; fails with the difference."""
        options = self.options(poll)
        spoken = [(row, one) for one in documents if one["models"] for row in rows_of(one)]
        spoken = [(row, one) for row, one in spoken if one["kind"] != "BASELINE"]
        by_row = dict(spoken)
        assert len(by_row) == len(spoken), "rule 2: one row, one poll, at most one alert"
        assert by_row.keys() <= options.keys(), f"said {by_row.keys() - options.keys()} out of turn"
        chosen: dict[Row, list[Option]] = {}
        for row, allowed in options.items():
            chosen[row] = [one for one in allowed if self._fits(row, one, by_row.get(row), poll)]
            said = by_row[row]["kind"] if row in by_row else "nothing"
            assert chosen[row], f"{row}: said {said}, allowed {[one.telling for one in allowed]}"
            if row not in by_row:
                self.memories[row] = {one.memory for one in chosen[row]}
        groups = [_group_of(one, poll.now.date()) for one in documents if one["models"]]
        assert len(groups) == len(set(groups)), f"rule 7: one notification each, but {groups}"
        for document in documents:
            self._take_down(document, chosen, poll)
        self._baselines(poll, [one for one in documents if one["kind"] == "BASELINE"])
        self._judge_coverage(poll, documents)
        self.wishes = self.wishes[-1:] if self.answered else self.wishes

    def _fits(self, row: Row, option: Option, document: dict[str, Any] | None, poll: Poll) -> bool:
        if document is None or option.telling is None:
            return document is None and option.telling is None
        return says(document, option.telling, poll.now.date()) and (
            _dates_of(document, row) == option.telling.dates
        )

    def _take_down(
        self, document: dict[str, Any], chosen: dict[Row, list[Option]], poll: Poll
    ) -> None:
        """Rules 2 and 9 for a whole alert; it is held until it is accepted (A4)."""
        if document["kind"] == "BASELINE" or not document["models"]:
            return
        rows = rows_of(document)
        tellings = [{one.telling for one in chosen[row] if one.telling is not None} for row in rows]
        order = ("info", "warning", "critical")
        ranks = [{order.index(s) for one in row for s in one.severities} for row in tellings]
        low, high = (max(pick(row) for row in ranks) for pick in (min, max))
        assert low <= order.index(document["severity"]) <= high, (
            f"{document['kind']} {rows} is {document['severity']}, rule 9 gives {order[high]}"
        )
        allowed = {way for row in tellings for one in row for way in one.directions}
        if len(rows) > 1:
            allowed |= {None}
        assert document["direction"] in allowed, f"{document['direction']} not in {allowed}"
        assert len({one.grouping_date for row in tellings for one in row}) == 1, "rule 7"
        self.held[document["alert_id"]] = {
            row: (
                next(iter(telling)),
                {one.memory for one in chosen[row] if one.telling is not None},
                poll.now,
            )
            for row, telling in zip(rows, tellings, strict=True)
        }

    def _baselines(self, poll: Poll, documents: list[dict[str, Any]]) -> None:
        """Rule 1: first sight is quiet, and each Region that joins is at most one BASELINE."""
        joined = [row for row in self.seen if row[1] in self.joined]
        listed = {row for one in documents for row in rows_of(one)}
        assert listed <= set(joined), f"rule 1: BASELINE about {listed - set(joined)}"
        if self.joined and self.is_first:
            assert len(documents) == 1, "rule 1: the first poll sends exactly one BASELINE"
        facts = {row: self.facts(row, poll.now) for row in joined}
        weighty = {
            row for row in joined if facts[row].dates != UNDATED or facts[row].phase != "ACTIVE"
        }
        for region in self.joined if not self.is_first else ():
            mine = {row for row in weighty if row[1] == region}
            # Open: whether rule 6 applies to a BASELINE: rows out of scope need not give one.
            sure = any(in_scope(row[0], poll.use.get(row), poll.wish) for row in mine)
            assert documents or not sure, f"rule 1: no BASELINE of {region}"
            assert mine or not documents or weighty, f"rule 1: {region} is silence"
        self.is_first = self.is_first and not self.joined
        after = {row: self._after_baseline(row, facts[row], listed, poll) for row in joined}
        for document in documents:
            # A4: it holds the rows that it states; of the others there is nothing to be heard.
            self.held[document["alert_id"]] = {
                row: (None, after[row], poll.now) for row in rows_of(document)
            }
        held = {row for document in documents for row in self.held[document["alert_id"]]}
        self.memories |= {row: after[row] for row in joined if row not in held}

    def _after_baseline(self, row: Row, now: Facts, listed: set[Row], poll: Poll) -> set[Memory]:
        told = after_telling(Memory(), now, poll.now.date())
        if row in listed or in_scope(row[0], poll.use.get(row), poll.wish):
            return {told}
        # Open: what a BASELINE that leaves out rows out of scope means for them.
        return {
            told,
            replace(told, unheard=True),
            self._left(Memory(), now, "scope", poll.now.date()),
        }

    def _judge_coverage(self, poll: Poll, documents: list[dict[str, Any]]) -> None:
        # A4: what an unsettled alert speaks for is left out of new decisions.
        busy = {one for names in self.held_regions.values() for one in names}
        must, may = ({one for one in of if one[1] not in busy} for of in self.coverage(poll.now))
        said: set[tuple[str, str]] = set()
        for document in documents:
            if document["kind"].startswith("COVERAGE"):
                named = {one for one in self.regions if one in document["reason"]}
                said |= {(document["kind"], one) for one in named}
                self.held[document["alert_id"]] = {}
                self.held_regions[document["alert_id"]] = named
        assert must <= said <= may, f"rule 4: said {said}, must {must}"
        for kind, name in said:
            since = self.regions[name].failing_since
            if kind == "COVERAGE_DEGRADED" and since:
                self.degraded.add((name, since))
                self.told_degraded.add(name)
            else:
                self.told_degraded.discard(name)

    def accept(self, alert_id: str, when: datetime) -> None:
        """A4: what is accepted moves `told`; each alert once."""
        assert alert_id in self.held, f"told twice, or never decided: {alert_id}"
        self.held_regions.pop(alert_id, None)
        for row, (telling, after, decided) in self.held.pop(alert_id).items():
            self.memories[row] = after
            if telling is not None:
                self.log.append((row, telling.kind, telling.dates, decided, when))
