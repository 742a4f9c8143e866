"""The two systems as tables: what the page shows of BILL's and Intacct's records."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.sandbox.bill.books import POSTING_DATE
from bot.sandbox.company import ZONE, today
from bot.sandbox.intacct import periods
from bot.sandbox.intacct.terms import STAMP
from bot.sandbox.sync import term_name
from bot.sandbox.world import Record, World

SHOWN_SYNCED = 25
"""Of the invoices that are in Intacct, the page shows the newest so many."""

SHOWN_TERMS = 300
"""Of Intacct's AR terms likewise."""

_SYNC_ORDER = {"failed": 0, "waiting": 1, "synced": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class BillInvoice:
    """A line of BILL's invoices."""

    id: str
    number: str
    customer: str
    day: str
    term: str
    term_id: str
    amount: str
    state: str
    """`waiting`, `failed` or `synced`."""
    message: str
    posting_day: str
    """The date on which the sync has it posted, where it is another than the invoice's; empty for that."""
    shut_out: bool
    """Whether Intacct would not take it, as the period in which it would be posted is closed."""

    @property
    def reason(self) -> str:
        """The message without the opening that every message has."""
        return self.message.rpartition(" cannot be created in Intacct: ")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class BillTerm:
    """A line of BILL's payment terms."""

    id: str
    name: str
    days: int
    invoices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArTerm:
    """A line of Intacct's AR terms."""

    key: str
    name: str
    rule: str
    active: bool
    created_by: str
    created: str
    invoices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArInvoice:
    """A line of Intacct's invoices."""

    number: str
    customer: str
    term: str
    day: str
    posted: str
    """The posting date, where it is another than the invoice's; else empty."""
    due: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArMonth:
    """A month that can be closed, or opened again."""

    period: str
    """`2026-10`."""
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArPeriods:
    """From when on AR is open, and what can be done about it."""

    open_from: str
    """Empty where nothing was ever closed."""
    to_close: ArMonth | None
    """The month before the present one, while it is open."""
    to_reopen: ArMonth | None
    """The month that was closed last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Both systems at one moment."""

    waiting: tuple[BillInvoice, ...]
    """Failed first, then waiting."""
    synced: tuple[BillInvoice, ...]
    synced_count: int
    bill_terms: tuple[BillTerm, ...]
    ar_terms: tuple[ArTerm, ...]
    ar_term_count: int
    ar_invoices: tuple[ArInvoice, ...]
    ar_invoice_count: int
    periods: ArPeriods


def read_books(world: World, zone: ZoneInfo = ZONE) -> Books:
    """Reads both systems' tables of a company; moments become days of its zone."""
    invoices = world.store.table("bill_invoice")
    pending = [row for row in invoices.values() if _sync_state(row) != "synced"]
    pending.sort(key=lambda row: (_SYNC_ORDER.get(_sync_state(row), 1), row["invoiceDate"], row["invoiceNumber"]))
    synced = [row for row in invoices.values() if _sync_state(row) == "synced"]
    newest = sorted(synced, key=lambda row: (row["_sync"].get("at", ""), row["invoiceDate"], row["id"]), reverse=True)
    ar_invoices = list(world.store.table("arinvoice").values())
    return Books(
        waiting=tuple(_bill_invoice(world, row) for row in pending),
        synced=tuple(_bill_invoice(world, row) for row in newest[:SHOWN_SYNCED]),
        synced_count=len(synced),
        bill_terms=_bill_terms(world),
        ar_terms=_ar_terms(world, ar_invoices, zone),
        ar_term_count=len(world.store.table("arterm")),
        ar_invoices=tuple(_ar_invoice(row) for row in reversed(ar_invoices[-SHOWN_SYNCED:])),
        ar_invoice_count=len(ar_invoices),
        periods=_ar_periods(world, zone),
    )


def _sync_state(row: Record) -> str:
    return str((row.get("_sync") or {}).get("state", "waiting"))


def _bill_invoice(world: World, row: Record) -> BillInvoice:
    customer = world.store.table("bill_customer").get(str(row.get("customerId")), {})
    named = (row.get("customer") or {}).get("name")
    return BillInvoice(
        id=row["id"],
        number=str(row["invoiceNumber"]),
        customer=str(named or customer.get("name") or row.get("customerId") or ""),
        day=day_words(row["invoiceDate"]),
        term=term_name(world, row) or "",
        term_id=str(row.get("paymentTermId") or ""),
        amount=money(row["totalAmount"], str(row.get("currency") or "USD")),
        state=_sync_state(row),
        message=str((row.get("_sync") or {}).get("message") or ""),
        posting_day=day_words(row.get(POSTING_DATE, "")),
        shut_out=periods.closed(world, date.fromisoformat(str(row.get(POSTING_DATE) or row["invoiceDate"]))),
    )


def _bill_terms(world: World) -> tuple[BillTerm, ...]:
    used = Counter(str(row.get("paymentTermId")) for row in world.store.table("bill_invoice").values())
    rows = sorted(world.store.table("bill_term").values(), key=lambda row: (int(row["daysDue"]), row["name"]))
    return tuple(
        BillTerm(id=row["id"], name=row["name"], days=int(row["daysDue"]), invoices=used[row["id"]]) for row in rows
    )


def _ar_terms(world: World, ar_invoices: list[Record], zone: ZoneInfo) -> tuple[ArTerm, ...]:
    used = Counter(str(row.get("TERMNAME")) for row in ar_invoices)
    rows = list(world.store.table("arterm").values())
    rows.sort(key=lambda row: int(row["RECORDNO"]), reverse=True)
    return tuple(
        ArTerm(
            key=str(row["RECORDNO"]),
            name=row["NAME"],
            rule=rule_words(row),
            active=row["STATUS"] == "active",
            created_by=str(row.get("CREATEDBY") or ""),
            created=stamp_words(str(row.get("WHENCREATED") or ""), zone),
            invoices=used[row["NAME"]],
        )
        for row in rows[:SHOWN_TERMS]
    )


def _ar_periods(world: World, zone: ZoneInfo) -> ArPeriods:
    first, present = periods.open_from(world), today(world, zone).replace(day=1)
    last = present - timedelta(days=1)
    return ArPeriods(
        open_from=day_words(first.isoformat()) if first is not None else "",
        to_close=_ar_month(last) if first is None or first < present else None,
        to_reopen=_ar_month(first - timedelta(days=1)) if first is not None else None,
    )


def _ar_month(day: date) -> ArMonth:
    return ArMonth(period=f"{day:%Y-%m}", words=f"{day:%B %Y}")


def _ar_invoice(row: Record) -> ArInvoice:
    return ArInvoice(
        number=str(row["RECORDID"]),
        customer=str(row.get("CUSTOMERNAME") or row.get("CUSTOMERID") or ""),
        term=str(row.get("TERMNAME") or ""),
        day=day_words(str(row.get("WHENCREATED") or "")),
        posted=day_words(row["WHENPOSTED"]) if row.get("WHENPOSTED") != row.get("WHENCREATED") else "",
        due=day_words(str(row.get("WHENDUE") or "")),
        amount=money(row.get("TRX_TOTALENTERED") or row.get("TOTALENTERED") or 0, str(row.get("CURRENCY") or "USD")),
    )


_MONTHS = {
    "of the month of invoice/bill date": "of the invoice's month",
    "of next month from invoice/bill date": "of the next month",
}


def rule_words(row: Record) -> str:
    """An AR term's rule in a line: when an invoice falls due, and its discount and penalty."""
    due, start = str(row.get("DUEDATE") or "0"), str(row.get("DUEFROM") or "")
    if start in ("", "from invoice/bill date"):
        words = "on receipt" if due == "0" else f"{due} day{'' if due == '1' else 's'}"
    else:
        words = f"day {due} {_MONTHS.get(start, start.replace(' from invoice/bill date', ''))}"
    if row.get("DISCAMOUNT") and str(row["DISCAMOUNT"]) not in ("0", "0.00"):
        amount = f"{_short(row['DISCAMOUNT'])}{'%' if row.get('DISCPERCAMN') == '%' else ' off'}"
        words += f"; {amount} within {row.get('DISCDATE') or 0}"
    if str(row.get("PEN_TYPES") or "No Penalty") != "No Penalty":
        words += f"; penalty {str(row['PEN_TYPES']).lower()}"
    return words


def _short(amount: object) -> str:
    text = str(amount)
    return text.rstrip("0").rstrip(".") if "." in text else text


def day_words(text: str) -> str:
    """A date as either system writes it, in words (`Nov 2, 2026`); what is no date, as it is."""
    for form in ("%Y-%m-%d", "%m/%d/%Y"):
        try:
            day: date = datetime.strptime(text[:10], form).date()  # noqa: DTZ007 -- a calendar date
        except ValueError:
            continue
        return f"{day:%b} {day.day}, {day.year}"
    return text


def stamp_words(text: str, zone: ZoneInfo = ZONE) -> str:
    """The company's day of a moment as Intacct writes it (UTC); what is no moment, as `day_words`."""
    try:
        moment = datetime.strptime(text, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return day_words(text)
    return day_words(moment.astimezone(zone).date().isoformat())


def money(amount: object, currency: str) -> str:
    """An amount with its currency's sign, or its code."""
    value = float(str(amount))
    sign = {"USD": "$", "EUR": "€", "GBP": "£"}.get(currency, f"{currency} ")
    return f"{'-' if value < 0 else ''}{sign}{abs(value):,.2f}"
