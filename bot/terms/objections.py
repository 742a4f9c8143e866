"""What speaks against a proposed rule: where the sources disagree, and why one click does not do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.terms.evidence import FieldSource, InvoiceEvidence, ProofLine
from bot.terms.phrases import Settlement
from bot.terms.policy import Policy, can_fall_before_invoice, discount_outlasts_due
from bot.terms.term import DueFrom, PaymentTerm, counted, in_words, same_rule
from bot.terms.wording import kind_of, readings

_TOLD = 3
"""How many invoices that do not fit are told one by one."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a term beside the rule that is proposed."""

    name: str
    evidence: tuple[InvoiceEvidence, ...]
    billing_days: int | None
    policy: Policy
    inferred: bool


def speaker_of(source: FieldSource) -> str:
    """How a sentence begins that tells what this source says."""
    said = {
        FieldSource.NAME: "the name says",
        FieldSource.BILLING_DAYS: "the billing system keeps",
        FieldSource.INVOICE_DATES: "the invoices' dates say",
        FieldSource.PERSON: "the entry says",
    }
    return said.get(source, "the rule says")


def conflicts_of(rule: PaymentTerm, proof: tuple[ProofLine, ...], sources: Known, speaker: str) -> tuple[str, ...]:
    """Where the sources disagree with the rule, or the rule with itself."""
    speaker = speaker[0].upper() + speaker[1:]
    told: list[str] = []
    said = readings(sources.name)
    if said and not any(same_rule(rule, reading) for reading in said):
        meant = " or ".join(f"“{in_words(reading)}”" for reading in said)
        told.append(f"{speaker} “{in_words(rule)}”, but the name says {meant}.")
    kept = sources.billing_days
    other_days = rule.due.start is DueFrom.INVOICE_DATE and kept is not None and kept != rule.due.days
    if other_days and kept is not None:
        told.append(
            f"{speaker} {counted(rule.due.days, 'day')}, but the billing system keeps {counted(kept, 'day')} "
            "and dates its invoices by them."
        )
    if discount_outlasts_due(rule):
        told.append("The discount can be taken after the due date.")
    told += _date_conflicts(proof, sources, only_own_dates=other_days)
    return tuple(told)


def _date_conflicts(proof: tuple[ProofLine, ...], sources: Known, *, only_own_dates: bool) -> list[str]:
    """Invoices whose due date is another than the rule's, or earlier than the invoice.

    `only_own_dates`: the days are told as a conflict already, so dates computed from them say nothing new.
    """
    dated = [each for each in sources.evidence if each.due_date is not None]
    unlike: list[str] = []
    early: list[str] = []
    for each, line in zip(dated, proof, strict=True):
        if not line.holds and not (only_own_dates and each.computed):
            unlike.append(
                f"{line.number} of {_day(line.invoice_date)} was billed as due on {_day(line.billed_due)}; "
                f"the rule gives {_day(line.proposed_due)}."
            )
        if min(line.billed_due, line.proposed_due) < line.invoice_date:
            whose = "was billed as due" if line.billed_due < line.invoice_date else "would be due"
            early.append(f"{line.number} {whose} before its own date, {_day(line.invoice_date)}.")
    return [*_first(unlike, "do not fit either"), *_first(early, "are due before their own date, too")]


def _first(sentences: list[str], predicate: str) -> list[str]:
    if len(sentences) <= _TOLD + 1:
        return sentences
    return [*sentences[:_TOLD], f"{len(sentences) - _TOLD} more invoices {predicate}."]


_SETTLEMENT_DOUBTS = {
    Settlement.PREPAID: "The name speaks of payment in advance, which is no receivable due today.",
    Settlement.ON_DELIVERY: "The name speaks of payment on delivery, which need not be the invoice's date.",
}


def doubts_of(
    rule: PaymentTerm, sources: Known, terms_source: FieldSource, conflicts: tuple[str, ...]
) -> tuple[str, ...]:
    """Why the rule is not to be written on one click."""
    told: list[str] = []
    if conflicts:
        told.append("The sources disagree: somebody has to say which of them is right.")
    for part, noun in ((rule.discount, "discount"), (rule.penalty, "penalty")):
        if part:
            only = f"{terms_source} only" if terms_source is not FieldSource.INTACCT else str(terms_source)
            told.append(f"The {noun}, {in_words(part)}, is {_from(terms_source, only)}: no invoice proves it.")
    settlement = kind_of(sources.name)
    if settlement in _SETTLEMENT_DOUBTS:
        told.append(_SETTLEMENT_DOUBTS[settlement])
    if sources.inferred:
        told.append("The invoice does not name its term: which one it is was inferred.")
    if can_fall_before_invoice(rule.due):
        told.append(f"An invoice dated after day {rule.due.days} of a month would be due before it was written.")
    elif rule.due.start.months_on and rule.due.days > 28:
        told.append(f"Not every month has a day {rule.due.days}: that Intacct then takes the last day is not proven.")
    return tuple(told)


def _from(source: FieldSource, words: str) -> str:
    return words if source is FieldSource.NAME else f"from {words}"


def _day(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"
