"""Connecting: which addresses are taken, and what text the database can keep."""

from __future__ import annotations

import json
import time

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.records.engine import Database, database_url, dump_json, libpq_url


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_way_to_write_the_address_is_taken(scheme: str) -> None:
    url = f"{scheme}://bot:p%40ss@db.example:5433/keeper?sslmode=require"
    assert database_url(url).drivername == "postgresql+psycopg"
    assert database_url(url).password == "p@ss"
    assert libpq_url(url) == "postgresql://bot:p%40ss@db.example:5433/keeper?sslmode=require"


@pytest.mark.parametrize("url", ["sqlite:///var/x.db", "mysql://h/d", "", "postgresql:/h"])
def test_another_kind_of_database_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must be PostgreSQL"):
        database_url(url)


def test_the_password_is_not_in_the_text_of_a_database() -> None:
    assert "p%40ss" not in str(Database("postgresql://bot:p%40ss@db.example/keeper").engine.url)


def test_an_exception_undoes_the_transaction(database: Database) -> None:
    def fail_half_way() -> None:
        with database.transaction() as connection:
            connection.execute(text("INSERT INTO channel_marks (channel, ts) VALUES ('C1', '1.0')"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    with database.transaction() as connection:
        assert connection.scalar(text("SELECT count(*) FROM channel_marks")) == 0


def test_taking_gives_up_before_slack_does(database: Database) -> None:
    with pytest.raises(DBAPIError) as stopped, database.intake() as connection:
        connection.execute(text("SELECT pg_sleep(10)"))
    assert isinstance(stopped.value.orig, psycopg.errors.QueryCanceled)


def test_a_connection_that_the_server_dropped_is_replaced(database: Database) -> None:
    with database.transaction() as connection:
        backend = connection.scalar(text("SELECT pg_backend_pid()"))
    with psycopg.connect(database.url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [backend])
    time.sleep(1.1)  # one that was used just now is not asked
    with database.transaction() as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) != backend


def test_an_errors_text_does_not_show_the_rows(database: Database) -> None:
    with pytest.raises(DBAPIError) as failed, database.transaction() as connection:
        connection.execute(text("SELECT CAST(:words AS text), 1 / 0"), {"words": "private words"})
    assert "private words" not in str(failed.value)


def test_text_that_postgresql_has_no_room_for_is_replaced_in_json(database: Database) -> None:
    value = {"nul\0": "a\0b", "half": "x\ud83dy", "whole": "\U0001f600", "deep": [{"x": ("\udc00",)}], "n": 1}
    kept = json.loads(dump_json(value))
    assert kept == {
        "nul\ufffd": "a\ufffdb",
        "half": "x\ufffdy",
        "whole": "\U0001f600",
        "deep": [{"x": ["\ufffd"]}],
        "n": 1,
    }
    with database.transaction() as connection:
        assert connection.scalar(text("SELECT CAST(:j AS jsonb)"), {"j": dump_json(value)}) == kept


def test_what_a_burst_left_open_is_closed_and_what_is_in_use_stays(database: Database) -> None:
    with database.transaction() as one:
        with database.transaction() as two, database.transaction() as three:
            two.execute(text("SELECT 1"))
            three.execute(text("SELECT 1"))
        database.trim()
        count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'termkeeper' AND datname = current_database()"
        deadline = time.monotonic() + 5
        while one.scalar(text(count)) != 1:
            assert time.monotonic() < deadline
            time.sleep(0.02)
            one.execute(text("SELECT pg_stat_clear_snapshot()"))
    with database.transaction() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
