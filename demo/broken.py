"""A deployed stack in good health, and the same with five things broken, for `doctor` to tell.

What the emulator cannot be made to say is said by the gateway in front of it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from local_aws.fake_bedrock import ACCESS_DENIED
from local_aws.gateway import CannedAnswer, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from local_aws.cloud import LocalCloud

ADDRESS: Final = "you@example.com"
DENIED_REGION: Final = "eu-west-1"

_CONTACTS: Final = ("OPERATIONS", "SECURITY", "BILLING")
# The emulator knows no alternate contacts.
_GET_CONTACT: Final = "POST /getAlternateContact"
_NO_CONTACT: Final = Refusal(404, "ResourceNotFoundException", "No contact of this type")
_SLACK: Final = "POST /describe-slack-channel-configurations"
_TEAMS: Final = "POST /list-ms-teams-channel-configurations"
# The emulator takes the address of a mailbox for confirmed at once, and has no chat channels.
_SUBSCRIBED: Final = """\
<ListSubscriptionsByTopicResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">
  <ListSubscriptionsByTopicResult>
    <Subscriptions>
      <member>
        <TopicArn>{topic}</TopicArn>
        <Protocol>{protocol}</Protocol>
        <SubscriptionArn>{arn}</SubscriptionArn>
        <Owner>{owner}</Owner>
        <Endpoint>{endpoint}</Endpoint>
      </member>
    </Subscriptions>
  </ListSubscriptionsByTopicResult>
</ListSubscriptionsByTopicResponse>
"""


def make_healthy(cloud: LocalCloud) -> None:
    """Let the schedules run again, which a local cloud takes over, and AWS have its contacts.

    What a poll remembers is left alone: the last one must have gone well.
    """
    cloud.gateway.clear()
    for kind in _CONTACTS:
        contact = {"AlternateContactType": kind, "EmailAddress": ADDRESS, "Name": "Platform team"}
        answer = _json({"AlternateContact": contact})
        cloud.gateway.inject("account", _GET_CONTACT, answer, times=None, containing=kind.encode())
    _let_channel_read(cloud)
    _switch_schedules(cloud, "ENABLED")
    _calm_alarms(cloud)


def break_five_things(cloud: LocalCloud, at: datetime) -> None:
    """Break what breaks in practice, and poll at that time, which must be later than all before.

    The schedules are off; an address is not confirmed; AWS Health's event could not be handled; a
    Region is denied; there are no alternate contacts.
    """
    cloud.gateway.clear()
    _let_channel_read(cloud)
    _switch_schedules(cloud, "DISABLED")
    _subscribe(cloud, "AlertsTopicArn", "email", ADDRESS, "PendingConfirmation")
    _leave_dead_letter(cloud)
    cloud.bedrock.misbehave(DENIED_REGION, ACCESS_DENIED)
    cloud.poll(at)
    cloud.gateway.inject("account", _GET_CONTACT, _NO_CONTACT, times=None)


def _calm_alarms(cloud: LocalCloud) -> None:
    """End the alarms about what went wrong in a story.

    By its calendar that was long ago, but only minutes by the clock that alarms go by.
    """
    cloudwatch = cloud.client("cloudwatch")
    for page in cloudwatch.get_paginator("describe_alarms").paginate(StateValue="ALARM"):
        for alarm in page["MetricAlarms"]:
            cloudwatch.set_alarm_state(
                AlarmName=alarm["AlarmName"], StateValue="OK", StateReason="Nothing of late"
            )


def _switch_schedules(cloud: LocalCloud, state: str) -> None:
    scheduler = cloud.client("scheduler")
    for page in scheduler.get_paginator("list_schedules").paginate():
        for listed in page["Schedules"]:
            told = scheduler.get_schedule(Name=listed["Name"], GroupName=listed["GroupName"])
            kept = ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target")
            scheduler.update_schedule(**{name: told[name] for name in kept}, State=state)


def _let_channel_read(cloud: LocalCloud) -> None:
    """Let the chat channel be there, if one was set, and read what it is meant to."""
    if "ChatTopicArn" not in cloud.outputs:
        return
    topics = [cloud.outputs[name] for name in ("ChatTopicArn", "OperationsTopicArn")]
    _subscribe(
        cloud,
        "ChatTopicArn",
        "https",
        "https://chat.example.com",
        f"{topics[0]}:00000000-0000-0000-0000-000000000000",
    )
    channel = {"SlackChannelName": "bedrock", "SnsTopicArns": topics, "State": "ENABLED"}
    slack = _json({"SlackChannelConfigurations": [channel]})
    cloud.gateway.inject("chatbot", _SLACK, slack, times=None)
    teams = _json({"TeamChannelConfigurations": []})
    cloud.gateway.inject("chatbot", _TEAMS, teams, times=None)


def _subscribe(cloud: LocalCloud, output: str, protocol: str, endpoint: str, arn: str) -> None:
    """Let a topic have this subscription and no other, as far as anybody can see."""
    topic = cloud.outputs[output]
    body = _SUBSCRIBED.format(
        topic=topic, protocol=protocol, arn=arn, owner=topic.split(":")[4], endpoint=endpoint
    )
    cloud.gateway.inject(
        "sns",
        "ListSubscriptionsByTopic",
        CannedAnswer(body.encode()),
        times=None,
        containing=quote(topic, safe="").encode(),
    )


def _json(document: Mapping[str, object]) -> CannedAnswer:
    return CannedAnswer(json.dumps(document).encode(), "application/json")


def _leave_dead_letter(cloud: LocalCloud) -> None:
    sqs = cloud.client("sqs")
    attributes = sqs.get_queue_attributes(
        QueueUrl=cloud.health_queue_url, AttributeNames=["RedrivePolicy"]
    )["Attributes"]
    arn = json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"]
    url = sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"source": "aws.health"}))
