"""What docs/notifications.md says can be done as it says."""

from __future__ import annotations

import json
import re
import shlex
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer

from infra.routing import VALUES, Subscriber, subscribers
from notifier.model import Kind
from notifier.snooze_memory import snooze_from_item, snooze_item

DOC = Path(__file__).parents[2] / "docs" / "notifications.md"
TEXT = DOC.read_text(encoding="utf-8")
_SNIPPET = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#\s]*)(#[^)\s]*)?\)")


def _commands(service: str, operation: str) -> list[dict[str, str]]:
    """Give the options of each AWS CLI call of the page, as a shell would split them."""
    lines = "\n".join(_SNIPPET.findall(TEXT)).replace("\\\n", " ")
    calls = re.findall(rf"aws {service} {operation} (?:'[^']*'|[^'\n])*", lines)
    return [_options(shlex.split(call)[3:]) for call in calls]


def _options(words: list[str]) -> dict[str, str]:
    return dict(zip(words[::2], words[1::2], strict=True))


def _plain(text: str) -> dict[str, Any]:
    return {name: TypeDeserializer().deserialize(value) for name, value in json.loads(text).items()}


def test_the_snoozes_of_the_page_are_read_as_it_says() -> None:
    items = [_plain(call["--item"]) for call in _commands("dynamodb", "put-item")]
    snoozed, resolved = (snooze_from_item(item) for item in items)

    assert (snoozed.model_id, snoozed.region) == ("anthropic.claude-sonnet-4-5-20250929-v1:0", None)
    assert (snoozed.until, snoozed.by) == (date(2027, 1, 15), "jane")
    assert snoozed.holds(date(2027, 1, 14))
    assert not snoozed.holds(date(2027, 1, 15))
    assert (resolved.model_id, resolved.region) == ("cohere.command-r-v1:0", "us-east-1")
    assert resolved.is_resolved
    for item, said in zip(items, (snoozed, resolved), strict=True):
        written = snooze_item(said)
        written.pop("expires_at", None)
        assert item == written


def test_what_is_taken_back_is_what_was_said() -> None:
    (call,) = _commands("dynamodb", "delete-item")
    _, resolved = (_plain(call["--item"]) for call in _commands("dynamodb", "put-item"))

    assert _plain(call["--key"]) == {name: resolved[name] for name in ("model_id", "region")}


def test_the_filters_of_the_page_ask_for_what_is_published() -> None:
    attributes = [
        json.loads(call["--attributes"])
        for call in _commands("sns", "subscribe")
        if "--attributes" in call
    ]
    assert len(attributes) == 3
    for given in attributes:
        for key, values in json.loads(given["FilterPolicy"]).items():
            assert set(values) <= set(VALUES[key])


def test_the_filter_of_the_email_example_is_accepted() -> None:
    (entry,) = re.findall(r"make deploy EMAIL='([^']+)'", TEXT)

    found = subscribers(entry)

    assert isinstance(found, tuple)
    (one,) = found
    assert isinstance(one, Subscriber)
    assert one.address == "ml-team@example.com"
    assert [key for key, _ in one.clauses] == ["severity", "provider"]


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_described_with_a_sample_in_every_view(kind: Kind) -> None:
    _, _, section = TEXT.partition(f"### {kind}\n")
    section = section.partition("\n### ")[0]

    for sample in (
        f"emails/{kind}.txt",
        f"notifications/chat/{kind}.json",
        f"notifications/chat/{kind}.svg",
        f"notifications/json/{kind}.json",
    ):
        assert f"]({sample})" in section
    assert "**When:**" in section
    assert "**Severity:**" in section


def test_every_link_of_the_page_leads_somewhere() -> None:
    for path, anchor in _LINK.findall(TEXT):
        if path.startswith("https:"):
            continue
        target = (DOC.parent / path) if path else DOC
        assert target.exists(), path
        if anchor:
            titles = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
            assert anchor[1:] in slugs, anchor
