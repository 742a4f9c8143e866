"""Migrating: from nothing, twice, at once; and versions that do not fit are refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import inspect, text

from bot.records.engine import Database
from bot.records.journal import assert_guarded
from bot.records.migrate import DatabaseNewer, DatabaseOlder, check, migrate


@pytest.fixture
def empty(empty_database_url: str) -> Database:
    return Database(empty_database_url)


def test_an_empty_database_is_refused_until_it_is_migrated(empty: Database) -> None:
    with pytest.raises(DatabaseOlder, match="python -m bot migrate"):
        check(empty)
    migrate(empty)
    check(empty)
    assert_guarded(empty)
    migrate(empty)
    assert {"inbox", "cases", "journal", "procrastinate_jobs"} <= set(inspect(empty.engine).get_table_names())


def test_processes_that_migrate_at_once_do_it_one_after_the_other(empty: Database) -> None:
    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(migrate, Database(empty.url)) for _ in range(4)]:
            done.result()
    check(empty)


def test_a_newer_database_is_refused_and_left_as_it_is(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refuse in (check, migrate):
        with pytest.raises(DatabaseNewer, match="newer version of Termkeeper"):
            refuse(database)
    with database.transaction() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_a_migration_that_fails_leaves_nothing_behind(empty: Database) -> None:
    with empty.transaction() as connection:
        connection.execute(text("CREATE TABLE writes (id int)"))
    with pytest.raises(Exception, match="writes"):
        migrate(empty)
    assert inspect(empty.engine).get_table_names() == ["writes"]
