"""The dashboard's widgets as HTML: the timeline, the next deadlines, recent alerts, coverage.

All that comes from outside is made plain and escaped. Nothing here asks for anything, runs
anything or leads anywhere: a widget is for reading.
"""

from __future__ import annotations

from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple

from notifier.digest import Digest
from notifier.model import UPCOMING_DAYS, Phase
from notifier.render.digest import unseen_points
from notifier.render.entries import capital, snooze_text
from notifier.render.timeline import timeline_svg
from notifier.render.widget_style import stylesheet
from notifier.render.words import (
    MILESTONE_WORDS,
    count_text,
    day_text,
    days_text,
    failure_text,
    listing,
    moment_text,
    names_text,
    plain,
    regions_text,
    time_text,
)
from notifier.upcoming import upcoming

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, datetime

    from notifier.ledger import LoggedAlert
    from notifier.model import ModelEntry, RegionState, TrackedModel
    from notifier.render.timeline import Theme
    from notifier.upcoming import Deadline
    from notifier.usage import Gap

ALERTS_SHOWN_FOR: Final = timedelta(days=30)
"""How far back recent alerts reach."""

_MOST_DEADLINES: Final = 25
_MOST_ALERTS: Final = 25
_SOON_DAYS: Final = 14
# Polls come at least once a day; after this, what is shown may no longer be true.
_OLD: Final = timedelta(hours=25)
_ID_LENGTH: Final = 256
_SUBJECT_LENGTH: Final = 200
_POINT_LENGTH: Final = 1_000
_LABEL_LENGTH: Final = 20
_CHANNELS: Final = {"sns": "alerts topic", "chat": "chat", "eventbridge": "event bus"}


class Seen(NamedTuple):
    """What the notifier can see, and since when: what the widget on coverage shows.

    `health_api` is why AWS Health's API gave no answer, None where it did. `unheard` says that
    nobody was subscribed at the last poll; `unreadable` counts items of the table.
    """

    regions: tuple[RegionState, ...]
    polled_at: datetime | None
    gaps: tuple[Gap, ...] = ()
    health_api: str | None = None
    unheard: bool = False
    unreadable: int = 0


def timeline(
    rows: Sequence[TrackedModel],
    polled_at: datetime | None,
    *,
    now: datetime,
    width: int,
    theme: Theme,
) -> str:
    """Draw the life of every model, from one edge of the widget to the other."""
    if not rows:
        return _widget(theme, _as_of(polled_at, now))
    picture = timeline_svg(rows, today=now.date(), width=width, theme=theme)
    return _widget(theme, _as_of(polled_at, now) if _is_old(polled_at, now) else "", picture)


def deadlines(
    entries: Iterable[ModelEntry], polled_at: datetime | None, *, now: datetime, theme: Theme
) -> str:
    """List what comes in the next 90 days, of models in use before others."""
    today, entries = now.date(), tuple(entries)
    found = upcoming(entries, UPCOMING_DAYS, today)
    used = sum(one.entry.in_use is not False for one in found)
    head = f"{count_text(len(found), 'date')} in the next {UPCOMING_DAYS} days, "
    head += f"{used or 'none'} of models that are or may be in use"
    rows = [_deadline(one, today) for one in found[:_MOST_DEADLINES]]
    return _widget(
        theme,
        _head(head if found else f"Nothing ends in the next {UPCOMING_DAYS} days."),
        _ended(entries),
        _table(("Date", "What", "Model", "In use"), rows),
        _left_out(found, _MOST_DEADLINES, "date", "bedrock-lifecycle deadlines"),
        _as_of(polled_at, now),
    )


def alerts(log: Sequence[LoggedAlert], *, now: datetime, theme: Theme) -> str:
    """List what was decided lately and what became of it, the newest first."""
    days = ALERTS_SHOWN_FOR.days
    if not log:
        return _widget(theme, _head(f"No alert in the last {days} days."))
    waiting = sum(one.is_waiting for one in log)
    head = f"{count_text(len(log), 'alert')} in the last {days} days"
    return _widget(
        theme,
        _head(head + (f", {waiting} of them still waiting" if waiting else "")),
        _table(("When", "Severity", "What"), [_alert(one, now) for one in log[:_MOST_ALERTS]]),
        _left_out(log, _MOST_ALERTS, "alert", f"bedrock-lifecycle alerts --since {days}d"),
    )


def coverage(seen: Seen, *, now: datetime, theme: Theme) -> str:
    """Say which Regions answer and which do not, and what else cannot be seen."""
    covered = [state for state in seen.regions if state.covered_since]
    answering = sum(state.failing_since is None for state in covered)
    head = f"{answering} of {count_text(len(seen.regions), 'Region')} "
    head += "answers" if answering == 1 else "answer"
    ordered = sorted(seen.regions, key=_trouble_first)
    return _widget(
        theme,
        _head(head if seen.regions else "No Region has been asked yet."),
        _as_of(seen.polled_at, now),
        _list(_unseen(seen, now)),
        _table(("Region", "State", "Since"), [_region(one, now.date()) for one in ordered]),
    )


def notice(text: str, *, theme: Theme) -> str:
    """Say in place of a widget why it cannot be shown."""
    return _widget(theme, f'<p class="bl-loud">{_text(text, _SUBJECT_LENGTH * 2)}</p>')


# Rows of the tables


def _deadline(one: Deadline, today: date) -> tuple[str, ...]:
    entry = one.entry
    is_used, is_soon = entry.in_use is not False, (one.day - today).days <= _SOON_DAYS
    when = _dated(one.day, today)
    what = escape(capital(MILESTONE_WORDS[one.milestone]))
    return (
        f'<span class="bl-loud">{when}</span>' if is_used and is_soon else when,
        what + (_small("as AWS Health says") if one.by_health else ""),
        _model(entry, today),
        _use(entry),
    )


def _ended(entries: Iterable[ModelEntry]) -> str:
    """Name what was used lately and is past its end: its requests fail, and no date is ahead."""
    over = (one for one in entries if one.phase is Phase.END_OF_LIFE and one.in_use)
    names = list(dict.fromkeys(one.name for one in over))
    if not names:
        return ""
    said = _text(names_text(names), _POINT_LENGTH)
    return f'<p class="bl-loud">In use, and past the end of life: {said}.</p>'


def _model(entry: ModelEntry, today: date) -> str:
    name = _text(entry.name)
    lines = [
        _text(entry.model_id, _ID_LENGTH),
        f"in {_text(regions_text(entry.regions, _used_from(entry)))}",
        *_said_of(entry, today),
    ]
    shown = f'<span class="bl-used">{name}</span>' if entry.in_use is not False else name
    return shown + "".join(map(_small, lines))


def _said_of(entry: ModelEntry, today: date) -> Iterator[str]:
    """Give where to move to, and what somebody said of the model."""
    if entry.successor is not None and entry.successor.model_id:
        yield f"move to {_text(entry.successor.model_id, _ID_LENGTH)}"
    if entry.snooze is not None:
        state = "resolved" if entry.snooze.is_resolved else "snoozed"
        yield f"{state} {_text(snooze_text(entry.snooze, today), _POINT_LENGTH)}"


def _used_from(entry: ModelEntry) -> frozenset[str]:
    if entry.use is None:
        return frozenset()
    calls, resources = entry.use.calls, entry.use.used_by
    return frozenset({one.region for one in calls} | {one.region for one in resources})


def _use(entry: ModelEntry) -> str:
    if entry.in_use is None:
        return "perhaps" + _small("not all could be read")
    if not entry.in_use:
        return "no"
    calls = entry.use.invocations_14d if entry.use else None
    said = _small(f"{count_text(calls, 'call')} in 14 days") if calls else ""
    return '<span class="bl-badge bl-good">in use</span>' + said


def _alert(one: LoggedAlert, now: datetime) -> tuple[str, ...]:
    severity = one.severity if one.severity in {"critical", "warning", "info"} else "info"
    # Its severity has a column of its own.
    subject = one.subject.removeprefix(f"[{one.severity}] ")
    return (
        _when(one, now.date()),
        f'<span class="bl-badge bl-{severity}">{_label(one.severity)}</span>',
        _text(subject, _SUBJECT_LENGTH) + _small(_about(one)),
    )


def _when(one: LoggedAlert, today: date) -> str:
    if one.sent_at is not None:
        left = _small('<span class="bl-loud">waiting for a channel</span>')
        ago = _small(_ago(one.sent_at.date(), today))
        return _moment(one.sent_at) + ago + (left if one.is_waiting else "")
    decided = _small(f"decided {_moment(one.decided_at)}")
    if one.was_withdrawn:
        return "withdrawn, never sent" + decided
    return '<span class="bl-loud">waiting</span>' + decided


def _about(one: LoggedAlert) -> str:
    count = len(one.models) + one.models_omitted
    parts = [_text(one.kind), count_text(count, "model") if count else ""]
    sent = [_CHANNELS.get(name, name) for name in sorted(one.channels)]
    parts.append(f"sent to {_text(listing(sent))}" if sent else "")
    return " · ".join(part for part in parts if part)


def _region(state: RegionState, today: date) -> tuple[str, ...]:
    region = _keep(_label(state.region))
    why = _text(failure_text(state.failure or ""), _SUBJECT_LENGTH)
    if state.covered_since is None:
        tried = f"last tried {_dated(state.tried_at.date(), today)}" if state.tried_at else ""
        return (region, f"never answered: {why}", tried)
    covered = f"covered since {_dated(state.covered_since.date(), today)}"
    if state.failing_since is None:
        return (region, '<span class="bl-good">answers</span>', covered)
    since = _keep(time_text(state.failing_since))
    since += f" ({_ago(state.failing_since.date(), today)})"
    failing = f'<span class="bl-loud">no answer</span>: {why}'
    return (region, failing, since + _small(covered))


def _trouble_first(state: RegionState) -> tuple[int, str]:
    if state.covered_since is None:
        return (1, state.region)
    return (0 if state.failing_since else 2, state.region)


def _ago(day: date, today: date) -> str:
    return days_text((day - today).days)


def _unseen(seen: Seen, now: datetime) -> Iterator[str]:
    """Say what cannot be seen besides Regions, in the words of the digest."""
    if seen.unheard:
        yield "Nobody was subscribed at the last poll: alerts wait, or reach nobody."
    if seen.unreadable:
        what = count_text(seen.unreadable, "item")
        yield f"{what} of the models table cannot be read; the log of the poll names them."
    blind = Digest(since=now, until=now, gaps=seen.gaps, health_api=seen.health_api)
    yield from unseen_points(blind)


# Parts of every widget


def _widget(theme: Theme, *parts: str) -> str:
    """Put parts into one element, with CloudWatch's own styles turned off."""
    body = "".join(parts)
    style = f"<style>{stylesheet(theme)}</style>"
    return f'<div class="cwdb-no-default-styles bl-widget">{style}{body}</div>'


def _head(text: str) -> str:
    return f'<p class="bl-head">{escape(text)}</p>'


def _as_of(polled_at: datetime | None, now: datetime) -> str:
    """Say how old what is shown is."""
    if polled_at is None:
        return '<p class="bl-loud">No poll has been completed yet.</p>'
    when = moment_text(polled_at)
    if not _is_old(polled_at, now):
        return f'<p class="bl-faint">As of the poll of {when}.</p>'
    since = _ago(polled_at.date(), now.date())
    return (
        f'<p class="bl-loud">The last poll was completed {since}, {when}: what is shown may no '
        "longer be true.</p>"
    )


def _is_old(polled_at: datetime | None, now: datetime) -> bool:
    return polled_at is None or now - polled_at > _OLD


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Make a table of cells that are HTML already; without rows there is none."""
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    if not body:
        return ""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _list(points: Iterable[str]) -> str:
    items = "".join(f"<li>{_text(point, _POINT_LENGTH)}</li>" for point in points)
    return f"<ul>{items}</ul>" if items else ""


def _left_out(found: Sequence[object], shown: int, noun: str, command: str) -> str:
    if len(found) <= shown:
        return ""
    more = count_text(len(found) - shown, f"more {noun}")
    return f"<p>… and {more}: <code>{escape(command)}</code> has them all.</p>"


def _dated(day: date, today: date) -> str:
    """Write a date with its distance, as everywhere else; only its two parts may be parted."""
    return f"{_keep(day_text(day))} ({_keep(_ago(day, today))})"


def _moment(moment: datetime) -> str:
    return f"{_keep(day_text(moment.date()))} {_keep(f'{moment:%H:%M} UTC')}"


def _keep(html: str) -> str:
    return f'<span class="bl-keep">{html}</span>'


def _small(html: str) -> str:
    return f'<span class="bl-small">{html}</span>'


def _label(text: str) -> str:
    """Show the name of a Region or a severity, which is not broken and so must be short."""
    return escape(plain(text, _LABEL_LENGTH))


def _text(text: str, length: int = 120) -> str:
    """Show text from outside, which may be one word that is wider than the widget."""
    return f'<span class="bl-foreign">{escape(plain(text, length))}</span>'
