"""Whatever EventBridge delivers as a Health event is read, or refused with a reason."""

from __future__ import annotations

import copy
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.fake_health import FakeHealthEvent, event_arn
from local_aws.health_deliveries import as_eventbridge
from notifier.health_event import Concern, Entity, HealthEvent, merged
from notifier.sources.health_push import MalformedHealthEventError, page_of

RECORDING: Final = Path(__file__).parents[3] / "shared" / "data" / "health_event_samples.json"
recorded = pytest.mark.skipif(
    not RECORDING.exists(), reason="the recorded Health events are not beside the checkout"
)

CODE: Final = "AWS_BEDROCK_PLANNED_LIFECYCLE_EVENT"
ARN: Final = event_arn("us-east-1", "BEDROCK", CODE, "1")
MODEL: Final = "acme.one-v1:0"
UPDATED: Final = datetime(2026, 10, 8, 8, 0, 0, tzinfo=UTC)
RETIREMENT: Final = FakeHealthEvent(
    arn=ARN,
    type_code=CODE,
    category="scheduledChange",
    status="upcoming",
    region="us-east-1",
    start=datetime(2027, 4, 8, 7, tzinfo=UTC),
    end=datetime(2027, 4, 9, 7, tzinfo=UTC),
    updated=UPDATED,
    description="Acme One is going to be retired.",
    entities=((MODEL, "PENDING"), ("acme.two-v1:0", "RESOLVED")),
    actionability="ACTION_REQUIRED",
    personas=("OPERATIONS",),
    metadata={"deprecated_version": "1"},
)
DELETED: Final = object()


def delivered(**detail: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
    """Give the retirement as it is delivered, with other values, or none, in its detail."""
    (event,) = as_eventbridge(RETIREMENT, delivered_in="us-east-1", communication_id="c")
    return changed(event, "detail", **detail)


def changed(event: dict[str, Any], part: str | None = None, **values: Any) -> dict[str, Any]:  # noqa: ANN401
    event = copy.deepcopy(event)
    target = event[part] if part else event
    for name, value in values.items():
        if value is DELETED:
            target.pop(name, None)
        else:
            target[name] = value
    return event


def event_of(**detail: Any) -> HealthEvent:  # noqa: ANN401 (any JSON)
    return page_of(delivered(**detail)).event


def test_a_planned_lifecycle_event_is_read_in_full() -> None:
    page = page_of(delivered())

    assert (page.communication, page.number, page.of) == ("c", 1, 1)
    assert page.event == HealthEvent(
        account="123456789012",
        arn=ARN,
        service="BEDROCK",
        type_code=CODE,
        category="scheduledChange",
        status="upcoming",
        region="us-east-1",
        updated_at=UPDATED,
        start_at=datetime(2027, 4, 8, 7, tzinfo=UTC),
        end_at=datetime(2027, 4, 9, 7, tzinfo=UTC),
        scope="ACCOUNT_SPECIFIC",
        description="Acme One is going to be retired.",
        language="en_US",
        entities=(Entity(MODEL, "PENDING"), Entity("acme.two-v1:0", "RESOLVED")),
        actionability="ACTION_REQUIRED",
    )


def test_the_pages_of_a_long_communication_belong_together() -> None:
    many = tuple((f"acme.model-{n}", "PENDING") for n in range(25))
    long = FakeHealthEvent(**{**vars(RETIREMENT), "entities": many})
    pages = [page_of(one) for one in as_eventbridge(long, delivered_in="us-west-2", page_size=10)]

    assert [(page.number, page.of) for page in pages] == [(1, 3), (2, 3), (3, 3)]
    assert len({page.communication for page in pages}) == 1
    assert merged(pages[::-1]).entities == tuple(Entity(*pair) for pair in many)


def test_the_copy_from_the_backup_region_is_the_same() -> None:
    (own,) = as_eventbridge(RETIREMENT, delivered_in="us-east-1")
    (backup,) = as_eventbridge(RETIREMENT, delivered_in="us-west-2", backup=True)

    assert own != backup
    assert page_of(own) == page_of(backup)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        pytest.param(
            "Fri, 3 Jun 2022 05:01:10 GMT", "2022-06-03T05:01:10", id="a day of one digit"
        ),
        pytest.param("Fri, 03 Jun 2022 05:01:10 GMT", "2022-06-03T05:01:10", id="a padded day"),
        pytest.param("Thu, 27 Jan 2026 13:44:13 GMT", "2026-01-27T13:44:13", id="a wrong weekday"),
        pytest.param("27 Jan 2026 13:44:13 GMT", "2026-01-27T13:44:13", id="no weekday"),
        pytest.param("Tue, 27 Jan 2026 13:44:13 UTC", "2026-01-27T13:44:13", id="UTC by name"),
        pytest.param("Tue, 27 Jan 2026 13:44:13 +0000", "2026-01-27T13:44:13", id="UTC by number"),
        pytest.param("Tue, 27 Jan 2026 13:44:13 -0000", "2026-01-27T13:44:13", id="a zone unsaid"),
        pytest.param("Tue, 27 Jan 2026 13:44:13", "2026-01-27T13:44:13", id="no zone"),
        pytest.param("Tue, 27 Jan 2026 13:44:13 Z", "2026-01-27T13:44:13", id="zone Z"),
        pytest.param("Tue, 27 Jan 2026 13:44:13 EST", "2026-01-27T18:44:13", id="a zone by name"),
        pytest.param("Tue, 27 Jan 2026 13:44:13 -0700", "2026-01-27T20:44:13", id="an offset"),
        pytest.param("2026-01-27T13:44:13Z", "2026-01-27T13:44:13", id="ISO 8601"),
        pytest.param("2026-01-27T13:44:13.999Z", "2026-01-27T13:44:13", id="with a fraction"),
        pytest.param("2026-01-27T13:44:13+02:00", "2026-01-27T11:44:13", id="with an offset"),
        pytest.param("2026-01-27T13:44:13", "2026-01-27T13:44:13", id="ISO 8601 without a zone"),
        pytest.param("2026-01-27", "2026-01-27T00:00:00", id="a date"),
        pytest.param(1769521453, "2026-01-27T13:44:13", id="seconds since 1970"),
        pytest.param(1769521453.7, "2026-01-27T13:44:13", id="with a fraction of a second"),
        pytest.param(1769521453700, "2026-01-27T13:44:13", id="milliseconds since 1970"),
    ],
)
def test_times_are_read_in_many_forms(said: object, meant: str) -> None:
    moment = datetime.fromisoformat(meant).replace(tzinfo=UTC)

    event = event_of(startTime=said, endTime=said, lastUpdatedTime=said)

    assert (event.start_at, event.end_at, event.updated_at) == (moment,) * 3


@pytest.mark.parametrize("said", ["Tue, 27 Jan 2026 13:44:13 -0000", "2026-01-27T13:44:13"])
def test_a_time_without_a_zone_is_in_utc_wherever_the_function_runs(
    monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "America/New_York")
        time.tzset()
        read = event_of(startTime=said).start_at
    time.tzset()

    assert read == datetime(2026, 1, 27, 13, 44, 13, tzinfo=UTC)


UNREADABLE: Final = [
    pytest.param(DELETED, id="missing"),
    pytest.param(None, id="null"),
    pytest.param("", id="empty"),
    pytest.param("soon", id="words"),
    pytest.param("Thu, 99 Foo 2027 25:61:61 GMT", id="no date"),
    pytest.param("Thu, 8 Apr 2027 07:00:00 +99999999999", id="an endless offset"),
    pytest.param("Fri, 31 Dec 9999 23:59:59 -1200", id="beyond the calendar"),
    pytest.param("Thu, 1 Jan 1970 00:00:00 GMT", id="the year 1970"),
    pytest.param(0, id="zero"),
    pytest.param(1e300, id="a number beyond all times"),
    pytest.param(10**400, id="a number beyond all floats"),
    pytest.param(float("nan"), id="no number"),
    pytest.param(float("inf"), id="infinity"),
    pytest.param(True, id="true"),
    pytest.param([], id="a list"),
    pytest.param({"date": "2027-04-08"}, id="an object"),
]


@pytest.mark.parametrize("said", UNREADABLE)
def test_times_that_cannot_be_read_cost_only_themselves(said: object) -> None:
    event = event_of(startTime=said, endTime=said)

    assert (event.start_at, event.end_at, event.updated_at) == (None, None, UPDATED)


@pytest.mark.parametrize("said", UNREADABLE)
def test_an_event_was_updated_when_it_was_sent_or_starts_if_nothing_else_is_known(
    said: object,
) -> None:
    event = changed(delivered(lastUpdatedTime=said), time="2026-10-08T09:00:00Z")
    assert page_of(event).event.updated_at == datetime(2026, 10, 8, 9, tzinfo=UTC)

    event = changed(event, time=said)
    assert page_of(event).event.updated_at == RETIREMENT.start

    with pytest.raises(MalformedHealthEventError, match="no time that can be read"):
        page_of(changed(event, "detail", startTime=said))


@pytest.mark.parametrize("said", [DELETED, None, ""])
@pytest.mark.parametrize(
    "name",
    [
        "resources",
        "lastUpdatedTime",
        "endTime",
        "startTime",
        "statusCode",
        "eventScopeCode",
        "eventTypeCategory",
        "eventRegion",
        "affectedAccount",
        "affectedEntities",
        "actionability",
        "personas",
        "eventMetadata",
        "eventDescription",
        "communicationId",
        "backupEvent",
    ],
)
def test_what_aws_sometimes_leaves_out_may_be_missing(name: str, said: object) -> None:
    event = changed(delivered(**{name: said}), resources=said)

    assert page_of(event).event.arn == ARN


@pytest.mark.parametrize("name", ["affectedEntities", "eventDescription"])
@pytest.mark.parametrize("said", [[], {}])
def test_an_empty_collection_of_either_kind_is_none(name: str, said: object) -> None:
    assert event_of(**{name: said}).arn == ARN


def test_codes_that_nobody_knows_are_kept() -> None:
    event = event_of(
        eventTypeCode="AWS_BEDROCK_NEW_THING",
        eventTypeCategory="novelty",
        statusCode="paused",
        eventScopeCode="GALACTIC",
        actionability="PERHAPS",
        newField={"a": [1]},
    )

    assert (event.type_code, event.category, event.status, event.scope, event.actionability) == (
        "AWS_BEDROCK_NEW_THING",
        "novelty",
        "paused",
        "GALACTIC",
        "PERHAPS",
    )
    assert event.concern is Concern.OTHER


def test_the_service_is_told_in_capitals() -> None:
    assert event_of(service="bedrock").service == "BEDROCK"


@pytest.mark.parametrize(
    ("affected", "sender", "account"),
    [
        ("111111111111", "222222222222", "111111111111"),
        (DELETED, "222222222222", "222222222222"),
        (None, "222222222222", "222222222222"),
        (" ", "222222222222", "222222222222"),
    ],
)
def test_the_account_is_the_affected_one_else_the_sender(
    affected: object, sender: str, account: str
) -> None:
    event = changed(delivered(affectedAccount=affected), account=sender)

    assert page_of(event).event.account == account


@pytest.mark.parametrize(
    ("said", "arn", "region"),
    [
        ("eu-west-1", ARN, "eu-west-1"),
        ("global", ARN, "global"),
        (DELETED, ARN, "us-east-1"),
        ("", ARN, "us-east-1"),
        (None, "arn:aws:health:::event/x", "us-west-2"),
        (None, "not an ARN", "us-west-2"),
    ],
)
def test_the_region_is_that_of_the_event_else_of_its_arn_else_of_the_delivery(
    said: object, arn: str, region: str
) -> None:
    event = changed(delivered(eventRegion=said, eventArn=arn), region="us-west-2")

    assert page_of(event).event.region == region


def texts(*languages: object) -> list[dict[str, object]]:
    return [{"language": one, "latestDescription": f"in {one}"} for one in languages]


@pytest.mark.parametrize(
    ("said", "description", "language"),
    [
        pytest.param(texts("de_DE", "en_GB", "en_US"), "in en_US", "en_US", id="American first"),
        pytest.param(texts("de_DE", "en_GB", "en"), "in en_GB", "en_GB", id="then any English"),
        pytest.param(texts("fr_FR", "EN-us"), "in EN-us", "EN-us", id="however it is written"),
        pytest.param(texts("enm_XX", "de_DE"), "in enm_XX", "enm_XX", id="else the first"),
        pytest.param(texts(None), "in None", "", id="a language unsaid"),
        pytest.param([{"latestDescription": "x"}], "x", "", id="no language"),
        pytest.param([*texts("de_DE"), {"language": "en_US"}], "in de_DE", "de_DE", id="no text"),
        pytest.param(
            [{"language": "en_US", "latestDescription": ""}, *texts("de_DE")],
            "in de_DE",
            "de_DE",
            id="an empty text",
        ),
        pytest.param(["x", None, 5, {"latestDescription": 5}], "", "", id="nothing readable"),
    ],
)
def test_the_description_is_the_english_one_if_there_is_one(
    said: object, description: str, language: str
) -> None:
    event = event_of(eventDescription=said)

    assert (event.description, event.language) == (description, language)


@pytest.mark.parametrize(
    ("said", "entities"),
    [
        pytest.param(DELETED, None, id="missing"),
        pytest.param(None, None, id="null"),
        pytest.param([], None, id="empty"),
        pytest.param([{"status": "PENDING"}], None, id="no value"),
        pytest.param([{"entityValue": ""}, {"entityValue": " "}], None, id="blank values"),
        pytest.param([{"entityValue": 5}, [], None], None, id="nothing readable"),
        pytest.param(
            [{"entityValue": "a"}, {"status": "x"}, {"entityValue": "b", "status": None}],
            (Entity("a"), Entity("b")),
            id="no status",
        ),
        pytest.param([{"entityValue": "a"}] * 3, (Entity("a"),), id="repeated"),
    ],
)
def test_entities_without_a_value_are_none(
    said: object, entities: tuple[Entity, ...] | None
) -> None:
    event = changed(delivered(affectedEntities=said), resources=[])

    assert page_of(event).event.entities == entities


@pytest.mark.parametrize("said", [DELETED, None, []])
def test_resources_stand_in_for_entities(said: object) -> None:
    event = changed(delivered(affectedEntities=said), resources=["a", 5, "", "b", None])

    assert page_of(event).event.entities == (Entity("a"), Entity("b"))


def test_entities_are_preferred_to_resources() -> None:
    event = changed(delivered(), resources=["other"])

    assert page_of(event).event.entities == (
        Entity(MODEL, "PENDING"),
        Entity("acme.two-v1:0", "RESOLVED"),
    )


@pytest.mark.parametrize(
    ("page", "pages", "read"),
    [
        ("1", "1", (1, 1)),
        ("2", "10", (2, 10)),
        (3, 4, (3, 4)),
        (DELETED, DELETED, (1, 1)),
        (None, None, (1, 1)),
        (DELETED, "7", (1, 7)),
        ("10000", "10000", (10000, 10000)),
    ],
)
def test_pages_are_counted(page: object, pages: object, read: tuple[int, int]) -> None:
    found = page_of(delivered(page=page, totalPages=pages))

    assert (found.number, found.of) == read


@pytest.mark.parametrize(
    ("said", "page", "communication"),
    [
        pytest.param("01b0993-1", "1", "01b0993", id="the number of the page"),
        pytest.param("01b0993-12", "12", "01b0993", id="one of two digits"),
        pytest.param("01b0993-2", "1", "01b0993-2", id="another number is part of the id"),
        pytest.param("01b0993-11", "1", "01b0993-11", id="a number that ends like the page's"),
        pytest.param("01b09931", "1", "01b09931", id="no number"),
        pytest.param("-1", "1", "-1", id="nothing but the number"),
        pytest.param(DELETED, "2", f"{ARN}@2026-10-08T08:00:00Z", id="missing"),
        pytest.param("", "1", f"{ARN}@2026-10-08T08:00:00Z", id="empty"),
    ],
)
def test_pages_of_a_communication_have_its_id_in_common(
    said: object, page: str, communication: str
) -> None:
    found = page_of(delivered(communicationId=said, page=page, totalPages="20"))

    assert found.communication == communication


def test_what_is_too_long_is_cut_and_lone_surrogates_are_replaced() -> None:
    text = "\ud800" + "x" * 300_000
    event = event_of(
        eventDescription=[{"language": text, "latestDescription": text}],
        statusCode=text,
        affectedEntities=[{"entityValue": text, "status": text}],
    )

    assert event.description.startswith("?xxx")
    assert (len(event.description), len(event.language)) == (200_000, 1600)
    assert len(event.status) == 1600
    assert [(len(one.value), len(one.status)) for one in event.entities or ()] == [(1600, 1600)]
    repr(event).encode()


def test_hostile_text_is_left_to_whoever_shows_it() -> None:
    text = "<b>x</b> `@here` \u202e \x00 \x1b[31m"

    assert event_of(eventDescription=[{"latestDescription": text}]).description == text


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        pytest.param(None, "event: not an object", id="null"),
        pytest.param([], "event: not an object", id="a list"),
        pytest.param("x", "event: not an object", id="a text"),
        pytest.param({}, "detail: missing", id="no detail"),
        pytest.param({"detail": None}, "detail: not an object", id="a null detail"),
        pytest.param({"detail": "{}"}, "detail: not an object", id="a detail as text"),
        pytest.param(delivered(eventArn=DELETED), "detail.eventArn: missing", id="no ARN"),
        pytest.param(delivered(eventArn=None), "detail.eventArn: empty", id="a null ARN"),
        pytest.param(delivered(eventArn=" "), "detail.eventArn: empty", id="a blank ARN"),
        pytest.param(delivered(eventArn=7), "detail.eventArn: ", id="a number for an ARN"),
        pytest.param(
            delivered(eventArn="a" * 1601), "detail.eventArn: too long", id="an endless ARN"
        ),
        pytest.param(delivered(eventTypeCode=DELETED), "detail.eventTypeCode: ", id="no code"),
        pytest.param(delivered(eventTypeCode=""), "detail.eventTypeCode: ", id="an empty code"),
        pytest.param(delivered(eventTypeCode=[]), "detail.eventTypeCode: ", id="a list of codes"),
        pytest.param(delivered(service=DELETED), "detail.service: ", id="no service"),
        pytest.param(delivered(statusCode=5), "detail.statusCode: ", id="a number for a status"),
        pytest.param(
            delivered(affectedEntities="x"), "detail.affectedEntities: ", id="a text for entities"
        ),
        pytest.param(
            delivered(eventDescription="x"), "detail.eventDescription: ", id="a bare description"
        ),
        pytest.param(changed(delivered(), resources="x"), "resources: ", id="a bare resource"),
        pytest.param(delivered(affectedAccount=123), "detail.affectedAccount: ", id="an account"),
        pytest.param(
            changed(delivered(affectedAccount=DELETED), account=DELETED), "no account", id="nobody"
        ),
        pytest.param(delivered(page="0"), "detail.page: ", id="page 0"),
        pytest.param(delivered(page="-1"), "detail.page: ", id="page -1"),
        pytest.param(delivered(page="one"), "detail.page: ", id="page one"),
        pytest.param(delivered(page=""), "detail.page: ", id="an empty page"),
        pytest.param(delivered(page=True), "detail.page: not a number", id="a true page"),
        pytest.param(delivered(page="1.5"), "detail.page: ", id="half a page"),
        pytest.param(delivered(page="3", totalPages="2"), "detail: page 3 of 2", id="page 3 of 2"),
        pytest.param(
            delivered(page="3", totalPages=DELETED), "detail: page 3 of 1", id="page 3 of what"
        ),
        pytest.param(delivered(totalPages="0"), "detail.totalPages: ", id="no pages"),
        pytest.param(delivered(totalPages="10001"), "detail.totalPages: ", id="too many pages"),
        pytest.param(delivered(totalPages="9" * 5000), "detail.totalPages: ", id="endless pages"),
    ],
)
def test_what_nobody_could_work_with_is_refused_with_the_reason(event: object, reason: str) -> None:
    with pytest.raises(MalformedHealthEventError) as refused:
        page_of(event)

    assert str(refused.value).startswith("Not a Health event as AWS documents it: ")
    assert reason in str(refused.value)


def test_the_reason_names_the_number_of_further_faults() -> None:
    with pytest.raises(MalformedHealthEventError, match=r"detail\.service: .* \(and 2 more\)"):
        page_of(delivered(eventTypeCode=5, service=5, page="x"))


def test_the_reason_is_one_short_line_whatever_was_sent() -> None:
    hostile = "\n\x1b[2J\u202e\u2028\ud800" * 10_000

    for event in (delivered(statusCode=[hostile] * 9), delivered(page=hostile), [hostile], hostile):
        with pytest.raises(MalformedHealthEventError) as refused:
            page_of(event)
        text = str(refused.value)
        assert text.isprintable()
        assert len(text) <= 300
        text.encode()


def test_what_is_nested_deeply_breaks_nothing() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(MalformedHealthEventError):
        page_of(delivered(statusCode=deep))
    nested = event_of(
        affectedEntities=[{"entityValue": deep}],
        eventDescription=[{"language": deep, "latestDescription": deep}],
        eventMetadata={"x": deep},
        lastUpdatedTime=deep,
    )
    assert nested.arn == ARN


JSON: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["1", "Thu, 8 Apr 2027 07:00:00 GMT", "en_US", "x-1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def refused_or_read(event: object) -> None:
    try:
        page = page_of(event)
    except MalformedHealthEventError as error:
        assert str(error).isprintable()  # noqa: PT017 (either is right)
        return
    assert 1 <= page.number <= page.of
    assert page.event.arn
    assert page.event.account
    assert page.event.updated_at.tzinfo is UTC
    page.event.content_hash()
    repr(page).encode()


@given(JSON)
def test_any_json_is_read_or_refused(event: object) -> None:
    refused_or_read(event)


@given(
    st.dictionaries(st.sampled_from(sorted(delivered()["detail"])), JSON, max_size=4),
    st.dictionaries(st.sampled_from(sorted(delivered())), JSON, max_size=2),
)
def test_an_event_with_anything_in_it_is_read_or_refused(
    detail: dict[str, object], envelope: dict[str, object]
) -> None:
    refused_or_read({**delivered(**detail), **envelope})


@given(st.text() | st.from_regex(r"\w{3}, \d+ \w{3} \d+ \d+:\d+:\d+ [+-]?\w*", fullmatch=True))
def test_any_text_for_a_time_is_read_or_costs_only_itself(said: str) -> None:
    assert event_of(startTime=said).updated_at == UPDATED


def samples() -> list[dict[str, Any]]:
    """Give the recorded EventBridge events; others are of the API or another feed."""
    recording = json.loads(RECORDING.read_text()) if RECORDING.exists() else {"samples": []}
    found: list[dict[str, Any]] = recording["samples"]
    return [sample for sample in found if "detail" in sample["event"]]


@recorded
@pytest.mark.parametrize("sample", [pytest.param(one, id=one["name"]) for one in samples()])
def test_recorded_events_are_read(sample: dict[str, Any]) -> None:
    event, detail = page_of(sample["event"]).event, sample["event"]["detail"]

    assert (event.arn, event.service, event.type_code, event.category, event.region) == (
        detail["eventArn"],
        detail["service"],
        detail["eventTypeCode"],
        detail["eventTypeCategory"],
        detail["eventRegion"],
    )
    assert event.account == "123456789012"
    assert event.start_at is not None
    assert event.description == detail["eventDescription"][0]["latestDescription"]
    assert [one.value for one in event.entities or ()] == [
        one["entityValue"] for one in detail.get("affectedEntities", [])
    ]


@recorded
def test_other_feeds_of_aws_health_are_no_eventbridge_events() -> None:
    for sample in json.loads(RECORDING.read_text())["samples"]:
        if "detail" not in sample["event"]:
            with pytest.raises(MalformedHealthEventError, match="detail: missing"):
                page_of(sample["event"])
