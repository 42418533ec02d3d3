"""Any answer of ListFoundationModels, from the parser to the message that it leads to."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from notifier.coverage import judge
from notifier.decide import Newcomers, decide
from notifier.grouping import baseline, group
from notifier.ledger import record
from notifier.model import Catalog, Failure, RegionState
from notifier.observe import observe
from notifier.render.document import notification
from notifier.sources.bedrock import parse_catalog
from tests.core.cases import EAST, PLACE, POLICY, at

BEFORE: Final = at("2026-10-01T10:00:00Z")
NOW: Final = at("2026-10-08T10:00:00Z")
# SNS's limit for a message with its attributes.
MOST_BYTES: Final = 256 * 1024

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.datetimes(timezones=st.just(UTC))
)
anything = st.recursive(
    scalars, lambda part: st.lists(part) | st.dictionaries(st.text(), part), max_leaves=8
)
# AWS's shape with anything in each place of it: what is nearly right goes furthest.
lifecycles = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["ACTIVE", "LEGACY", "SUNSET"]) | anything,
        "startOfLifeTime": anything,
        "legacyTime": st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)) | anything,  # noqa: DTZ001 hypothesis asks for naive bounds
        "publicExtendedAccessTime": anything,
        "endOfLifeTime": st.datetimes(
            datetime(2026, 1, 1),  # noqa: DTZ001
            datetime(2028, 1, 1),  # noqa: DTZ001
            timezones=st.just(UTC),
        )
        | anything,
    },
)
summaries = st.fixed_dictionaries(
    {
        "modelId": st.from_regex(r"[a-z]{1,4}\.[a-z0-9<&\"'*_`\u202e-]{1,8}(:\w+)*", fullmatch=True)
        | anything
    },
    optional={
        "modelName": anything,
        "providerName": anything,
        "modelLifecycle": lifecycles | anything,
        "inputModalities": anything,
        "customizationsSupported": anything,
        "inferenceTypesSupported": anything,
        "responseStreamingSupported": anything,
    },
)
answers = st.fixed_dictionaries({"modelSummaries": st.lists(summaries, max_size=6) | anything})


def _see(answer: Catalog | Failure, state: RegionState, rows: Any, now: datetime) -> Any:  # noqa: ANN401
    return judge(state, answer, {row.model_id: row for row in rows}, now)


@given(before=answers, after=answers)
def test_any_two_answers_are_judged_told_and_written_in_bounds(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    first = _see(parse_catalog(EAST, before), RegionState(EAST), (), BEFORE)
    rows = observe((), {EAST: first}, {}, {}, BEFORE).rows
    _check(notification(baseline(rows, [first.state], BEFORE), PLACE).document)
    second = _see(parse_catalog(EAST, after), first.state, rows, NOW)
    seen = observe(rows, {EAST: second}, {}, {}, NOW)

    newcomers = Newcomers(seen.first_seen, frozenset(row.model_id for row in rows))
    verdict = decide(seen.rows, (), newcomers, POLICY, NOW)

    for alert in group(verdict.decisions, NOW, {}):
        made = record(alert, notification(alert, PLACE))
        _check(made.notification.document)
        assert len(made.notification.sns_message().encode()) < MOST_BYTES
        json.dumps(made.notification.chat)


def _check(document: Any) -> None:  # noqa: ANN401 JSON
    json.dumps(document)
    subject = document["subject"]
    assert 0 < len(subject) <= 100
    assert subject.isascii()
    assert subject.isprintable()
