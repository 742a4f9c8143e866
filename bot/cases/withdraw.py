"""Withdrawing a term that a decision here made: asked for, decided by somebody else, and only while nothing uses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select, update

from bot.billing.source import PaymentState, SourceError, TermOrigin
from bot.cases import asking, store
from bot.cases.case import FINAL_STATES, CaseEvent, CaseState
from bot.cases.codec import PROPOSAL, WITHDRAWING, digest
from bot.cases.decide import DONE, OUTDATED, Act, Outcome
from bot.cases.outbox import Address, card_key, say
from bot.cases.policy import Part
from bot.cases.ports import Clock, Company, Person
from bot.cases.step import Stale, Step, step
from bot.cases.view import CaseKind, UsersOfKind, Withdrawing
from bot.intacct.errors import IntacctError
from bot.intacct.users import Bearers
from bot.records import jobs
from bot.records.engine import Database
from bot.records.tables import cases, messages
from bot.terms.evidence import FieldSource
from bot.terms.proposal import Action, Proposal, ProposedField
from bot.terms.term import ArTerm, in_words

SINCE = timedelta(days=3 * 365)
"""How far back the source's invoices are looked at."""
EXAMPLES = 5
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
    key = key_of(company.entity, made["name"])
    if store.open_by_key(taken.connection, company.key, key) is not None:
        return OUTDATED
    case = store.open_case(
        taken,
        company,
        key,
        term_name=made["name"],
        alerted_at=taken.now,
        origin=TermOrigin.NONE,
        kind=CaseKind.WITHDRAW,
    )
    wish = Withdrawing(of_number=origin.number, record_no=made["record_no"], reason=reason)
    note = {**(case.note or {}), "withdrawing": WITHDRAWING.dump_python(wish, mode="json"), "of": origin.id}
    taken.connection.execute(update(cases).where(cases.c.id == case.id).values(note=note, due_at=taken.now))
    store.take_part(taken, case.id, act.person, Part.ASKED)
    taken.record(
        company.key,
        "withdraw_asked",
        {
            "case": case.number,
            "of": origin.number,
            "term": made["name"],
            "record_no": made["record_no"],
            "reason": reason,
        },
        actor=act.person.user_id,
        case_id=case.id,
    )
    card = taken.connection.execute(select(messages).where(messages.c.key == card_key(origin.id))).one_or_none()
    where = (
        Address(channel=company.alert_channels[0])
        if card is None
        else Address(channel=card.channel, thread_ts=card.thread_ts or card.ts)
    )
    say(taken, card_key(case.id), "card", where, company=company.key, case_id=case.id)
    taken.touch_card(origin.id)
    taken.nudge(jobs.WORK_CASE, case_id=case.id)
    return DONE


class Withdrawal:
    """Looks whether a term can be withdrawn, for one company."""

    def __init__(self, database: Database, clock: Clock, company: Company) -> None:
        self._database = database
        self._clock = clock
        self._company = company

    def read(self, case: Any) -> tuple[Withdrawing, ArTerm | None]:
        """The term as it is now, and what uses it; what could not be read is named. Never raises for a service."""
        before = WITHDRAWING.validate_python(case.note["withdrawing"])
        unread: list[str] = []
        term: ArTerm | None = None
        try:
            term = self._company.books.term(case.term_name)
        except IntacctError as error:
            unread.append(_told("The term in Intacct", error))
        if term is not None and term.record_no != before.record_no:
            unread.append(f"Record {before.record_no} was made here; Intacct keeps another one, {term.record_no}, now.")
        if term is not None and term.rule is None:
            unread.append(f"The term's rule could not be read: {term.unread}")
        users = [
            *self._in_books("invoices in Intacct", self._company.books.invoices_bearing, case.term_name, unread),
            *self._in_books(
                "customers in Intacct whose default it is",
                self._company.books.customers_bearing,
                case.term_name,
                unread,
            ),
            *self._at_source(case.term_name, unread),
            *self._awaiting(case),
        ]
        seen = Withdrawing(
            of_number=before.of_number,
            record_no=before.record_no,
            reason=before.reason,
            looked_at=self._clock.now(),
            users=tuple(each for each in users if each.count),
            unread=tuple(unread),
            status="" if unread else "gone" if term is None else "active" if term.active else "inactive",
        )
        return seen, term

    def _in_books(
        self, label: str, bearing: Callable[[str], Bearers], name: str, unread: list[str]
    ) -> list[UsersOfKind]:
        try:
            found = bearing(name)
        except IntacctError as error:
            unread.append(_told(label[0].upper() + label[1:], error))
            return []
        return [UsersOfKind(label=label, count=found.count, at_least=found.at_least, examples=found.examples)]

    def _at_source(self, name: str, unread: list[str]) -> list[UsersOfKind]:
        source = self._company.source
        try:
            found = source.invoices_with([name], (self._clock.now() - SINCE).date()).get(name)
        except SourceError as error:
            unread.append(f"Invoices at {source.label} could not be read: {error}")
            return []
        if found is None:
            return []
        bearing = [invoice.number for invoice in found.invoices if invoice.payment is not PaymentState.PAID]
        if not bearing and not found.whole:
            unread.append(f"{source.label} did not tell all invoices with this term.")
        return [
            UsersOfKind(
                label=f"invoices at {source.label} that are not paid",
                count=len(bearing),
                at_least=not found.whole,
                examples=tuple(bearing[:EXAMPLES]),
            )
        ]

    def _awaiting(self, case: Any) -> list[UsersOfKind]:
        final = [state.value for state in FINAL_STATES]
        with self._database.transaction() as connection:
            numbers = connection.scalars(
                select(cases.c.number)
                .where(
                    cases.c.company == self._company.key,
                    cases.c.kind != CaseKind.WITHDRAW.value,
                    cases.c.state.not_in(final),
                    or_(
                        cases.c.term_name == case.term_name,
                        cases.c.key == store.term_key(self._company.entity, case.term_name),
                    ),
                )
                .order_by(cases.c.number)
            ).all()
        examples = tuple(f"case {number}" for number in numbers[:EXAMPLES])
        return [UsersOfKind(label="open cases that await it", count=len(numbers), at_least=False, examples=examples)]

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
            proposal = proposal_of(term) if seen.free and term is not None else None
            if proposal is not None:
                return self._proposed(taken, fresh, proposal, note)
            if state is CaseState.OPEN:
                pause = AGAIN[min(fresh.rounds, len(AGAIN) - 1)]
                due = taken.now + pause if seen.unread else fresh.expires_at
                taken.move(fresh, CaseEvent.UNKNOWN_FOUND, due_at=due, note=note, rounds=fresh.rounds + 1)
            elif state is CaseState.AWAITING_DECISION and seen.users:
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
        for part in store.participants(taken.connection, case):
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
        "unread": list(seen.unread),
    }


def proposal_of(term: ArTerm) -> Proposal | None:
    """What withdrawing a term writes: its status, and nothing else. None where its rule cannot be read."""
    if term.rule is None:
        return None
    source = (FieldSource.INTACCT,)
    fields = (
        ProposedField(label="Name", value=term.name, sources=source),
        ProposedField(label="Status", value="Inactive", sources=(FieldSource.DEFAULT,)),
        ProposedField(label="Due", value=in_words(term.rule), sources=source),
        ProposedField(label="Entity", value=term.entity or "All entities", sources=source),
    )
    return Proposal(
        action=Action.DEACTIVATE,
        name=term.name,
        rule=term.rule,
        fields=fields,
        doubts=("Invoices that bear this term from then on fail to sync until it is active again.",),
        entity=term.entity,
        description=term.description,
    )


def told_users(users: Sequence[UsersOfKind]) -> str:
    """`invoices in Intacct: 2 (INV-1, INV-2)`, one kind after the other."""
    return "; ".join(
        f"{each.label}: {'at least ' if each.at_least else ''}{each.count} ({', '.join(each.examples)})"
        for each in users
    )


def _told(what: str, error: IntacctError) -> str:
    return f"{what} could not be read: {error} {error.advice}".strip()
