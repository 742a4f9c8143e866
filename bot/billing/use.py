"""Counts how terms are used, in money of several currencies."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from bot.billing.source import Money, PaymentState, TermUse

OPEN_STATES = (PaymentState.OPEN, PaymentState.PARTLY_PAID)


class UseTally:
    """One term's use, counted invoice by invoice."""

    def __init__(self) -> None:
        self._invoices = 0
        self._open = 0
        self._amounts: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.customers: set[str] = set()

    def add(self, *, customer: str, payment: PaymentState, balance: Decimal | None, currency: str) -> None:
        """One invoice. A credit's negative balance is not netted against what is open."""
        self._invoices += 1
        if customer:
            self.customers.add(customer)
        if payment in OPEN_STATES:
            self._open += 1
            if balance is not None and balance > 0:
                self._amounts[currency] += balance

    def use(self, *, customers_known: bool) -> TermUse:
        """The counts; `customers_known`: whether all customers with the term were seen."""
        amounts = [Money(amount=amount, currency=currency) for currency, amount in self._amounts.items()]
        return TermUse(
            invoices=self._invoices,
            open_invoices=self._open,
            open_amounts=tuple(sorted(amounts, key=lambda money: (-money.amount, money.currency))),
            customers=len(self.customers) if customers_known else None,
        )
