"""Checks of the polls: whether they run, which Regions answer, and what of use can be read."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from bedrock_lifecycle.checks.finding import DEPLOY, advice, ok, problem
from bedrock_lifecycle.errors import action_named, is_denial
from notifier.errors import aws_call
from notifier.render.words import count_text, failure_text, listing, moment_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from bedrock_lifecycle.checks.finding import Commands, Finding
    from bedrock_lifecycle.checks.site import Site
    from notifier.model import RegionState
    from notifier.settings import Settings
    from notifier.usage import ReadFailure, RegionUsage, Source

T = TypeVar("T")

SCHEDULES: Final = "schedules"
POLLS: Final = "polls"
REGIONS: Final = "Regions"
USE: Final = "use of models"

_MISSED: Final = 3
_DEGRADED: Final = timedelta(hours=24)


class Poller(NamedTuple):
    """What is needed to mend what the poll function could not do: its role, and its log."""

    role: str
    log: str

    def must_be_let(self, action: str, where: str = "") -> str:
        """Say how to let it do what its own policy allows already."""
        return (
            f"let the role {self.role} do {action}{where}: the stack's policy allows it, so look "
            "for a service control policy or a permissions boundary that denies it"
        )


def poller(site: Site) -> Poller:
    """Find the role and the log of the poll function."""
    name = site.deployment.output("PollFunctionName")
    group = site.function.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{name}")
    role = str(site.function["Role"]).rpartition("/")[2]
    return Poller(role, site.commands.aws("logs", "tail", group, "--since", "3h"))


def schedules(site: Site) -> Iterator[Finding]:
    """Look whether the schedules are enabled."""
    names = site.names("AWS::Scheduler::Schedule")
    yield from schedule_findings({name: _schedule(site, name) for name in names})


def _schedule(site: Site, name: str) -> Mapping[str, Any]:
    with aws_call("scheduler:GetSchedule"):
        told: Mapping[str, Any] = site.client("scheduler").get_schedule(Name=name)
    return told


def schedule_findings(schedules: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """Judge the schedules, by name; without one that is enabled nothing is polled."""
    if not schedules:
        yield problem(SCHEDULES, "the stack has none, so nothing polls", "deploy again", DEPLOY)
        return
    off = {name: told for name, told in schedules.items() if told["State"] != "ENABLED"}
    for name, told in off.items():
        yield problem(
            SCHEDULES,
            f"{name}, {told['ScheduleExpression']}, is {told['State']}",
            f"in the console, EventBridge, Schedules, choose {name} and Enable; make deploy would "
            "not, as CloudFormation sees no change",
        )
    if not off:
        said = listing([str(told["ScheduleExpression"]) for told in schedules.values()])
        yield ok(SCHEDULES, f"enabled: {said}")


def polls(site: Site) -> Iterator[Finding]:
    """Look when the last poll was completed."""
    rate = timedelta(minutes=site.settings.poll_rate_minutes)
    completed = site.state.last_completed_at
    yield poll_finding(completed, rate, site.now, poller(site).log, site.commands)


def poll_finding(
    completed: datetime | None, rate: timedelta, now: datetime, log: str, commands: Commands
) -> Finding:
    """Judge how old is what is known: as the alarm does, after three missed polls."""
    mend = (
        "poll now, and read what goes wrong, or what went wrong before",
        commands.ours("poll"),
        log,
    )
    if completed is None:
        return problem(POLLS, "none has been completed yet", *mend)
    minutes = count_text(round(rate.total_seconds() / 60), "minute")
    when = f"the last completed one is of {moment_text(completed)}, with one due every {minutes}"
    return problem(POLLS, when, *mend) if now - completed > _MISSED * rate else ok(POLLS, when)


def regions(site: Site) -> Iterator[Finding]:
    """Look which Regions gave an answer that could be used."""
    states = _watched(site.state.regions, site.settings)
    yield from region_findings(states, site.now, poller(site))


def _watched(by_region: Mapping[str, T], settings: Settings) -> list[T]:
    """Leave out what is remembered of Regions that were polled under other settings."""
    chosen = settings.regions
    return [one for name, one in by_region.items() if chosen == "all" or name in chosen]


def region_findings(
    states: Collection[RegionState], now: datetime, poller: Poller
) -> Iterator[Finding]:
    """Judge the Regions: those that have failed by their failure, those never covered together."""
    covered = [one for one in states if one.covered_since is not None]
    failing = [one for one in covered if one.failing_since is not None]
    by_failure: dict[str, list[RegionState]] = defaultdict(list)
    for one in failing:
        by_failure[one.failure or ""].append(one)
    for failure, found in sorted(by_failure.items()):
        yield _failing(failure, found, now, poller)
    if len(covered) > len(failing):
        answering = count_text(len(covered) - len(failing), "Region")
        yield ok(REGIONS, f"{answering} answered the last poll")
    never = sorted(
        f"{one.region} ({failure_text(one.failure or '')})" for one in states if one not in covered
    )
    if never:
        tell = advice if covered else problem
        yield tell(
            REGIONS,
            f"never covered, so nothing is known of them: {', '.join(never)}",
            "if models are called there, enable the Region or let the function's role ask it; if "
            "not, name the Regions that matter",
            f"{DEPLOY} ARGS='--set regions=us-east-1,…'",
        )


def _failing(
    failure: str, found: Collection[RegionState], now: datetime, poller: Poller
) -> Finding:
    """Judge covered Regions that fail alike: what passes by itself is no problem for a day."""
    since = min(one.failing_since or now for one in found)
    names = listing(sorted(one.region for one in found))
    detail = (
        f"{names}: no usable answer since {moment_text(since)} ({failure_text(failure)}); what was "
        "known before is kept, and changes are not seen"
    )
    if is_denial(failure):
        return problem(
            REGIONS, detail, poller.must_be_let("bedrock:ListFoundationModels", f" in {names}")
        )
    mend = ("nothing at once, every poll asks again; if it lasts, see the log", poller.log)
    is_new = now - since < _DEGRADED
    return advice(REGIONS, detail, *mend) if is_new else problem(REGIONS, detail, *mend)


class _Gap(NamedTuple):
    """A source of one Region that could not be read in full."""

    region: str
    source: Source
    failure: ReadFailure

    @property
    def action(self) -> str:
        """The IAM action that AWS named, or the call that failed."""
        return action_named(self.failure.detail) or self.failure.detail.partition(": ")[0]


def use(site: Site) -> Iterator[Finding]:
    """Look what of the account's use could not be read."""
    usage = _watched(site.state.usage, site.settings)
    yield from use_findings(usage, poller(site), is_read=site.settings.usage)


def use_findings(
    usage: Iterable[RegionUsage], poller: Poller, *, is_read: bool
) -> Iterator[Finding]:
    """Judge what could not be read of use, by the call that failed and why."""
    if not is_read:
        yield ok(USE, "is not read (usage=false), so every model counts as used")
        return
    gaps: dict[tuple[str, str], list[_Gap]] = defaultdict(list)
    read = [one for one in usage if one.read_on is not None]
    for one in read:
        for source, failure in one.failures.items():
            gap = _Gap(one.region, source, failure)
            gaps[gap.action, failure.code].append(gap)
    for (action, code), found in sorted(gaps.items()):
        yield _unread(action, code, found, poller)
    if not gaps and read:
        yield ok(USE, f"is read in {count_text(len(read), 'Region')}")
    if not read:
        yield ok(USE, "has not been read yet: the first poll of a day does")


def _unread(action: str, code: str, gaps: Collection[_Gap], poller: Poller) -> Finding:
    sources = listing(sorted({str(one.source) for one in gaps}))
    where = listing(sorted({one.region for one in gaps}))
    detail = (
        f"{sources} in {where} could not be read ({action}: {code}), so models that only they "
        "would show count as used"
    )
    if is_denial(code):
        mend = poller.must_be_let(action, f" in {where}")
        return problem(USE, detail, mend)
    again = ("nothing at once, it is read again; if it lasts, see the log", poller.log)
    lasts = any(one.failure.permanent for one in gaps)
    return problem(USE, detail, *again) if lasts else advice(USE, detail, *again)
