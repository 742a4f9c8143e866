"""Walks a journal's chain and says in words where it first breaks, and up to where it is proved."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum

from sqlalchemy import Connection, select, union

from bot.evidence.anchors import Anchor
from bot.records.journal import GENESIS, Entry, canonical_json, content_hash, entries, row_hash
from bot.records.tables import journal, journal_heads


class BreakKind(StrEnum):
    """What is wrong where a chain breaks."""

    CONTENT = "content"
    """The content does not fit its hash."""
    COLUMNS = "columns"
    """A column says something else than the content that is proved."""
    HASH = "hash"
    """The row's hash does not fit what it is made of."""
    MOVED = "moved"
    """The row stands at another place than the one it was written for."""
    GAP = "gap"
    """Rows are missing."""
    FORK = "fork"
    """Two rows have the same number."""
    LINK = "link"
    """The row does not follow the one before it."""
    HEAD = "head"
    """The kept head is not the last row."""
    ANCHOR = "anchor"
    """A published anchor says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """One thing that is wrong."""

    kind: BreakKind
    seq: int
    """The row at which it shows."""
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a walk over one chain found."""

    company: str
    rows: int
    last: Anchor | None
    """The last row, as the database has it; `at` is the row's own. None where there is none."""
    breaks: tuple[Break, ...]
    """The chain's first break, and every anchor that does not fit; empty where all is whole."""
    proved: Anchor | None
    """The last anchor that fits, where the chain is whole up to it."""

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.breaks


def companies(connection: Connection) -> list[str]:
    """Every company that has a chain, or rows without one."""
    both = union(select(journal_heads.c.company), select(journal.c.company).distinct())
    return sorted(connection.scalars(both).all())


def verify(connection: Connection, company: str, anchors: Sequence[Anchor] = ()) -> Verdict:
    """Walks a company's chain against its kept head and the anchors that name the company.

    Run it in a REPEATABLE READ transaction where others append meanwhile.
    """
    row = connection.execute(select(journal_heads).where(journal_heads.c.company == company)).one_or_none()
    kept = None if row is None else (row.seq, row.row_hash)
    return walk(company, entries(connection, company), kept, [a for a in anchors if a.company == company])


def walk(
    company: str, rows: Iterable[Entry], kept_head: tuple[int, str] | None, anchors: Sequence[Anchor] = ()
) -> Verdict:
    """The verdict over rows in the order of their numbers, the head that is kept for them, and the anchors."""
    most = kept_head[0] if kept_head else 0
    wanted: dict[int, list[Anchor]] = {}
    for anchor in anchors:
        wanted.setdefault(anchor.seq, []).append(anchor)
    broken: Break | None = None
    unmet: list[Break] = []
    proved: Anchor | None = None
    last: Entry | None = None
    count = 0
    for row in rows:
        count += 1
        if broken is None:
            broken = _row(row, last, most)
        for anchor in wanted.pop(row.seq, ()):
            if anchor.row_hash != row.row_hash:
                unmet.append(_otherwise(anchor))
            elif broken is None:
                proved = anchor
        last = row
    if broken is None:
        broken = _head(last, kept_head)
    unmet += [_missing(anchor, last) for left in wanted.values() for anchor in left]
    end = None if last is None else Anchor(company=company, seq=last.seq, row_hash=last.row_hash, at=last.at)
    return Verdict(
        company=company,
        rows=count,
        last=end,
        breaks=(*((broken,) if broken else ()), *unmet),
        proved=proved,
    )


def sentences(verdict: Verdict) -> list[str]:
    """The verdict in words, one a line: what is wrong, or up to where the chain is proved and what is not."""
    name = verdict.company
    if verdict.breaks:
        told = [f"{name}: BROKEN. {found.sentence}" for found in verdict.breaks]
        if verdict.proved is not None:
            told.append(
                f"{name}: up to entry {verdict.proved.seq} it is proved by the anchor of {_at(verdict.proved)}."
            )
        return told
    if verdict.last is None:
        return [f"{name}: the journal is empty."]
    told = [f"{name}: whole, {_entries(verdict.rows)}, every hash fits and the head is the last entry."]
    if verdict.proved is None:
        told.append(
            f"{name}: no anchor is known, so nothing outside the database proves it: whoever owns the database could "
            "have rewritten the whole chain. Set JOURNAL_ANCHOR, and keep each export's head where others keep theirs."
        )
        return told
    after = verdict.last.seq - verdict.proved.seq
    told.append(f"{name}: proved up to entry {verdict.proved.seq} by the anchor of {_at(verdict.proved)}.")
    if after:
        which = f"entry {verdict.last.seq}" if after == 1 else f"entries {verdict.proved.seq + 1} to {verdict.last.seq}"
        fits = (
            "it fits the chain, and nothing outside proves it"
            if after == 1
            else "they fit the chain, and nothing outside proves them"
        )
        told.append(f"{name}: after that anchor {which}: {fits} yet.")
    return told


def _at(anchor: Anchor) -> str:
    return f"{anchor.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"


def _row(row: Entry, before: Entry | None, most: int) -> Break | None:
    """What is wrong with one row, the number first, as everything else follows from it."""
    expected = before.seq + 1 if before else 1
    if row.seq < expected:
        return _break(
            BreakKind.FORK, row, f"Two entries have the number {row.seq}: the chain forks, or one was put in."
        )
    if row.seq > expected:
        gone = f"Entry {expected} is" if row.seq == expected + 1 else f"Entries {expected} to {row.seq - 1} are"
        return _break(BreakKind.GAP, row, f"{gone} missing.")
    if content_hash(row.canonical) != row.content_hash:
        return _break(BreakKind.CONTENT, row, f"The content of entry {row.seq} was changed: it does not fit its hash.")
    if not _columns_fit(row):
        return _break(
            BreakKind.COLUMNS, row, f"Entry {row.seq} names another time, kind, case or person than its content does."
        )
    if _hash_as(row, row.seq) != row.row_hash:
        return _wrong_hash(row, most)
    if row.prev_hash != (before.row_hash if before else GENESIS):
        there = f"entry {before.seq}" if before else "the beginning"
        return _break(
            BreakKind.LINK,
            row,
            f"Entry {row.seq} does not follow {there}: something was put in, taken out or rewritten between them.",
        )
    return None


def _wrong_hash(row: Entry, most: int) -> Break:
    written_as = next((seq for seq in range(1, most + 2) if _hash_as(row, seq) == row.row_hash), None)
    if written_as is not None:
        return _break(
            BreakKind.MOVED, row, f"What stands as entry {row.seq} was written as entry {written_as}: it was moved."
        )
    return _break(BreakKind.HASH, row, f"The hash of entry {row.seq} does not fit what it is made of: it was changed.")


def _hash_as(row: Entry, seq: int) -> str:
    return row_hash(company=row.company, seq=seq, prev_hash=row.prev_hash, content_hash=row.content_hash)


def _columns_fit(row: Entry) -> bool:
    try:
        told = json.loads(row.canonical)
        named = (told["kind"], told["case"], told["actor"], told["at"])
    except (ValueError, KeyError, TypeError):
        return False
    return bool(named == (row.kind, row.case_id, row.actor, json.loads(canonical_json(row.at))))


def _head(last: Entry | None, kept: tuple[int, str] | None) -> Break | None:
    seq, digest = (last.seq, last.row_hash) if last else (0, GENESIS)
    if kept is None:
        if last is None:
            return None
        return Break(kind=BreakKind.HEAD, seq=seq, sentence="The chain's head is gone.")
    if kept[0] > seq:
        return Break(
            kind=BreakKind.HEAD,
            seq=seq,
            sentence=f"The head says that entry {kept[0]} is the last one, but the chain ends at {seq}: its end was cut.",
        )
    if kept[0] < seq:
        return Break(
            kind=BreakKind.HEAD,
            seq=seq,
            sentence=f"The chain goes on to entry {seq}, beyond its head at {kept[0]}: entries were put in behind it.",
        )
    if kept[1] != digest:
        return Break(kind=BreakKind.HEAD, seq=seq, sentence=f"The head bears another hash than the last entry, {seq}.")
    return None


def _otherwise(anchor: Anchor) -> Break:
    return Break(
        kind=BreakKind.ANCHOR,
        seq=anchor.seq,
        sentence=f"The anchor of {_at(anchor)} has another hash for entry "
        f"{anchor.seq}: the chain was rewritten at or before it.",
    )


def _missing(anchor: Anchor, last: Entry | None) -> Break:
    end = f"ends at {last.seq}" if last else "is empty"
    return Break(
        kind=BreakKind.ANCHOR,
        seq=anchor.seq,
        sentence=f"The anchor of {_at(anchor)} names entry {anchor.seq}, but the chain {end}: entries were taken out.",
    )


def _break(kind: BreakKind, row: Entry, sentence: str) -> Break:
    return Break(kind=kind, seq=row.seq, sentence=sentence)
