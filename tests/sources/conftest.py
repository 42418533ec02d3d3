"""The real Bedrock source over real clients, before a Bedrock that says what a test wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.config import Config

from local_aws.fake_bedrock import FakeBedrock
from notifier.sources import bedrock as source
from notifier.sources.bedrock import Bedrock, lenient_session

if TYPE_CHECKING:
    from collections.abc import Iterator

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
