"""Long lists in answers, read as JSON has them.

botocore looks up the shape of every value that it parses, and the resource layer walks over all of
them again. For one list with many entries, of which we read little or all in the same way, that is
most of the CPU of a poll.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_OK: Final = 200


def read_raw(client: Any, operation: str, member: str) -> None:  # noqa: ANN401 whichever client
    """Let answers of an operation have a list as it stands in their JSON; see `raw_list`.

    Everything else in the answer, and every answer that is not what is documented, botocore
    parses as ever. The event is the one that botocore offers to customize parsing:
    https://github.com/boto/botocore/blob/develop/botocore/endpoint.py (`before-parse`).
    """
    service = client.meta.service_model.service_id.hyphenize()
    event = f"before-parse.{service}.{operation}"
    # Once for each client, however many tables are behind it: the second would find it taken.
    client.meta.events.register(event, _taking(member), unique_id=_name(member))


def raw_list(answer: Mapping[str, Any], member: str) -> list[Any] | None:
    """Give the list as JSON has it, or None where botocore has parsed it."""
    found: list[Any] | None = answer.get(_name(member))
    return found


def _name(member: str) -> str:
    # The answer is a plain dict; no service has a member with such a name.
    return f"raw {member}"


def _taking(member: str) -> Callable[..., None]:
    def take(
        response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object
    ) -> None:
        if response_dict["status_code"] != _OK:
            return
        try:
            body = json.loads(response_dict["body"])
        except ValueError:
            return  # No JSON: botocore knows what to make of it.
        if not isinstance(body, dict) or not isinstance(body.get(member), list):
            return
        customized_response_dict[_name(member)] = body.pop(member)
        response_dict["body"] = json.dumps({**body, member: []}).encode()

    return take
