"""The core is pure: no AWS, no environment, no clock, in any module it stands on."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import notifier

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(notifier.__path__[0])
PURE: Final = (
    "model",
    "lifecycle",
    "deadlines",
    "changes",
    "scope",
    "decide",
    "coverage",
    "observe",
    "grouping",
    "times",
    "usage",
    "usage_memory",
    "evidence",
    "successor",
    "plan",
    "capacity",
    "health_event",
    "health_dates",
    "health_news",
    "health_lifecycles",
    "affected",
    "enrich",
    "render",
    "digest",
    "snooze",
    "upcoming",
    "render.chat",
    "render.chat_digest",
    "render.digest",
    "render.explanation",
    "render.markup",
    "render.layout",
    "render.entries",
    "render.consequences",
    "render.health",
    "render.migration",
    "render.words",
    "render.sentences",
    "render.email",
    "render.document",
    "render.lettering",
    "render.timeline",
    "render.timeline_axis",
    "render.timeline_bars",
    "render.timeline_page",
    "render.timeline_shapes",
    "render.timeline_style",
    "render.timeline_words",
    "render.widgets",
    "render.widget_style",
)
FORBIDDEN: Final = frozenset(
    {"boto3", "botocore", "aws_lambda_powertools", "pydantic", "os", "time", "socket", "random"}
)
CLOCKS: Final = frozenset({"now", "utcnow", "today", "fromtimestamp", "monotonic", "uuid4"})


def source(module: str) -> ast.Module:
    spec = find_spec(f"notifier.{module}" if module else "notifier")
    assert spec is not None
    assert spec.origin is not None
    return ast.parse(Path(spec.origin).read_text(encoding="utf-8"))


def imports(tree: ast.Module) -> Iterator[str]:
    """Yield what a module imports when it runs: not what only the type checker reads."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                pending += node.orelse
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom(module=str(name)):
                yield name
                yield from (f"{name}.{alias.name}" for alias in node.names)
            case _:
                pending += ast.iter_child_nodes(node)


def reached(module: str) -> dict[str, set[str]]:
    """Give every module of the package that a module stands on, with what each imports."""
    found: dict[str, set[str]] = {}
    pending = [module]
    while pending:
        name = pending.pop()
        if name in found:
            continue
        found[name] = set(imports(source(name)))
        own = (one.removeprefix("notifier.") for one in found[name] if one.startswith("notifier."))
        pending += [one for one in own if (ROOT / f"{one.replace('.', '/')}.py").exists()]
    return found


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_stands_on_nothing_impure(module: str) -> None:
    found = {
        f"{name} imports {imported}"
        for name, names in reached(module).items()
        for imported in names
        if imported.split(".")[0] in FORBIDDEN
    }

    assert found == set()


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_reads_no_clock(module: str) -> None:
    calls = {
        node.func.attr
        for node in ast.walk(source(module))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }

    assert not calls & CLOCKS


def test_every_module_that_uses_aws_is_known_to_this_test() -> None:
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in ROOT.rglob("*.py")
    }
    impure = {name for name in modules if name.split(".")[0] in {"sources", "poll", "pipeline"}}

    assert {"sources.bedrock", "poll"} <= impure
    assert "sources.bedrock" in reached("poll")
    assert set(PURE) - {"render"} <= modules


def test_importing_the_core_loads_no_aws_library() -> None:
    names = ", ".join(f"notifier.{module}" for module in PURE)
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT.parent)!r}); import {names}; "
        f"print(*sorted({set(FORBIDDEN - {'os', 'time'})!r} & sys.modules.keys()))"
    )

    done = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == ""
