"""What the daily look spoke of before a sync failed: noted when it speaks, counted once it is fixed and nothing failed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select, update

from bot.cases import store
from bot.cases.ports import Company
from bot.records.tables import alerts, case_invoices, cases, drift_findings, failures
from bot.reports.memory import FINDING
from bot.terms.drift import Finding


def speak_of(connection: Connection, company: Company, findings: Sequence[Finding], *, at: datetime) -> None:
    """Notes that the daily look speaks of these, and of which of them no sync has failed yet."""
    for finding in findings:
        connection.execute(
            update(drift_findings)
            .where(drift_findings.c.company == company.key, drift_findings.c.key == finding.key)
            .values(told_at=at, spoken=True, found_before=not _has_failed(connection, company, finding.names[0]))
        )


def avoided(connection: Connection, company: Company, gone: Collection[str]) -> int:
    """How many of these findings, by key, the look spoke of first, and no sync failed for them from then on."""
    rows = connection.execute(
        select(drift_findings.c.finding, drift_findings.c.told_at).where(
            drift_findings.c.company == company.key,
            drift_findings.c.found_before,
            drift_findings.c.told_at.is_not(None),
            drift_findings.c.key.in_(gone),
        )
    ).all()
    return sum(
        not _failed_since(connection, company, FINDING.validate_python(row.finding).names[0], row.told_at)
        for row in rows
    )


def _has_failed(connection: Connection, company: Company, name: str) -> bool:
    """Whether an alert stands behind the open case of a term, or waits to be looked into."""
    key = store.term_key(company.entity, name)
    undecided = select(cases.c.id).where(
        cases.c.company == company.key, cases.c.key == key, cases.c.state.not_in(store.FINAL)
    )
    waiting = (failures.c.state != "joined") & (failures.c.term == name)
    return _reported(connection, company, or_(failures.c.case_id.in_(undecided), waiting))


def _failed_since(connection: Connection, company: Company, name: str, since: datetime) -> bool:
    """Whether an alert told of the term, or of an invoice that its cases await, from a moment on."""
    key = store.term_key(company.entity, name)
    about = select(cases.c.id).where(cases.c.company == company.key, cases.c.key == key)
    awaited = select(case_invoices.c.number).where(case_invoices.c.case_id.in_(about))
    same = or_(failures.c.term == name, failures.c.case_id.in_(about), failures.c.invoice.in_(awaited))
    return _reported(connection, company, (failures.c.found_at >= since) & same)


def _reported(connection: Connection, company: Company, which: ColumnElement[Any]) -> bool:
    """Whether a message of a sync is among these failures; a look of our own, or a person who asks, is none."""
    found = (
        select(failures.c.id)
        .join(alerts, alerts.c.id == failures.c.alert_id)
        .where(failures.c.company == company.key, alerts.c.raw.is_(None), which)
    )
    return connection.scalar(select(found.exists())) is True
