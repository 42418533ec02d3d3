"""What is said of AWS Health events: AWS's words as AWS's, ours as ours, and no date invented."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from notifier.grouping import group, sample_alert
from notifier.health_event import Concern, Entity, HealthNews
from notifier.model import Alert, Dates, Phase
from notifier.render.document import notification
from notifier.render.layout import quoted
from notifier.render.sentences import news_of, reason, subject
from notifier.render.words import count_text, paragraphs
from notifier.successor import Successor
from tests.core.cases import (
    DYING,
    END_ON,
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
from tests.core.health_alerts import (
    ISSUE,
    NOTIFICATION,
    PLANNED,
    about_nothing,
    alert_about,
    announcement,
    concerned,
    event,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from notifier.model import TrackedModel

ENDS = dates(None, None, END_ON)
NOTICE = {"type_code": NOTIFICATION, "category": "accountNotification"}


def text(alert: Alert) -> str:
    """Give the text of the e-mail about an alert, its lines kept."""
    return str(notification(alert, PLACE).document["text"])


def unfolded(alert: Alert) -> str:
    """Give the text of the e-mail on one line."""
    return " ".join(text(alert).split())


def said(news: HealthNews, *rows: TrackedModel) -> str:
    return reason(alert_about(news, *rows))


def milestones(given: Dates, *rows: TrackedModel, on: str = LEGACY_ON) -> Alert:
    """Give the alert about an event that says these dates."""
    return alert_about(HealthNews(event(), dates=given), *(rows or (concerned(given),)), on=on)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        pytest.param(
            announcement,
            "AWS Health: Claude Sonnet 4.5 reaches end of life in 182 days (Thu 2027-04-08).",
            id="a date ahead",
        ),
        pytest.param(
            lambda: announcement(on="2027-04-08"),
            "AWS Health: Claude Sonnet 4.5 reaches end of life today (Thu 2027-04-08).",
            id="today",
        ),
        pytest.param(
            lambda: announcement(on="2027-04-11"),
            "AWS Health: Claude Sonnet 4.5 reached end of life 3 days ago (Thu 2027-04-08).",
            id="a date that has passed is told as past",
        ),
        pytest.param(
            lambda: milestones(dates("2026-12-01")),
            "AWS Health: Claude Sonnet 4.5 enters Legacy in 54 days (Tue 2026-12-01).",
            id="Legacy",
        ),
        pytest.param(
            lambda: milestones(dates("2026-09-01")),
            "AWS Health: Claude Sonnet 4.5 entered Legacy 37 days ago (Tue 2026-09-01).",
            id="Legacy, in the past",
        ),
        pytest.param(
            lambda: milestones(dates(None, "2027-01-08")),
            "AWS Health: Claude Sonnet 4.5 enters public extended access, which costs more, in 92 "
            "days (Fri 2027-01-08).",
            id="extended access",
        ),
        pytest.param(
            lambda: milestones(dates(None, "2026-10-07")),
            "AWS Health: Claude Sonnet 4.5 entered public extended access, which costs more, "
            "yesterday (Wed 2026-10-07).",
            id="extended access, in the past",
        ),
        pytest.param(
            lambda: replace(announcement(), milestone_date=None),
            "AWS Health: Claude Sonnet 4.5 reaches end of life, on a date that is not stated.",
            id="a milestone without a date",
        ),
        pytest.param(
            lambda: milestones(
                ENDS, concerned(ENDS), replace(concerned(name="Beta"), model_id="acme.beta")
            ),
            "AWS Health: Beta and Claude Sonnet 4.5 reach end of life in 182 days "
            "(Thu 2027-04-08).",
            id="two models",
        ),
        pytest.param(
            lambda: announcement("2027-04-15", life=DYING, on="2027-02-07"),
            "AWS Health: Claude Sonnet 4.5 reaches end of life in 67 days (Thu 2027-04-15); the "
            "Bedrock API says Thu 2027-04-08.",
            id="another date than the API's",
        ),
        pytest.param(
            lambda: announcement(life=DYING),
            "AWS Health: Claude Sonnet 4.5 reaches end of life in 182 days (Thu 2027-04-08).",
            id="the API's own date",
        ),
    ],
)
def test_what_aws_health_says_of_models(make: Callable[[], Alert], sentence: str) -> None:
    assert reason(make()) == sentence


def test_dates_of_the_api_that_differ_among_models_are_not_said_of_all() -> None:
    one = concerned(dates(None, None, "2027-04-15"), life=DYING)
    other = replace(concerned(dates(None, None, "2027-04-15")), region=WEST)

    found = milestones(dates(None, None, "2027-04-15"), one, other)

    assert "the Bedrock API says" not in found.reason


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        pytest.param(
            said(HealthNews(event())),
            f"AWS Health announces a planned lifecycle event about Amazon Bedrock in us-east-1 "
            f"({PLANNED}), for Thu 2027-04-08 (in 182 days).",
            id="a planned change of nothing that is tracked",
        ),
        pytest.param(
            said(HealthNews(event(type_code="AWS_BEDROCK_MAINTENANCE"))),
            "AWS Health announces a scheduled change to Amazon Bedrock in us-east-1 "
            "(AWS_BEDROCK_MAINTENANCE), for Thu 2027-04-08 (in 182 days).",
            id="a scheduled change",
        ),
        pytest.param(
            said(HealthNews(event(**NOTICE))),
            f"AWS Health sends an account notification about Amazon Bedrock in us-east-1 "
            f"({NOTIFICATION}).",
            id="a notification, which has no date but that of its publishing",
        ),
        pytest.param(
            said(HealthNews(event(**NOTICE)), concerned()),
            f"AWS Health sends an account notification about Claude Sonnet 4.5 ({NOTIFICATION}).",
            id="a notification about a model",
        ),
        pytest.param(
            said(HealthNews(event(type_code=ISSUE, category="issue"))),
            f"AWS Health reports an operational issue with Amazon Bedrock in us-east-1 ({ISSUE}).",
            id="an operational issue",
        ),
        pytest.param(
            said(HealthNews(event(type_code="", category="", region=""))),
            "AWS Health sends an event of a kind not known to us about Amazon Bedrock.",
            id="an event that says nothing of itself",
        ),
        pytest.param(
            said(HealthNews(event(status="closed"), is_update=True), concerned()),
            "AWS Health has closed its notice about Claude Sonnet 4.5.",
            id="closed",
        ),
        pytest.param(
            said(HealthNews(event(status="closed"))),
            "AWS Health has a notice about Amazon Bedrock in us-east-1 that is closed already.",
            id="closed before it was ever told",
        ),
        pytest.param(
            said(HealthNews(event(), is_update=True, changes=("a", "b", "c", "d")), concerned()),
            "AWS Health has updated its notice about Claude Sonnet 4.5: a; b; and 2 more.",
            id="an update with many changes",
        ),
        pytest.param(
            said(HealthNews(event(), is_update=True), concerned()),
            "AWS Health has updated its notice about Claude Sonnet 4.5.",
            id="an update that does not say what it changes",
        ),
    ],
)
def test_events_without_a_milestone_of_a_model(sentence: str, expected: str) -> None:
    assert sentence == expected


@pytest.mark.parametrize("concern", Concern)
def test_every_kind_of_event_has_its_words(concern: Concern) -> None:
    by_concern = {
        Concern.LIFECYCLE: event(),
        Concern.SCHEDULED_CHANGE: event(type_code="X"),
        Concern.ACCOUNT_NOTIFICATION: event(**NOTICE),
        Concern.OPERATIONAL_ISSUE: event(type_code=ISSUE, category="investigation"),
        Concern.OTHER: event(type_code="X", category="brandNew"),
    }
    found = by_concern[concern]
    assert found.concern is concern

    for rows in ((), (concerned(),)):
        alert = alert_about(HealthNews(found), *rows)
        assert concern.value in alert.reason
        assert f"Kind {concern}" in unfolded(alert)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        pytest.param(
            announcement,
            "[warning] Claude Sonnet 4.5: AWS Health says end of life in 182 days (2027-04-08)",
            id="a date ahead",
        ),
        pytest.param(
            lambda: announcement(on="2027-04-11"),
            "[warning] Claude Sonnet 4.5: AWS Health says end of life 3 days ago (2027-04-08)",
            id="a date that has passed",
        ),
        pytest.param(
            lambda: replace(announcement(), milestone_date=None),
            "[warning] Claude Sonnet 4.5: AWS Health says end of life, no date",
            id="no date",
        ),
        pytest.param(
            lambda: alert_about(
                HealthNews(event(), dates=ENDS, is_update=True), concerned(), concerned(region=WEST)
            ),
            "[warning] Claude Sonnet 4.5: AWS Health update, end of life in 182 days (2027-04-08)",
            id="an update",
        ),
        pytest.param(
            lambda: about_nothing(event(), is_update=True),
            "[warning] Amazon Bedrock in us-east-1: AWS Health update of planned lifecycle event "
            "for 2027-04-08",
            id="an update about no model",
        ),
        pytest.param(
            lambda: alert_about(HealthNews(event(status="closed"), dates=ENDS), concerned()),
            "[warning] Claude Sonnet 4.5: AWS Health has closed its notice",
            id="closed",
        ),
        pytest.param(
            lambda: alert_about(HealthNews(event(**NOTICE)), concerned()),
            "[warning] Claude Sonnet 4.5: AWS Health account notification",
            id="a notification about a model",
        ),
        pytest.param(
            lambda: about_nothing(event(type_code="X", category="brandNew", region="")),
            "[warning] Amazon Bedrock: AWS Health event",
            id="a kind not known to us",
        ),
        pytest.param(
            lambda: sample_alert("token", at(LEGACY_ON)),
            "[info] TEST: Bedrock lifecycle notifier, nothing has happened to any model",
            id="a test says so first",
        ),
    ],
)
def test_subjects(make: Callable[[], Alert], expected: str) -> None:
    assert subject(make()) == expected


def test_an_alert_of_this_kind_without_its_event_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="HEALTH_EVENT has no event"):
        news_of(replace(announcement(), health=None))


HOSTILE = (
    "<b>\u202e*_`x\r\n\x00[a](http://x)\u2028WHAT TO DO\n  1. {0} %s $(reboot) '\"\\" + "y" * 900
)


def hostile(*rows: TrackedModel, is_update: bool) -> Alert:
    """Give an alert every text of which means harm."""
    found = event(
        type_code=HOSTILE,
        status=HOSTILE,
        region=HOSTILE,
        arn=f"arn:{HOSTILE}",
        scope=HOSTILE,
        language=HOSTILE,
        description=HOSTILE,
        actionability=HOSTILE,
    )
    others = (Entity(HOSTILE, HOSTILE), Entity("\u202e\u200b"))
    changes = (HOSTILE,) * 20 if is_update else ()
    news = HealthNews(found, is_update=is_update, changes=changes, other_entities=others)
    return alert_about(news, *rows)


@pytest.mark.parametrize("is_update", [False, True], ids=["first", "update"])
@pytest.mark.parametrize("rows", [(), (concerned(),)], ids=["no model", "a model"])
def test_no_text_of_an_event_does_harm(
    rows: tuple[TrackedModel, ...],
    is_update: bool,  # noqa: FBT001 (a value of the case)
) -> None:
    alert = hostile(*rows, is_update=is_update)
    document = notification(alert, PLACE).document
    assert len(alert.reason) < 700
    assert not {c for c in alert.reason if unicodedata.category(c).startswith("C")}
    written = str(document["text"])

    lines = written.splitlines()
    assert lines.count("WHAT TO DO") == 1
    assert sum(line.startswith("  1. ") for line in lines) == 1
    assert {c for c in written if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"}} == {"\n"}
    assert 0 < len(document["subject"]) < 100
    assert all(" " <= char <= "~" for char in document["subject"])
    command = next(line for line in lines if "--event-arns" in line)
    assert command.count("'") == 2
    assert "- (nothing that can be shown)" in written


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param("a\r\nb\rc\nd", "a\nb\nc\nd", id="line ends of every kind"),
        pytest.param("a\u2028b\u2029c\x85d\x0be\x0cf", "a\nb\nc\nd\ne\nf", id="and rare ones"),
        pytest.param("\n\n a \n\n\n\n \t \nb\n\n", "a\n\nb", id="of empty lines one is left"),
        pytest.param("a\x00\x07b\x1b[31m\tc", "a b [31m c", id="control characters"),
        pytest.param("safe\u202egnp\u2066x\u2069\u200f", "safegnpx", id="direction overrides"),
        pytest.param("ze\u200bro\ufeff\u00ad", "zero", id="invisible characters"),
        pytest.param("lone \ud83d\udc00 end", "lone end", id="lone surrogates"),
        pytest.param("\u202e\u200b\n\x00", "", id="nothing visible"),
        pytest.param("", "", id="empty"),
        pytest.param("通义千问\n한국어", "通义千问\n한국어", id="other scripts"),
        pytest.param("x" * 100, "x" * 100, id="as long as may be"),
        pytest.param("x" * 101, "x" * 99 + "…", id="too long"),
        pytest.param("x" * 98 + " yy" + "z" * 99, "x" * 98 + "…", id="no space before the cut"),
    ],
)
def test_text_of_several_lines_made_safe(given: str, expected: str) -> None:
    assert paragraphs(given, 100) == expected


@pytest.mark.parametrize(
    "given",
    [
        "\N{GRINNING FACE}" * 100_000,
        "a\n" * 50_000,
        "\u202e" * 100_000 + "x" * 200,
        "e\u0301" * 50_000,
        "y " * 50_000,
    ],
    ids=["four bytes a character", "lines", "overrides", "combining", "words"],
)
def test_a_hundred_thousand_characters_are_cut_and_marked(given: str) -> None:
    found = paragraphs(given, 100, "\n(cut)")

    assert len(found) <= 100
    assert found.endswith("\n(cut)")
    found.encode()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param("a\n\nb", "  | a\n  |\n  | b", id="lines, and empty ones"),
        pytest.param("w " * 40, f"  | {'w ' * 36}".rstrip() + "\n  | w w w w", id="a long line"),
        pytest.param("u" * 300, f"  | {'u' * 300}", id="an address stays whole"),
        pytest.param("u" * 301, f"  | {'u' * 300}\n  | u", id="what is no address does not"),
        pytest.param("字" * 40, f"  | {'字' * 36} {'字' * 4}", id="a script without spaces"),
    ],
)
def test_quotations(given: str, expected: str) -> None:
    assert quoted(given) == expected


@pytest.mark.parametrize(
    ("count", "noun", "expected"),
    [
        (1, "affected entity", "1 affected entity"),
        (2, "affected entity", "2 affected entities"),
        (0, "day", "0 days"),
        (1_000, "reply", "1,000 replies"),
    ],
)
def test_counts_of_nouns(count: int, noun: str, expected: str) -> None:
    assert count_text(count, noun) == expected


def test_a_long_description_is_cut_and_says_where_the_rest_is() -> None:
    found = text(alert_about(HealthNews(event(description="word " * 20_000)), concerned()))

    assert "\n  | … cut here; the whole text is in AWS Health\n" in found
    assert found.count("word") < 1_000


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en_US", "WHAT AWS SAYS\n"),
        ("", "WHAT AWS SAYS\n"),
        ("ja_JP", "WHAT AWS SAYS (in ja_JP; it gives no English text)\n"),
    ],
)
def test_a_text_that_is_not_english_says_so(language: str, title: str) -> None:
    news = HealthNews(event(description="お知らせ", language=language))

    assert f"\n{title}  | お知らせ\n" in text(alert_about(news))


def test_what_an_event_does_not_say_has_no_line() -> None:
    bare = event(
        type_code="", status="", region="", arn="", start_at=None, actionability="", language=""
    )
    found = text(alert_about(HealthNews(bare), concerned()))

    shown = found.split("THE EVENT\n")[1].split("\n\n")[0]
    assert re.findall(r"^  (\S+(?: \S+)?)  ", shown, re.MULTILINE) == ["Kind", "Last updated"]
    assert "WHAT AWS SAYS" not in found
    assert "describe-event-details" not in found
    assert "Read AWS's words" not in found


def test_the_data_of_an_event_is_there() -> None:
    full = event(
        end_at=at("2027-05-01T00:30:00Z"), actionability="ACTION_MAY_BE_REQUIRED", status="open"
    )
    found = unfolded(alert_about(HealthNews(full)))

    assert (
        f"THE EVENT Type {PLANNED} Kind planned lifecycle event Status open Region us-east-1 "
        "Start Thu 2027-04-08 07:00 UTC End Sat 2027-05-01 00:30 UTC "
        "Last updated Wed 2026-10-07 16:20 UTC Actionability action may be required "
        f"ARN {full.arn}"
    ) in found


@pytest.mark.parametrize(
    ("partition", "there", "not_there"),
    [
        ("aws", "https://health.aws.amazon.com/health/home", "AWS console"),
        ("aws-us-gov", "--region us-gov-west-1", "health.aws.amazon.com"),
        ("aws-eusc", "of the AWS console", "describe-event-details"),
    ],
)
def test_where_the_event_is_depends_on_the_partition(
    partition: str, there: str, not_there: str
) -> None:
    place = PLACE._replace(partition=partition)
    found = str(notification(announcement(), place).document["text"])

    assert there in found
    assert not_there not in found


@pytest.mark.parametrize(
    ("by_health", "life", "lines"),
    [
        pytest.param(
            ENDS,
            lifecycle(),
            "AWS Health says end of life Thu 2027-04-08 (in 182 days); the Bedrock API does not "
            "show it yet In use",
            id="the API says nothing",
        ),
        pytest.param(
            dates(None, None, "2027-04-15"),
            DYING,
            "AWS Health says end of life Thu 2027-04-15 (in 189 days); the Bedrock API above says "
            "otherwise In use",
            id="the API says otherwise",
        ),
        pytest.param(
            dates("2026-11-01", None, END_ON),
            DYING,
            "AWS Health says Legacy Sun 2026-11-01 (in 24 days); the Bedrock API above says "
            "otherwise In use",
            id="only what differs",
        ),
        pytest.param(
            dates("2026-11-01", "2027-02-01"),
            lifecycle(),
            "AWS Health says Legacy Sun 2026-11-01 (in 24 days); the Bedrock API does not show it "
            "yet public extended access Mon 2027-02-01 (in 116 days); the Bedrock API does not "
            "show it yet In use",
            id="several dates",
        ),
    ],
)
def test_both_dates_are_shown_each_with_its_source(
    by_health: Dates, life: object, lines: str
) -> None:
    one = concerned(by_health, life=life)  # type: ignore[arg-type]

    assert lines in unfolded(alert_about(HealthNews(event()), one))


def test_a_date_on_which_both_agree_is_not_said_twice() -> None:
    found = unfolded(alert_about(HealthNews(event()), concerned(SONNET_DATES, life=DYING)))

    assert "AWS Health says" not in found
    assert "different dates" not in found


def reminder(count: int) -> Alert:
    """Give a reminder about models of which AWS Health says another date."""
    extended = told(Phase.EXTENDED_ACCESS, SONNET_DATES, on=EXTENDED_ON)
    rows = [
        replace(
            row(f"acme.m{n:02}-v1:0", life=DYING, now="2027-02-07", told=extended),
            by_health=dates(None, None, "2027-04-15"),
        )
        for n in range(count)
    ]
    (found,) = group(judge_rows(rows, "2027-02-07").decisions, at("2027-02-07"))
    return found


@pytest.mark.parametrize(
    ("count", "last"), [(1, "; the Bedrock API above says otherwise"), (11, "")]
)
def test_any_other_alert_says_what_aws_health_says_too(count: int, last: str) -> None:
    found = unfolded(reminder(count))

    assert found.count(f"AWS Health says end of life Thu 2027-04-15 (in 67 days){last}") == count


def test_dates_that_differ_call_for_the_earlier_one() -> None:
    differs = unfolded(announcement("2027-04-15", life=DYING))
    unknown_to_api = unfolded(announcement())

    assert "plan by the earlier one until they agree" in differs
    assert "plan by the earlier one" not in unknown_to_api


BY_AWS = Successor("acme.next-v1:0", "Next", "AWS Health", ("no streaming",))


@pytest.mark.parametrize("count", [1, 11], ids=["in full", "as a list"])
def test_a_successor_that_aws_recommends_is_awss_word(count: int) -> None:
    rows = [
        replace(concerned(ENDS, successor=BY_AWS), model_id=f"acme.m{n}-v1:0") for n in range(count)
    ]
    found = unfolded(alert_about(HealthNews(event(), dates=ENDS), *rows))

    if count == 1:
        assert "Successor Next [acme.next-v1:0]: recommended by AWS Health It differs no" in found
    else:
        assert found.count("; AWS Health recommends Next;") == count
    assert "our guess" not in found
    assert "ikely successor" not in found
    assert "Begin with the successor named above" in found


def test_what_is_affected_and_not_tracked_is_named_up_to_a_point() -> None:
    others = [Entity(f"thing-{n}", "PENDING" if n else "") for n in range(10_000)]
    found = text(about_nothing(event(), *others))

    listed = found.split("AFFECTED, NOT TRACKED HERE\n")[1].split("\n\n")[0].split("\n")
    assert listed[:2] == ["  - thing-0", "  - thing-1 (PENDING)"]
    assert listed[19:] == ["  - thing-19 (PENDING)", "  - and 9,980 more"]


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ((2,), "1 of the event's pages has not arrived: the list of what is affected may be"),
        ((2, 3), "2 of the event's pages have not arrived: the list of what is affected may be"),
    ],
)
def test_missing_pages_are_told(missing: tuple[int, ...], sentence: str) -> None:
    assert sentence in unfolded(about_nothing(event(missing_pages=missing)))
    assert "pages" not in unfolded(about_nothing(event()))


def test_many_changes_are_cut_with_a_count() -> None:
    news = HealthNews(event(), is_update=True, changes=tuple(f"change {n}" for n in range(10)))
    found = text(alert_about(news, concerned()))

    shown = found.split("WHAT CHANGED\n")[1].split("\n\n")[0].split("\n")
    assert shown[0] == "  - change 0"
    assert shown[7:] == ["  - change 7", "  - and 2 more changes"]


LAPSE = "access may lapse after 15 days without a call"
FAILS = "every request fails, on the date or soon after it"
DEARER = "every call now costs what the model provider asks"
BEGINS = "Public extended access begins Fri 2027-01-08: each call may cost more"
MAY_COME = "Public extended access, at a price set by the model provider, may come first"


@pytest.mark.parametrize(
    ("given", "life", "on", "meant"),
    [
        pytest.param(
            ENDS,
            lifecycle(),
            LEGACY_ON,
            {LAPSE, MAY_COME, FAILS},
            id="an active model becomes Legacy",
        ),
        pytest.param(ENDS, DYING, "2026-10-20", {LAPSE, BEGINS, FAILS}, id="a Legacy model"),
        pytest.param(
            ENDS, DYING, "2027-02-01", {LAPSE, DEARER, FAILS}, id="a model in extended access"
        ),
        pytest.param(ENDS, DYING, "2027-04-09", {FAILS}, id="a model that has ended"),
        pytest.param(dates("2026-12-01"), lifecycle(), LEGACY_ON, {LAPSE, MAY_COME}, id="Legacy"),
        pytest.param(
            dates(None, "2027-01-08"), DYING, "2026-10-20", {LAPSE, DEARER}, id="extended access"
        ),
        pytest.param(dates(), lifecycle(), LEGACY_ON, set(), id="nothing that can be read"),
        pytest.param(dates(), DYING, "2026-10-20", {LAPSE, BEGINS}, id="but the phase there is"),
    ],
)
def test_what_is_announced_has_its_consequences(
    given: Dates, life: object, on: str, meant: set[str]
) -> None:
    one = concerned(life=life, now=on)  # type: ignore[arg-type]
    found = unfolded(alert_about(HealthNews(event(), dates=given), one, on=on))

    assert {what for what in (LAPSE, FAILS, DEARER, BEGINS, MAY_COME) if what in found} == meant
    assert ("No milestone with a date could be read" in found) is (given == dates())
    assert "\nWHAT TO DO\n  1. Find who calls it" in text(
        alert_about(HealthNews(event(), dates=given), one, on=on)
    )


def test_when_it_gets_dearer_is_taken_from_aws_health_where_the_api_is_silent() -> None:
    given = dates("2026-12-01", "2027-01-08", END_ON)
    found = unfolded(alert_about(HealthNews(event(), dates=given), concerned(given)))

    assert BEGINS in found


def test_only_the_announced_milestone_has_the_announced_date() -> None:
    found = unfolded(milestones(ENDS, concerned(ENDS)))

    assert "While Legacy: it keeps answering" in found
    assert f"At the end of life (Thu 2027-04-08): {FAILS}" in found


@pytest.mark.parametrize(
    ("alert", "meant", "advised"),
    [
        pytest.param(
            alert_about(HealthNews(event(status="closed"), dates=ENDS), concerned(ENDS)),
            "AWS says no more about this event",
            "Nothing because of this alone.",
            id="closed",
        ),
        pytest.param(
            about_nothing(event(type_code=ISSUE, category="issue")),
            "not about the lifecycle of a model",
            "If calls fail or are slow now, this may be why",
            id="an operational issue",
        ),
        pytest.param(
            about_nothing(event(description="Hello.")),
            "It names no model that is tracked here",
            "Read AWS's words above",
            id="nothing that is tracked",
        ),
    ],
)
def test_where_no_milestone_is_announced_none_is_explained(
    alert: Alert, meant: str, advised: str
) -> None:
    found = unfolded(alert)

    assert meant in found
    assert f"WHAT TO DO 1. {advised}" in found
    assert FAILS not in found
    assert "THE ERRORS YOU WOULD SEE" not in found


def test_an_operational_issue_that_names_a_date_is_taken_at_its_word() -> None:
    one = event(type_code=ISSUE, category="issue")
    found = unfolded(alert_about(HealthNews(one, dates=ENDS), concerned(ENDS)))

    assert "not about the lifecycle of a model" not in found
    assert FAILS in found


@pytest.mark.parametrize("rows", [(), (concerned(),)], ids=["no model", "a model"])
def test_where_to_look_beside_an_operational_issue(rows: tuple[TrackedModel, ...]) -> None:
    one = event(type_code=ISSUE, category="issue")

    assert (PLACE.models_table in text(alert_about(HealthNews(one), *rows))) is bool(rows)


def test_a_test_names_where_it_came_from_and_can_be_taken_for_nothing_else() -> None:
    found = sample_alert("token", at(LEGACY_ON))
    document = notification(found, PLACE).document
    sample = [line for line in text(found).splitlines() if "Sample Model" in line]

    assert found.reason == (
        "This is a test of the Bedrock lifecycle notifier: nothing has happened to any model."
    )
    assert text(found).startswith("This is a test")
    assert f"AWS account {PLACE.account_id}, {PLACE.region}" in unfolded(found)
    assert sample
    assert all(line.startswith("  | ") for line in sample)
    assert "  1. Nothing." in text(found)
    assert (document["severity"], document["kind"], document["models"]) == ("info", "TEST", [])
