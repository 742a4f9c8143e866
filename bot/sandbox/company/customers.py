"""acme's customers, in both systems."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.sandbox.bill import books
from bot.sandbox.bill.errors import moment
from bot.sandbox.world import Record, World

STAMP = "%m/%d/%Y %H:%M:%S"

NAMES = (
    "Globex GmbH",
    "Initech LLC",
    "Umbrella Foods Inc",
    "Hooli Media",
    "Stark & Daughters",
    "Wayne Logistics",
    "Soylent Farms",
    "Vandelay Imports",
    "Pied Piper Systems",
    "Acorn Dental Group",
    "Blue Heron Labs",
    "Cedar Ridge Clinics",
    "Dunmore Paper Co",
    "Eastgate Hotels",
    "Fairfax Print Works",
    "Granite Peak Energy",
    "Harbor Freight Lines",
    "Ironwood Furniture",
    "Juniper Schools Trust",
    "Kestrel Aviation",
    "Lakeside Pharmacy",
    "Maple Street Bakery",
    "Northwind Traders",
    "Old Mill Brewing",
    "Pinecrest Realty",
    "Quarry Stone Supply",
    "Redwood Analytics",
    "Silver Lake Audio",
    "Tidewater Marine",
    "Upland Orchards",
    "Valley Forge Tools",
    "Westbrook Textiles",
    "Yellowtail Seafood",
    "Zephyr Bicycles",
    "Müller Maschinenbau AG",
    "Société Lumière SARL",
    "Oficina Verde S.L.",
    "Van Dijk Logistiek BV",
    "Rossi Ceramiche S.p.A.",
    "Nordlys Design AS",
)
FIRST_EUR = 34
"""From here on customers are billed in euros."""
ON_HOLD = "Initech LLC"
"""Intacct takes no invoice of this customer, and says so in words that name no customer."""
INACTIVE = "Old Mill Brewing"
"""Deactivated in Intacct, not in BILL."""
WITHOUT_TERM = "Tidewater Marine"
"""Has no default term in BILL."""
DRIFTED = ("Kestrel Aviation", "Harbor Freight Lines")
"""Their default term in BILL is the one that was renamed with a NO-BREAK SPACE."""
REPRESENTATIVES = ("Noor Haddad", "Sam Ortiz", "Ines Duarte")
"""Who looks after the customers, one after the other."""
USUAL_TERMS = ("Net 30", "Net 30", "Net 30", "Net 15", "N60", "Due on receipt", "Net 10")


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One customer, known to both systems."""

    name: str
    intacct_id: str
    bill_id: str
    currency: str


def add_customers(world: World, bill_terms: Mapping[str, Record], dice: random.Random) -> dict[str, Customer]:
    """Keeps the customers in both systems; by name."""
    customers: dict[str, Customer] = {}
    for place, name in enumerate(NAMES):
        customer = Customer(
            name=name,
            intacct_id=f"C{1001 + place}",
            bill_id=books.new_id(world, "0cu"),
            currency="EUR" if place >= FIRST_EUR else "USD",
        )
        usual = dice.choice(USUAL_TERMS)
        if name in DRIFTED:
            keep(world, customer, "Net 35", str(bill_terms["Net\N{NO-BREAK SPACE}35"]["id"]), place)
        elif name == WITHOUT_TERM:
            keep(world, customer, "", None, place)
        else:
            keep(world, customer, usual, str(bill_terms[usual]["id"]), place)
        customers[name] = customer
    world.store.table("sequence")["customer"] = {"next": len(NAMES) + 1}
    return customers


def keep(world: World, customer: Customer, term_name: str, bill_term: str | None, place: int) -> None:
    """Keeps a company's customer number `place`, from 0, in both systems, with its default term in each."""
    since = world.calendar.now() - timedelta(days=420 + 7 * place)
    world.store.table("customer")[customer.intacct_id] = {
        "CUSTOMERID": customer.intacct_id,
        "RECORDNO": str(place + 1),
        "NAME": customer.name,
        "ENTITY": f"C--{customer.intacct_id}",
        "TERMNAME": term_name,
        "STATUS": "inactive" if customer.name == INACTIVE else "active",
        "ONETIME": "false",
        "ONHOLD": "true" if customer.name == ON_HOLD else "false",
        "CURRENCY": customer.currency,
        "CUSTREPNAME": REPRESENTATIVES[place % len(REPRESENTATIVES)],
        "TOTALDUE": "",
        "WHENCREATED": since.strftime(STAMP),
        "WHENMODIFIED": since.strftime(STAMP),
        "CREATEDBY": "agarcia",
        "MODIFIEDBY": "agarcia",
        "OBJECTRESTRICTION": "Unrestricted",
        "MEGAENTITYID": "",
    }
    world.store.table("bill_customer")[customer.bill_id] = {
        "id": customer.bill_id,
        "archived": False,
        "name": customer.name,
        "accNumber": customer.intacct_id,
        "paymentTermId": bill_term,
        "createdTime": moment(since),
        "updatedTime": moment(since),
    }
