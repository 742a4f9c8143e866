"""After the term is there: one query a round for all invoices that are awaited, compared with what was billed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from bot.billing.source import BilledInvoice
from bot.cases import store
from bot.cases.case import CaseEvent
from bot.cases.codec import BOOKED, DIFFERENCES
from bot.cases.ports import Clock, Company
from bot.cases.step import Stale, step
from bot.cases.view import Arrival, CaseInvoice, FieldDifference
from bot.intacct.errors import IntacctError
from bot.intacct.invoices import BookedInvoice
from bot.records import jobs
from bot.records.engine import Database
from bot.records.tables import case_invoices, cases

PAUSES = tuple(timedelta(seconds=s) for s in (5, 5, 10, 15, 30, 60, 120, 300, 600, 1800))
"""Between two looks at Intacct, growing; the last one repeats."""


def pause(rounds: int) -> timedelta:
    """How long to wait after this many rounds."""
    return PAUSES[min(rounds, len(PAUSES) - 1)]


def arrived(billed: BilledInvoice | None, term_name: str | None, found: Sequence[BookedInvoice]) -> CaseInvoice | None:
    """One awaited invoice as the books have it: None while it is not there."""
    if not found:
        return None
    number = found[0].number
    differences = list(_differences(billed, term_name, found[0]))
    if len(found) > 1:
        differences.insert(0, FieldDifference(label="Invoices of this number", expected="1", found=str(len(found))))
    return CaseInvoice(
        number=number,
        billed=billed,
        arrival=Arrival.DIFFERENT if differences else Arrival.ARRIVED,
        differences=tuple(differences),
    )


def _differences(billed: BilledInvoice | None, term_name: str | None, booked: BookedInvoice) -> list[FieldDifference]:
    wrong: list[FieldDifference] = []

    def compare(label: str, expected: object, found: object) -> None:
        if expected not in (None, "") and expected != found:
            wrong.append(FieldDifference(label=label, expected=str(expected), found=str(found or "nothing")))

    if not booked.posted:
        wrong.append(FieldDifference(label="State", expected="posted", found=booked.state))
    if billed is None:
        compare("Term", term_name, booked.term_name)
        return wrong
    if (
        billed.customer_name
        and billed.customer_name != booked.customer_name
        and billed.customer_id != booked.customer_id
    ):
        wrong.append(
            FieldDifference(
                label="Customer", expected=billed.customer_name, found=f"{booked.customer_id} {booked.customer_name}"
            )
        )
    compare("Invoice date", billed.invoice_date, booked.invoice_date)
    compare("Due date", billed.due_date, booked.due_date)
    compare("Term", billed.term_name or term_name, booked.term_name)
    compare("Amount", billed.amount, booked.total)
    if booked.currency:
        compare("Currency", billed.currency, booked.currency)
    return wrong


class Watcher:
    """Asks Intacct for awaited invoices, for one company."""

    def __init__(self, database: Database, clock: Clock, company: Company) -> None:
        self._database = database
        self._clock = clock
        self._company = company

    def watch(self, cause: str) -> int:
        """Looks for all invoices whose cases are due; how many cases were looked at."""
        due = self._due()
        if not due:
            return 0
        numbers = sorted({invoice.number for _, invoices in due for invoice in invoices})
        try:
            booked = self._company.books.invoices(numbers) if numbers else ()
        except IntacctError:
            self._later(due)
            return 0
        by_number: dict[str, list[BookedInvoice]] = defaultdict(list)
        for invoice in booked:
            by_number[invoice.number].append(invoice)
        for case, invoices in due:
            self._one(case, invoices, by_number, cause)
        return len(due)

    def _due(self) -> list[tuple[Any, tuple[CaseInvoice, ...]]]:
        with self._database.transaction() as connection:
            rows = connection.execute(
                select(cases)
                .where(
                    cases.c.company == self._company.key,
                    cases.c.state == "awaiting_sync",
                    cases.c.due_at <= self._clock.now(),
                )
                .order_by(cases.c.id)
            ).all()
            return [
                (
                    row,
                    tuple(
                        invoice
                        for invoice in store.waiting_invoices(connection, row.id)
                        if invoice.arrival is not Arrival.ARRIVED
                    ),
                )
                for row in rows
            ]

    def _later(self, due: Sequence[tuple[Any, tuple[CaseInvoice, ...]]]) -> None:
        with step(self._database, self._clock, "watch") as taken:
            for case, _ in due:
                self._pause(taken, case)

    def _pause(self, taken: Any, case: Any) -> None:
        due_at = taken.now + pause(case.rounds)
        taken.connection.execute(
            update(cases)
            .where(cases.c.id == case.id, cases.c.version == case.version)
            .values(due_at=due_at, rounds=case.rounds + 1)
        )
        taken.nudge(jobs.WATCH, due=due_at, company=case.company)

    def _one(
        self,
        case: Any,
        invoices: Sequence[CaseInvoice],
        by_number: dict[str, list[BookedInvoice]],
        cause: str,
    ) -> None:
        looked = [(i, arrived(i.billed, case.term_name, by_number.get(i.number, ()))) for i in invoices]
        try:
            with step(self._database, self._clock, cause) as taken:
                for before, now in looked:
                    if now is not None and (now.arrival, now.differences) != (before.arrival, before.differences):
                        self._keep(taken, case, now, by_number[now.number])
                if any(now is None for _, now in looked) or not looked:
                    self._pause(taken, case)
                elif any(now is not None and now.arrival is Arrival.DIFFERENT for _, now in looked):
                    taken.move(case, CaseEvent.ARRIVED_DIFFERENT)
                else:
                    minutes = int((taken.now - case.alerted_at).total_seconds() // 60)
                    taken.move(case, CaseEvent.ALL_ARRIVED, content={"minutes_from_alert": minutes})
        except Stale:
            return

    def _keep(self, taken: Any, case: Any, now: CaseInvoice, found: Sequence[BookedInvoice]) -> None:
        taken.connection.execute(
            update(case_invoices)
            .where(case_invoices.c.case_id == case.id, case_invoices.c.number == now.number)
            .values(
                arrival=now.arrival.value,
                booked=BOOKED.dump_python(tuple(found), mode="json"),
                differences=DIFFERENCES.dump_python(now.differences, mode="json"),
            )
        )
        taken.record(
            case.company,
            "arrived",
            {
                "case": case.number,
                "invoice": now.number,
                "as_billed": now.arrival is Arrival.ARRIVED,
                "differences": DIFFERENCES.dump_python(now.differences, mode="json"),
            },
            case_id=case.id,
        )
        taken.touch_card(case.id)
