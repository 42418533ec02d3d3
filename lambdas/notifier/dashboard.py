"""The function behind the dashboard's widgets: reads both tables, and gives HTML.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aws_lambda_powertools import Logger

from notifier.enrich import enriched
from notifier.errors import AwsError
from notifier.grouping import entries_of
from notifier.render import widgets
from notifier.render.timeline import Theme
from notifier.scope import Scope
from notifier.settings import ReadingEnvironment
from notifier.wiring import account_of, reading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from notifier.model import TrackedModel
    from notifier.settings import ScopeSettings
    from notifier.snapshot import State
    from notifier.wiring import Reading

logger = Logger()

_WIDTH: Final = 1200
_LEAST_WIDTH, _MOST_WIDTH = 240, 4000
# What a widget keeps free on both sides of a picture.
_PADDING: Final = 24

DESCRIPTION: Final = """\
## Bedrock Lifecycle Notifier

What the notifier tracks and has told, read from its two tables. **For reading only**: this
function can change nothing. To snooze or to resolve a model, use the command line:
`bedrock-lifecycle snooze` and `bedrock-lifecycle resolve`.

### Parameters

| name | values |
|---|---|
| **widget** | `timeline`: the life of each model; `deadlines`: what comes in the next 90 days; \
`alerts`: what was told in the last 30 days; `coverage`: which Regions answer, and what cannot \
be seen |

### Example

``` yaml
widget: timeline
```
"""


class Frame(NamedTuple):
    """What CloudWatch says of the place that a widget has: its width in pixels, and its theme."""

    width: int = _WIDTH
    theme: Theme = Theme.LIGHT


class View(NamedTuple):
    """One look at the tables: through what, how they are to be understood, and when."""

    tables: Reading
    settings: ScopeSettings
    partition: str
    now: datetime
    frame: Frame


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: LambdaContext) -> str:
    """Give a widget as HTML. The event is `{"widget": "timeline", "widgetContext": {...}}`.

    The event `{"describe": true}` gives this function's documentation in Markdown instead. What
    AWS refuses is said in the widget, to whoever is looking, and logged as an error.
    """
    if event.get("describe"):
        return DESCRIPTION
    frame = frame_of(event.get("widgetContext"))
    asked = str(event.get("widget"))
    if asked not in WIDGETS:
        names = ", ".join(WIDGETS)
        text = f"There is no widget {asked!r}: the parameter `widget` is one of {names}."
        return widgets.notice(text, theme=frame.theme)
    environment = ReadingEnvironment.read()
    partition, _ = account_of(context)
    now = datetime.now(UTC).replace(microsecond=0)
    view = View(_tables(environment), environment.settings, partition, now, frame)
    try:
        return WIDGETS[asked](view)
    except AwsError as error:
        logger.exception("the tables could not be read")
        return widgets.notice(
            f"Nothing can be shown, because the tables could not be read ({error.action}: "
            f"{error.code}). The log of this function says more.",
            theme=frame.theme,
        )


def frame_of(context: object) -> Frame:
    """Read what CloudWatch says of the widget's place; what is missing or odd has a default."""
    if not isinstance(context, dict):
        return Frame()
    width = context.get("width")
    if not isinstance(width, int | float) or not _LEAST_WIDTH <= width <= _MOST_WIDTH:
        width = _WIDTH
    theme = Theme.DARK if context.get("theme") == Theme.DARK else Theme.LIGHT
    return Frame(int(width), theme)


@cache
def _tables(environment: ReadingEnvironment) -> Reading:
    return reading(environment)


def _timeline(view: View) -> str:
    state, rows = _tracked(view)
    return widgets.timeline(
        rows,
        state.last_completed_at,
        now=view.now,
        width=view.frame.width - _PADDING,
        theme=view.frame.theme,
    )


def _deadlines(view: View) -> str:
    state, rows = _tracked(view)
    entries = entries_of(rows, state.snoozes, view.now.date())
    return widgets.deadlines(entries, state.last_completed_at, now=view.now, theme=view.frame.theme)


def _alerts(view: View) -> str:
    log = view.tables.ledger.recent(view.now - widgets.ALERTS_SHOWN_FOR)
    return widgets.alerts(log, now=view.now, theme=view.frame.theme)


def _coverage(view: View) -> str:
    state, rows = _tracked(view)
    seen = widgets.Seen(
        regions=tuple(state.regions.values()),
        polled_at=state.last_completed_at,
        gaps=tuple(sorted({gap for row in rows if row.use for gap in row.use.gaps})),
        health_api=state.health.api.failure,
        unheard=state.unheard,
        unreadable=len(state.unreadable),
    )
    return widgets.coverage(seen, now=view.now, theme=view.frame.theme)


def _tracked(view: View) -> tuple[State, tuple[TrackedModel, ...]]:
    """Read what is remembered, and the rows that are not ignored with the evidence about them."""
    state, settings = view.tables.snapshot.read(), view.settings
    rows = enriched(
        state.rows,
        usage=state.usage if settings.usage else {},
        lifecycles=state.health.api.lifecycles,
        settings=settings,
        partition=view.partition,
        today=view.now.date(),
    )
    scope = Scope(ignore=settings.ignore)
    return state, tuple(row for row in rows if not scope.ignores(row))


WIDGETS: Final[dict[str, Callable[[View], str]]] = {
    "timeline": _timeline,
    "deadlines": _deadlines,
    "alerts": _alerts,
    "coverage": _coverage,
}
