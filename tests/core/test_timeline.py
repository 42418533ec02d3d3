"""What a timeline shows and how it is drawn, without a browser."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, date
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.model import Announced, Dates, Lifecycle, Milestone, Phase
from notifier.render.lettering import Lettering, flat
from notifier.render.timeline import Theme, timeline_sheets, timeline_svg
from notifier.render.timeline_axis import axis_over
from notifier.render.timeline_bars import Mark, Section, Stretch, timeline_of
from notifier.render.timeline_page import timeline_page
from notifier.render.timeline_words import (
    Tone,
    distance_texts,
    milestone_texts,
    region_texts,
    title,
    tone,
)
from notifier.render.words import plain
from tests.core.cases import EAST, EUROPE, SONNET, WEST, at, called, dates, lifecycle, row
from tests.timeline_rows import HOSTILE, TODAY, hostile_rows, some_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from notifier.model import TrackedModel
    from notifier.render.timeline_bars import Bar, Model

NOW: Final = TODAY.isoformat()
SVG: Final = "{http://www.w3.org/2000/svg}"
ACTIVE, LEGACY, EXTENDED = Phase.ACTIVE, Phase.LEGACY, Phase.EXTENDED_ACCESS


def life(
    status: str = "ACTIVE",
    launch: str | None = "2025-09-29",
    legacy: str | None = None,
    extended_access: str | None = None,
    end_of_life: str | None = None,
) -> Lifecycle:
    known = lifecycle(status, legacy, extended_access, end_of_life)
    return known._replace(start_of_life_at=at(launch) if launch else None)


def model(*rows: TrackedModel) -> Model:
    """Give the one model that rows are shown as."""
    ((found,),) = timeline_of(rows, TODAY).sections.values()
    return found


def bar(*rows: TrackedModel) -> Bar:
    (found,) = model(*rows).bars
    return found


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def parsed(svg: str) -> ET.Element:
    """Read a picture as strictly as XML is read."""
    return ET.fromstring(svg)  # noqa: S314 (our own picture: that it can be read is what is tested)


def written(svg: str) -> list[str]:
    """Give every text of a picture."""
    return ["".join(one.itertext()) for one in parsed(svg).iter(f"{SVG}text")]


def drawn(svg: str, css: str) -> list[ET.Element]:
    """Give every shape that has a class."""
    return [one for one in parsed(svg).iter() if css in one.get("class", "").split()]


# Stretches and marks


@pytest.mark.parametrize(
    ("lived", "expected"),
    [
        pytest.param(life(), [(ACTIVE, "2025-09-29", None)], id="active without dates"),
        pytest.param(life(launch=None), [(ACTIVE, None, None)], id="nothing known"),
        pytest.param(
            life("LEGACY", "2025-09-29", "2026-10-08", "2027-01-08", "2027-04-08"),
            [
                (ACTIVE, "2025-09-29", "2026-10-08"),
                (LEGACY, "2026-10-08", "2027-01-08"),
                (EXTENDED, "2027-01-08", "2027-04-08"),
            ],
            id="all dates",
        ),
        pytest.param(
            life("LEGACY", None, "2026-10-08", None, "2027-04-08"),
            [(ACTIVE, None, "2026-10-08"), (LEGACY, "2026-10-08", "2027-04-08")],
            id="neither launch nor extended access",
        ),
        pytest.param(
            life("LEGACY", "2025-09-29"),
            [(ACTIVE, "2025-09-29", "2026-01-01"), (LEGACY, "2026-01-01", None)],
            id="Legacy without dates, from when it was last seen to change",
        ),
        pytest.param(
            life("LEGACY", "2025-09-29", "2027-06-01"),
            [(ACTIVE, "2025-09-29", "2026-01-01"), (LEGACY, "2026-01-01", None)],
            id="Legacy before its date",
        ),
        pytest.param(
            life("LEGACY", "2025-09-29", "2026-10-08", "2026-09-01", "2027-04-08"),
            [(ACTIVE, "2025-09-29", "2026-09-01"), (EXTENDED, "2026-09-01", "2027-04-08")],
            id="extended access before Legacy",
        ),
        pytest.param(
            life("ACTIVE", "2026-06-01", None, None, "2026-05-01"), [], id="over before its launch"
        ),
    ],
)
def test_a_bar_is_made_of_the_phases_that_dates_tell(
    lived: Lifecycle, expected: list[tuple[Phase, str | None, str | None]]
) -> None:
    shown = bar(row(life=lived, now=NOW, in_use=True))

    assert list(shown.stretches) == [Stretch(of, day(a), day(b)) for of, a, b in expected]


def test_milestones_are_marked_on_their_days() -> None:
    lived = life("LEGACY", "2025-09-29", "2026-10-08", None, "2027-04-08")

    marks = bar(row(life=lived, now=NOW)).marks

    assert marks == (
        Mark(date(2026, 10, 8), Milestone.LEGACY),
        Mark(date(2027, 4, 8), Milestone.END_OF_LIFE),
    )


def announced(one: TrackedModel, said: Dates) -> TrackedModel:
    return replace(one, announced=Announced(said, one.dates, TODAY, one.told.seq))


@pytest.mark.parametrize(
    "said_by_health",
    [
        lambda one: announced(one, dates(None, None, "2027-04-10")),
        lambda one: replace(one, by_health=dates(None, None, "2027-04-10")),
    ],
    ids=["as announced", "beside the API"],
)
def test_a_date_that_only_aws_health_gives_ends_the_bar_and_is_marked_as_such(
    said_by_health: Callable[[TrackedModel], TrackedModel],
) -> None:
    shown = bar(said_by_health(row(life=life(), now=NOW)))

    assert shown.marks == (Mark(date(2027, 4, 10), Milestone.END_OF_LIFE, by_health=True),)
    assert shown.ends_on == date(2027, 4, 10)
    assert shown.stretches == (Stretch(ACTIVE, date(2025, 9, 29), date(2027, 4, 10)),)


def test_where_aws_health_says_otherwise_both_are_marked_and_the_api_draws_the_bar() -> None:
    one = row(life=life(end_of_life="2027-04-08"), now=NOW)

    shown = bar(replace(one, by_health=dates(None, None, "2027-03-01")))

    assert shown.marks == (
        Mark(date(2027, 3, 1), Milestone.END_OF_LIFE, by_health=True),
        Mark(date(2027, 4, 8), Milestone.END_OF_LIFE),
    )
    assert shown.ends_on == date(2027, 4, 8)


@pytest.mark.parametrize("end_of_life", [None, "2027-04-08"])
def test_a_model_that_is_gone_ends_where_it_went(end_of_life: str | None) -> None:
    shown = bar(row(life=life(end_of_life=end_of_life), now="2026-11-20", gone=True))

    assert shown.marks == (Mark(date(2026, 11, 20), Milestone.END_OF_LIFE),)
    assert shown.stretches == (Stretch(ACTIVE, date(2025, 9, 29), date(2026, 11, 20)),)
    assert milestone_texts(shown, TODAY)[0] == "withdrawn 2026-11-20"


def test_a_model_that_is_gone_after_its_end_ended_on_its_date() -> None:
    shown = bar(row(life=life(end_of_life="2026-11-18"), now="2026-11-20", gone=True))

    assert shown.ends_on == date(2026, 11, 18)
    assert milestone_texts(shown, TODAY)[0] == "end of life 2026-11-18"


# Which models, and in which order


def test_regions_with_the_same_truth_share_a_bar_though_their_launches_differ() -> None:
    rows = [row(region=EAST, life=life()), row(region=WEST, life=life(launch="2026-01-15"))]

    shown = bar(*rows)

    assert shown.regions == (EAST, WEST)
    assert shown.stretches == (Stretch(ACTIVE, date(2025, 9, 29), None),)
    assert "Launched: Mon 2025-09-29 (425 days ago), later in other Regions" in title(
        model(*rows), shown, TODAY
    )


@pytest.mark.parametrize(
    "other",
    [
        row(region=WEST, life=life(end_of_life="2027-05-08"), now=NOW),
        row(region=WEST, life=life("LEGACY", end_of_life="2027-04-08"), now=NOW),
        row(region=WEST, life=life(end_of_life="2027-04-08"), now="2026-11-20", gone=True),
        announced(
            row(region=WEST, life=life(end_of_life="2027-04-08"), now=NOW), dates("2027-01-01")
        ),
    ],
    ids=["dates", "phase", "gone", "AWS Health"],
)
def test_regions_that_differ_have_bars_of_their_own(other: TrackedModel) -> None:
    one = row(region=EAST, life=life(end_of_life="2027-04-08"), now=NOW)

    assert sorted(shown.regions for shown in model(one, other).bars) == [(EAST,), (WEST,)]


def test_of_the_bars_of_a_model_that_which_ends_first_comes_first() -> None:
    rows = [
        row(region=EAST, life=life(), now=NOW),
        row(region=EUROPE, life=life(end_of_life="2027-04-08"), now=NOW),
        row(region=WEST, life=life(end_of_life="2027-03-08"), now=NOW),
    ]

    assert [one.regions for one in model(*rows).bars] == [(WEST,), (EUROPE,), (EAST,)]


@pytest.mark.parametrize(
    ("uses", "section"),
    [
        ([False, True, None], Section.IN_USE),
        ([False, None], Section.PERHAPS),
        ([False, False], Section.NOT_IN_USE),
    ],
)
def test_a_model_stands_in_the_section_of_the_region_that_is_used_most_surely(
    uses: list[bool | None], section: Section
) -> None:
    rows = [row(region=f"r{number}", in_use=use) for number, use in enumerate(uses)]

    assert list(timeline_of(rows, TODAY).sections) == [section]


def test_sections_come_in_order_and_models_by_their_end_and_their_name() -> None:
    rows = [
        row("f", life=life(), in_use=False, name="Undated"),
        row("e", life=life(), in_use=None, name="Perhaps"),
        row("d", life=life(), in_use=True, name="beta"),
        row("c", life=life(), in_use=True, name="Alpha"),
        row("b", life=life(end_of_life="2027-04-08"), in_use=True, name="Later"),
        row("a", life=life(end_of_life="2027-03-08"), in_use=True, name="Sooner"),
    ]

    sections = timeline_of(rows, TODAY).sections

    assert [(of, [one.name for one in models]) for of, models in sections.items()] == [
        (Section.IN_USE, ["Sooner", "Later", "Alpha", "beta"]),
        (Section.PERHAPS, ["Perhaps"]),
        (Section.NOT_IN_USE, ["Undated"]),
    ]


def test_models_of_the_same_name_are_called_by_their_ids() -> None:
    rows = [row("acme.a-v1", name="A"), row("acme.a-v2", name="A"), row("acme.b", name="B")]

    (models,) = timeline_of(rows, TODAY).sections.values()

    assert [one.label for one in models] == ["acme.a-v1", "acme.a-v2", "B"]


@pytest.mark.parametrize(
    ("ended_on", "in_use", "is_shown"),
    [
        ("2026-08-30", False, True),
        ("2026-08-29", False, False),
        ("2026-08-29", None, False),
        ("2024-01-01", True, True),
    ],
)
def test_what_ended_long_ago_is_left_out_and_counted_unless_it_is_used(
    *, ended_on: str, in_use: bool | None, is_shown: bool
) -> None:
    ended = row(SONNET, life=life(end_of_life=ended_on), now=NOW, in_use=in_use)

    timeline = timeline_of([ended, row("other")], TODAY)

    ids = {one.model_id for models in timeline.sections.values() for one in models}
    assert (SONNET in ids, timeline.left_out) == (is_shown, int(not is_shown))
    note = "Not shown: 1 model that ended more than 90 days ago"
    assert any(note in text for text in written(timeline_svg([ended], today=TODAY))) != is_shown


# Words


@pytest.mark.parametrize(
    ("one", "distance", "milestone"),
    [
        (row(life=life()), "no end date", "Active since 2025-09-29"),
        (row(life=life(launch=None)), "no end date", "Active"),
        (row(life=life("LEGACY")), "no end date", "Legacy since 2026-01-01 or before"),
        (
            row(life=life("LEGACY", legacy="2026-10-08"), now=NOW),
            "no end date",
            "Legacy since 2026-10-08",
        ),
        (
            row(life=life(legacy="2026-12-08", end_of_life="2027-04-08")),
            "in 10 days",
            "Legacy 2026-12-08",
        ),
        (row(life=life(end_of_life="2026-11-28")), "today", "end of life 2026-11-28"),
        (row(life=life(end_of_life="2026-11-27")), "yesterday", "end of life 2026-11-27"),
        (
            row(life=life(legacy="2026-11-28", end_of_life="2026-11-28")),
            "today",
            "end of life 2026-11-28",
        ),
        (
            announced(row(life=life()), dates(None, "2027-01-08")),
            "in 41 days · AWS Health",
            "public extended access 2027-01-08",
        ),
    ],
)
def test_beside_a_bar_stands_what_comes_next(
    one: TrackedModel, distance: str, milestone: str
) -> None:
    shown = bar(one)

    assert distance_texts(shown, TODAY)[0] == distance
    assert milestone_texts(shown, TODAY)[0] == milestone


@pytest.mark.parametrize(
    ("ends_on", "in_use", "expected"),
    [
        ("2026-12-28", True, Tone.URGENT),
        ("2026-12-28", None, Tone.URGENT),
        ("2026-12-28", False, Tone.NEXT),
        ("2026-12-29", True, Tone.NEXT),
        ("2026-11-20", True, Tone.URGENT),
        ("2026-11-20", False, Tone.QUIET),
        (None, True, Tone.QUIET),
    ],
)
def test_what_is_near_is_urgent_where_it_may_be_used(
    *, ends_on: str | None, in_use: bool | None, expected: Tone
) -> None:
    shown = bar(row(life=life(end_of_life=ends_on), now=NOW, in_use=in_use))

    assert tone(shown, TODAY) is expected


def test_regions_are_named_used_ones_first_and_counted_where_names_do_not_fit() -> None:
    regions = ("ap-south-1", "eu-west-1", "us-east-1", "us-west-2")
    shown = bar(*(row(region=one, in_use=one == "us-east-1") for one in regions))

    assert region_texts(shown) == (
        "us-east-1, ap-south-1 and 2 more",
        "us-east-1 and 3 more",
        "4 Regions",
    )


def test_on_hovering_all_is_said() -> None:
    lived = life("LEGACY", "2025-09-29", "2026-10-08", None, "2027-04-08")
    east = row(life=lived, now=NOW, in_use=True, use=called("2026-11-26", invocations_14d=18_234))
    west = row(region=WEST, life=lived, now=NOW, in_use=False)
    rows = [replace(one, by_health=dates(None, None, "2027-03-01")) for one in (east, west)]

    assert title(model(*rows), bar(*rows), TODAY).splitlines() == [
        "Claude Sonnet 4.5 · Anthropic",
        SONNET,
        "us-east-1, us-west-2",
        "Phase: Legacy since 2026-10-08",
        "Launched: Mon 2025-09-29 (425 days ago)",
        "Legacy date: Thu 2026-10-08 (51 days ago)",
        "End-of-life date: Thu 2027-04-08 (in 131 days)",
        "AWS Health says: end of life Mon 2027-03-01 (in 93 days)",
        "In use in us-east-1",
        "18,234 calls in 14 days",
        "Last call: Thu 2026-11-26 (2 days ago)",
    ]


def test_on_hovering_what_is_not_known_is_said_too() -> None:
    one = replace(row(life=life("DEPRECATED", launch=None), in_use=None), provider="")

    assert title(model(one), bar(one), TODAY).splitlines() == [
        "Claude Sonnet 4.5",
        SONNET,
        "us-east-1",
        "Phase: Active",
        "Status, as AWS says: DEPRECATED",
        "The Bedrock API gives no end-of-life date",
        "Perhaps in use: not all could be read",
    ]


# The calendar


@pytest.mark.parametrize(
    ("days", "start", "end"),
    [
        ([], "2026-01-01", "2027-10-01"),
        (["2025-05-22", "2027-04-08"], "2025-04-01", "2027-10-01"),
        (["1970-01-01", "2099-01-01"], "2022-10-01", "2030-01-01"),
        (["0001-01-01", "9999-12-31"], "2022-10-01", "2030-01-01"),
    ],
)
def test_the_calendar_spans_what_is_to_be_seen_but_nothing_absurd(
    days: list[str], start: str, end: str
) -> None:
    axis = axis_over(map(date.fromisoformat, days), TODAY, 0, 100)

    assert (axis.start.isoformat(), axis.end.isoformat()) == (start, end)


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (21 * 32, ["Jan", "Feb", "Mar"]),
        (21 * 31, ["Q1", "Q2", "Q3"]),
        (7 * 24, ["Q1", "Q2", "Q3"]),
        (7 * 23, []),
    ],
)
def test_the_calendar_names_what_has_room(width: float, expected: list[str]) -> None:
    axis = axis_over([], TODAY, 0, width)

    assert [tick.label for tick in axis.parts()][:3] == expected
    assert [tick.label for tick in axis.years()] == ["2026", "2027"]


def test_a_part_of_a_year_begins_at_the_edge_and_ends_with_the_year() -> None:
    first, *_ = axis_over([date(2025, 5, 22)], TODAY, 10, 1010).years()

    assert (first.label, first.left) == ("2025", 10)
    assert first.right == pytest.approx(10 + 1000 * 275 / 913, abs=0.1)


def test_what_lies_beyond_the_calendar_is_put_at_its_edge() -> None:
    axis = axis_over([], TODAY, 10, 110)

    assert axis.x(axis.start) == axis.x(date(1970, 1, 1)) == 10
    assert axis.x(axis.end) == axis.x(date(2099, 1, 1)) == 110
    assert 10 < axis.x(TODAY) < 110


# The picture


@pytest.mark.parametrize("width", [360, 639, 640, 1200])
def test_what_ends_nowhere_is_drawn_open_and_what_goes_on_beyond_the_chart_is_cut(
    width: int,
) -> None:
    def shapes(lived: Lifecycle) -> dict[str, int]:
        svg = timeline_svg([row(life=lived, now=NOW)], today=TODAY, width=width)
        of_rows = [one for found in drawn(svg, "bl-row") for one in found.iter()]
        classes = [css for one in of_rows for css in one.get("class", "").split()]
        return {css: classes.count(css) for css in ("bl-open", "bl-arrow", "bl-notch", "bl-bar")}

    assert shapes(life(end_of_life="2027-04-08")) == {
        "bl-open": 0,
        "bl-arrow": 0,
        "bl-notch": 0,
        "bl-bar": 1,
    }
    assert shapes(life()) == {"bl-open": 1, "bl-arrow": 1, "bl-notch": 0, "bl-bar": 1}
    assert shapes(life(launch=None)) == {"bl-open": 2, "bl-arrow": 1, "bl-notch": 0, "bl-bar": 1}
    assert shapes(life(launch="1970-01-01", end_of_life="2099-01-01")) == {
        "bl-open": 0,
        "bl-arrow": 0,
        "bl-notch": 2,
        "bl-bar": 1,
    }
    assert shapes(life(launch="2098-01-01")) == {
        "bl-open": 0,
        "bl-arrow": 1,
        "bl-notch": 0,
        "bl-bar": 0,
    }


def test_a_used_model_that_ended_before_the_calendar_begins_is_pointed_at() -> None:
    ended = row(life=life(launch=None, end_of_life="1970-01-01"), now=NOW, in_use=True)

    svg = timeline_svg([ended, row("other", in_use=True)], today=TODAY)

    first, _ = drawn(svg, "bl-row")
    shapes = {one.get("class"): one.get("d", "") for one in first.iter()}
    tip = re.search(r"L([\d.]+)", shapes["bl-arrow"])
    assert tip
    assert float(tip[1]) < 600
    assert not shapes.keys() & {"bl-bar bl-active", "bl-mark bl-mark-end"}


def test_marks_differ_in_shape_and_those_of_aws_health_are_hollow() -> None:
    lived = life("LEGACY", "2025-09-29", "2026-10-08", "2027-01-08", "2027-04-08")
    one = replace(row(life=lived, now=NOW), by_health=dates("2026-09-01"))

    (found,) = drawn(timeline_svg([one], today=TODAY), "bl-row")

    marks = [of for of in found.iter() if "bl-mark" in of.get("class", "").split()]
    shapes = [re.sub(r"^M\S+ [\d.]+", "", of.get("d", "")) for of in marks]
    assert [of.get("class") for of in marks] == [
        "bl-mark bl-mark-legacy bl-hollow",
        "bl-mark bl-mark-legacy",
        "bl-mark bl-mark-extended",
        "bl-mark bl-mark-end",
    ]
    assert shapes[0] == shapes[1]
    assert len(set(shapes)) == 3


@pytest.mark.parametrize("width", [360, 1200])
def test_a_picture_says_what_is_in_it(width: int) -> None:
    rows = [
        row("a", life=life(end_of_life="2027-04-08"), now=NOW, in_use=True, name="Nova"),
        row("b", in_use=False, name="Titan"),
    ]

    texts = written(timeline_svg(rows, today=TODAY, width=width))

    assert {"In use here1 model", "Not in use1 model", "Nova", "Titan"} <= set(texts)
    assert {"in 131 days", "end of life 2027-04-08", "today 2026-11-28", "2027"} <= set(texts)


@pytest.mark.parametrize("width", [360, 1200])
def test_a_model_is_named_once_and_its_regions_at_every_bar(width: int) -> None:
    rows = [row(region=EAST, life=life()), row(region=WEST, life=life(end_of_life="2027-04-08"))]

    texts = written(timeline_svg(rows, today=TODAY, width=width))

    assert [texts.count(one) for one in ("Claude Sonnet 4.5", EAST, WEST)] == [1, 1, 1]


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], "No models are tracked yet."),
        ([row(life=life(end_of_life="2020-01-01"), now=NOW)], "All models have ended."),
    ],
)
def test_where_there_is_nothing_to_show_that_is_said(
    rows: list[TrackedModel], expected: str, width: int
) -> None:
    assert {"Nothing to show", expected} <= set(
        written(timeline_svg(rows, today=TODAY, width=width))
    )


@pytest.mark.parametrize("theme", Theme)
def test_a_picture_holds_nothing_that_runs_is_fetched_or_can_clash(theme: Theme) -> None:
    svg = timeline_svg(hostile_rows(), today=TODAY, theme=theme)

    elements = list(parsed(svg).iter())
    assert {one.tag.removeprefix(SVG) for one in elements} <= {
        *("svg", "style", "g", "title", "text", "tspan", "path", "rect")
    }
    attributes = {name for one in elements for name in one.keys()}  # noqa: SIM118 (not a mapping)
    assert not {name for name in attributes if name.startswith("on") or name.endswith("href")}
    assert not attributes & {"id", "style", "src"}
    assert not re.search(r"url\(|@import|@font-face", svg)


@pytest.mark.parametrize("theme", Theme)
def test_no_rule_of_a_picture_reaches_beyond_it(theme: Theme) -> None:
    (style,) = parsed(timeline_svg([], today=TODAY, theme=theme)).iter(f"{SVG}style")

    rules = re.sub(r"@media[^{]*\{", "", style.text or "")
    selectors = [one for found in re.findall(r"([^{}]+)\{", rules) for one in found.split(",")]
    assert len(selectors) > 20
    assert all(one.startswith(".bl-") for one in selectors)


def test_every_class_of_a_picture_has_the_prefix_and_a_rule() -> None:
    svg = timeline_svg(some_rows(40), today=TODAY)

    root = parsed(svg)
    (style,) = root.iter(f"{SVG}style")
    ruled = set(re.findall(r"\.(bl-[a-z-]+)", style.text or "")) | {"bl-bar", "bl-stripe-legacy"}
    used = {css for one in root.iter() for css in one.get("class", "").split()}
    assert used <= ruled


def test_long_sections_get_a_calendar_again_and_short_ones_only_one() -> None:
    short, long = (timeline_svg(some_rows(count), today=TODAY) for count in (20, 150))

    assert len(drawn(short, "bl-today-flag")) == 3
    assert len(drawn(long, "bl-today-flag")) > 6


def test_sheets_show_the_same_as_the_picture_and_the_first_brings_the_style() -> None:
    rows = some_rows(40)

    sheets = timeline_sheets(rows, today=TODAY, height=500)

    whole = written(timeline_svg(rows, today=TODAY))
    names = {text for text in whole if "Claude" in text or "Nova" in text}
    found = [text for sheet in sheets for text in written(sheet)]
    assert [text for text in found if text in names] == [text for text in whole if text in names]
    assert ["<style>" in sheet for sheet in sheets] == [True, *[False] * (len(sheets) - 1)]
    # The most that a sheet adds to the models is a heading, a legend, a calendar and a note.
    assert max(float(parsed(sheet).get("height", "")) for sheet in sheets) < 500 + 50 + 210


# Text from outside


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_text(name: str) -> None:
    one = row(f"{name}|id", region=f"{name}|region", name=name, provider=name, in_use=True)

    root = parsed(timeline_svg([one], today=TODAY))

    (found,) = (of for of in root.iter() if of.get("class") == "bl-row")
    said = found.findtext(f"{SVG}title") or ""
    assert said.splitlines()[1:3] == [plain(f"{name}|id", 256), flat(plain(f"{name}|region"))]
    shown = "".join(root.itertext())
    assert not [one for one in shown if unicodedata.category(one) in {"Cf", "Cs"}]


_anything = st.text(st.one_of(st.characters(), st.sampled_from("\ud800\u202e\x00<>&\"']")))
_times = st.none() | st.datetimes(timezones=st.just(UTC))


@st.composite
def _rows(draw: st.DrawFn) -> TrackedModel:
    status = draw(st.sampled_from(["ACTIVE", "LEGACY"]) | _anything)
    one = row(
        draw(_anything),
        draw(_anything),
        life=Lifecycle(status, *(draw(_times) for _ in range(4))),
        now=NOW,
        in_use=draw(st.sampled_from([True, False, None])),
        gone=draw(st.booleans()),
        name=draw(_anything),
        provider=draw(_anything),
    )
    changed_at = draw(st.datetimes(timezones=st.just(UTC)))
    return replace(one, last_changed_at=changed_at, by_health=draw(st.builds(Dates, *[_days] * 3)))


_days = st.none() | st.dates()


@given(rows=st.lists(_rows(), max_size=8), width=st.sampled_from([360, 700, 1200]))
def test_whatever_is_tracked_gives_a_picture_with_every_model_in_use(
    rows: list[TrackedModel], width: int
) -> None:
    root = parsed(timeline_svg(rows, today=TODAY, width=width))

    ids = [(one.text or "").splitlines()[1] for one in root.iter(f"{SVG}title")]
    assert {plain(one.model_id, 256) for one in rows if one.in_use} <= set(ids)


@given(text=_anything, room=st.floats(20, 400), bold=st.booleans())
def test_what_is_cut_fits_and_only_what_must_be_is_cut(
    text: str, room: float, *, bold: bool
) -> None:
    lettering = Lettering("", 12, bold)

    for cut in (lettering.fit(text, room), lettering.fit_ends(text, room)):
        assert lettering.width(cut) <= room
        assert cut == text or ("…" in cut and lettering.width(text) > room)


def test_a_name_is_cut_in_its_middle_and_a_sentence_at_its_end() -> None:
    lettering = Lettering("", 10)

    assert lettering.fit_ends("anthropic.claude-3-haiku-v1:0", 120) == "anthropic.clau…u-v1:0"
    assert lettering.fit("anthropic.claude-3-haiku-v1:0", 120) == "anthropic.claude-3-h…"


@pytest.mark.parametrize(
    ("text", "em"),
    [("", 0), ("e\u0301", 0.64), ("é", 0.64), ("漢字", 2.6), ("\ufdfa", 19.77)],
)
def test_text_is_measured_by_what_is_seen(text: str, em: float) -> None:
    assert Lettering("", 1).width(text) == pytest.approx(em)


def test_marks_do_not_pile_up() -> None:
    assert flat("Z" + "\u0351" * 20 + "a") == "Z\u0351\u0351a"
    assert flat("e\u0301") == "é"


# The page


def test_a_page_holds_a_picture_for_each_kind_of_screen_and_forbids_everything_else() -> None:
    page = timeline_page(some_rows(3), today=TODAY, where="Account 123456789012.")

    assert re.findall(r'<div class="bl-(\w+)"><div class="bl-sheet">', page) == [
        "phone",
        "tablet",
        "desk",
    ]
    assert "default-src 'none';style-src 'unsafe-inline'" in page
    assert '<meta name="viewport"' in page
    assert "Account 123456789012.</span> As of Sat 2026-11-28" in page
    assert not re.search(r"<(script|link|img|iframe|use)|https?://(?!www.w3.org/2000/svg)", page)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_page_is_called_stays_text(name: str) -> None:
    page = timeline_page([], today=TODAY, where=name, title=name)

    assert "<script" not in page
    assert "<b>" not in page
    page.encode()
