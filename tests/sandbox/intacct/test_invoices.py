"""`create_invoice` takes what the books can take, and says of a missing term just what the real one says."""

from __future__ import annotations

import pytest

from bot.sandbox.intacct import periods
from bot.sandbox.intacct.terms import add_term
from bot.sandbox.world import World
from tests.sandbox.intacct.client import SYNC, WRITER, Client, arterm, invoice, op

SEQUENCE = "Could not retrieve the Sequence record!"


def test_an_invoice_falls_due_by_its_terms_rule(client: Client) -> None:
    client.call(arterm("Net 45"), user=WRITER)
    answer = client.call(invoice("INV-1042", "Net 45"), user=SYNC)
    assert (answer.statuses, answer.text("operation/result/key")) == (["success"], "13")
    fields = ("RECORDNO", "TERMNAME", "WHENCREATED", "WHENDUE", "TRX_TOTALDUE", "TOTALDUE", "CURRENCY", "STATE")
    where = op("equalto", "RECORDID", "INV-1042")
    assert list(client.query("ARINVOICE", *fields, where=where).rows()[0].values()) == [
        "13",
        "Net 45",
        "11/02/2026",
        "12/17/2026",
        "1250.50",
        "1250.50",
        "USD",
        "Posted",
    ]


@pytest.mark.parametrize("term", ["Net 45", "Net 90", "NET 30", "Net\N{NO-BREAK SPACE}30", "Net 30 ", "Net 12"])
def test_a_term_that_is_absent_inactive_or_anothers_fails_without_naming_it(
    client: Client, company: World, term: str
) -> None:
    answer = client.call(invoice("INV-1042", term), user=SYNC)
    assert answer.statuses == ["failure"]
    assert answer.errors[0][1] == SEQUENCE
    assert term not in answer.http.text
    assert len(company.store.table("arinvoice")) == 6


def test_an_entitys_own_term_serves_its_sign_in(client: Client) -> None:
    assert client.call(invoice("INV-7", "Net 12"), user=SYNC, location="200").statuses == ["success"]


def test_a_customer_on_hold_fails_in_the_same_words(client: Client) -> None:
    answer = client.call(invoice("INV-7", "Net 30", customer="C3"), user=SYNC)
    assert answer.errors[0][1] == SEQUENCE


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (invoice("INV-7", "Net 30", customer="C9"), "Invalid Customer 'C9' specified."),
        (invoice("INV-7", "Net 30", customer="C2"), "Customer 'C2' is inactive."),
        (invoice("INV-7", None), "Required field Date Due is missing"),
        (invoice("INV-1", "Net 30"), "Another Invoice with the given value(s) INV-1 already exists"),
        (invoice("INV-7", "Net 30", dated="2026-02-30"), "datecreated is not a valid date."),
        (invoice("INV-7", "Net 30").replace("1250.50", "much"), "'much' is not a valid amount."),
    ],
)
def test_other_reasons_have_their_own_words(client: Client, function: str, words: str) -> None:
    answer = client.call(function, user=SYNC)
    assert answer.errors[0][1] == words
    assert answer.errors[0][0].startswith("BL")


CLOSED = (
    "Periods are closed. Your transaction date (11/02/2026) is within a period that's been closed. You can add, modify, "
    "or delete a transaction only if the date of the transaction is within a period that's open."
)


def posted_on(day: str) -> str:
    year, month, day = day.split("-")
    date = f"<dateposted><year>{year}</year><month>{month}</month><day>{day}</day></dateposted>"
    return invoice("INV-7", "Net 30").replace("<termname>", f"{date}<termname>")


def test_what_is_dated_in_a_closed_period_is_refused_and_nothing_is_kept(client: Client, company: World) -> None:
    periods.close(company, "2026-11")
    answer = client.call(invoice("INV-7", "Net 30"), user=SYNC)
    assert (answer.statuses, answer.errors[0][1]) == (["failure"], CLOSED)
    assert len(company.store.table("arinvoice")) == 6


def test_a_posting_date_in_an_open_period_lets_it_in_with_its_own_dates(client: Client, company: World) -> None:
    periods.close(company, "2026-11")
    assert client.call(posted_on("2026-12-01"), user=SYNC).statuses == ["success"]
    found = client.query("ARINVOICE", "WHENCREATED", "WHENDUE", "WHENPOSTED", where=op("equalto", "RECORDID", "INV-7"))
    assert found.rows() == [{"WHENCREATED": "11/02/2026", "WHENDUE": "12/02/2026", "WHENPOSTED": "12/01/2026"}]


def test_a_posting_date_in_a_closed_period_keeps_it_out_whatever_its_own(client: Client, company: World) -> None:
    periods.close(company, "2026-10")
    answer = client.call(posted_on("2026-10-31"), user=SYNC)
    assert answer.errors[0][1] == CLOSED.replace("11/02/2026", "10/31/2026")


def test_a_missing_term_is_told_before_a_closed_period(client: Client, company: World) -> None:
    periods.close(company, "2026-11")
    assert client.call(invoice("INV-7", "Net 45"), user=SYNC).errors[0][1] == SEQUENCE


def test_a_draft_is_posted_to_no_period_yet(client: Client, company: World) -> None:
    periods.close(company, "2026-11")
    draft = invoice("INV-7", "Net 30").replace("<invoiceno>", "<action>Draft</action><invoiceno>")
    assert client.call(draft, user=SYNC).statuses == ["success"]


def test_a_due_date_serves_where_no_term_is_named(client: Client) -> None:
    due = "<datedue><year>2026</year><month>12</month><day>1</day></datedue>"
    function = invoice("INV-7", None).replace("<invoiceno>", f"{due}<invoiceno>")
    assert client.call(function, user=SYNC).statuses == ["success"]
    found = client.query("ARINVOICE", "WHENDUE", "TERMNAME", where=op("equalto", "RECORDID", "INV-7"))
    assert found.rows() == [{"WHENDUE": "12/01/2026", "TERMNAME": ""}]


def test_a_foreign_currency_is_kept_beside_the_base(client: Client) -> None:
    money = "<basecurr>USD</basecurr><currency>EUR</currency><exchrate>1.10</exchrate>"
    assert client.call(invoice("INV-7", "Net 30", extra=money), user=SYNC).statuses == ["success"]
    fields = ("CURRENCY", "TRX_TOTALDUE", "BASECURR", "TOTALDUE")
    found = client.query("ARINVOICE", *fields, where=op("equalto", "RECORDID", "INV-7"))
    assert list(found.rows()[0].values()) == ["EUR", "1250.50", "USD", "1375.55"]


def test_a_discounts_last_day_is_kept(client: Client, company: World) -> None:
    rule = {"DUEDATE": "30", "DISCDATE": "10", "DISCAMOUNT": "2", "DISCPERCAMN": "%"}
    add_term(company, "2% 10 Net 30", rule, by="agarcia")
    client.call(invoice("INV-7", "2% 10 Net 30"), user=SYNC)
    found = client.query("ARINVOICE", "WHENDISCOUNT", "WHENDUE", where=op("equalto", "RECORDID", "INV-7"))
    assert found.rows() == [{"WHENDISCOUNT": "11/12/2026", "WHENDUE": "12/02/2026"}]
