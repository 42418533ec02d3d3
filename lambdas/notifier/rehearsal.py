"""A poll that tells nobody and leaves nothing behind: it reads and decides as any other.

The pipeline is the same. Only the tables take no write, and nothing is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from notifier.delivery import Delivery, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from notifier.errors import AwsError
    from notifier.ledger import Record
    from notifier.snapshot import Lease


class _Unwritten:
    """A DynamoDB client that only reads: every write is let by as if its condition held."""

    def __init__(self, client: DynamoDBClient) -> None:
        self.meta = client.meta
        self.get_item = client.get_item
        self.get_paginator = client.get_paginator

    def _nothing(self, **_: Any) -> dict[str, Any]:  # noqa: ANN401 whatever would be written
        return {}

    put_item = update_item = delete_item = _nothing
    transact_write_items = batch_write_item = _nothing


def unwritten(client: DynamoDBClient) -> DynamoDBClient:
    """Give a client for tables that stay as they are, whatever is written."""
    return cast("DynamoDBClient", _Unwritten(client))


class Rehearsal(Delivery):
    """Takes for told every alert that would be sent.

    But for those of the outbox: their rows, in the table, still look as if nobody had decided.
    """

    def deliver(
        self,
        records: Iterable[Record],
        lease: Lease,  # noqa: ARG002 nothing is claimed
        now: datetime,  # noqa: ARG002 nothing is marked
        down: dict[str, AwsError],  # noqa: ARG002 nothing can fail
    ) -> list[Outcome]:
        """Send nothing."""
        return [Outcome(one, told=self.ledger.get(one.alert_id) is None) for one in records]
