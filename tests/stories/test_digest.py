"""Digests over weeks: what they say once, what they cover, and when they keep silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from notifier.errors import AwsError
from notifier.settings import AlertOn, Settings
from tests.world import EAST, EUROPE, THROTTLED, WEST, RecordingChannel, World, at, kinds, model

if TYPE_CHECKING:
    from notifier.model import ListedModel

A, B, C = "acme.alpha-v1:0", "acme.beta-v1:0", "acme.gamma-v1:0"
MONDAY, NEXT, THIRD = "2026-10-12T09:00:00Z", "2026-10-19T09:00:00Z", "2026-10-26T09:00:00Z"


def dying(model_id: str, end_of_life: str = "2027-04-08", **given: Any) -> ListedModel:  # noqa: ANN401 (dates)
    """Give a Legacy model with an end-of-life date."""
    return model(model_id, "LEGACY", legacy="2026-10-08", end_of_life=end_of_life, **given)


@pytest.fixture
def account(world: World) -> World:
    """Give a world that has told its baseline, and in which A is used and B is not."""
    world.regions.update({EAST: [model(A), model(B)], WEST: [model(A), model(B)]})
    for region in (EAST, WEST):
        world.account.invoked(region, A, "2026-10-01")
    world.poll("2026-10-05")
    return world


def ids(documents: list[dict[str, Any]]) -> list[list[str]]:
    return [[entry["model_id"] for entry in document["models"]] for document in documents]


def poll(world: World, when: str) -> list[dict[str, Any]]:
    """Poll as of a day until which A is called."""
    for region in (EAST, WEST):
        world.account.invoked(region, A, when[:10])
    return world.poll(when)


def both(world: World, *models: ListedModel) -> None:
    world.regions.update({EAST: list(models), WEST: list(models)})


def test_a_quiet_week_has_no_digest(account: World) -> None:
    poll(account, "2026-10-12T08:00:00Z")

    assert account.digest(MONDAY) == []
    assert account.ledger.unsettled() == ((), ())
    # It counts as told: the next one speaks of the time after it.
    assert account.snapshot.digest_state() == (None, at("2026-10-12T08:00:00Z"))


def test_what_nobody_uses_is_listed_once_and_kept_as_digested(account: World) -> None:
    both(account, model(A), dying(B))
    assert poll(account, "2026-10-08") == []

    assert ids(account.digest(MONDAY)) == [[B]]
    assert "deferred" not in account.row(B)
    assert account.row(B)["digested"]["end_of_life"] == "2027-04-08"
    assert account.row(B)["digested"]["reason"] == "not in use"
    assert "told" not in account.row(B)
    assert poll(account, "2026-10-13") == []
    assert account.digest(NEXT) == []


def test_beginning_to_use_what_only_a_digest_has_said_is_told_once(account: World) -> None:
    both(account, model(A), dying(B))
    poll(account, "2026-10-08")
    account.digest(MONDAY)
    account.account.invoked(EAST, B, "2026-10-14")

    assert kinds(poll(account, "2026-10-14")) == ["NOW_IN_USE"]
    assert "digested" not in account.row(B)
    assert poll(account, "2026-10-15") == []


def test_what_a_digest_has_said_and_is_true_no_longer_is_taken_back_by_the_next(
    account: World,
) -> None:
    both(account, model(A), dying(B))
    poll(account, "2026-10-08")
    account.digest(MONDAY)
    both(account, model(A), model(B))
    poll(account, "2026-10-14")

    assert ids(account.digest(NEXT)) == [[B]]
    assert poll(account, "2026-10-20") == []
    assert account.digest(THIRD) == []


def test_what_was_told_is_said_again_in_one_line_and_then_no_more(account: World) -> None:
    both(account, dying(A), model(B))
    assert kinds(poll(account, "2026-10-08")) == ["ENTERED_LEGACY"]

    assert ids(account.digest(MONDAY)) == [[A]]
    poll(account, "2026-10-19T08:00:00Z")
    assert account.digest(NEXT) == []


def test_what_comes_within_ninety_days_is_in_every_digest_those_in_use_first(
    account: World,
) -> None:
    both(account, dying(A, "2026-12-30"), dying(B, "2026-11-30"))
    poll(account, "2026-10-08")

    for when in (MONDAY, NEXT):
        poll(account, when.replace("09:00", "08:00"))
        assert ids(account.digest(when)) == [[A, B]]


def test_a_model_that_is_new_everywhere_is_in_the_next_digest_alone(account: World) -> None:
    both(account, model(A), model(B), model(C))
    assert poll(account, "2026-10-08") == []

    assert ids(account.digest(MONDAY)) == [[C]]
    poll(account, "2026-10-13")
    assert account.digest(NEXT) == []


def test_the_models_of_a_region_that_is_new_are_no_new_models(account: World) -> None:
    account.regions[EUROPE] = [model(C)]
    poll(account, "2026-10-08")

    assert account.digest(MONDAY) == []


def test_a_digest_that_could_not_be_sent_is_sent_later_and_speaks_of_the_time_since(
    account: World,
) -> None:
    both(account, model(A), dying(B))
    poll(account, "2026-10-11")
    account.topic.down = True
    assert account.digest(MONDAY) == []
    assert account.summary is not None
    assert account.summary.delivery_failures == 1
    both(account, model(A), dying(B), dying(C))
    poll(account, "2026-10-12T10:00:00Z")
    account.topic.down = False

    late = poll(account, "2026-10-13")

    assert ids(late) == [[B, C]]
    assert late[0]["occurred_at"] == "2026-10-13T10:00:00Z"
    assert poll(account, "2026-10-14") == []
    assert account.digest(NEXT) == []
    assert len(account.bus.accepted) == 1 + 1  # the baseline and one digest


def test_of_two_weeks_without_sns_there_is_one_digest(account: World) -> None:
    both(account, model(A), dying(B))
    poll(account, "2026-10-11")
    account.topic.down = True
    account.digest(MONDAY)
    poll(account, "2026-10-15")
    account.digest(NEXT)
    account.topic.down = False

    assert kinds(poll(account, "2026-10-19T10:00:00Z")) == ["DIGEST"]
    assert account.digest(THIRD) == []


def test_alerts_of_the_outage_come_before_the_digest_that_recalls_them(account: World) -> None:
    account.topic.down = True
    both(account, dying(A), dying(B))
    poll(account, "2026-10-11")
    account.digest(MONDAY)
    account.topic.down = False

    assert kinds(poll(account, "2026-10-13")) == ["ENTERED_LEGACY", "DIGEST"]
    assert ids(account.topic.accepted)[-1] == [A, B]


def test_the_same_digest_delivered_again_says_nothing(account: World) -> None:
    both(account, model(A), dying(B))
    poll(account, "2026-10-08")

    assert kinds(account.digest(MONDAY)) == ["DIGEST"]
    assert account.digest(MONDAY) == []
    assert account.digest("2026-10-12T08:30:00Z") == []


def test_while_a_poll_is_under_way_the_digest_is_left_to_the_next(account: World) -> None:
    both(account, model(A), dying(B))
    poll(account, "2026-10-08")
    busy = account.lease()
    account.snapshot.acquire(busy, at("2026-10-12T08:59:00Z"))

    assert account.digest(MONDAY) == []
    assert account.summary is not None
    assert (account.summary.outcome, account.summary.reasons_to_fail) == ("left to a poll", [])
    account.snapshot.release(busy)

    assert kinds(poll(account, "2026-10-12T09:59:00Z")) == ["DIGEST"]


def test_a_digest_that_is_due_while_a_poll_runs_is_told_by_it_in_the_end(account: World) -> None:
    both(account, model(A), dying(B))
    poll(account, "2026-10-08")
    account.snapshot.note_digest_due(at(MONDAY))

    assert kinds(poll(account, MONDAY)) == ["DIGEST"]


def test_a_poll_of_a_time_that_was_polled_already_tells_the_digest_that_is_due(
    account: World,
) -> None:
    both(account, model(A), dying(B))
    poll(account, MONDAY)
    account.snapshot.note_digest_due(at(MONDAY))

    assert kinds(poll(account, MONDAY)) == ["DIGEST"]


def test_before_the_baseline_there_is_no_digest_and_after_it_only_what_is_new(
    world: World,
) -> None:
    world.regions[EAST] = [dying(B)]
    world.topic.heard = False
    world.poll("2026-10-11")
    assert world.digest(MONDAY) == []
    world.topic.heard = True

    assert kinds(world.poll("2026-10-12T10:00:00Z")) == ["BASELINE"]
    assert world.poll("2026-10-13") == []


def test_a_channel_that_missed_the_digest_gets_it_later_and_no_other_twice(account: World) -> None:
    account.chat = RecordingChannel("chat", tells=False, down=True)
    both(account, model(A), dying(B))
    poll(account, "2026-10-08")
    assert kinds(account.digest(MONDAY)) == ["DIGEST"]
    account.chat.down = False

    assert poll(account, "2026-10-12T10:00:00Z") == []
    assert kinds(account.chat.accepted)[-1:] == ["DIGEST"]
    assert poll(account, "2026-10-12T11:00:00Z") == []
    assert kinds(account.chat.accepted).count("DIGEST") == 1


def test_what_changes_while_the_digest_is_on_its_way_is_said_by_the_next(account: World) -> None:
    both(account, model(A), dying(B))
    poll(account, "2026-10-08")
    account.topic.down = True
    account.digest(MONDAY)
    listed = account.ledger.unsettled()[0][0].digested
    both(account, model(A), dying(B, "2027-06-08"))
    poll(account, "2026-10-12T10:00:00Z")
    # An accepted publish whose words are older than the row: the row goes on waiting.
    assert account.snapshot.move_digested(listed) == []

    assert account.row(B)["deferred"]["end_of_life"] == "2027-06-08"
    assert "digested" not in account.row(B)


def test_what_goes_on_as_it_was_is_no_reason_for_a_digest(world: World) -> None:
    world.regions.update({EAST: [model(A)], WEST: THROTTLED})
    world.poll("2026-10-05")

    # A Region that never answered, use that cannot be read, no support plan.
    assert world.digest(MONDAY) == []


def test_a_covered_region_that_fails_is_in_the_digest(account: World) -> None:
    account.regions[WEST] = THROTTLED
    poll(account, "2026-10-11T07:00:00Z")
    poll(account, "2026-10-12T08:00:00Z")

    (digest,) = account.digest(MONDAY)

    assert WEST in digest["text"]


def test_a_digest_says_through_the_other_channels_that_nobody_is_subscribed(
    account: World,
) -> None:
    account.chat = RecordingChannel("chat", tells=False)
    poll(account, "2026-10-11")
    account.topic.heard = False

    account.digest(MONDAY)

    assert account.summary is not None
    assert account.summary.delivery_failures == 1
    assert kinds(account.chat.accepted) == ["DIGEST"]
    assert "subscri" in account.chat.accepted[0]["text"]
    poll(account, "2026-10-12T10:00:00Z")
    poll(account, "2026-10-13")
    assert account.summary is not None
    assert account.summary.delivery_failures == 1


@pytest.mark.parametrize(
    ("has_email", "unheard"),
    [(True, ("sns",)), (False, ())],
    ids=["people were subscribed", "only the chat was set up"],
)
def test_a_topic_that_nobody_was_to_hear_is_no_failure(
    account: World,
    has_email: bool,  # noqa: FBT001 (a case)
    unheard: tuple[str, ...],
) -> None:
    account.chat = RecordingChannel("chat", tells=False)
    account.topic.heard = False
    account.settings = Settings(has_email=has_email)

    poll(account, "2026-10-13")

    assert account.summary is not None
    assert account.summary.unheard == unheard


def test_the_first_message_goes_out_when_only_the_chat_hears_it(world: World) -> None:
    world.regions[EAST] = [model(A)]
    world.topic.heard = False
    world.chat = RecordingChannel("chat", tells=False)

    assert kinds(world.poll("2026-10-05")) == ["BASELINE"]
    assert kinds(world.chat.accepted) == ["BASELINE"]


def test_ignored_models_are_in_no_digest(account: World) -> None:
    account.settings = Settings(ignore=("acme.beta*",))
    both(account, model(A), dying(B, "2026-11-30"))
    poll(account, "2026-10-08")

    assert account.digest(MONDAY) == []


def test_a_digest_is_no_poll(account: World) -> None:
    account.bedrock.asked.clear()
    both(account, dying(A), model(B))

    assert account.digest(MONDAY) == []
    assert account.bedrock.asked == []
    assert account.snapshot.read().last_completed_at == at("2026-10-05")


def test_a_digest_finishes_what_earlier_runs_left(account: World) -> None:
    account.topic.down = True
    both(account, dying(A), model(B))
    poll(account, "2026-10-11")
    account.topic.down = False

    assert kinds(account.digest(MONDAY)) == ["ENTERED_LEGACY", "DIGEST"]


def test_sixty_models_that_enter_legacy_on_three_dates_are_three_messages(world: World) -> None:
    names = [f"acme.model-{n:02d}-v1:0" for n in range(60)]
    both(world, *(model(name) for name in names))
    world.poll("2026-10-05")
    ends = ("2027-04-08", "2027-05-08", "2027-06-08")
    both(world, *(dying(name, ends[n % 3]) for n, name in enumerate(names)))
    world.chat = RecordingChannel("chat", tells=False)

    told = world.poll("2026-10-08")

    assert [(d["kind"], d["milestone_date"], len(d["models"])) for d in told] == [
        ("ENTERED_LEGACY", end, 20) for end in ends
    ]
    assert kinds(world.chat.accepted) == ["ENTERED_LEGACY"] * 3


def test_a_digest_that_has_nothing_left_to_say_when_sns_is_back_is_not_sent(
    account: World,
) -> None:
    both(account, model(A), dying(B))
    poll(account, "2026-10-11")
    account.topic.down = True
    account.digest(MONDAY)
    both(account, model(A), model(B))
    poll(account, "2026-10-12T10:00:00Z")
    account.topic.down = False

    assert poll(account, "2026-10-13") == []
    assert account.ledger.unsettled() == ((), ())
    assert account.digest(NEXT) == []


def test_a_poll_of_before_the_digest_was_due_takes_nothing_away_from_it(account: World) -> None:
    both(account, model(A), dying(B))
    poll(account, "2026-10-11")
    account.topic.down = True
    account.digest(MONDAY)
    poll(account, "2026-10-12T08:59:00Z")  # Lambda tries it again, after the digest.
    account.topic.down = False

    assert kinds(poll(account, "2026-10-13")) == ["DIGEST"]
    assert account.digest(NEXT) == []


def test_a_digest_that_somebody_else_has_settled_is_no_end_of_all_digests(account: World) -> None:
    both(account, model(A), dying(B))
    poll(account, "2026-10-11")
    account.topic.down = True
    account.digest(MONDAY)
    ((waiting,), _) = account.ledger.unsettled()
    account.ledger.settle(waiting.alert_id, finished=True)
    account.topic.down = False
    assert poll(account, "2026-10-13") == []

    assert ids(account.digest(NEXT)) == [[B]]


def test_a_digest_that_is_on_its_way_is_not_withdrawn(account: World) -> None:
    both(account, model(A), dying(B))
    poll(account, "2026-10-11")
    account.topic.down = True
    account.digest(MONDAY)
    ((waiting,), _) = account.ledger.unsettled()
    busy = account.lease()
    assert account.ledger.claim(waiting.alert_id, busy.holder, busy.clock, busy.until)

    assert not account.ledger.withdraw(waiting.alert_id, busy.clock)


def test_a_digest_speaks_up_to_the_last_poll_and_points_to_what_it_lists(account: World) -> None:
    both(account, model(A), dying(B))
    poll(account, "2026-10-11T08:00:00Z")

    (told,) = account.digest(MONDAY)

    assert account.snapshot.digest_state().covered_until == at("2026-10-11T08:00:00Z")
    pointers = [one["alert_id"] for one in account.items("Alerts") if "model_id" in one]
    assert f"{told['alert_id']}#{B}" in pointers


@pytest.mark.parametrize(
    "settings",
    [Settings(watch=("acme.*",)), Settings(alert_on=AlertOn.ALL), Settings(usage=False)],
    ids=["it is watched", "everything is wanted", "use is not read"],
)
@pytest.mark.parametrize("at_once", [False, True], ids=["a day before", "in the same poll"])
def test_what_waits_when_settings_change_is_in_the_next_digest(
    account: World,
    settings: Settings,
    at_once: bool,  # noqa: FBT001 (a case)
) -> None:
    both(account, model(A), dying(B))
    if not at_once:
        assert poll(account, "2026-10-08") == []
    account.settings = settings
    assert poll(account, "2026-10-09") == []
    assert poll(account, "2026-10-10") == []

    assert ids(account.digest(MONDAY)) == [[B]]
    assert account.digest(NEXT) == []


def test_that_nobody_listens_is_said_only_where_that_is_known(
    account: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def throttled() -> bool:
        action, code = "sns:GetTopicAttributes", "Throttling"
        raise AwsError(action, code, "too many", permanent=False)

    monkeypatch.setattr(account.topic, "is_heard", throttled)

    assert account.digest(MONDAY) == []
    assert account.summary is not None
    assert account.summary.delivery_failures == 1  # For the alarm, unknown is not good enough.


def test_the_first_message_is_followed_by_no_digest_about_the_same(world: World) -> None:
    world.regions[EAST] = [dying(B, "2026-12-30")]
    world.topic.heard = False
    world.poll("2026-10-11")
    world.digest(MONDAY)
    world.topic.heard = True

    assert kinds(world.poll("2026-10-12T10:00:00Z")) == ["BASELINE"]
    assert kinds(world.digest(NEXT)) == ["DIGEST"]


def test_a_region_that_is_no_longer_enabled_is_not_said_to_be_tried(account: World) -> None:
    account.regions[EUROPE] = THROTTLED
    poll(account, "2026-10-06")
    del account.regions[EUROPE]
    both(account, model(A), dying(B))
    poll(account, "2026-10-11")

    (told,) = account.digest(MONDAY)

    assert EUROPE not in told["text"]
