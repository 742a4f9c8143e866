"""What a billing system without an interface of its own exports: all its invoices, as a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from bot.sandbox.company.invoice import MADE_BY
from bot.sandbox.sync import term_name
from bot.sandbox.world import Record, World

COLUMNS = (
    *("invoice_number", "term", "id", "customer_id", "customer_name", "invoice_date", "due_date"),
    *("amount", "balance", "currency", "term_days", "created_by"),
)


def write_invoice_file(world: World, path: Path) -> None:
    """Writes the export anew, in one step, so that no reader ever finds half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(_lines(world))
    fresh = path.with_suffix(".new")
    fresh.write_text(text.getvalue(), encoding="utf-8", newline="")
    fresh.replace(path)


def _lines(world: World) -> Iterator[tuple[str, ...]]:
    customers = world.store.table("bill_customer")
    days = {str(term["name"]): str(term["daysDue"]) for term in world.store.table("bill_term").values()}
    for invoice in world.store.table("bill_invoice").values():
        customer: Record = customers.get(str(invoice["customerId"]), {})
        name = term_name(world, invoice) or ""
        yield (
            str(invoice["invoiceNumber"]),
            name,
            str(invoice["id"]),
            str(customer.get("accNumber", "")),
            str(customer.get("name", "")),
            str(invoice["invoiceDate"]),
            str(invoice["dueDate"]),
            _money(invoice["totalAmount"]),
            _money(invoice["dueAmount"]),
            str(invoice["currency"]),
            days.get(name, ""),
            str(invoice.get(MADE_BY, "")),
        )


def _money(amount: float) -> str:
    return f"{Decimal(str(amount)):.2f}"
