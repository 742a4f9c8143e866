"""The function `query`: what to select and how to filter it, and its pages as plain tuples of text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from lxml import etree

from bot.intacct.envelope import Call
from bot.intacct.errors import Garbled
from bot.intacct.reply import Result
from bot.intacct.xml import Element, leaf

LARGEST_PAGE = 2000
MOST_VALUES = 1000
"""The most that `in` and `notin` take (Sage, queries)."""

Row = tuple[str, ...]
"""A record's texts in the order of the select; an empty or absent field is an empty text."""
Read = Callable[[Call], Result]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One operator over one field. Build it by the functions below."""

    operator: str
    field: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Combined:
    """`and` or `or` over two filters or more."""

    operator: str
    parts: tuple[Filter, ...]


Filter = Comparison | Combined


def equal(field: str, value: str) -> Comparison:
    """The field has this value."""
    return Comparison("equalto", field, (value,))


def among(field: str, values: Sequence[str]) -> Comparison:
    """The field has one of these values. Raises ValueError for none, or more than 1000."""
    if not 1 <= len(values) <= MOST_VALUES:
        raise ValueError(f"`in` takes 1 to {MOST_VALUES} values, not {len(values)}")
    return Comparison("in", field, tuple(values))


def at_least(field: str, value: date) -> Comparison:
    """The field has this date or a later one."""
    return Comparison("greaterthanorequalto", field, (f"{value.month:02}/{value.day:02}/{value.year:04}",))


def more_than(field: str, value: str) -> Comparison:
    """The field is greater than this."""
    return Comparison("greaterthan", field, (value,))


def filled(field: str) -> Comparison:
    """The field is not empty."""
    return Comparison("isnotnull", field)


def all_of(*parts: Filter) -> Filter:
    """Every one holds; a single one stands for itself."""
    return _combined("and", parts)


def any_of(*parts: Filter) -> Filter:
    """At least one holds; a single one stands for itself."""
    return _combined("or", parts)


def _combined(operator: str, parts: tuple[Filter, ...]) -> Filter:
    if not parts:
        raise ValueError(f"`{operator}` takes at least one filter")
    return parts[0] if len(parts) == 1 else Combined(operator, parts)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A number over many records; the plain fields of the same select are then what is grouped by."""

    function: str
    """count, sum, min, max or avg."""
    field: str

    @property
    def answers_in(self) -> str:
        """The element of the reply: `COUNT.RECORDNO`."""
        return f"{self.function.upper()}.{self.field}"


def count(field: str) -> Aggregate:
    """How many records have the field."""
    return Aggregate("count", field)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to read of one object."""

    object: str
    select: tuple[str | Aggregate, ...]
    where: Filter | None = None
    order: str = "RECORDNO"
    """Without one a query has no order, and pages overlap."""
    descending: bool = False
    private: bool = False
    """At the top level, also the records that only an entity sees."""
    page_size: int = LARGEST_PAGE
    needs: str = ""
    """The right to read it, in the words of Intacct's screens."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The elements in which the reply answers, in order."""
        return tuple(s.answers_in if isinstance(s, Aggregate) else s for s in self.select)


def page(query: Query, offset: int) -> Call:
    """The function that reads one page. Raises IllegalText."""
    root = etree.Element("query")
    leaf(root, "object", query.object)
    select = etree.SubElement(root, "select")
    for selected in query.select:
        if isinstance(selected, Aggregate):
            leaf(select, selected.function, selected.field)
        else:
            leaf(select, "field", selected)
    if query.where is not None:
        _add_filter(etree.SubElement(root, "filter"), query.where)
    order = etree.SubElement(etree.SubElement(root, "orderby"), "order")
    leaf(order, "field", query.order)
    etree.SubElement(order, "descending" if query.descending else "ascending")
    if query.private:
        leaf(etree.SubElement(root, "options"), "showprivate", "true")
    leaf(root, "pagesize", str(query.page_size))
    leaf(root, "offset", str(offset))
    return Call(body=root, needs=query.needs)


def _add_filter(parent: Element, where: Filter) -> None:
    operator = etree.SubElement(parent, where.operator)
    if isinstance(where, Combined):
        for part in where.parts:
            _add_filter(operator, part)
        return
    leaf(operator, "field", where.field)
    for value in where.values:
        leaf(operator, "value", value)


def rows(read: Read, query: Query) -> Iterator[Row]:
    """All records, a page at a time: memory stays that of one page. Raises IntacctError."""
    offset = 0
    while True:
        data = read(page(query, offset)).data
        if data is None:
            raise Garbled("Intacct's answer to a query holds no data.", advice="Try again later.")
        found = len(data)
        remaining = _number(data, "numremaining")
        if found > query.page_size or (remaining and not found):
            raise Garbled("Intacct's answer does not fit the page that was asked for.", advice="Try again later.")
        yield from _texts(data, query.columns)
        if not remaining:
            return
        offset += found
        del data


def first_page(read: Read, query: Query) -> list[Row]:
    """The first page alone. Raises IntacctError."""
    data = read(page(query, 0)).data
    return [] if data is None else list(_texts(data, query.columns))


def _texts(data: Element, columns: tuple[str, ...]) -> Iterable[Row]:
    """Each record by position, as a reply keeps the order of the select; by name where a page leaves anything out."""
    width = len(columns)
    if len(data) and tuple([field.tag for field in data[0]]) == columns:
        texts = [field.text or "" for field in data.iter(*columns)]
        if len(texts) == width * len(data):
            return zip(*[iter(texts)] * width, strict=True)
    return [_by_name(record, columns) for record in data]


def _by_name(record: Element, columns: tuple[str, ...]) -> Row:
    texts = {field.tag: field.text or "" for field in record}
    return tuple([texts.get(column, "") for column in columns])


def _number(data: Element, attribute: str) -> int:
    text = data.get(attribute, "")
    if not text.isdecimal():
        raise Garbled(f"Intacct's answer does not say its {attribute}.", advice="Try again later.")
    return int(text)
