"""The daily look: Intacct's AR terms against those of the look before, and what changed without a decision of ours."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select
from sqlalchemy.dialects.postgresql import insert

from bot.cases.outbox import notice
from bot.cases.ports import Clock, Company
from bot.cases.step import Step, step
from bot.evidence.ours import OurWrite, change_of, concerns, creation_of, writes_of
from bot.records.alone import Turn, in_turn
from bot.records.engine import Database
from bot.records.journal import canonical_json
from bot.records.tables import cases, decisions, journal, seen_terms, writes
from bot.terms.term import ArTerm, in_words

KIND = "reconciliation"
COMPARED = (
    ("name", "Name"),
    ("status", "Status"),
    ("rule", "Rule"),
    ("description", "Description"),
    ("entity", "Entity"),
)
"""What a change is told by, field by field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exceptions:
    """What the look found that no decision of ours stands behind; each as the journal and the notice tell it."""

    appeared: list[dict[str, Any]]
    """Terms that were not there at the last look."""
    changed: list[dict[str, Any]]
    """Terms that a decision of ours made or reactivated, changed by somebody since; also where it was put back."""
    gone: list[dict[str, Any]]
    """Such terms that are no longer there."""
    elsewhere: list[str]
    """Names of other terms that were changed or are gone, or that another company here decided about: kept in the
    journal, told to nobody."""

    @property
    def any(self) -> bool:
        """Whether there is something to tell."""
        return bool(self.appeared or self.changed or self.gone)


def look(database: Database, clock: Clock, company: Company, key: str, *, beside: Sequence[str] = ()) -> Exceptions:
    """Reads the terms, compares, journals, and tells what is an exception; the first look only learns.

    `key`: of the row in the schedule; one key is told about once. `beside`: companies that share these books, each with
    its own journal: what they decided is no exception here. Safe to run twice. Raises IntacctError.
    """
    terms = [term for term in company.books.terms() if concerns(term, company.entity)]
    with step(database, clock, f"schedule:{key}") as taken:
        in_turn(taken.connection, Turn.RECONCILING, company.key)
        return _Look(taken, company, terms, beside).take(key)


class _Look:
    """One look, within its transaction."""

    def __init__(self, taken: Step, company: Company, terms: Sequence[ArTerm], beside: Sequence[str]) -> None:
        self._taken = taken
        self._company = company
        self._terms = terms
        connection = taken.connection
        self._ours = writes_of(connection, company.key)
        self._beside = [write for other in beside for write in writes_of(connection, other)]
        self._decisions = _decision_ids(connection, company.key)
        self._seen = {
            row.record_no: row
            for row in connection.execute(select(seen_terms).where(seen_terms.c.company == company.key))
        }
        self._first = not self._seen and not connection.scalar(
            select(journal.c.seq).where(journal.c.company == company.key, journal.c.kind == KIND).limit(1)
        )
        self._found = Exceptions(appeared=[], changed=[], gone=[], elsewhere=[])

    def take(self, key: str) -> Exceptions:
        """Compares every term, keeps what was seen, records and tells."""
        before = dict(self._seen)
        for term in self._terms:
            self._one(term, before.pop(term.record_no, None))
        for row in before.values():
            self._gone(row)
        self._record(key)
        return self._found

    def _one(self, term: ArTerm, row: Row[Any] | None) -> None:
        created = creation_of(term, self._ours, self._company.books.writer)
        decision_id = row.decision_id if row else None
        if created is not None:
            decision_id = self._decisions.get(created.control_id, decision_id)
        if row is None:
            if created is None and not self._first:
                self._new(term)
            self._keep(term, decision_id)
        elif row.digest != digest(term) or (decision_id is not None and _touched(term, row)):
            self._keep(term, self._changed(term, row, decision_id))
        else:
            self._keep(term, decision_id)

    def _new(self, term: ArTerm) -> None:
        if creation_of(term, self._beside, self._company.books.writer) is None:
            self._found.appeared.append(_appeared(term))
        else:
            self._found.elsewhere.append(term.name)

    def _changed(self, term: ArTerm, row: Row[Any], decision_id: int | None) -> int | None:
        """Notes a change that is not ours; the decision that stands behind the term from now on."""
        ours = change_of(term, self._ours, self._company.books.writer)
        if ours is None and term.modified_at is None:
            ours = _since(self._ours, term, row.seen_at)
        if ours is not None:
            return self._decisions.get(ours.control_id, decision_id)
        if decision_id is None or change_of(term, self._beside, self._company.books.writer) is not None:
            self._found.elsewhere.append(term.name)
        else:
            told = {
                "name": term.name,
                "record_no": term.record_no,
                "case": self._case(decision_id),
                "by": term.modified_by,
                "at": _day(term.modified_at),
                "differences": differences(row, term),
                "put_back": row.digest == digest(term),
            }
            self._found.changed.append(told)
        return decision_id

    def _gone(self, row: Row[Any]) -> None:
        if row.decision_id is None:
            self._found.elsewhere.append(row.name)
        else:
            self._found.gone.append({"name": row.name, "record_no": row.record_no, "case": self._case(row.decision_id)})
        self._taken.connection.execute(
            delete(seen_terms).where(seen_terms.c.company == self._company.key, seen_terms.c.record_no == row.record_no)
        )

    def _keep(self, term: ArTerm, decision_id: int | None) -> None:
        values = {
            "name": term.name,
            "entity": term.entity,
            **_told(term),
            "digest": digest(term),
            "decision_id": decision_id,
            "created_by": term.created_by,
            "modified_by": term.modified_by,
            "modified_at": term.modified_at,
            "seen_at": self._taken.now,
        }
        self._taken.connection.execute(
            insert(seen_terms)
            .values(company=self._company.key, record_no=term.record_no, **values)
            .on_conflict_do_update(index_elements=["company", "record_no"], set_=values)
        )

    def _record(self, key: str) -> None:
        found = self._found
        content = {
            "terms": len(self._terms),
            "digest": hashlib.sha256("".join(sorted(digest(term) for term in self._terms)).encode()).hexdigest(),
            "first": self._first,
            "appeared": found.appeared,
            "changed": found.changed,
            "gone": found.gone,
            "elsewhere": found.elsewhere,
        }
        self._taken.record(self._company.key, KIND, content)
        if found.any:
            told = {"appeared": found.appeared, "changed": found.changed, "gone": found.gone}
            notice(self._taken, self._company, key, "reconciled", **told)

    def _case(self, decision_id: int) -> int | None:
        return self._taken.connection.scalar(
            select(cases.c.number)
            .join(decisions, decisions.c.case_id == cases.c.id)
            .where(decisions.c.id == decision_id)
        )


def digest(term: ArTerm) -> str:
    """SHA-256 over what is compared of a term, and its record's number."""
    told = {"record_no": term.record_no, "name": term.name, "entity": term.entity, **_told(term)}
    return hashlib.sha256(canonical_json(told).encode()).hexdigest()


def _touched(term: ArTerm, row: Row[Any]) -> bool:
    """Whether Intacct tells of a change since the last look, whatever it is like now."""
    return None not in (term.modified_at, row.modified_at) and bool(term.modified_at != row.modified_at)


def differences(row: Row[Any], term: ArTerm) -> list[dict[str, str]]:
    """A kept term against the present one, field by field."""
    now: Mapping[str, str | None] = {"name": term.name, "entity": term.entity, **_told(term)}
    before = row._mapping  # noqa: SLF001  # SQLAlchemy's public name for it
    return [
        {"label": label, "before": before[name] or "", "now": now[name] or ""}
        for name, label in COMPARED
        if (before[name] or "") != (now[name] or "")
    ]


def _told(term: ArTerm) -> dict[str, str]:
    return {
        "status": "active" if term.active else "inactive",
        "rule": in_words(term.rule) if term.rule else f"not readable: {term.unread}",
        "description": term.description,
    }


def _appeared(term: ArTerm) -> dict[str, Any]:
    return {
        "name": term.name,
        "record_no": term.record_no,
        "rule": _told(term)["rule"],
        "by": term.created_by,
        "at": _day(term.created_at),
    }


def _since(ours: Sequence[OurWrite], term: ArTerm, seen_at: datetime) -> OurWrite | None:
    """A write of ours to this name since the last look, for a company whose records tell no times."""
    return next((write for write in reversed(ours) if write.name == term.name and write.last_at >= seen_at), None)


def _day(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat()


def _decision_ids(connection: Connection, company: str) -> dict[str, int]:
    """Control id → the decision that it was made of."""
    rows = connection.execute(
        select(writes.c.control_id, writes.c.decision_id)
        .join(cases, cases.c.id == writes.c.case_id)
        .where(cases.c.company == company)
    )
    return {row.control_id: row.decision_id for row in rows}
