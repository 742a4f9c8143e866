"""An amount of money in words, the same on cards, in reports and in workbooks."""

from __future__ import annotations

import re
from decimal import Decimal

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
NOT_TOLD = "currency not told"
_LARGEST = 15
"""Powers of ten up to which amounts are shown and added as they are."""
_NO_DECIMALS = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"})
_THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def written(amount: Decimal, currency: str, *, called: str | None = None, short: bool = False) -> str:
    """`$1,250.50`, `CHF 80.00`, `12.00 (currency not told)`.

    `called`: how a currency that is no code of three letters is to be shown, where its own text is not safe there.
    `short`: without the decimals where all of them are nought, for sums in running text: `$18,400`.
    """
    odd = (currency if called is None else called) if currency else NOT_TOLD
    if not amount.is_finite():
        return f"an amount that is not a number ({odd})"
    known = currency.upper() if re.fullmatch(r"[A-Za-z]{3}", currency) else ""
    sign = "-" if amount < 0 else ""
    figure = _figure(abs(amount), known)
    if short and "." in figure and not figure.partition(".")[2].strip("0"):
        figure = figure.partition(".")[0]
    if known in SYMBOLS:
        return f"{sign}{SYMBOLS[known]}{figure}"
    if known:
        return f"{known} {sign}{figure}"
    return f"{sign}{figure} ({odd})"


def countable(amount: Decimal) -> bool:
    """Whether an amount is a number that sums can be made of."""
    return amount.is_finite() and (not amount or -8 <= amount.adjusted() <= _LARGEST)


def _figure(amount: Decimal, currency: str) -> str:
    if not countable(amount):
        return f"{amount:.6E}"
    least = 0 if currency in _NO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2
    exponent = amount.normalize().as_tuple().exponent
    given = max(0, -exponent) if isinstance(exponent, int) else 0
    return f"{amount:,.{max(least, min(given, 6))}f}"
