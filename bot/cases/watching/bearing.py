"""Invoices that wait though no alert named them: at the source they bear the case's term, and Intacct has none of them."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from bot.billing.source import BilledInvoice
from bot.cases.ports import Company

LOOK_BACK = timedelta(days=31)
"""Invoices dated longer before the alert are no news to the sync: it has passed over them for another reason."""


def not_in_books(company: Company, term_name: str, alerted_on: date) -> tuple[BilledInvoice, ...]:
    """The source's invoices with exactly this term that the company has no record of in Intacct, newest first.

    About a hundred at most. Numbers that the source has more than once are left out, as an alert's would be asked about.
    Raises SourceError, also where the source cannot list them, and IntacctError.
    """
    found = company.source.invoices_with([term_name], alerted_on - LOOK_BACK).get(term_name)
    bearing = found.invoices if found is not None else ()
    if not bearing:
        return ()
    times = Counter(invoice.number for invoice in bearing)
    booked = company.books.invoices(sorted(times))
    there = {record.number for record in booked if record.entity is None or record.entity == company.entity}
    return tuple(invoice for invoice in bearing if times[invoice.number] == 1 and invoice.number not in there)
