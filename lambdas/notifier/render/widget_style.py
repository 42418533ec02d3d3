"""How a widget looks: the timeline's colours and, beside them, a table that stands on its own.

CloudWatch takes script, `iframe` and `use` out of a widget and leaves HTML, CSS and SVG
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_security.html).
Its own styles for tables and headings are turned off: they are not documented, and two sets of
rules would mix.
"""

from __future__ import annotations

from typing import Final

from notifier.render.timeline_style import DARK, LIGHT, Theme

_FONT: Final = "'Segoe UI',Roboto,'Helvetica Neue',Arial,'Liberation Sans','Noto Sans',sans-serif"
_RULES: Final = (
    "{{background:{ground};color:{ink};font:13px/1.45 {font};padding:8px 12px 12px;"
    "box-sizing:border-box;min-height:100%;overflow-wrap:break-word}}"
    " p{{margin:0 0 8px}}"
    " .bl-head{{font-size:14px;font-weight:600}}"
    " .bl-faint{{color:{muted}}}"
    " .bl-loud{{color:{urgent};font-weight:600}}"
    " table{{width:100%;border-collapse:collapse;margin:0 0 8px}}"
    " th{{text-align:left;font-weight:600;color:{muted};padding:4px 12px 4px 0;"
    "border-bottom:1px solid {year}}}"
    " td{{padding:6px 12px 6px 0;vertical-align:top;border-bottom:1px solid {grid}}}"
    " th:last-child{{padding-right:0}}"
    " td:last-child{{padding-right:0}}"
    " .bl-used{{font-weight:600}}"
    " .bl-keep{{white-space:nowrap}}"
    " .bl-foreign{{overflow-wrap:anywhere}}"
    " .bl-small{{display:block;font-size:12px;font-weight:400;color:{muted}}}"
    " .bl-badge{{display:inline-block;border:1px solid;border-radius:9px;padding:0 7px;"
    "font-size:12px;font-weight:600;white-space:nowrap}}"
    " .bl-critical{{color:{urgent}}}"
    " .bl-warning{{color:{mark_legacy}}}"
    " .bl-info{{color:{muted}}}"
    " .bl-good{{color:{today}}}"
    " ul{{margin:0 0 8px;padding-left:18px}}"
    " code{{font:12px ui-monospace,Consolas,'Liberation Mono',monospace}}"
)


def stylesheet(theme: Theme) -> str:
    """Give the rules of a widget in the theme of its dashboard; AUTO is light."""
    palette = DARK if theme is Theme.DARK else LIGHT
    return _within(".bl-widget", _RULES.format(**palette._asdict(), font=_FONT))


def _within(scope: str, rules: str) -> str:
    return "".join(f"{scope}{rule}}}" for rule in rules.split("}") if rule)
