"""A case's entries in the journal, those of its alerts and of cases that became part of it included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, and_, or_, select
from sqlalchemy.sql import ColumnElement

from bot.records.journal import Entry, canonical_json
from bot.records.tables import alerts, cases, failures, journal

BEFORE_A_CASE = ("alert", "question", "found")
"""Kinds of entries that come before there is a case; they name the message instead."""
RULES = ("settings", "setting", "approvers")
"""Kinds of entries that say by which rules the bot worked."""


class NoSuchCase(Exception):
    """There is no case of this number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One case, as the journal tells it."""

    case_id: int
    number: int
    term_name: str | None
    state: str
    entries: tuple[Entry, ...]
    """In the order of the chain."""


def story_of(connection: Connection, company: str, number: int) -> Story:
    """The story of a company's case. Raises NoSuchCase."""
    row = connection.execute(select(cases).where(cases.c.company == company, cases.c.number == number)).one_or_none()
    if row is None:
        raise NoSuchCase(f"There is no case {number} in {company}.")
    return _story(connection, row)


def story_by_id(connection: Connection, case_id: int) -> Story:
    """The story of a case by its id in the records."""
    return _story(connection, connection.execute(select(cases).where(cases.c.id == case_id)).one())


def read(connection: Connection, company: str, where: ColumnElement[bool]) -> Iterator[Entry]:
    """A company's entries that fulfil a condition, in the order of the chain."""
    for row in connection.execute(select(journal).where(journal.c.company == company, where).order_by(journal.c.seq)):
        yield entry_of(row)


def names(connection: Connection, company: str) -> dict[str, str]:
    """What the journal itself says that those who could decide are called; the latest name of each."""
    found: dict[str, str] = {}
    for entry in read(connection, company, journal.c.kind == "approvers"):
        called = told(entry, "names")
        if isinstance(called, Mapping):
            found |= {str(user): str(name) for user, name in called.items()}
    return found


def entry_of(row: Row[tuple[object, ...]]) -> Entry:
    """A row of the journal as an entry."""
    found = row._mapping  # noqa: SLF001  # SQLAlchemy's public name for it
    return Entry(
        company=found["company"],
        seq=found["seq"],
        at=found["at"],
        kind=found["kind"],
        case_id=found["case_id"],
        actor=found["actor"],
        canonical=found["content"],
        content_hash=found["content_hash"],
        prev_hash=found["prev_hash"],
        row_hash=found["row_hash"],
    )


def _story(connection: Connection, case: Row[tuple[object, ...]]) -> Story:
    found = case._mapping  # noqa: SLF001  # as above
    ids = _with_merged(connection, found["id"])
    own = tuple(read(connection, found["company"], journal.c.case_id.in_(ids)))
    before = _alerts(connection, found["company"], ids)
    rules = _rules(connection, found["company"], own)
    return Story(
        case_id=found["id"],
        number=found["number"],
        term_name=found["term_name"],
        state=found["state"].replace("_", " "),
        entries=tuple(sorted({e.seq: e for e in (*own, *before, *rules)}.values(), key=lambda e: e.seq)),
    )


def _with_merged(connection: Connection, case_id: int) -> list[int]:
    """The case's id, and those of all that were merged into it."""
    found = [case_id]
    fresh = [case_id]
    while fresh:
        fresh = [
            i for i in connection.scalars(select(cases.c.id).where(cases.c.merged_into_id.in_(fresh))) if i not in found
        ]
        found += fresh
    return found


def _alerts(connection: Connection, company: str, ids: Sequence[int]) -> list[Entry]:
    """What was taken in before there was a case: found by the messages that the case's failures came from."""
    messages = {
        (row.channel, row.ts)
        for row in connection.execute(
            select(alerts.c.channel, alerts.c.ts)
            .join(failures, failures.c.alert_id == alerts.c.id)
            .where(failures.c.case_id.in_(ids))
        )
    }
    if not messages:
        return []
    # The database leaves out what cannot be meant, as text: contents that were tampered with may be no JSON.
    named = or_(*(journal.c.content.contains(f'"ts":{canonical_json(ts)}', autoescape=True) for _, ts in messages))
    before = and_(journal.c.kind.in_(BEFORE_A_CASE), journal.c.case_id.is_(None), named)
    return [
        entry for entry in read(connection, company, before) if (told(entry, "channel"), told(entry, "ts")) in messages
    ]


def _rules(connection: Connection, company: str, own: Sequence[Entry]) -> list[Entry]:
    """The rules in force: the last that were noted before the case began, and every change while it was open."""
    if not own:
        return []
    first, last = own[0].seq, own[-1].seq
    found = list(read(connection, company, and_(journal.c.kind.in_(RULES), journal.c.seq.between(first, last))))
    for kind in RULES:
        before = (
            select(journal)
            .where(journal.c.company == company, journal.c.kind == kind, journal.c.seq < first)
            .order_by(journal.c.seq.desc())
            .limit(1)
        )
        found += [entry_of(row) for row in connection.execute(before)]
    return found


def told(entry: Entry, name: str) -> object:
    """One of the things that an entry's content tells; None where it does not, or cannot be read."""
    try:
        return entry.content.get(name)
    except (ValueError, KeyError, AttributeError):
        return None
