"""A case as its card: one state line, the facts, the evidence, what would be done, the actions, who may act."""

from __future__ import annotations

from bot.cases.case import CaseState
from bot.cases.view import CaseKind, CaseView
from bot.slack.cards import words
from bot.slack.cards.aftermath import invoice_lines_since, made_by_others
from bot.slack.cards.blocks import Block, CardMessage, actions, bullets, context, message, section
from bot.slack.cards.buttons import case_buttons
from bot.slack.cards.evidence import evidence_lines, nearest_line
from bot.slack.cards.facts import invoice_lines, order_lines
from bot.slack.cards.history import earlier_lines
from bot.slack.cards.names import METADATA_EVENT
from bot.slack.cards.outcome import (
    BEFORE_DECISION,
    changed_lines,
    corrected_invoices,
    decided,
    outcome_lines,
    state_headline,
    state_words,
)
from bot.slack.cards.periods import period_lines, posted_lines
from bot.slack.cards.plan import Tense, against_lines, plan_lines
from bot.slack.cards.subject import Subject, of_case
from bot.slack.cards.withdraw_card import withdraw_blocks
from bot.terms.matching import MatchKind

_TENSE = {
    CaseState.AWAITING_DECISION: Tense.WOULD,
    CaseState.WRITING: Tense.NOW,
    CaseState.VERIFYING: Tense.NOW,
    CaseState.FAILED: Tense.WAS,
}
"""The states in which a card still shows the proposal field by field."""
_SYNCING = (CaseState.AWAITING_SYNC, CaseState.ARRIVED_DIFFERENT)
"""The states in which the term is there and its invoices are looked for."""


def case_card(view: CaseView) -> CardMessage:
    """The card of a case at this revision; its metadata carries the case's id."""
    subject = of_case(view)
    if view.kind is CaseKind.WITHDRAW and view.withdrawing is not None:
        return _finished(view, subject, withdraw_blocks(view, subject))
    blocks = [section(_state_line(view, subject))]
    outcome = [line for line in (*outcome_lines(view, subject), *changed_lines(view)) if line]
    if outcome:
        blocks.append(section(*outcome))
    blocks += _matter(view, subject)
    again = earlier_lines(view)
    if again:
        blocks.append(section(*again))
    blocks += _since(view, subject)
    blocks += _plan(view, subject)
    blocks += _beside(view, subject)
    return _finished(view, subject, blocks)


def _finished(view: CaseView, subject: Subject, blocks: list[Block]) -> CardMessage:
    """The card with its buttons and its last line."""
    buttons = case_buttons(view, subject)
    if buttons:
        blocks.append(actions(f"case.{view.case_id}.{view.revision}", buttons))
    closing = _closing(view)
    if closing:
        blocks.append(context(closing))
    return message(blocks, metadata=card_metadata(view))


def card_metadata(view: CaseView) -> Block:
    """By which the card is found again in its thread."""
    return {"event_type": METADATA_EVENT, "event_payload": {"case_id": view.case_id, "revision": view.revision}}


def _state_line(view: CaseView, subject: Subject) -> str:
    parts = [state_headline(view, subject)]
    if (
        view.state not in BEFORE_DECISION
        and subject.term_name is not None
        and view.state is not CaseState.AWAITING_SYNC
    ):
        parts.append(subject.term)
    return " · ".join([*parts, f"case {view.number}", state_words(view, subject)])


def _matter(view: CaseView, subject: Subject) -> list[Block]:
    facts = [line for line in invoice_lines(subject) if line]
    blocks = [section(*facts)] if facts else []
    periods = period_lines(view.invoices) if not view.state.final else []
    periods += posted_lines(view.invoices, view.alerted_at)
    if periods:
        blocks.append(section(*periods))
    if view.state in BEFORE_DECISION or _in_order(view, subject):
        lines = [line for line in evidence_lines(subject) if line]
        if view.proposal is None and (near := nearest_line(subject)):
            lines.append(near)
        if lines:
            blocks.append(section(*lines))
    return blocks


def _since(view: CaseView, subject: Subject) -> list[Block]:
    """What somebody made in Intacct, and what was seen of the invoices since they failed."""
    blocks = []
    if view.state in _SYNCING and (made := made_by_others(view, rule_told=_in_order(view, subject))):
        blocks.append(section(*made))
    if seen := invoice_lines_since(view, subject):
        blocks.append(section(bullets(seen, 8)))
    return blocks


def _beside(view: CaseView, subject: Subject) -> list[Block]:
    """In which order to sync, and what is not known."""
    shown = view.state in BEFORE_DECISION or view.state is CaseState.AWAITING_SYNC
    instructed = view.state is CaseState.AWAITING_SYNC and not _in_order(view, subject)
    order = order_lines(subject, instructed=instructed) if shown else []
    blocks = [context(*order)] if order else []
    not_known = view.diagnosis.not_known if view.diagnosis is not None else ()
    if not_known and not view.state.final:
        blocks.append(context("Not known:", bullets([words.said(line, 300) for line in not_known], 4)))
    return blocks


def _in_order(view: CaseView, subject: Subject) -> bool:
    """Awaiting the sync of a term that was there all along: the evidence is still the news."""
    by_itself = view.decision is None and not view.appeared and not corrected_invoices(view)
    return view.state is CaseState.AWAITING_SYNC and by_itself and subject.kind is MatchKind.EXACT


def _plan(view: CaseView, subject: Subject) -> list[Block]:
    if view.state not in _TENSE or view.proposal is None:
        return []
    if view.state is not CaseState.AWAITING_DECISION:
        return [section(*plan_lines(subject, _TENSE[view.state]))]
    blocks = [section(*plan_lines(subject), nearest_line(subject))]
    if view.edited_by:
        why = f" Reason: “{words.said(view.edit_reason, 600)}”" if view.edit_reason else ""
        blocks.append(section(f"Edited by {words.mention(view.edited_by)}, so somebody else decides.{why}"))
    against = against_lines(view.proposal)
    if against:
        blocks.append(section(*against))
    return blocks


def _closing(view: CaseView) -> str:
    """Who may act, since when it waits and how long, and what this case follows."""
    line = []
    if view.state is CaseState.AWAITING_DECISION:
        line.append(_who(view))
    if view.state in _SYNCING and view.to_acknowledge and view.approvers:
        line.append(f"{words.people(view.approvers, 'or')} can acknowledge the term")
    if view.state in BEFORE_DECISION and view.kind is CaseKind.FIX:
        asked_by = f" by {words.people(view.asked_by)}" if view.asked_by else ""
        line.append(f"asked{asked_by} {words.at_moment(view.asked_at)}")
    if view.expires_at is not None and (view.state in BEFORE_DECISION or view.state is CaseState.AWAITING_CORRECTION):
        line.append(f"expires {words.on_day(view.expires_at)}")
    if view.state is CaseState.AWAITING_DECISION and decided(view):
        line.append(f"an earlier proposal was decided: {decided(view)}")
    if view.withdrawal_number is not None:
        case = words.link(view.withdrawal_link, f"{'case' if line else 'Case'} {view.withdrawal_number}")
        line.append(f"{case} is about withdrawing the term")
    if view.kind is CaseKind.FIX:
        line.append("found before it failed" if view.found_before else words.counted(view.alerts, "alert"))
    if view.diagnosis is not None and view.state in BEFORE_DECISION:
        line.append(f"as of {words.at_moment(view.diagnosis.at)}")
    if view.previous_number is not None and not earlier_lines(view):
        line.append(f"case {view.previous_number} was about the same term")
    return words.first_upper(" · ".join(line))


def _who(view: CaseView) -> str:
    if not view.approvers:
        return "nobody can approve: APPROVERS names no active member, which the admin has to set right"
    able = [user for user in view.approvers if user not in view.barred]
    if not able:
        return "nobody can approve: all approvers had a part in the case, so the admin has to name another"
    who = f"{words.people(able, 'or', standing_in=view.deputies)} can approve"
    if view.policy == "two-people" and not view.asked_by:
        return f"{who}, once somebody else has requested it"
    return who
