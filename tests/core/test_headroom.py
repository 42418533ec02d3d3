"""What is asked of Service Quotas for a plan: each Region once, all at once, and not for long."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Barrier, Event, Lock, current_thread
from typing import TYPE_CHECKING, Final

import pytest

from notifier import headroom
from notifier.capacity import Peak, Quota
from notifier.errors import AwsError
from notifier.headroom import compare_quotas
from notifier.model import Capabilities
from notifier.successor import Successor
from notifier.usage import Calls, CallsFrom, Use
from tests.core.cases import EAST, EUROPE, WEST, at, day, row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from notifier.model import TrackedModel
    from notifier.sources.quotas import Quotas

NOW: Final = at("2026-10-20")
NEW: Final = "acme.new-v1:0"
QUOTA: Final = Quota("Cross-region model inference tokens per minute for New", 1000)
HERE: Final = Quota("On-demand model inference tokens per minute for New", 20)
ENOUGH: Final = "Enough so far as can be seen"
NOT_KNOWN: Final = "Request quota for New"


@dataclass
class Account:
    """Service Quotas and CloudWatch, by Region: what applies, what fails, and what hangs."""

    applies: tuple[Quota, ...] = (QUOTA,)
    failing: dict[str, Exception] = field(default_factory=dict)
    without_peak: set[str] = field(default_factory=set)
    hanging: set[str] = field(default_factory=set)
    together: Barrier | None = None
    released: Event = field(default_factory=Event)
    asked: list[tuple[str, str]] = field(default_factory=list)
    prepared: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def prepare(self, regions: Iterable[str]) -> None:
        """Note which Regions, and in which thread."""
        self.prepared += [f"{current_thread().name} {region}" for region in regions]

    def applied(self, region: str) -> tuple[Quota, ...]:
        """Give the quotas, once nobody makes it wait."""
        self._note("applied", region)
        if self.together is not None:
            self.together.wait(20)
        if region in self.hanging:
            self.released.wait(60)
        if region in self.failing:
            raise self.failing[region]
        return self.applies

    def peak(self, region: str, model_ids: Sequence[str], now: datetime) -> Peak:
        """Give ten tokens for each id."""
        assert now == NOW
        self._note("peak", region)
        if region in self.without_peak:
            raise denied("cloudwatch:GetMetricData")
        return Peak(1, 10 * len(model_ids))

    def _note(self, what: str, region: str) -> None:
        with self.lock:
            self.asked.append((what, region))


def denied(action: str = "servicequotas:ListServiceQuotas") -> AwsError:
    return AwsError(action, "AccessDeniedException", "not allowed", permanent=True)


@pytest.fixture
def account() -> Iterator[Account]:
    """Give an account, and let go of whoever still waits for it."""
    made = Account()
    yield made
    made.released.set()


def called(*regions: str, model_id: str = "acme.old-v1:0", ids: int = 1) -> TrackedModel:
    """Give a model on its way out that is called from these Regions."""
    calls = tuple(
        CallsFrom(region, Calls(f"{model_id}{n or ''}", day("2026-10-19") or NOW.date(), 5))
        for region in regions
        for n in range(ids)
    )
    return replace(
        row(model_id, provider="Acme"), use=Use(calls), successor=Successor(NEW, "New", "by us")
    )


def compare(
    account: Account, *entering: TrackedModel, rows: Iterable[TrackedModel] = ()
) -> tuple[dict[str, tuple[str, ...]], list[AwsError]]:
    stand_in: Quotas = account  # type: ignore[assignment]
    return compare_quotas(entering, {one.key: one for one in rows}, stand_in, NOW)


def begun(lines: Iterable[str]) -> list[tuple[str, str]]:
    """Give of each line the Region, and how it begins."""
    beginnings = (ENOUGH, NOT_KNOWN, "Compare", "Request an increase")
    return [
        (region, next(one for one in beginnings if said.startswith(one)))
        for region, _, said in (line.partition(": ") for line in lines)
    ]


def test_where_nothing_is_to_be_compared_nobody_is_asked(account: Account) -> None:
    uncalled = replace(called(EAST), use=Use())
    unknown = replace(called(EAST), use=None)
    without = replace(called(EAST), successor=Successor(None, "", "none"))

    assert compare(account) == ({}, [])
    assert compare(account, uncalled, unknown, without) == ({}, [])
    assert (account.asked, account.prepared) == ([], [])


def test_each_region_a_model_is_called_from_is_compared_by_itself(account: Account) -> None:
    lines, errors = compare(account, called(WEST, EAST))

    assert errors == []
    assert begun(lines["acme.old-v1:0"]) == [(EAST, ENOUGH), (WEST, ENOUGH)]


def test_no_more_than_three_regions_of_a_model_are_compared(account: Account) -> None:
    lines, _ = compare(account, called("r4", "r2", "r1", "r3"))

    assert [region for region, _ in begun(lines["acme.old-v1:0"])] == ["r1", "r2", "r3"]
    assert {region for _, region in account.asked} == {"r1", "r2", "r3"}


def test_the_ids_a_model_is_called_by_count_together(account: Account) -> None:
    lines, _ = compare(account, called(EAST, ids=3))

    assert "your busiest minute of 30 tokens" in lines["acme.old-v1:0"][0]


def test_a_successor_that_runs_on_demand_is_measured_by_those_quotas(account: Account) -> None:
    account.applies = (QUOTA, HERE)
    there = replace(row(NEW), capabilities=Capabilities(inference_types=("ON_DEMAND",)))

    lines, _ = compare(account, called(EAST, ids=3), rows=[there])

    assert begun(lines["acme.old-v1:0"]) == [(EAST, "Request an increase")]


def test_where_no_quota_matches_calls_are_not_counted(account: Account) -> None:
    account.applies = ()

    lines, errors = compare(account, called(EAST))

    assert (begun(lines["acme.old-v1:0"]), errors) == ([(EAST, NOT_KNOWN)], [])
    assert account.asked == [("applied", EAST)]


def twelve(*regions: str) -> list[TrackedModel]:
    return [called(*regions, model_id=f"acme.old-{n}") for n in range(12)]


def test_many_models_ask_each_region_for_its_quotas_once(account: Account) -> None:
    lines, errors = compare(account, *twelve(EAST, WEST))

    assert errors == []
    assert len(lines) == 12
    assert account.asked.count(("applied", EAST)) == 1
    assert account.asked.count(("applied", WEST)) == 1


def test_a_region_that_fails_is_asked_once_and_told_once(account: Account) -> None:
    account.failing = {EAST: denied(), WEST: denied()}

    lines, errors = compare(account, *twelve(EAST, WEST))

    assert errors == [account.failing[EAST], account.failing[WEST]]
    assert sorted(account.asked) == [("applied", EAST), ("applied", WEST)]
    for found in lines.values():
        assert begun(found) == [(EAST, NOT_KNOWN), (WEST, NOT_KNOWN)]


def test_one_region_that_fails_leaves_the_others_known(account: Account) -> None:
    account.failing = {EAST: denied()}

    lines, errors = compare(account, called(EAST, WEST))

    assert errors == [account.failing[EAST]]
    assert begun(lines["acme.old-v1:0"]) == [(EAST, NOT_KNOWN), (WEST, ENOUGH)]


def test_calls_that_cannot_be_counted_leave_the_quotas_known(account: Account) -> None:
    account.without_peak = {EAST}

    lines, errors = compare(account, *twelve(EAST))

    assert [error.action for error in errors] == ["cloudwatch:GetMetricData"]
    assert account.asked == [("applied", EAST), ("peak", EAST)]
    for found in lines.values():
        assert begun(found) == [(EAST, "Compare")]


def test_a_mistake_of_ours_stops_nothing_either(account: Account) -> None:
    account.failing = {EAST: RuntimeError("a mistake of ours")}

    lines, errors = compare(account, called(EAST, WEST))

    assert [(error.code, error.permanent) for error in errors] == [("UnexpectedAnswer", False)]
    assert "a mistake of ours" in errors[0].message
    assert begun(lines["acme.old-v1:0"]) == [(EAST, NOT_KNOWN), (WEST, ENOUGH)]


def test_regions_are_asked_at_the_same_time(account: Account) -> None:
    # Each waits until all three are asked.
    account.together = Barrier(3)

    _, errors = compare(account, called(EAST, WEST, EUROPE))

    assert errors == []
    assert not account.together.broken


def test_clients_are_made_before_in_the_one_thread(account: Account) -> None:
    compare(account, called(EAST, WEST))

    assert account.prepared == [f"{current_thread().name} {region}" for region in (EAST, WEST)]


def test_a_region_that_hangs_is_not_known_and_the_others_are(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(headroom, "_SECONDS", 2.0)
    account.hanging = {EAST}

    lines, errors = compare(account, *twelve(EAST, WEST))

    # Nobody let go of it: whoever had waited for it would still be waiting.
    assert not account.released.is_set()
    assert [(error.code, error.permanent) for error in errors] == [("OutOfTime", False)]
    assert EAST in errors[0].message
    for found in lines.values():
        assert begun(found) == [(EAST, NOT_KNOWN), (WEST, ENOUGH)]


def test_where_more_regions_hang_than_are_asked_at_once_none_is_waited_for(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(headroom, "_SECONDS", 0.3)
    regions = [f"region-{n:02}" for n in range(12)]
    account.hanging = {*regions}
    entering = [called(region, model_id=f"acme.old-{region}") for region in regions]

    with ThreadPoolExecutor(1) as pool:
        lines, errors = pool.submit(compare, account, *entering).result(timeout=20)

    assert len(errors) == 12
    assert {begins for found in lines.values() for _, begins in begun(found)} == {NOT_KNOWN}
    # What had not begun by then never begins.
    account.released.set()
    assert len(account.asked) <= 8


def test_nothing_more_is_asked_once_the_time_is_over(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools: list[ThreadPoolExecutor] = []

    class Kept(ThreadPoolExecutor):
        def __init__(self, workers: int) -> None:
            super().__init__(workers)
            pools.append(self)

    monkeypatch.setattr(headroom, "ThreadPoolExecutor", Kept)
    monkeypatch.setattr(headroom, "_SECONDS", 0.3)
    account.hanging = {EAST}

    lines, _ = compare(account, called(EAST))
    account.released.set()
    pools[0].shutdown(wait=True)

    assert ("peak", EAST) not in account.asked
    assert begun(lines["acme.old-v1:0"]) == [(EAST, NOT_KNOWN)]


def test_by_default_ten_seconds_are_given() -> None:
    assert headroom._SECONDS == 10  # noqa: SLF001 what is promised of it
