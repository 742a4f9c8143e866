"""acme's past year: invoices that were billed, synced and mostly paid, and some that Order Entry made."""

from __future__ import annotations

import calendar
import random
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from bot.sandbox.company.customers import DRIFTED, INACTIVE, ON_HOLD, Customer
from bot.sandbox.company.invoice import CENT, Invoice, add_to_bill, add_to_intacct, entered
from bot.sandbox.company.vocabulary import INTACCT_TERMS, NET_90_CHANGED
from bot.sandbox.world import Record, World

FIRST, LAST = 576, 1039
"""The numbers of the past year's invoices."""
OLDEST, NEWEST = 360, 24
"""How many days ago the first and the last of them were written."""
KEPT_BACK = (988,)
"""Numbers in between that have not come through."""
ORDERS = 45
"""How many invoices came from Order Entry."""
TERMS = (
    ("Net 30", "Net 30", 40),
    ("Net 35", "Net\N{NO-BREAK SPACE}35", 14),
    ("Net 15", "Net 15", 12),
    ("N60", "N60", 12),
    ("Due on receipt", "Due on receipt", 7),
    ("Net 10", "Net 10", 6),
    ("Net 14", "Net 14 ", 5),
    ("Net 75", "\N{GREEK CAPITAL LETTER NU}et 75", 4),
)
"""A term's name in Intacct, its name in BILL today, and its share of a hundred: the names were equal once."""
ORDER_TERMS = ("N20", "2% 10 Net 30", "10th of next month", "N20")


def add_past(
    world: World, bill_terms: Mapping[str, Record], customers: Mapping[str, Customer], dice: random.Random
) -> None:
    """Keeps the past year in both systems."""
    now = world.calendar.now()
    today = now.date()
    dealt_with = [customer for name, customer in customers.items() if name not in (INACTIVE, ON_HOLD)]
    span = (OLDEST - NEWEST) / (LAST - FIRST)
    for number in range(FIRST, LAST + 1):
        if number in KEPT_BACK:
            continue
        age = round(OLDEST - (number - FIRST) * span)
        ours, theirs = _term(age, dice)
        customer = customers[dice.choice(DRIFTED)] if ours == "Net 35" and dice.random() < 0.5 else None
        invoice = past_invoice(
            f"INV-{number:04d}",
            customer or dice.choice(dealt_with),
            today - timedelta(days=age),
            int(bill_terms[theirs]["daysDue"]),
            today,
            dice,
        )
        at = entered(invoice.dated, now)
        add_to_bill(world, invoice, str(bill_terms[theirs]["id"]), at)
        add_to_intacct(world, invoice, ours, "4.AR", at)
    for place in range(ORDERS):
        _add_order(world, place, dice.choice(dealt_with), dice)


def _term(age: int, dice: random.Random) -> tuple[str, str]:
    if age > NET_90_CHANGED + 4 and dice.random() < 0.12:
        return "Net 90", "Net 90"
    ours, theirs, _ = dice.choices(TERMS, [share for _, _, share in TERMS])[0]
    return ours, theirs


def past_invoice(number: str, customer: Customer, dated: date, days: int, today: date, dice: random.Random) -> Invoice:
    """An invoice of some amount, paid as the dice say once it was due."""
    amount = (Decimal(dice.randrange(12_000, 900_000)) / 100).quantize(CENT)
    late = (today - dated).days - days
    chance = dice.random()
    paid = Decimal(0)
    if (late > 20 and chance < 0.97) or (late > 0 and chance < 0.6):
        paid = amount
    elif chance > 0.99 or (late <= 0 and chance > 0.9):
        paid = (amount / 2).quantize(CENT)
    return Invoice(number=number, customer=customer, dated=dated, days=days, amount=amount, paid=paid)


def _add_order(world: World, place: int, customer: Customer, dice: random.Random) -> None:
    now = world.calendar.now()
    dated = now.date() - timedelta(days=round(350 - place * 7.5))
    name = dice.choice(ORDER_TERMS)
    term = next(kept for kept in INTACCT_TERMS if kept.name == name)
    days = term.days
    if term.start != "from invoice/bill date":
        ahead = calendar.monthrange(dated.year, dated.month)[1] - dated.day
        days = ahead + term.days
    invoice = past_invoice(f"SO-{2001 + place}", customer, dated, days, now.date(), dice)
    add_to_intacct(world, invoice, name, "8.SO", entered(dated, now))
