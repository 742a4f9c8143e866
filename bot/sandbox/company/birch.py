"""The company birch: a small second one beside acme, with books, billing, channels and deciders of its own."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from bot.sandbox.bill import books
from bot.sandbox.company.customers import Customer, keep
from bot.sandbox.company.invoice import Invoice, add_to_bill, add_to_intacct, entered
from bot.sandbox.company.past import past_invoice
from bot.sandbox.company.profile import BIRCH
from bot.sandbox.company.vocabulary import BillTerm, Kept, add_terms
from bot.sandbox.slack import seed
from bot.sandbox.world import Beside, Record, World

SEED = 311
INVOICE_FILE = "birch-invoices.csv"
"""Of its billing system's export; the sandbox's folder has it."""
HANA, PRIYA = seed.ROLES["birch"], seed.ROLES["admin"]
APPROVERS = (PRIYA, HANA)
"""Priya Nair decides in acme too; Hana Sato is in no channel of acme's."""

AR_TERMS = (
    Kept(name="Due on receipt", days=0),
    Kept(name="Net 10", days=10),
    Kept(name="N20", days=20),
    Kept(name="Net 30", days=30, description="Standard"),
    Kept(name="Net 60", days=60),
)
BILLING_TERMS: tuple[BillTerm, ...] = (
    ("Due on receipt", 0, 900),
    ("Net 10", 10, 900),
    ("Net 20", 20, 12),
    ("Net 30", 30, 900),
    ("Net 45", 45, 20),
    ("Net  60", 60, 7),
)

CUSTOMERS = (
    ("Alder Creek Nursery", "USD"),
    ("Basalt Builders", "USD"),
    ("Canyon Cafe Group", "USD"),
    ("Driftwood Hostels", "USD"),
    ("Elm & Sons Joinery", "USD"),
    ("Lindholm Snickeri AB", "EUR"),
    ("Pavlova Keramik s.r.o.", "EUR"),
)
USUAL_TERM = "Net 30"

FIRST, LAST = 1001, 1039
"""The numbers of the past year's invoices. acme counts from elsewhere, and so the same numbers are in both companies."""
OLDEST, NEWEST = 355, 20
"""How many days ago the first and the last of them were written."""
PAST_TERMS = (("Net 30", "Net 30"), ("Net 60", "Net  60"), ("Net 10", "Net 10"), ("Due on receipt", "Due on receipt"))
"""A term's name in Intacct, and in billing today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One invoice that is not in Intacct yet."""

    number: str
    customer: str
    age: int
    """Days since its date."""
    term: str
    amount: str
    made_by: str = ""


WAITING = (
    # nothing wrong: it arrives
    Waiting(number="INV-1040", customer="Basalt Builders", age=15, term="Net 30", amount="640.00"),
    # a lookalike: two blanks
    Waiting(number="INV-1041", customer="Canyon Cafe Group", age=12, term="Net  60", amount="2980.00"),
    # absent, as the same number with the same term is in acme; who wrote it cannot decide it
    Waiting(number="INV-1042", customer="Alder Creek Nursery", age=9, term="Net 45", amount="1875.40", made_by=HANA),
    # equivalent, in euros
    Waiting(number="INV-1043", customer="Lindholm Snickeri AB", age=5, term="Net 20", amount="1120.00"),
)


def is_founded(world: World) -> bool:
    """Whether the sandbox has this company."""
    return bool(Beside(world, BIRCH.key).store.table("arterm"))


def found(world: World) -> None:
    """Adds the company to a sandbox, its dates counted back from the calendar's today; once, and then it stays."""
    if is_founded(world):
        return
    own = Beside(world, BIRCH.key)
    dice = random.Random(SEED)  # noqa: S311 - the same company each time is the point
    seed.fill(world)
    with world.store.batch():
        own.store.table("intacct_company")["id"] = {"COMPANYID": BIRCH.key}
        terms = add_terms(own, AR_TERMS, BILLING_TERMS)
        customers = _customers(own, terms)
        _past(own, terms, customers, dice)
        _waiting(own, terms, customers)
        _people(world)
    world.touch()


def _customers(own: World, terms: Mapping[str, Record]) -> dict[str, Customer]:
    customers: dict[str, Customer] = {}
    for place, (name, currency) in enumerate(CUSTOMERS):
        bill_id = books.new_id(own, "0cu")
        customer = Customer(name=name, intacct_id=f"B{101 + place}", bill_id=bill_id, currency=currency)
        keep(own, customer, USUAL_TERM, str(terms[USUAL_TERM]["id"]), place)
        customers[name] = customer
    own.store.table("sequence")["customer"] = {"next": len(CUSTOMERS) + 1}
    return customers


def _past(own: World, terms: Mapping[str, Record], customers: Mapping[str, Customer], dice: random.Random) -> None:
    now = own.calendar.now()
    span = (OLDEST - NEWEST) / (LAST - FIRST)
    for number in range(FIRST, LAST + 1):
        ours, theirs = dice.choice(PAST_TERMS)
        dated = now.date() - timedelta(days=round(OLDEST - (number - FIRST) * span))
        customer = dice.choice(tuple(customers.values()))
        days = int(terms[theirs]["daysDue"])
        invoice = past_invoice(f"INV-{number}", customer, dated, days, now.date(), dice)
        at = entered(dated, now)
        add_to_bill(own, invoice, str(terms[theirs]["id"]), at)
        add_to_intacct(own, invoice, ours, "4.AR", at, BIRCH)


def _waiting(own: World, terms: Mapping[str, Record], customers: Mapping[str, Customer]) -> None:
    today = own.calendar.now().date()
    for waiting in WAITING:
        term = terms[waiting.term]
        invoice = Invoice(
            number=waiting.number,
            customer=customers[waiting.customer],
            dated=today - timedelta(days=waiting.age),
            days=int(term["daysDue"]),
            amount=Decimal(waiting.amount),
        )
        add_to_bill(own, invoice, str(term["id"]), None, waiting.made_by)


def _people(world: World) -> None:
    seed.add_person(world, HANA, "hana", "Hana Sato", title="Controller at Birch", zone=BIRCH.timezone)
    alerts = f"What the sync between {BIRCH.billing} and Sage Intacct reports"
    seed.add_channel(world, BIRCH.alert_channel, "birch-alerts", alerts, APPROVERS)
    seed.add_channel(world, BIRCH.report_channel, "birch-reports", "Birch's weekly reports", APPROVERS)
