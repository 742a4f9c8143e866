"""BILL as a billing system: invoices by number, payment terms, their use."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import chain
from unicodedata import category
from urllib.parse import quote

from bot.billing.bill_reading import (
    BillCustomer,
    BillInvoice,
    BillTerms,
    billed,
    read_customer,
    read_invoice,
    read_term,
    term_of,
)
from bot.billing.bill_session import BillIdentity, BillSession
from bot.billing.source import (
    MOST_EVIDENCE,
    BilledInvoice,
    BilledList,
    SourceCustomer,
    SourceRefused,
    SourceTerm,
    TermInvoices,
    TermOrigin,
    TermUse,
)
from bot.billing.use import UseTally

INVOICE_PAGE = "https://app02.us.bill.com/Invoice?id="
"""Where a person opens an invoice, before its id. Not documented by BILL: taken from links in the sync's own alerts."""
TERMS_KEPT_S = 1.0
"""Seconds for which terms that were read serve questions asked together."""
LONGEST_NUMBER = 100
MOST_IN_LIST = 100
LONGEST_LIST = 6_000
"""Characters of an encoded list, so that the whole address stays below 8,000."""
MOST_SCANNED_PAGES = 20
UNKNOWN_FILTER = "BDC_1130"

Row = Mapping[str, object]


class BillSource:
    """The source protocol over BILL's API v3 (developer.bill.com). Archived invoices count as not there."""

    def __init__(
        self,
        session: BillSession,
        *,
        invoice_page: str = INVOICE_PAGE,
        currency: str = "",
        terms_kept: float = TERMS_KEPT_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`invoice_page`: the address before an invoice's id. `currency`: of invoices that tell none."""
        self._session = session
        self._page = invoice_page
        self._currency = currency
        self._terms_kept = terms_kept
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._terms: BillTerms | None = None
        self._terms_at = 0.0

    @property
    def label(self) -> str:
        """BILL."""
        return "BILL"

    @property
    def system(self) -> str:
        """BILL."""
        return self.label

    def check(self) -> BillIdentity:
        """Signs in anew and reads the terms, to prove the credentials and the rights. Raises SourceError."""
        identity = self._session.sign_in()
        self._read_terms(fresh=True)
        return identity

    def allow_sign_in(self) -> None:
        """Lets a refused sign-in be tried again, because somebody put it right."""
        self._session.allow_sign_in()

    def find(self, numbers: Sequence[str]) -> Mapping[str, tuple[BilledInvoice, ...]]:
        """For each number the invoices that bear exactly it. Raises SourceError."""
        found: dict[str, dict[str, BillInvoice]] = {number: {} for number in numbers}
        for condition in number_filters(number for number in found if _can_exist(number)):
            for invoice in self._invoices({"filters": condition}):
                if invoice.number in found:
                    found[invoice.number][invoice.id] = invoice
        invoices = [invoice for same in found.values() for invoice in same.values()]
        if not invoices:
            return dict.fromkeys(found, ())
        terms = self._terms_for(invoices)
        sparse = {i.customer_id for i in invoices if i.customer_id and not (i.term_id and i.customer_name)}
        customers = self._customers(sparse)
        return {
            number: tuple(
                self._billed(_with_customer(invoice, customers), *term_of(invoice, terms, customers))
                for invoice in same.values()
            )
            for number, same in found.items()
        }

    def terms(self) -> Sequence[SourceTerm]:
        """The payment terms that have a name. Raises SourceError."""
        return tuple(term for term in self._read_terms().all if term.name)

    def in_use(self, since: date) -> Mapping[str, TermUse]:
        """Term name to its use; invoices that bear no term of their own are not counted. Raises SourceError."""
        terms = self._read_terms()
        tallies: dict[str, UseTally] = {}
        conditions = {"filters": f'invoiceDate:gte:"{since.isoformat()}"', "sort": "invoiceDate:asc"}
        seen: set[str] = set()
        for invoice in self._invoices(conditions):
            name = terms.name(invoice.term_id)
            if name is not None and invoice.id not in seen:
                seen.add(invoice.id)
                tallies.setdefault(name, UseTally()).add(
                    customer=invoice.customer_id,
                    payment=invoice.payment,
                    balance=invoice.balance,
                    currency=invoice.currency or self._currency,
                )
        customers_known = self._add_defaults(tallies, terms)
        return {name: tally.use(customers_known=customers_known) for name, tally in tallies.items()}

    def invoices_with(
        self, term_names: Collection[str], since: date, *, most: int = MOST_EVIDENCE
    ) -> Mapping[str, TermInvoices]:
        """For each name the newest invoices that bear exactly it, in one question. Raises SourceError."""
        terms = self._read_terms()
        ids = {term_id: name for name in term_names if name for term_id in terms.named(name)}
        if not ids:
            return {name: TermInvoices((), whole=True) for name in term_names}
        dated = f'invoiceDate:gte:"{since.isoformat()}"'
        newest = {"sort": "invoiceDate:desc"}
        try:
            listed = f'paymentTermId:in:"{",".join(ids)}",{dated}'
            rows, whole = self._first(ids, {"filters": listed, **newest}, most)
        except SourceRefused as refusal:
            if refusal.code != UNKNOWN_FILTER:
                raise
            # Not every field of an invoice is documented as one that filters take.
            rows, whole = self._first(ids, {"filters": dated, **newest}, most)
        found: dict[str, list[BilledInvoice]] = {name: [] for name in term_names}
        for invoice in rows:
            name = ids[invoice.term_id]
            found[name].append(self._billed(invoice, name, TermOrigin.INVOICE))
        return {name: TermInvoices(tuple(same), whole) for name, same in found.items()}

    def changed(self, since: datetime | None, dated_from: date) -> Iterator[BilledInvoice]:
        """Invoices dated on or after `dated_from` that changed since, a page at a time. Raises SourceError."""
        terms = self._read_terms()
        dated = f'invoiceDate:gte:"{dated_from.isoformat()}"'
        conditions = {"filters": dated, "sort": "invoiceDate:asc"}
        if since is not None:
            moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
            conditions["filters"] = f'{dated},updatedTime:gte:"{moment}"'
        pages = self._session.pages("/v3/invoices", conditions)
        try:
            first = next(iter(pages), ())
        except SourceRefused as refusal:
            if since is None or refusal.code != UNKNOWN_FILTER:
                raise
            # Not every field of an invoice is documented as one that filters take: then all are read.
            yield from self.changed(None, dated_from)
            return
        for page in chain([first], pages):
            for row in page:
                invoice = read_invoice(row)
                if not invoice.archived:
                    yield self._billed(invoice, terms.name(invoice.term_id), TermOrigin.INVOICE)

    def customer_terms(self) -> Sequence[SourceCustomer]:
        """The customers with their default terms, archived ones left out. Raises SourceError."""
        terms = self._read_terms()
        return tuple(
            SourceCustomer(source_id=customer.id, name=customer.name, term_name=terms.name(customer.term_id))
            for page in self._session.pages("/v3/customers", {})
            for customer in map(read_customer, page)
            if not customer.archived
        )

    def _first(
        self, term_ids: Collection[str], conditions: Mapping[str, str], most: int
    ) -> tuple[list[BillInvoice], bool]:
        """The first invoices with one of these terms, from so many pages at most; and whether these are all."""
        pages = max(MOST_SCANNED_PAGES, -(-most // MOST_IN_LIST))
        rows: list[BillInvoice] = []
        for read, page in enumerate(self._session.pages("/v3/invoices", conditions), 1):
            rows += [i for i in map(read_invoice, page) if i.term_id in term_ids and not i.archived]
            if len(rows) >= most or read >= pages:
                return rows[:most], len(page) < MOST_IN_LIST and len(rows) <= most
        return rows, True

    def billed_between(self, first: date, last: date) -> BilledList:
        """The invoices dated from `first` to `last`, archived ones left out. Raises SourceError."""
        condition = f'invoiceDate:gte:"{first.isoformat()}",invoiceDate:lte:"{last.isoformat()}"'
        found: dict[str, BillInvoice] = {}
        requests = 1  # the terms
        for page in self._session.pages("/v3/invoices", {"filters": condition, "sort": "invoiceDate:asc"}):
            requests += 1
            found |= {invoice.id: invoice for invoice in map(read_invoice, page) if not invoice.archived}
        invoices = list(found.values())
        terms = self._terms_for(invoices)
        sparse = {i.customer_id for i in invoices if i.customer_id and not (i.term_id and i.customer_name)}
        customers = self._customers(sparse)
        told = [
            self._billed(_with_customer(invoice, customers), *term_of(invoice, terms, customers))
            for invoice in invoices
        ]
        told.sort(key=lambda invoice: (invoice.invoice_date or first, invoice.number))
        return BilledList(
            invoices=tuple(told),
            query=f"GET /v3/invoices filters={condition}",
            requests=requests + len(tuple(list_filters("id", sparse))),
        )

    def _invoices(self, conditions: Mapping[str, str]) -> Iterator[BillInvoice]:
        for page in self._session.pages("/v3/invoices", conditions):
            for row in page:
                invoice = read_invoice(row)
                if not invoice.archived:
                    yield invoice

    def _billed(self, invoice: BillInvoice, name: str | None, origin: TermOrigin) -> BilledInvoice:
        return billed(invoice, name, origin, page=self._page, currency=self._currency)

    def _terms_for(self, invoices: Iterable[BillInvoice]) -> BillTerms:
        """The terms; read again where an invoice bears one that is newer than those kept."""
        terms = self._read_terms()
        if all(not invoice.term_id or invoice.term_id in terms for invoice in invoices):
            return terms
        return self._read_terms(older_than=terms)

    def _read_terms(self, *, fresh: bool = False, older_than: BillTerms | None = None) -> BillTerms:
        with self._lock:
            kept = self._terms
            if kept is None or fresh or kept is older_than or self._monotonic() - self._terms_at > self._terms_kept:
                path = f"/v3/organizations/{quote(self._session.organization_id, safe='')}/payment-terms"
                kept = BillTerms(read_term(row) for page in self._session.pages(path, {}) for row in page)
                self._terms, self._terms_at = kept, self._monotonic()
            return kept

    def _customers(self, ids: Iterable[str]) -> dict[str, BillCustomer]:
        """Customers by id; none where BILL does not let customers be read."""
        customers: dict[str, BillCustomer] = {}
        try:
            for condition in list_filters("id", sorted(ids)):
                for page in self._session.pages("/v3/customers", {"filters": condition}):
                    customers |= {customer.id: customer for customer in map(read_customer, page)}
        except SourceRefused:
            return {}
        return customers

    def _add_defaults(self, tallies: Mapping[str, UseTally], terms: BillTerms) -> bool:
        """Adds the customers that have a used term as default; False where customers cannot be read."""
        try:
            for page in self._session.pages("/v3/customers", {}):
                for customer in map(read_customer, page):
                    name = terms.name(customer.term_id)
                    if name is not None and name in tallies and not customer.archived:
                        tallies[name].customers.add(customer.id)
        except SourceRefused:
            return False
        return True


def _with_customer(invoice: BillInvoice, customers: Mapping[str, BillCustomer]) -> BillInvoice:
    """The invoice with its customer's name, where only the customer's own record tells it."""
    customer = customers.get(invoice.customer_id)
    return replace(invoice, customer_name=customer.name) if customer and not invoice.customer_name else invoice


def number_filters(numbers: Iterable[str]) -> Iterator[str]:
    """Filters that together ask for all these invoice numbers, as few as BILL's rules allow.

    A number with a comma or a quote cannot stand in a list and is asked for alone.
    """
    listed: list[str] = []
    for number in numbers:
        if any(character in number for character in ',"\\') or number != number.strip():
            yield f'invoiceNumber:eq:"{_quoted(number)}"'
        else:
            listed.append(number)
    yield from list_filters("invoiceNumber", listed)


def list_filters(field: str, values: Iterable[str]) -> Iterator[str]:
    """`field:in:"…"` filters over all values, each short enough for an address."""
    chunk: list[str] = []
    length = 0
    for value in values:
        encoded = len(quote(value, safe="")) + 3
        if chunk and (len(chunk) >= MOST_IN_LIST or length + encoded > LONGEST_LIST):
            yield f'{field}:in:"{",".join(chunk)}"'
            chunk, length = [], 0
        chunk.append(value)
        length += encoded
    if chunk:
        yield f'{field}:in:"{",".join(chunk)}"'


def _quoted(number: str) -> str:
    return number.replace('"', '\\"')


def _can_exist(number: str) -> bool:
    """Whether BILL can keep an invoice of this number: 1 to 100 characters, none of them a control character."""
    return 0 < len(number) <= LONGEST_NUMBER and not any(category(character) in ("Cc", "Cs") for character in number)
