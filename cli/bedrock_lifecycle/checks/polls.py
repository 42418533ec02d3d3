"""Checks of the polls: whether they run, what they reach, and whether what they found was told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from bedrock_lifecycle.checks.finding import ok, problem
from notifier.errors import aws_call
from notifier.render.words import count_text, listing, moment_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from bedrock_lifecycle.checks.finding import Commands, Finding
    from bedrock_lifecycle.checks.site import Site

SCHEDULES: Final = "schedules"
POLLS: Final = "polls"
REGIONS: Final = "Regions"
FIRST_MESSAGE: Final = "first message"
ALERTS: Final = "alerts"

_MISSED: Final = 3
_DEGRADED: Final = timedelta(hours=24)
_WAITING_TOO_LONG: Final = timedelta(hours=1)


def schedules(site: Site) -> Iterator[Finding]:
    """Look whether the schedules are enabled."""
    names = site.names("AWS::Scheduler::Schedule")
    states = {name: _schedule(site, name) for name in names}
    yield from schedule_findings(states)


def _schedule(site: Site, name: str) -> Mapping[str, Any]:
    with aws_call("scheduler:GetSchedule"):
        told: Mapping[str, Any] = site.client("scheduler").get_schedule(Name=name)
    return told


def schedule_findings(schedules: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """Judge the schedules, by name; without one that is enabled nothing is polled."""
    if not schedules:
        yield problem(SCHEDULES, "the stack has none: nothing polls", "make deploy")
        return
    off = [name for name, told in schedules.items() if told["State"] != "ENABLED"]
    for name in off:
        yield problem(
            SCHEDULES,
            f"{name} is {schedules[name]['State']} ({schedules[name]['ScheduleExpression']})",
            f"in the console: EventBridge, Schedules, {name}, Enable; make deploy does not, as it "
            "does not see the change",
        )
    if not off:
        said = listing([str(told["ScheduleExpression"]) for told in schedules.values()])
        yield ok(SCHEDULES, f"enabled: {said}")


def polls(site: Site) -> Iterator[Finding]:
    """Look when the last poll was completed."""
    yield poll_finding(
        site.state.last_completed_at,
        timedelta(minutes=site.settings.poll_rate_minutes),
        site.now,
        log_command(site),
        site.commands,
    )


def log_command(site: Site) -> str:
    """Write the command that shows the log of the poll function."""
    name = site.deployment.output("PollFunctionName")
    group = site.function.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{name}")
    return site.commands.aws("logs", "tail", group, "--since", "3h")


def poll_finding(
    completed: datetime | None, rate: timedelta, now: datetime, log: str, commands: Commands
) -> Finding:
    """Judge how old what is known is: as the alarm does, after three missed polls."""
    mend = f"poll now, which says why not: {commands.ours('poll')}; the function's log: {log}"
    if completed is None:
        return problem(POLLS, "no poll has been completed", mend)
    when = f"the last completed poll is of {moment_text(completed)}"
    every = f"they are due every {count_text(round(rate.total_seconds() / 60), 'minute')}"
    if now - completed > _MISSED * rate:
        return problem(POLLS, f"{when}; {every}", mend)
    return ok(POLLS, f"{when}; {every}")
