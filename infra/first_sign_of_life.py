"""Inline code of a custom resource: counts the deployment as the first sign of life.

The alarm on missing polls treats missing data as breaching, so on a new stack, which has no data
yet, it would fire within a minute. This writes one data point of the alarm's own metric and waits
until CloudWatch shows it; only then does CloudFormation make the alarm. From then on the first
poll has the alarm's whole window to come.

It always answers that all is well: monitoring must not stop a deployment, and the worst that can
follow is one early alarm. Read by CDK as text, so it stays below 4,096 characters and stands alone.
"""

import json
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

PATIENCE_SECONDS = 180


def handler(event: dict[str, Any], context: Any) -> None:  # noqa: ANN401, D103 - Lambda's own
    try:
        if event["RequestType"] != "Delete":
            _leave_sign(event["ResourceProperties"])
    except Exception as error:  # noqa: BLE001 - an unanswered request hangs the deployment
        print(f"no first sign of life: {error!r}")  # noqa: T201 - the log of an inline function
    _answer(event, context.log_stream_name)


def _leave_sign(properties: dict[str, str]) -> None:
    # Imported here, where a failure is caught. botocore alone: all that a runtime must have.
    import botocore.session  # noqa: PLC0415

    cloudwatch: Any = botocore.session.get_session().create_client("cloudwatch")
    dimensions = [{"Name": "service", "Value": properties["Service"]}]
    name, namespace = properties["MetricName"], properties["Namespace"]
    now = datetime.now(UTC)
    cloudwatch.put_metric_data(
        Namespace=namespace,
        MetricData=[{"MetricName": name, "Dimensions": dimensions, "Timestamp": now, "Value": 1.0}],
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        seen = cloudwatch.get_metric_statistics(
            Namespace=namespace,
            MetricName=name,
            Dimensions=dimensions,
            StartTime=now - timedelta(minutes=2),
            EndTime=now + timedelta(minutes=5),
            Period=60,
            Statistics=["Sum"],
        )
        if seen["Datapoints"]:
            return
        time.sleep(3)


def _answer(event: dict[str, Any], log_stream: str) -> None:
    body = {
        "Status": "SUCCESS",
        "Reason": f"see log stream {log_stream}",
        "PhysicalResourceId": event.get("PhysicalResourceId", "first-sign-of-life"),
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }
    request = urllib.request.Request(  # noqa: S310 - the URL is CloudFormation's
        event["ResponseURL"],
        data=json.dumps(body).encode(),
        method="PUT",
        headers={"Content-Type": ""},
    )
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310
