"""What the calendar asks for is done once, however often it is asked for and by however many; failures come again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from bot.records import schedule
from bot.records.engine import Database
from bot.records.tables import schedule as rows

KEY = "anchor/acme/2026-11-24"


def ask(database: Database, key: str = KEY) -> bool:
    with database.transaction() as connection:
        return schedule.ask(connection, key=key, kind="anchor", company="acme")


def never(company: str, key: str, why: str) -> None:
    pytest.fail(f"{key} of {company} was given up: {why}")


def test_a_key_is_asked_for_once_and_its_job_is_enqueued_with_it(database: Database) -> None:
    assert ask(database)
    assert not ask(database)
    with database.transaction() as connection:
        assert connection.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'schedule.do'")) == 1


def test_many_at_once_do_it_once(database: Database) -> None:
    ask(database)
    done: list[str] = []
    start = threading.Barrier(6)

    def one() -> bool:
        start.wait()
        return schedule.do(database, KEY, {"anchor": lambda _company, key: done.append(key)}, never)

    with ThreadPoolExecutor(6) as threads:
        assert sum(each.result() for each in [threads.submit(one) for _ in range(6)]) == 1
    assert done == [KEY]
    assert not schedule.do(database, KEY, {"anchor": lambda _company, key: done.append(key)}, never)


def test_a_failure_is_due_again_after_growing_pauses_and_given_up_after_eight(database: Database) -> None:
    ask(database)
    told: list[tuple[str, str, str]] = []

    def fail(company: str, key: str) -> None:
        raise OSError(f"no {company} {key}")

    pauses = []
    for _ in range(schedule.ATTEMPTS + 2):
        schedule.do(database, KEY, {"anchor": fail}, lambda *words: told.append(words))
        with database.transaction() as connection:
            row = connection.execute(select(rows, (rows.c.due_at - text("now()")).label("pause"))).one()
            pauses.append(row.pause)
            connection.execute(update(rows).values(due_at=text("now()")))
    assert row.attempts == schedule.ATTEMPTS
    assert row.done_at is None
    assert told == [("acme", KEY, f"OSError: no acme {KEY}")]
    assert pauses[0] < pauses[2] < pauses[4]


def test_a_kind_that_this_code_does_not_know_waits_for_code_that_does(database: Database) -> None:
    ask(database)
    assert not schedule.do(database, KEY, {}, never)
    with database.transaction() as connection:
        assert connection.scalar(select(rows.c.attempts)) == 0


def test_work_for_a_company_that_nobody_looks_after_rests_and_is_done_when_it_is_back(database: Database) -> None:
    ask(database)
    done: list[str] = []
    doings = {"anchor": lambda company, key: done.append(company)}
    for _ in range(schedule.ATTEMPTS + 1):
        assert not schedule.do(database, KEY, doings, never, {"initech"}.__contains__)
    with database.transaction() as connection:
        row = connection.execute(select(rows, (rows.c.due_at - text("now()")).label("pause"))).one()
    assert (done, row.attempts, row.done_at) == ([], 0, None)
    assert row.pause > timedelta(0)
    assert schedule.do(database, KEY, doings, never, {"acme"}.__contains__)
    assert done == ["acme"]


def test_the_tick_enqueues_what_is_due_and_undone(database: Database) -> None:
    ask(database)
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM procrastinate_jobs"))
        schedule.nudge_due(connection)
        assert connection.scalar(text("SELECT args->>'row' FROM procrastinate_jobs")) == KEY
