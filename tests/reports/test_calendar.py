"""Exactly one report a week a company: two processes, sleeps, restarts, clock changes, over two years and five zones."""

from __future__ import annotations

import random
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from bot.records import schedule
from bot.records.engine import Database
from bot.records.tables import drift_runs, messages
from bot.records.tables import schedule as rows
from bot.reports.calendar import ask_due
from bot.reports.desk import Reports
from bot.reports.reading import Look, Reading
from bot.reports.run import Runner, Spent
from bot.reports.weeks import Rhythm, Week
from bot.terms.drift import TwoVocabularies
from tests.cases.company import acme

ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Auckland")
START = datetime(2026, 1, 7, 12, tzinfo=UTC)


def keys(database: Database, kind: str) -> list[str]:
    with database.transaction() as connection:
        return list(connection.scalars(select(rows.c.key).where(rows.c.kind == kind).order_by(rows.c.key)))


class Nothing(Reading):
    """A look at two systems that agree; at times neither answers."""

    def __init__(self) -> None:
        self.broken = False

    def look(self, now: datetime, *_: object, **__: object) -> Look:
        if self.broken:
            raise TimeoutError("nobody answers")
        world = TwoVocabularies(today=now.date(), source=(), books=(), dated=())
        return Look(world=world, whole=False, read_from=now, missing=())


class Moment:
    """A clock that stands where the test puts it."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment


class Process:
    """One process's reports of several companies, on a clock of its own that no other process sees."""

    def __init__(self, database: Database, rhythms: Mapping[str, Rhythm]) -> None:
        self.database = database
        self.clock, self.reading = Moment(), Nothing()
        self.desks = {key: self._desk(key, rhythm) for key, rhythm in rhythms.items()}

    def _desk(self, key: str, rhythm: Rhythm) -> Reports:
        company = acme(key=key, zone=rhythm.zone)
        runner = Runner(self.database, self.clock, company, self.reading, spent=lambda: Spent(intacct=0, billing=0))
        return Reports(self.database, self.clock, company, runner, rhythm)

    def tick(self) -> None:
        """Asks for what the calendar says is due; the daily looks count as done, as no report is to wait for one here."""
        for desk in self.desks.values():
            with self.database.transaction() as connection:
                desk.ask_due(connection, self.clock.now())
                connection.execute(update(rows).where(rows.c.kind == "preflight").values(done_at=func.now()))

    def do(self) -> None:
        """Makes the reports that were asked for and are not done, the oldest first."""
        doings = {"weekly": lambda company, key: self.desks[company].weekly(key)}
        left = select(rows.c.key).where(rows.c.done_at.is_(None), rows.c.kind == "weekly").order_by(rows.c.key)
        with self.database.transaction() as connection:
            waiting = connection.scalars(left).all()
        for key in waiting:
            schedule.do(self.database, key, doings, lambda *_: None)


def test_over_two_years_and_five_zones_each_week_is_told_of_once_whatever_sleeps_or_dies(database: Database) -> None:
    rhythms = {
        f"c{n}": Rhythm(weekday=(0, 6, 4, 0, 6)[n], hour=(8, 1, 23, 0, 3)[n], zone=ZoneInfo(zone))
        for n, zone in enumerate(ZONES)
    }
    other = Database(database.url)
    processes = [Process(database, rhythms), Process(other, rhythms)]
    dice = random.Random(48)
    now = START
    with ThreadPoolExecutor(2) as threads:
        while now < START + timedelta(days=731):
            now += dice.choice([timedelta(minutes=61), timedelta(hours=9), timedelta(days=2), timedelta(days=16)])
            for process in dice.sample(processes, 2):
                process.clock.moment, process.reading.broken = now, dice.random() < 0.2
            if dice.random() < 0.2:
                # Started again: work that was left is found before the first tick.
                processes[0].do()
            processes[dice.randrange(2)].tick()
            if dice.random() < 0.8:
                # Otherwise both died with what they had asked for.
                list(threads.map(Process.do, processes))
    other.dispose()
    for company, rhythm in rhythms.items():
        with database.transaction() as connection:
            made = connection.execute(
                select(drift_runs.c.week, drift_runs.c.at, drift_runs.c.report)
                .where(drift_runs.c.company == company, drift_runs.c.kind == "weekly")
                .order_by(drift_runs.c.id)
            ).all()
            posted = connection.scalars(
                select(messages.c.key).where(messages.c.company == company).order_by(messages.c.id)
            ).all()
        assert list(posted) == [f"report:weekly/{company}/{run.week}" for run in made]
        assert [Week.read(run.week) for run in made] == [rhythm.due(run.at) for run in made]
        covered = [Week(**week) for run in made for week in run.report["covers"]]
        assert covered == [covered[0].plus(n) for n in range(len(covered))]
        assert len(made) > 40
        assert len(covered) > 95


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


def test_a_late_report_is_that_of_the_week_that_asked_for_it(database: Database) -> None:
    friday = Rhythm(weekday=4, hour=8, zone=ZoneInfo("Europe/Berlin"))
    process = Process(database, {"acme": friday})
    process.clock.moment = datetime(2026, 11, 24, 9, tzinfo=UTC)
    process.desks["acme"].weekly("weekly/acme/2026-W47")
    process.clock.moment = datetime(2026, 11, 27, 9, tzinfo=UTC)
    process.desks["acme"].weekly("weekly/acme/2026-W48")
    with database.transaction() as connection:
        assert list(connection.scalars(select(drift_runs.c.week).order_by(drift_runs.c.id))) == ["2026-W47", "2026-W48"]


def test_a_report_that_was_slept_through_gives_way_to_the_newest(database: Database) -> None:
    process = Process(database, {"acme": Rhythm(weekday=0, hour=8, zone=ZoneInfo("UTC"))})
    process.clock.moment = datetime(2026, 11, 24, 9, tzinfo=UTC)
    process.desks["acme"].weekly("weekly/acme/2026-W45")
    process.desks["acme"].weekly("weekly/acme/2026-W48")
    with database.transaction() as connection:
        assert list(connection.scalars(select(messages.c.key))) == ["report:weekly/acme/2026-W48"]
