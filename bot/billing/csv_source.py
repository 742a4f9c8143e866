"""A file of invoices as a billing system, for companies whose billing system has no door of its own."""

from __future__ import annotations

import csv
import io
import re
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from bot.alerts.sentences import LONGEST_NUMBER, LONGEST_TERM
from bot.billing.source import (
    MOST_EVIDENCE,
    THE_SYSTEM,
    BilledInvoice,
    BilledList,
    PaymentState,
    SourceCustomer,
    SourceGarbled,
    SourceTerm,
    SourceUnavailable,
    SourceUnsupported,
    TermInvoices,
    TermOrigin,
    TermUse,
)
from bot.billing.use import UseTally

REQUIRED = ("invoice_number", "term")
OPTIONAL = (
    "id",
    "customer_id",
    "customer_name",
    "invoice_date",
    "due_date",
    "amount",
    "balance",
    "currency",
    "status",
    "term_days",
    "url",
    "created_by",
)
LINES_NAMED = 5
"""Faulty lines that an error names."""

_T = TypeVar("_T")
_AMOUNT = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,8})?")

_STATES = {
    "open": PaymentState.OPEN,
    "partly paid": PaymentState.PARTLY_PAID,
    "paid": PaymentState.PAID,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stamp:
    """What changes when a file does."""

    mtime_ns: int
    size: int
    inode: int


@dataclass(frozen=True, slots=True)
class _Content:
    """One reading of the file."""

    by_number: Mapping[str, tuple[BilledInvoice, ...]]
    terms: tuple[SourceTerm, ...]

    def invoices(self) -> Iterator[BilledInvoice]:
        for same in self.by_number.values():
            yield from same


class CsvSource:
    """The source protocol over a CSV file (docs/billing.md). The file is read again whenever it has changed.

    A file with a faulty line is refused whole, as half of it would look like invoices that do not exist.
    """

    def __init__(self, path: Path, *, label: str = "the invoice file") -> None:
        """`path`: the file; it need not exist yet."""
        self._path = path
        self._label = label
        self._lock = threading.Lock()
        self._stamp: _Stamp | None = None
        self._content = _Content({}, ())

    @property
    def label(self) -> str:
        """The invoice file."""
        return self._label

    @property
    def system(self) -> str:
        """The system that the file was exported from."""
        return THE_SYSTEM

    def find(self, numbers: Sequence[str]) -> Mapping[str, tuple[BilledInvoice, ...]]:
        """For each number the lines that bear exactly it. Raises SourceUnavailable, SourceGarbled."""
        by_number = self._read().by_number
        return {number: by_number.get(number, ()) for number in numbers}

    def terms(self) -> Sequence[SourceTerm]:
        """The terms that the lines name, with their days where `term_days` tells one number of days for the name."""
        return self._read().terms

    def in_use(self, since: date) -> Mapping[str, TermUse]:
        """Term name to its use on invoices dated on or after `since`; lines without a date are not counted."""
        tallies: dict[str, UseTally] = {}
        for invoice in self._read().invoices():
            if invoice.term_name is not None and invoice.invoice_date is not None and invoice.invoice_date >= since:
                tallies.setdefault(invoice.term_name, UseTally()).add(
                    customer=invoice.customer_id or invoice.customer_name,
                    payment=invoice.payment,
                    balance=invoice.balance,
                    currency=invoice.currency,
                )
        # Customers' default terms are not in the file.
        return {name: tally.use(customers_known=False) for name, tally in tallies.items()}

    def invoices_with(
        self, term_names: Collection[str], since: date, *, most: int = MOST_EVIDENCE
    ) -> Mapping[str, TermInvoices]:
        """For each name the lines that bear exactly it, newest first, at most `most` a name."""
        dated = [
            (invoice.invoice_date, invoice)
            for invoice in self._read().invoices()
            if invoice.term_name in term_names and invoice.invoice_date is not None and invoice.invoice_date >= since
        ]
        dated.sort(key=lambda pair: pair[0], reverse=True)
        found: dict[str, list[BilledInvoice]] = {name: [] for name in term_names}
        for _, invoice in dated:
            found[invoice.term_name or ""].append(invoice)
        return {name: TermInvoices(tuple(lines[:most]), len(lines) <= most) for name, lines in found.items()}

    def changed(self, since: datetime | None, dated_from: date) -> Iterator[BilledInvoice]:
        """All lines dated on or after `dated_from`: a file does not tell what changed."""
        del since
        lines = self._read().invoices()
        return iter([line for line in lines if line.invoice_date is not None and line.invoice_date >= dated_from])

    def customer_terms(self) -> Sequence[SourceCustomer]:
        """Raises SourceUnsupported: the file holds invoices, not customers."""
        raise SourceUnsupported("The invoice file does not tell customers' default terms.")

    def billed_between(self, first: date, last: date) -> BilledList:
        """The lines dated from `first` to `last`; those without a date are counted apart."""
        all_lines = list(self._read().invoices())
        found = [
            (invoice.invoice_date, invoice)
            for invoice in all_lines
            if invoice.invoice_date is not None and first <= invoice.invoice_date <= last
        ]
        found.sort(key=lambda pair: (pair[0], pair[1].number))
        return BilledList(
            invoices=tuple(invoice for _, invoice in found),
            query=f"{self._path.name}: invoice_date from {first.isoformat()} to {last.isoformat()}",
            requests=0,
            undated=sum(invoice.invoice_date is None for invoice in all_lines),
        )

    def _read(self) -> _Content:
        with self._lock:
            try:
                about = self._path.stat()
                stamp = _Stamp(mtime_ns=about.st_mtime_ns, size=about.st_size, inode=about.st_ino)
                if stamp != self._stamp:
                    self._content = _parsed(self._path.read_bytes(), self._path.name)
                    self._stamp = stamp
            except OSError as error:
                self._stamp = None
                raise SourceUnavailable(
                    f"The invoice file {self._path} cannot be read ({error.strerror}). "
                    "Check INVOICE_CSV and whether the export still runs."
                ) from None
            except SourceGarbled:
                self._stamp = None
                raise
            return self._content


def _parsed(content: bytes, name: str) -> _Content:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SourceGarbled(
            f"The invoice file {name} is not in UTF-8, first in line {line}. Export it as “CSV UTF-8”."
        ) from None
    if "\x00" in text:
        raise SourceGarbled(f"The invoice file {name} holds a NUL character and is no CSV file. Export it again.")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    faults: list[str] = []
    found: dict[str, list[BilledInvoice]] = {}
    days: dict[str, set[int | None]] = {}
    try:
        header = next(rows, [])
        columns = _columns(header, name)
        for cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            try:
                invoice, term_days = _invoice(
                    _Line(columns=columns, width=len(header), cells=cells, number=rows.line_num)
                )
            except ValueError as fault:
                faults.append(f"line {rows.line_num}: {fault}")
                continue
            found.setdefault(invoice.number, []).append(invoice)
            if invoice.term_name is not None:
                days.setdefault(invoice.term_name, set()).add(term_days)
    except csv.Error as error:
        faults.append(f"line {rows.line_num}: {error}")
    if faults:
        more = f", and {len(faults) - LINES_NAMED} more" if len(faults) > LINES_NAMED else ""
        raise SourceGarbled(
            f"The invoice file {name} cannot be used: {'; '.join(faults[:LINES_NAMED])}{more}. Correct the export."
        )
    terms = [SourceTerm(source_id=term, name=term, days=_one(told - {None})) for term, told in days.items()]
    return _Content({number: tuple(same) for number, same in found.items()}, tuple(terms))


def _delimiter(text: str) -> str:
    """Comma, semicolon or tab: the one that the first line has most of."""
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _columns(header: Sequence[str], name: str) -> dict[str, int]:
    columns: dict[str, int] = {}
    for at, title in enumerate(header):
        key = title.strip().casefold().replace(" ", "_")
        if key in columns:
            raise SourceGarbled(f"The invoice file {name} has two columns {key}. Leave one out.")
        if key in REQUIRED or key in OPTIONAL:
            columns[key] = at
    missing = [key for key in REQUIRED if key not in columns]
    if missing:
        raise SourceGarbled(
            f"The invoice file {name} lacks the column {' and '.join(missing)} in its first line. "
            "docs/billing.md lists the columns."
        )
    return columns


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One line's cells by column; reading a cell raises ValueError with a sentence part where it is faulty."""

    columns: Mapping[str, int]
    width: int
    """Cells of the first line."""
    cells: Sequence[str]
    number: int

    def raw(self, column: str) -> str:
        at = self.columns.get(column)
        return self.cells[at] if at is not None and at < len(self.cells) else ""

    def text(self, column: str) -> str:
        return self.raw(column).strip()

    def day(self, column: str) -> date | None:
        return self._read(column, date.fromisoformat, "a date like 2026-11-02")

    def money(self, column: str) -> Decimal | None:
        return self._read(column, _decimal, "an amount like 1250.50, with a point and nothing between the thousands")

    def days(self) -> int | None:
        return self._read("term_days", _whole, "a whole number of days from 0 to 999")

    def url(self) -> str:
        return self._read("url", _address, "an address that starts with https://") or ""

    def state(self) -> PaymentState | None:
        return self._read(
            "status", lambda text: _STATES[text.casefold().replace("_", " ")], "open, partly paid or paid"
        )

    def _read(self, column: str, reading: Callable[[str], _T], form: str) -> _T | None:
        text = self.text(column)
        if not text:
            return None
        try:
            return reading(text)
        except (ValueError, KeyError):
            raise ValueError(f"{column} is {text[:40]!r}; it takes {form}") from None


def _invoice(line: _Line) -> tuple[BilledInvoice, int | None]:
    number, term = line.text("invoice_number"), line.raw("term")
    if not number:
        raise ValueError("invoice_number is empty")
    _fits("invoice_number", number, LONGEST_NUMBER)
    _fits("term", term, LONGEST_TERM)
    if len(line.cells) > line.width and any(cell.strip() for cell in line.cells[line.width :]):
        raise ValueError("it has more cells than the first line; a text that holds the separator needs quotes")
    amount, balance = line.money("amount"), line.money("balance")
    invoice = BilledInvoice(
        number=number,
        source_id=line.text("id") or f"line {line.number}",
        customer_id=line.text("customer_id"),
        customer_name=line.text("customer_name"),
        term_name=term if term.strip() else None,
        term_origin=TermOrigin.INVOICE if term.strip() else TermOrigin.NONE,
        invoice_date=line.day("invoice_date"),
        due_date=line.day("due_date"),
        amount=amount,
        balance=balance,
        currency=line.text("currency").upper(),
        payment=line.state() or _payment(amount, balance),
        url=line.url(),
        created_by=line.text("created_by"),
    )
    return invoice, line.days()


def _fits(column: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise ValueError(f"{column} has {len(text):,} characters; it takes {longest:,} at most")


def _payment(amount: Decimal | None, balance: Decimal | None) -> PaymentState:
    """What the amounts say where no status does."""
    if amount is None or balance is None or amount <= 0 or balance > amount:
        return PaymentState.UNKNOWN
    if balance <= 0:
        return PaymentState.PAID
    return PaymentState.OPEN if balance == amount else PaymentState.PARTLY_PAID


def _decimal(text: str) -> Decimal:
    if not _AMOUNT.fullmatch(text):
        raise ValueError
    return Decimal(text)


def _address(text: str) -> str:
    if not text.startswith(("https://", "http://")) or any(character in text for character in '<>|"') or " " in text:
        raise ValueError
    return text


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise ValueError
    return int(text)


def _one(told: set[int | None]) -> int | None:
    return next(iter(told)) if len(told) == 1 else None
