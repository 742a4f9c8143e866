"""The companies: acme, a believable year in which each kind of mismatch is about to show, and if wanted a second."""

from __future__ import annotations

from bot.sandbox.company.closing import CLOSE_CALENDAR, write_close_calendar
from bot.sandbox.company.days import DEPUTY, TIMEZONE, ZONE, Leave, leave, today
from bot.sandbox.company.founding import found
from bot.sandbox.company.profile import ACME, BIRCH, Profile

__all__ = [
    "ACME",
    "BIRCH",
    "CLOSE_CALENDAR",
    "DEPUTY",
    "TIMEZONE",
    "ZONE",
    "Leave",
    "Profile",
    "found",
    "leave",
    "today",
    "write_close_calendar",
]
