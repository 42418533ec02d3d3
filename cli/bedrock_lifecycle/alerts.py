"""`alerts`: what was told, and when."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from bedrock_lifecycle import output, tracked
from bedrock_lifecycle.access import Access  # noqa: TC001 read from the signature
from bedrock_lifecycle.errors import CommandError
from bedrock_lifecycle.output import SEVERITY_STYLES, AsCsv, AsJson, console
from bedrock_lifecycle.selection import model_named
from notifier.render.words import count_text, listing, plain, time_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notifier.ledger import LoggedAlert

_COLUMNS: Final = ("sent_at", "kind", "severity", "subject", "models", "channels", "alert_id")
_AGO: Final = re.compile(r"(?P<count>\d{1,4})(?P<unit>[hdw])")
_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_CHANNELS: Final = {"sns": "SNS", "chat": "chat", "eventbridge": "EventBridge"}


def alerts(
    *,
    access: Access,
    model: Annotated[
        str | None,
        typer.Option(help="Only what was told about this model: an id, a name or a part."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN", help="A date such as 2026-11-01, or how long ago: 12h, 7d, 4w."
        ),
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List what was told, newest first. Alerts are kept for 400 days."""
    begin = since_moment(since, access.now) if since else None
    known = tracked.read(access)
    with output.progress("Reading the alerts table"):
        found = known.deployment.ledger.recent(begin)
        if model is not None:
            model_id = model_named(model, {row.model_id: row.name for row in known.rows})
            about = known.deployment.ledger.about(model_id)
            found = tuple(one for one in found if one.alert_id in about)
    if as_json:
        output.print_json([logged_item(one) for one in found])
    elif as_csv:
        output.print_csv(_COLUMNS, [_flat(one) for one in found])
    else:
        console().print(_table(found))


def since_moment(text: str, now: datetime) -> datetime:
    """Read a date, or a distance back from now. Raises CommandError."""
    ago = _AGO.fullmatch(text)
    if ago:
        return now - int(ago["count"]) * _UNITS[ago["unit"]]
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError as error:
        raise CommandError(
            f"--since {text!r} is neither a date such as 2026-11-01 nor a distance such as 7d"
        ) from error


def _table(found: Sequence[LoggedAlert]) -> Text | object:
    if not found:
        return Text("Nothing was told.")
    return output.table(
        count_text(len(found), "alert"),
        ("Sent (UTC)", "Severity", "Kind", "Subject", "Channels"),
        [_line(one) for one in found],
    )


def _line(one: LoggedAlert) -> tuple[str | Text, ...]:
    return (
        _when(one),
        Text(one.severity, style=SEVERITY_STYLES.get(one.severity, "")),
        one.kind,
        # Its severity has a column of its own.
        plain(one.subject.removeprefix(f"[{one.severity}] "), 200),
        listing([_CHANNELS.get(name, name) for name in sorted(one.channels)]) or "-",
    )


def _when(one: LoggedAlert) -> str:
    if one.sent_at:
        return time_text(one.sent_at).removesuffix(" UTC")
    return "withdrawn" if one.was_withdrawn else "waiting"


def logged_line(one: LoggedAlert) -> str:
    """Give an alert of the log on one line."""
    return f"{_when(one):<16}  {one.kind:<23}  {plain(one.subject, 200)}"


def _flat(one: LoggedAlert) -> dict[str, Any]:
    item = logged_item(one)
    return item | {
        "models": [model.model_id for model in one.models],
        "channels": sorted(one.channels),
    }


def logged_item(one: LoggedAlert) -> dict[str, Any]:
    """Give an alert of the log as JSON types."""
    return {
        "alert_id": one.alert_id,
        "kind": one.kind,
        "severity": one.severity,
        "subject": one.subject,
        "decided_at": one.decided_at,
        "sent_at": one.sent_at,
        "is_waiting": one.is_waiting,
        "channels": dict(one.channels),
        "models": [model._asdict() for model in one.models],
        "models_omitted": one.models_omitted,
    }
