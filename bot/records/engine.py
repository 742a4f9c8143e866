"""The connection to the database: pools, limits in time, transactions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import URL, make_url

POOL_SIZE = 8
POOL_OVERFLOW = 8
POOL_WAIT_S = 10.0
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

    def __init__(self, url: str, *, pool_size: int = POOL_SIZE, application: str = "termkeeper") -> None:
        """Connects to nothing yet. Raises ValueError where `url` is none of PostgreSQL."""
        self._url = database_url(url)
        self._application = application
        self.engine = self._engine(
            pool_size=pool_size, overflow=POOL_OVERFLOW, wait_s=POOL_WAIT_S, statement_ms=STATEMENT_LIMIT_MS
        )
        self._intake = self._engine(
            pool_size=_INTAKE_POOL,
            overflow=0,
            wait_s=INTAKE_LIMIT_MS / 1000,
            statement_ms=INTAKE_LIMIT_MS,
        )

    engine: Engine
    """The pool for work."""

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
        """A transaction that gives up after `INTAKE_LIMIT_MS`, on connections that slow work cannot take up."""
        with self._intake.begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Closes all connections that are not in use."""
        self.engine.dispose()
        self._intake.dispose()

    def _engine(self, *, pool_size: int, overflow: int, wait_s: float, statement_ms: int) -> Engine:
        limits = {
            "statement_timeout": statement_ms,
            "lock_timeout": min(LOCK_LIMIT_MS, statement_ms),
            "idle_in_transaction_session_timeout": IDLE_LIMIT_MS,
            "TimeZone": "UTC",
        }
        return create_engine(
            self._url,
            pool_size=pool_size,
            max_overflow=overflow,
            pool_timeout=wait_s,
            pool_pre_ping=True,
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
