"""What a scan shows: a table with a summary for people, a document for programs."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from bedrock_lifecycle import output
from bedrock_lifecycle.cells import (
    name_and_id,
    next_text,
    phase_text,
    use_text,
    where_text,
)
from bedrock_lifecycle.code_evidence import Level, Verdict
from bedrock_lifecycle.errors import action_named, explained
from bedrock_lifecycle.output import console
from bedrock_lifecycle.sarif import message
from bedrock_lifecycle.verdict import ends_within, is_dying
from notifier.render.words import count_text, failure_text, listing, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from bedrock_lifecycle.code_evidence import CodeScan, Named
    from bedrock_lifecycle.scanning import Scanned
    from bedrock_lifecycle.verdict import Exit
    from notifier.model import Failure, ModelEntry

_NAMED: Final = 4


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that a scan found, in the order in which it is shown."""

    found: Scanned
    entries: list[ModelEntry]
    fail_within: int
    code: Exit
    in_code: CodeScan | None = None

    @property
    def used(self) -> list[ModelEntry]:
        """The models in use, or of unknown use."""
        return [one for one in self.entries if one.in_use is not False]

    @property
    def dying(self) -> list[ModelEntry]:
        """Those of them that are on their way out."""
        return [one for one in self.used if is_dying(one)]

    @property
    def unused(self) -> list[ModelEntry]:
        """Models on their way out that nobody here uses."""
        return [one for one in self.entries if one.in_use is False and is_dying(one)]


def print_table(shown: Shown, *, all_models: bool) -> None:
    """Print what is on its way out, and what could not be seen."""
    out, today = console(), shown.found.today
    listed = [*shown.dying, *(shown.unused if all_models else ())]
    if listed:
        title = f"{count_text(len(shown.dying), 'model')} on the way out, in use or perhaps in use"
        headings = ("Model", "Phase", "Next", "In use", "Move to", "Regions")
        out.print(output.table(title, headings, [_line(one, today) for one in listed]))
        out.print()
    if shown.in_code is not None:
        _print_code(shown.in_code, today)
    for line in _summary(shown, all_models=all_models):
        out.print(Text(line), soft_wrap=True)


def _print_code(in_code: CodeScan, today: date) -> None:
    """Print the places in code, by what is wrong with the model."""
    out, found = console(), in_code.findings
    if found:
        out.print(
            output.table(
                f"{count_text(len(found), 'place')} in code",
                ("Where", "Named there", "What is wrong"),
                [_place(one, today) for one in found],
            )
        )
        out.print()
    for line in _about_files(in_code):
        out.print(Text(line), soft_wrap=True)


def _place(one: Named, today: date) -> tuple[str | Text, ...]:
    style = "red" if one.level is Level.ERROR else "yellow"
    mention = one.mention
    return (
        f"{plain(mention.path, 300)}:{mention.line}",
        plain(mention.text, 300),
        Text(message(one, today), style=style),
    )


def _about_files(in_code: CodeScan) -> Iterator[str]:
    named = {one.mention.text for one in in_code.named}
    yield (
        f"{count_text(in_code.files, 'file')} looked through: {count_text(len(named), 'id')} of "
        f"models in {count_text(len(in_code.named), 'place')}."
    )
    unknown = {one.mention.text for one in in_code.named if one.verdict is Verdict.UNKNOWN}
    if unknown:
        shown = _cut(sorted(plain(one, 300) for one in unknown))
        yield f"What these stand for is not known: {shown}."
    if in_code.left_out:
        why = Counter(one.why for one in in_code.left_out)
        counts = [f"{count_text(n, 'file')} ({what})" for what, n in sorted(why.items())]
        yield f"Not read: {listing(counts)}."


def _line(entry: ModelEntry, today: date) -> tuple[str | Text, ...]:
    found = entry.successor
    move_to = plain(found.name) if found is not None and found.model_id is not None else "-"
    return (
        name_and_id(entry),
        phase_text(entry),
        next_text(entry, today),
        use_text(entry),
        move_to,
        where_text(entry),
    )


def _summary(shown: Shown, *, all_models: bool) -> Iterator[str]:
    found, used = shown.found, shown.used
    proven = sum(one.in_use is True for one in used)
    yield (
        f"{count_text(len({row.model_id for row in found.rows}), 'model')} listed in "
        f"{count_text(len(found.answered), 'Region')} of account {shown.found.account_id}; "
        f"{proven} in use (calls are those of 14 days), {len(used) - proven} perhaps."
    )
    if not shown.dying:
        yield "None of these is on its way out."
    if shown.unused and not all_models:
        yield f"{len(shown.unused)} more on the way out, which nobody here uses (--all shows them)."
    yield from _blind_spots(found)
    within = [one for one in used if ends_within(one, shown.fail_within, found.today)]
    yield (
        f"{count_text(len(within), 'model')} in use or perhaps in use "
        f"{'ends' if len(within) == 1 else 'end'} within {shown.fail_within} days (--fail-within)."
    )


def _blind_spots(found: Scanned) -> Iterator[str]:
    """Say what could not be seen, and what would have to be allowed."""
    if found.guessed is not None:
        reason = explained(found.guessed)
        yield f"All Regions with Bedrock were asked, enabled or not: {reason}."
    for name, regions in _by_reason(found.unanswered).items():
        yield f"No answer from {_cut(regions)}: {failure_text(name)}."
    for name, regions in _by_reason(found.closed).items():
        yield f"Closed to this account, by policy or not enabled ({plain(name)}): {_cut(regions)}."
    for (source, why), regions in sorted(_unread(found).items()):
        yield f"Use is not fully known: {source} in {_cut(regions)}: {why}."


def _by_reason(failures: Mapping[str, Failure]) -> dict[str, list[str]]:
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for region, failure in failures.items():
        by_name[failure.name].append(region)
    return by_name


def _unread(found: Scanned) -> dict[tuple[str, str], list[str]]:
    """Give what of use could not be read or understood, and why, with the Regions of it."""
    regions: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for gap in sorted({gap for row in found.rows if row.use for gap in row.use.gaps}):
        failure = (
            found.usage[gap.region].failures.get(gap.source) if gap.region in found.usage else None
        )
        missing = action_named(failure.detail) if failure else None
        why = f"{missing} is missing" if missing else plain(gap.why, 300)
        regions[gap.source.value, why].append(gap.region)
    return regions


def _cut(regions: Sequence[str]) -> str:
    if len(regions) <= _NAMED:
        return listing(regions)
    return f"{', '.join(regions[:_NAMED])} and {len(regions) - _NAMED} more"


def document(shown: Shown) -> dict[str, Any]:
    """Give all that was found, as JSON types and dates."""
    found = shown.found
    return {
        "account_id": shown.found.account_id,
        "date": found.today,
        "fail_within": shown.fail_within,
        "exit_code": int(shown.code),
        "regions_answered": list(found.answered),
        "regions_failed": {name: one.name for name, one in found.failures.items()},
        "use_not_known": [
            {"source": source, "why": why, "regions": regions}
            for (source, why), regions in sorted(_unread(found).items())
        ],
        "files_read": shown.in_code.files if shown.in_code else 0,
        "files_left_out": [one._asdict() for one in shown.in_code.left_out]
        if shown.in_code
        else [],
        "code": [_place_item(one) for one in shown.in_code.named] if shown.in_code else [],
        "models": [_item(one, shown) for one in (*shown.dying, *shown.unused)],
    }


def _place_item(one: Named) -> dict[str, Any]:
    mention, worst = one.mention, one.worst
    return {
        "file": mention.path,
        "line": mention.line,
        "column": mention.column,
        "named": mention.text,
        "verdict": one.verdict.value,
        "level": one.level.value,
        "model_id": worst.model_id if worst else None,
        "phase": worst.phase.value if worst else None,
        "dates": {milestone.lower(): day for milestone, day in worst.dates.stated()}
        if worst
        else {},
        "regions": list(one.regions),
    }


def _item(entry: ModelEntry, shown: Shown) -> dict[str, Any]:
    found, use = entry.successor, entry.use
    return {
        "model_id": entry.model_id,
        "name": entry.name,
        "provider": entry.provider,
        "phase": entry.phase.value,
        "regions": list(entry.regions),
        "dates": {milestone.lower(): day for milestone, day in entry.dates.stated()},
        "in_use": entry.in_use,
        "invocations_14d": use.invocations_14d if use else None,
        "last_invoked_on": use.last_invoked_on if use else None,
        "called_as": sorted({one.calls.model_id for one in use.calls}) if use else [],
        "used_by": [one.arn for one in use.used_by] if use else [],
        "replacement": found.model_id if found else None,
        "replacement_source": found.source if found else None,
        "within": ends_within(entry, shown.fail_within, shown.found.today),
    }
