"""What the calendar asks of reports: one weekly report a week and one look a day, once each over all processes."""

from __future__ import annotations

from datetime import datetime, time, timedelta

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

    Whatever was slept through is asked for as the newest alone. A company that has never had one gets its first report
    at the next report day, and its first look the next morning, not at once.
    """
    week = rhythm.due(now)
    asked = _ask(connection, company, WEEKLY, weekly_key(company, week))
    local = now.astimezone(rhythm.zone)
    day = local.date() if local.time() >= time(rhythm.hour) else local.date() - timedelta(days=1)
    return _ask(connection, company, PREFLIGHT, f"{PREFLIGHT}/{company}/{day.isoformat()}") or asked


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
