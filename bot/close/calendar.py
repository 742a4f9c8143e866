"""Periods, their cut-off moments and what a moment means for them: values and pure functions over dates."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

NEAR = timedelta(days=5)
"""So long before its cut-off a period is about to close."""
_NAME = re.compile(r"(\d{4})-(\d{2})")
FIRST_YEAR, LAST_YEAR = 1990, 2199


class NoPeriod(ValueError):
    """A text that names no month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One accounting period: a calendar month, or the days that the calendar gives it."""

    name: str
    """`2026-10`."""
    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether a day falls into it."""
        return self.first <= day <= self.last


def month(name: str) -> Period:
    """The calendar month that `2026-10` names. Raises NoPeriod."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise NoPeriod("a period is written as year and month, such as 2026-10")
    year, number = int(found[1]), int(found[2])
    if not 1 <= number <= 12 or not FIRST_YEAR <= year <= LAST_YEAR:
        raise NoPeriod(f"{name} is no month")
    return _month(year, number)


def _month(year: int, number: int) -> Period:
    last = calendar.monthrange(year, number)[1]
    return Period(name=f"{year:04}-{number:02}", first=date(year, number, 1), last=date(year, number, last))


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """When one period closes for AR."""

    period: Period
    cut_off: datetime
    """Aware. From this very moment on the period is closed."""
    entity: str = ""
    """The entity that it holds for; empty: every one."""


class Stage(StrEnum):
    """The moments at which something is due before a cut-off, the most urgent last."""

    NEAR = "120h"
    """Cards begin to say how long is left."""
    DAY = "24h"
    HOURS = "4h"
    """From here on deputies are reminded too."""
    HOUR = "1h"
    CLOSED = "0h"
    """Cards say that the period is closed."""

    @property
    def before(self) -> timedelta:
        """How long before the cut-off: elapsed time, whatever the clocks on the wall do."""
        return timedelta(hours=int(self.value.removesuffix("h")))

    @property
    def reminds(self) -> bool:
        """Whether people are reminded, rather than only cards drawn again."""
        return self in (Stage.DAY, Stage.HOURS, Stage.HOUR)


def stage(closing: Closing, now: datetime) -> Stage | None:
    """The most urgent moment that has come; None while none has."""
    come = [each for each in Stage if closing.cut_off - each.before <= now]
    return come[-1] if come else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a day stands to the closing that it falls under, at one moment."""

    closing: Closing
    as_of: datetime
    refused_at: datetime | None = None
    """When Intacct refused a posting as the period is closed, where the calendar has it open or does not know it."""

    @property
    def closed(self) -> bool:
        """Whether the period is closed."""
        return self.refused_at is not None or self.closing.cut_off <= self.as_of

    @property
    def closed_since(self) -> datetime:
        """Since when it is known to be closed, for a closed one."""
        return self.closing.cut_off if self.refused_at is None else self.refused_at

    @property
    def near(self) -> bool:
        """Whether the period is about to close."""
        return not self.closed and self.left <= NEAR

    @property
    def left(self) -> timedelta:
        """Until the cut-off; negative once it is past."""
        return self.closing.cut_off - self.as_of


@dataclass(frozen=True, slots=True)
class CloseCalendar:
    """The closings that are known, in the order of their cut-offs."""

    closings: tuple[Closing, ...] = ()

    def of_entity(self, entity: str) -> CloseCalendar:
        """What holds for one entity (empty: the top level): its own closings, and for other periods everybody's."""
        own = {each.period.name for each in self.closings if each.entity == entity}
        kept = [
            each for each in self.closings if each.entity == entity or (not each.entity and each.period.name not in own)
        ]
        return CloseCalendar(tuple(sorted(kept, key=lambda each: each.cut_off)))

    def named(self, name: str) -> Closing | None:
        """The closing of a period by its name."""
        return next((each for each in self.closings if each.period.name == name), None)

    def standing(self, day: date, now: datetime) -> Standing | None:
        """How an invoice of a day stands: None where the calendar says nothing about it.

        A day that no period holds, but that is before a closed one, is closed since then at the latest: periods close
        in their order.
        """
        held = next((each for each in self.closings if each.period.holds(day)), None)
        if held is None:
            later = [each for each in self.closings if each.period.first > day and each.cut_off <= now]
            next_closed = min(later, key=lambda each: each.period.first, default=None)
            held = replace(next_closed, period=_month(day.year, day.month)) if next_closed is not None else None
        return Standing(closing=held, as_of=now) if held is not None else None

    def nearest(self, now: datetime) -> Closing | None:
        """The period that closes next, else the one that closed last."""
        ahead = [each for each in self.closings if each.cut_off > now]
        if ahead:
            return min(ahead, key=lambda each: each.cut_off)
        return max(self.closings, key=lambda each: each.cut_off, default=None)


@dataclass(frozen=True, slots=True)
class Periods:
    """One company's calendar together with its clock: what holds just now."""

    calendar: CloseCalendar = CloseCalendar()
    now: Callable[[], datetime] | None = None
    """The present moment; None only with an empty calendar."""

    def standing(self, day: date | None) -> Standing | None:
        """How an invoice of a day stands just now; None where the calendar says nothing, or the day is not known."""
        if day is None or self.now is None:
            return None
        return self.calendar.standing(day, self.now())

    def refused(self, day: date, at: datetime) -> Standing:
        """How an invoice stands whose posting on a day Intacct refused at a moment, as the period is closed.

        A period that the calendar does not name is the calendar month; its cut-off is not known, and is taken to be its end.
        """
        found = self.standing(day)
        if found is None:
            held = _month(day.year, day.month)
            end = datetime.combine(held.last + timedelta(days=1), time(), UTC)
            found = Standing(closing=Closing(period=held, cut_off=end), as_of=at, refused_at=at)
        return found if found.closed else replace(found, refused_at=at)


NO_PERIODS = Periods()
"""Of a company that keeps no close calendar."""
