"""The timeline as people see it: nothing overlaps, all can be read, and no name does anything."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import pytest

from notifier.render.timeline import Theme, timeline_svg
from notifier.render.timeline_page import timeline_page
from notifier.render.timeline_style import DARK, LIGHT
from tests.timeline_rows import TODAY, hostile_rows, some_rows

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import OpenPage

Scheme = Literal["light", "dark"]

MODELS: Final = pytest.mark.parametrize("models", [5, 40, 150])
WIDTHS: Final = pytest.mark.parametrize("width", [1280, 390])
SCHEMES: Final = pytest.mark.parametrize("scheme", ["light", "dark"])
WIDEST_FONT: Final = "*{font-family:'DejaVu Sans',Verdana,sans-serif!important}"

# Every text that is seen, with its box and with the box of the picture, or else of the window.
TEXTS: Final = """() => [...document.querySelectorAll('text, h1, p')].map(one => {
  const box = one.getBoundingClientRect();
  const around = one.ownerSVGElement?.getBoundingClientRect()
    ?? {left: 0, top: -scrollY, right: innerWidth, bottom: 1e6};
  return {
    words: one.textContent,
    box: [box.left, box.top, box.right, box.bottom],
    around: [around.left, around.top, around.right, around.bottom],
  };
}).filter(({box}) => box[2] > box[0])"""

# Every colour that is seen beside the one that it must be told from, and what it belongs to.
COLOURS: Final = """() => {
  const look = of => [...document.querySelectorAll(of)]
    .map(one => ({one, box: one.getBoundingClientRect(), style: getComputedStyle(one)}))
    .filter(({box}) => box.width + box.height > 0);
  const body = getComputedStyle(document.body).backgroundColor;
  const fields = look('.bl-ground, .bl-today-flag')
    .map(({box, style}) => ({box, fill: style.fill}));
  const holds = (outer, inner) => outer.left <= inner.left && outer.right >= inner.right
    && outer.top <= inner.top && outer.bottom >= inner.bottom;
  const behind = box => fields.findLast(field => holds(field.box, box)).fill;
  const lines = '.bl-hollow, .bl-open, .bl-arrow, .bl-today';
  return {
    text: [
      ...look('text:not(:has(tspan)), tspan')
        .map(({one, box, style}) => [one.textContent, style.fill, behind(box)]),
      ...look('h1, p, p span').map(({one, style}) => [one.textContent, style.color, body]),
    ],
    shape: look('.bl-bar, .bl-open, .bl-mark, .bl-arrow, .bl-today').map(({one, style}) => [
      one.getAttribute('class'), one.matches(lines) ? style.stroke : style.fill, fields[0].fill]),
  };
}"""


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        return (
            min(self.right, other.right) - max(self.left, other.left) > 0.5
            and min(self.bottom, other.bottom) - max(self.top, other.top) > 0.5
        )

    def is_within(self, other: Box) -> bool:
        return (
            self.left > other.left - 0.5
            and self.top > other.top - 0.5
            and self.right < other.right + 0.5
            and self.bottom < other.bottom + 0.5
        )


@cache
def page_of(models: int) -> str:
    return timeline_page(some_rows(models), today=TODAY, where="Account 123456789012.")


def misplaced_texts(page: Page) -> list[str]:
    """Name texts that overlap another or leave their picture; there must be some text at all."""
    found = page.evaluate(TEXTS)
    assert len(found) > 10
    texts = sorted((Box(*one["box"]), one["words"], Box(*one["around"])) for one in found)
    wrong = [f"{words} runs out" for box, words, around in texts if not box.is_within(around)]
    for number, (box, words, _) in enumerate(texts):
        for other, others, _ in texts[number + 1 :]:
            if other.left >= box.right:
                break  # They are sorted from left to right.
            if box.overlaps(other):
                wrong.append(f"{words} overlaps {others}")
    return wrong


def contrast(one: str, other: str) -> float:
    """Give the contrast of two opaque CSS colours (https://www.w3.org/TR/WCAG22/)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    opaque = re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", colour)
    assert opaque, colour
    parts = [int(part) / 255 for part in opaque.groups()]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def faint(page: Page) -> set[str]:
    """Name what cannot be told well enough from what it stands on."""
    colours = page.evaluate(COLOURS)
    assert colours["text"]
    assert colours["shape"]
    return {
        f"{what}: {front} on {back}"
        for kind, least in (("text", 4.5), ("shape", 3))
        for what, front, back in colours[kind]
        if contrast(front, back) < least
    }


def ground(page: Page) -> set[str]:
    """Give the colours of the ground that are seen."""
    fills = page.evaluate(
        "() => [...document.querySelectorAll('.bl-ground')].filter(one => one.getClientRects()[0])"
        ".map(one => getComputedStyle(one).fill)"
    )
    return set(fills)


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})"


@MODELS
@WIDTHS
@SCHEMES
def test_everything_has_its_place_and_can_be_read(
    open_page: OpenPage, models: int, width: int, scheme: Scheme
) -> None:
    page = open_page(page_of(models), width=width, scheme=scheme)

    assert misplaced_texts(page) == []
    assert faint(page) == set()
    assert page.evaluate("document.scrollingElement.scrollWidth") == width
    assert ground(page) == {rgb((LIGHT if scheme == "light" else DARK).ground)}


@pytest.mark.parametrize("width", [360, 640, 1200])
def test_everything_has_its_place_in_the_widest_of_the_usual_fonts(
    open_page: OpenPage, width: int
) -> None:
    page = open_page(timeline_svg(some_rows(40), today=TODAY, width=width))
    page.add_style_tag(content=WIDEST_FONT)

    assert misplaced_texts(page) == []


@WIDTHS
def test_hostile_names_do_nothing_and_stay_in_their_place(open_page: OpenPage, width: int) -> None:
    html = timeline_page(hostile_rows(), today=TODAY, where="<b>here", title="<i>'\"&")

    page = open_page(html, width=width)

    assert misplaced_texts(page) == []
    assert page.title() == "<i>'\"&"
    assert page.locator("body :is(script, img, b, i, iframe, use, a, foreignObject)").count() == 0
    assert page.locator("text=<script>document.title='owned'</script>").count() > 0


def test_one_picture_is_seen_at_a_time(open_page: OpenPage) -> None:
    page, seen = open_page(page_of(5)), {}

    for width in (360, 719, 720, 1099, 1100, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        pictures = page.locator("main > div:visible").all()
        seen[width] = [picture.get_attribute("class") for picture in pictures]
        assert page.evaluate("document.scrollingElement.scrollWidth") == width

    assert seen == {
        360: ["bl-phone"],
        719: ["bl-phone"],
        720: ["bl-tablet"],
        1099: ["bl-tablet"],
        1100: ["bl-desk"],
        1920: ["bl-desk"],
    }


def test_paper_is_light_and_no_sheet_is_longer_than_a_page(open_page: OpenPage) -> None:
    page = open_page(page_of(40), width=390, scheme="dark")

    # A4 across, without its margins.
    page.set_viewport_size({"width": 1032, "height": 703})
    page.emulate_media(media="print", color_scheme="dark")

    assert ground(page) == {rgb(LIGHT.ground)}
    assert faint(page) == set()
    assert page.locator("main > div:visible").get_attribute("class") == "bl-desk"
    bottoms = page.evaluate(
        "() => [...document.querySelectorAll('.bl-desk .bl-sheet')]"
        ".map(one => one.getBoundingClientRect().bottom)"
    )
    heights = [after - before for before, after in zip([0, *bottoms], bottoms, strict=False)]
    assert len(heights) > 3
    assert max(heights) < 703


def test_pictures_of_both_themes_stand_on_one_page_and_leave_the_rest_of_it_alone(
    open_page: OpenPage,
) -> None:
    light, dark = (
        timeline_svg(some_rows(5), today=TODAY, theme=theme) for theme in (Theme.LIGHT, Theme.DARK)
    )
    ours = "<p class='name'>x</p><svg><text class='muted' y='9'>x</text><rect class='bar'/></svg>"
    look = "() => [...document.querySelectorAll('p, .muted, .bar')].map(one => {"
    look += "const {fill, color, fontFamily, stroke} = getComputedStyle(one);"
    look += "return [fill, color, fontFamily, stroke]})"
    alone = open_page(ours).evaluate(look)

    page = open_page(f"{ours}{light}{dark}{light}", scheme="dark")

    assert page.evaluate(look) == alone
    fills = "all => all.map(one => getComputedStyle(one).fill)"
    grounds = page.locator(".bl-ground")
    on_screen = [rgb(LIGHT.ground), rgb(DARK.ground), rgb(LIGHT.ground)]
    assert grounds.evaluate_all(fills) == on_screen
    page.emulate_media(media="print")
    assert grounds.evaluate_all(fills) == [rgb(LIGHT.ground)] * 3


def test_hovering_shows_all_that_is_known(open_page: OpenPage) -> None:
    page = open_page(page_of(5))

    row = page.locator(".bl-desk .bl-row").first
    row.hover()

    assert row.locator(".bl-hit").evaluate("one => getComputedStyle(one).fill") == rgb(LIGHT.ink)
    said = (row.locator("title").text_content() or "").splitlines()
    assert said[:2] == ["Claude Sonnet 1.0 · Anthropic", "anthropic.claude-sonnet-1.0-v1:0"]
