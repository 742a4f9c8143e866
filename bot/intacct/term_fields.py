"""An AR term's fields as Intacct names them, to and from the rule that they make (Sage, AR terms reference)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar

from lxml import etree

from bot.intacct.dates import amount, moment
from bot.intacct.errors import NotCreatable
from bot.intacct.xml import Element, leaf
from bot.terms.term import (
    AmountUnit,
    ArTerm,
    Discount,
    DiscountBasis,
    DueFrom,
    DueRule,
    PaymentTerm,
    Penalty,
    PenaltyCycle,
    plain,
)

NEEDED = ("RECORDNO", "NAME", "STATUS", "DUEDATE", "DUEFROM")
"""Without these no term can be told."""
OWNER = "MEGAENTITYID"
"""The entity that owns the record; empty at the top level."""
WANTED = (
    *NEEDED,
    "DESCRIPTION",
    "DISCDATE",
    "DISCFROM",
    "DISCAMOUNT",
    "DISCPERCAMN",
    "DISCFUDGEDAYS",
    "DISCCALCON",
    "PEN_TYPES",
    "PENAMOUNT",
    "PENPERCAMN",
    "PENFUDGEDAYS",
    "WHENCREATED",
    "WHENMODIFIED",
    "CREATEDBY",
    "MODIFIEDBY",
    OWNER,
)

FROM = {
    DueFrom.INVOICE_DATE: "from invoice/bill date",
    DueFrom.SAME_MONTH: "of the month of invoice/bill date",
    DueFrom.NEXT_MONTH: "of next month from invoice/bill date",
    DueFrom.MONTH_2: "of 2nd month from invoice/bill date",
    DueFrom.MONTH_3: "of 3rd month from invoice/bill date",
    DueFrom.MONTH_4: "of 4th month from invoice/bill date",
    DueFrom.MONTH_5: "of 5th month from invoice/bill date",
    DueFrom.MONTH_6: "of 6th month from invoice/bill date",
}
"""What the XML functions take."""
MONTH_END_WORDS = ("after", "end of", "month")
EXTENDING_WORDS = ("extend", "month")
"""How rules made by hand read back is not documented: these words together are taken for them, alone for nothing."""

UNIT = {AmountUnit.AMOUNT: "$", AmountUnit.PERCENTAGE: "%"}
BASIS = {DiscountBasis.LINE_ITEMS: "Line items total", DiscountBasis.INVOICE_TOTAL: "Invoice total"}
CYCLE = {
    PenaltyCycle.NONE: "No Penalty",
    PenaltyCycle.DAILY: "Daily",
    PenaltyCycle.WEEKLY: "Weekly",
    PenaltyCycle.BIWEEKLY: "Biweekly",
    PenaltyCycle.MONTHLY: "Monthly",
    PenaltyCycle.BIMONTHLY: "Bimonthly",
    PenaltyCycle.QUARTERLY: "Quarterly",
    PenaltyCycle.HALF_YEARLY: "Half yearly",
    PenaltyCycle.ANNUALLY: "Annually",
}

_FROM_READ = {words.casefold(): start for start, words in FROM.items()} | {"": DueFrom.INVOICE_DATE}
_UNIT_READ = {sign: unit for unit, sign in UNIT.items()} | {"": AmountUnit.AMOUNT}
_BASIS_READ = {words.casefold(): basis for basis, words in BASIS.items()} | {"": DiscountBasis.INVOICE_TOTAL}
_CYCLE_READ = {words.casefold(): cycle for cycle, words in CYCLE.items()} | {"": PenaltyCycle.NONE}

T = TypeVar("T")
Values = Mapping[str, str]


class _Unreadable(Exception):
    """A record's fields do not make a rule. `str()` says why."""


def ar_term(values: Values) -> ArTerm:
    """One record of ARTERM. Its name is kept untouched; a rule that cannot be read is None, and says why."""
    rule: PaymentTerm | None = None
    unread = ""
    try:
        rule = _rule(values)
    except (_Unreadable, ValueError) as fault:
        unread = str(fault)
    return ArTerm(
        record_no=values["RECORDNO"],
        name=values["NAME"],
        active=values["STATUS"].strip().casefold() == "active",
        rule=rule,
        unread=unread,
        description=values.get("DESCRIPTION", ""),
        entity=values.get(OWNER) or None,
        created_at=moment(values.get("WHENCREATED", "")),
        modified_at=moment(values.get("WHENMODIFIED", "")),
        created_by=values.get("CREATEDBY", ""),
        modified_by=values.get("MODIFIEDBY", ""),
    )


def can_create(rule: PaymentTerm) -> bool:
    """Whether the XML functions have words for the rule; a term that needs others is made by hand."""
    return rule.due.start in FROM and (rule.discount is None or rule.discount.rule.start in FROM)


def add_rule(parent: Element, rule: PaymentTerm) -> None:
    """Adds the rule's elements to `create_arterm`, in the schema's order. Raises NotCreatable."""
    if not can_create(rule):
        raise NotCreatable(
            "Intacct's XML gateway cannot create a term with this rule.", advice="Create it by hand under AR Terms."
        )
    due = etree.SubElement(parent, "due")
    leaf(due, "dueday", str(rule.due.days))
    leaf(due, "duefrom", FROM[rule.due.start])
    if rule.discount is not None:
        discount = etree.SubElement(parent, "discount")
        leaf(discount, "discday", str(rule.discount.rule.days))
        leaf(discount, "discfrom", FROM[rule.discount.rule.start])
        leaf(discount, "discamount", plain(rule.discount.amount))
        leaf(discount, "discpercamn", UNIT[rule.discount.unit])
        leaf(discount, "discgracedays", str(rule.discount.grace_days))
        leaf(parent, "disccalcon", BASIS[rule.discount.basis])
    if rule.penalty is not None and rule.penalty.cycle is not PenaltyCycle.NONE:
        penalty = etree.SubElement(parent, "penalty")
        leaf(penalty, "pen_type", CYCLE[rule.penalty.cycle])
        leaf(penalty, "penamount", plain(rule.penalty.amount))
        leaf(penalty, "penpercamn", UNIT[rule.penalty.unit])
        leaf(penalty, "pengracedays", str(rule.penalty.grace_days))


def _rule(values: Values) -> PaymentTerm:
    for field in ("DISCAMOUNT", "PEN_TYPES"):
        if field not in values:
            raise _Unreadable(f"This company does not let {field} be read.")
    return PaymentTerm(
        due=DueRule(_days(values, "DUEDATE"), _start(values, "DUEFROM")),
        discount=_discount(values),
        penalty=_penalty(values),
    )


def _discount(values: Values) -> Discount | None:
    worth = _amount(values, "DISCAMOUNT")
    if not worth:
        return None
    return Discount(
        amount=worth,
        unit=_choice(values, "DISCPERCAMN", _UNIT_READ),
        rule=DueRule(_days(values, "DISCDATE"), _start(values, "DISCFROM")),
        grace_days=_days(values, "DISCFUDGEDAYS", empty=0),
        basis=_choice(values, "DISCCALCON", _BASIS_READ),
    )


def _penalty(values: Values) -> Penalty | None:
    cycle = _choice(values, "PEN_TYPES", _CYCLE_READ)
    worth = _amount(values, "PENAMOUNT")
    if cycle is PenaltyCycle.NONE or not worth:
        return None
    return Penalty(
        amount=worth,
        unit=_choice(values, "PENPERCAMN", _UNIT_READ),
        cycle=cycle,
        grace_days=_days(values, "PENFUDGEDAYS", empty=0),
    )


def _days(values: Values, field: str, *, empty: int | None = None) -> int:
    text = values.get(field, "").strip()
    if not text and empty is not None:
        return empty
    if not (text.isascii() and text.isdecimal()):
        raise _Unreadable(f"{field} is {text!r}, no number of days.")
    return int(text[:9])


def _amount(values: Values, field: str) -> Decimal:
    text = values.get(field, "").strip()
    if not text:
        return Decimal(0)
    worth = amount(text)
    if worth is None:
        raise _Unreadable(f"{field} is {text!r}, no amount.")
    return worth


def _start(values: Values, field: str) -> DueFrom:
    words = " ".join(values.get(field, "").casefold().split())
    known = _FROM_READ.get(words)
    if known is not None:
        return known
    if all(part in words for part in EXTENDING_WORDS):
        return DueFrom.EXTEND_TO_MONTH_END
    if all(part in words for part in MONTH_END_WORDS):
        return DueFrom.END_OF_MONTH
    raise _Unreadable(f"{field} is {values.get(field, '')!r}, which no rule is known by.")


def _choice(values: Values, field: str, known: Mapping[str, T]) -> T:
    text = values.get(field, "")
    found = known.get(" ".join(text.casefold().split()))
    if found is None:
        raise _Unreadable(f"{field} is {text!r}, which is not known.")
    return found
