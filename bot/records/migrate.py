"""Brings a database to this code's version, and refuses to work on one of another."""

from __future__ import annotations

from importlib.resources import as_file, files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.records.engine import Database

_LOCK = 7_236_551_023_114_095
"""Any number that nothing else locks: two processes that migrate at once do it one after the other."""


class DatabaseVersionError(Exception):
    """The database is of another version than the code."""


class DatabaseNewer(DatabaseVersionError):
    """The database was migrated by newer code."""


class DatabaseOlder(DatabaseVersionError):
    """The database has not been migrated to this code's version yet."""


def migrate(database: Database) -> None:
    """Makes or changes the tables, all or nothing, one process at a time. Raises DatabaseNewer, changing nothing."""
    with database.transaction() as connection, as_file(files("bot.records") / "migrations") as folder:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = '5min'"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        _refuse_newer(connection, ScriptDirectory.from_config(config))
        command.upgrade(config, "head")


def check(database: Database) -> None:
    """Raises DatabaseNewer or DatabaseOlder where the database is not of this code's version."""
    with database.transaction() as connection, as_file(files("bot.records") / "migrations") as folder:
        script = ScriptDirectory(str(folder))
        _refuse_newer(connection, script)
        if _version(connection) != script.get_current_head():
            raise DatabaseOlder("The database is older than this version of Termkeeper. Run: python -m bot migrate")


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(connection: Connection, script: ScriptDirectory) -> None:
    version = _version(connection)
    known = {revision.revision for revision in script.walk_revisions()}
    if version is not None and version not in known:
        raise DatabaseNewer(
            f"The database (version {version}) was made by a newer version of Termkeeper than this one "
            f"({script.get_current_head()}). Install the newer version, or use another database."
        )
