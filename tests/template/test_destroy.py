"""`python -m infra.destroy`: every stack goes, and what is kept is named."""

from typing import Final

import boto3
import pytest
from botocore.exceptions import ClientError

from infra import cdk_cli, destroy, side_stacks
from infra.account import Account
from infra.side_stacks import USER_NOTIFICATIONS, SideStack

ACCOUNT: Final = Account("123456789012", "eu-west-1", None, boto3.Session())
FORWARDER: Final = side_stacks.forwarder("us-west-2")


@pytest.fixture
def destroyed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let a forwarder and User Notifications with a hub stand; give what was removed, in order."""
    done: list[str] = []
    monkeypatch.setattr(destroy, "identify", lambda _: ACCOUNT)
    monkeypatch.setattr(destroy, "_is_there", lambda _: True)
    monkeypatch.setattr(destroy, "_tables", lambda _: [])
    monkeypatch.setattr(side_stacks, "hub_of", lambda _: "eu-central-1")
    monkeypatch.setattr(
        side_stacks, "is_there", lambda _, side: side in {FORWARDER, USER_NOTIFICATIONS}
    )
    monkeypatch.setattr(side_stacks, "remove", lambda _, side: done.append(side.name))
    monkeypatch.setattr(cdk_cli, "run", lambda arguments, **_: done.append(" ".join(arguments)))
    return done


def test_the_main_stack_goes_last_and_the_hub_that_is_kept_is_named(
    destroyed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert destroy.main(["--yes"]) == 0

    assert destroyed == [
        FORWARDER.name,
        USER_NOTIFICATIONS.name,
        "destroy BedrockLifecycleNotifier --exclusively --force",
    ]
    told = capsys.readouterr().out
    assert "The notification hub in eu-central-1 was kept" in told
    assert "nothing is left" not in told


def test_where_no_main_stack_is_nothing_is_removed_that_another_region_may_need(
    destroyed: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(destroy, "_is_there", lambda _: False)

    assert destroy.main(["--yes"]) == 1

    assert destroyed == []
    assert "There is no BedrockLifecycleNotifier in" in capsys.readouterr().err


def test_a_stack_that_will_not_go_stops_none_of_the_others_and_is_told(
    destroyed: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stuck(_: Account, side: SideStack) -> None:
        if side == FORWARDER:
            message = f"{side.name} could not be removed from {side.region}: denied"
            raise side_stacks.SideStackError(message)
        destroyed.append(side.name)

    monkeypatch.setattr(side_stacks, "remove", stuck)

    assert destroy.main(["--yes"]) == 1
    assert destroyed[0] == USER_NOTIFICATIONS.name
    assert destroyed[1].startswith("destroy BedrockLifecycleNotifier ")
    assert "could not be removed from us-west-2: denied" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("ValidationError", "Stack with id x does not exist"),
        ("AccessDenied", "not authorized, with an explicit deny in a service control policy"),
    ],
)
def test_where_there_is_nothing_or_nothing_may_be_asked_there_is_no_stack(
    code: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(side_stacks, "_client", lambda *_: _Refusing(code, told))
    assert not side_stacks.is_there(ACCOUNT, FORWARDER)


def test_a_question_that_was_not_answered_is_not_taken_for_a_no(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(side_stacks, "_client", lambda *_: _Refusing("Throttling", "Rate exceeded"))

    with pytest.raises(
        side_stacks.SideStackError, match=r"cannot see whether [^:]*: .*Rate exceeded"
    ):
        side_stacks.is_there(ACCOUNT, FORWARDER)


class _Refusing:
    def __init__(self, code: str, message: str) -> None:
        self._error = {"Error": {"Code": code, "Message": message}}

    def describe_stacks(self, **_: str) -> None:
        raise ClientError(self._error, "DescribeStacks")  # type: ignore[arg-type]
