"""What in Intacct bears a term: invoices, and customers whose default it is. Asked before a term is made inactive."""

from __future__ import annotations

from dataclasses import dataclass

from bot.intacct.errors import FieldsUnknown, Refused
from bot.intacct.fields import Fields
from bot.intacct.query import LARGEST_PAGE, Comparison, Query, Read, equal, filled, rows
from bot.intacct.term_fields import OWNER
from bot.intacct.terms import LIST_INVOICES, plain_name

LIST_CUSTOMERS = "Accounts Receivable: Customers, List and View"
EXAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearers:
    """Records of one kind that bear a term, byte for byte."""

    count: int
    at_least: bool
    """Whether there may be more than were counted."""
    examples: tuple[str, ...]
    """Their numbers or names, the first ones."""


def invoices_bearing(read: Read, fields: Fields, name: str, *, location: str) -> Bearers:
    """Invoices in any state, of all entities where the sign-in is at the top level. Raises IntacctError."""
    return _bearing(read, fields, "ARINVOICE", "RECORDID", name, location=location, needs=LIST_INVOICES)


def customers_bearing(read: Read, fields: Fields, name: str, *, location: str) -> Bearers:
    """Customers whose default term it is, active or not. Raises IntacctError."""
    return _bearing(read, fields, "CUSTOMER", "CUSTOMERID", name, location=location, needs=LIST_CUSTOMERS)


def _bearing(read: Read, fields: Fields, kind: str, shown: str, name: str, *, location: str, needs: str) -> Bearers:
    # The gateway may fold what it is asked for: a name that could be hidden so is looked for among all.
    where: Comparison = equal("TERMNAME", name) if plain_name(name) else filled("TERMNAME")

    def ask(names: tuple[str, ...]) -> Bearers:
        private = fields.private and not location and OWNER in names
        query = Query(object=kind, select=names, where=where, private=private, needs=needs)
        try:
            return _counted(read, query, name)
        except Refused as refusal:
            if not private or isinstance(refusal, FieldsUnknown):
                raise
        fields.private = False
        return ask(names)

    return fields.doing_without(kind, (shown, "TERMNAME", OWNER), (shown, "TERMNAME"), ask)


def _counted(read: Read, query: Query, name: str) -> Bearers:
    """Counts up to a page of them: that a term is used is what matters, not how often."""
    found: list[str] = []
    for row in rows(read, query):
        if row[1] == name:
            found.append(row[0])
        if len(found) >= LARGEST_PAGE:
            return Bearers(count=len(found), at_least=True, examples=tuple(found[:EXAMPLES]))
    return Bearers(count=len(found), at_least=False, examples=tuple(found[:EXAMPLES]))
