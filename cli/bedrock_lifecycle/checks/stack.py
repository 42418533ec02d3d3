"""Checks of the stacks: whether they stand, and whether they are of this version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bedrock_lifecycle import VERSION
from bedrock_lifecycle.checks.finding import DEPLOY, State, advice, ok, problem
from notifier.errors import AwsError, aws_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_lifecycle.checks.finding import Commands, Finding
    from bedrock_lifecycle.checks.site import Account, Clients, Site
    from bedrock_lifecycle.deployment import Deployment

STACK: Final = "stack"
VERSION_CHECK: Final = "version"
BOOTSTRAP: Final = "CDK bootstrap"

_BOOTSTRAP_STACK: Final = "CDKToolkit"
_BOOTSTRAP: Final = "npx aws-cdk bootstrap"
_UPGRADE: Final = ("upgrade the stack", "git pull", DEPLOY)
# What the stacks of this CDK ask for; `make deploy` bootstraps anew where there is no stack only.
_OLDEST_BOOTSTRAP: Final = 6


class Standing(NamedTuple):
    """A stack that exists: its status, and its outputs by name."""

    status: str
    outputs: dict[str, str]


def standing(clients: Clients, name: str, region: str | None = None) -> Standing | None:
    """Look for a stack; None where there is none of that name. Raises AwsError."""
    try:
        with aws_call("cloudformation:DescribeStacks"):
            (stack,) = clients.of("cloudformation", region).describe_stacks(StackName=name)[
                "Stacks"
            ]
    except AwsError as error:
        if "does not exist" not in error.message:
            raise
        return None
    return Standing(stack["StackStatus"], _outputs(stack))


def _outputs(stack: dict[str, Any]) -> dict[str, str]:
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}


def is_good(status: str) -> bool:
    """Say whether a stack has become what it was last meant to be."""
    return status.endswith("_COMPLETE") and "ROLLBACK" not in status and "DELETE" not in status


def stack(site: Site) -> Iterator[Finding]:
    """Say whether the main stack is whole."""
    stands = site.deployment
    yield stack_finding(STACK, stands.stack_name, stands.region, stands.status, site.commands)


def stack_finding(check: str, name: str, region: str, status: str, commands: Commands) -> Finding:
    """Judge a stack by its status."""
    where = f"{name} in {region} is {status}"
    if is_good(status):
        return ok(check, where)
    if status.endswith("_IN_PROGRESS"):
        return advice(check, f"{where}: it is being changed", "wait until that is done, and repeat")
    events = commands.aws(
        "cloudformation",
        "describe-stack-events",
        "--stack-name",
        name,
        "--query",
        "StackEvents[?ends_with(ResourceStatus,`FAILED`)].[LogicalResourceId,ResourceStatusReason]",
        "--output",
        "text",
        region=region,
    )
    return problem(
        check,
        f"{where}: the last change of it failed",
        "see why, then deploy again",
        events,
        DEPLOY,
    )


def unfinished_finding(stands: Deployment, commands: Commands) -> Finding:
    """Judge a stack that names no poll function: it was never whole, or is somebody else's."""
    found = stack_finding(STACK, stands.stack_name, stands.region, stands.status, commands)
    if found.state is not State.OK:
        return found
    return problem(
        STACK,
        f"{found.detail}, but is none of Bedrock Lifecycle Notifier",
        "give the right one with --stack-name, --region or --profile",
    )


def version(site: Site) -> Iterator[Finding]:
    """Compare the version that was deployed with that of this command line."""
    yield version_finding(site.variables.get("VERSION"), VERSION)


def version_finding(deployed: str | None, mine: str) -> Finding:
    """Judge the version of the deployed functions; None is of a time before they had one."""
    if deployed == mine:
        return ok(VERSION_CHECK, f"{mine}, the stack and this command line alike")
    if deployed is None:
        return advice(
            VERSION_CHECK,
            f"the stack does not say its version, so it is an early one; this command line: {mine}",
            *_UPGRADE,
        )
    if _number(deployed) > _number(mine):
        return advice(
            VERSION_CHECK,
            f"the stack is {deployed}, this command line only {mine}",
            "take the new command line: from the checkout that was deployed, or with pipx from it",
            "pipx install --force .",
        )
    return advice(
        VERSION_CHECK,
        f"the stack is {deployed}, this command line {mine}",
        *_UPGRADE,
    )


def _number(version: str) -> tuple[int, ...]:
    """Give what a version begins with as numbers, to compare; of anything else nothing."""
    parts = version.split(".")
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()


def bootstrap(account: Account) -> Iterator[Finding]:
    """Look for the stack that the CDK deploys with."""
    yield bootstrap_finding(standing(account.clients, _BOOTSTRAP_STACK), account.region)


def bootstrap_finding(found: Standing | None, region: str) -> Finding:
    """Judge what the CDK needs to deploy: the notifier that stands runs without it."""
    needs = "an upgrade needs it, what stands does not"
    if found is None:
        return advice(
            BOOTSTRAP, f"there is none in {region}; {needs}", "nothing: make deploy does it"
        )
    if not found.status.endswith("E_COMPLETE"):
        return advice(
            BOOTSTRAP,
            f"{_BOOTSTRAP_STACK} in {region} is {found.status}; {needs}",
            "bootstrap anew, which make deploy does too",
            _BOOTSTRAP,
        )
    version = found.outputs.get("BootstrapVersion", "")
    if version.isdigit() and int(version) < _OLDEST_BOOTSTRAP:
        return advice(
            BOOTSTRAP,
            f"version {version} in {region} is too old, {_OLDEST_BOOTSTRAP} is asked for; {needs}",
            "bootstrap anew",
            _BOOTSTRAP,
        )
    return ok(BOOTSTRAP, f"version {version or 'unknown'} in {region}, {found.status}")
