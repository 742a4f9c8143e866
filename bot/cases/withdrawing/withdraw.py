"""Making a term inactive: asked for, decided by somebody else, and only while nothing uses it.

Either a decision here made the term, and it is withdrawn; or Intacct already had it, and another name of its rule is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from bot.billing.source import TermOrigin
from bot.cases import store
from bot.cases.case import CaseEvent, CaseState
from bot.cases.codec import PROPOSAL, WITHDRAWING, digest
from bot.cases.deciding import asking, taking_part
from bot.cases.deciding.decide import DONE, OUTDATED, Act, Outcome
from bot.cases.deciding.policy import Part
from bot.cases.outbox import Address, card_key, say
from bot.cases.ports import Clock, Company, Person
from bot.cases.step import Stale, Step, step
from bot.cases.view import CaseKind, Withdrawing
from bot.cases.withdrawing.use import ELSEWHERE, Looking, told_unread
from bot.intacct.errors import IntacctError
from bot.records import jobs
from bot.records.engine import Database
from bot.records.tables import cases, messages
from bot.terms.evidence import FieldSource
from bot.terms.proposal import Action, Policy, Proposal, ProposedField
from bot.terms.term import ArTerm, in_words

AGAIN = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
"""Pauses after which what could not be read is read again."""


def key_of(entity: str, name: str) -> str:
    """The key of the case that withdraws a term."""
    return f"withdraw:{entity}:{name}"


def ask(taken: Step, company: Company, act: Act, *, reason: str) -> Outcome:
    """Somebody wants a term withdrawn that the case's decision made. Whoever asks cannot decide it."""
    store.lock_company(taken.connection, company.key)
    origin = store.hold(taken.connection, act.case_id)
    made = (origin.note or {}).get("made")
    if not made or act.digest != (origin.proposal_digest or ""):
        return OUTDATED
    if store.open_by_key(taken.connection, company.key, key_of(company.entity, made["name"])) is not None:
        return OUTDATED
    wish = Withdrawing(of_number=origin.number, record_no=made["record_no"], reason=reason)
    card = taken.connection.execute(select(messages).where(messages.c.key == card_key(origin.id))).one_or_none()
    where = (
        Address(channel=company.alert_channels[0])
        if card is None
        else Address(channel=card.channel, thread_ts=card.thread_ts or card.ts)
    )
    _open(taken, company, act.person, made["name"], wish, where, of=origin.id)
    taken.touch_card(origin.id)
    return DONE


def retire(taken: Step, company: Company, person: Person, *, name: str, keep: str, reason: str) -> int | None:
    """Somebody wants a term made inactive that Intacct already had, as `keep` is the name for its rule from now on.

    None where its case is opened, else the number of the open case that is about this already. Whoever asks cannot
    decide it.
    """
    store.lock_company(taken.connection, company.key)
    open_already = store.open_by_key(taken.connection, company.key, key_of(company.entity, name))
    if open_already is not None:
        return int(open_already.number)
    wish = Withdrawing(of_number=None, record_no="", reason=reason, keep=keep)
    _open(taken, company, person, name, wish, Address(channel=company.alert_channels[0]))
    return None


def _open(
    taken: Step,
    company: Company,
    person: Person,
    name: str,
    wish: Withdrawing,
    where: Address,
    *,
    of: int | None = None,
) -> None:
    """Opens the case, with its card, and has it looked into. `of`: the case whose decision made the term."""
    key = key_of(company.entity, name)
    case = store.open_case(
        taken,
        company,
        key,
        term_name=name,
        alerted_at=taken.now,
        origin=TermOrigin.NONE,
        kind=CaseKind.WITHDRAW,
    )
    note = {**(case.note or {}), "withdrawing": WITHDRAWING.dump_python(wish, mode="json"), "of": of}
    taken.connection.execute(update(cases).where(cases.c.id == case.id).values(note=note, due_at=taken.now))
    taking_part.take_part(taken, case.id, person, Part.ASKED)
    taken.record(
        company.key,
        "withdraw_asked",
        {
            "case": case.number,
            "of": wish.of_number,
            "term": name,
            "record_no": wish.record_no,
            "keep": wish.keep,
            "reason": wish.reason,
        },
        actor=person.user_id,
        case_id=case.id,
    )
    say(taken, card_key(case.id), "card", where, company=company.key, case_id=case.id)
    taken.nudge(jobs.WORK_CASE, case_id=case.id)


class Withdrawal:
    """Looks whether a term can be made inactive, for one company."""

    def __init__(self, database: Database, clock: Clock, company: Company, beside: Sequence[Company] = ()) -> None:
        """`beside`: the other companies here whose books are the same; what they use stays too."""
        self._database = database
        self._clock = clock
        self._company = company
        self._beside = beside

    def read(self, case: Any) -> tuple[Withdrawing, ArTerm | None]:
        """The term as it is now, and what uses it; what could not be read is named. Never raises for a service."""
        before = WITHDRAWING.validate_python(case.note["withdrawing"])
        unread: list[str] = []
        term: ArTerm | None = None
        try:
            term = self._company.books.term(case.term_name)
        except IntacctError as error:
            unread.append(told_unread("The term in Intacct", error))
        if term is not None and before.record_no and term.record_no != before.record_no:
            kept_so_far = "was made here" if before.ours else "was looked at before"
            unread.append(f"Record {before.record_no} {kept_so_far}; Intacct keeps another one, {term.record_no}, now.")
        if term is not None and term.rule is None:
            unread.append(f"The term's rule could not be read: {term.unread}")
        use = Looking(
            database=self._database,
            company=self._company,
            beside=self._beside,
            name=case.term_name,
            ours=before.ours,
            now=self._clock.now(),
        ).look(term)
        unread += use.unread
        seen = replace(
            before,
            record_no=before.record_no or (term.record_no if term is not None else ""),
            looked_at=self._clock.now(),
            users=tuple(use.users),
            elsewhere=use.elsewhere,
            looked_for=tuple(use.looked_for),
            not_told=tuple(use.not_told),
            unread=tuple(unread),
            status="" if unread else "gone" if term is None else "active" if term.active else "inactive",
        )
        return seen, term

    def proposal(self, seen: Withdrawing, term: ArTerm | None) -> Proposal | None:
        """What is proposed of what was seen; None while something uses the term or could not be read."""
        return proposal_of(term, seen, self._company.terms_policy) if seen.free and term is not None else None

    def look(self, case: Any, cause: str) -> bool:
        """Looks, and puts the case where that leads; whether it moved on."""
        seen, term = self.read(case)
        with step(self._database, self._clock, cause) as taken:
            fresh = store.hold(taken.connection, case.id)
            if fresh.version != case.version:
                raise Stale
            note = kept(fresh, seen)
            state = CaseState(fresh.state)
            taken.record(case.company, "withdraw_looked", journalled(case, seen), case_id=case.id)
            if seen.status in ("gone", "inactive"):
                event = CaseEvent.NOTHING_TO_WRITE if state is CaseState.OPEN else CaseEvent.APPEARED
                if state is not CaseState.FAILED:
                    self.end(taken, fresh, event, note)
                    return True
            proposal = self.proposal(seen, term)
            if proposal is not None:
                return self._proposed(taken, fresh, proposal, note)
            if state is CaseState.OPEN:
                pause = AGAIN[min(fresh.rounds, len(AGAIN) - 1)]
                due = taken.now + pause if seen.unread else fresh.expires_at
                taken.move(fresh, CaseEvent.UNKNOWN_FOUND, due_at=due, note=note, rounds=fresh.rounds + 1)
            elif state is CaseState.AWAITING_DECISION and seen.used:
                taken.move(
                    fresh,
                    CaseEvent.NEW_PROPOSAL,
                    due_at=fresh.expires_at,
                    note=note,
                    proposal=None,
                    proposal_digest=None,
                )
            else:
                store.change(taken, fresh.id, note=note, due_at=fresh.expires_at)
        return False

    def _proposed(self, taken: Step, case: Any, proposal: Proposal, note: dict[str, Any]) -> bool:
        bound, state = digest(proposal), CaseState(case.state)
        if state is CaseState.AWAITING_DECISION and bound == case.proposal_digest:
            store.change(taken, case.id, note=note, due_at=case.expires_at)
            return False
        event = CaseEvent.WRITE_PROPOSED if state is CaseState.OPEN else CaseEvent.NEW_PROPOSAL
        expires = (
            case.expires_at if state is CaseState.OPEN else taken.now + timedelta(days=self._company.decision_days)
        )
        plan = PROPOSAL.dump_python(proposal, mode="json")
        taken.move(
            case,
            event,
            due_at=expires,
            expires_at=expires,
            note={**note, "trouble": None},
            proposal=plan,
            proposal_digest=bound,
            asked_at=taken.now,
            content={"proposal": plan, "digest": bound},
        )
        for part in taking_part.participants(taken.connection, case):
            if part.part is Part.ASKED:
                asking.ask(taken, self._company, case, Person(team=part.person.team, user_id=part.person.user_id))
        return False

    def end(self, taken: Step, case: Any, event: CaseEvent, note: dict[str, Any], **columns: Any) -> None:
        """Nothing is awaited after a withdrawal: the case passes on to closed at once."""
        taken.move(case, event, note=note, **columns)
        moved = store.hold(taken.connection, case.id)
        taken.move(moved, CaseEvent.ALL_ARRIVED)
        if (case.note or {}).get("of") is not None:
            taken.touch_card(case.note["of"])


def kept(case: Any, seen: Withdrawing) -> dict[str, Any]:
    """The case's note with what was seen, and without the wish to look."""
    note = {key: value for key, value in (case.note or {}).items() if key not in ("look", "corrected_by", "delay")}
    return note | {"withdrawing": WITHDRAWING.dump_python(seen, mode="json")}


def journalled(case: Any, seen: Withdrawing) -> dict[str, Any]:
    """What was seen, for the journal."""
    return {
        "case": case.number,
        "term": case.term_name,
        "status": seen.status,
        "users": [{"what": each.label, "count": each.count, "at_least": each.at_least} for each in seen.users],
        "elsewhere": seen.elsewhere,
        "looked_for": list(seen.looked_for),
        "unread": list(seen.unread),
    }


def proposal_of(term: ArTerm, seen: Withdrawing, policy: Policy) -> Proposal | None:
    """What making a term inactive writes: its status, and nothing else. None where its rule cannot be read."""
    if term.rule is None:
        return None
    source = (FieldSource.INTACCT,)
    fields = (
        ProposedField(label="Name", value=term.name, sources=source),
        ProposedField(label="Status", value="Inactive", sources=(FieldSource.DEFAULT,)),
        ProposedField(label="Due", value=in_words(term.rule), sources=source),
        ProposedField(label="Entity", value=term.entity or "All entities", sources=source),
    )
    had = () if seen.ours else ("This makes inactive a term that Intacct already had; no decision here made it.",)
    approved = term.name in policy.approved_names
    return Proposal(
        action=Action.DEACTIVATE,
        name=term.name,
        rule=term.rule,
        fields=fields,
        doubts=(*had, "Invoices that bear this term from then on fail to sync until it is active again."),
        outside_policy=(f"“{term.name}” is on the list of approved terms.",) if approved else (),
        entity=term.entity,
        description=term.description,
    )


def told_users(seen: Withdrawing) -> str:
    """`invoices in Intacct: 2 (INV-1, INV-2)`, one kind after the other."""
    told = [
        f"{each.label}: {'at least ' if each.at_least else ''}{each.count}"
        + (f" ({', '.join(each.examples)})" if each.examples else "")
        for each in seen.users
    ]
    return "; ".join([*told, *([ELSEWHERE] if seen.elsewhere else [])])
