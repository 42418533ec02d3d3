"""Checks of the command line itself: as whom it asks, and whether it understands the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import botocore

from bedrock_lifecycle.checks.finding import advice, ok, problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from bedrock_lifecycle.checks.finding import Finding
    from bedrock_lifecycle.checks.site import Account

CREDENTIALS: Final = "credentials"
DATE_FIELDS: Final = "date fields"

_DATES: Final = ("legacyTime", "publicExtendedAccessTime", "endOfLifeTime")
_OLDEST: Final = "1.42.60"


def credentials(account: Account) -> Iterator[Finding]:
    """Say who asks, and in which Region."""
    yield region_finding(account.region, account.bedrock_regions, account.caller.arn)


def region_finding(region: str, known: Collection[str], arn: str) -> Finding:
    """Judge the Region by those in which botocore knows Bedrock."""
    who = f"{arn}, in {region}"
    if region in known:
        return ok(CREDENTIALS, who)
    return advice(
        CREDENTIALS,
        f"{who}, where this command line knows of no Bedrock; other Regions are polled from there",
        "nothing, if the stack is meant to stand there; else give --region",
    )


def date_fields(account: Account) -> Iterator[Finding]:
    """Look whether the service model of Bedrock that this command line uses has the dates."""
    model = account.clients.of("bedrock").meta.service_model
    lifecycle = model.shape_for("FoundationModelLifecycle")
    yield date_fields_finding(lifecycle.members, botocore.__version__)


def date_fields_finding(known: Collection[str], version: str) -> Finding:
    """Judge the fields of a model's lifecycle that botocore knows: it drops all others."""
    missing = [name for name in _DATES if name not in known]
    if not missing:
        return ok(
            DATE_FIELDS,
            f"botocore {version} of this command line knows them; the deployed function has its "
            "own, which was checked when it was built",
        )
    return problem(
        DATE_FIELDS,
        f"botocore {version} of this command line drops {', '.join(missing)}, so scan sees no "
        "dates; the deployed function has its own and is not concerned",
        "upgrade boto3 where this command line is installed, here or with pipx",
        f"pip install --upgrade 'boto3>={_OLDEST}'",
        "pipx upgrade bedrock-lifecycle-notifier",
    )
