"""BILL's invoices and terms, read from the emulator over a real socket, and odd records from a scripted one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.billing.bill import INVOICE_PAGE, LONGEST_LIST, list_filters, number_filters
from bot.billing.source import (
    Money,
    PaymentState,
    SourceSignIn,
    SourceTerm,
    SourceUnavailable,
    TermInvoices,
    TermOrigin,
)
from bot.sandbox.bill import books
from bot.sandbox.world import Fault, World
from tests.billing.conftest import NET_45, TERMS, Bill, Script, refusal, reply

Connect = Callable[..., Bill]
SINCE = date(2026, 1, 1)


def add_invoice(world: World, number: str, **changes: Any) -> str:
    invoice_id = books.new_id(world, "00e")
    world.store.table("bill_invoice")[invoice_id] = {
        "id": invoice_id,
        "archived": False,
        "invoiceNumber": number,
        "customerId": "0cu01",
        "customer": {"id": "0cu01", "name": "Globex GmbH"},
        "invoiceDate": "2026-11-02",
        "dueDate": "2026-12-17",
        "totalAmount": 1250.50,
        "dueAmount": 1250.50,
        "creditAmount": 0,
        "status": "OPEN",
        "paymentTermId": None,
        "createdTime": "2026-11-02T09:00:00.000+00:00",
        "updatedTime": "2026-11-02T09:00:00.000+00:00",
        "_sync": {"state": "waiting", "message": "", "at": ""},
        **changes,
    }
    return invoice_id


def calls(world: World) -> list[str]:
    return [call["function"] for call in world.calls.of("bill")]


def strike(world: World, method: str, name: str, times: int = 1, value: float | None = None, after: int = 0) -> None:
    world.faults.set(Fault("bill", method, name, times, after=after, value=value))


def test_an_invoice_is_found_with_its_term_in_two_requests_after_the_sign_in(world: World, emulated: Connect) -> None:
    term = books.add_term(world, "Net\u00a0 45 ", 45)
    invoice_id = add_invoice(world, "INV-1042", paymentTermId=term["id"], dueAmount=750.5, status="PARTIAL_PAYMENT")
    (invoice,) = emulated().source.find(["INV-1042"])["INV-1042"]
    assert (invoice.term_name, invoice.term_origin) == ("Net\u00a0 45 ", TermOrigin.INVOICE)
    assert not invoice.term_inferred
    assert (invoice.amount, invoice.balance) == (Decimal("1250.5"), Decimal("750.5"))
    assert (invoice.invoice_date, invoice.due_date) == (date(2026, 11, 2), date(2026, 12, 17))
    assert (invoice.customer_id, invoice.customer_name) == ("0cu01", "Globex GmbH")
    assert invoice.payment is PaymentState.PARTLY_PAID
    assert invoice.url == INVOICE_PAGE + invoice_id
    assert invoice.updated_at == datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert calls(world) == ["login", "invoices", "payment-terms"]


def test_numbers_are_compared_exactly_and_none_one_or_several_are_found(world: World, emulated: Connect) -> None:
    for number in ("INV-1", "inv-1", "INV-2", "INV-2", "INV-10"):
        add_invoice(world, number)
    found = emulated().source.find(["INV-1", "INV-2", "INV-3", "INV-1"])
    assert {number: len(same) for number, same in found.items()} == {"INV-1": 1, "INV-2": 2, "INV-3": 0}


@pytest.mark.parametrize(
    "number", ["1,042", 'A"B', '7" pipe, long', "R&D+5 %", "a:eq:b", "Ñ-号/#1", "[X]", "A\u00a01", "A\\B"]
)
def test_any_character_of_a_number_reaches_bill(world: World, emulated: Connect, number: str) -> None:
    add_invoice(world, number)
    add_invoice(world, "INV-1")
    found = emulated().source.find([number, "INV-1"])
    assert [[invoice.number for invoice in same] for same in found.values()] == [[number], ["INV-1"]]


def test_numbers_that_cannot_exist_are_not_asked_for(world: World, emulated: Connect) -> None:
    numbers = ["", "9" * 10_000, "A\x00B", "A\ud800"]
    assert emulated().source.find(numbers) == dict.fromkeys(numbers, ())
    assert calls(world) == []


def test_five_hundred_numbers_take_few_requests(world: World, emulated: Connect) -> None:
    numbers = [f"INV-{n:05d}" for n in range(500)]
    with world.store.batch():
        for number in numbers:
            add_invoice(world, number, invoiceDate=None, customerId=None, customer=None)
        add_invoice(world, numbers[0])
    found = emulated().source.find(numbers)
    assert sum(len(same) for same in found.values()) == 501
    assert calls(world).count("invoices") <= 6
    assert len(calls(world)) <= 9


def test_lists_stay_short_enough_for_an_address() -> None:
    conditions = list(number_filters([f"号{n:098d}" for n in range(300)]))
    assert sum(condition.count(",") + 1 for condition in conditions) == 300
    assert all(len(condition) < LONGEST_LIST for condition in conditions)
    assert list(list_filters("id", [])) == []


def test_an_invoice_without_a_term_takes_the_customers_default_as_an_inference(world: World, emulated: Connect) -> None:
    books.add_term(world, "Net 45", 45)
    default = books.add_term(world, "Net 30", 30)
    world.store.table("bill_customer")["0cu01"] = {"id": "0cu01", "name": "Globex", "paymentTermId": default["id"]}
    add_invoice(world, "INV-1")
    (invoice,) = emulated().source.find(["INV-1"])["INV-1"]
    assert (invoice.term_name, invoice.term_origin, invoice.term_inferred) == ("Net 30", TermOrigin.CUSTOMER, True)


def test_a_customers_name_is_read_where_the_invoice_does_not_tell_it(world: World, emulated: Connect) -> None:
    term = books.add_term(world, "Net 45", 45)
    world.store.table("bill_customer")["0cu01"] = {"id": "0cu01", "name": "Globex"}
    add_invoice(world, "INV-1", paymentTermId=term["id"], customer=None)
    (invoice,) = emulated().source.find(["INV-1"])["INV-1"]
    assert (invoice.customer_id, invoice.customer_name, invoice.term_name) == ("0cu01", "Globex", "Net 45")


def test_without_a_default_the_days_between_the_dates_may_tell_the_term(world: World, emulated: Connect) -> None:
    books.add_term(world, "Net 45", 45)
    add_invoice(world, "INV-1")
    add_invoice(world, "INV-2", dueDate="2026-12-18")
    add_invoice(world, "INV-3", dueDate=None)
    found = emulated().source.find(["INV-1", "INV-2", "INV-3"])
    told = [(same[0].term_name, same[0].term_origin) for same in found.values()]
    assert told == [("Net 45", TermOrigin.DAYS), (None, TermOrigin.NONE), (None, TermOrigin.NONE)]


def test_a_renamed_term_is_read_by_its_new_name(world: World, emulated: Connect) -> None:
    term = books.add_term(world, "Net45", 45)
    add_invoice(world, "INV-1", paymentTermId=term["id"])
    bill = emulated()
    assert bill.source.find(["INV-1"])["INV-1"][0].term_name == "Net45"
    books.edit_term(world, term["id"], "Net 45")
    bill.watch.seconds += 2
    assert bill.source.find(["INV-1"])["INV-1"][0].term_name == "Net 45"


def test_a_term_newer_than_those_kept_is_read_at_once(world: World, emulated: Connect) -> None:
    bill = emulated()
    assert bill.source.terms() == ()
    term = books.add_term(world, "Net 45", 45)
    add_invoice(world, "INV-1", paymentTermId=term["id"])
    assert bill.source.find(["INV-1"])["INV-1"][0].term_name == "Net 45"


def test_questions_asked_together_read_the_terms_once(world: World, emulated: Connect) -> None:
    books.add_term(world, "Net 45", 45)
    add_invoice(world, "INV-1")
    bill = emulated()
    threads = [threading.Thread(target=bill.source.find, args=(["INV-1"],)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls(world).count("payment-terms") == 1
    assert calls(world).count("login") == 1
    assert bill.passage.most <= 3


def test_more_terms_than_a_page_are_all_read(world: World, emulated: Connect) -> None:
    for days in range(230):
        books.add_term(world, f"Net {days}", days)
    terms = emulated().source.terms()
    assert len(terms) == 230
    assert (terms[45].name, terms[45].days) == ("Net 45", 45)


def test_use_counts_open_invoices_and_money_apart(world: World, emulated: Connect) -> None:
    term = books.add_term(world, "Net 45", 45)["id"]
    other = books.add_term(world, "Net 30", 30)["id"]
    with world.store.batch():
        for n in range(150):
            add_invoice(world, f"A-{n}", paymentTermId=term, status="PAID_IN_FULL", dueAmount=0)
        add_invoice(world, "B-1", paymentTermId=term, dueAmount=10.10)
        add_invoice(world, "B-2", paymentTermId=term, dueAmount=20.20, status="PARTIAL_PAYMENT")
        add_invoice(world, "B-3", paymentTermId=term, dueAmount=99, invoiceCurrency="EUR", customerId="0cu02")
        add_invoice(world, "B-4", paymentTermId=term, dueAmount=-50)
        add_invoice(world, "old", paymentTermId=term, invoiceDate="2025-12-31")
        add_invoice(world, "gone", paymentTermId=term, archived=True)
        add_invoice(world, "none")
        add_invoice(world, "C-1", paymentTermId=other, dueAmount=1)
    world.store.table("bill_customer")["0cu03"] = {"id": "0cu03", "name": "Initech", "paymentTermId": term}
    use = emulated().source.in_use(SINCE)
    assert set(use) == {"Net 45", "Net 30"}
    assert (use["Net 45"].invoices, use["Net 45"].open_invoices, use["Net 45"].customers) == (154, 4, 3)
    assert use["Net 45"].open_amounts == (
        Money(amount=Decimal(99), currency="EUR"),
        Money(amount=Decimal("30.30"), currency=""),
    )


def test_invoices_with_a_term_are_told_newest_first(world: World, emulated: Connect) -> None:
    term = books.add_term(world, "Net 45", 45)["id"]
    with world.store.batch():
        for day in range(1, 29):
            for n in range(5):
                add_invoice(world, f"A-{day}-{n}", paymentTermId=term, invoiceDate=f"2026-10-{day:02d}")
        add_invoice(world, "old", paymentTermId=term, invoiceDate="2025-01-01")
    bill = emulated()
    found = bill.source.invoices_with(["Net 45"], SINCE)["Net 45"]
    told = found.invoices
    assert len(told) == 100
    assert not found.whole
    assert told[0].invoice_date == date(2026, 10, 28)
    dates = [invoice.invoice_date or date.min for invoice in told]
    assert dates == sorted(dates, reverse=True)
    assert calls(world).count("invoices") == 1
    assert bill.source.invoices_with(["net 45"], SINCE) == {"net 45": TermInvoices((), whole=True)}


def test_invoices_of_several_terms_are_asked_for_at_once(world: World, emulated: Connect) -> None:
    with world.store.batch():
        for days in (45, 55, 65):
            term = books.add_term(world, f"Net {days}", days)["id"]
            for n in range(3):
                add_invoice(world, f"A-{days}-{n}", paymentTermId=term, invoiceDate=f"2026-10-{n + 1:02d}")
    told = emulated().source.invoices_with(["Net 45", "Net 55", "Net 75"], SINCE, most=200)
    assert {name: len(found.invoices) for name, found in told.items()} == {"Net 45": 3, "Net 55": 3, "Net 75": 0}
    assert {invoice.term_name for invoice in told["Net 55"].invoices} == {"Net 55"}
    assert all(found.whole for found in told.values())
    assert calls(world).count("invoices") == 1


@pytest.mark.parametrize("name", ["server_error", "html", "BDC_1322", "unauthorized"])
@pytest.mark.parametrize("method", ["invoices", "payment-terms"])
def test_a_passing_fault_costs_time_and_nothing_else(world: World, emulated: Connect, method: str, name: str) -> None:
    term = books.add_term(world, "Net 45", 45)
    add_invoice(world, "INV-1", paymentTermId=term["id"])
    strike(world, method, name)
    (invoice,) = emulated().source.find(["INV-1"])["INV-1"]
    assert invoice.term_name == "Net 45"


def test_a_timeout_is_repeated(world: World, emulated: Connect) -> None:
    add_invoice(world, "INV-1")
    strike(world, "invoices", "timeout", value=0.4)
    assert len(emulated(read_timeout=0.2).source.find(["INV-1"])["INV-1"]) == 1


def test_a_session_that_ends_mid_way_is_renewed_and_the_page_read_again(world: World, emulated: Connect) -> None:
    with world.store.batch():
        for n in range(250):
            add_invoice(world, f"A-{n}", paymentTermId="x")
    strike(world, "invoices", "unauthorized", after=1)
    bill = emulated()
    pages = bill.session.pages("/v3/invoices", {})
    assert sum(len(page) for page in pages) == 250
    assert calls(world).count("login") == 2


def test_an_idle_session_on_bills_own_clock_is_renewed(world: World, emulated: Connect) -> None:
    bill = emulated()
    bill.source.terms()
    world.calendar.move(timedelta(minutes=36))
    bill.watch.seconds += 10
    bill.source.terms()
    assert calls(world).count("login") == 2


def test_sparse_records_are_read_as_far_as_they_go(world: World, emulated: Connect) -> None:
    term = books.add_term(world, "Net 45", 45)
    add_invoice(world, "INV-1", paymentTermId=term["id"])
    strike(world, "*", "missing_fields", times=9, after=1)
    (invoice,) = emulated().source.find(["INV-1"])["INV-1"]
    assert (invoice.number, invoice.term_name, invoice.term_origin) == ("INV-1", None, TermOrigin.NONE)
    assert (invoice.amount, invoice.invoice_date, invoice.payment) == (None, None, PaymentState.UNKNOWN)


def test_the_hours_limit_names_when_to_ask_again(world: World, emulated: Connect) -> None:
    strike(world, "invoices", "BDC_1144")
    with pytest.raises(SourceUnavailable) as caught:
        emulated().source.find(["INV-1"])
    assert caught.value.retry_after == 900


@pytest.mark.parametrize("wrong", [{"password": "x"}, {"username": "x"}, {"dev_key": "x"}, {"organization_id": "x"}])
def test_wrong_credentials_are_tried_once(world: World, emulated: Connect, wrong: dict[str, str]) -> None:
    bill = emulated(**wrong)
    for _ in range(3):
        with pytest.raises(SourceSignIn):
            bill.source.find(["INV-1"])
    assert calls(world) == ["login"]


def test_check_proves_the_sign_in_and_the_right_to_read(world: World, emulated: Connect) -> None:
    identity = emulated().source.check()
    assert (identity.organization_id, bool(identity.user_id)) == ("00801ACME", True)
    assert calls(world) == ["login", "payment-terms"]


def test_money_is_exact(script: Script, scripted: Bill) -> None:
    row = b'{"results": [{"id": "1", "invoiceNumber": "A", "totalAmount": 9007199254740993.10, "dueAmount": 0.1}]}'
    script.at("/v3/invoices", reply(row))
    (invoice,) = scripted.source.find(["A"])["A"]
    assert (invoice.amount, invoice.balance) == (Decimal("9007199254740993.10"), Decimal("0.1"))


@pytest.mark.parametrize(
    "odd",
    [
        {
            "invoiceDate": "yesterday",
            "dueDate": 5,
            "totalAmount": "x",
            "dueAmount": True,
            "status": "NEW",
            "customer": 7,
        },
        {"totalAmount": 10**400, "dueAmount": "1e999999", "invoiceDate": "2026-13-01"},
        {"invoiceDate": None, "customer": None, "updatedTime": "x", "paymentTermId": 4, "archived": "no"},
    ],
)
def test_odd_fields_count_as_not_told(script: Script, scripted: Bill, odd: dict[str, object]) -> None:
    script.at("/v3/invoices", reply({"results": [5, None, {"id": "1", "invoiceNumber": "A", **odd}]}))
    (invoice,) = scripted.source.find(["A"])["A"]
    assert (invoice.amount, invoice.balance, invoice.invoice_date, invoice.due_date) == (None, None, None, None)


def test_a_term_without_a_name_is_no_term(script: Script, scripted: Bill) -> None:
    script.at(TERMS, reply({"results": [{"id": "00p1", "daysDue": 45}, {"id": "00p2", "name": "", "daysDue": 30}]}))
    script.at("/v3/invoices", reply({"results": [{"id": "1", "invoiceNumber": "A", "paymentTermId": "00p1"}]}))
    assert scripted.source.terms() == ()
    (invoice,) = scripted.source.find(["A"])["A"]
    assert (invoice.term_name, invoice.term_origin) == (None, TermOrigin.NONE)


def test_what_else_bill_sends_under_other_numbers_is_ignored(script: Script, scripted: Bill) -> None:
    script.at(
        "/v3/invoices", reply({"results": [{"id": "1", "invoiceNumber": "A "}, {"id": "2", "invoiceNumber": "a"}]})
    )
    assert scripted.source.find(["A"]) == {"A": ()}


def test_customers_that_may_not_be_read_are_told_as_not_known(script: Script, scripted: Bill) -> None:
    row = {"id": "1", "invoiceNumber": "A", "customerId": "0cu1", "invoiceDate": "2026-11-02", "dueDate": "2026-12-17"}
    script.at("/v3/customers", refusal(403, "BDC_1200"))
    script.at("/v3/invoices", reply({"results": [row]}))
    assert scripted.source.find(["A"])["A"][0].term_origin is TermOrigin.DAYS
    script.at("/v3/invoices", reply({"results": [{**row, "paymentTermId": NET_45["id"]}]}))
    assert scripted.source.in_use(SINCE)["Net 45"].customers is None


def test_where_bill_cannot_filter_by_term_the_pages_are_looked_through(script: Script, scripted: Bill) -> None:
    rows = [{"id": str(n), "invoiceNumber": str(n), "paymentTermId": "00p45" if n % 2 else "00p1"} for n in range(4)]
    script.at(
        "/v3/invoices",
        refusal(400, "BDC_1130", "Invalid list filter field: paymentTermId."),
        reply({"results": rows[:2], "nextPage": "p2"}),
        reply({"results": rows[2:]}),
    )
    told = scripted.source.invoices_with(["Net 45"], SINCE)["Net 45"]
    assert [invoice.number for invoice in told.invoices] == ["1", "3"]
    assert told.whole
    assert "paymentTermId" not in script.asked[-1].query["filters"]
    assert script.asked[-1].query["page"] == "p2"


def test_terms_are_values_of_the_protocol(scripted: Bill) -> None:
    assert scripted.source.terms() == (SourceTerm(source_id="00p45", name="Net 45", days=45),)
    assert scripted.source.label == "BILL"


def test_what_changed_since_is_told_and_everything_where_nothing_is_asked(world: World, emulated: Connect) -> None:
    term = books.add_term(world, "Net 45", 45)
    add_invoice(world, "INV-1", paymentTermId=term["id"])
    add_invoice(world, "INV-2", updatedTime="2026-11-09T08:00:00.000+00:00")
    add_invoice(world, "INV-3", invoiceDate="2024-01-05", updatedTime="2026-11-20T08:00:00.000+00:00")
    add_invoice(world, "INV-4", archived=True)
    source = emulated().source
    first, second = source.changed(None, SINCE)
    assert {(first.number, first.term_name), (second.number, second.term_name)} == {
        ("INV-1", "Net 45"),
        ("INV-2", None),
    }
    changed = source.changed(datetime(2026, 11, 9, 8, tzinfo=UTC), SINCE)
    assert [invoice.number for invoice in changed] == ["INV-2"]


def test_customers_are_told_with_their_default_terms(world: World, emulated: Connect) -> None:
    term = books.add_term(world, "Net 45", 45)
    for number, term_id in (("0cu01", term["id"]), ("0cu02", None)):
        world.store.table("bill_customer")[number] = {
            "id": number,
            "name": f"Customer {number}",
            "archived": False,
            "paymentTermId": term_id,
        }
    told = emulated().source.customer_terms()
    assert [(customer.source_id, customer.term_name) for customer in told] == [("0cu01", "Net 45"), ("0cu02", None)]


def test_what_was_billed_in_a_period_is_listed_whole_with_the_query_and_its_cost(
    emulated: Connect, world: World
) -> None:
    for number in range(230):
        add_invoice(world, f"INV-{number:03}", invoiceDate="2026-10-31" if number % 2 else "2026-10-01")
    add_invoice(world, "before", invoiceDate="2026-09-30")
    add_invoice(world, "after", invoiceDate="2026-11-01")
    add_invoice(world, "gone", invoiceDate="2026-10-15", archived=True)
    bill = emulated()
    found = bill.source.billed_between(date(2026, 10, 1), date(2026, 10, 31))
    assert {invoice.number for invoice in found.invoices} == {f"INV-{number:03}" for number in range(230)}
    assert [invoice.invoice_date for invoice in found.invoices] == [date(2026, 10, 1)] * 115 + [
        date(2026, 10, 31)
    ] * 115
    assert "invoiceDate:gte" in found.query
    assert "2026-10-31" in found.query
    # Three pages of a hundred, the terms and, as these invoices bear none, the customers'; the sign-in comes on top.
    assert (found.requests, bill.passage.counted) == (5, 6)
