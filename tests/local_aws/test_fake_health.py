"""The fake Health API, through the client that the product uses and against its service model."""

import http.client
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from local_aws.fake_bedrock import ACCESS_DENIED, INTERNAL_ERROR, THROTTLED, Answer, Silence
from local_aws.fake_health import (
    DETAILS,
    ENTITIES,
    EVENTS,
    LIFECYCLES,
    FakeHealth,
    FakeHealthEvent,
    FakeLifecycleEvent,
    FakeServiceLifecycle,
    event_arn,
)
from local_aws.health_deliveries import as_eventbridge

HealthClient: TypeAlias = Any
"""There are no stubs for it."""

UPDATED: Final = datetime(2026, 10, 8, 8, 0, 0, 250_000, tzinfo=UTC)
CODE: Final = "AWS_BEDROCK_PLANNED_LIFECYCLE_EVENT"
RETIREMENT: Final = FakeHealthEvent(
    arn=event_arn("us-east-1", "BEDROCK", CODE, "1"),
    type_code=CODE,
    category="scheduledChange",
    status="upcoming",
    region="us-east-1",
    start=datetime(2027, 4, 8, 7, tzinfo=UTC),
    end=datetime(2027, 4, 8, 8, tzinfo=UTC),
    updated=UPDATED,
    description="Acme One is going to be retired.",
    entities=(("acme.one-v1:0", "PENDING"), ("acme.two-v1:0", "RESOLVED")),
    actionability="ACTION_REQUIRED",
    personas=("OPERATIONS", "BILLING"),
    metadata={"deprecated_version": "1"},
)
BARE: Final = FakeHealthEvent(
    arn=event_arn("eu-west-1", "EC2", "AWS_EC2_OPERATIONAL_ISSUE", "1"),
    type_code="AWS_EC2_OPERATIONAL_ISSUE",
    category="issue",
    status="open",
    region="eu-west-1",
    updated=UPDATED + timedelta(days=1),
    scope="PUBLIC",
    service="EC2",
)
LIFECYCLE: Final = FakeServiceLifecycle(
    version="acme.one-v1:0",
    title="Acme One",
    recommended="acme.two-v1:0",
    events=(
        FakeLifecycleEvent(
            type="end-of-life",
            date=datetime(2027, 4, 8, tzinfo=UTC),
            regions=("us-east-1",),
            description="Requests fail.",
        ),
    ),
)
OPERATIONS: Final[dict[str, tuple[str, dict[str, object]]]] = {
    EVENTS: ("describe_events", {}),
    DETAILS: ("describe_event_details", {"eventArns": [RETIREMENT.arn]}),
    ENTITIES: ("describe_affected_entities", {"filter": {"eventArns": [RETIREMENT.arn]}}),
    LIFECYCLES: ("describe_service_lifecycle", {}),
}
"""A call of each operation, as boto3 has it."""


@pytest.fixture
def health() -> Iterator[FakeHealth]:
    with FakeHealth() as running:
        running.subscribe()
        running.put_event(RETIREMENT)
        running.put_event(BARE)
        yield running


@pytest.fixture
def client(health: FakeHealth, monkeypatch: pytest.MonkeyPatch) -> HealthClient:
    # As the deployed functions are told of it.
    monkeypatch.setenv("AWS_ENDPOINT_URL_HEALTH", health.endpoint_url)
    config = Config(read_timeout=5, retries={"total_max_attempts": 1})
    return boto3.client("health", region_name="us-east-1", config=config)


def call(client: HealthClient, operation: str, **more: object) -> dict[str, Any]:
    method, asked = OPERATIONS[operation]
    answer: dict[str, Any] = getattr(client, method)(**{**asked, **more})
    return answer


def code(client: HealthClient, operation: str, **more: object) -> str:
    with pytest.raises(ClientError) as refused:
        call(client, operation, **more)
    return str(refused.value.response["Error"]["Code"])


def arns(client: HealthClient, **asked: object) -> list[str]:
    return [event["arn"] for event in call(client, EVENTS, **asked)["events"]]


def faults(shape: Shape, value: object, where: str = "") -> list[str]:
    """Name what a value, parsed from JSON, has that the service model does not allow."""
    match shape:
        case StructureShape():
            assert isinstance(value, dict)
            unknown = [f"{where}.{name} is unknown" for name in value.keys() - set(shape.members)]
            missing = [
                f"{where}.{name} is missing" for name in {*shape.required_members} - {*value}
            ]
            known = [(name, shape.members[name]) for name in value if name in shape.members]
            within = [faults(its, value[name], f"{where}.{name}") for name, its in known]
            return unknown + missing + [fault for some in within for fault in some]
        case ListShape():
            assert isinstance(value, list)
            within = [faults(shape.member, one, f"{where}[]") for one in value]
            return bounds(shape, len(value), where) + [one for some in within for one in some]
        case MapShape():
            assert isinstance(value, dict)
            names = [faults(shape.key, name, f"{where}{{}}") for name in value]
            within = [faults(shape.value, one, f"{where}{{}}") for one in value.values()]
            return [fault for some in names + within for fault in some]
        case StringShape():
            if not isinstance(value, str):
                return [f"{where} is no string"]
            pattern = shape.metadata.get("pattern")
            odd = pattern is not None and not re.fullmatch(pattern, value)
            other = bool(shape.enum) and value not in shape.enum
            return bounds(shape, len(value), where) + [f"{where} is {value}"] * (odd or other)
    kinds = {"timestamp": (int, float), "integer": (int,), "boolean": (bool,)}
    return [] if isinstance(value, kinds[shape.type_name]) else [f"{where} is {value!r}"]


def bounds(shape: Shape, size: int, where: str) -> list[str]:
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", size)
    return [] if least <= size <= most else [f"{where} has {size}"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_answer_is_one_of_the_service_model(
    health: FakeHealth,
    client: HealthClient,
    operation: str,
) -> None:
    bodies: list[bytes] = []
    client.meta.events.register(
        "before-parse.health", lambda response_dict, **_: bodies.append(response_dict["body"])
    )
    health.put_event(replace(RETIREMENT, arn=f"{RETIREMENT.arn}-2", details_fail="InternalFailure"))
    health.set_service_lifecycles([LIFECYCLE] * 2)

    call(client, operation)
    if operation == DETAILS:
        call(client, operation, eventArns=[RETIREMENT.arn, BARE.arn, f"{RETIREMENT.arn}-2"])
    else:
        call(client, operation, maxResults=1)

    model = client.meta.service_model.operation_model(operation)
    answers = [json.loads(body) for body in bodies]
    assert len(answers) == 2
    for answer in answers:
        assert faults(model.output_shape, answer) == []
        assert any(answer.values())


def test_the_check_against_the_service_model_sees_what_is_wrong(
    client: HealthClient,
) -> None:
    shape = client.meta.service_model.shape_for("Event")
    good = RETIREMENT.summary() | {"personas": ["OPERATIONS"]}

    assert faults(shape, good) == []
    assert faults(shape, good | {"colour": "red"}) == [".colour is unknown"]
    assert faults(shape, good | {"statusCode": "lost"}) == [".statusCode is lost"]
    assert faults(shape, good | {"arn": "x"}) == [".arn is x"]
    assert faults(shape, good | {"startTime": "now"}) == [".startTime is 'now'"]
    assert faults(shape, good | {"service": 5}) == [".service is no string"]
    assert faults(shape, good | {"personas": []}) == [".personas has 0"]


def test_boto3_speaks_the_protocol_that_the_fake_knows(client: HealthClient) -> None:
    assert client.meta.service_model.resolved_protocol == "json"


def test_without_a_support_plan_every_call_is_refused(
    health: FakeHealth,
    client: HealthClient,
) -> None:
    health.unsubscribe()

    for operation in OPERATIONS:
        assert code(client, operation) == "SubscriptionRequiredException"
        assert health.calls(operation) == 1
    health.subscribe()
    assert call(client, EVENTS)["events"]


def test_an_account_has_no_support_plan_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeHealth() as fresh:
        monkeypatch.setenv("AWS_ENDPOINT_URL_HEALTH", fresh.endpoint_url)
        client = boto3.client("health", config=Config(retries={"total_max_attempts": 1}))
        assert code(client, EVENTS) == "SubscriptionRequiredException"


def test_events_are_listed_in_short_and_the_newest_first(client: HealthClient) -> None:
    newest, oldest = call(client, EVENTS)["events"]

    assert newest["arn"] == BARE.arn
    assert oldest == {
        "arn": RETIREMENT.arn,
        "service": "BEDROCK",
        "eventTypeCode": CODE,
        "eventTypeCategory": "scheduledChange",
        "region": "us-east-1",
        "startTime": RETIREMENT.start,
        "endTime": RETIREMENT.end,
        "lastUpdatedTime": UPDATED,
        "statusCode": "upcoming",
        "eventScopeCode": "ACCOUNT_SPECIFIC",
        "actionability": "ACTION_REQUIRED",
        "personas": ["OPERATIONS", "BILLING"],
    }


def test_events_are_listed_by_service_and_by_arn(client: HealthClient) -> None:
    assert arns(client, filter={"services": ["BEDROCK"]}) == [RETIREMENT.arn]
    assert arns(client, filter={"services": ["RDS"]}) == []
    assert arns(client, filter={"eventArns": [BARE.arn]}) == [BARE.arn]
    assert code(client, EVENTS, filter={"regions": ["us-east-1"]}) == "ValidationException"


def test_an_event_is_replaced_by_its_arn_and_forgotten(
    health: FakeHealth,
    client: HealthClient,
) -> None:
    health.put_event(replace(RETIREMENT, status="closed"))
    (event,) = call(client, EVENTS, filter={"services": ["BEDROCK"]})["events"]
    assert event["statusCode"] == "closed"

    health.remove_event(RETIREMENT.arn)
    health.remove_event(RETIREMENT.arn)
    assert arns(client) == [BARE.arn]


def test_details_are_given_or_said_to_have_failed(
    health: FakeHealth,
    client: HealthClient,
) -> None:
    health.put_event(replace(BARE, details_fail="AccessDenied"))
    absent = f"{BARE.arn}-2"

    answer = call(client, DETAILS, eventArns=[RETIREMENT.arn, BARE.arn, absent], locale="en")

    (given,) = answer["successfulSet"]
    assert given["event"]["arn"] == RETIREMENT.arn
    assert given["eventDescription"] == {"latestDescription": RETIREMENT.description}
    assert given["eventMetadata"] == {"deprecated_version": "1"}
    assert [(one["eventArn"], one["errorName"]) for one in answer["failedSet"]] == [
        (BARE.arn, "AccessDenied"),
        (absent, "EventNotFound"),
    ]


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param([f"{RETIREMENT.arn}-{n}" for n in range(11)], id="eleven"),
        pytest.param([RETIREMENT.arn, "arn:aws:health:us-east-1::event/old-form"], id="odd"),
    ],
)
def test_a_call_with_too_many_arns_or_an_odd_one_is_refused_as_a_whole(
    client: HealthClient,
    asked: list[str],
) -> None:
    assert code(client, DETAILS, eventArns=asked) == "ValidationException"
    assert code(client, ENTITIES, filter={"eventArns": asked}) == "ValidationException"


def test_only_english_is_spoken(client: HealthClient) -> None:
    for operation in (EVENTS, DETAILS, ENTITIES):
        assert code(client, operation, locale="de") == "UnsupportedLocale"
        assert call(client, operation, locale="en")


def test_entities_are_those_of_the_events_asked_for(
    health: FakeHealth,
    client: HealthClient,
) -> None:
    health.put_event(replace(BARE, entities_fail="ThrottlingException"))

    entities = call(client, ENTITIES)["entities"]

    assert [(one["entityValue"], one["statusCode"]) for one in entities] == [*RETIREMENT.entities]
    assert {one["eventArn"] for one in entities} == {RETIREMENT.arn}
    assert code(client, ENTITIES, filter={"eventArns": [BARE.arn]}) == "ThrottlingException"


def test_service_lifecycles_are_listed_by_service(
    health: FakeHealth,
    client: HealthClient,
) -> None:
    health.set_service_lifecycles([LIFECYCLE, replace(LIFECYCLE, service="RDS")])

    assert len(call(client, LIFECYCLES)["serviceLifecycles"]) == 2
    (found,) = call(client, LIFECYCLES, filter={"service": "BEDROCK"})["serviceLifecycles"]
    assert found == {
        "service": "BEDROCK",
        "version": "acme.one-v1:0",
        "title": "Acme One",
        "recommendedVersion": "acme.two-v1:0",
        "lifecycleEvents": [
            {
                "lifecycleEventType": "end-of-life",
                "date": datetime(2027, 4, 8, tzinfo=UTC),
                "regions": ["us-east-1"],
                "description": "Requests fail.",
            }
        ],
    }


@pytest.mark.parametrize(("size", "calls"), [(None, 3), (100, 3), (50, 5)])
def test_many_events_come_in_pages(
    health: FakeHealth,
    client: HealthClient,
    size: int | None,
    calls: int,
) -> None:
    for number in range(228):
        health.put_event(replace(BARE, arn=f"{BARE.arn}-{number}"))

    pages = client.get_paginator("describe_events").paginate(PaginationConfig={"PageSize": size})
    listed = [event["arn"] for page in pages for event in page["events"]]

    assert (len(listed), len(set(listed))) == (230, 230)
    assert health.calls(EVENTS) == calls


def test_service_lifecycles_come_twenty_at_a_time(
    health: FakeHealth,
    client: HealthClient,
) -> None:
    health.set_service_lifecycles([LIFECYCLE] * 45)

    pages = client.get_paginator("describe_service_lifecycle").paginate()

    assert [len(page["serviceLifecycles"]) for page in pages] == [20, 20, 5]
    assert code(client, LIFECYCLES, maxResults=21) == "ValidationException"


def test_a_token_is_good_only_where_it_was_given(
    health: FakeHealth,
    client: HealthClient,
) -> None:
    token = call(client, EVENTS, maxResults=1)["nextToken"]
    health.put_event(replace(BARE, entities=(("a", "PENDING"),)))

    assert call(client, EVENTS, nextToken=token, maxResults=1)["events"][0]["arn"] == RETIREMENT.arn
    assert code(client, ENTITIES, nextToken=token) == "InvalidPaginationToken"
    for wrong in ("abcd", "AAAA====", "RGVzY3JpYmVFdmVudHM6eA==", "ümläut"):
        assert code(client, EVENTS, nextToken=wrong) == "InvalidPaginationToken"


@pytest.mark.parametrize("how", [THROTTLED, ACCESS_DENIED, INTERNAL_ERROR])
def test_an_operation_misbehaves_until_told(
    health: FakeHealth,
    client: HealthClient,
    how: Answer,
) -> None:
    health.misbehave(EVENTS, how)

    assert code(client, EVENTS) == how.error_type
    assert call(client, DETAILS)["successfulSet"]
    health.behave(EVENTS)
    assert call(client, EVENTS)["events"]


def test_an_answer_can_be_withheld(health: FakeHealth, client: HealthClient) -> None:
    health.misbehave(ENTITIES, Silence(seconds=0.05))

    with pytest.raises(HTTPClientError):
        call(client, ENTITIES)


def test_only_operations_that_it_has_can_misbehave(health: FakeHealth) -> None:
    with pytest.raises(ValueError, match="no operation 'DescribeWeather'"):
        health.misbehave("DescribeWeather", THROTTLED)


def test_another_operation_is_refused(client: HealthClient) -> None:
    with pytest.raises(ClientError, match="Not an operation of this fake"):
        client.describe_event_types()


def test_the_region_that_a_call_is_signed_for_is_noted(
    health: FakeHealth,
    client: HealthClient,
) -> None:
    assert health.signing_regions() == frozenset()
    call(client, EVENTS)
    assert health.signing_regions() == {"us-east-1"}


def test_an_unsigned_call_is_refused(health: FakeHealth) -> None:
    connection = http.client.HTTPConnection(health.endpoint_url.removeprefix("http://"), timeout=5)
    connection.request("POST", "/")

    assert connection.getresponse().status == 403
    connection.close()


def test_the_same_event_is_delivered_as_aws_documents_it() -> None:
    (event,) = as_eventbridge(RETIREMENT, delivered_in="us-east-1", communication_id="c")

    assert event["detail-type"] == "AWS Health Event"
    assert (event["source"], event["region"], event["account"], event["time"]) == (
        "aws.health",
        "us-east-1",
        "123456789012",
        "2026-10-08T08:00:00Z",
    )
    assert event["resources"] == ["acme.one-v1:0", "acme.two-v1:0"]
    assert event["detail"] == {
        "eventArn": RETIREMENT.arn,
        "service": "BEDROCK",
        "eventTypeCode": CODE,
        "eventTypeCategory": "scheduledChange",
        "eventScopeCode": "ACCOUNT_SPECIFIC",
        "communicationId": "c-1",
        "startTime": "Thu, 08 Apr 2027 07:00:00 GMT",
        "endTime": "Thu, 08 Apr 2027 08:00:00 GMT",
        "lastUpdatedTime": "Thu, 08 Oct 2026 08:00:00 GMT",
        "statusCode": "upcoming",
        "eventRegion": "us-east-1",
        "eventDescription": [
            {"language": "en_US", "latestDescription": "Acme One is going to be retired."}
        ],
        "eventMetadata": {"deprecated_version": "1"},
        "affectedEntities": [
            {
                "entityValue": value,
                "lastUpdatedTime": "Thu, 08 Oct 2026 08:00:00 GMT",
                "status": status,
            }
            for value, status in RETIREMENT.entities
        ],
        "affectedAccount": "123456789012",
        "page": "1",
        "totalPages": "1",
        "backupEvent": "false",
        "personas": ["OPERATIONS", "BILLING"],
        "actionability": "ACTION_REQUIRED",
    }


def test_a_delivery_to_the_backup_region_says_so() -> None:
    own = as_eventbridge(RETIREMENT, delivered_in="us-east-1", account="111111111111")
    backup = as_eventbridge(
        RETIREMENT, delivered_in="us-west-2", account="111111111111", backup=True
    )

    assert own[0]["id"] != backup[0]["id"]
    assert (backup[0]["region"], backup[0]["detail"]["backupEvent"]) == ("us-west-2", "true")
    assert backup[0]["detail"] == own[0]["detail"] | {"backupEvent": "true"}
    assert own[0]["detail"]["affectedAccount"] == own[0]["account"] == "111111111111"


def test_a_new_version_is_a_new_communication_and_may_be_sent_later() -> None:
    version = replace(RETIREMENT, updated=UPDATED + timedelta(hours=1))
    sent = UPDATED + timedelta(days=2)
    (first,) = as_eventbridge(RETIREMENT, delivered_in="us-east-1")
    (second,) = as_eventbridge(version, delivered_in="us-east-1", time=sent)

    assert first["detail"]["communicationId"] != second["detail"]["communicationId"]
    assert second["time"] == "2026-10-10T08:00:00Z"


def test_entities_of_a_delivery_are_split_over_pages() -> None:
    long = replace(RETIREMENT, entities=tuple((f"m{n}", "PENDING") for n in range(5)))

    pages = as_eventbridge(long, delivered_in="us-east-1", page_size=2, communication_id="c")

    assert [page["resources"] for page in pages] == [["m0", "m1"], ["m2", "m3"], ["m4"]]
    assert [page["detail"]["communicationId"] for page in pages] == ["c-1", "c-2", "c-3"]
    assert [(page["detail"]["page"], page["detail"]["totalPages"]) for page in pages] == [
        ("1", "3"),
        ("2", "3"),
        ("3", "3"),
    ]
    assert len({page["id"] for page in pages}) == 3


def test_a_delivery_without_entities_is_one_page() -> None:
    (page,) = as_eventbridge(BARE, delivered_in="eu-west-1")

    assert (page["resources"], page["detail"]["affectedEntities"]) == ([], [])
    assert "endTime" not in page["detail"]
