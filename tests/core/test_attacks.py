"""Hostile text from outside: harmless in every view, wherever it enters, and ordinary text stays.

"Harmless" is asked of the text as Slack (mrkdwn) and as Teams (Markdown) would read it: what either
takes for markup, a mention, a link with other words or an emoji must not stand in a view.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from notifier.grouping import group
from notifier.health_event import Entity, HealthNews
from notifier.model import Alert, Kind
from notifier.render.chat import plain_chat
from notifier.render.document import notification
from notifier.render.markup import NOTHING_TO_SHOW, code, inert, quoted, shorten, units
from notifier.render.sentences import reason
from notifier.snooze import Snooze, Snoozes
from notifier.successor import Successor
from notifier.usage import Calls, CallsFrom, Gap, Source, Use, UsedBy
from tests.core.cases import (
    DYING,
    EAST,
    END_ON,
    KNOWN,
    LEGACY_ON,
    PLACE,
    POLICY,
    SONNET_DATES,
    at,
    dates,
    day,
    judge_rows,
    lifecycle,
    row,
    told,
)
from tests.core.digest_alerts import covered, digest
from tests.core.health_alerts import about_nothing, alert_about, concerned, event
from tests.core.test_emails import coverage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ATTACKS = {
    "a mention of everybody in Slack": "<!channel> <!here> <!everyone>",
    "a mention of somebody in Slack": "<@U012AB3CD> <#C012AB3CD|general> <!subteam^S01|ops>",
    "a link with other words in Slack": "<http://evil.example/x|the AWS console>",
    "words that mention": "@here @channel @everyone @Amazon Q #general",
    "a mention in Teams": "<at>everybody</at>",
    "a link with other words in Markdown": "[the AWS console](http://evil.example/x)",
    "a link by reference": "[console][1] [1]: http://evil.example/x",
    "a picture": "![logo](http://evil.example/pixel.png)",
    "emphasis": "*bold* **bold** _italic_ __bold__ ~struck~ ~~struck~~ ***",
    "emphasis that stays open": "*_~ never closed",
    "code": "`run this` ```block``` ` open",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)><b>bold</b>",
    "escaped markup": "&lt;!channel&gt; &amp;lt; &#60;!here&#62; &lt",
    "a heading": "# WHAT TO DO",
    "a quotation": "> AWS says: all is well",
    "a table": "|a|b|\n|-|-|\n|c|d|",
    "a rule": "---",
    "a heading by underline": "Title\n=====\nOther\n-----",
    "a list": "- one\n- two\n1. three\n+ four",
    "an emoji": ":rotating_light: :100: x:tada: ::wave::",
    "a direction override": "safe\u202egnp.exe\u2066x\u2069\u200f\u061c",
    "nothing visible": "zero\u200bwidth\ufeff\u2060\u00ad\u180e",
    "line breaks": "Model\r\n\r\nWHAT TO DO\n  1. Send money\u2028\u2029\x0b\x0c\x85",
    "control characters": "a\x00b\x07c\x1b[31mred\x7f\x9b2J",
    "lone surrogates": "lone \ud83d surrogate \udc00",
    "a date that Teams works out": "{{DATE(2017-02-14T06:08:39Z, SHORT)}} ${name}",
    "a formula": "$$\\frac{1}{2}$$ \\(x\\) \\*",
    "astral characters without end": "\U0001f680" * 9_000,
    "marks without end": "n\u0303" * 9_000,
    "text without end": "N" * 20_000,
    "code without end": "`" * 3_000,
    "angles without end": "<" * 3_000,
    "only spaces": "   \t  ",
    "nothing": "",
}

# What may follow from a hostile word at the places where our own words stand around it.
_MENTION = re.compile(r"[<>@#\[\]{}|\\~]")
_EMOJI = re.compile(r"(?<!\w):[\w+'-]*[A-Za-z][\w+'-]*:(?!\w)|(?<!\w):\d+:(?!\w)")
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_CODE = re.compile(r"`([^`\n]+)`")
_STRONG = re.compile(r"(?:(?<=^)|(?<=^- )|(?<=: )|(?<=, ))\*([^*\n]+)\*(?=$| )", re.MULTILINE)


def _assert_harmless(text: str) -> None:
    """Check a chat text: no markup but ours, and ours is whole."""
    assert _left_over(text) == ""


def _left_over(text: str) -> str:
    """Give what either client could take for markup that is not ours."""
    found = []
    for line in text.split("\n"):
        rest = line.removeprefix("> ") if line != ">" else ""
        for inner in _CODE.findall(rest):
            found += re.findall(r"[<>@|]|&(?=\S)", inner)
        rest = _CODE.sub("", rest)
        for inner in _STRONG.findall(rest):
            assert inner.strip() == inner
        rest = _STRONG.sub("", rest)
        found += _MENTION.findall(rest) + _EMOJI.findall(rest)
        found += re.findall(r"[*`]|&(?=\S)|\$\$", rest)
        found += re.findall(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", rest)
        found += [rest] if re.fullmatch(r"[-=]+", rest) else []
    return " ".join(found)


def _shown(document: dict[str, Any]) -> Iterator[str]:
    """Give every text of a chat message that a client may show."""
    content, metadata = document["content"], document["metadata"]
    yield content["title"]
    yield content["description"]
    yield from content.get("nextSteps", [])
    yield from content["keywords"]
    yield metadata["summary"]


def _about(*, name: str = "Claude", provider: str = "Anthropic", **parts: Any) -> Alert:  # noqa: ANN401
    model_id = parts.pop("model_id", "acme.model-v1:0")
    one = row(model_id, life=DYING, now=LEGACY_ON, name=name, provider=provider, in_use=True)
    (found,) = group(judge_rows([replace(one, **parts)], LEGACY_ON).decisions, at(LEGACY_ON))
    return found


def _used_by(text: str) -> Use:
    return Use(
        calls=(CallsFrom(EAST, Calls(text, date(2026, 10, 7), 12, 5, 5)),),
        used_by=(UsedBy(Source.AGENTS, text, text, EAST),),
        known_on=day(LEGACY_ON),
    )


def _snoozed(text: str) -> Alert:
    said = Snooze("acme.model-v1:0", None, text, text, at("2026-10-10"), day("2027-01-07"))
    one = row(
        "acme.model-v1:0",
        life=lifecycle("LEGACY", LEGACY_ON, None, "2027-03-01"),
        now="2026-12-18",
        told=KNOWN,
        in_use=True,
    )
    verdict = judge_rows([one], "2026-12-18", replace(POLICY, snoozes=Snoozes([said])))
    (found,) = group(verdict.decisions, at("2026-12-18"))
    return found


def _event(**parts: Any) -> Alert:  # noqa: ANN401
    ends = dates(None, None, END_ON)
    changes = parts.pop("changes", ())
    news = HealthNews(event(**parts), dates=ends, is_update=bool(changes), changes=changes)
    return alert_about(news, concerned(ends))


def _digest(text: str) -> Alert:
    said = Snooze("acme.held-v1:0", None, text, text, at("2026-11-02"), day("2026-11-28"))
    gap = Use(gaps=(Gap(EAST, Source.AGENTS, text),))
    rows = [
        row("acme.held-v1:0", name=text, life=DYING, in_use=True, told=KNOWN),
        row(
            "acme.told-v1:0",
            name=text,
            provider=text,
            life=DYING,
            use=gap,
            told=told(KNOWN.facts.phase, SONNET_DATES, kinds={Kind.DEADLINE: at("2026-11-20")}),
        ),
    ]
    failing = covered(EAST, failing_since="2026-11-20T14:00:00Z", why=text)
    found = digest(rows, states=[failing], snoozes=[said], health_api=text, unheard=(text, "sns"))
    assert found is not None
    return found


def _successor(text: str) -> Alert:
    word = _written(text)
    return _about(successor=Successor(word, word, word, (text,)))


def _written(text: str) -> str:
    """Give an id or name as the catalog gives it: what cannot be written down is not in it."""
    return text.encode("utf-8", "replace").decode()


ENTRIES: dict[str, Callable[[str], Alert]] = {
    "a model's name": lambda text: _about(name=text),
    "a model's id": lambda text: _about(model_id=_written(text)),
    "a variant's id": lambda text: _about(reported_by=(text, text + "x", text + "y")),
    "a provider": lambda text: _about(provider=text),
    "what is called and what calls": lambda text: _about(use=_used_by(text)),
    "a source that fails": lambda text: _about(
        in_use=None, use=Use(gaps=(Gap(EAST, Source.AGENTS, text),))
    ),
    "a successor": _successor,
    "a Region's failure": lambda text: coverage(
        "2026-10-20", failing_since=at("2026-10-19"), failure=text
    ),
    "a snooze": _snoozed,
    "a digest": _digest,
    "AWS Health's words": lambda text: _event(description=text),
    "AWS Health's words between others": lambda text: _event(description=f"First.\n{text}\nLast."),
    "AWS Health's codes": lambda text: _event(
        type_code=text, status=text, region=text, actionability=text, arn=text
    ),
    "AWS Health's changes": lambda text: _event(changes=(text, text)),
    "AWS Health's entities": lambda text: about_nothing(event(), Entity(text, text)),
    "another account's event": lambda text: replace(
        about_nothing(event()), health=HealthNews(event(), other_account=text)
    ),
}


def _alert(entry: str, attack: str) -> Alert:
    found = ENTRIES[entry](ATTACKS[attack])
    return replace(found, reason=reason(found))


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_is_harmless_in_every_view(attack: str, entry: str) -> None:
    made = notification(_alert(entry, attack), PLACE)

    _assert_is_harmless_email(made.document["subject"], made.document["text"])
    for document in (dict(made.chat), plain_chat(made.document)):
        for text in _shown(document):
            _assert_harmless(text)
            assert not {unicodedata.category(char) for char in text.replace("\n", "")} & _INVISIBLE
    _assert_within_limits(made.chat)
    # What machines read is the text as it came, in JSON that every reader takes.
    assert json.loads(made.as_json().encode()) == made.document
    assert json.loads(made.chat_message().encode()) == made.chat
    assert made.size() <= 256 * 1024


def _assert_is_harmless_email(subject: str, text: str) -> None:
    """Check plain text: nothing invisible, and no line that passes for one of ours."""
    assert 0 < len(subject) < 100
    assert all(" " <= char <= "~" for char in subject)
    lines = text.split("\n")
    assert sum(line == "WHAT TO DO" for line in lines) <= 1
    assert sum(line.startswith("  1. ") for line in lines) <= 1
    assert not {unicodedata.category(char) for char in text.replace("\n", "")} & _INVISIBLE


def _assert_within_limits(document: Any) -> None:  # noqa: ANN401
    content = document["content"]
    assert units(content["title"]) <= 250
    assert units(content["description"]) <= 8_000
    assert all(units(step) <= 350 for step in content.get("nextSteps", []))
    assert all(0 < units(word) <= 75 for word in content["keywords"])
    assert units(document["metadata"]["summary"]) <= 250


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Claude Sonnet 4.5 (v2), Nova-Pro: 8k/200k & more!", id="a name"),
        pytest.param("Thu 2027-04-08 at 10:12:30 UTC; 5 % of $20, i.e. $1", id="times and prices"),
        pytest.param("AWS_BEDROCK_PLANNED_LIFECYCLE_EVENT in us-east-1", id="a code"),
        pytest.param(
            "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2:1:200k", id="an ARN"
        ),
        pytest.param("arn:aws:iam::123456789012:role/support-bot", id="an ARN of an account"),
        pytest.param("see https://aws.amazon.com/support?a=b_c for more", id="an address"),
        pytest.param("通义千问 Modèle Ünï", id="other scripts"),
        pytest.param('What\'s "new"? 1. nothing, 2 + 2 = 4 - 0', id="signs inside of a line"),
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert inert(text) == text
    assert quoted(text, 200, "…") == f"> {text}"
    if " " not in text:
        assert code(text) == f"`{text}`"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("<!channel>", "‹!channel›", id="a mention"),  # noqa: RUF001
        pytest.param("@here", "＠here", id="an at sign"),  # noqa: RUF001
        pytest.param("[x](http://y)", "［x］(http://y)", id="a link"),  # noqa: RUF001
        pytest.param("*a* ~b~ `c`", "∗a∗ ∼b∼ ˋcˋ", id="emphasis and code"),  # noqa: RUF001
        pytest.param("_a_ b_c __d__", "ˍaˍ b_c ˍˍdˍˍ", id="underscores, but not inside of words"),
        pytest.param("AT&T & &lt;", "AT＆T & ＆lt;", id="entities"),  # noqa: RUF001
        pytest.param(":tada: 10:12:30", "꞉tada: 10:12:30", id="an emoji, not a time"),  # noqa: RUF001
        pytest.param("- item", "‐ item", id="a list"),  # noqa: RUF001
        pytest.param("---", "‐‐‐", id="a rule"),  # noqa: RUF001
        pytest.param("a\nb\x00c", "a b c", id="lines and controls"),
        pytest.param("\u200b", "", id="nothing that can be shown"),
    ],
)
def test_what_takes_effect_is_replaced_by_what_looks_like_it(text: str, shown: str) -> None:
    assert inert(text) == shown


def test_a_code_span_is_never_empty_and_never_left_early() -> None:
    assert code("\u200b") == f"`{NOTHING_TO_SHOW}`"
    assert code("a`b").count("`") == 2


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        pytest.param("abc", 3, "abc", id="what fits"),
        pytest.param("abcd", 3, "ab…", id="what does not"),
        pytest.param("🚀🚀🚀", 5, "🚀🚀…", id="characters of two units"),
        pytest.param("🚀🚀🚀", 4, "🚀…", id="never half of one"),
        pytest.param("abn\u0303o", 4, "ab…", id="a mark goes with its letter"),
        pytest.param("ab cd", 4, "ab…", id="no space before the sign"),
    ],
)
def test_a_cut_is_marked_and_never_within_a_character(text: str, limit: int, shown: str) -> None:
    assert shorten(text, limit) == shown
    assert units(shown) <= limit


def test_the_check_itself_knows_markup_when_it_sees_it() -> None:
    for attack in ("<!here>", "@here", "*a*b", "`a", "x _a_", ":tada:", "a &lt;", "[x](y)", "---"):
        assert _left_over(attack)
    assert not _left_over("*Which models*\n- *Claude* `an.id_x`: a_b, 10:12:30\n> quoted\n>")
