"""`poll` and `test-alert`: let the deployed function work now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import uuid4

import typer
from rich.text import Text

from bedrock_lifecycle import output
from bedrock_lifecycle.access import Access  # noqa: TC001 read from the signature
from bedrock_lifecycle.deployment import find
from bedrock_lifecycle.output import SEVERITY_STYLES, AsJson, console, progress, say
from notifier.render.words import count_text, plain
from notifier.times import iso_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SILENT: Final = {
    "sns": (
        "But nobody has confirmed a subscription to the alerts topic, so no mailbox gets it: open "
        "the link in the e-mail from AWS Notifications, then try again."
    ),
    "chat": (
        "But no chat channel reads the chat topic, so none shows it: in the console of Amazon Q "
        "Developer in chat applications, edit the channel, choose the topic (output ChatTopicArn) "
        "and save; then try again."
    ),
}


def poll(
    *,
    access: Access,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be told now, and tell nobody.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Poll at once, instead of at the next scheduled time.

    With --dry-run the deployed function does all that a poll does, but writes nothing and sends
    nothing, and its answer is shown.
    """
    deployment = find(access)
    # A poll is as of the function's clock: a time ahead of it would be remembered as having come.
    event = {"dry_run": True, "time": iso_time(access.now)} if dry_run else {}
    with progress(
        "Asking every Region, through the deployed function: up to two minutes", slow=True
    ):
        told = deployment.invoke(event)
    if as_json:
        output.print_json(told)
        return
    for line in _summary(told):
        say(line)
    _print_alerts(told, dry_run=dry_run)


def _summary(told: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"{told['tracked']} (model, Region) rows over "
        f"{count_text(told['regions_covered'], 'Region')}; {told['outcome']}."
    )
    for region, why in told["regions_failing"].items():
        yield f"  {region} gives no usable answer: {plain(str(why))}"
    for what in (*told["warnings"], *told["errors"]):
        yield f"  {plain(what, 300)}"
    if told["waiting"]:
        yield f"  {plain(told['waiting'], 300)}."


def _print_alerts(told: Mapping[str, Any], *, dry_run: bool) -> None:
    alerts, out = told["alerts"], console()
    verb = "would be told" if dry_run else "told"
    waits = f"; {told['deferred']} more rows wait for the digest" if told["deferred"] else ""
    out.print(Text(f"{count_text(len(alerts), 'alert')} {verb}{waits}", style="bold"))
    for one in alerts:
        line = Text(f"  {one['severity']:<9}", style=SEVERITY_STYLES.get(one["severity"], ""))
        out.print(
            line.append(f"{one['kind']}  {plain(one['reason'], 400)}", style="default"),
            soft_wrap=True,
        )


def send_test_alert(*, access: Access, as_json: AsJson = False) -> None:
    """Send a sample alert, marked TEST, the whole way of an alert."""
    deployment = find(access)
    with progress(
        f"Sending a test alert through {deployment.stack_name} in {deployment.region}", slow=True
    ):
        told = deployment.invoke({"test_alert": str(uuid4())})
    if as_json:
        output.print_json(told)
        return
    for line in in_words(told):
        say(line)


def in_words(told: Mapping[str, Any]) -> Iterator[str]:
    """Say what became of a test alert, and what should arrive where."""
    yield f"The alerts topic accepted test alert {told['alert_id']}."
    silent = [_SILENT[name] for name in told["unheard"]]
    if silent:
        yield from silent
    else:
        yield "It should arrive within a minute; its subject begins with [info] TEST."
