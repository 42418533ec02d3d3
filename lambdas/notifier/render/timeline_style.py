"""How a timeline looks: its colours on light and on dark ground, and the CSS that applies them.

Colours stand in the rules themselves, not in custom properties, and nothing has an id: the same
picture must hold up in a browser, in a drawing program and inside a page that is not ours. Every
class begins with `bl-`, so that no rule reaches anything else there.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple


class Theme(StrEnum):
    """The ground that a picture is drawn on; AUTO asks the reader's browser. Paper is light."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class Palette(NamedTuple):
    """Text has a contrast of at least 4.5 to the ground; bars and marks have one of 3."""

    ground: str
    ink: str
    muted: str
    urgent: str
    today: str
    grid: str
    year: str
    active: str
    legacy: str
    extended: str
    mark_legacy: str
    mark_extended: str
    mark_end: str


LIGHT: Final = Palette(
    ground="#ffffff",
    ink="#1b2430",
    muted="#5a6675",
    urgent="#b3261e",
    today="#0b7a5e",
    grid="#edf0f4",
    year="#cdd4dd",
    active="#3f7fc1",
    legacy="#c08410",
    extended="#a03a62",
    mark_legacy="#7d5200",
    mark_extended="#6d1f43",
    mark_end="#1b2430",
)
DARK: Final = Palette(
    ground="#12181f",
    ink="#e8edf3",
    muted="#9aa7b5",
    urgent="#ff8a80",
    today="#3ecf9f",
    grid="#1e2731",
    year="#38444f",
    active="#5b9be0",
    legacy="#e0a63a",
    extended="#d9709a",
    mark_legacy="#ffd27a",
    mark_extended="#ffb3cf",
    mark_end="#f4f7fa",
)

_FONT = "'Segoe UI',Roboto,'Helvetica Neue',Arial,'Liberation Sans','Noto Sans',sans-serif"
_SHAPES = (
    f".bl-timeline{{display:block;max-width:100%;height:auto;font-family:{_FONT};"
    "-webkit-print-color-adjust:exact;print-color-adjust:exact}"
    ".bl-heading,.bl-name,.bl-urgent,.bl-year-label,.bl-today-label{font-weight:600}"
    ".bl-grid,.bl-year,.bl-rule,.bl-today,.bl-open,.bl-arrow,.bl-notch,.bl-stripe{fill:none}"
    ".bl-grid,.bl-year,.bl-rule{shape-rendering:crispEdges}"
    ".bl-today{stroke-width:1.5}.bl-open{stroke-width:4;stroke-dasharray:7 4}"
    ".bl-arrow,.bl-notch{stroke-width:2;stroke-linecap:round;stroke-linejoin:round}"
    ".bl-stripe{stroke-width:1.5}.bl-stripe-extended{stroke-dasharray:2 3}"
    ".bl-mark{stroke-width:3;stroke-linejoin:round;paint-order:stroke}"
    ".bl-hollow{stroke-width:2;paint-order:normal}"
    ".bl-hit{fill:transparent;fill-opacity:.05}"
)
_RULES = (
    ".bl-ground,.bl-today-label{{fill:{ground}}}"
    ".bl-notch,.bl-stripe,.bl-mark{{stroke:{ground}}}"
    ".bl-row:hover>.bl-hit{{fill:{ink}}}"
    ".bl-heading,.bl-name,.bl-year-label{{fill:{ink}}}"
    ".bl-muted{{fill:{muted}}}.bl-arrow{{stroke:{muted}}}"
    ".bl-urgent{{fill:{urgent}}}"
    ".bl-today{{stroke:{today}}}.bl-today-flag{{fill:{today}}}"
    ".bl-grid,.bl-rule{{stroke:{grid}}}.bl-year{{stroke:{year}}}"
    ".bl-active{{fill:{active}}}.bl-open-active{{stroke:{active}}}"
    ".bl-legacy{{fill:{legacy}}}.bl-open-legacy{{stroke:{legacy}}}"
    ".bl-extended{{fill:{extended}}}.bl-open-extended{{stroke:{extended}}}"
    ".bl-mark-legacy{{fill:{mark_legacy}}}.bl-hollow.bl-mark-legacy{{stroke:{mark_legacy}}}"
    ".bl-mark-extended{{fill:{mark_extended}}}"
    ".bl-hollow.bl-mark-extended{{stroke:{mark_extended}}}"
    ".bl-mark-end{{fill:{mark_end}}}.bl-hollow.bl-mark-end{{stroke:{mark_end}}}"
    ".bl-mark.bl-hollow{{fill:{ground}}}"
)


def stylesheet(theme: Theme) -> str:
    """Give the rules for pictures of a theme; those of several themes may stand on one page."""
    rules = _SHAPES + _rules(LIGHT, ".bl-timeline")
    own = f".bl-timeline.bl-{theme}"
    if theme is Theme.AUTO:
        return f"{rules}@media screen and (prefers-color-scheme:dark){{{_rules(DARK, own)}}}"
    if theme is Theme.DARK:
        return f"{rules}{_rules(DARK, own)}@media print{{{_rules(LIGHT, own)}}}"
    return rules


def _rules(palette: Palette, within: str) -> str:
    """Put every selector under that of the picture."""
    rules = _RULES.format(**palette._asdict())
    return "".join(
        ",".join(f"{within} {selector}" for selector in selectors.split(",")) + "{" + body + "}"
        for selectors, _, body in (rule.partition("{") for rule in rules.split("}") if rule)
    )
