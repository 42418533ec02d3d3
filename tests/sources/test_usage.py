"""Everything that is read of an account at once: whole, in time, and each part for itself."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import pytest
from botocore.config import Config

from notifier.sources import usage as module
from notifier.sources.findings import OUT_OF_TIME
from notifier.sources.usage import Usage
from notifier.usage import Reading, ReadingRequest, Resource, Source
from tests.sources.conftest import prepare
from tests.sources.scripted_aws import (
    LISTINGS,
    Hang,
    ScriptedAws,
    always,
    each_waits,
    listing,
    refusal,
)

if TYPE_CHECKING:
    from boto3 import Session

    from tests.sources.scripted_aws import Asked, Reply

EAST, WEST = "us-east-1", "us-west-2"
NOW: Final = datetime.now(UTC)
EVERYTHING: Final = frozenset(Source)
STAMP: Final = "2026-11-01T10:00:00Z"
CUSTOM_MODEL: Final = {"modelArn": "arn:aws:bedrock:x", "modelName": "ours", "baseModelArn": "m"}
ACTIONS: Final = (*LISTINGS, "ListMetrics")
OF_AGENTS: Final = ("ListAgents", "ListPrompts", "ListFlows", "ListKnowledgeBases")
OF_BEDROCK: Final = tuple(action for action in LISTINGS if action not in OF_AGENTS)
DETAILED: Final = {Source.AGENTS, Source.PROMPTS, Source.FLOWS, Source.KNOWLEDGE_BASES}
LISTED: Final = EVERYTHING - DETAILED - {Source.INVOCATIONS}


@pytest.fixture
def patient(scripted: ScriptedAws, session: Session) -> Usage:
    """Give the source as it is deployed, with its own timeouts and retries."""
    assert scripted
    return Usage(session)


@pytest.fixture
def regions(session: Session) -> list[str]:
    """Give 31 Regions, as many as Bedrock had in 2026."""
    return sorted(session.get_available_regions("bedrock"))[:31]


def read(usage: Usage, *sources: Source, seconds: float = 20, **more: Any) -> dict[Source, Reading]:  # noqa: ANN401 what a request has
    """Read sources of one Region, or all of them."""
    wanted = frozenset(sources) or EVERYTHING
    return usage.read([ReadingRequest(EAST, wanted, **more)], NOW, seconds)[EAST]


def failed(readings: dict[Source, Reading]) -> set[Source]:
    return {source for source, reading in readings.items() if reading.failure}


def prompts(scripted: ScriptedAws, number: int) -> None:
    """Let an account have so many prompts."""
    entries = [{"id": f"P{n:09}", "updatedAt": STAMP} for n in range(number)]
    scripted.on("ListPrompts", listing("ListPrompts", [*entries]))
    scripted.on("GetPrompt", a_prompt)


def a_prompt(asked: Asked) -> Reply:
    variants = [{"name": "v", "modelId": "anthropic.sonnet-v1:0", "templateType": "TEXT"}]
    return {"id": asked.item, "name": "p", "arn": f"arn:{asked.item}", "variants": variants}


class Throttle:
    """A call that may be made so many times a second, and a second's worth of them at once."""

    def __init__(self, rate: float) -> None:
        """Begin with a second's worth."""
        self._rate = rate
        self._left = rate
        self._at = monotonic()
        self._lock = threading.Lock()
        self.refused = 0

    def __call__(self, asked: Asked) -> Reply:
        """Answer, or refuse."""
        with self._lock:
            now = monotonic()
            self._left = min(self._rate, self._left + (now - self._at) * self._rate)
            self._at = now
            if self._left < 1:
                self.refused += 1
                return refusal(429, "ThrottlingException")(asked)
            self._left -= 1
        return a_prompt(asked)


def test_asked_for_nothing_it_makes_no_call(scripted: ScriptedAws, usage: Usage) -> None:
    assert usage.read([], NOW, 5) == {}
    assert usage.read([ReadingRequest(EAST, frozenset())], NOW, 5) == {}
    assert scripted.asked() == []


def test_only_what_is_asked_for_is_read(scripted: ScriptedAws, usage: Usage) -> None:
    requests = [
        ReadingRequest(EAST, frozenset({Source.AGENTS})),
        ReadingRequest(WEST, frozenset({Source.INVOCATIONS, Source.CUSTOM_MODELS})),
    ]

    assert usage.read(requests, NOW, 20) == {
        EAST: {Source.AGENTS: Reading()},
        WEST: {Source.INVOCATIONS: Reading(), Source.CUSTOM_MODELS: Reading()},
    }
    assert Counter((asked.action, asked.region) for asked in scripted.asked()) == {
        ("ListAgents", EAST): 1,
        ("ListMetrics", WEST): 1,
        ("ListCustomModels", WEST): 1,
    }


def test_in_31_regions_each_source_takes_one_listing_and_all_run_at_once(
    scripted: ScriptedAws, patient: Usage, regions: list[str]
) -> None:
    for action in ACTIONS:
        script = scripted.metrics.list_metrics if action == "ListMetrics" else listing(action, [])
        scripted.on(action, each_waits(0.1, script))

    began = monotonic()
    readings = patient.read([ReadingRequest(region, EVERYTHING) for region in regions], NOW, 60)
    took = monotonic() - began

    assert set(readings) == set(regions)
    for reading in readings.values():
        assert reading == dict.fromkeys(EVERYTHING, Reading())
    # Both kinds of inference profiles are of one listing.
    assert scripted.counts() == {
        **dict.fromkeys(ACTIONS, 31),
        "ListInferenceProfiles": 62,
    }
    # One by one, 372 calls of 100 ms take 37 seconds.
    assert took < 15


def test_clients_are_made_once_and_in_the_thread_that_reads(
    scripted: ScriptedAws, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert scripted
    made: list[tuple[str, threading.Thread]] = []
    client = type(session).client

    def noted(self: Session, service: Any, **named: Any) -> Any:  # noqa: ANN401 as the session's
        made.append((service, threading.current_thread()))
        return client(self, service, **named)

    monkeypatch.setattr(type(session), "client", noted)
    usage = Usage(session)

    read(usage)
    read(usage)

    assert Counter(service for service, _ in made) == {
        "bedrock": 1,
        "bedrock-agent": 2,
        "cloudwatch": 1,
    }
    assert {thread for _, thread in made} == {threading.current_thread()}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
def test_one_listing_that_fails_is_unknown_in_its_region_and_nothing_else_is(
    scripted: ScriptedAws, usage: Usage, action: str, code: str
) -> None:
    scripted.on(action, refusal(400, code), region=EAST)
    requests = [ReadingRequest(region, EVERYTHING) for region in (EAST, WEST)]

    readings = usage.read(requests, NOW, 20)

    assert failed(readings[WEST]) == set()
    assert len(failed(readings[EAST])) == (2 if action == "ListInferenceProfiles" else 1)
    for source in failed(readings[EAST]):
        failure = readings[EAST][source].failure
        assert failure is not None
        assert failure.code == code


def test_throttling_in_half_of_the_regions_leaves_the_others_whole(
    scripted: ScriptedAws, patient: Usage, regions: list[str]
) -> None:
    some = regions[:16]
    half = some[::2]
    for region in half:
        for action in ACTIONS:
            scripted.on(action, refusal(429, "ThrottlingException"), region=region)

    began = monotonic()
    readings = patient.read([ReadingRequest(region, EVERYTHING) for region in some], NOW, 60)
    took = monotonic() - began

    for region, reading in readings.items():
        assert failed(reading) == (EVERYTHING if region in half else set())
    assert {
        reading.failure.code
        for region in half
        for reading in readings[region].values()
        if reading.failure
    } == {"ThrottlingException"}
    # Asked again with pauses between, but no longer than that.
    assert scripted.counts()["ListAgents"] == 2 * len(half) + len(some) - len(half)
    assert took < 40


def test_two_thousand_prompts_are_read_once_and_then_remembered(
    scripted: ScriptedAws, patient: Usage
) -> None:
    prompts(scripted, 2000)

    first = read(patient, Source.PROMPTS, seconds=60)[Source.PROMPTS]
    assert first.failure is None
    assert len(first.resources) == 2000
    assert scripted.counts() == {"ListPrompts": 2, "GetPrompt": 2000}

    scripted.forget()
    known = {Source.PROMPTS: {prompt.id: prompt for prompt in first.resources}}
    assert read(patient, Source.PROMPTS, known=known)[Source.PROMPTS] == first
    assert scripted.counts() == {"ListPrompts": 2}


def test_details_that_are_throttled_are_spaced_out_until_all_are_read(
    scripted: ScriptedAws, patient: Usage
) -> None:
    prompts(scripted, 120)
    throttle = Throttle(30)
    scripted.on("GetPrompt", throttle)

    reading = read(patient, Source.PROMPTS, seconds=30)[Source.PROMPTS]

    assert reading.failure is None
    assert len(reading.resources) == 120
    # Each refusal is of a call that the account itself might have needed; without the spacing
    # there are several times as many.
    assert 0 < throttle.refused < 15
    assert scripted.counts()["GetPrompt"] == 120 + throttle.refused


def test_details_are_read_side_by_side_but_not_many(scripted: ScriptedAws, patient: Usage) -> None:
    prompts(scripted, 40)
    most, now, lock = 0, 0, threading.Lock()

    def counted(asked: Asked) -> Reply:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
        reply = each_waits(0.02, a_prompt)(asked)
        with lock:
            now -= 1
        return reply

    scripted.on("GetPrompt", counted)

    read(patient, Source.PROMPTS)

    assert 1 < most <= 4


# Time.


def test_what_is_not_done_in_time_is_given_as_far_as_it_is(
    scripted: ScriptedAws, patient: Usage
) -> None:
    prompts(scripted, 2000)
    scripted.on("GetPrompt", each_waits(0.05, a_prompt))

    began = monotonic()
    reading = read(patient, Source.PROMPTS, Source.AGENTS, seconds=1)
    took = monotonic() - began

    assert reading[Source.AGENTS] == Reading()
    assert reading[Source.PROMPTS].failure == OUT_OF_TIME
    # Some, and not all: how many depends on the machine.
    assert 0 < len(reading[Source.PROMPTS].resources) < 200
    assert took < 3


def test_what_was_read_in_time_is_remembered_so_that_the_rest_follows(
    scripted: ScriptedAws, patient: Usage
) -> None:
    prompts(scripted, 120)
    scripted.on("GetPrompt", each_waits(0.05, a_prompt))
    known: dict[str, Resource] = {}

    for _ in range(10):
        request = {Source.PROMPTS: known}
        reading = read(patient, Source.PROMPTS, seconds=0.7, known=request)[Source.PROMPTS]
        assert known.keys() <= {prompt.id for prompt in reading.resources}
        known = {prompt.id: prompt for prompt in reading.resources}
        if reading.failure is None:
            break

    assert len(known) == 120


def test_no_call_begins_after_the_time_is_over(scripted: ScriptedAws, patient: Usage) -> None:
    prompts(scripted, 2000)
    scripted.on("GetPrompt", each_waits(0.05, a_prompt))
    models = [CUSTOM_MODEL | {"modelArn": f"arn:{n}"} for n in range(2000)]
    scripted.on("ListCustomModels", each_waits(0.05, listing("ListCustomModels", [*models], 1)))

    read(patient, seconds=0.5)
    # Those that had begun may still end.
    threading.Event().wait(0.3)
    asked = len(scripted.asked())
    threading.Event().wait(0.5)

    assert len(scripted.asked()) == asked


@pytest.mark.parametrize("action", ACTIONS)
def test_a_call_that_never_returns_costs_no_more_than_the_time_given(
    scripted: ScriptedAws, patient: Usage, action: str
) -> None:
    scripted.metrics.count("Invocations", NOW - timedelta(hours=1), 5, ModelId="a")
    scripted.on(action, always(Hang()))

    began = monotonic()
    readings = read(patient, seconds=0.6, look_back=("b",))
    took = monotonic() - began

    assert took < 3
    hung = {source for source in EVERYTHING if readings[source].failure == OUT_OF_TIME}
    assert hung
    assert failed(readings) == hung
    if action != "ListMetrics":
        # Looking back waits for what can be invoked; what was invoked lately does not.
        assert {calls.model_id for calls in readings[Source.INVOCATIONS].calls} == {"a"}


def test_where_everything_hangs_everything_is_unknown(
    scripted: ScriptedAws, patient: Usage, regions: list[str]
) -> None:
    for action in ACTIONS:
        scripted.on(action, always(Hang()))
    prepare(patient, regions)

    began = monotonic()
    requests = [ReadingRequest(region, EVERYTHING, look_back=("x",)) for region in regions]
    readings = patient.read(requests, NOW, 1)
    took = monotonic() - began

    assert set(readings) == set(regions)
    for reading in readings.values():
        assert reading == dict.fromkeys(EVERYTHING, Reading(failure=OUT_OF_TIME))
    # To wait for one answer only would have taken the client's 16 seconds.
    assert took < 12


def test_regions_that_hang_leave_the_others_whole(
    scripted: ScriptedAws,
    session: Session,
    regions: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    short = Config(connect_timeout=3, read_timeout=3, retries={"total_max_attempts": 2})
    monkeypatch.setattr(module, "_CALLS", short.merge(Config(retries={"mode": "standard"})))
    some = regions[:20]
    hung = some[::2]
    for region in hung:
        for action in OF_BEDROCK:
            scripted.on(action, always(Hang()), region=region)
    usage = Usage(session)
    prepare(usage, some)

    requests = [ReadingRequest(region, EVERYTHING, look_back=("x",)) for region in some]
    readings = usage.read(requests, NOW, 12)

    for region, reading in readings.items():
        assert failed(reading) == (LISTED if region in hung else set())
        assert reading[Source.INVOCATIONS].looked_back == {"x"}


def test_where_bedrock_does_not_answer_it_is_not_asked_for_the_rest(
    scripted: ScriptedAws, usage: Usage
) -> None:
    for action in OF_BEDROCK:
        scripted.on(action, always(Hang()), region=EAST)
    requests = [ReadingRequest(region, EVERYTHING) for region in (EAST, WEST)]

    readings = usage.read(requests, NOW, 20)

    assert failed(readings[WEST]) == set()
    assert failed(readings[EAST]) == LISTED
    for source in LISTED:
        failure = readings[EAST][source].failure
        assert failure is not None
        assert (failure.code, failure.permanent) == ("ReadTimeoutError", False)
    asked = [asked for asked in scripted.asked(*OF_BEDROCK) if asked.region == EAST]
    assert len(asked) == 2


def test_where_bedrock_refuses_it_is_asked_for_the_rest_all_the_same(
    scripted: ScriptedAws, usage: Usage
) -> None:
    scripted.on("ListInferenceProfiles", refusal(500, "InternalServerException"))

    assert failed(read(usage)) == {Source.SYSTEM_PROFILES, Source.APPLICATION_PROFILES}
    assert scripted.counts().keys() == set(ACTIONS)


def test_one_listing_that_hangs_keeps_none_of_the_others_from_being_read(
    scripted: ScriptedAws, usage: Usage
) -> None:
    scripted.on("ListModelInvocationJobs", always(Hang()))

    assert failed(read(usage)) == {Source.BATCH_JOBS}


def test_one_api_that_hangs_everywhere_holds_up_no_other(
    scripted: ScriptedAws, patient: Usage, regions: list[str]
) -> None:
    for action in OF_AGENTS:
        scripted.on(action, always(Hang()))

    requests = [ReadingRequest(region, EVERYTHING) for region in regions]
    readings = patient.read(requests, NOW, 8)

    assert {frozenset(failed(reading)) for reading in readings.values()} == {frozenset(DETAILED)}


def test_a_source_whose_reading_breaks_is_not_an_empty_one(
    scripted: ScriptedAws, usage: Usage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(module, "read_listing", broken)
    assert scripted

    readings = read(usage)

    for source in failed(readings):
        failure = readings[source].failure
        assert failure is not None
        assert "a mistake of ours" in failure.detail
    assert len(failed(readings)) == 7


def test_it_can_be_used_again_after_a_read_that_was_cut_short(
    scripted: ScriptedAws, patient: Usage
) -> None:
    scripted.on("ListAgents", always(Hang()))
    read(patient, seconds=0.3)
    scripted.reset()

    assert failed(read(patient)) == set()


def test_no_thread_of_a_read_that_was_cut_short_stays_for_ever(
    scripted: ScriptedAws, patient: Usage
) -> None:
    before = _readers()
    for action in ("ListInferenceProfiles", "ListCustomModels", "ListPromptRouters"):
        scripted.on(action, always(Hang()))
    read(patient, seconds=0.3)
    left = _readers() - before

    scripted.reset()  # What hung is let go.
    for thread in left:
        thread.join(20)

    assert left
    assert [one.name for one in left if one.is_alive()] == []


def _readers() -> set[threading.Thread]:
    return {one for one in threading.enumerate() if one.name.startswith("ThreadPoolExecutor")}
