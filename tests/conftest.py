"""Fixtures for tests of every room: a PostgreSQL server a worker, a fresh migrated database a test."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from bot.records.engine import Database
from bot.records.migrate import migrate
from bot.records.postgres import EmbeddedPostgres

TEMPLATE = "termkeeper_template"


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """One server for all tests of this process; nothing need outlive it, so it does not wait for the disk.

    Not under pytest's own temporary folders: a server loses its footing when another run tidies these away.
    """
    unsafe = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
    with (
        tempfile.TemporaryDirectory(prefix="termkeeper-") as folder,
        EmbeddedPostgres(Path(folder), settings=unsafe) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres: EmbeddedPostgres) -> str:
    """Where the server's own database is; migrated by nobody."""
    return postgres.url


@pytest.fixture(scope="session")
def migrated_template(postgres: EmbeddedPostgres) -> str:
    """The name of a migrated database that fresh ones are copied from."""
    create_database(postgres, TEMPLATE)
    database = Database(postgres.url_of(TEMPLATE))
    migrate(database)
    database.dispose()
    return TEMPLATE


@pytest.fixture
def empty_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """Where a database without any table is."""
    name = f"test_{uuid.uuid4().hex}"
    create_database(postgres, name)
    yield postgres.url_of(name)
    drop_database(postgres, name)


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """Where a fresh migrated database is."""
    name = f"test_{uuid.uuid4().hex}"
    create_database(postgres, name, template=migrated_template)
    yield postgres.url_of(name)
    drop_database(postgres, name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh migrated database."""
    opened = Database(database_url)
    yield opened
    opened.dispose()


def create_database(server: EmbeddedPostgres, name: str, template: str = "template1") -> None:
    """Makes a database, as a copy of another."""
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )


def drop_database(server: EmbeddedPostgres, name: str) -> None:
    """Removes a database, whoever uses it."""
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Notes of each fault test which line of the promise it holds, so that its report carries it to the table."""
    for item in items:
        item.user_properties += [("fault", mark.args[0]) for mark in item.iter_markers("fault")]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints how many faults were tried and held, by line."""
    counted: dict[str, list[int]] = {}
    for outcome in ("passed", "failed", "error"):
        reports = [each for each in terminalreporter.stats.get(outcome, ()) if isinstance(each, pytest.TestReport)]
        for report in reports:  # a file that cannot be collected is an error without properties
            for line in [value for name, value in report.user_properties if name == "fault"]:
                row = counted.setdefault(str(line), [0, 0])
                row[0] += 1
                row[1] += outcome == "passed"
    if counted:
        terminalreporter.section("faults")
        for line, (tried, held) in sorted(counted.items()):
            terminalreporter.line(f"{held:4} of {tried:<4} {line}")
