"""The heart's values as JSON for the records, and back; and the digest that binds a decision to a proposal."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785
from pydantic import TypeAdapter

from bot.billing.source import BilledInvoice
from bot.cases.view import Diagnosis, FieldDifference, InvoiceNote, OtherReason, PeriodChoice, Trouble, Withdrawing
from bot.intacct.invoices import BookedInvoice
from bot.terms.proposal import Proposal
from bot.terms.term import PaymentTerm

Json = dict[str, Any]

BILLED = TypeAdapter(BilledInvoice)
BOOKED = TypeAdapter(tuple[BookedInvoice, ...])
CHOICE = TypeAdapter(PeriodChoice)
DIAGNOSIS = TypeAdapter(Diagnosis)
DIFFERENCES = TypeAdapter(tuple[FieldDifference, ...])
INVOICE_NOTE = TypeAdapter(InvoiceNote)
OTHER_REASON = TypeAdapter(OtherReason)
PROPOSAL = TypeAdapter(Proposal)
RULE = TypeAdapter(PaymentTerm)
TROUBLE = TypeAdapter(Trouble)
WITHDRAWING = TypeAdapter(Withdrawing)


def digest(proposal: Proposal) -> str:
    """SHA-256 over what would be written and why it would need a second look.

    The proof's single lines and each field's source are left out: one more invoice that fits must not void a click.
    A line that does not fit is a conflict, and conflicts are in.
    """
    whole = PROPOSAL.dump_python(proposal, mode="json")
    kept = {key: value for key, value in whole.items() if key not in ("proof", "fields")}
    return hashlib.sha256(rfc8785.dumps(kept)).hexdigest()


def read_digest(diagnosis: Diagnosis) -> str:
    """SHA-256 over everything that a look found, which the journal keeps in place of it."""
    return hashlib.sha256(rfc8785.dumps(DIAGNOSIS.dump_python(diagnosis, mode="json"))).hexdigest()
