"""acme's close calendar: the fifth business day of the next month, in a file that the bot reads."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.close.file import read
from bot.sandbox.company import TIMEZONE
from bot.sandbox.company.closing import write_close_calendar
from bot.sandbox.server import settings

ZONE = ZoneInfo(TIMEZONE)


@pytest.mark.parametrize("day", range(1, 32))
def test_an_invoice_of_two_months_ago_is_closed_and_the_present_month_is_open(tmp_path: Path, day: int) -> None:
    now = datetime(2026, 12, day, 12, tzinfo=UTC)
    calendar = read(write_close_calendar(tmp_path, now), ZONE)
    old = calendar.standing(now.date().replace(month=10), now)
    present = calendar.standing(now.date(), now)
    assert old is not None
    assert present is not None
    assert (old.closed, present.closed) == (True, False)


def test_november_closes_on_the_fifth_business_day_of_december_at_six_in_the_evening(tmp_path: Path) -> None:
    calendar = read(write_close_calendar(tmp_path, datetime(2026, 11, 24, tzinfo=UTC)), ZONE)
    november = calendar.named("2026-11")
    assert november is not None
    assert november.cut_off.astimezone(ZONE).isoformat() == "2026-12-07T18:00:00-05:00"


@pytest.mark.parametrize("month", range(1, 13))
def test_the_file_can_be_read_whatever_the_month(tmp_path: Path, month: int) -> None:
    path = write_close_calendar(tmp_path, datetime(2027, month, 28, tzinfo=UTC))
    assert len(read(path, ZONE).closings) == 38


def test_clients_are_pointed_at_the_file_where_there_is_a_folder(tmp_path: Path) -> None:
    assert settings("http://127.0.0.1:3000", tmp_path)["CLOSE_CALENDAR"] == str(tmp_path.resolve() / "close.toml")
    assert "CLOSE_CALENDAR" not in settings("http://127.0.0.1:3000")
