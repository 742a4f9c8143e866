"""Which sentence a kept message becomes, with the facts that it needs as of the moment of posting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.cases.case import CaseState
from bot.cases.deciding.policy import RefusalReason
from bot.cases.view import DecisionView
from bot.slack.cards import one_liners
from bot.slack.cards.blocks import CardMessage
from bot.slack.cards.closing import Reminder, WaitingCase, period_closes
from bot.slack.cards.reconciled import reconciled
from bot.slack.cards.which_company import no_company


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What a sentence needs of a case."""

    case_id: int
    number: int
    digest: str
    term: str | None
    near: bool
    """Whether the card stands in the channel in which the sentence is said."""
    link: str
    """To the card; empty while it is not posted."""
    state: CaseState | None = None
    expires_at: datetime | None = None
    decision: DecisionView | None = None
    """The last one on the case."""
    deputies: tuple[str, ...] = ()
    """Those of the approvers who stand in for others today."""
    barred: tuple[str, ...] = ()
    """Those of the approvers who had a part in the case."""


class Unsaid(ValueError):
    """A kept message that no sentence is known for."""


def line(body: Mapping[str, Any], case: CaseFacts | None) -> CardMessage:
    """A reply in a later alert's thread, or in the card's own."""
    if case is None:
        raise Unsaid("a reply speaks of a case")
    return one_liners.waits_too(
        body.get("invoices", ()),
        case.number,
        term_name=case.term,
        permalink=case.link,
        elsewhere=not case.near,
        in_order=case.state is CaseState.CAUSE_UNKNOWN,
    )


def notice(body: Mapping[str, Any]) -> CardMessage:
    """A sentence for those who look after a company."""
    what = body["what"]
    if what == "gave_up":
        return one_liners.gave_up(body["task"], body["error"])
    if what == "calls_near":
        return one_liners.calls_near(body["calls"], body["limit"], body["month"])
    if what == "sign_in_refused":
        return one_liners.sign_in_refused(body["sentence"], body["words"], body["advice"])
    if what == "not_kept":
        return one_liners.not_kept(body["about"], body["error"])
    if what == "set_aside":
        return one_liners.set_aside(body["kind"], body["error"])
    if what == "calendar_ends":
        return one_liners.calendar_ends(body["period"])
    if what == "found_many":
        return one_liners.found_many(body["more"])
    if what == "reconciled":
        return reconciled(appeared=body["appeared"], changed=body["changed"], gone=body["gone"])
    raise Unsaid(f"nothing is known to say for {what}")


def direct(body: Mapping[str, Any], case: CaseFacts | None) -> CardMessage:
    """A sentence to one person in his conversation with the bot."""
    what = body["what"]
    if what == "please_decide" and case is not None:
        return one_liners.please_decide(
            case.number, case.term, body["asker"], until=case.expires_at, permalink=case.link
        )
    if what == "expires_soon" and case is not None:
        return one_liners.expires_soon(
            case.number, case.term, CaseState(body["state"]), until=case.expires_at, permalink=case.link
        )
    if what == "period_closes":
        return period_closes(_reminder(body))
    raise Unsaid(f"nothing is known to say for {what}")


def _reminder(body: Mapping[str, Any]) -> Reminder:
    return Reminder(
        period=body["period"],
        cut_off=datetime.fromisoformat(body["cut_off"]),
        left=timedelta(seconds=body["left_s"]),
        invoices=body["invoices"],
        sums=[(Decimal(amount), currency) for amount, currency in body["sums"]],
        cases=[
            WaitingCase(
                number=case["number"],
                term=case["term"],
                state=CaseState(case["state"]),
                invoices=case["invoices"],
                link=case["link"],
            )
            for case in body["cases"]
        ],
        more=body["more"],
    )


_OF_NO_CASE: dict[str, Callable[[Mapping[str, Any]], CardMessage]] = {
    "finding_kept": lambda body: one_liners.finding_kept(body["names"], body["weeks"]),
    "finding_changed": lambda body: one_liners.finding_changed(body["names"]),
    "finding_told_again": lambda body: one_liners.finding_told_again(body["names"], ended=body["ended"]),
    "finding_gone": lambda body: one_liners.finding_gone(body["names"]),
    "finding_refused": lambda body: one_liners.finding_refused(body["people"]),
    "no_company": lambda _: no_company(),
    "not_a_member": lambda _: one_liners.not_a_member(),
    "retire_asked": lambda body: one_liners.retire_asked(body["name"], body["already"]),
}
"""What is whispered that looks at no case: of findings, a term to make inactive, a company not looked after, a guest."""


_OF_ITS_NUMBER: dict[str, Callable[[int], CardMessage]] = {
    "expired": one_liners.too_late,
    "unknown_who": one_liners.nobody_known,
    "told": one_liners.noted_told,
    "edited": one_liners.noted_edit,
}
"""What is whispered that needs nothing of a case but its number."""


def decided_from_list(body: Mapping[str, Any], approvers: Sequence[str]) -> CardMessage:
    """To the person who chose several cases of a list: what became of each."""
    others = [(each["case"], each["what"], each["reason"]) for each in body["others"]]
    return one_liners.list_decided(body["approved"], others, approvers, clicker=body["user"])


def whisper(body: Mapping[str, Any], case: CaseFacts | None, approvers: Sequence[str]) -> CardMessage:
    """A sentence for one person alone."""
    what = body["what"]
    if what in _OF_NO_CASE:
        return _OF_NO_CASE[what](body)
    if case is None:
        raise Unsaid(f"nothing is known to say for {what} without a case")
    if what in _OF_ITS_NUMBER:
        return _OF_ITS_NUMBER[what](case.number)
    if what == "refused":
        return one_liners.refused(
            RefusalReason(body["reason"]),
            approvers,
            case_id=case.case_id,
            digest=case.digest,
            clicker=body["user"],
            deputies=case.deputies,
            what=body.get("act") or "approve",
        )
    if what == "not_to_acknowledge":
        return one_liners.not_to_acknowledge(approvers)
    if what == "outdated":
        return one_liners.outdated(case.number, case.state, case.decision)
    if what in ("needs_reason", "needs_reference"):
        return one_liners.reason_needed(reference=what == "needs_reference")
    if what == "asked":
        able = [user for user in approvers if user not in (*case.barred, body["user"])]
        return one_liners.asked(case.number, able, permalink=case.link)
    if what == "not_corrected":
        return one_liners.not_corrected(case.number, body.get("names", ()), trouble=body.get("trouble") or "")
    raise Unsaid(f"nothing is known to say for {what}")
