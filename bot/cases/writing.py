"""Carrying out a decision: read again, write once, read back, compare. What is not known is read before anything else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.cases import store
from bot.cases.case import CaseEvent
from bot.cases.codec import PROPOSAL, TROUBLE, digest
from bot.cases.ports import Clock, Company
from bot.cases.reading import Answer, Reader
from bot.cases.step import Step, step
from bot.cases.view import FieldDifference, Trouble
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
from bot.terms.term import ArTerm, in_words, same_rule

BUSY_PAUSE = timedelta(seconds=15)
READ_ATTEMPTS = 3
WRITE_ATTEMPTS = 3
"""Of one decision, under one function control id."""


class Writer:
    """Writes what was decided, for one company."""

    def __init__(self, database: Database, clock: Clock, company: Company, reader: Reader) -> None:
        self._database = database
        self._clock = clock
        self._company = company
        self._reader = reader

    def write(self, case: Any, cause: str) -> bool:
        """One round in state `writing`; whether the case moved on. Raises Stale where it moved meanwhile."""
        proposal = PROPOSAL.validate_python(case.proposal)
        decision, earlier = self._decision(case)
        try:
            if earlier:
                there = self._company.books.term(proposal.name)
                if there is not None and not differences(proposal, there):
                    return self._written(case, cause)
                if len(earlier) >= WRITE_ATTEMPTS:
                    return self._written(case, cause)
            elif not self._world_holds(case, proposal, cause):
                return True
        except IntacctError as error:
            return self._unread(case, error, cause, uncertain=bool(earlier))
        return self._send(case, decision, proposal, len(earlier) + 1, cause)

    def _decision(self, case: Any) -> tuple[Any, Sequence[Any]]:
        with self._database.transaction() as connection:
            decision = connection.execute(
                select(decisions)
                .where(
                    decisions.c.case_id == case.id,
                    decisions.c.verdict == "approve",
                    decisions.c.proposal_digest == case.proposal_digest,
                )
                .order_by(decisions.c.id.desc())
                .limit(1)
            ).one()
            earlier = connection.execute(
                select(writes).where(writes.c.decision_id == decision.id).order_by(writes.c.attempt)
            ).all()
        return decision, earlier

    def _world_holds(self, case: Any, proposal: Proposal, cause: str) -> bool:
        """Reads both systems again; where they no longer give this proposal the case moves back, or on."""
        with self._database.transaction() as connection:
            waiting = store.waiting_invoices(connection, case.id)
        findings = self._reader.look([i.number for i in waiting], self._clock.now(), fresh=True)
        if findings.vocabulary is None:
            raise TransportError(findings.books_trouble)
        match = findings.vocabulary.match(proposal.name)
        billed = [invoice.billed for invoice in waiting if invoice.billed is not None]
        answer = self._reader.answer(
            findings,
            proposal.name,
            billed,
            alerted_at=case.alerted_at,
            entry=store.entry_of(case),
        )
        if match.kind is MatchKind.EXACT:
            with step(self._database, self._clock, cause) as taken:
                note = {**(case.note or {}), "appeared": True, "record_no": match.term.record_no if match.term else ""}
                kept = store.keep_answer(taken, case, answer)
                kept |= {"proposal": case.proposal, "proposal_digest": case.proposal_digest}
                taken.move(case, CaseEvent.APPEARED, due_at=taken.now, note=note, **kept)
            return False
        wanted = MatchKind.INACTIVE if proposal.action is Action.REACTIVATE else None
        same_kind = match.kind is wanted if wanted else match.kind is not MatchKind.INACTIVE
        unchanged = answer.proposal is not None and digest(answer.proposal) == case.proposal_digest
        if unchanged or (same_kind and findings.source_trouble):
            return True
        self._changed(case, answer, cause)
        return False

    def _changed(self, case: Any, answer: Answer, cause: str) -> None:
        with step(self._database, self._clock, cause) as taken:
            expires = taken.now + timedelta(days=self._company.decision_days)
            kept = store.keep_answer(taken, case, answer)
            taken.move(case, CaseEvent.WORLD_CHANGED, due_at=expires, expires_at=expires, **kept)

    def _send(self, case: Any, decision: Any, proposal: Proposal, attempt: int, cause: str) -> bool:
        control_id = f"termkeeper-{decision.id}-{decision.proposal_digest[:24]}"
        function = "update_arterm" if proposal.action is Action.REACTIVATE else "create_arterm"
        write_id = self._begin(case, decision, function, control_id, attempt, cause)
        try:
            if proposal.action is Action.REACTIVATE:
                reply = self._company.books.reactivate_term(proposal.name, control_id=control_id)
            else:
                reply = self._company.books.create_term(
                    proposal.name, proposal.rule, control_id=control_id, description=proposal.description
                )
        except OutcomeUnknown as error:
            self._ended(case, write_id, "unknown", error, cause)
            return True
        except NothingRun as error:
            self._ended(case, write_id, "refused", error, cause, forget=True)
            return self._unread(case, error, cause, uncertain=False)
        except Refused as error:
            if error.duplicate:
                self._ended(case, write_id, "answered", error, cause)
                return self._written(case, cause)
            return self._fail(case, write_id, error, cause)
        except IntacctError as error:
            return self._fail(case, write_id, error, cause)
        self._answered(case, write_id, reply, cause)
        return self._written(case, cause)

    def _begin(self, case: Any, decision: Any, function: str, control_id: str, attempt: int, cause: str) -> int:
        with step(self._database, self._clock, cause) as taken:
            write_id: int = taken.connection.execute(
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
                .returning(writes.c.id)
            ).scalar_one()
            taken.record(
                case.company,
                "write",
                {"case": case.number, "function": function, "control_id": control_id, "attempt": attempt},
                case_id=case.id,
            )
        return int(write_id)

    def _answered(self, case: Any, write_id: int, reply: WriteReply, cause: str) -> None:
        with step(self._database, self._clock, cause) as taken:
            taken.connection.execute(
                update(writes)
                .where(writes.c.id == write_id)
                .values(state="answered", request=reply.request_xml, reply=reply.reply_xml, ended_at=func.now())
            )
            taken.record(
                case.company,
                "written",
                {"case": case.number, "request": reply.request_xml, "reply": reply.reply_xml},
                case_id=case.id,
            )

    def _ended(
        self, case: Any, write_id: int, state: str, error: IntacctError, cause: str, *, forget: bool = False
    ) -> None:
        with step(self._database, self._clock, cause) as taken:
            if forget:
                taken.connection.execute(writes.delete().where(writes.c.id == write_id))
            else:
                taken.connection.execute(
                    update(writes)
                    .where(writes.c.id == write_id)
                    .values(state=state, error={"sentence": str(error)}, ended_at=func.now())
                )
            taken.record(
                case.company,
                "write_" + state,
                {"case": case.number, "error": str(error), "words": error.vendor_words},
                case_id=case.id,
            )

    def _written(self, case: Any, cause: str) -> bool:
        with step(self._database, self._clock, cause) as taken:
            taken.move(case, CaseEvent.WRITTEN, due_at=taken.now)
        return True

    def _fail(self, case: Any, write_id: int, error: IntacctError, cause: str) -> bool:
        self._ended(case, write_id, "refused", error, cause)
        with step(self._database, self._clock, cause) as taken:
            note = {**(case.note or {}), "trouble": TROUBLE.dump_python(trouble_of(error), mode="json")}
            taken.move(case, CaseEvent.REFUSED, note=note, content={"error": str(error)})
        return True

    def _unread(self, case: Any, error: IntacctError, cause: str, *, uncertain: bool) -> bool:
        """Intacct cannot be read now. Before a write it is tried later; after an uncertain one a person is told."""
        if uncertain and case.rounds >= READ_ATTEMPTS:
            return self._written(case, cause)
        if isinstance(error, SignInRefused | PermissionMissing):
            with step(self._database, self._clock, cause) as taken:
                event = CaseEvent.WRITTEN if uncertain else CaseEvent.REFUSED
                note = {**(case.note or {}), "trouble": TROUBLE.dump_python(trouble_of(error), mode="json")}
                taken.move(case, event, note=note, due_at=taken.now if uncertain else None)
            return True
        wait = getattr(error, "retry_after", None)
        later(self._database, self._clock, case, timedelta(seconds=wait) if wait else BUSY_PAUSE)
        return False

    def verify(self, case: Any, cause: str) -> bool:
        """Reads the term back and compares it, byte for byte and field by field; whether the case moved on."""
        proposal = PROPOSAL.validate_python(case.proposal)
        try:
            there = self._company.books.term(proposal.name)
            stored = there or self._stored_otherwise(proposal)
        except IntacctError as error:
            if case.rounds + 1 < READ_ATTEMPTS and not isinstance(error, SignInRefused):
                later(self._database, self._clock, case, BUSY_PAUSE / 5)
                return False
            with step(self._database, self._clock, cause) as taken:
                trouble = Trouble(
                    sentence=f"Intacct could not be read after the write: {error}",
                    vendor_words=error.vendor_words,
                    advice=f"Please look at AR Terms for ‘{proposal.name}’, then press Check again.",
                )
                note = {**(case.note or {}), "trouble": TROUBLE.dump_python(trouble, mode="json")}
                taken.move(case, CaseEvent.UNREADABLE, note=note, content={"error": str(error)})
            return True
        if there is not None and not differences(proposal, there):
            with step(self._database, self._clock, cause) as taken:
                self._identical(taken, case, there)
            return True
        self._different(case, proposal, stored, cause)
        return True

    def _identical(self, taken: Step, case: Any, there: ArTerm) -> None:
        note = {**(case.note or {}), "record_no": there.record_no, "trouble": None}
        taken.move(
            case,
            CaseEvent.READ_IDENTICAL,
            note=note,
            due_at=taken.now,
            content={
                "record_no": there.record_no,
                "name": there.name,
                "rule": in_words(there.rule) if there.rule else "",
            },
        )

    def _stored_otherwise(self, proposal: Proposal) -> ArTerm | None:
        """The record that our write left under another name (trimmed or folded), where there is one."""
        self._reader.ar_terms(fresh=True)
        match = self._reader.vocabulary().match(proposal.name)
        return match.term if match.kind in (MatchKind.LOOKALIKE, MatchKind.INACTIVE) else None

    def _different(self, case: Any, proposal: Proposal, stored: ArTerm | None, cause: str) -> None:
        wrong = differences(proposal, stored) if stored else ()
        trouble = Trouble(
            sentence="What Intacct keeps is not what was approved."
            if stored
            else f"Intacct has no AR term named ‘{proposal.name}’ after the write.",
            advice="Correct it in Intacct under AR Terms, then press Check again."
            if stored
            else "Press Check again to look once more and get a new proposal.",
            differences=wrong,
        )
        with step(self._database, self._clock, cause) as taken:
            note = {**(case.note or {}), "trouble": TROUBLE.dump_python(trouble, mode="json")}
            taken.move(
                case,
                CaseEvent.READ_DIFFERENT,
                note=note,
                content={"differences": [f"{d.label}: {d.expected!r} / {d.found!r}" for d in wrong]},
            )


def differences(proposal: Proposal, there: ArTerm) -> tuple[FieldDifference, ...]:
    """What of the record in Intacct is not as decided. Names are compared byte for byte."""
    wrong = []
    if there.name != proposal.name:
        wrong.append(FieldDifference(label="Name", expected=proposal.name, found=there.name))
    if not there.active:
        wrong.append(FieldDifference(label="Status", expected="active", found="inactive"))
    if proposal.action is Action.CREATE and (there.rule is None or not same_rule(there.rule, proposal.rule)):
        found = in_words(there.rule) if there.rule else there.unread
        wrong.append(FieldDifference(label="Rule", expected=in_words(proposal.rule), found=found))
    return tuple(wrong)


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
