"""Both tables as the package reads and writes them, empty."""

from __future__ import annotations

import boto3
import pytest

from notifier.table import Table


@pytest.fixture
def models(dynamodb_local: str, tables: dict[str, str]) -> Table:
    """Give the models table."""
    client = boto3.resource("dynamodb", endpoint_url=dynamodb_local).meta.client
    return Table(client, tables["ModelsTableName"])


@pytest.fixture
def alerts(dynamodb_local: str, tables: dict[str, str]) -> Table:
    """Give the alerts table."""
    client = boto3.resource("dynamodb", endpoint_url=dynamodb_local).meta.client
    return Table(client, tables["AlertsTableName"])
