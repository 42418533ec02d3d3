"""What the functions have in common: how they run, what they are told, and what telling takes."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from infra.asset import Target
    from infra.config import Settings
    from infra.state import State
    from infra.topics import Topics

METRICS_NAMESPACE: Final = "BedrockLifecycleNotifier"
TIMEOUT: Final = Duration.minutes(2)

# Of the checkout that is deployed from, which need not be installed as a package.
_PYPROJECT: Final = Path(__file__).resolve().parent.parent / "pyproject.toml"

# What the functions need to know of the settings; the rest is the stack's business.
_SCOPE_SETTINGS: Final = ("alert_on", "usage", "used_within_days", "watch", "ignore")
_FUNCTION_SETTINGS: Final = (
    *_SCOPE_SETTINGS,
    "regions",
    "poll_rate_minutes",
    "reminder_hour_utc",
    "inactivity_days",
    "announce_new_models",
    "reminders_end_of_life",
    "reminders_extended_access",
    "reminders_legacy",
    "health_events",
    "user_notifications",
    "dashboard",
)


def log_group(scope: Construct, key: kms.IKey | None) -> logs.LogGroup:
    """Make the function's log: the tables are the record, logs are for the last weeks."""
    return logs.LogGroup(
        scope,
        "Logs",
        retention=logs.RetentionDays.THREE_MONTHS,
        encryption_key=key,
        removal_policy=RemovalPolicy.DESTROY,
    )


def function(  # noqa: PLR0913 - what a function is made of, each given by name
    scope: Construct,
    *,
    description: str,
    handler: str,
    role: iam.Role,
    log: logs.LogGroup,
    variables: Mapping[str, str],
    key: kms.IKey | None,
    code: lambda_.Code,
    target: Target,
    memory_mb: int = 256,
) -> lambda_.Function:
    """Make one of the functions that share the asset. With more memory it has more of a CPU."""
    return lambda_.Function(
        scope,
        "Function",
        description=description,
        handler=handler,
        code=code,
        runtime=target.runtime,
        architecture=target.architecture,
        timeout=TIMEOUT,
        memory_size=memory_mb,
        role=role,
        log_group=log,
        environment_encryption=key,
        environment=dict(variables),
    )


def variables(service: str, *, settings: Settings, state: State, topics: Topics) -> dict[str, str]:
    """Return what a function is told. `service` sets its logs and metrics apart."""
    chosen = settings.model_dump(mode="json", include=set(_FUNCTION_SETTINGS))
    chosen["has_email"] = settings.has_email
    chat = {"CHAT_TOPIC_ARN": topics.chat.topic_arn} if topics.chat else {}
    return {
        **reading_variables(service, settings=settings, state=state),
        **chat,
        "ALERTS_TOPIC_ARN": topics.alerts.topic_arn,
        "EVENT_BUS": settings.event_bus_arn or "default",
        "SETTINGS": json.dumps(chosen, sort_keys=True),
        "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
        # For whoever compares what is deployed with what is at hand; no function reads it.
        "VERSION": _version(),
    }


def reading_variables(service: str, *, settings: Settings, state: State) -> dict[str, str]:
    """Return what a function is told that only reads the tables and tells nobody."""
    chosen = settings.model_dump(mode="json", include=set(_SCOPE_SETTINGS))
    return {
        "MODELS_TABLE": state.models.table_name,
        "ALERTS_TABLE": state.alerts.table_name,
        "SETTINGS": json.dumps(chosen, sort_keys=True),
        "POWERTOOLS_SERVICE_NAME": service,
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


def _version() -> str:
    document = tomllib.loads(_PYPROJECT.read_text(encoding="utf-8"))
    version: str = document["project"]["version"]
    return version


def role(scope: Construct, log: logs.LogGroup) -> iam.Role:
    """Make a role for a function, which may write that log and do nothing else."""
    made = iam.Role(scope, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    log.grant_write(made)
    return made


def allow(
    role: iam.Role,
    actions: Sequence[str],
    resource: str,
    *,
    conditions: Mapping[str, Mapping[str, object]] | None = None,
) -> None:
    """Grant exactly these actions on exactly this resource."""
    iam.Grant.add_to_principal(
        grantee=role,
        actions=list(actions),
        resource_arns=[resource],
        conditions=conditions,
    )


def allow_telling(role: iam.Role, *, settings: Settings, state: State, topics: Topics) -> None:
    """Allow what it takes to decide an alert, send it and record that it was sent."""
    allow(
        role,
        [
            "dynamodb:BatchWriteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
        ],
        state.alerts.table_arn,
    )
    for topic in topics.told:
        allow(role, ["sns:Publish"], topic.topic_arn)
    default_bus = Stack.of(role).format_arn(
        service="events", resource="event-bus", resource_name="default"
    )
    allow(role, ["events:PutEvents"], settings.event_bus_arn or default_bus)


def dead_letters(scope: Construct, id_: str, *, key: kms.IKey | None) -> sqs.Queue:
    """Make a queue in which messages end, and are kept for as long as SQS keeps any."""
    made = queue(scope, id_, key=key, retention=Duration.days(14))
    Validations.of(made).acknowledge(
        Acknowledgment(
            id="AwsSolutions-SQS3",
            reason="It is itself where undeliverable messages end; an alarm watches it.",
        )
    )
    return made


def queue(  # noqa: PLR0913 - a queue is these things
    scope: Construct,
    id_: str,
    *,
    key: kms.IKey | None,
    retention: Duration,
    visibility_timeout: Duration | None = None,
    dead_letter_queue: sqs.DeadLetterQueue | None = None,
) -> sqs.Queue:
    """Make a queue that refuses what does not come over TLS and is encrypted in any case."""
    return sqs.Queue(
        scope,
        id_,
        enforce_ssl=True,
        retention_period=retention,
        visibility_timeout=visibility_timeout,
        dead_letter_queue=dead_letter_queue,
        encryption=sqs.QueueEncryption.KMS if key else sqs.QueueEncryption.SQS_MANAGED,
        encryption_master_key=key,
    )


def acknowledge_wildcards(role: iam.Role, reasons: Mapping[str, str]) -> None:
    """Say why the role may use these resources, whose names are patterns."""
    Validations.of(role).acknowledge(
        *(
            Acknowledgment(id=f"AwsSolutions-IAM5[Resource::{resource}]", reason=reason)
            for resource, reason in reasons.items()
        )
    )
