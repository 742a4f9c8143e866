"""The daily tidy-up: what only served the work goes, what is evidence stays for `RETENTION_YEARS`, the journal for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, update

from bot.records import inbox
from bot.records.engine import Database
from bot.records.tables import messages, views, writes

VIEW_DAYS = 30
"""Nobody submits a view that has been open for so long."""


def kept_since(today: datetime, years: int) -> datetime:
    """The first moment whose evidence must still be kept: the beginning of the calendar year so many years ago."""
    return datetime(today.year - years, 1, 1, tzinfo=UTC)


def tidy(database: Database, now: datetime, years: int) -> None:
    """Takes away what is neither needed nor evidence any more; safe to run at any time, by any number of processes.

    Payloads from Slack go after days, views after weeks. The words of messages and the copies of requests and replies
    go after `years`; the journal, whose rows hold these too, is never touched.
    """
    inbox.forget(database)
    limit = kept_since(now, years)
    with database.transaction() as connection:
        connection.execute(delete(views).where(views.c.created_at < func.now() - timedelta(days=VIEW_DAYS)))
        connection.execute(
            update(messages)
            .where(messages.c.state == "posted", messages.c.posted_at < limit, messages.c.body.is_not(None))
            .values(body=None)
        )
        connection.execute(
            update(writes)
            .where(writes.c.ended_at < limit, writes.c.request.is_not(None) | writes.c.reply.is_not(None))
            .values(request=None, reply=None)
        )
