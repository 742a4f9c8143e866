"""Taking in: alerts with their failures, and questions that want a decision; both wait for a look at the systems."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.alerts import Failure, OtherFailure, other_failures
from bot.alerts import failures as failures_of
from bot.cases import store
from bot.cases.codec import BILLED, INVOICE_NOTE, OTHER_REASON
from bot.cases.ports import Person
from bot.cases.step import Step
from bot.cases.view import OtherReason
from bot.records import jobs
from bot.records.engine import Database
from bot.records.tables import alerts, case_invoices, cases, failures

AFTER_SYNC = timedelta(seconds=5)
"""How long after an alert Intacct is looked at: a sync posts its alerts one after the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A message that reports failures, or a person's wish for a decision."""

    company: str
    team: str
    channel: str
    ts: str
    """The message's; for a wish without a message, its own key."""
    thread_ts: str | None
    poster: str
    by_person: bool
    posted_at: datetime
    asked_by: Person | None = None
    """Who asked for a decision; None for a message that reports failures."""
    found_by_us: bool = False
    """A look of our own found it before anything failed: no message stands behind it."""


def _failure_key(alert: Alert, failure: Failure) -> str:
    return "/".join((alert.team, alert.channel, alert.ts, failure.cause.value, failure.invoice or failure.term or ""))


def _behind(alert: Alert) -> dict[str, Any] | None:
    """What stands behind an alert that is no message; None for one that is."""
    if alert.asked_by:
        return {"asked_by": {"team": alert.asked_by.team, "user": alert.asked_by.user_id}}
    return {"found_by_us": True} if alert.found_by_us else None


def take(step: Step, alert: Alert, found: Sequence[Failure]) -> int:
    """Keeps an alert and those of its failures that are new; how many. An edit adds only its new ones."""
    if not found:
        return 0
    alert_id = step.connection.scalar(
        insert(alerts)
        .values(
            company=alert.company,
            team=alert.team,
            channel=alert.channel,
            ts=alert.ts,
            thread_ts=alert.thread_ts,
            poster=alert.asked_by.user_id if alert.asked_by else alert.poster,
            poster_is_person=alert.by_person,
            posted_at=alert.posted_at,
            taken_at=step.now,
            raw=_behind(alert),
        )
        .on_conflict_do_update(index_elements=["channel", "ts"], set_={"taken_at": alerts.c.taken_at})
        .returning(alerts.c.id)
    )
    new = step.connection.execute(
        insert(failures)
        .values(
            [
                {
                    "alert_id": alert_id,
                    "company": alert.company,
                    "cause": failure.cause.value,
                    "invoice": failure.invoice,
                    "term": failure.term,
                    "key": _failure_key(alert, failure),
                    "state": "waiting",
                    "found_at": step.now,
                    "attempts": 0,
                    "due_at": func.now(),
                }
                for failure in found
            ]
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(failures.c.cause, failures.c.invoice, failures.c.term)
    ).all()
    if not new:
        return 0
    step.record(
        alert.company,
        "question" if alert.asked_by else "found" if alert.found_by_us else "alert",
        {
            "channel": alert.channel,
            "ts": alert.ts,
            "posted_by": alert.poster,
            "failures": [{"cause": row.cause, "invoice": row.invoice, "term": row.term} for row in new],
        },
        actor=alert.poster,
    )
    step.nudge(jobs.GATHER, company=alert.company)
    return len(new)


def tells(database: Database, event: Mapping[str, Any]) -> bool:
    """Whether a message is worth keeping: it reports a failure, or another reason for an invoice that a case awaits."""
    if failures_of(event):
        return True
    numbers = {failure.invoice for failure in other_failures(event)}
    if not numbers:
        return False
    with database.intake() as connection:
        return connection.scalar(select(_awaiting(numbers).exists())) is True


def note_other_failures(step: Step, alert: Alert, found: Sequence[OtherFailure]) -> int:
    """Notes on the cases that await them which invoices failed again for another reason; on how many invoices.

    An alert that is older than the case, or than what is noted already, says nothing new.
    """
    if not found:
        return 0
    said = {failure.invoice: failure for failure in found}
    rows = step.connection.execute(
        _awaiting(said, alert.company)
        .add_columns(
            case_invoices.c.number, case_invoices.c.billed, case_invoices.c.note, cases.c.number.label("case_number")
        )
        .where(cases.c.alerted_at < alert.posted_at)
        .order_by(cases.c.id)
        .with_for_update(of=cases)
    ).all()
    noted = 0
    for row in rows:
        before = INVOICE_NOTE.validate_python(row.note).failed
        if before is not None and before.at >= alert.posted_at:
            continue
        closed_on = _closed_on(said[row.number], row.billed)
        reason = OtherReason(words=said[row.number].words, at=alert.posted_at, closed_on=closed_on)
        store.add_note(step.connection, row.id, row.number, failed=OTHER_REASON.dump_python(reason, mode="json"))
        step.record(
            alert.company,
            "failed_otherwise",
            {
                "case": row.case_number,
                "invoice": row.number,
                "words": reason.words,
                "closed_on": closed_on.isoformat() if closed_on is not None else None,
                "channel": alert.channel,
                "ts": alert.ts,
                "posted_by": alert.poster,
            },
            actor=alert.poster,
            case_id=row.id,
        )
        step.touch_card(row.id)
        noted += 1
    return noted


def _closed_on(failure: OtherFailure, kept: Any) -> date | None:
    """The posting date of a refusal for a closed period: of its readings the invoice's own date, else the month first."""
    own = BILLED.validate_python(kept).invoice_date if kept is not None else None
    return own if own in failure.closed_on else next(iter(failure.closed_on), None)


def _awaiting(numbers: Collection[str], company: str | None = None) -> Select[tuple[int]]:
    wanted = (
        select(cases.c.id)
        .join(case_invoices, case_invoices.c.case_id == cases.c.id)
        .where(
            case_invoices.c.number.in_(list(numbers)),
            case_invoices.c.arrival == "waiting",
            cases.c.state.not_in(store.FINAL),
        )
    )
    return wanted if company is None else wanted.where(cases.c.company == company)


def watch_now(step: Step, company: str) -> None:
    """A sync has evidently just run: what is awaited may be there. Many alerts together shorten the wait once."""
    soon = step.now + AFTER_SYNC
    hastened = step.connection.execute(
        update(cases)
        .where(
            cases.c.company == company,
            cases.c.state.in_(("awaiting_sync", "arrived_different")),
            cases.c.due_at.is_not(None),
            (cases.c.due_at > soon) | (cases.c.rounds > 0),
        )
        .values(due_at=func.least(cases.c.due_at, soon), rounds=0)
    )
    if hastened.rowcount:
        step.nudge(jobs.WATCH, due=soon, company=company)
