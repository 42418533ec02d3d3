"""`python -m infra.destroy`: remove the stacks from the account the credentials name."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from infra import cdk_cli, side_stacks
from infra.account import Account, AccountError, identify
from infra.stack_name import STACK_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.side_stacks import SideStack


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, remove, and name what was kept."""
    parser = argparse.ArgumentParser(prog="python -m infra.destroy", description=__doc__)
    parser.add_argument("--yes", action="store_true", help="do not ask before destroying")
    parsed = parser.parse_args(arguments)
    try:
        account = identify(os.environ)
        if not _is_there(account):
            # Those beside it belong to the main stack, which may stand in another Region.
            print(f"There is no {STACK_NAME} in {account}; nothing was removed.", file=sys.stderr)  # noqa: T201
            return 1
        tables = _tables(account)
        beside = _existing(account)
        hub = side_stacks.hub_of(account) if side_stacks.USER_NOTIFICATIONS in beside else None
        if not (parsed.yes or account.is_emulator or _agreed(account, beside)):
            return 1
        reasons = _removed_or_reasons(account, beside)
        cdk_cli.run(
            ["destroy", STACK_NAME, "--exclusively", "--force"],
            account=account,
            settings={},
            environment=os.environ,
            quiet=False,
        )
    except (AccountError, side_stacks.SideStackError, cdk_cli.CdkError) as reason:
        print(reason, file=sys.stderr)  # noqa: T201 - a command line talks
        return 1
    print(_report(account, _left(account, tables), hub))  # noqa: T201
    for line in reasons:
        print(line, file=sys.stderr)  # noqa: T201
    return 1 if reasons else 0


def _existing(account: Account) -> list[SideStack]:
    possible = side_stacks.possible(account.region)
    return [side for side in possible if side_stacks.is_there(account, side)]


def _removed_or_reasons(account: Account, beside: Sequence[SideStack]) -> list[str]:
    """Remove what stands beside the main stack, and return a line for each that will not go."""
    reasons = []
    for side in beside:
        try:
            side_stacks.remove(account, side)
        except side_stacks.SideStackError as error:
            reasons.append(str(error))
    return reasons


def _agreed(account: Account, beside: Sequence[SideStack]) -> bool:
    """Ask a person; unlike a deployment, a removal that nobody agreed to does not happen."""
    if not sys.stdin.isatty():
        print("nobody to ask: say --yes", file=sys.stderr)  # noqa: T201
        return False
    also = "".join(f", and {side.name} from {side.region}" for side in beside)
    question = f"Remove {STACK_NAME} from {account}{also}? [y/N] "
    return input(question).strip().lower() in {"y", "yes"}


def _is_there(account: Account) -> bool:
    client = account.session.client("cloudformation", endpoint_url=account.endpoint)
    try:
        return bool(client.describe_stacks(StackName=STACK_NAME)["Stacks"])
    except ClientError as error:
        if "does not exist" in str(error):
            return False
        message = f"cannot see whether {STACK_NAME} is there: {error}"
        raise AccountError(message) from error


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


def _report(account: Account, left: Sequence[str], hub: str | None) -> str:
    if not left and not hub:
        return f"Removed from {account}; nothing is left."
    lines = [f"Removed from {account}."]
    if left:
        lines += [
            "These tables were kept (retain_data):",
            *(f"  {table}" for table in left),
            "To delete one for good:",
            "  aws dynamodb update-table --no-deletion-protection-enabled --table-name NAME",
            "  aws dynamodb delete-table --table-name NAME",
        ]
    if hub:
        lines += [
            f"The notification hub in {hub} was kept: it is a setting of the account, which other",
            "notifications may rely on. To deploy here again: --set notification_hub_region=",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
