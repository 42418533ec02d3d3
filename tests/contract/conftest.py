"""The deployed stack's tables, made anew for each test in DynamoDB Local."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import pytest

from local_aws.tables import create_tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PROJECT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    """Synthesise the stack as it is deployed, only without building its functions."""
    # Imported here: it starts a Node process, which most tests need not wait for.
    from aws_cdk import App, Environment, assertions  # noqa: PLC0415

    from infra.config import load  # noqa: PLC0415
    from infra.stack import NotifierStack  # noqa: PLC0415

    context: dict[str, Any] = json.loads((_PROJECT / "cdk.json").read_text())["context"]
    app = App(context=context | {"aws:cdk:bundling-stacks": []})
    region = Environment(region="us-east-1")
    stack = NotifierStack(app, settings=load(context), env=region)
    return dict(assertions.Template.from_stack(stack).to_json())


@pytest.fixture
def dynamodb(dynamodb_local: str) -> "DynamoDBClient":
    """Give a client of DynamoDB Local."""
    return boto3.client("dynamodb", endpoint_url=dynamodb_local)


@pytest.fixture
def tables(dynamodb: "DynamoDBClient", template: dict[str, Any]) -> dict[str, str]:
    """Create empty tables as the stack has them; give their names by stack output."""
    return create_tables(dynamodb, template, prefix=f"{uuid4()}-")
