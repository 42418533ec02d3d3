"""What can go wrong at the edges, mapped once from botocore's exceptions."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TRANSIENT_CODES = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_SERVER_ERROR = 500
TIMEOUTS = frozenset({"ConnectTimeoutError", "ReadTimeoutError"})


def may_pass(code: str) -> bool:
    """Say whether a failure of this name tells nothing about what is allowed or there."""
    return code in _TRANSIENT_CODES | TIMEOUTS


class AwsError(Exception):
    """A call to AWS failed. `permanent` says that trying again cannot help by itself."""

    def __init__(self, action: str, code: str, message: str, *, permanent: bool) -> None:
        """Keep what the caller may act on; `action` is the API's own name for the call."""
        super().__init__(f"{action}: {code}: {message}")
        self.action = action
        self.code = code
        self.message = message
        self.permanent = permanent


class ConditionFailedError(AwsError):
    """A conditional write found the item in another state than it was expected in.

    `found` is the item as the condition saw it, in DynamoDB's typed form, where it was asked for:
    a read afterwards would see what has become of it since.
    """

    found: Mapping[str, Any] | None = None


class PollFailedError(Exception):
    """The poll went as far as it could; what failed is in the message."""


@contextmanager
def aws_call(action: str) -> Iterator[None]:
    """Map whatever botocore raises inside to AwsError."""
    try:
        yield
    except ClientError as error:
        raise _from_client_error(action, error) from error
    except BotoCoreError as error:
        # No answer at all: timeouts, refused or broken connections, credentials not found.
        raise AwsError(action, type(error).__name__, str(error), permanent=False) from error


def _from_client_error(action: str, error: ClientError) -> AwsError:
    details = error.response.get("Error", {})
    code = str(details.get("Code", "Unknown"))
    message = str(details.get("Message", ""))
    if code == "TransactionCanceledException":
        return _from_cancellation(action, error)
    if code == "ConditionalCheckFailedException":
        failed = ConditionFailedError(action, code, message, permanent=True)
        failed.found = error.response.get("Item")  # type: ignore[assignment]
        return failed
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    permanent = code not in _TRANSIENT_CODES and status < _SERVER_ERROR
    return AwsError(action, code, message, permanent=permanent)


def _from_cancellation(action: str, error: ClientError) -> AwsError:
    """Say why a transaction was cancelled; without a condition that failed it may go through later.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
    """
    reasons: list[Mapping[str, Any]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
    codes = [str(reason.get("Code", "None")) for reason in reasons]
    named = [code for code in codes if code != "None"] or ["TransactionCanceledException"]
    message = "; ".join(
        str(reason.get("Message", "")) for reason in reasons if reason.get("Message")
    )
    if "ConditionalCheckFailed" in named:
        return ConditionFailedError(action, "ConditionalCheckFailed", message, permanent=True)
    permanent = bool({"ValidationError", "ItemCollectionSizeLimitExceeded"} & set(named))
    return AwsError(action, named[0], message, permanent=permanent)
