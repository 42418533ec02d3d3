"""The timeline as an HTML page that needs nothing from elsewhere."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from notifier.render.timeline import timeline_sheets
from notifier.render.words import day_text, plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from notifier.model import TrackedModel


def timeline_page(
    rows: Iterable[TrackedModel],
    *,
    today: date,
    where: str,
    title: str = "Amazon Bedrock models: what ends when",
) -> str:
    """Give the whole document; `where` names the account and the Region of the tables."""
    rows = tuple(rows)
    return _PAGE.format(
        title=escape(plain(title)),
        where=escape(plain(where)),
        today=day_text(today),
        pictures="".join(timeline_sheets(rows, today=today)),
    )


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1><p>{where}, as of {today}</p>{pictures}</body></html>
"""
