"""The same failure after the fix: which alert counts as one, and what follows where the term is gone again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from bot.cases import store
from bot.cases.case import CaseEvent
from bot.cases.ports import Company
from bot.cases.reading import Answer
from bot.cases.step import Step
from bot.terms.matching import MatchKind
from bot.terms.term import ArTerm

_OF_THE_FIX = frozenset({"appeared", "by_others", "acknowledged", "record_no", "trouble", "look", "corrected_by"})
"""What a case notes of a term that was there; it holds no longer once the term is gone."""


def counts(
    posted_at: datetime, number: str | None, *, term: ArTerm | None, since: datetime, awaited: Collection[str]
) -> bool:
    """Whether an alert says that an invoice failed although its term was there, active and usable.

    Not one about an invoice that the case did not await yet, nor one posted before the case saw the term in order
    (`since`) or before the record took its present form: its sync had begun with the term as it was.
    """
    if number is None or number not in awaited:
        return False
    moments = [since]
    if term is not None:
        moments += [moment for moment in (term.created_at, term.modified_at) if moment is not None]
    return posted_at > max(moments)


def lost(taken: Step, company: Company, case: Any, answer: Answer) -> None:
    """Puts a case whose term is gone or inactive again before its approvers anew."""
    expires = taken.now + timedelta(days=company.decision_days)
    note = {key: value for key, value in (case.note or {}).items() if key not in _OF_THE_FIX}
    match = answer.diagnosis.match
    taken.move(
        case,
        CaseEvent.TERM_GONE,
        content={"match": match.kind.value if match else None},
        **store.keep_answer(taken, case, answer),
        note=note,
        expires_at=expires,
        due_at=expires,
    )


def exact(answer: Answer) -> bool:
    """Whether the term is there, active and usable."""
    return answer.diagnosis.match is not None and answer.diagnosis.match.kind is MatchKind.EXACT
