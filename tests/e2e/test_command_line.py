"""The command line against the deployed stack, with just the rights that its documents ask for.

IAM is enforced. Most commands run in this process, which spares each a second to start; what the
shell sees of errors is seen in processes of their own.
"""

from __future__ import annotations

import csv
import io
import json
import queue
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest
from icalendar import Calendar

from local_aws.cloud import LocalCloud, local_cloud
from local_aws.fake_bedrock import INTERNAL_ERROR, FoundationModel, SystemProfile, model_arn
from local_aws.forwarding import Request, Response, Server
from local_aws.gateway import Refusal
from tests.e2e.conftest import EAST, EUROPE, WEST
from tests.e2e.person import POLICIES, Person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.e2e

START: Final = datetime(2026, 10, 8, 9, tzinfo=UTC)
NOW: Final = START + timedelta(days=2)
CHANGED, FURTHER, DYING = "acme.changed-v1:0", "acme.changed-further-v1:0", "beta.dying-v1:0"
KEEPERS: Final = tuple(
    FoundationModel(id=f"acme.keeper-{n:02}-v1:0", name=f"Keeper {n}", provider="Acme")
    for n in range(6)
)


def _legacy(model_id: str, name: str, days: int, provider: str) -> FoundationModel:
    end = (START + timedelta(days=days)).replace(hour=8)
    return FoundationModel(
        id=model_id,
        name=name,
        provider=provider,
        status="LEGACY",
        start_of_life=START - timedelta(days=500),
        legacy=START.replace(hour=8),
        end_of_life=end,
    )


def listed(*, changed_ends_in: int) -> list[FoundationModel]:
    """Give what Bedrock lists from the second day on; days are counted from the first poll."""
    return [
        *KEEPERS,
        _legacy(CHANGED, "Changed", changed_ends_in, "Acme"),
        FoundationModel(id=FURTHER, name="Changed Further", provider="Acme"),
        _legacy(DYING, "Dying", 30, "Beta"),
    ]


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """Deploy, and let two days pass: a first poll, a model that enters Legacy, a quiet poll."""
    settings = {"emails": "you@example.com", "regions": f"{EAST},{WEST},{EUROPE}"}
    with local_cloud(settings) as deployed:
        for region in (EAST, WEST, EUROPE):
            deployed.bedrock.set_catalog(region, KEEPERS)
        profile = SystemProfile(
            f"us.{CHANGED}", "US Changed", (model_arn(EAST, CHANGED), model_arn(WEST, CHANGED))
        )
        deployed.bedrock.set_system_profiles(EAST, [profile])
        deployed.account.invoked(EAST, f"us.{CHANGED}", START.date(), invocations=420)
        assert deployed.poll(START).function_error is None
        for region in (EAST, WEST):
            deployed.bedrock.set_catalog(region, listed(changed_ends_in=60))
        assert deployed.poll(START + timedelta(days=1)).function_error is None
        assert deployed.poll(NOW).function_error is None
        yield deployed


@contextmanager
def catalog(cloud: LocalCloud, region: str, models: list[FoundationModel]) -> Iterator[None]:
    """Let a Region list other models for as long as the context lasts."""
    cloud.bedrock.set_catalog(region, models)
    try:
        yield
    finally:
        cloud.bedrock.set_catalog(region, listed(changed_ends_in=60))


@pytest.fixture(scope="module")
def looker(cloud: LocalCloud) -> Person:
    return Person(cloud, "looker", "look", now=NOW)


@pytest.fixture(scope="module")
def operator(cloud: LocalCloud) -> Person:
    return Person(cloud, "jane", "look", "operate", now=NOW)


@pytest.fixture(scope="module")
def newcomer(cloud: LocalCloud) -> Person:
    return Person(cloud, "newcomer", "scan", now=NOW)


@pytest.fixture(scope="module")
def nobody(cloud: LocalCloud) -> Person:
    return Person(cloud, "nobody", now=NOW)


# Look


def test_models_lists_what_is_used_first_and_json_has_the_rows_of_the_table(
    cloud: LocalCloud, looker: Person
) -> None:
    shown = looker.runs("models").stdout
    rows = looker.reads("models")

    assert shown.index("Changed") < shown.index("Dying") < shown.index("Keeper 0")
    assert "end of life" in shown
    assert "420 calls" in shown
    key = ("model_id", "region")
    by_key = {tuple(row[part] for part in key): row for row in rows}
    table = {tuple(row[part] for part in key): row for row in cloud.table_rows()}
    assert by_key.keys() == table.keys()
    row = by_key[CHANGED, EAST]
    assert row["phase"] == "LEGACY"
    assert row["in_use"] is True
    assert row["invocations_14d"] == 420


@pytest.mark.parametrize(
    ("words", "models"),
    [
        (["--in-use"], {CHANGED}),
        (["--phase", "legacy"], {CHANGED, DYING}),
        (["--phase", "LEGACY", "--provider", "beta"], {DYING}),
        (["--within", "28"], {DYING}),
        (["--within", "27"], set()),
        (["--region", EUROPE], {one.id for one in KEEPERS}),
    ],
    # A set has no order, and every process must give a test the same name.
    ids=lambda value: " ".join(value) if isinstance(value, list) else f"{len(value)} models",
)
def test_models_can_be_narrowed(looker: Person, words: list[str], models: set[str]) -> None:
    assert {row["model_id"] for row in looker.reads("models", *words)} == models


def test_csv_has_a_line_for_each_row_and_reads_back(looker: Person) -> None:
    read = list(csv.DictReader(io.StringIO(looker.runs("models", "--csv").stdout)))

    (row,) = [one for one in read if one["model_id"] == CHANGED and one["region"] == EAST]
    assert row["in_use"] == "true"
    assert row["end_of_life_at"] == "2026-12-07T08:00:00Z"
    assert len(read) == 6 * 3 + 3 * 2


def test_show_tells_all_about_a_model_by_a_part_of_its_name(looker: Person) -> None:
    shown = looker.runs("show", "acme.changed-v1").stdout
    document = looker.reads("show", f"us.{CHANGED}")

    for part in (
        f"Model id          {CHANGED}",
        "us-east-1 (used from here) and us-west-2",
        "End of life       Mon 2026-12-07 (in 58 days)",
        "yes: 420 calls in 14 days",
        f"us.{CHANGED} in us-east-1",
        "Likely successor  Changed Further",
        "A plan, worked back from the end of life",
        "ENTERED_LEGACY",
    ):
        assert part in shown
    assert [one["region"] for one in document["regions"]] == [EAST, WEST]
    assert document["use"]["calls"][0]["model_id"] == f"us.{CHANGED}"
    assert document["successor"]["model_id"] == FURTHER
    assert [one["kind"] for one in document["alerts"]] == ["ENTERED_LEGACY"]
    assert len(document["plan"]) == 5


def test_an_ambiguous_name_lists_the_candidates(looker: Person) -> None:
    refused = looker.runs("show", "acme.changed", expect=1)

    assert refused.stdout == ""
    assert "any of 2 models" in refused.stderr
    assert CHANGED in refused.stderr
    assert FURTHER in refused.stderr


def test_deadlines_have_their_source_and_those_in_use_come_first(looker: Person) -> None:
    found = looker.reads("deadlines")
    used = looker.reads("deadlines", "--in-use")
    table = looker.runs("deadlines", "--days", "20").stdout

    assert [(one["model_id"], one["date"], one["days_left"]) for one in found] == [
        (CHANGED, "2026-12-07", 58),
        (DYING, "2026-11-07", 28),
    ]
    assert {one["source"] for one in found} == {"Bedrock API"}
    assert [one["model_id"] for one in used] == [CHANGED]
    assert "Nothing comes in the next 20 days." in table


def test_alerts_are_listed_newest_first_and_by_model_and_time(looker: Person) -> None:
    every = looker.reads("alerts")
    about = looker.reads("alerts", "--model", "dying")
    since = looker.reads("alerts", "--since", "36h")
    shown = looker.runs("alerts", "--since", "2026-10-01").stdout

    assert [one["kind"] for one in every] == ["ENTERED_LEGACY", "BASELINE"]
    assert about == []  # nobody uses it: it waits for the digest
    assert [one["kind"] for one in since] == ["ENTERED_LEGACY"]
    assert shown.index("ENTERED_LEGACY") < shown.index("BASELINE")
    assert "EventBridge and SNS" in shown


# Take away


def test_the_timeline_is_written_as_a_page_and_as_a_picture(looker: Person, tmp_path: Path) -> None:
    looker.runs("timeline", "--out", str(tmp_path / "all.html"))
    looker.runs("timeline", "--in-use", "--out", str(tmp_path / "used.svg"))
    refused = looker.runs("timeline", "--out", str(tmp_path / "all.png"), expect=1)

    page, picture = (tmp_path / "all.html").read_text(), (tmp_path / "used.svg").read_text()
    assert "<script" not in page
    assert all(name in page for name in ("Changed", "Dying", "Keeper 5"))
    assert "Changed" in picture
    assert "Dying" not in picture
    assert "neither .html nor .svg" in refused.stderr


def test_the_calendar_has_the_dates_of_what_is_used(looker: Person, tmp_path: Path) -> None:
    looker.runs("calendar", "--out", str(tmp_path / "models.ics"))

    events = Calendar.from_ical((tmp_path / "models.ics").read_bytes()).walk("VEVENT")
    assert {(str(one["SUMMARY"]), one.decoded("DTSTART")) for one in events} == {
        ("Changed: Legacy (Amazon Bedrock)", date(2026, 10, 8)),
        ("Changed: end of life (Amazon Bedrock)", date(2026, 12, 7)),
    }


def test_a_file_that_cannot_be_written_is_one_line(looker: Person, tmp_path: Path) -> None:
    refused = looker.runs("calendar", "--out", str(tmp_path / "no" / "such.ics"), expect=1)

    assert "cannot be written: No such file or directory" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


# Say what you know, and operate


def test_what_is_snoozed_is_held_back_shown_and_taken_back(
    cloud: LocalCloud, operator: Person
) -> None:
    said = operator.runs("snooze", "dying", "--days", "10", "--why", "we know", "--in", WEST)
    shown = operator.reads("show", "dying")
    (item,) = [one for one in cloud.bookkeeping() if one["model_id"].startswith("#snooze#")]
    taken = operator.runs("unsnooze", "dying")

    assert f"Dying [{DYING}] is snoozed until Tue 2026-10-20 (in 10 days) in {WEST}." in said.stderr
    assert shown["snoozes"][0]["by"] == "jane"
    assert (item["until"], item["region"], item["why"]) == ("2026-10-20", WEST, "we know")
    assert "Taken back" in taken.stderr
    assert operator.reads("show", "dying")["snoozes"] == []


def test_a_model_is_resolved_for_every_region(operator: Person) -> None:
    operator.runs("resolve", "dying", "--why", "gone from our code", "--by", "ops")
    shown = operator.runs("show", "dying").stdout
    operator.runs("unsnooze", "dying")

    assert "Resolved          by ops on Sat 2026-10-10 (today): gone from our code" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["snooze", "dying", "--why", "x"], "say until when"),
        (["snooze", "dying", "--why", "x", "--until", "soon"], "no date such as"),
        (["snooze", "dying", "--why", "x", "--until", "2026-10-10"], "give a date after today"),
        (["snooze", "dying", "--why", " ", "--days", "3"], "why is not accepted"),
        (["snooze", "dying", "--why", "x", "--days", "3", "--in", EUROPE], "not tracked in"),
        (["unsnooze", "dying"], "nobody has snoozed or resolved"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_what_makes_no_sense_is_refused_in_one_line(
    operator: Person, words: list[str], said: str
) -> None:
    refused = operator.runs(*words, expect=1)

    assert said in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_a_dry_run_tells_what_would_be_told_and_leaves_all_as_it_is(
    cloud: LocalCloud, operator: Person
) -> None:
    cloud.notifications()
    before = cloud.items("ModelsTableName"), cloud.items("AlertsTableName")
    later = (NOW + timedelta(hours=1)).isoformat()
    with catalog(cloud, EAST, listed(changed_ends_in=40)):
        document = json.loads(
            operator.runs("poll", "--dry-run", "--json", BEDROCK_LIFECYCLE_NOW=later).stdout
        )
        shown = operator.runs("poll", "--dry-run", BEDROCK_LIFECYCLE_NOW=later).stdout

    assert [one["kind"] for one in document["alerts"]] == ["DATES_CHANGED"]
    assert "1 alert would be told" in shown
    assert "critical" in shown
    assert cloud.notifications() == []
    assert (cloud.items("ModelsTableName"), cloud.items("AlertsTableName")) == before


def test_a_test_alert_arrives(cloud: LocalCloud, operator: Person) -> None:
    cloud.notifications()

    said = operator.runs("test-alert")

    (told,) = cloud.notifications()
    assert told.document["kind"] == "TEST"
    assert told.document["alert_id"] in said.stderr


def test_only_a_link_about_a_topic_of_the_stack_is_confirmed(
    cloud: LocalCloud, operator: Person
) -> None:
    link = "https://sns.us-east-1.amazonaws.com/confirmation.html?TopicArn={}&Token={}&Endpoint=x"
    topic = cloud.outputs["AlertsTopicArn"]
    elsewhere = topic.replace("123456789012", "210987654321")

    theirs = operator.runs("confirm", link.format(elsewhere, "abc"), expect=1)
    evil = operator.runs(
        "confirm", link.format(topic, "abc").replace("amazonaws.com", "example.com"), expect=1
    )
    with Postbox() as postbox:
        cloud.client("sns").subscribe(
            TopicArn=topic, Protocol="http", Endpoint=postbox.endpoint_url
        )
        pending = _pending(cloud)
        done = operator.runs("confirm", link.format(topic, postbox.tokens.get(timeout=20)))

    assert "no topic of the stack" in theirs.stderr
    assert "no link of an SNS confirmation" in evil.stderr
    assert (pending, _pending(cloud)) == (1, 0)
    assert "Confirmed: alerts arrive" in done.stderr


def _pending(cloud: LocalCloud) -> int:
    found = [one.get("PendingConfirmation") for one in cloud.subscriptions("AlertsTopicArn")]
    return found.count("true")


class Postbox(Server):
    """Somebody who is subscribed, and keeps the token that SNS sends to be confirmed with."""

    def __init__(self) -> None:
        """Wait for one letter."""
        super().__init__()
        self.tokens: queue.Queue[str] = queue.Queue()

    def answer(self, request: Request) -> Response:
        """Take a letter."""
        self.tokens.put(json.loads(request.body)["Token"])
        return Response(200, (), b"")


# What goes wrong


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["models"], "access denied: cloudformation:DescribeStacks is missing"),
        (["poll"], "access denied: cloudformation:DescribeStacks is missing"),
        (["--region", "us-west-1", "models"], "access denied"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_without_rights_the_missing_action_is_named(
    nobody: Person, words: list[str], said: str
) -> None:
    refused = nobody.runs(*words, expect=1)

    assert said in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_who_may_only_look_is_told_what_it_takes_to_do_more(looker: Person) -> None:
    assert "lambda:InvokeFunction is missing" in looker.runs("poll", expect=1).stderr
    snoozed = looker.runs("snooze", "dying", "--days", "3", "--why", "x", expect=1)
    assert "dynamodb:PutItem is missing" in snoozed.stderr


@pytest.mark.parametrize(
    ("words", "environment", "said"),
    [
        (["models"], {"AWS_REGION": "eu-west-3"}, "there is no stack BedrockLifecycleNotifier in"),
        (["models"], {"AWS_REGION": ""}, "no Region is chosen; give --region"),
        (["models", "--profile", "nosuch"], {}, "The config profile (nosuch) could not be found"),
        (["models"], {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "no AWS credentials"),
        (["models"], {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "no answer to"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_what_goes_wrong_is_one_line_with_what_to_do(
    operator: Person, words: list[str], environment: dict[str, str], said: str
) -> None:
    refused = operator.starts(*words, expect=1, AWS_EC2_METADATA_DISABLED="true", **environment)

    assert said in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    assert refused.stdout == ""


def test_expired_credentials_say_to_sign_in_again(cloud: LocalCloud, looker: Person) -> None:
    expired = Refusal(403, "ExpiredTokenException", "The security token is expired")
    cloud.gateway.inject("cloudformation", "DescribeStacks", expired, times=None)

    refused = looker.runs("models", expect=1)
    cloud.gateway.clear()

    assert "the credentials have expired" in refused.stderr
    assert "aws sso login" in refused.stderr


# Without a deployment


def test_a_scan_finds_what_is_used_and_ends(newcomer: Person) -> None:
    found = newcomer.runs("scan", expect=2)
    document = newcomer.reads("scan", "--fail-within", "57")

    assert "1 model on the way out, in use or perhaps in use" in found.stdout
    assert "1 more on the way out, which nobody here uses" in found.stdout
    assert document["exit_code"] == 0
    (used,) = [one for one in document["models"] if one["in_use"]]
    assert used["model_id"] == CHANGED
    assert used["called_as"] == [f"us.{CHANGED}"]
    assert used["replacement"] == FURTHER
    assert document["use_not_known"] == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--fail-within", "58"], 2),
        (["--fail-within", "57"], 0),
        (["--fail-within", "58", "--ignore", "acme.*"], 0),
        (["--fail-within", "58", "--regions", EUROPE], 0),
        (["--fail-within", "58", "--regions", f"{EUROPE},{WEST}"], 0),
        (["--fail-within", "-1"], 2),  # as every wrong option
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_the_exit_code_of_a_scan(newcomer: Person, words: list[str], code: int) -> None:
    newcomer.runs("scan", *words, expect=code)


def test_without_rights_to_read_use_all_counts_as_used_and_what_is_missing_is_named(
    cloud: LocalCloud,
) -> None:
    person = Person(cloud, "half", "scan", now=NOW)
    document = json.loads((POLICIES / "scan.json").read_text())
    document["Statement"][0]["Action"].remove("bedrock:ListAgents")
    cloud.client("iam").put_user_policy(
        UserName="half", PolicyName="scan", PolicyDocument=json.dumps(document)
    )

    found = person.runs("scan", "--fail-within", "30", expect=2)

    assert "Use is not fully known: agents in" in found.stdout
    assert "bedrock:ListAgents is missing" in found.stdout
    assert "perhaps" in found.stdout


def test_a_scan_without_rights_is_an_error_of_one_line(nobody: Person) -> None:
    refused = nobody.runs("scan", expect=1)

    assert "no Region gave a usable answer" in refused.stderr
    assert "bedrock:ListFoundationModels is missing" in refused.stderr


def test_a_region_that_gives_no_answer_is_an_error_unless_something_was_found(
    cloud: LocalCloud, newcomer: Person
) -> None:
    cloud.bedrock.misbehave(EUROPE, INTERNAL_ERROR)
    nothing = newcomer.runs("scan", "--fail-within", "3", expect=1)
    found = newcomer.runs("scan", expect=2)
    cloud.bedrock.behave(EUROPE)

    for one in (nothing, found):
        assert f"No answer from {EUROPE}" in one.stdout


def test_a_scan_of_code_names_the_lines_and_fails_the_build(
    newcomer: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app.py").write_text(f"""a = "us.{CHANGED}"\nb = "{KEEPERS[0].id}"\n""")
    (tmp_path / "old.tf").write_text('model = "acme.retired-v2:1"\n')
    (tmp_path / ".gitignore").write_text("build\n")
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "copy.py").write_text(f'"{DYING}"')
    # Named from here, as a long path would break the words beside it over two lines.
    monkeypatch.chdir(tmp_path)
    words = ("scan", "--fail-within", "30", "--path", ".")

    table = newcomer.runs(*words, expect=2).stdout
    document = newcomer.reads(*words, expect=2)
    log = json.loads(newcomer.runs(*words, "--format", "sarif", expect=2).stdout)
    alone = newcomer.runs(*words, "--exclude", "*.tf").stdout
    ignored = newcomer.runs(*words, "--ignore", "acme.retired*").stdout

    assert "2 places in code" in table
    assert "app.py:1" in table
    assert "is listed in no Region" in table
    assert (document["files_read"], document["files_left_out"]) == (3, [])
    judged = {(one["named"], one["verdict"]) for one in document["code"]}
    assert judged == {
        (f"us.{CHANGED}", "on the way out"),
        (KEEPERS[0].id, "active"),
        ("acme.retired-v2:1", "not listed"),
    }
    found = [(one["ruleId"], one["level"]) for one in log["runs"][0]["results"]]
    assert found == [
        ("bedrock-model-not-listed", "error"),
        ("bedrock-model-on-the-way-out", "warning"),
    ]
    assert "old.tf" not in alone
    assert "acme.retired" not in ignored


def test_where_a_region_is_silent_nothing_is_called_retired(
    cloud: LocalCloud, newcomer: Person, tmp_path: Path
) -> None:
    (tmp_path / "old.py").write_text("acme.retired-v2:1")
    cloud.bedrock.misbehave(EUROPE, INTERNAL_ERROR)

    said = newcomer.runs("scan", "--fail-within", "3", "--path", str(tmp_path), expect=1).stdout
    cloud.bedrock.behave(EUROPE)

    assert "What these stand for is not known: acme.retired-v2:1." in said
