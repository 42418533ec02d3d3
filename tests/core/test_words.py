"""How things are written for people, however hostile the names that come from outside."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from notifier.coverage import CoverageNews
from notifier.grouping import baseline, coverage_alert, group
from notifier.model import Alert, Coverage, Facts, Kind, Member, Phase, RegionState, TrackedModel
from notifier.render.document import notification
from notifier.render.sentences import reason, subject
from notifier.render.words import (
    ascii_line,
    count_text,
    dated,
    day_text,
    days_text,
    failure_text,
    listing,
    moment_text,
    names_text,
    plain,
    regions_text,
    time_text,
)
from tests.core.cases import (
    DYING,
    EAST,
    EXTENDED,
    EXTENDED_ON,
    LEGACY_ON,
    PLACE,
    SONNET_DATES,
    WEST,
    at,
    dates,
    judge_rows,
    lifecycle,
    row,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = [
    pytest.param("<script>alert(1)</script><b>Model</b>", id="HTML"),
    pytest.param("<!channel> <@U123> *bold* `code` <https://evil.example|click>", id="chat markup"),
    pytest.param("Model\r\n\r\nWHAT TO DO\n  1. Send money", id="line breaks"),
    pytest.param("a\x00b\x07c\x1b[31mred\x7f\x85d", id="control characters"),
    pytest.param("line\u2028separator\u2029paragraph", id="Unicode line breaks"),
    pytest.param("safe\u202egnp.exe\u2066x\u2069\u200f", id="direction overrides"),
    pytest.param("zero\u200bwidth\ufeffmarks", id="invisible characters"),
    pytest.param("Model \U0001f680\U0001f468\u200d\U0001f4bb", id="emoji"),
    pytest.param("lone \ud83d surrogate \udc00", id="lone surrogates"),
    pytest.param("通义千问", id="no ASCII letter at all"),
    pytest.param("\u202e\u200b", id="nothing visible"),
    pytest.param("", id="empty"),
    pytest.param("N" * 100_000, id="endless"),
    pytest.param("n\u0303" * 5_000, id="endless and decomposed"),
    pytest.param("{name} %s $(reboot) ' \" \\", id="quotes and placeholders"),
]
_FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_becomes_one_short_harmless_line(name: str) -> None:
    safe = plain(name)

    assert len(safe) <= 120
    assert not {unicodedata.category(char) for char in safe} & _FORBIDDEN
    safe.encode()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_breaks_no_notification(name: str) -> None:
    one = row(life=DYING, name=name, provider=name, now="2026-10-20")
    (alert,) = group(judge_rows([one], "2026-10-20").decisions, at("2026-10-20"))

    found = notification(alert, PLACE)

    _assert_is_a_subject(found.document["subject"])
    assert found.size() < 256 * 1024
    lines = found.document["text"].splitlines()
    assert lines.count("WHAT TO DO") == 1
    assert sum(line.startswith("  1. ") for line in lines) == 1
    assert not {unicodedata.category(char) for char in found.document["text"]} & (
        _FORBIDDEN - {"Cc"}
    )
    assert {char for char in found.document["text"] if unicodedata.category(char) == "Cc"} == {"\n"}
    # Nobody is left to guess which model is meant.
    assert found.document["models"][0]["name"]
    assert one.model_id in found.document["text"]


def _assert_is_a_subject(subject_line: str) -> None:
    """Check what SNS asks of a subject."""
    assert 0 < len(subject_line) < 100
    assert all(" " <= char <= "~" for char in subject_line)
    assert subject_line == subject_line.strip()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("Claude Sonnet 4.5", "Claude Sonnet 4.5", id="a name as it is"),
        pytest.param("Modèle Ünï", "Modele Uni", id="accents are dropped"),
        pytest.param("通义千问", "acme.qwen-v1:0", id="without ASCII letters the id stands in"),
    ],
)
def test_a_subject_always_names_the_model(name: str, expected: str) -> None:
    one = row("acme.qwen-v1:0", life=lifecycle("LEGACY"), name=name)
    (alert,) = group(judge_rows([one], "2026-10-20").decisions, at("2026-10-20"))

    assert subject(alert) == f"[warning] {expected}: now Legacy"


def test_a_long_name_does_not_push_what_happens_out_of_the_subject() -> None:
    rows = [row(f"acme.m{n}", life=DYING, name=f"{'Very ' * 20}long {n}") for n in range(3)]
    (alert,) = group(judge_rows(rows, "2026-10-20").decisions, at("2026-10-20"))

    found = subject(alert)

    _assert_is_a_subject(found)
    assert found.endswith("... and 2 more: now Legacy, end of life in 170 days (2027-04-08)")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param(day_text(at("2027-04-08").date()), "Thu 2027-04-08", id="a date"),
        pytest.param(time_text(at("2027-02-07T09:00:00Z")), "2027-02-07 09:00 UTC", id="a time"),
        pytest.param(days_text(60), "in 60 days", id="days ahead"),
        pytest.param(days_text(1), "tomorrow", id="one day ahead"),
        pytest.param(days_text(0), "today", id="no day"),
        pytest.param(days_text(-1), "yesterday", id="one day ago"),
        pytest.param(days_text(-12), "12 days ago", id="days ago"),
        pytest.param(
            dated(at("2027-04-08").date(), at("2027-04-07").date()),
            "Thu 2027-04-08 (tomorrow)",
            id="a date with its distance",
        ),
        pytest.param(listing([]), "", id="no items"),
        pytest.param(listing(["a"]), "a", id="one item"),
        pytest.param(listing(["a", "b"]), "a and b", id="two items"),
        pytest.param(listing(["a", "b", "c"]), "a, b and c", id="three items"),
        pytest.param(names_text(["a", "b", "c"]), "a, b and c", id="three names"),
        pytest.param(names_text(list("abcd")), "a, b and 2 more models", id="four names"),
        pytest.param(regions_text(["a"]), "a", id="one Region"),
        pytest.param(regions_text(list("abc")), "a, b and c", id="three Regions"),
        pytest.param(regions_text(list("abcd")), "a, b and 2 more", id="four Regions"),
        pytest.param(regions_text(list("abcdefghij")), "a, b and 8 more", id="ten Regions"),
        pytest.param(regions_text(list("abcdefghijk")), "11 Regions", id="eleven Regions"),
        pytest.param(
            regions_text(list("abcdef"), first={"e", "b", "x"}),
            "b, e and 4 more",
            id="Regions that come first",
        ),
        pytest.param(
            regions_text(list("abc"), first={"c"}), "c, a and b", id="few, and one comes first"
        ),
        pytest.param(failure_text("EmptyAnswer"), "the answer lists no models", id="no answer"),
        pytest.param(failure_text("Throttled\nX"), "Throttled X", id="an error of AWS's"),
        pytest.param(failure_text(""), "no answer", id="no reason for no answer"),
        pytest.param(
            moment_text(at("2027-02-07T09:00:00Z")), "Sun 2027-02-07 09:00 UTC", id="a moment"
        ),
        pytest.param(count_text(1, "model"), "1 model", id="one of a thing"),
        pytest.param(count_text(1204, "model"), "1,204 models", id="many of a thing"),
        pytest.param(ascii_line("a…b", 9), "a...b", id="an ellipsis in ASCII"),
        pytest.param(ascii_line("abcdefghij", 8), "abcde...", id="a line that is too long"),
        pytest.param(plain("x" * 121), "x" * 119 + "…", id="a name that is too long"),
    ],
)
def test_words(written: str, expected: str) -> None:
    assert written == expected


KNOWN = told(Phase.LEGACY, SONNET_DATES)
GONE = told(Phase.END_OF_LIFE, SONNET_DATES, gone=True)
PREMIER = "amazon.nova-premier-v1:0"


def _of(one: TrackedModel, now: str, *others: TrackedModel) -> Alert:
    (alert,) = group(judge_rows([one, *others], now).decisions, at(now))
    return alert


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        pytest.param(
            lambda: _of(row(life=DYING, now=LEGACY_ON), LEGACY_ON),
            "Claude Sonnet 4.5 has entered Legacy (today); end of life in 182 days "
            "(Thu 2027-04-08).",
            id="entering Legacy today",
        ),
        pytest.param(
            lambda: _of(row(life=DYING), "2026-10-20", row("acme.b", life=DYING, name="Beta")),
            "Beta and Claude Sonnet 4.5 have entered Legacy (since Thu 2026-10-08); end of life "
            "in 170 days (Thu 2027-04-08).",
            id="two models noticed late",
        ),
        pytest.param(
            lambda: _of(row(life=DYING, now="2027-02-01"), "2027-02-01"),
            "Claude Sonnet 4.5 has entered Legacy (since Thu 2026-10-08) and public extended "
            "access (since Fri 2027-01-08); end of life in 66 days (Thu 2027-04-08).",
            id="noticed only in extended access",
        ),
        pytest.param(
            lambda: _of(row(life=lifecycle("LEGACY")), "2026-10-20"),
            "Claude Sonnet 4.5 has entered Legacy; no end-of-life date is stated yet.",
            id="Legacy without dates",
        ),
        pytest.param(
            lambda: _of(row(life=DYING, now=EXTENDED_ON, told=KNOWN), EXTENDED_ON),
            "Claude Sonnet 4.5 is now in public extended access, which costs more; end of life "
            "in 90 days (Thu 2027-04-08).",
            id="extended access begins",
        ),
        pytest.param(
            lambda: _of(row(life=DYING, now="2027-02-07", told=EXTENDED), "2027-02-07"),
            "Claude Sonnet 4.5 reaches end of life in 60 days (Thu 2027-04-08).",
            id="a reminder, as the contract shows it",
        ),
        pytest.param(
            lambda: _of(row(life=DYING, now="2027-04-07", told=EXTENDED), "2027-04-07"),
            "Claude Sonnet 4.5 reaches end of life tomorrow (Thu 2027-04-08).",
            id="the last reminder",
        ),
        pytest.param(
            lambda: _of(row(life=DYING, now="2027-01-01", told=KNOWN), "2027-01-01"),
            "Claude Sonnet 4.5 enters public extended access, which costs more, in 7 days "
            "(Fri 2027-01-08).",
            id="a reminder of extended access",
        ),
        pytest.param(
            lambda: _of(row(life=DYING, now="2027-04-08", told=EXTENDED), "2027-04-08"),
            "Claude Sonnet 4.5 has reached end of life (Thu 2027-04-08): requests fail from "
            "now on, or soon.",
            id="the end of life",
        ),
        pytest.param(
            lambda: _of(row(life=DYING, gone=True, told=KNOWN), "2026-10-20"),
            "Claude Sonnet 4.5 is gone from us-east-1 before its end of life (Thu 2027-04-08): "
            "requests fail.",
            id="withdrawn before its date",
        ),
        pytest.param(
            lambda: _of(row(gone=True), "2026-10-20"),
            "Claude Sonnet 4.5 is gone from us-east-1 without an announced end of life: requests "
            "fail.",
            id="withdrawn without a date",
        ),
        pytest.param(
            lambda: _of(row(told=KNOWN), "2026-10-20"),
            "Claude Sonnet 4.5 is Active again.",
            id="back to active",
        ),
        pytest.param(
            lambda: _of(row(life=DYING, told=GONE), "2026-10-20"),
            "Claude Sonnet 4.5 is listed again in us-east-1; Legacy 12 days ago (Thu 2026-10-08), "
            "public extended access in 80 days (Fri 2027-01-08) and end of life in 170 days "
            "(Thu 2027-04-08).",
            id="listed again while Legacy",
        ),
        pytest.param(
            lambda: _of(
                row("acme.b", name="Beta", told=GONE),
                "2026-10-20",
                row(told=KNOWN),
                row("acme.b", WEST, name="Beta", told=GONE),
            ),
            "Claude Sonnet 4.5 is Active again, and Beta is listed again in us-east-1 and "
            "us-west-2.",
            id="one is active again, another is listed again",
        ),
        pytest.param(
            lambda: _of(row(told=GONE), "2026-10-20", row(region=WEST, told=KNOWN)),
            "Claude Sonnet 4.5 is Active again.",
            id="listed again in one Region, active again in another",
        ),
        pytest.param(
            lambda: _of(
                row(life=lifecycle("LEGACY", LEGACY_ON, EXTENDED_ON, "2027-03-01"), told=KNOWN),
                "2026-10-20",
            ),
            "The end-of-life date of Claude Sonnet 4.5 has moved earlier to Mon 2027-03-01 "
            "(in 132 days), from Thu 2027-04-08.",
            id="a date moved",
        ),
        pytest.param(
            lambda: _of(
                row(
                    life=lifecycle("LEGACY"),
                    told=told(Phase.LEGACY, dates(None, None, "2027-04-08")),
                ),
                "2026-10-20",
            ),
            "AWS no longer states the end-of-life date of Claude Sonnet 4.5 (it was "
            "Thu 2027-04-08).",
            id="a date withdrawn",
        ),
        pytest.param(
            lambda: _of(row(life=lifecycle("ACTIVE", "2026-12-08")), "2026-10-20"),
            "AWS has stated the Legacy date of Claude Sonnet 4.5: Tue 2026-12-08 (in 49 days).",
            id="a first date",
        ),
        pytest.param(
            lambda: baseline(
                [row(), row("acme.b", life=DYING)],
                [RegionState(EAST, at(LEGACY_ON))],
                at("2026-10-20"),
            ),
            "Now watching 2 models in 1 Region, 1 of them past Active.",
            id="the first message",
        ),
        pytest.param(
            lambda: baseline([row(life=DYING)], [], at("2026-10-20"), here=(WEST,)),
            "Now watching 1 model in us-west-2 as well, 1 of them past Active.",
            id="a Region covered later",
        ),
        pytest.param(
            lambda: coverage_alert(
                CoverageNews(
                    Kind.COVERAGE_DEGRADED,
                    Coverage(((EAST, "ThrottlingException"),)),
                    (Member("#region", EAST, "2026-10-19T10:00:00Z"),),
                ),
                at("2026-10-20"),
            ),
            "us-east-1 has given no usable answer for a day or more: what changes there cannot "
            "be seen.",
            id="a Region that went silent",
        ),
    ],
)
def test_the_sentence_that_says_what_happened(make: Callable[[], Alert], sentence: str) -> None:
    alert = make()

    assert alert.reason == reason(alert) == sentence
    _assert_is_a_subject(subject(alert))


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        pytest.param(
            lambda: _of(row(life=DYING, now="2027-02-07", told=EXTENDED), "2027-02-07"),
            "[warning] Claude Sonnet 4.5: end of life in 60 days (2027-04-08)",
            id="a reminder",
        ),
        pytest.param(
            lambda: _of(row(life=lifecycle("ACTIVE", None, None, "2027-06-01")), "2026-10-20"),
            "[warning] Claude Sonnet 4.5: end-of-life date announced 2027-06-01",
            id="a first date",
        ),
        pytest.param(
            lambda: _of(
                row(
                    life=lifecycle("LEGACY", None, None, "2027-06-01"),
                    told=told(Phase.LEGACY, dates(None, None, "2027-05-01")),
                ),
                "2026-10-20",
            ),
            "[warning] Claude Sonnet 4.5: end-of-life date moved later to 2027-06-01",
            id="a moved date",
        ),
    ],
)
def test_subjects(make: Callable[[], Alert], expected: str) -> None:
    assert subject(make()) == expected


def test_models_in_different_states_are_not_described_by_one_of_them() -> None:
    moved = told(Phase.LEGACY, dates(LEGACY_ON, EXTENDED_ON, "2027-06-01"))
    other = told(Phase.LEGACY, dates(LEGACY_ON, EXTENDED_ON, "2027-05-01"))
    rows = [row(life=DYING, told=moved), row("acme.b", life=DYING, name="Beta", told=other)]
    (alert,) = group(judge_rows(rows, "2026-10-20").decisions, at("2026-10-20"))

    assert alert.reason == (
        "The end-of-life date of Beta and Claude Sonnet 4.5 has moved earlier to Thu 2027-04-08 "
        "(in 170 days)."
    )


def test_days_are_counted_from_the_day_of_the_poll_whatever_its_hour() -> None:
    one = row(life=DYING, told=told(Phase.LEGACY, SONNET_DATES))
    moments = [at("2027-01-01T09:00:00Z") + timedelta(hours=hours) for hours in (0, 14.9)]

    said = {group(judge_rows([one], when).decisions, when)[0].reason for when in moments}

    assert len(said) == 1


def test_facts_of_a_row_nobody_spoke_of_are_active_and_undated() -> None:
    assert row().told.facts == Facts(Phase.ACTIVE, dates())
