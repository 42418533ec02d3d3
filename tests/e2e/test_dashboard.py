"""The deployed dashboard, asked for its widgets as CloudWatch asks; IAM is enforced."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError

from local_aws.cloud import REGION
from notifier.dashboard import WIDGETS
from tests.e2e.conftest import EAST, KEEPERS, WEST, legacy

if TYPE_CHECKING:
    from local_aws.cloud import LocalCloud

pytestmark = pytest.mark.e2e

# The function knows no time but the clock's.
NOW: Final = datetime.now(UTC).replace(microsecond=0)
LEAVER: Final = legacy("acme.leaver-v1:0", NOW + timedelta(days=40), "<b>Leaver</b> & Sons")


@pytest.fixture(scope="module")
def polled(cloud: LocalCloud) -> LocalCloud:
    """Poll once: one of the models ends in 40 days."""
    cloud.bedrock.set_catalog(EAST, [*KEEPERS, LEAVER])
    cloud.bedrock.set_catalog(WEST, [*KEEPERS])
    answer = cloud.poll(NOW)
    assert answer.function_error is None, answer.log_tail
    return cloud


@pytest.fixture(scope="module")
def widgets(polled: LocalCloud) -> dict[str, dict[str, Any]]:
    """Give the custom widgets of the dashboard that the output leads to, by their parameter."""
    name = polled.outputs["DashboardUrl"].rpartition("/")[2]
    body = polled.client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"]
    parts = [one["properties"] for one in json.loads(body)["widgets"] if one["type"] == "custom"]
    return {part["params"]["widget"]: part for part in parts}


def shown(cloud: LocalCloud, widget: dict[str, Any], theme: str = "light") -> str:
    """Invoke what CloudWatch invokes for a widget, with what it sends."""
    context = {"widgetId": "widget-1", "theme": theme, "width": 588, "height": 369}
    event = {**widget["params"], "widgetContext": {**context, "params": widget["params"]}}
    answer = cloud.invoke(widget["endpoint"], json.dumps(event))
    assert answer.function_error is None, answer.log_tail
    return str(answer.payload)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("timeline", ["Leaver", "Keeper 1", "in 40 days", 'width="564"']),
        ("deadlines", ["acme.leaver-v1:0", "End of life", "in 40 days", "us-east-1"]),
        ("alerts", ["1 alert in the last 30 days", "BASELINE", "sent to"]),
        ("coverage", ["us-east-1", "us-west-2", "answers", "As of the poll of"]),
    ],
)
def test_each_widget_shows_what_the_poll_found(
    cloud: LocalCloud, widgets: dict[str, dict[str, Any]], name: str, words: list[str], theme: str
) -> None:
    html = shown(cloud, widgets[name], theme)

    assert [word for word in words if word not in html] == []
    assert "<b>" not in html


def test_every_widget_is_on_it(widgets: dict[str, dict[str, Any]]) -> None:
    assert widgets.keys() == WIDGETS.keys()


def test_it_describes_itself(cloud: LocalCloud, widgets: dict[str, dict[str, Any]]) -> None:
    answer = cloud.invoke(widgets["timeline"]["endpoint"], json.dumps({"describe": True}))

    assert "For reading only" in answer.payload


@pytest.mark.parametrize("table", ["ModelsTableName", "AlertsTableName"])
def test_its_function_can_write_nothing(
    cloud: LocalCloud, widgets: dict[str, dict[str, Any]], table: str
) -> None:
    dynamodb = as_role_of(cloud, widgets["timeline"]["endpoint"])
    name = cloud.outputs[table]
    item = {key: {"S": "x"} for key in ("model_id", "region", "alert_id")}

    assert dynamodb.scan(TableName=name, Limit=1)["Count"] == 1
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.put_item(TableName=name, Item=item)
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.describe_table(TableName=name)


def as_role_of(cloud: LocalCloud, function: str) -> Any:  # noqa: ANN401 (no stubs for it)
    """Give a client of DynamoDB with the rights of a function."""
    role = cloud.client("lambda").get_function(FunctionName=function)["Configuration"]["Role"]
    taken = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return boto3.client(
        "dynamodb",
        region_name=REGION,
        endpoint_url=cloud.gateway.endpoint_url,
        aws_access_key_id=taken["AccessKeyId"],
        aws_secret_access_key=taken["SecretAccessKey"],
        aws_session_token=taken["SessionToken"],
    )
