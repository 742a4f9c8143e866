"""When acme closes AR: each month on the fifth business day of the next, at six in the evening, as a file for clients."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

CLOSE_CALENDAR = "close.toml"
"""The file's name."""
BUSINESS_DAY = 5
AT = time(18)
BACK, AHEAD = 14, 24
"""Months of the file around the calendar's present one."""


def write_close_calendar(folder: Path, now: datetime) -> Path:
    """Writes the file anew into a folder, around `now`; its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder.resolve() / CLOSE_CALENDAR
    path.write_text("\n".join(_lines(now.date())), encoding="utf-8")
    return path


def _lines(today: date) -> Iterator[str]:
    yield "# acme closes AR on the fifth business day of the next month, in the company's own time."
    month = today.year * 12 + today.month - 1
    for place in range(month - BACK, month + AHEAD):
        first = date(place // 12, place % 12 + 1, 1)
        following = date((place + 1) // 12, (place + 1) % 12 + 1, 1)
        yield from ("", "[[close]]", f'period = "{first:%Y-%m}"', f"cut_off = {_cut_off(following).isoformat()}")
    yield ""


def _cut_off(first: date) -> datetime:
    """The fifth business day of a month; holidays are not known here."""
    days = (first + timedelta(days=offset) for offset in range(31))
    business = [day for day in days if day.weekday() < 5]
    return datetime.combine(business[BUSINESS_DAY - 1], AT)
