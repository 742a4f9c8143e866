"""What each part of a wording means: due days, discounts and penalties, pattern by pattern."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from bot.terms.grammar import Pattern, compiled
from bot.terms.term import LAST_DAY, AmountUnit, Discount, DueFrom, DueRule, Penalty, PenaltyCycle

Numbers = Mapping[str, Decimal]
"""The numbers of one match by their slots' names."""


class Settlement(StrEnum):
    """What kind of payment a name speaks of, beside the day it is due."""

    CREDIT = "credit"
    """So many days, or a day of a month."""
    ON_RECEIPT = "on_receipt"
    """Due at once: on receipt, immediate."""
    ON_DELIVERY = "on_delivery"
    """Cash on delivery."""
    PREPAID = "prepaid"
    """Paid before the invoice: prepaid, PIA, cash in advance, cash with order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When a wording says that an invoice is due."""

    rules: tuple[DueRule, ...]
    """More than one where the words mean more than one."""
    settlement: Settlement = Settlement.CREDIT
    net: bool = False
    """Whether a word such as `net` or `due` says that these are the days of payment."""
    net_first: bool = False
    """Whether that word stands before the number."""


Part = Due | Discount | Penalty
"""What one stretch of a name can say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One pattern and what it means. `means` raises ValueError where a number is impossible."""

    pattern: Pattern
    means: Callable[[Numbers], Part]
    bare: bool = False
    """A discount without a per-cent sign, `2/10`: only beside a due day that `net` introduces."""
    before_due: bool = False
    """Only before the due day: behind it, `10 days 2%` may as well be what is charged after ten days."""


def _days(pattern: str, *, net: bool = False, net_first: bool = False, unit: str = "days") -> Phrase:
    factor = 7 if unit == "weeks" else 1

    def means(numbers: Numbers) -> Part:
        return Due(rules=(DueRule(int(numbers[unit]) * factor),), net=net, net_first=net_first)

    return Phrase(pattern=compiled(pattern), means=means)


def _at_once(pattern: str, settlement: Settlement) -> Phrase:
    def means(numbers: Numbers) -> Part:
        if numbers.get("whole", 100) != 100:
            raise ValueError("a part in advance is a split payment")
        return Due(rules=(DueRule(0),), settlement=settlement)

    return Phrase(pattern=compiled(pattern), means=means)


def _day_of(pattern: str, *starts: DueFrom) -> Phrase:
    return Phrase(
        pattern=compiled(pattern), means=lambda numbers: Due(rules=tuple(_on_day(numbers, start) for start in starts))
    )


def _on_day(numbers: Numbers, start: DueFrom) -> DueRule:
    return DueRule(int(numbers.get("day", LAST_DAY)), start)


def _day_of_nth_month(pattern: str) -> Phrase:
    def means(numbers: Numbers) -> Part:
        month = int(numbers["month"])
        if not 2 <= month <= 6:
            raise ValueError(f"month {month} after the invoice's cannot be kept")
        return Due(rules=(_on_day(numbers, DueFrom(f"month_{month}")),))

    return Phrase(pattern=compiled(pattern), means=means)


def _month_end(pattern: str, *starts: DueFrom) -> Phrase:
    def means(numbers: Numbers) -> Part:
        days = int(numbers.get("days", 0))
        rules = tuple(DueRule(days, start) for start in starts)
        return Due(rules=rules if days else rules[:1])

    return Phrase(pattern=compiled(pattern), means=means)


_MOST_BARE_PERCENT = 25
"""Above this, `30/60` without a per-cent sign is rather a split than a discount."""


def _discount(pattern: str, *, bare: bool = False, before_due: bool = False) -> Phrase:
    def means(numbers: Numbers) -> Part:
        amount, unit = _amount(numbers)
        if bare and (amount > _MOST_BARE_PERCENT or amount + numbers["days"] == 100):
            raise ValueError("`30/60` or `40/60` looks like a split payment")
        return Discount(amount=amount, unit=unit, rule=DueRule(int(numbers["days"])))

    return Phrase(pattern=compiled(pattern), means=means, bare=bare, before_due=before_due)


def _amount(numbers: Numbers) -> tuple[Decimal, AmountUnit]:
    if "percent" in numbers:
        return numbers["percent"], AmountUnit.PERCENTAGE
    money = numbers["money"]
    exponent = money.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -2:
        raise ValueError("three decimals may be thousands as some write them")
    return money, AmountUnit.AMOUNT


def _penalty(pattern: str) -> Phrase:
    def means(numbers: Numbers) -> Part:
        amount, unit = _amount(numbers)
        return Penalty(amount=amount, unit=unit, cycle=_CYCLES[int(numbers["cycle"])])

    return Phrase(pattern=compiled(pattern), means=means)


_CYCLES = tuple(PenaltyCycle)
"""As the grammar numbers them."""

_AMBIGUOUS_MONTH = (DueFrom.SAME_MONTH, DueFrom.NEXT_MONTH)
_AMBIGUOUS_END = (DueFrom.END_OF_MONTH, DueFrom.EXTEND_TO_MONTH_END)
_END = DueFrom.END_OF_MONTH

PHRASES: tuple[Phrase, ...] = (
    # A number of days from the invoice date.
    _days("{DUE}? in|within? {NET} <days> {DAYS}? {TERMS}? {AFTER_INVOICE}?", net=True, net_first=True),
    _days("<days> {DAYS} {TERMS}? {AFTER_INVOICE}?"),
    _days("<days> {DAYS} net {TERMS}? {AFTER_INVOICE}?", net=True),
    _days("<days> net", net=True),
    _days("{DUE} in|within|after? <days> {DAYS} net? {AFTER_INVOICE}?", net=True, net_first=True),
    _days("{DUE} in|within <days> {AFTER_INVOICE}?", net=True, net_first=True),
    _days("net in|within <days> {DAYS}? {AFTER_INVOICE}?", net=True, net_first=True),
    _days("in|within <days> {DAYS} {AFTER_INVOICE}?"),
    _days("invoice date? +|plus <days> {DAYS}?"),
    _days("{NET} <weeks> {WEEKS} {TERMS}? {AFTER_INVOICE}?", net=True, net_first=True, unit="weeks"),
    _days("{DUE}? in|within? <weeks> {WEEKS} {AFTER_INVOICE}?", unit="weeks"),
    # At once, on delivery, in advance.
    _at_once("{DUE}? net? on|upon|at receipt", Settlement.ON_RECEIPT),
    _at_once("{DUE}? net? on|upon|at receipt of {INVOICE}", Settlement.ON_RECEIPT),
    _at_once("{DUE}? net? on|upon|at invoice receipt", Settlement.ON_RECEIPT),
    _at_once("{DUE}? net? immediate|immediately", Settlement.ON_RECEIPT),
    _at_once("{DUE}? immediately on|upon receipt", Settlement.ON_RECEIPT),
    _at_once("immediate payment|terms", Settlement.ON_RECEIPT),
    _at_once("immediately due|payable", Settlement.ON_RECEIPT),
    _at_once("{DUE} now", Settlement.ON_RECEIPT),
    _at_once("{DUE} on|upon|at? invoice date", Settlement.ON_RECEIPT),
    _at_once("{DUE} on|upon|at? the? date of the? invoice", Settlement.ON_RECEIPT),
    _at_once("cod terms|only?", Settlement.ON_DELIVERY),
    _at_once("cash|collect|payment? on|upon delivery", Settlement.ON_DELIVERY),
    _at_once("{DUE} on|upon delivery", Settlement.ON_DELIVERY),
    _at_once("prepaid|prepay|prepayment|pia|cia|cwo terms|required|only?", Settlement.PREPAID),
    _at_once("pre paid|pay|payment required?", Settlement.PREPAID),
    _at_once("<whole> % payment? in advance", Settlement.PREPAID),
    _at_once("<whole> % prepaid|prepayment", Settlement.PREPAID),
    _at_once("full? advance payment required?", Settlement.PREPAID),
    _at_once("cash|paid|pay? in advance", Settlement.PREPAID),
    _at_once("{DUE} in advance", Settlement.PREPAID),
    _at_once("cash|payment|paid|pay with order", Settlement.PREPAID),
    _at_once("cash|payment|paid|pay before delivery|shipment|shipping", Settlement.PREPAID),
    _at_once("payment|paid|pay upfront", Settlement.PREPAID),
    # A day of a month.
    _day_of("{ON} {THE_DAY_OF} {NEXT_MONTH}", DueFrom.NEXT_MONTH),
    _day_of("{ON} {THE_DAY} prox|proximo", DueFrom.NEXT_MONTH),
    _day_of("{ON} prox|proximo {THE_DAY}", DueFrom.NEXT_MONTH),
    _day_of("{ON} {THE_DAY} mfi", DueFrom.NEXT_MONTH),
    _day_of("{ON} mfi {THE_DAY}", DueFrom.NEXT_MONTH),
    _day_of("{ON} the? last day|end of|in? {NEXT_MONTH}", DueFrom.NEXT_MONTH),
    _day_of("{DUE}? net? at the? end of {NEXT_MONTH}", DueFrom.NEXT_MONTH),
    _day_of("{ON} the? end of {NEXT_MONTH}", DueFrom.NEXT_MONTH),
    _day_of("{ON} {THE_DAY} of the? month after next", DueFrom.MONTH_2),
    _day_of_nth_month("{ON} {THE_DAY} of|in {NTH_MONTH}"),
    _day_of_nth_month("{ON} the? last day of {NTH_MONTH}"),
    _day_of_nth_month("{ON} the? end of {NTH_MONTH}"),
    _day_of("{ON} {THE_DAY_OF} {THIS_MONTH}", DueFrom.SAME_MONTH),
    _day_of("{ON} {THE_DAY} of the|each|every? month", *_AMBIGUOUS_MONTH),
    _day_of("{ON} the? <nth> day? each|every month", *_AMBIGUOUS_MONTH),
    _day_of("payment|invoice|net? is? due|payable on|by? the? <nth>", *_AMBIGUOUS_MONTH),
    # The end of the month, and days after it.
    _month_end("{ON} {MONTH_END}", _END),
    _month_end("{DUE}? net? at {MONTH_END}", _END),
    _month_end("net? {MONTH_END} +|plus <days> {DAYS}?", _END),
    _month_end("net? {MONTH_END} net? <days> {DAYS}", _END),
    _month_end("net? eom net? <days>", _END),
    _month_end("net? end of month net? <days>", _END),
    _month_end("{DUE}? {NET}? in|within? <days> {DAYS}? net? after|from|past|following {MONTH_END}", _END),
    _month_end("{DUE}? {NET} <days> {DAYS}? ,? {EOM}", *_AMBIGUOUS_END),
    _month_end("{DUE}? in|within? <days> {DAYS} net? ,? {EOM}", *_AMBIGUOUS_END),
    _month_end("<days> net? eom", *_AMBIGUOUS_END),
    _month_end(
        "{DUE}? {NET}? <days> {DAYS}? {AFTER_INVOICE}? ,? extended|extending|rounded to|until {MONTH_END}",
        DueFrom.EXTEND_TO_MONTH_END,
    ),
    # Discounts, always within days of the invoice date.
    _discount("less? <percent> % {OFF}? ,|/|~|-? {WITHIN}? {EARLY}"),
    _discount("discount|less of? <percent> % ,? {WITHIN}? {EARLY}"),
    _discount("<days> {DAYS} ,|/|-? less? <percent> % {OFF}?", before_due=True),
    _discount("<percent> / <days> {DAYS}?", bare=True),
    _discount("less? {MONEY} {OFF} ,? {WITHIN}? {EARLY}"),
    _discount("{MONEY} {WITHIN} {EARLY}"),
    _discount("discount|less of? {MONEY} ,? {WITHIN}? {EARLY}"),
    # Penalties, always with the time that they accrue over.
    *(
        _penalty(pattern.replace("AMOUNT", amount))
        for amount in ("<percent> %", "{MONEY}")
        for pattern in (
            "AMOUNT {CYCLE} {CHARGE} {LATE}?",
            "AMOUNT {CHARGE} {CYCLE} {LATE}?",
            "{CHARGE} {WAS}? AMOUNT {CYCLE} {LATE}?",
            "{CYCLE} {CHARGE} {WAS}? AMOUNT {LATE}?",
            "AMOUNT {CYCLE} {LATE}",
        )
    ),
)

BARE_NUMBER = _days("<days>", net=True)
"""A name that is a number and nothing else."""
