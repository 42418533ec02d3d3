"""What is printed can be trusted by whoever reads it: a person, a program, a terminal."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from rich.text import Text

from bedrock_lifecycle import output

HOSTILE = "=cmd|'x'!A1\x1b[31m\x9b2J\u202e[bold]"


def test_json_is_plain_data_in_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    document = {
        "name": f"é{HOSTILE}",
        "count": Decimal(3),
        "share": Decimal("0.5"),
        "day": date(2027, 4, 8),
        "at": datetime(2027, 4, 8, 7, tzinfo=UTC),
        "regions": frozenset({"b", "a"}),
    }

    output.print_json(document)
    printed = capsys.readouterr().out

    assert printed.isascii()
    assert "\x1b" not in printed
    assert json.loads(printed) == {
        "name": f"é{HOSTILE}",
        "count": 3,
        "share": 0.5,
        "day": "2027-04-08",
        "at": "2027-04-08T07:00:00Z",
        "regions": ["a", "b"],
    }


def test_csv_reads_back_and_holds_neither_formula_nor_control(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.print_csv(
        ("name", "used", "regions", "calls"),
        [
            {"name": HOSTILE, "used": True, "regions": ["a", "b"], "calls": Decimal(7), "more": 1},
            {},
        ],
    )

    first, second = csv.DictReader(io.StringIO(capsys.readouterr().out))

    assert first["name"].startswith("'=cmd")
    assert first["name"].isprintable()
    assert (first["used"], first["regions"], first["calls"]) == ("true", "a b", "7")
    assert set(second.values()) == {""}


def test_a_table_takes_text_as_text_and_keeps_ids_whole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    long = "anthropic.claude-sonnet-4-5-20250929-v1:0"

    output.console().print(
        output.table("t", ("Model", "Regions"), [(f"[red]x[/red]\n{long}", "a " * 90)])
    )
    printed = capsys.readouterr().out

    assert "[red]x[/red]" in printed
    assert long in printed
    assert "\x1b" not in printed


def test_what_is_no_data_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(TypeError, match="no plain data"):
        output.print_json({"x": Text("y")})
