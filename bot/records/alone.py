"""Work that only one holder may do at a time, over any number of processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum, StrEnum

from sqlalchemy import Connection, text

from bot.records.engine import Database


class Work(IntEnum):
    """The kinds of work that are done alone, by the first number of their locks. All are here, so that no two collide.

    The gate's first numbers are digests of its names; migrations use a lock of one number.
    """

    CASE = 11
    """The steps of one case."""
    MESSAGE = 12
    """Posting and editing one message."""
    WATCH = 13
    """Looking for a company's awaited invoices."""
    SCHEDULED = 14
    """What the calendar asks for, by its key."""
    GATHER = 15
    """Looking into a company's failures."""


class Turn(StrEnum):
    """What is done one after the other within a transaction; whoever comes next waits until it ends.

    Their locks bear one number, so they are apart from those of two.
    """

    OPENING = "cases"
    """Opening, naming and merging the cases of a company."""
    RECONCILING = "reconciliation"
    """Comparing a company's terms with those of the look before."""
    STARTING = "settings"
    """Noting the settings with which a company's work begins."""


@contextmanager
def alone(database: Database, work: Work, what: str | int) -> Iterator[bool]:
    """Whether nobody else is at this; never waits. The lock is a connection's own, so it dies with its holder.

    `what`: which one of that kind of work, a name or a number.
    """
    names = {"work": work.value, "what": what}
    which = "CAST(:what AS integer)" if isinstance(what, int) else "hashtext(:what)"
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        got = bool(connection.scalar(text(f"SELECT pg_try_advisory_lock(:work, {which})"), names))
        try:
            yield got
        finally:
            if got:
                connection.execute(text(f"SELECT pg_advisory_unlock(:work, {which})"), names)


def in_turn(connection: Connection, turn: Turn, company: str) -> None:
    """Waits until nobody else is at this in a company, and keeps others waiting until the transaction ends."""
    name = {"name": f"{turn.value}/{company}"}
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 7))"), name)
