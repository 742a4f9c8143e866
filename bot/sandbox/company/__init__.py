"""The company acme: a believable year in two systems, in which each kind of mismatch is about to show."""

from __future__ import annotations

from bot.sandbox.company.closing import CLOSE_CALENDAR, write_close_calendar
from bot.sandbox.company.days import DEPUTY, TIMEZONE, ZONE, Leave, leave, today
from bot.sandbox.company.founding import found

__all__ = [
    "CLOSE_CALENDAR",
    "DEPUTY",
    "TIMEZONE",
    "ZONE",
    "Leave",
    "found",
    "leave",
    "today",
    "write_close_calendar",
]
