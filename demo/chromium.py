"""The headless Chromium that pictures are made with, and that the tests look through."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
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


class NoBrowserError(RuntimeError):
    """There is none on this machine. Its text is one line, with what to install."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start it, and end it after the context. Raises NoBrowserError."""
    path = next((found for found in map(shutil.which, _NAMES) if found), None)
    if path is None:
        names = ", ".join(_NAMES)
        message = f"no browser on PATH ({names}); on Debian or Ubuntu: sudo apt install chromium"
        raise NoBrowserError(message)
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=_FLAGS) as browser,
    ):
        yield browser
