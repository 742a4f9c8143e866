"""What earlier runs found: kept, so that a finding is new, open, fixed or back, and stays quiet where somebody said so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.records.tables import drift_findings, drift_runs
from bot.reports.report import Report, Strand, WeekCounts
from bot.reports.weeks import Week
from bot.terms.drift import Finding, Remembered, Standing, Tracked

FINDING = TypeAdapter(Finding)
REPORT = TypeAdapter(Report)
WEEKS_SHOWN = 12
WEEKLY = "weekly"
"""The kind of run that people are told of each week."""
WHOLE_EVERY = timedelta(days=28)
"""After so long a run reads the whole year again, whatever changed since."""


class Acceptance(StrEnum):
    """What became of keeping a finding quiet."""

    KEPT = "kept"
    """It stays quiet from now on."""
    CHANGED = "changed"
    """It says something else by now than the person saw."""
    GONE = "gone"
    """It is fixed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastLook:
    """Where the newest run left off."""

    at: datetime
    read_from: datetime | None
    """What changed at the source since is for the next run to read."""
    whole_at: datetime | None
    """When the whole year was read last."""


def remembered(connection: Connection, company: str) -> dict[str, Remembered]:
    """Everything that was ever found in a company, by key."""
    rows = connection.execute(select(drift_findings).where(drift_findings.c.company == company)).all()
    return {row.key: _remembered(row) for row in rows}


def _remembered(row: Any) -> Remembered:
    return Remembered(
        finding=FINDING.validate_python(row.finding),
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        fixed_at=row.fixed_at,
        accepted_digest=row.accepted_digest,
        accepted_invoices=row.accepted_invoices,
        accepted_by=row.accepted_by,
        accepted_why=row.accepted_why,
        quiet_until=row.quiet_until,
        spoken=row.spoken,
    )


def last_look(connection: Connection, company: str) -> LastLook | None:
    """Where the newest run left off; None before the first."""
    newest = connection.execute(
        select(drift_runs.c.at, drift_runs.c.read_from)
        .where(drift_runs.c.company == company)
        .order_by(drift_runs.c.at.desc(), drift_runs.c.id.desc())
        .limit(1)
    ).one_or_none()
    if newest is None:
        return None
    whole = connection.scalar(
        select(func.max(drift_runs.c.at)).where(drift_runs.c.company == company, drift_runs.c.whole)
    )
    return LastLook(at=newest.at, read_from=newest.read_from, whole_at=whole)


def last_week(connection: Connection, company: str) -> Week | None:
    """The week of the newest weekly report."""
    text = connection.scalar(
        select(drift_runs.c.week)
        .where(drift_runs.c.company == company, drift_runs.c.kind == WEEKLY)
        .order_by(drift_runs.c.at.desc())
        .limit(1)
    )
    return Week.read(text) if text else None


def last_report_at(connection: Connection, company: str) -> datetime | None:
    """When the newest weekly report was made."""
    at: datetime | None = connection.scalar(
        select(func.max(drift_runs.c.at)).where(drift_runs.c.company == company, drift_runs.c.kind == WEEKLY)
    )
    return at


def history(connection: Connection, company: str, until: Week, weeks: int = WEEKS_SHOWN) -> tuple[WeekCounts, ...]:
    """The newest weekly run of each of the last weeks before `until`, oldest first; weeks without one are left out."""
    first = until.plus(-weeks)
    rows = connection.execute(
        select(drift_runs.c.week, drift_runs.c.counts, drift_runs.c.partial)
        .where(
            drift_runs.c.company == company,
            drift_runs.c.kind == WEEKLY,
            drift_runs.c.week >= str(first),
            drift_runs.c.week < str(until),
        )
        .order_by(drift_runs.c.at)
    ).all()
    by_week = {
        row.week: WeekCounts(
            week=Week.read(row.week), counts={Strand(k): int(v) for k, v in row.counts.items()}, partial=row.partial
        )
        for row in rows
    }
    return tuple(by_week[week] for week in sorted(by_week))


def keep_run(
    connection: Connection,
    report: Report,
    *,
    kind: str,
    whole: bool,
    read_from: datetime | None,
) -> int:
    """Keeps a run and its findings; the run's id.

    What is fixed or back is settled by the weekly report alone: a look in between must not take it out of the next one.
    """
    run_id: int = connection.execute(
        insert(drift_runs)
        .values(
            company=report.company,
            kind=kind,
            week=str(report.week),
            at=report.at,
            counts={strand.value: count for strand, count in report.counts().counts.items()},
            partial=bool(report.missing),
            whole=whole,
            read_from=read_from,
            report=REPORT.dump_python(report, mode="json"),
        )
        .returning(drift_runs.c.id)
    ).scalar_one()
    fixed_by = {each.key: each.words for each in report.fixed_by}
    for each in report.tracked:
        if kind == WEEKLY:
            _settle(connection, report, each, fixed_by.get(each.key, ""))
        if each.standing is Standing.FIXED:
            _let_speak_again(connection, report.company, each)
        else:
            _see(connection, report, each)
    return int(run_id)


_FORGOTTEN: dict[str, Any] = {
    "found_before": False,
    "accepted_digest": "",
    "accepted_invoices": 0,
    "accepted_by": "",
    "accepted_why": "",
    "quiet_until": None,
}
"""What does not outlive a finding: should it come back, it is told as any other."""


def _settle(connection: Connection, report: Report, tracked: Tracked, fixed_by: str) -> None:
    """Notes that a finding is fixed, or that it is there."""
    gone = tracked.standing is Standing.FIXED
    connection.execute(
        update(drift_findings)
        .where(drift_findings.c.company == report.company, drift_findings.c.key == tracked.key)
        .values(
            fixed_at=report.at if gone else None,
            fixed_by=fixed_by if gone else "",
            **(_FORGOTTEN if gone else {}),
        )
    )


def _let_speak_again(connection: Connection, company: str, tracked: Tracked) -> None:
    """What is gone may come back, and is news to the daily look then."""
    connection.execute(
        update(drift_findings)
        .where(drift_findings.c.company == company, drift_findings.c.key == tracked.key, drift_findings.c.spoken)
        .values(spoken=False)
    )


def _see(connection: Connection, report: Report, tracked: Tracked) -> None:
    """Notes that a finding was seen, and as what; without an invoice that waits, its first one will be news."""
    seen: dict[str, Any] = {"finding": FINDING.dump_python(tracked.finding, mode="json"), "last_seen": report.at}
    finding = tracked.finding
    waits = {"spoken": False} if finding.waiting_known and not finding.invoices else {}
    connection.execute(
        insert(drift_findings)
        .values(company=report.company, key=tracked.key, first_seen=report.at, **seen)
        .on_conflict_do_update(index_elements=["company", "key"], set_=seen | waits)
    )


def report_of(connection: Connection, run_id: int) -> Report:
    """A run's report as it was then. Raises NoResultFound."""
    kept = connection.execute(select(drift_runs.c.report).where(drift_runs.c.id == run_id)).scalar_one()
    return REPORT.validate_python(kept)


def end_acceptance(connection: Connection, company: str, key: str) -> bool:
    """Has a finding be told again; False where nothing keeps it quiet."""
    done = connection.execute(
        update(drift_findings)
        .where(drift_findings.c.company == company, drift_findings.c.key == key, drift_findings.c.accepted_digest != "")
        .values({name: value for name, value in _FORGOTTEN.items() if name != "found_before"})
    )
    return bool(done.rowcount)


def accept(
    connection: Connection, company: str, finding: Finding, *, by: str, why: str, until: datetime | None = None
) -> Acceptance:
    """Has a finding stay quiet until it changes, or until a moment. `finding`: as the person who accepts it saw it."""
    where = (drift_findings.c.company == company, drift_findings.c.key == finding.key)
    row = connection.execute(select(drift_findings).where(*where).with_for_update()).one_or_none()
    if row is None or (row.fixed_at is not None and row.last_seen <= row.fixed_at):
        return Acceptance.GONE
    if not FINDING.validate_python(row.finding).says_no_more_than(finding.digest, finding.invoices):
        return Acceptance.CHANGED
    connection.execute(
        update(drift_findings)
        .where(*where)
        .values(
            accepted_digest=finding.digest,
            accepted_invoices=finding.invoices,
            accepted_by=by,
            accepted_why=why,
            quiet_until=until,
        )
    )
    return Acceptance.KEPT
