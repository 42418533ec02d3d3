"""`timeline` and `calendar`: what ends when, as a file to look at or to import."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 read from the signature
from typing import TYPE_CHECKING, Annotated

import typer

from bedrock_lifecycle import tracked
from bedrock_lifecycle.access import Access  # noqa: TC001 read from the signature
from bedrock_lifecycle.cells import InUse  # noqa: TC001 read from the signature
from bedrock_lifecycle.errors import CommandError
from bedrock_lifecycle.output import say
from notifier.render.timeline import timeline_svg
from notifier.render.timeline_page import timeline_page

if TYPE_CHECKING:
    from bedrock_lifecycle.tracked import Tracked
    from notifier.model import TrackedModel


def timeline(
    out: Annotated[Path, typer.Option(help="The file to write: FILE.html or FILE.svg.")],
    *,
    access: Access,
    in_use: InUse = False,
    width: Annotated[int, typer.Option(min=320, max=4000, help="Of an .svg, in pixels.")] = 1200,
) -> None:
    """Draw what ends when, as a page or a picture: each model from its launch to its end of life.

    The page fits wide and narrow screens, light and dark, and paper. It fetches nothing.
    """
    if out.suffix.lower() not in {".html", ".svg"}:
        raise CommandError(f"--out {out} is neither .html nor .svg; give one of these")
    known = tracked.read(access)
    rows = [row for row in known.rows if not in_use or row.in_use is not False]
    if out.suffix.lower() == ".svg":
        _write(out, timeline_svg(rows, today=known.today, width=width).encode())
    else:
        _write(out, _page(known, rows, access).encode())
    say(f"{known.as_of()}.")


def _page(known: Tracked, rows: list[TrackedModel], access: Access) -> str:
    account_id = access.caller(known.deployment.session).account_id
    where = f"AWS account {account_id}, {known.deployment.region}"
    return timeline_page(rows, today=known.today, where=where)


def calendar(
    out: Annotated[Path, typer.Option(help="The file to write: FILE.ics.")], *, access: Access
) -> None:
    """Write a calendar: an event for each milestone of the models in use, with reminders.

    Import it again when dates move: the events move. Unknown use counts as use.
    """
    # Here, because it takes longer to load than the rest: no other command should wait for it.
    from bedrock_lifecycle.calendar_file import calendar as calendar_of  # noqa: PLC0415

    known = tracked.read(access)
    account_id = access.caller(known.deployment.session).account_id
    _write(out, calendar_of(known.rows, account_id, access.now))
    say(f"{known.as_of()}.")


def _write(out: Path, contents: bytes) -> None:
    """Write the file. Raises CommandError where that cannot be done."""
    try:
        out.write_bytes(contents)
    except OSError as error:
        raise CommandError(f"{out} cannot be written: {error.strerror}") from error
    say(f"Written: {out} ({len(contents) / 1000:,.0f} KB)")
