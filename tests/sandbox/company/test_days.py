"""acme's own days: by its zone, whatever the machine's; and the leave on which a deputy stands in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from bot.sandbox import company
from bot.sandbox.server import settings
from bot.sandbox.world import World
from bot.settings.values import Deputies


def go_to(world: World, moment: datetime) -> None:
    world.calendar.move(moment - world.calendar.now())


@pytest.mark.parametrize(("hour", "first"), [(2, "2026-11-28"), (6, "2026-11-29")])
def test_the_leave_begins_five_days_after_the_founding_by_the_companys_zone(hour: int, first: str) -> None:
    world = World()
    go_to(world, datetime(2026, 11, 24, hour, tzinfo=UTC))
    company.found(world)
    leave = company.leave(world)
    assert leave is not None
    assert leave.first.isoformat() == first
    assert (leave.last - leave.first).days == 13


def test_a_restart_weeks_later_gives_the_same_days(tmp_path: Path) -> None:
    world = World(tmp_path)
    company.found(world)
    before = company.leave(world)
    world.calendar.move(timedelta(days=30))
    world.store.close()
    again = World(tmp_path)
    company.found(again)
    assert company.leave(again) == before != None  # noqa: E711 -- there is one, and it is the same


def test_clients_are_told_the_deputy_and_the_days_as_the_bot_reads_them() -> None:
    world = World()
    company.found(world)
    leave = company.leave(world)
    assert leave is not None
    (deputy,) = TypeAdapter(Deputies).validate_python(settings("http://127.0.0.1:3000", leave=leave)["DEPUTIES"])
    assert (deputy.user_id, deputy.first, deputy.last) == ("U0LEE", leave.first, leave.last)
    assert not deputy.stands_in(company.today(world))
    assert deputy.stands_in(company.today(world) + timedelta(days=7))


def test_without_a_company_there_is_no_deputy(world: World) -> None:
    assert company.leave(world) is None
    assert "DEPUTIES" not in settings("http://127.0.0.1:3000")
