"""What the calendar asks of reports: one weekly report a week and one look a day, once each over all processes."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy import Connection, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from bot.records import schedule
from bot.records.tables import failures
from bot.records.tables import schedule as rows
from bot.reports.weeks import Rhythm, Week

WEEKLY = "weekly"
PREFLIGHT = "preflight"
LOOK_FIRST = timedelta(minutes=30)
"""How long a report waits at most for the look that is due with it."""
LOOK_AGAIN = timedelta(seconds=2)
"""How often it is seen meanwhile whether the look is over."""


def weekly_key(company: str, week: Week) -> str:
    """The key of a week's report: `weekly/acme/2026-W48`."""
    return f"{WEEKLY}/{company}/{week}"


def week_of(key: str) -> Week:
    """The week that a report's key names. Raises ValueError for the key of anything else."""
    return Week.read(key.rpartition("/")[2])


def ask_due(connection: Connection, company: str, rhythm: Rhythm, now: datetime) -> bool:
    """Asks for the report and the daily look that are due at `now`; True where anything new was asked for.

    Whatever was slept through is asked for as the newest alone. A company that has never had one gets its first report
    at the next report day, and its first look the next morning, not at once.
    """
    local = now.astimezone(rhythm.zone)
    day = local.date() if local.time() >= time(rhythm.hour) else local.date() - timedelta(days=1)
    asked = _ask(connection, company, PREFLIGHT, f"{PREFLIGHT}/{company}/{day.isoformat()}")
    return _ask(connection, company, WEEKLY, weekly_key(company, rhythm.due(now))) or asked


def look_comes_first(connection: Connection, company: str, report_key: str) -> bool:
    """Whether the report of this key waits: for the day's look, which is due with it, and for the cases that it opens.

    So what is news has its case before the report speaks of it. It waits `LOOK_FIRST` at most, by the database's clock.
    """
    waits = connection.scalar(
        select(rows.c.key).where(rows.c.key == report_key, rows.c.asked_at > func.now() - LOOK_FIRST)
    )
    if waits is None:
        return False
    look = select(rows.c.key).where(
        rows.c.kind == PREFLIGHT,
        rows.c.company == company,
        rows.c.done_at.is_(None),
        rows.c.attempts < schedule.ATTEMPTS,
    )
    opening = select(failures.c.id).where(failures.c.company == company, failures.c.state != "joined")
    return connection.scalar(select(or_(look.exists(), opening.exists()))) is True


def _ask(connection: Connection, company: str, kind: str, key: str) -> bool:
    """Asks once a key; the very first of a kind counts as done, so that the next one is the first."""
    never = not connection.scalar(
        select(func.count()).select_from(rows).where(rows.c.kind == kind, rows.c.company == company)
    )
    if never:
        connection.execute(
            insert(rows)
            .values(key=key, kind=kind, company=company, done_at=func.now())
            .on_conflict_do_nothing(index_elements=["key"])
        )
        return False
    return schedule.ask(connection, key=key, kind=kind, company=company)
