"""What every test rests on: no AWS account can be reached, and DynamoDB is AWS's own."""

import gc
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import boto3
import pytest
from hypothesis import Phase, settings

from local_aws.dynamodb_local import DynamoDBLocal
from local_aws.tables import create_tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.world import World

_PROJECT: Final = Path(__file__).resolve().parent.parent

# What takes longest comes first: whoever got it at the end would keep everybody waiting. And one of
# those that deploy comes before the others, which find what it has built.
_ORDER: Final = (
    "e2e/test_dashboard",
    "model",
    "faults",
    "e2e",
    "stories",
    "browser",
    "template",
    "sources",
    "core",
)

_LOOPBACK: Final = {"127.0.0.1", "::1", "localhost"}

_ENVIRONMENT: Final = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True)
# `make proof`: as many as an hour has room for, and other ones each time.
settings.register_profile("proof", max_examples=3000, deadline=None)
# `make mutants`: enough for one change of the code, many hundred times over, and what fails need
# not be made small.
settings.register_profile(
    "mutants",
    max_examples=15,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
)
_DEFAULT: Final = "proof" if os.environ.get("PROOF") else "ci" if os.environ.get("CI") else "dev"
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", _DEFAULT))

# What takes long to make, for whoever runs the tests many hundred times: it is made once.
_RUNNING_DYNAMODB: Final = os.environ.get("RUNNING_DYNAMODB_LOCAL")
_SYNTHESISED: Final = os.environ.get("SYNTHESISED_TEMPLATE")


class RemoteAddressError(RuntimeError):
    """A test tried to leave this machine."""


def pytest_configure() -> None:
    """Replace the caller's AWS configuration before any module reads it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(_ENVIRONMENT)
    # Node comes with this Python; the CDK finds it on PATH, activated environment or not.
    here = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join([here, os.environ.get("PATH", os.defpath)])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files into the order in which they are given to the processes."""
    items.sort(key=lambda item: _place(item.path.relative_to(_PROJECT / "tests").as_posix()))


def _place(path: str) -> int:
    places = (place for place, beginning in enumerate(_ORDER) if path.startswith(beginning))
    return next(places, len(_ORDER))


def pytest_collection_finish() -> None:
    """Collect garbage as ever: a test that imports a function has put it off."""
    gc.enable()


def pytest_terminal_summary(terminalreporter: "pytest.TerminalReporter") -> None:
    """Print what tests counted: how much was tried is a part of what they say."""
    counted = [
        (report.nodeid, report.user_properties)
        for report in terminalreporter.getreports("passed")
        if report.user_properties
    ]
    if counted:
        terminalreporter.section("counted")
    for name, properties in counted:
        figures = ", ".join(f"{figure} {what}" for what, figure in properties)
        terminalreporter.write_line(f"{name}: {figures}")


@pytest.fixture(scope="session", autouse=True)
def only_loopback() -> Iterator[None]:
    """Refuse every connection that would leave this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _guarded(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", _guarded(socket.socket.connect_ex))
        patch.setattr(socket, "getaddrinfo", _guarded_lookup(socket.getaddrinfo))
        yield


@pytest.fixture(scope="session")
def dynamodb_local() -> Iterator[str]:
    """Start DynamoDB Local for the session; give its endpoint URL."""
    if _RUNNING_DYNAMODB:
        yield _RUNNING_DYNAMODB
        return
    with DynamoDBLocal() as dynamodb:
        yield dynamodb.endpoint_url


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    """Synthesise the stack as it is deployed, only without building its functions."""
    if _SYNTHESISED:
        return dict(json.loads(Path(_SYNTHESISED).read_text(encoding="utf-8")))
    # Imported here: it starts a Node process, which most tests need not wait for.
    from aws_cdk import App, Environment, assertions  # noqa: PLC0415

    from infra.config import load  # noqa: PLC0415
    from infra.stack import NotifierStack  # noqa: PLC0415

    context: dict[str, Any] = json.loads((_PROJECT / "cdk.json").read_text())["context"]
    app = App(context=context | {"aws:cdk:bundling-stacks": []})
    region = Environment(region="us-east-1")
    stack = NotifierStack(app, settings=load(context), env=region)
    return dict(assertions.Template.from_stack(stack).to_json())


@pytest.fixture
def dynamodb(dynamodb_local: str) -> "DynamoDBClient":
    """Give a client of DynamoDB Local."""
    return boto3.client("dynamodb", endpoint_url=dynamodb_local)


@pytest.fixture
def tables(dynamodb: "DynamoDBClient", template: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Create empty tables as the stack has them; give their names by stack output."""
    with made_tables(dynamodb, template) as made:
        yield made


@pytest.fixture
def world(dynamodb_local: str, tables: dict[str, str]) -> "World":
    """Give a world in which nothing has been polled yet."""
    # Imported here: it needs the functions' packages, which many tests do not.
    from tests.world import World  # noqa: PLC0415

    client = boto3.resource("dynamodb", endpoint_url=dynamodb_local).meta.client
    return World(client, tables)


@pytest.fixture
def new_world(
    dynamodb_local: str, dynamodb: "DynamoDBClient", template: dict[str, Any]
) -> Iterator[Callable[[], "World"]]:
    """Give what makes a world of empty tables, for each example of a property."""
    from tests.world import World  # noqa: PLC0415

    with ExitStack() as stack:

        def make() -> World:
            client = boto3.resource("dynamodb", endpoint_url=dynamodb_local).meta.client
            stack.close()  # the tables of the example before
            return World(client, stack.enter_context(made_tables(dynamodb, template)))

        yield make


@contextmanager
def made_tables(dynamodb: "DynamoDBClient", template: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Create empty tables, and delete them: DynamoDB Local goes through all it has, for the TTL."""
    made = create_tables(dynamodb, template, prefix=f"{uuid4()}-")
    yield made
    for name in made.values():
        dynamodb.delete_table(TableName=name)


def _guarded(connect: Any) -> Any:  # noqa: ANN401 stands in for either method
    def guarded(self: socket.socket, address: Any) -> Any:  # noqa: ANN401
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            _refuse_remote(address[0])
        return connect(self, address)

    return guarded


def _guarded_lookup(getaddrinfo: Any) -> Any:  # noqa: ANN401 stands in for the function
    def guarded(host: Any, *rest: Any, **named: Any) -> Any:  # noqa: ANN401
        _refuse_remote(host)
        return getaddrinfo(host, *rest, **named)

    return guarded


def _refuse_remote(host: object) -> None:
    if host is not None and host not in _LOOPBACK:
        message = f"A test tried to reach {host}"
        raise RemoteAddressError(message)
