"""What the account may use, and the most it used: never a guess, always all of it or an error."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest

from notifier.capacity import Peak, Quota
from notifier.errors import AwsError
from notifier.sources import quotas as module
from notifier.sources.quotas import Quotas
from tests.sources.conftest import QUICK
from tests.sources.scripted_aws import Raw, ScriptedAws, always, paged, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boto3 import Session

    from tests.sources.scripted_aws import Asked, Reply, Script

EAST: Final = "us-east-1"
NOW: Final = datetime(2026, 11, 20, 8, 30, 40, tzinfo=UTC)
SONNET, PROFILE = "anthropic.sonnet-v1:0", "us.anthropic.sonnet-v1:0"
PER_MINUTE: Final[Mapping[str, Any]] = {
    "ServiceCode": "bedrock",
    "QuotaName": "On-demand model inference tokens per minute for Acme One",
    "QuotaCode": "L-1",
    "Value": 200000.0,
    "Unit": "None",
    "Adjustable": True,
}


@pytest.fixture(scope="module")
def quotas(scripted_server: ScriptedAws, session: Session) -> Quotas:
    """Give the source with one quick attempt a call, so that failures do not take seconds."""
    assert scripted_server
    quick = Quotas(session)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CALLS", QUICK)
        quick.prepare([EAST, "us-west-2"])
    return quick


def at(minutes_ago: float) -> datetime:
    """Give the first second of the minute so long ago."""
    return NOW.replace(second=0) - timedelta(minutes=minutes_ago)


def count(scripted: ScriptedAws, metric: str, minutes_ago: float, value: float, *ids: str) -> None:
    for model_id in ids or (SONNET,):
        scripted.metrics.count(metric, at(minutes_ago), value, ModelId=model_id)


def test_the_quotas_of_bedrock_are_read_from_every_page(
    scripted: ScriptedAws, quotas: Quotas
) -> None:
    entries = [{**PER_MINUTE, "QuotaName": f"quota {n}", "Value": n} for n in range(230)]
    scripted.on("ListServiceQuotas", paged("Quotas", [*entries], 100, "NextToken"))

    assert quotas.applied(EAST) == tuple(Quota(f"quota {n}", n) for n in range(230))
    asked = scripted.asked("ListServiceQuotas")
    assert [call.said.get("NextToken") for call in asked] == [None, "100", "200"]
    assert {(call.said["ServiceCode"], call.said["MaxResults"]) for call in asked} == {
        ("bedrock", 100)
    }


def test_each_region_has_its_own(scripted: ScriptedAws, quotas: Quotas) -> None:
    west = paged("Quotas", [PER_MINUTE], 100, "NextToken")
    scripted.on("ListServiceQuotas", west, region="us-west-2")

    assert quotas.applied(EAST) == ()
    assert quotas.applied("us-west-2") == (Quota(PER_MINUTE["QuotaName"], 200000.0),)


def test_prepared_clients_are_made_once_and_in_the_thread_that_prepares(
    scripted: ScriptedAws, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[str, threading.Thread]] = []
    client = type(session).client

    def noted(self: Session, service: Any, **named: Any) -> Any:  # noqa: ANN401 as the session's
        made.append((service, threading.current_thread()))
        return client(self, service, **named)

    monkeypatch.setattr(type(session), "client", noted)
    prepared = Quotas(session)

    prepared.prepare([EAST, "us-west-2"])
    assert scripted.asked() == []
    with ThreadPoolExecutor() as pool:
        list(pool.map(prepared.applied, [EAST, "us-west-2"]))
        pool.submit(prepared.peak, EAST, [SONNET], NOW).result()
    prepared.prepare([EAST])

    assert Counter(service for service, _ in made) == {"service-quotas": 2, "cloudwatch": 2}
    assert {thread for _, thread in made} == {threading.current_thread()}


def test_what_fails_is_not_tried_again(scripted: ScriptedAws, session: Session) -> None:
    scripted.on("ListServiceQuotas", refusal(500, "ServiceException"))
    scripted.on("GetMetricData", refusal(500, "InternalServiceFault"))
    deployed = Quotas(session)

    for asked in (deployed.applied, partial(deployed.peak, model_ids=[SONNET], now=NOW)):
        with pytest.raises(AwsError):
            asked(EAST)

    assert scripted.counts() == {"ListServiceQuotas": 1, "GetMetricData": 1}


@pytest.mark.parametrize(
    ("script", "code", "permanent"),
    [
        pytest.param(
            refusal(400, "AccessDeniedException"), "AccessDeniedException", True, id="denied"
        ),
        pytest.param(
            refusal(400, "NoSuchResourceException"),
            "NoSuchResourceException",
            True,
            id="a Region without them",
        ),
        pytest.param(
            refusal(400, "TooManyRequestsException"),
            "TooManyRequestsException",
            False,
            id="throttled",
        ),
        pytest.param(always(Raw(200, b"<html>")), "UnexpectedAnswer", False, id="not JSON"),
        pytest.param(always({"Quotas": None}), "UnexpectedAnswer", False, id="null"),
        pytest.param(
            always({"Quotas": [{"QuotaName": "x"}]}), "UnexpectedAnswer", False, id="no value"
        ),
        pytest.param(always({"Quotas": [{"Value": 1}]}), "UnexpectedAnswer", False, id="no name"),
        pytest.param(always({"Quotas": ["x"]}), "UnexpectedAnswer", False, id="another shape"),
    ],
)
def test_quotas_that_cannot_be_read_are_an_error(
    scripted: ScriptedAws, quotas: Quotas, script: Script, code: str, *, permanent: bool
) -> None:
    scripted.on("ListServiceQuotas", script)

    with pytest.raises(AwsError) as failed:
        quotas.applied(EAST)

    assert (failed.value.action, failed.value.code, failed.value.permanent) == (
        "servicequotas:ListServiceQuotas",
        code,
        permanent,
    )


def test_the_busiest_minute_of_requests_and_that_of_tokens_are_found_apart(
    scripted: ScriptedAws, quotas: Quotas
) -> None:
    count(scripted, "Invocations", 60, 40)
    count(scripted, "InputTokenCount", 60, 100)
    count(scripted, "Invocations", 30, 2)
    count(scripted, "InputTokenCount", 30, 900)
    count(scripted, "OutputTokenCount", 30, 500)
    count(scripted, "OutputTokenCount", 29, 1300)

    assert quotas.peak(EAST, [SONNET], NOW) == Peak(40, 1400)


def test_ids_of_one_model_add_up_within_a_minute(scripted: ScriptedAws, quotas: Quotas) -> None:
    count(scripted, "Invocations", 10, 5, SONNET, PROFILE)
    count(scripted, "InputTokenCount", 10, 50, SONNET, PROFILE)
    count(scripted, "Invocations", 9, 8, "another.model-v1:0")

    assert quotas.peak(EAST, [SONNET, PROFILE, SONNET], NOW) == Peak(10, 100)
    (asked,) = scripted.asked("GetMetricData")
    assert len(asked.said["MetricDataQueries"]) == 6


def test_calls_in_different_seconds_of_a_minute_are_one_minute(
    scripted: ScriptedAws, quotas: Quotas
) -> None:
    count(scripted, "Invocations", 10, 5)
    count(scripted, "Invocations", 9.5, 6)
    count(scripted, "Invocations", 9, 7)

    assert quotas.peak(EAST, [SONNET], NOW) == Peak(11, 0)


def test_a_week_is_looked_at(scripted: ScriptedAws, quotas: Quotas) -> None:
    week = 7 * 24 * 60
    count(scripted, "Invocations", week, 3)
    count(scripted, "Invocations", week + 1, 99)
    count(scripted, "Invocations", -5, 99)

    assert quotas.peak(EAST, [SONNET], NOW) == Peak(3, 0)
    (asked,) = scripted.asked("GetMetricData")
    assert {query["MetricStat"]["Period"] for query in asked.said["MetricDataQueries"]} == {60}


def test_no_calls_are_no_peak(scripted: ScriptedAws, quotas: Quotas) -> None:
    assert quotas.peak(EAST, [SONNET], NOW) == Peak(0, 0)
    assert quotas.peak(EAST, [], NOW) == Peak(0, 0)
    assert scripted.counts() == {"GetMetricData": 1}


def test_a_call_asks_for_no_more_points_than_one_answer_holds(
    scripted: ScriptedAws, quotas: Quotas
) -> None:
    for number in range(10):
        count(scripted, "Invocations", 5, 1, f"model-{number}")

    assert quotas.peak(EAST, [f"model-{n}" for n in range(10)], NOW) == Peak(10, 0)
    sizes = [len(asked.said["MetricDataQueries"]) for asked in scripted.asked("GetMetricData")]
    assert sizes == [9, 9, 9, 3]
    assert max(sizes) * 7 * 24 * 60 <= 100_800


def test_further_pages_are_read_all_the_same(scripted: ScriptedAws, quotas: Quotas) -> None:
    scripted.metrics.points_per_page = 3
    for minute in range(20):
        count(scripted, "Invocations", minute, minute)

    assert quotas.peak(EAST, [SONNET], NOW) == Peak(19, 0)


def test_an_id_that_nothing_can_be_counted_under_is_left_out(
    scripted: ScriptedAws, quotas: Quotas
) -> None:
    count(scripted, "Invocations", 5, 4)

    assert quotas.peak(EAST, ["modèle", "", SONNET], NOW) == Peak(4, 0)


def changed(scripted: ScriptedAws, change: Mapping[str, Any]) -> Script:
    def answer(asked: Asked) -> Reply:
        reply = scripted.metrics.get_metric_data(asked)
        assert isinstance(reply, dict)
        reply["MetricDataResults"][0].update(change)
        return reply

    return answer


@pytest.mark.parametrize(
    ("change", "code", "permanent"),
    [
        ({"StatusCode": "InternalError"}, "InternalError", False),
        ({"StatusCode": "Forbidden"}, "Forbidden", True),
        ({"StatusCode": "PartialData"}, "PartialData", False),
        ({"Id": "q1"}, "Missing", False),
        ({"Values": [float("nan")]}, "UnexpectedAnswer", False),
        ({"Values": [1.0, 2.0]}, "UnexpectedAnswer", False),
    ],
)
def test_a_peak_that_is_not_known_in_full_is_an_error(
    scripted: ScriptedAws, quotas: Quotas, change: Mapping[str, Any], code: str, *, permanent: bool
) -> None:
    count(scripted, "Invocations", 5, 4)
    scripted.on("GetMetricData", changed(scripted, change))

    with pytest.raises(AwsError) as failed:
        quotas.peak(EAST, [SONNET], NOW)

    assert (failed.value.action, failed.value.code, failed.value.permanent) == (
        "cloudwatch:GetMetricData",
        code,
        permanent,
    )


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (refusal(403, "AccessDenied"), "AccessDenied"),
        (refusal(400, "Throttling"), "Throttling"),
        (always(Raw(200, b"<html>")), "UnexpectedAnswer"),
        (always({}), "UnexpectedAnswer"),
    ],
)
def test_metrics_that_cannot_be_read_are_an_error(
    scripted: ScriptedAws, quotas: Quotas, script: Script, code: str
) -> None:
    scripted.on("GetMetricData", script)

    with pytest.raises(AwsError) as failed:
        quotas.peak(EAST, [SONNET], NOW)

    assert failed.value.code == code
