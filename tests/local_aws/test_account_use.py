"""What an account uses, in the emulator and behind the fake Bedrock, through AWS's own client."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from local_aws import fake_bedrock
from local_aws.account_use import NOT_LATELY, AccountUse
from local_aws.emulator import ACCOUNT_ID, ADMINISTRATOR, Emulator
from local_aws.fake_bedrock import (
    LIST_PROFILES,
    CustomModelDeployment,
    FakeBedrock,
    FoundationModel,
    SystemProfile,
    model_arn,
)
from local_aws.gateway import DROPPED, UNAVAILABLE, Gateway, Refusal

EAST: Final = "us-east-1"
EUROPE: Final = "eu-west-1"
DISABLED: Final = "af-south-1"
MODEL: Final = "example.model-v1:0"
DENIED: Final = Refusal(403, "AccessDeniedException", "You may not")


@dataclass(frozen=True)
class World:
    """The emulator behind the gateway, and the fake Bedrock before both."""

    gateway: Gateway
    bedrock: FakeBedrock

    def client(
        self, service: str, region: str = EAST, identity: dict[str, str] = ADMINISTRATOR
    ) -> Any:  # noqa: ANN401 whichever client
        """Give the client that a deployed function has."""
        server = self.bedrock if service == "bedrock" else self.gateway
        return _client(service, region, server.endpoint_url, identity)

    def administrator(self) -> AccountUse:
        """Give somebody who sets the account up, in the emulator itself."""
        return AccountUse(
            lambda service, region: _client(
                service, region, self.gateway.endpoint_url, ADMINISTRATOR
            )
        )

    def user(self, name: str, *actions: str) -> dict[str, str]:
        """Make a user who may do this and nothing else."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        allowed = {"Effect": "Allow", "Action": [*actions, "sts:*"], "Resource": "*"}
        iam.put_user_policy(
            UserName=name,
            PolicyName="policy",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
        )
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }


def _client(service: str, region: str, endpoint_url: str, identity: dict[str, str]) -> Any:  # noqa: ANN401 whichever client
    return boto3.client(  # type: ignore[call-overload]
        service,
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id=identity["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=identity["AWS_SECRET_ACCESS_KEY"],
        aws_session_token="",
        config=Config(read_timeout=10, retries={"total_max_attempts": 1}),
    )


@pytest.fixture(scope="module")
def running() -> Iterator[World]:
    with Gateway() as gateway, Emulator() as emulator, FakeBedrock() as bedrock:
        gateway.forward_to(emulator.endpoint_url)
        bedrock.forward_to(gateway.endpoint_url)
        for region in (EAST, EUROPE):
            bedrock.set_catalog(
                region, [FoundationModel(id=MODEL, name="Model", provider="Example")]
            )
        yield World(gateway, bedrock)


@pytest.fixture
def world(running: World) -> Iterator[World]:
    yield running
    running.gateway.clear()
    running.gateway.forget()
    running.bedrock.behave(EAST)
    running.bedrock.behave(EUROPE)


@pytest.fixture
def account(world: World) -> AccountUse:
    return world.administrator()


def listed_models(world: World, region: str) -> set[str]:
    pages = (
        world.client("cloudwatch", region)
        .get_paginator("list_metrics")
        .paginate(Namespace="AWS/Bedrock", MetricName="Invocations")
    )
    return {
        dimension["Value"]
        for page in pages
        for metric in page["Metrics"]
        for dimension in metric["Dimensions"]
    }


def by_day(
    world: World, region: str, metric: str, model_id: str, days: tuple[date, date]
) -> dict[date, float]:
    start, end = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days)
    query = {
        "Id": "asked",
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/Bedrock",
                "MetricName": metric,
                "Dimensions": [{"Name": "ModelId", "Value": model_id}],
            },
            "Period": 86_400,
            "Stat": "Sum",
        },
    }
    answer = world.client("cloudwatch", region).get_metric_data(
        MetricDataQueries=[query], StartTime=start, EndTime=end
    )
    (result,) = answer["MetricDataResults"]
    return {
        time.date(): value
        for time, value in zip(result["Timestamps"], result["Values"], strict=True)
    }


class TestMetrics:
    def test_the_figures_of_a_day_are_those_of_that_day(
        self, world: World, account: AccountUse
    ) -> None:
        day = date(2026, 10, 7)
        account.invoked(EAST, MODEL, day, invocations=3, input_tokens=500, output_tokens=70)
        account.invoked(EAST, MODEL, day, invocations=2)
        account.invoked(EAST, MODEL, day + timedelta(days=2), invocations=1)

        month = (date(2026, 9, 15), date(2026, 10, 15))
        assert by_day(world, EAST, "Invocations", MODEL, month) == {
            day: 5,
            day + timedelta(days=2): 1,
        }
        assert by_day(world, EAST, "InputTokenCount", MODEL, month) == {day: 500}
        assert by_day(world, EAST, "OutputTokenCount", MODEL, month) == {day: 70}

    def test_a_day_100_days_back_is_remembered(self, world: World, account: AccountUse) -> None:
        # By the wall clock, which the emulator forgets by.
        day = datetime.now(UTC).date() - timedelta(days=100)
        account.invoked(EAST, "example.quarterly", day, invocations=9)

        assert "example.quarterly" in listed_models(world, EAST)
        days = (day - timedelta(days=1), day + timedelta(days=2))
        assert by_day(world, EAST, "Invocations", "example.quarterly", days) == {day: 9}

    def test_a_call_counts_in_the_region_it_was_made_in(
        self, world: World, account: AccountUse
    ) -> None:
        account.invoked(EUROPE, "eu.example.model", date(2026, 10, 7), invocations=1)

        assert "eu.example.model" in listed_models(world, EUROPE)
        assert "eu.example.model" not in listed_models(world, EAST)

    def test_what_was_not_called_lately_can_be_left_unlisted(
        self, world: World, account: AccountUse
    ) -> None:
        account.invoked(EAST, MODEL, date(2026, 10, 7), invocations=1)
        world.gateway.inject("monitoring", "ListMetrics", NOT_LATELY, region=EAST)

        assert listed_models(world, EAST) == set()
        assert MODEL in listed_models(world, EAST)


class TestResources:
    def test_an_application_profile_is_forwarded(self, world: World, account: AccountUse) -> None:
        arn = account.create_application_profile(EAST, "billing", model_arn(EAST, MODEL))

        (found,) = world.client("bedrock").list_inference_profiles(typeEquals="APPLICATION")[
            "inferenceProfileSummaries"
        ]
        got = world.client("bedrock").get_inference_profile(
            inferenceProfileIdentifier=found["inferenceProfileId"]
        )

        assert found["inferenceProfileArn"] == got["inferenceProfileArn"] == arn
        assert found["inferenceProfileName"] == "billing"
        assert found["models"] == [{"modelArn": model_arn(EAST, MODEL)}]
        assert world.bedrock.calls(LIST_PROFILES, EAST) == 1

    def test_provisioned_throughput_is_forwarded(self, world: World, account: AccountUse) -> None:
        arn = account.create_provisioned_throughput(EAST, "steady", MODEL)

        (found,) = world.client("bedrock").list_provisioned_model_throughputs()[
            "provisionedModelSummaries"
        ]

        assert found["provisionedModelArn"] == arn
        assert found["modelArn"] == model_arn(EAST, MODEL)

    @pytest.mark.parametrize(
        ("operation", "listing"),
        [
            ("list_custom_models", "modelSummaries"),
            ("list_prompt_routers", "promptRouterSummaries"),
            ("list_model_invocation_jobs", "invocationJobSummaries"),
        ],
    )
    def test_other_listings_are_forwarded(self, world: World, operation: str, listing: str) -> None:
        assert getattr(world.client("bedrock"), operation)()[listing] == []

    def test_an_agent_names_its_model(self, world: World, account: AccountUse) -> None:
        arn = account.create_agent(EAST, "helpdesk", MODEL)

        agents = world.client("bedrock-agent")
        (found,) = agents.list_agents()["agentSummaries"]
        agent = agents.get_agent(agentId=found["agentId"])["agent"]

        assert (agent["agentArn"], agent["foundationModel"]) == (arn, MODEL)
        assert world.client("bedrock-agent", EUROPE).list_agents()["agentSummaries"] == []

    def test_a_prompt_names_its_model(self, world: World, account: AccountUse) -> None:
        arn = account.create_prompt(EAST, "greeting", MODEL)

        prompts = world.client("bedrock-agent")
        (found,) = prompts.list_prompts()["promptSummaries"]
        (variant,) = prompts.get_prompt(promptIdentifier=found["id"])["variants"]

        assert (found["arn"], variant["modelId"]) == (arn, MODEL)

    def test_a_region_without_a_catalog_looks_disabled(self, world: World) -> None:
        with pytest.raises(ClientError) as refused:
            world.client("bedrock", DISABLED).list_custom_models()

        assert refused.value.response["Error"]["Code"] == "UnrecognizedClientException"
        assert world.gateway.calls("bedrock", "*", region=DISABLED) == 0


class TestPermissions:
    @pytest.mark.parametrize(
        ("action", "service", "operation", "asked"),
        [
            ("cloudwatch:ListMetrics", "cloudwatch", "list_metrics", {}),
            ("bedrock:ListAgents", "bedrock-agent", "list_agents", {}),
            ("bedrock:ListPrompts", "bedrock-agent", "list_prompts", {}),
            ("bedrock:ListCustomModels", "bedrock", "list_custom_models", {}),
            (
                "bedrock:ListInferenceProfiles",
                "bedrock",
                "list_inference_profiles",
                {"typeEquals": "SYSTEM_DEFINED"},
            ),
            (
                "bedrock:ListCustomModelDeployments",
                "bedrock",
                "list_custom_model_deployments",
                {},
            ),
            ("bedrock:ListFoundationModels", "bedrock", "list_foundation_models", {}),
            (
                "bedrock:GetFoundationModel",
                "bedrock",
                "get_foundation_model",
                {"modelIdentifier": MODEL},
            ),
        ],
    )
    def test_each_action_needs_its_own(
        self, world: World, action: str, service: str, operation: str, asked: dict[str, str]
    ) -> None:
        name = operation.replace("_", "-")
        allowed = world.user(f"may-{name}", action)
        others = world.user(f"may-not-{name}", "iam:ListUsers")

        getattr(world.client(service, identity=allowed), operation)(**asked)
        with pytest.raises(ClientError, match=f"not authorized to perform: {action}"):
            getattr(world.client(service, identity=others), operation)(**asked)

    @pytest.mark.parametrize("operation", ["list_foundation_models", "list_custom_models"])
    def test_a_forged_signature_is_refused(self, world: World, operation: str) -> None:
        name = operation.replace("_", "-")
        forger = world.user(f"no-forger-{name}", "bedrock:*") | {"AWS_SECRET_ACCESS_KEY": "forged"}

        with pytest.raises(ClientError) as refused:
            getattr(world.client("bedrock", identity=forger), operation)()

        assert refused.value.response["Error"]["Code"] == "InvalidSignatureException"


class TestFaults:
    def test_a_forwarded_operation_misbehaves_in_one_region(self, world: World) -> None:
        world.bedrock.misbehave(EAST, fake_bedrock.THROTTLED, operation="ListCustomModels")

        with pytest.raises(ClientError, match="ThrottlingException"):
            world.client("bedrock", EAST).list_custom_models()
        world.client("bedrock", EAST).list_prompt_routers()
        world.client("bedrock", EUROPE).list_custom_models()
        world.bedrock.behave(EAST)
        world.client("bedrock", EAST).list_custom_models()

    def test_the_gateway_denies_in_one_region(self, world: World) -> None:
        world.gateway.inject("bedrock", "POST /agents/", DENIED, region=EAST, times=None)
        world.gateway.inject("monitoring", "ListMetrics", DENIED, region=EAST, times=None)

        for service, operation in (
            ("bedrock-agent", "list_agents"),
            ("cloudwatch", "list_metrics"),
        ):
            with pytest.raises(ClientError, match="AccessDenied"):
                getattr(world.client(service, EAST), operation)()
            getattr(world.client(service, EUROPE), operation)()

    def test_what_is_got_one_by_one_goes_wrong_by_a_pattern(
        self, world: World, account: AccountUse
    ) -> None:
        arn = account.create_agent(EUROPE, "concierge", MODEL)
        world.gateway.inject("bedrock", "GET /agents/*", UNAVAILABLE)
        agents = world.client("bedrock-agent", EUROPE)

        with pytest.raises(ClientError, match="ServiceUnavailable"):
            agents.get_agent(agentId=arn.rpartition("/")[2])
        assert len(agents.list_agents()["agentSummaries"]) == 1
        assert world.gateway.calls("bedrock", "GET /agents/*", region=EUROPE) == 1
        assert world.gateway.calls("bedrock", "GET /agents/*", region=EAST) == 0

    @pytest.mark.parametrize("type_", ["SYSTEM_DEFINED", "APPLICATION"])
    def test_the_gateway_reaches_what_the_fake_answers_too(self, world: World, type_: str) -> None:
        world.gateway.inject("bedrock", "GET /inference-profiles", UNAVAILABLE, region=EAST)
        client = world.client("bedrock", EAST)

        with pytest.raises(ClientError, match="ServiceUnavailable"):
            client.list_inference_profiles(typeEquals=type_)
        client.list_inference_profiles(typeEquals=type_)

    def test_a_dropped_call_is_dropped_all_the_way(self, world: World) -> None:
        world.gateway.inject("bedrock", "GET /custom-models", DROPPED)

        with pytest.raises(HTTPClientError):
            world.client("bedrock").list_custom_models()


def test_the_fakes_own_answers_stay_its_own(world: World) -> None:
    world.bedrock.set_system_profiles(
        EAST, [SystemProfile("us.example.model-v1:0", "US Model", (model_arn(EAST, MODEL),))]
    )
    custom = f"arn:aws:bedrock:{EAST}:{ACCOUNT_ID}:custom-model/example.model-v1:0/abcdefghijkl"
    world.bedrock.set_custom_model_deployments(
        EAST, [CustomModelDeployment("abcdefghijkl", "tuned", custom)]
    )
    client = world.client("bedrock")

    profiles = client.list_inference_profiles(typeEquals="SYSTEM_DEFINED")
    deployments = client.list_custom_model_deployments()
    models = client.list_foundation_models()

    assert [one["inferenceProfileId"] for one in profiles["inferenceProfileSummaries"]] == [
        "us.example.model-v1:0"
    ]
    assert [one["modelArn"] for one in deployments["modelDeploymentSummaries"]] == [custom]
    assert [one["modelId"] for one in models["modelSummaries"]] == [MODEL]
