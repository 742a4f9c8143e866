"""Several sources as one, asked in their order: the first that knows answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TypeVar

from bot.billing.source import (
    MOST_EVIDENCE,
    BilledInvoice,
    BilledList,
    Source,
    SourceCustomer,
    SourceError,
    SourceTerm,
    SourceUnsupported,
    TermInvoices,
    TermUse,
)

_T = TypeVar("_T")


class SourceChain:
    """The source protocol over several sources, e.g. BILL, then the invoice file, then the alert's text."""

    def __init__(self, sources: Sequence[Source]) -> None:
        """`sources`: at least one, in the order in which they are asked."""
        if not sources:
            raise ValueError("a chain needs at least one source")
        self._sources = tuple(sources)

    @property
    def label(self) -> str:
        """The first source's: the others stand in for it."""
        return self._sources[0].label

    @property
    def system(self) -> str:
        """The first source's."""
        return self._sources[0].system

    def find(self, numbers: Sequence[str]) -> Mapping[str, tuple[BilledInvoice, ...]]:
        """For each number what the first source that knows it tells.

        Where that source names no term for its one invoice, a later source's term is added, with its origin; the other
        facts stay. A source that fails is passed over; its error is raised only where a number stays unknown.
        """
        found: dict[str, tuple[BilledInvoice, ...]] = dict.fromkeys(numbers, ())
        trouble: SourceError | None = None
        for source in self._sources:
            asked = [number for number, known in found.items() if _wanting(known)]
            if not asked:
                break
            try:
                told = source.find(asked)
            except SourceUnsupported:
                continue
            except SourceError as error:
                trouble = trouble or error
                continue
            for number in asked:
                found[number] = _joined(found[number], told.get(number, ()))
        if trouble is not None and not all(found.values()):
            raise trouble
        return found

    def terms(self) -> Sequence[SourceTerm]:
        """The terms of the first source that lists them. Raises SourceError."""
        return self._first(lambda source: source.terms())

    def in_use(self, since: date) -> Mapping[str, TermUse]:
        """The use that the first source tells that can. Raises SourceError."""
        return self._first(lambda source: source.in_use(since))

    def invoices_with(
        self, term_names: Collection[str], since: date, *, most: int = MOST_EVIDENCE
    ) -> Mapping[str, TermInvoices]:
        """The invoices of the first source that can list them. Raises SourceError."""
        return self._first(lambda source: source.invoices_with(term_names, since, most=most))

    def changed(self, since: datetime | None, dated_from: date) -> Iterator[BilledInvoice]:
        """The invoices of the first source that can list them. Raises SourceError."""
        return self._first(lambda source: source.changed(since, dated_from))

    def customer_terms(self) -> Sequence[SourceCustomer]:
        """The customers of the first source that knows them. Raises SourceError."""
        return self._first(lambda source: source.customer_terms())

    def billed_between(self, first: date, last: date) -> BilledList:
        """The invoices of the first source that can list them. Raises SourceError."""
        return self._first(lambda source: source.billed_between(first, last))

    def _first(self, question: Callable[[Source], _T]) -> _T:
        """The answer of the first source that can give one; one that fails is not replaced, its numbers would differ."""
        unsupported: SourceUnsupported | None = None
        for source in self._sources:
            try:
                return question(source)
            except SourceUnsupported as error:
                unsupported = unsupported or error
        raise unsupported or SourceUnsupported("No source can answer that.")


def _wanting(known: tuple[BilledInvoice, ...]) -> bool:
    """Whether a later source may add something: nothing is known, or the one invoice's term is not."""
    return not known or (len(known) == 1 and known[0].term_name is None)


def _joined(known: tuple[BilledInvoice, ...], told: tuple[BilledInvoice, ...]) -> tuple[BilledInvoice, ...]:
    if not known:
        return told
    if len(told) == 1 and told[0].term_name is not None:
        return (replace(known[0], term_name=told[0].term_name, term_origin=told[0].term_origin),)
    return known
