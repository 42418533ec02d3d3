"""What the deployed functions do, seen from outside: invoked as scheduled, heard through SNS."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from local_aws import fake_bedrock
from local_aws.fake_bedrock import FoundationModel
from local_aws.gateway import ConnectionFault
from tests.e2e.conftest import EAST, EUROPE, WEST, Stage, legacy

if TYPE_CHECKING:
    from local_aws.cloud import LocalCloud, Notification

pytestmark = pytest.mark.e2e


def kinds(notifications: list[Notification]) -> list[str]:
    return [one.document["kind"] for one in notifications]


def test_a_change_arrives_as_json_with_attributes_and_as_an_email_for_people(stage: Stage) -> None:
    end = stage.in_days(100)
    stage.put_on(EAST, legacy("acme.changed-v1:0", end, name="Changed"))
    stage.put_on(WEST, legacy("acme.changed-v1:0", end, name="Changed"))

    answer = stage.poll()
    (told,) = stage.told()

    assert answer.function_error is None, answer.log_tail
    assert told.document["kind"] == "ENTERED_LEGACY"
    assert told.document["models"][0]["regions"] == [EAST, WEST]
    assert told.document["days_left"] == 100
    assert told.attributes == {
        "kind": "ENTERED_LEGACY",
        "severity": "warning",
        "milestone": "END_OF_LIFE",
        "provider": '["Acme"]',
        "in_use": "unknown",
    }
    assert told.subject == told.document["subject"]
    email = stage.cloud.emails()[-1]
    assert email.subject == told.subject
    assert email.text == told.document["text"]
    assert "WHAT TO DO" in email.text


def test_a_quiet_poll_says_nothing_and_writes_no_row(stage: Stage) -> None:
    stage.poll()
    stage.told()

    answer = stage.poll()

    assert stage.told() == []
    assert answer.payload["rows_written"] == 0
    assert answer.payload["outcome"] == "completed"
    assert answer.payload["regions_covered"] == 3
    assert len(answer.payload["regions_not_covered"]) > 10  # enabled, but this Bedrock is not there


def test_the_same_invocation_again_and_at_once_says_nothing_twice(stage: Stage) -> None:
    stage.put_on(EAST, legacy("acme.once-v1:0", stage.in_days(90)))
    stage.now = stage.in_days(1)
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(stage.cloud.poll, [stage.now] * 3))
    again = stage.cloud.poll(stage.now)

    assert kinds(stage.told()) == ["ENTERED_LEGACY"]
    assert [one.log_tail for one in [*answers, again] if one.function_error] == []
    assert again.payload["outcome"] == "already completed"


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(fake_bedrock.INTERNAL_ERROR, id="a Region answers 500"),
        pytest.param(fake_bedrock.THROTTLED, id="a Region throttles"),
        pytest.param(fake_bedrock.ACCESS_DENIED, id="a Region denies"),
        pytest.param(fake_bedrock.REGION_DISABLED, id="a Region was opted out of"),
        pytest.param(fake_bedrock.NOT_JSON, id="a Region answers 200 and no JSON"),
        pytest.param(fake_bedrock.WITHOUT_MODEL_SUMMARIES, id="a Region answers something else"),
        pytest.param(fake_bedrock.EMPTY_LIST, id="a Region answers an empty list"),
        pytest.param(fake_bedrock.Silence(), id="a Region never answers"),
    ],
)
def test_one_bad_region_stops_nothing_and_invents_nothing(
    stage: Stage, how: fake_bedrock.Misbehaviour, request: pytest.FixtureRequest
) -> None:
    rows_before = {row["model_id"] for row in stage.cloud.table_rows() if row["region"] == EUROPE}
    name = f"acme.beside-{request.node.callspec.id.replace(' ', '-')}-v1:0".lower().replace(",", "")
    stage.put_on(EAST, legacy(name, stage.in_days(80)))
    stage.cloud.bedrock.misbehave(EUROPE, how)

    answer = stage.poll()

    assert answer.function_error is None, answer.log_tail
    assert list(answer.payload["regions_failing"]) == [EUROPE]
    (told,) = stage.told()
    assert [model["model_id"] for model in told.document["models"]] == [name]
    rows = [row for row in stage.cloud.table_rows() if row["region"] == EUROPE]
    assert {row["model_id"] for row in rows} == rows_before
    assert not any("missing_since" in row for row in rows)


def test_when_every_region_fails_the_invocation_fails(stage: Stage) -> None:
    for region in (EAST, WEST, EUROPE):
        stage.cloud.bedrock.misbehave(region, fake_bedrock.INTERNAL_ERROR)

    answer = stage.poll()

    assert answer.function_error is not None
    assert "no Region gave a usable answer" in answer.payload["errorMessage"]
    assert stage.told() == []


def test_an_alert_due_in_an_outage_of_sns_is_told_after_it_once(stage: Stage) -> None:
    stage.put_on(EAST, legacy("acme.outage-v1:0", stage.in_days(70)))
    with stage.cloud.sns_outage():
        answer = stage.poll()
    assert "sns:Publish: ServiceUnavailable" in answer.payload["errorMessage"]
    assert stage.told() == []

    stage.poll()
    stage.poll()

    assert kinds(stage.told()) == ["ENTERED_LEGACY"]


def test_only_a_lost_response_may_double_a_message_and_it_is_the_same_message(
    stage: Stage,
) -> None:
    stage.put_on(EAST, legacy("acme.lost-response-v1:0", stage.in_days(60)))
    stage.cloud.gateway.inject("sns", "Publish", ConnectionFault.RESPONSE_LOST, times=1)

    answer = stage.poll()
    assert answer.function_error is not None
    stage.poll()
    stage.poll()

    told = stage.told()
    assert kinds(told) == ["ENTERED_LEGACY", "ENTERED_LEGACY"]
    assert len({one.document["alert_id"] for one in told}) == 1


def test_a_model_that_disappears_is_asked_for_before_it_is_called_gone(stage: Stage) -> None:
    leaving = FoundationModel(id="acme.disappears-v1:0", name="Disappears", provider="Acme")
    stage.put_on(EAST, leaving)
    stage.poll()
    stage.extra[EAST] = [model for model in stage.extra[EAST] if model.id != leaving.id]
    stage.put_on(EAST)
    stage.poll()
    assert stage.told() == []

    answer = stage.poll()

    assert answer.payload["confirmed"] == {f"{leaving.id} {EAST}": "gone"}
    assert kinds(stage.told()) == ["MODEL_WITHDRAWN"]


@pytest.mark.parametrize(
    "time",
    ["2026-11-20T08:00:00", "<aws.scheduler.scheduled-time>", None, 1_795_000_000, ""],
    ids=["a naive time", "a placeholder left as it was", "null", "a number", "an empty time"],
)
def test_a_time_that_is_none_is_an_error(stage: Stage, time: Any) -> None:  # noqa: ANN401
    function = stage.cloud.outputs["PollFunctionName"]

    answer = stage.cloud.invoke(function, json.dumps({"time": time}))

    assert "is not a time with a zone" in answer.payload["errorMessage"]
    assert stage.told() == []


def test_the_account_bus_carries_the_same_document(stage: Stage) -> None:
    queue_url = _queue_behind_a_rule(stage.cloud)
    stage.put_on(EAST, legacy("acme.on-the-bus-v1:0", stage.in_days(50)))

    stage.poll()

    (told,) = stage.told()
    (message,) = stage.cloud.client("sqs").receive_message(QueueUrl=queue_url)["Messages"]
    event = json.loads(message["Body"])
    assert event["source"] == "bedrock-lifecycle-notifier"
    assert event["detail-type"] == "Bedrock Model Lifecycle Alert"
    assert event["detail"] == told.document


def _queue_behind_a_rule(cloud: LocalCloud) -> str:
    sqs, events = cloud.client("sqs"), cloud.client("events")
    queue_url: str = sqs.create_queue(QueueName="alerts-from-the-bus")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])[
        "Attributes"
    ]["QueueArn"]
    pattern = json.dumps({"source": ["bedrock-lifecycle-notifier"]})
    events.put_rule(Name="alerts", EventPattern=pattern)
    events.put_targets(Rule="alerts", Targets=[{"Id": "queue", "Arn": queue_arn}])
    return queue_url


def test_a_thousand_hostile_models_neither_stop_the_poll_nor_overflow_a_message(
    stage: Stage,
) -> None:
    """What the network and IAM add to it; ten thousand are a story of `make proof`."""
    end = stage.in_days(40)
    hostile = [
        legacy(f"evil.model-{n:05}<b>'\";--", end, name=f"<script>\u202e*_`{n}\r\n\x00" + "x" * 300)
        for n in range(1_000)
    ]
    stage.put_on(WEST, *hostile)

    answer = stage.poll()

    assert answer.function_error is None, answer.log_tail
    told = stage.told()
    assert set(kinds(told)) == {"ENTERED_LEGACY"}
    assert all(len(json.dumps(one.document, ensure_ascii=False).encode()) < 262_144 for one in told)
    listed = sum(len(one.document["models"]) + one.document["models_omitted"] for one in told)
    assert listed == 1_000
    stage.extra[WEST] = []
    stage.put_on(WEST)  # Or the next poll would track them all again.
    # For those who use the stack after a test of that size.
    stage.cloud.forget_models(lambda model_id: model_id.startswith("evil."))


def test_the_function_may_do_what_it_needs_and_nothing_else_to_the_tables(
    cloud: LocalCloud,
) -> None:
    """IAM is enforced here: everything above would fail without its permission."""
    iam = cloud.client("iam")
    function = cloud.client("lambda").get_function_configuration(
        FunctionName=cloud.outputs["PollFunctionName"]
    )
    role = function["Role"].rsplit("/", 1)[-1]
    allowed = {
        action
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
        for statement in iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"][
            "Statement"
        ]
        for action in (
            [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        )
    }
    assert not {action for action in allowed if "*" in action or "Delete" in action}
