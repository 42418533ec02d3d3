"""The e-mails as people get them: one of every kind, kept in docs/emails to be read.

UPDATE_GOLDEN=1 rewrites the files; read them before they are committed.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from notifier.capacity import Capacity, Peak, capacity_line
from notifier.coverage import coverage_news
from notifier.decide import Newcomers
from notifier.grouping import baseline, coverage_alert, group, sample_alert
from notifier.health_event import Entity, HealthNews
from notifier.model import Alert, Kind, Phase, RegionState, TrackedModel, Why
from notifier.render.document import notification
from notifier.scope import Scope
from notifier.snooze import Snoozes
from notifier.successor import Successor
from notifier.usage import Calls, CallsFrom, Source, Use, UsedBy
from tests.core.cases import (
    DYING,
    EAST,
    END_ON,
    EUROPE,
    EXTENDED,
    EXTENDED_ON,
    KNOWN,
    LEGACY_ON,
    PLACE,
    POLICY,
    SONNET,
    SONNET_DATES,
    WEST,
    at,
    called,
    dates,
    deferred,
    judge_rows,
    lifecycle,
    row,
    told,
)
from tests.core.digest_alerts import a_week, blind, hundreds, resolved_on, snoozed_until
from tests.core.health_alerts import (
    ISSUE,
    NOTIFICATION,
    about_nothing,
    alert_about,
    concerned,
    event,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notifier.snooze import Snooze

EMAILS = Path(__file__).parents[2] / "docs" / "emails"
REGIONS = (EAST, WEST, EUROPE)
SUCCESSOR = Successor(
    "anthropic.claude-sonnet-4-6",
    "Claude Sonnet 4.6",
    "same family, newest active",
    ("only through an inference profile", "no fine-tuning"),
)
USE = Use(
    calls=(CallsFrom(EAST, Calls(f"us.{SONNET}", date(2026, 10, 7), 18_234, 1_240_000, 310_000)),),
    used_by=(
        UsedBy(
            Source.AGENTS,
            "support-bot",
            "arn:aws:bedrock:us-east-1:123456789012:agent/SUPPORTBOT",
            EAST,
        ),
    ),
    known_on=date(2026, 10, 8),
)
CAPACITY = {
    SONNET: (
        "us-east-1: "
        + capacity_line("Claude Sonnet 4.6", Capacity(1_000, 2_000_000, Peak(212, 940_000))),
    )
}

POLICY_ANNOUNCING = POLICY.__class__(
    POLICY.scope, POLICY.scope_before, POLICY.ladders, announce_new_models=True
)


def everywhere(now: str, **parts: object) -> Alert:
    """Give the alert about one model in three Regions."""
    rows = [row(region=region, now=now, **parts) for region in REGIONS]  # type: ignore[arg-type]
    return alert(rows, now)


def alert(
    rows: list[TrackedModel], now: str, capacities: Mapping[str, tuple[str, ...]] | None = None
) -> Alert:
    """Give the one alert about rows."""
    (found,) = group(judge_rows(rows, now).decisions, at(now), capacities)
    return found


def entered_legacy(now: str) -> Alert:
    """Give the alert that says most: a model in use by a profile and an agent, in two Regions."""
    used = [
        row(region=region, now=now, life=DYING, in_use=True, use=USE, successor=SUCCESSOR)
        for region in (EAST, WEST)
    ]
    unused = row(
        region=EUROPE,
        now=now,
        life=DYING,
        in_use=False,
        use=Use(known_on=USE.known_on),
        successor=SUCCESSOR,
    )
    watching = replace(POLICY, scope=Scope(watch=("*",)), scope_before=Scope(watch=("*",)))
    verdict = judge_rows([*used, unused], now, watching)
    (found,) = group(verdict.decisions, at(now), CAPACITY)
    return found


def idle(now: str) -> Alert:
    use = called("2026-10-08", known_on="2026-10-20", invocations_14d=0)
    return everywhere(now, life=DYING, told=KNOWN, in_use=True, use=use, successor=SUCCESSOR)


def begun(now: str) -> Alert:
    waiting = deferred(KNOWN.facts, LEGACY_ON, why=Why.NOT_IN_USE)
    use = called(now, invocations_14d=12)
    return everywhere(now, life=DYING, deferred=waiting, in_use=True, use=use, successor=SUCCESSOR)


def reopened(now: str) -> Alert:
    """Give the alert about a model that somebody had done with, and that is called again."""
    snoozes = Snoozes([resolved_on("2026-10-10")])
    use = called(now, invocations_14d=311, input_tokens_per_day=42_000)
    rows = [
        row(
            region=region,
            now=now,
            life=DYING,
            told=KNOWN,
            in_use=True,
            use=use,
            successor=SUCCESSOR,
        )
        for region in (EAST, WEST)
    ]
    verdict = judge_rows(rows, now, replace(POLICY, snoozes=snoozes))
    (found,) = group(verdict.decisions, at(now), CAPACITY)
    return found


def earlier_though_snoozed() -> Alert:
    """Give the alert about less time than was known when reminders were put off."""
    now = "2026-12-18"
    snoozes = Snoozes([snoozed_until("2027-01-07")])
    use = called("2026-12-17", invocations_14d=1_204)
    one = row(
        now=now,
        life=lifecycle("LEGACY", LEGACY_ON, EXTENDED_ON, "2027-03-01"),
        told=KNOWN,
        in_use=True,
        use=use,
    )
    verdict = judge_rows([one], now, replace(POLICY, snoozes=snoozes))
    (found,) = group(verdict.decisions, at(now))
    return found


def model_added(now: str) -> Alert:
    rows = [
        row("amazon.nova-3-pro-v1:0", region, name="Nova 3 Pro", provider="Amazon", now=now)
        for region in (EAST, WEST)
    ]
    newcomers = Newcomers(frozenset(one.key for one in rows))
    verdict = judge_rows(rows, now, POLICY_ANNOUNCING, newcomers=newcomers)
    (found,) = group(verdict.decisions, at(now))
    return found


def first_sight(now: str) -> Alert:
    rows = [
        *(row(region=region, life=DYING, now=now) for region in REGIONS),
        row(
            "ai21.jamba-1-5-large-v1:0",
            life=lifecycle("LEGACY", "2026-05-26", "2026-08-26", "2026-11-26"),
            now=now,
            name="Jamba 1.5 Large",
            provider="AI21 Labs",
        ),
        row(
            "acme.announced-v1:0",
            life=lifecycle("ACTIVE", "2026-12-08"),
            now=now,
            name="Announced",
            provider="Acme",
        ),
        row("cohere.command-r-v1:0", life=lifecycle("LEGACY"), name="Command R", provider="Cohere"),
        *(row(f"acme.calm-{n}-v1:0", region) for n in range(40) for region in REGIONS),
    ]
    states = [
        *(RegionState(region, covered_since=at(now)) for region in REGIONS),
        RegionState("af-south-1", failure="AccessDeniedException"),
        RegionState("me-south-1", failure="UnrecognizedClientException"),
    ]
    return baseline(rows, states, at(now))


def coverage(now: str, **state: object) -> Alert:
    found = RegionState(EUROPE, covered_since=at("2026-09-01"), **state)  # type: ignore[arg-type]
    (news,) = coverage_news([found], (), at(now))
    return coverage_alert(news, at(now))


ANNOUNCED = """\
We are contacting you because you have used Claude Sonnet 4.5 on Amazon Bedrock in the past 30 \
days.

Claude Sonnet 4.5 will reach end of life on April 8, 2027. What this means for you:
- Until then your requests are answered.
- From then on your requests will fail.

We recommend that you migrate to Claude Sonnet 4.6. If you have questions, contact AWS Support \
(https://aws.amazon.com/support)."""
RECOMMENDED = Successor(
    SUCCESSOR.model_id, SUCCESSOR.name, "AWS Health", ("only through an inference profile",)
)
ENDS = dates(None, None, END_ON)


def health_first() -> Alert:
    """Give what AWS Health announces a day before the API: a model in use, with its successor."""
    found = event(
        description=ANNOUNCED,
        entities=(
            Entity(f"arn:aws:bedrock:us-east-1::foundation-model/{SONNET}", "PENDING"),
            Entity("arn:aws:bedrock:us-east-1:123456789012:agent/OLDAGENT", "PENDING"),
        ),
        actionability="ACTION_REQUIRED",
    )
    news = HealthNews(found, dates=ENDS, other_entities=(found.entities or ())[1:])
    found_alert = alert_about(news, concerned(ENDS, use=USE, successor=RECOMMENDED))
    (only,) = found_alert.models
    return replace(found_alert, models=(replace(only, capacity=CAPACITY[SONNET]),))


def health_disagrees() -> Alert:
    later = dates(None, None, "2027-04-15")
    found = event(
        start_at=at("2027-04-15T07:00:00Z"),
        updated_at=at("2027-02-06T10:00:00Z"),
        description="Claude Sonnet 4.5 will reach end of life on 2027-04-15.",
        missing_pages=(2, 3),
    )
    use = called("2027-02-06", known_on="2027-02-07", invocations_14d=1_204)
    one = concerned(later, life=DYING, now="2027-02-07", use=use)
    return alert_about(HealthNews(found, dates=later), one, on="2027-02-07")


def health_update() -> Alert:
    later = dates(None, None, "2027-05-06")
    found = event(
        start_at=at("2027-05-06T07:00:00Z"),
        updated_at=at("2026-12-01T18:00:00Z"),
        description="Claude Sonnet 4.5 will reach end of life on May 6, 2027, not on April 8.",
    )
    news = HealthNews(
        found,
        dates=later,
        is_update=True,
        changes=(
            "its date has moved later, to Thu 2027-05-06, from Thu 2027-04-08",
            "the text has changed",
        ),
    )
    use = called("2026-12-01", known_on="2026-12-02", invocations_14d=977)
    one = concerned(later, life=DYING, now="2026-12-02", use=use)
    return alert_about(news, one, on="2026-12-02")


def health_closed() -> Alert:
    found = event(
        status="closed",
        updated_at=at("2027-04-09T09:00:00Z"),
        end_at=at("2027-04-09T08:00:00Z"),
        description="Claude Sonnet 4.5 has reached end of life.",
    )
    news = HealthNews(
        found,
        dates=ENDS,
        is_update=True,
        changes=("AWS has closed the event", "the text has changed"),
    )
    use = called("2027-04-07", known_on="2027-04-09", invocations_14d=12)
    return alert_about(news, concerned(life=DYING, now="2027-04-09", use=use), on="2027-04-09")


def health_notification() -> Alert:
    """Give what hostile text looks like, with nothing tracked behind it."""
    found = event(
        type_code=NOTIFICATION,
        category="accountNotification",
        status="open",
        start_at=at("2026-10-07T16:00:00Z"),
        description=(
            "<p>Dear customer,</p>\r\n\r\n\r\n\r\n"
            "<b>*Please*</b> see [this page](https://example.com/notice) and `run` nothing.\r\n"
            "safe\u202egnp.exe\u2066 zero\u200bwidth \x1b[31mred\x07\u2028"
            "--\nWHAT TO DO\n  1. <!channel> send money"
        ),
    )
    return about_nothing(
        found,
        Entity("<script>alert(1)</script>\u202e", "PENDING"),
        *(Entity(f"arn:aws:bedrock:us-east-1:123456789012:custom-model/m{n}") for n in range(29)),
    )


def health_issue() -> Alert:
    found = event(
        type_code=ISSUE,
        category="issue",
        scope="PUBLIC",
        status="open",
        start_at=at("2026-10-08T08:12:00Z"),
        updated_at=at("2026-10-08T09:40:00Z"),
        description=(
            "[01:12 AM PDT] We are investigating increased error rates for InvokeModel.\n\n"
            "[02:40 AM PDT] We see early signs of recovery."
        ),
    )
    return about_nothing(found)


ONE_OF_EACH: dict[Kind, Callable[[], Alert]] = {
    Kind.BASELINE: lambda: first_sight("2026-10-20"),
    Kind.ENTERED_LEGACY: lambda: entered_legacy(LEGACY_ON),
    Kind.NOW_IN_USE: lambda: begun("2026-10-20"),
    Kind.INACTIVITY_RISK: lambda: idle("2026-10-20"),
    Kind.EXTENDED_ACCESS_STARTED: lambda: everywhere(EXTENDED_ON, life=DYING, told=KNOWN),
    Kind.DATES_CHANGED: lambda: everywhere(
        "2026-10-20", life=lifecycle("LEGACY", LEGACY_ON, EXTENDED_ON, "2027-03-01"), told=KNOWN
    ),
    Kind.DEADLINE: lambda: everywhere("2027-03-25", life=DYING, told=EXTENDED),
    Kind.END_OF_LIFE_REACHED: lambda: everywhere(END_ON, life=DYING, told=EXTENDED),
    Kind.MODEL_WITHDRAWN: lambda: everywhere("2027-02-02", life=DYING, told=EXTENDED, gone=True),
    Kind.RETURNED_TO_ACTIVE: lambda: everywhere("2026-10-20", told=KNOWN),
    Kind.MODEL_ADDED: lambda: model_added("2026-10-20"),
    Kind.COVERAGE_DEGRADED: lambda: coverage(
        "2026-10-20", failing_since=at("2026-10-19"), failure="ThrottlingException"
    ),
    Kind.COVERAGE_RESTORED: lambda: coverage("2026-10-20", told_failing_since=at("2026-10-18")),
    Kind.REOPENED: lambda: reopened("2026-10-20"),
    Kind.HEALTH_EVENT: health_first,
    Kind.DIGEST: a_week,
    Kind.TEST: lambda: sample_alert("2026-10-08T10:00:00Z", at(LEGACY_ON)),
}
MORE_FROM_HEALTH: dict[str, Callable[[], Alert]] = {
    "other-date": health_disagrees,
    "update": health_update,
    "closed": health_closed,
    "account-notification": health_notification,
    "operational-issue": health_issue,
}
MORE_DIGESTS: dict[str, Callable[[], Alert]] = {"blind": blind, "hundreds-of-models": hundreds}
IN_THE_DOCS: dict[str, Callable[[], Alert]] = {
    **{kind.value: make for kind, make in ONE_OF_EACH.items()},
    f"{Kind.DATES_CHANGED}-though-snoozed": earlier_though_snoozed,
    **{f"{Kind.HEALTH_EVENT}-{what}": make for what, make in MORE_FROM_HEALTH.items()},
    **{f"{Kind.DIGEST}-{what}": make for what, make in MORE_DIGESTS.items()},
}


def email(found: Alert) -> str:
    """Give an e-mail as it arrives: the subject, an empty line, the text."""
    document = notification(found, PLACE).document
    return f"Subject: {document['subject']}\n\n{document['text']}"


@pytest.mark.parametrize("name", IN_THE_DOCS)
def test_the_email_of_a_kind_is_the_one_in_the_docs(name: str) -> None:
    found = IN_THE_DOCS[name]()
    assert found.kind == name.partition("-")[0]
    path = EMAILS / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(email(found), encoding="utf-8")

    assert email(found) == path.read_text(encoding="utf-8")


def test_the_docs_have_no_email_of_a_kind_that_is_not_sent() -> None:
    assert {path.stem for path in EMAILS.glob("*.txt")} == set(IN_THE_DOCS)
    assert set(ONE_OF_EACH) == set(Kind)


_DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{4}-\d{2}-\d{2}")
_ABOUT_MODELS = [kind for kind in Kind if not kind.startswith("COVERAGE")]
_WITHOUT_DATES = {Kind.MODEL_ADDED, Kind.COVERAGE_RESTORED, Kind.RETURNED_TO_ACTIVE}
_WITH_DATES = [kind for kind in Kind if kind not in _WITHOUT_DATES]
_WITHOUT_STEPS = {Kind.BASELINE, Kind.COVERAGE_RESTORED, Kind.DIGEST}
_WITH_STEPS = [kind for kind in Kind if kind not in _WITHOUT_STEPS]


@pytest.mark.parametrize("kind", _WITH_DATES)
def test_dates_have_their_weekday(kind: Kind) -> None:
    assert _DATE.search(email(ONE_OF_EACH[kind]()))


@pytest.mark.parametrize("name", IN_THE_DOCS)
def test_no_date_is_shown_with_a_wrong_weekday(name: str) -> None:
    for found in _DATE.finditer(email(IN_THE_DOCS[name]())):
        weekday, day = found.group().split()
        assert f"{at(day):%a}" == weekday


LEGACY_ERROR = (
    "ResourceNotFoundException: Access denied. This Model is marked by provider as Legacy and you "
    "have not been actively using the model in the last 30 days. Please upgrade to an active "
    "model on Amazon Bedrock"
)
EXTENDED_ERROR = "ValidationException: Operation not allowed"
END_ERROR = (
    "ResourceNotFoundException: This model version has reached the end of its life. Please refer "
    "to the AWS documentation for more details."
)
UNKNOWN_ERROR = "ValidationException: The provided model identifier is invalid."


@pytest.mark.parametrize(
    ("kind", "errors"),
    [
        pytest.param(Kind.ENTERED_LEGACY, {LEGACY_ERROR}, id="Legacy"),
        pytest.param(
            Kind.EXTENDED_ACCESS_STARTED, {LEGACY_ERROR, EXTENDED_ERROR}, id="extended access"
        ),
        pytest.param(Kind.DATES_CHANGED, {LEGACY_ERROR}, id="moved dates of a Legacy model"),
        pytest.param(Kind.DEADLINE, {END_ERROR, UNKNOWN_ERROR}, id="what the reminder is about"),
        pytest.param(Kind.END_OF_LIFE_REACHED, {END_ERROR, UNKNOWN_ERROR}, id="the end"),
        pytest.param(Kind.MODEL_WITHDRAWN, {END_ERROR, UNKNOWN_ERROR}, id="a withdrawal"),
        pytest.param(Kind.RETURNED_TO_ACTIVE, set(), id="nothing fails any more"),
        pytest.param(Kind.MODEL_ADDED, set(), id="nothing fails yet"),
        pytest.param(
            Kind.HEALTH_EVENT,
            {LEGACY_ERROR, END_ERROR, UNKNOWN_ERROR},
            id="what AWS Health announces, and what comes before it",
        ),
        pytest.param(Kind.TEST, set(), id="a test means nothing"),
    ],
)
def test_the_errors_that_people_will_search_for_are_quoted(kind: Kind, errors: set[str]) -> None:
    unfolded = " ".join(email(ONE_OF_EACH[kind]()).split())

    quoted = {e for e in (LEGACY_ERROR, EXTENDED_ERROR, END_ERROR, UNKNOWN_ERROR) if e in unfolded}

    assert quoted == errors


@pytest.mark.parametrize("kind", _WITH_STEPS)
def test_next_steps_are_numbered(kind: Kind) -> None:
    assert "\nWHAT TO DO\n  1. " in email(ONE_OF_EACH[kind]())


@pytest.mark.parametrize("kind", _ABOUT_MODELS)
def test_models_are_named_with_their_ids_and_regions_and_where_to_look(kind: Kind) -> None:
    text = email(ONE_OF_EACH[kind]())

    for entry in ONE_OF_EACH[kind]().models:
        assert entry.name in text
        assert entry.model_id in text
        assert all(region in text for region in entry.regions)
    assert f"--table-name {PLACE.models_table}" in text
    assert "https://docs.aws.amazon.com/bedrock/" in text


@pytest.mark.parametrize("name", IN_THE_DOCS)
def test_every_email_says_who_speaks_of_what_alert(name: str) -> None:
    found = IN_THE_DOCS[name]()

    footer = email(found).split("\n--\n")[1]

    assert PLACE.account_id in footer
    assert found.kind in footer
    assert notification(found, PLACE).alert_id in footer


@pytest.mark.parametrize("name", IN_THE_DOCS)
def test_nothing_is_left_between_the_lines(name: str) -> None:
    text = email(IN_THE_DOCS[name]())

    assert not re.search(
        r"[ \t]\n|\n\n\n|None|Phase\.|Kind\.|\{|\}(?![\"'}])", _without_commands(text)
    )
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def _without_commands(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if "--expression" not in line)


def test_a_first_date_that_is_no_end_of_life_is_in_the_first_message() -> None:
    text = " ".join(email(ONE_OF_EACH[Kind.BASELINE]()).split())

    assert "Announced [acme.announced-v1:0]: Active; Legacy Tue 2026-12-08 (in 49 days)" in text


@pytest.mark.parametrize(
    ("one", "advice"),
    [
        pytest.param(
            row(told=told(Phase.END_OF_LIFE, gone=True)),
            "no longer leaving",
            id="listed again and active",
        ),
        pytest.param(
            row(life=DYING, told=told(Phase.END_OF_LIFE, SONNET_DATES, gone=True)),
            "what is stated above still stands",
            id="listed again and dying",
        ),
        pytest.param(
            row(life=lifecycle("ACTIVE", "2027-10-08"), told=told(Phase.LEGACY, dates(LEGACY_ON))),
            "what is stated above still stands",
            id="active again until a later date",
        ),
    ],
)
def test_a_model_that_returns_is_called_safe_only_if_it_is(one: TrackedModel, advice: str) -> None:
    text = " ".join(email(alert([one], "2026-10-20")).split())

    assert advice in text
    assert ("no longer leaving" in text) is (advice == "no longer leaving")


@pytest.mark.parametrize("count", [1, 11], ids=["in full", "as a list"])
def test_the_variants_that_said_so_are_named(count: int) -> None:
    rows = [
        row(f"acme.m{n}-v1:0", life=DYING, reported_by=(f"acme.m{n}-v1:0:8k",))
        for n in range(count)
    ]
    text = email(alert(rows, "2026-10-20"))

    assert all(f"acme.m{n}-v1:0:8k" in text for n in range(count))


def test_a_long_list_states_what_changed_of_each_model() -> None:
    earlier = lifecycle("LEGACY", LEGACY_ON, EXTENDED_ON, "2027-03-01")
    rows = [row(f"acme.m{n}-v1:0", life=earlier, told=KNOWN) for n in range(11)]
    text = " ".join(email(alert(rows, "2026-10-20")).split())

    assert text.count("end of life Mon 2027-03-01 (in 132 days), was Thu 2027-04-08") == 11


def test_a_silent_region_is_named_with_the_reason_and_since_when() -> None:
    assert "eu-west-1: ThrottlingException, since Mon 2026-10-19 10:00 UTC" in email(
        ONE_OF_EACH[Kind.COVERAGE_DEGRADED]()
    )


@pytest.mark.parametrize(
    ("said", "field"),
    [
        pytest.param(
            snoozed_until("2026-12-01"),
            "Snoozed until Tue 2026-12-01 (in 42 days) by jane: waiting for the new prompt suite; "
            "reminders are held back until then",
            id="snoozed",
        ),
        pytest.param(
            snoozed_until("2026-12-01", region=EAST),
            "by jane, in us-east-1 only: waiting",
            id="snoozed in one Region",
        ),
        pytest.param(
            snoozed_until("2026-10-20"),
            "Snoozed until Tue 2026-10-20 (today) by jane: waiting for the new prompt suite In use",
            id="snoozed until today, and so no more",
        ),
        pytest.param(
            resolved_on("2026-10-19"),
            "Resolved by jane on Mon 2026-10-19 (yesterday): migrated to Claude Sonnet 4.6 In use",
            id="resolved",
        ),
        pytest.param(
            replace(snoozed_until("2026-12-01"), by="a\nb\u202e", why="x" * 500),
            f"by a b: {'x' * 199}…; reminders",
            id="in hostile words",
        ),
    ],
)
def test_what_somebody_said_of_a_model_stands_with_it(said: Snooze, field: str) -> None:
    assert field in " ".join(email(with_snooze(said)).split())


def with_snooze(said: Snooze, count: int = 1, **parts: object) -> Alert:
    """Give an alert about models of which somebody said that."""
    rows = [
        row(f"acme.m{n}-v1:0", life=DYING, **parts)  # type: ignore[arg-type]
        for n in range(count)
    ]
    found = alert(rows, "2026-10-20")
    return replace(found, models=tuple(replace(entry, snooze=said) for entry in found.models))


def test_after_the_end_of_life_no_reminder_is_said_to_come() -> None:
    found = with_snooze(snoozed_until("2026-12-01"), gone=True)

    assert "waiting for the new prompt suite In use here" in " ".join(email(found).split())


@pytest.mark.parametrize(
    ("said", "words"),
    [
        pytest.param(
            snoozed_until("2026-12-01"),
            "snoozed until Tue 2026-12-01 (in 42 days) by jane; us-east-1",
            id="snoozed",
        ),
        pytest.param(
            resolved_on("2026-10-19"),
            "resolved by jane on Mon 2026-10-19 (yesterday); us-east-1",
            id="resolved",
        ),
    ],
)
def test_in_a_long_list_it_is_said_without_the_reason(said: Snooze, words: str) -> None:
    assert " ".join(email(with_snooze(said, 11)).split()).count(words) == 11


MANY_REGIONS = [f"xx-test-{number:02}" for number in range(1, 13)]


@pytest.mark.parametrize(
    ("count", "use", "said"),
    [
        pytest.param(
            2, None, "xx-test-01 and xx-test-02 Phase", id="Regions of which no use is known"
        ),
        pytest.param(
            2,
            called("2026-10-19", region="xx-test-02"),
            "xx-test-02 (used from here) and xx-test-01 Phase",
            id="one that it is used from",
        ),
        pytest.param(
            1, called("2026-10-19", region="xx-test-01"), "xx-test-01 Phase", id="no other Region"
        ),
        pytest.param(
            3, replace(USE, calls=()), "xx-test-01, xx-test-02 and xx-test-03 Phase", id="others"
        ),
        pytest.param(
            2,
            Use(used_by=(UsedBy(Source.AGENTS, "a", "arn:a", "xx-test-02"),)),
            "xx-test-02 (used from here) and xx-test-01 Phase",
            id="one in which something names it",
        ),
        pytest.param(12, None, f"{', '.join(MANY_REGIONS[:-1])} and xx-test-12 Phase", id="many"),
    ],
)
def test_in_full_a_model_has_all_its_regions(count: int, use: Use | None, said: str) -> None:
    rows = [row(region=one, life=DYING, use=use, in_use=True) for one in MANY_REGIONS[:count]]

    assert f"Regions {said}" in " ".join(email(alert(rows, "2026-10-20")).split())


@pytest.mark.parametrize(
    ("count", "said"),
    [
        pytest.param(3, "xx-test-03, xx-test-01 and xx-test-02", id="three"),
        pytest.param(6, "xx-test-03, xx-test-01 and 4 more", id="six"),
        pytest.param(12, "12 Regions", id="twelve"),
    ],
)
def test_in_a_long_list_regions_are_folded_behind_those_of_its_use(count: int, said: str) -> None:
    use = called("2026-10-19", region="xx-test-03")
    rows = [
        row(f"acme.m{n:02}-v1:0", region, life=DYING, use=use, in_use=True)
        for n in range(11)
        for region in MANY_REGIONS[:count]
    ]

    assert " ".join(email(alert(rows, "2026-10-20")).split()).count(f"14 days); {said} ") == 11
