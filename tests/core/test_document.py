"""The alert document, and the notification that fits into what SNS carries."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from notifier.grouping import alert_id, baseline, group, sample_alert
from notifier.health_event import Entity, HealthNews
from notifier.model import (
    Alert,
    Facts,
    Kind,
    Milestone,
    ModelEntry,
    Phase,
    RegionState,
    RowKey,
)
from notifier.render.document import Notification, notification
from notifier.render.words import plain
from tests.core.cases import (
    DYING,
    EAST,
    EXTENDED,
    EXTENDED_ON,
    LEGACY_ON,
    PLACE,
    SONNET,
    SONNET_DATES,
    WEST,
    at,
    dates,
    judge_rows,
    lifecycle,
    row,
    told,
)
from tests.core.health_alerts import about_nothing, alert_about, concerned, event

NOW = "2027-02-07T09:00:00Z"
SNS_BYTES = 256 * 1024


def reminder() -> Alert:
    """Give the alert that the contract shows."""
    rows = [
        row(region=region, life=DYING, now=NOW, told=EXTENDED, in_use=True)
        for region in (WEST, EAST)
    ]
    (alert,) = group(judge_rows(rows, NOW).decisions, at(NOW))
    return alert


def test_the_document_is_the_contracts() -> None:
    alert = reminder()
    document = dict(notification(alert, PLACE).document)

    assert document.pop("text").startswith("Claude Sonnet 4.5 reaches end of life in 60 days")
    assert document == {
        "schema_version": "1",
        "alert_id": alert_id(alert),
        "kind": "DEADLINE",
        "severity": "warning",
        "account_id": "123456789012",
        "occurred_at": "2027-02-07T09:00:00Z",
        "direction": None,
        "milestone": "END_OF_LIFE",
        "milestone_date": "2027-04-08",
        "days_left": 60,
        "reason": "Claude Sonnet 4.5 reaches end of life in 60 days (Thu 2027-04-08).",
        "models": [
            {
                "model_id": "anthropic.claude-sonnet-4-5-20250929-v1:0",
                "name": "Claude Sonnet 4.5",
                "provider": "Anthropic",
                "phase": "EXTENDED_ACCESS",
                "regions": ["us-east-1", "us-west-2"],
                "dates": {
                    "legacy": "2026-10-08",
                    "extended_access": "2027-01-08",
                    "end_of_life": "2027-04-08",
                },
                "previous_dates": None,
                "in_use": True,
                "invocations_14d": None,
                "used_by": [],
                "replacement": None,
                "replacement_source": None,
            }
        ],
        "models_omitted": 0,
        "health_event": None,
        "subject": "[warning] Claude Sonnet 4.5: end of life in 60 days (2027-04-08)",
    }


def test_every_kind_has_the_same_keys_in_the_same_order() -> None:
    first = baseline([row(life=DYING)], [RegionState(EAST, at(NOW))], at(NOW))

    others = [first, about_nothing(event()), sample_alert("token", at(NOW))]

    for other in others:
        assert list(notification(other, PLACE).document) == list(
            notification(reminder(), PLACE).document
        )


def test_moved_dates_show_the_dates_before() -> None:
    earlier = lifecycle("LEGACY", LEGACY_ON, EXTENDED_ON, "2027-03-01")
    one = row(life=earlier, told=told(Phase.LEGACY, SONNET_DATES))
    (alert,) = group(judge_rows([one], "2026-10-20").decisions, at("2026-10-20"))

    document = notification(alert, PLACE).document

    assert document["direction"] == "earlier"
    assert document["models"][0]["previous_dates"] == {
        "legacy": "2026-10-08",
        "extended_access": "2027-01-08",
        "end_of_life": "2027-04-08",
    }


def test_people_get_text_and_everything_else_gets_the_document() -> None:
    found = notification(reminder(), PLACE)

    message = json.loads(found.sns_message())

    assert set(message) == {"default", "email"}
    assert message["email"] == found.document["text"]
    assert json.loads(message["default"]) == json.loads(found.as_json()) == dict(found.document)


def test_the_attributes_that_filter_policies_use() -> None:
    assert notification(reminder(), PLACE).sns_attributes() == {
        "kind": {"DataType": "String", "StringValue": "DEADLINE"},
        "severity": {"DataType": "String", "StringValue": "warning"},
        "milestone": {"DataType": "String", "StringValue": "END_OF_LIFE"},
        "in_use": {"DataType": "String", "StringValue": "true"},
        "provider": {"DataType": "String.Array", "StringValue": '["Anthropic"]'},
    }


def test_an_alert_without_milestone_or_models_has_no_such_attributes() -> None:
    quiet = baseline([row()], [RegionState(EAST, at(NOW))], at(NOW))

    attributes = notification(quiet, PLACE).sns_attributes()

    assert set(attributes) == {"kind", "severity", "in_use"}
    assert attributes["in_use"]["StringValue"] == "unknown"


@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        pytest.param([False, True], "true", id="one is in use"),
        pytest.param([False, None], "unknown", id="one is not known"),
        pytest.param([False, False], "false", id="none is in use"),
    ],
)
def test_use_of_several_models_as_an_attribute(uses: list[bool | None], expected: str) -> None:
    entries = tuple(entry(number, use) for number, use in enumerate(uses))

    found = notification(replace(reminder(), models=entries), PLACE)

    assert found.sns_attributes()["in_use"]["StringValue"] == expected


def test_providers_are_each_named_once() -> None:
    entries = tuple(replace_provider(entry(n), p) for n, p in enumerate(["B", "A", "B"]))

    found = notification(replace(reminder(), models=entries), PLACE)

    assert json.loads(found.sns_attributes()["provider"]["StringValue"]) == ["A", "B"]


def entry(number: int, in_use: bool | None = None, name: str = "Model") -> ModelEntry:  # noqa: FBT001 (a value)
    return ModelEntry(
        model_id=f"acme.model-{number:05}-v1:0",
        name=plain(f"{name} {number:05}"),
        provider="Acme",
        phase=Phase.LEGACY,
        regions=(EAST, WEST),
        dates=SONNET_DATES,
        previous_dates=None,
        in_use=in_use,
    )


def replace_provider(one: ModelEntry, provider: str) -> ModelEntry:
    return replace(one, provider=provider)


def many(count: int, in_use: int, name: str = "Model") -> Alert:
    """Give an alert of so many models, the first so many of which are in use."""
    entries = tuple(entry(n, in_use=n < in_use, name=name) for n in range(count))
    return replace(reminder(), models=entries)


def sns_bytes(found: Notification) -> int:
    """Count what SNS counts, independently of the code that cuts."""
    attributes: Any = found.sns_attributes()
    parts = [found.sns_message(), found.document["subject"]]
    for name, attribute in attributes.items():
        parts += [name, attribute["DataType"], attribute["StringValue"]]
    return sum(len(part.encode("utf-8")) for part in parts)


@pytest.mark.parametrize(
    ("count", "name"),
    [
        pytest.param(10_000, "Model", id="ten thousand models"),
        pytest.param(3_000, "\N{GRINNING FACE}" * 200, id="huge names of four bytes a character"),
        pytest.param(3_000, '"\\' * 200, id="huge names that JSON escapes twice"),
        pytest.param(3_000, "\N{LATIN SMALL LETTER N}\N{COMBINING TILDE}" * 500, id="decomposed"),
    ],
)
def test_no_notification_is_larger_than_sns_carries(count: int, name: str) -> None:
    alert = many(count, in_use=50, name=name)

    found = notification(alert, PLACE)

    shown = found.document["models"]
    assert sns_bytes(found) <= SNS_BYTES
    assert 50 < len(shown) < count
    assert found.document["models_omitted"] == count - len(shown)
    assert [one["model_id"] for one in shown] == [e.model_id for e in alert.models[: len(shown)]]
    assert all(one["in_use"] for one in shown[:50])
    assert_text_counts_what_it_leaves_out(found.document["text"], count)


def assert_text_counts_what_it_leaves_out(text: str, count: int) -> None:
    """Check that the e-mail lists some models, counts the rest, and says where all of them are."""
    (left_out,) = re.findall(r"\.\.\. and ([\d,]+) more models: the table named below", text)
    assert 0 < len(re.findall(r"\[acme\.model-", text)) == count - int(left_out.replace(",", ""))
    assert PLACE.models_table in text


def test_nearly_all_the_room_is_used() -> None:
    assert sns_bytes(notification(many(10_000, in_use=0), PLACE)) > SNS_BYTES * 0.95


def test_what_fits_is_not_cut() -> None:
    document = notification(many(100, in_use=0), PLACE).document

    assert (len(document["models"]), document["models_omitted"]) == (100, 0)
    assert "more model" not in document["text"]


def test_cutting_keeps_the_identity_of_the_alert() -> None:
    alert = many(10_000, in_use=0)

    assert notification(alert, PLACE).alert_id == alert_id(alert)


def test_one_model_in_very_many_regions_still_fits() -> None:
    wide = replace(entry(1), regions=tuple(f"us-test-{number}" for number in range(500)))

    found = notification(replace(reminder(), models=(wide,)), PLACE)

    assert sns_bytes(found) <= SNS_BYTES
    assert found.document["models_omitted"] == 0


def test_a_poll_in_which_ten_thousand_models_enter_legacy_fits_and_forgets_none() -> None:
    rows = [row(f"acme.model-{number}-v1:0", life=DYING) for number in range(10_000)]

    alerts = group(judge_rows(rows, "2026-10-20").decisions, at("2026-10-20"))

    assert sorted(key for alert in alerts for key, _ in alert.told) == sorted(
        RowKey(one.model_id, one.region) for one in rows
    )
    assert all(sns_bytes(notification(alert, PLACE)) <= SNS_BYTES for alert in alerts)
    assert len({alert_id(alert) for alert in alerts}) == len(alerts)


def test_what_is_told_afterwards_does_not_depend_on_what_fits() -> None:
    alert = reminder()

    assert {key for key, _ in alert.told} == {RowKey(SONNET, EAST), RowKey(SONNET, WEST)}
    assert all(t.facts == Facts(Phase.EXTENDED_ACCESS, SONNET_DATES) for _, t in alert.told)
    assert (alert.kind, alert.milestone) == (Kind.DEADLINE, Milestone.END_OF_LIFE)


ENDS = dates(None, None, "2027-04-08")


def test_an_event_of_aws_health_as_the_document_has_it() -> None:
    found = event(
        description="First.\r\nSecond\u202e.",
        entities=(Entity(SONNET, "PENDING"), Entity("other")),
        actionability="ACTION_REQUIRED",
        missing_pages=(2, 3),
    )
    news = HealthNews(
        found,
        dates=ENDS,
        is_update=True,
        changes=("the text has changed",),
        other_entities=(Entity("other"),),
    )

    document = notification(alert_about(news, concerned(ENDS)), PLACE).document

    assert (document["milestone"], document["milestone_date"]) == ("END_OF_LIFE", "2027-04-08")
    assert document["health_event"] == {
        "event_arn": found.arn,
        "account": "123456789012",
        "event_type_code": "AWS_BEDROCK_PLANNED_LIFECYCLE_EVENT",
        "event_type_category": "scheduledChange",
        "concern": "planned lifecycle event",
        "scope": "ACCOUNT_SPECIFIC",
        "status": "upcoming",
        "region": "us-east-1",
        "start_time": "2027-04-08T07:00:00Z",
        "end_time": None,
        "last_updated_time": "2026-10-07T16:20:00Z",
        "description": "First.\nSecond.",
        "entities": [{"value": SONNET, "status": "PENDING"}, {"value": "other", "status": None}],
        "entities_total": 2,
        "missing_pages": 2,
        "actionability": "ACTION_REQUIRED",
        "dates": {"legacy": None, "extended_access": None, "end_of_life": "2027-04-08"},
        "update": True,
        "changes": ["the text has changed"],
    }


def test_what_an_event_does_not_say_is_null() -> None:
    bare = event(
        type_code="", category="", status="", region="", scope="", start_at=None, entities=None
    )
    found = notification(about_nothing(bare), PLACE).document["health_event"]

    unsaid = {name for name, value in found.items() if value is None}
    assert unsaid == {
        "event_type_code",
        "event_type_category",
        "scope",
        "status",
        "region",
        "start_time",
        "end_time",
        "description",
        "actionability",
    }
    assert (found["entities"], found["entities_total"]) == ([], 0)
    assert (found["update"], found["changes"]) == (False, [])


@pytest.mark.parametrize(
    "alert",
    [
        pytest.param(about_nothing(event()), id="an event about no model"),
        pytest.param(sample_alert("token", at(NOW)), id="a test"),
    ],
)
def test_an_alert_without_models_is_of_unknown_use(alert: Alert) -> None:
    found = notification(alert, PLACE)

    assert found.document["models"] == []
    assert found.sns_attributes()["in_use"]["StringValue"] == "unknown"
    assert "provider" not in found.sns_attributes()
    assert (found.document["health_event"] is None) is (alert.kind is Kind.TEST)


def test_a_long_description_is_cut_between_characters() -> None:
    found = event(description="\N{GRINNING FACE}" * 25_000)

    said = notification(about_nothing(found), PLACE).document["health_event"]["description"]

    assert said == "\N{GRINNING FACE}" * 7_999 + "…"


def flood(char: str, entities: int, models: int) -> Alert:
    """Give an alert about an event that says as much as it can, of many entities and models."""
    affected = tuple(
        Entity(f"{number:05} {char * 1_224}"[:1_224], char * 40) for number in range(entities)
    )
    everything = event(
        type_code=char * 100,
        arn=f"arn:{char * 9_000}",
        status=char * 200,
        region=char * 200,
        scope=char * 200,
        language=char * 200,
        actionability=char * 200,
        description=(char * 50 + "\n") * 2_000,
        entities=affected,
        missing_pages=tuple(range(2, 100)),
    )
    changes = tuple(char * 1_000 for _ in range(100))
    news = HealthNews(everything, ENDS, is_update=True, changes=changes, other_entities=affected)
    entries = tuple(entry(n, in_use=n < 50, name=char * 100) for n in range(models))
    return replace(alert_about(news, concerned(ENDS)), models=entries)


@pytest.mark.parametrize("char", ["x", "\N{GRINNING FACE}", '"', "\\", "字"])
@pytest.mark.parametrize(
    ("entities", "models"),
    [
        pytest.param(10_000, 0, id="ten thousand entities"),
        pytest.param(10_000, 2_000, id="and two thousand models"),
    ],
)
def test_no_event_makes_a_notification_larger_than_sns_carries(
    char: str, entities: int, models: int
) -> None:
    alert = flood(char, entities, models)

    found = notification(alert, PLACE)

    said = found.document["health_event"]
    shown = found.document["models"]
    assert sns_bytes(found) <= SNS_BYTES
    assert len(said["event_arn"]) <= 1_600
    assert said["entities_total"] == entities
    assert len(said["entities"]) <= 100
    assert [one["value"][:5] for one in said["entities"]] == [
        f"{number:05}" for number in range(len(said["entities"]))
    ]
    assert len(said["entities"]) > 10
    assert found.document["models_omitted"] == models - len(shown)
    assert len(shown) >= min(models, 20)
    assert all(one["in_use"] for one in shown[:50])


def test_short_entities_are_given_up_to_a_hundred() -> None:
    affected = tuple(Entity(f"arn:aws:bedrock:::{number}", "PENDING") for number in range(101))

    found = notification(about_nothing(event(entities=affected)), PLACE).document["health_event"]

    assert [one["value"] for one in found["entities"]] == [one.value for one in affected[:100]]
    assert found["entities_total"] == 101


def test_a_large_event_leaves_room_for_the_models_in_use() -> None:
    shown = notification(flood("x", 10_000, 2_000), PLACE).document["models"]

    assert len(shown) > 150
