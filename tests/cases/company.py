"""What the tests of cases build a company of: its calendar, its systems' clients, an invoice as BILL keeps it."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from bot.billing.bill import BillSource
from bot.billing.bill_session import BillSession
from bot.cases.ports import Company
from bot.sandbox.bill import books
from bot.sandbox.world import World
from bot.terms.proposal import Policy

ALERTS, REPORTS = "C0FINALERTS", "C0FINREPORT"
ZONE = ZoneInfo("America/New_York")


class Open:
    """A gate and a counter that let everything through."""

    def slot(self) -> nullcontext[None]:
        return nullcontext()

    def count(self, function: str = "") -> None:
        del function


class Calendar:
    """The emulated company's calendar."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> datetime:
        return self._world.calendar.now()


class Everybody:
    """Whoever acts is a full member of the workspace, but for those named."""

    def __init__(self, *but: str) -> None:
        self.but = but

    def full(self, user: str) -> bool:
        return user not in self.but


def acme(**changes: Any) -> Company:
    """A company whose systems nobody asks, unless `books` and `source` name them."""
    values: dict[str, Any] = {
        "key": "acme",
        "entity": "",
        "books": SimpleNamespace(),
        "source": SimpleNamespace(label="BILL", system="BILL"),
        "alert_channels": (ALERTS,),
        "approval_policy": "second-person",
        "decision_days": 7,
        "terms_policy": Policy(),
        "zone": ZONE,
    }
    return Company(**(values | changes))


def bill_at(address: str, **changes: Any) -> BillSource:
    """BILL as the sandbox at `address` emulates it."""
    settings: dict[str, Any] = {
        "url": f"{address}/sandbox/bill/connect",
        "username": "termkeeper@acme.test",
        "password": "sandbox-bill-password",
        "organization_id": "00801ACME",
        "dev_key": "sandbox-dev-key",
        "gate": Open(),
        "counter": Open(),
    }
    return BillSource(BillSession(**(settings | changes)))


def keep_in_bill(
    world: World,
    number: str,
    term_id: str | None,
    *,
    days: int,
    dated: str = "2026-10-05",
    amount: float = 100.0,
    **changes: Any,
) -> str:
    """An invoice of Globex in BILL, due `days` after its date and not yet synced; its id."""
    invoice_id = books.new_id(world, "00e")
    created = f"{dated}T09:00:00.000+00:00"
    world.store.table("bill_invoice")[invoice_id] = {
        "id": invoice_id,
        "archived": False,
        "invoiceNumber": number,
        "customerId": "0cu01",
        "customer": {"id": "0cu01", "name": "Globex GmbH"},
        "invoiceDate": dated,
        "dueDate": (date.fromisoformat(dated) + timedelta(days=days)).isoformat(),
        "totalAmount": amount,
        "dueAmount": amount,
        "creditAmount": 0.0,
        "currency": "USD",
        "status": "OPEN",
        "paymentTermId": term_id,
        "createdTime": created,
        "updatedTime": created,
        "invoiceLineItems": [],
        "_sync": {"state": "waiting", "message": "", "at": ""},
        **changes,
    }
    return invoice_id
