"""`make pictures`: the transcript and the screenshots of the documentation, from the demo's data.

The story is played on the emulator to its end. A day later the commands run as people run them,
and headless Chromium takes the pictures.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import boto3
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from demo.broken import break_five_things, make_healthy
from demo.chromium import NoBrowserError, chromium
from demo.story import HOME, SETTINGS, STORY, act, set_up_account
from local_aws.cloud import local_cloud
from local_aws.emulator import ACCOUNT_ID, ADMINISTRATOR
from local_aws.leashed_process import LocalServerError
from notifier.dashboard import WIDGETS, Frame, View
from notifier.ledger import Ledger
from notifier.render.timeline import Theme
from notifier.render.timeline_page import timeline_page
from notifier.settings import Settings
from notifier.snapshot import Snapshot
from notifier.table import Table
from notifier.wiring import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser

    from local_aws.cloud import LocalCloud

_DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
_COMMAND: Final = Path(sys.executable).with_name("bedrock-lifecycle")
_NOW: Final = (STORY[-1].time + timedelta(days=1)).replace(hour=8)
_COLUMNS: Final = 124
_TERMINAL: Final = """\
<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 28px; background: #e8eaee }}
div {{ display: inline-block; background: #1b1e24; border-radius: 10px; padding: 18px 22px;
       box-shadow: 0 8px 24px #0003 }}
pre {{ margin: 0; font: 14px/1.45 "DejaVu Sans Mono", Menlo, Consolas, monospace; color: #d8dce3 }}
</style><div><pre>{}</pre></div>"""
_DASHBOARD: Final = """\
<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 20px; background: {page}; font: 14px sans-serif }}
main {{ display: grid; grid-template-columns: 1fr 1fr; gap: 16px }}
section {{ background: {card}; border: 1px solid {edge}; border-radius: 8px; min-width: 0 }}
section:first-child {{ grid-column: 1 / 3; max-height: 640px; overflow: hidden }}
h2 {{ margin: 0; padding: 10px 14px; font-size: 15px; color: {text} }}
section > div {{ padding: 0 12px 12px }}
</style><main>{widgets}</main>"""
_LOOKS: Final = {
    Theme.LIGHT: {"page": "#f2f3f3", "card": "#ffffff", "edge": "#d5dbdb", "text": "#16191f"},
    Theme.DARK: {"page": "#0f1b2a", "card": "#161d26", "edge": "#414d5c", "text": "#d1d5db"},
}
_PHOTOGRAPHED: Final = ("scan", "models", "show", "doctor")
_PROJECT: Final = {
    "app.py": (
        'MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"\n'
        'CHEAP = "anthropic.claude-haiku-4-5-20251001-v1:0"\n'
        'OLD = "anthropic.claude-v2:1"\n'
    ),
    "main.tf": ('model = "arn:aws:bedrock:us-east-1::foundation-model/ai21.jamba-1-5-mini-v1:0"\n'),
}
_TITLES: Final = {
    "timeline": "Bedrock models: what ends when",
    "deadlines": "Next deadlines",
    "alerts": "Recent alerts",
    "coverage": "Coverage",
}


class Said(NamedTuple):
    """A command as somebody typed it, with all that it printed, colours included."""

    words: str
    printed: str
    exit_code: int
    about: str = ""


class Terminal:
    """Where somebody runs commands against the deployed stack, on the day after the story."""

    def __init__(self, cloud: LocalCloud) -> None:
        """Sit down."""
        self._environment = ADMINISTRATOR | {
            "PATH": os.environ["PATH"],
            "AWS_REGION": HOME,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_ENDPOINT_URL": cloud.gateway.endpoint_url,
            "AWS_ENDPOINT_URL_BEDROCK": cloud.bedrock.endpoint_url,
            "AWS_ENDPOINT_URL_HEALTH": cloud.health.endpoint_url,
            "FORCE_COLOR": "1",
            "TERM": "xterm-256color",
            "COLUMNS": str(_COLUMNS),
        }

    def run(
        self, words: str, *, days_later: int = 0, folder: str | None = None, about: str = ""
    ) -> Said:
        """Type a command, and wait for its end."""
        now = _NOW + timedelta(days_later)
        done = subprocess.run(  # noqa: S603 our own command, and no shell
            [str(_COMMAND), *words.split()],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=False,
            cwd=folder,
            env=self._environment | {"BEDROCK_LIFECYCLE_NOW": now.isoformat()},
        )
        return Said(f"bedrock-lifecycle {words}", done.stdout, done.returncode, about)


def main() -> int:
    """Play, run and photograph; give the exit code."""
    say = Console(stderr=True).print
    try:
        with local_cloud(SETTINGS, say=say) as cloud, chromium() as browser:
            say("Playing the demo's story: about a minute …")
            set_up_account(cloud)
            cloud.subscribe_queue("ChatTopicArn")
            for step in STORY:
                act(cloud, step)
            said = [*_commands(cloud)]
            _write(_DOCS / "transcript.md", _transcript(said))
            _photograph(browser, cloud, said)
    except (LocalServerError, NoBrowserError) as error:
        sys.exit(str(error))
    return 0


def _commands(cloud: LocalCloud) -> Iterator[Said]:
    terminal = Terminal(cloud)
    yield terminal.run("scan")
    yield _scan_of_code(terminal)
    for words in (
        "models --in-use",
        "show sonnet-4-5",
        "deadlines",
        "alerts --since 30d",
    ):
        yield terminal.run(words)
    # When the next reminder is due: on the day after the story there is nothing to tell.
    yield terminal.run("poll --dry-run", days_later=3)
    make_healthy(cloud)
    cloud.poll(_NOW - timedelta(minutes=10))
    yield terminal.run("doctor")
    break_five_things(cloud, _NOW - timedelta(minutes=5))
    yield terminal.run("doctor", about="with five things broken")


def _scan_of_code(terminal: Terminal) -> Said:
    """Scan a small project, as a build would."""
    with tempfile.TemporaryDirectory(prefix="project-") as folder:
        for name, text in _PROJECT.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        return terminal.run("scan --path . --fail-within 30", folder=folder)


# The transcript


def _transcript(said: Sequence[Said]) -> str:
    begin = (
        "# What the command line prints\n\nMade by `make pictures` from the data of `make demo`, "
        f"as of the day after its story ({_NOW:%Y-%m-%d}). Lines about progress are left out."
    )
    return "\n\n".join([begin, *(_part(one) for one in said)]) + "\n"


def _part(one: Said) -> str:
    printed = "\n".join(line.rstrip() for line in Text.from_ansi(one.printed).plain.splitlines())
    code = f"\n(exit code {one.exit_code})" if one.exit_code else ""
    title = one.words + (f", {one.about}" if one.about else "")
    return f"## {title}\n\n```console\n$ {one.words}\n{printed}{code}\n```"


# The pictures


def _photograph(browser: Browser, cloud: LocalCloud, said: Sequence[Said]) -> None:
    view = _view(cloud)
    rows = view.tables.snapshot.read().rows
    where = f"AWS account {ACCOUNT_ID}, {HOME}"
    page = timeline_page(rows, today=_NOW.date(), where=where)
    _shoot(browser, "timeline", page, 1280, height=900)
    _shoot(browser, "timeline-dark", page, 1280, height=900, scheme="dark")
    _shoot(browser, "timeline-phone", page, 390, height=844)
    for theme in (Theme.LIGHT, Theme.DARK):
        name = "dashboard" if theme is Theme.LIGHT else "dashboard-dark"
        _shoot(browser, name, _dashboard(view, theme), 1440)
    for one in said:
        words = one.words.split()
        if words[1] in _PHOTOGRAPHED and "--path" not in words and not one.about:
            _shoot(browser, f"terminal-{words[1]}", _as_terminal(one), 1240, selector="div")


def _view(cloud: LocalCloud) -> View:
    """Look at the deployed tables as the dashboard's function does."""
    client: Any = boto3.resource(
        "dynamodb",
        region_name=HOME,
        endpoint_url=cloud.gateway.endpoint_url,
        aws_access_key_id=ADMINISTRATOR["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ADMINISTRATOR["AWS_SECRET_ACCESS_KEY"],
    ).meta.client
    tables = Reading(
        Snapshot(Table(client, cloud.outputs["ModelsTableName"])),
        Ledger(Table(client, cloud.outputs["AlertsTableName"])),
    )
    return View(tables, Settings(), "aws", _NOW, Frame())


def _dashboard(view: View, theme: Theme) -> str:
    """Lay the widgets out as CloudWatch does; its own graphs and alarms are not ours to draw."""
    widgets = ""
    for name, title in _TITLES.items():
        width = 1392 if name == "timeline" else 680
        drawn = WIDGETS[name](view._replace(frame=Frame(width, theme)))
        widgets += f"<section><h2>{title}</h2><div>{drawn}</div></section>"
    return _DASHBOARD.format(**_LOOKS[theme], widgets=widgets)


def _as_terminal(one: Said) -> str:
    """Give what was printed as a page, in the colours of a terminal."""
    shown = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True)
    shown.print(Text(f"$ {one.words}", style="bold"))
    shown.print(Text.from_ansi(one.printed.rstrip()), end="")
    return _TERMINAL.format(
        shown.export_html(theme=MONOKAI, inline_styles=True, code_format="{code}")
    )


def _shoot(  # noqa: PLR0913 what makes a picture, each by its name
    browser: Browser,
    name: str,
    document: str,
    width: int,
    *,
    height: int | None = None,
    scheme: Literal["light", "dark"] = "light",
    selector: str | None = None,
) -> None:
    """Take a picture of a page, whole unless `height` says so, or of one element of it."""
    target = _DOCS / "screenshots" / f"{name}.png"
    target.parent.mkdir(exist_ok=True)
    size: Any = {"width": width, "height": height or 800}
    with tempfile.TemporaryDirectory(prefix="page-") as folder:
        file = Path(folder) / f"{name}.html"
        file.write_text(document, encoding="utf-8")
        page = browser.new_page(viewport=size, color_scheme=scheme, device_scale_factor=1.5)
        page.goto(file.as_uri())
        if selector:
            page.locator(selector).first.screenshot(path=target)
        else:
            page.screenshot(path=target, full_page=height is None)
        page.close()


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
