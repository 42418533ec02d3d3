"""What to say of an event: each version once, an update with what it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.affected import Affected
from notifier.health_event import Concern, Entity, HealthEvent, Page, merged
from notifier.health_news import (
    HealthEvents,
    Remembered,
    Silence,
    Verdict,
    is_wanted,
    verdict,
    version_of,
)
from notifier.model import RowKey
from tests.health_events import health_event

if TYPE_CHECKING:
    from random import Random

NOON = datetime(2026, 10, 7, 12, tzinfo=UTC)
SOME = (Entity("a", "PENDING"), Entity("b", "PENDING"))
MODELS = frozenset({"acme.a"})


def finds(models: frozenset[str]) -> Affected:
    return Affected(frozenset(RowKey(one, "us-east-1") for one in models))


def event(**given: Any) -> HealthEvent:  # noqa: ANN401 any field
    """Give an event of two entities."""
    fields = {
        "updated_at": NOON,
        "description": "Words.",
        "language": "en_US",
        "entities": SOME,
    }
    return health_event(**{**fields, **given})


def after(before: HealthEvent, seen: HealthEvent, models: frozenset[str] = MODELS) -> Verdict:
    """Decide about an event when another version of it was told."""
    told = version_of(before, finds(MODELS))._replace(is_told=True)
    return verdict(seen, Remembered(1, told), finds(models))


LATER: dict[str, Any] = {"updated_at": NOON + timedelta(days=1)}


@pytest.mark.parametrize(
    ("category", "code", "concern"),
    [
        ("scheduledChange", "AWS_BEDROCK_PLANNED_LIFECYCLE_EVENT", Concern.LIFECYCLE),
        ("accountNotification", "AWS_BEDROCK_MODEL_DEPRECATION_NOTICE", Concern.LIFECYCLE),
        ("issue", "AWS_BEDROCK_MODEL_END_OF_LIFE", Concern.LIFECYCLE),
        ("", "aws_bedrock_model_eol", Concern.LIFECYCLE),
        ("accountNotification", "AWS_BEDROCK_LEGACY_MODEL", Concern.LIFECYCLE),
        ("scheduledChange", "AWS_BEDROCK_MAINTENANCE", Concern.SCHEDULED_CHANGE),
        ("accountNotification", "AWS_BEDROCK_NEWS", Concern.ACCOUNT_NOTIFICATION),
        ("issue", "AWS_BEDROCK_OPERATIONAL_ISSUE", Concern.OPERATIONAL_ISSUE),
        ("investigation", "AWS_BEDROCK_SOMETHING", Concern.OPERATIONAL_ISSUE),
        ("", "", Concern.OTHER),
        ("tomorrow's category", "AWS_BEDROCK_GEOLOGY", Concern.OTHER),
    ],
)
def test_classification(category: str, code: str, concern: Concern) -> None:
    assert event(category=category, type_code=code).concern is concern


@pytest.mark.parametrize(
    ("given_event", "wanted", "silence"),
    [
        (event(), HealthEvents.LIFECYCLE, None),
        (event(category="?", type_code="?"), HealthEvents.LIFECYCLE, None),
        (event(category="accountNotification", type_code="X"), HealthEvents.LIFECYCLE, None),
        (
            event(category="issue", type_code="AWS_BEDROCK_OPERATIONAL_ISSUE"),
            HealthEvents.LIFECYCLE,
            Silence.OPERATIONAL_ISSUE,
        ),
        (
            event(category="issue", type_code="AWS_BEDROCK_OPERATIONAL_ISSUE"),
            HealthEvents.ALL,
            None,
        ),
        (event(service="EC2"), HealthEvents.ALL, Silence.OTHER_SERVICE),
    ],
)
def test_what_is_wanted(
    given_event: HealthEvent, wanted: HealthEvents, silence: Silence | None
) -> None:
    assert is_wanted(given_event, wanted) is silence


@pytest.mark.parametrize(
    ("given_event", "situation", "silence"),
    [
        pytest.param(event(), {}, None, id="what is new is told"),
        pytest.param(event(status="closed"), {}, None, id="even if it is closed by now"),
        pytest.param(
            event(status="closed"),
            {"is_first_look": True},
            Silence.CLOSED_BEFORE,
            id="but not what was over before anybody looked",
        ),
        pytest.param(event(), {"is_first_look": True}, None, id="what is open then is told"),
        pytest.param(event(), {"is_ignored": True}, Silence.IGNORED, id="ignored models are not"),
    ],
)
def test_an_event_never_seen(
    given_event: HealthEvent, situation: dict[str, bool], silence: Silence | None
) -> None:
    decided = verdict(given_event, Remembered(), finds(MODELS), **situation)

    assert decided.silence is silence
    assert decided.changes == ()
    assert decided.remember == version_of(given_event, finds(MODELS))._replace(
        is_told=silence is None
    )


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(event(), id="again"),
        pytest.param(event(entities=SOME[::-1]), id="its entities in another order"),
        pytest.param(event(entities=None), id="a side that says nothing of entities"),
        pytest.param(event(description=" Words.\r\n"), id="other white space"),
        pytest.param(event(description="Wörter.", language="de_DE"), id="in another language"),
        pytest.param(event(description="", language=""), id="no text"),
        pytest.param(
            event(entities=SOME[:1], missing_pages=(2,)), id="one page of it, delivered late"
        ),
        pytest.param(event(**LATER), id="a later time and nothing else"),
        pytest.param(event(actionability="INFORMATIONAL"), id="another actionability"),
    ],
)
def test_no_change(seen: HealthEvent) -> None:
    assert after(event(), seen).silence is Silence.SAME


def test_what_is_older_than_what_was_told_says_nothing() -> None:
    seen = event(status="open", updated_at=NOON - timedelta(seconds=1))

    assert after(event(), seen) == Verdict(Silence.OLDER)


def test_entities_not_given_before_are_taken_over_in_silence_unless_they_name_models() -> None:
    before = event(entities=None)

    quiet = after(before, event())
    assert quiet.silence is Silence.SAME
    assert quiet.remember is not None
    assert quiet.remember.entities == version_of(event(), finds(MODELS)).entities
    told = after(before, event(), MODELS | {"acme.b"})
    assert told.changes == ("2 affected resources now, 0 before",)


def test_the_time_of_a_version_without_news_is_kept() -> None:
    """So that it is not asked for again, and what is older does not become news."""
    decided = after(event(), event(**LATER))

    assert decided.remember is not None
    assert decided.remember.updated_at == LATER["updated_at"]
    assert after(event(), event()).remember is None


def test_pages_of_two_communications_that_both_lack_one_take_nothing_from_each_other() -> None:
    before = event(entities=(Entity("a"), Entity("b")), missing_pages=(3,))

    decided = after(before, event(entities=(Entity("a"), Entity("c")), missing_pages=(2,)))

    assert decided.changes == ("1 more affected resource: c",)
    assert decided.remember is not None
    assert decided.remember.entity_count == 3


@pytest.mark.parametrize(
    ("seen", "changes"),
    [
        pytest.param(event(status="closed"), ("AWS has closed the event",), id="closed"),
        pytest.param(
            event(status="open"), ("its status is now open, was upcoming",), id="another status"
        ),
        pytest.param(
            event(start_at=datetime(2027, 3, 8, 7, tzinfo=UTC)),
            ("its date has moved earlier, to Mon 2027-03-08, from Thu 2027-04-08",),
            id="an earlier date",
        ),
        pytest.param(
            event(start_at=datetime(2027, 4, 8, 9, tzinfo=UTC)),
            ("its date is now 2027-04-08T09:00:00Z, was 2027-04-08T07:00:00Z",),
            id="another hour",
        ),
        pytest.param(
            event(start_at=None), ("its date is no longer given (Thu 2027-04-08)",), id="no date"
        ),
        pytest.param(
            event(end_at=datetime(2027, 5, 1, tzinfo=UTC)),
            ("its end is now given (Sat 2027-05-01)",),
            id="an end",
        ),
        pytest.param(event(description="More words."), ("the text has changed",), id="a new text"),
        pytest.param(
            event(entities=(*SOME, Entity("c"))), ("1 more affected resource: c",), id="one more"
        ),
        pytest.param(event(entities=SOME[:1]), ("1 resource no longer affected",), id="one less"),
        pytest.param(
            event(entities=(SOME[0], Entity("b", "RESOLVED"))),
            ("1 resource now RESOLVED: b",),
            id="one done",
        ),
        pytest.param(
            event(status="open", description="New.", entities=(SOME[0],)),
            (
                "its status is now open, was upcoming",
                "the text has changed",
                "1 resource no longer affected",
            ),
            id="all that has changed",
        ),
    ],
)
def test_what_an_update_changes(seen: HealthEvent, changes: tuple[str, ...]) -> None:
    decided = after(event(), replace(seen, **LATER))

    assert (decided.silence, decided.changes) == (None, changes)


def test_many_entities_are_told_of_by_their_number() -> None:
    many = tuple(Entity(f"e{n}") for n in range(10_000))
    more = (*many, Entity("new"))

    decided = after(event(entities=many), event(entities=more, **LATER))

    assert decided.changes == ("10,001 affected resources now, 10,000 before",)
    assert after(event(entities=many), event(entities=many[::-1], **LATER)).changes == ()


def test_hostile_text_is_plain_in_what_has_changed() -> None:
    seen = event(status="<b>\u202eopen\n", entities=(*SOME, Entity("x\r\ny\u202e" * 100)), **LATER)

    changes = " ".join(after(event(), seen).changes)

    assert "\n" not in changes
    assert "\u202e" not in changes
    assert len(changes) < 500


@given(
    st.lists(st.integers(1, 6), min_size=1).map(lambda pages: [*pages, *range(1, 7)]),
    st.randoms(use_true_random=False),
)
def test_pages_merge_to_the_same_event_in_any_order_and_number(
    pages: list[int], random: Random
) -> None:
    random.shuffle(pages)
    parts = [Page(event(entities=(Entity(f"e{n}"), Entity("shared"))), "c", n, 6) for n in pages]

    whole = merged(parts)

    assert whole.missing_pages == ()
    assert {one.value for one in whole.entities or ()} == {
        "shared",
        *(f"e{n}" for n in range(1, 7)),
    }
    assert whole.content_hash() == merged(parts[::-1]).content_hash()


def test_an_event_is_as_new_as_the_newest_of_its_pages() -> None:
    pages = [Page(event(**LATER), "c", 2, 2), Page(event(), "c", 1, 2)]

    assert merged(pages).updated_at == LATER["updated_at"]


def test_a_missing_page_is_named() -> None:
    pages = [Page(event(), "c", number, 4) for number in (4, 2)]

    assert merged(pages).missing_pages == (1, 3)


@given(st.lists(st.sampled_from(range(4)), max_size=12))
def test_deliveries_in_any_order_tell_each_version_at_most_once_and_end_with_the_newest(
    order: list[int],
) -> None:
    versions = [event(status=f"s{n}", updated_at=NOON + timedelta(hours=n)) for n in range(4)]
    before, told = Remembered(), []
    for number in order:
        decided = verdict(versions[number], before, finds(MODELS))
        if decided.remember is not None:
            before = Remembered(before.seq + 1, decided.remember)
        if decided.silence is None:
            told.append(number)

    assert told == sorted(set(told))
    assert told[-1:] == [max(order)] if order else not told
