"""Whether the quotas of a successor would carry what is asked of the dying model today.

Quotas: https://docs.aws.amazon.com/general/latest/gr/bedrock.html#limits_bedrock and
https://docs.aws.amazon.com/bedrock/latest/userguide/quotas-runtime.html. Service Quotas knows them
by name alone ("Cross-region model inference tokens per minute for Anthropic Claude Sonnet 4.5 V1"),
and the names are not spelled as the catalog spells its models. So only an exact name counts: a
model that AWS spells otherwise has no known quota, rather than perhaps another one's.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from notifier.render.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

# The version in an id, as in `…-v1:0` or `…-v1`.
_VERSION = re.compile(r"-v(\d{1,4})(?::\d+)*$")
# The names in Service Quotas, and in the user guide: two spellings of one quota.
_MEASURES = ("{scope} model inference {unit} per minute", "{scope} InvokeModel {unit} per minute")
_TOKENS, _REQUESTS = "tokens", "requests"


class Quota(NamedTuple):
    """One quota of Service Quotas (service code `bedrock`), as it applies to this account."""

    name: str
    value: float


class Peak(NamedTuple):
    """The busiest single minutes seen: most requests in one, and most tokens (in and out) in one.

    They need not be the same minute.
    """

    requests: int
    tokens: int


class Capacity(NamedTuple):
    """What a successor may be asked per minute, beside what the dying model is asked at most.

    A quota is None where none could be matched with certainty; `peak` where it is not known.
    `cross_region` says of which quotas this speaks: those of calls through a cross-Region
    inference profile, or those of calls in a single Region.
    """

    requests_quota: float | None = None
    tokens_quota: float | None = None
    peak: Peak | None = None
    cross_region: bool = False

    @property
    def suffices(self) -> bool | None:
        """Say whether the token quota carries the busiest minute; None where one is not known.

        Requests decide nothing: AWS no longer enforces a quota of them (`quotas-runtime`).
        """
        if self.tokens_quota is None or self.peak is None:
            return None
        return self.peak.tokens <= self.tokens_quota


def match_quotas(
    successor_name: str,
    provider: str,
    model_id: str,
    quotas: Iterable[Quota],
    *,
    cross_region: bool,
) -> Capacity:
    """Find the successor's quotas of tokens and requests per minute among all of a Region.

    `cross_region`: those of calls through a cross-Region inference profile of a geography. The
    quotas of global profiles ("Global cross-region …") are others still, and never match.
    """
    values: dict[str, set[float]] = {}
    for quota in quotas:
        values.setdefault(_fold(quota.name), set()).add(quota.value)
    scope = "Cross-region" if cross_region else "On-demand"
    whom = _spellings(successor_name, provider, model_id)

    def only(unit: str) -> float | None:
        names = {
            _fold(f"{measure.format(scope=scope, unit=unit)} for {who}")
            for measure in _MEASURES
            for who in whom
        }
        found = {value for name in names for value in values.get(name, ())}
        value = found.pop() if len(found) == 1 else math.nan
        return value if math.isfinite(value) and value >= 0 else None

    return Capacity(only(_REQUESTS), only(_TOKENS), None, cross_region)


def _spellings(name: str, provider: str, model_id: str) -> set[str]:
    """Give the names under which a model's quotas may stand, if they are certainly its own.

    A name without its version may be that of the first version only: "Claude 3.5 Sonnet" is not
    `…-v2:0`, of which "Claude 3.5 Sonnet V2" speaks.
    """
    if not name.strip():
        return set()
    found = _VERSION.search(model_id)
    version = f"v{int(found[1])}" if found else ""
    bare = name if version in {"", "v0", "v1"} or _fold(name).endswith(f" {version}") else None
    names = [one for one in (bare, f"{name} {version}" if version else None) if one]
    return {who for one in names for who in (one, f"{provider} {one}")}


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())


def capacity_line(successor_name: str, capacity: Capacity) -> str:
    """Say in one sentence whether the quotas of a successor are enough, or what to do about them.

    Each token is counted once, as CloudWatch does. Against a quota some models count one of
    output several times (https://docs.aws.amazon.com/bedrock/latest/userguide/quotas-token-burndown.html).
    """
    name = plain(successor_name) or "the successor"
    calls = "cross-Region" if capacity.cross_region else "on-demand"
    if capacity.tokens_quota is None:
        return (
            f"Request quota for {name}: its {calls} tokens per minute could not be matched with"
            " certainty in Service Quotas."
        )
    quota = f"the {calls} quota of {name}, {capacity.tokens_quota:,.0f} tokens a minute,"
    if capacity.peak is None:
        return (
            f"Compare {quota} with your busiest minute, which could not be read, and request an"
            " increase if it is too small."
        )
    peak = f"your busiest minute of {capacity.peak.tokens:,} tokens"
    caveat = "each token counted once; some models count one of output several times"
    if not capacity.suffices:
        return f"Request an increase: {quota} is below {peak} ({caveat})."
    return f"Enough so far as can be seen: {quota} covers {peak} ({caveat}){_requests(capacity)}."


def _requests(capacity: Capacity) -> str:
    """Mention a quota of requests that would be too small, though AWS says it enforces none."""
    quota, peak = capacity.requests_quota, capacity.peak
    if quota is None or peak is None or peak.requests <= quota:
        return ""
    return (
        f"; {peak.requests:,} requests in a minute are above its {quota:,.0f}, a quota that AWS"
        " says it no longer enforces"
    )
