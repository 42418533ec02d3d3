"""A scan past botocore gives what boto3 gives, of whatever an item may hold."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from notifier.errors import AwsError
from notifier.table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.contract

KINDS: dict[str, Any] = {
    "text": "Ünïcode, \u202e and \U0001f600",
    "empty": "",
    "number": Decimal("1.50"),
    "large": 10**37,
    "yes": True,
    "no": False,
    "nothing": None,
    "bytes": b"\x00\xff",
    "map": {"a": {"b": [1, "two", None, {"c": b"3"}]}, "S": "a name like a kind"},
    "empty map": {},
    "list": [],
    "words": {"a", "b"},
    "numbers": {1, 2},
    "blobs": {b"a", b"b"},
}


@pytest.fixture
def others(dynamodb_local: str) -> DynamoDBClient:
    """Give a client that no table of ours has changed."""
    return boto3.resource("dynamodb", endpoint_url=dynamodb_local).meta.client


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_read_as_boto3_reads_it(
    models: Table, others: DynamoDBClient, kind: str
) -> None:
    models.put({"model_id": "acme.1", "region": "us-east-1", "held": KINDS[kind]})

    (found,) = models.scan()

    (expected,) = others.scan(TableName=models.name)["Items"]
    assert found == expected
    assert type(found["held"]) is type(expected["held"])


def test_a_scan_of_many_pages_gives_every_item_once(models: Table, others: DynamoDBClient) -> None:
    """A page of DynamoDB ends at 1 MB."""
    models.put_all(
        [{"model_id": f"acme.{n}", "region": "us-east-1", "held": "x" * 300_000} for n in range(10)]
    )
    assert "LastEvaluatedKey" in others.scan(TableName=models.name)

    assert sorted(item["model_id"] for item in models.scan()) == [f"acme.{n}" for n in range(10)]


def test_two_tables_behind_one_client_are_both_read(
    dynamodb_local: str, tables: dict[str, str]
) -> None:
    client = boto3.resource("dynamodb", endpoint_url=dynamodb_local).meta.client
    models = Table(client, tables["ModelsTableName"])
    alerts = Table(client, tables["AlertsTableName"])
    models.put({"model_id": "acme.1", "region": "us-east-1"})
    alerts.put({"alert_id": "one"})

    assert list(models.scan()) == [{"model_id": "acme.1", "region": "us-east-1"}]
    assert list(alerts.scan()) == [{"alert_id": "one"}]


def test_a_scan_that_is_refused_says_so_as_any_other_call(models: Table) -> None:
    models.name = "no-such-table"

    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        list(models.scan())
