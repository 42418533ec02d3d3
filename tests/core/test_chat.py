"""The chat messages and the JSON: one of every kind, kept in docs/notifications to be read.

UPDATE_GOLDEN=1 rewrites the files; read them, and look at the pictures, before they are committed.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from demo.chat_picture import picture
from notifier.grouping import group
from notifier.model import Kind, Severity
from notifier.render.chat import chat_document, plain_chat
from notifier.render.document import notification
from notifier.render.explanation import explain
from notifier.render.markup import units
from notifier.scope import Scope
from tests.core.cases import DYING, PLACE, POLICY, at, dates, judge_rows, lifecycle, row
from tests.core.test_emails import IN_THE_DOCS, ONE_OF_EACH, email

if TYPE_CHECKING:
    from notifier.model import Alert

DOCS = Path(__file__).parents[2] / "docs" / "notifications"


def chat(found: Alert) -> dict[str, Any]:
    """Give the custom notification about an alert."""
    return dict(notification(found, PLACE).chat)


def _pretty(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _check(path: Path, made: str) -> None:
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == made


@pytest.mark.parametrize("name", IN_THE_DOCS)
def test_the_chat_message_of_a_kind_is_the_one_in_the_docs(name: str) -> None:
    _check(DOCS / "chat" / f"{name}.json", _pretty(chat(IN_THE_DOCS[name]())))


@pytest.mark.parametrize("name", IN_THE_DOCS)
def test_the_picture_in_the_docs_shows_that_chat_message(name: str) -> None:
    _check(DOCS / "chat" / f"{name}.svg", picture(chat(IN_THE_DOCS[name]())))


@pytest.mark.parametrize("name", IN_THE_DOCS)
def test_the_json_of_a_kind_is_the_one_in_the_docs(name: str) -> None:
    found = notification(IN_THE_DOCS[name](), PLACE)
    _check(DOCS / "json" / f"{name}.json", _pretty(json.loads(found.as_json())))


def test_the_docs_have_nothing_of_a_kind_that_is_not_sent() -> None:
    files = [f"chat/{name}{end}" for name in IN_THE_DOCS for end in (".json", ".svg")]
    files += [f"json/{name}.json" for name in IN_THE_DOCS]

    found = [path.relative_to(DOCS).as_posix() for path in DOCS.glob("*/*")]
    assert sorted(found) == sorted(files)


_FIELDS = {"textType", "title", "description", "nextSteps", "keywords"}
_METADATA = {"threadId", "summary", "eventType", "relatedResources", "additionalContext"}


@pytest.mark.parametrize("name", IN_THE_DOCS)
def test_a_chat_message_has_the_documented_form(name: str) -> None:
    document = chat(IN_THE_DOCS[name]())

    assert document.keys() == {"version", "source", "id", "content", "metadata"}
    assert (document["version"], document["source"]) == ("1.0", "custom")
    assert document["content"]["textType"] == "client-markdown"
    assert document["content"].keys() <= _FIELDS
    assert document["metadata"].keys() <= _METADATA
    assert all(isinstance(v, str) for v in document["metadata"]["additionalContext"].values())


@pytest.mark.parametrize("name", IN_THE_DOCS)
def test_email_and_chat_say_the_same_of_what_it_means_and_what_to_do(name: str) -> None:
    found = IN_THE_DOCS[name]()
    said, content = explain(found, PLACE), chat(found)["content"]
    mail = " ".join(email(found).split())

    assert content.get("nextSteps", []) == list(said.steps)
    for sentence in (*said.points, *said.errors):
        assert sentence in content["description"]
    words = said.points + said.errors + (() if found.kind is Kind.DIGEST else said.steps)
    for sentence in words:
        assert sentence in mail


@pytest.mark.parametrize("name", IN_THE_DOCS)
def test_a_chat_message_says_where_it_comes_from_and_where_to_look(name: str) -> None:
    found = notification(IN_THE_DOCS[name](), PLACE)
    description = found.chat["content"]["description"]

    assert f"AWS account {PLACE.account_id}, {PLACE.region}." in description
    assert f"Alert `{found.alert_id}`" in description
    assert f"`{PLACE.models_table}`" in description
    assert " UTC" in description


_EMOJI = {Severity.CRITICAL: "🚨", Severity.WARNING: "⚠️", Severity.INFO: "ℹ️"}  # noqa: RUF001


@pytest.mark.parametrize("name", IN_THE_DOCS)
def test_the_only_emoji_is_the_severity_at_the_head_of_the_title(name: str) -> None:
    found = IN_THE_DOCS[name]()
    content = chat(found)["content"]

    sign, _, title = content["title"].partition(" ")
    assert sign == _EMOJI[found.severity]
    rest = title + content["description"] + "".join(content.get("nextSteps", []))
    assert not re.search(r"[\u2600-\u27bf\ufe0f\U0001f000-\U0001faff]|\u2139", rest)


_DATE = re.compile(r"(?:(\w{3}) )?(\d{4}-\d{2}-\d{2})(?![\dT])")


@pytest.mark.parametrize("name", IN_THE_DOCS)
def test_dates_in_the_text_have_their_weekday(name: str) -> None:
    description = chat(IN_THE_DOCS[name]())["content"]["description"]
    quoted_or_coded = re.compile(r"`[^`]*`|^>.*$", re.MULTILINE)

    for weekday, day in _DATE.findall(quoted_or_coded.sub("", description)):
        assert weekday in {f"{at(day):%a}", "was"}


@pytest.mark.parametrize(
    ("kind", "thread"),
    [
        pytest.param(Kind.DEADLINE, "2027-04-08", id="a reminder"),
        pytest.param(Kind.ENTERED_LEGACY, "2027-04-08", id="the news that began it"),
        pytest.param(Kind.END_OF_LIFE_REACHED, "2027-04-08", id="and the end"),
        pytest.param(Kind.HEALTH_EVENT, "2027-04-08", id="what AWS Health says of that date"),
        pytest.param(Kind.DATES_CHANGED, "2027-03-01", id="a new date begins another thread"),
        pytest.param(Kind.MODEL_ADDED, None, id="nothing without a date"),
        pytest.param(Kind.BASELINE, None, id="nor what is about many dates"),
        pytest.param(Kind.DIGEST, None, id="nor a digest"),
        pytest.param(Kind.COVERAGE_DEGRADED, None, id="nor Regions"),
    ],
)
def test_what_is_said_of_one_date_stands_in_one_thread(kind: Kind, thread: str | None) -> None:
    metadata = chat(ONE_OF_EACH[kind]())["metadata"]

    expected = f"bedrock-lifecycle-{PLACE.account_id}-{thread}" if thread else None
    assert metadata.get("threadId") == expected


def test_accounts_do_not_share_threads() -> None:
    found = ONE_OF_EACH[Kind.DEADLINE]()
    other = chat_document(found, PLACE._replace(account_id="999999999999"), "an-id")

    assert other["metadata"]["threadId"] != chat(found)["metadata"]["threadId"]


def _wave(count: int, used: int) -> Alert:
    rows = [
        row(f"acme.model-{n:03}-v1:0", life=DYING, name=f"Model {n:03}", in_use=n >= count - used)
        for n in range(count)
    ]
    everything = Scope(everything=True)
    policy = replace(POLICY, scope=everything, scope_before=everything)
    (found,) = group(judge_rows(rows, "2026-10-20", policy).decisions, at("2026-10-20"))
    return found


def test_few_models_are_described_and_many_are_listed() -> None:
    few, many = (chat(_wave(count, count))["content"]["description"] for count in (10, 11))

    assert few.count("public extended access Fri 2027-01-08 (in 80 days)") == 10
    assert many.count("public extended access Fri 2027-01-08 (in 80 days)") == 0
    assert many.count("end of life Thu 2027-04-08 (in 170 days); in use here") == 11


def test_a_list_that_is_cut_says_how_much_is_missing_and_keeps_what_is_in_use() -> None:
    description = chat(_wave(400, 20))["content"]["description"]

    shown = re.findall(r"^- \*Model (\d+)\*", description, re.MULTILINE)
    assert set(shown) >= {f"{n:03}" for n in range(380, 400)}
    assert f"- and {400 - len(shown)} more models: the table named below has them all" in (
        description
    )
    assert 7_800 < units(description) <= 8_000


def test_a_reminder_says_from_when_on_it_holds() -> None:
    assert (
        "*What it means from Thu 2027-04-08 on*"
        in (chat(ONE_OF_EACH[Kind.DEADLINE]())["content"]["description"])
    )


def test_ids_that_said_so_are_named_where_the_models_own_did_not() -> None:
    one = replace(
        row("amazon.nova-premier-v1:0", life=lifecycle("LEGACY")),
        reported_by=("amazon.nova-premier-v1:0:8k", "amazon.nova-premier-v1:0:mm"),
    )
    (found,) = group(judge_rows([one], "2026-10-20").decisions, at("2026-10-20"))

    assert (
        "(said of `amazon.nova-premier-v1:0:8k`; `amazon.nova-premier-v1:0:mm`)"
        in (chat(found)["content"]["description"])
    )


def test_a_date_of_aws_health_stands_for_one_that_the_api_does_not_give() -> None:
    found = ONE_OF_EACH[Kind.DEADLINE]()
    said = replace(found.models[0], dates=dates(), by_health=dates(None, None, "2027-04-08"))
    many = replace(found, models=(said,) * 11)

    assert chat(many)["content"]["description"].count("end of life Thu 2027-04-08 (in 14") == 11


@pytest.mark.parametrize("kind", Kind)
def test_an_alert_of_an_earlier_version_has_a_plain_chat_message(kind: Kind) -> None:
    document = json.loads(notification(ONE_OF_EACH[kind](), PLACE).as_json())

    found = plain_chat(document)

    assert found["source"] == "custom"
    assert found["content"]["title"].startswith(_EMOJI[document["severity"]])
    assert document["alert_id"] in found["content"]["description"]
    for entry in document["models"][:10]:
        assert f"`{entry['model_id']}`" in found["content"]["description"]
    assert json.loads(json.dumps(found)) == found


def test_a_plain_chat_message_counts_the_models_that_it_leaves_out() -> None:
    document = json.loads(notification(_wave(400, 20), PLACE).as_json())
    document |= {"models": document["models"][:300], "models_omitted": 100}

    assert "- and 390 more models: " in plain_chat(document)["content"]["description"]
