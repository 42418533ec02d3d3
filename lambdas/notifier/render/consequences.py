"""What a phase means for those who use a model, the errors they will see, and how to move off it.

These are AWS's own statements
(https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle-legacy.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from notifier.model import Phase
from notifier.render.entries import is_recommended
from notifier.render.words import amount_text, day_text, listing
from notifier.usage import merged_use

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from notifier.model import Alert, ModelEntry

_MODELS_PAGE = "https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html"
_LEGACY_ERROR = (
    "ResourceNotFoundException: Access denied. This Model is marked by provider as Legacy and you "
    "have not been actively using the model in the last 30 days. Please upgrade to an active model "
    "on Amazon Bedrock"
)
_EXTENDED_ERROR = "ValidationException: Operation not allowed"
_END_OF_LIFE_ERROR = (
    "ResourceNotFoundException: This model version has reached the end of its life. Please refer "
    "to the AWS documentation for more details."
)
_REMOVED_ERROR = "ValidationException: The provided model identifier is invalid."


class Consequences(NamedTuple):
    """What a phase means for those who use the model, and the errors they will see."""

    meaning: tuple[str, ...]
    errors: tuple[str, ...] = ()


CONSEQUENCES = {
    Phase.ACTIVE: Consequences(("It answers as before.",)),
    Phase.LEGACY: Consequences(
        (
            (
                "It keeps answering until its end of life, but only for those who already use it: "
                "access may lapse after 15 days without a call (the error text says 30)."
            ),
            "No new Provisioned Throughput and no new fine-tuning; what exists goes on.",
        ),
        (_LEGACY_ERROR,),
    ),
    Phase.EXTENDED_ACCESS: Consequences(
        (
            (
                "Every call now costs what the model provider asks for extended access: expect a "
                "higher price. Private pricing agreements and existing Provisioned Throughput keep "
                "their terms."
            ),
            (
                "Quota increases are generally refused, and access may lapse after 15 days without "
                "a call (an error text says 30)."
            ),
        ),
        (_EXTENDED_ERROR, _LEGACY_ERROR),
    ),
    Phase.END_OF_LIFE: Consequences(
        (
            (
                "Every request fails, on the date or soon after it, unless you have a private "
                "arrangement with AWS. Nothing moves to another model by itself."
            ),
        ),
        (_END_OF_LIFE_ERROR, _REMOVED_ERROR),
    ),
}


def errors_of(phases: Sequence[Phase]) -> tuple[str, ...]:
    """Give what people will search for, in AWS's words, each error once."""
    return tuple(dict.fromkeys(e for phase in phases for e in CONSEQUENCES[phase].errors))


def extended_access_ahead(alert: Alert) -> list[str]:
    """Say when it gets dearer; Amazon's own models, and those after 2026-09-07, never do."""
    ahead = {_extended_access(entry) for entry in alert.models if entry.phase in _BEFORE_IT}
    dates = sorted(day for day in ahead if day is not None)
    if dates:
        begins = listing([day_text(day) for day in dates[:3]])
        return [
            f"Public extended access begins {begins}: {_dearer(alert)}.",
            (
                "Then quota increases are generally refused; private pricing agreements and "
                "existing Provisioned Throughput keep their terms."
            ),
        ]
    if all(entry.dates.end_of_life is None for entry in alert.models):
        return ["Public extended access, at a price set by the model provider, may come first."]
    return []


def _extended_access(entry: ModelEntry) -> date | None:
    return entry.dates.extended_access or entry.by_health.extended_access


def _dearer(alert: Alert) -> str:
    """Say what will be billed at the higher price, which no API states."""
    use = merged_use(
        entry.use
        for entry in alert.models
        if entry.in_use and _extended_access(entry) and entry.phase in _BEFORE_IT
    )
    tokens_in, tokens_out = use.tokens_per_day if use else (0, 0)
    if not tokens_in and not tokens_out:
        return "each call may cost more, at a price set by the model provider that no API states"
    return (
        f"at today's rate about {amount_text(tokens_in)} input and {amount_text(tokens_out)} "
        "output tokens a day at a higher price, set by the model provider and stated in no API"
    )


_BEFORE_IT = frozenset({Phase.ACTIVE, Phase.LEGACY})


def steps_to_move(alert: Alert) -> list[str]:
    """Say what to do about models that are leaving."""
    return [
        FIND_CALLERS,
        _choose(alert),
        (
            "Cross-Region inference profiles (us., eu., global. ...) never show Legacy: treat a "
            "profile of this model as the model itself."
        ),
    ]


def _choose(alert: Alert) -> str:
    named = any(entry.successor and entry.successor.model_id for entry in alert.models)
    by_aws = any(is_recommended(entry.successor) for entry in alert.models)
    which = "successor" if by_aws else "likely successor"
    start = f"Begin with the {which} named above, or choose another"
    choose = start if named else "Choose a successor"
    text = f"{choose} ({_MODELS_PAGE}), test your prompts on it, and change over in good time."
    quota_known = any(entry.capacity for entry in alert.models)
    return text if quota_known else f"{text} Request quota for it where you need more."


FIND_CALLERS = (
    "Find who calls it: CloudWatch metrics AWS/Bedrock, Invocations by ModelId; CloudTrail events "
    "InvokeModel and Converse say which role."
)
