"""When a weekly report is due: the ISO weeks of a company's own zone, whatever the clock does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""`REPORT_DAY`'s values, in the order of ISO weekdays."""


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """An ISO week: Monday to Sunday, numbered by the year that its Thursday lies in."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Week:
        """The week that a calendar date lies in."""
        return cls(*day.isocalendar()[:2])

    @classmethod
    def read(cls, text: str) -> Week:
        """`2026-W48`. Raises ValueError for anything else."""
        year, found, number = text.partition("-W")
        if not found or not (year.isdecimal() and number.isdecimal() and len(number) == 2):
            raise ValueError(f"a week is written 2026-W48, not {text!r}")
        date.fromisocalendar(int(year), int(number), 1)
        return cls(int(year), int(number))

    @property
    def monday(self) -> date:
        """Its first day."""
        return date.fromisocalendar(self.year, self.number, 1)

    def plus(self, weeks: int) -> Week:
        """The week so many weeks later."""
        return Week.of(self.monday + timedelta(weeks=weeks))

    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """`REPORT_DAY` and `REPORT_HOUR` in a company's zone."""

    weekday: int
    """0 for Monday to 6 for Sunday."""
    hour: int
    """0 to 23, by the clock on the wall."""
    zone: ZoneInfo

    def moment(self, week: Week) -> datetime:
        """When the week's report is due, UTC.

        An hour that a clock change skips is taken at the change, one that comes twice the first time.
        """
        wall = datetime.combine(week.monday + timedelta(days=self.weekday), time(self.hour), tzinfo=self.zone)
        moment = wall.astimezone(UTC)
        if moment.astimezone(self.zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
            return moment
        before = wall.replace(fold=1).astimezone(UTC)
        return _change_between(before, moment, self.zone)

    def due(self, now: datetime) -> Week:
        """The newest week whose report is due at `now` (aware)."""
        week = Week.of(now.astimezone(self.zone).date())
        return week if self.moment(week) <= now else week.plus(-1)


def _change_between(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """The moment between two at which the zone's clock is put forward, to the minute."""
    offset = early.astimezone(zone).utcoffset()
    while late - early > timedelta(minutes=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            early = middle
        else:
            late = middle
    return late.replace(second=0, microsecond=0)


def covered(last: Week | None, week: Week) -> tuple[Week, ...]:
    """The weeks that one report speaks for: its own, and those since `last` that had none. The oldest first."""
    if last is None or last >= week:
        return (week,)
    weeks = []
    each = last.plus(1)
    while each <= week:
        weeks.append(each)
        each = each.plus(1)
    return tuple(weeks)
