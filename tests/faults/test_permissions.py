"""What each function may do is what it calls: nothing is missing, and nothing is left over.

The calls are those that leave the functions in a story in which every part of them has something
to do. What the policies allow is read from the synthesised template.
"""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import pytest

from infra.botocore_data import CALLED
from local_aws.gateway import publish_in
from notifier import dashboard
from tests.faults.account import ALERTS, ALERTS_TOPIC, EAST, MODELS, Function
from tests.faults.story import SCENES, afterwards
from tests.template.stacks import allowed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.faults.account import Account
    from tests.faults.wire import Sent

pytestmark = [
    pytest.mark.contract,
    # Powertools says so of a sample, which measures nothing.
    pytest.mark.filterwarnings("ignore:No application metrics"),
]

# With chat and the dashboard, and without a key of the account's own, whose use is no call.
VARIANT: Final = "chat and dashboard"
BY_LAMBDA: Final = {
    # A function's log, and what becomes of the events that it was given, are Lambda's business.
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
}
TOPICS: Final = {True: "<TopicsAlerts>", False: "<TopicsChat>"}
TABLES: Final = {MODELS: "<StateModels>", ALERTS: "<StateAlerts>"}
BUS: Final = f"arn:aws:events:{EAST}:<AWS::AccountId>:event-bus/default"
# IAM has no action for a transaction: each part of it needs its own.
PARTS: Final = {"Put": "dynamodb:PutItem", "Update": "dynamodb:UpdateItem"}

May = set[tuple[str, str]]


@pytest.fixture(scope="module")
def calls(account: Account) -> dict[Function, list[Sent]]:
    """Play the whole story, and a sample; give what each function called."""
    found: dict[Function, list[Sent]] = {Function.POLL: [], Function.HEALTH: []}
    for scene in SCENES.values():
        function = Function.HEALTH if scene.invokes is Function.HEALTH else Function.POLL
        account.set(scene)
        assert account.invoke(scene) == 1
        found[function] += account.wire.sent
        for poll in afterwards(scene):
            account.set(poll)
            assert account.invoke(poll) == 1
            found[Function.POLL] += account.wire.sent
    sample = replace(scene, event={"test_alert": "token"})
    assert account.invoke(sample) == 1, account.last_error
    found[Function.POLL] += account.wire.sent
    return found


def test_the_poll_may_do_what_it_calls_and_nothing_else(
    account: Account, calls: dict[Function, list[Sent]]
) -> None:
    assert _policy("PollerRole") == _made(account, calls[Function.POLL])


def test_the_health_function_may_do_what_it_calls_and_nothing_else(
    account: Account, calls: dict[Function, list[Sent]]
) -> None:
    assert _policy("HealthRole") == _made(account, calls[Function.HEALTH])


def test_of_botocore_the_functions_carry_the_operations_that_they_call_and_no_other(
    calls: dict[Function, list[Sent]],
) -> None:
    made = {(one.service, one.operation) for sent in calls.values() for one in sent}
    assert made == {(service, one) for service, called in CALLED.items() for one in called}


def test_the_dashboard_may_do_what_it_calls_and_nothing_else(
    account: Account, calls: dict[Function, list[Sent]]
) -> None:
    assert calls
    context: Any = SimpleNamespace(
        function_name="dashboard",
        memory_limit_in_mb=512,
        invoked_function_arn=f"arn:aws:lambda:{EAST}:123456789012:function:dashboard",
        aws_request_id="1",
    )
    found: May = set()
    for widget in dashboard.WIDGETS:
        with account.wire.process():
            dashboard.handler({"widget": widget, "widgetContext": {}}, context)
        found |= _made(account, account.wire.sent)

    assert _policy("DashboardRole") == found


def _policy(role: str) -> May:
    """Give what a role may do, as far as it is for calls of the code.

    Resources count where a call names one that is ours. The others are asserted on the template.
    """
    may = {(action, target) for action, target in allowed(VARIANT, role) if action not in BY_LAMBDA}
    ours = {*TABLES.values(), *TOPICS.values(), BUS}
    return {
        (action, target if target.partition("/index/")[0] in ours else "") for action, target in may
    }


def _made(account: Account, calls: Iterable[Sent]) -> May:
    return {pair for sent in calls for pair in _pairs(account, sent)}


def _pairs(account: Account, sent: Sent) -> Iterator[tuple[str, str]]:
    action = sent.place.action
    service, _, operation = action.partition(":")
    match service:
        case "dynamodb":
            yield from _of_tables(account, operation, json.loads(sent.request.body))
        case "sns":
            yield (
                action,
                TOPICS[publish_in(sent.request.body, accepted=True).topic_arn == ALERTS_TOPIC],
            )
        case "events":
            yield action, BUS
        case _:
            yield action, ""


def _of_tables(account: Account, operation: str, body: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 JSON
    tables = {name: TABLES[table] for table, name in account.tables.items()}
    if operation == "TransactWriteItems":
        for item in body["TransactItems"]:
            ((part, what),) = item.items()
            yield PARTS[part], tables[what["TableName"]]
    elif operation == "BatchWriteItem":
        for name in body["RequestItems"]:
            yield f"dynamodb:{operation}", tables[name]
    else:
        index = f"/index/{body['IndexName']}" if "IndexName" in body else ""
        yield f"dynamodb:{operation}", tables[body["TableName"]] + index
