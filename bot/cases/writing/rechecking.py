"""The world read again at the moment of writing: whether what was approved is still what would be proposed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bot.billing.source import BilledInvoice
from bot.cases import store
from bot.cases.case import CaseEvent
from bot.cases.codec import DIFFERENCES, PROPOSAL, digest
from bot.cases.ports import Clock, Company
from bot.cases.reading import Answer, Findings, Reader, one_invoice
from bot.cases.step import step
from bot.cases.view import CaseInvoice, FieldDifference
from bot.cases.withdrawing.withdraw import Withdrawal, journalled, kept, told_users
from bot.cases.writing.attempts import Attempts
from bot.cases.writing.carrying import Carrying, note_of, read_back
from bot.cases.writing.readback import changes
from bot.intacct.errors import TransportError
from bot.records.engine import Database
from bot.terms.matching import MatchKind
from bot.terms.proposal import Action, Proposal
from bot.terms.term import ArTerm


class Unread(Exception):
    """The source did not tell what it has to before anything is written. `str()` is a sentence."""


class Rechecker(Carrying):
    """Reads both systems again, for one company."""

    def __init__(
        self, database: Database, clock: Clock, company: Company, reader: Reader, withdrawal: Withdrawal
    ) -> None:
        super().__init__(database, clock, company)
        self._reader = reader
        self._withdrawal = withdrawal

    def look_again(
        self, case: Any, decision: Any, proposal: Proposal, tried: Attempts, cause: str
    ) -> tuple[ArTerm, ...] | None:
        """Reads both systems again: Intacct's terms where the proposal still holds, None where the case has moved.

        Raises IntacctError and Unread.
        """
        if proposal.action is Action.DEACTIVATE:
            return self._use_again(case, decision, proposal, cause)
        with self._database.transaction() as connection:
            waiting = store.waiting_invoices(connection, case.id)
        findings = self._reader.look([i.number for i in waiting], self._clock.now(), fresh=True)
        if findings.vocabulary is None:
            raise findings.books_error or TransportError(findings.books_trouble)
        match = findings.vocabulary.match(proposal.name)
        if match.kind is not MatchKind.EXACT and tried.duplicate:
            # Intacct says that it is there, and does not show it: reading back tells what it keeps instead.
            self.written(case, cause)
            return None
        bearing, billed = _bearing(waiting, findings, proposal.name)
        answer = self._reader.answer(
            findings, proposal.name, billed, alerted_at=case.alerted_at, entry=store.entry_of(case)
        )
        if match.kind is MatchKind.EXACT:
            self._appeared(case, answer, match.term, cause)
            return None
        unread = findings.source_trouble or answer.unread
        if unread:
            raise Unread(unread)
        if waiting and not bearing:
            self._nobody_bears(case, decision, waiting, findings, answer, cause)
            return None
        if answer.proposal is None or digest(answer.proposal) != case.proposal_digest:
            why = answer.diagnosis.undecided
            self._changed(case, decision, answer, changes(proposal, answer.proposal, why), cause)
            return None
        return self._reader.ar_terms()

    def _use_again(self, case: Any, decision: Any, proposal: Proposal, cause: str) -> tuple[ArTerm, ...] | None:
        """Whether the term that is to be withdrawn is there as approved, and still used by nothing."""
        seen, term = self._withdrawal.read(case)
        if seen.unread:
            raise Unread(" ".join(seen.unread))
        now = self._withdrawal.proposal(seen, term)
        if term is not None and term.active and now is not None and digest(now) == case.proposal_digest:
            return (term,)
        with self.holding(case, cause) as (taken, fresh):
            taken.record(case.company, "withdraw_looked", journalled(case, seen), case_id=case.id)
            note = kept(fresh, seen)
            if seen.status in ("gone", "inactive"):
                self._withdrawal.end(taken, case, CaseEvent.APPEARED, note)
                return None
            what = changes(proposal, now) if now is not None else ()
            if seen.used:
                what += (FieldDifference(label="Used by", expected="nothing", found=told_users(seen)),)
            told = DIFFERENCES.dump_python(what, mode="json")
            bound = digest(now) if now is not None else None
            note["changed"] = {"digest": bound, "decision": decision.id, "differences": told}
            expires = taken.now + timedelta(days=self._company.decision_days)
            taken.move(
                case,
                CaseEvent.WORLD_CHANGED,
                due_at=expires,
                expires_at=expires,
                note=note,
                content={"decision": decision.id, "changes": told},
                proposal=PROPOSAL.dump_python(now, mode="json") if now is not None else None,
                proposal_digest=bound,
            )
        return None

    def _appeared(self, case: Any, answer: Answer, term: ArTerm | None, cause: str) -> None:
        """The term is there, and active, and this case has not made it so."""
        with step(self._database, self._clock, cause) as taken:
            note = note_of(case, appeared=True, record_no=term.record_no if term else "")
            kept = store.keep_answer(taken, case, answer)
            kept |= {"proposal": case.proposal, "proposal_digest": case.proposal_digest}
            content = {} if term is None else read_back(term)
            taken.move(case, CaseEvent.APPEARED, due_at=taken.now, note=note, content=content, **kept)

    def _nobody_bears(
        self,
        case: Any,
        decision: Any,
        waiting: Sequence[CaseInvoice],
        findings: Findings,
        answer: Answer,
        cause: str,
    ) -> None:
        """No invoice that waits has the term any more: looked at at once whether it was corrected at the source."""
        found = []
        for invoice in waiting:
            fresh = one_invoice(findings, invoice.number)
            name = fresh.term_name if isinstance(fresh, BilledInvoice) else None
            found.append(
                FieldDifference(
                    label=f"Terms of {invoice.number}",
                    expected=case.term_name or "",
                    found=name or "none found",
                )
            )
        self._changed(case, decision, answer, tuple(found), cause, look=f"write:{decision.id}")

    def _changed(
        self,
        case: Any,
        decision: Any,
        answer: Answer,
        what: Sequence[FieldDifference],
        cause: str,
        *,
        look: str | None = None,
    ) -> None:
        with step(self._database, self._clock, cause) as taken:
            expires = taken.now + timedelta(days=self._company.decision_days)
            kept = store.keep_answer(taken, case, answer)
            told = DIFFERENCES.dump_python(tuple(what), mode="json")
            changed = {"digest": kept["proposal_digest"], "decision": decision.id, "differences": told}
            note = note_of(case, changed=changed, trouble=None, **({"look": look} if look else {}))
            due = taken.now if look else expires
            content = {"decision": decision.id, "changes": told}
            taken.move(
                case, CaseEvent.WORLD_CHANGED, due_at=due, expires_at=expires, note=note, content=content, **kept
            )


def _bearing(waiting: Sequence[CaseInvoice], findings: Findings, name: str) -> tuple[bool, tuple[BilledInvoice, ...]]:
    """Whether an invoice that waits still has the term, and those whose term the source or a person tells so."""
    bearing = False
    billed: list[BilledInvoice] = []
    for invoice in waiting:
        fresh = one_invoice(findings, invoice.number)
        if isinstance(fresh, BilledInvoice):
            bearing |= fresh.term_name == name
            billed += [fresh] if fresh.term_name == name else []
            continue
        kept = invoice.billed
        told = kept is None or kept.term_origin.value in ("person", "alert", "none")
        bearing |= told
        billed += [kept] if told and kept is not None and kept.term_name == name else []
    return bearing, tuple(billed)
