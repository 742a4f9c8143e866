"""Counting requests: by day and month, over processes, without a write for each."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from bot.records.calls import CallCounter, own_calls
from bot.records.engine import Database
from bot.records.tables import api_calls


def _rows(database: Database) -> list[tuple[Any, ...]]:
    with database.transaction() as connection:
        return [
            (row.service, row.company, row.month, row.day, row.calls)
            for row in connection.execute(select(api_calls).order_by(api_calls.c.day))
        ]


def test_what_is_counted_is_there_at_once_and_kept_at_the_end(database: Database) -> None:
    day = [date(2026, 10, 31)]
    counter = CallCounter(database, "intacct", "acme", today=lambda: day[0])
    counter.count("query")
    counter.count("query")
    day[0] = date(2026, 11, 1)
    counter.count("create_arterm")
    assert _rows(database) == []
    assert (counter.month("2026-10"), counter.month("2026-11"), counter.month("2026-12")) == (2, 1, 0)
    assert counter.functions() == {"query": 2, "create_arterm": 1}
    counter.close()
    assert _rows(database) == [
        ("intacct", "acme", "2026-10", date(2026, 10, 31), 2),
        ("intacct", "acme", "2026-11", date(2026, 11, 1), 1),
    ]
    assert counter.month("2026-10") == 2


def test_processes_add_up(database: Database) -> None:
    counters = [CallCounter(database, "bill", "acme", today=lambda: date(2026, 11, 1)) for _ in range(3)]
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda number: counters[number % 3].count("invoices"), range(300)))
        list(threads.map(CallCounter.close, counters))
    assert counters[0].month("2026-11") == 300


def test_counts_reach_the_database_by_themselves(database: Database) -> None:
    counter = CallCounter(database, "bill", "acme", flush_s=0.05)
    counter.count("login")
    deadline = time.monotonic() + 5
    while not _rows(database):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    counter.close()


def test_a_count_outlives_a_database_that_is_away(database: Database) -> None:
    counter = CallCounter(database, "bill", "acme", today=lambda: date(2026, 11, 1))
    counter.count("login")
    with database.transaction() as connection:
        connection.execute(text("ALTER TABLE api_calls RENAME TO away"))
    with pytest.raises(SQLAlchemyError):
        counter.flush()
    with database.transaction() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO api_calls"))
    counter.close()
    assert counter.month("2026-11") == 1


def test_what_is_sent_for_one_purpose_is_told_from_what_others_send_meanwhile(database: Database) -> None:
    counter, other = CallCounter(database, "intacct", "acme"), CallCounter(database, "intacct", "globex")
    counter.count("query")
    with own_calls(), ThreadPoolExecutor(2) as threads:
        counter.count("query")
        threads.submit(copy_context().run, counter.count, "query").result()
        threads.submit(counter.count, "query").result()
        other.count("query")
        assert (counter.own, other.own) == (2, 1)
    assert counter.own == 0
    counter.close()
    other.close()
