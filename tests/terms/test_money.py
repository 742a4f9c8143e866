"""Money reads the same everywhere; a sum in running text does without cents that are nought."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.terms.money import written


@pytest.mark.parametrize(
    ("amount", "currency", "full", "short"),
    [
        ("18400", "USD", "$18,400.00", "$18,400"),
        ("57066.45", "USD", "$57,066.45", "$57,066.45"),
        ("0.5", "EUR", "€0.50", "€0.50"),
        ("80", "chf", "CHF 80.00", "CHF 80"),
        ("1500", "JPY", "¥1,500", "¥1,500"),
        ("2", "KWD", "KWD 2.000", "KWD 2"),
        ("-5", "USD", "-$5.00", "-$5"),
        ("100", "", "100.00 (currency not told)", "100 (currency not told)"),
        ("100", "points", "100.00 (points)", "100 (points)"),
    ],
)
def test_an_amount_is_written_with_its_currency(amount: str, currency: str, full: str, short: str) -> None:
    assert written(Decimal(amount), currency) == full
    assert written(Decimal(amount), currency, short=True) == short
