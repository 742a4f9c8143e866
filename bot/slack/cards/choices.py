"""The choices of a term's fields, in an accountant's words: option value, label."""

from __future__ import annotations

from decimal import Decimal

from bot.terms.term import AmountUnit, DiscountBasis, DueFrom, PenaltyCycle

STARTS: tuple[tuple[DueFrom, str], ...] = (
    (DueFrom.INVOICE_DATE, "days after the invoice date"),
    (DueFrom.SAME_MONTH, "day of the invoice's month"),
    (DueFrom.NEXT_MONTH, "day of the next month"),
    (DueFrom.MONTH_2, "day of the 2nd month after the invoice's"),
    (DueFrom.MONTH_3, "day of the 3rd month after the invoice's"),
    (DueFrom.MONTH_4, "day of the 4th month after the invoice's"),
    (DueFrom.MONTH_5, "day of the 5th month after the invoice's"),
    (DueFrom.MONTH_6, "day of the 6th month after the invoice's"),
    (DueFrom.END_OF_MONTH, "days after the end of the invoice's month"),
    (DueFrom.EXTEND_TO_MONTH_END, "days after the invoice date, to the month's end"),
)
UNITS: tuple[tuple[AmountUnit, str], ...] = (
    (AmountUnit.PERCENTAGE, "percent"),
    (AmountUnit.AMOUNT, "an amount of money"),
)
BASES: tuple[tuple[DiscountBasis, str], ...] = (
    (DiscountBasis.INVOICE_TOTAL, "the invoice's total"),
    (DiscountBasis.LINE_ITEMS, "the total of its lines"),
)
CYCLES: tuple[tuple[PenaltyCycle, str], ...] = (
    (PenaltyCycle.NONE, "no penalty"),
    (PenaltyCycle.DAILY, "daily"),
    (PenaltyCycle.WEEKLY, "weekly"),
    (PenaltyCycle.BIWEEKLY, "every two weeks"),
    (PenaltyCycle.MONTHLY, "monthly"),
    (PenaltyCycle.BIMONTHLY, "every two months"),
    (PenaltyCycle.QUARTERLY, "quarterly"),
    (PenaltyCycle.HALF_YEARLY, "half-yearly"),
    (PenaltyCycle.ANNUALLY, "annually"),
)


def figure(amount: Decimal) -> str:
    """A number as a person types it: `2`, `1.5`; never with an exponent."""
    shown = f"{amount:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown
