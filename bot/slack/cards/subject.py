"""What a card and a look-up have in common: one term, the invoices that bear it, and what was found."""

from __future__ import annotations

from dataclasses import dataclass

from bot.billing.source import THE_SYSTEM, TermOrigin
from bot.cases.case import CaseState
from bot.cases.view import CaseInvoice, CaseView, Diagnosis
from bot.slack.cards import words
from bot.terms.matching import MatchKind
from bot.terms.proposal import Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One term in one company, as it was found."""

    company: str
    entity: str
    source_label: str
    system_label: str
    """What people call the system in which an invoice is corrected and synced."""
    term_name: str | None
    """Exactly as at the source; None while not known."""
    term_origin: str
    """A `TermOrigin` value."""
    invoices: tuple[CaseInvoice, ...]
    diagnosis: Diagnosis | None
    proposal: Proposal | None
    billing_url: str
    books_url: str
    failed: bool = True
    """Whether an alert said that the sync failed; False for a look-up."""
    on_card: bool = True
    """Whether it stands on its case's card, where it can be decided; False for a look-up's answer."""
    keeps_periods: bool = False
    """Whether the company keeps a close calendar, so that an invoice may be dated in a closed period."""
    settled: bool = False
    """Whether something was decided or done since: what was found then may no longer be so."""

    @property
    def kind(self) -> MatchKind | None:
        """How the term stands; None while it is not known."""
        match = self.diagnosis.match if self.diagnosis is not None else None
        return match.kind if match is not None else None

    @property
    def source(self) -> str:
        """What people call the source, safe to show."""
        return words.name(self.source_label, 40) if self.source_label else THE_SYSTEM

    @property
    def system(self) -> str:
        """What people call the system in which something is to be done, safe to show."""
        return words.name(self.system_label, 40) if self.system_label else THE_SYSTEM

    @property
    def term(self) -> str:
        """The term's name as a card shows it inside a sentence."""
        return words.name(self.term_name, 100) if self.term_name is not None else "the term"

    @property
    def coded_term(self) -> str:
        """The term's name in code quotes."""
        return words.code(self.term_name, 100) if self.term_name is not None else "the term"

    @property
    def source_link(self) -> str:
        """The billing system's name, as a link where there is one."""
        return words.link(self.billing_url, self.system)

    @property
    def books_link(self) -> str:
        """Intacct, as a link to its AR terms where there is one."""
        return words.link(self.books_url, "Intacct")

    @property
    def inferred(self) -> str:
        """A sentence on a term that no invoice names, empty where the invoice names it."""
        return {
            TermOrigin.CUSTOMER.value: "The invoice names no term; this one is the customer's default, an inference.",
            TermOrigin.DAYS.value: "The invoice names no term; this one fits the days between its dates, an inference.",
            TermOrigin.ALERT.value: "The term is known from the alert's text alone.",
            TermOrigin.PERSON.value: "The term was told by a person.",
        }.get(self.term_origin, "")


def of_case(view: CaseView) -> Subject:
    """The subject of a case."""
    return Subject(
        company=view.company,
        entity=view.books_entity,
        source_label=view.source_label,
        system_label=view.system,
        term_name=view.term_name,
        term_origin=view.term_origin,
        invoices=view.invoices,
        diagnosis=view.diagnosis,
        proposal=view.proposal,
        billing_url=view.billing_url,
        books_url=view.books_url,
        failed=not view.found_before,
        keeps_periods=view.keeps_periods,
        settled=view.state not in (CaseState.OPEN, CaseState.AWAITING_DECISION),
    )
