"""Two weeks of an account, in which each part of the product has something to do.

Every model that there is news of is listed in one Region: a Region that gives no answer for an
hour then changes when something is told, and nothing of what is told.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from local_aws.fake_bedrock import FoundationModel, model_arn
from local_aws.fake_health import FakeHealthEvent, event_arn
from local_aws.health_deliveries import as_eventbridge, sqs_record
from notifier.times import iso_time
from tests.faults.account import ACCOUNT_ID, EAST, EUROPE, WEST, Function, Scene, poll_event
from tests.sources.scripted_aws import always, listing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.sources.scripted_aws import ScriptedAws

_LIFECYCLE: Final = "AWS_BEDROCK_PLANNED_LIFECYCLE_EVENT"
_PAGE: Final = 2


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _model(name: str, status: str = "ACTIVE", **dates: str) -> FoundationModel:
    times: dict[str, Any] = {what: _at(f"{day}T08:00") for what, day in dates.items()}
    return FoundationModel(
        id=f"acme.{name}-v1:0", name=name.title(), provider="Acme", status=status, **times
    )


def _dying(name: str) -> FoundationModel:
    dates = {"legacy": "2026-10-02", "extended_access": "2027-01-08", "end_of_life": "2027-04-08"}
    return _model(name, "LEGACY", **dates)


# What follows Alpha, and has quotas of its own.
ALPHA_2: Final = replace(_model("alpha"), id="acme.alpha-v2:0", name="Alpha 2")
ALPHA, IDLE, SERVED = _model("alpha"), _model("idle"), _model("served")
ENDING: Final = _model("ending", "LEGACY", legacy="2026-09-01", end_of_life="2026-12-12")
BETA, GAMMA, DELTA, ADDED = _model("beta"), _model("gamma"), _model("delta"), _model("added")

_FIRST: Final = {EAST: [ALPHA, ALPHA_2, IDLE, SERVED, ENDING], WEST: [BETA, GAMMA], EUROPE: [DELTA]}
_SECOND: Final = {
    EAST: [_dying("alpha"), ALPHA_2, IDLE, SERVED, ENDING, ADDED],
    WEST: [GAMMA],
    EUROPE: None,
}
_THIRD: Final = _SECOND | {EAST: [_dying("alpha"), ALPHA_2, _dying("idle"), SERVED, ENDING, ADDED]}
_LAST: Final = _THIRD | {EUROPE: [DELTA]}


def _health(name: str, region: str, *models: FoundationModel, updated: str) -> FakeHealthEvent:
    return FakeHealthEvent(
        arn=event_arn(region, "BEDROCK", _LIFECYCLE, name),
        type_code=_LIFECYCLE,
        category="scheduledChange",
        status="upcoming",
        region=region,
        updated=_at(updated),
        start=_at("2027-03-01T00:00"),
        description="The model will reach its end of life on March 1, 2027.",
        entities=tuple((model_arn(region, one.id), "PENDING") for one in models),
    )


_PUSHED: Final = _health("one", EAST, SERVED, updated="2026-10-07T12:00")
_PAGED: Final = _health("two", WEST, GAMMA, BETA, DELTA, updated="2026-10-07T12:00")
_POLLED: Final = _health("three", EUROPE, DELTA, updated="2026-10-11T09:00")

_USED: Final = frozenset({ALPHA.id, ENDING.id, BETA.id, GAMMA.id})


def _poll(
    when: str,
    catalogs: Mapping[str, Sequence[FoundationModel] | None],
    invoked: frozenset[str] = _USED,
    health: tuple[FakeHealthEvent, ...] = (),
) -> Scene:
    at = _at(when)
    return Scene(at, catalogs, poll_event(at), Function.POLL, invoked, health)


def _push(when: str, *events: FakeHealthEvent) -> Scene:
    at = _at(when)
    pages = [
        page for one in events for page in as_eventbridge(one, delivered_in=EAST, page_size=_PAGE)
    ]
    records = [sqs_record(page, at) for page in pages]
    return Scene(at, _THIRD, {"Records": records}, Function.HEALTH, _USED)


def _digest(when: str) -> Scene:
    at = _at(when)
    return Scene(at, _THIRD, {"digest": iso_time(at)}, Function.DIGEST, _USED)


SCENES: Final = {
    "the first poll": _poll("2026-10-01T10:00", _FIRST),
    "one enters Legacy, one is missing, a Region is silent": _poll("2026-10-03T10:00", _SECOND),
    "news of what nobody uses": _poll("2026-10-05T10:00", _THIRD),
    "Health events are pushed": _push("2026-10-07T12:30", _PUSHED, _PAGED),
    "a digest is due": _digest("2026-10-09T14:00"),
    "a Region is back, an idle model is called, the Health API speaks": _poll(
        "2026-10-11T10:00", _LAST, _USED | {IDLE.id}, (_POLLED,)
    ),
    "a reminder is due": _poll("2026-10-13T10:00", _LAST, _USED | {IDLE.id}, (_POLLED,)),
}


def afterwards(scene: Scene) -> list[Scene]:
    """Give the polls that follow: the next one, and one of the next day, which reads use."""
    polls = [scene.at + timedelta(hours=hours) for hours in (1, 26)]
    return [replace(scene, at=at, event=poll_event(at), invokes=Function.POLL) for at in polls]


def furnish(others: ScriptedAws) -> None:
    """Let the account have one of everything that can use a model."""
    arn = f"arn:aws:bedrock:{EAST}:{ACCOUNT_ID}"
    stamp = "2026-09-01T00:00:00Z"

    def only_east(action: str, entry: Mapping[str, Any]) -> None:
        others.on(action, listing(action, [entry]), region=EAST)

    only_east("ListAgents", {"agentId": "A1", "updatedAt": stamp})
    only_east("ListPrompts", {"id": "P1", "updatedAt": stamp})
    only_east("ListFlows", {"id": "F1", "updatedAt": stamp})
    only_east("ListKnowledgeBases", {"knowledgeBaseId": "K1", "updatedAt": stamp})
    agent = {"agentArn": f"{arn}:agent/A1", "agentName": "one", "foundationModel": SERVED.id}
    prompt = {"arn": f"{arn}:prompt/P1", "name": "one", "variants": [{"modelId": ADDED.id}]}
    flow = {"arn": f"{arn}:flow/F1", "name": "one", "definition": {"nodes": []}}
    base = {
        "knowledgeBaseArn": f"{arn}:knowledge-base/K1",
        "name": "one",
        "knowledgeBaseConfiguration": {"type": "VECTOR"},
    }
    others.on("GetAgent", always({"agent": agent}))
    others.on("GetPrompt", always(prompt))
    others.on("GetFlow", always(flow))
    others.on("GetKnowledgeBase", always({"knowledgeBase": base}))
    profile = {
        "inferenceProfileArn": f"{arn}:inference-profile/us.{DELTA.id}",
        "inferenceProfileId": f"us.{DELTA.id}",
        "inferenceProfileName": "US Delta",
        "type": "SYSTEM_DEFINED",
        "models": [{"modelArn": model_arn(EUROPE, DELTA.id)}],
    }
    only_east("ListInferenceProfiles", profile)
