"""Who may decide a proposal, by the company's policy."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from bot.cases.ports import Person


class Part(StrEnum):
    """What part a person had in a case."""

    ASKED = "asked"
    """Pressed Ask for a decision or Request."""
    SUPPLIED = "supplied"
    """Told the term."""
    EDITED = "edited"
    """Changed the proposal."""
    BILLED = "billed"
    """Made one of the invoices, as the source tells."""


class RefusalReason(StrEnum):
    """Why somebody may not decide."""

    NOT_APPROVER = "not_approver"
    ASKED = "asked"
    SUPPLIED = "supplied"
    EDITED = "edited"
    BILLED = "billed"
    NOBODY_ASKED = "nobody_asked"
    """`two-people`: somebody else has to ask for the decision first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A person and the part that he had."""

    person: Person
    part: Part


ApprovalPolicy = Literal["any-approver", "second-person", "two-people"]


def policy_for(policy: ApprovalPolicy, kind: str) -> ApprovalPolicy:
    """The policy that holds for a case of this kind: withdrawing a term takes a second person under every policy."""
    return "second-person" if kind == "withdraw" and policy == "any-approver" else policy


def refusal(
    policy: ApprovalPolicy,
    clicker: Person,
    *,
    approvers: Collection[str],
    participants: Collection[Participant],
) -> RefusalReason | None:
    """Why `clicker` may not decide, or None where he may. It holds for admins too."""
    if clicker.user_id not in approvers:
        return RefusalReason.NOT_APPROVER
    parts = {participant.part for participant in participants if participant.person == clicker}
    for part in (Part.EDITED, Part.SUPPLIED):
        if part in parts:
            return RefusalReason(part.value)
    if policy != "any-approver":
        for part in (Part.ASKED, Part.BILLED):
            if part in parts:
                return RefusalReason(part.value)
    asked = {participant.person for participant in participants if participant.part is Part.ASKED}
    if policy == "two-people" and not asked:
        return RefusalReason.NOBODY_ASKED
    return None


def who_made(names: Mapping[str, Collection[str]], makers: Collection[str]) -> frozenset[str]:
    """The users among `names` (user id to what he is called) whom a source names as the maker of an invoice.

    By user id exactly, or by a name without regard to case: a namesake too many waits for another approver, and no
    maker decides.
    """
    told = {maker.strip().casefold() for maker in makers} - {""}
    return frozenset(
        user for user, called in names.items() if user in makers or {name.strip().casefold() for name in called} & told
    )
