"""The digest in words: one sentence, one subject, and parts that a busy person can skim."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.model import Announced, Facts, Kind, Phase, Why
from notifier.render.digest import digest_reason, digest_sections
from notifier.render.document import notification
from notifier.render.sentences import subject
from notifier.usage import Gap, Source, Use
from tests.core.cases import (
    EAST,
    EUROPE,
    PLACE,
    SONNET,
    WEST,
    at,
    called,
    dates,
    deferred,
    lifecycle,
    row,
    told,
)
from tests.core.digest_alerts import (
    NOW,
    a_week,
    blind,
    covered,
    digest,
    hundreds,
    new,
    resolved_on,
    snoozed_until,
    uncovered,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from notifier.model import Alert, TrackedModel
    from notifier.snooze import Snooze

FAR = lifecycle("LEGACY", "2026-06-01", None, "2027-06-01")
WEEK = "in the week from Mon 2026-11-16 to Mon 2026-11-23 (UTC)"


def ending(
    name: str = "Claude Sonnet 4.5",
    end: str = "2026-12-20",
    *,
    in_use: bool | None = True,
    region: str = EAST,
) -> TrackedModel:
    """Give a model that ends soon, of which people were told before the week."""
    life = lifecycle("LEGACY", "2026-06-01", None, end)
    model_id = SONNET if name == "Claude Sonnet 4.5" else f"acme.{name.lower()}-v1:0"
    known = told(Phase.LEGACY, life.dates, on="2026-06-01")
    return row(model_id, region, life=life, now=NOW, told=known, in_use=in_use, name=name)


def moved(name: str, kind: Kind = Kind.DATES_CHANGED) -> TrackedModel:
    """Give a model with a date far ahead that an alert told of this week."""
    known = told(Phase.LEGACY, FAR.dates, on="2026-11-18", kinds={kind: at("2026-11-18")})
    return row(f"acme.{name.lower()}-v1:0", life=FAR, now=NOW, told=known, in_use=True, name=name)


def unused(name: str, end: str = "2027-06-01") -> TrackedModel:
    """Give a model that nobody uses and of which nothing was said yet."""
    life = lifecycle("LEGACY", "2026-06-01", None, end)
    left = deferred(Facts(Phase.LEGACY, life.dates), "2026-11-18", why=Why.NOT_IN_USE)
    return row(
        f"acme.{name.lower()}-v1:0", life=life, now=NOW, in_use=False, deferred=left, name=name
    )


def sure(found: Alert | None) -> Alert:
    assert found is not None
    return found


def text(found: Alert | None) -> str:
    """Give the e-mail on one line."""
    return " ".join(notification(sure(found), PLACE).document["text"].split())


def titles(found: Alert | None) -> list[str]:
    """Give the first words of the parts of the e-mail, without the footer."""
    alert = sure(found)
    return [part.split("\n")[0] for part in digest_sections(alert, alert.models, PLACE)]


SILENT = covered(EAST, failing_since="2026-11-20T14:00:00Z", why="ThrottlingException")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        pytest.param(
            lambda: digest(
                [
                    ending(end="2026-12-20"),
                    ending("Beta", "2027-01-20"),
                    ending("Gamma", "2027-01-21"),
                    moved("Delta"),
                    moved("Eps"),
                ]
            ),
            "3 models that this account uses have a date within 90 days, the next is Claude "
            f"Sonnet 4.5: end of life in 27 days (Sun 2026-12-20); 2 changes {WEEK}.",
            id="what is used and what changed",
        ),
        pytest.param(
            lambda: digest([ending(end="2026-11-24")]),
            "1 model that this account uses has a date within 90 days, Claude Sonnet 4.5: end of "
            "life tomorrow (Tue 2026-11-24).",
            id="one model and nothing else",
        ),
        pytest.param(
            lambda: digest([ending(end="2027-01-20"), ending("Beta", in_use=None)]),
            "1 model that this account uses, and 1 that it may use, have a date within 90 days, "
            "the next is Beta: end of life in 27 days (Sun 2026-12-20).",
            id="what may be used can be the next",
        ),
        pytest.param(
            lambda: digest([ending(in_use=None), ending("Beta", "2026-11-30", in_use=False)]),
            "1 model that this account may use has a date within 90 days, Claude Sonnet 4.5: end "
            "of life in 27 days (Sun 2026-12-20).",
            id="what nobody uses is not the next",
        ),
        pytest.param(
            lambda: digest([ending(in_use=False), ending("Beta", "2026-11-30", in_use=False)]),
            "2 models that nobody uses here have a date within 90 days, the next is Beta: end of "
            "life in 7 days (Mon 2026-11-30).",
            id="only what nobody uses",
        ),
        pytest.param(
            lambda: digest([moved("Delta"), moved("Eps", Kind.DEADLINE), new(row())]),
            f"1 change, 1 reminder and 1 new model {WEEK}.",
            id="a reminder is no change",
        ),
        pytest.param(
            lambda: digest([moved("Delta")], since="2026-11-21T08:00:00Z"), None, id="nothing new"
        ),
        pytest.param(
            lambda: digest([moved("Delta")], since="2026-11-13T08:00:00Z"),
            "1 change in the 10 days from Fri 2026-11-13 to Mon 2026-11-23 (UTC).",
            id="a digest that comes late covers more",
        ),
        pytest.param(
            lambda: digest(
                [moved("Delta")], since="2026-11-17T08:00:00Z", until="2026-11-18T20:00:00Z"
            ),
            "1 change in the day from Tue 2026-11-17 to Wed 2026-11-18 (UTC).",
            id="a digest every day",
        ),
        pytest.param(
            lambda: digest(
                [moved("Delta")], since="2026-11-18T08:00:00Z", until="2026-11-18T20:00:00Z"
            ),
            "1 change on Wed 2026-11-18 (UTC).",
            id="two digests a day",
        ),
        pytest.param(
            lambda: digest([row()], states=[SILENT]),
            "No answer from us-east-1.",
            id="only a Region without an answer",
        ),
        pytest.param(
            lambda: digest(unheard=("sns",)),
            "Nobody is subscribed to the alerts topic.",
            id="only a topic that nobody hears",
        ),
        pytest.param(
            lambda: digest([row()], states=[SILENT], unheard=("sns", "chat")),
            "Nobody is subscribed to the alerts topic and the chat topic, and no answer from "
            "us-east-1.",
            id="all that can be amiss",
        ),
        pytest.param(
            lambda: digest([ending()], snoozes=[snoozed_until("2026-12-01")]),
            "1 model that this account uses has a date within 90 days, Claude Sonnet 4.5: end of "
            "life in 27 days (Sun 2026-12-20); 1 reminder held back and 1 snooze about to end.",
            id="a snooze that ends soon",
        ),
        pytest.param(
            lambda: digest([ending(in_use=False)], snoozes=[snoozed_until("2026-12-01")]),
            "1 model that nobody uses here has a date within 90 days, Claude Sonnet 4.5: end of "
            "life in 27 days (Sun 2026-12-20).",
            id="a snooze of what nobody would be reminded of",
        ),
    ],
)
def test_the_sentence_says_what_matters_most(
    make: Callable[[], Alert | None], sentence: str | None
) -> None:
    found = make()

    assert (found.reason if found else None) == sentence


def test_a_date_that_has_been_overtaken_is_not_the_next() -> None:
    """AWS calls models Legacy before the Legacy date that it states, or states none."""
    early = lifecycle("LEGACY", "2026-12-01", None, "2027-01-20")
    one = row(life=early, now=NOW, told=told(Phase.LEGACY, early.dates), in_use=True)

    assert "Claude Sonnet 4.5: end of life in 58 days" in sure(digest([one])).reason


def test_the_next_date_may_be_the_one_that_only_aws_health_gives() -> None:
    said = dates(None, None, "2027-01-20")
    one = replace(
        row(now=NOW, told=told(), in_use=True),
        by_health=said,
        announced=Announced(said, dates(), at("2026-10-01").date(), 1),
    )

    assert (
        "Claude Sonnet 4.5: end of life in 58 days (Wed 2027-01-20)" in sure(digest([one])).reason
    )


def test_what_takes_effect_later_today_is_next() -> None:
    early = "2026-11-23T07:00:00Z"
    life = lifecycle("LEGACY", "2026-06-01", "2026-11-23", "2027-01-20")
    one = row(life=life, now=early, told=told(Phase.LEGACY, life.dates), in_use=True)

    assert "public extended access today" in sure(digest([one], now=early)).reason


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(
            lambda: digest([ending(), moved("Delta")]),
            "Claude Sonnet 4.5: end of life in 27 days; 1 change",
            id="what ends next",
        ),
        pytest.param(
            lambda: digest([ending(), ending("Beta", "2027-01-01", in_use=None)]),
            "Claude Sonnet 4.5: end of life in 27 days, 1 more",
            id="and how many more",
        ),
        pytest.param(
            lambda: digest([ending(in_use=False)]),
            "Claude Sonnet 4.5: end of life in 27 days (not in use here)",
            id="what nobody uses",
        ),
        pytest.param(
            lambda: digest([moved("Delta"), new(row())]), "1 change; 1 new model", id="only changes"
        ),
        pytest.param(
            lambda: digest([row()], states=[SILENT], unheard=("chat",)),
            "nobody hears the chat topic; 1 Region silent",
            id="only what is amiss",
        ),
    ],
)
def test_the_subject_says_it_shorter(make: Callable[[], Alert | None], words: str) -> None:
    assert subject(sure(make())) == f"[info] Bedrock lifecycle digest: {words}"


@pytest.mark.parametrize("name", ["N" * 300, "通义千问", "Ünï" * 40, "a " * 200, "<!channel>\n@x"])
def test_no_name_pushes_what_happens_out_of_the_subject(name: str) -> None:
    one = replace(ending("Beta"), name=name)

    found = subject(sure(digest([one, ending("Gamma", "2027-01-20"), moved("Delta")])))

    assert ": end of life in 27 days, 1 more" in found
    assert len(found) <= 99
    assert not found.endswith("...")
    assert all(" " <= char <= "~" for char in found)


EVERY_TITLE = [
    "NEEDS ATTENTION",
    "COMING IN THE NEXT 90 DAYS",
    "WHAT CHANGED SINCE Mon 2026-11-16 08:00 UTC, UP TO Mon 2026-11-23 08:00 UTC",
    "MODELS ADDED",
    "REMINDERS HELD BACK",
    "WHAT CANNOT BE SEEN",
    "TO ADD SOMEBODY, OR TO COME BACK",
]


@pytest.mark.parametrize(
    ("make", "found"),
    [
        pytest.param(a_week, [0, 1, 2, 3, 4, 5, 6], id="a full week"),
        pytest.param(blind, [0, 5, 6], id="nothing seen"),
        pytest.param(hundreds, [1, 2, 6], id="many models"),
        pytest.param(lambda: digest([new(row())]), [3, 6], id="one new model"),
        pytest.param(lambda: digest(unheard=("sns",)), [0, 6], id="nobody hears"),
        pytest.param(lambda: digest([moved("Delta")]), [2, 6], id="one change"),
    ],
)
def test_parts_stand_in_order_and_empty_ones_are_left_out(
    make: Callable[[], Alert | None], found: list[int]
) -> None:
    assert titles(make()) == [EVERY_TITLE[number] for number in found]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(
            lambda: digest(unheard=("sns",)),
            "Nobody has a confirmed subscription to the alerts topic",
            id="nobody hears the alerts topic",
        ),
        pytest.param(
            lambda: digest(unheard=("chat",)),
            "Nothing is subscribed to the chat topic: no alert appears in the chat channel.",
            id="nobody hears the chat topic",
        ),
        pytest.param(
            lambda: digest([row()], states=[SILENT]),
            "us-east-1 has given no usable answer since Fri 2026-11-20 14:00 UTC (3 days ago): "
            "ThrottlingException",
            id="a Region without an answer, since when and why",
        ),
        pytest.param(
            lambda: digest(
                [new(row())],
                states=[
                    covered(EAST),
                    *(uncovered(f"xx-{n}", "Denied") for n in range(12)),
                    uncovered("yy-1"),
                ],
            ),
            "Regions not covered, tried again every day: 12 Regions (Denied); yy-1 (no answer)",
            id="Regions not covered, by the reason",
        ),
        pytest.param(
            lambda: digest([new(row())], health_api="SubscriptionRequiredException"),
            "AWS Health's API needs a support plan that this account does not have. Its events "
            "still come, through EventBridge.",
            id="no support plan",
        ),
        pytest.param(
            lambda: digest([new(row())], health_api="AccessDeniedException"),
            "AWS Health's API gives no answer (AccessDeniedException).",
            id="AWS Health fails",
        ),
        pytest.param(
            lambda: digest(
                [
                    new(row(region=region, use=Use(gaps=(Gap(region, Source.AGENTS, "Denied"),))))
                    for region in (EAST, WEST, EUROPE, "xx-1")
                ]
            ),
            "what may be used counts as used: agents in eu-west-1, us-east-1 and 2 more (Denied)",
            id="what could not be read, by the reason",
        ),
        pytest.param(
            lambda: digest([unused("Beta", "2026-12-20"), unused("Gamma", "2026-12-20")]),
            "Not in use here: - end of life Sun 2026-12-20 (in 27 days): Beta [acme.beta-v1:0]; "
            "Gamma [acme.gamma-v1:0]",
            id="unused models by their date",
        ),
        pytest.param(
            lambda: digest([unused("Beta")]),
            "Now Legacy (not told until now: not in use here): - Beta [acme.beta-v1:0]: Legacy; "
            "end of life Tue 2027-06-01 (in 190 days); us-east-1",
            id="what was left to the digest, and why",
        ),
        pytest.param(
            lambda: digest([moved("Beta"), moved("Gamma", Kind.REOPENED)]),
            "Told at once, in messages of their own: - Dates changed: Beta [acme.beta-v1:0] "
            "- Called again after it was resolved: Gamma [acme.gamma-v1:0]",
            id="what was told, by its kind",
        ),
        pytest.param(
            lambda: digest([ending()], snoozes=[snoozed_until("2026-12-01", region=EAST)]),
            f"Claude Sonnet 4.5 [{SONNET}]: end of life Sun 2026-12-20 (in 27 days), of which the "
            "30-day reminder is held back; snoozed until Tue 2026-12-01 (in 8 days) by jane, in "
            "us-east-1 only: waiting for the new prompt suite",
            id="a snooze in one Region, with all that was said",
        ),
        pytest.param(
            lambda: digest([ending()], snoozes=[resolved_on("2026-11-22")]),
            "held back; resolved by jane on Sun 2026-11-22 (yesterday): migrated to Claude Sonnet "
            "4.6",
            id="a resolved model",
        ),
        pytest.param(
            lambda: digest([moved("Beta")], snoozes=[_of("acme.beta-v1:0", "2026-11-28")]),
            "Beta [acme.beta-v1:0]: no reminder is due now; snoozed until Sat 2026-11-28 "
            "(in 5 days)",
            id="a snooze that ends before anything is due",
        ),
        pytest.param(
            lambda: digest(
                [replace(ending("Beta"), name="\u200b")],
                snoozes=[_of("acme.beta-v1:0", "2027-01-07")],
            ),
            "- acme.beta-v1:0 [acme.beta-v1:0]: end of life",
            id="a snooze of a model without a visible name",
        ),
        pytest.param(
            lambda: digest(
                [row()],
                states=[
                    covered(f"xx-{n}", failing_since="2026-11-20", why="Denied") for n in range(11)
                ],
            ),
            "and 1 more Region without an answer",
            id="one silent Region more than are named",
        ),
        pytest.param(
            lambda: digest([new(row())]),
            f"aws sns subscribe --region us-east-1 \\ --topic-arn {PLACE.alerts_topic} \\ "
            "--protocol email --notification-endpoint you@example.com",
            id="how to subscribe",
        ),
    ],
)
def test_what_the_digest_says(make: Callable[[], Alert | None], said: str) -> None:
    assert said in text(make())


def _of(model_id: str, until: str) -> Snooze:
    return replace(snoozed_until(until), model_id=model_id)


def test_snoozes_that_end_soon_come_first() -> None:
    rows = [ending("Beta"), ending("Gamma")]
    snoozes = [_of("acme.beta-v1:0", "2027-01-07"), _of("acme.gamma-v1:0", "2026-11-25")]

    found = text(digest(rows, snoozes=snoozes)).partition("REMINDERS HELD BACK")[2]

    assert found.index("Gamma") < found.index("Beta")


@pytest.mark.parametrize("in_use", [99, 100, 101, 400])
def test_of_many_models_those_in_use_are_listed_and_the_others_are_counted(in_use: int) -> None:
    found = hundreds(in_use=in_use, unused=250)

    said = text(found).partition("WHAT CHANGED")[0]

    used = [entry for entry in found.models if entry.in_use]
    listed = [entry for entry in used if f"[{entry.model_id}]" in said]
    assert listed == used[:100]
    assert ("and 1 more model:" in said) is (in_use == 101)
    assert said.count("[acme.rest-") == max(0, min(100 - in_use, 20))
    assert f"and {250 - said.count('[acme.rest-')} more models:" in said


def test_models_that_nobody_uses_are_listed_up_to_a_few_in_each_part() -> None:
    said = text(hundreds(in_use=0, unused=60))

    before, after = said.split("WHAT CHANGED", 1)
    assert before.count("[acme.rest-") == after.count("[acme.rest-") == 20
    assert before.count("and 40 more models:") == after.count("and 40 more models:") == 1


@pytest.mark.parametrize(
    ("only_told", "also_coming"),
    [
        pytest.param(8, 2, id="some, and a few of the others"),
        pytest.param(12, 0, id="many, and none of the others"),
    ],
)
def test_of_many_that_were_told_those_that_nothing_else_names_are_named(
    only_told: int, also_coming: int
) -> None:
    told_now = moved("Any").told.kinds
    soon = [ending(f"Soon{n:02}") for n in range(12)]
    soon = [replace(one, told=replace(one.told, kinds=told_now)) for one in soon]
    far = [moved(f"Far{n:02}") for n in range(only_told)]

    said = text(digest([*soon, *far])).partition("Told at once")[2].partition("TO ADD")[0]

    assert said.count("[acme.far") == only_told
    assert said.count("[acme.soon") == also_coming
    assert f"; and {12 - also_coming} more" in said


def test_snoozes_and_silent_regions_beyond_a_few_are_counted() -> None:
    rows = [ending(f"M{n:02}") for n in range(25)]
    snoozes = [_of(one.model_id, "2027-01-07") for one in rows]
    states = [
        covered(EAST),
        *(covered(f"xx-{n:02}", failing_since="2026-11-20", why="Denied") for n in range(14)),
    ]

    found = digest(rows, snoozes=snoozes, states=states)

    said = text(found)
    assert said.count("reminder is held back") == 20
    assert "- and 5 more" in said
    assert said.count("has given no usable answer since") == 10
    assert "- and 4 more Regions without an answer" in said
    assert "no answer from 14 Regions" in sure(found).reason


HOSTILE = [
    pytest.param("x\r\n\r\nNEEDS ATTENTION\n  - pay", id="line breaks"),
    pytest.param("safe\u202egnp.exe\u2066x\u2069\u200f\u200b", id="direction overrides"),
    pytest.param("\x00\x1b[31m\x07", id="control characters"),
    pytest.param("\u202e\u200b", id="nothing visible"),
    pytest.param("", id="nothing"),
    pytest.param("W" * 50_000, id="endless"),
    pytest.param("<!channel> <script>alert(1)</script> `*_~", id="markup"),
]


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_words(words: str) -> None:
    rows = [
        replace(one, name=words, provider=words)
        for one in (ending(), moved("Delta"), unused("Beta", "2026-12-20"), new(row("acme.new")))
    ]
    gap = Gap(EAST, Source.AGENTS, words)
    rows[0] = replace(rows[0], use=Use(called("2026-11-22").calls, gaps=(gap,)))
    found = sure(
        digest(
            rows,
            states=[
                covered(EAST, failing_since="2026-11-20", why=words),
                uncovered("af-south-1", words),
            ],
            snoozes=[replace(snoozed_until("2027-01-07"), by=words, why=words)],
            health_api=words,
        )
    )

    given = notification(found, PLACE)

    lines = given.document["text"].split("\n")
    assert lines.count("NEEDS ATTENTION") == 1
    shown = {unicodedata.category(char) for line in lines for char in line}
    assert not shown & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert len(given.document["text"]) < 8_000
    assert given.size() < 256 * 1024
    assert len(given.document["subject"]) <= 99
    for one in rows:
        assert f"[{one.model_id}]" in given.document["text"]


@settings(max_examples=60)
@given(
    uses=st.lists(st.sampled_from([True, None, False]), max_size=30),
    ends=st.lists(st.integers(-400, 400), min_size=30, max_size=30),
    told_in_week=st.lists(st.booleans(), min_size=30, max_size=30),
    failing=st.integers(0, 3),
    since_days=st.integers(0, 40),
)
def test_any_digest_has_a_sentence_a_subject_and_every_model_that_may_be_in_use(
    uses: list[bool | None],
    ends: list[int],
    told_in_week: list[bool],
    failing: int,
    since_days: int,
) -> None:
    today, rows = at(NOW).date(), []
    for number, (use, days, fresh) in enumerate(zip(uses, ends, told_in_week, strict=False)):
        life = lifecycle("LEGACY", None, None, str(today + timedelta(days)))
        kinds = {str(Kind.DATES_CHANGED): at("2026-11-23T07:00:00Z")} if fresh else {}
        known = told(Phase.LEGACY, life.dates, on="2026-11-10", kinds=kinds)
        rows.append(
            row(f"acme.m{number:02}", life=life, now=NOW, in_use=use, told=known, name=f"M{number}")
        )
    states = [covered(EAST)]
    states += [covered(f"x-{n}", failing_since="2026-11-20", why="Denied") for n in range(failing)]
    since = (at("2026-11-23T06:00:00Z") - timedelta(since_days)).isoformat()

    found = digest(rows, states=states, since=since)

    if found is None:
        return
    assert found.reason == digest_reason(found)
    assert found.reason[0] in "0123456789NM"
    assert found.reason.endswith(".")
    assert "  " not in found.reason
    line = subject(found)
    assert len(line) <= 99
    assert not line.endswith((":", ": ", "...", ";"))
    said = text(found)
    for entry in found.models:
        if entry.in_use is not False:
            assert f"[{entry.model_id}]" in said
