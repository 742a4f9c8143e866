"""Payment terms as values: when an invoice falls due, and what an early or late payment changes."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

MOST_DAYS = 999
"""The longest number of days a rule may count (BILL, payment terms: daysDue 0-999)."""
LAST_DAY = 31
"""A rule of this day of a month means the month's last day, whichever that is."""


class DueFrom(StrEnum):
    """From where a rule counts its days (the names that `explain-term` prints)."""

    INVOICE_DATE = "invoice_date"
    """`days` after the invoice date."""
    SAME_MONTH = "same_month"
    """Day `days` of the invoice's own month; never rolls on to the next."""
    NEXT_MONTH = "next_month"
    """Day `days` of the month after the invoice's."""
    MONTH_2 = "month_2"
    """Day `days` of the second month after the invoice's."""
    MONTH_3 = "month_3"
    """Day `days` of the third month after the invoice's."""
    MONTH_4 = "month_4"
    """Day `days` of the fourth month after the invoice's."""
    MONTH_5 = "month_5"
    """Day `days` of the fifth month after the invoice's."""
    MONTH_6 = "month_6"
    """Day `days` of the sixth month after the invoice's."""
    END_OF_MONTH = "end_of_month"
    """`days` after the last day of the invoice's month."""
    EXTEND_TO_MONTH_END = "extend_to_month_end"
    """`days` after the invoice date, extended to the end of the month that this falls in."""

    @property
    def months_on(self) -> int | None:
        """How many months after the invoice's the named day lies; None where the rule names no day of a month."""
        return _MONTHS_ON.get(self)


_MONTHS_ON = {
    DueFrom.SAME_MONTH: 0,
    DueFrom.NEXT_MONTH: 1,
    DueFrom.MONTH_2: 2,
    DueFrom.MONTH_3: 3,
    DueFrom.MONTH_4: 4,
    DueFrom.MONTH_5: 5,
    DueFrom.MONTH_6: 6,
}


class AmountUnit(StrEnum):
    """What a discount's or penalty's amount is counted in."""

    PERCENTAGE = "percentage"
    """Per cent of what the invoice bills, above 0 and below 100."""
    AMOUNT = "amount"
    """Money, in the invoice's own currency."""


class DiscountBasis(StrEnum):
    """What a discount is calculated on (Sage, AR terms reference: disccalcon)."""

    INVOICE_TOTAL = "invoice_total"
    """The whole invoice, tax and shipping included."""
    LINE_ITEMS = "line_items"
    """The sum of the line items alone."""


class PenaltyCycle(StrEnum):
    """How often a penalty accrues (Sage, AR terms reference: pen_type)."""

    NONE = "none"
    """Never: the same as no penalty."""
    DAILY = "daily"
    """Each day."""
    WEEKLY = "weekly"
    """Each week."""
    BIWEEKLY = "biweekly"
    """Sage's word, as Sage counts it."""
    MONTHLY = "monthly"
    """Each month."""
    BIMONTHLY = "bimonthly"
    """Sage's word, as Sage counts it."""
    QUARTERLY = "quarterly"
    """Each quarter."""
    HALF_YEARLY = "half_yearly"
    """Twice a year."""
    ANNUALLY = "annually"
    """Once a year."""


@dataclass(frozen=True, slots=True)
class DueRule:
    """A day, counted from somewhere. Raises ValueError where the number is out of its range."""

    days: int
    """Days (0-999), or the day of the month (1-31) where `start` names a month."""
    start: DueFrom = DueFrom.INVOICE_DATE

    def __post_init__(self) -> None:
        if self.start.months_on is None:
            if not 0 <= self.days <= MOST_DAYS:
                raise ValueError(f"a rule counts 0 to {MOST_DAYS} days, not {self.days}")
        elif not 1 <= self.days <= LAST_DAY:
            raise ValueError(f"a day of the month is 1 to {LAST_DAY}, not {self.days}")

    def on(self, invoice_date: date) -> date:
        """The calendar date that the rule gives for an invoice of `invoice_date`.

        A day beyond the month's end is its last day. Raises OverflowError past the year 9999.
        """
        months = self.start.months_on
        if months is not None:
            return _day_of_month(invoice_date, months, self.days)
        if self.start is DueFrom.END_OF_MONTH:
            return _month_end(invoice_date) + timedelta(days=self.days)
        counted = invoice_date + timedelta(days=self.days)
        return _month_end(counted) if self.start is DueFrom.EXTEND_TO_MONTH_END else counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """What paying early saves. Raises ValueError where a number is out of its range."""

    amount: Decimal
    unit: AmountUnit
    rule: DueRule
    """The last day on which the discount may be taken."""
    grace_days: int = 0
    basis: DiscountBasis = DiscountBasis.INVOICE_TOTAL

    def __post_init__(self) -> None:
        _check_amount(self.amount, self.unit)
        _check_grace(self.grace_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalty:
    """What paying late costs. Raises ValueError where a number is out of its range."""

    amount: Decimal
    unit: AmountUnit
    cycle: PenaltyCycle
    grace_days: int = 0

    def __post_init__(self) -> None:
        _check_amount(self.amount, self.unit)
        _check_grace(self.grace_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTerm:
    """The rule that a term stands for, apart from what anybody calls it."""

    due: DueRule
    discount: Discount | None = None
    penalty: Penalty | None = None

    def due_date(self, invoice_date: date) -> date:
        """The calendar date on which an invoice of `invoice_date` falls due."""
        return self.due.on(invoice_date)

    def discount_date(self, invoice_date: date) -> date | None:
        """The last calendar date for the discount (without grace days), None where there is no discount."""
        return self.discount.rule.on(invoice_date) if self.discount else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArTerm:
    """One AR term record as Intacct keeps it (object ARTERM)."""

    record_no: str
    name: str
    """The stored name, untouched: what an invoice's term must equal byte for byte."""
    active: bool
    rule: PaymentTerm | None
    """None where the record's own fields do not make a rule; `unread` then says why."""
    unread: str = ""
    description: str = ""
    entity: str | None = None
    """The id of the entity that owns the term; None for a top-level term, or where the company tells none."""
    created_at: datetime | None = None
    modified_at: datetime | None = None
    created_by: str = ""
    modified_by: str = ""


def canonical(rule: PaymentTerm) -> PaymentTerm:
    """The one form of all rules that give the same dates and money: what to compare and index by.

    The last day of the invoice's month can be written three ways; it becomes 0 days after the month's end.
    """
    discount, penalty = rule.discount, rule.penalty
    return PaymentTerm(
        due=_canonical_day(rule.due),
        discount=Discount(
            amount=discount.amount,
            unit=discount.unit,
            rule=_canonical_day(discount.rule),
            grace_days=discount.grace_days,
            basis=discount.basis,
        )
        if discount
        else None,
        penalty=None if penalty is None or penalty.cycle is PenaltyCycle.NONE else penalty,
    )


def same_rule(one: PaymentTerm, other: PaymentTerm) -> bool:
    """Whether two rules give the same dates, discount and penalty on every invoice."""
    return canonical(one) == canonical(other)


def in_words(what: PaymentTerm | DueRule | Discount | Penalty) -> str:
    """A rule, or a part of one, as a person would say it: `45 days from the invoice date, 2% within 10 days`."""
    match what:
        case DueRule():
            return _day_in_words(what)
        case Discount():
            return _discount_in_words(what)
        case Penalty():
            return _penalty_in_words(what)
        case PaymentTerm():
            parts = (what.due, what.discount, what.penalty)
            return ", ".join(in_words(part) for part in parts if part is not None)


def counted(number: int, noun: str) -> str:
    """`1 day`, `2 days`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def plain(amount: Decimal) -> str:
    """A number without trailing zeros or an exponent: `2`, `1.5`."""
    return f"{amount.normalize():f}"


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _day_of_month(invoice_date: date, months_on: int, day: int) -> date:
    month = invoice_date.month - 1 + months_on
    year, month = invoice_date.year + month // 12, month % 12 + 1
    if year > date.max.year:
        raise OverflowError("date value out of range")
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def _canonical_day(rule: DueRule) -> DueRule:
    month_end = (DueRule(LAST_DAY, DueFrom.SAME_MONTH), DueRule(0, DueFrom.EXTEND_TO_MONTH_END))
    return DueRule(0, DueFrom.END_OF_MONTH) if rule in month_end else rule


def _check_amount(amount: Decimal, unit: AmountUnit) -> None:
    if not (amount.is_finite() and amount > 0):
        raise ValueError(f"an amount is above 0, not {amount}")
    if unit is AmountUnit.PERCENTAGE and amount >= 100:
        raise ValueError(f"a percentage is below 100, not {amount}")


def _check_grace(days: int) -> None:
    if days < 0:
        raise ValueError(f"grace days are 0 or more, not {days}")


def _day_in_words(rule: DueRule) -> str:
    months = rule.start.months_on
    if months is not None:
        day = "the last day" if rule.days == LAST_DAY else f"day {rule.days}"
        if months == 0:
            return f"{day} of the invoice's month"
        return f"{day} of the next month" if months == 1 else f"{day} of the {_NTH[months]} month after the invoice's"
    if rule.start is DueFrom.END_OF_MONTH:
        since = "the end of the invoice's month"
        return f"{counted(rule.days, 'day')} after {since}" if rule.days else since
    days = f"{counted(rule.days, 'day')} from the invoice date" if rule.days else "on the invoice date"
    return f"{days}, extended to the month's end" if rule.start is DueFrom.EXTEND_TO_MONTH_END else days


_NTH = {2: "2nd", 3: "3rd", 4: "4th", 5: "5th", 6: "6th"}


def _discount_in_words(discount: Discount) -> str:
    rule = discount.rule
    within = (
        f"within {counted(rule.days, 'day')}" if rule.start is DueFrom.INVOICE_DATE else f"until {_day_in_words(rule)}"
    )
    words = f"{_amount_in_words(discount.amount, discount.unit)} {within}"
    if discount.grace_days:
        words += f" and {counted(discount.grace_days, 'day')} of grace"
    return f"{words}, on the line items only" if discount.basis is DiscountBasis.LINE_ITEMS else words


def _penalty_in_words(penalty: Penalty) -> str:
    if penalty.cycle is PenaltyCycle.NONE:
        return "no penalty"
    cycle = penalty.cycle.value.replace("_", "-")
    words = f"{_amount_in_words(penalty.amount, penalty.unit)} {cycle} when late"
    return f"{words}, after {counted(penalty.grace_days, 'day')} of grace" if penalty.grace_days else words


def _amount_in_words(amount: Decimal, unit: AmountUnit) -> str:
    return f"{plain(amount)}%" if unit is AmountUnit.PERCENTAGE else f"{plain(amount)} in the invoice's currency"
