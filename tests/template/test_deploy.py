"""`python -m infra.deploy` up to the point where it needs an account (the rest is end to end)."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import boto3
import pytest

from infra import cdk_cli, deploy, side_stacks
from infra.account import Account
from infra.config import load

PROJECT: Final = Path(__file__).resolve().parents[2]
ACCOUNT: Final = Account("123456789012", "us-east-1", None, boto3.Session())


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "deploy.json"
    monkeypatch.setattr(deploy, "_REMEMBERED", file)
    return file


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        pytest.param([], "nobody would hear an alert: give at least one address", id="no channel"),
        pytest.param(
            ["--email", "a@b.co", "--set", "poll_rate_minutes=3"],
            'poll_rate_minutes: "3" is not accepted; give a whole number of minutes from 5 to 1440',
            id="a wrong value",
        ),
        pytest.param(
            ["--email", "a@b.co", "--set", "owner=me"],
            "owner: there is no such setting; the settings are emails, regions",
            id="a name that is none",
        ),
        pytest.param(
            ["--email", "a@b.co:severity=critical", "--email", "warning"],
            '--email: "warning" is not accepted; give e-mail addresses separated by commas',
            id="a value where an address must be",
        ),
        pytest.param(
            ["--email", "a@b.co:kind=TEST;milestone=LEGACY"],
            'emails: "a@b.co:kind=TEST;milestone=LEGACY" is not accepted: it can never match, as',
            id="a filter that can never match",
        ),
        pytest.param(
            ["--set", "slack_channel_id=C0123ABCD"],
            'slack_channel_id: "C0123ABCD" does nothing without slack_workspace_id',
            id="half of a chat channel",
        ),
        pytest.param(
            ["--email", "a@b.co", "--set", "kms_key"],
            '--set: "kms_key" is not accepted; give KEY=VALUE',
            id="no value",
        ),
    ],
)
def test_refused_in_one_line(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.main(arguments) == 1

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(line)
    assert told.err.count("\n") == 1


def test_without_credentials_it_says_so_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.deploy", "--email", "a@b.co"],
        cwd=PROJECT,
        env={
            "PATH": os.environ["PATH"],
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("no AWS credentials that work")
    assert done.stderr.count("\n") == 1


@pytest.mark.usefixtures("memory")
def test_an_upgrade_without_arguments_keeps_what_was_given() -> None:
    deploy._remember(ACCOUNT, {"emails": "a@b.co", "reminder_hour_utc": "7"})  # noqa: SLF001

    assert deploy._remembered(ACCOUNT) == {"emails": "a@b.co", "reminder_hour_utc": "7"}  # noqa: SLF001


@pytest.mark.usefixtures("memory")
def test_accounts_and_regions_are_remembered_apart() -> None:
    elsewhere = Account("123456789012", "eu-west-1", None, boto3.Session())
    deploy._remember(ACCOUNT, {"emails": "a@b.co"})  # noqa: SLF001
    deploy._remember(elsewhere, {"emails": "c@d.org"})  # noqa: SLF001

    assert deploy._remembered(ACCOUNT) == {"emails": "a@b.co"}  # noqa: SLF001
    assert deploy._remembered(elsewhere) == {"emails": "c@d.org"}  # noqa: SLF001


@pytest.mark.parametrize(
    ("endpoint", "emulator"),
    [
        (None, False),
        ("http://127.0.0.1:4566", True),
        ("http://localhost:4566", True),
        ("https://vpce-1.example.com", False),
    ],
)
def test_only_a_loopback_endpoint_is_an_emulator(endpoint: str | None, emulator: bool) -> None:  # noqa: FBT001 - a column of the case table
    assert Account("123456789012", "us-east-1", endpoint, boto3.Session()).is_emulator is emulator


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the main stack always stand; give the stacks that were deployed or removed, in order."""
    done: list[str] = []

    def run(arguments: list[str], **_: object) -> None:
        done.append(f"deploy {arguments[1]}")
        if "--exclusively" in arguments and "HealthForwarder-us-east-1" in arguments[1]:
            message = "cdk deploy failed (exit code 1)\n\n❌  x failed: denied by a policy\nbye\n"
            raise cdk_cli.CdkError(message)

    def main_stack(*_: object, **__: object) -> dict[str, str]:
        done.append("deploy main")
        return {"ModelsTableName": "models", "AlertsTableName": "alerts"}

    monkeypatch.setattr(deploy, "identify", lambda _: ACCOUNT_IN_IRELAND)
    monkeypatch.setattr(deploy, "_deploy_main", main_stack)
    monkeypatch.setattr(cdk_cli, "run", run)
    monkeypatch.setattr(side_stacks, "is_there", lambda _, __: True)
    monkeypatch.setattr(side_stacks, "remove", lambda _, side: done.append(f"remove {side.name}"))
    return done


ACCOUNT_IN_IRELAND: Final = Account("123456789012", "eu-west-1", None, boto3.Session())
FIX: Final = "To go without it: --set health_forwarder=false"


@pytest.mark.usefixtures("memory")
def test_a_stack_beside_the_main_one_that_fails_hides_nothing_and_is_told_with_the_fix(
    deployed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.main(["--yes", "--email", "a@b.co", "--set", "user_notifications=true"]) == 1

    told = capsys.readouterr()
    assert deployed == [
        "deploy main",
        "deploy BedrockLifecycleNotifier-HealthForwarder-us-west-2",
        "deploy BedrockLifecycleNotifier-HealthForwarder-us-east-1",
        # The next one is not held back either.
        "deploy BedrockLifecycleNotifier-UserNotifications",
    ]
    assert told.err == (
        "The notifier stands, but BedrockLifecycleNotifier-HealthForwarder-us-east-1 could not be "
        f"deployed to us-east-1: ❌ x failed: denied by a policy. {FIX}\n"
    )
    assert "What to do next" in told.out
    assert "signed in" in told.out  # what the recipients of User Notifications have to do
    # What stands is what the next deployment starts from.
    assert deploy._remembered(ACCOUNT_IN_IRELAND)["emails"] == "a@b.co"  # noqa: SLF001


def test_a_caller_gets_the_outputs_with_the_failure(deployed: list[str]) -> None:
    with pytest.raises(deploy.SideStacksError, match="denied by a policy") as failed:
        deploy.deploy({"emails": "a@b.co"}, environment={}, say=lambda _: None)

    assert failed.value.outputs["ModelsTableName"] == "models"
    assert deployed[0] == "deploy main"


def test_what_is_no_longer_wanted_is_removed_before_anything_is_made(deployed: list[str]) -> None:
    """A forwarder that is left behind could send events back to where they came from."""
    settings = {"emails": "a@b.co", "health_forwarder": "false"}
    deploy.deploy(settings, environment={}, say=lambda _: None)

    assert deployed == [
        "deploy main",
        "remove BedrockLifecycleNotifier-HealthForwarder-us-west-2",
        "remove BedrockLifecycleNotifier-HealthForwarder-us-east-1",
        "remove BedrockLifecycleNotifier-UserNotifications",
    ]


def test_a_main_stack_that_has_moved_takes_the_forwarder_of_its_new_region_away(
    deployed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    oregon = Account("123456789012", "us-west-2", None, boto3.Session())
    monkeypatch.setattr(deploy, "identify", lambda _: oregon)
    with pytest.raises(deploy.SideStacksError):
        deploy.deploy({"emails": "a@b.co"}, environment={}, say=lambda _: None)

    assert "remove BedrockLifecycleNotifier-HealthForwarder-us-west-2" in deployed


def test_on_an_emulator_the_main_stack_stands_alone_unless_asked(
    deployed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator = Account("123456789012", "us-east-1", "http://127.0.0.1:1", boto3.Session())
    monkeypatch.setattr(deploy, "identify", lambda _: emulator)
    deploy.deploy({"emails": "a@b.co"}, environment={}, say=lambda _: None)
    assert deployed == ["deploy main"]

    deploy.deploy({"emails": "a@b.co"}, environment={}, say=lambda _: None, beside=True)
    assert "deploy BedrockLifecycleNotifier-HealthForwarder-us-west-2" in deployed


def _emails(told: str) -> list[str]:
    return [str(one) for one in load({"emails": told}).emails]


FILTERED: Final = "ml@b.co:severity=critical,warning;provider=Stability AI"


@pytest.mark.usefixtures("memory", "deployed")
def test_filters_outlive_an_upgrade_that_does_not_name_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    alone = ["--yes", "--set", "health_forwarder=false"]
    assert deploy.main([*alone, "--email", "a@b.co,c@d.org", "--email", FILTERED]) == 0
    assert "Confirm the subscriptions of a@b.co, c@d.org, ml@b.co:" in capsys.readouterr().out

    assert deploy.main(["--yes", "--set", "reminder_hour_utc=7"]) == 0

    kept = deploy._remembered(ACCOUNT_IN_IRELAND)  # noqa: SLF001
    assert kept["reminder_hour_utc"] == "7"
    assert _emails(kept["emails"]) == ["a@b.co", "c@d.org", FILTERED]


@pytest.mark.usefixtures("memory", "deployed")
def test_addresses_that_are_given_again_take_the_place_of_the_others_with_their_filters() -> None:
    alone = ["--yes", "--set", "health_forwarder=false"]
    assert deploy.main([*alone, "--email", "a@b.co", "--email", FILTERED]) == 0
    assert deploy.main(["--yes", "--email", "ml@b.co"]) == 0

    assert _emails(deploy._remembered(ACCOUNT_IN_IRELAND)["emails"]) == ["ml@b.co"]  # noqa: SLF001


@pytest.mark.usefixtures("memory", "deployed")
def test_a_chat_channel_alone_is_somebody_who_hears(capsys: pytest.CaptureFixture[str]) -> None:
    slack = ["slack_workspace_id=T0123ABCD", "slack_channel_id=C0123ABCD", "health_forwarder=false"]
    assert deploy.main(["--yes", *(part for one in slack for part in ("--set", one))]) == 0

    told = capsys.readouterr()
    assert "Invite @Amazon Q to the chat channel" in told.out
    assert "Confirm the subscriptions" not in told.out


def test_every_setting_reaches_the_cdk_as_it_was_given() -> None:
    given = {"emails": f"a@b.co,{FILTERED}", "digest_cron": "cron(0 9 ? * MON *)"}

    context = dict(pair.split("=", 1) for pair in cdk_cli._context(given, ACCOUNT))  # noqa: SLF001

    assert context == given
