"""Work that only one holder may do at a time, over any number of processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from bot.records.engine import Database


@contextmanager
def alone(database: Database, kind: int, what: str) -> Iterator[bool]:
    """Whether nobody else is at this; never waits. The lock is a connection's own, so it dies with its holder.

    `kind`: a number for the kind of work; `what`: which one of that kind.
    """
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        names = {"kind": kind, "what": what}
        got = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:kind, hashtext(:what))"), names))
        try:
            yield got
        finally:
            if got:
                connection.execute(text("SELECT pg_advisory_unlock(:kind, hashtext(:what))"), names)
