"""A real, headless Chromium. No page of ours may ask for anything or complain about anything."""

from __future__ import annotations

import os
import shutil
from itertools import count
from typing import TYPE_CHECKING, Final, Literal, Protocol

import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_MISSING: Final = (
    f"no browser on PATH ({', '.join(_NAMES)}); on Debian or Ubuntu: sudo apt install chromium"
)
# It runs as root in containers, and must not look for updates or for Google's hosts.
_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class OpenPage(Protocol):
    """Opens a document in a window of that width."""

    def __call__(
        self, html: str, *, width: int = 1280, scheme: Literal["light", "dark"] = "light"
    ) -> Page: ...


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the browser. Without one, tests are skipped at home and fail where CI is set."""
    path = next((found for found in map(shutil.which, _NAMES) if found), None)
    if path is None and os.environ.get("CI"):
        pytest.fail(_MISSING, pytrace=False)
    if path is None:
        pytest.skip(_MISSING)
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=_FLAGS) as chromium,
    ):
        yield chromium


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[OpenPage]:
    """Give what opens documents as files; afterwards see that all of them kept still."""
    troubles: list[str] = []
    numbers = count()
    own = tmp_path.as_uri()
    context = browser.new_context()
    context.on("console", lambda message: troubles.append(f"{message.type}: {message.text}"))
    context.on("weberror", lambda error: troubles.append(f"error: {error.error}"))
    context.on(
        "request",
        lambda asked: None if asked.url.startswith(own) else troubles.append(f"asks {asked.url}"),
    )

    def opened(html: str, *, width: int = 1280, scheme: Literal["light", "dark"] = "light") -> Page:
        file = tmp_path / f"{next(numbers)}.html"
        file.write_text(html, encoding="utf-8")
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        page.goto(file.as_uri())
        return page

    yield opened
    context.close()
    assert troubles == []
