"""Weeks that acme lives through: what it bills, and what its people do to the terms of either system."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from bot.sandbox.bill import books
from bot.sandbox.company.customers import INACTIVE, ON_HOLD, Customer
from bot.sandbox.company.invoice import CENT, Invoice, add_to_bill, add_to_intacct, entered
from bot.sandbox.intacct.errors import FunctionError
from bot.sandbox.intacct.terms import add_term, change_term
from bot.sandbox.world import Record, World

WEEK = timedelta(days=7)
INVOICES = 8
"""Invoices that a week brings."""
FIRST_INVOICE = 3001
SHARES = {0: 7, 7: 3, 10: 6, 14: 4, 15: 12, 20: 3, 30: 40, 35: 10, 45: 4, 55: 2, 60: 12, 75: 3, 90: 2}
"""Days of BILL's terms and their share of what is billed; terms of other days get none."""
SEED = 1048


class Deed(StrEnum):
    """What somebody does to a term."""

    MAKE = "made"
    """Somebody makes it in Intacct."""
    DEACTIVATE = "made inactive"
    REACTIVATE = "made active again"
    ADD_IN_BILL = "added in BILL"
    RENAME_IN_BILL = "renamed in BILL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that somebody at acme does without asking the bot."""

    deed: Deed
    name: str
    days: int = 0
    to: str = ""
    """The new name, of one that is renamed."""


HAPPENINGS: tuple[tuple[Happening, ...], ...] = (
    (),
    (Happening(deed=Deed.ADD_IN_BILL, name="Net 7", days=7),),
    (Happening(deed=Deed.MAKE, name="Net 20", days=20),),
    (Happening(deed=Deed.DEACTIVATE, name="Net 15"),),
    (),
    (Happening(deed=Deed.REACTIVATE, name="Net 15"),),
    (Happening(deed=Deed.RENAME_IN_BILL, name="Net\N{NO-BREAK SPACE}35", to="Net 35"),),
    (Happening(deed=Deed.MAKE, name="Net 55", days=55),),
    (Happening(deed=Deed.MAKE, name="Net 7", days=7), Happening(deed=Deed.DEACTIVATE, name="Net 10")),
    (Happening(deed=Deed.DEACTIVATE, name="Net 15"),),
    (Happening(deed=Deed.REACTIVATE, name="Net 10"),),
    (Happening(deed=Deed.REACTIVATE, name="Net 15"),),
)
"""Week by week; after the last one it begins anew, and what cannot be done any more does not happen."""


def live_week(world: World) -> tuple[str, ...]:
    """What the week from the calendar's today brings; the calendar is for the caller to move. In sentences.

    No sync is run. Invoices whose term Intacct has are in the books by the end of the week, as a sync would have
    brought them; the others wait, and no alert tells of them.
    """
    number = world.store.next_number("week", first=0)
    dice = random.Random(SEED + number)  # noqa: S311 -- the same weeks each time are the point
    with world.store.batch():
        told = tuple(
            sentence
            for happening in HAPPENINGS[number % len(HAPPENINGS)]
            if (sentence := _happen(world, happening)) is not None
        )
        _bill(world, dice)
    world.touch()
    return told


def _happen(world: World, wanted: Happening) -> str | None:
    """What happened, in a sentence; None where the two systems do not let it happen any more."""
    name, by = wanted.name, "agarcia"
    try:
        match wanted.deed:
            case Deed.MAKE:
                add_term(world, name, {"DUEDATE": str(wanted.days)}, by=by)
            case Deed.DEACTIVATE:
                change_term(world, name, {"STATUS": "inactive"}, by="jsmith")
            case Deed.REACTIVATE:
                change_term(world, name, {"STATUS": "active"}, by=by)
            case Deed.ADD_IN_BILL:
                books.add_term(world, name, wanted.days)
            case Deed.RENAME_IN_BILL:
                books.edit_term(world, _bill_term(world, name), wanted.to)
    except (FunctionError, books.BooksError):
        return None
    return f"“{name}” was {wanted.deed.value}{f' to “{wanted.to}”' if wanted.to else ''}."


def _bill_term(world: World, name: str) -> str:
    """The id of BILL's term; of none where nobody calls one so any more."""
    return next((str(row["id"]) for row in world.store.table("bill_term").values() if row["name"] == name), "")


def _bill(world: World, dice: random.Random) -> None:
    """The week's invoices, one after the other over its days."""
    today, now = world.calendar.now().date(), world.calendar.now()
    terms = [row for row in world.store.table("bill_term").values() if int(row["daysDue"]) in SHARES]
    active = {row["NAME"] for row in world.store.table("arterm").values() if row["STATUS"] == "active"}
    customers = _customers(world)
    for place in range(INVOICES):
        (term,) = dice.choices(terms, [SHARES[int(row["daysDue"])] for row in terms])
        invoice = Invoice(
            number=f"INV-{world.store.next_number('lived_invoice', first=FIRST_INVOICE)}",
            customer=dice.choice(customers),
            dated=today + timedelta(days=place * 6 // INVOICES),
            days=int(term["daysDue"]),
            amount=(Decimal(dice.randrange(12_000, 900_000)) / 100).quantize(CENT),
        )
        at = entered(invoice.dated, now + WEEK) if term["name"] in active else None
        add_to_bill(world, invoice, str(term["id"]), at)
        if at is not None:
            add_to_intacct(world, invoice, str(term["name"]), "4.AR", at)


def _customers(world: World) -> list[Customer]:
    """Those that both systems deal with."""
    ours: dict[str, Record] = {row["CUSTOMERID"]: row for row in world.store.table("customer").values()}
    return [
        Customer(
            name=str(row["name"]),
            intacct_id=str(row["accNumber"]),
            bill_id=str(row["id"]),
            currency=str(ours[row["accNumber"]]["CURRENCY"]),
        )
        for row in world.store.table("bill_customer").values()
        if row["accNumber"] in ours and row["name"] not in (INACTIVE, ON_HOLD)
    ]
