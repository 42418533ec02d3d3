"""Only what concerns this account: what is used is told, the rest waits; what is unknown is told.

Successors, idle spells and evidence over several polls.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from notifier.capacity import Peak, Quota
from notifier.model import Capabilities, Failure
from notifier.settings import AlertOn, Settings
from notifier.usage import Calls, ReadFailure, Resource, Source
from tests.world import EAST, EUROPE, WEST, World, kinds, model

if TYPE_CHECKING:
    from notifier.model import ListedModel

A, B, NEXT = "acme.alpha-1-v1:0", "acme.beta-1-v1:0", "acme.alpha-2-v1:0"
END = "2027-04-08"
TEXT = Capabilities(("TEXT",), ("TEXT",), ("ON_DEMAND",), streaming=True)
THROTTLED = ReadFailure("ThrottlingException", "Rate exceeded")


def active(model_id: str, name: str | None = None) -> ListedModel:
    """Give an active model that can be a successor."""
    return model(model_id, name=name)._replace(capabilities=TEXT)


def legacy(model_id: str = A, end_of_life: str = END) -> ListedModel:
    """Give a Legacy model with an end-of-life date."""
    dying = model(model_id, "LEGACY", legacy="2026-10-08", end_of_life=end_of_life, name="Alpha 1")
    return dying._replace(capabilities=TEXT)


def us_profile(model_id: str) -> Resource:
    """Give the profile by which the model of both American Regions is called."""
    arns = tuple(f"arn:aws:bedrock:{one}::foundation-model/{model_id}" for one in (EAST, WEST))
    return Resource(
        f"arn:aws:bedrock:{EAST}:123456789012:inference-profile/us.{model_id}",
        "US Alpha",
        arns,
        f"us.{model_id}",
        depends=False,
    )


def agent(model_id: str) -> Resource:
    return Resource(
        f"arn:aws:bedrock:{EAST}:123456789012:agent/AGENT1", "support-bot", (model_id,), "AGENT1"
    )


def settled(world: World) -> World:
    """Let a world of two Regions tell its baseline."""
    for region in (EAST, WEST):
        world.regions[region] = [active(A, "Alpha 1"), active(B, "Beta 1"), active(NEXT, "Alpha 2")]
        world.account.has(region, Source.SYSTEM_PROFILES, us_profile(A))
    world.poll("2026-10-01")
    return world


@pytest.fixture
def account(world: World) -> World:
    """Give a world that has told its baseline; nothing is used, and that is known."""
    return settled(world)


def enters_legacy(world: World, *regions: str) -> None:
    """Let a model enter Legacy."""
    for region in regions or (EAST,):
        world.regions[region] = [legacy(), active(B, "Beta 1"), active(NEXT, "Alpha 2")]


def test_a_used_model_is_told_with_its_evidence_and_its_successor(account: World) -> None:
    account.account.invoked(EAST, A, "2026-10-07", invocations_14d=18_234, tokens=(5_000, 700))
    account.account.has(EAST, Source.AGENTS, agent(A))
    enters_legacy(account)

    (told,) = account.poll("2026-10-08")

    (entry,) = told["models"]
    assert told["kind"] == "ENTERED_LEGACY"
    assert told["severity"] == "warning"
    assert entry["in_use"] is True
    assert entry["invocations_14d"] == 18_234
    assert entry["used_by"] == [
        "agent support-bot in us-east-1 (arn:aws:bedrock:us-east-1:123456789012:agent/AGENT1)"
    ]
    assert entry["replacement"] == NEXT
    assert entry["replacement_source"] == "same family, newest active"
    for words in ("18,234 calls in 14 days", "support-bot", "Alpha 2", "A PLAN", "assessment"):
        assert words in told["text"]


def test_the_row_answers_who_uses_it_and_what_to_do(account: World) -> None:
    account.account.invoked(EAST, A, "2026-10-07", invocations_14d=12)
    enters_legacy(account)
    account.poll("2026-10-08")

    row = account.row(A)

    assert row["in_use"] is True
    assert row["invocations_14d"] == 12
    assert row["last_invoked_on"] == "2026-10-07"
    assert row["replacement"] == NEXT
    assert row["plan"][0].startswith("2026-10-08 to ")
    assert row["plan"][-1] == f"2027-03-10 to {END}: operation"
    other = account.row(B)
    assert other["in_use"] is False
    assert other["invocations_14d"] == 0
    assert "last_invoked_on" not in other


def test_a_model_nobody_uses_waits_for_the_digest_in_silence(account: World) -> None:
    enters_legacy(account)

    assert account.poll("2026-10-08") == []
    assert account.poll("2027-03-25") == []  # reminders are the digest's business as well
    assert account.row(A)["deferred"]["reason"] == "not in use"


def test_beginning_to_use_a_dying_model_is_told_once(account: World) -> None:
    enters_legacy(account)
    account.poll("2026-10-08")
    account.account.invoked(EAST, A, "2026-11-01", invocations_14d=3)

    (told,) = account.poll("2026-11-02")

    assert told["kind"] == "NOW_IN_USE"
    assert told["reason"] == (
        "This account now uses Alpha 1, which is Legacy; end of life in 157 days (Thu 2027-04-08)."
    )
    assert account.poll("2026-11-03") == []
    assert "deferred" not in account.row(A)
    assert kinds(account.poll("2026-12-09")) == ["DEADLINE"]


def test_when_use_can_no_longer_be_excluded_what_waited_is_told_and_says_why(
    account: World,
) -> None:
    enters_legacy(account)
    account.poll("2026-10-08")
    account.account.fails(EAST, Source.AGENTS)

    (told,) = account.poll("2026-10-09")

    assert told["kind"] == "NOW_IN_USE"
    assert told["models"][0]["in_use"] is None
    assert told["reason"].startswith("It can no longer be told whether this account uses Alpha 1")
    assert "not known: agents in us-east-1 (AccessDeniedException)" in " ".join(
        told["text"].split()
    )
    assert account.poll("2026-10-10") == []


def test_a_profile_called_in_one_region_uses_the_model_in_all_that_it_leads_to(
    account: World,
) -> None:
    account.account.invoked(EAST, f"us.{A}", "2026-10-07", invocations_14d=40)
    enters_legacy(account, EAST, WEST)

    (told,) = account.poll("2026-10-08")

    (entry,) = told["models"]
    assert entry["regions"] == [EAST, WEST]
    assert entry["invocations_14d"] == 40  # calls, not calls times Regions
    assert account.row(A, WEST)["in_use"] is True
    assert f"us.{A} in us-east-1" in " ".join(told["text"].split())


def test_a_straggler_is_told_when_its_use_is_proven(account: World) -> None:
    account.account.invoked(EAST, A, "2026-10-07")
    account.account.fails(WEST, Source.AGENTS)
    enters_legacy(account)
    account.poll("2026-10-08")
    enters_legacy(account, WEST)
    assert account.poll("2026-10-09") == []

    account.account.invoked(WEST, A, "2026-10-09")

    assert kinds(account.poll("2026-10-10")) == ["NOW_IN_USE"]


@pytest.mark.parametrize("source", Source, ids=lambda source: f"no {source}")
def test_a_denied_reading_makes_use_unknown_and_the_alert_goes_out(
    account: World, source: Source
) -> None:
    account.account.fails(EAST, source)
    enters_legacy(account)

    (told,) = account.poll("2026-10-08")

    assert told["kind"] == "ENTERED_LEGACY"
    assert told["models"][0]["in_use"] is None
    assert told["severity"] == "warning"
    assert account.summary is not None
    assert account.summary.document()["usage_failing"] == {source.value: [EAST]}
    assert account.summary.reasons_to_fail == []


def test_throttling_in_half_of_the_regions_hides_nothing_and_claims_nothing(
    account: World,
) -> None:
    account.account.invoked(WEST, B, "2026-10-07")
    for source in Source:
        account.account.fails(EAST, source, THROTTLED)
    enters_legacy(account, EAST, WEST)

    (told,) = account.poll("2026-10-08")

    assert told["models"][0]["in_use"] is None
    assert account.row(B, WEST)["in_use"] is True
    assert "in_use" not in account.row(B, EAST)


def test_a_failure_is_said_once_and_counted_every_time(account: World) -> None:
    account.account.fails(EAST, Source.FLOWS)
    said, counted = [], []
    for day in ("2026-10-08", "2026-10-09", "2026-10-10"):
        account.poll(day)
        assert account.summary is not None
        said.append(len(account.summary.warnings))
        counted.append(account.summary.usage_failing)

    assert said == [1, 0, 0]
    assert counted == [{"flows": [EAST]}] * 3


def test_what_was_proven_stays_proven_while_it_cannot_be_read(account: World) -> None:
    account.account.invoked(EAST, A, "2026-10-01")
    account.account.has(EAST, Source.AGENTS, agent(B))
    account.poll("2026-10-02")
    for source in Source:
        account.account.fails(EAST, source)

    account.poll("2026-10-03")

    assert account.row(A)["in_use"] is True
    assert account.row(B)["in_use"] is True
    assert "in_use" not in account.row(NEXT)


def test_use_is_read_once_a_day_and_a_poll_that_does_not_read_it_writes_no_row(
    account: World,
) -> None:
    account.account.invoked(EAST, A, "2026-10-02", invocations_14d=5)
    account.account.reads.clear()
    written = []
    for hour in range(1, 6):
        account.poll(f"2026-10-02T{hour:02}:00:00Z")
        assert account.summary is not None
        written.append(account.summary.rows_written)

    assert [one.region for one in account.account.reads] == [EAST, WEST]
    assert written == [1, 0, 0, 0, 0]


def test_what_was_throttled_is_read_again_at_the_next_poll_alone(account: World) -> None:
    account.account.fails(EAST, Source.PROMPTS, THROTTLED)
    account.poll("2026-10-02T01:00:00Z")
    account.account.reads.clear()
    account.account.fails(EAST, Source.PROMPTS, None)

    account.poll("2026-10-02T02:00:00Z")
    account.poll("2026-10-02T03:00:00Z")

    assert [(one.region, one.sources) for one in account.account.reads] == [
        (EAST, frozenset({Source.PROMPTS}))
    ]
    assert account.row(A)["in_use"] is False


def test_a_region_covered_later_is_read_when_it_is(account: World) -> None:
    account.account.reads.clear()
    account.regions[EUROPE] = [active(A, "Alpha 1"), active(B, "Beta 1")]
    account.account.invoked(EUROPE, A, "2026-10-01")

    # Which Regions are enabled is asked once a day.
    account.poll("2026-10-01T12:00:00Z")
    assert account.account.reads == []
    account.poll("2026-10-02T12:00:00Z")

    assert EUROPE in [one.region for one in account.account.reads]
    assert account.row(A, EUROPE)["in_use"] is True


def test_a_quarterly_job_counts_although_nothing_was_called_for_months(world: World) -> None:
    world.account.invoked(EAST, A, "2026-07-12", invocations_14d=0)
    account = settled(world)
    enters_legacy(account)

    (told,) = account.poll("2026-10-08")

    assert told["models"][0]["in_use"] is True
    assert "no call in 14 days, the last on Sun 2026-07-12 (88 days ago)" in " ".join(
        told["text"].split()
    )


def test_a_profile_that_is_listed_late_is_looked_back_for_when_it_is(world: World) -> None:
    world.account.invoked(EAST, f"us.{A}", "2026-08-10", invocations_14d=0)
    world.account.fails(EAST, Source.SYSTEM_PROFILES, THROTTLED)
    account = settled(world)
    account.account.fails(EAST, Source.SYSTEM_PROFILES, None)
    account.poll("2026-10-01T11:00:00Z")
    enters_legacy(account)

    assert kinds(account.poll("2026-10-08")) == ["ENTERED_LEGACY"]


def test_calls_made_while_cloudwatch_was_silent_for_weeks_are_found_after_it(
    account: World,
) -> None:
    account.account.invoked(EAST, A, "2026-10-12")
    account.account.fails(EAST, Source.INVOCATIONS)
    for day in range(10, 31):
        account.poll(f"2026-10-{day}")
    account.account.fails(EAST, Source.INVOCATIONS, None)
    account.poll("2026-11-01")

    assert account.row(A)["in_use"] is True
    assert account.row(A)["last_invoked_on"] == "2026-10-12"


def test_calls_made_while_no_poll_ran_are_found_after_it(account: World) -> None:
    account.account.invoked(EAST, A, "2026-10-05")

    account.poll("2026-11-10")

    assert account.row(A)["last_invoked_on"] == "2026-10-05"


def test_counting_calls_for_longer_looks_back_for_longer(world: World) -> None:
    world.account.invoked(EAST, A, "2026-05-01", invocations_14d=0)
    account = settled(world)
    assert account.row(A)["in_use"] is False
    account.settings = Settings(used_within_days=200)

    account.poll("2026-10-02")

    assert account.row(A)["in_use"] is True


def test_calls_behind_a_silent_cloudwatch_are_not_counted_in_words(account: World) -> None:
    account.account.invoked(EAST, A, "2026-10-01", invocations_14d=18_234)
    account.poll("2026-10-02")
    account.account.fails(EAST, Source.INVOCATIONS)
    enters_legacy(account)

    (told,) = account.poll("2026-11-08")

    assert told["models"][0]["in_use"] is True
    assert told["models"][0]["invocations_14d"] is None
    assert "18,234" not in told["text"]
    assert "calls cannot be counted now; the last call seen was on Thu 2026-10-01" in " ".join(
        told["text"].split()
    )


def test_calls_from_a_region_that_does_not_list_its_models_yet_count_as_well(
    world: World,
) -> None:
    world.regions[EAST] = [active(A, "Alpha 1"), active(B, "Beta 1")]
    world.regions[WEST] = Failure("ThrottlingException", "Rate exceeded")
    for region in (EAST, WEST):
        world.account.has(region, Source.SYSTEM_PROFILES, us_profile(A))
    world.account.invoked(WEST, f"us.{A}", "2026-09-30")
    world.poll("2026-10-01")
    world.regions[EAST] = [legacy(), active(B, "Beta 1")]

    (told,) = world.poll("2026-10-08")

    assert told["models"][0]["in_use"] is True


def test_a_region_that_is_closed_is_not_asked_what_is_used_in_it(world: World) -> None:
    world.regions[WEST] = Failure("AccessDeniedException", "an explicit deny")
    world.regions[EAST] = [active(A), active(B)]
    world.account.readable = True

    world.poll("2026-10-01")

    assert [one.region for one in world.account.reads] == [EAST]
    assert world.row(A)["in_use"] is False


def test_a_passing_failure_wakes_nothing_that_waits(account: World) -> None:
    enters_legacy(account)
    account.poll("2026-10-08")
    account.account.fails(EAST, Source.SYSTEM_PROFILES, THROTTLED)
    assert account.poll("2026-10-09T10:00:00Z") == []
    account.account.fails(EAST, Source.SYSTEM_PROFILES, None)
    assert account.poll("2026-10-09T11:00:00Z") == []
    assert account.row(A)["in_use"] is False


def test_a_failure_that_lasts_for_a_day_wakes_it(account: World) -> None:
    enters_legacy(account)
    account.poll("2026-10-08")
    account.account.fails(EAST, Source.AGENTS, THROTTLED)
    assert account.poll("2026-10-09") == []

    assert kinds(account.poll("2026-10-10")) == ["NOW_IN_USE"]


def test_what_fails_is_counted_by_every_poll_until_it_is_read(account: World) -> None:
    account.account.fails(EAST, Source.FLOWS)
    account.poll("2026-10-02T01:00:00Z")
    account.poll("2026-10-02T02:00:00Z")

    assert account.summary is not None
    assert account.summary.usage_failing == {"flows": [EAST]}
    assert account.summary.usage_read == 0


def test_more_than_can_be_remembered_is_not_known_and_stops_nothing(account: World) -> None:
    prompts = [
        Resource(f"arn:{uuid4()}{uuid4()}", f"{uuid4()}", (A,), f"{uuid4()}", stamp=f"{uuid4()}")
        for _ in range(6_000)
    ]
    account.account.has(EAST, Source.PROMPTS, *prompts)
    account.poll("2026-10-02T10:00:00Z")
    account.poll("2026-10-02T11:00:00Z")

    assert account.summary is not None
    assert account.summary.reasons_to_fail == []
    assert account.summary.usage_failing == {"prompts": [EAST]}
    assert "in_use" not in account.row(B)


def test_calls_by_too_many_names_to_remember_stop_nothing(account: World) -> None:
    for _ in range(9_000):
        account.account.calls.setdefault(EAST, []).append(
            Calls(f"{uuid4()}{uuid4()}", date(2026, 10, 1), 1)
        )
    account.account.readable = True

    account.poll("2026-10-02T10:00:00Z")
    account.poll("2026-10-02T11:00:00Z")

    assert account.summary is not None
    assert account.summary.reasons_to_fail == []
    assert account.summary.usage_failing == {"invocations": [EAST]}


def test_an_older_version_can_read_the_scope_that_is_left(account: World) -> None:
    (poll,) = [item for item in account.items("Models") if item["model_id"] == "#poll"]

    assert set(poll["scope"]) == {"alert_on", "watch", "ignore"}


def test_without_reading_use_nothing_is_asked_and_everything_is_told(world: World) -> None:
    world.settings = Settings(usage=False)
    world.regions[EAST] = [active(A), active(B)]
    world.account.readable = True
    world.poll("2026-10-01")
    world.regions[EAST] = [legacy(), active(B)]

    (told,) = world.poll("2026-10-08")

    assert world.account.reads == []
    assert told["models"][0]["in_use"] is None
    assert world.quotas.asked == []


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(Settings(usage=False), id="reading use is turned off"),
        pytest.param(Settings(used_within_days=200), id="calls count for longer"),
        pytest.param(Settings(alert_on=AlertOn.ALL), id="everything is wanted"),
        pytest.param(Settings(watch=("acme.*",)), id="the model is watched"),
    ],
)
def test_a_change_of_settings_re_scopes_quietly(world: World, settings: Settings) -> None:
    world.regions[EAST] = [active(A), active(B)]
    world.account.invoked(EAST, A, "2026-05-01", invocations_14d=0)
    world.poll("2026-10-01")
    world.regions[EAST] = [legacy(), active(B)]
    assert world.poll("2026-10-08") == []

    world.settings = settings

    assert world.poll("2026-10-09") == []
    world.regions[EAST] = [legacy(end_of_life="2027-03-01"), active(B)]
    assert kinds(world.poll("2026-10-10")) == ["DATES_CHANGED"]


def test_settings_that_narrow_use_send_the_rest_to_the_digest(world: World) -> None:
    world.regions[EAST] = [active(A), active(B)]
    world.account.invoked(EAST, A, "2026-08-01", invocations_14d=0)
    world.poll("2026-10-01")
    world.settings = Settings(used_within_days=30)
    world.regions[EAST] = [legacy(), active(B)]

    assert world.poll("2026-10-08") == []
    assert world.row(A)["in_use"] is False


def test_a_region_that_is_no_longer_watched_says_nothing_of_use_any_more(account: World) -> None:
    account.account.invoked(WEST, f"us.{A}", "2026-10-01")
    account.poll("2026-10-02")
    assert account.row(A)["in_use"] is True

    account.settings = Settings(regions=(EAST,))
    account.poll("2026-10-03")

    assert account.row(A)["in_use"] is False


# Idle spells


def idle(world: World, since: str) -> None:
    """Let the last call of the model have been on a day."""
    world.account.invoked(EAST, A, since)


def test_ten_days_without_a_call_are_told_once_and_again_after_new_calls(account: World) -> None:
    idle(account, "2026-10-08")
    enters_legacy(account)
    assert kinds(account.poll("2026-10-08")) == ["ENTERED_LEGACY"]

    assert account.poll("2026-10-17") == []
    (told,) = account.poll("2026-10-18")
    assert told["kind"] == "INACTIVITY_RISK"
    assert told["severity"] == "warning"
    assert told["reason"] == (
        "Alpha 1 has not been called for 10 days: access may lapse after 15 days without a call."
    )
    assert "you have not been actively using the model in the last 30 days" in " ".join(
        told["text"].split()
    )
    assert account.poll("2026-10-19") == []
    assert account.poll("2026-10-30") == []

    idle(account, "2026-11-01")
    assert account.poll("2026-11-02") == []
    (again,) = account.poll("2026-11-11")
    assert again["kind"] == "INACTIVITY_RISK"
    assert again["alert_id"] != told["alert_id"]
    assert account.poll("2026-11-12") == []


def test_after_fifteen_days_it_says_that_access_may_be_gone(world: World) -> None:
    idle(world, "2026-09-20")
    account = settled(world)
    enters_legacy(account)
    account.poll("2026-10-08")

    (told,) = account.poll("2026-10-09")

    assert told["reason"] == (
        "Alpha 1 has not been called for 19 days: "
        "access may have lapsed (AWS allows 15 days without a call)."
    )


def test_an_idle_spell_in_every_region_of_a_profile_is_one_message(account: World) -> None:
    account.account.invoked(EAST, f"us.{A}", "2026-10-08")
    enters_legacy(account, EAST, WEST)
    account.poll("2026-10-08")

    (told,) = account.poll("2026-10-18")

    assert told["models"][0]["regions"] == [EAST, WEST]


def test_silence_of_cloudwatch_is_no_idle_spell(account: World) -> None:
    idle(account, "2026-10-08")
    enters_legacy(account)
    account.poll("2026-10-08")
    account.account.fails(EAST, Source.INVOCATIONS)
    assert account.poll("2026-10-18") == []
    assert account.poll("2026-10-19") == []

    account.account.fails(EAST, Source.INVOCATIONS, None)

    assert kinds(account.poll("2026-10-20")) == ["INACTIVITY_RISK"]


@pytest.mark.parametrize(
    ("settings", "on"),
    [(Settings(inactivity_days=3), "2026-10-11"), (Settings(inactivity_days=14), "2026-10-22")],
    ids=["three days", "fourteen days"],
)
def test_how_long_is_too_long_is_a_setting(account: World, settings: Settings, on: str) -> None:
    account.settings = settings
    idle(account, "2026-10-08")
    enters_legacy(account)
    account.poll("2026-10-08")

    told = {day: kinds(account.poll(f"2026-10-{day:02}")) for day in range(9, 23)}

    first = next(day for day, found in told.items() if found)
    assert f"2026-10-{first:02}" == on
    assert sum(map(len, told.values())) == 1


def test_an_active_model_may_be_idle_as_long_as_it_likes(account: World) -> None:
    idle(account, "2026-09-01")

    assert account.poll("2026-10-20") == []


# Quotas of the successor

QUOTA = "On-demand model inference tokens per minute for Acme Alpha 2"


@pytest.mark.parametrize(
    ("quota", "words"),
    [
        pytest.param(1_000_000, "Enough so far as can be seen", id="more than the peak"),
        pytest.param(10_000, "Request an increase", id="less than the peak"),
    ],
)
def test_the_quota_of_the_successor_is_compared_with_the_busiest_minute(
    account: World, quota: float, words: str
) -> None:
    account.quotas.by_region[EAST] = [Quota(QUOTA, quota)]
    account.quotas.busiest = Peak(10, 90_000)
    idle(account, "2026-10-08")
    enters_legacy(account)

    (told,) = account.poll("2026-10-08")

    assert words in " ".join(told["text"].split())
    assert "90,000 tokens" in told["text"]


def test_a_quota_that_cannot_be_asked_or_matched_is_a_step_of_the_plan(account: World) -> None:
    idle(account, "2026-10-08")
    enters_legacy(account)

    (told,) = account.poll("2026-10-08")

    text = " ".join(told["text"].split())
    assert "Request quota for Alpha 2" in text
    assert account.summary is not None
    assert any("ListServiceQuotas" in one for one in account.summary.warnings)
    assert account.summary.reasons_to_fail == []


def test_quotas_are_asked_only_when_a_used_model_enters_legacy(world: World) -> None:
    world.settings = Settings(watch=("acme.*",), used_within_days=30)
    world.account.invoked(EAST, A, "2026-09-05", invocations_14d=0)
    account = settled(world)
    account.poll("2026-10-07")
    enters_legacy(account)

    assert kinds(account.poll("2026-10-08")) == ["ENTERED_LEGACY"]
    assert account.row(A)["in_use"] is False
    assert account.row(A)["last_invoked_on"] == "2026-09-05"
    assert account.quotas.asked == []


# What is remembered


def test_a_memory_that_nobody_can_read_is_read_anew(account: World) -> None:
    account.account.invoked(EAST, A, "2026-10-01")
    account.client.put_item(
        TableName=account.tables["ModelsTableName"],
        Item={"model_id": "#usage", "region": EAST, "readings": b"broken", "read_on": "2026-10-01"},
    )
    account.account.reads.clear()

    account.poll("2026-10-01T12:00:00Z")

    assert [one.region for one in account.account.reads] == [EAST]
    assert account.row(A)["in_use"] is True


def test_thousands_of_resources_fit_into_row_and_memory(account: World) -> None:
    prompts = [
        Resource(
            f"arn:aws:bedrock:{EAST}:123456789012:prompt/P{n:09}",
            f"prompt-{n}",
            (A,),
            f"P{n}",
            stamp=f"2026-10-01T00:00:{n % 60:02}Z",
        )
        for n in range(2_000)
    ]
    account.account.has(EAST, Source.PROMPTS, *prompts)
    account.poll("2026-10-02")
    enters_legacy(account)

    (told,) = account.poll("2026-10-08")

    assert account.row(A)["used_by"][-1] == "and 1,950 more resources"
    assert told["models"][0]["used_by"][-1] == "and 1,980 more resources"
    assert account.account.reads[-1].known is not None
    asked = {one.region: one for one in account.account.reads}
    assert len(asked[EAST].known[Source.PROMPTS]) == 2_000
