"""What a scan found in code, as SARIF 2.1.0, which code hosts show beside the lines. Pure.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html and what GitHub takes of it:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from bedrock_lifecycle.code_evidence import Level, Verdict
from notifier.model import Milestone
from notifier.render.words import (
    MILESTONE_WORDS,
    PHASE_PHRASES,
    PHASE_WORDS,
    dated,
    plain,
    regions_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from bedrock_lifecycle.code_evidence import Named

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_POLICY: Final = "https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle-legacy.html"
# GitHub refuses a whole file that has more:
# https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit
_MOST_RESULTS: Final = 25_000
_RULES: Final = {
    Verdict.ENDED: (
        "bedrock-model-ended",
        "A Bedrock model that has reached its end of life",
        "Every request to it fails. Move to another model.",
    ),
    Verdict.ENDS_SOON: (
        "bedrock-model-ends-soon",
        "A Bedrock model that ends soon",
        "Every request to it fails from that day on. Move to another model before.",
    ),
    Verdict.NOT_LISTED: (
        "bedrock-model-not-listed",
        "A Bedrock model that no Region lists",
        "It has been retired, is misspelt, or is served by the bedrock-mantle endpoint alone.",
    ),
    Verdict.NOT_LISTED_THERE: (
        "bedrock-model-not-listed-there",
        "A Bedrock model that the Region of its ARN does not list",
        "It has been retired there, is not offered there, or is misspelt.",
    ),
    Verdict.ON_THE_WAY_OUT: (
        "bedrock-model-on-the-way-out",
        "A Bedrock model that is on its way out",
        "It is Legacy, in extended access at a higher price, or has a date at which it will be.",
    ),
}


def sarif(found: Iterable[Named], today: date, version: str) -> dict[str, Any]:
    """Give the document: one result for each place, the first ones where there are too many."""
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "bedrock-lifecycle",
                        "semanticVersion": version,
                        "informationUri": _POLICY,
                        "rules": [_rule(*parts) for parts in _RULES.values()],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": list(islice(_results(found, today), _MOST_RESULTS)),
            }
        ],
    }


def _rule(id_: str, title: str, text: str) -> dict[str, Any]:
    return {
        "id": id_,
        "name": "".join(word.capitalize() for word in id_.split("-")),
        "shortDescription": {"text": title},
        "fullDescription": {"text": f"{title}. {text}"},
        "helpUri": _POLICY,
        "help": {"text": f"{text} AWS's policy and dates: {_POLICY}"},
        "properties": {"tags": ["amazon-bedrock", "lifecycle"]},
    }


def _results(found: Iterable[Named], today: date) -> Iterator[dict[str, Any]]:
    seen: Counter[tuple[str, str]] = Counter()
    for one in found:
        if one.level is Level.NONE:
            continue
        place = (one.mention.path, one.mention.text)
        seen[place] += 1
        yield _result(one, seen[place], today)


def _result(one: Named, number: int, today: date) -> dict[str, Any]:
    mention = one.mention
    # By file, id and how many of it came before: an edit above a line is no new finding.
    identity = "\0".join([mention.path, mention.text, str(number)])
    return {
        "ruleId": _RULES[one.verdict][0],
        "ruleIndex": list(_RULES).index(one.verdict),
        "level": one.level.value,
        "message": {"text": message(one, today)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(mention.path),
                    "region": {
                        "startLine": mention.line,
                        "startColumn": mention.column,
                        "endColumn": mention.end_column,
                    },
                }
            }
        ],
        "partialFingerprints": {
            "bedrockModelMention/v1": hashlib.sha256(os.fsencode(identity)).hexdigest()
        },
    }


def _artifact(path: str) -> dict[str, str]:
    """Give where a file is: from the root of the source, unless it lies elsewhere.

    The name of a file may be no UTF-8; it is encoded byte by byte.
    """
    if Path(path).is_absolute():
        return {"uri": Path(path).as_uri()}
    return {"uri": quote(os.fsencode(path)), "uriBaseId": "%SRCROOT%"}


def message(one: Named, today: date) -> str:
    """Say in a sentence what is true of what is named there."""
    named = plain(one.mention.text, 300)
    if one.worst is None:
        return {
            Verdict.NOT_LISTED: (
                f"{named} is listed in no Region that answered: retired, misspelt, or served by "
                "bedrock-mantle alone."
            ),
            Verdict.NOT_LISTED_THERE: (
                f"{named} is not listed in {regions_text(one.regions)}: retired or not offered "
                "there, or misspelt."
            ),
        }.get(one.verdict, f"What {named} stands for is not known.")
    name = plain(one.worst.name) or plain(one.worst.model_id, 256)
    dates = [
        f"{MILESTONE_WORDS[milestone]} {dated(day, today)}"
        for milestone, day in one.worst.dates.stated()
        if day >= today or milestone is Milestone.END_OF_LIFE
    ]
    # "Active and has a date" is not for those that have none.
    phase = PHASE_PHRASES[one.worst.phase] if dates else PHASE_WORDS[one.worst.phase]
    return f"{name} is {'; '.join([phase, *dates])}; in {regions_text(one.regions)}."
