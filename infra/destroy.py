"""`python -m infra.destroy`: remove the stack from the account the credentials name."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from infra import cdk_cli
from infra.account import Account, AccountError, identify
from infra.stack_name import STACK_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, remove, and name the tables that were kept."""
    parser = argparse.ArgumentParser(prog="python -m infra.destroy", description=__doc__)
    parser.add_argument("--yes", action="store_true", help="do not ask before destroying")
    parsed = parser.parse_args(arguments)
    try:
        account = identify(os.environ)
        tables = _tables(account)
        if not (parsed.yes or account.is_emulator or _agreed(account)):
            return 1
        cdk_cli.run(
            ["destroy", STACK_NAME, "--force"],
            account=account,
            settings={},
            environment=os.environ,
            quiet=False,
        )
    except (AccountError, cdk_cli.CdkError) as reason:
        print(reason, file=sys.stderr)  # noqa: T201 - a command line talks
        return 1
    print(_report(account, _left(account, tables)))  # noqa: T201
    return 0


def _agreed(account: Account) -> bool:
    """Ask a person; unlike a deployment, a removal that nobody agreed to does not happen."""
    if not sys.stdin.isatty():
        print("nobody to ask: say --yes", file=sys.stderr)  # noqa: T201
        return False
    return input(f"Remove {STACK_NAME} from {account}? [y/N] ").strip().lower() in {"y", "yes"}


def _tables(account: Account) -> list[str]:
    """Names of the stack's tables; none when the stack is not there."""
    client = account.session.client("cloudformation", endpoint_url=account.endpoint)
    try:
        stacks = client.describe_stacks(StackName=STACK_NAME)["Stacks"]
    except ClientError:
        return []
    outputs = [output for stack in stacks for output in stack.get("Outputs", [])]
    return [
        output["OutputValue"] for output in outputs if output["OutputKey"].endswith("TableName")
    ]


def _left(account: Account, tables: Sequence[str]) -> list[str]:
    client = account.session.client("dynamodb", endpoint_url=account.endpoint)
    left = []
    for table in tables:
        try:
            client.describe_table(TableName=table)
        except client.exceptions.ResourceNotFoundException:
            continue
        left.append(table)
    return left


def _report(account: Account, left: Sequence[str]) -> str:
    if not left:
        return f"Removed from {account}; nothing is left."
    return "\n".join(
        [
            f"Removed from {account}. These tables were kept (retain_data):",
            *(f"  {table}" for table in left),
            "To delete one for good:",
            "  aws dynamodb update-table --no-deletion-protection-enabled --table-name NAME",
            "  aws dynamodb delete-table --table-name NAME",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
