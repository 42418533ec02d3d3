"""Cron expressions of EventBridge Scheduler: what is refused, and when the others fire next."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.cron import parse, refuse_if_never
from infra.refusal import RefusedValueError

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)  # a Friday


@pytest.mark.parametrize(
    ("expression", "fires"),
    [
        pytest.param("cron(0 9 ? * MON *)", "2026-11-23 09:00", id="every Monday"),
        pytest.param("cron(0 9 ? * 2 *)", "2026-11-23 09:00", id="days are counted from Sunday"),
        pytest.param("cron(30 8 * * ? *)", "2026-11-21 08:30", id="now is not to come"),
        pytest.param("cron(31 8 * * ? *)", "2026-11-20 08:31", id="a minute from now"),
        pytest.param("cron(0/20 6-9 ? * * *)", "2026-11-20 08:40", id="steps within hours"),
        pytest.param("cron(50/5 8 * * ? *)", "2026-11-20 08:50", id="a step without an end"),
        pytest.param("cron(5-59/30 8 * * ? *)", "2026-11-20 08:35", id="a step within a range"),
        pytest.param("cron(*/45 8 * * ? *)", "2026-11-20 08:45", id="a step from the start"),
        pytest.param("cron(0 0 1,15 * ? *)", "2026-12-01 00:00", id="two days of the month"),
        pytest.param("cron(0 9 L * ? *)", "2026-11-30 09:00", id="the last day of the month"),
        pytest.param("cron(0 9 L FEB ? *)", "2027-02-28 09:00", id="the last day of February"),
        pytest.param("cron(0 9 LW JAN ? *)", "2027-01-29 09:00", id="the last weekday"),
        pytest.param("cron(0 8 21W * ? *)", "2026-12-21 08:00", id="its weekday is just past"),
        pytest.param("cron(0 9 22W * ? *)", "2026-11-23 09:00", id="a Sunday gives its Monday"),
        pytest.param("cron(0 9 28W * ? *)", "2026-11-27 09:00", id="a Saturday gives its Friday"),
        pytest.param("cron(0 9 1W MAY ? 2027)", "2027-05-03 09:00", id="the month is not left"),
        pytest.param("cron(0 9 31W * ? *)", "2026-12-31 09:00", id="a month without that day"),
        pytest.param("cron(0 9 ? * L *)", "2026-11-21 09:00", id="the last day of the week"),
        pytest.param("cron(0 9 ? * 6L *)", "2026-11-27 09:00", id="the last Friday"),
        pytest.param("cron(0 9 ? * FRIL *)", "2026-11-27 09:00", id="the last Friday by name"),
        pytest.param("cron(0 9 ? * MON#1 *)", "2026-12-07 09:00", id="the first Monday"),
        pytest.param("cron(0 9 ? * 3#5 *)", "2026-12-29 09:00", id="a fifth Tuesday"),
        pytest.param("cron(0 9 ? * MON#5 *)", "2026-11-30 09:00", id="a fifth Monday"),
        pytest.param("cron(0 9 ? * MON-WED,SAT *)", "2026-11-21 09:00", id="days and a day"),
        pytest.param("cron(0 9 29 2 ? *)", "2028-02-29 09:00", id="a leap day"),
        pytest.param("cron(0 9 29 2 ? 2096-2199)", "2096-02-29 09:00", id="the last leap days"),
        pytest.param("cron(0 9 ? FEB MON#5 *)", "2044-02-29 09:00", id="once in 28 years"),
        pytest.param("cron(0 9 1 1 ? 2199)", "2199-01-01 09:00", id="the last year there is"),
        pytest.param("cron(0 9 1 1 ? 2026-2030/2)", "2028-01-01 09:00", id="every other year"),
        pytest.param(" cron( 0  9 ? jan-mar mon * ) ", "2027-01-04 09:00", id="written anyhow"),
    ],
)
def test_the_next_time(expression: str, fires: str) -> None:
    cron = parse(expression)

    assert f"{cron.next_after(NOW):%Y-%m-%d %H:%M}" == fires
    refuse_if_never(cron, NOW)


def test_an_expression_is_kept_in_the_form_of_the_examples() -> None:
    assert parse(" cron( 0  9 ? jan-mar mon * ) ").text == "cron(0 9 ? JAN-MAR MON *)"


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        pytest.param("0 9 ? * MON *", "", id="only the fields"),
        pytest.param("rate(7 days)", "", id="a rate"),
        pytest.param("cron(0 9 * * MON)", "", id="five fields"),
        pytest.param("cron(0 0 9 ? * MON *)", "", id="seconds"),
        pytest.param("cron(60 9 ? * MON *)", 'the minute "60" is not from 0 to 59', id="a minute"),
        pytest.param("cron(0 \u0669 ? * MON *)", "cannot be read", id="digits of another script"),
        pytest.param("cron(0 24 ? * MON *)", 'the hour "24" is not from 0 to 23', id="an hour"),
        pytest.param("cron(0 9 0 * ? *)", 'month "0" is not from 1 to 31', id="no such day"),
        pytest.param("cron(0 9 1 13 ? *)", 'month "13" is not from 1 to 12', id="no such month"),
        pytest.param("cron(0 9 ? * 0 *)", 'week "0" is not from 1 to 7', id="Unix's Sunday"),
        pytest.param("cron(0 9 ? * MON 2200)", '"2200" is not from 1970 to 2199', id="a year"),
        pytest.param("cron(0 9 ? MON * *)", '"MON" is not from 1 to 12', id="a day for a month"),
        pytest.param("cron(0 9 * * MON *)", "must be ?, and not both", id="both kinds of days"),
        pytest.param("cron(0 9 ? * ? *)", "must be ?, and not both", id="neither kind of days"),
        pytest.param("cron(0 9 ? * FRI-MON *)", '"FRI-MON" stands for nothing', id="backwards"),
        pytest.param("cron(0/0 9 ? * MON *)", '"0/0" stands for nothing', id="no step"),
        pytest.param("cron(0 9 ? * MON/2 *)", '"MON/2" cannot be read', id="a step of days"),
        pytest.param("cron(0 9 1,L * ? *)", '"L" cannot be read', id="L in a list"),
        pytest.param("cron(0 9 ? * MON#6 *)", 'week "6" is not from 1 to 5', id="a sixth Monday"),
        pytest.param("cron(0 9 W * ? *)", '"" is not from 1 to 31', id="a weekday of nothing"),
        pytest.param("cron(0 9, ? * MON *)", 'hour "" cannot be read', id="an empty value"),
        pytest.param("cron(² 9 ? * MON *)", '"²" cannot be read', id="a digit of another kind"),
        pytest.param("cron(0 -9 ? * MON *)", '"-9" cannot be read', id="a minus"),
    ],
)
def test_what_scheduler_would_not_take_is_refused_with_the_reason(
    expression: str, why: str
) -> None:
    with pytest.raises(RefusedValueError) as refused:
        parse(expression)

    assert why in refused.value.why
    assert str(refused.value).endswith(
        "; give six fields in UTC such as cron(0 9 ? * MON *), or nothing for no digest"
    )


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        pytest.param("cron(0 9 30 2 ? *)", "no such day", id="30 February"),
        pytest.param("cron(0 9 31 4,6,9,11 ? *)", "no such day", id="the 31st of short months"),
        pytest.param("cron(0 9 31W APR ? *)", "no such day", id="the weekday next to no day"),
        pytest.param("cron(0 9 29 FEB ? 2027)", "no such day", id="a leap day of another year"),
        pytest.param("cron(0 9 ? FEB TUE#5 2029-2055)", "no such day", id="no fifth Tuesday"),
        pytest.param("cron(0 9 ? * MON 2025)", "all its times are past", id="last year"),
        pytest.param("cron(30 8 20 11 ? 2026)", "all its times are past", id="this minute"),
        pytest.param("cron(0 9 1 1-10 ? 2026)", "all its times are past", id="this year's past"),
    ],
)
def test_what_never_fires_is_refused_with_the_reason(expression: str, why: str) -> None:
    with pytest.raises(RefusedValueError, match=f"it never fires.*{why}"):
        refuse_if_never(parse(expression), NOW)


DAYS = st.sampled_from(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])
moments = st.datetimes(datetime(2026, 1, 1), datetime(2190, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (Hypothesis wants bounds without one)


@settings(max_examples=100)
@given(st.integers(0, 59), st.integers(0, 23), DAYS, moments)
def test_a_weekly_time_comes_within_a_week_on_its_day(
    minute: int, hour: int, day: str, now: datetime
) -> None:
    fires = parse(f"cron({minute} {hour} ? * {day} *)").next_after(now)

    assert fires is not None
    assert 0 < (fires - now).total_seconds() <= 7 * 86400
    assert f"{fires:%a %H:%M}".upper() == f"{day} {hour:02}:{minute:02}"
