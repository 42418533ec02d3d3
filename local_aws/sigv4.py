"""What a signed request says about its caller: the SigV4 credential scope."""

import re
from typing import Final, NamedTuple

_CREDENTIAL: Final = re.compile(r"Credential=[^/,\s]+/\d{8}/([^/,\s]+)/([^/,\s]+)/aws4_request")


class CredentialScope(NamedTuple):
    """The Region and the service a request was signed for."""

    region: str
    service: str


def credential_scope(authorization: str | None) -> CredentialScope | None:
    """Read the scope from an `Authorization` header; None when it is not signed."""
    found = _CREDENTIAL.search(authorization or "")
    return CredentialScope(found[1], found[2]) if found else None
