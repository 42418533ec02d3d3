"""A world for each story, over the stack's tables in DynamoDB Local."""

import boto3
import pytest

from tests.world import World


@pytest.fixture
def world(dynamodb_local: str, tables: dict[str, str]) -> World:
    """Give a world with empty tables."""
    resource = boto3.resource("dynamodb", endpoint_url=dynamodb_local)
    return World(resource.meta.client, tables)
