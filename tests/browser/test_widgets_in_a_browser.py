"""The dashboard's widgets in a real browser, and behind a sanitiser with CloudWatch's rules.

CloudWatch takes out JavaScript "or other known security vulnerabilities", and names `iframe` and
`use`. Which sanitiser it has is not documented; DOMPurify is the one that most others are like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from local_aws.dynamodb_local import TOOLS
from notifier.render.timeline import Theme
from tests.browser.test_timeline_in_a_browser import Box, contrast
from tests.core.test_widgets import HOSTILE, every_widget
from tests.widget_samples import empty_widgets, sample_widgets

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import OpenPage

THEMES: Final = pytest.mark.parametrize("theme", [Theme.LIGHT, Theme.DARK])
NAMES: Final = ("timeline", "deadlines", "alerts", "coverage")
# A whole row of a dashboard and half of one, on a wide screen and on a small one.
WIDTHS: Final = {"timeline": (1600, 620), "deadlines": (790, 390)}
SIZES: Final = [(name, width) for name in NAMES for width in WIDTHS.get(name, (790, 390))]
PURIFIER: Final = TOOLS / "node_modules/dompurify/dist/purify.min.js"
PURIFY: Final = """html => {
  const clean = DOMPurify.sanitize(html, {FORBID_TAGS: ['script', 'iframe', 'use']});
  return [clean, DOMPurify.removed.length];
}"""
# Every piece of text outside of pictures, which have tests of their own: its boxes and colours.
TEXTS: Final = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || parent.closest('svg, style')) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    found.push({
      words: walker.currentNode.data,
      boxes: [...range.getClientRects()].map(one => [one.left, one.top, one.right, one.bottom]),
      ink: getComputedStyle(parent).color,
      ground: getComputedStyle(parent.closest('.bl-widget')).backgroundColor,
    });
  }
  return found;
}"""


def framed(html: str) -> str:
    """Put a widget where CloudWatch puts it: into a page that has styles of its own."""
    style = "body{margin:0;font:16px serif;color:red}table{border:3px solid red}p{margin:40px}"
    return f"<!doctype html><style>{style}</style><body>{html}"


def purified(page: Page, html: str) -> tuple[str, int]:
    """Give what the sanitiser leaves of it, and how much it took out."""
    page.add_script_tag(content=PURIFIER.read_text(encoding="utf-8"))
    clean, removed = page.evaluate(PURIFY, html)
    return str(clean), int(removed)


def texts(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(TEXTS)
    return found


def misplaced(page: Page, width: int) -> list[str]:
    """Name texts that overlap another or leave the widget."""
    boxes = [(one["words"], Box(*box)) for one in texts(page) for box in one["boxes"]]
    wrong = [words for words, box in boxes if box.left < 0 or box.right > width]
    for number, (words, box) in enumerate(boxes):
        # Lines of text stand so close that their boxes touch; 3 pixels are no overlap to the eye.
        inner = Box(box.left, box.top + 3, box.right, box.bottom)
        wrong += [f"{words} on {other}" for other, its in boxes[:number] if inner.overlaps(its)]
    return wrong


def faint(page: Page) -> set[str]:
    """Name texts that do not stand out from their ground."""
    found = texts(page)
    return {one["words"] for one in found if contrast(one["ink"], one["ground"]) < 4.5}


@THEMES
@pytest.mark.parametrize(("name", "width"), SIZES)
def test_a_widget_looks_the_same_behind_the_sanitiser(
    open_page: OpenPage, name: str, width: int, theme: Theme
) -> None:
    html = sample_widgets(theme, width=width - 24)[name]
    before = open_page(framed(html), width=width)

    clean, removed = purified(open_page("<p>"), html)
    after = open_page(framed(clean), width=width)

    assert removed == 0
    assert after.screenshot(full_page=True) == before.screenshot(full_page=True)


def test_the_sanitiser_would_take_out_what_cloudwatch_takes_out(open_page: OpenPage) -> None:
    """Show that the check above can fail."""
    html = sample_widgets(Theme.LIGHT, width=900)["deadlines"]
    spoilt = html.replace("<table>", '<svg><use href="#a"/></svg><iframe></iframe><table>')
    spoilt = spoilt.replace("<td>", '<td onclick="x()">', 1)
    before = open_page(framed(spoilt))

    clean, removed = purified(open_page("<p>"), spoilt)
    after = open_page(framed(clean))

    assert removed == 3
    assert not [one for one in ("<use", "<iframe", "onclick") if one in clean]
    assert after.screenshot(full_page=True) != before.screenshot(full_page=True)


@THEMES
@pytest.mark.parametrize(("name", "width"), SIZES)
def test_everything_has_its_place_and_can_be_read(
    open_page: OpenPage, name: str, width: int, theme: Theme
) -> None:
    page = open_page(framed(sample_widgets(theme, width=width - 24)[name]), width=width)

    assert misplaced(page, width) == []
    assert faint(page) == set()
    assert page.evaluate("document.scrollingElement.scrollWidth") == width
    if name != "timeline":
        assert len(texts(page)) > 20


@THEMES
@pytest.mark.parametrize("name", [*NAMES, "notice"])
def test_where_there_is_nothing_to_show_words_can_be_read(
    open_page: OpenPage, name: str, theme: Theme
) -> None:
    page = open_page(framed(empty_widgets(theme)[name]), width=390)

    assert texts(page)
    assert misplaced(page, 390) == []
    assert faint(page) == set()


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize("name", [*NAMES, "notice"])
def test_hostile_text_does_nothing_and_stays_in_its_place(
    open_page: OpenPage, name: str, width: int
) -> None:
    html = every_widget(Theme.LIGHT, HOSTILE + "W" * 300)[name]

    page = open_page(framed(html), width=width)

    assert page.locator("script, img, iframe, use, a").count() == 0
    assert misplaced(page, width) == []
    assert purified(page, html)[1] == 0
