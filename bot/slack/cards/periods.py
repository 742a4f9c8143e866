"""Month-end on a card: how long a period is still open, what a closed one asks for, and what to do once it is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from bot.cases.view import CaseInvoice, Course, PeriodChoice
from bot.close import Closing, month
from bot.slack.cards import words
from bot.slack.cards.facts import INVOICES_SHOWN, numbers, payments_behind
from bot.slack.cards.subject import Subject


def split(invoices: Sequence[CaseInvoice]) -> tuple[tuple[CaseInvoice, ...], tuple[CaseInvoice, ...]]:
    """The invoices that may simply be synced, and those whose period is closed."""
    free = tuple(invoice for invoice in invoices if not invoice.shut_out)
    return free, tuple(invoice for invoice in invoices if invoice.shut_out)


def period_lines(invoices: Sequence[CaseInvoice]) -> list[str]:
    """For each period that is about to close, or closed, and in which invoices that wait are dated: a line."""
    shut = [_closed(closing, inside) for closing, inside in by_closing(split(invoices)[1])]
    near = [invoice for invoice in invoices if invoice.waits and invoice.standing is not None and invoice.standing.near]
    return [*shut, *(_near(closing, inside) for closing, inside in by_closing(near))]


def posted_lines(invoices: Sequence[CaseInvoice], failed_at: datetime) -> list[str]:
    """Of the invoices that are in Intacct: those whose period was closed when they failed, and what was chosen."""
    late: dict[str, list[CaseInvoice]] = {}
    for invoice in invoices:
        standing = None if invoice.waits else invoice.standing
        if standing is not None and standing.closing.cut_off <= failed_at:
            late.setdefault(standing.closing.period.name, []).append(invoice)
        elif not invoice.waits and invoice.choice is not None:
            # The calendar had it open, or did not name it: Intacct said that it is closed.
            late.setdefault(invoice.choice.period, []).append(invoice)
    return [_posted(period, inside) for period, inside in sorted(late.items())]


def _posted(period: str, inside: Sequence[CaseInvoice]) -> str:
    choices = list(dict.fromkeys(invoice.choice for invoice in inside if invoice.choice is not None))
    told = [f"*{words.period(period)} was closed for AR* when this failed; {_dated(inside)}."]
    if any(invoice.choice is None for invoice in inside):
        whose = "It got into the books without an approver's choice here: look at its posting date."
        theirs = "They got into the books without an approver's choice here: look at their posting dates."
        told.append(whose if len(inside) == 1 else theirs)
    return " ".join([*told, *map(chosen, choices), *_where_posted(inside)])


def _where_posted(inside: Sequence[CaseInvoice]) -> list[str]:
    """Whether Intacct posted the invoices where it was chosen, as far as it tells their posting dates."""
    told = [(each, each.choice, each.posted_on) for each in inside]
    known = [(each, choice, day) for each, choice, day in told if choice is not None and day is not None]
    shown = [(f"{words.name(e.number, 60)} on {words.calendar(day)}", _as_chosen(e, c, day)) for e, c, day in known]
    right, wrong = ([which for which, fits in shown if fits is wanted] for wanted in (True, False))
    return [
        *([f"Posted as chosen: {_few(right)}."] if right else []),
        *([f"*Not posted as chosen*: {_few(wrong)}. Look at the posting date in Intacct."] if wrong else []),
    ]


def _as_chosen(invoice: CaseInvoice, choice: PeriodChoice, day: date) -> bool:
    """In the reopened period, or in one that is later than the closed one."""
    own = invoice.standing.closing.period if invoice.standing is not None else None
    period = own if own is not None and own.name == choice.period else month(choice.period)
    return period.holds(day) if choice.course is Course.REOPEN else day > period.last


def _few(shown: Sequence[str]) -> str:
    more = len(shown) - INVOICES_SHOWN
    return words.joined([*shown[:INVOICES_SHOWN], *([f"{words.number(more)} more"] if more > 0 else [])])


def by_closing(invoices: Sequence[CaseInvoice]) -> list[tuple[Closing, tuple[CaseInvoice, ...]]]:
    """The invoices by the closing that they fall under, the earliest period first."""
    found: dict[Closing, list[CaseInvoice]] = {}
    for invoice in invoices:
        if invoice.standing is not None:
            found.setdefault(invoice.standing.closing, []).append(invoice)
    return sorted(((key, tuple(inside)) for key, inside in found.items()), key=lambda pair: pair[0].period.first)


def _near(closing: Closing, inside: Sequence[CaseInvoice]) -> str:
    standing = inside[0].standing
    left = words.duration(standing.left) if standing is not None else ""
    counted = f", counted {words.at_time(standing.as_of)}" if standing is not None else ""
    return (
        f"*{words.period(closing.period.name)} closes for AR in {left}* "
        f"({words.at_moment(closing.cut_off)}{counted}); {_dated(inside)}."
    )


def _closed(closing: Closing, inside: Sequence[CaseInvoice]) -> str:
    refused = [each.standing.refused_at for each in inside if each.standing is not None and each.standing.refused_at]
    since = (
        f", as Intacct said {words.at_moment(min(refused))}"
        if refused
        else f" since {words.at_moment(closing.cut_off)}"
    )
    told = [f"*{words.period(closing.period.name)} is closed for AR*{since}; {_dated(inside)}."]
    if any(invoice.choice is None for invoice in inside):
        told.append("An approver chooses how that gets into the books.")
    told += map(chosen, dict.fromkeys(invoice.choice for invoice in inside if invoice.choice is not None))
    return " ".join(told)


def _dated(inside: Sequence[CaseInvoice]) -> str:
    shown = [
        f"{words.name(each.number, 60)} is dated {words.month_day(each.billed.invoice_date)}"
        for each in inside[:INVOICES_SHOWN]
        if each.billed is not None and each.billed.invoice_date is not None
    ]
    more = len(inside) - len(shown)
    return words.joined([*shown, *([f"{words.number(more)} more {'is' if more == 1 else 'are'}"] if more else [])])


def chosen(choice: PeriodChoice) -> str:
    """Who chose what, when and why."""
    what = {
        Course.REOPEN: f"to reopen {words.period(choice.period)}",
        Course.CURRENT: f"to post in the current period, with an accrual for {words.period(choice.period)}",
    }[choice.course]
    when = words.at_moment(choice.at)
    return f"{words.mention(choice.user_id)} chose {what}, {when}. Reason: “{words.said(choice.reason, 300)}”"


def shut_out_steps(subject: Subject, shut: Sequence[CaseInvoice]) -> list[str]:
    """What is to be done, in which order, with the invoices of closed periods."""
    found: dict[tuple[str, Course | None], list[CaseInvoice]] = {}
    for closing, inside in by_closing(shut):
        for invoice in inside:
            course = invoice.choice.course if invoice.choice is not None else None
            found.setdefault((closing.period.name, course), []).append(invoice)
    return [_steps(subject, name, course, inside) for (name, course), inside in found.items()]


def _steps(subject: Subject, name: str, course: Course | None, inside: Sequence[CaseInvoice]) -> str:
    which, period = numbers(inside), words.period(name)
    it = "it" if len(inside) == 1 else "them"
    if course is None:
        return f"Do not sync {which} yet: {period} is closed for AR, and an approver chooses first."
    if course is Course.REOPEN:
        behind = [f"the {payment} behind {number}" for number, payment in payments_behind(inside)][:INVOICES_SHOWN]
        steps = (
            f"Reopen {period} for AR in Intacct",
            f"sync {which} again in {subject.source_link}{f', then {words.joined(behind)}' if behind else ''}",
            f"close {period} again, and replace the reports that were made of it",
        )
    else:
        sums = words.totals(
            (each.billed.amount, each.billed.currency)
            for each in inside
            if each.billed is not None and each.billed.amount is not None
        )
        by_hand = f"enter {it} in Intacct by hand and take {it} out of the sync in {subject.source_link}"
        twice = f"or {'it' if len(inside) == 1 else 'they'} would be there twice"
        steps = (
            f"Accrue {sums or 'the amount'} in the general ledger for {period}, to be reversed in the current period",
            f"post {which} with a posting date in the current period, the dates on the invoice as billed",
            f"where the sync cannot set a posting date, {by_hand}, {twice}",
        )
    told = "; ".join(f"{place}. {step}" for place, step in enumerate(steps, 1))
    return f"{which}: {told}."
