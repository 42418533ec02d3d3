"""The fake Service Quotas, through the client that the product uses."""

import http.client
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from local_aws.fake_bedrock import ACCESS_DENIED, THROTTLED, Answer, Silence
from local_aws.fake_service_quotas import FakeServiceQuotas, ServiceQuota

ClientFor: TypeAlias = Callable[..., Any]

TOKENS: Final = ServiceQuota(
    code="L-00000001",
    name="On-demand model inference tokens per minute for Example Model",
    value=200_000.0,
)


@pytest.fixture
def quotas() -> Iterator[FakeServiceQuotas]:
    with FakeServiceQuotas() as running:
        yield running


@pytest.fixture
def client(quotas: FakeServiceQuotas, monkeypatch: pytest.MonkeyPatch) -> ClientFor:
    # As the deployed functions are told of it.
    monkeypatch.setenv("AWS_ENDPOINT_URL_SERVICE_QUOTAS", quotas.endpoint_url)

    def make(region: str = "us-east-1") -> Any:  # noqa: ANN401 no stubs
        return boto3.client(
            "service-quotas",
            region_name=region,
            config=Config(read_timeout=5, retries={"total_max_attempts": 1}),
        )

    return make


def names(client: Any, **asked: int) -> list[str]:  # noqa: ANN401 no stubs
    pages = client.get_paginator("list_service_quotas").paginate(ServiceCode="bedrock", **asked)
    return [quota["QuotaName"] for page in pages for quota in page["Quotas"]]


def test_there_are_none_at_first(client: ClientFor) -> None:
    assert client().list_service_quotas(ServiceCode="bedrock")["Quotas"] == []


def test_a_quota_is_shown_as_botocore_reads_it(
    quotas: FakeServiceQuotas, client: ClientFor
) -> None:
    quotas.set_quotas("us-east-1", [TOKENS])

    (quota,) = client().list_service_quotas(ServiceCode="bedrock")["Quotas"]

    assert quota["QuotaCode"] == "L-00000001"
    assert quota["QuotaName"] == TOKENS.name
    assert quota["QuotaArn"] == "arn:aws:servicequotas:us-east-1:123456789012:bedrock/L-00000001"
    assert (quota["Value"], quota["Adjustable"], quota["GlobalQuota"]) == (200_000.0, True, False)


def test_fields_may_be_added_and_replaced(quotas: FakeServiceQuotas, client: ClientFor) -> None:
    metric = {"MetricNamespace": "AWS/Bedrock", "MetricName": "Invocations"}
    odd = ServiceQuota(
        code="L-2", name="Odd", value=1, extra={"UsageMetric": metric, "Unit": "Bit"}
    )
    quotas.set_quotas("us-east-1", [odd])

    (quota,) = client().list_service_quotas(ServiceCode="bedrock")["Quotas"]

    assert (quota["UsageMetric"], quota["Unit"]) == (metric, "Bit")


def test_quotas_are_those_of_a_region(quotas: FakeServiceQuotas, client: ClientFor) -> None:
    quotas.set_quotas("us-east-1", [TOKENS])

    assert names(client("eu-west-1")) == []
    assert names(client("us-east-1")) == [TOKENS.name]
    assert (quotas.calls("eu-west-1"), quotas.calls("us-east-1")) == (1, 1)


@pytest.mark.parametrize(("asked", "calls"), [({}, 3), ({"MaxResults": 50}, 5)])
def test_many_quotas_come_in_pages(
    quotas: FakeServiceQuotas, client: ClientFor, asked: dict[str, int], calls: int
) -> None:
    many = [ServiceQuota(code=f"L-{n}", name=f"Quota {n}", value=n) for n in range(230)]
    quotas.set_quotas("us-east-1", many)

    page = client().list_service_quotas(ServiceCode="bedrock", **asked)
    assert len(page["Quotas"]) < len(many)
    assert page["NextToken"]
    assert names(client(), **asked) == [quota.name for quota in many]
    assert quotas.calls("us-east-1") == 1 + calls


def test_another_service_has_none(client: ClientFor) -> None:
    with pytest.raises(ClientError) as refused:
        client().list_service_quotas(ServiceCode="braket")

    assert refused.value.response["Error"]["Code"] == "NoSuchResourceException"


def test_another_operation_is_refused(client: ClientFor) -> None:
    with pytest.raises(ClientError, match="Not an operation of this fake"):
        client().list_services()


@pytest.mark.parametrize("how", [THROTTLED, ACCESS_DENIED])
def test_it_misbehaves_in_one_region_until_told(
    quotas: FakeServiceQuotas, client: ClientFor, how: Answer
) -> None:
    quotas.misbehave("us-east-1", how)

    with pytest.raises(ClientError) as refused:
        names(client())
    assert names(client("eu-west-1")) == []
    quotas.behave("us-east-1")
    assert names(client()) == []
    assert refused.value.response["Error"]["Code"] == how.error_type


def test_an_answer_can_be_withheld(quotas: FakeServiceQuotas, client: ClientFor) -> None:
    quotas.misbehave("us-east-1", Silence(seconds=0.05))

    with pytest.raises(HTTPClientError):
        names(client())


def test_an_unsigned_call_is_refused(quotas: FakeServiceQuotas) -> None:
    connection = http.client.HTTPConnection(quotas.endpoint_url.removeprefix("http://"), timeout=5)
    connection.request("POST", "/")

    assert connection.getresponse().status == 403
    connection.close()
