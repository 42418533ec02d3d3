"""What is known of rows beyond the catalog: who uses them, where to go, what AWS Health says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifier.evidence import uses, with_use
from notifier.health_lifecycles import with_lifecycles
from notifier.successor import with_successors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from notifier.health_event import ServiceLifecycle
    from notifier.model import TrackedModel
    from notifier.settings import ScopeSettings
    from notifier.usage import RegionUsage


def enriched(  # noqa: PLR0913 what is known, each part given by name
    rows: Sequence[TrackedModel],
    *,
    usage: Mapping[str, RegionUsage],
    lifecycles: Sequence[ServiceLifecycle],
    settings: ScopeSettings,
    partition: str,
    today: date,
) -> tuple[TrackedModel, ...]:
    """Add to each row whether it is used and, where it is on its way out, its successor."""
    within = settings.used_within_days
    found = uses(rows, usage, partition, within, today) if usage else {}
    used = with_use(rows, found, within, today)
    return with_lifecycles(with_successors(used), lifecycles)
