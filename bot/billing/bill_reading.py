"""BILL's records as values: what may be missing is tolerated, names are kept as they are, money is Decimal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from bot.billing.source import BilledInvoice, PaymentState, SourceTerm, TermOrigin

LARGEST_EXPONENT = 18
"""Of an amount: a number with more digits before the point is no money."""

_STATES = {
    "OPEN": PaymentState.OPEN,
    "SCHEDULED": PaymentState.OPEN,
    "PARTIAL_PAYMENT": PaymentState.PARTLY_PAID,
    "PAID_IN_FULL": PaymentState.PAID,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BillInvoice:
    """An invoice of `GET /v3/invoices`."""

    id: str
    number: str
    customer_id: str
    customer_name: str
    term_id: str
    """`paymentTermId`; empty where the invoice bears none."""
    invoice_date: date | None
    due_date: date | None
    amount: Decimal | None
    balance: Decimal | None
    currency: str
    payment: PaymentState
    archived: bool
    updated_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BillCustomer:
    """A customer of `GET /v3/customers`."""

    id: str
    name: str
    term_id: str
    """The default term's id; empty where there is none."""
    archived: bool


class BillTerms:
    """An organization's payment terms, by id and by days."""

    def __init__(self, terms: Iterable[SourceTerm]) -> None:
        self.all = tuple(terms)
        self._by_id = {term.source_id: term for term in self.all}

    def __contains__(self, term_id: str) -> bool:
        return term_id in self._by_id

    def name(self, term_id: str) -> str | None:
        """The name of a term, None where it has none or is not known."""
        term = self._by_id.get(term_id)
        return (term.name or None) if term else None

    def named(self, name: str) -> tuple[str, ...]:
        """The ids of the terms of exactly this name."""
        return tuple(term.source_id for term in self.all if term.name == name)

    def of_days(self, days: int) -> str | None:
        """The name of the one term with these days; None where none or several have them."""
        names = [term.name for term in self.all if term.days == days]
        return names[0] or None if len(names) == 1 else None


def read_invoice(row: Mapping[str, object]) -> BillInvoice:
    """One record of the invoice list."""
    customer = row.get("customer")
    nested = customer if isinstance(customer, Mapping) else {}
    return BillInvoice(
        id=_text(row, "id"),
        number=_text(row, "invoiceNumber"),
        customer_id=_text(row, "customerId") or _text(nested, "id"),
        customer_name=_text(nested, "name") or _text(row, "customerName"),
        term_id=_text(row, "paymentTermId"),
        invoice_date=_day(row.get("invoiceDate")),
        due_date=_day(row.get("dueDate")),
        amount=_money(row.get("totalAmount")),
        balance=_money(row.get("dueAmount")),
        currency=_text(row, "invoiceCurrency") or _text(row, "currency"),
        payment=_STATES.get(_text(row, "status"), PaymentState.UNKNOWN),
        archived=row.get("archived") is True,
        updated_at=_moment(row.get("updatedTime")),
    )


def read_term(row: Mapping[str, object]) -> SourceTerm:
    """One record of the payment-term list; a term without a name has an empty one."""
    days = row.get("daysDue")
    return SourceTerm(
        source_id=_text(row, "id"),
        name=_text(row, "name"),
        days=days if isinstance(days, int) and not isinstance(days, bool) else None,
    )


def term_of(
    invoice: BillInvoice, terms: BillTerms, customers: Mapping[str, BillCustomer]
) -> tuple[str | None, TermOrigin]:
    """The invoice's term and how it is known; `customers`: those known, by id.

    Without a term of its own, an invoice's is inferred: the customer's default, else the one term whose days equal
    the days between the invoice's dates.
    """
    if invoice.term_id:
        name = terms.name(invoice.term_id)
        return (name, TermOrigin.INVOICE) if name else (None, TermOrigin.NONE)
    customer = customers.get(invoice.customer_id)
    default = terms.name(customer.term_id) if customer else None
    if default:
        return default, TermOrigin.CUSTOMER
    if invoice.invoice_date and invoice.due_date:
        fitting = terms.of_days((invoice.due_date - invoice.invoice_date).days)
        if fitting:
            return fitting, TermOrigin.DAYS
    return None, TermOrigin.NONE


def billed(
    invoice: BillInvoice, term_name: str | None, origin: TermOrigin, *, page: str, currency: str
) -> BilledInvoice:
    """The invoice as every source tells it; `page` and its id make the link, `currency` stands in for an untold one."""
    return BilledInvoice(
        number=invoice.number,
        source_id=invoice.id,
        customer_id=invoice.customer_id,
        customer_name=invoice.customer_name,
        term_name=term_name,
        term_origin=origin,
        invoice_date=invoice.invoice_date,
        due_date=invoice.due_date,
        amount=invoice.amount,
        balance=invoice.balance,
        currency=invoice.currency or currency,
        payment=invoice.payment,
        url=page + invoice.id if page and invoice.id else "",
        updated_at=invoice.updated_at,
    )


def read_customer(row: Mapping[str, object]) -> BillCustomer:
    """One record of the customer list."""
    return BillCustomer(
        id=_text(row, "id"),
        name=_text(row, "name"),
        term_id=_text(row, "paymentTermId"),
        archived=row.get("archived") is True,
    )


def _text(row: Mapping[str, object], key: str) -> str:
    value = row.get(key)
    return value if isinstance(value, str) else ""


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _money(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount.adjusted() < LARGEST_EXPONENT else None
