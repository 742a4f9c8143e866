"""The tables as described are the tables as migrated, and hold what they promise."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from bot.cases.case import FINAL_STATES
from bot.records.engine import Database
from bot.records.tables import cases, inbox, metadata

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


def _ours(_object: Any, name: str | None, _kind: str, _reflected: bool, _other: Any) -> bool:
    return not (name or "").startswith(("procrastinate", "idx_procrastinate", "alembic", "termkeeper_jobs"))


def test_the_migrations_make_exactly_these_tables(database: Database) -> None:
    with database.transaction() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True, "include_object": _ours})
        assert compare_metadata(context, metadata) == []


def _open(connection: Connection, number: int, state: str) -> None:
    connection.execute(
        insert(cases).values(company="acme", number=number, key="term::Net 37", state=state, alerted_at=NOW)
    )


def test_a_key_has_one_open_case_at_most(database: Database) -> None:
    with database.transaction() as connection:
        _open(connection, 1, "declined")
        _open(connection, 2, "open")
    with pytest.raises(IntegrityError, match="cases_open_key"), database.transaction() as connection:
        _open(connection, 3, "writing")


def test_the_states_that_free_a_key_are_the_final_ones() -> None:
    (index,) = [index for index in cases.indexes if index.name == "cases_open_key"]
    condition = str(index.dialect_options["postgresql"]["where"])
    assert set(re.findall(r"'(\w+)'", condition)) == {state.value for state in FINAL_STATES}


def test_none_is_kept_as_null_and_not_as_json(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(insert(inbox).values(key="k", kind="event", payload=None))
        assert connection.execute(select(inbox.c.id).where(inbox.c.payload.is_(None))).one()
