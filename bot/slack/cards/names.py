"""The ids by which Slack hands a person's act back: actions, views, shortcuts, commands and the blocks of the views."""

from __future__ import annotations

from enum import StrEnum


class ActionId(StrEnum):
    """What a button does; the ids are fixed, as cards posted long ago still carry them."""

    CREATE = "case.create"
    """Decide at once where the proposal is one-click, else open the approval view."""
    EDIT = "case.edit"
    """Open the view with every field of the proposal."""
    REACTIVATE = "case.reactivate"
    """Open the approval view."""
    INVOICE_WRONG = "case.invoice_wrong"
    """Open the view that asks what the invoice should say."""
    CORRECTED = "case.corrected"
    """The name was corrected at the source: read there, never believed."""
    TELL_TERM = "case.tell_term"
    """Open the view that asks for the term."""
    CHECK = "case.check"
    """Look again."""
    ASK = "case.ask"
    """Ask the approvers for a decision."""
    DECLINE = "case.decline"
    """Open the view that asks for the reason."""
    ACCEPT = "case.accept"
    """Open the view that asks why an invoice that arrived otherwise than billed is accepted."""
    PERIOD = "case.period"
    """Open the view in which an approver chooses how an invoice of a closed period gets into the books."""
    ACKNOWLEDGE = "case.acknowledge"
    """An approver takes note of a term that somebody made in Intacct without a decision here."""


class ViewId(StrEnum):
    """Callback ids of the views."""

    LOADING = "view.loading"
    """Shown within three seconds of the click, replaced by the view that was asked for."""
    EDIT = "view.edit"
    APPROVE = "view.approve"
    """Create or reactivate with a reason; its submission is the decision."""
    DECLINE = "view.decline"
    TELL_TERM = "view.tell_term"
    INVOICE_WRONG = "view.invoice_wrong"
    ACCEPT = "view.accept"
    LOOK_UP = "view.look_up"
    """The message shortcut's answer; nothing is submitted."""
    NOTICE = "view.notice"
    """A sentence in place of the view that was asked for; nothing is submitted."""
    PERIOD = "view.period"
    """A closed period: reopen it, or post in the current one."""


class BlockId(StrEnum):
    """Input blocks of the views; a problem told on submission is told under one of these."""

    DUE_START = "edit.due_start"
    DUE_DAYS = "edit.due_days"
    DISCOUNT_AMOUNT = "edit.discount_amount"
    DISCOUNT_UNIT = "edit.discount_unit"
    DISCOUNT_DAYS = "edit.discount_days"
    DISCOUNT_START = "edit.discount_start"
    DISCOUNT_GRACE = "edit.discount_grace"
    DISCOUNT_BASIS = "edit.discount_basis"
    PENALTY_CYCLE = "edit.penalty_cycle"
    PENALTY_AMOUNT = "edit.penalty_amount"
    PENALTY_UNIT = "edit.penalty_unit"
    PENALTY_GRACE = "edit.penalty_grace"
    DESCRIPTION = "edit.description"
    EDIT_REASON = "edit.reason"
    APPROVE_REASON = "approve.reason"
    APPROVE_REFERENCE = "approve.reference"
    DECLINE_REASON = "decline.reason"
    ACCEPT_REASON = "accept.reason"
    TERM_NAME = "tell.name"
    TERM_START = "tell.due_start"
    TERM_DAYS = "tell.due_days"
    SHOULD_BE = "wrong.should_be"
    PERIOD_WHICH = "period.which"
    PERIOD_COURSE = "period.course"
    PERIOD_REASON = "period.reason"


INPUT = "value"
"""Action id of the one element in every input block."""
COMMAND = "/checkterms"
MESSAGE_SHORTCUT = "message.check_terms"
METADATA_EVENT = "termkeeper_case"
"""`event_type` of the metadata on a case's card: the case is found again by it."""
