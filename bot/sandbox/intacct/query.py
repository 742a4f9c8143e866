"""The function `query`: select, filter, order, group, pages (Sage, queries)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lxml import etree

from bot.sandbox.intacct.conditions import OPERATORS, Condition, all_of, any_of, comparison, sort_key
from bot.sandbox.intacct.envelope import Element, is_true, text_of, whole_number
from bot.sandbox.intacct.errors import bad_query, not_queryable
from bot.sandbox.intacct.objects import Field, Holds, ObjectType, object_named
from bot.sandbox.intacct.records import Finding, Records, writer
from bot.sandbox.intacct.reply import Outcome
from bot.sandbox.world import Record

AGGREGATES = ("count", "sum", "min", "max", "avg")
LARGEST_PAGE = 2000
USUAL_PAGE = 100
FORMATS = ("xml", "json", "csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One entry of `select`."""

    field: Field
    aggregate: str
    """Empty for a plain field."""

    @property
    def name(self) -> str:
        """The element that it answers in: `TERMNAME`, `COUNT.RECORDNO`."""
        return f"{self.aggregate.upper()}.{self.field.name}" if self.aggregate else self.field.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A query, read."""

    kind: ObjectType
    columns: tuple[Column, ...]
    condition: Condition | None
    order: tuple[tuple[Field, bool], ...]
    """Fields, and whether each descends."""
    private: bool
    location: str
    form: str
    text: Hashable
    """What makes this question the same as another."""
    named: tuple[str, tuple[str, ...]] | None = None
    """A text field and its values, where the filter asks for nothing but these: they are looked up, not searched for."""

    @property
    def grouped(self) -> bool:
        """Whether it counts instead of listing."""
        return any(column.aggregate for column in self.columns)


def query(body: Element, records: Records, location: str) -> Outcome:
    """Answers one query; raises a function failure for what the gateway would not run."""
    question = _read(body, location)
    size = _number(body, "pagesize", USUAL_PAGE, 1, LARGEST_PAGE)
    offset = _number(body, "offset", 0, 0, 10**9)
    finding = records.found(question.kind, question.text, lambda: _find(question, records))
    total = len(finding)
    end = min(offset + size, total)
    count = max(end - offset, 0)
    if question.form != "xml":
        names = [column.name for column in question.columns]
        return Outcome(function="query", control_id="", raw=_other_form(question.form, names, finding, offset, end))
    head = (
        f'<data listtype="{question.kind.name}" totalcount="{total}" offset="{offset}" count="{count}"'
        f' numremaining="{max(total - offset - count, 0)}">'
    )
    data = head.encode() + (finding.page(offset, end) if count else b"") + b"</data>"
    return Outcome(function="query", control_id="", data=data)


def _number(body: Element, name: str, usual: int, least: int, most: int) -> int:
    text = text_of(body, name).strip()
    if not text:
        return usual
    number = whole_number(text, most)
    if number is None or number < least:
        raise bad_query(f"Invalid {name} '{text}': it is between {least} and {most}")
    return number


def _read(body: Element, location: str) -> Question:
    kind = object_named(text_of(body, "object"))
    columns = _columns(body.find("select"), kind)
    options = body.find("options")
    fold = options is not None and is_true(text_of(options, "caseinsensitive"))
    private = options is not None and is_true(text_of(options, "showprivate"))
    form = (text_of(options, "returnformat", "xml") if options is not None else "xml").strip().lower() or "xml"
    if form not in FORMATS:
        raise bad_query(f"Invalid returnformat '{form}'")
    filters = body.find("filter")
    conditions = [] if filters is None else [_condition(child, kind, fold=fold) for child in filters]
    if filters is not None and len(conditions) != 1:
        raise bad_query("A filter holds exactly one operator")
    order = _order(body.find("orderby"), kind)
    text = (
        tuple(column.name for column in columns),
        b"" if filters is None else etree.tostring(filters),
        tuple((field.name, descending) for field, descending in order),
        (fold, private, location, form),
    )
    return Question(
        kind=kind,
        columns=columns,
        condition=conditions[0] if conditions else None,
        order=order,
        private=private,
        location=location,
        form=form,
        text=text,
        named=None if filters is None or fold else _named(filters[0], kind),
    )


def _named(filter_: Element, kind: ObjectType) -> tuple[str, tuple[str, ...]] | None:
    """The field and the values of a filter that asks for some texts alone."""
    if filter_.tag not in ("in", "equalto"):
        return None
    field = _field(text_of(filter_, "field").strip().upper(), kind)
    values = tuple(child.text or "" for child in filter_ if child.tag == "value")
    return (field.name, values) if field.holds is Holds.TEXT and all(values) else None


def _columns(select: Element | None, kind: ObjectType) -> tuple[Column, ...]:
    columns: list[Column] = []
    unknown: list[str] = []
    for child in () if select is None else select:
        tag = str(child.tag)
        if tag != "field" and tag not in AGGREGATES:
            raise bad_query(f"Invalid element {tag} in select")
        name = (child.text or "").strip().upper()
        field = kind.fields.get(name)
        if field is None or not field.queryable:
            unknown.append(name)
        else:
            columns.append(Column(field=field, aggregate="" if tag == "field" else tag))
    if unknown:
        raise not_queryable(kind.name, unknown)
    if not columns:
        raise bad_query("A select names at least one field")
    return tuple(columns)


def _condition(element: Element, kind: ObjectType, *, fold: bool, depth: int = 0) -> Condition:
    tag = str(element.tag)
    if tag in ("and", "or"):
        if depth > 50:
            raise bad_query("The filter is nested too deeply")
        parts = [_condition(child, kind, fold=fold, depth=depth + 1) for child in element]
        if len(parts) < 2:
            raise bad_query(f"Operator {tag} takes two or more")
        return all_of(parts) if tag == "and" else any_of(parts)
    if tag not in OPERATORS:
        raise bad_query(f"Invalid operator {tag}")
    names = [(child.text or "").strip().upper() for child in element if child.tag == "field"]
    if len(names) != 1:
        raise bad_query(f"Operator {tag} names exactly one field")
    field = _field(names[0], kind)
    values = [child.text or "" for child in element if child.tag == "value"]
    return comparison(field, tag, values, fold=fold)


def _field(name: str, kind: ObjectType) -> Field:
    field = kind.fields.get(name)
    if field is None or not field.queryable:
        raise not_queryable(kind.name, [name])
    return field


def _order(orderby: Element | None, kind: ObjectType) -> tuple[tuple[Field, bool], ...]:
    order: list[tuple[Field, bool]] = []
    for child in () if orderby is None else orderby:
        field = _field(text_of(child, "field").strip().upper(), kind)
        order.append((field, child.find("descending") is not None))
    return tuple(order)


def _find(question: Question, records: Records) -> Finding:
    condition = question.condition
    seen = records.of(question.kind, question.location, private=question.private, named=question.named)
    rows = [row for row in seen if condition is None or condition(row)]
    if question.grouped:
        rows = _grouped(rows, question.columns)
        _check_group_order(question)
    for field, descending in reversed(question.order):
        rows.sort(key=lambda row, field=field: _placed(field, row.get(field.name)), reverse=descending)  # type: ignore[misc]
    return Finding(rows, writer(question.kind.name, [column.name for column in question.columns]))


def _placed(field: Field, text: str | None) -> tuple[bool, Any]:
    """Empty fields come last, as in the vendor's database."""
    return (False, sort_key(field, text)) if text else (True, "")


def _check_group_order(question: Question) -> None:
    plain = {column.field.name for column in question.columns if not column.aggregate}
    wrong = [field.name for field, _ in question.order if field.name not in plain]
    if wrong:
        raise not_queryable(question.kind.name, wrong)


def _grouped(rows: Sequence[Record], columns: Sequence[Column]) -> list[Record]:
    keys = [column.field.name for column in columns if not column.aggregate]
    groups: dict[tuple[str, ...], list[Record]] = {}
    for row in rows:
        groups.setdefault(tuple(str(row.get(key) or "") for key in keys), []).append(row)
    if not keys and not groups:
        groups[()] = []
    return [
        dict(zip(keys, values, strict=True)) | {c.name: _aggregate(c, members) for c in columns if c.aggregate}
        for values, members in groups.items()
    ]


def _aggregate(column: Column, rows: Sequence[Record]) -> str:
    texts = [text for row in rows if (text := row.get(column.field.name))]
    if column.aggregate == "count":
        return str(len(texts))
    if not texts:
        return ""
    if column.aggregate in ("min", "max"):
        choose = min if column.aggregate == "min" else max
        return str(choose(texts, key=lambda text: sort_key(column.field, text)))
    if column.field.holds not in (Holds.INTEGER, Holds.DECIMAL):
        raise bad_query(f"{column.aggregate} needs a number, {column.field.name} holds none")
    total = sum((Decimal(text) for text in texts), Decimal(0))
    if column.aggregate == "sum":
        return str(total)
    return str((total / len(texts)).quantize(Decimal("0.01")))


def _other_form(form: str, names: Sequence[str], finding: Finding, start: int, end: int) -> tuple[str, str]:
    rows = [{name: str(row.get(name) or "") for name in names} for row in finding.records(start, end)]
    if form == "json":
        return "application/json", json.dumps(rows)
    text = io.StringIO()
    table = csv.DictWriter(text, names, quoting=csv.QUOTE_ALL, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return "text/csv", text.getvalue()
