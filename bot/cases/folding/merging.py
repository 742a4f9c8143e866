"""One case a term: a case that was opened before its term was known joins the term's, or becomes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import func, select, update

from bot.billing.source import BilledInvoice
from bot.cases import store
from bot.cases.case import CaseEvent
from bot.cases.deciding import taking_part
from bot.cases.ports import Company
from bot.cases.step import Step
from bot.cases.view import CaseKind
from bot.records.tables import case_invoices, cases, failures


def nameless(taken: Step, company: Company, numbers: Collection[str]) -> list[Any]:
    """The open cases about one of these invoices whose term is not known, the oldest first; held."""
    keys = [store.invoice_key(number) for number in numbers]
    return list(
        taken.connection.execute(
            select(cases)
            .where(
                cases.c.company == company.key,
                cases.c.key.in_(keys),
                cases.c.term_name.is_(None),
                cases.c.state == "open",
            )
            .order_by(cases.c.id)
            .with_for_update()
        )
    )


def name(taken: Step, company: Company, case: Any, term: str) -> Any:
    """Gives a nameless case its term, which no other open case is about; the case as it is then.

    Earlier cases of the term are its history from now on.
    """
    key = store.term_key(company.entity, term)
    previous = store.latest_by_key(taken.connection, company.key, key)
    taken.connection.execute(
        update(cases)
        .where(cases.c.id == case.id)
        .values(key=key, term_name=term, previous_case_id=previous.id if previous else None)
    )
    taken.record(case.company, "named", {"case": case.number, "term": term}, case_id=case.id)
    return store.hold(taken.connection, case.id)


def merge(taken: Step, case: Any, other: Any, known: Mapping[str, BilledInvoice]) -> None:
    """What waits on a nameless case waits on the term's case from now on: invoices, alerts, and who had a part.

    Raises Stale where the case moved meanwhile.
    """
    connection = taken.connection
    rows = store.waiting_invoices(connection, case.id)
    store.await_invoices(taken, other.id, [(row.number, known.get(row.number)) for row in rows])
    connection.execute(update(failures).where(failures.c.case_id == case.id).values(case_id=other.id))
    store.keep_choices(taken, case.id, other.id)
    connection.execute(case_invoices.delete().where(case_invoices.c.case_id == case.id))
    taking_part.keep_participants(taken, case.id, other.id)
    connection.execute(
        update(cases)
        .where(cases.c.id == other.id)
        .values(alerted_at=func.least(cases.c.alerted_at, case.alerted_at), asked_at=_earlier(case))
    )
    taken.move(case, CaseEvent.FOUND_ANOTHERS, content={"into": other.number}, merged_into_id=other.id)
    taken.touch_card(other.id)


def bear_another(taken: Step, company: Company, case: Any, billed: Collection[BilledInvoice]) -> None:
    """What another open case awaits under its earlier term is shown there as the source has it now."""
    now = {invoice.number: invoice for invoice in billed}
    elsewhere = taken.connection.execute(
        select(case_invoices.c.case_id, case_invoices.c.number)
        .join(cases, cases.c.id == case_invoices.c.case_id)
        .where(
            cases.c.company == company.key,
            cases.c.id != case.id,
            cases.c.kind == CaseKind.FIX.value,
            cases.c.term_name.is_not(None),
            cases.c.state.not_in(store.FINAL),
            case_invoices.c.number.in_(list(now)),
            case_invoices.c.arrival == "waiting",
        )
        .order_by(case_invoices.c.case_id)
    ).all()
    for row in elsewhere:
        store.await_invoices(taken, row.case_id, [(row.number, now[row.number])])
        taken.touch_card(row.case_id)


def _earlier(case: Any) -> Any:
    """Since when a decision is asked for: of two moments the earlier, of one that one."""
    return func.least(cases.c.asked_at, case.asked_at) if case.asked_at is not None else cases.c.asked_at
