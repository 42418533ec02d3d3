"""What a month costs: counted calls and units, at AWS's public prices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.measured import Measured

PRICES_AS_OF = "November 2026"
PRICES = {
    # us-east-1, USD, no free tier. https://aws.amazon.com/lambda/pricing/ (arm64)
    "Lambda GB-second": 0.0000133334,
    "Lambda request": 0.20 / 1e6,
    # https://aws.amazon.com/dynamodb/pricing/on-demand/
    "DynamoDB read unit": 0.125 / 1e6,
    "DynamoDB write unit": 0.625 / 1e6,
    "DynamoDB GB-month": 0.25,
    "DynamoDB backup GB-month": 0.20,
    # https://aws.amazon.com/cloudwatch/pricing/
    "CloudWatch metric": 0.30,
    "CloudWatch alarm": 0.10,
    "CloudWatch log GB": 0.50,
    "CloudWatch request": 0.01 / 1e3,
    "CloudWatch dashboard": 3.00,
    # https://aws.amazon.com/sns/pricing/
    "SNS publish": 0.50 / 1e6,
    "SNS e-mail": 2.00 / 1e5,
    # https://aws.amazon.com/eventbridge/pricing/
    "Scheduler invocation": 1.00 / 1e6,
    "EventBridge event": 1.00 / 1e6,
    # https://aws.amazon.com/sqs/pricing/
    "SQS request": 0.40 / 1e6,
    # https://aws.amazon.com/kms/pricing/
    "KMS key": 1.00,
    "KMS request": 0.03 / 1e4,
}
VCPU_AT_MB = 1769
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""

HOURS, DAYS = 720, 30
# Lambda's five pollers ask for 20 seconds each:
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
_SQS_RECEIVES = 5 * 3 * 60 * HOURS
_LOG_BYTES = 2_500
# A guess: DynamoDB, SNS, SQS, Lambda's environment and the log each use the key now and then.
_KEY_USES_OF_A_POLL = 6


@dataclass(frozen=True)
class Month:
    """How a month goes. A busy one has a change each day, a quiet one none."""

    polls: int = HOURS
    usage_reads: int = DAYS
    busy_polls: int = 0
    emails: int = 5
    metrics: int = 2
    alarms: int = 5
    memory_mb: int = 256
    key: bool = False
    dashboard: bool = False


def seconds_at(one: Measured, memory_mb: int) -> float:
    """Estimate what is billed of a cold start: CPU stretched to the share that the memory has.

    Lambda has given more while a function starts, but promises none.
    """
    waiting = max(0.0, one.wall - one.cpu)
    slower: float = max(1.0, VCPU_AT_MB / memory_mb)
    return waiting + (one.cpu + one.import_cpu) * slower


def gb_seconds(one: Measured, memory_mb: int) -> float:
    """Estimate the GB-seconds of one cold start."""
    return seconds_at(one, memory_mb) * memory_mb / 1024


def cheapest_memory(peak_mib: float, sizes: Sequence[int]) -> int:
    """Choose the least memory of which the peak leaves half free."""
    return next((size for size in sizes if peak_mib <= size / 2), sizes[-1])


def bill(
    month: Month, quiet: Measured, usage: Measured, busy: Measured, stored_mb: float
) -> dict[str, float]:
    """Give USD by service, at the size of the account that was measured."""
    rest = month.polls - month.usage_reads - month.busy_polls
    runs = ((quiet, rest), (usage, month.usage_reads), (busy, month.busy_polls))

    def calls(prefix: str) -> float:
        return sum(
            count * times
            for one, times in runs
            for name, count in one.counted.calls.items()
            if name.startswith(prefix)
        )

    price = PRICES
    compute = sum(gb_seconds(one, month.memory_mb) * times for one, times in runs)

    found = {
        "CloudWatch alarms": month.alarms * price["CloudWatch alarm"],
        "CloudWatch custom metrics": month.metrics * price["CloudWatch metric"],
        "SQS (Lambda asking the empty queue)": _SQS_RECEIVES * price["SQS request"],
        "DynamoDB": sum(one.counted.read_units * times for one, times in runs)
        * price["DynamoDB read unit"]
        + sum(one.counted.write_units * times for one, times in runs) * price["DynamoDB write unit"]
        + stored_mb / 1024 * (price["DynamoDB GB-month"] + price["DynamoDB backup GB-month"]),
        "CloudWatch (what is used)": calls("monitoring") * price["CloudWatch request"],
        "Lambda": compute * price["Lambda GB-second"] + month.polls * price["Lambda request"],
        "Logs": month.polls * _LOG_BYTES / 1e9 * price["CloudWatch log GB"],
        "Scheduler, SNS, EventBridge": month.polls * price["Scheduler invocation"]
        + calls("sns") * price["SNS publish"]
        + calls("events") * price["EventBridge event"]
        + month.emails * price["SNS e-mail"],
    }
    if month.key:
        found["KMS"] = price["KMS key"] + month.polls * _KEY_USES_OF_A_POLL * price["KMS request"]
    if month.dashboard:
        found["CloudWatch dashboard"] = price["CloudWatch dashboard"] + price["CloudWatch metric"]
    return found


GROWING = (
    "DynamoDB",
    "CloudWatch (what is used)",
    "Lambda",
    "Logs",
    "Scheduler, SNS, EventBridge",
)
"""What grows with models, Regions, changes or polls; the rest is the same for everybody."""


def variants(month: Month) -> dict[str, Month]:
    """Give the month under other settings."""
    return {
        "default settings": month,
        "usage=false": replace(month, usage_reads=0),
        "poll_rate_minutes=15": replace(month, polls=month.polls * 4),
        "poll_rate_minutes=1440": replace(month, polls=DAYS, usage_reads=DAYS),
        "kms_key=create": replace(month, key=True),
        "user_notifications=true": replace(
            month, metrics=month.metrics + 1, alarms=month.alarms + 1
        ),
        "dashboard=true": replace(month, dashboard=True),
    }
