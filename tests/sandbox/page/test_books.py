"""The two systems' records in the page's words."""

from __future__ import annotations

import pytest

from bot.sandbox.page.books import SHOWN_SYNCED, day_words, money, read_books, rule_words, stamp_words
from bot.sandbox.world import World
from tests.sandbox.bill.conftest import add_invoice


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"DUEDATE": "30", "DUEFROM": "from invoice/bill date"}, "30 days"),
        ({"DUEDATE": "1"}, "1 day"),
        ({"DUEDATE": "0", "DUEFROM": "from invoice/bill date"}, "on receipt"),
        ({"DUEDATE": "10", "DUEFROM": "of next month from invoice/bill date"}, "day 10 of the next month"),
        ({"DUEDATE": "15", "DUEFROM": "of the month of invoice/bill date"}, "day 15 of the invoice's month"),
        ({"DUEDATE": "5", "DUEFROM": "of 2nd month from invoice/bill date"}, "day 5 of 2nd month"),
        ({"DUEDATE": "30", "DISCAMOUNT": "2.00", "DISCPERCAMN": "%", "DISCDATE": "10"}, "30 days; 2% within 10"),
        ({"DUEDATE": "30", "DISCAMOUNT": "0", "PEN_TYPES": "Monthly"}, "30 days; penalty monthly"),
    ],
)
def test_a_rule_is_told_in_a_line(row: dict[str, str], words: str) -> None:
    assert rule_words(row) == words


def test_dates_and_amounts_are_told_as_people_write_them() -> None:
    assert [day_words(text) for text in ("2026-11-02", "11/02/2026 09:14:00", "soon")] == [
        "Nov 2, 2026",
        "Nov 2, 2026",
        "soon",
    ]
    assert [money("1250.5", "USD"), money(-3, "EUR"), money(2, "CHF")] == ["$1,250.50", "-€3.00", "CHF 2.00"]


def test_a_moment_is_told_as_the_companys_day_and_a_date_as_it_is() -> None:
    shown = [stamp_words(text) for text in ("11/25/2026 04:59:59", "11/25/2026 05:00:00", "11/25/2026", "")]
    assert shown == ["Nov 24, 2026", "Nov 25, 2026", "Nov 25, 2026", ""]


def test_failed_invoices_come_before_waiting_ones_and_of_synced_ones_only_the_newest(world: World) -> None:
    add_invoice(world, "W")
    add_invoice(
        world, "F", _sync={"state": "failed", "message": "Invoice [F] cannot be created in Intacct: No.", "at": ""}
    )
    for number in range(SHOWN_SYNCED + 5):
        add_invoice(world, f"S{number:02}", _sync={"state": "synced", "message": "", "at": f"2026-11-{number:02}"})
    books = read_books(world)
    assert [row.number for row in books.waiting] == ["F", "W"]
    assert books.waiting[0].reason == "No."
    assert (len(books.synced), books.synced_count, books.synced[0].number) == (SHOWN_SYNCED, SHOWN_SYNCED + 5, "S29")
