"""Every template against CloudFormation's own schemas, as `make lint` has them checked.

The emulator refuses User Notifications and chat channels, so this is what their resources are
checked against; the types of User Notifications exist in us-east-1 only.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

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


MISTAKES: Final = [
    ("AWS::Notifications::NotificationConfiguration", "AggregationDuration", "SOMETIMES"),
    ("AWS::Notifications::EventRule", "Source", "bedrock-lifecycle-notifier"),
    ("AWS::Notifications::ChannelAssociation", "Arn", "arn:aws:sns:us-east-1:1:topic"),
    ("AWS::NotificationsContacts::EmailContact", "EmailAddress", "nobody"),
    ("AWS::Chatbot::MicrosoftTeamsChannelConfiguration", "TeamsChannelId", "19:a@thread.v2"),
    ("AWS::Chatbot::SlackChannelConfiguration", "SlackWorkspaceId", "t0123"),
]


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Check everything at once, which takes the time of one: levels of findings by file."""
    folder = tmp_path_factory.mktemp("templates")
    for name in VARIANTS:
        for stack, template in every(name).items():
            (folder / f"{name}-{stack}.json").write_text(json.dumps(template))
    for type_, field, wrong in MISTAKES:
        (folder / f"{_file(type_)}.json").write_text(json.dumps(_with(type_, field, wrong)))
    found: dict[str, list[str]] = {file.stem: [] for file in folder.glob("*.json")}
    for finding in _lint(folder):
        found[Path(finding["Filename"]).stem].append(finding["Level"])
    return found


def _file(type_: str) -> str:
    return "mistake-" + type_.replace("::", "-")


def _with(type_: str, field: str, wrong: str) -> dict[str, Any]:
    """Give the template that has a part of this type, with a mistake in it."""
    template: dict[str, Any] = next(
        json.loads(json.dumps(template))
        for template in every("everything").values()
        if type_ in {part["Type"] for part in template["Resources"].values()}
    )
    part = next(part for part in template["Resources"].values() if part["Type"] == type_)
    part["Properties"][field] = wrong
    return template


def test_cloudformation_would_accept_every_template(findings: dict[str, list[str]]) -> None:
    accepted = {name: levels for name, levels in findings.items() if not _is_mistake(name)}

    assert len(accepted) >= len(VARIANTS)
    assert set(map(tuple, accepted.values())) == {()}


def _is_mistake(name: str) -> bool:
    return name.startswith("mistake-")


@pytest.mark.parametrize("type_", [type_ for type_, _, _ in MISTAKES])
def test_a_mistake_in_what_the_emulator_refuses_is_found(
    findings: dict[str, list[str]], type_: str
) -> None:
    """Show that the check above can fail."""
    assert findings[_file(type_)] == ["Error"]
