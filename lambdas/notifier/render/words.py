"""How dates, counts, names and Regions are written for people."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from notifier.model import Milestone, Phase
from notifier.usage import Source

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from notifier.usage import Gap, UsedBy

_NAME_LENGTH = 120
_REGIONS_SPELLED_OUT = 3
_REGIONS_NAMED = 2
_REGIONS_COUNTED_ABOVE = 10
_NAMES_SPELLED_OUT = 3
_ARN_LENGTH = 300
_ONE_DECIMAL_BELOW = 10
_EMPTY_LINES = re.compile(r"\n{3,}")

PHASE_WORDS = {
    Phase.ACTIVE: "Active",
    Phase.LEGACY: "Legacy",
    Phase.EXTENDED_ACCESS: "public extended access",
    Phase.END_OF_LIFE: "end of life",
}
PHASE_PHRASES = {
    Phase.ACTIVE: "Active and has a date",
    Phase.LEGACY: "Legacy",
    Phase.EXTENDED_ACCESS: "in public extended access",
    Phase.END_OF_LIFE: "past its end of life",
}
MILESTONE_WORDS = {
    Milestone.LEGACY: "Legacy",
    Milestone.EXTENDED_ACCESS: "public extended access",
    Milestone.END_OF_LIFE: "end of life",
}
MILESTONE_DATES = {
    Milestone.LEGACY: "Legacy date",
    Milestone.EXTENDED_ACCESS: "extended-access date",
    Milestone.END_OF_LIFE: "end-of-life date",
}

# One of what a source lists. Invocations and system-defined profiles depend on nobody.
_RESOURCE_WORDS = {
    Source.APPLICATION_PROFILES: "application inference profile",
    Source.PROVISIONED_THROUGHPUT: "provisioned throughput",
    Source.CUSTOM_MODELS: "custom model",
    Source.CUSTOM_MODEL_DEPLOYMENTS: "custom model deployment",
    Source.PROMPT_ROUTERS: "prompt router",
    Source.BATCH_JOBS: "batch inference job",
    Source.AGENTS: "agent",
    Source.PROMPTS: "prompt",
    Source.FLOWS: "flow",
    Source.KNOWLEDGE_BASES: "knowledge base",
}

# What is wrong with an answer that did come.
_FAILURES = {
    "EmptyAnswer": "the answer lists no models",
    "ImplausibleAnswer": "the answer lacks too many known models to be believed",
    "UnexpectedAnswer": "the answer was not in the documented form",
}


def plain(text: str, length: int = _NAME_LENGTH) -> str:
    """Make text from outside safe to show: one line, no control or direction characters, short."""
    visible = "".join(
        " " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char
        for char in text[: 4 * length]
        if unicodedata.category(char) not in {"Cf", "Cs", "Co", "Cn"}
    )
    folded = " ".join(visible.split())
    return folded if len(folded) <= length else folded[: length - 1] + "…"


def paragraphs(text: str, length: int, mark: str = "…") -> str:
    """Make text of several lines from outside safe to show: as `plain`, but its lines are kept.

    Of empty lines in a row one is left. What is longer than `length` is cut and ends in `mark`.
    """
    lines = "\n".join(plain(line, len(line)) for line in text.splitlines())
    kept = _EMPTY_LINES.sub("\n\n", lines).strip()
    return kept if len(kept) <= length else kept[: length - len(mark)].rstrip() + mark


def ascii_line(text: str, length: int) -> str:
    """Fold text to one line of printable ASCII: an SNS subject takes nothing else."""
    decomposed = unicodedata.normalize("NFKD", text.replace("…", "..."))
    folded = "".join(char for char in decomposed if " " <= char <= "~")
    folded = " ".join(folded.split())
    return folded if len(folded) <= length else folded[: length - 3].rstrip() + "..."


def day_text(day: date) -> str:
    """Write a date with its weekday: `Thu 2027-04-08`."""
    return f"{day:%a} {day.isoformat()}"


def time_text(moment: datetime) -> str:
    """Write a time to the minute: `2027-02-07 09:00 UTC`."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def moment_text(moment: datetime) -> str:
    """Write a time with its weekday: `Sun 2027-02-07 09:00 UTC`."""
    return f"{moment:%a} {time_text(moment)}"


def days_text(days: int) -> str:
    """Write a distance in days from today: `in 60 days`, `tomorrow`, `3 days ago`."""
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    if days in near:
        return near[days]
    return f"in {days} days" if days > 0 else f"{-days:,} days ago"


def dated(day: date, today: date) -> str:
    """Write a date with its distance: `Thu 2027-04-08 (in 60 days)`."""
    return f"{day_text(day)} ({days_text((day - today).days)})"


def listing(items: Sequence[str]) -> str:
    """Join items as a sentence does: `a`, `a and b`, `a, b and c`."""
    if len(items) <= 1:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def names_text(names: Sequence[str]) -> str:
    """Name models in a sentence; many are cut to two and a count."""
    if len(names) <= _NAMES_SPELLED_OUT:
        return listing(names)
    return f"{names[0]}, {names[1]} and {len(names) - 2:,} more models"


def regions_text(regions: Sequence[str], first: Collection[str] = ()) -> str:
    """Name Regions, those in `first` before the others; many are cut to two, or to their count."""
    if len(regions) > _REGIONS_COUNTED_ABOVE:
        return count_text(len(regions), "Region")
    ordered = sorted(regions, key=lambda region: region not in first)
    if len(ordered) <= _REGIONS_SPELLED_OUT:
        return listing(ordered)
    named = ", ".join(ordered[:_REGIONS_NAMED])
    return f"{named} and {len(ordered) - _REGIONS_NAMED} more"


def count_text(count: int, noun: str) -> str:
    """Write a count with its noun: `1 model`, `1,204 models`, `2 entities`."""
    if count == 1:
        return f"{count:,} {noun}"
    many = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeou" else f"{noun}s"
    return f"{count:,} {many}"


def used_by_texts(used_by: Sequence[UsedBy], most: int) -> tuple[str, ...]:
    """Name resources: `agent support-bot in us-east-1 (arn:...)`; many are cut, with a count."""
    shown = [
        f"{_RESOURCE_WORDS.get(one.source, 'resource')} {plain(one.name)} in {one.region} "
        f"({plain(one.arn, _ARN_LENGTH)})"
        for one in used_by[:most]
    ]
    left_out = len(used_by) - len(shown)
    return (*shown, f"and {count_text(left_out, 'more resource')}") if left_out else tuple(shown)


def gap_text(gap: Gap) -> str:
    """Say what could not be read: `agents in us-east-1 (AccessDeniedException)`."""
    return f"{gap.source} in {gap.region} ({plain(gap.why, _ARN_LENGTH)})"


def failure_text(name: str) -> str:
    """Say why a Region gave no answer that can be used: in words, or by the name of AWS's error."""
    return _FAILURES.get(name, plain(name) or "no answer")


def amount_text(count: int) -> str:
    """Write a large count roughly, as people say it: `980`, `18 thousand`, `1.2 million`."""
    for size, word in ((1_000_000_000, "billion"), (1_000_000, "million"), (10_000, "thousand")):
        if count >= size:
            value = count / (1_000 if word == "thousand" else size)
            digits = f"{value:.1f}" if value < _ONE_DECIMAL_BELOW else f"{value:,.0f}"
            return f"{digits.removesuffix('.0')} {word}"
    return f"{count:,}"
