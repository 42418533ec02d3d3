"""What an account has that names models: inference profiles, agents, prompts, flows and more.

API: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from notifier.errors import AwsError, aws_call
from notifier.sources.findings import pages, text
from notifier.usage import Resource, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from botocore.client import BaseClient

    from notifier.sources.findings import Findings

# The largest page that these APIs let one ask for; they may give smaller ones.
_PAGE: Final = {"PaginationConfig": {"PageSize": 1000}}
# GetPrompt and its like allow about ten calls a second in a Region, to everybody in the account.
_AT_ONCE = 4
_NAME_LENGTH = 256

# A batch job that has not ended after a week never runs any more (timeoutDurationInHours <= 168).
_JOBS_SINCE = timedelta(days=14)
_ENDED = frozenset({"Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired"})
_SYSTEM_DEFINED = "SYSTEM_DEFINED"
_APPLICATION = "APPLICATION"
_FAILED = "Failed"
_ROUTER_OF_AWS = "default"


class _Listing(NamedTuple):
    """A listing whose entries name their models: the operation, where the entries are, how read.

    An entry that reads as None is none of ours to tell.
    """

    operation: str
    entries: str
    read: Callable[[Mapping[str, Any]], Resource | None]
    asked: Mapping[str, object] = {}


class _Detailed(NamedTuple):
    """A listing of things that must be got one by one to see their models."""

    operation: str
    entries: str
    id: str
    get: str
    parameter: str
    read: Callable[[Mapping[str, Any]], Resource]


def read_listing(client: BaseClient, source: Source, findings: Findings, now: datetime) -> None:
    """Read a source that needs no more than its listing."""
    operation, entries, read, asked = LISTINGS[source]
    if source is Source.BATCH_JOBS:
        asked = {"submitTimeAfter": now - _JOBS_SINCE}
    action = _action(client, operation)
    with findings.attempt(action):
        for page in pages(client, operation, findings.stop, **asked, **_PAGE):
            for entry in page[entries]:
                with findings.attempt(action):
                    if resource := read(entry):
                        findings.resources.append(resource)


def read_details(
    listing: BaseClient,
    getting: BaseClient,
    source: Source,
    findings: Findings,
    known: Mapping[str, Resource],
) -> None:
    """Read a source whose items must be got one by one, but for those known with that stamp.

    Both clients are of the same API; `getting` has to bear with many calls of one kind.
    """
    detailed = DETAILED[source]
    action = _action(listing, detailed.operation)
    changed: dict[str, str] = {}
    with findings.attempt(action):
        for page in pages(listing, detailed.operation, findings.stop, **_PAGE):
            for entry in page[detailed.entries]:
                with findings.attempt(action):
                    item, stamp = text(entry, detailed.id), _stamp(entry.get("updatedAt"))
                    if stamp and item in known and known[item].stamp == stamp:
                        findings.resources.append(known[item])
                    else:
                        changed[item] = stamp

    def get(item: str) -> None:
        if not findings.stop.is_set():
            _get(getting, detailed, findings, item, changed[item])

    if changed:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for _ in pool.map(get, changed):
                """Each has put what it found where it belongs."""


def _get(
    client: BaseClient, detailed: _Detailed, findings: Findings, item: str, stamp: str
) -> None:
    action = _action(client, detailed.get)
    with findings.attempt(action):
        try:
            with aws_call(action):
                answer = getattr(client, detailed.get)(**{detailed.parameter: item})
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                return  # Deleted since it was listed.
            raise
        findings.resources.append(detailed.read(answer)._replace(id=item, stamp=stamp))


def _action(client: BaseClient, operation: str) -> str:
    """Give the IAM action of an operation: both Bedrock APIs have the prefix `bedrock`."""
    return f"bedrock:{client.meta.method_to_api_mapping[operation]}"


def _stamp(updated_at: object) -> str:
    """Give what is compared to see a change; a time that cannot be read is compared as text."""
    if isinstance(updated_at, datetime):
        return updated_at.isoformat()
    return str(updated_at or "")[:_NAME_LENGTH]


def _profile(entry: Mapping[str, Any], kind: str) -> Resource | None:
    """Read an inference profile, if it is of the kind that was asked for.

    Taken for the account's own, AWS's profiles would make every model a used one.
    """
    if entry.get("type", kind) != kind:
        return None
    return Resource(
        text(entry, "inferenceProfileArn"),
        _name(entry, "inferenceProfileName"),
        _each(entry["models"], "modelArn"),
        id=text(entry, "inferenceProfileId"),
        depends=kind == _APPLICATION,
    )


def _provisioned_throughput(entry: Mapping[str, Any]) -> Resource:
    arn = text(entry, "provisionedModelArn")
    # The foundation model, also below a custom model; the latter only where it is not said.
    base = "foundationModelArn" if entry.get("foundationModelArn") else "modelArn"
    named = [text(entry, base)]
    # While it is being moved to another model it needs both.
    if entry.get("desiredModelArn") not in {None, entry.get("modelArn")}:
        named.append(text(entry, "desiredModelArn"))
    return Resource(
        arn,
        _name(entry, "provisionedModelName"),
        _once(named),
        id=arn.rpartition("/")[2],
        depends=entry.get("status") != _FAILED,
    )


def _custom_model(entry: Mapping[str, Any]) -> Resource:
    return Resource(
        text(entry, "modelArn"),
        _name(entry, "modelName"),
        # One that was imported has no base model of Bedrock.
        _texts(filter(None, [entry.get("baseModelArn")])),
        depends=entry.get("modelStatus") != _FAILED,
    )


def _custom_model_deployment(entry: Mapping[str, Any]) -> Resource:
    return Resource(
        text(entry, "customModelDeploymentArn"),
        _name(entry, "customModelDeploymentName"),
        (text(entry, "modelArn"),),
        depends=entry.get("status") != _FAILED,
    )


def _prompt_router(entry: Mapping[str, Any]) -> Resource:
    fallback = entry.get("fallbackModel")
    return Resource(
        text(entry, "promptRouterArn"),
        _name(entry, "promptRouterName"),
        _each([*entry["models"], *([fallback] if fallback else [])], "modelArn"),
        depends=entry["type"] != _ROUTER_OF_AWS,
    )


def _batch_job(entry: Mapping[str, Any]) -> Resource | None:
    # Not the other way round: a job of a status yet unknown may still need its model.
    if entry["status"] in _ENDED:
        return None
    return Resource(text(entry, "jobArn"), _name(entry, "jobName"), (text(entry, "modelId"),))


def _agent(answer: Mapping[str, Any]) -> Resource:
    agent = answer["agent"]
    overrides = agent.get("promptOverrideConfiguration") or {}
    steps = overrides.get("promptConfigurations") or ()
    # An agent need not have a model yet, nor one of its own for each step.
    named = [one["foundationModel"] for one in (agent, *steps) if one.get("foundationModel")]
    return Resource(text(agent, "agentArn"), _name(agent, "agentName"), _texts(named))


def _prompt(answer: Mapping[str, Any]) -> Resource:
    # A variant runs on a model or, instead, on an agent; or has neither yet.
    named = [one["modelId"] for one in answer.get("variants") or () if one.get("modelId")]
    return Resource(text(answer, "arn"), _name(answer, "name"), _texts(named))


def _flow(answer: Mapping[str, Any]) -> Resource:
    named = _models_of_nodes(answer.get("definition"))
    return Resource(text(answer, "arn"), _name(answer, "name"), _texts(named))


def _models_of_nodes(definition: Mapping[str, Any] | None) -> Iterator[object]:
    """Give what the nodes of a flow name, those of loops within it included.

    A node with a prompt of Prompt management names that prompt, which is read for itself; so do
    agent nodes.
    """
    waiting = [definition]
    while waiting:
        for node in (waiting.pop() or {}).get("nodes") or ():
            kinds = node.get("configuration") or {}
            waiting.append((kinds.get("loop") or {}).get("definition"))
            for way in _WHERE_NODES_NAME_MODELS:
                if named := _at(kinds, way):
                    yield named


def _knowledge_base(answer: Mapping[str, Any]) -> Resource:
    found = answer["knowledgeBase"]
    kinds = found["knowledgeBaseConfiguration"]
    named = [_at(kinds, way) for way in _WHERE_KNOWLEDGE_BASES_NAME_MODELS]
    return Resource(
        text(found, "knowledgeBaseArn"), _name(found, "name"), _texts(filter(None, named))
    )


def _at(tree: Mapping[str, Any], way: tuple[str, ...]) -> object:
    """Follow names down a tree of which any part may be missing."""
    node: Any = tree
    for name in way:
        node = (node or {}).get(name)
    return node


def _name(entry: Mapping[str, Any], name: str) -> str:
    """Give a name for people: it is never worth failing for."""
    value = str(entry.get(name) or "")
    return value[:_NAME_LENGTH].encode("utf-8", "replace").decode()


def _each(entries: Iterable[Mapping[str, Any]], name: str) -> tuple[str, ...]:
    return _once(text(entry, name) for entry in entries)


def _texts(named: Iterable[object]) -> tuple[str, ...]:
    return _each(({"model": model} for model in named), "model")


def _once(named: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(named))


_WHERE_NODES_NAME_MODELS: Final = (
    ("prompt", "sourceConfiguration", "inline", "modelId"),
    ("knowledgeBase", "modelId"),
    (
        "knowledgeBase",
        "rerankingConfiguration",
        "bedrockRerankingConfiguration",
        "modelConfiguration",
        "modelArn",
    ),
)
_WHERE_KNOWLEDGE_BASES_NAME_MODELS: Final = (
    ("vectorKnowledgeBaseConfiguration", "embeddingModelArn"),
    ("managedKnowledgeBaseConfiguration", "embeddingModelArn"),
)

LISTINGS: Final[Mapping[Source, _Listing]] = {
    Source.SYSTEM_PROFILES: _Listing(
        "list_inference_profiles",
        "inferenceProfileSummaries",
        partial(_profile, kind=_SYSTEM_DEFINED),
        {"typeEquals": _SYSTEM_DEFINED},
    ),
    Source.APPLICATION_PROFILES: _Listing(
        "list_inference_profiles",
        "inferenceProfileSummaries",
        partial(_profile, kind=_APPLICATION),
        {"typeEquals": _APPLICATION},
    ),
    Source.PROVISIONED_THROUGHPUT: _Listing(
        "list_provisioned_model_throughputs", "provisionedModelSummaries", _provisioned_throughput
    ),
    Source.CUSTOM_MODELS: _Listing("list_custom_models", "modelSummaries", _custom_model),
    Source.CUSTOM_MODEL_DEPLOYMENTS: _Listing(
        "list_custom_model_deployments", "modelDeploymentSummaries", _custom_model_deployment
    ),
    Source.PROMPT_ROUTERS: _Listing("list_prompt_routers", "promptRouterSummaries", _prompt_router),
    Source.BATCH_JOBS: _Listing("list_model_invocation_jobs", "invocationJobSummaries", _batch_job),
}
DETAILED: Final[Mapping[Source, _Detailed]] = {
    Source.AGENTS: _Detailed(
        "list_agents", "agentSummaries", "agentId", "get_agent", "agentId", _agent
    ),
    Source.PROMPTS: _Detailed(
        "list_prompts", "promptSummaries", "id", "get_prompt", "promptIdentifier", _prompt
    ),
    Source.FLOWS: _Detailed(
        "list_flows", "flowSummaries", "id", "get_flow", "flowIdentifier", _flow
    ),
    Source.KNOWLEDGE_BASES: _Detailed(
        "list_knowledge_bases",
        "knowledgeBaseSummaries",
        "knowledgeBaseId",
        "get_knowledge_base",
        "knowledgeBaseId",
        _knowledge_base,
    ),
}
