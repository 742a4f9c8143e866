"""Chains for tests, and the ways to tamper with them that the triggers would refuse."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from bot.records.engine import Database
from bot.records.journal import GENESIS, Entry, append, content_hash, entries, row_hash

AT = datetime(2026, 11, 24, 6, 0, 0, 5, tzinfo=UTC)


def grow(database: Database, rows: int, company: str = "acme", start: int = 0) -> None:
    """Appends so many entries, each with a content of its own."""
    for number in range(start, start + rows):
        with database.transaction() as connection:
            append(
                connection,
                company,
                "note",
                {"n": number, "term": f"Net {number}"},
                at=AT + timedelta(minutes=number),
                actor="U0DAN",
                case_id=number % 3 or None,
            )


def chain(database: Database, company: str = "acme") -> list[Entry]:
    """A company's entries."""
    with database.transaction() as connection:
        return list(entries(connection, company))


def unguard(connection: Connection) -> None:
    """Drops what the database itself sets against a change: the triggers, and then the keys."""
    for statement in (
        "DROP TRIGGER IF EXISTS journal_refuse_change ON journal",
        "DROP TRIGGER IF EXISTS journal_heads_refuse_removal ON journal_heads",
        "ALTER TABLE journal DROP CONSTRAINT IF EXISTS journal_pkey",
        "ALTER TABLE journal DROP CONSTRAINT IF EXISTS journal_company_prev_hash_key",
    ):
        connection.execute(text(statement))


def tamper(database: Database, *statements: str) -> None:
    """Changes the journal by SQL, as an owner of the database can."""
    with database.transaction() as connection:
        unguard(connection)
        for statement in statements:
            connection.exec_driver_sql(statement)


def rewrite(database: Database, contents: Iterable[str], company: str = "acme") -> None:
    """Puts a whole new chain, with right hashes and a right head, in the old one's place."""
    rows = chain(database, company)
    previous = GENESIS
    with database.transaction() as connection:
        unguard(connection)
        connection.execute(text("DELETE FROM journal WHERE company = :c"), {"c": company})
        seq = 0
        for seq, canonical in enumerate(contents, start=1):
            old = rows[seq - 1]
            digest = content_hash(canonical)
            new = row_hash(company=company, seq=seq, prev_hash=previous, content_hash=digest)
            connection.execute(
                text("INSERT INTO journal VALUES (:company, :seq, :at, :kind, :case, :actor, :content, :ch, :ph, :rh)"),
                {
                    "company": company,
                    "seq": seq,
                    "at": old.at,
                    "kind": old.kind,
                    "case": old.case_id,
                    "actor": old.actor,
                    "content": canonical,
                    "ch": digest,
                    "ph": previous,
                    "rh": new,
                },
            )
            previous = new
        connection.execute(
            text("UPDATE journal_heads SET seq = :seq, row_hash = :rh WHERE company = :c"),
            {"seq": seq, "rh": previous, "c": company},
        )


TAMPERINGS: dict[str, tuple[str, ...]] = {
    "content changed": ("UPDATE journal SET content = replace(content, 'Net 4', 'Net 9') WHERE seq = 5",),
    "content and its hash changed": (
        "UPDATE journal SET content = replace(content, 'Net 4', 'Net 9') WHERE seq = 5",
        "UPDATE journal SET content_hash = encode(sha256(convert_to(content, 'UTF8')), 'hex') WHERE seq = 5",
    ),
    "row rewritten with right hashes of its own": (
        "UPDATE journal SET content = replace(content, 'Net 4', 'Net 9') WHERE seq = 5",
        "UPDATE journal SET content_hash = encode(sha256(convert_to(content, 'UTF8')), 'hex') WHERE seq = 5",
        (
            "UPDATE journal SET row_hash = encode(sha256(convert_to("
            '\'{"company":"acme","content_hash":"\' || content_hash || \'","prev_hash":"\' || prev_hash'
            " || '\",\"seq\":5}', 'UTF8')), 'hex') WHERE seq = 5"
        ),
    ),
    "row hash changed": ("UPDATE journal SET row_hash = repeat('a', 64) WHERE seq = 5",),
    "person changed": ("UPDATE journal SET actor = 'U0PRIYA' WHERE seq = 5",),
    "time changed": ("UPDATE journal SET at = at + interval '1 day' WHERE seq = 5",),
    "case changed": ("UPDATE journal SET case_id = 77 WHERE seq = 5",),
    "given to another company": ("UPDATE journal SET company = 'other' WHERE seq = 5",),
    "one deleted": ("DELETE FROM journal WHERE seq = 5",),
    "several deleted": ("DELETE FROM journal WHERE seq BETWEEN 3 AND 6",),
    "the first deleted": ("DELETE FROM journal WHERE seq = 1",),
    "one deleted and the rest moved up": (
        "DELETE FROM journal WHERE seq = 5",
        "UPDATE journal SET seq = seq - 1 WHERE seq > 5",
    ),
    "one put in": (
        "UPDATE journal SET seq = seq + 1 WHERE seq > 5",
        (
            "INSERT INTO journal SELECT company, 6, at, kind, case_id, actor, content, content_hash, prev_hash, row_hash"
            " FROM journal WHERE seq = 5"
        ),
    ),
    "one doubled": ("INSERT INTO journal SELECT * FROM journal WHERE seq = 5",),
    "one put behind the head": (
        (
            "INSERT INTO journal SELECT company, 11, at, kind, case_id, actor, content, content_hash, row_hash,"
            ' encode(sha256(convert_to(\'{"company":"acme","content_hash":"\' || content_hash || \'","prev_hash":"\''
            " || row_hash || '\",\"seq\":11}', 'UTF8')), 'hex') FROM journal WHERE seq = 10"
        ),
    ),
    "two swapped": ("UPDATE journal SET seq = CASE seq WHEN 4 THEN 7 ELSE 4 END WHERE seq IN (4, 7)",),
    "two contents swapped": (
        (
            "UPDATE journal j SET content = o.content, content_hash = o.content_hash, at = o.at, case_id = o.case_id"
            " FROM journal o WHERE (j.seq, o.seq) IN ((4, 7), (7, 4))"
        ),
    ),
    "the end cut": ("DELETE FROM journal WHERE seq > 8",),
    "the head moved": ("UPDATE journal_heads SET row_hash = repeat('b', 64)",),
    "the head gone": ("DELETE FROM journal_heads",),
    "everything gone but the head": ("DELETE FROM journal",),
}
"""What is done to a chain of ten entries, by what it is."""
