"""The report: figures beside their targets, on the terminal and in docs/performance.md."""

from __future__ import annotations

import re
from math import ceil, log
from pathlib import Path
from statistics import linear_regression
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.table import Table

from benchmarks.bill import (
    GROWING,
    Month,
    bill,
    cheapest_memory,
    gb_seconds,
    seconds_at,
    variants,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from benchmarks.measured import Measured

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
_MIB_OF_A_ROW = 0.0012  # what DynamoDB Local reads of a row, with what storage adds
_SIZES = (128, 192, 256, 384, 512)


class Grid(NamedTuple):
    """A table, wherever it is shown."""

    name: str
    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(found: dict[str, Any]) -> Iterator[Table]:
    """Give what is shown on the terminal."""
    for grid in grids(found):
        table = Table(title=grid.title, title_justify="left")
        for heading in grid.headings:
            table.add_column(heading, overflow="fold")
        for row in grid.rows:
            table.add_row(*row)
        yield table


def fill_in(found: dict[str, Any]) -> None:
    """Put the tables and the plots into the document, each between its two markers."""
    text = DOCUMENT.read_text(encoding="utf-8")
    parts = {grid.name: _markdown(grid) for grid in grids(found)}
    parts |= _plots(found["measured"]) | {"machine": found["machine"]}
    for name, part in parts.items():
        between = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = between.sub(lambda at, part=part: f"{at[1]}{part}\n{at[2]}", text)  # type: ignore[misc]
    DOCUMENT.write_text(text, encoding="utf-8")


def _markdown(grid: Grid) -> str:
    rule = tuple("---" for _ in grid.headings)
    return "\n".join(f"| {' | '.join(row)} |" for row in (grid.headings, rule, *grid.rows))


def grids(found: dict[str, Any]) -> Iterator[Grid]:
    """Give every table of the report."""
    measured: Sequence[Measured] = found["measured"]
    yield _targets(found)
    yield Grid(
        "polls",
        "Polls of the poll function, each in a fresh process (seconds beyond the import)",
        (
            *("poll", "Regions", "models", "ms", "wall s", "CPU s", "peak MiB"),
            *("calls", "KB", "RRU", "WRU", "rows", "others"),
        ),
        tuple(_row(one) for one in measured if _is_poll(one)),
    )
    yield Grid(
        "others",
        "The other functions, and the command line",
        ("what", "wall s", "CPU s", "peak MiB", "calls", "KB", "RRU", "WRU"),
        tuple((one.scenario, *_row(one)[4:11]) for one in measured if not _is_poll(one)),
    )
    yield _calls(measured)
    yield from _cold(found)
    quiet = _of(measured, "quiet poll")
    if quiet is None:
        return
    yield _memory(quiet, _peak(measured))
    yield from _bills(measured)
    yield _growth(measured)


def _is_poll(one: Measured) -> bool:
    return one.scenario.endswith(("poll", "use", "changes"))


def _row(one: Measured) -> tuple[str, ...]:
    counted = one.counted
    return (
        one.scenario,
        str(one.regions),
        f"{one.models:,}",
        f"{one.latency * 1000:.0f}",
        f"{one.wall:.2f}",
        f"{one.cpu:.2f}" if one.cpu else "-",
        f"{one.peak_mib:.0f}" if one.peak_mib else "-",
        f"{counted.total_calls:,}",
        f"{(counted.bytes_sent + counted.bytes_received) / 1000:,.0f}",
        f"{counted.read_units:,.1f}",
        f"{counted.write_units:,.0f}",
        f"{counted.row_writes:,}",
        f"{counted.other_writes:,}",
    )


def _of(
    measured: Iterable[Measured],
    scenario: str,
    *,
    regions: int = 31,
    models: int = 150,
    latency: float | None = None,
) -> Measured | None:
    found = (
        one
        for one in measured
        if (one.scenario, one.regions, one.models) == (scenario, regions, models)
        and (latency is None or one.latency == latency)
    )
    return min(found, key=lambda one: one.cpu, default=None)


def _targets(found: dict[str, Any]) -> Grid:
    return Grid(
        "targets",
        "Targets",
        ("figure", "target", "measured", ""),
        tuple(
            (figure, target, measured, {True: "met", False: "missed", None: ""}[is_met])
            for figure, target, measured, is_met in _judged(found)
        ),
    )


def _judged(found: dict[str, Any]) -> Iterator[tuple[str, str, str, bool | None]]:
    measured = found["measured"]
    far = _of(measured, "quiet poll", latency=0.3)
    if far:
        limit = 1.5 * 0.3 + 0.7
        what = "quiet poll, 31 Regions, 300 ms away, wall beyond import"
        yield what, f"≤ {limit:.2f} s", f"{far.wall:.2f} s", far.wall <= limit
    quiet = _of(measured, "quiet poll")
    if quiet:
        what = "CPU of a quiet poll at 31 x 150, beyond import"
        yield what, "≤ 0.6 s", f"{quiet.cpu:.2f} s", quiet.cpu <= 0.6  # noqa: PLR2004
        counted = quiet.counted
        rows, others = counted.row_writes, counted.other_writes
        yield (
            "writes of a quiet poll",
            "0 rows, ≤ 31 others",
            f"{rows} rows, {others} others",
            rows == 0 and others <= quiet.regions,
        )
        foreign = {name: n for name, n in counted.calls.items() if not name.startswith("dynamodb")}
        said = ", ".join(f"{n} {name}" for name, n in foreign.items())
        only = foreign == {"bedrock ListFoundationModels": quiet.regions}
        yield "calls of a quiet poll beside our tables'", "1 per Region", said, only
        peak = max(
            one.peak_mib
            for one in measured
            if one.scenario == "quiet poll" and (one.regions, one.models) == (31, 150)
        )
        yield "peak memory of a quiet poll at 31 x 150", "≤ 128 MiB", f"{peak:.0f} MiB", peak <= 128  # noqa: PLR2004
    core = found["core"]
    yield (
        f"decision core, {core['rows']:,} rows",
        "≤ 0.2 s",
        f"{core['seconds']:.3f} s",
        core["seconds"] <= 0.2,  # noqa: PLR2004
    )
    cpu = found["cold"]["import_cpu"]["compiled"]["notifier.poll"]
    yield "import of the poll function, CPU", "≤ 0.350 s", f"{cpu:.3f} s", cpu <= 0.35  # noqa: PLR2004
    yield "custom CloudWatch metrics", "≤ 3", str(Month().metrics), Month().metrics <= 3  # noqa: PLR2004
    costs = _default_bill(measured)
    if costs:
        total, growing = sum(costs.values()), sum(costs[name] for name in GROWING)
        yield "a month at default settings", "≤ 1.50 USD", f"{total:.2f} USD", total <= 1.5  # noqa: PLR2004
        yield "… of which grows with use", "≤ 0.15 USD", f"{growing:.2f} USD", growing <= 0.15  # noqa: PLR2004


def _calls(measured: Sequence[Measured]) -> Grid:
    sizes = {(one.regions, one.models) for one in measured if one.scenario == "quiet poll"}
    size = (31, 150) if (31, 150) in sizes else max(sizes, default=(0, 0))
    shown = [one for one in measured if (one.regions, one.models) == size and one.latency == 0]
    return Grid(
        "calls",
        f"AWS calls by operation, {size[0]} Regions x {size[1]} models",
        ("poll", "calls"),
        tuple(
            (one.scenario, ", ".join(f"{n:,} {name}" for name, n in one.counted.calls.items()))
            for one in shown
        ),
    )


def _cold(found: dict[str, Any]) -> Iterator[Grid]:
    said = {
        "compiled": "deployed from the same Python as the runtime's: with bytecode",
        "plain": "deployed from another Python: each cold start compiles",
        "whole": "with bytecode, and with all of botocore's data",
    }
    seconds, sizes = found["cold"]["import_cpu"], found["asset"]
    yield Grid(
        "cold",
        "Cold starts: CPU seconds of the import and of unpacking the asset, and its size",
        ("asset", "poll", "health", "dashboard", "unpack", "MB zipped", "MB unzipped"),
        tuple(
            (
                words,
                *(f"{one:.3f}" for one in seconds[kind].values()),
                f"{sizes[kind]['unpack_cpu']:.2f}",
                str(sizes[kind]["zipped_mb"]),
                str(sizes[kind]["unzipped_mb"]),
            )
            for kind, words in said.items()
        ),
    )
    heaviest = found["cold"]["heaviest"]
    yield Grid(
        "heaviest",
        "What is heaviest",
        ("module", "ms of its own", "part of the asset", "MB"),
        tuple(
            (module, str(ms), part, str(mb))
            for (module, ms), (part, mb) in zip(heaviest, sizes["largest"], strict=False)
        ),
    )


def _peak(measured: Iterable[Measured]) -> float:
    """Give the most that any poll of 31 x 150 holds: the first, or that which reads use."""
    polls = (one for one in measured if _is_poll(one) and (one.regions, one.models) == (31, 150))
    return max(one.peak_mib for one in polls)


def _memory(quiet: Measured, peak_mib: float) -> Grid:
    chosen = cheapest_memory(peak_mib, _SIZES)
    return Grid(
        "memory",
        "Memory of the poll function: an estimate from its CPU, its waiting and the memory's share",
        ("MB", "billed seconds", "GB-seconds", "of its memory at the peak of any poll", ""),
        tuple(
            (
                str(size),
                f"{seconds_at(quiet, size):.1f}",
                f"{gb_seconds(quiet, size):.2f}",
                f"{peak_mib / size:.0%}",
                "chosen: the least of which half stays free" if size == chosen else "",
            )
            for size in _SIZES
        ),
    )


def _default_bill(measured: Sequence[Measured]) -> dict[str, float]:
    parts = _billed(measured)
    return bill(Month(), *parts) if parts else {}


def _billed(measured: Sequence[Measured]) -> tuple[Measured, Measured, Measured, float] | None:
    """Give what a month is made of, in an account of about the size that AWS gives today."""
    quiet = _of(measured, "quiet poll", models=50, latency=0.1)
    usage = _of(measured, "new day, reads use", models=50)
    busy = _of(measured, "busy poll", models=50)
    if quiet is None or usage is None or busy is None:
        return None
    return quiet, usage, busy, quiet.regions * quiet.models * _MIB_OF_A_ROW


def _bills(measured: Sequence[Measured]) -> Iterator[Grid]:
    parts = _billed(measured)
    if parts is None:
        return
    quiet = bill(Month(), *parts)
    busy = bill(Month(busy_polls=30, emails=90), *parts)
    rows = [(name, f"{usd:.3f}", f"{busy[name]:.3f}") for name, usd in quiet.items()]
    total = ("**total**", f"**{sum(quiet.values()):.2f}**", f"**{sum(busy.values()):.2f}**")
    yield Grid(
        "bill",
        "A month, USD: 31 Regions x 50 models, without any free tier",
        ("service", "quiet", "busy: 60 changes a day"),
        (*rows, total),
    )
    yield Grid(
        "settings",
        "How settings move it, USD a month",
        ("settings", "total"),
        tuple(
            (name, f"{sum(bill(month, *parts).values()):.2f}")
            for name, month in variants(Month()).items()
        ),
    )


def _growth(measured: Sequence[Measured]) -> Grid:
    """Fit a power to each figure, by least squares over logarithms; 1 is linear."""
    quiet = [one for one in measured if one.scenario == "quiet poll" and one.latency == 0]
    series: dict[str, list[tuple[float, Measured]]] = {
        "models, in 31 Regions": [(one.models, one) for one in quiet if one.regions == 31],  # noqa: PLR2004
        "Regions, of 150 models": [(one.regions, one) for one in quiet if one.models == 150],  # noqa: PLR2004
        "changes, in 8 Regions of 150": [
            (float(one.scenario.split()[0]), one)
            for one in measured
            if one.scenario.endswith("changes")
        ],
    }
    figures: dict[str, Callable[[Measured], float]] = {
        "CPU seconds": lambda one: one.cpu,
        "peak MiB": lambda one: one.peak_mib,
        "calls": lambda one: one.counted.total_calls,
        "bytes received": lambda one: one.counted.bytes_received,
        "read units": lambda one: one.counted.read_units,
        "write units": lambda one: one.counted.write_units,
        "rows written": lambda one: one.counted.row_writes,
        "other items written": lambda one: one.counted.other_writes,
    }
    return Grid(
        "growth",
        "Growth: the power by which each figure grows with …",
        ("figure", *series),
        tuple(
            (name, *(_power([(x, figure(one)) for x, one in points]) for points in series.values()))
            for name, figure in figures.items()
        ),
    )


def _power(points: Sequence[tuple[float, float]]) -> str:
    """Give the power, and the values at both ends."""
    if len(points) < 2:  # noqa: PLR2004 no line goes through one
        return "not measured"
    ends = f"{points[0][1]:,.3g} to {points[-1][1]:,.3g}"
    if any(y <= 0 for _, y in points):
        return ends
    slope, _ = linear_regression([log(x) for x, _ in points], [log(y) for _, y in points])
    return f"{slope:.2f} ({ends})"


def _plots(measured: Sequence[Measured]) -> dict[str, str]:
    """Give two plots in a language that GitHub draws."""
    quiet = sorted(
        (one for one in measured if one.scenario == "quiet poll" and one.latency == 0),
        key=lambda one: one.regions * one.models,
    )
    far = [
        one
        for one in measured
        if one.scenario == "quiet poll" and (one.regions, one.models) == (31, 150)
    ]
    cpu = {f"{one.regions} x {one.models:,}": one.cpu for one in quiet}
    walls = {f"{one.latency * 1000:.0f} ms": one.wall for one in far}
    return {
        "plot-cpu": _plot("CPU of a quiet poll", "Regions x models", cpu),
        "plot-wall": _plot(
            "Wall time of a quiet poll, 31 x 150", "one way to a Region and back", walls
        ),
    }


def _plot(title: str, across: str, seconds: Mapping[str, float]) -> str:
    names = ", ".join(f'"{name}"' for name in seconds)
    values = ", ".join(f"{one:.2f}" for one in seconds.values())
    # Left to itself the axis begins at the shortest bar, and a tenth looks like all of it.
    highest = ceil(max(seconds.values(), default=1))
    return (
        "```mermaid\nxychart-beta\n"
        f'    title "{title}"\n    x-axis "{across}" [{names}]\n'
        f'    y-axis "seconds" 0 --> {highest}\n    bar [{values}]\n```'
    )
