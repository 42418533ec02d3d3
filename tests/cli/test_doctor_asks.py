"""How the doctor asks what no local deployment has: chat, User Notifications, keys and contacts.

What moto knows is asked of moto, everything else of an AWS that says what a test wants.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

import boto3
import pytest
from moto import mock_aws

from bedrock_lifecycle.access import Caller
from bedrock_lifecycle.checks import chat, contacts, key, user_notifications
from bedrock_lifecycle.checks.finding import Commands, State
from bedrock_lifecycle.checks.site import Account, Clients, Site
from bedrock_lifecycle.deployment import Deployment
from notifier.errors import AwsError
from tests.sources.scripted_aws import Raw, ScriptedAws, always, paged, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bedrock_lifecycle.checks.finding import Finding
    from tests.sources.scripted_aws import Script

HOME: Final = "eu-west-1"
ACCOUNT_ID: Final = "123456789012"
CHAT: Final = f"arn:aws:sns:{HOME}:{ACCOUNT_ID}:chat"
OPERATIONS: Final = f"arn:aws:sns:{HOME}:{ACCOUNT_ID}:operations"
SLACK: Final = "POST /describe-slack-channel-configurations"
TEAMS: Final = "POST /list-ms-teams-channel-configurations"
OK, PROBLEM, ADVICE = State.OK, State.PROBLEM, State.ADVICE


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedAws]:
    """Give an AWS with an empty stack, no channels, no hubs and no contacts."""
    with ScriptedAws() as running:
        for service in ("CHATBOT", "CLOUDFORMATION", "LAMBDA", "NOTIFICATIONS"):
            monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", running.endpoint_url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_NOTIFICATIONSCONTACTS", running.endpoint_url)
        running.on(SLACK, always({"SlackChannelConfigurations": []}))
        running.on(TEAMS, always({"TeamChannelConfigurations": []}))
        running.on("ListStackResources", _resources())
        running.on("GET /2015-03-31/functions/poll/configuration", _function(usage=True))
        yield running


@pytest.fixture
def new_site(scripted: ScriptedAws) -> Iterator[Callable[[], Site]]:
    """Give what makes a site with a chat topic, in an account in which moto has nothing."""
    assert scripted
    outputs = {
        "PollFunctionName": "poll",
        "ChatTopicArn": CHAT,
        "OperationsTopicArn": OPERATIONS,
        "ModelsTableName": "models",
        "AlertsTableName": "alerts",
    }
    with mock_aws(), ThreadPoolExecutor(3) as pool:
        session = boto3.Session(region_name=HOME)
        account = Account(
            caller=Caller(ACCOUNT_ID, "arn:me", "aws"),
            region=HOME,
            now=datetime(2026, 11, 20, 12, tzinfo=UTC),
            commands=Commands(HOME),
            clients=Clients(session),
            bedrock_regions=frozenset({HOME}),
        )
        deployment = Deployment(session, "Stack", "CREATE_COMPLETE", outputs)
        yield lambda: Site(account, deployment, pool)


@pytest.fixture
def site(new_site: Callable[[], Site]) -> Site:
    """Give a site of a stack without resources."""
    return new_site()


def states(findings: Iterable[Finding]) -> list[State]:
    return [one.state for one in findings]


def _function(**settings: object) -> Script:
    variables = {"SETTINGS": json.dumps(settings)}
    return always({"FunctionName": "poll", "Environment": {"Variables": variables}})


def _xml(action: str, body: str) -> Script:
    said = f"<{action}Response><{action}Result>{body}</{action}Result></{action}Response>"
    return always(Raw(200, said.encode(), content_type="text/xml"))


def _resources(*resources: tuple[str, str]) -> Script:
    members = "".join(
        f"<member><ResourceType>{kind}</ResourceType><ResourceStatus>CREATE_COMPLETE"
        f"</ResourceStatus><PhysicalResourceId>{escape(name)}</PhysicalResourceId></member>"
        for kind, name in resources
    )
    return _xml("ListStackResources", f"<StackResourceSummaries>{members}</StackResourceSummaries>")


def _stack(status: str) -> Script:
    member = f"<member><StackName>N</StackName><StackStatus>{status}</StackStatus></member>"
    return _xml("DescribeStacks", f"<Stacks>{member}</Stacks>")


def _channel(name: str, *topics: str, state: str = "ENABLED") -> dict[str, Any]:
    return {"SlackChannelName": name, "SnsTopicArns": [*topics], "State": state}


# The chat


@pytest.mark.parametrize("region", ["us-east-2", "us-west-2", "eu-west-1", "ap-southeast-1"])
def test_a_channel_is_found_in_whichever_region_the_api_has_it(
    region: str, scripted: ScriptedAws, site: Site
) -> None:
    entries = [_channel("other"), _channel("dev", CHAT, OPERATIONS)]
    scripted.on(SLACK, always({"SlackChannelConfigurations": entries[:1]}))
    scripted.on(SLACK, paged("SlackChannelConfigurations", entries, 1, "NextToken"), region=region)

    (found,) = chat.chat_channel(site)

    assert (found.state, found.detail) == (OK, "dev reads alerts and alarms")


def test_a_channel_of_teams_is_found_as_well(scripted: ScriptedAws, site: Site) -> None:
    ours = {"ChannelName": "general", "SnsTopicArns": [CHAT], "State": "DISABLED"}
    scripted.on(TEAMS, always({"TeamChannelConfigurations": [ours]}))

    (found,) = chat.chat_channel(site)

    assert (found.state, found.detail) == (PROBLEM, "general is disabled: no reason given")


def test_without_a_channel_anywhere_that_is_a_problem(site: Site) -> None:
    assert states(chat.chat_channel(site)) == [PROBLEM]


def test_without_a_chat_topic_no_channel_is_asked_for(scripted: ScriptedAws, site: Site) -> None:
    site.deployment = replace(site.deployment, outputs={})

    assert [*chat.chat_channel(site), *chat.chat_topic(site)] == []
    assert scripted.asked(SLACK, TEAMS) == []


def test_whoever_may_not_see_channels_is_told_the_action(scripted: ScriptedAws, site: Site) -> None:
    scripted.on(SLACK, refusal(403, "AccessDeniedException"))

    with pytest.raises(AwsError) as denied:
        list(chat.chat_channel(site))

    assert denied.value.action == "chatbot:DescribeSlackChannelConfigurations"


# User Notifications


HUBS: Final = "GET /notification-hubs"
CONTACTS: Final = "GET /emailcontacts"
CONTACT: Final = "AWS::NotificationsContacts::EmailContact"


def _hub(status: str) -> Script:
    hub = {"notificationHubRegion": "eu-west-1", "statusSummary": {"status": status}}
    return paged("notificationHubs", [hub], 1)


def _contact(arn: str, status: str) -> dict[str, str]:
    return {"arn": arn, "name": "n", "address": f"{arn}@example.com", "status": status}


def test_nothing_is_asked_of_user_notifications_that_nobody_wants(
    scripted: ScriptedAws, site: Site
) -> None:
    assert list(user_notifications.user_notifications(site)) == []
    assert scripted.asked(HUBS, CONTACTS) == []


def test_hub_and_addresses_of_ours_are_looked_at_in_us_east_1(
    scripted: ScriptedAws, new_site: Callable[[], Site]
) -> None:
    scripted.on("GET /2015-03-31/functions/poll/configuration", _function(user_notifications=True))
    scripted.on("DescribeStacks", _stack("UPDATE_COMPLETE"), region="us-east-1")
    scripted.on("ListStackResources", _resources((CONTACT, "mine"), (CONTACT, "new")))
    scripted.on(HUBS, _hub("ACTIVE"), region="us-east-1")
    entries = [_contact("mine", "active"), _contact("new", "inactive"), _contact("no", "inactive")]
    scripted.on(CONTACTS, paged("emailContacts", entries, 1), region="us-east-1")

    found = list(user_notifications.user_notifications(new_site()))

    assert states(found) == [OK, OK, PROBLEM, OK]
    assert found[2].detail.startswith("new@example.com is inactive")
    assert found[3].detail == "mine@example.com active"


# The key


def _key_for(policy: dict[str, Any] | None = None) -> str:
    kms, sns = boto3.client("kms", region_name=HOME), boto3.client("sns", region_name=HOME)
    named = {"Policy": json.dumps(policy)} if policy else {}
    key_arn: str = kms.create_key(**named)["KeyMetadata"]["Arn"]
    sns.create_topic(Name="operations", Attributes={"KmsMasterKeyId": key_arn})
    return key_arn


def test_without_a_customer_managed_key_there_is_nothing_to_say(site: Site) -> None:
    boto3.client("sns", region_name=HOME).create_topic(Name="operations")
    assert list(key.key(site)) == []


def test_the_policy_of_a_key_that_was_brought_along_is_read(site: Site) -> None:
    key_arn = _key_for()
    found = list(key.key(site))

    assert states(found) == [OK, PROBLEM, PROBLEM, PROBLEM]
    assert found[0].detail == f"{key_arn} is enabled"


def test_the_policy_of_the_stacks_own_key_is_its_own_business(
    scripted: ScriptedAws, new_site: Callable[[], Site]
) -> None:
    key_id = _key_for().rpartition("/")[2]
    scripted.on("ListStackResources", _resources(("AWS::KMS::Key", key_id)))

    assert states(key.key(new_site())) == [OK]


def test_a_key_that_is_to_be_deleted_is_a_problem(site: Site) -> None:
    boto3.client("kms", region_name=HOME).schedule_key_deletion(KeyId=_key_for().rpartition("/")[2])
    assert states(key.key(site))[0] is PROBLEM


# AWS's own notices


def test_each_kind_of_contact_is_asked_for(site: Site) -> None:
    client = boto3.client("account")
    person = {"Name": "n", "Title": "t", "EmailAddress": "a@x.org", "PhoneNumber": "1"}
    client.put_alternate_contact(AlternateContactType="SECURITY", **person)

    (some,) = contacts.contacts(site.account)
    for kind in ("BILLING", "OPERATIONS"):
        client.put_alternate_contact(AlternateContactType=kind, **person)
    (whole,) = contacts.contacts(site.account)

    assert (some.state, whole.state) == (ADVICE, OK)
    assert "none for operations and billing" in some.detail
