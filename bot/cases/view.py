"""What a card shows of a case: one value, read from the records and handed to the surfaces."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from bot.billing.source import BilledInvoice, TermOrigin
from bot.cases.case import CaseState
from bot.close import Standing
from bot.terms.matching import Match
from bot.terms.proposal import InvoiceEvidence, Proposal


class Unknown(StrEnum):
    """Why a case's term could not be told."""

    INVOICE_NOT_FOUND = "invoice_not_found"
    SEVERAL_FOUND = "several_found"
    NO_TERM = "no_term"
    SOURCE_DOWN = "source_down"
    """The billing system did not answer; `Diagnosis.detail` has its words."""
    INTACCT_DOWN = "intacct_down"
    """Intacct did not answer; `Diagnosis.detail` has its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What was found when the case was looked at last."""

    at: datetime
    match: Match | None
    """None where the term is not known."""
    unknown: Unknown | None = None
    detail: str = ""
    """More about `unknown`: the service's words, what to do."""
    undecided: str = ""
    """Why no proposal could be made although the term is known (ambiguous or unreadable name)."""
    intacct_uses: dict[str, int] = field(default_factory=dict)
    """Intacct term name to the number of invoices there that bear it, for the names the card shows; absent = not known."""
    source_invoices: int | None = None
    """Invoices at the source with this term (last twelve months)."""
    source_customers: int | None = None
    newer_than_alert: bool = False
    """Exact: the active term was made or changed after the alert."""
    last_used: date | None = None
    """Inactive: the date of the last invoice in Intacct that bears the term, where asked."""
    not_known: tuple[str, ...] = ()
    """Sentences: what could not be read, and where to look."""
    billing_days: int | None = None
    """The days that the source keeps for the term; None where it keeps none."""
    evidence: tuple[InvoiceEvidence, ...] = ()
    """The invoices that the proof was made over, kept so that an edit is proved against the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDifference:
    """One field that is not as it should be."""

    label: str
    expected: str
    found: str


class Arrival(StrEnum):
    """Whether an invoice is in Intacct."""

    WAITING = "waiting"
    ARRIVED = "arrived"
    DIFFERENT = "different"


class Course(StrEnum):
    """How an invoice of a closed period gets into the books."""

    REOPEN = "reopen"
    """The period is opened again, and closed again afterwards."""
    CURRENT = "current"
    """It is posted in the current period, with an accrual for the closed one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodChoice:
    """What an approver chose for the invoices of a closed period."""

    period: str
    """`2026-09`."""
    course: Course
    reason: str
    team: str
    user_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherReason:
    """An invoice failed again, and this time the sync named another reason."""

    words: str
    """The vendor's."""
    at: datetime
    """When it was posted."""
    closed_on: date | None = None
    """The posting date, where the reason is that Intacct has its period closed; None for any other reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierInvoice:
    """An invoice of the same number that was in Intacct long before the failure: not the one that is awaited."""

    record_no: str
    customer_name: str
    total: Decimal | None
    currency: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedByHand:
    """What speaks for an invoice's having been keyed into Intacct by a person; evidence, no proof."""

    created_by: str
    """Who made its record."""
    created_at: datetime | None
    usual: str
    """Who makes the records of invoices that come from the source."""
    made: int
    """How many of `known` the usual one made."""
    known: int
    """Invoices that both systems have, looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceNote:
    """What else was seen of an invoice."""

    failed: OtherReason | None = None
    failed_early: datetime | None = None
    """When it was reported as failed for the term again, by a sync that may have begun before the term was there."""
    earlier: EarlierInvoice | None = None
    by_hand: KeyedByHand | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseInvoice:
    """One invoice that waits on the case."""

    number: str
    billed: BilledInvoice | None
    """None where the source does not know it."""
    arrival: Arrival = Arrival.WAITING
    differences: tuple[FieldDifference, ...] = ()
    standing: Standing | None = None
    """How its date stands to the close calendar, and to what Intacct said of its period; None where neither says anything."""
    last_choice: PeriodChoice | None = None
    """What was chosen for it last, while it was dated in the period that the choice names."""
    posted_on: date | None = None
    """The posting date of its record in Intacct, where it is there and tells one."""
    first_term: str | None = None
    """The term that the source named when the invoice joined; None where it named none."""
    note: InvoiceNote = InvoiceNote()

    @property
    def waits(self) -> bool:
        """Whether it is not in Intacct yet."""
        return self.arrival is Arrival.WAITING

    @property
    def term_changed(self) -> bool:
        """Whether the source names another term now than when it failed; what a person told is no change."""
        billed, first = self.billed, self.first_term
        if billed is None or first is None or billed.term_origin is TermOrigin.PERSON:
            return False
        return billed.term_name != first

    @property
    def shut_out(self) -> bool:
        """Whether it waits, and its period is closed: then it is never simply synced again."""
        return self.waits and self.standing is not None and self.standing.closed

    @property
    def choice(self) -> PeriodChoice | None:
        """What was chosen for it, unless it is dated in another period now than the one that was chosen for."""
        kept, standing = self.last_choice, self.standing
        other = kept is not None and standing is not None and kept.period != standing.closing.period.name
        return None if other else kept

    @property
    def waits_for_term(self) -> bool:
        """Whether it is awaited in Intacct, and nothing else than the term and its period is known to keep it back."""
        return self.arrival is Arrival.WAITING and not self.kept_back_otherwise

    @property
    def kept_back_otherwise(self) -> bool:
        """Whether the sync named a reason that is neither the term nor a closed period."""
        return self.note.failed is not None and self.note.failed.closed_on is None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """The decision that moved the case."""

    user_id: str
    verdict: str
    """`approve`, `decline`, `dismiss`, `accept`, `acknowledge`."""
    at: datetime
    reason: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a write did not do what was decided."""

    sentence: str
    """What happened, in a sentence."""
    vendor_words: str = ""
    """Intacct's own words, shown in quotes."""
    advice: str = ""
    """What to do: which user needs which permission, where to look."""
    differences: tuple[FieldDifference, ...] = ()
    """Read back differently, field by field."""


class CaseKind(StrEnum):
    """What a case is about."""

    FIX = "fix"
    """A term that a sync could not use."""
    WITHDRAW = "withdraw"
    """A term that is to be made inactive: one that was made here, or one in whose place another name is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersOfKind:
    """What of one kind uses a term."""

    label: str
    """`invoices in Intacct`."""
    count: int
    at_least: bool
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawing:
    """The wish to withdraw a term, and what was found of its use."""

    of_number: int | None
    """The case whose decision made it; None for a term that Intacct already had."""
    record_no: str
    """Of its record in Intacct; empty before the first look at one that Intacct already had."""
    reason: str
    keep: str = ""
    """The name that is kept for the term's rule; empty for a term that was made here."""
    looked_at: datetime | None = None
    """None before the first look."""
    users: tuple[UsersOfKind, ...] = ()
    elsewhere: bool = False
    """Another company here that shares these books uses it; which one and by what is not kept."""
    looked_for: tuple[str, ...] = ()
    """The kinds of users that were looked for."""
    not_told: tuple[str, ...] = ()
    """Kinds of users that Intacct does not tell here; they do not stand in the way of a term that was made here."""
    unread: tuple[str, ...] = ()
    """Sentences: what could not be read, and so stands in the way."""
    status: str = ""
    """`active`, `inactive`, `gone`; empty where not known."""

    @property
    def ours(self) -> bool:
        """Whether a decision here made the term."""
        return self.of_number is not None

    @property
    def used(self) -> bool:
        """Whether something uses it."""
        return bool(self.users) or self.elsewhere

    @property
    def free(self) -> bool:
        """Whether everything was read and nothing uses it."""
        return self.looked_at is not None and not self.used and not self.unread


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierCase:
    """An ended case of the same term."""

    number: int
    state: CaseState
    ended_at: datetime
    decision: DecisionView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case as its card shows it, at one revision."""

    case_id: int
    company: str
    number: int
    state: CaseState
    revision: int
    term_name: str | None
    """Exactly as at the source; None while not known."""
    term_origin: str
    """A `TermOrigin` value: how the term is known."""
    invoices: tuple[CaseInvoice, ...]
    """The first failure's first."""
    alerts: int
    """How many alerts speak of it."""
    diagnosis: Diagnosis | None
    proposal: Proposal | None
    digest: str
    """Of the proposal; empty where there is none. Buttons carry it."""
    approvers: tuple[str, ...]
    """User ids that may decide, as of the card's making."""
    policy: str
    """`any-approver`, `second-person`, `two-people`."""
    source_label: str
    system: str
    """What people call the system in which an invoice is corrected and synced."""
    """`BILL`."""
    books_entity: str
    """The entity that the sync signs in to; empty: top level."""
    asked_by: tuple[str, ...]
    asked_at: datetime
    expires_at: datetime | None
    opened_at: datetime
    alerted_at: datetime
    """The moment of the first alert."""
    kind: CaseKind = CaseKind.FIX
    withdrawing: Withdrawing | None = None
    """Of a case that withdraws a term."""
    keeps_periods: bool = False
    """Whether the company keeps a close calendar."""
    made: str = ""
    """The name of the term that this case's decision made in Intacct; empty where it made none."""
    withdrawal_number: int | None = None
    """The case that withdraws it, or has."""
    withdrawal_link: str = ""
    """To that case's card; empty where it has none."""
    closed_at: datetime | None = None
    found_before: bool = False
    """A look of our own found it, and no alert speaks of it: nothing has failed yet."""
    decision: DecisionView | None = None
    trouble: Trouble | None = None
    record_no: str = ""
    """Of the term in Intacct, once written and read."""
    appeared: bool = False
    """The term appeared in Intacct without a decision of ours."""
    to_acknowledge: bool = False
    """Somebody made the term in Intacct without a decision here: an approver acknowledges it before the case closes."""
    in_books_at: datetime | None = None
    """When the last of the invoices was made in Intacct, for a closed case; None where Intacct does not tell."""
    appeared_otherwise: tuple[FieldDifference, ...] = ()
    """Where it appeared: what of it is not as it was proposed here."""
    changed: tuple[FieldDifference, ...] = ()
    """What an approver had approved that is otherwise in the present proposal, as something changed before the write."""
    delay: str = ""
    """Why an approved write has not begun: what could not be read, or took nothing."""
    due_at: datetime | None = None
    """When the case is looked at next."""
    wrong_invoice_note: str = ""
    """What the invoice should say, as the person put it (state awaiting_correction)."""
    previous_number: int | None = None
    """The earlier case of the same term."""
    earlier: tuple[EarlierCase, ...] = ()
    """The newest ended cases of the same term, newest first."""
    earlier_count: int = 0
    """How many there were in all."""
    merged_into: int | None = None
    deputies: tuple[str, ...] = ()
    """Those of `approvers` who stand in for others today."""
    barred: tuple[str, ...] = ()
    """Those of `approvers` who had a part in the case because of which they may not decide it."""
    edited_by: str = ""
    """The user id of whoever made the proposal that the card shows; empty where it is the bot's."""
    edit_reason: str = ""
    """In his words."""
    billing_url: str = ""
    """Link to the source where a person can sync again; empty where not known."""
    books_url: str = ""
    """Link to Intacct's AR terms; empty where not known."""
