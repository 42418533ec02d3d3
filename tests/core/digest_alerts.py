"""Digests, as the tests of what they say and of their words make them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from notifier.digest import Known, digest_alert
from notifier.model import Announced, Facts, Kind, Phase, RegionState, Why
from notifier.snooze import Snoozes, resolved, snoozed
from notifier.usage import Gap, Source, Use
from tests.core.cases import (
    DYING,
    EAST,
    EUROPE,
    LADDERS,
    LEGACY_ON,
    SONNET,
    SONNET_DATES,
    WEST,
    at,
    called,
    dates,
    day,
    deferred,
    lifecycle,
    row,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notifier.model import Alert, TrackedModel
    from notifier.snooze import Snooze

SINCE, UNTIL, NOW = "2026-11-16T08:00:00Z", "2026-11-23T08:00:00Z", "2026-11-23T09:00:00Z"
JAMBA, COMMAND, TITAN = "ai21.jamba-1-5-large-v1:0", "cohere.command-r-v1:0", "amazon.titan-v1:0"
NOVA, LLAMA = "amazon.nova-3-pro-v1:0", "meta.llama3-1-70b-v1:0"
REGIONS = (EAST, WEST, EUROPE)


def digest(  # noqa: PLR0913 (what a digest is made of, each by its name)
    rows: Iterable[TrackedModel] = (),
    *,
    states: Iterable[RegionState] | None = None,
    snoozes: Iterable[Snooze] = (),
    health_api: str | None = None,
    unheard: tuple[str, ...] = (),
    since: str = SINCE,
    until: str = UNTIL,
    now: str = NOW,
) -> Alert | None:
    """Give the digest of a week; by default every Region of the rows is covered and answers."""
    rows = tuple(rows)
    if states is None:
        states = [covered(region) for region in sorted({one.region for one in rows})]
    known = Known(
        rows=rows,
        regions={state.region: state for state in states},
        ladders=LADDERS,
        snoozes=Snoozes(snoozes),
        health_api=health_api,
        unheard=unheard,
    )
    return digest_alert(known, since=at(since), until=at(until), due_at=at(now), now=at(now))


def covered(region: str, *, failing_since: str | None = None, why: str = "") -> RegionState:
    """Give a Region that is covered since long ago."""
    since = at(failing_since) if failing_since else None
    return RegionState(region, at("2026-01-01"), since, why or None)


def uncovered(region: str, why: str | None = None) -> RegionState:
    """Give a Region that never answered, when it was asked a day before."""
    return RegionState(region, tried_at=at("2026-11-22"), failure=why)


def a_week() -> Alert:
    """Give a digest that has something in every section."""
    found = digest(
        [*_used(), *_unused(), *_added()],
        states=[
            covered(EAST),
            covered(WEST),
            covered(EUROPE, failing_since="2026-11-20T14:00:00Z", why="ThrottlingException"),
            uncovered("af-south-1", "AccessDeniedException"),
            uncovered("me-south-1", "UnrecognizedClientException"),
        ],
        snoozes=[
            snoozed(
                JAMBA,
                until=at("2026-12-01").date(),
                by="jane",
                why="waiting for the new prompt suite",
                now=at("2026-11-02"),
            ),
            resolved(COMMAND, by="ops-team", why="migrated to Command A", now=at("2026-11-12")),
        ],
        health_api="SubscriptionRequiredException",
        unheard=("chat",),
    )
    assert found is not None
    return found


def _used() -> list[TrackedModel]:
    """Give models in use: one snoozed, one resolved, and one of which AWS Health knows more."""
    use = called("2026-11-22", invocations_14d=18_234)
    known = told(
        Phase.LEGACY,
        SONNET_DATES,
        on="2026-11-18",
        kinds={Kind.ENTERED_LEGACY: at(LEGACY_ON), Kind.DATES_CHANGED: at("2026-11-18")},
    )
    sonnet = [
        row(region=region, life=DYING, now=NOW, told=known, in_use=True, use=use)
        for region in (EAST, WEST)
    ]
    jamba = row(
        JAMBA,
        life=lifecycle("LEGACY", "2026-05-26", "2026-08-26", "2026-12-17"),
        now=NOW,
        told=told(Phase.EXTENDED_ACCESS, dates("2026-05-26", "2026-08-26", "2026-12-17")),
        in_use=True,
        use=called("2026-11-21", invocations_14d=940),
        name="Jamba 1.5 Large",
        provider="AI21 Labs",
    )
    command = row(
        COMMAND,
        life=lifecycle("LEGACY", "2026-08-20", None, "2027-01-20"),
        now=NOW,
        told=told(Phase.LEGACY, dates("2026-08-20", None, "2027-01-20"), on="2026-08-20"),
        in_use=True,
        use=called("2026-11-09", known_on="2026-11-22", invocations_14d=2),
        name="Command R",
        provider="Cohere",
    )
    llama = row(LLAMA, now=NOW, in_use=None, use=_NOT_READ, name="Llama 3.1 70B", provider="Meta")
    said = dates(None, None, "2027-02-15")
    llama = replace(
        llama,
        by_health=said,
        announced=Announced(said, dates(), at("2026-11-19").date(), 0),
    )
    return [*sonnet, jamba, command, llama]


_NOT_READ = Use(gaps=(Gap(EAST, Source.AGENTS, "AccessDeniedException"),))


def _unused() -> list[TrackedModel]:
    """Give what waits for the digest: models that nobody uses, and one Region more."""
    life = lifecycle("LEGACY", "2026-11-17", None, "2027-02-17")
    new = Facts(Phase.LEGACY, life.dates)
    titan = [
        row(
            TITAN,
            region,
            life=life,
            now=NOW,
            in_use=False,
            deferred=deferred(new, "2026-11-17", why=Why.NOT_IN_USE),
            name="Titan Text",
            provider="Amazon",
        )
        for region in REGIONS
    ]
    straggler = row(
        SONNET,
        "ap-south-1",
        life=DYING,
        now=NOW,
        in_use=None,
        deferred=deferred(Facts(Phase.LEGACY, SONNET_DATES), "2026-11-20"),
    )
    later = lifecycle("LEGACY", "2026-05-26", "2026-08-26", "2026-12-17")
    moved = row(
        JAMBA,
        WEST,
        life=later,
        now=NOW,
        told=told(Phase.EXTENDED_ACCESS, dates("2026-05-26", "2026-08-26", "2026-11-26")),
        in_use=True,
        use=called("2026-11-21", invocations_14d=940),
        deferred=deferred(
            Facts(Phase.EXTENDED_ACCESS, later.dates),
            "2026-11-19",
            Kind.DATES_CHANGED,
            Why.SNOOZED,
        ),
        name="Jamba 1.5 Large",
        provider="AI21 Labs",
    )
    return [*titan, straggler, moved]


def _added() -> list[TrackedModel]:
    return [new(row(NOVA, region, name="Nova 3 Pro", provider="Amazon")) for region in (EAST, WEST)]


def new(one: TrackedModel, first_seen: str = "2026-11-18") -> TrackedModel:
    """Give the row as one that was first seen on that day or at that time."""
    return replace(one, first_seen_at=at(first_seen))


def blind() -> Alert:
    """Give a digest of a week in which nothing happened that could be seen."""
    found = digest(
        [row(region=region) for region in REGIONS],
        states=[
            covered(EAST, failing_since="2026-11-19T06:00:00Z", why="AccessDeniedException"),
            covered(WEST, failing_since="2026-11-23T08:00:00Z", why="EmptyAnswer"),
            covered(EUROPE),
            uncovered("af-south-1", "AccessDeniedException"),
        ],
        health_api="AccessDeniedException",
    )
    assert found is not None
    return found


def hundreds(in_use: int = 12, unused: int = 300) -> Alert:
    """Give a digest about more models than anybody reads: those in use end last."""
    used = [
        row(
            f"acme.used-{n:03}-v1:0",
            life=lifecycle("LEGACY", "2026-06-01", None, "2027-02-01"),
            now=NOW,
            told=told(Phase.LEGACY, dates("2026-06-01", None, "2027-02-01"), on="2026-06-01"),
            in_use=True,
            use=called("2026-11-22", invocations_14d=n + 1),
            name=f"Used {n:03}",
            provider="Acme",
        )
        for n in range(in_use)
    ]
    life = lifecycle("LEGACY", "2026-11-17", None, "2026-12-01")
    rest = [
        row(
            f"acme.rest-{n:03}-v1:0",
            life=life,
            now=NOW,
            in_use=False,
            deferred=deferred(Facts(Phase.LEGACY, life.dates), "2026-11-17", why=Why.NOT_IN_USE),
            name=f"Rest {n:03}",
            provider="Acme",
        )
        for n in range(unused)
    ]
    found = digest([*rest, *used])
    assert found is not None
    return found


def snoozed_until(until: str, *, on: str = "2026-10-10", region: str | None = None) -> Snooze:
    """Give the snooze of the usual model."""
    date = day(until)
    assert date is not None
    return snoozed(
        SONNET,
        until=date,
        by="jane",
        why="waiting for the new prompt suite",
        now=at(on),
        region=region,
    )


def resolved_on(on: str, *, region: str | None = None) -> Snooze:
    """Give the note that nobody needs the usual model any more."""
    return resolved(
        SONNET, by="jane", why="migrated to Claude Sonnet 4.6", now=at(on), region=region
    )
