"""What the calendar asks for, once each: a row with a unique key, done by whoever gets to it, tried again with pauses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.records import jobs
from bot.records.alone import Work, alone
from bot.records.engine import Database, storable_text
from bot.records.tables import schedule

log = logging.getLogger(__name__)

ATTEMPTS = 8
"""After so many the row is left alone and the admin is told."""
PAUSES = tuple(timedelta(minutes=m) for m in (1, 2, 5, 10, 20, 40, 60))
"""Between two attempts."""
REST = timedelta(minutes=10)
"""How long what is asked for a company that nobody looks after is left alone."""

Doing = Callable[[str, str], None]
"""(company, key): does it; whatever it raises but NotYet is a failed attempt. It must be safe to run twice."""


class NotYet(Exception):
    """What is asked for waits for something else: it is looked again after `pause`, and that counts as no attempt."""

    def __init__(self, pause: timedelta) -> None:
        super().__init__(f"not yet: looked again after {pause}")
        self.pause = pause


GaveUp = Callable[[str, str, str], None]
"""(company, key, the last error's words): the admin is told."""
LookedAfter = Callable[[str], bool]
"""Whether the settings name a company, so that something can be done for it."""


def ask(connection: Connection, *, key: str, kind: str, company: str) -> bool:
    """Asks for something once: False where this key was asked for before. `key`: such as `anchor/acme/2026-11-24`."""
    new = connection.scalar(
        insert(schedule)
        .values(key=key, kind=kind, company=company, attempts=0, due_at=func.now())
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(schedule.c.key)
    )
    if new is None:
        return False
    jobs.nudge(connection, jobs.SCHEDULED, key=None, row=key)
    return True


def last_attempt(connection: Connection, key: str) -> bool:
    """Whether what this key asks for is not tried again, should the attempt under way fail."""
    attempts = connection.scalar(select(schedule.c.attempts).where(schedule.c.key == key))
    return attempts is None or attempts >= ATTEMPTS


def nudge_due(connection: Connection) -> None:
    """Enqueues what is due and not done. For every tick."""
    for key in connection.scalars(
        select(schedule.c.key).where(
            schedule.c.done_at.is_(None), schedule.c.due_at <= func.now(), schedule.c.attempts < ATTEMPTS
        )
    ).all():
        jobs.nudge(connection, jobs.SCHEDULED, key=None, row=key)


def _everybody(company: str) -> bool:
    return bool(company)


def do(
    database: Database,
    key: str,
    doings: Mapping[str, Doing],
    gave_up: GaveUp,
    looked_after: LookedAfter = _everybody,
) -> bool:
    """Does what a row asks for; True where it is done now. One process at a time, by a lock that dies with it.

    What is asked for a company that is not looked after now rests until it is, and counts as no attempt.

    An attempt is counted before it begins, so that one that kills the process counts too.
    """
    with alone(database, Work.SCHEDULED, key) as mine:
        return mine and _attempt(database, key, doings, gave_up, looked_after)


def _attempt(
    database: Database, key: str, doings: Mapping[str, Doing], gave_up: GaveUp, looked_after: LookedAfter
) -> bool:
    with database.transaction() as connection:
        row = connection.execute(
            select(schedule).where(schedule.c.key == key, schedule.c.done_at.is_(None)).with_for_update()
        ).one_or_none()
        if row is None or row.attempts >= ATTEMPTS or row.kind not in doings:
            return False
        if not looked_after(row.company):
            connection.execute(update(schedule).where(schedule.c.key == key).values(due_at=func.now() + REST))
            return False
        pause = PAUSES[min(row.attempts, len(PAUSES) - 1)]
        connection.execute(
            update(schedule).where(schedule.c.key == key).values(attempts=row.attempts + 1, due_at=func.now() + pause)
        )
    try:
        doings[row.kind](row.company, key)
    except NotYet as wait:
        with database.transaction() as connection:
            due = connection.scalar(
                update(schedule)
                .where(schedule.c.key == key)
                .values(attempts=row.attempts, due_at=func.now() + wait.pause)
                .returning(schedule.c.due_at)
            )
            jobs.nudge(connection, jobs.SCHEDULED, key=None, at=due, row=key)
        return False
    except Exception as error:
        log.warning("%s failed, attempt %d", key, row.attempts + 1, exc_info=True)
        words = storable_text(f"{type(error).__name__}: {error}")[:2000]
        with database.transaction() as connection:
            connection.execute(update(schedule).where(schedule.c.key == key).values(last_error=words))
            moment = connection.scalar(select(schedule.c.due_at).where(schedule.c.key == key))
            if row.attempts + 1 < ATTEMPTS and moment is not None:
                jobs.nudge(connection, jobs.SCHEDULED, key=None, at=moment, row=key)
        if row.attempts + 1 >= ATTEMPTS:
            gave_up(row.company, key, words)
        return False
    with database.transaction() as connection:
        connection.execute(update(schedule).where(schedule.c.key == key).values(done_at=func.now(), last_error=None))
    return True
