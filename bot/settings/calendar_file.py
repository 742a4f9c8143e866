"""`CLOSE_CALENDAR`: when which period closes for AR."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from bot.close import CloseCalendar
from bot.close.file import CalendarProblems, read
from bot.settings.problems import SettingsError


def close_calendar(path: Path | None, zone: ZoneInfo) -> CloseCalendar:
    """The closings of a `CLOSE_CALENDAR` file (docs/close.md); without one nothing ever closes.

    Raises SettingsError where the file cannot be read or holds something else.
    """
    if path is None:
        return CloseCalendar()
    try:
        return read(path, zone)
    except CalendarProblems as error:
        raise SettingsError(tuple(f"CLOSE_CALENDAR: {problem}" for problem in error.problems)) from None
