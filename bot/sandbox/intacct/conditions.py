"""Filters as functions over a record, in SQL's three values: true, false, and None where an empty field decides."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.sandbox.intacct.errors import bad_query
from bot.sandbox.intacct.objects import Field, Holds
from bot.sandbox.world import Record

Condition = Callable[[Record], bool | None]

ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "equalto": operator.eq,
    "notequalto": operator.ne,
    "lessthan": operator.lt,
    "lessthanorequalto": operator.le,
    "greaterthan": operator.gt,
    "greaterthanorequalto": operator.ge,
}
ONE_VALUE = (*ORDERED, "like", "notlike")
MANY_VALUES = ("in", "notin")
NO_VALUE = ("isnull", "isnotnull")
OPERATORS = (*ONE_VALUE, "between", *MANY_VALUES, *NO_VALUE)
MOST_VALUES = 1000
"""The most that `in` and `notin` take (Sage, queries)."""

DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: (\d{1,2}):(\d{2}):(\d{2}))?")


def sort_key(field: Field, text: str, *, fold: bool = False) -> Any:
    """A field's text as what it compares by: numbers as numbers, dates by time, texts by their characters."""
    if field.holds in (Holds.INTEGER, Holds.DECIMAL):
        return int(text) if text.isdecimal() else Decimal(text)
    if field.holds in (Holds.DATE, Holds.TIMESTAMP):
        return text[6:10] + text[:2] + text[3:5] + text[10:]
    return text.casefold() if fold else text


def operand(field: Field, text: str, *, fold: bool = False) -> Any:
    """A request's value for a field; raises where it is not of the field's kind (dates: mm/dd/yyyy only)."""
    if field.holds in (Holds.INTEGER, Holds.DECIMAL):
        return _number(field, text)
    if field.holds in (Holds.DATE, Holds.TIMESTAMP):
        match = DATE.fullmatch(text.strip())
        if match is None:
            raise bad_query(f"Invalid date '{text}' for field {field.name}")
        month, day, year, hours, minutes, seconds = match.groups("0")
        time = f" {hours:0>2}:{minutes}:{seconds}" if match.group(4) else ""
        if field.holds is Holds.TIMESTAMP and not time:
            time = " 00:00:00"
        return f"{year}{month:0>2}{day:0>2}{time if field.holds is Holds.TIMESTAMP else ''}"
    return text.casefold() if fold else text


def _number(field: Field, text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise bad_query(f"Invalid number '{text}' for field {field.name}")
    return number


def comparison(field: Field, name: str, values: Sequence[str], *, fold: bool = False) -> Condition:
    """One operator over one field; raises for a wrong number of values."""
    _check_count(name, values)
    key = field.name
    if name in NO_VALUE:
        wanted = name == "isnull"
        return lambda record: (not record.get(key)) is wanted
    if name in ("like", "notlike"):
        return _like(key, values[0], fold=fold, wanted=name == "like")
    operands = [operand(field, value, fold=fold) for value in values]
    if name in MANY_VALUES:
        among, included = frozenset(operands), name == "in"
        return _over(field, lambda value: (value in among) is included, fold=fold)
    if name == "between":
        low, high = operands
        return _over(field, lambda value: low <= value <= high, fold=fold)
    compare, right = ORDERED[name], operands[0]
    return _over(field, lambda value: compare(value, right), fold=fold)


def all_of(conditions: Sequence[Condition]) -> Condition:
    """AND: false wins over None."""

    def holds(record: Record) -> bool | None:
        answer: bool | None = True
        for condition in conditions:
            one = condition(record)
            if one is False:
                return False
            if one is None:
                answer = None
        return answer

    return holds


def any_of(conditions: Sequence[Condition]) -> Condition:
    """OR: true wins over None."""

    def holds(record: Record) -> bool | None:
        answer: bool | None = False
        for condition in conditions:
            one = condition(record)
            if one:
                return True
            if one is None:
                answer = None
        return answer

    return holds


def negation(condition: Condition) -> Condition:
    """NOT: None stays None."""

    def holds(record: Record) -> bool | None:
        answer = condition(record)
        return None if answer is None else not answer

    return holds


def _check_count(name: str, values: Sequence[str]) -> None:
    if name in NO_VALUE:
        right = not values
    elif name == "between":
        right = len(values) == 2
    elif name in MANY_VALUES:
        right = 1 <= len(values) <= MOST_VALUES
    else:
        right = len(values) == 1
    if not right:
        raise bad_query(f"Operator {name} does not take {len(values)} value(s)")


def _over(field: Field, test: Callable[[Any], bool], *, fold: bool) -> Condition:
    key = field.name
    if field.holds in (Holds.TEXT, Holds.ENUM, Holds.BOOLEAN) and not fold:
        return lambda record: test(value) if (value := record.get(key)) else None
    return lambda record: test(sort_key(field, value, fold=fold)) if (value := record.get(key)) else None


def _like(key: str, pattern: str, *, fold: bool, wanted: bool) -> Condition:
    """`%` stands for any characters, `_` for one; a backslash takes that away."""
    pieces = re.findall(r"\\.|%|_|[^%_\\]+|\\", pattern, re.DOTALL)
    meaning = {"%": ".*", "_": "."}
    expression = "".join(
        meaning.get(piece) or re.escape(piece[1:] if len(piece) == 2 and piece[0] == "\\" else piece)
        for piece in pieces
    )
    matcher = re.compile(expression, re.DOTALL | (re.IGNORECASE if fold else 0))
    return lambda record: (matcher.fullmatch(value) is not None) is wanted if (value := record.get(key)) else None
