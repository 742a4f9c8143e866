"""Payment terms as values: when an invoice falls due, and what an early or late payment changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


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
    MONTH_4 = "month_4"
    MONTH_5 = "month_5"
    MONTH_6 = "month_6"
    END_OF_MONTH = "end_of_month"
    """`days` after the last day of the invoice's month."""
    EXTEND_TO_MONTH_END = "extend_to_month_end"
    """`days` after the invoice date, extended to the end of the month that this falls in."""


class AmountUnit(StrEnum):
    """What a discount's or penalty's amount is counted in."""

    PERCENTAGE = "percentage"
    AMOUNT = "amount"


class DiscountBasis(StrEnum):
    """What a discount is calculated on (Sage, AR terms reference: disccalcon)."""

    INVOICE_TOTAL = "invoice_total"
    LINE_ITEMS = "line_items"


class PenaltyCycle(StrEnum):
    """How often a penalty accrues (Sage, AR terms reference: pen_type)."""

    NONE = "none"
    DAILY = "daily"
    WEEKLY = "weekly"
    BIWEEKLY = "biweekly"
    MONTHLY = "monthly"
    BIMONTHLY = "bimonthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"
    ANNUALLY = "annually"


@dataclass(frozen=True, slots=True)
class DueRule:
    """A day, counted from somewhere."""

    days: int
    """Days (0-999), or the day of the month (1-31) where `start` names a month."""
    start: DueFrom = DueFrom.INVOICE_DATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """What paying early saves."""

    amount: Decimal
    unit: AmountUnit
    rule: DueRule
    """The last day on which the discount may be taken."""
    grace_days: int = 0
    basis: DiscountBasis = DiscountBasis.INVOICE_TOTAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalty:
    """What paying late costs."""

    amount: Decimal
    unit: AmountUnit
    cycle: PenaltyCycle
    grace_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTerm:
    """The rule that a term stands for, apart from what anybody calls it."""

    due: DueRule
    discount: Discount | None = None
    penalty: Penalty | None = None

    def due_date(self, invoice_date: date) -> date:
        """The calendar date on which an invoice of `invoice_date` falls due."""
        raise NotImplementedError

    def discount_date(self, invoice_date: date) -> date | None:
        """The last calendar date for the discount (without grace days), None where there is no discount."""
        raise NotImplementedError


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
