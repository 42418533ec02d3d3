"""Settings: what is accepted, and the one line that says why not."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.config import (
    SettingError,
    Settings,
    bedrock_regions,
    load,
    refuse_in_region,
    refuse_unknown,
)
from infra.routing import Subscriber

TEAM = "12345678-90ab-cdef-1234-567890abcdef"
TENANT = "fedcba09-8765-4321-fedc-ba0987654321"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/models"


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        pytest.param("emails", "", (), id="nobody by e-mail"),
        pytest.param(
            "emails", "a@b.co, c@d.org", (Subscriber("a@b.co"), Subscriber("c@d.org")), id="two"
        ),
        pytest.param("regions", "all", "all", id="every Region"),
        pytest.param(
            "regions", "us-east-1,eu-west-1", ("us-east-1", "eu-west-1"), id="two Regions"
        ),
        pytest.param("poll_rate_minutes", "5", 5, id="the shortest rate, as text"),
        pytest.param("poll_rate_minutes", 1440, 1440, id="the longest rate, as a number"),
        pytest.param("reminder_hour_utc", "0", 0, id="midnight"),
        pytest.param("alert_on", "all", "all", id="everything"),
        pytest.param("watch", "anthropic.*,*nova*", ("anthropic.*", "*nova*"), id="globs"),
        pytest.param("announce_new_models", "true", True, id="a boolean as text"),
        pytest.param("retain_data", False, False, id="a boolean from cdk.json"),
        pytest.param("reminders_legacy", "7,90,7", (90, 7), id="rungs, loosest first and once"),
        pytest.param("reminders_legacy", "", (), id="no reminders"),
        pytest.param("event_bus_arn", BUS, BUS, id="a bus"),
        pytest.param("kms_key", "create", "create", id="a new key"),
        pytest.param("kms_key", KEY, KEY, id="an existing key"),
        pytest.param("health_events", "all", "all", id="operational issues as well"),
        pytest.param("health_forwarder", "false", False, id="no forwarders"),
        pytest.param("user_notifications", "true", True, id="User Notifications"),
        pytest.param("notification_hub_region", "", "", id="a hub exists"),
        pytest.param("teams_team_id", "", "", id="no team"),
        pytest.param("digest_cron", "", "", id="no digest"),
        pytest.param(
            "digest_cron", "cron(30 7  1 * ? *)", "cron(30 7 1 * ? *)", id="a digest each month"
        ),
        pytest.param("dashboard", "true", True, id="a dashboard"),
    ],
)
def test_accepted(key: str, value: Any, expected: object) -> None:  # noqa: ANN401 - as context is
    assert getattr(load({key: value}), key) == expected


@pytest.mark.parametrize(
    ("key", "value", "accepted"),
    [
        pytest.param("emails", "ops", "e-mail addresses", id="no address"),
        pytest.param("emails", "a@b.co;c@d.org", "separated by commas", id="a semicolon"),
        pytest.param("emails", 7, "e-mail addresses", id="a number for addresses"),
        pytest.param("emails", "[oops", "e-mail addresses", id="broken JSON"),
        pytest.param("regions", "us-esat-1", "names of Regions", id="a slip in a Region"),
        pytest.param("regions", "", "all, or names", id="no Region at all"),
        pytest.param("poll_rate_minutes", "4", "from 5 to 1440", id="too often"),
        pytest.param("poll_rate_minutes", "1441", "from 5 to 1440", id="too seldom"),
        pytest.param("poll_rate_minutes", "hourly", "from 5 to 1440", id="a word for a number"),
        pytest.param("poll_rate_minutes", True, "from 5 to 1440", id="a boolean for a number"),
        pytest.param("reminder_hour_utc", "24", "from 0 to 23", id="an hour too many"),
        pytest.param("alert_on", "mine", "used or all", id="an unknown word"),
        pytest.param(
            "announce_new_models", "perhaps", "true or false", id="neither true nor false"
        ),
        pytest.param("reminders_end_of_life", "30,0", "from 1 to 3650", id="a rung on the day"),
        pytest.param("event_bus_arn", "models", "the ARN of an event bus", id="a name for an ARN"),
        pytest.param("kms_key", "alias/mine", "not of an alias", id="an alias"),
        pytest.param("watch", ["ok", ""], "globs", id="an empty glob"),
        pytest.param("used_within_days", "456", "from 1 to 455", id="longer than CloudWatch keeps"),
        pytest.param("inactivity_days", "0", "from 1 to 30", id="idle at once"),
        pytest.param("usage", "perhaps", "true or false", id="neither yes nor no"),
        pytest.param("health_events", "none", "lifecycle or all", id="no such choice of events"),
        pytest.param("health_forwarder", "maybe", "true or false", id="perhaps a forwarder"),
        pytest.param("notification_hub_region", "eu-wset-1", "a Region such", id="a slip in a hub"),
        pytest.param(
            "notification_hub_region", "us-gov-west-1", "a Region such", id="no hub there"
        ),
        pytest.param("slack_workspace_id", "t0123", "a Slack workspace id", id="a lower-case id"),
        pytest.param("slack_workspace_id", "acme.slack.com", "workspace id", id="a name for an id"),
        pytest.param("slack_channel_id", "#alerts", "a Slack channel id", id="a channel's name"),
        pytest.param("teams_team_id", "acme", "a Microsoft Teams team, such", id="a team's name"),
        pytest.param("teams_team_id", TEAM[:-1], "Microsoft Teams team, such", id="a short id"),
        pytest.param("teams_tenant_id", "acme.com", "Microsoft Teams tenant", id="a domain"),
        pytest.param("teams_channel_id", "alerts", "such as 19:0a1b", id="a channel's name"),
        pytest.param("teams_channel_id", "19:@", "such as 19:0a1b", id="no id between the marks"),
        pytest.param("teams_channel_id", "19:a@b@c", "such as 19:0a1b", id="one mark too many"),
        pytest.param("teams_channel_id", "19%3aab%2540x", "such as 19:0a1b", id="encoded twice"),
        pytest.param(
            "teams_channel_id",
            "https://teams.microsoft.com/l/channel/19%3aab%40thread.tacv2/Alerts",
            "such as 19:0a1b",
            id="the whole link to a channel",
        ),
        pytest.param("digest_cron", "weekly", "cron(0 9 ? * MON *), or nothing", id="a word"),
        pytest.param("digest_cron", "cron(0 25 ? * MON *)", 'hour "25" is not from', id="an hour"),
        pytest.param("digest_cron", "cron(0 9 30 2 ? *)", "no such day", id="30 February"),
        pytest.param("digest_cron", "cron(0 9 ? * MON 1999)", "are past", id="a year that is over"),
        pytest.param("dashboard", "x", "true or false", id="neither with nor without a dashboard"),
    ],
)
def test_refused_in_one_line_that_names_key_value_and_what_is_accepted(
    key: str,
    value: Any,  # noqa: ANN401 - as context is
    accepted: str,
) -> None:
    with pytest.raises(SettingError) as refused:
        load({key: value})

    line = str(refused.value)
    assert line.startswith(f"{key}: ")
    assert accepted in line
    assert json.dumps(value) in line
    assert "\n" not in line


def test_when_a_schedule_has_no_future_depends_on_the_day() -> None:
    last_of_its_year = {"digest_cron": "cron(0 9 28 12 ? 2026)"}

    load(last_of_its_year, datetime(2026, 12, 28, 8, 59, tzinfo=UTC))
    with pytest.raises(SettingError) as refused:
        load(last_of_its_year, datetime(2026, 12, 28, 9, 0, tzinfo=UTC))
    assert str(refused.value) == (
        'digest_cron: "cron(0 9 28 12 ? 2026)" is not accepted: it never fires, as all its times '
        "are past; give six fields in UTC such as cron(0 9 ? * MON *), or nothing for no digest"
    )


SLACK = {"slack_workspace_id": "T0123ABCD", "slack_channel_id": "C0123ABCD"}
TEAMS = {
    "teams_team_id": TEAM,
    "teams_channel_id": "19:0a1b2c3d4e5f@thread.tacv2",
    "teams_tenant_id": TENANT,
}


@pytest.mark.parametrize(
    ("given", "encoded"),
    [
        pytest.param("19:ab_c-1@thread.tacv2", "19%3aab_c-1%40thread.tacv2", id="as Teams has it"),
        pytest.param("19%3aab@thread.skype", "19%3aab%40thread.skype", id="half of it encoded"),
        pytest.param("19%3Aab%40thread.tacv2", "19%3Aab%40thread.tacv2", id="as in a link"),
    ],
)
def test_a_teams_channel_is_given_to_aws_in_its_encoded_form(given: str, encoded: str) -> None:
    assert load({**TEAMS, "teams_channel_id": given}).teams_channel_id == encoded


@pytest.mark.parametrize(
    ("given", "email", "chat"),
    [
        pytest.param({}, False, False, id="nothing"),
        pytest.param({"emails": "a@b.co:severity=critical"}, True, False, id="an address"),
        pytest.param(SLACK, False, True, id="a channel in Slack"),
        pytest.param(TEAMS, False, True, id="a channel in Teams"),
        pytest.param({**SLACK, **TEAMS, "emails": "a@b.co"}, True, True, id="all of them"),
    ],
)
def test_who_hears(given: dict[str, str], email: bool, chat: bool) -> None:  # noqa: FBT001 - columns of the case table
    settings = load(given)

    assert (settings.has_email, settings.has_chat) == (email, chat)
    assert settings.has_channel == (email or chat)


def test_a_hub_comes_with_user_notifications() -> None:
    settings = load({"notification_hub_region": "eu-west-1", "user_notifications": "true"})

    assert settings.notification_hub_region == "eu-west-1"


@pytest.mark.parametrize(
    ("given", "line"),
    [
        pytest.param(
            {"slack_channel_id": "C0123ABCD"},
            'slack_channel_id: "C0123ABCD" does nothing without slack_workspace_id; '
            "give both, or leave it out",
            id="a channel of no workspace",
        ),
        pytest.param(
            {"slack_workspace_id": "T0123ABCD"},
            'slack_workspace_id: "T0123ABCD" does nothing without slack_channel_id; '
            "give both, or leave it out",
            id="a workspace without a channel",
        ),
        pytest.param(
            {"teams_team_id": TEAM, "teams_tenant_id": TENANT},
            f'teams_team_id: "{TEAM}" does nothing without teams_channel_id; '
            "give both, or leave it out",
            id="a team without a channel",
        ),
        pytest.param(
            {"teams_tenant_id": TENANT},
            f'teams_tenant_id: "{TENANT}" does nothing without teams_team_id and '
            "teams_channel_id; give all of them, or leave it out",
            id="only the tenant",
        ),
        pytest.param(
            {"notification_hub_region": "eu-west-1"},
            'notification_hub_region: "eu-west-1" does nothing without user_notifications=true; '
            "give both, or leave it out",
            id="a hub for nothing",
        ),
    ],
)
def test_a_setting_without_what_it_needs_is_not_ignored_in_silence(
    given: dict[str, str], line: str
) -> None:
    with pytest.raises(SettingError) as refused:
        load(given)

    assert str(refused.value) == line


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("email", "emails"),
        ("region", "regions"),
        ("poll_rate", "poll_rate_minutes"),
        ("pollRateMinutes", "poll_rate_minutes"),
        ("poll-rate-minutes", "poll_rate_minutes"),
        ("emial", "emails"),
        ("reminders_eol", "reminders_"),
        ("kms_keys", "kms_key"),
    ],
)
def test_a_misspelt_name_is_refused(key: str, meant: str) -> None:
    with pytest.raises(SettingError, match=f"did you mean {meant}"):
        load({key: "x"})


@pytest.mark.parametrize(
    "key", ["aws:cdk:bundling-stacks", "@aws-cdk/core:x", "acme:emails", "owner", "vpc_id", "tags"]
)
def test_context_that_is_not_ours_is_left_alone(key: str) -> None:
    assert load({key: "anything"}) == Settings()


def test_on_our_own_command_line_every_unknown_name_is_refused() -> None:
    with pytest.raises(SettingError, match="owner: there is no such setting; the settings are"):
        refuse_unknown(["emails", "owner"])


@pytest.mark.parametrize(("key", "arn"), [("kms_key", KEY), ("event_bus_arn", BUS)])
def test_a_key_or_bus_of_another_region_is_refused(key: str, arn: str) -> None:
    settings = load({key: arn})

    refuse_in_region(settings, "us-east-1")
    with pytest.raises(SettingError, match=f"{key}: .* one in eu-west-1"):
        refuse_in_region(settings, "eu-west-1")


@pytest.mark.parametrize("region", ["us-gov-west-1", "cn-north-1", "eusc-de-east-1"])
def test_user_notifications_are_refused_where_they_do_not_exist(region: str) -> None:
    settings = load({"user_notifications": "true"})

    refuse_in_region(settings, "eu-west-1")
    with pytest.raises(SettingError) as refused:
        refuse_in_region(settings, region)
    assert str(refused.value) == (
        "user_notifications: true is not accepted; give false: AWS User Notifications does not "
        f"exist in the partition of {region}"
    )


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (SLACK, 'slack_workspace_id: "T0123ABCD" is not accepted; give nothing: '),
        (TEAMS, f'teams_team_id: "{TEAM}" is not accepted; give nothing: '),
    ],
)
def test_chat_is_refused_where_it_does_not_exist(given: dict[str, str], line: str) -> None:
    settings = load(given)

    refuse_in_region(settings, "eu-west-1")
    with pytest.raises(SettingError) as refused:
        refuse_in_region(settings, "cn-north-1")
    assert str(refused.value) == (
        f"{line}there are no chat channels in the partition of cn-north-1"
    )


def test_regions_of_every_partition_are_known() -> None:
    assert {"us-east-1", "us-gov-west-1"} <= set(bedrock_regions())


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load({}).poll_rate_minutes = 5  # type: ignore[misc]


def test_a_value_of_any_length_is_refused_in_a_line_that_can_be_read() -> None:
    with pytest.raises(SettingError) as refusal:
        load({"poll_rate_minutes": "9" * 100_000 + "x"})

    assert len(str(refusal.value)) < 800
    assert '9x"' in str(refusal.value)
