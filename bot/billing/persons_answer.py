"""A person's answer to Tell me the term, laid over what the source knows of the invoice."""

from __future__ import annotations

from dataclasses import replace

from bot.billing.source import BilledInvoice, TermOrigin


def answered(number: str, term_name: str, billed: BilledInvoice | None = None) -> BilledInvoice:
    """The invoice with the term that a person told; all else is the source's, or not known where it knows nothing."""
    if billed is not None:
        return replace(billed, term_name=term_name, term_origin=TermOrigin.PERSON)
    return BilledInvoice(
        number=number,
        source_id="",
        customer_id="",
        customer_name="",
        term_name=term_name,
        term_origin=TermOrigin.PERSON,
        invoice_date=None,
        due_date=None,
        amount=None,
        balance=None,
        currency="",
    )
