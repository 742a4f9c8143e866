"""The company acme: a believable year in two systems, in which each kind of mismatch is about to show."""

from __future__ import annotations

from bot.sandbox.company.closing import CLOSE_CALENDAR, write_close_calendar
from bot.sandbox.company.founding import found

__all__ = ["CLOSE_CALENDAR", "found", "write_close_calendar"]
