"""The journal: one chain a company, its hashes as documented, and nobody changes a row."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot.records.engine import Database
from bot.records.journal import (
    GENESIS,
    Entry,
    JournalContentRefused,
    JournalUnguarded,
    append,
    assert_guarded,
    canonical_json,
    entries,
)

AT = datetime(2026, 11, 24, 6, 0, 0, 5, tzinfo=UTC)


def _append(database: Database, company: str = "acme", case_id: int | None = None, **content: Any) -> Entry:
    with database.transaction() as connection:
        return append(connection, company, "decision", content, at=AT, actor="T0ACME/U0DAN", case_id=case_id)


def _chain(database: Database, company: str = "acme", case_id: int | None = None) -> list[Entry]:
    with database.transaction() as connection:
        return list(entries(connection, company, case_id))


def test_the_rows_hold_what_their_documented_bytes_hash_to(database: Database) -> None:
    _append(database, case_id=7, term="Net 37")
    _append(database, term="Net 38")
    previous = GENESIS
    for seq, entry in enumerate(_chain(database), start=1):
        content = hashlib.sha256(entry.canonical.encode()).hexdigest()
        row = f'{{"company":"acme","content_hash":"{content}","prev_hash":"{previous}","seq":{seq}}}'
        assert (entry.seq, entry.content_hash, entry.prev_hash) == (seq, content, previous)
        previous = entry.row_hash
        assert previous == hashlib.sha256(row.encode()).hexdigest()
    first = _chain(database)[0]
    assert first.canonical == (
        '{"actor":"T0ACME/U0DAN","at":"2026-11-24T06:00:00.000005Z","case":7,"content":{"term":"Net 37"},"kind":"decision"}'
    )
    assert first.content == {"term": "Net 37"}


def test_what_is_appended_is_what_is_read(database: Database) -> None:
    appended = [_append(database, n=number, case_id=number % 2) for number in range(4)]
    assert _chain(database) == appended
    assert _chain(database, case_id=1) == [appended[1], appended[3]]


def test_companies_have_chains_of_their_own(database: Database) -> None:
    assert [_append(database, company).seq for company in ("acme", "other", "acme")] == [1, 1, 2]
    assert _chain(database, "other")[0].prev_hash == GENESIS


def test_appends_at_once_do_not_fork_the_chain(database: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: _append(database, n=number), range(60)))
    chain = _chain(database)
    assert [entry.seq for entry in chain] == list(range(1, 61))
    assert [entry.prev_hash for entry in chain] == [GENESIS, *(entry.row_hash for entry in chain[:-1])]


def test_an_undone_transaction_leaves_no_gap(database: Database) -> None:
    _append(database)
    with database.engine.connect() as connection:
        append(connection, "acme", "decision", {}, at=AT, actor="x")
        connection.rollback()
    assert _append(database).seq == 2


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE journal SET actor = 'nobody'",
        "UPDATE journal SET actor = actor WHERE false",
        "DELETE FROM journal",
        "TRUNCATE journal",
        "TRUNCATE journal CASCADE",
        "DELETE FROM journal_heads",
        "TRUNCATE journal_heads",
        "SET session_replication_role = replica; DELETE FROM journal",
    ],
)
def test_a_change_is_refused_by_the_database(database: Database, change: str) -> None:
    _append(database)
    with pytest.raises(IntegrityError, match="append-only"), database.transaction() as connection:
        connection.exec_driver_sql(change)
    assert len(_chain(database)) == 1


def test_a_second_row_after_the_same_one_is_refused(database: Database) -> None:
    _append(database)
    with pytest.raises(IntegrityError, match="prev_hash"), database.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO journal SELECT company, seq + 1, at, kind, case_id, actor, content, content_hash,"
                " prev_hash, row_hash FROM journal"
            )
        )


@pytest.mark.parametrize(
    "tampering",
    [
        "DROP TRIGGER journal_refuse_change ON journal",
        "ALTER TABLE journal DISABLE TRIGGER journal_refuse_change",
        "ALTER TABLE journal ENABLE TRIGGER journal_refuse_change",
        "DROP TRIGGER journal_heads_refuse_removal ON journal_heads",
        "CREATE OR REPLACE FUNCTION journal_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END;'",
        """CREATE OR REPLACE TRIGGER journal_refuse_change BEFORE UPDATE ON journal
        FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse_change()""",
    ],
)
def test_missing_or_altered_triggers_are_noticed(database: Database, tampering: str) -> None:
    assert_guarded(database)
    with database.transaction() as connection:
        connection.execute(text(tampering))
    with pytest.raises(JournalUnguarded, match="could be changed unnoticed"):
        assert_guarded(database)


class _Kind(StrEnum):
    ONE = "one"


def test_amounts_and_moments_become_strings_in_one_form() -> None:
    elsewhere = timezone(timedelta(hours=-5))
    value = {
        "b": Decimal("10.50"),
        "a": [date(2026, 2, 28), datetime(2026, 1, 1, 1, tzinfo=elsewhere), _Kind.ONE],
        "ä": (True, None, 3),
        "e": Decimal("1E+3"),
    }
    assert canonical_json(value) == (
        '{"a":["2026-02-28","2026-01-01T06:00:00.000000Z","one"],"b":"10.50","e":"1000","ä":[true,null,3]}'
    )


@pytest.mark.parametrize(
    "value", [1.5, {"x": [float("nan")]}, AT.replace(tzinfo=None), 2**60, {1: "x"}, {1, 2}, Decimal("NaN"), b"x"]
)
def test_what_has_no_one_form_is_refused(value: object) -> None:
    with pytest.raises(JournalContentRefused):
        canonical_json({"v": value})


def test_any_text_can_be_recorded(database: Database) -> None:
    _append(database, words='Net\0 30 \ud800 "\\ \U0001f600 \u202e')
    (entry,) = _chain(database)
    assert entry.content == {"words": 'Net\ufffd 30 \ufffd "\\ \U0001f600 \u202e'}
    assert json.loads(entry.canonical)["kind"] == "decision"
