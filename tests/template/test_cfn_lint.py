"""Every template against CloudFormation's own schemas, as `make lint` has them checked.

The emulator refuses User Notifications and chat channels, so this is what their resources are
checked against; the types of User Notifications exist in us-east-1 only.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.template.stacks import VARIANTS, every


def _lint(folder: Path) -> list[dict[str, Any]]:
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("cfn-lint")), "--format", "json"),
            *("--regions", "us-east-1"),
            # W3005 is about dependencies that CDK itself writes twice.
            *("--ignore-checks", "W3005", "--", *map(str, sorted(folder.glob("*.json")))),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_cloudformation_would_accept_every_template(tmp_path: Path) -> None:
    for name in VARIANTS:
        for stack, template in every(name).items():
            (tmp_path / f"{name}-{stack}.json").write_text(json.dumps(template))

    assert _lint(tmp_path) == []


@pytest.mark.parametrize(
    ("type_", "field", "wrong"),
    [
        ("AWS::Notifications::NotificationConfiguration", "AggregationDuration", "SOMETIMES"),
        ("AWS::Notifications::EventRule", "Source", "bedrock-lifecycle-notifier"),
        ("AWS::Notifications::ChannelAssociation", "Arn", "arn:aws:sns:us-east-1:1:topic"),
        ("AWS::NotificationsContacts::EmailContact", "EmailAddress", "nobody"),
        ("AWS::Chatbot::MicrosoftTeamsChannelConfiguration", "TeamsChannelId", "19:a@thread.v2"),
        ("AWS::Chatbot::SlackChannelConfiguration", "SlackWorkspaceId", "t0123"),
    ],
)
def test_a_mistake_in_what_the_emulator_refuses_is_found(
    tmp_path: Path, type_: str, field: str, wrong: str
) -> None:
    """Show that the check above can fail."""
    template = next(
        json.loads(json.dumps(template))
        for template in every("everything").values()
        if type_ in {part["Type"] for part in template["Resources"].values()}
    )
    part = next(part for part in template["Resources"].values() if part["Type"] == type_)
    part["Properties"][field] = wrong
    (tmp_path / "template.json").write_text(json.dumps(template))

    assert [finding["Level"] for finding in _lint(tmp_path)] == ["Error"]
