"""A term that fails again: how often it did before, when, how each case ended and who decided."""

from __future__ import annotations

from bot.cases.case import CaseState
from bot.cases.view import CaseView, EarlierCase
from bot.slack.cards import words
from bot.slack.cards.blocks import bullets

_ENDED = {
    CaseState.CLOSED: "fixed",
    CaseState.DECLINED: "declined",
    CaseState.EXPIRED: "expired undecided",
    CaseState.DISMISSED: "dismissed",
    CaseState.CAUSE_UNKNOWN: "ended with the cause unknown",
}
_DECIDED = {"approve": "approved", "decline": "declined", "dismiss": "dismissed", "accept": "accepted as it was"}


def earlier_lines(view: CaseView) -> list[str]:
    """What a card says of its term's earlier cases; empty where there were none, and once this one has ended."""
    if not view.earlier or view.state.final:
        return []
    times = words.counted(view.earlier_count, "earlier case")
    told = [_told(each) for each in view.earlier]
    more = view.earlier_count - len(told)
    if more:
        told.append(f"and {more:,} before")
    return [f"*This term has failed before*: {times}.", bullets(told)]


def _told(case: EarlierCase) -> str:
    parts = [f"case {case.number}", f"{_ENDED.get(case.state, 'ended')} {words.on_day(case.ended_at)}"]
    decision = case.decision
    if decision is not None:
        parts.append(f"{_DECIDED.get(decision.verdict, 'decided')} by {words.mention(decision.user_id)}")
        if decision.reason:
            parts.append(f"“{words.said(decision.reason, 150)}”")
    return " · ".join(parts)
