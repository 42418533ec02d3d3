"""Which tracked models an event concerns, however it names them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.affected import Affected, Names, affected
from notifier.evidence import Resolver
from notifier.health_event import Entity
from notifier.model import Lifecycle, Phase, RowKey, TrackedModel
from notifier.usage import Reading, RegionUsage, Resource, Source
from tests.health_events import health_event

EAST, WEST = "us-east-1", "us-west-2"
OPUS_4, OPUS_41 = "anthropic.claude-opus-4-v1:0", "anthropic.claude-opus-4-1-v1:0"
HAIKU, NOVA = "anthropic.claude-3-haiku-v1:0", "amazon.nova-premier-v1:0"
CLAUDE, LARGE = "anthropic.claude-v2", "mistral.large-v1:0"
NAMES = {
    OPUS_4: "Claude Opus 4",
    OPUS_41: "Claude Opus 4.1",
    HAIKU: "Claude 3 Haiku",
    NOVA: "Nova Premier",
    CLAUDE: "Claude",
    LARGE: "Mistral Large",
}
PROFILE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"
MODEL_ARN = "arn:aws:bedrock:{}::foundation-model/{}"


def row(model_id: str, region: str) -> TrackedModel:
    now = datetime(2026, 10, 1, tzinfo=UTC)
    return TrackedModel(
        model_id=model_id,
        region=region,
        name=NAMES[model_id],
        provider="P",
        lifecycle=Lifecycle("ACTIVE"),
        phase=Phase.ACTIVE,
        reported_by=(model_id,),
        first_seen_at=now,
        last_changed_at=now,
    )


ROWS = [row(model_id, region) for model_id in NAMES for region in (EAST, WEST)]
USAGE = {
    EAST: RegionUsage(
        EAST,
        date(2026, 10, 1),
        {
            Source.SYSTEM_PROFILES: Reading(
                (
                    Resource(
                        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.opus",
                        "US Opus",
                        (MODEL_ARN.format(EAST, OPUS_41), MODEL_ARN.format(WEST, OPUS_41)),
                        id="us.opus",
                        depends=False,
                    ),
                )
            ),
            Source.APPLICATION_PROFILES: Reading(
                (Resource(PROFILE, "ours", (MODEL_ARN.format(EAST, HAIKU),), id="abc"),)
            ),
        },
    )
}
BOTH = {EAST, WEST}


def find(text: str = "", *entities: str, region: str = EAST) -> dict[str, set[str]]:
    """Give the Regions of each model that is found."""
    event = health_event(
        region=region,
        description=text,
        entities=tuple(Entity(one) for one in entities) or None,
    )
    resolver = Resolver([one.key for one in ROWS], USAGE, "aws")
    found: dict[str, set[str]] = {}
    for model_id, where in affected(event, Names(ROWS), resolver).rows:
        found.setdefault(model_id, set()).add(where)
    return found


@pytest.mark.parametrize(
    ("entity", "found"),
    [
        pytest.param(HAIKU, {HAIKU: {EAST}}, id="an id, in the event's Region"),
        pytest.param(f" {HAIKU}\n", {HAIKU: {EAST}}, id="with spaces around it"),
        pytest.param(f"{NOVA}:8k", {NOVA: {EAST}}, id="a context variant"),
        pytest.param(MODEL_ARN.format(WEST, HAIKU), {HAIKU: {WEST}}, id="an ARN, in its Region"),
        pytest.param(MODEL_ARN.format("", HAIKU), {HAIKU: BOTH}, id="an ARN without a Region"),
        pytest.param(
            MODEL_ARN.format("eu-north-1", HAIKU),
            {HAIKU: {EAST}},
            id="an ARN of a Region where it is not tracked",
        ),
        pytest.param("us.opus", {OPUS_41: BOTH}, id="a system-defined profile, where it leads"),
        pytest.param(PROFILE, {HAIKU: {EAST}}, id="an application profile by its ARN"),
        pytest.param(f"us.{HAIKU}", {HAIKU: {EAST}}, id="a profile nobody could list, by its id"),
        pytest.param("Claude 3 Haiku", {HAIKU: {EAST}}, id="a name"),
        pytest.param("claude 3  HAIKU", {HAIKU: {EAST}}, id="a name written otherwise"),
        pytest.param("Claude", {}, id="the name of a family"),
        pytest.param("i-abcd1111", {}, id="something else"),
        pytest.param("123456789012", {}, id="the account"),
        pytest.param("", {}, id="nothing"),
    ],
)
def test_an_entity_stands_for(entity: str, found: dict[str, set[str]]) -> None:
    assert find("", entity) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(f"{HAIKU} is being retired.", {HAIKU}, id="an id"),
        pytest.param(f"Retired: {HAIKU}, ({NOVA}).", {HAIKU, NOVA}, id="ids between punctuation"),
        pytest.param("Claude 3 Haiku will be retired.", {HAIKU}, id="a name"),
        pytest.param("Claude Opus 4.1 will be retired.", {OPUS_41}, id="4.1 is not 4"),
        pytest.param("Claude Opus 4 will be retired.", {OPUS_4}, id="4 is not 4.1"),
        pytest.param("Claude Opus 4. Then more.", {OPUS_4}, id="the end of a sentence"),
        pytest.param("Mistral Large 3 will be retired.", set(), id="another version of a name"),
        pytest.param("Claude models will be retired.", set(), id="a family"),
        pytest.param(
            "Claude 3 Haiku will be retired. We recommend Claude Opus 4.1.",
            {HAIKU},
            id="what is recommended is not retired",
        ),
        pytest.param(
            "Claude 3 Haiku ends; we recommend that you use Claude Opus 4.1 instead.",
            {HAIKU},
            id="not even in the same sentence",
        ),
        pytest.param(
            "Claude Opus 4.1 is the recommended replacement for Claude 3 Haiku.",
            set(),
            id="of a sentence about where to go nobody can tell what goes",
        ),
        pytest.param(
            "Claude 3 Haiku ends.\nWe recommend one of these:\n- Claude Opus 4.1\n- Nova Premier",
            {HAIKU},
            id="nor what stands in a list below it",
        ),
        pytest.param(
            "Claude 3 Haiku will no longer be available.", {HAIKU}, id="what is available no more"
        ),
        pytest.param(
            "These models retire:\n- Claude 3 Haiku\n- Nova Premier",
            {HAIKU, NOVA},
            id="a list of what goes",
        ),
        pytest.param(
            "Claude 3 Haiku retires. Claude Opus 4.1 is not affected.", {HAIKU}, id="what stays"
        ),
        pytest.param(
            "Claude 3 Haiku ends on 2027-04-08. Please migrate your work to Claude Opus 4.1.",
            {HAIKU},
            id="nor what to migrate to",
        ),
    ],
)
def test_without_entities_the_text_speaks_of(text: str, found: set[str]) -> None:
    assert find(text) == {model_id: {EAST} for model_id in found}
    assert find(text, "123456789012") == {model_id: {EAST} for model_id in found}


AGENT = "arn:aws:bedrock:us-east-1:123456789012:agent/A1"


def look(text: str, *entities: str) -> Affected:
    """Give all that is found of a lifecycle event."""
    entities_named = tuple(Entity(one) for one in entities) or None
    event = health_event(description=text, entities=entities_named)
    agents = Reading((Resource(AGENT, "support-bot", (HAIKU,), id="A1"),))
    usage = {EAST: RegionUsage(EAST, date(2026, 10, 1), {Source.AGENTS: agents})}
    return affected(event, Names(ROWS), Resolver([one.key for one in ROWS], usage, "aws"))


def test_what_happens_to_an_agent_need_not_happen_to_its_model() -> None:
    alone, named = look("Your agent's runtime ends.", AGENT), look(f"{HAIKU} retires.", AGENT)

    assert look("Your agent's runtime ends.", "A1").models == frozenset()
    assert alone.models == frozenset()
    assert alone.others == (Entity(AGENT),)
    assert named.models == {HAIKU}
    assert named.others == ()


@pytest.mark.parametrize(
    ("text", "entities", "is_dated"),
    [
        ("A model retires.", (HAIKU,), True),
        ("Claude 3 Haiku retires.", (), True),
        ("Claude 3 Haiku and Nova Premier retire.", (), False),
        ("Claude 3 Haiku retires. We recommend Nova Premier.", (), False),
    ],
    ids=[
        "an entity",
        "the one model of a text",
        "two models of a text",
        "a text that names another as well",
    ],
)
def test_the_dates_hold_where_it_is_sure_which_model_is_meant(
    text: str, entities: tuple[str, ...], *, is_dated: bool
) -> None:
    found = look(text, *entities)

    assert HAIKU in found.models
    assert (found.dates.end_of_life == date(2027, 4, 8)) is is_dated


@pytest.mark.parametrize("text", ["a:" * 10_000, "move " * 4_000, "enter " * 4_000, "8 " * 10_000])
def test_a_hostile_text_names_nothing(text: str) -> None:
    found = look(text, *([text[:1_224]] * 100))

    assert (found.rows, len(found.others)) == (frozenset(), 100)


def test_where_entities_name_models_the_text_adds_none() -> None:
    assert find("Claude Opus 4 has another date.", HAIKU) == {HAIKU: {EAST}}


def test_a_region_where_the_model_is_not_tracked_means_it_everywhere() -> None:
    assert find("", HAIKU, region="eu-west-1") == {HAIKU: BOTH}
    assert find("", HAIKU, region="global") == {HAIKU: BOTH}


def test_what_stands_for_no_model_is_kept() -> None:
    event = health_event(entities=(Entity(HAIKU), Entity("i-1", "PENDING")))
    resolver = Resolver([one.key for one in ROWS], {}, "aws")

    found = affected(event, Names(ROWS), resolver)

    assert found.rows == {RowKey(HAIKU, EAST)}
    assert found.others == (Entity("i-1", "PENDING"),)


@given(st.text(), st.lists(st.text()))
def test_any_text_can_be_searched(text: str, entities: list[str]) -> None:
    find(text, *entities)
