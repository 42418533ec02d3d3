"""Checks of the account's alternate contacts, to whom AWS's own notices go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bedrock_lifecycle.checks.finding import advice, ok
from notifier.errors import AwsError, aws_call
from notifier.render.words import listing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from bedrock_lifecycle.checks.finding import Commands, Finding
    from bedrock_lifecycle.checks.site import Account

CONTACTS: Final = "alternate contacts"

_KINDS: Final = ("OPERATIONS", "SECURITY", "BILLING")
_NONE: Final = "ResourceNotFoundException"
_PLACEHOLDERS: Final = (
    "--name",
    "Platform team",
    "--title",
    "Operations",
    "--email-address",
    "you@example.com",
    "--phone-number",
    "+15555550100",
)


def contacts(account: Account) -> Iterator[Finding]:
    """Look which alternate contacts the account has."""
    there = [kind for kind in _KINDS if _is_there(account, kind)]
    yield from contact_findings(there, account.commands)


def _is_there(account: Account, kind: str) -> bool:
    try:
        with aws_call("account:GetAlternateContact"):
            account.clients.of("account").get_alternate_contact(AlternateContactType=kind)
    except AwsError as error:
        if error.code != _NONE:
            raise
        return False
    return True


def contact_findings(there: Collection[str], commands: Commands) -> Iterator[Finding]:
    """Judge the contacts: where one is missing, only the root address gets what it would."""
    missing = [kind for kind in _KINDS if kind not in there]
    if missing:
        yield advice(
            CONTACTS,
            f"there is none for {_listed(missing)}: of AWS's own notices, such as of a model's "
            "end, the root address alone gets what is meant for them",
            "set them, with names and addresses of your own, and let mail filters pass "
            "health@aws.com",
            *(_put(kind, commands) for kind in missing),
        )
    if not missing:
        yield ok(
            CONTACTS,
            f"{_listed(_KINDS)} have theirs; let their mail filters pass health@aws.com",
        )


def _listed(kinds: Collection[str]) -> str:
    return listing([kind.lower() for kind in kinds])


def _put(kind: str, commands: Commands) -> str:
    words = ("account", "put-alternate-contact", "--alternate-contact-type", kind)
    return commands.aws(*words, *_PLACEHOLDERS)
