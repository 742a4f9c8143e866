"""What each state is called in lists of cases: the card's own words, without what only its case tells."""

from __future__ import annotations

from collections.abc import Mapping

from bot.cases.case import CaseState

STATES: Mapping[CaseState, str] = {
    CaseState.OPEN: "waiting for an answer",
    CaseState.AWAITING_DECISION: "waiting for a decision",
    CaseState.AWAITING_CORRECTION: "waiting for the correction",
    CaseState.WRITING: "writing",
    CaseState.VERIFYING: "reading back",
    CaseState.UNVERIFIED: "not known",
    CaseState.FAILED: "not done",
    CaseState.AWAITING_SYNC: "waiting for the next sync",
    CaseState.ARRIVED_DIFFERENT: "arrived, but not as billed",
    CaseState.CLOSED: "fixed",
    CaseState.MERGED: "merged",
    CaseState.DECLINED: "declined",
    CaseState.EXPIRED: "expired",
    CaseState.DISMISSED: "dismissed",
    CaseState.CAUSE_UNKNOWN: "cause unknown",
}
