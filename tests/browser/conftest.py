"""A real, headless Chromium. No page of ours may ask for anything or complain about anything."""

from __future__ import annotations

import os
from contextlib import ExitStack
from itertools import chain, count
from typing import TYPE_CHECKING, Any, Literal, Protocol

import pytest

from demo.chromium import NoBrowserError, chromium

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page


class OpenPage(Protocol):
    """Opens a document in a window of that width."""

    def __call__(
        self, html: str, *, width: int = 1280, scheme: Literal["light", "dark"] = "light"
    ) -> Page: ...


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the browser. Without one, tests are skipped at home and fail where CI is set."""
    with ExitStack() as stack:
        try:
            started = stack.enter_context(chromium())
        except NoBrowserError as reason:
            if os.environ.get("CI"):
                pytest.fail(str(reason), pytrace=False)
            pytest.skip(str(reason))
        yield started


@pytest.fixture(scope="session")
def window(browser: Browser) -> Iterator[BrowserContext]:
    """Give a window whose tabs are used again: to open one takes longer than most tests."""
    with browser.new_context() as context:
        yield context


@pytest.fixture
def open_page(window: BrowserContext, tmp_path: Path) -> Iterator[OpenPage]:
    """Give what opens documents as files; afterwards see that all of them kept still."""
    troubles: list[str] = []
    tabs = chain(list(window.pages), iter(window.new_page, None))
    numbers = count()
    own = tmp_path.as_uri()
    listeners: dict[Any, Callable[[Any], None]] = {
        "console": lambda message: troubles.append(f"{message.type}: {message.text}"),
        "weberror": lambda error: troubles.append(f"error: {error.error}"),
        "request": lambda asked: (
            None if asked.url.startswith(own) else troubles.append(f"asks {asked.url}")
        ),
    }
    for event, listener in listeners.items():
        window.on(event, listener)

    def opened(html: str, *, width: int = 1280, scheme: Literal["light", "dark"] = "light") -> Page:
        file = tmp_path / f"{next(numbers)}.html"
        file.write_text(html, encoding="utf-8")
        page = next(tabs)
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(media="screen", color_scheme=scheme)
        page.goto(file.as_uri())
        return page

    yield opened
    for page in window.pages:
        page.goto("about:blank")  # what it has to say, it says before
    for event, listener in listeners.items():
        window.remove_listener(event, listener)
    assert troubles == []
