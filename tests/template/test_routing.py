"""Filters of e-mail subscriptions: how they are read, what is refused, and what never is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.config import SettingError, load
from infra.routing import VALUES, Subscriber
from notifier.coverage import CoverageNews
from notifier.decide import Newcomers
from notifier.digest import Known, digest_alert
from notifier.grouping import baseline, coverage_alert, group, health_alert, sample_alert
from notifier.health_event import HealthNews
from notifier.model import (
    Alert,
    Announced,
    Coverage,
    Dates,
    Deferred,
    Facts,
    Kind,
    Member,
    Milestone,
    Phase,
    RegionState,
    Severity,
    Told,
    TrackedModel,
    Why,
)
from notifier.render.document import notification
from notifier.scope import Scope
from notifier.snooze import Snooze, Snoozes
from notifier.usage import Calls, CallsFrom, Use
from tests.core.cases import EAST, LADDERS, PLACE, POLICY, WEST, at, judge_rows, lifecycle, row
from tests.core.health_alerts import ISSUE, NOTIFICATION, PLANNED, event

if TYPE_CHECKING:
    from collections.abc import Iterator


def read(entries: object) -> tuple[Subscriber, ...]:
    """Read the setting as it comes from a command line (text) or from `cdk.json` (a list)."""
    return load({"emails": entries}).emails


@pytest.mark.parametrize(
    ("entries", "policies"),
    [
        pytest.param("a@b.co", {"a@b.co": None}, id="an address alone hears everything"),
        pytest.param(
            "a@b.co:severity=critical,warning, c@d.org",
            {"a@b.co": {"severity": ["critical", "warning"]}, "c@d.org": None},
            id="a part without @ belongs to the entry before it",
        ),
        pytest.param(
            "a@b.co : severity = critical , warning ; in_use = true ,c@d.org,",
            {"a@b.co": {"severity": ["critical", "warning"], "in_use": ["true"]}, "c@d.org": None},
            id="spaces around the marks mean nothing",
        ),
        pytest.param(
            ["a@b.co:kind=DEADLINE,DIGEST;milestone=END_OF_LIFE", "c@d.org"],
            {
                "a@b.co": {"kind": ["DEADLINE", "DIGEST"], "milestone": ["END_OF_LIFE"]},
                "c@d.org": None,
            },
            id="a list from cdk.json",
        ),
        pytest.param(
            '["a@b.co:severity=info,warning", "c@d.org"]',
            {"a@b.co": {"severity": ["info", "warning"]}, "c@d.org": None},
            id="a JSON list on the command line",
        ),
        pytest.param(
            "a@b.co:provider=Anthropic,Stability AI",
            {
                "a@b.co": {
                    "provider": [
                        {"equals-ignore-case": "Anthropic"},
                        {"equals-ignore-case": "Stability AI"},
                    ]
                }
            },
            id="providers match in any case",
        ),
        pytest.param(
            ["a@b.co:provider=who@where:=x"],
            {"a@b.co": {"provider": [{"equals-ignore-case": "who@where:=x"}]}},
            id="any mark but the separators in a provider",
        ),
        pytest.param(
            "a@b.co:severity=critical,critical",
            {"a@b.co": {"severity": ["critical"]}},
            id="a value given twice",
        ),
        pytest.param(
            "Ops@b.co,ops@b.co,OPS@B.CO", {"Ops@b.co": None}, id="an address given in other cases"
        ),
        pytest.param(
            "a@b.co:severity=info,warning;provider=Meta,A@b.co:provider=META;severity=warning,info",
            {
                "a@b.co": {
                    "severity": ["info", "warning"],
                    "provider": [{"equals-ignore-case": "Meta"}],
                }
            },
            id="the same filter written in another way",
        ),
        pytest.param("x=y+z@b.co", {"x=y+z@b.co": None}, id="an equals sign in an address"),
        pytest.param(",,", {}, id="nothing but commas"),
    ],
)
def test_entries_become_filter_policies(entries: object, policies: dict[str, object]) -> None:
    assert {one.address: one.filter_policy for one in read(entries)} == policies


@pytest.mark.parametrize("entry", ["a@b.co", "a@b.co:severity=critical,info;provider=Meta AI"])
def test_a_subscriber_is_written_as_it_is_given(entry: str) -> None:
    assert [str(one) for one in read([entry])] == [entry]


ALL_KINDS = ",".join(VALUES["kind"])


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        pytest.param("ops", "give e-mail addresses separated by commas, each alone", id="a word"),
        pytest.param("a@b", "give e-mail addresses", id="no domain"),
        pytest.param("a@b..co", "give e-mail addresses", id="two dots"),
        pytest.param("you\u200b@b.co", "give e-mail addresses", id="a space of no width"),
        pytest.param("'a@b.co'", "give e-mail addresses", id="quotes"),
        pytest.param(
            'a@b.co:provider="Anthropic"', "provider has quotes; give", id="a quoted value"
        ),
        pytest.param("a@b.co;c@d.org", "give e-mail addresses", id="a semicolon for a comma"),
        pytest.param("a@b.co,warning", "give e-mail addresses", id="a value without a filter"),
        pytest.param("a@b.co severity=info", "give e-mail addresses", id="a space for the colon"),
        pytest.param("a@b.co;severity=info", "give e-mail addresses", id="another colon"),
        pytest.param(":severity=info", "give e-mail addresses", id="a filter for nobody"),
        pytest.param(f"{'x' * 250}@b.co", "give e-mail addresses", id="an endless address"),
        pytest.param(
            "a@b.co:",
            ': "" is no key of a filter; give key=value, where the key is one of kind, severity, '
            "in_use, milestone, provider",
            id="a filter that says nothing",
        ),
        pytest.param(
            "a@b.co:severity=info;", '"" is no key of a filter', id="a semicolon too many"
        ),
        pytest.param("a@b.co:level=info", '"level" is no key of a filter', id="an unknown key"),
        pytest.param("a@b.co:Severity=info", '"Severity" is no key', id="a key in another case"),
        pytest.param("a@b.co:info", '"info" is no key of a filter', id="a value without a key"),
        pytest.param(
            "a@b.co:severity=urgent",
            ': severity cannot be "urgent"; give any of info, warning, critical',
            id="an unknown value",
        ),
        pytest.param(
            "a@b.co:severity=CRITICAL", 'severity cannot be "CRITICAL"', id="a value in other case"
        ),
        pytest.param(
            "a@b.co:in_use=yes",
            'in_use cannot be "yes"; give any of true, false, unknown',
            id="another word for true",
        ),
        pytest.param(
            "a@b.co:milestone=ACTIVE",
            'milestone cannot be "ACTIVE"; give any of LEGACY, EXTENDED_ACCESS, END_OF_LIFE',
            id="a phase that is no milestone",
        ),
        pytest.param("a@b.co:kind=HEALTH", 'kind cannot be "HEALTH"', id="half a kind"),
        pytest.param("a@b.co:severity=", 'severity cannot be ""', id="no value"),
        pytest.param("a@b.co:severity=info,", 'severity cannot be ""', id="a comma too many"),
        pytest.param("a@b.co:severity", 'severity cannot be ""', id="a key alone"),
        pytest.param(
            "a@b.co:provider=Meta,,Cohere", "provider has an empty value", id="an empty provider"
        ),
        pytest.param(
            "a@b.co:severity=info;severity=warning",
            "severity stands there twice; give all of its values at once, such as severity=a,b",
            id="a key twice",
        ),
        pytest.param(
            f"a@b.co:kind={ALL_KINDS};severity=info,warning,critical;in_use=true,false,unknown",
            f"its values make {len(VALUES['kind']) * 9} combinations and SNS takes 150; "
            "give fewer values",
            id="too many combinations",
        ),
    ],
)
def test_refused_in_one_line_with_entry_and_reason(entry: str, reason: str) -> None:
    with pytest.raises(SettingError) as refused:
        read(f"first@b.co,{entry}" if "@" in entry else entry)

    line = str(refused.value)
    assert line.startswith(f"emails: {json.dumps(entry)} is not accepted")
    assert reason in line
    assert "\n" not in line


def test_something_else_than_text_in_a_list_is_refused() -> None:
    with pytest.raises(SettingError, match="emails: 7 is not accepted; give e-mail addresses"):
        read(["a@b.co", 7])


def test_one_address_with_two_filters_is_refused() -> None:
    with pytest.raises(SettingError) as refused:
        read("a@b.co:severity=critical,A@B.co:severity=warning")

    assert str(refused.value) == (
        'emails: "A@B.co:severity=warning" is not accepted: a@b.co:severity=critical is given as '
        "well, and SNS has one subscription for each address; give one entry for each address"
    )


def test_what_is_accepted_are_the_values_of_the_contract() -> None:
    assert set(VALUES["kind"]) == set(Kind)
    assert set(VALUES["severity"]) == set(Severity)
    assert set(VALUES["milestone"]) == set(Milestone)


@pytest.mark.parametrize(
    ("filter_", "why"),
    [
        pytest.param(
            "kind=BASELINE;severity=critical",
            "with kind=BASELINE severity is info",
            id="a first message is never urgent",
        ),
        pytest.param(
            "provider=Anthropic;kind=COVERAGE_DEGRADED",
            "with kind=COVERAGE_DEGRADED there is no provider",
            id="a Region has no provider",
        ),
        pytest.param(
            "in_use=false;severity=critical",
            "with severity=critical in_use is true or unknown",
            id="nothing unused is critical",
        ),
        pytest.param(
            "kind=TEST;milestone=END_OF_LIFE",
            "with kind=TEST there is no milestone",
            id="a test is about no date",
        ),
        pytest.param(
            "kind=DIGEST,BASELINE;severity=warning,critical",
            "with kind=DIGEST,BASELINE severity is info",
            id="two kinds of the same severity",
        ),
        pytest.param(
            "kind=END_OF_LIFE_REACHED;severity=warning",
            "with kind=END_OF_LIFE_REACHED severity is info or critical",
            id="an end is critical or does not matter",
        ),
        pytest.param(
            "kind=END_OF_LIFE_REACHED;milestone=LEGACY",
            "with kind=END_OF_LIFE_REACHED milestone is END_OF_LIFE",
            id="an end has one milestone",
        ),
        pytest.param(
            "kind=INACTIVITY_RISK;in_use=unknown,false",
            "with kind=INACTIVITY_RISK in_use is true",
            id="only what is used can become idle",
        ),
        pytest.param(
            "kind=HEALTH_EVENT;severity=critical",
            "with kind=HEALTH_EVENT severity is info or warning",
            id="Health is never critical",
        ),
        pytest.param(
            "kind=MODEL_ADDED;milestone=LEGACY",
            "with kind=MODEL_ADDED there is no milestone",
            id="a new model has no dates",
        ),
        pytest.param(
            "kind=DEADLINE;severity=warning;in_use=false",
            "with kind=DEADLINE and severity=warning in_use is true or unknown",
            id="only all three rule each other out",
        ),
        pytest.param(
            "severity=warning;in_use=false;milestone=LEGACY;kind=DATES_CHANGED",
            "with kind=DATES_CHANGED and severity=warning in_use is true or unknown",
            id="what is not to blame is not named",
        ),
        pytest.param(
            "severity=critical;milestone=LEGACY;kind=TEST,DIGEST,COVERAGE_RESTORED",
            "with kind=TEST,DIGEST,COVERAGE_RESTORED severity is info",
            id="the first reason is enough",
        ),
    ],
)
def test_a_filter_that_can_never_match_is_refused_with_the_reason(filter_: str, why: str) -> None:
    with pytest.raises(SettingError) as refused:
        read([f"a@b.co:{filter_}"])

    assert str(refused.value) == (
        f'emails: "a@b.co:{filter_}" is not accepted: it can never match, as {why}; '
        "give a filter that an alert can match"
    )


@pytest.mark.parametrize(
    "filter_",
    [
        pytest.param("kind=BASELINE,DEADLINE;severity=critical", id="one of its kinds can match"),
        pytest.param("severity=info;in_use=true", id="a digest, or an issue that Health tells"),
        pytest.param("severity=warning;in_use=false", id="what Health says of an unused model"),
        pytest.param("kind=COVERAGE_DEGRADED;in_use=unknown", id="a Region is of unknown use"),
        pytest.param(
            "kind=DATES_CHANGED;milestone=LEGACY;severity=critical",
            id="an end that only AWS Health states",
        ),
        pytest.param("kind=DIGEST;provider=Nobody", id="a provider that may come to be"),
        pytest.param("kind=INACTIVITY_RISK;milestone=END_OF_LIFE", id="an idle model with an end"),
        pytest.param("kind=REOPENED;severity=critical", id="called again shortly before its end"),
        pytest.param("kind=MODEL_ADDED;severity=info;in_use=false", id="new, and not yet used"),
        pytest.param("kind=EXTENDED_ACCESS_STARTED;severity=critical", id="an end moved as well"),
    ],
)
def test_a_filter_that_could_match_is_accepted(filter_: str) -> None:
    (one,) = read([f"a@b.co:{filter_}"])
    assert one.clauses


# --- every alert that there can be ----------------------------------------------------------------

START = at("2026-09-01T00:30:00Z")
HEALTH = (
    (PLANNED, "scheduledChange"),
    (NOTIFICATION, "accountNotification"),
    (ISSUE, "issue"),
)
MODELS = ("acme.a", "acme.b", "umbrella.c")

AROUND_NOW = (-400, -20, -3, 0, 1, 5, 12, 14, 15, 28, 90)
statuses = st.sampled_from(["ACTIVE", "LEGACY", "LEGACY", "DEPRECATED"])
moments = st.integers(0, 24 * 120).map(lambda hours: START + timedelta(hours=hours))


def days_around(now: datetime) -> st.SearchStrategy[date]:
    """Draw a day on which something may be due, or over."""
    return st.sampled_from(AROUND_NOW).map(lambda n: now.date() + timedelta(n))


def dates_around(now: datetime) -> st.SearchStrategy[Dates]:
    """Draw dates in any order, some of them not stated."""
    return st.builds(Dates, *[st.none() | days_around(now)] * 3)


@st.composite
def facts_beside(draw: st.DrawFn, own: Facts, now: datetime) -> Facts:
    """Draw what was said of a row: often what is true of it, sometimes anything."""
    other = st.builds(
        Facts, st.sampled_from(Phase), st.just(own.dates) | dates_around(now), st.booleans()
    )
    return draw(st.just(own) | other)


@st.composite
def tolds(draw: st.DrawFn, own: Facts, now: datetime) -> Told:
    """Draw what an alert has said of a row, if there was one; often long ago."""
    if draw(st.integers(0, 2)) == 0:
        return Told()
    on = draw(st.sampled_from([1, 10, 300]).map(lambda n: now.date() - timedelta(n)))
    return Told(draw(st.integers(1, 3)), draw(facts_beside(own, now)), on)


@st.composite
def deferrals(draw: st.DrawFn, own: Facts, now: datetime) -> Deferred:
    """Draw what was left to a digest."""
    on = draw(st.sampled_from([1, 300]).map(lambda n: now.date() - timedelta(n)))
    return Deferred(
        draw(facts_beside(own, now)), draw(st.sampled_from(Kind)), on, draw(st.sampled_from(Why))
    )


@st.composite
def uses(draw: st.DrawFn, model_id: str, today: date) -> Use | None:
    """Draw the evidence of use: none, or calls that ended some days ago."""
    ago = draw(st.sampled_from([None, 0, 20]))
    if ago is None:
        return None
    last = today - timedelta(ago)
    return Use((CallsFrom(EAST, Calls(model_id, last, 7)),), known_on=today)


@st.composite
def tracked(draw: st.DrawFn, model_id: str, region: str, now: datetime) -> TrackedModel:
    """Draw a row in any state, also in states to which no life that we know of leads."""
    stated = draw(dates_around(now))
    life = lifecycle(draw(statuses), *[day.isoformat() if day else None for day in stated])
    gone = draw(st.integers(0, 4)) == 0
    one = row(model_id, region, life=life, now=now, gone=gone)
    told = draw(tolds(one.facts, now))
    long_ago = now.date() - timedelta(300)
    heard = st.builds(
        Announced, dates_around(now), st.just(stated), st.just(long_ago), st.just(told.seq)
    )
    return replace(
        one,
        told=told,
        deferred=draw(st.none() | deferrals(one.facts, now)),
        digested=draw(st.none() | deferrals(one.facts, now)),
        announced=draw(st.none() | heard),
    )


@st.composite
def quiet(draw: st.DrawFn, model_id: str, region: str, now: datetime) -> TrackedModel:
    """Draw a row without news, which is when reminders and idle spells are told."""
    one = draw(tracked(model_id, region, now))
    told = Told(1, one.facts, now.date() - timedelta(300))
    return replace(one, told=told, deferred=None, digested=None, announced=None)


@st.composite
def extended(draw: st.DrawFn, model_id: str, region: str, now: datetime) -> TrackedModel:
    """Draw a row that has come into extended access, perhaps with an end that is near."""
    over, *_, end = (now.date() + timedelta(n) for n in (-3, 0, draw(st.sampled_from([7, 40]))))
    legacy, ends = draw(st.sampled_from([None, over])), draw(st.sampled_from([None, end]))
    stated = Dates(legacy, over - timedelta(draw(st.integers(0, 1))), ends)
    life = lifecycle("LEGACY", *[day.isoformat() if day else None for day in stated])
    before = Facts(Phase.LEGACY, draw(st.sampled_from([stated, stated._replace(legacy=None)])))
    told = Told(1, before, now.date() - timedelta(300))
    return row(model_id, region, life=life, now=now, told=told)


@st.composite
def some_row(draw: st.DrawFn, model_id: str, region: str, now: datetime) -> TrackedModel:
    """Draw a row of one of those kinds, or one that was never seen before."""
    new = st.just(row(model_id, region, now=now))
    kinds = (tracked, quiet, extended)
    one: TrackedModel = draw(st.one_of(*(kind(model_id, region, now) for kind in kinds), new))
    return replace(
        one,
        provider=draw(st.sampled_from(["Acme", "Umbrella", ""])),
        in_use=draw(st.sampled_from([True, False, None])),
        use=draw(uses(model_id, now.date())),
    )


@st.composite
def said_of(draw: st.DrawFn, model_id: str) -> Snooze:
    """Draw a snooze, or the note that the model is needed no more."""
    until = draw(st.sampled_from([None, None, START.date() + timedelta(60)]))
    return Snooze(model_id, None, "Ada", "moved", START - timedelta(days=90), until)


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[TrackedModel], Snoozes, datetime]:
    """Draw all that alerts are made of: rows, what people said of them, and the time."""
    now = draw(moments)
    keys = draw(
        st.lists(
            st.tuples(st.sampled_from(MODELS), st.sampled_from([EAST, WEST])),
            unique=True,
            min_size=1,
            max_size=4,
        )
    )
    said = draw(st.lists(st.sampled_from(keys).flatmap(lambda key: said_of(key[0])), max_size=1))
    return [draw(some_row(model, region, now)) for model, region in keys], Snoozes(said), now


def alerts_of(rows: list[TrackedModel], snoozes: Snoozes, now: datetime) -> Iterator[Alert]:
    """Give the alerts of every maker of alerts that are about models."""
    everything = Scope(everything=True)
    policy = replace(
        POLICY,
        scope=everything,
        scope_before=everything,
        announce_new_models=True,
        snoozes=snoozes,
    )
    new = Newcomers(rows=[one.key for one in rows])
    yield from group(judge_rows(rows, now, policy, newcomers=new).decisions, now)
    state = RegionState(EAST, covered_since=START)
    yield baseline(rows, [state], now)
    code, category = HEALTH[now.hour % len(HEALTH)]
    # About all of the rows, or about none of them.
    concerned = rows if now.day % 2 else []
    stated = concerned[0].dates if concerned else Dates()
    news = HealthNews(event(type_code=code, category=category), dates=stated)
    yield health_alert(news, concerned, 0, now)
    known = Known(rows, {EAST: state}, LADDERS, snoozes=snoozes)
    weekly = digest_alert(known, since=START, until=now, due_at=now, now=now)
    if weekly is not None:
        yield weekly


def as_filter(alert: Alert) -> str:
    """Give the filter that lets through what has all the attributes of an alert."""
    attributes = notification(alert, PLACE).sns_attributes()
    values = {name: attribute["StringValue"] for name, attribute in attributes.items()}
    if "provider" in values:
        values["provider"] = ",".join(json.loads(values["provider"]))
    return ";".join(f"{name}={value}" for name, value in values.items())


def without_models() -> list[Alert]:
    """Give the alerts that are about no models, and so never differ in their attributes."""
    member = Member("#region", EAST, "2026-09-01T00:30:00Z")
    coverage = Coverage(((EAST, "denied"),))
    kinds = (Kind.COVERAGE_DEGRADED, Kind.COVERAGE_RESTORED)
    news = [CoverageNews(kind, coverage, (member,)) for kind in kinds]
    return [*(coverage_alert(one, START) for one in news), sample_alert("token", START)]


@pytest.mark.parametrize("alert", without_models(), ids=lambda alert: alert.kind)
def test_no_filter_is_refused_that_an_alert_without_models_could_match(alert: Alert) -> None:
    assert read([f"a@b.co:{as_filter(alert)}"])


@settings(max_examples=100)
@given(situations())
def test_no_filter_is_refused_that_an_alert_could_match(
    situation: tuple[list[TrackedModel], Snoozes, datetime],
) -> None:
    """If all attributes together are accepted, any of them are: fewer clauses match no less."""
    entries = {as_filter(alert) for alert in alerts_of(*situation)}

    for filter_ in sorted(entries):
        (one,) = read([f"a@b.co:{filter_}"])
        assert str(one) == f"a@b.co:{filter_}"
