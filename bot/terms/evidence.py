"""Which rule the name, the billing system's days and the invoices' dates together speak for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.terms.term import MOST_DAYS, DueFrom, DueRule, PaymentTerm, counted, in_words
from bot.terms.wording import readings


class FieldSource(StrEnum):
    """Where a proposed field's value comes from."""

    NAME = "read from the name"
    """What the term's name says."""
    BILLING_DAYS = "the billing system's days"
    """The days that the billing system keeps for the term."""
    INVOICE_DATES = "the invoice's dates"
    """The due dates on invoices that bear the term."""
    INTACCT = "the record in Intacct"
    """What stands in Intacct already."""
    PERSON = "a person's entry"
    """What somebody entered in the card."""
    DEFAULT = "default"
    """What Intacct takes where nothing is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceEvidence:
    """One invoice known to bear the term: what the proof is made of."""

    number: str
    invoice_date: date
    due_date: date | None
    """The due date that the customer was sent; None where it is not known."""
    computed: bool = False
    """True where the billing system computed the due date from its days (one source, not two)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofLine:
    """The rule applied to one invoice."""

    number: str
    invoice_date: date
    billed_due: date
    proposed_due: date

    @property
    def holds(self) -> bool:
        """Whether the rule gives the due date that the customer was sent."""
        return self.billed_due == self.proposed_due


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """No proposal can be made without a person: the readings that remain, and why."""

    readings: tuple[PaymentTerm, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The rule that the sources speak for."""

    rule: PaymentTerm
    due_sources: tuple[FieldSource, ...]
    """Where the due day comes from, the deciding source first."""
    terms_source: FieldSource
    """Where a discount or penalty, if any, comes from."""
    doubts: tuple[str, ...] = ()


def choose(
    name: str, evidence: Sequence[InvoiceEvidence], billing_days: int | None, entered: PaymentTerm | None
) -> Choice | Undecided:
    """The rule for a name. `entered` is a person's, and wins; then the name, the billing system's days, the dates."""
    said = readings(name)
    if entered is not None:
        return Choice(rule=entered, due_sources=(FieldSource.PERSON,), terms_source=FieldSource.PERSON)
    if len(said) == 1:
        return Choice(rule=said[0], due_sources=(FieldSource.NAME,), terms_source=FieldSource.NAME)
    if said:
        return _settled(said, evidence)
    if billing_days is not None and 0 <= billing_days <= MOST_DAYS:
        return Choice(
            rule=PaymentTerm(due=DueRule(billing_days)),
            due_sources=(FieldSource.BILLING_DAYS,),
            terms_source=FieldSource.DEFAULT,
            doubts=(
                (
                    "The name does not say the rule: the due day is only what the billing system keeps, "
                    f"{counted(billing_days, 'day')}. Whether the term means more, such as a discount, is not known."
                ),
            ),
        )
    return _from_dates(evidence)


def prove(rule: PaymentTerm, evidence: Sequence[InvoiceEvidence]) -> tuple[ProofLine, ...]:
    """The rule applied to each invoice whose due date is known, in the order given."""
    return tuple(
        ProofLine(
            number=each.number,
            invoice_date=each.invoice_date,
            billed_due=each.due_date,
            proposed_due=_due(rule, each.invoice_date),
        )
        for each in evidence
        if each.due_date is not None
    )


def _due(rule: PaymentTerm, invoice_date: date) -> date:
    """The due date; the calendar's last day where it would lie beyond, as no invoice is billed as due then."""
    try:
        return rule.due_date(invoice_date)
    except OverflowError:
        return date.max


def _settled(said: tuple[PaymentTerm, ...], evidence: Sequence[InvoiceEvidence]) -> Choice | Undecided:
    """The one of several readings that gives the due date of every invoice."""
    meanings = " or ".join(f"“{in_words(reading)}”" for reading in said)
    proofs = [prove(reading, evidence) for reading in said]
    if not proofs[0]:
        why = f"The name can mean {meanings}, and no invoice's due date is known that would tell which."
        return Undecided(readings=said, why=why)
    fitting = tuple(reading for reading, proof in zip(said, proofs, strict=True) if all(line.holds for line in proof))
    if len(fitting) != 1:
        finding = "fit more than one of them" if fitting else "do not all fit any of them"
        why = f"The name can mean {meanings}, and the invoices' due dates {finding}."
        return Undecided(readings=fitting or said, why=why)
    months = {(line.invoice_date.year, line.invoice_date.month) for line in proofs[0]}
    doubt = f"The name can mean {meanings}; only invoices of one month decide between them."
    return Choice(
        rule=fitting[0],
        due_sources=(FieldSource.NAME, FieldSource.INVOICE_DATES),
        terms_source=FieldSource.NAME,
        doubts=(doubt,) if len(months) == 1 else (),
    )


def _from_dates(evidence: Sequence[InvoiceEvidence]) -> Choice | Undecided:
    """A number of days, where all invoices were billed with the same."""
    unread = "The name does not say a rule, the billing system keeps no days for it"
    spans = {(each.due_date - each.invoice_date).days for each in evidence if each.due_date is not None}
    if not spans:
        return Undecided(readings=(), why=f"{unread}, and no invoice's due date is known.")
    if len(spans) > 1:
        listed = ", ".join(map(str, sorted(spans)))
        why = f"{unread}, and its invoices are due after unlike numbers of days ({listed})."
        return Undecided(readings=(), why=why)
    (days,) = spans
    if not 0 <= days <= MOST_DAYS:
        why = f"{unread}, and its invoices are due {days} days after their date, which no rule can say."
        return Undecided(readings=(), why=why)
    dated = sum(each.due_date is not None for each in evidence)
    seen = "one invoice, and one date fits several rules" if dated == 1 else f"the dates of {dated} invoices"
    return Choice(
        rule=PaymentTerm(due=DueRule(days, DueFrom.INVOICE_DATE)),
        due_sources=(FieldSource.INVOICE_DATES,),
        terms_source=FieldSource.DEFAULT,
        doubts=(f"The name does not say the rule: {counted(days, 'day')} is inferred from {seen}.",),
    )
