"""Which tests one process gets: whole files, and together those that share a deployed stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

if TYPE_CHECKING:
    import pytest

# In two processes they would deploy it twice.
_TOGETHER: Final = {
    f"tests/e2e/test_{name}.py": "tests/e2e"
    for name in ("dashboard", "deployed", "health", "outages")
}


class StacksTogether(LoadFileScheduling):  # type: ignore[misc]
    """Distributes as `--dist loadfile` does, with these files as one."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return _TOGETHER.get(file, file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> StacksTogether:  # noqa: ANN401 untyped there
    """Give pytest-xdist how to distribute."""
    return StacksTogether(config, log)
