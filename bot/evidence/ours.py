"""What the bot itself wrote to Intacct, by the journal: each write with the decision that it carried out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from bot.evidence.stories import read, told
from bot.intacct.authors import somebody_else
from bot.records.journal import Entry
from bot.records.tables import journal
from bot.terms.term import ArTerm

BEFORE, AFTER = timedelta(minutes=2), timedelta(minutes=15)
"""How far Intacct's moment of a change may lie from ours of sending it: clocks differ, and an answer takes its time."""
CREATE, UPDATE = "create_arterm", "update_arterm"


@dataclass(frozen=True, slots=True, kw_only=True)
class OurWrite:
    """One write, over all its attempts."""

    case_id: int
    case_number: int
    function: str
    control_id: str
    name: str
    """The term's name as decided."""
    decided_by: str
    decision_entry: int
    write_entry: int
    first_at: datetime
    last_at: datetime
    record_no: str = ""
    """As read back; empty where that did not come about."""

    def did(self, term: ArTerm, moment: datetime | None, by: str, writer: str, functions: Sequence[str]) -> bool:
        """Whether this write can have made a change that Intacct says was made then, by that user."""
        if self.function not in functions or moment is None or somebody_else(by, writer):
            return False
        same = term.record_no == self.record_no if self.record_no else term.name == self.name
        return same and self.first_at - BEFORE <= moment <= self.last_at + AFTER

    def made(self, term: ArTerm, writer: str) -> bool:
        """Whether this write created a term: the record that was read back, or by name, moment and user."""
        if self.function == CREATE and self.record_no:
            return term.record_no == self.record_no and not somebody_else(term.created_by, writer)
        return self.did(term, term.created_at, term.created_by, writer, (CREATE,))


def writes_of(connection: Connection, company: str) -> tuple[OurWrite, ...]:
    """Every write that the journal tells of, in its order."""
    with_writes = select(journal.c.case_id).where(journal.c.company == company, journal.c.kind == "write")
    kinds = ("decision", "write", "state")
    return gathered(read(connection, company, journal.c.kind.in_(kinds) & journal.c.case_id.in_(with_writes)))


def gathered(entries: Iterable[Entry]) -> tuple[OurWrite, ...]:
    """The writes that entries of the kinds decision, write and state tell of."""
    decisions: dict[int, Entry] = {}
    writes: dict[tuple[int, str], OurWrite] = {}
    latest: dict[int, tuple[int, str]] = {}
    for entry in entries:
        case_id = entry.case_id
        if case_id is None:
            continue
        if entry.kind == "decision":
            if told(entry, "verdict") == "approve":
                decisions[case_id] = entry
        elif entry.kind == "write":
            key = (case_id, str(told(entry, "control_id")))
            latest[case_id] = key
            known = writes.get(key)
            made = _write(entry, case_id, decisions.get(case_id))
            writes[key] = made if known is None else replace(known, last_at=entry.at)
        elif told(entry, "event") == "read_identical" and case_id in latest:
            if told(entry, "by_this_decision") is False:
                writes.pop(latest.pop(case_id), None)  # somebody else had made it by then
                continue
            record_no = str(told(entry, "record_no") or "")
            writes[latest[case_id]] = replace(writes[latest[case_id]], record_no=record_no)
    return tuple(writes.values())


def _write(entry: Entry, case_id: int, decision: Entry | None) -> OurWrite:
    proposal = told(decision, "proposal") if decision else None
    return OurWrite(
        case_id=case_id,
        case_number=int(str(told(entry, "case") or 0)),
        function=str(told(entry, "function")),
        control_id=str(told(entry, "control_id")),
        name=str(proposal.get("name", "")) if isinstance(proposal, dict) else "",
        decided_by=decision.actor if decision else "",
        decision_entry=decision.seq if decision else 0,
        write_entry=entry.seq,
        first_at=entry.at,
        last_at=entry.at,
    )


def concerns(term: ArTerm, entity: str) -> bool:
    """Whether a term is a company's: with an entity, its own and the top level's; at the top level, all."""
    return not entity or term.entity in (None, entity)


def creation_of(term: ArTerm, ours: Sequence[OurWrite], writer: str) -> OurWrite | None:
    """The write of ours that created a term; None where there is none."""
    return next((write for write in ours if write.made(term, writer)), None)


def change_of(term: ArTerm, ours: Sequence[OurWrite], writer: str) -> OurWrite | None:
    """The latest write of ours that can be the term's last change."""
    both = (CREATE, UPDATE)
    at, by = term.modified_at, term.modified_by
    return next((write for write in reversed(ours) if write.did(term, at, by, writer, both)), None)
