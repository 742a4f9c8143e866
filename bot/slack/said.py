"""Which sentence a kept message becomes, with the facts that it needs as of the moment of posting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.cases.policy import RefusalReason
from bot.slack.cards import one_liners, words
from bot.slack.cards.blocks import CardMessage, message, section


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What a sentence needs of a case."""

    case_id: int
    number: int
    digest: str
    term: str | None
    link: str
    """To the card; empty while it is not posted."""


class Unsaid(ValueError):
    """A kept message that no sentence is known for."""


def line(body: Mapping[str, Any], case: CaseFacts | None) -> CardMessage:
    """A reply in a later alert's thread."""
    if case is None:
        raise Unsaid("a reply speaks of a case")
    return one_liners.waits_too(body.get("invoices", ()), case.number, term_name=case.term, permalink=case.link)


def whisper(body: Mapping[str, Any], case: CaseFacts | None, approvers: Sequence[str]) -> CardMessage:
    """A sentence for one person alone."""
    what = body["what"]
    if case is None:
        raise Unsaid(f"nothing is known to say for {what} without a case")
    if what == "refused":
        return one_liners.refused(
            RefusalReason(body["reason"]), approvers, case_id=case.case_id, digest=case.digest, clicker=body["user"]
        )
    if what == "outdated":
        return one_liners.outdated(case.number)
    if what in ("needs_reason", "needs_reference"):
        return one_liners.reason_needed(reference=what == "needs_reference")
    if what == "asked":
        return one_liners.asked(case.number, approvers, permalink=case.link)
    if what == "told":
        return one_liners.noted_told(case.number)
    if what == "edited":
        return one_liners.noted_edit(case.number)
    if what == "not_corrected":
        return _not_corrected(body, case)
    raise Unsaid(f"nothing is known to say for {what}")


def _not_corrected(body: Mapping[str, Any], case: CaseFacts) -> CardMessage:
    if body.get("trouble"):
        return message([section(f"I could not read it yet: {words.said(body['trouble'])} I look again by myself.")])
    names = words.joined([words.code(name, 60) for name in body.get("names", ())]) or "nothing"
    return message(
        [
            section(
                f"Not seen yet for case {case.number}: the source still says {names}, which is not an active AR term "
                "by exactly that name. Save it there, then press the button again."
            )
        ]
    )
