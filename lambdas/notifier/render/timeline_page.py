"""The timeline as an HTML page that needs nothing from elsewhere, for screens and for paper."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from notifier.render.timeline import timeline_sheets
from notifier.render.timeline_style import DARK, LIGHT, Palette
from notifier.render.words import day_text, plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from notifier.model import TrackedModel

# How wide a picture is and how high its sheets. Those for the desk are printed: even the first,
# with its legend and headings, fits on a page of A4 or Letter that lies across.
_SCREENS = {"phone": (366, 900), "tablet": (720, 900), "desk": (1200, 500)}
_TITLE_LENGTH = 200


def timeline_page(
    rows: Iterable[TrackedModel],
    *,
    today: date,
    where: str,
    title: str = "Amazon Bedrock models: what ends when",
) -> str:
    """Give the whole document. `where` names the account, and whatever else the rows are of."""
    rows = tuple(rows)
    pictures = "".join(
        f'<div class="bl-{screen}">{_sheets(rows, today, *size)}</div>'
        for screen, size in _SCREENS.items()
    )
    heading, place = escape(plain(title, _TITLE_LENGTH)), escape(plain(where, _TITLE_LENGTH))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{heading}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<header><h1>{heading}</h1>\n<p><span class="bl-place">{place}</span> '
        f"As of {day_text(today)} (UTC).</p></header>\n"
        f"<main>{pictures}</main>\n<footer><p>{_READING}</p></footer>\n</body>\n</html>\n"
    )


def _sheets(rows: Iterable[TrackedModel], today: date, width: int, height: int) -> str:
    sheets = timeline_sheets(rows, today=today, width=width, height=height)
    return "".join(f'<div class="bl-sheet">{sheet}</div>' for sheet in sheets)


def _colours(palette: Palette) -> str:
    return (
        f"body{{background:{palette.ground};color:{palette.muted}}}h1,.bl-place"
        f"{{color:{palette.ink}}}"
    )


_POLICY = "default-src 'none';style-src 'unsafe-inline';base-uri 'none';form-action 'none'"
_READING = (
    '<span class="bl-hint">Hovering over a row shows all that is known of it: ids, Regions, dates '
    "and use.</span> Dates are those of the Bedrock API; a hollow mark is a date that only AWS "
    "Health gives, or that it gives otherwise. Dashes stand for what nobody has dated."
)
_STYLE = (
    f"{_colours(LIGHT)}"
    "body{margin:0 auto;max-width:1200px;padding:28px 0;line-height:1.5;"
    "font-family:'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;font-size:14px}"
    "header,footer{padding:0 24px;overflow-wrap:anywhere}h1{font-size:24px;line-height:1.25;"
    "margin:0 0 6px}p{margin:0}footer{max-width:70ch;padding-top:12px}"
    ".bl-phone,.bl-tablet{display:none}"
    "@media screen and (max-width:1099px){.bl-desk{display:none}.bl-tablet{display:block}"
    "body{max-width:900px}.bl-timeline{width:100%}}"
    "@media screen and (max-width:719px){.bl-tablet{display:none}.bl-phone{display:block}"
    "body{max-width:480px}header,footer{padding:0 12px}}"
    f"@media screen and (prefers-color-scheme:dark){{{_colours(DARK)}}}"
    "@media print{:root{color-scheme:light}body{max-width:none;padding:0}"
    ".bl-hint{display:none}.bl-sheet{break-inside:avoid}.bl-timeline{width:100%}}"
    "@page{margin:12mm}"
)
