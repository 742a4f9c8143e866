"""Customers' default terms as Intacct keeps them (object CUSTOMER)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from bot.intacct.fields import Fields
from bot.intacct.query import Query, Read, filled, rows

LIST = "Accounts Receivable: Customers, List and View"
NEEDED = ("CUSTOMERID", "NAME", "TERMNAME")
WANTED = (*NEEDED, "STATUS", "CUSTREPNAME")


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedCustomer:
    """One customer with a default term."""

    customer_id: str
    name: str
    term_name: str
    """Raw, untouched."""
    active: bool
    owner: str = ""
    """The customer's representative, where the company keeps one."""


def with_default_term(read: Read, fields: Fields) -> tuple[BookedCustomer, ...]:
    """The active customers that have a default term: one request for up to 2000. Raises IntacctError."""
    return fields.doing_without("CUSTOMER", WANTED, NEEDED, partial(_asked, read))


def _asked(read: Read, names: tuple[str, ...]) -> tuple[BookedCustomer, ...]:
    found = []
    query = Query(object="CUSTOMER", select=names, where=filled("TERMNAME"), order="CUSTOMERID", needs=LIST)
    for row in rows(read, query):
        values = dict(zip(names, row, strict=True))
        customer = BookedCustomer(
            customer_id=values["CUSTOMERID"],
            name=values["NAME"],
            term_name=values["TERMNAME"],
            active=values.get("STATUS", "active").strip().casefold() != "inactive",
            owner=values.get("CUSTREPNAME", ""),
        )
        if customer.active and customer.term_name:
            found.append(customer)
    return tuple(found)
