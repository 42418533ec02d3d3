"""Every call that the functions make to AWS goes wrong in every way, and nothing comes of it.

The calls are not written down anywhere: a run in which all goes well finds them. Each is then
struck in a run of its own, as Lambda would run it: tried again, and followed by the polls of the
next day. What people heard by then must be what they hear when all goes well.
"""

from __future__ import annotations

import itertools
import os
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import pytest
from boto3.dynamodb.types import TypeDeserializer

from notifier.coverage import REGION_SUBJECT
from tests.faults.account import ALERTS, BUS, CHAT, MODELS, SNS, Function, repeated
from tests.faults.story import SCENES, afterwards
from tests.faults.wire import Fault, Strike

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tests.faults.account import Account, Heard, Items, Scene
    from tests.faults.wire import Sent

pytestmark = [
    pytest.mark.contract,
    # Powertools says so of a run that died before it had measured anything.
    pytest.mark.filterwarnings("ignore:No application metrics"),
]

ONCE: Final = [(fault, False) for fault in Fault]
FOR_GOOD: Final = [(fault, True) for fault in Fault if not fault.kills]
WAYS: Final = [*ONCE, *FOR_GOOD]
# Everything in every way takes an hour; a merge takes one way for each place in the code, and
# death just after it where it leaves something behind.
EVERYTHING: Final = bool(os.environ.get("PROOF"))

_LASTING: Final = {
    "dynamodb:PutItem",
    "dynamodb:TransactWriteItems",
    "dynamodb:UpdateItem",
    "events:PutEvents",
    "sns:Publish",
}
_PLAIN: Final = TypeDeserializer()
_COMPARED: Final = {"status", "phase", "told", "gone_at", "in_use", "lease_until"}
_TIMES_OF_TELLING: Final = ("kinds", "on")


@dataclass(frozen=True)
class Segment:
    """A scene and the day that follows, when all goes well."""

    scene: Scene
    before: Items
    calls: tuple[Sent, ...]
    heard: tuple[Heard, ...]
    after: Items


@pytest.fixture(scope="module")
def story(account: Account) -> dict[str, Segment]:
    """Play everything once, and see that it goes well."""
    return {name: _play(account, scene) for name, scene in SCENES.items()}


def _play(account: Account, scene: Scene) -> Segment:
    before = account.items()
    account.heard.clear()
    assert _invoke(account, scene) == 1
    calls = tuple(account.wire.sent)
    for poll in afterwards(scene):
        assert _invoke(account, poll) == 1
    return Segment(scene, before, calls, tuple(account.heard), account.items())


def _invoke(account: Account, scene: Scene, strike: Strike | None = None) -> int:
    account.set(scene)
    attempts = account.invoke(scene, strike)
    if strike:
        # Whoever comes next is an hour away, and this one no longer holds what it gave not back.
        account.expire_claims()
    return attempts


def test_the_story_has_every_kind_of_news_once(story: dict[str, Segment]) -> None:
    told = [
        one.document["kind"] for part in story.values() for one in part.heard if one.channel == SNS
    ]

    assert told == [
        "BASELINE",
        "ENTERED_LEGACY",
        "MODEL_WITHDRAWN",
        "COVERAGE_DEGRADED",
        "HEALTH_EVENT",
        "HEALTH_EVENT",
        "DIGEST",
        "HEALTH_EVENT",
        "NOW_IN_USE",
        "COVERAGE_RESTORED",
        "DEADLINE",
    ]
    for part in story.values():
        assert repeated(part.heard) == {}
        assert _by_channel(part.heard)[SNS] == _by_channel(part.heard)[BUS]


@pytest.mark.parametrize("name", SCENES)
def test_whatever_call_goes_wrong_everything_is_told_and_once(
    account: Account,
    story: dict[str, Segment],
    name: str,
    record_property: Callable[[str, object], None],
) -> None:
    part = story[name]
    earlier = itertools.takewhile(lambda one: one is not part, story.values())
    strikes = list(_strikes(part.calls, [sent for one in earlier for sent in one.calls]))
    record_property("calls", len(part.calls))
    record_property("calls struck", len(strikes))

    failed = {strike: _problems(account, part, strike) for strike in strikes}

    assert (
        "\n".join(_described(strike, problems) for strike, problems in failed.items() if problems)
        == ""
    )


def _described(strike: Strike, problems: Iterable[str]) -> str:
    place, nth = strike.name
    how = f"{strike.fault.value}{', each time' if strike.for_good else ''}"
    call = f"{place.action} {place.region} #{nth} by {place.caller}"
    return "\n    ".join([f"{call}: {how}", *problems])


def _strikes(calls: Sequence[Sent], earlier: Iterable[Sent]) -> Iterator[Strike]:
    """Give what goes wrong: each call in every way, or each place once or twice."""
    if EVERYTHING:
        for sent in calls:
            for fault, for_good in WAYS:
                yield Strike(sent.name, fault, for_good)
        return
    met = {_place(sent) for sent in earlier}
    new = {_place(sent): sent for sent in reversed(calls) if _place(sent) not in met}
    for number, sent in enumerate(new.values(), len(met)):
        fault, for_good = WAYS[number % len(WAYS)]
        yield Strike(sent.name, fault, for_good)
        if sent.place.action in _LASTING and fault is not Fault.KILLED_AFTER:
            yield Strike(sent.name, Fault.KILLED_AFTER)


def _place(sent: Sent) -> tuple[str, str]:
    return sent.place.caller, sent.place.action


def _problems(account: Account, part: Segment, strike: Strike) -> list[str]:
    """Play a scene in which a call goes wrong; say what is not as it is when all goes well."""
    if _keeps_a_region_unseen(part, strike):
        part = _play_without(account, part, strike.name[0].region)
    account.restore(part.before)
    account.heard.clear()
    account.wire.struck = False
    given_up = _invoke(account, part.scene, strike) == 0
    if given_up and part.scene.invokes is not Function.POLL:
        # It lies in a queue, the alarm has rung, and somebody sends it again.
        given_up = _invoke(account, part.scene) == 0
    polls = [_invoke(account, poll) for poll in afterwards(part.scene)]
    heard, after = list(account.heard), account.items()
    problems = [] if account.wire.struck else ["it was not struck"]
    problems += [f"poll {n} failed" for n, attempts in enumerate(polls) if attempts == 0]
    problems += _lost_or_untrue(part.heard, heard)
    allowed = _may_repeat(strike)
    problems += [
        f"{channel} got {identity} {count} times"
        for (channel, identity), count in repeated(heard).items()
        if channel not in allowed
    ]
    problems += _differences(part.after, after)
    return problems


def _keeps_a_region_unseen(part: Segment, strike: Strike) -> bool:
    """Say whether the fault looks to a poll like a Region that is silent and was never covered.

    The first message is then about the others, and says so; the Region has one of its own later.
    """
    place, _ = strike.name
    is_catalog = place.action == "bedrock:ListFoundationModels"
    return (
        strike.for_good and is_catalog and (REGION_SUBJECT, place.region) not in part.before[MODELS]
    )


def _play_without(account: Account, part: Segment, region: str) -> Segment:
    """Play a scene in which nothing goes wrong and a Region is silent, and what follows as ever."""
    account.restore(part.before)
    account.heard.clear()
    silent = replace(part.scene, catalogs={**part.scene.catalogs, region: None})
    assert _invoke(account, silent) == 1
    for poll in afterwards(part.scene):
        assert _invoke(account, poll) == 1
    return replace(part, heard=tuple(account.heard), after=account.items())


def _lost_or_untrue(expected: Iterable[Heard], heard: Iterable[Heard]) -> Iterator[str]:
    wanted, got = _by_channel(expected), _by_channel(heard)
    for channel in (SNS, BUS, CHAT):
        yield from (f"lost on {channel}: {fact}" for fact in wanted[channel] - got[channel])
        yield from (f"untrue on {channel}: {fact}" for fact in got[channel] - wanted[channel])


def _by_channel(heard: Iterable[Heard]) -> dict[str, set[Any]]:
    facts: dict[str, set[Any]] = {SNS: set(), BUS: set(), CHAT: set()}
    for one in heard:
        facts[one.channel].add(_fact(one))
    return facts


def _fact(heard: Heard) -> object:
    """Give what a message says, whenever it says it."""
    document = heard.document
    if heard.channel == CHAT:
        return re.sub(r"\d+", "#", document["content"]["title"])
    models = [
        (one["model_id"], one["phase"], *one["regions"], *one["dates"].values())
        for one in document["models"]
    ]
    return (
        document["kind"],
        document["direction"],
        document["milestone_date"],
        document["reason"] if not models else "",
        *sorted(models, key=str),
    )


def _may_repeat(strike: Strike) -> set[str]:
    """Give the channels in whose window between acceptance and record the fault falls."""
    place, _ = strike.name
    if place.caller.endswith("ledger.mark > table.update > table._update"):
        return {SNS, CHAT, BUS}
    return (
        {SNS, CHAT, BUS}
        if place.action in {"sns:Publish", "events:PutEvents"} and strike.fault.happens_after
        else set()
    )


def _differences(expected: Items, found: Items) -> Iterator[str]:
    """Say what the tables hold beside what they should; when it was written does not matter."""
    wanted, there = _rows(expected), _rows(found)
    for key in sorted(wanted.keys() | there.keys()):
        before, after = wanted.get(key, {}), there.get(key, {})
        yield from (
            f"{'/'.join(key)}: {name} is {after.get(name)}, not {before.get(name)}"
            for name in sorted(before.keys() | after.keys())
            if before.get(name) != after.get(name)
        )
    # The identity of an alert may have the hour in it at which a Region was first found silent.
    if (counted := _alerts(found)) != (due := _alerts(expected)):
        yield f"alerts are {counted - due}, not {due - counted}"


def _rows(items: Items) -> dict[tuple[str, ...], dict[str, Any]]:
    return {key: _compared(item) for key, item in items[MODELS].items()}


def _compared(item: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: _PLAIN.deserialize(item[name]) for name in _COMPARED & item.keys()}
    for name in _TIMES_OF_TELLING:
        plain.get("told", {}).pop(name, None)
    return plain


def _alerts(items: Items) -> Counter[tuple[str, str, bool]]:
    """Count alerts; one that was withdrawn unsent, for a later wording of the same, is none."""
    return Counter(
        (item["kind"]["S"], item["state"]["S"], "unsettled" in item)
        for item in items[ALERTS].values()
        if "state" in item and ("sent_at" in item or "unsettled" in item)
    )
