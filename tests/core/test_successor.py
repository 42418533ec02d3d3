"""Successors: which model of a catalog is named for a dying one, how it was found, or why none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.lifecycle import phase_at
from notifier.model import Capabilities, Lifecycle, Phase, TrackedModel
from notifier.successor import Successor, candidates, successor
from tests.core.cases import DYING, EAST, EUROPE, WEST, at, lifecycle, row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TEXT = Capabilities(("TEXT",), ("TEXT",), ("ON_DEMAND",), streaming=True)
VISION = TEXT._replace(inputs=("IMAGE", "TEXT"))
PICTURES = Capabilities(("IMAGE", "TEXT"), ("IMAGE",), ("ON_DEMAND",))
EMBEDDINGS = Capabilities(("TEXT",), ("EMBEDDING",), ("ON_DEMAND",), streaming=False)
SPEECH = Capabilities(("SPEECH",), ("SPEECH", "TEXT"), ("ON_DEMAND",), streaming=True)
PROFILE = ("INFERENCE_PROFILE",)
NONE: tuple[str, ...] = ()

OLD = "acme.claude-3-sonnet-v1:0"


def listed(  # noqa: PLR0913 (what a catalog says of a model)
    model_id: str,
    can: Capabilities = TEXT,
    regions: Iterable[str] = (EAST,),
    *,
    launched: str | None = "2025-01-01",
    life: Lifecycle | None = None,
    provider: str = "Acme",
    in_use: bool | None = None,
    name: str | None = None,
) -> list[TrackedModel]:
    """Give a model's rows; by default active, undated, for text, in one Region."""
    life = life or lifecycle()
    if launched:
        life = life._replace(start_of_life_at=at(launched))
    found = row(model_id, life=life, name=model_id if name is None else name, provider=provider)
    found = replace(found, capabilities=can, in_use=in_use)
    return [replace(found, region=region) for region in regions]


def dying(  # noqa: PLR0913 (as above)
    model_id: str = OLD,
    can: Capabilities = TEXT,
    regions: Iterable[str] = (EAST,),
    *,
    launched: str | None = "2024-01-01",
    in_use: bool | None = None,
    provider: str = "Acme",
) -> list[TrackedModel]:
    """Give the rows of a model that is Legacy and has all its dates."""
    return listed(
        model_id, can, regions, launched=launched, life=DYING, in_use=in_use, provider=provider
    )


def found(old: list[TrackedModel], *others: list[TrackedModel]) -> Successor:
    """Ask for the successor of a model among others; the model itself is in the catalog too."""
    every = [one for rows in (old, *others) for one in rows]
    return successor(old[0].model_id, old, candidates(every))


NEW = "acme.claude-sonnet-4-5-v1:0"
OPUS = "acme.claude-opus-4-v1:0"


@pytest.mark.parametrize(
    ("old", "others", "expected"),
    [
        pytest.param(
            dying(),
            [listed(NEW)],
            NEW,
            id="a later model with the same words is the successor",
        ),
        pytest.param(
            dying(),
            [listed(NEW), listed("acme.claude-sonnet-5", launched="2026-06-30")],
            "acme.claude-sonnet-5",
            id="of those with the same words the newest",
        ),
        pytest.param(
            dying(),
            [listed(NEW), listed(OPUS, launched="2026-06-30")],
            NEW,
            id="the same words count for more than the newest launch",
        ),
        pytest.param(
            dying(),
            [listed(OPUS), listed("acme.titan-v1:0", launched="2026-06-30")],
            OPUS,
            id="the family counts for more than the newest launch",
        ),
        pytest.param(
            dying(can=VISION),
            [listed(NEW), listed(OPUS, VISION)],
            OPUS,
            id="taking all inputs counts for more than the same words",
        ),
        pytest.param(
            dying(),
            [
                listed(NEW, TEXT._replace(inference_types=PROFILE), launched="2026-01-01"),
                listed("acme.claude-sonnet-4-v1:0"),
            ],
            "acme.claude-sonnet-4-v1:0",
            id="the same way of invoking counts for more than the newest launch",
        ),
        pytest.param(
            dying(),
            [
                listed(NEW, TEXT._replace(streaming=False), launched="2026-01-01"),
                listed("acme.claude-sonnet-4-v1:0"),
            ],
            "acme.claude-sonnet-4-v1:0",
            id="streaming counts for more than the newest launch",
        ),
        pytest.param(
            dying(),
            [
                listed(NEW, TEXT._replace(inference_types=PROFILE)),
                listed("acme.claude-2-sonnet", launched="2023-06-01"),
            ],
            NEW,
            id="with the same words a later model counts for more than the way of invoking",
        ),
        pytest.param(
            dying(),
            [listed(NEW), listed("acme.claude-sonnet-4-v1:0", launched=None)],
            NEW,
            id="one of which the launch is not known counts as the oldest",
        ),
        pytest.param(
            dying("acme.titan-image-generator-v2:0", PICTURES),
            [listed("acme.nova-canvas-v1:0", PICTURES), listed("acme.titan-text-v9:0")],
            "acme.nova-canvas-v1:0",
            id="of another family a later model that does all the same",
        ),
        pytest.param(
            dying("acme.titan-image-generator-v2:0", PICTURES),
            [listed("acme.nova-canvas-v1:0", PICTURES._replace(streaming=False))],
            "acme.nova-canvas-v1:0",
            id="of another family one of which streaming is stated and the old one's is not",
        ),
        pytest.param(
            dying("acme.titan-text-v1"),
            [
                listed("acme.nova-text-v1", launched="2025-01-01"),
                listed("acme.nova-lite-v1", launched="2025-06-01"),
            ],
            "acme.nova-lite-v1",
            id="within another family the newest, as its words mean nothing",
        ),
        pytest.param(
            dying(can=VISION),
            [listed(NEW), listed("acme.titan-v1", VISION), listed("acme.nova-v1", VISION)],
            NEW,
            id="where several other families do more, its own family is kept to",
        ),
        pytest.param(
            dying("acme.llama3-2-11b-instruct"),
            [listed("acme.llama4-scout"), listed("acme.titan-v1", launched="2026-06-30")],
            "acme.llama4-scout",
            id="the version that is written to a word is no part of it",
        ),
        pytest.param(
            dying(launched="2025-01-01", can=TEXT),
            [
                listed("acme.claude-9-opus", launched="2024-06-01"),
                listed(
                    "acme.claude-9-haiku",
                    TEXT._replace(inference_types=PROFILE),
                    launched="2025-06-01",
                ),
            ],
            "acme.claude-9-opus",
            id="with other words the way of invoking counts for more than a later launch",
        ),
        pytest.param(
            dying(regions=[EAST, WEST]),
            [
                listed(NEW, regions=[EAST, WEST], launched="2025-01-01"),
                listed("acme.claude-5-sonnet", launched="2025-06-01"),
            ],
            NEW,
            id="without proven use, too, more Regions count for more than the newest launch",
        ),
        pytest.param(
            dying("acme.embed-english-v3", EMBEDDINGS),
            [listed(NEW), listed("acme.embed-v4:0", EMBEDDINGS)],
            "acme.embed-v4:0",
            id="an embedding model is succeeded by an embedding model",
        ),
        pytest.param(
            dying("acme.nova-reel-v1:0"),
            [listed("acme.nova-reel-v1:1", launched="2024-01-01")],
            "acme.nova-reel-v1:1",
            id="a later revision of the same model is a successor",
        ),
        pytest.param(
            dying("acme.embed-text-v1"),
            [listed("acme.embed-text-v2:0")],
            "acme.embed-text-v2:0",
            id="so is a later version",
        ),
        pytest.param(
            dying("deepcorp.r1-v1:0", provider="DeepCorp"),
            [listed("deepcorp.v3.2", provider="DeepCorp")],
            "deepcorp.v3.2",
            id="ids with nothing but versions are one family",
        ),
        pytest.param(
            dying("acme.x1", provider="Acme Labs, Inc."),
            [listed("acme.x2", provider="ACME Labs Inc"), listed("acme.x3", provider="Other")],
            "acme.x2",
            id="capitals and signs in a provider's name mean nothing",
        ),
        pytest.param(
            dying("acme.x1", provider=""),
            [listed("acme.x2", provider="ACME"), listed("other.x3", provider="Other")],
            "acme.x2",
            id="without a provider its part of the id stands for it",
        ),
    ],
)
def test_the_nearest_model_of_the_same_provider_is_named(
    old: list[TrackedModel], others: list[list[TrackedModel]], expected: str
) -> None:
    assert found(old, *others).model_id == expected


@pytest.mark.parametrize(
    ("old", "others", "reason"),
    [
        pytest.param(
            dying(),
            [listed(NEW, provider="Other")],
            "no other model of Acme is Active with text output in us-east-1;"
            " another provider's would be a guess",
            id="another provider's model is never named",
        ),
        pytest.param(
            dying(),
            [listed(NEW, regions=[WEST])],
            "no other model of Acme is Active with text output in us-east-1;"
            " another provider's would be a guess",
            id="nor one that is in none of its Regions",
        ),
        pytest.param(
            dying(regions=[EAST, WEST]),
            [],
            "no other model of Acme is Active with text output in us-east-1 or us-west-2;"
            " another provider's would be a guess",
            id="the Regions are named as alternatives",
        ),
        pytest.param(
            dying(regions=[f"xx-east-{number}" for number in range(1, 9)]),
            [],
            "no other model of Acme is Active with text output in xx-east-1, xx-east-2 and 6 more;"
            " another provider's would be a guess",
            id="many Regions are cut to a few and a count",
        ),
        pytest.param(
            dying(can=PICTURES),
            [listed(NEW, VISION)],
            "no other model of Acme is Active with image output in us-east-1;"
            " another provider's would be a guess",
            id="a text model cannot succeed an image model",
        ),
        pytest.param(
            dying("acme.command-r-v1:0"),
            [listed("acme.rerank-v3-5:0", TEXT._replace(streaming=False), name="Rerank 3.5")],
            "nothing else of Acme that is Active with text output in us-east-1 is near enough"
            " (Rerank 3.5); another provider's would be a guess",
            id="of another family one that streams differently does another work",
        ),
        pytest.param(
            dying(can=VISION),
            [listed("acme.titan-v1:0", name="Titan")],
            "nothing else of Acme that is Active with text output in us-east-1 is near enough"
            " (Titan); another provider's would be a guess",
            id="of another family one that takes not all inputs is too far",
        ),
        pytest.param(
            dying(launched="2025-01-01"),
            [listed("acme.titan-v1:0", name="Titan")],
            "nothing else of Acme that is Active with text output in us-east-1 is near enough"
            " (Titan); another provider's would be a guess",
            id="of another family one of the same day did not come after it",
        ),
        pytest.param(
            dying(launched=None),
            [listed("acme.titan-v1:0", name="Titan")],
            "nothing else of Acme that is Active with text output in us-east-1 is near enough"
            " (Titan); another provider's would be a guess",
            id="where the launch is not known no other family came after it",
        ),
        pytest.param(
            dying("acme.nova-pro-v1:0"),
            [listed("acme.nova-sonic-v1:0", SPEECH, name="Sonic")],
            "nothing else of Acme that is Active with text output in us-east-1 is near enough"
            " (Sonic); another provider's would be a guess",
            id="a model of the family that takes none of the inputs is too far",
        ),
        pytest.param(
            dying("acme.nova-reel-v1:1"),
            [listed("acme.nova-reel-v1:0")],
            "only earlier versions of it are Active with text output in us-east-1;"
            " another provider's would be a guess",
            id="an earlier revision is no successor",
        ),
        pytest.param(
            dying("acme.embed-text-v2:0"),
            [listed("acme.embed-text-v1")],
            "only earlier versions of it are Active with text output in us-east-1;"
            " another provider's would be a guess",
            id="nor is an earlier version, whatever its launch",
        ),
        pytest.param(
            dying("acme.mixtral-v0:1"),
            [listed("acme.devstral", name="Devstral"), listed("acme.magistral", name="Magistral")],
            "Devstral and Magistral of Acme are equally near: to name one of them would be a guess",
            id="between several other families nothing decides",
        ),
        pytest.param(
            dying("acme.sd3"),
            [listed("acme.stable-a", name="A"), listed("acme.stable-b", name="B")],
            "A and B of Acme are equally near: to name one of them would be a guess",
            id="nor between equals of another family",
        ),
        pytest.param(
            dying("acme.stable-paint"),
            [listed(f"acme.stable-{word}", name=word.title()) for word in ("a", "b", "c", "d")],
            "A, B and 2 more models of Acme are equally near: to name one of them would be a guess",
            id="nor between many equals of the family",
        ),
        pytest.param(
            dying(can=Capabilities()),
            [listed(OPUS)],
            "what it can do is not known, and no other model of Acme is named alike",
            id="where nothing is known of it only the same words may be named",
        ),
        pytest.param(
            dying(can=Capabilities(outputs=("TEXT",))),
            [listed("acme.titan-v1:0", name="Titan")],
            "nothing else of Acme that is Active with text output in us-east-1 is near enough"
            " (Titan); another provider's would be a guess",
            id="where its inputs are not known no other family covers them",
        ),
        pytest.param(
            dying(),
            [listed(NEW, Capabilities())],
            "no other model of Acme is Active with text output in us-east-1;"
            " another provider's would be a guess",
            id="a candidate of which nothing is known covers nothing",
        ),
    ],
)
def test_none_is_named_and_the_reason_is_given(
    old: list[TrackedModel], others: list[list[TrackedModel]], reason: str
) -> None:
    assert found(old, *others) == Successor(None, "", reason)


@pytest.mark.parametrize(
    "life",
    [
        pytest.param(lifecycle("LEGACY"), id="a Legacy model"),
        pytest.param(
            lifecycle("ACTIVE", None, None, "2028-01-01"), id="one with an end-of-life date"
        ),
        pytest.param(lifecycle("ACTIVE", "2027-06-01"), id="one with a Legacy date ahead"),
        pytest.param(
            lifecycle("ACTIVE", None, "2027-06-01"), id="one with an extended-access date ahead"
        ),
        pytest.param(lifecycle("DEPRECATED"), id="one with a status that nobody knows"),
    ],
)
def test_a_model_that_is_retired_anywhere_is_never_named(life: Lifecycle) -> None:
    elsewhere = listed(NEW, regions=[EAST]) + listed(NEW, regions=[EUROPE], life=life)

    assert found(dying(), listed(NEW)).model_id == NEW
    assert found(dying(), listed(NEW, life=life)).model_id is None
    assert found(dying(), elsewhere).model_id is None


def test_a_model_with_an_end_that_cannot_be_read_is_never_named() -> None:
    unread = [replace(one, not_understood={"end_of_life_at": "soon"}) for one in listed(NEW)]
    launch = [replace(one, not_understood={"start_of_life_at": "?"}) for one in listed(NEW)]

    assert found(dying(), unread).model_id is None
    assert found(dying(), launch).model_id == NEW


def test_a_model_is_not_named_where_it_is_missing_or_was_withdrawn() -> None:
    missing = [replace(one, missing_since=at("2026-10-01")) for one in listed(NEW)]
    withdrawn = [
        replace(one, gone_at=at("2026-10-01"), phase=Phase.END_OF_LIFE, missing_since=None)
        for one in listed(NEW)
    ]
    both = dying(regions=[EAST, WEST])

    for absent in (missing, withdrawn):
        assert found(dying(), absent).model_id is None
        named = found(both, absent, listed(NEW, regions=[WEST]))
        assert (named.model_id, named.differences) == (NEW, ("not in us-east-1",))


@pytest.mark.parametrize(
    "variant", [f"{OLD}:8k", "acme.claude-3-sonnet-v1", "acme.claude-3-sonnet-v01:00", OLD]
)
def test_neither_the_model_nor_a_variant_of_it_is_named(variant: str) -> None:
    assert found(dying(), listed(variant)).model_id is None
    assert found(dying(variant), listed(OLD)).model_id is None


def used(**use: bool | None) -> list[TrackedModel]:
    """Give a dying model in two Regions with the use in each."""
    regions = {"east": EAST, "west": WEST}
    return [
        one for where, how in use.items() for one in dying(regions=[regions[where]], in_use=how)
    ]


@pytest.mark.parametrize(
    ("old", "expected", "differences"),
    [
        pytest.param(
            used(east=True, west=True),
            OPUS,
            ("a different model of the family",),
            id="used in both Regions, the one in both is named before the one with the same words",
        ),
        pytest.param(
            used(east=True, west=False), NEW, NONE, id="used in one, Regions not used do not count"
        ),
        pytest.param(
            used(east=True, west=None), NEW, NONE, id="nor do those where use is not known"
        ),
        pytest.param(
            used(east=False, west=None),
            OPUS,
            ("a different model of the family",),
            id="without proven use those count where use is not known",
        ),
        pytest.param(
            used(east=None, west=None),
            NEW,
            ("not in us-west-2",),
            id="where no use is proven the same words come before Regions",
        ),
        pytest.param(
            used(east=False, west=False),
            NEW,
            ("not in us-west-2",),
            id="nor where it is not used at all, and all Regions count",
        ),
    ],
)
def test_the_regions_that_the_account_uses_count(
    old: list[TrackedModel], expected: str, differences: tuple[str, ...]
) -> None:
    named = found(old, listed(NEW), listed(OPUS, regions=[EAST, WEST]))

    assert (named.model_id, named.differences) == (expected, differences)


def test_without_a_model_in_all_regions_the_one_in_most_of_them_is_named() -> None:
    old = dying(regions=[EAST, WEST, EUROPE], in_use=True)
    named = found(old, listed(NEW), listed(OPUS, regions=[WEST, EUROPE]))

    assert named.model_id == OPUS
    assert named.differences[0] == "not in us-east-1"


def test_a_model_counts_only_in_the_regions_where_it_does_the_work() -> None:
    old = dying(regions=[EAST, WEST], in_use=True)
    named = found(old, listed(NEW), listed(NEW, EMBEDDINGS, [WEST]))

    assert (named.model_id, named.differences) == (NEW, ("not in us-west-2",))


@pytest.mark.parametrize(
    ("old", "new", "differences"),
    [
        pytest.param(TEXT, TEXT, NONE, id="the same abilities differ in nothing"),
        pytest.param(TEXT, VISION, NONE, id="more abilities are no loss"),
        pytest.param(VISION, TEXT, ("no image input",), id="an input is lost"),
        pytest.param(
            VISION._replace(inputs=("AUDIO", "IMAGE", "TEXT", "VIDEO")),
            TEXT,
            ("no audio, image and video input",),
            id="several inputs are lost",
        ),
        pytest.param(
            TEXT, TEXT._replace(streaming=False), ("no streaming",), id="streaming is lost"
        ),
        pytest.param(
            TEXT, TEXT._replace(streaming=None), NONE, id="streaming that is not stated is not lost"
        ),
        pytest.param(
            TEXT,
            TEXT._replace(inference_types=PROFILE),
            ("only through an inference profile",),
            id="from on demand to an inference profile",
        ),
        pytest.param(
            TEXT._replace(inference_types=PROFILE),
            TEXT,
            ("only on demand",),
            id="from an inference profile to on demand",
        ),
        pytest.param(
            TEXT._replace(inference_types=("INFERENCE_PROFILE", "ON_DEMAND", "PROVISIONED")),
            TEXT._replace(inference_types=("PROVISIONED",)),
            ("not on demand", "not through an inference profile"),
            id="nothing but provisioned throughput is left",
        ),
        pytest.param(
            TEXT._replace(inference_types=("BATCH", "ON_DEMAND", "PROVISIONED")),
            TEXT,
            ("no provisioned throughput", "no batch inference"),
            id="provisioned throughput and a way that nobody knows are lost",
        ),
        pytest.param(
            TEXT._replace(customizations=("DISTILLATION", "FINE_TUNING")),
            TEXT,
            ("no distillation and fine-tuning",),
            id="customisation is lost",
        ),
        pytest.param(
            TEXT._replace(variants=("200k", "8k")),
            TEXT._replace(variants=("8k",)),
            ("no context variant 200k",),
            id="a context variant is lost",
        ),
        pytest.param(
            TEXT._replace(variants=tuple("abcdefg")),
            TEXT,
            ("no context variant a, b, c, d and 3 more",),
            id="many are cut to a few and a count",
        ),
        pytest.param(
            Capabilities(),
            TEXT,
            ("not compared: what the old model can do is not known",),
            id="nothing is known of the old model",
        ),
        pytest.param(
            Capabilities(outputs=("TEXT",)),
            TEXT,
            ("inputs not compared: those of the old model are not known",),
            id="only the outputs of the old model are known",
        ),
    ],
)
def test_the_differences_that_matter_are_listed(
    old: Capabilities, new: Capabilities, differences: tuple[str, ...]
) -> None:
    named = found(dying(can=old), listed(NEW, new))

    assert (named.model_id, named.differences) == (NEW, differences)


def test_a_difference_in_some_regions_names_them() -> None:
    old = dying(regions=[EAST, WEST])
    profile = TEXT._replace(inference_types=PROFILE)
    named = found(old, listed(NEW), listed(NEW, profile, [WEST]))

    assert named.differences == ("only through an inference profile in us-west-2",)


def test_a_context_variant_is_lost_only_if_it_is_listed_nowhere() -> None:
    wide = TEXT._replace(variants=("200k",))
    old = dying(regions=[EAST, WEST], can=wide)

    assert found(old, listed(NEW), listed(NEW, wide, [WEST])).differences == NONE


@pytest.mark.parametrize(
    ("old_id", "new_id", "launched", "differences"),
    [
        pytest.param(
            "acme.llama3-1-405b-instruct",
            "acme.llama3-3-70b-instruct",
            "2025-01-01",
            ("70B instead of 405B",),
            id="another size",
        ),
        pytest.param(
            "acme.mixtral-8x7b",
            "acme.mixtral-12B",
            "2025-01-01",
            ("12B instead of 8x7B",),
            id="a size of several experts",
        ),
        pytest.param(
            "acme.claude-opus-5",
            "acme.claude-sonnet-4",
            "2023-01-01",
            ("a different model of the family", "launched earlier (2023-01-01)"),
            id="another model of the family, and an older one",
        ),
        pytest.param("acme.x-1b", "acme.x-1b-v2", "2024-01-01", NONE, id="launched the same day"),
        pytest.param(
            "acme.command-r-v1:0",
            "acme.command-r+-v1:0",
            "2025-01-01",
            ("a different model of the family",),
            id="a plus is a word of its own",
        ),
        pytest.param(
            "acme.titan-text-v1",
            "acme.nova-pro",
            "2025-01-01",
            ("a different family",),
            id="family",
        ),
    ],
)
def test_what_the_names_say_is_listed(
    old_id: str, new_id: str, launched: str, differences: tuple[str, ...]
) -> None:
    named = found(dying(old_id), listed(new_id, launched=launched))

    assert (named.model_id, named.differences) == (new_id, differences)


@pytest.mark.parametrize("provider", ["Acme", "Umbrella Works"])
@pytest.mark.parametrize("word", ["Acme", "Umbrella", ""])
def test_words_come_from_the_name_where_the_id_has_none_and_the_provider_is_no_family(
    provider: str, word: str
) -> None:
    def named(model_id: str, name: str, launched: str = "2025-01-01") -> list[TrackedModel]:
        return listed(model_id, name=name, launched=launched, provider=provider)

    old = [replace(one, name=f"{word} Nova Lite") for one in dying("acme.1-v1", provider=provider)]
    pro, lite = named("acme.2-v2", f"{word} Nova Pro"), named("acme.3-v3", "Nova 2 Lite")
    other = named("acme.4-v4", f"{word} Titan", "2026-06-30")
    own = word == "Acme" or word in provider
    expected = "acme.3-v3" if own else "acme.2-v2"

    assert found(old, pro, lite, other).model_id == expected


@pytest.mark.parametrize(
    ("others", "source"),
    [
        pytest.param(
            [listed(NEW), listed(OPUS, launched="2026-06-30")],
            "same family, newest active",
            id="of those with the same words it is the newest",
        ),
        pytest.param(
            [listed(OPUS), listed("acme.titan-v1", launched="2026-06-30")],
            "same family, newest active",
            id="what another family has does not make it older",
        ),
        pytest.param(
            [listed(NEW), listed("acme.claude-sonnet-4")],
            "same family, newest active; as near: acme.claude-sonnet-4-5-v1:0",
            id="an equal is named too",
        ),
        pytest.param([listed(OPUS)], "same family, newest active", id="another model of it"),
        pytest.param(
            [listed(OPUS, VISION, launched="2025-01-01"), listed("acme.claude-haiku", SPEECH)],
            "same family, newest active",
            id="what does not fit does not make it older",
        ),
        pytest.param(
            [listed(OPUS), listed("acme.claude-large-vision", VISION, launched="2026-06-30")],
            "same family, nearest active",
            id="it is not called the newest where another of the family is newer",
        ),
        pytest.param(
            [listed("acme.titan-text-v1")],
            "same provider, another family, newest active",
            id="another family is called so",
        ),
    ],
)
def test_the_source_says_how_it_was_found(others: list[list[TrackedModel]], source: str) -> None:
    assert found(dying(), *others).source == source


def test_a_model_was_launched_when_it_first_was_in_any_region() -> None:
    old = dying(launched="2025-01-01")
    other = listed(NEW, launched="2024-06-01") + listed(NEW, regions=[WEST], launched="2026-01-01")

    assert found(old, other).differences == ("launched earlier (2024-06-01)",)


def test_where_nothing_is_known_of_the_old_model_the_source_says_so() -> None:
    named = found(dying(can=Capabilities()), listed(NEW))

    assert (named.model_id, named.source) == (NEW, "same family, newest active; by its name alone")


def test_a_model_of_which_nothing_is_known_has_no_successor() -> None:
    assert successor("acme.none", [], candidates([])) == Successor(
        None, "", "nothing is known of the model"
    )


def test_the_display_name_is_given_and_text_from_outside_is_made_plain() -> None:
    named = found(dying(), listed(NEW, name="Claude\u202e\nSonnet"))
    unnamed = found(dying(), listed(NEW, name=""))
    nobody = found(dying(can=TEXT._replace(outputs=("A\x00B",)), provider="A\ncme\u202e"))

    assert (named.name, unnamed.name) == ("Claude Sonnet", NEW)
    assert nobody.source.startswith("no other model of A cme is Active with a b output")


WORDS = ("claude", "sonnet", "opus", "nova", "8b", "70b", "v1", "v2:0", "3", "+", "é", "")
texts = st.text(max_size=12)
ids = st.builds(
    "{}.{}".format,
    st.sampled_from(["acme", "other"]),
    st.lists(st.sampled_from(WORDS)).map("-".join),
) | texts.filter(bool)
modalities = st.lists(st.sampled_from(["TEXT", "IMAGE", "SPEECH"]), unique=True).map(
    lambda found: tuple(sorted(found))
)
some_texts = st.lists(texts, max_size=2).map(tuple)
abilities = st.builds(
    Capabilities,
    modalities,
    modalities,
    st.lists(st.sampled_from(["ON_DEMAND", "INFERENCE_PROFILE", "?"]), max_size=2).map(tuple),
    some_texts,
    st.none() | st.booleans(),
    some_texts,
)
lives = st.sampled_from([lifecycle(), lifecycle(), lifecycle(), DYING, lifecycle("LEGACY")])
launches = st.none() | st.integers(0, 1000).map(lambda days: at("2023-01-01") + timedelta(days))


@st.composite
def catalogs(draw: st.DrawFn) -> list[TrackedModel]:
    """Draw rows of a few models; name, provider and launch are the same in all Regions."""
    rows = []
    for model_id in draw(st.lists(ids, min_size=1, max_size=8, unique=True)):
        name, provider = draw(texts), draw(st.sampled_from(["Acme", "acme ", "", "Ö\u202e"]))
        launch = draw(launches)
        for region in draw(st.sets(st.sampled_from([EAST, WEST, EUROPE]), min_size=1)):
            life = draw(lives)._replace(start_of_life_at=launch)
            one = row(model_id, region, life=life, name=name, provider=provider)
            use, missing = draw(st.none() | st.booleans()), draw(st.booleans())
            gone = at("2026-10-01") if missing else None
            rows.append(replace(one, capabilities=draw(abilities), in_use=use, missing_since=gone))
    return rows


def by_id(rows: Iterable[TrackedModel]) -> Mapping[str, list[TrackedModel]]:
    grouped: dict[str, list[TrackedModel]] = {}
    for one in rows:
        grouped.setdefault(one.model_id, []).append(one)
    return grouped


@given(catalogs())
def test_whatever_is_named_may_be_named(rows: list[TrackedModel]) -> None:
    among = candidates(rows)
    models = by_id(rows)

    for model_id, old in models.items():
        named = successor(model_id, old, among)
        assert named.source
        if named.model_id is None:
            assert named.differences == ()
            continue
        new = models[named.model_id]
        assert named.model_id != model_id
        assert all(one.phase is Phase.ACTIVE and one.dates == (None,) * 3 for one in new)
        there = {one.region: one.capabilities for one in new if one.missing_since is None}
        shared = [one for one in old if one.region in there]
        assert any(
            set(one.capabilities.outputs) <= set(there[one.region].outputs) for one in shared
        )


@given(catalogs(), st.randoms(use_true_random=False))
def test_the_order_of_rows_decides_nothing(rows: list[TrackedModel], random: object) -> None:
    among = candidates(rows)
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = candidates(shuffled)
    models, models_shuffled = by_id(rows), by_id(shuffled)

    for model_id in models:
        assert successor(model_id, models[model_id], among) == successor(
            model_id, models_shuffled[model_id], other
        )


@given(catalogs())
def test_a_dying_model_among_the_candidates_changes_nothing(rows: list[TrackedModel]) -> None:
    for model_id, old in by_id(rows).items():
        others = [one for one in rows if one.model_id != model_id]
        assert successor(model_id, old, candidates(rows)) == successor(
            model_id, old, candidates(others)
        )


def test_the_phases_of_these_rows_are_those_of_their_lives() -> None:
    for one in (*dying(), *listed(NEW)):
        assert one.phase is phase_at(one.lifecycle, at("2026-10-20"))
