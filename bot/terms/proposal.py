"""The AR term that would be created: each field with its source, the conflicts, and the proof against invoices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.terms.matching import Match
from bot.terms.term import PaymentTerm


class Action(StrEnum):
    """What carrying out a proposal means."""

    CREATE = "create"
    """`create_arterm` with this name and rule."""
    REACTIVATE = "reactivate"
    """`update_arterm` that sets status active and nothing else."""
    BY_HAND = "by_hand"
    """A rule that the XML gateway cannot create: instructions for a person, field by field."""


class FieldSource(StrEnum):
    """Where a proposed field's value comes from."""

    NAME = "read from the name"
    BILLING_DAYS = "the billing system's days"
    INVOICE_DATES = "the invoice's dates"
    INTACCT = "the record in Intacct"
    PERSON = "a person's entry"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedField:
    """One field of the proposed record."""

    label: str
    """As Intacct's screen names it: `Name`, `Due`, `Discount`, `Penalty`, `Status`, …"""
    value: str
    """In words: `45 days from the invoice date`."""
    sources: tuple[FieldSource, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceEvidence:
    """One invoice known to bear the term: what the proof is made of."""

    number: str
    invoice_date: date
    due_date: date | None
    computed: bool = False
    """True where the billing system computed the due date from its days (one source, not two)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofLine:
    """The rule applied to one invoice."""

    number: str
    invoice_date: date
    billed_due: date
    proposed_due: date

    @property
    def holds(self) -> bool:
        """Whether the rule gives the due date that the customer was sent."""
        return self.billed_due == self.proposed_due


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`TERMS_POLICY`: what may be approved with one click."""

    approved_names: frozenset[str] = frozenset()
    """Names approved as they stand; empty: no list is kept."""
    longest_days: int | None = None
    discounts: bool = True
    penalties: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One record to write, bound to a decision by its digest."""

    action: Action
    name: str
    """Exactly as on the invoice."""
    rule: PaymentTerm
    fields: tuple[ProposedField, ...]
    proof: tuple[ProofLine, ...] = ()
    conflicts: tuple[str, ...] = ()
    """Sentences for a person: where sources disagree, a discount after the due date, …"""
    doubts: tuple[str, ...] = ()
    """Why this is not one-click: the view states each and requires a reason. Includes the conflicts' consequence."""
    outside_policy: tuple[str, ...] = ()
    """What exceeds TERMS_POLICY: the view then requires a reference too."""
    instructions: tuple[str, ...] = ()
    """For `BY_HAND`: how to make it, field by field."""
    entity: str | None = None
    """Who owns the new term: None for all entities."""
    description: str = ""

    @property
    def one_click(self) -> bool:
        """Whether a confirm dialog suffices."""
        return self.action is Action.CREATE and not (self.doubts or self.outside_policy or self.conflicts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """No proposal can be made without a person: the readings that remain, and why."""

    readings: tuple[PaymentTerm, ...]
    why: str


def propose(
    match: Match,
    *,
    evidence: Sequence[InvoiceEvidence],
    billing_days: int | None,
    policy: Policy,
    inferred: bool = False,
    rule: PaymentTerm | None = None,
    entity: str | None = None,
) -> Proposal | Undecided | None:
    """What to write for `match`; None where nothing is to be written (exact).

    `billing_days`: the days that the billing system keeps for the term; None where it keeps none.
    `inferred`: the term on the invoice is an inference, so never one-click.
    `rule`: a person's own entry, which wins over every other source (its disagreements become conflicts).
    """
    raise NotImplementedError
