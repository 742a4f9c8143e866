"""Anchors: the journal's head, published outside the database, so that nobody can rewrite what came before unseen."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, select

from bot.records.engine import Database
from bot.records.tables import journal_heads


class AnchorsUnreadable(Exception):
    """An anchor file holds something else than anchors; the words name the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """How a chain stood at a moment: its number of rows is its last row's."""

    company: str
    seq: int
    row_hash: str
    at: datetime

    def line(self) -> str:
        """One line of an anchor file, without its end: JSON with these four."""
        at = self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return json.dumps({"at": at, "company": self.company, "row_hash": self.row_hash, "seq": self.seq})


def head(connection: Connection, company: str, now: datetime) -> Anchor | None:
    """How a company's chain stands now; None while it has no row."""
    row = connection.execute(select(journal_heads).where(journal_heads.c.company == company)).one_or_none()
    if row is None or row.seq == 0:
        return None
    return Anchor(company=company, seq=row.seq, row_hash=row.row_hash, at=now)


def publish(database: Database, company: str, file: Path, now: datetime) -> Anchor | None:
    """Appends the present head to an anchor file, on disk when this returns; None while the chain has no row.

    Raises OSError where the file cannot be written. Its folder must be there.
    """
    with database.transaction() as connection:
        anchor = head(connection, company, now)
    if anchor is not None:
        append(file, anchor)
    return anchor


def append(file: Path, anchor: Anchor) -> None:
    """Adds one line at the end of an anchor file, and waits until it is on disk. Raises OSError."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        size = os.fstat(handle).st_size
        whole = size == 0 or _last_byte(handle, size) == b"\n"
        os.write(handle, f"{'' if whole else chr(10)}{anchor.line()}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def read(file: Path) -> tuple[Anchor, ...]:
    """The anchors of a file. Raises AnchorsUnreadable where it cannot be read or a line is no anchor."""
    try:
        return parse(file.read_text(encoding="utf-8").splitlines(), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise AnchorsUnreadable(f"The anchor file {file} cannot be read: {error}") from error


def parse(lines: Iterable[str], name: str) -> tuple[Anchor, ...]:
    """The anchors of an anchor file's lines. Raises AnchorsUnreadable."""
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found.append(_anchor(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise AnchorsUnreadable(
                f"Line {number} of the anchor file {name} is no anchor. Look at it, and take it out if it was cut short."
            ) from error
    return tuple(found)


def _anchor(told: dict[str, object]) -> Anchor:
    seq, row_hash, company = told["seq"], told["row_hash"], told["company"]
    if not isinstance(seq, int) or not isinstance(row_hash, str) or not isinstance(company, str):
        raise TypeError
    at = datetime.fromisoformat(str(told["at"]))
    return Anchor(company=company, seq=seq, row_hash=row_hash, at=at if at.tzinfo else at.replace(tzinfo=UTC))


def _last_byte(handle: int, size: int) -> bytes:
    os.lseek(handle, size - 1, os.SEEK_SET)
    return os.read(handle, 1)
