"""Which Regions there are to watch: what the account has enabled, where Bedrock is."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, cast

import pytest

from local_aws.loopback import LoopbackServer
from notifier.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifier.sources.bedrock import Bedrock

EAST = "us-east-1"
OFFERED_BUT_OFF = "af-south-1"
REGIONS = {
    "us-east-1": "ENABLED_BY_DEFAULT",
    "us-west-2": "ENABLED_BY_DEFAULT",
    "eu-central-1": "ENABLED_BY_DEFAULT",
    "eu-south-1": "ENABLED",
    OFFERED_BUT_OFF: "DISABLED",
    "me-south-1": "DISABLING",
    "ap-east-1": "ENABLING",
    "cn-north-1": "ENABLED_BY_DEFAULT",
    "xx-nowhere-9": "ENABLED",
}


class Account:
    """ListRegions of the account's control plane, two Regions a page."""

    def __init__(self) -> None:
        """Bind a free port."""
        self.refusal: tuple[int, str] | None = None
        self.body: bytes | None = None
        self.calls = 0
        self.server = LoopbackServer(_Handler)
        self.server.context = self

    def answer(self, asked: dict[str, Any]) -> tuple[int, str | None, bytes]:
        """Give status, error type and body."""
        self.calls += 1
        if self.refusal:
            status, code = self.refusal
            return status, code, json.dumps({"message": "no"}).encode()
        if self.body is not None:
            return 200, None, self.body
        wanted = asked.get("RegionOptStatusContains") or list(REGIONS.values())
        found = [name for name, status in REGIONS.items() if status in wanted]
        start = int(asked.get("NextToken") or 0)
        page = {
            "Regions": [
                {"RegionName": name, "RegionOptStatus": REGIONS[name]}
                for name in found[start : start + 2]
            ]
        }
        if start + 2 < len(found):
            page["NextToken"] = str(start + 2)  # type: ignore[assignment]
        return 200, None, json.dumps(page).encode()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Answer one call."""
        account = cast("Account", cast("LoopbackServer", self.server).context)
        asked = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, code, body = account.answer(json.loads(asked or b"{}"))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if code:
            self.send_header("x-amzn-ErrorType", code)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    running = Account()
    running.server.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_ACCOUNT", running.server.endpoint_url)
    yield running
    running.server.stop()


def test_enabled_regions_are_read_from_every_page_and_have_bedrock(
    account: Account, bedrock: Bedrock
) -> None:
    assert bedrock.enabled_regions(EAST) == (
        "eu-central-1",
        "eu-south-1",
        "us-east-1",
        "us-west-2",
    )
    assert account.calls == 3


def test_a_region_whose_opt_in_is_off_is_not_watched_though_bedrock_is_there(
    account: Account, bedrock: Bedrock
) -> None:
    assert account
    assert OFFERED_BUT_OFF in bedrock.offered_regions(EAST)
    assert OFFERED_BUT_OFF not in bedrock.enabled_regions(EAST)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        pytest.param(403, "AccessDeniedException", id="denied"),
        pytest.param(429, "TooManyRequestsException", id="throttled"),
        pytest.param(500, "InternalServerException", id="500"),
    ],
)
def test_an_account_that_cannot_be_asked_is_an_error_with_its_code(
    account: Account, bedrock: Bedrock, status: int, code: str
) -> None:
    account.refusal = (status, code)

    with pytest.raises(AwsError) as refused:
        bedrock.enabled_regions(EAST)

    assert (refused.value.action, refused.value.code) == ("account:ListRegions", code)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>", id="not JSON"),
        pytest.param(b"{}", id="no Regions"),
        pytest.param(b'{"Regions": null}', id="null Regions"),
        pytest.param(b'{"Regions": [{}]}', id="a Region without a name"),
        pytest.param(b'{"Regions": ["us-east-1"]}', id="Regions of another shape"),
        pytest.param(b"null", id="null"),
    ],
)
def test_an_answer_of_another_shape_is_an_error_like_any_other(
    account: Account, bedrock: Bedrock, body: bytes
) -> None:
    account.body = body

    with pytest.raises(AwsError):
        bedrock.enabled_regions(EAST)


def test_other_partitions_have_their_own_regions(bedrock: Bedrock) -> None:
    aws, government = bedrock.offered_regions(EAST), bedrock.offered_regions("us-gov-west-1")

    assert EAST in aws
    assert government
    assert not set(aws) & set(government)
