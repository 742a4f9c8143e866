"""What Intacct keeps, read back after a write and compared with what was approved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from bot.cases.case import CaseEvent
from bot.cases.codec import DIFFERENCES, PROPOSAL
from bot.cases.ports import Clock, Company
from bot.cases.reading import Reader
from bot.cases.step import Step, step
from bot.cases.view import FieldDifference, Trouble
from bot.cases.withdrawing.withdraw import Withdrawal
from bot.cases.writing.attempts import Attempts, attempts_of
from bot.cases.writing.carrying import (
    HOPELESS,
    READ_ATTEMPTS,
    READ_PAUSE,
    WRITE_ATTEMPTS,
    Carrying,
    decision_of,
    kept_trouble,
    later,
    note_of,
    number_of,
    read_back,
)
from bot.cases.writing.readback import differences, not_comparable
from bot.intacct.authors import somebody_else
from bot.intacct.errors import IntacctError
from bot.records.engine import Database
from bot.records.tables import writes
from bot.terms.matching import MatchKind
from bot.terms.proposal import Action, Proposal
from bot.terms.term import ArTerm, in_words


class Verifier(Carrying):
    """Reads a written term back, for one company."""

    def __init__(
        self, database: Database, clock: Clock, company: Company, reader: Reader, withdrawal: Withdrawal
    ) -> None:
        super().__init__(database, clock, company)
        self._reader = reader
        self._withdrawal = withdrawal

    def verify(self, case: Any, cause: str) -> bool:
        """Reads the term back and compares it, byte for byte and field by field; whether the case moved on."""
        proposal = PROPOSAL.validate_python(case.proposal)
        with self._database.transaction() as connection:
            decision = decision_of(connection, case)
            tried = attempts_of(connection, decision.id)
        try:
            there = self._company.books.term(proposal.name)
            other = None if there is not None else self._stored_otherwise(case, proposal, tried)
            owner_told = self._company.books.tells_owners()
        except IntacctError as error:
            return self._not_read_back(case, proposal, error, cause)
        if there is None:
            self._different(case, proposal, tried, other, cause, owner_told=owner_told)
            return True
        wrong = differences(proposal, there, owner_told=owner_told)
        unread = not_comparable(there)
        if wrong:
            self._different(case, proposal, tried, there, cause, owner_told=owner_told)
        elif unread:
            self._unverified(
                case,
                Trouble(
                    sentence=f"The term is in Intacct, but what it says could not be read back: {unread}",
                    advice=f"Please compare AR Terms ‘{proposal.name}’ with what was approved, then press Check again.",
                ),
                cause,
            )
        else:
            self._identical(case, proposal, tried, there, cause)
        return True

    def _not_read_back(self, case: Any, proposal: Proposal, error: IntacctError, cause: str) -> bool:
        if case.rounds + 1 < READ_ATTEMPTS and not isinstance(error, HOPELESS):
            wait = getattr(error, "retry_after", None)
            later(self._database, self._clock, case, max(READ_PAUSE, timedelta(seconds=wait or 0)))
            return False
        trouble = Trouble(
            sentence=f"Intacct could not be read after the write: {error}",
            vendor_words=error.vendor_words,
            advice=f"Please look at AR Terms for ‘{proposal.name}’, then press Check again.",
        )
        self._unverified(case, trouble, cause, error)
        return True

    def _unverified(self, case: Any, trouble: Trouble, cause: str, error: IntacctError | None = None) -> None:
        with step(self._database, self._clock, cause) as taken:
            note = note_of(case, trouble=kept_trouble(trouble))
            taken.move(case, CaseEvent.UNREADABLE, note=note, content={"error": trouble.sentence})
            self.tell_sign_in(taken, error)

    def _identical(self, case: Any, proposal: Proposal, tried: Attempts, there: ArTerm, cause: str) -> None:
        writer = self._company.books.writer
        ours = _ours(case, proposal, tried, there, writer)
        with self.holding(case, cause) as (taken, _):
            note = note_of(case, record_no=there.record_no, trouble=None, **_made(proposal, there, ours=ours))
            if ours:
                _keep_record(taken, tried, there)
            if not ours or somebody_else(there.modified_by, writer):
                note["appeared"] = True
            content = {**read_back(there), "by_this_decision": ours}
            if proposal.action is Action.DEACTIVATE:
                self._withdrawal.end(taken, case, CaseEvent.READ_IDENTICAL, note, content=content)
                return
            taken.move(case, CaseEvent.READ_IDENTICAL, note=note, due_at=taken.now, content=content)

    def _stored_otherwise(self, case: Any, proposal: Proposal, tried: Attempts) -> ArTerm | None:
        """The record that our write left under another name (trimmed or folded), where there is one.

        One that was there before the write is somebody else's, unless Intacct called the name taken because of it.
        """
        if proposal.action is not Action.CREATE:
            return None
        self._reader.ar_terms(fresh=True)
        match = self._reader.vocabulary().match(proposal.name)
        if match.kind is not MatchKind.LOOKALIKE or match.term is None:
            return None
        return (
            match.term
            if tried.duplicate or _ours(case, proposal, tried, match.term, self._company.books.writer)
            else None
        )

    def _different(
        self,
        case: Any,
        proposal: Proposal,
        tried: Attempts,
        stored: ArTerm | None,
        cause: str,
        *,
        owner_told: bool,
    ) -> None:
        wrong = differences(proposal, stored, owner_told=owner_told) if stored else ()
        if stored is not None and not_comparable(stored):
            wrong = (
                *wrong,
                FieldDifference(label="Rule", expected=in_words(proposal.rule), found=not_comparable(stored)),
            )
        ours = stored is not None and _ours(case, proposal, tried, stored, self._company.books.writer)
        trouble = _why_different(proposal, tried, stored, wrong, ours=ours)
        with self.holding(case, cause) as (taken, _):
            made = _made(proposal, stored, ours=ours) if stored is not None else {}
            if stored is not None and ours:
                _keep_record(taken, tried, stored)
            taken.move(
                case,
                CaseEvent.READ_DIFFERENT,
                note=note_of(case, trouble=kept_trouble(trouble), **made),
                content={
                    "read": None if stored is None else read_back(stored),
                    "differences": DIFFERENCES.dump_python(wrong, mode="json"),
                },
            )


def _keep_record(taken: Step, tried: Attempts, there: ArTerm) -> None:
    """The attempt that did it bears the record's number."""
    taken.connection.execute(update(writes).where(writes.c.id == tried.carried_out).values(record_no=there.record_no))


def _ours(case: Any, proposal: Proposal, tried: Attempts, there: ArTerm, writer: str) -> bool:
    """Whether a record is what an attempt of this decision left, by `writer`, the user that writes.

    Where Intacct tells who made or changed it, that decides; of a created one, that it is not older than the write.
    """
    if tried.carried_out is None:
        return False
    if proposal.action is not Action.CREATE:
        return not somebody_else(there.modified_by, writer)
    before = (case.note or {}).get("records_before")
    newer = before is None or number_of(there.record_no) > int(before)
    return newer and not somebody_else(there.created_by, writer)


def _made(proposal: Proposal, there: ArTerm, *, ours: bool) -> dict[str, Any]:
    if not ours or proposal.action is not Action.CREATE:
        return {}
    return {"made": {"name": there.name, "record_no": there.record_no}}


def _why_different(
    proposal: Proposal,
    tried: Attempts,
    stored: ArTerm | None,
    wrong: tuple[FieldDifference, ...],
    *,
    ours: bool,
) -> Trouble:
    again = "Press Check again to look once more and get a new proposal."
    if stored is not None and stored.name == proposal.name:
        return Trouble(
            sentence="What Intacct keeps is not what was approved.",
            advice="Correct it in Intacct under AR Terms, then press Check again.",
            differences=wrong,
        )
    if stored is not None and ours:
        return Trouble(
            sentence="Intacct keeps the term under another name than the one that was approved.",
            advice="The invoices would fail again. Correct the name in Intacct under AR Terms, then press Check again.",
            differences=wrong,
        )
    words = tried.duplicate_words
    if tried.duplicate:
        return Trouble(
            sentence=f"Intacct calls the name taken, and keeps no AR term named exactly ‘{proposal.name}’.",
            vendor_words=words,
            advice=again,
            differences=tuple(each for each in wrong if each.label == "Name"),
        )
    silent = len(tried.uncertain)
    sentence = f"Intacct has no AR term named ‘{proposal.name}’ after the write."
    if silent >= WRITE_ATTEMPTS:
        sentence = f"Intacct left {silent} attempts unanswered, and has no AR term named ‘{proposal.name}’."
    return Trouble(sentence=sentence, advice=again)
