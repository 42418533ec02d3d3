"""The function behind the dashboard over DynamoDB Local, invoked as CloudWatch invokes it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final

import boto3
import pytest

from notifier import dashboard
from notifier.dashboard import Frame
from notifier.ledger import Ledger
from notifier.model import Lifecycle, Phase, RegionState, TrackedModel
from notifier.render.timeline import Theme
from notifier.snapshot import Snapshot
from notifier.table import Table
from notifier.usage import ReadFailure, Reading, RegionUsage, Source
from tests.contract.test_ledger import alert

pytestmark = pytest.mark.contract

NOW: Final = datetime.now(UTC).replace(microsecond=0)
EAST: Final = "us-east-1"
CONTEXT: Any = SimpleNamespace(
    function_name="dashboard",
    memory_limit_in_mb=1769,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:dashboard",
    aws_request_id="1",
)


@pytest.fixture(autouse=True)
def environment(
    dynamodb_local: str, tables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tell the function what the stack tells it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_local)
    monkeypatch.setenv("MODELS_TABLE", tables["ModelsTableName"])
    monkeypatch.setenv("ALERTS_TABLE", tables["AlertsTableName"])
    monkeypatch.setenv("SETTINGS", json.dumps({"ignore": ["acme.ignored*"]}))


@pytest.fixture
def snapshot(dynamodb_local: str, tables: dict[str, str]) -> Snapshot:
    """Give the models table after a poll: one model in use, one ignored, a source unreadable."""
    client = boto3.resource("dynamodb", endpoint_url=dynamodb_local).meta.client
    made = Snapshot(Table(client, tables["ModelsTableName"]))
    made.write_rows([row("acme.ending-v1:0"), row("acme.ignored-v1:0")], {}, NOW)
    made.write_regions({}, [RegionState(EAST, covered_since=NOW)])
    readings = {source: Reading() for source in Source}
    readings[Source.AGENTS] = Reading(failure=ReadFailure("AccessDeniedException", permanent=True))
    made.write_usage([RegionUsage(EAST, NOW.date(), readings)])
    made.complete(NOW, {}, unheard=False)
    return made


def row(model_id: str) -> TrackedModel:
    """Give a row that ends in 30 days."""
    life = Lifecycle("LEGACY", None, NOW - timedelta(days=90), None, NOW + timedelta(days=30))
    name = model_id.partition("-")[0].removeprefix("acme.").title()
    return TrackedModel(
        model_id, EAST, name, "Acme", life, Phase.LEGACY, (model_id,), NOW, NOW, in_use=None
    )


def drawn(widget: str, **context: object) -> str:
    """Give what CloudWatch gets for a widget."""
    return dashboard.handler({"widget": widget, "widgetContext": context}, CONTEXT)


@pytest.mark.usefixtures("snapshot")
@pytest.mark.parametrize("widget", ["timeline", "deadlines"])
def test_what_ends_is_shown_and_what_is_ignored_is_not(widget: str) -> None:
    html = drawn(widget)

    assert "Ending" in html
    assert "Ignored" not in html


@pytest.mark.usefixtures("snapshot")
def test_what_of_use_cannot_be_read_is_said() -> None:
    html = drawn("coverage")

    assert "agents in us-east-1 (AccessDeniedException)" in html
    assert "1 of 1 Region answers" in html


def test_alerts_of_the_last_thirty_days_are_shown(
    dynamodb_local: str, tables: dict[str, str]
) -> None:
    client = boto3.resource("dynamodb", endpoint_url=dynamodb_local).meta.client
    ledger = Ledger(Table(client, tables["AlertsTableName"]))
    ledger.put(alert("new", decided_at=NOW - timedelta(days=29)))
    ledger.put(alert("old", decided_at=NOW - timedelta(days=31)))

    assert "1 alert in the last 30 days, 1 of them still waiting" in drawn("alerts")


@pytest.mark.parametrize("widget", dashboard.WIDGETS)
def test_before_the_first_poll_there_is_something_to_read(widget: str) -> None:
    html = drawn(widget)

    assert "No poll has been completed yet." in html or "No alert in the last 30 days." in html


@pytest.mark.parametrize("widget", dashboard.WIDGETS)
def test_tables_that_cannot_be_read_are_said_in_the_widget_and_logged(
    widget: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MODELS_TABLE", "there-is-none")
    monkeypatch.setenv("ALERTS_TABLE", "there-is-none")

    html = drawn(widget, theme="dark")

    assert "the tables could not be read (dynamodb:Scan: ResourceNotFoundException)" in html
    (logged,) = caplog.records
    assert logged.levelname == "ERROR"
    assert "ResourceNotFoundException" in str(logged.exc_info)


@pytest.mark.parametrize("asked", [{}, {"widget": "<b>costs</b>"}, {"widget": None}])
def test_a_widget_that_there_is_not_is_named_with_those_that_there_are(asked: Any) -> None:  # noqa: ANN401 (as CloudWatch sends it)
    html = dashboard.handler(asked, CONTEXT)

    assert "There is no widget" in html
    assert "timeline, deadlines, alerts, coverage" in html
    assert "<b>" not in html


def test_asked_to_describe_itself_it_does_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODELS_TABLE")

    described = dashboard.handler({"describe": True, "widget": "timeline"}, CONTEXT)

    assert all(f"`{widget}`" in described for widget in dashboard.WIDGETS)
    assert "For reading only" in described
    # CloudWatch takes the parameters from the first block of YAML.
    assert "``` yaml\nwidget: timeline\n```" in described


@pytest.mark.parametrize(
    ("context", "frame"),
    [
        pytest.param({"theme": "dark", "width": 588}, Frame(588, Theme.DARK), id="as documented"),
        pytest.param({"theme": "light", "width": 588.5}, Frame(588, Theme.LIGHT), id="a fraction"),
        pytest.param(None, Frame(1200, Theme.LIGHT), id="none"),
        pytest.param({}, Frame(1200, Theme.LIGHT), id="empty"),
        pytest.param([], Frame(1200, Theme.LIGHT), id="no object"),
        pytest.param({"theme": "sepia"}, Frame(1200, Theme.LIGHT), id="another theme"),
        pytest.param({"theme": ["dark"]}, Frame(1200, Theme.LIGHT), id="a list of themes"),
        pytest.param({"width": "588"}, Frame(1200, Theme.LIGHT), id="text for a width"),
        pytest.param({"width": 0}, Frame(1200, Theme.LIGHT), id="no width"),
        pytest.param({"width": -5}, Frame(1200, Theme.LIGHT), id="less than no width"),
        pytest.param({"width": 1e9}, Frame(1200, Theme.LIGHT), id="wider than any screen"),
        pytest.param({"width": float("nan")}, Frame(1200, Theme.LIGHT), id="not a number"),
        pytest.param({"width": True}, Frame(1200, Theme.LIGHT), id="a truth"),
    ],
)
def test_a_place_that_is_not_clear_is_taken_for_a_usual_one(context: object, frame: Frame) -> None:
    assert dashboard.frame_of(context) == frame
