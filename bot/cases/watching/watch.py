"""After the term is there: one query a round for all invoices of a company that are awaited, compared as billed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from bot.billing.persons_answer import answered
from bot.billing.source import BilledInvoice, SourceError, TermOrigin
from bot.cases import store
from bot.cases.case import CaseEvent, CaseState
from bot.cases.codec import BOOKED, DIFFERENCES, INVOICE_NOTE
from bot.cases.ports import Clock, Company
from bot.cases.reading import Reader
from bot.cases.step import Stale, Step, step
from bot.cases.view import Arrival, CaseInvoice, CaseKind, InvoiceNote, KeyedByHand
from bot.cases.watching import arrival
from bot.cases.watching.again import lost
from bot.cases.watching.arrival import Awaited, Found, untold
from bot.cases.watching.bearing import not_in_books
from bot.cases.watching.creators import Creators
from bot.intacct.errors import IntacctError
from bot.intacct.invoices import BookedInvoice
from bot.records import jobs
from bot.records.alone import Work, alone
from bot.records.engine import Database
from bot.records.tables import case_invoices, cases
from bot.terms.matching import MatchKind

PAUSES = tuple(timedelta(seconds=s) for s in (5, 5, 10, 15, 30, 60, 120, 300, 600, 1800))
"""Between two looks at Intacct, growing; the last one repeats."""
TERMS_PAUSE = timedelta(minutes=1)
"""Between two looks at the terms, by one process: whether one that is counted on is still there."""
WATCHED = (CaseState.AWAITING_SYNC, CaseState.ARRIVED_DIFFERENT)


def pause(rounds: int) -> timedelta:
    """How long to wait after this many rounds."""
    return PAUSES[min(rounds, len(PAUSES) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watched:
    """A case whose invoices are awaited."""

    case: Any
    invoices: tuple[CaseInvoice, ...]
    failed: Mapping[str, datetime]

    @property
    def wished(self) -> bool:
        """Whether a person asked to look again."""
        return bool((self.case.note or {}).get("look"))

    @property
    def left(self) -> tuple[CaseInvoice, ...]:
        """The invoices to ask for; all of them again where a person asked and not all was as billed."""
        if self.wished and CaseState(self.case.state) is CaseState.ARRIVED_DIFFERENT:
            return self.invoices
        return tuple(invoice for invoice in self.invoices if invoice.arrival is not Arrival.ARRIVED)

    def awaited(self, invoice: CaseInvoice, entity: str) -> Awaited:
        return Awaited(
            billed=invoice.billed,
            term_name=self.case.term_name,
            entity=entity,
            failed_at=self.failed.get(invoice.number, self.case.alerted_at),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """One invoice before and after a round."""

    before: CaseInvoice
    billed: BilledInvoice | None
    found: Found
    by_hand: KeyedByHand | None
    judged: bool = True
    """False where the source could not be read, so that a difference may be one no more."""


class Watcher:
    """Asks Intacct for awaited invoices, for one company; one process at a time."""

    def __init__(self, database: Database, clock: Clock, company: Company, reader: Reader) -> None:
        self._database = database
        self._clock = clock
        self._company = company
        self._reader = reader
        self._creators = Creators(database, company)
        self._terms_at: datetime | None = None

    def watch(self, cause: str) -> int:
        """Where a case is due, looks for all awaited invoices of the company; how many cases were looked at."""
        if not self._due(self._watched()):
            return 0
        with alone(self._database, Work.WATCH, self._company.key) as mine:
            if not mine:
                with step(self._database, self._clock, cause) as taken:
                    taken.nudge(jobs.WATCH, due=taken.now + timedelta(seconds=2), company=self._company.key)
                return 0
            # Read again: whoever held the lock until now may have looked already.
            watched = self._watched()
            if not self._due(watched):
                return 0
            self._round(watched, cause)
            return len(watched)

    def _due(self, watched: Sequence[_Watched]) -> bool:
        now = self._clock.now()
        return any(each.case.due_at <= now for each in watched)

    def _watched(self) -> list[_Watched]:
        with self._database.transaction() as connection:
            rows = connection.execute(
                select(cases)
                .where(
                    cases.c.company == self._company.key,
                    cases.c.kind == CaseKind.FIX.value,
                    cases.c.state.in_([state.value for state in WATCHED]),
                    cases.c.due_at.is_not(None),
                )
                .order_by(cases.c.id)
            ).all()
            return [
                _Watched(
                    case=row,
                    invoices=store.waiting_invoices(connection, row.id),
                    failed=store.first_failures(connection, row.id),
                )
                for row in rows
            ]

    def _round(self, watched: Sequence[_Watched], cause: str) -> None:
        at = self._clock.now()
        numbers = sorted({invoice.number for each in watched for invoice in each.left})
        try:
            booked = self._company.books.invoices(numbers) if numbers else ()
        except IntacctError:
            self._later(watched, at)
            return
        by_number: dict[str, list[BookedInvoice]] = defaultdict(list)
        for record in booked:
            by_number[record.number].append(record)
        billed = self._read_source(self._doubtful(watched, by_number))
        for each in watched:
            looked = [self._look(each, invoice, by_number[invoice.number], billed) for invoice in each.left]
            try:
                self._one(each, looked, self._unnamed(each), at, cause)
            except Stale:
                continue
        self._check_terms(watched, cause)

    def _doubtful(self, watched: Sequence[_Watched], by_number: Mapping[str, list[BookedInvoice]]) -> set[str]:
        """Invoices to read at the source again: those a person asked about, and those that are not as billed."""
        return {
            invoice.number
            for each in watched
            for invoice in each.left
            if each.wished
            or arrival.look(each.awaited(invoice, self._company.entity), by_number.get(invoice.number, ())).differences
        }

    def _read_source(self, numbers: Iterable[str]) -> Mapping[str, tuple[BilledInvoice, ...]] | None:
        """What the source says now; None where it cannot be read."""
        wanted = sorted(numbers)
        if not wanted:
            return {}
        try:
            return self._company.source.find(wanted)
        except SourceError:
            return None

    def _look(
        self,
        each: _Watched,
        invoice: CaseInvoice,
        records: Sequence[BookedInvoice],
        read: Mapping[str, tuple[BilledInvoice, ...]] | None,
    ) -> _Looked:
        now = (read or {}).get(invoice.number, ())
        billed = _told(invoice.billed, now[0]) if len(now) == 1 else invoice.billed
        found = arrival.look(each.awaited(replace(invoice, billed=billed), self._company.entity), records)
        return _Looked(
            before=invoice,
            billed=billed,
            found=found,
            by_hand=self._creators.by_hand(found.records),
            judged=read is not None or not found.differences,
        )

    def _unnamed(self, each: _Watched) -> tuple[BilledInvoice, ...]:
        """For a case whose alerts named no invoice: what waits for its term. None found may be none readable."""
        term = each.case.term_name
        if each.invoices or term is None:
            return ()
        try:
            return not_in_books(self._company, term, each.case.alerted_at.astimezone(self._company.zone).date())
        except (SourceError, IntacctError):
            return ()

    def _one(
        self,
        each: _Watched,
        looked: Sequence[_Looked],
        unnamed: Sequence[BilledInvoice],
        at: datetime,
        cause: str,
    ) -> None:
        with step(self._database, self._clock, cause) as taken:
            fresh = store.hold(taken.connection, each.case.id)
            if fresh.version != each.case.version:
                raise Stale
            for one in looked:
                self._keep(taken, fresh, one)
            if unnamed and (new := store.await_invoices(taken, fresh.id, [(one.number, one) for one in unnamed])):
                content = {"case": fresh.number, "invoices": new, "found_by": "term"}
                taken.record(fresh.company, "joined", content, case_id=fresh.id)
                taken.touch_card(fresh.id)
            after = store.waiting_invoices(taken.connection, fresh.id)
            note = _seen(fresh.note, each.case.note)
            if each.wished:
                store.change(taken, fresh.id, note=note)
            awaited = any(invoice.arrival is Arrival.WAITING for invoice in after)
            if not after:
                # Looked for in the pauses of one round of them; then a new alert or a person has it looked for again.
                self._next(taken, fresh, each, at, awaited=each.wished or fresh.rounds < len(PAUSES))
            elif CaseState(fresh.state) is CaseState.ARRIVED_DIFFERENT:
                self._next(taken, fresh, each, at, awaited=awaited)
            elif awaited or not all(one.judged for one in looked):
                self._next(taken, fresh, each, at, awaited=True)
            elif any(invoice.arrival is Arrival.DIFFERENT for invoice in after):
                taken.move(fresh, CaseEvent.ARRIVED_DIFFERENT, note=note)
            elif store.to_acknowledge(note):
                store.change(taken, fresh.id, due_at=None)
            else:
                self._all_arrived(taken, fresh, note)

    def _keep(self, taken: Step, case: Any, one: _Looked) -> None:
        """Keeps what changed of an invoice; nothing where all is as before."""
        before, found = one.before, one.found
        if one.billed is not None and one.billed != before.billed:
            store.await_invoices(taken, case.id, [(before.number, one.billed)])
            taken.touch_card(case.id)
        if not one.judged:
            return
        note = replace(before.note, earlier=found.earlier, by_hand=one.by_hand)
        if found.arrival is Arrival.ARRIVED:
            note = replace(note, failed=None, failed_early=None)
        if (found.arrival, found.differences, note) == (before.arrival, before.differences, before.note):
            return
        taken.connection.execute(
            update(case_invoices)
            .where(case_invoices.c.case_id == case.id, case_invoices.c.number == before.number)
            .values(
                arrival=found.arrival.value,
                booked=BOOKED.dump_python(found.records, mode="json") if found.records else None,
                differences=DIFFERENCES.dump_python(found.differences, mode="json"),
            )
        )
        if note != before.note:
            store.add_note(taken.connection, case.id, before.number, **INVOICE_NOTE.dump_python(note, mode="json"))
        taken.record(case.company, "arrived", _told_of(case, one, note), case_id=case.id)
        taken.touch_card(case.id)

    def _next(self, taken: Step, case: Any, each: _Watched, at: datetime, *, awaited: bool) -> None:
        """When to look next: after a pause that grows, or not by itself where nothing is awaited any more.

        Counted from the round, so that cases of like age are asked about together ever after.
        """
        due_at = None
        rounds = 0 if each.wished else case.rounds
        if awaited:
            due_at = at + pause(rounds)
            taken.nudge(jobs.WATCH, due=due_at, company=case.company)
        looked_early = each.case.due_at > at
        taken.connection.execute(
            update(cases)
            # A wish that came while Intacct was asked has made the case due anew, and stays.
            .where(cases.c.id == case.id, cases.c.version == case.version, cases.c.due_at == each.case.due_at)
            .values(due_at=due_at, rounds=rounds if looked_early else rounds + 1)
        )

    def _later(self, watched: Sequence[_Watched], at: datetime) -> None:
        with step(self._database, self._clock, "watch") as taken:
            for each in watched:
                self._next(taken, each.case, each, at, awaited=True)

    def _all_arrived(self, taken: Step, case: Any, note: dict[str, Any]) -> None:
        """Closes the case. The time is counted to the making of the last record in Intacct, where it tells that."""
        rows = taken.connection.scalars(select(case_invoices.c.booked).where(case_invoices.c.case_id == case.id)).all()
        made = [BOOKED.validate_python(row)[-1].created_at for row in rows if row]
        known = [moment for moment in made if moment is not None]
        at = max(known) if known and len(known) == len(rows) else taken.now
        # A clock that runs ahead of ours, or a record older than the alert, must not give a time that nobody had.
        at = min(max(at, case.alerted_at), taken.now)
        minutes = int((at - case.alerted_at).total_seconds() // 60)
        content = {"minutes_from_alert": minutes, "in_books_at": at}
        taken.move(case, CaseEvent.ALL_ARRIVED, content=content, note={**note, "in_books_at": at.isoformat()})

    def _check_terms(self, watched: Sequence[_Watched], cause: str) -> None:
        """Whether the terms that are counted on are still there and active: one query, not with every round."""
        now = self._clock.now()
        if not any(each.wished for each in watched) and self._terms_at and now - self._terms_at < TERMS_PAUSE:
            return
        counted_on = [each for each in watched if _counts_on_term(each)]
        if not counted_on:
            return
        try:
            vocabulary = self._reader.vocabulary(fresh=True)
        except IntacctError:
            return
        self._terms_at = now
        for each in counted_on:
            if vocabulary.match(each.case.term_name, nearest=False).kind is not MatchKind.EXACT:
                self._gone(each, cause)

    def _gone(self, each: _Watched, cause: str) -> None:
        case, now = each.case, self._clock.now()
        findings = self._reader.look([invoice.number for invoice in each.invoices], now, fresh=True)
        if findings.vocabulary is None:
            return
        billed = tuple(invoice.billed for invoice in each.invoices if invoice.billed is not None)
        answer = self._reader.answer(
            findings, case.term_name, billed, alerted_at=case.alerted_at, entry=store.entry_of(case)
        )
        match = answer.diagnosis.match
        if match is None or match.kind is MatchKind.EXACT:
            return
        with step(self._database, self._clock, cause) as taken:
            fresh = store.hold(taken.connection, case.id)
            if CaseState(fresh.state) is CaseState.AWAITING_SYNC:
                lost(taken, self._company, fresh, answer)


def _counts_on_term(each: _Watched) -> bool:
    """Whether an invoice waits that bears the case's own term; a corrected one waits for another."""
    name = each.case.term_name
    return (
        CaseState(each.case.state) is CaseState.AWAITING_SYNC
        and name is not None
        and any(
            invoice.arrival is Arrival.WAITING and (invoice.billed is None or invoice.billed.term_name in (None, name))
            for invoice in each.invoices
        )
    )


def _told(kept: BilledInvoice | None, read: BilledInvoice) -> BilledInvoice:
    """What the source says now, under the term that a person told where the case goes by that."""
    if kept is not None and kept.term_origin is TermOrigin.PERSON and kept.term_name is not None:
        return answered(read.number, kept.term_name, read)
    return read


def _told_of(case: Any, one: _Looked, note: InvoiceNote) -> dict[str, Any]:
    """A journal entry of how an invoice stands."""
    found = one.found
    whole: dict[str, Any] = {
        "case": case.number,
        "invoice": one.before.number,
        "arrival": found.arrival.value,
        "as_billed": found.arrival is Arrival.ARRIVED,
        "differences": DIFFERENCES.dump_python(found.differences, mode="json"),
        "records": [record.record_no for record in found.records],
    }
    billed = one.billed or one.before.billed
    if found.records and billed is not None and untold(billed):
        whole["not_compared"] = list(untold(billed))
    seen = INVOICE_NOTE.dump_python(note, mode="json")
    if seen["by_hand"] is not None:
        whole["created_by"] = seen["by_hand"]["created_by"]
        whole["usually_created_by"] = seen["by_hand"]["usual"]
    if seen["earlier"] is not None:
        whole["earlier_record"] = seen["earlier"]["record_no"]
    return whole


def _seen(note: dict[str, Any] | None, seen: dict[str, Any] | None) -> dict[str, Any]:
    """The note without the wish to look again that this round has met; one that came meanwhile stays."""
    note, seen = note or {}, seen or {}
    met = note.get("look") == seen.get("look")
    return {key: value for key, value in note.items() if not (met and key in ("look", "corrected_by"))}
