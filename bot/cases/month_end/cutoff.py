"""What is billed in a period and not in Intacct, whatever the reason: read from both systems, with case and owner."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from bot.billing.source import BilledInvoice, BilledList, Money
from bot.cases.case import CaseState
from bot.cases.codec import CHOICE, INVOICE_NOTE
from bot.cases.ports import Clock, Company
from bot.cases.view import Course
from bot.close import Period, month
from bot.intacct.invoices import BookedInvoice
from bot.records.engine import Database
from bot.records.tables import case_invoices, cases, journal

NUMBERS_A_QUERY = 1_000
"""The most invoice numbers that one query of Intacct takes (Sage, queries)."""

Progress = Callable[[str], None]
"""Told where the reading stands, in a sentence."""


class Whereabouts(StrEnum):
    """Where a billed invoice is, if not in the ledger."""

    ABSENT = "absent"
    """Intacct has none of its number, or fewer than were billed."""
    UNPOSTED = "unposted"
    """Intacct has it, as a draft, submitted or reversed."""
    ELSEWHERE = "elsewhere"
    """Intacct has it in another entity than the sync's."""


class Owner(StrEnum):
    """Who has to act next, by where the case stands."""

    NOBODY = "nobody"
    """No case is open about it."""
    APPROVERS = "approvers"
    TELLER = "teller"
    """Whoever can tell the invoice's term."""
    CORRECTOR = "corrector"
    """Who said that the invoice is wrong."""
    SYNC = "sync"
    """Whoever runs the sync."""
    BOT = "bot"
    """The bot itself: a write is under way."""
    ADMIN = "admin"
    """The finance systems admin."""


_OWNERS = {
    CaseState.OPEN: Owner.TELLER,
    CaseState.AWAITING_DECISION: Owner.APPROVERS,
    CaseState.AWAITING_CORRECTION: Owner.CORRECTOR,
    CaseState.WRITING: Owner.BOT,
    CaseState.VERIFYING: Owner.BOT,
    CaseState.UNVERIFIED: Owner.APPROVERS,
    CaseState.FAILED: Owner.APPROVERS,
    CaseState.AWAITING_SYNC: Owner.SYNC,
    CaseState.ARRIVED_DIFFERENT: Owner.APPROVERS,
    CaseState.CAUSE_UNKNOWN: Owner.ADMIN,
}
"""Every other state has ended: nobody acts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOfInvoice:
    """The case about an invoice: the open one, else the newest that ended."""

    number: int
    state: CaseState
    owner: Owner
    person: str = ""
    """The user id of a CORRECTOR, where known."""
    choice: Course | None = None
    """What was chosen for the invoice, where its period is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """One invoice that is billed and not in the ledger."""

    billed: BilledInvoice
    whereabouts: Whereabouts
    books_state: str = ""
    """In Intacct's words, or the entity that has it."""
    case: CaseOfInvoice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A count and a total of one currency; credits are not netted against it."""

    currency: str
    invoices: int
    amount: Decimal
    credits: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff:
    """The whole list of one period, as of one moment."""

    company: str
    entity: str
    """That the sync signs in to; empty: the top level. A billing system tells no entity of its own."""
    period: Period
    closes_at: datetime | None
    """The cut-off moment of the close calendar, where it names the period."""
    as_of: datetime
    source_label: str
    billed: tuple[Sum, ...]
    missing: tuple[Missing, ...]
    sums: tuple[Sum, ...]
    """Of what is missing."""
    undated: int
    """Invoices at the source without a date: they may or may not belong here."""
    queries: tuple[str, ...]
    """What both systems were asked."""
    source_requests: int
    books_queries: int
    reader: str
    """The user as whom Intacct was read."""


CUT_OFF = TypeAdapter(CutOff)


def period_of(company: Company, name: str | None, now: datetime) -> Period | None:
    """The period of a name, by the close calendar or as a calendar month; without a name the nearest of the calendar.

    None where no name is given and no calendar says which period is next. Raises NoPeriod.
    """
    calendar = company.periods.calendar
    if name is None:
        nearest = calendar.nearest(now)
        return nearest.period if nearest is not None else None
    known = calendar.named(name)
    return known.period if known is not None else month(name)


class Listing:
    """Makes the lists of one company."""

    def __init__(self, database: Database, clock: Clock, company: Company) -> None:
        self._database = database
        self._clock = clock
        self._company = company

    def make(self, period: Period, progress: Progress) -> CutOff:
        """Reads both systems. Raises SourceError and IntacctError; `progress` is told what is being read."""
        company, as_of = self._company, self._clock.now()
        progress(f"Reading what {company.source.label} billed.")
        billed = company.source.billed_between(period.first, period.last)
        numbers = list(dict.fromkeys(invoice.number for invoice in billed.invoices))
        booked: list[BookedInvoice] = []
        for start in range(0, len(numbers), NUMBERS_A_QUERY):
            progress(f"Looking for {len(numbers):,} invoices in Intacct; {start:,} are done.")
            booked += company.books.invoices(numbers[start : start + NUMBERS_A_QUERY])
        missing = not_in_ledger(billed.invoices, booked, company.entity)
        closing = company.periods.calendar.named(period.name)
        closed = closing is not None and closing.cut_off <= as_of
        with self._database.transaction() as connection:
            numbers_missing = {each.billed.number for each in missing}
            known = _cases(connection, company.key, numbers_missing, period, closed=closed)
        return CutOff(
            company=company.key,
            entity=company.entity,
            period=period,
            closes_at=closing.cut_off if closing is not None else None,
            as_of=as_of,
            source_label=company.source.label,
            billed=sums(billed.invoices),
            missing=tuple(_with_case(each, known.get(each.billed.number)) for each in missing),
            sums=sums(each.billed for each in missing),
            undated=billed.undated,
            queries=_queries(billed, numbers),
            source_requests=billed.requests,
            books_queries=-(-len(numbers) // NUMBERS_A_QUERY),
            reader=company.books.reader,
        )


def _queries(billed: BilledList, numbers: Sequence[str]) -> tuple[str, ...]:
    asked = f"Intacct: query ARINVOICE where RECORDID in ({len(numbers):,} numbers of that list)"
    return (billed.query, asked) if numbers else (billed.query,)


def not_in_ledger(billed: Iterable[BilledInvoice], booked: Iterable[BookedInvoice], entity: str) -> tuple[Missing, ...]:
    """The billed invoices that no posted one of the same number stands for, in their order.

    Where several bear one number, each posted one stands for one of them, the same amount first.
    """
    by_number: dict[str, list[BookedInvoice]] = defaultdict(list)
    for each in booked:
        by_number[each.number].append(each)
    same: dict[str, list[BilledInvoice]] = defaultdict(list)
    invoices = list(billed)
    for invoice in invoices:
        same[invoice.number].append(invoice)
    left = {id(i): other for number, group in same.items() for i, other in _unpaired(group, by_number[number], entity)}
    return tuple(_missing(invoice, left[id(invoice)], entity) for invoice in invoices if id(invoice) in left)


def _unpaired(
    group: Sequence[BilledInvoice], booked: Sequence[BookedInvoice], entity: str
) -> list[tuple[BilledInvoice, BookedInvoice | None]]:
    """The billed invoices of one number that nothing posted stands for, each with what else there is of it."""
    here = [each for each in booked if each.posted and each.is_of(entity)]
    others = [each for each in booked if each not in here]
    waiting = list(group)
    for posted in here:
        fits = next((i for i in waiting if i.amount == posted.total), waiting[0] if waiting else None)
        if fits is not None:
            waiting = [i for i in waiting if i is not fits]
    return [(invoice, others[place] if place < len(others) else None) for place, invoice in enumerate(waiting)]


def _missing(invoice: BilledInvoice, other: BookedInvoice | None, entity: str) -> Missing:
    if other is None:
        return Missing(billed=invoice, whereabouts=Whereabouts.ABSENT)
    if not other.is_of(entity):
        return Missing(billed=invoice, whereabouts=Whereabouts.ELSEWHERE, books_state=other.entity or "")
    return Missing(billed=invoice, whereabouts=Whereabouts.UNPOSTED, books_state=other.state)


def sums(invoices: Iterable[BilledInvoice]) -> tuple[Sum, ...]:
    """One a currency, the largest total first; an amount that is not told counts as an invoice and adds nothing."""
    counts: dict[str, int] = defaultdict(int)
    charged: dict[str, Decimal] = defaultdict(Decimal)
    credited: dict[str, Decimal] = defaultdict(Decimal)
    for invoice in invoices:
        counts[invoice.currency] += 1
        amount = invoice.amount if invoice.amount is not None and invoice.amount.is_finite() else Decimal(0)
        (credited if amount < 0 else charged)[invoice.currency] += amount
    found = [
        Sum(currency=currency, invoices=count, amount=charged[currency], credits=credited[currency])
        for currency, count in counts.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.amount, each.currency)))


def money(total: Iterable[Sum]) -> tuple[Money, ...]:
    """Charges and credits as amounts, for a sentence."""
    parts = [(each.amount, each.currency) for each in total] + [(each.credits, each.currency) for each in total]
    return tuple(Money(amount=amount, currency=currency) for amount, currency in parts if amount)


def _with_case(missing: Missing, case: CaseOfInvoice | None) -> Missing:
    return Missing(billed=missing.billed, whereabouts=missing.whereabouts, books_state=missing.books_state, case=case)


def _cases(
    connection: Connection, company: str, numbers: set[str], period: Period, *, closed: bool
) -> dict[str, CaseOfInvoice]:
    """By invoice number its case: the open one, else the newest that ended."""
    rows = connection.execute(
        select(
            case_invoices.c.number,
            case_invoices.c.choice,
            case_invoices.c.note,
            cases.c.id,
            cases.c.number.label("case_number"),
            cases.c.state,
        )
        .join(cases, cases.c.id == case_invoices.c.case_id)
        .where(cases.c.company == company, case_invoices.c.number.in_(numbers), cases.c.state != "merged")
        .order_by(cases.c.id)
    ).all()
    chosen: dict[str, Any] = {}
    for row in rows:
        before = chosen.get(row.number)
        if before is None or CaseState(before.state).final or not CaseState(row.state).final:
            chosen[row.number] = row
    correctors = _correctors(
        connection, company, {row.id for row in chosen.values() if row.state == CaseState.AWAITING_CORRECTION}
    )
    courses = {number: _course(row.choice, period) for number, row in chosen.items()}
    return {
        number: CaseOfInvoice(
            number=row.case_number,
            state=CaseState(row.state),
            owner=_owner(CaseState(row.state), chosen=courses[number] is not None, closed=closed or _refused(row.note)),
            person=correctors.get(row.id, ""),
            choice=courses[number],
        )
        for number, row in chosen.items()
    }


def _course(kept: Any, period: Period) -> Course | None:
    """What was chosen for an invoice of the period; a choice for another says nothing of it."""
    choice = CHOICE.validate_python(kept) if kept is not None else None
    return choice.course if choice is not None and choice.period == period.name else None


def _refused(note: Any) -> bool:
    """Whether Intacct said of an invoice that its period is closed."""
    failed = INVOICE_NOTE.validate_python(note or {}).failed
    return failed is not None and failed.closed_on is not None


def _owner(state: CaseState, *, chosen: bool, closed: bool) -> Owner:
    """Who acts next; what waits for a sync into a closed period waits for an approver's choice before."""
    owner = _OWNERS.get(state, Owner.NOBODY)
    return Owner.APPROVERS if owner is Owner.SYNC and closed and not chosen else owner


def _correctors(connection: Connection, company: str, case_ids: set[int]) -> dict[int, str]:
    """Who said of a case that its invoice is wrong."""
    rows = connection.execute(
        select(journal.c.case_id, journal.c.actor)
        .where(
            journal.c.company == company,
            journal.c.case_id.in_(case_ids),
            journal.c.kind == "state",
            journal.c.content.contains('"event":"invoice_wrong"'),
        )
        .order_by(journal.c.seq)
    ).all()
    return {row.case_id: row.actor for row in rows}
