"""A large company for measurements: any number of posted invoices or AR terms, alike from run to run."""

from __future__ import annotations

import random
from datetime import timedelta

from bot.sandbox.intacct.objects import FROM
from bot.sandbox.intacct.terms import USUAL
from bot.sandbox.world import Record, World

CUSTOMERS = tuple((f"B{number:04d}", f"Bulk Customer & Sons {number}") for number in range(500))
TERMS = ("Net 30", "Net 15", "Net 45", "Net 60", "Due on receipt", "2% 10 Net 30", "N60", "Net 90")
STAMP = "%m/%d/%Y %H:%M:%S"


def fill(world: World, invoices: int = 100_000) -> None:
    """Adds `invoices` posted ARINVOICE records of the past year; fields that would be empty are left out."""
    dice = random.Random(7)  # noqa: S311 - the same company each time is the point
    today = world.calendar.now()
    days = [(today - timedelta(days=age)).strftime(STAMP) for age in range(-30, 365)]
    dates = [stamp[:10] for stamp in days]
    table = world.store.table("arinvoice")
    first = max((int(key) for key in table), default=0) + 1
    with world.store.batch():
        for number in range(first, first + invoices):
            age = dice.randrange(30, 395)
            customer, name = dice.choice(CUSTOMERS)
            amount = f"{dice.randrange(1_000, 2_000_000) / 100:.2f}"
            record_no = str(number)
            row: Record = {
                "RECORDNO": record_no,
                "RECORDID": f"BULK-{number:07d}",
                "CUSTOMERID": customer,
                "CUSTOMERNAME": name,
                "TERMNAME": dice.choice(TERMS),
                "WHENCREATED": dates[age],
                "WHENPOSTED": dates[age],
                "WHENDUE": dates[age - 30],
                "AUWHENCREATED": days[age],
                "WHENMODIFIED": days[age],
                "CREATEDBY": "bill-sync",
                "CURRENCY": "USD",
                "BASECURR": "USD",
                "TOTALENTERED": amount,
                "TOTALDUE": amount,
                "TOTALPAID": "0.00",
                "TRX_TOTALENTERED": amount,
                "TRX_TOTALDUE": amount,
                "TRX_TOTALPAID": "0.00",
                "STATE": "Posted",
                "RAWSTATE": "A",
                "MODULEKEY": "4.AR",
            }
            table[record_no] = row
        world.store.table("sequence")["arinvoice"] = {"next": first + invoices}
    world.touch()


def fill_terms(world: World, terms: int = 200_000) -> None:
    """Adds `terms` active ARTERM records, `Bulk 0000001` and on, of rules of days and of months."""
    stamp = world.calendar.now().strftime(STAMP)
    table = world.store.table("arterm")
    first = max((int(key) for key in table), default=0) + 1
    with world.store.batch():
        for number in range(first, first + terms):
            table[str(number)] = {
                **USUAL,
                "RECORDNO": str(number),
                "NAME": f"Bulk {number - first + 1:07d}",
                "DUEDATE": str(number % 28 + 1),
                "DUEFROM": FROM[number % len(FROM)],
                "WHENCREATED": stamp,
                "WHENMODIFIED": stamp,
                "CREATEDBY": "agarcia",
                "MODIFIEDBY": "agarcia",
                "MEGAENTITYID": "",
            }
        world.store.table("sequence")["arterm"] = {"next": first + terms}
    world.touch()
