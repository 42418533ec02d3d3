"""The stacks beside the main one: when they are there, and what they may do."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from infra import side_stacks
from infra.config import load
from infra.health import PATTERN
from infra.stack_name import STACK_NAME
from infra.template import main, stacks_without_asset, templates
from tests.template.stacks import (
    FORWARDER,
    USER_NOTIFICATIONS,
    VARIANTS,
    allowed,
    every,
    properties,
    resource,
    resources,
    text,
    variant,
)


def _names(settings: dict[str, str], region: str) -> list[str]:
    wanted = side_stacks.wanted(load(settings), region)
    return [f"{side.name.removeprefix(STACK_NAME)} in {side.region}" for side in wanted]


class TestWhich:
    @pytest.mark.parametrize(
        ("region", "forwarders"),
        [
            ("eu-west-1", ["us-west-2", "us-east-1"]),
            ("us-east-1", ["us-west-2"]),
            ("us-west-2", ["us-east-1"]),
            ("us-gov-west-1", []),
            ("cn-north-1", []),
            ("eusc-de-east-1", []),
        ],
    )
    def test_events_are_forwarded_from_where_health_also_sends_them(
        self, region: str, forwarders: list[str]
    ) -> None:
        assert _names({}, region) == [
            f"-HealthForwarder-{source} in {source}" for source in forwarders
        ]

    @pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
    def test_without_forwarders_the_main_stack_stands_alone(self, region: str) -> None:
        assert _names({"health_forwarder": "false"}, region) == []

    @pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
    def test_user_notifications_are_in_the_one_region_that_has_them(self, region: str) -> None:
        settings = {"health_forwarder": "false", "user_notifications": "true"}
        assert _names(settings, region) == ["-UserNotifications in us-east-1"]

    @pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
    @pytest.mark.parametrize("name", VARIANTS)
    def test_those_that_are_named_are_those_that_are_made(self, name: str, region: str) -> None:
        settings = {
            key: value
            for key, value in VARIANTS[name]
            if key not in {"kms_key", "event_bus_arn"}  # of one Region
        }
        made = stacks_without_asset(settings, region)

        named = side_stacks.wanted(load(settings), region)
        assert [(STACK_NAME, region), *((side.name, side.region) for side in named)] == [
            (stack_name, stack.region) for stack_name, stack in made.items()
        ]

    def test_every_one_that_could_be_there_is_looked_for_when_all_is_removed(self) -> None:
        everything = load(dict(VARIANTS["everything"]))
        for region in ("us-east-1", "us-west-2", "eu-west-1"):
            possible = side_stacks.possible(region)
            assert set(side_stacks.wanted(everything, region)) <= set(possible)
        assert side_stacks.possible("us-gov-west-1") == ()


class TestEach:
    @pytest.mark.parametrize("name", [FORWARDER, USER_NOTIFICATIONS])
    def test_needs_nothing_that_bootstrapping_makes(self, name: str) -> None:
        """Not even a role: CloudFormation would refuse one that is not there."""
        stack = stacks_without_asset(dict(VARIANTS["everything"]))[name]
        app = stack.node.root
        assert isinstance(app, App)
        written = Path(app.synth().directory, "manifest.json").read_text(encoding="utf-8")

        artifact = json.loads(written)["artifacts"][name]
        bootstrapped = "assumeRoleArn cloudFormationExecutionRoleArn stackTemplateAssetObjectUrl"
        assert not set(bootstrapped.split()) & artifact["properties"].keys()
        assert "BootstrapVersion" not in variant("everything", name).get("Parameters", {})
        # Comes after the main stack, to which events go and in which the channel is.
        assert STACK_NAME in artifact["dependencies"]

    @pytest.mark.parametrize("name", [FORWARDER, USER_NOTIFICATIONS])
    def test_holds_no_code_and_fits_without_a_bucket(self, name: str) -> None:
        template = json.dumps(variant("everything", name), indent=1)

        assert "S3Key" not in template
        assert len(template) < 51_200  # what CloudFormation takes without one

    def test_thirty_addresses_still_fit(self) -> None:
        emails = ",".join(f"somebody-{number}@example.com" for number in range(30))
        made = stacks_without_asset({"emails": emails, "user_notifications": "true"})
        app = made[USER_NOTIFICATIONS].node.root
        assert isinstance(app, App)

        written = Path(app.synth().directory, f"{USER_NOTIFICATIONS}.template.json")
        assert written.stat().st_size < 51_200


class TestForwarder:
    def test_forwards_what_the_main_stack_listens_to(self) -> None:
        rule = properties("default", "AWS::Events::Rule", "Rule", FORWARDER)

        assert rule["EventPattern"] == PATTERN
        assert rule["EventPattern"] == properties("default", "AWS::Events::Rule", "Health").get(
            "EventPattern"
        )
        assert rule["State"] == "ENABLED"

    @pytest.mark.parametrize("region", ["us-east-1", "us-west-2", "eu-west-1"])
    def test_sends_to_the_default_bus_of_the_main_stack_s_region_and_nowhere_else(
        self, region: str
    ) -> None:
        for name, template in every("default", region).items():
            if name == STACK_NAME:
                continue
            (rule,) = _of_type(template, "AWS::Events::Rule")
            (policy,) = _of_type(template, "AWS::IAM::Policy")
            (target,) = rule["Targets"]
            bus = f"arn:aws:events:{region}:<AWS::AccountId>:event-bus/default"
            assert text(target["Arn"]) == bus
            assert [
                (statement["Action"], text(statement["Resource"]))
                for statement in policy["PolicyDocument"]["Statement"]
            ] == [("events:PutEvents", bus)]

    def test_the_role_is_eventbridge_s_in_this_account_and_may_only_put_events(self) -> None:
        assert allowed("default", "Role", FORWARDER) == {
            ("events:PutEvents", "arn:aws:events:us-east-1:<AWS::AccountId>:event-bus/default")
        }
        role = properties("default", "AWS::IAM::Role", "Role", FORWARDER)
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "events.amazonaws.com"}
        assert trust["Condition"] == {
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        }
        (target,) = properties("default", "AWS::Events::Rule", "Rule", FORWARDER)["Targets"]
        assert text(target["RoleArn"]) == "<Role>"

    def test_the_rule_waits_until_its_role_may_send(self) -> None:
        rule = resource("default", "AWS::Events::Rule", "Rule", FORWARDER)
        assert any(id_.startswith("RoleDefaultPolicy") for id_ in rule["DependsOn"])

    def test_what_is_forwarded_goes_no_further(self) -> None:
        """A rule that sent it on could send it round and round."""
        (rule,) = resources("default", "AWS::Events::Rule").values()
        assert [text(target["Arn"]) for target in rule["Properties"]["Targets"]] == [
            "<HealthQueue>"
        ]

    def test_is_a_rule_and_its_role(self) -> None:
        types = [part["Type"] for part in variant("default", FORWARDER)["Resources"].values()]
        assert sorted(types) == ["AWS::Events::Rule", "AWS::IAM::Policy", "AWS::IAM::Role"]


class TestUserNotifications:
    def test_health_s_events_about_bedrock_are_sent(self) -> None:
        rule = _rule("Health")

        assert rule["Source"] == "aws.health"
        assert rule["EventType"] == "AWS Health Event"
        assert json.loads(rule["EventPattern"]) == {"detail": {"service": ["BEDROCK"]}}

    @pytest.mark.parametrize(
        ("regions", "main_region", "expected"),
        [
            ("all", "eu-west-1", ["eu-west-1", "us-east-1", "us-west-2"]),
            ("all", "us-east-1", ["us-east-1", "us-west-2"]),
            ("eu-central-1,us-east-2", "eu-west-1", ["eu-central-1", "us-east-2"]),
        ],
    )
    def test_they_come_from_the_chosen_regions_or_from_where_all_of_them_go(
        self, regions: str, main_region: str, expected: list[str]
    ) -> None:
        made = templates({"user_notifications": "true", "regions": regions}, main_region)
        rule = made[USER_NOTIFICATIONS]["Resources"]["Health"]["Properties"]
        assert rule["Regions"] == expected

    @pytest.mark.parametrize("main_region", ["us-east-1", "eu-west-1"])
    def test_our_own_alarms_are_sent_from_the_main_stack_s_region(self, main_region: str) -> None:
        made = templates({"user_notifications": "true"}, main_region)
        rule = made[USER_NOTIFICATIONS]["Resources"]["Alarms"]["Properties"]

        assert rule["Source"] == "aws.cloudwatch"
        assert rule["EventType"] == "CloudWatch Alarm State Change"
        assert rule["Regions"] == [main_region]
        assert json.loads(rule["EventPattern"]) == {
            "detail": {
                "alarmName": [{"prefix": "BedrockLifecycleNotifier-"}],
                "state": {"value": ["ALARM"]},
            }
        }

    def test_alarms_leave_their_name_to_cloudformation_which_begins_it_with_the_stack_s(
        self,
    ) -> None:
        for alarm in resources("everything", "AWS::CloudWatch::Alarm").values():
            assert "AlarmName" not in alarm["Properties"]

    def test_one_event_from_two_regions_is_one_notification(self) -> None:
        configuration = _properties("NotificationConfiguration")
        assert configuration["AggregationDuration"] == "SHORT"

    def test_every_channel_gets_ours_and_what_aws_mails_to_the_root_address(self) -> None:
        ours = resources("everything", "AWS::Notifications::ChannelAssociation", USER_NOTIFICATIONS)
        managed = resources(
            "everything",
            "AWS::Notifications::ManagedNotificationAdditionalChannelAssociation",
            USER_NOTIFICATIONS,
        )
        channels = {text(part["Properties"]["Arn"]) for part in ours.values()}
        assert len(channels) == 4  # two addresses, Slack and Teams
        managed_by_aws = (
            "arn:aws:notifications::<AWS::AccountId>:managed-notification-configuration"
        )
        assert {
            (
                text(part["Properties"]["ChannelArn"]),
                text(part["Properties"]["ManagedNotificationConfigurationArn"]),
            )
            for part in managed.values()
        } == {
            (
                channel,
                f"{managed_by_aws}/category/AWS-Health/sub-category/{category}",
            )
            for channel in channels
            for category in ("Operations", "Security", "Billing")
        }

    def test_every_address_is_a_contact_with_a_name_that_is_accepted(self) -> None:
        contacts = resources(
            "everything", "AWS::NotificationsContacts::EmailContact", USER_NOTIFICATIONS
        )
        assert {
            (part["Properties"]["EmailAddress"], part["Properties"]["Name"])
            for part in contacts.values()
        } == {("ops@example.com", "ops-example.com"), ("ml@example.com", "ml-example.com")}

    def test_addresses_that_differ_in_a_dot_and_endless_ones_are_contacts_as_well(self) -> None:
        long = f"{'x' * 200}+alerts@example.com"
        given = ("a.b@example.com", "ab@example.com", long)
        made = templates({"emails": ",".join(given), "user_notifications": "true"})

        contacts = _of_type(made[USER_NOTIFICATIONS], "AWS::NotificationsContacts::EmailContact")
        assert {contact["EmailAddress"] for contact in contacts} == set(given)
        for contact in contacts:
            assert re.fullmatch(r"[\w.~-]{1,64}", contact["Name"])

    @pytest.mark.parametrize(
        ("type_", "kind"),
        [
            ("SlackChannelConfiguration", "slack-channel"),
            ("MicrosoftTeamsChannelConfiguration", "microsoft-teams-channel"),
        ],
    )
    def test_a_chat_channel_is_the_one_that_the_main_stack_makes(
        self, type_: str, kind: str
    ) -> None:
        made = properties("everything", f"AWS::Chatbot::{type_}", "Chat")
        ours = resources("everything", "AWS::Notifications::ChannelAssociation", USER_NOTIFICATIONS)
        channel = f"arn:aws:chatbot::<AWS::AccountId>:chat-configuration/{kind}"
        assert f"{channel}/{made['ConfigurationName']}" in {
            text(part["Properties"]["Arn"]) for part in ours.values()
        }

    def test_a_hub_is_made_before_anything_needs_it_and_is_never_removed(self) -> None:
        hub = resource(
            "everything", "AWS::Notifications::NotificationHub", "Hub", USER_NOTIFICATIONS
        )
        configuration = resource(
            "everything",
            "AWS::Notifications::NotificationConfiguration",
            "Configuration",
            USER_NOTIFICATIONS,
        )
        assert hub["Properties"]["Region"] == "eu-west-1"
        assert hub["DeletionPolicy"] == hub["UpdateReplacePolicy"] == "Retain"
        assert configuration["DependsOn"] == [side_stacks.HUB_ID]
        assert side_stacks.HUB_ID in variant("everything", USER_NOTIFICATIONS)["Resources"]

    def test_without_a_region_for_it_no_hub_is_made(self) -> None:
        made = templates({"user_notifications": "true"})[USER_NOTIFICATIONS]
        assert _of_type(made, "AWS::Notifications::NotificationHub") == []


class TestPrinting:
    def test_every_template_is_written_into_a_folder(self, tmp_path: Path) -> None:
        main(["--into", str(tmp_path / "new"), "emails=a@b.co", "user_notifications=true"])

        written = {file.name for file in (tmp_path / "new").iterdir()}
        assert written == {
            f"{name}.template.json" for name in (STACK_NAME, FORWARDER, USER_NOTIFICATIONS)
        }

    def test_otherwise_the_main_stack_s_is_printed(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        main(["emails=a@b.co"])

        assert "HealthFunctionName" in json.loads(capsys.readouterr().out)["Outputs"]


def _rule(id_: str) -> dict[str, Any]:
    return properties("everything", "AWS::Notifications::EventRule", id_, USER_NOTIFICATIONS)


def _properties(type_: str) -> dict[str, Any]:
    (found,) = _of_type(variant("everything", USER_NOTIFICATIONS), f"AWS::Notifications::{type_}")
    return found


def _of_type(template: dict[str, Any], type_: str) -> list[dict[str, Any]]:
    return [part["Properties"] for part in template["Resources"].values() if part["Type"] == type_]
