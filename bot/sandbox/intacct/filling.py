"""A large company for measurements: any number of posted invoices, alike from run to run."""

from __future__ import annotations

import random
from datetime import timedelta

from bot.sandbox.world import Record, World

CUSTOMERS = 500
TERMS = ("Net 30", "Net 15", "Net 45", "Net 60", "Due on receipt", "2% 10 Net 30", "N60", "Net 90")


def fill(world: World, invoices: int = 100_000) -> None:
    """Adds `invoices` posted ARINVOICE records of the past year."""
    dice = random.Random(7)  # noqa: S311 - the same company each time is the point
    today = world.calendar.now()
    table = world.store.table("arinvoice")
    first = max((int(key) for key in table), default=0) + 1
    with world.store.batch():
        for number in range(first, first + invoices):
            created = today - timedelta(days=dice.randrange(365))
            due = created + timedelta(days=30)
            customer = dice.randrange(CUSTOMERS)
            amount = f"{dice.randrange(1_000, 2_000_000) / 100:.2f}"
            stamp = created.strftime("%m/%d/%Y %H:%M:%S")
            row: Record = {
                "RECORDNO": str(number),
                "RECORDID": f"BULK-{number:07d}",
                "DOCNUMBER": "",
                "CUSTOMERID": f"B{customer:04d}",
                "CUSTOMERNAME": f"Bulk Customer & Sons {customer}",
                "TERMNAME": dice.choice(TERMS),
                "WHENCREATED": stamp[:10],
                "WHENPOSTED": stamp[:10],
                "WHENDUE": due.strftime("%m/%d/%Y"),
                "WHENPAID": "",
                "AUWHENCREATED": stamp,
                "WHENMODIFIED": stamp,
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
                "MEGAENTITYID": "",
                "DESCRIPTION": "",
            }
            table[str(number)] = row
        world.store.table("sequence")["arinvoice"] = {"next": first + invoices}
    world.touch()
