"""The successors that are named for the models of a real catalog, and those for which none is.

The recording stands beside the project and is not part of it; without it these are skipped.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from notifier.lifecycle import fold, phase_at
from notifier.model import Catalog, Dates, Lifecycle, Phase, TrackedModel
from notifier.sources.bedrock import parse_catalog
from notifier.successor import Successor, candidates, successor
from tests.stories.test_replay import RECORDING, recorded_states

pytestmark = pytest.mark.skipif(
    not RECORDING.exists(), reason="the recorded catalog history is not beside the checkout"
)

HAIKU, SONNET = "anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic.claude-sonnet-4-6"
LLAMA_3_3 = "meta.llama3-3-70b-instruct-v1:0"
LLAMA_4 = "meta.llama4-maverick-17b-instruct-v1:0"

# Every model that was on its way out on 2026-04-28, and who is named for it. Where AWS's own page
# recommended one in those months, the family is the same.
NAMED: dict[str, str | None] = {
    "amazon.nova-premier-v1:0": "amazon.nova-2-lite-v1:0",
    "amazon.nova-reel-v1:1": None,
    "amazon.nova-sonic-v1:0": "amazon.nova-2-sonic-v1:0",
    "amazon.titan-image-generator-v2:0": "amazon.nova-canvas-v1:0",
    "anthropic.claude-3-5-haiku-20241022-v1:0": HAIKU,
    "anthropic.claude-3-haiku-20240307-v1:0": HAIKU,
    "anthropic.claude-3-sonnet-20240229-v1:0": SONNET,
    "anthropic.claude-opus-4-20250514-v1:0": "anthropic.claude-opus-4-7",
    "anthropic.claude-sonnet-4-20250514-v1:0": SONNET,
    "cohere.command-r-plus-v1:0": None,
    "cohere.command-r-v1:0": None,
    "meta.llama3-1-405b-instruct-v1:0": LLAMA_3_3,
    "meta.llama3-2-11b-instruct-v1:0": LLAMA_4,
    "meta.llama3-2-1b-instruct-v1:0": LLAMA_3_3,
    "meta.llama3-2-3b-instruct-v1:0": LLAMA_3_3,
    "meta.llama3-2-90b-instruct-v1:0": LLAMA_4,
}
ON = "2026-04-28"


def rows_of(when: str, regions: dict[str, list[dict[str, Any]]]) -> list[TrackedModel]:
    """Give the rows of one recorded state, of unknown use."""
    now = datetime.fromisoformat(when)
    rows = []
    for region, models in regions.items():
        catalog = parse_catalog(region, {"modelSummaries": models})
        assert isinstance(catalog, Catalog)
        for model_id, told in fold(catalog.models, (), now).items():
            life = told.lifecycle or Lifecycle("UNKNOWN")
            rows.append(
                TrackedModel(
                    model_id=model_id,
                    region=region,
                    name=told.name,
                    provider=told.provider,
                    lifecycle=life,
                    phase=phase_at(life, now),
                    reported_by=told.reported_by,
                    first_seen_at=now,
                    last_changed_at=now,
                    not_understood=told.not_understood,
                    capabilities=told.capabilities,
                )
            )
    return rows


@cache
def recorded() -> dict[str, list[TrackedModel]]:
    """Give the rows of every recorded day."""
    return {when[:10]: rows_of(when, regions) for when, regions in recorded_states()}


def answers(rows: list[TrackedModel]) -> dict[str, tuple[list[TrackedModel], Successor]]:
    """Ask for the successor of every model that is on its way out, with its rows."""
    leaving: defaultdict[str, list[TrackedModel]] = defaultdict(list)
    for row in rows:
        if row.phase is not Phase.ACTIVE:
            leaving[row.model_id].append(row)
    among = candidates(rows)
    return {model_id: (old, successor(model_id, old, among)) for model_id, old in leaving.items()}


def test_every_model_on_its_way_out_has_the_successor_that_an_expert_would_name() -> None:
    named = {model_id: new.model_id for model_id, (_, new) in answers(recorded()[ON]).items()}

    assert named == NAMED


def test_each_is_active_without_dates_in_a_region_of_the_old_one_or_none_with_the_reason() -> None:
    for day, rows in recorded().items():
        for model_id, (old, new) in answers(rows).items():
            assert new.source, (day, model_id)
            there = [row for row in rows if row.model_id == new.model_id]
            shared = {row.region for row in there} & {row.region for row in old}
            assert bool(shared) is (new.model_id is not None), (day, model_id)
            for row in there:
                assert row.phase is Phase.ACTIVE, (day, model_id)
                assert row.dates == Dates(), (day, model_id)
                assert row.provider == old[0].provider


@pytest.mark.parametrize(
    ("model_id", "source", "differences"),
    [
        pytest.param(
            "amazon.titan-image-generator-v2:0",
            "same provider, another family, newest active",
            ("not in us-west-2", "a different family"),
            id="Titan Image Generator",
        ),
        pytest.param(
            "anthropic.claude-3-haiku-20240307-v1:0",
            "same family, newest active",
            ("only through an inference profile",),
            id="Claude 3 Haiku",
        ),
        pytest.param(
            "meta.llama3-2-90b-instruct-v1:0",
            "same family, newest active; as near: Llama 4 Scout 17B Instruct",
            ("a different model of the family", "17B instead of 90B"),
            id="Llama 3.2 90B, for which AWS recommended either Llama 4",
        ),
        pytest.param(
            "meta.llama3-1-405b-instruct-v1:0",
            "same family, newest active",
            ("70B instead of 405B",),
            id="Llama 3.1 405B",
        ),
        pytest.param(
            "cohere.command-r-v1:0",
            "nothing else of Cohere that is Active with text output in us-east-1 or us-west-2 is"
            " near enough (Rerank 3.5); another provider's would be a guess",
            (),
            id="Command R, beside which only a reranker is left",
        ),
        pytest.param(
            "amazon.nova-reel-v1:1",
            "only earlier versions of it are Active with video output in us-east-1;"
            " another provider's would be a guess",
            (),
            id="Nova Reel 1.1, of which only 1.0 is Active",
        ),
    ],
)
def test_how_it_was_found_and_what_differs(
    model_id: str, source: str, differences: tuple[str, ...]
) -> None:
    _, found = answers(recorded()[ON])[model_id]

    assert found.source == source
    assert found.differences[: len(differences)] == differences


@pytest.mark.parametrize(
    ("model_id", "expected"),
    [
        ("anthropic.claude-3-7-sonnet-20250219-v1:0", SONNET),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", SONNET),
        ("anthropic.claude-opus-4-1-20250805-v1:0", "anthropic.claude-opus-4-7"),
        ("amazon.titan-embed-image-v1", "amazon.nova-2-multimodal-embeddings-v1:0"),
        ("amazon.titan-embed-text-v1", "amazon.titan-embed-text-v2:0"),
        ("amazon.rerank-v1:0", None),
        ("cohere.embed-multilingual-v3", "cohere.embed-v4:0"),
        ("twelvelabs.marengo-embed-2-7-v1:0", "twelvelabs.marengo-embed-3-0-v1:0"),
        ("stability.sd3-5-large-v1:0", None),
        ("moonshot.kimi-k2-thinking", "moonshotai.kimi-k2.5"),
        ("meta.llama3-70b-instruct-v1:0", LLAMA_3_3),
    ],
)
def test_models_that_were_still_active_would_have_these(
    model_id: str, expected: str | None
) -> None:
    rows = recorded()[ON]
    old = [row for row in rows if row.model_id == model_id]

    assert successor(model_id, old, candidates(rows)).model_id == expected
