"""What became of a case: its state in a few words, and what was done, refused, awaited or found."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date

from bot.cases.case import CaseState
from bot.cases.view import Arrival, CaseInvoice, CaseView, FieldDifference
from bot.cases.watching.arrival import untold
from bot.slack.cards import words
from bot.slack.cards.blocks import bullets
from bot.slack.cards.evidence import OTHER_CAUSES
from bot.slack.cards.facts import INVOICES_SHOWN, numbers, payments_behind, waiting
from bot.slack.cards.headline import headline
from bot.slack.cards.periods import shut_out_steps, split
from bot.slack.cards.subject import Subject
from bot.terms.matching import MatchKind
from bot.terms.proposal import Action

BEFORE_DECISION = (CaseState.OPEN, CaseState.AWAITING_DECISION)
"""The states in which a card says what is the matter; afterwards it says what became of it."""


def state_words(view: CaseView, subject: Subject) -> str:
    """The state in a few words, without colour or emoji."""
    if view.state is CaseState.OPEN:
        return _open_words(view)
    if _as_billed_now(view):
        return "waiting for an approver"
    return {
        CaseState.AWAITING_DECISION: "waiting for a decision",
        CaseState.AWAITING_CORRECTION: f"waiting for the correction in {subject.system}",
        CaseState.WRITING: "writing",
        CaseState.VERIFYING: "reading back",
        CaseState.UNVERIFIED: "not known",
        CaseState.FAILED: "not done",
        CaseState.AWAITING_SYNC: "waiting for the next sync",
        CaseState.ARRIVED_DIFFERENT: "arrived, but not as billed",
        CaseState.CLOSED: "closed",
        CaseState.MERGED: "merged",
        CaseState.DECLINED: "declined",
        CaseState.EXPIRED: "expired",
        CaseState.DISMISSED: "dismissed",
        CaseState.CAUSE_UNKNOWN: "cause unknown",
    }[view.state]


def _open_words(view: CaseView) -> str:
    diagnosis = view.diagnosis
    if diagnosis is None:
        return "looking"
    if diagnosis.match is None:
        return "waiting for an answer"
    return "waiting for its rule" if view.proposal is None and diagnosis.match.kind is not MatchKind.EXACT else "open"


def state_headline(view: CaseView, subject: Subject) -> str:
    """The first line of the card, without the case's number: what is the matter, or what became of it."""
    if _as_billed_now(view):
        return "*In Intacct, and as billed now*"
    simple = {
        CaseState.AWAITING_CORRECTION: "*The invoice is wrong*",
        CaseState.WRITING: "*Writing…*",
        CaseState.VERIFYING: "*Reading back…*",
        CaseState.UNVERIFIED: "*Not known.*",
        CaseState.FAILED: "*Not done.*",
        CaseState.ARRIVED_DIFFERENT: "*In Intacct, but not as billed*",
        CaseState.MERGED: "*Merged*",
        CaseState.DECLINED: "*Declined*",
        CaseState.EXPIRED: "*Expired*",
        CaseState.DISMISSED: "*Dismissed*",
        CaseState.CAUSE_UNKNOWN: "*The term is there, and the sync fails all the same*",
    }.get(view.state)
    if simple is not None:
        return simple
    if view.state is CaseState.CLOSED:
        return "*Fixed.*" if not _accepted(view) else "*Accepted as it is.*"
    if view.state is CaseState.AWAITING_SYNC:
        return _there(view, subject)
    bold = headline(subject)
    end = "." if view.diagnosis is not None and view.diagnosis.match is None else ""
    return f"*{bold}{end}*"


def _as_billed_now(view: CaseView) -> bool:
    """Whether what arrived differently was put right in Intacct since."""
    return view.state is CaseState.ARRIVED_DIFFERENT and all(i.arrival is Arrival.ARRIVED for i in view.invoices)


def _accepted(view: CaseView) -> bool:
    return view.decision is not None and view.decision.verdict == "accept"


def _written(view: CaseView) -> bool:
    return view.decision is not None and view.decision.verdict == "approve" and not view.appeared


def corrected_invoices(view: CaseView) -> tuple[CaseInvoice, ...]:
    """The invoices that bear another term at the source now than the case is about."""
    return tuple(
        invoice
        for invoice in view.invoices
        if invoice.billed is not None
        and invoice.billed.term_name is not None
        and view.term_name is not None
        and invoice.billed.term_name != view.term_name
    )


def _there(view: CaseView, subject: Subject) -> str:
    if _written(view) or view.appeared:
        again = view.proposal is not None and view.proposal.action is Action.REACTIVATE
        return f"*{subject.term} is {'active again in Intacct' if again else 'in Intacct'}*"
    if corrected_invoices(view):
        return f"*Corrected in {subject.system}*"
    return f"*{headline(subject)}*"


def outcome_lines(view: CaseView, subject: Subject) -> list[str]:
    """What became of the case; empty while nothing was decided."""
    if view.state in BEFORE_DECISION:
        return []
    told: dict[CaseState, Callable[[], list[str]]] = {
        CaseState.AWAITING_CORRECTION: lambda: _awaiting_correction(view, subject),
        CaseState.WRITING: lambda: _writing(view, subject),
        CaseState.VERIFYING: lambda: _verifying(view, subject),
        CaseState.UNVERIFIED: lambda: _trouble(view, subject),
        CaseState.FAILED: lambda: _trouble(view, subject),
        CaseState.AWAITING_SYNC: lambda: _awaiting_sync(view, subject) + _arrived_so_far(view),
        CaseState.ARRIVED_DIFFERENT: lambda: _arrived_different(view),
        CaseState.CLOSED: lambda: _closed(view, subject),
        CaseState.MERGED: lambda: _merged(view),
        CaseState.DECLINED: lambda: _refused_by_person(view),
        CaseState.EXPIRED: lambda: _expired(view),
        CaseState.DISMISSED: lambda: _refused_by_person(view),
        CaseState.CAUSE_UNKNOWN: lambda: _cause_unknown(subject),
    }
    return told[view.state]()


def changed_lines(view: CaseView) -> list[str]:
    """What changed between an approval and the moment of writing, so that nothing was written."""
    if view.state is not CaseState.AWAITING_DECISION or not view.changed:
        return []
    return [
        "*Nothing was written.* When it was to be, this was no longer what had been approved:",
        *difference_lines(view.changed, "approved", "now"),
    ]


def decided(view: CaseView) -> str:
    """`Approved by Dan today 9:20.`, with the reason and reference where there are any."""
    decision = view.decision
    if decision is None:
        return ""
    verb = {
        "approve": "Approved",
        "decline": "Declined",
        "dismiss": "Dismissed",
        "accept": "Accepted",
        "acknowledge": "Acknowledged",
    }.get(decision.verdict, "Decided")
    told = f"{verb} by {words.mention(decision.user_id)} {words.at_moment(decision.at)}"
    reason = f" Reason: “{words.said(decision.reason, 300)}”" if decision.reason else ""
    reference = f" Reference: “{words.said(decision.reference, 150)}”" if decision.reference else ""
    return f"{told}.{reason}{reference}"


def _writing(view: CaseView, subject: Subject) -> list[str]:
    act = "reactivated" if view.proposal is not None and view.proposal.action is Action.REACTIVATE else "created"
    if view.delay:
        when = f" I try again {words.at_moment(view.due_at)}." if view.due_at is not None else ""
        return [decided(view), f"Nothing is written yet: {words.said(view.delay, 300)}{when}"]
    return [decided(view), f"{subject.coded_term} is being {act} in {subject.books_link}, then read back."]


def _verifying(view: CaseView, subject: Subject) -> list[str]:
    return [decided(view), f"Intacct is asked what it keeps as {subject.coded_term} now."]


def _trouble(view: CaseView, subject: Subject) -> list[str]:
    trouble = view.trouble
    lines = [decided(view)]
    if trouble is None:
        lines.append(f"What Intacct keeps is not known. Please look at AR Terms for {subject.coded_term}.")
        return lines
    lines.append(words.said(trouble.sentence))
    if trouble.vendor_words and trouble.vendor_words not in trouble.sentence:
        lines.append(f"Intacct says: “{words.said(trouble.vendor_words)}”")
    lines += difference_lines(trouble.differences, "approved", "in Intacct")
    if trouble.advice:
        lines.append(words.said(trouble.advice))
    return lines


def difference_lines(differences: Sequence[FieldDifference], expected: str, found: str) -> list[str]:
    """Field by field: what should be and what is."""
    if not differences:
        return []
    shown = [
        f"{words.name(each.label, 40)}: {expected} {_shown(each.expected)}, {found} {_shown(each.found)}"
        for each in differences
    ]
    return [bullets(shown, 6)]


def _shown(value: str) -> str:
    """A field's value: a calendar date as such, anything else in code quotes."""
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        with suppress(ValueError):
            return words.calendar(date.fromisoformat(value))
    return words.code(value, 100)


def _awaiting_sync(view: CaseView, subject: Subject) -> list[str]:
    left = waiting(view.invoices)
    record = f"record {words.name(view.record_no, 20)}" if view.record_no else ""
    if _written(view):
        proof = f"{words.first_upper(', '.join(part for part in (record, 'read back and identical') if part))}."
        return [decided(view), *_with_steps(proof, subject, left)]
    if view.appeared:
        told = f"It is there and active{f' ({record})' if record else ''}, and was not written by this case."
        if view.appeared_otherwise:
            return [
                decided(view),
                f"{told} Its rule is not the one that was proposed here:",
                *difference_lines(view.appeared_otherwise, "proposed", "in Intacct"),
                *_with_steps(_OTHER_RULE, subject, left),
            ]
        return [decided(view), *_with_steps(told, subject, left)]
    corrected = corrected_invoices(view)
    if corrected:
        shown = [
            f"{words.name(invoice.number, 60)} says {words.code(invoice.billed.term_name, 100)} now"
            for invoice in corrected[:INVOICES_SHOWN]
            if invoice.billed is not None and invoice.billed.term_name is not None
        ]
        return _with_steps(f"Read in {subject.source}: {words.joined(shown)}.", subject, left)
    if view.decision is not None:
        return [decided(view), *_with_steps("", subject, left)]
    return [] if subject.kind is MatchKind.EXACT else _with_steps("", subject, left)


def _with_steps(told: str, subject: Subject, left: Sequence[CaseInvoice]) -> list[str]:
    """What is to be done next: the sync, and for invoices of a closed period what was chosen for them instead."""
    free, shut = split(left)
    if shut and not free:
        return [told, *shut_out_steps(subject, shut), "I am watching."]
    return [f"{told} {sync_again(subject, free)}".strip(), *shut_out_steps(subject, shut)]


def _arrived_so_far(view: CaseView) -> list[str]:
    """While others are awaited: what is in Intacct already, and where it differs."""
    there = [invoice for invoice in view.invoices if invoice.arrival is Arrival.ARRIVED]
    lines = [f"In Intacct already, as billed: {numbers(there)}."] if there else []
    return lines + _differing(view)


def _differing(view: CaseView) -> list[str]:
    lines = []
    for invoice in [each for each in view.invoices if each.arrival is Arrival.DIFFERENT][:INVOICES_SHOWN]:
        lines.append(f"*{words.name(invoice.number, 60)}* is in Intacct, not as billed:")
        lines += difference_lines(invoice.differences, "billed", "in Intacct")
    return lines


_OTHER_RULE = (
    "Invoices that sync now fall due by the rule in Intacct, not by the one that the customers were told. "
    "Have it looked at before you sync."
)


def sync_again(subject: Subject, left: Sequence[CaseInvoice]) -> str:
    """The next step, records in their order: the invoices, then the payments that wait behind them."""
    if not left and subject.invoices:
        return "Nothing is left to sync again for the term. I am watching."
    if not left:
        closed = (
            ", without those of a closed period: for these an approver chooses first" if subject.keeps_periods else ""
        )
        return (
            f"Sync the invoices that wait for it again in {subject.source_link}{closed}. No alert named one: I look in "
            f"{subject.source} for those that bear it and are not in Intacct. Where I find none, an approver can dismiss "
            "this case once they are through."
        )
    then = [f"the {payment} that waits behind {number}" for number, payment in payments_behind(left)]
    shown = [*then[:3], *([f"{words.number(len(then) - 3)} more payments"] if len(then) > 3 else [])]
    after = f", then {words.joined(shown)}" if shown else ""
    return f"Sync {numbers(left)} again in {subject.source_link}{after}. I am watching."


def _arrived_different(view: CaseView) -> list[str]:
    lines = _differing(view)
    left = [invoice for invoice in view.invoices if invoice.arrival is Arrival.WAITING]
    if left:
        lines.append(f"Still awaited: {numbers(left)}. I am watching.")
        lines.append(
            "Correct in Intacct what differs and press *Check again*. Once all are there, an approver can accept what "
            "still differs, with a reason. Until then the case stays open."
        )
        return lines
    if not lines:
        return ["Everything is as billed now. As it was not so at first, an approver closes the case with a reason."]
    lines.append(
        "Correct it in Intacct and press *Check again*, or an approver accepts it with a reason. Until then the case "
        "stays open."
    )
    return lines


def _closed(view: CaseView, subject: Subject) -> list[str]:
    count = len(view.invoices)
    which = {0: "", 1: f"{numbers(view.invoices)} is in Intacct.", 2: "Both invoices are in Intacct."}.get(
        count, f"All {words.number(count)} invoices are in Intacct."
    )
    ended = view.closed_at if _accepted(view) else view.in_books_at or view.closed_at
    span = words.duration(ended - view.alerted_at) if ended is not None else ""
    time = f" {words.first_upper(span)} from alert to {'close' if _accepted(view) else 'books'}." if span else ""
    lines = [decided(view), f"{which}{time}".strip()]
    if _accepted(view):
        for invoice in [each for each in view.invoices if each.differences][:INVOICES_SHOWN]:
            lines.append(words.name(invoice.number, 60))
            lines += difference_lines(invoice.differences, "billed", "in Intacct")
    return lines + _not_compared(view, subject)


def _not_compared(view: CaseView, subject: Subject) -> list[str]:
    """What "as billed" does not cover, as the source does not tell it: a line for the invoices that lack the same."""
    found: dict[tuple[str, ...], list[CaseInvoice]] = {}
    for invoice in view.invoices:
        missing = untold(invoice.billed) if invoice.billed is not None else ()
        if missing:
            found.setdefault(missing, []).append(invoice)
    return [
        f"Not compared for {numbers(invoices)}, as {subject.source} does not tell it: {words.joined(missing)}."
        for missing, invoices in found.items()
    ]


def _awaiting_correction(view: CaseView, subject: Subject) -> list[str]:
    note = f"It should be: “{words.said(view.wrong_invoice_note, 300)}”." if view.wrong_invoice_note else ""
    return [
        note,
        f"Correct {numbers(view.invoices)} in {subject.source_link}. I am watching it there; nothing is created in Intacct.",
    ]


_ENDED = "Nothing more is written to Intacct for it. A new failure opens a new case that names this one."


def _merged(view: CaseView) -> list[str]:
    other = f"case {view.merged_into}" if view.merged_into is not None else "another case"
    return [f"The same term as {other}; what waited here waits there now."]


def _refused_by_person(view: CaseView) -> list[str]:
    return [decided(view), _ENDED]


def _expired(view: CaseView) -> list[str]:
    by = f" by {words.on_day(view.expires_at)}" if view.expires_at is not None else " in time"
    return [f"Nobody decided{by}. {_ENDED}"]


def _cause_unknown(subject: Subject) -> list[str]:
    return [
        (
            f"{subject.coded_term} is in Intacct and active, and the same failure came again. A term is not the cause, unless "
            "that sync had begun before the term was there: then sync once more."
        ),
        "What else raises these words:",
        bullets([*OTHER_CAUSES]),
        "For the finance systems admin to look at; this case is closed here.",
    ]
