"""The sandbox's own due dates, against a table checked by hand."""

from __future__ import annotations

from datetime import date

import pytest

from bot.sandbox.intacct.duedates import due_date
from bot.sandbox.intacct.objects import FROM

INVOICE, OWN, NEXT, SECOND, *_, SIXTH = FROM


@pytest.mark.parametrize(
    ("days", "start", "invoiced", "due"),
    [
        ("45", INVOICE, date(2026, 11, 2), date(2026, 12, 17)),
        ("0", INVOICE, date(2026, 11, 2), date(2026, 11, 2)),
        ("30", INVOICE, date(2028, 1, 31), date(2028, 3, 1)),
        ("15", OWN, date(2026, 11, 20), date(2026, 11, 15)),
        ("31", OWN, date(2026, 11, 20), date(2026, 11, 30)),
        ("10", NEXT, date(2026, 12, 20), date(2027, 1, 10)),
        ("31", NEXT, date(2027, 1, 5), date(2027, 2, 28)),
        ("31", NEXT, date(2028, 1, 5), date(2028, 2, 29)),
        ("10", SECOND, date(2026, 11, 30), date(2027, 1, 10)),
        ("1", SIXTH, date(2026, 8, 1), date(2027, 2, 1)),
    ],
)
def test_the_rule_gives_the_date(days: str, start: str, invoiced: date, due: date) -> None:
    assert due_date({"DUEDATE": days, "DUEFROM": start}, invoiced) == due
