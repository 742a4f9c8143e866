"""Which rules the XML gateway cannot create, and how a person makes such a term on Intacct's screen."""

from __future__ import annotations

from decimal import Decimal

from bot.terms.term import (
    AmountUnit,
    Discount,
    DiscountBasis,
    DueFrom,
    DueRule,
    PaymentTerm,
    Penalty,
    PenaltyCycle,
    canonical,
    plain,
)

_SCREEN_DAYS = {
    DueFrom.INVOICE_DATE: "From invoice or bill date",
    DueFrom.SAME_MONTH: "Of the month of invoice or bill date",
    DueFrom.NEXT_MONTH: "Of the next month from invoice or bill date",
    DueFrom.MONTH_2: "Of the 2nd month from invoice or bill date",
    DueFrom.MONTH_3: "Of the 3rd month from invoice or bill date",
    DueFrom.MONTH_4: "Of the 4th month from invoice or bill date",
    DueFrom.MONTH_5: "Of the 5th month from invoice or bill date",
    DueFrom.MONTH_6: "Of the 6th month from invoice or bill date",
    DueFrom.END_OF_MONTH: "After end of month of invoice or bill date",
    DueFrom.EXTEND_TO_MONTH_END: "From invoice or bill date extending to end of month",
}
"""The screen's words (Sage Intacct help, Field descriptions: Terms, Accounts Receivable)."""

_SCREEN_ONLY = (DueFrom.END_OF_MONTH, DueFrom.EXTEND_TO_MONTH_END)
"""Sage, create_arterm: duefrom and discfrom do not list these; the last day of the month is one of them too."""


def needs_a_hand(rule: PaymentTerm) -> bool:
    """Whether the XML gateway has no word for the rule."""
    plain_rule = canonical(rule)
    days = [plain_rule.due] + ([plain_rule.discount.rule] if plain_rule.discount else [])
    return any(day.start in _SCREEN_ONLY for day in days)


def instructions(name: str, rule: PaymentTerm, description: str, entity: str | None) -> tuple[str, ...]:
    """The steps on Intacct's screen, field by field."""
    plain_rule = canonical(rule)
    where = f"Sign in to the entity {entity}" if entity else "Sign in at the top level"
    return (
        f"{where}, open Accounts Receivable > Setup > AR Terms and choose Add.",
        f"Name: {name} (copy it from here; it must be the same to the last character).",
        f"Description: {description}.",
        "Status: Active.",
        f"Due: {_on_screen(plain_rule.due)}.",
        *_discount_steps(plain_rule.discount),
        *_penalty_steps(plain_rule.penalty),
        "Save, then press Check again: the record is read and compared with this.",
    )


def _on_screen(rule: DueRule) -> str:
    return f"day {rule.days}, “{_SCREEN_DAYS[rule.start]}”"


def _discount_steps(discount: Discount | None) -> tuple[str, ...]:
    if discount is None:
        return ("Discount: leave it empty.",)
    basis = "Line items total" if discount.basis is DiscountBasis.LINE_ITEMS else "Invoice total"
    return (
        (
            f"Discount: {_on_screen(discount.rule)}, amount {_entered(discount.amount, discount.unit)}, "
            f"grace days {discount.grace_days}."
        ),
        f"Calculate based on: {basis}.",
    )


def _penalty_steps(penalty: Penalty | None) -> tuple[str, ...]:
    if penalty is None:
        return ("Penalty: No Penalty.",)
    cycle = "Half yearly" if penalty.cycle is PenaltyCycle.HALF_YEARLY else penalty.cycle.value.capitalize()
    return (f"Penalty: {cycle}, amount {_entered(penalty.amount, penalty.unit)}, grace days {penalty.grace_days}.",)


def _entered(amount: Decimal, unit: AmountUnit) -> str:
    return f"{plain(amount)} {'%' if unit is AmountUnit.PERCENTAGE else '$ (the invoice’s currency)'}"
