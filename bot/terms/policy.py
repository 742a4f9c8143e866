"""The company's own rules on terms: which names, how many days, whether discounts and penalties are allowed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bot.terms.term import DueFrom, DueRule, PaymentTerm, in_words

_DAYS_OF_FOUR_YEARS = tuple(date(2027, 1, 1) + timedelta(days=day) for day in range(4 * 365 + 1))
"""Each kind of month and a leap year: what holds on these invoice dates holds on all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`TERMS_POLICY`: what may be approved with one click."""

    approved_names: frozenset[str] = frozenset()
    """Names approved as they stand; empty: no list is kept."""
    longest_days: int | None = None
    """The most days from the invoice date to the due date; None: no limit."""
    discounts: bool = True
    """Whether terms may offer discounts."""
    penalties: bool = True
    """Whether terms may charge penalties."""


def outside(policy: Policy, name: str, rule: PaymentTerm) -> tuple[str, ...]:
    """What of the term exceeds the policy, as sentences for a person."""
    told: list[str] = []
    if policy.approved_names and name not in policy.approved_names:
        told.append(f"“{name}” is not on the list of approved terms.")
    days = longest_days(rule.due)
    if policy.longest_days is not None and days > policy.longest_days:
        told.append(f"It can take up to {days} days; the policy allows {policy.longest_days}.")
    if rule.discount and not policy.discounts:
        told.append(f"It gives a discount ({in_words(rule.discount)}); the policy allows none.")
    if rule.penalty and not policy.penalties:
        told.append(f"It charges a penalty ({in_words(rule.penalty)}); the policy allows none.")
    return tuple(told)


def longest_days(rule: DueRule) -> int:
    """The most days that can lie between an invoice's date and the day that the rule gives."""
    if rule.start is DueFrom.INVOICE_DATE:
        return rule.days
    return max((rule.on(day) - day).days for day in _DAYS_OF_FOUR_YEARS)


def can_fall_before_invoice(rule: DueRule) -> bool:
    """Whether there are invoice dates for which the rule gives an earlier day."""
    return rule.start is DueFrom.SAME_MONTH and any(rule.on(day) < day for day in _DAYS_OF_FOUR_YEARS)


def discount_outlasts_due(rule: PaymentTerm) -> bool:
    """Whether there are invoice dates for which the discount runs beyond the due date."""
    discount = rule.discount
    if discount is None:
        return False
    if discount.rule.start is rule.due.start:
        return discount.rule.days > rule.due.days
    return any(discount.rule.on(day) > rule.due.on(day) for day in _DAYS_OF_FOUR_YEARS)
