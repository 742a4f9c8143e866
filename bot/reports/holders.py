"""Who holds on to AR terms, so that none is retired that something still names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from bot.cases.ports import Company
from bot.intacct.errors import IntacctError
from bot.reports.reading import YEAR
from bot.terms.drift import TwoVocabularies
from bot.terms.standard import Holder, Holders

OBJECTS: Mapping[Holder, str] = {
    Holder.CUSTOMERS: "CUSTOMER",
    Holder.RECURRING: "ARRECURINVOICE",
    Holder.ORDER_ENTRY: "SODOCUMENT",
    Holder.TEMPLATES: "SORECURDOCUMENT",
    Holder.CONTRACTS: "CONTRACT",
}
"""Whose records are counted by term, where this company has the object and it lists a field for the term."""
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

    Costs a request for the year's invoices, one for the open ones, and one for each object that can be read; before
    that, once a process, one to learn whether it can.
    """
    books, asking = company.books, _Asking()
    since = (now - YEAR).astimezone(company.zone).date()
    asking.ask(Holder.INVOICES, lambda: books.year_use(since))
    asking.ask(Holder.OPEN_INVOICES, books.unpaid_use)
    for holder, kind in OBJECTS.items():
        asking.ask(holder, partial(books.holders, kind))
    in_use = {name.name: 1 for name in world.source if name.in_use}
    asking.ask(Holder.SOURCE, lambda: in_use if world.source else None)
    if company.entity:
        asking.unread.add(Holder.OTHER_ENTITIES)
    return Holders(by_term=dict(asking.by_term), unread=frozenset(asking.unread))
