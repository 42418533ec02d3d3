"""One DynamoDB table, as far as both of ours need it: plain Python values, errors mapped."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import DYNAMODB_CONTEXT, Binary, TypeDeserializer

from notifier.errors import AwsError, ConditionFailedError, aws_call
from notifier.sources.raw_lists import raw_list, read_raw

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
_TRANSACTION_ACTIONS = 100
_BATCH_ITEMS = 25
# The client behind a resource makes plain values of answers, but not of what an error carries.
_PLAIN = TypeDeserializer()


@dataclass(frozen=True, slots=True)
class Update:
    """One item's change: attributes to set, or to remove where None; dots lead into maps.

    `names` stand in the condition for attributes whose names expressions reserve.
    """

    key: Mapping[str, str]
    changes: Mapping[str, Any]
    condition: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def request(self, table: str) -> Item:
        """Give the parameters that UpdateItem and TransactWriteItems share."""
        names: dict[str, str] = {}
        given: dict[str, Any] = dict(self.values)
        sets: list[str] = []
        removes: list[str] = []
        for name, value in self.changes.items():
            path = _path(name, names)
            if value is None:
                removes.append(path)
                continue
            given[f":{len(given)}"] = value
            sets.append(f"{path} = :{len(given) - 1}")
        clauses = (("SET", sets), ("REMOVE", removes))
        optional = {
            "ExpressionAttributeValues": given,
            "ConditionExpression": self.condition,
        }
        return {
            "TableName": table,
            "Key": dict(self.key),
            "UpdateExpression": " ".join(f"{verb} {', '.join(of)}" for verb, of in clauses if of),
            "ExpressionAttributeNames": {**names, **self.names},
            **{name: value for name, value in optional.items() if value},
        }


class Table:
    """A table behind the `meta.client` of a DynamoDB resource, which speaks plain values."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        """Take the client and the table's name."""
        self._client = client
        self.name = name
        read_raw(client, "Scan", "Items")

    def get(self, key: Mapping[str, str]) -> Item | None:
        """Read one item, consistently."""
        with aws_call("dynamodb:GetItem"):
            answer = self._client.get_item(TableName=self.name, Key=dict(key), ConsistentRead=True)
        return answer.get("Item")

    def scan(
        self,
        attributes: Sequence[str] = (),
        where: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> Iterator[Item]:
        """Read every item, or every one for which `where` holds, consistently.

        Of each come all attributes, or only those named.
        """
        names = {f"#{number}": name for number, name in enumerate(attributes)}
        given: Item = {
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": names,
            "FilterExpression": where,
            "ExpressionAttributeValues": values,
        }
        with aws_call("dynamodb:Scan"):
            pages = self._client.get_paginator("scan").paginate(
                TableName=self.name,
                ConsistentRead=True,
                **{name: value for name, value in given.items() if value},
            )
            for page in pages:
                items = raw_list(page, "Items")
                yield from page["Items"] if items is None else map(_plain_item, items)

    def query_index(self, index: str, attribute: str, value: str) -> list[Item]:
        """Read the items that an index holds under one value, in the index's order."""
        with aws_call("dynamodb:Query"):
            pages = self._client.get_paginator("query").paginate(
                TableName=self.name,
                IndexName=index,
                KeyConditionExpression="#key = :value",
                ExpressionAttributeNames={"#key": attribute},
                ExpressionAttributeValues={":value": value},
            )
            return [item for page in pages for item in page["Items"]]

    def query(self, model_id: str) -> list[Item]:
        """Read every item of one `model_id`, consistently."""
        with aws_call("dynamodb:Query"):
            return [item for page in self._items_of(model_id) for item in page["Items"]]

    def count(self, model_id: str) -> int:
        """Count the items of one `model_id`, consistently."""
        with aws_call("dynamodb:Query"):
            return sum(page["Count"] for page in self._items_of(model_id, Select="COUNT"))

    def _items_of(self, model_id: str, **given: Any) -> Iterator[Any]:  # noqa: ANN401 parameters
        pages = self._client.get_paginator("query").paginate(
            TableName=self.name,
            ConsistentRead=True,
            KeyConditionExpression="model_id = :model_id",
            ExpressionAttributeValues={":model_id": model_id},
            **given,
        )
        return iter(pages)

    def put(
        self,
        item: Item,
        condition: str | None = None,
        names: Mapping[str, str] | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Put an item. Raises ConditionFailedError when the condition does not hold."""
        given: Item = {
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
        with aws_call("dynamodb:PutItem"):
            self._client.put_item(
                TableName=self.name,
                Item=item,
                **{name: value for name, value in given.items() if value},
            )

    def delete(self, key: Mapping[str, str]) -> None:
        """Delete one item; one that is not there is no error."""
        with aws_call("dynamodb:DeleteItem"):
            self._client.delete_item(TableName=self.name, Key=dict(key))

    def put_with(self, item: Item, condition: str, other: Table, update: Update) -> None:
        """Put an item here and change one of another table: both, or neither.

        Raises ConditionFailedError when either condition does not hold.
        """
        put = {"TableName": self.name, "Item": item, "ConditionExpression": condition}
        actions = [{"Put": put}, {"Update": update.request(other.name)}]
        with aws_call("dynamodb:TransactWriteItems"):
            self._client.transact_write_items(TransactItems=actions)  # type: ignore[arg-type]

    def put_all(self, items: Sequence[Item]) -> None:
        """Put items unconditionally, many to a call. Raises AwsError when some cannot be."""
        for start in range(0, len(items), _BATCH_ITEMS):
            self._put_batch(items[start : start + _BATCH_ITEMS])

    def _put_batch(self, items: Sequence[Item]) -> None:
        requests = [{"PutRequest": {"Item": item}} for item in items]
        with aws_call("dynamodb:BatchWriteItem"):
            answer = self._client.batch_write_item(RequestItems={self.name: requests})  # type: ignore[dict-item]
        for left in answer.get("UnprocessedItems", {}).get(self.name, []):
            # Throttled in part: PutItem retries with back-off, as botocore does for it.
            self.put(dict(left["PutRequest"]["Item"]))

    def update(
        self,
        key: Mapping[str, str],
        changes: Mapping[str, Any],
        condition: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Change one item. Raises ConditionFailedError when the condition does not hold."""
        self._update(Update(key, changes, condition, values or {}))

    def take(
        self,
        key: Mapping[str, str],
        changes: Mapping[str, Any],
        condition: str,
        values: Mapping[str, Any],
    ) -> Item | None:
        """Change one item; give the item that stood in the way when the condition does not hold.

        It is the one that the condition saw. Read afterwards, it could have changed again.
        """
        request = Update(key, changes, condition, values).request(self.name)
        try:
            with aws_call("dynamodb:UpdateItem"):
                self._client.update_item(**request, ReturnValuesOnConditionCheckFailure="ALL_OLD")
        except ConditionFailedError as refusal:
            found = refusal.found or {}
            return {name: _PLAIN.deserialize(value) for name, value in found.items()}
        return None

    def _update(self, update: Update) -> None:
        with aws_call("dynamodb:UpdateItem"):
            self._client.update_item(**update.request(self.name))

    def update_all(self, updates: Sequence[Update]) -> list[AwsError]:
        """Change many items, a hundred to a call; give what failed, each on its own.

        A transaction that is refused is done again one by one, so that one bad item, or one
        whose condition does not hold, holds up no other.
        """
        errors: list[AwsError] = []
        for start in range(0, len(updates), _TRANSACTION_ACTIONS):
            chunk = updates[start : start + _TRANSACTION_ACTIONS]
            if len(chunk) == 1 or not self._update_together(chunk):
                errors += self._update_singly(chunk)
        return errors

    def _update_together(self, updates: Sequence[Update]) -> bool:
        actions = [{"Update": update.request(self.name)} for update in updates]
        try:
            with aws_call("dynamodb:TransactWriteItems"):
                self._client.transact_write_items(TransactItems=actions)  # type: ignore[arg-type]
        except AwsError:
            return False  # What is wrong with which shows when each is tried alone.
        return True

    def _update_singly(self, updates: Iterable[Update]) -> list[AwsError]:
        errors = []
        for update in updates:
            try:
                self._update(update)
            except AwsError as error:
                errors.append(error)
        return errors


def _path(name: str, names: dict[str, str]) -> str:
    """Give the expression for an attribute, noting the placeholders it uses in `names`."""
    placeholders = []
    for part in name.split("."):
        placeholder = f"#{len(names)}"
        names[placeholder] = part
        placeholders.append(placeholder)
    return ".".join(placeholders)


def _plain_item(item: Mapping[str, Any]) -> Item:
    # Four of five values are strings.
    return {name: value["S"] if "S" in value else _plain(value) for name, value in item.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 whatever DynamoDB holds
    """Give what boto3 gives; the kinds that rows are made of without the detour through it."""
    for kind, held in value.items():
        match kind:
            case "S" | "BOOL":
                return held
            case "N":
                return DYNAMODB_CONTEXT.create_decimal(held)
            case "M":
                return _plain_item(held)
            case "L":
                return [_plain(one) for one in held]
            case "B":
                return Binary(base64.b64decode(held))
            case "BS":
                return {Binary(base64.b64decode(one)) for one in held}
    return _PLAIN.deserialize(value)
