"""What Intacct keeps against what was approved, field by field; and one proposal against the one made later."""

from __future__ import annotations

from bot.cases.view import FieldDifference
from bot.terms.proposal import Action, Proposal
from bot.terms.term import ArTerm, Discount, PaymentTerm, Penalty, PenaltyCycle, in_words

_NONE = "none"


def wanted_active(proposal: Proposal) -> bool:
    """Whether the term is to be active once the proposal is carried out."""
    return proposal.action is not Action.DEACTIVATE


def differences(proposal: Proposal, there: ArTerm, *, owner_told: bool = True) -> tuple[FieldDifference, ...]:
    """Each field of the record in Intacct that is not as approved. Names and descriptions are compared byte for byte.

    `owner_told`: whether the company tells who owns a term; where it does not, owners are not compared. A rule that
    cannot be read is no difference: `not_comparable` says so.
    """
    pairs = [
        ("Name", proposal.name, there.name),
        ("Status", _status(active=wanted_active(proposal)), _status(active=there.active)),
        ("Description", proposal.description, there.description),
    ]
    if owner_told:
        pairs.append(("Entity", proposal.entity or "all entities", there.entity or "all entities"))
    if there.rule is not None:
        pairs += _rule_pairs(proposal.rule, there.rule)
    return tuple(
        FieldDifference(label=label, expected=expected or _NONE, found=found or _NONE)
        for label, expected, found in pairs
        if expected != found
    )


def not_comparable(there: ArTerm) -> str:
    """Why a record cannot be compared with what was approved; empty where it can."""
    return "" if there.rule is not None else there.unread or "Its fields make no rule."


def rule_differences(approved: PaymentTerm, there: ArTerm) -> tuple[FieldDifference, ...]:
    """What of a record's rule is not as approved; a rule that cannot be read is one difference, with its reason."""
    if there.rule is None:
        return (FieldDifference(label="Rule", expected=in_words(approved), found=not_comparable(there)),)
    return tuple(
        FieldDifference(label=label, expected=expected, found=found)
        for label, expected, found in _rule_pairs(approved, there.rule)
        if expected != found
    )


def _status(*, active: bool) -> str:
    return "active" if active else "inactive"


def _rule_pairs(approved: PaymentTerm, found: PaymentTerm) -> list[tuple[str, str, str]]:
    return [
        ("Due", in_words(approved.due), in_words(found.due)),
        *_part_pairs("Discount", _discount(approved.discount), _discount(found.discount)),
        *_part_pairs("Penalty", _penalty(approved.penalty), _penalty(found.penalty)),
    ]


def _part_pairs(part: str, approved: dict[str, str], found: dict[str, str]) -> list[tuple[str, str, str]]:
    """A part that only one side has is one difference; where both have it, each of its fields stands for itself."""
    if not approved or not found:
        return [(part, approved.get("", _NONE), found.get("", _NONE))]
    return [(f"{part} {label}", approved[label], found[label]) for label in approved if label]


def _discount(discount: Discount | None) -> dict[str, str]:
    if discount is None:
        return {}
    return {
        "": in_words(discount),
        "amount": f"{discount.amount.normalize():f}",
        "unit": discount.unit.value,
        "until": in_words(discount.rule),
        "grace days": str(discount.grace_days),
        "calculated on": discount.basis.value.replace("_", " "),
    }


def _penalty(penalty: Penalty | None) -> dict[str, str]:
    if penalty is None or penalty.cycle is PenaltyCycle.NONE:
        return {}
    return {
        "": in_words(penalty),
        "amount": f"{penalty.amount.normalize():f}",
        "unit": penalty.unit.value,
        "cycle": penalty.cycle.value.replace("_", " "),
        "grace days": str(penalty.grace_days),
    }


_ACTIONS = {
    Action.CREATE: "create it",
    Action.REACTIVATE: "reactivate the record that is there",
    Action.BY_HAND: "have it made by hand",
    Action.DEACTIVATE: "make it inactive",
}


def changes(approved: Proposal, now: Proposal | None, why_none: str = "") -> tuple[FieldDifference, ...]:
    """What of an approved proposal is otherwise in the one that is made now, field by field.

    `why_none`: why none can be made now, where that is so.
    """
    if now is None:
        return (FieldDifference(label="What to do", expected=_ACTIONS[approved.action], found=why_none or "nothing"),)
    pairs = [("What to do", _ACTIONS[approved.action], _ACTIONS[now.action])]
    before = {field.label: field.value for field in approved.fields}
    after = {field.label: field.value for field in now.fields}
    pairs += [(label, before.get(label, _NONE), after.get(label, _NONE)) for label in {**before, **after}]
    for label, old, new in (
        ("Conflicts", approved.conflicts, now.conflicts),
        ("Doubts", approved.doubts, now.doubts),
        ("Outside the policy", approved.outside_policy, now.outside_policy),
    ):
        gone = tuple(sentence for sentence in old if sentence not in new)
        came = tuple(sentence for sentence in new if sentence not in old)
        pairs += [(label, " ".join(gone) or _NONE, " ".join(came) or _NONE)] if gone or came else []
    return tuple(
        FieldDifference(label=label, expected=expected, found=found)
        for label, expected, found in pairs
        if expected != found
    )
