"""Which buttons a card carries, by how the term stands and where the case is; and what their values hold."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from bot.billing.source import THE_SYSTEM
from bot.cases.case import FINAL_STATES, CaseState
from bot.cases.view import Arrival, CaseKind, CaseView, Unknown
from bot.slack.cards import words
from bot.slack.cards.blocks import VALUE_LIMIT, Block, Confirm, Style, button
from bot.slack.cards.evidence import advises_correction
from bot.slack.cards.names import ActionId
from bot.slack.cards.subject import Subject
from bot.terms.limits import name_trouble
from bot.terms.matching import MatchKind
from bot.terms.proposal import Action, Proposal
from bot.terms.term import in_words

_LISTING_VALUE = re.compile(r"list:([0-9A-Za-z_-]{16,64})")
_LIST_VALUE = re.compile(r"alert:([0-9]{1,18})")
_CASE_VALUE = re.compile(r"([0-9]{1,18}):([0-9A-Za-z_-]{0,128})")


@dataclass(frozen=True, slots=True)
class CaseButton:
    """What a button on a case's card stands for."""

    case_id: int
    digest: str
    """Of the proposal that the card shows; empty where it shows none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpButton:
    """What a button on a look-up's answer stands for: the same question again."""

    number: str | None = None
    """The invoice number that was asked for."""
    term: str | None = None
    """The term that was asked for, exactly."""
    company: str = ""
    """The company that the answer spoke of."""


@dataclass(frozen=True, slots=True)
class ListingButton:
    """What the button under a period's list stands for: that very list."""

    token: str


@dataclass(frozen=True, slots=True)
class ListButton:
    """What the button on an overview stands for: the cases of one message."""

    alert_id: int


class UnreadableButtonError(ValueError):
    """A button's value that no card of this bot carries."""


def case_value(case_id: int, digest: str) -> str:
    """The `value` of a case's buttons: its id and the digest of the proposal on the card."""
    return f"{case_id}:{digest}"


def list_value(alert_id: int) -> str:
    """The `value` of an overview's button: whose cases are listed."""
    return f"alert:{alert_id}"


def look_up_value(number: str | None, term: str | None, company: str) -> str | None:
    """The `value` of a look-up's buttons; None where the question is too long for a button."""
    value = json.dumps({"number": number, "term": term, "company": company})
    return value if len(value) <= VALUE_LIMIT else None


def listing_value(token: str) -> str:
    """The `value` of the button that keeps a list."""
    return f"list:{token}"


def read_button(value: str) -> CaseButton | LookUpButton | ListingButton | ListButton:
    """What a clicked button stands for. Raises UnreadableButtonError."""
    if match := _LISTING_VALUE.fullmatch(value):
        return ListingButton(match[1])
    if match := _CASE_VALUE.fullmatch(value):
        return CaseButton(int(match[1]), match[2])
    if match := _LIST_VALUE.fullmatch(value):
        return ListButton(int(match[1]))
    try:
        read = json.loads(value)
    except ValueError:
        raise UnreadableButtonError("the button's value is neither a case nor a question") from None
    if not isinstance(read, dict) or set(read) != {"number", "term", "company"}:
        raise UnreadableButtonError("the button's value is neither a case nor a question")
    number, term, company = read["number"], read["term"], read["company"]
    if (
        not isinstance(company, str)
        or not all(part is None or isinstance(part, str) for part in (number, term))
        or number is term is None
    ):
        raise UnreadableButtonError("the button's question is neither an invoice number nor a term")
    return LookUpButton(number=number, term=term, company=company)


def case_buttons(view: CaseView, subject: Subject) -> list[Block]:
    """The buttons of a case's card as it stands; none where nothing can be done any more, or just now."""
    value = case_value(view.case_id, view.digest)
    offered = _offered(view, subject)
    if any(invoice.shut_out for invoice in view.invoices) and view.state not in _NOT_JUST_NOW:
        offered = (*offered, ActionId.PERIOD)
    if offered and ActionId.DECLINE not in offered:
        offered = (*offered, ActionId.DISMISS)
    if view.made and view.withdrawal_number is None and view.state in WITHDRAWABLE:
        offered = (*offered, ActionId.WITHDRAW)
    return [_button(each, subject, value, first=index == 0) for index, each in enumerate(offered)]


_NOT_JUST_NOW = FINAL_STATES | {CaseState.WRITING, CaseState.VERIFYING}
"""The states in which a card has no buttons."""


WITHDRAWABLE = (
    CaseState.AWAITING_SYNC,
    CaseState.ARRIVED_DIFFERENT,
    CaseState.FAILED,
    CaseState.UNVERIFIED,
    CaseState.CLOSED,
    CaseState.CAUSE_UNKNOWN,
    CaseState.DISMISSED,
)
"""The states in which a card offers to withdraw the term that its decision made."""


def _withdrawing(view: CaseView) -> tuple[ActionId, ...]:
    if view.state is CaseState.AWAITING_DECISION and view.proposal is not None:
        return (ActionId.DEACTIVATE, ActionId.DECLINE)
    looked = view.withdrawing is not None and view.withdrawing.looked_at is not None
    if view.state is CaseState.OPEN and not looked:
        return ()
    return (ActionId.CHECK,) if view.state not in _NOT_JUST_NOW else ()


def _offered(view: CaseView, subject: Subject) -> tuple[ActionId, ...]:
    if view.kind is CaseKind.WITHDRAW:
        return _withdrawing(view)
    if view.state is CaseState.OPEN:
        return _open(view)
    if view.state is CaseState.AWAITING_DECISION:
        return _awaiting_decision(view, subject)
    if view.state in (CaseState.AWAITING_SYNC, CaseState.ARRIVED_DIFFERENT) and view.to_acknowledge:
        return (ActionId.ACKNOWLEDGE, ActionId.CHECK)
    if view.state is CaseState.ARRIVED_DIFFERENT and any(i.arrival is Arrival.WAITING for i in view.invoices):
        return (ActionId.CHECK,)
    return {
        CaseState.AWAITING_CORRECTION: (ActionId.CORRECTED,),
        CaseState.UNVERIFIED: (ActionId.CHECK,),
        CaseState.FAILED: (ActionId.CHECK,),
        CaseState.AWAITING_SYNC: (ActionId.CHECK,),
        CaseState.ARRIVED_DIFFERENT: (ActionId.ACCEPT, ActionId.CHECK),
    }.get(view.state, ())


def _open(view: CaseView) -> tuple[ActionId, ...]:
    diagnosis = view.diagnosis
    if diagnosis is None:
        return ()
    if diagnosis.match is None:
        if diagnosis.unknown is Unknown.INTACCT_DOWN and view.term_name is not None:
            return (ActionId.CHECK,)
        return (ActionId.TELL_TERM, ActionId.CHECK)
    kind = diagnosis.match.kind
    if kind is MatchKind.EXACT:
        return (ActionId.CHECK,)
    if kind is MatchKind.INACTIVE:
        return (ActionId.INVOICE_WRONG, ActionId.CHECK)
    if name_trouble(diagnosis.match.name):
        # Intacct cannot hold such a name: nothing that could be edited would help, only another name.
        return (ActionId.CORRECTED, ActionId.INVOICE_WRONG, ActionId.CHECK)
    if kind is MatchKind.LOOKALIKE:
        return (ActionId.CORRECTED, ActionId.EDIT, ActionId.CHECK)
    return (ActionId.EDIT, ActionId.INVOICE_WRONG, ActionId.CHECK)


def _awaiting_decision(view: CaseView, subject: Subject) -> tuple[ActionId, ...]:
    proposal = view.proposal
    if proposal is None:
        return (ActionId.CHECK,)
    asking = (ActionId.ASK,) if view.policy == "two-people" and not view.asked_by else ()
    if proposal.action is Action.REACTIVATE:
        return (ActionId.REACTIVATE, *asking, ActionId.INVOICE_WRONG, ActionId.DECLINE)
    offer = ActionId.CHECK if proposal.action is Action.BY_HAND else ActionId.CREATE
    if subject.kind is MatchKind.LOOKALIKE:
        both = (ActionId.CORRECTED, offer) if advises_correction(subject) else (offer, ActionId.CORRECTED)
        return (*both, *asking, ActionId.EDIT, ActionId.DECLINE)
    return (offer, *asking, ActionId.EDIT, ActionId.INVOICE_WRONG, ActionId.DECLINE)


def _button(action_id: ActionId, subject: Subject, value: str, *, first: bool) -> Block:
    style = Style.PRIMARY if first and action_id in _LEADING else Style.PLAIN
    return button(
        action_id, _label(action_id, subject), value, style=style, confirm=_confirm(action_id, subject.proposal)
    )


_LEADING = frozenset({ActionId.CREATE, ActionId.REACTIVATE, ActionId.CORRECTED})


def _label(action_id: ActionId, subject: Subject) -> str:
    if action_id is ActionId.PERIOD:
        chosen = all(invoice.choice is not None for invoice in subject.invoices if invoice.shut_out)
        return "Closed period: choose differently" if chosen else "Closed period: choose"
    if action_id is ActionId.CREATE:
        if subject.kind in (MatchKind.LOOKALIKE, MatchKind.EQUIVALENT):
            return "Create the exact name"
        return f"Create {subject.proposal.name if subject.proposal is not None else 'the term'}"
    return {
        ActionId.EDIT: "Edit first",
        ActionId.REACTIVATE: "Reactivate",
        ActionId.INVOICE_WRONG: "The invoice is wrong",
        ActionId.CORRECTED: f"I corrected it in {subject.system_label or THE_SYSTEM}",
        ActionId.TELL_TERM: "Tell me the term",
        ActionId.CHECK: "Check again",
        ActionId.ASK: "Request a decision",
        ActionId.DECLINE: "Decline",
        ActionId.ACCEPT: "Accept with a reason",
        ActionId.ACKNOWLEDGE: "Acknowledge the term",
        ActionId.DISMISS: "Dismiss",
        ActionId.WITHDRAW: "Withdraw the term",
        ActionId.DEACTIVATE: "Make it inactive",
    }[action_id]


def _confirm(action_id: ActionId, proposal: Proposal | None) -> Confirm | None:
    """The dialog before what one click decides; a click that opens a view needs none."""
    if action_id is ActionId.ACKNOWLEDGE:
        return Confirm(
            title="Acknowledge the term?",
            text="Somebody made it in Intacct without a decision here. Your name is kept with it; nothing is written.",
            confirm="Acknowledge",
        )
    if action_id is not ActionId.CREATE or proposal is None or not proposal.one_click:
        return None
    owner = f"the entity {proposal.entity}" if proposal.entity else "all entities"
    return Confirm(
        title=f"Create {words.visible(proposal.name, 60)}?",
        text=f"An AR term of exactly this name for {owner} is written to Intacct: {in_words(proposal.rule)}. "
        "Your name is kept with the decision.",
        confirm="Create",
    )
