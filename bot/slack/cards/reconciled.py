"""What the daily look at Intacct's terms found that nobody decided here: one message for all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.slack.cards import words
from bot.slack.cards.blocks import CardMessage, message, section

SHOWN = 5
"""Of each kind; the rest is counted, and stands in the journal."""

Told = Mapping[str, Any]


def reconciled(*, appeared: Sequence[Told], changed: Sequence[Told], gone: Sequence[Told]) -> CardMessage:
    """Terms that appeared, and terms of ours that were changed or are gone, each with who and when as Intacct says."""
    lines = ["*In Intacct's AR terms, since the last look, without a decision here*"]
    lines += _listed(appeared, _appeared)
    lines += _listed(changed, _changed)
    lines += _listed(gone, _gone)
    lines.append(
        "Nothing was done about it. Where it was meant, nothing is to do; an export lists each as an exception."
    )
    return message([section("\n".join(lines))])


def _listed(found: Sequence[Told], tell: Any) -> list[str]:
    more = len(found) - SHOWN
    return [f"• {tell(one)}" for one in found[:SHOWN]] + ([f"• and {words.number(more)} more"] if more > 0 else [])


def _appeared(term: Told) -> str:
    return f"{words.code(term['name'], 60)} is new: {words.said(term['rule'], 120)}{_by('created', term)}"


def _changed(term: Told) -> str:
    differences = [
        f"{one['label'].lower()} was {words.code(one['before'], 80) if one['before'] else 'empty'}, "
        f"is {words.code(one['now'], 80) if one['now'] else 'empty'}"
        for one in term["differences"]
    ]
    same = "it is again as it was at the last look" if term.get("put_back") else "what differs is not told"
    what = "; ".join(differences) or same
    return f"{words.code(term['name'], 60)}{_of(term)} was changed{_by('', term)}: {what}"


def _gone(term: Told) -> str:
    return f"{words.code(term['name'], 60)}{_of(term)} is no longer there"


def _of(term: Told) -> str:
    return f", which case {term['case']} made," if term.get("case") is not None else ""


def _by(verb: str, term: Told) -> str:
    who = f" by {words.name(term['by'], 40)}" if term["by"] else ""
    when = f" on {words.month_day(datetime.fromisoformat(term['at']).date())}" if term["at"] else ""
    if not who and not when:
        return ""
    return f", {verb}{who}{when}" if verb else f"{who}{when}"
