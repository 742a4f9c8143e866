"""Taking in: alerts with their failures, and questions that want a decision; both wait for a look at the systems."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.alerts import Failure, OtherFailure, origin, other_failures
from bot.alerts import failures as failures_of
from bot.cases import store
from bot.cases.codec import BILLED, INVOICE_NOTE, OTHER_REASON
from bot.cases.ports import Person
from bot.cases.step import Step
from bot.cases.view import OtherReason
from bot.records import jobs
from bot.records.engine import Database
from bot.records.tables import alerts, case_invoices, cases, failures

_TAKEN_BACK = "/until/"
"""Ends the key of a failure that an edit took back, with the edit's moment."""
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
    edited_ts: str = ""
    """Slack's moment of the edit that the message is read after; empty for one that was not edited."""
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
    """Keeps an alert and those of its failures that are new; how many. An edit adds only its new ones.

    What an earlier edit had taken back is new again: the sync behind a message that tells its state failed once more.
    """
    kept = _keep(step, alert) if found else _kept(step, alert)
    found = _after_edits(step, alert, kept, found) if kept is not None else ()
    if kept is None or not found:
        return 0
    new = step.connection.execute(
        insert(failures)
        .values(
            [
                {
                    "alert_id": kept.id,
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


def _keep(step: Step, alert: Alert) -> Any:
    """The alert's row, made where it is the first that is heard of the message: its id, and its last edit's moment."""
    return step.connection.execute(
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
            edited_ts=alert.edited_ts or None,
            taken_at=step.now,
            raw=_behind(alert),
        )
        .on_conflict_do_update(index_elements=["channel", "ts"], set_={"taken_at": alerts.c.taken_at})
        .returning(alerts.c.id, alerts.c.edited_ts)
    ).one()


def _kept(step: Step, alert: Alert) -> Any | None:
    """The row of an alert whose message reports nothing any more; None where it never did."""
    of_alert = (alerts.c.channel == alert.channel) & (alerts.c.ts == alert.ts)
    return step.connection.execute(
        select(alerts.c.id, alerts.c.edited_ts).where(of_alert).with_for_update()
    ).one_or_none()


def _after_edits(step: Step, alert: Alert, kept: Any, found: Sequence[Failure]) -> Sequence[Failure]:
    """What of a message's failures is to be kept, by the edits that are known of it.

    The newest edit takes back what it no longer reports: where a later one reports it again, that is a new failure. Of
    words that come late, after an edit that is newer than they are, nothing is kept that was taken back.
    """
    last, own = float(kept.edited_ts or 0), float(alert.edited_ts or 0)
    keys = {_failure_key(alert, failure): failure for failure in found}
    of_alert = failures.c.alert_id == kept.id
    if own < last:
        taken_back = step.connection.scalars(
            select(failures.c.key).where(of_alert, failures.c.key.contains(_TAKEN_BACK))
        ).all()
        return [each for key, each in keys.items() if not any(k.startswith(key + _TAKEN_BACK) for k in taken_back)]
    if own > last:
        step.connection.execute(update(alerts).where(alerts.c.id == kept.id).values(edited_ts=alert.edited_ts))
        step.connection.execute(
            update(failures)
            .where(
                of_alert,
                failures.c.state == "joined",
                failures.c.key.not_in(list(keys)),
                ~failures.c.key.contains(_TAKEN_BACK),
            )
            .values(key=failures.c.key.concat(f"{_TAKEN_BACK}{alert.edited_ts}"))
        )
    return found


def tells(database: Database, event: Mapping[str, Any]) -> bool:
    """Whether a message is worth keeping.

    It reports a failure, or another reason for an invoice that a case awaits, or is an alert's that was edited: then it
    may take a failure back.
    """
    if failures_of(event):
        return True
    where = origin(event)
    if where.edited_ts:
        with database.intake() as connection:
            of_alert = (alerts.c.channel == where.channel) & (alerts.c.ts == where.ts)
            if connection.scalar(select(select(alerts.c.id).where(of_alert).exists())):
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
