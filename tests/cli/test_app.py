"""The words of the command line: where options may stand, what help shows, how errors read."""

from __future__ import annotations

import gc
import shlex
import sys

import pytest
import typer
from typer.testing import CliRunner

from bedrock_lifecycle import app as command_line
from bedrock_lifecycle.access import Access, with_access
from bedrock_lifecycle.app import app, options
from bedrock_lifecycle.errors import explained, missing_action
from notifier.errors import AwsError


@pytest.fixture
def echo() -> typer.Typer:
    """Give a command line with the real options, and a command that says what it got."""
    made = typer.Typer()
    made.callback()(options)

    def say(*, access: Access) -> None:
        typer.echo(f"{access.profile} {access.region} {access.stack_name}")

    def say_own(*, access: Access, region: str = "-") -> None:
        typer.echo(f"{access.region} {region}")

    made.command("say")(with_access(say))
    made.command("say-own")(with_access(say_own))
    return made


@pytest.mark.parametrize(
    ("words", "environment", "got"),
    [
        pytest.param("say", {}, "None None BedrockLifecycleNotifier", id="nothing said"),
        pytest.param(
            "say --region eu-west-1", {}, "None eu-west-1 BedrockLifecycleNotifier", id="after"
        ),
        pytest.param(
            "--region eu-west-1 say", {}, "None eu-west-1 BedrockLifecycleNotifier", id="before"
        ),
        pytest.param(
            "--region eu-west-1 say --region us-east-2",
            {},
            "None us-east-2 BedrockLifecycleNotifier",
            id="after goes before before",
        ),
        pytest.param(
            "--region eu-west-1 say",
            {"AWS_REGION": "us-west-2"},
            "None eu-west-1 BedrockLifecycleNotifier",
            id="before goes before the environment",
        ),
        pytest.param(
            "say --region eu-west-1",
            {"AWS_REGION": "us-west-2"},
            "None eu-west-1 BedrockLifecycleNotifier",
            id="after, too",
        ),
        pytest.param(
            "say",
            {"AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "x"},
            "None us-west-2 BedrockLifecycleNotifier",
            id="the environment",
        ),
        pytest.param(
            "--profile a --stack-name S say --profile b",
            {},
            "b None S",
            id="some before and some after",
        ),
        pytest.param(
            "--region eu-west-1 say-own --region us-east-2",
            {},
            "eu-west-1 us-east-2",
            id="a Region to look for",
        ),
    ],
)
def test_where_to_look_may_be_said_before_and_after(
    echo: typer.Typer, words: str, environment: dict[str, str], got: str
) -> None:
    nothing = {"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}

    result = CliRunner().invoke(echo, shlex.split(words), env=nothing | environment)

    assert result.output.strip() == got


EXAMPLES = [one for some in command_line.EXAMPLES.values() for one in some]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_help_is_one_that_works(
    example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    words = shlex.split(example)
    words = words[: words.index(">")] if ">" in words else words

    result = CliRunner().invoke(app, words)

    # Exit code 2 would be about the words. This gets as far as AWS, or to what a link must have.
    assert result.exit_code == 1, result.output
    assert result.exception is not None


def test_a_time_to_count_from_must_be_one() -> None:
    result = CliRunner().invoke(app, ["--now", "yesterday", "models"])

    assert "is not a time with a zone" in str(result.exception)


@pytest.mark.parametrize(
    ("code", "message", "said"),
    [
        pytest.param("ExpiredToken", "x", "sign in again", id="expired"),
        pytest.param("UnauthorizedSSOTokenError", "x", "aws sso login", id="no session of SSO"),
        pytest.param("NoCredentialsError", "x", "no AWS credentials were found", id="none"),
        pytest.param("UnrecognizedClientException", "x", "is the Region enabled", id="not known"),
        pytest.param(
            "EndpointConnectionError", "x", "is the name of the Region right", id="no answer"
        ),
        pytest.param(
            "AccessDenied", "x", "access denied: sns:Publish is missing", id="denied without a word"
        ),
        pytest.param(
            "AccessDeniedException",
            "User: a is not authorized to perform: dynamodb:Scan on resource: arn:aws:x because",
            "access denied: dynamodb:Scan is missing on arn:aws:x",
            id="denied, and AWS says what",
        ),
        pytest.param("Throttling\x1b[31m", "slow\ndown", "sns:Publish failed", id="anything else"),
    ],
)
def test_an_error_is_one_line_with_what_to_do(code: str, message: str, said: str) -> None:
    line = explained(AwsError("sns:Publish", code, message, permanent=True))

    assert said in line
    assert "\n" not in line


def test_the_action_that_aws_names_is_the_one_that_is_missing() -> None:
    refused = "is not authorized to perform: bedrock:ListAgents on resource"

    assert (
        missing_action(AwsError("a:B", "AccessDenied", refused, permanent=True))
        == "bedrock:ListAgents"
    )
    assert missing_action(AwsError("a:B", "AccessDenied", "no", permanent=True)) == "a:B"


def test_a_command_leaves_the_collector_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["bedrock-lifecycle", "--version"])

    with pytest.raises(SystemExit):
        command_line.main()

    assert gc.isenabled()
