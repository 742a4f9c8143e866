"""What every billing system must be able to tell, and the values it tells it in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

MOST_EVIDENCE = 100
"""Invoices that are read as evidence for one term."""


class PaymentState(StrEnum):
    """How far an invoice is paid at the source."""

    OPEN = "open"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"
    UNKNOWN = "unknown"


class TermOrigin(StrEnum):
    """How the term on an invoice is known."""

    INVOICE = "invoice"
    """The invoice itself names it."""
    CUSTOMER = "customer"
    """The customer's default: an inference."""
    DAYS = "days"
    """The one source term whose days fit the invoice's dates: an inference."""
    ALERT = "alert"
    """The alert's own text."""
    PERSON = "person"
    """A person's answer in the card."""
    NONE = "none"
    """Not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledInvoice:
    """One invoice as the billing system keeps it."""

    number: str
    source_id: str
    customer_id: str
    customer_name: str
    term_name: str | None
    """Raw, untouched; None where the source names none."""
    term_origin: TermOrigin
    invoice_date: date | None
    due_date: date | None
    amount: Decimal | None
    balance: Decimal | None
    currency: str
    """ISO code; empty where the source does not tell."""
    payment: PaymentState = PaymentState.UNKNOWN
    url: str = ""
    """A link a person can open; empty where there is none."""
    created_by: str = ""
    updated_at: datetime | None = None

    @property
    def term_inferred(self) -> bool:
        """Whether the term is an inference, never enough for one-click creation."""
        return self.term_origin in (TermOrigin.CUSTOMER, TermOrigin.DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTerm:
    """A payment term as the billing system keeps it."""

    source_id: str
    name: str
    days: int | None
    """Days from the invoice date, None where the source records none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount of one currency."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TermUse:
    """How much a term is used at the source since a date."""

    invoices: int
    open_invoices: int
    open_amounts: tuple[Money, ...]
    """One total a currency, largest first."""
    customers: int | None = None
    """Customers that have it as default or on an invoice; None where not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCustomer:
    """A customer as the billing system keeps it."""

    source_id: str
    name: str
    term_name: str | None
    """The default term, raw; None where there is none."""


@dataclass(frozen=True, slots=True)
class TermInvoices:
    """Invoices that bear one term."""

    invoices: tuple[BilledInvoice, ...]
    """Newest first."""
    whole: bool
    """Whether these are all of them; otherwise how many there are is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledList:
    """The invoices that a source tells of some days, and how it was asked."""

    invoices: tuple[BilledInvoice, ...]
    query: str
    """What was asked, so that a reader can ask it again."""
    requests: int
    """How many requests that took; sign-ins and repeats come on top."""
    undated: int = 0
    """Invoices without a date that the source has besides: they may or may not belong here."""


class SourceError(Exception):
    """A billing system did not answer as asked. `str()` is a sentence for a person."""


class SourceUnsupported(SourceError):
    """The source cannot answer that at all."""


class SourceUnavailable(SourceError):
    """No usable answer just now (network, limits, maintenance); asking later may help."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        """`retry_after`: seconds that the service asked to wait."""
        super().__init__(message)
        self.retry_after = retry_after


class SourceSignIn(SourceError):
    """The credentials were refused; asking again would lock the account."""


class SourceRefused(SourceError):
    """The service understood and said no, with its own code and words."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class SourceGarbled(SourceError):
    """The answer could not be read."""


THE_SYSTEM = "the billing system"
"""Where a source is not the system itself, but what was exported from it or said of it."""


class Source(Protocol):
    """A billing system."""

    @property
    def label(self) -> str:
        """What people call it, where something was read there: `BILL`, `the invoice file`."""

    @property
    def system(self) -> str:
        """What people call the system in which an invoice is corrected and synced: `BILL`, `the billing system`."""

    def find(self, numbers: Sequence[str]) -> Mapping[str, tuple[BilledInvoice, ...]]:
        """For each number the invoices that bear it: none, one or several. Raises SourceError."""

    def terms(self) -> Sequence[SourceTerm]:
        """All payment terms. Raises SourceError."""

    def in_use(self, since: date) -> Mapping[str, TermUse]:
        """Term name to its use on invoices dated on or after `since`. Raises SourceError."""

    def invoices_with(
        self, term_names: Collection[str], since: date, *, most: int = MOST_EVIDENCE
    ) -> Mapping[str, TermInvoices]:
        """For each name the newest invoices that bear exactly it (evidence for proposals); about `most` in all.

        Asked together, as one question costs a source as much as many. Raises SourceError.
        """

    def changed(self, since: datetime | None, dated_from: date) -> Iterator[BilledInvoice]:
        """Invoices dated on or after `dated_from` that changed at `since` or later (None: all of them), a page at a time.

        A source that cannot tell what changed tells all. Raises SourceError, also while it is being read.
        """

    def customer_terms(self) -> Sequence[SourceCustomer]:
        """The customers with their default terms. Raises SourceError."""

    def billed_between(self, first: date, last: date) -> BilledList:
        """All invoices dated from `first` to `last`, both included, by date and number. Raises SourceError."""
