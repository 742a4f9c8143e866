"""Work that one holder does at a time."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.records.alone import alone
from bot.records.engine import Database


def test_one_holder_at_a_time_and_the_next_once_it_is_given_back(database: Database) -> None:
    with alone(database, 13, "acme") as first, alone(database, 13, "acme") as second:
        assert (first, second) == (True, False)
    with alone(database, 13, "acme") as third:
        assert third


def test_other_work_and_other_companies_are_not_kept_waiting(database: Database) -> None:
    with alone(database, 13, "acme"), alone(database, 13, "initech") as other, alone(database, 14, "acme") as kind:
        assert other
        assert kind


def test_a_lock_dies_with_its_holder(database: Database) -> None:
    with pytest.raises(OperationalError), alone(database, 13, "acme"), database.transaction() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"))
    with alone(database, 13, "acme") as after:
        assert after
