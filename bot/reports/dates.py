"""Invoices whose dates are not what their term gives: kept by their numbers, told by how many have the same dates.

One name with two rules makes an odd invoice of each that bears it. A report holds as many as there are dates, however many
invoices there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Protocol

from sqlalchemy import ARRAY, ColumnElement, Connection, Text, any_, cast, func, not_, select, text
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from bot.records.engine import Database
from bot.records.tables import drift_dates
from bot.terms.drift import EXAMPLES_KEPT, DatedInvoice

NUMBERS_AT_ONCE = 1_000
_DATES_WITH_EXAMPLES = EXAMPLES_KEPT
"""The newest so many dates of a term keep a few invoices each as examples, the older ones one."""


@dataclass(slots=True)
class Alike:
    """Invoices of one term that have the very same dates."""

    count: int = 0
    examples: list[DatedInvoice] = field(default_factory=list)
    """The first few that came."""

    def add(self, examples: Sequence[DatedInvoice], count: int = 1) -> None:
        """Counts more of them."""
        self.count += count
        self.examples += examples[: EXAMPLES_KEPT - len(self.examples)]


_Dates = tuple[str, date, date, date]
"""Term, invoice date, due date at the source, due date in the books."""


def _dates_of(invoice: DatedInvoice) -> _Dates:
    return invoice.term_name, invoice.invoice_date, invoice.billed_due, invoice.booked_due


class Fold:
    """Many invoices by their dates, in memory that grows with the dates alone."""

    def __init__(self) -> None:
        self._by_dates: defaultdict[_Dates, Alike] = defaultdict(Alike)

    def add(self, examples: Sequence[DatedInvoice], count: int = 1) -> None:
        """Takes in `count` invoices that have the same dates, of which these are some."""
        self._by_dates[_dates_of(examples[0])].add(examples, count)

    def told(self) -> tuple[DatedInvoice, ...]:
        """A few invoices of each date, which together stand for all of them."""
        by_term: defaultdict[tuple[str, bool], list[Alike]] = defaultdict(list)
        for (term_name, _, billed_due, booked_due), alike in self._by_dates.items():
            by_term[term_name, billed_due == booked_due].append(alike)
        return tuple(invoice for each in by_term.values() for invoice in _thinned(each))


def _thinned(alike: list[Alike]) -> Iterator[DatedInvoice]:
    alike.sort(key=lambda each: each.examples[0].invoice_date, reverse=True)
    for place, each in enumerate(alike):
        first, *others = each.examples[: EXAMPLES_KEPT if place < _DATES_WITH_EXAMPLES else 1]
        yield replace(first, alike=each.count - len(others))
        yield from others


class OddDates(Protocol):
    """What is known of odd dates, replaced a batch at a time while a run reads."""

    def begin(self, *, whole: bool) -> None:
        """A run begins. `whole`: it looks at every invoice of the year, and what it does not find is there no more."""

    def replace(self, numbers: Sequence[str], odd: Sequence[DatedInvoice]) -> None:
        """These invoices were looked at, and those of them are odd."""

    def before(self) -> Iterator[list[str]]:
        """The invoices that were odd before the run, in batches."""

    def told(self) -> tuple[DatedInvoice, ...]:
        """All that are odd by now, a few for each date."""


class KeptDates:
    """Odd dates in the database. What a run notes is true whether or not the run itself comes to be kept."""

    def __init__(self, database: Database, company: str, at: datetime) -> None:
        self._database = database
        self._company = company
        self._at = at
        self._whole = False

    def begin(self, *, whole: bool) -> None:
        """Nothing is forgotten yet, as the run may fail."""
        self._whole = whole

    def replace(self, numbers: Sequence[str], odd: Sequence[DatedInvoice]) -> None:
        """Replaces what is kept of these invoices."""
        with self._database.transaction() as connection:
            # Two runs at once would wait for each other's rows for ever.
            connection.execute(text("LOCK TABLE drift_dates IN SHARE ROW EXCLUSIVE MODE"))
            connection.execute(drift_dates.delete().where(_of(self._company), _among(numbers)))
            if odd:
                rows = [_row(self._company, each, self._at) for each in odd]
                connection.execute(insert(drift_dates).on_conflict_do_nothing(), rows)

    def before(self) -> Iterator[list[str]]:
        """The numbers that are kept from before this run."""
        yield from _numbers(self._database, _of(self._company), drift_dates.c.seen_at < self._at)

    def told(self) -> tuple[DatedInvoice, ...]:
        """Those that are kept; of a run over a whole year those that it saw."""
        fold = Fold()
        with self._database.transaction() as connection:
            seen = (drift_dates.c.seen_at >= self._at,) if self._whole else ()
            _fold(connection, fold, _of(self._company), *seen)
        return fold.told()

    def forget(self, connection: Connection) -> None:
        """A run over a whole year is kept: what it did not see is odd no more, or is gone."""
        if self._whole:
            connection.execute(drift_dates.delete().where(_of(self._company), drift_dates.c.seen_at < self._at))


class HeldDates:
    """Odd dates of a run that keeps nothing: what is kept is read, and not changed."""

    def __init__(self, database: Database, company: str) -> None:
        self._database = database
        self._company = company
        self._whole = False
        self._looked_at: set[str] = set()
        self._fold = Fold()

    def begin(self, *, whole: bool) -> None:
        """Of a whole year no numbers need be remembered: nothing that is kept counts."""
        self._whole = whole

    def replace(self, numbers: Sequence[str], odd: Sequence[DatedInvoice]) -> None:
        """Remembers what is to be told otherwise than it is kept."""
        if not self._whole:
            self._looked_at.update(numbers)
        for each in odd:
            self._fold.add([each])

    def before(self) -> Iterator[list[str]]:
        """The numbers that are kept and were not looked at."""
        for numbers in _numbers(self._database, _of(self._company)):
            if left := [number for number in numbers if number not in self._looked_at]:
                yield left

    def told(self) -> tuple[DatedInvoice, ...]:
        """What was found, and of what is kept that which was not looked at."""
        if not self._whole:
            with self._database.transaction() as connection:
                _fold(connection, self._fold, _of(self._company), not_(_among(sorted(self._looked_at))))
        return self._fold.told()


def _of(company: str) -> ColumnElement[bool]:
    return drift_dates.c.company == company


def _among(numbers: Sequence[str]) -> ColumnElement[bool]:
    """One array instead of a parameter for each, of which PostgreSQL takes 65,535."""
    return drift_dates.c.number == any_(cast(list(numbers), ARRAY(Text)))


def _numbers(database: Database, *which: ColumnElement[bool]) -> Iterator[list[str]]:
    last = ""
    while True:
        after = select(drift_dates.c.number).where(*which, drift_dates.c.number > last)
        with database.transaction() as connection:
            numbers = list(connection.scalars(after.order_by(drift_dates.c.number).limit(NUMBERS_AT_ONCE)))
        if not numbers:
            return
        last = numbers[-1]
        yield numbers


def _row(company: str, invoice: DatedInvoice, at: datetime) -> dict[str, object]:
    return {
        "company": company,
        "number": invoice.number,
        "term_name": invoice.term_name,
        "invoice_date": invoice.invoice_date,
        "billed_due": invoice.billed_due,
        "booked_due": invoice.booked_due,
        "link": invoice.link,
        "seen_at": at,
    }


def _fold(connection: Connection, fold: Fold, *which: ColumnElement[bool]) -> None:
    """Takes in what is kept, counted by the database."""
    dates = (
        drift_dates.c.term_name,
        drift_dates.c.invoice_date,
        drift_dates.c.billed_due,
        drift_dates.c.booked_due,
    )
    newest = drift_dates.c.number.desc()
    rows = connection.execute(
        select(
            *dates,
            func.count().label("alike"),
            func.array_agg(aggregate_order_by(drift_dates.c.number, newest), type_=ARRAY(Text))[1:EXAMPLES_KEPT].label(
                "numbers"
            ),
            func.array_agg(aggregate_order_by(drift_dates.c.link, newest), type_=ARRAY(Text))[1:EXAMPLES_KEPT].label(
                "links"
            ),
        )
        .where(*which)
        .group_by(*dates)
    )
    for row in rows:
        fold.add(
            [
                DatedInvoice(
                    number=number,
                    term_name=row.term_name,
                    invoice_date=row.invoice_date,
                    billed_due=row.billed_due,
                    booked_due=row.booked_due,
                    link=link,
                )
                for number, link in zip(row.numbers, row.links, strict=True)
            ],
            int(row.alike),
        )
