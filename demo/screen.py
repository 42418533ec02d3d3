"""What the demo shows: each step of the story, the notifications, the table and the timeline.

Colours and boxes on a terminal, plain lines when piped.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from demo.story import Step
    from local_aws.cloud import Email, Notification, PollAnswer

_COLOURS: Final = {"critical": "bold red", "warning": "yellow", "info": "cyan"}
_PHASE_COLOURS: Final = {
    "ACTIVE": "green",
    "LEGACY": "yellow",
    "EXTENDED_ACCESS": "magenta",
    "END_OF_LIFE": "red",
}
_WEEKS: Final = 32
_PIPED_WIDTH: Final = 100


def console() -> Console:
    """Give a console that is as wide as the terminal, or as a page when piped."""
    probe = Console()
    if probe.is_terminal:
        return Console(highlight=False)
    return Console(highlight=False, width=_PIPED_WIDTH, color_system=None)


class Screen:
    """Prints the demo to a console."""

    def __init__(self, out: Console) -> None:
        """Take the console."""
        self._out = out
        self._shown_kinds: set[str] = set()
        self._waiting: list[str] = []

    def opening(self) -> None:
        """Say what this is."""
        self._out.print(
            Panel(
                "Amazon Bedrock retires foundation models: Active, Legacy, public extended access "
                "at a higher price, end of life. Then every request fails.\n"
                "This notifier is deployed once per AWS account. It asks every Region each hour, "
                "compares with what it has told before, and tells people in time, once.\n\n"
                "You will see the real stack, deployed to an AWS emulator on this machine, live "
                "through seven weeks of the real calendar of autumn 2026.",
                title="Bedrock Lifecycle Notifier",
                padding=(1, 2),
            )
        )

    def progress(self, text: str) -> None:
        """Say what is being done."""
        self._out.print(Text(f"  … {text}", style="dim"))

    def step(self, number: int, of: int, step: Step) -> None:
        """Announce a step: its time and what happens in the catalog."""
        self._out.print()
        when = step.time.strftime("%a %Y-%m-%d %H:%M UTC")
        self._out.print(Rule(f"[bold]{number}/{of}  {when}[/bold]", align="left"))
        self._out.print(Text(step.title, style="bold"))
        self._out.print(Padding(step.told, (0, 0, 0, 2)))

    def answered(self, answer: PollAnswer) -> None:
        """Show what the deployed function answered, on one line."""
        if answer.function_error:
            message = answer.payload.get("errorMessage", "")
            line = Text(f"The function failed: {message}", style="red")
        else:
            line = Text(_summary(answer.payload), style="dim")
        self._out.print(Padding(line, (0, 0, 0, 2)))

    def heard(
        self,
        notifications: list[Notification],
        emails: list[Email],
        chat: list[dict[str, Any]],
    ) -> None:
        """Show each notification as it arrived; the first of each kind with its whole e-mail."""
        if not notifications:
            self._out.print(Padding(Text("Nobody is told anything.", style="green"), (0, 0, 0, 2)))
        for notification in notifications:
            kind = notification.document["kind"]
            mail = next((one for one in emails if one.subject == notification.subject), None)
            whole = mail.text if mail and kind not in self._shown_kinds else None
            self._shown_kinds.add(kind)
            alert_id = notification.document["alert_id"]
            said = next((one for one in chat if one["id"] == alert_id), None)
            self._out.print(_panel(notification, whole, said))

    def waits(self, rows: list[dict[str, Any]]) -> None:
        """Show what is left to the digest, where that has changed."""
        lines = sorted(_waiting(same) for same in _by_model(rows).values())
        if lines != self._waiting:
            self._waiting = lines
            text = "\n".join(f"Waits for the digest: {line}" for line in lines)
            self._out.print(Padding(Text(text or "Nothing waits.", style="dim"), (0, 0, 0, 2)))

    def difference(self, differences: list[str]) -> None:
        """Show in which way a step was not as the story has it."""
        for difference in differences:
            self._out.print(Text(f"  NOT AS IN THE STORY: {difference}", style="bold red"))

    def table(self, rows: list[dict[str, Any]], today: date) -> None:
        """Show the models table as a person would read it: dated models first, soonest first."""
        dated = [row for row in rows if row["phase"] != "ACTIVE" or "end_of_life_at" in row]
        self._out.print()
        self._out.print(Rule("[bold]The models table, in the account[/bold]", align="left"))
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for heading in ("Model", "Regions", "Phase", "Next", "End of life", "In use", "Successor"):
            table.add_column(heading, no_wrap=True)
        for _, same in sorted(_by_model(dated).items(), key=lambda pair: _end(pair[1][0])):
            table.add_row(*_cells(same, today))
        self._out.print(table)
        active = len(_by_model(rows)) - len(_by_model(dated))
        self._out.print(Text(f"… and {active} active models without dates.", style="dim"))

    def timeline(self, rows: list[dict[str, Any]], today: date) -> None:
        """Draw what ends when, a week per character."""
        dated = _by_model([row for row in rows if "end_of_life_at" in row])
        self._out.print()
        self._out.print(Rule("[bold]The timeline[/bold]", align="left"))
        start = today - timedelta(weeks=8)
        lines = [Text(f"{'':<20}") + _months(start)]
        for _, same in sorted(dated.items(), key=lambda pair: _end(pair[1][0])):
            lines.append(Text(f"{same[0]['name'][:19]:<20}") + _life(same[0], start))
        key = Text("  . active  - Legacy  = extended access (dearer)  X end of life  | today")
        self._out.print(Group(*lines, Text(f"{'':<20}") + _today_mark(start, today), key))

    def closing(self, *, as_told: bool, heard: int, seconds: float) -> None:
        """Say how it went, and what to do next."""
        self._out.print()
        if as_told:
            text = (
                f"Everything happened as the story has it: {heard} notifications, each once.\n"
                "The emulator is stopped and nothing is left running.\n\n"
                "Next: make deploy EMAIL=you@example.com (into the account of your credentials)"
            )
            self._out.print(Panel(text, title=f"done in {seconds:.0f} s", border_style="green"))
        else:
            text = "Something was not as the story has it; see the lines marked above."
            self._out.print(Panel(text, title="not as told", border_style="red"))


def _summary(payload: dict[str, Any]) -> str:
    if "batchItemFailures" in payload:
        failed = len(payload["batchItemFailures"])
        return f"The function took the event{f', {failed} failed' if failed else ''}."
    if payload["outcome"] != "completed":
        return f"The function answered: {payload['outcome']}."
    failing = ", ".join(payload["regions_failing"])
    told = len([alert for alert in payload["alerts"] if alert["told"]])
    return (
        f"The function answered: {payload['regions_covered']} Regions covered"
        f"{f' ({failing} failing)' if failing else ''}, {payload['tracked']} rows tracked, "
        f"{payload['rows_written']} written, {told} alert{'' if told == 1 else 's'} told."
    )


def _panel(notification: Notification, whole: str | None, chat: dict[str, Any] | None) -> Panel:
    document = notification.document
    colour = _COLOURS[document["severity"]]
    body = Text(whole.rstrip() if whole else document["reason"])
    attributes = ", ".join(f"{name}={value}" for name, value in notification.attributes.items())
    return Panel(
        Group(body, Text(f"\nmessage attributes: {attributes}\n{_in_chat(chat)}", style="dim")),
        title=Text(notification.subject, style=colour),
        title_align="left",
        border_style=colour,
    )


def _in_chat(chat: dict[str, Any] | None) -> str:
    if chat is None:
        return "in the chat: nothing yet"
    thread = chat["metadata"].get("threadId")
    return f"in the chat: {chat['content']['title']}{f' (thread {thread})' if thread else ''}"


def _by_model(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["model_id"], []).append(row)
    return found


def _waiting(same: list[dict[str, Any]]) -> str:
    deferred = same[0]["deferred"]
    regions = ", ".join(sorted(row["region"] for row in same))
    what = deferred["kind"].replace("_", " ").lower()
    return f"{same[0]['name']}, {what}, in {regions} ({deferred['reason']})"


def _end(row: dict[str, Any]) -> str:
    return f"{row.get('end_of_life_at', '9999')} {row['name']}"


def _cells(same: list[dict[str, Any]], today: date) -> tuple[Text | str, ...]:
    row = same[0]
    upcoming = row.get("next_milestone_at")
    return (
        row["name"],
        str(len(same)),
        Text(row["phase"].partition("_ACCESS")[0].replace("_", " "), style=_phase_colour(row)),
        _in_days(upcoming, today),
        row.get("end_of_life_at", "-")[:10],
        _use(same),
        row.get("replacement", "-").rpartition(".")[2],
    )


def _phase_colour(row: dict[str, Any]) -> str:
    return _PHASE_COLOURS.get(row["phase"], "")


def _use(same: list[dict[str, Any]]) -> str:
    """Say whether any Region's row is in use, and how much."""
    uses = [row.get("in_use") for row in same]
    if True not in uses:
        return "not known" if None in uses else "no"
    calls = max(row.get("invocations_14d", 0) for row in same)
    return f"{calls:,} calls" if calls else "yes"


def _in_days(time: str | None, today: date) -> str:
    if time is None:
        return "-"
    days = (datetime.fromisoformat(time).astimezone(UTC).date() - today).days
    return f"in {days} d"


def _week_days(start: date) -> list[date]:
    return [start + timedelta(weeks=week) for week in range(_WEEKS)]


def _months(start: date) -> Text:
    """Write each month's name where it begins."""
    days = _week_days(start)
    begins = [week for week in range(1, _WEEKS) if days[week].month != days[week - 1].month]
    line = ""
    for week in begins:
        line = line.ljust(week) + f"{days[week]:%b}"
    return Text(line[:_WEEKS].ljust(_WEEKS), style="bold")


def _life(row: dict[str, Any], start: date) -> Text:
    """Draw one model's life, a character per week."""
    line = Text()
    ended = False
    for day in _week_days(start):
        sign, phase = _sign(row, day + timedelta(days=6))
        if sign == "X":
            sign, ended = (" " if ended else "X"), True
        line.append(sign, style=_PHASE_COLOURS[phase])
    return line


def _sign(row: dict[str, Any], day: date) -> tuple[str, str]:
    if _reached(row, "end_of_life_at", day):
        return "X", "END_OF_LIFE"
    if _reached(row, "extended_access_at", day):
        return "=", "EXTENDED_ACCESS"
    if _reached(row, "legacy_at", day):
        return "-", "LEGACY"
    return ".", "ACTIVE"


def _reached(row: dict[str, Any], attribute: str, day: date) -> bool:
    return attribute in row and row[attribute][:10] <= day.isoformat()


def _today_mark(start: date, today: date) -> Text:
    return Text(" " * ((today - start).days // 7) + "|", style="bold")
