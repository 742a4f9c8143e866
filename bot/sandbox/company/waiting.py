"""The invoices that wait for BILL's next sync: one or more for every way in which the two systems' terms can differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from bot.sandbox.company.customers import DRIFTED, INACTIVE, ON_HOLD, WITHOUT_TERM, Customer
from bot.sandbox.company.invoice import Invoice, add_to_bill
from bot.sandbox.world import Record, World

NO_TERM = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One invoice that is not in Intacct yet."""

    number: str
    customer: str
    age: int
    """Days since its date."""
    term: str
    """The term's name in BILL; empty for none."""
    amount: str
    paid: str = "0"
    days: int | None = None
    """From date to due date, where no term says it."""


WAITING = (
    # absent: three invoices of three customers, the first partly paid
    Waiting(number="INV-0988", customer="Umbrella Foods Inc", age=61, term="Net 45", amount="5000.00"),
    Waiting(number="INV-1042", customer="Globex GmbH", age=22, term="Net 45", amount="1250.50", paid="500.00"),
    Waiting(number="INV-1043", customer="Hooli Media", age=21, term="Net 45", amount="3120.00"),
    # nothing wrong: these arrive
    Waiting(number="INV-1040", customer="Northwind Traders", age=23, term="Net 30", amount="980.00"),
    Waiting(number="INV-1053", customer="Müller Maschinenbau AG", age=9, term="Net 30", amount="4400.00"),
    # inactive
    Waiting(number="INV-1044", customer="Granite Peak Energy", age=20, term="Net 90", amount="7420.00"),
    # equivalent: Intacct calls it N20
    Waiting(number="INV-1045", customer="Wayne Logistics", age=18, term="Net 20", amount="2310.75"),
    # absent, with a discount; without a readable rule; with a rule that two readings share
    Waiting(number="INV-1046", customer="Vandelay Imports", age=17, term="2% 10 Net 50", amount="6600.00"),
    Waiting(number="INV-1047", customer="Cedar Ridge Clinics", age=16, term="Per contract", amount="15000.00"),
    Waiting(number="INV-1048", customer="Stark & Daughters", age=15, term="Net 25 EOM", amount="1875.20"),
    # lookalikes: a trailing blank, a NO-BREAK SPACE, a Greek letter
    Waiting(number="INV-1049", customer="Lakeside Pharmacy", age=14, term="Net 14 ", amount="640.00"),
    Waiting(
        number="INV-1050", customer=DRIFTED[0], age=13, term="Net\N{NO-BREAK SPACE}35", amount="3300.00", paid="1000.00"
    ),
    Waiting(
        number="INV-1058",
        customer="Redwood Analytics",
        age=4,
        term="\N{GREEK CAPITAL LETTER NU}et 75",
        amount="8250.00",
    ),
    # no term on the invoice: only its dates tell
    Waiting(number="INV-1051", customer=WITHOUT_TERM, age=12, term=NO_TERM, days=65, amount="2750.00"),
    # another reason altogether
    Waiting(number="INV-1052", customer=INACTIVE, age=10, term="Net 30", amount="1120.00"),
    # absent, in euros
    Waiting(number="INV-1054", customer="Société Lumière SARL", age=8, term="Net 55", amount="2150.00"),
    # two invoices with one number
    Waiting(number="INV-1055", customer="Eastgate Hotels", age=7, term="Per contract", amount="900.00"),
    Waiting(number="INV-1055", customer="Pinecrest Realty", age=6, term="Net 90", amount="1400.00"),
    # exact: the term is there and active, and the gateway uses the same words about the customer
    Waiting(number="INV-1061", customer=ON_HOLD, age=2, term="Net 15", amount="510.00"),
)


def add_waiting(world: World, bill_terms: Mapping[str, Record], customers: Mapping[str, Customer]) -> None:
    """Keeps the waiting invoices in BILL."""
    today = world.calendar.now().date()
    for waiting in WAITING:
        term = bill_terms.get(waiting.term)
        days = waiting.days if waiting.days is not None else int(term["daysDue"]) if term else 0
        invoice = Invoice(
            number=waiting.number,
            customer=customers[waiting.customer],
            dated=today - timedelta(days=waiting.age),
            days=days,
            amount=Decimal(waiting.amount),
            paid=Decimal(waiting.paid),
        )
        add_to_bill(world, invoice, str(term["id"]) if term else None, None)
