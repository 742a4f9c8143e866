"""Views that a click opens: a loading view at once, as the trigger lives three seconds, filled from the records after."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slack_sdk.errors import SlackApiError
from sqlalchemy import select

from bot.cases import showing, store
from bot.cases.case import CaseState
from bot.cases.codec import PROPOSAL
from bot.cases.deciding.decide import DISMISSIBLE, barred
from bot.cases.ports import Entitled, Person
from bot.cases.view import CaseView
from bot.records.tables import cases
from bot.slack.cards import views
from bot.slack.cards.buttons import WITHDRAWABLE
from bot.slack.cards.names import ActionId
from bot.slack.cards.one_liners import moved_on, refusal_sentence
from bot.slack.cards.views import View, ViewContext
from bot.slack.cards.which_company import NOT_LOOKED_AFTER
from bot.slack.lists import list_of
from bot.slack.parts import Parts
from bot.slack.pressed import Pressed
from bot.slack.sorry import REPEAT

log = logging.getLogger(__name__)

ALWAYS = frozenset(
    {
        ActionId.EDIT,
        ActionId.REACTIVATE,
        ActionId.INVOICE_WRONG,
        ActionId.TELL_TERM,
        ActionId.DECLINE,
        ActionId.ACCEPT,
        ActionId.PERIOD,
        ActionId.DISMISS,
        ActionId.WITHDRAW,
        ActionId.DEACTIVATE,
    }
)
"""Clicks that always open a view; Create does where its proposal is not one-click."""

DECIDING = {
    ActionId.CREATE: "approve",
    ActionId.REACTIVATE: "approve",
    ActionId.DEACTIVATE: "approve",
    ActionId.DECLINE: "decline",
    ActionId.ACCEPT: "accept",
    ActionId.DISMISS: "dismiss",
    ActionId.PERIOD: "period",
}
"""Clicks that take somebody entitled, and to what (`decide.barred`)."""

_VIEWS: dict[ActionId, Callable[[CaseView, ViewContext], View]] = {
    ActionId.CREATE: views.approval_view,
    ActionId.REACTIVATE: views.approval_view,
    ActionId.EDIT: views.edit_view,
    ActionId.DECLINE: views.decline_view,
    ActionId.ACCEPT: views.accept_view,
    ActionId.DISMISS: views.dismiss_view,
    ActionId.TELL_TERM: views.tell_term_view,
    ActionId.INVOICE_WRONG: views.invoice_wrong_view,
    ActionId.PERIOD: views.period_view,
    ActionId.WITHDRAW: views.withdraw_view,
    ActionId.DEACTIVATE: views.deactivation_view,
}
_STATES: dict[ActionId, tuple[CaseState, ...]] = {
    ActionId.CREATE: (CaseState.AWAITING_DECISION,),
    ActionId.REACTIVATE: (CaseState.AWAITING_DECISION,),
    ActionId.DECLINE: (CaseState.AWAITING_DECISION,),
    ActionId.EDIT: (CaseState.AWAITING_DECISION, CaseState.OPEN, CaseState.FAILED, CaseState.UNVERIFIED),
    ActionId.ACCEPT: (CaseState.ARRIVED_DIFFERENT,),
    ActionId.DISMISS: DISMISSIBLE,
    ActionId.WITHDRAW: WITHDRAWABLE,
    ActionId.DEACTIVATE: (CaseState.AWAITING_DECISION,),
    ActionId.TELL_TERM: (CaseState.OPEN,),
    ActionId.INVOICE_WRONG: (CaseState.OPEN, CaseState.AWAITING_DECISION),
    ActionId.PERIOD: tuple(state for state in CaseState if not state.final),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A view to open."""

    act: Pressed
    trigger_id: str


def wants_view(parts: Parts, act: Pressed) -> bool:
    """Whether a click opens a view. For Create this is one look at the records, by the proposal's digest."""
    if act.alert_id is not None:
        return True
    if act.question is not None or act.case_id is None:
        return False
    if act.action is not ActionId.CREATE:
        return act.action in ALWAYS
    with parts.database.intake() as connection:
        row = connection.execute(
            select(cases.c.proposal, cases.c.proposal_digest).where(cases.c.id == act.case_id)
        ).one_or_none()
    if row is None or row.proposal is None or row.proposal_digest != act.digest:
        return False
    return not PROPOSAL.validate_python(row.proposal).one_click


def open_view(parts: Parts, opening: Opening) -> None:
    """Opens the loading view; it is filled aside, as that may take longer than an acknowledgement.

    Raises SlackApiError where it comes too late.
    """
    opened = parts.clients.other.views_open(trigger_id=opening.trigger_id, view=views.loading_view())
    parts.aside.submit(_fill, parts, opening.act, opened["view"])


def _fill(parts: Parts, act: Pressed, view: Any) -> None:
    try:
        filled = _filled(parts, act)
    except Exception:
        log.exception("the view for %s could not be made", act.action)
        filled = views.notice_view("Not now", f"{REPEAT} Close this window first.")
    try:
        parts.clients.other.views_update(view_id=view["id"], hash=view["hash"], view=filled)
    except SlackApiError as error:
        # The person closed it meanwhile, or another update won: then nothing is owed.
        if error.response.get("error") not in ("not_found", "hash_conflict"):
            log.warning("the view for %s could not be filled: %s", act.action, error.response.get("error"))


def _filled(parts: Parts, act: Pressed) -> View:
    if act.alert_id is not None:
        return list_of(parts, act, act.alert_id)
    if act.case_id is None:
        return views.notice_view("Not known", "This button belongs to no case. Nothing was done.")
    with parts.database.transaction() as connection:
        company_key = connection.scalar(select(cases.c.company).where(cases.c.id == act.case_id))
    if company_key is None:
        return views.notice_view("Not known", "I do not know this case any more. Nothing was done.")
    if company_key not in parts.companies:
        return views.notice_view("Not looked after", NOT_LOOKED_AFTER)
    entitled = parts.approvers.entitled(company_key) if act.action in DECIDING else Entitled()
    company = parts.companies[company_key]
    person = Person(team=act.team, user_id=act.user)
    with parts.database.transaction() as connection:
        row = store.read(connection, act.case_id)
        view = showing.load_view(connection, company, act.case_id, entitled.people, entitled.deputies)
        what = DECIDING.get(act.action)
        why = barred(connection, company, row, person, entitled, what) if what else None
    if view.state not in _STATES[act.action] or (act.digest != view.digest):
        return views.notice_view("Moved on", moved_on(view.number, view.state, view.decision))
    if why is not None and what is not None:
        sentence = refusal_sentence(why, entitled.people, person.user_id, deputies=entitled.deputies, what=what)
        return views.notice_view("Not yours to decide", sentence)
    if act.action is ActionId.PERIOD and not any(invoice.shut_out for invoice in view.invoices):
        return views.notice_view("Nothing to choose", "No invoice of this case waits in a closed period any more.")
    context = ViewContext(case_id=view.case_id, digest=view.digest, channel=act.channel)
    return _VIEWS[act.action](view, context)
