"""BILL's sync over a real gateway: what arrives, what fails, and what is said of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date
from xml.etree import ElementTree as ET

import pytest
from starlette.routing import BaseRoute

from bot.sandbox import bill, intacct
from bot.sandbox.bill import books
from bot.sandbox.intacct import periods
from bot.sandbox.intacct.terms import add_term, change_term
from bot.sandbox.sync import Failure, Sync, SyncResult, alert_texts, alert_words, invoice_xml, term_name
from bot.sandbox.world import Fault, Record, World
from tests.sandbox.bill.conftest import add_invoice
from tests.shared import need_shared

SEQUENCE = "Invoice [{}] cannot be created in Intacct: Could not retrieve the Sequence record!"


@pytest.fixture
def acme(world: World, sandbox_server: Callable[[Sequence[BaseRoute]], str]) -> World:
    """A small company: one customer, `Net 30` in both systems, `Net 45` in BILL alone."""
    sandbox_server([*bill.routes(world), *intacct.routes(world)])
    world.store.table("customer")["C1"] = {"CUSTOMERID": "C1", "NAME": "Globex", "STATUS": "active", "CURRENCY": "USD"}
    world.store.table("bill_customer")["0cu01"] = {"id": "0cu01", "name": "Globex", "accNumber": "C1"}
    add_term(world, "Net 30", {"DUEDATE": "30"}, by="agarcia")
    for days in (30, 45):
        books.add_term(world, f"Net {days}", days)
    return world


def invoice(world: World, number: str, term: str, **changes: object) -> str:
    term_id = next(key for key, row in world.store.table("bill_term").items() if row["name"] == term)
    return add_invoice(world, number, paymentTermId=term_id, **changes)


def run(world: World) -> tuple[SyncResult, list[str]]:
    posted: list[str] = []

    def post(channel: str, event: Record) -> None:
        assert channel == "C0FINALERTS"
        posted.append(event["text"])

    return asyncio.run(Sync(world, post).run()), posted


def test_an_invoice_whose_term_is_there_arrives_with_its_terms_due_date(acme: World) -> None:
    key = invoice(acme, "INV-1", "Net 30")
    result, posted = run(acme)
    assert result == SyncResult(attempted=1, created=1, failed=())
    (row,) = acme.store.table("arinvoice").values()
    assert (row["RECORDID"], row["TERMNAME"], row["WHENDUE"]) == ("INV-1", "Net 30", "12/02/2026")
    assert row["TRX_TOTALENTERED"] == "1250.50"
    assert acme.store.table("bill_invoice")[key]["_sync"]["state"] == "synced"
    assert posted == []


def test_a_missing_term_fails_with_the_real_words_each_time_until_it_is_there(acme: World) -> None:
    key = invoice(acme, "INV-2", "Net 45")
    for _ in range(2):
        result, posted = run(acme)
        assert result.failed == (Failure("INV-2", SEQUENCE.format("INV-2")),)
        assert posted == [SEQUENCE.format("INV-2")]
        assert acme.store.table("bill_invoice")[key]["_sync"]["state"] == "failed"
    add_term(acme, "Net 45", {"DUEDATE": "45"}, by="termkeeper-writer")
    assert run(acme) == (SyncResult(attempted=1, created=1, failed=()), [])
    assert run(acme)[0].attempted == 0


def test_an_invoice_of_a_closed_period_fails_in_intaccts_words_until_it_has_another_posting_date(acme: World) -> None:
    key = invoice(acme, "INV-9", "Net 30")
    periods.close(acme, "2026-11")
    (said,) = run(acme)[1]
    assert said.startswith(
        "Invoice [INV-9] cannot be created in Intacct: Periods are closed. Your transaction date (11/02"
    )
    books.set_posting_date(acme, key, date(2026, 12, 1))
    assert run(acme) == (SyncResult(attempted=1, created=1, failed=()), [])
    (row,) = acme.store.table("arinvoice").values()
    assert (row["WHENCREATED"], row["WHENDUE"], row["WHENPOSTED"]) == ("11/02/2026", "12/02/2026", "12/01/2026")


def test_a_reopened_period_takes_it_as_it_is(acme: World) -> None:
    key = invoice(acme, "INV-9", "Net 30")
    periods.close(acme, "2026-11")
    assert run(acme)[0].created == 0
    books.set_posting_date(acme, key, date(2026, 10, 31))
    books.set_posting_date(acme, key, None)
    periods.reopen(acme, "2026-11")
    assert run(acme)[0].created == 1


def test_an_inactive_term_fails_with_the_same_words(acme: World) -> None:
    change_term(acme, "Net 30", {"STATUS": "inactive"}, by="pnair")
    invoice(acme, "INV-3", "Net 30")
    assert run(acme)[0].failed[0].message == SEQUENCE.format("INV-3")


def test_another_refusal_keeps_its_own_words(acme: World) -> None:
    customers = acme.store.table("customer")
    customers["C1"] = {**customers["C1"], "STATUS": "inactive"}
    invoice(acme, "INV-4", "Net 30")
    message = run(acme)[0].failed[0].message
    assert message == "Invoice [INV-4] cannot be created in Intacct: Customer 'C1' is inactive."


@pytest.mark.parametrize("fault", ["timeout_before", "server_error", "truncated", "rate_limited"])
def test_a_broken_gateway_is_a_failure_and_ends_no_run(acme: World, fault: str) -> None:
    acme.faults.set(Fault("intacct", "create_invoice", fault, 1, value=0.1 if fault == "timeout_before" else None))
    invoice(acme, "INV-5", "Net 30")
    invoice(acme, "INV-6", "Net 30", invoiceDate="2026-11-03")
    result, posted = run(acme)
    assert (result.attempted, result.created, len(result.failed), len(posted)) == (2, 1, 1, 1)
    assert result.failed[0].message.startswith("Invoice [INV-5] cannot be created in Intacct: ")


def test_oldest_go_first(acme: World) -> None:
    for number, day in (("B", "2026-11-05"), ("A", "2026-11-01"), ("C", "2026-11-09")):
        invoice(acme, number, "Net 45", invoiceDate=day)
    assert [failure.invoice for failure in run(acme)[0].failed] == ["A", "B", "C"]


def test_up_to_three_failures_are_posted_singly_and_more_as_digest_and_two() -> None:
    failures = [Failure(str(number), f"failure {number}") for number in range(5)]
    assert alert_texts([]) == []
    assert alert_texts(failures[:3]) == ["failure 0", "failure 1", "failure 2"]
    assert alert_texts(failures) == ["Sync summary\n• failure 0\n• failure 1\n• failure 2", "failure 3", "failure 4"]


def test_what_is_posted_is_escaped() -> None:
    assert alert_texts([Failure("x", alert_words("<!channel>&", "No."))]) == [
        "Invoice [&lt;!channel&gt;&amp;] cannot be created in Intacct: No."
    ]


def test_a_term_called_invalid_is_named_without_its_invoice() -> None:
    assert alert_words("INV-1", "The term name 'Net 45' is invalid") == "The term name 'Net 45' is invalid"


def test_an_invoice_without_a_term_takes_its_customers_or_the_one_of_its_days(acme: World) -> None:
    terms = {row["name"]: key for key, row in acme.store.table("bill_term").items()}
    invoices = acme.store.table("bill_invoice")
    key = add_invoice(acme, "INV-7")
    assert term_name(acme, invoices[key]) == "Net 45"
    acme.store.table("bill_customer")["0cu01"] |= {"paymentTermId": terms["Net 30"]}
    assert term_name(acme, invoices[key]) == "Net 30"


def test_without_any_term_the_due_date_goes_along(acme: World) -> None:
    add_invoice(acme, "INV-8", dueDate="2026-12-03")
    assert run(acme)[0].created == 1
    (row,) = acme.store.table("arinvoice").values()
    assert (row["TERMNAME"], row["WHENDUE"]) == ("", "12/03/2026")


@pytest.mark.parametrize("currency", ["USD", "EUR"])
def test_create_invoice_is_valid_by_the_vendors_schema(acme: World, currency: str) -> None:
    from lxml import etree

    schema = etree.XMLSchema(etree.parse(str(need_shared("intacct", "api.xsd"))))
    key = invoice(acme, "INV-9", "Net 30", currency=currency)
    call = ET.tostring(invoice_xml(acme, acme.store.table("bill_invoice")[key]))
    request = (
        b"<request><control><senderid>s</senderid><password>p</password><controlid>c</controlid>"
        b"<uniqueid>true</uniqueid><dtdversion>3.0</dtdversion></control><operation><authentication>"
        b"<sessionid>s</sessionid></authentication><content><function controlid='f'>"
        + call
        + b"</function></content></operation></request>"
    )
    schema.assertValid(etree.fromstring(request))
