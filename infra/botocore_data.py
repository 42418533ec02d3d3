"""botocore's descriptions of AWS, cut down to what the functions call.

botocore describes more than 400 services, in files that make up two thirds of all that Lambda would
fetch and unpack at a cold start. And it gives each client a method for every operation of its
service: for the 31 clients of Bedrock that a poll makes, more than 3,000 (docs/performance.md).
"""

from __future__ import annotations

import gzip
import json
import shutil
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping
    from pathlib import Path

# By botocore's name of the service. A test compares them with the calls that leave the functions.
CALLED: Final[Mapping[str, frozenset[str]]] = {
    "account": frozenset({"ListRegions"}),
    "bedrock": frozenset(
        {
            "GetFoundationModel",
            "ListCustomModelDeployments",
            "ListCustomModels",
            "ListFoundationModels",
            "ListInferenceProfiles",
            "ListModelInvocationJobs",
            "ListPromptRouters",
            "ListProvisionedModelThroughputs",
        }
    ),
    "bedrock-agent": frozenset(
        {
            *("GetAgent", "GetFlow", "GetKnowledgeBase", "GetPrompt"),
            *("ListAgents", "ListFlows", "ListKnowledgeBases", "ListPrompts"),
        }
    ),
    "cloudwatch": frozenset({"GetMetricData", "ListMetrics"}),
    "dynamodb": frozenset(
        {
            *("GetItem", "Query", "Scan"),
            *("BatchWriteItem", "PutItem", "TransactWriteItems", "UpdateItem"),
        }
    ),
    "events": frozenset({"PutEvents"}),
    "health": frozenset(
        {
            "DescribeAffectedEntities",
            "DescribeEventDetails",
            "DescribeEvents",
            "DescribeServiceLifecycle",
        }
    ),
    "service-quotas": frozenset({"ListServiceQuotas"}),
    "sns": frozenset({"GetTopicAttributes", "Publish"}),
}


def keep_what_is_called(data: Path) -> None:
    """Leave out of botocore's data folder all other services, and of these all other operations."""
    prefixes: set[str] = set()
    for service in data.iterdir():
        if not service.is_dir():
            continue
        if service.name not in CALLED:
            shutil.rmtree(service)
            continue
        for file in service.glob("*/service-2.json.gz"):
            whole = json.loads(gzip.decompress(file.read_bytes()))
            prefixes.add(whole["metadata"]["endpointPrefix"])
            kept = json.dumps(only(whole, CALLED[service.name]))
            # Without the time, so that the same goes in whenever it is built.
            file.write_bytes(gzip.compress(kept.encode(), mtime=0))
    _keep_endpoints(data / "endpoints.json", prefixes)


def _keep_endpoints(file: Path, prefixes: Container[str]) -> None:
    """Leave out of the list of all endpoints, which each session reads, those of other services."""
    whole = json.loads(file.read_bytes())
    for partition in whole["partitions"]:
        services = partition["services"].items()
        partition["services"] = {name: one for name, one in services if name in prefixes}
    file.write_text(json.dumps(whole), encoding="utf-8")


def only(description: Mapping[str, Any], operations: Iterable[str]) -> dict[str, Any]:
    """Give a description of a service with these operations alone, and the shapes they speak of."""
    kept = {name: description["operations"][name] for name in sorted(operations)}
    shapes: dict[str, Any] = {}
    ahead = list(_shapes_in(kept))
    while ahead:
        name = ahead.pop()
        if name not in shapes:
            shapes[name] = description["shapes"][name]
            ahead += _shapes_in(shapes[name])
    return {**description, "operations": kept, "shapes": dict(sorted(shapes.items()))}


def _shapes_in(part: object) -> Iterator[str]:
    """Yield the names of the shapes that a part of a description refers to."""
    if isinstance(part, list):
        for one in part:
            yield from _shapes_in(one)
    elif isinstance(part, dict):
        # A member may itself be called "shape"; then it is a reference of its own.
        if isinstance(part.get("shape"), str):
            yield part["shape"]
        for one in part.values():
            yield from _shapes_in(one)
