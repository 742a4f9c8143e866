"""Exactly one report a week a company: two processes, sleeps, restarts, clock changes, over two years and five zones."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.records.engine import Database
from bot.records.tables import schedule as rows
from bot.reports.calendar import ask_due
from bot.reports.weeks import Rhythm, Week

ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Auckland")
START = datetime(2026, 1, 7, 12, tzinfo=UTC)


def keys(database: Database, kind: str) -> list[str]:
    with database.transaction() as connection:
        return list(connection.scalars(select(rows.c.key).where(rows.c.kind == kind).order_by(rows.c.key)))


def test_two_years_of_ticks_by_two_processes_ask_once_a_week_and_a_day(database: Database) -> None:
    rhythms = {
        f"c{n}": Rhythm(weekday=(0, 6, 6, 0, 6)[n], hour=(8, 1, 2, 0, 3)[n], zone=ZoneInfo(zone))
        for n, zone in enumerate(ZONES)
    }
    other = Database(database.url)
    dice = random.Random(48)
    asked: dict[str, set[Week]] = {company: set() for company in rhythms}
    now = START
    while now < START + timedelta(days=731):
        now += dice.choice([timedelta(minutes=61), timedelta(hours=9), timedelta(days=1), timedelta(days=16)])
        for company, rhythm in rhythms.items():
            for process in dice.sample([database, other], 2):
                with process.transaction() as connection:
                    ask_due(connection, company, rhythm, now)
            asked[company].add(rhythm.due(now))
    other.dispose()
    for company, weeks in asked.items():
        assert [key for key in keys(database, "weekly") if f"/{company}/" in key] == sorted(
            f"weekly/{company}/{week}" for week in weeks
        )
    days = keys(database, "preflight")
    assert len(days) == len(set(days))


def test_the_first_report_comes_at_the_next_report_day(database: Database) -> None:
    rhythm = Rhythm(weekday=0, hour=8, zone=ZoneInfo("UTC"))
    with database.transaction() as connection:
        ask_due(connection, "acme", rhythm, START)
        first = connection.execute(select(rows).where(rows.c.kind == "weekly")).one()
        assert first.done_at is not None
    with database.transaction() as connection:
        assert ask_due(connection, "acme", rhythm, datetime(2026, 1, 12, 8, tzinfo=UTC))
    assert keys(database, "weekly") == ["weekly/acme/2026-W02", "weekly/acme/2026-W03"]


@pytest.mark.parametrize("processes", [2])
def test_processes_that_tick_at_the_same_moment_ask_once(database: Database, processes: int) -> None:
    rhythm = Rhythm(weekday=0, hour=8, zone=ZoneInfo("UTC"))
    with database.transaction() as connection:
        ask_due(connection, "acme", rhythm, START)

    def tick() -> bool:
        with database.transaction() as connection:
            return ask_due(connection, "acme", rhythm, datetime(2026, 1, 12, 8, tzinfo=UTC))

    with ThreadPoolExecutor(processes * 4) as threads:
        assert sum(each.result() for each in [threads.submit(tick) for _ in range(processes * 4)]) == 1
