"""The doctor as a whole, before an account that answers badly or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest

from bedrock_lifecycle.access import Access
from bedrock_lifecycle.checks.examination import Check, examine, make
from bedrock_lifecycle.checks.finding import State, ok
from notifier.errors import AwsError
from tests.sources.scripted_aws import Raw, ScriptedAws, always, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_lifecycle.checks.finding import Finding
    from tests.sources.scripted_aws import Asked, Reply

ACCESS: Final = Access(datetime(2026, 11, 20, 12, tzinfo=UTC), region="eu-west-1")
CONTACT: Final = "POST /getAlternateContact"
SOMEBODY: Final = always({"AlternateContact": {"Name": "n"}})
IDENTITY: Final = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult>"
    "<Arn>arn:aws:iam::123456789012:user/me</Arn><UserId>u</UserId><Account>123456789012</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


def _xml(body: str, status: int = 200) -> Raw:
    return Raw(status, body.encode(), content_type="text/xml")


def _error(code: str, message: str) -> Raw:
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    return _xml(f"<ErrorResponse>{error}</ErrorResponse>", 400)


def _no_stack(asked: Asked) -> Reply:
    return _error("ValidationError", f"Stack with id {asked.said['StackName']} does not exist")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedAws]:
    """Give an account without any stack, and with somebody for each of AWS's notices."""
    with ScriptedAws() as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.endpoint_url)
        running.on("GetCallerIdentity", always(_xml(IDENTITY)))
        running.on("DescribeStacks", _no_stack)
        running.on(CONTACT, SOMEBODY)
        yield running


def examined() -> dict[str, Finding]:
    found = examine(ACCESS)
    named = {one.check: one for one in found}
    assert len(named) == len(found)
    return named


def test_without_credentials_that_is_the_one_thing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)

    (found,) = examined().values()

    assert (found.check, found.state) == ("credentials", State.PROBLEM)
    assert found.detail == "no AWS credentials were found"
    assert "--profile" in found.mend


def test_expired_credentials_say_how_to_sign_in_again(aws: ScriptedAws) -> None:
    aws.on("GetCallerIdentity", always(_error("ExpiredToken", "The token has expired")))

    (found,) = examined().values()

    assert found.detail == "the credentials have expired (ExpiredToken)"
    assert "aws sso login" in found.mend


def test_without_a_stack_the_account_is_looked_at_all_the_same(aws: ScriptedAws) -> None:
    found = examined()

    assert {name: one.state for name, one in found.items()} == {
        "stack": State.PROBLEM,
        "credentials": State.OK,
        "date fields": State.OK,
        "CDK bootstrap": State.ADVICE,
        "alternate contacts": State.OK,
    }
    assert {one.action for one in aws.asked()} == {"GetCallerIdentity", "DescribeStacks", CONTACT}


def test_what_could_at_worst_be_advice_is_advice_when_nobody_may_see_it(aws: ScriptedAws) -> None:
    aws.on(CONTACT, refusal(403, "AccessDeniedException"))

    found = examined()["alternate contacts"]

    assert found.state is State.ADVICE
    assert found.detail.startswith("could not be checked: access denied")
    assert found.mend.startswith("allow account:GetAlternateContact")


def test_a_stack_that_nobody_may_see_could_not_be_checked(aws: ScriptedAws) -> None:
    denied = "not authorized to perform: cloudformation:DescribeStacks on resource: x"
    aws.on("DescribeStacks", always(_error("AccessDenied", denied)))

    found = examined()

    assert found["stack"].state is State.SKIPPED
    assert found["stack"].mend.startswith("allow cloudformation:DescribeStacks")


def test_an_answer_of_another_shape_blocks_no_other_check(aws: ScriptedAws) -> None:
    def odd(asked: Asked) -> Reply:
        is_bootstrap = asked.said["StackName"] == "CDKToolkit"
        return _xml("<DescribeStacksResponse/>") if is_bootstrap else _no_stack(asked)

    aws.on("DescribeStacks", odd)

    found = examined()

    assert found["CDK bootstrap"].state is State.SKIPPED
    assert "report it" in found["CDK bootstrap"].mend
    assert found["alternate contacts"].state is State.OK


def test_what_a_check_found_before_it_failed_stays_found() -> None:
    def look(_: object) -> Iterator[Finding]:
        yield ok("check", "the first is well")
        raise AwsError("sns:GetTopicAttributes", "AccessDenied", "no", permanent=True)

    well, unseen = make(Check("check", look), None)  # type: ignore[arg-type]

    assert (well.state, unseen.state) == (State.OK, State.SKIPPED)
    assert unseen.mend.startswith("allow sns:GetTopicAttributes")


def test_a_stack_that_was_never_whole_is_described_and_nothing_else_is_asked_of_it(
    aws: ScriptedAws,
) -> None:
    stack = "<StackName>N</StackName><StackStatus>ROLLBACK_COMPLETE</StackStatus>"
    stacks = f"<Stacks><member>{stack}</member></Stacks>"
    body = f"<DescribeStacksResult>{stacks}</DescribeStacksResult>"
    aws.on(
        "DescribeStacks", always(_xml(f"<DescribeStacksResponse>{body}</DescribeStacksResponse>"))
    )

    found = examined()

    assert found["stack"].state is State.PROBLEM
    assert "ROLLBACK_COMPLETE" in found["stack"].detail
    assert "polls" not in found
