"""Dates, moments and amounts as Intacct writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from bot.intacct.dates import amount, day, moment


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("11/30/2026", date(2026, 11, 30)),
        ("2/29/2028", date(2028, 2, 29)),
        ("2026-11-30", date(2026, 11, 30)),
        ("02/29/2026", None),
        ("13/01/2026", None),
        ("", None),
        ("soon", None),
    ],
)
def test_a_date_is_read_or_none(text: str, read: date | None) -> None:
    assert day(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("11/30/2026 08:15:01", datetime(2026, 11, 30, 8, 15, 1, tzinfo=UTC)),
        ("11/30/2026", datetime(2026, 11, 30, tzinfo=UTC)),
        ("2026-11-30T08:15:01-07:00", datetime(2026, 11, 30, 15, 15, 1, tzinfo=UTC)),
        ("2026-11-30T08:15:01Z", datetime(2026, 11, 30, 8, 15, 1, tzinfo=UTC)),
        ("11/30/2026 25:00:00", None),
        ("", None),
    ],
)
def test_a_moment_is_aware_or_none(text: str, read: datetime | None) -> None:
    assert moment(text) == read


@pytest.mark.parametrize(
    ("text", "read"), [("12.50", Decimal("12.50")), ("-3", Decimal(-3)), ("", None), ("NaN", None), ("1,000", None)]
)
def test_an_amount_is_exact_or_none(text: str, read: Decimal | None) -> None:
    assert amount(text) == read
