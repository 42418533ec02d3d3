"""The custom resource that gives a new stack its first data point, as CloudFormation calls it."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra import first_sign_of_life

PROPERTIES = {
    "Namespace": "BedrockLifecycleNotifier",
    "MetricName": "PollsCompleted",
    "Service": "poll",
}
CONTEXT = SimpleNamespace(log_stream_name="stream")


class CloudFormation(HTTPServer):
    """What waits for the answer."""

    answers: list[dict[str, Any]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/answer"


class _Answer(BaseHTTPRequestHandler):
    server: CloudFormation

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.answers.append(json.loads(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as inherited
        """Stay quiet."""


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    with CloudFormation(("127.0.0.1", 0), _Answer) as server:
        server.answers = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def _event(kind: str, url: str) -> dict[str, Any]:
    return {
        "RequestType": kind,
        "ResponseURL": url,
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "sign",
        "ResourceProperties": PROPERTIES,
    }


def _polls_completed() -> float:
    now = datetime.now(UTC)
    answer = boto3.client("cloudwatch").get_metric_statistics(
        Namespace="BedrockLifecycleNotifier",
        MetricName="PollsCompleted",
        Dimensions=[{"Name": "service", "Value": "poll"}],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=60,
        Statistics=["Sum"],
    )
    return sum(float(point["Sum"]) for point in answer["Datapoints"])


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_the_data_point_is_there_when_cloudformation_hears_back(
    cloudformation: CloudFormation, kind: str
) -> None:
    with mock_aws():
        first_sign_of_life.handler(_event(kind, cloudformation.url), CONTEXT)

        assert _polls_completed() == 1

    (answer,) = cloudformation.answers
    assert answer["Status"] == "SUCCESS"
    assert (answer["StackId"], answer["RequestId"], answer["LogicalResourceId"]) == (
        "stack",
        "request",
        "sign",
    )


def test_deleting_the_stack_writes_nothing(cloudformation: CloudFormation) -> None:
    with mock_aws():
        first_sign_of_life.handler(_event("Delete", cloudformation.url), CONTEXT)

        assert _polls_completed() == 0

    assert cloudformation.answers[0]["Status"] == "SUCCESS"


def test_monitoring_that_fails_does_not_stop_a_deployment(
    cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    first_sign_of_life.handler(_event("Create", cloudformation.url), CONTEXT)

    assert cloudformation.answers[0]["Status"] == "SUCCESS"


def test_it_fits_into_a_template() -> None:
    assert len(Path(first_sign_of_life.__file__).read_text(encoding="utf-8")) <= 4096
