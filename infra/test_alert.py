"""`python -m infra.test_alert`: send a sample alert through the deployed stack."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.account import Account, AccountError, identify
from infra.stack_name import STACK_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

_TIMEOUT_SECONDS = 150
_SHOWN_OF_REASON = 600


class TestAlertError(RuntimeError):
    """The sample could not be sent. Its text is one line."""

    __test__ = False  # an error, whatever pytest makes of its name


def main(arguments: Sequence[str] | None = None) -> int:
    """Send one sample; say what became of it and what should arrive where."""
    parser = argparse.ArgumentParser(prog="python -m infra.test_alert", description=__doc__)
    parser.parse_args(arguments)
    try:
        account = identify(os.environ)
        print(f"Sending a test alert from {account} …", flush=True)  # noqa: T201 a command line talks
        print(send(account))  # noqa: T201
    except (AccountError, TestAlertError) as reason:
        print(reason, file=sys.stderr)  # noqa: T201
        return 1
    return 0


def send(account: Account) -> str:
    """Invoke the deployed function; give a line about the result. Raises TestAlertError."""
    client = account.session.client(
        "lambda",
        endpoint_url=account.endpoint,
        config=Config(read_timeout=_TIMEOUT_SECONDS, retries={"total_max_attempts": 1}),
    )
    payload = json.dumps({"test_alert": str(uuid4())}).encode()
    try:
        answer = client.invoke(FunctionName=_function(account), Payload=payload)
    except (BotoCoreError, ClientError) as error:
        message = f"the function could not be invoked: {error}"
        raise TestAlertError(message) from error
    told: dict[str, Any] = json.loads(answer["Payload"].read() or b"{}")
    if "FunctionError" in answer:
        reason = str(told.get("errorMessage", told))[:_SHOWN_OF_REASON]
        message = f"the test alert was not sent: {reason}"
        raise TestAlertError(message)
    return _in_words(told)


def _function(account: Account) -> str:
    client = account.session.client("cloudformation", endpoint_url=account.endpoint)
    try:
        (stack,) = client.describe_stacks(StackName=STACK_NAME)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        message = f"no stack {STACK_NAME} in {account}; deploy first: make deploy ({error})"
        raise TestAlertError(message) from error
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
    if "PollFunctionName" not in outputs:
        message = f"the stack {STACK_NAME} is not ready ({stack['StackStatus']}); try again later"
        raise TestAlertError(message)
    return outputs["PollFunctionName"]


def _in_words(told: dict[str, Any]) -> str:
    sent = f"The alerts topic accepted test alert {told['alert_id']}."
    silent = [_UNHEARD[name] for name in told["unheard"]]
    if silent:
        return "\n".join([sent, *silent])
    return f"{sent}\nIt should arrive within a minute; its subject begins with [info] TEST."


_UNHEARD: Final = {
    "sns": (
        "But nobody has confirmed a subscription to the alerts topic, so no mailbox gets it: open "
        "the link in the e-mail from AWS Notifications, then try again."
    ),
    "chat": (
        "But no chat channel reads the chat topic, so none shows it: in the console of Amazon Q "
        "Developer in chat applications, edit the channel, choose the topic (output ChatTopicArn) "
        "and save; then try again."
    ),
}


if __name__ == "__main__":
    sys.exit(main())
