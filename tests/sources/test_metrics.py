"""What was invoked, as CloudWatch counted it, and as it should not have."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest

from local_aws.emulator import ADMINISTRATOR, Emulator
from notifier.sources.usage import Usage
from notifier.usage import Calls, Reading, ReadingRequest, Source
from tests.sources.scripted_aws import Raw, ScriptedAws, always, each_waits, listing, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from boto3 import Session

    from tests.sources.scripted_aws import Asked, Reply, Script

EAST: Final = "us-east-1"
# The emulator and the scripted CloudWatch forget by the clock, as the real one does.
NOW: Final = datetime.now(UTC)
TODAY: Final = NOW.date()
SONNET: Final = "us.anthropic.sonnet-v1:0"
HAIKU: Final = "anthropic.haiku-v1:0"
ARN: Final = "arn:aws:bedrock:us-east-1:123456789012"


def at(days_ago: int) -> datetime:
    """Give a time on that UTC day, at noon if that is surely past."""
    return datetime.combine(day(days_ago), time(12 if days_ago > 0 else 0), UTC)


def day(days_ago: int) -> date:
    return TODAY - timedelta(days=days_ago)


def read(
    usage: Usage,
    *look_back: str,
    now: datetime = NOW,
    region: str = EAST,
    beside: frozenset[Source] = frozenset(),
    looked_back: Iterable[str] = (),
) -> Reading:
    """Read what was invoked, and perhaps other sources beside it."""
    request = ReadingRequest(
        region,
        frozenset({Source.INVOCATIONS}) | beside,
        look_back=look_back,
        looked_back=frozenset(looked_back),
    )
    return usage.read([request], now, 20)[region][Source.INVOCATIONS]


def invoked(scripted: ScriptedAws, model_id: str, days_ago: int, times: float = 1) -> None:
    scripted.metrics.count("Invocations", at(days_ago), times, ModelId=model_id)


def by_model(reading: Reading) -> dict[str, Calls]:
    return {calls.model_id: calls for calls in reading.calls}


# What there is, as the emulator of AWS has it.


@pytest.fixture(scope="module")
def account() -> Iterator[str]:
    """Give the endpoint of an account that invoked one model on three days."""
    with Emulator(enforce_iam=False) as emulator:
        client = boto3.client(
            "cloudwatch",
            region_name=EAST,
            endpoint_url=emulator.endpoint_url,
            aws_access_key_id=ADMINISTRATOR["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ADMINISTRATOR["AWS_SECRET_ACCESS_KEY"],
        )
        for days_ago, times in ((1, 5), (3, 7), (9, 1)):
            for metric, value in (
                ("Invocations", 1),
                ("InputTokenCount", 1000),
                ("OutputTokenCount", 100),
            ):
                client.put_metric_data(
                    Namespace="AWS/Bedrock",
                    MetricData=[
                        {
                            "MetricName": metric,
                            "Dimensions": [{"Name": "ModelId", "Value": SONNET}],
                            "Timestamp": at(days_ago) + timedelta(minutes=number),
                            "Value": value,
                            "Unit": "Count",
                        }
                        for number in range(times)
                    ],
                )
        yield emulator.endpoint_url


def test_calls_and_tokens_are_read_by_model(
    account: str, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", account)
    real = Usage(session)

    assert read(real).failure is None
    # 13 calls in the nine days since the first of them.
    assert read(real).calls == (Calls(SONNET, day(1), 13, 1444, 144),)
    assert read(real, region="us-west-2").calls == ()


# What is counted, and over which days.


def test_where_nothing_was_invoked_one_listing_says_so(scripted: ScriptedAws, usage: Usage) -> None:
    reading = read(usage)

    assert (reading.calls, reading.failure) == ((), None)
    assert scripted.counts() == {"ListMetrics": 1}


@pytest.mark.parametrize(
    ("days", "calls"),
    [
        pytest.param({0: 3}, Calls(SONNET, day(0), 3), id="today counts"),
        pytest.param({13: 3}, Calls(SONNET, day(13), 3), id="and the thirteenth day before it"),
        pytest.param(
            {14: 90, 13: 3}, Calls(SONNET, day(13), 3), id="but not the fourteenth day before it"
        ),
        pytest.param(
            {0: 0, 2: 4, 5: 6}, Calls(SONNET, day(2), 10), id="a day of no calls is not the last"
        ),
        pytest.param(
            {29: 1, 2: 4}, Calls(SONNET, day(2), 4), id="the first of 30 days is looked at"
        ),
    ],
)
def test_the_last_fourteen_utc_days_are_summed_and_the_last_day_is_named(
    scripted: ScriptedAws, usage: Usage, days: Mapping[int, float], calls: Calls
) -> None:
    # So that it is listed at all, whatever the case has.
    scripted.metrics.count("Invocations", at(0), 0, ModelId=SONNET)
    for days_ago, times in days.items():
        invoked(scripted, SONNET, days_ago, times)

    assert read(usage).calls == (calls,)


@pytest.mark.parametrize(
    ("days", "mean"),
    [
        pytest.param({9: 1000, 2: 4004}, 556, id="of all days since the first call"),
        pytest.param({2: 1000, 0: 9000}, 500, id="but for today, which is not over"),
        pytest.param({0: 9000}, 9000, id="unless there is nothing else"),
    ],
)
def test_tokens_are_the_mean_of_the_whole_days_since_the_first_call(
    scripted: ScriptedAws, usage: Usage, days: dict[int, int], mean: int
) -> None:
    for days_ago, tokens in days.items():
        invoked(scripted, SONNET, days_ago)
        scripted.metrics.count("InputTokenCount", at(days_ago), tokens, ModelId=SONNET)
        scripted.metrics.count("OutputTokenCount", at(days_ago), tokens / 10, ModelId=SONNET)

    (calls,) = read(usage).calls

    assert (calls.input_tokens_per_day, calls.output_tokens_per_day) == (mean, round(mean / 10))


def test_thirty_utc_days_are_asked_about_by_the_day(scripted: ScriptedAws, usage: Usage) -> None:
    invoked(scripted, SONNET, 0)
    # It is the 21st already where this was written down.
    now = datetime(2026, 11, 21, 4, 30, tzinfo=timezone(timedelta(hours=5)))

    read(usage, now=now)

    (asked,) = scripted.asked("GetMetricData")
    assert asked.said["StartTime"] == datetime(2026, 10, 22, tzinfo=UTC).timestamp()
    assert asked.said["EndTime"] == now.timestamp()
    assert {query["MetricStat"]["Period"] for query in asked.said["MetricDataQueries"]} == {86400}
    assert {query["MetricStat"]["Stat"] for query in asked.said["MetricDataQueries"]} == {"Sum"}


def test_a_model_that_was_only_listed_was_not_invoked(scripted: ScriptedAws, usage: Usage) -> None:
    invoked(scripted, SONNET, 0, 0)

    reading = read(usage)

    assert (reading.calls, reading.failure) == ((), None)


def test_what_is_kept_under_the_model_alone_is_not_counted_twice(
    scripted: ScriptedAws, usage: Usage
) -> None:
    invoked(scripted, SONNET, 1, 5)
    scripted.metrics.count("Invocations", at(1), 5, ModelId=SONNET, ContextWindow="LONG")

    assert read(usage).calls == (Calls(SONNET, day(1), 5),)


def test_where_a_model_is_only_kept_under_more_dimensions_they_are_summed(
    scripted: ScriptedAws, usage: Usage
) -> None:
    for size, times in (("512", 2), ("1024", 3)):
        for metric in ("Invocations", "InputTokenCount"):
            scripted.metrics.count(metric, at(0), times, ModelId="image-v1", ImageSize=size)

    assert read(usage).calls == (Calls("image-v1", day(0), 5, 5, 0),)


def test_what_is_not_counted_by_model_is_left_out(scripted: ScriptedAws, usage: Usage) -> None:
    scripted.metrics.count("Invocations", at(0), 9, Operation="ApplyGuardrail")
    scripted.metrics.count("Invocations", at(0), 9)

    reading = read(usage)

    assert (reading.calls, reading.failure) == ((), None)


@pytest.mark.parametrize(
    "model_id",
    [
        "acme.never-seen-v9:0:200k",
        f"{ARN}:application-inference-profile/ab12cd34ef56",
        f"{ARN}:provisioned-model/abcdef123456",
        "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/acme.x-v1:0",
        'odd "id" with spaces, q0 & <b>',
        "x" * 1024,
    ],
)
def test_whatever_was_invoked_is_given_by_the_name_it_was_counted_under(
    scripted: ScriptedAws, usage: Usage, model_id: str
) -> None:
    invoked(scripted, model_id, 2, 4)
    invoked(scripted, "q0", 1, 1)

    assert by_model(read(usage)) == {
        model_id: Calls(model_id, day(2), 4),
        "q0": Calls("q0", day(1), 1),
    }


def test_every_page_of_metrics_and_of_data_is_read(scripted: ScriptedAws, usage: Usage) -> None:
    scripted.metrics.metrics_per_page = 3
    scripted.metrics.points_per_page = 4
    for number in range(7):
        for days_ago in range(1, 4):
            invoked(scripted, f"model-{number}", days_ago, number + 1)

    calls = by_model(read(usage))

    assert calls == {
        f"model-{number}": Calls(f"model-{number}", day(1), 3 * (number + 1)) for number in range(7)
    }
    assert [asked.said.get("NextToken") for asked in scripted.asked("ListMetrics")] == [
        None,
        "3",
        "6",
    ]
    assert len(scripted.asked("GetMetricData")) > 5


def test_many_models_are_asked_about_500_queries_at_a_time_and_each_in_one_call(
    scripted: ScriptedAws, usage: Usage
) -> None:
    for number in range(400):
        invoked(scripted, f"model-{number:03}", 1)

    assert len(read(usage).calls) == 400
    sizes = [len(asked.said["MetricDataQueries"]) for asked in scripted.asked("GetMetricData")]
    assert sizes == [498, 498, 204]
    for asked in scripted.asked("GetMetricData"):
        named = [
            query["MetricStat"]["Metric"]["Dimensions"][0]["Value"]
            for query in asked.said["MetricDataQueries"]
        ]
        assert {named.count(model_id) for model_id in named} == {3}


# Looking back.


def test_looking_back_finds_the_last_day_long_ago(scripted: ScriptedAws, usage: Usage) -> None:
    invoked(scripted, HAIKU, 80, 9)
    invoked(scripted, HAIKU, 95, 9)
    invoked(scripted, "too-long-ago", 100)
    scripted.metrics.count("InputTokenCount", at(80), 700, ModelId=HAIKU)

    reading = read(usage, HAIKU, "never", "too-long-ago")

    assert reading.failure is None
    assert reading.calls == (Calls(HAIKU, day(80), 0, 0, 0),)


def test_nothing_is_looked_back_at_where_nothing_can_have_been_invoked(
    scripted: ScriptedAws, usage: Usage
) -> None:
    reading = read(usage, beside=frozenset(Source) - {Source.INVOCATIONS})

    assert reading == Reading()
    assert scripted.counts()["GetMetricData"] == 0


def asked_about(scripted: ScriptedAws) -> list[list[str]]:
    """Give what each call for data was about."""
    return [
        [
            query["MetricStat"]["Metric"]["Dimensions"][0]["Value"]
            for query in asked.said["MetricDataQueries"]
        ]
        for asked in scripted.asked("GetMetricData")
    ]


def test_what_was_looked_back_at_is_said_whether_it_was_invoked_or_not(
    scripted: ScriptedAws, usage: Usage
) -> None:
    invoked(scripted, HAIKU, 60)

    reading = read(usage, HAIKU, "never")

    assert reading.looked_back == {HAIKU, "never"}


def test_what_was_looked_back_at_before_is_not_again(scripted: ScriptedAws, usage: Usage) -> None:
    scripted.on("ListInferenceProfiles", listing("ListInferenceProfiles", [profile("aws")]))
    known = {HAIKU, "id-of-aws", f"{ARN}:profile/aws"}

    reading = read(usage, HAIKU, beside=frozenset({Source.SYSTEM_PROFILES}), looked_back=known)

    assert reading == Reading()
    assert scripted.counts()["GetMetricData"] == 0


def test_what_is_listed_for_the_first_time_is_looked_back_at_in_the_same_reading(
    scripted: ScriptedAws, usage: Usage
) -> None:
    scripted.on("ListInferenceProfiles", listing("ListInferenceProfiles", [profile("aws")]))
    invoked(scripted, "id-of-aws", 60)

    reading = read(usage, beside=frozenset({Source.SYSTEM_PROFILES}), looked_back={HAIKU})

    assert reading.calls == (Calls("id-of-aws", day(60), 0),)
    assert reading.looked_back == {"id-of-aws", f"{ARN}:profile/aws"}


def test_what_was_invoked_lately_keeps_its_figures_and_is_looked_back_at_like_the_rest(
    scripted: ScriptedAws, usage: Usage
) -> None:
    invoked(scripted, SONNET, 60, 9)
    invoked(scripted, SONNET, 1)
    scripted.metrics.count("InputTokenCount", at(1), 700, ModelId=SONNET)
    invoked(scripted, HAIKU, 60)

    reading = read(usage, SONNET, HAIKU)

    assert reading.calls == (Calls(SONNET, day(1), 1, 700), Calls(HAIKU, day(60), 0))
    assert reading.looked_back == {SONNET, HAIKU}
    assert asked_about(scripted) == [[SONNET] * 3, [HAIKU, SONNET]]


def test_what_is_not_answered_in_full_was_not_looked_back_at(
    scripted: ScriptedAws, usage: Usage
) -> None:
    scripted.on("GetMetricData", spoilt(scripted, **{HAIKU: {"StatusCode": "InternalError"}}))

    reading = read(usage, HAIKU, SONNET, "modèle")

    assert reading.looked_back == {SONNET}
    assert reading.failure is not None


def profile(name: str, kind: str = "SYSTEM_DEFINED") -> dict[str, Any]:
    return {
        "inferenceProfileName": name,
        "inferenceProfileArn": f"{ARN}:profile/{name}",
        "inferenceProfileId": f"id-of-{name}",
        "models": [{"modelArn": "m"}],
        "type": kind,
    }


def test_what_the_account_could_have_invoked_is_looked_back_at_too(
    scripted: ScriptedAws, usage: Usage
) -> None:
    both = [profile("aws"), profile("own", "APPLICATION")]
    throughput = {
        "provisionedModelArn": f"{ARN}:provisioned-model/pt",
        "modelArn": "m",
        "desiredModelArn": "m",
        "foundationModelArn": "m",
    }
    deployment = {
        "customModelDeploymentArn": f"{ARN}:custom-model-deployment/cmd",
        "modelArn": "m",
    }
    # However long they take to be known.
    scripted.on("ListInferenceProfiles", each_waits(0.3, listing("ListInferenceProfiles", both)))
    scripted.on(
        "ListProvisionedModelThroughputs", listing("ListProvisionedModelThroughputs", [throughput])
    )
    scripted.on("ListCustomModelDeployments", listing("ListCustomModelDeployments", [deployment]))
    counted = {
        "id-of-aws",
        "id-of-own",
        f"{ARN}:profile/own",
        f"{ARN}:provisioned-model/pt",
        f"{ARN}:custom-model-deployment/cmd",
        HAIKU,
    }
    for model_id in counted:
        invoked(scripted, model_id, 50)

    reading = read(usage, HAIKU, beside=frozenset(Source) - {Source.INVOCATIONS})

    assert reading.failure is None
    assert set(by_model(reading)) == counted


@pytest.mark.parametrize("odd", ["", "   ", "modèle", "a\nb", "x" * 1025, "\ud800"])
def test_an_id_that_nothing_can_be_counted_under_is_not_asked_about(
    scripted: ScriptedAws, usage: Usage, odd: str
) -> None:
    invoked(scripted, HAIKU, 60)

    reading = read(usage, odd, HAIKU)

    assert reading.failure is None
    assert set(by_model(reading)) == {HAIKU}
    (asked,) = scripted.asked("GetMetricData")
    assert len(asked.said["MetricDataQueries"]) == 1


# What should not be.


def spoilt(scripted: ScriptedAws, **changes: Mapping[str, Any]) -> Script:
    """Give CloudWatch's answer, with the results of some models changed."""

    def answer(asked: Asked) -> Reply:
        reply = scripted.metrics.get_metric_data(asked)
        assert isinstance(reply, dict)
        for query, result in zip(
            asked.said["MetricDataQueries"], reply["MetricDataResults"], strict=True
        ):
            model_id = query["MetricStat"]["Metric"]["Dimensions"][0]["Value"]
            result.update(changes.get(model_id, {}))
        return reply

    return answer


@pytest.mark.parametrize(
    ("change", "code", "permanent"),
    [
        pytest.param({"StatusCode": "InternalError"}, "InternalError", False, id="it failed"),
        pytest.param({"StatusCode": "Forbidden"}, "Forbidden", True, id="it is forbidden"),
        pytest.param(
            {"StatusCode": "PartialData"}, "PartialData", False, id="a part without a next page"
        ),
        pytest.param({"StatusCode": "Whatever"}, "Whatever", False, id="a word yet unknown"),
        pytest.param({"Id": "q0"}, "Missing", False, id="no result for it"),
        pytest.param({"Values": [float("nan")]}, "UnexpectedAnswer", False, id="not a number"),
        pytest.param({"Values": [float("inf")]}, "UnexpectedAnswer", False, id="infinity"),
    ],
)
def test_a_model_whose_data_are_not_whole_is_a_failure_beside_the_others(
    scripted: ScriptedAws, usage: Usage, change: Mapping[str, Any], code: str, *, permanent: bool
) -> None:
    for model_id in ("good", "spoilt"):
        for metric in ("Invocations", "InputTokenCount", "OutputTokenCount"):
            scripted.metrics.count(metric, at(0), 2, ModelId=model_id)
    scripted.on("GetMetricData", spoilt(scripted, spoilt=change))

    reading = read(usage)

    assert reading.failure is not None
    assert (reading.failure.code, reading.failure.permanent) == (code, permanent)
    assert set(by_model(reading)) == {"good"}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"Values": [1.0, 2.0]}, id="more values than times"),
        pytest.param({"Timestamps": []}, id="fewer times than values"),
        pytest.param({"Id": "x9"}, id="an id that was not asked for"),
        pytest.param({"Id": "q999"}, id="a number that was not asked for"),
    ],
)
def test_data_that_do_not_fit_together_are_a_failure(
    scripted: ScriptedAws, usage: Usage, change: Mapping[str, Any]
) -> None:
    invoked(scripted, SONNET, 0)
    scripted.on("GetMetricData", spoilt(scripted, **{SONNET: change}))

    reading = read(usage)

    assert reading.calls == ()
    assert reading.failure is not None
    assert (reading.failure.code, reading.failure.permanent) == ("UnexpectedAnswer", False)


def test_calls_in_the_future_are_no_evidence(scripted: ScriptedAws, usage: Usage) -> None:
    invoked(scripted, SONNET, 0, 5)
    tomorrow = at(-1).timestamp()
    scripted.on(
        "GetMetricData", spoilt(scripted, **{SONNET: {"Timestamps": [tomorrow], "Values": [5.0]}})
    )

    reading = read(usage)

    assert (reading.calls, reading.failure) == ((), None)


BAD_ANSWERS: Final = [
    pytest.param(refusal(403, "AccessDeniedException"), "AccessDeniedException", True, id="denied"),
    pytest.param(refusal(400, "Throttling"), "Throttling", False, id="throttled"),
    pytest.param(refusal(500, "InternalServiceFault"), "InternalServiceFault", False, id="500"),
    pytest.param(
        always(Raw(200, b"<html>", "text/html")), "UnexpectedAnswer", False, id="200 with HTML"
    ),
    pytest.param(always(Raw(200, b"[]")), "UnexpectedAnswer", False, id="200 with a list"),
    pytest.param(always(Raw(200, b"")), "UnexpectedAnswer", False, id="200 with nothing"),
    pytest.param(always({"unexpected": True}), "UnexpectedAnswer", False, id="another shape"),
]


@pytest.mark.parametrize(("script", "code", "permanent"), BAD_ANSWERS)
@pytest.mark.parametrize("action", ["ListMetrics", "GetMetricData"])
def test_an_answer_that_is_none_is_a_failure_and_never_no_calls(  # noqa: PLR0913 the table
    scripted: ScriptedAws, usage: Usage, action: str, script: Script, code: str, *, permanent: bool
) -> None:
    invoked(scripted, SONNET, 0)
    scripted.on(action, script)

    reading = read(usage)

    assert reading.calls == ()
    assert reading.failure is not None
    assert (reading.failure.code, reading.failure.permanent) == (code, permanent)
    assert reading.failure.detail.startswith(f"cloudwatch:{action}: ")


def test_a_metric_of_another_shape_is_a_failure_beside_the_others(
    scripted: ScriptedAws, usage: Usage
) -> None:
    invoked(scripted, SONNET, 0)
    good = scripted.metrics.list_metrics

    def answer(asked: Asked) -> Reply:
        reply = good(asked)
        assert isinstance(reply, dict)
        nameless = {"MetricName": "Invocations", "Dimensions": [{"Name": "ModelId", "Value": ""}]}
        return {"Metrics": [{}, nameless, *reply["Metrics"]]}

    scripted.on("ListMetrics", answer)

    reading = read(usage)

    assert set(by_model(reading)) == {SONNET}
    assert reading.failure is not None


def test_a_call_that_fails_leaves_what_the_others_gave(scripted: ScriptedAws, usage: Usage) -> None:
    for number in range(400):
        invoked(scripted, f"model-{number:03}", 1)
    throttled = refusal(400, "Throttling")

    def second_fails(asked: Asked) -> Reply:
        second = len(scripted.asked("GetMetricData")) == 2
        return (throttled if second else scripted.metrics.get_metric_data)(asked)

    scripted.on("GetMetricData", second_fails)

    reading = read(usage)

    assert len(reading.calls) == 400 - 166
    assert reading.failure is not None
    assert reading.failure.code == "Throttling"


def test_where_the_listing_fails_looking_back_still_gives_what_it_can(
    scripted: ScriptedAws, usage: Usage
) -> None:
    invoked(scripted, HAIKU, 3)
    scripted.on("ListMetrics", refusal(403, "AccessDeniedException"))

    reading = read(usage, HAIKU)

    assert reading.calls == (Calls(HAIKU, day(3), 1),)
    assert reading.failure is not None
    assert reading.failure.code == "AccessDeniedException"


def test_a_look_back_that_fails_leaves_what_was_counted_lately(
    scripted: ScriptedAws, usage: Usage
) -> None:
    invoked(scripted, SONNET, 1)
    denied = refusal(403, "AccessDeniedException")

    def second_fails(asked: Asked) -> Reply:
        second = len(scripted.asked("GetMetricData")) == 2
        return (denied if second else scripted.metrics.get_metric_data)(asked)

    scripted.on("GetMetricData", second_fails)

    reading = read(usage, HAIKU)

    assert set(by_model(reading)) == {SONNET}
    assert reading.looked_back == frozenset()
    assert reading.failure is not None
