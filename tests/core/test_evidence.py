"""Which tracked models an account uses: what is invoked is resolved, the unclear stays open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.evidence import uses, with_use
from notifier.model import RowKey
from notifier.usage import (
    Calls,
    ReadFailure,
    Reading,
    ReadingRequest,
    RegionUsage,
    Resource,
    Source,
    in_use,
    remember,
    requests,
)
from tests.core.cases import EAST, EUROPE, WEST, row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from notifier.model import TrackedModel

TODAY = date(2026, 10, 20)
SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"
PRO = "amazon.nova-pro-v1:0"
ACCOUNT = "123456789012"
ROWS = tuple(row(model, region) for model in (SONNET, PRO) for region in (EAST, WEST, EUROPE))
DENIED = ReadFailure("AccessDeniedException", "no", permanent=True)


LISTED_IDS = (SONNET, PRO)


def arn(kind: str, name: str, region: str = EAST) -> str:
    return f"arn:aws:bedrock:{region}:{ACCOUNT}:{kind}/{name}"


def model_arn(model: str, region: str = EAST, partition: str = "aws") -> str:
    return f"arn:{partition}:bedrock:{region}::foundation-model/{model}"


def profile(id_: str, *models: str) -> Resource:
    return Resource(arn("inference-profile", id_), id_, models, id_, depends=False)


US_SONNET = profile(f"us.{SONNET}", model_arn(SONNET, EAST), model_arn(SONNET, WEST))
GLOBAL_SONNET = profile(f"global.{SONNET}", model_arn(SONNET, EAST), model_arn(SONNET, ""))
SYSTEM = (US_SONNET, GLOBAL_SONNET)

APPLICATION = Resource(
    arn("application-inference-profile", "ab12"), "chat", US_SONNET.models, "ab12"
)
PROVISIONED = Resource(
    arn("provisioned-model", "pt1"), "reserved", (model_arn(PRO),), "pt1", depends=False
)
CUSTOM = Resource(arn("custom-model", "tuned"), "tuned", (model_arn(PRO),), depends=False)
DEPLOYMENT = Resource(
    arn("custom-model-deployment", "d1"), "deployed", (CUSTOM.arn,), depends=False
)
ROUTER = Resource(
    arn("default-prompt-router", "r1"), "router", (US_SONNET.arn, model_arn(PRO)), depends=False
)


def read(
    region: str = EAST,
    *,
    invoked: Iterable[str] = (),
    on: date = TODAY,
    resources: Mapping[Source, Iterable[Resource]] | None = None,
    failing: Iterable[Source] = (),
) -> RegionUsage:
    """Give a Region of which everything was read, or failed, today."""
    listed = {Source.SYSTEM_PROFILES: SYSTEM, **(resources or {})}
    readings = {source: Reading(tuple(listed.get(source, ()))) for source in Source}
    calls = tuple(Calls(one, on, 7) for one in invoked)
    readings[Source.INVOCATIONS] = Reading(calls=calls)
    for source in failing:
        readings[source] = Reading(failure=DENIED)
    return RegionUsage(
        region,
        TODAY,
        readings,
        whole=frozenset(Source) - set(failing),
        counted_on=TODAY,
        looked_back=frozenset(LISTED_IDS),
        looked_back_days=100,
    )


def use_of(*regions: RegionUsage, within: int = 100) -> dict[RowKey, bool | None]:
    """Give `in_use` of every row; Regions that are not given were read and are empty."""
    given_ = {one.region: one for one in regions}
    every = {region: given_.get(region) or read(region) for region in (EAST, WEST, EUROPE)}
    rows = with_use(ROWS, uses(ROWS, every, "aws", within, TODAY), within, TODAY)
    return {one.key: one.in_use for one in rows}


def used(found: Mapping[RowKey, bool | None]) -> set[tuple[str, str]]:
    return {(key.model_id, key.region) for key, use in found.items() if use}


def unknown(found: Mapping[RowKey, bool | None]) -> set[tuple[str, str]]:
    return {(key.model_id, key.region) for key, use in found.items() if use is None}


ALL_LISTED = {
    Source.APPLICATION_PROFILES: [APPLICATION._replace(depends=False)],
    Source.PROVISIONED_THROUGHPUT: [PROVISIONED],
    Source.CUSTOM_MODELS: [CUSTOM],
    Source.CUSTOM_MODEL_DEPLOYMENTS: [DEPLOYMENT],
    Source.PROMPT_ROUTERS: [ROUTER],
    Source.PROMPTS: [
        Resource(arn("prompt", "P1"), "greet", (f"us.{SONNET}",), "P1", depends=False)
    ],
}
IN_US = {(SONNET, EAST), (SONNET, WEST)}
EVERYWHERE = {(SONNET, EAST), (SONNET, WEST), (SONNET, EUROPE)}


@pytest.mark.parametrize(
    ("invoked", "rows"),
    [
        pytest.param(SONNET, {(SONNET, EAST)}, id="a model id is the model in that Region"),
        pytest.param(f"{PRO}:24k", {(PRO, EAST)}, id="a context variant is its base model"),
        pytest.param(model_arn(SONNET), {(SONNET, EAST)}, id="a model's ARN is the model"),
        pytest.param(
            model_arn(SONNET, WEST), {(SONNET, WEST)}, id="an ARN of another Region is that Region"
        ),
        pytest.param(f"us.{SONNET}", IN_US, id="a profile is used in every Region it leads to"),
        pytest.param(US_SONNET.arn, IN_US, id="so is a profile by its ARN"),
        pytest.param(
            f"global.{SONNET}", EVERYWHERE, id="an ARN without a Region stands for all Regions"
        ),
        pytest.param("ab12", IN_US, id="an application profile by its id"),
        pytest.param(APPLICATION.arn, IN_US, id="an application profile by its ARN"),
        pytest.param(PROVISIONED.arn, {(PRO, EAST)}, id="provisioned throughput by its ARN"),
        pytest.param(CUSTOM.arn, {(PRO, EAST)}, id="a custom model is its base model"),
        pytest.param(DEPLOYMENT.arn, {(PRO, EAST)}, id="a deployment is the base of its model"),
        pytest.param(ROUTER.arn, {*IN_US, (PRO, EAST)}, id="a router is all that it may choose"),
        pytest.param(arn("prompt", "P1") + ":3", IN_US, id="a version of a prompt is the prompt"),
        pytest.param(
            arn("imported-model", "mine"), set(), id="an imported model stands on no other"
        ),
        pytest.param(
            "arn:aws:sagemaker:us-east-1:123456789012:endpoint/jumpstart",
            set(),
            id="a marketplace endpoint is none of Bedrock's models",
        ),
    ],
)
def test_what_was_invoked_is_resolved_by_what_the_api_lists(
    invoked: str, rows: set[tuple[str, str]]
) -> None:
    found = use_of(read(invoked=[invoked], resources=ALL_LISTED))

    assert used(found) == rows
    assert unknown(found) == set()


IN_REACH_OF_EAST = {*EVERYWHERE, (PRO, EAST)}


@pytest.mark.parametrize(
    "invoked",
    [
        pytest.param("acme.never-seen-v1:0", id="an id that no catalog has"),
        pytest.param(arn("application-inference-profile", "gone"), id="a deleted profile"),
        pytest.param("us.acme.never-seen-v1:0", id="a profile that is not listed"),
        pytest.param(
            model_arn(SONNET, "us-gov-west-1", "aws-us-gov"), id="a model of another partition"
        ),
        pytest.param("arn:nonsense", id="an ARN that is none"),
        pytest.param("", id="an empty id"),
    ],
)
def test_what_cannot_be_resolved_leaves_open_all_that_its_region_can_reach(invoked: str) -> None:
    found = use_of(read(invoked=[invoked]))

    assert used(found) == set()
    assert unknown(found) == IN_REACH_OF_EAST


def test_what_cannot_be_resolved_is_forgotten_when_its_calls_no_longer_count() -> None:
    found = use_of(read(invoked=["acme.never-seen-v1:0"], on=TODAY - timedelta(days=101)))

    assert unknown(found) == set()


def test_profiles_listed_before_bound_the_reach_while_they_cannot_be_listed() -> None:
    good = read()
    failing = remembered(good, {Source.SYSTEM_PROFILES: Reading(failure=DENIED)}, TODAY)

    assert unknown(use_of(failing)) == IN_REACH_OF_EAST


def test_a_profile_that_names_an_unknown_model_still_uses_those_that_are_known() -> None:
    mixed = profile("us.mixed", model_arn(PRO), model_arn("acme.never-seen-v1:0"))
    found = use_of(
        read(invoked=["us.mixed"], resources={Source.SYSTEM_PROFILES: [US_SONNET, mixed]})
    )

    assert used(found) == {(PRO, EAST)}
    assert unknown(found) == IN_US


def test_profiles_that_name_each_other_come_to_an_end() -> None:
    one, other = profile("a", "b"), profile("b", "a", model_arn(PRO))
    found = use_of(read(invoked=["a"], resources={Source.SYSTEM_PROFILES: [one, other]}))

    assert used(found) == {(PRO, EAST)}


@pytest.mark.parametrize(
    "source", sorted(set(Source) - {Source.SYSTEM_PROFILES}), ids=lambda source: f"no {source}"
)
def test_a_source_that_fails_leaves_open_what_its_region_can_reach(source: Source) -> None:
    found = use_of(read(failing=[source]))

    assert unknown(found) == IN_REACH_OF_EAST


def test_where_profiles_cannot_be_listed_a_call_may_lead_anywhere() -> None:
    found = use_of(read(failing=[Source.SYSTEM_PROFILES]))

    assert unknown(found) == {tuple(one.key) for one in ROWS}


def test_a_region_that_was_not_read_leaves_its_models_open() -> None:
    found = uses(ROWS, {EAST: read(EAST)}, "aws", 100, TODAY)

    assert in_use(found[RowKey(PRO, EUROPE)], 100, TODAY) is None
    assert in_use(found[RowKey(PRO, EAST)], 100, TODAY) is False


def test_what_a_region_remembers_nothing_of_was_not_read() -> None:
    found = use_of(RegionUsage(EAST))

    assert unknown(found) == {tuple(one.key) for one in ROWS}


def test_proof_outweighs_every_gap() -> None:
    found = use_of(read(invoked=[PRO], failing=set(Source) - {Source.INVOCATIONS}))

    assert found[RowKey(PRO, EAST)] is True


@pytest.mark.parametrize(
    ("source", "resource", "rows"),
    [
        (Source.APPLICATION_PROFILES, APPLICATION, IN_US),
        (Source.AGENTS, Resource(arn("agent", "A"), "helper", (f"us.{SONNET}",)), IN_US),
        (Source.PROMPTS, Resource(arn("prompt", "P"), "greet", (PRO,)), {(PRO, EAST)}),
        (Source.KNOWLEDGE_BASES, Resource(arn("knowledge-base", "K"), "kb", ()), set()),
    ],
    ids=["an application profile", "an agent", "a prompt", "a knowledge base without a model"],
)
def test_a_resource_makes_its_models_used_without_any_call(
    source: Source, resource: Resource, rows: set[tuple[str, str]]
) -> None:
    found = use_of(read(resources={source: [resource]}))

    assert used(found) == rows
    assert unknown(found) == set()


@pytest.mark.parametrize(
    "models",
    [
        pytest.param((), id="names no model"),
        pytest.param(("acme.never-seen-v1:0",), id="names a model that nobody knows"),
        pytest.param((arn("application-inference-profile", "gone"),), id="names what is deleted"),
    ],
)
def test_an_agent_whose_model_is_unclear_leaves_its_region_open(models: tuple[str, ...]) -> None:
    agent = Resource(arn("agent", "A"), "helper", models)

    found = use_of(read(resources={Source.AGENTS: [agent]}))

    assert unknown(found) == IN_REACH_OF_EAST


@pytest.mark.parametrize(
    ("days_ago", "is_used"),
    [(0, True), (100, True), (101, False)],
    ids=["today", "on the last day that counts", "a day too long ago"],
)
def test_a_call_counts_for_so_many_days(days_ago: int, is_used: bool) -> None:  # noqa: FBT001 (a value of the case)
    found = use_of(read(invoked=[PRO], on=TODAY - timedelta(days_ago)))

    assert found[RowKey(PRO, EAST)] is is_used


def test_a_call_that_serves_several_regions_is_counted_in_the_region_it_was_made_in() -> None:
    every = {region: read(region) for region in (EAST, WEST, EUROPE)}
    every[EAST] = read(EAST, invoked=[f"us.{SONNET}"])

    found = uses(ROWS, every, "aws", 100, TODAY)

    assert found[RowKey(SONNET, WEST)].invocations_14d == 7
    assert {one.region for one in found[RowKey(SONNET, WEST)].calls} == {EAST}


# What is remembered

KNOWN = read(
    invoked=[APPLICATION.arn],
    on=TODAY,
    resources={
        Source.APPLICATION_PROFILES: [APPLICATION],
        Source.AGENTS: [Resource(arn("agent", "A"), "helper", (PRO,), "A", stamp="1")],
    },
)
NEXT = TODAY + timedelta(days=1)


def remembered(
    before: RegionUsage | None, fresh: Mapping[Source, Reading], today: date
) -> RegionUsage:
    """Remember a reading in which everything asked about was answered."""
    known = {EAST: before} if before else {}
    request = next(iter(requests([EAST], known, LISTED, 100, today)), ReadingRequest(EAST, ALL))
    if Source.INVOCATIONS in fresh:
        asked = frozenset(request.look_back)
        fresh = {**fresh, Source.INVOCATIONS: replace(fresh[Source.INVOCATIONS], looked_back=asked)}
    return remember(before, request, fresh, today)


LISTED = {EAST: [SONNET, PRO]}
ALL = frozenset(Source)


def test_a_source_that_fails_keeps_what_was_known_of_it() -> None:
    after = remembered(KNOWN, {Source.AGENTS: Reading(failure=DENIED)}, NEXT)

    assert after.readings[Source.AGENTS].resources == KNOWN.readings[Source.AGENTS].resources
    assert after.failures == {Source.AGENTS: DENIED._replace(since=NEXT)}


def test_what_was_counted_is_kept_as_it_was_while_nothing_can_be_counted() -> None:
    after = remembered(KNOWN, {Source.INVOCATIONS: Reading(failure=DENIED)}, NEXT)

    assert after.readings[Source.INVOCATIONS].calls == KNOWN.readings[Source.INVOCATIONS].calls


def test_what_was_read_before_a_failure_takes_the_place_of_what_was_known() -> None:
    newer = Resource(arn("agent", "A"), "helper", (SONNET,), "A", stamp="2")

    after = remembered(KNOWN, {Source.AGENTS: Reading((newer,), failure=DENIED)}, NEXT)

    assert after.readings[Source.AGENTS].resources == (newer,)


def test_a_resource_that_is_gone_is_used_no_more() -> None:
    after = remembered(KNOWN, {Source.AGENTS: Reading()}, NEXT)

    assert after.readings[Source.AGENTS].resources == ()


def test_a_deleted_profile_can_still_be_resolved_while_its_calls_are_remembered() -> None:
    fresh = {
        Source.APPLICATION_PROFILES: Reading(),
        Source.INVOCATIONS: Reading(calls=(Calls(APPLICATION.arn, TODAY, 3),)),
    }
    after = remembered(KNOWN, fresh, NEXT)

    found = use_of(after)
    assert (SONNET, EAST) in used(found)
    assert unknown(found) == set()
    assert not any(one.depends for one in after.readings[Source.APPLICATION_PROFILES].resources)


def test_a_profile_that_went_with_its_model_can_still_be_resolved_while_an_agent_names_it() -> None:
    agent = Resource(arn("agent", "A"), "helper", (US_SONNET.id,), "A", stamp="1")
    before = read(resources={Source.AGENTS: [agent]})
    fresh = {
        Source.SYSTEM_PROFILES: Reading((GLOBAL_SONNET,)),
        Source.AGENTS: Reading((agent,)),
    }

    after = remembered(before, fresh, NEXT)
    later = remembered(after, fresh, NEXT + timedelta(days=1))

    assert used(use_of(later)) == IN_US
    assert unknown(use_of(later)) == set()


def test_the_last_call_is_remembered_when_it_is_no_longer_listed() -> None:
    after = remembered(KNOWN, {Source.INVOCATIONS: Reading()}, NEXT)

    assert after.readings[Source.INVOCATIONS].calls == (Calls(APPLICATION.arn, TODAY, 0),)


def test_calls_are_forgotten_when_cloudwatch_has_forgotten_them() -> None:
    much_later = TODAY + timedelta(days=456)

    after = remembered(KNOWN, {Source.INVOCATIONS: Reading()}, much_later)

    assert after.readings[Source.INVOCATIONS].calls == ()


def test_a_failure_does_not_make_a_later_call_earlier() -> None:
    older = Calls(APPLICATION.arn, TODAY - timedelta(days=3), 1)

    after = remembered(KNOWN, {Source.INVOCATIONS: Reading(calls=(older,), failure=DENIED)}, NEXT)

    assert after.readings[Source.INVOCATIONS].calls[0].last_on == TODAY


# What is asked


def test_the_first_reading_looks_back_for_everything_known_in_the_region() -> None:
    (asked,) = requests([EAST], {}, LISTED, 100, TODAY)

    assert asked.sources == frozenset(Source)
    assert asked.look_back == (PRO, SONNET)
    assert asked.look_back_days == 100


def test_a_region_read_today_is_not_read_again() -> None:
    assert requests([EAST], {EAST: KNOWN}, LISTED, 100, TODAY) == ()


def test_on_the_next_day_everything_is_read_but_details_that_are_known() -> None:
    (asked,) = requests([EAST], {EAST: KNOWN}, LISTED, 100, NEXT)

    assert asked.sources == frozenset(Source)
    assert set(asked.look_back) == {
        APPLICATION.arn,
        APPLICATION.id,
        *US_SONNET[:1],
        US_SONNET.id,
        GLOBAL_SONNET.arn,
        GLOBAL_SONNET.id,
    }
    assert list(asked.known[Source.AGENTS]) == ["A"]


@pytest.mark.parametrize(
    ("permanent", "again"),
    [(False, {Source.AGENTS}), (True, set())],
    ids=["a throttled source is tried at the next poll", "a denied one tomorrow"],
)
def test_what_failed_is_read_again(permanent: bool, again: set[Source]) -> None:  # noqa: FBT001 (a value of the case)
    failure = ReadFailure("Some", permanent=permanent)
    failed = remembered(KNOWN, {Source.AGENTS: Reading(failure=failure)}, TODAY)

    asked = requests([EAST], {EAST: failed}, LISTED, 100, TODAY)

    assert {source for one in asked for source in one.sources} == again


def test_calls_are_read_again_with_profiles_that_could_not_be_listed() -> None:
    throttled = Reading(failure=ReadFailure("ThrottlingException"))
    first = remembered(
        None, {**dict.fromkeys(Source, Reading()), Source.SYSTEM_PROFILES: throttled}, TODAY
    )

    (asked,) = requests([EAST], {EAST: first}, LISTED, 100, TODAY)

    assert asked.sources == {Source.SYSTEM_PROFILES, Source.INVOCATIONS}
    assert asked.looked_back == {SONNET, PRO}  # a profile found now is not among them


@pytest.mark.parametrize(
    ("days", "look_back_days", "again"),
    [
        pytest.param(13, 100, False, id="after thirteen days all calls are still listed"),
        pytest.param(14, 100, True, id="after fourteen some may be missed"),
        pytest.param(1, 200, True, id="calls now count for longer than was asked about"),
        pytest.param(1, 30, False, id="or for less"),
    ],
)
def test_when_cloudwatch_is_asked_again_about_the_days_before(
    days: int,
    look_back_days: int,
    again: bool,  # noqa: FBT001 (a value of the case)
) -> None:
    done = remembered(None, dict.fromkeys(Source, Reading()), TODAY)
    later = TODAY + timedelta(days=days)

    (asked,) = requests([EAST], {EAST: done}, LISTED, look_back_days, later)

    assert (set(asked.look_back) == {SONNET, PRO}) is again
    assert (asked.looked_back == set()) is again


def test_failures_do_not_count_as_having_looked() -> None:
    done = remembered(None, dict.fromkeys(Source, Reading()), TODAY)
    state = done
    for number in range(1, 20):
        failing = {Source.INVOCATIONS: Reading(failure=DENIED)}
        state = remembered(state, failing, TODAY + timedelta(days=number))

    (asked,) = requests([EAST], {EAST: state}, LISTED, 100, TODAY + timedelta(days=20))

    assert set(asked.look_back) == {SONNET, PRO}


def test_looking_back_is_done_once_it_has_succeeded() -> None:
    failed = remembered(None, {Source.INVOCATIONS: Reading(failure=DENIED)}, TODAY)
    assert requests([EAST], {EAST: failed}, LISTED, 100, NEXT)[0].look_back

    done = remembered(failed, {Source.INVOCATIONS: Reading()}, NEXT)
    assert not requests([EAST], {EAST: done}, LISTED, 100, NEXT + timedelta(1))[0].look_back


# No failed read may make a model look unused that is not

INVOKABLE = [SONNET, PRO, f"us.{SONNET}", f"global.{SONNET}", "ab12"]


def readings(*of_the_region: str) -> st.SearchStrategy[dict[str, set[str]]]:
    """Draw what a Region gives; what was bought in one can be invoked in no other."""
    invokable = st.sets(st.sampled_from([*INVOKABLE, *of_the_region]))
    failing = st.sets(st.sampled_from([source.value for source in Source]))
    return st.fixed_dictionaries({"invoked": invokable, "agents": invokable, "failing": failing})


def _resources(agents: Iterable[str]) -> dict[Source, list[Resource]]:
    return {
        **ALL_LISTED,
        Source.AGENTS: [Resource(arn("agent", one), one, (one,)) for one in sorted(agents)],
    }


@given(
    st.fixed_dictionaries({EAST: readings(PROVISIONED.arn), WEST: readings(), EUROPE: readings()})
)
def test_no_combination_of_failed_reads_makes_a_used_model_unused(
    world: dict[str, dict[str, set[str]]],
) -> None:
    good, bad = [], []
    for region, one in world.items():
        resources = _resources(one["agents"])
        good.append(read(region, invoked=one["invoked"], resources=resources))
        failing = {Source(source) for source in one["failing"]}
        bad.append(read(region, invoked=one["invoked"], resources=resources, failing=failing))

    truth, seen = use_of(*good), use_of(*bad)

    for key, is_used in truth.items():
        if is_used is not False:
            assert seen[key] is not False, key
        if seen[key]:
            assert is_used, key


def test_rows_keep_their_order() -> None:
    found: tuple[TrackedModel, ...] = with_use(ROWS, {}, 100, TODAY)

    assert [one.key for one in found] == [one.key for one in ROWS]


# Days, failures and calls in any order: what was used within the days that count is never unused


def cloudwatch(
    request: ReadingRequest, called: Mapping[str, date], ids: frozenset[str], today: date
) -> Reading:
    """Answer as CloudWatch does: two weeks by itself, what lies before only when asked by id."""
    asked = (frozenset(request.look_back) | ids) - request.looked_back
    shown = {
        name: last_on
        for name, last_on in called.items()
        if (today - last_on).days <= 14
        or (name in asked and (today - last_on).days < request.look_back_days)
    }
    calls = tuple(Calls(name, last_on, 1) for name, last_on in shown.items())
    return Reading(calls=calls, looked_back=asked)


def answers(
    request: ReadingRequest, called: Mapping[str, date], failing: set[Source], today: date
) -> dict[Source, Reading]:
    listed = {} if Source.SYSTEM_PROFILES in failing else {Source.SYSTEM_PROFILES: SYSTEM}
    ids = frozenset(one.id for found in listed.values() for one in found)
    given_ = {source: Reading(tuple(listed.get(source, ()))) for source in request.sources}
    if Source.INVOCATIONS in given_:
        given_[Source.INVOCATIONS] = cloudwatch(request, called, ids, today)
    throttled = Reading(failure=ReadFailure("ThrottlingException"))
    return {
        source: throttled if source in failing else reading for source, reading in given_.items()
    }


polls = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sets(st.sampled_from([Source.SYSTEM_PROFILES, Source.INVOCATIONS, Source.AGENTS])),
        st.sets(st.sampled_from([SONNET, US_SONNET.id])),
    ),
    max_size=8,
)


@given(polls, st.sampled_from([None, 1, 52, 99]))
def test_no_sequence_of_failures_and_pauses_makes_a_used_model_unused(
    steps: list[tuple[int, set[Source], set[str]]], called_before: int | None
) -> None:
    today = TODAY
    called = {US_SONNET.id: today - timedelta(called_before)} if called_before else {}
    state: RegionUsage | None = None
    for pause, failing, calls in steps:
        today += timedelta(days=pause)
        known = {EAST: state} if state else {}
        for request in requests([EAST], known, LISTED, 100, today):
            state = remember(state, request, answers(request, called, failing, today), today)
        assert state is not None
        everywhere = {EAST: state, WEST: read(WEST), EUROPE: read(EUROPE)}
        rows = with_use(ROWS, uses(ROWS, everywhere, "aws", 100, today), 100, today)
        found = {one.key: one.in_use for one in rows}
        if any(0 < (today - last_on).days < 100 for last_on in called.values()):
            assert found[RowKey(SONNET, EAST)] is not False
        # Made after this poll, and seen on the next day.
        called |= dict.fromkeys(calls, today)
