"""A company that keeps a close calendar, its clock, and invoices as billed; neither system is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from bot.billing.source import BilledInvoice, TermOrigin
from bot.cases.ports import Company
from bot.close import CloseCalendar, Closing, Periods, month
from tests.cases.company import acme

NOW = datetime(2026, 11, 24, 9, 14, tzinfo=UTC)
OCTOBER = Closing(period=month("2026-10"), cut_off=datetime(2026, 11, 6, 23, tzinfo=UTC))
NOVEMBER = Closing(period=month("2026-11"), cut_off=datetime(2026, 12, 4, 23, tzinfo=UTC))


@dataclass
class Clock:
    """Stands still until it is moved."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


def company(clock: Clock, *closings: Closing, **changes: Any) -> Company:
    periods = Periods(CloseCalendar(closings or (OCTOBER,)), clock.now)
    return acme(**{"periods": periods} | changes)


def billed(number: str, day: date | None, **changes: Any) -> BilledInvoice:
    values: dict[str, Any] = {
        "number": number,
        "source_id": number,
        "customer_id": "C1",
        "customer_name": "Globex GmbH",
        "term_name": "Net 45",
        "term_origin": TermOrigin.INVOICE,
        "invoice_date": day,
        "due_date": None,
        "amount": Decimal("120.00"),
        "balance": Decimal("120.00"),
        "currency": "USD",
    }
    return BilledInvoice(**values | changes)
