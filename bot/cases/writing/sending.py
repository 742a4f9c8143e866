"""One attempt to write: noted before it is sent, sent once, and its end kept with what was said on both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert

from bot.cases.case import CaseEvent, CaseState
from bot.cases.step import Stale, Step
from bot.cases.writing.attempts import Attempts
from bot.cases.writing.carrying import (
    FUNCTIONS,
    Carrying,
    control_id_of,
    first_round,
    kept_trouble,
    note_of,
    number_of,
    trouble_of,
)
from bot.intacct.client import WriteReply
from bot.intacct.errors import IntacctError, NothingRun, OutcomeUnknown, Refused
from bot.records.tables import cases, writes
from bot.terms.proposal import Action, Proposal
from bot.terms.term import ArTerm


class Sender(Carrying):
    """Sends one attempt and keeps how it ended, for one company."""

    def send(
        self,
        case: Any,
        decision: Any,
        proposal: Proposal,
        tried: Attempts,
        known: Sequence[ArTerm],
        cause: str,
    ) -> bool:
        """Sends an attempt under the decision's control id; whether the case moved on.

        `known`: the terms that were there just before. Raises Stale where somebody else is at it.
        """
        control_id = control_id_of(decision)
        write_id = self._begin(case, decision, proposal, control_id, tried.next_number, known, cause)
        try:
            reply = self._asked(proposal, control_id)
        except OutcomeUnknown as error:
            with self.holding(case, cause) as (taken, _):
                self._ended(taken, case, write_id, "unknown", error)
                first_round(taken, case)
            return True
        except NothingRun as error:
            with self.holding(case, cause) as (taken, _):
                self._ended(taken, case, write_id, "refused", error)
            return self.not_yet(case, str(error), error, cause)
        except Refused as error:
            if error.duplicate:
                # It may be an attempt of this decision that was not answered, or somebody else's: read, not believed.
                with self.holding(case, cause) as (taken, _):
                    self._ended(taken, case, write_id, "refused", error, duplicate=True)
                return self.written(case, cause) if tried.uncertain else True
            return self._refused(case, write_id, error, cause)
        except IntacctError as error:
            return self._refused(case, write_id, error, cause)
        return self._answered(case, write_id, reply, cause)

    def end_started(self, case: Any, tried: Attempts, cause: str) -> None:
        """An attempt that nobody ended: its process died, so its outcome is not known."""
        with self.holding(case, cause) as (taken, _):
            for attempt in tried.started:
                sentence = "The process ended before an answer was read."
                _end(taken, attempt.id, "unknown", {"sentence": sentence})
                content = {"case": case.number, "attempt": attempt.attempt, "error": sentence}
                taken.record(case.company, "write_unknown", content, case_id=case.id)
            first_round(taken, case)

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
        with self.holding(case, cause) as (taken, held):
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
        with self.holding(case, cause) as (taken, fresh):
            _end(taken, write_id, "answered", None, request=reply.request_xml, reply=reply.reply_xml)
            taken.record(
                case.company,
                "written",
                {"case": case.number, "request": reply.request_xml, "reply": reply.reply_xml},
                case_id=case.id,
            )
            taken.move(case, CaseEvent.WRITTEN, due_at=taken.now, note=note_of(fresh))
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

    def _refused(self, case: Any, write_id: int, error: IntacctError, cause: str) -> bool:
        with self.holding(case, cause) as (taken, fresh):
            self._ended(taken, case, write_id, "refused", error)
            note = note_of(fresh, trouble=kept_trouble(trouble_of(error)))
            taken.move(case, CaseEvent.REFUSED, note=note, content={"error": str(error)})
            self.tell_sign_in(taken, error)
        return True


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


def _highest(known: Sequence[ArTerm]) -> int:
    return max((number_of(term.record_no) for term in known), default=0)
