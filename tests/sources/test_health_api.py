"""What the Health API says is read in full; what fails costs only itself, and is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from local_aws.fake_bedrock import (
    ACCESS_DENIED,
    INTERNAL_ERROR,
    NOT_JSON,
    THROTTLED,
    Answer,
    Silence,
    raw,
)
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
from notifier.errors import AwsError
from notifier.health_event import Entity, HealthEvent, LifecycleDate, ServiceLifecycle
from notifier.sources import health_api as source
from notifier.sources.health_api import Detailed, HealthApi, Listed
from notifier.sources.health_push import page_of
from tests.sources.conftest import QUICK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from boto3 import Session

ACCOUNT: Final = "123456789012"
CODE: Final = "AWS_BEDROCK_PLANNED_LIFECYCLE_EVENT"
UPDATED: Final = datetime(2026, 10, 8, 8, 0, 0, 250_000, tzinfo=UTC)
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
    metadata={"deprecated_version": "1"},
)
LISTED: Final = HealthEvent(
    account=ACCOUNT,
    arn=RETIREMENT.arn,
    service="BEDROCK",
    type_code=CODE,
    category="scheduledChange",
    status="upcoming",
    region="us-east-1",
    updated_at=UPDATED.replace(microsecond=0),
    start_at=RETIREMENT.start,
    end_at=RETIREMENT.end,
    scope="ACCOUNT_SPECIFIC",
    actionability="ACTION_REQUIRED",
)


@pytest.fixture
def health(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHealth]:
    """Give a Health API that the product's client reaches as it would reach AWS's."""
    with FakeHealth() as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL_HEALTH", running.endpoint_url)
        running.subscribe()
        yield running


@pytest.fixture
def api(health: FakeHealth, session: Session, monkeypatch: pytest.MonkeyPatch) -> HealthApi:
    """Give the source with one quick attempt a call, so that failures do not take seconds."""
    assert health
    monkeypatch.setattr(source, "_CALLS", QUICK)
    return HealthApi(session, ACCOUNT, "aws")


def put(health: FakeHealth, count: int, **changes: Any) -> list[str]:  # noqa: ANN401 (as the event's)
    """Put so many events like the retirement, the newest first; give their ARNs."""
    events = [
        replace(
            RETIREMENT,
            arn=f"{RETIREMENT.arn}-{number}",
            updated=UPDATED - timedelta(minutes=number),
            **changes,
        )
        for number in range(count)
    ]
    for event in events:
        health.put_event(event)
    return [event.arn for event in events]


def like(*arns: str) -> list[HealthEvent]:
    return [replace(LISTED, arn=arn) for arn in arns]


def told(errors: tuple[AwsError, ...]) -> list[tuple[str, str]]:
    return [(error.action, error.code) for error in errors]


def test_an_account_without_events_has_none(health: FakeHealth, api: HealthApi) -> None:
    assert api.events() == Listed(())
    assert health.signing_regions() == {"us-east-1"}


def test_an_event_is_listed_without_what_only_its_details_have(
    health: FakeHealth, api: HealthApi
) -> None:
    health.put_event(RETIREMENT)

    assert api.events() == Listed((LISTED,))
    assert health.calls(DETAILS) == health.calls(ENTITIES) == 0


def test_the_details_of_an_event_complete_it(health: FakeHealth, api: HealthApi) -> None:
    health.put_event(RETIREMENT)

    whole = replace(
        LISTED,
        description="Acme One is going to be retired.",
        language="en",
        entities=(Entity("acme.one-v1:0", "PENDING"), Entity("acme.two-v1:0", "RESOLVED")),
    )
    assert api.details(api.events().events) == Detailed((whole,))


def test_an_event_is_the_same_asked_for_as_delivered(health: FakeHealth, api: HealthApi) -> None:
    health.put_event(RETIREMENT)

    (asked,) = api.details(api.events().events).events
    (delivery,) = as_eventbridge(RETIREMENT, delivered_in="us-east-1")
    delivered = page_of(delivery).event

    assert replace(asked, language="en_US") == delivered
    assert asked.content_hash() == delivered.content_hash()


def test_details_are_those_of_now(health: FakeHealth, api: HealthApi) -> None:
    health.put_event(RETIREMENT)
    listed = api.events().events
    health.put_event(replace(RETIREMENT, status="closed", updated=UPDATED + timedelta(hours=1)))

    (found,) = api.details(listed).events

    assert (found.status, found.updated_at) == ("closed", LISTED.updated_at + timedelta(hours=1))


def test_only_events_about_bedrock_are_asked_for(health: FakeHealth, api: HealthApi) -> None:
    health.put_event(replace(RETIREMENT, service="RDS"))

    assert api.events() == Listed(())


def test_many_events_are_read_from_every_page(health: FakeHealth, api: HealthApi) -> None:
    arns = put(health, 250)

    assert [event.arn for event in api.events().events] == arns
    assert health.calls(EVENTS) == 3


def test_details_are_asked_for_ten_at_a_time(health: FakeHealth, api: HealthApi) -> None:
    arns = put(health, 25)

    found = api.details(like(*arns, *arns))

    assert [event.arn for event in found.events] == arns
    assert found.errors == ()
    assert (health.calls(DETAILS), health.calls(ENTITIES)) == (3, 25)


def test_nothing_is_asked_about_no_events(health: FakeHealth, api: HealthApi) -> None:
    assert api.details([]) == Detailed(())
    assert health.calls(DETAILS) == 0


def test_many_entities_are_read_from_every_page(health: FakeHealth, api: HealthApi) -> None:
    entities = tuple((f"acme.model-{n}", "PENDING") for n in range(230))
    health.put_event(replace(RETIREMENT, entities=entities))

    (found,) = api.details([LISTED]).events

    assert found.entities == tuple(Entity(*pair) for pair in entities)
    assert health.calls(ENTITIES) == 3


def test_an_event_may_say_nothing_more(health: FakeHealth, api: HealthApi) -> None:
    health.put_event(replace(RETIREMENT, description="", entities=(), metadata={}))

    (found,) = api.details([LISTED]).events

    assert (found.description, found.language, found.entities) == ("", "", None)


@pytest.mark.parametrize(
    ("code", "permanent"),
    [("AccessDenied", True), ("InternalFailure", False), ("ThrottlingException", False)],
)
def test_an_event_whose_details_fail_is_left_out_and_told(
    health: FakeHealth, api: HealthApi, code: str, *, permanent: bool
) -> None:
    good = put(health, 2)
    health.put_event(replace(RETIREMENT, details_fail=code))

    found = api.details(like(good[0], RETIREMENT.arn, good[1]))

    assert [event.arn for event in found.events] == good
    (error,) = found.errors
    assert (error.action, error.code, error.permanent) == (
        "health:DescribeEventDetails",
        code,
        permanent,
    )
    assert RETIREMENT.arn in str(error)


def test_an_event_whose_entities_fail_is_left_out_and_told(
    health: FakeHealth, api: HealthApi
) -> None:
    good = put(health, 2)
    health.put_event(replace(RETIREMENT, entities_fail="ThrottlingException"))

    found = api.details(like(good[0], RETIREMENT.arn, good[1]))

    assert [event.arn for event in found.events] == good
    assert told(found.errors) == [("health:DescribeAffectedEntities", "ThrottlingException")]


def test_an_event_that_spoils_its_batch_costs_only_itself(
    health: FakeHealth, api: HealthApi
) -> None:
    good = put(health, 12)
    odd = "arn:aws:health:eu-west-1::event/a6540dbb"

    found = api.details(like(*good[:5], odd, *good[5:]))

    assert [event.arn for event in found.events] == good
    assert told(found.errors) == [("health:DescribeEventDetails", "ValidationException")]
    assert health.calls(DETAILS) == 1 + 10 + 1


def test_a_batch_that_fails_is_not_asked_for_one_by_one(health: FakeHealth, api: HealthApi) -> None:
    arns = put(health, 25)
    health.misbehave(DETAILS, THROTTLED)

    found = api.details(like(*arns))

    assert found.events == ()
    assert told(found.errors) == [("health:DescribeEventDetails", "ThrottlingException")] * 3
    assert (health.calls(DETAILS), health.calls(ENTITIES)) == (3, 0)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param({"successfulSet": [], "failedSet": []}, "nothing that can be read", id="none"),
        pytest.param({"successfulSet": None, "failedSet": []}, "nothing that can be", id="null"),
        pytest.param({"successfulSet": [None]}, "nothing that can be read", id="a null event"),
        pytest.param({"successfulSet": [{}]}, "nothing that can be read", id="no event"),
        pytest.param(
            {"successfulSet": [{"event": {"arn": RETIREMENT.arn}}], "failedSet": [None, {}]},
            "nothing that can be read",
            id="an event without a code",
        ),
        pytest.param({}, "neither success nor failure", id="another shape"),
        pytest.param({"successfulSet": "x"}, "", id="a text"),
    ],
)
def test_an_event_about_which_nothing_can_be_read_is_told(
    health: FakeHealth, api: HealthApi, answer: object, reason: str
) -> None:
    health.misbehave(DETAILS, raw(json.dumps(answer).encode()))

    found = api.details([LISTED])

    assert found.events == ()
    assert told(found.errors) == [("health:DescribeEventDetails", "UnexpectedAnswer")]
    assert reason in found.errors[0].message


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param({"arn": ""}, id="an empty ARN"),
        pytest.param({"arn": None}, id="no ARN"),
        pytest.param({"arn": 5}, id="a number for an ARN"),
        pytest.param({"eventTypeCode": None}, id="no code"),
        pytest.param({"lastUpdatedTime": None, "startTime": None}, id="no time"),
        pytest.param({"lastUpdatedTime": "soon", "startTime": 0}, id="no time to be meant"),
    ],
)
def test_an_entry_that_cannot_be_read_is_counted(
    health: FakeHealth, api: HealthApi, entry: dict[str, object]
) -> None:
    good = RETIREMENT.summary()
    answer = {"events": [{**good, **entry}, good, None]}
    health.misbehave(EVENTS, raw(json.dumps(answer).encode()))

    assert api.events() == Listed((LISTED,), skipped=2)


def test_what_is_not_said_of_an_event_is_left_open(health: FakeHealth, api: HealthApi) -> None:
    said = {"arn": RETIREMENT.arn, "eventTypeCode": "NEW", "startTime": 1807167600.5}
    health.misbehave(EVENTS, raw(json.dumps({"events": [said]}).encode()))

    ((event,), skipped) = api.events()

    assert skipped == 0
    assert (event.service, event.type_code, event.category, event.region, event.scope) == (
        "BEDROCK",
        "NEW",
        "",
        "us-east-1",
        "",
    )
    assert event.updated_at == event.start_at == datetime(2027, 4, 8, 7, tzinfo=UTC)


def test_entities_that_cannot_be_read_are_left_out(health: FakeHealth, api: HealthApi) -> None:
    health.put_event(RETIREMENT)
    entities = [{"entityValue": "a"}, None, {}, {"entityValue": "a", "statusCode": "ODD"}]
    health.misbehave(ENTITIES, raw(json.dumps({"entities": entities}).encode()))

    (found,) = api.details([LISTED]).events

    assert found.entities == (Entity("a"), Entity("a", "ODD"))


def ask_details(api: HealthApi) -> object:
    """Ask for the details of an event, and raise what went wrong with its entities."""
    found = api.details([LISTED])
    if found.errors:
        raise found.errors[0]
    return found


ASK: Final[dict[str, Callable[[HealthApi], object]]] = {
    EVENTS: HealthApi.events,
    DETAILS: ask_details,
    ENTITIES: ask_details,
    LIFECYCLES: HealthApi.service_lifecycles,
}


@pytest.mark.parametrize(
    ("how", "code", "permanent"),
    [
        pytest.param(THROTTLED, "ThrottlingException", False, id="throttled"),
        pytest.param(ACCESS_DENIED, "AccessDeniedException", True, id="denied"),
        pytest.param(INTERNAL_ERROR, "InternalServerException", False, id="an internal error"),
        pytest.param(NOT_JSON, "UnexpectedAnswer", False, id="not JSON"),
        pytest.param(raw(b"[]"), "UnexpectedAnswer", False, id="another shape"),
        pytest.param(raw(b'{"events": 5}'), "UnexpectedAnswer", False, id="a number for a list"),
        pytest.param(Silence(seconds=0.05), "ConnectionClosedError", False, id="no answer"),
        pytest.param(Answer(503, b"<html>"), "503", False, id="an error of a proxy"),
    ],
)
@pytest.mark.parametrize("operation", ASK)
def test_a_call_that_fails_is_told_by_its_name(  # noqa: PLR0913
    health: FakeHealth,
    api: HealthApi,
    operation: str,
    how: Answer | Silence,
    code: str,
    *,
    permanent: bool,
) -> None:
    health.put_event(RETIREMENT)
    health.misbehave(operation, how)

    with pytest.raises(AwsError) as failed:
        ASK[operation](api)

    assert (failed.value.action, failed.value.code, failed.value.permanent) == (
        f"health:{operation}",
        code,
        permanent,
    )


def test_an_account_without_the_support_plan_is_told_so(health: FakeHealth, api: HealthApi) -> None:
    health.unsubscribe()

    for ask in ASK.values():
        with pytest.raises(AwsError) as refused:
            ask(api)
        assert (refused.value.code, refused.value.permanent) == (
            "SubscriptionRequiredException",
            True,
        )


def test_a_token_that_comes_again_ends_the_listing(health: FakeHealth, api: HealthApi) -> None:
    health.misbehave(EVENTS, raw(b'{"events": [], "nextToken": "again"}'))

    with pytest.raises(AwsError, match="same next token"):
        api.events()
    assert health.calls(EVENTS) == 2


def lifecycle(number: int, service: str = "BEDROCK") -> FakeServiceLifecycle:
    return FakeServiceLifecycle(
        service=service,
        version=f"acme.model-{number}",
        title=f"Acme {number}",
        recommended="acme.next",
        events=(
            FakeLifecycleEvent(
                type="end-of-life",
                date=datetime(2027, 4, 8, 23, 59, tzinfo=UTC),
                regions=("us-east-1", "us-west-2"),
                description="Requests fail.",
            ),
            FakeLifecycleEvent(type="end-of-support", date=datetime(2027, 1, 8, tzinfo=UTC)),
        ),
    )


def test_service_lifecycles_are_read_from_every_page(health: FakeHealth, api: HealthApi) -> None:
    health.set_service_lifecycles([lifecycle(n) for n in range(45)])

    found = api.service_lifecycles()

    assert [one.version for one in found] == [f"acme.model-{n}" for n in range(45)]
    assert health.calls(LIFECYCLES) == 3
    assert found[0] == ServiceLifecycle(
        service="BEDROCK",
        version="acme.model-0",
        title="Acme 0",
        recommended="acme.next",
        dates=(
            LifecycleDate(
                "end-of-life", date(2027, 4, 8), ("us-east-1", "us-west-2"), "Requests fail."
            ),
            LifecycleDate("end-of-support", date(2027, 1, 8)),
        ),
    )


def test_an_account_may_have_no_service_lifecycles(api: HealthApi) -> None:
    assert api.service_lifecycles() == ()


def test_only_lifecycles_of_bedrock_are_asked_for(health: FakeHealth, api: HealthApi) -> None:
    health.set_service_lifecycles([*(lifecycle(n, "RDS") for n in range(45)), lifecycle(1)])

    assert [one.version for one in api.service_lifecycles()] == ["acme.model-1"]
    assert health.calls(LIFECYCLES) == 1


def test_lifecycles_of_other_services_are_dropped(health: FakeHealth, api: HealthApi) -> None:
    # As if the filter were not honoured: whether Bedrock is known there at all is not documented.
    shown = [lifecycle(1, "RDS").shown(), lifecycle(2, "bedrock").shown(), None, {}]
    health.misbehave(LIFECYCLES, raw(json.dumps({"serviceLifecycles": shown}).encode()))

    assert [one.version for one in api.service_lifecycles()] == ["acme.model-2"]


def test_lifecycle_events_without_a_date_to_be_meant_are_skipped(
    health: FakeHealth, api: HealthApi
) -> None:
    dates = [None, 0, 253402300799, "next spring", -1e18, 1807167600]
    events = [{"lifecycleEventType": str(date), "date": date} for date in dates]
    shown = {"service": "BEDROCK", "version": "v", "lifecycleEvents": [*events, None]}
    health.misbehave(LIFECYCLES, raw(json.dumps({"serviceLifecycles": [shown]}).encode()))

    (found,) = api.service_lifecycles()

    assert found.dates == (LifecycleDate("1807167600", date(2027, 4, 8)),)
    assert (found.version, found.title, found.recommended) == ("v", "", "")


@pytest.mark.parametrize(
    ("partition", "region"),
    [("aws", "us-east-1"), ("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-northwest-1")],
)
def test_the_region_of_the_partition_is_asked_wherever_the_function_runs(
    health: FakeHealth,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    partition: str,
    region: str,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")

    HealthApi(session, ACCOUNT, partition).events()

    assert health.signing_regions() == {region}


def test_a_partition_without_a_known_health_api_is_told(session: Session) -> None:
    elsewhere = HealthApi(session, ACCOUNT, "aws-eusc")

    for ask in ASK.values():
        with pytest.raises(AwsError) as refused:
            ask(elsewhere)
        assert (refused.value.code, refused.value.permanent) == ("UnknownEndpoint", True)


def test_the_client_is_made_once_and_not_before_it_is_needed(
    health: FakeHealth, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[object, Any]] = []
    client = type(session).client

    def noted(self: Session, service: Any, **named: Any) -> Any:  # noqa: ANN401 as the session's
        made.append((service, named["config"]))
        return client(self, service, **named)

    monkeypatch.setattr(type(session), "client", noted)
    api = HealthApi(session, ACCOUNT, "aws")
    assert made == []

    api.events()
    api.service_lifecycles()

    ((service, config),) = made
    assert service == "health"
    assert (config.connect_timeout, config.read_timeout) == (3, 10)
    assert config.retries == {"mode": "standard", "total_max_attempts": 2}
    assert health.calls(EVENTS) == 1
