"""The gate: so many requests in flight to one service at most, over all processes on one database."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.rows import tuple_row

from bot.records.engine import Database
from bot.records.turnstile import Turnstile

WAIT_S = 120.0
"""How long a slot is waited for: longer than the slowest reply, so that a busy service is no error."""
_OPTIONS = "-c lock_timeout=300 -c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
"""Milliseconds in one slot's queue before all are tried again; and the server notices within half a minute that a whole
machine is gone."""

_Session = psycopg.Connection[tuple[int]]


class GateError(Exception):
    """No slot could be had."""


class GateBusyError(GateError):
    """All slots were taken for longer than we wait."""


class GateUnavailableError(GateError):
    """The database that keeps the slots does not answer."""


class AdvisoryGate:
    """Slots as PostgreSQL's advisory locks of a session: who dies gives his slot free.

    A process holds at most `slots` connections for it, its own; whoever waits within the process holds none.
    """

    def __init__(self, database: Database, name: str, slots: int) -> None:
        """`name`: what the slots are of, such as `intacct/acme`: the same in every process."""
        self._url = database.url
        self._name = name
        self._slots = slots
        # advisory locks of two numbers are apart from those of one, which cases and migrations use
        self._lock_class = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big", signed=True)
        self._here = Turnstile(slots)
        self._idle: list[_Session] = []
        self._guard = threading.Lock()

    @contextmanager
    def slot(self, wait_s: float = WAIT_S) -> Iterator[None]:
        """Holds one slot, first come, first served within a process. Wrap nothing but the one request.

        Raises GateBusyError after `wait_s` seconds, GateUnavailableError where the database does not answer.
        """
        deadline = time.monotonic() + wait_s
        if not self._here.enter(wait_s):
            raise self._busy(wait_s)
        try:
            session, number = self._acquire(deadline, wait_s)
            try:
                yield
            finally:
                self._release(session, number)
        finally:
            self._here.leave()

    def close(self) -> None:
        """Closes the connections that hold no slot."""
        with self._guard:
            idle, self._idle = self._idle, []
        for session in idle:
            session.close()

    def _acquire(self, deadline: float, wait_s: float) -> tuple[_Session, int]:
        session: _Session | None = None
        try:
            session, number = self._open()
            while number is None:
                if time.monotonic() > deadline:
                    self._keep(session)
                    raise self._busy(wait_s)
                number = self._queue_up(session) or self._try(session)
        except psycopg.Error as error:
            if session is not None:
                session.close()
            raise GateUnavailableError(f"The database that keeps the slots of {self._name} does not answer") from error
        return session, number

    def _open(self) -> tuple[_Session, int | None]:
        """A connection and the slot that it got at once, if any; a kept one first, unless the server has dropped it."""
        with self._guard:
            kept = self._idle.pop() if self._idle else None
        if kept is not None:
            try:
                return kept, self._try(kept)
            except psycopg.OperationalError:
                kept.close()
        session = self._connect()
        return session, self._try(session)

    def _try(self, session: _Session) -> int | None:
        row = session.execute(
            "SELECT number FROM generate_series(1, %s) AS number WHERE pg_try_advisory_lock(%s, number) LIMIT 1",
            [self._slots, self._lock_class],
        ).fetchone()
        return None if row is None else row[0]

    def _queue_up(self, session: _Session) -> int | None:
        """Stands in the server's own queue for one slot for a while; it is handed over the moment it comes free."""
        number = random.randint(1, self._slots)  # noqa: S311  (spreads those who wait, guards nothing)
        try:
            session.execute("SELECT pg_advisory_lock(%s, %s)", [self._lock_class, number])
        except psycopg.errors.LockNotAvailable:
            return None
        return number

    def _release(self, session: _Session, number: int) -> None:
        try:
            session.execute("SELECT pg_advisory_unlock(%s, %s)", [self._lock_class, number])
        except psycopg.Error:
            session.close()  # with the session ends its lock
        else:
            self._keep(session)

    def _keep(self, session: _Session) -> None:
        with self._guard:
            self._idle.append(session)

    def _connect(self) -> _Session:
        return psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=3,
            application_name="termkeeper-gate",
            prepare_threshold=1,
            row_factory=tuple_row,
            options=_OPTIONS,
        )

    def _busy(self, wait_s: float) -> GateBusyError:
        return GateBusyError(
            f"All {self._slots} requests to {self._name} at a time were taken for {wait_s:.0f} s. Try again later."
        )
