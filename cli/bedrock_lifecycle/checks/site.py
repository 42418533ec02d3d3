"""What the checks share: the account, the stack, and what several of them need to have read."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from bedrock_lifecycle.access import CALLS
from bedrock_lifecycle.deployment import settings_from
from notifier.errors import aws_call

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import ThreadPoolExecutor
    from datetime import datetime

    from boto3 import Session

    from bedrock_lifecycle.access import Caller
    from bedrock_lifecycle.checks.finding import Commands
    from bedrock_lifecycle.deployment import Deployment
    from notifier.ledger import Ledger
    from notifier.settings import Settings
    from notifier.snapshot import State


class Resource(NamedTuple):
    """One resource of a stack; `name` is its physical id."""

    kind: str
    name: str


class Clients:
    """Clients of one session, made once each: clients may be shared by threads, a session not."""

    def __init__(self, session: Session) -> None:
        """Take the session."""
        self._session = session
        self._lock = Lock()
        self._made: dict[tuple[str, str | None], Any] = {}

    def of(self, service: str, region: str | None = None) -> Any:  # noqa: ANN401 whichever client
        """Give a client, in the session's Region or another one."""
        with self._lock:
            if (service, region) not in self._made:
                made = self._session.client(service, region_name=region, config=CALLS)  # type: ignore[call-overload]
                self._made[service, region] = made
            return self._made[service, region]


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks, where and when."""

    caller: Caller
    region: str
    now: datetime
    commands: Commands
    clients: Clients
    bedrock_regions: frozenset[str]


class Site:
    """The deployed stack, and what several checks need to have read of it.

    That is read at once and in the background. Whoever asks for it waits, and gets the AwsError if
    it could not be read.
    """

    def __init__(self, account: Account, deployment: Deployment, pool: ThreadPoolExecutor) -> None:
        """Begin to read."""
        self.account = account
        self.deployment = deployment
        self.commands = account.commands
        self.now = account.now
        self._making = Lock()
        self._function = pool.submit(self._read_function)
        self._resources = pool.submit(self.resources_of, deployment.stack_name)
        self._state = pool.submit(self._read_state)

    @property
    def function(self) -> Mapping[str, Any]:
        """The configuration of the poll function."""
        return self._function.result()

    @property
    def variables(self) -> Mapping[str, str]:
        """What the poll function is told."""
        variables: Mapping[str, str] = self.function.get("Environment", {}).get("Variables", {})
        return variables

    @property
    def settings(self) -> Settings:
        """The settings that the stack was deployed with. Raises CommandError."""
        return settings_from(self.variables)

    @property
    def state(self) -> State:
        """What the notifier remembers."""
        return self._state.result()

    @property
    def ledger(self) -> Ledger:
        """The alerts table."""
        # It makes a client at first, which only one thread may do at a time.
        with self._making:
            return self.deployment.ledger

    def names(self, kind: str) -> list[str]:
        """Give the physical ids of the stack's resources of one type, in order."""
        return sorted(one.name for one in self._resources.result() if one.kind == kind)

    def client(self, service: str, region: str | None = None) -> Any:  # noqa: ANN401 whichever client
        """Give a client that other checks may have used before."""
        return self.account.clients.of(service, region)

    def resources_of(self, stack: str, region: str | None = None) -> list[Resource]:
        """List the resources of a stack. Raises AwsError."""
        pages = self.client("cloudformation", region).get_paginator("list_stack_resources")
        with aws_call("cloudformation:ListStackResources"):
            return list(_resources(pages.paginate(StackName=stack)))

    def _read_state(self) -> State:
        with self._making:
            snapshot = self.deployment.snapshot
        return snapshot.read()

    def _read_function(self) -> Mapping[str, Any]:
        name = self.deployment.output("PollFunctionName")
        with aws_call("lambda:GetFunctionConfiguration"):
            told: Mapping[str, Any] = self.client("lambda").get_function_configuration(
                FunctionName=name
            )
        return told


def _resources(pages: Any) -> Iterator[Resource]:  # noqa: ANN401 botocore's pages
    for page in pages:
        for one in page["StackResourceSummaries"]:
            # A resource that is not made yet, or no longer, has no physical id.
            if "PhysicalResourceId" in one and not one["ResourceStatus"].startswith("DELETE_C"):
                yield Resource(one["ResourceType"], one["PhysicalResourceId"])
