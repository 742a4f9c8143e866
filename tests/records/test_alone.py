"""Work that one holder does at a time."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.records.alone import Work, alone
from bot.records.engine import Database


def test_one_holder_at_a_time_and_the_next_once_it_is_given_back(database: Database) -> None:
    with alone(database, Work.WATCH, "acme") as first, alone(database, Work.WATCH, "acme") as second:
        assert (first, second) == (True, False)
    with alone(database, Work.WATCH, "acme") as third:
        assert third


def test_other_work_and_other_companies_are_not_kept_waiting(database: Database) -> None:
    with (
        alone(database, Work.WATCH, "acme"),
        alone(database, Work.WATCH, "initech") as other,
        alone(database, Work.GATHER, "acme") as kind,
    ):
        assert other
        assert kind


def test_a_lock_dies_with_its_holder(database: Database) -> None:
    with pytest.raises(OperationalError), alone(database, Work.WATCH, "acme"), database.transaction() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"))
    with alone(database, Work.WATCH, "acme") as after:
        assert after


def test_a_case_and_a_message_of_one_number_are_apart(database: Database) -> None:
    with alone(database, Work.CASE, 7) as case, alone(database, Work.MESSAGE, 7) as message:
        assert (case, message) == (True, True)
        with alone(database, Work.CASE, 7) as again:
            assert not again
