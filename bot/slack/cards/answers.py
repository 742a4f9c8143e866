"""What `/checkterms` and the message shortcut answer, to the asker alone: the same facts as of now, and two buttons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.alerts.asked import Nonsense, Reason
from bot.billing.source import BilledInvoice, TermOrigin
from bot.cases.view import CaseInvoice, Diagnosis
from bot.close import Standing
from bot.slack.cards import words
from bot.slack.cards.blocks import Block, CardMessage, Style, actions, button, context, divider, message, section
from bot.slack.cards.buttons import look_up_value
from bot.slack.cards.evidence import evidence_lines, nearest_line
from bot.slack.cards.facts import invoice_lines, order_lines
from bot.slack.cards.headline import headline
from bot.slack.cards.names import COMMAND, ActionId
from bot.slack.cards.periods import period_lines
from bot.slack.cards.plan import against_lines, plan_lines
from bot.slack.cards.subject import Subject
from bot.terms.matching import MatchKind
from bot.terms.proposal import Proposal

MOST = 20
"""Look-ups in one answer; what is asked beyond is counted, and has to be asked again."""
MOST_IN_FULL = 3
"""Look-ups that are answered at length; more are answered in a few lines each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """One thing that was asked for, and what was found. Exactly one of `number` and `term` was asked."""

    number: str | None = None
    """The invoice number as it was asked."""
    term: str | None = None
    """The term's name as it was asked, exactly."""
    found: tuple[BilledInvoice, ...] = ()
    """Invoices at the source: with the number (none, one or several), or with the term."""
    term_name: str | None = None
    """The term that the diagnosis is about; None where it is not known."""
    term_origin: str = TermOrigin.NONE.value
    diagnosis: Diagnosis
    """`diagnosis.at` is the moment that the answer speaks of."""
    proposal: Proposal | None = None
    company: str
    entity: str = ""
    source_label: str
    system: str
    """What people call the system in which an invoice is corrected and synced."""
    standings: tuple[Standing | None, ...] = ()
    """How the dates of `found`, in its order, stand to the close calendar."""
    case_number: int | None = None
    """Of the open case about this, where there is one."""
    case_permalink: str = ""
    billing_url: str = ""
    books_url: str = ""


def look_up_answer(looked: Sequence[LookUp]) -> CardMessage:
    """One answer for everything that was asked; ephemeral, so it carries no button that decides."""
    return message(look_up_blocks(looked))


def look_up_blocks(looked: Sequence[LookUp]) -> tuple[Block, ...]:
    """The blocks of the answer, for a message or a view."""
    brief = len(looked) > MOST_IN_FULL
    blocks: list[Block] = [section(f"As of {words.at_time(looked[0].diagnosis.at)}")] if brief else []
    for index, one in enumerate(looked[:MOST]):
        if brief:
            blocks += _brief(one, index)
            continue
        if index:
            blocks.append(divider())
        blocks += _one(one, index, short=len(looked) > 1)
    if len(looked) > MOST:
        rest = len(looked) - MOST
        blocks.append(
            context(f"{words.counted(rest, 'more was', 'more were')} asked; please ask again for {_them(rest)}.")
        )
    return tuple(blocks)


def _them(count: int) -> str:
    return "it" if count == 1 else "them"


def _subject(one: LookUp) -> Subject:
    standings = one.standings or (None,) * len(one.found)
    invoices = tuple(
        CaseInvoice(number=billed.number, billed=billed, standing=standing)
        for billed, standing in zip(one.found, standings, strict=True)
    )
    if not invoices and one.number is not None:
        invoices = (CaseInvoice(number=one.number, billed=None),)
    return Subject(
        company=one.company,
        entity=one.entity,
        source_label=one.source_label,
        system_label=one.system,
        term_name=one.term_name,
        term_origin=one.term_origin if one.found else TermOrigin.NONE.value,
        invoices=invoices,
        diagnosis=one.diagnosis,
        proposal=one.proposal,
        billing_url=one.billing_url,
        books_url=one.books_url,
        failed=False,
        on_card=False,
    )


def _one(one: LookUp, index: int, *, short: bool) -> list[Block]:
    subject = _subject(one)
    end = "." if one.diagnosis.match is None else ""
    blocks = [section(f"*{headline(subject)}{end}* · as of {words.at_time(one.diagnosis.at)}")]
    facts = [line for line in _facts(one, subject) if line]
    if facts:
        blocks.append(section(*facts))
    # Where the term is in order the invoice may long be in Intacct: then its period says nothing.
    periods = period_lines(subject.invoices) if subject.kind is not MatchKind.EXACT else []
    if periods:
        blocks.append(section(*periods))
    evidence = [line for line in evidence_lines(subject) if line]
    if evidence:
        blocks.append(section(*evidence))
    plan = [line for line in (*plan_lines(subject), nearest_line(subject)) if line]
    if plan:
        blocks.append(section(*plan))
    if one.proposal is not None and not short:
        against = against_lines(one.proposal)
        if against:
            blocks.append(section(*against))
    order = order_lines(subject) if one.term is None and one.found and not short and askable(one) else []
    known = [words.said(line, 300) for line in one.diagnosis.not_known[:4]]
    if order or known:
        blocks.append(context(*order, *known))
    if one.case_number is not None:
        case = words.link(one.case_permalink, f"Case {one.case_number}")
        blocks.append(context(f"{case} is open about it."))
    return [*blocks, *_buttons(one, index)]


def _brief(one: LookUp, index: int) -> list[Block]:
    """One of many: the headline, whose invoice it is, and the buttons."""
    subject = _subject(one)
    end = "." if one.diagnosis.match is None else ""
    billed = one.found[0] if len(one.found) == 1 else None
    asked = words.name(one.number if one.number is not None else one.term or "", 60)
    parts = [asked, words.name(billed.customer_name, 60) if billed is not None and billed.customer_name else ""]
    if billed is not None and billed.amount is not None:
        parts.append(words.money(billed.amount, billed.currency))
    if one.case_number is not None:
        parts.append(f"{words.link(one.case_permalink, f'case {one.case_number}')} is open about it")
    facts = " · ".join(part for part in parts if part)
    return [section(f"{facts}: *{headline(subject)}*{end}"), *_buttons(one, index)]


def _facts(one: LookUp, subject: Subject) -> list[str]:
    if one.diagnosis.match is None or (one.term is not None and not one.found):
        return []
    return invoice_lines(subject)


def _buttons(one: LookUp, index: int) -> list[Block]:
    value = look_up_value(one.number, one.term, one.company)
    if value is None:
        return [context(f"Too long to be asked again by a button; {words.code(COMMAND)} takes it again.")]
    buttons = [button(ActionId.CHECK, "Check again", value)]
    if askable(one):
        buttons.insert(0, button(ActionId.ASK, "Ask for a decision", value, style=Style.PRIMARY))
    return [actions(f"look_up.{index}", buttons)]


def askable(one: LookUp) -> bool:
    """Whether there is anything to decide: not where the term is in order."""
    match = one.diagnosis.match
    return match is None or match.kind is not MatchKind.EXACT


def help_answer() -> CardMessage:
    """`/checkterms help`: four lines with examples."""
    return message(
        [
            section(
                f"`{COMMAND} INV-1042` says why an invoice does or does not sync, and what its terms need; up to {MOST} at once.",
                f'`{COMMAND} "Net 45"` looks up a term by its name, in quotes, exactly as it is written.',
                f"`{COMMAND} close 2026-10` lists what is billed in that month and not in Intacct; "
                f"`{COMMAND} report` says where the two systems' terms drift apart, "
                f"and `{COMMAND} standardise` how each rule would go by one name.",
                f"`{COMMAND} help` shows these lines. Answers are seen by you alone; decisions are taken on the channel's card.",
            )
        ]
    )


def nonsense(asked: Nonsense | None = None) -> CardMessage:
    """Where neither a number nor a term in quotes was found in what was asked; `asked` says what was instead."""
    how = f'Try `{COMMAND} INV-1042`, or a term in quotes: `{COMMAND} "Net 45"`.'
    reason = asked.reason if asked is not None else Reason.NOT_A_NUMBER
    place = f"the {words.ordinal(asked.position)} character" if asked is not None and asked.position else "a character"
    what = {
        Reason.EMPTY: "Which invoice, or which term?",
        Reason.NOT_A_NUMBER: "I did not find an invoice number in that.",
        Reason.LINK: "A link alone does not show me the invoice's number.",
        Reason.TOO_MANY: f"That is more than {MOST} invoices; please ask for fewer at once.",
        Reason.TOO_LONG: "That is longer than any invoice number or term's name can be.",
        Reason.NO_PERIOD: f"I did not find a month in that. A period is asked for as `{COMMAND} close 2026-10`.",
        Reason.NOT_TEXT: f"I cannot read {place} of that; it is no text.",
    }[reason]
    return message([section(what if reason is Reason.NO_PERIOD else f"{what} {how}")])


def nothing_in_message() -> CardMessage:
    """The message shortcut on a message that names no failed invoice and no term."""
    return message(
        [section(f"I found no invoice number and no refused term in that message. Try `{COMMAND} INV-1042`.")]
    )
