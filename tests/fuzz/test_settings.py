"""Any value for any setting: it is accepted, or refused in one line that names it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from infra.config import SettingError, Settings, load

NOW = datetime(2026, 10, 1, tzinfo=UTC)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
anything = st.recursive(
    scalars, lambda part: st.lists(part) | st.dictionaries(st.text(), part), max_leaves=6
)
likely = st.sampled_from(
    [
        "true",
        "false",
        "all",
        "used",
        "us-east-1",
        "a@b.example",
        "60",
        "",
        "[]",
        "create",
        "cron(0 9 ? * 2 *)",
    ]
)
contexts = st.dictionaries(
    st.sampled_from(sorted(Settings.model_fields)), likely | anything, max_size=5
)


@given(contexts)
def test_any_settings_are_accepted_or_refused_in_one_line(context: dict[str, Any]) -> None:
    try:
        settings = load(context, NOW)
    except SettingError as refusal:
        text = str(refusal)
        assert "\n" not in text
        assert any(name in text for name in context)
        assert len(text) < 1_000
    else:
        assert isinstance(settings, Settings)
