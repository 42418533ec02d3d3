"""DynamoDB Local: it starts, has the stack's tables, and leaves nothing behind."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from local_aws.dynamodb_local import DynamoDBLocal
from local_aws.leashed_process import LocalServerError
from local_aws.tables import create_tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TEMPLATE: Final[dict[str, Any]] = {
    "Resources": {
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Models1A2B": {
            "Type": "AWS::DynamoDB::GlobalTable",
            "Properties": {
                "AttributeDefinitions": [
                    {"AttributeName": name, "AttributeType": "S"}
                    for name in ("model_id", "region", "horizon", "end_of_life_at")
                ],
                "KeySchema": [
                    {"AttributeName": "model_id", "KeyType": "HASH"},
                    {"AttributeName": "region", "KeyType": "RANGE"},
                ],
                "BillingMode": "PAY_PER_REQUEST",
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "upcoming",
                        "KeySchema": [
                            {"AttributeName": "horizon", "KeyType": "HASH"},
                            {"AttributeName": "end_of_life_at", "KeyType": "RANGE"},
                        ],
                        "Projection": {"ProjectionType": "ALL"},
                    }
                ],
                "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
                "Replicas": [{"Region": "us-east-1"}],
            },
        },
    },
    "Outputs": {
        "ModelsTableName": {"Value": {"Ref": "Models1A2B"}},
        "AlertsTopicArn": {"Value": {"Ref": "Topic"}},
        "Constant": {"Value": "text"},
    },
}


def client(endpoint_url: str) -> "DynamoDBClient":
    return boto3.client("dynamodb", endpoint_url=endpoint_url)


def test_tables_are_those_of_the_template(dynamodb_local: str) -> None:
    dynamodb = client(dynamodb_local)

    names = create_tables(dynamodb, TEMPLATE, prefix="tables-")

    assert names == {"ModelsTableName": "tables-Models1A2B"}
    table = dynamodb.describe_table(TableName="tables-Models1A2B")["Table"]
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["model_id", "region"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["upcoming"]
    ttl = dynamodb.describe_time_to_live(TableName="tables-Models1A2B")["TimeToLiveDescription"]
    assert ttl["AttributeName"] == "expires_at"


def test_it_is_gone_after_its_context() -> None:
    with DynamoDBLocal() as running:
        endpoint_url = running.endpoint_url
        assert client(endpoint_url).list_tables()["TableNames"] == []

    with pytest.raises(EndpointConnectionError):
        client(endpoint_url).list_tables()


def test_a_missing_jar_is_said_in_one_line_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(LocalServerError, match=r"^DynamoDB Local's jar .* run: make test$"):
        DynamoDBLocal(tools=tmp_path).__enter__()
