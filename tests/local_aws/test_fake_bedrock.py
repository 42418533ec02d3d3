"""The fake Bedrock, through the client that the product uses."""

import http.client
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeAlias

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from local_aws import fake_bedrock
from local_aws.fake_bedrock import (
    GET,
    GET_PROFILE,
    LIST,
    LIST_DEPLOYMENTS,
    LIST_PROFILES,
    Answer,
    CustomModelDeployment,
    FakeBedrock,
    FoundationModel,
    Silence,
    SystemProfile,
    model_arn,
)

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

ClientFor: TypeAlias = "Callable[..., BedrockClient]"

LEGACY_MODEL: Final = FoundationModel(
    id="example.model-v1:0",
    name="Model",
    provider="Example",
    status="LEGACY",
    start_of_life=datetime(2025, 1, 2, 8, tzinfo=UTC),
    legacy=datetime(2026, 1, 1, 8, tzinfo=UTC),
    extended_access=datetime(2026, 4, 1, 7, tzinfo=UTC),
    end_of_life=datetime(2026, 7, 1, 7, tzinfo=UTC),
)

CROSS_REGION: Final = SystemProfile(
    "us.example.model-v1:0",
    "US Model",
    tuple(model_arn(region, LEGACY_MODEL.id) for region in ("us-east-1", "us-west-2", "")),
)


@pytest.fixture
def bedrock() -> Iterator[FakeBedrock]:
    with FakeBedrock() as running:
        yield running


@pytest.fixture
def client(bedrock: FakeBedrock) -> ClientFor:
    def make(region: str = "us-east-1") -> "BedrockClient":
        return boto3.client(
            "bedrock",
            region_name=region,
            endpoint_url=bedrock.endpoint_url,
            config=Config(read_timeout=5, retries={"total_max_attempts": 1}),
        )

    return make


def test_lists_a_model_with_every_date_as_botocore_reads_it(
    bedrock: FakeBedrock, client: ClientFor
) -> None:
    bedrock.set_catalog("us-east-1", [LEGACY_MODEL])

    (listed,) = client().list_foundation_models()["modelSummaries"]

    assert listed["modelId"] == "example.model-v1:0"
    assert listed["modelArn"] == "arn:aws:bedrock:us-east-1::foundation-model/example.model-v1:0"
    assert listed["modelLifecycle"] == {
        "status": "LEGACY",
        "startOfLifeTime": datetime(2025, 1, 2, 8, tzinfo=UTC),
        "legacyTime": datetime(2026, 1, 1, 8, tzinfo=UTC),
        "publicExtendedAccessTime": datetime(2026, 4, 1, 7, tzinfo=UTC),
        "endOfLifeTime": datetime(2026, 7, 1, 7, tzinfo=UTC),
    }


def test_a_model_may_lack_its_lifecycle_and_have_unknown_fields(
    bedrock: FakeBedrock, client: ClientFor
) -> None:
    odd = FoundationModel(
        id="odd", name="Odd", provider="Example", status=None, extra={"inputModalities": ["SMELL"]}
    )
    bedrock.set_catalog("us-east-1", [odd])

    (listed,) = client().list_foundation_models()["modelSummaries"]

    assert "modelLifecycle" not in listed
    assert listed["inputModalities"] == ["SMELL"]


def test_a_model_has_what_it_can_do_as_fields(bedrock: FakeBedrock, client: ClientFor) -> None:
    plain = FoundationModel(id="plain", name="Plain", provider="Example")
    able = FoundationModel(
        id="able",
        name="Able",
        provider="Example",
        input_modalities=("TEXT", "IMAGE"),
        output_modalities=("EMBEDDING",),
        streaming=False,
        customizations=("FINE_TUNING",),
        inference_types=("PROVISIONED", "INFERENCE_PROFILE"),
    )
    bedrock.set_catalog("us-east-1", [plain, able])

    shown = [
        (
            model["inputModalities"],
            model["outputModalities"],
            model["responseStreamingSupported"],
            model["customizationsSupported"],
            model["inferenceTypesSupported"],
        )
        for model in client().list_foundation_models()["modelSummaries"]
    ]

    assert shown == [
        (["TEXT"], ["TEXT"], True, [], ["ON_DEMAND"]),
        (
            ["TEXT", "IMAGE"],
            ["EMBEDDING"],
            False,
            ["FINE_TUNING"],
            ["PROVISIONED", "INFERENCE_PROFILE"],
        ),
    ]


def test_a_region_with_a_catalog_has_no_profiles_and_no_deployments_at_first(
    bedrock: FakeBedrock, client: ClientFor
) -> None:
    bedrock.set_catalog("us-east-1", [])

    profiles = client().list_inference_profiles(typeEquals="SYSTEM_DEFINED")
    deployments = client().list_custom_model_deployments()

    assert profiles["inferenceProfileSummaries"] == []
    assert deployments["modelDeploymentSummaries"] == []


def test_a_system_profile_names_its_models_in_their_regions(
    bedrock: FakeBedrock, client: ClientFor
) -> None:
    bedrock.set_catalog("us-east-1", [LEGACY_MODEL])
    bedrock.set_system_profiles("us-east-1", [CROSS_REGION])

    (listed,) = client().list_inference_profiles(typeEquals="SYSTEM_DEFINED")[
        "inferenceProfileSummaries"
    ]

    assert listed["inferenceProfileId"] == "us.example.model-v1:0"
    assert listed["inferenceProfileArn"] == (
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.example.model-v1:0"
    )
    assert [model["modelArn"] for model in listed["models"]] == [
        "arn:aws:bedrock:us-east-1::foundation-model/example.model-v1:0",
        "arn:aws:bedrock:us-west-2::foundation-model/example.model-v1:0",
        "arn:aws:bedrock:::foundation-model/example.model-v1:0",
    ]
    assert (listed["status"], listed["type"]) == ("ACTIVE", "SYSTEM_DEFINED")
    assert bedrock.calls(LIST_PROFILES, "us-east-1") == 1


@pytest.mark.parametrize("identifier", [CROSS_REGION.id, CROSS_REGION.arn("us-east-1")])
def test_a_system_profile_is_got_by_id_and_by_arn(
    bedrock: FakeBedrock, client: ClientFor, identifier: str
) -> None:
    bedrock.set_catalog("us-east-1", [LEGACY_MODEL])
    bedrock.set_system_profiles("us-east-1", [CROSS_REGION])

    profile = client().get_inference_profile(inferenceProfileIdentifier=identifier)

    assert profile["inferenceProfileName"] == "US Model"
    with pytest.raises(client().exceptions.ResourceNotFoundException):
        client().get_inference_profile(inferenceProfileIdentifier="us.example.gone-v1:0")
    assert bedrock.calls(GET_PROFILE, "us-east-1") == 2


def test_profiles_come_in_pages(bedrock: FakeBedrock, client: ClientFor) -> None:
    many = [SystemProfile(f"us.example.model-{n}", f"Model {n}", ()) for n in range(130)]
    bedrock.set_catalog("us-east-1", [])
    bedrock.set_system_profiles("us-east-1", many)
    paginator = client().get_paginator("list_inference_profiles")

    pages = list(paginator.paginate(typeEquals="SYSTEM_DEFINED"))
    small = list(paginator.paginate(typeEquals="SYSTEM_DEFINED", PaginationConfig={"PageSize": 50}))

    for given, sizes in ((pages, [100, 30]), (small, [50, 50, 30])):
        assert [len(page["inferenceProfileSummaries"]) for page in given] == sizes
        assert [
            one["inferenceProfileId"] for page in given for one in page["inferenceProfileSummaries"]
        ] == [profile.id for profile in many]


def test_profiles_of_no_type_are_refused_rather_than_guessed(
    bedrock: FakeBedrock, client: ClientFor
) -> None:
    bedrock.set_catalog("us-east-1", [])

    with pytest.raises(ClientError, match="does not know such filters"):
        client().list_inference_profiles()
    with pytest.raises(ClientError, match="does not know such filters"):
        client().list_custom_model_deployments(nameContains="a")


def test_a_deployment_names_its_custom_model(bedrock: FakeBedrock, client: ClientFor) -> None:
    custom = "arn:aws:bedrock:us-east-1:123456789012:custom-model/example.model-v1:0/abcdefghijkl"
    deployment = CustomModelDeployment("mnopqrstuvwx", "tuned", custom)
    bedrock.set_catalog("us-east-1", [])
    bedrock.set_custom_model_deployments("us-east-1", [deployment])

    (listed,) = client().list_custom_model_deployments()["modelDeploymentSummaries"]

    assert listed["customModelDeploymentArn"] == (
        "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/mnopqrstuvwx"
    )
    assert listed["customModelDeploymentName"] == "tuned"
    assert (listed["modelArn"], listed["status"]) == (custom, "Active")
    assert bedrock.calls(LIST_DEPLOYMENTS, "us-east-1") == 1


def test_without_an_emulator_all_else_is_refused(bedrock: FakeBedrock, client: ClientFor) -> None:
    bedrock.set_catalog("us-east-1", [])

    for refused in (
        client().list_custom_models,
        lambda: client().list_inference_profiles(typeEquals="APPLICATION"),
        lambda: client().create_custom_model_deployment(
            modelDeploymentName="tuned", modelArn="arn:aws:bedrock:us-east-1:1:custom-model/a"
        ),
    ):
        with pytest.raises(ClientError, match="Not an operation of this fake"):
            refused()


def test_an_unreachable_emulator_is_a_dropped_connection(
    bedrock: FakeBedrock, client: ClientFor
) -> None:
    bedrock.set_catalog("us-east-1", [])
    bedrock.forward_to("http://127.0.0.1:9")

    with pytest.raises(HTTPClientError):
        client().list_custom_models()


def test_any_operation_can_misbehave_alone(bedrock: FakeBedrock, client: ClientFor) -> None:
    bedrock.set_catalog("us-east-1", [LEGACY_MODEL])
    bedrock.misbehave("us-east-1", fake_bedrock.ACCESS_DENIED, operation=LIST_PROFILES)

    with pytest.raises(ClientError, match="AccessDenied"):
        client().list_inference_profiles(typeEquals="SYSTEM_DEFINED")
    client().list_custom_model_deployments()
    client().list_foundation_models()
    bedrock.behave("us-east-1")
    client().list_inference_profiles(typeEquals="SYSTEM_DEFINED")


def test_an_operation_that_bedrock_has_not_cannot_misbehave(bedrock: FakeBedrock) -> None:
    with pytest.raises(ValueError, match="no operation 'ListAgents'"):
        bedrock.misbehave("us-east-1", fake_bedrock.THROTTLED, operation="ListAgents")


def test_a_region_is_told_by_the_signature(bedrock: FakeBedrock, client: ClientFor) -> None:
    bedrock.set_catalogs({"us-east-1": [LEGACY_MODEL], "eu-west-1": []})

    assert len(client("us-east-1").list_foundation_models()["modelSummaries"]) == 1
    assert client("eu-west-1").list_foundation_models()["modelSummaries"] == []
    assert bedrock.all_calls() == {(LIST, "us-east-1"): 1, (LIST, "eu-west-1"): 1}


def test_a_region_never_set_looks_disabled(client: ClientFor) -> None:
    with pytest.raises(ClientError) as refused:
        client("af-south-1").list_foundation_models()

    assert refused.value.response["Error"]["Code"] == "UnrecognizedClientException"


@pytest.mark.parametrize(
    ("how", "code", "status"),
    [
        (fake_bedrock.INTERNAL_ERROR, "InternalServerException", 500),
        (fake_bedrock.THROTTLED, "ThrottlingException", 429),
        (fake_bedrock.ACCESS_DENIED, "AccessDeniedException", 403),
        (fake_bedrock.REGION_DISABLED, "UnrecognizedClientException", 403),
    ],
)
def test_errors_carry_the_code_and_status_of_bedrock(
    bedrock: FakeBedrock, client: ClientFor, how: Answer, code: str, status: int
) -> None:
    bedrock.set_catalog("us-east-1", [LEGACY_MODEL])
    bedrock.misbehave("us-east-1", how)

    with pytest.raises(ClientError) as refused:
        client().list_foundation_models()

    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize("how", [fake_bedrock.NOT_JSON, fake_bedrock.WITHOUT_MODEL_SUMMARIES])
def test_nonsense_comes_back_without_model_summaries(
    bedrock: FakeBedrock, client: ClientFor, how: Answer
) -> None:
    bedrock.misbehave("us-east-1", how)

    assert "modelSummaries" not in client().list_foundation_models()


def test_an_empty_list_and_a_body_of_the_callers_choice(
    bedrock: FakeBedrock, client: ClientFor
) -> None:
    bedrock.misbehave("us-east-1", fake_bedrock.EMPTY_LIST)
    assert client().list_foundation_models()["modelSummaries"] == []

    bedrock.misbehave("us-east-1", fake_bedrock.raw(b'{"modelSummaries": [{"modelId": "x"}]}'))
    assert client().list_foundation_models()["modelSummaries"] == [{"modelId": "x"}]


def test_it_behaves_again_when_told(bedrock: FakeBedrock, client: ClientFor) -> None:
    bedrock.set_catalog("us-east-1", [LEGACY_MODEL])
    bedrock.misbehave("us-east-1", fake_bedrock.INTERNAL_ERROR)
    bedrock.behave("us-east-1")

    assert len(client().list_foundation_models()["modelSummaries"]) == 1


def test_a_withheld_answer_ends_when_released(bedrock: FakeBedrock, client: ClientFor) -> None:
    bedrock.misbehave("us-east-1", Silence())
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(client().list_foundation_models)
        _wait_for(lambda: bedrock.calls(LIST, "us-east-1") == 1)
        time.sleep(0.2)
        assert not waiting.done()

        bedrock.release()

        with pytest.raises(HTTPClientError):
            waiting.result(timeout=5)


def test_a_withheld_answer_ends_by_itself(bedrock: FakeBedrock, client: ClientFor) -> None:
    bedrock.misbehave("us-east-1", Silence(seconds=0.05))

    with pytest.raises(HTTPClientError):
        client().list_foundation_models()


def test_details_are_the_truth_of_the_catalog(bedrock: FakeBedrock, client: ClientFor) -> None:
    bedrock.set_catalog("us-east-1", [LEGACY_MODEL])

    details = client().get_foundation_model(modelIdentifier="example.model-v1:0")["modelDetails"]

    assert details["modelLifecycle"]["status"] == "LEGACY"
    assert bedrock.calls(GET, "us-east-1") == 1


@pytest.mark.parametrize(
    ("now", "code", "words"),
    [
        (datetime(2026, 6, 30, tzinfo=UTC), "ValidationException", "identifier is invalid"),
        (datetime(2026, 7, 2, tzinfo=UTC), "ResourceNotFoundException", "end of its life"),
    ],
)
def test_an_absent_model_is_ended_only_after_its_end_of_life(
    bedrock: FakeBedrock, client: ClientFor, now: datetime, code: str, words: str
) -> None:
    bedrock.set_catalog("us-east-1", [LEGACY_MODEL])
    bedrock.set_catalog("us-east-1", [])
    bedrock.set_time(now)

    with pytest.raises(ClientError, match=words) as refused:
        client().get_foundation_model(modelIdentifier="example.model-v1:0")

    assert refused.value.response["Error"]["Code"] == code


def test_details_of_one_model_can_go_wrong_alone(bedrock: FakeBedrock, client: ClientFor) -> None:
    other = FoundationModel(id="other", name="Other", provider="Example")
    bedrock.set_catalog("us-east-1", [LEGACY_MODEL, other])
    bedrock.misbehave_for_model("us-east-1", "example.model-v1:0", fake_bedrock.THROTTLED)

    with pytest.raises(ClientError, match="Throttling"):
        client().get_foundation_model(modelIdentifier="example.model-v1:0")
    assert (
        client().get_foundation_model(modelIdentifier="other")["modelDetails"]["modelId"] == "other"
    )


def test_an_unsigned_call_is_refused_and_not_counted(bedrock: FakeBedrock) -> None:
    connection = http.client.HTTPConnection(bedrock.endpoint_url.removeprefix("http://"), timeout=5)
    connection.request("GET", "/foundation-models")

    assert connection.getresponse().status == 403
    connection.close()
    assert bedrock.all_calls() == {}


def test_ten_thousand_models_are_served_quickly(bedrock: FakeBedrock, client: ClientFor) -> None:
    many = [
        FoundationModel(id=f"example.model-{number}", name="Model", provider="Example")
        for number in range(10_000)
    ]
    bedrock.set_catalog("us-east-1", many)
    begun = time.monotonic()

    assert len(client().list_foundation_models()["modelSummaries"]) == 10_000
    assert time.monotonic() - begun < 5


def test_all_regions_at_once(bedrock: FakeBedrock, client: ClientFor) -> None:
    regions = [f"us-test-{number}" for number in range(31)]
    bedrock.set_catalogs({region: [LEGACY_MODEL] for region in regions})
    clients = [client(region) for region in regions]

    with ThreadPoolExecutor(max_workers=31) as threads:
        answers = list(threads.map(lambda one: one.list_foundation_models(), clients))

    assert all(len(answer["modelSummaries"]) == 1 for answer in answers)


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
