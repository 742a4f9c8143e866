"""A case's states and the only ways between them."""

from __future__ import annotations

from enum import StrEnum


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    """Opened, not yet diagnosed, or diagnosed as unknown and asking."""
    AWAITING_DECISION = "awaiting_decision"
    """A proposal waits for an approver."""
    AWAITING_CORRECTION = "awaiting_correction"
    """A person said that the invoice is wrong; its correction at the source is awaited."""
    WRITING = "writing"
    """Approved; the write to Intacct is due or under way."""
    VERIFYING = "verifying"
    """The write was answered, or its outcome is not known; the term is read back."""
    UNVERIFIED = "unverified"
    """The term could not be read back; nobody knows yet."""
    FAILED = "failed"
    """Intacct refused, or what it stored differs from what was decided."""
    AWAITING_SYNC = "awaiting_sync"
    """The term is there; the invoices are awaited in Intacct."""
    ARRIVED_DIFFERENT = "arrived_different"
    """An invoice is in Intacct, but not as billed."""
    CLOSED = "closed"
    """Every invoice arrived as billed, or an approver accepted what differs."""
    MERGED = "merged"
    """Its term turned out to be another case's."""
    DECLINED = "declined"
    """An approver said no, with a reason."""
    EXPIRED = "expired"
    """Nobody decided in time."""
    DISMISSED = "dismissed"
    """An approver ended it, with a reason."""
    CAUSE_UNKNOWN = "cause_unknown"
    """The same failure although the term is there and active; handed over to the admin."""

    @property
    def final(self) -> bool:
        """Whether nothing moves it any more; a new failure opens a new case."""
        return self in FINAL_STATES


FINAL_STATES = frozenset(
    {
        CaseState.CLOSED,
        CaseState.MERGED,
        CaseState.DECLINED,
        CaseState.EXPIRED,
        CaseState.DISMISSED,
        CaseState.CAUSE_UNKNOWN,
    }
)


class CaseEvent(StrEnum):
    """What moves a case."""

    WRITE_PROPOSED = "write_proposed"
    """The diagnosis found something to write."""
    NOTHING_TO_WRITE = "nothing_to_write"
    """The diagnosis found the term in order, or corrected at the source."""
    UNKNOWN_FOUND = "unknown_found"
    """The diagnosis could not tell the term, and asks."""
    FOUND_ANOTHERS = "found_anothers"
    """Its term turned out to be another case's."""
    APPROVED = "approved"
    DECLINED = "declined"
    EXPIRED = "expired"
    CORRECTED = "corrected"
    """The correction at the source was read and seen."""
    INVOICE_WRONG = "invoice_wrong"
    """A person said that the invoice's term is wrong."""
    APPEARED = "appeared"
    """The term is there now, active, and not by us."""
    WORLD_CHANGED = "world_changed"
    """What was read again differs from what the proposal was made of."""
    REFUSED = "refused"
    """Intacct refused the write."""
    WRITTEN = "written"
    """The write was answered, or its outcome is unknown."""
    READ_IDENTICAL = "read_identical"
    READ_DIFFERENT = "read_different"
    UNREADABLE = "unreadable"
    CHECKED = "checked"
    """A person asked to look again."""
    NEW_PROPOSAL = "new_proposal"
    ALL_ARRIVED = "all_arrived"
    ARRIVED_DIFFERENT = "arrived_different"
    ACCEPTED = "accepted"
    """An approver accepted the differences, with a reason."""
    TERM_GONE = "term_gone"
    """The term is no longer there or no longer active."""
    FAILED_AGAIN = "failed_again"
    """The same failure although the term is there."""
    DISMISSED = "dismissed"


_S, _E = CaseState, CaseEvent

TRANSITIONS: dict[tuple[CaseState, CaseEvent], CaseState] = {
    (_S.OPEN, _E.WRITE_PROPOSED): _S.AWAITING_DECISION,
    (_S.OPEN, _E.NOTHING_TO_WRITE): _S.AWAITING_SYNC,
    (_S.OPEN, _E.UNKNOWN_FOUND): _S.OPEN,
    (_S.OPEN, _E.EXPIRED): _S.EXPIRED,
    (_S.OPEN, _E.FOUND_ANOTHERS): _S.MERGED,
    (_S.AWAITING_DECISION, _E.FOUND_ANOTHERS): _S.MERGED,
    (_S.AWAITING_DECISION, _E.APPROVED): _S.WRITING,
    (_S.AWAITING_DECISION, _E.DECLINED): _S.DECLINED,
    (_S.AWAITING_DECISION, _E.EXPIRED): _S.EXPIRED,
    (_S.AWAITING_DECISION, _E.CORRECTED): _S.AWAITING_SYNC,
    (_S.AWAITING_DECISION, _E.NEW_PROPOSAL): _S.AWAITING_DECISION,
    (_S.OPEN, _E.INVOICE_WRONG): _S.AWAITING_CORRECTION,
    (_S.AWAITING_DECISION, _E.INVOICE_WRONG): _S.AWAITING_CORRECTION,
    (_S.AWAITING_CORRECTION, _E.CORRECTED): _S.AWAITING_SYNC,
    (_S.AWAITING_CORRECTION, _E.EXPIRED): _S.EXPIRED,
    (_S.AWAITING_DECISION, _E.APPEARED): _S.AWAITING_SYNC,
    (_S.WRITING, _E.APPEARED): _S.AWAITING_SYNC,
    (_S.WRITING, _E.WORLD_CHANGED): _S.AWAITING_DECISION,
    (_S.WRITING, _E.REFUSED): _S.FAILED,
    (_S.WRITING, _E.WRITTEN): _S.VERIFYING,
    (_S.VERIFYING, _E.READ_IDENTICAL): _S.AWAITING_SYNC,
    (_S.VERIFYING, _E.READ_DIFFERENT): _S.FAILED,
    (_S.VERIFYING, _E.UNREADABLE): _S.UNVERIFIED,
    (_S.UNVERIFIED, _E.CHECKED): _S.VERIFYING,
    (_S.FAILED, _E.CHECKED): _S.VERIFYING,
    (_S.UNVERIFIED, _E.NEW_PROPOSAL): _S.AWAITING_DECISION,
    (_S.FAILED, _E.NEW_PROPOSAL): _S.AWAITING_DECISION,
    (_S.AWAITING_SYNC, _E.ALL_ARRIVED): _S.CLOSED,
    (_S.AWAITING_SYNC, _E.ARRIVED_DIFFERENT): _S.ARRIVED_DIFFERENT,
    (_S.ARRIVED_DIFFERENT, _E.ACCEPTED): _S.CLOSED,
    (_S.AWAITING_SYNC, _E.TERM_GONE): _S.AWAITING_DECISION,
    (_S.AWAITING_SYNC, _E.FAILED_AGAIN): _S.CAUSE_UNKNOWN,
} | {
    (state, _E.DISMISSED): _S.DISMISSED
    for state in CaseState
    if state not in FINAL_STATES and state not in (_S.WRITING, _S.VERIFYING)
}
"""The whole table; a pair that is not in it is refused."""


class TransitionRefused(Exception):
    """The event cannot move a case from its state."""


def next_state(state: CaseState, event: CaseEvent) -> CaseState:
    """The state after `event`. Raises TransitionRefused where the table has no such way."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise TransitionRefused(f"a case that is {state} cannot be moved by {event}") from None
