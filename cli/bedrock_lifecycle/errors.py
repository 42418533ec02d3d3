"""What can go wrong, as one line for a person: what it is, and what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from notifier.render.words import plain

if TYPE_CHECKING:
    from notifier.errors import AwsError

_SHOWN_OF_REASON: Final = 400
_EXPIRED: Final = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "SSOTokenLoadError",
        "TokenRetrievalError",
        "UnauthorizedSSOTokenError",
    }
)
_NO_CREDENTIALS: Final = frozenset(
    {"CredentialRetrievalError", "NoCredentialsError", "PartialCredentialsError"}
)
_NOT_KNOWN: Final = frozenset(
    {
        "AuthFailure",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_DENIED: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "NotAuthorized",
        "UnauthorizedOperation",
    }
)
_UNREACHABLE: Final = frozenset(
    {
        "ConnectTimeoutError",
        "ConnectionClosedError",
        "EndpointConnectionError",
        "ReadTimeoutError",
    }
)
# AWS names the action that IAM missed, which is not always that of the API's name.
_MISSING: Final = re.compile(r"not authorized to perform: (?P<action>[\w-]+:\w+)")
_ON: Final = re.compile(r"on resource: (?P<resource>\S+)")


class CommandError(Exception):
    """A command that cannot go on. Its text is one line: what is wrong, and what to do."""


def is_denied(error: AwsError) -> bool:
    """Say whether AWS refused for want of a permission."""
    return is_denial(error.code)


def is_denial(code: str) -> bool:
    """Say whether an error of this name is a refusal for want of a permission."""
    return code in _DENIED


def missing_action(error: AwsError) -> str:
    """Give the IAM action that was missing: the one AWS names, or that of the call."""
    return action_named(error.message) or error.action


def action_named(refusal: str) -> str | None:
    """Give the IAM action that AWS names in a refusal, if it names one."""
    named = _MISSING.search(refusal)
    return named["action"] if named else None


def explained(error: AwsError) -> str:
    """Say in one line what went wrong with a call to AWS, and what to do about it."""
    if error.code in _EXPIRED:
        return (
            f"the credentials have expired ({error.code}); sign in again, for example with "
            "aws sso login, and repeat the command"
        )
    if error.code in _NO_CREDENTIALS:
        return (
            "no AWS credentials were found; give --profile NAME, or set AWS_PROFILE, or "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    if error.code in _NOT_KNOWN:
        return (
            f"AWS does not accept these credentials ({error.code}); are they of this partition, "
            "whole and still valid, and is the Region enabled in the account?"
        )
    if is_denied(error):
        return _denied(error)
    if error.code in _UNREACHABLE:
        return (
            f"no answer to {error.action} ({_reason(error)}); is the name of the Region right, "
            "and is there a way to it through proxy and firewall?"
        )
    return f"{error.action} failed: {plain(error.code)}: {_reason(error)}"


def _denied(error: AwsError) -> str:
    resource = _ON.search(error.message)
    where = f" on {plain(resource['resource'], _SHOWN_OF_REASON)}" if resource else ""
    return f"access denied: {missing_action(error)} is missing{where}; allow it, or use --profile"


def _reason(error: AwsError) -> str:
    return plain(error.message, _SHOWN_OF_REASON).rstrip(".") or "no reason given"
