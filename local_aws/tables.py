"""Make the tables of a synthesized stack, so that tests run over what is deployed."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TABLE: Final = "AWS::DynamoDB::GlobalTable"


def create_tables(
    client: "DynamoDBClient",
    template: Mapping[str, Any],
    *,
    prefix: str = "",
) -> dict[str, str]:
    """Create every table of the template; give its name by the stack output that names it.

    A prefix sets the tables of one test apart from those of another.
    """
    names = {logical_id: prefix + logical_id for logical_id, _ in _tables(template)}
    for logical_id, properties in _tables(template):
        _create(client, names[logical_id], properties)
    return {
        output: names[logical_id]
        for output, logical_id in _references(template)
        if logical_id in names
    }


def _tables(template: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == _TABLE:
            yield logical_id, resource["Properties"]


def _references(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for output, description in template.get("Outputs", {}).items():
        match description["Value"]:
            case {"Ref": str(logical_id)}:
                yield output, logical_id


def _create(client: "DynamoDBClient", name: str, properties: Mapping[str, Any]) -> None:
    arguments: dict[str, Any] = {
        "TableName": name,
        "AttributeDefinitions": properties["AttributeDefinitions"],
        "KeySchema": properties["KeySchema"],
        # A test has no traffic to plan for, whatever the stack pays by.
        "BillingMode": "PAY_PER_REQUEST",
    }
    if indexes := properties.get("GlobalSecondaryIndexes"):
        known = ("IndexName", "KeySchema", "Projection")
        arguments["GlobalSecondaryIndexes"] = [
            {key: index[key] for key in known} for index in indexes
        ]
    client.create_table(**arguments)
    if ttl := properties.get("TimeToLiveSpecification"):
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
