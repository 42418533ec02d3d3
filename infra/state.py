"""The two DynamoDB tables: what is tracked, and what was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

UNSETTLED_INDEX = "unsettled"


class State(Construct):
    """Both tables, on demand, recoverable to any second of the last 35 days."""

    def __init__(self, scope: Construct, id_: str, *, key: kms.IKey | None, retain: bool) -> None:
        """Make the tables; `retain` keeps them when the stack goes and refuses their deletion."""
        super().__init__(scope, id_)
        self._key = key
        self._retain = retain
        self.models = self._table(
            "Models",
            partition="model_id",
            sort="region",
            # Sparse: only rows with an end of life to come carry `horizon`.
            indexes=[_index("upcoming", "horizon", "end_of_life_at")],
            # Only bookkeeping about events of AWS Health carries it; models are never forgotten.
            expires="expires_at",
        )
        self.alerts = self._table(
            "Alerts",
            partition="alert_id",
            indexes=[
                _index("by_model", "model_id", "sent_at"),
                # Sparse and small: what every poll looks at first, and no more than its keys.
                _index(
                    UNSETTLED_INDEX,
                    "unsettled",
                    "decided_at",
                    projection=dynamodb.ProjectionType.KEYS_ONLY,
                ),
            ],
            expires="expires_at",
        )

    def _table(
        self,
        id_: str,
        *,
        partition: str,
        indexes: list[dynamodb.GlobalSecondaryIndexPropsV2],
        sort: str | None = None,
        expires: str | None = None,
    ) -> dynamodb.TableV2:
        recovery = dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True)
        return dynamodb.TableV2(
            self,
            id_,
            partition_key=_text(partition),
            sort_key=_text(sort) if sort else None,
            global_secondary_indexes=indexes,
            time_to_live_attribute=expires,
            billing=dynamodb.Billing.on_demand(),
            encryption=self._encryption(),
            point_in_time_recovery_specification=recovery,
            deletion_protection=self._retain,
            removal_policy=RemovalPolicy.RETAIN if self._retain else RemovalPolicy.DESTROY,
        )

    def _encryption(self) -> dynamodb.TableEncryptionV2:
        if self._key is None:
            return dynamodb.TableEncryptionV2.aws_managed_key()
        return dynamodb.TableEncryptionV2.customer_managed_key(self._key)


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def _index(
    name: str,
    partition: str,
    sort: str,
    projection: dynamodb.ProjectionType = dynamodb.ProjectionType.ALL,
) -> dynamodb.GlobalSecondaryIndexPropsV2:
    return dynamodb.GlobalSecondaryIndexPropsV2(
        index_name=name,
        partition_key=_text(partition),
        sort_key=_text(sort),
        projection_type=projection,
    )
