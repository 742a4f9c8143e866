"""Carrying out a decision: read again, write once, read back, compare. What is not known is read before anything else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.billing.source import BilledInvoice
from bot.cases import store
from bot.cases.attempts import Attempts, attempts_of
from bot.cases.case import CaseEvent, CaseState
from bot.cases.codec import DIFFERENCES, PROPOSAL, TROUBLE, digest
from bot.cases.outbox import notice
from bot.cases.ports import Clock, Company
from bot.cases.readback import changes, differences, not_comparable
from bot.cases.reading import Answer, Findings, Reader, one_invoice
from bot.cases.step import Stale, Step, step
from bot.cases.view import CaseInvoice, FieldDifference, Trouble
from bot.cases.withdraw import Withdrawal, journalled, kept, told_users
from bot.intacct.authors import somebody_else
from bot.intacct.client import WriteReply
from bot.intacct.errors import (
    IntacctError,
    NothingRun,
    OutcomeUnknown,
    PermissionMissing,
    Refused,
    SignInRefused,
    TransportError,
)
from bot.records import jobs
from bot.records.engine import Database
from bot.records.tables import cases, decisions, writes
from bot.terms.matching import MatchKind
from bot.terms.proposal import Action, Proposal
from bot.terms.term import ArTerm, in_words

READ_PAUSE = timedelta(seconds=3)
READ_ATTEMPTS = 3
"""To read a term back, and to find out what became of a write; then a person is told."""
WRITE_ATTEMPTS = 3
"""Of one decision whose outcome is not known, all under one function control id."""
PAUSES = tuple(timedelta(seconds=s) for s in (15, 30, 60, 120, 300, 600, 1200, 1800))
"""Between attempts to begin while a system cannot be read or takes nothing; after the last, nothing is written."""
_HOPELESS = (SignInRefused, PermissionMissing)
"""What no waiting mends."""


class _Unread(Exception):
    """The source did not tell what it has to before anything is written. `str()` is a sentence."""


class Writer:
    """Writes what was decided, for one company."""

    def __init__(
        self, database: Database, clock: Clock, company: Company, reader: Reader, beside: Sequence[Company] = ()
    ) -> None:
        """`beside`: the other companies here whose books are the same."""
        self._database = database
        self._clock = clock
        self._company = company
        self._reader = reader
        self._withdrawal = Withdrawal(database, clock, company, beside)

    @contextmanager
    def _holding(self, case: Any, cause: str) -> Iterator[tuple[Step, Any]]:
        """A step that has the case's row first, so that no two wait for each other; and the row as it is now."""
        with step(self._database, self._clock, cause) as taken:
            yield taken, store.hold(taken.connection, case.id)

    def write(self, case: Any, cause: str) -> bool:
        """One round in state `writing`; whether the case moved on. Raises Stale where it moved meanwhile."""
        proposal = PROPOSAL.validate_python(case.proposal)
        with self._database.transaction() as connection:
            decision = _decision(connection, case)
            tried = attempts_of(connection, decision.id)
        if tried.started:
            self._end_started(case, tried, cause)
            return True
        if tried.uncertain:
            return self._after_uncertain(case, decision, proposal, tried, cause)
        if tried.answered:
            return self._written(case, cause)
        try:
            known = self._look_again(case, decision, proposal, tried, cause)
        except IntacctError as error:
            return self._not_yet(case, str(error), error, cause)
        except _Unread as unread:
            return self._not_yet(case, str(unread), None, cause)
        return True if known is None else self._send(case, decision, proposal, tried, known, cause)

    def _after_uncertain(self, case: Any, decision: Any, proposal: Proposal, tried: Attempts, cause: str) -> bool:
        """What became of a write that was not answered is read first; only what is certainly not there is sent again."""
        try:
            there = self._company.books.term(proposal.name)
            if not _still_to_do(proposal, there) or len(tried.uncertain) >= WRITE_ATTEMPTS:
                return self._written(case, cause)
            known = self._look_again(case, decision, proposal, tried, cause)
        except IntacctError as error:
            return self._not_known(case, error, cause)
        except _Unread:
            return self._not_known(case, None, cause)
        return True if known is None else self._send(case, decision, proposal, tried, known, cause)

    def _end_started(self, case: Any, tried: Attempts, cause: str) -> None:
        """An attempt that nobody ended: its process died, so its outcome is not known."""
        with self._holding(case, cause) as (taken, _):
            for attempt in tried.started:
                sentence = "The process ended before an answer was read."
                _end(taken, attempt.id, "unknown", {"sentence": sentence})
                content = {"case": case.number, "attempt": attempt.attempt, "error": sentence}
                taken.record(case.company, "write_unknown", content, case_id=case.id)
            _first_round(taken, case)

    def _look_again(
        self, case: Any, decision: Any, proposal: Proposal, tried: Attempts, cause: str
    ) -> tuple[ArTerm, ...] | None:
        """Reads both systems again: Intacct's terms where the proposal still holds, None where the case has moved.

        Raises IntacctError and _Unread.
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
            self._written(case, cause)
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
            raise _Unread(unread)
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
            raise _Unread(" ".join(seen.unread))
        now = self._withdrawal.proposal(seen, term)
        if term is not None and term.active and now is not None and digest(now) == case.proposal_digest:
            return (term,)
        with self._holding(case, cause) as (taken, fresh):
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
            note = _note(case, appeared=True, record_no=term.record_no if term else "")
            kept = store.keep_answer(taken, case, answer)
            kept |= {"proposal": case.proposal, "proposal_digest": case.proposal_digest}
            content = {} if term is None else _read_back(term)
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
            note = _note(case, changed=changed, trouble=None, **({"look": look} if look else {}))
            due = taken.now if look else expires
            content = {"decision": decision.id, "changes": told}
            taken.move(
                case, CaseEvent.WORLD_CHANGED, due_at=due, expires_at=expires, note=note, content=content, **kept
            )

    def _send(
        self,
        case: Any,
        decision: Any,
        proposal: Proposal,
        tried: Attempts,
        known: Sequence[ArTerm],
        cause: str,
    ) -> bool:
        control_id = control_id_of(decision)
        write_id = self._begin(case, decision, proposal, control_id, tried.next_number, known, cause)
        try:
            reply = self._asked(proposal, control_id)
        except OutcomeUnknown as error:
            with self._holding(case, cause) as (taken, _):
                self._ended(taken, case, write_id, "unknown", error)
                _first_round(taken, case)
            return True
        except NothingRun as error:
            with self._holding(case, cause) as (taken, _):
                self._ended(taken, case, write_id, "refused", error)
            return self._not_yet(case, str(error), error, cause)
        except Refused as error:
            if error.duplicate:
                # It may be an attempt of this decision that was not answered, or somebody else's: read, not believed.
                with self._holding(case, cause) as (taken, _):
                    self._ended(taken, case, write_id, "refused", error, duplicate=True)
                return self._written(case, cause) if tried.uncertain else True
            return self._refused(case, write_id, error, cause)
        except IntacctError as error:
            return self._refused(case, write_id, error, cause)
        return self._answered(case, write_id, reply, cause)

    def _asked(self, proposal: Proposal, control_id: str) -> WriteReply:
        books = self._company.books
        if proposal.action is Action.REACTIVATE:
            return books.reactivate_term(proposal.name, control_id=control_id)
        if proposal.action is Action.DEACTIVATE:
            return books.deactivate_term(proposal.name, control_id=control_id)
        return books.create_term(proposal.name, proposal.rule, control_id=control_id, description=proposal.description)

    def _begin(
        self,
        case: Any,
        decision: Any,
        proposal: Proposal,
        control_id: str,
        attempt: int,
        known: Sequence[ArTerm],
        cause: str,
    ) -> int:
        """Notes the attempt before it is sent. Raises Stale where somebody else is at it."""
        function = FUNCTIONS[proposal.action]
        with self._holding(case, cause) as (taken, held):
            if held.version != case.version or CaseState(held.state) is not CaseState.WRITING:
                raise Stale
            write_id = taken.connection.scalar(
                insert(writes)
                .values(
                    case_id=case.id,
                    decision_id=decision.id,
                    function=function,
                    control_id=control_id,
                    attempt=attempt,
                    state="started",
                    started_at=func.now(),
                )
                .on_conflict_do_nothing(index_elements=["decision_id", "attempt"])
                .returning(writes.c.id)
            )
            if write_id is None:
                raise Stale
            note = {**(held.note or {}), "records_before": str(_highest(known))}
            note.pop("delay", None)
            taken.connection.execute(update(cases).where(cases.c.id == case.id).values(note=note))
            taken.record(
                case.company,
                "write",
                {
                    "case": case.number,
                    "function": function,
                    "control_id": control_id,
                    "attempt": attempt,
                    "decision": decision.id,
                    "digest": case.proposal_digest,
                },
                case_id=case.id,
            )
        return int(write_id)

    def _answered(self, case: Any, write_id: int, reply: WriteReply, cause: str) -> bool:
        with self._holding(case, cause) as (taken, fresh):
            _end(taken, write_id, "answered", None, request=reply.request_xml, reply=reply.reply_xml)
            taken.record(
                case.company,
                "written",
                {"case": case.number, "request": reply.request_xml, "reply": reply.reply_xml},
                case_id=case.id,
            )
            taken.move(case, CaseEvent.WRITTEN, due_at=taken.now, note=_note(fresh))
        return True

    def _ended(
        self, taken: Step, case: Any, write_id: int, state: str, error: IntacctError, *, duplicate: bool = False
    ) -> None:
        """Keeps how an attempt ended, with what was said on both sides."""
        kept = {
            "kind": type(error).__name__,
            "sentence": str(error),
            "words": error.vendor_words,
            "number": error.number,
            "advice": error.advice,
            **({"duplicate": True} if duplicate else {}),
        }
        _end(taken, write_id, state, kept, request=error.request_xml or None, reply=error.reply_xml or None)
        taken.record(
            case.company,
            "write_" + state,
            {
                "case": case.number,
                "error": str(error),
                "words": error.vendor_words,
                "number": error.number,
                "not_run": isinstance(error, NothingRun),
                "request": error.request_xml,
                "reply": error.reply_xml,
            },
            case_id=case.id,
        )

    def _written(self, case: Any, cause: str) -> bool:
        with self._holding(case, cause) as (taken, fresh):
            taken.move(case, CaseEvent.WRITTEN, due_at=taken.now, note=_note(fresh))
        return True

    def _refused(self, case: Any, write_id: int, error: IntacctError, cause: str) -> bool:
        with self._holding(case, cause) as (taken, fresh):
            self._ended(taken, case, write_id, "refused", error)
            note = _note(fresh, trouble=_kept(trouble_of(error)))
            taken.move(case, CaseEvent.REFUSED, note=note, content={"error": str(error)})
            self._tell_sign_in(taken, error)
        return True

    def _not_yet(self, case: Any, sentence: str, error: IntacctError | None, cause: str) -> bool:
        """Nothing is under way: tried again with growing pauses, then given up with nothing written."""
        hopeless = isinstance(error, _HOPELESS)
        if not hopeless and case.rounds < len(PAUSES):
            wait = getattr(error, "retry_after", None)
            pause = max(PAUSES[case.rounds], timedelta(seconds=wait or 0))
            with self._holding(case, cause) as (taken, fresh):
                store.change(taken, case.id, note={**(fresh.note or {}), "delay": sentence})
            later(self._database, self._clock, case, pause)
            return False
        trouble = Trouble(
            sentence=f"Nothing was written. {sentence}",
            vendor_words=error.vendor_words if error else "",
            advice=error.advice
            if error and hopeless
            else "Press Check again once it answers: I look, and make a new proposal.",
        )
        with self._holding(case, cause) as (taken, fresh):
            note = _note(fresh, trouble=_kept(trouble))
            taken.move(case, CaseEvent.REFUSED, note=note, content={"error": sentence, "written": False})
            self._tell_sign_in(taken, error)
        return True

    def _not_known(self, case: Any, error: IntacctError | None, cause: str) -> bool:
        """A write is under way whose outcome cannot be read now: a few more looks, then a person is told."""
        if case.rounds + 1 < READ_ATTEMPTS and not isinstance(error, _HOPELESS):
            wait = getattr(error, "retry_after", None)
            later(self._database, self._clock, case, max(READ_PAUSE, timedelta(seconds=wait or 0)))
            return False
        return self._written(case, cause)

    def _tell_sign_in(self, taken: Step, error: IntacctError | None) -> None:
        """The admin is told of a refused sign-in once a day; every card says it."""
        if not isinstance(error, SignInRefused):
            return
        day = taken.now.astimezone(self._company.zone).date().isoformat()
        key = f"sign_in:{self._company.key}:{error.credential.value}:{day}"
        notice(
            taken,
            self._company,
            key,
            "sign_in_refused",
            sentence=str(error),
            words=error.vendor_words,
            advice=error.advice,
        )

    def verify(self, case: Any, cause: str) -> bool:
        """Reads the term back and compares it, byte for byte and field by field; whether the case moved on."""
        proposal = PROPOSAL.validate_python(case.proposal)
        with self._database.transaction() as connection:
            decision = _decision(connection, case)
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
        if case.rounds + 1 < READ_ATTEMPTS and not isinstance(error, _HOPELESS):
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
            note = _note(case, trouble=_kept(trouble))
            taken.move(case, CaseEvent.UNREADABLE, note=note, content={"error": trouble.sentence})
            self._tell_sign_in(taken, error)

    def _identical(self, case: Any, proposal: Proposal, tried: Attempts, there: ArTerm, cause: str) -> None:
        writer = self._company.books.writer
        ours = _ours(case, proposal, tried, there, writer)
        with self._holding(case, cause) as (taken, _):
            note = _note(case, record_no=there.record_no, trouble=None, **_made(proposal, there, ours=ours))
            if ours:
                _keep_record(taken, tried, there)
            if not ours or somebody_else(there.modified_by, writer):
                note["appeared"] = True
            content = {**_read_back(there), "by_this_decision": ours}
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
        with self._holding(case, cause) as (taken, _):
            made = _made(proposal, stored, ours=ours) if stored is not None else {}
            if stored is not None and ours:
                _keep_record(taken, tried, stored)
            taken.move(
                case,
                CaseEvent.READ_DIFFERENT,
                note=_note(case, trouble=_kept(trouble), **made),
                content={
                    "read": None if stored is None else _read_back(stored),
                    "differences": DIFFERENCES.dump_python(wrong, mode="json"),
                },
            )


FUNCTIONS = {
    Action.CREATE: "create_arterm",
    Action.REACTIVATE: "update_arterm",
    Action.DEACTIVATE: "update_arterm",
}
"""What carrying out a proposal is called at the gateway."""


def control_id_of(decision: Any) -> str:
    """The function control id of a decision: the same at each attempt, and never again for another decision.

    The moment and the person are in it, so that a database that begins anew does not repeat an earlier one's ids.
    """
    told = f"{decision.id}/{decision.proposal_digest}/{decision.team}/{decision.user_id}/{decision.at.isoformat()}"
    return f"termkeeper-{decision.id}-{hashlib.sha256(told.encode()).hexdigest()[:32]}"


def _decision(connection: Any, case: Any) -> Any:
    return connection.execute(
        select(decisions)
        .where(
            decisions.c.case_id == case.id,
            decisions.c.verdict == "approve",
            decisions.c.proposal_digest == case.proposal_digest,
        )
        .order_by(decisions.c.id.desc())
        .limit(1)
    ).one()


def _end(
    taken: Step,
    write_id: int,
    state: str,
    error: Mapping[str, Any] | None,
    *,
    request: str | None = None,
    reply: str | None = None,
) -> None:
    taken.connection.execute(
        update(writes)
        .where(writes.c.id == write_id)
        .values(state=state, error=error, request=request, reply=reply, ended_at=func.now())
    )


def _first_round(taken: Step, case: Any) -> None:
    """What follows is counted anew."""
    taken.connection.execute(update(cases).where(cases.c.id == case.id).values(rounds=0))


def _keep_record(taken: Step, tried: Attempts, there: ArTerm) -> None:
    """The attempt that did it bears the record's number."""
    taken.connection.execute(update(writes).where(writes.c.id == tried.carried_out).values(record_no=there.record_no))


def _still_to_do(proposal: Proposal, there: ArTerm | None) -> bool:
    """Whether what Intacct keeps says that the write was not carried out."""
    if proposal.action is Action.CREATE:
        return there is None
    return there is not None and there.active is not (proposal.action is Action.REACTIVATE)


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


def _number(record_no: str) -> int:
    return int(record_no) if record_no.isdecimal() and len(record_no) < 19 else 0


def _highest(known: Sequence[ArTerm]) -> int:
    return max((_number(term.record_no) for term in known), default=0)


def _ours(case: Any, proposal: Proposal, tried: Attempts, there: ArTerm, writer: str) -> bool:
    """Whether a record is what an attempt of this decision left, by `writer`, the user that writes.

    Where Intacct tells who made or changed it, that decides; of a created one, that it is not older than the write.
    """
    if tried.carried_out is None:
        return False
    if proposal.action is not Action.CREATE:
        return not somebody_else(there.modified_by, writer)
    before = (case.note or {}).get("records_before")
    newer = before is None or _number(there.record_no) > int(before)
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


def _read_back(there: ArTerm) -> dict[str, Any]:
    """A record as it was read, for the journal."""
    return {
        "record_no": there.record_no,
        "name": there.name,
        "status": "active" if there.active else "inactive",
        "rule": in_words(there.rule) if there.rule else "",
        "unread": there.unread,
        "description": there.description,
        "entity": there.entity,
        "created_by": there.created_by,
        "created_at": there.created_at,
        "modified_by": there.modified_by,
        "modified_at": there.modified_at,
    }


def _note(case: Any, **changed: Any) -> dict[str, Any]:
    """The case's note with what changed, and without what was said of waiting."""
    kept = {key: value for key, value in (case.note or {}).items() if key != "delay"}
    return kept | changed


def _kept(trouble: Trouble) -> Any:
    return TROUBLE.dump_python(trouble, mode="json")


def trouble_of(error: IntacctError) -> Trouble:
    """A refusal as a card tells it."""
    return Trouble(sentence=str(error), vendor_words=error.vendor_words, advice=error.advice)


def later(database: Database, clock: Clock, case: Any, wait: timedelta) -> None:
    """Has the case looked at again after `wait`, in the state in which it is."""
    with step(database, clock, "later") as taken:
        due = taken.now + wait
        taken.connection.execute(
            update(cases)
            .where(cases.c.id == case.id, cases.c.version == case.version)
            .values(due_at=due, rounds=cases.c.rounds + 1)
        )
        taken.nudge(jobs.WORK_CASE, due=due, case_id=case.id)
