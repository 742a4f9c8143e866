"""Filters, order and pages, as BILL's reference describes them."""

from __future__ import annotations

import pytest

from bot.sandbox.world import World
from tests.sandbox.bill.conftest import Client, add_invoice, code


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ('invoiceNumber:eq:"INV-1"', ["INV-1"]),
        ("invoiceNumber:eq:INV-1", ["INV-1"]),
        ('invoiceNumber:ne:"INV-1"', ["INV-2", "A,1", 'B"2']),
        ('invoiceNumber:in:"INV-1,INV-2"', ["INV-1", "INV-2"]),
        ('invoiceNumber:nin:"INV-1,INV-2"', ["A,1", 'B"2']),
        ('invoiceNumber:sw:"INV"', ["INV-1", "INV-2"]),
        ('invoiceNumber:eq:"A,1"', ["A,1"]),
        ('invoiceNumber:eq:"B"2"', ['B"2']),
        ('invoiceNumber:eq:"B\\"2"', ['B"2']),
        ('totalAmount:gt:"100",totalAmount:lte:300', ["INV-2", "A,1"]),
        ("totalAmount:gte:300", ["A,1", 'B"2']),
        ("totalAmount:lt:200", ["INV-1"]),
        ('invoiceDate:gte:"2026-11-02",status:eq:OPEN', ["INV-2"]),
        ('createdTime:lt:"2026-11-02T10:00:00.000Z"', ["INV-1", "INV-2", "A,1", 'B"2']),
        ("paymentTermId:eq:00p1", ["INV-1"]),
        ("archived:eq:false", ["INV-1", "INV-2", "A,1", 'B"2']),
    ],
)
def test_a_filter_gives_the_invoices_that_meet_it(
    world: World, client: Client, filters: str, expected: list[str]
) -> None:
    add_invoice(world, "INV-1", totalAmount=100, invoiceDate="2026-11-01", paymentTermId="00p1")
    add_invoice(world, "INV-2", totalAmount=200)
    add_invoice(world, "A,1", totalAmount=300, status="PAID_IN_FULL")
    add_invoice(world, 'B"2', totalAmount=400.5, status="PAID_IN_FULL")
    assert client.numbers(filters=filters) == expected


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        ({"filters": "colour:eq:red"}, (400, "BDC_1130")),
        ({"filters": "_sync:eq:red"}, (400, "BDC_1130")),
        ({"filters": "invoiceNumber:like:x"}, (400, "BDC_1131")),
        ({"filters": "invoiceNumber:gt:x"}, (400, "BDC_1131")),
        ({"filters": "nonsense"}, (400, "BDC_1129")),
        ({"filters": 'invoiceNumber:eq:"open'}, (400, "BDC_1129")),
        ({"filters": "totalAmount:gt:much"}, (400, "BDC_1129")),
        ({"filters": "dueDate:gt:11/02/2026"}, (400, "BDC_1129")),
        ({"max": "0"}, (400, "BDC_1129")),
        ({"max": "101"}, (400, "BDC_1129")),
        ({"max": "many"}, (400, "BDC_1129")),
        ({"page": "not-a-token"}, (400, "BDC_1129")),
        ({"sort": "colour:asc"}, (400, "BDC_1129")),
        ({"sort": "dueDate:up"}, (400, "BDC_1129")),
    ],
)
def test_a_malformed_list_request_is_refused(client: Client, params: dict[str, str], refusal: tuple[int, str]) -> None:
    assert code(client.get("invoices", **params)) == refusal


def test_pages_hold_20_by_default_and_lead_forth_and_back(world: World, client: Client) -> None:
    for number in range(45):
        add_invoice(world, f"INV-{number:02}")
    first = client.get("invoices").json()
    assert len(first["results"]) == 20
    assert "prevPage" not in first
    second = client.get("invoices", page=first["nextPage"]).json()
    third = client.get("invoices", page=second["nextPage"]).json()
    assert [row["invoiceNumber"] for row in third["results"]] == [f"INV-{number:02}" for number in range(40, 45)]
    assert "nextPage" not in third
    assert client.get("invoices", page=third["prevPage"]).json()["results"] == second["results"]


def test_a_page_token_keeps_its_filters_and_refuses_others(world: World, client: Client) -> None:
    for number in range(4):
        add_invoice(world, f"INV-{number}", status="OPEN" if number else "SCHEDULED")
    token = client.get("invoices", max=2, filters="status:eq:OPEN").json()["nextPage"]
    assert client.numbers(max=2, page=token) == ["INV-3"]
    assert code(client.get("invoices", page=token, filters="status:eq:SCHEDULED")) == (400, "BDC_1129")


def test_sort_orders_by_several_fields_and_puts_missing_ones_last(world: World, client: Client) -> None:
    add_invoice(world, "B", dueDate="2026-12-01", totalAmount=10)
    add_invoice(world, "A", dueDate="2026-12-01", totalAmount=9)
    add_invoice(world, "C", dueDate=None)
    add_invoice(world, "D", dueDate="2026-12-05")
    assert client.numbers(sort="dueDate:desc,totalAmount:asc") == ["D", "A", "B", "C"]
