"""From a finding to its case: the same cases, cards and decisions as an alert's."""

from __future__ import annotations

from collections.abc import Sequence

from bot.alerts import Cause, Failure
from bot.cases.folding import intake
from bot.cases.ports import Company
from bot.cases.step import SYSTEM, Step
from bot.terms.drift import Finding

MOST_NUMBERS = 100
"""Invoices that a case is opened with; the others join it when it is looked at."""


def open_case(
    step: Step,
    company: Company,
    finding: Finding,
    numbers: Sequence[str],
    *,
    key: str,
    channel: str,
    thread_ts: str | None = None,
) -> bool:
    """Has a case opened about a term that will fail; False where this key was taken before.

    Its card goes to the thread, or without one as a new message into `channel`. Nobody is thereby its asker. An invoice
    whose number several bear belongs to it too, as it was read with this term.
    """
    name = finding.names[0]
    found = [Failure(cause=Cause.TERM_INVALID, term=name)]
    found += [Failure(cause=Cause.SEQUENCE, invoice=number, term=name) for number in numbers[:MOST_NUMBERS]]
    alert = intake.Alert(
        company=company.key,
        team="",
        channel=channel,
        ts=key,
        thread_ts=thread_ts,
        poster=SYSTEM,
        by_person=False,
        posted_at=step.now,
        found_by_us=True,
    )
    return bool(intake.take(step, alert, found))
