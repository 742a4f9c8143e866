"""A small company behind a running gateway."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from starlette.routing import BaseRoute

from bot.sandbox.intacct import routes
from bot.sandbox.intacct.terms import add_term
from bot.sandbox.world import Record, World
from tests.sandbox.intacct.client import Client


def keep_customer(world: World, customer_id: str, **changes: str) -> None:
    row: Record = {
        "CUSTOMERID": customer_id,
        "RECORDNO": customer_id.lstrip("C"),
        "NAME": "Globex & Co",
        "STATUS": "active",
        "ONHOLD": "false",
        "TERMNAME": "Net 30",
        "CURRENCY": "USD",
        "MEGAENTITYID": "",
        **changes,
    }
    world.store.table("customer")[customer_id] = row


def keep_invoice(world: World, number: int, **changes: str) -> None:
    row: Record = {
        "RECORDNO": str(number),
        "RECORDID": f"INV-{number}",
        "CUSTOMERID": "C1",
        "CUSTOMERNAME": "Globex & Co",
        "TERMNAME": "Net 30",
        "WHENCREATED": "11/02/2026",
        "WHENDUE": "12/02/2026",
        "WHENMODIFIED": "11/03/2026 06:00:00",
        "TRX_TOTALDUE": "10.00",
        "STATE": "Posted",
        "DESCRIPTION": "",
        "MEGAENTITYID": "",
        **changes,
    }
    world.store.table("arinvoice")[str(number)] = row


@pytest.fixture
def company(world: World) -> World:
    """One entity, two customers, four terms, six invoices."""
    world.store.table("entity")["200"] = {"LOCATIONID": "200", "NAME": "Europe"}
    keep_customer(world, "C1")
    keep_customer(world, "C2", STATUS="inactive")
    keep_customer(world, "C3", ONHOLD="true")
    add_term(world, "Net 30", {"DUEDATE": "30"}, by="agarcia")
    add_term(world, "Net 90", {"DUEDATE": "90", "STATUS": "inactive"}, by="agarcia")
    add_term(world, "net 30", {"DUEDATE": "30"}, by="agarcia")
    add_term(world, "Net 12", {"DUEDATE": "12"}, by="agarcia", entity="200")
    keep_invoice(world, 1)
    keep_invoice(world, 2, TERMNAME="Net 90", TRX_TOTALDUE="9.50", WHENCREATED="02/27/2026")
    keep_invoice(world, 3, TERMNAME="", TRX_TOTALDUE="100.00", WHENCREATED="12/31/2025")
    keep_invoice(world, 10, TERMNAME="Net 30", TRX_TOTALDUE="0.00", STATE="Paid", DESCRIPTION="50% & <more>")
    keep_invoice(world, 11, TERMNAME="net 30", TRX_TOTALDUE="", CUSTOMERID="C2")
    keep_invoice(world, 12, TERMNAME="Net 12", MEGAENTITYID="200")
    world.store.table("sequence")["arinvoice"] = {"next": 13}
    return world


@pytest.fixture
def client(company: World, sandbox_server: Callable[[Sequence[BaseRoute]], str]) -> Client:
    """A client of that company's gateway."""
    return Client(sandbox_server(routes(company)))
