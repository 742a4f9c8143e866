"""The keys under which the calendar asks for acme's reports, whatever day the tests run on."""

from __future__ import annotations

from bot.reports import calendar
from bot.reports.weeks import Rhythm
from tests.cases.office import Office


def weekly_key(acme: Office, later: int = 0) -> str:
    """The key of the report that is due now in acme, or so many weeks later."""
    rhythm = Rhythm(weekday=0, hour=8, zone=acme.rooms.company.zone)
    return calendar.weekly_key("acme", rhythm.due(acme.clock.now()).plus(later))
