"""The tables that the contract tests run over are the stack's."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def test_both_tables_have_the_keys_and_indexes_of_the_contract(
    dynamodb: "DynamoDBClient", tables: dict[str, str]
) -> None:
    assert _keys(dynamodb, tables["ModelsTableName"]) == {
        "": ["model_id", "region"],
        "upcoming": ["horizon", "end_of_life_at"],
    }
    alerts = _keys(dynamodb, tables["AlertsTableName"])
    assert alerts[""] == ["alert_id"]
    assert alerts["by_model"] == ["model_id", "sent_at"]


def test_each_test_has_tables_of_its_own(
    dynamodb: "DynamoDBClient", tables: dict[str, str]
) -> None:
    assert dynamodb.scan(TableName=tables["ModelsTableName"])["Items"] == []


def _keys(dynamodb: "DynamoDBClient", table: str) -> dict[str, list[str]]:
    described = dynamodb.describe_table(TableName=table)["Table"]
    indexes = described.get("GlobalSecondaryIndexes", [])
    return {"": [key["AttributeName"] for key in described["KeySchema"]]} | {
        index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
        for index in indexes
    }
