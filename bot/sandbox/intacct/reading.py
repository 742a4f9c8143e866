"""The functions that read: `lookup`, `inspect`, `read`, `readByName`, `readByQuery`, `readMore`, `get_list`."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape

from bot.sandbox.intacct.conditions import Condition, all_of, any_of, comparison
from bot.sandbox.intacct.envelope import Element, is_true, text_of, whole_number
from bot.sandbox.intacct.errors import FunctionError, Trouble, bad_query, unknown_object
from bot.sandbox.intacct.legacy_query import parse
from bot.sandbox.intacct.objects import OBJECTS, Field, ObjectType, object_named
from bot.sandbox.intacct.records import Finding, Records, writer
from bot.sandbox.intacct.reply import Outcome, element
from bot.sandbox.world import Record

LARGEST_PAGE = 1000
USUAL_PAGE = 100
MOST_KEYS = 100
"""How many keys `read` and `readByName` take at once (Sage, read)."""
RESULTS_KEPT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """The rest of a `readByQuery`, for `readMore`."""

    kind: ObjectType
    finding: Finding
    size: int
    start: int


class Reading:
    """Reads for one running gateway, which remembers the results that `readMore` continues."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._remaining: OrderedDict[str, Remaining] = OrderedDict()

    def read(self, body: Element, location: str) -> Outcome:
        """Records by record number; those that do not exist are left out."""
        return self._by_keys(body, location, "RECORDNO")

    def read_by_name(self, body: Element, location: str) -> Outcome:
        """Records by name. A comma separates names, so a name that holds one cannot be read like this."""
        return self._by_keys(body, location, object_named(text_of(body, "object")).name_field)

    def read_by_query(self, body: Element, location: str) -> Outcome:
        """The first page of what a query string finds, and the id under which the rest waits."""
        kind = object_named(text_of(body, "object"))
        names = _names(text_of(body, "fields"), kind)
        size_text = text_of(body, "pagesize").strip() or str(USUAL_PAGE)
        size = whole_number(size_text, LARGEST_PAGE)
        if not size:
            raise bad_query(f"Invalid pagesize '{size_text}': it is between 1 and {LARGEST_PAGE}")
        condition = parse(text_of(body, "query"), kind.fields)
        rows = self._matching(kind, location, condition)
        finding = Finding(rows, writer(kind.name.lower(), names))
        return self._page(Remaining(kind=kind, finding=finding, size=size, start=0), secrets.token_hex(12))

    def read_more(self, body: Element) -> Outcome:
        """The next page of a `readByQuery`, by its result id or by its object (then the newest one)."""
        result_id = text_of(body, "resultId").strip()
        wanted = text_of(body, "object").strip().upper()
        if wanted:
            result_id = next((key for key, rest in reversed(self._remaining.items()) if rest.kind.name == wanted), "")
        rest = self._remaining.pop(result_id, None)
        if rest is None:
            words = "The result set is not valid or has expired."
            raise FunctionError(Trouble(errorno="readMore Failed", description2=words))
        return replace(self._page(rest, result_id), function="readMore")

    def get_list(self, body: Element, location: str) -> Outcome:
        """The oldest form of a list: lower-case names, `listtype` with start, end and total."""
        wanted = body.get("object", "")
        kind = next((kind for kind in OBJECTS.values() if kind.legacy == wanted), None)
        if kind is None:
            raise unknown_object(wanted)
        fields = body.find("fields")
        listed = [] if fields is None else [(child.text or "").strip().upper() for child in fields]
        names = _names(",".join(listed), kind)
        filters = body.find("filter")
        condition = None if filters is None else _legacy_filter(filters[0], kind)
        private = is_true(body.get("showprivate", "false"))
        rows = self._matching(kind, location, condition, private=private)
        start = whole_number(body.get("start") or "0", 10**9)
        most = whole_number(body.get("maxitems") or "100", 10**9)
        if start is None or most is None:
            raise bad_query("start and maxitems are whole numbers")
        end = min(start + most, len(rows))
        page = Finding(rows, _lower_writer(kind.legacy, names)).page(start, end)
        head = f'<listtype start="{start}" end="{max(end - 1, 0)}" total="{len(rows)}">{kind.legacy}</listtype>'
        return Outcome(function="get_list", control_id="", data=head.encode() + b"<data>" + page + b"</data>")

    def _by_keys(self, body: Element, location: str, key_field: str) -> Outcome:
        kind = object_named(text_of(body, "object"))
        names = _names(text_of(body, "fields"), kind)
        keys = [key for key in text_of(body, "keys").split(",") if key]
        if not 1 <= len(keys) <= MOST_KEYS:
            raise bad_query(f"Between 1 and {MOST_KEYS} keys are taken")
        wanted = dict.fromkeys(keys)
        rows = [row for row in self._records.of(kind, location) if row.get(key_field) in wanted]
        rows.sort(key=lambda row: list(wanted).index(row[key_field]))
        page = Finding(rows, writer(kind.name.lower(), names)).page(0, len(rows))
        head = f'<data listtype="{kind.name.lower()}" count="{len(rows)}">'
        return Outcome(function="", control_id="", data=head.encode() + page + b"</data>")

    def _matching(
        self, kind: ObjectType, location: str, condition: Condition | None, *, private: bool = False
    ) -> list[Record]:
        rows = self._records.of(kind, location, private=private)
        return [row for row in rows if condition is None or condition(row)]

    def _page(self, rest: Remaining, result_id: str) -> Outcome:
        total = len(rest.finding)
        end = min(rest.start + rest.size, total)
        head = (
            f'<data listtype="{rest.kind.name.lower()}" count="{end - rest.start}" totalcount="{total}"'
            f' numremaining="{total - end}" resultId="{result_id if end < total else ""}">'
        )
        if end < total:
            self._remaining[result_id] = replace(rest, start=end)
            while len(self._remaining) > RESULTS_KEPT:
                self._remaining.popitem(last=False)
        data = head.encode() + rest.finding.page(rest.start, end) + b"</data>"
        return Outcome(function="readByQuery", control_id="", data=data)


def lookup(body: Element) -> Outcome:
    """An object's fields, what they hold, and their valid values (Sage, queries: lookup)."""
    kind = object_named(text_of(body, "object"))
    fields = "".join(_described(field) for field in kind.fields.values() if field.queryable)
    data = (
        f'<data listtype="All" count="1"><Type Name="{kind.name}" DocumentType=""><Fields>{fields}</Fields>'
        "<Relationships></Relationships></Type></data>"
    )
    return Outcome(function="lookup", control_id="", data=data.encode())


def inspect(body: Element) -> Outcome:
    """An object's fields in the older form; `*` lists the objects."""
    name = text_of(body, "object").strip()
    if name in ("", "*"):
        types = "".join(f'<type typename="{kind.name.lower()}">{kind.name}</type>' for kind in OBJECTS.values())
        data = f'<data listtype="All" count="{len(OBJECTS)}">{types}</data>'
    else:
        kind = object_named(name)
        fields = "".join(element("Field", field) for field in kind.fields)
        data = f'<data listtype="All" count="1"><Type Name="{kind.name}"><Fields>{fields}</Fields></Type></data>'
    return Outcome(function="inspect", control_id="", data=data.encode())


def company_preferences(body: Element) -> Outcome:
    """The few settings of an application that a client may ask for before it writes."""
    application = escape(body.get("application", ""))
    preferences = {"MULTIENTITY": "F", "MULTICURRENCY": "T", "BASECURR": "USD"}
    listed = "".join(
        f"<companypref>{element('application', application)}{element('prefname', name)}"
        f"{element('prefvalue', value)}</companypref>"
        for name, value in preferences.items()
    )
    return Outcome(function="get_companyprefs", control_id="", data=f"<data>{listed}</data>".encode())


def _names(listed: str, kind: ObjectType) -> list[str]:
    if listed.strip() in ("", "*"):
        return [name for name, field in kind.fields.items() if field.queryable]
    names = [name.strip().upper() for name in listed.split(",")]
    if any(name not in kind.fields for name in names):
        raise bad_query()
    return names


def _described(field: Field) -> str:
    values = "".join(element("VALIDVALUE", value) for value in field.values)
    return (
        "<Field>"
        + element("ID", field.name)
        + element("LABEL", field.label)
        + element("DESCRIPTION", "")
        + element("REQUIRED", "false")
        + element("READONLY", str(field.name == "RECORDNO").lower())
        + element("DATATYPE", "TEXT" if field.values else field.holds)
        + element("ISCUSTOM", "false")
        + (f"<VALIDVALUES>{values}</VALIDVALUES>" if values else "")
        + "</Field>"
    )


LEGACY_OPERATORS = {
    "=": "equalto",
    "!=": "notequalto",
    "<": "lessthan",
    "<=": "lessthanorequalto",
    ">": "greaterthan",
    ">=": "greaterthanorequalto",
    "like": "like",
    "is null": "isnull",
}


def _legacy_filter(expression: Element, kind: ObjectType, depth: int = 0) -> Condition:
    if expression.tag == "logical":
        if depth > 50:
            raise bad_query("The filter is nested too deeply")
        parts: Sequence[Condition] = [_legacy_filter(child, kind, depth + 1) for child in expression]
        return all_of(parts) if expression.get("logical_operator") == "and" else any_of(parts)
    field = kind.fields.get(text_of(expression, "field").strip().upper())
    name = LEGACY_OPERATORS.get(text_of(expression, "operator").strip().lower())
    if field is None or name is None:
        raise bad_query()
    return comparison(field, name, () if name == "isnull" else (text_of(expression, "value"),))


def _lower_writer(tag: str, names: Sequence[str]) -> Callable[[Record], bytes]:
    write = writer(tag, [name.lower() for name in names])
    return lambda record: write({name.lower(): record.get(name) for name in names})
