"""The functions that write AR terms: `create_arterm`, `update_arterm`, `delete_arterm`.

What the vendor leaves open is decided here: a name is unique byte for byte, so `Net 30` and `NET 30` are two terms; it
is kept as sent; it has at most 40 characters. The number of a duplicate (BL34000061) is the vendor's.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from bot.sandbox.intacct.envelope import Element, text_of, whole_number
from bot.sandbox.intacct.errors import refused
from bot.sandbox.intacct.objects import ARTERM, DISCOUNT_ON, FROM, PENALTIES, STATUSES, UNITS
from bot.sandbox.intacct.reply import Outcome
from bot.sandbox.world import Record, World

LONGEST_NAME = 40
FIRST_RECORD = 1
STAMP = "%m/%d/%Y %H:%M:%S"

FIELDS = {
    "DESCRIPTION": "description",
    "STATUS": "status",
    "DUEDATE": "due/dueday",
    "DUEFROM": "due/duefrom",
    "DISCDATE": "discount/discday",
    "DISCFROM": "discount/discfrom",
    "DISCAMOUNT": "discount/discamount",
    "DISCPERCAMN": "discount/discpercamn",
    "DISCFUDGEDAYS": "discount/discgracedays",
    "DISCCALCON": "disccalcon",
    "PEN_TYPES": "penalty/pen_type",
    "PENAMOUNT": "penalty/penamount",
    "PENPERCAMN": "penalty/penpercamn",
    "PENFUDGEDAYS": "penalty/pengracedays",
}
"""Where a request says what a field is to hold."""

USUAL = {
    "DESCRIPTION": "",
    "STATUS": "active",
    "DUEDATE": "0",
    "DUEFROM": FROM[0],
    "DISCDATE": "",
    "DISCFROM": FROM[0],
    "DISCAMOUNT": "",
    "DISCPERCAMN": "$",
    "DISCFUDGEDAYS": "",
    "DISCCALCON": "Invoice total",
    "PEN_TYPES": "No Penalty",
    "PENAMOUNT": "",
    "PENPERCAMN": "$",
    "PENFUDGEDAYS": "",
}
CHOICES = {
    "STATUS": STATUSES,
    "DUEFROM": FROM,
    "DISCFROM": FROM,
    "DISCPERCAMN": UNITS,
    "DISCCALCON": DISCOUNT_ON,
    "PEN_TYPES": PENALTIES,
    "PENPERCAMN": UNITS,
}


def add_term(world: World, name: str, fields: Mapping[str, str], *, by: str, entity: str = "") -> Record:
    """Keeps a new AR term (fields as ARTERM names them, the rest as usual); raises where a rule forbids it."""
    function = "create_arterm"
    if not name.strip():
        raise refused("A value for the required field Name is missing.", function, "Enter a name.")
    if len(name) > LONGEST_NAME:
        raise refused(f"Name is longer than {LONGEST_NAME} characters.", function, "Enter a shorter name.")
    terms = world.store.table(ARTERM.table)
    if any(term["NAME"] == name for term in terms.values()):
        raise refused(
            f"Another AR Term with the given value(s) {name} already exists",
            function,
            "Use a unique value instead.",
            errorno="BL34000061",
        )
    term = USUAL | {key: value for key, value in fields.items() if value}
    _check(term, function)
    number = str(world.store.next_number("arterm", FIRST_RECORD))
    now = world.calendar.now().strftime(STAMP)
    row: Record = {"RECORDNO": number, "NAME": name, **term}
    row |= {"WHENCREATED": now, "WHENMODIFIED": now, "CREATEDBY": by, "MODIFIEDBY": by, "MEGAENTITYID": entity}
    terms[number] = row
    world.touch()
    return row


def change_term(world: World, name: str, fields: Mapping[str, str], *, by: str) -> Record:
    """Changes an AR term's given fields; raises where there is no such term or a rule forbids it."""
    row = _named(world, name, "update_arterm")
    term = row | dict(fields)
    _check(term, "update_arterm")
    now = world.calendar.now().strftime(STAMP)
    changed: Record = {**term, "WHENMODIFIED": now, "MODIFIEDBY": by}
    world.store.table(ARTERM.table)[row["RECORDNO"]] = changed
    world.touch()
    return changed


def create_arterm(body: Element, world: World, user: str, location: str, *, trimmed: bool = False) -> Outcome:
    """Adds a term owned by the entity signed in to; `trimmed` keeps the name without blanks at its ends."""
    name = text_of(body, "name")
    row = add_term(world, name.strip() if trimmed else name, _given(body), by=user, entity=location)
    return Outcome(function="create_arterm", control_id="", key=row["NAME"])


def update_arterm(body: Element, world: World, user: str) -> Outcome:
    """Changes the term named by the attribute."""
    row = change_term(world, body.get("name", ""), _given(body), by=user)
    return Outcome(function="update_arterm", control_id="", key=row["NAME"])


def delete_arterm(body: Element, world: World) -> Outcome:
    """Removes a term that no invoice uses."""
    row = _named(world, body.get("name", ""), "delete_arterm")
    if any(invoice["TERMNAME"] == row["NAME"] for invoice in world.store.table("arinvoice").values()):
        raise refused(f"AR Term {row['NAME']} is in use and cannot be deleted.", "delete_arterm")
    del world.store.table(ARTERM.table)[row["RECORDNO"]]
    world.touch()
    return Outcome(function="delete_arterm", control_id="", key=row["NAME"])


def _named(world: World, name: str, function: str) -> Record:
    row = next((row for row in world.store.table(ARTERM.table).values() if row["NAME"] == name), None)
    if row is None:
        raise refused(f"AR Term {name} does not exist.", function, "Provide an existing term.")
    return row


def _given(body: Element) -> dict[str, str]:
    return {field: text for field, path in FIELDS.items() if (text := body.findtext(path)) is not None}


def _check(term: Record, function: str) -> None:
    for field, choices in CHOICES.items():
        if term[field] not in choices:
            raise refused(f"{term[field]} is not a valid value for {field}.", function, "Choose a valid value.")
    for field, most in (("DUEDATE", 9999), ("DISCDATE", 9999), ("DISCFUDGEDAYS", 9999), ("PENFUDGEDAYS", 9999)):
        start = {"DUEDATE": "DUEFROM", "DISCDATE": "DISCFROM"}.get(field)
        day_of_month = start is not None and term[start] != FROM[0] and bool(term[field])
        least, limit = (1, 31) if day_of_month else (0, most)
        text = str(term[field] or least)
        number = whole_number(text, limit)
        if number is None or number < least:
            raise refused(f"{text} is not a valid value for {field}.", function, f"Enter {least} to {limit}.")
    for field, unit in (("DISCAMOUNT", "DISCPERCAMN"), ("PENAMOUNT", "PENPERCAMN")):
        _check_amount(field, str(term[field] or "0"), function, percentage=term[unit] == "%")


def _check_amount(field: str, text: str, function: str, *, percentage: bool) -> None:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0 or (percentage and amount > 100):
        raise refused(f"{text} is not a valid value for {field}.", function, "Enter an amount.")
