"""What uses an AR term, in Intacct, at the source and in the cases here: asked before the term is made inactive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select

from bot.billing.source import BilledInvoice, PaymentState, Source, SourceError, SourceUnsupported
from bot.cases import store
from bot.cases.case import FINAL_STATES
from bot.cases.ports import Company
from bot.cases.view import CaseKind, UsersOfKind
from bot.cases.withdrawing.holders import OTHER_RECORDS, YEAR, in_books
from bot.intacct.errors import IntacctError
from bot.intacct.users import Bearers
from bot.records.engine import Database
from bot.records.tables import cases
from bot.terms.standard import Holder
from bot.terms.term import ArTerm

SINCE = timedelta(days=3 * 365)
"""How far back the source's invoices are looked at."""
EXAMPLES = 5
ELSEWHERE = "another company that shares these books"
"""What a company is called where it must not be named."""


@dataclass(slots=True)
class Use:
    """What was found of a term's use, and what could not be read."""

    users: list[UsersOfKind] = field(default_factory=list)
    looked_for: list[str] = field(default_factory=list)
    """Each kind of user that could be looked for, in words."""
    unread: list[str] = field(default_factory=list)
    """Sentences: what could not be read, and so stands in the way."""
    not_told: list[str] = field(default_factory=list)
    """Kinds of user that this company's Intacct does not tell, which do not stand in the way of a term made here."""
    elsewhere: bool = False
    """Whether another company that shares these books uses it."""

    def found(self, label: str, count: int, *, at_least: bool = False, examples: Sequence[str] = ()) -> None:
        """Notes what was looked for, and who was found."""
        self.looked_for.append(label)
        if count:
            self.users.append(UsersOfKind(label=label, count=count, at_least=at_least, examples=tuple(examples)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """One look at a term's use, in one company and those that share its books."""

    database: Database
    company: Company
    beside: Sequence[Company]
    """The other companies here whose books are the same."""
    name: str
    ours: bool
    """Whether a decision here made the term: then no invoice at all may bear it. A term that Intacct already had may have
    paid invoices of years ago, and everything else that can be told has to be read."""
    now: datetime

    def look(self, term: ArTerm | None) -> Use:
        """Asks all of them. Never raises for a service. `term`: as it is in Intacct just now."""
        use = Use()
        self._invoices_in_books(use)
        self._bearers(use, "customers in Intacct whose default it is", self.company.books.customers_bearing)
        self._other_records(use)
        if not self.ours and self.company.entity and (term is None or term.entity is None):
            use.unread.append(
                "What other entities' records name cannot be seen from this entity, and the term is theirs too."
            )
        self._invoices_at_source(use)
        self._customers_at_source(use)
        numbers = _open_cases(self.database, self.company, self.name)
        examples = [f"case {number}" for number in numbers[:EXAMPLES]]
        use.found("open cases that await it", len(numbers), examples=examples)
        self._others(use, term)
        return use

    def _invoices_in_books(self, use: Use) -> None:
        if self.ours:
            self._bearers(use, "invoices in Intacct", self.company.books.invoices_bearing)
            return
        wanted = {
            Holder.INVOICES: "invoices of the last year in Intacct",
            Holder.OPEN_INVOICES: "open invoices in Intacct",
        }
        held = in_books(self.company, self.now, wanted)
        for holder, label in wanted.items():
            if holder in held.unread:
                use.unread.append(f"{_upper(label)} could not be read.")
            else:
                use.found(label, held.by_term.get(self.name, {}).get(holder, 0))

    def _bearers(self, use: Use, label: str, bearing: Callable[[str], Bearers]) -> None:
        try:
            found = bearing(self.name)
        except IntacctError as error:
            use.unread.append(told_unread(_upper(label), error))
            return
        use.found(label, found.count, at_least=found.at_least, examples=found.examples)

    def _other_records(self, use: Use) -> None:
        held = in_books(self.company, self.now, OTHER_RECORDS)
        for holder in OTHER_RECORDS:
            label = f"{holder.value} in Intacct"
            if holder not in held.unread:
                use.found(label, held.by_term.get(self.name, {}).get(holder, 0))
            elif self.ours:
                use.not_told.append(label)
            else:
                use.unread.append(f"{_upper(label)} could not be read.")

    def _invoices_at_source(self, use: Use) -> None:
        source = self.company.source
        kind = "not paid, or not in Intacct" if self.ours else "of the last year, not paid, or not in Intacct"
        label = f"invoices at {source.label} that are {kind}"
        try:
            bearing, whole = self._bearing_at(self.company)
        except (SourceError, IntacctError) as error:
            use.unread.append(f"Invoices at {source.label} could not be read: {error}")
            return
        if not bearing and not whole:
            use.unread.append(f"{source.label} did not tell all invoices with this term.")
            return
        examples = [invoice.number for invoice in bearing[:EXAMPLES]]
        use.found(label, len(bearing), at_least=not whole, examples=examples)

    def _bearing_at(self, company: Company) -> tuple[list[BilledInvoice], bool]:
        """The invoices at a company's source that speak for the term's use; whether all were told."""
        found = company.source.invoices_with([self.name], (self.now - SINCE).date()).get(self.name)
        if found is None:
            return [], True
        year_ago = (self.now - YEAR).date()
        settled = [
            invoice.number
            for invoice in found.invoices
            if invoice.payment is PaymentState.PAID and (self.ours or _before(invoice, year_ago))
        ]
        # A paid invoice that never reached the books is still to be synced, and fails without its term.
        booked = company.books.invoices(settled) if settled else ()
        there = {record.number for record in booked if record.entity in (None, company.entity)}
        gone = there.intersection(settled)
        return [invoice for invoice in found.invoices if invoice.number not in gone], found.whole

    def _customers_at_source(self, use: Use) -> None:
        source = self.company.source
        label = f"customers at {source.label} whose default it is"
        try:
            bearing = _customers(source, self.name)
        except SourceError as error:
            use.unread.append(f"{_upper(label)} could not be read: {error}")
            return
        if bearing is not None:
            use.found(label, len(bearing), examples=bearing[:EXAMPLES])

    def _others(self, use: Use, term: ArTerm | None) -> None:
        """The other companies on these books: that one uses the term is told, which one and by what is not."""
        concerned = [
            other for other in self.beside if term is None or term.entity is None or other.entity in ("", term.entity)
        ]
        if not concerned:
            return
        try:
            use.elsewhere = any(self._used_by(other) for other in concerned)
        except (SourceError, IntacctError):
            use.unread.append(f"What {ELSEWHERE} bills could not be read.")
            return
        if not use.elsewhere:
            use.looked_for.append("other companies here that share these books")

    def _used_by(self, other: Company) -> bool:
        if _open_cases(self.database, other, self.name):
            return True
        bearing, whole = self._bearing_at(other)
        return bool(bearing or not whole or _customers(other.source, self.name))


def _customers(source: Source, name: str) -> list[str] | None:
    """The customers at a source whose default it is; None where the source keeps no customers. Raises SourceError."""
    try:
        return [customer.name for customer in source.customer_terms() if customer.term_name == name]
    except SourceUnsupported:
        return None


def _open_cases(database: Database, company: Company, name: str) -> list[int]:
    """The numbers of a company's cases that want the term to be there."""
    final = [state.value for state in FINAL_STATES]
    with database.transaction() as connection:
        return list(
            connection.scalars(
                select(cases.c.number)
                .where(
                    cases.c.company == company.key,
                    cases.c.kind != CaseKind.WITHDRAW.value,
                    cases.c.state.not_in(final),
                    or_(cases.c.term_name == name, cases.c.key == store.term_key(company.entity, name)),
                )
                .order_by(cases.c.number)
            )
        )


def _before(invoice: BilledInvoice, day: date) -> bool:
    return invoice.invoice_date is not None and invoice.invoice_date < day


def told_unread(what: str, error: IntacctError) -> str:
    """That something in Intacct could not be read, why, and what to do."""
    return f"{what} could not be read: {error} {error.advice}".strip()


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]
