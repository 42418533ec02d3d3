"""What an account has that names models, as the APIs say it, and as they should not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest

from local_aws.emulator import ADMINISTRATOR, Emulator
from notifier.sources import usage as module
from notifier.sources.usage import Usage
from notifier.usage import ReadFailure, Reading, ReadingRequest, Resource, Source
from tests.sources.conftest import QUICK
from tests.sources.scripted_aws import (
    LISTINGS,
    Hang,
    Raw,
    ScriptedAws,
    always,
    each_waits,
    listing,
    paged,
    refusal,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from boto3 import Session

    from tests.sources.scripted_aws import Asked, Script

EAST, WEST = "us-east-1", "us-west-2"
NOW: Final = datetime(2026, 11, 20, 8, tzinfo=UTC)
STAMP: Final = "2026-11-01T10:00:00Z"
ROLE: Final = "arn:aws:iam::123456789012:role/any"
SONNET: Final = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.sonnet-v1:0"
HAIKU: Final = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.haiku-v1:0"
TITAN: Final = "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-v1"
TEMPLATE: Final = {
    "templateType": "TEXT",
    "templateConfiguration": {"text": {"text": "Say {{x}}", "inputVariables": [{"name": "x"}]}},
}

LISTED: Final = {
    Source.SYSTEM_PROFILES: "ListInferenceProfiles",
    Source.APPLICATION_PROFILES: "ListInferenceProfiles",
    Source.PROVISIONED_THROUGHPUT: "ListProvisionedModelThroughputs",
    Source.CUSTOM_MODELS: "ListCustomModels",
    Source.CUSTOM_MODEL_DEPLOYMENTS: "ListCustomModelDeployments",
    Source.PROMPT_ROUTERS: "ListPromptRouters",
    Source.BATCH_JOBS: "ListModelInvocationJobs",
    Source.AGENTS: "ListAgents",
    Source.PROMPTS: "ListPrompts",
    Source.FLOWS: "ListFlows",
    Source.KNOWLEDGE_BASES: "ListKnowledgeBases",
}
GOT: Final = {
    Source.AGENTS: "GetAgent",
    Source.PROMPTS: "GetPrompt",
    Source.FLOWS: "GetFlow",
    Source.KNOWLEDGE_BASES: "GetKnowledgeBase",
}


def arn(resource: str, region: str = EAST) -> str:
    return f"arn:aws:bedrock:{region}:123456789012:{resource}"


def read(
    usage: Usage, source: Source, known: Mapping[str, Resource] | None = None, region: str = EAST
) -> Reading:
    """Read one source of one Region."""
    request = ReadingRequest(region, frozenset({source}), known={source: known or {}})
    return usage.read([request], NOW, 20)[region][source]


def listed(scripted: ScriptedAws, usage: Usage, source: Source, *entries: object) -> Reading:
    """Read a source whose listing has these entries."""
    scripted.on(LISTED[source], listing(LISTED[source], [*entries]))
    return read(usage, source)


# What there is, as the emulator of AWS has it.


@pytest.fixture(scope="module")
def account() -> Iterator[str]:
    """Give the endpoint of an account that has one of everything in us-east-1."""
    with Emulator(enforce_iam=False) as emulator:
        _fill(emulator.endpoint_url)
        yield emulator.endpoint_url


@pytest.fixture
def real(account: str, session: Session, monkeypatch: pytest.MonkeyPatch) -> Usage:
    monkeypatch.setenv("AWS_ENDPOINT_URL", account)
    return Usage(session)


def _fill(endpoint_url: str) -> None:
    def client(service: str) -> Any:  # noqa: ANN401 whichever client
        return boto3.client(  # type: ignore[call-overload]
            service,
            region_name=EAST,
            endpoint_url=endpoint_url,
            aws_access_key_id=ADMINISTRATOR["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ADMINISTRATOR["AWS_SECRET_ACCESS_KEY"],
        )

    bedrock, agents = client("bedrock"), client("bedrock-agent")
    bedrock.create_inference_profile(
        inferenceProfileName="checkout", modelSource={"copyFrom": SONNET}
    )
    bedrock.create_provisioned_model_throughput(
        provisionedModelName="steady", modelId="anthropic.sonnet-v1:0", modelUnits=1
    )
    bedrock.create_custom_model(
        modelName="ours", modelSourceConfig={"s3DataSource": {"s3Uri": "s3://b/k"}}
    )
    bedrock.create_prompt_router(
        promptRouterName="cheapest",
        models=[{"modelArn": SONNET}, {"modelArn": HAIKU}],
        fallbackModel={"modelArn": HAIKU},
        routingCriteria={"responseQualityDifference": 10},
    )
    bedrock.create_model_invocation_job(
        jobName="nightly",
        roleArn=ROLE,
        modelId="us.anthropic.sonnet-v1:0",
        inputDataConfig={"s3InputDataConfig": {"s3Uri": "s3://b/in"}},
        outputDataConfig={"s3OutputDataConfig": {"s3Uri": "s3://b/out"}},
    )
    agents.create_agent(
        agentName="helper", foundationModel="anthropic.haiku-v1:0", agentResourceRoleArn=ROLE
    )
    agents.create_agent(agentName="unfinished", agentResourceRoleArn=ROLE)
    agents.create_prompt(name="greeting", variants=[{"name": "v", "modelId": SONNET, **TEMPLATE}])
    agents.create_flow(name="triage", executionRoleArn=ROLE, definition=FLOW)
    agents.create_knowledge_base(
        name="manuals",
        roleArn=ROLE,
        knowledgeBaseConfiguration={
            "type": "VECTOR",
            "vectorKnowledgeBaseConfiguration": {"embeddingModelArn": TITAN},
        },
    )


def _node(name: str, kind: str, configuration: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "type": kind, "configuration": configuration}


def _inline(model: str) -> dict[str, Any]:
    return {"prompt": {"sourceConfiguration": {"inline": {"modelId": model, **TEMPLATE}}}}


FLOW: Final[dict[str, Any]] = {
    "nodes": [
        _node("begin", "Input", {"input": {}}),
        _node("ask", "Prompt", _inline("model-of-a-prompt")),
        _node(
            "stored",
            "Prompt",
            {"prompt": {"sourceConfiguration": {"resource": {"promptArn": arn("prompt/P")}}}},
        ),
        _node(
            "look_up",
            "KnowledgeBase",
            {
                "knowledgeBase": {
                    "knowledgeBaseId": "KB00000001",
                    "modelId": "model-of-a-knowledge-base",
                    "rerankingConfiguration": {
                        "type": "BEDROCK_RERANKING_MODEL",
                        "bedrockRerankingConfiguration": {
                            "modelConfiguration": {"modelArn": "model-of-a-reranking"}
                        },
                    },
                }
            },
        ),
        _node(
            "again",
            "Loop",
            {
                "loop": {
                    "definition": {
                        "nodes": [
                            _node("inner", "Prompt", _inline("model-in-a-loop")),
                            _node(
                                "deeper",
                                "Loop",
                                {
                                    "loop": {
                                        "definition": {
                                            "nodes": [
                                                _node("innermost", "Prompt", _inline("deepest"))
                                            ]
                                        }
                                    }
                                },
                            ),
                        ]
                    }
                }
            },
        ),
        _node("ask_again", "Prompt", _inline("model-of-a-prompt")),
        _node("end", "Output", {"output": {}}),
    ]
}
FLOW_MODELS: Final = {
    "model-of-a-prompt",
    "model-of-a-knowledge-base",
    "model-of-a-reranking",
    "model-in-a-loop",
    "deepest",
}


@pytest.mark.parametrize(
    ("source", "name", "models"),
    [
        (Source.APPLICATION_PROFILES, "checkout", {SONNET}),
        (Source.PROVISIONED_THROUGHPUT, "steady", {SONNET}),
        (Source.PROMPT_ROUTERS, "cheapest", {SONNET, HAIKU}),
        (Source.BATCH_JOBS, "nightly", {"us.anthropic.sonnet-v1:0"}),
        (Source.AGENTS, "helper", {"anthropic.haiku-v1:0"}),
        (Source.PROMPTS, "greeting", {SONNET}),
        (Source.FLOWS, "triage", FLOW_MODELS),
        (Source.KNOWLEDGE_BASES, "manuals", {TITAN}),
    ],
)
def test_each_resource_of_an_account_is_found_with_the_models_it_names(
    real: Usage, source: Source, name: str, models: set[str]
) -> None:
    reading = read(real, source)

    assert reading.failure is None
    found = {resource.name: resource for resource in reading.resources}
    assert set(found) == {name, "unfinished"} if source is Source.AGENTS else {name}
    assert set(found[name].models) == models
    assert found[name].depends
    assert found[name].arn.startswith(f"arn:aws:bedrock:{EAST}:123456789012:")


def test_an_agent_without_a_model_is_there_and_names_none(real: Usage) -> None:
    agents = {agent.name: agent for agent in read(real, Source.AGENTS).resources}

    assert agents["unfinished"].models == ()


def test_what_aws_offers_is_not_what_the_account_depends_on(real: Usage) -> None:
    profiles = read(real, Source.SYSTEM_PROFILES).resources

    assert len(profiles) > 10
    assert all(profile.id.partition(".")[0] in {"us", "eu", "apac"} for profile in profiles)
    assert all(profile.models and not profile.depends for profile in profiles)


def test_one_region_does_not_show_what_another_has(real: Usage) -> None:
    reading = read(real, Source.PROMPTS, region=WEST)

    assert (reading.resources, reading.failure) == ((), None)


def test_an_operation_that_a_region_does_not_know_is_a_failure_and_not_nothing(
    real: Usage,
) -> None:
    failure = read(real, Source.CUSTOM_MODEL_DEPLOYMENTS).failure

    assert failure is not None
    assert failure.detail.startswith("bedrock:ListCustomModelDeployments: No route")
    assert failure.permanent


def test_what_did_not_change_is_given_as_it_is_remembered(real: Usage) -> None:
    found = read(real, Source.PROMPTS).resources
    remembered = {prompt.id: prompt._replace(name="as remembered") for prompt in found}

    again = read(real, Source.PROMPTS, remembered)

    assert [prompt.name for prompt in again.resources] == ["as remembered"]


# How each entry of a listing is understood.

PROFILE: Final = {
    "inferenceProfileName": "US Sonnet",
    "inferenceProfileArn": arn("inference-profile/us.anthropic.sonnet-v1:0"),
    "inferenceProfileId": "us.anthropic.sonnet-v1:0",
    "models": [{"modelArn": SONNET}, {"modelArn": SONNET.replace("us-east-1", "us-west-2")}],
    "status": "ACTIVE",
    "type": "SYSTEM_DEFINED",
}
GLOBAL: Final = "arn:aws:bedrock:::foundation-model/anthropic.sonnet-v1:0"
OWN: Final = PROFILE | {"type": "APPLICATION", "inferenceProfileArn": arn("application-x/ab12")}
THROUGHPUT: Final = {
    "provisionedModelName": "steady",
    "provisionedModelArn": arn("provisioned-model/abcdef123456"),
    "modelArn": SONNET,
    "desiredModelArn": SONNET,
    "foundationModelArn": SONNET,
    "status": "InService",
}
CUSTOM: Final = arn("custom-model/anthropic.haiku-v1:0/abcdef123456")
CUSTOM_MODEL: Final = {"modelArn": CUSTOM, "modelName": "ours", "baseModelArn": HAIKU}
DEPLOYMENT: Final = {
    "customModelDeploymentArn": arn("custom-model-deployment/abcdef123456"),
    "customModelDeploymentName": "live",
    "modelArn": CUSTOM,
    "status": "Active",
}
ROUTER: Final = {
    "promptRouterName": "cheapest",
    "promptRouterArn": arn("prompt-router/abcdef"),
    "models": [{"modelArn": SONNET}, {"modelArn": HAIKU}],
    "fallbackModel": {"modelArn": HAIKU},
    "type": "custom",
}
JOB: Final = {
    "jobArn": arn("model-invocation-job/abcdef123456"),
    "jobName": "nightly",
    "modelId": "us.anthropic.sonnet-v1:0",
    "status": "InProgress",
    "submitTime": STAMP,
}


@pytest.mark.parametrize(
    ("source", "entry", "models", "key", "depends"),
    [
        pytest.param(
            Source.SYSTEM_PROFILES,
            PROFILE,
            (SONNET, SONNET.replace("us-east-1", "us-west-2")),
            "us.anthropic.sonnet-v1:0",
            False,
            id="a profile of AWS resolves to its model in each Region",
        ),
        pytest.param(
            Source.SYSTEM_PROFILES,
            PROFILE | {"models": [{"modelArn": GLOBAL}, {"modelArn": SONNET}]},
            (GLOBAL, SONNET),
            "us.anthropic.sonnet-v1:0",
            False,
            id="an ARN with an empty Region is kept as it stands",
        ),
        pytest.param(
            Source.SYSTEM_PROFILES,
            PROFILE | {"models": [{"modelArn": SONNET.replace("aws", "aws-us-gov", 1)}]},
            (SONNET.replace("aws", "aws-us-gov", 1),),
            "us.anthropic.sonnet-v1:0",
            False,
            id="so is an ARN of a foreign partition",
        ),
        pytest.param(
            Source.APPLICATION_PROFILES,
            OWN,
            (SONNET, SONNET.replace("us-east-1", "us-west-2")),
            "us.anthropic.sonnet-v1:0",
            True,
            id="a profile of the account needs its models",
        ),
        pytest.param(
            Source.PROVISIONED_THROUGHPUT,
            THROUGHPUT,
            (SONNET,),
            "abcdef123456",
            True,
            id="throughput for a foundation model",
        ),
        pytest.param(
            Source.PROVISIONED_THROUGHPUT,
            THROUGHPUT | {"modelArn": CUSTOM, "desiredModelArn": CUSTOM},
            (SONNET,),
            "abcdef123456",
            True,
            id="throughput for a custom model stands on the foundation model below it",
        ),
        pytest.param(
            Source.PROVISIONED_THROUGHPUT,
            THROUGHPUT | {"desiredModelArn": HAIKU},
            (SONNET, HAIKU),
            "abcdef123456",
            True,
            id="throughput that is being moved needs both",
        ),
        pytest.param(
            Source.PROVISIONED_THROUGHPUT,
            {k: v for k, v in THROUGHPUT.items() if k != "foundationModelArn"},
            (SONNET,),
            "abcdef123456",
            True,
            id="without a foundation model, the model it was made for",
        ),
        pytest.param(
            Source.PROVISIONED_THROUGHPUT,
            THROUGHPUT | {"status": "Failed"},
            (SONNET,),
            "abcdef123456",
            False,
            id="throughput that failed needs nothing",
        ),
        pytest.param(
            Source.CUSTOM_MODELS,
            CUSTOM_MODEL,
            (HAIKU,),
            "",
            True,
            id="a custom model needs its base",
        ),
        pytest.param(
            Source.CUSTOM_MODELS,
            CUSTOM_MODEL | {"modelStatus": "Failed"},
            (HAIKU,),
            "",
            False,
            id="a custom model that failed needs nothing",
        ),
        pytest.param(
            Source.CUSTOM_MODEL_DEPLOYMENTS,
            DEPLOYMENT,
            (CUSTOM,),
            "",
            True,
            id="a deployment names the custom model",
        ),
        pytest.param(
            Source.CUSTOM_MODEL_DEPLOYMENTS,
            DEPLOYMENT | {"status": "Failed"},
            (CUSTOM,),
            "",
            False,
            id="a deployment that failed needs nothing",
        ),
        pytest.param(
            Source.PROMPT_ROUTERS,
            ROUTER | {"fallbackModel": {"modelArn": TITAN}},
            (SONNET, HAIKU, TITAN),
            "",
            True,
            id="a router of the account needs its models and what it falls back to",
        ),
        pytest.param(
            Source.PROMPT_ROUTERS,
            ROUTER | {"type": "default"},
            (SONNET, HAIKU),
            "",
            False,
            id="a router of AWS does not make a model used",
        ),
        pytest.param(
            Source.PROMPT_ROUTERS,
            ROUTER | {"type": "something new"},
            (SONNET, HAIKU),
            "",
            True,
            id="a router of a kind yet unknown may be the account's",
        ),
        *(
            pytest.param(
                Source.BATCH_JOBS,
                JOB | {"status": status},
                ("us.anthropic.sonnet-v1:0",),
                "",
                True,
                id=f"a batch job that is {status} needs its model",
            )
            for status in (
                "Submitted",
                "Validating",
                "Scheduled",
                "InProgress",
                "Stopping",
                "SomethingNew",
            )
        ),
    ],
)
def test_what_an_entry_means(  # noqa: PLR0913, PLR0917 the columns of the table
    scripted: ScriptedAws,
    usage: Usage,
    source: Source,
    entry: Mapping[str, Any],
    models: tuple[str, ...],
    key: str,
    depends: bool,  # noqa: FBT001
) -> None:
    reading = listed(scripted, usage, source, entry)

    assert reading.failure is None
    (resource,) = reading.resources
    assert (resource.models, resource.id, resource.depends) == (models, key, depends)
    assert resource.arn in entry.values()
    assert resource.name in entry.values()


@pytest.mark.parametrize(
    "status", ["Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired"]
)
def test_a_batch_job_that_will_not_run_is_left_out(
    scripted: ScriptedAws, usage: Usage, status: str
) -> None:
    reading = listed(scripted, usage, Source.BATCH_JOBS, JOB | {"status": status})

    assert (reading.resources, reading.failure) == ((), None)


def test_batch_jobs_are_asked_for_as_far_back_as_one_can_still_run(
    scripted: ScriptedAws, usage: Usage
) -> None:
    read(usage, Source.BATCH_JOBS)

    (asked,) = scripted.asked("ListModelInvocationJobs")
    assert datetime.fromisoformat(asked.said["submitTimeAfter"]) == NOW - timedelta(days=14)


def test_profiles_of_another_kind_than_asked_for_are_left_out(
    scripted: ScriptedAws, usage: Usage
) -> None:
    reading = listed(scripted, usage, Source.APPLICATION_PROFILES, PROFILE, OWN)

    assert [profile.arn for profile in reading.resources] == [OWN["inferenceProfileArn"]]
    assert [asked.said["type"] for asked in scripted.asked()] == ["APPLICATION"]


@pytest.mark.parametrize("source", LISTED)
def test_every_listing_is_read_to_its_last_page_by_the_largest_pages(
    scripted: ScriptedAws, usage: Usage, source: Source
) -> None:
    entries = [
        {
            Source.SYSTEM_PROFILES: PROFILE | {"inferenceProfileArn": arn(f"x/{n}")},
            Source.APPLICATION_PROFILES: OWN | {"inferenceProfileArn": arn(f"x/{n}")},
            Source.PROVISIONED_THROUGHPUT: THROUGHPUT | {"provisionedModelArn": arn(f"x/{n}")},
            Source.CUSTOM_MODELS: CUSTOM_MODEL | {"modelArn": arn(f"x/{n}")},
            Source.CUSTOM_MODEL_DEPLOYMENTS: DEPLOYMENT
            | {"customModelDeploymentArn": arn(f"x/{n}")},
            Source.PROMPT_ROUTERS: ROUTER | {"promptRouterArn": arn(f"x/{n}")},
            Source.BATCH_JOBS: JOB | {"jobArn": arn(f"x/{n}")},
            Source.AGENTS: {"agentId": f"A{n}", "updatedAt": STAMP},
            Source.PROMPTS: {"id": f"P{n}", "updatedAt": STAMP},
            Source.FLOWS: {"id": f"F{n}", "updatedAt": STAMP},
            Source.KNOWLEDGE_BASES: {"knowledgeBaseId": f"K{n}", "updatedAt": STAMP},
        }[source]
        for n in range(7)
    ]
    scripted.on(LISTED[source], listing(LISTED[source], entries, page=3))
    for own, action in GOT.items():
        scripted.on(action, always(DETAILS[own]))

    reading = read(usage, source)

    assert reading.failure is None
    assert len({(resource.arn, resource.id) for resource in reading.resources}) == 7
    asked = scripted.asked(LISTED[source])
    assert [call.said.get("nextToken") for call in asked] == [None, "3", "6"]
    assert {int(call.said["maxResults"]) for call in asked} == {1000}


def test_an_entry_that_is_on_two_pages_is_one_resource(scripted: ScriptedAws, usage: Usage) -> None:
    reading = listed(scripted, usage, Source.CUSTOM_MODELS, CUSTOM_MODEL, CUSTOM_MODEL)

    assert len(reading.resources) == 1


# What has to be got one by one.

AGENT: Final = {
    "agentId": "AGENT00001",
    "agentName": "helper",
    "agentArn": arn("agent/AGENT00001"),
    "foundationModel": "anthropic.haiku-v1:0",
}
PROMPT: Final = {
    "id": "PROMPT0001",
    "name": "greeting",
    "arn": arn("prompt/PROMPT0001"),
    "variants": [{"name": "v", "modelId": SONNET, **TEMPLATE}],
}
KNOWLEDGE_BASE: Final = {
    "knowledgeBaseId": "KB00000001",
    "name": "manuals",
    "knowledgeBaseArn": arn("knowledge-base/KB00000001"),
    "knowledgeBaseConfiguration": {
        "type": "VECTOR",
        "vectorKnowledgeBaseConfiguration": {"embeddingModelArn": TITAN},
    },
}
A_FLOW: Final = {"id": "FLOW000001", "name": "triage", "arn": arn("flow/F"), "definition": FLOW}
DETAILS: Final[Mapping[Source, Mapping[str, Any]]] = {
    Source.AGENTS: {"agent": AGENT},
    Source.PROMPTS: PROMPT,
    Source.FLOWS: A_FLOW,
    Source.KNOWLEDGE_BASES: {"knowledgeBase": KNOWLEDGE_BASE},
}
ID_NAMES: Final = {
    Source.AGENTS: "agentId",
    Source.PROMPTS: "id",
    Source.FLOWS: "id",
    Source.KNOWLEDGE_BASES: "knowledgeBaseId",
}


def has(scripted: ScriptedAws, source: Source, *ids: str, stamp: object = STAMP) -> None:
    """Let a listing show these ids, last changed then."""
    entries = [{ID_NAMES[source]: one, "updatedAt": stamp} for one in ids]
    scripted.on(LISTED[source], listing(LISTED[source], [*entries]))


def details(source: Source, **changed: object) -> Script:
    """Give a Get that has these members and the usual ones."""
    usual = DETAILS[source]
    if source in {Source.AGENTS, Source.KNOWLEDGE_BASES}:
        (name,) = usual
        return always({name: usual[name] | changed})
    return always({**usual, **changed})


def but_for(script: Script, **others: Script) -> Script:
    """Answer like this, but for some items otherwise."""

    def answer(asked: Asked) -> Any:  # noqa: ANN401 any reply
        return others.get(asked.item, script)(asked)

    return answer


@pytest.mark.parametrize(
    ("source", "changed", "models"),
    [
        pytest.param(Source.AGENTS, {}, ("anthropic.haiku-v1:0",), id="an agent's model"),
        pytest.param(
            Source.AGENTS, {"foundationModel": None}, (), id="an agent that has no model yet"
        ),
        pytest.param(
            Source.AGENTS,
            {
                "promptOverrideConfiguration": {
                    "promptConfigurations": [
                        {"promptType": "ORCHESTRATION", "foundationModel": SONNET},
                        {"promptType": "PRE_PROCESSING"},
                    ]
                }
            },
            ("anthropic.haiku-v1:0", SONNET),
            id="a step of an agent may have a model of its own",
        ),
        pytest.param(Source.PROMPTS, {}, (SONNET,), id="a prompt's variant"),
        pytest.param(
            Source.PROMPTS,
            {
                "variants": [
                    {
                        "name": "v",
                        "genAiResource": {"agent": {"agentIdentifier": arn("agent-alias/A/B")}},
                        **TEMPLATE,
                    }
                ]
            },
            (),
            id="a prompt that runs on an agent names no model",
        ),
        pytest.param(Source.PROMPTS, {"variants": []}, (), id="a prompt without variants"),
        pytest.param(Source.PROMPTS, {"variants": None}, (), id="a prompt without a list of them"),
        pytest.param(Source.FLOWS, {"definition": None}, (), id="a flow without a definition"),
        pytest.param(
            Source.FLOWS,
            {"definition": {"nodes": [_node("n", "Mystery", {"mystery": {"modelId": "x"}})]}},
            (),
            id="a node of a kind yet unknown",
        ),
        pytest.param(
            Source.FLOWS,
            {"definition": {"nodes": [{"name": "n", "type": "Input"}]}},
            (),
            id="a node without a configuration",
        ),
        pytest.param(Source.KNOWLEDGE_BASES, {}, (TITAN,), id="a knowledge base's embedding"),
        pytest.param(
            Source.KNOWLEDGE_BASES,
            {
                "knowledgeBaseConfiguration": {
                    "type": "MANAGED",
                    "managedKnowledgeBaseConfiguration": {
                        "embeddingModelType": "CUSTOM",
                        "embeddingModelArn": TITAN,
                    },
                }
            },
            (TITAN,),
            id="a managed knowledge base with an embedding model of one's own",
        ),
        pytest.param(
            Source.KNOWLEDGE_BASES,
            {
                "knowledgeBaseConfiguration": {
                    "type": "KENDRA",
                    "kendraKnowledgeBaseConfiguration": {"kendraIndexArn": "arn:aws:kendra:x"},
                }
            },
            (),
            id="a knowledge base that embeds nothing",
        ),
    ],
)
def test_what_the_details_name(
    scripted: ScriptedAws,
    usage: Usage,
    source: Source,
    changed: Mapping[str, object],
    models: tuple[str, ...],
) -> None:
    has(scripted, source, "ITEM000001")
    scripted.on(GOT[source], details(source, **changed))

    reading = read(usage, source)

    assert reading.failure is None
    (resource,) = reading.resources
    assert (resource.models, resource.id) == (models, "ITEM000001")
    assert resource.stamp == "2026-11-01T10:00:00+00:00"


def test_a_flow_names_the_models_of_all_its_nodes_once(scripted: ScriptedAws, usage: Usage) -> None:
    has(scripted, Source.FLOWS, "FLOW000001")
    scripted.on("GetFlow", details(Source.FLOWS))

    (flow,) = read(usage, Source.FLOWS).resources

    assert sorted(flow.models) == sorted(FLOW_MODELS)


@pytest.mark.parametrize("source", GOT)
def test_only_what_changed_is_got(scripted: ScriptedAws, usage: Usage, source: Source) -> None:
    has(scripted, source, "SAME", "CHANGED", "NEW")
    scripted.on(GOT[source], details(source))
    same = Resource("arn:same", "same", ("m",), "SAME", stamp="2026-11-01T10:00:00+00:00")
    known = {
        "SAME": same,
        "CHANGED": same._replace(id="CHANGED", stamp="2026-10-01T10:00:00+00:00"),
        "GONE": same._replace(id="GONE"),
    }

    reading = read(usage, source, known)

    assert {asked.item for asked in scripted.asked(GOT[source])} == {"CHANGED", "NEW"}
    assert {resource.id for resource in reading.resources} == {"SAME", "CHANGED", "NEW"}
    assert same in reading.resources


@pytest.mark.parametrize("stamp", [None, ""])
def test_what_does_not_say_when_it_changed_is_got_each_time(
    scripted: ScriptedAws, usage: Usage, stamp: str | None
) -> None:
    has(scripted, Source.PROMPTS, "P", stamp=stamp)
    scripted.on("GetPrompt", details(Source.PROMPTS))

    first = read(usage, Source.PROMPTS)
    again = read(usage, Source.PROMPTS, {prompt.id: prompt for prompt in first.resources})

    assert len(scripted.asked("GetPrompt")) == 2
    assert first == again
    assert first.failure is None


def test_a_time_of_change_that_is_none_is_compared_as_text(
    scripted: ScriptedAws, usage: Usage
) -> None:
    has(scripted, Source.PROMPTS, "P", stamp="lately")
    scripted.on("GetPrompt", details(Source.PROMPTS))

    first = read(usage, Source.PROMPTS)
    read(usage, Source.PROMPTS, {prompt.id: prompt for prompt in first.resources})

    assert first.resources[0].stamp == "lately"
    assert len(scripted.asked("GetPrompt")) == 1


@pytest.mark.parametrize("source", GOT)
def test_what_was_deleted_after_it_was_listed_is_gone_and_no_failure(
    scripted: ScriptedAws, usage: Usage, source: Source
) -> None:
    has(scripted, source, "KEPT", "DELETED")
    gone = refusal(404, "ResourceNotFoundException")
    scripted.on(GOT[source], but_for(details(source), DELETED=gone))

    reading = read(usage, source)

    assert [resource.id for resource in reading.resources] == ["KEPT"]
    assert reading.failure is None


@pytest.mark.parametrize("source", GOT)
@pytest.mark.parametrize(
    ("script", "code", "permanent"),
    [
        pytest.param(
            refusal(403, "AccessDeniedException"), "AccessDeniedException", True, id="denied"
        ),
        pytest.param(
            refusal(429, "ThrottlingException"), "ThrottlingException", False, id="throttled"
        ),
        pytest.param(always(Raw(200, b"<html>")), "UnexpectedAnswer", False, id="not JSON"),
        pytest.param(always({}), "UnexpectedAnswer", False, id="nothing in it"),
    ],
)
def test_one_that_cannot_be_got_is_a_failure_beside_the_others(  # noqa: PLR0913, PLR0917 the table
    scripted: ScriptedAws,
    usage: Usage,
    source: Source,
    script: Script,
    code: str,
    permanent: bool,  # noqa: FBT001
) -> None:
    has(scripted, source, "A", "B", "C")
    scripted.on(GOT[source], but_for(details(source), B=script))

    reading = read(usage, source)

    assert [resource.id for resource in reading.resources] == ["A", "C"]
    assert reading.failure is not None
    assert (reading.failure.code, reading.failure.permanent) == (code, permanent)
    assert reading.failure.detail.startswith(f"bedrock:{GOT[source]}: ")


def test_of_many_failures_one_that_may_pass_stands_for_all(
    scripted: ScriptedAws, usage: Usage
) -> None:
    has(scripted, Source.PROMPTS, "A", "B", "C")
    denied, throttled = refusal(403, "AccessDeniedException"), refusal(429, "ThrottlingException")
    # The last to fail is the one that stands for them.
    scripted.on("GetPrompt", but_for(denied, B=each_waits(0.1, throttled)))

    failure = read(usage, Source.PROMPTS).failure

    assert failure == ReadFailure(
        "ThrottlingException", "bedrock:GetPrompt: No (and 2 more)", permanent=False
    )


# What should not be, in any listing.


@pytest.mark.parametrize("source", LISTED)
@pytest.mark.parametrize(
    ("script", "code", "permanent"),
    [
        pytest.param(
            refusal(403, "AccessDeniedException"), "AccessDeniedException", True, id="denied"
        ),
        pytest.param(
            refusal(403, "UnrecognizedClientException"),
            "UnrecognizedClientException",
            True,
            id="a Region that is not enabled",
        ),
        pytest.param(
            refusal(400, "ValidationException"),
            "ValidationException",
            True,
            id="not offered in this Region",
        ),
        pytest.param(
            refusal(404, "UnknownOperationException"),
            "UnknownOperationException",
            True,
            id="an operation the Region does not know",
        ),
        pytest.param(
            refusal(429, "ThrottlingException"), "ThrottlingException", False, id="throttled"
        ),
        pytest.param(
            refusal(500, "InternalServerException"), "InternalServerException", False, id="500"
        ),
        pytest.param(
            always(Raw(200, b"<html>Bad gateway</html>", "text/html")),
            "UnexpectedAnswer",
            False,
            id="200 with a page of HTML",
        ),
        pytest.param(always(Raw(200, b"")), "UnexpectedAnswer", False, id="200 with nothing"),
        pytest.param(always({"unexpected": True}), "UnexpectedAnswer", False, id="another shape"),
        pytest.param(always(Raw(200, b"null")), "UnexpectedAnswer", False, id="null"),
        pytest.param(always(Raw(200, b"[1, 2]")), "UnexpectedAnswer", False, id="a list"),
    ],
)
def test_an_answer_that_is_none_is_a_failure_and_never_an_empty_list(  # noqa: PLR0913, PLR0917 the table
    scripted: ScriptedAws,
    usage: Usage,
    source: Source,
    script: Script,
    code: str,
    permanent: bool,  # noqa: FBT001
) -> None:
    scripted.on(LISTED[source], script)

    reading = read(usage, source)

    assert reading.resources == ()
    assert reading.failure is not None
    assert (reading.failure.code, reading.failure.permanent) == (code, permanent)
    assert reading.failure.detail.startswith(f"bedrock:{LISTED[source]}: ")


@pytest.mark.parametrize("source", LISTED)
@pytest.mark.parametrize("entries", [None, 5, "text", [None], [5], ["text"], [{}], [[]]])
def test_entries_of_another_shape_are_a_failure(
    scripted: ScriptedAws, usage: Usage, source: Source, entries: object
) -> None:
    scripted.on(LISTED[source], always({LISTINGS[LISTED[source]][1]: entries}))

    reading = read(usage, source)

    assert reading.resources == ()
    assert reading.failure is not None
    assert not reading.failure.permanent


@pytest.mark.parametrize(
    ("source", "good", "without"),
    [
        (Source.SYSTEM_PROFILES, PROFILE, "inferenceProfileArn"),
        (Source.APPLICATION_PROFILES, OWN, "inferenceProfileId"),
        (Source.PROVISIONED_THROUGHPUT, THROUGHPUT, "provisionedModelArn"),
        (Source.CUSTOM_MODELS, CUSTOM_MODEL, "modelArn"),
        (Source.CUSTOM_MODEL_DEPLOYMENTS, DEPLOYMENT, "modelArn"),
        (Source.PROMPT_ROUTERS, ROUTER, "promptRouterArn"),
        (Source.BATCH_JOBS, JOB, "modelId"),
    ],
)
@pytest.mark.parametrize("value", ["missing", None, 7, " ", "\ud800", "x" * 3000])
def test_an_entry_that_lacks_what_counts_is_a_failure_beside_the_others(  # noqa: PLR0913, PLR0917 the table
    scripted: ScriptedAws,
    usage: Usage,
    source: Source,
    good: Mapping[str, Any],
    without: str,
    value: object,
) -> None:
    bad = {**good, without: value}
    if value == "missing":
        del bad[without]

    reading = listed(scripted, usage, source, bad, good)

    assert reading.failure is not None
    assert reading.failure.code == "UnexpectedAnswer"
    assert len(reading.resources) == 1
    reading.failure.detail.encode()
    assert len(reading.failure.detail) < 400


@pytest.mark.parametrize("base", ["missing", None, ""])
def test_a_custom_model_without_a_base_model_names_none(
    scripted: ScriptedAws, usage: Usage, base: str | None
) -> None:
    imported = {**CUSTOM_MODEL, "baseModelArn": base}
    if base == "missing":
        del imported["baseModelArn"]

    reading = listed(scripted, usage, Source.CUSTOM_MODELS, imported)

    assert reading == Reading((Resource(CUSTOM, "ours", ()),))


@pytest.mark.parametrize("base", [7, " ", "\ud800", "x" * 3000])
def test_a_base_model_that_cannot_be_read_is_a_failure(
    scripted: ScriptedAws, usage: Usage, base: object
) -> None:
    odd = CUSTOM_MODEL | {"baseModelArn": base}

    reading = listed(scripted, usage, Source.CUSTOM_MODELS, odd, CUSTOM_MODEL)

    assert reading.failure is not None
    assert reading.failure.code == "UnexpectedAnswer"
    assert len(reading.resources) == 1


@pytest.mark.parametrize(
    ("source", "good", "without"),
    [
        (Source.SYSTEM_PROFILES, PROFILE, "models"),
        (Source.PROMPT_ROUTERS, ROUTER, "models"),
        (Source.PROMPT_ROUTERS, ROUTER, "type"),
        (Source.BATCH_JOBS, JOB, "status"),
    ],
)
def test_an_entry_that_does_not_say_what_it_needs_is_a_failure(
    scripted: ScriptedAws, usage: Usage, source: Source, good: Mapping[str, Any], without: str
) -> None:
    bad = {name: value for name, value in good.items() if name != without}

    reading = listed(scripted, usage, source, bad, good)

    assert len(reading.resources) == 1
    assert reading.failure is not None
    assert without in reading.failure.detail


@pytest.mark.parametrize("name", [None, 7, "\ud800hostile\u202e<b>", "x" * 5000])
def test_a_name_is_never_worth_failing_for(
    scripted: ScriptedAws, usage: Usage, name: object
) -> None:
    reading = listed(scripted, usage, Source.CUSTOM_MODELS, CUSTOM_MODEL | {"modelName": name})

    assert reading.failure is None
    (model,) = reading.resources
    model.name.encode()
    assert len(model.name) <= 256


def test_a_page_that_fails_leaves_what_the_pages_before_it_gave(
    scripted: ScriptedAws, usage: Usage
) -> None:
    models = [CUSTOM_MODEL | {"modelArn": arn(f"x/{n}")} for n in range(4)]
    first = listing("ListCustomModels", [*models], page=2)
    denied = refusal(403, "AccessDeniedException")
    scripted.on(
        "ListCustomModels",
        lambda asked: (denied if asked.said.get("nextToken") else first)(asked),
    )

    reading = read(usage, Source.CUSTOM_MODELS)

    assert [model.arn for model in reading.resources] == [arn("x/0"), arn("x/1")]
    assert reading.failure == ReadFailure(
        "AccessDeniedException", "bedrock:ListCustomModels: No", permanent=True
    )


def test_what_a_failing_listing_did_show_is_still_got(scripted: ScriptedAws, usage: Usage) -> None:
    first = paged("promptSummaries", [{"id": "A", "updatedAt": STAMP}, {}, {}], 1)
    denied = refusal(403, "AccessDeniedException")
    scripted.on(
        "ListPrompts", lambda asked: (denied if asked.said.get("nextToken") else first)(asked)
    )
    scripted.on("GetPrompt", details(Source.PROMPTS))

    reading = read(usage, Source.PROMPTS)

    assert [prompt.id for prompt in reading.resources] == ["A"]
    assert reading.failure is not None


def test_a_listing_that_repeats_its_token_ends_as_a_failure(
    scripted: ScriptedAws, usage: Usage
) -> None:
    scripted.on("ListPromptRouters", always({"promptRouterSummaries": [ROUTER], "nextToken": "1"}))

    reading = read(usage, Source.PROMPT_ROUTERS)

    assert len(reading.resources) == 1
    assert reading.failure is not None
    assert reading.failure.code == "PaginationError"


def test_a_region_without_the_endpoint_is_a_failure(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Port 9 is that of the discard service, which nothing here offers.
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(module, "_CALLS", QUICK)

    failure = read(Usage(session), Source.AGENTS).failure

    assert failure is not None
    assert (failure.code, failure.permanent) == ("EndpointConnectionError", False)


def test_an_answer_that_does_not_come_is_a_failure(scripted: ScriptedAws, usage: Usage) -> None:
    scripted.on("ListFlows", always(Hang()))

    failure = read(usage, Source.FLOWS).failure

    assert failure is not None
    assert (failure.code, failure.permanent) == ("ReadTimeoutError", False)
