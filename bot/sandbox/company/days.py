"""acme's own days: its zone, when it was founded, and the leave on which its controller's deputy stands in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from bot.sandbox.world import World

TIMEZONE = "America/New_York"
ZONE = ZoneInfo(TIMEZONE)

DEPUTY = "U0LEE"
LEAVE_AFTER, LEAVE_DAYS = 5, 14
"""The controller is away from so many days after the founding on, for so many days: not at once, so that it is seen to begin."""

_TABLE, _ACME = "company", "acme"


@dataclass(frozen=True, slots=True)
class Leave:
    """The days on which the deputy stands in, both included."""

    first: date
    last: date


def today(world: World, zone: ZoneInfo = ZONE) -> date:
    """The day by the company's calendar, in its zone."""
    return world.calendar.now().astimezone(zone).date()


def keep_founding_day(world: World) -> None:
    """Keeps that the company was founded today, so that a later start counts from the same day."""
    world.store.table(_TABLE)[_ACME] = {"founded": today(world).isoformat()}


def leave(world: World) -> Leave | None:
    """The controller's leave; None where no company was founded."""
    kept = world.store.table(_TABLE).get(_ACME)
    if kept is None:
        return None
    first = date.fromisoformat(kept["founded"]) + timedelta(days=LEAVE_AFTER)
    return Leave(first, first + timedelta(days=LEAVE_DAYS - 1))
