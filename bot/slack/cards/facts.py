"""The facts of a card: which invoices wait, for how much, and in which order the records have to sync."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.billing.source import BilledInvoice, PaymentState
from bot.cases.view import CaseInvoice, Unknown
from bot.slack.cards import words
from bot.slack.cards.subject import Subject
from bot.terms.matching import MatchKind
from bot.terms.money import countable
from bot.terms.term import PaymentTerm

INVOICES_SHOWN = 5
MANY = 3
"""Beside the first, so many invoices are told as one sum of all."""


def number_of(invoice: CaseInvoice) -> str:
    """The invoice's number, as a link where the source gives one."""
    shown = words.name(invoice.number, 60)
    return words.link(invoice.billed.url, shown) if invoice.billed is not None else shown


def described(billed: BilledInvoice) -> str:
    """`Globex GmbH, $1,250.50, dated Nov 2, 2026, due Dec 17, 2026`."""
    parts = [words.name(billed.customer_name, 80)] if billed.customer_name else []
    if billed.amount is not None:
        parts.append(words.money(billed.amount, billed.currency))
    if billed.invoice_date is not None:
        parts.append(f"dated {words.calendar(billed.invoice_date)}")
    if billed.due_date is not None:
        parts.append(f"due {words.calendar(billed.due_date)}")
    return ", ".join(parts)


def invoice_lines(subject: Subject) -> list[str]:
    """The first invoice in full, the others counted with their sums."""
    if not subject.invoices:
        if subject.term_name is None:
            return []
        return [f"The sync refused the payment terms {subject.coded_term}; no invoice is known to wait for them yet."]
    bearing = [each for each in subject.invoices if not each.term_changed] or subject.invoices
    first, others = bearing[0], [each for each in bearing[1:] if not each.kept_back_otherwise]
    unknown = subject.diagnosis.unknown if subject.diagnosis is not None else None
    if unknown is Unknown.SEVERAL_FOUND:
        return [f"Invoice *{words.name(first.number, 60)}* {_why(subject)}"]
    told = described(first.billed) if first.billed is not None else ""
    whole = f"Invoice *{number_of(first)}*{f' ({told})' if told else ''} {_why(subject)}"
    if len(others) >= MANY and subject.failed and not subject.settled:
        return [whole, _all_wait(bearing), subject.inferred]
    return [" ".join(part for part in (whole, _others(subject, others)) if part), subject.inferred]


def _why(subject: Subject) -> str:
    start = "could not sync" if subject.failed else "bears"
    if subject.kind is MatchKind.ABSENT and not subject.settled:
        company = words.name(subject.company, 60)
        if subject.failed:
            return f"{start}: its payment terms, {subject.coded_term}, are not an active AR term in {company}."
        return f"{start} the payment terms {subject.coded_term}, which are not an active AR term in {company}."
    if subject.term_name is None:
        return "could not sync." if subject.failed else "was looked up."
    if subject.failed:
        return f"{start}; its payment terms are {subject.coded_term}."
    return f"{start} the payment terms {subject.coded_term}."


def _all_wait(invoices: Sequence[CaseInvoice]) -> str:
    """How many invoices wait in all, and what they sum to: `12 invoices, $48,210.00 wait on this`."""
    sums = _sums(invoices)
    return f"*{words.counted(len(invoices), 'invoice')}{f', {sums}' if sums else ''} wait on this.*"


def _sums(invoices: Sequence[CaseInvoice]) -> str:
    return words.totals(
        (invoice.billed.amount, invoice.billed.currency)
        for invoice in invoices
        if invoice.billed is not None and invoice.billed.amount is not None
    )


def _others(subject: Subject, others: Sequence[CaseInvoice]) -> str:
    if not others:
        return ""
    sums = _sums(others)
    count = words.first_upper(words.number(len(others)))
    one = len(others) == 1
    verb = ("has" if one else "have") if subject.settled or not subject.failed else ("waits for" if one else "wait for")
    return f"{count} more {'invoice' if one else 'invoices'} {verb} the same term{f' ({sums})' if sums else ''}."


def waiting(invoices: Sequence[CaseInvoice]) -> tuple[CaseInvoice, ...]:
    """The invoices that are not in Intacct yet, without those that something else than the term keeps back."""
    return tuple(invoice for invoice in invoices if invoice.waits_for_term)


def numbers(invoices: Sequence[CaseInvoice]) -> str:
    """`INV-1042 and two more`."""
    if not invoices:
        return "the invoices that wait"
    first = words.name(invoices[0].number, 60)
    more = len(invoices) - 1
    return f"{first} and {words.number(more)} more" if more else first


def payments_behind(invoices: Sequence[CaseInvoice]) -> list[tuple[str, str]]:
    """For each invoice that is partly or fully paid: its number, and the payment that waits behind it."""
    behind = []
    for invoice in invoices:
        billed = invoice.billed
        if billed is None or billed.payment not in (PaymentState.PARTLY_PAID, PaymentState.PAID):
            continue
        paid = _paid(billed)
        shown = f"payment of {words.money(paid, billed.currency)}" if paid is not None else "payment (amount not told)"
        behind.append((words.name(invoice.number, 60), shown))
    return behind


def _paid(billed: BilledInvoice) -> Decimal | None:
    """What was paid, where the source's figures tell it."""
    known = [amount for amount in (billed.amount, billed.balance) if amount is not None and countable(amount)]
    if len(known) == 2:
        return known[0] - known[1]
    return billed.amount if billed.payment is PaymentState.PAID else None


def order_lines(subject: Subject, *, instructed: bool = False) -> list[str]:
    """What waits behind the invoices, in which order to sync, and what the source cannot tell.

    `instructed`: the card tells the order elsewhere, with the next step.
    """
    left = [invoice for invoice in waiting(subject.invoices) if invoice.billed is not None]
    if not left or subject.diagnosis is None or subject.diagnosis.unknown is Unknown.SEVERAL_FOUND:
        return []
    lines = []
    behind = payments_behind(left)
    if behind and not instructed:
        told = [f"the {payment} behind {number}" for number, payment in behind[:INVOICES_SHOWN]]
        more = len(behind) - len(told)
        rest = [f"{words.number(more)} more payments"] if more else []
        lines.append(f"Order of syncing: the invoice first, then {words.joined([*told, *rest])}.")
    lines += _discounts_gone(subject, left)
    lines.append(
        f"Not known: whether credits or deferred revenue schedules depend on {'it' if len(left) == 1 else 'them'}; "
        f"look at the invoice in {subject.system} and at Revenue Management in Intacct. They sync after the invoice."
    )
    return lines


def _rule(subject: Subject) -> PaymentTerm | None:
    """The rule that the invoices get in Intacct: the proposed one, else the record's."""
    if subject.proposal is not None:
        return subject.proposal.rule
    match = subject.diagnosis.match if subject.diagnosis is not None else None
    exact = match is not None and match.kind is MatchKind.EXACT and match.term is not None
    return match.term.rule if exact and match is not None and match.term is not None else None


def _discounts_gone(subject: Subject, left: Sequence[CaseInvoice]) -> list[str]:
    rule, diagnosis = _rule(subject), subject.diagnosis
    if rule is None or diagnosis is None or rule.discount is None:
        return []
    lines = []
    for invoice in left[:INVOICES_SHOWN]:
        issued = invoice.billed.invoice_date if invoice.billed is not None else None
        last = rule.discount_date(issued) if issued is not None else None
        if last is not None and last < diagnosis.at.date():
            lines.append(
                f"The discount on {words.name(invoice.number, 60)} ended {words.calendar(last)}, "
                "before the invoice is in the books."
            )
    return lines
