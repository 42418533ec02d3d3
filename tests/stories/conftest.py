"""A world for each story, over the stack's tables in DynamoDB Local."""

import boto3
import pytest

from tests.contract.conftest import (  # noqa: F401
    dynamodb,
    tables,
    template,
)
from tests.world import World


@pytest.fixture
def world(dynamodb_local: str, tables: dict[str, str]) -> World:  # noqa: F811
    """Give a world with empty tables."""
    resource = boto3.resource("dynamodb", endpoint_url=dynamodb_local)
    return World(resource.meta.client, tables)
