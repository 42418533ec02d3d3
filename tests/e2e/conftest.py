"""The deployed stack, and a calendar that only goes forward.

To deploy takes half of a minute, so files that want the same stack share one. They are given to
one process (`tests/distribution.py`), and each finds it as if nobody had ever used it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from local_aws.cloud import LocalCloud, PollAnswer, local_cloud
from local_aws.fake_bedrock import FoundationModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_aws.cloud import Notification

EAST, WEST, EUROPE = "us-east-1", "us-west-2", "eu-west-1"
KEEPERS = tuple(
    FoundationModel(id=f"acme.keeper-{n:02}-v1:0", name=f"Keeper {n}", provider="Acme")
    for n in range(12)
)


def legacy(model_id: str, end_of_life: datetime, name: str = "Leaver") -> FoundationModel:
    """Give a Legacy model that ends at that time."""
    return FoundationModel(
        id=model_id,
        name=name,
        provider="Acme",
        status="LEGACY",
        legacy=end_of_life - timedelta(days=182),
        end_of_life=end_of_life,
    )


class Stage:
    """The deployed stack, with the time of the next poll."""

    def __init__(self, cloud: LocalCloud) -> None:
        """Begin in autumn 2026."""
        self.cloud = cloud
        self.now = datetime(2026, 10, 1, 10, tzinfo=UTC)
        self.extra: dict[str, list[FoundationModel]] = {EAST: [], WEST: [], EUROPE: []}

    def put_on(self, region: str, *models: FoundationModel) -> None:
        """Let a Region list these models beside the keepers."""
        self.extra[region] = [*self.extra[region], *models]
        self.cloud.bedrock.set_catalog(region, [*KEEPERS, *self.extra[region]])

    def poll(self, *, hours: int = 1) -> PollAnswer:
        """Poll as the schedule does, some hours after the poll before."""
        self.now += timedelta(hours=hours)
        return self.cloud.poll(self.now)

    def told(self) -> list[Notification]:
        """Take what has arrived at the subscribed queue."""
        return self.cloud.notifications()

    def in_days(self, days: int) -> datetime:
        """Give the morning that many days from now."""
        return (self.now + timedelta(days=days)).replace(hour=8, minute=0)


@pytest.fixture(scope="session")
def shared_cloud() -> Iterator[LocalCloud]:
    """Deploy the stack with IAM enforced, on a Lambda that tries again after moments.

    Use is not read: everything is told.
    """
    settings = {"emails": "you@example.com", "usage": "false", "dashboard": "true"}
    impatient = {"LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.1"}
    with local_cloud(settings, enforce_iam=True, function_environment=impatient) as deployed:
        yield deployed


@pytest.fixture(scope="module")
def cloud(shared_cloud: LocalCloud) -> LocalCloud:
    """Give the stack as it is before anything was polled."""
    shared_cloud.forget()
    return shared_cloud


@pytest.fixture(scope="module")
def settled_stage(cloud: LocalCloud) -> Stage:
    """Give a stack that has told its baseline."""
    stage = Stage(cloud)
    for region in (EAST, WEST, EUROPE):
        stage.put_on(region)
    answer = stage.poll()
    assert answer.function_error is None, answer.log_tail
    assert [one.document["kind"] for one in stage.told()] == ["BASELINE"]
    return stage


@pytest.fixture
def stage(settled_stage: Stage) -> Iterator[Stage]:
    """Give the stage with every Region answering, and nothing left over for the next test."""
    for region in (EAST, WEST, EUROPE):
        settled_stage.cloud.bedrock.behave(region)
    yield settled_stage
    settled_stage.cloud.bedrock.release()
    settled_stage.cloud.gateway.clear()
    settled_stage.told()
