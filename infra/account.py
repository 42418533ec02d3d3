"""The account that the AWS credentials name, or the emulator that the endpoint names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class AccountError(RuntimeError):
    """The credentials or the Region are missing or of no use. Its text is one line."""


@dataclass(frozen=True)
class Account:
    """Where to deploy to. `endpoint` is None for AWS itself."""

    id: str
    region: str
    endpoint: str | None
    session: boto3.Session

    @property
    def is_emulator(self) -> bool:
        """Whether the endpoint is an emulator on this machine."""
        return _is_loopback(self.endpoint)

    def __str__(self) -> str:
        """Name the place as a person would; the text also tells places apart."""
        where = f" of the emulator at {self.endpoint}" if self.is_emulator else ""
        return f"account {self.id} in {self.region}{where}"


def _is_loopback(endpoint: str | None) -> bool:
    return endpoint is not None and urlsplit(endpoint).hostname in _LOOPBACK


def identify(environment: Mapping[str, str]) -> Account:
    """Ask STS who the credentials belong to.

    The environment is the process's own, or a copy of it with its own credentials, Region and
    endpoint. Raises AccountError when there are no credentials, no Region, or STS refuses.
    """
    endpoint = environment.get("AWS_ENDPOINT_URL") or None
    try:
        session = _session(environment)
        if session.region_name is None:
            message = "no Region is chosen: set AWS_REGION, for example AWS_REGION=us-east-1"
            raise AccountError(message)
        caller = session.client("sts", endpoint_url=endpoint).get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        reason = " ".join(str(error).split())
        message = (
            f"no AWS credentials that work ({reason.rstrip('.')}): set AWS_PROFILE, or "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and try again"
        )
        raise AccountError(message) from error
    return Account(caller["Account"], session.region_name, endpoint, session)


def _session(environment: Mapping[str, str]) -> boto3.Session:
    return boto3.Session(
        aws_access_key_id=environment.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=environment.get("AWS_SECRET_ACCESS_KEY"),
        aws_session_token=environment.get("AWS_SESSION_TOKEN"),
        region_name=_region(environment),
        profile_name=environment.get("AWS_PROFILE"),
    )


def _region(environment: Mapping[str, str]) -> str | None:
    chosen = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    # An emulator is the same in every Region; only an account's Region is somebody's choice.
    anywhere = "us-east-1" if _is_loopback(environment.get("AWS_ENDPOINT_URL")) else None
    return chosen or anywhere
