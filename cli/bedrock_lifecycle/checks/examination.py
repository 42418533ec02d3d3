"""Every check, and how they are made: at once, and so that one which fails blocks no other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from bedrock_lifecycle.checks import (
    chat,
    contacts,
    credentials,
    failures,
    health,
    key,
    listening,
    polls,
    stack,
    user_notifications,
)
from bedrock_lifecycle.checks.finding import Commands, State, problem, skipped
from bedrock_lifecycle.checks.site import Account, Clients, Site
from bedrock_lifecycle.deployment import NoStackError, find
from bedrock_lifecycle.errors import CommandError, explained, is_denied, missing_action
from bedrock_lifecycle.output import steps
from notifier.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from boto3 import Session

    from bedrock_lifecycle.access import Access
    from bedrock_lifecycle.checks.finding import Finding

# Of a pool of its own: checks wait for what it reads.
_READS: Final = 3


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what it is called, and what looks at what: the stack, or the account.

    An `advisory` one can find nothing that is wrong, only what could be better.
    """

    name: str
    look: Callable[[Any], Iterable[Finding]]
    of: type[Account | Site] = Site
    advisory: bool = False


_CHECKS: Final[Mapping[str, Sequence[Check]]] = {
    "Access": (
        Check(credentials.CREDENTIALS, credentials.credentials, of=Account),
        Check(credentials.DATE_FIELDS, credentials.date_fields, of=Account),
    ),
    "Stack": (
        Check(stack.STACK, stack.stack),
        Check(stack.VERSION_CHECK, stack.version),
        Check(key.KEY, key.key),
        Check(stack.BOOTSTRAP, stack.bootstrap, of=Account, advisory=True),
    ),
    "Polls": (
        Check(polls.SCHEDULES, polls.schedules),
        Check(polls.POLLS, polls.polls),
        Check(polls.REGIONS, polls.regions),
        Check(polls.USE, polls.use),
    ),
    "Who hears": (
        Check(listening.FIRST_MESSAGE, listening.first_message),
        Check(listening.SUBSCRIPTIONS, listening.subscriptions),
        Check(chat.CHAT_TOPIC_CHECK, chat.chat_topic),
        Check(chat.CHAT_CHANNEL, chat.chat_channel),
        Check(user_notifications.USER_NOTIFICATIONS, user_notifications.user_notifications),
    ),
    "AWS Health": (
        Check(health.EVENTS, health.events),
        Check(health.FORWARDERS, health.forwarders),
        Check(health.API, health.api),
    ),
    "Failures": (
        Check(listening.ALERTS, listening.alerts),
        Check(failures.DEAD_LETTERS, failures.dead_letters),
        Check(failures.ALARMS, failures.alarms),
    ),
    "AWS's own notices": (Check(contacts.CONTACTS, contacts.contacts, of=Account, advisory=True),),
}

GROUPS: Final[Mapping[str, Sequence[str]]] = {
    group: [one.name for one in checks] for group, checks in _CHECKS.items()
}
"""The names of the checks by what they look at, in the order in which they are shown."""


def examine(access: Access) -> list[Finding]:
    """Make every check. Raises CommandError without a Region, AwsError for a missing profile."""
    session = access.session()
    try:
        account = _account(access, session)
    except AwsError as error:
        # No call can be made, so nothing else can be said.
        return [problem(credentials.CREDENTIALS, *_what_and_mend(error))]
    try:
        deployment = find(access)
    except NoStackError as error:
        return [problem(stack.STACK, error.what, error.mend), *_make_all([account])]
    except AwsError as error:
        return [_failed(Check(stack.STACK, stack.stack), error), *_make_all([account])]
    if "PollFunctionName" not in deployment.outputs:
        return [stack.unfinished_finding(deployment, account.commands), *_make_all([account])]
    with ThreadPoolExecutor(_READS) as pool:
        return _make_all([account, Site(account, deployment, pool)])


def _account(access: Access, session: Session) -> Account:
    region = str(session.region_name)
    partition = access.partition(session)
    return Account(
        caller=access.caller(session),
        region=region,
        now=access.now,
        commands=Commands(region, access.profile, access.stack_name),
        clients=Clients(session),
        bedrock_regions=frozenset(session.get_available_regions("bedrock", partition)),
    )


def _make_all(seen: Sequence[Account | Site]) -> list[Finding]:
    tasks = [
        (check, one)
        for checks in _CHECKS.values()
        for check in checks
        for one in seen
        if isinstance(one, check.of)
    ]
    with ThreadPoolExecutor(len(tasks)) as pool, steps("Checking the set-up", len(tasks)) as shown:
        (task,) = shown.task_ids
        futures = [pool.submit(make, check, one) for check, one in tasks]
        for future in futures:
            future.add_done_callback(lambda _: shown.advance(task))
        return [finding for future in futures for finding in future.result()]


def make(check: Check, seen: Account | Site) -> list[Finding]:
    """Make one check; what it found before it failed stays found."""
    found: list[Finding] = []
    try:
        for one in check.look(seen):
            found.append(one)  # noqa: PERF402 one by one, as the next may fail
    except (AwsError, CommandError) as error:
        found.append(_failed(check, error))
    except Exception as error:  # noqa: BLE001 an answer of any other shape blocks no other check
        why = f"{type(error).__name__}: {error}"
        found.append(skipped(check.name, why, "please report it: this command is at fault"))
    return found


def _failed(check: Check, error: AwsError | CommandError) -> Finding:
    why, mend = _what_and_mend(error)
    if isinstance(error, AwsError) and is_denied(error):
        mend = f"allow {missing_action(error)}; docs/doctor.md has the whole policy"
    finding = skipped(check.name, why, mend)
    # What could not be seen can be no worse than advice, and so leaves all well.
    return replace(finding, state=State.ADVICE) if check.advisory else finding


def _what_and_mend(error: AwsError | CommandError) -> tuple[str, str]:
    """Part the words of an error: they say what to do after what is wrong."""
    said = explained(error) if isinstance(error, AwsError) else str(error)
    what, _, mend = said.partition("; ")
    return what, mend or "repeat the command"
