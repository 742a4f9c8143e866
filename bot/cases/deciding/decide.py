"""What people do to a case: decide, edit, tell, correct, ask. Each is checked here, once, at the moment it is done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from bot.billing.source import TermOrigin
from bot.cases import store
from bot.cases.case import CaseEvent, CaseState, TransitionRefused
from bot.cases.codec import DIAGNOSIS, PROPOSAL, RULE, digest
from bot.cases.deciding import asking, taking_part
from bot.cases.deciding.policy import Part, RefusalReason, policy_for, refusal
from bot.cases.ports import Company, Entitled, Person
from bot.cases.reading import Entry
from bot.cases.step import Stale, Step
from bot.records import jobs
from bot.records.tables import decisions
from bot.terms.proposal import Action, Proposal, propose
from bot.terms.term import PaymentTerm


class OutcomeKind(StrEnum):
    """How an act ended."""

    DONE = "done"
    REFUSED = "refused"
    """This person may not decide; `reason` says why."""
    OUTDATED = "outdated"
    """The card shows an earlier proposal or state; look at the fresh one."""
    EXPIRED = "expired"
    """The time to decide is over; the case ends with that."""
    UNKNOWN_WHO = "unknown_who"
    """The workspace did not tell in time who may decide, so nobody did."""
    NEEDS_REASON = "needs_reason"
    """The proposal is not one-click: it needs a reason."""
    NEEDS_REFERENCE = "needs_reference"
    """The proposal exceeds the policy, or reactivates: it needs a reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The answer to an act."""

    kind: OutcomeKind
    reason: RefusalReason | None = None


DONE = Outcome(kind=OutcomeKind.DONE)
OUTDATED = Outcome(kind=OutcomeKind.OUTDATED)
UNDECIDED = (CaseState.OPEN, CaseState.AWAITING_DECISION, CaseState.AWAITING_CORRECTION)
"""The states that wait for a person, and not for ever."""
DISMISSIBLE = tuple(
    state for state in CaseState if not state.final and state not in (CaseState.WRITING, CaseState.VERIFYING)
)
"""All but those in which a write is under way, and the final ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One person's act on one case, as it was taken in."""

    case_id: int
    person: Person
    digest: str
    """Of the proposal that the person saw."""
    key: str
    """Of the click or submission, so that what comes twice is recognised."""
    at: datetime | None = None
    """When it was taken in, on the company's calendar; None: now. It may be worked off later, after an outage."""


def _current(step: Step, act: Act, *states: CaseState) -> Any | None:
    case = store.hold(step.connection, act.case_id)
    if CaseState(case.state) not in states or act.digest != (case.proposal_digest or ""):
        return None
    return case


def _expired(step: Step, case: Any, act: Act) -> Outcome | None:
    """Ends a case whose time was over when the act was taken in, where no tick has yet: that late is too late."""
    done_at = act.at or step.now
    if CaseState(case.state) not in UNDECIDED or case.expires_at is None or case.expires_at > done_at:
        return None
    try:
        step.move(case, CaseEvent.EXPIRED)
    except (Stale, TransitionRefused):
        return OUTDATED
    return Outcome(kind=OutcomeKind.EXPIRED)


def _decide(
    step: Step,
    company: Company,
    act: Act,
    *,
    case: Any,
    verdict: str,
    entitled: Entitled,
    reason: str = "",
    reference: str = "",
) -> int | None:
    """Keeps a decision; None where this very click was kept before."""
    decision_id: int | None = step.connection.scalar(
        insert(decisions)
        .values(
            case_id=case.id,
            proposal_digest=act.digest,
            team=act.person.team,
            user_id=act.person.user_id,
            verdict=verdict,
            reason=reason or None,
            reference=reference or None,
            policy=company.approval_policy,
            approvers=list(entitled.people),
            deputies=sorted(entitled.deputies),
            proposal=case.proposal,
            click=act.key,
            at=step.now,
        )
        .on_conflict_do_nothing(index_elements=["click"])
        .returning(decisions.c.id)
    )
    if decision_id is not None:
        step.record(
            case.company,
            "decision",
            {
                "case": case.number,
                "verdict": verdict,
                "digest": act.digest,
                "team": act.person.team,
                "reason": reason,
                "reference": reference,
                "policy": company.approval_policy,
                "approvers": list(entitled.people),
                "deputies": sorted(entitled.deputies),
                "proposal": case.proposal,
            },
            actor=act.person.user_id,
            case_id=case.id,
        )
    return decision_id


def barred(
    connection: Connection, company: Company, case: Any, person: Person, entitled: Entitled, what: str
) -> RefusalReason | None:
    """Why a person may not do `what` (`approve`, `decline`, `accept`, `dismiss`, `period`) to a case; None where he may.

    A request beforehand is wanted for what is written or declined. To accept what arrived nobody can request; to
    dismiss, or to choose a period, which writes nothing, being an approver is enough.
    """
    if what in ("dismiss", "period"):
        return refusal("any-approver", person, approvers=entitled.people, participants=())
    policy = policy_for(company.approval_policy, case.kind)
    return refusal(
        "second-person" if what == "accept" and policy == "two-people" else policy,
        person,
        approvers=entitled.people,
        participants=taking_part.participants_among(connection, case, entitled, person.team),
    )


def _refused(step: Step, company: Company, act: Act, entitled: Entitled, what: str) -> Outcome | None:
    """The refusal of a person who may not do `what`, kept in the journal."""
    case = store.read(step.connection, act.case_id)
    why = barred(step.connection, company, case, act.person, entitled, what)
    if why is None:
        return None
    step.record(
        case.company,
        "refused",
        {"case": case.number, "what": what, "why": why.value},
        actor=act.person.user_id,
        case_id=case.id,
    )
    return Outcome(kind=OutcomeKind.REFUSED, reason=why)


def approve(
    step: Step, company: Company, act: Act, *, entitled: Entitled, reason: str = "", reference: str = ""
) -> Outcome:
    """An approver's yes to the proposal that he saw: create, or reactivate."""
    case = _current(step, act, CaseState.AWAITING_DECISION)
    if case is None or case.proposal is None:
        return OUTDATED
    ended = _expired(step, case, act) or _refused(step, company, act, entitled, "approve")
    if ended is not None:
        return ended
    proposal = PROPOSAL.validate_python(case.proposal)
    if proposal.action is Action.BY_HAND:
        return OUTDATED
    if not proposal.one_click and not reason.strip():
        return Outcome(kind=OutcomeKind.NEEDS_REASON)
    if proposal.needs_reference and not reference.strip():
        return Outcome(kind=OutcomeKind.NEEDS_REFERENCE)
    decided = _decide(
        step, company, act, case=case, verdict="approve", entitled=entitled, reason=reason, reference=reference
    )
    if decided is None:
        return DONE
    return _moved(step, case, CaseEvent.APPROVED, act, due_at=step.now)


def decline(step: Step, company: Company, act: Act, *, entitled: Entitled, reason: str) -> Outcome:
    """An approver's no, with a reason."""
    case = _current(step, act, CaseState.AWAITING_DECISION)
    if case is None:
        return OUTDATED
    ended = _expired(step, case, act) or _refused(step, company, act, entitled, "decline")
    if ended is not None:
        return ended
    if not reason.strip():
        return Outcome(kind=OutcomeKind.NEEDS_REASON)
    if _decide(step, company, act, case=case, verdict="decline", entitled=entitled, reason=reason) is None:
        return DONE
    return _moved(step, case, CaseEvent.DECLINED, act)


def _moved(step: Step, case: Any, event: CaseEvent, act: Act, **columns: Any) -> Outcome:
    try:
        step.move(case, event, actor=act.person.user_id, **columns)
    except (Stale, TransitionRefused):
        return OUTDATED
    return DONE


def edit(step: Step, company: Company, act: Act, *, entry: Entry, reason: str = "") -> Outcome:
    """Puts a person's own rule in the proposal's place, proved against what the case has read.

    Whoever edits cannot decide it.
    """
    case = _current(step, act, CaseState.AWAITING_DECISION, CaseState.OPEN, CaseState.FAILED, CaseState.UNVERIFIED)
    if case is None or case.term_name is None:
        return OUTDATED
    if ended := _expired(step, case, act):
        return ended
    proposal = _edited(case, company, entry)
    if proposal is None:
        return OUTDATED
    bound = digest(proposal)
    taking_part.take_edit(step, case, act.person, entry, bound)
    note = {
        **(case.note or {}),
        "rule": RULE.dump_python(entry.rule, mode="json"),
        "description": entry.description,
        "edit_reason": reason,
        "trouble": None,
    }
    kept = PROPOSAL.dump_python(proposal, mode="json")
    step.record(
        case.company,
        "edit",
        {"case": case.number, "digest": bound, "proposal": kept, "reason": reason},
        actor=act.person.user_id,
        case_id=case.id,
    )
    event = CaseEvent.WRITE_PROPOSED if CaseState(case.state) is CaseState.OPEN else CaseEvent.NEW_PROPOSAL
    expires = step.now + timedelta(days=company.decision_days)
    return _moved(
        step,
        case,
        event,
        act,
        proposal=kept,
        proposal_digest=bound,
        note=note,
        expires_at=expires,
        due_at=expires,
    )


def _edited(case: Any, company: Company, entry: Entry) -> Proposal | None:
    if case.diagnosis is None:
        return None
    diagnosis = DIAGNOSIS.validate_python(case.diagnosis)
    if diagnosis.match is None:
        return None
    made = propose(
        diagnosis.match,
        evidence=diagnosis.evidence,
        billing_days=diagnosis.billing_days,
        policy=company.terms_policy,
        rule=entry.rule,
        entity=company.entity or None,
    )
    return replace(made, description=entry.description) if isinstance(made, Proposal) else None


def tell_term(step: Step, act: Act, *, name: str, rule: PaymentTerm | None = None) -> Outcome:
    """A person says which term the invoice bears; who supplies it cannot decide."""
    case = _current(step, act, CaseState.OPEN)
    if case is None:
        return OUTDATED
    if ended := _expired(step, case, act):
        return ended
    taking_part.take_part(step, case.id, act.person, Part.SUPPLIED)
    step.record(case.company, "told", {"case": case.number, "term": name}, actor=act.person.user_id, case_id=case.id)
    note = {**(case.note or {}), "told": name, "origin": TermOrigin.PERSON.value}
    if rule is not None:
        note["rule"] = RULE.dump_python(rule, mode="json")
    store.change(step, case.id, note=note, due_at=step.now)
    step.nudge(jobs.WORK_CASE, case_id=case.id)
    return DONE


def invoice_wrong(step: Step, company: Company, act: Act, *, should_be: str) -> Outcome:
    """A person says that the invoice's term is wrong, and what it should be; the source is watched for that.

    The correction may take as long as a decision, from now on.
    """
    case = _current(step, act, CaseState.OPEN, CaseState.AWAITING_DECISION)
    if case is None:
        return OUTDATED
    if ended := _expired(step, case, act):
        return ended
    note = {**(case.note or {}), "wrong_invoice": should_be, "wrong_invoice_by": act.person.user_id}
    return _moved(
        step,
        case,
        CaseEvent.INVOICE_WRONG,
        act,
        content={"should_be": should_be},
        note=note,
        expires_at=step.now + timedelta(days=company.decision_days),
        due_at=step.now + timedelta(minutes=1),
    )


def look_again(step: Step, act: Act, *, corrected: bool = False) -> Outcome:
    """Check again, or I corrected it at the source: read, never believed."""
    case = store.hold(step.connection, act.case_id)
    state = CaseState(case.state)
    if state.final or state in (CaseState.WRITING, CaseState.VERIFYING):
        return OUTDATED
    step.record(
        case.company,
        "corrected" if corrected else "check",
        {"case": case.number},
        actor=act.person.user_id,
        case_id=case.id,
    )
    if state in (CaseState.FAILED, CaseState.UNVERIFIED):
        return _moved(step, case, CaseEvent.CHECKED, act, due_at=step.now)
    note = {**(case.note or {}), "look": act.key, "corrected_by": act.person.user_id if corrected else None}
    store.change(step, case.id, note=note, due_at=step.now)
    step.nudge(jobs.WORK_CASE, case_id=case.id)
    return DONE


def ask(step: Step, company: Company, act: Act) -> Outcome:
    """Somebody wants the case decided; an asker cannot decide under `second-person`."""
    case = store.hold(step.connection, act.case_id)
    if CaseState(case.state) is not CaseState.AWAITING_DECISION:
        return OUTDATED
    ended = _expired(step, case, act)
    if ended is not None:
        return ended
    taking_part.take_part(step, case.id, act.person, Part.ASKED)
    step.record(company.key, "asked", {"case": case.number}, actor=act.person.user_id, case_id=case.id)
    store.change(step, case.id, asked_at=step.now)
    asking.ask(step, company, case, act.person)
    return DONE


def accept(step: Step, company: Company, act: Act, *, entitled: Entitled, reason: str) -> Outcome:
    """An approver accepts an invoice that arrived otherwise than billed, with a reason.

    Not while others are awaited, as the case would end without them; and not before a term that somebody else made is
    acknowledged, as to accept an invoice says nothing of its term.
    """
    case = _current(step, act, CaseState.ARRIVED_DIFFERENT)
    if case is None or store.to_acknowledge(case.note or {}) or store.awaits(step.connection, case.id):
        return OUTDATED
    refused = _refused(step, company, act, entitled, "accept")
    if refused is not None:
        return refused
    if not reason.strip():
        return Outcome(kind=OutcomeKind.NEEDS_REASON)
    if _decide(step, company, act, case=case, verdict="accept", entitled=entitled, reason=reason) is None:
        return DONE
    return _moved(step, case, CaseEvent.ACCEPTED, act)


def acknowledge(step: Step, company: Company, act: Act, *, entitled: Entitled) -> Outcome:
    """An approver takes note of a term that somebody made in Intacct without a decision here; the case may then close.

    Nothing is decided about a proposal, so whoever asked, told or edited may do it too.
    """
    case = _current(step, act, CaseState.AWAITING_SYNC, CaseState.ARRIVED_DIFFERENT)
    if case is None or not store.to_acknowledge(case.note or {}):
        return OUTDATED
    if act.person.user_id not in entitled.people:
        why = RefusalReason.NOT_APPROVER
        content = {"case": case.number, "what": "acknowledge", "why": why.value}
        step.record(case.company, "refused", content, actor=act.person.user_id, case_id=case.id)
        return Outcome(kind=OutcomeKind.REFUSED, reason=why)
    if _decide(step, company, act, case=case, verdict="acknowledge", entitled=entitled) is None:
        return DONE
    by = {"team": act.person.team, "user": act.person.user_id, "at": step.now.isoformat()}
    store.change(step, case.id, note={**(case.note or {}), "acknowledged": by}, due_at=step.now)
    step.nudge(jobs.WORK_CASE, case_id=case.id)
    return DONE


def dismiss(step: Step, company: Company, act: Act, *, entitled: Entitled, reason: str) -> Outcome:
    """An approver ends a case in any state but a write under way, with a reason; nothing more is written for it."""
    case = _current(step, act, *DISMISSIBLE)
    if case is None:
        return OUTDATED
    refused = _refused(step, company, act, entitled, "dismiss")
    if refused is not None:
        return refused
    if not reason.strip():
        return Outcome(kind=OutcomeKind.NEEDS_REASON)
    if _decide(step, company, act, case=case, verdict="dismiss", entitled=entitled, reason=reason) is None:
        return DONE
    return _moved(step, case, CaseEvent.DISMISSED, act)
