"""Checks of what AWS Health says: whether it comes by EventBridge, and whether its API answers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from bedrock_lifecycle.access import STACK_NAME
from bedrock_lifecycle.checks.finding import DEPLOY, advice, ok, problem
from bedrock_lifecycle.checks.polls import poller
from bedrock_lifecycle.checks.stack import is_good, stack_finding, standing
from bedrock_lifecycle.errors import is_denial
from notifier.errors import aws_call
from notifier.health_poll import NO_PLAN
from notifier.render.words import moment_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from bedrock_lifecycle.checks.finding import Commands, Finding
    from bedrock_lifecycle.checks.polls import Poller
    from bedrock_lifecycle.checks.site import Site
    from notifier.health_memory import ApiState

EVENTS: Final = "Health events"
FORWARDERS: Final = "Health forwarders"
API: Final = "Health API"

# Every Region's events also go to us-west-2, its own and those of no Region to us-east-1.
FORWARDED_FROM: Final = ("us-west-2", "us-east-1")
_LASTS: Final = timedelta(hours=24)


def forwarder_name(region: str) -> str:
    """Name the stack that forwards from that Region."""
    return f"{STACK_NAME}-HealthForwarder-{region}"


def events(site: Site) -> Iterator[Finding]:
    """Look whether the rule and the function's hold on the queue are enabled."""
    rules = {name: _rule_state(site, name) for name in site.names("AWS::Events::Rule")}
    yield from rule_findings(EVENTS, rules, site.commands)
    yield from mapping_findings(_mappings(site), site.commands)


def _rule_state(site: Site, name: str, region: str | None = None) -> str:
    # CloudFormation puts the bus before the name of a rule that is on one of the account's own.
    with aws_call("events:DescribeRule"):
        told = site.client("events", region).describe_rule(Name=name.rpartition("|")[2])
    return str(told["State"])


def _mappings(site: Site) -> dict[str, str]:
    """Give the states of what lets the Health function fetch from a queue, by UUID."""
    pages = site.client("lambda").get_paginator("list_event_source_mappings")
    function = site.deployment.output("HealthFunctionName")
    with aws_call("lambda:ListEventSourceMappings"):
        return {
            one["UUID"]: one["State"]
            for page in pages.paginate(FunctionName=function)
            for one in page["EventSourceMappings"]
        }


def rule_findings(
    check: str, rules: Mapping[str, str], commands: Commands, region: str | None = None
) -> Iterator[Finding]:
    """Judge the rules that catch what Health says, by name."""
    if not rules:
        yield problem(check, "there is no rule for them", "deploy again", DEPLOY)
    for name, state in rules.items():
        if state.startswith("ENABLED"):
            yield ok(check, f"the rule in {region or commands.region} is enabled")
        else:
            yield problem(
                check,
                f"the rule {name} in {region or commands.region} is {state}, so none come from it",
                "enable it",
                commands.aws("events", "enable-rule", "--name", name, region=region),
            )


def mapping_findings(mappings: Mapping[str, str], commands: Commands) -> Iterator[Finding]:
    """Judge whether Lambda fetches the events from their queue, or is about to."""
    if not mappings:
        yield problem(EVENTS, "nothing fetches them from their queue", "deploy again", DEPLOY)
    for uuid, state in mappings.items():
        if state in {"Enabled", "Enabling", "Creating", "Updating"}:
            yield ok(EVENTS, "the function fetches them from their queue")
        else:
            yield problem(
                EVENTS,
                f"the event source mapping {uuid} is {state}: they lie in their queue, for a week",
                "enable it",
                commands.aws("lambda", "update-event-source-mapping", "--uuid", uuid, "--enabled"),
            )


class Forwarder(NamedTuple):
    """Where events could be forwarded from: the status of the stack there, None for no stack.

    `rules` are the states of its rules by name.
    """

    region: str
    status: str | None
    rules: Mapping[str, str]


def forwarders(site: Site) -> Iterator[Finding]:
    """Look for the stacks that forward from other Regions. Elsewhere than in `aws` are none."""
    if site.account.caller.partition == "aws":
        for region in FORWARDED_FROM:
            found = _forwarder(site, region)
            yield from forwarder_findings(found, site.deployment.region, site.commands)


def _forwarder(site: Site, region: str) -> Forwarder:
    name = forwarder_name(region)
    stands = standing(site.account.clients, name, region)
    if stands is None or not is_good(stands.status):
        return Forwarder(region, stands.status if stands else None, {})
    rules = [one.name for one in site.resources_of(name, region) if one.kind == "AWS::Events::Rule"]
    states = {rule: _rule_state(site, rule, region) for rule in rules}
    return Forwarder(region, stands.status, states)


def forwarder_findings(found: Forwarder, main_region: str, commands: Commands) -> Iterator[Finding]:
    """Judge one forwarder: it must stand where the main stack is not, and only there.

    Whether one is wanted (`health_forwarder`) is not to be seen in what is deployed.
    """
    name, region = forwarder_name(found.region), found.region
    if region == main_region:
        if found.status is not None:
            yield problem(
                FORWARDERS,
                f"{name} stands beside the main stack, in {region}: it is of another main stack, "
                "and events may go back and forth for ever",
                "keep one main stack in the account: in the Region of the other one",
                "make destroy",
            )
    elif found.status is None:
        yield advice(
            FORWARDERS,
            f"there is none in {region}, so what Health says there comes only by the Health API, "
            "if at all",
            "deploy again, unless health_forwarder=false is meant",
            DEPLOY,
        )
    elif not is_good(found.status):
        yield stack_finding(FORWARDERS, name, region, found.status, commands)
    else:
        yield from rule_findings(FORWARDERS, found.rules, commands, region)


def api(site: Site) -> Iterator[Finding]:
    """Look how the Health API answered the polls."""
    yield api_finding(site.state.health.api, site.now, poller(site))


def api_finding(state: ApiState, now: datetime, poller: Poller) -> Finding:
    """Judge the Health API: without a support plan it answers nothing, and that is normal."""
    if state.failure is None:
        if state.first_read_at is None:
            return ok(API, "has not been asked yet: polls do, once the first message is told")
        return ok(API, f"answers since {moment_text(state.first_read_at)}")
    if state.failure == NO_PLAN:
        return ok(
            API,
            "needs a support plan that the account does not have; events come by EventBridge all "
            "the same",
        )
    since = state.failing_since or now
    detail = f"gives no answer since {moment_text(since)} ({state.failure})"
    if is_denial(state.failure):
        return problem(API, detail, poller.must_be_let("health:DescribeEvents"))
    mend = ("nothing at once, it is asked again; if it lasts, see the log", poller.log)
    return problem(API, detail, *mend) if now - since >= _LASTS else advice(API, detail, *mend)
