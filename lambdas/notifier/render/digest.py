"""The digest in words: what changed, what comes, and what the notifier itself cannot see."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from notifier.model import PHASE_ORDER, UPCOMING_DAYS, Kind, Milestone, Phase, Why
from notifier.render.entries import entry_line, left_out_text, snooze_text
from notifier.render.layout import bullets, cut, fill, section
from notifier.render.words import (
    MILESTONE_WORDS,
    ascii_line,
    count_text,
    dated,
    day_text,
    days_text,
    failure_text,
    listing,
    moment_text,
    plain,
    regions_text,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import date

    from notifier.digest import Digest, FailingRegion, HeldBack, News
    from notifier.model import Alert, ModelEntry
    from notifier.render.email import Place

_UNUSED_SHOWN = 20
_NAMES_SHOWN = 10
_HELD_BACK_SHOWN = 20
_FAILING_SHOWN = 10
_GAPS_SHOWN = 5
_ID_LENGTH = 256
_WEEK = 7
# What is left of an SNS subject beside "[info] Bedrock lifecycle digest: ".
_HEADLINE_LENGTH = 66
_NO_SUPPORT_PLAN = "SubscriptionRequiredException"
_REMINDERS = frozenset({Kind.DEADLINE, Kind.INACTIVITY_RISK})


def digest_of(alert: Alert) -> Digest:
    """Give what a DIGEST tells: there is none without it."""
    if alert.digest is None:
        raise ValueError(f"an alert of kind {alert.kind} has no digest")
    return alert.digest


def digest_reason(alert: Alert) -> str:
    """Say in one sentence what matters most: what ends next, what is amiss, what has changed."""
    digest, today = digest_of(alert), alert.occurred_at.date()
    parts = [_soon(digest, today), _amiss(digest), _news(digest), _waiting(digest)]
    text = "; ".join(part for part in parts if part)
    return f"{text[:1].upper()}{text[1:]}." if text else f"Nothing to tell {_window(digest)}."


def _soon(digest: Digest, today: date) -> str:
    """Say how many models end soon, and which is the next: of those in use, if there are any."""
    models = _that_matter(digest)
    if not models:
        return ""
    has = "has a date" if len(models) == 1 else "have a date"
    next_is = "" if len(models) == 1 else "the next is "
    which = _what_is_next(models, today)
    return f"{_whose(models)} {has} within {UPCOMING_DAYS} days, {next_is}{which}"


def _that_matter(digest: Digest) -> Sequence[ModelEntry]:
    """Give the models with a date ahead that are, or may be, in use; else those that are not."""
    used = [entry for entry in digest.upcoming if entry.in_use is not False]
    return used or digest.upcoming


def _whose(models: Sequence[ModelEntry]) -> str:
    used = sum(entry.in_use is True for entry in models)
    unknown = sum(entry.in_use is None for entry in models)
    if used:
        perhaps = f", and {unknown:,} that it may use," if unknown else ""
        return f"{count_text(used, 'model')} that this account uses{perhaps}"
    whose = "this account may use" if unknown else "nobody uses here"
    return f"{count_text(len(models), 'model')} that {whose}"


def _what_is_next(models: Sequence[ModelEntry], today: date) -> str:
    first = _soonest(models, today)
    ahead = _next(first, today)
    if ahead is None:
        return first.name
    when = f"{days_text((ahead.day - today).days)} ({day_text(ahead.day)})"
    return f"{first.name}: {MILESTONE_WORDS[ahead.milestone]} {when}"


def _soonest(models: Sequence[ModelEntry], today: date) -> ModelEntry:
    def order(entry: ModelEntry) -> tuple[bool, int, bool, str]:
        ahead = _next(entry, today)
        day = ahead.day.toordinal() if ahead else 0
        return (ahead is None, day, entry.in_use is None, entry.name)

    return min(models, key=order)


class _Ahead(NamedTuple):
    """The next thing that happens to a model."""

    day: date
    milestone: Milestone


def _next(entry: ModelEntry, today: date) -> _Ahead | None:
    """Give the next date: the Bedrock API's or, where it gives none, that of AWS Health."""
    known = [(m, entry.dates.of(m) or entry.by_health.of(m)) for m in Milestone]
    ahead = [_Ahead(day, m) for m, day in known if day is not None and day >= today]
    # AWS may call a model Legacy before the date that it gives for that.
    news = [one for one in ahead if PHASE_ORDER[one.milestone] > PHASE_ORDER[entry.phase]]
    return min(news or ahead, default=None)


def _amiss(digest: Digest) -> str:
    """Say what is wrong with the notifier's own ears and voice."""
    said = [f"nobody is subscribed to {listing(_topics(digest))}"] if digest.unheard else []
    if digest.failing:
        said.append(f"no answer from {regions_text([one.region for one in digest.failing])}")
    return ", and ".join(said)


def _topics(digest: Digest) -> list[str]:
    return [f"the {_TOPICS.get(name, plain(name))} topic" for name in digest.unheard]


_TOPICS = {"sns": "alerts", "chat": "chat"}


def _news(digest: Digest) -> str:
    counts = _counts(digest)
    return f"{listing(counts)} {_window(digest)}" if counts else ""


def _counts(digest: Digest) -> list[str]:
    """Count what happened to models, each kind of it for itself."""
    told = [*digest.told, *digest.left_out]
    reminders = sum(len(news.models) for news in told if news.kind in _REMINDERS)
    changes = sum(len(news.models) for news in told) - reminders + len(digest.announced)
    counted = [(changes, "change"), (reminders, "reminder"), (len(digest.added), "new model")]
    return [count_text(count, noun) for count, noun in counted if count]


def _window(digest: Digest) -> str:
    """Say which days the digest is about: `in the week from Mon 2026-11-16 to Mon ... (UTC)`."""
    first, last = digest.since.date(), digest.until.date()
    days = (last - first).days
    if days < 1:
        return f"on {day_text(last)} (UTC)"
    length = {1: "day", _WEEK: "week"}.get(days, f"{days} days")
    return f"in the {length} from {day_text(first)} to {day_text(last)} (UTC)"


def _waiting(digest: Digest) -> str:
    held = sum(one.reminder is not None for one in digest.held_back)
    ending = sum(one.ends_soon for one in digest.held_back)
    said = [f"{count_text(held, 'reminder')} held back"] if held else []
    if ending:
        said.append(f"{count_text(ending, 'snooze')} about to end")
    return listing(said)


def digest_headline(alert: Alert) -> str:
    """Give the subject's words: as many parts of the sentence, shortened, as there is room for."""
    digest, today = digest_of(alert), alert.occurred_at.date()
    amiss = [f"nobody hears {listing(_topics(digest))}"] if digest.unheard else []
    if digest.failing:
        amiss.append(f"{count_text(len(digest.failing), 'Region')} silent")
    waiting = _waiting(digest)
    rest = [*amiss, *_counts(digest), *([waiting] if waiting else [])]
    return _fitting(_first_to_end(digest, today), rest) or "nothing to tell"


def _fitting(first: str, others: Sequence[str]) -> str:
    text = first
    for part in others:
        longer = f"{text}; {part}" if text else part
        if len(longer) <= _HEADLINE_LENGTH:
            text = longer
    return text


def _first_to_end(digest: Digest, today: date) -> str:
    """Name the model that ends next: one in use, if there is any."""
    models = _that_matter(digest)
    if not models:
        return ""
    first = _soonest(models, today)
    ahead, more = _next(first, today), len(models) - 1
    what = "a date ahead"
    if ahead is not None:
        what = f"{MILESTONE_WORDS[ahead.milestone]} {days_text((ahead.day - today).days)}"
    what += f", {more:,} more" if more else ""
    what += " (not in use here)" if first.in_use is False else ""
    room = _HEADLINE_LENGTH - len(f": {what}")
    name = ascii_line(first.name, room) or ascii_line(first.model_id, room) or "A model"
    return f"{name}: {what}"


def digest_sections(alert: Alert, models: Sequence[ModelEntry], place: Place) -> Iterator[str]:
    """Give the parts of the e-mail that have something to say; their lists are about `models`."""
    digest, today = digest_of(alert), alert.occurred_at.date()
    shown = _shown(digest, models)
    window = f"{moment_text(digest.since)}, UP TO {moment_text(digest.until)}"
    parts = {
        "NEEDS ATTENTION": bullets(attention_points(digest, today)),
        f"COMING IN THE NEXT {UPCOMING_DAYS} DAYS": _coming(digest.upcoming, shown.upcoming, today),
        f"WHAT CHANGED SINCE {window}": _changed(digest, shown, today),
        "MODELS ADDED": _added(digest.added, shown.added),
        "REMINDERS HELD BACK": _held_back(digest.held_back, today),
        "WHAT CANNOT BE SEEN": bullets(unseen_points(digest)),
    }
    for title, body in parts.items():
        if body:
            yield section(title, body)
    yield section("TO ADD SOMEBODY, OR TO COME BACK", _how_to_subscribe(place))


class _Shown(NamedTuple):
    """The models that the digest's lists have room for."""

    upcoming: Sequence[ModelEntry]
    announced: Sequence[ModelEntry]
    left_out: Sequence[Sequence[ModelEntry]]
    added: Sequence[ModelEntry]
    told: Sequence[Sequence[ModelEntry]]


def _shown(digest: Digest, models: Sequence[ModelEntry]) -> _Shown:
    """Give what is shown of each list. Those in use are the first of an alert's models."""
    ids = {entry.model_id for entry in models}

    def cut_to(listed: Sequence[ModelEntry]) -> list[ModelEntry]:
        found = [entry for entry in listed if entry.model_id in ids]
        used = [entry for entry in found if entry.in_use is not False]
        unused = [entry for entry in found if entry.in_use is False]
        return used + unused[:_UNUSED_SHOWN]

    listed = [cut_to(digest.upcoming), cut_to(digest.announced), cut_to(digest.added)]
    left_out = [cut_to(news.models) for news in digest.left_out]
    elsewhere = {entry.model_id for part in (*listed, *left_out) for entry in part}
    upcoming, announced, added = listed
    told = [_to_recap(news.models, ids, elsewhere) for news in digest.told]
    return _Shown(upcoming, announced, left_out, added, told)


def _to_recap(
    told: Sequence[ModelEntry], ids: Collection[str], elsewhere: Collection[str]
) -> list[ModelEntry]:
    """Give a few of those that were told, and all in use that nothing else in the digest names."""
    found = [entry for entry in told if entry.model_id in ids]
    only_here = [e for e in found if e.in_use is not False and e.model_id not in elsewhere]
    others = [entry for entry in found if entry not in only_here]
    return only_here + others[: max(0, _NAMES_SHOWN - len(only_here))]


def attention_points(digest: Digest, today: date) -> list[str]:
    """Say who does not hear, and which Regions are not heard."""
    points = [_UNHEARD[name] for name in digest.unheard if name in _UNHEARD]
    points += [_failing_text(one, today) for one in digest.failing[:_FAILING_SHOWN]]
    left_out = len(digest.failing) - _FAILING_SHOWN
    if left_out > 0:
        points.append(f"and {count_text(left_out, 'more Region')} without an answer")
    if digest.failing:
        points.append(
            "As long as a Region gives no answer, changes there cannot be seen. Reminders by date "
            "go on."
        )
    return points


_UNHEARD = {
    "sns": (
        "Nobody has a confirmed subscription to the alerts topic: its alerts reach no mailbox. "
        "Subscribe as shown at the end of this message, and confirm within 48 hours."
    ),
    "chat": (
        "Nothing is subscribed to the chat topic: no alert appears in the chat channel. In the "
        "console of Amazon Q Developer in chat applications, edit the channel, choose the topic "
        "(output ChatTopicArn of the stack) and save."
    ),
}


def _failing_text(one: FailingRegion, today: date) -> str:
    ago = days_text((one.since.date() - today).days)
    since = f"{moment_text(one.since)} ({ago})"
    return f"{one.region} has given no usable answer since {since}: {failure_text(one.why)}"


def _coming(models: Sequence[ModelEntry], shown: Sequence[ModelEntry], today: date) -> str:
    blocks = []
    for use, title in _USES.items():
        alike = sum(entry.in_use is use for entry in models)
        if not alike:
            continue
        listed = [entry for entry in shown if entry.in_use is use]
        lines = _dates_only(listed, today) if use is False else _in_lines(listed, today)
        blocks.append(_block(title, lines, alike - len(listed)))
    return "\n".join(blocks)


_USES = {True: "In use here:", None: "Perhaps in use here:", False: "Not in use here:"}


def _block(title: str, lines: Sequence[str], left_out: int) -> str:
    more = [left_out_text(left_out)] if left_out else []
    return "\n".join([fill(title, "  "), *lines, *more])


def _in_lines(models: Sequence[ModelEntry], today: date) -> list[str]:
    return [entry_line(entry, today, why_unknown=False) for entry in models]


def _dates_only(models: Sequence[ModelEntry], today: date) -> list[str]:
    """Give one point for each date: AWS ends models in waves."""
    waves: defaultdict[_Ahead | None, list[str]] = defaultdict(list)
    for entry in models:
        waves[_next(entry, today)].append(_name_and_id(entry))
    lines = []
    for ahead, names in waves.items():
        what = f"{MILESTONE_WORDS[ahead.milestone]} {dated(ahead.day, today)}" if ahead else "soon"
        lines.append(fill(f"{what}: {'; '.join(names)}", "    ", "  - "))
    return lines


def _name_and_id(entry: ModelEntry) -> str:
    return f"{entry.name} [{plain(entry.model_id, _ID_LENGTH)}]"


def _changed(digest: Digest, shown: _Shown, today: date) -> str:
    blocks = []
    if digest.told:
        recaps = map(_recap, digest.told, shown.told)
        lines = [fill(recap, "    ", "  - ") for recap in recaps]
        blocks.append(_block("Told at once, in messages of their own:", lines, 0))
    for news, listed in zip(digest.left_out, shown.left_out, strict=True):
        why = WHY_WORDS[news.why] if news.why else ""
        title = f"{kind_words(news)} (not told until now: {why}):"
        blocks.append(_block(title, _in_lines(listed, today), len(news.models) - len(listed)))
    if digest.announced:
        lines, rest = _in_lines(shown.announced, today), len(digest.announced)
        blocks.append(_block("Announced by AWS Health:", lines, rest - len(lines)))
    return "\n".join(blocks)


def _recap(news: News, shown: Sequence[ModelEntry]) -> str:
    names = [_name_and_id(entry) for entry in shown]
    left_out = len(news.models) - len(shown)
    more = [f"and {left_out:,} more"] if left_out else []
    return f"{kind_words(news)}: {'; '.join([*names, *more])}"


WHY_WORDS = {
    Why.NOT_IN_USE: "not in use here",
    Why.STRAGGLER: "the same was told lately for other Regions",
    Why.SNOOZED: "somebody has snoozed or resolved the model",
    Why.SETTINGS: "earlier settings left it out",
}
_KIND_WORDS = {
    Kind.END_OF_LIFE_REACHED: "End of life reached",
    Kind.MODEL_WITHDRAWN: "Withdrawn",
    Kind.ENTERED_LEGACY: "Now Legacy",
    Kind.EXTENDED_ACCESS_STARTED: "Now in public extended access, which costs more",
    Kind.RETURNED_TO_ACTIVE: "Active or listed again",
    Kind.DATES_CHANGED: "Dates changed",
    Kind.NOW_IN_USE: "On its way out and in use here now, or perhaps so",
    Kind.DEADLINE: "Reminded of a date",
    Kind.INACTIVITY_RISK: "Not called for long, so access may lapse",
    Kind.REOPENED: "Called again after it was resolved",
}


def kind_words(news: News) -> str:
    """Say what has happened to models; some were past Legacy when that was first seen."""
    is_past = any(entry.phase is not Phase.LEGACY for entry in news.models)
    if news.kind is Kind.ENTERED_LEGACY and is_past:
        return "Now Legacy or past it"
    return _KIND_WORDS.get(news.kind, news.kind.value)


def _added(models: Sequence[ModelEntry], shown: Sequence[ModelEntry]) -> str:
    lines = [
        f"{_name_and_id(entry)} ({entry.provider}), in {regions_text(entry.regions)}"
        for entry in shown
    ]
    left_out = len(models) - len(shown)
    more = [left_out_text(left_out)] if left_out else []
    return "\n".join([*(fill(line, "    ", "  - ") for line in lines), *more])


def _held_back(held: Sequence[HeldBack], today: date) -> str:
    """Tell of snoozes, those about to end first."""
    ordered = sorted(held, key=lambda one: not one.ends_soon)
    points = [_held_back_text(one, today) for one in ordered[:_HELD_BACK_SHOWN]]
    left_out = len(held) - len(points)
    return bullets([*points, *([f"and {left_out:,} more"] if left_out else [])])


def _held_back_text(one: HeldBack, today: date) -> str:
    model_id = plain(one.snooze.model_id, _ID_LENGTH)
    return f"{one.name or model_id} [{model_id}]: {held_back_facts(one, today)}"


def held_back_facts(one: HeldBack, today: date) -> str:
    """Say what a snooze holds back now, and who said so, until when and why."""
    due = one.reminder
    what = "no reminder is due now"
    if due is not None:
        dated_words = f"{MILESTONE_WORDS[due.milestone]} {dated(due.day, today)}"
        what = f"{dated_words}, of which the {due.rung}-day reminder is held back"
    state = "resolved" if one.snooze.is_resolved else "snoozed"
    return f"{what}; {state} {snooze_text(one.snooze, today)}"


def unseen_points(digest: Digest) -> list[str]:
    """Say what the notifier cannot see, and why."""
    points = []
    if digest.not_covered:
        points.append(f"Regions not covered, tried again every day: {_not_covered(digest)}")
    if digest.gaps:
        points.append(
            "Whether models are used is not fully known, and what may be used counts as used: "
            f"{_unread(digest)}"
        )
    if digest.health_api == _NO_SUPPORT_PLAN:
        points.append(
            "AWS Health's API needs a support plan that this account does not have. Its events "
            "still come, through EventBridge."
        )
    elif digest.health_api:
        points.append(
            f"AWS Health's API gives no answer ({plain(digest.health_api)}). Its events still "
            "come, through EventBridge."
        )
    return points


def _not_covered(digest: Digest) -> str:
    by_failure: defaultdict[str, list[str]] = defaultdict(list)
    for region, why in digest.not_covered:
        by_failure[failure_text(why)].append(region)
    said = [f"{regions_text(regions)} ({why})" for why, regions in by_failure.items()]
    return cut(said, _GAPS_SHOWN)


def _unread(digest: Digest) -> str:
    regions: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for gap in digest.gaps:
        regions[gap.source, plain(gap.why)].append(gap.region)
    said = [
        f"{source} in {regions_text(where)} ({why})" for (source, why), where in regions.items()
    ]
    return cut(said, _GAPS_SHOWN)


def _how_to_subscribe(place: Place) -> str:
    why = (
        "Mail scanners follow the unsubscribe link at the end of a message, and so end what "
        "nobody wanted to end. A subscription that is not confirmed vanishes after 48 hours."
    )
    return "\n".join(
        [
            fill(why, "  "),
            f"    aws sns subscribe --region {place.region} \\",
            f"      --topic-arn {place.alerts_topic} \\",
            "      --protocol email --notification-endpoint you@example.com",
        ]
    )
