"""Lives drawn at random, each poll of which must say what the contract says.

The oracle has a second opinion on every poll. Where the contract leaves something open, it accepts
each reading of it; these places are marked `Open` there.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from uuid import uuid4

import boto3
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from local_aws.tables import create_tables
from tests.model.machine import Lives
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.contract

PROOF, CI = "PROOF" in os.environ, "CI" in os.environ
LIVES = 1700 if PROOF else 90 if CI else 10
STEPS_IN_A_LIFE = 30


def test_every_poll_of_a_life_says_what_the_contract_says(
    dynamodb_local: str,
    dynamodb: DynamoDBClient,
    template: dict[str, Any],
    record_property: Callable[[str, object], None],
) -> None:
    resource = boto3.resource("dynamodb", endpoint_url=dynamodb_local)
    tables = create_tables(dynamodb, template, prefix=f"{uuid4()}-")

    def empty_world() -> World:
        world = World(resource.meta.client, tables)
        for table, key in (("Models", ("model_id", "region")), ("Alerts", ("alert_id",))):
            with resource.Table(tables[f"{table}TableName"]).batch_writer() as batch:
                for item in world.items(table):
                    batch.delete_item(Key={name: item[name] for name in key})
        return world

    Lives.world_of = staticmethod(empty_world)
    Lives.steps.clear()
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=LIVES,
            stateful_step_count=STEPS_IN_A_LIFE,
            deadline=None,
            derandomize=CI and not PROOF,
            # Making a failing life smaller takes hours over DynamoDB Local; all it did is printed.
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )
    record_property("steps", Lives.steps.total())
    assert not CI or Lives.steps.total() >= 2000
