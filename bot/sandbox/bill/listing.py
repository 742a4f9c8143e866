"""BILL's list operations: filters `field:op:value`, sorting, and pages by opaque tokens."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.sandbox.bill.errors import bad_filter_field, bad_filter_operator, bad_parameter

Row = Mapping[str, Any]

DEFAULT_PAGE = 20
LARGEST_PAGE = 100

ORDER = frozenset({"gt", "gte", "lt", "lte"})
CHOICE = frozenset({"eq", "ne", "in", "nin"})

_CLAUSE = re.compile(r"([A-Za-z_.]+):([A-Za-z]+):")


def _text(value: str) -> str:
    return value


def _number(value: str) -> Decimal:
    try:
        return Decimal(value)
    except InvalidOperation:
        raise bad_parameter("filters", value) from None


def _moment(value: str) -> datetime:
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        raise bad_parameter("filters", value) from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _truth(value: str) -> bool:
    if value not in ("true", "false"):
        raise bad_parameter("filters", value)
    return value == "true"


@dataclass(frozen=True, slots=True)
class FieldKind:
    """What a filterable field holds and which operators it takes."""

    read: Callable[[str], Any]
    operators: frozenset[str]


IDENTIFIER = FieldKind(_text, CHOICE)
NAME = FieldKind(_text, CHOICE | {"sw"})
NUMBER = FieldKind(_number, CHOICE | ORDER)
DATE = FieldKind(_moment, CHOICE | ORDER)
MOMENT = FieldKind(_moment, ORDER | {"eq", "ne"})
TRUTH = FieldKind(_truth, frozenset({"eq", "ne"}))

INVOICE_FIELDS: Mapping[str, FieldKind] = {
    "id": IDENTIFIER,
    "archived": TRUTH,
    "customerId": IDENTIFIER,
    "invoiceNumber": NAME,
    "invoiceDate": DATE,
    "dueDate": DATE,
    "totalAmount": NUMBER,
    "dueAmount": NUMBER,
    "creditAmount": NUMBER,
    "status": IDENTIFIER,
    "paymentTermId": IDENTIFIER,
    "createdTime": MOMENT,
    "updatedTime": MOMENT,
}
CUSTOMER_FIELDS: Mapping[str, FieldKind] = {
    "id": IDENTIFIER,
    "archived": TRUTH,
    "name": NAME,
    "accNumber": NAME,
    "paymentTermId": IDENTIFIER,
    "createdTime": MOMENT,
    "updatedTime": MOMENT,
}
TERM_FIELDS: Mapping[str, FieldKind] = {
    "id": IDENTIFIER,
    "name": NAME,
    "daysDue": NUMBER,
    "createdTime": MOMENT,
    "updatedTime": MOMENT,
}


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition on one field; `values` has one member except for `in` and `nin`."""

    field: str
    operator: str
    values: tuple[Any, ...]

    def holds(self, row: Row, kind: FieldKind) -> bool:
        """Whether the row meets it; an absent or null field meets only `ne` and `nin`."""
        raw = row.get(self.field)
        if raw is None:
            return self.operator in ("ne", "nin")
        if isinstance(raw, bool):
            mine: Any = raw
        else:
            mine = kind.read(str(raw))
        first = self.values[0]
        match self.operator:
            case "eq" | "in":
                return mine in self.values
            case "ne" | "nin":
                return mine not in self.values
            case "gt":
                return bool(mine > first)
            case "gte":
                return bool(mine >= first)
            case "lt":
                return bool(mine < first)
            case "lte":
                return bool(mine <= first)
            case _:
                return str(mine).startswith(str(first))


def parse_filters(text: str, fields: Mapping[str, FieldKind]) -> tuple[Clause, ...]:
    """Reads `field:op:value,…`, quoted or bare; refused: an unknown field, an operator that it does not take."""
    clauses: list[Clause] = []
    at = 0
    while at < len(text):
        head = _CLAUSE.match(text, at)
        if head is None:
            raise bad_parameter("filters", text[at:])
        field, operator = head.group(1), head.group(2)
        if field not in fields:
            raise bad_filter_field(field)
        if operator not in fields[field].operators:
            raise bad_filter_operator(operator)
        value, at = _value(text, head.end())
        parts = value.split(",") if operator in ("in", "nin") else [value]
        clauses.append(Clause(field, operator, tuple(fields[field].read(part) for part in parts)))
    return tuple(clauses)


def _value(text: str, start: int) -> tuple[str, int]:
    """One value and where the next clause begins. A quoted one ends where the text or another clause follows it."""
    if not text.startswith('"', start):
        end = text.find(",", start)
        end = len(text) if end < 0 else end
        if end == start:
            raise bad_parameter("filters", text[start:])
        return text[start:end], end + 1
    end = start + 1
    while True:
        end = text.find('"', end)
        if end < 0:
            raise bad_parameter("filters", text[start:])
        after = end + 1
        closes = after == len(text) or (text[after] == "," and _CLAUSE.match(text, after + 1) is not None)
        if closes and text[end - 1] != "\\":
            return text[start + 1 : end].replace('\\"', '"'), after + 1
        end = after


def apply_filters(rows: Iterable[Row], clauses: tuple[Clause, ...], fields: Mapping[str, FieldKind]) -> list[Row]:
    """The rows that meet every clause, in their order."""
    return [row for row in rows if all(clause.holds(row, fields[clause.field]) for clause in clauses)]


def apply_sort(rows: list[Row], text: str, fields: Mapping[str, FieldKind]) -> list[Row]:
    """Sorts by `field:asc|desc,…`; rows without the field stand last."""
    for part in reversed([part for part in text.split(",") if part]):
        field, _, direction = part.partition(":")
        if field not in fields or direction not in ("", "asc", "desc"):
            raise bad_parameter("sort", part)
        kind = fields[field]
        there = [row for row in rows if row.get(field) is not None]
        absent = [row for row in rows if row.get(field) is None]
        there.sort(key=lambda row: _sort_key(row[field], kind), reverse=direction == "desc")
        rows = there + absent
    return rows


def _sort_key(value: Any, kind: FieldKind) -> Any:
    return value if isinstance(value, bool) else kind.read(str(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One list request, its page token already opened."""

    size: int
    offset: int
    filters: str
    sort: str

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Request:
        """Reads max, page, filters and sort; a page token keeps its own filters and sort, and refuses others."""
        asked = query.get("max", str(DEFAULT_PAGE))
        if not asked.isdecimal() or not 1 <= int(asked) <= LARGEST_PAGE:
            raise bad_parameter("max", asked)
        filters, sort = query.get("filters", ""), query.get("sort", "")
        token = query.get("page", "")
        if not token:
            return cls(size=int(asked), offset=0, filters=filters, sort=sort)
        offset, kept_filters, kept_sort = _open_token(token)
        if (filters and filters != kept_filters) or (sort and sort != kept_sort):
            raise bad_parameter("page", token)
        return cls(size=int(asked), offset=offset, filters=kept_filters, sort=kept_sort)

    def token(self, offset: int) -> str:
        """The token of another page of the same list."""
        kept = json.dumps([offset, self.filters, self.sort], separators=(",", ":"))
        return base64.urlsafe_b64encode(kept.encode()).decode().rstrip("=")


def _open_token(token: str) -> tuple[int, str, str]:
    try:
        kept = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        offset, filters, sort = kept
        return int(offset), str(filters), str(sort)
    except (binascii.Error, UnicodeDecodeError, ValueError, TypeError):
        raise bad_parameter("page", token) from None


def answer_list(rows: Iterable[Row], query: Mapping[str, str], fields: Mapping[str, FieldKind]) -> dict[str, Any]:
    """One page as BILL answers it: `results`, and `nextPage` and `prevPage` where there are such pages."""
    request = Request.read(query)
    found = apply_filters(rows, parse_filters(request.filters, fields), fields)
    found = apply_sort(found, request.sort, fields)
    end = request.offset + request.size
    answer: dict[str, Any] = {"results": found[request.offset : end]}
    if end < len(found):
        answer["nextPage"] = request.token(end)
    if request.offset > 0:
        answer["prevPage"] = request.token(max(0, request.offset - request.size))
    return answer
