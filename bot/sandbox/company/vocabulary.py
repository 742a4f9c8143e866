"""The two systems' payment terms: mostly the same names, and where they are not, one mismatch of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.sandbox.bill import books
from bot.sandbox.bill.errors import moment
from bot.sandbox.world import Record, World

STAMP = "%m/%d/%Y %H:%M:%S"
FIRST_RECORD = 36
NET_90_CHANGED = 265
"""Days ago that `Net 90` was taken out of use in Intacct."""

FROM_INVOICE = "from invoice/bill date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One AR term as Intacct keeps it."""

    name: str
    days: int
    start: str = FROM_INVOICE
    discount_percent: str = ""
    discount_days: str = ""
    description: str = ""
    ended: int | None = None
    """Days ago that it was made inactive; None for an active one."""


INTACCT_TERMS = (
    Kept(name="Due on receipt", days=0),
    Kept(name="Net 10", days=10),
    Kept(name="Net 14", days=14),
    Kept(name="Net 15", days=15),
    Kept(name="N20", days=20, description="Order desk"),
    Kept(name="Net 30", days=30, description="Standard"),
    Kept(name="Net 35", days=35),
    Kept(name="N60", days=60),
    Kept(name="Net 75", days=75),
    Kept(name="Net 90", days=90, description="Ended, see credit policy", ended=NET_90_CHANGED),
    Kept(name="2% 10 Net 30", days=30, discount_percent="2", discount_days="10"),
    Kept(name="10th of next month", days=10, start="of next month from invoice/bill date"),
)

BillTerm = tuple[str, int, int]
"""Name, days due, and how many days ago it was last changed in billing."""

BILL_TERMS: tuple[BillTerm, ...] = (
    ("Due on receipt", 0, 900),
    ("Net 10", 10, 900),
    ("Net 14 ", 14, 9),
    ("Net 15", 15, 900),
    ("Net 20", 20, 30),
    ("Net 25 EOM", 25, 25),
    ("Net 30", 30, 900),
    ("Net\N{NO-BREAK SPACE}35", 35, 6),
    ("Net 45", 45, 70),
    ("2% 10 Net 50", 50, 20),
    ("Net 55", 55, 40),
    ("N60", 60, 900),
    ("Net 65", 65, 80),
    ("\N{GREEK CAPITAL LETTER NU}et 75", 75, 8),
    ("Net 90", 90, 900),
    ("Per contract", 120, 35),
)
"""The few that were changed lately were renamed, and drifted by it."""


def add_terms(
    world: World, ar_terms: Sequence[Kept] = INTACCT_TERMS, bill_terms: Sequence[BillTerm] = BILL_TERMS
) -> dict[str, Record]:
    """Keeps both systems' terms; billing's by name."""
    now = world.calendar.now()
    for number, kept in enumerate(ar_terms, FIRST_RECORD):
        world.store.table("arterm")[str(number)] = _arterm(kept, str(number), now)
    world.store.table("sequence")["arterm"] = {"next": FIRST_RECORD + len(ar_terms)}
    return {name: _bill_term(world, name, days, age, now) for name, days, age in bill_terms}


def _arterm(kept: Kept, number: str, now: datetime) -> Record:
    created = (now - timedelta(days=1000 + int(number))).strftime(STAMP)
    changed = created if kept.ended is None else (now - timedelta(days=kept.ended)).strftime(STAMP)
    return {
        "RECORDNO": number,
        "NAME": kept.name,
        "DESCRIPTION": kept.description,
        "STATUS": "active" if kept.ended is None else "inactive",
        "DUEDATE": str(kept.days),
        "DUEFROM": kept.start,
        "DISCDATE": kept.discount_days,
        "DISCFROM": FROM_INVOICE,
        "DISCAMOUNT": kept.discount_percent,
        "DISCPERCAMN": "%" if kept.discount_percent else "$",
        "DISCFUDGEDAYS": "",
        "DISCCALCON": "Invoice total",
        "PEN_TYPES": "No Penalty",
        "PENAMOUNT": "",
        "PENPERCAMN": "$",
        "PENFUDGEDAYS": "",
        "WHENCREATED": created,
        "WHENMODIFIED": changed,
        "CREATEDBY": "agarcia",
        "MODIFIEDBY": "agarcia" if kept.ended is None else "jsmith",
        "MEGAENTITYID": "",
    }


def _bill_term(world: World, name: str, days: int, age: int, now: datetime) -> Record:
    term_id = books.new_id(world, "00p")
    term: Record = {
        "id": term_id,
        "name": name,
        "daysDue": days,
        "createdTime": moment(now - timedelta(days=max(age, 400))),
        "updatedTime": moment(now - timedelta(days=age)),
    }
    world.store.table("bill_term")[term_id] = term
    return term
