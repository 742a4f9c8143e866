"""One report a week in any zone, through both clock changes, sleeps and restarts."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reports.weeks import Rhythm, Week, covered

ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Auckland")


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1)), st.integers(-60, 60))
def test_weeks_count_on_over_years_of_53(day: date, weeks: int) -> None:
    week = Week.of(day)
    assert Week.read(str(week)) == week
    assert week.plus(weeks).plus(-weeks) == week
    assert week.monday <= day < week.monday + timedelta(days=7)
    assert (week.plus(weeks) > week) == (weeks > 0)


@pytest.mark.parametrize("text", ["2026", "2026-48", "2026-W8", "2026-W54", "W48-2026", "2025-W53"])
def test_what_is_no_week_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Week.read(text)


def test_a_skipped_hour_is_taken_at_the_change_and_a_repeated_one_the_first_time() -> None:
    sunday = Rhythm(weekday=6, hour=2, zone=ZoneInfo("America/New_York"))
    assert sunday.moment(Week(2026, 10)) == datetime(2026, 3, 8, 7, tzinfo=UTC)  # 02:00 does not exist; 03:00 EDT
    first = Rhythm(weekday=6, hour=1, zone=ZoneInfo("America/New_York")).moment(Week(2026, 44))
    assert first == datetime(2026, 11, 1, 5, tzinfo=UTC)  # 01:00 comes twice; the first is EDT
    midnight = Rhythm(weekday=6, hour=0, zone=ZoneInfo("America/Santiago"))
    assert midnight.moment(Week(2026, 36)) == datetime(2026, 9, 6, 4, tzinfo=UTC)  # 00:00 does not exist


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("weekday", "hour"), [(0, 8), (6, 1), (6, 2), (6, 0), (0, 0)])
def test_two_years_with_sleeps_and_restarts_give_each_week_once(zone: str, weekday: int, hour: int) -> None:
    rhythm = Rhythm(weekday=weekday, hour=hour, zone=ZoneInfo(zone))
    dice = random.Random(f"{zone}{weekday}{hour}")
    now = start = datetime(2026, 1, 7, 12, tzinfo=UTC)
    last = rhythm.due(now)
    spoken_for = [last]
    while now < start + timedelta(days=731):
        now += dice.choice([timedelta(minutes=1), timedelta(hours=3), timedelta(days=2), timedelta(days=17)])
        week = rhythm.due(now)
        assert rhythm.moment(week) <= now < rhythm.moment(week.plus(1))
        if week != last:
            assert week > last
            spoken_for += covered(last, week)
            last = week
        assert rhythm.due(now) == week  # a restart at the same moment asks for nothing else
    assert spoken_for == [spoken_for[0].plus(n) for n in range(len(spoken_for))]
    assert spoken_for[-1] == rhythm.due(now)
    assert len(spoken_for) > 100
