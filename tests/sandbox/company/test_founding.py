"""acme is the same on every machine, hangs together across its systems, and fails in every way at the first sync."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from starlette.routing import BaseRoute

from bot.sandbox import company
from bot.sandbox.intacct import routes
from bot.sandbox.intacct.duedates import due_date
from bot.sandbox.world import Record, World
from tests.sandbox.intacct.client import SYNC, WRITER, Answer, Client, arterm, invoice

TABLES = ("arterm", "arinvoice", "customer", "bill_term", "bill_customer", "bill_invoice", "sequence")
SEQUENCE = "Could not retrieve the Sequence record!"


@pytest.fixture
def acme(world: World) -> World:
    company.found(world)
    return world


def rows(world: World, table: str) -> list[Record]:
    return list(world.store.table(table).values())


def waiting(world: World) -> list[Record]:
    return [row for row in rows(world, "bill_invoice") if row["_sync"]["state"] == "waiting"]


def term_of(world: World, bill_invoice: Record) -> Record | None:
    return world.store.table("bill_term").get(bill_invoice["paymentTermId"])


def usual_day(text: str) -> date:
    month, day, year = (int(part) for part in text.split("/"))
    return date(year, month, day)


def test_it_has_the_believable_size(acme: World) -> None:
    assert 480 <= len(rows(acme, "arinvoice")) <= 520
    assert len(rows(acme, "customer")) == len(rows(acme, "bill_customer")) == 40
    assert len(rows(acme, "arterm")) == 12
    assert {row["CURRENCY"] for row in rows(acme, "arinvoice")} == {"USD", "EUR"}


def test_it_is_the_same_each_time(acme: World) -> None:
    other = World()
    other.calendar.move(acme.calendar.offset)
    company.found(other)
    for table in ("arterm", "customer", "bill_term", "bill_customer"):
        assert [row.get("NAME", row.get("name")) for row in rows(acme, table)] == [
            row.get("NAME", row.get("name")) for row in rows(other, table)
        ]
    for table, field in (("arinvoice", "TRX_TOTALENTERED"), ("bill_invoice", "totalAmount")):
        assert [row[field] for row in rows(acme, table)] == [row[field] for row in rows(other, table)]


def test_a_second_founding_changes_nothing(tmp_path: Path) -> None:
    first = World(tmp_path)
    company.found(first)
    before = {table: dict(first.store.table(table)) for table in TABLES}
    first.store.close()
    second = World(tmp_path)
    second.calendar.move(timedelta(days=3))
    company.found(second)
    assert {table: dict(second.store.table(table)) for table in TABLES} == before
    second.store.close()


def test_bill_keeps_no_two_terms_of_the_same_days(acme: World) -> None:
    days = [row["daysDue"] for row in rows(acme, "bill_term")]
    assert len(days) == len(set(days))
    assert all(0 <= day <= 999 for day in days)


def test_numbers_and_ids_never_repeat_and_go_on_from_there(acme: World) -> None:
    numbers = [row["RECORDID"] for row in rows(acme, "arinvoice")]
    assert len(numbers) == len(set(numbers))
    assert acme.store.next_number("arinvoice") == len(numbers) + 1
    assert acme.store.next_number("arterm") == max(int(row["RECORDNO"]) for row in rows(acme, "arterm")) + 1
    for table in ("arterm", "arinvoice"):
        assert all(key == row["RECORDNO"] for key, row in acme.store.table(table).items())
    for table in ("bill_term", "bill_customer", "bill_invoice"):
        assert all(key == row["id"] for key, row in acme.store.table(table).items())


def test_what_synced_is_the_same_in_both_systems(acme: World) -> None:
    books = {row["RECORDID"]: row for row in rows(acme, "arinvoice")}
    synced = [row for row in rows(acme, "bill_invoice") if row["_sync"]["state"] == "synced"]
    assert len(synced) > 400
    for theirs in synced:
        ours = books.pop(theirs["invoiceNumber"])
        assert usual_day(ours["WHENCREATED"]) == date.fromisoformat(theirs["invoiceDate"])
        assert usual_day(ours["WHENDUE"]) == date.fromisoformat(theirs["dueDate"])
        assert Decimal(ours["TRX_TOTALENTERED"]) == Decimal(str(theirs["totalAmount"]))
        assert Decimal(ours["TRX_TOTALDUE"]) == Decimal(str(theirs["dueAmount"]))
        assert ours["CURRENCY"] == theirs["currency"]
        assert acme.store.table("bill_customer")[theirs["customerId"]]["accNumber"] == ours["CUSTOMERID"]
    assert {row["MODULEKEY"] for row in books.values()} == {"8.SO"}


def test_every_invoice_falls_due_as_its_term_says(acme: World) -> None:
    terms = {row["NAME"]: row for row in rows(acme, "arterm")}
    for row in rows(acme, "arinvoice"):
        assert usual_day(row["WHENDUE"]) == due_date(terms[row["TERMNAME"]], usual_day(row["WHENCREATED"]))


def test_no_date_lies_in_the_future(acme: World) -> None:
    today = acme.calendar.now().date()
    for row in rows(acme, "arinvoice"):
        assert usual_day(row["WHENCREATED"]) <= today
        assert usual_day(row["AUWHENCREATED"][:10]) <= today
        assert not row["WHENPAID"] or usual_day(row["WHENPAID"]) <= today
    assert all(date.fromisoformat(row["invoiceDate"]) <= today for row in rows(acme, "bill_invoice"))


def test_the_known_invoices_bear_the_known_terms(acme: World) -> None:
    by_number = {row["invoiceNumber"]: row for row in waiting(acme)}
    expected = {"INV-1042": "Net 45", "INV-1050": "Net\N{NO-BREAK SPACE}35"}
    assert {number: (term_of(acme, by_number[number]) or {})["name"] for number in expected} == expected
    first = by_number["INV-1042"]
    assert (first["customer"]["name"], first["totalAmount"], first["dueAmount"]) == ("Globex GmbH", 1250.5, 750.5)
    assert first["status"] == "PARTIAL_PAYMENT"
    same_term = [row for row in waiting(acme) if row["paymentTermId"] == first["paymentTermId"]]
    assert sum(row["totalAmount"] for row in same_term) == 1250.5 + 8120.0
    assert len({row["invoiceDate"][:7] for row in same_term}) > 1


def test_net_90_is_out_of_use_and_was_used_before(acme: World) -> None:
    (term,) = (row for row in rows(acme, "arterm") if row["NAME"] == "Net 90")
    assert (term["STATUS"], term["MODIFIEDBY"]) == ("inactive", "jsmith")
    used = [usual_day(row["WHENCREATED"]) for row in rows(acme, "arinvoice") if row["TERMNAME"] == "Net 90"]
    assert used
    assert max(used) < usual_day(term["WHENMODIFIED"][:10])


def sync(world: World, client: Client) -> dict[str, list[str]]:
    """Sends each waiting invoice as BILL's sync would; the first error's words by number, empty for none."""
    told: dict[str, list[str]] = {}
    by_days = {row["daysDue"]: row["name"] for row in rows(world, "bill_term")}
    for row in waiting(world):
        term = term_of(world, row)
        days = (date.fromisoformat(row["dueDate"]) - date.fromisoformat(row["invoiceDate"])).days
        customer = world.store.table("bill_customer")[row["customerId"]]["accNumber"]
        name = str(term["name"]) if term else by_days[days]
        answer: Answer = client.call(
            invoice(row["invoiceNumber"], name, customer=customer, dated=row["invoiceDate"]), user=SYNC
        )
        told.setdefault(row["invoiceNumber"], []).append(answer.errors[0][1] if answer.errors else "")
    return told


def test_the_first_sync_meets_every_kind_of_mismatch(
    acme: World, sandbox_server: Callable[[Sequence[BaseRoute]], str]
) -> None:
    client = Client(sandbox_server(routes(acme)))
    told = sync(acme, client)
    assert {number for number, words in told.items() if words == [""]} == {"INV-1040", "INV-1053"}
    assert told.pop("INV-1052") == ["Customer 'C1024' is inactive."]
    assert all(words in ([""], [SEQUENCE], [SEQUENCE] * 2) for words in told.values())
    assert told["INV-1055"] == [SEQUENCE] * 2

    active = {row["NAME"] for row in rows(acme, "arterm") if row["STATUS"] == "active"}
    terms = {row["invoiceNumber"]: (term_of(acme, row) or {}).get("name") for row in waiting(acme)}
    assert terms["INV-1061"] in active, "exact, and yet the same words"
    assert terms["INV-1044"] == "Net 90", "inactive"
    assert {terms["INV-1049"], terms["INV-1050"], terms["INV-1058"]}.isdisjoint(active), "lookalikes"
    assert (terms["INV-1045"], "N20" in active) == ("Net 20", True), "equivalent"
    assert {"2% 10 Net 50", "Per contract", "Net 25 EOM", "Net 55", "Net 45"} <= set(terms.values()), "absent"
    assert terms["INV-1051"] is None, "none on it"

    assert client.call(arterm("Net 45"), user=WRITER).statuses == ["success"]
    assert sync(acme, client)["INV-1042"] == [""]


@pytest.mark.parametrize("day", [date(2028, 2, 29), date(2027, 1, 1), date(2026, 12, 31), date(2027, 3, 28)])
def test_it_can_be_founded_on_any_day(day: date) -> None:
    world = World()
    world.calendar.move(timedelta(days=(day - world.calendar.now().date()).days))
    company.found(world)
    test_no_date_lies_in_the_future(world)
    test_every_invoice_falls_due_as_its_term_says(world)
    test_net_90_is_out_of_use_and_was_used_before(world)
