"""One invoice, as each of the two systems keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from bot.sandbox.bill import books
from bot.sandbox.bill.errors import moment
from bot.sandbox.company.customers import Customer
from bot.sandbox.company.profile import ACME, Profile
from bot.sandbox.world import Record, World

DAY = "%m/%d/%Y"
STAMP = "%m/%d/%Y %H:%M:%S"
EURO = Decimal("1.08")
"""Worth of a euro in the company's base currency, dollars."""
CENT = Decimal("0.01")
NOTHING = Decimal(0)
MADE_BY = "_made_by"
"""Where an invoice of billing says who wrote it; BILL's own records do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An invoice and what has been paid of it."""

    number: str
    customer: Customer
    dated: date
    days: int
    """From its date to its due date."""
    amount: Decimal
    """In the customer's currency."""
    paid: Decimal = NOTHING

    @property
    def due(self) -> date:
        """The due date that billing printed on it."""
        return self.dated + timedelta(days=self.days)


def add_to_bill(
    world: World, invoice: Invoice, term_id: str | None, synced_at: datetime | None, made_by: str = ""
) -> None:
    """Keeps the invoice in billing: synced at a moment, or waiting.

    `made_by` is the Slack id of who wrote it, where the billing system keeps that.
    """
    invoice_id = books.new_id(world, "00e")
    written = _at(invoice.dated, 9)
    balance = invoice.amount - invoice.paid
    world.store.table("bill_invoice")[invoice_id] = {
        "id": invoice_id,
        "archived": False,
        "invoiceNumber": invoice.number,
        "customerId": invoice.customer.bill_id,
        "customer": {"id": invoice.customer.bill_id, "name": invoice.customer.name},
        "invoiceDate": invoice.dated.isoformat(),
        "dueDate": invoice.due.isoformat(),
        "totalAmount": float(invoice.amount),
        "dueAmount": float(balance),
        "creditAmount": 0.0,
        "currency": invoice.customer.currency,
        "status": "PAID_IN_FULL" if not balance else "PARTIAL_PAYMENT" if invoice.paid else "OPEN",
        "paymentTermId": term_id,
        "createdTime": moment(written),
        "updatedTime": moment(written),
        "invoiceLineItems": [{"quantity": 1, "amount": float(invoice.amount), "description": "Services"}],
        "_sync": {
            "state": "synced" if synced_at else "waiting",
            "message": "",
            "at": moment(synced_at) if synced_at else "",
        },
    } | ({MADE_BY: made_by} if made_by else {})


def add_to_intacct(
    world: World, invoice: Invoice, term_name: str, module: str, entered_at: datetime, company: Profile = ACME
) -> None:
    """Keeps the invoice in Intacct, posted at a moment under a term: by billing's sync, or from Order Entry."""
    rate = EURO if invoice.customer.currency == "EUR" else Decimal(1)
    balance = invoice.amount - invoice.paid
    number = str(world.store.next_number("arinvoice"))
    paid_on = min(invoice.due, entered_at.date() + timedelta(days=invoice.days)) if not balance else None
    row: Record = {
        "RECORDNO": number,
        "RECORDID": invoice.number,
        "DOCNUMBER": "",
        "CUSTOMERID": invoice.customer.intacct_id,
        "CUSTOMERNAME": invoice.customer.name,
        "TERMNAME": term_name,
        "WHENCREATED": invoice.dated.strftime(DAY),
        "WHENPOSTED": invoice.dated.strftime(DAY),
        "WHENDUE": invoice.due.strftime(DAY),
        "WHENPAID": paid_on.strftime(DAY) if paid_on else "",
        "AUWHENCREATED": entered_at.strftime(STAMP),
        "WHENMODIFIED": entered_at.strftime(STAMP),
        "CREATEDBY": company.sync_user if module == "4.AR" else "agarcia",
        "CURRENCY": invoice.customer.currency,
        "BASECURR": "USD",
        "EXCHANGE_RATE": str(rate),
        "TOTALENTERED": _base(invoice.amount, rate),
        "TOTALDUE": _base(balance, rate),
        "TOTALPAID": _base(invoice.paid, rate),
        "TRX_TOTALENTERED": str(invoice.amount),
        "TRX_TOTALDUE": str(balance.quantize(CENT)),
        "TRX_TOTALPAID": str(invoice.paid.quantize(CENT)),
        "STATE": "Paid" if not balance else "Partially Paid" if invoice.paid else "Posted",
        "RAWSTATE": "C" if not balance else "L" if invoice.paid else "A",
        "MODULEKEY": module,
        "SYSTEMGENERATED": "false",
        "MEGAENTITYID": "",
        "DESCRIPTION": f"{company.billing} invoice" if module == "4.AR" else "Order Entry",
    }
    world.store.table("arinvoice")[number] = row


def entered(dated: date, now: datetime) -> datetime:
    """When an invoice of that date came into Intacct: the next morning's sync, and never after `now`."""
    return min(_at(dated + timedelta(days=1), 6), now)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), UTC)


def _base(amount: Decimal, rate: Decimal) -> str:
    return str((amount * rate).quantize(CENT))
