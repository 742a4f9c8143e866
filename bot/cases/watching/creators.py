"""Who makes the records of invoices that come from the source: by him an invoice that a person keyed is told apart."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from bot.billing.source import SourceError
from bot.cases.codec import BOOKED
from bot.cases.ports import Company
from bot.cases.view import KeyedByHand
from bot.intacct.errors import IntacctError
from bot.intacct.invoices import BookedInvoice
from bot.records.engine import Database
from bot.records.tables import case_invoices, cases

ENOUGH = 5
"""Invoices in both systems; of fewer nothing is concluded."""
SHARE = 0.8
"""Of them, made by one user: then that one is the sync's."""
REMEMBERED = 200
"""Arrived invoices of earlier cases that are looked at, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """The user who makes the records of synced invoices."""

    user: str
    made: int
    known: int


class Creators:
    """Learns the sync's user of one company: from invoices that arrived, else once from both systems."""

    def __init__(self, database: Database, company: Company) -> None:
        self._database = database
        self._company = company
        self._lock = threading.Lock()
        self._asked = False
        self._read: Usual | None = None

    def by_hand(self, records: Sequence[BookedInvoice]) -> KeyedByHand | None:
        """What speaks for a person's having keyed an invoice; None where nothing does, or nothing is known."""
        if not records or not records[-1].created_by:
            return None
        newest, usual = records[-1], self.usual()
        if usual is None or newest.created_by == usual.user:
            return None
        return KeyedByHand(
            created_by=newest.created_by,
            created_at=newest.created_at,
            usual=usual.user,
            made=usual.made,
            known=usual.known,
        )

    def usual(self) -> Usual | None:
        """The sync's user, where the evidence tells one."""
        remembered = usual_of(self._remembered())
        if remembered is not None:
            return remembered
        with self._lock:
            if not self._asked:
                self._read, self._asked = self._ask()
            return self._read

    def _remembered(self) -> list[str]:
        with self._database.transaction() as connection:
            rows = connection.scalars(
                select(case_invoices.c.booked)
                .join(cases, cases.c.id == case_invoices.c.case_id)
                .where(cases.c.company == self._company.key, case_invoices.c.arrival == "arrived")
                .order_by(case_invoices.c.added_at.desc())
                .limit(REMEMBERED)
            ).all()
        return [BOOKED.validate_python(row)[-1].created_by for row in rows if row]

    def _ask(self) -> tuple[Usual | None, bool]:
        """From the newest invoices in Intacct those that the source knows: one request to each. And whether it went."""
        try:
            made = self._company.books.latest_invoices()
            known = self._company.source.find([each.number for each in made if each.number])
        except (IntacctError, SourceError):
            return None, False
        return usual_of(each.created_by for each in made if len(known.get(each.number, ())) == 1), True


def usual_of(creators: Iterable[str]) -> Usual | None:
    """The one who made most of them by far; None where nobody did, or of too few."""
    counted = Counter(creator for creator in creators if creator)
    known = counted.total()
    if known < ENOUGH:
        return None
    user, made = counted.most_common(1)[0]
    return Usual(user=user, made=made, known=known) if made >= SHARE * known else None
