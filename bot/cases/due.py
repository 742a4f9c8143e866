"""What the tick asks: which work is due by the records, whatever happened to the jobs that should have done it."""

from __future__ import annotations

from sqlalchemy import func, or_, select

from bot.cases.ports import Clock
from bot.cases.step import step
from bot.records import jobs, schedule
from bot.records.engine import Database
from bot.records.tables import cases, failures, inbox, messages


def nudge_due(database: Database, clock: Clock) -> None:
    """Enqueues whatever is due. A nudge too many costs a look and nothing else."""
    with step(database, clock, "tick") as taken:
        connection = taken.connection
        schedule.nudge_due(connection)
        if connection.scalar(
            select(func.count()).select_from(inbox).where(inbox.c.state == "waiting", inbox.c.due_at <= func.now())
        ):
            taken.nudge(jobs.DRAIN_INBOX)
        for company in connection.scalars(
            select(failures.c.company).where(failures.c.state != "joined").distinct()
        ).all():
            taken.nudge(jobs.GATHER, company=company)
        for case_id in connection.scalars(
            select(cases.c.id).where(
                or_(
                    (cases.c.due_at <= taken.now)
                    & cases.c.state.in_(("open", "awaiting_decision", "awaiting_correction", "writing", "verifying")),
                    (cases.c.expires_at <= taken.now)
                    & cases.c.state.in_(("open", "awaiting_decision", "awaiting_correction")),
                )
            )
        ).all():
            taken.nudge(jobs.WORK_CASE, case_id=case_id)
        for company in connection.scalars(
            select(cases.c.company)
            .where(cases.c.due_at <= taken.now, cases.c.state.in_(("awaiting_sync", "arrived_different")))
            .distinct()
        ).all():
            taken.nudge(jobs.WATCH, company=company)
        for message_id in connection.scalars(
            select(messages.c.id).where(
                messages.c.due_at <= func.now(),
                (messages.c.state.in_(("unposted", "posting")))
                | ((messages.c.state == "posted") & (messages.c.wanted_revision > messages.c.posted_revision)),
            )
        ).all():
            taken.nudge(jobs.POST_MESSAGE, message_id=message_id)
