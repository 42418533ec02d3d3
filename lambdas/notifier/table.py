"""One DynamoDB table, as far as both of ours need it: plain Python values, errors mapped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notifier.errors import aws_call

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]


class Table:
    """A table behind the `meta.client` of a DynamoDB resource, which speaks plain values."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        """Take the client and the table's name."""
        self._client = client
        self.name = name

    def get(self, key: Mapping[str, str]) -> Item | None:
        """Read one item, consistently."""
        with aws_call("dynamodb:GetItem"):
            answer = self._client.get_item(
                TableName=self.name, Key=dict(key), ConsistentRead=True
            )
        return answer.get("Item")

    def scan(self) -> Iterator[Item]:
        """Read every item, consistently."""
        with aws_call("dynamodb:Scan"):
            pages = self._client.get_paginator("scan").paginate(
                TableName=self.name, ConsistentRead=True
            )
            for page in pages:
                yield from page["Items"]

    def query_index(self, index: str, attribute: str, value: str) -> list[Item]:
        """Read the items that an index holds under one value, in the index's order."""
        with aws_call("dynamodb:Query"):
            pages = self._client.get_paginator("query").paginate(
                TableName=self.name,
                IndexName=index,
                KeyConditionExpression="#key = :value",
                ExpressionAttributeNames={"#key": attribute},
                ExpressionAttributeValues={":value": value},  # type: ignore[dict-item]
            )
            return [item for page in pages for item in page["Items"]]

    def put(
        self,
        item: Item,
        condition: str | None = None,
        names: Mapping[str, str] | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Put an item. Raises ConditionFailedError when the condition does not hold."""
        request: Item = {"TableName": self.name, "Item": item}
        given = {
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
        with aws_call("dynamodb:PutItem"):
            self._client.put_item(**request, **{k: v for k, v in given.items() if v})

    def update(
        self,
        key: Mapping[str, str],
        changes: Mapping[str, Any],
        condition: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Set the attributes in `changes`, and remove those that are None there.

        A dot in a name leads into a map: `channels.sns`. Raises ConditionFailedError when the
        condition does not hold.
        """
        names: dict[str, str] = {}
        given: dict[str, Any] = dict(values or {})
        sets: list[str] = []
        removes: list[str] = []
        for name, value in changes.items():
            path = _path(name, names)
            if value is None:
                removes.append(path)
                continue
            given[f":{len(given)}"] = value
            sets.append(f"{path} = :{len(given) - 1}")
        clauses = (("SET", sets), ("REMOVE", removes))
        request: Item = {
            "UpdateExpression": " ".join(f"{verb} {', '.join(of)}" for verb, of in clauses if of),
            "ExpressionAttributeNames": names,
        }
        if given:
            request["ExpressionAttributeValues"] = given
        if condition:
            request["ConditionExpression"] = condition
        with aws_call("dynamodb:UpdateItem"):
            self._client.update_item(TableName=self.name, Key=dict(key), **request)


def _path(name: str, names: dict[str, str]) -> str:
    """Give the expression for an attribute, noting the placeholders it uses in `names`."""
    placeholders = []
    for part in name.split("."):
        placeholder = f"#{len(names)}"
        names[placeholder] = part
        placeholders.append(placeholder)
    return ".".join(placeholders)
