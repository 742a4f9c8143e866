"""Whether an awaited invoice is in the books, and as billed: one number's records in Intacct against the source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.billing.source import BilledInvoice
from bot.cases.view import Arrival, EarlierInvoice, FieldDifference
from bot.intacct.invoices import BookedInvoice

EARLIER = timedelta(days=1)
"""A record made so long before the failure is another invoice of the same number, unless it is as billed in everything.

Not less: someone may have keyed the invoice by hand shortly before the sync tried, and clocks are not the same.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """What is awaited in Intacct."""

    billed: BilledInvoice | None
    """None where the source does not know the invoice."""
    term_name: str | None
    """The term as approved, for an invoice whose own the source does not tell."""
    entity: str
    """The entity that the sync signs in to; empty for top level."""
    failed_at: datetime
    """When an alert first reported that it could not sync."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How one awaited invoice stands in Intacct."""

    arrival: Arrival
    differences: tuple[FieldDifference, ...] = ()
    records: tuple[BookedInvoice, ...] = ()
    """Those of the number that count, in the order of their records."""
    earlier: EarlierInvoice | None = None


def look(awaited: Awaited, records: Sequence[BookedInvoice]) -> Found:
    """Arrived: exactly one record of the number in that entity, posted, and as billed in every field that is known.

    Another entity's records do not count. Nor do those from long before the failure, unless one is as billed.
    """
    own = tuple(record for record in records if record.is_of(awaited.entity))
    if not own:
        return Found(arrival=Arrival.WAITING)
    differences = tuple(_several(own)) + tuple(_differences(awaited, own[-1]))
    if not differences:
        return Found(arrival=Arrival.ARRIVED, records=own)
    if all(_long_before(record, awaited.failed_at) for record in own):
        return Found(arrival=Arrival.WAITING, earlier=_earlier(own[-1]))
    return Found(arrival=Arrival.DIFFERENT, differences=differences, records=own)


def untold(billed: BilledInvoice) -> tuple[str, ...]:
    """What the source does not tell of an invoice, so that nothing in the books was held against it."""
    told = {
        "customer": billed.customer_name,
        "invoice date": billed.invoice_date,
        "due date": billed.due_date,
        "currency": billed.currency,
        "amount": billed.amount,
    }
    return tuple(label for label, value in told.items() if value in (None, ""))


def _long_before(record: BookedInvoice, failed_at: datetime) -> bool:
    return record.created_at is not None and record.created_at < failed_at - EARLIER


def _earlier(record: BookedInvoice) -> EarlierInvoice | None:
    if record.created_at is None:
        return None
    return EarlierInvoice(
        record_no=record.record_no,
        customer_name=record.customer_name,
        total=record.total,
        currency=record.currency,
        created_at=record.created_at,
    )


def _several(own: Sequence[BookedInvoice]) -> Iterator[FieldDifference]:
    if len(own) > 1:
        told = ", ".join(f"record {record.record_no} ({record.state or 'no state'})" for record in own)
        yield FieldDifference(label="Invoices of this number", expected="1", found=f"{len(own)}: {told}")


def _differences(awaited: Awaited, booked: BookedInvoice) -> Iterator[FieldDifference]:
    billed = awaited.billed
    if not booked.posted:
        yield FieldDifference(label="State", expected="posted", found=booked.state or "not told")
    if billed is None or (billed.invoice_date is None and billed.amount is None):
        yield FieldDifference(
            label="Compared", expected="with the invoice as billed", found="nothing: it is not known there"
        )
    if billed is not None:
        yield from _customer(billed, booked)
        yield from _field("Invoice date", billed.invoice_date, booked.invoice_date)
        yield from _field("Due date", billed.due_date, booked.due_date)
    yield from _field("Term", (billed.term_name if billed else None) or awaited.term_name, booked.term_name)
    if billed is not None:
        yield from _money(billed, booked)


def _field(label: str, expected: object, found: object) -> Iterator[FieldDifference]:
    """A field that the source tells and the books have otherwise."""
    if expected not in (None, "") and expected != found:
        told = str(found) if found not in (None, "") else "nothing"
        yield FieldDifference(label=label, expected=str(expected), found=told)


def _customer(billed: BilledInvoice, booked: BookedInvoice) -> Iterator[FieldDifference]:
    """By id where both systems use one, else by name; case and blanks make no other customer."""
    same_id = bool(billed.customer_id) and billed.customer_id == booked.customer_id
    if billed.customer_name and not same_id and _folded(billed.customer_name) != _folded(booked.customer_name):
        found = f"{booked.customer_id} {booked.customer_name}".strip() or "nothing"
        yield FieldDifference(label="Customer", expected=billed.customer_name, found=found)


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _money(billed: BilledInvoice, booked: BookedInvoice) -> Iterator[FieldDifference]:
    """In the transaction's currency; a total that the books keep in the base currency alone proves nothing."""
    own = booked.made_out_in or booked.currency
    if own:
        yield from _field("Currency", billed.currency, own)
    if billed.currency and booked.currency and billed.currency != booked.currency and own == billed.currency:
        yield FieldDifference(
            label="Amount",
            expected=f"{billed.amount} {billed.currency}",
            found=f"{booked.total} {booked.currency}, in the base currency alone",
        )
        return
    yield from _field("Amount", billed.amount, booked.total)
