"""The dashboard's widgets: what they say, in which order, and that nothing in them takes effect."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, Final

import pytest

from notifier.grouping import entries_of
from notifier.ledger import LoggedAlert, NamedModel
from notifier.model import Dates, Phase, RegionState
from notifier.render import widgets
from notifier.render.timeline import Theme
from notifier.snooze import Snoozes, snoozed
from notifier.successor import AWS_HEALTH, Successor
from notifier.upcoming import upcoming
from notifier.usage import Gap, Source
from tests.core.cases import EAST, EUROPE, SONNET, WEST, at, called, day, lifecycle, row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notifier.model import TrackedModel

NOW: Final = at("2026-11-28T20:00:00Z")
POLLED: Final = NOW - timedelta(minutes=40)
THEMES: Final = (Theme.LIGHT, Theme.DARK)
HOSTILE: Final = '"><script>alert(1)</script><img src=x onerror=alert(1)>\u202e&amp;\x00'


class Page(HTMLParser):
    """What a reader sees of HTML: the cells of each row, all text; and what it is made of."""

    def __init__(self, html: str) -> None:
        """Read the whole of it."""
        super().__init__()
        self.rows: list[list[str]] = []
        self.text = ""
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._in_style = False
        self._in_cell = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in_style = tag == "style"
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
            self._in_cell = True
        if dict(attrs).get("class") == "bl-small":
            self.handle_data(" | ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._in_style = False
        if tag in {"td", "th"}:
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            return
        self.text += data
        if self._in_cell:
            self.rows[-1][-1] += data


def ending(
    model_id: str,
    end_of_life: str,
    *,
    in_use: bool | None = None,
    **given: Any,  # noqa: ANN401 (any part of a row)
) -> TrackedModel:
    life = lifecycle("LEGACY", "2026-10-08", None, end_of_life)
    name = given.pop("name", model_id.partition(".")[2])
    return row(model_id, life=life, now=NOW, in_use=in_use, name=name, **given)


def deadlines(
    *rows: TrackedModel,
    said: Snoozes | None = None,
    theme: Theme = Theme.LIGHT,
    **given: Any,  # noqa: ANN401
) -> Page:
    entries = entries_of(rows, said or Snoozes(), NOW.date())
    polled = given.get("polled_at", POLLED)
    return Page(widgets.deadlines(entries, polled, now=NOW, theme=theme))


def logged(alert_id: str = "a1", **given: Any) -> LoggedAlert:  # noqa: ANN401 (any field)
    fields: dict[str, Any] = {
        "kind": "DEADLINE",
        "severity": "critical",
        "subject": "[critical] Claude Sonnet 4: end of life in 7 days (2026-12-05)",
        "decided_at": NOW - timedelta(days=1),
        "sent_at": NOW - timedelta(days=1),
        "is_waiting": False,
        "channels": {"sns": NOW, "eventbridge": NOW},
        "models": (NamedModel(SONNET, "Claude Sonnet 4"),),
    }
    return LoggedAlert(alert_id=alert_id, **{**fields, **given})


def alerts(*log: LoggedAlert) -> Page:
    return Page(widgets.alerts(log, now=NOW, theme=Theme.LIGHT))


def coverage(*regions: RegionState, polled_at: Any = POLLED, **given: Any) -> Page:  # noqa: ANN401
    seen = widgets.Seen(regions, polled_at, **given)
    return Page(widgets.coverage(seen, now=NOW, theme=Theme.LIGHT))


COVERED: Final = RegionState(EAST, covered_since=NOW - timedelta(days=58))


class TestDeadlines:
    def test_what_is_in_use_comes_first_and_then_what_comes_soonest(self) -> None:
        page = deadlines(
            ending("acme.unused-soon", "2026-12-01", in_use=False),
            ending("acme.used-late", "2027-02-01", in_use=True),
            ending("acme.perhaps", "2027-01-01", in_use=None),
            ending("acme.used-soon", "2026-12-02", in_use=True),
        )

        _, *rows = page.rows
        assert [(cells[0], cells[2].partition(" |")[0]) for cells in rows] == [
            ("Wed 2026-12-02 (in 4 days)", "used-soon"),
            ("Fri 2027-01-01 (in 34 days)", "perhaps"),
            ("Mon 2027-02-01 (in 65 days)", "used-late"),
            ("Tue 2026-12-01 (in 3 days)", "unused-soon"),
        ]
        assert "4 dates in the next 90 days, 3 of models that are or may be in use" in page.text

    def test_a_row_says_what_comes_where_who_calls_it_and_where_to_go(self) -> None:
        life = lifecycle("LEGACY", "2026-10-08", "2026-12-08", "2027-04-08")
        successor = "anthropic.claude-5-v1:0"
        known: dict[str, Any] = {
            "life": life,
            "now": NOW,
            "in_use": True,
            "use": called("2026-11-27", region=WEST, invocations_14d=18_234),
            "successor": Successor(successor, "Claude 5", AWS_HEALTH),
        }
        page = deadlines(*(row(region=region, **known) for region in (EAST, WEST)))

        _, cells = page.rows
        assert cells == [
            "Tue 2026-12-08 (in 10 days)",
            "Extended access",
            f"Claude Sonnet 4.5 | {SONNET} | in us-west-2 and us-east-1 | move to {successor}",
            "in use | 18,234 calls in 14 days",
        ]

    def test_a_date_that_only_aws_health_gives_says_so(self) -> None:
        one = row(now=NOW, in_use=None)
        page = deadlines(replace(one, by_health=Dates(None, None, day("2026-12-24"))))

        assert page.rows[1][:2] == [
            "Thu 2026-12-24 (in 26 days)",
            "End of life | as AWS Health says",
        ]

    def test_who_said_that_it_is_known_stands_beside_it(self) -> None:
        until = NOW.date() + timedelta(days=20)
        said = snoozed(SONNET, until=until, by="jane", why="migrating", now=NOW)
        page = deadlines(ending(SONNET, "2027-01-20", in_use=True), said=Snoozes([said]))

        assert "snoozed until Fri 2026-12-18 (in 20 days) by jane: migrating" in page.rows[1][2]

    @pytest.mark.parametrize(
        ("end_of_life", "listed"),
        [
            pytest.param("2026-11-28", False, id="today, and in effect since 08:00"),
            pytest.param("2026-11-27", False, id="yesterday"),
            pytest.param("2026-11-29", True, id="tomorrow"),
            pytest.param("2027-02-26", True, id="in 90 days"),
            pytest.param("2027-02-27", False, id="in 91 days"),
        ],
    )
    def test_only_what_is_ahead_is_listed(self, end_of_life: str, listed: bool) -> None:  # noqa: FBT001 (a column)
        page = deadlines(ending("acme.a", end_of_life, in_use=True))

        assert bool(page.rows) is listed
        assert ("Nothing ends in the next 90 days." in page.text) is not listed

    def test_a_date_is_ahead_until_eight_in_the_morning_of_its_day(self) -> None:
        early = at("2026-11-28T06:00:00Z")
        one = row(now=early, life=lifecycle("LEGACY", None, None, "2026-11-28"))

        (found,) = upcoming(entries_of([one], Snoozes(), early.date()), 90, early.date())
        assert found.day == early.date()

    def test_a_date_of_a_phase_that_is_over_is_no_deadline(self) -> None:
        """It was withdrawn before its dates came."""
        gone = replace(ending("acme.a", "2027-01-20"), phase=Phase.END_OF_LIFE, gone_at=NOW)

        assert upcoming(entries_of([gone], Snoozes(), NOW.date()), 90, NOW.date()) == ()

    def test_what_is_used_and_has_ended_is_said_although_no_date_is_ahead(self) -> None:
        page = deadlines(
            ending("acme.over", "2026-11-20", in_use=True),
            ending("acme.over-unused", "2026-11-20", in_use=False),
        )

        assert "In use, and past the end of life: over." in page.text
        assert page.rows == []

    def test_of_many_dates_the_first_are_shown_and_the_others_counted(self) -> None:
        page = deadlines(*(ending(f"acme.m{n:02}", "2027-01-01", in_use=True) for n in range(40)))

        assert len(page.rows) == 1 + 25
        assert "and 15 more dates: bedrock-lifecycle deadlines has them all" in page.text

    @pytest.mark.parametrize(
        ("polled_at", "words"),
        [
            pytest.param(POLLED, "As of the poll of Sat 2026-11-28 19:20 UTC.", id="fresh"),
            pytest.param(
                NOW - timedelta(days=3),
                "The last poll was completed 3 days ago, Wed 2026-11-25 20:00 UTC: what is shown "
                "may no longer be true.",
                id="old",
            ),
            pytest.param(None, "No poll has been completed yet.", id="none"),
        ],
    )
    def test_how_old_the_list_is_stands_below_it(self, polled_at: object, words: str) -> None:
        assert words in deadlines(polled_at=polled_at).text


class TestAlerts:
    @pytest.mark.parametrize(
        ("given", "when"),
        [
            pytest.param({}, "Fri 2026-11-27 20:00 UTC | yesterday", id="told"),
            pytest.param(
                {"is_waiting": True},
                "Fri 2026-11-27 20:00 UTC | yesterday | waiting for a channel",
                id="told, but one channel lacks it",
            ),
            pytest.param(
                {"is_waiting": True, "sent_at": None},
                "waiting | decided Fri 2026-11-27 20:00 UTC",
                id="not told yet",
            ),
            pytest.param(
                {"sent_at": None},
                "withdrawn, never sent | decided Fri 2026-11-27 20:00 UTC",
                id="no longer true before it was sent",
            ),
        ],
    )
    def test_each_says_what_became_of_it(self, given: dict[str, Any], when: str) -> None:
        page = alerts(logged(**given))

        said = "Claude Sonnet 4: end of life in 7 days (2026-12-05)"
        about = "DEADLINE · 1 model · sent to event bus and alerts topic"
        assert page.rows[1] == [when, "critical", f"{said} | {about}"]

    def test_they_keep_the_order_of_the_log_and_those_that_wait_are_counted(self) -> None:
        page = alerts(logged("a2", subject="second", is_waiting=True), logged(subject="first"))

        assert [cells[2].partition(" |")[0] for cells in page.rows[1:]] == ["second", "first"]
        assert "2 alerts in the last 30 days, 1 of them still waiting" in page.text

    def test_of_many_the_newest_are_shown_and_the_others_counted(self) -> None:
        page = alerts(*(logged(f"a{n}") for n in range(26)))

        assert len(page.rows) == 1 + 25
        assert "and 1 more alert: bedrock-lifecycle alerts --since 30d has them all" in page.text

    def test_none_is_said_in_words(self) -> None:
        page = alerts()

        assert page.text == "No alert in the last 30 days."

    def test_a_severity_of_a_later_version_is_shown_as_it_is(self) -> None:
        assert alerts(logged(severity="fatal", subject="[fatal] x")).rows[1][1] == "fatal"


class TestCoverage:
    def test_trouble_comes_first_and_says_since_when_and_why(self) -> None:
        failing = replace(
            COVERED, region=EUROPE, failing_since=NOW - timedelta(hours=30), failure="EmptyAnswer"
        )
        never = RegionState(WEST, None, NOW, "AccessDeniedException", NOW - timedelta(hours=5))
        page = coverage(COVERED, never, failing)

        covered = "covered since Thu 2026-10-01 (58 days ago)"
        assert page.rows[1:] == [
            [
                EUROPE,
                "no answer: the answer lists no models",
                f"2026-11-27 14:00 UTC (yesterday) | {covered}",
            ],
            [
                WEST,
                "never answered: AccessDeniedException",
                "last tried Sat 2026-11-28 (today)",
            ],
            [EAST, "answers", covered],
        ]
        assert "1 of 3 Regions answers" in page.text
        assert "As of the poll of Sat 2026-11-28 19:20 UTC." in page.text

    def test_what_else_cannot_be_seen_is_listed(self) -> None:
        denied = "AccessDeniedException"
        page = coverage(
            COVERED,
            gaps=(Gap(EAST, Source.AGENTS, denied), Gap(WEST, Source.AGENTS, denied)),
            health_api="SubscriptionRequiredException",
            unheard=True,
            unreadable=2,
        )

        assert f"agents in us-east-1 and us-west-2 ({denied})" in page.text
        assert "AWS Health's API needs a support plan" in page.text
        assert "Nobody was subscribed at the last poll" in page.text
        assert "2 items of the models table cannot be read" in page.text

    def test_where_all_can_be_seen_nothing_is_listed(self) -> None:
        assert "li" not in {tag for tag, _ in coverage(COVERED).elements}

    def test_before_the_first_poll_it_says_so(self) -> None:
        page = coverage(polled_at=None)

        assert "No Region has been asked yet." in page.text
        assert "No poll has been completed yet." in page.text


class TestTimeline:
    def test_it_is_the_picture_of_the_timeline_in_the_width_and_theme_of_the_widget(self) -> None:
        html = widgets.timeline(
            [ending(SONNET, "2027-04-08", in_use=True)],
            POLLED,
            now=NOW,
            width=900,
            theme=Theme.DARK,
        )
        (svg,) = [given for tag, given in Page(html).elements if tag == "svg"]

        assert svg["width"] == "900"
        assert "bl-dark" in str(svg["class"])
        assert "poll of" not in html

    def test_an_old_poll_is_said_above_it(self) -> None:
        polled = NOW - timedelta(days=2)
        html = widgets.timeline([row()], polled, now=NOW, width=900, theme=Theme.LIGHT)

        assert "may no longer be true" in html

    def test_without_a_model_there_is_no_picture(self) -> None:
        page = Page(widgets.timeline([], None, now=NOW, width=900, theme=Theme.LIGHT))

        assert page.text == "No poll has been completed yet."


def every_widget(theme: Theme, foreign: str = "Claude & friends") -> dict[str, str]:
    """Give each widget, with a text from outside wherever one can stand."""
    said = snoozed(f"acme.{foreign}", until=NOW.date() + timedelta(9), by="j", why="w", now=NOW)
    said = replace(said, by=foreign, why=foreign)
    rows = [
        ending(
            f"acme.{foreign}",
            "2026-12-05",
            in_use=True,
            name=foreign,
            provider=foreign,
            successor=Successor(foreign, foreign, foreign),
        ),
        ending("acme.over", "2026-11-20", in_use=True, name=f"over {foreign}"),
        replace(ending("acme.b", "2027-01-05"), region=foreign),
    ]
    entries = entries_of(rows, Snoozes([said]), NOW.date())
    failing = RegionState(foreign, NOW, NOW, foreign)
    seen = widgets.Seen(
        (failing, COVERED, RegionState(f"b{foreign}", failure=foreign)),
        POLLED,
        (Gap(foreign, Source.AGENTS, foreign),),
        foreign,
    )
    log = (
        logged(kind=foreign, severity=foreign, subject=foreign, channels={foreign: NOW}),
        logged(is_waiting=True, sent_at=None),
    )
    return {
        "timeline": widgets.timeline(rows, POLLED, now=NOW, width=900, theme=theme),
        "deadlines": widgets.deadlines(entries, POLLED, now=NOW, theme=theme),
        "alerts": widgets.alerts(log, now=NOW, theme=theme),
        "coverage": widgets.coverage(seen, now=NOW, theme=theme),
        "notice": widgets.notice(foreign, theme=theme),
    }


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("widget", ["timeline", "deadlines", "alerts", "coverage", "notice"])
class TestEveryWidget:
    def test_text_from_outside_stays_text(self, widget: str, theme: Theme) -> None:
        tame, hostile = (every_widget(theme, foreign)[widget] for foreign in ("tame", HOSTILE))

        assert kinds(Page(hostile).elements) == kinds(Page(tame).elements)
        assert "\u202e" not in hostile
        assert "\x00" not in hostile

    def test_it_asks_for_nothing_runs_nothing_and_leads_nowhere(
        self, widget: str, theme: Theme
    ) -> None:
        html = every_widget(theme)[widget]
        names = {name for _, given in Page(html).elements for name in given}

        assert not {name for name in names if name.startswith("on")}
        assert not names & {"href", "src", "id", "style", "xlink:href"}
        assert not re.search(r"url\(|@import|<script|<iframe|<use|<form|<a[ >]", html)

    def test_its_rules_reach_nothing_else_on_the_page(self, widget: str, theme: Theme) -> None:
        html = every_widget(theme)[widget]
        style = "".join(re.findall(r"<style>(.*?)</style>", html))
        rules = re.sub(r"@media[^{]*\{((?:[^{}]*\{[^}]*\})*)\}", r"\1", style)
        selectors = [one for rule in re.findall(r"([^{}]+)\{", rules) for one in rule.split(",")]

        assert selectors
        assert not [one for one in selectors if not one.strip().startswith(".bl-")]
        assert Page(html).elements[0] == ("div", {"class": "cwdb-no-default-styles bl-widget"})


def kinds(
    elements: Iterable[tuple[str, dict[str, str | None]]],
) -> set[tuple[str, tuple[str, ...]]]:
    return {(tag, tuple(sorted(given))) for tag, given in elements}


@pytest.mark.parametrize("theme", THEMES)
def test_text_stands_out_from_its_ground(theme: Theme) -> None:
    style = re.findall(r"<style>(.*?)</style>", widgets.notice("x", theme=theme))[0]
    (ground,) = re.findall(r"background:(#\w{6})", style)
    inks = set(re.findall(r"[{;]color:(#\w{6})", style))

    assert len(inks) >= 5
    assert min(contrast(ink, ground) for ink in inks) >= 4.5


def contrast(one: str, other: str) -> float:
    """Give the contrast ratio of two colours: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    red, green, blue = (linear(int(colour[n : n + 2], 16) / 255) for n in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
