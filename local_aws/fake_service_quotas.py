"""Service Quotas' ListServiceQuotas over HTTP: Bedrock's quotas, of the caller's choice per Region.

The emulator has no Service Quotas. Who may call is not checked: nobody here knows.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from local_aws.emulator import ACCOUNT_ID
from local_aws.fake_bedrock import Answer, Misbehaviour, Silence, refusal
from local_aws.forwarding import Request, Response, Server
from local_aws.paging import page
from local_aws.sigv4 import credential_scope

_BEDROCK: Final = "bedrock"
_TARGET: Final = "ServiceQuotasV20190624.ListServiceQuotas"
_JSON: Final = "application/x-amz-json-1.1"

_UNSIGNED: Final = refusal(
    403, "MissingAuthenticationTokenException", "Missing Authentication Token"
)
_UNKNOWN_OPERATION: Final = refusal(
    400, "UnknownOperationException", "Not an operation of this fake"
)
_NO_SUCH_SERVICE: Final = refusal(
    400, "NoSuchResourceException", "The request failed because the service does not exist."
)


@dataclass(frozen=True, kw_only=True)
class ServiceQuota:
    """A quota of Bedrock as it is applied to the account."""

    code: str
    name: str
    value: float
    adjustable: bool = True
    extra: Mapping[str, object] = field(default_factory=dict)
    """More response fields, or other values for the usual ones."""

    def shown(self, region: str) -> dict[str, object]:
        """Give the `ServiceQuota`."""
        arn = f"arn:aws:servicequotas:{region}:{ACCOUNT_ID}:{_BEDROCK}/{self.code}"
        return {
            "ServiceCode": _BEDROCK,
            "ServiceName": "Amazon Bedrock",
            "QuotaArn": arn,
            "QuotaCode": self.code,
            "QuotaName": self.name,
            "Value": self.value,
            "Unit": "None",
            "Adjustable": self.adjustable,
            "GlobalQuota": False,
            "QuotaAppliedAtLevel": "ACCOUNT",
            **self.extra,
        }


class FakeServiceQuotas(Server):
    """The server. Everything may be set at any time, from any thread."""

    def __init__(self) -> None:
        """Bind a free port; nothing is answered before the context is entered."""
        super().__init__()
        self._lock = threading.Lock()
        self._quotas: dict[str, tuple[ServiceQuota, ...]] = {}
        self._misbehaviours: dict[str, Misbehaviour] = {}
        self._calls: Counter[str] = Counter()

    def set_quotas(self, region: str, quotas: Iterable[ServiceQuota]) -> None:
        """Replace Bedrock's quotas in a Region; at first there are none."""
        with self._lock:
            self._quotas[region] = tuple(quotas)

    def misbehave(self, region: str, how: Misbehaviour) -> None:
        """Answer every call in a Region like this, until told to behave."""
        with self._lock:
            self._misbehaviours[region] = how

    def behave(self, region: str) -> None:
        """Answer with the quotas again."""
        with self._lock:
            self._misbehaviours.pop(region, None)

    def calls(self, region: str) -> int:
        """Count the calls that arrived, whatever they were answered."""
        with self._lock:
            return self._calls[region]

    def answer(self, request: Request) -> Response | None:
        """Answer a request, or give None to drop the connection."""
        scope = credential_scope(request.header("authorization"))
        if scope is None:
            return _UNSIGNED.response()
        with self._lock:
            self._calls[scope.region] += 1
            told = self._misbehaviours.get(scope.region)
            quotas = self._quotas.get(scope.region, ())
        match told:
            case Silence():
                told.wait()
                return None
            case Answer():
                return told.response()
        return _listed(request, scope.region, quotas).response()


def _listed(request: Request, region: str, quotas: tuple[ServiceQuota, ...]) -> Answer:
    if request.header("x-amz-target") != _TARGET:
        return _UNKNOWN_OPERATION
    asked = json.loads(request.body)
    if asked["ServiceCode"] != _BEDROCK:
        return _NO_SUCH_SERVICE
    shown, token = page(quotas, asked.get("NextToken"), asked.get("MaxResults"))
    body = {"Quotas": [quota.shown(region) for quota in shown]}
    following = {"NextToken": token} if token else {}
    return Answer(200, json.dumps(body | following).encode(), content_type=_JSON)
