"""Who holds on to AR terms in Intacct, so that none is made inactive that something still names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from bot.cases.ports import Company
from bot.intacct.errors import IntacctError
from bot.terms.drift import TwoVocabularies
from bot.terms.standard import Holder, Holders

YEAR = timedelta(days=365)
"""Paid invoices from before are of no concern: they keep their term, and nothing new is made of them."""
OTHER_RECORDS: Mapping[Holder, str] = {
    Holder.RECURRING: "ARRECURINVOICE",
    Holder.ORDER_ENTRY: "SODOCUMENT",
    Holder.TEMPLATES: "SORECURDOCUMENT",
    Holder.CONTRACTS: "CONTRACT",
}
OBJECTS: Mapping[Holder, str] = {Holder.CUSTOMERS: "CUSTOMER", **OTHER_RECORDS}
"""Whose records are counted by term, where this company has the object and it lists a field for the term."""
IN_BOOKS = (Holder.INVOICES, Holder.OPEN_INVOICES, *OBJECTS)
"""What Intacct is asked about."""
NOTHING_READ = Holders(unread=frozenset(Holder) - {Holder.OTHER_ENTITIES})
"""Before anybody was asked."""


@dataclass(slots=True)
class _Asking:
    by_term: defaultdict[str, dict[Holder, int]] = field(default_factory=lambda: defaultdict(dict))
    unread: set[Holder] = field(default_factory=set)

    def ask(self, holder: Holder, question: Callable[[], Mapping[str, int] | None]) -> None:
        """Notes what one kind of holder answers; one that does not stands among the unread."""
        try:
            counted = question()
        except IntacctError:
            counted = None
        if counted is None:
            self.unread.add(holder)
            return
        for name, count in counted.items():
            self.by_term[name][holder] = count


def holders(company: Company, world: TwoVocabularies, now: datetime) -> Holders:
    """Who holds which term, in all entities where the sign-in is at the top level. Never raises for a service.

    Costs what `in_books` does.
    """
    asking = _asked(company, now, IN_BOOKS)
    in_use = {name.name: 1 for name in world.source if name.in_use}
    asking.ask(Holder.SOURCE, lambda: in_use if world.source else None)
    if company.entity:
        asking.unread.add(Holder.OTHER_ENTITIES)
    return Holders(by_term=dict(asking.by_term), unread=frozenset(asking.unread))


def in_books(company: Company, now: datetime, wanted: Collection[Holder]) -> Holders:
    """Who in Intacct holds which term, of the kinds that are wanted. Never raises for a service.

    Costs a request a kind; before that, once a process, one a further kind of record to learn whether it can be read.
    """
    asking = _asked(company, now, wanted)
    return Holders(by_term=dict(asking.by_term), unread=frozenset(asking.unread))


def _asked(company: Company, now: datetime, wanted: Collection[Holder]) -> _Asking:
    books, asking = company.books, _Asking()
    since = (now - YEAR).astimezone(company.zone).date()
    questions: dict[Holder, Callable[[], Mapping[str, int] | None]] = {
        Holder.INVOICES: lambda: books.year_use(since),
        Holder.OPEN_INVOICES: books.unpaid_use,
        **{holder: partial(books.holders, kind) for holder, kind in OBJECTS.items()},
    }
    for holder in wanted:
        asking.ask(holder, questions[holder])
    return asking
