"""The objects that the company's records are read as: their fields, what these hold, where they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.sandbox.intacct.errors import unknown_object


class Holds(StrEnum):
    """What a field holds, in `lookup`'s words."""

    TEXT = "TEXT"
    INTEGER = "INTEGER"
    DECIMAL = "DECIMAL"
    DATE = "DATE"
    """mm/dd/yyyy."""
    TIMESTAMP = "TIMESTAMP"
    """mm/dd/yyyy HH:MM:SS, UTC."""
    BOOLEAN = "BOOLEAN"
    ENUM = "ENUM"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of an object."""

    name: str
    holds: Holds
    values: tuple[str, ...] = ()
    """What an ENUM takes."""
    queryable: bool = True
    """`query` refuses the others, though `read` and `readByQuery` give them."""

    @property
    def label(self) -> str:
        """The field's name for people."""
        return self.name.replace("_", " ").replace(".", " ").capitalize()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectType:
    """One kind of record."""

    name: str
    table: str
    """The sandbox store's table."""
    name_field: str
    """What `readByName` takes."""
    legacy: str
    """The name in `get_list`."""
    fields: dict[str, Field]


def _fields(*groups: tuple[Holds, str], enums: dict[str, tuple[str, ...]], hidden: str = "") -> dict[str, Field]:
    listed = [Field(name=name, holds=holds) for holds, names in groups for name in names.split()]
    listed += [Field(name=name, holds=Holds.ENUM, values=values) for name, values in enums.items()]
    listed += [Field(name=name, holds=Holds.TEXT, queryable=False) for name in hidden.split()]
    return {field.name: field for field in sorted(listed, key=lambda field: field.name != "RECORDNO")}


def _contact(prefix: str) -> str:
    person = "CONTACTNAME PREFIX FIRSTNAME INITIAL LASTNAME COMPANYNAME PRINTAS PHONE1 PHONE2 CELLPHONE PAGER FAX"
    person += " EMAIL1 EMAIL2 URL1 URL2 VISIBLE"
    address = "ADDRESS1 ADDRESS2 CITY STATE ZIP COUNTRY COUNTRYCODE"
    names = [f"{prefix}.{name}" for name in person.split()]
    return " ".join(names + [f"{prefix}.MAILADDRESS.{name}" for name in address.split()])


FROM = (
    "from invoice/bill date",
    "of the month of invoice/bill date",
    "of next month from invoice/bill date",
    "of 2nd month from invoice/bill date",
    "of 3rd month from invoice/bill date",
    "of 4th month from invoice/bill date",
    "of 5th month from invoice/bill date",
    "of 6th month from invoice/bill date",
)
"""From where a term counts its days (Sage, AR terms reference: duefrom)."""
PENALTIES = (
    "No Penalty",
    "Daily",
    "Weekly",
    "Biweekly",
    "Monthly",
    "Bimonthly",
    "Quarterly",
    "Half yearly",
    "Annually",
)
DISCOUNT_ON = ("Line items total", "Invoice total")
UNITS = ("$", "%")
STATUSES = ("active", "inactive")
ENTITY = "MEGAENTITYID MEGAENTITYNAME"

ARTERM = ObjectType(
    name="ARTERM",
    table="arterm",
    name_field="NAME",
    legacy="arterm",
    fields=_fields(
        (Holds.INTEGER, "RECORDNO DUEDATE DISCDATE DISCFUDGEDAYS PENFUDGEDAYS MEGAENTITYKEY"),
        (Holds.TEXT, f"NAME DESCRIPTION CREATEDBY MODIFIEDBY {ENTITY}"),
        (Holds.DECIMAL, "DISCAMOUNT PENAMOUNT"),
        (Holds.TIMESTAMP, "WHENCREATED WHENMODIFIED"),
        enums={
            "STATUS": STATUSES,
            "DUEFROM": FROM,
            "DISCFROM": FROM,
            "DISCPERCAMN": UNITS,
            "DISCCALCON": DISCOUNT_ON,
            "PEN_TYPES": PENALTIES,
            "PENPERCAMN": UNITS,
        },
    ),
)

ARINVOICE = ObjectType(
    name="ARINVOICE",
    table="arinvoice",
    name_field="RECORDID",
    legacy="invoice",
    fields=_fields(
        (Holds.INTEGER, "RECORDNO DUE_IN_DAYS PRBATCHKEY MEGAENTITYKEY SHIPTO.TAXGROUP.RECORDNO"),
        (Holds.TEXT, "RECORDID DOCNUMBER CUSTOMERID CUSTOMERNAME CUSTMESSAGEID CUSTMESSAGE.MESSAGE DESCRIPTION"),
        (Holds.TEXT, "DESCRIPTION2 TERMNAME BASECURR CURRENCY EXCH_RATE_TYPE_ID BILLTOPAYTOCONTACTNAME"),
        (Holds.TEXT, "SHIPTORETURNTOCONTACTNAME PRBATCH TAXSOLUTIONID TAXMETHOD SHIPTO.TAXGROUP.NAME SHIPTO.TAXID"),
        (Holds.TEXT, f"RAWSTATE MODULEKEY CREATEDBY MODIFIEDBY {ENTITY}"),
        (Holds.TEXT, " ".join(_contact(prefix) for prefix in ("CONTACT", "SHIPTO", "BILLTO"))),
        (Holds.DATE, "WHENCREATED WHENPOSTED WHENDISCOUNT WHENDUE WHENPAID EXCH_RATE_DATE"),
        (Holds.TIMESTAMP, "AUWHENCREATED WHENMODIFIED"),
        (Holds.DECIMAL, "EXCHANGE_RATE TOTALENTERED TOTALSELECTED TOTALPAID TOTALDUE RETAINAGEPERCENTAGE"),
        (Holds.DECIMAL, "TRX_TOTALENTERED TRX_TOTALSELECTED TRX_TOTALPAID TRX_TOTALDUE TRX_TOTALRETAINED"),
        (Holds.DECIMAL, "TRX_TOTALRELEASED TOTALRETAINED"),
        (Holds.BOOLEAN, "SYSTEMGENERATED"),
        enums={"STATE": ("Draft", "Posted", "Partially Paid", "Paid", "Reversed")},
        hidden="INVOICENO",
    ),
)

CUSTOMER = ObjectType(
    name="CUSTOMER",
    table="customer",
    name_field="CUSTOMERID",
    legacy="customer",
    fields=_fields(
        (Holds.INTEGER, "RECORDNO PARENTKEY GLGRPKEY MEGAENTITYKEY"),
        (Holds.TEXT, f"CUSTOMERID NAME ENTITY PARENTID PARENTNAME CUSTREPNAME GLGROUP TERMNAME CURRENCY {ENTITY}"),
        (Holds.TEXT, "CREATEDBY MODIFIEDBY OBJECTRESTRICTION EMAIL1"),
        (Holds.DECIMAL, "TOTALDUE"),
        (Holds.BOOLEAN, "ONETIME ONHOLD"),
        (Holds.TIMESTAMP, "WHENCREATED WHENMODIFIED"),
        enums={"STATUS": STATUSES},
    ),
)


def _naming_terms(name: str, field: str) -> ObjectType:
    """Another kind of record that names a term. The company has none of them: a client can see that nothing does.

    Which field names the term is the emulator's own choice; a client is to look it up.
    """
    return ObjectType(
        name=name,
        table=name.lower(),
        name_field="RECORDNO",
        legacy=name.lower(),
        fields=_fields((Holds.INTEGER, "RECORDNO MEGAENTITYKEY"), (Holds.TEXT, f"{field} {ENTITY}"), enums={}),
    )


OTHERS = (
    _naming_terms("ARRECURINVOICE", "TERMNAME"),
    _naming_terms("SODOCUMENT", "TERM.NAME"),
    _naming_terms("SORECURDOCUMENT", "TERM.NAME"),
    _naming_terms("CONTRACT", "TERMNAME"),
)
"""Recurring invoices, Order Entry documents, their templates, and contracts."""
OBJECTS = {kind.name: kind for kind in (ARTERM, ARINVOICE, CUSTOMER, *OTHERS)}


def object_named(name: str) -> ObjectType:
    """The object of that name; raises where the company knows none."""
    kind = OBJECTS.get(name.strip().upper())
    if kind is None:
        raise unknown_object(name.strip())
    return kind
