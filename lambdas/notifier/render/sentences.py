"""The one sentence that says what an alert is about: its `reason`, and its subject line."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from notifier.health_event import Concern
from notifier.model import NO_DATES, Direction, Kind, Milestone, Phase
from notifier.render.digest import digest_headline, digest_reason
from notifier.render.layout import cut
from notifier.render.words import (
    MILESTONE_DATES,
    MILESTONE_WORDS,
    PHASE_PHRASES,
    ascii_line,
    count_text,
    dated,
    day_text,
    days_text,
    listing,
    names_text,
    plain,
    regions_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from notifier.health_event import HealthEvent, HealthNews
    from notifier.model import Alert, Coverage, ModelEntry

_SUBJECT_LENGTH = 99
_CODE_LENGTH = 100
_REGION_LENGTH = 40
_CHANGE_LENGTH = 200
_CHANGES_SAID = 2

LAPSES_AFTER_DAYS = 15
"""https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle-legacy.html"""


def reason(alert: Alert) -> str:
    """Say in one sentence what happened, or will, to which models and when."""
    today = alert.occurred_at.date()
    match alert.kind:
        case Kind.BASELINE:
            return _baseline(alert.coverage)
        case Kind.COVERAGE_DEGRADED | Kind.COVERAGE_RESTORED:
            return _coverage(alert.kind, alert.coverage)
        case Kind.HEALTH_EVENT:
            return f"{_health(alert, news_of(alert), today)}."
        case Kind.DIGEST:
            return digest_reason(alert)
        case Kind.TEST:
            return (
                "This is a test of the Bedrock lifecycle notifier: nothing has happened to any "
                "model."
            )
        case (
            Kind.END_OF_LIFE_REACHED
            | Kind.MODEL_WITHDRAWN
            | Kind.ENTERED_LEGACY
            | Kind.EXTENDED_ACCESS_STARTED
            | Kind.RETURNED_TO_ACTIVE
            | Kind.DATES_CHANGED
            | Kind.NOW_IN_USE
            | Kind.DEADLINE
            | Kind.INACTIVITY_RISK
            | Kind.REOPENED
            | Kind.MODEL_ADDED
        ):
            names = names_text(distinct_names(alert))
            return f"{_about_models(alert, names, today)}."
        case _:
            assert_never(alert.kind)


def distinct_names(alert: Alert) -> list[str]:
    """Give the names of the alert's models, in its order, each once."""
    return _names(alert.models)


def _names(entries: Iterable[ModelEntry]) -> list[str]:
    return list(dict.fromkeys(entry.name for entry in entries))


def _about_models(  # noqa: C901, PLR0911 (one sentence for each kind, side by side)
    alert: Alert, names: str, today: date
) -> str:
    many = len(distinct_names(alert)) > 1
    has, is_ = ("have", "are") if many else ("has", "is")
    entry = alert.models[0]
    match alert.kind:
        case Kind.END_OF_LIFE_REACHED:
            day = f" ({day_text(alert.milestone_date)})" if alert.milestone_date else ""
            return f"{names} {has} reached end of life{day}: requests fail from now on, or soon"
        case Kind.MODEL_WITHDRAWN:
            where = f"{_where(alert)} {_ahead_of(alert, many=many)}"
            return f"{names} {is_} gone from {where}: requests fail"
        case Kind.ENTERED_LEGACY:
            return f"{names} {has} entered Legacy{_reached(alert, today)}{_until(entry, today)}"
        case Kind.EXTENDED_ACCESS_STARTED:
            until = _until(entry, today)
            return f"{names} {is_} now in public extended access, which costs more{until}"
        case Kind.RETURNED_TO_ACTIVE:
            return f"{_returned(alert.models)}{_remaining(alert, today)}"
        case Kind.DATES_CHANGED:
            return _dates_changed(alert, names)
        case Kind.DEADLINE:
            return _deadline(alert, names, many=many)
        case Kind.NOW_IN_USE:
            return _now_in_use(alert, names, today, many=many)
        case Kind.INACTIVITY_RISK:
            return f"{names} {has} not been called{_idle_for(alert)}: {_lapse(alert)}"
        case Kind.REOPENED:
            resolved = "were resolved but are" if many else "was resolved but is"
            return f"{names} {resolved} called again{_reopened_ends(alert, today)}"
        case _:
            return f"{names} {is_} new on Amazon Bedrock, in {_where(alert)}"


def _now_in_use(alert: Alert, names: str, today: date, *, many: bool) -> str:
    """Say that a dying model is used now, or that nobody can tell any more that it is not."""
    entry = _shared(alert)
    which = "which are on their way out" if many else "which is on its way out"
    if entry is not None:
        verb = "are" if many else "is"
        stands = f"which {verb} {PHASE_PHRASES[entry.phase]}"
        which = stands + _until(entry, today) if entry.phase is not Phase.END_OF_LIFE else stands
    if any(model.in_use for model in alert.models):
        return f"This account now uses {names}, {which}"
    return f"It can no longer be told whether this account uses {names}, {which}"


def _reopened_ends(alert: Alert, today: date) -> str:
    entry = _shared(alert)
    if entry is None or entry.phase is Phase.END_OF_LIFE:
        return ""
    return _until(entry, today)


def _spells(alert: Alert) -> set[int]:
    return {days for entry in alert.models for days in entry.idle_days} or {0}


def _idle_for(alert: Alert) -> str:
    """Say how long the longest spell is; several Regions or models may have spells of their own."""
    spells = _spells(alert)
    return f" for {'up to ' if len(spells) > 1 else ''}{max(spells)} days"


def _lapse(alert: Alert) -> str:
    if max(_spells(alert)) > LAPSES_AFTER_DAYS:
        return f"access may have lapsed (AWS allows {LAPSES_AFTER_DAYS} days without a call)"
    return f"access may lapse after {LAPSES_AFTER_DAYS} days without a call"


def _where(alert: Alert) -> str:
    return _regions_of(alert.models)


def _regions_of(entries: Iterable[ModelEntry]) -> str:
    return regions_text(sorted({region for entry in entries for region in entry.regions}))


def _returned(entries: Sequence[ModelEntry]) -> str:
    """Say which models are Active again, and which had been gone and are listed again."""
    said = []
    listed = [entry for entry in entries if entry.listed_again]
    active = [entry for entry in entries if not entry.listed_again]
    for those, what in (
        (active, "Active again"),
        (listed, f"listed again in {_regions_of(listed)}"),
    ):
        names = _names(those)
        if names:
            said.append(f"{names_text(names)} {'are' if len(names) > 1 else 'is'} {what}")
    return ", and ".join(said)


def _ahead_of(alert: Alert, *, many: bool) -> str:
    if alert.milestone_date is None:
        return "without an announced end of life"
    return f"before {'their' if many else 'its'} end of life ({day_text(alert.milestone_date)})"


def _shared(alert: Alert) -> ModelEntry | None:
    """Give the first entry where all have its phase and dates, so that it may speak for them."""
    first = alert.models[0]
    alike = all(
        (entry.phase, entry.dates, entry.previous_dates)
        == (first.phase, first.dates, first.previous_dates)
        for entry in alert.models
    )
    return first if alike else None


def _reached(alert: Alert, today: date) -> str:
    """Say since when, and whether the API told us so late that the next phase has begun."""
    entry = _shared(alert)
    if entry is None:
        return ""
    dates = entry.dates
    since = ""
    if dates.legacy is not None and dates.legacy <= today:
        since = f" ({'today' if dates.legacy == today else 'since ' + day_text(dates.legacy)})"
    if entry.phase is Phase.EXTENDED_ACCESS and dates.extended_access is not None:
        return f"{since} and public extended access (since {day_text(dates.extended_access)})"
    return since


def _until(entry: ModelEntry, today: date) -> str:
    if entry.dates.end_of_life is None:
        return "; no end-of-life date is stated yet"
    return f"; end of life {_when(entry.dates.end_of_life, today)}"


def _remaining(alert: Alert, today: date) -> str:
    entry = _shared(alert)
    if entry is None:
        return ""
    stated = [f"{MILESTONE_WORDS[m]} {_when(day, today)}" for m, day in entry.dates.stated()]
    return f"; {listing(stated)}" if stated else ""


def _when(day: date, today: date) -> str:
    return f"{days_text((day - today).days)} ({day_text(day)})"


# Of one model and of many; what has passed is said of both alike.
_ARRIVES = {
    Milestone.LEGACY: ("enters Legacy", "enter Legacy"),
    Milestone.EXTENDED_ACCESS: (
        "enters public extended access, which costs more,",
        "enter public extended access, which costs more,",
    ),
    Milestone.END_OF_LIFE: ("reaches end of life", "reach end of life"),
}
_HAS_ARRIVED = {
    Milestone.LEGACY: "entered Legacy",
    Milestone.EXTENDED_ACCESS: "entered public extended access, which costs more,",
    Milestone.END_OF_LIFE: "reached end of life",
}


def _deadline(alert: Alert, names: str, *, many: bool) -> str:
    verb = _ARRIVES[alert.milestone or Milestone.END_OF_LIFE][many]
    when = f" ({day_text(alert.milestone_date)})" if alert.milestone_date else ""
    source = "" if _is_of_the_api(alert) else "; so says AWS Health, the Bedrock API does not yet"
    return f"{names} {verb} {days_text(alert.days_left or 0)}{when}{source}"


def _is_of_the_api(alert: Alert) -> bool:
    milestone = alert.milestone or Milestone.END_OF_LIFE
    return any(entry.dates.of(milestone) == alert.milestone_date for entry in alert.models)


def _dates_changed(alert: Alert, names: str) -> str:
    today = alert.occurred_at.date()
    milestone, old, new = changed_date(alert)
    words = MILESTONE_DATES[milestone] if milestone else "dates"
    to = f" to {dated(new, today)}" if new else ""
    was = f", from {day_text(old)}" if old else ""
    the, has = ("The", "has") if milestone else ("Some", "have")
    match alert.direction:
        case Direction.REMOVED:
            lost = f" (it was {day_text(old)})" if old else ""
            return f"AWS no longer states {the.lower()} {words} of {names}{lost}"
        case Direction.EARLIER | Direction.LATER:
            return f"{the} {words} of {names} {has} moved {alert.direction}{to}{was}"
        case _:
            stated = f": {dated(new, today)}" if new else ""
            return f"AWS has stated {the.lower()} {words} of {names}{stated}"


def news_of(alert: Alert) -> HealthNews:
    """Give what a HEALTH_EVENT tells: there is none without it."""
    if alert.health is None:
        raise ValueError(f"an alert of kind {alert.kind} has no event of AWS Health")
    return alert.health


_NOTICES = {
    Concern.LIFECYCLE: "announces a planned lifecycle event about",
    Concern.SCHEDULED_CHANGE: "announces a scheduled change to",
    Concern.ACCOUNT_NOTIFICATION: "sends an account notification about",
    Concern.OPERATIONAL_ISSUE: "reports an operational issue with",
    Concern.OTHER: "sends an event of a kind not known to us about",
}


def _health(alert: Alert, news: HealthNews, today: date) -> str:
    """Say what AWS Health says, and to whom if not to this account."""
    said = _health_said(alert, news, today)
    if not news.other_account:
        return said
    return f"{said} (to account {plain(news.other_account, _CODE_LENGTH)}, and not to this one)"


def _health_said(alert: Alert, news: HealthNews, today: date) -> str:
    """Say what is said, of the models it concerns or, without any, of Bedrock there."""
    event = news.event
    names = names_text(distinct_names(alert))
    about = names or _bedrock(event)
    if event.is_closed:
        if not news.is_update:
            return f"AWS Health has a notice about {about} that is closed already"
        return f"AWS Health has closed its notice about {about}"
    if news.is_update:
        changes = [plain(change, _CHANGE_LENGTH) for change in news.changes]
        what = f": {cut(changes, _CHANGES_SAID)}" if changes else ""
        return f"AWS Health has updated its notice about {about}{what}"
    if names and alert.milestone is not None:
        return f"AWS Health: {names} {_arrival(alert, alert.milestone, today)}"
    day = alert.milestone_date or event.starts_on
    when = f", for {dated(day, today)}" if day else ""
    code = plain(event.type_code, _CODE_LENGTH)
    return f"AWS Health {_NOTICES[event.concern]} {about}{f' ({code})' if code else ''}{when}"


def _bedrock(event: HealthEvent) -> str:
    """Say where an event is that concerns no model: `Amazon Bedrock in us-east-1`."""
    region = plain(event.region, _REGION_LENGTH)
    return f"Amazon Bedrock in {region}" if region else "Amazon Bedrock"


def _arrival(alert: Alert, milestone: Milestone, today: date) -> str:
    """Say when a milestone comes or came, and what the API says if that is another date."""
    day = alert.milestone_date
    verb = _ARRIVES[milestone][len(distinct_names(alert)) > 1]
    if day is None:
        return f"{verb.rstrip(',')}, on a date that is not stated"
    if day < today:
        verb = _HAS_ARRIVED[milestone]
    stated = {entry.dates.of(milestone) for entry in alert.models}
    by_api = stated.pop() if len(stated) == 1 else None
    other = f"; the Bedrock API says {day_text(by_api)}" if by_api and by_api != day else ""
    return f"{verb} {_when(day, today)}{other}"


def changed_date(alert: Alert) -> tuple[Milestone | None, date | None, date | None]:
    """Give the milestone whose date has changed, its date before and after.

    Each is None where it is not the same for all the alert's models: nothing may be said of all
    that holds for some.
    """
    milestones = {entry.changed for entry in alert.models}
    if len(milestones) != 1 or None in milestones:
        return None, None, None
    milestone = alert.models[0].changed
    if milestone is None:
        return None, None, None
    after = {entry.dates.of(milestone) for entry in alert.models}
    before = {(entry.previous_dates or NO_DATES).of(milestone) for entry in alert.models}
    old = before.pop() if len(before) == 1 else None
    new = after.pop() if len(after) == 1 else None
    return milestone, old, new


def _baseline(coverage: Coverage) -> str:
    dying = sum(count for phase, count in coverage.tracked.items() if phase != Phase.ACTIVE)
    verdict = f"{dying:,} of them past Active" if dying else "all of them Active"
    where = f"in {count_text(coverage.covered, 'Region')}"
    if coverage.here:
        where = f"in {regions_text(coverage.here)} as well"
    return f"Now watching {count_text(coverage.models, 'model')} {where}, {verdict}."


def _coverage(kind: Kind, coverage: Coverage) -> str:
    names = regions_text([region for region, _ in coverage.regions])
    has = "has" if len(coverage.regions) == 1 else "have"
    if kind is Kind.COVERAGE_RESTORED:
        return f"{names} {has} answered again: model lifecycles there are watched once more."
    return (
        f"{names} {has} given no usable answer for a day or more: "
        "what changes there cannot be seen."
    )


def subject(alert: Alert) -> str:
    """Give the subject line: under 100 printable ASCII characters on one line."""
    return ascii_line(f"[{alert.severity}] {_headline(alert)}", _SUBJECT_LENGTH)


def _headline(alert: Alert) -> str:
    if alert.kind is Kind.BASELINE:
        return f"Bedrock lifecycle: {reason(alert)}"
    if alert.kind is Kind.DIGEST:
        return f"Bedrock lifecycle digest: {digest_headline(alert)}"
    if alert.kind is Kind.TEST:
        return "TEST: Bedrock lifecycle notifier, nothing has happened to any model"
    if alert.kind is Kind.HEALTH_EVENT and not alert.models:
        return f"{_bedrock(news_of(alert).event)}: {_what_health_says(alert)}"
    if not alert.models:
        return f"Bedrock lifecycle: {_coverage_headline(alert)}"
    others = len(distinct_names(alert)) - 1
    what = _what_health_says(alert) if alert.kind is Kind.HEALTH_EVENT else _what(alert)
    rest = f"{f' and {others:,} more' if others else ''}: {what}"
    room = _SUBJECT_LENGTH - len(f"[{alert.severity}] {rest}")
    return _ascii_name(alert.models[0], room) + rest


def _ascii_name(entry: ModelEntry, length: int) -> str:
    """Name a model in a subject: a name without any ASCII letter gives way to the model id."""
    return ascii_line(entry.name, length) or ascii_line(entry.model_id, length) or "A model"


def _coverage_headline(alert: Alert) -> str:
    names = regions_text([region for region, _ in alert.coverage.regions])
    silent = alert.kind is Kind.COVERAGE_DEGRADED
    return f"no answer from {names}" if silent else f"{names} answering again"


def _what(alert: Alert) -> str:  # noqa: C901, PLR0911 (as above)
    when = f" ({alert.milestone_date.isoformat()})" if alert.milestone_date else ""
    left = alert.days_left
    ends = f", end of life in {left} days{when}" if left and left > 1 else when
    match alert.kind:
        case Kind.DEADLINE:
            words = MILESTONE_WORDS[alert.milestone or Milestone.END_OF_LIFE]
            return f"{words} {days_text(left or 0)}{when}"
        case Kind.END_OF_LIFE_REACHED:
            return f"end of life reached{when}"
        case Kind.MODEL_WITHDRAWN:
            return "withdrawn, requests fail"
        case Kind.ENTERED_LEGACY:
            return f"now Legacy{_if_end_of_life(alert, ends)}"
        case Kind.NOW_IN_USE:
            used = any(entry.in_use for entry in alert.models)
            said = "now in use here" if used else "perhaps in use here"
            return f"{said}{_if_end_of_life(alert, ends)}"
        case Kind.REOPENED:
            return f"resolved, but called again{_if_end_of_life(alert, ends)}"
        case Kind.INACTIVITY_RISK:
            return f"not called{_idle_for(alert)}, access may lapse"
        case Kind.EXTENDED_ACCESS_STARTED:
            return f"public extended access{_if_end_of_life(alert, ends)}"
        case Kind.RETURNED_TO_ACTIVE:
            again = sorted({entry.listed_again for entry in alert.models})
            return " or ".join("listed again" if one else "Active again" for one in again)
        case Kind.DATES_CHANGED:
            milestone, _, new = changed_date(alert)
            words = MILESTONE_DATES[milestone] if milestone else "dates"
            to = "to " if alert.direction in {Direction.EARLIER, Direction.LATER} else ""
            when = f" {to}{new.isoformat()}" if new else ""
            return f"{words} {_moved(alert.direction)}{when}"
        case _:
            return "new on Amazon Bedrock"


def _what_health_says(alert: Alert) -> str:
    news = news_of(alert)
    event, day = news.event, alert.milestone_date
    if event.is_closed:
        return "AWS Health has closed its notice"
    if alert.models and alert.milestone is not None:
        words = MILESTONE_WORDS[alert.milestone]
        said = "AWS Health update," if news.is_update else "AWS Health says"
        if day is None:
            return f"{said} {words}, no date"
        left = days_text((day - alert.occurred_at.date()).days)
        return f"{said} {words} {left} ({day.isoformat()})"
    what = "event" if event.concern is Concern.OTHER else event.concern.value
    day = day or event.starts_on
    when = f" for {day.isoformat()}" if day else ""
    return f"AWS Health {'update of ' if news.is_update else ''}{what}{when}"


def _if_end_of_life(alert: Alert, text: str) -> str:
    return text if alert.milestone is Milestone.END_OF_LIFE else ""


def _moved(direction: Direction | None) -> str:
    match direction:
        case Direction.EARLIER | Direction.LATER:
            return f"moved {direction}"
        case Direction.REMOVED:
            return "removed"
        case _:
            return "announced"
