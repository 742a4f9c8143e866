"""The connection to the database: pools, limits in time, transactions."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from bot.records.turnstile import Turnstile

POOL_SIZE = 8
POOL_OVERFLOW = 8
POOL_WAIT_S = 10.0
_REST_S = 1.0
STATEMENT_LIMIT_MS = 30_000
LOCK_LIMIT_MS = 10_000
IDLE_LIMIT_MS = 60_000
"""A transaction that does nothing for so long is ended: nobody may hold a row and forget it."""

INTAKE_LIMIT_MS = 1_500
"""Taking an event may take so long; Slack waits 3 s for its acknowledgement."""
_INTAKE_POOL = 4
"""One takes about a millisecond: a few serve hundreds of threads, and no connection is made in a burst."""


def database_url(url: str) -> URL:
    """A database's address with the driver that we use; `postgres://` is how some hosts write it.

    Raises ValueError where it is none of PostgreSQL.
    """
    scheme, found, rest = url.partition("://")
    if not found or scheme.split("+")[0] not in ("postgres", "postgresql"):
        raise ValueError("The database must be PostgreSQL: an address that begins with postgresql://")
    return make_url(f"postgresql+psycopg://{rest}")


def libpq_url(url: str) -> str:
    """The same address as libpq reads it, password included: never for a log."""
    return database_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


class Database:
    """One database: a pool for work, and a small hasty one for taking what must be acknowledged in time."""

    engine: Engine
    """The pool for work."""

    def __init__(self, url: str, *, pool_size: int = POOL_SIZE, application: str = "termkeeper") -> None:
        """Connects to nothing yet. Raises ValueError where `url` is none of PostgreSQL."""
        self._url = database_url(url)
        self._application = application
        self.engine = self._engine(STATEMENT_LIMIT_MS, pool_size=pool_size, max_overflow=POOL_OVERFLOW)
        self._intake = self._engine(
            INTAKE_LIMIT_MS, pool_size=_INTAKE_POOL, max_overflow=0, isolation_level="AUTOCOMMIT"
        )
        self._intake_door = Turnstile(_INTAKE_POOL)

    @property
    def url(self) -> str:
        """The address as libpq reads it, password included: never for a log."""
        return self._url.set(drivername="postgresql").render_as_string(hide_password=False)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction: committed at the end, undone by an exception. No network call belongs inside."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def intake(self) -> Iterator[Connection]:
        """For one statement, committed by itself, that must be done in `INTAKE_LIMIT_MS`; slow work is not in its way.

        Raises sqlalchemy.exc.TimeoutError where no connection comes free in that time.
        """
        limit_s = INTAKE_LIMIT_MS / 1000
        if not self._intake_door.enter(limit_s):
            raise PoolTimeoutError(f"no connection came free within {limit_s:.1f} s")
        try:
            with self._intake.connect() as connection:
                yield connection
        finally:
            self._intake_door.leave()

    def trim(self) -> None:
        """Closes the connections that a burst has left open; for a tick. What is in use is not touched."""
        for engine in (self.engine, self._intake):
            pool = engine.pool
            if isinstance(pool, QueuePool) and pool.checkedin() > 1:
                engine.dispose()

    def dispose(self) -> None:
        """Closes all connections that are not in use."""
        self.engine.dispose()
        self._intake.dispose()

    def _engine(self, statement_ms: int, **pooling: int | str) -> Engine:
        limits = {
            "statement_timeout": statement_ms,
            "lock_timeout": min(LOCK_LIMIT_MS, statement_ms),
            "idle_in_transaction_session_timeout": IDLE_LIMIT_MS,
            "TimeZone": "UTC",
        }
        engine = create_engine(
            self._url,
            **pooling,
            pool_timeout=POOL_WAIT_S,
            pool_use_lifo=True,
            json_serializer=dump_json,
            hide_parameters=True,  # an error's text goes to logs, and rows hold people's words
            connect_args={
                "application_name": self._application,
                "connect_timeout": 3,
                "keepalives_idle": 30,
                "keepalives_interval": 10,
                "keepalives_count": 3,
                "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
            },
        )
        event.listen(engine, "checkin", _note_rest)
        event.listen(engine, "checkout", _ask_after_rest)
        return engine


def _note_rest(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["rests_since"] = time.monotonic()


def _ask_after_rest(connection: object, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Asks the server whether a rested connection still lives; asking each time costs a fifth of taking an event."""
    rests_since = record.info.get("rests_since")
    if (
        rests_since is None
        or time.monotonic() - rests_since < _REST_S
        or not isinstance(connection, psycopg.Connection)
    ):
        return
    try:
        connection.execute("")
        if not connection.autocommit:
            connection.rollback()
    except psycopg.Error as error:
        raise DisconnectionError("the server has dropped this connection") from error


def dump_json(value: Any) -> str:
    """JSON that PostgreSQL can keep: what its text has no room for (NUL, lone surrogates) becomes U+FFFD."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    if "\\u0000" in text or not _encodable(text):
        text = json.dumps(_storable(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text


def storable_text(text: str) -> str:
    """`text` as PostgreSQL can keep it: NUL and lone surrogates become U+FFFD."""
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _storable(value: Any) -> Any:
    match value:
        case str():
            return storable_text(value)
        case dict():
            return {_storable(key): _storable(item) for key, item in value.items()}
        case list() | tuple():
            return [_storable(item) for item in value]
        case _:
            return value
