"""Looking into what was taken in: one look at both systems for all failures that wait, then cases by term."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update

from bot.billing.source import BilledInvoice, TermOrigin
from bot.cases import store
from bot.cases.case import CaseEvent, CaseState
from bot.cases.outbox import Address, card_key, say, whisper
from bot.cases.policy import Part
from bot.cases.ports import Clock, Company, Person
from bot.cases.reading import Answer, Findings, Reader, one_invoice, origin_of, unknown
from bot.cases.step import Stale, Step, step
from bot.cases.view import Unknown
from bot.records.engine import Database
from bot.records.tables import alerts, failures, messages
from bot.terms.matching import MatchKind

BATCH = 1_000
LEASE = timedelta(seconds=60)
"""After this long, a look that did not end (its process died) is taken up again."""
RETRY = (timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
"""Pauses after which an unknown case is looked at again by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """One failure that waits to be looked into, with where it came from."""

    failure_id: int
    alert_id: int
    invoice: str | None
    term: str | None
    channel: str
    ts: str
    thread_ts: str | None
    posted_at: datetime
    asked_by: Person | None


@dataclass(slots=True)
class _Group:
    """Failures that make one case."""

    term: str | None
    unknown: Unknown | None
    pending: list[Pending] = field(default_factory=list)
    invoices: dict[str, BilledInvoice | None] = field(default_factory=dict)

    @property
    def billed(self) -> tuple[BilledInvoice, ...]:
        return tuple(invoice for invoice in self.invoices.values() if invoice is not None)


class Gatherer:
    """Turns failures into cases for one company."""

    def __init__(self, database: Database, clock: Clock, company: Company, reader: Reader) -> None:
        self._database = database
        self._clock = clock
        self._company = company
        self._reader = reader

    def gather(self, cause: str) -> int:
        """Looks into all failures that wait, together; how many there were."""
        pending = self._claim()
        if not pending:
            return 0
        now = self._clock.now()
        findings = self._reader.look({p.invoice for p in pending if p.invoice}, now)
        for group in _groups(pending, findings):
            answer = self._answer(findings, group)
            self._keep(group, answer, cause)
        return len(pending)

    def _claim(self) -> list[Pending]:
        due = or_(failures.c.state == "waiting", failures.c.state == "gathered")
        with self._database.transaction() as connection:
            ids = connection.scalars(
                select(failures.c.id)
                .where(failures.c.company == self._company.key, due, failures.c.due_at <= func.now())
                .order_by(failures.c.id)
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            ).all()
            connection.execute(
                update(failures)
                .where(failures.c.id.in_(ids))
                .values(state="gathered", attempts=failures.c.attempts + 1, due_at=func.now() + LEASE)
            )
            rows = connection.execute(
                select(failures.c.id.label("failure_id"), failures.c.invoice, failures.c.term, alerts)
                .join(alerts, alerts.c.id == failures.c.alert_id)
                .where(failures.c.id.in_(ids))
                .order_by(failures.c.id)
            ).all()
        return [_pending(row) for row in rows]

    def _answer(self, findings: Findings, group: _Group) -> Answer:
        if group.term is None:
            return unknown(findings, group.unknown or Unknown.NO_TERM, findings.source_trouble)
        alerted = min(p.posted_at for p in group.pending)
        return self._reader.answer(findings, group.term, group.billed, alerted_at=alerted)

    def _keep(self, group: _Group, answer: Answer, cause: str) -> None:
        for attempt in range(5):
            try:
                with step(self._database, self._clock, cause) as taken:
                    self._keep_in(taken, group, answer)
            except Stale:
                if attempt == 4:
                    raise
            else:
                return

    def _keep_in(self, taken: Step, group: _Group, answer: Answer) -> None:
        store.lock_company(taken.connection, self._company.key)
        still = set(
            taken.connection.scalars(
                select(failures.c.id).where(
                    failures.c.id.in_([p.failure_id for p in group.pending]), failures.c.state == "gathered"
                )
            )
        )
        pending = [p for p in group.pending if p.failure_id in still]
        if not pending:
            return
        case, opened = self._case_for(taken, group, pending)
        new = store.await_invoices(taken, case.id, list(group.invoices.items()))
        taken.connection.execute(
            update(failures)
            .where(failures.c.id.in_([p.failure_id for p in pending]))
            .values(state="joined", case_id=case.id)
        )
        for asker in {p.asked_by for p in pending if p.asked_by}:
            store.take_part(taken, case.id, asker, Part.ASKED)
        if opened:
            self._diagnosed(taken, case, answer)
            self._first_card(taken, case, pending)
        else:
            self._joined(taken, case, answer, pending, new)
        self._mention(taken, case, pending)

    def _case_for(self, taken: Step, group: _Group, pending: Sequence[Pending]) -> tuple[Any, bool]:
        company = self._company
        if group.term is None:
            number = next(iter(group.invoices))
            existing = store.open_with_invoice(taken.connection, company.key, number)
            key, origin = store.invoice_key(number), TermOrigin.NONE
        else:
            key = store.term_key(company.entity, group.term)
            existing = store.open_by_key(taken.connection, company.key, key)
            origin = origin_of(group.billed)
        if existing is not None:
            return existing, False
        alerted = min(p.posted_at for p in pending)
        case = store.open_case(taken, company, key, term_name=group.term, alerted_at=alerted, origin=origin)
        return case, True

    def _diagnosed(self, taken: Step, case: Any, answer: Answer) -> None:
        settle(taken, case, answer, now=taken.now)

    def _joined(self, taken: Step, case: Any, answer: Answer, pending: Sequence[Pending], new: Sequence[str]) -> None:
        """A later alert about a case that is open already."""
        state = CaseState(case.state)
        again = [p for p in pending if p.asked_by is None and p.posted_at > case.state_since]
        if new:
            taken.record(case.company, "joined", {"case": case.number, "invoices": list(new)}, case_id=case.id)
        if state is CaseState.AWAITING_SYNC and again and _exact(answer):
            taken.move(
                case,
                CaseEvent.FAILED_AGAIN,
                content={"invoices": sorted({p.invoice for p in again if p.invoice})},
                **store.keep_answer(taken, case, answer),
            )
            return
        if state is CaseState.AWAITING_SYNC and again and answer.proposal is not None:
            taken.move(
                case,
                CaseEvent.TERM_GONE,
                **store.keep_answer(taken, case, answer),
                expires_at=taken.now + timedelta(days=self._company.decision_days),
            )
            return
        undecided = state in (CaseState.OPEN, CaseState.AWAITING_DECISION)
        if undecided and answer.diagnosis.match is not None and (case.note or {}).get("rule") is None:
            settle(taken, case, answer, now=taken.now)
            return
        taken.touch_card(case.id)

    def _first_card(self, taken: Step, case: Any, pending: Sequence[Pending]) -> None:
        first = pending[0]
        address = (
            Address(channel=first.channel, thread_ts=first.thread_ts or first.ts)
            if first.asked_by is None
            else Address(channel=self._company.alert_channels[0])
        )
        say(taken, card_key(case.id), "card", address, company=case.company, case_id=case.id)

    def _mention(self, taken: Step, case: Any, pending: Sequence[Pending]) -> None:
        """One line in the thread of each alert whose thread does not hold the card."""
        card = taken.connection.execute(select(messages).where(messages.c.key == card_key(case.id))).one()
        for p in {p.alert_id: p for p in pending}.values():
            if p.asked_by is not None:
                whisper(
                    taken,
                    Address(channel=p.channel),
                    company=case.company,
                    user=p.asked_by.user_id,
                    what="asked",
                    key=f"asked:{p.alert_id}:{case.id}",
                    case_id=case.id,
                )
                continue
            thread = p.thread_ts or p.ts
            if (card.channel, card.thread_ts) == (p.channel, thread):
                continue
            say(
                taken,
                f"reply:{p.alert_id}:{case.id}",
                "reply",
                Address(channel=p.channel, thread_ts=thread),
                company=case.company,
                case_id=case.id,
                body={"invoices": sorted({q.invoice for q in pending if q.alert_id == p.alert_id and q.invoice})},
            )


def settle(taken: Step, case: Any, answer: Answer, *, now: datetime, **columns: Any) -> None:
    """Moves an open case, or one that awaits a decision, to where a fresh diagnosis puts it."""
    kept = store.keep_answer(taken, case, answer, **columns)
    state = CaseState(case.state)
    if answer.proposal is not None:
        if state is CaseState.AWAITING_DECISION:
            if kept["proposal_digest"] == case.proposal_digest:
                store.change(taken, case.id, **kept)
                return
            taken.move(case, CaseEvent.NEW_PROPOSAL, due_at=case.expires_at, **kept)
            return
        taken.move(case, CaseEvent.WRITE_PROPOSED, due_at=case.expires_at, **kept)
        return
    if answer.diagnosis.unknown is None and _exact(answer):
        event = CaseEvent.APPEARED if state is CaseState.AWAITING_DECISION else CaseEvent.NOTHING_TO_WRITE
        note = {**(case.note or {}), "appeared": state is CaseState.AWAITING_DECISION}
        match = answer.diagnosis.match
        if match and match.term:
            note["record_no"] = match.term.record_no
        taken.move(case, event, due_at=now, note=kept.pop("note", {}) | note, **kept)
        return
    if state is CaseState.OPEN:
        pause = RETRY[min(case.rounds, len(RETRY) - 1)]
        due = (
            now + pause if answer.diagnosis.unknown in (Unknown.SOURCE_DOWN, Unknown.INTACCT_DOWN) else case.expires_at
        )
        taken.move(case, CaseEvent.UNKNOWN_FOUND, due_at=due, rounds=case.rounds + 1, **kept)
        return
    store.change(taken, case.id, diagnosis=kept["diagnosis"])


def _exact(answer: Answer) -> bool:
    return answer.diagnosis.match is not None and answer.diagnosis.match.kind is MatchKind.EXACT


def _pending(row: Any) -> Pending:
    asked: Mapping[str, str] | None = (row.raw or {}).get("asked_by")
    return Pending(
        failure_id=row.failure_id,
        alert_id=row.id,
        invoice=row.invoice,
        term=row.term,
        channel=row.channel,
        ts=row.ts,
        thread_ts=row.thread_ts,
        posted_at=row.posted_at,
        asked_by=Person(team=asked["team"], user_id=asked["user"]) if asked else None,
    )


def _groups(pending: Sequence[Pending], findings: Findings) -> list[_Group]:
    """Failures by the term they are about; a failure whose term cannot be told stands alone, by its number."""
    groups: dict[tuple[str, str], _Group] = {}
    for p in pending:
        found = one_invoice(findings, p.invoice) if p.invoice is not None else None
        billed = found if isinstance(found, BilledInvoice) else None
        name = p.term if p.term is not None else billed.term_name if billed else None
        if name is not None:
            group = groups.setdefault(("term", name), _Group(name, None))
        else:
            why = found if isinstance(found, Unknown) else Unknown.NO_TERM
            group = groups.setdefault(("invoice", p.invoice or ""), _Group(None, why))
        if p.invoice is not None:
            group.invoices[p.invoice] = billed
        group.pending.append(p)
    return list(groups.values())
