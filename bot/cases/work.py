"""What is due in a case's present state; safe to run at any time and any number of times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from bot.billing.persons_answer import answered
from bot.billing.source import BilledInvoice, TermOrigin
from bot.cases import store
from bot.cases.case import CaseEvent, CaseState
from bot.cases.folding import merging
from bot.cases.folding.gather import settle
from bot.cases.outbox import Address, card_key, whisper
from bot.cases.ports import Clock, Company
from bot.cases.reading import Answer, Findings, Reader, one_invoice, origin_of, unknown
from bot.cases.step import Stale, Step, step
from bot.cases.view import CaseKind, Unknown
from bot.cases.watching.watch import WATCHED, Watcher
from bot.cases.withdrawing.withdraw import Withdrawal
from bot.cases.writing.carrying import later
from bot.cases.writing.writer import Writer
from bot.records import jobs
from bot.records.alone import Work, alone
from bot.records.engine import Database
from bot.records.inbox import acts_wait
from bot.records.tables import cases, messages
from bot.terms.matching import MatchKind

STEPS_AT_ONCE = 8
"""After so many steps in one job the rest is left to the next nudge."""
CORRECTION_PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60))


class Workshop:
    """Does what is due in the cases of one company."""

    def __init__(
        self, database: Database, clock: Clock, company: Company, reader: Reader, beside: Sequence[Company] = ()
    ) -> None:
        """`beside`: the other companies here whose books are the same."""
        self._database = database
        self._clock = clock
        self._company = company
        self._reader = reader
        self._writer = Writer(database, clock, company, reader, beside)
        self._withdrawal = Withdrawal(database, clock, company, beside)
        self._watcher = Watcher(database, clock, company, reader)

    def work(self, case_id: int, cause: str) -> None:
        """Works on one case until nothing is due in it; one process at a time."""
        with alone(self._database, Work.CASE, case_id) as mine:
            if not mine:
                with step(self._database, self._clock, cause) as taken:
                    taken.nudge(jobs.WORK_CASE, due=taken.now + timedelta(seconds=2), case_id=case_id)
                return
            for _ in range(STEPS_AT_ONCE):
                with self._database.transaction() as connection:
                    case = store.read(connection, case_id)
                try:
                    if not self._step(case, cause):
                        return
                except Stale:
                    continue

    def _step(self, case: Any, cause: str) -> bool:
        state = CaseState(case.state)
        now = self._clock.now()
        if not _due(case, state, now):
            return False
        if state is CaseState.WRITING:
            return self._writer.write(case, cause)
        if state is CaseState.VERIFYING:
            return self._verify(case, cause)
        if state in WATCHED:
            self._watcher.watch(cause)
            return False
        if state in (CaseState.OPEN, CaseState.AWAITING_DECISION, CaseState.AWAITING_CORRECTION):
            return self._waiting(case, state, now, cause)
        return False

    def _waiting(self, case: Any, state: CaseState, now: datetime, cause: str) -> bool:
        looks = bool((case.note or {}).get("look") or (case.note or {}).get("told"))
        if not looks and case.expires_at is not None and case.expires_at <= now:
            with step(self._database, self._clock, cause) as taken:
                if acts_wait(taken.connection, case.id):
                    # It was done in time, perhaps: its own moment decides, and the next tick where it changes nothing.
                    return False
                taken.move(case, CaseEvent.EXPIRED)
            return True
        if case.kind == CaseKind.WITHDRAW:
            return self._withdrawal.look(case, cause) if looks or state is CaseState.OPEN else False
        if state is CaseState.AWAITING_CORRECTION:
            return self._corrected(case, cause)
        if state is CaseState.AWAITING_DECISION and not looks:
            return False
        if state is CaseState.AWAITING_DECISION and self._corrected(case, cause):
            return True
        self.diagnose(case, cause)
        return False

    def _verify(self, case: Any, cause: str) -> bool:
        checked = (case.note or {}).get("trouble") is not None
        if not self._writer.verify(case, cause):
            return False
        with self._database.transaction() as connection:
            after = store.read(connection, case.id)
        if checked and case.kind == CaseKind.WITHDRAW and CaseState(after.state) is CaseState.FAILED:
            self._withdrawal.look(after, cause)
        elif checked and CaseState(after.state) is CaseState.FAILED:
            self._propose_anew(after, cause)
        return True

    def _propose_anew(self, case: Any, cause: str) -> None:
        """A failed case that was checked: what would be written now, where there is something to write."""
        findings, waiting = self._look(case)
        if findings.vocabulary is None or case.term_name is None:
            return
        answer = self._answer(case, case.term_name, findings, waiting)
        if answer.proposal is None:
            return
        with step(self._database, self._clock, cause) as taken:
            expires = taken.now + timedelta(days=self._company.decision_days)
            kept = store.keep_answer(taken, case, answer)
            note = {**(case.note or {}), "trouble": None}
            taken.move(case, CaseEvent.NEW_PROPOSAL, due_at=expires, expires_at=expires, note=note, **kept)

    def _look(self, case: Any) -> tuple[Findings, tuple[BilledInvoice, ...]]:
        with self._database.transaction() as connection:
            waiting = store.waiting_invoices(connection, case.id)
        findings = self._reader.look([i.number for i in waiting], self._clock.now(), fresh=True)
        read = [one_invoice(findings, i.number) for i in waiting]
        billed = tuple(
            fresh if isinstance(fresh, BilledInvoice) else kept.billed
            for fresh, kept in zip(read, waiting, strict=True)
            if isinstance(fresh, BilledInvoice) or kept.billed is not None
        )
        return findings, tuple(invoice for invoice in billed if invoice is not None)

    def _as_told(self, case: Any, name: str, waiting: tuple[BilledInvoice, ...]) -> tuple[BilledInvoice, ...]:
        """The case's invoices with the term that a person told laid over."""
        known = {invoice.number: invoice for invoice in waiting}
        with self._database.transaction() as connection:
            numbers = [invoice.number for invoice in store.waiting_invoices(connection, case.id)]
        return tuple(answered(number, name, known.get(number)) for number in numbers)

    def _answer(self, case: Any, name: str, findings: Findings, waiting: tuple[BilledInvoice, ...]) -> Answer:
        return self._reader.answer(
            findings,
            name,
            tuple(invoice for invoice in waiting if invoice.term_name == name),
            alerted_at=case.alerted_at,
            entry=store.entry_of(case),
        )

    def diagnose(self, case: Any, cause: str) -> None:
        """Looks at both systems again and puts the case where that leads."""
        findings, waiting = self._look(case)
        name, why = self._term_of(case, findings)
        if name is None:
            answer = unknown(findings, why or Unknown.NO_TERM, findings.source_trouble)
        else:
            if (case.note or {}).get("told") is not None:
                waiting = self._as_told(case, name, waiting)
            answer = self._answer(case, name, findings, waiting)
        with step(self._database, self._clock, cause) as taken:
            store.lock_company(taken.connection, self._company.key)
            store.await_invoices(taken, case.id, [(i.number, i) for i in waiting])
            if name is not None and case.term_name is None and self._named(taken, case, name, waiting):
                return
            fresh = store.hold(taken.connection, case.id)
            note = _looked(fresh.note, case.note)
            if name is not None and case.term_name is None:
                told = (case.note or {}).get("told")
                note["origin"] = TermOrigin.PERSON.value if told else origin_of(waiting).value
            settle(taken, fresh, answer, now=taken.now, note=note)
            if CaseState(fresh.state) is CaseState.AWAITING_DECISION and "look" not in note:
                taken.connection.execute(
                    update(cases)
                    .where(cases.c.id == case.id, cases.c.state == "awaiting_decision")
                    .values(due_at=fresh.expires_at)
                )

    def _term_of(self, case: Any, findings: Findings) -> tuple[str | None, Unknown | None]:
        if case.term_name is not None:
            return case.term_name, None
        told = (case.note or {}).get("told")
        if told:
            return told, None
        with self._database.transaction() as connection:
            waiting = store.waiting_invoices(connection, case.id)
        for invoice in waiting:
            found = one_invoice(findings, invoice.number)
            return (found.term_name, None) if isinstance(found, BilledInvoice) else (None, found)
        return None, Unknown.NO_TERM

    def _named(self, taken: Step, case: Any, term: str, waiting: tuple[BilledInvoice, ...]) -> bool:
        """The case's term is known now: it takes the term's key, or joins the case that has it (True)."""
        other = store.open_by_key(taken.connection, self._company.key, store.term_key(self._company.entity, term))
        if other is None:
            merging.name(taken, self._company, case, term)
            return False
        merging.merge(taken, case, other, {invoice.number: invoice for invoice in waiting})
        return True

    def _corrected(self, case: Any, cause: str) -> bool:
        """Whether the source now bears other, matching terms on every waiting invoice; read, never believed."""
        findings, waiting = self._look(case)
        names = {invoice.term_name for invoice in waiting}
        vocabulary = findings.vocabulary
        readable = not findings.source_trouble and vocabulary is not None and bool(waiting)
        changed = readable and case.term_name not in names and None not in names
        good = changed and all(
            vocabulary is not None and vocabulary.match(name).kind is MatchKind.EXACT for name in names if name
        )
        if good:
            with step(self._database, self._clock, cause) as taken:
                store.await_invoices(taken, case.id, [(i.number, i) for i in waiting])
                note = _looked(case.note, case.note)
                note["corrected_to"] = sorted(name for name in names if name)
                taken.move(case, CaseEvent.CORRECTED, due_at=taken.now, note=note, content={"to": note["corrected_to"]})
            return True
        asker = (case.note or {}).get("corrected_by")
        if asker:
            self._say_not_corrected(case, asker, sorted(name or "no term" for name in names), findings, cause)
        if CaseState(case.state) is CaseState.AWAITING_CORRECTION:
            self._forget_look(case)
            pause = CORRECTION_PAUSES[min(case.rounds, len(CORRECTION_PAUSES) - 1)]
            later(self._database, self._clock, case, pause)
        return False

    def _say_not_corrected(self, case: Any, user: str, names: list[str], findings: Findings, cause: str) -> None:
        with step(self._database, self._clock, cause) as taken:
            card = taken.connection.execute(messages.select().where(messages.c.key == card_key(case.id))).one_or_none()
            if card is None:
                return
            whisper(
                taken,
                Address(channel=card.channel, thread_ts=card.thread_ts),
                company=case.company,
                user=user,
                what="not_corrected",
                key=f"not_corrected:{case.id}:{(case.note or {}).get('look')}",
                case_id=case.id,
                names=names,
                trouble=findings.source_trouble or findings.books_trouble,
            )

    def _forget_look(self, case: Any) -> None:
        if not (case.note or {}).get("look"):
            return
        with self._database.transaction() as connection:
            fresh = store.hold(connection, case.id)
            connection.execute(update(cases).where(cases.c.id == case.id).values(note=_looked(fresh.note, case.note)))

    def watch(self, cause: str) -> None:
        """Looks for awaited invoices of all cases that are due."""
        self._watcher.watch(cause)


def _due(case: Any, state: CaseState, now: datetime) -> bool:
    """Whether the state wants work now; what waits for a person also when its time is over."""
    waits = state in (CaseState.OPEN, CaseState.AWAITING_DECISION, CaseState.AWAITING_CORRECTION)
    moments = (case.due_at, case.expires_at if waits else None)
    return any(moment is not None and moment <= now for moment in moments)


def _looked(note: dict[str, Any] | None, seen: dict[str, Any] | None) -> dict[str, Any]:
    """The note without the wish to look again that was seen; one that came meanwhile stays."""
    note, seen = note or {}, seen or {}
    gone = {key for key in ("look", "corrected_by", "told") if note.get(key) == seen.get(key)}
    if note.get("look") != seen.get("look"):
        gone -= {"corrected_by"}
    return {key: value for key, value in note.items() if key not in gone}
