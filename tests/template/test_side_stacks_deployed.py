"""The stacks beside the main one, really deployed to the emulator, and removed again."""

import os
from pathlib import Path

import boto3
import pytest

from infra import deploy, destroy, side_stacks
from infra.account import identify
from infra.config import load
from local_aws.emulator import ADMINISTRATOR, Emulator

pytestmark = pytest.mark.e2e


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return own | ADMINISTRATOR | {"AWS_REGION": "us-east-1", "TMPDIR": str(tmp_path)}


def test_forwarders_come_and_go_with_their_setting_and_a_failure_beside_them_is_told(
    environment: dict[str, str],
) -> None:
    with Emulator() as emulator:
        environment["AWS_ENDPOINT_URL"] = emulator.endpoint_url
        account = identify(environment)
        settings = {"emails": "a@b.co", "user_notifications": "true"}
        told: list[str] = []

        # The emulator does not know the types of User Notifications: a Region that refuses.
        (reason,) = deploy._settle_beside(  # noqa: SLF001 - without the main stack
            settings, load(settings), account, environment, say=told.append
        )

        assert "Unrecognized resource types" in reason
        assert reason.endswith("To go without it: --set user_notifications=false")
        assert "\n" not in reason
        (rule,) = _rules(emulator)
        assert "aws.health" in rule
        assert destroy._existing(account) == [side_stacks.forwarder("us-west-2")]  # noqa: SLF001

        settings = {"emails": "a@b.co", "health_forwarder": "false"}
        assert not deploy._settle_beside(  # noqa: SLF001
            settings, load(settings), account, environment, say=told.append
        )
        assert _rules(emulator) == []
        assert told[-1].startswith("Removing BedrockLifecycleNotifier-HealthForwarder-us-west-2")
        assert destroy._existing(account) == []  # noqa: SLF001


def _rules(emulator: Emulator) -> list[str]:
    events = boto3.client(
        "events",
        region_name="us-west-2",
        endpoint_url=emulator.endpoint_url,
        aws_access_key_id=ADMINISTRATOR["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ADMINISTRATOR["AWS_SECRET_ACCESS_KEY"],
    )
    return [rule["EventPattern"] for rule in events.list_rules()["Rules"]]
