"""The AR term that would be created: each field with its source, the conflicts, and the proof against invoices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.terms.byhand import instructions, needs_a_hand
from bot.terms.evidence import Choice, FieldSource, InvoiceEvidence, ProofLine, Undecided, choose, prove
from bot.terms.limits import name_doubts, name_trouble
from bot.terms.matching import Match, MatchKind
from bot.terms.objections import Known, conflicts_of, doubts_of, speaker_of
from bot.terms.policy import Policy, outside
from bot.terms.term import ArTerm, DiscountBasis, DueFrom, PaymentTerm, in_words, same_rule
from bot.terms.wording import readings

__all__ = [
    "Action",
    "FieldSource",
    "InvoiceEvidence",
    "Policy",
    "ProofLine",
    "Proposal",
    "ProposedField",
    "Undecided",
    "propose",
]


class Action(StrEnum):
    """What carrying out a proposal means."""

    CREATE = "create"
    """`create_arterm` with this name and rule."""
    REACTIVATE = "reactivate"
    """`update_arterm` that sets status active and nothing else."""
    BY_HAND = "by_hand"
    """A rule that the XML gateway cannot create: instructions for a person, field by field."""
    DEACTIVATE = "deactivate"
    """`update_arterm` that sets status inactive and nothing else: nothing uses the term."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedField:
    """One field of the proposed record."""

    label: str
    """As Intacct's screen names it: `Name`, `Due`, `Discount`, `Penalty`, `Status`, …"""
    value: str
    """In words: `45 days from the invoice date`."""
    sources: tuple[FieldSource, ...]


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

    @property
    def needs_reference(self) -> bool:
        """Whether the decision takes a reference beside its reason: outside the policy, and at every reactivation."""
        return self.action is Action.REACTIVATE or bool(self.outside_policy)


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

    A name that Intacct cannot hold gives Undecided, which says where the trouble lies.
    """
    if match.kind is MatchKind.EXACT:
        return None
    sources = Known(match.name, tuple(evidence), billing_days, policy, inferred)
    if match.kind is MatchKind.INACTIVE and match.term is not None:
        return _reactivation(match.term, sources, entered=rule)
    trouble = name_trouble(match.name)
    if trouble:
        return Undecided(readings=readings(match.name), why=trouble)
    choice = choose(match.name, evidence, billing_days, rule)
    return choice if isinstance(choice, Undecided) else _creation(choice, sources, entity)


def _creation(choice: Choice, sources: Known, entity: str | None) -> Proposal:
    rule, name = choice.rule, sources.name
    by_hand = needs_a_hand(rule)
    proof = prove(rule, sources.evidence)
    conflicts = conflicts_of(rule, proof, sources, speaker_of(choice.due_sources[0]))
    words = in_words(rule)
    description = words[0].upper() + words[1:]
    return Proposal(
        action=Action.BY_HAND if by_hand else Action.CREATE,
        name=name,
        rule=rule,
        fields=_fields(name, description, rule, _due_sources(choice, proof, sources), choice.terms_source, entity),
        proof=proof,
        conflicts=conflicts,
        doubts=(*choice.doubts, *doubts_of(rule, sources, choice.terms_source, conflicts), *name_doubts(name)),
        outside_policy=outside(sources.policy, name, rule),
        instructions=instructions(name, rule, description, entity) if by_hand else (),
        entity=entity,
        description=description,
    )


def _reactivation(term: ArTerm, sources: Known, *, entered: PaymentTerm | None) -> Proposal | Undecided:
    if term.rule is None:
        why = (
            f"The inactive record's own rule cannot be read ({term.unread or 'its fields make no rule'}), "
            "so what it would do is not known. Look at it in Intacct under AR Terms."
        )
        return Undecided(readings=readings(term.name), why=why)
    proof = prove(term.rule, sources.evidence)
    conflicts = conflicts_of(term.rule, proof, sources, "the record in Intacct says")
    if entered is not None and not same_rule(entered, term.rule):
        conflicts += (
            (
                f"The record in Intacct says “{in_words(term.rule)}”, the entry “{in_words(entered)}”; "
                "a record's rule is never changed."
            ),
        )
    fields = _fields(term.name, term.description, term.rule, (FieldSource.INTACCT,), FieldSource.INTACCT, term.entity)
    return Proposal(
        action=Action.REACTIVATE,
        name=term.name,
        rule=term.rule,
        fields=fields,
        proof=proof,
        conflicts=conflicts,
        doubts=(
            "Somebody made this term inactive: reactivating it lets it be used again for every customer.",
            *doubts_of(term.rule, sources, FieldSource.INTACCT, conflicts),
        ),
        outside_policy=outside(sources.policy, term.name, term.rule),
        entity=term.entity,
        description=term.description,
    )


def _fields(
    name: str,
    description: str,
    rule: PaymentTerm,
    due: tuple[FieldSource, ...],
    terms: FieldSource,
    entity: str | None,
) -> tuple[ProposedField, ...]:
    """The record's fields in the order of Intacct's screen."""
    default = (FieldSource.DEFAULT,)
    kept = (terms,) if terms is FieldSource.INTACCT else default
    discount, penalty = rule.discount, rule.penalty
    fields = [
        ProposedField(label="Name", value=name, sources=(FieldSource.NAME,)),
        ProposedField(label="Description", value=description or "None", sources=due if description else kept),
        ProposedField(label="Status", value="Active", sources=default),
        ProposedField(label="Due", value=in_words(rule.due), sources=due),
        ProposedField(
            label="Discount",
            value=in_words(discount) if discount else "No discount",
            sources=(terms,) if discount else kept,
        ),
    ]
    if discount:
        basis = "Line items total" if discount.basis is DiscountBasis.LINE_ITEMS else "Invoice total"
        stated = discount.basis is not DiscountBasis.INVOICE_TOTAL
        fields.append(ProposedField(label="Calculate based on", value=basis, sources=(terms,) if stated else kept))
    fields += [
        ProposedField(
            label="Penalty",
            value=in_words(penalty) if penalty else "No penalty",
            sources=(terms,) if penalty else kept,
        ),
        ProposedField(label="Entity", value=entity or "All entities", sources=kept),
    ]
    return tuple(fields)


def _due_sources(choice: Choice, proof: tuple[ProofLine, ...], sources: Known) -> tuple[FieldSource, ...]:
    """The deciding source first, then each that says the same; days and the dates computed from them are one."""
    found = dict.fromkeys(choice.due_sources)
    due = choice.rule.due
    if due.start is DueFrom.INVOICE_DATE and sources.billing_days == due.days:
        found[FieldSource.BILLING_DAYS] = None
    dated = [each for each in sources.evidence if each.due_date is not None]
    told_apart = FieldSource.BILLING_DAYS not in found or any(not each.computed for each in dated)
    if proof and told_apart and all(line.holds for line in proof):
        found[FieldSource.INVOICE_DATES] = None
    return tuple(found)
