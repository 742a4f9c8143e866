"""The alert's own text as a source: it knows the term where one sentence named the invoice and the term."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime

from bot.billing.ports import AlertFacts
from bot.billing.source import (
    MOST_EVIDENCE,
    THE_SYSTEM,
    BilledInvoice,
    BilledList,
    SourceCustomer,
    SourceTerm,
    SourceUnsupported,
    TermInvoices,
    TermOrigin,
    TermUse,
)


class AlertTextSource:
    """The source protocol over what stored alerts said. It knows a term's name and nothing else of an invoice."""

    def __init__(self, facts: AlertFacts) -> None:
        """`facts`: the stored alerts."""
        self._facts = facts

    @property
    def label(self) -> str:
        """The alert."""
        return "the alert"

    @property
    def system(self) -> str:
        """The system that the alert speaks of."""
        return THE_SYSTEM

    def find(self, numbers: Sequence[str]) -> Mapping[str, tuple[BilledInvoice, ...]]:
        """For each number one invoice of which only the term is known, or none."""
        named = self._facts.terms_named(numbers)
        return {number: (_invoice(number, named[number]),) if number in named else () for number in numbers}

    def terms(self) -> Sequence[SourceTerm]:
        """Raises SourceUnsupported: alerts list no terms."""
        raise SourceUnsupported("Alerts do not list a billing system's payment terms.")

    def in_use(self, since: date) -> Mapping[str, TermUse]:
        """Raises SourceUnsupported: alerts do not tell how terms are used."""
        raise SourceUnsupported(f"Alerts do not tell how terms were used since {since.isoformat()}.")

    def invoices_with(
        self, term_names: Collection[str], since: date, *, most: int = MOST_EVIDENCE
    ) -> Mapping[str, TermInvoices]:
        """Raises SourceUnsupported: alerts name only what failed."""
        del most
        raise SourceUnsupported(
            f"Alerts do not list the invoices with {len(term_names)} terms since {since.isoformat()}."
        )

    def changed(self, since: datetime | None, dated_from: date) -> Iterator[BilledInvoice]:
        """Raises SourceUnsupported: alerts name only what failed."""
        del since
        raise SourceUnsupported(f"Alerts do not list the invoices since {dated_from.isoformat()}.")

    def customer_terms(self) -> Sequence[SourceCustomer]:
        """Raises SourceUnsupported: alerts name no customers."""
        raise SourceUnsupported("Alerts do not tell customers' default terms.")

    def billed_between(self, first: date, last: date) -> BilledList:
        """Raises SourceUnsupported: alerts name only what failed."""
        raise SourceUnsupported(f"Alerts do not list what was billed from {first.isoformat()} to {last.isoformat()}.")


def _invoice(number: str, term_name: str) -> BilledInvoice:
    return BilledInvoice(
        number=number,
        source_id="",
        customer_id="",
        customer_name="",
        term_name=term_name,
        term_origin=TermOrigin.ALERT,
        invoice_date=None,
        due_date=None,
        amount=None,
        balance=None,
        currency="",
    )
