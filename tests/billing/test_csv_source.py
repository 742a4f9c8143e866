"""An invoice file is read as documented, again when it changes, and refused with the faulty lines."""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bot.billing.csv_source import CsvSource
from bot.billing.source import Money, PaymentState, SourceGarbled, SourceTerm, SourceUnavailable, TermOrigin

HEADER = "invoice_number,term,id,customer_id,customer_name,invoice_date,due_date,amount,balance,currency,status,term_days,url"
LINES = (
    "INV-1,Net 45,7,C-1,Globex GmbH,2026-11-02,2026-12-17,1250.50,750.50,usd,partly paid,45,https://billing.example/7",
    "INV-2,Net 45,,C-2,Initech,2026-11-03,,100,100,EUR,,45,",
    "INV-3,,,C-2,Initech,,,,,,,,",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "invoices.csv"
    path.write_text("\n".join((HEADER, *LINES)) + "\n", encoding="utf-8")
    return path


def rewrite(path: Path, *lines: str, header: str = HEADER) -> CsvSource:
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return CsvSource(path)


def test_a_line_is_an_invoice(path: Path) -> None:
    found = CsvSource(path).find(["INV-1", "INV-2", "INV-3", "inv-1"])
    assert {number: len(same) for number, same in found.items()} == {"INV-1": 1, "INV-2": 1, "INV-3": 1, "inv-1": 0}
    (first,), (second,), (third,), _ = found.values()
    assert (first.source_id, first.customer_id, first.customer_name) == ("7", "C-1", "Globex GmbH")
    assert (first.term_name, first.term_origin, first.currency) == ("Net 45", TermOrigin.INVOICE, "USD")
    assert (first.invoice_date, first.due_date) == (date(2026, 11, 2), date(2026, 12, 17))
    assert (first.amount, first.balance, first.payment) == (
        Decimal("1250.50"),
        Decimal("750.50"),
        PaymentState.PARTLY_PAID,
    )
    assert first.url == "https://billing.example/7"
    assert (second.source_id, second.payment) == ("line 3", PaymentState.OPEN)
    assert (third.term_name, third.term_origin, third.payment) == (None, TermOrigin.NONE, PaymentState.UNKNOWN)


@pytest.mark.parametrize("term", ["Net\u00a045", " Net 45 ", "Net  45", "Net\u200b45", "=2+2", "R&D; 30"])
def test_a_terms_name_is_untouched(path: Path, term: str) -> None:
    source = rewrite(path, f'INV-1,"{term}"', header="invoice_number,term")
    assert source.find(["INV-1"])["INV-1"][0].term_name == term
    assert [known.name for known in source.terms()] == [term]


def test_a_spreadsheets_export_is_read(path: Path) -> None:
    path.write_bytes('\ufeffInvoice Number;Amount;Term\r\nINV-1;1250.50;"Net; 45"\r\n\r\n;;\r\n'.encode())
    (invoice,) = CsvSource(path).find(["INV-1"])["INV-1"]
    assert (invoice.term_name, invoice.amount) == ("Net; 45", Decimal("1250.50"))


def test_the_file_is_read_again_when_it_changes(path: Path) -> None:
    source = CsvSource(path)
    assert source.find(["INV-9"])["INV-9"] == ()
    rewrite(path, "INV-9,Net 45")
    assert len(source.find(["INV-9"])["INV-9"]) == 1
    about = path.stat()
    path.write_text(path.read_text(encoding="utf-8").replace("INV-9", "INV-8"), encoding="utf-8")
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns + 1))
    assert len(source.find(["INV-8"])["INV-8"]) == 1


def test_a_missing_file_is_told_and_found_when_it_is_there(tmp_path: Path) -> None:
    source = CsvSource(tmp_path / "later.csv")
    with pytest.raises(SourceUnavailable, match="INVOICE_CSV"):
        source.find(["INV-1"])
    rewrite(tmp_path / "later.csv", LINES[0])
    assert len(source.find(["INV-1"])["INV-1"]) == 1


def test_faulty_lines_are_named_and_nothing_is_used(path: Path) -> None:
    source = rewrite(
        path,
        LINES[0],
        "INV-2,Net 45,,,,02.11.2026",
        "INV-3,Net 45,,,,,,1.250,50",
        ",Net 45",
        "INV-5,Net 45,,,,,,,,,late",
        "INV-6,Net 45,,,,,,,,,,4.5",
        'INV-7,"Net\n45",,,,nonsense',
    )
    with pytest.raises(SourceGarbled) as caught:
        source.find(["INV-1"])
    told = str(caught.value)
    for part in ("line 3: invoice_date is '02.11.2026'", "line 5: invoice_number is empty", "line 6: status", "line 7"):
        assert part in told
    assert "and 1 more" not in told or "line 9" not in told
    assert "line 1:" not in told


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "invoice_number and term"),
        (b"number,term\n", "lacks the column invoice_number"),
        (b"invoice_number,term,Term\n", "two columns term"),
        (b"invoice_number,term\nINV-1,Net 45\nINV-2,Caf\xe9\n", "UTF-8, first in line 3"),
        (b"invoice_number,term\nINV-1,\x00\n", "NUL"),
        (b'invoice_number,term\nINV-1,"Net 45\n', "line 2"),
        (b"invoice_number,term\nINV-1,Net 45\nINV-2," + b"x" * 501 + b"\n", "line 3: term has 501 characters"),
        (b"invoice_number,term\n" + b"1" * 101 + b",Net 45\n", "line 2: invoice_number has 101 characters"),
        (b"invoice_number,term\nINV-1,Net 45,extra\n", "line 2: it has more cells"),
        (b"invoice_number,term,amount\nINV-1,Net 45,NaN\n", "amount is 'NaN'"),
        (b"invoice_number,term,amount\nINV-1,Net 45,1_000\n", "amount is '1_000'"),
        (b"invoice_number,term,amount\nINV-1,Net 45,1e999999\n", "amount is '1e999999'"),
        (b"invoice_number,term,url\nINV-1,Net 45,javascript:x\n", "url is 'javascript:x'"),
        (b"invoice_number,term,url\nINV-1,Net 45,https://a|b>\n", "url is"),
    ],
)
def test_a_file_of_another_form_is_refused(path: Path, content: bytes, words: str) -> None:
    path.write_bytes(content)
    source = CsvSource(path)
    for _ in range(2):
        with pytest.raises(SourceGarbled, match=words):
            source.terms()


def test_terms_carry_their_days_where_the_lines_agree(path: Path) -> None:
    source = rewrite(path, "A,Net 45,,,,,,,,,,45", "B,Net 45", "C,Odd,,,,,,,,,,10", "D,Odd,,,,,,,,,,11", "E,Bare")
    assert source.terms() == (
        SourceTerm(source_id="Net 45", name="Net 45", days=45),
        SourceTerm(source_id="Odd", name="Odd", days=None),
        SourceTerm(source_id="Bare", name="Bare", days=None),
    )


def test_use_keeps_currencies_apart(path: Path) -> None:
    use = CsvSource(path).in_use(date(2026, 11, 1))["Net 45"]
    assert (use.invoices, use.open_invoices, use.customers) == (2, 2, None)
    assert use.open_amounts == (
        Money(amount=Decimal("750.50"), currency="USD"),
        Money(amount=Decimal(100), currency="EUR"),
    )
    assert CsvSource(path).in_use(date(2026, 11, 3))["Net 45"].invoices == 1


def test_invoices_with_a_term_are_told_newest_first(path: Path) -> None:
    told = CsvSource(path).invoices_with(["Net 45", "net 45"], date(2026, 1, 1))
    assert [invoice.number for invoice in told["Net 45"].invoices] == ["INV-2", "INV-1"]
    assert told["net 45"].invoices == ()


def test_what_was_billed_in_a_period_is_listed_and_lines_without_a_date_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "invoices.csv"
    file.write_text(
        "invoice_number,term,invoice_date\n"
        "B,Net 30,2026-10-31\nA,Net 30,2026-10-31\nC,Net 30,2026-10-01\nD,Net 30,2026-11-01\nE,Net 30,\n"
    )
    found = CsvSource(file).billed_between(date(2026, 10, 1), date(2026, 10, 31))
    assert [invoice.number for invoice in found.invoices] == ["C", "A", "B"]
    assert (found.undated, found.requests) == (1, 0)
    assert found.query == "invoices.csv: invoice_date from 2026-10-01 to 2026-10-31"
