"""The account, with empty tables."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import pytest

from local_aws.fake_bedrock import FakeBedrock
from local_aws.fake_health import FakeHealth
from local_aws.tables import create_tables
from notifier import health, poll
from notifier.delivery import _Topic
from tests.faults.account import Account, environment
from tests.faults.story import furnish
from tests.sources.scripted_aws import ScriptedAws

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_lambda_powertools import Logger


@pytest.fixture(scope="module")
def account(dynamodb_local: str, template: dict[str, Any]) -> Iterator[Account]:
    """Give an account whose functions have never run, over tables of this module alone."""
    dynamodb = boto3.client("dynamodb", endpoint_url=dynamodb_local)
    tables = create_tables(dynamodb, template, prefix=f"{uuid4()}-")
    with (
        FakeBedrock() as bedrock,
        FakeHealth() as aws_health,
        ScriptedAws() as others,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in environment(tables, dynamodb_local).items():
            patch.setenv(name, value)
        # The pause between two messages is for people's mailboxes.
        patch.setattr(_Topic.__init__, "__defaults__", (_at_once,))
        # Read from the environment before there was one.
        patch.setattr(poll.metrics.provider, "namespace", "notifier")
        furnish(others)
        made = Account(bedrock, aws_health, others, dynamodb, tables)
        made.wire.install(patch)
        _forget_clients()
        with _saying_nothing(poll.logger, health.logger):
            yield made
    _forget_clients()


def _forget_clients() -> None:
    poll._edges.cache_clear()  # noqa: SLF001 the functions of another test
    health._outlets.cache_clear()  # noqa: SLF001


@contextmanager
def _saying_nothing(*loggers: Logger) -> Iterator[None]:
    """Let nobody write thousands of records that nobody reads."""
    levels = [logger.log_level for logger in loggers]
    for logger in loggers:
        logger.setLevel("CRITICAL")
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def _at_once(_: float) -> None:
    pass
