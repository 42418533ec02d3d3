"""The real sources over real clients, before an AWS that says what a test wants."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from botocore.config import Config

from local_aws.fake_bedrock import FakeBedrock
from notifier.sources import bedrock as source
from notifier.sources import usage as usage_source
from notifier.sources.bedrock import Bedrock, lenient_session
from notifier.sources.usage import Usage
from notifier.usage import ReadingRequest
from tests.sources.scripted_aws import ScriptedAws

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from boto3 import Session

QUICK = Config(
    connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 1}
)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBedrock]:
    """Give a Bedrock that the product's clients reach as they would reach AWS's."""
    with FakeBedrock() as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK", running.endpoint_url)
        yield running


@pytest.fixture(scope="session")
def session() -> Session:
    """Give the product's session, once: it reads service models that take their time."""
    return lenient_session()


@pytest.fixture
def patient(aws: FakeBedrock, session: Session) -> Bedrock:
    """Give the source as it is deployed, with its own timeouts and retries."""
    assert aws
    return Bedrock(session)


@pytest.fixture
def bedrock(aws: FakeBedrock, session: Session, monkeypatch: pytest.MonkeyPatch) -> Bedrock:
    """Give the source with one quick attempt a call, so that failures do not take seconds."""
    assert aws
    monkeypatch.setattr(source, "_CALLS", QUICK)
    return Bedrock(session)


@pytest.fixture(scope="module")
def scripted_server() -> Iterator[ScriptedAws]:
    """Give an AWS that the product's clients reach as they would reach the real one."""
    with ScriptedAws() as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", running.endpoint_url)
        yield running


@pytest.fixture
def scripted(scripted_server: ScriptedAws) -> ScriptedAws:
    """Give it with nothing in it."""
    scripted_server.reset()
    return scripted_server


@pytest.fixture(scope="module")
def usage(scripted_server: ScriptedAws, session: Session) -> Usage:
    """Give what reads an account with one quick attempt a call in two Regions."""
    assert scripted_server
    quick = Usage(session)
    # Only while its clients are made: others in the same module are to be as they are deployed.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(usage_source, "_CALLS", QUICK)
        patch.setattr(usage_source, "_SPACED_CALLS", QUICK)
        prepare(quick, ["us-east-1", "us-west-2"])
    return quick


def prepare(usage: Usage, regions: Iterable[str]) -> None:
    """Let the clients be made, which takes its time, without a call."""
    usage.read([ReadingRequest(region, frozenset()) for region in regions], datetime.now(UTC), 1)
