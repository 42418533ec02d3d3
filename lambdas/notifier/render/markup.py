"""Chat markup that Slack (mrkdwn) and Teams (Markdown) both take for the same, and nothing else.

Both know `*emphasis*`, code in backticks, lines that begin with `> ` or `- `, and paragraphs apart
by an empty line. Text from outside may hold the markup of either. The two escape in different ways,
and whether Amazon Q Developer escapes in between is documented nowhere; so what could take effect
is not escaped but replaced by a character that looks like it and means nothing to either.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from notifier.render.words import paragraphs, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

NOTHING_TO_SHOW = "(nothing that can be shown)"
_ID_LENGTH = 256
_LOOK_ALIKES = str.maketrans(
    {
        "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
        ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
        "*": "\N{ASTERISK OPERATOR}",
        "~": "\N{TILDE OPERATOR}",
        "`": "\N{MODIFIER LETTER GRAVE ACCENT}",
        "@": "\N{FULLWIDTH COMMERCIAL AT}",
        "#": "\N{FULLWIDTH NUMBER SIGN}",
        "[": "\N{FULLWIDTH LEFT SQUARE BRACKET}",
        "]": "\N{FULLWIDTH RIGHT SQUARE BRACKET}",
        "{": "\N{FULLWIDTH LEFT CURLY BRACKET}",
        "}": "\N{FULLWIDTH RIGHT CURLY BRACKET}",
        "|": "\N{BROKEN BAR}",
        "\\": "\N{FULLWIDTH REVERSE SOLIDUS}",
    }
)
# An ampersand that could begin an entity; some readers do not ask for the semicolon.
_ENTITY = re.compile(r"&(?=\S)")
# Underscores inside of words are no markup, and codes of AWS are full of them.
_EMPHASIS = re.compile(r"(?<![A-Za-z0-9_])_+|_+(?![A-Za-z0-9_])")
_LOW_LINE = "\N{MODIFIER LETTER LOW MACRON}"
# `:name:` is an emoji, but neither an ARN nor a time of day holds any.
_EMOJI = re.compile(
    r"(?<!\w)(?<!\w:):(?=[\w+'-]+:)|:(?=[\w+'-]*[A-Za-z][\w+'-]*:(?![\w:]))", re.ASCII
)
_FORMULA = re.compile(r"\$(?=\$)|(?<=\$)\$")
# A line of nothing else is a rule, or makes a heading of the line above it.
_RULE = re.compile(r"[-=\s]+")
_RULES = str.maketrans({"-": "\N{HYPHEN}", "=": "\N{FULLWIDTH EQUALS SIGN}"})
_LIST = re.compile(r"^[-+=](?=\s|[-+=])")
_LIST_MARKS = {"-": "\N{HYPHEN}", "+": "\N{FULLWIDTH PLUS SIGN}", "=": "\N{FULLWIDTH EQUALS SIGN}"}
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def inert(text: str, length: int = 120) -> str:
    """Make text from outside safe to show in a chat: one line on which no markup takes effect.

    It has at most `length` characters. Nothing that can be shown gives an empty line.
    """
    line = _without_markup(plain(text, length))
    return _LIST.sub(lambda found: _LIST_MARKS[found.group()], line, count=1) if line else line


def quoted(text: str, length: int, mark: str) -> str:
    """Set text of several lines from outside apart, each line of it inert; cut ends in `mark`."""
    lines = paragraphs(text, length, mark).split("\n")
    return "\n".join(f"> {_without_markup(line)}".rstrip() for line in lines)


def code(text: str, length: int = _ID_LENGTH) -> str:
    """Show an id or a code from outside so that it can be copied as it is."""
    shown = _ENTITY.sub("\N{FULLWIDTH AMPERSAND}", plain(text, length)).translate(_LOOK_ALIKES)
    return f"`{shown or NOTHING_TO_SHOW}`"


def strong(text: str) -> str:
    """Emphasise inert text: bold in Slack, italic in Teams."""
    return f"*{text or NOTHING_TO_SHOW}*"


def _without_markup(line: str) -> str:
    line = _EMOJI.sub("\N{MODIFIER LETTER COLON}", line)
    line = _FORMULA.sub("\N{FULLWIDTH DOLLAR SIGN}", _ENTITY.sub("\N{FULLWIDTH AMPERSAND}", line))
    line = _EMPHASIS.sub(
        lambda found: "\N{MODIFIER LETTER LOW MACRON}" * len(found.group()),
        line.translate(_LOOK_ALIKES),
    )
    return line.translate(_RULES) if _RULE.fullmatch(line) else line


def units(text: str) -> int:
    """Count UTF-16 code units: no way to count characters that a service may have gives more.

    Bytes are none of these: a limit in "characters" is taken for what it says.
    """
    return len(text.encode("utf-16-le")) // 2


def shorten(text: str, limit: int) -> str:
    """Cut inert text to so many UTF-16 units, never within a character, and mark that it is cut."""
    if units(text) <= limit:
        return text
    room = limit - len(_ELLIPSIS)
    while units(text[:room]) > limit - len(_ELLIPSIS):
        room -= 1
    # What modifies a character belongs to it.
    while room and unicodedata.category(text[room]).startswith("M"):
        room -= 1
    return text[:room].rstrip() + _ELLIPSIS


def points(lines: Iterable[str]) -> list[str]:
    """Give the lines of a list without order."""
    return [f"- {line}" for line in lines]


def titled(title: str, lines: Iterable[str]) -> str:
    """Give lines under a title."""
    return "\n".join([strong(title), *lines])
