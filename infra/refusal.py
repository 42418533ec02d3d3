"""Why the value of a setting cannot be used, said where only the value is known and not its key."""

from __future__ import annotations

import json
from typing import Final

# An address with the longest filter that makes sense is shown whole.
_MOST_SHOWN: Final = 600


class RefusedValueError(ValueError):
    """A value that cannot be used. Its text is one line: the value, why not, what is accepted."""

    def __init__(self, value: object, accepted: str, why: str = "") -> None:
        """Keep the parts, so that whoever knows the key can put it in front."""
        self.value = value
        self.accepted = accepted
        self.why = why
        reason = f": {why}" if why else ""
        super().__init__(f"{shown(value)} is not accepted{reason}; give {accepted}")


def shown(value: object) -> str:
    """Write a value so that its ends are seen, and characters that show nothing as well."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    if not text.isprintable():
        text = json.dumps(value, default=str)
    # A file given by mistake is no line to print.
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 20]} … {text[-17:]}"
