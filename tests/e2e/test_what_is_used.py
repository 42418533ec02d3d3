"""What the deployed function reads of the account's use, from the emulator's own services."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from local_aws.cloud import local_cloud
from local_aws.fake_bedrock import FoundationModel, SystemProfile, model_arn
from local_aws.fake_service_quotas import ServiceQuota
from local_aws.gateway import Refusal
from tests.e2e.conftest import EAST, EUROPE, WEST, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from local_aws.cloud import LocalCloud, Notification

pytestmark = pytest.mark.e2e

REGIONS = (EAST, WEST, EUROPE)
DENIED = Refusal(403, "AccessDeniedException", "with an explicit deny in a policy")
THROTTLED = Refusal(429, "ThrottlingException", "Rate exceeded")
PROFILED, WITH_AGENT, RESERVED, PROMPTED, TUNED, IDLE, UNUSED, NEXT = (
    FoundationModel(id=f"acme.{name}-1-v1:0", name=f"{name.title()} 1", provider="Acme")
    for name in (
        "profiled",
        "agent",
        "reserved",
        "prompted",
        "copied",
        "idle",
        "unused",
        "next",
    )
)
SUCCESSOR = FoundationModel(id="acme.profiled-2-v1:0", name="Profiled 2", provider="Acme")
CATALOG = (PROFILED, WITH_AGENT, RESERVED, PROMPTED, TUNED, IDLE, UNUSED, NEXT, SUCCESSOR)
PROFILE = f"us.{PROFILED.id}"


class UsedStage(Stage):
    """The stage with an account that uses models in every way there is."""

    def __init__(self, cloud: LocalCloud) -> None:
        """Let every Region list the catalog, and the account use some of it."""
        super().__init__(cloud)
        self.dying: dict[str, dict[str, datetime]] = {region: {} for region in REGIONS}
        self.list_again()
        arns = (model_arn(EAST, PROFILED.id), model_arn(WEST, PROFILED.id))
        for region in (EAST, WEST):
            profile = SystemProfile(PROFILE, "US Profiled", arns)
            cloud.bedrock.set_system_profiles(region, [profile])
        account, yesterday = cloud.account, self.now.date() - timedelta(days=1)
        account.invoked(EAST, PROFILE, yesterday, invocations=700, input_tokens=6_000)
        account.invoked(EAST, IDLE.id, yesterday, invocations=3)
        account.create_agent(EUROPE, "support-bot", WITH_AGENT.id)
        account.create_provisioned_throughput(WEST, "reserved", RESERVED.id)
        account.create_prompt(EUROPE, "greeting", PROMPTED.id)
        account.create_application_profile(WEST, "team-a", model_arn(WEST, TUNED.id))
        quota = "On-demand model inference tokens per minute for Acme Profiled 2"
        cloud.quotas.set_quotas(EAST, [ServiceQuota(code="L-1", name=quota, value=1_000)])

    def list_again(self) -> None:
        """Let the Regions list their models as they are by now."""
        for region in REGIONS:
            self.cloud.bedrock.set_catalog(region, [self._as_it_is(one, region) for one in CATALOG])

    def enters_legacy(self, model: FoundationModel, *regions: str, days: int = 120) -> None:
        """Let a model be Legacy from now on, with so many days left."""
        for region in regions:
            self.dying[region][model.id] = self.in_days(days)
        self.list_again()

    def _as_it_is(self, model: FoundationModel, region: str) -> FoundationModel:
        end = self.dying[region].get(model.id)
        if end is None:
            return model
        return FoundationModel(
            id=model.id, name=model.name, provider="Acme", status="LEGACY", end_of_life=end
        )

    def row(self, model: FoundationModel, region: str) -> dict[str, Any]:
        """Give the tracked model."""
        (found,) = (
            row
            for row in self.cloud.table_rows()
            if (row["model_id"], row["region"]) == (model.id, region)
        )
        return found


@pytest.fixture(scope="module")
def deployed() -> Iterator[UsedStage]:
    """Deploy the stack as anybody would, with IAM enforced, and let it poll once."""
    with local_cloud({"emails": "you@example.com"}, enforce_iam=True) as cloud:
        stage = UsedStage(cloud)
        answer = stage.poll()
        assert answer.function_error is None, answer.log_tail
        assert answer.payload["usage_failing"] == {}
        assert answer.payload["usage_read"] == len(REGIONS)
        stage.told()
        yield stage


@pytest.fixture
def stage(deployed: UsedStage) -> Iterator[UsedStage]:
    """Give the stage on the next day, so that use is read anew."""
    deployed.now += timedelta(days=1)
    yield deployed
    deployed.cloud.gateway.clear()
    deployed.told()


def kinds(notifications: list[Notification]) -> list[str]:
    return [one.document["kind"] for one in notifications]


USED = {
    (PROFILED.id, EAST),
    (PROFILED.id, WEST),
    (IDLE.id, EAST),
    (WITH_AGENT.id, EUROPE),
    (RESERVED.id, WEST),
    (PROMPTED.id, EUROPE),
    (TUNED.id, WEST),
}


def test_the_table_says_what_is_used_and_by_what(stage: UsedStage) -> None:
    rows = stage.cloud.table_rows()

    assert {(row["model_id"], row["region"]) for row in rows if row["in_use"]} == USED
    assert all(
        row["in_use"] is False for row in rows if (row["model_id"], row["region"]) not in USED
    )
    assert stage.row(PROFILED, EAST)["invocations_14d"] == 700
    by = (
        (WITH_AGENT, EUROPE, "agent support-bot in eu-west-1 (arn:aws:bedrock:eu-west-1:"),
        (RESERVED, WEST, "provisioned throughput reserved in us-west-2 (arn:"),
        (PROMPTED, EUROPE, "prompt greeting in eu-west-1 (arn:"),
        (TUNED, WEST, "application inference profile team-a in us-west-2 (arn:"),
    )
    for model, region, begins in by:
        (resource,) = stage.row(model, region)["used_by"]
        assert resource.startswith(begins)


def test_a_used_model_is_told_with_evidence_successor_and_quota_and_an_unused_one_waits(
    stage: UsedStage,
) -> None:
    stage.enters_legacy(PROFILED, EAST, WEST)
    stage.enters_legacy(UNUSED, EAST)

    answer = stage.poll()

    assert answer.function_error is None, answer.log_tail
    (told,) = stage.told()
    (entry,) = told.document["models"]
    assert entry["model_id"] == PROFILED.id
    assert entry["in_use"] is True
    assert entry["invocations_14d"] == 700
    assert entry["replacement"] == SUCCESSOR.id
    text = " ".join(told.document["text"].split())
    assert f"{PROFILE} in us-east-1" in text
    assert "Request an increase" in text  # 6,000 tokens in a minute, and a quota of 1,000
    assert "A PLAN, WORKED BACK FROM THE END OF LIFE" in text
    waiting = stage.row(UNUSED, EAST)
    assert waiting["deferred"]["reason"] == "not in use"


def test_use_is_read_once_a_day_and_other_polls_add_no_call(stage: UsedStage) -> None:
    stage.poll()
    stage.cloud.gateway.forget()
    stage.cloud.bedrock.forget_calls()

    answer = stage.poll()

    assert answer.payload["usage_read"] == 0
    assert answer.payload["rows_written"] == 0
    gateway = stage.cloud.gateway
    assert gateway.calls("monitoring", "ListMetrics") == 0
    assert gateway.calls("bedrock", "POST /agents/") == 0
    operations = {operation for operation, _ in stage.cloud.bedrock.all_calls()}
    assert operations == {"ListFoundationModels"}


def test_what_is_denied_is_unknown_and_is_told(stage: UsedStage) -> None:
    stage.cloud.gateway.inject("bedrock", "POST /agents/", DENIED, times=None, region=EAST)
    stage.enters_legacy(NEXT, EAST)

    answer = stage.poll()

    assert answer.function_error is None, answer.log_tail
    assert answer.payload["usage_failing"] == {"agents": [EAST]}
    by_model = {one.document["models"][0]["model_id"]: one.document for one in stage.told()}
    assert by_model[NEXT.id]["kind"] == "ENTERED_LEGACY"
    assert by_model[NEXT.id]["models"][0]["in_use"] is None
    # What waited because nobody used it is told as well: that can no longer be said.
    assert by_model[UNUSED.id]["kind"] == "NOW_IN_USE"
    assert stage.row(PROFILED, EAST)["in_use"] is True


def test_throttling_in_half_of_the_regions_stops_nothing(stage: UsedStage) -> None:
    for region in (EAST, WEST):
        for service in ("monitoring", "bedrock"):
            stage.cloud.gateway.inject(service, "*", THROTTLED, times=None, region=region)
    stage.enters_legacy(WITH_AGENT, EUROPE)

    answer = stage.poll()

    assert answer.function_error is None, answer.log_tail
    assert set(answer.payload["regions_failing"]) == {EAST, WEST}
    assert WITH_AGENT.id in {one.document["models"][0]["model_id"] for one in stage.told()}
    assert stage.row(PROFILED, WEST)["in_use"] is True


def test_a_legacy_model_that_nobody_calls_any_more_is_told_once(stage: UsedStage) -> None:
    stage.enters_legacy(IDLE, EAST)
    stage.poll()
    assert "ENTERED_LEGACY" in kinds(stage.told())
    stage.now += timedelta(days=10)

    answer = stage.poll()

    assert answer.function_error is None, answer.log_tail
    idle = [one.document for one in stage.told() if one.document["kind"] == "INACTIVITY_RISK"]
    assert IDLE.id in {model["model_id"] for one in idle for model in one["models"]}
    stage.now += timedelta(days=1)
    stage.poll()
    assert IDLE.id not in {
        model["model_id"]
        for one in stage.told()
        if one.document["kind"] == "INACTIVITY_RISK"
        for model in one.document["models"]
    }


def test_what_is_used_from_now_on_is_told_if_it_is_dying(stage: UsedStage) -> None:
    stage.enters_legacy(TUNED, EUROPE)
    stage.poll()
    assert TUNED.id not in {one.document["models"][0]["model_id"] for one in stage.told()}
    stage.cloud.account.invoked(EUROPE, TUNED.id, stage.now.date(), invocations=2)
    stage.now += timedelta(days=1)

    stage.poll()

    begun = [one.document for one in stage.told() if one.document["kind"] == "NOW_IN_USE"]
    assert [model["model_id"] for one in begun for model in one["models"]] == [TUNED.id]
    assert begun[0]["reason"].startswith("This account now uses Copied 1, which is Legacy")
