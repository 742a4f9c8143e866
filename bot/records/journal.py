"""The journal: an append-only record, one hash chain a company, whose rows prove one another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import rfc8785
from sqlalchemy import Connection, Row, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from bot.records.engine import Database, storable_text
from bot.records.tables import journal, journal_heads

GENESIS = "0" * 64
"""What the first row of a chain names as the one before it."""

JsonValue = str | int | bool | None | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
"""What a journal entry holds; floats are none of it, and Decimals, dates and moments become strings."""


class JournalError(Exception):
    """The journal cannot be kept as it must be."""


class JournalUnguarded(JournalError):
    """The triggers that refuse any change of the journal are not there as they must be."""


class JournalContentRefused(JournalError):
    """The content has no one canonical form (a float, a naive moment, an unknown type)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of a chain."""

    company: str
    seq: int
    """1, 2, 3 … without a gap."""
    at: datetime
    kind: str
    case_id: int | None
    actor: str
    canonical: str
    """The very text that `content_hash` covers: actor, at, case, content and kind."""
    content_hash: str
    prev_hash: str
    row_hash: str

    @property
    def content(self) -> Mapping[str, JsonValue]:
        """What was recorded, read from the canonical text."""
        read: Mapping[str, JsonValue] = json.loads(self.canonical)["content"]
        return read


def append(
    connection: Connection,
    company: str,
    kind: str,
    content: Mapping[str, object],
    *,
    at: datetime,
    actor: str,
    case_id: int | None = None,
) -> Entry:
    """Appends to a company's chain, as the last act of a transaction: the chain is locked until that ends.

    `content` is redacted by the caller. Raises JournalContentRefused where it has no canonical form.
    """
    envelope = {"actor": actor, "at": at, "case": case_id, "content": content, "kind": kind}
    canonical = canonical_json(envelope)
    seq, prev_hash = _lock_head(connection, company)
    digest = content_hash(canonical)
    entry = Entry(
        company=company,
        seq=seq + 1,
        at=at.astimezone(UTC),
        kind=kind,
        case_id=case_id,
        actor=actor,
        canonical=canonical,
        content_hash=digest,
        prev_hash=prev_hash,
        row_hash=row_hash(company=company, seq=seq + 1, prev_hash=prev_hash, content_hash=digest),
    )
    connection.execute(
        insert(journal).values(
            company=company,
            seq=entry.seq,
            at=entry.at,
            kind=kind,
            case_id=case_id,
            actor=actor,
            content=canonical,
            content_hash=digest,
            prev_hash=prev_hash,
            row_hash=entry.row_hash,
        )
    )
    connection.execute(
        update(journal_heads).where(journal_heads.c.company == company).values(seq=entry.seq, row_hash=entry.row_hash)
    )
    return entry


def lock_chain(connection: Connection, company: str) -> None:
    """Holds a company's chain until the transaction ends: for whoever appends by what it says."""
    _lock_head(connection, company)


def latest(connection: Connection, company: str, kind: str) -> Entry | None:
    """The newest entry of a kind, where there is one."""
    wanted = select(journal).where(journal.c.company == company, journal.c.kind == kind)
    row = connection.execute(wanted.order_by(journal.c.seq.desc()).limit(1)).one_or_none()
    return None if row is None else _entry(row)


def entries(connection: Connection, company: str, case_id: int | None = None) -> Iterator[Entry]:
    """A company's entries in their order, or those of one case; read in pieces, so a long chain costs no memory."""
    wanted = select(journal).where(journal.c.company == company).order_by(journal.c.seq)
    if case_id is not None:
        wanted = wanted.where(journal.c.case_id == case_id)
    for row in connection.execution_options(yield_per=500).execute(wanted):
        yield _entry(row)


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        company=row.company,
        seq=row.seq,
        at=row.at,
        kind=row.kind,
        case_id=row.case_id,
        actor=row.actor,
        canonical=row.content,
        content_hash=row.content_hash,
        prev_hash=row.prev_hash,
        row_hash=row.row_hash,
    )


def content_hash(canonical: str) -> str:
    """SHA-256 over the UTF-8 bytes of the canonical text, in lower-case hex."""
    return hashlib.sha256(canonical.encode()).hexdigest()


def row_hash(*, company: str, seq: int, prev_hash: str, content_hash: str) -> str:
    """SHA-256, in lower-case hex, over the canonical JSON of these four.

    The exact bytes, in UTF-8: `{"company":"acme","content_hash":"<64 hex>","prev_hash":"<64 hex>","seq":1}`.
    """
    chained: dict[str, str | int] = {
        "company": company,
        "content_hash": content_hash,
        "prev_hash": prev_hash,
        "seq": seq,
    }
    return hashlib.sha256(rfc8785.dumps(dict(chained))).hexdigest()


def canonical_json(value: object) -> str:
    """RFC 8785 JSON of a value; Decimals, dates and moments as strings, moments as `2026-11-24T06:00:00.000000Z`.

    Raises JournalContentRefused for floats, naive moments, integers beyond 2**53 and other types.
    """
    try:
        return rfc8785.dumps(_plain(value)).decode()
    except rfc8785.CanonicalizationError as error:
        raise JournalContentRefused(str(error)) from error


def assert_guarded(database: Database) -> None:
    """Raises JournalUnguarded where a trigger that refuses changes of the journal is missing, off or altered."""
    with database.transaction() as connection:
        found = {
            (row.relname, row.tgname): row
            for row in connection.execute(
                text(
                    "SELECT c.relname, t.tgname, t.tgenabled::text AS enabled, t.tgtype::int AS type, p.prosrc AS source,"
                    " t.tgqual IS NULL AS always"
                    " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
                    " WHERE c.oid IN (to_regclass('journal'), to_regclass('journal_heads')) AND NOT t.tgisinternal"
                )
            )
        }
    for table, (name, kinds) in _GUARDS.items():
        row = found.get((table, name))
        if row is None or row.enabled != "A" or row.type != kinds or not row.always or row.source != GUARD_BODY:
            raise JournalUnguarded(
                f"The trigger {name} on {table} is missing, switched off or altered: the journal could be changed "
                "unnoticed. Nothing is started. Find out who did that; a fresh database gets it by python -m bot migrate."
            )


_BEFORE, _DELETE, _UPDATE, _TRUNCATE = 2, 8, 16, 32
_GUARDS = {
    "journal": ("journal_refuse_change", _BEFORE | _DELETE | _UPDATE | _TRUNCATE),
    "journal_heads": ("journal_heads_refuse_removal", _BEFORE | _DELETE | _TRUNCATE),
}
GUARD_BODY = """
BEGIN
    RAISE EXCEPTION '% of % is refused: the journal is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END;
"""
"""The body of the triggers' one function, as the migration makes it."""


def _lock_head(connection: Connection, company: str) -> tuple[int, str]:
    locked = (
        select(journal_heads.c.seq, journal_heads.c.row_hash)
        .where(journal_heads.c.company == company)
        .with_for_update()
    )
    head = connection.execute(locked).one_or_none()
    if head is None:
        connection.execute(
            upsert(journal_heads).values(company=company, seq=0, row_hash=GENESIS).on_conflict_do_nothing()
        )
        head = connection.execute(locked).one()
    return head.seq, head.row_hash


def _plain(value: object) -> JsonValue:
    """`value` in the types that have one canonical form."""
    match value:
        case None | bool():
            return value
        case Enum():
            return _plain(value.value)
        case str():
            return storable_text(value)
        case int():
            return value
        case Decimal():
            if not value.is_finite():
                raise JournalContentRefused(f"{value} is no amount")
            return format(value, "f")
        case datetime():
            return _moment(value)
        case date():
            return value.isoformat()
        case Mapping():
            return {_key(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            raise JournalContentRefused(f"{type(value).__name__} has no canonical form in the journal")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise JournalContentRefused(f"a key must be text, not {type(key).__name__}")
    return storable_text(key)


def _moment(value: datetime) -> str:
    if value.tzinfo is None:
        raise JournalContentRefused("a moment must name its zone")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
