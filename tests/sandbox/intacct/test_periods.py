"""AR's periods close in their order, and open again from any of them on."""

from __future__ import annotations

from datetime import date

import pytest

from bot.sandbox.intacct import periods
from bot.sandbox.world import World


def test_at_first_everything_is_open(world: World) -> None:
    assert periods.open_from(world) is None
    assert not periods.closed(world, date(1999, 1, 1))
    assert periods.reopen(world, "2026-10") is None


def test_a_month_closes_with_all_before_it_and_its_last_day(world: World) -> None:
    assert periods.close(world, "2026-12") == date(2027, 1, 1)
    days = (date(2025, 3, 1), date(2026, 12, 31), date(2027, 1, 1))
    assert [periods.closed(world, day) for day in days] == [True, True, False]


def test_closing_an_earlier_month_opens_nothing(world: World) -> None:
    periods.close(world, "2026-11")
    assert periods.close(world, "2026-02") == date(2026, 12, 1)


def test_a_month_opens_with_all_after_it_and_those_before_stay_closed(world: World) -> None:
    periods.close(world, "2026-11")
    assert periods.reopen(world, "2026-12") == date(2026, 12, 1)
    assert periods.reopen(world, "2026-10") == date(2026, 10, 1)
    days = (date(2026, 9, 30), date(2026, 10, 1), date(2026, 11, 30))
    assert [periods.closed(world, day) for day in days] == [True, False, False]


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "October", "2026-10-01"])
def test_what_is_no_month_is_refused(world: World, text: str) -> None:
    with pytest.raises(periods.PeriodError):
        periods.close(world, text)
