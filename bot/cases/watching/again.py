"""The same failure after the fix: which alert counts as one, which may be too early, and what follows a term's loss."""

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


UNDER_WAY = timedelta(minutes=5)
"""So long after a term took its form an alert may be of a sync that had begun before."""
ONE_SYNC = timedelta(minutes=1)
"""Reports of one invoice that are posted no further apart may be one sync's."""


def counts(
    posted_at: datetime, number: str | None, *, term: ArTerm | None, since: datetime, awaited: Collection[str]
) -> bool:
    """Whether an alert says that an invoice failed although its term was there, active and usable.

    Not one about an invoice that the case did not await yet, nor one posted before the case saw the term in order
    (`since`) or before the record took its present form: its sync had begun with the term as it was.
    """
    if number is None or number not in awaited:
        return False
    return posted_at > max((since, *_formed(term)))


def under_way(posted_at: datetime, *, term: ArTerm | None, since: datetime, noted: datetime | None) -> bool:
    """Whether an alert that counts may be of a sync that had begun before the term was there, and so decides nothing.

    `noted`: when the invoice was first reported as such. A report that comes clearly after that one is of another sync.
    """
    formed = max(_formed(term), default=since)
    if noted is not None and noted > max(formed, since) and posted_at - noted > ONE_SYNC:
        return False
    return posted_at <= formed + UNDER_WAY


def _formed(term: ArTerm | None) -> list[datetime]:
    """When a record was made and when it was changed last, as far as Intacct tells."""
    return [] if term is None else [at for at in (term.created_at, term.modified_at) if at is not None]


def lost(taken: Step, company: Company, case: Any, answer: Answer) -> None:
    """Puts a case whose term is gone or inactive again before its approvers anew."""
    expires = taken.now + timedelta(days=company.decision_days)
    note = {key: value for key, value in (case.note or {}).items() if key not in _OF_THE_FIX}
    for invoice in store.waiting_invoices(taken.connection, case.id):
        if invoice.note.failed_early is not None:
            store.add_note(taken.connection, case.id, invoice.number, failed_early=None)
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
