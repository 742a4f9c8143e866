"""Invoices as the books have them, by number (object ARINVOICE)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial

from bot.intacct.dates import amount, day, moment
from bot.intacct.fields import Fields
from bot.intacct.query import MOST_VALUES, Query, Read, all_of, among, at_least, first_page, rows
from bot.intacct.terms import LIST_INVOICES
from bot.intacct.xml import can_carry

NEEDED = ("RECORDNO", "RECORDID", "CUSTOMERID", "CUSTOMERNAME", "TERMNAME", "WHENCREATED", "WHENDUE", "STATE")
WANTED = (
    *NEEDED,
    "TRX_TOTALENTERED",
    "TOTALENTERED",
    "CURRENCY",
    "BASECURR",
    "AUWHENCREATED",
    "CREATEDBY",
    "WHENMODIFIED",
    "MEGAENTITYID",
    "WHENPOSTED",
)
POSTED = ("posted", "partially paid", "paid", "selected")
"""The states of an invoice that is in the ledger; drafts, submitted and reversed ones are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedInvoice:
    """One invoice in Intacct."""

    record_no: str
    """Changes at each edit of an invoice that comes from Order Entry; the number stays."""
    number: str
    customer_id: str
    customer_name: str
    term_name: str
    """Raw, untouched; empty where the invoice has only a due date."""
    invoice_date: date | None
    due_date: date | None
    total: Decimal | None
    """In `currency`: the transaction's where the company keeps it, as the billing system has no other."""
    currency: str
    """ISO code; empty where the company does not tell."""
    state: str
    """In Intacct's words."""
    posted: bool
    created_at: datetime | None
    """When the record was made, not the invoice's date."""
    created_by: str
    modified_at: datetime | None
    entity: str | None = None
    """The id of the entity that owns it; empty for the top level, None where the company tells none."""
    posted_on: date | None = None
    """The posting date, by which it falls into a period; None where the company does not tell."""
    made_out_in: str = ""
    """The invoice's own currency, ISO code: not `currency` where the company keeps totals in its base currency alone."""

    def is_of(self, entity: str) -> bool:
        """Whether it is an entity's (empty: the top level's); where the company tells no owner there is one entity."""
        return self.entity is None or self.entity == entity


@dataclass(frozen=True, slots=True)
class Made:
    """Who made one invoice's record."""

    number: str
    created_by: str


def by_number(read: Read, fields: Fields, numbers: Sequence[str]) -> tuple[BookedInvoice, ...]:
    """The invoices that bear exactly one of these numbers, in the order of their records. Raises IntacctError.

    One request for up to 1000 numbers. A number may have none or several; one that XML cannot carry has none.
    """
    wanted = [number for number in dict.fromkeys(numbers) if number and can_carry(number)]
    found: list[BookedInvoice] = []
    for start in range(0, len(wanted), MOST_VALUES):
        some = wanted[start : start + MOST_VALUES]
        found += fields.doing_without("ARINVOICE", WANTED, NEEDED, partial(_asked, read, some))
    asked = frozenset(wanted)
    return tuple(invoice for invoice in found if invoice.number in asked)


def latest(read: Read, count: int) -> tuple[Made, ...]:
    """Who made the newest invoices of the books, newest first. Raises IntacctError."""
    query = Query(
        object="ARINVOICE",
        select=("RECORDID", "CREATEDBY"),
        descending=True,
        page_size=count,
        needs=LIST_INVOICES,
    )
    return tuple(Made(number, by) for number, by in first_page(read, query))


def changed(read: Read, since: date, dated_from: date) -> Iterator[str]:
    """The numbers of invoices dated on or after `dated_from` whose records changed on `since` or later. Raises IntacctError.

    A page at a time. Refused where the gateway does not filter by these fields, which is not documented for ARINVOICE.
    """
    where = all_of(at_least("WHENMODIFIED", since), at_least("WHENCREATED", dated_from))
    query = Query(object="ARINVOICE", select=("RECORDID",), where=where, needs=LIST_INVOICES)
    return (number for (number,) in rows(read, query) if number)


def _asked(read: Read, numbers: Sequence[str], names: tuple[str, ...]) -> list[BookedInvoice]:
    query = Query(object="ARINVOICE", select=names, where=among("RECORDID", numbers), needs=LIST_INVOICES)
    return [_booked(dict(zip(names, row, strict=True))) for row in rows(read, query)]


def _booked(values: Mapping[str, str]) -> BookedInvoice:
    in_transaction = "TRX_TOTALENTERED" in values
    currency, base = values.get("CURRENCY", ""), values.get("BASECURR", "")
    return BookedInvoice(
        record_no=values["RECORDNO"],
        number=values["RECORDID"],
        customer_id=values["CUSTOMERID"],
        customer_name=values["CUSTOMERNAME"],
        term_name=values["TERMNAME"],
        invoice_date=day(values["WHENCREATED"]),
        due_date=day(values["WHENDUE"]),
        total=amount(values["TRX_TOTALENTERED"] if in_transaction else values.get("TOTALENTERED", "")),
        # A total in the base currency is called that, whatever the invoice was made out in.
        currency=currency or base if in_transaction else base or currency,
        state=values["STATE"],
        posted=values["STATE"].strip().casefold() in POSTED,
        created_at=moment(values.get("AUWHENCREATED", "")),
        created_by=values.get("CREATEDBY", ""),
        modified_at=moment(values.get("WHENMODIFIED", "")),
        posted_on=day(values.get("WHENPOSTED", "")),
        entity=values.get("MEGAENTITYID"),
        made_out_in=currency,
    )
