"""Which period a day falls into, how long is left, and what is due when: pure, over both clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.close import CloseCalendar, Closing, NoPeriod, Period, Periods, Stage, month
from bot.close.calendar import stage

NEW_YORK = ZoneInfo("America/New_York")
OCTOBER = Closing(period=month("2026-10"), cut_off=datetime(2026, 11, 6, 23, tzinfo=UTC))
NOVEMBER = Closing(period=month("2026-11"), cut_off=datetime(2026, 12, 7, 23, tzinfo=UTC))
CALENDAR = CloseCalendar((OCTOBER, NOVEMBER))


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def test_a_period_is_a_calendar_month_to_its_last_day() -> None:
    assert (month("2028-02").first, month("2028-02").last) == (date(2028, 2, 1), date(2028, 2, 29))
    assert month("2026-10").holds(date(2026, 10, 31))
    assert not month("2026-10").holds(date(2026, 11, 1))


@pytest.mark.parametrize("name", ["2026-13", "2026-00", "2026", "26-10", "2026-1", "0001-01", "9999-12", "October", ""])
def test_what_names_no_month_is_refused(name: str) -> None:
    with pytest.raises(NoPeriod):
        month(name)


def test_a_period_is_closed_from_its_cut_off_on_and_near_for_five_days_before() -> None:
    def standing(now: datetime) -> tuple[bool, bool]:
        found = CALENDAR.standing(date(2026, 10, 28), now)
        assert found is not None
        return found.near, found.closed

    second = timedelta(seconds=1)
    assert standing(OCTOBER.cut_off - timedelta(days=5) - second) == (False, False)
    assert standing(OCTOBER.cut_off - timedelta(days=5)) == (True, False)
    assert standing(OCTOBER.cut_off - second) == (True, False)
    assert standing(OCTOBER.cut_off) == (False, True)


def test_a_day_before_a_closed_period_is_closed_with_it_and_one_after_all_periods_is_not_known() -> None:
    early = date(2026, 8, 3)
    assert CALENDAR.standing(early, at(5)) is None
    found = CALENDAR.standing(early, at(7))
    assert found is not None
    assert (found.closed, found.closing.period, found.closing.cut_off) == (True, month("2026-08"), OCTOBER.cut_off)
    assert CALENDAR.standing(date(2026, 12, 1), at(7)) is None
    assert Periods().standing(early) is None
    assert Periods(CALENDAR, lambda: at(7)).standing(None) is None


def test_what_intacct_refused_is_closed_whatever_the_calendar_says_of_its_period() -> None:
    acme = Periods(CALENDAR, lambda: at(7))
    refused = acme.refused(date(2026, 11, 2), at(6))
    assert (refused.closing, refused.closed, refused.near, refused.closed_since) == (NOVEMBER, True, False, at(6))
    unnamed = acme.refused(date(2027, 2, 3), at(6))
    assert (unnamed.closing.period, unnamed.closed, unnamed.closed_since) == (month("2027-02"), True, at(6))
    assert unnamed.closing == Periods().refused(date(2027, 2, 28), at(7)).closing, "one closing for one month"
    known = acme.refused(date(2026, 10, 2), at(7))
    assert (known.refused_at, known.closed_since) == (None, OCTOBER.cut_off)


def test_an_entitys_own_closing_stands_before_that_of_all_and_other_entities_do_not_count() -> None:
    own = Closing(period=OCTOBER.period, cut_off=at(20), entity="200")
    calendar = CloseCalendar((OCTOBER, NOVEMBER, own))
    assert calendar.of_entity("200").closings == (own, NOVEMBER)
    assert calendar.of_entity("300").closings == (OCTOBER, NOVEMBER)
    assert calendar.of_entity("").closings == (OCTOBER, NOVEMBER)


def test_the_nearest_period_is_the_next_to_close_and_after_all_of_them_the_last() -> None:
    assert CALENDAR.nearest(at(1)) == OCTOBER
    assert CALENDAR.nearest(OCTOBER.cut_off) == NOVEMBER
    assert CALENDAR.nearest(NOVEMBER.cut_off + timedelta(days=90)) == NOVEMBER
    assert CloseCalendar().nearest(at(1)) is None


@pytest.mark.parametrize(
    ("before", "due"),
    [
        (timedelta(hours=120, seconds=1), None),
        (timedelta(hours=120), Stage.NEAR),
        (timedelta(hours=24, seconds=1), Stage.NEAR),
        (timedelta(hours=24), Stage.DAY),
        (timedelta(hours=4), Stage.HOURS),
        (timedelta(hours=3), Stage.HOURS),
        (timedelta(hours=1), Stage.HOUR),
        (timedelta(seconds=1), Stage.HOUR),
        (timedelta(0), Stage.CLOSED),
        (timedelta(days=-14), Stage.CLOSED),
    ],
)
def test_only_the_most_urgent_moment_that_has_come_is_due(before: timedelta, due: Stage | None) -> None:
    assert stage(OCTOBER, OCTOBER.cut_off - before) is due


@pytest.mark.parametrize(
    ("cut_off", "a_day_before"),
    [
        # Clocks go back on Nov 1 at 2:00 and forward on Mar 14: 24 hours before are another time on the wall.
        (datetime(2026, 11, 1, 18, tzinfo=NEW_YORK), datetime(2026, 10, 31, 19, tzinfo=NEW_YORK)),
        (datetime(2027, 3, 14, 18, tzinfo=NEW_YORK), datetime(2027, 3, 13, 17, tzinfo=NEW_YORK)),
    ],
)
def test_reminders_come_elapsed_hours_before_whatever_the_clocks_do(cut_off: datetime, a_day_before: datetime) -> None:
    closing = Closing(period=month("2026-10"), cut_off=cut_off.astimezone(UTC))
    assert stage(closing, a_day_before.astimezone(UTC)) is Stage.DAY
    assert stage(closing, a_day_before.astimezone(UTC) - timedelta(seconds=1)) is Stage.NEAR


@given(
    st.integers(min_value=0, max_value=2 * 365 * 24).map(lambda hours: at(1) + timedelta(hours=hours)),
    st.timedeltas(min_value=timedelta(days=-20), max_value=timedelta(days=20)),
)
def test_stages_never_go_back_as_time_goes_on(cut_off: datetime, offset: timedelta) -> None:
    closing = Closing(period=month("2026-10"), cut_off=cut_off)
    order = [None, *Stage]
    now, later = (stage(closing, cut_off + offset + more) for more in (timedelta(0), timedelta(hours=1)))
    assert order.index(now) <= order.index(later)


def test_a_period_may_have_days_of_its_own() -> None:
    odd = Closing(
        period=Period(name="2026-10", first=date(2026, 9, 27), last=date(2026, 10, 31)), cut_off=OCTOBER.cut_off
    )
    found = CloseCalendar((odd,)).standing(date(2026, 9, 28), at(5))
    assert found is not None
    assert found.closing.period.name == "2026-10"
