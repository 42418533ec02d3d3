"""What a public recorder saw over eleven weeks, poll after poll, and all that must be said of it.

The recording stands beside the project and is not part of it; without it these are skipped.
"""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from notifier.model import Catalog
from notifier.sources.bedrock import parse_catalog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world import World

RECORDING = Path(__file__).parents[3] / "shared" / "data" / "catalog_history.jsonl.gz"

pytestmark = pytest.mark.skipif(
    not RECORDING.exists(), reason="the recorded catalog history is not beside the checkout"
)


def recorded_states() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each recorded time with its catalog per Region."""
    with gzip.open(RECORDING, "rt") as lines:
        for line in lines:
            state = json.loads(line)
            regions: dict[str, list[dict[str, Any]]] = {}
            for entry in state["models"]:
                for region in entry["regions"]:
                    regions.setdefault(region, []).append(_as_botocore_gives(entry))
            yield state["observed_at"], regions


def _as_botocore_gives(entry: dict[str, Any]) -> dict[str, Any]:
    lifecycle = {
        name: datetime.fromisoformat(value) if name.endswith("Time") else value
        for name, value in entry["modelLifecycle"].items()
    }
    return {**entry, "modelLifecycle": lifecycle}


CLAUDE_3_SONNET = "anthropic.claude-3-sonnet-20240229-v1:0"
CLAUDE_3_5_SONNET = "anthropic.claude-3-5-sonnet-20240620-v1:0"
CLAUDE_3_5_SONNET_V2 = "anthropic.claude-3-5-sonnet-20241022-v2:0"
COMMAND_R, COMMAND_R_PLUS = "cohere.command-r-v1:0", "cohere.command-r-plus-v1:0"
LLAMA_3_2 = {f"meta.llama3-2-{size}-instruct-v1:0" for size in ("11b", "1b", "3b", "90b")}
LLAMA_3_1_405B = "meta.llama3-1-405b-instruct-v1:0"
LLAMAS_OF_MARCH = {LLAMA_3_1_405B: 2, **dict.fromkeys(LLAMA_3_2, 1)}

Told = tuple[str, str | None, dict[str, int]]

# Every message the eleven weeks call for: its kind, its milestone date, and for each model the
# number of Regions. Days that are not here must be silent.
TOLD: dict[str, list[Told]] = {
    "2026-02-08": [
        (
            "BASELINE",
            None,
            {
                "anthropic.claude-v2:0": 2,
                "anthropic.claude-v2:1": 3,
                "anthropic.claude-3-opus-20240229-v1:0": 2,
                CLAUDE_3_SONNET: 8,  # where only its 200k variant says so
                CLAUDE_3_5_SONNET: 1,
                CLAUDE_3_5_SONNET_V2: 1,
                "anthropic.claude-3-7-sonnet-20250219-v1:0": 14,
                "anthropic.claude-instant-v1:2": 2,
                "anthropic.claude-opus-4-20250514-v1:0": 3,
            },
        )
    ],
    # Gone from us-west-2 on the 20th, confirmed a poll later.
    "2026-02-21": [("MODEL_WITHDRAWN", None, {"anthropic.claude-3-opus-20240229-v1:0": 1})],
    "2026-02-26": [
        (
            "MODEL_WITHDRAWN",
            None,
            {
                "anthropic.claude-v2:0": 1,
                "anthropic.claude-v2:1": 2,
                "anthropic.claude-instant-v1:2": 1,
            },
        )
    ],
    # Left eu-west-2 on 02-25, was back on 02-26, left again on 02-28, and came back on 03-07.
    "2026-03-04": [("MODEL_WITHDRAWN", None, {CLAUDE_3_SONNET: 1})],
    "2026-03-07": [("RETURNED_TO_ACTIVE", None, {CLAUDE_3_SONNET: 1})],
    "2026-03-20": [("ENTERED_LEGACY", None, {CLAUDE_3_SONNET: 4, COMMAND_R: 2, COMMAND_R_PLUS: 2})],
    # Only its 200k variant says so.
    "2026-03-21": [("ENTERED_LEGACY", None, {"anthropic.claude-3-haiku-20240307-v1:0": 6})],
    # Of Llama 3.2 only the 128k variants, each in one Region; the models follow on 04-01.
    "2026-03-28": [("ENTERED_LEGACY", "2026-07-07", LLAMAS_OF_MARCH)],
    "2026-03-31": [("MODEL_WITHDRAWN", None, {CLAUDE_3_5_SONNET: 3, CLAUDE_3_5_SONNET_V2: 2})],
    "2026-04-01": [
        ("DEADLINE", "2026-04-07", LLAMAS_OF_MARCH),  # 6 days left: the rung of 7
        (
            "EXTENDED_ACCESS_STARTED",
            "2026-05-31",
            {"anthropic.claude-opus-4-20250514-v1:0": 3},
        ),
        ("ENTERED_LEGACY", "2026-06-19", {"anthropic.claude-3-5-haiku-20241022-v1:0": 3}),
        ("ENTERED_LEGACY", "2026-06-30", {"amazon.titan-image-generator-v2:0": 2}),
        ("DATES_CHANGED", "2026-08-19", {COMMAND_R: 2, COMMAND_R_PLUS: 2}),
        ("DATES_CHANGED", "2026-09-10", {"anthropic.claude-3-haiku-20240307-v1:0": 6}),
        ("ENTERED_LEGACY", "2026-09-14", {"amazon.nova-premier-v1:0": 3}),
        ("ENTERED_LEGACY", "2026-09-30", {"amazon.nova-reel-v1:1": 1}),
    ],
    "2026-04-03": [
        (
            "RETURNED_TO_ACTIVE",
            None,
            {CLAUDE_3_SONNET: 4, "anthropic.claude-3-7-sonnet-20250219-v1:0": 14},
        ),
        ("ENTERED_LEGACY", "2026-09-14", {"amazon.nova-sonic-v1:0": 3}),
    ],
    "2026-04-09": [("EXTENDED_ACCESS_STARTED", "2026-07-07", LLAMAS_OF_MARCH)],
    "2026-04-10": [("DATES_CHANGED", "2026-07-30", {CLAUDE_3_SONNET: 8})],
    "2026-04-24": [
        ("DEADLINE", "2026-05-19", {COMMAND_R: 2, COMMAND_R_PLUS: 2}),  # 25 days: rung 30
        ("DEADLINE", "2026-06-19", {"anthropic.claude-3-5-haiku-20241022-v1:0": 3}),  # rung 60
        ("ENTERED_LEGACY", "2026-10-14", {"anthropic.claude-sonnet-4-20250514-v1:0": 15}),
    ],
    "2026-04-26": [("MODEL_WITHDRAWN", None, {"amazon.titan-tg1-large": 2})],
}

# What was told within 14 days for other Regions, and so waits for the digest.
DEFERRED: dict[str, dict[str, int]] = {
    "2026-02-25": {"anthropic.claude-3-opus-20240229-v1:0": 1},
    "2026-02-28": {
        "anthropic.claude-v2:0": 1,
        "anthropic.claude-v2:1": 1,
        "anthropic.claude-instant-v1:2": 1,
    },
    "2026-03-07": {CLAUDE_3_SONNET: 1},
    "2026-04-01": {
        "meta.llama3-2-11b-instruct-v1:0": 2,
        "meta.llama3-2-1b-instruct-v1:0": 5,
        "meta.llama3-2-3b-instruct-v1:0": 5,
        "meta.llama3-2-90b-instruct-v1:0": 2,
        CLAUDE_3_5_SONNET: 1,
    },
    "2026-04-03": {CLAUDE_3_5_SONNET: 2, CLAUDE_3_5_SONNET_V2: 1},
    "2026-04-09": {
        "meta.llama3-2-11b-instruct-v1:0": 2,
        "meta.llama3-2-1b-instruct-v1:0": 5,
        "meta.llama3-2-3b-instruct-v1:0": 5,
        "meta.llama3-2-90b-instruct-v1:0": 2,
    },
}


def test_eleven_recorded_weeks_say_exactly_what_they_should(world: World) -> None:
    told: dict[str, list[Told]] = {}
    deferred: dict[str, dict[str, int]] = {}
    for when, regions in recorded_states():
        for region, models in regions.items():
            catalog = parse_catalog(region, {"modelSummaries": models})
            assert isinstance(catalog, Catalog)
            world.regions[region] = list(catalog.models)
        day = when[:10]
        told[day] = [_as_told(document) for document in world.poll(when)]
        deferred[day] = _deferred_on(world, day)
        assert world.summary is not None
        assert world.summary.reasons_to_fail == []
        assert world.poll(when) == []  # delivered again by the schedule
        assert world.summary.outcome == "already completed"

    assert {day: messages for day, messages in told.items() if messages} == TOLD
    assert {day: rows for day, rows in deferred.items() if rows} == DEFERRED
    assert world.topic.accepted == world.bus.accepted
    _nothing_was_said_twice(world)


def _as_told(document: dict[str, Any]) -> Told:
    models = {entry["model_id"]: len(entry["regions"]) for entry in document["models"]}
    return document["kind"], document["milestone_date"], models


def _deferred_on(world: World, day: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in world.items("Models"):
        if row.get("deferred", {}).get("on") == day:
            counts[row["model_id"]] = counts.get(row["model_id"], 0) + 1
    return counts


def _nothing_was_said_twice(world: World) -> None:
    ids = [document["alert_id"] for document in world.topic.accepted]
    assert len(ids) == len(set(ids))
