"""As whom, where and when a command works: the options that every command has."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer
from botocore.config import Config

from bedrock_lifecycle.errors import CommandError
from notifier.errors import aws_call
from notifier.sources.bedrock import lenient_session
from notifier.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from boto3 import Session

STACK_NAME: Final = "BedrockLifecycleNotifier"
"""The main stack's name, unless somebody gave it another one."""

CALLS: Final = Config(
    connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4}
)
"""How AWS is called while a person waits."""

_PANEL: Final = "AWS"

Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        help="A profile of the AWS configuration, as for the AWS CLI.",
        show_default=False,
    ),
]
Region = Annotated[
    str | None, typer.Option("--region", help="The Region of the stack.", show_default=False)
]
StackName = Annotated[
    str | None,
    typer.Option(
        "--stack-name", help=f"The main stack, {STACK_NAME} by default.", show_default=False
    ),
]


class Caller(NamedTuple):
    """Who the credentials belong to."""

    account_id: str
    arn: str
    partition: str


@dataclass(frozen=True, slots=True)
class Access:
    """As whom, where and when. `now` is what days are counted from, by default the clock's."""

    now: datetime
    profile: str | None = None
    region: str | None = None
    stack_name: str = STACK_NAME

    def session(self, else_region: str | None = None) -> Session:
        """Give a session, in `else_region` where no Region is chosen.

        Raises CommandError without a Region, AwsError for a missing profile.
        """
        with aws_call("configuration"):
            session = lenient_session(self.profile, self.region)
            if session.region_name is None and else_region is not None:
                session = lenient_session(self.profile, else_region)
        if session.region_name is None:
            raise CommandError(
                "no Region is chosen; give --region, for example --region us-east-1, or set "
                "AWS_REGION"
            )
        return session

    def caller(self, session: Session) -> Caller:
        """Ask STS who the credentials belong to. Raises AwsError."""
        with aws_call("sts:GetCallerIdentity"):
            answer = session.client("sts", config=CALLS).get_caller_identity()
        return Caller(answer["Account"], answer["Arn"], answer["Arn"].split(":")[1])

    def partition(self, session: Session) -> str:
        """Give the partition of the Region, such as `aws`. Makes no call."""
        return session.get_partition_for_region(str(session.region_name))


def with_access(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command have the AWS options too, wherever they stand on the line.

    Its parameter `access` is put together from them and from those before the command's name. An
    option that the command has itself, such as a `--region` to look for, is left to it.
    """
    own = inspect.signature(command, eval_str=True)
    options = {"profile": Profile, "region": Region, "stack_name": StackName}
    added = {name: kind for name, kind in options.items() if name not in own.parameters}

    @wraps(command)
    def run(ctx: typer.Context, **given: Any) -> None:  # noqa: ANN401 whatever the command takes
        said = {name: given.pop(name) for name in added}
        access = replace(ctx.obj, **{name: one for name, one in said.items() if one is not None})
        command(**given, access=access)

    context = inspect.Parameter(
        "ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
    )
    mine = [one for one in own.parameters.values() if one.name != "access"]
    extra = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in added.items()
    ]
    keyword = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in mine]
    run.__signature__ = own.replace(parameters=[context, *keyword, *extra])  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in (context, *keyword, *extra)}
    return run


def moment(text: str | None) -> datetime:
    """Read the time to count from; without one it is the clock's. Raises CommandError."""
    if text is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return parse_time(text)
    except ValueError as error:
        raise CommandError(
            f"{text!r} is not a time with a zone; give one such as 2026-11-20T08:00:00Z"
        ) from error
