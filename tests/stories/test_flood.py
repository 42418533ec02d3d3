"""Thousands of models at once, of which every word is an attack."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final

from notifier.model import Catalog
from notifier.sources.bedrock import parse_catalog
from tests.world import EAST, WEST, World, at, model

if TYPE_CHECKING:
    from notifier.model import Failure

# Ten thousand take a minute, and are part of `make proof`.
MANY: Final = 10_000 if os.environ.get("PROOF") else 2_000
MOST_BYTES: Final = 256 * 1024


def _hostile(number: int) -> dict[str, Any]:
    return {
        "modelId": f"evil.model-{number:05}<b>'\";--",
        "modelName": f"<script>\u202e*_`{number}\r\n\x00" + "x" * 300,
        "providerName": "Evil",
        "modelLifecycle": {"status": "LEGACY", "endOfLifeTime": at("2026-12-01")},
    }


def _read(answer: Catalog | Failure) -> Catalog:
    assert isinstance(answer, Catalog)
    return answer


def test_thousands_of_hostile_models_neither_stop_the_poll_nor_overflow_a_message(
    world: World,
) -> None:
    keeper = model("acme.keeper-v1:0")
    world.regions.update({EAST: [keeper], WEST: [keeper]})
    world.poll("2026-10-01")
    flood = _read(parse_catalog(WEST, {"modelSummaries": [_hostile(n) for n in range(MANY)]}))
    world.regions[WEST] = [keeper, *flood.models]

    told = world.poll("2026-10-20")

    assert {document["kind"] for document in told} == {"ENTERED_LEGACY"}
    sizes = [len(json.dumps(one, ensure_ascii=False).encode()) for one in told]
    assert max(sizes) < MOST_BYTES
    listed = sum(len(one["models"]) + one["models_omitted"] for one in told)
    assert listed == MANY
    rows = [row for row in world.items("Models") if row["model_id"].startswith("evil.")]
    assert len(rows) == MANY
    assert {row["told"]["phase"] for row in rows} == {"LEGACY"}
    assert world.poll("2026-10-20T11:00:00Z") == []
