"""One look at both systems for a report: vocabularies, use, defaults and dates, with as few requests as they allow."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TypeVar

from bot.billing.source import BilledInvoice, SourceCustomer, SourceError, SourceTerm, SourceUnsupported
from bot.cases.ports import Company
from bot.cases.withdrawing.holders import YEAR
from bot.intacct.customers import BookedCustomer
from bot.intacct.errors import IntacctError, Refused
from bot.intacct.invoices import BookedInvoice
from bot.reports.dates import OddDates
from bot.reports.memory import WHOLE_EVERY, LastLook
from bot.reports.report import sums
from bot.terms.drift import (
    EXAMPLES_KEPT,
    FAILING,
    Amount,
    CustomerDefault,
    DatedInvoice,
    Example,
    FindingKind,
    SourceName,
    TwoVocabularies,
    own_due_date,
)
from bot.terms.matching import MatchKind, Vocabulary
from bot.terms.standard import due_otherwise
from bot.terms.term import ArTerm

T = TypeVar("T")

ALL = frozenset(FindingKind)
A_DAY = timedelta(days=1)
"""Intacct tells by the day what changed, and its zone is not known."""
OVERLAP = timedelta(minutes=10)
"""Read again before where the last run left off: the two systems' clocks are not ours."""
MOST_FAILING = 1_000
"""Invoices looked at for a term that fails; the newest."""
BATCH = 1_000
"""Invoices compared at a time: what one query to Intacct takes, and what memory holds."""

NAMED = 5
"""Names that a sentence lists."""

Progress = Callable[[str], None]
"""Is told in a few words what is being read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one run has read."""

    world: TwoVocabularies
    whole: bool
    """Whether the whole year was read."""
    read_from: datetime | None
    """From when the next run has to read what changed; None where nothing could be read."""
    missing: tuple[str, ...]
    """Sentences: what could not be read."""
    untold: tuple[str, ...] = ()
    """Sentences: what these systems can never tell."""
    unread: frozenset[FindingKind] = frozenset()
    """The kinds that could not be looked for, so that none of them is called fixed."""
    unanswered: frozenset[FindingKind] = frozenset()
    """Those of them for which a service did not answer: another try may tell them."""
    waiting: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Term name → numbers of invoices that bear it and are not in Intacct."""


@dataclass(slots=True)
class _Looking:
    """A run under way."""

    company: Company
    now: datetime
    progress: Progress
    missing: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    unread: set[FindingKind] = field(default_factory=set)
    unanswered: set[FindingKind] = field(default_factory=set)

    @property
    def year_ago(self) -> date:
        return (self.now - YEAR).astimezone(self.company.zone).date()

    def read(self, what: str, question: Callable[[], T], without: Collection[FindingKind] = ()) -> T | None:
        """The answer, or None and a sentence on what is missing; `without` are the kinds that then cannot be told."""
        self.progress(f"reading {what}")
        try:
            return question()
        except SourceUnsupported:
            label = self.company.source.label
            self.untold.append(f"{label[:1].upper()}{label[1:]} cannot tell {what}.")
            return None
        except SourceError as error:
            self.missing.append(f"{self.company.source.label}: {what} could not be read: {error}")
        except IntacctError as error:
            self.missing.append(f"Intacct: {what} could not be read: {error}")
        self.unread |= set(without)
        self.unanswered |= set(without)
        return None


class Reading:
    """Reads both systems of one company."""

    def __init__(self, company: Company) -> None:
        self._company = company

    def look(
        self,
        now: datetime,
        last: LastLook | None,
        odd: OddDates,
        *,
        dates: bool = True,
        progress: Progress = lambda _: None,
    ) -> Look:
        """Reads what a report needs. Never raises for a service that does not answer: the look says what is missing.

        `odd`: what earlier looks know of odd dates; it is replaced while this one reads.
        `dates`: False leaves out what only the weekly report compares.
        """
        run = _Looking(company=self._company, now=now, progress=progress)
        terms, books, uses, customers, defaults = self._lists(run, dates=dates)
        vocabulary = Vocabulary(books or (), entity=self._company.entity or None)
        if FindingKind.CUSTOMER_DEFAULT in run.unread:
            # What only a customer has may be in use. No sync fails for it yet, so that nobody need ask again for it.
            run.unread |= ALL - {FindingKind.OVERRIDDEN}
        had_by = None if defaults is None else Counter(each.term_name for each in defaults)
        names, waiting = self._names(run, terms or (), vocabulary, uses, had_by)
        whole = dates and (last is None or last.whole_at is None or now - last.whole_at >= WHOLE_EVERY)
        since = None if whole or last is None else last.read_from
        found: tuple[DatedInvoice, ...] | None = None
        gone = terms is None or books is None
        if dates and not gone:
            days = {term.name: term.days for term in terms or ()}
            odd.begin(whole=whole)
            found = self._dates(run, since, _Dates(days, odd, keeps_numbers=not whole))
        world = TwoVocabularies(
            today=now.astimezone(self._company.zone).date(),
            source=() if gone else names,
            books=books or (),
            entity=self._company.entity or None,
            book_uses=None if gone else uses,
            customers=None if gone or customers is None else _defaults(run, customers, defaults),
            dated=None if gone else found,
        )
        return Look(
            world=world,
            whole=whole and found is not None,
            read_from=now - OVERLAP if found is not None else (last.read_from if last else None),
            missing=tuple(dict.fromkeys(run.missing)),
            untold=tuple(dict.fromkeys(run.untold)),
            unread=ALL if gone else world.unread | frozenset(run.unread),
            unanswered=frozenset(run.unanswered),
            waiting=waiting,
        )

    def _lists(
        self, run: _Looking, *, dates: bool
    ) -> tuple[
        tuple[SourceTerm, ...] | None,
        tuple[ArTerm, ...] | None,
        Mapping[str, int] | None,
        tuple[BookedCustomer, ...] | None,
        tuple[SourceCustomer, ...] | None,
    ]:
        """Both vocabularies, and with `dates` the use and the defaults: all at once."""
        company = self._company
        with ThreadPoolExecutor(5, thread_name_prefix="report") as threads:

            def read(what: str, question: Callable[[], T], without: Collection[FindingKind] = ()) -> Future[T | None]:
                # In a copy of this context, so that its requests count as this run's.
                return threads.submit(copy_context().run, run.read, what, question, without)

            terms = read("its payment terms", lambda: tuple(company.source.terms()), ALL)
            books = read("the AR terms", company.books.terms, ALL)
            uses = customers = defaults = None
            if dates:
                uses = read("use by term", lambda: company.books.term_use(since=run.year_ago))
                customers = read("customers' default terms", company.books.customers)
                defaults = read(
                    "its customers' default terms",
                    lambda: tuple(company.source.customer_terms()),
                    (FindingKind.CUSTOMER_DEFAULT,),
                )
        return (
            terms.result(),
            books.result(),
            uses.result() if uses else None,
            customers.result() if customers else None,
            defaults.result() if defaults else None,
        )

    def _names(
        self,
        run: _Looking,
        terms: Sequence[SourceTerm],
        vocabulary: Vocabulary,
        uses: Mapping[str, int] | None,
        had_by: Mapping[str | None, int] | None,
    ) -> tuple[tuple[SourceName, ...], dict[str, tuple[str, ...]]]:
        """Each source term with its use; for those that fail, what waits is read from both sides.

        For a term that both have, Intacct's count stands for the source's: the sync made those invoices. `had_by`: term
        name → customers at the source whose default it is; None where that is not known.
        """
        failing = {
            term.name for term in terms if vocabulary.match(term.name, nearest=False).kind is not MatchKind.EXACT
        }
        bearing: Mapping[str, tuple[BilledInvoice, ...]] = {}
        if failing:
            asked = run.read("the invoices of terms that fail", lambda: self._bearing(run, failing), FAILING)
            bearing = asked or {}
        there = self._there(run, [invoice.number for same in bearing.values() for invoice in same])
        names, waiting = [], {}
        for term in terms:
            customers = None if had_by is None else had_by.get(term.name, 0)
            if term.name not in failing:
                used = (uses or {}).get(term.name, 0)
                names.append(SourceName(name=term.name, days=term.days, invoices=used, customers=customers))
                continue
            same = bearing.get(term.name, ())
            left = [invoice for invoice in same if there is not None and not self._arrived(invoice, there)]
            waiting[term.name] = tuple(invoice.number for invoice in left)
            names.append(
                SourceName(
                    name=term.name,
                    days=term.days,
                    invoices=len(same),
                    waiting=len(left),
                    waiting_known=there is not None,
                    at_risk=_worth(left),
                    customers=customers,
                    examples=tuple(_example(invoice) for invoice in left[:EXAMPLES_KEPT]),
                    due_otherwise=tuple(each.number for each in left if _due_otherwise(each, term)),
                )
            )
        return tuple(names), waiting

    def _bearing(self, run: _Looking, names: Collection[str]) -> dict[str, tuple[BilledInvoice, ...]]:
        """The newest invoices that bear each of these terms. One of which none came is not known to be unused."""
        source = self._company.source
        told = dict(source.invoices_with(sorted(names), run.year_ago, most=MOST_FAILING))
        if len(names) > 1 and sum(len(found.invoices) for found in told.values() if not found.whole) >= MOST_FAILING:
            # The list was full, and some may stand in it in the place of others.
            told = {name: source.invoices_with([name], run.year_ago, most=MOST_FAILING)[name] for name in sorted(names)}
        for name, found in told.items():
            if found.whole:
                continue
            if found.invoices:
                run.missing.append(f"More than {len(found.invoices):,} invoices bear “{name}”; the newest count.")
            else:
                run.missing.append(
                    f"Whether invoices bear “{name}” is not known: {source.label} has too many to look at."
                )
                run.unread |= FAILING
        return {name: tuple(found.invoices) for name, found in told.items()}

    def _there(self, run: _Looking, numbers: Sequence[str]) -> Mapping[str, Sequence[BookedInvoice]] | None:
        """What Intacct has of these numbers."""
        if not numbers:
            return {}
        return run.read("which of them have arrived", lambda: self._booked(numbers), FAILING)

    def _arrived(self, billed: BilledInvoice, there: Mapping[str, Sequence[BookedInvoice]]) -> bool:
        """Whether Intacct has this very invoice in its ledger: a number alone may be another customer's, or years old."""
        return any(
            booked.posted
            and booked.entity in (None, self._company.entity)
            and (
                _same_customer(billed, booked)
                or booked.invoice_date == billed.invoice_date
                or booked.term_name == billed.term_name
            )
            for booked in there.get(billed.number, ())
        )

    def _booked(self, numbers: Sequence[str]) -> Mapping[str, Sequence[BookedInvoice]]:
        found: defaultdict[str, list[BookedInvoice]] = defaultdict(list)
        for invoice in self._company.books.invoices(numbers):
            found[invoice.number].append(invoice)
        return found

    def _dates(self, run: _Looking, since: datetime | None, found: _Dates) -> tuple[DatedInvoice, ...] | None:
        """Compares dates invoice by invoice, a batch at a time: what changed since on either side."""

        def compare() -> tuple[DatedInvoice, ...]:
            changed = iter(self._company.source.changed(since, run.year_ago))
            for count, batch in enumerate(_batches(changed), start=1):
                run.progress(f"comparing dates, {count * BATCH:,} invoices")
                self._compare(batch, found)
            if since is not None:
                for numbers in self._changed_in_books(run, since, found.odd):
                    self._again(numbers, found)
            return found.odd.told()

        return run.read("invoices that changed", compare)

    def _again(self, numbers: Sequence[str], found: _Dates) -> None:
        """Compares invoices by their numbers, those left out that were looked at already."""
        left = [number for number in dict.fromkeys(numbers) if number not in found.looked_at]
        if left:
            told = self._company.source.find(left)
            self._compare([same[0] for same in told.values() if len(same) == 1], found, left)

    def _changed_in_books(self, run: _Looking, since: datetime, odd: OddDates) -> Iterator[Sequence[str]]:
        """What changed in Intacct alone since the last run, in batches.

        Where that cannot be asked it is what was odd before; what else changed the next whole look tells.
        """
        try:
            yield from _batches(iter(self._company.books.changed_invoices((since - A_DAY).date(), run.year_ago)))
        except Refused:
            run.untold.append(
                "Intacct cannot tell which invoices changed there; a look at all of them comes each month."
            )
            yield from odd.before()

    def _compare(self, billed: Sequence[BilledInvoice], found: _Dates, looked_for: Sequence[str] = ()) -> None:
        numbers = [each.number for each in billed]
        booked = self._booked(numbers) if billed else {}
        odd = [found.odd_one(each, booked.get(each.number, ())) for each in billed]
        found.looked(looked_for or numbers, [each for each in odd if each is not None])


@dataclass(slots=True)
class _Dates:
    """Invoices whose dates are not what both sides would give."""

    days: Mapping[str, int | None]
    odd: OddDates
    keeps_numbers: bool
    """A run over a whole year does not: it replaces all that is kept, and a million numbers are no small matter."""
    looked_at: set[str] = field(default_factory=set)

    def looked(self, numbers: Sequence[str], odd: Sequence[DatedInvoice]) -> None:
        """These invoices were looked at, and those of them are odd."""
        if self.keeps_numbers:
            self.looked_at.update(numbers)
        self.odd.replace(numbers, odd)

    def odd_one(self, billed: BilledInvoice, booked: Sequence[BookedInvoice]) -> DatedInvoice | None:
        """An invoice whose dates differ, or are not its own term's; one that is not there once is passed by."""
        if len(booked) != 1 or billed.term_name is None or booked[0].term_name != billed.term_name:
            return None
        dates = (billed.invoice_date, billed.due_date, booked[0].due_date)
        issued, paper, books = dates
        if issued is None or paper is None or books is None:
            return None
        own = own_due_date(billed.term_name, self.days.get(billed.term_name), issued)
        if paper == books and own in (None, paper):
            return None
        return DatedInvoice(
            number=billed.number,
            term_name=billed.term_name,
            invoice_date=issued,
            billed_due=paper,
            booked_due=books,
            link=billed.url,
        )


def _same_customer(billed: BilledInvoice, booked: BookedInvoice) -> bool:
    """By id where both systems use one, else by name; case and blanks make no other customer."""
    if billed.customer_id and billed.customer_id == booked.customer_id:
        return True
    ours, theirs = (" ".join(name.casefold().split()) for name in (booked.customer_name, billed.customer_name))
    return bool(ours) and ours == theirs


def _batches(each: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(each, BATCH)):
        yield batch


def _worth(invoices: Iterable[BilledInvoice]) -> tuple[Amount, ...]:
    return sums(
        Amount(amount=invoice.amount, currency=invoice.currency) for invoice in invoices if invoice.amount is not None
    )


def _due_otherwise(invoice: BilledInvoice, term: SourceTerm) -> bool:
    issued, due = invoice.invoice_date, invoice.due_date
    return issued is not None and due is not None and due_otherwise(term.name, term.days, issued, due)


def _example(invoice: BilledInvoice) -> Example:
    dated = f"dated {invoice.invoice_date.isoformat()}" if invoice.invoice_date else ""
    return Example(
        subject=invoice.number, link=invoice.url, detail=", ".join(p for p in (invoice.customer_name, dated) if p)
    )


def _defaults(
    run: _Looking, booked: Sequence[BookedCustomer], billed: Sequence[SourceCustomer] | None
) -> tuple[CustomerDefault, ...]:
    """Customers of Intacct with their default at the source, where one customer on each side has the name.

    Where several have it, nobody can tell which is which, and that is said.
    """
    theirs = Counter(customer.name for customer in billed or ())
    ours = Counter(customer.name for customer in booked)
    terms = {customer.name: customer.term_name for customer in billed or () if theirs[customer.name] == 1}
    if unsure := sorted(name for name in ours if theirs[name] and max(ours[name], theirs[name]) > 1):
        more = f" and {len(unsure) - NAMED:,} more" if len(unsure) > NAMED else ""
        named = ", ".join(f"“{name}”" for name in unsure[:NAMED])
        run.untold.append(f"Default terms were not compared where several customers have one name: {named}{more}.")
    return tuple(
        CustomerDefault(
            customer_id=customer.customer_id,
            customer_name=customer.name,
            books_term=customer.term_name,
            source_term=terms.get(customer.name) if ours[customer.name] == 1 else None,
            source_known=customer.name in terms and ours[customer.name] == 1,
            owner=customer.owner,
        )
        for customer in booked
    )
