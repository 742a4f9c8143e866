"""Reading both systems for a case: invoices at the source, terms and their use in Intacct, what is not known."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar

from bot.billing.source import (
    MOST_EVIDENCE,
    BilledInvoice,
    SourceError,
    SourceTerm,
    SourceUnsupported,
    TermInvoices,
    TermOrigin,
)
from bot.cases.ports import Company
from bot.cases.view import Diagnosis, Unknown
from bot.intacct.errors import IntacctError
from bot.terms.matching import Match, MatchKind, Vocabulary
from bot.terms.proposal import InvoiceEvidence, Proposal, Undecided, propose
from bot.terms.term import ArTerm, PaymentTerm

T = TypeVar("T")

TERMS_FRESH_S = 5.0
USES_FRESH_S = 60.0
EVIDENCE_DAYS = 365
EVIDENCE_SHOWN = 12
"""Invoices that the proof is made over; the newest."""


@dataclass(slots=True)
class _Kept(Generic[T]):
    """A value read, for a few seconds."""

    read: Callable[[], T]
    fresh_s: float
    _value: T | None = None
    _at: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, *, fresh: bool = False) -> T:
        """The kept value, or a new one where that is too old or `fresh` is asked for."""
        with self._lock:
            if fresh or self._value is None or time.monotonic() - self._at > self.fresh_s:
                self._value = self.read()
                self._at = time.monotonic()
            return self._value


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What one look at both systems gave, for any number of invoices and terms."""

    at: datetime
    invoices: Mapping[str, tuple[BilledInvoice, ...]]
    vocabulary: Vocabulary | None
    """None where Intacct did not answer; `books_trouble` then says why."""
    uses: Mapping[str, int] | None
    source_terms: tuple[SourceTerm, ...] | None
    source_trouble: str = ""
    books_trouble: str = ""
    books_error: IntacctError | None = None
    """What `books_trouble` says, with its kind."""
    source_terms_trouble: str = ""
    """Why the source's terms could not be read; empty where they were, and where it keeps none."""
    not_known: tuple[str, ...] = ()

    def days_of(self, name: str) -> int | None:
        """The days that the source keeps for exactly this name."""
        return next((term.days for term in self.source_terms or () if term.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """The source's other invoices with some terms."""

    by_term: Mapping[str, TermInvoices] = field(default_factory=dict)
    trouble: str = ""
    """A sentence where they could not be read."""
    unread: bool = False
    """Whether asking later may help: the source can tell them and did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a look means for one term."""

    diagnosis: Diagnosis
    proposal: Proposal | None
    unread: str = ""
    """What the source should have told for the proof and did not; empty where nothing is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A person's own rule for a term."""

    rule: PaymentTerm
    description: str = ""


class Reader:
    """Reads one company's two systems, together and as seldom as the question allows."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._terms: _Kept[tuple[ArTerm, ...]] = _Kept(company.books.terms, TERMS_FRESH_S)
        self._uses: _Kept[Mapping[str, int]] = _Kept(company.books.term_use, USES_FRESH_S)
        self._source_terms: _Kept[tuple[SourceTerm, ...]] = _Kept(lambda: tuple(company.source.terms()), TERMS_FRESH_S)
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix=f"read-{company.key}")

    def ar_terms(self, *, fresh: bool = False) -> tuple[ArTerm, ...]:
        """Intacct's AR terms; `fresh` reads them again. Raises IntacctError."""
        return self._terms.get(fresh=fresh)

    def vocabulary(self, *, fresh: bool = False) -> Vocabulary:
        """Intacct's terms prepared for matching. Raises IntacctError."""
        return Vocabulary(self.ar_terms(fresh=fresh), entity=self._company.entity or None)

    def look(self, numbers: Iterable[str], now: datetime, *, fresh: bool = False) -> Findings:
        """One look for all `numbers`: the source's invoices and terms, Intacct's terms and their use, all at once.

        Never raises for a service that does not answer: the findings say so.
        """
        wanted = sorted(set(numbers))
        source = self._company.source
        invoices = self._pool.submit(lambda: dict(source.find(wanted)) if wanted else {})
        source_terms = self._pool.submit(self._source_terms.get, fresh=fresh)
        terms = self._pool.submit(self.vocabulary, fresh=fresh)
        uses = self._pool.submit(self._uses.get)
        source_trouble = books_trouble = source_terms_trouble = ""
        books_error: IntacctError | None = None
        not_known: list[str] = []
        found: Mapping[str, tuple[BilledInvoice, ...]] = {}
        kept_terms: tuple[SourceTerm, ...] | None = None
        vocabulary: Vocabulary | None = None
        counted: Mapping[str, int] | None = None
        try:
            found = invoices.result()
        except SourceError as error:
            source_trouble = str(error)
        try:
            kept_terms = source_terms.result()
        except SourceUnsupported:
            not_known.append(f"{source.label} keeps no days for its terms.")
        except SourceError as error:
            source_terms_trouble = f"The terms at {source.label} could not be read: {error}"
            not_known.append(source_terms_trouble)
        try:
            vocabulary = terms.result()
        except IntacctError as error:
            books_trouble, books_error = str(error), error
        try:
            counted = uses.result()
        except IntacctError as error:
            not_known.append(f"How many invoices in Intacct use each term could not be counted: {error}")
        return Findings(
            at=now,
            invoices=found,
            vocabulary=vocabulary,
            uses=counted,
            source_terms=kept_terms,
            source_trouble=source_trouble,
            books_trouble=books_trouble,
            books_error=books_error,
            source_terms_trouble=source_terms_trouble,
            not_known=tuple(not_known),
        )

    def others(self, names: Collection[str], today: date, *, most: int = MOST_EVIDENCE) -> Others:
        """The source's other invoices of the last year with these terms, in one question. Never raises."""
        if not names:
            return Others()
        try:
            found = self._company.source.invoices_with(names, today - timedelta(days=EVIDENCE_DAYS), most=most)
        except SourceUnsupported:
            return Others(trouble=f"{self._company.source.label} cannot list the other invoices with this term.")
        except SourceError as error:
            return Others(trouble=f"Other invoices with this term could not be read: {error}", unread=True)
        return Others(by_term=found)

    def answer(
        self,
        findings: Findings,
        name: str,
        waiting: Sequence[BilledInvoice],
        *,
        alerted_at: datetime,
        entry: Entry | None = None,
        others: Others | Diagnosis | None = None,
    ) -> Answer:
        """The diagnosis of one term name, and what to write; `entry` is a person's own, which wins.

        `others`: the source's other invoices with the term, or a diagnosis of just now that knows them; None asks.
        """
        vocabulary = findings.vocabulary
        if vocabulary is None:
            return unknown(findings, Unknown.INTACCT_DOWN, findings.books_trouble)
        match = vocabulary.match(name)
        days = findings.days_of(name)
        if others is None:
            others = self.others([name], findings.at.date())
        known = _evidence(name, waiting, days, others)
        proposed = propose(
            match,
            evidence=known.lines,
            billing_days=days,
            policy=self._company.terms_policy,
            inferred=any(invoice.term_inferred for invoice in waiting),
            rule=entry.rule if entry else None,
            entity=self._company.entity or None,
        )
        diagnosis = Diagnosis(
            at=findings.at,
            match=match,
            undecided=proposed.why if isinstance(proposed, Undecided) else "",
            intacct_uses=_uses_shown(match, findings.uses),
            source_invoices=known.invoices,
            source_customers=known.customers,
            newer_than_alert=_newer(match, alerted_at),
            last_used=self._last_used(match),
            not_known=(*findings.not_known, *((known.trouble,) if known.trouble else ())),
            billing_days=days,
            evidence=known.lines,
        )
        proposal = proposed if isinstance(proposed, Proposal) else None
        if proposal is not None and entry is not None:
            proposal = replace(proposal, description=entry.description)
        unread = others.trouble if isinstance(others, Others) and others.unread else ""
        return Answer(diagnosis=diagnosis, proposal=proposal, unread=findings.source_terms_trouble or unread)

    def _last_used(self, match: Match) -> date | None:
        if match.kind is not MatchKind.INACTIVE:
            return None
        try:
            return self._company.books.last_use(match.name)
        except IntacctError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evidence:
    """What is known of the invoices that bear a term."""

    lines: tuple[InvoiceEvidence, ...]
    invoices: int | None
    customers: int | None
    trouble: str


def _evidence(name: str, waiting: Sequence[BilledInvoice], days: int | None, others: Others | Diagnosis) -> _Evidence:
    """The invoices that wait, and the source's others; counts only where all of them are known."""
    if isinstance(others, Diagnosis):
        fresh = [_as_evidence(invoice, days) for invoice in waiting]
        by_number = {line.number: line for line in (*fresh, *others.evidence) if line is not None}
        return _Evidence(
            lines=tuple(by_number.values())[:EVIDENCE_SHOWN],
            invoices=others.source_invoices,
            customers=others.source_customers,
            trouble="",
        )
    found = others.by_term.get(name, TermInvoices((), whole=True))
    by_id = {invoice.source_id: invoice for invoice in (*waiting, *found.invoices)}
    whole = found.whole and not others.trouble
    dated = [_as_evidence(invoice, days) for invoice in by_id.values()]
    return _Evidence(
        lines=tuple(line for line in dated if line is not None)[:EVIDENCE_SHOWN],
        invoices=(len(by_id) or None) if whole else None,
        customers=(len({i.customer_id for i in by_id.values()}) or None) if whole else None,
        trouble=others.trouble,
    )


def _as_evidence(invoice: BilledInvoice, days: int | None) -> InvoiceEvidence | None:
    if invoice.invoice_date is None:
        return None
    computed = days is not None and invoice.due_date == invoice.invoice_date + timedelta(days=days)
    return InvoiceEvidence(
        number=invoice.number, invoice_date=invoice.invoice_date, due_date=invoice.due_date, computed=computed
    )


def _uses_shown(match: Match, uses: Mapping[str, int] | None) -> dict[str, int]:
    if uses is None:
        return {}
    shown = {match.name, *(term.name for term in match.nearest), *((match.term.name,) if match.term else ())}
    return {name: uses.get(name, 0) for name in sorted(shown)}


def _newer(match: Match, alerted_at: datetime) -> bool:
    if match.kind is not MatchKind.EXACT or match.term is None:
        return False
    moments = [moment for moment in (match.term.created_at, match.term.modified_at) if moment is not None]
    return any(moment > alerted_at for moment in moments)


def unknown(findings: Findings, why: Unknown, detail: str = "") -> Answer:
    """The answer where the term cannot be told."""
    return Answer(
        diagnosis=Diagnosis(at=findings.at, match=None, unknown=why, detail=detail, not_known=findings.not_known),
        proposal=None,
    )


def one_invoice(findings: Findings, number: str) -> BilledInvoice | Unknown:
    """The one invoice of this number with a term, or why there is none."""
    if findings.source_trouble:
        return Unknown.SOURCE_DOWN
    found = findings.invoices.get(number, ())
    if not found:
        return Unknown.INVOICE_NOT_FOUND
    if len(found) > 1:
        return Unknown.SEVERAL_FOUND
    return found[0] if found[0].term_name is not None else Unknown.NO_TERM


def origin_of(waiting: Sequence[BilledInvoice]) -> TermOrigin:
    """How the term of a case is known: by its first invoice, or by the alert alone."""
    return waiting[0].term_origin if waiting else TermOrigin.ALERT
