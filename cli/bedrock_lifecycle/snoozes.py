"""`snooze`, `resolve` and `unsnooze`: say of a model that somebody knows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bedrock_lifecycle import tracked
from bedrock_lifecycle.access import Access  # noqa: TC001 read from the signature
from bedrock_lifecycle.errors import CommandError
from bedrock_lifecycle.output import say
from bedrock_lifecycle.selection import model_named
from notifier.render.words import dated, plain
from notifier.snooze import SnoozeError, resolved, snoozed
from notifier.snooze_memory import SnoozeMemory

if TYPE_CHECKING:
    from collections.abc import Callable

    from bedrock_lifecycle.tracked import Tracked
    from notifier.snooze import Snooze

Model = Annotated[str, typer.Argument(help="A model id or name, or any part that only one has.")]
In = Annotated[
    str | None,
    typer.Option(
        "--in", metavar="REGION", help="Only in this Region; in all where it is left out."
    ),
]
Why = Annotated[str, typer.Option(help="Why; the digest and later alerts quote it.")]
By = Annotated[
    str | None,
    typer.Option(help="Who says so, by default the name in your AWS identity.", show_default=False),
]


def snooze(  # noqa: PLR0913 what there is to say
    model: Model,
    *,
    access: Access,
    why: Why,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="Until this date, such as 2027-01-15 (UTC).")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Or for so many days from today.")] = None,
    in_region: In = None,
    by: By = None,
) -> None:
    """Hold back reminders of a model until a date.

    Ends, withdrawals, dates that move earlier and what AWS Health says come through all the same.
    """
    last = _until(until, days, access.now.date())
    known, model_id = _meant(model, access)
    who = by or _who(access, known)
    _say_of(
        known,
        lambda: snoozed(model_id, until=last, by=who, why=why, now=access.now, region=in_region),
    )
    say(
        f"{_named(known, model_id)} is snoozed until {dated(last, known.today)}{_where(in_region)}."
    )


def resolve(model: Model, *, access: Access, why: Why, in_region: In = None, by: By = None) -> None:
    """Say that nobody needs a model any more.

    Reminders are held back for good. If it is called again, that is told once.
    """
    known, model_id = _meant(model, access)
    who = by or _who(access, known)
    _say_of(known, lambda: resolved(model_id, by=who, why=why, now=access.now, region=in_region))
    say(f"{_named(known, model_id)} is resolved{_where(in_region)}.")


def unsnooze(model: Model, *, access: Access, in_region: In = None) -> None:
    """Take back what was said of a model with snooze or resolve, in one Region or in all."""
    known, model_id = _meant(model, access)
    said = [
        one
        for one in known.state.snoozes
        if one.model_id == model_id and (in_region is None or one.region == in_region)
    ]
    if not said:
        raise CommandError(
            f"nobody has snoozed or resolved {_named(known, model_id)}{_where(in_region)}; see "
            "bedrock-lifecycle show"
        )
    for one in said:
        SnoozeMemory(known.deployment.models).remove(model_id, one.region)
        say(f"Taken back for {_named(known, model_id)}{_where(one.region)}.")


def _until(until: str | None, days: int | None, today: date) -> date:
    if (until is None) == (days is None):
        raise CommandError("say until when: either --until 2027-01-15 or --days 30")
    if days is not None:
        return today + timedelta(days)
    try:
        return date.fromisoformat(str(until))
    except ValueError as error:
        raise CommandError(f"--until {until!r} is no date such as 2027-01-15") from error


def _meant(model: str, access: Access) -> tuple[Tracked, str]:
    known = tracked.read(access)
    return known, model_named(model, {row.model_id: row.name for row in known.rows})


def _say_of(known: Tracked, said: Callable[[], Snooze]) -> None:
    """Write it down. Raises CommandError for what makes no sense, AwsError."""
    try:
        SnoozeMemory(known.deployment.models).put(said())
    except SnoozeError as error:
        raise CommandError(str(error)) from error


def _who(access: Access, known: Tracked) -> str:
    """Give the last part of the caller's ARN: a user's name, or a role's session."""
    return access.caller(known.deployment.session).arn.rpartition("/")[2]


def _named(known: Tracked, model_id: str) -> str:
    name = next(row.name for row in known.rows if row.model_id == model_id)
    return f"{plain(name)} [{plain(model_id, 256)}]"


def _where(region: str | None) -> str:
    return f" in {region}" if region else ""
