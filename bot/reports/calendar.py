"""What the calendar asks of reports: one weekly report a week and one look a day, once each over all processes."""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from bot.records import schedule
from bot.records.tables import schedule as rows
from bot.reports.weeks import Rhythm, Week

WEEKLY = "weekly"
PREFLIGHT = "preflight"


def weekly_key(company: str, week: Week) -> str:
    """The key of a week's report: `weekly/acme/2026-W48`."""
    return f"{WEEKLY}/{company}/{week}"


def ask_due(connection: Connection, company: str, rhythm: Rhythm, now: datetime) -> bool:
    """Asks for the report and the daily look that are due at `now`; True where anything new was asked for.

    Whatever was slept through is asked for as the newest week alone. A company that has never had a report gets its
    first at the next report day, not at once.
    """
    week = rhythm.due(now)
    asked = False
    if _never_had_one(connection, company):
        connection.execute(
            insert(rows)
            .values(key=weekly_key(company, week), kind=WEEKLY, company=company, done_at=func.now())
            .on_conflict_do_nothing(index_elements=["key"])
        )
    else:
        asked = schedule.ask(connection, key=weekly_key(company, week), kind=WEEKLY, company=company)
    local = now.astimezone(rhythm.zone)
    if local.time() >= time(rhythm.hour):
        key = f"{PREFLIGHT}/{company}/{local.date().isoformat()}"
        asked = schedule.ask(connection, key=key, kind=PREFLIGHT, company=company) or asked
    return asked


def _never_had_one(connection: Connection, company: str) -> bool:
    return not connection.scalar(
        select(func.count()).select_from(rows).where(rows.c.kind == WEEKLY, rows.c.company == company)
    )
