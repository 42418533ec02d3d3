"""The sample by which an operator sees that alerts arrive: decided, kept and sent as any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notifier.grouping import sample_alert
from notifier.ledger import record
from notifier.render.document import notification

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from notifier.delivery import AlertsTopic, ChatTopic, Delivery
    from notifier.ledger import Ledger
    from notifier.render.email import Place
    from notifier.snapshot import Lease


class SampleFailedError(Exception):
    """The sample did not get out; what failed is in the message."""


def send_sample(  # noqa: PLR0913 the way of an alert, each station given by name
    *,
    token: str,
    ledger: Ledger,
    topics: Sequence[AlertsTopic | ChatTopic],
    delivery: Delivery,
    place: Place,
    lease: Lease,
    now: datetime,
) -> dict[str, Any]:
    """Send one sample; the same `token` again sends none.

    Gives `alert_id`, `told` and `unheard`: the topics that nobody is subscribed to. Raises AwsError
    when our own tables refuse, SampleFailedError when a channel does.
    """
    alert = sample_alert(token, now)
    new = record(alert, notification(alert, place))
    ledger.put(new)
    (outcome,) = delivery.deliver([new], lease, now, {})
    if outcome.errors:
        raise SampleFailedError("; ".join(str(error) for error in outcome.errors))
    return {
        "outcome": "sent",
        "alert_id": new.alert_id,
        "told": outcome.told or ledger.get(new.alert_id) is None,
        "unheard": [topic.name for topic in topics if not topic.is_heard()],
    }
