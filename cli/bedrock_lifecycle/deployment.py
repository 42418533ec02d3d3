"""The deployed stack as the command line sees it: its outputs, its tables and its functions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config
from pydantic import ValidationError

from bedrock_lifecycle.access import CALLS
from bedrock_lifecycle.errors import CommandError
from notifier.errors import AwsError, aws_call
from notifier.ledger import Ledger
from notifier.settings import Settings
from notifier.snapshot import Snapshot
from notifier.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boto3 import Session

    from bedrock_lifecycle.access import Access

_SHOWN_OF_REASON: Final = 600
# Longer than the function may run, and once: a second attempt would be a second invocation.
_INVOCATION: Final = Config(read_timeout=150, retries={"total_max_attempts": 1})


@dataclass(frozen=True)
class Deployment:
    """A main stack that stands. `outputs` are those of CloudFormation, by name."""

    session: Session
    stack_name: str
    status: str
    outputs: Mapping[str, str]

    @property
    def region(self) -> str:
        """The Region that the stack stands in."""
        return str(self.session.region_name)

    @cached_property
    def models(self) -> Table:
        """The models table."""
        return self._table("ModelsTableName")

    @cached_property
    def snapshot(self) -> Snapshot:
        """The models table as the notifier's memory."""
        return Snapshot(self.models)

    @cached_property
    def ledger(self) -> Ledger:
        """The alerts table."""
        return Ledger(self._table("AlertsTableName"))

    @cached_property
    def variables(self) -> Mapping[str, str]:
        """What the poll function is told. Raises AwsError."""
        client = self.session.client("lambda", config=CALLS)
        with aws_call("lambda:GetFunctionConfiguration"):
            answer = client.get_function_configuration(FunctionName=self.output("PollFunctionName"))
        variables: Mapping[str, str] = answer.get("Environment", {}).get("Variables", {})
        return variables

    @cached_property
    def settings(self) -> Settings:
        """The settings that the stack was deployed with. Raises AwsError, CommandError."""
        return settings_from(self.variables)

    def output(self, name: str) -> str:
        """Give one output. Raises CommandError where the stack has none of that name."""
        if name not in self.outputs:
            raise CommandError(
                f"the stack {self.stack_name} in {self.region} has no output {name} "
                f"({self.status}); is it one of Bedrock Lifecycle Notifier, and whole?"
            )
        return self.outputs[name]

    def invoke(self, event: Mapping[str, object]) -> dict[str, Any]:
        """Invoke the poll function and give its answer. Raises AwsError, CommandError."""
        client = self.session.client("lambda", config=_INVOCATION)
        with aws_call("lambda:InvokeFunction"):
            answer = client.invoke(
                FunctionName=self.output("PollFunctionName"), Payload=json.dumps(event).encode()
            )
        told: dict[str, Any] = json.loads(answer["Payload"].read() or b"{}")
        if "FunctionError" in answer:
            reason = str(told.get("errorMessage", told))[:_SHOWN_OF_REASON]
            raise CommandError(f"the function failed: {reason}")
        return told

    def _table(self, output: str) -> Table:
        resource = self.session.resource("dynamodb", config=CALLS)
        return Table(resource.meta.client, self.output(output))


class NoStackError(CommandError):
    """There is no stack of that name: `what` says where, `mend` what to do."""

    def __init__(self, what: str, mend: str) -> None:
        """Keep both apart, and say them as one line."""
        super().__init__(f"{what}; {mend}")
        self.what = what
        self.mend = mend


def settings_from(variables: Mapping[str, str]) -> Settings:
    """Read the settings that a function is told. Raises CommandError."""
    try:
        return Settings.model_validate_json(variables.get("SETTINGS", "{}"))
    except ValidationError as error:
        raise CommandError(
            "this command line cannot read the settings of the deployed stack; take the version "
            "that was deployed, or deploy this one: make deploy"
        ) from error


def find(access: Access) -> Deployment:
    """Find the stack. Raises NoStackError where there is none, AwsError where nobody may ask."""
    session = access.session()
    try:
        with aws_call("cloudformation:DescribeStacks"):
            client = session.client("cloudformation", config=CALLS)
            (stack,) = client.describe_stacks(StackName=access.stack_name)["Stacks"]
    except AwsError as error:
        if "does not exist" not in error.message:
            raise
        account_id = access.caller(session).account_id
        raise NoStackError(
            f"there is no stack {access.stack_name} in account {account_id} in "
            f"{session.region_name}",
            "look elsewhere with --region, --profile or --stack-name, or deploy it: "
            "make deploy EMAIL=you@example.com",
        ) from error
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
    return Deployment(session, access.stack_name, stack["StackStatus"], outputs)
