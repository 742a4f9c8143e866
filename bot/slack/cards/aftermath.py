"""What was seen of a case's invoices since they failed: changed at the source, failed otherwise, keyed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from bot.cases.case import CaseState
from bot.cases.view import Arrival, CaseInvoice, CaseView, Course, EarlierInvoice, KeyedByHand, OtherReason
from bot.slack.cards import words
from bot.slack.cards.evidence import rule_words
from bot.slack.cards.facts import INVOICES_SHOWN, numbers
from bot.slack.cards.subject import Subject
from bot.terms.matching import MatchKind
from bot.terms.term import ArTerm, canonical, in_words
from bot.terms.wording import readings

_SILENT = frozenset({CaseState.MERGED, CaseState.DECLINED, CaseState.EXPIRED, CaseState.DISMISSED})


def invoice_lines_since(view: CaseView, subject: Subject) -> list[str]:
    """One line for each thing that was seen of an invoice; a few of each kind, the rest counted."""
    if view.state in _SILENT:
        return []
    changed = [_changed(invoice, subject) for invoice in view.invoices if invoice.term_changed]
    failed = [*_shut_out(view.invoices)]
    failed += [
        _failed(each, each.note.failed) for each in view.invoices if each.note.failed and each.kept_back_otherwise
    ]
    failed += [
        _failed_early(invoice, invoice.note.failed_early)
        for invoice in view.invoices
        if invoice.note.failed_early is not None and invoice.waits and view.state is CaseState.AWAITING_SYNC
    ]
    earlier = [_earlier(invoice, invoice.note.earlier) for invoice in view.invoices if invoice.note.earlier is not None]
    by_hand = [
        _by_hand(invoice, invoice.note.by_hand, subject)
        for invoice in view.invoices
        if invoice.note.by_hand is not None
    ]
    return [line for lines in (changed, failed, earlier, by_hand) for line in _few(lines)]


def _few(lines: Sequence[str]) -> list[str]:
    more = len(lines) - INVOICES_SHOWN
    return [*lines[:INVOICES_SHOWN], *([f"The same holds for {words.number(more)} more."] if more > 0 else [])]


def _changed(invoice: CaseInvoice, subject: Subject) -> str:
    now = invoice.billed.term_name if invoice.billed is not None else None
    says = words.code(now, 100) if now is not None else "nothing"
    return (
        f"{words.name(invoice.number, 60)} said {words.code(invoice.first_term or '', 100)} when it failed; "
        f"it says {says} now: changed in {subject.source} since."
    )


def _shut_out(invoices: Sequence[CaseInvoice]) -> list[str]:
    """Those that Intacct refused as their period is closed: a line for each posting date and choice."""
    found: dict[tuple[date, Course | None], list[tuple[CaseInvoice, OtherReason]]] = {}
    for invoice in invoices:
        reason = invoice.note.failed
        if reason is not None and reason.closed_on is not None:
            course = invoice.choice.course if invoice.choice is not None else None
            found.setdefault((reason.closed_on, course), []).append((invoice, reason))
    lines = []
    for (day, course), group in found.items():
        last = max((reason for _, reason in group), key=lambda reason: reason.at)
        lines.append(
            f"{numbers([invoice for invoice, _ in group])} failed again {words.at_moment(last.at)}, as Intacct takes no "
            f"posting on {words.calendar(day)}: “{words.said(last.words.rstrip('. '), 300)}”. "
            "That is another matter than the term. "
            f"{_NEXT[course]}"
        )
    return lines


_NEXT = {
    None: "Before that is synced again, an approver chooses how it gets into the books.",
    Course.REOPEN: "The period was chosen to be reopened, and was not open for that sync.",
    Course.CURRENT: "It was chosen to post in the current period: give it a posting date there.",
}


def _failed(invoice: CaseInvoice, reason: OtherReason) -> str:
    number = words.name(invoice.number, 60)
    return (
        f"{number} failed again {words.at_moment(reason.at)}, for another reason: “{words.said(reason.words, 300)}”. "
        f"That is not the term, so {number} is not counted as waiting for it. {_then(invoice)}"
    )


def _then(invoice: CaseInvoice) -> str:
    """What follows another reason; an invoice of a closed period is never simply synced again."""
    if not invoice.shut_out:
        return "Put that right, then sync it again."
    if invoice.choice is None:
        return (
            "Put that right; as its period is closed, an approver chooses how it gets into the books before any sync."
        )
    return "Put that right; then go on as was chosen for its closed period."


def _failed_early(invoice: CaseInvoice, at: datetime) -> str:
    return (
        f"{words.name(invoice.number, 60)} was reported as failed again {words.at_moment(at)}. The term was there only "
        "shortly before, so that sync may have begun without it: should the next one fail as well, the term is not the "
        "cause."
    )


def _earlier(invoice: CaseInvoice, earlier: EarlierInvoice) -> str:
    parts = [words.name(earlier.customer_name, 80)] if earlier.customer_name else []
    if earlier.total is not None:
        parts.append(words.money(earlier.total, earlier.currency))
    parts.append(f"record {words.name(earlier.record_no, 20)}")
    return (
        f"An invoice with the number {words.name(invoice.number, 60)} has been in Intacct since "
        f"{words.calendar(earlier.created_at.date())} ({', '.join(parts)}). It is older than this failure and not as "
        "billed, so it is not the one awaited; the sync may refuse the number."
    )


def _by_hand(invoice: CaseInvoice, seen: KeyedByHand, subject: Subject) -> str:
    number = words.name(invoice.number, 60)
    when = f" {words.at_moment(seen.created_at)}" if seen.created_at is not None else ""
    return (
        f"{number} looks keyed by hand: its record in Intacct was made by {words.name(seen.created_by, 60)}{when}, while "
        f"{words.name(seen.usual, 60)} made {seen.made:,} of {words.counted(seen.known, 'invoice')} that both systems "
        f"have. *Do not sync {number} again* from {subject.system}: it would be there twice."
    )


def made_by_others(view: CaseView, *, rule_told: bool) -> list[str]:
    """For a term that somebody made in Intacct without a decision here: who, when, its rule, and what is awaited.

    `rule_told`: the card says elsewhere what the rule is, so that only its comparison is left to say.
    """
    match = view.diagnosis.match if view.diagnosis is not None else None
    if not view.to_acknowledge or match is None or match.term is None or match.kind is not MatchKind.EXACT:
        return []
    term = match.term
    rule = "" if rule_told else f"Its rule: {rule_words(term)}. "
    lines = [line for line in (_who_made(term), f"{rule}{_rule_against(view, term)}".strip()) if line]
    awaited = [invoice for invoice in view.invoices if invoice.arrival is Arrival.WAITING]
    wait = f"{numbers(awaited)} in Intacct, and for an approver" if awaited and view.invoices else "an approver"
    lines.append(f"No decision here made it. The case waits for {wait} who acknowledges it.")
    return lines


def _who_made(term: ArTerm) -> str:
    by = f" by {words.name(term.created_by, 60)}" if term.created_by else ""
    at = f" {words.at_moment(term.created_at)}" if term.created_at is not None else ""
    made = f"Made in Intacct{by}{at}" if by or at else "Who made it in Intacct is not told"
    changed = term.modified_at is not None and term.modified_at != term.created_at
    if not changed or term.modified_at is None:
        return f"{made} (record {words.name(term.record_no, 20)})."
    editor = f" by {words.name(term.modified_by, 60)}" if term.modified_by else ""
    return (
        f"{made}, last changed{editor} {words.at_moment(term.modified_at)} (record {words.name(term.record_no, 20)})."
    )


def _rule_against(view: CaseView, term: ArTerm) -> str:
    """The record's rule against the name, and against the due dates that the customers were sent."""
    if term.rule is None:
        return ""
    read = readings(term.name)
    said = ""
    if len(read) == 1:
        same = canonical(read[0]) == canonical(term.rule)
        said = "The name says the rule that it has." if same else f"The name says {in_words(read[0])}."
    dated = [
        (invoice.number, invoice.billed.due_date, term.rule.due_date(invoice.billed.invoice_date))
        for invoice in view.invoices
        if invoice.billed is not None
        and invoice.billed.invoice_date is not None
        and invoice.billed.due_date is not None
        and invoice.billed.term_name == term.name
    ]
    wrong = [each for each in dated if each[1] != each[2]]
    if wrong:
        number, billed, given = wrong[0]
        more = f", and {words.number(len(wrong) - 1)} more differ" if len(wrong) > 1 else ""
        due = (
            f"{words.name(number, 60)} was billed as due {words.calendar(billed)}; this rule gives "
            f"{words.calendar(given)}{more}."
        )
    elif dated:
        due = f"It gives the due date that was billed on {words.counted(len(dated), 'invoice')}."
    else:
        due = "It could not be compared with a due date that was billed."
    return " ".join(part for part in (said, due) if part)
